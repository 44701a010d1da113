"""What another rulebook would change: the mirror's tickets judged and arranged by both, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import structlog

from bot.core.arrange import Arrangement, DeskState, arrange
from bot.core.changes import Changes, changes
from bot.core.desk import Desk
from bot.core.judge import judge
from bot.core.ledger import WAITING, Entry
from bot.core.rulebook import Rulebook
from bot.core.steps import At, Count, Step, Value, Wishes, rules_of
from bot.core.ticket import Moment, Ticket
from bot.engine.accounts import Accounts
from bot.engine.desk import desk_of
from bot.engine.engine import Engine
from bot.engine.recalled import recalled
from bot.engine.tracker import Tracker
from bot.store.store import Store
from bot.store.tied import with_others
from bot.texts import Messages

log = structlog.get_logger()


class Ready(NamedTuple):
    """A rulebook that is checked and tied to its tracker, and could be in force.

    `accounts` is what the tie found out about those of its people; None where that is not to be kept.
    """

    book: Rulebook
    messages: Messages
    tracker: Tracker
    facts: str
    accounts: Accounts | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new rulebook changes. The counts are of steps by rule, in the first cycle under it at `at`.

    `gained` would be said and were not by the rules in force, `lost` the other way round; `recorded` would only be
    recorded; `withdrawn` wait now and would wait no longer. `comments` is how many that cycle would want to write.
    """

    at: Moment
    changes: Changes
    gained: Counter[str]
    lost: Counter[str]
    recorded: Counter[str]
    withdrawn: Counter[str]
    comments: int
    ceiling: int


@dataclass(slots=True)
class _Side:
    """What one of the two rulebooks wishes, and the rows of the tickets concerned."""

    book: Rulebook
    desk: Desk
    wishes: list[Wishes] = field(default_factory=list)

    def arranged(self, ledger: dict[str, Entry], store: Store, at: Moment) -> Arrangement:
        """Arrange all of it, as if nobody had silenced the bot."""
        calendar = self.book.calendar
        spoken = store.spoken_since(calendar.start_of_day(calendar.day_of(at)))
        ledger = ledger | recalled(store, self.book, self.wishes, ledger, at)
        return arrange(self.wishes, ledger, self.book, DeskState(tuple(spoken)), at)


def difference(engine: Engine, ready: Ready, at: Moment) -> Difference:
    """Compare the rulebook in force with one that is ready, as of `at`: the opening after it, if the desk is closed.

    Tickets are taken from the mirror; where the two rulebooks read them differently, they are read anew for the new
    one. Tickets of projects that only the new one names are not known yet. Raises what `Tracker.read` raises.
    """
    at = ready.book.calendar.next_opening(at)
    before, after = (_Side(book, desk_of(engine.store, book)) for book in (engine.book, ready.book))
    ledger: dict[str, Entry] = {}
    aside: Counter[str] = Counter()
    for tickets in _chunks(engine.store.open_tickets(), engine.pace.read_size):
        if engine.stopping():
            break
        rows = engine.store.entries([ticket.id for ticket in tickets])
        anew = _as_read_by(ready, engine, tickets)
        for side, those in ((before, tickets), (after, list(anew.values()))):
            side.desk = with_others(side.desk, those, engine.store, side.book, at)
        for ticket in tickets:
            waiting = [row for row in rows[ticket.id].values() if row.state in WAITING]
            was = _judged(ticket, before, at)
            now = _judged(anew[ticket.id], after, at) if ticket.id in anew else None
            if ticket.project not in ready.book.entries.projects:
                aside.update(row.rule for row in waiting)
            if waiting or any(wish is not None and wish.steps for wish in (was, now)):
                before.wishes += [was] if was else []
                after.wishes += [now] if now else []
                ledger |= rows[ticket.id]
    then, new = (side.arranged(ledger, engine.store, at) for side in (before, after))
    was_said, is_said = (_spoken(arranged) for arranged in (then, new))
    was_recorded = {step.key for step in then.observe}
    withdrawn = Counter(ledger[key].rule for key in new.withdraw if key not in then.withdraw)
    return Difference(
        at=at,
        changes=changes(engine.book.entries, ready.book.entries),
        gained=_by_rule(step for key, step in is_said.items() if key not in was_said),
        lost=_by_rule(step for key, step in was_said.items() if key not in is_said),
        recorded=_by_rule(step for step in new.observe if step.key not in was_recorded),
        withdrawn=withdrawn + aside,
        comments=len(new.say) + len({step.ticket_id for step in new.batch}),
        ceiling=ready.book.entries.manners.ceiling,
    )


def values_of(found: Difference, ready: Ready, engine: Engine, commit: str | None) -> dict[str, Value]:
    """What the message `rulebook_changed` is given of a difference; what there is none of is left out."""
    changed = found.changes
    sections = list(changed.sections)
    if texts := sorted(ready.messages.differing(engine.messages)):
        sections.append(f"messages ({', '.join(texts)})")
    lists = {
        "commit": commit or "",
        "added": ", ".join(changed.added),
        "removed": ", ".join(changed.removed),
        "altered": ", ".join(changed.altered),
        "renamed": ", ".join(f"{old} → {new}" for old, new in changed.renamed),
        "sections": ", ".join(sections),
        "gained": _counted(found.gained),
        "lost": _counted(found.lost),
        "recorded": _counted(found.recorded),
        "withdrawn": _counted(found.withdrawn),
    }
    values: dict[str, Value] = {word: text for word, text in lists.items() if text}
    values |= {"version": ready.book.version, "comments": Count(found.comments), "date": At(found.at)}
    if found.comments > found.ceiling:
        values["limit"] = Count(found.ceiling)
    return values


def _counted(steps: Counter[str]) -> str:
    return ", ".join(f"{rule} ({n})" for rule, n in sorted(steps.items(), key=lambda item: (-item[1], item[0])))


def _as_read_by(ready: Ready, engine: Engine, tickets: list[Ticket]) -> dict[str, Ticket]:
    """The tickets as the new rulebook reads them; those it does not watch are left out."""
    if ready.facts == engine.facts:
        read: Iterable[Ticket] = tickets
    else:
        read = ready.tracker.read([ticket.id for ticket in tickets]).tickets
    return {ticket.id: ticket for ticket in read if ticket.project in ready.book.entries.projects}


def _judged(ticket: Ticket, side: _Side, at: Moment) -> Wishes | None:
    try:
        return judge(ticket, side.book, at, side.desk)
    except Exception as error:  # as in a cycle, one bad ticket never stops the rest
        log.error("ticket could not be judged", ticket=ticket.key, error=type(error).__name__)
        return None


def _spoken(arranged: Arrangement) -> dict[str, Step]:
    """The steps that would be said, though the ceiling might hold them back, by their keys."""
    steps = (*(step for comment in arranged.say for step in comment), *arranged.batch)
    return {step.key: step for step in steps}


def _by_rule(steps: Iterable[Step]) -> Counter[str]:
    return Counter(rule for step in steps for rule in rules_of(step))


def _chunks(tickets: Iterator[Ticket], size: int) -> Iterator[list[Ticket]]:
    while chunk := list(islice(tickets, size)):
        yield chunk
