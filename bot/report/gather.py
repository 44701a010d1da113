"""Gathering a report: one pass over the tickets, the ledger, the verdicts and the letters that the store holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from msgspec.structs import replace

from bot.core.deadline import distance, is_over
from bot.core.deadlines import Dates, dates_of
from bot.core.desk import Desk
from bot.core.exclusion import spared
from bot.core.judge import Judged, look_on, view_of
from bot.core.kpi.case import Case, Records
from bot.core.kpi.fact import Fact
from bot.core.kpi.period import Period
from bot.core.kpi.reach import may_add, reaches_back_to
from bot.core.kpi.registry import INDICATORS, desk_facts, ticket_facts
from bot.core.laid_aside import LaidAside, worded
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.overview import SECTIONS, Row, rows_of, soon_until, whose_turn
from bot.core.past import as_of
from bot.core.recipients import DIGEST, undelivered
from bot.core.rulebook import Rulebook
from bot.core.silence import Silence
from bot.core.soundness import Unsound
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.verdict import Verdict
from bot.core.view import View
from bot.engine.audit import found_in
from bot.engine.control import silences
from bot.engine.restraint import Restraint, restraint
from bot.report.backlog import age_of, spans
from bot.report.report import Failure, Owed, Piece, Report, Trouble, counts_of
from bot.store.store import Store
from bot.store.tied import as_it_was, each_with_others

_LETTER_FAILED = ("doubtful", "refused")
_COUNTED = ("said", "observed")


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report is told beside what the store holds: imported files, earlier deliveries.

    `ratings` are by the tickets' keys, `calls` facts of the indicator `calls`; None where no file tells of calls.
    """

    ratings: Mapping[str, tuple[Moment, float]] = field(default_factory=dict)
    calls: Sequence[Fact] | None = None
    findings: Sequence[str] = ()
    failures: Sequence[Failure] = ()


NOTHING = Beside()


@dataclass(slots=True)
class _Tally:
    """What the tickets come to, counted as they pass by."""

    sections: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in SECTIONS})
    owed: list[Owed] = field(default_factory=list)
    pieces: Counter[tuple[str, tuple[str, ...], str, str]] = field(default_factory=Counter)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    unknown: int = 0
    spared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """What the store holds: each ticket with what judging it needs to know of others, and what was said and judged.

    Where `is_past`, more has happened since the moment that is asked about; that is then left out. `troubles` are
    by the tickets' ids, `costs` the bot's own within the period.
    """

    tickets: Iterable[tuple[Ticket, Desk]]
    ledger: Sequence[Entry] = ()
    verdicts: Sequence[Verdict] = ()
    troubles: Mapping[str, LaidAside] = field(default_factory=dict)
    letters: Sequence[LetterRow] = ()
    batches: Mapping[Moment, int] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    audit: Sequence[Unsound] = ()
    restraint: Restraint = field(default_factory=Restraint)
    is_past: bool = False


def gather(store: Store, book: Rulebook, desk: Desk, period: Period, now: Moment, beside: Beside = NOTHING) -> Report:
    """Gather the whole report on a period, with the desk as it stands at `now`, or stood then.

    A ticket that cannot be judged is counted with why, and stops nothing. Raises StoreError.
    """
    polled_at = store.polled_at()
    since = min(period.from_at, promises_since(book, period, now))
    troubles = {each.ticket_id: each for each in store.troubles() if each.at <= now}
    reach = reaches_back_to(book, period)
    asked = (each for each in store.open_tickets() if each.id in troubles or may_add(each, book, period, reach))
    held = Held(
        tickets=each_with_others(desk, asked, store, book, now),
        ledger=[entry for entry in store.ledger(period.from_at) if entry.state in _COUNTED],
        verdicts=store.stopped_since(since),
        troubles=troubles,
        letters=store.letters_since(period.from_at),
        batches=store.batched(),
        costs=store.costs(period.first, period.last),
        silences=[each for each in silences(store) if each.since_at <= now],
        audit=[each for each in found_in(store) if each.since_at <= now],
        restraint=restraint(store, now),
        is_past=polled_at is not None and now < polled_at,
    )
    return report_of(held, book, desk, period, now, beside)


def _laid_aside(known: LaidAside) -> Trouble:
    return Trouble(known.ticket_id, known.what, since_at=known.at, tries=known.tries, again_at=known.again_at)


