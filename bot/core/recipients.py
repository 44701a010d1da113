"""When each recipient's digest is due, what of the desk it tells them, and by what name it is known. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from bot.core.audience import Audience
from bot.core.calendar import Calendar
from bot.core.entries import Entries
from bot.core.entries_report import RecipientEntry
from bot.core.kpi.period import Period, last_ended
from bot.core.letters import LetterRow, letter_key
from bot.core.people import calendar_of
from bot.core.readers import audience_of, person_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment

DIGEST = "digest"
"""What stands in place of a rule in the rows of digests, and in place of a letter's kind in their keys."""

DRAFT = "draft"
"""The way of the draft that somebody approves."""

UNDELIVERED: Mapping[str, str] = {
    "unreachable": "the mail server cannot be reached, does not let the bot in, or does not want to talk",
    "later": "the mail server does not take it now",
    "refused": "the mail server takes no mail for this recipient, or not this mail",
    "lost": "it may have arrived: the mail server's answer was lost, or the bot was stopped in the midst of it",
    "no_address": "no mail address is known for the recipient, or no mail server is configured",
    "no_rights": "the recipient has no role at the desk, so that nothing is theirs to see",
    "too_big": "it is larger than a mail may be, even without attachments and pictures",
    "folder": "a file cannot be written into the folder",
    "no_folder": "no folder is configured",
    "ticket": "no comment can be written on the digest's ticket, or the recipient is not known to see it",
    "unwritten": "it could not be written",
    "unapproved": "nobody let it go before the next was due",
    "late": "its day was over",
}
"""Why a digest did not reach somebody, by the word with which its row's `because` begins."""

_AGAIN_S = 300
_LATEST_AGAIN_S = 3600


class Due(msgspec.Struct, frozen=True):
    """A recipient's digest of the last period that is over: due since when, and until when it makes sense to send it.

    `over_at` is None where that is when the next period of its kind is over.
    """

    entry: RecipientEntry
    period: Period
    due_at: Moment
    over_at: Moment | None = None


def owed(entry: RecipientEntry, book: Rulebook, now: Moment) -> Due | None:
    """Find the digest that a recipient gets next or has got last: on the last period over; None for who gets none.

    The period is the desk's. Its digest is due at its time on the recipient's first working day after it; that of a
    day is out of date when this is over.
    """
    if entry.at is None:
        return None
    calendar = calendar_for(entry, book)
    period = last_ended(entry.period, now, book.calendar)
    day = calendar.next_working_day(calendar.day_of(period.until_at))
    over_at = calendar.end_of_day(day) if entry.period == "day" else None
    return Due(entry, period, _moment(calendar, datetime.combine(day, entry.at)), over_at)


def may_go(due: Due, book: Rulebook, now: Moment) -> bool:
    """Whether a digest may go now: it is due and not out of date, and it is a working day and not before its time."""
    calendar, at = calendar_for(due.entry, book), due.entry.at
    today = calendar.day_of(now)
    if at is None or now < due.due_at or (due.over_at is not None and now >= due.over_at):
        return False
    return calendar.is_working_day(today) and now >= _moment(calendar, datetime.combine(today, at))


def calendar_for(entry: RecipientEntry, book: Rulebook) -> Calendar:
    """The calendar whose working days count for a recipient."""
    if entry.calendar is not None:
        return book.calendars[entry.calendar]
    person = person_of(entry.to, book.entries)
    return calendar_of(person, book) if person in book.languages else book.calendar


def _moment(calendar: Calendar, wall: datetime) -> Moment:
    """When the clock on the wall shows a time; as the day begins where it leaves that time out."""
    try:
        return calendar.moment(wall)
    except ValueError:
        return calendar.start_of_day(wall.date())


def audience_for(entry: RecipientEntry, entries: Entries) -> Audience | None:
    """What a recipient's digest may tell them; None where nobody knows what is theirs to see.

    The rulebook's `queues` and `units` say of what it tells; a person's roles say which tickets and which figures.
    """
    units = {unit.unit: unit.categories for unit in entries.indicators.units}
    categories = frozenset(word for unit in entry.units for word in units.get(unit, ())) if entry.units else None
    queues = frozenset(entry.queues) if entry.queues else None
    if not entry.team:
        return Audience(queues=queues, categories=categories, team=False)
    person = person_of(entry.to, entries)
    known = audience_of(person, entries)
    if known is None:
        named = person in (each.person for each in entries.people) and (entry.queues or entry.units)
        return Audience(person, queues=queues, categories=categories) if named else None
    if not entry.queues and not entry.units:
        queues = known.queues
    return dataclasses.replace(known, queues=queues, categories=categories)


def language_for(entry: RecipientEntry, book: Rulebook) -> str:
    """The language of a recipient's digest."""
    own = book.languages.get(person_of(entry.to, book.entries)) if entry.team else None
    return entry.language or own or book.entries.digest.language or book.entries.language


def digest_key(site: str, name: str, period: Period, way: str) -> str:
    """The permanent name of a digest by one way: its recipient's, and the period's kind and first day."""
    return letter_key(site, DIGEST, name, f"{period.kind}-{period.first:%Y-%m-%d}-{way}")


def keys_of(due: Due, site: str) -> dict[str, str]:
    """The names of a digest by its ways, each way once, the draft's before them where somebody is to approve it."""
    ways = dict.fromkeys((DRAFT, *due.entry.by) if due.entry.approved_by else due.entry.by)
    return {way: digest_key(site, due.entry.name, due.period, way) for way in ways}


def again_at(tries: int, now: Moment) -> Moment:
    """When the next try is made after so many in vain: later each time, but hourly at the least."""
    doubled = _AGAIN_S << min(max(tries - 1, 0), 10)
    return now + min(_LATEST_AGAIN_S, doubled)


def is_settled(row: LetterRow) -> bool:
    """Whether nothing more is to be done: a comment that may stand there is looked for, a mail never sent again."""
    if row.state == "doubtful":
        return row.way != "ticket"
    return row.state in ("said", "refused", "failed", "observed", "adopted", "withdrawn")


def ended(row: LetterRow, now: Moment) -> LetterRow | None:
    """What becomes of a digest's row whose time is over; None where that stays as it is.

    What was tried in vain has failed, when it was tried last; what nobody let go is withdrawn now.
    """
    if is_settled(row) or row.state == "doubtful":
        return None
    if row.state == "drafted":
        return replace(row, state="withdrawn", because=f"unapproved: {UNDELIVERED['unapproved']}", at=now)
    if row.tries:
        return replace(row, state="failed", not_before=None)
    return replace(row, state="withdrawn", because=f"late: {UNDELIVERED['late']}", at=now, not_before=None)


def undelivered(row: LetterRow) -> str | None:
    """Why a digest did not reach somebody, or has not yet though it was tried; None where there is nothing to tell.

    It is a word of `UNDELIVERED`, with which the row's reason begins.
    """
    if row.rule != DIGEST:
        return None
    word = row.because.partition(":")[0]
    tried = row.state in ("failed", "refused", "doubtful") or (row.state == "held" and row.tries > 0)
    return word if word in UNDELIVERED and (tried or word == "unapproved") else None
