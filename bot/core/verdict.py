"""What became of a promise: the verdict on a cycle that has stopped, kept by the rulebook that was in force then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bot.core.clock import Cycle, due_when_stopped, elapsed_s, paused_s, standing
from bot.core.ticket import Moment


class Verdict(msgspec.Struct, frozen=True):
    """How one cycle of a policy's clock on a ticket ended.

    `due_at` is the due moment as it was when the clock stopped; None for one that was paused then.
    `version` is the rulebook that judged it at `at`; `rejudged` tells that this rulebook came only after the clock
    had stopped, so that another may have judged otherwise then.
    """

    ticket_id: str
    policy: str
    started_at: Moment
    stopped_at: Moment
    due_at: Moment | None
    elapsed_s: int
    paused_s: int
    standing: str
    version: str
    at: Moment
    rejudged: bool = False


def verdicts_on(ticket_id: str, clocks: Iterable[Cycle], version: str, now: Moment) -> Iterator[Verdict]:
    """Judge the cycles that have stopped."""
    for cycle in clocks:
        if cycle.stopped_at is not None:
            yield Verdict(
                ticket_id=ticket_id,
                policy=cycle.policy,
                started_at=cycle.started_at,
                stopped_at=cycle.stopped_at,
                due_at=due_when_stopped(cycle),
                elapsed_s=elapsed_s(cycle, now),
                paused_s=paused_s(cycle, now),
                standing=standing(cycle, now, 0),
                version=version,
                at=now,
            )


def news(
    found: Sequence[Verdict], kept: Sequence[Verdict], version: str, in_force_at: Moment
) -> tuple[list[Verdict], list[Verdict]]:
    """What to write and what to remove so that the kept verdicts on one ticket hold all that was found on it.

    `version` is the rulebook of today, in force since `in_force_at`. Its own verdicts follow the ticket's history:
    where people changed that, a cycle may have stopped at another moment, or not at all. A verdict of an earlier
    rulebook stays as it is, and of the time it covers nothing new is written.
    """
    own = {(each.policy, each.started_at): each for each in kept if each.version == version}
    earlier = [each for each in kept if each.version != version]
    written = []
    for each in found:
        before = own.pop((each.policy, each.started_at), None)
        if (before is None or before.stopped_at != each.stopped_at) and not any(
            _same_time(each, other) for other in earlier
        ):
            written.append(msgspec.structs.replace(each, rejudged=each.stopped_at < in_force_at))
    return written, list(own.values())


def _same_time(one: Verdict, other: Verdict) -> bool:
    if one.policy != other.policy:
        return False
    return one.started_at == other.started_at or (
        one.started_at < other.stopped_at and other.started_at < one.stopped_at
    )
