"""The laws of writing: what is asked of each write of the bot's that took effect, as Jira's own record has it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.core.judge import judge
from bot.core.ledger import COMMAND, NOTICES
from bot.core.people import calendar_of
from bot.core.rulebook import Rulebook
from bot.core.steps import Step, is_key
from bot.core.ticket import Moment, Ticket
from bot.jira.tracker import STEP
from bot.sandbox.texts import plain
from bot.sandbox.world import Issue
from bot.store.tied import with_others
from simulation.sim import Simulation, Violation
from simulation.wire import Written, keys_in, mentioned

SLACK_S = 600
"""How long a comment may be on its way after the bot last looked at its clock, in seconds."""

_STALE_S = 900
RENAMED_S = 3600 + 6 * 3600 + SLACK_S
"""How long somebody may be called by a former user name: an hour by the bot's clock, which may have been set back."""


@dataclass
class Told:
    """What was written so far: by key how often, on which ticket and when last, and what came to stand in comments
    that were there; who heard what on which day, and when which kind of letter came to them; how much on each ticket
    and in each cycle; and what was ever kept back over the ceiling.
    """

    keys: Counter[str] = field(default_factory=Counter)
    shared: set[str] = field(default_factory=set)
    comments: dict[str, str] = field(default_factory=dict)
    said_at: dict[str, Moment] = field(default_factory=dict)
    told: defaultdict[tuple[str, date], set[int]] = field(default_factory=lambda: defaultdict(set))
    letters: defaultdict[tuple[str, str, str, date], list[Moment]] = field(default_factory=lambda: defaultdict(list))
    lives: Counter[str] = field(default_factory=Counter)
    sent: Counter[Moment] = field(default_factory=Counter)
    batched: set[str] = field(default_factory=set)


def _rules(written: Written) -> set[str]:
    return {key.split("/")[2] for key in written.keys if key.count("/") >= 2}


def _is_calm(written: Written, book: Rulebook) -> bool:
    """Whether a comment is one that stands under hours and budgets."""
    rules = _rules(written)
    urgent = any(ladder.urgent and ladder.name in rules for ladder in book.entries.ladders)
    ours = all(is_key(key, book.site, written.ticket_id) for key in written.keys)
    return ours and not urgent and not rules & {COMMAND, *NOTICES}


def people(sim: Simulation, written: Written) -> list[str]:
    """Whom a comment calls, by the names that the rulebook has for them."""
    made = written.comment
    assert made is not None
    return [sim.once_called.get(name, name) for name in mentioned(sim.world, made)]


def _once(told: Told, sim: Simulation, written: Written) -> None:
    """Each step's comment is written at most once."""
    for key in written.keys:
        if key in sim.unproven:  # a person deleted its comment before the bot could know that it was there
            sim.unproven.discard(key)
            told.keys[key] = 0
        known = key not in told.said_at or not is_forgotten(sim, told.said_at[key])
        there = any(key in keys_in(each) for each in written.before.comments)
        told.keys[key] += 1
        told.comments[key] = written.ticket_id
        told.said_at[key] = written.at
        if told.keys[key] > 1 and (known or there) and not sim.overtaken:
            raise Violation(f"{key} was said {told.keys[key]} times")


def is_forgotten(sim: Simulation, at: Moment) -> bool:
    """Whether what happened then was before the database was lost, or an old copy of it put back.

    Of that the bot knows only what Jira shows: no comment that a person deleted, and nobody's budget of the day.
    """
    return sim.lost_at is not None and at <= sim.lost_at


def _mannerly(told: Told, sim: Simulation, written: Written) -> None:
    """Nobody hears anything outside their hours, or more on a day than their budget."""
    if not _is_calm(written, sim.book):
        return
    called = people(sim, written)
    late = written.bot_at - written.cycle_at > SLACK_S
    for person in called[:1] if late else called:
        if not calendar_of(person, sim.book).is_open(written.bot_at):
            raise Violation(f"{written.keys} to {person} outside their hours, at {written.bot_at}")
    day = sim.book.calendar.day_of(written.cycle_at)
    for person in called:
        heard = told.told[person, day]
        heard.add(written.number)
        forgotten = sim.lost_at is not None and day == sim.book.calendar.day_of(sim.lost_at)
        if len(heard) > sim.book.entries.manners.budget and not forgotten:
            raise Violation(f"{len(heard)} comments to {person} on {day}: {written.keys}")


def _silent(told: Told, sim: Simulation, written: Written) -> None:
    """Nothing is said on a ticket that was held when the bot read it last, nor while the bot knows it is silenced."""
    rules = _rules(written)
    if rules & {COMMAND}:
        return
    if sim.book.entries.manners.hold in _labels(written) and not rules & NOTICES:
        raise Violation(f"{written.keys} on a ticket that is held")
    if written.silenced:
        raise Violation(f"{written.keys} though everything is silenced")


