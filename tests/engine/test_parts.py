"""A cycle that is handed out in parts does what one process does; who was fenced off writes nothing more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from engine.test_two_daemons import Gap
from joint_desk import PROJECTS, rulebook_in

from bot.core.ledger import rows_of_comment
from bot.core.steps import Because, Occasion, Step
from bot.engine import parts
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.engine.parts import HandingOut, read_order, work
from bot.jira.client import Client
from bot.jira.tracker import STEP, JiraTracker, connect
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess
from bot.sandbox.world import World
from bot.start import Desk, read_desk
from bot.store.holder import Holder
from bot.store.lease import CYCLE, Fenced, Lease, PartLease, name_of
from bot.store.parts import Part
from bot.store.store import Store, open_store
from bot.store.tables import lease as leases

MONDAY = 1_794_816_000
LENGTH_S, GRACE_S = 180, 60


class Killed(BaseException):
    """A process ends here."""


class Unreturned(PartLease):
    """A lease whose process was killed: it gives nothing back."""

    def give_back(self) -> None:
        """Do nothing, as nobody is there."""


@dataclass
class Scene:
    """A Jira of three projects, and a database for all who work on it."""

    world: World
    clock: Clock
    desk: Desk
    url: str
    stores: list[Store] = field(default_factory=list)

    @property
    def now(self) -> int:
        return self.clock() // 1000

    def open(self, each: int) -> None:
        for project in PROJECTS:
            for n in range(each):
                values = {"summary": f"Number {n}", "issuetype": self.world.issue_types["10100"]}
                acts.create(self.world, self.world.person("spetsialist1"), self.world.projects[project], values)
        self.clock.advance(120_000)

    def said(self) -> Counter[str]:
        bot = self.world.person("piletibot")
        comments = [each for issue in self.world.issues.values() for each in issue.comments if each.author is bot]
        return Counter(key for each in comments for key in each.properties[STEP]["keys"])

    def engine(self) -> Engine:
        """The engine of a process of its own."""
        store = open_store(self.url)
        self.stores.append(store)
        client = Client(
            "http://jira.test",
            token="sandbox-token",
            user="piletibot@sandbox.example",
            transport=InProcess(Site(self.world)),
            sleep=lambda seconds: None,
            clock=lambda: self.clock() / 1000,
        )
        tracker = connect(client, self.desk.book.entries)
        assert isinstance(tracker, JiraTracker), tracker
        made = Engine(
            tracker,
            store,
            self.desk.book,
            self.desk.messages,
            tracker.binding.fingerprint,
            clock=lambda: self.now,
        )
        client.fence = made.fence
        return made

    def keeper(self, id_: str, hand_out: Callable[[Sequence[tuple[str, str]]], None]) -> Engine:
        """The engine of a process that keeps the desk."""
        made = self.engine()
        made.lease = Lease(made.store, self.holder(id_), **self.lease())
        made.hands = HandingOut(hand_out, self.holder(f"{id_}0"), sleep=self.wait, left_s=0.0)
        return made

    def three(self) -> tuple[Engine, Engine, Engine]:
        """The engine of a process that keeps the desk, that of the hand it gives all parts to, and the next keeper's.

        The hand leaves a part when it is fenced off.
        """

        def hand_out(parts: Sequence[tuple[str, str]]) -> None:
            for part, _ in parts:
                with suppress(Fenced):
                    self.do(hand, part)

        keeper, hand = self.keeper("a", hand_out), self.engine()
        return keeper, hand, self.keeper("b", lambda parts: None)

    def went_on(self, other: Engine) -> Callable[[], None]:
        """A process stands still until another has taken over and done all there is to do."""

        def stand_still() -> None:
            for after_s in (LENGTH_S + GRACE_S + 1, *(GRACE_S,) * 3):
                self.clock.advance(after_s * 1000)
                cycle(other, self.now)

        return stand_still

    def wait(self, seconds: float) -> None:
        self.clock.advance(60_000)

    def holder(self, id_: str) -> Holder:
        return Holder(id=id_, host="here", process=int(id_, 16))

    def lease(self) -> dict[str, object]:
        return {"length_s": LENGTH_S, "grace_s": GRACE_S, "clock": lambda: self.now}

    def do(self, hand: Engine, part_id: str, kind: type[PartLease] = PartLease) -> None:
        """Do a part as the process of another hand does."""
        part = hand.store.part(part_id)
        if part is None:
            return
        order = read_order(part)
        lease = kind(hand.store, self.holder("cc"), order.over, name=name_of(part.project), **self.lease())
        work(hand, part, order, lease)


@pytest.fixture
def scene(tmp_path: Path, postgres: Callable[[], str]) -> Iterator[Scene]:
    made = scene_of(tmp_path, postgres())
    yield made
    for store in made.stores:
        store.close()


def scene_of(home: Path, url: str, **manners: int) -> Scene:
    clock = Clock(MONDAY * 1000)
    world = keskkonnaamet("cloud", clock)
    return Scene(world, clock, read_desk(rulebook_in(home, world, **manners), "joint"), url)


def rows(engine: Engine) -> list[tuple[str, str, tuple[str, ...], str]]:
    return sorted((row.key, row.state, row.to, row.because) for row in engine.store.ledger())


def looks(engine: Engine) -> dict[str, int | None]:
    ids = list(engine.store.all_seen())
    return {id_: seen.look_again_at for id_, seen in engine.store.seen(ids).items()}


@pytest.mark.parametrize(
    ("manners", "said"), [({}, 24), ({"budget": 5}, 5), ({"ceiling": 10}, 0)], ids=["all", "a budget", "the ceiling"]
)
def test_a_cycle_in_parts_does_what_one_process_does(
    tmp_path: Path, postgres: Callable[[], str], manners: dict[str, int], said: int
) -> None:
    alone = scene_of(tmp_path / "alone", "sqlite://", **manners)
    joint = scene_of(tmp_path / "joint", postgres(), **manners)
    for each in (alone, joint):
        each.open(8)
    taken: list[str] = []

    def hand_out(parts: Sequence[tuple[str, str]]) -> None:
        for part, project in reversed(parts):
            taken.append(project)
            joint.do(hand, part)

    one, keeper, hand = alone.engine(), joint.keeper("a", hand_out), joint.engine()
    reports = [cycle(one, alone.now), cycle(keeper, joint.now)]
    assert alone.said() == joint.said()
    assert (len(joint.said()), max(joint.said().values(), default=1)) == (said, 1)
    assert rows(one) == rows(keeper)
    assert looks(one) == looks(keeper)
    told = [(r.changed, r.judged, len(r.said), r.held, r.batched, sorted(r.troubles)) for r in reports]
    assert told[0] == told[1]
    assert set(taken) == set(PROJECTS)
    assert keeper.store.part_states() == {}
    for each in (alone, joint):
        for store in each.stores:
            store.close()


def test_who_was_fenced_off_in_the_middle_of_a_part_writes_nothing_more(scene: Scene) -> None:
    scene.open(8)
    passed: list[str] = []

    def taken_over(name: str) -> None:
        passed.append(name)
        if passed.count("before write") == 3 and name == "before write":
            scene.clock.advance((LENGTH_S + GRACE_S + 1) * 1000)
            cycle(other, scene.now)

    keeper, hand, other = scene.three()
    hand.seam = taken_over
    with pytest.raises(Fenced):
        cycle(keeper, scene.now)
    assert passed.count("after write") == 2
    scene.clock.advance(GRACE_S * 1000)
    for _ in range(3):
        scene.clock.advance(60_000)
        cycle(other, scene.now)
    assert (len(scene.said()), set(scene.said().values())) == (24, {1})
    assert {state for _, state, _, _ in rows(other)} == {"said"}


def test_what_a_hand_that_stood_still_on_the_way_wrote_a_second_time_is_removed(scene: Scene) -> None:
    scene.open(8)
    keeper, hand, other = scene.three()
    Gap(SimpleNamespace(engine=hand), "POST", "/comment", scene.went_on(other))  # type: ignore[arg-type]
    with pytest.raises(Fenced):
        cycle(keeper, scene.now)
    assert sorted(set(scene.said().values())) == [1, 2], "it was checked, stood still, and was sent"
    scene.clock.advance(GRACE_S * 1000)
    assert cycle(other, scene.now).removed == 1
    assert (len(scene.said()), set(scene.said().values())) == (24, {1})
    assert {state for _, state, _, _ in rows(other)} == {"said"}


def command(scene: Scene) -> None:
    """A person tells the bot something, which is to be answered."""
    issue = next(iter(scene.world.issues.values()))
    acts.comment(scene.world, issue, scene.world.person("spetsialist1"), "piletibot help")
    scene.clock.advance(60_000)


def letter(scene: Scene) -> None:
    """A morning comes on which each person is to have a letter; nobody has mail."""
    scene.clock.advance(24 * 3600 * 1000)


@pytest.mark.parametrize("in_time", [False, True], ids=["its answer was lost", "its answer came"])
@pytest.mark.parametrize(("come", "kind"), [(command, "/command/"), (letter, "/letter/")], ids=["answer", "letter"])
def test_what_a_keeper_that_stood_still_on_the_way_said_a_second_time_is_removed(
    scene: Scene, come: Callable[[Scene], None], kind: str, in_time: bool
) -> None:
    scene.open(1)
    entries, key = scene.desk.book.entries, next(iter(scene.world.issues.values())).key
    manners = entries.manners.model_copy(update={"desk_ticket": key, "summary_empty": True})
    book = replace(scene.desk.book, entries=entries.model_copy(update={"manners": manners}))
    scene.desk = replace(scene.desk, book=book)
    keeper, other = (scene.keeper(id_, lambda parts: None) for id_ in "ab")
    cycle(keeper, scene.now)
    come(scene)
    if in_time:  # Jira's answer is not known to have come late
        keeper.tracker.client._clock = lambda: 0.0  # type: ignore[attr-defined]
    Gap(SimpleNamespace(engine=keeper), "POST", "/comment", scene.went_on(other))  # type: ignore[arg-type]
    began = scene.now
    with suppress(Fenced):
        cycle(keeper, began)
    said = {key: times for key, times in scene.said().items() if kind in key}
    assert sorted(said.values()) == ([2] if kind == "/command/" else [1, 2])
    scene.clock.advance(GRACE_S * 1000)
    assert cycle(other, scene.now).removed == 1
    assert (scene.said().keys() >= said.keys(), set(scene.said().values())) == (True, {1})
    assert {state for _, state, _, _ in rows(other)} == {"said"}
    assert {row.state for row in other.store.letters_since(0)} <= {"said", "adopted"}
    settled_at = [each.settled_at or 0 for each in other.store.commands(list(other.store.all_seen()))]
    assert min(settled_at, default=began + 1) > began, "what became of a command is what the other decided"


@pytest.mark.parametrize("seam", ["before write", "after write", "after commit"])
def test_what_a_killed_hand_left_is_taken_over_by_whoever_keeps_the_desk(scene: Scene, seam: str) -> None:
    scene.open(8)
    passed: list[str] = []

    def die(name: str) -> None:
        passed.append(name)
        if name == seam and passed.count(seam) == 2:
            raise Killed

    def hand_out(parts: Sequence[tuple[str, str]]) -> None:
        part, _ = parts[0]
        with suppress(Killed):
            scene.do(hand, part, Unreturned)

    keeper, hand = scene.keeper("a", hand_out), scene.engine()
    hand.seam = die
    cycle(keeper, scene.now)
    assert 22 <= len(scene.said()) <= 24
    for _ in range(4):
        scene.clock.advance(60_000)
        cycle(keeper, scene.now)
    assert (len(scene.said()), set(scene.said().values())) == (24, {1})
    assert {state for _, state, _, _ in rows(keeper)} == {"said"}


def test_a_row_is_claimed_once_until_it_is_intended_anew(scene: Scene) -> None:
    step = Step("s/1/r/c@1/ask/0", "1", "KKA-1", "r", Occasion("c", 1, "ask"), "w", ("first",), 1, Because("why"))
    with closing(open_store(scene.url)) as store:
        claims = []
        for at in (100, 200):
            store.write_entries(rows_of_comment((step,), "intended", at, "1"))
            claims += [store.claim(step.key, at, epoch) for epoch in (1, 2)]
        assert claims == [True, False, True, False]
        store.write_entries(rows_of_comment((step,), "said", 300, "1"))
        assert store.claim(step.key, 300, 3) is False
        store.clear_parts()
        store.write_entries(rows_of_comment((step,), "intended", 200, "1"))
        assert store.claim(step.key, 200, 3) is True


def test_a_part_has_at_most_500_tickets_of_one_project() -> None:
    ids = [str(n) for n in range(1203)]
    batches = list(parts._batches(ids, lambda id_: "ODD" if int(id_) % 2 else "EVEN"))
    assert [(project, len(batch)) for project, batch in batches] == [
        ("EVEN", 500),
        ("EVEN", 102),
        ("ODD", 500),
        ("ODD", 101),
    ]
    assert sorted(id_ for _, batch in batches for id_ in batch) == sorted(ids)


def test_what_goes_wrong_in_a_part_goes_wrong_in_its_cycle(scene: Scene) -> None:
    scene.open(8)

    def fails(name: str) -> None:
        if name == "before write":
            raise AssertionError

    def hand_out(parts: Sequence[tuple[str, str]]) -> None:
        for part, _ in parts:
            scene.do(hand, part)

    keeper, hand = scene.keeper("a", hand_out), scene.engine()
    hand.seam = fails
    report = cycle(keeper, scene.now)
    assert isinstance(report, Report)
    assert (scene.said(), len(report.troubles)) == (Counter(), 24)


def test_a_keeper_that_wakes_up_late_leaves_the_parts_of_the_next_one(scene: Scene) -> None:
    late, other = (scene.keeper(id_, lambda parts: None) for id_ in "ab")
    assert late.lease is not None
    assert other.lease is not None
    late.lease.take()
    late.store.put_parts([Part("1", "KKA", 1, "taken", b"")])
    clear = late.store.clear_parts

    def stands_still() -> None:
        assert other.lease is not None
        other.lease.take(by_force=True)
        other.store.put_parts([Part("2", "KKA", 2, "open", b"")])
        clear()

    late.store.clear_parts = stands_still  # type: ignore[method-assign]
    with pytest.raises(Fenced), HandingOut(lambda handed: None, scene.holder("a0")).begun(late, scene.now):
        pass
    assert other.store.part_states() == {"2": "open"}


def test_nobody_takes_a_project_while_its_keeper_is_long_at_it(scene: Scene) -> None:
    keeper = scene.keeper("a", lambda handed: None)
    lasting: list[int] = []

    def look(name: str) -> None:
        if name == "before write":
            held = sa.select(leases.c.until_at - leases.c.at).where(leases.c.name != CYCLE, leases.c.holder != "")
            lasting.append(keeper.store.value(held))

    scene.open(8)
    keeper.seam = look
    cycle(keeper, scene.now)
    assert len(lasting) == 24
    assert min(lasting) >= 3600, "500 comments take longer than a lease"
