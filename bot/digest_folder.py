"""A folder for digests: each file is written whole or not at all, for its owner alone."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from bot.core.kpi.period import KINDS
from bot.core.ticket import Moment
from bot.engine.digesting import Unwritten

_NOT_A_FILE_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class DigestFolder:
    """A folder in which the digests of a desk are kept as files, whose names begin with the desk's."""

    path: Path
    desk: str

    def put(self, name: str, data: bytes) -> None:
        """Write a file under this name, which may have folders in it, over an earlier one. Raises Unwritten."""
        file = self.path / name
        written = None
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Of this mode from its first moment on: the owner's alone.
            handle, written = mkstemp(dir=file.parent, prefix=f".{file.name}.")
            with os.fdopen(handle, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
            Path(written).replace(file)
        except OSError as error:
            if written is not None:
                with suppress(OSError):
                    Path(written).unlink(missing_ok=True)
            raise Unwritten(f"a file cannot be written: {error.strerror or type(error).__name__}") from None

    def old(self, before: Moment) -> list[Path]:
        """Digests of this desk that were written before a moment, and what was left of writing them; by name."""
        period = rf"(?:{'|'.join(KINDS)})-\d{{4}}-\d\d-\d\d"
        named = re.compile(rf"\.?{re.escape(as_file_name(self.desk))}_{period}_.+")
        found = []
        with suppress(OSError):  # another day will do
            for file in self.path.iterdir():
                if named.fullmatch(file.name) and file.is_file() and file.stat().st_mtime < before:
                    found.append(file)
        return sorted(found)

    def purge(self, before: Moment) -> int:
        """Remove the files that `old` gives; returns how many could be removed."""
        removed = 0
        for file in self.old(before):
            with suppress(OSError):
                file.unlink()
                removed += 1
        return removed


def as_file_name(word: str) -> str:
    """A word as it may stand in the name of a file."""
    return _NOT_A_FILE_NAME.sub("-", word).strip(".-") or "-"
