"""What a person tells the bot on the first line of a comment: the words, and how a line is read. Pure.

A line counts when it begins with the bot's name or a mention of its account. Its words are understood in every
language at once; nothing of what a person wrote is kept or said back, only the canonical words below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from msgspec import structs

from bot.core.findings import nearest
from bot.core.spoken_dates import date_in, dates_in
from bot.core.ticket import Command, Ticket

Takes = Literal["nothing", "channel", "date", "dates", "queue"]

UNKNOWN_WORD = "?"
"""The word of a command that was not understood."""

LONGEST = 200
"""Characters; a longer first line tells the bot nothing."""

_CHATTER = 4
"""Words after the bot's plain name, above which a line of unknown words is talk about the bot, not to it."""


class Order(NamedTuple):
    """A command: what follows it, what it is called and explained in each language, and its row in the reference.

    The first of its `words` is the canonical one, which messages show; the others are understood too. `permissions`
    are what its author must be allowed on the ticket; `of_coordinator`: they must coordinate or lead, too.
    """

    takes: Takes
    words: Mapping[str, tuple[str, ...]]
    permissions: tuple[Permission, ...]
    says: str
    tells: Mapping[str, str]
    of_coordinator: bool = False


Permission = Literal["see", "edit", "move", "close"]
"""What somebody may do with a ticket: see it, set its fields, bring it into another state, close it."""

_EDIT: tuple[Permission, ...] = ("edit",)
_SEE: tuple[Permission, ...] = ("see",)

