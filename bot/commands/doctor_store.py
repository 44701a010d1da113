"""What `piletibot doctor` finds in the database, looking only: the file, the bot's own notes, and the whole audit."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bot.commands.doctor_lines import Line
from bot.commands.moments import local
from bot.core.rulebook import Rulebook
from bot.core.silence import BY, EVERYTHING, UNCLEAR
from bot.core.soundness import CHECKS
from bot.core.ticket import Moment
from bot.engine.audit import found_in, whole
from bot.engine.control import silences
from bot.engine.desk import desk_of
from bot.engine.engine import Pace
from bot.engine.poll import CLOSED
from bot.engine.restraint import restraint
from bot.settings import Misconfigured, Settings
from bot.start import read_desk
from bot.store.connect import parse
from bot.store.errors import NotInForce, StoreError, place
from bot.store.holder import Holder
from bot.store.lease import CYCLE
from bot.store.scratch import file_version, looking
from bot.store.store import Store
from bot.store.tables import HEAD

_LATE_S = 900
_OLD_S = 7 * 24 * 3600
_SPARE = 200 * 1024 * 1024
_MB = 1024 * 1024


def of_database(settings: Settings, now: Moment) -> Iterator[Line]:
    """Look at the database and at all that the bot noted in it."""
    url = settings.store.url.get_secret_value()
    try:
        address = parse(url)
        file = Path(address.database or "") if address.drivername == "sqlite" else None
        if file is not None and not file.is_file():
            yield Line("database", "finding", f"{file}: there is none yet", "piletibot once, or piletibot run")
            return
        if file is not None:
            yield from _of_file(file)
        with looking(url) as store:
            yield from _of_store(store, place(address), settings, now, size=file is None)
    except NotInForce as error:
        yield Line("database", "mistake", str(error), "see docs/operating.md, Moving to another database")
    except StoreError as error:
        yield Line("database", "unreachable", str(error), "see docs/operating.md, The database")


def _of_file(file: Path) -> Iterator[Line]:
    version = file_version(file)
    if version < HEAD:
        text = f"{file}: schema {version}, this version of the bot works with {HEAD}"
        yield Line("schema", "note", text, "nothing: the bot brings it up to date when it starts")
    else:
        yield Line("schema", "ok", f"schema {version}")
    size = file.stat().st_size
    free = shutil.disk_usage(file.parent).free
    text = f"{file}: {size / _MB:.1f} MB, {free / _MB:.0f} MB free beside it"
    if free < 2 * size + _SPARE:
        yield Line("disk", "finding", text, "make room: a migration and a backup each take as much as the database")
    else:
        yield Line("disk", "ok", text)
    beside = [Path(f"{file}{suffix}") for suffix in ("", "-wal", "-shm", ".lock")]
    open_to = [each for each in beside if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077]
    for each in open_to:
        yield Line("permissions", "finding", f"{each}: others may read or write it", f"chmod 600 {each}")
    if not open_to:
        yield Line("permissions", "ok", "the database's files are for their owner alone")


def _of_store(store: Store, where: str, settings: Settings, now: Moment, *, size: bool) -> Iterator[Line]:
    broken = store.integrity()
    if broken is not None:
        yield Line("integrity", "finding", f"{where}: {broken}", "stop the bot; see docs/operating.md, The database")
    else:
        more = f", {store.size_bytes() / _MB:.1f} MB" if size else ""
        yield Line("integrity", "ok", f"{where}: {store.count()} tickets{more}, nothing is damaged")
    try:
        book: Rulebook | None = read_desk(settings.rules.folder, settings.site).book
    except Misconfigured:
        book = None
    zone = ZoneInfo(book.calendar.timezone if book else "UTC")
    yield from _of_work(store, zone, now)
    yield from _of_waiting(store, zone, now)
    if book is None:
        yield Line("audit", "note", "not made: it needs a rulebook that can be read")
        return
    yield Line("rulebook", "ok", f"version {book.version}")
    yield from _of_audit(store, book, settings, zone, now)


def _of_work(store: Store, zone: ZoneInfo, now: Moment) -> Iterator[Line]:
    polled_at = store.polled_at()
    if polled_at is None:
        yield Line("cycle", "finding", "none has come through yet", "see whether the bot runs, and its log")
    elif now - polled_at > _LATE_S:
        text = f"the last that reached Jira was at {local(polled_at, zone)}"
        yield Line("cycle", "finding", text, "see whether the bot runs, and its log")
    elif polled_at - now > _LATE_S:
        text = f"the last that reached Jira was at {local(polled_at, zone)}, which is yet to come"
        yield Line(
            "cycle", "finding", text, "set this machine's clock; a database of a demo or a test is not to be run on"
        )
    else:
        yield Line("cycle", "ok", f"the last began {max(0, now - polled_at)} s ago")
    holders = store.holders()
    held_by = holders.pop(CYCLE, None)
    if held_by is not None:
        yield Line("lease", "ok", f"{_named(held_by)} has the right to send")
    else:
        yield Line("lease", "note", "no process has the right to send: none runs, or the last gave it back")
    for name, holder in holders.items():
        yield Line("lease", "ok", f"{_named(holder)} has a part of its work in hand: {name}")
    held = restraint(store, now)
    if held.circuit.state == "closed":
        yield Line("breaker", "ok", "nothing keeps the bot from asking Jira")
    else:
        text = f"{held.circuit.state} since {local(held.circuit.since_at, zone)}: {held.circuit.because}"
        do = f"nothing: it tries again by itself, next at {local(held.circuit.again_at, zone)}"
        yield Line("breaker", "finding", text, do)
    for pause in held.pauses:
        about = pause.about or "everything"
        yield Line("breaker", "note", f"{about} waits until {local(pause.until_at, zone)}: {pause.because}")
    for project in (store.note(CLOSED) or "").split():
        text = f"{project} cannot be searched, its tickets are left in peace"
        yield Line("projects", "finding", text, "give the account Browse Projects there, or take it out of the rules")


def _named(holder: str) -> str:
    try:
        return str(msgspec.json.decode(holder, type=Holder))
    except msgspec.MsgspecError:
        return "somebody unknown"


def _of_waiting(store: Store, zone: ZoneInfo, now: Moment) -> Iterator[Line]:
    """What waits for a person: silence, batches, troubles."""
    known = silences(store)
    for each in known:
        what = "everything" if each.what == EVERYTHING else each.what
        text = f"{what} is silent since {local(each.since_at, zone)}, by {BY[each.by]}"
        unmeant = each.by in UNCLEAR
        do = "mend that in Jira; nothing is said until then" if unmeant else "nothing, if that is meant so"
        yield Line("silence", "finding" if unmeant else "note", text, do)
    if not known:
        yield Line("silence", "ok", "the bot knows of nothing that is silenced")
    for at, n in store.batched().items():
        text = f"{n} steps over the ceiling wait since {local(at, zone)}"
        yield Line("batches", "finding", text, "piletibot plan, and then piletibot release or mend the rules")
    troubles = store.troubles()
    if not troubles:
        yield Line("troubles", "ok", "no ticket is laid aside")
        return
    oldest = min(each.at for each in troubles)
    text = f"{len(troubles)} tickets are laid aside, the first since {local(oldest, zone)}"
    is_old = now - oldest > _OLD_S
    do = "see them on the page, or ask for one: piletibot why KEY"
    yield Line("troubles", "finding" if is_old else "note", text, do)


def _of_audit(store: Store, book: Rulebook, settings: Settings, zone: ZoneInfo, now: Moment) -> Iterator[Line]:
    """The audit of the whole mirror, as of the last cycle: what became due since is nobody's fault."""
    as_of = store.polled_at() or now
    pace = Pace(overlap_s=settings.engine.overlap_s, reconcile_s=settings.engine.reconcile_s)
    counts = whole(store, book, desk_of(store, book), pace, as_of)
    do = "look into the log for `the audit fails`; what is lost in the database is rebuilt from Jira"
    known = {each.check: each for each in found_in(store)}
    for each in known.values():
        if each.mended:
            yield Line("audit", "note", f"mended at {local(each.since_at, zone)}: {each.n} {CHECKS[each.check]}")
        else:
            counts[each.check] = max(counts.get(each.check, 0), each.n)
    for check, n in counts.items():
        if n:
            yield Line("audit", "finding", f"{n} {CHECKS[check]}", do)
    if not any(counts.values()):
        yield Line("audit", "ok", f"as of {local(as_of, zone)} nothing is found: {', '.join(counts)}")
