"""What one poll need not bring again of what the poll before it stored: they overlap, since indexes lag behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.ticket import Moment

_SETTLED_S = 2
"""A ticket may change twice within a second of its stamp; after this many more it has not, or has another stamp."""


@dataclass(slots=True)
class Overlap:
    """What the last poll of this process saw and stored: stamps by ids, each with the poll that first saw it.

    `mark_ms` is the mark that it left, None before the first poll and while one is under way; `at` is when it was.
    """

    mark_ms: int | None = None
    at: Moment = 0
    seen: dict[str, tuple[int, Moment]] = field(default_factory=dict)

    def known(self, mark_ms: int, since_ms: int) -> dict[str, int]:
        """Give the stamps from `since_ms` on that are settled: another change would have another second.

        That is so for a stamp that is older than another, or that came again in a later poll. Where the mark is not
        the one left here nothing is known: another process has polled since, or the store is another. Nor is a stamp
        from the future, which is older than nothing.
        """
        if mark_ms != self.mark_ms:
            return {}
        recent = {id_: each for id_, each in self.seen.items() if since_ms <= each[0] <= mark_ms}
        newest_s = max((stamp for stamp, _ in recent.values()), default=0) // 1000
        return {
            id_: stamp
            for id_, (stamp, first_at) in recent.items()
            if stamp // 1000 + _SETTLED_S <= newest_s or self.at - first_at >= _SETTLED_S
        }

    def leave(self, mark_ms: int, at: Moment, known: Mapping[str, int], came: Mapping[str, int]) -> None:
        """Remember a poll at `at`: what was `known` and stayed away, and what `came` and is stored."""
        before = self.seen
        self.seen = {id_: before[id_] for id_ in known if id_ in before}
        for id_, stamp in came.items():
            same = id_ in before and before[id_][0] == stamp
            self.seen[id_] = before[id_] if same else (stamp, at)
        self.mark_ms, self.at = mark_ms, at

    def forget(self, ids: Iterable[str]) -> None:
        """Have tickets come again that are no longer on the desk, where they are after all."""
        for id_ in ids:
            self.seen.pop(id_, None)
