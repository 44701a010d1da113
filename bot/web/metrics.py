"""The bot's figures for Prometheus: one table, in which each metric has its row.

They are a function of what the process counted, of the database, and of the lease. No label holds a ticket, a person,
or anything without an end: sites are the configuration's, states and kinds the rulebook's or the bot's own.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bot import __version__
from bot.core.laid_aside import OTHER, WHY
from bot.core.ledger import COMMAND, NOTICES
from bot.core.letter_kinds import LETTERS
from bot.core.recipients import DIGEST
from bot.core.rulebook import Rulebook
from bot.core.silence import BY, Silence
from bot.core.soundness import CHECKS, failing
from bot.core.ticket import Moment
from bot.engine.audit import found_in
from bot.engine.control import silences
from bot.engine.cycle import RULEBOOK
from bot.engine.engine import Engine
from bot.engine.poll import CLOSED, RECONCILED
from bot.engine.restraint import Restraint, restraint
from bot.engine.tally import OUTCOMES, Spread, Tally
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables import HEAD

Labels = tuple[str, ...]
Samples = Mapping[Labels, float]

STEP_STATES = ("intended", "said", "doubtful", "observed", "adopted", "held", "batched", "released", "withdrawn")
LETTER_STATES = (*STEP_STATES, "drafted", "refused", "failed")
LINE_LEVELS = ("warning", "error")
_WAITING = ("held", "batched", "released", "intended", "doubtful")
_LETTERS_WAITING = ("held", "batched", "released", "intended", "drafted")

FRESH_S = 5.0
"""For how many seconds what the database tells is kept, at the least: another scrape meanwhile asks it nothing."""

STALE_S = 60.0
"""For how many seconds it is kept at the most."""

_SHARE = 100
"""Between these two it is kept so many times as long as asking took, so that scraping takes little of the time."""


class Stored(NamedTuple):
    """What the database tells, for the metrics and the probes."""

    states: Mapping[str, int]
    due: int
    steps: Mapping[tuple[str, str], int]
    letters: Mapping[tuple[str, str], int]
    troubles: Counter[str]
    commands: int
    batches: int
    polled_at: Moment | None
    swept_at: Moment | None
    restraint: Restraint
    silences: tuple[Silence, ...]
    failing: frozenset[str]
    closed_projects: int
    size_bytes: int


@dataclass
class Watched:
    """What is told of one desk's bot: what its `tally` counted, and what its `store`, opened to be read alone, tells.

    `engine` gives what works on the desk in this process: None in one of several that work `together` while another
    keeps it. `turned` gives what this process wrote of steps and letters. `refused` tells of each kind of file (the
    `rulebook`, the `configuration`) whether what it holds was refused.
    """

    desk: str
    store: Store
    tally: Tally
    now: Callable[[], Moment]
    engine: Callable[[], Engine | None]
    turned: Callable[[], Counter[tuple[str, str, str]]]
    refused: Mapping[str, Callable[[], bool]] = field(default_factory=dict)
    together: bool = False
    _kept: Stored | None = None
    _until: float = float("-inf")

    def stored(self) -> Stored | None:
        """What the database tells, at most some seconds old; None where it cannot be asked."""
        began = time.monotonic()
        if began >= self._until:
            try:
                self._kept = _stored(self.store, self.now())
            except StoreError:
                self._kept = None
            ended = time.monotonic()
            self._until = ended + max(FRESH_S, min(STALE_S, _SHARE * (ended - began)))
        return self._kept

    def ready(self, within_s: int) -> Mapping[str, bool]:
        """Whether the bot can do its work: the database, Jira reached `within_s`, the lease, and the rulebook.

        The rulebook in force is known to the database once a cycle has begun by it. Of several processes that work
        together each is ready where one of them has the lease.
        """
        engine = self.engine()
        try:
            polled_at, rules = self.store.polled_at(), self.store.note(RULEBOOK)
            is_held = self.holds_lease or (self.together and bool(self.store.lease_holder()))
        except StoreError:
            return {"database": False, "jira": False, "lease": self.holds_lease, "rulebook": False}
        version = "" if engine is None else f"{engine.book.version} "
        return {
            "database": True,
            "jira": polled_at is not None and self.now() - polled_at <= within_s,
            "lease": is_held,
            "rulebook": rules is not None and rules.startswith(version),
        }

    @property
    def holds_lease(self) -> bool:
        """Whether this process may send; one that needs no lease may."""
        engine = self.engine()
        return engine is not None and (engine.lease is None or engine.lease.is_held)


def _stored(store: Store, now: Moment) -> Stored:
    swept = store.note(RECONCILED)
    steps, letters = store.undone()
    return Stored(
        states=store.states(),
        due=store.overdue(now),
        steps=steps,
        letters=letters,
        troubles=Counter(each.why for each in store.troubles()),
        commands=len(store.unsettled_commands()),
        batches=len(store.batched()),
        polled_at=store.polled_at(),
        swept_at=int(swept) if swept else None,
        restraint=restraint(store, now),
        silences=silences(store),
        failing=frozenset(failing(found_in(store))),
        closed_projects=len((store.note(CLOSED) or "").split()),
        size_bytes=store.size_bytes(),
    )


@dataclass(frozen=True)
class Shown:
    """One look at a bot, of which every metric is a function; `stored` is None where the database cannot be asked."""

    watched: Watched
    stored: Stored | None
    tally: Tally = field(init=False)
    book: Rulebook | None = field(init=False)

    def __post_init__(self) -> None:
        engine = self.watched.engine()
        object.__setattr__(self, "tally", self.watched.tally)
        object.__setattr__(self, "book", None if engine is None else engine.book)


Read = Callable[[Shown], Samples | None]
Spreads = Callable[[Shown], Mapping[Labels, Spread]]


@dataclass(frozen=True)
class Row:
    """A metric: its name as Prometheus has it, what it tells, its labels, and how it is read; None shows none.

    A counter's name ends in `_total`. One that is read of the database is not there while that cannot be asked. Each
    has the label `desk` before its own.
    """

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    own: Labels
    read: Read

    @property
    def labels(self) -> Labels:
        """All of its labels."""
        return ("desk", *self.own)


@dataclass(frozen=True)
class ProcessRow:
    """A metric that is no desk's."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: Labels
    read: Callable[[Tally], Samples]


