"""Whether people did something after the bot's messages, and what it cost, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_counted import added, case, facts, opened
from msgspec import structs
from small_desk import SECTIONS, at, book, row, step

from bot.core.kpi.case import Records
from bot.core.kpi.figure import by_group, figure
from bot.core.kpi.period import period_of
from bot.core.kpi.registry import INDICATORS
from bot.core.ledger import Entry
from bot.core.ticket import Command

QUEUES = [
    SECTIONS["queues"][0] | {"members": ["ann", "rus"]},
    SECTIONS["queues"][1] | {"members": ["bob", "dan"]},
    SECTIONS["queues"][2],
]
KNOWN = book(queues=QUEUES)
IT = ["mon 08:30 ann queue it", "mon 08:40 ann state handed-on"]


def said(when: str, *to: str, state: str = "said", rule: str = "still") -> Entry:
    return row(step("7", rule, to=to), state, when)


FOLLOWED: list[tuple[str, list[str], Entry, str]] = [
    ("by an answer", ["mon 12:00 bob says"], said("mon 10:00", "bob"), "1"),
    ("by nothing", [], said("mon 10:00", "bob"), "0"),
    ("what was before it does not count", ["mon 09:59 bob says"], said("mon 10:00", "bob"), "0"),
    ("nor in the very second", ["mon 10:00 bob says"], said("mon 10:00", "bob"), "0"),
    ("at the last moment", ["tue 10:00 bob says"], said("mon 10:00", "bob"), "1"),
    ("a minute too late", ["tue 10:01 bob says"], said("mon 10:00", "bob"), "0"),
    ("over the weekend", ["2 mon 10:00 bob says"], said("fri 10:00", "bob"), "1"),
    ("not by thanks", ["mon 12:00 bob thanks"], said("mon 10:00", "bob"), "0"),
    ("not by the bot", ["mon 12:00 robot state drifting", "mon 13:00 robot says"], said("mon 10:00", "bob"), "0"),
    ("by another of their queue", ["mon 12:00 dan says"], said("mon 10:00", "bob"), "1"),
    ("not by the other side", ["mon 12:00 ann says"], said("mon 10:00", "bob"), "0"),
    ("by the forwarder, who was told", ["mon 12:00 ann says"], said("mon 10:00", "ann"), "1"),
    ("by another of tier 1", ["mon 12:00 rus says"], said("mon 10:00", "ann"), "1"),
    ("not by tier 2, when tier 1 was told", ["mon 12:00 bob says"], said("mon 10:00", "ann"), "0"),
    ("by either, when both were told", ["mon 12:00 ann says"], said("mon 10:00", "bob", "ann"), "1"),
    ("by anybody, when the coordinator was told", ["mon 12:00 bob says"], said("mon 10:00", "cid"), "1"),
    ("by who leads", ["mon 12:00 lea owner dan"], said("mon 10:00", "bob"), "1"),
    ("by a stranger who answers", ["mon 12:00 ~x says"], said("mon 10:00", "bob"), "1"),
    ("a label tells nothing", ["mon 12:00 bob labels a"], said("mon 10:00", "bob"), "0"),
    ("a state does", ["mon 12:00 bob state solved"], said("mon 10:00", "bob"), "1"),
    ("by anybody, when nobody was addressed", ["mon 12:00 ann says"], said("mon 10:00"), "1"),
    ("only observed", ["mon 12:00 bob says"], said("mon 10:00", "bob", state="observed"), ""),
    ("held back", ["mon 12:00 bob says"], said("mon 10:00", "bob", state="held"), ""),
    ("an answer to a command", ["mon 12:00 bob says"], said("mon 10:00", "bob", rule="command"), ""),
    ("a notice", ["mon 12:00 bob says"], said("mon 10:00", "bob", rule="ceiling"), ""),
    ("said after the week", ["2 mon 12:00 bob says"], said("2 mon 10:00", "bob"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "entry", "expected"), FOLLOWED, ids=[each[0] for each in FOLLOWED])
def test_what_followed_a_message(what: str, acts: list[str], entry: Entry, expected: str) -> None:
    seen = replace(case(opened([*IT, *acts], queue="it"), book=KNOWN), said=(entry,))
    assert added("reminders", seen) == expected


def test_a_command_is_an_act_too() -> None:
    seen = opened([*IT, "mon 12:00 bob says"])
    told = structs.replace(seen.messages[0], command=Command("acknowledge", granted=True))
    seen = structs.replace(seen, messages=(told,))
    assert added("reminders", replace(case(seen, book=KNOWN), said=(said("mon 10:00", "bob"),))) == "1"


def test_a_message_counts_once_its_working_day_is_over_or_somebody_acted() -> None:
    silent, acted = opened(IT), opened([*IT, "mon 12:00 bob says"])
    for seen, now, expected in (
        (silent, "tue 10:00", "out: not due yet"),
        (silent, "tue 10:01", "0"),
        (acted, "mon 12:00", "1"),
    ):
        one = replace(case(seen, now, book=KNOWN), said=(said("mon 10:00", "bob"),))
        assert added("reminders", one) == expected


def test_each_rule_has_its_own_figure_with_how_often_it_spoke() -> None:
    entries = (said("mon 10:00", "bob"), said("wed 10:00", "bob"), said("mon 10:00", "ann", rule="closure"))
    seen = replace(case(opened([*IT, "mon 12:00 bob says"]), book=KNOWN), said=entries)
    found = {group: figure("share", "reminders", group, those) for group, those in by_group(facts("reminders", seen))}
    assert {group: (each.numerator, each.denominator) for group, each in found.items()} == {
        "still": (1, 2),
        "closure": (0, 1),
    }


def test_it_says_that_it_proves_no_cause() -> None:
    definition = INDICATORS["reminders"].definition
    assert "no proof" in definition["en"]
    assert "mitte seda, et teade seda põhjustas" in definition["et"]
    assert "не доказывает" in definition["ru"]


def test_the_bots_own_cost_is_what_its_cycles_record() -> None:
    period = period_of("week", KNOWN.calendar.day_of(at("mon 08:00")), KNOWN.calendar)
    of_desk = INDICATORS["cost"].desk_facts
    assert of_desk is not None
    records = Records(KNOWN, period, at("2 mon 08:00"), costs={"requests": 1200, "comments": 7})
    assert [(fact.group, fact.value) for fact in of_desk(records)] == [("comments", 7), ("requests", 1200)]
    assert not list(of_desk(Records(KNOWN, period, at("2 mon 08:00"))))
