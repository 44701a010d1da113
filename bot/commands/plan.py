"""`piletibot plan`: what would be done now."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import logs
from bot.commands.moments import iso, local
from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.engine import Report
from bot.engine.plan import plan as plan_of
from bot.engine.tracker import Unreachable
from bot.settings import Misconfigured, load_settings
from bot.start import start
from bot.store.scratch import scratch
from bot.store.store import Store

VERSION = 1
"""The version of the JSON lines; counted up when a name in them changes its meaning or goes."""

ACTIONS = {
    "said": ("say", "would be said"),
    "observed": ("observe", "would only be recorded (observe)"),
    "held": ("hold", "held back"),
    "batched": ("batch", "over the ceiling: nothing of these would be sent"),
    "adopted": ("adopt", "would count as done, due before the rule went live"),
    "withdrawn": ("withdraw", "would be withdrawn, no longer wished"),
}
"""What becomes of a step by the state of its row: the word in the JSON lines, and the words for a person."""


def plan(config: Path, keys: Sequence[str], *, as_json: bool) -> int:
    """Print what a cycle would do now, for all tickets or those of `keys`; return 0.

    Writes nothing in Jira and nothing in the database. Raises as `start` does, Misconfigured for an unknown key,
    Unreachable when Jira goes away meanwhile.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    now = int(time.time())
    with scratch(settings.store.url.get_secret_value()) as store:
        engine = start(settings, lambda: store)
        report, rows = plan_of(engine, now)
        if report.unreachable is not None:
            raise Unreachable(report.unreachable)
        if keys:
            _know(keys, store, engine.book)
        looked_at = store.count()
    rows = sorted((row for row in rows if not keys or row.ticket_key in keys), key=_order)
    if as_json:
        for line in lines(report, rows):
            print(json.dumps(line, ensure_ascii=False))
    else:
        print("\n".join(page(report, rows, looked_at, engine.book)))
    return 0


def lines(report: Report, rows: Iterable[Entry]) -> Iterable[Mapping[str, object]]:
    """Give the rows as what `--json` prints, one object a row, moments in ISO 8601 and UTC."""
    steps = {step.key: step for step in (*(step for said in report.said for step in said), *report.observed)}
    for row in rows:
        yield {
            "v": VERSION,
            "action": ACTIONS[row.state][0],
            "ticket": row.ticket_key,
            "rule": row.rule,
            "rung": row.rung,
            "say": row.say,
            "to": row.to,
            "sets": dict(steps[row.key].sets) if row.key in steps else {},
            "due_at": iso(row.due_at),
            "not_before": None if row.not_before is None else iso(row.not_before),
            "because": row.because,
            "key": row.key,
        }


def page(report: Report, rows: Sequence[Entry], looked_at: int, book: Rulebook) -> Iterable[str]:
    """Give the rows as lines for a person: counts by rule and by person first, then every step with its because."""
    zone = ZoneInfo(book.calendar.timezone)
    yield f"{local(report.at, zone)}: {looked_at} tickets, {len(rows)} steps. Nothing is written."
    for trouble in report.troubles:
        yield f"in trouble: {trouble}"
    if not rows:
        return
    yield ""
    yield from _counted("by rule", Counter(row.rule for row in rows))
    yield from _counted("by person", Counter(person for row in rows for person in row.to))
    for state, (_, words) in ACTIONS.items():
        those = [row for row in rows if row.state == state]
        if those:
            yield f"\n{len(those)} {words}:"
        for row in those:
            to = f" to {', '.join(row.to)}" if row.to else ""
            yield f"  {row.ticket_key}  {row.rule}, {row.rung}: {row.say}{to}, due {local(row.due_at, zone)}"
            yield f"      because {row.because}"
            if row.not_before is not None:
                yield f"      not before {local(row.not_before, zone)}"


def _counted(title: str, counts: Counter[str]) -> Iterable[str]:
    yield f"{title}:"
    for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {n:4}  {word}"


def _order(row: Entry) -> tuple[int, str, tuple[str, ...], Moment, str]:
    return (list(ACTIONS).index(row.state), row.rule, row.to, row.due_at, row.key)


def _know(keys: Iterable[str], store: Store, book: Rulebook) -> None:
    known = {ticket.key for ticket in store.open_tickets()}
    projects = ", ".join(book.entries.projects)
    unknown = [f"{key}: there is no such ticket in {projects}" for key in keys if key not in known]
    if unknown:
        raise Misconfigured(*unknown)
