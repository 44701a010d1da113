"""The lead's digest: what burns, what will, who waits for whom: keys, queues, states, times; no persons, no texts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from pathlib import Path

from bot.core.deadline import Deadline, distance, is_over, shown
from bot.core.deadlines import dates_of
from bot.core.desk import QUIET, Desk
from bot.core.judge import Judged, look
from bot.core.ledger import Entry
from bot.core.overview import Row, rows_of
from bot.core.rulebook import Rulebook
from bot.core.steps import Amount, At, Name, Several, Value
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.verdict import Verdict
from bot.report.backlog import Band, band_of, bands
from bot.report.words import headings
from bot.store.store import Store
from bot.store.tied import each_with_others
from bot.wording import show

_TEMPLATE = Path(__file__).with_name("digest.html")


@dataclass(frozen=True, slots=True)
class Statutory:
    """A statutory deadline of an open ticket: its last day or moment, and what is left or over by then.

    Beside it stand the ticket's own due date, what was promised first where that was another, and which date rules.
    """

    key: str
    queue: str | None
    deadline: Deadline
    due: Value
    distance: Amount
    over: bool
    promised: Value | None
    first: Value | None
    promise_rules: bool


@dataclass(slots=True)
class Kept:
    """How many cycles of a policy's clock met their target and how many missed it, and how many were judged later.

    Judged later are those on which only a rulebook could be asked that came after they had stopped.
    """

    met: int = 0
    missed: int = 0
    rejudged: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """All figures of a digest as of a moment, before any wording."""

    as_of: Moment
    version: str
    open: int
    by_tier: Mapping[str, int]
    closed_today: int
    sections: Mapping[str, Sequence[Row]]
    statutory: Sequence[Statutory]
    backlog: Sequence[Band]
    promises: Mapping[str, Kept]
    secured: int
    unknown: int
    said: Mapping[tuple[str, str], int]
    said_today: int
    observed: int
    batched: int
    troubles: Sequence[tuple[str, str]] = field(default_factory=tuple)


def gather(
    tickets: Iterable[Ticket],
    ledger: Iterable[Entry],
    troubles: Sequence[tuple[str, str]],
    book: Rulebook,
    now: Moment,
    verdicts: Iterable[Verdict] = (),
    known: Callable[[Iterable[Ticket]], Iterable[tuple[Ticket, Desk]]] = lambda tickets: zip(tickets, repeat(QUIET)),
) -> Digest:
    """Count and list the desk as it stands at `now`. Tickets with a security level are counted, not listed.

    `known` gives each ticket with what judging it needs to know of others.
    """
    shown = book.entries.digest.parts
    sections: dict[str, list[Row]] = {name: [] for name in SECTIONS}
    backlog = bands(book.entries.digest)
    statutory: list[Statutory] = []
    tiers: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    secured = closed_today = 0
    today = book.calendar.start_of_day(book.calendar.day_of(now))
    for ticket, desk in known(tickets):
        judged = look(ticket, book, now, desk)
        after = judged.view.happened[-1].after
        standing[after.standing] += 1
        if after.standing == "closed":
            closed_today += judged.view.happened[-1].at >= today
            continue
        if after.standing == "open":
            tier = "?" if after.tier is None else str(after.tier)
            tiers[tier] += 1
            age = (book.calendar.day_of(now) - book.calendar.day_of(ticket.created_at)).days
            band_of(age, backlog).by_tier[tier] += 1
        found = [(name, row) for name, row in rows_of(judged, now) if name in shown]
        dated = list(_statutory(judged, now)) if "statutory" in shown else []
        if ticket.secured:
            secured += bool(found or dated)
            continue
        statutory += dated
        for name, row in found:
            sections[name].append(row)
    for rows in sections.values():
        rows.sort(key=lambda row: (row.at, row.key))
    statutory.sort(key=lambda row: (row.deadline.due_at, row.key))
    said: Counter[tuple[str, str]] = Counter()
    states: Counter[str] = Counter()
    said_today = 0
    for entry in ledger:
        states[entry.state] += 1
        if entry.state == "said":
            said[entry.rule, entry.rung] += 1
            said_today += entry.at >= today
    return Digest(
        as_of=now,
        version=book.version,
        open=standing["open"],
        by_tier=tiers,
        closed_today=closed_today,
        sections=sections,
        statutory=statutory,
        backlog=backlog,
        promises=_promises(verdicts, book, now),
        secured=secured,
        unknown=standing[UNKNOWN],
        said=said,
        said_today=said_today,
        observed=states["observed"],
        batched=states["batched"],
        troubles=troubles,
    )


def promises_since(book: Rulebook, now: Moment) -> Moment:
    """Find since when a digest counts promises: the first of its days, of which today is the last."""
    days = book.entries.digest.promises.amount
    return book.calendar.start_of_day(book.calendar.day_of(now) - timedelta(days=days - 1))


def _promises(verdicts: Iterable[Verdict], book: Rulebook, now: Moment) -> Mapping[str, Kept]:
    """The verdicts of these days by policy, those of the rulebook first and in its order."""
    found: dict[str, Kept] = {policy.name: Kept() for policy in book.entries.policies}
    since = promises_since(book, now)
    for verdict in verdicts:
        if since <= verdict.stopped_at <= now:
            kept = found.setdefault(verdict.policy, Kept())
            kept.met += verdict.standing == "met"
            kept.missed += verdict.standing == "missed"
            kept.rejudged += verdict.rejudged
    return {policy: kept for policy, kept in found.items() if kept.met or kept.missed}


SECTIONS = ("overdue", "due_soon", "still", "solved", "customer", "incomplete", "unrouted", "unassigned")
"""The parts that list tickets, in the order of what must be done first."""

PARTS: Mapping[str, str] = {
    "overdue": "open tickets with a policy's target behind them, the longest ago first",
    "due_soon": "those whose target ends soon, within `soon`",
    "still": "those whose turn is tier 2's, and on which nothing was done for `still`",
    "solved": "tickets that are solved, their solution not known to have reached the customer",
    "customer": "tickets that wait for the customer",
    "incomplete": "tickets at tier 2 that lack something, by the completeness rules that are not on observe",
    "unrouted": "tickets at tier 2 without a queue",
    "unassigned": "tickets at tier 2 that are in a queue and have no owner",
    "statutory": "the answers owed by law, each with its basis, what is left, and what was promised beside it",
    "backlog": "how many open tickets there are of each of the `ages`, by tier",
    "promises": "how many promises were kept and broken, by policy, within `promises`",
    "bot": "how many messages the bot has written, by rule and rung",
}
"""What a digest can show; each part's row in the reference."""


