"""Which clocks run on a ticket: the rulebook's policies, and `since …` for ladders that need no policy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from bot.core.clock import Cycle, Tick, cycles, measure
from bot.core.conditions import holds
from bot.core.entries import Policy, Target
from bot.core.history import Turn
from bot.core.moments import during, moment
from bot.core.ticket import Moment
from bot.core.view import View

SINCE = "since "
FIRST, AFTER = "first ", " after "
"""`since first … after …` counts from the first of several moments, as long as another does not come between."""

T = TypeVar("T")


def policy_cycles(policy: Policy, view: View) -> tuple[Cycle, ...]:
    """Every run of a policy's clock over the ticket's history; empty when no target applies to the ticket."""
    target = target_of(policy, view)
    if target is None:
        return ()
    calendar = view.book.calendar_of(policy.calendar, view.ticket.queue)
    target_s = target.within.working_s(calendar.day_s)
    known = view.known(policy.name, lambda turns: ticks(policy, turns))
    run = (policy.name, len(known), calendar.name, target_s)
    return once(view, run, lambda: cycles(policy.name, known, calendar, target_s))


def once(view: View, name: Hashable, find: Callable[[], T]) -> T:
    """What `find` finds, worked out once a history: `name` must tell all that it rests on."""
    if view.whole is None:
        return find()
    found: T | None = view.whole.found.get(name)
    if found is None:
        found = view.whole.found[name] = find()
    return found


def target_of(policy: Policy, view: View) -> Target | None:
    """The target of a policy that applies to the ticket: the first whose conditions hold."""
    return next((each for each in policy.targets if not each.when or holds(each.when, view.at_creation)), None)


def ticks(policy: Policy, happened: tuple[Turn, ...]) -> Iterator[tuple[int, Tick]]:
    """What the turns of a ticket do to a policy's clock, each tick with the number of its turn."""
    starts = moment(policy.starts)
    restarts = [moment(word) for word in policy.restarts]
    stops = [moment(word) for word in policy.stops]
    pauses = [during(word) for word in policy.pauses]
    started = running = paused = waits = False
    stood = None
    for i, turn in enumerate(happened):
        anew = started and _any(restarts, turn)
        if running and anew:
            yield i, Tick(turn.at, "stop")
            running = False
        if not running and (anew or starts(turn)):
            yield i, Tick(turn.at, "start")
            started, running, paused = True, True, False
        if running and _any(stops, turn):
            yield i, Tick(turn.at, "stop")
            running = False
        if running and turn.after is not stood:
            stood = turn.after
            waits = _any(pauses, stood)
        if running and waits != paused:
            paused = not paused
            yield i, Tick(turn.at, "pause" if paused else "resume")


def _any(tests: Sequence[Callable[[T], bool]], of: T) -> bool:
    for test in tests:  # noqa: SIM110 - a generator takes longer to make than most of these to ask
        if test(of):
            return True
    return False


def since_moments(clock: str) -> tuple[str, str | None]:
    """Part what stands after `since `: the moment, and with `first … after …` the one after which it is the first."""
    if clock.startswith(FIRST) and AFTER in clock:
        counted, _, after = clock.removeprefix(FIRST).partition(AFTER)
        return counted, after
    return clock, None


def since_cycle(words: str, view: View) -> Cycle | None:
    """A clock that runs in the desk's calendar from the last time `words` (after `since `) came true."""
    started = view.known(SINCE + words, lambda turns: begun(words, turns))
    at = started[-1] if started else None
    if at is None:
        return None
    return once(view, (words, at), lambda: measure(SINCE + words, at, view.book.calendar))


def begun(words: str, happened: tuple[Turn, ...]) -> Iterator[tuple[int, Moment | None]]:
    """The turns from which such a clock counts, each with its moment; None where it counts no more."""
    counted, after = since_moments(words)
    test, ends = moment(counted), moment(after) if after else None
    waits = ends is None
    for i, turn in enumerate(happened):
        if waits and test(turn):
            yield i, turn.at
            waits = ends is None
        if ends is not None and ends(turn):
            yield i, None
            waits = True
