"""A whole cycle beside the peer and the floor, on desks of any size: requests, bytes, processor time, time, memory.

Each contender is a process of its own, and so is the Jira, whose work is nobody's.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import requests
from desk import NOW_S, configure
from measure import amount

Json = Any

LATENCY_S = 0.08
_NAMES = {"floor": "floor", "ours": "**Piletibot**", "peer": "peer"}
_MINUTE_S = 60
_OVERLAP_S = 300


class Took(NamedTuple):
    """What one cycle took: `sent` and `received` are bytes on the wire, headers included, as the contender has it."""

    changed: int
    requests: int
    received: int
    sent: int
    cpu_s: float
    s: float
    peak_mib: float


class Jira:
    """The prepared Jira in its process, and the moment it is there."""

    def __init__(self, url: str) -> None:
        self.url, self.now = url, NOW_S
        self._session = requests.Session()

    def tell(self, what: str, **asked: Any) -> Mapping[str, Any]:
        """Tell it something, and return what it counted since it was last told anything."""
        answer = self._session.post(f"{self.url}/bench/{what}", json=asked, timeout=60)
        answer.raise_for_status()
        counted: Mapping[str, Any] = answer.json()
        return counted

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def later(self, changed: int) -> None:
        """Let a minute pass, in which so many tickets change; one in twenty of these for the second time."""
        self.now += _MINUTE_S
        self.tell("clock", now_ms=self.now * 1000)
        if changed:
            self.tell("change", count=changed, again=changed // 20, now_ms=self.now * 1000)


class Contender:
    """A contender in its process."""

    def __init__(self, jira: Jira, process: subprocess.Popen[str]) -> None:
        self._jira, self._process = jira, process
        if not self._answer():
            raise SystemExit(f"a contender could not begin: {process.args}")

    def do(self, what: str = "cycle") -> Took:
        """Have it do something now. Raises SystemExit where it failed."""
        self._jira.tell("count")
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, "now": self._jira.now}) + "\n")
        self._process.stdin.flush()
        line = self._answer()
        if not line:
            raise SystemExit(f"a contender failed: {self._process.args}")
        counted = self._jira.tell("count")
        return Took(
            **json.loads(line), requests=counted["requests"], received=counted["sent"], sent=counted["received"]
        )

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def jira_of(flavour: str, count: int) -> Iterator[Jira]:
    """Start a prepared Jira of so many open tickets."""
    with _process("prepared.py", flavour, str(count)) as process:
        assert process.stdout is not None
        with closing(Jira(process.stdout.readline().strip())) as jira:
            yield jira


@contextmanager
def contender(name: str, jira: Jira, flavour: str, folder: Path) -> Iterator[Contender]:
    """Start a contender, whose files are in the folder; ours is configured there, by nothing that it would load."""
    if name == "ours":
        configure(jira.url, flavour, folder)
    with _process("contender.py", name, jira.url, flavour, str(folder)) as process:
        yield Contender(jira, process)


@contextmanager
def _process(script: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(Path(__file__).with_name(script)), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            with suppress(BrokenPipeError):
                process.communicate("")


class Measured(NamedTuple):
    """All that was measured on a desk of `count` tickets: by what happened, by contender, one after the other."""

    flavour: str
    count: int
    changed: int
    first: Took
    again: Took
    busy: Mapping[str, Sequence[Took]]
    idle: Mapping[str, Sequence[Took]]
    busy_late: Mapping[str, Sequence[Took]]
    idle_late: Mapping[str, Sequence[Took]]
    sweeps: Sequence[Took]


def measure(flavour: str, count: int, rounds: int, peer_rounds: int) -> Measured:
    """Measure a desk: its first cycle, then cycles with one ticket in a hundred changed, and with none, and sweeps.

    The first cycle is one process's, the others are another's, as after a restart: what it held is not theirs.
    The peer has `peer_rounds` of the busy ones, and none of the others, where it would do the same.
    """
    with TemporaryDirectory() as there, jira_of(flavour, count) as jira:
        folder = Path(there)
        changed = max(1, count // 100)
        with contender("ours", jira, flavour, folder) as beginner:
            first = beginner.do()
        with contender("ours", jira, flavour, folder) as ours, contender("floor", jira, flavour, folder) as floor:
            floor.do()
            racing = {"floor": floor, "ours": ours}
            again = _race(jira, racing, changed)["ours"]
            for _ in range(_OVERLAP_S // _MINUTE_S + 1):  # the overlap fills
                _race(jira, racing, changed)
            busy = _rounds(jira, racing, changed, rounds)
            busy_late = _late(jira, racing, changed)
            for _ in range(_OVERLAP_S // _MINUTE_S + 1):  # and empties
                _race(jira, racing, 1)
            idle = _rounds(jira, racing, 0, 3 * rounds)
            idle_late = _late(jira, racing, 0)
            sweeps = [ours.do("sweep") for _ in range(3)]
        if peer_rounds:
            with contender("peer", jira, flavour, folder) as peer:
                busy = {**busy, **_rounds(jira, {"peer": peer}, changed, peer_rounds)}
    return Measured(flavour, count, changed, first, again, busy, idle, busy_late, idle_late, sweeps)


def _race(jira: Jira, racing: Mapping[str, Contender], changed: int) -> dict[str, Took]:
    jira.later(changed)
    return {name: each.do() for name, each in racing.items()}


def _rounds(jira: Jira, racing: Mapping[str, Contender], changed: int, rounds: int) -> dict[str, list[Took]]:
    taken: dict[str, list[Took]] = {name: [] for name in racing}
    for _ in range(rounds):
        for name, took in _race(jira, racing, changed).items():
            taken[name].append(took)
    return taken


def _late(jira: Jira, racing: Mapping[str, Contender], changed: int) -> dict[str, list[Took]]:
    jira.tell("latency", s=LATENCY_S)
    taken = _rounds(jira, racing, changed, 3)
    jira.tell("latency", s=0)
    return taken


def show(each: Measured) -> None:
    """Print the table of a desk, and what it amounts to."""
    of = "" if each.flavour == "cloud" else ", Data Center"
    print(f"\n### {each.count:,} open tickets{of}\n")
    print("| | | requests | received | sent | processor | × floor | wall time | at 80 ms | most memory |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for what, found, late in (
        (f"{each.changed:,} changed", each.busy, each.busy_late),
        ("nothing changed", each.idle, each.idle_late),
    ):
        floor_s = median(found["floor"], "cpu_s")
        for name, rows in found.items():
            ratio = f"{median(rows, 'cpu_s') / floor_s:,.1f}"
            print(f"| {what} | {_NAMES[name]}{_once(rows)} | {' | '.join(_cells(rows, ratio, late.get(name)))} |")
            what = ""
    for what, rows in (
        ("first cycle of all", [each.first]),
        ("first after a restart", [each.again]),
        ("sweep", each.sweeps),
    ):
        print(f"| {what} | {_NAMES['ours']}{_once(rows)} | {' | '.join(_cells(rows))} |")
    print("\n" + "\n".join(_told(each)))


def _told(each: Measured) -> Iterator[str]:
    """Say what the table amounts to."""
    ours, floor = each.busy["ours"], each.busy["floor"]
    rate, bare = (statistics.median(row.changed / row.cpu_s for row in rows) for rows in (ours, floor))
    told = "changed tickets a second and core polled, decided and stored (aim 5,000)"
    yield f"- {rate:,.0f} {told}; the floor {bare:,.0f}."
    times = median(ours, "cpu_s") / median(floor, "cpu_s")
    yield f"- {times:.1f} × the floor's processor time where one in a hundred changed (aim 4)."
    yield f"- {amount(median(each.idle['ours'], 'cpu_s'))} of processor time where nothing changed (aim 2 ms)."
    if peer := each.busy.get("peer"):
        cpu, received = (median(peer, what) / median(ours, what) for what in ("cpu_s", "received"))
        left = f"aim 1,000, which would leave us {amount(median(peer, 'cpu_s') / 1000)}"
        yield f"- The peer: {cpu:,.0f} × our processor time ({left}), {received:,.0f} × our bytes (aim 100)."
    wall, most = amount(median(ours, "s")), max(row.peak_mib for row in (*ours, *each.idle["ours"]))
    yield f"- {wall} a cycle at no latency, and {most:.0f} MiB at most (aims for 100,000: 1 s, 200 MiB)."


def a_thousand_desks(each: Measured) -> str:
    """What a thousand desks like this one take, a poll a minute each and a hundred changes an hour."""
    idle_s, changed_s = median(each.idle["ours"], "cpu_s"), median(each.busy["ours"], "cpu_s") / each.changed
    idle, changed = (
        [median(rows["ours"], which) for which in ("received", "sent")] for rows in (each.idle, each.busy)
    )
    polled, came = sum(idle) * 1000 / 60, (sum(changed) - sum(idle)) / each.changed * 1000 * 100 / 3600
    rows = [
        f"| | reckoned from a desk of {each.count:,} |",
        "|---|---:|",
        f"| polls in which nothing changed, a core and minute | {60 / idle_s:,.0f} |",
        f"| of a core, for a poll a minute of each of a thousand | {1000 * idle_s / 60:.1%} |",
        f"| of a core, for a hundred changes an hour on each of a thousand | {1000 * 100 / 3600 * changed_s:.1%} |",
        f"| a poll in which nothing changed, received and sent | {size(sum(idle))} |",
        f"| a changed ticket more, received and sent | {size((sum(changed) - sum(idle)) / each.changed)} |",
        f"| all of it on the network | {size(polled + came)} a second |",
    ]
    return "\n".join(rows)


def _cells(rows: Sequence[Took], ratio: str = "", late: Sequence[Took] | None = None) -> list[str]:
    cpu = [row.cpu_s for row in rows]
    spread = f" ({amount(min(cpu))}–{amount(max(cpu))})" if len(rows) > 1 else ""
    far_s = median(late, "s") if late else median(rows, "s") + LATENCY_S * median(rows, "requests")
    return [
        f"{median(rows, 'requests'):,.0f}",
        size(median(rows, "received")),
        size(median(rows, "sent")),
        f"{amount(statistics.median(cpu))}{spread}",
        ratio,
        amount(median(rows, "s")),
        amount(far_s) if late else f"({amount(far_s)})",
        f"{max(row.peak_mib for row in rows):.0f} MiB",
    ]


def _once(rows: Sequence[Took]) -> str:
    return ", once" if len(rows) == 1 else ""


def median(rows: Sequence[Took], what: str) -> float:
    """The median of one of the figures."""
    return statistics.median(getattr(row, what) for row in rows)


def size(many: float) -> str:
    """Write bytes as people read them."""
    return f"{many / 1e6:,.1f} MB" if many >= 1e6 else f"{many / 1e3:,.1f} kB"
