"""Two that work on one database at once: the same comment is not made twice, a release is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import MINUTE, Desk, at_seam, rulebook

from bot.engine.batch import batches, release


@pytest.mark.parametrize("after", [0, 15])
def test_a_cycle_that_another_overtook_makes_no_second_comment(desk: Desk, tmp_path: Path, after: int) -> None:
    tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store) as slow, desk.bot(store) as other:
        slow.engine.seam = at_seam("before write", lambda: other.cycle(after))
        slow.cycle(MINUTE)
        other.cycles(desk.now + 10 * MINUTE, every=MINUTE)
        assert [len(desk.said(ticket)) for ticket in tickets] == [1, 1]
        assert [state for _, state in other.states()] == ["said", "said"]


def test_a_batch_released_while_a_cycle_runs_is_said_in_the_next(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    desk.forwarded("spetsialist2")
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store, rulebook(manners={"ceiling": 1})) as bot, desk.bot(store) as person:
        assert bot.cycle().batched == 2
        ((batch, _),) = batches(bot.engine.store).items()
        desk.later(1)
        desk.write(ticket, "spetsialist1")
        bot.engine.seam = at_seam("before intent", lambda: release(person.engine.store, batch, desk.now))
        assert bot.cycle(MINUTE).said == []
        bot.cycle(MINUTE)
        assert len(desk.said(ticket)) == 1
