"""Completeness: what the rules require of a ticket that comes to tier 2, what of it is missing, and what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from bot.core.conditions import holds
from bot.core.entries import Completeness, Entries
from bot.core.flaws import DUPLICATE, FORMAT, alike_on, found_on, is_meant, known_words
from bot.core.forms import Tested
from bot.core.people import addressed
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
    """What a rule finds missing on a ticket, in the rule's order, and what its conditions looked at.

    `malformed` are the words of required fields that do not look as they are to look, `asked` the other findings
    that it asks about.
    """

    rule: Completeness
    missing: tuple[str, ...]
    tested: Tested
    malformed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


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
    for gap in view.once(_unconditional):
        tested: Tested = []
        if holds(gap.rule.when, view, tested, changes):
            yield replace(gap, tested=tested)


def _unconditional(view: View) -> list[Gaps]:
    """What each completeness rule would find missing if its conditions held."""
    found, gaps = found_on(view), []
    for rule in view.book.entries.completeness:
        missing = tuple(word for word in rule.requires if not _is_given(word, view.ticket))
        asked = _asked(rule, found, view)
        malformed = [word for word in rule.requires if word not in missing and f"{FORMAT}:{word}" in found]
        malformed += (word.removeprefix(f"{FORMAT}:") for word in asked if is_meant(FORMAT, word))
        if missing or malformed or asked:
            questions = tuple(word for word in asked if not is_meant(FORMAT, word))
            gaps.append(Gaps(rule, missing, [], tuple(dict.fromkeys(malformed)), questions))
    return gaps


def _asked(rule: Completeness, found: frozenset[str], view: View) -> list[str]:
    """The findings on a ticket that a rule asks about, in the order of all findings."""
    if not found or not rule.asks:
        return []
    meant = (word for word in known_words(view.book.entries) if word in found)
    return [word for word in meant if any(is_meant(asked, word) for asked in rule.asks)]


def lacking(view: View, changes: list[Moment] | None = None) -> tuple[str, ...]:
    """What the rules that speak require of a ticket at tier 2 and is missing, each word once, in their order.

    `changes` is filled as `conditions.holds` does.
    """
    came_at = handed_over_at(view) if view.book.entries.completeness else None
    if came_at is None:
        return ()
    speaking = (found for found in gaps(view, changes) if _speaks(found.rule, came_at, view))
    return tuple(dict.fromkeys(word for found in speaking for word in found.missing))


def _speaks(rule: Completeness, came_at: Moment, view: View) -> bool:
    return not rule.observe and came_at >= view.book.live_at(rule.since)


def gap_steps(
    view: View,
    values: Callable[[View], Mapping[str, Value]],
    changes: list[Moment] | None = None,
    others_at: list[Moment] | None = None,
) -> Iterator[Step]:
    """One step with all gaps by the rules that speak; one of its own for each that observes, or was not yet live.

    `values` gives those that every message may be given; `changes` is filled as `conditions.holds` does, `others_at`
    as `people.addressed` does.
    """
    came_at = handed_over_at(view) if view.book.entries.completeness else None
    if came_at is None:
        return
    speaking: list[Gaps] = []
    for found in gaps(view, changes):
        if _speaks(found.rule, came_at, view):
            speaking.append(found)
        else:
            yield _step([found], found.rule.name, came_at, view, values(view), others_at)
    if speaking:
        yield _step(speaking, TOGETHER, came_at, view, values(view), others_at)


def closed_gaps(view: View, values: Callable[[View], Mapping[str, Value]], wished: Iterable[Step]) -> Iterator[Step]:
    """What the comment that listed gaps is to say once there are none: nothing more is asked of anybody.

    `wished` are the ticket's `gap_steps`.
    """
    book = view.book
    came_at = handed_over_at(view) if book.entries.completeness else None
    if came_at is None:
        return
    occasion = Occasion("tier 2", came_at, "gaps")
    key = key_of(book.site, view.ticket.id, TOGETHER, occasion)
    rule = next((rule for rule in book.entries.completeness if not rule.observe), None)
    if rule is not None and all(step.key != key for step in wished):
        yield Step(
            key=key,
            ticket_id=view.ticket.id,
            ticket_key=view.ticket.key,
            rule=rule.name,
            occasion=occasion,
            say="complete",
            to=addressed(rule.to, view).to,
            due_at=came_at,
            because=Because("nothing is missing any more"),
            values=values(view),
            edition="",
        )


def held_back_until(view: View, changes: list[Moment] | None = None) -> Moment | None:
    """Until when a ticket is not routed, as a rule holds it back that finds something missing; None when it is.

    `changes` is filled as `conditions.holds` does.
    """
    book, calendar = view.book, view.book.calendar
    lengths = {
        rule.name: rule.holds_back
        for rule in book.entries.completeness
        if rule.holds_back is not None and not rule.observe
    }
    came_at = handed_over_at(view) if lengths and not book.entries.manners.observe else None
    if came_at is None:
        return None
    ends = (
        calendar.add(came_at, lengths[found.rule.name].working_s(calendar.day_s))
        for found in gaps(view, changes)
        if found.missing and found.rule.name in lengths and came_at >= book.live_at(found.rule.since)
    )
    return max((at for at in ends if at > view.now), default=None)


def _step(
    found: list[Gaps],
    name: str,
    came_at: Moment,
    view: View,
    values: Mapping[str, Value],
    others_at: list[Moment] | None,
) -> Step:
    book = view.book
    to = addressed([word for each in found for word in each.rule.to], view, others_at)
    first, *others = (each.rule for each in found)
    missing, malformed, asked = (
        tuple(dict.fromkeys(word for each in found for word in getattr(each, kind)))
        for kind in ("missing", "malformed", "asked")
    )
    tested = dict.fromkeys(pair for each in found for pair in each.tested)
    why = book.name("why", first.name, book.entries.language)
    occasion = Occasion("tier 2", came_at, "gaps")
    held_until = held_back_until(view) if name == TOGETHER else None
    lacks = tuple(_counted_up(missing, malformed, asked))
    return Step(
        key=key_of(book.site, view.ticket.id, name, occasion),
        ticket_id=view.ticket.id,
        ticket_key=view.ticket.key,
        rule=first.name,
        occasion=occasion,
        say=first.say,
        to=to.to,
        due_at=came_at,
        because=Because(why, (*tested, *lacks)),
        observe=first.observe or book.entries.manners.observe,
        since_at=book.live_at(first.since),
        values={
            **values,
            "date": At(came_at),
            **_listed(missing, malformed, asked),
            **({"others": ", ".join(alike_on(view))} if DUPLICATE in asked else {}),
            **({} if held_until is None else {"held_until": At(held_until)}),
        },
        also=tuple(rule.name for rule in others),
        instead=to.instead,
        edition=_edition(lacks, held_until) if name == TOGETHER else None,
    )


def _edition(lacks: Iterable[tuple[str, str]], held_until: Moment | None) -> str:
    told = "; ".join(f"{kind}: {words}" for kind, words in lacks)
    return told if held_until is None else f"{told}; held back"


Words = tuple[str, ...]


def _counted_up(missing: Words, malformed: Words, asked: Words) -> Iterator[tuple[str, str]]:
    for kind, words in (("missing", missing), ("malformed", malformed), ("asked", asked)):
        if words:
            yield kind, ", ".join(words)


def _listed(missing: Words, malformed: Words, asked: Words) -> dict[str, Value]:
    """What the message lists; only what there is of it is there."""
    listed: dict[str, Value] = {}
    if missing:
        listed["missing"] = Several(tuple(Name("title", word) for word in missing))
    if malformed:
        listed["malformed"] = Several(tuple(Name("finding", f"{FORMAT}:{word}") for word in malformed))
    if asked:
        listed["questions"] = Several(tuple(Name("finding", word) for word in asked), apart=True)
    return listed


def missing_in(step: Step) -> tuple[str, ...] | None:
    """What a step lists as missing, as words; None for a step that lists nothing so."""
    return _named(step, "missing")


def asked_in(step: Step) -> tuple[str, ...] | None:
    """The findings that a step asks about, those of fields' formats first; None for a step that asks about none."""
    return (*(_named(step, "malformed") or ()), *(_named(step, "questions") or ())) or None


def _named(step: Step, value: str) -> tuple[str, ...] | None:
    listed = step.values.get(value)
    return tuple(name.word for name in listed.names) if isinstance(listed, Several) else None


def required_fields(entries: Entries) -> frozenset[str]:
    """The words of mapped fields that completeness rules require."""
    return frozenset(word for rule in entries.completeness for word in rule.requires if word not in FACTS)


def _is_given(word: str, ticket: Ticket) -> bool:
    """Whether it is filled in. That something is not known may be said in a field, and is then given too."""
    return bool(FACTS[word].read(ticket) if word in FACTS else ticket.fields.get(word))
