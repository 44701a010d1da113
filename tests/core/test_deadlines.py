"""Which deadlines a ticket has, its three dates side by side, and when the rungs beside a deadline are reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.calendar import build_calendar
from bot.core.deadlines import NOTICE, dates_of, deadlines_of
from bot.core.entries import DeadlineEntry, Rung
from bot.core.judge import judge, look
from bot.core.ladder import deadline_moments
from bot.core.ticket import Change, Ticket
from bot.shipped import rules_folder
from bot.start import read_desk

TALLINN = ZoneInfo("Europe/Tallinn")


@pytest.fixture(scope="module")
def book():
    return read_desk(rules_folder() / "keskkonnaamet", "test").book


def at(written: str) -> int:
    moment = datetime.fromisoformat(written)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=TALLINN)).timestamp())


def local(moment: int | None) -> str | None:
    return moment if moment is None else datetime.fromtimestamp(moment, TALLINN).strftime("%Y-%m-%d %H:%M")


def ticket(category: str = "TEABENOUE", created: str = "2026-11-16 09:00", **more) -> Ticket:
    given = {"owner": "dok1", "reporter": "spetsialist1", "queue": "DOK", "state": "new"} | more
    return Ticket("1", "KKA-1", "KKA", at(created), 0, category=category, **given)


def view(book, one: Ticket, now: str = "2027-12-01 10:00"):
    return look(one, book, at(now)).view


def found(book, one: Ticket, name: str, now: str = "2027-12-01 10:00"):
    return next((deadline for deadline in deadlines_of(view(book, one, now)) if deadline.name == name), None)


def with_deadlines(book, *entries: dict):
    base = {"why": "For the test alone.", "basis": "§ 1", "source": "the test"}
    made = tuple(DeadlineEntry.model_validate(base | entry) for entry in entries)
    return replace(book, entries=book.entries.model_copy(update={"deadlines": made}))


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (ticket(), ["avts.register", "avts.answer"]),
        (ticket(fields={"registered": "2026-11-16"}), ["avts.answer"]),
        (ticket("SELGITUSTAOTLUS"), ["msvs.answer", "letter.register"]),
        (ticket("SELGITUSTAOTLUS", fields={"registered": "2026-11-16"}), ["msvs.answer"]),
        (ticket("KAEBUS"), ["letter.register", "complaint.answer"]),
        (
            ticket("KAEBUS", labels=frozenset({"vaie"})),
            ["hms.challenge.decide", "letter.register", "challenge.forward"],
        ),
        (ticket("ANDMEKAITSE"), ["gdpr.breach"]),
        (ticket("ANDMEKAITSE", labels=frozenset({"andmesubjekti-taotlus"})), ["gdpr.request"]),
        (ticket("DEKL_SISU"), ["kets.declaration"]),
        (ticket("DEKL_SISU", "2027-11-16 09:00"), []),  # the season's rows have ended
        (ticket("ARUANNE_SISU"), ["report"]),
        (ticket("LIGIPAAS"), []),
    ],
)
def test_which_deadlines_a_ticket_has(book, one, names):
    assert [deadline.name for deadline in deadlines_of(view(book, one))] == names


@pytest.mark.parametrize(
    ("one", "name", "due", "provisional"),
    [
        (ticket(fields={"registered": "2026-11-13"}), "avts.answer", "2026-11-21 00:00", False),
        (ticket(), "avts.answer", "2026-11-24 00:00", True),
        (ticket(fields={"registered": "2028-01-03"}), "avts.answer", "2026-11-24 00:00", True),  # it lies ahead
        (ticket(fields={"registered": "set"}), "avts.answer", "2026-11-24 00:00", True),
        (ticket(), "avts.register", "2026-11-18 00:00", False),
        (ticket("ANDMEKAITSE"), "gdpr.breach", "2026-11-19 09:00", True),
        (
            ticket("ANDMEKAITSE", fields={"known": "2026-11-14T14:15:00+02:00"}),
            "gdpr.breach",
            "2026-11-17 14:15",
            False,
        ),
        # only the day is known: its first second counts, and the limit is not exact
        (ticket("ANDMEKAITSE", fields={"known": "2026-11-14"}), "gdpr.breach", "2026-11-17 00:00", True),
        (
            ticket(
                "KAEBUS",
                labels=frozenset({"vaie"}),
                fields={"registered": "2026-12-11", "challenge_sent": "2026-12-14"},
            ),
            "hms.challenge.decide",
            "2026-12-29 00:00",
            False,
        ),
        (ticket("DEKL_SISU"), "kets.declaration", "2027-01-19 00:00", False),
        (ticket("ARUANNE_SISU", queue="L2_JAATMED"), "report", "2027-02-02 00:00", False),
        (ticket("ARUANNE_SISU", queue="L2_VESI"), "report", "2027-02-16 00:00", False),
    ],
)
def test_when_it_is_due_and_whether_that_is_provisional(book, one, name, due, provisional):
    deadline = found(book, one, name)
    assert (local(deadline.due_at), deadline.provisional) == (due, provisional)


@pytest.mark.parametrize(
    ("registered", "due", "basis"),
    [
        ("2024-12-10", "2025-01-10 00:00", "MSVS § 6 (kuni 2024)"),
        ("2024-12-31", "2025-01-31 00:00", "MSVS § 6 (kuni 2024)"),
        ("2025-01-01", "2025-01-17 00:00", "MSVS § 6"),
        ("2026-12-10", "2026-12-29 00:00", "MSVS § 6"),
    ],
)
def test_the_law_of_the_day_it_starts_counts(book, registered, due, basis):
    deadline = found(book, ticket("SELGITUSTAOTLUS", fields={"registered": registered}), "msvs.answer")
    assert (local(deadline.due_at), deadline.basis) == (due, basis)


def test_nothing_is_confirmed_until_somebody_says_so(book):
    assert [deadline.confirmed for deadline in deadlines_of(view(book, ticket()))] == [False, False]
    confirmed = with_deadlines(book, {"name": "a", "within": "1wd", "confirmed_by": "jurist"})
    assert [deadline.confirmed for deadline in deadlines_of(view(confirmed, ticket()))] == [True]


@pytest.mark.parametrize(
    ("extended", "due", "done", "kept"),
    [
        (None, "2026-11-24 00:00", None, False),
        ("2026-11-16", "2026-12-08 00:00", "2026-11-16 00:00", True),
        ("2026-11-23", "2026-12-08 00:00", "2026-11-23 00:00", True),  # on the fifth day
        ("2026-11-24", "2026-11-24 00:00", "2026-11-24 00:00", False),  # the day after
        ("2026-11-23T16:30:00+02:00", "2026-12-08 00:00", "2026-11-23 16:30", True),
        ("2028-11-23", "2026-11-24 00:00", None, False),  # a plan is no notice
    ],
)
def test_an_extension_counts_when_it_was_told_within_the_first_five_days(book, extended, due, done, kept):
    fields = {"registered": "2026-11-16"} | ({"extended": extended} if extended else {})
    deadline = found(book, ticket(fields=fields), "avts.answer")
    [notice] = deadline.milestones
    assert (local(deadline.due_at), deadline.extended) == (due, kept)
    assert (notice.name, local(notice.due_at), local(notice.done_at), notice.kept) == (
        NOTICE,
        "2026-11-24 00:00",
        done,
        kept,
    )


@pytest.mark.parametrize(("filled", "extended"), [("2026-11-20 10:00", True), ("2026-11-24 10:00", False)])
def test_a_field_without_a_date_tells_by_its_history_when_notice_was_given(book, filled, extended):
    one = ticket(
        fields={"registered": "2026-11-16", "extended": "jah"},
        changes=(Change(at(filled), "extended", None, "jah", "dok1"),),
    )
    assert found(book, one, "avts.answer").extended is extended


def test_fields_that_nobody_mapped_make_it_provisional_and_not_extendable(book):
    fields = {word: field for word, field in book.entries.fields.items() if word in ("category", "queue")}
    bare = replace(book, entries=book.entries.model_copy(update={"fields": fields}))
    deadline = found(bare, ticket(), "avts.answer")
    assert (deadline.provisional, deadline.extended, local(deadline.due_at)) == (True, False, "2026-11-24 00:00")


def with_a_term(book, **more):
    """The desk with a field that holds a document's last day, and fifteen days where it holds none."""
    fielded = replace(
        book, entries=book.entries.model_copy(update={"fields": {**book.entries.fields, "term": "Tähtaeg"}})
    )
    return with_deadlines(fielded, {"name": "term", "ends_on": "term", **more}, {"name": "term", "within": "15cd"})


