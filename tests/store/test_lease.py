"""A lease on the right to send: one at a time has it, whatever the clocks do, and nobody waits for the dead."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.store.holder import Holder, is_gone, machine_s, this_process
from bot.store.lease import Fenced, Lease, lengths
from bot.store.store import Store, open_store

LENGTH_S, GRACE_S = 180, 60
HERE = this_process("8:1:77")
ELSEWHERE = Holder(id="2", host="other", boot="another run", process=1, started=1)


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(store: Store, clock: Clock) -> Callable[..., Lease]:
    """Makes a lease as another process has it, on one store with one clock."""

    def made(id_: str = "a", **differs: object) -> Lease:
        holder = Holder(id=id_, host="here", boot="", process=int(id_, 16), **differs)
        return Lease(store, holder, length_s=LENGTH_S, grace_s=GRACE_S, clock=clock)

    return made


def test_one_at_a_time_has_it(lease: Callable[..., Lease], clock: Clock) -> None:
    one, other = lease("a"), lease("b")
    assert one.hold() == "free"
    assert one.hold() is None
    with pytest.raises(Fenced, match=r"\(process 11 on here\)|\(process 10 on here\)") as refused:
        other.hold()
    assert refused.value.wait_s == LENGTH_S + GRACE_S + 1
    with pytest.raises(Fenced, match="another piletibot has taken over"):
        other.check()
    one.give_back()
    assert other.hold() == "free"
    assert other.epoch == 2
    with pytest.raises(Fenced):
        one.check()
    one.give_back()
    assert other.is_sure(), "what another has is not given back"


def test_what_stood_still_is_taken_over_after_the_grace_alone(lease: Callable[..., Lease], clock: Clock) -> None:
    stopped, other = lease("a"), lease("b")
    stopped.hold()
    clock.now += LENGTH_S + GRACE_S
    with pytest.raises(Fenced) as refused:
        other.hold()
    assert refused.value.wait_s == 1
    clock.now += 1
    assert other.hold() == "expired"
    assert (other.epoch, other.is_sure()) == (2, True)
    with pytest.raises(Fenced, match="another piletibot has taken over"):
        stopped.check()
    with pytest.raises(Fenced, match="another piletibot works on this database"):
        stopped.hold()
    assert not stopped.is_sure()


def test_one_that_nobody_took_has_ended_all_the_same(lease: Callable[..., Lease], clock: Clock) -> None:
    stopped = lease("a")
    stopped.hold()
    clock.now += LENGTH_S
    with pytest.raises(Fenced, match="the lease ended 0 s ago"):
        stopped.check()
    assert stopped.hold() == "own"
    assert stopped.epoch == 2


@pytest.mark.parametrize("kept_by", ["check", "keep", "renew"])
def test_it_is_renewed_by_need(lease: Callable[..., Lease], clock: Clock, store: Store, kept_by: str) -> None:
    one, other = lease("a"), lease("b")
    one.hold()
    for _ in range(10):
        clock.now += LENGTH_S // 2 + 1
        getattr(one, kept_by)()
    with pytest.raises(Fenced):
        other.take()
    writes = store.writes
    one.check()
    one.keep()
    one.renew(after_s=1)
    assert one.hold() is None
    assert store.writes == writes, "what was renewed just now is only asked for"


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(lease: Callable[..., Lease], clock: Clock) -> None:
    stopped, other = lease("a"), lease("b")
    stopped.hold()
    clock.now = 10
    for seconds in (100, 100, 40, 1):
        with pytest.raises(Fenced):
            other.hold()
        clock.now += seconds
    assert other.hold() == "expired"


def test_one_that_is_seen_at_work_is_never_taken(lease: Callable[..., Lease], clock: Clock) -> None:
    at_work, other = lease("a"), lease("b")
    at_work.hold()
    for _ in range(20):
        clock.now += 60
        at_work.keep()
        with pytest.raises(Fenced):
            other.hold()
    assert at_work.epoch == 1


def test_other_names_are_other_leases(store: Store, clock: Clock) -> None:
    leases = [
        Lease(store, Holder(id=name), length_s=LENGTH_S, grace_s=GRACE_S, name=name, clock=clock)
        for name in ("cycle", "mail")
    ]
    assert [each.hold() for each in leases] == ["free", "free"]


def test_by_the_databases_own_clock(store: Store) -> None:
    one, other = (Lease(store, replace(HERE, id=id_), length_s=LENGTH_S, grace_s=GRACE_S) for id_ in "ab")
    assert one.hold() == "free"
    one.check()
    one.renew()
    with pytest.raises(Fenced) as refused:
        other.hold()
    assert refused.value.wait_s is not None
    assert LENGTH_S + GRACE_S - 5 <= refused.value.wait_s <= LENGTH_S + GRACE_S + 1


def test_of_two_that_take_it_at_once_one_has_it(url: str) -> None:
    open_store(url).close()
    for round_ in range(5):
        name, start = f"cycle {round_}", threading.Barrier(2)

        def take(id_: str, name: str = name, start: threading.Barrier = start) -> str:
            with closing(open_store(url)) as store:
                lease = Lease(store, replace(HERE, id=id_), length_s=LENGTH_S, grace_s=GRACE_S, name=name)
                store.count()
                start.wait()
                try:
                    return str(lease.hold())
                except Fenced:
                    return "fenced"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(take, "ab")) == ["fenced", "free"]


def test_of_one_that_was_killed_it_is_taken_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    script = (
        "import os, sys; from bot.store.holder import this_process; from bot.store.lease import Lease\n"
        "from bot.store.store import open_store\n"
        "Lease(open_store(sys.argv[1]), this_process(), length_s=180, grace_s=60).hold()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, url], check=False).returncode == -9
    with closing(open_store(url)) as store:
        assert Lease(store, this_process(), length_s=LENGTH_S, grace_s=GRACE_S).hold() == "gone"


def ended() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        return child.pid


GONE = {
    "it is this process": ({}, True, False),
    "another of this machine that runs": ({"process": 1, "started": None}, True, False),
    "one of this machine that has ended": ({"process": "ended", "lock": ""}, False, True),
    "its number is another's by now": ({"started": 12, "lock": ""}, False, True),
    "it runs, though it lost its lock": ({"process": 1, "started": None, "lock": "8:1:77"}, True, False),
    "the machine was started anew": ({"boot": "x", "lock": ""}, True, True),
    "on a server, another machine's": ({"boot": "x", "lock": "8:1:77"}, False, False),
    "in a container of its own": ({"space": "pid:[1]", "lock": "8:1:5"}, True, False),
    "in a container, its lock held here": ({"space": "pid:[1]", "lock": "8:1:77"}, True, True),
    "in a container, on a server": ({"space": "pid:[1]", "lock": ""}, False, False),
    "of this machine, but its number is not known": ({"process": 0, "started": 0, "lock": ""}, True, False),
    "nothing is known of it": ({"boot": "", "lock": "", "space": "", "process": 0}, True, False),
}


@pytest.mark.parametrize("case", GONE)
def test_what_proves_that_a_process_is_gone(case: str) -> None:
    differs, one_machine, gone = GONE[case]
    changes: dict[str, object] = dict(differs)
    if changes.get("process") == "ended":
        changes["process"] = ended()
    if changes.get("started", 0) is None:
        changes["started"] = _begun(1)
    other = replace(HERE, id="other", **changes)
    assert is_gone(other, HERE, one_machine=one_machine) is gone


def _begun(process: int) -> int:
    from bot.store.holder import _started

    return _started(process) or 0


def test_the_machines_clock_only_goes_on() -> None:
    before = machine_s()
    assert before > 0
    assert machine_s() - before in (0, 1)


@pytest.mark.parametrize(
    ("poll_s", "timeout_s", "lasts"),
    [(60, 30, (180, 60)), (5, 30, (180, 60)), (300, 30.5, (900, 61)), (60, 600, (1800, 1200))],
)
def test_how_long_it_lasts(poll_s: int, timeout_s: float, lasts: tuple[int, int]) -> None:
    assert lengths(poll_s, timeout_s) == lasts
