"""What a cycle costs, what silences it, and what becomes of it when Jira is away or odd."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk, at_seam, on, one_flavour, rulebook, shipped

from bot.core.ticket import Moment
from bot.engine.engine import Pace
from bot.engine.tracker import Denied
from bot.sandbox import acts
from bot.sandbox.faults import Fault

SEARCH = {"cloud": "/rest/api/3/search/jql", "dc": "/rest/api/2/search"}
SILENT = MONDAY + 2 * DAY
"""A ticket that was last moved on Monday morning has been silent for two working days."""


# What a cycle costs


def test_nothing_changed_is_one_request_and_the_mark(wired: Desk, flavour: str) -> None:
    for number in range(6):
        wired.forwarded(f"spetsialist{1 + number % 4}")
    with wired.bot() as bot:
        assert len(bot.cycle(1).said) == 6
        echoes = bot.cycle(MINUTE)
        assert (echoes.changed, echoes.said) == (6, []), "what the bot did itself comes back once"
        brought_again = list(bot.engine.tracker.changed((bot.engine.store.mark_ms() or 0) - 300_000))
        assert len(brought_again) == 6, "the overlap has something to bring"
        ledger = bot.rows()
        for _ in range(4):
            wired.site.requests.clear()
            before = bot.counts()
            report = bot.cycle(MINUTE)
            assert bot.since(before) == (1, 1)
            assert wired.site.requests == Counter({("POST", SEARCH[flavour], 200): 1})
            assert (report.changed, report.judged, report.said) == (0, 0, [])
        assert bot.rows() == ledger
        assert len(wired.said()) == 6


@pytest.mark.parametrize("size", [50, 500])
def test_requests_follow_what_changed_not_the_size_of_the_desk(desk: Desk, size: int) -> None:
    tickets = [desk.open() for _ in range(size)]
    with desk.bot(book=rulebook(incidents=())) as bot:  # so many at once would be one
        bot.settled()
        desk.later(10 * MINUTE)
        for ticket in tickets[:: size // 10]:
            desk.go(ticket, "spetsialist1", "II tasemel")
        before = bot.counts()
        report = bot.cycle(MINUTE)
        assert (report.changed, len(report.said)) == (10, 10)
        poll, switch = 1, 1  # a page of whole tickets; may it speak
        rebuild, back, again, queue, comment = 1, 1, 1, 1, 1  # for each comment; here each sets a queue too
        assert bot.since(before)[0] == poll + switch + 10 * (rebuild + back + again + queue + comment)


def test_a_first_poll_reads_a_hundred_at_a_time(desk: Desk) -> None:
    for _ in range(250):
        desk.open()
    with desk.bot(book=rulebook(incidents=())) as bot:
        assert bot.cycle().changed == 250
        assert bot.counts()[0] == 1 + 3
        assert bot.engine.store.count() == 250


def test_a_ticket_that_cannot_be_read_is_reported_and_not_asked_for_in_every_cycle(desk: Desk) -> None:
    odd, sound = desk.open(), desk.forwarded()
    desk.edit(odd, "spetsialist1", labels={"not": "a list"})
    with desk.bot() as bot:
        first = bot.cycle()
        assert [trouble.partition(":")[0] for trouble in first.troubles] == [odd]
        assert len(desk.said(sound)) == 1, "the others go on"
        bot.settled()
        assert [row[0] for row in bot.engine.store.troubles()] == [odd]
        before = bot.counts()
        assert bot.cycle(30 * MINUTE).troubles, "the sweep tries again"
        assert bot.since(before)[0] > 1
        desk.edit(odd, "spetsialist1", labels=["fine"])
        assert bot.cycle(MINUTE).changed == 1, "as soon as it is mended it is read"
        assert bot.engine.store.troubles() == []
        assert bot.engine.store.count() == 2


def test_another_mapping_has_every_ticket_read_again(desk: Desk) -> None:
    desk.open(), desk.open()
    with desk.bot() as bot:
        bot.settled()
        bot.engine.facts = "another"
        assert bot.cycle(MINUTE).changed == 2
        assert bot.engine.store.stale("another") == []
        bot.settled()


def test_another_rulebook_has_every_ticket_judged_again(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot(book=on(shipped().book, "it-support", observe=True)) as bot:
        assert bot.cycle().observed == 1
        bot.settled()
        object.__setattr__(bot.engine.book, "version", "another")
        report = bot.cycle(MINUTE)
        assert (report.judged, report.said, report.observed) == (1, [], 0)
        assert bot.states(ticket) == [("it-support/routed", "observed")]


def test_a_desk_that_goes_live_routes_what_it_only_observed_and_says_nothing_else_anew(desk: Desk) -> None:
    routed, still = desk.forwarded(), desk.taken()
    desk.until(MONDAY + 2 * DAY + HOUR)
    with desk.bot(book=rulebook(manners={"observe": True})) as bot:
        bot.settled()
        assert (desk.queue(routed), desk.said()) == (None, [])
        bot.engine.book = replace(rulebook(), version="live")
        bot.cycles(desk.now + HOUR)
        assert (desk.queue(routed), desk.rungs(routed)) == ("L2_IT", ["it-support/routed"])
        assert desk.rungs(still) == []


# Humans win


def test_a_queue_chosen_before_the_bot_looked_stays(desk: Desk) -> None:
    ticket = desk.forwarded()
    desk.set(ticket, "koordinaator1", {"Järjekord": "L2_VESI"})
    with desk.bot() as bot:
        assert bot.cycle().said == []
        assert (desk.queue(ticket), desk.said(ticket)) == ("L2_VESI", [])


@pytest.mark.parametrize("where", ["after intent", "in the lag"])
def test_a_queue_chosen_meanwhile_is_not_overwritten(desk: Desk, where: str) -> None:
    ticket = desk.forwarded(category="LOA_ANDMED")

    def choose() -> None:
        desk.set(ticket, "koordinaator1", {"Järjekord": "L2_VESI"})

    with desk.bot(book=rulebook(ladders=())) as bot:
        if where == "after intent":
            bot.engine.seam = at_seam("after intent", choose)
        else:
            desk.until(MONDAY + 12 * HOUR)  # in the evening the step is held
            assert bot.cycle().held == 1
            desk.until(MONDAY + DAY)
            choose()
            desk.site.faults.lag_ms = 5 * MINUTE * 1000
        report = bot.cycle(MINUTE)
        assert (report.said, report.withdrawn) == ([], 1)
        assert (desk.queue(ticket), desk.said(ticket)) == ("L2_VESI", [])
        assert bot.states(ticket) == [("permits/routed", "withdrawn")]
        bot.cycles(desk.now + 2 * HOUR)
        assert desk.queue(ticket) == "L2_VESI"


@pytest.mark.parametrize("seen", [True, False], ids=["in the mirror", "in the lag"])
def test_the_hold_label_silences_a_ticket_until_it_is_taken_off(desk: Desk, seen: bool) -> None:
    ticket = desk.taken()
    with desk.bot() as bot:
        bot.settled()
        desk.until(SILENT - MINUTE)
        desk.edit(ticket, "it1", labels=["bot-vait"])
        desk.site.faults.lag_ms = 0 if seen else 5 * MINUTE * 1000
        assert bot.cycle(2 * MINUTE).held == 1
        bot.cycles(SILENT + HOUR)
        assert desk.said() == []
        assert bot.states() == [("no-movement/ask", "held")]
        desk.edit(ticket, "it1", labels=[])
        bot.cycles(desk.now + 30 * MINUTE)
        assert desk.rungs() == ["no-movement/ask"]


def test_the_control_ticket_silences_everything_and_lets_it_speak_again(desk: Desk) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        bot.settled()
        desk.edit(control, "juht1", labels=["bot-vait"])
        tickets = [desk.forwarded() for _ in range(3)]
        report = bot.cycle(MINUTE)
        assert (report.said, report.held) == ([], 3)
        bot.cycles(desk.now + HOUR)
        assert desk.said() == []
        desk.edit(control, "juht1", labels=[])
        bot.cycle(MINUTE)
        assert desk.rungs() == ["it-support/routed"] * 3
        assert all(desk.queue(ticket) == "L2_IT" for ticket in tickets)


# When Jira is away


def silent_ticket(desk: Desk, bot: Bot) -> str:
    """A ticket that nobody moves from Monday ten o'clock on."""
    ticket = desk.taken()
    bot.settled()
    return ticket


