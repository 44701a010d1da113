"""One ticket, the rulebook, and now: what the rules wish to have said, and when to look again. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from msgspec import structs

from bot.core.clock import Cycle, Standing, at_risk_s, changes, due_at, elapsed_s, is_running, reached_at, standing
from bot.core.clocks import SINCE, once, policy_cycles, since_cycle
from bot.core.completeness import closed_gaps, gap_steps, held_back_until, lacking
from bot.core.conditions import holds
from bot.core.deadline import Deadline, distance, due_day, is_over, shown
from bot.core.deadlines import DEADLINE, comes_at, deadlines_of
from bot.core.desk import QUIET, Desk
from bot.core.entries import Ladder, Policy
from bot.core.exclusion import spared
from bot.core.flaws import PERSONAL, found_on, is_meant
from bot.core.forms import Tested
from bot.core.history import turns
from bot.core.hush import Hushed, hushed
from bot.core.incidents import incident_steps
from bot.core.ladder import Reached, before, deadline_moments, highest, next_at, rung_moments, urgency
from bot.core.linked import silent_because, with_work, work_of
from bot.core.moments import moment
from bot.core.noted import values_of
from bot.core.owners import given
from bot.core.people import Addressed, addressed, holder
from bot.core.returns import Return, last_return
from bot.core.routing import is_routed, route_for, sets_of, to_be_routed_since
from bot.core.rulebook import Rulebook
from bot.core.steps import Amount, Announced, At, Because, Count, Name, Occasion, Several, Step, Value, Wishes, key_of
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.verdict import verdicts_on
from bot.core.view import View
from bot.core.words import PLAIN


class Judged(NamedTuple):
    """A view of a ticket with the policies' clocks run and its deadlines counted: what every rule starts from."""

    view: View
    clocks: dict[str, tuple[Cycle, ...]]
    deadlines: tuple[Deadline, ...] = ()


class Climb(NamedTuple):
    """How far a ladder is climbed on a ticket: what decides, in the order in which it is asked, up to its step.

    `applies` tells whether its conditions hold, `flips_at` the moments at which that may be otherwise, where
    something could be said then, and `others_at` those at which the step may be for others. Of `cycle` and `deadline`
    the one that it stands on is there, if any; `moments` are those of its rungs, as far as that runs. `hushed` is
    what keeps the rung reached from being wished, by a command. `notice` is the step of the rung before, where it
    sets the state: nothing is closed that was not announced.
    """

    applies: bool
    flips_at: tuple[Moment, ...] = ()
    cycle: Cycle | None = None
    deadline: Deadline | None = None
    moments: Sequence[Reached] = ()
    upcoming: Moment | None = None
    step: Step | None = None
    others_at: tuple[Moment, ...] = ()
    hushed: Hushed | None = None
    notice: Step | None = None


STATE = "state"
"""The word by which a rung sets the state of a ticket, which it announces on the rung before."""

_MANY = 10_000
"""Of so many kinds of tickets it is kept which ladders may speak of them."""

_UNROUTED = f"{SINCE}unrouted"

_NOT_MEANT, _NO_CLOCK = Climb(applies=False), Climb(applies=True)


def look(ticket: Ticket, book: Rulebook, now: Moment, desk: Desk = QUIET) -> Judged:
    """Run every policy's clock over the ticket's history, and count its deadlines."""
    return look_on(view_of(ticket, book, now, desk))


def view_of(ticket: Ticket, book: Rulebook, now: Moment, desk: Desk = QUIET) -> View:
    """What the rules can see of a ticket, its clocks not yet run."""
    happened = turns(ticket, book)
    work = work_of(happened, ticket, book, desk)
    silent = silent_because(ticket, book, desk)
    return View(ticket, with_work(happened, ticket, book, desk), book, now, desk=desk, work=work, silent=silent)


