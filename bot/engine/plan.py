"""What a cycle would do now: a cycle whose tracker only looks, on a memory that is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.core.commands import Permission
from bot.core.doc import Doc
from bot.core.ledger import Entry
from bot.core.steps import Step
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.engine.mailer import Mail
from bot.engine.tracker import Reading, Said, Stamp, Tracker

_PLANNED = frozenset(("said", "observed", "adopted", "withdrawn"))


class Looking:
    """A tracker that reads from another and writes nothing."""

    def __init__(self, tracker: Tracker) -> None:
        self.flavour = tracker.flavour
        self._tracker = tracker

    @property
    def closed(self) -> Mapping[str, str]:
        """Give what the other gives."""
        return self._tracker.closed

    def changed(self, since_ms: int | None, known: dict[str, int] | None = None) -> Iterator[Stamp]:
        """Give what the other gives."""
        return self._tracker.changed(since_ms, known)

    def read(self, ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        """Read what the other reads."""
        return self._tracker.read(ids, came)

    @property
    def sites(self) -> Sequence[str]:
        """Give what the other gives."""
        return self._tracker.sites

    def changed_elsewhere(self, site: str, since_ms: int) -> Iterator[Stamp]:
        """Ask what the other asks."""
        return self._tracker.changed_elsewhere(site, since_ms)

    def read_outside(self, ids: Sequence[str]) -> Reading:
        """Read what the other reads."""
        return self._tracker.read_outside(ids)

    def said(self, ticket_id: str) -> tuple[Said, ...]:
        """Read back what the other reads back."""
        return self._tracker.said(ticket_id)

    def say(self, ticket_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> str:
        """Write nothing."""
        return "0"

    def reword(self, ticket_id: str, comment_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> None:
        """Write nothing."""

    def unsay(self, ticket_id: str, comment_id: str) -> None:
        """Delete nothing."""

    @property
    def exposed(self) -> frozenset[str]:
        """Give what the other gives."""
        return self._tracker.exposed

    def sees(self, person: str, project: str) -> bool | None:
        """Ask what the other asks."""
        return self._tracker.sees(person, project)

    def active(self, people: Sequence[str]) -> Mapping[str, bool | None]:
        """Ask the tracker."""
        return self._tracker.active(people)

    def vanished(self, people: Sequence[str]) -> frozenset[str]:
        """Ask nothing: a plan erases nobody."""
        return frozenset()

    def may(self, person: str, permissions: Sequence[Permission], ticket_key: str) -> bool | None:
        """Ask what the other asks."""
        return self._tracker.may(person, permissions, ticket_key)

    def labels(self, ticket_id: str) -> frozenset[str]:
        """Read what the other reads."""
        return self._tracker.labels(ticket_id)

    def off_switch(self, project: str) -> bytes | None:
        """Ask what the other asks."""
        return self._tracker.off_switch(project)

    def lacks(self, project: str) -> Sequence[str]:
        """Ask what the other asks."""
        return self._tracker.lacks(project)

    def put(self, ticket_id: str, sets: Mapping[str, str]) -> None:
        """Set nothing."""


class Unposted:
    """A mail server that takes every letter and sends none."""

    def send(self, mail: Mail) -> None:
        """Send nothing."""

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Planned(Report):
    """A report that keeps what the steps set that are only recorded, by their keys."""

    sets: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def record(self, steps: Sequence[Step]) -> None:
        """Count them, and keep what they would set."""
        Report.record(self, steps)
        self.sets.update((step.key, step.sets) for step in steps if step.sets)


def plan(engine: Engine, now: Moment) -> tuple[Planned, list[Entry]]:
    """Give the report of the cycle that would run at `now`, and the rows of the ledger it would leave.

    The report's letters are those that would go; no mail server is greeted, and no digest is written. The rows are
    what would be said, recorded, adopted or withdrawn now, and all that waits: held or batched. `engine.store` must
    be a scratch store, since the cycle writes in it. Raises what `cycle` raises.
    """
    post = replace(engine.post, mailer=None if engine.post.mailer is None else Unposted(), composer=None)
    report = Planned(now)
    cycle(replace(engine, tracker=Looking(engine.tracker), post=post, retention=None), now, report)
    # What the cycle found already said, on reading a ticket's comments back, is no news of its own.
    rows = [row for row in engine.store.ledger() if row.comment_id in (None, "0")]
    return report, [
        row for row in rows if row.state in ("held", "batched") or (row.state in _PLANNED and row.at == now)
    ]
