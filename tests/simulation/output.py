"""All that the bot puts out in a run, as bytes: nothing that people wrote, nobody's name and no secret may be in it.

Canaries (`canaries.py`) stand in tickets, in what Jira says of its errors, in everybody's name and address, and in
the secrets. Comments alone may show the name of whom they call.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import sqlalchemy as sa
import structlog
from canaries import NO_PROSE, PERSONAL, PROSE, SECRETS, STAFF, found_in, opened
from web_desk import client

from bot import logs
from bot.core.kpi.period import period_of
from bot.core.ticket import Moment
from bot.digest_folder import DigestFolder
from bot.engine.mailer import Mail
from bot.report.render import FORMATS, render
from bot.report.write import digest_now
from bot.sandbox.fitted import BOT
from bot.sandbox.world import World
from bot.store.store import Store
from bot.store.tables import archive, metadata

if TYPE_CHECKING:
    from simulation.sim import Simulation

TOKEN = SECRETS["Jira's token"]
"""The token of the bot's account."""

BROWSE = "http://jira.test/browse/"

_ALL = PERSONAL | SECRETS
_ADDRESS = PERSONAL["customer's address"]
_PAGE_TOKEN = SECRETS["page's token of juht1"]
_PAGES = ("/", "/load", "/rules", "/digests", "/health")
_MOST = 1 << 22
"""How many bytes are kept of a kind before they are looked through."""


class Output:
    """What was put out, by what it is, until it is looked through."""

    def __init__(self) -> None:
        self.parts: defaultdict[str, list[bytes]] = defaultdict(list)
        self.looked: defaultdict[str, int] = defaultdict(int)
        self._sizes: defaultdict[str, int] = defaultdict(int)
        self._leaks: list[str] = []

    def put(self, what: str, content: bytes) -> None:
        """Keep what was put out."""
        self.parts[what].append(content)
        self._sizes[what] += len(content)
        if self._sizes[what] > _MOST:
            self._look(what)

    def leaks(self) -> list[str]:
        """Look through all that was put out: which canaries got out, and where."""
        for what in list(self.parts):
            self._look(what)
        return sorted(set(self._leaks))

    def _look(self, what: str) -> None:
        content = b"\n".join(self.parts.pop(what))
        self.looked[what] += len(content)
        self._sizes[what] = 0
        but = STAFF if what == "comments" else ()
        self._leaks += [f"{kind} in {what}" for kind in found_in(content, _ALL, but)]

    # What is put out.

    def write(self, text: str) -> None:
        """A line of the log, at its most talkative."""
        self.put("log", text.encode("utf-8", "surrogateescape"))

    def flush(self) -> None: ...

    def asked(self, request: requests.PreparedRequest, comment: bool) -> None:
        """A request to Jira, but for the header that lets the bot in."""
        body = request.body or b""
        said = body if isinstance(body, bytes) else str(body).encode()
        self.put("comments" if comment else "requests", (request.url or "").encode() + b" " + said)

    def mailed(self, mail: Mail) -> None:
        """A letter with its files."""
        self.put("letters", "\n".join((mail.to, mail.subject, mail.plain, mail.html, mail.id)).encode())
        for file in (*mail.images, *mail.files):
            self.put("letters", file.name.encode() + opened(file.data))

    def failed(self, error: BaseException) -> None:
        """An error as it would be shown with all that led to it."""
        self.put("errors", "".join(traceback.format_exception(error)).encode("utf-8", "surrogateescape"))

    def database(self, store: Store) -> None:
        """The database's own bytes, what is deleted and not written over yet included, and each row by itself."""
        with store.reading() as connection:
            driver: Any = connection.connection.driver_connection
            self.put("database", driver.serialize())
            for table in metadata.sorted_tables:
                rows = connection.execute(sa.select(table)).all()
                self.put("database", "\n".join(str(value) for row in rows for value in row).encode())
            for (body,) in connection.execute(sa.select(archive.c.body)):
                self.put("database", zlib.decompress(body))

    def files(self, folder: Path) -> None:
        """All files in a folder, with their names."""
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            self.put("files", str(file.relative_to(folder)).encode() + b" " + opened(file.read_bytes()))

    def shown(self, sim: Simulation) -> None:
        """What one who asks is shown in the end: the digest in all its forms, the page, and the engine of itself."""
        now, book = sim.bot_now, sim.book
        week = period_of("week", book.calendar.day_of(now), book.calendar)
        digest = digest_now(sim.store, book, week, now)
        for form in FORMATS:
            self.put("digests", opened(render(digest, form, "et", book, BROWSE)))
        lead = book.entries.roles.lead
        browser = client(sim.store, book, now=lambda: now, own={lead: _PAGE_TOKEN})
        self._page(browser.post("/login", data={"token": _PAGE_TOKEN}), 303)
        keys = [issue.key for issue in sim.world.issues.values() if issue.project_key == book.entries.projects[0]]
        there = [key for key in keys if sim.store.ticket_of(key) is not None]  # those that retention has left
        for path in (*_PAGES, *(f"/tickets/{key}" for key in there[-1:])):
            self._page(browser.get(path), 200)
        self.put("engine", repr(sim.engine).encode())

    def _page(self, answer: Any, status: int) -> None:
        assert answer.status_code == status, f"{answer.url} answered {answer.status_code}"
        self.put("pages", answer.content + repr(answer.headers).encode())


