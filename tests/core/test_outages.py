"""Outage minutes: when an outage begins and ends, that nothing is counted twice, and nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_desk import SECTIONS, at, book, ticket

from bot.core.outages import Outage, outages
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket

FIRST, LAST = at("mon 00:00"), at("sat 00:00")


@cache
def rules() -> Rulebook:
    fields = {**SECTIONS["fields"], "since": "s", "service": "v"}
    return book(fields=fields, outages={"when": {"category": "IT"}, "begins": "since", "service": "service"})


def down(
    *acts: str, number: int = 1, since: str | None = None, service: str | None = "VPN", **facts: object
) -> Ticket:
    """A ticket that tells of an outage; it came on Monday at 8 unless told."""
    fields = {word: value for word, value in (("since", since), ("service", service)) if value is not None}
    facts = {"id": str(number), "key": f"ABC-{number}", "category": "IT", "fields": fields} | facts
    return ticket(*acts, **facts)


def minutes(*tickets: Ticket, until: int = LAST) -> dict[str, int]:
    return {service: outage.minutes for service, outage in outages(tickets, rules(), FIRST, until).items()}


CASES: list[tuple[str, list[Ticket], dict[str, int]]] = [
    ("none", [], {}),
    ("from creation until solved", [down("mon 09:30 bob state solved")], {"VPN": 90}),
    ("closed at once", [down("mon 08:10 bob state closed")], {"VPN": 10}),
    ("a second is a minute", [down("mon 09:00 bob state solved", created_at=at("mon 09:00") - 1)], {"VPN": 1}),
    ("since when the field says", [down("mon 09:00 bob state solved", since="2026-11-16T07:15:00")], {"VPN": 105}),
    ("with a zone of its own", [down("mon 09:00 bob state solved", since="2026-11-16T05:15:00+00:00")], {"VPN": 105}),
    ("a day without a time", [down("mon 09:00 bob state solved", since="2026-11-15")], {"VPN": 60}),
    ("free text", [down("mon 09:00 bob state solved", since="set")], {"VPN": 60}),
    ("a time that the clock never shows",
     [down("mon 09:00 bob state solved", since="2026-03-29T03:30:00")], {"VPN": 60}),
    ("later than the ticket", [down("mon 09:00 bob state solved", since="2026-11-16T08:30:00")], {"VPN": 60}),
    ("open until the end of the period", [down()], {"VPN": 5 * 1440 - 480}),
    ("begun before the period", [down("mon 01:00 bob state solved", created_at=FIRST - 7200)], {"VPN": 60}),
    ("over before the period", [down("mon 01:00 bob state solved", created_at=FIRST - 7200, since=None,
                                     changes=down("mon 00:00 bob state solved").changes)], {}),
    ("after the period", [down(created_at=LAST)], {}),
    ("reopened: down twice, and not between",
     [down("mon 09:00 bob state solved", "mon 12:00 ann state handed-on", "mon 12:30 bob state solved")],
     {"VPN": 90}),
    ("solved, then closed", [down("mon 09:00 bob state solved", "mon 15:00 ann state closed")], {"VPN": 60}),
    ("two that overlap count once",
     [down("mon 10:00 bob state solved"),
      down("mon 11:00 bob state solved", number=2, created_at=at("mon 09:00"))], {"VPN": 180}),
    ("one within another",
     [down("mon 12:00 bob state solved"),
      down("mon 10:00 bob state solved", number=2, created_at=at("mon 09:00"))], {"VPN": 240}),
    ("end to end",
     [down("mon 09:00 bob state solved"),
      down("mon 10:00 bob state solved", number=2, created_at=at("mon 09:00"))], {"VPN": 120}),
    ("apart",
     [down("mon 09:00 bob state solved"),
      down("mon 12:00 bob state solved", number=2, created_at=at("mon 11:00"))], {"VPN": 120}),
    ("two services",
     [down("mon 09:00 bob state solved"), down("mon 10:00 bob state solved", number=2, service="Mail")],
     {"Mail": 120, "VPN": 60}),
    ("a service that nobody names, or in free text",
     [down("mon 09:00 bob state solved", service=None), down("mon 10:00 bob state solved", number=2, service="set")],
     {"IT": 120}),
    ("tickets that tell of no outage", [down(category="LAW")], {}),
]  # fmt: skip


@pytest.mark.parametrize(("tickets", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_outage_minutes(tickets: list[Ticket], expected: dict[str, int]) -> None:
    assert minutes(*tickets) == minutes(*tickets[::-1]) == expected


@pytest.mark.parametrize(
    ("night", "expected"),
    [("2026-03-29", 5 * 60), ("2026-10-25", 7 * 60), ("2026-11-16", 6 * 60)],
    ids=["an hour is left out", "an hour comes twice", "as ever"],
)
def test_a_night_is_as_long_as_it_lasts(night: str, expected: int) -> None:
    """Down from midnight until six o'clock on the wall."""
    zone = rules().calendar
    begin, end = (zone.moment(datetime.fromisoformat(f"{night}T{clock}")) for clock in ("00:00", "06:00"))
    late = down(created_at=end - 60, since=f"{night}T00:00:00")
    found = outages([late], rules(), begin - 86_400, end)
    assert found == {"VPN": Outage("VPN", expected * 60, ((begin, end),), ("ABC-1",), True)}
    assert datetime.fromtimestamp(begin, UTC).hour in (21, 22)


def test_an_open_one_goes_on_until_now() -> None:
    before, after = (outages([down()], rules(), FIRST, now)["VPN"] for now in (at("mon 09:00"), at("mon 10:00")))
    assert (before.minutes, after.minutes, after.is_open) == (60, 120, True)
    assert not outages([down("mon 09:00 bob state solved")], rules(), FIRST, LAST)["VPN"].is_open


def test_without_the_section_nothing_is_counted() -> None:
    assert outages([down()], book(), FIRST, LAST) == {}


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 120)), max_size=6), st.randoms(use_true_random=False))
def test_no_minute_is_counted_twice(stretches: list[tuple[int, int]], chance: object) -> None:
    """As many minutes as any of the tickets covers, whatever their order."""
    tickets = [
        down(
            f"mon {8 + (start + length) // 60:02}:{(start + length) % 60:02} bob state solved",
            number=i,
            created_at=at("mon 08:00") + 60 * start,
        )
        for i, (start, length) in enumerate(stretches, 1)
    ]
    covered = {minute for start, length in stretches for minute in range(start, start + length)}
    chance.shuffle(tickets)  # type: ignore[attr-defined]
    assert sum(minutes(*tickets).values()) == len(covered)
