"""`make bench`: how fast the bot is beside a floor and beside its peers, as tables, and into the pages.

The floor is what nothing can go below: the same bytes only decoded, the same requests only sent. Peers are what
a script of one's own would do with the usual package. Ratios keep when the machine changes; seconds do not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from measure import Beside, machine
from pages import block, blocks, fill
from parts import PARTS, Given

ROOT = Path(__file__).resolve().parents[2]
_BUSY = 0.1


class Running(NamedTuple):
    """A part that is being measured in a process of its own, and when it began."""

    name: str
    process: subprocess.Popen[bytes]
    told: Path
    began: float


def main() -> int:
    """Measure what is asked for and print it; 1 where a part failed."""
    asked = _asked()
    if asked.here:
        _measure(asked.here, Given(asked.data, asked.share))
        return 0
    began = time.monotonic()
    _show(block("machine", machine()), asked)
    failed = 0
    with TemporaryDirectory(prefix="bench") as made:
        data = asked.data or Path(made)
        data.mkdir(parents=True, exist_ok=True)
        waiting, running = list(asked.only), list[Running]()
        while waiting or running:
            while waiting and _is_next(waiting[0], running, asked.lanes):
                name = waiting.pop(0)
                left_s = asked.minutes * 60 - (time.monotonic() - began)
                if PARTS[name].takes_s > left_s:
                    print(f"No time is left for {name}, which takes {PARTS[name].takes_s} s.", flush=True)
                    continue
                running.append(_start(name, data, asked.share))
            time.sleep(0.2)
            for each in [each for each in running if each.process.poll() is not None]:
                running.remove(each)
                failed += _end(each, asked)
    print(f"Measured in {time.monotonic() - began:.0f} s.")
    return 1 if failed else 0


def _asked() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    names = {name: part.is_long for name, part in PARTS.items()}
    parser.add_argument("--only", help=f"parts to measure, with commas between them: {', '.join(names)}")
    parser.add_argument("--all", action="store_true", help="also what takes longer than all the rest together")
    parser.add_argument("--write", action="store_true", help="write the tables into the pages in docs")
    parser.add_argument("--lanes", type=int, default=1, help="so many parts at once, but those that want all cores")
    parser.add_argument("--minutes", type=float, default=1e6, help="begin nothing that takes longer than is left")
    parser.add_argument("--data", type=Path, help="a folder in which exports are kept from one run to the next")
    parser.add_argument("--share", type=float, default=1.0, help="the share of each size to measure, as a trial")
    parser.add_argument("--here", help="measure this one part in this process")
    asked = parser.parse_args()
    if asked.write and asked.share != 1:
        parser.error("what is measured of a share of the sizes is not for the pages")
    if asked.only:
        asked.only = asked.only.split(",")
        if unknown := [name for name in asked.only if name not in names]:
            parser.error(f"no such parts: {', '.join(unknown)}; there are {', '.join(names)}")
    else:
        asked.only = [name for name, is_long in names.items() if asked.all or not is_long]
    return asked


def _is_next(name: str, running: Sequence[Running], lanes: int) -> bool:
    """Whether a part may begin beside what runs."""
    if PARTS[name].alone or any(PARTS[each.name].alone for each in running):
        return not running
    return len(running) < lanes


def _start(name: str, data: Path, share: float) -> Running:
    """Begin a part; what it starts keeps its compiled code, as an installed bot has it."""
    environment = {each: value for each, value in os.environ.items() if each != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, str(Path(__file__).parent), "--here", name, "--data", str(data), "--share", str(share)]
    with (data / f"{name}.out").open("wb") as told:
        return Running(
            name, subprocess.Popen(command, stdout=told, env=environment), data / f"{name}.out", time.monotonic()
        )


def _end(each: Running, asked: Namespace) -> int:
    """Show what a part told, and give its exit status."""
    text = each.told.read_text("utf-8")
    each.told.unlink()
    took = f"{each.name}: {time.monotonic() - each.began:.0f} s"
    if each.process.returncode:
        print(f"{took}, failed.\n{text}", flush=True)
    else:
        _show(text, asked)
        print(f"{took}.", flush=True)
    return each.process.returncode


def _show(text: str, asked: Namespace) -> None:
    print(text, flush=True)
    if asked.write:
        for name, told in blocks(text):
            if not fill(ROOT / "docs", name, told):
                print(f"No page has a place for {name}.", flush=True)


def _measure(name: str, given: Given) -> None:
    """Measure a part in this process, which is its own, and print its blocks."""
    from bot import logs

    logs.configure("error", "text")
    beside, began = Beside(), time.monotonic()
    print(f"<!-- {name} -->")
    others = PARTS[name].measure(given) or {}
    took = f"{time.strftime('%Y-%m-%d')}, {(time.monotonic() - began) / 60:.1f} minutes"
    print(f"\n*`make bench BENCH='--only {name}'`, {took}; {_told(beside)}.*")
    print(f"<!-- /{name} -->")
    for other, text in others.items():
        print(block(other, text))


def _told(beside: Beside) -> str:
    share = beside.share()
    return f"{'a busy machine, ' if share > _BUSY else ''}other programs had {share:.0%} of it meanwhile"


if __name__ == "__main__":
    sys.exit(main())
