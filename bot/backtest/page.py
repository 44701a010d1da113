"""The report of a backtest: one page that stands alone, its first screen the answer, then charts, tables, method."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.backtest.charts import PATTERNS, Drawn, bars, folded, heat, shares, stacked
from bot.backtest.difference import CHANGES
from bot.backtest.facts import FLAGS, Backtest, Run
from bot.backtest.periods import periods
from bot.backtest.tally import STRANGER, Kept, Tally, Voice
from bot.backtest.words import words_of
from bot.core.outcome import Action
from bot.core.steps import At
from bot.wording import show

_TEMPLATE = Path(__file__).with_name("report.html")
_TOP, _PEOPLE, _DAYS = 5, 15, 10
_ACTIONS: tuple[Action, ...] = ("say", "observe", "hold", "withdraw", "adopt")
_BUCKETS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, None))
_STANDINGS = {"met": 1, "missed": 2, "breached": 5, "running": 3, "paused": 6}
"""How a clock or deadline ended, with the texture that shows it."""


def write(backtest: Backtest, path: Path) -> None:
    """Write the report to a file, a new one for its owner alone. Raises OSError."""
    page = html(backtest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(page)


def html(backtest: Backtest) -> str:
    """Write the report as one self-contained page, in the rulebook's language or else in English."""
    from jinja2 import Environment, StrictUndefined

    book = backtest.tried.tally.book
    language = book.entries.language if book.entries.language in ("et", "en") else "en"
    told = _Told(backtest, language)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        told=told,
        backtest=backtest,
        tally=backtest.tried.tally,
        words=told.words,
        language=language,
        patterns=PATTERNS,
    )


