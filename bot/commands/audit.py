"""`piletibot audit`: what the bot did, when, to whom, by which rulebook and why; asks the database alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot import logs
from bot.commands.moments import iso, local, read_moment
from bot.commands.why import show
from bot.core.explained import names_of
from bot.core.findings import nearest
from bot.core.rulebook import Rulebook
from bot.report.audit import Record, Sought, records
from bot.settings import Misconfigured, load_settings
from bot.start import read_desk
from bot.store.scratch import looking
from bot.store.store import Store
from bot.visible import visible

VERSION = 1
"""The version of the JSON objects; counted up when a name in them changes its meaning or goes."""


_WIDE = 120
"""The columns of a terminal from which on a table can be read; a narrower one gets a list."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for, as it was written there."""

    since: str | None = None
    until: str | None = None
    ticket: str | None = None
    rule: str | None = None
    person: str | None = None


def audit(config: Path, asked: Asked, *, as_json: bool) -> int:
    """Print what the bot did that is asked for, oldest first; return 0, also where that is nothing.

    Raises Misconfigured for a moment that cannot be read and for a ticket, rule or person that nobody ever heard of,
    and StoreError.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    book = read_desk(settings.rules.folder, settings.site).book
    with looking(settings.store.url.get_secret_value()) as store:
        found = records(store, _sought(store, book, asked))
        purged = store.has_purged()
    if as_json:
        for record in found:
            print(json.dumps(as_object(record), ensure_ascii=False))
    elif found:
        console, zone = Console(highlight=False), ZoneInfo(book.calendar.timezone)
        show(_table(found, zone) if console.width >= _WIDE else _list(found, zone), console)
    else:
        print("Nothing of that is known.")
    if purged:
        print("What was purged is not told: of it only hashes are kept.", file=sys.stderr)
    return 0


def as_object(record: Record) -> dict[str, object]:
    """A record as `--json` prints it: moments in ISO 8601 and UTC, what is empty left out."""
    built = msgspec.structs.asdict(record)
    told = {
        name: iso(value)
        if name in ("at", "due_at", "not_before")
        else list(value)
        if name in ("to", "left")
        else value
        for name, value in built.items()
        if value not in (None, "", ())
    }
    return {"v": VERSION, **told}


def _sought(store: Store, book: Rulebook, asked: Asked) -> Sought:
    """Read what is asked for; all that cannot be is said at once."""
    problems: list[str] = []
    moments: dict[str, int | None] = {"since": None, "until": None}
    for name in moments:
        if (text := getattr(asked, name)) is not None:
            try:
                moments[name] = _moment(book, text, last=name == "until")
            except Misconfigured as error:
                problems += [f"--{name} {problem}" for problem in error.problems]
    since, until = moments["since"], moments["until"]
    if since is not None and until is not None and until < since:
        problems.append("--until is before --since")
    if since is not None and since > time.time():
        problems.append("--since is in the future")
    ticket = _ticket(store, asked.ticket, problems)
    rules, people = store.words_of_what_was_done()
    _known("--rule", asked.rule, {*names_of(book), *rules}, "rule, nor was there ever one", problems)
    _known("--person", asked.person, {*book.languages, *people}, "person, nor was one ever addressed", problems)
    if problems:
        raise Misconfigured(*problems)
    return Sought(since, until, ticket, asked.rule, asked.person)


def _moment(book: Rulebook, text: str, *, last: bool) -> int:
    """Read a moment; a day without a time begins there, or, where the last moment is asked for, ends there."""
    at = read_moment(book.calendar, text)
    return book.calendar.end_of_day(book.calendar.day_of(at)) - 1 if last and len(text) == len("2026-11-16") else at


def _ticket(store: Store, key: str | None, problems: list[str]) -> str | None:
    if key is None:
        return None
    ids = {known: id_ for id_, known in store.keys_of_ids().items()}
    found = ids.get(key) or ids.get(key.upper())
    if found is None:
        problems.append(f"--ticket {key}: nothing is kept of such a ticket{_meant(key, ids)}")
    return found


def _known(option: str, word: str | None, words: Collection[str], what: str, problems: list[str]) -> None:
    if word is not None and word not in words:
        problems.append(f"{option} {word}: the rulebook names no such {what}{_meant(word, sorted(words))}")


def _meant(word: str, words: Collection[str]) -> str:
    meant = nearest(word, list(words))
    return f"; did you mean '{meant}'?" if meant else ""


def _table(found: Sequence[Record], zone: ZoneInfo) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("when", "what", "ticket", "by", "to", "because", "rulebook"):
        table.add_column(title, no_wrap=title in ("when", "ticket", "rulebook"), overflow="fold")
    for record in found:
        table.add_row(*(Text(visible(cell)) for cell in _cells(record, zone)))  # not as markup: `[red]` is somebody's
    return table


def _list(found: Sequence[Record], zone: ZoneInfo) -> Group:
    """The same, with the reason below what was done."""
    lines: list[RenderableType] = []
    for record in found:
        *done, because, version = _cells(record, zone)
        lines.append(Text(visible("  ".join(filter(None, done))), overflow="fold"))
        why = ", ".join(filter(None, (because, version and f"by rulebook {version}")))
        lines += [Padding(Text(visible(why), overflow="fold"), (0, 0, 0, 4))] if why else []
    return Group(*lines)


def _cells(record: Record, zone: ZoneInfo) -> tuple[str, ...]:
    """When, what, on which ticket, by which rule, to whom, because of what, by which rulebook."""
    return (
        local(record.at, zone),
        _what(record),
        record.ticket,
        _by(record),
        ", ".join((*record.to, *(f"({person})" for person in record.left))) or record.who,
        record.because,
        record.rulebook,
    )


def _what(record: Record) -> str:
    if record.kind == "step":
        return record.state
    if record.kind == "set":
        return f"set {record.field}: {record.was or '–'} → {record.now or '–'}"
    words = (record.kind, record.command, record.state, f"by {record.way}" if record.way else "")
    return " ".join(filter(None, words))


def _by(record: Record) -> str:
    return f"{record.rule}/{record.rung}" if record.rung else record.rule
