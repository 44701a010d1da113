"""The passes of a backtest: the same on one core and on two, in the order of the sources, one bad ticket aside."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from msgspec import structs
from small_desk import at, book, ticket

from bot.backtest.run import Found, Opened, backtest
from bot.backtest.spill import pack_mets, unpack_met
from bot.core.outcome import Outcome
from bot.core.replay import Grid, Met, Span
from bot.core.steps import Announced, Because, Occasion, Step, Wishes
from bot.core.ticket import Ticket
from bot.jira.reader import Unreadable

SPAN = Span(at("mon 00:00"), at("2 mon 00:00"))
GRID = Grid(900)


@dataclass(frozen=True)
class Small:
    """Opens the small desk, whose sources are tickets in their own form."""

    def __call__(self) -> Opened:
        return Opened(book(), read)


def read(source: bytes) -> Ticket:
    if source == b"odd":
        raise Unreadable("it does not have Jira's form")
    return msgspec.json.decode(source, type=Ticket)


def source(number: int, *acts: str, **facts: object) -> bytes:
    return msgspec.json.encode(ticket(*acts, id=str(number), key=f"ABC-{number}", **facts))


SOURCES = [
    source(1, "mon 09:00 bob state handed-on", "mon 09:00 bob category LAW", category="LAW"),
    b"odd",
    source(2, "mon 09:00 bob state handed-on", "tue 09:00 dan owner dan", "wed 10:00 dan state solved"),
    source(3, created_at=at("3 mon 09:00")),
    source(4, "mon 09:00 bob state handed-on", labels=frozenset(("hush",))),
]


def run(workers: int, sources: list[bytes]) -> tuple[list[Outcome], Found, dict[str, int]]:
    found, told = Found(), {"judge": 0, "arrange": 0}

    def progress(stage: str, more: int) -> None:
        told[stage] += more

    outcomes = list(backtest(sources, Small(), SPAN, GRID, workers=workers, found=found, progress=progress))
    return outcomes, found, told


def test_outcomes_come_in_the_order_of_the_sources_and_one_bad_ticket_stops_nothing() -> None:
    outcomes, found, told = run(1, SOURCES)
    assert [outcome.key for outcome in outcomes] == ["ABC-1", "", "ABC-2", "ABC-4"]
    assert [outcome.trouble for outcome in outcomes if outcome.trouble] == [
        "could not be read: it does not have Jira's form"
    ]
    assert (found.tickets, found.troubles, told["judge"]) == (3, 1, len(SOURCES))
    assert {step.action for step in outcomes[0].steps} == {"say"}
    assert {step.action for step in outcomes[3].steps} == {"hold", "withdraw"}
    assert [clock.policy for clock in outcomes[2].clocks][:1] == ["answer"]
    dues = [step.due_at for outcome in outcomes for step in outcome.steps[:1]]
    assert dues == sorted(dues)


def test_a_ticket_that_cannot_be_judged_is_told_by_its_key_alone() -> None:
    bad = msgspec.structs.replace(ticket(), id="9", key="ABC-9", category=["secret"])
    outcomes, found, _ = run(1, [msgspec.json.encode(bad), *SOURCES[:1]])
    assert [outcome.key for outcome in outcomes] == ["", "ABC-1"]
    assert found.troubles == 1
    assert "secret" not in str(outcomes[0])


@pytest.mark.timeout(120)
def test_more_workers_find_the_same() -> None:
    sources = SOURCES * 40
    one, found, told = run(1, sources)
    two, again, told_again = run(2, sources)
    assert two == one
    assert (again, told_again) == (found, told)


@dataclass(frozen=True)
class Observing:
    """Opens the small desk with its rules on observe; with a control ticket the desk is arranged in order of time."""

    control: str | None

    def __call__(self) -> Opened:
        manners = {"observe": True, "budget": 1, "ceiling": 1, "control": self.control}
        return Opened(book(manners=manners), read)


def test_what_is_only_recorded_becomes_the_same_ticket_by_ticket_as_on_the_whole_desk() -> None:
    alone, together = (list(backtest(SOURCES, Observing(control), SPAN, GRID)) for control in (None, "ABC-999"))
    assert alone == together
    assert {step.action for outcome in alone for step in outcome.steps} == {"observe", "hold", "withdraw"}


def test_what_is_spilled_is_all_that_arranging_needs() -> None:
    whole = Step(
        **{name: WRITTEN.get(name, f"some {name}") for name in Step.__struct_fields__}  # type: ignore[arg-type]
    )
    other = structs.replace(whole, key="another", also=())
    to_bob = structs.replace(whole, to=("bob",))
    mets = [
        Met(60, "ABC-1", "it", Wishes("1", "ABC", (whole,), None, "", "hush")),
        Met(120, "ABC-1", None, Wishes("1", "ABC", (whole, other), None, "", None)),
        Met(
            180,
            "ABC-1",
            None,
            Wishes("1", "ABC", (to_bob, other), None, "", None),
            last=True,
        ),
    ]
    packed = pack_mets(mets)
    assert len(packed[1][1]) < len(packed[0][1]) + len(packed[2][1]), "what stays is not written again"
    before: dict[str, Step] = {}
    for met, (at_, line) in zip(mets, packed, strict=True):
        again = unpack_met(at_, line, before)
        assert [structs.asdict(each) for each in again.wishes.steps] == [
            structs.asdict(structs.replace(each, because=Because("w"), values={}, left=(), edition=None, instead=()))
            for each in met.wishes.steps
        ]
        assert again == met._replace(wishes=structs.replace(met.wishes, steps=again.wishes.steps))


WRITTEN = {
    "occasion": Occasion("clock", 7, "rung", 2),
    "to": ("ann", "bob"),
    "due_at": 30,
    "because": Because("w"),
    "urgency": 3,
    "observe": True,
    "since_at": 20,
    "urgent": True,
    "together": True,
    "announced": Announced("key", 60, "office"),
    "raised": 2,
    "sets": {"queue": "it"},
    "values": {},
    "also": ("more",),
    "ticket_id": "1",
    "ticket_key": "ABC-1",
}
"""Fields of a step that hold no text of their own."""
