"""Wishes and steps: what the rules would have said, to whom, and because of what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from bot.core.ticket import Moment
from bot.core.verdict import Verdict


class At(msgspec.Struct, frozen=True, tag=True):
    """A moment, shown as date and time of day in the desk's zone."""

    at: Moment


class Day(msgspec.Struct, frozen=True, tag=True):
    """A local date, shown without a time of day."""

    day: date


class Amount(msgspec.Struct, frozen=True, tag=True):
    """A stretch of working time in seconds; `day_s` is what the calendar counts as one day.

    Without `day_s` it is told in hours of the clock on the wall, which run day and night.
    """

    seconds: int
    day_s: int | None


class Count(msgspec.Struct, frozen=True, tag=True):
    """A plain number."""

    n: int


class Name(msgspec.Struct, frozen=True, tag=True):
    """A word of the rulebook, shown by its name in the reader's language: a `state`, `queue`, `title` or `why`."""

    kind: str
    word: str


class Several(msgspec.Struct, frozen=True, tag=True):
    """Several words of the rulebook, shown one after the other, or each on a line of its own."""

    names: tuple[Name, ...]
    apart: bool = False


class Lines(msgspec.Struct, frozen=True, tag=True):
    """Several plain texts, each shown on a line of its own."""

    lines: tuple[str, ...]


Value = At | Day | Amount | Count | Name | Several | Lines | str
"""What a message may be given. A `str` is inserted as plain text, never as markup."""


class Occasion(msgspec.Struct, frozen=True):
    """What a step is about: never a list index, text or version, so that its key is for ever."""

    clock: str
    started_at: Moment
    rung: str
    repeat: int = 0


class Because(msgspec.Struct, frozen=True):
    """Why: the rule's own reason, and the values that decided, as pairs of word and value."""

    why: str
    values: tuple[tuple[str, str], ...] = ()


class Announced(msgspec.Struct, frozen=True):
    """The step, by its key, that must have been said so many working seconds before, in the calendar of that name."""

    key: str
    before_s: int
    calendar: str


class Step(msgspec.Struct, frozen=True):
    """One thing to be done once: a message, and what is set with it.

    `to` are person words, most concerned first. `due_at` is when the step became due, `urgency` orders
    steps when not all may be spoken (larger is more urgent). A rule on `observe` only records; a step due
    before the rule's `since` counts as done. `also` are the other rules that speak in it, which is so for
    completeness alone. `sets` are values by word: of fields, the `owner`, the `state`, and for `labels` those put on
    and taken off (`+one -other`). `announced` is the notice without which it is not done.

    `hours` is the calendar that its clock runs in, where that is not the desk's: it is spoken in
    the hours of both. `raised` counts how near a deadline is that raises the urgency of all that is said of the
    ticket: larger goes before smaller, whatever their `urgency`. One that is `urgent` waits for no hours, no budget
    and no other request.

    `to[0]` is whom it asks; the others are told of it, but those of them who are not at work or have heard enough
    today, whom their summary tells: they are `left`. `edition` is there where its comment is edited once it would
    say something else: in short what it says. `instead` are pairs of one of `to` and the absent person in whose
    place they are told.
    `withheld` says why nothing is said of it now, though it is wished. What is said `together` goes to whom it asks
    once a day, for all tickets.
    """

    key: str
    ticket_id: str
    ticket_key: str
    rule: str
    occasion: Occasion
    say: str
    to: tuple[str, ...]
    due_at: Moment
    because: Because
    urgency: int = 0
    observe: bool = False
    since_at: Moment = 0
    sets: Mapping[str, str] = msgspec.field(default_factory=dict)
    announced: Announced | None = None
    values: Mapping[str, Value] = msgspec.field(default_factory=dict)
    also: tuple[str, ...] = ()
    hours: str | None = None
    raised: int = 0
    together: bool = False
    urgent: bool = False
    left: tuple[str, ...] = ()
    edition: str | None = None
    instead: tuple[tuple[str, str], ...] = ()
    withheld: str | None = None


class Wishes(msgspec.Struct, frozen=True):
    """All that the rules wish for one ticket now, and when it must next be looked at though nothing changes.

    `look_again_at` is None for "never"; `because` says why in either case. `on_hold` is the label with which
    a person silenced the ticket. `verdicts` are those on all of its clocks that have stopped; None where the
    rulebook does not know what the ticket's state means. `amends` are steps that say nothing anew: where something
    was said by one of their keys, its comment is edited.
    """

    ticket_id: str
    project: str
    steps: tuple[Step, ...]
    look_again_at: Moment | None
    because: str
    on_hold: str | None = None
    verdicts: tuple[Verdict, ...] | None = None
    amends: tuple[Step, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """What a step says in a comment: its place there, its message with what that is given, and why it is said.

    `rules` are those that speak in it, `why` the reason of one that is none of the rulebook's.
    """

    place: int
    say: str
    values: Mapping[str, Value]
    rules: tuple[str, ...]
    why: str
    repeat: int = 0


def key_of(site: str, ticket_id: str, rule: str, occasion: Occasion) -> str:
    """The permanent name of a step: site, ticket id, rule, occasion (design, "A key is for ever")."""
    return f"{site}/{ticket_id}/{rule}/{occasion.clock}@{occasion.started_at}/{occasion.rung}/{occasion.repeat}"


def is_key(text: str, site: str, ticket_id: str) -> bool:
    """Whether a text is the key of a step of this site on this ticket, such as `key_of` makes."""
    parts = text.split("/")
    return len(parts) == 6 and parts[:2] == [site, ticket_id]


def started_at(key: str) -> Moment:
    """When the occasion began of the step that has this key."""
    return int(key.split("/")[3].rpartition("@")[2])


def rules_of(step: Step) -> tuple[str, ...]:
    """The names of all rules that speak in a step."""
    return (step.rule, *step.also)


def part(step: Step, place: int) -> Part:
    """What a step says at its place in a comment. That the manager is told is said only where they are addressed."""
    values = {word: value for word, value in step.values.items() if word != "manager" or value in step.to}
    return Part(place, step.say, values, rules_of(step), step.because.why, step.occasion.repeat)


def may_be_said(step: Step) -> bool:
    """Whether a step may ever be said: its rule is live, and was when the step became due."""
    return not step.observe and step.due_at >= step.since_at
