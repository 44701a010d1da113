"""The archive: reports on periods as they were first gathered, by kind of period and first day, compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.kpi.period import Kind
from bot.core.ticket import Moment
from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.tables import archive

_HEAD = (archive.c.kind, archive.c.first, archive.c.as_of, archive.c.version)
_WHICH = (archive.c.kind == sa.bindparam("which"), archive.c.first == sa.bindparam("first_day"))
_HEADS = sa.select(*_HEAD).order_by(archive.c.first.desc(), archive.c.kind)
_REPORT = sa.select(archive).where(*_WHICH)
_KEPT = sa.select(archive.c.as_of).where(*_WHICH)
_BEFORE = (
    sa.select(archive)
    .where(archive.c.kind == sa.bindparam("which"), archive.c.first < sa.bindparam("first_day"))
    .order_by(archive.c.first.desc())
    .limit(sa.bindparam("many"))
)


class ReportHead(NamedTuple):
    """Which report is kept: its kind of period, the period's first day, and as of when by which rulebook it is."""

    kind: Kind
    first: date
    as_of: Moment
    version: str


class ReportRow(NamedTuple):
    """A report as it is kept; `body` is the whole of it as JSON, `definitions` the versions of its indicators'."""

    head: ReportHead
    definitions: Mapping[str, int]
    body: bytes


class Archive(Database):
    """The reports that an open store keeps. Every answer is for the team's eyes: a report is cut for its reader."""

    def keep_report(self, row: ReportRow, *, anew: bool = False) -> bool:
        """Keep a report; where one on the same period is kept already only `anew`. Returns whether it is kept now."""
        with self.transaction():
            if not anew and self.value(_KEPT, which=row.head.kind, first_day=row.head.first.isoformat()) is not None:
                return False
            self.upsert(archive, [_written(row)])
        return True

    def report_of(self, kind: Kind, first: date) -> ReportRow | None:
        """Return the report on the period of this kind and first day; None where none is kept."""
        rows = self.rows(_REPORT, which=kind, first_day=first.isoformat())
        return _read(rows[0]) if rows else None

    def reports(self) -> list[ReportHead]:
        """Return which reports are kept, by first day, the newest first."""
        return [_head(row) for row in self.rows(_HEADS)]

    def reports_before(self, kind: Kind, first: date, many: int) -> Iterator[ReportRow]:
        """Yield the last `many` reports on periods of a kind before this first day, the oldest first."""
        yield from map(_read, reversed(self.rows(_BEFORE, which=kind, first_day=first.isoformat(), many=many)))


def _written(row: ReportRow) -> dict[str, Any]:
    head = row.head._asdict() | {"first": row.head.first.isoformat()}
    definitions = msgspec.json.encode(dict(sorted(row.definitions.items()))).decode()
    return {**head, "definitions": definitions, "body": zlib.compress(row.body)}


def _head(row: sa.Row[Any]) -> ReportHead:
    return ReportHead(row.kind, date.fromisoformat(row.first), row.as_of, row.version)


def _read(row: sa.Row[Any]) -> ReportRow:
    try:
        return ReportRow(_head(row), msgspec.json.decode(row.definitions), zlib.decompress(row.body))
    except (zlib.error, msgspec.DecodeError):
        raise StoreError(f"the report kept on the {row.kind} from {row.first} is damaged") from None
