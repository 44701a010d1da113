"""A backtest in a terminal: counts first, then by rule, person, promise; no more than 80 columns wide."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.backtest.difference import CHANGES
from bot.backtest.facts import FLAGS, Backtest, Note, Run
from bot.backtest.tally import STRANGER, Kept, Tally
from bot.backtest.words import words_of
from bot.core.outcome import Action
from bot.core.ticket import Moment

Row = tuple[str | int, ...]
"""A name and its numbers."""

_WIDTH = 80
_SHOWN = 12
_ACTIONS: tuple[tuple[Action, str], ...] = (
    ("say", "said"),
    ("observe", "recorded"),
    ("hold", "held"),
    ("withdraw", "withdrawn"),
    ("adopt", "adopted"),
)


def summary(backtest: Backtest) -> Iterator[str]:
    """Give the lines of a backtest for a person."""
    tried, tally = backtest.tried, backtest.tried.tally
    zone = ZoneInfo(tally.book.calendar.timezone)
    yield f"{tried.name} (version {tally.book.version}) on {backtest.source}"
    yield f"{_local(backtest.span.start_at, zone)} to {_local(backtest.span.end_at, zone)}, {zone.key}"
    looks = f"a cycle every {backtest.grid.poll_s} s, {backtest.grid.lag_s} s behind"
    yield f"{tally.tickets} tickets, judged {tried.found.judgings} times; {looks}"
    for key, what in tally.troubles:
        yield f"  {key or '?'}: {what}"
    if tally.in_trouble > len(tally.troubles):
        yield f"  and {tally.in_trouble - len(tally.troubles)} more in trouble"
    if backtest.against is not None:
        yield ""
        yield from _difference(backtest, backtest.against)
    yield ""
    yield from _messages(tried, as_if_live=backtest.as_if_live)
    yield from _rules(tally)
    yield from _people(tally)
    yield from _queues(tally)
    yield from _kept("promises", tally.clocks)
    yield from _kept("deadlines", tally.deadlines)
    yield from _held(tally)
    yield from _notes((*backtest.notes, *tried.notes))


def _messages(run: Run, *, as_if_live: bool) -> Iterator[str]:
    tally = run.tally
    said, recorded = tally.messages["say"], tally.messages["observe"]
    how = ", as if no rule were on observe" if as_if_live else ""
    yield f"{said} messages would have been written{how}"
    if recorded:
        yield f"{recorded} would only have been recorded (observe); --as-if-live tries the rules switched on"
    people = tally.people(tally.voice)
    if people:
        yield f"to {tally.addressed(tally.voice)} people, most to {_most(people)}"
        worst = max(tally.noise(tally.voice), key=lambda day: (day.messages, -day.day.toordinal()))
        yield f"most on one day: {_who(worst.who)}, {worst.messages} on {worst.day}"
    if run.found.batches:
        at_most = tally.book.entries.manners.ceiling
        cycles = len(run.found.batches)
        yield f"{cycles} cycles over the ceiling of {at_most}, each taken to be released at once"
    broken, count = tally.broken(), sum(kept.count for kept in (*tally.clocks.values(), *tally.deadlines.values()))
    if count:
        yield f"{broken} of {count} promises and deadlines would have been broken"


def _most(people: dict[str, int]) -> str:
    person, n = next(iter(people.items()))
    return f"{_who(person)} ({n})"


def _rules(tally: Tally) -> Iterator[str]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for (rule, rung, action), n in tally.steps.items():
        counts.setdefault((rule, rung), Counter())[action] += n
    rows: list[Row] = [
        (_cut(f"{rule}, {rung}"), *(found[action] for action, _ in _ACTIONS))
        for (rule, rung), found in counts.items()
    ]
    yield from _table("steps by rule", [word for _, word in _ACTIONS], sorted(rows, key=_largest_first))


def _people(tally: Tally) -> Iterator[str]:
    days: dict[str, list[int]] = {}
    for day in tally.noise(tally.voice):
        days.setdefault(day.who, []).append(day.messages)
    rows = [(_who(who), sum(found), len(found), max(found)) for who, found in days.items()]
    yield from _table("messages by person", ["messages", "days", "most a day"], sorted(rows, key=_largest_first))


def _queues(tally: Tally) -> Iterator[str]:
    queues = {queue for _, queue in tally.queues} | {queue for queue, _ in tally.broken_queues}
    broken: Counter[str | None] = Counter()
    for (queue, _), n in tally.broken_queues.items():
        broken[queue] += n
    rows = [(queue or "(none)", tally.queues[tally.voice, queue], broken[queue]) for queue in queues]
    if queues - {None}:
        yield from _table("by queue", ["steps", "broken"], sorted(rows, key=_largest_first))


def _kept(title: str, found: dict[str, Kept]) -> Iterator[str]:
    heads = ["kept", "late", "open", "half in", "90% in"]
    rows = [
        (_cut(name), kept.met, kept.broken, kept.running + kept.paused, _hours(kept, 0.5), _hours(kept, 0.9))
        for name, kept in found.items()
        if kept.count
    ]
    yield from _table(title, heads, rows)


def _held(tally: Tally) -> Iterator[str]:
    yield from _table("steps once held back by", ["steps"], [(by, n) for by, n in tally.held.most_common()])


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    if notes:
        yield ""
    for note in notes:
        names = f" ({', '.join(note.names)})" if note.names else ""
        n = "" if note.kind in FLAGS else f": {note.n}"
        yield from textwrap.wrap(f"{words_of('en')[note.kind]}{n}{names}", _WIDTH, subsequent_indent="    ")


def _difference(backtest: Backtest, against: Run) -> Iterator[str]:
    found = backtest.differences
    yield f"against {against.name} (version {against.tally.book.version}):"
    yield f"{found.differing} of {found.tickets} tickets differ"
    before, after = against.tally, backtest.tried.tally
    voice = after.voice
    yield f"messages: {before.messages[voice]} before, {after.messages[voice]} now"
    rules = sorted({rule for rule, _ in found.steps})
    rows: list[Row] = [(_cut(rule), *(found.steps[rule, change] for change in CHANGES)) for rule in rules]
    yield from _table("steps that differ", list(CHANGES), rows)
    clocks = sorted({name for name, _ in found.clocks})
    rows = [(_cut(name), *(found.clocks[name, change] for change in CHANGES)) for name in clocks]
    yield from _table("clocks and deadlines that differ", list(CHANGES), rows)
    turned = [(_cut(f"{name}: {was} → {now}"), n) for (name, was, now), n in found.turned.most_common()]
    yield from _table("standings that differ", ["count"], turned)
    people_before, people_after = before.people(voice), after.people(voice)
    rows = [
        (_who(person), people_before.get(person, 0), people_after.get(person, 0))
        for person in {**people_after, **people_before}
        if people_before.get(person, 0) != people_after.get(person, 0)
    ]
    yield from _table("messages by person that differ", ["before", "now"], rows)


def _table(title: str, heads: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """Lay out rows of a name and its numbers, the first ones and how many more there are."""
    if not rows:
        return
    shown = [tuple(map(str, row)) for row in rows[:_SHOWN]]
    first = max(len(title), *(len(row[0]) for row in shown))
    widths = [max(len(head), *(len(row[i]) for row in shown)) for i, head in enumerate(heads, 1)]
    yield ""
    yield f"{title:{first}}  " + "  ".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
    for name, *numbers in shown:
        yield f"{name:{first}}  " + "  ".join(f"{n:>{width}}" for n, width in zip(numbers, widths, strict=True))
    if len(rows) > len(shown):
        yield f"and {len(rows) - len(shown)} more"


def _largest_first(row: Row) -> tuple[list[int], str]:
    return [-n for n in row[1:] if isinstance(n, int)], str(row[0])


def _hours(kept: Kept, share: float) -> str:
    seconds = kept.within(share)
    return "" if seconds is None else f"{seconds / 3600:.1f} h"


def _who(person: str) -> str:
    """A person's word, or what somebody is whom the rulebook does not name."""
    if not person.startswith(STRANGER):
        return person
    role = person.removeprefix(STRANGER)
    return f"{role}s not in the rulebook" if role else "others not in the rulebook"


def _cut(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def _local(at: Moment, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"
