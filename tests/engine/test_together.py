"""Rules that speak together: one letter a person a day for several tickets, else comments on each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from small_desk import at, book
from together_desk import WHY, Small, together

from bot.core.arrange import told_in


def test_several_tickets_of_one_person_are_one_letter_and_one_ticket_is_a_comment() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1])
    assert {state for _, state in small.steps()} == {"said"}
    [mail] = [mail for mail in small.mailer.arrived if "reminders" in mail.subject]
    assert sum(line.startswith("- ") for line in mail.plain.splitlines()) == 3
    assert WHY in mail.plain


def test_nothing_is_asked_twice_on_one_day_and_what_comes_later_waits_for_the_next() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("mon 09:00")
    small.tickets.append(small.open("bob"))
    for moment in ("mon 09:01", "tue 08:00", "tue 09:01", "tue 15:00"):
        small.at(moment)
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1, 0])
    assert "held" in {state for _, state in small.steps()}
    small.at("wed 08:00")
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1, 1])


def test_who_is_told_of_them_gets_one_letter_too() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("tue 08:00")
    small.at("thu 08:00")
    assert sorted(small.letters()) == ["bob", "bob", "lea"]
    assert small.said() == [0, 0, 0, 2]


def test_without_a_way_for_letters_each_ticket_has_its_comment() -> None:
    small = Small(mail=False)
    small.at("mon 08:00")
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == ([], [1, 1, 1, 1])


def test_a_ticket_on_hold_is_left_out() -> None:
    small = Small()
    small.at("mon 08:00")
    small.tracker.label(small.tickets[0], "ann", "hush")
    small.at("tue 08:00")
    [mail] = [mail for mail in small.mailer.arrived if "reminders" in mail.subject]
    assert sum(line.startswith("- ") for line in mail.plain.splitlines()) == 2


def test_a_mail_server_that_is_away_makes_it_later_and_not_twice() -> None:
    small = Small()
    small.at("mon 08:00")
    small.mailer.fates = ["away", "away", "away"]
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == ([], [0, 0, 0, 1])
    small.mailer.fates = []
    small.at("tue 08:10")
    small.at("tue 08:20")
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1])


def test_a_person_whom_no_mail_reaches_finds_comments_on_the_tickets() -> None:
    small = Small()
    small.at("mon 08:00")
    del small.engine.post.addresses["bob"]
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == ([], [1, 1, 1, 1])


def test_comments_in_place_of_a_letter_keep_the_budget() -> None:
    small = Small()
    small.tickets += [small.open("bob") for _ in range(4)]
    small.at("mon 08:00")
    del small.engine.post.addresses["bob"]
    budget = small.rules.entries.manners.budget
    for days, moment in enumerate(("tue 08:00", "wed 08:00"), 1):
        small.at(moment)
        small.at(moment.replace("08", "11"))
        assert sum(small.said()) - small.said()[3] == days * budget


def test_comments_in_place_of_two_peoples_letters_keep_the_budget_of_each() -> None:
    watch = {"name": "watch", "why": WHY, "clock": "since enters tier 2", "together": True}
    watch["rungs"] = [{"rung": "tell", "after": "1wd", "say": "waiting_customer", "to": "lead"}]
    asks = {**watch, "name": "reminder", "rungs": [{**watch["rungs"][0], "to": "owner"}]}
    small = Small(book(routes=[], ladders=[asks, watch], manners={"budget": 3}))
    small.tickets.append(small.open("dan"))
    small.at("mon 08:00")
    for person in ("bob", "dan", "lea"):
        del small.engine.post.addresses[person]
    small.at("tue 08:00")
    heard = Counter(told_in(small.store.spoken_since(0), small.rules))
    assert (heard["bob"], heard["dan"], heard["lea"]) == (3, 2, 3)


def test_a_letter_counts_once_towards_the_budget() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("tue 08:00")
    spoken = small.store.spoken_since(0)
    assert len([entry for entry in spoken if entry.to[0] == "bob"]) == 3
    assert sorted(told_in(spoken, small.rules)) == ["bob", "dan"]


@pytest.mark.parametrize(
    ("comments", "heard"),
    [
        pytest.param(("1", "1"), ["bob"], id="one comment of two steps"),
        pytest.param(("1", "2"), ["bob", "bob"], id="a letter said as a comment, and the ticket's own"),
        pytest.param((None, "2"), ["bob", "bob"], id="one of them on its way"),
    ],
)
def test_each_comment_on_a_ticket_counts(comments: tuple[str | None, ...], heard: list[str]) -> None:
    small = Small()
    small.at("mon 08:00")
    del small.engine.post.addresses["bob"]
    small.at("tue 08:00")
    one = next(entry for entry in small.store.spoken_since(0) if entry.comment_id is not None)
    spoken = [structs.replace(one, key=f"{one.key}{n}", comment_id=id_) for n, id_ in enumerate(comments)]
    assert [who for who in told_in(spoken, small.rules) if who == "bob"] == heard


def test_a_process_killed_after_the_mail_has_left_sends_it_no_second_time() -> None:
    small = Small()
    small.at("mon 08:00")
    sent = len(small.mailer.arrived)
    small.killed("tue 08:00", "after mail")
    for moment in ("tue 08:01", "tue 08:02", "tue 09:00"):
        small.at(moment)
    subjects = [mail.subject for mail in small.mailer.arrived[sent:] if "reminders" in mail.subject]
    assert (len(subjects), small.said()) == (1, [0, 0, 0, 1])
    assert {state for _, state in small.steps()} == {"said"}


def test_what_came_after_a_letter_had_left_is_not_taken_for_said_in_it() -> None:
    small = Small()
    small.at("mon 08:00")
    small.now = at("mon 08:01")
    small.tickets.append(small.open("bob"))
    small.killed("tue 08:00", "after mail")
    for moment in ("tue 08:01", "tue 08:02", "tue 12:00"):
        small.at(moment)
    assert (small.letters(), small.said()) == ([], [0, 0, 0, 1, 0])
    small.at("wed 08:00")
    assert small.said() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("then", ["the others are held", "the next day"])
def test_what_is_left_of_a_letter_after_a_crash_is_not_said_again(then: str) -> None:
    small = Small()
    small.at("mon 08:00")
    small.killed("tue 08:00", "after mail")
    small.now = at("tue 08:01")
    if then == "the others are held":
        for ticket in small.tickets[:2]:
            small.tracker.label(ticket, "ann", "hush")
        small.at("tue 08:01")
        small.at("tue 12:00")
    small.at("wed 08:00")
    small.at("wed 12:00")
    assert (small.told("bob"), small.said()) == (["R"], [0, 0, 0, 1])
    assert {state for ticket, state in small.steps() if ticket in small.tickets[2:]} == {"said"}


@pytest.mark.parametrize(
    ("seam", "time", "told"),
    [
        ("after intent", 1, ["R"]),
        ("before mail", 1, ["S"]),  # bob's letter may have left
        ("after mail", 1, ["S"]),  # bob's has
        ("after mail", 2, ["R"]),
    ],
)
def test_who_is_told_of_several_tickets_hears_of_them_once_though_the_process_is_killed(
    seam: str, time: int, told: list[str]
) -> None:
    small = Small()
    for moment in ("mon 08:00", "tue 08:00", "tue 09:00", "wed 08:30"):
        small.at(moment)
    small.killed("thu 08:00", seam, time)
    for moment in ("thu 08:01", "thu 08:03", "thu 12:00", "fri 08:30", "fri 12:00"):
        small.at(moment)
    assert small.told("lea") == told
    assert small.said() == [0, 0, 0, 2]
    assert {state for _, state in small.steps()} == {"said"}


def test_who_is_told_hears_of_nothing_that_was_not_asked_yet() -> None:
    small = Small()
    for moment in ("mon 08:00", "tue 08:00", "tue 09:00", "wed 08:30"):
        small.at(moment)
    small.mailer.fates = ["later"]
    small.at("thu 08:00")
    assert small.told("lea") == []
    for moment in ("thu 08:06", "thu 08:12"):
        small.at(moment)
    assert (small.told("bob"), small.told("lea"), small.said()) == (["R", "R"], ["R"], [0, 0, 0, 2])


@pytest.mark.parametrize(("drop", "comments"), [("before", 1), ("after", 1)])
def test_a_letter_on_the_desks_ticket_whose_answer_was_lost_is_said_once(drop: Any, comments: int) -> None:
    rules = together()
    manners = rules.entries.manners.model_copy(update={"desk_ticket": "ABC-5"})
    small = Small(replace(rules, entries=rules.entries.model_copy(update={"manners": manners})))
    small.tickets[3] = small.open("lea")
    del small.engine.post.addresses["bob"]
    small.at("mon 08:00")
    small.tracker.drops = [drop]
    for moment in ("tue 08:00", "tue 08:01", "tue 08:10", "tue 08:20", "tue 12:00"):
        small.at(moment)
    desk_ticket = small.tracker.said(small.tickets[3])
    assert sum("reminders" in key for said in desk_ticket for key in said.keys) == comments
    assert small.said()[:3] == [0, 0, 0]
    assert {state for ticket, state in small.steps() if ticket in small.tickets[:3]} == {"said"}
