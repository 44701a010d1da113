"""The first screen of the digest: what must be done today, by whom; and the figures beside those of before."""

from __future__ import annotations

from datetime import date

import pytest
from desks import rulebook
from msgspec.structs import replace
from reported import (
    CLOSED,
    FORWARDED,
    FRESH,
    NOW,
    REQUEST,
    SOLVED,
    VERDICTS,
    at,
    digested,
    reported,
    said,
    ticket,
    with_digest,
)

from bot.core.audience import Audience
from bot.core.desk import Absence, Desk
from bot.core.laid_aside import LaidAside
from bot.core.ticket import Change, Message
from bot.report.digest import GROUPS, PARTS, WAITS, digest_of
from bot.report.report import Failure, Kept

ANSWERED = (Message(at("2026-12-16 11:30"), "1", "it1"),)
AWAY = Desk((Absence("vesi1", date(2026, 12, 14), date(2026, 12, 18)),))
BOUNCED = (FORWARDED, ("2026-12-15 10:00", "new"))


@pytest.mark.parametrize(
    ("one", "sections"),
    [
        (ticket(1, FRESH, messages=ANSWERED), []),
        (ticket(2, FRESH), ["due_soon"]),
        (ticket(3, FORWARDED), ["overdue", "still"]),
        (ticket(4, FRESH, owner=None), ["due_soon", "unassigned"]),
        (ticket(5, FRESH, queue=None), ["due_soon", "unrouted"]),
        (ticket(6, FORWARDED, ("2026-12-14 10:00", "waiting-customer")), ["customer"]),
        (ticket(7, FORWARDED, SOLVED), ["solved"]),
        (ticket(8, FORWARDED, SOLVED, delivered_at=at("2026-12-14 11:00")), ["to_close"]),
        (ticket(9, FORWARDED, SOLVED, CLOSED), []),
        (ticket(10, FORWARDED, ("2026-12-15 10:00", "asked")), ["overdue", "pass_on"]),
        (ticket(11, ("2026-12-14 09:10", "nobody-knows")), []),
    ],
)
def test_the_sections_that_a_ticket_stands_in(one, sections):
    report = reported(one)
    assert [name for name, rows in report.sections.items() if rows] == sections


def test_a_return_waits_to_be_confirmed_and_an_owner_who_is_away_for_a_deputy():
    back = Change(at("2026-12-15 10:00"), "state", "at-tier-2", "new", "it1")
    returned = replace(ticket(1, FORWARDED), state="new")
    returned = replace(returned, changes=(*returned.changes, back))
    report = reported(returned, ticket(2, FRESH, owner="vesi1", queue="L2_VESI"), desk=AWAY)
    assert [name for name, rows in report.sections.items() if rows] == [
        "overdue",
        "due_soon",
        "to_confirm",
        "absent",
        "returned",
    ]


def tasks(digest) -> dict[str, list[tuple[str, str, str]]]:
    return {
        group.name: [(each.row.key, each.section, each.do) for each in group.tasks]
        for group in digest.groups
        if group.tasks
    }


def test_what_the_law_sets_burns_first_and_a_ticket_stands_once():
    late_answer = ticket(6, **REQUEST, fields={"registered": "2026-12-04"})
    digest = digested(reported(ticket(3, FORWARDED), late_answer, ticket(4, FRESH), ticket(5, FORWARDED, owner=None)))
    assert tasks(digest) == {
        "burns": [
            ("KKA-6", "statutory_over", "statutory_over"),
            ("KKA-3", "overdue", "overdue"),
            ("KKA-5", "overdue", "unassigned"),
        ],
        "soon": [("KKA-4", "due_soon", "due_soon")],
    }
    assert [(group.n, group.above, group.more) for group in digest.groups] == [(3, 0, 0), (1, 0, 0), (1, 1, 0)]
    assert not digest.is_quiet


