"""What a rulebook says of the desk's indicators and of the digest: their entries, as frozen data."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StrictInt

from bot.core.entries_indicators import CallsEntry, FirstTierEntry, IndicatorTarget, QualityEntry, RatingsEntry
from bot.core.entry import Entry, Language, Names, Word
from bot.core.kpi.period import Kind
from bot.core.written import CalendarDays, Conditions, Date, Elapsed, Listed, TimeOfDay, Working, WorkingDays

Part = Literal[
    "statutory",
    "overdue",
    "due_soon",
    "unrouted",
    "unassigned",
    "to_confirm",
    "absent",
    "pass_on",
    "solved",
    "incomplete",
    "returned",
    "still",
    "customer",
    "to_close",
    "figures",
    "backlog",
    "promises",
    "bot",
]
"""What a digest can be made of, in the order in which it stands there by default."""


Way = Literal["mail", "folder", "page", "ticket"]
"""How a digest reaches its recipient."""

Format = Literal["html", "text", "json", "xlsx", "csv"]
"""The files that a digest can be had as."""

Role = Literal["lead", "coordinator", "queue", "manager", "tier 1", "tier 2"]
"""What a person can be at the desk."""


class RecipientEntry(Entry):
    """To whom a digest goes, of which period, when and how, and what of the desk it tells them."""

    name: Word
    """The permanent name, by which it is known whether a digest was sent."""
    to: Word
    """`lead`, `coordinator`, a person of `people`, or with `team: false` a word with an address under `[mail]`."""
    period: Kind = "day"
    """What it reports on: the last that is over."""
    at: TimeOfDay = Field(default="08:00", validate_default=True)
    """When it goes, on the recipient's first working day after the period; `never` for not at all."""
    by: Annotated[tuple[Way, ...], Field(min_length=1)] = ("mail",)
    """By which ways; one that fails does not keep the others."""
    formats: tuple[Format, ...] = ()
    """What a mail has attached, and which files the folder gets: `html` by default there, in a mail nothing."""
    queues: tuple[str, ...] = ()
    """The queues it tells of; all that the recipient sees of the desk by default."""
    units: tuple[str, ...] = ()
    """The structural units whose inquiries it tells of; all by default."""
    team: bool = True
    """Whether the recipient belongs to the desk; others get no ticket's key, and no count of one to four."""
    approved_by: Word | None = None
    """Who gets it first, as a draft, and lets it go with `piletibot approve`: a role or person as under `to`."""
    language: Language | None = None
    """The language it is in; the recipient's own by default, or the digest's."""
    calendar: str | None = None
    """The calendar whose working days count; the recipient's own by default."""
    observe: bool = False
    """Only record it, and send nothing."""


class DigestEntry(Entry):
    """What the lead's digest shows, and to whom it goes."""

    language: Language | None = None
    """The language it is in, unless the command asks for another; the desk's by default."""
    title: Names = {}
    """What it is called, by language, in place of its own title."""
    parts: Annotated[tuple[Part, ...], Field(min_length=1)] = get_args(Part)
    """What it shows, in this order; what is left out is not shown."""
    soon: WorkingDays = Field(default="2wd", validate_default=True)
    """What is due before so many working days are over, today the first of them, is due soon."""
    still: Working = Field(default="2wd", validate_default=True)
    """A ticket on which tier 2 did nothing in so much working time is without movement."""
    waiting: Working = Field(default="5wd", validate_default=True)
    """A ticket that has waited for the customer so long is told of in the morning summary."""
    ages: tuple[CalendarDays, ...] = Field(default=("10cd", "30cd"), validate_default=True, min_length=1)
    """The ages at which the backlog is divided, in calendar days."""
    promises: CalendarDays = Field(default="7cd", validate_default=True)
    """The days, today the last of them, whose promises are counted."""
    secured: tuple[Role, ...] = ()
    """The roles to whom tickets with a security level are listed; to others they are only counted."""
    ticket: str | None = None
    """The key of the ticket on which digests `by: [ticket]` are comments."""
    recipients: tuple[RecipientEntry, ...] = ()
    """To whom it goes by itself."""


class UnitEntry(Entry):
    """A structural unit, whose head is told of the inquiries that are its own."""

    unit: Word
    """The permanent name, by which its inquiries are counted."""
    title: Names
    """What it is called, by language; the desk's language must be there."""
    categories: Annotated[tuple[str, ...], Field(min_length=1)]
    """The categories whose inquiries are the unit's; each is one unit's at most."""


class Indicators(Entry):
    """What the desk's indicators rest on, and the marks that they count."""

    events: tuple[str, ...] = ()
    """The categories that are no inquiries, until a person gives the ticket another: what monitoring opens."""
    next_stage: Listed = ("JÄRGMINE_ETAPP",)
    """The values of the field `return_reason` that say that a team did its part and hands on: no rejection."""
    uncounted: dict[Word, Conditions] = {}
    """The tickets that no indicator of the statute counts: the reason's word, and the conditions that they meet."""
    subtasks: tuple[str, ...] = ("right_team",)
    """The indicators that count tickets with the field `parent`, too; others leave them out."""
    agreed: str = "due"
    """What holds the date agreed with the customer: `due`, or a word of `fields`."""
    grace: Elapsed = Field(default="1h", validate_default=True)
    """How long the date first agreed may still be put right, while nobody has the ticket; `0h` for not at all."""
    quality: QualityEntry = QualityEntry()
    """What counts as done with quality."""
    ratings: RatingsEntry = RatingsEntry()
    """Where customers' ratings come from."""
    first_tier: FirstTierEntry = FirstTierEntry()
    """What counts as solved at the first tier."""
    mature: WorkingDays = Field(default="5wd", validate_default=True)
    """How long after its hand-over an open ticket tells whether the team was right."""
    calls: CallsEntry = CallsEntry()
    """Where calls come from, and what was agreed about them."""
    targets: tuple[IndicatorTarget, ...] = ()
    """What the indicators are to reach; one without a target is shown without a verdict."""
    delivery: Working = Field(default="1wd", validate_default=True)
    """Within how much of the desk's working time a solution is to reach the customer."""
    registered: str | None = None
    """The word of the field that says when a ticket was registered; it counts from its creation by default."""
    imbalance: Annotated[StrictInt, Field(ge=1, le=1000)] = 50
    """By how many percent more open tickets a present person than at the desk on average is told as an imbalance."""
    consents: dict[str, Date] = {}
    """Who agreed to figures about their own work, each with the first day of which there are any."""
    sample: Annotated[StrictInt, Field(ge=0, le=100)] = 5
    """How many of a period's solved tickets are drawn for a look at their quality."""
    units: tuple[UnitEntry, ...] = ()
    """The structural units, each with the categories that are its own; what no unit has is shown as unmapped."""
