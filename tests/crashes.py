"""The scene on which the bot is killed: one morning on which everything is to be done that a bot ever does.

Sandbox Jira and mail server are real servers on loopback, the bot a process of its own (`tests/killed.py`).
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from desks import DATA, MINUTE, MONDAY, Desk, desk_over
from test_mail import Inbox, serving

from bot.core.desk import Absence
from bot.engine.mailer import mail_id
from bot.engine.seams import NAMES
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault
from bot.sandbox.limits import Limits
from bot.sandbox.texts import plain
from bot.sandbox.world import Flavour, World
from bot.shipped import rules_folder
from bot.store.connect import connect, parse
from bot.store.store import open_store
from bot.store.tables import VERSION_TABLE
from bot.store.upgrade import migrate

ROOT = Path(__file__).resolve().parents[1]

TUESDAY = MONDAY + 23 * 3600
"""At 09:00, when the digests and the letters of the morning are due."""

MAILED = ("juht1", "spetsialist1", "spetsialist2", "spetsialist3", "spetsialist4", "it1", "it2", "it3")
"""Who has a mail address; the others' letters are comments on the control ticket."""


EARLIER = "0008"


class Point(NamedTuple):
    """Where it is killed: at a seam, in the commit that follows it, or while it waits for the answer to a request.

    That is one which the fault holds back, or a mail. What is changed in a commit is written, and not kept.
    """

    name: str
    seam: str = ""
    commit: bool = False
    fault: Fault | None = None


def _commit(name: str, seam: str) -> Point:
    return Point(f"in the commit of {name}", seam, commit=True)


def _awaited(name: str, method: str, path: str) -> Point:
    return Point(f"while {name} is not answered", fault=Fault("slow", method, path, seconds=30))


BESIDES: Mapping[str, tuple[Point, ...]] = {
    "before mark": (_commit("the mark", "before mark"),),
    "after migration": (_commit("the migrations", "after migration"),),
    "after command": (_awaited("a transition", "POST", r"/transitions$"),),
    "after answer": (_commit("the answer", "after answer"),),
    "before intent": (_commit("the intents", "before intent"),),
    "before amend": (_awaited("an edit", "PUT", r"/comment/\d+$"),),
    "after fields": (_awaited("a field", "PUT", r"/issue/\d+$"),),
    "after write": (_commit("what is said", "after write"), _awaited("a comment", "POST", r"/comment$")),
    "after mail": (_commit("the mail", "after mail"), Point("while a mail is not answered")),
    "after file": (_commit("the digest", "after file"),),
}
"""Points that are no seams, each after the seam that it follows in a chain."""

POINTS = tuple(point for name in NAMES for point in (Point(name, name), *BESIDES.get(name, ())))


class HeldInbox(Inbox):
    """A mail server that, once `holding`, keeps its answer to itself when it has taken a mail."""

    holding = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self.holding:
            await asyncio.sleep(30)
        return answer


@dataclass
class Bots:
    """Starts bots and has them killed."""

    server: subprocess.Popen[str]
    rules: tuple[Path, Path]

    def live(self, scene: Scene, *, at: Point | None = None, cycles: int = 1, whole: bool = False) -> int:
        """Run a bot on a scene; returns how it ended: 0, or -9 where it was killed.

        It starts under the changed rulebook once there is one, and at the points of the change before that.
        """
        assert self.server.stdin is not None
        changes = at is not None and at.name.endswith("swap")
        rules = self.rules[0 if changes or scene.desk.now < TUESDAY else 1]
        order = {"config": str(scene.config), "store": scene.store, "now": scene.desk.now, "cycles": cycles}
        order |= {"rules": str(rules), "coming": str(self.rules[1]) if changes else "", "whole": whole}
        order |= {"seam": at.seam if at else "", "commit": at is not None and at.commit}
        awaited = at if at and not at.seam else None
        before = scene.requests(awaited) if awaited else 0
        if awaited:
            scene.inbox.holding = awaited.fault is None
            scene.desk.site.faults.faults = [replace(awaited.fault)] if awaited.fault else []
        self.server.stdin.write(json.dumps(order) + "\n")
        pid = self._number()
        if awaited:
            while scene.requests(awaited) == before:
                os.kill(pid, 0)  # it is there
                time.sleep(0.002)
            os.kill(pid, signal.SIGKILL)
            scene.inbox.holding, scene.desk.site.faults.faults = False, []
        return self._number()

    def _number(self) -> int:
        assert self.server.stdout is not None
        while not (line := self.server.stdout.readline().strip()).lstrip("-").isdigit():
            assert line, "the server of bots is gone"
        return int(line)