def test_a_legal_deadline_of_today_is_told_though_the_ticket_burns_already():
    today = ticket(6, FORWARDED, **REQUEST, fields={"registered": "2026-12-09"})
    digest = digested(reported(today))
    assert tasks(digest)["soon"] == [("KKA-6", "statutory_soon", "statutory_soon")]
    assert tasks(digest)["burns"] == [("KKA-6", "overdue", "overdue")]


def test_more_than_fit_a_screen_are_counted():
    digest = digested(reported(*(ticket(n, FORWARDED) for n in range(1, 12)), ticket(12, FORWARDED, secured=True)))
    (burns,) = (group for group in digest.groups if group.name == "burns")
    assert (len(burns.tasks), burns.n, burns.more, burns.unlisted) == (6, 12, 6, 1)


def test_what_is_not_listed_above_is_listed_where_it_has_to_be_decided():
    burning = [ticket(n, FORWARDED) for n in range(1, 7)]
    digest = digested(reported(*burning, ticket(7, FORWARDED, owner=None)))
    assert [(group.name, group.n, group.more, group.above) for group in digest.groups] == [
        ("burns", 7, 1, 0),
        ("soon", 0, 0, 0),
        ("decide", 1, 0, 0),
    ]
    assert tasks(digest)["decide"] == [("KKA-7", "unassigned", "unassigned")]


def test_who_waits_for_whom():
    waiting = ("2026-12-14 10:00", "waiting-customer")
    digest = digested(
        reported(ticket(1, FORWARDED, SOLVED), ticket(2, FORWARDED, waiting), ticket(3, FORWARDED, SOLVED))
    )
    found = [(wait.who, wait.section, wait.n, wait.longest.key) for wait in digest.waits]
    assert found == [("forwarder", "solved", 2, "KKA-1"), ("customer", "customer", 1, "KKA-2")]


@pytest.mark.parametrize(
    ("more", "is_quiet"),
    [
        ({}, True),
        ({"batches": {at(NOW): 50}}, False),
        ({"troubles": {"1": LaidAside("1", "refused: 403", at(NOW))}}, True),
    ],
)
def test_a_quiet_day(more, is_quiet):
    assert digested(reported(ticket(1, FRESH, messages=ANSWERED), **more)).is_quiet is is_quiet


def test_a_failed_way_is_no_quiet_day():
    report = replace(reported(), failures=(Failure(at(NOW), "mail", "refused"),))
    assert not digested(report).is_quiet


def test_what_is_not_shown_does_not_ask_for_attention():
    book = with_digest(parts=["unrouted", "still"])
    digest = digested(reported(ticket(3, FORWARDED), ticket(5, FORWARDED, queue=None), book=book), book=book)
    assert tasks(digest) == {"decide": [("KKA-5", "unrouted", "unrouted")]}
    assert [wait.section for wait in digest.waits] == ["still"]


def test_every_section_has_its_place_on_the_first_screen():
    placed = [name for names in (*GROUPS.values(), *WAITS.values()) for name in names]
    from bot.core.overview import SECTIONS

    assert sorted(placed) == sorted((*SECTIONS, "statutory_over", "statutory_soon"))
    assert set(SECTIONS) < set(PARTS)


@pytest.mark.parametrize(
    ("soon", "rows"), [("1wd", 0), ("2wd", 0), ("4wd", 0), ("5wd", 1)], ids=["1wd", "2wd", "4wd", "5wd"]
)
def test_what_is_due_soon(soon, rows):
    """Forwarded on Wednesday at 11 and answered at once: forty working hours end on Tuesday at 15, the fifth day."""
    report = reported(ticket(2, FRESH, messages=ANSWERED), book=with_digest(soon=soon))
    assert len(report.sections["due_soon"]) == rows


@pytest.mark.parametrize(("still", "rows"), [("1wd", 1), ("20h", 1), ("21h", 0), ("2wd", 1), ("3wd", 0)])
def test_what_is_without_movement(still, rows):
    """Forwarded on Monday at 9:10: by Wednesday noon, twenty working hours and fifty minutes ago."""
    assert len(reported(ticket(3, FORWARDED), book=with_digest(still=still)).sections["still"]) == rows


