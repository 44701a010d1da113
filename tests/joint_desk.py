"""A desk of three projects that works day and night, its sandbox Jira over HTTP, and processes that work on it.

Each ticket is to be asked about once, a minute after it was opened, and tickets are opened as of two minutes ago: so
that all is due at once, and what was said can be counted. Each process has a door of its own to Jira, by which what
it asks is told from what others do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from bot.jira.tracker import STEP
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World

ROOT = Path(__file__).resolve().parents[1]
OPENED_S = 120
LONG_S = 900.0
"""How long anything is waited for at most, in seconds: a machine may have much else to do."""

PROJECTS = ("KKA", "ARH", "KEMIT")
RULES = """
desk: joint
language: en
projects: [{projects}]
states:
  - {{state: new, name: {{en: New}}, status: Uus, standing: open, ball: tier 1, tier: 1}}
  - {{state: at-work, name: {{en: At work}}, category: indeterminate, standing: open, ball: tier 2, tier: 2}}
  - {{state: closed, name: {{en: Closed}}, category: done, standing: closed, ball: nobody}}
calendars:
  always: {{timezone: Europe/Tallinn, hours: {{mon-sun: "00:00-24:00"}}, day: 8h}}
  another-day: {{timezone: Europe/Tallinn, hours: {{{another_day}: "09:00-17:00"}}}}
people:
  - {{person: spetsialist1, account: {{cloud: "{first}", dc: "{first}"}}}}
  - {{person: juht1, account: {{cloud: "{lead}", dc: "{lead}"}}}}
{people}
roles: {{coordinator: spetsialist1, lead: juht1}}
manners: {{calendar: always, budget: {budget}, ceiling: {ceiling}}}
ladders:
  - name: no-movement
    why: Whoever forwarded a ticket must know that it stands still.
    when: {{standing: open}}
    clock: since movement
    rungs:
      - {{rung: ask, after: {after}, say: no_movement, to: {to}}}
"""

CONFIG = """
site = "{site}"
[jira]
url = "{url}"
user = "piletibot@sandbox.example"
token_file = "token"
timeout_s = {timeout_s}
requests_per_minute = 6000
[mail]
timeout_s = {timeout_s}
[rules]
folder = "rules"
[store]
url = "{store}"
{namespace}
[engine]
poll_s = 5
lease_s = 15
workers = {workers}
[log]
format = "json"
"""


class Door(Sandbox):
    """A further port at which a Jira is."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.world)
        self.site = self._server.site = site


