"""The rulebook: everything a desk's YAML says, as frozen data. Words here are the words of `docs/rules.md`.

The shell reads the files (`bot.rulefiles`); this module says what may stand in them and, in `problems`,
whether the parts fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from bot.core.calendar import Calendar, build_calendar
from bot.core.duration import Duration, parse_duration

Language = Literal["et", "en", "ru"]
Ball = Literal["tier 1", "tier 2", "customer", "third party", "nobody"]
Standing = Literal["open", "solved", "closed"]
Word = Annotated[str, StringConstraints(pattern=r"^[^\s/@~][^/@\n]{0,79}$")]
"""A permanent name: no slash, no at sign, not starting with a tilde, since it becomes part of a step's key."""

Reason = Annotated[str, StringConstraints(min_length=10, max_length=400)]
Why = Reason | dict[Language, Reason]
"""A rule's reason, which its messages quote: in the desk's language, or in several."""

Names = dict[Language, str]


def _duration(value: object) -> object:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError("write a duration as text, for example 30m, 4h, 2wd")
    return parse_duration(value)


def _share(value: object) -> object:
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdigit():
        return int(value[:-1])
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("write a share as a percentage, for example 75%")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Length = Annotated[Duration, BeforeValidator(_duration)]
Share = Annotated[int, BeforeValidator(_share), Field(ge=1, le=100)]
OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class CalendarEntry(_Entry):
    """When a queue works. `hours` maps `mon-fri` and the like to `08:00-17:00`, or is the word `24x7`."""

    timezone: str
    hours: dict[str, str] | Literal["24x7"]
    day: Length | None = None
    holidays: str | None = None
    shortened: Literal["EE"] | None = None
    exceptions: dict[date, str] = {}


class Account(_Entry):
    """A person's account where the desk has it on both flavours of Jira."""

    cloud: str
    dc: str


class PersonEntry(_Entry):
    """A person of the desk, by a name of the rulebook's own, and their account in Jira."""

    person: Word
    account: str | Account
    language: Language | None = None


class Queue(_Entry):
    """A queue of a tier. `value` is what the tracker's queue field holds for it, the queue's word by default."""

    queue: Word
    tier: Literal[1, 2]
    name: Names
    members: tuple[str, ...] = ()
    coordinator: str | None = None
    value: str | None = None


class State(_Entry):
    """What a Jira status means. `status` takes ids or names; `category` catches what no entry names."""

    state: Word
    name: Names
    status: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    category: Literal["new", "indeterminate", "done"] | None = None
    standing: Standing
    ball: Ball
    tier: Literal[1, 2] | None = None


class Roles(_Entry):
    """Who coordinates the desk day by day, and who leads it."""

    coordinator: str
    lead: str


class Comments(_Entry):
    """Who sees the bot's comments: a role or a group of Jira; everybody who sees the ticket when neither is given."""

    role: str | None = None
    group: str | None = None


class Manners(_Entry):
    """How the bot behaves: when it speaks, how much, and what silences it.

    `calendar` is the desk's calendar, outside whose hours nothing is said; `budget` is messages a person a day,
    `ceiling` steps a cycle above which nothing is sent; `hold` is the label that silences a ticket.
    """

    calendar: str
    hold: str = "bot-hold"
    control: str | None = None
    budget: Annotated[StrictInt, Field(ge=1)] = 12
    ceiling: Annotated[StrictInt, Field(ge=1)] = 40
    observe: StrictBool = False


class Route(_Entry):
    """Functional escalation: which queue takes a ticket. First match wins; the last route matches everything."""

    route: Word
    why: Why
    when: dict[str, Any] = {}
    queue: str | None = None
    ask: tuple[str, ...] = ()
    observe: StrictBool = False
    since: date | None = None


class Target(_Entry):
    """How much time a policy gives; the first target whose `when` holds counts."""

    when: dict[str, Any] = {}
    within: Length


class Policy(_Entry):
    """An SLA policy: what starts, pauses and stops its clock, in which calendar, and its targets."""

    name: Word
    why: Why
    starts: str
    pauses: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    stops: OneOrMore
    calendar: str | None = None
    at_risk: Share = 75
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]


