"""A report: what one pass over the store finds, kept and read again the same, and cut for its reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from desks import rulebook, shipped
from msgspec.structs import replace
from reported import CLOSED, FORWARDED, NOW, SOLVED, VERDICTS, at, reported, said, ticket
from reused import store_at

from bot.core.audience import Audience
from bot.core.desk import QUIET
from bot.core.kpi.fact import Fact
from bot.core.kpi.period import period_of
from bot.core.kpi.reach import may_add, reaches_back_to
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.ticket import Change, Ticket
from bot.report.cut import cut
from bot.report.digest import digest_of
from bot.report.gather import Beside, Held, gather, report_of
from bot.report.report import Failure, Kept, Report, read, written
from bot.report.write import LEAD
from bot.store.store import Store

BOOK = shipped().book
WEEK = period_of("week", BOOK.calendar.day_of(at(NOW)), BOOK.calendar)
DAY = period_of("day", BOOK.calendar.day_of(at(NOW)), BOOK.calendar)

TICKETS = [
    ticket(1, FORWARDED, secured=True, category="LIGIPAAS"),
    ticket(2, FORWARDED, category="DEKL_SISU", queue="L2_VESI"),
    ticket(3, FORWARDED, SOLVED, CLOSED),
    ticket(4, FORWARDED, SOLVED),
    ticket(5, ("2026-12-14 09:10", "nobody-knows")),
    *(ticket(n, FORWARDED) for n in range(6, 11)),
]


@contextmanager
def kept(tickets: Sequence[Ticket], entries: Sequence[Entry] = ()) -> Iterator[Store]:
    """A store that holds these tickets, and the verdicts of the week on them."""
    with store_at("sqlite://") as store:
        store.put_tickets(tickets, "f", 0)
        store.put_verdicts([replace(each, ticket_id="6", started_at=n) for n, each in enumerate(VERDICTS)])
        store.write_entries(entries)
        yield store


LEDGER = [
    said("a", "6", "2026-12-15 10:00"),
    said("b", "2", "2026-12-16 10:00"),
    said("c", "6", "2026-12-13 10:00"),  # the week before
    said("d", "6", "2026-12-16 12:01"),  # not yet
    said("e", "6", "2026-12-16 10:00", "observed"),
]


@pytest.fixture(scope="module")
def whole() -> Report:
    with kept(TICKETS, LEDGER) as store:
        store.trouble("7", "refused", at("2026-12-16 09:00"))
        row = LetterRow("k", "summary", "summary", "it1", "doubtful", "b", 0, at("2026-12-15 08:00"), way="mail")
        store.write_letters([row, replace(row, key="l", state="said")])
        beside = Beside(findings=("calls.csv:3: no date",))
        return gather(store, BOOK, QUIET, WEEK, at(NOW), beside)


def test_one_pass_finds_everything(whole):
    counts = whole.counts
    assert (counts.open, counts.opened, counts.solved, counts.closed) == (7, 10, 2, 1)
    assert counts.by_tier == {"2": 7}
    assert [(each.rule, each.n) for each in counts.said] == [("no-movement", 2)]
    assert counts.promises == {"tier2-resolution": Kept(0, 2, 1)}
    assert (whole.observed, whole.unknown) == (1, 1)
    assert [(each.ticket, each.because) for each in whole.troubles] == [("KKA-7", "refused")]
    assert whole.failures == (Failure(at("2026-12-15 08:00"), "mail", "doubtful"),)
    assert {name: len(rows) for name, rows in whole.sections.items() if rows} == {
        "overdue": 7,
        "incomplete": 2,
        "still": 7,
        "solved": 1,
    }


def test_what_is_kept_is_read_again_the_same(whole):
    fact = Fact("k1", "KKA-1", 1, 1, "q", "test", ("m",), secured=True, queue="L2_IT", at=5, category="X")
    full = replace(whole, facts=(fact,), batches={at(NOW): 50})
    assert read(written(full)) == full
    full = cut(full, Audience(team=False))
    assert read(written(full)) == full


def test_a_ticket_that_cannot_be_judged_is_counted_with_its_reason():
    broken = replace(ticket(8, FORWARDED), created_at=-(10**15))
    with kept([broken, ticket(6, FORWARDED)]) as store:
        found = gather(store, BOOK, QUIET, WEEK, at(NOW))
    assert [(each.ticket, each.because) for each in found.troubles] == [("KKA-8", "unjudged: ValueError")]
    assert [row.key for row in found.sections["overdue"]] == ["KKA-6"]


def test_the_past_is_as_it_was_then():
    with kept(TICKETS, LEDGER) as store:
        store.set_mark(1, at(NOW))
        found = gather(store, BOOK, QUIET, DAY, at("2026-12-14 09:30"))
    assert (found.counts.open, found.counts.solved, found.counts.closed) == (9, 0, 0)
    assert found.sections["solved"] == ()


def keys(report: Report, section: str) -> list[str]:
    return [row.key for row in report.sections[section]]


def test_a_ticket_with_a_security_level_is_listed_to_those_named_for_it_alone(whole):
    team, named = cut(whole, Audience()), cut(whole, Audience(secured=True))
    assert ("KKA-1" in keys(team, "overdue"), team.unlisted["overdue"]) == (False, 1)
    assert ("KKA-1" in keys(named, "overdue"), named.unlisted["overdue"]) == (True, 0)
    assert team.counts == whole.counts


@pytest.mark.parametrize(
    ("audience", "listed", "opened", "said_n"),
    [
        (Audience(queues=frozenset(("L2_VESI",))), ["KKA-2"], 1, 1),
        (Audience(categories=frozenset(("DEKL_SISU",))), ["KKA-2"], 1, 1),
        (Audience(queues=frozenset(("L2_IT",)), categories=frozenset(("DEKL_SISU",))), [], 0, 0),
    ],
)
def test_a_reader_has_what_is_of_their_queues_and_categories(whole, audience, listed, opened, said_n):
    found = cut(whole, audience)
    assert keys(found, "overdue") == listed
    assert found.counts.opened == opened
    assert sum(each.n for each in found.counts.said) == said_n
    assert (found.troubles, found.failures, found.findings) == ((), (), ())


def test_outside_the_team_no_ticket_is_named_and_no_few_are_told(whole):
    found = cut(whole, Audience(team=False, roles=frozenset(("lead",)), secured=True))
    assert "KKA" not in written(found).decode()
    assert (found.counts.open, found.counts.solved, found.counts.closed) == (7, None, None)
    assert (found.unlisted["overdue"], found.unlisted["solved"]) == (7, None)
    assert found.counts.promises["tier2-resolution"] == Kept(0, None, None)
    assert found.pieces == ()


def long_ago(number: int, days: int, **more) -> Ticket:
    """A ticket that was opened, forwarded, solved and closed within a day, so many days before it would have been."""
    ago = days * 86_400
    one = ticket(number, FORWARDED, SOLVED, CLOSED, **more)
    changes = tuple(replace(each, at=each.at - ago) for each in one.changes)
    last = changes[-1].at * 1000
    return replace(one, created_at=one.created_at - ago, changes=changes, updated_ms=last)


OLD = [
    long_ago(21, 400),
    long_ago(22, 400, due_at=at("2026-12-16 02:00")),  # promised for this week, though done long before
    long_ago(23, 400, changes=(Change(at("2026-12-14 09:00"), "due", "2026-12-17", None, "it1"),)),
    long_ago(24, 20),
    ticket(25, FORWARDED, updated_ms=1),
]


@pytest.mark.parametrize("kind", ["day", "week", "month"])
def test_what_was_over_long_before_is_not_looked_at_and_misses_nowhere(kind):
    period = period_of(kind, BOOK.calendar.day_of(at(NOW)), BOOK.calendar)
    since = reaches_back_to(BOOK, period)
    assert [each.key for each in OLD if not may_add(each, BOOK, period, since)] == ["KKA-21"]
    with kept([*TICKETS, *OLD]) as store:
        found = gather(store, BOOK, QUIET, period, at(NOW))
        tickets = [(each, QUIET) for each in store.open_tickets()]
        verdicts = store.stopped_since(0)
        whole = report_of(Held(tickets, verdicts=verdicts), BOOK, QUIET, period, at(NOW))
    assert found == whole
    assert any(fact.ticket == "KKA-22" for fact in found.facts)


def facts(indicator: str, **groups: int) -> list[Fact]:
    """So many tickets in each group, all of which meet what the indicator asks."""
    return [
        Fact(indicator, f"KKA-{group}{n}", 1, group=group, queue=group, category="DEKL_SISU")
        for group, many in groups.items()
        for n in range(many)
    ]


OUTSIDE = Audience(team=False)


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ({"a": 9, "b": 7}, {"": 16, "a": 9, "b": 7}),
        ({"a": 9, "b": 3, "c": 7}, {"": 19, "a": 9, "b": None, "c": None}),  # b is 19 - 9 - 7 otherwise
        ({"a": 9, "b": 3, "c": 2}, {"": 14, "a": 9, "b": None, "c": None}),
        ({"a": 9, "b": 1, "c": 1}, {"": 11, "a": None, "b": None, "c": None}),  # 2 of two groups is one each
        ({"a": 9, "b": 4, "c": 4}, {"": 17, "a": None, "b": None, "c": None}),  # and 8 are four each
        ({"a": 9, "b": 8, "c": 1, "d": 2}, {"": 20, "a": 9, "b": None, "c": None, "d": None}),
        ({"a": 4}, {"": None, "a": None}),
    ],
)
def test_what_is_hidden_cannot_be_worked_out_from_what_is_told(whole, groups, shown):
    found = replace(whole, facts=tuple(facts("reopened", **groups)))
    figures = digest_of(cut(found, OUTSIDE), [], BOOK).figures
    told = {each.figure.group: each.figure.denominator for each in figures if each.figure.indicator == "reopened"}
    assert told == shown


@pytest.mark.parametrize(
    ("told", "whole_has"),
    [
        ({"marks": ("asked again",)}, {}),
        ({"excluded": "spam"}, {}),
        ({"marks": ("asked again",), "many": 5}, {"asked again": 5}),
        ({"excluded": "spam", "many": 5}, {"spam": 5}),
    ],
)
def test_what_stands_beside_a_figure_is_no_few_either(whole, told, whole_has):
    many = told.pop("many", 1)
    given = [*facts("reopened", a=9), *(replace(each, **told) for each in facts("reopened", b=many))]
    figures = digest_of(cut(replace(whole, facts=tuple(given)), OUTSIDE), [], BOOK).figures
    those = [each.figure for each in figures if each.figure.indicator == "reopened"]
    found = {figure.group: {**figure.excluded, **figure.marks} for figure in those}
    assert (found["a"], found["b"]) == ({}, {})
    assert found[""] == whole_has


@pytest.mark.parametrize(("tickets", "value"), [(4, None), (5, 0.5)])
def test_few_tickets_are_few_among_however_many_people(whole, tickets, value):
    given = [replace(each, weight=0) for each in facts("workload", a=tickets)]
    given.append(Fact("workload", weight=10, group="a", queue="a"))
    figures = digest_of(cut(replace(whole, facts=tuple(given)), OUTSIDE), [], BOOK).figures
    assert {each.figure.value for each in figures if each.figure.indicator == "workload"} == {value}


def test_the_open_tickets_of_a_tier_cannot_be_worked_out():
    tickets = [*(ticket(n, FORWARDED) for n in range(1, 8)), ticket(20), ticket(21)]
    found = cut(reported(*tickets), OUTSIDE).counts
    assert (found.open, found.by_tier) == (9, {"1": None, "2": None})
    assert found.backlog[0].by_tier == {"1": None, "2": None}
    old = [replace(ticket(n, FORWARDED), created_at=at("2026-10-01 09:00")) for n in (30, 31)]
    tickets = [ticket(n, FORWARDED) for n in range(1, 8)]
    found = cut(reported(*tickets, *old), OUTSIDE).counts
    assert (found.by_tier, [band.by_tier for band in found.backlog]) == ({"2": 9}, [{"2": None}, {}, {"2": None}])


@pytest.mark.parametrize(
    ("audience", "told"),
    [
        (LEAD, {"workload", "cost", "calls"}),
        (Audience(queues=frozenset(("L2_IT",))), {"workload", "calls"}),
        (Audience(queues=frozenset(("L2_VESI",))), {"calls"}),
        (Audience(categories=frozenset(("MAKSMINE",))), {"calls"}),
        (OUTSIDE, {"workload", "calls"}),
    ],
)
def test_what_no_ticket_adds_is_told_to_whom_it_concerns(whole, audience, told):
    given = Fact("workload", weight=9, group="L2_IT", queue="L2_IT"), Fact("cost", group="requests"), Fact("calls")
    assert {each.indicator for each in cut(replace(whole, facts=given), audience).facts} == told


@pytest.mark.parametrize("indicator", ["satisfaction", "satisfied"])
@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ({"a": 4}, {"": None, "a": None}),
        ({"a": 5}, {"": 5, "a": 5}),
        ({"a": 9, "b": 1}, {"": 10, "a": None, "b": None}),
    ],
)
def test_few_ratings_are_shown_to_nobody(whole, indicator, groups, shown):
    found = replace(whole, facts=tuple(facts(indicator, **groups)))
    figures = digest_of(cut(found, LEAD), [], BOOK).figures
    told = {each.figure.group: each.figure.denominator for each in figures if each.figure.indicator == indicator}
    assert told == shown


def test_figures_about_people_are_for_the_coordinator_and_the_lead(whole):
    found = replace(whole, facts=tuple(facts("person_open", it1=7, it2=8)))
    consents = {"it1": WEEK.first, "it2": WEEK.first}
    book = rulebook(indicators=BOOK.entries.indicators.model_copy(update={"consents": consents}))

    def told(audience: Audience) -> set[str]:
        report = cut(found, audience)
        figures = digest_of(report, [], book).figures
        assert bool(report.facts) == any(each.figure.indicator == "person_open" for each in figures)
        return {each.figure.group for each in figures if each.figure.indicator == "person_open"}

    assert told(Audience(roles=frozenset(("coordinator",)))) == {"it1", "it2"}
    assert told(Audience()) == set()
    assert told(Audience(roles=frozenset(("lead",)), team=False)) == set()


def test_the_facts_of_a_reader_are_theirs_and_name_no_ticket_that_is_not(whole):
    given = [*facts("reopened", L2_IT=2, L2_VESI=1), Fact("calls", group="line", queue="")]
    given[0] = replace(given[0], secured=True)
    found = replace(whole, facts=tuple(given))
    assert [each.ticket for each in cut(found, Audience()).facts] == ["", "KKA-L2_IT1", "KKA-L2_VESI0", ""]
    named = cut(found, Audience(secured=True)).facts
    assert [each.ticket for each in named] == ["KKA-L2_IT0", "KKA-L2_IT1", "KKA-L2_VESI0", ""]
    one = cut(found, Audience(queues=frozenset(("L2_VESI",)))).facts
    assert [each.ticket for each in one] == ["KKA-L2_VESI0", ""], "what no ticket tells is the whole desk's"
    other = cut(found, Audience(categories=frozenset(("MAKSMINE",)))).facts
    assert [each.indicator for each in other] == ["calls"]
    assert {each.ticket for each in cut(found, OUTSIDE).facts} == {""}


def test_who_a_ticket_is_about_finds_no_more_of_it_than_that_it_counts(whole):
    about = {"KKA-2": ("koordinaator1",), "KKA-6": ("*",)}
    found = replace(whole, spared=about, facts=tuple(facts("reopened", L2_IT=1)))
    found = replace(found, facts=(replace(found.facts[0], ticket="KKA-2"),))

    def told(audience: Audience) -> tuple[set[str], list[str]]:
        report = cut(found, audience)
        assert (report.spared, report.counts) == ({}, whole.counts)
        return {"KKA-2", "KKA-6"} & set(keys(report, "overdue")), [each.ticket for each in report.facts]

    assert told(Audience("koordinaator1", frozenset(("coordinator",)))) == (set(), [""])
    assert told(Audience("spetsialist2")) == ({"KKA-2"}, ["KKA-2"])
    assert told(Audience("juht1", frozenset(("lead",)))) == ({"KKA-2", "KKA-6"}, ["KKA-2"])


def test_whom_a_ticket_is_about_is_kept_with_the_report():
    complaint = ticket(31, FORWARDED, category="KAEBUS", fields={"about": "koordinaator1"})
    with kept([complaint, ticket(6, FORWARDED)]) as store:
        found = gather(store, BOOK, QUIET, WEEK, at(NOW))
    assert found.spared == {"KKA-31": ("koordinaator1",)}
