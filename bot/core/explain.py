"""Why a ticket is spoken about or not: every rule with what decided, made of what `judge` and `arrange` do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.core.arrange import DeskState, arrange
from bot.core.desk import QUIET, Desk
from bot.core.explain_clocks import clock_facts, dates_facts, deadline_facts
from bot.core.explain_rules import completeness_facts, incident_facts, ladder_facts, nothing_to_route, route_facts
from bot.core.explain_step import Asked
from bot.core.explanation import Explanation, NextLook, RuleFacts, TicketFacts
from bot.core.history import forwarder
from bot.core.judge import Judged, look, wishes_of
from bot.core.ledger import Entry
from bot.core.people import named, without_strangers
from bot.core.routing import route_for
from bot.core.rulebook import Rulebook
from bot.core.steps import Wishes
from bot.core.ticket import Moment, Ticket
from bot.core.timeline import timeline


def explain(
    ticket: Ticket,
    book: Rulebook,
    ledger: Mapping[str, Entry],
    desk: DeskState,
    now: Moment,
    people: Desk = QUIET,
) -> Explanation:
    """Explain all that is said on a ticket at `now`, and all that is not.

    `ledger` are the ticket's rows by key, `people` who is away and on duty. The ticket is arranged by itself: in a
    cycle with many others, budgets and the ceiling may hold back more.
    """
    judged = look(ticket, book, now, people)
    wishes = wishes_of(judged)
    asked = Asked(judged, wishes, arrange([wishes], ledger, book, desk, now), ledger)
    dates = dates_facts(judged.view)
    return Explanation(
        asked_at=now,
        timezone=book.calendar.timezone,
        version=book.version,
        ticket=_ticket(judged, wishes, desk),
        timeline=timeline(judged.view, ledger.values(), dates.shifts),
        clocks=tuple(clock_facts(judged)),
        deadlines=tuple(deadline_facts(judged.view)),
        dates=dates,
        rules=tuple(_rules(asked)),
        withdrawn=tuple(asked.arranged.withdraw),
        next=_next_look(asked),
    )


def _ticket(judged: Judged, wishes: Wishes, desk: DeskState) -> TicketFacts:
    view, ticket = judged.view, judged.view.ticket
    after = view.happened[-1].after
    return TicketFacts(
        key=ticket.key,
        id=ticket.id,
        project=ticket.project,
        created_at=ticket.created_at,
        state=view.state,
        standing=after.standing,
        tier=after.tier,
        ball=after.ball,
        queue=ticket.queue,
        category=ticket.category,
        priority=ticket.priority,
        owner=named(ticket.owner, view.book),
        forwarder=named(forwarder(ticket, view.happened, view.book), view.book),
        delivered=after.delivered,
        on_hold=wishes.on_hold,
        silenced=desk.silent(ticket.project) is not None,
        secured=ticket.secured,
    )


def _next_look(asked: Asked) -> NextLook:
    """When the daemon looks again: when the rules say so, or earlier when what holds a step back ends."""
    wishes = asked.wishes
    held = min(((held.not_before, held.because) for held in asked.arranged.hold if held.not_before), default=None)
    if held is not None and (wishes.look_again_at is None or held[0] < wishes.look_again_at):
        return NextLook(
            held[0], f"what is held back may be said then ({without_strangers(held[1], asked.judged.view)})"
        )
    return NextLook(wishes.look_again_at, wishes.because)


def _rules(asked: Asked) -> Iterator[RuleFacts]:
    entries = asked.judged.view.book.entries
    why_none = nothing_to_route(asked)
    taken = None if why_none else route_for(asked.judged.view, [])
    for route in entries.routes:
        yield route_facts(route, taken, why_none, asked)
    for rule in entries.completeness:
        yield completeness_facts(rule, asked)
    for incident in entries.incidents:
        yield incident_facts(incident, asked)
    for ladder in entries.ladders:
        yield ladder_facts(ladder, asked)
