from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from bot.closed_days import LARGEST_FILE, MOST_EVENTS, UnreadableError, closed_days

SECRET = "Mari Maasikas on haiglas, 38001085718"


def event(*lines, uid="a"):
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{SECRET}", *lines, "END:VEVENT", ""])


def calendar(*events, more=""):
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//et\r\n"
    return head + more + "".join(events) + "END:VCALENDAR\r\n"


def day(text):
    return date.fromisoformat(text)


ZONE = "\r\n".join([
    "BEGIN:VTIMEZONE", "TZID:x", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0200", "END:STANDARD", "END:VTIMEZONE", "",
])  # fmt: skip
START = "DTSTART;VALUE=DATE:20270301"  # a Monday


@pytest.fixture
def read(tmp_path):
    def made(content, **options):
        path = tmp_path / "closed.ics"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return closed_days(path, **options)

    return made


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event(START)], ["2027-03-01"]),
        ([event("DTSTART:20270301")], ["2027-03-01"]),
        ([event(START, "DTEND;VALUE=DATE:20270302")], ["2027-03-01"]),
        ([event(START, "DTEND;VALUE=DATE:20270304")], ["2027-03-01", "2027-03-02", "2027-03-03"]),  # end exclusive
        ([event(START, "DURATION:P2D")], ["2027-03-01", "2027-03-02"]),
        ([event(START), event("DTSTART;VALUE=DATE:20270224", "DURATION:P1D")], ["2027-02-24", "2027-03-01"]),
        ([event(START, "RRULE:FREQ=YEARLY;UNTIL=20290301")], ["2027-03-01", "2028-03-01", "2029-03-01"]),
        ([event(START, "RRULE:FREQ=YEARLY;COUNT=2")], ["2027-03-01", "2028-03-01"]),
        ([event(START, "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO,WE")], ["2027-03-01", "2027-03-03", "2027-03-08"]),
        ([event(START, "RRULE:FREQ=MONTHLY;COUNT=2;BYDAY=1MO")], ["2027-03-01", "2027-04-05"]),
        ([event("DTSTART;VALUE=DATE:20280229", "RRULE:FREQ=YEARLY;COUNT=2")], ["2028-02-29", "2032-02-29"]),
        ([event(START, "DURATION:P2D", "RRULE:FREQ=DAILY;COUNT=3;INTERVAL=1")],
         ["2027-03-01", "2027-03-02", "2027-03-03", "2027-03-04"]),
        ([event(START, "RRULE:FREQ=YEARLY;COUNT=3", "EXDATE;VALUE=DATE:20280301")], ["2027-03-01", "2029-03-01"]),
        ([event(START, "RDATE;VALUE=DATE:20270501,20270601", "RDATE;VALUE=DATE:20270701")],
         ["2027-03-01", "2027-05-01", "2027-06-01", "2027-07-01"]),
        # one day of a series moved, and one called off
        ([event(START, "RRULE:FREQ=YEARLY;COUNT=3"),
          event("RECURRENCE-ID;VALUE=DATE:20280301", "DTSTART;VALUE=DATE:20280303"),
          event("RECURRENCE-ID;VALUE=DATE:20290301", "DTSTART;VALUE=DATE:20290301", "STATUS:CANCELLED")],
         ["2027-03-01", "2028-03-03"]),
        ([event(START), event("RECURRENCE-ID;VALUE=DATE:20270301", "DTSTART;VALUE=DATE:20270302", uid="b")],
         ["2027-03-01", "2027-03-02"]),
        ([event(START), event("DTSTART;VALUE=DATE:20270401", "STATUS:CANCELLED")], ["2027-03-01"]),
        # only the years that calendars count
        ([event("DTSTART;VALUE=DATE:19691231", "DURATION:P2D")], ["1970-01-01"]),
        ([event("DTSTART;VALUE=DATE:21991231", "DURATION:P9999999D")], ["2199-12-31"]),
        ([event("DTSTART;VALUE=DATE:21981231", "RRULE:FREQ=YEARLY;COUNT=9999999")], ["2198-12-31", "2199-12-31"]),
        ([event("DTSTART;VALUE=DATE:19180224", "RRULE:FREQ=YEARLY;UNTIL=19710224")], ["1970-02-24", "1971-02-24"]),
        # what else may stand there
        ([event(START, "ATTENDEE;CN=x:mailto:nobody@example.org", "BEGIN:VALARM", "ACTION:DISPLAY", "END:VALARM")],
         ["2027-03-01"]),
        ([event(START, "TRANSP:TRANSPARENT", "PRIORITY:none")], ["2027-03-01"]),
    ],
)  # fmt: skip
def test_the_days_of_a_file(events, expected, read):
    assert sorted(read(calendar(*events))) == [day(text) for text in expected]


def test_every_week_until_the_end_of_all_calendars(read):
    found = read(calendar(event("DTSTART;VALUE=DATE:19700101", "RRULE:FREQ=WEEKLY")))
    assert found == {date(1970, 1, 1) + timedelta(7 * n) for n in range(12_001)}
    assert max(found) == date(2199, 12, 26)