@pytest.mark.parametrize(
    ("term", "more", "due"),
    [
        ("2026-11-25", {}, "2026-11-26 00:00"),
        ("2026-11-25T12:00:00+02:00", {}, "2026-11-26 00:00"),
        ("2026-11-21", {}, "2026-11-22 00:00"),  # a Saturday that somebody set
        ("2026-11-21", {"moves": True}, "2026-11-24 00:00"),
        ("2026-11-10", {}, "2026-11-11 00:00"),  # it was over when the ticket came
        ("varsti", {}, "2026-12-02 00:00"),
        (None, {}, "2026-12-02 00:00"),
    ],
)
def test_a_field_can_hold_the_last_day_itself(book, term, more, due):
    one = ticket(fields={} if term is None else {"term": term})
    deadline = found(with_a_term(book, **more), one, "term")
    assert (local(deadline.due_at), deadline.by_day, deadline.provisional) == (due, True, False)


def test_another_last_day_is_another_date_to_warn_of(book):
    def starts_at(*days: tuple[str, str]):
        changes = tuple(Change(at(when), "term", None, day, "dok1") for when, day in days)
        one = ticket(fields={"term": days[-1][1]} if days else {"term": "2026-11-25"}, changes=changes)
        return local(found(with_a_term(book), one, "term").starts_at)

    assert starts_at() == "2026-11-16 09:00"
    assert starts_at(("2026-11-17 10:00", "2026-11-25")) == "2026-11-17 10:00"
    assert starts_at(("2026-11-17 10:00", "2026-11-25"), ("2026-11-17 10:05", "2026-11-27")) == "2026-11-17 10:05"


