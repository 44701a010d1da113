"""When the daemon polls and sweeps: at moments of the desk's own, so that many desks do not ask all at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from math import floor

from apscheduler.triggers.base import BaseTrigger

_VARIED = 0.05
_ROUNDED_S = 0.001
"""By how much a moment may have lost in becoming a datetime, in seconds."""


def offset_s(site: str, every_s: float) -> float:
    """Give a site's place within any stretch of so many seconds, between 0 and these: the same for ever."""
    return int.from_bytes(sha256(site.encode()).digest()[:6]) / 2**48 * every_s


class Beat(BaseTrigger):  # type: ignore[misc]
    """Fires every `every_s` seconds at the site's offset, up to a twentieth of these later by `jitter(low, high)`."""

    def __init__(self, site: str, every_s: int, jitter: Callable[[float, float], float]) -> None:
        self._offset_s, self._every_s, self._jitter = offset_s(site, every_s), every_s, jitter

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Give the next moment: in the stretch after the one in which it last fired, or else that of now."""
        last = max(now, previous_fire_time or now).timestamp() + _ROUNDED_S
        stretches = floor((last - self._offset_s) / self._every_s) + 1
        at = self._offset_s + stretches * self._every_s + self._jitter(0.0, _VARIED * self._every_s)
        return datetime.fromtimestamp(at, UTC)
