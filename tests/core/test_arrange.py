"""What is spoken, held, withdrawn or only recorded: tables, and laws over wishes of any kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from small_desk import at, book, plain_book, row, step, wish

from bot.core.arrange import Arrangement, DeskState, Unset, arrange
from bot.core.ledger import DONE, Entry
from bot.core.rulebook import Rulebook
from bot.core.steps import Step, Wishes

NOON = "mon 12:00"


def arranged(
    *wishes: Wishes,
    ledger: Sequence[Entry] = (),
    spoken: Sequence[Entry] = (),
    silenced: Sequence[str] = (),
    rules: Rulebook | None = None,
    now: str = NOON,
    unset: Unset = list,
) -> Arrangement:
    rows: Mapping[str, Entry] = {entry.key: entry for entry in ledger}
    desk = DeskState(tuple(spoken), frozenset(silenced))
    return arrange(wishes, rows, rules or plain_book(), desk, at(now), unset)


def held(found: Arrangement) -> list[tuple[str, str, int | None]]:
    return [(each.step.ticket_id, each.because, each.not_before) for each in found.hold]


def said(found: Arrangement) -> list[list[str]]:
    return [[f"{each.ticket_id} {each.rule}/{each.occasion.rung}" for each in steps] for steps in found.say]


ONE = step()
WARN = step(rule="deadline", rung="warn", urgency=2)
LATE = step(rule="deadline", rung="late", urgency=3)
HEAD = step(rule="deadline", rung="head", urgency=3)
PLACED = step(rule="legal", rung="routed", urgency=0, sets={"queue": "law"})
ROUTE = step(rule="others", rung="unsure", urgency=0)


def test_a_wished_step_is_said() -> None:
    assert arranged(wish(ONE)) == Arrangement(say=[(ONE,)])


def test_steps_of_a_ticket_are_one_comment_the_most_urgent_first() -> None:
    assert arranged(wish(ROUTE, ONE, LATE)).say == [(LATE, ONE, ROUTE)]


@pytest.mark.parametrize("state", sorted(DONE))
def test_what_was_said_or_counts_as_said_is_done(state: str) -> None:
    assert arranged(wish(ONE), ledger=[row(ONE, state)]) == Arrangement()


@pytest.mark.parametrize(
    ("facts", "fate"), [({}, "said"), ({"observe": True}, "done"), ({"since_at": at("tue 08:00")}, "adopted")]
)
def test_a_queue_that_was_only_recorded_is_set_once_its_route_is_live(facts: dict[str, Any], fate: str) -> None:
    placed = replace(PLACED, **facts)
    fates = {"said": Arrangement(say=[(placed,)]), "done": Arrangement(), "adopted": Arrangement(adopt=[placed])}
    assert arranged(wish(placed), ledger=[row(placed, "observed")]) == fates[fate]


@pytest.mark.parametrize("state", ["held", "released", "withdrawn"])
def test_what_was_never_said_is_said_now(state: str) -> None:
    assert arranged(wish(ONE), ledger=[row(ONE, state)]).say == [(ONE,)]


@pytest.mark.parametrize("state", ["held", "batched", "released"])
def test_what_waits_and_is_no_longer_wished_is_withdrawn(state: str) -> None:
    assert arranged(wish(), ledger=[row(ONE, state)]) == Arrangement(withdraw=[ONE.key])


@pytest.mark.parametrize("state", [*sorted(DONE), "withdrawn"])
def test_what_was_said_is_not_withdrawn(state: str) -> None:
    assert arranged(wish(), ledger=[row(ONE, state)]) == Arrangement()


def test_tickets_that_were_not_judged_are_left_alone() -> None:
    assert arranged(wish(ticket_id="2"), ledger=[row(ONE, "held")]) == Arrangement()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("mon 07:59", "mon 08:00"),
        ("mon 16:00", "tue 08:00"),
        ("fri 20:00", "2 mon 08:00"),
        ("sat 12:00", "2 mon 08:00"),
    ],
)
def test_quiet_hours(now: str, until: str) -> None:
    assert held(arranged(wish(ONE), now=now)) == [("1", "quiet hours", at(until))]


@pytest.mark.parametrize(
    ("now", "because", "until"),
    [
        ("mon 09:59", "quiet hours of counter", "mon 10:00"),
        ("mon 10:00", "", None),
        ("mon 13:59", "", None),
        ("mon 14:00", "quiet hours of counter", "tue 10:00"),
        ("mon 16:00", "quiet hours", "tue 08:00"),  # the desk's own hours are asked first
        ("tue 08:00", "quiet hours of counter", "tue 10:00"),
    ],
)
def test_the_hours_of_its_own_clock(now: str, because: str, until: str | None) -> None:
    office = {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "08:00-16:00"}}
    rules = book(calendars={"office": office, "counter": office | {"hours": {"mon-fri": "10:00-14:00"}}})
    found = arranged(wish(step(hours="counter")), rules=rules, now=now)
    assert held(found) == ([] if until is None else [("1", because, at(until))])


@pytest.mark.parametrize("now", ["mon 08:00", "mon 15:59"])
def test_the_desks_hours(now: str) -> None:
    assert arranged(wish(ONE), now=now).hold == []


def test_the_hold_label() -> None:
    because = "a person put the label hush on the ticket"
    assert held(arranged(wish(ONE, on_hold="hush"))) == [("1", because, None)]


@pytest.mark.parametrize(("silenced", "count"), [(["*"], 2), (["ABC"], 2), (["XYZ"], 0)])
def test_a_silenced_project(silenced: list[str], count: int) -> None:
    found = arranged(wish(ONE), wish(step("2")), silenced=silenced)
    assert held(found) == [(ticket, "a person silenced the bot", None) for ticket in ("1", "2")][:count]


@pytest.mark.parametrize(
    ("before", "wished", "waits"),
    [
        (ONE, step(rule="closure"), True),  # a reminder after a reminder
        (WARN, ONE, True),
        (ONE, WARN, False),  # a warning after a reminder
        (WARN, LATE, False),
        (LATE, LATE, True),
        (LATE, HEAD, False),  # the same request, which goes up
        (WARN, step(rule="deadline", rung="soon", urgency=2), True),
        (LATE, step(rule="closure", rung="tell", urgency=3), True),  # a request of another rule
        (ROUTE, ONE, False),  # a route asks for nothing
        (ONE, ROUTE, False),
    ],
)
def test_one_open_request_a_ticket_a_day(before: Step, wished: Step, waits: bool) -> None:
    told = row(before, "said", "mon 09:00", key="another")
    because = f"{before.rule} asked about this ticket today"
    assert held(arranged(wish(wished), spoken=[told])) == ([("1", because, at("tue 08:00"))] if waits else [])
    other = arranged(wish(step("2")), spoken=[told])
    assert other.hold == [], "other tickets are not concerned"
    assert arranged(wish(wished), spoken=[told], now="tue 09:00").hold == [], "tomorrow is another day"


def test_on_a_friday_tomorrow_is_monday() -> None:
    told = row(ONE, "said", "fri 09:00", key="another")
    assert held(arranged(wish(ONE), spoken=[told], now="fri 12:00"))[0][2] == at("2 mon 08:00")


def tickets(count: int, **facts: object) -> list[Wishes]:
    return [wish(step(str(number), due_at=at("mon 09:00") + number, **facts)) for number in range(1, count + 1)]


def spoken_to(person: str, count: int, when: str = "mon 09:00") -> list[Entry]:
    return [row(step(str(100 + number), to=(person,)), "said", when) for number in range(count)]


@pytest.mark.parametrize(("before", "kept"), [(0, 3), (1, 2), (2, 1), (3, 0), (9, 0)])
def test_a_persons_budget_of_three_a_day(before: int, kept: int) -> None:
    found = arranged(*tickets(4), spoken=spoken_to("bob", before))
    assert [each[0].split()[0] for each in said(found)] == ["1", "2", "3", "4"][:kept]
    because = "today's budget of messages is spent for bob"
    assert held(found) == [(str(number), because, at("tue 08:00")) for number in range(kept + 1, 5)]


def test_yesterdays_messages_count_no_more() -> None:
    assert len(arranged(*tickets(3), spoken=spoken_to("bob", 3), now="tue 08:00").say) == 3


def test_the_budget_goes_to_the_most_urgent() -> None:
    urgent = wish(step("9", rule="deadline", rung="late", urgency=3))
    assert said(arranged(*tickets(3), urgent))[0] == ["9 deadline/late"]
    assert [each[0].split()[0] for each in said(arranged(*tickets(3), urgent))] == ["9", "1", "2"]


def test_a_comment_of_many_steps_or_to_many_people_counts_once_for_each_of_them() -> None:
    told = [row(step("50", rule=rule, to=("bob", "ann")), "said") for rule in ("still", "deadline", "closure")]
    found = arranged(*tickets(3), spoken=told)
    assert len(found.say) == 2, "those three were one comment"
    assert [each.because for each in arranged(wish(step(to=("bob", "ann"))), spoken=spoken_to("bob", 3)).hold] == [
        "today's budget of messages is spent for bob"
    ]


def test_all_letters_together_are_one_message_to_each_who_is_told_by_them() -> None:
    letters = [wish(step(id_, to=("ann", "bob"), together=True)) for id_ in "12"]
    letters += [wish(step(id_, to=("bob",), together=True)) for id_ in "34"]
    wishes = [*letters, *(wish(step(id_, due_at=at("mon 10:00"))) for id_ in "567")]
    found = arrange(wishes, {}, plain_book(), DeskState((), frozenset(), letters=True), at(NOON))
    assert [[each.ticket_id for each in steps] for steps in found.say] == [["1", "2"], ["3", "4"], ["5"], ["6"]]
    assert [each.step.ticket_id for each in found.hold] == ["7"], "bob's third after a letter and two comments"


OFFICE = {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "08:00-16:00"}}
AFTERNOONS = OFFICE | {"hours": {"mon-fri": "12:00-20:00"}}
TWO_DAYS = {"calendars": {"office": OFFICE, "afternoons": AFTERNOONS}}


def with_hours(ticket_budget: int = 99, **calendars: str) -> Rulebook:
    """A desk on which some have a calendar of their own; dan and eve work in the desk's."""
    people = [
        {"person": name, "account": name} for name in ("ann", "bob", "cat", "dan", "eve") if name not in calendars
    ]
    own = [{"person": name, "account": name, "calendar": calendar} for name, calendar in calendars.items()]
    return book(people=people + own, manners={"ticket_budget": ticket_budget}, **TWO_DAYS)