def test_states_never_pause_it(book):
    waits = (Change(at("2026-11-16 10:00"), "state", "new", "waiting-customer", "dok1"),)
    waiting = ticket(state="waiting-customer", changes=waits, fields={"registered": "2026-11-16"})
    assert local(found(book, waiting, "avts.answer").due_at) == "2026-11-24 00:00"
    now = at("2026-11-19 08:00")
    assert [step.say for step in judge(waiting, book, now).steps if step.rule == "info-request"] == ["info_request"]


@pytest.mark.parametrize(
    ("rung", "moments"),
    [
        ({"before_due": "2wd"}, ["2026-12-22 08:00"]),
        ({"before_due": "0wd"}, ["2026-12-28 08:00"]),
        ({"before_due": "1wd"}, ["2026-12-23 08:00"]),  # the shortened day before Christmas
        ({"before_due": "2cd"}, ["2026-12-23 08:00"]),  # Saturday the 26th: the last working day before it
        ({"before_due": "0cd"}, ["2026-12-28 08:00"]),
        ({"before_due": "4h"}, ["2026-12-28 13:00"]),
        ({"before_due": "24h clock"}, ["2026-12-28 00:00"]),
        ({"before_due": "99wd"}, ["2026-12-10 09:00"]),  # not before the ticket was there
        ({"past_due": "0h"}, ["2026-12-29 00:00"]),
        ({"past_due": "0wd"}, ["2026-12-29 00:00"]),
        ({"past_due": "1wd"}, ["2026-12-30 08:00"]),
        ({"past_due": "3cd"}, ["2027-01-04 08:00"]),  # New Year's Day, then a weekend
        ({"past_due": "2h"}, ["2026-12-29 10:00"]),
        ({"past_due": "24h clock"}, ["2026-12-30 00:00"]),
        (
            {"past_due": "0h", "every": "2wd", "times": 3},
            ["2026-12-29 00:00", "2026-12-31 08:00", "2027-01-05 08:00"],
        ),
        (
            {"past_due": "1wd", "every": "7cd", "times": 3},
            ["2026-12-30 08:00", "2027-01-06 08:00", "2027-01-13 08:00"],
        ),
    ],
)
def test_when_a_rung_beside_a_deadline_is_reached(book, rung, moments):
    """Due on Monday 28 December 2026, the first working day after Christmas."""
    one = ticket("SELGITUSTAOTLUS", "2026-12-10 09:00", fields={"registered": "2026-12-10"})
    deadline = found(book, one, "msvs.answer")
    rungs = [Rung.model_validate({"rung": "r", "say": "letter_due", "to": "owner"} | rung)]
    found_at = [reached.at for reached in deadline_moments(rungs, deadline, book.calendar, one.created_at)]
    assert list(map(local, found_at)) == moments


@pytest.mark.parametrize(
    ("rung", "moment"),
    [
        ({"before_due": "24h clock"}, "2026-11-20 14:15"),
        ({"before_due": "1wd"}, "2026-11-19 08:00"),  # due on Saturday: Friday is its last working day
        ({"past_due": "0h"}, "2026-11-21 14:15"),
        ({"past_due": "1wd"}, "2026-11-24 08:00"),  # late from Monday on
    ],
)
def test_rungs_beside_a_limit_by_the_wall_clock(book, rung, moment):
    one = ticket("ANDMEKAITSE", "2026-11-18 14:30", fields={"known": "2026-11-18T14:15:00+02:00"})
    deadline = found(book, one, "gdpr.breach")
    rungs = [Rung.model_validate({"rung": "r", "say": "breach_72h", "to": "owner"} | rung)]
    [reached] = deadline_moments(rungs, deadline, book.calendar, one.created_at)
    assert local(reached.at) == moment