def look_on(view: View) -> Judged:
    """Do what `look` does on a view of the ticket."""
    if view.book.entries.excludes and not view.spared:
        view.spared.update(spared(view))
    if not view.clocks:
        view.clocks.update((policy.name, policy_cycles(policy, view)) for policy in view.book.entries.policies)
    deadlines = deadlines_of(view)
    view.dues.update((deadline.name, deadline.due_at) for deadline in deadlines)
    _find_lacks(view)
    return Judged(view, view.clocks, deadlines)


def _find_lacks(view: View) -> None:
    found = view.lasting.get(lacking)
    if found is None:
        found = lacking(view, view.lacks_until)
        if not view.lacks_until:
            view.lasting[lacking] = found
    view.lacks[:] = found


def judge(ticket: Ticket, book: Rulebook, now: Moment, desk: Desk = QUIET) -> Wishes:
    """What the rules wish for one ticket now. Whether a step was delivered never changes what is wished."""
    return wishes_of(look(ticket, book, now, desk))


def wishes_of(judged: Judged, *, kept: bool = True) -> Wishes:
    """What the rules wish for a ticket that was looked at.

    What nobody wishes anything of is left out where nothing is `kept`: verdicts, and looks at clocks that by then
    stand otherwise.
    """
    view = judged.view
    ticket, book, now = view.ticket, view.book, view.now
    hold = book.entries.manners.hold
    on_hold = hold if hold in ticket.labels else None
    if view.happened[-1].after.standing == UNKNOWN:
        because = "never, because the rulebook does not say what the ticket's status means"
        return Wishes(ticket.id, ticket.project, (), None, because, on_hold)
    found, flips_at, others_at = _at_once(judged)
    moments = list(_changes(judged)) if kept else []
    for ladder in _ladders(view):
        climbed = climb(ladder, judged)
        if climbed is _NOT_MEANT:
            continue
        found += [step for step in (climbed.notice, climbed.step) if step is not None]
        if climbed.hushed is not None:
            moments.append((climbed.hushed.until_at, "what a person's command silences may be said again then"))
        if climbed.upcoming is not None:
            moments.append((climbed.upcoming, "the next rung is reached then"))
        flips_at += climbed.flips_at
        others_at += climbed.others_at
    moments += ((at, "a condition may hold otherwise then") for at in flips_at)
    moments += ((at, "somebody else may be meant then") for at in others_at)
    if view.happened[-1].after.standing == "open":
        moments += ((at, "the date comes then that a deadline counts from") for at in comes_at(view))
    amends = tuple(closed_gaps(view, _common_values, found)) if kept else ()
    found = [step for step in found if step.to]  # where all who could be told are spared, nothing is said
    raised, raises_at = _raised(judged)
    moments += ((at, "a deadline raises the urgency then") for at in raises_at)
    if view.silent is not None or view.work is not None:
        found = [_withheld(step, view) for step in found]
    steps = tuple(structs.replace(step, raised=raised) for step in found) if raised else tuple(found)
    stopped = chain.from_iterable(judged.clocks.values()) if kept else ()
    verdicts = tuple(verdicts_on(ticket.id, stopped, book.version, now))
    if moments:
        return Wishes(ticket.id, ticket.project, steps, *min(moments), on_hold, verdicts, amends)
    after = view.happened[-1].after.standing
    because = f"never, because the ticket is {after} and no clock runs towards a rung"
    return Wishes(ticket.id, ticket.project, steps, None, because, on_hold, verdicts, amends)


def _ladders(view: View) -> tuple[Ladder, ...]:
    """The ladders that may speak of the ticket: on each of the others a word that time does not change fails.

    Many tickets are alike in the words that most ladders ask for, so that these are looked at once for all of them.
    """
    ladders_of = view.book.ladders_of
    alike = tuple(word.read(view) for word in PLAIN.values())
    found = ladders_of.get(alike)
    if found is None:
        if len(ladders_of) >= _MANY:
            ladders_of.clear()
        found = ladders_of[alike] = tuple(
            ladder
            for ladder in view.book.entries.ladders
            if all(entry.holds(ladder.when[word], view) for word, entry in PLAIN.items() if word in ladder.when)
        )
    return found


