"""What is said together: one letter to each person about all tickets, in place of a comment on each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date

from msgspec import structs

from bot.core.ledger import Entry, decided, row, turned
from bot.core.letters import Letter, LetterRow, Line, Section, letter_key
from bot.core.people import calendar_of
from bot.core.reminders import KIND
from bot.core.steps import Because, Count, Day, Name, Step, Value
from bot.core.ticket import Moment
from bot.engine.engine import Engine, Report
from bot.engine.mailer import Unsent, mail_id
from bot.engine.sending import has_way, send, settle_letters
from bot.engine.sent_once import carry
from bot.engine.tracker import TrackerError

_AGAIN_S = 300
_NO_WAY = frozenset(("refused", "adopted", "observed"))


def by_ticket(steps: Sequence[Step]) -> list[tuple[Step, ...]]:
    """The steps ticket by ticket, each as one comment's."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.ticket_id, []).append(step)
    return [tuple(each) for each in found.values()]


def send_together(
    engine: Engine, steps: Sequence[Step], now: Moment, report: Report
) -> tuple[list[Step], dict[str, tuple[str, int]]]:
    """Send steps that are still wished, of several tickets, as one letter to each person addressed.

    A step is said when the letter to whom it asks has left, or may have; the others it is for have theirs after
    that, or else hear of it from their summary. The rows know their letter before it is sent, so that after a crash
    `settle_together` tells what was said. Gives those that no letter can carry, which are to be said as comments;
    and those whose letter waits, by their keys, each with why and for how many seconds. Raises what the tracker
    raises when it is away, for letters that are comments.
    """
    if len(by_ticket(steps)) < 2 or not has_way(engine):
        return list(steps), {}
    settle_letters(engine, now, report)
    _recall(engine, steps, now)
    waits = _after_todays(engine, steps, now)
    going = [step for step in steps if step.key not in waits]
    letters = {step.to[0]: _letter(step.to[0], going, engine, now, is_asked=True) for step in going}
    keys = {person: letter.key for person, letter in letters.items()}
    intended = [_row(step, "intended", decided(step), keys[step.to[0]], engine, now) for step in going]
    engine.store.write_entries(intended)
    try:
        for person, key in keys.items():
            carry(engine.journal, [step.key for step in going if step.to[0] == person], mail_id(key), now)
    except Unsent as error:
        return [], waits | {step.key: (str(error), _AGAIN_S) for step in going}
    try:
        rows = send(engine, list(letters.values()), now, report)
    except TrackerError:
        _said_by(engine, going, engine.store.letters(list(keys.values())), keys, now, report)
        raise
    said = _said_by(engine, going, rows, keys, now, report)
    _tell_others(engine, said, {person for person in keys if _is_gone(rows.get(keys[person]))}, keys, now, report)
    left: list[Step] = []
    for step in going:
        sent = rows.get(keys[step.to[0]])
        if sent is None or sent.state in _NO_WAY or not (_is_settled(sent) or _waits_for_a_moment(sent, engine)):
            left.append(step)
        elif not _is_settled(sent):
            waits[step.key] = (sent.because, max(0, (sent.not_before or now) - now))
    return left, waits


def settle_together(engine: Engine, pending: Sequence[Entry], now: Moment, report: Report) -> list[Entry]:
    """Find out which steps were said in letters whose sending was begun, and give the others.

    Those of a letter that has left, or may have, were said in it, though the other people they are for hear of them
    from their summaries alone. While nobody knows whether a letter stands on the desk's ticket, they wait.
    """
    if not any(entry.letter for entry in pending):
        return list(pending)
    settle_letters(engine, now, report)
    rows = engine.store.letters(sorted({entry.letter for entry in pending if entry.letter}))
    sent = {entry.key: rows.get(entry.letter) for entry in pending if entry.letter}
    said = [entry for entry in pending if _is_gone(sent.get(entry.key))]
    told = [structs.replace(entry, to=entry.to[:1], left=(*entry.left, *entry.to[1:])) for entry in said]
    engine.store.write_entries([turned(each, "said", f"{each.because}; by letter", each.at) for each in told])
    unsure = [entry for entry in pending if _is_unsure(sent.get(entry.key))]
    report.doubtful += len(unsure)
    return [entry for entry in pending if entry not in said and entry not in unsure]


def untold_by_letter(engine: Engine, entries: Sequence[Entry]) -> list[Entry]:
    """These rows without those of their people whom a letter told of it after all, before the bot was stopped."""
    keys = {
        (entry.key, person): _key(engine, person, str(entry.at))
        for entry in entries
        if entry.letter is not None
        for person in entry.left
    }
    rows = engine.store.letters(sorted(set(keys.values())))
    told = {each for each, key in keys.items() if _is_gone(rows.get(key))}
    return [
        structs.replace(entry, left=tuple(person for person in entry.left if (entry.key, person) not in told))
        for entry in entries
    ]


def _recall(engine: Engine, steps: Sequence[Step], now: Moment) -> None:
    """Keep today's letters that may have left without the store knowing, as it was put back from a backup."""
    if engine.journal is None:
        return
    people = {_key(engine, step.to[0], _day(step.to[0], engine, now).isoformat()): step.to[0] for step in steps}
    unknown = people.keys() - engine.store.letters(list(people)).keys()
    because, version = "it may have left before the database was put back", engine.book.version
    rows = [
        LetterRow(key, KIND, KIND, people[key], "doubtful", because, now, now, way="mail", version=version)
        for key in sorted(unknown)
        if engine.journal.is_begun(mail_id(key))
    ]
    engine.store.write_letters(rows)


