"""What one changed ticket takes, step by step, on its way from Jira's JSON to the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from desk import NOW_S
from floor import STORED, UPSERT, decode_one, row_of
from measure import Row, race
from reading import ticket

from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.jira.binding import Binding
from bot.jira.reader import decode_issue
from bot.store.store import open_store


def steps(raw: Sequence[bytes], binding: Binding, book: Rulebook, rounds: int) -> list[Row]:
    """Take the processor time of each step for all these issues; the floor decodes and stores them."""
    tickets = [ticket(each, binding) for each in raw]
    with (
        TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)) as bare,
        closing(open_store(f"sqlite:///{Path(folder) / 'ours.db'}")) as store,
    ):
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute(STORED)
        moments = cycle(range(NOW_S, NOW_S + 10_000))

        def floor() -> None:
            rows = [row_of(decode_one(each)) for each in raw]
            bare.execute("BEGIN")
            bare.executemany(UPSERT, rows)
            bare.execute("COMMIT")

        return race(
            {
                "floor: decoded and stored": floor,
                "decoded for the bot": lambda: [decode_issue(each) for each in raw],
                "decoded and read into facts": lambda: [ticket(each, binding) for each in raw],
                "judged by all rules of the desk": lambda: [judge(each, book, NOW_S) for each in tickets],
                "stored in the mirror": lambda: store.put_tickets(tickets, "bench", next(moments)),
            },
            rounds,
        )
