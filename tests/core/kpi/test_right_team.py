"""Indicator 2.3.6 against tickets counted by hand, with every edge of domain 1.4."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import added, case, facts, opened, rules

from bot.core.kpi.figure import by_group, figure

ON, IT, LAW = "mon 09:00 ann state handed-on", "mon 09:00 ann queue it", "tue 09:00 bob queue law"
BACK, AGAIN = "tue 09:00 bob state new", "wed 09:00 ann state handed-on"
WRONG, LACKING, NEXT = (
    f"tue 09:00 bob return_reason {reason}" for reason in ("VALE_MEESKOND", "PUUDULIKUD_ANDMED", "JÄRGMINE_ETAPP")
)
YES, NO, OPEN = (f"tue 12:00 cid justified {word}" for word in ("jah", "ei", "ootel"))
SOLVED = "thu 09:00 bob state solved"
REOPENED = "fri 09:00 ann state new"

TABLE: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("never handed over", [], {}, ""),
    ("to tier 2, but to no team", [ON], {}, ""),
    ("kept", [IT, ON, SOLVED], {}, "1"),
    ("returned, nobody judged it yet", [IT, ON, BACK, WRONG], {}, "1 'pending'"),
    ("left open by who judges", [IT, ON, BACK, WRONG, OPEN], {}, "1 'pending'"),
    ("returned with reason: the wrong team", [IT, ON, BACK, WRONG, YES], {}, "0 'reason VALE_MEESKOND'"),
    ("returned with reason: data missing", [IT, ON, BACK, LACKING, YES], {}, "0 'reason PUUDULIKUD_ANDMED'"),
    ("with reason, but which is not said", [IT, ON, BACK, YES], {}, "0 'no reason'"),
    ("returned with the queue emptied", [IT, ON, "tue 09:00 bob queue -", BACK, WRONG, YES], {},
     "0 'reason VALE_MEESKOND'"),
    ("without reason", [IT, ON, BACK, WRONG, NO], {}, "1"),
    ("handed on to the next stage", [IT, ON, BACK, NEXT, YES], {}, "1"),
    ("handed on after work", [IT, ON, "mon 10:00 bob says", LAW], {}, "1"),
    ("re-routed silently", [IT, ON, LAW], {}, "1 'pending' 'silent'"),
    ("re-routed silently, and confirmed", [IT, ON, LAW, YES], {}, "0 'no reason'"),
    ("re-routed silently, and denied", [IT, ON, LAW, NO], {}, "1"),
    ("re-routed with a reason", [IT, ON, LAW, WRONG], {}, "1 'pending'"),
    ("returned and undone at once", [IT, ON, BACK, "tue 09:10 bob state handed-on"], {}, "1"),
    ("handed over by mistake, then to the right team",
     [ON, IT, "mon 09:05 ann state new", "mon 09:06 ann queue law", "mon 10:00 ann state handed-on", SOLVED], {},
     "1"),
    ("however many bounces, one bad",
     [IT, ON, BACK, WRONG, YES, AGAIN, "thu 09:00 bob state new", "thu 09:00 bob return_reason PUUDULIKUD_ANDMED",
      "thu 12:00 cid justified yes"], {}, "0 'reason VALE_MEESKOND' 'reason PUUDULIKUD_ANDMED'"),
    ("the same team's second return",
     [IT, ON, BACK, WRONG, NO, AGAIN, "thu 09:00 bob state new", "thu 12:00 cid justified jah"], {},
     "0 'no reason'"),
    ("another team's return is not the first one's",
     [IT, ON, "mon 10:00 bob says", LAW, "wed 09:00 dan state new", "wed 12:00 cid justified jah"], {}, "1"),
    ("one confirmed, one pending",
     [IT, ON, BACK, WRONG, YES, AGAIN, "thu 09:00 bob state new"], {}, "0 'pending' 'reason VALE_MEESKOND'"),
    ("handed over again after it was reopened",
     [IT, ON, SOLVED, REOPENED, "fri 10:00 ann state handed-on", "fri 11:00 bob state new",
      "fri 12:00 cid justified jah"], {}, "1"),
    ("reopened as another category's: that counts anew",
     [IT, ON, SOLVED, REOPENED, "fri 09:30 ann category LAW", "fri 10:00 ann state handed-on",
      "fri 11:00 bob state new", "fri 12:00 cid justified jah"], {"category": "IT"}, "1; 0 'no reason'"),
    ("handed over by mistake, and in earnest in another week",
     [ON, IT, "mon 09:05 ann state new", "2 mon 09:00 ann state handed-on"], {}, ""),
    ("handed over as an event, and as an inquiry in another week",
     [IT, ON, BACK, "wed 09:00 ann category IT", "2 mon 09:00 ann state handed-on"], {"category": "EVENT"}, ""),
    ("what was returned before tells nothing of what counts anew",
     [IT, ON, BACK, WRONG, YES, AGAIN, SOLVED, REOPENED, "fri 09:30 ann category LAW",
      "fri 10:00 ann state handed-on"], {"category": "IT"}, "0 'reason VALE_MEESKOND'; 1"),
    ("another category, and a reopening only later",
     [IT, ON, BACK, NEXT, "wed 08:00 ann category LAW", AGAIN, SOLVED, REOPENED], {"category": "IT"}, "1"),
    ("another category without a reopening does not",
     [IT, ON, BACK, NEXT, "wed 08:00 ann category LAW", AGAIN], {"category": "IT"}, "1"),
    ("the bot chose the team", [ON, "mon 09:01 robot queue it", SOLVED], {}, "1 'by bot'"),
    ("the bot chose wrongly", [ON, "mon 09:01 robot queue it", BACK, WRONG, YES], {},
     "0 'by bot' 'reason VALE_MEESKOND'"),
    ("an event", [IT, ON, BACK, YES], {"category": "EVENT"}, ""),
    ("what was made of an event", ["mon 08:30 ann category IT", IT, ON, BACK, YES], {"category": "EVENT"},
     "0 'no reason'"),
    ("a duplicate, whatever it was", [IT, ON, BACK, YES, "tue 13:00 ann resolution Duplicate"], {}, "out: duplicate"),
    ("a duplicate", [IT, ON, SOLVED, "thu 10:00 ann resolution Duplicate"], {}, "out: duplicate"),
    ("handed over in another week", [IT, "2 mon 09:00 ann state handed-on"], {}, ""),
    ("a sub-task created at a team", [SOLVED], {"parent": "ABC-1", "state": "handed-on", "queue": "it"}, "1"),
    ("a sub-task returned with reason", [BACK, WRONG, YES], {"parent": "ABC-1", "state": "handed-on", "queue": "it"},
     "0 'reason VALE_MEESKOND'"),
    ("a ticket created at a team was never handed over", [SOLVED], {"state": "handed-on", "queue": "it"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "told"), TABLE, ids=[row[0] for row in TABLE])
def test_right_team(what: str, acts: list[str], first: dict[str, Any], told: str) -> None:
    assert added("right_team", case(opened(acts, **first))) == told


@pytest.mark.parametrize(
    ("acts", "now", "told"),
    [
        ([IT, ON], "fri 23:59", "out: not mature"),
        ([IT, ON], "2 mon 00:00", "1"),
        ([IT, ON, "mon 15:00 bob state solved"], "tue 08:00", "1"),
    ],
)
def test_it_counts_once_it_is_solved_or_five_working_days_old(acts: list[str], now: str, told: str) -> None:
    assert added("right_team", case(opened(acts), now)) == told
    soon = rules(mature="1wd")
    assert added("right_team", case(opened(acts), now, book=soon)) == "1"


def test_each_sub_task_of_a_parallel_escalation_counts_as_one() -> None:
    parent = opened([])
    parts = [
        opened([SOLVED], parent="ABC-7", state="handed-on", queue="it", id="8"),
        opened([BACK, WRONG, YES], parent="ABC-7", state="handed-on", queue="law", id="9"),
    ]
    found = [fact for one in (parent, *parts) for fact in facts("right_team", case(one))]
    assert [(group, figure("share", "right_team", group, those).value) for group, those in by_group(found)] == [
        ("it", 1.0), ("law", 0.0),
    ]  # fmt: skip
    whole = figure("share", "right_team", "", found)
    assert (whole.numerator, whole.denominator) == (1, 2)


def test_the_bots_own_routing_stands_beside_it_and_its_opposite_is_a_number() -> None:
    by_bot = opened([ON, "mon 09:01 robot queue it", BACK, WRONG, YES])
    by_hand = opened([IT, ON, SOLVED])
    assert [added("bot_routing", case(one)) for one in (by_bot, by_hand)] == ["0 'by bot' 'reason VALE_MEESKOND'", ""]
    assert [added("rejected", case(one)) for one in (by_bot, by_hand)] == ["1 'by bot' 'reason VALE_MEESKOND'", ""]


def test_what_is_not_counted_is_no_rejection() -> None:
    bad = [IT, ON, BACK, WRONG, YES]
    assert added("rejected", case(opened(bad))) == "1 'reason VALE_MEESKOND'"
    assert added("rejected", case(opened([*bad, "tue 13:00 ann resolution Duplicate"]))) == ""
    assert added("rejected", case(opened(bad), "wed 08:00")) == "", "nobody knows yet"


def test_the_keys_of_silent_re_routes_are_known_so_that_they_can_be_listed() -> None:
    (one,) = facts("right_team", case(opened([IT, ON, LAW])))
    assert (one.ticket, one.group, "silent" in one.marks) == ("ABC-7", "it", True)
