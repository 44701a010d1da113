"""Which letters were begun to be mailed, in a file beside the database: what a backup put back does not take back.

A comment can be read back from the tracker, a mail from nowhere. Without this file a database of yesterday, or a new
one, would send again what went out since.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from bot.core.ticket import Moment

KEPT_S = 400 * 24 * 3600
"""How long a line is kept, in seconds: longer than any backup that is put back is old."""

_LENGTH = 32


class Journal:
    """The file at `path`, made where there is none and for its owner alone; it holds moments and hashes.

    A line is a moment, and `+` or `-` with the id of a mail that was begun, or of which nothing was sent after all,
    so that it says nothing; or `=` with the hash of a step's key and the id of the mail that says it. Lines that
    cannot be read count for nothing. Every method may raise OSError.
    """

    def __init__(self, path: Path, now: Moment) -> None:
        self.path = path
        self._begun: set[str] = set()
        self._steps: dict[str, str] = {}
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        lines = path.read_text("ascii", errors="replace").splitlines()
        kept = [line for line in lines if self._take(line, now - KEPT_S)]
        if len(kept) < len(lines):
            self._rewrite(kept)

    def is_begun(self, mail_id: str) -> bool:
        """Whether a mail may have left."""
        return mail_id in self._begun

    def begin(self, mail_id: str, at: Moment) -> None:
        """Keep that a mail is about to be sent, on the disk before this returns."""
        self._append([f"{at} + {mail_id}"])

    def undo(self, mail_id: str, at: Moment) -> None:
        """Keep that nothing of a mail was sent."""
        self._append([f"{at} - {mail_id}"])

    def carry(self, keys: Iterable[str], mail_id: str, at: Moment) -> None:
        """Keep that a mail, once begun, says these steps, and none that it was to say in an earlier try."""
        steps = dict.fromkeys(map(_hash, keys))
        before = {step for step, mail in self._steps.items() if mail == mail_id}
        if not before <= steps.keys() and mail_id not in self._begun:
            self.undo(mail_id, at)
            before.clear()
        self._append([f"{at} = {step} {mail_id}" for step in steps if step not in before])

    def take_over(self, path: Path) -> None:
        """Take over what another journal knows, on the disk before this returns; what is known already stays so."""
        known = set(self.path.read_text("ascii", errors="replace").splitlines())
        lines = path.read_text("ascii", errors="replace").splitlines()
        self._append([line for line in lines if line.strip() and line not in known])

    def said(self, keys: Iterable[str]) -> set[str]:
        """Return those of the steps that are said in a mail which may have left."""
        return {key for key in keys if self._steps.get(_hash(key)) in self._begun}

    def _append(self, lines: list[str]) -> None:
        if not lines:
            return
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # A line that was cut off, by a full disk or a lost power, does not take the next one with it.
            data = memoryview("".join(f"\n{line}\n" for line in lines).encode("ascii"))
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        for line in lines:
            self._take(line, 0)

    def _take(self, line: str, since: Moment) -> bool:
        """Heed a line; whether it is to be kept."""
        at, *words = line.split()[:4] or [""]
        if not at.isdecimal() or int(at) < since or any(len(word) != _LENGTH for word in words[1:]):
            return False
        match words:
            case ["+", mail_id]:
                self._begun.add(mail_id)
            case ["-", mail_id]:
                self._begun.discard(mail_id)
                self._steps = {step: mail for step, mail in self._steps.items() if mail != mail_id}
            case ["=", step, mail_id]:
                self._steps[step] = mail_id
            case _:
                return False
        return True

    def _rewrite(self, lines: list[str]) -> None:
        new = self.path.with_name(f"{self.path.name}.new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as opened:
            opened.write("".join(f"{line}\n" for line in lines))
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(self.path)


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:_LENGTH]
