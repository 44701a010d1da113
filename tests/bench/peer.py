"""The bot as one would write it in an afternoon: the `jira` package, all open tickets every time, loops over days.

APScheduler would call `cycle` every minute; that costs nothing beside it and is left out.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dateutil.parser  # type: ignore[import-untyped]
import holidays
from account import TOKEN, USER
from jira import JIRA

_ZONE = ZoneInfo("Europe/Tallinn")
_OPENS, _CLOSES = time(8), time(17)
_HOLIDAYS = holidays.country_holidays("EE", years=range(2025, 2028))
_TIER_2 = ("II tasemel", "Töös")
_WARN_S, _DUE_S = 2 * 9 * 3600, 3 * 9 * 3600
_QUIET_S = 2 * 9 * 3600


class Peer:
    """One connection; what it said it keeps in a dictionary."""

    def __init__(self, url: str, flavour: str, folder: Path) -> None:
        cloud = flavour == "cloud"
        self._jira = JIRA(
            server=url,
            basic_auth=(USER, TOKEN) if cloud else None,
            token_auth=None if cloud else TOKEN,
            max_retries=0,
            timeout=120,
        )
        self._said: dict[tuple[str, str], datetime] = {}

    def cycle(self, now: int) -> int:
        """Look at every open ticket: how long tier 2 has had it, and when somebody last wrote."""
        at = datetime.fromtimestamp(now, _ZONE)
        jql = "project = KKA AND statusCategory != Done ORDER BY created"
        found = self._jira.search_issues(jql, maxResults=False, expand="changelog")
        for issue in found:
            ran_s = _working_s_in(issue, _TIER_2, at)
            comments = self._jira.comments(issue.id)
            last = max((_moment(comment.created) for comment in comments), default=_moment(issue.fields.created))
            for rule, is_due in (
                ("warn", ran_s > _WARN_S),
                ("breach", ran_s > _DUE_S),
                ("quiet", _working_s(last, at) > _QUIET_S),
            ):
                if is_due and (issue.id, rule) not in self._said:
                    self._said[issue.id, rule] = at
        return len(found)

    def close(self) -> None:
        """Close the connection."""
        self._jira.close()  # type: ignore[no-untyped-call]


def _working_s_in(issue: object, statuses: tuple[str, ...], at: datetime) -> float:
    fields, total = issue.fields, 0.0  # type: ignore[attr-defined]
    entries = sorted(issue.changelog.histories, key=lambda entry: entry.created)  # type: ignore[attr-defined]
    status, since = None, _moment(fields.created)
    for entry in entries:
        for item in entry.items:
            if item.field == "status":
                if status in statuses:
                    total += _working_s(since, _moment(entry.created))
                status, since = item.toString, _moment(entry.created)
    return total + (_working_s(since, at) if status in statuses else 0.0)


def _working_s(since: datetime, until: datetime) -> float:
    total, day = 0.0, since.astimezone(_ZONE).date()
    while day <= until.astimezone(_ZONE).date():
        if _is_worked(day):
            begin = max(since, datetime.combine(day, _OPENS, _ZONE))
            end = min(until, datetime.combine(day, _CLOSES, _ZONE))
            total += max(0.0, (end - begin).total_seconds())
        day += timedelta(days=1)
    return total


def _is_worked(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS


def _moment(written: str) -> datetime:
    found: datetime = dateutil.parser.parse(written)
    return found
