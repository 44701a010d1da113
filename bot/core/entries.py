"""What may stand in a desk's YAML, as frozen data. Words here are the words of `docs/rules.md`.

The shell reads the files (`bot.rulefiles`); whether the parts fit together is `bot.core.crosscheck`'s to say.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)

from bot.core.entries_report import DigestEntry, Indicators
from bot.core.entry import Entry, Language, Names, Why, Word
from bot.core.written import (
    REPEATS,
    Addressees,
    Ahead,
    AtRisk,
    CalendarDate,
    CalendarDays,
    CalendarFiles,
    ClockText,
    Conditions,
    Date,
    Day,
    DayLength,
    Elapsed,
    Examples,
    HoursOrClosed,
    KindsOfFormat,
    Length,
    Listed,
    Moments,
    MomentText,
    Places,
    Share,
    SomeMoments,
    Span,
    Tier,
    TimeOfDay,
    WallTime,
    Week,
    Whiles,
    Working,
    WorkingDays,
    not_all_of,
    one_of,
    some_of,
    where,
)

Ball = Literal["tier 1", "tier 2", "customer", "third party", "nobody"]
Standing = Literal["open", "solved", "closed"]


def _site_word(text: str) -> str:
    if not re.fullmatch(_SITE_WORD, text):
        raise ValueError("the word for a site has small letters and figures, at most 20, and begins with a letter")
    return text


_SITE_WORD = r"[a-z][a-z0-9]{0,19}"
SiteWord = Annotated[
    str, AfterValidator(_site_word), WithJsonSchema({"type": "string", "pattern": f"^{_SITE_WORD}$"})
]
"""The word for another Jira site: small letters and figures, since it is part of a variable's name and of ids."""


class CalendarEntry(Entry):
    """When a queue works."""

    timezone: str
    """The IANA name of the zone in whose local time the hours are meant, for example `Europe/Tallinn`."""
    hours: Week
    """Weekdays (`mon-fri`, `sat`) with their intervals (`08:00-12:00, 13:00-17:00`), or the word `24x7`."""
    hours_from: dict[CalendarDate, Week] = {}
    """Other hours from a local date on, until the next such date; before the first, `hours` hold."""
    day: DayLength | None = None
    """What `1wd` means on a clock, in `h` or `m`; the longest weekday by default."""
    holidays: str | None = None
    """The country whose public holidays are not worked, by its ISO code."""
    shortened: Literal["EE"] | None = None
    """`EE`: Estonia's four eves end three hours early where they are worked (TLS § 53)."""
    closed: CalendarFiles = ()
    """The calendar files (`.ics`) beside this one whose all-day events are closed days."""
    exceptions: dict[CalendarDate, HoursOrClosed] = {}
    """Dates with hours of their own, or `closed`, whatever else would hold for them."""


class Stretch(Entry):
    """Some days on end, every year or once."""

    first: Day
    """The first day: `12-20` for every year, or a date."""
    last: Day
    """The last day, written alike; one before the first is that of the next year."""


class PatternEntry(Entry):
    """What to look for in a ticket's texts, and examples that prove it."""

    pattern: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    """The pattern (RE2), looked for anywhere in a text; capital letters do not differ from small ones."""
    where: Places = ("title", "description")
    """Where it is looked for; `comments` are those of people, not the bot's."""
    matches: Examples = ()
    """Invented texts in which it must be found."""
    misses: Examples = ()
    """Invented texts in which it must not be found."""
    hint: Names = {}
    """Where it is found, what tier 1 could check to solve the ticket itself, by language: the finding `tier1`."""


class FormatEntry(Entry):
    """What a field is to look like. What looks otherwise is asked about, once the field is required."""

    model_config = ConfigDict(json_schema_extra=some_of("kind", "patterns"))

    kind: KindsOfFormat = ()
    """One of these kinds: a registry code is eight figures with a right check digit, a quarter `2026-III`."""
    patterns: tuple[Annotated[str, StringConstraints(min_length=1, max_length=300)], ...] = ()
    """Or like one of these patterns (RE2) as a whole; capital letters do not differ from small ones."""
    past: StrictBool = False
    """A date is not later than the day on which it was entered."""
    example: str | None = None
    """What is shown as an example to whoever is asked; each kind has its own."""


