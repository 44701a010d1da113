"""The whole bot on the sandbox Jira, over real HTTP, with a virtual clock: what `piletibot demo` plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.core.calendar import Calendar
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.server import Sandbox, serve
from bot.sandbox.story import Stage, Story, read_story

TOKEN = "sandbox-token"  # noqa: S105 - the sandbox's own, known to everybody
ADDRESS = "piletibot@sandbox.example"

_BUSY_S = 900
_QUIET_S = 3600


@dataclass(frozen=True, slots=True)
class Spoken:
    """One comment of the bot's in the demo: when, on which ticket, by which rules, to whom, why."""

    at: Moment
    ticket: str
    rules: tuple[str, ...]
    rungs: tuple[str, ...]
    to: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(slots=True)
class Played:
    """What came of a demo."""

    spoken: list[Spoken] = field(default_factory=list)
    cycles: int = 0
    away: int = 0
    held: int = 0
    withdrawn: int = 0
    ends_at: Moment = 0


@dataclass(slots=True)
class Demo:
    """A story on its stage: the sandbox, the bot that watches it, and the clock that both share."""

    story: Story
    stage: Stage
    sandbox: Sandbox
    clock: Clock
    engine: Engine


def set_up(
    flavour: Literal["cloud", "dc"],
    days: int,
    folder: Path,
    calendar: Calendar,
    start: Callable[[str], Engine],
) -> Demo:
    """Open the sandbox at the story's first morning and start the bot on it.

    `folder` holds the story, `start` makes the bot's engine for the sandbox's address.
    """
    story = read_story(folder, calendar, days)
    clock = Clock(story.starts_at * 1000)
    world = keskkonnaamet(flavour, clock)
    sandbox = serve(world)
    return Demo(story, Stage(world, story), sandbox, clock, start(sandbox.url))


def play(demo: Demo, tell: Callable[[Moment, Report], None] = lambda now, report: None) -> Played:
    """Play the story: people act at their moments, and between their acts the bot runs its cycles."""
    played = Played(ends_at=demo.story.ends_at)
    acts = list(demo.story.acts)
    for now in moments(demo.story, demo.engine.book.calendar):
        while acts and acts[0].at <= now:
            act = acts.pop(0)
            demo.clock.set(act.at * 1000)
            demo.stage.perform(act)
        demo.clock.set(now * 1000)
        demo.sandbox.site.faults.down = any(since <= now < until for since, until in demo.story.away)
        report = cycle(demo.engine, now)
        _note(played, report, now)
        tell(now, report)
    return played


def moments(story: Story, calendar: Calendar) -> Iterator[Moment]:
    """The moments of the bot's cycles: every quarter of an hour while the desk works, else every hour."""
    now = story.starts_at
    while now < story.ends_at:
        yield now
        now += _BUSY_S if calendar.is_open(now) or calendar.is_open(now + _QUIET_S) else _QUIET_S


def _note(played: Played, report: Report, now: Moment) -> None:
    played.cycles += 1
    played.away += report.unreachable is not None
    played.held += report.held
    played.withdrawn += report.withdrawn
    for steps in report.said:
        played.spoken.append(
            Spoken(
                at=now,
                ticket=steps[0].ticket_key,
                rules=tuple(step.rule for step in steps),
                rungs=tuple(step.occasion.rung for step in steps),
                to=tuple(dict.fromkeys(person for step in steps for person in step.to)),
                why=tuple(dict.fromkeys(step.because.why for step in steps)),
            )
        )