@pytest.mark.parametrize(
    ("to", "now", "told", "left", "until"),
    [  # ann works in the afternoon and the evening; the others from 8 to 16
        (("bob", "ann"), "mon 09:00", ("bob",), ("ann",), None),
        (("bob", "ann"), "mon 12:00", ("bob", "ann"), (), None),
        (("ann", "bob"), "mon 09:00", (), (), "mon 12:00"),  # who is asked decides
        (("ann", "bob"), "mon 17:00", ("ann",), ("bob",), None),
        (("ann", "bob"), "mon 20:00", (), (), "tue 12:00"),
        (("bob", "ann"), "mon 17:00", (), (), "tue 08:00"),
    ],
)
def test_the_hours_of_whom_a_step_asks(
    to: tuple[str, ...], now: str, told: tuple[str, ...], left: tuple[str, ...], until: str | None
) -> None:
    found = arranged(wish(step(to=to)), rules=with_hours(ann="afternoons"), now=now)
    assert held(found) == ([] if until is None else [("1", "quiet hours", at(until))])
    assert [(one.to, one.left) for (one,) in found.say] == ([(told, left)] if told else [])


def test_a_comment_does_not_wait_for_one_who_is_only_told_and_has_heard_enough() -> None:
    [(one,)] = arranged(wish(step(to=("bob", "ann"))), spoken=spoken_to("ann", 3)).say
    assert (one.to, one.left) == (("bob",), ("ann",))


