"""A desk lived again: what is said in which cycle, and what becomes of all else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from small_desk import at, book, step, wish

from bot.core.outcome import StepOutcome
from bot.core.replay import Grid, Met, Span
from bot.core.speaking import Batch, Speaking
from bot.core.steps import Step

SPAN = Span(at("mon 00:00"), at("2 mon 00:00"))
GRID = Grid(600)


def met(when: str, *steps: Step, ticket: str = "1", on_hold: str | None = None, last: bool = False) -> Met:
    silences = ("*",) if on_hold and ticket == "99" else ()
    return Met(at(when), f"ABC-{ticket}", "it", wish(*steps, ticket_id=ticket, on_hold=on_hold), last, silences)


def speak(*lives: Met, span: Span = SPAN, **manners: Any) -> tuple[list[StepOutcome], list[Batch]]:
    speaking = Speaking(book(manners=manners), span, GRID)
    ordered = sorted(lives, key=lambda each: (each.at, each.key))
    return [told for _, told in speaking.run((int(each.key[4:]), each) for each in ordered)], speaking.batches


ASK = step()
LATER = step(rung="remind", due_at=at("tue 09:00"))


class Case(NamedTuple):
    it: str
    lives: Sequence[Met]
    expected: Sequence[tuple[str, str]]
    manners: tuple[tuple[str, Any], ...] = ()


CASES = [
    Case("what is due is said at once", [met("mon 09:00", ASK)], [("say", "mon 09:00")]),
    Case("at night it waits for the morning", [met("mon 05:00", ASK)], [("say", "mon 08:00")]),
    Case(
        "what is no longer wished in the morning is withdrawn",
        [met("tue 05:00", ASK), met("tue 08:00", last=True)],
        [("withdraw", "tue 08:00")],
    ),
    Case(
        "a withdrawn step that comes back is said",
        [met("tue 05:00", ASK), met("tue 06:00"), met("tue 09:00", ASK)],
        [("withdraw", "tue 06:00"), ("say", "tue 09:00")],
    ),
    Case(
        "what was said is not said again",
        [met("mon 09:00", ASK), met("mon 10:00"), met("mon 11:00", ASK), met("tue 09:00", ASK)],
        [("say", "mon 09:00")],
    ),
    Case(
        "one request a ticket a day",
        [met("mon 09:00", ASK), met("mon 10:00", step(rung="remind", due_at=at("mon 10:00")))],
        [("say", "mon 09:00"), ("say", "tue 08:00")],
    ),
    Case(
        "the next day the next rung",
        [met("mon 09:00", ASK), met("tue 09:00", LATER)],
        [("say", "mon 09:00")] * 1 + [("say", "tue 09:00")],
    ),
    Case("on observe it is recorded", [met("mon 09:00", step(observe=True))], [("observe", "mon 09:00")]),
    Case(
        "what was due before the rule went live counts as done",
        [met("mon 09:00", step(since_at=at("mon 12:00")))],
        [("adopt", "mon 09:00")],
    ),
    Case(
        "what was due before the span counts as done",
        [met("mon 00:00", step(due_at=at("mon 00:00") - 1)), met("tue 09:00", LATER)],
        [("adopt", "mon 00:00"), ("say", "tue 09:00")],
    ),
    Case("under a label it waits to the end", [met("mon 09:00", ASK, on_hold="hush")], [("hold", "mon 09:00")]),
    Case(
        "until the label is gone",
        [met("mon 09:00", ASK, on_hold="hush"), met("wed 10:00", ASK)],
        [("say", "wed 10:00")],
    ),
    Case(
        "the fourth message of a day to bob waits until tomorrow",
        [met("mon 09:00", step(str(number)), ticket=str(number)) for number in range(1, 5)],
        [("say", "mon 09:00")] * 3 + [("say", "tue 08:00")],
    ),
    Case(
        "a batch over the ceiling is taken to be released",
        [met("mon 09:00", step(str(number), to=(f"~{number}",)), ticket=str(number)) for number in range(1, 7)],
        [("say", "mon 09:00")] * 6,
    ),
    Case(
        "the control ticket silences the desk, and lets it speak again",
        [
            met("mon 08:00", ticket="99", on_hold="hush"),
            met("mon 09:00", ASK),
            met("mon 12:00", ticket="99", last=True),
        ],
        [("say", "mon 12:00")],
        (("control", "ABC-99"),),
    ),
    Case("what would be said after the span is not", [met("fri 17:00", ASK)], [("hold", "fri 17:00")]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.it)
def test_what_becomes_of_it(case: Case) -> None:
    told, batches = speak(*case.lives, **dict(case.manners))
    assert [(each.action, each.at) for each in told] == [(action, at(when)) for action, when in case.expected]
    assert all(each.said_at == (each.at if each.action == "say" else None) for each in told)
    assert [batch.steps for batch in batches] == ([6] if "ceiling" in case.it else [])


def test_it_tells_what_held_a_step_back() -> None:
    told, _ = speak(met("mon 05:00", ASK), met("mon 07:00", ASK, on_hold="hush"), met("tue 09:00", ASK, last=True))
    assert [(held.by, held.until_at) for held in told[0].held] == [("quiet hours", at("mon 08:00")), ("label", None)]
    assert (told[0].queue, told[0].due_at, told[0].said_at) == ("it", ASK.due_at, at("tue 09:00"))


def test_it_forgets_tickets_that_are_done() -> None:
    speaking = Speaking(book(), SPAN, GRID)
    lives = (
        (number, met("mon 09:00", step(str(number), to=(f"~{number}",)), ticket=str(number), last=number % 2 == 0))
        for number in range(1, 101)
    )
    list(speaking.run(lives))
    assert len(speaking._tickets) == 50