KindOfPersonalData = Literal[
    "email",
    "iban",
    "isikukood",
    "phone",
    "document",
    "card",
    "cadastre",
    "ip",
    "vehicle",
    "birth",
    "name",
]


class PrivacyEntry(Entry):
    """What of personal data counts as found in texts."""

    allow: Listed = ()
    """The office's own addresses and numbers: `info@office.example`, all of `@office.example`, `+372 6000000`."""
    leave: tuple[KindOfPersonalData, ...] = ()
    """The kinds that may stand in this desk's tickets."""
    suspected: StrictBool = True
    """Whether what only looks personal counts too, such as seven figures that may be a telephone number."""


class Account(Entry):
    """A person's account where the desk has it on both flavours of Jira."""

    cloud: str
    """The accountId in Jira Cloud."""
    dc: str
    """The user name in Jira Data Center."""


class PersonEntry(Entry):
    """A person of the desk, by a name of the rulebook's own, and their account in Jira."""

    person: Word
    """The name that the rules use."""
    account: str | Account
    """The accountId on Cloud or the user name on Data Center; a mapping of both where the desk has both."""
    language: Language | None = None
    """The language messages to this person are in; the desk's by default."""
    calendar: str | None = None
    """When this person works; by default that of the first queue they are a member of, else the desk's."""
    manager: str | None = None
    """Whom they answer to, the word `manager` under `to`; the manager of the ticket's queue by default."""
    deputy: Listed = ()
    """Who stands in when this person is absent and an absence names nobody who is there: the first who is."""


class AbsenceEntry(Entry):
    """Days on which somebody is away, or a file that lists such days. Why they are away is said nowhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["file"]},
            "then": not_all_of("first", "last", "deputy"),
            "else": {"required": ["person", "first", "last"]},
        }
    )

    person: str | None = None
    """Who is away; beside a `file` whom all of an `.ics` file is about."""
    first: Date | None = None
    """The first day, by the desk's calendar."""
    last: Date | None = None
    """The last day."""
    deputy: Listed = ()
    """Who stands in, most fit first; after these who the person's own entry names."""
    file: str | None = None
    """Instead: a table (`.csv`) or a calendar (`.ics`) beside this file."""


class ShiftEntry(Entry):
    """A stretch of time in which somebody is on duty."""

    person: str
    """Who is on duty."""
    first: WallTime
    """When it begins, on the wall clock of the desk's calendar."""
    until: WallTime
    """When it ends; this moment is no longer part of it."""


class RosterEntry(Entry):
    """Who is on duty when. Rules tell whoever that is by `duty NAME`; in a gap it is who coordinates."""

    roster: Word
    """The permanent name that the rules use."""
    name: Names = {}
    """What it is called, by language."""
    shifts: tuple[ShiftEntry, ...] = ()
    """The shifts, each with its person; where two overlap, the one that began first counts."""
    files: Listed = ()
    """Tables (`.csv`) or calendars (`.ics`) of shifts beside this file."""


class Queue(Entry):
    """A queue of a tier."""

    queue: Word
    """The permanent name that the rules use."""
    tier: Tier
    """The tier that works in it."""
    name: Names
    """What it is called in messages, by language; the desk's language must be there."""
    members: tuple[str, ...] = ()
    """Who works in it."""
    coordinator: str | None = None
    """Who coordinates it; the desk's coordinator by default."""
    manager: str | None = None
    """Whom its members answer to; the desk's lead by default."""
    calendar: str | None = None
    """When it works, for policies that count in the calendar of the ticket's queue; the desk's by default."""
    duty: str | None = None
    """The roster of those on duty in it, whom `duty` means on its tickets."""
    value: Listed = ()
    """What Jira's queue field holds for it, or several values, of which a route sets the first; its name else."""

    sets: dict[str, str] = {}
    """What a route to it sets besides: words of `fields`, the `state`, and `labels` (`+one -other`)."""
    owner: str = "none"
    """Whom a route to it assigns the ticket to: `none`, a person, `round robin` or `least loaded`."""

    @property
    def values(self) -> tuple[str, ...]:
        """All that the queue field may hold for it, first what a route sets."""
        return self.value or (self.queue,)