def test_an_hour_without_jira_loses_nothing(wired: Desk) -> None:
    with wired.bot() as bot:
        ticket = silent_ticket(wired, bot)
        wired.until(MONDAY + 2 * DAY - 10 * MINUTE)
        wired.site.faults.down = True
        away = bot.cycles(wired.now + HOUR)
        assert all(report.unreachable and not report.said for report in away)
        other = wired.forwarded()
        wired.site.faults.down = False
        report = bot.cycle(MINUTE)
        assert sorted(steps[0].ticket_id for steps in report.said) == [ticket, other]
        bot.settled()
        assert wired.rungs(ticket) == ["no-movement/ask"]


def test_three_days_without_jira_are_caught_up_on_with_one_comment(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = silent_ticket(desk, bot)
        desk.site.faults.down = True
        bot.cycles(MONDAY + 4 * DAY + HOUR, every=3 * HOUR)
        assert desk.said() == []
        desk.site.faults.down = False
        assert len(bot.cycle(MINUTE).said) == 1
        bot.cycles(desk.now + 2 * HOUR)
        assert desk.rungs(ticket) == ["tier2-deadline/warn", "no-movement/tell"], "the highest rungs, in one comment"
        assert len(desk.said()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("answer", status=429, retry_after="7", times=2),
        Fault("answer", status=429, html=True, times=2),
        Fault("answer", status=502, times=2),
        Fault("truncate", times=2),
        Fault("drop before", times=2),
        Fault("drop after", times=2),
    ],
    ids=lambda fault: f"{fault.do} {fault.status} {'html' if fault.html else ''}",
)
def test_reads_are_repeated(wired: Desk, fault: Fault) -> None:
    wired.forwarded()
    with wired.bot() as bot:
        wired.site.faults.faults = [fault]
        fault.times = 2
        report = bot.cycle()
        assert (report.unreachable, len(report.said)) == (None, 1)


