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
from desk import NOW_S
from measure import amount

Json = Any

OURS, FLOOR, PEER = "**Piletibot**", "floor", "peer"
LATENCY_S = 0.08
_NAMES = {"ours": OURS, "floor": FLOOR, "peer": PEER}
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
    """Start a contender, whose files are in the folder."""
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
    first: Took
    busy: Mapping[str, Sequence[Took]]
    idle: Mapping[str, Sequence[Took]]
    late: Mapping[str, Sequence[Took]]
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
            racing = {"ours": ours, "floor": floor}
            for _ in range(_OVERLAP_S // _MINUTE_S + 2):  # the overlap fills
                _race(jira, racing, changed)
            busy = _rounds(jira, racing, changed, rounds)
            jira.tell("latency", s=LATENCY_S)
            late = _rounds(jira, racing, changed, 3)
            jira.tell("latency", s=0)
            for _ in range(_OVERLAP_S // _MINUTE_S):
                _race(jira, racing, 1)
            idle = _rounds(jira, racing, 0, 3 * rounds)
            sweeps = [ours.do("sweep") for _ in range(3)]
        if peer_rounds:
            with contender("peer", jira, flavour, folder) as peer:
                busy = {**busy, **_rounds(jira, {"peer": peer}, changed, peer_rounds)}
    return Measured(flavour, count, first, busy, idle, late, sweeps)


def _race(jira: Jira, racing: Mapping[str, Contender], changed: int) -> dict[str, Took]:
    jira.later(changed)
    return {name: each.do() for name, each in racing.items()}


def _rounds(jira: Jira, racing: Mapping[str, Contender], changed: int, rounds: int) -> dict[str, list[Took]]:
    taken: dict[str, list[Took]] = {name: [] for name in racing}
    for _ in range(rounds):
        for name, took in _race(jira, racing, changed).items():
            taken[name].append(took)
    return taken


def show(measured: Sequence[Measured]) -> None:
    """Print the tables."""
    print("\n### A cycle in which one ticket in a hundred changed\n")
    _table(measured, "busy")
    print("\n### A cycle in which nothing changed\n")
    _table(measured, "idle")
    print("\n### The first cycle, which reads the whole desk, and the sweep\n")
    print("| desk | | requests | received | processor | wall time | most memory |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for each in measured:
        for what, rows in (("first cycle", [each.first]), ("sweep", each.sweeps)):
            print(f"| {_desk(each)} | {what} | {' | '.join(_cells(rows))} |")

    print("\n" + "\n".join(_told(measured)))


def _told(measured: Sequence[Measured]) -> Iterator[str]:
    """Say what the tables amount to, each desk by itself, and what the peer would take where it was not let."""
    peers = {each.count: each for each in measured if "peer" in each.busy}
    for each in measured:
        ours = each.busy["ours"]
        rate = statistics.median(row.changed / row.cpu_s for row in ours)
        line = f"- {_desk(each)}: {rate:,.0f} changed tickets a second and core, polled, decided and stored."
        near = peers.get(each.count) or (peers[max(peers)] if peers else None)
        if near is None or each.flavour != near.flavour:
            yield line
            continue
        times = each.count / near.count
        whole = {what: times * _median(near.busy["peer"], what) for what in ("requests", "received", "cpu_s", "s")}
        cpu, received = (whole[what] / _median(ours, what) for what in ("cpu_s", "received"))
        took = f"{whole['requests']:,.0f} requests, {_size(whole['received'])} and {amount(whole['cpu_s'])}"
        how = "takes" if each is near else f"would take, {times:.0f} times what it took for {near.count:,},"
        yield f"{line} The peer {how} {took}: {cpu:,.0f} × the processor time and {received:,.0f} × the bytes."


def _table(measured: Sequence[Measured], which: str) -> None:
    print("| desk | | requests | received | sent | processor | × floor | wall time | at 80 ms | most memory |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for each in measured:
        found: Mapping[str, Sequence[Took]] = getattr(each, which)
        floor = _median(found["floor"], "cpu_s")
        for name, rows in found.items():
            late = each.late.get(name) if which == "busy" else None
            wall_s = _median(rows, "s")
            far_s = _median(late, "s") if late else wall_s + LATENCY_S * _median(rows, "requests")
            requests_, received, cpu, wall, peak = _cells(rows)
            cells = [requests_, received, _size(_median(rows, "sent")), cpu, f"{_median(rows, 'cpu_s') / floor:,.1f}"]
            cells += [wall, amount(far_s) if late else f"({amount(far_s)})", peak]
            print(f"| {_desk(each)} | {_NAMES[name]} | {' | '.join(cells)} |")


def _cells(rows: Sequence[Took]) -> list[str]:
    cpu = [row.cpu_s for row in rows]
    spread = f" ({amount(min(cpu))}–{amount(max(cpu))})" if len(rows) > 1 else ""
    return [
        f"{_median(rows, 'requests'):,.0f}",
        _size(_median(rows, "received")),
        f"{amount(statistics.median(cpu))}{spread}",
        amount(_median(rows, "s")),
        f"{max(row.peak_mib for row in rows):.0f} MiB",
    ]


def _median(rows: Sequence[Took], what: str) -> float:
    return statistics.median(getattr(row, what) for row in rows)


def _size(size: float) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def _desk(each: Measured) -> str:
    return f"{each.count:,}" + ("" if each.flavour == "cloud" else ", Data Center")
