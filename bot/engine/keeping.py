"""Judging tickets with all that is known of their steps, and keeping what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from bot.core.arrange import Arrangement, DeskState, Held
from bot.core.ledger import WAITING, Entry, decided, row, rows_of_comment, turned
from bot.core.silence import barred, words
from bot.core.steps import Wishes
from bot.core.ticket import Moment
from bot.core.verdict import Verdict
from bot.engine.batch import untold
from bot.engine.control import silences
from bot.engine.engine import Engine, Report
from bot.engine.judging import judge_these, unrecorded
from bot.engine.recalled import recalled
from bot.engine.sending import has_way
from bot.engine.sent_once import said_before


class Known(NamedTuple):
    """What came of judging tickets, with the rows of their steps by key: all that arranging them rests on."""

    wishes: list[Wishes]
    ledger: dict[str, Entry]
    looks: dict[str, Moment | None]
    verdicts: tuple[list[Verdict], list[Verdict]]


def known_of(engine: Engine, ids: Sequence[str], now: Moment, report: Report) -> Known:
    """Judge these tickets, and those that go with them, and find what became of their steps. Raises `Unreachable`."""
    judged = (judge_these if engine.hands is None else engine.hands.judge)(engine, ids, now, report)
    ledger = rows_of(engine, list(judged.looks))
    wishes = judged.wishes + untold(engine, ledger)
    ledger |= recalled(engine.store, engine.book, wishes, ledger, now)
    before = said_before(engine.journal, wishes, ledger, now)
    engine.store.write_entries([each for key, each in before.items() if key in ledger])
    return Known(wishes, ledger | before, judged.looks, (judged.written, judged.removed))


def rows_of(engine: Engine, ids: Sequence[str]) -> dict[str, Entry]:
    """The rows of these tickets' steps, by key."""
    return {key: entry for entries in engine.store.entries(ids).values() for key, entry in entries.items()}


def desk_state(engine: Engine, now: Moment) -> DeskState:
    """What crosses tickets: what was spoken today, and whether a person silenced the bot."""
    calendar = engine.book.calendar
    spoken = engine.store.spoken_since(calendar.start_of_day(calendar.day_of(now)))
    silent = silences(engine.store)
    return DeskState(tuple(spoken), words(silent), letters=has_way(engine), barred=barred(silent))


def look_sooner(
    looks: dict[str, Moment | None], held: Iterable[Held], unset: Mapping[str, Moment] = MappingProxyType({})
) -> None:
    """Have tickets looked at again when their held steps may be said, or fields left unset are set, if sooner."""
    those = ((step.ticket_id, not_before) for step, _, not_before, _ in held if not_before is not None)
    for ticket_id, at in chain(those, unset.items()):
        looks[ticket_id] = min(at, looks.get(ticket_id) or at)


def keep(
    engine: Engine,
    arranged: Arrangement,
    ledger: Mapping[str, Entry],
    looks: Mapping[str, Moment | None],
    verdicts: tuple[list[Verdict], list[Verdict]],
    now: Moment,
) -> None:
    """Write intents, holds, withdrawals, verdicts and next looks in one transaction: all of it counts or none."""
    version = engine.book.version
    entries = [each for steps in arranged.say for each in rows_of_comment(steps, "intended", now, version)]
    entries += [row(step, "observed", decided(step), now, version) for step in arranged.observe]
    entries += [row(step, "adopted", "due before the rule went live", now, version) for step in arranged.adopt]
    entries += [row(step, "batched", "more steps than the ceiling allows", now, version) for step in arranged.batch]
    holds = (row(step, "held", because, now, version, until) for step, because, until, _ in arranged.hold)
    entries += [held for held in holds if _tells_more(held, ledger.get(held.key))]
    entries += [turned(ledger[key], "withdrawn", "no longer wished", now) for key in arranged.withdraw]
    batched = [entry for entry in ledger.values() if entry.state == "batched"]
    with engine.store.transaction():
        if entries:
            engine.fence(True)
            engine.store.write_entries(entries)
        engine.store.put_verdicts(*verdicts)
        engine.store.judged({**looks, **dict.fromkeys(unrecorded(arranged.put, arranged.amend), now)})
        engine.store.judged(dict.fromkeys(_released_meanwhile(engine, batched), now))


def _released_meanwhile(engine: Engine, batched: Sequence[Entry]) -> list[str]:
    """The tickets of those steps in a batch that a person released since they were judged: due again."""
    ledgers = engine.store.entries(sorted({entry.ticket_id for entry in batched}))
    known = {key: entry.state for ledger in ledgers.values() for key, entry in ledger.items()}
    return sorted({entry.ticket_id for entry in batched if known.get(entry.key) == "released"})


def _tells_more(held: Entry, known: Entry | None) -> bool:
    """Whether a hold is news: a batch keeps its own row, and the same hold again is not written again."""
    if known is None or known.state not in WAITING:
        return True
    return known.state == "held" and (known.because, known.not_before) != (held.because, held.not_before)