def _after_todays(engine: Engine, steps: Sequence[Step], now: Moment) -> dict[str, tuple[str, int]]:
    """The steps for which today's letter to whom they ask has left, or may have, without them: they wait."""
    calendar = engine.book.calendar
    days = {step.to[0]: _key(engine, step.to[0], _day(step.to[0], engine, now).isoformat()) for step in steps}
    rows = engine.store.letters(list(days.values()))
    tomorrow = calendar.next_opening(calendar.end_of_day(calendar.day_of(now)))
    waits: dict[str, tuple[str, int]] = {}
    for step in steps:
        sent = rows.get(days[step.to[0]])
        if _is_gone(sent):
            waits[step.key] = ("today's message about several tickets has gone to whom it asks", tomorrow - now)
        elif _is_unsure(sent):
            waits[step.key] = ("today's message about several tickets is looked for", engine.pace.settle_s)
    return waits


def _said_by(
    engine: Engine,
    steps: Sequence[Step],
    rows: Mapping[str, LetterRow],
    keys: Mapping[str, str],
    now: Moment,
    report: Report,
) -> list[Step]:
    """Note and give the steps that were said in letters; those of a letter that may be a comment are doubtful."""
    said = [step for step in steps if _is_gone(rows.get(keys[step.to[0]]))]
    unsure = [step for step in steps if _is_unsure(rows.get(keys[step.to[0]]))]
    engine.store.write_entries(
        [
            *(_told(step, step.to[:1], keys[step.to[0]], engine, now) for step in said),
            *(_row(step, "doubtful", decided(step), keys[step.to[0]], engine, now) for step in unsure),
        ]
    )
    report.doubtful += len(unsure)
    return said


def _tell_others(
    engine: Engine, said: Sequence[Step], asked: Set[str], keys: Mapping[str, str], now: Moment, report: Report
) -> None:
    """Tell of steps that were said those whom they do not ask; who was `asked` in a letter has read of them there."""
    others = dict.fromkeys(person for step in said for person in step.to[1:] if person not in keys)
    letters = {person: _letter(person, said, engine, now, is_asked=False) for person in others}
    rows = send(engine, list(letters.values()), now, report) if letters else {}
    know = {*asked, *(person for person, letter in letters.items() if _is_gone(rows.get(letter.key)))}
    engine.store.write_entries(
        [
            _told(
                step,
                (step.to[0], *(person for person in step.to[1:] if person in know)),
                keys[step.to[0]],
                engine,
                now,
            )
            for step in said
            if not know.isdisjoint(step.to[1:])
        ]
    )


def _told(step: Step, to: tuple[str, ...], letter: str, engine: Engine, now: Moment) -> Entry:
    """The row of a step that was said by letter to these people, the others being left to their summaries."""
    left = (*step.left, *(person for person in step.to if person not in to))
    entry = _row(step, "said", f"{decided(step)}; by letter", letter, engine, now)
    return structs.replace(entry, to=to, left=left)


def _row(step: Step, state: str, because: str, letter: str, engine: Engine, now: Moment) -> Entry:
    return structs.replace(row(step, state, because, now, engine.book.version), letter=letter)


def _is_gone(sent: LetterRow | None) -> bool:
    """Whether a letter is never sent again: it has left, or the mail server may have taken it."""
    return sent is not None and (sent.state == "said" or (sent.state == "doubtful" and sent.way == "mail"))


def _is_unsure(sent: LetterRow | None) -> bool:
    """Whether a letter may stand on the desk's ticket, where it is looked for."""
    return sent is not None and sent.way == "comment" and sent.state in ("intended", "doubtful")


def _is_settled(sent: LetterRow) -> bool:
    return _is_gone(sent) or _is_unsure(sent)


def _waits_for_a_moment(sent: LetterRow, engine: Engine) -> bool:
    """Whether a letter that has not left will leave today, or is to be released by a person."""
    if sent.state == "batched":
        return True
    calendar = calendar_of(sent.to, engine.book)
    return sent.not_before is None or sent.not_before < calendar.end_of_day(calendar.day_of(sent.at))


def _letter(person: str, steps: Sequence[Step], engine: Engine, now: Moment, *, is_asked: bool) -> Letter:
    """The letter of a day to one person: to whom something asks once a day, to others whenever there is something."""
    day = _day(person, engine, now)
    concerning = [step for step in steps if person in step.to]
    return Letter(
        key=_key(engine, person, day.isoformat() if is_asked else str(now)),
        rule=KIND,
        say=KIND,
        to=person,
        due_at=now,
        because=Because(KIND),
        values={"date": Day(day), "n": Count(len({step.ticket_id for step in concerning}))},
        sections=tuple(_sections(concerning)),
    )


def _day(person: str, engine: Engine, now: Moment) -> date:
    return calendar_of(person, engine.book).day_of(now)


def _key(engine: Engine, person: str, occasion: str) -> str:
    return letter_key(engine.book.site, KIND, person, occasion)


def _sections(steps: Sequence[Step]) -> Iterator[Section]:
    late = [step for step in steps if "over" in step.values]
    for title, found in (("overdue", late), ("at_risk", [step for step in steps if step not in late])):
        if found:
            yield Section(title, tuple(Line(step.ticket_key, _values(step)) for step in found))


def _values(step: Step) -> dict[str, Value]:
    shown = {word: step.values[word] for word in ("due", "state") if word in step.values}
    return {**shown, "reason": Name("why", step.rule)}
