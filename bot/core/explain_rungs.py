"""The rungs of a ladder, explained: when each is reached, whom it means, and what became of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.clock import Cycle, at_risk_s, is_paused
from bot.core.clocks import SINCE, target_of
from bot.core.deadline import Deadline
from bot.core.deadlines import DEADLINE, considered
from bot.core.duration import written
from bot.core.entries import Ladder, Rung
from bot.core.explain_clocks import no_deadline, run_of
from bot.core.explanation import Addressee, Outcome, Reach, Run, RungFacts
from bot.core.judge import Judged, cycle_of, deadline_of, is_decided, lapses_at, occasion_of
from bot.core.ladder import Reached, deadline_moments, highest, next_at, rung_moments
from bot.core.ledger import DONE, Entry
from bot.core.moments import during
from bot.core.people import holder, instead_of, present, shown
from bot.core.steps import Step, key_of
from bot.core.timeline import told_of
from bot.core.view import View


def addressed(words: Sequence[str], view: View) -> tuple[Addressee, ...]:
    """Whom each word under `to:` means today; the coordinator where nobody is found at all."""
    found = [(word, holder(word, view)) for word in words]
    named = tuple(_addressee(word, who, _note(word, who, view), view) for word, who in found)
    if any(who for _, who in found):
        return named
    return (*named, _addressee("coordinator", view.book.entries.roles.coordinator, "in place of nobody", view))


def _note(word: str, who: str | None, view: View) -> str:
    if who is None:
        return "nobody"
    return "it has no owner, so who coordinates its queue" if word == "owner" and view.ticket.owner is None else ""


def _addressee(word: str, who: str | None, note: str, view: View) -> Addressee:
    if who is None:
        return Addressee(word, None, note)
    told = instead_of(who, view)
    if told is None:
        return Addressee(word, None, "nobody, as the ticket is about them")
    if told != who:
        note = "in place of one of whom the ticket is"
    today = present(told, view)
    away = "" if today == told else f"in place of {shown(told, view)}, who is away"
    return Addressee(word, shown(today, view), "; ".join(filter(None, (note, away))))


def rungs_of(
    ladder: Ladder, judged: Judged, ledger: Mapping[str, Entry], notice: Step | None, *, climbs: bool
) -> tuple[Run | None, tuple[RungFacts, ...]]:
    """The run of a ladder's clock, where it has one, and all of its rungs with their repeats, in its order.

    A ladder that is not climbed now (`climbs`) has no rung that is due or next. Beside the one that closes a ticket
    its `notice` is due, which goes before it however late the bot looks.
    """
    view = judged.view
    clock = deadline_of(ladder, judged) if ladder.clock.startswith(DEADLINE) else cycle_of(ladder, judged)
    moments = _moments(ladder, clock, view)
    due, ahead = (highest(moments, view.now), next_at(moments, view.now)) if climbs else (None, None)
    found = {(each.rung.rung, each.repeat): each for each in moments}
    facts = []
    for rung in ladder.rungs:
        when, to = _when(rung), addressed(rung.to, view)
        for repeat in range(rung.times):
            reached = found.get((rung.rung, repeat))
            key = _key(ladder, rung, repeat, clock, view)
            row = ledger.get(key)
            reach: Reach = "not running"
            if reached is not None and reached.at > view.now:
                reach = "next" if reached.at == ahead else "later"
            elif reached is not None:
                is_done = row is not None and row.state in DONE
                is_due = reached == due or (notice is not None and notice.key == key)
                reach = "due" if is_due else "reached" if is_done or not climbs else "passed over"
            facts.append(
                RungFacts(
                    rung=rung.rung,
                    repeat=repeat,
                    when=when,
                    say=rung.say,
                    to=to,
                    reached_at=reached.at if reached else None,
                    reach=reach,
                    told=told_of(row, view) if row else None,
                )
            )
    return _run(ladder, clock, judged), tuple(facts)


def _moments(ladder: Ladder, clock: Cycle | Deadline | None, view: View) -> list[Reached]:
    if clock is None:
        return []
    if isinstance(clock, Deadline):
        return deadline_moments(ladder.rungs, clock, view.book.calendar, view.ticket.created_at)
    return rung_moments(ladder.rungs, clock, view.now)


def _has_lapsed(ladder: Ladder, cycle: Cycle | None, view: View) -> bool:
    at = lapses_at(ladder, cycle, view.now) if cycle is not None else None
    return at is not None and at <= view.now


def _run(ladder: Ladder, clock: Cycle | Deadline | None, judged: Judged) -> Run | None:
    if not isinstance(clock, Cycle):
        return None
    if ladder.clock.startswith(SINCE):
        return run_of(clock, judged.view)
    cycles = judged.clocks[ladder.clock]
    policy = next(policy for policy in judged.view.book.entries.policies if policy.name == ladder.clock)
    return run_of(clock, judged.view, len(cycles), risk_s=at_risk_s(policy.at_risk, clock))


def _key(ladder: Ladder, rung: Rung, repeat: int, clock: Cycle | Deadline | None, view: View) -> str:
    if clock is None:
        return ""
    return key_of(view.book.site, view.ticket.id, ladder.name, occasion_of(clock, Reached(rung, repeat, 0)))


def _when(rung: Rung) -> str:
    """When a rung is reached and how often, in the rulebook's own words."""
    amounts = {"after": rung.after, "before_due": rung.before_due, "past_due": rung.past_due}
    word = next((f"{name} {written(amount)}" for name, amount in amounts.items() if amount is not None), "")
    first = f"share {rung.share}%" if rung.share is not None else word
    return f"{first}, every {written(rung.every)}, {rung.times} times" if rung.every is not None else first


def why_no_clock(ladder: Ladder, judged: Judged) -> tuple[Outcome, str]:
    """Why nothing runs towards a rung of a ladder whose conditions hold, though none is reached."""
    view, after = judged.view, judged.view.happened[-1].after
    if ladder.clock.startswith(DEADLINE):
        name = ladder.clock.removeprefix(DEADLINE)
        if deadline_of(ladder, judged) is not None:
            return "no clock", f"the ticket is {after.standing}, and the deadline '{name}' ends with the open ticket"
        reasons = [no_deadline(entry, because, view) for entry, _, because in considered(view, name=name)]
        return "no clock", f"the ticket has no deadline '{name}': {'; '.join(dict.fromkeys(reasons))}"
    if is_decided(ladder, view):
        return "no clock", "the bot itself sets the queue, so nobody has to decide it"
    cycle = cycle_of(ladder, judged)
    if cycle is None and ladder.clock.startswith(SINCE):
        return "no clock", f"its clock has not started: `{ladder.clock.removeprefix(SINCE)}` has not happened"
    if _has_lapsed(ladder, cycle, view):
        return "no clock", f"it lapsed: `{ladder.clock}` was too long ago"
    policy = next((policy for policy in view.book.entries.policies if policy.name == ladder.clock), None)
    if cycle is None:
        if policy is not None and target_of(policy, view) is None:
            return "no clock", f"no target of the policy '{ladder.clock}' applies to the ticket"
        starts = policy.starts if policy else ""
        return "no clock", f"the clock of '{ladder.clock}' has not started: `{starts}` has not happened"
    if is_paused(cycle):
        pauses = [word for word in (policy.pauses if policy else ()) if during(word)(after)]
        return "paused", f"the clock of '{ladder.clock}' is paused: {', '.join(pauses)}"
    return "no clock", f"the clock of '{ladder.clock}' has stopped"
