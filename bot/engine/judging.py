"""The two parts of a cycle in which most of its work lies: judging what is due, and doing what was arranged.

Each takes the tickets it is given, so that a cycle may hand them out in parts, see `bot.engine.parts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.core.desk import Desk
from bot.core.judge import judge
from bot.core.ledger import Entry
from bot.core.steps import Step, Wishes, may_be_said
from bot.core.ticket import Moment, Ticket
from bot.core.verdict import Verdict, news
from bot.engine.amend import amend
from bot.engine.aside import lay_by, lay_by_refused, mended
from bot.engine.deliver import deliver, put_fields
from bot.engine.engine import Engine, Report
from bot.engine.ledger import unknown_rows
from bot.engine.tracker import Refused
from bot.engine.twins import read_back
from bot.store.tied import with_others

log = structlog.get_logger()

IN_FORCE = "in force since"
_AT_ONCE = 1000


@dataclass(slots=True)
class Judged:
    """What came of judging tickets: their wishes, when each is looked at again, verdicts to write and to remove."""

    wishes: list[Wishes]
    looks: dict[str, Moment | None]
    written: list[Verdict]
    removed: list[Verdict]


@dataclass(slots=True)
class Deeds:
    """What is to be done on tickets, as an `Arrangement` has it, and when each is looked at again."""

    put: Sequence[Step]
    amend: Sequence[tuple[Step, Entry]]
    say: Sequence[tuple[Step, ...]]
    looks: Mapping[str, Moment | None]


def judge_these(
    engine: Engine,
    ids: Sequence[str],
    now: Moment,
    report: Report,
    desk: Desk | None = None,
    began: list[str] | None = None,
) -> Judged:
    """Judge these tickets, on the desk as it is or as it is given; one that cannot be judged does not stop the rest.

    Others on which it is told that these came in a burst are judged too, or are put into `began` where that is given.
    The ledgers of those on which something may be said are whole then. Raises `Unreachable`.
    """
    wishes, looks = _judge_all(engine, ids, now, report, engine.desk(now) if desk is None else desk, began)
    written, removed = _verdicts(engine, wishes)
    return Judged(_with_whole_ledgers(engine, wishes, looks, now, report), looks, written, removed)


def carry_out(engine: Engine, deeds: Deeds, now: Moment, report: Report) -> None:
    """Set, edit and say what was arranged. Raises `Unreachable`; what was not done is due again."""
    put_fields(engine, deeds.put, now, report)
    amend(engine, deeds.amend, now, report)
    _look_later(engine, unrecorded(deeds.put, deeds.amend), deeds.looks, now)
    deliver(engine, deeds.say, now, report)


def unrecorded(put: Sequence[Step], edited: Sequence[tuple[Step, Entry]]) -> list[str]:
    """The tickets on which something is done that no row of the ledger tells beforehand.

    They stay due until it is done, so that a cycle which ends before is made up for.
    """
    return list(dict.fromkeys(step.ticket_id for step in (*put, *(step for step, _ in edited))))


def _look_later(engine: Engine, ids: Sequence[str], looks: Mapping[str, Moment | None], now: Moment) -> None:
    if ids and not engine.stopping():
        still = engine.store.seen(ids)
        again = {each.ticket_id: each.again_at for each in engine.store.troubles()}
        left = [id_ for id_ in ids if id_ in still and still[id_].look_again_at == now]
        engine.store.judged({id_: _sooner(looks[id_], again.get(id_)) for id_ in left})


def _sooner(one: Moment | None, other: Moment | None) -> Moment | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _judge_all(
    engine: Engine, ids: Sequence[str], now: Moment, report: Report, desk: Desk, others: list[str] | None
) -> tuple[list[Wishes], dict[str, Moment | None]]:
    wishes: list[Wishes] = []
    looks: dict[str, Moment | None] = dict.fromkeys(ids)
    for start in range(0, len(ids), _AT_ONCE):
        tickets, known = _with_others(engine, ids[start : start + _AT_ONCE], desk, now, others)
        for ticket in tickets:
            try:
                wish = judge(ticket, engine.book, now, known)
            except Exception as error:  # one bad ticket never stops the rest; what it was is reported by type
                what = f"could not be judged ({type(error).__name__})"
                report.troubles.append(f"{ticket.key}: {what}")
                log.error("ticket could not be judged", ticket=ticket.key, error=type(error).__name__)
                looks[ticket.id] = lay_by(engine, ticket.id, "unjudged", type(error).__name__, now)
                continue
            wishes.append(wish)
            looks[ticket.id] = wish.look_again_at
    judged = {wish.ticket_id for wish in wishes}
    unjudged = [each.ticket_id for each in engine.store.troubles() if each.why == "unjudged"]
    engine.store.take_up([ticket_id for ticket_id in unjudged if ticket_id in judged])
    return wishes, looks


def _with_others(
    engine: Engine, ids: Sequence[str], desk: Desk, now: Moment, others: list[str] | None
) -> tuple[list[Ticket], Desk]:
    """The tickets to judge, with those on which it is told that these came in a burst; and what they are tied to."""
    tickets = engine.store.tickets(ids)
    known = with_others(desk, tickets, engine.store, engine.book, now)
    began = [ticket_id for ticket_id in known.bursts if ticket_id not in ids]
    if others is not None:
        others += began
    if not began or others is not None:
        return tickets, known
    tickets += engine.store.tickets(began)
    return tickets, with_others(desk, tickets, engine.store, engine.book, now)


def _verdicts(engine: Engine, wishes: Sequence[Wishes]) -> tuple[list[Verdict], list[Verdict]]:
    """The verdicts to write and to remove, now that these tickets are judged."""
    in_force_at = int(engine.store.note(IN_FORCE) or 0)
    kept = engine.store.verdicts([wish.ticket_id for wish in wishes])
    written: list[Verdict] = []
    removed: list[Verdict] = []
    for wish in wishes:
        if wish.verdicts is not None:
            new, gone = news(wish.verdicts, kept.get(wish.ticket_id, ()), engine.book.version, in_force_at)
            written += new
            removed += gone
    return written, removed


def _with_whole_ledgers(
    engine: Engine, wishes: Sequence[Wishes], looks: dict[str, Moment | None], now: Moment, report: Report
) -> list[Wishes]:
    """Before a ticket's first step that may be said, rebuild its ledger from the bot's own comments on it.

    What is only recorded needs no such reading, so that a desk on observe, or one that adopts, is not asked for
    every ticket's comments. A ticket that refuses to show them is left in peace, its wishes left out.
    """
    speaking = {wish.ticket_id for wish in wishes if any(may_be_said(step) for step in wish.steps)}
    unknown = speaking - engine.store.rebuilt(sorted(speaking))
    whole: list[Wishes] = []
    for wish in wishes:
        if wish.ticket_id in unknown:
            try:
                _rebuild_ledger(engine, wish, now, report)
            except Refused as error:
                report.troubles.append(f"{wish.steps[0].ticket_key}: {error}")
                looks[wish.ticket_id] = lay_by_refused(engine, wish.ticket_id, error, now)
                continue
        whole.append(wish)
    return whole


def _rebuild_ledger(engine: Engine, wish: Wishes, now: Moment, report: Report) -> None:
    said = read_back(engine, wish.ticket_id, now, report)
    wished = {step.key: step for step in wish.steps}
    entries = unknown_rows(engine.store, engine.book.site, wish.ticket_id, said, wished)
    with engine.store.transaction():
        engine.store.write_entries(entries)
        engine.store.set_rebuilt([wish.ticket_id])
        mended(engine, wish.ticket_id)
