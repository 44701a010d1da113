"""One ticket over which Jira stumbles, for as long as it does: the others go on, and it has its peace."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desks import DATA, HOUR, MINUTE, MONDAY, Desk, one_flavour

from bot.engine.aside import mended
from bot.engine.engine import Pace
from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.shipped import rules_folder
from bot.texts import Messages, load_messages

OPENING = MONDAY + 46 * HOUR
"""On Wednesday morning a ticket that was last moved on Monday is asked about."""


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("GET", "/issue/{}/comment$", {"status": 500}),
        ("GET", "/issue/{}/comment$", {"do": "page"}),
        ("PUT", "/issue/{}$", {"status": 429, "retry_after": "20", "reason": "jira-per-issue-on-write"}),
        ("POST", "/issue/{}/comment$", {"status": 429, "retry_after": "20", "reason": "jira-per-issue-on-write"}),
    ],
)
def test_a_ticket_that_fails_for_ever_does_not_stop_the_others(
    desk: Desk, method: str, path: str, given: dict[str, object]
) -> None:
    bad, good = desk.forwarded(), desk.forwarded("spetsialist2")
    with desk.bot() as bot:
        fault = Fault(method=method, path=path.format(bad), times=None, **given)  # type: ignore[arg-type]
        desk.site.faults.faults = [fault]
        report = bot.cycle(1)
        assert report.unreachable is None
        assert [steps[0].ticket_id for steps in report.said] == [good]
        assert [trouble.partition(":")[0] for trouble in report.troubles] == [desk.issue(bad).key]
        assert [row[0] for row in bot.engine.store.troubles()] == [bad]
        later = desk.forwarded("spetsialist3")
        bot.cycle(MINUTE)
        assert len(desk.said(later)) == 1
        desk.site.faults.faults = []
        bot.cycles(desk.now + HOUR + 5 * MINUTE, every=5 * MINUTE)
        assert desk.rungs(bad) == ["it-support/routed"]
        bot.settled()


def test_it_is_asked_again_after_a_while_not_in_every_cycle(desk: Desk) -> None:
    bad = desk.forwarded()
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", "GET", f"/issue/{bad}/comment$", status=500, times=None)]
        bot.cycle(1)
        bot.settled()
        bot.cycles(desk.now + 8 * MINUTE, every=MINUTE)
        asked = sum(n for (_, path, _), n in desk.site.requests.items() if path.endswith(f"/issue/{bad}/comment"))
        assert asked == 5, "a read is tried five times, once"


def test_what_was_begun_on_it_waits_while_the_others_are_settled(desk: Desk) -> None:
    bad, good = desk.forwarded(), desk.forwarded("spetsialist2")
    with desk.bot() as bot:
        lost = [Fault("drop after", "POST", rf"/issue/{each}/comment$") for each in (bad, good)]
        stuck = Fault("answer", "GET", f"/issue/{bad}/comment$", status=502, times=None, skip=2)
        desk.site.faults.faults = [*lost, stuck]
        assert bot.cycle().doubtful == 2
        assert bot.cycle(MINUTE).unreachable is None
        assert bot.states(good) == [("it-support/routed", "said")]
        desk.site.faults.faults = []
        bot.cycles(desk.now + 2 * HOUR, every=5 * MINUTE)
        assert bot.states(bad) == [("it-support/routed", "said")]
        assert [len(desk.said(each)) for each in (bad, good)] == [1, 1]


def test_one_that_can_no_longer_be_read_lets_the_mark_move(desk: Desk, flavour: str) -> None:
    bad, good = desk.taken(), desk.taken("it2")
    with desk.bot(pace=Pace(reconcile_offset_s=15 * MINUTE)) as bot:
        bot.settled()
        desk.until(OPENING - 2 * MINUTE)
        bot.cycle()
        desk.write(bad, "it1")
        path = {"cloud": "/issue/bulkfetch$", "dc": f"/issue/{bad}$"}[flavour]
        times = {"cloud": 5, "dc": None}[flavour]
        search = Fault("answer", path="/search", status=500, times=5)
        desk.site.faults.faults = [search, Fault("answer", path=path, status=500, times=times)]
        assert bot.cycle(MINUTE).unreachable is not None, "it would have come with the search"
        report = bot.cycle(MINUTE)
        assert report.unreachable is None
        assert [row[0] for row in bot.engine.store.troubles()] == [bad]
        assert desk.rungs(good) == ["no-movement/ask"]
        desk.site.faults.faults = []
        assert bot.cycle(30 * MINUTE).changed == 2, "the sweep reads it, and the poll the bot's own comment"
        assert bot.engine.store.troubles() == []


def test_a_write_that_never_takes_effect_is_tried_three_times_a_day(desk: Desk) -> None:
    bad, good = desk.forwarded(), desk.forwarded("spetsialist2")
    path = f"/issue/{bad}/comment$"
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", "POST", path, status=500, times=None)]
        bot.cycles(desk.now + 6 * HOUR, every=15 * MINUTE)
        assert len(desk.said(good)) == 1
        tried = sum(
            n for (method, at, _), n in desk.site.requests.items() if method == "POST" and re.search(path, at)
        )
        assert tried == 3
        assert [row[0] for row in bot.engine.store.troubles()] == [bad]
        desk.site.faults.faults = []
        bot.cycles(desk.now + 24 * HOUR, every=HOUR)
        assert "it-support/routed" in desk.rungs(bad)


def test_patience_asked_for_decades_is_kept_for_a_day(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        endless = Fault("answer", "POST", f"/issue/{ticket}/comment$", status=429, retry_after="900000000")
        desk.site.faults.faults = [endless]
        assert bot.cycle().retry_after_s == 24 * HOUR
        (row,) = bot.engine.store.ledger()
        assert row.not_before == desk.now + 24 * HOUR
        bot.cycles(desk.now + 25 * HOUR, every=HOUR)
        assert "it-support/routed" in desk.rungs(ticket)


def test_a_jira_that_is_away_is_no_tickets_trouble(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        bot.cycle()
        desk.forwarded("spetsialist2")
        desk.site.faults.faults = [Fault("answer", path="/comment$|/myself$", status=503, times=None)]
        report = bot.cycle(MINUTE)
        assert (bool(report.unreachable), report.troubles) == (True, [])
        desk.site.faults.faults = []
        assert len(bot.cycle(MINUTE).said) == 1


def with_text(folder: Path, name: str, text: str) -> Messages:
    """The shipped messages, of which one has another text."""
    for language in ("et", "en", "ru"):
        (folder / language).mkdir()
        (folder / language / f"{name}.md").write_text(text)
    return load_messages([rules_folder() / "common" / "messages", folder])


def test_a_command_that_cannot_be_answered_does_not_stop_the_others(desk: Desk, tmp_path: Path) -> None:
    bad, good = desk.taken(), desk.taken()
    with desk.bot() as bot:
        bot.engine.messages = with_text(tmp_path, "command_status", "{{ deputy }}")
        bot.cycle(1)
        desk.later(MINUTE)
        desk.write(bad, "it1", "piletibot teadmiseks")
        desk.later(1)
        desk.write(bad, "it1", "piletibot seis")
        desk.write(good, "it1", "piletibot teadmiseks")
        other = desk.forwarded()
        report = bot.cycle(MINUTE)
        assert [trouble.partition(":")[0] for trouble in report.troubles] == [bad]
        assert [desk.rungs(each) for each in (good, other)] == [["command/granted"], ["it-support/routed"]]
        told = [(row.granted, row.settled_at is not None) for row in bot.engine.store.commands([bad])]
        assert sorted(told, key=str) == [(None, False), (True, True)], "what was answered before it stays settled"
        assert bot.cycle(MINUTE).troubles == []


def test_a_comment_that_cannot_be_edited_does_not_stop_the_others(desk: Desk, tmp_path: Path) -> None:
    with desk.bot() as bot:
        bad = desk.forwarded(complete=False)
        bot.cycle(1)
        bot.engine.messages = with_text(tmp_path, "complete", "{{ deputy }}")
        desk.later(MINUTE)
        desk.edit(bad, "spetsialist1", **{desk.field(name): "ei ole teada" for name in DATA})
        acts.attach(desk.world, desk.issue(bad), desk.world.person("spetsialist1"), "pilt.png", 20_000, "image/png")
        other = desk.forwarded()
        report = bot.cycle(MINUTE)
        assert [trouble.partition(":")[0] for trouble in report.troubles] == [desk.issue(bad).key]
        assert desk.rungs(other) == ["it-support/routed"]
        assert bot.cycle(MINUTE).troubles == []


def asked(desk: Desk, method: str, path: str) -> int:
    return sum(n for (how, at, _), n in desk.site.requests.items() if how == method and re.search(path, at))


@one_flavour
def test_a_ticket_that_fails_is_tried_ever_more_seldom_and_at_once_when_it_changes(desk: Desk) -> None:
    bad = desk.forwarded()
    comments = f"/issue/{bad}/comment$"
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", "GET", comments, status=500, times=None)]
        bot.cycle(1)
        began, tried = desk.now, []
        for _ in range(4 * 9):
            before = asked(desk, "GET", comments)
            bot.cycle(15 * MINUTE)
            if asked(desk, "GET", comments) > before:
                tried.append((desk.now - began) // MINUTE)
        assert tried == [15, 45, 105, 225, 465]
        (known,) = bot.engine.store.troubles()
        assert (known.ticket_id, known.why, known.at, known.tries) == (bad, "failing", began, 6)
        assert known.again_at == desk.now - 75 * MINUTE + 8 * HOUR
        desk.write(bad, "it1")
        before = asked(desk, "GET", comments)
        bot.cycle(MINUTE)
        assert asked(desk, "GET", comments) > before
        assert [each.tries for each in bot.engine.store.troubles()] == [1]
        desk.site.faults.faults = []
        bot.cycles(desk.now + 16 * HOUR, every=HOUR)
        assert (desk.rungs(bad)[:1], bot.engine.store.troubles()) == (["it-support/routed"], [])


@one_flavour
def test_one_that_cannot_be_read_is_tried_ever_more_seldom_too(desk: Desk) -> None:
    bad = desk.taken()
    with desk.bot() as bot:
        bot.settled()
        desk.write(bad, "it1")
        path = f"/issue/{bad}$"
        search = Fault("answer", path="/search", status=500, times=5)
        desk.site.faults.faults = [search, Fault("answer", "GET", path, status=500, times=None)]
        bot.cycle(MINUTE), bot.cycle(MINUTE)
        began, tried = desk.now, []
        for _ in range(4 * 5):
            before = asked(desk, "GET", path)
            bot.cycle(15 * MINUTE)
            if asked(desk, "GET", path) > before:
                tried.append((desk.now - began) // MINUTE)
        assert tried == [15, 45, 105, 225], "neither the poll nor the sweep asks between"
        assert [(each.why, each.tries) for each in bot.engine.store.troubles()] == [("unread", 5)]
        desk.write(bad, "it1")
        bot.cycle(MINUTE)
        assert [each.tries for each in bot.engine.store.troubles()] == [5], (
            "that it changed tells nothing of its text"
        )
        desk.site.faults.faults = []
        bot.cycles(desk.now + 4 * HOUR, every=30 * MINUTE)
        assert (bot.engine.store.troubles(), bot.engine.tried) == ([], {})
        bot.settled()


@one_flavour
def test_a_refusal_waits_for_a_person_a_day_long(desk: Desk) -> None:
    bad = desk.forwarded()
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", "POST", f"/issue/{bad}/comment$", status=400, times=None)]
        bot.cycle(1)
        began = desk.now
        bot.cycles(began + 23 * HOUR, every=HOUR)
        assert asked(desk, "POST", f"/issue/{bad}/comment$") == 2, "once more after the bot's own edit"
        (known,) = bot.engine.store.troubles()
        assert (known.why, known.tries, known.again_at) == ("refused", 1, began + 25 * HOUR)


@one_flavour
def test_fields_that_are_refused_are_tried_ever_more_seldom(desk: Desk) -> None:
    bad = desk.forwarded()
    path = f"/issue/{bad}$"
    with desk.bot() as bot:
        desk.until(MONDAY + 7 * HOUR)
        bad = desk.forwarded()
        path = f"/issue/{bad}$"
        desk.site.faults.faults = [Fault("answer", "PUT", path, status=400, times=None)]
        bot.cycles(desk.now + 3 * HOUR, every=10 * MINUTE)
        assert asked(desk, "PUT", path) == 1, "its message waits for the morning"
        assert [(each.ticket_id, each.why) for each in bot.engine.store.troubles()] == [(bad, "refused")]


@one_flavour
def test_one_that_can_be_judged_again_is_no_trouble_any_more(desk: Desk) -> None:
    ticket = desk.taken()
    with desk.bot() as bot:
        bot.settled()
        bot.engine.store.trouble(ticket, "unjudged: KeyError", desk.now, 2, desk.now + HOUR)
        bot.engine.store.judged({ticket: desk.now + HOUR})
        bot.cycle(MINUTE)
        assert len(bot.engine.store.troubles()) == 1
        bot.cycle(HOUR)
        assert bot.engine.store.troubles() == []


@one_flavour
@pytest.mark.parametrize(("why", "left"), [("unread", 1), ("unjudged", 1), ("twice", 1), ("refused", 0), ("lost", 0)])
def test_what_went_well_ends_no_trouble_of_another_kind(desk: Desk, why: str, left: int) -> None:
    ticket = desk.taken()
    with desk.bot() as bot:
        bot.engine.store.trouble(ticket, f"{why}: anything", desk.now, 1, desk.now + HOUR)
        mended(bot.engine, ticket)
        assert len(bot.engine.store.troubles()) == left


@pytest.mark.parametrize("flavour", ["cloud"])
def test_histories_are_read_though_the_tokens_of_their_pages_expire(desk: Desk) -> None:
    ticket, other = desk.taken(), desk.taken()
    desk.site.faults.page_cap, desk.site.faults.tokens_last_ms = 2, -1
    with desk.bot() as bot:
        desk.later(MINUTE)
        assert bot.cycle().troubles == []
        for each in bot.engine.store.tickets([ticket, other]):
            assert len(each.changes) > 4, "more than there are on two pages"
