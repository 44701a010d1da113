"""`piletibot release`: let a batch over the ceiling go."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.engine.batch import batches
from bot.engine.batch import release as release_batch
from bot.settings import Misconfigured, load_settings
from bot.store.store import open_store


def release(config: Path, batch: str | None) -> int:
    """Release a batch by its name, or list those that wait; return 0. Raises Misconfigured for an unknown batch."""
    settings = load_settings(config)
    with closing(open_store(settings.store.url.get_secret_value())) as store:
        waiting = {_name(at): (at, n) for at, n in batches(store).items()}
        if batch is None:
            print("\n".join(f"{name}  {n} steps" for name, (_, n) in waiting.items()) or "No batch is waiting.")
            return 0
        if batch not in waiting:
            raise Misconfigured(f"{batch}: no such batch is waiting; there are: {', '.join(waiting) or 'none'}")
        steps = release_batch(store, waiting[batch][0], int(time.time()))
    print(f"{steps} steps released; the next cycle says what of them is still wished.")
    return 0


def _name(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