@contextmanager
def bots(home: Path) -> Iterator[Bots]:
    """The server of bots, and the rulebook before and after a change, each a copy of the shipped one."""
    before, after = home / "before", home / "after"
    for folder in (before, after):
        shutil.copytree(rules_folder() / "keskkonnaamet", folder, ignore=shutil.ignore_patterns("demo", "tests"))
        edit(folder / "desk.yaml", "  # control: KKA-1 ", "  control: KKA-1 ")
        edit(
            folder / "digest.yaml",
            '{name: lead-morning, to: lead, period: day, at: "08:00", by: [mail]}',
            '{name: lead-morning, to: lead, period: day, at: "08:00", by: [mail, folder, ticket]}',
        )
        edit(folder / "digest.yaml", "digest:\n", "digest:\n  ticket: KKA-1\n  parts: [bot]\n")
    edit(after / "desk.yaml", "  budget: 12 ", "  budget: 13 ")
    command = [sys.executable, "-c", "import sys, killed; killed.serve(*sys.argv[1:])", str(before), str(after)]
    given = {name: value for name, value in os.environ.items() if not name.startswith("PILETIBOT_")}
    environment = {**given, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1
    ) as server:
        yield Bots(server, (before, after))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{file.name} does not hold {old!r} once"
    file.write_text(text.replace(old, new), "utf-8")


class Saved(NamedTuple):
    """A scene to go back to."""

    world: World
    store: str


