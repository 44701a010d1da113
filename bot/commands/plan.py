"""`piletibot plan`: what would be done now."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot import logs
from bot.commands.moments import iso, local
from bot.core.ledger import Entry
from bot.core.letters import Letter
from bot.core.rulebook import Rulebook
from bot.core.silence import BY, EVERYTHING, Silence
from bot.engine.control import silences
from bot.engine.engine import Report
from bot.engine.plan import Planned
from bot.engine.plan import plan as plan_of
from bot.engine.tracker import Unreachable
from bot.settings import Misconfigured, load_settings
from bot.start import start
from bot.store.scratch import scratch
from bot.store.store import Store
from bot.visible import visible

Group = TypeVar("Group")

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
        silent = [told(each, engine.book) for each in silences(store)]
    rows = ordered(row for row in rows if not keys or row.ticket_key in keys)
    letters = [letter for letter in in_order(report.letters) if not keys or not named_in(letter).isdisjoint(keys)]
    if as_json:
        for line in (*lines(report, rows), *letter_lines(letters)):
            print(json.dumps(line, ensure_ascii=False))
    else:
        print(visible("\n".join((*silent, *page(report, rows, looked_at, engine.book, letters)))))
    return 0


def told(silence: Silence, book: Rulebook) -> str:
    """Tell a person what is silenced, since when and by what."""
    what = "everything" if silence.what == EVERYTHING else silence.what
    since = local(silence.since_at, ZoneInfo(book.calendar.timezone))
    return f"silenced: {what}, since {since}, by {BY[silence.by]}"


def lines(report: Planned, rows: Iterable[Entry]) -> Iterable[Mapping[str, object]]:
    """Give the rows as what `--json` prints, one object a row, moments in ISO 8601 and UTC."""
    sets = report.sets | {step.key: step.sets for said in report.said for step in said}
    for row in rows:
        yield {
            "v": VERSION,
            "action": ACTIONS[row.state][0],
            "ticket": row.ticket_key,
            "rule": row.rule,
            "rung": row.rung,
            "say": row.say,
            "to": row.to,
            "sets": dict(sets.get(row.key, {})),
            "due_at": iso(row.due_at),
            "not_before": None if row.not_before is None else iso(row.not_before),
            "because": row.because,
            "key": row.key,
        }


def letter_lines(letters: Iterable[Letter]) -> Iterable[Mapping[str, object]]:
    """Give letters as what `--json` prints, one object a letter: to whom by their words, and no address."""
    for letter in letters:
        yield {
            "v": VERSION,
            "action": "letter",
            "ticket": None,
            "rule": letter.rule,
            "say": letter.say,
            "to": [letter.to],
            "tickets": len(named_in(letter)),
            "more": _more(letter),
            "due_at": iso(letter.due_at),
            "key": letter.key,
        }


def page(
    report: Report, rows: Sequence[Entry], looked_at: int, book: Rulebook, letters: Sequence[Letter] = ()
) -> Iterable[str]:
    """Give the rows as lines for a person: the counts first, then the steps by rule, and within a rule by person.

    `rows` stand as `ordered` orders them, and `letters` by kind. A rule's reason stands once, above its steps.
    """
    zone = ZoneInfo(book.calendar.timezone)
    post = f", {len(letters)} letters" if letters else ""
    yield f"{local(report.at, zone)}: {looked_at} tickets, {len(rows)} steps{post}. Nothing is written."
    for trouble in report.troubles:
        yield f"in trouble: {trouble}"
    if rows:
        yield from _steps(rows, book, zone)
    yield from _letters(letters)


def _letters(letters: Sequence[Letter]) -> Iterable[str]:
    if letters:
        yield f"\n{len(letters)} letters would go"
    for kind, of_kind in groupby(letters, key=lambda letter: letter.rule):
        those = list(of_kind)
        yield f"\n  {kind}: {len(those)}"
        for letter in those:
            more = f", and {_more(letter)} more not listed" if _more(letter) else ""
            yield f"    to {letter.to}: {len(named_in(letter))} tickets{more}"


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Give letters by kind, and by whom they go to."""
    return sorted(letters, key=lambda letter: (letter.rule, letter.to, letter.key))


def named_in(letter: Letter) -> frozenset[str]:
    """The keys of the tickets that a letter names."""
    return frozenset(line.ticket_key for section in letter.sections for line in section.lines)


def _more(letter: Letter) -> int:
    return sum(section.more for section in letter.sections)


def _steps(rows: Sequence[Entry], book: Rulebook, zone: ZoneInfo) -> Iterable[str]:
    yield ""
    yield from _counted("in all", Counter(ACTIONS[row.state][1] for row in rows))
    yield from _counted("by rule", Counter(row.rule for row in rows))
    yield from _counted("by person", Counter(person for row in rows for person in row.to))
    for state, of_state in _grouped(rows, lambda row: row.state):
        yield f"\n{len(of_state)} {ACTIONS[state][1]}"
        for rule, of_rule in _grouped(of_state, lambda row: row.rule):
            why = book.name("why", rule, book.entries.language)
            yield f"\n  {rule}: {len(of_rule)}"
            if why != rule:
                yield f"    {why}"
            for to, of_person in _grouped(of_rule, lambda row: row.to):
                yield f"    to {', '.join(to) or 'nobody'}: {len(of_person)}"
                for row in of_person:
                    yield from _told(row, why, zone)


def _told(row: Entry, why: str, zone: ZoneInfo) -> Iterable[str]:
    """One step; of its because only what its rule's reason does not say."""
    yield f"      {row.ticket_key}  {row.rung}: {row.say}, due {local(row.due_at, zone)}"
    if because := row.because.removeprefix(why).removeprefix("; "):
        yield f"        because {because}"
    if row.not_before is not None:
        yield f"        not before {local(row.not_before, zone)}"


def _grouped(rows: Iterable[Entry], by: Callable[[Entry], Group]) -> Iterable[tuple[Group, list[Entry]]]:
    """Rows that follow one another with the same thing in common."""
    for common, those in groupby(rows, key=by):
        yield common, list(those)


def _counted(title: str, counts: Counter[str]) -> Iterable[str]:
    yield f"{title}:"
    for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {n:4}  {word}"


def ordered(rows: Iterable[Entry]) -> list[Entry]:
    """Give the rows by what becomes of them, by rule, by whom they address, then those due longest first."""
    states = list(ACTIONS)
    return sorted(rows, key=lambda row: (states.index(row.state), row.rule, row.to, row.due_at, row.key))


def _know(keys: Iterable[str], store: Store, book: Rulebook) -> None:
    known = {ticket.key for ticket in store.open_tickets()}
    projects = ", ".join(book.entries.projects)
    unknown = [f"{key}: there is no such ticket in {projects}" for key in keys if key not in known]
    if unknown:
        raise Misconfigured(*unknown)