def report_of(
    held: Held, book: Rulebook, desk: Desk, period: Period, now: Moment, beside: Beside = NOTHING
) -> Report:
    """Make the report of what the store holds. What is later than `now` is not known yet."""
    ledger = [entry for entry in held.ledger if period.from_at <= entry.at <= now]
    verdicts = [each for each in held.verdicts if each.stopped_at <= now]
    said, judged = _by_ticket(ledger, verdicts, period)
    tally = _Tally(troubles={id_: _laid_aside(each) for id_, each in held.troubles.items()})
    for ticket, known in held.tickets:
        then = as_of(ticket, now) if held.is_past else ticket
        if then is None:
            continue
        if (trouble := tally.troubles.get(ticket.id)) is not None:
            tally.troubles[ticket.id] = replace(trouble, ticket=ticket.key, secured=ticket.secured)
        try:
            view = view_of(then, book, now, as_it_was(known, now) if held.is_past else known)
            rating = beside.ratings.get(ticket.key)
            case = Case(view, period, judged.get(ticket.id, ()), said.get(ticket.id, ()), rating)
            _count(view, case, tally, period)
        except Exception as error:  # one bad ticket never stops the rest; what it was is reported by type
            why = worded("unjudged", type(error).__name__)
            tally.troubles.setdefault(ticket.id, Trouble(ticket.key, why, ticket.secured))
    tally.facts += desk_facts(Records(book, period, now, desk, beside.calls, held.costs))
    letters = [row for row in held.letters if period.from_at <= row.at <= now]
    untold = ((row, because) for row in letters if (because := _why(row)) is not None)
    failures = [*beside.failures, *(Failure(row.at, row.way or "mail", because) for row, because in untold)]
    found = _report(tally, ledger, verdicts, book, period, now, held.batches, failures, beside)
    return replace(
        found,
        silences=tuple(held.silences),
        audit=tuple(held.audit),
        restraint=Restraint() if held.is_past else held.restraint,
    )


def _why(row: LetterRow) -> str | None:
    """Why a letter or a digest was not delivered, in a word; None where there is nothing to tell."""
    if row.rule == DIGEST:
        return undelivered(row)
    return row.state if row.state in _LETTER_FAILED else None


def promises_since(book: Rulebook, period: Period, now: Moment) -> Moment:
    """Find since when a report counts promises.

    Of a day that is the first of the digest's days of promises, of which today is the last; else the period's first.
    """
    if period.kind != "day":
        return period.from_at
    days = book.entries.digest.promises.amount
    return book.calendar.start_of_day(book.calendar.day_of(now) - timedelta(days=days - 1))


def _by_ticket(
    ledger: Iterable[Entry], verdicts: Iterable[Verdict], period: Period
) -> tuple[Mapping[str, Sequence[Entry]], Mapping[str, Sequence[Verdict]]]:
    said: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in ledger:
        said[entry.ticket_id].append(entry)
    judged: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if period.holds(verdict.stopped_at):
            judged[verdict.ticket_id].append(verdict)
    return said, judged


def _count(view: View, case: Case, tally: _Tally, period: Period) -> None:
    """Count one ticket; of one that cannot be judged nothing is counted but that."""
    ticket, standing = view.ticket, view.happened[-1].after.standing
    judged = _looked(view)
    found = [] if judged is None else list(rows_of(judged, view.now))
    owed = list(_owed(judged)) if judged and standing == "open" else []
    facts = [_of(ticket, fact) for fact in ticket_facts(case)]
    pieces = list(_pieces(view, period))
    about = tuple(sorted(set(spared(view)))) if view.book.entries.excludes else ()
    for name, row in found:
        tally.sections[name].append(row)
    tally.owed += owed
    if about:
        tally.spared[ticket.key] = about
    tally.facts += facts
    tally.unknown += standing == UNKNOWN
    place = tally.places[ticket.id] = (ticket.queue or "", ticket.category or "")
    for what, words in pieces:
        tally.pieces[what, words, *place] += 1


def _pieces(view: View, period: Period) -> Iterator[tuple[str, tuple[str, ...]]]:
    after, created_at = view.happened[-1].after, view.ticket.created_at
    if after.standing == "open":
        yield "open", ("?" if after.tier is None else str(after.tier), str(_band_of(created_at, view)))
    if period.holds(created_at):
        yield "opened", ()
    yield from ((word, ()) for word in _became(view, period))


def _of(ticket: Ticket, fact: Fact) -> Fact:
    queue, category = fact.queue or ticket.queue or "", fact.category or ticket.category or ""
    return replace(fact, ticket=ticket.key, queue=queue, category=category, secured=ticket.secured)


def _band_of(created_at: Moment, view: View) -> int:
    """The least age of the band of the backlog that a ticket is in."""
    age = age_of(created_at, view.now, view.book)
    return max(low for low, _ in spans(view.book.entries.digest) if low <= age)


def _looked(view: View) -> Judged | None:
    """The clocks and deadlines of a ticket that may be in want of something."""
    return look_on(view) if view.happened[-1].after.standing in ("open", "solved") else None


