"""Digests sent once: to each recipient, of each period, by each way, whatever becomes of the others.

The intent is committed before each sending. What the mail server may have taken is never sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from msgspec.structs import replace

from bot.core.letters import LetterRow
from bot.core.readers import person_of
from bot.core.recipients import DIGEST, DRAFT, UNDELIVERED, Due, again_at, ended, is_settled, keys_of, may_go, owed
from bot.core.ticket import Moment
from bot.engine.aside import lay_by_doubtful
from bot.engine.control import all_silent_now, is_silenced
from bot.engine.digest_ways import WAYS, Unsendable, ticket_of_digests
from bot.engine.digesting import Composed, NoRights, TooBig
from bot.engine.engine import Engine, Report
from bot.engine.fence import is_unsure
from bot.engine.mailer import Lost
from bot.engine.sending import SINCE
from bot.engine.tracker import Doubtful, TrackerError
from bot.store.store import Store, StoreError

log = structlog.get_logger()

_BEGUN = frozenset(("drafted", "released", "held", "intended", "doubtful"))


def send_digests(engine: Engine, now: Moment, report: Report) -> None:
    """Send the digests that are due. In a cycle with none this reads a few rows and writes nothing.

    What goes wrong with one recipient or one way is reported, and stops no other. Raises StoreError alone.
    """
    entries = engine.book.entries.digest.recipients
    composer = engine.post.composer
    if composer is None:
        return
    since = engine.store.note(SINCE)
    if since is None:
        since = str(now)
        engine.store.set_note(SINCE, since)
    those = [found for entry in entries if (found := owed(entry, engine.book, now)) is not None]
    _settle(engine, those, now, report)
    if is_silenced(engine):
        those = [each for each in those if _is_leads(each, engine)]
    sending = _Sending(engine, now, report, int(since))
    try:
        for each in those:
            if engine.stopping():
                return
            if may_go(each, engine.book, now):
                sending.send(each)
    finally:
        composer.forget()
        if sending.mailed and engine.post.mailer is not None:
            engine.post.mailer.close()


def _is_silenced(engine: Engine, now: Moment, report: Report) -> bool:
    """Whether everything is silenced; while the tracker is away, as was last known."""
    try:
        return all_silent_now(engine, now, report)
    except TrackerError:
        return is_silenced(engine)


def _is_leads(due: Due, engine: Engine) -> bool:
    """Whether a digest is the lead's, which goes out in silence too and tells of it."""
    return person_of(due.entry.to, engine.book.entries) == engine.book.entries.roles.lead


def _settle(engine: Engine, those: list[Due], now: Moment, report: Report) -> None:
    """Settle the mails that were begun, and give up what is out of date."""
    current = {
        key
        for each in those
        if each.over_at is None or now < each.over_at
        for key in keys_of(each, engine.book.site).values()
    }
    settled = []
    for row in engine.store.letters_in(_BEGUN):
        if row.rule != DIGEST:
            continue
        if row.state == "intended" and row.way in ("mail", DRAFT):
            settled.append(replace(row, state="doubtful", because=f"lost: {UNDELIVERED['lost']}", at=now))
            report.doubtful += 1
        elif row.key not in current and (over := ended(row, now)) is not None:
            settled.append(over)
    engine.store.write_letters(settled)


_FOR_EVER = frozenset(("said", "observed", "adopted"))
"""States that stay: what was in doubt another process may still find unsent."""


