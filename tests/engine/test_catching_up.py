"""After a downtime, Jira's or the bot's own, there is one catch-up: the highest rungs reached, and no flood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk, desk_over, in_turn, one_flavour, rulebook

from bot.core.rulebook import Rulebook
from bot.sandbox.world import Flavour

BEGAN = MONDAY + 10 * MINUTE
Downtime = Callable[[Desk, Bot, int], None]


def jira_down(desk: Desk, bot: Bot, until: int) -> None:
    """Jira is away until a moment, and the bot sees it."""
    desk.site.faults.down = True
    while desk.now + HOUR < until:
        assert bot.cycle(HOUR).unreachable
    desk.until(until)
    desk.site.faults.down = False


def bot_down(desk: Desk, bot: Bot, until: int) -> None:
    """The bot does not run until a moment; what it had in memory is gone then."""
    desk.until(until)
    bot.engine = replace(bot.engine, **{name: type(getattr(bot.engine, name))() for name in ("doubts", "tried")})


@contextmanager
def after(whose: Downtime, length_s: int, desk: Desk, book: Rulebook | None = None) -> Iterator[Bot]:
    """A bot after a downtime that began at ten past ten, while a ticket was opened."""
    with desk.bot(book=book, client=desk.mannered(per_minute=30)) as bot:
        bot.cycle(1)
        bot.cycles(BEGAN, every=5 * MINUTE)
        desk.until(BEGAN)
        desk.later(1)
        desk.forwarded("spetsialist3")
        whose(desk, bot, BEGAN + length_s)
        desk.site.limits.minutes.clear()
        yield bot


ASK, REMIND = "solution-reached-customer/ask", "solution-reached-customer/remind"
ROUTED, MOVE, WARN = "it-support/routed", "no-movement/ask", "tier2-deadline/warn"

DOWNTIMES: list[tuple[str, int, dict[str, list[str]], dict[str, list[str]]]] = [
    ("a minute", MINUTE, {"late": [ROUTED]}, {"solved": [ASK]}),
    ("an hour", HOUR, {"solved": [ASK], "late": [ROUTED]}, {}),
    ("until late in the evening", 12 * HOUR, {}, {"solved": [ASK], "late": [ROUTED]}),
    ("a day", DAY, {"solved": [ASK], "late": [ROUTED]}, {}),
    (
        "three days",
        3 * DAY,
        {"silent": [MOVE], "solved": [REMIND], "late": [MOVE, ROUTED]},
        {"silent": [WARN], "late": [WARN]},
    ),
]
"""How long, what is said in the first ten minutes after, and what in the ten hours after these.

Of the ladder on a solved ticket three days pass over "ask": the rung reached is "remind".
"""


@pytest.mark.parametrize(
    ("whose", "length", "first", "later", "flavour"),
    [(whose, *row[1:], flavour) for whose, row, flavour in in_turn((jira_down, bot_down), DOWNTIMES)],
    ids=[f"{whose.__name__} {row[0]}" for whose, row, _ in in_turn((jira_down, bot_down), DOWNTIMES)],
)
def test_one_catch_up(
    whose: Downtime,
    length: int,
    first: dict[str, list[str]],
    later: dict[str, list[str]],
    flavour: Flavour,
) -> None:
    with desk_over(flavour) as desk:
        names = {desk.taken(): "silent", desk.taken("it2"): "solved"}
        desk.go(list(names)[1], "it2", "Lahendatud")

        def heard(before: dict[str, list[str]]) -> dict[str, list[str]]:
            said = {names.get(id_, "late"): desk.rungs(id_) for id_ in map(str, desk.world.issues)}
            return {name: new for name, rungs in said.items() if (new := rungs[len(before.get(name, ())) :])}

        with after(whose, length, desk) as bot:
            assert heard({}) == {}
            bot.cycles(desk.now + 10 * MINUTE, every=5 * MINUTE)
            assert heard({}) == first
            assert len(desk.said()) == len(first), "one comment a ticket"
            bot.cycles(desk.now + 10 * HOUR, every=2 * HOUR)
            assert heard(first) == later
            assert max(desk.site.limits.minutes.values()) <= 30


@one_flavour
@pytest.mark.parametrize("whose", [jira_down, bot_down])
def test_more_than_the_ceiling_is_told_once_and_kept(desk: Desk, whose: Downtime) -> None:
    control = desk.open("juht1")
    solved = [desk.taken(f"it{1 + n % 2}") for n in range(7)]
    for ticket in solved:
        desk.go(ticket, "it1", "Lahendatud")
    book = rulebook(manners={"ceiling": 5, "control": desk.issue(control).key})
    with after(whose, 3 * DAY, desk, book) as bot:
        bot.cycles(desk.now + HOUR, every=20 * MINUTE)
        assert desk.rungs(control).count("ceiling/tell") == 1
        bot.cycles(desk.now + 3 * HOUR, every=HOUR)
        assert desk.rungs(control).count("ceiling/tell") == 1
        assert [rung for ticket in solved for rung in desk.rungs(ticket)] == []
        assert max(desk.site.limits.minutes.values()) <= 30


@one_flavour
def test_a_persons_budget_holds_when_all_comes_at_once(desk: Desk) -> None:
    solved = [desk.taken() for _ in range(5)]
    for ticket in solved:
        desk.go(ticket, "it1", "Lahendatud")
    with after(bot_down, 2 * DAY, desk, rulebook(manners={"budget": 2})) as bot:
        for day in (2, 3):
            bot.cycles(MONDAY + day * DAY + 8 * HOUR, every=3 * HOUR)
            told = Counter(rung for ticket in solved for rung in desk.rungs(ticket))
            assert sum(told.values()) == 2 * (day - 1), "what is left waits for the next day"
