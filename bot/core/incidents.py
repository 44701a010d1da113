"""Mass incidents: many tickets of a category within minutes, and each forwarder's list once it is solved. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

from bot.core.conditions import holds
from bot.core.desk import Burst
from bot.core.entries import Incident, Threshold
from bot.core.history import forwarder, turns
from bot.core.linked import tied_at
from bot.core.moments import moment
from bot.core.people import Addressed, addressed
from bot.core.rulebook import Rulebook
from bot.core.steps import Because, Count, Occasion, Step, Value, key_of
from bot.core.ticket import Moment, Ticket
from bot.core.view import View

SEVERAL = "incident"
"""The clock's name in the occasions of what is said of mass incidents."""

_solved = moment("solved")


def longest_s(book: Rulebook) -> int:
    """How far apart, in seconds, two tickets may at most come and still be of one burst."""
    return 60 * max((each.minutes for rule in book.entries.incidents for each in rule.thresholds), default=0)


def least(book: Rulebook) -> int:
    """How many tickets at least are a burst."""
    return min((each.count for rule in book.entries.incidents for each in rule.thresholds), default=0)


class Came(NamedTuple):
    """A ticket as it counts towards bursts: when it came, and the threshold of each rule that counts it."""

    id: str
    key: str
    category: str | None
    created_at: Moment
    is_open: bool
    counted: Mapping[str, Threshold]


def came(ticket: Ticket, book: Rulebook) -> Came | None:
    """The ticket as the rules count it; None where none of them does."""
    counted = {rule.name: found for rule in book.entries.incidents if (found := _counted(rule, ticket, book))}
    state = book.states.get(ticket.state)
    is_open = state is not None and state.standing == "open"
    return Came(ticket.id, ticket.key, ticket.category, ticket.created_at, is_open, counted) if counted else None


def bursts(those: Iterable[Came], book: Rulebook, told: Mapping[str, frozenset[str]] = {}) -> Iterator[Burst]:
    """Find the bursts among some tickets. `told` are the ids of tickets, by rule, on which one was told already.

    A burst begins with the first ticket of as many within so many minutes as the rule says, and goes on as long as
    each comes within as many minutes of the one before: its growth is no burst of its own.
    """
    ordered = sorted(those, key=lambda each: (each.category or "", each.created_at, len(each.id), each.id))
    for rule in book.entries.incidents:
        counted = (each for each in ordered if rule.name in each.counted)
        for category, group in groupby(counted, key=lambda each: each.category):
            yield from _bursts_of(rule.name, category, list(group), told.get(rule.name, frozenset()))


def _bursts_of(rule: str, category: str | None, counted: Sequence[Came], told: frozenset[str]) -> Iterator[Burst]:
    i = 0
    while i < len(counted):
        first = counted[i]
        threshold = first.counted[rule]
        last = i + threshold.count - 1
        within_s = 60 * threshold.minutes
        if last >= len(counted) or counted[last].created_at - first.created_at > within_s:
            i += 1
            continue
        end = last + 1
        while end < len(counted) and counted[end].created_at - counted[end - 1].created_at <= within_s:
            end += 1
        members = counted[i:end]
        yield Burst(
            rule=rule,
            category=category,
            minutes=threshold.minutes,
            tickets=tuple((ticket.id, ticket.key) for ticket in members),
            at=counted[last].created_at,
            on=next((ticket.id for ticket in members if ticket.id in told), _first_open(members)),
        )
        i = end


def _first_open(members: Sequence[Came]) -> str:
    """The first that is still open, as nothing is told on one that is done: else the first."""
    return next((each.id for each in members if each.is_open), members[0].id)


def _counted(rule: Incident, ticket: Ticket, book: Rulebook) -> Threshold | None:
    """What a rule counts a ticket by; None for one that it does not count."""
    view = View(ticket, turns(ticket, book), book, ticket.created_at)
    if not holds(rule.when, view):
        return None
    return next((each for each in rule.thresholds if holds(each.when, view)), None)


