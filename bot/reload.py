"""A changed rulebook taken over without a restart: noticed, checked, told to the lead, and put in force in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import structlog

from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.core.steps import At, Count, Lines, Step, Value
from bot.core.ticket import Moment
from bot.engine.difference import Ready, difference, values_of
from bot.engine.engine import Engine
from bot.engine.notices import can_tell, is_mute, may_tell, notice, told_at
from bot.engine.tracker import Denied, Throttled, Unreachable
from bot.rulefiles import Look, look
from bot.settings import Misconfigured
from bot.start import BrokenRulebook, Desk, placed
from bot.store.errors import StoreError
from bot.working_copy import commit_of, is_busy, pull

log = structlog.get_logger()

AGAIN_S = 1800
"""How long after a refusal a rulebook is tried once more, since what was missing may be there: in seconds."""

_SHOWN = 20
_LONG_S = 600


@dataclass(slots=True)
class _Coming:
    """A rulebook that is to take effect: what is told of it, and when it does, once that is known."""

    ready: Ready
    commit: str | None
    said: Step | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    effective_at: Moment | None = None
    waiting: bool = False


@dataclass
class Reload:
    """Called before every cycle, it keeps the engine's rulebook that of the folder.

    `folders` are the common one and the desk's own. `read` gives the desk that the files say, raising Misconfigured;
    `tie` makes it ready for the tracker, raising that, Unreachable and Denied. `seen` are the files as they were
    before the rulebook in force was read. A change takes effect `notice_s` after it was told. With `pull_s` Git is
    asked that often for what is new.
    """

    engine: Engine
    folders: Sequence[Path]
    read: Callable[[], Desk]
    tie: Callable[[Desk], Ready]
    seen: Look
    notice_s: int = 900
    pull_s: int = 0
    _before: Look | None = None
    _at_once: bool = False
    _again_at: Moment | None = None
    _wait_until: Moment = 0
    _pulled_at: Moment | None = None
    _pull_failed: str | None = None
    _unread: str | None = None
    _busy_since: Moment | None = None
    _refused: tuple[str, ...] = ()
    _coming: _Coming | None = None
    _kept: tuple[Look, Desk] | None = None
    _told: list[Step] = field(default_factory=list)
    _last_at: Moment = 0

    def __call__(self, now: Moment, asked: bool = False) -> None:
        """Look at the files, and do what their change asks for; `asked` by a person, all of it at once.

        Raises StoreError, and Denied as `tie` does.
        """
        self._at_once = asked or self._at_once
        try:
            self._pull(now)
            self._heed_files(now)
            self._proceed(now)
        except Unreachable as error:
            self._wait(error, now)
        except (Denied, StoreError):
            raise
        except Exception as error:  # the rulebook in force stays, and the cycle goes on
            log.error("the rulebook's change cannot be taken over", error=type(error).__name__)

    @property
    def is_refusing(self) -> bool:
        """Whether the files hold a rulebook that was refused."""
        return bool(self._refused)

    @property
    def is_coming(self) -> bool:
        """Whether a changed rulebook is told of and not in force yet."""
        return self._coming is not None

    @property
    def _own(self) -> Path:
        return self.folders[-1]

    def _pull(self, now: Moment) -> None:
        if not self.pull_s or (self._pulled_at is not None and now - self._pulled_at < self.pull_s):
            return
        self._pulled_at = now
        failed = pull(self._own, self.engine.stopping)
        if failed and failed != self._pull_failed:
            log.warning("git pull failed", reason=failed)
        elif self._pull_failed and not failed:
            log.info("git pull works again")
        self._pull_failed = failed

    def _heed_files(self, now: Moment) -> None:
        if now < self._wait_until or self._git_is_busy(now):
            return
        files = look(self.folders)
        stands_still, self._before = files == self._before, files
        again = self._again_at is not None and now >= self._again_at
        if self._at_once or again or (stands_still and files != self.seen):
            self._consider(files, now)

    def _git_is_busy(self, now: Moment) -> bool:
        if not is_busy(self._own):
            self._busy_since = None
            return False
        if self._busy_since is None:
            self._busy_since = now
        elif self._busy_since <= now - _LONG_S:
            self._busy_since = now
            log.warning("git has not finished in the rulebook's folder, so it is not read")
        return True

    def _consider(self, files: Look, now: Moment) -> None:
        """Read what the files say. What they say while somebody writes is not believed."""
        coming, problems = None, None
        try:
            coming = self._read(files)
        except Misconfigured as error:
            problems = error.problems
        except OSError:
            return
        if not self._is_as(files):
            return
        at_once, self._at_once = self._at_once, False
        self.seen, self._unread, self._kept = files, None, None
        self._again_at = None if problems is None else now + AGAIN_S
        if problems is not None:
            self._refuse(problems, now, at_once=at_once)
        elif coming is None:
            if at_once:
                log.info("nothing of the rulebook has changed", rulebook=self.engine.book.version)
            self._restore(now)
        elif self._coming is None or at_once or coming.ready.book.version != self._coming.ready.book.version:
            self._drop()
            self._refused = ()
            self._announce(coming, now, at_once=at_once)

    def _read(self, files: Look) -> _Coming | None:
        """What the files say, tied to the tracker; None where that is in force. Raises as `read` and `tie` do.

        While the tracker is away what was read is kept, and read again only when the files are others.
        """
        book = self.engine.book
        try:
            desk = self._kept[1] if self._kept and self._kept[0] == files else self.read()
        except BrokenRulebook as error:
            raise _told_of(error, error.sound.entries if error.sound else book.entries) from None
        same = desk.book.version == book.version
        if same and not self._at_once:
            return None
        if desk.book.entries.desk != book.entries.desk:
            text = f"the desk's name is permanent; it is '{book.entries.desk}', and a restart takes another over"
            raise Misconfigured(*placed([Finding(("desk",), text)], self._own))
        try:
            ready = self.tie(desk)
        except Misconfigured as error:
            raise _told_of(error, desk.book.entries) from None
        except Unreachable:
            self._kept = (files, desk) if self._is_as(files) else None
            raise
        if same and ready.facts == self.engine.facts:
            self.engine.tracker = ready.tracker  # it asks as the configuration says now
            self.engine.accounts = ready.accounts
            return None
        return _Coming(ready, commit_of(self._own))

    def _is_as(self, files: Look) -> bool:
        return look(self.folders) == files and not is_busy(self._own)

    def _wait(self, error: Unreachable, now: Moment) -> None:
        """What the tracker has cannot be read now: all of it is tried again, when the tracker may be asked."""
        self._wait_until = now + (ceil(error.retry_after_s) if isinstance(error, Throttled) else 0)
        if self._unread != str(error):
            self._unread = str(error)
            log.warning("tracker unreachable, the changed rulebook waits", reason=str(error))

    # What becomes of a change.

    def _refuse(self, problems: Sequence[str], now: Moment, *, at_once: bool) -> None:
        lines = tuple(problem.replace(f"{self._own}/", "").replace(str(self._own), ".") for problem in problems)
        news = lines != self._refused
        if not news and not at_once:
            return
        log.warning("rulebook refused, the one in force stays", rulebook=self.engine.book.version, errors=lines)
        if not news:
            return
        self._drop()
        self._refused = lines
        values: dict[str, Value] = {"errors": Lines(lines[:_SHOWN]), "version": self.engine.book.version}
        if len(lines) > _SHOWN:
            values["more"] = Count(len(lines) - _SHOWN)
        self._tell("rulebook_refused", values, now)

    def _restore(self, now: Moment) -> None:
        """The files are again what is in force: nothing comes, and whoever was told otherwise is told that."""
        if self._coming is None and not self._refused:
            return
        self._drop()
        self._refused = ()
        log.info("the rulebook's files are again those in force", rulebook=self.engine.book.version)
        if any(told_at(self.engine, step) is not None for step in self._told):
            self._tell("rulebook_restored", {"version": self.engine.book.version}, now)
        self._told.clear()

    def _announce(self, coming: _Coming, now: Moment, *, at_once: bool) -> None:
        if coming.ready.book.version == self.engine.book.version:
            log.info("what the tracker has is read anew", rulebook=coming.ready.book.version)
            self._put_in_force(coming.ready)
        elif at_once:
            step = self._made("rulebook_changed", self._compared_at_once(coming, now), now)
            self._put_in_force(coming.ready)
            self._say(step)
        else:
            self._coming = coming

    def _proceed(self, now: Moment) -> None:
        """Tell of what is coming when that may be said, and put it in force when its time has come."""
        coming, engine = self._coming, self.engine
        if coming is None:
            return
        if coming.effective_at is None:
            self._tell_of(coming, now)
        if coming.effective_at is not None and now >= coming.effective_at:
            untold = coming.said is None or any(step.key == coming.said.key for step in engine.notices)
            step = self._made("rulebook_changed", coming.values, now) if untold else None
            self._drop()
            self._put_in_force(coming.ready)
            self._say(step)

    def _tell_of(self, coming: _Coming, now: Moment) -> None:
        engine = self.engine
        if coming.said is not None and coming.said not in engine.notices:
            # Said, or refused by the tracker: then the log has told it alone.
            coming.effective_at = (told_at(engine, coming.said) or now) + self.notice_s
        elif is_mute(engine) or not can_tell(engine):
            coming.values = coming.values or self._compared(coming, now + self.notice_s)
            coming.effective_at = now + self.notice_s
        elif not may_tell(engine, now):
            if not coming.waiting:
                opening = engine.book.calendar.next_opening(now)
                until = datetime.fromtimestamp(opening, UTC).isoformat(timespec="seconds")
                version = coming.ready.book.version
                log.info("rulebook changed, told when the desk opens", rulebook=version, until=until)
            coming.waiting = True
        else:
            coming.values = coming.values or self._compared(coming, now + self.notice_s)
            values = {**coming.values, "effective": At(now + self.notice_s)}
            if coming.said is None:
                coming.said = self._say(self._made("rulebook_changed", values, now))
                if coming.said is None:  # the control ticket is not in the mirror
                    coming.effective_at = now + self.notice_s
            else:
                at = engine.notices.index(coming.said)
                coming.said = engine.notices[at] = replace(coming.said, values=values)

    def _compared_at_once(self, coming: _Coming, now: Moment) -> dict[str, Value]:
        try:
            return self._compared(coming, now)
        except Unreachable:
            return {"version": coming.ready.book.version}

    def _compared(self, coming: _Coming, at: Moment) -> dict[str, Value]:
        found = difference(self.engine, coming.ready, at)
        values = values_of(found, coming.ready, self.engine, coming.commit)
        log.info(
            "rulebook changed",
            rulebook=coming.ready.book.version,
            before=self.engine.book.version,
            commit=values.get("commit"),
            added=values.get("added"),
            removed=values.get("removed"),
            altered=values.get("altered"),
            renamed=values.get("renamed"),
            sections=values.get("sections"),
            gained=values.get("gained"),
            lost=values.get("lost"),
            recorded=values.get("recorded"),
            withdrawn=values.get("withdrawn"),
            comments=found.comments,
            ceiling=found.ceiling,
        )
        return values

    def _put_in_force(self, ready: Ready) -> None:
        """From the next cycle on; what the engine remembers besides the rules stays as it is."""
        engine, before = self.engine, self.engine.book.version
        engine.seam("before swap")
        engine.book, engine.messages, engine.tracker, engine.facts, engine.accounts = ready
        self._refused = ()
        self._told.clear()
        engine.seam("after swap")
        log.info("rulebook in force", rulebook=ready.book.version, before=before)

    # What the lead is told.

    def _tell(self, say: str, values: Mapping[str, Value], now: Moment) -> None:
        self._say(self._made(say, values, now))

    def _made(self, say: str, values: Mapping[str, Value], now: Moment) -> Step | None:
        self._last_at = max(now, self._last_at + 1)  # a notice is known by its moment
        return notice(self.engine, say, "the files of the rulebook changed", values, self._last_at)

    def _say(self, step: Step | None) -> Step | None:
        if step is not None:
            self.engine.notices.append(step)
            self._told.append(step)
        return step

    def _drop(self) -> None:
        """What was to be told of an earlier change is past."""
        self._coming = None
        told = {step.key for step in self._told}
        self.engine.notices[:] = [step for step in self.engine.notices if step.key not in told]


def _told_of(error: Misconfigured, entries: Entries) -> Misconfigured:
    """The same mistakes as they may be told: people are words of the rulebook, not accounts."""
    return Misconfigured(*(_without_accounts(problem, entries) for problem in error.problems))


def _without_accounts(problem: str, entries: Entries) -> str:
    for person in entries.people:
        account = person.account
        for own in (account,) if isinstance(account, str) else (account.cloud, account.dc):
            problem = problem.replace(repr(own), f"'~{person.person}'")
    return problem
