from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from small_desk import at, plain_book, ticket

from bot.core.history import forwarder, turns
from bot.core.moments import during, moment
from bot.core.ticket import Change, Ticket

HANDED_ON = "mon 09:00 ann state handed-on"


def came_true(words: str, seen: Ticket) -> list[int]:
    queues = [
        plain_book().entries.queues[0].model_copy(update={"members": ("cid",)}),
        *plain_book().entries.queues[1:],
    ]
    entries = plain_book().entries.model_copy(update={"queues": tuple(queues)})
    return [turn.at for turn in turns(seen, replace(plain_book(), entries=entries)) if moment(words)(turn)]


@pytest.mark.parametrize(
    ("words", "acts", "expected"),
    [
        ("created", [], ["mon 08:00"]),
        ("solved", [HANDED_ON, "mon 10:00 bob state solved"], ["mon 10:00"]),
        ("solved", ["mon 10:00 bob state closed"], ["mon 10:00"]),
        ("solved", ["mon 10:00 bob state solved", "mon 11:00 ann state closed"], ["mon 10:00"]),
        ("closed", ["mon 10:00 bob state solved", "mon 11:00 ann state closed"], ["mon 11:00"]),
        ("reopened", ["mon 10:00 bob state solved", "mon 11:00 ann state new"], ["mon 11:00"]),
        ("reopened", [HANDED_ON, "mon 11:00 ann state new"], []),
        ("delivered", ["mon 10:00 ann delivered yes", "mon 11:00 ann delivered yes"], ["mon 10:00"]),
        ("answered", ["mon 10:00 ann says", "mon 11:00 bob says", "mon 12:00 robot says"], ["mon 11:00"]),
        (
            "movement",
            ["mon 10:00 ann says", "mon 11:00 bob says", "mon 12:00 robot queue it"],
            ["mon 08:00", "mon 11:00"],
        ),
        ("movement", ["mon 10:00 bob owner bob", "mon 11:00 bob labels x"], ["mon 08:00", "mon 10:00"]),
        (
            "movement",
            ["mon 10:00 bob thanks", "mon 11:00 bob priority high", "mon 12:00 bob due 2026-12-01"],
            ["mon 08:00"],
        ),
        ("movement", [HANDED_ON, "mon 10:00 cid says", "mon 11:00 ann says"], ["mon 08:00", "mon 09:00"]),
        ("movement", ["mon 10:00 cid says"], ["mon 08:00", "mon 10:00"]),
        ("replied", [HANDED_ON, "mon 10:00 bob says", "mon 11:00 bob thanks", "mon 12:00 ann says"], ["mon 10:00"]),
        ("replied", [HANDED_ON, "mon 10:00 bob asks", "mon 11:00 bob promises", "mon 12:00 robot says"], []),
        ("replied", ["mon 10:00 bob says", "mon 11:00 bob state asking", "mon 12:00 bob says"], []),
        ("asked", [HANDED_ON, "mon 10:00 bob asks", "mon 11:00 ann asks", "mon 12:00 bob says"], ["mon 10:00"]),
        ("asked", ["mon 10:00 bob asks"], []),
        ("added", [HANDED_ON, "mon 10:00 ann says", "mon 11:00 ann thanks", "mon 12:00 bob says"], ["mon 10:00"]),
        (
            "added",
            [HANDED_ON, "mon 10:00 ann registry 1", "mon 11:00 ann labels x", "mon 12:00 ann owner bob"],
            ["mon 10:00"],
        ),
        (
            "added",
            [HANDED_ON, "mon 10:00 ann delivered yes", "mon 11:00 bob registry 1", "mon 12:00 robot registry 2"],
            [],
        ),
        ("added", [HANDED_ON, "mon 10:00 cid says"], ["mon 10:00"]),
        ("attempted", ["mon 10:00 ann attempted 1", "mon 11:00 bob attempted 2"], ["mon 10:00", "mon 11:00"]),
        ("attempted", ["mon 10:00 robot attempted 1", "mon 11:00 ann attempted -"], []),
        ("asked again", ["mon 10:00 ann asked_again 1"], ["mon 10:00"]),
        ("informed", ["mon 10:00 ann informed 1"], ["mon 10:00"]),
        ("waived", ["mon 10:00 cid waived yes"], ["mon 10:00"]),
        (
            "enters tier 2",
            [HANDED_ON, "mon 10:00 ann state new", "mon 11:00 ann state handed-on"],
            ["mon 09:00", "mon 11:00"],
        ),
        ("leaves tier 2", [HANDED_ON, "mon 10:00 ann state new"], ["mon 10:00"]),
        ("enters queue it", ["mon 09:00 cid queue it", "mon 10:00 cid queue law"], ["mon 09:00"]),
        ("leaves queue it", ["mon 09:00 cid queue it", "mon 10:00 cid queue law"], ["mon 10:00"]),
        ("ball is customer", [HANDED_ON, "mon 10:00 bob state asking"], ["mon 10:00"]),
        ("state is asking", [HANDED_ON, "mon 10:00 bob state asking"], ["mon 10:00"]),
    ],
)
def test_moments(words: str, acts: list[str], expected: list[str]) -> None:
    assert came_true(words, ticket(*acts)) == [at(when) for when in expected]


