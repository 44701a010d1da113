"""The invariants: what must hold after every event, whatever people do and whatever fails.

They are asked of Jira's own record, of the ledger, and of the rulebook; never of what the bot says of itself alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from bot.core.arrange import arrange
from bot.core.judge import judge
from bot.core.ledger import COMMAND, NOTICES
from bot.core.people import calendar_of
from bot.core.rulebook import Rulebook
from bot.core.steps import Step, is_key
from bot.core.ticket import Moment, Ticket
from bot.engine.cycle import desk_state
from bot.engine.engine import Report
from bot.engine.poll import RECONCILED
from bot.jira.tracker import STEP
from bot.sandbox.fitted import BOT
from bot.store.tables import ledger, tickets
from bot.store.tied import with_others
from simulation.sim import PACE, Laws, Simulation, Violation
from simulation.wire import Written, keys_in, mentioned

SLACK_S = 600
"""How long a comment may be on its way after the bot last looked at its clock, in seconds."""

_SOON_S, _RESTLESS_S = 60, 12 * 3600
_STALE_S = 900
_OVERLAP_S = 300
"""How far the poll promises to look back, in seconds."""

_ROWS = sa.select(tickets.c.id, tickets.c.updated_ms, tickets.c.look_again_at, tickets.c.state, tickets.c.gone_at)
_BATCHED = sa.select(ledger.c.key).where(ledger.c.state == "batched")


@dataclass
class Invariants(Laws):
    """The laws, with what they remember of the run. `off` names laws that are not asked."""

    off: frozenset[str] = frozenset()
    heard: int = 0
    mailed: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    comments: dict[str, str] = field(default_factory=dict)
    said_at: dict[str, Moment] = field(default_factory=dict)
    mailed_at: dict[str, Moment] = field(default_factory=dict)
    told: defaultdict[tuple[str, date], set[int]] = field(default_factory=lambda: defaultdict(set))
    mails: Counter[str] = field(default_factory=Counter)
    lives: Counter[str] = field(default_factory=Counter)
    sent: Counter[Moment] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    batched: set[str] = field(default_factory=set)
    restless: dict[str, tuple[Moment, int]] = field(default_factory=dict)
    never: dict[str, int] = field(default_factory=dict)
    blind_at: Moment = 0

    def after_event(self, sim: Simulation) -> None:
        self._hear(sim)

    def after_cycle(self, sim: Simulation, report: Report | None) -> None:
        self._hear(sim)
        self._mail(sim)
        if report is None or sim.engine is None:
            return
        if report.batched:
            self.batched.update(row.key for row in sim.store.rows(_BATCHED))
        self.failing = report.failing
        for trouble in report.troubles:
            if "Error)" in trouble:
                raise Violation(f"a ticket could not be handled: {trouble}")
        self._fresh(sim, report)
        if report.unreachable is None and not report.slowed:
            self._looks(sim)

    def at_the_end(self, sim: Simulation) -> None:
        self._hear(sim)
        if self.failing:
            raise Violation(f"the bot's own audit fails though nothing else does: {self.failing}")
        self._agrees(sim)
        self._alone(sim)
        self._mirrored(sim)
        self._unsaid(sim)

    # What was written.

    def _hear(self, sim: Simulation) -> None:
        while self.heard < len(sim.written):
            written = sim.written[self.heard]
            self.heard += 1
            for law in SAYING if written.comment is not None else SETTING:
                if law.__name__ not in self.off:
                    law(self, sim, written)

    def _mail(self, sim: Simulation) -> None:
        for mail in sim.post.arrived[self.mailed :]:
            again = mail.id in self.mails and not _is_forgotten(sim, self.mailed_at[mail.id])
            self.mails[mail.id] += 1
            self.mailed_at[mail.id] = sim.now
            if again:
                raise Violation(f"a letter arrived {self.mails[mail.id]} times: {mail.id}")
            person = mail.to.partition("@")[0]
            if not calendar_of(person, sim.book).is_open(mail.at):
                raise Violation(f"a letter to {person} outside their hours, at {mail.at}")
        self.mailed = len(sim.post.arrived)

    # What is to come.

    def _looks(self, sim: Simulation) -> None:
        """Every open ticket on the desk has one valid next look: none in the past, none missing without a reason."""
        engine = sim.engine
        assert engine is not None
        troubled = {ticket_id for ticket_id, *_ in sim.store.troubles()}
        for row in sim.store.rows(_ROWS):
            if row.gone_at is not None or row.id in troubled:
                continue
            if row.look_again_at is not None:
                if row.look_again_at < sim.cycle_at:
                    raise Violation(f"{row.id} was to be looked at {sim.cycle_at - row.look_again_at} s ago")
                soon = row.look_again_at <= sim.cycle_at + _SOON_S
                since, version = self.restless.get(row.id, (sim.cycle_at, row.updated_ms))
                if not soon or version != row.updated_ms:
                    self.restless.pop(row.id, None)
                elif abs(sim.cycle_at - since) > _RESTLESS_S:
                    raise Violation(f"{row.id} is looked at in every cycle, though nothing changes")
                else:
                    self.restless[row.id] = (since, version)
                continue
            self.restless.pop(row.id, None)
            state = sim.book.states.get(row.state)
            if state is None or state.standing == "closed" or self.never.get(row.id) == row.updated_ms:
                continue
            wishes = next(iter(self._judged(sim, sim.store.tickets([row.id]))), None)
            if wishes is not None and wishes[1] is not None:
                raise Violation(f"{row.id} is never looked at again, though it is to be at {wishes[1]}")
            self.never[row.id] = row.updated_ms

    def _fresh(self, sim: Simulation, report: Report) -> None:
        """What Jira's search showed when a cycle began is mirrored when it has reached its end.

        Not so what the search shows later than the poll looks back, or what was hidden: that is for the sweep.
        """
        engine, knobs, bot = sim.engine, sim.site.faults, sim.person(BOT)
        assert engine is not None
        home = sim.book.entries.projects[0]
        blind = bot is None or not sim.world.may(bot, "BROWSE_PROJECTS", home) or bool(sim.world.archived)
        if knobs.lag_ms > _OVERLAP_S * 1000 or knobs.forbidden or blind or engine.tracker.closed or sim.skew_s:
            self.blind_at = sim.bot_now
        swept_at = int(sim.store.note(RECONCILED) or 0)
        waits = report.unreachable is not None or report.slowed
        if waits or report.troubles or swept_at <= self.blind_at:
            return
        began_ms = (sim.cycle_at - 1) * 1000
        rows = {row.id: row for row in sim.store.rows(_ROWS)}
        troubled = {ticket_id for ticket_id, *_ in sim.store.troubles()}
        for known in sim.world.indexed(began_ms, knobs.lag_ms, uneven=knobs.uneven):
            row = rows.get(str(known.id))
            if known.project_key != home or str(known.id) in troubled or known.id not in sim.world.issues:
                continue
            if row is None or row.updated_ms < known.updated_ms:
                raise Violation(f"{known.key} is mirrored as of {row and row.updated_ms}, and was {known.updated_ms}")

    def _judged(self, sim: Simulation, those: list[Ticket]) -> Iterator[tuple[Ticket, Moment | None]]:
        engine = sim.engine
        assert engine is not None
        desk = engine.desk(sim.bot_now)
        known = with_others(desk, those, sim.store, sim.book, sim.bot_now)
        for ticket in those:
            yield ticket, judge(ticket, sim.book, sim.bot_now, known).look_again_at

    # What must be so when nothing fails any more.

    def _agrees(self, sim: Simulation) -> None:
        """The ledger agrees with Jira: each row said has its comment, and each comment its row."""
        rows = {row.key: row for row in sim.store.ledger()}
        for row in rows.values():
            if row.state in ("intended", "doubtful"):
                raise Violation(f"{row.key} is {row.state} though nothing fails any more")
            by_comment = row.state == "said" and row.letter is None and row.ticket_id
            if by_comment and row.key not in self.keys and row.because != _SAME:
                raise Violation(f"{row.key} is said, and no comment ever said so")
        there = {row.id for row in sim.store.rows(_ROWS) if row.gone_at is None}
        for key, ticket_id in self.comments.items():
            row = rows.get(key)
            if _is_forgotten(sim, self.said_at[key]) or sim.store.spent([key]):
                continue
            if ticket_id in there and is_key(key, sim.book.site, ticket_id) and (row is None or row.state != "said"):
                raise Violation(f"{key} was said, and is {row.state if row else 'unknown'} in the ledger")

    def _alone(self, sim: Simulation) -> None:
        """Nothing stands in two comments: what a process said that was overtaken on its way is taken back."""
        times = Counter(
            key for issue in sim.world.issues.values() for each in issue.comments for key in keys_in(each)
        )
        for key, many in times.items():
            if many > 1:
                raise Violation(f"{key} stands in {many} comments")

    def _mirrored(self, sim: Simulation) -> None:
        """The mirror shows each ticket as Jira does."""
        rows = {row.id: row for row in sim.store.rows(_ROWS)}
        for issue in sim.world.issues.values():
            if issue.project_key not in sim.book.entries.projects:
                continue
            row = rows.get(str(issue.id))
            if row is None or row.gone_at is not None or row.updated_ms != issue.updated_ms:
                raise Violation(f"{issue.key} is not mirrored as it is: {row}")
        for row in rows.values():
            there = sim.world.issues.get(int(row.id))
            here = there is not None and there.project_key in sim.book.entries.projects
            if row.gone_at is None and not here:
                raise Violation(f"{row.id} is mirrored, and is not there")

    def _unsaid(self, sim: Simulation) -> None:
        """What an undisturbed bot would say now is said: nothing is left to say, nothing left to set."""
        engine, store, now = sim.engine, sim.store, sim.bot_now
        assert engine is not None
        ids = [row.id for row in store.rows(_ROWS) if row.gone_at is None]
        those = store.tickets(ids)
        known = with_others(engine.desk(now), those, store, sim.book, now)
        wishes = [judge(ticket, sim.book, now, known) for ticket in those]
        rows = {key: entry for entries in store.entries(ids).values() for key, entry in entries.items()}
        looks = {row.id: row.look_again_at for row in store.rows(_ROWS)}
        arranged = arrange(wishes, rows, sim.book, desk_state(engine, now), now)
        for steps in arranged.say:
            for step in steps:
                look = looks[step.ticket_id]
                if look is None or look > now + PACE.refused_s:
                    raise Violation(f"{step.key} is wished since {now - step.due_at} s, and not said")
        if arranged.batch:
            raise Violation(f"{len(arranged.batch)} steps are over the ceiling though all were let go")


_SAME = "the bot's last comment says the same"


def _rules(written: Written) -> set[str]:
    return {key.split("/")[2] for key in written.keys if key.count("/") >= 2}


def _is_calm(written: Written, book: Rulebook) -> bool:
    """Whether a comment is one that stands under hours and budgets."""
    rules = _rules(written)
    urgent = any(ladder.urgent and ladder.name in rules for ladder in book.entries.ladders)
    ours = all(is_key(key, book.site, written.ticket_id) for key in written.keys)
    return ours and not urgent and not rules & {COMMAND, *NOTICES}


def _people(sim: Simulation, written: Written) -> list[str]:
    made = written.comment
    assert made is not None
    return mentioned(sim.world, made)


def _once(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Each step's comment is written at most once."""
    for key in written.keys:
        known = key not in laws.said_at or not _is_forgotten(sim, laws.said_at[key])
        there = any(key in keys_in(each) for each in written.before.comments)
        laws.keys[key] += 1
        laws.comments[key] = written.ticket_id
        laws.said_at[key] = written.at
        if laws.keys[key] > 1 and (known or there) and not sim.overtaken:
            raise Violation(f"{key} was said {laws.keys[key]} times")


