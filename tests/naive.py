"""Indicators worked out a second time, straight from Jira's JSON and as simply as can be: no clocks and no turns.

What it shares with the bot is nothing but the sentences of the definitions. A status is tier 1's, tier 2's or done;
when a ticket was done, who had it and what its first date was is read off the sorted changelog by loops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

TALLINN = ZoneInfo("Europe/Tallinn")
TEN_MINUTES = timedelta(minutes=10)
Json = Any


@dataclass(frozen=True)
class Move:
    """A change of status: when, by whom, from and to what it means (None for one that nobody knows)."""

    at: datetime
    who: str | None
    was: str | None
    now: str | None
    ids: tuple[str, str]


@dataclass(frozen=True)
class Told:
    """A ticket as the naive reader sees it."""

    key: str
    created: datetime
    first: str | None
    moves: tuple[Move, ...]
    due: tuple[str, ...]
    present: str | None

    def spells(self) -> list[tuple[datetime, datetime | None]]:
        """When it was done, each time, and until when. A status that nobody knows says nothing of it."""
        found: list[tuple[datetime, datetime | None]] = [(self.created, None)] if self.first == "done" else []
        for move in self.moves:
            is_done = bool(found) and found[-1][1] is None
            if move.now == "done" and not is_done:
                found.append((move.at, None))
            elif move.now not in ("done", None) and is_done:
                found[-1] = (found[-1][0], move.at)
        return found

    @property
    def done_at(self) -> datetime | None:
        """When it was last done, if it still is."""
        found = self.spells()
        return found[-1][0] if found and found[-1][1] is None else None

    @property
    def was_at_tier_2(self) -> bool:
        """Whether anybody of tier 2 ever had it before it was last done."""
        before = [move for move in self.moves if self.done_at is None or move.at < self.done_at]
        return "tier 2" in [self.first, *(move.now for move in before)]

    @property
    def done_from(self) -> str | None:
        """What it was just before it was last done."""
        return next((move.was for move in self.moves if move.at == self.done_at), None)

    @property
    def is_odd(self) -> bool:
        """Whether its history does not tell how it came to be what it is: done from the start, or with a gap."""
        ends = [self.first, *(move.now for move in self.moves)]
        begins = [*(move.was for move in self.moves), self.present]
        gaps = any(end != begin for end, begin in zip(ends, begins, strict=True) if None not in (end, begin))
        return self.first == "done" or gaps


def stamp(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=0).astimezone(TALLINN)


def places(exported: list[Json], tier2: Collection[str]) -> dict[str, str]:
    """What each status means, as far as a ticket that is in it now tells: done, or whose it is."""
    statuses = (each["fields"]["status"] for each in exported)
    done = {status["id"]: status["statusCategory"]["key"] == "done" for status in statuses}
    return {id_: "done" if done[id_] else "tier 2" if id_ in tier2 else "tier 1" for id_ in done}


def read(raw: Json, known: Mapping[str, str]) -> Told:
    histories = (raw.get("changelog") or {}).get("histories") or []
    entries = sorted(
        (stamp(each["created"]), (each.get("author") or {}).get("accountId"), item)
        for each in histories
        for item in each["items"]
        if item.get("field") in ("status", "duedate")
        for item in [_Item(item)]
    )
    status = raw["fields"]["status"]["id"]
    moves = []
    dates: list[str] = []
    for at, who, item in entries:
        if item.field == "status":
            moves.append(
                Move(at, who, known.get(item.was or ""), known.get(item.now or ""), (item.was or "", item.now or ""))
            )
        else:
            dates += [day for day in (item.was, item.now) if day and not dates]
    created = stamp(raw["fields"]["created"])
    first = moves[0].was if moves else known.get(status)
    if not dates and raw["fields"].get("duedate"):
        dates = [raw["fields"]["duedate"]]
    return Told(raw["key"], created, first, tuple(_not_undone(moves)), tuple(dates), known.get(status))


@dataclass(frozen=True, order=True)
class _Item:
    field: str
    was: str | None
    now: str | None

    def __init__(self, item: Json) -> None:
        object.__setattr__(self, "field", item["field"])
        object.__setattr__(self, "was", item.get("from"))
        object.__setattr__(self, "now", item.get("to"))


def _not_undone(moves: list[Move]) -> list[Move]:
    """Without what the same person took back within ten minutes, pair by pair."""
    kept: list[Move] = []
    for move in moves:
        last = kept[-1] if kept else None
        if (
            last
            and move.who
            and last.who == move.who
            and last.ids == move.ids[::-1]
            and move.at - last.at <= TEN_MINUTES
        ):
            kept.pop()
        else:
            kept.append(move)
    return kept


Share = tuple[int, int]
"""Numerator and denominator."""


def first_deadline(tickets: list[Told], first: date, last: date) -> Share:
    """2.3.1: of those whose first date is in the period, those done by the end of that day."""
    meant = [each for each in tickets if each.due and first <= date.fromisoformat(each.due[0]) <= last]
    meant = [each for each in meant if not each.is_odd]
    met = [each for each in meant if each.done_at and each.done_at.date() <= date.fromisoformat(each.due[0])]
    return len(met), len(meant)


def first_tier(tickets: list[Told], first: date, last: date) -> Share:
    """2.3.4: of those done in the period, those that tier 2 never had; not of one done from nobody knows where."""
    done = [each for each in tickets if each.done_at and first <= each.done_at.date() <= last and not each.is_odd]
    meant = [each for each in done if each.was_at_tier_2 or each.done_from is not None]
    return sum(not each.was_at_tier_2 for each in meant), len(meant)


def first_tier_created(tickets: list[Told], first: date, last: date) -> Share:
    """2.3.4, the cross-check: the same of those created in the period that are done by now."""
    came = [each for each in tickets if each.done_at and first <= each.created.date() <= last and not each.is_odd]
    meant = [each for each in came if each.was_at_tier_2 or each.done_from is not None]
    return sum(not each.was_at_tier_2 for each in meant), len(meant)


def date_agreed(tickets: list[Told], first: date, last: date) -> Share:
    """2.3.1, beside it: of those done in the period, those that ever had a date."""
    done = [each for each in tickets if each.done_at and first <= each.done_at.date() <= last and not each.is_odd]
    return sum(bool(each.due) for each in done), len(done)


def sample(tickets: list[Told], first: date, last: date) -> int:
    """How many were solved in the period, of which some are looked at: each once."""
    solved = [each for each in tickets if not each.is_odd and each.spells()]
    return sum(any(first <= begin.date() <= last for begin, _ in each.spells()) for each in solved)


def quality(tickets: list[Told], first: date, last: date) -> Share:
    """2.3.2: of those whose ten working days after they were first done ended in the period, those not reopened."""
    good = meant = 0
    for each in tickets:
        if each.is_odd or not each.spells():
            continue
        done, left = each.spells()[0]
        ends = working_days_after(done.date(), 10)
        if first <= ends <= last:
            meant += 1
            good += left is None or left > datetime.combine(ends, time.max, TALLINN)
    return good, meant


def backlog(tickets: list[Told], last: date) -> dict[str, int]:
    """The tickets that are open as a day ends, by their age in days; not those in a status that nobody knows."""
    over = datetime.combine(last + timedelta(days=1), time.min, TALLINN)
    found = {"0-9": 0, "10-30": 0, "31-": 0}
    for each in tickets:
        stands = each.first
        for move in each.moves:
            stands = move.now if move.at < over else stands
        if each.created < over and stands in ("tier 1", "tier 2"):
            age = (last - each.created.date()).days
            found["0-9" if age < 10 else "10-30" if age <= 30 else "31-"] += 1
    return found


def working_days_after(day: date, amount: int) -> date:
    """Monday to Friday: these tickets' rulebook has no holidays."""
    while amount:
        day += timedelta(days=1)
        amount -= day.weekday() < 5
    return day