ORDERS: Mapping[str, Order] = {
    "delivered": Order(
        "channel",
        {
            "et": ("edastatud", "kliendile edastatud", "edastasin"),
            "en": ("delivered", "delivered by"),
            "ru": ("передано", "передано клиенту", "решение передано"),
        },
        ("edit", "move", "close"),
        "the solution has reached the customer: fills in the date and the channel, and closes the ticket",
        {
            "et": "lahendus on kliendile edastatud; märgib kuupäeva ja kanali ning sulgeb pileti",
            "en": "the solution has reached the customer; notes the date and the channel and closes the ticket",
            "ru": "решение передано клиенту; отмечает дату и канал и закрывает заявку",
        },
    ),
    "attempted": Order(
        "nothing",
        {
            "et": ("proovitud", "proovisin", "ei saanud kätte"),
            "en": ("attempted", "tried", "not reached"),
            "ru": ("попытка", "не дозвонились", "не удалось связаться"),
        },
        _EDIT,
        "the customer was tried and not reached: an attempt is counted",
        {
            "et": "klienti prooviti kätte saada, kuid see ei õnnestunud",
            "en": "the customer was tried but not reached",
            "ru": "с клиентом пытались связаться, но не удалось",
        },
    ),
    "asked again": Order(
        "nothing",
        {
            "et": ("küsis uuesti", "klient küsis uuesti", "uuesti küsitud"),
            "en": ("asked again", "customer asked again"),
            "ru": ("спросил снова", "клиент спросил снова", "повторный вопрос"),
        },
        _EDIT,
        "the customer asked about it again: it is counted",
        {
            "et": "klient küsis uuesti",
            "en": "the customer asked again",
            "ru": "клиент спросил снова",
        },
    ),
    "informed": Order(
        "nothing",
        {
            "et": ("vaheteade antud", "vaheteade"),
            "en": ("informed", "customer informed"),
            "ru": ("клиент извещён", "извещён"),
        },
        _EDIT,
        "the customer was told how things stand",
        {
            "et": "kliendile on antud vaheteade",
            "en": "the customer was told how things stand",
            "ru": "клиенту сообщено о ходе решения",
        },
    ),
    "waived": Order(
        "nothing",
        {
            "et": ("edastamiseta", "loobu edastamisest"),
            "en": ("waived", "without delivery"),
            "ru": ("без передачи", "разрешить без передачи"),
        },
        _EDIT,
        "the ticket may be closed although the customer was not reached",
        {
            "et": "pileti võib sulgeda, kuigi klienti ei saadud kätte (koordinaator)",
            "en": "the ticket may be closed although the customer was not reached (coordinator)",
            "ru": "заявку можно закрыть, хотя с клиентом не удалось связаться (координатор)",
        },
        of_coordinator=True,
    ),
    "close": Order(
        "nothing",
        {"et": ("sulge", "sulgeda", "pane kinni"), "en": ("close",), "ru": ("закрыть", "закрой")},
        ("move", "close"),
        "closes the ticket",
        {
            "et": "sulgeb pileti",
            "en": "closes the ticket",
            "ru": "закрывает заявку",
        },
    ),
    "snooze": Order(
        "date",
        {
            "et": ("oota kuni", "oota", "lükka edasi"),
            "en": ("snooze until", "snooze", "snooze to", "wait until"),
            "ru": ("отложить до", "отложить", "отложи до"),
        },
        _EDIT,
        "no ladder but those beside a deadline speaks on the ticket before that day; the clocks run on",
        {
            "et": "enne seda päeva tuletatakse meelde ainult kindlaid tähtpäevi, tähtajad ei muutu",
            "en": "before that day only fixed dates are reminded of; deadlines do not change",
            "ru": "до этого дня напоминают только об установленных датах, сроки не меняются",
        },
    ),
    "acknowledge": Order(
        "nothing",
        {
            "et": ("teadmiseks võetud", "teadmiseks", "võtan teadmiseks", "tean"),
            "en": ("acknowledge", "acknowledged", "ack"),
            "ru": ("принято", "принято к сведению"),
        },
        _EDIT,
        "what the ladders say now is not repeated for the agreed time; higher rungs speak, and the clocks run on",
        {
            "et": "sama teadet ei korrata kokkulepitud aja jooksul, tähtajad ei muutu",
            "en": "the same message is not repeated for the agreed time; deadlines do not change",
            "ru": "то же сообщение не повторяется в течение согласованного времени, сроки не меняются",
        },
    ),
    "route": Order(
        "queue",
        {
            "et": ("suuna", "suunata"),
            "en": ("route to", "route"),
            "ru": ("направить в", "направить", "направь в"),
        },
        _EDIT,
        "puts the ticket into that queue",
        {
            "et": "suunab pileti sellesse järjekorda",
            "en": "puts the ticket into that queue",
            "ru": "направляет заявку в эту очередь",
        },
    ),
    "justified": Order(
        "nothing",
        {"et": ("põhjendatud",), "en": ("justified",), "ru": ("обоснованно", "возврат обоснован")},
        _EDIT,
        "tier 2 had reason to send the ticket back",
        {
            "et": "tagasilükkamine oli põhjendatud (koordinaator)",
            "en": "the return was justified (coordinator)",
            "ru": "возврат был обоснован (координатор)",
        },
        of_coordinator=True,
    ),
    "not justified": Order(
        "nothing",
        {
            "et": ("põhjendamata", "ei ole põhjendatud", "pole põhjendatud"),
            "en": ("not justified", "unjustified"),
            "ru": ("необоснованно", "не обоснованно", "возврат не обоснован"),
        },
        _EDIT,
        "tier 2 had no reason to send the ticket back",
        {
            "et": "tagasilükkamine ei olnud põhjendatud (koordinaator)",
            "en": "the return was not justified (coordinator)",
            "ru": "возврат не был обоснован (координатор)",
        },
        of_coordinator=True,
    ),
    "absent": Order(
        "dates",
        {"et": ("eemal", "olen eemal"), "en": ("absent", "i am absent", "away"), "ru": ("отсутствую", "меня нет")},
        _SEE,
        "its author is away on those days, and their deputy is told instead; never why",
        {
            "et": "kirjutaja on neil päevadel eemal, teated saab asendaja",
            "en": "the writer is away on these days; the deputy gets the messages",
            "ru": "автор отсутствует в эти дни, сообщения получает замещающий",
        },
    ),
    "hold": Order(
        "nothing",
        {"et": ("vaiki", "ole vait"), "en": ("hold", "be silent"), "ru": ("молчи", "молчать")},
        _EDIT,
        "puts the hold label on the ticket: the bot is silent there",
        {
            "et": "sellele piletile automaatseid teateid ei kirjutata",
            "en": "no automatic messages on this ticket",
            "ru": "по этой заявке автоматические сообщения не отправляются",
        },
    ),
    "unhold": Order(
        "nothing",
        {"et": ("räägi", "räägi jälle"), "en": ("unhold", "speak"), "ru": ("говори", "снова говори")},
        _EDIT,
        "takes the hold label off; it is heard while the ticket is held, too",
        {
            "et": "sellele piletile kirjutatakse jälle teateid",
            "en": "automatic messages on this ticket again",
            "ru": "по этой заявке сообщения снова отправляются",
        },
    ),
    "status": Order(
        "nothing",
        {"et": ("seis", "olek"), "en": ("status",), "ru": ("статус", "состояние")},
        _SEE,
        "answers how the ticket stands",
        {
            "et": "näitab pileti seisu",
            "en": "shows how the ticket stands",
            "ru": "показывает состояние заявки",
        },
    ),
    "help": Order(
        "nothing",
        {"et": ("abi", "aita", "käsud"), "en": ("help", "commands"), "ru": ("помощь", "команды")},
        _SEE,
        "answers with all these words",
        {
            "et": "näitab neid sõnu",
            "en": "shows these words",
            "ru": "показывает эти слова",
        },
    ),
}
"""The commands, by the word that they are kept under. Adding one is an entry here and its effect in the engine."""

CHANNELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "phone": {
        "et": ("telefon", "telefonil", "telefoniga", "telefoni teel", "telefonitsi"),
        "en": ("phone", "telephone", "by phone"),
        "ru": ("телефон", "по телефону", "телефоном"),
    },
    "mail": {
        "et": ("e-kiri", "e-kirjaga", "kiri", "kirjaga", "e-post", "e-postiga", "e-posti teel", "meil", "meiliga"),
        "en": ("mail", "e-mail", "email", "by mail", "by e-mail", "by email"),
        "ru": ("почта", "по почте", "почтой", "письмо", "письмом", "эл. почта"),
    },
}
"""How a solution reaches a customer, with its words; the first of each language is the canonical one."""

_VALUES: Mapping[Takes, Mapping[str, str]] = {
    "date": {"et": "PP.KK.AAAA", "en": "DD.MM.YYYY", "ru": "ДД.ММ.ГГГГ"},
    "dates": {"et": "PP.KK.AAAA–PP.KK.AAAA", "en": "DD.MM.YYYY–DD.MM.YYYY", "ru": "ДД.ММ.ГГГГ–ДД.ММ.ГГГГ"},
    "queue": {"et": "JÄRJEKORD", "en": "QUEUE", "ru": "ОЧЕРЕДЬ"},
    "channel": {"et": "telefon / e-kiri", "en": "phone / mail", "ru": "телефон / почта"},
}
"""What stands for a command's value where its words are shown."""

_BLANKS = re.compile(r"\s+")
_AROUND = " \t,.;:!?–—-*_{}\"'„“”«»"
_BEFORE = " \t*_"
"""What may stand before the bot's name. Quotation marks, code and a line struck out say that it is not meant."""

_QUOTED_MAIL = re.compile(r"<[^<>\s]*@[^<>\s]*>|\b(?:kirjutas|wrote|написала?|пишет)\b.*:\s*$", re.IGNORECASE)
"""How a mail's reader begins the mail that it answers: with who wrote it, who may be the bot."""

_POLITE = frozenset(("palun", "please", "пожалуйста", "tänan", "aitäh", "thanks", "спасибо"))
_MENTION = re.compile(r"\[~(?:accountid:)?([^\]\n]{1,80})\]")


@dataclass(frozen=True)
class Listening:
    """By what the bot knows that it is meant, and the names that people may use.

    `names` are what it is called, `accounts` the ids of its account; `queues` gives a queue's word by its folded
    names, `timezone` is that of the desk's dates.
    """

    names: tuple[str, ...]
    accounts: frozenset[str] = frozenset()
    queues: Mapping[str, str] | None = None
    timezone: str = "UTC"

    def may_be_in(self, folded: bytes) -> bool:
        """Whether a lower-case text can hold a line for the bot at all."""
        return not self._ascii or any(sign in folded for sign in self._ascii)

    @property
    def _ascii(self) -> tuple[bytes, ...]:
        return _signs(self.names, self.accounts)


@cache
def _signs(names: tuple[str, ...], accounts: frozenset[str]) -> tuple[bytes, ...]:
    """The texts of which one stands in any line for the bot; none where JSON may write them in another way."""
    signs = (*map(fold, names), *map(fold, accounts))
    return tuple(sign.encode() for sign in signs) if all(map(str.isascii, signs)) else ()


def fold(text: str) -> str:
    """Make texts comparable: case, how letters are composed and how much space there is tell nothing."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip().casefold()


def command_in(line: str, listening: Listening, today: date, *, more: bool = False) -> Command | None:
    """What a comment's first line tells the bot; None where it is not meant for it.

    In `line` a mention stands as `[~accountid:ID]` or `[~name]`. `today` is the date on which it was written.
    Never raises; a line that begins with the bot's name and is not understood is the command `?`.
    """
    if len(line) > LONGEST or _QUOTED_MAIL.search(line):
        return None
    said = _addressed(line, listening)
    if said is None:
        return None
    text, surely = said
    if not text:
        return Command("help", more=more)
    for phrase, word in _phrases():
        if text == phrase or (text.startswith(phrase) and not text[len(phrase)].isalnum()):
            rest = text[len(phrase) :].strip(_AROUND)
            understood, value = _value(ORDERS[word].takes, rest, listening, today)
            return Command(word, value, more=more) if understood else Command(UNKNOWN_WORD, word, more=more)
    words, known = text.split(" "), dict(_phrases())
    if set(words) <= _POLITE:
        return None
    meant = nearest(text, known) or nearest(words[0], known)
    if meant is None and not surely and len(words) > _CHATTER:
        return None
    return Command(UNKNOWN_WORD, known[meant] if meant else None, more=more)


def _addressed(line: str, listening: Listening) -> tuple[str, bool] | None:
    """What follows the bot's name, folded, and whether it was called so that nobody else can be meant."""
    text = line.lstrip(_BEFORE).rstrip(_AROUND)
    mention = _MENTION.match(text)
    if mention is not None:
        meant = fold(mention[1]) in {fold(each) for each in (*listening.accounts, *listening.names)}
        return (_without_politeness(text[mention.end() :]), True) if meant else None
    surely = text.startswith("@")
    folded = fold(text.removeprefix("@"))
    for name in sorted(map(fold, listening.names), key=len, reverse=True):
        rest = folded.removeprefix(name)
        if name and rest != folded and not _goes_on(rest[:1]):
            return _without_politeness(rest), surely
    return None


