"""A ticket's timeline: what happened, by whom, what it did to the clocks, and what the bot said. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.core.clock import Act
from bot.core.clocks import SINCE, begun, target_of, ticks
from bot.core.commands import UNKNOWN_WORD
from bot.core.deadline import read_start
from bot.core.explanation import ClockAct, DateShift, Did, Event, Told, Value
from bot.core.history import TEXT, UNSEEN, Turn, events
from bot.core.judge import hours_of
from bot.core.ledger import DONE, SPOKEN, Entry
from bot.core.people import named, role_of, shown, without_strangers
from bot.core.ticket import Change, Command, Message, Moment
from bot.core.view import View

_DID: Mapping[Act, Did] = {"start": "starts", "pause": "pauses", "resume": "goes on", "stop": "stops"}
_PEOPLE = frozenset(("owner", "forwarder"))
_SHOWN = frozenset(("state", "queue", "category", "priority", "labels", "due", "delivered"))


def timeline(view: View, ledger: Iterable[Entry], shifts: Sequence[DateShift]) -> tuple[Event, ...]:
    """All that happened to a ticket, oldest first: its turns, and the steps that only the ledger tells of."""
    rows = sorted(ledger, key=lambda row: (row.at, row.key))
    written = {message.id for message in view.ticket.messages}
    acts = _acts(view)
    own = iter([None, *events(view.ticket)])
    happened = [None if turn.elsewhere or turn.what == UNSEEN else next(own) for turn in view.happened]
    found = [
        ((turn.at, 0, i), _turn(turn, happened[i], view, rows, tuple(acts.get(i, ())), shifts))
        for i, turn in enumerate(view.happened)
    ]
    for i, row in enumerate(rows):
        if row.comment_id is None or row.comment_id not in written:
            told = told_of(row, view)
            found.append(((row.at, 1, i), Event(row.at, "step", role_of(None, view, bot=True), steps=(told,))))
    return tuple(event for _, event in sorted(found, key=lambda each: each[0]))


def told_of(row: Entry, view: View) -> Told:
    """What the ledger holds of a step."""
    repeat = row.key.rpartition("/")[2]
    waited = row.state in DONE and row.state != "adopted"
    return Told(
        key=row.key,
        rule=row.rule,
        rung=row.rung,
        repeat=int(repeat) if repeat.isdecimal() else 0,
        say=row.say,
        to=tuple(shown(person, view) for person in row.to),
        state=row.state,
        because=without_strangers(row.because, view),
        due_at=row.due_at,
        state_at=row.at,
        not_before_at=row.not_before,
        version=row.version,
        commented=row.state in SPOKEN and any(message.id == row.comment_id for message in view.ticket.messages),
        quiet_until_at=_quiet_until(row, view) if waited else None,
    )


def _quiet_until(row: Entry, view: View) -> Moment | None:
    """When quiet hours ended for a step that became due in them, be they the desk's or those of its own clock."""
    ladder = next((each for each in view.book.entries.ladders if each.name == row.rule), None)
    own = hours_of(ladder, view) if ladder is not None else None
    hours = (view.book.calendar, *([view.book.calendars[own]] if own else []))
    at = row.due_at
    while (later := max(each.next_opening(at) for each in hours)) > at and later <= row.at:
        at = later
    return at if at > row.due_at else None


def _acts(view: View) -> Mapping[int, list[ClockAct]]:
    """What each turn, by its number, did to which clock."""
    found: dict[int, list[ClockAct]] = {}
    for policy in view.book.entries.policies:
        if target_of(policy, view) is not None:
            stops = ClockAct(policy.name, "stops")
            for i, tick in ticks(policy, view.happened):
                acts = found.setdefault(i, [])
                if tick.act == "start" and stops in acts:
                    acts[acts.index(stops)] = ClockAct(policy.name, "starts anew")
                else:
                    acts.append(ClockAct(policy.name, _DID[tick.act]))
    for clock in dict.fromkeys(ladder.clock for ladder in view.book.entries.ladders):
        if clock.startswith(SINCE):
            did = _DID["start"]
            for i, at in begun(clock.removeprefix(SINCE), view.happened):
                if at is not None:
                    found.setdefault(i, []).append(ClockAct(clock, did))
                    did = "starts anew"
    return found


def _turn(
    turn: Turn,
    event: Change | Message | None,
    view: View,
    rows: Sequence[Entry],
    acts: tuple[ClockAct, ...],
    shifts: Sequence[DateShift],
) -> Event:
    said: tuple[Told, ...] = ()
    if isinstance(event, Message):
        said = tuple(told_of(row, view) for row in rows if row.comment_id == event.id)
    return Event(
        happened_at=turn.at,
        what=turn.what,
        by=role_of(turn.who, view, bot=turn.bot),
        person=turn.who if turn.who in view.book.languages and not turn.bot else None,
        values=tuple(_values(turn, event, view)),
        clocks=acts,
        shifts=tuple(each for each in shifts if each.changed_at == turn.at and each.because == turn.what),
        steps=said,
    )


def _values(turn: Turn, event: Change | Message | None, view: View) -> Iterator[Value]:
    """The field that changed, or what happened in the ticket in which tier 2 works, then what followed from it."""
    if turn.elsewhere or turn.what == UNSEEN:
        yield Value("work", None, turn.what)
    if isinstance(event, Change) and event.field != TEXT:
        yield _value(event, view)
    elif isinstance(event, Message) and event.command is not None:
        yield Value("command", None, _told(event.command))
    for word in ("state", "standing", "tier", "ball", "queue"):
        now = getattr(turn.after, word)
        was = None if turn.before is None else getattr(turn.before, word)
        if was != now and word != turn.what:
            yield Value(word, None if was is None else str(was), None if now is None else str(now))


def _told(command: Command) -> str:
    """A command in its canonical words, and what was decided on it."""
    if command.word == UNKNOWN_WORD:
        return "not understood"
    decided = {True: "granted", False: "refused", None: "not decided"}[command.granted]
    return f"{command.word} {command.value}, {decided}" if command.value else f"{command.word}, {decided}"


def _value(change: Change, view: View) -> Value:
    if change.field in _PEOPLE:
        return Value(change.field, named(change.was, view.book), named(change.now, view.book))
    told = change.field in _SHOWN or all(_is_date(each, view) for each in (change.was, change.now))
    was, now = (each if told or each is None else "…" for each in (change.was, change.now))
    return Value(change.field, was, now, told)


def _is_date(text: str | None, view: View) -> bool:
    return text is None or read_start(text, view.book.calendar) is not None
