"""One cycle of the bot: poll, settle, judge what is due, arrange, deliver. A plain function of `now`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import structlog

from bot.core.arrange import Arrangement, arrange
from bot.core.ticket import Moment
from bot.engine.audit import audit
from bot.engine.batch import notice
from bot.engine.begun_anew import tell_of_beginning
from bot.engine.beyond import look_at_all
from bot.engine.commands import heed_commands
from bot.engine.control import heed_control, silent_now
from bot.engine.costs import count
from bot.engine.deliver import settle, yet_to_put
from bot.engine.desk import heeding_absences
from bot.engine.digests import send_digests
from bot.engine.engine import Engine, Report
from bot.engine.fence import hold_lease, is_unsure
from bot.engine.judging import IN_FORCE, Deeds, carry_out
from bot.engine.keeping import desk_state, keep, known_of, look_sooner
from bot.engine.leavers import heed_accounts, heed_leavers
from bot.engine.letters import write_letters
from bot.engine.notices import tell
from bot.engine.pages import concerned
from bot.engine.poll import lay_aside, mirror, poll, reconcile, reconcile_due
from bot.engine.purge import follow_erasures, keep_house
from bot.engine.tracker import Slowed, Throttled, Unreachable
from bot.store.store import SHAPE

log = structlog.get_logger()

RULEBOOK = "rulebook"


def cycle(engine: Engine, now: Moment, report: Report | None = None) -> Report:
    """Poll, settle what was left open, judge what is due, arrange, deliver, and sweep when the sweep is due.

    `report` is what is told of it, where it is to keep more than others do.

    A tracker that is away ends the cycle early and loses nothing: all that was not done is due again. Where it asks
    for patience with one kind of request, what needs that waits, and the rest goes on; but letters are told from the
    mirror alone, and not while it may be behind. Digests come last, and go out all the same.
    Raises `Denied` when the account is not let in, `StoreError` when the database is not there, which is `Fenced`
    where another process has the lease on it, or took it meanwhile: then nothing more is sent.
    """
    report = Report(now) if report is None else report
    hold_lease(engine, now)
    with ExitStack() as held:
        if engine.hands is not None:
            held.enter_context(engine.hands.begun(engine, now))
        held.enter_context(engine.store.at_once())
        _whole(engine, now, report)
    return report


def _whole(engine: Engine, now: Moment, report: Report) -> None:
    swept = False
    heed_accounts(engine, now)
    try:
        with _going_on(report):
            poll(engine, now, report)
        _heed_changed_rules(engine, now, report)
        if reconcile_due(engine, now):
            with _going_on(report):
                reconcile(engine, now, report)
                swept = True
        heed_control(engine, now, report, swept=swept)
        with _going_on(report):
            heed_leavers(engine, now)
        tell_of_beginning(engine)
        for part in (settle, heed_commands, _judge_due, tell):
            with _going_on(report):
                part(engine, now, report)
        if not report.slowed:
            write_letters(engine, now, report)
        with _going_on(report):
            follow_erasures(engine, now, report)
    except Unreachable as error:
        report.unreachable = str(error)
        report.retry_after_s = error.retry_after_s if isinstance(error, Throttled) else 0.0
    _tell_of_outage(engine, report, now)
    send_digests(engine, now, report)
    audit(engine, now, report, swept=swept)
    count(engine, report, now)
    keep_house(engine, now)


@contextmanager
def _going_on(report: Report) -> Iterator[None]:
    """Let what comes after this part of the cycle go on where only one kind of request is to wait."""
    try:
        yield
    except Slowed as error:
        report.slowed.append(str(error))


def _tell_of_outage(engine: Engine, report: Report, now: Moment) -> None:
    """Log when the tracker went away, and when it is back: not that it still is."""
    if report.unreachable is not None and engine.away_since is None:
        engine.away_since = now
        log.warning("tracker unreachable", reason=report.unreachable)
    elif report.unreachable is None and engine.away_since is not None:
        log.info("tracker reachable again", away_s=now - engine.away_since)
        engine.away_since = None


def _heed_changed_rules(engine: Engine, now: Moment, report: Report) -> None:
    """Changed rules have every ticket judged again; those that were read by another mapping or bot are read again.

    Tickets of projects that the rules no longer name are laid aside.
    """
    rules = f"{engine.book.version} {engine.facts} {SHAPE}"
    if engine.store.note(RULEBOOK) == rules:
        return
    lay_aside(engine, engine.store.outside(engine.book.entries.projects), now, report)
    closed = [state.state for state in engine.book.entries.states if state.standing == "closed"]
    stale = [*engine.store.stale(engine.facts), *engine.store.purged_outside(closed)]
    size = engine.pace.read_size
    for start in range(0, len(stale), size):
        mirror(engine, stale[start : start + size], now, report)
    look_at_all(engine, now, stale=True)
    engine.seam("before rules")
    with engine.store.transaction():
        engine.store.due_all(now)
        if not (engine.store.note(RULEBOOK) or "").startswith(f"{engine.book.version} "):
            engine.store.set_note(IN_FORCE, str(now))
        engine.store.set_note(RULEBOOK, rules)
    engine.seam("after rules")


def _judge_due(engine: Engine, now: Moment, report: Report) -> None:
    """Judge all that is due, and do what comes of it. Raises `Unreachable`."""
    ids = engine.store.due(now, sys.maxsize)
    if is_unsure(engine, now):  # nobody is asked for what they told in a command that waits until then
        commanded = {each.ticket_id for each in engine.store.unsettled_commands()}
        ids = [ticket_id for ticket_id in ids if ticket_id not in commanded]
    if not ids:
        return
    engine.store.learn_anew()  # whoever else had them come due wrote why before
    with heeding_absences(engine.store, now):
        _judge(engine, ids, now, report)


def _judge(engine: Engine, ids: Sequence[str], now: Moment, report: Report) -> None:
    """Judge these and arrange it together, since budgets and the ceiling are the whole cycle's.

    Of very many tickets those on which nothing is done are settled before, see `bot.engine.pages`.
    """
    ids, later = concerned(engine, ids, now, report)
    if not ids:
        return
    wishes, ledger, looks, verdicts = known_of(engine, ids, now, report)
    unset = partial(yet_to_put, engine, later=later)
    arranged = arrange(wishes, ledger, engine.book, desk_state(engine, now), now, unset)
    silenced = [silent_now(engine, project, now, report) for project in _spoken_in(arranged)]
    if any(silenced):
        arranged = arrange(wishes, ledger, engine.book, desk_state(engine, now), now, unset)
    if later or (arranged.unset and not arranged.batch):
        log.warning("ceiling reached, fields are left unset", tickets=len(later.keys() | arranged.unset))
    if arranged.batch:
        log.warning("ceiling reached, nothing of the batch is sent", steps=len(arranged.batch))
        told = notice(engine, len(arranged.batch), now)
        arranged.say += [(told,)] if told else []
    engine.seam("before intent")
    look_sooner(looks, arranged.hold, {**arranged.unset, **later})
    keep(engine, arranged, ledger, looks, verdicts, now)
    report.judged += len(looks)
    report.held += len(arranged.hold)
    report.withdrawn += len(arranged.withdraw)
    report.batched += len(arranged.batch)
    report.adopted += len(arranged.adopt)
    report.record(arranged.observe)
    engine.seam("after intent")
    carry = carry_out if engine.hands is None else engine.hands.carry_out
    carry(engine, Deeds(arranged.put, arranged.amend, arranged.say, looks), now, report)


def _spoken_in(arranged: Arrangement) -> list[str]:
    """The projects in which something is to be written now."""
    written = [step for steps in arranged.say for step in steps]
    written += [*arranged.put, *(step for step, _ in arranged.amend)]
    return sorted({step.ticket_key.rpartition("-")[0] for step in written})
