"""`piletibot hours`: working time at the prompt, and a file of cases held against the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.commands.failures import FOUND, MISTAKE
from bot.commands.moments import read_moment
from bot.core.calendar import Calendar
from bot.core.deadline import last_day
from bot.core.duration import parse_duration
from bot.core.findings import known
from bot.core.ticket import Moment
from bot.rulefiles import RulebookError, load_rulebook
from bot.settings import Misconfigured, load_settings
from bot.shipped import rules_folder

T = TypeVar("T")


def add(calendar: Calendar, start: str, amount: str) -> int:
    """Print when `amount` has passed since `start`, or must have begun by then when negative; return 0.

    `wd` are the calendar's working days as a clock counts them; `cd` and `mo` end with a date, on the next working
    day where that is none. Raises Misconfigured.
    """
    at, sign = read_moment(calendar, start), -1 if amount.startswith("-") else 1
    length = _asked(lambda: parse_duration(amount.removeprefix("-")))
    if length.kind in ("calendar days", "months"):
        if sign < 0:
            raise Misconfigured(f"{amount}: calendar days and months are counted forwards only")
        day = _asked(lambda: last_day(calendar.day_of(at), length, calendar, moves=True))
        print(f"{day:%a %Y-%m-%d}, which ends at {_shown(calendar, calendar.end_of_day(day))}")
    elif length.kind == "clock":
        print(_shown(calendar, at + sign * length.amount))
    else:
        print(_shown(calendar, _asked(lambda: calendar.add(at, sign * length.working_s(calendar.day_s)))))
    return 0


def between(calendar: Calendar, start: str, end: str) -> int:
    """Print how much working time lies between two moments; return 0. Raises Misconfigured."""
    begins, ends = read_moment(calendar, start), read_moment(calendar, end)
    worked_s = _asked(lambda: calendar.between(begins, ends))
    days, rest_s = divmod(worked_s, calendar.day_s)
    in_days = f"{days}wd {_clock(rest_s)}, where 1wd is {_clock(calendar.day_s)}"
    print(f"{worked_s} s = {_clock(worked_s)} = {in_days}")
    return 0


def next_opening(calendar: Calendar, start: str) -> int:
    """Print the first working moment at or after `start`; return 0. Raises Misconfigured."""
    at = read_moment(calendar, start)
    print(_shown(calendar, _asked(lambda: calendar.next_opening(at))))
    return 0


def calendar_of(name: str, config: Path, rules: Path | None) -> Calendar:
    """The calendar of this name in `rules`, or else in the configured rulebook. Raises Misconfigured."""
    folder = rules or load_settings(config).rules.folder
    try:
        book = load_rulebook(folder, site="", common=rules_folder() / "common")
    except RulebookError as error:
        raise Misconfigured(*map(str, error.problems)) from None
    for unknown in known((), "calendar", name, book.calendars):
        meant = f"; did you mean '{unknown.suggestion}'?" if unknown.suggestion else ""
        raise Misconfigured(f"{unknown.text}{meant}")
    return book.calendars[name]


def verify(file: Path, *, as_json: bool) -> int:
    """Hold a file's cases against the engine and print a line for each; return 0, 1 when any differs, or 2.

    2 is for a file or a case that is not in the format; the other cases are held all the same. The lines of
    `--json` are objects with `v`, `id`, `op`, `expected`, `got` and `agrees`, and `wrong` for such a case.
    """
    from bot.hours_cases import CasesError, hold, read_cases

    try:
        cases = read_cases(file)
    except CasesError as error:
        raise Misconfigured(f"{file}: {error}") from None
    agree = wrong = 0
    for number, raw in enumerate(cases, 1):
        held = hold(raw)
        agree += held.agrees
        wrong += held.wrong is not None
        if as_json:
            print(held.as_json())
        elif held.wrong is not None:
            print(f"{file}: case {number} {held.id!r}: {held.wrong}", file=sys.stderr)
        else:
            verdict = "agrees " if held.agrees else "differs"
            print(f"{verdict} {held.id}  {held.op}  expected {_written(held.expected)}  got {_written(held.got)}")
    if not as_json:
        print(f"{len(cases)} cases: {agree} agree, {len(cases) - agree - wrong} differ, {wrong} cannot be read")
    return MISTAKE if wrong else FOUND if agree < len(cases) else 0


def _written(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{word}={_written(one)}" for word, one in value.items())
    return "-" if value is None else str(value)


def _shown(calendar: Calendar, at: Moment) -> str:
    local = calendar.local(at)
    return f"{local:%a %Y-%m-%d %H:%M:%S} {calendar.timezone} = {datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _asked(ask: Callable[[], T]) -> T:
    """What the engine answers; what it cannot answer is a mistake in what was asked."""
    try:
        return ask()
    except (ValueError, OverflowError) as error:
        raise Misconfigured(str(error)) from None