class State(Entry):
    """What a Jira status means."""

    model_config = ConfigDict(json_schema_extra=some_of("status", "category"))

    state: Word
    """The permanent name that the rules use."""
    name: Names
    """What it is called in messages, by language; the desk's language must be there."""
    status: Listed = ()
    """The ids or names of the Jira statuses that mean it."""
    category: Literal["new", "indeterminate", "done"] | None = None
    """A status category of Jira, whose statuses mean it where no state names them."""
    standing: Standing
    """Whether work goes on, is solved but not yet confirmed, or is over."""
    ball: Ball
    """Whose turn it is."""
    tier: Tier | None = None
    """At which tier the ticket is; that of its queue by default."""


class Roles(Entry):
    """Who coordinates the desk day by day, and who leads it."""

    coordinator: str
    """The person word of who coordinates the desk day by day."""
    lead: str
    """The person word of who leads it."""


class Comments(Entry):
    """Who sees the bot's comments: a role or a group of Jira.

    Where neither is given, everybody who sees the ticket does, but on projects of service management, whose customers
    never do. In other projects nothing is then said on a ticket that somebody from outside the rulebook created.
    """

    model_config = ConfigDict(json_schema_extra=not_all_of("role", "group", "everybody"))

    role: str | None = None
    """Only members of this project role see them."""
    group: str | None = None
    """Only members of this group see them."""
    everybody: StrictBool = False
    """Everybody who sees a ticket is meant to see them, be it a customer."""


class LinkEntry(Entry):
    """A kind of tie between tickets, and what it means for the one that has it."""

    model_config = ConfigDict(json_schema_extra=one_of("type", "field", "site"))

    type: str | None = None
    """The type of link in Jira, by its id or name."""
    field: str | None = None
    """In place of that, the word of `fields` for a text that holds keys or addresses of tickets of another site."""
    site: str | None = None
    """In place of that, the word of another site under `outside`, to whose tickets Jira's own links (remote \
links: of connected Jiras, and web links) lead. Costs one request for each ticket that is read."""
    outward: StrictBool | None = None
    """The side that this ticket must be on: `true` where Jira says its outward words of it (as in "duplicates the \
other"), `false` its inward ones ("is caused by the other"); either side by default."""
    follows: StrictBool = False
    """Tier 2 works in the other ticket: whose turn it is, movement, answers and the solution follow it."""
    silences: StrictBool = False
    """While the other ticket is open nothing is said on this one, but for deadlines of the law."""


class Manners(Entry):
    """How the bot behaves: when it speaks, how much, and what silences it."""

    calendar: str
    """The desk's calendar: outside its hours nothing is said, and `since …` clocks run in it."""
    name: Annotated[str, StringConstraints(pattern=r"^[^\W_][\w-]{1,39}$")] = "piletibot"
    """What people call the bot: a comment whose first line begins with it, or a mention of its account, is for it."""
    hold: str = "bot-hold"
    """The label that silences a ticket; on the control ticket everything, or one project where its key stands \
behind it (`bot-hold-KKA`)."""
    control: str | None = None
    """The key of the ticket that silences the bot; administrators of a project can do so too, by its property \
`piletibot`."""
    budget: Annotated[StrictInt, Field(ge=1)] = 12
    """How many comments a person is addressed in on one day; the rest wait until tomorrow."""
    ceiling: Annotated[StrictInt, Field(ge=1)] = 40
    """How many comments a cycle may send; when there would be more, none is sent until a person releases them."""
    ticket_budget: Annotated[StrictInt, Field(ge=1)] = 5
    """How many comments the bot writes on a ticket in its life; what comes later stands in summaries only."""
    acknowledged: Working = Field(default="2wd", validate_default=True)
    """For how much of the desk's working time what was acknowledged is not repeated; a ladder may say otherwise."""
    snooze: CalendarDays = Field(default="30cd", validate_default=True)
    """For how long a ticket can be snoozed at most."""
    observe: StrictBool = False
    """Every rule only records what it would have said."""
    desk_ticket: str | None = None
    """The key of the ticket on which letters are comments for those who get no mail; `control` by default."""
    summary_at: TimeOfDay = Field(default="08:30", validate_default=True)
    """When the morning summary comes, on each working day of its recipient; `never` for none."""
    summary_empty: StrictBool = False
    """The summary comes to everybody also when there is nothing to say."""


