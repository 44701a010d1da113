"""The whole bot against a Jira that is away, or counts what it is asked: few requests, few lines, nothing lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import structlog
from desks import DAY, HOUR, MINUTE, MONDAY, Desk, desk_over, one_flavour
from structlog.testing import capture_logs

from bot.engine.restraint import restraint
from bot.sandbox.faults import Fault, Faults

ASKED_S = 2 * DAY + HOUR
"""On Wednesday at eleven a ticket that was last moved on Monday is asked about."""


def too_many(desk: Desk) -> int:
    """How many requests Jira refused as too many."""
    return sum(n for (_, _, status), n in desk.site.requests.items() if status == 429)


def events(logs: Sequence[Mapping[str, object]]) -> list[object]:
    """What was logged that a person would be shown."""
    return [log["event"] for log in logs if log["log_level"] != "debug"]


@one_flavour
def test_a_day_without_jira_is_few_requests_and_a_handful_of_lines(desk: Desk) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("info"))
    search = {"cloud": "POST 3/search/jql", "dc": "POST 2/search"}[desk.world.flavour]
    with desk.bot(client=desk.mannered(per_minute=300)) as bot, capture_logs() as logs:
        bot.settled()
        logs.clear()
        desk.site.faults.down = True
        before = bot.counts()
        until = desk.now + DAY
        while desk.now < until:
            assert bot.cycle(6 * MINUTE).unreachable
        requests, writes = bot.since(before)
        assert requests <= 180, "every ten minutes, shortened by chance"
        assert writes <= requests, "of each try the note"
        circuit = restraint(bot.engine.store, desk.now).circuit
        assert (circuit.state, circuit.because) == ("open", f"{search}: the connection was lost")
        assert desk.now < circuit.again_at <= desk.now + 10 * MINUTE
        desk.site.faults.down = False
        for _ in range(12):
            bot.cycle(MINUTE)
        assert restraint(bot.engine.store, desk.now).circuit.state == "closed"
        assert events(logs) == [
            "tracker unreachable",
            "Jira is away, left in peace",
            "Jira answers again",
            "tracker reachable again",
        ]


def test_a_search_that_is_to_wait_keeps_nothing_else_waiting(desk: Desk, flavour: str) -> None:
    with desk.bot(client=desk.mannered()) as bot:
        ticket = desk.taken()
        bot.settled()
        slowed = Fault(method="POST", path="/search", status=429, retry_after="7200", reason="jira-burst-based")
        desk.site.faults.faults = [slowed]
        desk.until(MONDAY + ASKED_S)
        before = bot.counts()
        report = bot.cycle()
        assert (report.unreachable, len(report.slowed)) == (None, 2), "the poll and the sweep"
        if flavour == "cloud":
            assert desk.rungs(ticket) == ["no-movement/ask"]
        new = desk.forwarded()
        spent = bot.since(before)[0]
        for _ in range(29):
            assert bot.cycle(4 * MINUTE).unreachable is None
        assert bot.since(before)[0] == spent, "what waits is not asked for"
        assert desk.said(new) == []
        bot.cycle(4 * MINUTE)
        assert desk.rungs(new) == ["it-support/routed"]
        assert "no-movement/ask" in desk.rungs(ticket)


def test_a_quota_pauses_everything_and_a_restart_does_not_end_it(desk: Desk, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store, client=desk.mannered()) as bot:
        bot.cycle()
        desk.forwarded()
        quota = {"status": 429, "retry_after": "10800", "reason": "jira-quota-tenant-based"}
        desk.site.faults.faults = [Fault(**quota)]  # type: ignore[arg-type]
        began = desk.now
        assert bot.cycle(MINUTE).retry_after_s == 10800
        for _ in range(10):
            assert bot.cycle(MINUTE).unreachable
    with desk.bot(store, client=desk.mannered()) as bot:
        while desk.now < began + MINUTE + 10800 - 11 * MINUTE:
            report = bot.cycle(10 * MINUTE)
            assert report.unreachable is not None
            assert "as Jira asked for patience (jira-quota-tenant-based)" in report.unreachable
            (pause,) = restraint(bot.engine.store, desk.now).pauses
            assert (pause.about, pause.until_at) == ("", began + MINUTE + 10800)
        assert bot.counts()[0] == 0
        bot.cycles(desk.now + 15 * MINUTE, every=3 * MINUTE)
        assert desk.rungs() == ["it-support/routed"]
        assert restraint(bot.engine.store, desk.now).pauses == ()


@pytest.mark.parametrize("flavour", ["cloud"])
def test_many_commands_on_one_ticket_keep_its_limits(desk: Desk) -> None:
    busy, other = desk.taken(), desk.taken("it2")
    with desk.bot(client=desk.mannered()) as bot:
        bot.cycle(1)
        desk.later(MINUTE)
        for _ in range(14):
            desk.write(busy, "it1", "piletibot seis")
        desk.write(other, "it2", "piletibot seis")
        bot.cycle(1)
        assert desk.rungs(other) == ["command/answered"], "the others do not wait for it"
        for _ in range(10):
            bot.cycle(MINUTE)
        assert len(desk.said(busy)) == 14
        assert too_many(desk) == 0
        assert [desk.site.limits.busiest[ms] for ms in (2_000, 30_000)] == [10, 14]


FULL = [("dc", {"bucket": 5}), ("cloud", {"quota": 120})]


@pytest.mark.parametrize(("flavour", "limit"), FULL, ids=["a bucket of five a second", "a quota of an hour"])
def test_it_slows_down_before_jira_has_to_say_so(flavour: str, limit: dict[str, int]) -> None:
    with desk_over(flavour) as desk:  # type: ignore[arg-type]
        tickets = [desk.forwarded(f"spetsialist{1 + n % 4}") for n in range(6)]
        with desk.bot(client=desk.mannered()) as bot:
            desk.site.faults = Faults(**limit)  # type: ignore[arg-type]
            bot.cycles(desk.now + HOUR, every=2 * MINUTE)
            assert too_many(desk) == 0
            assert all("it-support/routed" in desk.rungs(ticket) for ticket in tickets)
