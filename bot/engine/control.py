"""The off-switch: labels on the control ticket, a property of a project, and permissions that were taken away.

The mirror has the labels of each poll. Before a cycle's first send in a project, and again after `HEED_S` of sending,
labels and property are asked for afresh, so that neither a search that lags nor a long delivery delays the switch. A
cycle in which nothing is to be sent asks for nothing but the properties that silence a project, to see them let go.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import structlog

from bot.core.silence import (
    EVERYTHING,
    UNCLEAR,
    By,
    Silence,
    barred,
    is_everything,
    merged,
    of_labels,
    of_property,
    silent,
    words,
)
from bot.core.ticket import Moment, Ticket
from bot.engine.engine import Engine, Report
from bot.engine.poll import mirror
from bot.engine.tracker import Refused, Slowed
from bot.store.store import Store

SILENCED = "silenced"
CONTROL = "control"

HEED_S = 30
"""How old an answer about the off-switch may be before something is sent, in seconds."""

_LABELS = frozenset({"label", "unclear label"})
_PROPERTY = frozenset({"property", "unclear property"})

log = structlog.get_logger()


def control_ticket(engine: Engine) -> Ticket | None:
    """The rulebook's control ticket as it is in the mirror; None where the rules name none or it is not there."""
    key = engine.book.entries.manners.control
    if key is None:
        return None
    known = engine.store.note(CONTROL)
    if known is not None and (found := engine.store.tickets([known])) and found[0].key == key:
        return found[0]
    ticket = engine.store.ticket_of(key)
    if ticket is not None:
        engine.store.set_note(CONTROL, ticket.id)
    return ticket


def silences(store: Store) -> tuple[Silence, ...]:
    """What is silenced as the last cycle left it; a note that cannot be read silences everything."""
    return _read(store.note(SILENCED))


def _read(noted: str | None) -> tuple[Silence, ...]:
    if not noted:
        return ()
    try:
        return msgspec.json.decode(noted, type=tuple[Silence, ...])
    except msgspec.MsgspecError:
        return (Silence(EVERYTHING, "label", 0),)


def is_silenced(engine: Engine) -> bool:
    """Whether nothing is to be said in any project, as far as is known."""
    return is_everything(silences(engine.store), engine.book.entries.projects)


def why_silent(engine: Engine, project: str) -> str | None:
    """Why nothing is to be said in a project, as far as is known; None where something may be."""
    known = silences(engine.store)
    return silent(project, words(known), barred(known))


def may_let_go(engine: Engine, ticket: Ticket) -> bool:
    """Whether a command on this ticket may end the silence: on the control ticket, where labels alone silence."""
    by = {each.by for each in silences(engine.store) if each.what in (EVERYTHING, ticket.project)}
    return ticket.key == engine.book.entries.manners.control and by <= _LABELS


def heed_control(engine: Engine, now: Moment, report: Report, *, swept: bool = False) -> None:
    """Note what is silenced now; a change has the tickets concerned looked at again.

    The labels are the mirror's. Properties are asked for where one silences its project, and all of them after a
    sweep, as are the permissions of projects in which some were lacking. Raises `Unreachable`.
    """
    engine.asked.clear()
    before = silences(engine.store)
    found: list[tuple[str, By]] = list(_of_labels(engine))
    for project in engine.book.entries.projects:
        known = {each.by for each in before if each.what == project}
        try:
            if swept or known & _PROPERTY:
                found += _of_property(engine, project)
            if "permission" in known and (not swept or engine.tracker.lacks(project)):
                found.append((project, "permission"))
        except Slowed:  # what cannot be asked now is as it was
            found += [(project, by) for by in known - _LABELS]
    _keep(engine, found, before, now, report)


