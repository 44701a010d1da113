"""One cycle of the bot: poll, settle, judge what is due, arrange, deliver. A plain function of `now`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import structlog

from bot.core.arrange import WAITING, Arrangement, DeskState, arrange
from bot.core.judge import judge
from bot.core.steps import Wishes
from bot.core.ticket import Moment, Ticket
from bot.engine.batch import notice
from bot.engine.deliver import deliver, settle
from bot.engine.engine import Engine, Report
from bot.engine.ledger import decided, row, row_read_back, turned
from bot.engine.poll import SILENCED, mirror, poll, reconcile, reconcile_due
from bot.engine.tracker import Throttled, Unreachable
from bot.store.store import Entry

log = structlog.get_logger()

RULEBOOK = "rulebook"
_TROUBLE_S = 3600
_AT_ONCE = 1000


def cycle(engine: Engine, now: Moment) -> Report:
    """Poll, settle what was left open, judge what is due, arrange, deliver, and sweep when the sweep is due.

    A tracker that is away ends the cycle early and loses nothing: all that was not done is due again.
    Raises `Denied` when the account is not let in, `StoreError` when the database is not there.
    """
    report = Report(now)
    try:
        poll(engine, now, report)
        _heed_changed_rules(engine, now, report)
        if reconcile_due(engine, now):
            reconcile(engine, now, report)
        settle(engine, now, report)
        _judge_due(engine, now, report)
    except Unreachable as error:
        report.unreachable = str(error)
        report.retry_after_s = error.retry_after_s if isinstance(error, Throttled) else 0.0
        log.warning("tracker unreachable", reason=report.unreachable)
    return report


def _heed_changed_rules(engine: Engine, now: Moment, report: Report) -> None:
    """A changed rulebook has every ticket judged again; a changed mapping has them read again first."""
    if engine.store.note(RULEBOOK) == engine.book.version:
        return
    stale = engine.store.stale(engine.facts)
    size = engine.pace.read_size
    for start in range(0, len(stale), size):
        mirror(engine, stale[start : start + size], now, report)
    with engine.store.transaction():
        engine.store.due_all(now)
        engine.store.set_note(RULEBOOK, engine.book.version)


def _judge_due(engine: Engine, now: Moment, report: Report) -> None:
    while ids := engine.store.due(now, _AT_ONCE):
        wishes, looks = _judge_all(engine, engine.store.tickets(ids), now, report)
        looks = {**dict.fromkeys(ids), **looks}
        _rebuild_ledgers(engine, wishes, now)
        ledger = _ledger(engine, ids)
        arranged = arrange(wishes, ledger, engine.book, desk_state(engine, now), now)
        if arranged.batch:
            log.warning("ceiling reached, nothing of the batch is sent", steps=len(arranged.batch))
            told = notice(engine, len(arranged.batch), now)
            arranged.say += [(told,)] if told else []
        _commit(engine, arranged, ledger, looks, now)
        report.judged += len(ids)
        report.held += len(arranged.hold)
        report.withdrawn += len(arranged.withdraw)
        report.batched += len(arranged.batch)
        report.adopted += len(arranged.adopt)
        report.observed += arranged.observe
        engine.seam("after intent")
        deliver(engine, arranged.say, now, report)


def _judge_all(
    engine: Engine, tickets: Sequence[Ticket], now: Moment, report: Report
) -> tuple[list[Wishes], dict[str, Moment | None]]:
    wishes: list[Wishes] = []
    looks: dict[str, Moment | None] = {}
    for ticket in tickets:
        try:
            wish = judge(ticket, engine.book, now)
        except Exception as error:  # one bad ticket never stops the rest; what it was is reported by type
            what = f"could not be judged ({type(error).__name__})"
            engine.store.trouble(ticket.id, what, now)
            report.troubles.append(f"{ticket.key}: {what}")
            log.error("ticket could not be judged", ticket=ticket.key, error=type(error).__name__)
            looks[ticket.id] = now + _TROUBLE_S
            continue
        wishes.append(wish)
        looks[ticket.id] = wish.look_again_at
    return wishes, looks


def _rebuild_ledgers(engine: Engine, wishes: Iterable[Wishes], now: Moment) -> None:
    """Before a ticket's first step, its ledger is rebuilt from the bot's own comments on it."""
    speaking = [wish.ticket_id for wish in wishes if wish.steps]
    known = engine.store.rebuilt(speaking)
    for wish in wishes:
        if not wish.steps or wish.ticket_id in known:
            continue
        ledger = engine.store.entries([wish.ticket_id]).get(wish.ticket_id, {})
        steps = {step.key: step for step in wish.steps}
        entries = [
            row_read_back(key, wish.ticket_id, said, steps.get(key))
            for said in engine.tracker.said(wish.ticket_id)
            for key in said.keys
            if key.startswith(f"{engine.book.site}/{wish.ticket_id}/") and key not in ledger
        ]
        with engine.store.transaction():
            engine.store.write_entries(entries)
            engine.store.set_rebuilt([wish.ticket_id])


def _ledger(engine: Engine, ids: Sequence[str]) -> dict[str, Entry]:
    return {key: entry for entries in engine.store.entries(ids).values() for key, entry in entries.items()}


def desk_state(engine: Engine, now: Moment) -> DeskState:
    """What crosses tickets: what was spoken today, and whether a person silenced the bot."""
    calendar = engine.book.calendar
    spoken = engine.store.spoken_since(calendar.start_of_day(calendar.day_of(now)))
    return DeskState(tuple(spoken), frozenset((engine.store.note(SILENCED) or "").split()))


def _commit(
    engine: Engine,
    arranged: Arrangement,
    ledger: Mapping[str, Entry],
    looks: dict[str, Moment | None],
    now: Moment,
) -> None:
    """Write intents, holds, withdrawals and next looks in one transaction: either all of it counts or none."""
    version = engine.book.version
    entries = [row(step, "intended", decided(step), now, version) for steps in arranged.say for step in steps]
    entries += [row(step, "observed", decided(step), now, version) for step in arranged.observe]
    entries += [row(step, "adopted", "due before the rule went live", now, version) for step in arranged.adopt]
    entries += [row(step, "batched", "more steps than the ceiling allows", now, version) for step in arranged.batch]
    for step, because, not_before in arranged.hold:
        held = row(step, "held", because, now, version, not_before)
        if _tells_more(held, ledger.get(step.key)):
            entries.append(held)
        if not_before is not None:
            looks[step.ticket_id] = min(not_before, looks.get(step.ticket_id) or not_before)
    entries += [turned(ledger[key], "withdrawn", "no longer wished", now) for key in arranged.withdraw]
    with engine.store.transaction():
        if entries:
            engine.store.write_entries(entries)
        engine.store.judged(looks)


def _tells_more(held: Entry, known: Entry | None) -> bool:
    """Whether a hold is news: a batch keeps its own row, and the same hold again is not written again."""
    if known is None or known.state not in WAITING:
        return True
    return known.state == "held" and (known.because, known.not_before) != (held.because, held.not_before)
