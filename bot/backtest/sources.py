"""Where the tickets of a backtest come from: an export, or the live Jira. No text of a ticket is kept."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bot.backtest.facts import Note, notes_of_binding, notes_of_export
from bot.backtest.progress import Tell
from bot.backtest.run import Read
from bot.core.commands import all_granted
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.jira.binding import Binding, bind
from bot.jira.export import ReadExported, bind_to_export, look_through
from bot.jira.fetch import BATCH
from bot.jira.tracker import JiraTracker
from bot.settings import Jira, Misconfigured
from bot.start import client_of, look_at, placed

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Source:
    """Tickets to live again: `count` of them, how each rulebook reads one, and what is to be told.

    `notes_of` stands beside `reads`, one for each rulebook. `findings` tell of what had to be left out.
    """

    name: str
    sources: Callable[[], Iterator[bytes]]
    count: int
    first_at: Moment | None
    last_at: Moment | None
    reads: Sequence[Read]
    notes: Sequence[Note]
    notes_of: Sequence[Sequence[Note]]
    findings: Sequence[str] = ()


def exported(path: Path, books: Sequence[Rulebook], bot: str | None, tell: Tell) -> Source:
    """Look through an export and tie the rulebooks to what it shows. Raises Misconfigured, OSError."""
    try:
        export = look_through(path, lambda more: tell("looking through", more))
    except ValueError as error:
        raise Misconfigured(f"{path}: {error}") from None
    findings = [f"{path}:{number}: {what}" for number, what in export.unread]
    if export.unread_lines > len(export.unread):
        findings.append(f"{path}: and {export.unread_lines - len(export.unread)} more such lines")
    if export.cut_short:
        findings.append(f"{path}: {export.cut_short}")
    if not export.count:
        raise Misconfigured(*findings, f"{path}: no line of it holds a Jira ticket")
    bound = [bind_to_export(book.entries, export, bot) for book in books]
    return Source(
        name=path.name,
        sources=export.sources,
        count=export.count,
        first_at=export.first_at,
        last_at=export.last_at,
        reads=[ReadExported(binding) for binding, _ in bound],
        notes=tuple(notes_of_export(export, bot)),
        notes_of=[
            tuple(notes_of_binding(book.entries, export, *found)) for book, found in zip(books, bound, strict=True)
        ],
        findings=findings,
    )


@dataclass(frozen=True)
class ReadKept:
    """Reads a ticket as it was written down, in the words of the rulebook of this number."""

    number: int

    def __call__(self, raw: bytes) -> Ticket:
        """Read it."""
        return _KEPT.decode(raw)[self.number]


_KEPT = msgspec.msgpack.Decoder(tuple[Ticket, ...])


@contextmanager
def live(
    jira: Jira, books: Sequence[Rulebook], folders: Sequence[Path], since: Moment, tell: Tell
) -> Iterator[Source]:
    """Read the tickets of the first rulebook's projects that changed since a moment or are still open.

    Their facts are kept in a scratch file until this ends. Raises Misconfigured for a rulebook that does not fit
    this Jira, Unreachable, Throttled, Denied.
    """
    tracker = _tracker(jira, books, folders)
    with TemporaryDirectory(prefix="piletibot-") as folder, closing(tracker.client):
        path = Path(folder) / "tickets"
        count, troubles, first_at, last_at = 0, 0, None, None
        stamps = chain(tracker.changed(since * 1000), tracker.open_before(since * 1000))
        seen: set[str] = set()
        with path.open("wb") as file:
            while ids := list(islice((stamp.id for stamp in stamps), BATCH)):
                fresh = [id_ for id_ in dict.fromkeys(ids) if id_ not in seen]
                seen.update(fresh)
                tickets, _, unread = tracker.read_in_each(fresh)
                for each in tickets:
                    kept = msgspec.msgpack.encode(tuple(map(all_granted, each)))
                    file.write(_LENGTH.pack(len(kept)) + kept)
                    created, updated = each[0].created_at, each[0].updated_ms // 1000
                    first_at = created if first_at is None else min(first_at, created)
                    last_at = updated if last_at is None else max(last_at, updated)
                count += len(tickets)
                troubles += len(unread)
                tell("reading", len(fresh))
        findings = [f"{project}: {what}" for project, what in tracker.closed.items()]
        findings += [f"{troubles} tickets could not be read"] if troubles else []
        yield Source(
            name=jira.url,
            sources=lambda: _kept(path),
            count=count,
            first_at=first_at,
            last_at=last_at,
            reads=[ReadKept(number) for number in range(len(books))],
            notes=[Note("not_given", troubles)] if troubles else [],
            notes_of=[()] * len(books),
            findings=findings,
        )


def _kept(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while length := file.read(_LENGTH.size):
            yield file.read(_LENGTH.unpack(length)[0])


def _tracker(jira: Jira, books: Sequence[Rulebook], folders: Sequence[Path]) -> JiraTracker:
    """Tie every rulebook to the Jira, which is only read. Raises Misconfigured."""
    catalogues = [look_at(jira, book.entries, lambda: True) for book in books]
    bindings: list[Binding] = []
    for book, catalogue, folder in zip(books, catalogues, folders, strict=True):
        bound = bind(book.entries, catalogue)
        if isinstance(bound, list):
            raise Misconfigured(*placed(bound, folder))
        bindings.append(bound)
    first, *others = bindings
    return JiraTracker(client_of(jira), catalogues[0], first, books[0].entries, others)
