"""The forms that a condition's value can take: how each is held against a ticket, shown, and checked.

A word is data of one of these forms. What it reads may depend on the time of day: then `changes` gives the next
moment at which it may be another, so that the ticket is looked at again. Nothing else may ask for the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from bot.core.crosscheck_calendars import takes_years
from bot.core.deadline import last_day
from bot.core.duration import LONGEST, parse_duration
from bot.core.entries import Entries
from bot.core.findings import KEY, Path
from bot.core.phrases import Phrase
from bot.core.ticket import Moment
from bot.core.view import View

Values = Callable[[Entries], Sequence[object] | None] | tuple[object, ...] | None
"""What a rule may write: these, those that a rulebook has (where it has None, any text), or None for any text."""

Changes = Callable[[View, Any], Moment | None]
"""The next moment at which what is compared with this value may be another; None when time changes nothing."""

Tested = list[tuple[str, str]]
"""Words with the values that decided, for a step's because."""

Problem = tuple[Path, str, Sequence[str]]
"""Where under `when` (a path, `KEY` at its end for the key itself), what is wrong, and what may be written there."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word with one value on a ticket, None when it has none. A rule gives a value, or a list of them."""

    form: ClassVar[str] = "one of"
    says: str
    phrase: Phrase
    read: Callable[[View], object]
    values: Values = None
    needs: str | None = None
    """The word that must be mapped under `fields:`."""
    changes: Changes | None = None

    def holds(self, wanted: Any, view: View) -> bool:
        """Whether the value is the one wanted, or one of them."""
        found = self.read(view)
        return found in wanted if type(wanted) is list else found == wanted

    def shown(self, word: str, wanted: Any, view: View) -> Iterator[tuple[str, str]]:
        """The value, for a because."""
        found = self.read(view)
        yield word, "-" if found is None else str(found)

    def problems(self, wanted: Any, entries: Entries, path: Path) -> Iterator[Problem]:
        """Values that no ticket can have."""
        yield from _not_allowed(wanted, allowed(self.values, entries), path, path[-1])


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A word with any number of values on a ticket. A rule gives one that it must have, or a list, of which one."""

    form: ClassVar[str] = "one of"
    says: str
    phrase: Phrase
    has: Callable[[View, Any], bool]
    every: Callable[[View], Iterable[object]]
    """All the values that it has, for a because."""
    values: Values = None
    needs: str | None = None
    changes: Changes | None = None

    def holds(self, wanted: Any, view: View) -> bool:
        """Whether it has the value wanted, or one of them."""
        if type(wanted) is list:
            return any(self.has(view, one) for one in wanted)
        return self.has(view, wanted)

    def shown(self, word: str, wanted: Any, view: View) -> Iterator[tuple[str, str]]:
        """All the values, for a because."""
        yield word, ", ".join(sorted(map(str, self.every(view)))) or "-"

    def problems(self, wanted: Any, entries: Entries, path: Path) -> Iterator[Problem]:
        """Values that no ticket can have."""
        yield from _not_allowed(wanted, allowed(self.values, entries), path, path[-1])


@dataclass(frozen=True, slots=True)
class Number:
    """A word that counts. A rule gives a number, a list of them, or `{over: …}` and `{under: …}`."""

    form: ClassVar[str] = "number"
    says: str
    phrase: Phrase
    read: Callable[[View], int]
    values: Values = None
    needs: str | None = None
    changes: Changes | None = None

    def holds(self, wanted: Any, view: View) -> bool:
        """Whether it is the number wanted, one of them, or between those given."""
        found = self.read(view)
        if isinstance(wanted, Mapping):
            return wanted.get("over", -1) < found and ("under" not in wanted or found < wanted["under"])
        return found in wanted if isinstance(wanted, list) else found == wanted

    def shown(self, word: str, wanted: Any, view: View) -> Iterator[tuple[str, str]]:
        """The number, for a because."""
        yield word, str(self.read(view))

    def problems(self, wanted: Any, entries: Entries, path: Path) -> Iterator[Problem]:
        """What is no number, and bounds between which there is none."""
        if isinstance(wanted, Mapping):
            yield from bounds_problems(wanted, path, _no_number)
            over, under = wanted.get("over", -1), wanted.get("under")
            if _is_number(over, -1) and _is_number(under) and under - over < 2:
                yield path, f"there is no number over {over} and under {under}" if over >= 0 else _NEVER_UNDER, ()
            return
        for here, one in _each(wanted, path):
            if wrong := _no_number(one):
                yield here, wrong, ()


_NEVER_UNDER = "nothing is ever under 0"


@dataclass(frozen=True, slots=True)
class ByName:
    """A word that asks of each of several things what it is. A rule gives `{name: value}`, all of which must hold."""

    form: ClassVar[str] = "by name"
    says: str
    phrase: Phrase
    has: Callable[[View, str, Any], bool]
    every: Callable[[View, str], Iterable[object]]
    """All the values that the thing of this name has, for a because."""
    names: Values
    """The names that a rule may write."""
    kind: str
    """What is named, for an error."""
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What each name is called, by language, where it is not the rulebook's own."""
    values: Values = None
    needs: str | None = None
    changes: Changes | None = None

    def holds(self, wanted: Any, view: View) -> bool:
        """Whether everything named is what is wanted of it, or one of those."""
        return all(
            any(self.has(view, name, one) for one in values) if type(values) is list else self.has(view, name, values)
            for name, values in wanted.items()
        )

    def shown(self, word: str, wanted: Any, view: View) -> Iterator[tuple[str, str]]:
        """All the values of everything named, for a because."""
        for name in wanted:
            yield f"{word} {name}", ", ".join(sorted(map(str, self.every(view, name)))) or "-"

    def problems(self, wanted: Any, entries: Entries, path: Path) -> Iterator[Problem]:
        """Names and values that there are not."""
        names = [str(name) for name in allowed(self.names, entries) or ()]
        if not isinstance(wanted, Mapping) or not wanted:
            example = f"{{{names[0]}: …}}" if names else f"a {self.kind} and its value"
            yield path, f"`{path[-1]}` takes a mapping, such as {example}", ()
            return
        for name, values in wanted.items():
            if name not in names:
                yield (*path, name, KEY), f"there is no {self.kind} '{name}'", names
            yield from _not_allowed(values, allowed(self.values, entries), (*path, name), path[-1])


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A word for the time since a moment of the ticket. A rule gives `{over: …}` and `{under: …}` with durations.

    Working time is that of the desk's calendar. In `cd` and `mo` local dates are compared, so that a ticket is
    exactly as old on one whole day, neither over nor under.
    """

    form: ClassVar[str] = "duration"
    says: str
    phrase: Phrase
    read: Callable[[View], Moment]
    values: Values = None
    needs: str | None = None

    def holds(self, wanted: Any, view: View) -> bool:
        """Whether more than `over` and less than `under` has passed."""
        since = self.read(view)
        return ("over" not in wanted or view.now >= _passed(since, wanted["over"], view)[1]) and (
            "under" not in wanted or view.now < _passed(since, wanted["under"], view)[0]
        )

    def changes(self, view: View, wanted: Any) -> Moment | None:
        """When more than `over`, or no longer less than `under`, will have passed."""
        since = self.read(view)
        reached, passed = wanted.get("under"), wanted.get("over")
        moments = [_passed(since, reached, view)[0]] if reached else []
        moments += [_passed(since, passed, view)[1]] if passed else []
        return min((moment for moment in moments if moment > view.now), default=None)

    def shown(self, word: str, wanted: Any, view: View) -> Iterator[tuple[str, str]]:
        """How much has passed, for a because, in what it is first compared with."""
        since, calendar = self.read(view), view.book.calendar
        match _length(next(iter(wanted.values()))).kind:
            case "working" | "days":
                shown = f"{calendar.between(since, max(since, view.now)) // 60} working minutes"
            case "clock":
                shown = f"{(view.now - since) // 3600} hours"
            case _:
                shown = f"{(calendar.day_of(view.now) - calendar.day_of(since)).days} days"
        yield word, shown

    def problems(self, wanted: Any, entries: Entries, path: Path) -> Iterator[Problem]:
        """What is no duration, and bounds between which there is none."""
        if not isinstance(wanted, Mapping):
            yield path, f"compare it: `{path[-1]}: {{over: 3wd}}`, `{{under: 15cd}}`, or both", ()
            return
        yield from bounds_problems(wanted, path, lambda bound: _no_length(bound, entries))
        if not wanted.keys() ^ {"over", "under"} and not any(_no_length(bound, entries) for bound in wanted.values()):
            over, under = _length(wanted["over"]), _length(wanted["under"])
            if over.kind == under.kind and over.amount >= under.amount:
                yield path, f"nothing is over {wanted['over']} and under {wanted['under']}", ()


_length = lru_cache(1024)(parse_duration)


def _passed(since: Moment, written: str, view: View) -> tuple[Moment, Moment]:
    """When so much will have passed since a moment, and the first moment at which more will have."""
    length, calendar = _length(written), view.book.calendar
    match length.kind:
        case "clock":
            return since + length.amount, since + length.amount + 1
        case "working" | "days":
            amount_s = length.working_s(calendar.day_s)
            return calendar.add(since, amount_s), calendar.add(since, amount_s + 1)
        case _:
            day = last_day(calendar.day_of(since), length, calendar, moves=False)
            return calendar.start_of_day(day), calendar.end_of_day(day)


def _no_length(value: Any, entries: Entries) -> str | None:
    if not isinstance(value, str):
        return "write a duration as text, for example 4h, 3wd, 15cd"
    try:
        length = parse_duration(value)
    except ValueError as error:
        return str(error)
    if length.amount < 1:
        return "it must be more than nothing"
    too_long = length.amount > LONGEST[length.kind] or takes_years(length, None, entries)
    return "this is more than ten years" if too_long else None


Word = OneOf | AnyOf | Number | Elapsed | ByName
"""A word of conditions. `says` is its row in the reference, `phrase` how a process description says it, after "when"
(in Estonian "kui")."""


def allowed(values: Values, entries: Entries) -> Sequence[object] | None:
    """All that may be written there in this rulebook; None for any text."""
    return values(entries) if callable(values) else values


def bounds_problems(wanted: Mapping[Any, Any], path: Path, wrong: Callable[[Any], str | None]) -> Iterator[Problem]:
    """What is wrong with `{over: …, under: …}`, each of which `wrong` finds fault with."""
    if not wanted:
        yield path, "write `over`, `under`, or both", ()
    for word, bound in wanted.items():
        if word not in _BOUNDS:
            yield (*path, word, KEY), f"unknown comparison {word!r}", _BOUNDS
        elif text := wrong(bound):
            yield (*path, word), text, ()


_BOUNDS = ("over", "under")
_MOST = 1_000_000


def _is_number(value: Any, least: int = 0) -> bool:
    return type(value) is int and least <= value <= _MOST


def _no_number(value: Any) -> str | None:
    return None if _is_number(value) else f"{value!r} is not a number; write for example 2, or {{over: 1}}"


def _each(wanted: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if not isinstance(wanted, list):
        yield path, wanted
        return
    for i, one in enumerate(wanted):
        yield (*path, i), one


def _not_allowed(wanted: Any, values: Sequence[object] | None, path: Path, word: object) -> Iterator[Problem]:
    if wanted == []:
        yield path, "this list is empty, so that it never holds", ()
    for here, value in _each(wanted, path):
        if values is None and not isinstance(value, str):
            yield here, f"{value!r} is not a text", ()
        elif values is not None and not any(value == one and type(value) is type(one) for one in values):
            none = "" if values else ", of which this rulebook has none"
            yield here, f"{value!r} is not a value of `{word}`{none}", [str(one) for one in values]
