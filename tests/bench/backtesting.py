"""How long a backtest takes: 100,000 tickets of real shape, as a whole process, on all cores; and what bounds it."""

from __future__ import annotations

import gzip
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path

import msgspec
from reading import REAL
from tickets import SEED, issues

RULES = Path(__file__).resolve().parent / "rulebook"
_DATE = re.compile(rb"(20[0-9]{2}-[0-9]{2}-[0-9]{2})T")
_SPREAD_WEEKS = 104


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


def run(file: Path, out: Path, rules: Path = RULES) -> tuple[float, float, int]:
    """Backtest a file as a user does; gives the seconds, those of the processors, and the largest process in bytes."""
    program = str(Path(sys.executable).with_name("piletibot"))
    command = [program, "backtest", "--rules", str(rules), "--export", str(file), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with out.open("wb") as told:
        done = subprocess.run(command, stdout=told, stderr=subprocess.PIPE, check=False)
    took = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, used, after.ru_maxrss * 1024
