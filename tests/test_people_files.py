"""Absences and rosters from tables and calendar files: who and when is read, why is not."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime

import pytest
from small_desk import SECTIONS

from bot.core.entries import Entries
from bot.people_files import MOST_ROWS, read_people_files
from bot.yaml_positions import read_yaml

TALLINN = zoneinfo.ZoneInfo("Europe/Tallinn")
SECRET = "Mari Maasikas haiglas 38001085718"
PEOPLE = {
    "people": [
        {"person": "ann", "account": {"cloud": "712:x-1", "dc": "ann.a"}},
        {"person": "bob", "account": "bob"},
        {"person": "cid", "account": "cid"},
        {"person": "lea", "account": "lea"},
    ]
}


@pytest.fixture
def read(tmp_path):
    """What a file says, named under a section of a rulebook; and that nothing of the secret is in any error."""

    def made(content, *, name="file.csv", roster=False, person=None):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        key = {"rosters": [{"roster": "night", "files": [name]}]}
        if not roster:
            key = {"absences": [{"file": name, **({"person": person} if person else {})}]}
        path = tmp_path / "desk.yaml"
        text = f"rosters: [{{roster: night, files: [{name}]}}]" if roster else f"absences: [{{file: {name}}}]"
        root, wrong = read_yaml(text, str(path))
        assert not wrong
        found = read_people_files(
            Entries.model_validate(SECTIONS | PEOPLE | {"queues": [], "routes": []} | key), root
        )
        said = [str(problem).replace(f"{tmp_path}/", "") for problem in found.problems]
        assert not any(word in line for line in said for word in SECRET.split())
        return found, said

    return made


def days(found):
    return [(one.person, one.first.isoformat(), one.last.isoformat(), *one.deputies) for one in found.absences]


def spans(found):
    return [
        (one.person, *(f"{datetime.fromtimestamp(at, TALLINN):%m-%d %H:%M}" for at in (one.from_at, one.until_at)))
        for one in found.shifts
    ]


@pytest.mark.parametrize(
    "table",
    [
        "person,first,last,deputy\nann,2026-12-21,2026-12-24,bob|cid\n",
        f"Isik;Põhjus;Algus;Lõpp;Asendaja\nann;{SECRET};21.12.2026;24.12.2026;bob | cid\n",
        f"deputies\tto\tfrom\temployee\twhy\nbob|cid\t2026-12-24\t2026-12-21\tANN.A\t{SECRET}\n\n\t\t\t\t\n",
        "\ufefftöötaja;alates;kuni;asendajad\r\n712:x-1;2026-12-21;2026-12-24;bob|cid\r\n",
        '"isik","algus","kuni","asendajad"\n"ann","2026-12-21","2026-12-24","bob|cid"',
    ],
)
def test_a_table_of_absences_says_who_is_away_when_and_who_stands_in(read, table):
    found, said = read(table)
    assert (days(found), said) == ([("ann", "2026-12-21", "2026-12-24", "bob", "cid")], [])


def test_of_a_table_s_other_columns_nothing_is_kept(read):
    found, _ = read(f"person,first,last,reason\nann,2026-12-21,2026-12-24,{SECRET}\n")
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ("person,first\nann,2026-12-21\n", "file.csv:1:1: a column called last or to or lõpp or kuni is missing"),
        ("isik,person,first,last\n",
         "file.csv:1:1: more than one column is called person or isik or töötaja or employee"),
        (b"isik,algus,kuni\n\xe4,1,2\n", "file.csv:1:1: this is not UTF-8 text; save the table as CSV UTF-8"),
        ('isik,algus,kuni\n"ann,1,2\n', "file.csv:2:1: this is no row of a table; check its quotes"),
        (f"isik,algus,kuni\n{SECRET},2026-12-21,2026-12-22\n",
         "file.csv:2:1: the column 'person' names nobody of the rulebook"),
        (f"isik,algus,kuni\nann,{SECRET},2026-12-22\n",
         "file.csv:2:1: the column 'first' holds no date; write 2026-12-21 or 21.12.2026"),
        ("isik,algus,kuni\nann,1869-12-21,2026-12-22\n",
         "file.csv:2:1: absences are counted in the years 1970 to 2198 only"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table(read, table, wrong):
    assert read(table)[1] == [wrong]


def test_a_table_of_more_rows_than_anybody_fills_in_is_not_read_on(read):
    whole = "isik,algus,kuni\nann,2026-12-21,2026-12-22\n" + ",,\n" * (MOST_ROWS - 1)
    assert read(whole)[1] == []
    assert read(whole + ",,\n")[1] == [f"file.csv:{MOST_ROWS + 2}:1: the table has more than {MOST_ROWS} rows"]


def test_a_table_that_nobody_filled_in_yet_says_nothing(read):
    assert read("isik;algus;kuni\n") == (read("isik;algus;kuni\n")[0], [])


def event(*lines, title=SECRET, uid="a"):
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *lines, "END:VEVENT", ""])


def calendar(*events):
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//et\r\n" + "".join(events) + "END:VCALENDAR\r\n"


WEEK = ("DTSTART;VALUE=DATE:20261221", "DTEND;VALUE=DATE:20261225")


def test_a_person_s_calendar_of_absences(read):
    fridays = ("DTSTART;VALUE=DATE:20270108", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20270115")
    found, said = read(calendar(event(*WEEK), event(*fridays, uid="b")), name="a.ics", person="ann")
    assert said == []
    assert days(found) == [
        ("ann", "2026-12-21", "2026-12-24"), ("ann", "2027-01-08", "2027-01-08"), ("ann", "2027-01-22", "2027-01-22"),
    ]  # fmt: skip
    assert SECRET not in repr(found)


def test_a_team_s_calendar_names_the_person_in_each_title(read):
    found, said = read(calendar(event(*WEEK, title="Bob: puhkus"), event(*WEEK, title="ann.a haige")), name="a.ics")
    assert (said, days(found)) == ([], [("bob", "2026-12-21", "2026-12-24"), ("ann", "2026-12-21", "2026-12-24")])
    assert "haige" not in repr(found)


NIGHT = ("DTSTART;TZID=Europe/Tallinn:20261214T200000", "DTEND;TZID=Europe/Tallinn:20261215T080000")


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ([event(*WEEK)], "event 1 names nobody of the rulebook in its title; write the word of one person there"),
        ([event(*WEEK, title="ann ja bob")],
         "event 1 names more than one person of the rulebook in its title; write the word of one person there"),
        ([event(*WEEK, title="annika")],
         "event 1 names nobody of the rulebook in its title; write the word of one person there"),
        ([event(*WEEK, title="ann"), event(*NIGHT, title="ann")],
         "event 2 has a time of day; only whole days are read here"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_calendar_of_absences(read, events, wrong):
    assert read(calendar(*events), name="a.ics")[1] == [f"desk.yaml:1:19: a.ics: {wrong}"]


@pytest.mark.parametrize(
    "table",
    [
        "person,first,until\nann,2026-12-14 20:00,2026-12-15 08:00\n",
        "isik;algus;lõpp\nann;14.12.2026 20:00;15.12.2026 08:00:00\n",
    ],
)
def test_a_table_of_shifts(read, table):
    found, said = read(table, roster=True)
    assert (spans(found), said) == ([("ann", "12-14 20:00", "12-15 08:00")], [])


def test_repeated_shifts_keep_their_hours_when_the_clock_changes(read):
    night = ("DTSTART:20270327T200000", "DTEND:20270328T080000", "RRULE:FREQ=DAILY;COUNT=2")
    utc = ("DTSTART:20270327T180000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20270328T180000Z")
    found, said = read(
        calendar(event(*night, title="ann"), event(*utc, title="bob", uid="b")), name="a.ics", roster=True
    )
    assert said == []
    assert spans(found) == [
        ("ann", "03-27 20:00", "03-28 08:00"), ("ann", "03-28 20:00", "03-29 08:00"),
        ("bob", "03-27 20:00", "03-27 21:00"), ("bob", "03-28 21:00", "03-28 22:00"),
    ]  # fmt: skip


def test_a_changed_and_a_cancelled_shift_of_a_series(read):
    series = event(*NIGHT, "RRULE:FREQ=DAILY;COUNT=3", title="ann")
    other = event("RECURRENCE-ID;TZID=Europe/Tallinn:20261215T200000", "DTSTART;TZID=Europe/Tallinn:20261215T220000",
                  "DTEND;TZID=Europe/Tallinn:20261216T080000", title="bob")  # fmt: skip
    gone = event("RECURRENCE-ID;TZID=Europe/Tallinn:20261216T200000", *NIGHT, "STATUS:CANCELLED")
    found, said = read(calendar(series, other, gone), name="a.ics", roster=True)
    assert (said, spans(found)) == (
        [],
        [("ann", "12-14 20:00", "12-15 08:00"), ("bob", "12-15 22:00", "12-16 08:00")],
    )


def test_an_endless_rotation_is_followed_for_ten_years(read):
    found, said = read(calendar(event(*NIGHT, "RRULE:FREQ=WEEKLY", title="ann")), name="a.ics", roster=True)
    assert said == []
    assert datetime.fromtimestamp(found.shifts[-1].from_at, TALLINN).date() == date(2036, 12, 8)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (("DTSTART:20261214T200000",), "has no end"),
        (("DTSTART:20261214T200000", "DTEND:20261214T200000"), "does not end after it begins"),
        (("DTSTART:20261214T200000", "DURATION:P15D"), "cannot be meant: the shift is longer than 14 days"),
        ((*NIGHT, "RRULE:FREQ=SECONDLY"), "repeats by a rule that cannot be followed here"),
        ((*NIGHT, "RRULE:FREQ=DAILY;UNTIL=x"), "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_calendar_of_shifts(read, lines, wrong):
    _, said = read(calendar(event(*lines, title="ann")), name="a.ics", roster=True)
    assert said == [f"desk.yaml:1:35: a.ics: event 1 {wrong}"]