def copied(url: str, name: str) -> str:
    """Copy a database that nobody uses; returns the copy's address."""
    address = sa.make_url(url)
    if address.drivername == "sqlite":
        file = Path(str(address.database))
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(file.with_name(name))) as target:
            source.backup(target)
        return f"sqlite:///{file.with_name(name)}"
    name = f"{address.database}_{name}"
    with psycopg.connect(url) as other:  # those of a process that was killed end by themselves, a little later
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        while other.execute(others).fetchone() != (0,):
            time.sleep(0.01)
    with psycopg.connect(
        address.set(database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as c:
        c.execute(f"CREATE DATABASE {name} TEMPLATE {address.database}".encode())
    return address.set(database=name).render_as_string(hide_password=False)


@dataclass
class Scene:
    """A desk with its bot's configuration, database, mail server and folder of digests."""

    desk: Desk
    config: Path
    store: str
    inbox: HeldInbox
    folder: Path

    def requests(self, at: Point) -> int:
        """How many requests of this kind took effect."""
        if at.fault is None:
            return len(self.inbox.arrived)
        asked = list(self.desk.site.requests.items())
        method, path = re.compile(at.fault.method), re.compile(at.fault.path)
        return sum(n for (one, other, _), n in asked if method.search(one) and path.search(other))

    def saved(self) -> Saved:
        """The scene as it is now; nobody may be using its database."""
        return Saved(copy.deepcopy(self.desk.world), copied(self.store, "saved"))

    def put_back(self, saved: Saved, name: str) -> None:
        """Begin anew where it was saved, on a database of that name."""
        self.desk.world = self.desk.site.world = copy.deepcopy(saved.world)
        clock = self.desk.world.clock
        assert isinstance(clock, Clock)
        self.desk.clock = clock
        self.desk.site.requests.clear()
        self.desk.site.limits = Limits()  # that morning is lived through again, and so are its minutes
        self.inbox.arrived.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.store = copied(saved.store, name)

    # What was done.

    def effects(self) -> Counter[str]:
        """Everything the bot did that a person can see, each by what makes it one."""
        done = Counter(f"comment {key}" for key in self.desk.keys())  # noqa: SIM118 - no mapping
        bot = self.desk.world.person("piletibot")
        for issue in self.desk.world.issues.values():
            for history in issue.histories:
                if history.author is bot:
                    done.update(f"set {issue.key} {item['field']} {item['toString']}" for item in history.items)
        done.update(f"mail {mail['Message-ID'].partition('@')[0].strip('<')}" for mail in self.inbox.arrived)
        done.update(f"file {file.relative_to(self.folder)}" for file in self.folder.rglob("*") if file.is_file())
        for comment in self.desk.said():
            if "Kõik vajalikud andmed on piletil olemas" in plain(comment.body):
                done["edit of a comment"] += 1
        return done

    def doubtful(self) -> set[str]:
        """The mails that may have gone out, and are never sent again."""
        with closing(open_store(self.store)) as store:
            assert store.pending() == []
            said = {row.key for row in store.ledger() if row.state == "said"}
            rows = store.letters_since(0)
        told = said | {row.key for row in rows if row.state == "said"}
        assert told >= set(self.desk.keys()), "the ledger knows what stands in the tracker"
        return {f"mail {mail_id(row.key)}" for row in rows if row.state == "doubtful" and row.way == "mail"}


@contextmanager
def scene_of(flavour: Flavour, home: Path, store: str, bots: Bots, *, earlier: bool = False) -> Iterator[Scene]:
    """Tuesday morning, with a bot that has run on Monday, and was killed then after it wrote.

    With `earlier` the database is as a version of the bot left it whose schema was another.
    """
    inbox = HeldInbox()
    with desk_over(flavour, http=True) as desk, serving(inbox) as port:
        (home / "token").write_text("sandbox-token")
        (home / "token").chmod(0o600)
        config = home / "config.toml"
        user = 'user = "piletibot@sandbox.example"\n' if flavour == "cloud" else ""
        addresses = "".join(f'{person} = "{person}@desk.example"\n' for person in MAILED)
        config.write_text(
            f'site = "test"\n[jira]\nurl = "{desk.url}"\n{user}token_file = "token"\ntimeout_s = 5\n'
            f'[rules]\nfolder = "rules"\n[digest]\nfolder = "digests"\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\ntimeout_s = 5\nsender = "bot@desk.example"\n'
            f"[mail.addresses]\n{addresses}"
        )
        scene = Scene(desk, config, store, inbox, home / "digests")
        incomplete, solved = _monday(scene, bots)
        _tuesday(desk, incomplete, solved)
        if earlier:
            step_back(store)
        yield scene


def _monday(scene: Scene, bots: Bots) -> tuple[str, list[str]]:
    """Gives the ticket whose data is asked for, and those that are solved."""
    desk = scene.desk
    desk.open("juht1", summary="Piletibot")
    incomplete = desk.forwarded("spetsialist2", complete=False)
    solved = [desk.forwarded() for _ in range(4)]
    for ticket in solved:
        desk.go(ticket, "it1", "Lahendatud")
    for who in ("spetsialist1", "spetsialist2", "spetsialist3", "spetsialist4"):
        desk.go(desk.forwarded(who), "it2", "Lahendatud")
    assert bots.live(scene, cycles=2) == 0
    with closing(open_store(scene.store)) as store:
        store.put_absence(Absence("spetsialist4", date(2020, 1, 1), date(2020, 1, 31)), desk.now)  # to be purged
    desk.later(10 * MINUTE)
    desk.forwarded("spetsialist3")
    assert bots.live(scene, at=Point("", "after write")) == -signal.SIGKILL
    return incomplete, solved


def _tuesday(desk: Desk, incomplete: str, solved: Sequence[str]) -> None:
    desk.until(TUESDAY)
    desk.edit(incomplete, "spetsialist2", **{desk.field(name): "ei ole teada" for name in DATA})
    for ticket in solved:
        desk.write(ticket, "spetsialist1", "Piletibot, edastatud telefon")
    for who in ("spetsialist1", "spetsialist2", "spetsialist3", "spetsialist4", "spetsialist1"):
        desk.forwarded(who)
    desk.later(MINUTE)


def step_back(url: str) -> None:
    """Make of a database what it was at an earlier schema: each row without the columns that came later."""
    engine = connect(parse(url), 10.0)
    with engine.execution_options(writing=True).begin() as connection:
        now = sa.MetaData()
        now.reflect(connection)
        kept = {name: connection.execute(sa.select(table)).mappings().all() for name, table in now.tables.items()}
        now.drop_all(connection)
        migrate(connection, to=EARLIER)
        then = sa.MetaData()
        then.reflect(connection)
        for name, table in then.tables.items():
            rows = [{column: value for column, value in row.items() if column in table.c} for row in kept[name]]
            if rows and name != VERSION_TABLE:
                connection.execute(sa.insert(table), rows)
    engine.dispose()
