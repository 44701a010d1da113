"""Letters: what is said to one person about several tickets, or about none.

A letter goes by mail; where there is no mail for the person, it is a comment on the desk's ticket. It holds no text
of a ticket and nobody's name: keys, queues, states, times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from bot.core.entry import Names
from bot.core.ledger import Entry
from bot.core.steps import Because, Value
from bot.core.ticket import Moment, Ticket

SECTIONS: Mapping[str, Names] = {
    "forwarded": {"et": "Minu edastatud piletid", "en": "Tickets I forwarded", "ru": "Переданные мной заявки"},
    "owned": {"et": "Minu täita piletid", "en": "Tickets assigned to me", "ru": "Назначенные мне заявки"},
    "stood_in": {"et": "Asendan", "en": "I stand in for others", "ru": "Я замещаю"},
    "desk": {
        "et": "Koordinaatori hommikune ülevaade",
        "en": "Coordinator's morning overview",
        "ru": "Утренняя сводка координатора",
    },
    "their_forwarded": {
        "et": "Edastatud piletid, mille eest eemalolija vastutab",
        "en": "Tickets forwarded by the person who is away",
        "ru": "Заявки, переданные отсутствующим",
    },
    "their_owned": {
        "et": "Eemalolijale määratud piletid",
        "en": "Tickets assigned to the person who is away",
        "ru": "Заявки, назначенные отсутствующему",
    },
    "untold": {"et": "Eraldi teatamata jäänud", "en": "Not told separately", "ru": "Не сообщено отдельно"},
    "undelivered": {
        "et": "Lahendatud, kuid kliendile edastamata",
        "en": "Solved, not yet delivered",
        "ru": "Решены, но решение не передано клиенту",
    },
    "left_open": {
        "et": "Perioodi piletid, mis on lahendamata",
        "en": "Tickets of the period that are not solved",
        "ru": "Нерешённые заявки периода",
    },
    "repeated": {"et": "Korduvad", "en": "Repeated", "ru": "Повторные"},
    "to_close": {"et": "Sulgemist ootavad", "en": "Waiting to be closed", "ru": "Ожидают закрытия"},
    "pass_on": {
        "et": "II taseme küsimus ootab edasiandmist kliendile",
        "en": "Tier II's question to pass on to the customer",
        "ru": "Вопрос II уровня нужно передать клиенту",
    },
    "returned": {"et": "II taseme tagastatud", "en": "Returned by tier II", "ru": "Возвращены II уровнем"},
    "to_confirm": {
        "et": "II taseme tagastatud (vajab kinnitust)",
        "en": "Returned by tier II (needs confirmation)",
        "ru": "Возвращены II уровнем (нужно подтверждение)",
    },
    "customer": {"et": "Kliendi vastuse ootel", "en": "Waiting for customer", "ru": "Ожидают ответа клиента"},
    "incomplete": {"et": "Täiendamist ootavad", "en": "Waiting for completion", "ru": "Ожидают дополнения"},
    "overdue": {"et": "Tähtaja ületanud", "en": "Overdue", "ru": "Просроченные"},
    "at_risk": {"et": "Tähtaeg lähedal", "en": "Due soon", "ru": "Срок близко"},
    "still": {"et": "Liikumiseta", "en": "Without movement", "ru": "Без движения"},
    "moved": {
        "et": "Liikunud eelmisest tööpäevast alates",
        "en": "Moved since the last working day",
        "ru": "Движение с прошлого рабочего дня",
    },
    "unrouted": {"et": "Uued ja suunamata", "en": "New and not routed", "ru": "Новые и не направленные"},
    "unassigned": {"et": "Täitjata", "en": "Without assignee", "ru": "Без исполнителя"},
    "absent": {
        "et": "Täitja on eemal, asendajat ei ole",
        "en": "The assignee is away, without a deputy",
        "ru": "Исполнитель отсутствует, замещающего нет",
    },
    "rest": {"et": "Ülejäänud", "en": "The rest", "ru": "Остальные"},
    "held": {
        "et": "Päevase teadete piiri või vaikse aja tõttu",
        "en": "Because of the daily limit of messages or quiet hours",
        "ru": "Из-за дневного лимита сообщений или тихих часов",
    },
}
"""What the parts and the sections of letters are called, by their words."""

LABELS: Mapping[str, Names] = {
    "queue": {"et": "järjekord", "en": "queue", "ru": "очередь"},
    "state": {"et": "olek", "en": "state", "ru": "статус"},
    "last": {
        "et": "viimane sisuline tegevus",
        "en": "last substantive action",
        "ru": "последнее действие по существу",
    },
    "since": {"et": "alates", "en": "since", "ru": "с"},
    "due": {"et": "tähtaeg", "en": "due", "ru": "срок"},
    "missing": {"et": "puudub", "en": "missing", "ru": "не хватает"},
    "reason": {"et": "põhjus", "en": "reason", "ru": "основание"},
}
"""What the values of a line are called, by their words."""


class Line(msgspec.Struct, frozen=True):
    """One ticket of a section. `values` are shown after its key, in their order, each under the name of its word.

    Their words are those of `LABELS`.
    """

    ticket_key: str
    values: Mapping[str, Value] = {}


class Section(msgspec.Struct, frozen=True):
    """Some tickets under a title of `SECTIONS`, and how many `more` are not listed.

    `part` is the title above all sections of one part that follow each other; none where it is empty.
    """

    title: str
    lines: tuple[Line, ...]
    more: int = 0
    part: str = ""


class Letter(msgspec.Struct, frozen=True):
    """One letter to one person, said once.

    `rule` is its kind, a name of `bot.core.letter_kinds.LETTERS`; `say` the message that opens it, which `values`
    fill in; its subject is the message of the same name with `_subject` behind it. `due_at` is when it became due;
    unsent by the end of its recipient's day a letter of the morning is out of date, and withdrawn.
    """

    key: str
    rule: str
    say: str
    to: str
    due_at: Moment
    because: Because
    values: Mapping[str, Value] = {}
    sections: tuple[Section, ...] = ()


def letter_key(site: str, kind: str, person: str, occasion: str) -> str:
    """The permanent name of a letter; the occasion is a local date, or a moment, or a cycle's key without slashes."""
    return f"{site}/letter/{kind}/{person}/{occasion}"


