"""The whole bot on the sandbox Jira, over real HTTP, with a virtual clock: what `piletibot demo` plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.core.calendar import Calendar
from bot.core.letters import Letter
from bot.core.rulebook import Rulebook
from bot.core.steps import Step
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Pace, Post, Report, Spent
from bot.engine.mailer import Mail
from bot.imports import Sources
from bot.jira.catalogue import read_catalogue
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker
from bot.mail import FolderMailer
from bot.sandbox.clock import Clock
from bot.sandbox.fitted import fitted
from bot.sandbox.inprocess import InProcess
from bot.sandbox.server import Sandbox, serve
from bot.sandbox.story import Stage, Story, read_story
from bot.shipped import rules_folder
from bot.start import read_desk, tie
from bot.store.store import open_store

SITE = "demo"
TOKEN = "sandbox-token"  # noqa: S105 - the sandbox's own, known to everybody
ADDRESS = "piletibot@sandbox.example"

_SWEEP_S = 4 * 3600
"""Not every cycle sweeps, as in an office, where a cycle comes every minute."""

_BUSY_S = 900
_QUIET_S = 3600


@dataclass(frozen=True, slots=True)
class Spoken:
    """One comment of the bot's: when, on which ticket, by which rules and rungs with their reasons, to whom."""

    at: Moment
    ticket: str
    rules: tuple[str, ...]
    rungs: tuple[str, ...]
    whys: tuple[str, ...]
    to: tuple[str, ...]

    @classmethod
    def of(cls, steps: Sequence[Step], at: Moment) -> Spoken:
        """Tell of the comment made of these steps."""
        return cls(
            at=at,
            ticket=steps[0].ticket_key,
            rules=tuple(step.rule for step in steps),
            rungs=tuple(step.occasion.rung for step in steps),
            whys=tuple(step.because.why for step in steps),
            to=tuple(dict.fromkeys(person for step in steps for person in step.to)),
        )


@dataclass(slots=True)
class Played:
    """What came of a demo; `last_at` is the moment of the last cycle."""

    spoken: list[Spoken] = field(default_factory=list)
    cycles: int = 0
    away: int = 0
    withdrawn: int = 0
    requests: int = 0
    letters: list[Letter] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    last_at: Moment = 0


@dataclass(frozen=True, slots=True)
class Demo:
    """A story on its stage: the sandbox, the bot that watches it, and the clock that both share."""

    story: Story
    stage: Stage
    sandbox: Sandbox
    clock: Clock
    client: Client
    engine: Engine


@contextmanager
def open_demo(
    flavour: Literal["cloud", "dc"],
    desk: str,
    days: int,
    store_url: str = "sqlite://",
    port: int = 0,
    letters: Path | None = None,
    inside: bool = False,
    digests: bool = False,
) -> Iterator[Demo]:
    """Open the sandbox at the first morning of a shipped desk's story, with the bot started on it over HTTP.

    Where it is all to happen `inside` this process, no network is between the two.

    Letters are written into a folder, where one is given, as the mails that would go out, and so are digests where
    they are asked for.
    Raises Misconfigured when there is no such desk, OSError when the port is taken.
    """
    folder = rules_folder() / desk
    read = read_desk(folder, SITE)
    book = read.book
    story = read_story(folder / "demo", book, days)
    clock = Clock(story.starts_at * 1000)
    world = fitted(book.entries, story.fields, story.others, flavour, clock)
    with serve(world, port) as sandbox, closing(open_store(store_url)) as store:
        user = ADDRESS if flavour == "cloud" else None
        transport = InProcess(sandbox.site) if inside else None
        client = Client(sandbox.url, token=TOKEN, user=user, sleep=lambda seconds: None, transport=transport)
        with closing(client):
            catalogue = read_catalogue(client, book.entries)
            binding = tie(catalogue, book, folder)
            tracker = JiraTracker(client, catalogue, binding, book.entries)
            post = Post() if letters is None else _post(letters, book, sandbox.url, digests=digests)
            engine = Engine(
                tracker,
                store,
                book,
                read.messages,
                binding.fingerprint,
                clock=lambda: clock() // 1000,
                post=post,
                spent=Spent(lambda: client.requests, client.requests),
                pace=Pace(reconcile_s=_SWEEP_S),
            )
            yield Demo(story, Stage(world, story, book), sandbox, clock, client, engine)


def _post(folder: Path, book: Rulebook, url: str, *, digests: bool) -> Post:
    addresses = {person: f"{person}@desk.example" for person in book.languages}
    calendar = book.calendar

    def name(mail: Mail) -> str:
        return f"{calendar.local(mail.at):%Y-%m-%d-%H%M}-{mail.to.partition('@')[0]}"

    mailer, browse = FolderMailer(folder, ADDRESS, SITE, name), f"{url}/browse/"
    if not digests:
        return Post(mailer, addresses, browse)
    from bot.report.compose import DigestComposer

    sources = Sources(rules_folder() / book.entries.desk)
    return Post(mailer, addresses, browse, DigestComposer(browse, 10 * 1024 * 1024, sources))


def play(
    demo: Demo, tell: Callable[[Moment, Report], None] = lambda now, report: None, busy_s: int = _BUSY_S
) -> Played:
    """Play the story: people act at their moments, and between their acts the bot runs its cycles.

    While the desk works there is a cycle every `busy_s` seconds, an hour's divisor, and else every hour.
    """
    played = Played()
    acts = list(demo.story.acts)
    for now in moments(demo.story, demo.engine.book.calendar, busy_s):
        while acts and acts[0].at <= now:
            act = acts.pop(0)
            demo.clock.set(act.at * 1000)
            demo.stage.perform(act)
        demo.clock.set(now * 1000 + 1)  # what the bot does is never stamped as what a person did
        demo.sandbox.site.faults.down = any(since <= now < until for since, until in demo.story.away)
        report = cycle(demo.engine, now)
        played.letters += report.letters
        played.digests += report.digests
        played.spoken += [Spoken.of(steps, now) for steps in report.said]
        played.cycles += 1
        played.away += report.unreachable is not None
        played.withdrawn += report.withdrawn
        played.last_at = now
        tell(now, report)
    played.requests = demo.client.requests
    return played


def moments(story: Story, calendar: Calendar, busy_s: int = _BUSY_S) -> Iterator[Moment]:
    """The moments of the bot's cycles: every `busy_s` seconds while the desk works, else every hour."""
    now = story.starts_at
    while now < story.ends_at:
        yield now
        now += busy_s if calendar.is_open(now) or calendar.is_open(now + _QUIET_S) else _QUIET_S
