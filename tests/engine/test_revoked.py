"""A right that is taken away means quiet: how much is asked and logged in a day, and how it goes on after that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk, desk_over, on, rulebook
from structlog.testing import capture_logs

from bot.engine.control import silences
from bot.engine.tracker import Denied
from bot.sandbox.texts import plain
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


def _forward(desk: Desk) -> list[str]:
    return [desk.forwarded(f"spetsialist{1 + n % 2}") for n in range(4)]


def _incomplete(desk: Desk, bot: Bot) -> list[str]:
    tickets = [desk.forwarded(f"spetsialist{1 + n % 2}", complete=False) for n in range(4)]
    bot.cycle(MINUTE)
    return tickets


def _delivered(desk: Desk, bot: Bot) -> list[str]:
    tickets = [desk.taken() for _ in range(4)]
    for ticket in tickets:
        desk.go(ticket, "it1", "Lahendatud")
    bot.cycle(HOUR)
    for ticket in tickets:
        desk.edit(ticket, "spetsialist1", **{desk.field("Lahendus kliendile edastatud"): "2026-11-16"})
    bot.cycles(desk.now + 9 * DAY, every=DAY)
    return tickets


def _given(desk: Desk, tickets: Sequence[str]) -> Sequence[str]:
    for ticket in tickets:
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
    return tickets


def _is_routed(desk: Desk, ticket: str) -> bool:
    return ROUTED in desk.rungs(ticket)


def _is_edited(desk: Desk, ticket: str) -> bool:
    return "registrikood" not in plain(desk.said(ticket)[0].body)


def _is_closed(desk: Desk, ticket: str) -> bool:
    return bool(desk.issue(ticket).fields["status"]["name"] == "Suletud")


_Before = Callable[[Desk, Bot], Sequence[str]]
_People = Callable[[Desk, Sequence[str]], Sequence[str]]
RIGHTS: list[tuple[str, _Before, _People, Callable[[Desk, str], bool]]] = [
    ("ADD_COMMENTS", lambda desk, bot: (), lambda desk, _: _forward(desk), _is_routed),
    ("EDIT_ISSUES", lambda desk, bot: (), lambda desk, _: _forward(desk), _is_routed),
    ("EDIT_OWN_COMMENTS", _incomplete, _given, _is_edited),
    ("TRANSITION_ISSUES", _delivered, lambda desk, tickets: tickets, _is_closed),
]


@pytest.mark.parametrize(("right", "before", "people", "is_done"), RIGHTS, ids=[row[0] for row in RIGHTS])
def test_a_permission_taken_away_is_one_refusal_and_one_line_a_day(
    right: str,
    before: Callable[[Desk, Bot], Sequence[str]],
    people: Callable[[Desk, Sequence[str]], Sequence[str]],
    is_done: Callable[[Desk, str], bool],
) -> None:
    book = on(rulebook(incidents=()), "closed-by-itself", observe=False)
    with desk_over("cloud") as desk, desk.bot(book=book) as bot:
        bot.settled()
        tickets = before(desk, bot)
        me = desk.world.person("piletibot")
        assert me is not None
        me.denied.add(right)
        said = len(desk.said())
        with logged() as lines:
            tickets = people(desk, tickets)
            counts = bot.counts()
            desk.site.requests.clear()
            bot.cycles(desk.now + DAY, every=EVERY)
            asked = bot.since(counts)[0]
        refused = sum(n for (_, _, status), n in desk.site.requests.items() if status == 403)
        assert (len(desk.said()), refused) == (said, right != "TRANSITION_ISSUES")  # which Jira just does not offer
        assert not any(is_done(desk, ticket) for ticket in tickets)
        assert [line["event"] for line in lines] == [
            "refused",
            "the account lacks a permission, nothing more is said",
            "silenced",
        ]
        sweeps = DAY // EVERY
        once = 50  # the new tickets are read, and accounts are looked up, once a day
        assert asked <= DAY // EVERY + sweeps * 3 + once
        assert [(each.what, each.by) for each in silences(bot.engine.store)] == [("KKA", "permission")]
        me.denied.discard(right)
        bot.cycles(desk.now + DAY + HOUR, every=HOUR)
        assert all(is_done(desk, ticket) for ticket in tickets)
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
