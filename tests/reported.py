"""A desk to report on, as of Wednesday noon: tickets with what has happened to them since Monday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from desks import rulebook

from bot.core.audience import Audience
from bot.core.desk import QUIET, Desk
from bot.core.entries_report import DigestEntry
from bot.core.kpi.period import Kind, period_of
from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Change, Ticket
from bot.core.verdict import Verdict
from bot.report.cut import cut
from bot.report.digest import Digest, digest_of
from bot.report.gather import NOTHING, Beside, Held, report_of
from bot.report.page import Page, page
from bot.report.render import render
from bot.report.report import Report
from bot.report.tell import Tell
from bot.report.write import LEAD

NOW = "2026-12-16 12:00"
BROWSE = "https://jira.example/browse/"


def at(written: str) -> int:
    return int(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo("Europe/Tallinn")).timestamp())


def ticket(number: int, *states: tuple[str, str], **more) -> Ticket:
    """A ticket opened on Monday at nine, which took these states at these moments."""
    changes, was = [], "new"
    for when, state in states:
        changes.append(Change(at(when), "state", was, state, "spetsialist1"))
        was = state
    given = {"queue": "L2_IT", "owner": "it1", "reporter": "spetsialist1", "priority": "medium"} | more
    opened = at("2026-12-14 09:00")
    given["changes"] = (*changes, *given.get("changes", ()))
    touched = [opened, *(each.at for each in (*given["changes"], *given.get("messages", ())))]
    given.setdefault("updated_ms", max(touched) * 1000)
    return Ticket(str(number), f"KKA-{number}", "KKA", opened, state=was, **given)


FORWARDED = ("2026-12-14 09:10", "at-tier-2")
FRESH = ("2026-12-16 11:00", "at-tier-2")
SOLVED = ("2026-12-14 10:00", "solved")
CLOSED = ("2026-12-16 11:00", "closed")
LETTER = {"category": "SELGITUSTAOTLUS", "queue": "DOK"}
REQUEST = {"category": "TEABENOUE", "queue": "DOK"}


def verdict(policy: str, standing: str, stopped: str, *, rejudged: bool = False, of: str = "1") -> Verdict:
    return Verdict(of, policy, 0, at(stopped), None, 1, 0, standing, "v", at(stopped), rejudged)


def said(key: str, ticket_id: str, when: str, state: str = "said") -> Entry:
    to, key_of = ("it1",), f"KKA-{ticket_id}"
    return Entry(key, ticket_id, key_of, "no-movement", "ask", "no_movement", to, state, "b", at(when), at(when))


VERDICTS = [
    verdict("tier2-resolution", "met", "2026-12-10 00:00"),
    verdict("tier2-resolution", "missed", "2026-12-16 12:00"),
    verdict("tier2-resolution", "missed", "2026-12-15 12:00", rejudged=True),
    verdict("tier2-resolution", "met", "2026-12-09 23:59"),  # a week ago already
    verdict("tier2-resolution", "met", "2026-12-16 12:01"),  # not yet
    verdict("of-old", "met", "2026-12-11 12:00"),
    verdict("tier2-answer", "met", "2026-12-11 12:00"),
]


def with_digest(**told) -> Rulebook:
    """The shipped rulebook with other words on the digest."""
    return rulebook(digest=DigestEntry.model_validate(told))


def reported(
    *tickets: Ticket,
    book: Rulebook | None = None,
    kind: Kind = "day",
    day: str = NOW,
    desk: Desk = QUIET,
    beside: Beside = NOTHING,
    **held,
) -> Report:
    """The report on the period that a moment is in, of these tickets and what else the store holds."""
    book = book or rulebook()
    period = period_of(kind, book.calendar.day_of(at(day)), book.calendar)
    known = ((each, desk) for each in tickets)
    return report_of(Held(known, **held), book, desk, period, at(day), beside)


def digested(
    report: Report, previous: Iterable[Report] = (), audience: Audience = LEAD, book: Rulebook | None = None
) -> Digest:
    """What a report says to an audience."""
    return digest_of(cut(report, audience), [cut(each, audience) for each in previous], book or rulebook())


def paged(digest: Digest, language: str = "et", book: Rulebook | None = None) -> Page:
    """A digest in words."""
    return page(digest, Tell(language, book or rulebook(), BROWSE))


def html(digest: Digest, language: str = "et", book: Rulebook | None = None, form: str = "html") -> str:
    """A digest as it is written."""
    return render(digest, form, language, book or rulebook(), BROWSE).decode()