def said(book, one: Ticket, now: str):
    return {step.key: step for step in judge(one, book, at(now)).steps if step.rule == "info-request"}


def test_what_is_said_again_and_what_is_not(book):
    """Registering it on the day it came changes nothing; another day or an extension is another date to warn of."""
    now = "2026-11-20 10:00"
    keys = {
        name: set(said(book, ticket(fields=fields), when))
        for name, fields, when in [
            ("provisional", {}, now),
            ("same day", {"registered": "2026-11-16"}, now),
            ("day before", {"registered": "2026-11-13"}, now),
            ("extended", {"registered": "2026-11-16", "extended": "2026-11-19"}, "2026-12-04 10:00"),
        ]
    }
    assert all(keys.values())
    assert keys["provisional"] == keys["same day"]
    assert len(set.union(*keys.values())) == 3


def test_what_a_message_beside_a_deadline_can_say(book):
    names = {"state", "queue", "last", "date", "n", "due", "basis", "unconfirmed"}
    cases = [
        (ticket(), "2026-11-20 10:00", {"left", "provisional", "extend_by"}),
        (ticket(fields={"registered": "2026-11-16"}), "2026-11-20 10:00", {"left", "reg", "at", "extend_by"}),
        (ticket(fields={"registered": "2026-11-16"}), "2026-11-25 10:00", {"over", "reg", "at"}),
        (
            ticket(fields={"registered": "2026-11-16", "extended": "2026-11-19"}),
            "2026-12-04 10:00",
            {"left", "reg", "at"},
        ),
    ]
    for one, now, more in cases:
        [step] = said(book, one, now).values()
        assert set(step.values) == names | more


def test_the_ticket_is_looked_at_when_the_next_rung_is_reached(book):
    wishes = judge(ticket(fields={"registered": "2026-11-16", "dhs_ref": "set"}), book, at("2026-11-16 10:00"))
    assert (wishes.steps, local(wishes.look_again_at)) == ((), "2026-11-19 08:00")


DUE = {"due_at": at("2026-12-01T00:00+00:00")}


def moved(when: str, was: str | None, now: str | None, who: str | None = "dok1", field: str = "due", bot=False):
    return Change(at(when), field, was, now, who, bot)


@pytest.mark.parametrize(
    ("changes", "given", "first", "promised"),
    [
        ((), {}, None, None),
        ((), DUE, "2026-12-02 00:00", "2026-12-02 00:00"),
        ((moved("2026-11-17 10:00", None, "2026-12-01"),), DUE, "2026-12-02 00:00", "2026-12-02 00:00"),
        ((moved("2026-11-17 10:00", "2026-11-25", "2026-12-01"),), DUE, "2026-11-26 00:00", "2026-12-02 00:00"),
        (
            (
                moved("2026-11-17 10:00", None, "2026-11-20"),
                moved("2026-11-18 10:00", "2026-11-20", None),
                moved("2026-11-19 10:00", None, "2026-12-01"),
            ),
            DUE,
            "2026-11-21 00:00",
            "2026-12-02 00:00",
        ),
        ((moved("2026-11-17 10:00", "2026-11-20", None),), {}, "2026-11-21 00:00", None),
    ],
)
def test_what_was_first_promised_is_told_by_the_history(book, changes, given, first, promised):
    dates = dates_of(view(book, ticket("LIGIPAAS", changes=changes, **given)))
    assert (dates.first and local(dates.first.due_at), dates.promised and local(dates.promised.due_at)) == (
        first,
        promised,
    )


@pytest.mark.parametrize(
    ("given", "kind", "due", "basis"),
    [
        ({"category": "LIGIPAAS"}, None, None, None),
        ({"category": "LIGIPAAS", **DUE}, "promised", "2026-12-02 00:00", "the ticket's due date"),
        ({"fields": {"registered": "2026-11-16"}}, "statutory", "2026-11-24 00:00", "AvTS § 18 lg 1"),
        ({"fields": {"registered": "2026-11-16"}, **DUE}, "statutory", "2026-11-24 00:00", "AvTS § 18 lg 1"),
        (
            {"category": "SELGITUSTAOTLUS", "fields": {"registered": "2026-11-30"}, **DUE},
            "promised",
            "2026-12-02 00:00",
            "the ticket's due date",
        ),
        # several statutory dates: the earliest
        ({}, "statutory", "2026-11-18 00:00", "AvTS § 16 lg 1"),
    ],
)
def test_the_earliest_date_that_stands_rules(book, given, kind, due, basis):
    rules = dates_of(view(book, ticket(**given))).rules
    assert (rules and rules.kind, rules and local(rules.due_at), rules and rules.basis) == (kind, due, basis)


