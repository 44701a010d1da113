"""The gate through which every request of an account goes: it waits, lets pass, or says why not now.

All connections of one account to one Jira share a gate. What it decides is in `pacing` and `breaker`; here are the
clock, the sleep, the log and the note that outlives the process.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil

import msgspec
import requests
import structlog

from bot.engine.restraint import Circuit, Pause, Restraint, noted
from bot.engine.tracker import Slowed, Throttled, Unreachable
from bot.jira.answers import gap_s, named, patience, says_html
from bot.jira.breaker import Breaker
from bot.jira.pacing import Call, Pacing, Patience, Turn, of_ticket

PATIENCE_S = 60.0
"""How long is waited in place, in seconds; what takes longer is the caller's to put off."""

TICKET_S = 5.0
"""How long is waited in place for one ticket, in seconds: the others are not to wait for it."""

Heard = Callable[[str, str, float], None]

_log = structlog.get_logger(__name__)


class TicketSlowed(Throttled):
    """Patience is asked for writing to one ticket alone."""


class InPeace(Unreachable):
    """Nothing was asked: Jira is away, and is left in peace until it is tried again."""


class Gate:
    """Lets requests through, at most `per_minute` of them; with `breaks` a Jira that is away is left in peace.

    Waiting is done with `sleep`, and ends in Throttled when `stopping` says so; `jitter(low, high)` varies the
    breaker's waits. `heard` is told of every request that was sent: its kind, what became of it, and after how many
    seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        jitter: Callable[[float, float], float],
        per_minute: int | None = None,
        breaks: bool = False,
        stopping: Callable[[], bool] = lambda: False,
        heard: Heard = lambda kind, outcome, seconds: None,
    ) -> None:
        self.pacing = Pacing(per_minute)
        self.breaker = Breaker(jitter) if breaks else None
        self.stopping = stopping
        self._heard = heard
        self._keep: Callable[[str], None] = lambda note: None
        self._clock, self._sleep = clock, sleep
        self._kept = Circuit()

    @property
    def is_shut(self) -> bool:
        """Whether the breaker is not closed: nothing is tried over and over then."""
        return self.breaker is not None and self.breaker.circuit.state != "closed"

    def enter(self, call: Call) -> None:
        """Wait until the request may go. Raises Throttled, Slowed, TicketSlowed or InPeace when it is not to."""
        now = self._clock()
        if self.breaker is not None and not self.breaker.lets_through(now, writes=call.writes):
            raise InPeace(f"Jira is away and left in peace for a while; {self.breaker.circuit.because}")
        turn = self.pacing.turn(call, now)
        wait_s = turn.at - now
        if wait_s <= 0:
            return
        if wait_s > (TICKET_S if call.ticket is not None and turn.about == of_ticket(call.ticket) else PATIENCE_S):
            raise _not_now(call, turn, wait_s)
        self._sleep(wait_s)
        if self.stopping():
            raise Throttled(f"{call.kind}: not asked, as the bot was told to stop", wait_s)

    def answered(self, call: Call, answer: requests.Response) -> None:
        """Heed an answer, whatever it is."""
        now = self._clock()
        self._heard(call.kind, outcome_of(answer), answer.elapsed.total_seconds())
        self.pacing.count(call, now)
        wait_s = patience(answer.headers, now)
        if "X-RateLimit-Remaining" in answer.headers:
            self.pacing.slow_down(_bucket_of(call, answer), now, gap_s(answer.headers, now))
        if answer.status_code == 429 or (answer.status_code >= 500 and wait_s > 0):
            about = about_of(call, answer)
            because = named(answer.headers.get("RateLimit-Reason")) or f"{call.kind}: answered {answer.status_code}"
            if self.pacing.ask(Patience(about, now, now + wait_s, because)):
                self._keep(self._note())
                until = _written(now + wait_s)
                _log.warning("Jira asks for patience", about=about or "everything", until=until, reason=because)
        self._heed(now, f"{call.kind}: answered {answer.status_code}" if _is_away(answer) else None)

    def unanswered(self, call: Call, cause: str, after_s: float = 0.0) -> None:
        """Heed a request whose answer did not come, which was known after so many seconds."""
        now = self._clock()
        self._heard(call.kind, "unanswered", after_s)
        self.pacing.count(call, now)
        self._heed(now, f"{call.kind}: {cause}")

    def recall(self, note: str | None) -> None:
        """Keep the patience that was noted before this process began."""
        self.pacing.recall(Patience(each.about, each.at, each.until_at, each.because) for each in noted(note).pauses)

    def remember_in(self, keep: Callable[[str], None]) -> None:
        """Give `keep` the note of `bot.engine.restraint` now, and whenever it changes."""
        self._keep = keep
        keep(self._note())

    def _note(self) -> str:
        circuit = Circuit() if self.breaker is None else self.breaker.circuit
        pauses = [
            Pause(each.about, int(each.at), ceil(each.until), each.because)
            for each in self.pacing.to_remember(self._clock())
        ]
        return msgspec.json.encode(Restraint(circuit, tuple(pauses))).decode()

    def _heed(self, now: float, failure: str | None) -> None:
        """Have the breaker know what became of a request; note its state, and say where it opened or closed."""
        if self.breaker is None:
            return
        if failure is None:
            self.breaker.succeeded(now)
        else:
            self.breaker.failed(now, failure)
        before, circuit = self._kept, self.breaker.circuit
        if circuit == before:
            return
        self._kept = circuit
        self._keep(self._note())
        if circuit.state == "open" and before.state == "closed":
            _log.warning("Jira is away, left in peace", reason=circuit.because, until=_written(circuit.again_at))
        elif circuit.state == "closed":
            _log.info("Jira answers again", away_s=circuit.since_at - before.since_at)


def outcome_of(answer: requests.Response) -> str:
    """What became of a request, in a word: `ok`, `redirected`, `denied`, `throttled`, `refused` or `failed`."""
    status = answer.status_code
    if status in (401, 407):
        return "denied"
    if status == 429:
        return "throttled"
    return {2: "ok", 3: "redirected", 4: "refused"}.get(status // 100, "failed")


def about_of(call: Call, answer: requests.Response) -> str:
    """What patience is asked for, by the reason that Cloud gives; without one, as on Data Center, everything."""
    match answer.headers.get("RateLimit-Reason"):
        case "jira-per-issue-on-write" if call.ticket is not None:
            return of_ticket(call.ticket)
        case "jira-burst-based" | "jira-per-issue-on-write":
            return call.kind
    return ""


def _bucket_of(call: Call, answer: requests.Response) -> str:
    """What the figures of a bucket are about: Data Center's are the account's, as are Cloud's near a quota's end."""
    is_quota = answer.headers.get("X-RateLimit-NearLimit", "").lower() == "true"
    return "" if is_quota or "X-RateLimit-FillRate" in answer.headers else call.kind


def throttled(call: Call, about: str, text: str, retry_after_s: float) -> Throttled:
    """The error that tells whom patience concerns."""
    kind = Throttled if not about else Slowed if about == call.kind else TicketSlowed
    return kind(text, retry_after_s)


def _not_now(call: Call, turn: Turn, wait_s: float) -> Throttled:
    text = f"{call.kind}: not asked before {_written(turn.at)}, as {turn.because}"
    return throttled(call, turn.about, text, wait_s)


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _is_away(answer: requests.Response) -> bool:
    """Whether nobody is there who could answer: 5xx, or a proxy that stands before Jira."""
    status = answer.status_code
    return status >= 500 or 300 <= status < 400 or status == 407 or (status == 200 and says_html(answer))
