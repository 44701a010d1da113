"""What tests of the indicators are told in: tickets of the small desk, and what each adds to an indicator."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import structs
from small_desk import SECTIONS, at, book, ticket

from bot.core.desk import QUIET, Desk
from bot.core.history import turns
from bot.core.kpi.case import Case
from bot.core.kpi.fact import Fact
from bot.core.kpi.period import Kind, period_of
from bot.core.kpi.registry import INDICATORS
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.core.view import View

FIELDS = {word: word for word in (
    "return_reason", "justified", "resolution", "quality", "rating", "reopen_reason", "promised", "parent",
)}  # fmt: skip
UNCOUNTED = {
    "duplicate": {"resolution": "Duplicate"},
    "cancelled": {"resolution": "Cancelled"},
    "justified rejection": {"resolution": "Rejected"},
    "test": {"label": "test"},
    "spam": {"resolution": "Spam"},
}
LINKS = {
    "complained of": {"type": "1", "outward": False},
    "asked again": {"type": "2", "outward": False},
    "related": {"type": "3"},
}
WAITING = {"state": "waiting", "name": {"en": "W"}, "status": "7", "standing": "open", "ball": "customer", "tier": 1}
INDICATORS_SECTION: dict[str, Any] = {
    "events": ["EVENT"],
    "uncounted": UNCOUNTED,
    "quality": {"complaints": ["complained of"], "repeats": ["asked again"]},
}


def rules(language: str = "en", **settings: Any) -> Rulebook:
    """The small desk's rulebook with all the fields that indicators look at."""
    return book(
        digest={"language": language},
        fields=SECTIONS["fields"] | FIELDS,
        categories={"LAW": "Law", "IT": "IT", "EVENT": "E"},
        links=LINKS,
        states=[*SECTIONS["states"], WAITING],
        indicators=INDICATORS_SECTION | settings,
    )


RULES = rules()


def opened(acts: list[str], **first: Any) -> Ticket:
    """A ticket that was created with these values; what acts change begins with them, and other facts stay."""
    known = {word: first.pop(word) for word in ("links", "secured", "labels", "id") if word in first}
    made = ticket(*acts, **known, **{word: first[word] for word in ("owner", "queue") if word in first})
    changes, seen = [], set()
    for change in made.changes:
        begins = change.field in first and change.field not in seen
        changes.append(structs.replace(change, was=first[change.field]) if begins else change)
        seen.add(change.field)
    unchanged = {word: value for word, value in first.items() if word not in seen}
    last = {change.field: change.now for change in changes}
    due = last.get("due", unchanged.get("due"))
    facts = {word: unchanged[word] for word in ("state", "category") if word in unchanged}
    fields = made.fields | {word: unchanged[word] for word in FIELDS if word in unchanged}
    days = None if due is None else (date.fromisoformat(due) - date(1970, 1, 1)).days * 86_400
    return structs.replace(made, changes=tuple(changes), fields=fields, due_at=days, **facts)


def case(
    seen: Ticket,
    now: str = "9 mon 08:00",
    book: Rulebook = RULES,
    in_week: str = "mon 08:00",
    kind: Kind = "week",
    rating: tuple[Moment, float] | None = None,
    desk: Desk = QUIET,
) -> Case:
    """A ticket as of `now`, in the period of a kind that a moment is in."""
    period = period_of(kind, book.calendar.day_of(at(in_week)), book.calendar)
    return Case(View(seen, turns(seen, book), book, at(now), desk=desk), period, rating=rating)


def facts(name: str, seen: Case) -> list[Fact]:
    found = INDICATORS[name].facts
    assert found is not None
    return list(found(seen))


def added(name: str, seen: Case) -> str:
    """What a ticket adds: `1 extended`, `0`, `out: duplicate`, nothing at all."""
    return "; ".join(
        " ".join((f"out: {fact.excluded}" if fact.excluded else f"{fact.value:g}", *map(repr, fact.marks))).strip()
        for fact in facts(name, seen)
    )
