"""Some of the field's own indicators worked out a second time, straight from Jira's JSON: loops over sorted entries.

Nothing of the bot is used. Working time is Monday to Friday from 8 to 17 in Tallinn, counted day by day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from naive import TALLINN, TEN_MINUTES, stamp

Json = Any


class Seen(NamedTuple):
    """A ticket: when it was created, when it was solved and reopened in turn, and when somebody first had it."""

    created: datetime
    ends: tuple[tuple[datetime, str], ...]
    owned: datetime | None
    stands: tuple[tuple[datetime, str | None], ...]


def seen(raw: Json, known: Mapping[str, str]) -> Seen:
    created = stamp(raw["fields"]["created"])
    entries = sorted(
        (
            (max(stamp(each["created"]), created), i, (each.get("author") or {}).get("accountId"), item)
            for i, each in enumerate((raw.get("changelog") or {}).get("histories") or [])
            for item in each["items"]
            if item.get("field") in ("status", "assignee")
        ),
        key=lambda entry: entry[0],
    )
    moves = [(at, who, item) for at, _, who, item in entries if item["field"] == "status"]
    first = known.get(moves[0][2].get("from")) if moves else known.get(raw["fields"]["status"]["id"])
    stands = [(created, first)]
    ends: list[tuple[datetime, str | None, str]] = [(created, None, "solved")] if first == "done" else []
    for i, (at, who, item) in enumerate(moves):
        was = next((place for _, place in reversed(stands) if place), None)
        last = raw["fields"]["status"]["id"] if i == len(moves) - 1 else item.get("to")
        now = known.get(last)
        stands.append((at, now))
        word = "solved" if now == "done" and was != "done" else "reopened" if now and was == "done" != now else ""
        if not word:
            continue
        if ends and who and ends[-1][1] == who and at - ends[-1][0] <= TEN_MINUTES:
            ends.pop()
        else:
            ends.append((at, who, word))
    given = [(at, item.get("from"), item.get("to")) for at, _, _, item in entries if item["field"] == "assignee"]
    now_has = raw["fields"].get("assignee")
    owned: datetime | None = None
    if (given[0][1] if given else now_has) is not None:
        owned = created
    else:
        owned = next((at for at, _, to in given if to is not None), None)
    return Seen(created, tuple((at, word) for at, _, word in ends), owned, tuple(stands))


def reopened(tickets: list[Seen], first: date, last: date) -> tuple[int, int]:
    """Of those solved in the period, those that were reopened after that."""
    those = [(each, begin) for each in tickets if (begin := _solved(each, first, last))]
    again = [each for each, begin in those if any(word == "reopened" and at >= begin for at, word in each.ends)]
    return len(again), len(those)


def _solved(each: Seen, first: date, last: date) -> datetime | None:
    return next((at for at, word in each.ends if word == "solved" and first <= at.date() <= last), None)


def reopenings(tickets: list[Seen], first: date, last: date) -> int:
    return sum(word == "reopened" and first <= at.date() <= last for each in tickets for at, word in each.ends)


def created(tickets: list[Seen], first: date, last: date) -> int:
    return sum(first <= each.created.date() <= last for each in tickets)


def executor_hours(tickets: list[Seen], first: date, last: date) -> list[float]:
    """The working hours until somebody first had a ticket, of those to whom that happened in the period; sorted."""
    got = [each for each in tickets if each.owned is not None and first <= each.owned.date() <= last]
    return sorted(round(hours(each.created, each.owned), 4) for each in got if each.owned is not None)


def ages(tickets: list[Seen], last: date) -> list[int]:
    """The days since their creation of tickets that are open as a day ends; sorted."""
    over = datetime.combine(last + timedelta(days=1), time.min, TALLINN)
    found = []
    for each in tickets:
        before = [stands for at, stands in each.stands if at < over]
        if before and before[-1] in ("tier 1", "tier 2"):
            found.append((last - each.created.date()).days)
    return sorted(found)


def hours(begin: datetime, end: datetime) -> float:
    """The working hours between two moments."""
    whole, day = 0.0, begin.date()
    while day <= end.date():
        if day.weekday() < 5:
            opens = max(begin, datetime.combine(day, time(8), TALLINN))
            closes = min(end, datetime.combine(day, time(17), TALLINN))
            whole += max((closes.timestamp() - opens.timestamp()) / 3600, 0)
        day += timedelta(days=1)
    return whole
