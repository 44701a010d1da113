"""What keeps the bot from asking its tracker now, as a small fact that whoever looks at its health can read."""

from __future__ import annotations

from typing import Literal

import msgspec

from bot.core.ticket import Moment
from bot.store.store import Store

RESTRAINT = "restraint"
"""The note that holds it, as JSON."""

State = Literal["closed", "open", "half-open"]


class Circuit(msgspec.Struct, frozen=True):
    """The circuit breaker: `closed` lets requests pass, `open` none until `again_at`, `half-open` one, to try.

    It is so since `since_at`, `because` of what the tracker last did; `tries` were in vain since it opened.
    """

    state: State = "closed"
    since_at: Moment = 0
    because: str = ""
    again_at: Moment = 0
    tries: int = 0


class Pause(msgspec.Struct, frozen=True):
    """Patience that the tracker asked for at a moment, until another.

    `about` is empty for everything, a method and a path for a kind of request, `ticket ID` for writing to one.
    """

    about: str
    at: Moment
    until_at: Moment
    because: str


class Restraint(msgspec.Struct, frozen=True):
    """The breaker, and the pauses that are not over, the longest first."""

    circuit: Circuit = Circuit()
    pauses: tuple[Pause, ...] = ()

    @property
    def everything(self) -> Pause | None:
        """Give the pause of everything, if there is one."""
        return next((each for each in self.pauses if not each.about), None)

    @property
    def keeps_quiet(self) -> bool:
        """Whether nothing at all is asked, and so nothing said."""
        return self.circuit.state != "closed" or self.everything is not None


def noted(note: str | None) -> Restraint:
    """Read the note. One that is not there, or of another version of the bot, says that nothing keeps it."""
    try:
        return msgspec.json.decode(note or "", type=Restraint)
    except msgspec.MsgspecError:
        return Restraint()


def restraint(store: Store, now: Moment) -> Restraint:
    """What keeps the bot from asking at this moment. Raises StoreError."""
    found = noted(store.note(RESTRAINT))
    pauses = sorted(
        (each for each in found.pauses if each.until_at > now), key=lambda each: (-each.until_at, each.about)
    )
    return Restraint(found.circuit, tuple(pauses))