class Route(Entry):
    """Functional escalation: which queue takes a ticket. First match wins; the last route matches everything."""

    model_config = ConfigDict(json_schema_extra=one_of("queue", "ask"))

    route: Word
    """The permanent name, part of the key of what it says."""
    why: Why
    """The reason, quoted in its messages: a text, or texts by language."""
    when: Conditions = {}
    """The conditions, all of which must hold; none on the last route."""
    queue: str | None = None
    """The queue that takes the ticket."""
    ask: tuple[str, ...] = ()
    """Instead of a queue: those between which the coordinator is to decide."""
    observe: StrictBool = False
    """The rule only records what it would have said."""
    since: Date | None = None
    """The day the rule goes live: what was due before it counts as done."""


class Completeness(Entry):
    """What must be known of a ticket that comes to tier 2. One comment lists what is missing by all of them."""

    model_config = ConfigDict(json_schema_extra=some_of("requires", "asks"))

    name: Word
    """The permanent name, under which it is recorded."""
    why: Why
    """The reason, quoted in its message: a text, or texts by language."""
    when: Conditions = {}
    """The conditions, all of which must hold."""
    requires: tuple[str, ...] = ()
    """What must be filled in: words of `fields`, or `category`, `queue`, `priority`, `forwarder`, `owner`, `due`."""
    asks: tuple[str, ...] = ()
    """The findings that are asked about where the bot made them: their words, or a family's for all of it."""
    holds_back: Working | None = None
    """How long at most a ticket that lacks something by it is not routed; by default it is routed at once."""
    say: str = "incomplete"
    """The message, by the name of its text file; of several rules with gaps on a ticket the first one's is said."""
    to: Addressees = ("forwarder",)
    """Whom it addresses, most concerned first: roles or people."""
    observe: StrictBool = False
    """The rule only records what it would have said."""
    since: Date | None = None
    """The day the rule goes live: what was due before it counts as done."""


class Threshold(Entry):
    """How many tickets within how many minutes are a mass incident; the first threshold whose `when` holds counts."""

    when: Conditions = {}
    """The conditions, all of which must hold when the first of them comes; none on the last threshold."""
    count: Annotated[StrictInt, Field(ge=2)]
    """How many tickets of one category."""
    minutes: Annotated[StrictInt, Field(ge=1, le=1440)]
    """Within how many minutes, day and night."""


class Incident(Entry):
    """A suspected mass incident: many tickets of one category within minutes; the coordinator is told once."""

    name: Word
    """The permanent name, part of the key of what it says."""
    why: Why
    """The reason, quoted in its messages: a text, or texts by language."""
    when: Conditions = {}
    """The conditions that a ticket must meet to be counted; all tickets, category by category, without any."""
    thresholds: Annotated[tuple[Threshold, ...], Field(min_length=1)]
    """How many within how many minutes; the first whose conditions hold counts."""
    link: str
    """The word under `links` by which a ticket is tied to its incident."""
    say: str = "mass_incident"
    """The message, said on the first of the tickets, with the list of all."""
    to: Addressees = ("coordinator",)
    """Whom it addresses, most concerned first: roles or people."""
    solved: str | None = "mass_solved"
    """The message to each forwarder of the tickets tied to an incident, once it is solved; `null` for none."""
    observe: StrictBool = False
    """The rule only records what it would have said."""
    since: Date | None = None
    """The day the rule goes live: what was due before it counts as done."""


