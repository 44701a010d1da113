"""Today's board: the tickets that are not closed, by queue and by how they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.web.page import Asked, Page
from bot.web.reader import HEADS, STAFF, may_know, may_open
from bot.web.snapshot import STANDINGS, Line

_RANK = {standing: rank for rank, standing in enumerate(STANDINGS)}
_LATE = 1 << 62
PER_PAGE = 100
NO_QUEUE = "-"
"""In place of a queue in a filter: none."""


@dataclass(frozen=True)
class Chosen:
    """What somebody asks to see: words of the rulebook, None for all."""

    queue: str | None = None
    standing: str | None = None
    tier: str | None = None
    policy: str | None = None

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return any((self.queue, self.standing, self.tier, self.policy))

    def takes(self, line: Line) -> bool:
        """Whether a line is asked for."""
        ticket = line.ticket
        return (
            self.queue in (None, ticket.queue or NO_QUEUE)
            and self.standing in (None, line.stands)
            and self.tier in (None, str(ticket.tier))
            and (self.policy is None or any(each.policy == self.policy for each in ticket.clocks))
        )


def show(asked: Asked) -> Mapping[str, Any]:
    """Give the table of counts, and the tickets asked for, worst first."""
    audience, book = asked.audience, asked.book
    reading = asked.snapshot.read(asked.now)
    chosen = _chosen(asked)
    about = [
        line
        for line in reading.lines
        if audience.reads_of(line.ticket.queue, line.ticket.category)
        and may_know(audience, secured=False, spared=line.ticket.spared, book=book)
    ]
    lines = [line for line in about if audience.secured or not line.ticket.secured]
    taken = sorted(filter(chosen.takes, lines) if chosen.any else lines, key=_urgency)
    pages = max(1, -(-len(taken) // PER_PAGE))
    number = min(_number(asked.query.get("page")), pages)
    return {
        "reading": reading,
        "chosen": chosen,
        "counts": _counts(lines),
        "queues": _queues(lines, asked),
        "totals": Counter(line.stands for line in lines),
        "standings": STANDINGS,
        "policies": [policy.name for policy in asked.book.entries.policies],
        "tiers": sorted({str(each.ticket.tier) for each in lines if each.ticket.tier}),
        "lines": taken[(number - 1) * PER_PAGE : number * PER_PAGE],
        "opens": lambda each: may_open(audience, (each.owner, each.forwarder, each.reporter), each.queue, book),
        "found": len(taken),
        "all": len(lines),
        "secured": len(about) - len(lines),
        "number": number,
        "pages": pages,
        "link": lambda **changes: _link(chosen, **changes),
        "names_people": bool(asked.audience.roles & HEADS),
    }


def _chosen(asked: Asked) -> Chosen:
    """What the form asks for; what is no word of the board is left out."""
    book, query = asked.book, asked.query
    return Chosen(
        queue=_one_of(query.get("queue"), {*book.queues, NO_QUEUE}),
        standing=_one_of(query.get("standing"), set(STANDINGS)),
        tier=_one_of(query.get("tier"), {"1", "2"}),
        policy=_one_of(query.get("policy"), set(book.policies)),
    )


def _one_of(word: str | None, words: set[str]) -> str | None:
    return word if word in words else None


def _number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


def _urgency(line: Line) -> tuple[int, int, int]:
    due = line.promise.due_at if line.promise else None
    return _RANK[line.stands], _LATE if due is None else due, line.ticket.created_at


def _counts(lines: Sequence[Line]) -> Mapping[tuple[str, str], int]:
    return Counter((line.ticket.queue or NO_QUEUE, line.stands) for line in lines)


def _queues(lines: Sequence[Line], asked: Asked) -> Sequence[tuple[str, str, int]]:
    """The queues that have tickets, in the rulebook's order, each with its name and how many there are."""
    held = Counter(line.ticket.queue or NO_QUEUE for line in lines)
    words = [*asked.book.queues, *sorted(set(held) - {*asked.book.queues, NO_QUEUE}), NO_QUEUE]
    return [
        (word, asked.words["no_queue"] if word == NO_QUEUE else asked.name("queue", word), held[word])
        for word in words
        if held[word]
    ]


def _link(chosen: Chosen, **changes: str | int | None) -> str:
    """The board with something else chosen."""
    return "?" + urlencode(dict(_pairs({**vars(chosen), **changes})))


def _pairs(words: Mapping[str, str | int | None]) -> Iterator[tuple[str, str]]:
    return ((word, str(value)) for word, value in words.items() if value is not None)


PAGE = Page("board", "/", STAFF, show, place=10)
