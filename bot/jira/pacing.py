"""When a request may go: limits kept in advance, patience that was asked for kept to its end.

Pure: moments come in, in UTC seconds, and moments go out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Limit(NamedTuple):
    """At most so many in any stretch of so many seconds."""

    many: int
    within_s: float


MINUTE_S = 60.0

OF_A_TICKET = (Limit(10, 2.0), Limit(50, 30.0))
"""Writing to one ticket. Cloud allows 20 in 2 s and 100 in 30 s, to all together: half is left to the others."""

KEPT_S = 60.0
"""Patience asked for longer than this, in seconds, is worth being remembered over a restart."""

_MANY = 256


class Call(NamedTuple):
    """A request as the limits see it: its kind, whether it changes something, and the id of the ticket it changes."""

    method: str
    path: str
    writes: bool = False
    ticket: str | None = None

    @property
    def kind(self) -> str:
        """The method and the path without ids, to which Cloud's burst limits apply."""
        return f"{self.method} {self.path}"

    @property
    def abouts(self) -> tuple[str, ...]:
        """What patience may be asked for that concerns it: everything, its kind, and its ticket."""
        return ("", self.kind) if self.ticket is None else ("", self.kind, of_ticket(self.ticket))


@dataclass(frozen=True, slots=True)
class Patience:
    """Patience asked for at a moment until another, about what (see `bot.engine.restraint.Pause`), and why."""

    about: str
    at: float
    until: float
    because: str


class Turn(NamedTuple):
    """The earliest moment at which a request may go, what the limit is about that says so, and why."""

    at: float
    about: str = ""
    because: str = "the limit on requests is reached"


class Window:
    """The last moments under one limit."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._moments: deque[float] = deque(maxlen=limit.many)

    def free_at(self, now: float) -> float:
        """The moment from which one more keeps the limit; never later than a whole stretch from now."""
        self._heed_clock(now)
        full = len(self._moments) == self.limit.many
        return max(now, self._moments[0] + self.limit.within_s) if full else now

    def add(self, at: float) -> None:
        """Count one."""
        self._heed_clock(at)
        self._moments.append(at)

    def take_over(self, other: Window) -> None:
        """Count what another counted, the last of it where that is more than this can hold."""
        self._moments.extend(other._moments)

    def is_over(self, now: float) -> bool:
        """Whether nothing of it counts any more."""
        return now >= self._moments[-1] + self.limit.within_s

    def _heed_clock(self, now: float) -> None:
        """A clock that was set back makes the last moment now, and those before it as long ago as they were then."""
        if self._moments and self._moments[-1] > now:
            back = self._moments[-1] - now
            self._moments = deque((at - back for at in self._moments), maxlen=self.limit.many)


@dataclass
class Pacing:
    """The state of one account's requests; `per_minute` bounds them all together.

    `gaps` are stretches, as the moments of beginning and end, in which Jira's own figures say that its bucket might
    run empty: by kind of request, or for all under an empty word.
    """

    per_minute: int | None = None
    patience: dict[str, Patience] = field(default_factory=dict)
    gaps: dict[str, tuple[float, float]] = field(default_factory=dict)
    _all: Window | None = field(init=False)
    _of_tickets: dict[str, tuple[Window, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Window(Limit(self.per_minute, MINUTE_S)) if self.per_minute is not None else None

    def bound(self, per_minute: int) -> None:
        """Have at most so many in any minute from now on; those of the last minute count."""
        self.per_minute, before = per_minute, self._all
        self._all = Window(Limit(per_minute, MINUTE_S))
        if before is not None:
            self._all.take_over(before)

    def turn(self, call: Call, now: float) -> Turn:
        """When a request may go at the earliest."""
        turns = [Turn(now if self._all is None else self._all.free_at(now))]
        for about in call.abouts if self.gaps or self.patience else ():
            turns.append(Turn(self._gap(about, now), about, "Jira's limit is nearly reached"))
            if (asked := self._patience(about, now)) is not None:
                turns.append(Turn(asked.until, about, f"Jira asked for patience ({asked.because})"))
        if call.ticket is not None:
            for window in self._of_tickets.get(call.ticket, ()):
                turns.append(Turn(window.free_at(now), of_ticket(call.ticket)))
        return max(turns, key=lambda turn: turn.at)

    def count(self, call: Call, at: float) -> None:
        """Count a request that was answered, or given up, at a moment: when it arrived there was no later one."""
        if self._all is not None:
            self._all.add(at)
        if call.ticket is not None:
            if len(self._of_tickets) > _MANY:
                self._of_tickets = {
                    id_: windows
                    for id_, windows in self._of_tickets.items()
                    if not all(window.is_over(at) for window in windows)
                }
            for window in self._of_tickets.setdefault(call.ticket, tuple(map(Window, OF_A_TICKET))):
                window.add(at)

    def slow_down(self, about: str, now: float, gap_s: float) -> None:
        """Leave so many seconds before the next request of a kind, or of any; none is as before."""
        if gap_s > 0:
            self.gaps[about] = now, now + gap_s
        else:
            self.gaps.pop(about, None)

    def ask(self, patience: Patience) -> bool:
        """Keep patience that was asked for, unless more was; whether it is worth being remembered and is new."""
        known = self._patience(patience.about, patience.at)
        if patience.until <= patience.at or (known is not None and known.until >= patience.until):
            return False
        self.patience[patience.about] = patience
        return patience.until - patience.at > KEPT_S

    def to_remember(self, now: float) -> list[Patience]:
        """What was asked for long and is not over."""
        found = [self._patience(about, now) for about in list(self.patience)]
        return [each for each in found if each is not None and each.until - each.at > KEPT_S]

    def recall(self, remembered: Iterable[Patience]) -> None:
        """Know again what was remembered."""
        self.patience |= {each.about: each for each in remembered}

    def _gap(self, about: str, now: float) -> float:
        began, until = self.gaps.get(about, (now, now))
        if not began <= now < until:
            self.gaps.pop(about, None)
            return now
        return until

    def _patience(self, about: str, now: float) -> Patience | None:
        asked = self.patience.get(about)
        if asked is None:
            return None
        if now < asked.at:  # the clock was set back: it is kept for as long as it was asked for, from now
            asked = Patience(about, now, now + asked.until - asked.at, asked.because)
            self.patience[about] = asked
        if asked.until <= now:
            del self.patience[about]
            return None
        return asked


def of_ticket(ticket: str) -> str:
    """How patience for writing to one ticket is called."""
    return f"ticket {ticket}"
