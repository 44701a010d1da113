"""Everything a cycle needs, in one place: the seams to the tracker, the store, the texts and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from bot.core.desk import Desk
from bot.core.letters import Letter
from bot.core.owners import NOBODY
from bot.core.retention import Retention
from bot.core.rulebook import Rulebook
from bot.core.steps import Step
from bot.core.ticket import Moment
from bot.engine.accounts import Accounts
from bot.engine.desk import desk_of
from bot.engine.digesting import Composer, Folder
from bot.engine.given import last, loads
from bot.engine.mailer import Mailer
from bot.engine.overlap import Overlap
from bot.engine.sketches import Sketches
from bot.engine.tracker import Tracker
from bot.store.journal import Journal
from bot.store.lease import Lease
from bot.store.store import Store
from bot.texts import Messages

if TYPE_CHECKING:
    from bot.engine.judging import Deeds, Judged


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how much: seconds and counts, from the configuration.

    So many tickets are read at once as `read_size` says, and judged at once as `page_size` does. Sweeps are made in
    stretches of `reconcile_s` that begin `reconcile_offset_s` after the hour of all clocks.
    """

    overlap_s: int = 300
    reconcile_s: int = 1800
    reconcile_offset_s: int = 0
    settle_s: int = 10
    refused_s: int = 24 * 3600
    read_size: int = 100
    page_size: int = 1000


@dataclass(frozen=True, slots=True)
class Post:
    """How letters leave: the mail server, everybody's address by their word, and the address before a key.

    Without a mail server, or an address, a letter is a comment on the desk's ticket. Digests are written by the
    `composer`, and their files go into the `folder`; without a composer none is sent.
    """

    mailer: Mailer | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    browse: str = ""
    composer: Composer | None = None
    folder: Folder | None = None

    def reaches(self, person: str) -> bool:
        """Whether there is mail for a person."""
        return self.mailer is not None and person in self.addresses


@dataclass(slots=True)
class Spent:
    """What the bot itself cost that is not kept yet, by the desk's days.

    `requests` tells how many were sent in all, of which `before` are counted.
    """

    requests: Callable[[], int] = field(default=lambda: 0)
    before: int = 0
    amounts: dict[date, Counter[str]] = field(default_factory=dict)


class Hands(Protocol):
    """Who does the parts of a cycle that are handed out, where several processes work on a desk."""

    def begun(self, engine: Engine, now: Moment) -> AbstractContextManager[None]:
        """Begin a cycle under the lease that was taken: what an earlier one handed out is over."""

    def judge(self, engine: Engine, ids: Sequence[str], now: Moment, report: Report) -> Judged:
        """As `bot.engine.judging.judge_these`."""

    def carry_out(self, engine: Engine, deeds: Deeds, now: Moment, report: Report) -> None:
        """As `bot.engine.judging.carry_out`."""


@dataclass(slots=True)
class Engine:
    """One desk's bot. `facts` is the fingerprint of the mapping that reads tickets.

    `seam` is called at the named points where a process may be killed without a step being said twice or lost; tests
    kill it there. `stopping` tells whether the bot was told to stop. `tried` are the versions of tickets that could
    not be read, by id: only the sweep asks for these again. `overlap` is what the last poll saw and stored. `clock`
    tells how late it has become in a long cycle; without one a cycle takes no time. `doubts` counts a ticket's writes
    whose answer was lost, by its id, since the last that was confirmed. `notices` are what the lead is yet to be told
    on the control ticket, `given` the persons to whom the bot assigned tickets, by ticket, until the mirror shows it.
    `sketches` tell which open tickets are alike. `spent` is what the bot itself cost. `lease` is asked before each
    sending; without one nobody else can work on the store. Until `unsure_until` what another process was sending when
    it ended may still arrive. `asked` tells when in this cycle the off-switch was asked about what, `audited` up to
    which ticket the audit has come. `digested` are the keys of each recipient's last digest with which nothing more
    is to be done. `retention` is how long what the bot keeps lives; None for ever. `away_since` is
    when the tracker went away, while it is. `journal` knows which letters were begun, also those of which the store
    does not know. Where several processes work on the desk, the one that keeps it has `hands` to which it gives the
    parts of its cycle; in whose hands such a part is, its engine is a `part`. `accounts` is what tying the rulebook
    found out about people's accounts, until a cycle has kept it.
    """

    tracker: Tracker
    store: Store
    book: Rulebook
    messages: Messages
    facts: str
    pace: Pace = Pace()
    seam: Callable[[str], None] = field(default=lambda name: None)
    stopping: Callable[[], bool] = field(default=lambda: False)
    clock: Callable[[], Moment] | None = None
    doubts: Counter[str] = field(default_factory=Counter)
    tried: dict[str, int] = field(default_factory=dict)
    overlap: Overlap = field(default_factory=Overlap)
    notices: list[Step] = field(default_factory=list)
    post: Post = Post()
    given: dict[str, str] = field(default_factory=dict)
    sketches: Sketches = field(default_factory=Sketches)
    spent: Spent = field(default_factory=Spent)
    lease: Lease | None = None
    unsure_until: Moment = 0
    retention: Retention | None = None
    asked: dict[str, Moment] = field(default_factory=dict)
    away_since: Moment | None = None
    audited: str = ""
    digested: dict[str, Mapping[str, str]] = field(default_factory=dict)
    journal: Journal | None = None
    hands: Hands | None = None
    part: bool = False
    accounts: Accounts | None = None

    def fence(self, writes: bool) -> None:
        """Raise Fenced unless this process may send; before what only asks, keep the lease from ending meanwhile."""
        if self.lease is not None:
            if writes:
                self.lease.check()
            else:
                self.lease.keep()

    def claim(self, keys: Sequence[str], now: Moment) -> bool:
        """Claim the sending of steps intended at `now`, where several processes work on the desk; once for ever."""
        if self.lease is None or (self.hands is None and not self.part):
            return True
        with self.store.transaction():
            return all(self.store.claim(key, now, self.lease.epoch) for key in keys)

    def desk(self, now: Moment) -> Desk:
        """What judging a ticket needs now that crosses tickets."""
        desk = replace(desk_of(self.store, self.book), alike=self.sketches.alike(self.store, self.book))
        if all(queue.owner == NOBODY for queue in self.book.entries.queues):
            return desk
        return replace(desk, loads=loads(self.store, self.book, self.given), last=last(self.store, self.book))


@dataclass(slots=True)
class Report:
    """What one cycle did.

    `said` holds the steps of each comment written, `letters` those that were sent, `digests` the names of the
    recipients to whom one went, once for each way. `slowed` tells which kinds of requests the tracker wants to wait.
    Where it is `denied` the account was not let in.
    `failing` are the checks of the audit that found what it could not mend.
    """

    at: Moment
    changed: int = 0
    judged: int = 0
    said: list[tuple[Step, ...]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    amended: list[Step] = field(default_factory=list)
    observed: int = 0
    adopted: int = 0
    held: int = 0
    withdrawn: int = 0
    batched: int = 0
    doubtful: int = 0
    gone: int = 0
    removed: int = 0
    troubles: list[str] = field(default_factory=list)
    slowed: list[str] = field(default_factory=list)
    unreachable: str | None = None
    denied: bool = False
    retry_after_s: float = 0.0
    failing: list[str] = field(default_factory=list)

    def record(self, steps: Sequence[Step]) -> None:
        """Count steps that were only recorded."""
        self.observed += len(steps)
