from __future__ import annotations

import time
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.calendar import build_calendar

NONE: frozenset[date] = frozenset()
HOLIDAYS = frozenset(map(date.fromisoformat, ["2026-02-24", "2026-04-03", "2026-06-23", "2026-06-24"]))
EVES = frozenset(map(date.fromisoformat, ["2026-02-23", "2026-06-22", "2026-12-23", "2026-12-31", "2028-12-23"]))
ALWAYS = {"mon-sun": "00:00-24:00"}
OFFICE = {"mon-fri": "08:00-17:00"}
LUNCH = {"mon-thu": "08:30-12:30, 13:00-17:00", "fri": "08:30-14:00"}
NIGHTS = {"mon-sun": ["00:00-06:00", "22:00-24:00"]}
SUNDAY = {"sun": "02:30-03:30, 03:45-05:15"}
HOURS = [OFFICE, LUNCH, NIGHTS, SUNDAY, ALWAYS, "24x7"]


def made(
    hours, timezone="Europe/Tallinn", day_s=None, exceptions=None, shortened=EVES, closed=HOLIDAYS, hours_from=None
):
    return build_calendar(
        "kontor",
        timezone=timezone,
        hours=hours,
        hours_from={date.fromisoformat(day): week for day, week in (hours_from or {}).items()},
        day_s=day_s,
        closed=lambda year: frozenset(day for day in closed if day.year == year),
        shortened=lambda year: frozenset(day for day in shortened if day.year == year),
        exceptions={date.fromisoformat(day): text for day, text in (exceptions or {}).items()},
    )


def at(text: str) -> int:
    """A moment written with its offset, in seconds."""
    return int(datetime.fromisoformat(text).timestamp())


def shown(calendar, moment: int) -> str:
    return calendar.local(moment).isoformat(timespec="seconds")


H = 3600


