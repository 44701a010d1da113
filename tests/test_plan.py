"""The page of `plan` as a lead reads it: counts first, then by rule, and within a rule by person."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from desks import HOUR, MONDAY, desk_over

from bot.commands.plan import ordered, page, told
from bot.core.ledger import Entry
from bot.core.silence import Silence
from bot.engine.engine import Engine, Report
from bot.engine.plan import plan

GOLDEN = Path(__file__).parent / "golden" / "plan.txt"


@pytest.fixture(scope="module")
def planned() -> tuple[Engine, Report, list[Entry]]:
    """A desk on a Wednesday: two tickets to route, two that stand still, two solved, one with the hold label."""
    with desk_over("dc") as desk:
        held, _, _ = desk.taken(), desk.taken(), desk.taken("load1", "L2_LOAD", category="LOA_ANDMED")
        desk.edit(held, "it1", labels=["bot-vait"])
        desk.later(26 * HOUR)
        for ticket in (desk.taken(), desk.taken("it2")):
            desk.go(ticket, "it1", "Lahendatud")
        desk.later(21 * HOUR)
        desk.forwarded()
        desk.forwarded("spetsialist2", category="SELGITUSTAOTLUS")
        desk.later(HOUR)
        with desk.bot() as bot:
            report, rows = plan(bot.engine, desk.now)
            return bot.engine, report, ordered(rows)


def test_the_page_as_it_was_read(planned: tuple[Engine, Report, list[Entry]]) -> None:
    engine, report, rows = planned
    text = "\n".join(page(report, rows, 7, engine.book)) + "\n"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_silence_is_told_above_all(planned: tuple[Engine, Report, list[Entry]]) -> None:
    engine, _, _ = planned
    assert told(Silence("*", "label", MONDAY), engine.book) == (
        "silenced: everything, since 2026-11-16 10:00, by a label on the control ticket"
    )


def test_every_step_stands_once_and_the_counts_agree(planned: tuple[Engine, Report, list[Entry]]) -> None:
    engine, report, rows = planned
    lines = list(page(report, rows, 7, engine.book))
    assert sum(
        "  " * 3 + row.ticket_key in line and f"{row.rung}: {row.say}" in line for row in rows for line in lines
    )
    assert sorted(line.split("  ")[3] for line in lines if line.startswith("      KKA-")) == sorted(
        row.ticket_key for row in rows
    )
    counts = [int(line.split()[0]) for line in lines[3 : lines.index("by rule:")]]
    assert sum(counts) == len(rows)
