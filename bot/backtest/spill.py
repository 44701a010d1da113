"""What a backtest keeps between its passes, in a scratch file: facts only, gone when it ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from bot.core.ledger import decided
from bot.core.outcome import Outcome, StepOutcome
from bot.core.replay import Met, is_same
from bot.core.speaking import Number
from bot.core.steps import Because, Step, Wishes
from bot.core.ticket import Moment

_LEFT_OUT: dict[str, Any] = {"values": {}, "left": (), "edition": None, "instead": ()}
"""What of a step only its text would show, and what arranging adds to it, as it is kept: not at all."""

_NAMES = tuple(name for name in Step.__struct_fields__ if name not in _LEFT_OUT and name != "because")
_named = attrgetter(*_NAMES)


class _Step(Step, frozen=True, array_like=True):
    """A step as it is kept; `because` is already one line."""


class _Met(msgspec.Struct, frozen=True, array_like=True):
    """Where a step is the one that was wished before, only its key stands."""

    key: str
    queue: str | None
    last: bool
    ticket_id: str
    project: str
    on_hold: str | None
    steps: tuple[_Step | str, ...]
    silences: tuple[str, ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_MET = msgspec.msgpack.Decoder(_Met)
_OUTCOME = msgspec.msgpack.Decoder(Outcome)
_TOLD = msgspec.msgpack.Decoder(StepOutcome)


def pack_mets(mets: Iterable[Met]) -> list[tuple[Moment, bytes]]:
    """Write down what a ticket wishes from which cycle on, in as few bytes as arranging it needs."""
    packed = []
    before: dict[str, Step] = {}
    for met in mets:
        steps = tuple(
            step.key if (known := before.get(step.key)) is not None and is_same(step, known) else _packed(step)
            for step in met.wishes.steps
        )
        before = {step.key: step for step in met.wishes.steps}
        wishes = met.wishes
        line = _Met(
            met.key, met.queue, met.last, wishes.ticket_id, wishes.project, wishes.on_hold, steps, met.silences
        )
        packed.append((met.at, _ENCODER.encode(line)))
    return packed


def _packed(step: Step) -> _Step:
    return _Step(because=Because(decided(step)), **dict(zip(_NAMES, _named(step), strict=True)), **_LEFT_OUT)


def unpack_met(at: Moment, packed: bytes, before: dict[str, Step]) -> Met:
    """Read what `pack_mets` wrote; `before` holds the steps of the met before it by their keys, and then its own."""
    met = _MET.decode(packed)
    steps = tuple([before[step] if isinstance(step, str) else step for step in met.steps])
    before.clear()
    for step in steps:
        before[step.key] = step
    wishes = Wishes(met.ticket_id, met.project, steps, None, "", met.on_hold)
    return Met(at, met.key, met.queue, wishes, met.last, met.silences)


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
        before: dict[Number, dict[str, Step]] = {}
        for at, number, packed in self._connection.execute("SELECT at, number, packed FROM met ORDER BY at, number"):
            met = unpack_met(at, packed, before.setdefault(number, {}))
            if met.last:
                del before[number]
            yield number, met

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
