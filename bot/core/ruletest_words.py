"""The words of a rule test: how its file describes a ticket, the moments asked about, and what is expected."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, WithJsonSchema

from bot.core.written import Date, Listed, OneOrMore, WallTime, one_of


def _happened(value: object) -> object:
    if value is True:
        return value
    raise ValueError("write true, or leave it out")


Happened = Annotated[Literal[True], BeforeValidator(_happened), WithJsonSchema({"const": True})]


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Happening(_Described):
    """Something that happens to the ticket; several keys of one entry happen at once, in the order of this table."""

    at: WallTime
    """When, on the wall clock of the desk's calendar."""
    by: str | None = None
    """Who does it: a person, `bot`, or `~` and any name for somebody the rulebook does not name."""
    forwarded: Happened | None = None
    """It comes into the first open state of tier 2 in which the ball is there."""
    reopened: Happened | None = None
    """It goes back into the last open state it was in."""
    solved: Happened | None = None
    """It comes into the first state of standing solved; through tier 2, if it has not been there."""
    closed: Happened | None = None
    """It comes into the first state of standing closed."""
    delivered: Happened | None = None
    """A person notes that the solution has reached the customer."""
    state: str | None = None
    """It comes into this state; `unknown` is a status that the rulebook does not place."""
    queue: str | None = None
    """It comes into this queue."""
    owner: str | None = None
    """It is assigned to this person."""
    category: str | None = None
    """It gets this category."""
    priority: str | None = None
    """It gets this priority."""
    forwarder: str | None = None
    """This person is entered as its forwarder."""
    labels: tuple[str, ...] | None = None
    """Its labels are these from now on."""
    fields: dict[str, str] = {}
    """Other mapped fields get these values, by their words: `{registered: 2026-11-16}`."""
    message: str | None = None
    """This person writes a comment; `bot` for the bot."""
    text: Listed = ()
    """The patterns found in that comment, by name."""
    kind: Literal["thanks", "question", "interim"] | None = None
    """What that comment plainly is: no more than thanks, a question, no more than word that work goes on."""
    command: str | None = None
    """`by` tells the bot this on the first line of a comment, without its name, and may: `snooze until 25.11`."""
    findings: Listed = ()
    """What the bot found in that comment: `"personal:phone"`."""


class TicketWords(_Described):
    """A ticket as it was when it was created, and what has happened to it since."""

    id: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")] = "1"
    """Its permanent number in the tracker, by which a `sample` is chosen."""
    created: WallTime | None = None
    """When; by default a minute before its history begins, or at the first moment asked about if it has none."""
    project: str | None = None
    """The key of its project; the desk's first by default."""
    category: str | None = None
    """What it is about."""
    priority: str | None = None
    """How pressing it is."""
    queue: str | None = None
    """The queue that the person who created it chose."""
    state: str | None = None
    """Its state; the first open one of tier 1 by default. `unknown` is a status that the rulebook does not place."""
    owner: str | None = None
    """Whom it is assigned to."""
    forwarder: str | None = None
    """Who is entered as its forwarder."""
    reporter: str | None = None
    """Who created it; its forwarder by default."""
    due: Date | None = None
    """Its due date."""
    complete: Happened | None = None
    """All fields that completeness rules require hold something; a date that matters is given under `fields`."""
    labels: tuple[str, ...] = ()
    """Its labels."""
    text: Listed = ()
    """The patterns found in its title or description, by name."""
    findings: Listed = ()
    """What the bot found in its title, its description and its fields: `[vague-title, "personal:phone"]`."""
    fields: dict[str, str] = {}
    """What other mapped fields hold, by their words: `{registered: 2026-11-16}`."""
    history: tuple[Happening, ...] = ()
    """What has happened since, oldest first; what is later than the moment asked about has not happened yet."""


class Other(_Described):
    """Another ticket of the test, which was created when its own history or `created` says, and what ties the two."""

    ticket: TicketWords
    """The other ticket, described as the one that the test is about."""
    tied: str | None = None
    """The word under `links` by which the test's ticket is tied to this one."""
    ties: str | None = None
    """The word under `links` by which this one is tied to the test's ticket."""
    at: WallTime | None = None
    """Since when they are tied; as soon as both are there by default."""
    unreadable: Happened | None = None
    """The bot cannot read it."""


class Expected(_Described):
    """One thing to be said; only what is named is compared."""

    rule: str
    """The route, completeness rule or ladder that says it."""
    rung: str | None = None
    """The ladder's rung."""
    repeat: Annotated[StrictInt, Field(ge=0)] | None = None
    """Which repetition of the rung it is; 0 is the first time."""
    say: str | None = None
    """The message."""
    to: OneOrMore | None = None
    """Whom it addresses, in order."""
    queue: str | None = None
    """The queue that a route puts the ticket into."""
    missing: OneOrMore | None = None
    """What completeness rules list as missing, by all of them, in order."""
    asked: OneOrMore | None = None
    """The findings that completeness rules ask about, by all of them: those of fields' formats first."""


Expectations = tuple[Expected | str, ...]
"""All that is to be said, in any order; a text alone stands for a message, whoever says it to whom."""


class Case(_Described):
    """One rule test. It has either `now` and `expect`, or `expect_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            **one_of("now", "expect_at"),
            "dependentRequired": {"now": ["expect"], "expect": ["now"]},
        }
    )

    it: Annotated[str, Field(min_length=1)]
    """What it shows, in a sentence."""
    ticket: TicketWords
    """The ticket."""
    others: tuple[Other, ...] = ()
    """Other tickets: those it is tied to, and those that came beside it."""
    absent: dict[str, Listed] = {}
    """Who is away at all of its moments, each with the deputies named for that time; nobody else is."""
    on_duty: dict[str, str] = {}
    """Who is on duty at all of its moments, by roster; nobody else is."""
    now: WallTime | None = None
    """The moment asked about."""
    expect: Expectations | None = None
    """All that is to be said then; `[]` for nothing."""
    expect_at: Annotated[dict[WallTime, Expectations], Field(min_length=1)] | None = None
    """Several moments, each with all that is to be said then."""

    @property
    def asked(self) -> dict[str, Expectations]:
        """The moments asked about, each with what is expected then."""
        return self.expect_at or ({} if self.now is None else {self.now: self.expect or ()})