@pytest.mark.parametrize("now", ["mon 12:00", "mon 23:00", "sat 03:00"])
def test_what_is_urgent_waits_for_nobody(now: str) -> None:
    calls = step(to=("bob", "ann"), urgent=True)
    spent = [row(step(str(n), to=("bob", "ann")), "said", "mon 08:00") for n in range(50, 60)]
    life = [row(step(rung=f"r{n}"), "said", f"mon 08:0{n}") for n in range(6)]
    rules = with_hours(ann="afternoons", ticket_budget=5)
    found = arranged(wish(calls), spoken=[*spent, *life], ledger=life, rules=rules, now=now)
    assert found.say == [(calls,)]


@pytest.mark.parametrize(("facts", "by"), [({"on_hold": "hush"}, "label"), ({}, "silence")])
def test_people_silence_what_is_urgent_too(facts: dict[str, str], by: str) -> None:
    found = arranged(wish(step(urgent=True), **facts), silenced=[] if facts else ["*"])
    assert [each.by for each in found.hold] == [by]


@pytest.mark.parametrize(("comments", "goes"), [(1, True), (2, False), (3, False)])
def test_a_tickets_budget_of_two_comments_in_its_life(comments: int, goes: bool) -> None:
    life = [row(step(rung=f"r{n}"), "said", f"mon 08:0{n}") for n in range(comments)]
    life += [row(step(rung=f"also{n}"), "said", f"mon 08:0{n}") for n in range(comments)]  # two steps a comment
    life += [row(step(rung=f"held{n}"), "held") for n in range(9)]
    found = arranged(wish(ONE), ledger=life, rules=book(manners={"ticket_budget": 2}))
    because = f"the bot has written {comments} comments on this ticket"
    assert held(found) == ([] if goes else [("1", because, None)])


