"""Working time in Estonia: how fast `between` and `add` are beside their peers, and how often each is wrong.

Right is what our engine says, of which a sample is first held against the brute-force oracle where somebody keeps
that beside the checkout.
"""

from __future__ import annotations

import gc
import importlib.util
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import starmap
from pathlib import Path
from typing import Any

from hours_peers import EVES, HOLIDAYS, HOUR_S, LOCAL, YEARS, ZONE, Contender, Office, Question, adders, counters
from measure import Row, amount, race, show, timed

from bot.core.calendar import Calendar, build_calendar
from bot.public_holidays import holidays_in, shortened_days

SEED = 20261116
ORACLE = Path(__file__).resolve().parents[2] / ".." / "shared" / "sla" / "oracle.py"
OFFICE = Office(time(8), time(17), time(14), 5)
NIGHT = Office(time(0), time(6), None, 7)

_ROUNDS = 9
_WITHIN_S = 3
_ASKED = 2000 * (1 + _ROUNDS)
_DAY_S = 86_400
_MONTH = range(1, 30 * _DAY_S), range(1, 181)
_YEAR = range(365 * _DAY_S, 366 * _DAY_S), range(2000, 2191)
_PARTS = (
    ("office hours, up to 30 days", OFFICE, _MONTH, 3),
    ("office hours, a year", OFFICE, _YEAR, 1),
    ("night duty, up to 30 days", NIGHT, _MONTH, 3),
)
"""In which hours, how long spans in seconds, how many hours are added, and how often the oracle is asked too."""

_NONE: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Truth:
    """What is right in an office, and in one that is the same but for the eves."""

    calendar: Calendar
    without_eves: Calendar

    def between(self, question: Question) -> int:
        """Count the working seconds."""
        return self.calendar.between(question.start, question.end)

    def added(self, question: Question) -> int:
        """Find when the hours have passed."""
        return self.calendar.add(question.start, question.hours * HOUR_S)

    def counted_off_s(self, question: Question, told: float) -> float:
        """Say how wrong a count is."""
        return abs(told - self.between(question))

    def added_off_s(self, question: Question, told: float) -> float:
        """Say how much working time is wrong: closing time and the next opening are the same working moment."""
        right = self.added(question)
        return self.calendar.between(min(right, int(told)), max(right, int(told)))

    def eves_matter(self, question: Question) -> bool:
        """Whether an eve is in the question."""
        start, end = question.start, max(question.end, self.added(question))
        return self.calendar.between(start, end) != self.without_eves.between(start, end)


def working_time() -> None:
    """Measure and print all of it."""
    print(
        f"\nWorking time: questions from seed {SEED}, a quarter of them begin in a week in which the clocks change."
    )
    print(
        "Office hours are 08:00-17:00 from Monday to Friday, the eves until 14:00; night duty is 00:00-06:00 daily."
    )
    print("Times are the processor's, for one answer.")
    first_s = timed(lambda: calendar_of(OFFICE).between(_new_year(0), _new_year(-1)))
    print(
        f"All {len(YEARS)} years of a calendar are worked out in {amount(first_s)}, once; that is not in the tables."
    )
    oracle = _oracle()
    for title, office, (lasting, adding), sample in _PARTS:
        truth = Truth(calendar_of(office), calendar_of(office, eves=False))
        asked = questions(_ASKED, lasting, adding)
        if oracle:
            _hold_against(oracle, office, truth, asked[:sample])
            print(f"\nOf {title} the oracle says the same as we do, {sample} times `between` and `add`.")
        long = lasting is _YEAR[0]
        _show(f"`between`, {title}", counters(office, truth.calendar, long=long), asked, truth, truth.counted_off_s)
        _show(f"`add`, {title}", adders(office, truth.calendar, long=long), asked, truth, truth.added_off_s)
    _side_by_side()


def _side_by_side() -> None:
    """Ask ours alone, the two lengths of spans in turns, since what ran before would tell in the tables."""
    calendar = calendar_of(OFFICE)
    turns: dict[str, Callable[[], object]] = {}
    for title, parts in (("up to 30 days", _MONTH), ("a year", _YEAR)):
        asked = questions(_ASKED, *parts)
        spans = [(each.start, each.end) for each in asked]
        sums = [(each.start, each.hours * HOUR_S) for each in asked]
        turns[f"`between`, {title}"] = lambda spans=spans: list(starmap(calendar.between, spans))  # type: ignore[misc]
        turns[f"`add`, {title}"] = lambda sums=sums: list(starmap(calendar.add, sums))  # type: ignore[misc]
    rows = race(turns, 2 * _ROUNDS, within_s=_WITHIN_S)
    show("Ours, spans side by side", [Row(row.name, [each / _ASKED for each in row.seconds]) for row in rows])


