"""`piletibot adopt`: a rule goes live, and what stands due by then counts as done."""

from __future__ import annotations

import difflib
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bot import logs, rule_edits
from bot.core.arrange import Arrangement, DeskState, arrange
from bot.core.desk import Desk
from bot.core.entries import Entries
from bot.core.findings import Finding, nearest
from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.steps import Wishes, rules_of
from bot.core.ticket import Moment, Ticket
from bot.engine.desk import desk_of
from bot.settings import Misconfigured, Settings, load_settings
from bot.start import placed, read_desk
from bot.store.scratch import scratch
from bot.store.store import Store
from bot.store.tied import each_with_others

_FIRST_YEAR, _LAST_YEAR = 1971, 2149


def adopt(config: Path, rules: Sequence[str], *, every: bool, on: str | None) -> int:
    """Make rules live from a day on by their files, tomorrow by default; without any, list those on observe.

    Prints what was changed, and what counts as done by it. Returns 0. Raises Misconfigured for a rulebook with
    mistakes, a rule that is not there, and a text that cannot be changed safely: then nothing is written.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    book = read_desk(settings.rules.folder, settings.site).book
    now = int(time.time())
    if not rules and not every:
        _list(settings, book)
        return 0
    day = _day(on, book, now)
    names = _on_observe(book.entries) if every else list(dict.fromkeys(rules))
    _know(names, book.entries)
    edited = rule_edits.adopt(settings.rules.folder, names, day)
    rule_edits.write(edited)
    for line in _diff(edited, settings.rules.folder):
        print(line)
    if not edited:
        print("Nothing to change: there is no such rule on observe." if not names else "Nothing to change.")
        return 0
    with scratch(settings.store.url.get_secret_value()) as store:
        print("\n".join(_meaning(store, _live(book, names, day), names, day, now)))
    for line in _still_observed(settings, book, names):
        print(line)
    return 0


def _list(settings: Settings, book: Rulebook) -> None:
    """Print the rules on observe, and how often each would have spoken."""
    names = _on_observe(book.entries)
    counts: Counter[str] = Counter()
    since: dict[str, Moment] = {}
    with scratch(settings.store.url.get_secret_value()) as store:
        for row in store.ledger():
            if row.state == "observed":
                counts[row.rule] += 1
                since.setdefault(row.rule, row.at)
    for name in names:
        first = f", since {book.calendar.day_of(since[name])}" if name in since else ""
        print(f"{counts[name]:5}  {name}{first}")
    if not names:
        print("No rule is on observe.")
    for line in _still_observed(settings, book, names):
        print(line)


def _on_observe(entries: Entries) -> list[str]:
    every = entries.manners.observe
    return [name for name, rule in _rules(entries) if every or getattr(rule, rule_edits.OBSERVE)]


def _rules(entries: Entries) -> Iterator[tuple[str, object]]:
    for section, key in rule_edits.live_sections().items():
        for rule in getattr(entries, section):
            yield getattr(rule, key), rule


def _know(names: Collection[str], entries: Entries) -> None:
    """Raise Misconfigured for the names that no rule has which can go live."""
    known = [name for name, _ in _rules(entries)]
    unknown = []
    for name in names:
        if name not in known:
            meant = nearest(name, known)
            hint = f"; did you mean '{meant}'?" if meant else f"; there are: {', '.join(known)}"
            unknown.append(f"{name}: there is no such rule that can be on observe{hint}")
    if unknown:
        raise Misconfigured(*unknown)


def _day(written: str | None, book: Rulebook, now: Moment) -> date:
    if written is None:
        return book.calendar.day_of(now) + timedelta(days=1)
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise Misconfigured(f"--on {written}: write a date, such as 2027-01-04") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise Misconfigured(f"--on {written}: write a date of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def _live(book: Rulebook, names: Collection[str], day: date) -> Rulebook:
    """The rulebook as it is when the rules are live and nothing else is on observe that is not by itself."""
    entries = book.entries
    sections = {
        section: tuple(
            rule.model_copy(update={rule_edits.SINCE: day, rule_edits.OBSERVE: False})
            if getattr(rule, key) in names
            else rule
            for rule in getattr(entries, section)
        )
        for section, key in rule_edits.live_sections().items()
    }
    manners = entries.manners.model_copy(update={rule_edits.OBSERVE: False})
    return replace(book, entries=entries.model_copy(update={**sections, "manners": manners}))


def _meaning(store: Store, book: Rulebook, names: Collection[str], day: date, now: Moment) -> Iterator[str]:
    """What stands due now and is done by it, and what is due on the rules' first morning."""
    tickets = store.count()
    yield ""
    if not tickets:
        yield "The database knows no ticket yet, so what this means cannot be told."
        return
    today = _arranged(store, book, now)
    done = Counter(rule for step in today.adopt for rule in rules_of(step) if rule in names)
    yield f"{tickets} tickets; due now, and counted as done before {day}: {sum(done.values())} steps"
    yield from _counted(done)
    morning = max(now, book.calendar.opening_on(day))
    then = _arranged(store, book, morning)
    said = [*(step for steps in then.say for step in steps), *then.batch, *(held.step for held in then.hold)]
    spoken = Counter(rule for step in said for rule in rules_of(step) if rule in names)
    at = book.calendar.local(morning)
    yield f"due when the desk opens, {at:%Y-%m-%d %H:%M}, if nothing happens meanwhile: {sum(spoken.values())} steps"
    yield from _counted(spoken)


def _arranged(store: Store, book: Rulebook, at: Moment) -> Arrangement:
    """What the rulebook makes of the tickets as the database has them, at a moment."""
    desk = desk_of(store, book)
    known = each_with_others(desk, store.open_tickets(), store, book, at)
    wishes = [wish for ticket, others in known if (wish := _judged(ticket, book, others, at)) and wish.steps]
    rows = store.entries([wish.ticket_id for wish in wishes])
    ledger = {key: row for entries in rows.values() for key, row in entries.items()}
    calendar = book.calendar
    spoken = store.spoken_since(calendar.start_of_day(calendar.day_of(at)))
    return arrange(wishes, ledger, book, DeskState(tuple(spoken)), at)


def _judged(ticket: Ticket, book: Rulebook, desk: Desk, at: Moment) -> Wishes | None:
    try:
        return judge(ticket, book, at, desk)
    except Exception:  # as in a cycle, which tells of it, one bad ticket never stops the rest
        return None


def _counted(counts: Counter[str]) -> Iterator[str]:
    for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {n:4}  {name}"


def _diff(edited: Collection[rule_edits.Edited], folder: Path) -> Iterator[str]:
    for path, before, after in edited:
        name = path.relative_to(folder).as_posix()
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2)
        yield from lines


def _still_observed(settings: Settings, book: Rulebook, names: Collection[str]) -> Iterator[str]:
    """What else must be changed where the whole desk is on observe."""
    if not book.entries.manners.observe:
        return
    others = [name for name in _on_observe(book.entries) if name not in names]
    yield ""
    yield from placed(
        [Finding(("manners", "observe"), "the whole desk is on observe: nothing is said until this is `false`")],
        settings.rules.folder,
    )
    live = [name for name, rule in _rules(book.entries) if name in others and not getattr(rule, rule_edits.OBSERVE)]
    if live:
        yield f"  These go live with it: {', '.join(live)}."
        yield "  Adopt them too, or write `observe: true` into each that is to stay on observe."
