"""What must be known of a backtest besides its sums: of what, when and how, and what its source lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bot.backtest.difference import Differences
from bot.backtest.run import Found
from bot.backtest.tally import Tally
from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.core.replay import Grid, Span
from bot.core.ticket import UNKNOWN
from bot.jira.binding import Binding
from bot.jira.export import Export, people_never_shown

Kind = Literal[
    "unread_lines",
    "repeated",
    "cut_short",
    "not_given",
    "unseen_bot",
    "without_history",
    "histories_cut_short",
    "comments_cut_short",
    "other_projects",
    "unplaced",
    "unseen_fields",
    "unseen_states",
    "unseen_priorities",
    "unseen_people",
]


FLAGS: frozenset[Kind] = frozenset(("cut_short", "unseen_bot"))
"""What is so or not, and of which there are no numbers."""


class Note(NamedTuple):
    """Something that the source lacks or shows otherwise than the rulebook expects: how much, and its names."""

    kind: Kind
    n: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """A rulebook's run over the past: its sums, what it counted on the way, and how the source met the rulebook."""

    name: str
    tally: Tally
    found: Found
    notes: Sequence[Note] = ()


@dataclass(frozen=True)
class Backtest:
    """All that a summary or a report tells: the rulebook tried, and where there is one, that it is held against.

    `source` is the name of a file or the address of a Jira; `bot` tells whether an account in it was the bot's.
    """

    source: str
    span: Span
    grid: Grid
    as_if_live: bool
    bot: bool
    tried: Run
    notes: Sequence[Note] = ()
    against: Run | None = None
    differences: Differences = field(default_factory=Differences)


def notes_of_export(export: Export, bot: str | None) -> Iterator[Note]:
    """Give what an export lacks, whatever the rulebook; `bot` is the account named as the bot's."""
    counts: tuple[tuple[Kind, int], ...] = (
        ("unread_lines", export.unread_lines),
        ("cut_short", int(export.cut_short is not None)),
        ("unseen_bot", int(bot is not None and bot not in export.people)),
        ("repeated", export.repeated),
        ("without_history", export.without_history),
        ("histories_cut_short", export.histories_cut_short),
        ("comments_cut_short", export.comments_cut_short),
    )
    yield from (Note(kind, n) for kind, n in counts if n)


def notes_of_binding(
    entries: Entries, export: Export, binding: Binding, missing: Sequence[Finding]
) -> Iterator[Note]:
    """Give what of the rulebook the export never shows, and what it shows that the rulebook does not know."""
    others = {project: n for project, n in export.projects.items() if project not in entries.projects}
    if others:
        yield Note("other_projects", sum(others.values()), tuple(sorted(others)))
    unplaced = [export.statuses[id_] for id_, state in binding.states.items() if state == UNKNOWN]
    if unplaced:
        yield Note("unplaced", len(unplaced), tuple(sorted(f"{status.name} ({status.id})" for status in unplaced)))
    fields = [str(finding.path[1]) for finding in missing if finding.path[0] == "fields"]
    states = [_status(entries, finding) for finding in missing if finding.path[0] == "states"]
    priorities = [str(finding.path[1]) for finding in missing if finding.path[0] == "priorities"]
    people = people_never_shown(entries, export)
    unseen: tuple[tuple[Kind, list[str]], ...] = (
        ("unseen_fields", fields),
        ("unseen_states", states),
        ("unseen_priorities", priorities),
        ("unseen_people", people),
    )
    yield from (Note(kind, len(names), tuple(dict.fromkeys(names))) for kind, names in unseen if names)


def _status(entries: Entries, finding: Finding) -> str:
    """The status as the rulebook writes it, of a finding at `states, number, status, number`."""
    _, number, _, place = finding.path[:4]
    return entries.states[int(number)].status[int(place)]