@dataclass(frozen=True)
class Histogram:
    """A metric of stretches of time."""

    name: str
    help: str
    own: Labels
    read: Spreads

    @property
    def labels(self) -> Labels:
        """All of its labels."""
        return ("desk", *self.own)


def _one(read: Callable[[Shown], float | None]) -> Read:
    def samples(shown: Shown) -> Samples | None:
        value = read(shown)
        return None if value is None else {(): float(value)}

    return samples


def _done(word: str) -> Read:
    return _one(lambda shown: shown.tally.done[word])


def _of_store(read: Callable[[Stored], Samples | float | None]) -> Read:
    def samples(shown: Shown) -> Samples | None:
        found = None if shown.stored is None else read(shown.stored)
        return {(): float(found)} if isinstance(found, int | float) else found

    return samples


def _each(words: Iterable[str], counts: Mapping[str, float]) -> Samples:
    """One sample for each word, 0 where nothing was counted: an alarm sees a first one only where a 0 was before."""
    return {(word,): float(counts.get(word, 0)) for word in words}


def kinds_of(book: Rulebook) -> Mapping[str, str]:
    """The kind of each rule of a rulebook by its name, and of what the bot says by itself."""
    entries = book.entries
    kinds = {each.name: "ladder" for each in entries.ladders}
    kinds |= {each.route: "route" for each in entries.routes}
    kinds |= {each.name: "completeness" for each in entries.completeness}
    kinds |= {each.name: "incident" for each in entries.incidents}
    return {**kinds, **dict.fromkeys(NOTICES, "notice"), COMMAND: "command"}


KINDS = ("ladder", "route", "completeness", "incident", "notice", "command", "other")


def _by_kind(shown: Shown, counts: Iterable[tuple[str, str, float]], states: Iterable[str]) -> Samples:
    """Counts by rule and state as samples by kind and state: a rule that is no more counts as other."""
    kinds = {} if shown.book is None else kinds_of(shown.book)
    found: dict[Labels, float] = {(kind, state): 0.0 for kind in KINDS for state in states}
    for rule, state, n in counts:
        label = kinds.get(rule, "other"), state
        found[label] = found.get(label, 0.0) + n
    return found


def _turned(shown: Shown, what: str) -> Iterator[tuple[str, str, float]]:
    for (kind, rule, state), n in dict(shown.watched.turned()).items():
        if kind == what:
            yield rule, state, n


def _letters(shown: Shown) -> Samples:
    found: dict[Labels, float] = {(kind, state): 0.0 for kind in (*LETTERS, DIGEST) for state in LETTER_STATES}
    for kind, state, n in _turned(shown, "letter"):
        found[kind, state] = found.get((kind, state), 0.0) + n
    return found


