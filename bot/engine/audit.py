"""The bot's audit of itself: a glance after each cycle, a closer look after each sweep, and the whole for `doctor`.

It asks the database, never a whole desk's tickets in one cycle. What was found stands in a note, for the page, the
digest and `doctor`; it is logged when it is found and when it is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import structlog

from bot.core.desk import Desk
from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.soundness import CHECKS, Check, Unsound, failing, over_budget
from bot.core.ticket import Moment
from bot.engine.engine import Engine, Pace, Report
from bot.engine.poll import RECONCILED
from bot.engine.tracker import TrackerError
from bot.engine.twins import read_back
from bot.store.store import Store, StoreError
from bot.store.tied import with_others

AUDIT = "audit"
"""The note that holds what the audit found."""

LATE_S = 3600
"""How long a ticket may wait for a look that was due in a cycle that came through, in seconds."""

OPEN_S = 600
"""How long a write may be begun and not settled, in seconds: settling takes seconds in a cycle that comes through."""

LEAST, SWEEPS = 2, 96
"""After each sweep so many open tickets are judged anew, to see whether their next looks are right, or a part of the
desk such that after so many sweeps all were: two days of them, as they are by default."""

READ_BACK = 5
"""On how many tickets the bot's comments are read back after each sweep, of those on which something was said."""

_PAGE = 100
_AHEAD_S = 300
_TOLD_S = 24 * 3600

log = structlog.get_logger()


def found_in(store: Store) -> tuple[Unsound, ...]:
    """What the audit found as the last cycle left it; a note that cannot be read is a finding."""
    return _read(store.note(AUDIT))


def _read(noted: str | None) -> tuple[Unsound, ...]:
    if not noted:
        return ()
    try:
        return msgspec.json.decode(noted, type=tuple[Unsound, ...])
    except msgspec.MsgspecError:
        return (Unsound("audit", 1, 0),)


def audit(engine: Engine, now: Moment, report: Report, *, swept: bool) -> None:
    """Audit after a cycle that came through, more closely after a sweep; `report.failing` are the checks that fail.

    A next look that is lost or too late is mended, and the later of two comments that say the same is removed. Raises
    StoreError alone.
    """
    if report.unreachable is not None or report.slowed:
        report.failing = failing(found_in(engine.store))
        return
    counts: dict[Check, int] = {}
    mended: dict[Check, int] = {}
    before = found_in(engine.store)
    try:
        counts |= at_a_glance(engine.store, engine.pace, now)
        counts["budget"] = _over_budget(engine, now) if report.said else _still("budget", before, engine, now)
        if swept:
            removed = report.removed
            counts |= _closer(engine, now, report)
            mended |= {"next look": _mend_looks(engine, now), "twins": report.removed - removed}
        else:
            counts |= {each.check: each.n for each in before if each.check in _OF_SWEEPS and not each.mended}
    except StoreError:
        raise
    except Exception as error:  # an audit that cannot be made is told, and stops nothing
        log.error("the audit could not be made", error=type(error).__name__)
        counts["audit"] = 1
    report.failing = failing(_keep(engine, counts, mended, before, now))


_OF_SWEEPS = frozenset({"unproven", "twins"})


def at_a_glance(store: Store, pace: Pace, now: Moment) -> dict[Check, int]:
    """Count what the database tells in a few questions, most of which need not be asked in a cycle."""
    late, mark_ms, swept = store.late(now - LATE_S, now - OPEN_S), store.mark_ms(), store.note(RECONCILED)
    swept_at = now if swept is None else int(swept)
    return {
        "late look": late.looks,
        "outbox": late.steps + late.letters,
        "mark": int(mark_ms is not None and mark_ms > (now + _AHEAD_S) * 1000),
        "sweep": int(now - swept_at > 2 * pace.reconcile_s + OPEN_S),
    }


def whole(store: Store, book: Rulebook, desk: Desk, pace: Pace, now: Moment) -> dict[Check, int]:
    """Audit all that the store holds, without Jira and without mending: every open ticket is judged anew."""
    counts = at_a_glance(store, pace, now)
    counts["unproven"] = store.unproven(0)
    after, wrong = "", 0
    while looks := store.looks_of(_open(book), after, _PAGE):
        wrong += len(wrong_looks(store, book, desk, looks, now))
        after = max(looks)
    counts["next look"] = wrong
    spoken = store.spoken_since(book.calendar.start_of_day(book.calendar.day_of(now)))
    written = store.entries(sorted({each.ticket_id for each in spoken}))
    counts["budget"] = over_budget(spoken, (row for rows in written.values() for row in rows.values()), book)
    return counts