class LetterRow(msgspec.Struct, frozen=True):
    """What became of one letter.

    `state` is `held`, `batched`, `released`, `intended` (about to be sent), `doubtful` (the answer of the mail server
    was lost: never sent again), `said`, `withdrawn`, `observed`, `adopted` (due before this database began) or
    `refused` (the server takes no mail for its recipient); `way` is `mail` or `comment`, empty before it is known.
    `tries` counts the attempts in which nothing was sent.
    """

    key: str
    rule: str
    say: str
    to: str
    state: str
    because: str
    due_at: Moment
    at: Moment
    not_before: Moment | None = None
    way: str = ""
    tries: int = 0
    version: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a kind of letters is told beside the tickets.

    `mornings` are the people whose working day has begun and who had no letters of the morning yet, each with the
    moment at which those were due. `held` are the steps that are held back now, and those
    of which somebody was left to hear from the summary, and `closed` those of their tickets that are closed;
    `doubtful` the letters since each person's last summary of which nobody knows whether they arrived. `batches` are
    those over the ceiling that wait, by the moment at which they were kept, each with how much it holds.
    """

    mornings: Mapping[str, Moment] = field(default_factory=dict)
    held: tuple[Entry, ...] = ()
    doubtful: tuple[LetterRow, ...] = ()
    batches: Mapping[Moment, int] = field(default_factory=dict)
    closed: tuple[Ticket, ...] = ()