def _is_forgotten(sim: Simulation, at: Moment) -> bool:
    """Whether what happened then was before the database was lost, or an old copy of it put back.

    Of that the bot knows only what Jira shows: no comment that a person deleted, and nobody's budget of the day.
    """
    return sim.lost_at is not None and at <= sim.lost_at


def _mannerly(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Nobody hears anything outside their hours, or more on a day than their budget."""
    if not _is_calm(written, sim.book):
        return
    people = _people(sim, written)
    late = written.bot_at - written.cycle_at > SLACK_S
    for person in people[:1] if late else people:
        if not calendar_of(person, sim.book).is_open(written.bot_at):
            raise Violation(f"{written.keys} to {person} outside their hours, at {written.bot_at}")
    day = sim.book.calendar.day_of(written.cycle_at)
    for person in people:
        heard = laws.told[person, day]
        heard.add(written.number)
        forgotten = sim.lost_at is not None and day == sim.book.calendar.day_of(sim.lost_at)
        if len(heard) > sim.book.entries.manners.budget and not forgotten:
            raise Violation(f"{len(heard)} comments to {person} on {day}: {written.keys}")


def _silent(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Nothing is said on a ticket that was held when the bot read it last, nor while the bot knows it is silenced."""
    rules = _rules(written)
    if rules & {COMMAND}:
        return
    if sim.book.entries.manners.hold in _labels(written) and not rules & NOTICES:
        raise Violation(f"{written.keys} on a ticket that is held")
    if written.silenced:
        raise Violation(f"{written.keys} though everything is silenced")


def _switched(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Nothing is written once the project's property has silenced it, whatever the bot knows of that."""
    if sim.silent_since is not None and written.at - sim.silent_since > SLACK_S:
        raise Violation(f"{written.ticket_id} is written to, its project being silent since {sim.silent_since}")


def _labels(written: Written) -> list[str]:
    shown = written.shown.issue
    return [] if shown is None else list(shown.fields["labels"])


def _sparing(laws: Invariants, sim: Simulation, written: Written) -> None:
    """No more is said on a ticket in its life, or in a cycle, than the desk wants; nor the same twice in a row."""
    if not _is_calm(written, sim.book) or written.after.project_key not in sim.book.entries.projects:
        return
    manners = sim.book.entries.manners
    laws.lives[written.ticket_id] += 1
    closing = any(rung.sets for ladder in sim.book.entries.ladders for rung in ladder.rungs)
    if laws.lives[written.ticket_id] > manners.ticket_budget + 2 * closing:
        raise Violation(f"{laws.lives[written.ticket_id]} comments on {written.ticket_id}: {written.keys}")
    laws.sent[written.cycle_at] += laws.batched.isdisjoint(written.keys)
    if laws.sent[written.cycle_at] > manners.ceiling:
        raise Violation(f"{laws.sent[written.cycle_at]} comments in one cycle, at {written.cycle_at}")


def _same_again(laws: Invariants, sim: Simulation, written: Written) -> None:
    """No two comments of the bot's that follow one another on a ticket say the same."""
    made = written.comment
    own = [each for each in written.before.comments if keys_in(each)]
    if made is None or not own or COMMAND in _rules(written):
        return
    one, other = (each.properties[STEP].get("hash") for each in (own[-1], made))
    if one == other:
        raise Violation(f"{written.keys} says the same again")


def _read_back(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Before every comment the bot read the ticket's comments back, and knew by them what it had said."""
    shown = written.shown.comments
    if shown is None:
        raise Violation(f"{written.keys} was written without reading back")
    unseen = [each for each in written.before.comments if each not in shown.comments]
    own = [each for each in unseen if each.author is not None and each.author.name == "piletibot"]
    if COMMAND in _rules(written):  # the ticket is read back once before all its commands are answered
        own = [each for each in own if each.created_ms // 1000 < written.at - SLACK_S]
    if own:
        raise Violation(f"{written.keys} was written without reading back {len(own)} own comments")


def _meant(laws: Invariants, sim: Simulation, written: Written) -> None:
    """A comment calls those for whom its steps are by the rulebook, as the ticket was when it was last read."""
    if not _is_calm(written, sim.book) or sim.engine is None:
        return
    shown = written.shown.issue
    if shown is None:
        raise Violation(f"{written.keys} was written without reading the ticket")
    if sim.world.issues.get(shown.id) is not written.after or _differs(shown, written.before):
        return  # somebody acted between reading and writing
    steps = {step.key: step for step in _wished(laws, sim, written)}
    if steps.keys().isdisjoint(written.keys):
        raise Violation(f"{written.keys} is not wished")
    meant = {person for key in written.keys if key in steps for person in steps[key].to}
    names = set(_people(sim, written))
    if names - meant:
        raise Violation(f"{written.keys} calls {sorted(names - meant)}, who are not meant: {sorted(meant)}")
    asked = {steps[key].to[0] for key in written.keys if key in steps}
    if asked - names:
        raise Violation(f"{written.keys} does not call {sorted(asked - names)}")


def _queue_of(value: object, book: Rulebook, tier: int) -> bool:
    name = value.get("value") if isinstance(value, dict) else None
    return any(queue.tier == tier and name in queue.values for queue in book.entries.queues)


def _differs(one: object, other: object) -> bool:
    return one is not other


def _wished(laws: Invariants, sim: Simulation, written: Written) -> tuple[Step, ...]:
    """What the rulebook wishes on a ticket as it was before a comment, by a line that nothing disturbs."""
    engine = sim.engine
    assert engine is not None
    ticket = _read(laws, sim, written)
    if ticket is None:
        return ()
    desk = with_others(engine.desk(written.bot_at), [ticket], sim.store, sim.book, written.bot_at)
    return judge(ticket, sim.book, written.cycle_at, desk).steps


def _read(laws: Invariants, sim: Simulation, written: Written) -> Ticket | None:
    """The ticket as it was before the write."""
    now = sim.world.issues[written.before.id]
    sim.world.issues[written.before.id] = written.before
    try:
        with sim.undisturbed() as tracker:
            found = tracker.read([written.ticket_id]).tickets
    finally:
        sim.world.issues[written.before.id] = now
    return sim.store.decided(found)[0] if found else None


def _let_be(laws: Invariants, sim: Simulation, written: Written) -> None:
    """No field is set on a ticket that was held when it was last read, nor while everything is silenced."""
    if _by_command(written) or not written.items:
        return
    if sim.book.entries.manners.hold in _labels(written):
        raise Violation(f"{written.ticket_id}: fields are set on a ticket that is held")
    if written.silenced:
        raise Violation(f"{written.ticket_id}: fields are set though everything is silenced")


def _by_command(written: Written) -> bool:
    return written.seam in ("before command", "after command")


def _human(laws: Invariants, sim: Simulation, written: Written) -> None:
    """A field that a person set is never undone."""
    if _by_command(written):
        return
    shown = written.shown.issue or written.before
    for item in written.items:
        name = item["fieldId"]
        if name in ("status", "labels", "resolution"):
            continue
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
        by_hand = last is not None and (last.author is None or last.author.name != "piletibot")
        if value is not None and by_hand:
            raise Violation(f"{written.ticket_id}: {name} was set by a person, and is set over")


def _reread(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Since it was decided what to do on a ticket, the ticket was read again, so that what people did wins."""
    rules = _rules(written)
    if (
        written.seam == "second"
        or "command" in written.seam
        or "answer" in written.seam
        or rules & {COMMAND, *NOTICES}
    ):
        return
    if written.shown.issue_at < sim.intent_at:
        late = sim.intent_at - written.shown.issue_at
        raise Violation(f"{written.ticket_id} was last read {late} s before it was decided what to do on it")


def _timely(laws: Invariants, sim: Simulation, written: Written) -> None:
    """Nothing is done to a ticket on the strength of a reading that is long past: the process stood still since.

    Where it stood still with the request itself on its way, nothing can be done about that.
    """
    late = written.at - written.shown.issue_at
    asked_for = _by_command(written) or _rules(written) & {COMMAND, *NOTICES}
    if written.shown.issue is not None and late > _STALE_S and not sim.stood and not asked_for:
        raise Violation(f"{written.ticket_id} was written to {late} s after it was read")


SAYING = (_once, _mannerly, _silent, _switched, _sparing, _same_again, _read_back, _reread, _timely, _meant)
SETTING = (_reread, _timely, _human, _let_be, _switched)
