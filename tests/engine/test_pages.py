"""Very many due tickets are judged page by page: what is said and kept is as if all had been judged at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Desk, at_seam, desk_over, rulebook

from bot.core.ledger import Entry
from bot.core.ticket import Moment
from bot.engine.engine import Pace

SILENT = MONDAY + 2 * DAY + HOUR
"""Tickets that were last moved on Monday morning have been silent for two working days."""


class Outcome(NamedTuple):
    """What came of some cycles: the ledger, when each ticket is looked at again, what was said, and the counts."""

    rows: list[Entry]
    looks: dict[str, Moment | None]
    said: list[str]
    counts: list[tuple[int, ...]]


def busy(desk: Desk) -> None:
    """Tickets of four people, some to be routed, some silent."""
    for number in range(4):
        desk.taken(f"it{1 + number % 2}")
        desk.forwarded(f"spetsialist{1 + number}")
    desk.until(SILENT)
    for number in range(3):
        desk.forwarded(f"spetsialist{1 + number % 2}")


def outcome(page: int, manners: dict[str, Any]) -> Outcome:
    with desk_over("cloud") as desk:
        busy(desk)
        with desk.bot(book=rulebook(manners=manners), pace=Pace(page_size=page)) as bot:
            reports = [bot.cycle(), bot.cycle(MINUTE), *bot.cycles(desk.now + 2 * DAY, 12 * HOUR)]
            store = bot.engine.store
            looks = {id_: seen.look_again_at for id_, seen in store.seen(list(store.all_seen())).items()}
            counts = [(each.judged, each.held, each.withdrawn, each.batched, each.adopted) for each in reports]
            return Outcome(sorted(store.ledger(), key=lambda row: row.key), looks, desk.rungs(), counts)


MANNERS: list[dict[str, Any]] = [
    {"budget": 2},
    {"budget": 1, "observe": True},
    {"ceiling": 2},
    {"budget": 1, "ceiling": 1},
    {"ceiling": 1, "ticket_budget": 0},
]


@pytest.mark.parametrize("manners", MANNERS, ids=lambda each: "-".join(each))
def test_page_by_page_the_same_is_said_and_kept(manners: dict[str, Any]) -> None:
    whole = outcome(1000, manners)
    assert len(whole.rows) > 10
    assert outcome(3, manners) == whole


@pytest.mark.parametrize("page", [1, 1000])
def test_a_cycle_that_sends_nothing_leaves_no_field_unset_for_long(desk: Desk, page: int) -> None:
    manners = {"ticket_budget": 1, "ceiling": 1}
    with desk.bot(book=rulebook(manners=manners), pace=Pace(page_size=page)) as bot:
        spent = desk.forwarded()
        bot.cycle(MINUTE)
        desk.go(spent, "spetsialist1", "Uus")
        desk.set(spent, "spetsialist1", {"Järjekord": None})
        desk.until(desk.now + MINUTE)
        desk.go(spent, "spetsialist1", "II tasemel")
        for number in range(2, 5):
            desk.forwarded(f"spetsialist{number}")
        assert (bot.cycle(MINUTE).batched, desk.queue(spent)) == (3, None)
        bot.cycle(MINUTE)
        assert desk.queue(spent) == "L2_IT"


def test_killed_between_two_pages_it_goes_on_where_it_was(desk: Desk) -> None:
    for number in range(3):
        desk.taken(f"it{1 + number % 2}")
    routed = desk.forwarded()

    def die() -> None:
        raise KeyboardInterrupt

    with desk.bot(pace=Pace(page_size=1), seam=at_seam("after page", die)) as bot:
        with pytest.raises(KeyboardInterrupt):
            bot.cycle()
        left = bot.engine.store.due(desk.now, 99)
        assert len(left) == 3
        assert desk.rungs() == []
        report = bot.cycle(MINUTE)
        assert report.judged == 3
        assert desk.rungs() == desk.rungs(routed) == ["it-support/routed"]
        bot.settled()
