"""The control ticket: silence as the mirror and the rules have it now, and what the lead is told there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from desks import HOUR, MINUTE, Bot, Desk, rulebook

from bot.core.rulebook import Rulebook
from bot.engine.batch import batches, release
from bot.sandbox import acts
from bot.sandbox.faults import Fault

COMMENT = r"/issue/\d+/comment$"
LABEL = "bot-vait"
ROUTED = ["it-support/routed"]


def book_with(version: str, **manners: object) -> Rulebook:
    return replace(rulebook(manners=manners), version=version)


def control_of(desk: Desk, *labels: str) -> tuple[str, str]:
    """A control ticket with labels: its id and its key."""
    ticket = desk.open("juht1")
    if labels:
        desk.edit(ticket, "juht1", labels=list(labels))
    return ticket, desk.issue(ticket).key


@pytest.mark.parametrize("label_was_on", [True, False])
def test_one_named_after_it_was_mirrored_silences_at_once(desk: Desk, tmp_path: Path, label_was_on: bool) -> None:
    control, key = control_of(desk, *[LABEL] * label_was_on)
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store) as bot:
        bot.settled()
    desk.later(HOUR)
    ticket = desk.forwarded()
    with desk.bot(store, book_with("with control", control=key)) as bot:
        bot.cycle()
        assert desk.rungs(ticket) == ([] if label_was_on else ROUTED)
        bot.settled()
        desk.edit(control, "juht1", labels=[])
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == ROUTED
        bot.settled()


@pytest.mark.parametrize("then", [{}, {"hold": "another-label", "control": "KKA-1"}], ids=["removed", "hold renamed"])
def test_rules_under_which_the_label_means_nothing_end_the_silence(
    desk: Desk, tmp_path: Path, then: dict[str, object]
) -> None:
    _, key = control_of(desk, LABEL)
    ticket = desk.forwarded()
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store, book_with("before", control=key)) as bot:
        bot.settled()
        assert desk.rungs(ticket) == []
    with desk.bot(store, book_with("after", **then)) as bot:
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == ROUTED
        bot.settled()


def test_one_renamed_by_the_rules_counts_as_it_is(desk: Desk, tmp_path: Path) -> None:
    (_, spoken), (_, silent) = control_of(desk), control_of(desk, LABEL)
    ticket = desk.forwarded()
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store, book_with("silent", control=silent)) as bot:
        bot.settled()
    with desk.bot(store, book_with("spoken", control=spoken)) as bot:
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == ROUTED
        bot.settled()


def test_one_that_is_deleted_silences_no_longer(desk: Desk) -> None:
    control, key = control_of(desk, LABEL)
    ticket = desk.forwarded()
    with desk.bot(book=rulebook(manners={"control": key})) as bot:
        bot.settled()
        acts.delete(desk.world, desk.issue(control))
        assert bot.cycle(30 * MINUTE).gone == 1
        assert desk.rungs(ticket) == ROUTED
        bot.settled()


def drop(bot: Bot) -> None:
    bot.desk.site.faults.faults = [Fault("drop before", "POST", COMMENT)]


def throttle(bot: Bot) -> None:
    bot.desk.site.faults.faults = [Fault("answer", "POST", COMMENT, status=429, retry_after="5")]


def stop(bot: Bot) -> None:
    asked = [True]
    bot.engine.stopping = lambda: bool(asked and asked.pop())


@pytest.mark.parametrize("hiccup", [drop, throttle, stop])
def test_the_lead_is_told_of_a_batch_once_however_it_goes(desk: Desk, hiccup: Callable[[Bot], None]) -> None:
    control, key = control_of(desk)
    with desk.bot(book=rulebook(manners={"control": key, "ceiling": 1})) as bot:
        bot.settled()
        tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
        hiccup(bot)
        assert bot.cycle(MINUTE).batched == 2
        assert desk.rungs() == []
        bot.cycles(desk.now + HOUR, every=5 * MINUTE)
        assert desk.rungs() == ["ceiling/tell"]
        assert bot.states(control) == [("ceiling/tell", "said")]
        bot.settled()
        ((batch, _),) = batches(bot.engine.store).items()
        release(bot.engine.store, batch, desk.now)
        bot.cycles(desk.now + HOUR, every=5 * MINUTE)
        assert [desk.rungs(ticket) for ticket in (control, *tickets)] == [["ceiling/tell"], ROUTED, ROUTED]


def test_what_the_lead_was_not_told_in_time_need_not_be_said_of_a_batch_released(desk: Desk) -> None:
    control, key = control_of(desk)
    with desk.bot(book=rulebook(manners={"control": key, "ceiling": 1})) as bot:
        bot.settled()
        desk.forwarded(), desk.forwarded("spetsialist2")
        desk.site.faults.faults = [Fault("answer", "POST", COMMENT, status=429, retry_after="600")]
        bot.cycle(MINUTE)
        ((batch, _),) = batches(bot.engine.store).items()
        release(bot.engine.store, batch, desk.now)
        bot.cycles(desk.now + HOUR, every=5 * MINUTE)
        assert desk.rungs() == ROUTED * 2
        assert bot.states(control) == [("ceiling/tell", "withdrawn")]
