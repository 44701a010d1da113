"""`piletibot why`: all that decides what is said on a ticket, from what the bot knows; asks no Jira."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console, RenderableType

from bot import logs
from bot.commands.moments import iso, local, read_moment
from bot.core.arrange import DeskState
from bot.core.desk import Desk
from bot.core.explain import explain
from bot.core.explained import names_of, only
from bot.core.explanation import Explanation
from bot.core.findings import nearest
from bot.core.laid_aside import told
from bot.core.ledger import Entry
from bot.core.past import as_of
from bot.core.rulebook import Rulebook
from bot.core.silence import BY, EVERYTHING, barred, of_labels, words
from bot.core.ticket import Moment, Ticket
from bot.engine.control import silences
from bot.report.asking import desk_now, known_of, rows_of, spoken_on
from bot.report.why import page
from bot.settings import Misconfigured, load_settings
from bot.start import read_desk
from bot.store.scratch import looking
from bot.store.store import Store
from bot.store.tied import as_it_was

VERSION = 1
"""The version of the JSON object; counted up when a name in it changes its meaning or goes."""

_LATE_S = 3600


def why(config: Path, key: str, at: str | None, rule: str | None, *, as_json: bool) -> int:
    """Print why a ticket is spoken about or not, now or at a moment past or to come, or for one rule; return 0.

    Now is the moment of the last cycle. Raises Misconfigured for a ticket or a rule that is not known and for a
    moment before the ticket, and StoreError.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    book = read_desk(settings.rules.folder, settings.site).book
    if rule is not None and rule not in names_of(book):
        raise Misconfigured(f"{rule}: the rulebook has no such rule{_meant(rule, names_of(book))}")
    with looking(settings.store.url.get_secret_value()) as store:
        polled_at = store.polled_at()
        if polled_at is None:
            raise Misconfigured("the bot has read no tickets yet; do: piletibot once")
        asked_at = polled_at if at is None else read_moment(book.calendar, at)
        whole, remarks = _explained(store, book, key, asked_at, polled_at, is_now=at is None)
    found = whole if rule is None else only(whole, rule)
    if as_json:
        print(json.dumps(as_object(found, polled_at, remarks), ensure_ascii=False))
        return 0
    show(page(found, book, polled_at, remarks, rule), Console(highlight=False, color_system=_colours()))
    return 0


def _colours() -> Literal["auto"] | None:
    return None if os.environ.get("NO_COLOR") else "auto"


def show(laid_out: RenderableType, console: Console) -> None:
    """Print a page; where nobody sees colours, lines end where their text does."""
    if console.is_terminal and console.color_system is not None:
        console.print(laid_out)
        return
    with console.capture() as plain:
        console.print(laid_out)
    console.file.write("".join(f"{line.rstrip()}\n" for line in plain.get().splitlines()))


def as_object(found: Explanation, polled_at: Moment, remarks: list[str]) -> Mapping[str, object]:
    """Give an explanation as what `--json` prints: its moments in ISO 8601 and UTC."""
    built = msgspec.to_builtins(found)
    return {"v": VERSION, "polled_at": iso(polled_at), "remarks": remarks, **_with_moments(built)}


def _with_moments(value: Any) -> Any:
    """The same, with every moment written out: their names end in `_at`."""
    if isinstance(value, dict):
        return {
            name: iso(one) if name.endswith("_at") and isinstance(one, int) else _with_moments(one)
            for name, one in value.items()
        }
    return [_with_moments(one) for one in value] if isinstance(value, list | tuple) else value


def _explained(
    store: Store, book: Rulebook, key: str, at: Moment, polled_at: Moment, *, is_now: bool
) -> tuple[Explanation, list[str]]:
    """Explain the ticket of a key at a moment; what is known up to then is what the last cycle left."""
    ticket = _ticket(store, book, key)
    rows = store.entries([ticket.id])[ticket.id]
    if is_now or at > polled_at:
        people = known_of(store, book, ticket, at)
        with suppress(ValueError):  # `_asked` says what
            rows = rows_of(store, book, ticket, people, at)
        found = _asked(ticket, book, rows, desk_now(store, book, at), people, at)
        remarks = [*_present(store, ticket, found, polled_at), *_judged_by_others(rows, book)]
        return found, [*remarks, *_kept(store, found)]
    then = as_of(ticket, at)
    if then is None:
        created = local(ticket.created_at, ZoneInfo(book.calendar.timezone))
        raise Misconfigured(f"{ticket.key} was not there yet: it was created at {created}")
    known = {step: row for step, row in rows.items() if row.at <= at}
    found = _asked(then, book, known, _desk_then(store, book, at), as_it_was(known_of(store, book, then, at), at), at)
    return found, [*_past(rows, known, at), *_judged_by_others(known, book), *_kept(store, found)]


def _asked(
    ticket: Ticket, book: Rulebook, rows: Mapping[str, Entry], desk: DeskState, people: Desk, at: Moment
) -> Explanation:
    try:
        return explain(ticket, book, rows, desk, at, people)
    except ValueError as error:  # as `judge` says: an amount of time that takes more than 50 years
        raise Misconfigured(f"{ticket.key}: it cannot be judged: {error}") from None