@dataclass
class Joint:
    """The desk, and the processes that work on it."""

    sandbox: Sandbox
    clock: Clock
    home: Path
    config: Path
    projects: Sequence[str] = PROJECTS
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)

    def open(
        self,
        each: int,
        projects: Sequence[str] = (),
        who: Callable[[], str] = lambda: "spetsialist1",
        labels: Callable[[], list[str]] = list,
    ) -> None:
        """Have people open so many tickets in each project."""
        world = self.sandbox.world
        with self.sandbox.site._lock:
            self.clock.set((int(time.time()) - OPENED_S) * 1000)
            for project in projects or self.projects:
                for n in range(each):
                    values = {"summary": f"Number {n}", "issuetype": world.issue_types["10100"], "labels": labels()}
                    acts.create(world, world.person(who()), world.projects[project], values)
            self.clock.set(None)

    def keys(self) -> Counter[str]:
        """How often each step stands in Jira."""
        bot = self.sandbox.world.person("piletibot")
        with self.sandbox.site._lock:
            said = [each for issue in self.sandbox.world.issues.values() for each in issue.comments]
        return Counter(key for each in said if each.author is bot for key in each.properties[STEP]["keys"])

    def moments(self) -> list[float]:
        """When each of the bot's comments was written, in seconds."""
        bot = self.sandbox.world.person("piletibot")
        with self.sandbox.site._lock:
            issues = list(self.sandbox.world.issues.values())
        return [each.created_ms / 1000 for issue in issues for each in issue.comments if each.author is bot]

    def start(self, many: int = 1) -> None:
        """Start processes as `piletibot run` does."""
        command = [sys.executable, "-c", "from bot.cli import main; main()", "run", "--config", str(self.config)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PILETIBOT_")}
        for _ in range(many):
            self.doors.append(Door(self.sandbox.site))
            own = {**environment, "PILETIBOT_JIRA__URL": self.doors[-1].url}
            with (self.home / f"log{len(self.processes)}").open("w") as log:
                process = subprocess.Popen(command, cwd=ROOT, env=own, stderr=log, text=True)
            self.processes.append(process)

    def log(self, number: int) -> str:
        """What a process logged."""
        return (self.home / f"log{number}").read_text("utf-8")

    def keeper(self) -> int:
        """The number of the process that has taken the desk last."""
        taken = {i: self.log(i).rfind("desk taken") for i in range(len(self.processes))}
        moments = {i: self.log(i)[at:].split('"timestamp": "')[1][:26] for i, at in taken.items() if at >= 0}
        return max(moments, key=lambda i: moments[i])

    def send(self, number: int, what: signal.Signals) -> None:
        """Send a process a signal, and wait where that ends it."""
        self.processes[number].send_signal(what)
        if what == signal.SIGKILL:
            self.killed.add(number)
            self.processes[number].wait()

    def stop(self) -> None:
        """Tell all processes to stop, and wait for that."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes:
            process.wait(LONG_S)

    def until(self, holds: Callable[[], bool], what: str = "it") -> float:
        """Wait until something holds, however slow the machine is; gives after how many seconds it did.

        It is given up only when a process ended by itself, or after a quarter of an hour.
        """
        began = time.monotonic()
        while not holds():
            gone = [i for i, each in enumerate(self.processes) if each.poll() is not None and i not in self.killed]
            assert not gone, f"process {gone[0]} ended by itself: {self.log(gone[0])[-2000:]}"
            late = time.monotonic() - began > LONG_S
            assert not late, f"{what} did not come to be\n" + "\n".join(
                self.log(i)[-1500:] for i in range(len(self.processes))
            )
            time.sleep(0.2)
        return time.monotonic() - began


def rulebook_in(
    home: Path,
    world: World,
    *,
    projects: Sequence[str] = PROJECTS,
    budget: int = 100_000,
    ceiling: int = 100_000,
    after: str = "1m",
    people: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """The desk's rulebook in a folder, which is given.

    `people` are asked each of the tickets that they opened, and not one for all; the calendar of each is `always` or
    `another-day`, on which today nobody works.
    """
    those = {"first": world.person("spetsialist1").account_id, "lead": world.person("juht1").account_id}
    given = {"projects": ", ".join(projects), "budget": budget, "ceiling": ceiling, "after": after}
    given |= {
        "another_day": f"{datetime.now(UTC) + timedelta(days=3):%a}".lower(),
        "people": "",
        "to": "spetsialist1",
    }
    if people:
        account = {name: world.person(name).account_id for name in people}
        each = "  - {{person: {0}, account: {{cloud: '{1}', dc: '{1}'}}, calendar: {2}}}"
        given |= {"people": "\n".join(each.format(n, account[n], on) for n, on in people.items()), "to": "reporter"}
    folder = home / "rules"
    folder.mkdir(parents=True)
    (folder / "desk.yaml").write_text(RULES.format(**those, **given), "utf-8")
    return folder


@contextmanager
def joint_desk(
    home: Path,
    store: str,
    *,
    workers: int = 1,
    timeout_s: float = 5.0,
    projects: Sequence[str] = PROJECTS,
    site: str = "joint",
    namespace: str = "",
    budget: int = 100_000,
    ceiling: int = 100_000,
    after: str = "1m",
    people: Mapping[str, str] = MappingProxyType({}),
    kind: Callable[[World], Site] = Site,
) -> Iterator[Joint]:
    """A desk on a PostgreSQL; processes that were started on it are gone at the end. Its Jira is of a `kind`."""
    clock = Clock()
    world = keskkonnaamet("cloud", clock)
    for number, project in enumerate(projects):  # those that the world has not are like its first
        like = world.projects["KKA"]
        world.projects.setdefault(
            project, replace(like, id=str(20000 + number), key=project, name=project, properties={})
        )
    rulebook_in(home, world, projects=projects, budget=budget, ceiling=ceiling, after=after, people=people)
    (home / "token").write_text("sandbox-token", "utf-8")
    (home / "token").chmod(0o600)
    with Door(kind(world)) as sandbox:
        named = f'namespace = "{namespace}"' if namespace else ""
        written = CONFIG.format(
            site=site, url=sandbox.url, store=store, namespace=named, workers=workers, timeout_s=timeout_s
        )
        (home / "config.toml").write_text(written, "utf-8")
        joint = Joint(sandbox, clock, home, home / "config.toml", projects)
        try:
            yield joint
        finally:
            for process in joint.processes:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            for door in joint.doors:
                door.close()
