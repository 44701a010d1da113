"""The digest over a desk of years: from the tickets of the mirror to the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from measure import Row, race
from msgspec.structs import replace

from bot.core.desk import QUIET
from bot.core.kpi.period import KINDS, last_ended, period_before, period_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.report.archive import SERIES, report_on
from bot.report.cut import cut
from bot.report.digest import digest_of
from bot.report.gather import gather
from bot.report.render import render
from bot.report.write import LEAD, digest_now
from bot.store.store import open_store

YEARS_S = 2 * 365 * 86_400
OPEN_OF = 20
"""One in so many tickets is still open; the others were closed, evenly over the two years before."""


def aged(tickets: Sequence[Ticket], book: Rulebook) -> list[Ticket]:
    """The same tickets as a desk of two years has them: nearly all of them over, and most for long."""
    over = next(state for state, entry in book.states.items() if entry.standing == "closed")
    found = []
    for n, ticket in enumerate(tickets):
        if n % OPEN_OF == 0:
            found.append(ticket)
            continue
        ago = YEARS_S * n // len(tickets)
        changes = [replace(each, at=each.at - ago) for each in ticket.changes]
        if book.states[ticket.state].standing != "closed":
            closed_at = max([ticket.created_at - ago, *(each.at for each in changes)]) + 3600
            changes.append(replace(changes[-1], at=closed_at, field="state", was=ticket.state, now=over))
        found.append(
            replace(
                ticket,
                state=over,
                created_at=ticket.created_at - ago,
                updated_ms=max(each.at for each in changes) * 1000,
                due_at=None if ticket.due_at is None else ticket.due_at - ago,
                changes=tuple(changes),
                messages=tuple(replace(each, at=each.at - ago) for each in ticket.messages),
            )
        )
    return found


def digests(tickets: Sequence[Ticket], book: Rulebook, now: int, rounds: int) -> list[Row]:
    """Take the processor time of the digest of each kind of period, as a page; the floor reads the tickets once."""
    with closing(open_store("sqlite://")) as store:
        store.put_tickets(aged(tickets, book), "bench", now)

        def digest(kind: str) -> bytes:
            period = next(period_of(each, book.calendar.day_of(now), book.calendar) for each in KINDS if each == kind)
            report = cut(gather(store, book, QUIET, period, now), LEAD)
            return render(digest_of(report, [], book), "html", "et", book)

        def beside_earlier() -> bytes:
            return render(digest_now(store, book, last, now), "html", "et", book)

        store.set_mark(1, now)
        last = last_ended("week", now, book.calendar)
        before = last
        for _ in range(SERIES):
            before = period_before(before, book.calendar)
            report_on(store, book, QUIET, before, before.until_at)
        contenders: dict[str, Callable[[], object]] = {
            "floor: read all tickets": lambda: sum(1 for _ in store.open_tickets()),
            **{f"**Piletibot, {kind}**": lambda kind=kind: digest(kind) for kind in KINDS},
        }
        contenders[f"**the week that is over, beside the {SERIES} kept before it**"] = beside_earlier
        return race(contenders, rounds)