def _switched(told: Told, sim: Simulation, written: Written) -> None:
    """Nothing is written once a property or the control ticket's label has silenced it, whatever the bot knows."""
    if sim.silent_since is not None and written.at - sim.silent_since > SLACK_S:
        raise Violation(f"{written.ticket_id} is written to, its project being silent since {sim.silent_since}")
    labelled_at = _labelled_at(sim)
    if labelled_at is not None and written.at - labelled_at > SLACK_S:
        raise Violation(f"{written.ticket_id} is written to, everything being silent by a label since {labelled_at}")


def _labelled_at(sim: Simulation) -> Moment | None:
    """Since when the control ticket has the label that silences everything, as Jira has it; None where it has not."""
    manners = sim.book.entries.manners
    control = next((each for each in sim.world.issues.values() if each.key == manners.control), None)
    if control is None or manners.hold not in control.fields["labels"]:
        return None
    changed = (each for each in control.histories if any(item.get("fieldId") == "labels" for item in each.items))
    return max((each.at_ms // 1000 for each in changed), default=control.created_ms // 1000)


def _labels(written: Written) -> list[str]:
    shown = written.shown.issue
    return [] if shown is None else list(shown.fields["labels"])


def _sparing(told: Told, sim: Simulation, written: Written) -> None:
    """No more is said on a ticket in its life, or in a cycle, than the desk wants; nor the same twice in a row."""
    if not _is_calm(written, sim.book) or written.after.project_key not in sim.book.entries.projects:
        return
    manners = sim.book.entries.manners
    told.lives[written.ticket_id] += 1
    closing = any(rung.sets for ladder in sim.book.entries.ladders for rung in ladder.rungs)
    if told.lives[written.ticket_id] > manners.ticket_budget + 2 * closing:
        raise Violation(f"{told.lives[written.ticket_id]} comments on {written.ticket_id}: {written.keys}")
    told.sent[written.cycle_at] += (told.batched | sim.released).isdisjoint(written.keys)
    if told.sent[written.cycle_at] > manners.ceiling:
        raise Violation(f"{told.sent[written.cycle_at]} comments in one cycle, at {written.cycle_at}")


def _same_again(told: Told, sim: Simulation, written: Written) -> None:
    """No two comments of the bot's that follow one another on a ticket say the same."""
    made = written.comment
    own = [each for each in written.before.comments if keys_in(each)]
    if made is None or not own or COMMAND in _rules(written):
        return
    one, other = (each.properties[STEP].get("hash") for each in (own[-1], made))
    if one == other:
        raise Violation(f"{written.keys} says the same again")


def _read_back(told: Told, sim: Simulation, written: Written) -> None:
    """Before every comment the bot read the ticket's comments back, and knew by them what it had said."""
    shown = written.shown.comments
    if shown is None:
        raise Violation(f"{written.keys} was written without reading back")
    seen = {each.id for each in shown.comments}  # also of one that a person edited since
    unseen = [each for each in written.before.comments if each.id not in seen]
    own = [each for each in unseen if each.author is not None and each.author.name == "piletibot"]
    if COMMAND in _rules(written):  # the ticket is read back once before all its commands are answered
        own = [each for each in own if each.created_ms // 1000 < written.at - SLACK_S]
    if own:
        raise Violation(f"{written.keys} was written without reading back {len(own)} own comments")


def _meant(told: Told, sim: Simulation, written: Written) -> None:
    """A comment calls those for whom its steps are by the rulebook, as the ticket was when it was last read."""
    if not _is_calm(written, sim.book) or sim.engine is None:
        return
    shown = written.shown.issue
    if shown is None:
        raise Violation(f"{written.keys} was written without reading the ticket")
    if sim.world.issues.get(shown.id) is not written.after or _differs(shown, written.before):
        return  # somebody acted between reading and writing
    steps = {step.key: step for step in wished(sim, written, written.before)}
    if steps.keys().isdisjoint(written.keys):
        raise Violation(f"{written.keys} is not wished")
    meant = {person for key in written.keys if key in steps for person in steps[key].to}
    names = set(people(sim, written))
    if names - meant:
        raise Violation(f"{written.keys} calls {sorted(names - meant)}, who are not meant: {sorted(meant)}")
    asked = {steps[key].to[0] for key in written.keys if key in steps}
    asked -= {name for name, at in sim.renamed_at.items() if sim.now - at < RENAMED_S}
    if asked - names:
        raise Violation(f"{written.keys} does not call {sorted(asked - names)}")


def _queue_of(value: object, book: Rulebook, tier: int) -> bool:
    name = value.get("value") if isinstance(value, dict) else None
    return any(queue.tier == tier and name in queue.values for queue in book.entries.queues)


def _has_handed_on(owner: Any, issue: Issue, sim: Simulation) -> bool:
    """Whether an owner is of tier 1 alone, or the one who forwarded the ticket."""
    forwarder = issue.fields.get(sim.field("forwarder") or "")
    name = getattr(owner, "name", None)
    return name in sim.book.tier1_alone or owner in (forwarder, issue.fields.get("reporter"))


def _differs(one: object, other: object) -> bool:
    return one is not other


def wished(sim: Simulation, written: Written, issue: Issue) -> tuple[Step, ...]:
    """What the rulebook wishes on a ticket as it was before a write, or as then shown, by a line undisturbed."""
    engine = sim.engine
    assert engine is not None
    ticket = _read(sim, issue)
    if ticket is None:
        return ()
    desk = with_others(engine.desk(written.bot_at), [ticket], sim.store, sim.book, written.bot_at)
    return judge(ticket, sim.book, written.cycle_at, desk).steps


def _read(sim: Simulation, issue: Issue) -> Ticket | None:
    """The ticket as it was then."""
    now = sim.world.issues.get(issue.id)
    sim.world.issues[issue.id] = issue
    try:
        with sim.undisturbed() as tracker:
            found = tracker.read([str(issue.id)]).tickets
    finally:
        if now is None:
            del sim.world.issues[issue.id]
        else:
            sim.world.issues[issue.id] = now
    return sim.store.decided(found)[0] if found else None


def _let_be(told: Told, sim: Simulation, written: Written) -> None:
    """No field is set on a ticket that was held when it was last read, nor while everything is silenced."""
    if is_by_command(written) or not written.items:
        return
    if sim.book.entries.manners.hold in _labels(written):
        raise Violation(f"{written.ticket_id}: fields are set on a ticket that is held")
    if written.silenced:
        raise Violation(f"{written.ticket_id}: fields are set though everything is silenced")


def is_by_command(written: Written) -> bool:
    """Whether a write carries out what a person told the bot to do."""
    return written.seam in ("before command", "after command")


def _plainly(told: Told, sim: Simulation, written: Written) -> None:
    """A comment that is edited tells nothing twice."""
    if written.edited is None:
        return
    told.shared.update(keys_in(written.edited))
    lines = [line for line in plain(written.edited.body).splitlines() if line.strip()]
    if len(set(lines)) < len(lines):
        raise Violation(f"{written.ticket_id}: a comment is edited, and says the same twice")


def _human(told: Told, sim: Simulation, written: Written) -> None:
    """A field that a person set is never undone."""
    if is_by_command(written):
        return
    shown = written.shown.issue or written.before
    for item in written.items:
        name = item["fieldId"]
        if name in ("status", "labels", "resolution"):
            continue  # of these asks `overruling`
        last = next(
            (
                entry
                for entry in reversed(shown.histories)
                if any(each.get("fieldId") == name for each in entry.items)
            ),
            None,
        )
        value = shown.fields.get(name)
        if name == sim.field("queue") and _queue_of(value, sim.book, tier=1):
            continue  # a queue of tier 1 is no choice for tier 2
        if name == "assignee" and _has_handed_on(value, shown, sim):
            continue  # nor is an owner who has handed the ticket on
        by_hand = last is not None and (last.author is None or last.author.name != "piletibot")
        if value is not None and by_hand:
            raise Violation(f"{written.ticket_id}: {name} was set by a person, and is set over")


def _reread(told: Told, sim: Simulation, written: Written) -> None:
    """Since it was decided what to do on a ticket, the ticket was read again, so that what people did wins."""
    rules = _rules(written)
    if (
        written.second
        or "command" in written.seam
        or "answer" in written.seam
        or "amend" in written.seam  # an edit is repeatable, and needs no reading
        or rules & {COMMAND, *NOTICES}
    ):
        return
    if _is_letter(sim, written):
        return
    if written.shown.issue_at < sim.intent_at:
        late = sim.intent_at - written.shown.issue_at
        raise Violation(f"{written.ticket_id} was last read {late} s before it was decided what to do on it")


def _is_letter(sim: Simulation, written: Written) -> bool:
    """Whether a letter is said on the desk's ticket, which it is not about."""
    return not all(is_key(key, sim.book.site, written.ticket_id) for key in written.keys)


def _timely(told: Told, sim: Simulation, written: Written) -> None:
    """Nothing is done to a ticket on the strength of a reading that is long past: the process stood still since.

    Where it stood still with the request itself on its way, nothing can be done about that.
    """
    edited = "amend" in written.seam  # an edit rests on what the poll tells
    began_at = written.at if written.second else sim.began_at  # a second process takes no time
    late = written.at - max(written.shown.issue_at, began_at if edited else 0)
    asked_for = is_by_command(written) or _rules(written) & {COMMAND, *NOTICES} or _is_letter(sim, written)
    if written.shown.issue is not None and late > _STALE_S and not sim.stood and not asked_for:
        raise Violation(f"{written.ticket_id} was written to {late} s after it was read")


SAYING = (_once, _mannerly, _silent, _switched, _sparing, _same_again, _read_back, _reread, _timely, _meant)
SETTING = (_reread, _timely, _human, _let_be, _switched, _plainly)
