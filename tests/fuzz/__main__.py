"""`make fuzz`: each reader in turn is given inputs that coverage guides (atheris), and what comes of it is a table.

    python tests/fuzz [--inputs 1000000] [--reader NAME] [--out FOLDER]

The inputs are counted one by one, in a process for each reader. What a reader raises, or takes too long for, is
kept in FOLDER/NAME, once for each place in the code, and the reader goes on. Exit code 1 where there was any.
What was counted is in FOLDER/measured.json; put beside this file, docs/security.md is made from it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)
INPUTS = 1_000_000
_LONGEST = 8192
_HANG_S = 20
_MOST_MB = 2048


def main() -> int:
    """Give every reader its share of the inputs, or one reader all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--reader")
    parser.add_argument("--out", type=Path, default=TESTS.parent / "out" / "fuzz")
    asked = parser.parse_args()
    if asked.reader is not None:
        return _guided(asked.reader, asked.inputs, asked.out)
    from fuzz.counted import Counted, table
    from fuzz.readers import READERS

    measured: dict[str, Counted | None] = {}
    whole = sum(reader.share for reader in READERS)
    for reader in READERS:
        inputs = -(-asked.inputs * reader.share // whole)
        command = [
            sys.executable,
            __file__,
            "--reader",
            reader.name,
            "--inputs",
            str(inputs),
            "--out",
            str(asked.out),
        ]
        result = asked.out / _name(reader.name) / "result.json"
        result.unlink(missing_ok=True)
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
        measured[reader.name] = json.loads(result.read_text()) if result.exists() else None
    (asked.out / "measured.json").write_text(json.dumps(measured, indent=1) + "\n")
    print(table(measured))
    return 1 if any(got is None or got["findings"] for got in measured.values()) else 0


def _name(reader: str) -> str:
    return reader.replace(" ", "-")


def _guided(name: str, inputs: int, out: Path) -> int:
    """Run one reader; ends this process."""
    import atheris

    with atheris.instrument_imports(include=["bot", "icalendar", "dateutil"]):
        from fuzz.readers import READERS

    reader = next(each for each in READERS if each.name == name)
    folder = out / _name(name)
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in reader.seeds:
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    places: set[str] = set()
    began, count = time.process_time(), 0

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        try:
            reader(data)
        except Exception as error:
            place = _place(error)
            if place not in places:
                places.add(place)
                (folder / f"{len(places):03}.bin").write_bytes(data)
                (folder / f"{len(places):03}.txt").write_text(traceback.format_exc()[-4000:])
        if count >= inputs:
            told = {"inputs": count, "s": time.process_time() - began, "findings": len(places)}
            (folder / "result.json").write_text(json.dumps(told))
            os._exit(1 if places else 0)

    limits = (f"-max_len={_LONGEST}", f"-timeout={_HANG_S}", f"-rss_limit_mb={_MOST_MB}", "-print_final_stats=0")
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/", str(corpus)], one)
    atheris.Fuzz()
    return 1


def _place(error: BaseException) -> str:
    """Where an error came from: its kind, and the innermost line of the bot's own."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if re.search(r"/bot/|/fuzz/readers", f.filename)]
    return f"{type(error).__name__} {frames[-1].filename}:{frames[-1].name}" if frames else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
