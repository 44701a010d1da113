"""What people do in a demo and what the bot says to whom, day by day: tables that were read, in golden/demos."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.core.ticket import Moment
from bot.demo import Demo, Played

TALLINN = ZoneInfo("Europe/Tallinn")
TABLES = Path(__file__).parent / "golden" / "demos"
DAYS = 20
"""Of how many working days each table tells."""

NEWS = 12
"""The working days after which hardly a rule speaks that has not spoken before: so many of one desk are played in the
suite."""

FEW = 6
"""So many of the other desks' are; `make soak` plays all of each."""

ANEW = bool(os.environ.get("PILETIBOT_UPDATE_GOLDEN"))
"""Whether the tables are written anew."""


def told(demo: Demo, played: Played) -> str:
    """The table of what was played."""
    return "\n".join(_lines(demo, played)) + "\n"


def table(desk: str, until: Moment) -> str:
    """The days before a moment as they stand in a desk's table."""
    lines = (TABLES / f"{desk}.txt").read_text("utf-8").splitlines(keepends=True)
    end = datetime.fromtimestamp(until, TALLINN)
    return "".join(takewhile(lambda line: line.startswith(" ") or _day(line) < end, lines))


def _day(heading: str) -> datetime:
    return datetime.strptime(heading.strip(), "%a %d.%m.%Y").replace(tzinfo=TALLINN)


def _lines(demo: Demo, played: Played) -> Iterator[str]:
    """A line for each act of a person, each comment of the bot and each kind of letters, under its day."""
    names = {demo.sandbox.world.issues[number].key: name for name, number in demo.stage.ids.items()}
    lines: list[tuple[Moment, int, str]] = []
    for act in demo.story.acts:
        lines.append((act.at, 0, f"{act.ticket:4}     {act.who} {act.do}{f' {act.more}' if act.more else ''}"))
    for each in played.spoken:
        what = ", ".join(f"{rule} ({rung})" for rule, rung in zip(each.rules, each.rungs, strict=True))
        lines.append((each.at, 1, f"{names.get(each.ticket, each.ticket):4} bot {what} → {', '.join(each.to)}"))
    kinds = Counter((letter.due_at, letter.rule) for letter in played.letters)
    for (due_at, rule), many in kinds.items():
        people = sorted({letter.to for letter in played.letters if (letter.due_at, letter.rule) == (due_at, rule)})
        lines.append((due_at, 2, f"     bot {many} × {rule} → {', '.join(people)}"))
    local = [(datetime.fromtimestamp(at, TALLINN), text) for at, _, text in sorted(lines)]
    for day, those in groupby(local, key=lambda pair: f"{pair[0]:%a %d.%m.%Y}"):
        yield f"{day}"
        for at, text in those:
            yield f"  {at:%H:%M}  {text}"