class Rung(_Entry):
    """One step of a ladder: when it is reached, what is said, to whom, and how often it repeats."""

    rung: Word
    after: Length | None = None
    share: Share | None = None
    before_due: Length | None = None
    past_due: Length | None = None
    say: str
    to: OneOrMore
    every: Length | None = None
    times: Annotated[StrictInt, Field(ge=1, le=50)] = 1


class Ladder(_Entry):
    """Timed rungs on a clock: a policy's, or `since` something happened. Only the highest rung reached is due."""

    name: Word
    why: Why
    when: dict[str, Any] = {}
    clock: str
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]
    observe: StrictBool = False
    since: date | None = None


class Entries(_Entry):
    """All the sections of a rulebook's files, merged."""

    desk: Word
    language: Language = "et"
    projects: Annotated[tuple[str, ...], Field(min_length=1)]
    fields: dict[str, str] = {}
    priorities: dict[str, str] = {}
    categories: dict[str, str] = {}
    comments: Comments = Comments()
    states: Annotated[tuple[State, ...], Field(min_length=1)]
    calendars: dict[str, CalendarEntry]
    people: tuple[PersonEntry, ...] = ()
    roles: Roles
    queues: tuple[Queue, ...] = ()
    manners: Manners
    routes: tuple[Route, ...] = ()
    policies: tuple[Policy, ...] = ()
    ladders: tuple[Ladder, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """A desk's rules, loaded, cross-checked and ready to judge with.

    `site` is the permanent name that begins every step's key; `version` is the hash of the files' contents.
    """

    site: str
    version: str
    entries: Entries
    calendars: Mapping[str, Calendar]
    states: Mapping[str, State]
    queues: Mapping[str, Queue]
    languages: Mapping[str, Language]
    whys: Mapping[str, Why]

    @property
    def calendar(self) -> Calendar:
        """The desk's own calendar, that of `manners`."""
        return self.calendars[self.entries.manners.calendar]

    def name(self, kind: str, word: str, language: str) -> str:
        """What a `state` or `queue` is called, or why a rule (kind `why`) is there, in a language.

        The desk's language where it is not said in this one, the word itself where it has no name at all.
        """
        match kind:
            case "state" if word in self.states:
                return _in(self.states[word].name, language, self.entries.language) or word
            case "queue" if word in self.queues:
                return _in(self.queues[word].name, language, self.entries.language) or word
            case "why" if word in self.whys:
                return _in(self.whys[word], language, self.entries.language) or word
            case _:
                return word


def _in(said: Why | Names, language: str, own: str) -> str:
    if isinstance(said, str):
        return said
    by_language = {str(spoken): text for spoken, text in said.items()}
    return by_language.get(language) or by_language.get(own) or next(iter(by_language.values()), "")


def build(
    entries: Entries,
    *,
    site: str,
    version: str,
    holidays: Callable[[str, int], frozenset[date]],
    shortened: Callable[[int], frozenset[date]],
) -> Rulebook:
    """Make a rulebook of entries that have no `problems`. Raises ValueError for a calendar that is never open."""
    return Rulebook(
        site=site,
        version=version,
        entries=entries,
        calendars={name: _calendar(name, entry, holidays, shortened) for name, entry in entries.calendars.items()},
        states={state.state: state for state in entries.states},
        queues={queue.queue: queue for queue in entries.queues},
        whys={
            **{route.route: route.why for route in entries.routes},
            **{ladder.name: ladder.why for ladder in entries.ladders},
        },
        languages={person.person: person.language or entries.language for person in entries.people},
    )


def _calendar(
    name: str,
    entry: CalendarEntry,
    holidays: Callable[[str, int], frozenset[date]],
    shortened: Callable[[int], frozenset[date]],
) -> Calendar:
    country = entry.holidays
    return build_calendar(
        name,
        timezone=entry.timezone,
        hours=entry.hours,
        day_s=entry.day.amount if entry.day else None,
        closed=(lambda year: holidays(country, year)) if country else (lambda year: frozenset()),
        shortened=shortened if entry.shortened else (lambda year: frozenset()),
        exceptions=entry.exceptions,
    )