@pytest.mark.parametrize(
    "other",
    [
        lambda text: text.replace("\r\n", "\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("20270301", "2027\r\n 0301"),  # folded
        lambda text: text + calendar(event("DTSTART;VALUE=DATE:20270301")),  # two calendars in a file
        lambda text: calendar(event(START), more=ZONE),
        lambda text: text.replace("VEVENT", "vevent"),
    ],
)
def test_however_it_is_written(other, read):
    assert read(other(calendar(event(START)))) == {day("2027-03-01")}


TIMED = "event 1 has a time of day; only whole days are read here"
CHANGES_MORE = "event 1 changes more than one day of a repeated event; write those days out"
NO_END = "event 1 does not end after it begins; its end is the day after its last"
CANNOT_FOLLOW = "event 1 repeats by a rule that cannot be followed here"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it has no event"),
        ("\0\0", "this is no calendar file"),
        (b"\xff\xfe\x00", "this is no calendar file"),
        (SECRET, "this is no calendar file"),
        (calendar(), "it has no event"),
        (calendar(event(START))[:-15], "it breaks off"),
        (calendar(event(START)) + calendar(event(START))[:-15], "it breaks off"),
        (calendar(event(START)) + "x" * LARGEST_FILE, "it is larger than 256 kB"),
        (calendar("BEGIN:VTODO\r\nSUMMARY:x\r\nEND:VTODO\r\n", event(START)), "it holds something other than events"),
        (calendar(*["BEGIN:VEVENT\nEND:VEVENT\n"] * (MOST_EVENTS + 1)), "it has more than 2000 events"),
        (calendar(event()), "event 1 has no beginning"),
        (calendar(event(START), event("DTSTART:20270301T090000")), TIMED.replace("1", "2")),
        (calendar(event("DTSTART;TZID=Europe/Tallinn:20270301T000000")), TIMED),
        (calendar(event("DTSTART:20270301T000000Z")), TIMED),
        (calendar(event(START, "DTEND:20270302T000000Z")), TIMED),
        (calendar(event(START, "RDATE:20270302T000000Z")), TIMED),
        (calendar(event(START, "EXDATE:20270302T000000Z")), TIMED),
        (calendar(event(START, "RRULE:FREQ=YEARLY;UNTIL=20290301T000000Z")), TIMED),
        (calendar(event(START, "RDATE;VALUE=PERIOD:20270302T000000Z/P1D")), TIMED),
        (calendar(event(START, START)), "event 1 has more than one DTSTART"),
        (calendar(event("DTSTART;VALUE=DATE:20270229")), "event 1 cannot be read"),
        (calendar(event("DTSTART;VALUE=DATE:" + SECRET)), "event 1 cannot be read"),
        (calendar(event(START, SECRET)), "event 1 cannot be read"),
        (calendar(event(START, "RRULE:FREQ=" + SECRET)), "event 1 cannot be read"),
        (calendar(event(START, "DTEND;VALUE=DATE:20270301")), NO_END),
        (calendar(event(START, "DURATION:-P1D")), NO_END),
        (calendar(event(START, "DURATION:PT8H")), "event 1 has a length that is no number of whole days"),
        (calendar(event(START, "DURATION:P1D", "DTEND;VALUE=DATE:20270303")), "event 1 has both an end and a length"),
        (calendar(event(START, "RRULE:FREQ=HOURLY")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=SECONDLY;COUNT=5")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=DAILY;BYSECOND=1,2,3")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=DAILY;INTERVAL=0")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=DAILY;INTERVAL=-1")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=DAILY;COUNT=2;UNTIL=20290301")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=DAILY;BYSETPOS=" + ",".join(["1"] * 401))), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:COUNT=2")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=YEARLY", "RRULE:FREQ=WEEKLY")), "event 1 repeats by more than one rule"),
        (calendar(event(START, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=YEARLY;RSCALE=HEBREW")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=YEARLY;X-A=B")), CANNOT_FOLLOW),
        (calendar(event(START, "RRULE:FREQ=MONTHLY;BYSETPOS=0")), "event 1 repeats by a rule that cannot be read"),
        (calendar(event(START, "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20270301")), CHANGES_MORE),
        (calendar(event(START, "RRULE:FREQ=YEARLY", "RECURRENCE-ID;VALUE=DATE:20270301")), CHANGES_MORE),
    ],
)  # fmt: skip
def test_a_file_that_says_more_than_which_days_are_closed_is_refused_without_its_texts(content, says, read):
    with pytest.raises(UnreadableError) as refused:
        read(content)
    assert str(refused.value) == says
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=2",
        "FREQ=MONTHLY;BYSETPOS=366;BYMONTHDAY=1",
    ],
)
def test_a_repetition_that_never_comes_ends(rule, read):
    assert read(calendar(event(START, f"RRULE:{rule}"))) == {day("2027-03-01")}


def test_following_repetitions_takes_no_longer_than_it_may(read):
    seconds = itertools.count()
    with pytest.raises(UnreadableError, match="event 1 repeats so much that following all takes longer than 1 s"):
        read(calendar(event(START, "RRULE:FREQ=DAILY")), clock=lambda: next(seconds))


def test_what_is_not_a_file(tmp_path):
    for path in (tmp_path / "none.ics", tmp_path):
        with pytest.raises(UnreadableError, match="there is no such file"):
            closed_days(path)