class OutagesEntry(Entry):
    """Which tickets tell that a service is down, since when, and which service."""

    when: Conditions
    """The conditions that such a ticket meets."""
    begins: str | None = None
    """The word of the field that says since when, with its time of day; since the ticket's creation by default."""
    service: str | None = None
    """The word of the field that says which service; by default each category is one."""


class OutsideState(Entry):
    """What a status means of a ticket outside the desk's projects."""

    model_config = ConfigDict(json_schema_extra=some_of("status", "category"))

    status: Listed = ()
    """The ids or names of the Jira statuses that mean it."""
    category: Literal["new", "indeterminate", "done"] | None = None
    """A status category of Jira, whose statuses mean it where no entry names them."""
    standing: Standing
    """Whether work goes on, is solved but not yet confirmed, or is over."""
    ball: Ball
    """Whose turn it is, as this desk sees it."""


class OutsideEntry(Entry):
    """Projects outside the desk whose tickets are looked at where the desk's own are tied to them."""

    site: SiteWord | None = None
    """The word in `config.toml` of the other Jira that has them (`[sites.WORD]`); the desk's own by default."""
    projects: Annotated[tuple[str, ...], Field(min_length=1)]
    """The keys of the Jira projects."""
    states: tuple[OutsideState, ...] = ()
    """What their statuses mean; by default those of Jira's category done are solved, and tier 2's turn otherwise."""


class Target(Entry):
    """How much time a policy gives; the first target whose `when` holds counts."""

    when: Conditions = {}
    """The conditions, all of which must hold; none on the last target."""
    within: Working
    """How much working time there is, in `m`, `h` or `wd`."""


class Policy(Entry):
    """An SLA policy: what starts, pauses and stops its clock, in which calendar, and its targets."""

    name: Word
    """The permanent name, by which ladders call its clock."""
    title: Names = {}
    """What readers of figures and pages are told that it is, by language; the name by default."""
    why: Why
    """The reason: a text, or texts by language."""
    starts: MomentText
    """The moment that starts the clock; each start after a stop begins a new cycle, one before it changes nothing."""
    pauses: Whiles = ()
    """The stretches of time in which it does not run."""
    stops: SomeMoments
    """The moments that stop it."""
    restarts: Moments = ()
    """The moments at which a clock that has ever started ends its cycle, if it runs, and begins a new one at zero."""
    calendar: str | None = None
    """The calendar it counts and its ladders speak in; `queue`: that of the ticket's queue; by default the desk's."""
    at_risk: AtRisk = 75
    """When its clock stands at risk: from this share of the target on, or this long before the target is used up."""
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    """How much time there is; the first whose conditions hold counts."""


class Extension(Entry):
    """A longer deadline for reasons, if the person concerned is told of it in time."""

    to: Span
    """How much time there is in all, from the same start."""
    field: str
    """The word of the field under `fields` that says when the person was told."""
    notice_within: Span | None = None
    """How soon they must be told for it to count; within the deadline itself by default."""


class Control(Entry):
    """The follow-up control once a period is over: who forwarded its tickets gets a list of what is left of them."""

    after: WorkingDays
    """How many working days after the period's last day the list comes."""
    say: str = "follow_up"
    """The message above the list, by the name of its text file: the coordinator's instructions."""