def calendar_of(office: Office, *, eves: bool = True) -> Calendar:
    """Make our calendar of such an office, or of one that does not know of the eves."""
    return build_calendar(
        "kontor",
        timezone=ZONE,
        hours={f"mon-{'fri' if office.weekdays == 5 else 'sun'}": f"{office.opens:%H:%M}-{office.closes:%H:%M}"},
        day_s=None,
        closed=lambda year: holidays_in("EE", year),
        shortened=shortened_days if office.closes_early and eves else lambda year: _NONE,
        exceptions={},
    )


def questions(count: int, lasting: range, adding: range) -> list[Question]:
    """Ask so many; a quarter of them begin in a week in which the clocks change."""
    chance = random.Random(SEED)
    since, until = _new_year(1), _new_year(-3)
    changes = [at for at in range(since, until, _DAY_S) if _offset_s(at) != _offset_s(at + _DAY_S)]

    def one() -> Question:
        start = chance.randrange(since, until)
        if chance.random() < 0.25:
            start = chance.choice(changes) + chance.randrange(-3 * _DAY_S, 4 * _DAY_S)
        return Question(start, start + chance.choice(lasting), chance.choice(adding))

    return [one() for _ in range(count)]


def _new_year(which: int) -> int:
    return int(datetime(YEARS[which], 1, 1, tzinfo=UTC).timestamp())


def _offset_s(at: int) -> float:
    offset = datetime.fromtimestamp(at, LOCAL).utcoffset()
    return offset.total_seconds() if offset else 0


def _show(
    title: str,
    contenders: Sequence[Contender],
    asked: Sequence[Question],
    truth: Truth,
    off_s: Callable[[Question, float], float],
) -> None:
    """Ask everybody, other questions every round, and print how long an answer took and how many were wrong."""
    answers: dict[str, list[Any]] = {who.name: [] for who in contenders}

    def answering(who: Contender) -> Callable[[], None]:
        given = [who.given(question) for question in asked[: who.at_a_time * (1 + _ROUNDS)]]
        turns = iter([given[n : n + who.at_a_time] for n in range(0, len(given), who.at_a_time)])
        return lambda: answers[who.name].extend(starmap(who.work, next(turns)))

    racing = {who.name: answering(who) for who in contenders}
    gc.freeze()  # what is there by now need not be looked through before every round
    rows = race(racing, _ROUNDS, within_s=_WITHIN_S)
    gc.unfreeze()
    each = [[seconds / who.at_a_time for seconds in row.seconds] for who, row in zip(contenders, rows, strict=True)]
    floor, ours = (statistics.median(seconds) for seconds in each[:2])
    print(f"\n### {title}\n")
    print("| what | median | least to most | × floor | × Piletibot | asked | wrong | wrong where no eve is |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for who, seconds in zip(contenders, each, strict=True):
        median, said = statistics.median(seconds), answers[who.name]
        cells = [who.name, amount(median), f"{amount(min(seconds))} to {amount(max(seconds))}"]
        cells += [f"{median / floor:,.1f}", f"{median / ours:,.1f}", f"{len(said):,}"]
        if who is contenders[0]:
            cells += ["–", "–"]
        else:
            pairs = zip(asked, said, strict=False)
            wrong = [question for question, told in pairs if not off_s(question, who.told(told)) <= who.within_s]
            cells += [f"{len(wrong):,}", f"{sum(not truth.eves_matter(question) for question in wrong):,}"]
        print(f"| {' | '.join(cells)} |")


def _hold_against(oracle: Any, office: Office, truth: Truth, asked: Sequence[Question]) -> None:
    hours = [f"{office.opens:%H:%M}", f"{office.closes:%H:%M}"]
    early = [[hours[0], f"{office.closes_early:%H:%M}"]] if office.closes_early else [hours]
    slow = oracle.Calendar(
        {
            "tz": ZONE,
            "weekly": {day: [hours] for day in oracle.DAYS[: office.weekdays]},
            "holidays": map(str, HOLIDAYS),
            "special_days": {str(day): early for day in EVES - HOLIDAYS if day.weekday() < office.weekdays},
        }
    )
    for question in asked:
        said = (
            oracle.between(slow, question.start, question.end),
            oracle.add(slow, question.start, question.hours * HOUR_S),
        )
        if said != (ours := (truth.between(question), truth.added(question))):
            raise SystemExit(f"{question}: we say {ours}, the oracle {said}")


def _oracle() -> Any:
    if not ORACLE.is_file():
        print("Right is what our engine says; there is no oracle to hold it against.")
        return None
    spec = importlib.util.spec_from_file_location("sla_oracle", ORACLE)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{ORACLE} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
