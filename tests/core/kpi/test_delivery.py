"""What becomes of solutions, against tickets counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import FIELDS, added, case, facts, opened, rules
from msgspec import structs
from small_desk import SECTIONS, at, book

SOLVED = "mon 10:00 bob state solved"
TOLD = "mon 12:00 ann delivered yes"
SHUT = "mon 12:30 ann state closed"
AGAIN = "wed 09:00 ann state new"
ONCE_MORE = "thu 09:00 bob state solved"

DELIVERED: list[tuple[str, list[str], dict[str, Any], str, str, list[float]]] = [
    # what happened; share delivered; share delivered in time (a working day, eight hours); hours it took
    ("nothing", [], {}, "", "", []),
    ("delivered", [SOLVED, TOLD, SHUT], {}, "1", "1", [2]),
    ("delivered before it was solved", ["mon 09:00 ann delivered yes", SOLVED], {}, "1", "1", [0]),
    ("on the way into the state", [SOLVED, "mon 10:00 ann delivered yes"], {}, "1", "1", [0]),
    ("at the last moment", [SOLVED, "tue 10:00 ann delivered yes"], {}, "1", "1", [8]),
    ("a minute too late", [SOLVED, "tue 10:01 ann delivered yes"], {}, "1", "0", [8 + 1 / 60]),
    ("over the weekend", ["fri 15:00 bob state solved", "2 mon 09:00 ann delivered yes"], {}, "1", "1", []),
    ("never", [SOLVED], {}, "0", "0", []),
    ("closed without", [SOLVED, SHUT], {}, "0", "0", []),
    ("closed at once", ["mon 10:00 bob state closed"], {}, "0", "0", []),
    ("delivered, and undone at once", [SOLVED, TOLD, "mon 12:05 ann delivered -"], {}, "1", "1", [2]),
    ("closed waiting for the customer", ["mon 09:00 bob state asking", "wed 09:00 ann state closed"], {},
     "out: no answer", "out: no answer", []),
    ("solved while waiting", ["mon 09:00 bob state asking", "wed 09:00 ann state solved"], {}, "0", "0", []),
    ("allowed to be closed undelivered", [SOLVED, "tue 09:00 cid waived yes", "tue 10:00 ann state closed"], {},
     "out: waived", "out: waived", []),
    ("reopened in the week", [SOLVED, TOLD, AGAIN], {}, "", "", [2]),
    ("reopened by way of a state that nobody placed", [SOLVED, TOLD, "tue 09:00 ann state unknown", AGAIN],
     {}, "", "", [2]),
    ("in such a state for a while", [SOLVED, "tue 09:00 ann state unknown", "tue 10:00 ann state solved",
     "tue 12:00 ann delivered yes"], {}, "1", "0", [10]),
    ("reopened, solved and delivered again", [SOLVED, TOLD, AGAIN, ONCE_MORE, "thu 10:00 ann delivered yes"], {},
     "1", "1", [2, 1]),
    ("reopened, solved, not delivered again", [SOLVED, TOLD, AGAIN, ONCE_MORE], {}, "0", "0", [2]),
    ("reopened after the week", [SOLVED, TOLD, "2 mon 09:00 ann state new"], {}, "1", "1", [2]),
    ("a solution undone at once", [SOLVED, "mon 10:09 bob state new"], {}, "", "", []),
    ("a reopening undone at once", [SOLVED, TOLD, AGAIN, "wed 09:10 ann state solved"], {}, "1", "1", [2]),
    ("waived only after it was reopened", [SOLVED, "2 mon 09:00 ann state new", "2 tue 09:00 cid waived yes"], {},
     "0", "0", []),
    ("solved in another week", ["2 mon 10:00 bob state solved"], {}, "", "", []),
    ("a duplicate", [SOLVED, "tue 09:00 ann resolution Duplicate"], {}, "out: duplicate", "out: duplicate", []),
    ("an event", [SOLVED], {"category": "EVENT"}, "out: monitoring event", "out: monitoring event", []),
    ("done from the start, so that its history is not known", [], {"state": "closed"},
     "out: missing history", "out: missing history", []),
]  # fmt: skip
KNOWN = book(
    fields=SECTIONS["fields"] | FIELDS | {"waived": "w"},
    categories={"LAW": "Law", "IT": "IT", "EVENT": "E"},
    indicators={"events": ["EVENT"], "uncounted": {"duplicate": {"resolution": "Duplicate"}}},
)


@pytest.mark.parametrize(
    ("what", "acts", "first", "share", "in_time", "took"), DELIVERED, ids=[r[0] for r in DELIVERED]
)
def test_solutions_that_reach_the_customer(
    what: str, acts: list[str], first: dict[str, Any], share: str, in_time: str, took: list[float]
) -> None:
    seen = case(opened(acts, **first), book=KNOWN)
    assert (added("delivered", seen), added("delivered_in_time", seen)) == (share, in_time)
    assert [fact.value / 3600 for fact in facts("delivery_time", seen)] == pytest.approx(took)


def test_what_is_not_delivered_yet_is_no_failure_before_its_time_is_over() -> None:
    seen = opened(["fri 15:00 bob state solved"])
    at_first, later = case(seen, "2 mon 15:00"), case(seen, "2 mon 15:01")
    assert (added("delivered", at_first), added("delivered_in_time", at_first)) == ("0", "out: not due yet")
    assert (added("delivered", later), added("delivered_in_time", later)) == ("0", "0")


def test_the_time_to_deliver_is_the_rulebooks_and_counts_in_the_week_of_the_delivery() -> None:
    seen = opened(["fri 15:00 bob state solved", "2 mon 09:00 ann delivered yes"])
    assert added("delivered_in_time", case(seen, book=rules(delivery="1h"))) == "0"
    assert added("delivered_in_time", case(seen, book=rules(delivery="2h"))) == "1"
    assert [fact.value for fact in facts("delivery_time", case(seen, in_week="2 mon 08:00"))] == [2 * 3600]


def test_a_desk_without_a_field_for_it_knows_nothing_of_deliveries() -> None:
    fields = {word: field for word, field in SECTIONS["fields"].items() if word != "delivered"}
    seen = case(opened([SOLVED]), book=book(fields=fields, ladders=[]))
    assert (added("delivered", seen), added("delivered_in_time", seen)) == ("", "")


BOT_SHUT = "mon 12:30 robot state closed"
REOPENED: list[tuple[str, list[str], str, str]] = [
    ("never solved", [], "", ""),
    ("solved for good", [SOLVED, TOLD, SHUT], "0", ""),
    ("reopened, delivered", [SOLVED, TOLD, AGAIN], "1 'other reason'", "1 'other reason'"),
    ("reopened, not delivered", [SOLVED, AGAIN], "1 'not delivered'", "1 'not delivered'"),
    ("as the customer asked again", [SOLVED, TOLD, "wed 08:30 ann asked_again yes", AGAIN], "1 'asked again'",
     "1 'asked again'"),
    ("twice: one ticket, two reopenings", [SOLVED, TOLD, AGAIN, ONCE_MORE, "fri 09:00 ann state new"],
     "1 'other reason' 'not delivered'", "1 'other reason'; 1 'not delivered'"),
    ("for a thank-you", [SOLVED, TOLD, "wed 08:59 ann thanks", AGAIN, "wed 12:00 ann state solved"], "0 'thanks'",
     "out: thanks"),
    ("so, by an automation", [SOLVED, TOLD, "wed 09:00 ~x thanks", "wed 09:00 - state new"], "0 'thanks'",
     "out: thanks"),
    ("thanks from one, reopened by another", [SOLVED, TOLD, "wed 08:59 bob thanks", AGAIN], "1 'other reason'",
     "1 'other reason'"),
    ("thanks, and more", [SOLVED, TOLD, "wed 08:58 ann thanks", "wed 08:59 ann says", AGAIN], "1 'other reason'",
     "1 'other reason'"),
    ("thanks ten minutes before", [SOLVED, TOLD, "wed 08:50 ann thanks", "wed 08:59 robot says",
                                                          AGAIN], "0 'thanks'", "out: thanks"),
    ("thanks of long before", [SOLVED, TOLD, "tue 08:59 ann thanks", AGAIN], "1 'other reason'", "1 'other reason'"),
    ("undone at once", [SOLVED, TOLD, AGAIN, "wed 09:10 ann state solved"], "0", ""),
    ("by another", [SOLVED, TOLD, AGAIN, "wed 09:10 bob state solved"], "1 'other reason'", "1 'other reason'"),
    ("undone later", [SOLVED, TOLD, AGAIN, "wed 09:11 ann state solved"], "1 'other reason'", "1 'other reason'"),
    ("closed by the bot", [SOLVED, TOLD, BOT_SHUT], "0", ""),
    ("closed by a person, and reopened", [SOLVED, TOLD, "mon 12:15 robot says", SHUT, AGAIN], "1 'other reason'",
     "1 'other reason'"),
    ("closed by the bot after it was reopened", [SOLVED, AGAIN, ONCE_MORE, "fri 09:00 robot state closed"],
     "1 'not delivered'", "1 'not delivered'"),
    ("closed by the bot, and reopened", [SOLVED, TOLD, BOT_SHUT, AGAIN], "out: closed by the bot",
     "out: closed by the bot 'other reason'"),
    ("closed by the bot, reopened, and once more by a person", [SOLVED, TOLD, BOT_SHUT, AGAIN, ONCE_MORE,
                                                                "fri 09:00 ann state new"],
     "1 'other reason' 'not delivered'", "out: closed by the bot 'other reason'; 1 'not delivered'"),
    ("reopened after the week", [SOLVED, TOLD, "2 mon 09:00 ann state new"], "1 'other reason'", ""),
    ("solved before the week, reopened in it", ["-1 mon 10:00 bob state solved", AGAIN], "", "1 'not delivered'"),
    ("a duplicate", [SOLVED, AGAIN, ONCE_MORE, "fri 09:00 ann resolution Duplicate"], "out: duplicate",
     "1 'not delivered'"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "rate", "events"), REOPENED, ids=[row[0] for row in REOPENED])
def test_tickets_opened_again(what: str, acts: list[str], rate: str, events: str) -> None:
    fields = SECTIONS["fields"] | FIELDS | {"asked_again": "a"}
    known = book(fields=fields, indicators={"uncounted": {"duplicate": {"resolution": "Duplicate"}}})
    seen = opened(acts)
    if acts and acts[0].startswith("-1"):
        seen = structs.replace(seen, created_at=at("-1 mon 08:00"))
    assert (added("reopened", case(seen, book=known)), added("reopenings", case(seen, book=known))) == (rate, events)


def test_what_happens_as_a_week_begins_is_that_weeks() -> None:
    solved = opened(["2 mon 00:00 bob state solved"])
    told = opened([SOLVED, "2 mon 00:00 ann delivered yes"])
    again = opened([SOLVED, "2 mon 00:00 ann state new"])
    counted = [("delivered", solved, "0"), ("reopened", solved, "0"), ("delivery_time", told, "136800"),
               ("reopenings", again, "1 'not delivered'")]  # fmt: skip
    for name, seen, expected in counted:
        assert added(name, case(seen, in_week="2 mon 08:00")) == expected, name
        assert added(name, case(seen)) == "", name


def test_what_is_reopened_after_the_report_changes_a_recomputed_one_only() -> None:
    seen = opened([SOLVED, TOLD, "2 wed 09:00 ann state new"])
    before = opened([SOLVED, TOLD])
    assert added("reopened", case(before, "2 mon 08:00")) == "0"
    assert added("reopened", case(seen, "2 thu 08:00")) == "1 'other reason'"