@pytest.mark.parametrize(
    ("facts", "put"),
    [
        ({"now": "mon 20:00"}, True),
        ({"spoken": [row(step(str(n), to=("ann",)), "said") for n in range(50, 53)]}, True),
        ({"ledger": [row(ONE, "said")], "rules": book(manners={"ticket_budget": 1})}, True),
        ({}, False),  # it is said, and its fields are set with it
        ({"silenced": ["*"]}, False),
    ],
)
def test_fields_are_set_though_the_message_waits(facts: dict[str, Any], put: bool) -> None:
    placed = replace(PLACED, to=("ann",))
    assert arranged(wish(placed), **facts).put == ([placed] if put else [])


def test_fields_of_more_tickets_than_the_ceiling_wait_with_their_messages() -> None:
    many = [wish(replace(PLACED, ticket_id=str(n), key=f"k{n}")) for n in range(5)]
    found = arranged(*many, now="mon 20:00")
    assert (found.put, len(found.hold)) == ([], 5)
    assert found.unset == dict.fromkeys(map(str, range(5)), at("tue 08:00"))
    few = arranged(*many, now="mon 20:00", unset=lambda steps: [step for step in steps if step.key == "k3"])
    assert ([step.key for step in few.put], few.unset) == (["k3"], {}), "what is set does not count"


def test_fields_left_by_a_cycle_that_sends_nothing_are_looked_at_in_the_next() -> None:
    rules = book(manners={"ticket_budget": 1, "budget": 99})
    found = arranged(wish(PLACED), *tickets(6)[1:], ledger=[row(ONE, "said", "mon 08:00")], rules=rules)
    assert (found.put, len(found.batch), found.unset) == ([], 5, {PLACED.ticket_id: at(NOON)})


@pytest.mark.parametrize("state", ["intended", "doubtful", "said"])
def test_what_may_have_been_said_counts_against_the_budget(state: str) -> None:
    told = [row(step(str(number)), state) for number in range(100, 103)]
    assert arranged(wish(ONE), spoken=told).say == []


@pytest.mark.parametrize(("count", "goes"), [(4, True), (5, False)])
def test_more_comments_than_the_ceiling_send_nothing(count: int, goes: bool) -> None:
    found = arranged(*tickets(count), rules=book(manners={"budget": 99}))
    assert (len(found.say), len(found.batch)) == ((count, 0) if goes else (0, count))


def test_a_batch_waits_for_its_release() -> None:
    wishes = tickets(6)
    rows = [row(each.steps[0], "batched") for each in wishes]
    rules = book(manners={"budget": 99})
    waiting = arranged(*wishes, ledger=rows, rules=rules)
    assert {each.because for each in waiting.hold} == {
        "it is in a batch over the ceiling, which waits for its release"
    }
    assert (waiting.say, waiting.batch) == ([], [])
    released = [row(each.steps[0], "released") for each in wishes]
    assert len(arranged(*wishes, ledger=released, rules=rules).say) == 6


def test_a_released_batch_does_not_let_another_through() -> None:
    rules = book(manners={"budget": 99})
    released = [row(each.steps[0], "released") for each in tickets(6)]
    fresh = [wish(step(str(number), due_at=at("mon 10:00"))) for number in range(20, 25)]
    found = arranged(*tickets(6), *fresh, ledger=released, rules=rules)
    assert (len(found.say), len(found.batch)) == (6, 5)


def test_what_budgets_hold_does_not_count_towards_the_ceiling() -> None:
    found = arranged(*tickets(9))
    assert (len(found.say), len(found.hold), found.batch) == (3, 6, [])


def test_a_rule_on_observe_records_and_spends_nothing() -> None:
    seen = tickets(9, observe=True)
    found = arranged(*seen, wish(step("10")))
    assert [each.ticket_id for each in found.observe] == [str(number) for number in range(1, 10)]
    assert said(found) == [["10 still/ask"]]


@pytest.mark.parametrize(("due", "adopted"), [("mon 23:59", True), ("tue 00:00", False)])
def test_what_was_due_before_a_rule_went_live_counts_as_done(due: str, adopted: bool) -> None:
    due_then = step(due_at=at(due), since_at=at("tue 00:00"))
    found = arranged(wish(due_then), now="tue 12:00")
    assert (found.adopt, found.say) == (([due_then], []) if adopted else ([], [(due_then,)]))


def test_adopting_needs_no_open_hours() -> None:
    due_then = step(since_at=at("tue 00:00"))
    assert arranged(wish(due_then), now="tue 03:00", silenced=["*"]).adopt == [due_then]