class DeadlineEntry(Entry):
    """A statutory date, counted by its own rule and never paused.

    Of several entries of one name the first counts whose conditions hold and which was valid on the day that
    it starts.
    """

    model_config = ConfigDict(json_schema_extra=one_of("within", "dates", "ends_on"))

    name: Word
    """The permanent name, by which ladders call it."""
    why: Why
    """The reason: a text, or texts by language."""
    basis: Annotated[str, StringConstraints(min_length=3, max_length=80)]
    """The clause it rests on, quoted in messages, for example `AvTS § 18 lg 1`."""
    source: Annotated[str, StringConstraints(min_length=3)]
    """Where the amount was read."""
    confirmed_by: str | None = None
    """Who confirmed it for this desk; without that it is shown as not confirmed."""
    valid_from: Date | None = None
    """The first day on which one that starts is counted so."""
    valid_to: Date | None = None
    """The last day on which one that starts is counted so."""
    when: Conditions = {}
    """The conditions, all of which must hold."""
    counts_from: str = "created"
    """`created`, or the word of the field that says when; provisional from `created` where that says nothing."""
    within: Span | None = None
    """How much time there is: `wd`, `cd` and `mo` from the day after the start, or hours of the `clock`."""
    dates: dict[str, Date] = {}
    """Instead of `within`: a season's dates by their period; the first not yet over at the start counts."""
    ends_on: str | None = None
    """Instead of `within`: the word of the field that holds the last day itself; it counts from when that was set."""
    moves: StrictBool | None = None
    """Whether a last day that is a day off moves to the next working day; `cd`, `mo` and `dates` do by default."""
    calendar: str | None = None
    """The calendar whose working days count; the desk's by default."""
    extension: Extension | None = None
    """How it can become longer."""
    met_by: str | None = None
    """The word of the field that, once filled in, says it was met; it ends with the open ticket in any case."""
    control: Control | None = None
    """With `dates`: the follow-up control after each of them."""
    raises: tuple[Ahead, ...] = ()
    """Amounts before its end, largest first: as each comes, all that is said of the ticket goes before what is said
    of others."""


class Rung(Entry):
    """One step of a ladder: when it is reached, what is said, to whom, and how often it repeats.

    It has exactly one of `after`, `share`, `before_due` and `past_due`; on a `since …` clock that is `after`.
    """

    model_config = ConfigDict(json_schema_extra=one_of("after", "share", "before_due", "past_due") | REPEATS)

    rung: Word
    """The permanent name within its ladder, part of the key of what it says."""
    after: Elapsed | None = None
    """Reached when the clock has run this long."""
    share: Share | None = None
    """Reached when this share of the policy's target is used up."""
    before_due: Length | None = None
    """Reached this long before the policy's target is used up, or the deadline ends."""
    past_due: Length | None = None
    """Reached in the first second beyond the target or the deadline and this much more; `0h` is the breach."""
    say: str
    """The message, by the name of its text file."""
    to: Addressees
    """Whom it addresses, most concerned first: roles or people."""
    every: Length | None = None
    """On the last rung: how long after it is said again."""
    times: Annotated[StrictInt, Field(ge=1, le=50)] = 1
    """How often it is said in all; more than once needs `every`."""
    sets: dict[str, str] = {}
    """What is set with it: words of `fields`, the `owner`, `priority`, `labels` (`+one -other`), the `state`."""


_EACH_HAS_AFTER = {"items": {"required": ["after"]}}
_EACH_HAS_A_DATE = {"items": some_of("before_due", "past_due")}


class Ladder(Entry):
    """Timed rungs on a policy's clock, a deadline, or `since` something happened. Only the highest reached is due."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                where("clock", "^since ", {"properties": {"rungs": _EACH_HAS_AFTER}}),
                where("clock", "^deadline ", {"properties": {"rungs": _EACH_HAS_A_DATE}}),
            ]
        }
    )

    name: Word
    """The permanent name, part of the key of what it says."""
    why: Why
    """The reason, quoted in its messages: a text, or texts by language."""
    when: Conditions = {}
    """The conditions, all of which must hold."""
    clock: ClockText
    """A policy's name, `deadline` and a deadline's, or `since` and a moment: it runs from the last such moment."""
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]
    """The steps, in the order in which they are reached; only the highest reached is due."""
    together: StrictBool = False
    """What it asks of one person about several tickets on a day goes as one letter, where letters can leave."""
    lapses: Working | None = None
    """On a `since …` clock: when it has run this long, nothing of it is said any more."""
    acknowledged: Working | None = None
    """For how much of the desk's working time a rung of it that was acknowledged is not repeated, if not as usual."""
    urgent: StrictBool = False
    """It waits for nobody's hours, budget or another request, and goes beyond a ticket's budget too."""
    observe: StrictBool = False
    """The rule only records what it would have said."""
    since: Date | None = None
    """The day the rule goes live: what was due before it counts as done."""