def _goes_on(sign: str) -> bool:
    """Whether a word that is followed by this has not ended yet."""
    return sign.isalnum() or sign in ("'", "’") or (sign != "" and unicodedata.combining(sign) > 0)


def _without_politeness(text: str) -> str:
    words = fold(text).strip(_AROUND).split(" ")
    while words and words[0].strip(_AROUND) in _POLITE and len(words) > 1:
        del words[0]
    while len(words) > 1 and words[-1].strip(_AROUND) in _POLITE:
        del words[-1]
    return " ".join(words).strip(_AROUND)


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """Every phrase with its command's word, the longest first."""
    found = {fold(phrase): word for word, order in ORDERS.items() for each in order.words.values() for phrase in each}
    return tuple(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _value(takes: Takes, rest: str, listening: Listening, today: date) -> tuple[bool, str | None]:
    """Whether what follows a command is what it takes, and that in its canonical form."""
    match takes:
        case "nothing":
            return not rest, None
        case "channel":
            return (True, None) if not rest else _one_of(rest, _channels())
        case "queue":
            return _one_of(rest, listening.queues or {})
        case "date":
            day = date_in(rest, today)
            return day is not None, day.isoformat() if day else None
    days = dates_in(rest, today)
    return days is not None, f"{days[0].isoformat()}/{days[1].isoformat()}" if days else None


def _one_of(rest: str, known: Mapping[str, str]) -> tuple[bool, str | None]:
    found = known.get(rest)
    return found is not None, found


@cache
def _channels() -> Mapping[str, str]:
    return {
        fold(phrase): channel for channel, by in CHANNELS.items() for phrases in by.values() for phrase in phrases
    }


def shown(word: str, value: str | None, language: str) -> str:
    """Write a command in its canonical words; without a value that it takes, with what stands for that.

    Raises KeyError for a word that is no command's.
    """
    order = ORDERS[word]
    said = order.words[language][0]
    if order.takes == "nothing":
        return said
    if value is None:
        return f"{said} {_VALUES[order.takes][language]}"
    match order.takes:
        case "channel":
            return f"{said} {CHANNELS[value][language][0]}"
        case "date" | "dates":
            return f"{said} {'–'.join(_local(day) for day in value.split('/'))}"
    return f"{said} {value}"


def _local(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}"


def parted(text: str) -> tuple[str, str | None]:
    """Part a command as messages write it, such as `delivered phone`. Raises ValueError for what is none."""
    for word in sorted(ORDERS, key=len, reverse=True):
        if text == word:
            return word, None
        if text.startswith(f"{word} ") and ORDERS[word].takes != "nothing":
            return word, text[len(word) + 1 :]
    raise ValueError(f"{text!r} is no command")


def is_written(text: str) -> bool:
    """Whether a message may name a command so."""
    try:
        as_told(text, "en", "bot")
    except (KeyError, ValueError):
        return False
    return True


def as_told(text: str, language: str, bot: str) -> str:
    """Write what one has to tell the bot for a command, in a language. Raises ValueError or KeyError for none."""
    return f"{bot} {shown(*parted(text), language)}"


def forms(language: str, words: Sequence[str] = tuple(ORDERS)) -> Iterator[str]:
    """Write these commands in their canonical words, each with what stands for its value."""
    yield from (shown(word, None, language) for word in words)


def with_decisions(ticket: Ticket, granted: Mapping[str, bool]) -> Ticket:
    """The ticket with what was decided on its commands, by their comments' ids."""
    messages = tuple(
        structs.replace(each, command=structs.replace(each.command, granted=granted[each.id]))
        if each.command is not None and each.id in granted
        else each
        for each in ticket.messages
    )
    return structs.replace(ticket, messages=messages)


def all_granted(ticket: Ticket) -> Ticket:
    """The ticket with all its commands granted but those that were not understood."""
    told = {each.id: each.command.word in ORDERS for each in ticket.messages if each.command is not None}
    return with_decisions(ticket, told) if told else ticket
