"""A backtest's passes: every ticket lived again on all cores, the desk arranged in order of time, the outcomes given.

Memory is bounded by what may still be wished at one moment, not by the number of tickets.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from operator import attrgetter
from typing import Literal, NamedTuple

from msgspec import structs

from bot.backtest.spill import pack_mets, pack_outcome, spill
from bot.core.outcome import Outcome, StepOutcome
from bot.core.replay import Grid, Met, Span, replay
from bot.core.rulebook import Rulebook
from bot.core.speaking import Batch, Speaking
from bot.core.ticket import Moment, Ticket
from bot.jira.reader import Unreadable

Read = Callable[[bytes], Ticket]
"""Makes a ticket of what a source holds. Raises Unreadable."""

Stage = Literal["judge", "arrange"]

_CHUNK = 64
_AHEAD = 3
GARBAGE = 100_000
"""How much a backtest makes before garbage is collected: much of it is gone at once, and little is garbage."""


class Opened(NamedTuple):
    """A rulebook, and what reads tickets in its words."""

    book: Rulebook
    read: Read


@dataclass(slots=True)
class Found:
    """What a backtest counts while it runs: tickets, judgings, tickets in trouble, and cycles over the ceiling."""

    tickets: int = 0
    judgings: int = 0
    troubles: int = 0
    batches: list[Batch] = field(default_factory=list)


class _Life(NamedTuple):
    """A ticket lived again, packed; without an outcome where it was not there in the span.

    `met` is what is still to be arranged with the rest of the desk, `arranged` counts what already was.
    """

    outcome: bytes | None
    judgings: int
    trouble: bool
    met: list[tuple[Moment, bytes]]
    arranged: int = 0


def backtest(
    sources: Iterable[bytes],
    opened: Callable[[], Opened],
    span: Span,
    grid: Grid,
    *,
    workers: int = 1,
    found: Found | None = None,
    progress: Callable[[Stage, int], None] = lambda stage, more: None,
) -> Iterator[Outcome]:
    """Give what becomes of every ticket that was there in the span, in the order of the sources.

    `opened` makes the rulebook and what reads the sources, once in every worker: with more than one it must be
    picklable, such as a frozen dataclass with `__call__`. A source that cannot be read, or a ticket that cannot be
    judged, gives an outcome with `trouble`, and the rest goes on. `found` is complete when the last outcome was
    given; `progress` is told how many more tickets were judged, and wishes arranged.
    """
    found = Found() if found is None else found
    with spill() as kept:
        for lives in _lived(sources, opened, span, grid, workers):
            kept.keep((life.outcome, life.met) for life in lives if life.outcome is not None)
            found.tickets += sum(life.outcome is not None and not life.trouble for life in lives)
            found.judgings += sum(life.judgings for life in lives)
            found.troubles += sum(life.trouble for life in lives)
            progress("judge", len(lives))
            if arranged := sum(life.arranged for life in lives):
                progress("arrange", arranged)
        speaking = Speaking(opened().book, span, grid)
        kept.tell(speaking.run(_counted(kept.met(), progress)))
        found.batches += speaking.batches
        yield from kept.outcomes()


def _counted(mets: Iterator[tuple[int, Met]], progress: Callable[[Stage, int], None]) -> Iterator[tuple[int, Met]]:
    while chunk := list(islice(mets, 1000)):
        yield from chunk
        progress("arrange", len(chunk))


def _lived(
    sources: Iterable[bytes], opened: Callable[[], Opened], span: Span, grid: Grid, workers: int
) -> Iterator[list[_Life]]:
    """Live the tickets again, in the order of their sources, so many at a time that memory stays bounded."""
    chunks = _chunks(iter(sources))
    if workers <= 1:
        living = _Living(opened(), span, grid)
        yield from map(living, chunks)
        return
    # Spawned, not forked: whoever shows the progress has threads.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (opened, span, grid)) as pool:
        under_way: deque[Future[list[_Life]]] = deque()
        for chunk in chunks:
            under_way.append(pool.submit(_live, chunk))
            if len(under_way) >= workers * _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _chunks(sources: Iterator[bytes]) -> Iterator[list[bytes]]:
    while chunk := list(islice(sources, _CHUNK)):
        yield chunk


class _Living:
    """Lives chunks of tickets again."""

    def __init__(self, opened: Opened, span: Span, grid: Grid) -> None:
        self._book, self._read = opened
        self._span, self._grid = span, grid

    def __call__(self, chunk: list[bytes]) -> list[_Life]:
        return [self._life(source) for source in chunk]

    def _life(self, source: bytes) -> _Life:
        ticket = None
        try:
            ticket = self._read(source)
            lived = replay(ticket, self._book, self._span, self._grid)
        except Unreadable as error:
            return _troubled((error.id, error.key, "", 0), f"could not be read: {error}")
        except Exception as error:  # one bad ticket never stops the rest; what it was is told by type
            known = (ticket.id, ticket.key, ticket.project, ticket.created_at) if ticket else ("", "", "", 0)
            return _troubled(known, f"could not be judged ({type(error).__name__})")
        if lived is None:
            return _Life(None, 0, trouble=False, met=[])
        control = self._book.entries.manners.control
        first = next((i for i, met in enumerate(lived.met) if met.wishes.steps or met.key == control), None)
        wishing = [] if first is None else lived.met[first:]
        if control is None and all(step.observe for met in wishing for step in met.wishes.steps):
            outcome = self._alone(wishing, lived.outcome)
            return _Life(pack_outcome(outcome), lived.judged, trouble=False, met=[], arranged=len(wishing))
        return _Life(pack_outcome(lived.outcome), lived.judged, trouble=False, met=pack_mets(wishing))

    def _alone(self, wishing: list[Met], outcome: Outcome) -> Outcome:
        """What becomes of steps that are only recorded: nothing that is said of other tickets holds them back.

        A control ticket does, so that with one the whole desk is arranged in order of time.
        """
        speaking = Speaking(self._book, self._span, self._grid)
        steps = sorted(_steps(speaking.run((0, met) for met in wishing)), key=_due_at)
        return structs.replace(outcome, steps=tuple(steps))


_due_at = attrgetter("due_at")


def _steps(told: Iterable[tuple[int, StepOutcome]]) -> Iterator[StepOutcome]:
    return (step for _, step in told)


def _troubled(known: tuple[str, str, str, Moment], trouble: str) -> _Life:
    outcome = Outcome(*known, state="", queue=None, category=None, trouble=trouble)
    return _Life(pack_outcome(outcome), 0, trouble=True, met=[])


_living: _Living | None = None


def _begin(opened: Callable[[], Opened], span: Span, grid: Grid) -> None:
    """Open the rulebook in a worker."""
    global _living
    gc.set_threshold(GARBAGE)
    _living = _Living(opened(), span, grid)


def _live(chunk: list[bytes]) -> list[_Life]:
    """Live a chunk again in a worker."""
    if _living is None:
        raise RuntimeError("the worker has not begun")
    return _living(chunk)