@dataclass(slots=True)
class _Sending:
    """The digests of one cycle. `away` is what is wrong with the mail server for all of them."""

    engine: Engine
    now: Moment
    report: Report
    since: Moment
    away: str | None = None
    mailed: bool = False
    composed: dict[bool, Composed] = field(default_factory=dict)

    def send(self, due: Due) -> None:
        """Send a digest by each of its ways that is not settled."""
        self.composed = {}
        keys = keys_of(due, self.engine.book.site)
        if self.engine.digested.get(due.entry.name) == keys:
            return
        known = self.engine.store.letters(list(keys.values()))
        rows = {way: known.get(key) or self._new(due, way, key) for way, key in keys.items()}
        first = [row for row in rows.values() if row.key not in known]
        self.engine.store.write_letters([row for row in first if row.state != "new"])
        for way, row in rows.items():
            waits = row.state == "drafted" or (row.not_before or 0) > self.now or self._may_arrive(row)
            if is_settled(row) or waits or self._lacks_mail(way):
                continue
            if not _is_leads(due, self.engine) and _is_silenced(self.engine, self.now, self.report):
                return
            self._send(due, way, row)
        if all(row.state in _FOR_EVER for row in rows.values()):
            self.engine.digested[due.entry.name] = keys

    def _may_arrive(self, row: LetterRow) -> bool:
        """Whether another process was perhaps sending it just before this one took over."""
        return row.state in ("intended", "doubtful") and is_unsure(self.engine, self.now)

    def _lacks_mail(self, way: str) -> bool:
        """Whether there is no mail server: digests begin to go by mail when there is one."""
        return way in ("mail", DRAFT) and self.engine.post.mailer is None

    def _new(self, due: Due, way: str, key: str) -> LetterRow:
        """The row of a digest that was not thought of before; one that may be sent is `new`, and not kept so."""
        entry, book = due.entry, self.engine.book
        to = person_of(entry.approved_by if way == DRAFT and entry.approved_by else entry.to, book.entries)
        row = LetterRow(key, DIGEST, due.period.kind, to, "new", "", due.due_at, self.now, way=way)
        row = replace(row, version=book.version)
        if due.due_at < self.since:
            return replace(row, state="adopted", because="due before this database began")
        if entry.observe or (book.entries.manners.observe and way not in ("folder", "page")):
            return replace(row, state="observed", because="on observe")
        if entry.approved_by is not None and way != DRAFT:
            return replace(row, state="drafted", because=f"waits for {entry.approved_by}")
        return row

    def _send(self, due: Due, way: str, row: LetterRow) -> None:
        """Send a digest by one way, and keep what became of it."""
        store = self.engine.store
        try:
            if way in ("mail", DRAFT) and self.away is not None:
                raise Unsendable("unreachable", self.away)
            composed = self._compose(due, way, row)
            self.engine.seam("before digest")
            self.engine.fence(True)
            store.write_letters([replace(row, state="intended", because="due", at=self.now, not_before=None)])
            self.mailed |= way in ("mail", DRAFT)
            WAYS[way](self.engine, due, row, composed, self.now)
        except StoreError:
            raise
        except Unsendable as error:
            self._failed(due, row, error)
        except NoRights:
            self._failed(due, row, Unsendable("no_rights", UNDELIVERED["no_rights"], again=False))
        except TooBig:
            self._failed(due, row, Unsendable("too_big", UNDELIVERED["too_big"], again=False))
        except Lost:
            self._doubtful(due, row, UNDELIVERED["lost"])
        except Doubtful:
            self._doubtful(due, row, "the answer was lost")
        except Exception as error:  # one digest never stops another; what it was is reported by type
            self._failed(due, row, Unsendable("unwritten", f"it could not be written ({type(error).__name__})"))
        else:
            store.write_letters([replace(row, state="said", because="due", at=self.now, not_before=None)])
            self.engine.seam("after digest")
            self.report.digests.append(due.entry.name)
            log.info("digest sent", recipient=due.entry.name, way=way)

    def _compose(self, due: Due, way: str, row: LetterRow) -> Composed:
        draft, composer = way == DRAFT, self.engine.post.composer
        if draft not in self.composed:
            assert composer is not None  # noqa: S101 - asked before
            as_of = self._as_of(due) if due.entry.approved_by else self.now
            self.composed[draft] = composer.compose(self.engine.store, self.engine.book, due, as_of, draft=draft)
        return self.composed[draft]

    def _as_of(self, due: Due) -> Moment:
        """When the desk stood as a digest that somebody approves shows it: what they let go is what they read."""
        name, which = f"draft {due.entry.name}", f"{due.period.kind}-{due.period.first}"
        noted, _, at = (self.engine.store.note(name) or "").partition(" ")
        if noted == which:
            return int(at)
        self.engine.store.set_note(name, f"{which} {self.now}")
        return self.now

    def _failed(self, due: Due, row: LetterRow, error: Unsendable) -> None:
        tries = row.tries + 1
        state, again = ("held", again_at(tries, self.now)) if error.again else (error.state, None)
        because = f"{error.word}: {error}"
        kept = replace(row, state=state, because=because, at=self.now, not_before=again, tries=tries)
        self.engine.store.write_letters([kept])
        if error.every:
            self.away = str(error)
        self.report.troubles.append(f"the digest {due.entry.name} by {row.way}: {error}")
        log.warning("digest not sent", recipient=due.entry.name, way=row.way, reason=str(error))

    def _doubtful(self, due: Due, row: LetterRow, why: str) -> None:
        ticket = ticket_of_digests(self.engine) if row.way == "ticket" else None
        again = None if ticket is None else lay_by_doubtful(self.engine, ticket.id, self.now)
        kept = replace(row, state="doubtful", because=f"lost: {why}", at=self.now, not_before=again)
        self.engine.store.write_letters([kept])
        self.report.doubtful += 1
        log.warning("digest doubtful", recipient=due.entry.name, way=row.way)


def drafts(store: Store) -> Mapping[str, tuple[LetterRow, ...]]:
    """The digests that wait for somebody to let them go, by their recipient's name."""
    found: dict[str, tuple[LetterRow, ...]] = {}
    for row in store.letters_in({"drafted"}):
        if row.rule == DIGEST:
            name = row.key.split("/")[-2]
            found[name] = (*found.get(name, ()), row)
    return found


def approve(store: Store, name: str) -> int:
    """Let a recipient's digest go with the next cycle; returns by how many ways, 0 where none waits."""
    rows = drafts(store).get(name, ())
    store.write_letters([replace(row, state="released") for row in rows])
    return len(rows)
