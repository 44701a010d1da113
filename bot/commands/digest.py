"""`piletibot digest`: the lead's page from what the bot knows; asks no Jira."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from bot import logs
from bot.imports import sources_of
from bot.report.write import write
from bot.settings import load_settings
from bot.start import read_desk
from bot.store.store import open_store


def digest(config: Path, out: Path, language: str | None) -> int:
    """Write the digest as of now to `out`; return 0. Raises Misconfigured, StoreError, OSError."""
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    book = read_desk(settings.rules.folder, settings.site).book
    with closing(open_store(settings.store.url.get_secret_value())) as store:
        write(
            store, book, int(time.time()), out, language, f"{settings.jira.url}/browse/", sources=sources_of(settings)
        )
    print(out)
    return 0
