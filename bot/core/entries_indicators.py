"""What a rulebook says of the statute's indicators and of the files that some rest on: entries, as frozen data."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from bot.core.entry import Entry
from bot.core.written import CalendarDays, Conditions, Date, Level, Listed, Working, WorkingDays, one_of

Seconds = Annotated[StrictInt, Field(ge=1, le=86_400)]


class IndicatorTarget(Entry):
    """What an indicator is to reach. Of several of one indicator the first counts that is valid then."""

    model_config = ConfigDict(json_schema_extra=one_of("at_least", "at_most", "within"))

    indicator: str
    """The indicator's name."""
    at_least: Level | None = None
    """A share, mean or number that it is not to fall below."""
    at_most: Level | None = None
    """A share, mean or number that it is not to go beyond."""
    within: Working | None = None
    """Of a time: the working time that its median is not to go beyond."""
    valid_from: Date | None = None
    """The first day that a period judged by it may begin on."""
    valid_to: Date | None = None
    """The last such day."""

    def is_valid(self, day: date) -> bool:
        """Whether a period that begins on a day is judged by it."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class QualityEntry(Entry):
    """What counts as done with quality (2.3.2), of which the statute itself says nothing."""

    window: WorkingDays = Field(default="10wd", validate_default=True)
    """How long after it was first done a ticket shows whether it was done well."""
    good: Listed = ("vastab",)
    """The values of the field `quality` that say so, whatever else happened."""
    bad: Listed = ("ei vasta",)
    """The values of it that say the opposite; with any other the ticket's history decides."""
    other_matters: Listed = ("uus küsimus", "teine probleem")
    """The values of the field `reopen_reason` with which a reopening tells nothing of the quality."""
    complaints: Listed = ()
    """The words of `links` that tie a complaint to it, which counts once its own field `justified` says yes."""
    repeats: Listed = ()
    """The words of `links` that tie a repeated inquiry to it, which counts if it came within the window."""


class FirstTierEntry(Entry):
    """What counts as solved at the first tier (2.3.4)."""

    returned: StrictBool = False
    """What tier 2 returned and tier 1 solved counts too."""
    no_answer: StrictBool = False
    """What was closed as the customer did not answer counts too, if it never was at tier 2."""
    unsolved: Conditions = {}
    """The conditions that what was closed unsolved meets: counted, but never as solved at the first tier."""


class CallColumns(Entry):
    """What the columns of the table of calls are called; capital letters do not matter."""

    id: str = "call"
    """The call's number; rows of one number are one call."""
    at: str = "at"
    """When it came in, by the clock of the desk's calendar: `2026-11-16 09:00:05`, or `16.11.2026 09:00:05`."""
    line: str = "line"
    """The line that was called."""
    wait: str = "wait"
    """How long the caller waited until answered, or until they gave up: in seconds, or as `0:23`."""
    answered: str = "answered"
    """Whether it was answered."""
    kind: str | None = None
    """What kind of call it was; without this column all came in from outside."""


class CallsEntry(Entry):
    """The telephone exchange's table of calls (2.3.5), and what was agreed about them."""

    file: str | None = None
    """The table (`.csv`) beside this file; `config.toml` may name another under `imports`."""
    columns: CallColumns = CallColumns()
    """What its columns are called."""
    lines: dict[str, Seconds] = {}
    """The lines under the agreement, each with the seconds within which a call is to be answered."""
    answered: Listed = ("jah", "yes", "1", "true", "vastatud", "answered")
    """What the column `answered` says of a call that was."""
    unanswered: Listed = ("", "ei", "no", "0", "false", "vastamata", "abandoned")
    """What it says of one that was not."""
    incoming: Listed = ("sissetulev", "incoming", "in")
    """What the column `kind` says of calls from outside."""
    callback: Listed = ("tagasihelistamine", "callback")
    """What it says of calls back."""
    internal: Listed = ("sisemine", "internal")
    """What it says of calls from within the office; any other kind is no call that came in."""
    callbacks: StrictBool = False
    """Calls back are counted too."""
    internals: StrictBool = False
    """Internal calls are counted too."""
    short: Seconds | None = None
    """Calls given up in less than so many seconds are left out; by default all stay, however short."""


class RatingColumns(Entry):
    """What the columns of the table of ratings are called; capital letters do not matter."""

    ticket: str = "ticket"
    """The ticket's key."""
    at: str = "at"
    """When the rating came, as a day or a moment by the clock of the desk's calendar."""
    rating: str = "rating"
    """The rating."""


class RatingsEntry(Entry):
    """What customers' ratings (2.3.3) are read from, and on which scale they are."""

    lowest: StrictInt = 1
    """The worst that can be given."""
    highest: StrictInt = 5
    """The best; another scale than 1 to 5 is mapped onto that one, evenly."""
    within: CalendarDays = Field(default="14cd", validate_default=True)
    """How long after a period's end ratings of what was closed in it still count."""
    surveyed: Conditions = {}
    """The conditions of tickets whose customers are asked; all are by default."""
    file: str | None = None
    """A table (`.csv`) of ratings beside this file, in place of the field `rating`."""
    columns: RatingColumns = RatingColumns()
    """What its columns are called."""
