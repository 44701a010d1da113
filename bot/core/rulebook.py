"""The rulebook: a desk's entries, ready to judge with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from bot.core.calendar import Calendar, build_calendar
from bot.core.commands import as_told, parted, shown
from bot.core.desk import Absence, Desk, Shift
from bot.core.entries import CalendarEntry, Entries, Ladder, Policy, Queue, State
from bot.core.entry import Language, Names, Why
from bot.core.flaws import asked
from bot.core.ticket import UNKNOWN, Moment

QUEUE = "queue"
"""In place of a calendar's name on a policy: the calendar of the ticket's queue."""

TITLES: Mapping[str, Names] = {
    "category": {"et": "kategooria", "en": "category", "ru": "категория"},
    "queue": {"et": "järjekord", "en": "queue", "ru": "очередь"},
    "priority": {"et": "prioriteet", "en": "priority", "ru": "приоритет"},
    "forwarder": {"et": "edastaja", "en": "forwarder", "ru": "передавший сотрудник"},
    "owner": {"et": "täitja", "en": "assignee", "ru": "исполнитель"},
    "due": {"et": "tähtaeg", "en": "due date", "ru": "срок"},
}
"""What is called so in messages, unless the rulebook's `titles` say otherwise."""


NOT_KNOWN: Names = {"et": "seis teadmata", "en": "state unknown", "ru": "состояние неизвестно"}
"""What the state of a ticket is called that nobody knows."""


@dataclass(frozen=True)
class Rulebook:
    """A desk's rules, loaded, cross-checked and ready to judge with.

    `site` is the permanent name that begins every step's key; `version` is the hash of the files' contents.
    `absences` and `shifts` are those of its YAML and of the files beside it; `deputies` are whom people's own entries
    name.
    """

    site: str
    version: str
    entries: Entries
    calendars: Mapping[str, Calendar]
    states: Mapping[str, State]
    queues: Mapping[str, Queue]
    policies: Mapping[str, Policy]
    languages: Mapping[str, Language]
    whys: Mapping[str, Why]
    titles: Mapping[str, Names]
    deputies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    shifts: tuple[Shift, ...] = ()

    @cached_property
    def desk(self) -> Desk:
        """The desk as the rulebook alone knows it: its absences and its rosters."""
        return Desk(self.absences, self.shifts)

    @property
    def calendar(self) -> Calendar:
        """The desk's own calendar, that of `manners`."""
        return self.calendars[self.entries.manners.calendar]

    @cached_property
    def tier1_alone(self) -> frozenset[str]:
        """Those who work in queues of tier 1, or coordinate them, and in none of tier 2."""
        at: dict[int, set[str]] = {1: set(), 2: set()}
        for queue in self.entries.queues:
            at[queue.tier].update(queue.members, [queue.coordinator] if queue.coordinator else [])
        return frozenset(at[1] - at[2])

    @cached_property
    def calendars_of_people(self) -> Mapping[str, Calendar]:
        """When those work who have a calendar of their own, or else are members of a queue: that of the first."""
        found: dict[str, Calendar] = {}
        for queue in self.entries.queues:
            for person in queue.members:
                found.setdefault(person, self.calendar_of(queue.calendar, None))
        named: dict[str, Calendar] = {}
        for entry in self.entries.people:
            if entry.calendar is not None:
                named.setdefault(entry.person, self.calendars[entry.calendar])
        return found | named

    @cached_property
    def ladders_of(self) -> dict[object, tuple[Ladder, ...]]:
        """The ladders that may speak of tickets that are alike, as judging finds them out."""
        return {}

    def calendar_of(self, name: str | None, queue: str | None) -> Calendar:
        """The calendar that a policy names, for a ticket in `queue`; the desk's where nothing names another."""
        return self.calendars[self.hours_of(name, queue) or self.entries.manners.calendar]

    def hours_of(self, name: str | None, queue: str | None) -> str | None:
        """The name of the calendar that a policy names, for a ticket in `queue`; None where nothing names one."""
        if name != QUEUE:
            return name
        found = self.queues.get(queue or "")
        return found.calendar if found else None

    def live_at(self, since: date | None) -> Moment:
        """When a rule goes live whose `since` is this: as that day begins; 0 for one that always was."""
        return 0 if since is None else self.calendar.start_of_day(since)

    def name(self, kind: str, word: str, language: str) -> str:
        """What a `state`, `queue`, `policy` or field (`title`) is called, why a rule (`why`) is there, in a language.

        Of a `finding` it is what people are asked about it.

        A `command` is what one has to tell the bot, by its name; an `order` the same without it.
        The desk's language where it is not said in this one, the word itself where it has no name at all.
        """
        match kind:
            case "state" if word == UNKNOWN:
                return _in(NOT_KNOWN, language, self.entries.language)
            case "state" if word in self.states:
                return _in(self.states[word].name, language, self.entries.language) or word
            case "queue" if word in self.queues:
                return _in(self.queues[word].name, language, self.entries.language) or word
            case "title" if word in self.titles:
                return _in(self.titles[word], language, self.entries.language) or word
            case "policy" if word in self.policies:
                return _in(self.policies[word].title, language, self.entries.language) or word
            case "finding":
                return asked(word, language, self.entries, self.titles)
            case "why" if word in self.whys:
                return _in(self.whys[word], language, self.entries.language) or word
            case "command":
                return as_told(word, language, self.entries.manners.name)
            case "order":
                return shown(*parted(word), language)
            case _:
                return word

    def said(self, text: Why | Names) -> str:
        """A text of the rulebook in the desk's language."""
        return _in(text, self.entries.language, self.entries.language)


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
    closed: Mapping[str, frozenset[date]] = {},
    absences: Sequence[Absence] = (),
    shifts: Sequence[Shift] = (),
) -> Rulebook:
    """Make a rulebook of entries that have no `problems`.

    `closed` are the days that files close, by calendar; `absences` and `shifts` are those of files.
    """
    calendars = {
        name: _calendar(name, entry, holidays, shortened, closed.get(name, frozenset()))
        for name, entry in entries.calendars.items()
    }
    return Rulebook(
        site=site,
        version=version,
        entries=entries,
        calendars=calendars,
        states={state.state: state for state in entries.states},
        queues={queue.queue: queue for queue in entries.queues},
        policies={policy.name: policy for policy in entries.policies},
        whys={
            **{route.route: route.why for route in entries.routes},
            **{rule.name: rule.why for rule in entries.completeness},
            **{rule.name: rule.why for rule in entries.incidents},
            **{ladder.name: ladder.why for ladder in entries.ladders},
        },
        titles={**TITLES, **entries.titles},
        languages={person.person: person.language or entries.language for person in entries.people},
        deputies={person.person: person.deputy for person in entries.people if person.deputy},
        absences=(*_absences(entries), *absences),
        shifts=(*_shifts(entries, calendars[entries.manners.calendar]), *shifts),
    )


