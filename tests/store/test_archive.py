"""What is kept of reports: the first on each period, whole, on every database."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from bot.store.store import ReportHead, ReportRow, Store, StoreError


def row(kind: str, first: str, as_of: int = 5, body: bytes = b"{}") -> ReportRow:
    return ReportRow(ReportHead(kind, date.fromisoformat(first), as_of, "v1"), {"b": 2, "a": 1}, body)


KEPT = [row("day", "2026-12-14"), row("week", "2026-12-07"), row("day", "2026-12-11"), row("day", "2026-12-15")]


@pytest.fixture
def archive(store: Store) -> Store:
    for each in KEPT:
        assert store.keep_report(each)
    return store


def test_a_report_comes_back_as_it_was_kept(store):
    body = '{"desk": "ä"}'.encode() * 1000
    assert store.keep_report(row("quarter", "2026-10-01", 7, body))
    assert store.report_of("quarter", date(2026, 10, 1)) == row("quarter", "2026-10-01", 7, body)
    with store.reading() as connection:
        (kept,) = connection.exec_driver_sql("SELECT body FROM archive").scalars()
    assert len(bytes(kept)) < len(body) / 10


def test_the_first_report_on_a_period_stays(archive):
    assert not archive.keep_report(row("day", "2026-12-14", as_of=6))
    assert archive.report_of("day", date(2026, 12, 14)) == KEPT[0]


def test_what_is_kept_is_listed_newest_first(archive):
    listed = [(each.kind, each.first.isoformat()) for each in archive.reports()]
    assert listed == [("day", "2026-12-15"), ("day", "2026-12-14"), ("day", "2026-12-11"), ("week", "2026-12-07")]


@pytest.mark.parametrize(
    ("first", "many", "found"),
    [
        ("2026-12-15", 5, ["2026-12-11", "2026-12-14"]),
        ("2026-12-15", 1, ["2026-12-14"]),
        ("2026-12-11", 5, []),
    ],
)
def test_those_before_a_period_are_of_its_kind(archive, first, many, found):
    before = archive.reports_before("day", date.fromisoformat(first), many)
    assert [each.head.first.isoformat() for each in before] == found


def test_nothing_is_kept_of_what_never_was(archive):
    assert archive.report_of("month", date(2026, 12, 1)) is None
    assert archive.report_of("day", date(2026, 12, 7)) is None


def test_a_damaged_report_is_told_by_its_period(archive):
    with archive.transaction(), archive.reading() as connection:
        connection.execute(sa.text("UPDATE archive SET body = :b WHERE kind = 'week'"), {"b": b"Mari Maasikas"})
    with pytest.raises(StoreError, match="the report kept on the week from 2026-12-07 is damaged") as told:
        archive.report_of("week", date(2026, 12, 7))
    assert "Maasikas" not in str(told.value)
