"""Whether a policy's clock can be stopped by what its rulebook says stops it.

Every turn that the rulebook's states and queues allow is tried. What happens to a ticket is taken to lead from open
to solved to closed, unless the policy itself speaks of `reopened`. Nothing is presumed of the tracker's workflow.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import compress, product
from operator import ne

from bot.core.entries import Entries, Policy
from bot.core.findings import Finding
from bot.core.flaws import PERSONAL
from bot.core.history import Situation, Turn, situation
from bot.core.moments import NOTES, TOLD, moment, moment_problem
from bot.core.remarks import QUESTION
from bot.core.ticket import Command

_SITUATED = ("state", "queue", "delivered")
_RANK = {"open": 0, "solved": 1, "closed": 2}


def stops(entries: Entries) -> Iterator[Finding]:
    """Policies whose clock never starts, stops as it starts, or never stops after it."""
    answered: dict[Hashable, tuple[tuple[str, str], ...]] = {}
    for i, policy in enumerate(entries.policies):
        words = (policy.starts, *policy.stops, *policy.restarts)
        if any(moment_problem(word, entries) for word in words):
            continue
        alike = _alike(entries, policy)
        if alike not in answered:
            answered[alike] = tuple(_problem(policy, _turns(entries, words)))
        for key, text in answered[alike]:
            yield Finding(("policies", i, key), text)


def _alike(entries: Entries, policy: Policy) -> Hashable:
    """What tells a policy from others here: those that differ by which queues of a tier they name are alike."""
    tiers = {queue.queue: queue.tier for queue in entries.queues}
    met: dict[str, int] = {}

    def masked(word: str) -> Hashable:
        queue = _queue(word)
        if queue not in tiers:
            return word
        return word.removesuffix(queue), tiers[queue], met.setdefault(queue, len(met))

    parts = tuple(tuple(map(masked, words)) for words in ((policy.starts,), policy.stops, policy.restarts))
    return parts, frozenset(tier for queue, tier in tiers.items() if queue not in met)


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
    fields |= {NOTES[word] for word in words if NOTES.get(word) in entries.fields}
    found: list[Turn] = []
    values = [tuple(getattr(one, what) for what in _SITUATED) for one in situations]
    for one, ones in zip(situations, values, strict=True):
        has = frozenset(compress(_SITUATED, ones))
        found += [Turn(0, "created", None, False, None, one, sets=sets) for sets in (has, has | fields)]
        found += [Turn(0, "message", None, False, one, one, asker=asker) for asker in (False, True)]
        found.append(Turn(0, "message", None, False, one, one, findings=frozenset((QUESTION, PERSONAL))))
        found += [Turn(0, what, None, False, one, one, sets=frozenset((what,))) for what in {"owner", *fields}]
        told = [Command(TOLD[word], granted=True) for word in words if word in TOLD]
        found += [Turn(0, "command", None, False, one, one, command=command) for command in told]
        for other, others in zip(situations, values, strict=True):
            differs = tuple(map(ne, ones, others))
            if sum(differs) == 1:
                at = differs.index(True)
                sets = frozenset(_SITUATED[at : at + 1] if others[at] else ())
                found.append(Turn(0, _SITUATED[at], None, False, one, other, sets=sets))
    return found


def _situations(entries: Entries, words: tuple[str, ...]) -> Iterator[Situation]:
    """How a ticket can stand, as far as these words can tell; of the queues they do not name, one of each tier."""
    queues = {queue.queue: queue for queue in entries.queues}
    named = queues.keys() & set(map(_queue, words))
    of_tiers = {queue.tier: queue.queue for queue in entries.queues if queue.queue not in named}
    delivered = (
        (False, True) if "delivered" in (*words, *(word.removeprefix("sets ") for word in words)) else (False,)
    )
    for state, queue, told in product(entries.states, (None, *named, *of_tiers.values()), delivered):
        yield situation(state, queue, queues, delivered=told)


def _queue(word: str) -> str:
    """The queue that a moment is about, `enters queue L1`; nothing where it is about none."""
    return word.partition(" queue ")[2]
