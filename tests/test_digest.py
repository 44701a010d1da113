"""The digest: which section a ticket stands in, what is only counted, and how the page shows it in each language."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from bot.core.ledger import Entry
from bot.core.ticket import Change, Message, Ticket
from bot.core.verdict import Verdict
from bot.report.digest import SECTIONS, Kept, gather, html
from bot.report.words import words_of
from bot.shipped import rules_folder
from bot.start import read_desk

NOW = "2026-12-16 12:00"


@pytest.fixture(scope="module")
def book():
    return read_desk(rules_folder() / "keskkonnaamet", "test").book


def at(written: str) -> int:
    return int(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo("Europe/Tallinn")).timestamp())


def ticket(number: int, *states: tuple[str, str], **more) -> Ticket:
    """A ticket opened on Monday at nine, which took these states at these moments."""
    changes, was = [], "new"
    for when, state in states:
        changes.append(Change(at(when), "state", was, state, "spetsialist1"))
        was = state
    given = {"queue": "L2_IT", "owner": "it1", "reporter": "spetsialist1", "priority": "medium"} | more
    opened = at("2026-12-14 09:00")
    return Ticket(str(number), f"KKA-{number}", "KKA", opened, 0, was, changes=tuple(changes), **given)


FORWARDED = ("2026-12-14 09:10", "at-tier-2")
FRESH = ("2026-12-16 11:00", "at-tier-2")


@pytest.mark.parametrize(
    ("one", "sections"),
    [
        (ticket(1, FRESH, messages=(Message(at("2026-12-16 11:30"), "1", "it1"),)), []),
        (ticket(2, FRESH), ["due_soon"]),
        (ticket(3, FORWARDED), ["overdue", "still"]),
        (ticket(4, FRESH, owner=None), ["due_soon", "unassigned"]),
        (ticket(5, FRESH, queue=None), ["due_soon", "unrouted"]),
        (ticket(6, FORWARDED, ("2026-12-14 10:00", "waiting-customer")), ["customer"]),
        (ticket(7, FORWARDED, ("2026-12-14 10:00", "solved")), ["solved"]),
        (ticket(8, FORWARDED, ("2026-12-14 10:00", "solved"), delivered_at=at("2026-12-14 11:00")), []),
        (ticket(9, FORWARDED, ("2026-12-14 10:00", "solved"), ("2026-12-14 11:00", "closed")), []),
        (ticket(10, FORWARDED, secured=True), []),
        (ticket(11, ("2026-12-14 09:10", "unknown")), []),
    ],
)
def test_sections(book, one, sections):
    digest = gather([one], [], (), book, at(NOW))
    assert [name for name in SECTIONS if digest.sections[name]] == sections


def test_what_is_counted_and_not_listed(book):
    tickets = [
        ticket(1, FORWARDED, secured=True),
        ticket(2, ("2026-12-14 09:10", "nobody-knows")),
        ticket(3, FORWARDED, ("2026-12-16 10:00", "solved"), ("2026-12-16 11:00", "closed")),
        ticket(4, FORWARDED, queue="unknown"),
    ]
    row = Entry("k", "4", "KKA-4", "no-movement", "ask", "no_movement", ("it1",), "said", "b", at(NOW), at(NOW))
    ledger = [row, *(Entry(*list(_values(row))[:7], state, "b", 0, 0) for state in ("observed", "batched", "held"))]
    digest = gather(tickets, ledger, [("4", "refused")], book, at(NOW))
    assert (digest.open, digest.by_tier, digest.closed_today) == (2, {"2": 2}, 1)
    assert (digest.secured, digest.unknown, digest.observed, digest.batched) == (1, 1, 1, 1)
    assert (digest.said, digest.said_today) == ({("no-movement", "ask"): 1}, 1)
    page = html(digest, book, "en", "https://jira.example/browse/")
    assert "KKA-4</a></td><td>?</td>" in page
    assert "KKA-1<" not in page
    assert 'href="https://jira.example/browse/KKA-4"' in page


def _values(row: Entry):
    return (getattr(row, name) for name in row.__struct_fields__)


@pytest.mark.parametrize("language", ["et", "en", "ru"])
def test_the_page_in_every_language(book, language):
    empty = html(gather([], [], (), book, at(NOW)), book, language)
    full = html(gather([ticket(3, FORWARDED)], [], (), book, at(NOW)), book, language)
    assert words_of(language)["nothing"] in empty
    assert words_of(language)["overdue"] in full
    assert words_of(language).keys() == words_of("et").keys()
    assert "it1" not in full
    assert "spetsialist1" not in full


def test_the_most_overdue_clock_of_a_ticket_is_named(book):
    rows = gather([ticket(3, FORWARDED)], [], (), book, at(NOW)).sections["overdue"]
    assert [(row.key, row.policy) for row in rows] == [("KKA-3", "tier2-takes")]


LETTER = {"category": "SELGITUSTAOTLUS", "queue": "DOK"}
REQUEST = {"category": "TEABENOUE", "queue": "DOK"}


@pytest.mark.parametrize(
    ("one", "rows"),
    [
        (ticket(1, FORWARDED), []),
        (ticket(2, FORWARDED, category="DEKL_SISU"), []),  # the customer's own date
        (
            ticket(3, **LETTER),
            [
                ("teabehalduse kord (näidis)", "15.12.2026", "ületatud 1 tööpäev", "kinnitamata"),
                ("MSVS § 6", "29.12.2026", "jäänud 7 tööpäeva", "esialgne, kinnitamata"),
            ],
        ),
        (
            ticket(4, **LETTER, fields={"registered": "2026-12-10"}),
            [("MSVS § 6", "28.12.2026", "jäänud 6 tööpäeva", "kinnitamata")],
        ),
        (
            ticket(5, **LETTER, fields={"registered": "2026-11-10", "extended": "2026-11-20"}),
            [("MSVS § 6", "11.01.2027", "jäänud 15 tööpäeva", "pikendatud, kinnitamata")],
        ),
        (
            ticket(6, **REQUEST, fields={"registered": "2026-12-04"}),
            [("AvTS § 18 lg 1", "11.12.2026", "ületatud 3 tööpäeva", "kinnitamata")],
        ),
        (
            ticket(7, **REQUEST),
            [
                ("AvTS § 16 lg 1", "15.12.2026", "ületatud 1 tööpäev", "kinnitamata"),
                ("AvTS § 18 lg 1", "21.12.2026", "jäänud 3 tööpäeva", "esialgne, kinnitamata"),
            ],
        ),
        (
            ticket(8, category="ANDMEKAITSE", fields={"known": "2026-12-14T14:15:00+02:00"}),
            [("GDPR art 33", "17.12.2026 kell 14.15", "jäänud 26 tundi 15 minutit", "kinnitamata")],
        ),
        (ticket(9, FORWARDED, ("2026-12-14 10:00", "solved"), **LETTER), []),
        (ticket(10, secured=True, **LETTER), []),
    ],
)
def test_the_answers_owed(book, one, rows):
    page = html(gather([one], [], (), book, at(NOW)), book, "et")
    section = page.partition('id="statutory"')[2].partition("</section>")[0]
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row)[2:] for row in section.split("<tr>")[2:]]
    assert [[*row[:3], row[4]] for row in found] == list(map(list, rows))


def test_an_overdue_answer_needs_attention_and_one_in_time_does_not(book):
    nothing = words_of("et")["nothing"]
    registered = ticket(3, **LETTER, fields={"registered": "2026-12-14"})
    in_time = html(gather([registered], [], (), book, at(NOW)), book, "et")
    assert nothing in in_time
    late = html(
        gather([ticket(6, **REQUEST, fields={"registered": "2026-12-04"})], [], (), book, at(NOW)), book, "et"
    )
    assert "Teabenõuded ja vastamistähtajad, ületatud</a>: <b>1</b>" in late
    assert nothing not in late


def verdict(policy: str, standing: str, stopped: str, *, rejudged: bool = False) -> Verdict:
    return Verdict("1", policy, 0, at(stopped), None, 1, 0, standing, "v", at(stopped), rejudged)


VERDICTS = [
    verdict("tier2-resolution", "met", "2026-12-10 00:00"),
    verdict("tier2-resolution", "missed", "2026-12-16 12:00"),
    verdict("tier2-resolution", "missed", "2026-12-15 12:00", rejudged=True),
    verdict("tier2-resolution", "met", "2026-12-09 23:59"),  # a week ago already
    verdict("tier2-resolution", "met", "2026-12-16 12:01"),  # not yet
    verdict("of-old", "met", "2026-12-11 12:00"),
    verdict("tier2-answer", "met", "2026-12-11 12:00"),
]


def test_the_promises_of_the_week(book):
    digest = gather([], [], (), book, at(NOW), VERDICTS)
    assert list(digest.promises.items()) == [
        ("tier2-answer", Kept(1, 0, 0)),
        ("tier2-resolution", Kept(1, 2, 1)),
        ("of-old", Kept(1, 0, 0)),
    ]
    assert "Lubadused viimase 7 päeva jooksul" in html(digest, book, "et")
    assert "Lubadused" not in html(gather([], [], (), book, at(NOW)), book, "et")


MOVED = Change(at("2026-12-14 10:00"), "due", "2026-12-18", "2026-12-23", "it1")


@pytest.mark.parametrize(
    ("given", "promised"),
    [
        ({}, ""),
        ({"due_at": at("2026-12-23 02:00")}, "23.12.2026 – on varasem"),
        ({"due_at": at("2027-01-04 02:00")}, "04.01.2027"),
        ({"due_at": at("2026-12-23 02:00"), "changes": (MOVED,)}, "23.12.2026 – on varasem (esmalt 18.12.2026)"),
        ({"changes": (replace(MOVED, now=None),)}, " (esmalt 18.12.2026)"),
    ],
)
def test_the_three_dates_of_an_answer_stand_side_by_side(book, given, promised):
    """Statutory on 29 December; the ticket's own due date, and the one first promised."""
    one = replace(ticket(3, **LETTER, fields={"registered": "2026-12-14"}), **given)
    page = html(gather([one], [], (), book, at(NOW)), book, "et")
    section = page.partition('id="statutory"')[2].partition("</section>")[0]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", section)
    assert (cells[3], cells[5]) == ("29.12.2026", promised)
