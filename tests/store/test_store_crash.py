"""A process killed while it writes leaves whole transactions behind, and all of those it had finished."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.store.store import open_store

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import sys
from bot.core.ticket import Ticket
from bot.store.store import Entry, open_store

store = open_store(sys.argv[1])
n = store.mark_ms() or 0
while True:
    n += 1
    with store.transaction():
        store.put_tickets([Ticket(f"{i}", f"D-{i}", "D", 0, n, "new") for i in range(50)], "f", n)
        store.write_entries(
            [Entry(f"{i}", f"{i}", f"D-{i}", "r", "ask", "s", (), "intended", "b", 0, n) for i in range(50)]
        )
        store.set_mark(n, n)
    print(n, flush=True)
"""


def test_kill_while_writing(url: str) -> None:
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(4)]
        writer.kill()
        told += [int(line) for line in writer.stdout.read().split()]
        assert writer.wait() == -9
        writer.stdout.close()

        store = open_store(url)
        mark = store.mark_ms()
        assert mark in (told[-1], told[-1] + 1), "the last one told, or one committed and not yet told"
        assert store.all_seen() == {f"{i}": mark for i in range(50)}
        assert [(e.at, e.state) for e in store.pending()] == [(mark, "intended")] * 50
        if url.startswith("sqlite"):
            with store.reading() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        store.close()
