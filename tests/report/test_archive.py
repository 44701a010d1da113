"""A period that is over keeps the figures of the first report on it, whatever becomes of its tickets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desks import rulebook, shipped
from msgspec.structs import replace
from reported import CLOSED, FORWARDED, SOLVED, at, said, ticket
from reused import store_at

from bot.core.audience import Audience
from bot.core.desk import QUIET
from bot.core.kpi.fact import Fact
from bot.core.kpi.period import period_of
from bot.core.kpi.registry import figures
from bot.report.archive import earlier, keep, kept, report_on, settled
from bot.report.cut import cut
from bot.report.digest import digest_of
from bot.report.gather import gather
from bot.report.report import past, written
from bot.report.write import LEAD, digest_now, digest_then
from bot.store.store import ReportHead, ReportRow, Store

BOOK = shipped().book
MONDAY = period_of("day", BOOK.calendar.day_of(at("2026-12-14 12:00")), BOOK.calendar)
TUESDAY = period_of("day", BOOK.calendar.day_of(at("2026-12-15 12:00")), BOOK.calendar)
MORNING, NOON = at("2026-12-15 08:00"), at("2026-12-15 12:00")


@pytest.fixture
def store() -> Iterator[Store]:
    with store_at("sqlite://") as opened:
        opened.put_tickets([ticket(1, FORWARDED), ticket(2, FORWARDED, SOLVED), ticket(3, FORWARDED)], "f", 0)
        opened.write_entries([said("a", "1", "2026-12-14 15:00")])
        opened.set_mark(1, MORNING)
        yield opened


def test_figures_stay_though_the_tickets_change(store):
    first = report_on(store, BOOK, QUIET, MONDAY, MORNING)
    assert kept(store, MONDAY) == first
    closed_later = ticket(1, FORWARDED, SOLVED, CLOSED)  # as if it had been solved on Monday already
    store.put_tickets([closed_later, ticket(4, ("2026-12-14 09:30", "at-tier-2"))], "f", 0)
    store.set_mark(2, NOON)
    changed, again = gather(store, BOOK, QUIET, MONDAY, NOON), report_on(store, BOOK, QUIET, MONDAY, NOON)
    assert figures(changed.facts) != figures(first.facts)
    assert figures(again.facts) == figures(first.facts)
    assert (again.counts.opened, again.counts.solved) == (first.counts.opened, first.counts.solved) == (3, 1)
    assert (again.as_of, again.kept_at, again.kept_version) == (NOON, MORNING, BOOK.version)
    assert (again.counts.open, again.sections) == (changed.counts.open, changed.sections)
    assert kept(store, MONDAY) == first


def test_a_report_as_of_when_it_was_kept_is_that_one(store):
    first = report_on(store, BOOK, QUIET, MONDAY, MORNING)
    assert report_on(store, BOOK, QUIET, MONDAY, MORNING) == first
    assert settled(replace(first, version="later"), first).kept_version == BOOK.version


def test_figures_are_worked_out_anew_where_that_is_asked_for(store):
    first = report_on(store, BOOK, QUIET, MONDAY, MORNING)
    store.put_tickets([ticket(1, FORWARDED, SOLVED)], "f", 0)
    anew = report_on(store, BOOK, QUIET, MONDAY, NOON, anew=True)
    assert (first.counts.solved, anew.counts.solved) == (1, 2)
    assert kept(store, MONDAY) == anew


def test_what_was_reported_is_shown_as_it_was(store):
    first = report_on(store, BOOK, QUIET, MONDAY, MORNING)
    store.put_tickets([ticket(1, FORWARDED, SOLVED, CLOSED)], "f", 0)
    then = digest_then(store, BOOK, MONDAY, NOON)
    assert then.report == cut(first, LEAD)
    now = digest_now(store, BOOK, MONDAY, NOON)
    assert [each.figure for each in now.figures] == [each.figure for each in then.figures]
    assert now.report.sections != then.report.sections


def test_what_this_version_cannot_read_stops_no_digest(store):
    for period in (MONDAY, TUESDAY):
        store.keep_report(ReportRow(ReportHead("day", period.first, 1, "v"), {}, b'{"of another": "version"}'))
    assert (kept(store, MONDAY), earlier(store, TUESDAY)) == (None, ())
    assert report_on(store, BOOK, QUIET, MONDAY, NOON).kept_at is None
    assert digest_then(store, BOOK, MONDAY, NOON).report.counts.opened == 3


@pytest.mark.parametrize(
    ("period", "now", "polled_at", "is_kept"),
    [
        ("monday", MORNING, MORNING, True),
        ("monday", MORNING, MONDAY.until_at, True),
        ("monday", MORNING, MONDAY.until_at - 1, False),  # what happened last is not known yet
        ("monday", MORNING, None, False),
        ("tuesday", NOON, NOON, False),  # not over
    ],
)
def test_a_period_is_kept_once_it_is_over_and_known(period, now, polled_at, is_kept):
    with store_at("sqlite://") as store:
        if polled_at is not None:
            store.set_mark(1, polled_at)
        asked = MONDAY if period == "monday" else TUESDAY
        report = gather(store, BOOK, QUIET, asked, now)
        assert keep(store, report) is is_kept
        assert (kept(store, asked) is not None) is is_kept


def test_earlier_periods_are_those_of_the_same_kind(store):
    store.set_mark(1, at("2026-12-20 08:00"))
    assert earlier(store, TUESDAY) == ()
    first = report_on(store, BOOK, QUIET, MONDAY, MORNING)
    week = period_of("week", MONDAY.first, BOOK.calendar)
    report_on(store, BOOK, QUIET, week, NOON)
    assert earlier(store, TUESDAY) == (past(first),)


@pytest.mark.parametrize("audience", [LEAD, Audience(team=False)])
def test_what_is_left_of_an_earlier_report_says_the_same_beside_a_later_one(store, audience):
    before, later = (gather(store, BOOK, QUIET, each, NOON) for each in (MONDAY, TUESDAY))
    assert "KKA" not in written(past(before)).decode()
    assert len({id(fact) for fact in past(before).facts}) < len(before.facts)
    then, today = cut(before, audience), cut(later, audience)
    beside = digest_of(today, [cut(past(before), audience)], BOOK)
    assert beside.figures == digest_of(today, [then], BOOK).figures
    assert beside.before is not None
    assert beside.before.counts == then.counts


@pytest.mark.parametrize("what", ["secured", "gone"])
def test_what_is_hidden_since_is_listed_in_no_report_that_was_kept(store, what):
    shown = cut(report_on(store, BOOK, QUIET, MONDAY, MORNING), LEAD)
    assert "KKA-2" in written(shown).decode()
    if what == "secured":
        store.put_tickets([ticket(2, FORWARDED, SOLVED, secured=True)], "f", 0)
    else:
        store.gone(["2"], NOON)
    store.set_mark(2, NOON)
    for then in (digest_then(store, BOOK, MONDAY, NOON), digest_now(store, BOOK, MONDAY, NOON)):
        assert "KKA-2" not in written(then.report).decode()
        assert then.report.counts.solved == shown.counts.solved == 1
        assert figures(then.report.facts) == figures(shown.facts)


def test_who_takes_consent_back_is_in_no_figure_that_was_kept(store):
    consents = {"it1": MONDAY.first, "it2": MONDAY.first}
    first = replace(gather(store, BOOK, QUIET, MONDAY, MORNING), facts=facts_of(*consents))
    store.keep_report(ReportRow(ReportHead("day", MONDAY.first, MORNING, "v"), {}, written(first)))

    def told(**agreed) -> set[str]:
        indicators = BOOK.entries.indicators.model_copy(update={"consents": agreed})
        found = digest_then(store, rulebook(indicators=indicators), MONDAY, NOON).figures
        return {each.figure.group for each in found if each.figure.indicator == "person_open"}

    assert told(**consents) == {"it1", "it2"}
    assert told(it2=MONDAY.first) == {"it2"}


def facts_of(*people: str) -> tuple[Fact, ...]:
    return tuple(Fact("person_open", "KKA-1", 1, group=person) for person in people)
