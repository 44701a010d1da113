"""Whether a policy's clock can be stopped by what its rulebook says stops it.

Every turn that the rulebook's states and queues allow is tried. What happens to a ticket is taken to lead from open
to solved to closed, unless the policy itself speaks of `reopened`. Nothing is presumed of the tracker's workflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from bot.core.entries import Entries, Policy
from bot.core.findings import Finding
from bot.core.history import Situation, Turn, situation
from bot.core.moments import moment, moment_problem

_SITUATED = ("state", "queue", "delivered")
_RANK = {"open": 0, "solved": 1, "closed": 2}


def stops(entries: Entries) -> Iterator[Finding]:
    """Policies whose clock never starts, stops as it starts, or never stops after it."""
    for i, policy in enumerate(entries.policies):
        words = (policy.starts, *policy.stops, *policy.restarts)
        if not any(moment_problem(word, entries) for word in words):
            for key, text in _problem(policy, _turns(entries, words)):
                yield Finding(("policies", i, key), text)


def _problem(policy: Policy, turns: list[Turn]) -> Iterator[tuple[str, str]]:
    starts, stopping = moment(policy.starts), [moment(word) for word in policy.stops]
    started = [turn for turn in turns if starts(turn)]
    if not started:
        yield "starts", "this never happens: the rulebook has no state or queue for it"
        return
    stopped = [turn for turn in turns if any(stop(turn) for stop in stopping)]
    later = [turn for turn in stopped if turn.before]
    if all(any(stop(turn) for stop in stopping) for turn in started):
        yield "stops", "this is so whenever the clock starts, so that it would stop at once"
    elif not later:
        yield "stops", "this never happens after the start: the rulebook has no state or queue for it"
    elif "reopened" not in (policy.starts, *policy.stops, *policy.restarts):
        rank = min(_RANK[turn.after.standing] for turn in started)
        if not any(
            rank <= _RANK[turn.before.standing] <= _RANK[turn.after.standing] for turn in later if turn.before
        ):
            yield (
                "stops",
                "this follows the start only where a ticket is reopened; write `reopened`, if that is meant",
            )


def _turns(entries: Entries, words: tuple[str, ...]) -> list[Turn]:
    """One turn of each kind that these words can tell apart."""
    situations = list(_situations(entries, words))
    fields = {word.removeprefix("sets ") for word in words if word.startswith("sets ")}.difference(_SITUATED)
    found: list[Turn] = []
    for one in situations:
        has = frozenset(what for what in _SITUATED if getattr(one, what))
        found += [Turn(0, "created", None, False, None, one, sets=sets) for sets in (has, has | fields)]
        found.append(Turn(0, "message", None, False, one, one))
        found += [Turn(0, what, None, False, one, one, sets=frozenset((what,))) for what in {"owner", *fields}]
        for other in situations:
            changed = [what for what in _SITUATED if getattr(one, what) != getattr(other, what)]
            if len(changed) == 1:
                sets = frozenset(what for what in changed if getattr(other, what))
                found.append(Turn(0, changed[0], None, False, one, other, sets=sets))
    return found


def _situations(entries: Entries, words: tuple[str, ...]) -> Iterator[Situation]:
    """How a ticket can stand, as far as these words can tell; of the queues they do not name, one of each tier."""
    queues = {queue.queue: queue for queue in entries.queues}
    named = {name for name in queues if any(word.endswith(f" queue {name}") for word in words)}
    of_tiers = {queue.tier: queue.queue for queue in entries.queues if queue.queue not in named}
    delivered = (
        (False, True) if "delivered" in (*words, *(word.removeprefix("sets ") for word in words)) else (False,)
    )
    for state, queue, told in product(entries.states, (None, *named, *of_tiers.values()), delivered):
        yield situation(state, queue, queues, delivered=told)
