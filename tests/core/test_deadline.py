"""How deadlines are counted: the vectors of the desk's law (domain, 2.3), and laws that hold for every date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import build_calendar
from bot.core.deadline import (
    Deadline,
    distance,
    due_day,
    ends_at,
    is_over,
    last_day,
    read_start,
    season_day,
)
from bot.core.duration import parse_duration
from bot.core.steps import Amount
from bot.public_holidays import holidays_in, shortened_days

TALLINN = ZoneInfo("Europe/Tallinn")


def made(hours, **more):
    return build_calendar(
        "riik",
        timezone="Europe/Tallinn",
        hours=hours,
        day_s=more.get("day_s"),
        closed=lambda year: holidays_in("EE", year),
        shortened=shortened_days,
        exceptions={},
    )


COUNTRY = made({"mon-fri": "00:00-24:00"})
OFFICE = made({"mon-fri": "08:00-17:00"}, day_s=8 * 3600)
EVERY_DAY = build_calendar(
    "ööpäev",
    timezone="Europe/Tallinn",
    hours="24x7",
    day_s=None,
    closed=lambda year: frozenset(),
    shortened=lambda year: frozenset(),
    exceptions={},
)


def at(written: str) -> int:
    moment = datetime.fromisoformat(written)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=TALLINN)).timestamp())


VECTORS = [
    # AvTS § 18: five working days, fifteen in total
    ("5wd", "2026-02-20", "2026-03-02"),
    ("5wd", "2026-02-23", "2026-03-03"),
    ("5wd", "2026-04-01", "2026-04-09"),
    ("5wd", "2026-06-19", "2026-06-30"),
    ("5wd", "2026-12-18", "2026-12-29"),
    ("5wd", "2026-12-30", "2027-01-07"),
    ("15wd", "2026-12-30", "2027-01-21"),
    ("15wd", "2026-12-22", "2027-01-15"),
    # MSVS § 6: fifteen calendar days, thirty before 2025, two months when extended
    ("15cd", "2026-03-19", "2026-04-06"),
    ("15cd", "2026-06-08", "2026-06-25"),
    ("15cd", "2026-12-10", "2026-12-28"),
    ("30cd", "2026-12-10", "2027-01-11"),
    ("2mo", "2026-12-31", "2027-03-01"),
    # HMS § 84
    ("10cd", "2026-12-14", "2026-12-28"),
    # GDPR art. 12(3)
    ("1mo", "2026-01-31", "2026-03-02"),
    ("3mo", "2026-01-31", "2026-04-30"),
    # the desk's own tickets
    ("5wd", "2026-11-16", "2026-11-23"),
    ("15cd", "2026-11-09", "2026-11-24"),
]


@pytest.mark.parametrize("calendar", [COUNTRY, OFFICE], ids=["country", "office"])
@pytest.mark.parametrize(("within", "start", "due"), VECTORS)
def test_the_laws_vectors(calendar, within, start, due):
    """A shortened day is a working day, so the office's calendar counts the same dates as the country's."""
    day = last_day(date.fromisoformat(start), parse_duration(within), calendar, moves=True)
    assert day.isoformat() == due


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-18 14:15", "2026-11-21 14:15"),  # a Saturday: not moved
        ("2026-10-23T12:00+03:00", "2026-10-26T11:00+02:00"),  # the clocks are put back: elapsed hours
        ("2026-03-27 12:00", "2026-03-30 13:00"),  # and forward
        ("2026-12-23 09:30:15", "2026-12-26 09:30:15"),
    ],
)
def test_hours_of_the_wall_clock_run_over_everything(start, due):
    assert ends_at(at(start), parse_duration("72h clock"), COUNTRY, moves=True) == at(due)


@pytest.mark.parametrize(
    ("months", "start", "due"),
    [
        (1, "2026-02-28", "2026-03-28"),
        (1, "2028-01-31", "2028-02-29"),
        (1, "2026-01-29", "2026-02-28"),
        (2, "2026-10-31", "2026-12-31"),
        (12, "2028-02-29", "2029-02-28"),
        (13, "2026-12-15", "2028-01-15"),
    ],
)
def test_months_end_on_the_corresponding_day_or_the_last(months, start, due):
    day = last_day(date.fromisoformat(start), parse_duration(f"{months}mo"), COUNTRY, moves=False)
    assert day.isoformat() == due


@pytest.mark.parametrize(
    ("within", "start", "due"),
    [("15cd", "2026-03-19", "2026-04-03"), ("2mo", "2026-12-31", "2027-02-28")],
)
def test_what_does_not_move_ends_on_a_day_off(within, start, due):
    assert last_day(date.fromisoformat(start), parse_duration(within), COUNTRY, moves=False).isoformat() == due


@pytest.mark.parametrize(
    ("last", "over"),
    [
        ("2026-11-23", "2026-11-24 00:00"),
        ("2026-03-27", "2026-03-28 00:00"),
        ("2026-10-23", "2026-10-24 00:00"),
    ],
)
def test_a_day_is_over_at_its_end(last, over):
    start = date.fromisoformat(last) - timedelta(days=7)
    assert ends_at(at(f"{start} 15:00"), parse_duration("7cd"), COUNTRY, moves=True) == at(over)


def test_the_last_day_of_a_dst_change_is_an_hour_longer():
    ends = ends_at(at("2026-10-11 10:00"), parse_duration("14cd"), COUNTRY, moves=False)
    assert ends == at("2026-10-26 00:00")
    assert ends - at("2026-10-25 00:00") == 25 * 3600


def test_hours_of_work_are_for_clocks():
    with pytest.raises(ValueError, match="only wd, cd and mo"):
        last_day(date(2026, 11, 16), parse_duration("4h"), COUNTRY, moves=True)


SEASON = {
    "2025-IV": date(2026, 1, 17),
    "2026-III": date(2026, 10, 17),
    "2026-IV": date(2027, 1, 17),
    "2027-I": date(2027, 4, 17),
    "2027-II": date(2027, 7, 17),
    "2027-III": date(2027, 10, 17),
}


@pytest.mark.parametrize(
    ("start", "period", "due"),
    [
        ("2026-01-05", "2025-IV", "2026-01-19"),
        ("2026-01-19", "2025-IV", "2026-01-19"),  # the seventeenth is over, its day off is not
        ("2026-01-20", "2026-III", "2026-10-19"),
        ("2026-10-20", "2026-IV", "2027-01-18"),
        ("2027-01-19", "2027-I", "2027-04-19"),
        ("2027-04-20", "2027-II", "2027-07-19"),
        ("2027-07-20", "2027-III", "2027-10-18"),
        ("2027-10-19", None, None),
    ],
)
def test_a_seasons_dates(start, period, due):
    row = season_day(date.fromisoformat(start), SEASON, COUNTRY, moves=True)
    assert (row and row[0], row and row[1].isoformat()) == (period, due)


@pytest.mark.parametrize(("moves", "due"), [(True, "2027-02-01"), (False, "2027-01-31")])
def test_reports_of_2026(moves, due):
    assert season_day(date(2027, 1, 11), {"2026": date(2027, 1, 31)}, COUNTRY, moves=moves) == (
        "2026",
        date.fromisoformat(due),
    )


@pytest.mark.parametrize(
    ("written", "moment", "exact"),
    [
        ("2026-11-16", "2026-11-16 00:00", False),
        ("2026-11-18T14:15", "2026-11-18 14:15", True),
        ("2026-11-18T14:15:30+02:00", "2026-11-18 14:15:30", True),
        ("2026-11-18T12:15:00.000+0000", "2026-11-18 14:15", True),
        ("2026-06-18T14:15:00Z", "2026-06-18 17:15", True),
        ("2026-10-25T03:30", "2026-10-25T03:30+03:00", True),  # the first of two
    ],
)
def test_how_a_start_is_written(written, moment, exact):
    assert read_start(written, COUNTRY) == (at(moment), exact)


@pytest.mark.parametrize(
    "written", ["", "set", "eile", "16.11.2026", "2026-02-30", "0001-01-01", "9999-12-31", "2026-03-29T03:30"]
)
def test_what_is_no_start(written):
    """Among them a moment that the clock leaves out, and years nobody counts in."""
    assert read_start(written, COUNTRY) is None


def deadline(due_at: int, *, by_day: bool = True) -> Deadline:
    return Deadline("x", "§ 1", "law", True, at("2026-11-16 00:00"), due_at, by_day, True, False)


@pytest.mark.parametrize(
    ("now", "amount"),
    [
        ("2026-11-18 10:00", Amount(3 * 8 * 3600, 8 * 3600)),
        ("2026-11-20 23:00", Amount(8 * 3600, 8 * 3600)),
        ("2026-11-21 12:00", Amount(8 * 3600, 8 * 3600)),
        ("2026-11-23 07:00", Amount(9 * 3600, None)),  # the last day: its hours of work
        ("2026-11-23 16:00", Amount(3600, None)),
        ("2026-11-23 20:00", Amount(0, None)),
        ("2026-11-24 00:00:01", Amount(8 * 3600, 8 * 3600)),
        ("2026-11-26 10:00", Amount(3 * 8 * 3600, 8 * 3600)),
    ],
)
def test_what_is_left_is_told_in_days_and_at_last_in_hours(now, amount):
    assert distance(deadline(at("2026-11-24 00:00")), OFFICE, at(now)) == amount


def test_what_runs_by_the_wall_clock_is_told_in_its_hours():
    limit = deadline(at("2026-11-21 14:15"), by_day=False)
    assert distance(limit, OFFICE, at("2026-11-20 14:15")) == Amount(24 * 3600, None)
    assert distance(limit, OFFICE, at("2026-11-23 08:15")) == Amount(42 * 3600, None)


@pytest.mark.parametrize(("now", "over"), [("2026-11-23 23:59:59", False), ("2026-11-24 00:00:01", True)])
def test_over_is_beyond_the_last_day(now, over):
    assert is_over(deadline(at("2026-11-24 00:00")), at(now)) is over
    assert due_day(deadline(at("2026-11-24 00:00")), OFFICE) == date(2026, 11, 23)


DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))
UNITS = st.sampled_from(["wd", "cd", "mo"])
CALENDARS = st.sampled_from([COUNTRY, OFFICE, EVERY_DAY])


@given(start=DATES, unit=UNITS, amount=st.integers(1, 60), calendar=CALENDARS)
def test_a_deadline_ends_after_its_start_and_on_a_working_day(start, unit, amount, calendar):
    length = parse_duration(f"{amount}{unit}")
    day = last_day(start, length, calendar, moves=True)
    assert day > start
    assert calendar.is_working_day(day)
    unmoved = last_day(start, length, calendar, moves=False)
    assert unmoved <= day
    assert calendar.working_days(unmoved, day) == (day != unmoved)


@given(start=DATES, unit=UNITS, amount=st.integers(1, 60), moves=st.booleans(), calendar=CALENDARS)
def test_more_time_and_a_later_start_never_end_earlier(start, unit, amount, moves, calendar):
    day = last_day(start, parse_duration(f"{amount}{unit}"), calendar, moves=moves)
    assert day <= last_day(start, parse_duration(f"{amount + 1}{unit}"), calendar, moves=moves)
    assert day <= last_day(start + timedelta(days=1), parse_duration(f"{amount}{unit}"), calendar, moves=moves)


@given(start=DATES, amount=st.integers(1, 60))
def test_working_days_are_as_many_as_said(start, amount):
    day = last_day(start, parse_duration(f"{amount}wd"), COUNTRY, moves=True)
    days = [start + timedelta(days=n + 1) for n in range((day - start).days)]
    assert sum(d.weekday() < 5 and d not in holidays_in("EE", d.year) for d in days) == amount


@given(seconds=st.integers(0, 4_000_000_000), hours=st.integers(1, 500))
def test_wall_clock_hours_are_elapsed_hours(seconds, hours):
    assert ends_at(seconds, parse_duration(f"{hours}h clock"), COUNTRY, moves=True) == seconds + hours * 3600


@given(start=DATES, amount=st.integers(-40, 40), calendar=CALENDARS)
def test_working_days_back_and_forth(start, amount, calendar):
    day = calendar.add_working_days(start, amount)
    counted = (
        calendar.working_days(start, day)
        if amount >= 0
        else calendar.working_days(day - timedelta(days=1), start - timedelta(days=1))
    )
    assert counted == abs(amount)
    assert amount == 0 or calendar.is_working_day(day)