def test_every_shift_has_its_role_and_its_reason(book):
    changes = (
        moved("2026-11-16 10:00", None, "2026-11-20", "spetsialist1"),
        moved("2026-11-17 11:00", None, "2026-11-16", "dok1", "registered"),
        moved("2026-11-18 12:00", "2026-11-20", "2026-12-01", "koordinaator1"),
        moved("2026-11-18 12:30", "2026-12-01", "2026-12-01", "koordinaator1"),
        moved("2026-11-19 13:00", None, "2026-11-19", "it1", "extended"),
        moved("2026-11-20 14:00", "2026-12-01", None, None, bot=True),
    )
    one = ticket(fields={"registered": "2026-11-16", "extended": "2026-11-19"}, changes=changes)
    answer = next(e for e in book.entries.deadlines if e.name == "avts.answer")
    alone = replace(book, entries=book.entries.model_copy(update={"deadlines": (answer,)}))
    shifts = dates_of(view(alone, one)).shifts
    assert [(local(s.at), s.kind, s.by, local(s.was), local(s.now), s.because) for s in shifts] == [
        ("2026-11-16 10:00", "promised", "forwarder", None, "2026-11-21 00:00", "due"),
        ("2026-11-18 12:00", "promised", "coordinator", "2026-11-21 00:00", "2026-12-02 00:00", "due"),
        ("2026-11-19 13:00", "statutory", "tier 2", "2026-11-24 00:00", "2026-12-08 00:00", "extended"),
        ("2026-11-20 14:00", "promised", "the bot", "2026-12-02 00:00", None, "due"),
    ]
    later = ticket(
        fields={"registered": "2026-11-18"},
        changes=(moved("2026-11-18 11:00", None, "2026-11-18", field="registered"),),
    )
    [shift] = dates_of(view(alone, later)).shifts
    assert (shift.kind, shift.by, local(shift.was), local(shift.now), shift.because) == (
        "statutory",
        "owner",
        "2026-11-24 00:00",
        "2026-11-26 00:00",
        "registered",
    )


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("dok1", "owner"),
        ("spetsialist1", "forwarder"),
        ("koordinaator1", "coordinator"),
        ("juht1", "lead"),
        ("load2", "tier 2"),
        ("spetsialist3", "tier 1"),
        ("~712020:stranger", "reporter"),
        ("~712020:other", "somebody"),
        (None, "somebody"),
    ],
)
def test_people_are_told_by_their_role(book, who, role):
    one = ticket(
        "LIGIPAAS",
        reporter="~712020:stranger",
        forwarder="spetsialist1",
        changes=(moved("2026-11-17 10:00", None, "2026-12-01", who),),
        **DUE,
    )
    [shift] = dates_of(view(book, one)).shifts
    assert shift.by == role


def test_a_desk_that_is_always_open_counts_the_countrys_days_where_it_says_so(book):
    always = build_calendar(
        "kontor",
        timezone="Europe/Tallinn",
        hours="24x7",
        day_s=None,
        closed=lambda year: frozenset(),
        shortened=lambda year: frozenset(),
        exceptions={},
    )
    night_desk = replace(book, calendars={**book.calendars, "kontor": always})
    entries = ({"name": "law", "within": "5wd", "calendar": "riik"}, {"name": "own", "within": "5wd"})
    one = ticket("LIGIPAAS", "2026-12-18 09:00")
    due = [local(deadline.due_at) for deadline in deadlines_of(view(with_deadlines(night_desk, *entries), one))]
    assert due == ["2026-12-30 00:00", "2026-12-24 00:00"]


def test_a_deadline_does_not_begin_anew_when_the_ticket_is_reopened(book):
    changes = (
        Change(at("2026-11-17 10:00"), "state", "new", "solved", "dok1"),
        Change(at("2026-11-19 09:00"), "state", "solved", "at-tier-2", "spetsialist1"),
    )
    fields = {"registered": "2026-11-16"}
    solved = ticket(state="solved", changes=changes[:1], fields=fields)
    reopened = ticket(state="at-tier-2", changes=changes, fields=fields)
    now = "2026-11-19 10:00"
    assert said(book, solved, now) == {}
    assert set(said(book, reopened, now)) == set(said(book, ticket(fields=fields), now)) != set()