def _absences(entries: Entries) -> Iterator[Absence]:
    for each in entries.absences:
        if each.person is not None and each.first is not None and each.last is not None:
            yield Absence(each.person, each.first, each.last, each.deputy)


def _shifts(entries: Entries, calendar: Calendar) -> Iterator[Shift]:
    for roster in entries.rosters:
        for each in roster.shifts:
            first, until = (calendar.moment(datetime.fromisoformat(time)) for time in (each.first, each.until))
            yield Shift(roster.roster, each.person, first, until)


def _calendar(
    name: str,
    entry: CalendarEntry,
    holidays: Callable[[str, int], frozenset[date]],
    shortened: Callable[[int], frozenset[date]],
    closed: frozenset[date],
) -> Calendar:
    country, own = entry.holidays, by_year(closed)

    return build_calendar(
        name,
        timezone=entry.timezone,
        hours=entry.hours,
        hours_from=entry.hours_from,
        day_s=entry.day.amount if entry.day else None,
        closed=lambda year: own(year) | (holidays(country, year) if country else frozenset()),
        shortened=shortened if entry.shortened else (lambda year: frozenset()),
        exceptions=entry.exceptions,
    )


def by_year(days: Iterable[date]) -> Callable[[int], frozenset[date]]:
    """Make of some days what gives those of a year."""
    found: dict[int, set[date]] = {}
    for day in days:
        found.setdefault(day.year, set()).add(day)
    return lambda year: frozenset(found.get(year, ()))