def wrong_looks(
    store: Store, book: Rulebook, desk: Desk, looks: Mapping[str, Moment | None], now: Moment
) -> list[str]:
    """The tickets among these whose next look is lost, or later than the rules say.

    Those that are due now, in trouble, or held until that moment are not.
    """
    later = [id_ for id_, look_at in looks.items() if look_at is None or look_at > now]
    troubled = {row.ticket_id for row in store.troubles()} if later else set()
    tickets = store.tickets([id_ for id_ in later if id_ not in troubled])
    known = with_others(desk, tickets, store, book, now)
    ledger = store.entries([ticket.id for ticket in tickets])
    wrong = []
    for ticket in tickets:
        try:
            due_at = judge(ticket, book, now, known).look_again_at
        except Exception:  # noqa: S112 - that it cannot be judged is told where it is
            continue
        noted = looks[ticket.id]
        held = {row.not_before for row in ledger[ticket.id].values() if row.state == "held"}
        if due_at is not None and (noted is None or noted > due_at) and (noted is None or noted not in held):
            wrong.append(ticket.id)
    return wrong


def _open(book: Rulebook) -> set[str]:
    return {state.state for state in book.entries.states if state.standing != "closed"}


def _mend_looks(engine: Engine, now: Moment) -> int:
    """Look at a stretch of the open tickets, and have those looked at again whose next look is wrong."""
    many = max(LEAST, engine.store.count() // SWEEPS)
    looks = engine.store.looks_of(_open(engine.book), engine.audited, many)
    engine.audited = max(looks) if len(looks) == many else ""
    wrong = wrong_looks(engine.store, engine.book, engine.desk(now), looks, now)
    engine.store.judged(dict.fromkeys(wrong, now))
    return len(wrong)


def _closer(engine: Engine, now: Moment, report: Report) -> dict[Check, int]:
    """What is looked for after a sweep alone: passes over what was said since the last, and a few read backs."""
    since = now - 2 * engine.pace.reconcile_s - OPEN_S
    return {
        "unproven": engine.store.unproven(since),
        "twins": _twins(engine, since, now, report),
    }


def _twins(engine: Engine, since: Moment, now: Moment, report: Report) -> int:
    """Count the steps that two comments say, on the tickets written to last, once the later ones were removed."""
    n = 0
    for ticket_id in engine.store.said_on(since, READ_BACK):
        try:
            said = read_back(engine, ticket_id, now, report)
        except TrackerError:
            continue
        keys = [key for comment in said for key in comment.keys]
        n += len(keys) - len(set(keys))
    return n


def _over_budget(engine: Engine, now: Moment) -> int:
    calendar = engine.book.calendar
    spoken = engine.store.spoken_since(calendar.start_of_day(calendar.day_of(now)))
    lately = [each.ticket_id for each in spoken if each.at >= now]
    written = engine.store.entries(sorted(set(lately)))
    return over_budget(spoken, (row for rows in written.values() for row in rows.values()), engine.book)


def _still(check: Check, before: Sequence[Unsound], engine: Engine, now: Moment) -> int:
    """How many there were when it was found, as long as that was today."""
    today = engine.book.calendar.start_of_day(engine.book.calendar.day_of(now))
    return next((each.n for each in before if each.check == check and each.since_at >= today), 0)


def _keep(
    engine: Engine,
    counts: Mapping[Check, int],
    mended: Mapping[Check, int],
    before: Sequence[Unsound],
    now: Moment,
) -> tuple[Unsound, ...]:
    """Note and give what was found, since when; what was mended is told of for a day."""
    since = {each.check: each.since_at for each in before if not each.mended}
    found = [Unsound(check, n, since.get(check, now)) for check, n in counts.items() if n]
    found += [each for each in before if each.mended and now - each.since_at < _TOLD_S and not mended.get(each.check)]
    found += [Unsound(check, n, now, mended=True) for check, n in mended.items() if n]
    present = tuple(sorted(found, key=lambda each: (list(CHECKS).index(each.check), each.mended)))
    if present == tuple(before):
        return present
    for each in present:
        if each.mended and each.since_at == now:
            log.warning("the audit found and mended", check=each.check, n=each.n, what=CHECKS[each.check])
        elif not each.mended and each.check not in since:
            log.error("the audit fails", check=each.check, n=each.n, what=CHECKS[each.check])
    for check in since.keys() - {each.check for each in present if not each.mended}:
        log.info("the audit finds this no longer", check=check)
    engine.store.set_note(AUDIT, msgspec.json.encode(present).decode() if present else "")
    return present