def _open(shown: Shown) -> Samples | None:
    if shown.stored is None or shown.book is None:
        return None
    standing = {each.state: each.standing for each in shown.book.entries.states}
    found: dict[Labels, float] = {(state,): 0.0 for state, stands in standing.items() if stands != "closed"}
    for state, n in shown.stored.states.items():
        if standing.get(state) != "closed":
            label = (state if state in standing else "unknown",)
            found[label] = found.get(label, 0.0) + n
    return found


def _pauses(stored: Stored) -> Samples:
    counts = Counter(
        "everything" if not each.about else "ticket" if each.about.startswith("ticket ") else "kind"
        for each in stored.restraint.pauses
    )
    return _each(("everything", "kind", "ticket"), counts)


def _at(moment: Moment | None) -> float | None:
    return float(moment) if moment else None


METRICS: tuple[ProcessRow | Row | Histogram, ...] = (
    # What runs here.
    ProcessRow("piletibot_build_info", "gauge", "The version of the bot, of Python, and of the schema; always 1.",
               ("version", "python", "schema"),
               lambda process: {(__version__, platform.python_version(), str(HEAD)): 1.0}),
    ProcessRow("piletibot_log_lines_total", "counter", "Warnings and errors logged, by their level.",
               ("level",), lambda process: _each(LINE_LEVELS, process.lines)),
    Row("piletibot_rulebook_info", "gauge", "The version of the rulebook in force; always 1.",
        ("version",), lambda shown: None if shown.book is None else {(shown.book.version,): 1.0}),
    Row("piletibot_refused", "gauge", "1 while the files hold a rulebook, or a configuration, that was refused.",
        ("what",), lambda shown: {(what,): float(is_so()) for what, is_so in shown.watched.refused.items()}),
    # Cycles.
    Row("piletibot_cycles_total", "counter", "Cycles, by how they ended.",
        ("outcome",), lambda shown: _each(OUTCOMES, {each: shown.tally.cycles[each] for each in OUTCOMES})),
    Histogram("piletibot_cycle_seconds", "How long cycles took, however they ended.",
              (), lambda shown: {(): shown.tally.cycle_s}),
    Row("piletibot_last_cycle_timestamp_seconds", "gauge", "When the last cycle ended that came through.",
        (), _one(lambda shown: _at(shown.tally.through_at))),
    Row("piletibot_last_poll_timestamp_seconds", "gauge", "When Jira was last read; what is unread is younger.",
        (), _of_store(lambda stored: _at(stored.polled_at))),
    Row("piletibot_last_sweep_timestamp_seconds", "gauge", "When the last sweep over all tickets was made.",
        (), _of_store(lambda stored: _at(stored.swept_at))),
    Row("piletibot_lease_held", "gauge", "1 while this process has the right to send.",
        (), _one(lambda shown: shown.watched.holds_lease)),
    # Requests.
    Row("piletibot_requests_total", "counter", "Requests sent: to which Jira, of which kind, what became of them.",
        ("site", "kind", "outcome"),
        lambda shown: {label: float(n) for label, n in dict(shown.tally.requests).items()}),
    Histogram("piletibot_request_seconds", "How long the answer to a request took, by the Jira asked.",
              ("site",), lambda shown: {(site,): each for site, each in dict(shown.tally.request_s).items()}),
    Row("piletibot_breaker_state", "gauge", "1 for the state of the circuit breaker, 0 for the others.", ("state",),
        _of_store(lambda stored: _each(("closed", "open", "half-open"), {stored.restraint.circuit.state: 1}))),
    Row("piletibot_pauses", "gauge", "Patience that Jira asked for and that is not over, by what it is about.",
        ("about",), _of_store(_pauses)),
    # Tickets.
    Row("piletibot_tickets_read_total", "counter", "Tickets read as they had changed.", (), _done("changed")),
    Row("piletibot_tickets_judged_total", "counter", "Tickets judged.", (), _done("judged")),
    Row("piletibot_tickets_gone_total", "counter", "Tickets found deleted, moved or hidden.", (), _done("gone")),
    Row("piletibot_open_tickets", "gauge", "Tickets that are not closed, by the rulebook's states.",
        ("state",), _open),
    Row("piletibot_due_tickets", "gauge", "Tickets that are to be looked at by now.",
        (), _of_store(lambda stored: stored.due)),
    Row("piletibot_troubles", "gauge", "Tickets that are laid aside, by why.",
        ("why",), _of_store(lambda stored: _each((*WHY, OTHER), stored.troubles))),
    Row("piletibot_closed_projects", "gauge", "Projects of the rulebook that cannot be searched.",
        (), _of_store(lambda stored: stored.closed_projects)),
    # What is said.
    Row("piletibot_steps_total", "counter", "Steps noted in the ledger, by the kind of the rule and the state noted.",
        ("kind", "state"), lambda shown: _by_kind(shown, _turned(shown, "step"), STEP_STATES)),
    Row("piletibot_comments_total", "counter", "Comments written.", (), _done("comments")),
    Row("piletibot_amended_total", "counter", "Comments edited in place.", (), _done("amended")),
    Row("piletibot_second_comments_removed_total", "counter", "Comments removed as they said something again.",
        (), _done("removed")),
    Row("piletibot_letters_total", "counter", "Letters and digests noted in a state, by their kind.",
        ("kind", "state"), _letters),
    Row("piletibot_digests_total", "counter", "Digests that went out, once for each recipient and way.",
        (), _done("digests")),
    Row("piletibot_outbox_steps", "gauge", "Steps that wait, or were begun and are not settled, by kind and state.",
        ("kind", "state"),
        lambda shown: shown.stored
        and _by_kind(shown, ((*label, n) for label, n in shown.stored.steps.items()), _WAITING)),
    Row("piletibot_outbox_letters", "gauge", "Letters and digests that wait, or were begun, by state.", ("state",),
        _of_store(lambda stored: _each(_LETTERS_WAITING, _by_state(stored.letters)))),
    Row("piletibot_batches", "gauge", "Batches over the ceiling that wait for a person.",
        (), _of_store(lambda stored: stored.batches)),
    Row("piletibot_commands", "gauge", "Commands of people for which something is left to do.",
        (), _of_store(lambda stored: stored.commands)),
    Row("piletibot_silences", "gauge", "What is silenced (a project, or everything), by what silences it.",
        ("by",), _of_store(lambda stored: _each(BY, Counter(each.by for each in stored.silences)))),
    # Whether it is well.
    Row("piletibot_audit_failing", "gauge", "1 for each check of the audit that fails.",
        ("check",), _of_store(lambda stored: _each(CHECKS, dict.fromkeys(stored.failing, 1.0)))),
    Row("piletibot_database_up", "gauge", "1 where the database could be asked just now.",
        (), _one(lambda shown: shown.stored is not None)),
    Row("piletibot_database_errors_total", "counter", "Cycles that ended as the database could not be used.",
        (), _one(lambda shown: shown.tally.cycles["database"])),
    Row("piletibot_database_size_bytes", "gauge", "How much room the database takes.",
        (), _of_store(lambda stored: stored.size_bytes)),
)  # fmt: skip
"""Every metric of the bot's own. Adding one costs its row here, its place in the dashboard, and nothing else."""