@dataclass(frozen=True)
class Files:
    """A folder for digests on the disk, whose files are as old as they are by the bot's clock; see `Folder`."""

    folder: DigestFolder
    output: Output
    clock: Callable[[], Moment]

    def put(self, name: str, data: bytes) -> None:
        self.folder.put(name, data)
        os.utime(self.folder.path / name, (self.clock(),) * 2)

    def purge(self, before: Moment) -> int:
        self.output.files(self.folder.path)
        return self.folder.purge(before)


@contextmanager
def logged(output: Output) -> Iterator[None]:
    """Have the log of all that is done within put out, as the bot writes it, each line of it."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with redirect_stderr(output):  # type: ignore[type-var]
        logs.configure("debug", "json")
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)


# Where the canaries are.


def name_people(world: World) -> None:
    """Give everybody but the bot a name and an address that nobody is to see, and the bot a token."""
    for person in world.people:
        if person.name == BOT:
            person.token = TOKEN
        else:
            person.display_name = f"{PERSONAL[STAFF[0]]} {person.name}"
            person.email = f"{person.name}.{_ADDRESS}"


def written(ticket: Mapping[str, Any]) -> dict[str, Any]:
    """A ticket with what people write in such: somebody's data in its title, its description and its fields."""
    fields = {name: _prose(value) for name, value in ticket["fields"].items()}
    texts = {"summary": f"{ticket['summary']} {PERSONAL['title']}", "description": _prose(ticket["description"])}
    return {**ticket, **texts, "fields": fields}


def _prose(value: Any) -> Any:
    """A text with more; what is a number, a day or a word of a list stays as it is."""
    return value if not isinstance(value, str) or NO_PROSE.fullmatch(value) else f"{value}\n\n{PROSE}"


def told_of(answer: requests.Response) -> None:
    """Have an answer tell of people in its heads, and one that refuses, of all that Jira should keep to itself."""
    answer.headers["X-AUSERNAME"] = PERSONAL["customer's address"]
    answer.headers["X-Seraph-LoginReason"] = answer.headers.get("X-Seraph-LoginReason", "OK") + f", {PROSE[:21]}"
    if answer.status_code < 400:
        return
    answer.reason = PERSONAL["what Jira says of its errors"]
    try:
        body = json.loads(answer.content)
    except ValueError:
        answer._content = answer.content + PROSE.encode()
        return
    if isinstance(body, dict):
        more = [PERSONAL["what Jira says of its errors"], PROSE]
        told = {name: f"{text} {PROSE}" for name, text in (body.get("errors") or {}).items()}
        body |= {"errorMessages": [*body.get("errorMessages", ()), *more], "errors": {**told, PROSE: PROSE}}
    answer._content = json.dumps(body).encode()
