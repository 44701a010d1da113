"""`piletibot store copy`: move a running installation to another database, with nothing said again."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import URL

from bot import logs
from bot.commands.why import show
from bot.settings import NAMESPACE, Misconfigured, Settings, in_namespace, load_settings
from bot.store.connect import parse
from bot.store.copying import TableCopy, copy_store, would_copy
from bot.store.errors import StoreError, place
from bot.store.lease import lengths

VERSION = 1
"""The version of the JSON objects; counted up when a name in them changes its meaning or goes."""

_STANDARD_INPUT = "-"


def copy(config: Path, url: str, namespace: str | None, *, dry_run: bool, as_json: bool) -> int:
    """Copy the configuration's database into an empty one and leave it, or only say what would be copied; return 0.

    Raises Misconfigured, and StoreError as `copy_store` does.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    source, target = settings.store.url.get_secret_value(), _target(url, namespace)
    if dry_run:
        lines, running = would_copy(source, target)
        if running and not as_json:
            print("A bot runs on it. It would be told to send nothing more, and end.")
    else:
        length_s, grace_s = lengths(settings.engine.poll_s, max(settings.jira.timeout_s, settings.mail.timeout_s))
        lines = copy_store(
            source,
            target,
            lengths=(length_s, grace_s),
            now=int(time.time()),
            journal=_journal(settings),
            say=lambda text: print(text, file=sys.stderr, flush=True),
        )
    _show(settings, parse(source), parse(target), lines, dry_run=dry_run, as_json=as_json)
    return 0


def _target(url: str, namespace: str | None) -> str:
    """Read where to; a file is found from the folder in which the command is given. Raises Misconfigured."""
    text = sys.stdin.readline().strip() if url == _STANDARD_INPUT else url
    try:
        address = parse(text)
    except StoreError as error:
        raise Misconfigured(str(error)) from None
    if namespace is not None:
        if address.drivername == "sqlite" or "options" in address.query or not re.fullmatch(NAMESPACE, namespace):
            raise Misconfigured(
                f"--namespace {namespace}: it names a schema of PostgreSQL, as a word of small letters"
            )
        return in_namespace(text, namespace)
    if address.drivername == "sqlite" and address.database not in (None, "", ":memory:"):
        return f"sqlite:///{Path(str(address.database)).absolute()}"
    return text


def _journal(settings: Settings) -> Path | None:
    file = settings.store.journal
    return file if file is not None and file.is_file() else None


def _show(
    settings: Settings, source: URL, target: URL, lines: list[TableCopy], *, dry_run: bool, as_json: bool
) -> None:
    total = sum(line.rows for line in lines)
    if as_json:
        for line in lines:
            about = {"table": line.name, "rows": line.rows, "sha256": line.sha256}
            print(json.dumps({"v": VERSION, **about, "dry_run": dry_run}))
        whole = {"from": place(source), "to": place(target), "rows": total}
        print(json.dumps({"v": VERSION, **whole, "dry_run": dry_run}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("table", "rows", "SHA-256, the same in both"):
        table.add_column(title, justify="right" if title == "rows" else "left")
    for line in lines:
        table.add_row(line.name, f"{line.rows}", line.sha256[:16] if line.sha256 else "")
    show(table, Console(highlight=False))
    if dry_run:
        print(f"\n{total} rows would be copied from {place(source)} to {place(target)}.")
        return
    print(f"\n{total} rows are copied from {place(source)} to {place(target)}, which is in force now.")
    print("Nothing is sent until the bot uses it: name it in `url` under [store], or in PILETIBOT_STORE__URL,")
    print("and start the bot again.")
    if (journal := _journal(settings)) is not None:
        print(f"Leave {journal} where it is until then: the bot takes over what it knows of letters.")
