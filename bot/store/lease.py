"""A lease on the right to send: who holds it may, until it ends; whoever took it since has fenced the others off.

The lock of `bot.store.lock` refuses a second bot at once, but may be lost without the first one's notice: a session
of PostgreSQL that ended, a lock file that was removed, a machine that stood still. The lease is a row of the
database, asked for immediately before each sending. Each taking counts its epoch up, so that what was taken by
another since is seen whatever the clocks say.

Clocks decide only how long another waits before it takes what was not given back. On PostgreSQL they are the
server's, which all machines share. On SQLite, which only the processes of one machine can use, it is the time since
that machine started, which nobody can set. A lease that nobody was seen to renew for as long as it lasts, and the
grace beyond, has ended too: a clock that was set back makes nobody wait longer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.force import be_in_force
from bot.store.holder import Holder, is_gone, machine_s
from bot.store.tables import lease

CYCLE = "cycle"
"""The lease on a desk's cycle: reading, judging, and all that is sent."""

Taken = Literal["free", "own", "gone", "expired", "seized"]
"""How a lease was come by: nobody held it; this process let it end; who held it is gone; it had ended long enough;
or it was taken from whom it fenced off."""

_LEAST_S = 60
_MINE = (
    lease.c.name == sa.bindparam("which"),
    lease.c.holder == sa.bindparam("me"),
    lease.c.epoch == sa.bindparam("mine"),
)


_HELD = ("name", "holder", "epoch")


class Fenced(StoreError):
    """Nothing may be sent by this process: the lease on that is another's, or it has ended.

    `wait_s` is for how long it cannot be taken, in seconds, if it is not renewed; `renewed_at` when it last was, by
    the lease's clock. Both are None where it only ended.
    """

    def __init__(self, text: str, wait_s: int | None = None, renewed_at: int | None = None) -> None:
        super().__init__(text)
        self.wait_s = wait_s
        self.renewed_at = renewed_at


class _Row(NamedTuple):
    holder: str
    epoch: int
    at: int
    until_at: int
    now: int