def test_a_long_retry_after_ends_the_cycle_and_is_told(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", status=429, retry_after="1847", path="search", times=None)]
        report = bot.cycle()
        assert (report.said, report.retry_after_s) == ([], 1847.0)
        assert bot.counts()[0] == 1, "asked for patience beyond ours, nothing is repeated"
        desk.site.faults.faults = []
        assert len(bot.cycle(1847).said) == 1


def test_an_account_that_is_not_let_in_is_the_administrators_affair(desk: Desk) -> None:
    with desk.bot() as bot:
        desk.world.person("piletibot").token = "another"
        with pytest.raises(Denied):
            bot.cycle()


# Odd tickets


def test_one_forbidden_ticket_is_left_in_peace_for_a_day(desk: Desk) -> None:
    forbidden, sound = desk.forwarded(), desk.forwarded("spetsialist2")
    comment = f"/issue/{forbidden}/comment"
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", "POST", comment, status=403, times=None)]
        report = bot.cycle()
        assert [steps[0].ticket_id for steps in report.said] == [sound]
        assert len(report.troubles) == 1
        bot.cycles(MONDAY + DAY - MINUTE, every=HOUR)
        assert posts(desk, comment) == 1, "quiet, not a storm of retries"
        bot.cycles(MONDAY + DAY + HOUR, every=HOUR)
        assert posts(desk, comment) == 2
        desk.site.faults.faults = []
        bot.cycles(MONDAY + 2 * DAY + HOUR, every=HOUR)
        assert desk.rungs(forbidden) == ["no-movement/ask", "it-support/routed"], "what is wished by then, once"


def posts(desk: Desk, path: str) -> int:
    return sum(count for (method, at, _), count in desk.site.requests.items() if method == "POST" and path in at)


@pytest.mark.parametrize("when", ["before its ledger is read back", "before it is written to"])
def test_a_ticket_that_vanishes_meanwhile_does_not_stop_the_others(desk: Desk, when: str) -> None:
    lost, sound = desk.taken(), desk.taken()

    def vanish() -> None:
        acts.delete(desk.world, desk.issue(lost))

    with desk.bot() as bot:
        bot.settled()
        desk.until(SILENT - 2 * MINUTE)
        if when == "before its ledger is read back":
            vanish()
        else:
            bot.engine.seam = at_seam("after intent", vanish)
        desk.site.faults.lag_ms = 5 * MINUTE * 1000
        report = bot.cycle(2 * MINUTE)
        assert [steps[0].ticket_id for steps in report.said] == [sound]
        assert len(report.troubles) == 1
        desk.site.faults.lag_ms = 0
        assert bot.cycle(30 * MINUTE).gone == 1
        bot.settled()
        assert bot.engine.store.all_seen().keys() == {sound}


def test_the_sweep_lays_aside_what_was_deleted_moved_or_hidden(desk: Desk) -> None:
    kept, deleted, moved, hidden = [desk.taken() for _ in range(4)]
    with desk.bot() as bot:
        bot.settled()
        acts.delete(desk.world, desk.issue(deleted))
        acts.move(desk.world, desk.issue(moved), desk.world.person("juht1"), desk.world.projects["ARH"])
        desk.site.faults.forbidden = [hidden]
        assert bot.cycle(30 * MINUTE).gone == 3
        assert bot.engine.store.all_seen().keys() == {kept}
        bot.cycles(MONDAY + 3 * DAY, every=2 * HOUR)
        assert {row.ticket_id for row in bot.engine.store.ledger()} == {kept}, "nothing is said where the desk is not"
        desk.site.faults.forbidden = []
        bot.cycles(desk.now + HOUR)
        assert bot.engine.store.all_seen().keys() == {kept, hidden}


def test_a_ticket_moved_away_since_is_not_spoken_on(desk: Desk) -> None:
    ticket = desk.taken()
    with desk.bot(pace=Pace(reconcile_s=30 * DAY)) as bot:
        bot.settled()
        acts.move(desk.world, desk.issue(ticket), desk.world.person("juht1"), desk.world.projects["ARH"])
        desk.until(SILENT)
        report = bot.cycle()
        assert (report.said, desk.said()) == ([], [])
        assert len(report.troubles) == 1


@pytest.mark.parametrize("lag", [MINUTE, 4 * MINUTE, 39 * MINUTE])
def test_a_lagging_index_loses_nothing_and_repeats_nothing(desk: Desk, lag: int) -> None:
    desk.site.faults.lag_ms = lag * 1000
    desk.site.faults.doubled = True
    with desk.bot() as bot:
        tickets = []
        for _ in range(3):
            tickets.append(desk.forwarded())
            bot.cycles(desk.now + 6 * MINUTE, every=2 * MINUTE)
        bot.cycles(desk.now + 75 * MINUTE, every=3 * MINUTE)
        assert desk.rungs() == ["it-support/routed"] * 3
        assert bot.engine.store.all_seen().keys() == set(tickets)


def test_what_the_index_showed_too_late_is_found_by_the_sweep(desk: Desk) -> None:
    with desk.bot() as bot:
        late = desk.forwarded()
        desk.site.faults.forbidden = [late]  # one index entry that comes 20 minutes late
        bot.cycles(desk.now + 10 * MINUTE, every=MINUTE)
        desk.open()
        bot.cycles(desk.now + 10 * MINUTE, every=MINUTE)
        desk.site.faults.forbidden = []
        bot.cycles(desk.now + 15 * MINUTE, every=MINUTE)
        assert desk.rungs(late) == ["it-support/routed"]


@pytest.mark.parametrize("cap", [1, 3])
def test_small_pages_with_rows_twice_lose_nothing(desk: Desk, cap: int) -> None:
    tickets = {desk.forwarded(f"spetsialist{1 + number % 4}") for number in range(7)}
    desk.site.faults.page_cap, desk.site.faults.doubled = cap, True
    with desk.bot() as bot:
        bot.cycle()
        assert set(desk.rungs()) == {"it-support/routed"}
        assert len(desk.said()) == 7
        assert bot.engine.store.all_seen().keys() == tickets


def spoken_at(bot: Bot) -> set[Moment]:
    return {row.at for row in bot.engine.store.ledger() if row.state == "said"}


@one_flavour
def test_nothing_is_said_outside_the_desks_hours(desk: Desk) -> None:
    for _ in range(3):
        desk.taken(), desk.forwarded()
    with desk.bot() as bot:
        bot.cycles(MONDAY + 5 * DAY, every=2 * HOUR)
        calendar = bot.engine.book.calendar
        assert len(desk.said()) > 6
        assert all(calendar.is_open(at) for at in spoken_at(bot))
