"""Notices of the bot's own affairs: what the lead is told on the control ticket, or else by mail, by no rule."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.ledger import DONE, RULEBOOK, decided, row
from bot.core.letters import Letter, letter_key
from bot.core.steps import Because, Occasion, Step, Value, key_of
from bot.core.ticket import Moment
from bot.engine.control import all_silent_now, control_ticket, is_silenced, why_silent
from bot.engine.deliver import deliver
from bot.engine.engine import Engine, Report
from bot.engine.sending import SETTLED, send


def notice(engine: Engine, say: str, because: str, values: Mapping[str, Value], at: Moment) -> Step | None:
    """Make a notice to the lead about the rulebook, known by its moment; None where nothing can tell them.

    It is for the control ticket; on a desk without one it is on no ticket, and goes by mail.
    """
    control, lead = control_ticket(engine), engine.book.entries.roles.lead
    if control is None and not _goes_by_mail(engine):
        return None
    occasion = Occasion(say, at, "tell")
    letter = letter_key(engine.book.site, RULEBOOK, lead, f"{say}@{at}")
    return Step(
        key=key_of(engine.book.site, control.id, RULEBOOK, occasion) if control else letter,
        ticket_id=control.id if control else "",
        ticket_key=control.key if control else "",
        rule=RULEBOOK,
        occasion=occasion,
        say=say,
        to=(lead,),
        due_at=at,
        because=Because(because),
        values=values,
    )


def can_tell(engine: Engine) -> bool:
    """Whether the rules and the mail leave a way to tell the lead anything."""
    return engine.book.entries.manners.control is not None or _goes_by_mail(engine)


def _goes_by_mail(engine: Engine) -> bool:
    manners, lead = engine.book.entries.manners, engine.book.entries.roles.lead
    return manners.control is None and engine.post.reaches(lead)


def may_tell(engine: Engine, now: Moment) -> bool:
    """Whether a notice may be said: the desk is open, and nothing silences the bot where it would be said."""
    return engine.book.calendar.is_open(now) and not is_mute(engine)


def is_mute(engine: Engine) -> bool:
    """Whether silence keeps notices from being said: that of the control ticket's project, or else of everything."""
    control = control_ticket(engine)
    return is_silenced(engine) if control is None else why_silent(engine, control.project) is not None


def told_at(engine: Engine, step: Step) -> Moment | None:
    """When a notice was said; None for one that was not."""
    if not step.ticket_id:
        sent = engine.store.letters([step.key]).get(step.key)
        return sent.at if sent is not None and sent.state == "said" else None
    entry = engine.store.entries([step.ticket_id])[step.ticket_id].get(step.key)
    return entry.at if entry is not None and entry.state == "said" else None


def tell(engine: Engine, now: Moment, report: Report) -> None:
    """Say the notices that wait; one that was said, or that the tracker refuses, waits no longer.

    They stand under neither budgets nor the ceiling. Raises what `deliver` raises.
    """
    if not engine.notices or not may_tell(engine, now):
        return
    for step in tuple(engine.notices):
        if not step.ticket_id:
            if not all_silent_now(engine, now, report):
                _mail(engine, step, now, report)
            continue
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


def _mail(engine: Engine, step: Step, now: Moment, report: Report) -> None:
    """Mail a notice; once nothing more is to be done about it, it waits no longer."""
    letter = Letter(step.key, step.rule, step.say, step.to[0], step.due_at, step.because, step.values)
    rows = send(engine, [letter], now, report)
    if step.key in rows and rows[step.key].state in SETTLED:
        engine.notices.remove(step)
