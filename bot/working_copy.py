"""A rulebook in a Git working copy: whether Git is at work in it, which commit it is at, and `git pull`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

PULL_S = 30.0
"""How long a pull may take, in seconds."""

_ASK_S = 5.0
_GRACE_S = 2.0
_LOCKS = ("index.lock", "MERGE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD")
_LONGEST = 200
_SCHEME = re.compile(r"\S*://\S*")
_REMOTE = re.compile(r"\S*@\S*")


OWN_VARIABLES = "PILETIBOT_"
"""What the names of the variables begin with that configure the bot, secrets among them."""


def git_folder(folder: Path) -> Path | None:
    """The `.git` of the working copy that a folder is in; None where it is in none."""
    for home in (folder, *folder.parents):
        found = home / ".git"
        if found.is_dir():
            return found
        if found.is_file():
            with suppress(OSError, UnicodeDecodeError):
                _, _, target = found.read_text("utf-8").partition("gitdir:")
                return home / target.strip()
    return None


def is_busy(folder: Path) -> bool:
    """Whether Git has begun something in the working copy of a folder and not finished it."""
    git = git_folder(folder)
    return git is not None and any((git / lock).exists() for lock in _LOCKS)


def commit_of(folder: Path) -> str | None:
    """The short hash of the commit a folder is at, with `-dirty` where more has changed; None outside Git."""
    if git_folder(folder) is None:
        return None
    failed, said = _git(folder, ("describe", "--always", "--dirty", "--exclude=*"), _ASK_S, lambda: False)
    return None if failed else said


def pull(folder: Path, stopping: Callable[[], bool], *, timeout_s: float = PULL_S) -> str | None:
    """Bring the working copy forward, if its branch can be without a merge; None when that went well.

    What went wrong is one line without any address, as these may hold a token. It asks nothing, and ends with all it
    started after `timeout_s`, or once `stopping`. Never raises.
    """
    if git_folder(folder) is None:
        return "it is not in a Git working copy"
    failed, said = _git(folder, ("pull", "--ff-only", "--quiet"), timeout_s, stopping)
    return said if failed else None


def _git(folder: Path, command: Sequence[str], timeout_s: float, stopping: Callable[[], bool]) -> tuple[bool, str]:
    """Whether it failed, and the last line it said, of its errors if it failed."""
    # What it starts in its turn, such as a hook of that copy, is to know none of the bot's secrets.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    environment = {
        **kept,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ASKPASS": "true",
        "SSH_ASKPASS": "true",
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - a list, no shell
                ["git", "-C", str(folder), *command],  # noqa: S607 - git is where it was installed
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return True, f"git cannot be run: {error.strerror}"
        end = time.monotonic() + timeout_s
        while process.poll() is None:
            if stopping() or time.monotonic() >= end:
                _end(process)
                return True, "the bot was told to stop" if stopping() else f"git did not end within {timeout_s:g} s"
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        failed = process.returncode != 0
        told = errors if failed else out
        told.seek(0)
        return failed, _one_line(told.read().decode("utf-8", "replace"), process.returncode)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all it started; told first, Git takes its locks away."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            return


def _one_line(told: str, code: int) -> str:
    """The line that says most, with addresses masked: a `fatal:` or `error:` if there is one, else the last."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    chosen = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    masked = _REMOTE.sub("<address>", _SCHEME.sub("<address>", chosen))
    return masked[:_LONGEST] or f"git ended with code {code}"