class _Told:
    """What the page shows, ready to be laid out."""

    def __init__(self, backtest: Backtest, language: str) -> None:
        self.words: Mapping[str, str] = words_of(language)
        self._language = language
        self._backtest = backtest
        self._tally = backtest.tried.tally
        self.voice: Voice = self._tally.voice
        span, calendar = backtest.span, self._tally.book.calendar
        self._first, self._last = calendar.day_of(span.start_at), calendar.day_of(span.end_at - 1)
        self._periods = periods(self._first, self._last, language)
        self._people = self._tally.people(self.voice)
        self._crowd = self._tally.crowd(self.voice)
        if backtest.against is not None:
            self._crowd |= backtest.against.tally.crowd(self.voice)
        self._days: dict[str, list[int]] = {}
        for day in self._tally.noise(self.voice):
            self._days.setdefault(day.who, []).append(day.messages)

    # How things are written.

    def number(self, n: float) -> str:
        """A number as a reader of the language writes it."""
        written = f"{n:,.1f}" if isinstance(n, float) else f"{n:,}"
        whole, _, part = written.partition(".")
        spaced = whole.replace(",", "\u00a0") if n >= 10_000 else whole.replace(",", "")
        return spaced + (("," if self._language == "et" else ".") + part if part else "")

    def signed(self, n: int) -> str:
        """A difference with its sign."""
        return "0" if n == 0 else f"{'+' if n > 0 else '−'}{self.number(abs(n))}"

    def at(self, moment: int) -> str:
        """A moment in the desk's zone."""
        return show(At(moment), self._language, lambda kind, word, language: word, self._tally.book.calendar.timezone)

    def hours(self, seconds: int | None) -> str:
        """Working seconds as hours."""
        return "–" if seconds is None else f"{self.number(seconds / 3600)} h"

    def day(self, day: date) -> str:
        """A day by its date."""
        return f"{day.day}.{day.month:02}.{day.year}" if self._language == "et" else f"{day.day} {day:%B %Y}"

    def who(self, person: str) -> str:
        """A person's word, or what those are whom the rulebook does not name, and how many."""
        if not person.startswith(STRANGER):
            return person
        return self.put(person.removeprefix(STRANGER) or "stranger", n=self._crowd[person])

    def one(self, person: str) -> str:
        """A person's word, or what one is whom the rulebook does not name."""
        if not person.startswith(STRANGER):
            return person
        return self.words[f"one_{person.removeprefix(STRANGER) or 'stranger'}"]

    def queue(self, queue: str | None) -> str:
        """What a queue is called."""
        return self._tally.book.name("queue", queue, self._language) if queue else self.words["no_queue"]

    def standing(self, word: str) -> str:
        """What a clock's standing is called."""
        return self.words.get(f"standing_{word}") or self.words[word]

    # The first screen.

    @property
    def on_observe(self) -> bool:
        """Whether all of it was only recorded."""
        return self.voice == "observe"

    @property
    def messages(self) -> int:
        """How many messages it is about."""
        return self._tally.messages[self.voice]

    @property
    def a_day(self) -> float:
        """How many messages that makes on a working day."""
        return self.messages / max(1, self._tally.book.calendar.working_days(self._first, self._last))

    @property
    def most_person(self) -> tuple[str, int] | None:
        """Who gets most."""
        return next(((self.who(person), n) for person, n in self._people.items()), None)

    @property
    def most_day(self) -> tuple[str, str, int] | None:
        """Who gets most on one day, the day, and how much."""
        worst = max(
            self._tally.noise(self.voice), key=lambda day: (day.messages, -day.day.toordinal(), day.who), default=None
        )
        return None if worst is None else (self.one(worst.who), self.day(worst.day), worst.messages)

    @property
    def addressed(self) -> int:
        """How many people get any."""
        return self._tally.addressed(self.voice)

    @property
    def broken(self) -> int:
        """How many promises and deadlines were not kept."""
        return self._tally.broken()

    @property
    def promised(self) -> int:
        """How many promises and deadlines there were."""
        return sum(kept.count for kept in (*self._tally.clocks.values(), *self._tally.deadlines.values()))

    @property
    def top_people(self) -> list[tuple[str, int]]:
        """Who gets most."""
        return [(self.who(person), n) for person, n in self._people.items()][:_TOP]

    @property
    def top_broken(self) -> list[tuple[str, int, int]]:
        """Which promises broke most, and of how many."""
        every = (*self._tally.clocks.items(), *self._tally.deadlines.items())
        found = [(name, kept.broken, kept.count) for name, kept in every if kept.broken]
        return sorted(found, key=lambda row: (-row[1], row[0]))[:_TOP]

    @property
    def top_rules(self) -> list[tuple[str, int]]:
        """Which rules speak most."""
        return Counter(self._by_rule()).most_common(_TOP)

    def _by_rule(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (rule, _, action), n in self._tally.steps.items():
            if action == self.voice:
                found[rule] += n
        return dict(found)

    # Charts.

    @property
    def unit(self) -> str:
        """What periods charts count by, in a sentence."""
        return self.words[f"by_{self._periods.unit}"]

    def chart_by_rule(self) -> Drawn | None:
        """Steps over time by rule."""
        series_of, series = folded(self._by_rule(), self.words["others"])
        found: Counter[tuple[str, str]] = Counter()
        for (voice, day, rule), n in self._tally.days.items():
            if voice == self.voice:
                found[self._periods.of(day), series_of[rule]] += n
        rows = [(period, name, n) for (period, name), n in found.items()]
        return stacked(rows, self._periods.labels, series, self.words["over_time"]) if rows else None

    def chart_by_person(self) -> Drawn | None:
        """Messages over time by person."""
        listed = list(self._people)[: _PEOPLE if len(self._people) <= _PEOPLE else _PEOPLE - 1]
        found: Counter[tuple[str, str]] = Counter()
        for day in self._tally.noise(self.voice):
            who = self.who(day.who) if day.who in listed else self.words["others"]
            found[who, self._periods.of(day.day)] += day.messages
        rows = [(who, period, n) for (who, period), n in found.items()]
        names = [self.who(person) for person in listed]
        names += [self.words["others"]] if len(listed) < len(self._people) else []
        return heat(rows, names, self._periods.labels, self.words["by_person"]) if rows else None

    def chart_by_policy(self) -> Drawn | None:
        """How promises and deadlines were kept."""
        every = {**self._tally.clocks, **self._tally.deadlines}
        parts = {self.words[how]: texture for how, texture in _STANDINGS.items()}
        rows = [(name, self.words[how], getattr(kept, how)) for name, kept in every.items() for how in _STANDINGS]
        names = [name for name, kept in every.items() if kept.count]
        return shares(rows, names, parts, self.words["by_policy"]) if names else None

    def chart_held(self) -> Drawn | None:
        """What held steps back."""
        rows = [
            (self.words["ceiling_held" if by == "ceiling" else by], n) for by, n in self._tally.held.most_common()
        ]
        return bars(rows, self.words["held_by"]) if rows else None

    # Tables.

    @property
    def actions(self) -> list[Action]:
        """What became of steps, as far as anything did."""
        return [action for action in _ACTIONS if self._tally.count(action)]

    def rules(self) -> Iterator[tuple[str, str, Sequence[int]]]:
        """Rules and rungs in the rulebook's order, with what became of their steps."""
        order = {name: place for place, name in enumerate(self._tally.book.whys)}
        found = {(rule, rung) for rule, rung, _ in self._tally.steps}
        rungs = {
            (ladder.name, rung.rung): place
            for ladder in self._tally.book.entries.ladders
            for place, rung in enumerate(ladder.rungs)
        }
        for rule, rung in sorted(found, key=lambda key: (order.get(key[0], 0), key[0], rungs.get(key, 0), key[1])):
            yield rule, rung, [self._tally.steps[rule, rung, action] for action in self.actions]

    def people(self) -> Iterator[tuple[str, int, int, int]]:
        """People with their messages, the days with any, and the most on one day."""
        for person, n in self._people.items():
            yield self.who(person), n, len(self._days[person]), max(self._days[person])

    def noise(self) -> Iterator[tuple[str, int, int]]:
        """How often a person gets how many messages on a day, and the share of those days in percent."""
        days = [n for found in self._days.values() for n in found]
        for least, most in _BUCKETS:
            count = sum(least <= n and (most is None or n <= most) for n in days)
            if count:
                label = str(least) if most == least else f"{least}+" if most is None else f"{least}–{most}"
                yield label, count, round(100 * count / len(days))

    def busiest(self) -> Iterator[tuple[str, int]]:
        """The days with most messages."""
        found = {day: n for (voice, day), n in self._tally.message_days.items() if voice == self.voice}
        for day, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_DAYS]:
            yield self.day(day), n

    def queues(self) -> list[tuple[str, int, int]]:
        """Queues with the steps said in them, and the promises broken."""
        broken: Counter[str | None] = Counter()
        for (queue, _), n in self._tally.broken_queues.items():
            broken[queue] += n
        said = {queue: n for (voice, queue), n in self._tally.queues.items() if voice == self.voice}
        rows = [(self.queue(queue), said.get(queue, 0), broken[queue]) for queue in {**said, **broken}]
        return sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))

    def clocks(self) -> list[tuple[str, Kept]]:
        """Promises that had any clock."""
        return [(name, kept) for name, kept in self._tally.clocks.items() if kept.count]

    def deadlines(self) -> list[tuple[str, Kept]]:
        """Deadlines that any ticket had."""
        return [(name, kept) for name, kept in self._tally.deadlines.items() if kept.count]

    # Two rulebooks.

    def compared(self) -> list[tuple[str, str, list[tuple[str, int, int]]]]:
        """What the rulebooks count otherwise: title, what is counted by, and rows of it with before and now."""
        against = self._backtest.against
        if against is None:
            return []
        before, now = against.tally, self._tally
        parts = (
            ("steps_by_rule", "rule", self._steps_by_rule(before), self._steps_by_rule(now)),
            (
                "messages_by_person",
                "person",
                _named(before.people(self.voice), self.who),
                _named(now.people(self.voice), self.who),
            ),
            ("broken_by_name", "promise", _broken(before), _broken(now)),
        )
        return [(title, head, rows) for title, head, one, other in parts if (rows := _differing(one, other))]

    def _steps_by_rule(self, tally: Tally) -> dict[str, int]:
        found: Counter[str] = Counter()
        for (rule, _, action), n in tally.steps.items():
            if action == self.voice:
                found[rule] += n
        return found

    def changes(self) -> list[tuple[str, Sequence[int]]]:
        """Rules with the steps only now, only before, and otherwise."""
        found = self._backtest.differences.steps
        return [(rule, [found[rule, change] for change in CHANGES]) for rule in sorted({rule for rule, _ in found})]

    def runs(self) -> list[tuple[str, Run]]:
        """The rulebooks with what each is called."""
        against = self._backtest.against
        tried = self._backtest.tried
        return [("", tried)] if against is None else [("now", tried), ("before", against)]

    def notes(self) -> list[tuple[str, str, str]]:
        """What the data lack: what, how often, and its names."""
        notes = (*self._backtest.notes, *self._backtest.tried.notes)
        counts = ("" if note.kind in FLAGS else self.number(note.n) for note in notes)
        return [(self.words[note.kind], n, ", ".join(note.names)) for note, n in zip(notes, counts, strict=True)]

    def put(self, word: str, **values: Any) -> str:
        """A sentence of the page with values in it."""
        return self.words[word].format(**values)


def _named(people: Mapping[str, int], who: Any) -> dict[str, int]:
    return {who(person): n for person, n in people.items()}


def _broken(tally: Tally) -> dict[str, int]:
    return {name: kept.broken for name, kept in (*tally.clocks.items(), *tally.deadlines.items())}


def _differing(before: Mapping[str, int], now: Mapping[str, int]) -> list[tuple[str, int, int]]:
    rows = [(name, before.get(name, 0), now.get(name, 0)) for name in {**now, **before}]
    return sorted((row for row in rows if row[1] != row[2]), key=lambda row: (-abs(row[2] - row[1]), row[0]))