def _ticket(store: Store, book: Rulebook, key: str) -> Ticket:
    found = store.ticket_of(key) or store.ticket_of(key.upper())
    if found is not None:
        return found
    keys = store.keys()
    if key in keys:
        gone_at = keys[key]
        if gone_at is None and store.is_purged(key):
            raise Misconfigured(
                f"{key}: it is closed, and what the bot kept of it is purged ([retention]); a change in Jira "
                "brings it back"
            )
        if gone_at is None:
            raise Misconfigured(f"{key}: another version of the bot read it; the next cycle reads it again")
        since = local(gone_at, ZoneInfo(book.calendar.timezone))
        raise Misconfigured(f"{key}: it is not on the desk since {since}: deleted, moved away, or not to be seen")
    here = [each for each, gone_at in keys.items() if gone_at is None]
    projects = ", ".join(book.entries.projects)
    meant = nearest(key, here)
    hint = f"; did you mean '{meant}'?" if meant else ""
    raise Misconfigured(
        f"{key}: there is no such ticket among the {len(here)} that the bot knows in {projects}{hint}"
    )


def _desk_then(store: Store, book: Rulebook, at: Moment) -> DeskState:
    """The desk as it was: silenced if the control ticket had such a label then, or since then and until now."""
    manners = book.entries.manners
    control = store.ticket_of(manners.control) if manners.control else None
    then = as_of(control, at) if control else None
    labelled = {} if then is None else of_labels(then.labels, manners.hold, book.entries.projects)
    others = [each for each in silences(store) if each.what not in labelled and each.since_at <= at]
    silenced = frozenset(labelled) | words(each for each in others if each.by == "property")
    spoken = tuple(row for row in spoken_on(store, book, at) if row.at <= at)
    return DeskState(spoken, silenced, barred=barred(others))


def _present(store: Store, ticket: Ticket, found: Explanation, polled_at: Moment) -> Iterator[str]:
    """What is to be known of an answer about now, or about a moment to come."""
    zone = ZoneInfo(found.timezone)
    if found.asked_at > polled_at:
        yield f"That is after the last cycle, at {local(polled_at, zone)}: told as though nothing happens until then."
    elif time.time() - polled_at > _LATE_S:
        yield "What has happened since the last cycle is not known."
    for each in silences(store):
        if each.what in (EVERYTHING, ticket.project):
            what = "everything" if each.what == EVERYTHING else each.what
            yield f"Silenced since {local(each.since_at, zone)}: {what}, by {BY[each.by]}."
    trouble = store.laid_aside(ticket.id)
    if trouble is not None:
        because = ": ".join(part for part in told(trouble.what, "en") if part)
        again = "when it changes" if trouble.again_at is None else f"at {local(trouble.again_at, zone)}"
        yield (
            f"The bot is in trouble with it since {local(trouble.at, zone)}: {because}. Tried {trouble.tries} times, "
            f"again {again}."
        )
    seen = store.seen([ticket.id])[ticket.id]
    if found.asked_at == polled_at and seen.look_again_at != found.next.look_at:
        noted = "never" if seen.look_again_at is None else local(seen.look_again_at, zone)
        yield f"The last cycle noted another next look: {noted}."


def _past(rows: Mapping[str, Entry], known: Mapping[str, Entry], at: Moment) -> Iterator[str]:
    """What is to be known of an answer about the past."""
    yield "The past is told by the rulebook of today, and nothing of what came later is known."
    later = sum(row.due_at <= at for key, row in rows.items() if key not in known)
    if later:
        yield (
            f"The ledger keeps a step's last change only: what it held of {later} that changed later is not known, "
            "such as that they were held back."
        )


def _judged_by_others(rows: Mapping[str, Entry], book: Rulebook) -> Iterator[str]:
    versions = sorted({row.version for row in rows.values()} - {book.version, ""})
    if versions:
        yield f"Some of its steps were decided by another rulebook: {', '.join(versions)}."


def _kept(store: Store, found: Explanation) -> Iterator[str]:
    """Where the verdict kept on a clock that stopped is another than the rulebook of today would give."""
    zone = ZoneInfo(found.timezone)
    runs = [run for clock in found.clocks for run in clock.runs]
    for verdict in store.verdicts([found.ticket.id]).get(found.ticket.id, ()):
        which = (verdict.policy, verdict.started_at)
        stands = [run.standing for run in runs if (run.clock, run.started_at) == which]
        if verdict.stopped_at <= found.asked_at and verdict.standing not in stands:
            today = ", ".join(stands) or "nothing, as it never ran so"
            yield (
                f"The verdict kept on {verdict.policy}, which ran from {local(verdict.started_at, zone)} to "
                f"{local(verdict.stopped_at, zone)}, is {verdict.standing}, by rulebook {verdict.version}; "
                f"today's rules make of it: {today}."
            )


def _meant(word: str, words: list[str]) -> str:
    meant = nearest(word, words)
    return f"; did you mean '{meant}'?" if meant else f"; there are {', '.join(words)}"