def incident_steps(view: View, values: Callable[[View], Mapping[str, Value]]) -> Iterator[Step]:
    """What is said of mass incidents on a ticket: that it may have begun one, and that the one it is was solved."""
    listed: set[str] = set()
    for rule in view.book.entries.incidents:
        yield from _burst_steps(rule, view, values)
        if rule.solved is not None and rule.link not in listed:
            listed.add(rule.link)
            yield from _solved_steps(rule, view, values)


def _burst_steps(rule: Incident, view: View, values: Callable[[View], Mapping[str, Value]]) -> Iterator[Step]:
    """The word to the coordinator, as long as nobody tied the ticket to an incident, and it is not done."""
    ticket = view.ticket
    if view.happened[-1].after.standing != "open" or any(link.type == rule.link for link in ticket.links):
        return
    for burst in view.desk.bursts.get(ticket.id, ()):
        if burst.rule == rule.name:
            shown = {
                **values(view),
                "n": Count(len(burst.tickets)),
                "minutes": Count(burst.minutes),
                "category": burst.category or "-",
                "tickets": ", ".join(key for _, key in burst.tickets),
            }
            because = (("category", burst.category or "-"), ("tickets", str(len(burst.tickets))))
            occasion = Occasion(SEVERAL, ticket.created_at, "burst")
            yield _step(rule, occasion, rule.say, addressed(rule.to, view), burst.at, because, shown, view)


def _solved_steps(rule: Incident, view: View, values: Callable[[View], Mapping[str, Value]]) -> Iterator[Step]:
    """One list for each forwarder of the tickets tied to this one, once it is solved."""
    if rule.solved is None or view.happened[-1].after.standing not in ("solved", "closed"):
        return
    solved_at = next((turn.at for turn in reversed(view.happened) if _solved(turn)), None)
    lists: dict[str, list[str]] = {}
    for child in view.desk.tied.get(view.ticket.id, ()):
        if solved_at is not None and _is_child(child, rule, view, solved_at):
            happened = turns(child, view.book)
            if happened[-1].after.standing != "closed":
                who = forwarder(child, happened, view.book) or view.book.entries.roles.coordinator
                lists.setdefault(who, []).append(child.key)
    for person, keys in sorted(lists.items()):
        # A person is in no key: what stands for one there is made of the word alone, and tells nothing of it.
        rung = f"solved {sha256(person.encode()).hexdigest()[:8]}"
        occasion = Occasion(SEVERAL, solved_at or 0, rung)
        to = addressed((person,), view)
        today = to.to[0] if to.to else person
        shown = {**values(view), "person": today, "n": Count(len(keys)), "tickets": ", ".join(keys)}
        because = (("tickets", str(len(keys))),)
        yield _step(rule, occasion, rule.solved, to, solved_at or 0, because, shown, view)


def _is_child(child: Ticket, rule: Incident, view: View, solved_at: Moment) -> bool:
    """Whether a ticket was tied to this one, as to an incident, before it was solved."""
    wanted = view.book.entries.links[rule.link].outward
    return any(
        link.type == rule.link
        and link.ticket_id == view.ticket.id
        and wanted in (None, link.outward)
        and tied_at(child, link) <= solved_at
        for link in child.links
    )


def _step(
    rule: Incident,
    occasion: Occasion,
    say: str,
    to: Addressed,
    due_at: Moment,
    because: tuple[tuple[str, str], ...],
    values: Mapping[str, Value],
    view: View,
) -> Step:
    book, ticket = view.book, view.ticket
    return Step(
        key=key_of(book.site, ticket.id, rule.name, occasion),
        ticket_id=ticket.id,
        ticket_key=ticket.key,
        rule=rule.name,
        occasion=occasion,
        say=say,
        to=to.to,
        due_at=due_at,
        because=Because(book.name("why", rule.name, book.entries.language), because),
        observe=rule.observe or book.entries.manners.observe,
        since_at=book.live_at(rule.since),
        values=values,
        instead=to.instead,
    )
