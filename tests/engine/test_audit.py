"""The audit of itself: what must not be is found, mended where that is safe, told once, and else makes it fail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk, one_flavour, rulebook, shipped

from bot.core.desk import QUIET
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.soundness import Unsound, failing, over_budget
from bot.core.ticket import Ticket
from bot.engine.audit import AUDIT, LATE_S, OPEN_S, at_a_glance, audit, found_in, whole
from bot.engine.engine import Pace, Report
from bot.engine.poll import RECONCILED
from bot.sandbox import acts
from bot.store.store import Store, open_store

BOOK = shipped().book


def entry(state: str, at: int, **facts: Any) -> Entry:
    whole: dict[str, Any] = {"comment_id": "1", "version": BOOK.version} | facts
    key = whole.pop("key", f"k{at}")
    return Entry(key, "1", "KKA-1", "no-movement", "ask", "a", ("it1",), state, "", at, at, **whole)


def letter(state: str, at: int, way: str) -> LetterRow:
    return LetterRow(f"l{at}", "morning", "a", "it1", state, "", at, at, way=way)


def waiting(look_at: int) -> Callable[[Store], None]:
    return lambda store: store.put_tickets([Ticket("1", "KKA-1", "KKA", MONDAY, 0, "at-tier-2")], "f", look_at)


def kept(*rows: Entry) -> Callable[[Store], None]:
    return lambda store: store.write_entries(rows)


def letters(*rows: LetterRow) -> Callable[[Store], None]:
    return lambda store: store.write_letters(rows)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (waiting(MONDAY - LATE_S), {"late look": 1}),
        (waiting(MONDAY - LATE_S + 1), {}),
        (kept(entry("intended", MONDAY - OPEN_S - 1), entry("doubtful", MONDAY - OPEN_S - 2)), {"outbox": 2}),
        (kept(entry("intended", MONDAY - OPEN_S), entry("held", 0), entry("said", 1)), {}),
        (letters(letter("intended", 0, "mail"), letter("doubtful", 1, "comment")), {"outbox": 2}),
        (letters(letter("doubtful", 0, "mail"), letter("said", 1, "mail")), {}),
        (lambda store: store.set_mark((MONDAY + 301) * 1000, MONDAY), {"mark": 1}),
        (lambda store: store.set_mark((MONDAY + 300) * 1000, MONDAY), {}),
        (lambda store: store.set_note(RECONCILED, str(MONDAY - 2 * 1800 - OPEN_S - 1)), {"sweep": 1}),
        (lambda store: store.set_note(RECONCILED, str(MONDAY - 2 * 1800 - OPEN_S)), {}),
    ],
)
def test_at_a_glance(damage: Callable[[Store], None], found: dict[str, int]) -> None:
    with closing(open_store("sqlite://")) as store:
        damage(store)
        assert {check: n for check, n in at_a_glance(store, Pace(), MONDAY).items() if n} == found


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (kept(entry("said", 0, comment_id=None), entry("said", 1, comment_id=None, letter="l")), {"unproven": 1}),
        (waiting(MONDAY + 400 * DAY), {"next look": 1}),
        (lambda store: store.set_mark(0, MONDAY), {}),
        (
            lambda store: store.put_tickets(
                [Ticket("1", "KKA-1", "KKA", MONDAY, (MONDAY + DAY) * 1000, "closed")], "f", MONDAY
            ),
            {},
        ),
    ],
)
def test_the_whole(damage: Callable[[Store], None], found: dict[str, int]) -> None:
    with closing(open_store("sqlite://")) as store:
        damage(store)
        counts = whole(store, BOOK, QUIET, Pace(), MONDAY)
        assert {check: n for check, n in counts.items() if n} == found


@pytest.mark.parametrize(
    ("rows", "manners", "n"),
    [
        (3, {"budget": 3}, 0),
        (4, {"budget": 3}, 1),
        (4, {"ticket_budget": 3}, 1),
        (4, {"budget": 3, "ticket_budget": 3}, 2),
    ],
)
@pytest.mark.parametrize(
    ("facts", "counts"),
    [({}, True), ({"version": "another"}, False), ({"rule": "rulebook"}, False), ({"state": "held"}, False)],
)
def test_budgets(rows: int, manners: dict[str, int], n: int, facts: dict[str, str], counts: bool) -> None:
    said = [msgspec.structs.replace(entry("said", MONDAY + i), **facts) for i in range(rows)]
    assert over_budget(said, said, rulebook(manners=manners)) == (n if counts else 0)


def damaged(bot: Bot, ticket: str, look_at: int | None) -> None:
    bot.engine.store.judged({ticket: look_at})


@pytest.mark.parametrize("look_at", [None, MONDAY + 40 * DAY], ids=["lost", "too late"])
@one_flavour
def test_a_next_look_that_is_wrong_is_mended_at_the_next_sweep_and_told_once(desk: Desk, look_at: int | None) -> None:
    ticket, closed = desk.taken(), desk.taken()
    desk.go(closed, "it1", "Suletud")
    with desk.bot() as bot:
        bot.settled()
        right = bot.engine.store.seen([ticket])[ticket].look_again_at
        damaged(bot, ticket, look_at)
        report = bot.cycle(30 * MINUTE)
        assert found_in(bot.engine.store) == (Unsound("next look", 1, desk.now, mended=True),)
        assert report.failing == []
        bot.cycle(MINUTE)
        assert bot.engine.store.seen([ticket])[ticket].look_again_at == right
        bot.cycle(30 * MINUTE)
        assert len(found_in(bot.engine.store)) == 1
        bot.cycles(desk.now + DAY + 2 * HOUR, every=2 * HOUR)
        assert found_in(bot.engine.store) == ()


@pytest.mark.parametrize("may_remove", [True, False])
@one_flavour
def test_a_twin_is_removed_and_one_that_may_not_be_makes_it_fail_until_it_is_gone(
    desk: Desk, may_remove: bool
) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        bot.settled()
        comment = desk.said(ticket)[0]
        twin = acts.comment(
            desk.world, desk.issue(ticket), comment.author, comment.body, properties=dict(comment.properties)
        )
        if not may_remove:
            comment.author.denied |= {"DELETE_OWN_COMMENTS", "EDIT_OWN_COMMENTS"}
        report = bot.cycle(30 * MINUTE)
        found = found_in(bot.engine.store)
        assert found == (Unsound("twins", 1, desk.now, mended=may_remove),)
        assert report.failing == ([] if may_remove else ["twins"])
        assert len(desk.said(ticket)) == 2 - may_remove
        if may_remove:
            return
        assert bot.cycle(MINUTE).failing == ["twins"]
        desk.site.faults.down = True
        assert bot.cycle(MINUTE).failing == ["twins"]
        desk.site.faults.down = False
        assert found_in(bot.engine.store) == found
        acts.unsay(desk.world, desk.issue(ticket), twin, desk.world.person("juht1"))
        assert bot.cycle(30 * MINUTE).failing == []
        assert found_in(bot.engine.store) == ()


@one_flavour
def test_a_sound_bot_finds_nothing_in_itself(desk: Desk) -> None:
    with desk.bot() as bot:
        for n in range(3):
            desk.forwarded(f"spetsialist{1 + n % 2}")
        desk.taken()
        bot.cycles(desk.now + DAY, every=HOUR)
        assert found_in(bot.engine.store) == ()
        counts = whole(bot.engine.store, BOOK, QUIET, Pace(), desk.now)
        assert sum(counts.values()) == 0


@pytest.mark.parametrize("ahead_s", [-HOUR, 3 * DAY], ids=["archived since", "from the future"])
@one_flavour
def test_a_stamp_that_the_mark_does_not_follow_is_no_finding(desk: Desk, ahead_s: int) -> None:
    """What the search does not show, or only a clock that was wrong wrote, is read; the mark stays where it is."""
    ticket, _ = desk.forwarded(), desk.forwarded("spetsialist2")
    with desk.bot() as bot:
        bot.settled()
        bot.cycles(desk.later(6 * HOUR), every=HOUR)
        issue = desk.issue(ticket)
        desk.world.issues[issue.id] = replace(issue, updated_ms=(desk.now + ahead_s) * 1000)
        if ahead_s < 0:
            desk.world.archived[issue.id] = desk.now
        assert bot.cycle(30 * MINUTE).failing == bot.cycle(30 * MINUTE).failing == []
        assert bot.engine.store.seen([ticket])[ticket].updated_ms == desk.issue(ticket).updated_ms


@one_flavour
def test_an_audit_that_cannot_be_made_fails_and_stops_nothing(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.settled()
        bot.engine.pace, sound = replace(bot.engine.pace, reconcile_s="often"), bot.engine.pace  # type: ignore[arg-type]
        report = Report(desk.now)
        audit(bot.engine, desk.now, report, swept=False)
        assert report.failing == failing(found_in(bot.engine.store)) == ["audit"]
        bot.engine.pace = sound
        bot.engine.store.set_note(AUDIT, "{")
        assert failing(found_in(bot.engine.store)) == ["audit"]
        assert bot.cycle(MINUTE).failing == []
        assert found_in(bot.engine.store) == ()
