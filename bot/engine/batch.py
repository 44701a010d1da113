"""Batches over the ceiling: nothing of them is sent until a person releases them, and the lead is told once."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.core.ledger import CEILING, WAITING, Entry, turned
from bot.core.steps import Because, Count, Occasion, Step, Wishes, key_of
from bot.core.ticket import Moment
from bot.engine.control import control_ticket
from bot.engine.engine import Engine
from bot.store.store import Store


def notice(engine: Engine, steps: int, now: Moment) -> Step | None:
    """The message on the control ticket that tells the lead of a batch; without that ticket a letter does."""
    control = control_ticket(engine)
    if control is None:
        return None
    occasion = Occasion("batch", now, "tell")
    return Step(
        key=key_of(engine.book.site, control.id, CEILING, occasion),
        ticket_id=control.id,
        ticket_key=control.key,
        rule=CEILING,
        occasion=occasion,
        say="ceiling_reached",
        to=(engine.book.entries.roles.lead,),
        due_at=now,
        because=Because(f"manners.ceiling: {engine.book.entries.manners.ceiling}"),
        values={"n": Count(steps)},
    )


def late(ledger: Mapping[str, Entry]) -> list[Entry]:
    """The notices of a ledger that were not said when their batches arose."""
    return [entry for entry in ledger.values() if entry.rule == CEILING and entry.state in WAITING]


def untold(engine: Engine, ledger: Mapping[str, Entry]) -> list[Wishes]:
    """The wishes for the notices of a ledger that are late, as long as their batches wait."""
    moments = [entry.due_at for entry in late(ledger)]
    waiting = batches(engine.store) if moments else {}
    notices = [notice(engine, waiting[at], at) for at in moments if at in waiting]
    return [
        Wishes(step.ticket_id, step.ticket_key.rpartition("-")[0], (step,), None, "never, because it is said once")
        for step in notices
        if step is not None
    ]


def batches(store: Store) -> dict[Moment, int]:
    """The batches that wait: the moment of the cycle that kept each one, and how many steps or letters it holds."""
    return store.batched()


def release(store: Store, batch: Moment, now: Moment) -> int:
    """Let the next cycle send what is still wished of a batch; returns how many steps and letters that is at most."""
    entries = [entry for entry in store.ledger(batch) if entry.state == "batched" and entry.at == batch]
    letters = [row for row in store.letters_in({"batched"}) if row.at == batch]
    with store.transaction():
        store.write_entries([turned(entry, "released", entry.because, now) for entry in entries])
        store.judged(dict.fromkeys((entry.ticket_id for entry in entries), now))
        store.write_letters([msgspec.structs.replace(row, state="released", at=now) for row in letters])
    return len(entries) + len(letters)
