"""Who holds a lease: a process of a machine, told so that another process can see whether it is still there."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from secrets import token_hex

import msgspec

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Which of the words after the name in `/proc/PID/stat` are its state and when it was started (proc(5))."""

_DEAD = ("Z", "X")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A process that may hold a lease; `id` is unlike that of any other.

    `boot` is the run of the machine, `lock` the lock file that it holds (device and inode), `space` the space of
    process numbers in which `process` is its own, `started` when it began, in the machine's ticks. What cannot be
    found out is empty or 0.
    """

    id: str
    host: str = ""
    boot: str = ""
    lock: str = ""
    space: str = ""
    process: int = 0
    started: int = 0

    def __str__(self) -> str:
        return f"process {self.process} on {self.host or 'this machine'}"


def this_process(lock: str = "") -> Holder:
    """Tell who this process is; `lock` is the word that `alone` gave."""
    return Holder(
        id=token_hex(8),
        host=socket.gethostname(),
        boot=_read(_PROC / "sys/kernel/random/boot_id"),
        lock=lock,
        space=_link(_PROC / "self/ns/pid"),
        process=os.getpid(),
        started=_started(os.getpid()) or 0,
    )


def machine_s() -> int:
    """Read the clock that all processes of this machine share: seconds since it started, which nobody can set.

    It goes on while the machine sleeps, where the system has such a clock.
    """
    return int(time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


def is_gone(other: Holder, me: Holder, *, one_machine: bool) -> bool:
    """Whether it is proven that the other process is there no more, so that nothing more is sent by it.

    `one_machine` tells that no process of another machine can use the database. The proofs: the machine was started
    anew since; it has no such process any more; or, where that cannot be seen, as between containers, `me` holds the
    lock file that the other held as long as it ran.
    """
    if other.boot != me.boot:
        return one_machine and bool(other.boot and me.boot)
    if me.boot and me.space and other.space == me.space:
        return not _may_be_there(other)
    return one_machine and bool(other.lock) and other.lock == me.lock


def _may_be_there(other: Holder) -> bool:
    """Whether a process may still run; one that this user is not shown counts as running."""
    if other.process <= 0 or other.started <= 0:
        return True
    try:
        os.kill(other.process, 0)  # asks, and sends nothing
    except ProcessLookupError:
        return False
    except OSError:
        pass
    if not _read(_PROC / str(other.process) / "stat"):
        return True
    return _started(other.process) == other.started


def _started(process: int) -> int | None:
    """When a process began, in the machine's ticks; None where there is none, or it has ended."""
    words = _read(_PROC / str(process) / "stat").rpartition(") ")[2].split()
    if len(words) <= _STARTED or words[_STATE] in _DEAD:
        return None
    return int(words[_STARTED])


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
