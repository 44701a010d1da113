"""A bot is moved to another database in the midst of its work: nothing is said again, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from desks import GRACE_S, LENGTH_S, MINUTE, Bot, Desk, at_seam, desk_over

from bot.sandbox.world import Flavour
from bot.store.copying import copy_store
from bot.store.errors import NotInForce
from bot.store.holder import this_process
from bot.store.lease import Fenced, Lease

ROUTED, ASKED = "it-support/routed", "solution-reached-customer/ask"
AT = (
    ("after intent", False, "cloud"),
    ("after fields", True, "cloud"),
    ("after write", True, "dc"),
    ("between two cycles", False, "dc"),
    *(
        pytest.param(*row, marks=pytest.mark.soak)
        for row in (("before write", False, "dc"), ("after write", False, "cloud"), ("after commit", True, "cloud"))
    ),
)


@contextmanager
def living(desk: Desk, store: str, seam: Callable[[str], None] = lambda name: None) -> Iterator[Bot]:
    """A bot that sends only while it has the lease, by the clocks that leases have in earnest."""
    with desk.bot(store, seam=seam) as bot:
        bot.engine.lease = Lease(bot.engine.store, this_process(), length_s=LENGTH_S, grace_s=GRACE_S)
        bot.engine.tracker.client.fence = bot.engine.fence
        yield bot


def move(source: str, target: str) -> None:
    copy_store(source, target, lengths=(LENGTH_S, GRACE_S), now=0, sleep=lambda seconds: None)


@pytest.mark.parametrize(("at", "back", "flavour"), AT)
def test_moved_while_it_runs_everything_is_said_once(
    tmp_path: Path, postgres: Callable[[], str], at: str, back: bool, flavour: Flavour
) -> None:
    source, target = f"sqlite:///{tmp_path / 'bot.db'}", postgres()
    if back:
        source, target = target, source
    with desk_over(flavour) as desk:
        solved = desk.taken()
        desk.go(solved, "it1", "Lahendatud")
        seam = at_seam(at, lambda: move(source, target))
        with living(desk, source, lambda name: seam(name) if desk.rungs(solved) else None) as bot:
            bot.cycle(90 * MINUTE)
            assert desk.rungs(solved) == [ASKED]
            tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
            with suppress(Fenced, NotInForce):
                bot.cycle(MINUTE)
            if at == "between two cycles":
                move(source, target)
            said = len(desk.said())
            tickets.append(desk.forwarded("spetsialist3"))
            with suppress(Fenced, NotInForce):
                bot.cycle(MINUTE)
            with pytest.raises(NotInForce):
                bot.cycle(MINUTE)
            assert len(desk.said()) == said
        with living(desk, target) as bot:
            bot.cycle(MINUTE)
            bot.cycle(MINUTE)
            assert [desk.rungs(ticket) for ticket in (*tickets, solved)] == [[ROUTED]] * 3 + [[ASKED]]
            assert sorted(bot.states()) == sorted([(ROUTED, "said")] * 3 + [(ASKED, "said")])
            bot.settled()
