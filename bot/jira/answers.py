"""What an answer of Jira says: its body as data, its refusal without anybody's data, its patience."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec
import requests

from bot.engine.tracker import Refused, Unreachable

T = TypeVar("T")

_KNOWN = (
    "Issue does not exist or you do not have permission to see it.",
    "Comment body is not valid!",
    "The requested API has been removed.",
    "You are not authenticated.",
    "You do not have the permission to see the specified issue.",
    "You do not have permission to comment on this issue.",
    "You do not have permission to edit issues in this project.",
    "It seems that you have tried to perform an operation which you are not permitted to perform.",
    "Field cannot be set. It is not on the appropriate screen, or unknown.",
    "is not valid for this issue.",
    "The request has been rate-limited.",
    "Unbounded JQL queries are not allowed here.",
)
"""Sentences of Jira that hold nobody's data: the only ones repeated."""

_REASONS = frozenset(
    {"jira-quota-global-based", "jira-quota-tenant-based", "jira-burst-based", "jira-per-issue-on-write"}
)
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class Answered(Refused):
    """Refused, with the HTTP status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Failing(Unreachable):
    """An answer came, but 5xx or nothing of Jira's: Jira may be away, or stumble over what was asked for."""


class Garbled(Exception):
    """The body is cut short or broken: the next try may bring it whole."""


class NotJira(Exception):
    """The body is something else than Jira's answer, and will be next time."""

    HTML = "something that is not Jira (HTML page, maybe a proxy's login)"


def says_html(answer: requests.Response) -> bool:
    """Whether the body is an HTML page, by what it is rather than what it calls itself."""
    return answer.content.lstrip()[:1] == b"<"


def decode(answer: requests.Response, into: type[T]) -> T:
    """Read the body as `into`, where that is `type(None)` as nothing but no page. Raises Garbled or NotJira.

    What strict decoders refuse and Jira yet sends (half a surrogate pair, a raw control character, a byte
    that is not UTF-8) is replaced, so that one odd text does not cost the whole page.
    """
    if says_html(answer):
        raise NotJira("answered with " + NotJira.HTML)
    if into is type(None):
        return msgspec.convert(None, into)
    try:
        return _strictly(answer.content, into)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return _strictly(mended(answer.content), into)
    except ValueError:
        raise Garbled("answered with something that is not Jira (a body cut short or broken)") from None
    except RecursionError:
        raise _otherwise("nested too deeply") from None


def _strictly(content: bytes, into: type[T]) -> T:
    """Decode. Raises NotJira for another form, else what the decoder raises."""
    try:
        content.decode()  # what is decoded only later, msgspec takes without a look at its bytes
        return msgspec.json.decode(content, type=into)
    except msgspec.ValidationError as error:
        raise _otherwise(_place(error)) from None
    except RecursionError:
        raise _otherwise("nested too deeply") from None


def _otherwise(how: str) -> NotJira:
    return NotJira(f"answered with something that is not Jira's form ({how})")


def mended(content: bytes) -> bytes:
    """Replace what strict decoders refuse in JSON that Jira yet sends.

    Raises ValueError for what is no JSON, and RecursionError for what is nested too deeply.
    """
    loose = json.loads(content.decode("utf-8", "replace"), strict=False)
    return json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace")


def _place(error: msgspec.ValidationError) -> str:
    """Where a body departs from its form; msgspec names types and the path, never a value."""
    found = re.search(r"at `(\$[^`]*)`", str(error))
    return found[1] if found else "$"


def refusal(answer: requests.Response) -> str:
    """Give what Jira says of a refusal, if it holds nobody's data: known sentences and names of fields."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    fields = body.get("errors")
    of_fields: Mapping[str, Any] = fields if isinstance(fields, dict) else {}
    messages = body.get("errorMessages")
    listed = messages if isinstance(messages, list) else []
    said = [str(text) for text in (*listed, *of_fields.values(), body.get("message", ""))]
    parts = [known.rstrip(".") for known in _KNOWN if any(known in text for text in said)]
    names = [name for name in of_fields if _FIELD_NAME.fullmatch(name)]
    if names:
        parts.append("fields: " + ", ".join(names))
    return ": " + "; ".join(parts) if parts else ""


def named(reason: str | None) -> str | None:
    """Give the RateLimit-Reason, if it is one that Atlassian documents."""
    return reason if reason in _REASONS else None


DAY_S = 24 * 3600.0
LONGEST_S = 31 * DAY_S
"""The most patience that is believed, in seconds; more is a mistake, and not to mute the bot for ever."""


def patience(headers: Mapping[str, str], now: float) -> float:
    """Give the least wait in seconds that an answer asks for: `Retry-After` as seconds or as an HTTP date.

    Where it is absent and nothing is left, Cloud's `X-RateLimit-Reset` moment counts, or Data Center's interval;
    0 when unreadable. What asks for more than `LONGEST_S` gets a day.
    """
    asked_s = _patience(headers, now)
    return asked_s if asked_s <= LONGEST_S else DAY_S


def _patience(headers: Mapping[str, str], now: float) -> float:
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", asked):
        return float(asked)
    try:
        if asked:
            return max(0.0, parsedate_to_datetime(asked).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
    return refill_s(headers, now) if headers.get("X-RateLimit-Remaining") == "0" else 0.0


def refill_s(headers: Mapping[str, str], now: float) -> float:
    """Give the seconds until new requests are allowed by Jira's figures of its bucket; 0 where they say nothing."""
    try:
        if "X-RateLimit-Interval-Seconds" in headers:
            return _finite(headers["X-RateLimit-Interval-Seconds"])
        if "X-RateLimit-Reset" in headers:
            return max(0.0, datetime.fromisoformat(headers["X-RateLimit-Reset"]).timestamp() - now)
    except (ValueError, OverflowError):
        pass
    return 0.0


def gap_s(headers: Mapping[str, str], now: float) -> float:
    """Give the seconds to leave before the next request, so that Jira's bucket does not run empty.

    None while more than a fifth is left. Then the time in which it fills by one request; where its figures do not say
    how it fills, but when it is full again, the time until then, shared among what is left.
    """
    try:
        left, size = _finite(headers["X-RateLimit-Remaining"]), _finite(headers["X-RateLimit-Limit"])
        if left > size / 5:
            return 0.0
        fills = _finite(headers.get("X-RateLimit-FillRate", "0"))
    except (KeyError, ValueError):
        return 0.0
    # Data Center's bucket fills by a batch in each interval: with nothing left the next request waits for the whole.
    shares = left + 1 if not fills else fills if left >= 1 else 1.0
    return min(refill_s(headers, now) / shares, DAY_S)


def _finite(number: str) -> float:
    """Read a figure of a header. Raises ValueError for anything but a plain number that is not negative."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", number):
        raise ValueError(number)
    return float(number)
