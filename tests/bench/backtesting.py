"""How long a backtest takes: 100,000 tickets of real shape, as a whole process on all cores, with its memory."""

from __future__ import annotations

import gzip
import os
import random
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

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
RULEBOOKS = {
    "two ladders on observe": RULES.parents[1] / "data" / "realdata_rulebook",
    "three promises and four live ladders": RULES,
}
"""What is tried: the rulebook that the tests have for these tickets, and one such as desks have."""

_DATE = re.compile(rb"(20[0-9]{2}-[0-9]{2}-[0-9]{2})T")
_SPREAD_WEEKS = 104
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


def backtests(count: int, sample: int, least_free: int = 0) -> None:
    """Print what a backtest of so many tickets takes, and what looking at a sample of them in every hour does.

    Without so many bytes free where the export and the outcomes are to be written it says so instead.
    """
    if shutil.disk_usage(gettempdir()).free < least_free:
        print(f"\n### A backtest of {count:,} tickets\n\nNot measured: {least_free / 1e9:.0f} GB must be free.")
        return
    with TemporaryDirectory() as folder:
        file, told = Path(folder) / "export.jsonl", Path(folder) / "told.jsonl"
        size = export(count, file)
        decoded = timed(lambda: _decode(file))
        runs = {name: (run(file, told, rules), told.stat().st_size) for name, rules in RULEBOOKS.items()}
        few = Path(folder) / "sample.jsonl"
        export(sample, few)
        source = exported(few, [book()], None, lambda stage, done: None)
        seen = [source.reads[0](line) for line in source.sources()]
    for ticket in seen:  # the calendars' years are worked out once
        replay(ticket, book(), SPAN, Grid())
    ours = timed(lambda: [replay(ticket, book(), SPAN, Grid()) for ticket in seen])
    hourly = timed(lambda: [_by_the_hour(ticket) for ticket in seen])
    print(f"\n### A backtest of {count:,} tickets of {shapes()[0]} shape, {size / 1e6:,.0f} MB\n")
    print("| what | took | processors' time | largest process | all processes | a ticket |")
    print("|---|---:|---:|---:|---:|---:|")
    print(f"| floor: the export decoded on one core | {amount(decoded)} | | | | {amount(decoded / count)} |")
    for name, (took, lines) in runs.items():
        memory = f"{took.largest >> 20} MiB | {took.together >> 20} MiB"
        whole = f"{amount(took.seconds)} | {amount(took.processor_s)} | {memory} | {amount(took.seconds / count)}"
        print(
            f"| **piletibot backtest --json**, {os.cpu_count()} cores, {name}; {lines / 1e6:,.0f} MB out | {whole} |"
        )
    few_, each = f"{sample} of them, one core", amount(ours / sample)
    print(f"| judging alone, {few_}, the larger rulebook | {amount(ours)} | | | | {each} |")
    print(f"| the same, looked at in every working hour | {amount(hourly)} | | | | {amount(hourly / sample)} |")


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
