"""Moments at the prompt: how they are written there, and how they are read."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.core.calendar import Calendar
from bot.core.ticket import Moment
from bot.settings import Misconfigured


def iso(at: Moment) -> str:
    """Write a moment in ISO 8601 and UTC, as every `--json` does."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def local(at: Moment, zone: ZoneInfo) -> str:
    """Write a moment as date and time of day in a zone."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def read_moment(calendar: Calendar, text: str) -> Moment:
    """Read a moment of the calendar's wall clock, or one with an offset. Raises Misconfigured."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        example = "'2026-11-16 11:05' by the calendar's clock, or 2026-11-16T11:05+02:00"
        raise Misconfigured(f"{text!r} is not a moment; write for example {example}") from None
    if at.microsecond:
        raise Misconfigured(f"{text!r}: moments are counted in whole seconds")
    try:
        return int(at.timestamp()) if at.tzinfo else calendar.moment(at)
    except (ValueError, OverflowError) as error:
        raise Misconfigured(str(error)) from None
