"""`piletibot digest`: the lead's digest from what the bot knows; asks no Jira."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot import logs
from bot.core.calendar import Calendar
from bot.core.kpi.period import Kind, last_ended
from bot.core.ticket import Moment
from bot.imports import sources_of
from bot.report.render import FORMATS
from bot.report.write import digest_now, digest_then, illustrated, language_of, put
from bot.settings import Misconfigured, load_settings
from bot.start import read_desk
from bot.store.store import open_store


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the last period of a kind that was over, in a form, to a file, or `-` for standard output.

    Without `as_of` the desk is shown as it stands now.
    """

    kind: Kind
    as_of: str | None
    form: str
    out: Path | None
    language: str | None
    anew: bool


def digest(config: Path, asked: Asked) -> int:
    """Write the digest; return 0. Raises Misconfigured, StoreError, OSError."""
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    book = read_desk(settings.rules.folder, settings.site).book
    sources = sources_of(settings)
    with closing(open_store(settings.store.url.get_secret_value())) as store:
        # What a demo leaves was read by its own clock, which runs ahead of ours.
        now = max(int(time.time()), store.polled_at() or 0)
        then = None if asked.as_of is None else _moment(asked.as_of, book.calendar, now)
        if then is not None and asked.anew:
            raise Misconfigured("--anew works out the figures as they are now: leave --as-of away")
        period = last_ended(asked.kind, now if then is None else then, book.calendar)
        if then is None:
            found = digest_now(store, book, period, now, sources, anew=asked.anew)
        else:
            found = digest_then(store, book, period, then, sources)
    language = language_of(book, asked.language)
    written = illustrated(found, asked.form, language, book, f"{settings.jira.url}/browse/")
    if asked.out == Path("-"):
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
        return 0
    out = asked.out or Path(f"digest.{FORMATS[asked.form].suffix}")
    put(written, out)
    print(out)
    return 0


def _moment(text: str, calendar: Calendar, now: Moment) -> Moment:
    """The last second of a day, of the present one now."""
    try:
        day = date.fromisoformat(text)
        end_at = calendar.end_of_day(day) - 1
    except (ValueError, OverflowError):
        raise Misconfigured(f"--as-of {text!r} is not a date; write for example 2026-11-16") from None
    if calendar.start_of_day(day) > now:
        raise Misconfigured(f"--as-of {text} is a day to come: nothing is known of it")
    return min(end_at, now)
