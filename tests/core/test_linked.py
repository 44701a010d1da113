"""Where tier 2 works in another ticket, its history is this one's too; a tie to an open ticket keeps one silent."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from msgspec import structs
from small_desk import at, book, ticket

from bot.core.arrange import DeskState, arrange
from bot.core.clock import elapsed_s
from bot.core.desk import Desk, Linked
from bot.core.judge import judge, look
from bot.core.linked import outside_word
from bot.core.moments import moment
from bot.core.rulebook import Rulebook
from bot.core.steps import Name
from bot.core.ticket import Change, Link, Ticket

LINKS = {
    "works_in": {"type": "Work", "outward": True, "follows": True},
    "incident": {"type": "Cause", "outward": False, "silences": True},
    "duplicate": {"type": "Duplicate", "outward": True, "silences": True},
}
LADDERS = [
    {
        "name": "still",
        "why": "Nothing moves on the ticket.",
        "when": {"standing": "open", "ball": "tier 2"},
        "clock": "since movement",
        "rungs": [{"rung": "ask", "after": "1wd", "say": "a", "to": "owner"}],
    },
    {
        "name": "closure",
        "why": "The solution must reach the customer.",
        "when": {"standing": "solved", "delivered": False},
        "clock": "since solved",
        "rungs": [{"rung": "ask", "after": "1h", "say": "c", "to": "forwarder"}],
    },
    {
        "name": "unseen",
        "why": "Nobody knows how it stands there.",
        "when": {"work": "unknown"},
        "clock": "since unseen",
        "rungs": [{"rung": "tell", "after": "1h", "say": "u", "to": "forwarder"}],
    },
    {
        "name": "law",
        "why": "The law says when to answer.",
        "when": {"standing": "open"},
        "clock": "deadline law",
        "rungs": [{"rung": "warn", "before_due": "1wd", "say": "d", "to": "owner"}],
    },
]
DEADLINES = [{"name": "law", "why": "The law says so.", "basis": "§ 1", "source": "here", "within": "2wd"}]
OPEN, ASKED, SOLVED = (
    outside_word("open", "tier 2"),
    outside_word("open", "tier 1"),
    outside_word("solved", "tier 1"),
)


@cache
def rules() -> Rulebook:
    return book(links=LINKS, ladders=LADDERS, deadlines=DEADLINES)


def tied(*acts: str, link: str = "works_in", when: str = "mon 10:00", **facts: Any) -> Ticket:
    """A ticket that tier 2 got on Monday at 9 and that bob tied to XYZ-3 at `when`, of which this is then told."""
    found = ticket("mon 09:00 ann state handed-on", *acts, queue="it", owner="bob", **facts)
    tie = Change(at(when), "link", None, "XYZ-3", "bob")
    changes = tuple(sorted((*found.changes, tie), key=lambda change: change.at))
    other = Link(link, "3", "XYZ-3", LINKS[link]["outward"] is True)
    return structs.replace(found, changes=changes, links=(other,))


def there(*acts: str, **facts: Any) -> Ticket:
    """The ticket XYZ-3 outside, which eve opened on Monday at 8."""
    found = ticket(*acts, **({"reporter": "~eve"} | facts))
    changes = tuple(structs.replace(c, was=_outside(c.was), now=_outside(c.now)) for c in found.changes)
    return structs.replace(
        found, id="3", key="XYZ-3", project="XYZ", state=_outside(found.state) or "", changes=changes
    )


def _outside(word: str | None) -> str | None:
    return {"new": OPEN, "open": OPEN, "asked": ASKED, "solved": SOLVED}.get(word or "", word)


def desk(other: Ticket | None, because: str | None = None, since: str = "mon 08:00") -> Desk:
    return Desk(linked={"3": Linked("XYZ-3", other, True, because, at(since))})


def said(seen: Ticket, now: str, known: Desk) -> list[str]:
    """The rules that would speak, arranged alone."""
    arranged = arrange([judge(seen, rules(), at(now), known)], {}, rules(), DeskState(), at(now))
    return sorted(step.rule for steps in arranged.say for step in steps)


SPEAKING: list[tuple[str, list[str], Ticket | None, str | None, str]] = [
    ("nothing moves anywhere", ["law", "still"], there(), None, "tue 17:00"),
    ("without a tie to read it is as before", ["law", "still"], None, None, "tue 17:00"),
    ("somebody answered there", ["law"], there("tue 09:00 ~eve says"), None, "tue 17:00"),
    ("somebody took it there", ["law"], there("tue 09:00 ~eve owner ~eve"), None, "tue 17:00"),
    ("what the bot did there is no movement", ["law", "still"], there("tue 09:00 robot says"), None, "tue 17:00"),
    ("nor what the forwarder wrote there", ["law", "still"], there("tue 09:00 ann says"), None, "tue 17:00"),
    ("what moved there before the tie", ["law", "still"], there("mon 09:30 ~eve says"), None, "tue 17:00"),
    ("they asked: it is not tier 2's turn", ["law"], there("mon 11:00 ~eve state asked"), None, "tue 17:00"),
    ("they asked and got their answer", ["law", "still"],
     there("mon 11:00 ~eve state asked", "mon 12:00 ~eve state open"), None, "thu 17:00"),
    ("solved there: to be told the customer", ["closure"], there("tue 09:00 ~eve state solved"), None, "tue 11:00"),
    ("solved there and opened anew", ["law"],
     there("tue 09:00 ~eve state solved", "tue 10:00 ~eve state open"), None, "tue 11:30"),
    ("never to be read: told once, and no word of no movement", ["law", "unseen"], None, "403", "tue 17:00"),
    ("no longer to be read", ["law", "unseen"], there(), "404", "tue 17:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "other", "because", "now"), [row[1:] for row in SPEAKING], ids=[row[0] for row in SPEAKING]
)
def test_what_is_said_follows_the_ticket_in_which_tier_2_works(
    expected: list[str], other: Ticket | None, because: str | None, now: str
) -> None:
    # The desk is open from 8 to 16: what stands after that is looked at on the next morning.
    moment = now.replace("17:00", "15:30")
    known = Desk() if other is None and because is None else desk(other, because)
    assert said(tied(), moment, known) == expected


def test_personal_data_written_there_are_asked_about_there_alone() -> None:
    other = there("tue 09:00 ~eve says")
    written = tuple(structs.replace(each, findings=frozenset({"personal:phone"})) for each in other.messages)
    view = look(tied(), rules(), at("tue 10:00"), desk(structs.replace(other, messages=written))).view
    (turn,) = (turn for turn in view.happened if turn.elsewhere and turn.what == "message")
    assert turn.findings == {"personal:phone"}
    assert not moment("personal data")(turn)
    assert moment("personal data")(turn._replace(elsewhere=False))


def test_clocks_stop_and_stand_as_the_other_ticket_does() -> None:
    seen = tied()
    other = there("mon 11:00 ~eve says", "tue 09:00 ~eve state solved", "wed 09:00 ~eve state open")
    judged = look(seen, rules(), at("thu 09:00"), desk(other))
    (answer, _), (solution, again) = judged.clocks["answer"], judged.clocks["solution"]
    assert (answer.started_at, answer.stopped_at) == (at("mon 09:00"), at("mon 11:00"))
    assert solution.stopped_at == at("tue 09:00")
    assert again.started_at == at("wed 09:00")
    assert elapsed_s(again, at("thu 09:00")) == 8 * 3600


@pytest.mark.parametrize("state", ["new", "asking", "drifting", "solved", "closed"])
def test_once_it_waits_for_somebody_else_it_stands_as_it_does_itself(state: str) -> None:
    seen = tied(f"mon 12:00 ann state {state}")
    alone = look(seen, rules(), at("tue 09:00")).view.happened[-1].after
    for known in (desk(there("mon 11:00 ~eve state solved")), desk(None, "403")):
        view = look(seen, rules(), at("tue 09:00"), known).view
        assert (view.happened[-1].after, view.work) == (alone, None)


@pytest.mark.parametrize(
    ("other", "because", "standing"),
    [
        (there(), None, "open"),
        (there("mon 12:00 ~eve state solved"), None, "solved"),
        (there(state="unknown"), None, "open"),
        (None, "403", "unknown"),
        (there(), "404", "unknown"),
    ],
    ids=["open", "solved", "a status that means nothing", "never read", "read once"],
)
def test_a_rule_can_ask_how_it_stands_there(other: Ticket | None, because: str | None, standing: str) -> None:
    judged = look(tied(), rules(), at("tue 09:00"), desk(other, because))
    assert judged.view.work is not None
    assert judged.view.work.standing == standing
    steps = judge(tied(), rules(), at("tue 15:30"), desk(other, because)).steps
    shown = {step.values["state"] for step in steps}
    assert shown == {Name("state", "unknown" if standing == "unknown" else "handed-on")}


SILENT = [
    ("its incident is open", "incident", there(), ["law"]),
    ("its incident is solved", "incident", there("mon 12:00 ~eve state solved"), ["law", "still"]),
    ("the incident has a status that means nothing", "incident", there(state="unknown"), ["law", "still"]),
    ("the incident cannot be read", "incident", None, ["law", "still"]),
    ("it is the same as an open one", "duplicate", there(), ["law"]),
]


@pytest.mark.parametrize(("link", "other", "expected"), [row[1:] for row in SILENT], ids=[row[0] for row in SILENT])
def test_a_ticket_tied_to_an_open_one_is_silent_but_for_the_law(
    link: str, other: Ticket | None, expected: list[str]
) -> None:
    known = desk(other, None if other else "403")
    assert said(tied(link=link), "tue 15:30", known) == expected


def test_what_is_not_said_has_its_reason() -> None:
    seen, known = tied(link="incident"), desk(there())
    held = arrange([judge(seen, rules(), at("tue 15:30"), known)], {}, rules(), DeskState(), at("tue 15:30")).hold
    assert [(each.step.rule, each.because, each.by) for each in held] == [
        ("still", "it is tied to XYZ-3 (incident), which is open", "link")
    ]


def test_the_other_side_of_a_tie_is_not_silent() -> None:
    seen = tied(link="incident")
    master = structs.replace(seen, links=(Link("incident", "3", "XYZ-3", True),))
    assert said(master, "tue 15:30", desk(there())) == ["law", "still"]


def test_of_two_that_are_each_tied_to_the_other_the_older_speaks() -> None:
    seen = tied(link="duplicate")
    back = (Link("duplicate", seen.id, seen.key, True),)
    for created, expected in (("mon 07:00", ["law"]), ("mon 09:00", ["law", "still"])):
        other = there(created_at=at(created), links=back)
        assert said(seen, "tue 15:30", desk(other)) == expected
