"""The off-switch inside Jira: one project or all, within a cycle, in the middle of a delivery, and let go again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from desks import DAY, HOUR, MINUTE, Bot, Desk, at_seam, one_flavour, rulebook

from bot.core.silence import Silence
from bot.engine.batch import batches
from bot.engine.control import HEED_S, SILENCED, _keep, silences
from bot.engine.engine import Report
from bot.sandbox import acts
from bot.sandbox.faults import Fault

LABEL = "bot-vait"
ROUTED = ["it-support/routed"]
PROPERTY = r"/project/KKA/properties/piletibot$"


def switch(desk: Desk, value: object = None) -> None:
    """Set the project's property, as its administrators can; None takes it away."""
    held = {} if value is None else {"piletibot": value}
    desk.world.projects["KKA"].properties = held


def label(*labels: str) -> Callable[[Desk, str], None]:
    return lambda desk, control: desk.edit(control, "juht1", labels=list(labels))


def set_to(value: object) -> Callable[[Desk, str], None]:
    return lambda desk, control: switch(desk, value)


def unreadable(desk: Desk, control: str) -> None:
    desk.site.faults.faults = [Fault("answer", "GET", PROPERTY, status=403, times=None)]


def failing(desk: Desk, control: str) -> None:
    desk.site.faults.faults = [Fault("answer", "GET", PROPERTY, status=500, times=None)]


SWITCHES = [
    (label(LABEL), ("*", "label")),
    (label(f"{LABEL}-kka"), ("KKA", "label")),
    (label(f"{LABEL}-KAK"), ("*", "unclear label")),
    (set_to({"silent": True}), ("KKA", "property")),
    (set_to({"silent": "jah"}), ("KKA", "unclear property")),
    (set_to(None), None),
    (set_to({"silent": False}), None),
    (label(f"{LABEL}aja"), None),
    (unreadable, ("KKA", "unclear property")),
    (failing, ("KKA", "unclear property")),
]


def on_of(bot: Bot) -> list[tuple[str, str]]:
    return [(each.what, each.by) for each in silences(bot.engine.store)]


@pytest.mark.parametrize(("act", "silence"), SWITCHES)
def test_it_is_heeded_in_the_cycle_in_which_something_was_to_be_said(
    desk: Desk, act: Callable[[Desk, str], None], silence: tuple[str, str] | None
) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        bot.settled()
        act(desk, control)
        ticket = desk.forwarded()
        report = bot.cycle(MINUTE)
        expected = ([], None, "held") if silence else (ROUTED, "L2_IT", "said")
        assert (desk.rungs(), desk.queue(ticket), *(state for _, state in bot.states(ticket))) == expected
        assert on_of(bot) == ([silence] if silence else [])
        assert len(report.troubles) == bool(silence and silence[1].startswith("unclear"))
        bot.cycles(desk.now + HOUR)
        assert desk.rungs() == ([] if silence else ROUTED)


@one_flavour
@pytest.mark.parametrize("act", [each for each, silence in SWITCHES if silence])
def test_let_go_it_goes_on_within_a_cycle_and_says_nothing_twice(
    desk: Desk, act: Callable[[Desk, str], None]
) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        before = desk.forwarded()
        bot.settled()
        act(desk, control)
        during = desk.forwarded("spetsialist2")
        bot.cycles(desk.now + HOUR)
        desk.edit(control, "juht1", labels=[])
        switch(desk)
        desk.site.faults.faults = []
        bot.cycle(MINUTE)
        assert [desk.rungs(each) for each in (before, during)] == [ROUTED, ROUTED]
        assert on_of(bot) == []
        bot.settled()
        assert len(desk.said()) == 2


@one_flavour
def test_a_label_is_heeded_before_the_search_knows_of_it(desk: Desk) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        bot.settled()
        desk.forwarded()
        desk.later(10 * MINUTE)
        desk.site.faults.lag_ms = 5 * MINUTE * 1000
        desk.edit(control, "juht1", labels=[LABEL])
        bot.cycle(MINUTE)
        since = silences(bot.engine.store)
        bot.cycle(MINUTE)
        assert desk.rungs() == []
        assert silences(bot.engine.store) == since == (Silence("*", "label", desk.now - MINUTE),)


@one_flavour
@pytest.mark.parametrize("act", [label(LABEL), set_to({"silent": True})], ids=["label", "property"])
@pytest.mark.parametrize(("took_s", "said"), [(HEED_S - 1, 3), (HEED_S, 1)])
def test_a_long_delivery_stops_in_its_middle(
    desk: Desk, act: Callable[[Desk, str], None], took_s: int, said: int
) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        bot.settled()
        tickets = [desk.forwarded(f"spetsialist{n}") for n in (1, 2, 1)]

        def switched() -> None:
            act(desk, control)
            desk.later(took_s)

        bot.engine.seam = at_seam("after commit", switched)
        bot.cycle(MINUTE)
        assert len(desk.said()) == said
        bot.cycles(desk.now + HOUR)
        assert len(desk.said()) == said
        assert (
            sorted(state for each in tickets for _, state in bot.states(each))
            == ["held"] * (3 - said) + ["said"] * said
        )
        desk.edit(control, "juht1", labels=[])
        switch(desk)
        bot.cycle(MINUTE)
        assert [desk.rungs(each) for each in tickets] == [ROUTED] * 3