def _withheld(step: Step, view: View) -> Step:
    """The step, told why it is not said now if it is tied to an open incident, or nobody knows how it stands.

    Deadlines of the law speak, and so does what is about just that: not to know.
    """
    ladder = next((each for each in view.book.entries.ladders if each.name == step.rule), None)
    if ladder is not None and ladder.clock.startswith(DEADLINE):
        return step
    if view.silent is not None:
        return structs.replace(step, withheld=view.silent)
    if ladder is not None and view.work is not None and view.is_unseen and "work" not in ladder.when:
        return structs.replace(step, withheld=f"how it stands is not known, as {view.work.because}")
    return step


def _at_once(judged: Judged) -> tuple[list[Step], list[Moment], list[Moment]]:
    """The steps that no clock has to run for; when they may be others though nothing happens, or be for others."""
    view = judged.view
    if (known := view.lasting.get(_at_once)) is not None:
        return [*known], [], []
    flips_at: list[Moment] = []
    others_at: list[Moment] = []
    route = _route_step(judged, flips_at, others_at)
    steps = [*([route] if route is not None else []), *gap_steps(view, _common_values, flips_at, others_at)]
    steps += incident_steps(view, _common_values)
    if not flips_at and not others_at:
        view.lasting[_at_once] = tuple(steps)
    return steps, flips_at, others_at


def _raised(judged: Judged) -> tuple[int, list[Moment]]:
    """How far the nearest deadline that does raises the urgency, and the moments still to come at which it does.

    Beyond its end it raises nothing any more, and nothing on a closed ticket.
    """
    view = judged.view
    if view.happened[-1].after.standing == "closed":
        return 0, []
    raised, ahead = 0, []
    for deadline in judged.deadlines:
        if not deadline.raises or is_over(deadline, view.now):
            continue
        moments = [before(deadline, length, view.book.calendar) for length in deadline.raises]
        raised = max(raised, sum(at <= view.now for at in moments))
        ahead += [at for at in (*moments, deadline.due_at + 1) if at > view.now]
    return raised, ahead


def standings(judged: Judged) -> dict[str, Standing]:
    """How the last cycle of each policy's clock stands; a policy whose clock never started is left out."""
    now, found = judged.view.now, _last_cycles(judged)
    return {policy.name: standing(cycle, now, at_risk_s(policy.at_risk, cycle)) for policy, cycle in found}


def _changes(judged: Judged) -> Iterator[tuple[Moment, str]]:
    """When each policy's clock stands otherwise, if nothing happens to the ticket."""
    for policy, cycle in _last_cycles(judged):
        moments = once(judged.view, ("changes", id(cycle)), partial(_changes_of, policy, cycle))
        at = next((at for at in moments if at > judged.view.now), None)
        if at is not None:
            yield at, f"the clock of '{policy.name}' stands otherwise then"


def _changes_of(policy: Policy, cycle: Cycle) -> tuple[Moment, ...]:
    return changes(cycle, at_risk_s(policy.at_risk, cycle))


def _last_cycles(judged: Judged) -> Iterator[tuple[Policy, Cycle]]:
    for policy in judged.view.book.entries.policies:
        for cycle in judged.clocks[policy.name][-1:]:
            yield policy, cycle