class Exclusion(Entry):
    """Who is never addressed about certain tickets, because they are about them: whom somebody complains of."""

    model_config = ConfigDict(json_schema_extra=some_of("fields", "link"))

    name: Word
    """The permanent name."""
    why: Why
    """The reason: a text, or texts by language."""
    when: Conditions = {}
    """The conditions, all of which must hold."""
    fields: tuple[str, ...] = ()
    """The words of `fields` that hold such a person."""
    link: str | None = None
    """The word of `links` that ties it to the ticket it is about; of one not known only the lead is told."""
    linked: Annotated[tuple[Literal["owner", "forwarder", "reporter"], ...], Field(min_length=1)] = (
        "owner",
        "forwarder",
    )
    """What such people are to that ticket."""


class Entries(Entry):
    """All the sections of a rulebook's files, merged."""

    desk: Word
    """The desk's permanent name."""
    language: Language = "et"
    """The language messages are in where nobody addressed has one of their own."""
    projects: Annotated[tuple[str, ...], Field(min_length=1)]
    """The keys of the Jira projects that are watched."""
    fields: dict[str, str] = {}
    """The Jira fields, by id or name, behind `category`, `queue`, `forwarder`, `delivered` and deadlines' words."""
    channels: dict[Literal["phone", "mail"], str] = {}
    """What the field `channel` holds for the channels of the command `delivered`; these words by default."""
    priorities: dict[str, str] = {}
    """The words for priorities, each with its Jira id or name."""
    categories: dict[str, str] = {}
    """The words for categories, each with the value of Jira's category field."""
    titles: dict[str, Names] = {}
    """What the words of `fields` are called in messages, by language."""
    links: dict[str, LinkEntry] = {}
    """The kinds of links between tickets, by the words that rules have for them."""
    formats: dict[str, FormatEntry] = {}
    """What fields are to look like, by the words of `fields`."""
    privacy: PrivacyEntry = PrivacyEntry()
    """What of personal data counts as found in texts."""
    outside: tuple[OutsideEntry, ...] = ()
    """The projects outside the desk whose tickets are looked at where the desk's own are tied to them."""
    comments: Comments = Comments()
    """Who sees the bot's comments."""
    states: Annotated[tuple[State, ...], Field(min_length=1)]
    """What the Jira statuses mean."""
    calendars: dict[str, CalendarEntry]
    """The calendars, by name."""
    seasons: dict[str, Annotated[tuple[Stretch, ...], Field(min_length=1)]] = {}
    """The seasons, by name, each with its stretches of days."""
    patterns: dict[str, PatternEntry] = {}
    """What conditions look for in texts, by name."""
    people: tuple[PersonEntry, ...] = ()
    """Who works at the desk."""
    roles: Roles
    """Who coordinates and who leads."""
    absences: tuple[AbsenceEntry, ...] = ()
    """Who is away when, and who stands in."""
    rosters: tuple[RosterEntry, ...] = ()
    """Who is on duty when."""
    queues: tuple[Queue, ...] = ()
    """Where tickets wait for whom."""
    manners: Manners
    """When the bot speaks, how much, and what silences it."""
    routes: tuple[Route, ...] = ()
    """Which queue takes a ticket: the first that matches; the last matches everything."""
    completeness: tuple[Completeness, ...] = ()
    """What must be known of a ticket that comes to tier 2, and who is asked for what is missing."""
    incidents: tuple[Incident, ...] = ()
    """When many tickets at once are told of as a mass incident."""
    outages: OutagesEntry | None = None
    """Which tickets tell that a service is down, by which its minutes are counted."""
    policies: tuple[Policy, ...] = ()
    """What was promised, as clocks."""
    deadlines: tuple[DeadlineEntry, ...] = ()
    """The dates that the law or the season sets."""
    ladders: tuple[Ladder, ...] = ()
    """What is said to whom, and when."""
    excludes: tuple[Exclusion, ...] = ()
    """Who is never addressed about certain tickets; the lead is, or the coordinator, in their place."""
    indicators: Indicators = Indicators()
    """What the desk's indicators rest on, and the marks that they count."""
    digest: DigestEntry = DigestEntry()
    """What the lead's digest shows."""
