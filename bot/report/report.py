"""What a digest is made of, before any word of it is written: rows, counts and facts, as they are kept and cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import FEW
from bot.core.kpi.period import Period
from bot.core.overview import Row
from bot.core.silence import Silence
from bot.core.soundness import Unsound
from bot.core.steps import Amount
from bot.core.ticket import Moment
from bot.engine.restraint import Restraint

Cell = int | None
"""A count; None where it is of one to four, and the reader is not of the team."""

_A_TICKET = "?"

TOLD = ("coordinator", "lead")
"""The roles whose holders may see figures about single people."""


class Reader(msgspec.Struct, frozen=True):
    """For whom a report was cut: what they read of (None for all), and what they may see.

    `team` tells whether they belong to the desk, `personal` whether figures about single people are theirs to see,
    `secured` whether tickets with a security level are listed to them.
    """

    team: bool
    personal: bool
    secured: bool
    queues: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None


class Owed(msgspec.Struct, frozen=True):
    """An answer that an open ticket owes by law: its basis, until when, and how far off that is.

    `due_at` is its last instant, the end of a local day where it is counted `by_day`. `promised` is the ticket's own
    due date and `first` what that was at first, where it was another; `promise_rules` tells that it is the earlier.
    It is `over`, or due `soon` as the digest counts that, or neither.
    `act` is the role whose turn it is.
    """

    key: str
    queue: str | None
    basis: str
    due_at: Moment
    by_day: bool
    distance: Amount
    over: bool
    soon: bool = False
    promised: date | None = None
    first: date | None = None
    promise_rules: bool = False
    extended: bool = False
    provisional: bool = False
    confirmed: bool = True
    category: str | None = None
    secured: bool = False
    act: str = ""
    state: str = ""


class Band(msgspec.Struct, frozen=True):
    """Ages in whole calendar days, both ends in it; `high` is None for all that is older. Tickets by tier."""

    low: int
    high: int | None
    by_tier: Mapping[str, Cell] = {}


class Kept(msgspec.Struct, frozen=True):
    """How many cycles of a policy's clock met their target and how many missed it, and how many were judged later.

    Judged later are those on which only a rulebook could be asked that came after they had stopped.
    """

    met: Cell = 0
    missed: Cell = 0
    rejudged: Cell = 0


class Said(msgspec.Struct, frozen=True):
    """How many messages a rung of a rule said."""

    rule: str
    rung: str
    n: Cell


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """So many of one thing in one queue and category: what all counts are summed up from, for whoever reads them.

    `what` is `open` (its words are the tier, `?` where it is not known, and the least age of its band), `opened`,
    `solved` or `closed` (none), `met`, `missed` or `rejudged` (the policy), or `said` (the rule and the rung).
    """

    what: str
    words: tuple[str, ...]
    queue: str
    category: str
    n: int


class Trouble(msgspec.Struct, frozen=True):
    """A ticket that is laid aside, and why; `ticket` is its key, or its id where it was never read.

    It is so since a moment, was tried so often, and is tried again at another, where that is known.
    """

    ticket: str
    because: str
    secured: bool = False
    since_at: Moment | None = None
    tries: int = 0
    again_at: Moment | None = None


class Failure(msgspec.Struct, frozen=True):
    """A way by which something was to go out and did not: when, which way, and why; neither person nor address."""

    at: Moment
    way: str
    because: str


class Counts(msgspec.Struct, frozen=True):
    """How many tickets are open now, by tier and by age, and what became of tickets and promises within the period.

    `promises` are by policy, over the days that the digest counts them; `said` is what the bot said in the period.
    """

    open: Cell = 0
    by_tier: Mapping[str, Cell] = {}
    backlog: tuple[Band, ...] = ()
    opened: Cell = 0
    solved: Cell = 0
    closed: Cell = 0
    promises: Mapping[str, Kept] = {}
    said: tuple[Said, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """The desk as it stands at `as_of`, and what adds to the figures of `period`.

    `definitions` are the versions of the indicators' definitions. `counts` are summed up from the `pieces`.
    `sections` are the rows by the words of `bot.core.overview.SECTIONS`; `unlisted` counts by the same words, and by
    `statutory`, `statutory_over` and `statutory_soon`, the tickets that this reader is not shown. `observed` are the
    messages of the period that rules on observe did not say. `batches` are those over the ceiling that wait, by the
    moment at which they were kept, each with how much it holds. `unknown` are tickets whose state the rulebook does
    not know, `troubles` those laid aside; `findings` are on imported files, `failures` of what was to go out since
    the period began, `silences` are what is silenced now, `audit` what the bot found in itself, `restraint` what
    keeps it from asking Jira.
    `spared` are the keys of tickets that are about somebody, as `excludes` says, each with whom it is kept from.
    `reader` is the one for whom it was cut; None for the whole, as it is kept and shown to nobody.
    Where the figures and the counts of the period are those of an earlier report that was kept, `kept_at` is as of
    when they are, and `kept_version` the rulebook by which they were worked out.
    """

    desk: str
    period: Period
    as_of: Moment
    version: str
    definitions: Mapping[str, int]
    counts: Counts
    pieces: tuple[Piece, ...]
    sections: Mapping[str, tuple[Row, ...]]
    statutory: tuple[Owed, ...] = ()
    unlisted: Mapping[str, Cell] = {}
    observed: int = 0
    batches: Mapping[Moment, int] = {}
    unknown: int = 0
    troubles: tuple[Trouble, ...] = ()
    findings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    silences: tuple[Silence, ...] = ()
    audit: tuple[Unsound, ...] = ()
    restraint: Restraint = Restraint()
    facts: tuple[Fact, ...] = ()
    spared: Mapping[str, tuple[str, ...]] = {}
    reader: Reader | None = None
    kept_at: Moment | None = None
    kept_version: str = ""


def counts_of(pieces: Iterable[Piece], spans: Iterable[tuple[int, int | None]], *, team: bool = True) -> Counts:
    """Sum up the pieces; `spans` are the ages of the backlog.

    What is of one to four is told to the team alone, and so is what such a count could be worked out from.
    """
    pieces = tuple(pieces)

    def of(what: str, *words: str) -> Cell:
        n = sum(each.n for each in pieces if each.what == what and each.words[: len(words)] == words)
        return shown(n, team=team)

    tiers = sorted({each.words[0] for each in pieces if each.what == "open"})
    aged = [replace(each, words=each.words[::-1]) for each in pieces if each.what == "open"]
    policies = dict.fromkeys(each.words[0] for each in pieces if each.what in ("met", "missed", "rejudged"))
    rungs = sorted({each.words for each in pieces if each.what == "said"})
    by_tier = _by_tier({tier: of("open", tier) for tier in tiers})
    return Counts(
        open=of("open"),
        by_tier=by_tier,
        backlog=_backlog((_band(low, high, aged, team=team) for low, high in spans), by_tier),
        opened=of("opened"),
        solved=of("solved"),
        closed=of("closed"),
        promises={each: Kept(of("met", each), of("missed", each), of("rejudged", each)) for each in policies},
        said=tuple(Said(rule, rung, of("said", rule, rung)) for rule, rung in rungs),
    )


def _by_tier(cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
    """The counts of tiers, whose sum is told: where one is not told, the least of the others is not either."""
    known = [tier for tier, n in cells.items() if n]
    if list(cells.values()).count(None) != 1 or not known:
        return cells
    least = min(known, key=lambda tier: cells[tier] or 0)
    return {**cells, least: None}


def _backlog(bands: Iterable[Band], by_tier: Mapping[str, Cell]) -> tuple[Band, ...]:
    """The ages: where one is not told of a tier, or their sum is not, no other of that tier is told either."""
    found = tuple(bands)
    few = {tier for each in (by_tier, *(band.by_tier for band in found)) for tier, n in each.items() if n is None}
    return tuple(
        replace(band, by_tier={tier: None if tier in few and n else n for tier, n in band.by_tier.items()})
        for band in found
    )


def _band(low: int, high: int | None, aged: Iterable[Piece], *, team: bool) -> Band:
    tiers: Counter[str] = Counter()
    for each in aged:
        if each.words[0] == str(low):
            tiers[each.words[1]] += each.n
    return Band(low, high, {tier: shown(n, team=team) for tier, n in sorted(tiers.items())})


def sealed(report: Report, keys: Container[str]) -> Report:
    """Give a report in which the tickets with these keys have a security level."""
    return replace(
        report,
        sections={
            name: tuple(replace(row, secured=True) if row.key in keys else row for row in rows)
            for name, rows in report.sections.items()
        },
        statutory=tuple(replace(owed, secured=True) if owed.key in keys else owed for owed in report.statutory),
        troubles=tuple(replace(each, secured=True) if each.ticket in keys else each for each in report.troubles),
        facts=tuple(replace(fact, secured=True) if fact.ticket in keys else fact for fact in report.facts),
    )


def past(report: Report) -> Report:
    """Give what of a report a later one is compared with: its counts and figures, without any ticket.

    Of facts that are alike then, of which a large desk has many, each is kept once, however often it stands there.
    """
    known: dict[Fact, Fact] = {}
    facts = (replace(fact, ticket=_A_TICKET) if fact.ticket else fact for fact in report.facts)
    each_once = tuple(known.setdefault(fact, fact) for fact in facts)
    return replace(report, sections={}, statutory=(), troubles=(), facts=each_once, spared={})


def shown(n: int, *, team: bool) -> Cell:
    """A count as it is shown: None outside the team where it is of one to four."""
    return n if team or n == 0 or n >= FEW else None


def written(report: Report) -> bytes:
    """A report as JSON, as it is kept."""
    return msgspec.json.encode(report)


def read(kept: bytes | str) -> Report:
    """A report as it was kept. Raises msgspec.DecodeError for what is none."""
    return _REPORT.decode(kept)


_REPORT = msgspec.json.Decoder(Report)
