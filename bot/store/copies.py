"""Copies of a database that were left behind: before a migration, as damaged, or by a command that was killed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import URL

from bot.core.ticket import Moment

SCRATCH = "piletibot-"
"""What the names of the folders begin with in which a database is looked at, in the folder for temporary files."""

_BESIDE = r"\.(?:before-\d{4}-|damaged-|migrating).*"


def old_copies(url: URL, before: Moment) -> list[Path]:
    """Find the copies that nobody has touched since before a moment: beside the database, and this user's scratch."""
    found: list[Path] = []
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        file = Path(str(url.database))
        beside = re.compile(re.escape(file.name) + _BESIDE)
        found += [each for each in _within(file.absolute().parent) if beside.fullmatch(each.name) and each.is_file()]
    scratch = (each for each in _within(Path(tempfile.gettempdir())) if each.name.startswith(SCRATCH))
    found += [each for each in scratch if each.is_dir() and not each.is_symlink()]
    return sorted(each for each in found if _is_old(each, before))


def remove_copies(found: list[Path]) -> int:
    """Remove these copies; returns how many could be."""
    removed = 0
    for each in found:
        with suppress(OSError):
            if each.is_dir():
                shutil.rmtree(each)
            else:
                each.unlink()
            removed += 1
    return removed


def _within(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_old(path: Path, before: Moment) -> bool:
    try:
        about = path.stat()
    except OSError:
        return False
    return about.st_mtime < before and about.st_uid == os.getuid()
