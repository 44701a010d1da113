"""What a backtest keeps between its passes, in a scratch file: facts only, gone when it ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bot.core.ledger import decided
from bot.core.outcome import Outcome, StepOutcome
from bot.core.replay import Met
from bot.core.steps import Because, Occasion, Step, Wishes
from bot.core.ticket import Moment

Number = int
"""A ticket's place among the sources."""


class _Step(msgspec.Struct, frozen=True, array_like=True):
    """A step without the values that only its text would show; `because` is already one line."""

    key: str
    rule: str
    clock: str
    started_at: Moment
    rung: str
    repeat: int
    say: str
    to: tuple[str, ...]
    due_at: Moment
    because: str
    urgency: int
    observe: bool
    since_at: Moment
    hours: str | None
    sets: dict[str, str]


class _Met(msgspec.Struct, frozen=True, array_like=True):
    key: str
    queue: str | None
    last: bool
    ticket_id: str
    project: str
    on_hold: str | None
    steps: tuple[_Step, ...]


_ENCODER = msgspec.msgpack.Encoder()
_MET = msgspec.msgpack.Decoder(_Met)
_OUTCOME = msgspec.msgpack.Decoder(Outcome)
_TOLD = msgspec.msgpack.Decoder(StepOutcome)


def pack_met(met: Met) -> bytes:
    """Write down what a ticket wishes from a cycle on, in as few bytes as arranging it needs."""
    wishes = met.wishes
    steps = tuple(
        _Step(
            step.key,
            step.rule,
            step.occasion.clock,
            step.occasion.started_at,
            step.occasion.rung,
            step.occasion.repeat,
            step.say,
            step.to,
            step.due_at,
            decided(step),
            step.urgency,
            step.observe,
            step.since_at,
            step.hours,
            dict(step.sets),
        )
        for step in wishes.steps
    )
    return _ENCODER.encode(
        _Met(met.key, met.queue, met.last, wishes.ticket_id, wishes.project, wishes.on_hold, steps)
    )


def unpack_met(at: Moment, packed: bytes) -> Met:
    """Read what `pack_met` wrote."""
    met = _MET.decode(packed)
    steps = tuple(
        Step(
            key=step.key,
            ticket_id=met.ticket_id,
            ticket_key=met.key,
            rule=step.rule,
            occasion=Occasion(step.clock, step.started_at, step.rung, step.repeat),
            say=step.say,
            to=step.to,
            due_at=step.due_at,
            because=Because(step.because),
            urgency=step.urgency,
            observe=step.observe,
            since_at=step.since_at,
            hours=step.hours,
            sets=step.sets,
        )
        for step in met.steps
    )
    return Met(at, met.key, met.queue, Wishes(met.ticket_id, met.project, steps, None, "", met.on_hold), met.last)


def pack_outcome(outcome: Outcome) -> bytes:
    """Write down what is known of a ticket before its steps are."""
    return _ENCODER.encode(outcome)


class Spill:
    """Lives in the order of their sources, what they wish in the order of its cycles, and what became of that."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.lives = self.mets = 0

    def keep(self, lives: Iterable[tuple[bytes, list[tuple[Moment, bytes]]]]) -> None:
        """Keep the next lives: each an outcome without steps, and what is wished from which cycle on."""
        outcomes, mets = [], []
        for outcome, met in lives:
            outcomes.append((self.lives, outcome))
            mets += [(at, self.lives, packed) for at, packed in met]
            self.lives += 1
        self.mets += len(mets)
        self._connection.executemany("INSERT INTO life VALUES (?, ?)", outcomes)
        self._connection.executemany("INSERT INTO met VALUES (?, ?, ?)", mets)

    def met(self) -> Iterator[tuple[Number, Met]]:
        """Give what all tickets wish, in the order of its cycles and then of the tickets."""
        for at, number, packed in self._connection.execute("SELECT at, number, packed FROM met ORDER BY at, number"):
            yield number, unpack_met(at, packed)

    def tell(self, told: Iterable[tuple[Number, StepOutcome]]) -> None:
        """Keep what became of steps."""
        self._connection.executemany(
            "INSERT INTO told VALUES (?, ?)", ((number, _ENCODER.encode(step)) for number, step in told)
        )

    def outcomes(self) -> Iterator[Outcome]:
        """Give every ticket with its steps, in the order of their sources."""
        rows = self._connection.execute("SELECT number, packed FROM told ORDER BY number, rowid")
        told = groupby(rows, key=itemgetter(0))
        upcoming = next(told, None)
        for number, packed in self._connection.execute("SELECT number, packed FROM life ORDER BY number"):
            outcome = _OUTCOME.decode(packed)
            if upcoming is not None and upcoming[0] == number:
                steps = sorted((_TOLD.decode(step) for _, step in upcoming[1]), key=lambda step: step.due_at)
                outcome = msgspec.structs.replace(outcome, steps=tuple(steps))
                upcoming = next(told, None)
            yield outcome


@contextmanager
def spill() -> Iterator[Spill]:
    """Open a scratch file that is gone afterwards."""
    with (
        TemporaryDirectory(prefix="piletibot-") as folder,
        closing(sqlite3.connect(Path(folder) / "backtest.db", isolation_level=None)) as connection,
    ):
        connection.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; BEGIN;"
            "CREATE TABLE life (number INTEGER PRIMARY KEY, packed BLOB);"
            "CREATE TABLE met (at INTEGER, number INTEGER, packed BLOB);"
            "CREATE TABLE told (number INTEGER, packed BLOB);"
        )
        yield Spill(connection)
