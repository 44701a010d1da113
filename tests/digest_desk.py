"""A small desk from which digests go, with a tracker and a mail server in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fake_mailer import FakeMailer
from fake_tracker import FakeTracker
from small_desk import at, book

from bot.digest_folder import DigestFolder
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Post, Report
from bot.engine.mailer import Mailer
from bot.report.compose import DigestComposer
from bot.report.pictures import Chart, Drawn
from bot.shipped import rules_folder
from bot.store.store import open_store
from bot.texts import Messages, load_messages

LEAD = {"name": "lead", "to": "lead"}
STATES = frozenset(("new", "handed-on", "asking", "drifting", "solved", "closed"))


def sketched(charts: Sequence[Chart]) -> tuple[Drawn, ...]:
    """Charts as one whose pictures are of a few bytes draws them."""
    return tuple(
        Drawn(each.name, each.title, each.alt, f"<svg><title>{each.name}</title></svg>", b"\x89PNG" * 5000, 600)
        for each in charts
    )


@cache
def messages() -> Messages:
    return load_messages([rules_folder() / "common" / "messages"])


@dataclass
class Sent:
    """A bot at the small desk that has run since Monday, where ann has one solved ticket to deliver.

    Its mails go to `server` where that is given, else to `mailer`.
    """

    told: tuple[dict[str, Any], ...] = (LEAD,)
    digest: dict[str, Any] = field(default_factory=dict)
    manners: dict[str, Any] = field(default_factory=dict)
    addresses: tuple[str, ...] = ("lea", "cid", "dan", "director")
    folder: Path | None = None
    url: str = "sqlite://"
    limit: int = 10_000_000
    draw: Callable[[Sequence[Chart]], tuple[Drawn, ...]] | None = None
    now: int = at("mon 08:30")
    mailer: FakeMailer = field(default_factory=FakeMailer)
    server: Mailer | None = None

    def __post_init__(self) -> None:
        self.tracker = FakeTracker(lambda: self.now * 1000, project="ABC", states=STATES)
        self.solved = self.tracker.open("ann")
        for who, state in (("ann", "handed-on"), ("bob", "solved")):
            self.tracker.change(self.solved, who, state=state)
        self.secured = self.tracker.open("ann", secured=True)
        self.desk = self.tracker.open("lea")
        self.store = open_store(self.url)
        self.engine = self.bot()
        self.at("mon 08:30")

    def bot(self, **facts: Any) -> Engine:
        manners = {"summary_at": None} | self.manners
        digest = {"recipients": self.told} | self.digest
        rules = book(routes=[], ladders=[], policies=[], manners=manners, digest=digest)
        addresses = {person: f"{person}@desk.example" for person in self.addresses}
        composer = DigestComposer("https://jira.example/browse/", self.limit, draw=self.draw)
        folder = DigestFolder(self.folder, "small") if self.folder else None
        post = Post(self.server or self.mailer, addresses, "https://jira.example/browse/", composer, folder)
        return Engine(self.tracker, self.store, rules, messages(), "facts", **({"post": post} | facts))

    def at(self, moment: str) -> Report:
        self.now = at(moment)
        return cycle(self.engine, self.now)

    def restart(self, **facts: Any) -> None:
        self.engine = self.bot(**facts)

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(mail.to.partition("@")[0], mail.subject) for mail in self.mailer.arrived]

    @property
    def states(self) -> dict[str, str]:
        """What became of each digest, by recipient, period and way."""
        return {"/".join(row.key.split("/")[3:]): row.state for row in self.store.letters_since(0)}
