"""`piletibot approve`: let a digest go that waits for somebody's word."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.core.findings import nearest
from bot.engine.digests import approve as approve_digest
from bot.engine.digests import drafts
from bot.settings import Misconfigured, load_settings
from bot.store.store import open_store


def approve(config: Path, name: str | None) -> int:
    """Let a recipient's digest go, or list those that wait; return 0. Raises Misconfigured where none waits."""
    settings = load_settings(config)
    with closing(open_store(settings.store.url.get_secret_value())) as store:
        waiting = {each: rows[0] for each, rows in drafts(store).items()}
        if name is None:
            lines = [f"{each}  {_period(row.key)}" for each, row in waiting.items()]
            print("\n".join(lines) or "No digest is waiting.")
            return 0
        if name not in waiting:
            meant = nearest(name, waiting)
            hint = f"did you mean '{meant}'?" if meant else f"there are: {', '.join(waiting) or 'none'}"
            raise Misconfigured(f"{name}: no such digest is waiting; {hint}")
        approve_digest(store, name)
    print(f"{name}: approved; the next cycle sends it.")
    return 0


def _period(key: str) -> str:
    """The period that a digest's name tells: its kind and first day."""
    return key.rpartition("/")[2].rpartition("-")[0].replace("-", " from ", 1)
