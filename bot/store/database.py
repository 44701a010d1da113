"""Transactions, reads and writes on an open database: what every table of the store needs.

A statement of every cycle is built once, as building it takes longer than executing it; its values are bound.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from bot.store.errors import Hindered, StoreError, told

if TYPE_CHECKING:
    from bot.core.incidents import Came

PAGE = 500
"""How many ids one statement names, and how many rows an iterator fetches at once."""

T = TypeVar("T")

Rows = Sequence[dict[str, Any]]


class _Mine(threading.local):
    """The transaction under way in this thread."""

    connection: Connection | None = None
    wrote = False
    failed = False
    guard: Callable[[Connection], None] | None = None


class Database:
    """An open database; `writes` counts the transactions that changed something.

    `turned` counts the steps and letters that were written in a state, as `step` or `letter`, by rule and state.
    `counted` is how the tickets that came lately count towards bursts, by a rulebook's version and their ids, each
    with what tells whether it was mirrored anew since.
    """

    def __init__(self, engine: Engine, url: URL) -> None:
        self.writes = 0
        self.turned: Counter[tuple[str, str, str]] = Counter()
        self.counted: dict[str, dict[str, tuple[object, Came | None]]] = {}
        self._url = url
        self._engine = engine
        self._writer = engine.execution_options(writing=True)
        self._passing = engine.execution_options(writing=True, passing=True)
        alone = {"alone": True} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._alone = engine.execution_options(**alone)
        self._mine = _Mine()

    def count_anew(self, ids: Iterable[str]) -> None:
        """Forget how these tickets count, of which something else than their version has changed."""
        for ticket_id in ids:
            for counted in self.counted.values():
                counted.pop(ticket_id, None)

    @property
    def dialect(self) -> str:
        """Which database it is: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside a transaction."""
        return self._mine.connection is not None

    @property
    def engine(self) -> Engine:
        """What connects to it."""
        return self._engine

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[None]:
        """Let all calls inside commit together, or none: an exception that leaves the block undoes them.

        Once a call inside has failed so does the whole, with StoreError, even where the block went on. Where it need
        not be `lasting`, a file does not wait for its disk: if the power is lost before the next that does wait, this
        one has not happened. A killed process loses nothing.
        """
        mine = self._mine
        if mine.connection is not None:
            with self._joined():
                yield
            return
        with self._told(), (self._writer if lasting else self._passing).begin() as connection:
            mine.connection, mine.wrote, mine.failed = connection, False, False
            try:
                if mine.guard is not None:
                    mine.guard(connection)
                yield
            finally:
                mine.connection = None
            if mine.failed:
                raise StoreError("nothing was written, as a part of the transaction had failed")
        self.writes += mine.wrote

    @contextmanager
    def guarded(self, guard: Callable[[Connection], None] | None) -> Iterator[None]:
        """Let this thread write nothing inside unless `guard`, called in each transaction first, lets it."""
        before, self._mine.guard = self._mine.guard, guard
        try:
            yield
        finally:
            self._mine.guard = before

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to read from: that of the transaction under way, or one of its own."""
        if self._mine.connection is not None:
            with self._joined():
                yield self._mine.connection
        else:
            with self._told(), self._engine.connect() as connection:
                yield connection

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        """As `reading`, for one question, around which nothing has to be begun and ended."""
        if self._mine.connection is not None:
            with self._joined():
                yield self._mine.connection
        else:
            with self._told(), self._alone.connect() as connection:
                yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """As `told`; what hinders a file is looked at with new connections the next time."""
        try:
            with told(self._url):
                yield
        except Hindered:
            if self._url.database not in (None, "", ":memory:"):
                self._engine.dispose()
            raise

    @contextmanager
    def _joined(self) -> Iterator[None]:
        try:
            with told(self._url):
                yield
        except StoreError:
            self._mine.failed = True
            raise

    def plain(self, statement: sa.Select[Any]) -> Sequence[tuple[Any, ...]]:
        """Return what a statement without values, of numbers and texts alone, selects.

        Outside a transaction SQLite is asked past SQLAlchemy, which takes longer to ask this than the answer does.
        """
        if self.in_transaction or self.dialect != "sqlite":
            return [tuple(row) for row in self.rows(statement)]
        with self._told():
            connection = self._engine.raw_connection()
            try:
                return list(connection.driver_connection.execute(_written(statement)))  # type: ignore[union-attr]
            finally:
                connection.close()

    def rows(self, statement: sa.Select[Any], **values: Any) -> Sequence[sa.Row[Any]]:
        """Return what a statement selects with these values."""
        with self._asking() as connection:
            return connection.execute(statement, values).all()

    def value(self, statement: sa.Select[Any], **values: Any) -> Any:
        """Return the first column of the first row that a statement selects with these values; None without any."""
        with self._asking() as connection:
            return connection.execute(statement, values).scalar()

    def select(self, statement: sa.Select[Any], ids: Sequence[str]) -> list[sa.Row[Any]]:
        """Return the rows that a statement made by `among` selects for these ids."""
        lists = (msgspec.json.encode(page).decode() for page in pages(ids))
        return [row for listed in lists for row in self.rows(statement, ids=listed)]

    def write(self, statement: sa.Insert | sa.Update | sa.Delete, rows: Rows = ()) -> int:
        """Execute the statement, once for each of the rows if there are any; returns how many rows it changed."""
        with self.transaction():
            assert self._mine.connection is not None  # noqa: S101 - just opened
            done = self._mine.connection.execute(
                statement, rows or None, execution_options={"preserve_rowcount": True}
            )
            changed: int = done.rowcount
            self._mine.wrote |= changed > 0
        return changed

    def write_new(self, table: sa.Table, row: dict[str, Any]) -> None:
        """Insert a row unless there is one with its key."""
        if self.dialect == "sqlite":
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        self.write(insert(table).on_conflict_do_nothing(), [row])

    def upsert(self, table: sa.Table, rows: Rows, unless_same: str | None = None) -> None:
        """Insert the rows or write them over those there; with `unless_same` only where that column differs."""
        self.write(_upsert(self._engine.dialect.name, table, tuple(rows[0]), unless_same), rows)


@cache
def _written(statement: sa.Select[Any]) -> str:
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


@cache
def _upsert(dialect: str, table: sa.Table, names: tuple[str, ...], unless_same: str | None) -> sa.Insert:
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    new = insert(table)
    keys = table.primary_key.columns
    return new.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: new.excluded[name] for name in names if name not in keys},
        where=None if unless_same is None else table.c[unless_same] != new.excluded[unless_same],
    )


def among(columns: sa.Select[Any], id_: sa.Column[str]) -> sa.Select[Any]:
    """Make a statement for `Database.select`: the rows whose `id_` is one of the ids."""
    return columns.where(id_.op("IN", is_comparison=True)(_Listed(sa.bindparam("ids", type_=sa.Text))))


class _Listed(sa.sql.functions.FunctionElement[str]):
    """The texts of a list written as JSON: one value, however long it is, so that the statement stays the same."""

    inherit_cache = True
    type = sa.Text()


@compiles(_Listed, "sqlite")
def _listed_in_sqlite(listed: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(listed.clauses, **options)}))"  # noqa: S608 - a placeholder


@compiles(_Listed, "postgresql")
def _listed_in_postgresql(listed: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(listed.clauses, **options)} AS JSON)))"


def pages(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the ids, or rows, `PAGE` at a time."""
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]