@one_flavour
def test_what_a_cycle_asks(desk: Desk) -> None:
    """Nothing is asked for in a cycle that says nothing; a property that silences is asked for to be let go."""
    with desk.bot() as bot:
        bot.settled()
        switch(desk, {"silent": True})
        before = bot.counts()
        bot.cycle(MINUTE)
        assert bot.since(before)[0] == 1
        desk.later(30 * MINUTE)
        bot.cycle()
        assert on_of(bot) == [("KKA", "property")]
        before = bot.counts()
        bot.cycle(MINUTE)
        assert bot.since(before) == (2, 1)


@one_flavour
@pytest.mark.parametrize(("manners", "said", "batch"), [({"ceiling": 3}, 0, [5]), ({"budget": 2}, 2, [])])
def test_a_long_silence_ends_without_a_flood(
    desk: Desk, manners: dict[str, int], said: int, batch: list[int]
) -> None:
    with desk.bot(book=rulebook(manners=manners)) as bot:
        bot.settled()
        switch(desk, {"silent": True})
        for _ in range(5):
            desk.forwarded()
        bot.cycles(desk.now + 2 * HOUR)
        switch(desk)
        assert len(bot.cycle(MINUTE).said) == said
        assert list(batches(bot.engine.store).values()) == batch
        bot.cycles(desk.now + 3 * HOUR, every=HOUR)
        assert len(desk.said()) == said


@one_flavour
@pytest.mark.parametrize("labels", [[LABEL], [f"{LABEL}-KKA"], [f"{LABEL}-XX", LABEL]])
def test_the_lead_lets_it_speak_again_by_a_command_but_not_over_a_property(desk: Desk, labels: list[str]) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        bot.settled()
        desk.edit(control, "juht1", labels=labels)
        switch(desk, {"silent": True})
        bot.cycles(desk.now + 31 * MINUTE)
        desk.write(control, "juht1", "piletibot räägi")
        bot.cycles(desk.now + HOUR)
        assert (desk.said(), desk.issue(control).fields["labels"]) == ([], labels)
        switch(desk)
        bot.cycles(desk.now + HOUR)
        assert (desk.rungs(), desk.issue(control).fields["labels"]) == (["command/granted"], [])
        assert on_of(bot) == []


@one_flavour
def test_silence_outlives_a_restart_and_a_note_that_is_damaged_silences(desk: Desk, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store) as bot:
        bot.settled()
        switch(desk, {"silent": True})
        desk.forwarded()
        bot.cycle(MINUTE)
        known = silences(bot.engine.store)
    with desk.bot(store) as bot:
        bot.cycle(MINUTE)
        assert silences(bot.engine.store) == known
        bot.engine.store.set_note("silenced", "*")  # as earlier versions noted it
        assert on_of(bot) == [("*", "label")]
        bot.cycle(MINUTE)
        assert silences(bot.engine.store) == (Silence("KKA", "property", desk.now),)
        assert desk.said() == []


@one_flavour
def test_letters_and_fields_are_silent_too(desk: Desk) -> None:
    ticket = desk.taken()
    with desk.bot() as bot:
        bot.settled()
        switch(desk, {"silent": True})
        before = desk.issue(ticket).histories
        bot.cycles(desk.now + DAY + HOUR, every=2 * HOUR)
        assert desk.said() == []
        assert desk.issue(ticket).histories == before
        assert {row.state for row in bot.engine.store.letters_since(0)} <= {"adopted", "withdrawn", "held"}


def test_a_deleted_property_of_a_deleted_project_silences_nothing(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.settled()
        assert bot.engine.tracker.off_switch("KKA") is None
        assert bot.engine.tracker.off_switch("NONE") is None
        desk.world.projects["KKA"].properties = {"piletibot": [1]}
        assert bot.engine.tracker.off_switch("KKA") == b"[1]"
        ticket = desk.open()
        desk.edit(ticket, "juht1", labels=["a", "b"])
        assert bot.engine.tracker.labels(ticket) == {"a", "b"}
        acts.delete(desk.world, desk.issue(ticket))
        bot.cycle(MINUTE)


@one_flavour
def test_what_another_part_of_the_cycle_noted_meanwhile_stays(desk: Desk) -> None:
    """Two parts that find out about a project each at the same time, in two processes."""
    mine, theirs, over = (Silence(what, "property", desk.now) for what in ("KKA", "ARH", "KEMIT"))
    with desk.bot() as bot:
        bot.engine.store.set_note(SILENCED, msgspec.json.encode((theirs, over)).decode())
        _keep(bot.engine, [("KKA", "property")], (over,), desk.now, Report(desk.now))
        assert silences(bot.engine.store) == (theirs, mine)
        _keep(bot.engine, [], (mine,), desk.now, Report(desk.now))
        assert silences(bot.engine.store) == (theirs,)
