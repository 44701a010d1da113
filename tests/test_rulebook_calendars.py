"""The calendars of a rulebook on disk: weeks that change, files of closed days, and a calendar for each queue."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from bot.core.clocks import policy_cycles
from bot.core.history import turns
from bot.core.ticket import Ticket
from bot.core.view import View
from bot.rulefiles import load_rulebook

BASE = Path(__file__).parent / "broken_rulebooks" / "base"
CLOSED = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:Kevadpäev
DTSTART;VALUE=DATE:20270304
DTEND;VALUE=DATE:20270306
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR
"""
H = 3600


@pytest.fixture
def load(tmp_path):
    """Loads the base rulebook with edits of its files, and with files of closed days beside it."""

    def made(*edits, **closed):
        folder = tmp_path / "rules"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(BASE, folder)
        for name, was, now in edits:
            text = (folder / name).read_text()
            assert was in text
            (folder / name).write_text(text.replace(was, now, 1))
        for name, text in closed.items():
            (folder / f"{name}.ics").write_text(text)
        return load_rulebook(folder, site="here")

    return made


def at(text, calendar):
    return calendar.moment(datetime.fromisoformat(text))


DAY = "    day: 8h\n"
CHANGING = (
    DAY
    + '    hours_from: {2027-03-02: {mon-fri: "10:00-12:00"}, 2027-03-09: 24x7, 2027-03-01: {mon: "09:00-10:00"}}\n'
)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2027-02-22", "2027-03-01", 9 + 6 + 0 + 9 + 7.5),  # a shortened day, a holiday, a shorter Friday
        ("2027-03-01", "2027-03-02", 1),
        ("2027-03-02", "2027-03-09", 5 * 2),
        ("2027-03-09", "2027-03-11", 48),
        ("2027-02-28 23:00", "2027-03-09 01:00", 1 + 10 + 1),
    ],
)
def test_other_hours_from_a_date_on(start, end, hours, load):
    calendar = load(("desk.yaml", DAY, CHANGING)).calendar
    assert calendar.between(at(start, calendar), at(end, calendar)) == hours * H
    assert calendar.day_s == 8 * H


def test_a_clock_runs_on_over_a_change_of_hours(load):
    calendar = load(("desk.yaml", DAY, CHANGING)).calendar
    friday = at("2027-02-26 15:00", calendar)
    assert calendar.local(calendar.add(friday, 4 * H)).isoformat() == "2027-03-02T12:00:00+02:00"
    assert calendar.add(calendar.add(friday, 4 * H), -4 * H) == friday


def test_days_that_a_file_closes(load):
    closed = ("desk.yaml", "    holidays: EE\n", "    holidays: EE\n    closed: kevad.ics\n")
    book, other = load(closed, kevad=CLOSED), load()
    wednesday = at("2027-03-03 17:00", book.calendar)
    assert book.calendar.local(book.calendar.add(wednesday, 1)).isoformat() == "2027-03-08T08:00:01+02:00"
    assert book.calendar.hours_on(datetime(2199, 3, 5).date()) == ()
    assert other.calendar.local(other.calendar.add(wednesday, 1)).isoformat() == "2027-03-04T08:00:01+02:00"


def test_an_exception_opens_what_a_file_closes(load):
    edits = [
        ("desk.yaml", "    holidays: EE\n", "    holidays: EE\n    closed: [kevad.ics]\n"),
        ("desk.yaml", "2026-12-30: closed", '2027-03-05: "10:00-11:00"'),
    ]
    calendar = load(*edits, kevad=CLOSED).calendar
    assert calendar.between(at("2027-03-04", calendar), at("2027-03-06", calendar)) == H


def test_the_version_covers_files_of_closed_days(load):
    closed = ("desk.yaml", "    holidays: EE\n", "    holidays: EE\n    closed: kevad.ics\n")
    versions = [load(closed, kevad=text).version for text in (CLOSED, CLOSED, CLOSED.replace("20270304", "20270303"))]
    assert versions[0] == versions[1] != versions[2]


PHONE = "manners:\n", '  telefon: {timezone: Europe/Tallinn, hours: {mon-fri: "09:00-10:00"}}\nmanners:\n'


@pytest.mark.parametrize(
    ("queue", "calendar"), [("fees", "telefon"), ("permits", "kontor"), (None, "kontor"), ("gone", "kontor")]
)
def test_a_policy_may_count_in_the_calendar_of_the_tickets_queue(queue, calendar, load):
    book = load(
        ("desk.yaml", *PHONE),
        ("people.yaml", "    value: Tasu\n", "    value: Tasu\n    calendar: telefon\n"),
        ("rules.yaml", "calendar: kontor", "calendar: queue"),
    )
    made_at = at("2027-03-03 08:00", book.calendar)
    ticket = Ticket("1", "ABI-1", "ABI", made_at, 0, "handed-on", queue=queue)
    [cycle] = policy_cycles(book.entries.policies[0], View(ticket, turns(ticket, book), book, made_at))
    assert cycle.calendar is book.calendars[calendar]
    assert cycle.target_s == 3 * {"telefon": 1, "kontor": 8}[calendar] * H
