"""Which clocks run on a ticket: the rulebook's policies, and `since …` for ladders that need no policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.core.clock import Cycle, Tick, cycles
from bot.core.conditions import View, holds
from bot.core.duration import Duration
from bot.core.entries import Policy
from bot.core.history import Turn, during, moment

SINCE = "since "


def policy_cycles(policy: Policy, view: View) -> tuple[Cycle, ...]:
    """Every run of a policy's clock over the ticket's history; empty when no target applies to the ticket."""
    target = next((target for target in policy.targets if holds(target.when, view)), None)
    if target is None:
        return ()
    calendar = view.book.calendar_of(policy.calendar, view.ticket.queue)
    target_s = target.within.working_s(calendar.day_s)
    return cycles(policy.name, _ticks(policy, view.happened), calendar, target_s)


def _ticks(policy: Policy, happened: Iterable[Turn]) -> Iterator[Tick]:
    starts = moment(policy.starts)
    restarts = [moment(word) for word in policy.restarts]
    stops = [moment(word) for word in policy.stops]
    pauses = [during(word) for word in policy.pauses]
    started = running = paused = False
    for turn in happened:
        anew = started and any(restart(turn) for restart in restarts)
        if running and anew:
            yield Tick(turn.at, "stop")
            running = False
        if (anew or starts(turn)) and not running:
            yield Tick(turn.at, "start")
            started, running, paused = True, True, False
        if running and any(stop(turn) for stop in stops):
            yield Tick(turn.at, "stop")
            running = False
        if running and any(pause(turn.after) for pause in pauses) != paused:
            paused = not paused
            yield Tick(turn.at, "pause" if paused else "resume")


def at_risk_s(policy: Policy, cycle: Cycle) -> int:
    """How many seconds before its target is used up the cycle of a policy stands at risk."""
    if isinstance(policy.at_risk, Duration):
        return policy.at_risk.working_s(cycle.calendar.day_s)
    target_s = cycle.target_s or 0
    return target_s - target_s * policy.at_risk // 100


def since_cycle(words: str, view: View) -> Cycle | None:
    """A clock that runs in the desk's calendar from the last time `words` (after `since `) came true."""
    test = moment(words)
    started = [turn.at for turn in view.happened if test(turn)]
    if not started:
        return None
    found = cycles(SINCE + words, (Tick(started[-1], "start"),), view.book.calendar, None)
    return found[-1]