def test_the_most_overdue_clock_of_a_ticket_is_named():
    rows = reported(ticket(3, FORWARDED)).sections["overdue"]
    assert [(row.key, row.policy, row.act) for row in rows] == [("KKA-3", "tier2-takes", "owner")]


def aged(number: int, day: str, *states, **more):
    return replace(ticket(number, *states, **more), created_at=at(f"{day} 09:00"))


@pytest.mark.parametrize(
    ("ages", "bands"),
    [
        (["10cd", "30cd"], [(0, 9, 1, 1), (10, 30, 1, 1), (31, None, 1, 0)]),
        (["11cd"], [(0, 11, 1, 2), (12, None, 2, 0)]),
        (["9cd", "10cd", "31cd"], [(0, 8, 1, 0), (9, 9, 0, 1), (10, 31, 2, 1), (32, None, 0, 0)]),
    ],
)
def test_the_ages_of_the_backlog(ages, bands):
    """Today, and 9, 10, 30 and 31 days ago; what is solved or closed is no backlog, what is secured is."""
    tickets = [
        aged(1, "2026-12-16"),
        aged(2, "2026-12-07", FORWARDED),
        aged(3, "2026-12-06", FORWARDED, secured=True),
        aged(4, "2026-11-16"),
        aged(5, "2026-11-15"),
        aged(6, "2026-11-15", FORWARDED, SOLVED),
        aged(7, "2026-11-15", FORWARDED, SOLVED, CLOSED),
    ]
    found = reported(*tickets, book=with_digest(ages=ages)).counts.backlog
    assert [(band.low, band.high, band.by_tier.get("1", 0), band.by_tier.get("2", 0)) for band in found] == bands


@pytest.mark.parametrize(
    ("kind", "promises"),
    [
        ("day", {"tier2-answer": Kept(1, 0, 0), "tier2-resolution": Kept(1, 2, 1), "of-old": Kept(1, 0, 0)}),
        ("week", {"tier2-resolution": Kept(0, 2, 1)}),
        ("month", {"tier2-answer": Kept(1, 0, 0), "tier2-resolution": Kept(2, 2, 1), "of-old": Kept(1, 0, 0)}),
    ],
)
def test_the_promises_of_a_day_are_those_of_the_days_before_it_and_else_the_periods(kind, promises):
    assert reported(kind=kind, verdicts=VERDICTS).counts.promises == promises


def test_what_was_said_and_done_is_counted_within_the_period():
    ledger = [
        said("a", "1", "2026-12-14 10:00"),
        said("b", "1", "2026-12-13 10:00"),
        said("c", "1", "2026-12-15 10:00", "held"),
    ]
    tickets = [ticket(1, FORWARDED), ticket(2, FORWARDED, SOLVED), ticket(3, FORWARDED, SOLVED, CLOSED)]
    week = reported(*tickets, kind="week", ledger=ledger).counts
    day = reported(*tickets, ledger=ledger).counts
    assert (week.opened, week.solved, week.closed, sum(each.n for each in week.said)) == (3, 2, 1, 1)
    assert (day.opened, day.solved, day.closed, day.said) == (0, 0, 1, ())


def test_a_reader_of_one_queue_has_its_counts():
    tickets = [ticket(n, FORWARDED) for n in range(1, 7)] + [ticket(7, FORWARDED, queue="L2_VESI")]
    digest = digested(reported(*tickets, kind="week"), audience=Audience(queues=frozenset(("L2_VESI",)), team=False))
    assert (digest.report.counts.open, digest.report.counts.opened) == (None, None)
    assert [(group.name, group.n, group.tasks) for group in digest.groups if group.n != 0] == [("burns", None, ())]


def test_only_the_period_just_before_is_compared_with():
    week, earlier = reported(kind="week"), reported(kind="week", day="2026-12-02 12:00")
    assert digest_of(week, [earlier], rulebook()).before is None
    just = reported(kind="week", day="2026-12-09 12:00")
    assert digest_of(week, [earlier, just, week], rulebook()).before is just