@pytest.mark.parametrize(
    ("hours", "start", "amount_s", "expected"),
    [
        (OFFICE, "2026-11-16T10:00:00+02:00", H, "2026-11-16T11:00:00+02:00"),
        (OFFICE, "2026-11-16T10:00:00+02:00", 7 * H, "2026-11-16T17:00:00+02:00"),  # closing time, not next day
        (OFFICE, "2026-11-16T10:00:00+02:00", 7 * H + 1, "2026-11-17T08:00:01+02:00"),
        (OFFICE, "2026-11-16T17:00:00+02:00", H, "2026-11-17T09:00:00+02:00"),  # closing time is not worked
        (OFFICE, "2026-11-14T12:00:00+02:00", 0, "2026-11-14T12:00:00+02:00"),  # nothing moves nothing
        (OFFICE, "2026-11-14T12:00:00+02:00", -1, "2026-11-13T16:59:59+02:00"),
        (OFFICE, "2026-11-16T10:00:00+02:00", -2 * H, "2026-11-16T08:00:00+02:00"),  # opening time, not Friday
        (OFFICE, "2026-11-16T10:00:00+02:00", -2 * H - 1, "2026-11-13T16:59:59+02:00"),
        (OFFICE, "2026-02-23T13:00:00+02:00", 2 * H, "2026-02-25T09:00:00+02:00"),  # shortened, then a holiday
        (OFFICE, "2026-06-22T08:00:00+03:00", 7 * H, "2026-06-25T09:00:00+03:00"),
        (LUNCH, "2026-11-16T12:00:00+02:00", H, "2026-11-16T13:30:00+02:00"),
        (LUNCH, "2026-11-16T12:00:00+02:00", H // 2, "2026-11-16T12:30:00+02:00"),
        (LUNCH, "2026-11-16T13:30:00+02:00", -H // 2, "2026-11-16T13:00:00+02:00"),
        (NIGHTS, "2026-11-16T23:00:00+02:00", 2 * H, "2026-11-17T01:00:00+02:00"),  # no seam at midnight
        ("24x7", "2026-03-28T12:00:00+02:00", 24 * H, "2026-03-29T13:00:00+03:00"),  # the hour left out
        ("24x7", "2026-10-24T12:00:00+03:00", 24 * H, "2026-10-25T11:00:00+02:00"),  # the hour repeated
        (SUNDAY, "2026-10-25T00:00:00+03:00", 2 * H, "2026-10-25T04:00:00+02:00"),
        (SUNDAY, "2026-03-29T00:00:00+02:00", H, "2026-03-29T04:30:00+03:00"),  # 02:30 to 03:00, then from 04:00
    ],
)
def test_add(hours, start, amount_s, expected):
    calendar = made(hours)
    assert shown(calendar, calendar.add(at(start), amount_s)) == expected


@pytest.mark.parametrize(
    ("hours", "start", "end", "expected"),
    [
        (OFFICE, "2026-11-16T10:00:00+02:00", "2026-11-16T10:00:00+02:00", 0),
        (OFFICE, "2026-11-13T16:59:59+02:00", "2026-11-16T08:00:01+02:00", 2),
        (OFFICE, "2026-02-20T17:00:00+02:00", "2026-02-25T08:00:00+02:00", 6 * H),  # only the shortened Monday
        (OFFICE, "2026-04-02T17:00:00+03:00", "2026-04-06T12:00:00+03:00", 4 * H),  # Easter Monday is worked
        (OFFICE, "2028-12-22T17:00:00+02:00", "2028-12-25T08:00:00+02:00", 0),  # a Saturday's eve is not
        (LUNCH, "2026-11-20T00:00:00+02:00", "2026-11-21T00:00:00+02:00", 5 * H + H // 2),
        ("24x7", "2026-03-29T00:00:00+02:00", "2026-03-30T00:00:00+03:00", 23 * H),
        ("24x7", "2026-10-25T00:00:00+03:00", "2026-10-26T00:00:00+02:00", 25 * H),
        (SUNDAY, "2026-03-29T00:00:00+02:00", "2026-03-30T00:00:00+03:00", H // 2 + H + H // 4),
        (SUNDAY, "2026-10-25T00:00:00+03:00", "2026-10-26T00:00:00+02:00", H + H // 4 + H // 2 + H + H // 2),
        (ALWAYS, "1990-01-01T00:00:00+00:00", "2040-01-01T00:00:00+00:00", (18262 - 4) * 24 * H - 5 * 3 * H),
    ],
)
def test_between(hours, start, end, expected):
    assert made(hours).between(at(start), at(end)) == expected


@pytest.mark.parametrize(
    ("hours", "moment", "opening", "closing"),
    [
        (OFFICE, "2026-11-16T07:59:59+02:00", "2026-11-16T08:00:00+02:00", None),
        (OFFICE, "2026-11-16T08:00:00+02:00", "2026-11-16T08:00:00+02:00", "2026-11-16T17:00:00+02:00"),
        (OFFICE, "2026-11-16T16:59:59+02:00", "2026-11-16T16:59:59+02:00", "2026-11-16T17:00:00+02:00"),
        (OFFICE, "2026-11-16T17:00:00+02:00", "2026-11-17T08:00:00+02:00", None),
        (OFFICE, "2026-06-22T14:00:00+03:00", "2026-06-25T08:00:00+03:00", None),
        (LUNCH, "2026-06-22T12:00:00+03:00", "2026-06-22T12:00:00+03:00", "2026-06-22T12:30:00+03:00"),
        (NIGHTS, "2025-12-31T23:00:00+02:00", "2025-12-31T23:00:00+02:00", "2026-01-01T06:00:00+02:00"),
        (SUNDAY, "2026-03-29T04:00:00+03:00", "2026-03-29T04:00:00+03:00", "2026-03-29T05:15:00+03:00"),
        ("24x7", "2026-11-16T00:00:00+02:00", "2026-11-16T00:00:00+02:00", None),
    ],
)
def test_opening_and_closing(hours, moment, opening, closing):
    calendar = made(hours, closed=NONE if hours == "24x7" else HOLIDAYS, shortened=NONE if hours == "24x7" else EVES)
    assert shown(calendar, calendar.next_opening(at(moment))) == opening
    assert calendar.is_open(at(moment)) == (opening == moment)
    closes_at = calendar.closes_at(at(moment))
    assert (closes_at and shown(calendar, closes_at)) == closing


@pytest.mark.parametrize(
    ("hours", "exceptions", "day", "expected"),
    [
        (OFFICE, {"2026-12-30": "closed"}, "2026-12-30", []),
        (OFFICE, {"2026-02-24": "10:00-12:00"}, "2026-02-24", ["10:00-12:00"]),  # even on a holiday
        (OFFICE, {"2026-02-23": "08:00-17:00"}, "2026-02-23", ["08:00-17:00"]),  # nor is it shortened further
        (OFFICE, {"2026-11-14": "10:00-12:00,13:00-24:00"}, "2026-11-14", ["10:00-12:00", "13:00-24:00"]),
        (OFFICE, {}, "2026-02-23", ["08:00-14:00"]),
        ({"mon": "09:00-11:00, 12:00-13:00, 14:00-15:00"}, {}, "2026-02-23", ["09:00-10:00"]),  # over the breaks
        ({"mon": "09:00-11:00, 12:00-13:00"}, {}, "2026-02-23", []),
        ({"mon": "09:00-12:00", "tue": "09:00-17:00"}, {}, "2026-02-23", []),
    ],
)
def test_hours_of_a_day(hours, exceptions, day, expected):
    calendar = made(hours, exceptions=exceptions)
    moment, found = calendar.start_of_day(date.fromisoformat(day)), []
    end = moment + 24 * H
    while (opening := calendar.next_opening(moment)) < end:
        moment = calendar.closes_at(opening)
        until = "24:00" if moment == end else f"{calendar.local(moment):%H:%M}"
        found.append(f"{calendar.local(opening):%H:%M}-{until}")
    assert found == expected


@pytest.mark.parametrize(
    ("hours", "day_s", "expected"),
    [
        (OFFICE, None, 9 * H),
        (LUNCH, None, 8 * H),
        (OFFICE, 8 * H, 8 * H),
        ("24x7", None, 24 * H),
        (NIGHTS, None, 8 * H),
    ],
)
def test_what_a_working_day_amounts_to(hours, day_s, expected):
    assert made(hours, day_s=day_s).day_s == expected


@pytest.mark.parametrize(
    ("timezone", "day", "expected"),
    [
        ("Europe/Tallinn", "2026-07-01", "2026-07-01T00:00:00+03:00"),
        ("Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00"),  # midnight is skipped
        ("America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"),  # midnight comes twice
        ("America/St_Johns", "2006-10-29", "2006-10-29T00:00:00-02:30"),  # a minute of it, then yesterday again
        ("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"),  # no such day there
    ],
)
def test_start_of_day(timezone, day, expected):
    calendar = made(OFFICE, timezone=timezone)
    start = calendar.start_of_day(date.fromisoformat(day))
    assert shown(calendar, start) == expected
    assert calendar.day_of(start - 1) < date.fromisoformat(day) <= calendar.day_of(start)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"hours": {}}, "it is never open"),
        ({"hours": {"mon": ""}}, "'' are not hours"),
        ({"hours": {"mon": []}}, "hours are empty"),
        ({"hours": "always"}, "'always' are not hours; write 24x7"),
        ({"hours": {"mon": "24x7"}}, "'24x7' are not hours"),
        ({"hours": {"mon": "8-17"}}, "'8-17' are not hours"),
        ({"hours": {"mon": "17:00-08:00"}}, "ends before it has begun"),
        ({"hours": {"mon": "08:00-08:00"}}, "ends before it has begun"),
        ({"hours": {"mon": "24:00-24:00"}}, "ends before it has begun"),
        ({"hours": {"mon": "08:00-24:01"}}, "a time that no day has"),
        ({"hours": {"mon": "08:60-09:00"}}, "a time that no day has"),
        ({"hours": {"mon": "00:00-23:59"}}, "write 24:00"),
        ({"hours": {"mon": "08:00-12:00, 11:59-17:00"}}, "overlaps or is not in order"),
        ({"hours": {"mon": "13:00-17:00, 08:00-12:00"}}, "overlaps or is not in order"),
        ({"hours": {"mon-fri": "08:00-17:00", "fri": "08:00-14:00"}}, "fri has hours twice"),
        ({"hours": {"fri-mon": "08:00-17:00"}}, "'fri-mon' runs backwards"),
        ({"hours": {"monday": "08:00-17:00"}}, "'monday' is not a weekday"),
        ({"hours": {"mon-": "08:00-17:00"}}, "'mon-' is not a weekday"),
        ({"hours": OFFICE, "timezone": "Europe/Tallin"}, "'Europe/Tallin' is not a time zone"),
        ({"hours": OFFICE, "timezone": "Europe"}, "'Europe' is not a time zone"),
        ({"hours": OFFICE, "timezone": ""}, "'' is not a time zone"),
        ({"hours": OFFICE, "timezone": "../Tallinn"}, "'../Tallinn' is not a time zone"),
        ({"hours": OFFICE, "day_s": 0}, "its day has no length"),
        ({"hours": OFFICE, "hours_from": {"2027-01-04": {}}}, "it is never open from 2027-01-04 on"),
        ({"hours": OFFICE, "hours_from": {"2027-01-04": {"mon": "8-17"}}}, "'8-17' are not hours"),
        ({"hours": OFFICE, "hours_from": {"2027-01-04": LUNCH}}, "its longest weekday changes"),
        ({"hours": OFFICE, "exceptions": {"2026-12-30": "shut"}}, "'shut' are not hours"),
    ],
)
def test_a_calendar_that_is_wrong_is_refused(wrong, says):
    with pytest.raises(ValueError, match=r"^calendar 'kontor': ") as refused:
        made(**wrong)
    assert says in str(refused.value)


def test_an_amount_that_never_passes_is_refused():
    sundays = frozenset(date.fromordinal(day) for day in range(date(1970, 1, 4).toordinal(), 803_500, 7))
    calendar = made({"sun": "09:00-17:00"}, closed=sundays)
    now = at("2026-11-16T10:00:00+02:00")
    for amount_s in (1, -1, 10**12, -(10**12)):
        with pytest.raises(ValueError, match="take more than 50 years"):
            calendar.add(now, amount_s)
    with pytest.raises(ValueError, match="take more than 50 years"):
        calendar.next_opening(now)
    assert calendar.between(now, now + 365 * 86_400) == 0


def test_the_fifty_years_do_not_depend_on_what_was_asked_before():
    asked, fresh = made(OFFICE), made(OFFICE)
    now, later = at("2026-11-16T10:00:00+02:00"), at("2120-01-01T00:00:00+00:00")
    amount_s = asked.between(now, later)
    for calendar in (asked, fresh):
        with pytest.raises(ValueError, match="take more than 50 years"):
            calendar.add(now, amount_s)


@pytest.mark.parametrize("moment", [-1, at("2200-01-01T00:00:01+00:00")])
def test_moments_that_no_ticket_has_are_refused(moment):
    calendar = made("24x7")
    for ask in (
        lambda: calendar.add(moment, 1),
        lambda: calendar.between(moment, moment),
        lambda: calendar.closes_at(moment),
    ):
        with pytest.raises(ValueError, match="from 1970 to 2199"):
            ask()


@pytest.mark.parametrize(("start", "end"), [("2196-02-01", "2199-11-01"), ("1970-02-02", "1973-11-01")])
def test_the_first_and_last_years_are_counted_whole(start, end):
    first, last = at(f"{start}T10:00:00+02:00"), at(f"{end}T10:00:00+02:00")
    amount_s = made(OFFICE).between(first, last)
    assert made(OFFICE).add(first, amount_s) == last
    assert made(OFFICE).add(last, -amount_s) == first


def test_the_past_does_not_come_after_the_future():
    with pytest.raises(ValueError, match="the end is before the start"):
        made(OFFICE).between(2, 1)


# The oracle of the shared material, and its cases.


@pytest.mark.shared
@pytest.mark.soak  # in the suite test_hours.py asks all of them through the command line
def test_every_shared_case(sla_cases, calendar_of):
    answers = {
        "add": lambda calendar, case: calendar.add(at(case["start"]), case["amount_s"]) == at(case["expected"]),
        "between": lambda calendar, case: calendar.between(at(case["start"]), at(case["end"])) == case["expected"],
        "next": lambda calendar, case: calendar.next_opening(at(case["start"])) == at(case["expected"]),
    }
    asked = [case for case in sla_cases if case["op"] in answers]
    assert len(asked) > 400
    wrong = [case["id"] for case in asked if not answers[case["op"]](calendar_of(case["calendar"]), case)]
    assert wrong == []


# Where and when the wall clock jumps, in both directions, by an hour, by half of one, at midnight, by a whole day.
JUMPS = [
    ("Europe/Tallinn", "2026-03-29T01:00:00+00:00"),
    ("Europe/Tallinn", "2026-10-25T01:00:00+00:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00+00:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00+00:00"),
    ("Asia/Beirut", "2026-03-28T22:00:00+00:00"),
    ("America/St_Johns", "2006-10-29T02:31:00+00:00"),
    ("Pacific/Apia", "2011-12-30T10:00:00+00:00"),
]
WEEKS = [
    {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    {day: [["00:00", "02:30"], ["03:15", "06:00"], ["23:30", "24:00"]] for day in ("fri", "sat", "sun")},
    {"sat": [["00:30", "01:45"], ["02:00", "02:15"]], "sun": [["02:30", "03:30"], ["09:00", "17:00"]]},
]


@pytest.mark.shared
@settings(max_examples=60, deadline=None)
@given(
    jump=st.sampled_from(JUMPS),
    weekly=st.sampled_from(WEEKS),
    before_s=st.integers(0, 30 * H),
    after_s=st.integers(0, 30 * H),
    amount_s=st.integers(1, 7 * H),
)
def test_as_the_oracle_says(jump, weekly, before_s, after_s, amount_s, oracle, calendar_of):
    timezone, moment = jump
    spec = {"tz": timezone, "weekly": weekly}
    calendar, slow = calendar_of(spec), oracle.Calendar(spec)
    start, end = at(moment) - before_s, at(moment) + after_s
    assert calendar.between(start, end) == oracle.between(slow, start, end)
    assert calendar.add(start, amount_s) == oracle.add(slow, start, amount_s)
    assert calendar.add(end, -amount_s) == oracle.sub(slow, end, amount_s)
    assert calendar.next_opening(start) == oracle.next_working(slow, start)


# Laws of working time, whatever the calendar.

CHANGING = {"2025-03-30": SUNDAY, "2026-10-25": "24x7", "2026-11-02": NIGHTS, "2028-02-29": LUNCH}
CALENDARS = [
    *(made(hours) for hours in HOURS),
    made(LUNCH, timezone="Australia/Lord_Howe"),
    made(OFFICE, day_s=8 * H, hours_from=CHANGING),
]
MOMENTS = st.integers(at("2024-01-01T00:00:00+00:00"), at("2030-01-01T00:00:00+00:00"))
AMOUNTS = st.integers(1, 100 * 24 * H)
laws = settings(deadline=None)


@laws
@given(calendar=st.sampled_from(CALENDARS), moments=st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_between_is_additive(calendar, moments):
    first, middle, last = moments
    assert calendar.between(first, middle) + calendar.between(middle, last) == calendar.between(first, last)


@laws
@given(calendar=st.sampled_from(CALENDARS), start=MOMENTS, amount_s=AMOUNTS)
def test_add_inverts_between(calendar, start, amount_s):
    end = calendar.add(start, amount_s)
    assert (calendar.between(start, end - 1), calendar.between(start, end)) == (amount_s - 1, amount_s)
    begin = calendar.add(start, -amount_s)
    assert (calendar.between(begin + 1, start), calendar.between(begin, start)) == (amount_s - 1, amount_s)


@laws
@given(
    calendar=st.sampled_from(CALENDARS),
    moments=st.tuples(MOMENTS, MOMENTS).map(sorted),
    amounts=st.tuples(AMOUNTS, AMOUNTS).map(sorted),
)
def test_add_is_monotone(calendar, moments, amounts):
    (early, late), (less_s, more_s) = moments, amounts
    assert calendar.add(early, less_s) <= calendar.add(late, less_s) <= calendar.add(late, more_s)
    assert calendar.add(late, -more_s) <= calendar.add(late, -less_s)
    assert calendar.next_opening(early) <= calendar.next_opening(late)


@settings(deadline=None, max_examples=30)
@given(hours=st.sampled_from([OFFICE, LUNCH, NIGHTS, SUNDAY]), moments=st.lists(MOMENTS, min_size=2, max_size=5))
def test_earlier_questions_change_no_answer(hours, moments):
    asked = made(hours)
    answers = [(asked.add(at, 9 * H), asked.closes_at(at), asked.worked(at)) for at in moments]
    fresh = [(made(hours).add(at, 9 * H), made(hours).closes_at(at), made(hours).worked(at)) for at in moments]
    assert answers == fresh


@laws
@given(calendar=st.sampled_from(CALENDARS), moments=st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_what_has_been_worked_is_what_between_counts(calendar, moments):
    start, end = moments
    assert calendar.worked(end) - calendar.worked(start) == calendar.between(start, end)


@pytest.fixture
def machine_in(monkeypatch):
    """Sets the machine's own time zone, and back."""

    def moved(timezone: str) -> None:
        monkeypatch.setenv("TZ", timezone)
        time.tzset()

    yield moved
    monkeypatch.undo()
    time.tzset()


def test_the_machines_time_zone_changes_no_answer(machine_in):
    def answers():
        calendar = made(LUNCH)
        return [
            (calendar.add(moment, 40 * H), calendar.day_of(moment), calendar.start_of_day(calendar.day_of(moment)))
            for moment in range(at("2026-03-20T00:00:00+00:00"), at("2026-11-10T00:00:00+00:00"), 12_345)
        ]

    machine_in("UTC")
    expected = answers()
    for timezone in ("Europe/Tallinn", "America/St_Johns", "Pacific/Kiritimati"):
        machine_in(timezone)
        assert answers() == expected