def _became(view: View, period: Period) -> Iterator[str]:
    """What became of a ticket within the period: it was solved, or closed, each once."""
    found = set()
    for turn in reversed(view.happened):
        if turn.at < period.from_at:
            break
        if turn.before is not None and turn.before.standing != turn.after.standing and period.holds(turn.at):
            found.add(turn.after.standing)
    yield from sorted(found & {"solved", "closed"})


def _owed(judged: Judged) -> Iterator[Owed]:
    """The answers that an open ticket owes; a season's dates are the customer's to keep."""
    view = judged.view
    ticket, calendar = view.ticket, view.book.calendar
    deadlines = [deadline for deadline in judged.deadlines if not deadline.period]
    if not deadlines:
        return
    dates, soon_at = dates_of(view), soon_until(view.book, view.now)
    for deadline in deadlines:
        yield Owed(
            key=ticket.key,
            queue=ticket.queue,
            basis=deadline.basis,
            due_at=deadline.due_at,
            by_day=deadline.by_day,
            distance=distance(deadline, calendar, view.now),
            over=is_over(deadline, view.now),
            soon=not is_over(deadline, view.now) and deadline.due_at <= soon_at,
            promised=None if dates.promised is None else calendar.day_of(dates.promised.due_at - 1),
            first=_first(dates, view.book),
            promise_rules=dates.rules is not None and dates.rules.kind == "promised",
            extended=deadline.extended,
            provisional=deadline.provisional,
            confirmed=deadline.confirmed,
            category=ticket.category,
            secured=ticket.secured,
            act=whose_turn(view),
            state=view.state,
        )


def _first(dates: Dates, book: Rulebook) -> date | None:
    """What was first promised, where that is not what is promised now."""
    first, promised = dates.first, dates.promised
    if first is None or (promised is not None and promised.due_at == first.due_at):
        return None
    return book.calendar.day_of(first.due_at - 1)


def _report(
    tally: _Tally,
    ledger: Sequence[Entry],
    verdicts: Sequence[Verdict],
    book: Rulebook,
    period: Period,
    now: Moment,
    batches: Mapping[Moment, int],
    failures: Sequence[Failure],
    beside: Beside,
) -> Report:
    _count_said(ledger, tally, period)
    _count_promises(verdicts, tally, book, period, now)
    pieces = tuple(Piece(*which, n) for which, n in sorted(tally.pieces.items(), key=lambda each: _place(each, book)))
    return Report(
        desk=book.site,
        period=period,
        as_of=now,
        version=book.version,
        definitions={name: indicator.version for name, indicator in INDICATORS.items()},
        counts=counts_of(pieces, spans(book.entries.digest)),
        pieces=pieces,
        sections={name: tuple(sorted(those, key=_order)) for name, those in tally.sections.items()},
        statutory=tuple(sorted(tally.owed, key=lambda each: (each.due_at, each.key))),
        observed=sum(each.state == "observed" and period.holds(each.at) for each in ledger),
        batches=dict(batches),
        unknown=tally.unknown,
        troubles=tuple(sorted(tally.troubles.values(), key=lambda each: each.ticket)),
        findings=tuple(beside.findings),
        failures=tuple(sorted(failures, key=lambda each: each.at)),
        facts=tuple(tally.facts),
        spared=tally.spared,
    )


def _order(row: Row) -> tuple[Moment, str]:
    return row.at, row.key


def _place(piece: tuple[tuple[str, tuple[str, ...], str, str], int], book: Rulebook) -> tuple[object, ...]:
    """Promises stand in the rulebook's order, those of policies it no longer has behind them."""
    (what, words, *where), _ = piece
    names = [policy.name for policy in book.entries.policies]
    promised = what in ("met", "missed", "rejudged")
    rank = names.index(words[0]) if promised and words[0] in names else len(names)
    return promised, rank, what, words, where


def _count_said(ledger: Iterable[Entry], tally: _Tally, period: Period) -> None:
    for entry in ledger:
        if entry.state == "said" and period.holds(entry.at):
            tally.pieces["said", (entry.rule, entry.rung), *tally.places.get(entry.ticket_id, ("", ""))] += 1


def _count_promises(verdicts: Iterable[Verdict], tally: _Tally, book: Rulebook, period: Period, now: Moment) -> None:
    since = promises_since(book, period, now)
    until = now if period.kind == "day" else period.until_at - 1
    for verdict in verdicts:
        if since <= verdict.stopped_at <= until and verdict.standing in ("met", "missed"):
            place = tally.places.get(verdict.ticket_id, ("", ""))
            tally.pieces[verdict.standing, (verdict.policy,), *place] += 1
            if verdict.rejudged:
                tally.pieces["rejudged", (verdict.policy,), *place] += 1
