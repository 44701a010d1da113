"""How long a backtest takes: 100,000 tickets of real shape, as a whole process on all cores, with its memory."""

from __future__ import annotations

import gzip
import os
import random
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from measure import Used, amount, timed, used
from reading import REAL
from tickets import SEED, issues

from bot.backtest.sources import exported
from bot.core.judge import judge
from bot.core.past import as_of
from bot.core.replay import Grid, Span, replay
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.jira.reader import decode_issue
from bot.start import read_desk

RULES = Path(__file__).resolve().parent / "rulebook"
SMALLER, LARGER = "two ladders on observe", "three promises and four live ladders"
RULEBOOKS = {
    SMALLER: RULES.parents[1] / "data" / "realdata_rulebook",
    LARGER: RULES,
}
"""What is tried: the rulebook that the tests have for these tickets, and one such as desks have."""

_DATE = re.compile(rb"(20[0-9]{2}-[0-9]{2}-[0-9]{2})T")
_SPREAD_WEEKS = 104
_ROOM = 21_000
"""Bytes for each ticket: of the export, and of what comes out."""

SPAN = Span(int(datetime(2010, 1, 4, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 7, tzinfo=UTC).timestamp()))


class _Shape(msgspec.Struct):
    """An issue cut where its moments are: texts between which its dates stand."""

    project: str
    texts: list[bytes]
    dates: list[date]

    def moved(self, number: int, weeks: int) -> bytes:
        """Give the issue with a key and an id of its own, all its moments so many weeks later."""
        later = timedelta(weeks=weeks)
        parts = [f'{{"id":"{number}","key":"{self.project}-{number}",'.encode(), self.texts[0]]
        for day, text in zip(self.dates, self.texts[1:], strict=True):
            parts += [_written(day + later), text]
        return b"".join(parts)


@cache
def _written(day: date) -> bytes:
    return f"{day.isoformat()}T".encode()


def _shape(line: bytes) -> _Shape:
    raw = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    kept = (word for word in raw if word not in ("id", "key"))
    rest = b",".join(b'"%b":%b' % (word.encode(), bytes(raw[word])) for word in kept) + b"}"
    cut = _DATE.split(rest)
    project = msgspec.json.decode(raw["key"], type=str).rpartition("-")[0]
    return _Shape(project, cut[::2], [date.fromisoformat(each.decode()) for each in cut[1::2]])


def shapes() -> tuple[str, list[_Shape]]:
    """Give what tickets are made of, with its name: the real ones where they are, else synthetic ones."""
    if REAL.is_file():
        with gzip.open(REAL, "rb") as lines:
            return "real", [_shape(line) for line in lines]
    return "synthetic", [_shape(msgspec.json.encode(each)) for each in issues(2000)]


def tickets(count: int) -> Iterator[bytes]:
    """Give so many tickets, drawn with replacement and moved by whole weeks: the weekday pattern stays."""
    chance = random.Random(SEED)
    _, drawn = shapes()
    for number in range(1_000_000, 1_000_000 + count):
        yield chance.choice(drawn).moved(number, chance.randrange(_SPREAD_WEEKS))


def export(count: int, file: Path) -> int:
    """Write so many tickets into a file, one a line; gives its size in bytes."""
    with file.open("wb") as out:
        lines = tickets(count)
        while chunk := list(islice(lines, 500)):
            out.write(b"\n".join(chunk) + b"\n")
    return file.stat().st_size


def run(file: Path, out: Path, rules: Path) -> Used:
    """Backtest a file as a user does; what that took with all of its processes."""
    program = str(Path(sys.executable).with_name("piletibot"))
    return used([program, "backtest", "--rules", str(rules), "--export", str(file), "--json"], out, (0, 1))


def exported_to(folder: Path, count: int) -> Path:
    """The export of so many tickets in a folder, written where it is not there yet, and whole."""
    file, part = folder / f"{count}.jsonl", folder / f"{count}.part"
    if not file.is_file():
        export(count, part)
        part.rename(file)
    return file


def backtests(count: int, names: Sequence[str], folder: Path) -> None:
    """Print what a backtest of so many tickets takes with these of the rulebooks.

    The export is written to the folder, or found there; what comes out goes there too, and is removed.
    Without room for both it says so instead: 21 KB a ticket.
    """
    if not (folder / f"{count}.jsonl").is_file() and shutil.disk_usage(folder).free < count * _ROOM:
        print(f"\n### A backtest of {count:,} tickets\n\nNot measured: {count * _ROOM / 1e9:.0f} GB must be free.")
        return
    file, told = exported_to(folder, count), folder / "told.jsonl"
    size, kind = file.stat().st_size, "real" if REAL.is_file() else "synthetic"
    decoded = timed(lambda: _decode(file))
    runs = {name: (run(file, told, RULEBOOKS[name]), told.stat().st_size) for name in names}
    told.unlink()
    print(f"\n### A backtest of {count:,} tickets of {kind} shape, {size / 1e6:,.0f} MB\n")
    print("| what | took | processors' time | largest process | all processes | a ticket |")
    print("|---|---:|---:|---:|---:|---:|")
    print(f"| floor: the export decoded | {amount(decoded)} | {amount(decoded)} | | | {amount(decoded / count)} |")
    for name, (took, lines) in runs.items():
        memory = f"{took.largest >> 20} MiB | {took.together >> 20} MiB"
        whole = f"{amount(took.seconds)} | {amount(took.processor_s)} | {memory} | {amount(took.seconds / count)}"
        print(
            f"| **piletibot backtest --json**, {os.cpu_count()} cores, {name}; {lines / 1e6:,.0f} MB out | {whole} |"
        )


def by_the_hour(sample: int) -> None:
    """Print what judging so many tickets through their lives takes, and looking at them in every working hour."""
    with TemporaryDirectory() as folder:
        source = exported(exported_to(Path(folder), sample), [book()], None, lambda stage, done: None)
        seen = [source.reads[0](line) for line in source.sources()]
    for ticket in seen:  # the calendars' years are worked out once
        replay(ticket, book(), SPAN, Grid())
    rows = {
        "**Piletibot: when it must next be looked at**": lambda: [
            replay(each, book(), SPAN, Grid()) for each in seen
        ],
        "in every working hour": lambda: [_by_the_hour(each) for each in seen],
    }
    print(f"\n### {sample} tickets judged through their lives on one core, processor time of one\n")
    print("| | a ticket | × |")
    print("|---|---:|---:|")
    least = 0.0
    for name, work in rows.items():
        took = timed(work)
        least = least or took
        print(f"| {name} | {amount(took / sample)} | {took / least:,.1f} |")


def _decode(file: Path) -> None:
    with file.open("rb") as lines:
        for line in lines:
            decode_issue(line)


def _by_the_hour(ticket: Ticket) -> None:
    """What a script does that does not know when a ticket must next be looked at."""
    calendar = book().calendar
    end = min(SPAN.end_at, ticket.updated_ms // 1000 + 30 * 86_400)
    for now in range(ticket.created_at - ticket.created_at % 3600 + 3600, end, 3600):
        if calendar.is_open(now) and (then := as_of(ticket, now)) is not None:
            judge(then, book(), now)


@cache
def book() -> Rulebook:
    """Give the rulebook of the measurement."""
    return read_desk(RULES, "bench").book