def silent_now(engine: Engine, project: str, now: Moment, report: Report) -> str | None:
    """Why nothing is to be sent in a project at this moment; None where something may be.

    What is known to be silent is not asked for again, and what was asked less than `HEED_S` ago in this cycle
    neither. Raises `Unreachable`.
    """
    late = now if engine.clock is None else engine.clock()
    if (because := why_silent(engine, project)) is not None:
        return because
    ages = {each: late - engine.asked.get(each, late - HEED_S) for each in (EVERYTHING, project)}
    stale = [each for each, age_s in ages.items() if not 0 <= age_s < HEED_S]  # a clock may be set back
    if not stale:
        return None
    before = silences(engine.store)
    kept = [(each.what, each.by) for each in before if each.by not in _LABELS]
    if EVERYTHING in stale:
        _read_labels(engine, now, report)
    if project in stale:
        kept += _of_property(engine, project)
    engine.asked |= dict.fromkeys(stale, late)
    _keep(engine, [*_of_labels(engine), *kept], before, now, report)
    return why_silent(engine, project)


def all_silent_now(engine: Engine, now: Moment, report: Report) -> bool:
    """Whether nothing is to be sent anywhere at this moment. Raises `Unreachable`."""
    return all(silent_now(engine, project, now, report) for project in engine.book.entries.projects)


def heed_refusal(engine: Engine, project: str, now: Moment, report: Report) -> None:
    """After a refused write, keep quiet in the project if the account lacks there what the rules ask.

    So that one refusal tells for all tickets, and not each of them is tried. Raises `Unreachable`.
    """
    asked = f"permission {project}"
    if asked in engine.asked or why_silent(engine, project) is not None:
        return
    engine.asked[asked] = now
    lacking = engine.tracker.lacks(project)
    if lacking:
        log.warning("the account lacks a permission, nothing more is said", project=project, lacking=list(lacking))
        before = silences(engine.store)
        kept = [(each.what, each.by) for each in before]
        _keep(engine, [*kept, (project, "permission")], before, now, report)


def _with_others(
    known: Iterable[Silence], before: Iterable[Silence], present: Iterable[Silence]
) -> tuple[Silence, ...]:
    """The silences that are known by now, with what changed from `before` to `present`.

    Parts of a cycle in several processes may find out at the same time about a project each.
    """
    had, has, those = ({(each.what, each.by): each for each in some} for some in (before, present, known))
    gone, come = had.keys() - has.keys(), has.keys() - had.keys()
    there = {name: has[name] for name in come} | {name: each for name, each in those.items() if name not in gone}
    return tuple(there[name] for name in sorted(there))


def _of_labels(engine: Engine) -> Iterable[tuple[str, By]]:
    ticket, entries = control_ticket(engine), engine.book.entries
    return () if ticket is None else of_labels(ticket.labels, entries.manners.hold, entries.projects).items()


def _read_labels(engine: Engine, now: Moment, report: Report) -> None:
    """Mirror the control ticket anew where its labels are others than the mirror's; one not to be seen stays."""
    ticket = control_ticket(engine)
    if ticket is None:
        return
    try:
        labels = engine.tracker.labels(ticket.id)
    except Refused:
        return
    if labels != ticket.labels:
        mirror(engine, [ticket.id], now, report)


def _of_property(engine: Engine, project: str) -> list[tuple[str, By]]:
    """What the project's property says now; one that cannot be read is not understood."""
    try:
        by = of_property(engine.tracker.off_switch(project))
    except Refused:
        by = "unclear property"
    return [] if by is None else [(project, by)]


def _keep(
    engine: Engine, found: Iterable[tuple[str, By]], before: tuple[Silence, ...], now: Moment, report: Report
) -> None:
    """Note the silences, and have those tickets looked at again for which it makes a difference."""
    present = merged(found, before, now)
    if present == before:
        return
    changed = {each.what for each in set(before) ^ set(present)}
    for each in present:
        if each not in before:
            log.warning("silenced", project=each.what, by=each.by)
            if each.by in UNCLEAR:
                report.troubles.append(f"{each.what}: {UNCLEAR[each.by]}")
    for each in before:
        if each not in present:
            log.warning("silenced no longer", project=each.what, by=each.by)
    with engine.store.transaction():
        present = _with_others(_read(engine.store.note_to_change(SILENCED)), before, present)
        engine.store.set_note(SILENCED, msgspec.json.encode(present).decode() if present else "")
        engine.store.due_all(now, None if EVERYTHING in changed else sorted(changed))
