"""A right that is taken away means quiet: how much is asked and logged in a day, and how it goes on after that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from desks import DAY, HOUR, MINUTE, MONDAY, desk_over, rulebook
from structlog.testing import capture_logs

from bot.engine.control import silences
from bot.engine.tracker import Denied
from bot.sandbox.world import Person

EVERY = HOUR
ROUTED = "it-support/routed"
LOGGED_OUT = 3
"""Requests of a cycle of an account that is not let in, at most; the daemon begins fewer and fewer of these."""


@contextmanager
def logged() -> Iterator[list[Any]]:
    """What is logged as a warning or worse."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    with capture_logs() as lines:
        yield lines


def lose(*permissions: str) -> tuple[Callable[[Person], None], Callable[[Person], None]]:
    return lambda me: me.denied.update(permissions), lambda me: me.denied.difference_update(permissions)


def _deactivate(me: Person) -> None:
    me.active = False


def _activate(me: Person) -> None:
    me.active = True


RIGHTS = [
    (lose("ADD_COMMENTS"), "KKA"),
    (lose("EDIT_ISSUES"), "KKA"),
    (lose("EDIT_OWN_COMMENTS"), None),  # nothing is edited: everything goes on
    (lose("TRANSITION_ISSUES"), None),  # no shipped rule that speaks here sets a state
]


@pytest.mark.parametrize(("right", "quiet"), RIGHTS, ids=range(len(RIGHTS)))
def test_a_permission_taken_away_is_one_refusal_and_one_line_a_day(
    right: tuple[Callable[[Person], None], Callable[[Person], None]], quiet: str | None
) -> None:
    take, give = right
    with desk_over("cloud") as desk, desk.bot(book=rulebook(incidents=())) as bot:
        bot.settled()
        me = desk.world.person("piletibot")
        assert me is not None
        take(me)
        with logged() as lines:
            tickets = [desk.forwarded(f"spetsialist{1 + n % 2}") for n in range(4)]
            before = bot.counts()
            bot.cycles(desk.now + (DAY if quiet else HOUR), every=EVERY)
            asked = bot.since(before)[0]
        refused = sum(n for (_, _, status), n in desk.site.requests.items() if status == 403)
        if quiet is None:
            assert [desk.rungs(ticket)[0] for ticket in tickets] == [ROUTED] * 4
            return
        assert (desk.said(), refused) == ([], 1)
        assert [line["event"] for line in lines] == [
            "refused",
            "the account lacks a permission, nothing more is said",
            "silenced",
        ]
        sweeps = DAY // EVERY
        once = 50  # the new tickets are read, and accounts are looked up, once a day
        assert asked <= DAY // EVERY + sweeps * 3 + once
        assert [(each.what, each.by) for each in silences(bot.engine.store)] == [(quiet, "permission")]
        give(me)
        desk.until(MONDAY + DAY + HOUR)
        bot.cycles(desk.now + 30 * MINUTE, every=10 * MINUTE)
        assert all(ROUTED in desk.rungs(ticket) for ticket in tickets)
        assert silences(bot.engine.store) == ()
        assert len(desk.keys()) == len(set(desk.keys()))


@pytest.mark.parametrize("right", [lose("BROWSE_PROJECTS"), (_deactivate, _activate)], ids=["browse", "deactivated"])
@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_an_account_that_is_not_let_in_asks_next_to_nothing_and_goes_on_at_once(
    flavour: Any, right: tuple[Callable[[Person], None], Callable[[Person], None]]
) -> None:
    take, give = right
    with desk_over(flavour) as desk, desk.bot() as bot:
        bot.settled()
        me = desk.world.person("piletibot")
        assert me is not None
        ticket = desk.forwarded()
        take(me)
        before = bot.counts()
        with logged() as lines:
            for tries in range(1, 25):
                with pytest.raises(Denied):
                    bot.cycle(HOUR)
                assert bot.since(before)[0] <= LOGGED_OUT * tries
        assert lines == []
        give(me)
        desk.until(MONDAY + DAY)
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == [ROUTED]
        bot.settled()