@pytest.mark.parametrize(
    ("words", "state", "expected"),
    [
        ("ball is customer", "asking", True),
        ("ball is customer", "new", False),
        ("state is new", "new", True),
        ("tier is 2", "handed-on", True),
        ("tier is 2", "new", False),
        ("queue is it", "new", True),
        ("queue is law", "new", False),
    ],
)
def test_stretches(words: str, state: str, expected: bool) -> None:
    assert during(words)(turns(ticket(state=state, queue="it"), plain_book())[-1].after) is expected


@pytest.mark.parametrize("words", ["", "now and then", "solved twice", "enters", "enters tier", "ball is"])
def test_words_that_are_no_moment(words: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        moment(words)


@pytest.mark.parametrize("words", ["solved", "enters tier 2", "tier is", ""])
def test_words_that_are_no_stretch(words: str) -> None:
    with pytest.raises(ValueError, match="is no stretch"):
        during(words)


@pytest.mark.parametrize(
    ("acts", "facts", "expected"),
    [
        ([], {}, "ann"),
        ([], {"forwarder": "dan"}, "dan"),
        (["mon 09:00 dan state handed-on"], {}, "dan"),
        (["mon 09:00 robot state handed-on"], {}, "ann"),
        (["mon 09:00 dan state handed-on", "mon 10:00 bob state new", "mon 11:00 cid state handed-on"], {}, "dan"),
        ([], {"reporter": None}, None),
        ([], {"reporter": "~customer"}, None),
        ([], {"reporter": "~customer", "state": "handed-on"}, None),
        (["mon 09:00 ~clerk state handed-on"], {"reporter": "~customer"}, "~clerk"),
        (["mon 09:00 - state handed-on"], {"reporter": None}, None),
    ],
)
def test_who_forwarded(acts: list[str], facts: dict[str, str | None], expected: str | None) -> None:
    seen = ticket(*acts, **facts)
    assert forwarder(seen, turns(seen, plain_book()), plain_book()) == expected


def test_a_ticket_without_history_stood_as_it_stands() -> None:
    (created,) = turns(ticket(state="solved", queue="it", delivered_at=at("mon 09:00")), plain_book())
    assert (created.before, created.after.state, created.after.queue, created.after.delivered) == (
        None,
        "solved",
        "it",
        True,
    )


def test_the_last_change_made_it_what_it_is_now() -> None:
    odd = (
        Change(at("mon 09:00"), "state", "solved", "asking", "bob"),
        Change(at("mon 10:00"), "state", "new", "closed", "bob"),
    )
    states = [turn.after.state for turn in turns(ticket(changes=odd, state="handed-on"), plain_book())]
    assert states == ["solved", "asking", "handed-on"]


def test_what_is_older_than_the_ticket_happened_when_it_was_opened() -> None:
    seen = msgspec.structs.replace(ticket("mon 09:00 bob says"), created_at=at("mon 12:00"))
    assert [turn.at for turn in turns(seen, plain_book())] == [at("mon 12:00")] * 2


def test_within_one_second_changes_keep_their_order_and_come_before_messages() -> None:
    seen = ticket("mon 09:00 bob says", "mon 09:00 bob state handed-on", "mon 09:00 bob state solved")
    assert [turn.what for turn in turns(seen, plain_book())] == ["created", "state", "state", "message"]
    assert turns(seen, plain_book())[-1].after.standing == "solved"


def test_an_unknown_state_says_nothing_of_tier_and_ball() -> None:
    after = turns(ticket(state="unknown"), plain_book())[-1].after
    assert (after.standing, after.tier, after.ball) == ("unknown", None, "nobody")


@pytest.mark.parametrize(("queue", "tier"), [("it", 2), ("first", 1), (None, None), ("gone", None)])
def test_a_state_without_a_tier_has_its_queues(queue: str | None, tier: int | None) -> None:
    assert turns(ticket(state="drifting", queue=queue), plain_book())[-1].after.tier == tier


def test_what_was_delivered_before_a_reopening_is_not_delivered_any_more():
    acts = [
        "mon 09:00 bob state solved",
        "mon 10:00 ann delivered yes",
        "mon 11:00 ann state new",
        "mon 12:00 bob state solved",
    ]
    stood = [turn.after.delivered for turn in turns(ticket(*acts), plain_book())]
    assert stood == [False, False, True, False, False]
    again = turns(ticket(*acts, "mon 13:00 ann delivered yes"), plain_book())
    assert again[-1].after.delivered
    closed = turns(ticket(*acts[:2], "mon 11:00 ann state closed"), plain_book())
    assert closed[-1].after.delivered
