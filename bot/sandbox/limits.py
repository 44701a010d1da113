"""How much one may ask: Jira's own limits, counted as Jira counts them, and what was asked in each minute.

Source: Atlassian's page on rate limits for Cloud; the headers of Data Center's token bucket as its clients know them.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.sandbox.calls import Answer, said
from bot.sandbox.world import Flavour, Json

ISSUE_WRITES = ((2_000, 20), (30_000, 100))
"""How often Cloud lets one issue be written to: at most so often within so many milliseconds."""

_SECOND_MS = 1000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_NEAR = 0.2
_TOO_MANY = "The request has been rate-limited. Please try again later."
_PAGE = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 429 - Too Many Requests</title></head><body>'
    "<h1>HTTP Status 429 - Too Many Requests</h1><p><b>Message</b> Rate limit exceeded.</p></body></html>"
)


@dataclass
class Limits:
    """The counts of one site. `busiest` tells the most writes that one issue had within each of the windows.

    `minutes` counts all requests by the minute of the site's clock in which they came, in minutes since 1970.
    """

    minutes: Counter[int] = field(default_factory=Counter)
    busiest: Counter[int] = field(default_factory=Counter)
    _writes: dict[int, deque[int]] = field(default_factory=dict)
    _bursts: dict[tuple[str, str], deque[int]] = field(default_factory=dict)
    _buckets: dict[str, tuple[float, int]] = field(default_factory=dict)
    _hour: int = 0
    _points: int = 0

    def came(self, now_ms: int) -> None:
        """Count a request."""
        self.minutes[now_ms // _MINUTE_MS] += 1

    def of_issue(self, issue_id: int, now_ms: int) -> Answer | None:
        """Count a write to an issue; where Cloud would take no more, return its answer instead."""
        longest_ms = ISSUE_WRITES[-1][0]
        kept = self._writes.setdefault(issue_id, deque())
        _forget(kept, now_ms - longest_ms, now_ms)
        for window_ms, most in ISSUE_WRITES:
            inside = [at for at in kept if at > now_ms - window_ms]
            if len(inside) >= most:
                wait_ms = inside[len(inside) - most] + window_ms - now_ms
                return refusal("cloud", False, "jira-per-issue-on-write", most, now_ms, wait_ms)
        kept.append(now_ms)
        for window_ms, _ in ISSUE_WRITES:
            inside_now = sum(at > now_ms - window_ms for at in kept)
            self.busiest[window_ms] = max(self.busiest[window_ms], inside_now)
        return None

    def of_endpoint(self, method: str, path: str, most: int, now_ms: int) -> Answer | None:
        """Count a request to one endpoint by one method; beyond `most` in a second return Cloud's answer instead."""
        kept = self._bursts.setdefault((method, path), deque())
        _forget(kept, now_ms - _SECOND_MS, now_ms)
        if len(kept) >= most:
            return refusal("cloud", False, "jira-burst-based", most, now_ms, _SECOND_MS)
        kept.append(now_ms)
        return None

    def of_hour(self, quota: int, now_ms: int) -> Answer | None:
        """Return Cloud's answer where the hour's quota is spent: wait for the next hour."""
        hour = now_ms // _HOUR_MS
        if hour != self._hour:
            self._hour, self._points = hour, 0
        if self._points >= quota:
            return refusal("cloud", False, "jira-quota-tenant-based", quota, now_ms, (hour + 1) * _HOUR_MS - now_ms)
        return None

    def spend(self, answer: Answer, quota: int) -> dict[str, str]:
        """Take what an answer costs off the hour's quota: one point, and one for each object in it.

        Returns the headers that tell what is left.
        """
        self._points += _points(answer)
        left = max(quota - self._points, 0)
        near = {"X-RateLimit-NearLimit": "true"} if left < quota * _NEAR else {}
        reset = {"X-RateLimit-Reset": _told((self._hour + 1) * 3600)}
        return {"X-RateLimit-Limit": str(quota), "X-RateLimit-Remaining": str(left), **reset, **near}

    def of_bucket(self, who: str, size: int, now_ms: int) -> bool:
        """Take a token out of an account's bucket of `size`, which is filled in a second; False when it is empty."""
        left = self._level(who, size, now_ms)
        self._buckets[who] = (left - 1 if left >= 1 else left, now_ms)
        return left >= 1

    def left(self, who: str, size: int, now_ms: int) -> int:
        """Return how many tokens are left in an account's bucket."""
        return int(self._level(who, size, now_ms))

    def _level(self, who: str, size: int, now_ms: int) -> float:
        left, at_ms = self._buckets.get(who, (float(size), now_ms))
        return min(float(size), left + max(now_ms - at_ms, 0) / _SECOND_MS * size)


def refusal(flavour: Flavour, html: bool, reason: str | None, most: int, now_ms: int, wait_ms: int) -> Answer:
    """Return what is answered to one request too many: a page, as of Data Center, or JSON with Jira's reason."""
    headers = {"Retry-After": str(max(-(-wait_ms // 1000), 1))}
    if flavour == "dc":
        headers |= bucket(most, 0)
    else:
        headers |= {"X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": "0"}
    if reason is not None:
        headers |= {"RateLimit-Reason": reason, "X-RateLimit-Reset": _told((now_ms + wait_ms) // 1000)}
    if html:
        return Answer(429, _PAGE.encode(), headers | {"Content-Type": "text/html;charset=UTF-8"})
    return said(429, {"errorMessages": [_TOO_MANY], "errors": {}, "status": 429}, headers)


def bucket(size: int, left: int) -> dict[str, str]:
    """Return the headers of Data Center's token bucket."""
    return {
        "X-RateLimit-Limit": str(size),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-FillRate": str(size),
        "X-RateLimit-Interval-Seconds": "1",
    }


def _told(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _points(answer: Answer) -> int:
    body: Json = json.loads(answer.body) if answer.body.startswith((b"{", b"[")) else None
    listed: Sequence[Json] = body if isinstance(body, list) else ()
    if isinstance(body, dict):
        listed = next((body[name] for name in ("issues", "comments", "values") if name in body), ())
    return 1 + len(listed)


def _forget(kept: deque[int], before_ms: int, now_ms: int) -> None:
    """Drop what is older than the window, and what a clock set back has left in the future."""
    while kept and (kept[0] <= before_ms or kept[0] > now_ms):
        kept.popleft()