def _by_state(letters: Mapping[tuple[str, str], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, state), n in letters.items():
        found[state] += n
    return found


class Figures(Collector):
    """Collects the metrics of the desks of a process anew whenever it is asked."""

    def __init__(self, watched: Sequence[Watched], process: Tally) -> None:
        self._watched, self._process = watched, process

    def collect(self) -> Iterable[Metric]:
        """Give every metric that can be told now."""
        shown = [Shown(each, each.stored()) for each in list(self._watched)]
        for metric in METRICS:
            if isinstance(metric, Histogram):
                yield _spread(metric, shown)
            elif isinstance(metric, ProcessRow):
                yield _family(metric, metric.read(self._process).items())
            else:
                samples = [(each.watched.desk, metric.read(each) or {}) for each in shown]
                yield _family(metric, (((desk, *own), n) for desk, told in samples for own, n in told.items()))


def registry_of(watched: Sequence[Watched], process: Tally) -> CollectorRegistry:
    """Make a registry of the bot's metrics and those of its process (processor time, memory, open files)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(watched, process))
    ProcessCollector(registry=registry)
    return registry


def _family(row: Row | ProcessRow, samples: Iterable[tuple[Labels, float]]) -> Metric:
    kind = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
    family = kind(row.name, row.help, labels=row.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _spread(histogram: Histogram, shown: Sequence[Shown]) -> Metric:
    family = HistogramMetricFamily(histogram.name, histogram.help, labels=histogram.labels)
    for each in shown:
        for labels, spread in histogram.read(each).items():
            total, buckets = 0, []
            for bound, n in zip((*map(str, spread.bounds), "+Inf"), tuple(spread.counts), strict=True):
                total += n
                buckets.append((bound, float(total)))
            family.add_metric((each.watched.desk, *labels), buckets, spread.sum_s)
    return family