class Lease:
    """A lease called `name`, as `holder` has or wants it; `epoch` is 0 while it has none.

    It lasts `length_s` from each renewal, and is taken over from another when it ended more than `grace_s` ago: twice
    as long as the sending of a request takes at most. `clock` gives its seconds in place of the database's or the
    machine's clock.
    """

    def __init__(
        self,
        store: Database,
        holder: Holder,
        *,
        length_s: int,
        grace_s: int,
        name: str = CYCLE,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.epoch = 0
        self.length_s, self.grace_s = length_s, grace_s
        self._store, self._name, self._holder = store, name, holder
        self._me = msgspec.json.encode(holder).decode()
        self._on_server = clock is None and store.dialect == "postgresql"
        self._one_machine = store.dialect == "sqlite"
        self._counts_up = clock is None and self._one_machine
        self._clock = clock or machine_s
        self._renewed_at = 0
        self._watched: tuple[str, int, int] | None = None
        self._watched_at = 0
        now: sa.ColumnElement[int] = sa.bindparam("now")
        if self._on_server:
            now = sa.cast(sa.func.floor(sa.extract("epoch", sa.func.clock_timestamp())), sa.BigInteger)
        columns = (lease.c.holder, lease.c.epoch, lease.c.at, lease.c.until_at)
        self._select = sa.select(*columns, now.label("now")) if self._on_server else sa.select(*columns)
        self._select = self._select.where(lease.c.name == sa.bindparam("which"))
        self._renew = sa.update(lease).where(*_MINE, lease.c.until_at > now)
        self._renew = self._renew.values(at=now, until_at=now + sa.bindparam("length"))

    @property
    def held(self) -> tuple[str, str, int]:
        """Its name, holder and epoch, as it is held now."""
        return self._name, self._me, self.epoch

    @property
    def is_held(self) -> bool:
        """Whether it is this process's as far as it knows: taken, and not ended since it was last renewed."""
        return self.epoch > 0 and self._age_s() < self.length_s

    def hold(self) -> Taken | None:
        """Make sure that the lease is this process's; returns how it was come by, None where it was held already.

        Right after a renewal this asks nothing. Raises Fenced where it is another's.
        """
        if self.epoch and self._age_s() < self.length_s / 2:
            return None
        if self.epoch:
            try:
                self.check()
            except Fenced:
                return self.take()
            return None
        return self.take()

    def take(self, *, by_force: bool = False) -> Taken:
        """Take the lease, its epoch counted up.

        Raises Fenced where it is another's and has not ended long enough, unless it is to be taken `by_force`: what
        the other was sending may then still be on its way for the grace. Raises NotInForce for a database that is
        left.
        """
        with self._store.transaction():
            be_in_force(self._store)
            row = self._read(lock=True)
            if row is None:
                self._store.write_new(lease, {"name": self._name, "holder": "", "epoch": 0, "at": 0, "until_at": 0})
                row = self._read(lock=True)
                assert row is not None  # noqa: S101 - written, by this process or by another
            how = self._how(row, by_force=by_force)
            values = {"holder": self._me, "epoch": row.epoch + 1, "at": row.now, "until_at": row.now + self.length_s}
            self._store.write(sa.update(lease).where(lease.c.name == self._name).values(**values))
        self.epoch = row.epoch + 1
        self._renewed_at = self._clock()
        self._watched = None
        return how

    def check(self) -> None:
        """Ask the database whether the lease is this process's now, and renew it in its second half.

        Raises Fenced where it is another's, or has ended: then it is to be taken anew.
        """
        row = self._read()
        if row is None or (row.holder, row.epoch) != (self._me, self.epoch):
            raise self._lost("another piletibot has taken over this database")
        if row.until_at <= row.now:
            raise self._lost(f"the lease ended {row.now - row.until_at} s ago, while this process stood still")
        if row.until_at - row.now < self.length_s / 2:
            self.renew()

    def keep(self) -> None:
        """Renew the lease if it is in its second half; before that, and without one, ask nothing."""
        if self.epoch and self._age_s() >= self.length_s / 2:
            self.check()

    def renew(self, after_s: float = 0.0) -> None:
        """Renew the lease, in the transaction under way, if the last time was `after_s` ago. Raises as `check`."""
        if self._age_s() < after_s:
            return
        values = {"which": self._name, "me": self._me, "mine": self.epoch, "length": self.length_s}
        with self._store.transaction():
            if self._store.write(self._renew, [values if self._on_server else {**values, "now": self._clock()}]) != 1:
                raise self._lost("the lease on this database has ended, or another piletibot has it")
        self._renewed_at = self._clock()

    def is_sure(self) -> bool:
        """Whether the lease is still this process's: nobody can have taken it since the last check or renewal."""
        try:
            self.check()
        except Fenced:
            return False
        return True

    def guard(self) -> Callable[[Connection], None]:
        """Give what `Database.guarded` takes: it raises Fenced once another has counted the epoch of now up.

        Whoever takes the lease waits until a transaction that was let begin has ended.
        """
        held = [*self._over(), (self._name, self._me, self.epoch)]
        mine = [sa.and_(*(lease.c[word] == value for word, value in zip(_HELD, each, strict=False))) for each in held]
        asked = sa.select(lease.c.name).where(sa.or_(*mine)).order_by(lease.c.name).with_for_update(read=True)

        def let(connection: Connection) -> None:
            if len(connection.execute(asked).all()) != len(held):
                raise self._lost("another piletibot has taken over")

        return let

    def _over(self) -> list[tuple[str, str, int]]:
        """The names, holders and epochs of leases that this one rests on."""
        return []

    def give_back(self) -> None:
        """Let the next one take the lease at once; what is another's stays so. Nothing may be under way."""
        if self.epoch:
            values = {"which": self._name, "me": self._me, "mine": self.epoch}
            given = sa.update(lease).where(*_MINE).values(holder="")
            self._store.write(given, [values])
            self.epoch = 0

    def _how(self, row: _Row, *, by_force: bool) -> Taken:
        try:
            return self._why(row)
        except Fenced:
            if not by_force:
                raise
            return "seized"

    def _why(self, row: _Row) -> Taken:
        """How the lease may be come by. Raises Fenced where it may not be."""
        if row.holder == "":
            return "free"
        if row.holder == self._me:
            return "own"
        try:
            other = msgspec.json.decode(row.holder, type=Holder)
        except msgspec.DecodeError:
            raise StoreError("the lease in the database is damaged") from None
        if is_gone(other, self._holder, one_machine=self._one_machine):
            return "gone"
        if self._counts_up and row.at > row.now:  # the machine was started anew since
            return "gone"
        seen = (row.holder, row.epoch, row.at)
        if self._watched != seen:
            self._watched, self._watched_at = seen, self._clock()
        watched_s = self._clock() - self._watched_at
        wait_s = min(row.until_at + self.grace_s - row.now, self.length_s + self.grace_s - watched_s)
        if wait_s < 0:
            return "expired"
        raise Fenced(
            f"another piletibot works on this database ({other}); what it does not renew can be taken over in "
            f"{wait_s + 1} s",
            wait_s + 1,
            row.at,
        )

    def _lost(self, why: str) -> Fenced:
        self.epoch = 0
        return Fenced(why)

    def _age_s(self) -> float:
        return self._clock() - self._renewed_at

    def _read(self, *, lock: bool = False) -> _Row | None:
        statement = self._select.with_for_update() if lock else self._select
        rows = self._store.rows(statement, which=self._name)
        if not rows:
            return None
        given = rows[0]._mapping
        return _Row(**given) if self._on_server else _Row(**given, now=self._clock())


class PartLease(Lease):
    """The lease on a project of the desk, for a part of the cycle of whoever holds the lease on the desk.

    `over` are that one's name, holder and epoch, as `Lease.held` gives them: once another has taken over the desk,
    or the same has begun anew, this lease is lost too.
    """

    def __init__(self, store: Database, holder: Holder, over: tuple[str, str, int], **given: Any) -> None:
        super().__init__(store, holder, **given)
        self._rests_on = over
        name, its_holder, epoch = over
        self._still = sa.select(lease.c.name).where(
            lease.c.name == name, lease.c.holder == its_holder, lease.c.epoch == epoch
        )

    def check(self) -> None:
        """As `Lease.check`, asking for the lease on the desk too."""
        super().check()
        if self._store.value(self._still) is None:
            raise self._lost("another piletibot has taken over the desk, or its cycle has ended")

    def _over(self) -> list[tuple[str, str, int]]:
        return [self._rests_on]


def name_of(project: str) -> str:
    """The name of the lease on a project of the desk."""
    return f"project {project}"


def lengths(poll_s: float, timeout_s: float) -> tuple[int, int]:
    """How long a lease lasts and the grace after it, in seconds, by how often is polled and how long a request takes.

    It outlasts the pause between two cycles, and any single request with the waiting before it.
    """
    return ceil(3 * max(_LEAST_S, poll_s, timeout_s)), ceil(2 * timeout_s)
