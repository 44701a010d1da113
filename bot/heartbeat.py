"""The dead man's signal: given after each cycle that came through, and withheld when the bot is not well.

A file whose time is touched, a request to an address (`https`, and plain only to this machine), and systemd's
watchdog. None of them holds data, and none can hold up or end a cycle.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import structlog

from bot.core.ticket import Moment
from bot.engine.engine import Report

log = structlog.get_logger()

_LAST_S = 1.0


class Heartbeat:
    """Gives its signals by `file`, `url` and systemd, each only where it is there.

    A tracker that is away withholds them only after `away_s` seconds; 0 for never. That, and an account
    that is not let in, is withheld from the file and the address alone, as systemd's new start would not mend it.
    """

    def __init__(
        self,
        *,
        file: Path | None = None,
        url: str | None = None,
        timeout_s: float = 10.0,
        ca_bundle: str | None = None,
        away_s: int = 86_400,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._file, self._away_s = file, away_s
        self._ping = None if url is None else Ping(url, timeout_s, ca_bundle)
        self._socket = environ.get("NOTIFY_SOCKET", "")
        self._watchdog_s = _watchdog_s(environ)
        self._away_since: Moment | None = None
        self._because: str | None = None
        self._untouched = False

    def started(self, poll_s: int) -> None:
        """Tell systemd that the bot has started; log a watchdog that barks before two cycles can be over."""
        if self._socket and self._watchdog_s is not None and self._watchdog_s < 2 * poll_s:
            log.warning("WatchdogSec is shorter than two cycles", watchdog_s=self._watchdog_s, poll_s=poll_s)
        self._notify("READY=1")

    def reloading(self) -> None:
        """Tell systemd that what the bot was told is read anew; `reloaded` is to follow."""
        self._notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def reloaded(self) -> None:
        """Tell systemd that it was read."""
        self._notify("READY=1")

    def after(self, report: Report) -> None:
        """Give the signals after a cycle that ended, or withhold them, which is logged once with the reason."""
        because = self._unwell(report)
        if because != self._because:
            if because is None:
                log.info("the heartbeat goes on")
            else:
                log.warning("the heartbeat is withheld", reason=because)
            self._because = because
            self._notify(f"STATUS={'well' if because is None else f'the heartbeat is withheld: {because}'}")
        if because is not None:
            if not report.failing:  # a new start would mend nothing, and be one more log-in
                self._notify("WATCHDOG=1")
            return
        self._touch()
        if self._ping is not None:
            self._ping.send()
        self._notify("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell systemd that the process ends as it was told to, and close; it is killed if it does not end then."""
        self._notify("STOPPING=1")
        self.close()

    def close(self) -> None:
        """Give no signal by the address any more, once a request under way had a moment."""
        if self._ping is not None:
            self._ping.close()

    def _unwell(self, report: Report) -> str | None:
        if report.denied:
            return "the account is not let in"
        if report.failing:
            return f"the audit fails ({', '.join(report.failing)})"
        if report.unreachable is None:
            self._away_since = None
            return None
        if self._away_since is None:
            self._away_since = report.at
        is_long = self._away_s and report.at - self._away_since >= self._away_s
        return f"Jira is away for more than {self._away_s} s" if is_long else None

    def _touch(self) -> None:
        if self._file is None:
            return
        try:
            self._file.touch(mode=0o600)
            os.utime(self._file)
        except OSError as error:
            if not self._untouched:
                log.warning("the heartbeat's file cannot be touched", reason=error.strerror)
            self._untouched = True
        else:
            self._untouched = False

    def _notify(self, said: str) -> None:
        """Send a line to systemd's socket, whose name may be an abstract one; nothing where there is none."""
        if not self._socket:
            return
        address = f"\0{self._socket[1:]}" if self._socket.startswith("@") else self._socket
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.setblocking(False)
            notify.sendto(said.encode(), address)


class Ping:
    """Requests to one address from a thread of their own, one at a time: while one is under way none waits for it."""

    def __init__(self, url: str, timeout_s: float, ca_bundle: str | None) -> None:
        self._url, self._timeout_s, self._verify = url, timeout_s, ca_bundle or True
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        self._failed = False
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def send(self) -> None:
        """Have one sent, unless one waits already."""
        if self._wanted.empty():
            self._wanted.put(True)

    def close(self) -> None:
        """Send no more once what waits is sent, for which there is a moment."""
        self._wanted.put(False)
        self._thread.join(_LAST_S)

    def _run(self) -> None:
        import requests

        with requests.Session() as session:
            session.headers["User-Agent"] = "piletibot"
            session.auth = lambda request: request  # nobody's password from a .netrc
            while self._wanted.get():
                try:
                    answer = session.get(
                        self._url, timeout=self._timeout_s, verify=self._verify, allow_redirects=False, stream=True
                    )
                    answer.close()
                    failed = None if 200 <= answer.status_code < 300 else f"answered {answer.status_code}"
                except (requests.RequestException, ValueError) as error:
                    failed = type(error).__name__
                if failed is not None and not self._failed:
                    log.warning("the heartbeat's address does not take it", reason=failed)
                self._failed = failed is not None


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    asked = environ.get("WATCHDOG_USEC", "")
    return int(asked) / 1_000_000 if asked.isdecimal() else None