def climb(ladder: Ladder, judged: Judged) -> Climb:
    """Climb a ladder: the step of the highest rung reached, the moment of the next one, and all that they rest on."""
    view = judged.view
    if is_decided(ladder, view):
        return _NO_CLOCK
    if (known := view.lasting.get(ladder.name)) is not None:
        if isinstance(known, Climb):
            return known
        cycle, moments, climbed = known
        if isinstance(climbed, Climb) and (climbed.upcoming is None or view.now < climbed.upcoming):
            return climbed
        return _climb_higher(ladder, cycle, moments, judged)
    flips_at: list[Moment] = []
    applies = holds(ladder.when, view, None, flips_at)
    if not applies and not flips_at:
        view.lasting[ladder.name] = _NOT_MEANT
        return _NOT_MEANT
    if ladder.clock.startswith(DEADLINE):
        climbed = _beside_deadline(ladder, judged) if applies else _NOT_MEANT
        may_speak = flips_at and view.happened[-1].after.standing == "open"
        return climbed._replace(flips_at=tuple(flips_at)) if may_speak else climbed
    cycle = cycle_of(ladder, judged)
    if cycle is None or not is_running(cycle):
        climbed = Climb(applies=applies, cycle=cycle)
        if not flips_at:
            view.lasting[ladder.name] = climbed
        return climbed
    if not applies:
        return Climb(applies=False, flips_at=tuple(flips_at))
    moments = once(view, ("rungs", ladder.name, id(cycle)), lambda: rung_moments(ladder.rungs, cycle, view.now))
    if flips_at:
        return _climb_on(ladder, cycle, moments, tuple(flips_at), judged)
    return _climb_higher(ladder, cycle, moments, judged)


def _climb_higher(ladder: Ladder, cycle: Cycle, moments: Sequence[Reached], judged: Judged) -> Climb:
    """Climb a ladder that applies whatever the time. That lasts until its next rung, if no more can change it."""
    climbed = _climb_on(ladder, cycle, moments, (), judged)
    lasts = climbed.hushed is None and climbed.notice is None and not (climbed.flips_at or climbed.others_at)
    lasts = lasts and ladder.lapses is None
    judged.view.lasting[ladder.name] = cycle, moments, climbed if lasts else None
    return climbed


def _climb_on(
    ladder: Ladder, cycle: Cycle, moments: Sequence[Reached], flips_at: tuple[Moment, ...], judged: Judged
) -> Climb:
    """Climb a ladder that applies, on its running clock."""
    view = judged.view
    lapses = lapses_at(ladder, cycle, view.now)
    if lapses is not None and lapses <= view.now:
        return Climb(True, flips_at, cycle)
    flips_at = (*flips_at, lapses) if lapses is not None else flips_at
    upcoming = next_at(moments, view.now)
    reached = highest(moments, view.now)
    step = notice = None
    others_at: list[Moment] = []
    quiet = hushed(ladder, moments, reached, view) if reached is not None else None
    if reached is not None and quiet is None and (to := addressed(reached.rung.to, view, others_at)).to:
        # Lived again, a step shows the values that it had when it became due.
        name = (ladder.name, id(cycle), reached.rung.rung, reached.repeat, to)
        step = once(view, name, partial(_ladder_step, ladder, cycle, reached, upcoming, judged, to))
        if STATE in reached.rung.sets and (before := _rung_before(reached, moments)) is not None:
            told = addressed(before.rung.to, view, others_at)
            step, notice = _announced(ladder, cycle, before, step, judged, told if told.to else to)
    others = tuple(others_at)
    return Climb(True, flips_at, cycle, None, moments, upcoming, step, others, quiet, notice)


def _rung_before(reached: Reached, moments: Sequence[Reached]) -> Reached | None:
    rungs = [each for each in moments if each.rung is not reached.rung and each.at <= reached.at]
    return rungs[-1] if rungs else None


def _announced(
    ladder: Ladder, cycle: Cycle, before: Reached, step: Step, judged: Judged, to: Addressed
) -> tuple[Step, Step]:
    """A step that closes the ticket, and its notice, which comes first however late the bot looks."""
    view = judged.view
    gap_s = cycle.calendar.between(before.at, step.due_at)
    closes_at = max(step.due_at, cycle.calendar.add(view.now, gap_s))
    notice = _ladder_step(ladder, cycle, before, closes_at, judged, to)
    announced = Announced(notice.key, gap_s, cycle.calendar.name)
    return structs.replace(step, announced=announced), notice


