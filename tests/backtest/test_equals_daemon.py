"""A story played live against the sandbox, then exported and backtested on the same grid: the same is said."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import pytest
from desks import Bot, Desk, desk_over, rulebook

from bot.backtest.run import Found, Opened, backtest
from bot.core.commands import all_granted
from bot.core.ledger import COMMAND
from bot.core.replay import Grid, Span
from bot.core.ticket import Ticket
from bot.engine.cycle import cycle
from bot.engine.engine import Pace
from bot.jira.binding import Binding
from bot.jira.reader import decode_issue, read_ticket
from bot.sandbox.story import Stage, Story, read_story
from bot.sandbox.world import Flavour
from bot.shipped import rules_folder

POLL_S = 1800

Said = dict[str, tuple[int, int]]
"""When each step was due and said, by its key."""


@dataclass(frozen=True)
class Reading:
    """Reads the sandbox's tickets as the bot that was there does."""

    binding: Binding

    def __call__(self, line: bytes) -> Ticket:
        read = decode_issue(line)
        return all_granted(read_ticket(read, read.histories, read.comments.comments, self.binding))


def untied(story: Story) -> Story:
    """The story without the tickets that are tied to others, of which a replay does not know (docs/backtest.md)."""
    ties = [act for act in story.acts if act.do == "tie"]
    apart = {act.ticket for act in ties} | {act.more.split()[1] for act in ties}
    return replace(story, acts=tuple(act for act in story.acts if act.ticket not in apart))


def live(story: Story, desk: Desk, bot: Bot) -> dict[str, Said]:
    """Play the story on a steady grid; returns when each step was due and done, by what became of it."""
    stage, acts = Stage(desk.world, story, bot.engine.book), list(story.acts)
    bot.engine.pace = Pace(reconcile_s=4 * 3600)
    for now in range(story.starts_at, story.ends_at, POLL_S):
        while acts and acts[0].at <= now:
            act = acts.pop(0)
            desk.clock.set(act.at * 1000)
            stage.perform(act)
        desk.clock.set(now * 1000 + 1)  # what the bot does is never stamped as what a person did
        assert cycle(bot.engine, now).unreachable is None
    done: dict[str, Said] = {}
    for entry in bot.engine.store.ledger():
        if entry.rule == COMMAND:  # what people ask for is answered, which no rule wishes
            continue
        done.setdefault(entry.state, {})[entry.key] = (entry.due_at, entry.at)
    return done


def exported(desk: Desk, bot: Bot) -> list[bytes]:
    """All tickets in Jira's REST form, one a line."""
    tracker = bot.engine.tracker
    version = "3" if tracker.flavour == "cloud" else "2"
    asked = {"expand": "changelog", "fields": "*all"}
    return [
        bytes(tracker.client.read(f"{version}/issue/{number}", msgspec.Raw, params=asked))
        for number in desk.world.issues
    ]


@pytest.mark.parametrize(
    ("flavour", "days", "manners"),
    [("cloud", 5, {}), ("dc", 3, {"budget": 2}), pytest.param("cloud", 8, {}, marks=pytest.mark.soak)],
)
def test_the_same_is_said_at_the_same_moments(flavour: Flavour, days: int, manners: dict[str, int]) -> None:
    book = rulebook(manners=manners)
    story = untied(read_story(rules_folder() / "keskkonnaamet" / "demo", book, days))
    with desk_over(flavour, at=story.starts_at) as desk, desk.bot(book=book) as bot:
        then = live(story, desk, bot)
        lines, reading = exported(desk, bot), Reading(bot.engine.tracker.binding)
        span, found = Span(story.starts_at, story.ends_at), Found()
        outcomes = list(backtest(lines, lambda: Opened(book, reading), span, Grid(POLL_S), found=found))
    # A step that was withdrawn may come back; the ledger keeps what became of it last.
    last = {step.key: step for step in sorted((step for each in outcomes for step in each.steps), key=lambda s: s.at)}
    again: dict[str, Said] = {}
    for key, step in last.items():
        again.setdefault(step.action, {})[key] = (step.due_at, step.at)
    assert len(then["said"]) > 30
    assert (again["say"], again.get("withdraw")) == (then["said"], then.get("withdrawn"))
    assert (found.troubles, found.batches) == (0, [])
