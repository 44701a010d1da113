"""The laws of the end: what must be so once nobody has acted and nothing has failed for some working days.

What keeps a step back is asked of Jira's record, of the rulebook, and of what was said, which Jira proves; of the
rows by which the bot tells that something waits, none counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from itertools import chain
from typing import NamedTuple

import msgspec
from msgspec import structs

from bot.core.arrange import Arrangement, DeskState, arrange
from bot.core.judge import judge
from bot.core.ledger import WAITING, Entry
from bot.core.people import calendar_of
from bot.core.silence import of_labels, of_property
from bot.core.steps import Wishes, is_key
from bot.core.ticket import Moment
from bot.engine.deliver import yet_to_put
from bot.engine.keeping import desk_state
from bot.engine.recalled import recalled
from bot.engine.sending import WAITING as LETTERS_WAITING
from bot.engine.sending import is_of_the_morning
from bot.engine.sent_once import said_before
from bot.store.tied import with_others
from simulation.sim import Simulation, Violation
from simulation.wire import keys_in
from simulation.writing import Told, is_forgotten

_SAME = "the bot's last comment says the same"
_ROWS = "SELECT id, updated_ms, look_again_at, state, gone_at FROM tickets"


class Row(NamedTuple):
    """A ticket as the mirror has it."""

    id: str
    updated_ms: int
    look_again_at: Moment | None
    state: str
    gone_at: Moment | None


def mirrored(sim: Simulation) -> list[Row]:
    """All tickets that the mirror has, also those that are gone."""
    return [Row(*row) for row in sim.driver.execute(_ROWS)]


def _silenced(sim: Simulation) -> frozenset[str]:
    """What people silence, as Jira has it."""
    entries, home = sim.book.entries, sim.book.entries.projects[0]
    control = next((each for each in sim.world.issues.values() if each.key == entries.manners.control), None)
    labels = [] if control is None else control.fields["labels"]
    found = set(of_labels(labels, entries.manners.hold, entries.projects))
    properties = sim.world.projects[home].properties
    value = msgspec.json.encode(properties["piletibot"]) if "piletibot" in properties else None
    return frozenset(found | ({home} if of_property(value) else set()))


class _Now(NamedTuple):
    """What is wished in the last cycle, what the ledger has of it, and what is to be done by the rulebook."""

    wishes: Sequence[Wishes]
    rows: Mapping[str, Entry]
    arranged: Arrangement


class Ending(Told):
    """The laws of the end."""

    def all_came_to_an_end(self, sim: Simulation) -> None:
        """Ask all of them."""
        self._agrees(sim)
        self._alone(sim)
        self._mirrored(sim)
        self._unsaid(sim)
        self._settled(sim)

    def _agrees(self, sim: Simulation) -> None:
        """The ledger agrees with Jira: each row said has its comment, and each comment its row."""
        rows = {row.key: row for row in sim.store.ledger()}
        for row in rows.values():
            if row.state in ("intended", "doubtful"):
                raise Violation(f"{row.key} is {row.state} though nothing fails any more")
            by_comment = row.state == "said" and row.letter is None and row.ticket_id
            known = row.key in self.keys or row.key in self.shared
            if by_comment and not known and row.because != _SAME:
                raise Violation(f"{row.key} is said, and no comment ever said so")
        there = {row.id for row in mirrored(sim) if row.gone_at is None}
        for key, ticket_id in self.comments.items():
            found = rows.get(key)
            if is_forgotten(sim, self.said_at[key]) or sim.store.spent([key]):
                continue
            is_ours = ticket_id in there and is_key(key, sim.book.site, ticket_id)
            if is_ours and (found is None or found.state != "said"):
                raise Violation(f"{key} was said, and is {found.state if found else 'unknown'} in the ledger")

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
        rows = {row.id: row for row in mirrored(sim)}
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
        """What was to be said, set and edited in the last cycle by the rulebook is said, set and edited."""
        engine, asked_at = sim.engine, sim.cycle_at
        assert engine is not None
        now = self._now(sim)
        _is_proven(now, sim.observed)
        for step in chain.from_iterable(now.arranged.say):
            raise Violation(f"{step.key} is wished since {asked_at - step.due_at} s, and not said")
        for step in now.arranged.batch:
            raise Violation(f"{step.key} is over the ceiling, though all batches are let go")
        for step in yet_to_put(engine, now.arranged.put):
            raise Violation(f"{step.key} is wished since {asked_at - step.due_at} s, and what it sets is not set")
        for step, row in now.arranged.amend:
            raise Violation(f"{step.key} says what is no longer so: {row.edition}, not {step.edition}")

    def _now(self, sim: Simulation) -> _Now:
        engine, store, at = sim.engine, sim.store, sim.cycle_at
        assert engine is not None
        ids = [row.id for row in mirrored(sim) if row.gone_at is None]
        those = store.tickets(ids)
        known = with_others(engine.desk(at), those, store, sim.book, at)
        wishes = [judge(ticket, sim.book, at, known) for ticket in those]
        every = {key: entry for entries in store.entries(ids).values() for key, entry in entries.items()}
        every |= recalled(store, sim.book, wishes, every, at)
        every |= said_before(engine.journal, wishes, every, at)
        rows = {key: row for key, row in every.items() if row.state not in WAITING or _is_let_go(sim, row)}
        desk: DeskState = structs.replace(desk_state(engine, at), silenced=_silenced(sim), barred=frozenset())
        return _Now(wishes, rows, arrange(wishes, rows, sim.book, desk, at))

    def _settled(self, sim: Simulation) -> None:
        """No command is left to be settled, and no letter of the day to be sent, where nobody silences the bot."""
        engine, at = sim.engine, sim.cycle_at
        assert engine is not None
        if _silenced(sim):
            return
        for told in sim.store.unsettled_commands():
            if (told.not_before or 0) <= at and told.at < at:
                raise Violation(
                    f"the command {told.comment_id} of {told.ticket_id} is not settled, {at - told.at} s old"
                )
        for row in sim.store.letters_in(LETTERS_WAITING):
            calendar = calendar_of(row.to, sim.book)
            is_of_today = is_of_the_morning(row) and row.due_at >= calendar.start_of_day(calendar.day_of(at))
            if is_of_today and calendar.is_open(at):
                raise Violation(
                    f"a letter of the kind {row.rule} to {row.to} is {row.state}, {at - row.due_at} s late"
                )


def _is_let_go(sim: Simulation, row: Entry) -> bool:
    return row.state == "released" and row.key in sim.released


def _is_proven(now: _Now, observed: Set[str]) -> None:
    """What counts as recorded is so by the rulebook, or was by one before, in which these rules were on observe."""
    for step in (step for wish in now.wishes for step in wish.steps):
        row = now.rows.get(step.key)
        if row is not None and row.state == "observed" and not step.observe and step.rule not in observed:
            raise Violation(f"{step.key} is only recorded, and is to be said")