# Laws

RUNGS = st.sampled_from(
    [
        ("still", "ask", 1),
        ("still", "tell", 1),
        ("deadline", "warn", 2),
        ("deadline", "late", 3),
        ("others", "unsure", 0),
    ]
)
PEOPLE = st.lists(st.sampled_from(["ann", "bob", "cid", "dan"]), min_size=1, max_size=3, unique=True).map(tuple)
STATES = st.sampled_from(["held", "batched", "released", "withdrawn", *sorted(DONE)])


@st.composite
def desks(draw: st.DrawFn) -> tuple[list[Wishes], dict[str, Entry], list[Entry]]:
    """Wishes of some tickets, the ledger of these, and what was spoken lately."""
    wishes, ledger = [], {}
    for number in range(draw(st.integers(0, 12))):
        steps = [
            step(
                str(number),
                rule,
                rung,
                urgency=urgency,
                to=draw(PEOPLE),
                observe=draw(st.booleans()) and draw(st.booleans()),
                due_at=at("mon 08:00") + draw(st.integers(0, 86400)),
                since_at=draw(st.sampled_from([0, 0, at("mon 12:00")])),
            )
            for rule, rung, urgency in draw(st.lists(RUNGS, max_size=3, unique_by=lambda each: each[:2]))
        ]
        on_hold = draw(st.sampled_from([None, None, "hush"]))
        wishes.append(wish(*steps, ticket_id=str(number), on_hold=on_hold))
        for each in [*steps, step(str(number), "closure", "ask")]:
            if draw(st.booleans()):
                ledger[each.key] = row(each, draw(STATES))
    spoken = [
        row(step(str(number), to=draw(PEOPLE)), "said", draw(st.sampled_from(["mon 09:00", "tue 09:00"])))
        for number in draw(st.lists(st.integers(0, 40), max_size=6, unique=True))
    ]
    return wishes, ledger, spoken


WHEN = st.integers(at("mon 00:00"), at("wed 00:00"))


@given(desks(), WHEN)
def test_every_wished_step_has_one_fate(desk: tuple[list[Wishes], dict[str, Entry], list[Entry]], now: int) -> None:
    wishes, ledger, spoken = desk
    found = arrange(wishes, ledger, plain_book(), DeskState(tuple(spoken)), now)
    fates = Counter(
        each.key
        for steps in (*found.say, [held.step for held in found.hold], found.observe, found.adopt, found.batch)
        for each in steps
    )
    open_steps = [
        each.key
        for wish in wishes
        for each in wish.steps
        if each.key not in ledger or ledger[each.key].state not in DONE
    ]
    assert fates == Counter(open_steps)
    assert not set(found.withdraw) & {each.key for wish in wishes for each in wish.steps}
    assert all(held.because and (held.not_before is None or held.not_before > now) for held in found.hold)


@given(desks(), WHEN)
def test_nothing_is_said_outside_hours_over_budget_or_over_the_ceiling(
    desk: tuple[list[Wishes], dict[str, Entry], list[Entry]], now: int
) -> None:
    wishes, ledger, spoken = desk
    rules = plain_book()
    found = arrange(wishes, ledger, rules, DeskState(tuple(spoken)), now)
    assert not found.say or rules.calendar.is_open(now)
    today = rules.calendar.start_of_day(rules.calendar.day_of(now))
    told = Counter(person for entry in spoken if entry.at >= today for person in entry.to)
    new = Counter(person for steps in found.say for person in {each for step in steps for each in step.to})
    manners = rules.entries.manners
    assert all(told[person] + new[person] <= manners.budget for person in new)
    fresh = [
        s for s in found.say if any(each.key not in ledger or ledger[each.key].state != "released" for each in s)
    ]
    assert len(fresh) <= manners.ceiling
    assert not (found.batch and fresh), "a batch is whole"
    on_hold = {wish.ticket_id for wish in wishes if wish.on_hold}
    assert not {each.ticket_id for steps in found.say for each in steps} & on_hold
    assert arrange(wishes, ledger, rules, DeskState(tuple(spoken), frozenset("*")), now).say == []


@given(desks(), WHEN)
def test_the_order_of_the_wishes_changes_nothing(
    desk: tuple[list[Wishes], dict[str, Entry], list[Entry]], now: int
) -> None:
    wishes, ledger, spoken = desk
    found, again = (
        arrange(each, ledger, plain_book(), DeskState(tuple(spoken)), now) for each in (wishes, wishes[::-1])
    )
    assert (found.say, found.batch) == (again.say, again.batch)
    assert sorted(map(repr, found.hold)) == sorted(map(repr, again.hold))