def _statutory(judged: Judged, now: Moment) -> Iterable[Statutory]:
    """The answers that an open ticket owes; a season's dates are the customer's to keep."""
    view, calendar = judged.view, judged.view.book.calendar
    owed = [deadline for deadline in judged.deadlines if not deadline.period]
    if view.happened[-1].after.standing != "open" or not owed:
        return
    dates = dates_of(view)
    moved = dates.first is not None and (dates.promised is None or dates.first.due_at != dates.promised.due_at)
    promised, first = (
        None if each is None else shown(each.due_at - 1, calendar, by_day=True)
        for each in (dates.promised, dates.first)
    )
    for deadline in owed:
        due = shown(deadline.due_at - deadline.by_day, calendar, by_day=deadline.by_day)
        left = distance(deadline, calendar, now)
        yield Statutory(
            key=view.ticket.key,
            queue=view.ticket.queue,
            deadline=deadline,
            due=due,
            distance=left,
            over=is_over(deadline, now),
            promised=promised,
            first=first if moved else None,
            promise_rules=dates.rules is not None and dates.rules.kind == "promised",
        )


def html(digest: Digest, book: Rulebook, language: str, browse: str | None = None) -> str:
    """Write the digest as one self-contained page. `browse` is the address before a key that opens a ticket."""
    from jinja2 import Environment, StrictUndefined

    def shown(value: Value | None) -> str:
        return "" if value is None else show(value, language, book.name, book.calendar.timezone)

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        digest=digest,
        parts=book.entries.digest.parts,
        words=headings(language, book.entries.digest),
        language=language,
        browse=browse,
        at=lambda moment: shown(At(moment)),
        amount=shown,
        titles=lambda words: shown(Several(tuple(Name("title", word) for word in words))),
        name_of=lambda kind, word: (
            "?" if word == UNKNOWN and kind != "state" else shown(Name(kind, word)) if word else "–"
        ),
    )


def write(store: Store, book: Rulebook, now: Moment, path: Path, language: str | None, browse: str) -> None:
    """Write the digest of all that the store knows, as of `now`, to a file, a new one for its owner alone.

    It is in the rulebook's language for it where no other is asked for.

    Raises StoreError and OSError.
    """
    troubles = [(ticket_id, what) for ticket_id, what, _ in store.troubles()]
    verdicts = store.stopped_since(promises_since(book, now))
    digest = gather(
        store.open_tickets(),
        store.ledger(),
        troubles,
        book,
        now,
        verdicts,
        lambda tickets: each_with_others(QUIET, tickets, store, book, now),
    )
    language = language or book.entries.digest.language or book.entries.language
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(html(digest, book, language, browse))
