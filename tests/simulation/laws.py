"""The invariants: what must hold after every event, whatever people do and whatever fails.

They are asked of Jira's own record, of the ledger, and of the rulebook; never of what the bot says of itself alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.core.judge import judge
from bot.core.people import calendar_of
from bot.core.recipients import keys_of, owed
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.engine.engine import Report
from bot.engine.mailer import Mail, mail_id
from bot.engine.poll import RECONCILED
from bot.jira.tracker import STEP
from bot.sandbox.fitted import BOT
from bot.store.tables import ledger
from bot.store.tied import with_others
from simulation.ending import Ending, mirrored
from simulation.letters import lettered
from simulation.overruling import overruling
from simulation.sim import Laws, Simulation, Violation
from simulation.writing import SAYING, SETTING, Told

_SOON_S, _RESTLESS_S = 60, 12 * 3600
_OVERLAP_S = 300
"""How far the poll promises to look back, in seconds."""

_IN_VAIN = 24
"""How many writes to a ticket a process may try in vain while nobody changes it: they come ever more seldom."""

_EVERY, _SOME = 8, 3
"""In every eighth cycle the next looks of three tickets are asked of the rulebook."""

_EDITIONS = (
    "SELECT key, ticket_id, comment_id, edition FROM ledger "
    "WHERE state = 'said' AND edition IS NOT NULL AND comment_id IS NOT NULL"
)
_BATCHED = sa.select(ledger.c.key).where(ledger.c.state == "batched")


def _is_digest(mail: Mail, book: Rulebook) -> bool:
    """Whether a letter is a digest that was due, which comes when its recipient wants it, at work or not."""
    those = (owed(entry, book, mail.at) for entry in book.entries.digest.recipients)
    return mail.id in {mail_id(key) for due in those if due is not None for key in keys_of(due, book.site).values()}


def _swept_at(sim: Simulation) -> Moment:
    found = sim.driver.execute("SELECT value FROM notes WHERE name = ?", (RECONCILED,)).fetchone()
    return int(found[0]) if found else 0


def _troubled(sim: Simulation) -> set[str]:
    return {id_ for (id_,) in sim.driver.execute("SELECT ticket_id FROM troubles")}


@dataclass
class Invariants(Ending, Told, Laws):
    """The laws, with what they remember of the run. `off` names laws that are not asked."""

    off: frozenset[str] = frozenset()
    heard: int = 0
    mailed: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    restless: dict[str, tuple[Moment, int]] = field(default_factory=dict)
    never: dict[str, int] = field(default_factory=dict)
    blind_at: Moment = 0
    misled: bool = False
    editions: dict[str, tuple[str, object]] = field(default_factory=dict)
    lost_at: Moment | None = None

    def see(self, sim: Simulation) -> None:
        """Note when something was last hidden from the poll, and what is known since by the sweep alone."""
        self.misled = self.misled or sim.skew_s != 0
        knobs, bot, home = sim.site.faults, sim.person(BOT), sim.book.entries.projects[0]
        blind = bot is None or not sim.world.may(bot, "BROWSE_PROJECTS", home) or bool(sim.world.archived)
        if knobs.lag_ms > _OVERLAP_S * 1000 or knobs.forbidden or blind or sim.skew_s:
            self.blind_at = max(sim.bot_now, _swept_at(sim))  # a clock that is set back is before the last sweep

    def after_event(self, sim: Simulation) -> None:
        self._hear(sim)

    def after_cycle(self, sim: Simulation, report: Report | None) -> None:
        self._hear(sim)
        self._mail(sim)
        self._patient(sim)
        if report is None or sim.engine is None:
            return
        if report.batched:
            self.batched.update(row.key for row in sim.store.rows(_BATCHED))
        self.failing = report.failing
        for trouble in report.troubles:
            if "Error)" in trouble:
                raise Violation(f"a ticket could not be handled: {trouble}")
        self._edited(sim)
        self._fresh(sim, report)
        if report.unreachable is None and not report.slowed:
            self._looks(sim)
            self._right(sim)
        else:
            self.restless.clear()

    def at_the_end(self, sim: Simulation) -> None:
        self._hear(sim)
        if self.failing:
            raise Violation(f"the bot's own audit fails though nothing else does: {self.failing}")
        self.all_came_to_an_end(sim)
        self._private(sim)

    def _patient(self, sim: Simulation) -> None:
        """Jira is given the time that it asks for, and a ticket that takes no writes its peace."""
        for wire in (sim.wire, *(each.wire for each in sim.seconds)):
            if wire is None:
                continue
            if wire.hurried:
                raise Violation(f"Jira was asked too early: {wire.hurried[0]}")
            for (id_, _), many in wire.in_vain.items():
                if many > _IN_VAIN:
                    raise Violation(f"{id_} is written to in vain {many} times, and nobody changed it")

    # What was written.

    def _hear(self, sim: Simulation) -> None:
        while self.heard < len(sim.written):
            written = sim.written[self.heard]
            self.heard += 1
            for law in (*SAYING, lettered) if written.comment is not None else (*SETTING, overruling):
                if law.__name__ not in self.off:
                    law(self, sim, written)

    def _mail(self, sim: Simulation) -> None:
        for mail in sim.post.arrived[self.mailed :]:
            self.mails[mail.id] += 1
            self.asked.update(sim.post.asking[mail.id])
            if self.mails[mail.id] > 1:
                raise Violation(f"a letter arrived {self.mails[mail.id]} times: {mail.id}")
            person = mail.to.partition("@")[0]
            if not calendar_of(person, sim.book).is_open(mail.at) and not _is_digest(mail, sim.book):
                raise Violation(f"a letter to {person} outside their hours, at {mail.at}")
            for key in sim.post.asking[mail.id]:
                if self.asked[key] + self.keys[key] > 1:
                    raise Violation(f"{key} was asked in {self.asked[key]} letters, and in {self.keys[key]} comments")
        self.mailed = len(sim.post.arrived)

    def _edited(self, sim: Simulation) -> None:
        """A comment that says something else by the ledger was written anew in Jira, unless a person deleted it.

        One whose other parts the ledger does not know any more stays as it is.
        """
        if self.lost_at != sim.lost_at:
            self.lost_at = sim.lost_at
            self.editions.clear()
        for key, ticket_id, comment_id, edition in sim.driver.execute(_EDITIONS):
            before = self.editions.get(key)
            if before is not None and before[0] == edition:
                continue
            issue = sim.world.issues.get(int(ticket_id))
            made = next((each for each in issue.comments if str(each.id) == comment_id), None) if issue else None
            if made is None:
                continue
            text = made.properties[STEP].get("hash")
            self.editions[key] = edition, text
            if before is not None and before[1] == text and self._is_known(sim, ticket_id, comment_id):
                raise Violation(f"{key} says by the ledger what it does not say in Jira: {edition or 'all is there'}")

    def _is_known(self, sim: Simulation, ticket_id: str, comment_id: str) -> bool:
        rows = sim.store.entries([ticket_id])[ticket_id].values()
        return all(row.part is not None for row in rows if row.comment_id == comment_id)

    # What is to come.

    def _looks(self, sim: Simulation) -> None:
        """Every open ticket on the desk has one valid next look: none in the past, none missing without a reason."""
        engine = sim.engine
        assert engine is not None
        troubled = _troubled(sim)
        for (id_,) in sim.driver.execute("SELECT ticket_id FROM troubles WHERE again_at IS NULL"):
            raise Violation(f"{id_} is laid aside for ever")
        for row in mirrored(sim):
            if row.gone_at is not None or row.id in troubled:
                self.restless.pop(row.id, None)
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

    def _right(self, sim: Simulation) -> None:
        """A ticket's next look is no later than the rulebook names, but where a step waits until just then.

        Some tickets are asked about in turn. One that comes sooner is no harm, unless it does in every cycle; and
        what was noted by a clock that was set wrong may be late by as much.
        """
        which, left = divmod(sim.reports, _EVERY)
        if left or self.misled:
            return
        troubled = _troubled(sim)
        rows = [row for row in mirrored(sim) if row.gone_at is None and row.id not in troubled]
        some = {rows[(which * _SOME + i) % len(rows)].id for i in range(_SOME if rows else 0)}
        looks = {row.id: row.look_again_at for row in rows if row.id in some}
        later = {id_: look for id_, look in looks.items() if look is None or look > sim.cycle_at}
        ledger = sim.store.entries(sorted(later))
        for ticket, look in self._judged(sim, sim.store.tickets(sorted(later))):
            held = {row.not_before for row in ledger[ticket.id].values() if row.state == "held"}
            noted = later[ticket.id]
            is_late = look is not None and (noted is None or noted > look)
            if is_late and (noted is None or noted not in held):
                raise Violation(f"{ticket.key} is looked at again at {noted}, and is to be at {look}")

    def _fresh(self, sim: Simulation, report: Report) -> None:
        """What Jira's search showed when a cycle began is mirrored when it has reached its end.

        Not so what the search shows later than the poll looks back, or what was hidden: that is for the sweep.
        """
        engine, knobs, home = sim.engine, sim.site.faults, sim.book.entries.projects[0]
        assert engine is not None
        self.see(sim)
        swept_at = _swept_at(sim)
        if engine.tracker.closed:
            self.blind_at = max(sim.bot_now, swept_at)
        waits = report.unreachable is not None or report.slowed
        if waits or report.troubles or swept_at <= self.blind_at:
            return
        began_ms = (sim.cycle_at - 1) * 1000
        rows = {row.id: row for row in mirrored(sim)}
        troubled = _troubled(sim)
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

    def _private(self, sim: Simulation) -> None:
        """Nothing that people wrote, nobody's name and no secret is in all that the bot put out."""
        output = sim.output
        output.database(sim.store)
        output.files(sim.home)
        if "_shown" not in self.off:
            output.shown(sim)
        leaks = output.leaks()
        if leaks:
            raise Violation(f"what is not the bot's to tell got out: {', '.join(leaks)}")