def _beside_deadline(ladder: Ladder, judged: Judged) -> Climb:
    """Climb a ladder beside a deadline, which is there as long as the ticket is open."""
    view = judged.view
    deadline = deadline_of(ladder, judged)
    if deadline is None or view.happened[-1].after.standing != "open":
        return _NO_CLOCK
    moments = deadline_moments(ladder.rungs, deadline, view.book.calendar, view.ticket.created_at)
    upcoming = next_at(moments, view.now)
    reached = highest(moments, view.now)
    if reached is None:
        return Climb(applies=True, deadline=deadline, moments=moments, upcoming=upcoming)
    provisional = ", provisional" if deadline.provisional else ""
    ends = f"due {due_day(deadline, view.book.calendar)}{provisional}"
    decided = (*_tested(ladder, view), (ladder.clock, ends), ("rung", reached.rung.rung))
    occasion = occasion_of(deadline, reached)
    quiet = hushed(ladder, moments, reached, view, by_law=True)
    if quiet is not None:
        return Climb(applies=True, deadline=deadline, moments=moments, upcoming=upcoming, hushed=quiet)
    others_at: list[Moment] = []
    to = addressed(reached.rung.to, view, others_at)
    step = _said(ladder, reached, occasion, decided, to, _deadline_values(deadline, view), view) if to.to else None
    return Climb(True, deadline=deadline, moments=moments, upcoming=upcoming, step=step, others_at=tuple(others_at))


def is_decided(ladder: Ladder, view: View) -> bool:
    """Whether a ladder asks for a queue that the bot itself sets, so that nobody has to decide it."""
    return ladder.clock == _UNROUTED and is_routed(view)


def cycle_of(ladder: Ladder, judged: Judged) -> Cycle | None:
    """The run of the clock that a ladder stands on, the last where there are several; None where it never started."""
    if ladder.clock.startswith(SINCE):
        return since_cycle(ladder.clock.removeprefix(SINCE), judged.view)
    return next(reversed(judged.clocks[ladder.clock]), None)


def lapses_at(ladder: Ladder, cycle: Cycle, now: Moment) -> Moment | None:
    """When nothing of a ladder is said any more though its clock runs on; None where that is never."""
    return reached_at(cycle, ladder.lapses.working_s(cycle.calendar.day_s), now) if ladder.lapses else None


def deadline_of(ladder: Ladder, judged: Judged) -> Deadline | None:
    """The deadline that a ladder stands beside; None where the ticket has none of its name."""
    name = ladder.clock.removeprefix(DEADLINE)
    return next((deadline for deadline in judged.deadlines if deadline.name == name), None)


def occasion_of(clock: Cycle | Deadline, reached: Reached) -> Occasion:
    """What a rung of a ladder is about: the run of its clock, or its deadline as it now counts."""
    rung, repeat = reached.rung.rung, reached.repeat
    if isinstance(clock, Cycle):
        return Occasion(clock.policy, clock.started_at, rung, repeat)
    return Occasion(f"{clock.name} extended" if clock.extended else clock.name, clock.starts_at, rung, repeat)


def _deadline_values(deadline: Deadline, view: View) -> dict[str, Value]:
    """What a message beside a deadline can say. Only what holds is there: `reg` when it is recorded, and so on."""
    if not view.told:
        return {}
    calendar, now = view.book.calendar, view.now
    only_the_day = deadline.by_day or (deadline.recorded and deadline.provisional)
    start = shown(deadline.starts_at, calendar, by_day=only_the_day)
    values = _common_values(view)
    values["date"] = start
    values["n"] = Count(calendar.working_days(calendar.day_of(deadline.starts_at), calendar.day_of(now)))
    values["due"] = shown(deadline.due_at - deadline.by_day, calendar, by_day=deadline.by_day)
    values["basis"] = deadline.basis
    values["over" if is_over(deadline, now) else "left"] = distance(deadline, calendar, now)
    if deadline.recorded:
        values["reg"] = values["at"] = start
    if deadline.provisional:
        values["provisional"] = start
    if not deadline.confirmed:
        values["unconfirmed"] = deadline.source
    for notice in deadline.milestones:
        if notice.done_at is None and now <= notice.due_at:
            values["extend_by"] = shown(notice.due_at - deadline.by_day, calendar, by_day=deadline.by_day)
    return values


