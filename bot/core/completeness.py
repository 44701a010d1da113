"""Completeness: what the rules require of a ticket that comes to tier 2, and what of it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bot.core.conditions import holds
from bot.core.entries import Completeness, Entries
from bot.core.forms import Tested
from bot.core.people import addressees
from bot.core.steps import At, Because, Name, Occasion, Several, Step, Value, key_of
from bot.core.ticket import Moment, Ticket
from bot.core.view import View

TOGETHER = "completeness"
"""In place of a rule's name in the key of the step that lists all gaps, which must not hang on whose they are."""


class Fact(NamedTuple):
    """Something of a ticket that can be required besides mapped fields; `says` is its row in the reference.

    `needs` is the word that must be mapped under `fields` for it to be known.
    """

    read: Callable[[Ticket], object]
    says: str
    needs: str | None = None


FACTS: Mapping[str, Fact] = {
    "category": Fact(lambda ticket: ticket.category, "what it is about", "category"),
    "queue": Fact(lambda ticket: ticket.queue, "the queue it is in, be it set by the bot", "queue"),
    "priority": Fact(lambda ticket: ticket.priority, "how pressing it is"),
    "forwarder": Fact(lambda ticket: ticket.forwarder, "who is entered as its forwarder", "forwarder"),
    "owner": Fact(lambda ticket: ticket.owner, "whom it is assigned to"),
    "due": Fact(lambda ticket: ticket.due_at, "its due date"),
}
"""What `requires` may name besides the words under `fields`."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a rule finds missing on a ticket, in the rule's order, and what its conditions looked at."""

    rule: Completeness
    missing: tuple[str, ...]
    tested: Tested


def handed_over_at(view: View) -> Moment | None:
    """When an open ticket last came to tier 2, forwarded or created there; None for one that is not there.

    One that tier 2 solved and that was reopened there has been there all the time.
    """
    after = view.happened[-1].after
    if after.standing != "open" or after.tier != 2:
        return None
    came_at: Moment | None = None
    tier: int | None = None
    for turn in view.happened:
        if turn.after.tier == 2 and tier != 2:
            came_at = turn.at
        tier = turn.after.tier or tier
    return came_at


def gaps(view: View, changes: list[Moment] | None = None) -> Iterator[Gaps]:
    """What each completeness rule that holds finds missing, in the rulebook's order; nothing where nothing is.

    `changes` is filled as `conditions.holds` does.
    """
    for rule in view.book.entries.completeness:
        tested: Tested = []
        missing = tuple(word for word in rule.requires if not _is_given(word, view.ticket))
        if missing and holds(rule.when, view, tested, changes):
            yield Gaps(rule, missing, tested)


def gap_steps(
    view: View, values: Callable[[View], Mapping[str, Value]], changes: list[Moment] | None = None
) -> Iterator[Step]:
    """One step with all gaps by the rules that speak; one of its own for each that observes, or was not yet live.

    `values` gives those that every message may be given; `changes` is filled as `conditions.holds` does.
    """
    came_at = handed_over_at(view) if view.book.entries.completeness else None
    if came_at is None:
        return
    speaking: list[Gaps] = []
    for found in gaps(view, changes):
        if found.rule.observe or came_at < view.book.live_at(found.rule.since):
            yield _step([found], found.rule.name, came_at, view, values(view))
        else:
            speaking.append(found)
    if speaking:
        yield _step(speaking, TOGETHER, came_at, view, values(view))


def _step(found: list[Gaps], name: str, came_at: Moment, view: View, values: Mapping[str, Value]) -> Step:
    book = view.book
    first, *others = (each.rule for each in found)
    missing = tuple(dict.fromkeys(word for each in found for word in each.missing))
    tested = dict.fromkeys(pair for each in found for pair in each.tested)
    why = book.name("why", first.name, book.entries.language)
    occasion = Occasion("tier 2", came_at, "gaps")
    return Step(
        key=key_of(book.site, view.ticket.id, name, occasion),
        ticket_id=view.ticket.id,
        ticket_key=view.ticket.key,
        rule=first.name,
        occasion=occasion,
        say=first.say,
        to=addressees([word for each in found for word in each.rule.to], view),
        due_at=came_at,
        because=Because(why, (*tested, ("missing", ", ".join(missing)))),
        observe=first.observe or book.entries.manners.observe,
        since_at=book.live_at(first.since),
        values={
            **values,
            "date": At(came_at),
            "missing": Several(tuple(Name("title", word) for word in missing)),
        },
        also=tuple(rule.name for rule in others),
    )


def missing_in(step: Step) -> tuple[str, ...] | None:
    """What a step lists as missing, as words; None for a step that lists nothing so."""
    listed = step.values.get("missing")
    return tuple(name.word for name in listed.names) if isinstance(listed, Several) else None


def required_fields(entries: Entries) -> frozenset[str]:
    """The words of mapped fields that completeness rules require."""
    return frozenset(word for rule in entries.completeness for word in rule.requires if word not in FACTS)


def _is_given(word: str, ticket: Ticket) -> bool:
    """Whether it is filled in. That something is not known may be said in a field, and is then given too."""
    return bool(FACTS[word].read(ticket) if word in FACTS else ticket.fields.get(word))
