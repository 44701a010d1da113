"""How long each kind of the bot's own data lives, and since when what must stay must stay. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.core.kpi.period import Kind, Period, last_ended, period_of
from bot.core.kpi.reach import reaches_back_to
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment

_DAY_S = 24 * 3600

LEAST_DAYS = 8
"""What is of the last days stays whatever is configured: letters, budgets and bursts look back upon a week."""

FORMER = "~unknown"
"""What stands in place of a person whose account Jira no longer has: the reader's word for somebody unknown."""

_Days = Annotated[int, Field(ge=LEAST_DAYS, le=36_525)]


class Retention(BaseModel):
    """For how many days each kind of the bot's own data is kept; 36525, a hundred years, is for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    tickets_days: _Days = 400
    gone_days: _Days = 30
    hidden_days: _Days = 365
    ledger_days: _Days = 400
    verdicts_days: _Days = 400
    letters_days: _Days = 400
    commands_days: _Days = 400
    absences_days: _Days = 400
    leavers_days: _Days = 400
    troubles_days: _Days = 30
    costs_days: _Days = 800
    reports_days: _Days = 3653
    files_days: _Days = 800
    copies_days: _Days = 30


SINCE: Mapping[str, str] = {
    "tickets": "a closed ticket was last changed in Jira",
    "gone": "a ticket was no longer found in Jira, in a project that the bot sees",
    "hidden": "a ticket was no longer to be seen, where it may only be hidden, or has moved away",
    "ledger": "the step got into its state, on a ticket that is purged",
    "verdicts": "the clock stopped, on a ticket that is purged",
    "letters": "the letter or digest was settled",
    "commands": "the command was settled, on a ticket that is purged",
    "absences": "the last day of the absence",
    "leavers": "it was found that the account is no longer active, of who has no open ticket",
    "troubles": "the trouble began, of a ticket that is not on the desk",
    "costs": "the day that they are of",
    "reports": "the report was gathered",
    "files": "a digest was written into the folder",
    "copies": "a copy of the database was left behind",
}
"""Since when the days of each kind count, by its word; its setting is the word with `_days` behind it."""


class Horizons(BaseModel):
    """The moment before which each kind is over, by its word in `SINCE`, and the same as a local date."""

    model_config = ConfigDict(frozen=True)

    at: Mapping[str, Moment]
    days: Mapping[str, date]


_FOR_REPORTS = ("tickets", "ledger", "verdicts", "letters", "absences", "costs")


def horizons(retention: Retention, book: Rulebook, now: Moment, reported: Iterable[Period] = ()) -> Horizons:
    """Work out since when each kind is kept: as long as configured, and longer where a report is yet to be made.

    `reported` are the periods last over whose report is kept already.
    """
    calendar = book.calendar
    needed = needed_since(book, now, reported)
    at: dict[str, Moment] = {}
    for word in SINCE:
        configured = now - int(getattr(retention, f"{word}_days")) * _DAY_S
        at[word] = min(configured, needed) if word in _FOR_REPORTS else configured
    return Horizons(at=at, days={word: calendar.day_of(each) for word, each in at.items()})


def periods_due(book: Rulebook, now: Moment) -> list[Period]:
    """The periods last over of each kind that somebody gets digests of."""
    kinds: dict[Kind, None] = {entry.period: None for entry in book.entries.digest.recipients}
    return [last_ended(kind, now, book.calendar) for kind in kinds]


def needed_since(book: Rulebook, now: Moment, reported: Iterable[Period]) -> Moment:
    """Since when reports that are yet to be made need to know what happened: those on periods over, and on now."""
    done = {(each.kind, each.first) for each in reported}
    today = book.calendar.day_of(now)
    needed = [now - LEAST_DAYS * _DAY_S]
    for last in periods_due(book, now):
        first = period_of(last.kind, today, book.calendar) if (last.kind, last.first) in done else last
        needed.append(reaches_back_to(book, first))
    return min(needed)