def _tested(ladder: Ladder, view: View) -> Tested:
    """The words under a ladder's `when` with the values that decided."""
    tested: Tested = []
    holds(ladder.when, view, tested)
    return tested


def _ladder_step(
    ladder: Ladder, cycle: Cycle, reached: Reached, upcoming: Moment | None, judged: Judged, to: Addressed
) -> Step:
    view = judged.view
    elapsed = elapsed_s(cycle, view.now)
    values = _ladder_values(ladder, cycle, upcoming, judged, elapsed) if view.told else {}
    occasion = occasion_of(cycle, reached)
    decided = (
        *_tested(ladder, view),
        (ladder.clock, f"{elapsed // 60} working minutes"),
        ("rung", reached.rung.rung),
    )
    return _said(ladder, reached, occasion, decided, to, values, view)


def _ladder_values(
    ladder: Ladder, cycle: Cycle, upcoming: Moment | None, judged: Judged, elapsed: int
) -> dict[str, Value]:
    """What a message of a ladder on a clock can say; `elapsed` is what the clock shows, in working seconds."""
    view = judged.view
    values = _common_values(view)
    values["date"] = At(cycle.started_at)
    values["n"] = Count(elapsed // cycle.calendar.day_s)
    values.update(values_of(view))
    if "incomplete" in ladder.when and view.lacks:
        values["missing"] = Several(tuple(Name("title", word) for word in view.lacks))
    if cycle.target_s is None:
        values.update((word, value) for word, value in _promises(judged) if word == "due")
        if upcoming is not None:
            values["answer_by"] = At(upcoming)
    elif (due := _due(cycle, view)) is not None:
        values["due"] = At(due)
        amount = Amount(abs(cycle.target_s - elapsed), cycle.calendar.day_s)
        values["left" if elapsed <= cycle.target_s else "over"] = amount
    if ladder.clock == f"{SINCE}returned" and (last := last_return(view)) is not None:
        values.update(_returned(last))
    return values


def _returned(last: Return) -> Iterator[tuple[str, Value]]:
    """What a message can say of a return: a reason only where it was picked from a list."""
    if last.left not in (None, UNKNOWN):
        yield "returned_from", Name("queue", last.left)
    if last.reason not in (None, "set"):
        yield "return_reason", last.reason


def _due(cycle: Cycle, view: View) -> Moment | None:
    return once(view, ("due", id(cycle)), lambda: due_at(cycle, view.now))


def _said(
    ladder: Ladder,
    reached: Reached,
    occasion: Occasion,
    decided: tuple[tuple[str, str], ...],
    to: Addressed,
    values: dict[str, Value],
    view: View,
) -> Step:
    rung = reached.rung
    manager = holder("manager", view) if "manager" in rung.to else None
    if manager is not None and manager in to.to[1:]:
        values["manager"] = manager
    return Step(
        key=key_of(view.book.site, view.ticket.id, ladder.name, occasion),
        ticket_id=view.ticket.id,
        ticket_key=view.ticket.key,
        rule=ladder.name,
        occasion=occasion,
        say=rung.say,
        to=to.to,
        due_at=reached.at,
        because=Because(_why(ladder.name, view.book), decided),
        urgency=urgency(rung),
        observe=ladder.observe or view.book.entries.manners.observe,
        since_at=view.book.live_at(ladder.since),
        hours=hours_of(ladder, view),
        urgent=ladder.urgent,
        together=ladder.together,
        sets=rung.sets,
        values=values,
        instead=to.instead,
    )


def hours_of(ladder: Ladder, view: View) -> str | None:
    """The calendar of a policy's clock, where it is not the desk's."""
    policy = next((policy for policy in view.book.entries.policies if policy.name == ladder.clock), None)
    hours = view.book.hours_of(policy.calendar, view.ticket.queue) if policy else None
    return None if hours == view.book.entries.manners.calendar else hours


def _route_step(judged: Judged, flips_at: list[Moment], others_at: list[Moment]) -> Step | None:
    view = judged.view
    since = to_be_routed_since(view)
    tested: Tested = []
    route = route_for(view, tested, flips_at) if since is not None else None
    if since is None or route is None:
        return None
    if (held_until := held_back_until(view, flips_at)) is not None:
        flips_at.append(held_until)
        return None
    values, sets = _common_values(view), dict[str, str]()
    values["reason"] = Name("why", route.route)
    if route.queue is not None:
        queue = view.book.queues[route.queue]
        owner, missing = given(queue, since, view)
        sets = sets_of(queue, view) | ({"owner": owner} if owner else {})
        values["queue"] = Name("queue", route.queue)
        values.update(_promises(judged))
        others = [owner] if owner else [queue.coordinator or "coordinator"] if missing else []
        to = addressed(("forwarder", *others), view, others_at)
        if owner or missing:
            values["given" if owner else "nobody"] = Count(1)
    else:
        values["queues"] = Several(tuple(Name("queue", word) for word in route.ask))
        to = addressed(("coordinator",), view, others_at)
    occasion = Occasion("route", since, "routed" if route.queue else "unsure")
    return Step(
        key=key_of(view.book.site, view.ticket.id, route.route, occasion),
        ticket_id=view.ticket.id,
        ticket_key=view.ticket.key,
        rule=route.route,
        occasion=occasion,
        say="routed" if route.queue else "route_unsure",
        to=to.to,
        due_at=since,
        because=Because(_why(route.route, view.book), tuple(dict.fromkeys(tested))),
        observe=route.observe or view.book.entries.manners.observe,
        since_at=view.book.live_at(route.since),
        sets=sets,
        values=values,
        instead=to.instead,
    )


def status_values(judged: Judged) -> dict[str, Value]:
    """How a ticket stands now, as messages say it: its state, queue and last movement, and what was promised."""
    return _common_values(judged.view) | dict(_promises(judged))


def _promises(judged: Judged) -> Iterator[tuple[str, Value]]:
    """When tier 2 must first have answered, and have solved: of the clocks that stop then the first to be due."""
    dues: dict[str, Moment] = {}
    for policy, cycle in _last_cycles(judged):
        word = "first_due" if "answered" in policy.stops else "due" if "solved" in policy.stops else None
        due = _due(cycle, judged.view) if word and is_running(cycle) else None
        if word and due is not None:
            dues[word] = min(due, dues.get(word, due))
    yield from ((word, At(due)) for word, due in dues.items())


def _common_values(view: View) -> dict[str, Value]:
    if not view.told:
        return {}
    values: dict[str, Value] = {"state": Name("state", view.state)}
    if view.work is not None:
        values["work"] = ", ".join(view.work.keys)
    if view.ticket.queue not in (None, UNKNOWN):
        values["queue"] = Name("queue", view.ticket.queue)
    if view.ticket.owner is None:
        values["unowned"] = Count(1)
    moved = moment("movement")
    values["last"] = At(next(turn.at for turn in reversed(view.happened) if moved(turn)))
    if types := sorted(word for word in found_on(view) if is_meant(PERSONAL, word)):
        values["types"] = Several(tuple(Name("finding", word) for word in types))
    return values


def _why(rule: str, book: Rulebook) -> str:
    return book.name("why", rule, book.entries.language)
