"""Notices of the bot's own affairs: what the lead is told on the control ticket, by no rule."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.ledger import DONE, RULEBOOK, decided, row
from bot.core.steps import Because, Occasion, Step, Value, key_of
from bot.core.ticket import Moment
from bot.engine.control import SILENCED, control_ticket
from bot.engine.deliver import deliver
from bot.engine.engine import Engine, Report


def notice(engine: Engine, say: str, because: str, values: Mapping[str, Value], at: Moment) -> Step | None:
    """Make a notice to the lead about the rulebook, known by its moment; None where there is no control ticket."""
    control = control_ticket(engine)
    if control is None:
        return None
    occasion = Occasion(say, at, "tell")
    return Step(
        key=key_of(engine.book.site, control.id, RULEBOOK, occasion),
        ticket_id=control.id,
        ticket_key=control.key,
        rule=RULEBOOK,
        occasion=occasion,
        say=say,
        to=(engine.book.entries.roles.lead,),
        due_at=at,
        because=Because(because),
        values=values,
    )


def may_tell(engine: Engine, now: Moment) -> bool:
    """Whether a notice may be said: the desk is open, and nobody silenced the bot."""
    return engine.book.calendar.is_open(now) and not is_silenced(engine)


def is_silenced(engine: Engine) -> bool:
    """Whether a person silenced everything."""
    return bool(engine.store.note(SILENCED))


def told_at(engine: Engine, step: Step) -> Moment | None:
    """When a notice was said; None for one that was not."""
    entry = engine.store.entries([step.ticket_id])[step.ticket_id].get(step.key)
    return entry.at if entry is not None and entry.state == "said" else None


def tell(engine: Engine, now: Moment, report: Report) -> None:
    """Say the notices that wait; one that was said, or that the tracker refuses, waits no longer.

    They stand under neither budgets nor the ceiling. Raises what `deliver` raises.
    """
    if not engine.notices or not may_tell(engine, now):
        return
    for step in tuple(engine.notices):
        known = engine.store.entries([step.ticket_id])[step.ticket_id].get(step.key)
        if known is not None and known.state in DONE:
            if known.state == "said":
                engine.notices.remove(step)
            continue
        engine.store.write_entries([row(step, "intended", decided(step), now, engine.book.version)])
        troubles = len(report.troubles)
        deliver(engine, [(step,)], now, report)
        if told_at(engine, step) is not None or len(report.troubles) > troubles:
            engine.notices.remove(step)
