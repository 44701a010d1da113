"""What is explained of a ticket: every reason for which a step is said or not, the same as judge's and arrange's."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec
import pytest
from any_tickets import NOWS, tickets
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desk import SECTIONS, at, book, plain_book, row, ticket

from bot.core.arrange import DeskState, arrange
from bot.core.explain import explain
from bot.core.explained import names_of, only
from bot.core.explanation import Explanation, RuleFacts
from bot.core.judge import judge
from bot.core.ledger import DONE, WAITING, Entry
from bot.core.rulebook import Rulebook
from bot.core.ruletest_ticket import moment, ticket_at
from bot.core.steps import Step
from bot.core.ticket import Change, Moment, Ticket
from bot.ruletests import files_of, read_tests
from bot.shipped import rules_folder
from bot.start import read_desk

ON = "mon 09:00 ann state handed-on"
PLACED = "mon 09:00 ann queue it"
SOLVED = "mon 10:00 bob state solved"
ASKING = "mon 10:00 bob state asking"


def rule(found: Explanation, name: str) -> RuleFacts:
    return next(each for each in found.rules if each.rule == name)


def explained(
    seen: Ticket, now: str, rules: Rulebook | None = None, *rows: Entry, desk: DeskState | None = None
) -> Explanation:
    return explain(seen, rules or plain_book(), {each.key: each for each in rows}, desk or DeskState(), at(now))


def wished(seen: Ticket, now: str, name: str, rules: Rulebook | None = None) -> Step:
    return next(step for step in judge(seen, rules or plain_book(), at(now)).steps if step.rule == name)


def without_conditions(name: str, **changes: object) -> Rulebook:
    """The small desk with a ladder that asks for nothing but its clock."""
    ladders = [each | {"when": {}} | changes if each["name"] == name else each for each in SECTIONS["ladders"]]
    return book(ladders=ladders)


LATE = ticket(PLACED, ON)
"""Handed on at nine on Monday and left alone: `still` asks on Tuesday at nine."""


DUE = "it is due, and nothing holds it back"
PAUSED = "the clock of 'solution' is paused: ball is customer"
HUSHED = "a person put the label hush on the ticket"
TAKEN = "the route 'legal' comes first and takes the ticket"
TAKEN_UP = "somebody took it up in the queue that the bot set"
STRANGE = "the rulebook does not say what the ticket's status means"


@pytest.mark.parametrize(
    ("acts", "facts", "now", "name", "outcome", "because"),
    [
        # conditions
        ([], {}, "mon 12:00", "deadline", "conditions", "tier is 1, wanted 2"),
        ([PLACED, ON, SOLVED], {}, "mon 12:00", "still", "conditions", "standing is solved, wanted open"),
        # the clock does not run
        ([PLACED, ON, ASKING], {}, "mon 12:00", "deadline", "paused", PAUSED),
        # no rung is reached yet
        ([PLACED, ON], {}, "mon 12:00", "deadline", "not yet", "its first rung is not reached"),
        # due
        ([PLACED, ON], {}, "tue 13:00", "deadline", "say", DUE),
        ([PLACED, ON], {"labels": frozenset(["hush"])}, "tue 13:00", "deadline", "hold", HUSHED),
        ([PLACED, ON], {}, "tue 17:00", "deadline", "hold", "quiet hours"),
        # routes
        ([ON], {"category": "LAW"}, "mon 09:00", "legal", "say", DUE),
        ([ON], {"category": "LAW"}, "mon 09:00", "others", "another route", TAKEN),
        ([ON], {"category": "IT"}, "mon 09:00", "legal", "conditions", "category is IT, wanted LAW"),
        ([ON], {}, "mon 09:00", "legal", "conditions", "category is -, wanted LAW"),
        ([], {}, "mon 09:00", "legal", "nothing to route", "the ticket is at tier 1"),
        ([PLACED, ON, SOLVED], {}, "mon 12:00", "legal", "nothing to route", "the ticket is solved"),
        ([PLACED, ON], {}, "mon 12:00", "legal", "nothing to route", "a person chose its queue"),
        (
            [ON, "mon 09:05 robot queue it", "mon 10:00 bob says"],
            {},
            "mon 12:00",
            "others",
            "nothing to route",
            TAKEN_UP,
        ),
        ([], {"state": "drifting"}, "mon 12:00", "legal", "nothing to route", "the ticket is at no tier"),
        # a status that the rulebook does not place
        ([], {"state": "unknown"}, "mon 12:00", "still", "unknown state", STRANGE),
        ([], {"state": "unknown"}, "mon 12:00", "legal", "unknown state", STRANGE),
    ],
)
def test_why_a_rule_speaks_or_not(
    acts: list[str], facts: dict[str, object], now: str, name: str, outcome: str, because: str
) -> None:
    found = rule(explained(ticket(*acts, **facts), now), name)
    assert (found.outcome, found.because) == (outcome, because)


@pytest.mark.parametrize(
    ("name", "changes", "acts", "outcome", "because"),
    [
        ("closure", {}, [], "no clock", "its clock has not started: `solved` has not happened"),
        ("deadline", {}, [], "no clock", "the clock of 'solution' has not started: `enters tier 2` has not happened"),
        ("deadline", {}, [PLACED, ON, SOLVED], "no clock", "the clock of 'solution' has stopped"),
        ("closure", {"since": date(2026, 11, 17)}, [ON, SOLVED], "adopt", "it was due before the rule went live"),
        ("closure", {"observe": True}, [PLACED, ON, SOLVED], "observe", "the rule is on observe: it only records"),
    ],
)
def test_why_a_changed_ladder_is_silent(
    name: str, changes: dict[str, object], acts: list[str], outcome: str, because: str
) -> None:
    found = rule(explained(ticket(*acts), "mon 12:00", without_conditions(name, **changes)), name)
    assert (found.outcome, found.because) == (outcome, because)


def test_a_policy_without_a_target_for_the_ticket_has_no_clock_and_says_so() -> None:
    policies = [
        each
        | {
            "targets": [
                {"when": {"priority": "high"}, "within": "4h"},
                {"when": {"category": "LAW"}, "within": "1wd"},
            ]
        }
        for each in SECTIONS["policies"]
    ]
    rules = book(policies=policies)
    found = explained(LATE, "tue 13:00", rules)
    assert rule(found, "deadline").because == "no target of the policy 'solution' applies to the ticket"
    clock = next(each for each in found.clocks if each.policy == "solution")
    assert (clock.runs, clock.because) == ((), "none of its targets applies to the ticket")
    assert [target.applies for target in clock.targets] == [False, False]
    assert [one.found for target in clock.targets for one in target.conditions] == ["-", "-"]


def deadline_book(**changes: object) -> Rulebook:
    entry = {
        "name": "law.answer",
        "why": "The law gives five working days.",
        "basis": "the law",
        "source": "the book",
        "when": {"category": "LAW"},
        "within": "2wd",
        "met_by": "answered_on",
    }
    ladder = {
        "name": "law",
        "why": "The law's days run out.",
        "clock": "deadline law.answer",
        "rungs": [{"rung": "warn", "before_due": "1wd", "say": "w", "to": "owner"}],
    }
    fields = SECTIONS["fields"] | {"answered_on": "x"}
    return book(fields=fields, deadlines=[entry | changes], ladders=[ladder])


@pytest.mark.parametrize(
    ("facts", "changes", "outcome", "because"),
    [
        ({"category": "IT"}, {}, "no clock", "the ticket has no deadline 'law.answer': category is IT, wanted LAW"),
        (
            {"category": "LAW", "fields": {"answered_on": "2026-11-16"}},
            {},
            "no clock",
            "the ticket has no deadline 'law.answer': it is met: the field `answered_on` is filled in",
        ),
        (
            {"category": "LAW"},
            {"valid_to": "2026-01-01"},
            "no clock",
            "the ticket has no deadline 'law.answer': it was not valid on the day that it would start",
        ),
        (
            {"category": "LAW", "state": "solved"},
            {},
            "no clock",
            "the ticket is solved, and the deadline 'law.answer' ends with the open ticket",
        ),
        ({"category": "LAW"}, {}, "say", "it is due, and nothing holds it back"),
    ],
)
def test_why_a_ladder_beside_a_deadline_speaks_or_not(
    facts: dict[str, object], changes: dict[str, object], outcome: str, because: str
) -> None:
    found = rule(explained(ticket(**facts), "tue 12:00", deadline_book(**changes)), "law")
    assert (found.outcome, found.because) == (outcome, because)


def spoken(rule_name: str, rung: str, when: str, ticket_id: str, *to: str) -> Entry:
    return Entry(
        f"small/{ticket_id}/x/y@1/{rung}/0{when}",
        ticket_id,
        "ABC-1",
        rule_name,
        rung,
        "a",
        to,
        "said",
        "",
        0,
        at(when),
    )


@pytest.mark.parametrize(
    ("desk", "held_by", "because", "not_before"),
    [
        (DeskState(silenced=frozenset("*")), "silence", "a person silenced the bot", None),
        (DeskState(silenced=frozenset(["ABC"])), "silence", "a person silenced the bot", None),
        (
            DeskState((spoken("deadline", "warn", "tue 08:00", "7", "bob"),)),
            "one request a day",
            "deadline asked about this ticket today",
            "wed 08:00",
        ),
        (
            DeskState(tuple(spoken("still", "ask", f"tue 08:0{n}", str(n), "dan") for n in range(3))),
            "budget",
            "today's budget of messages is spent for dan",
            "wed 08:00",
        ),
    ],
)
def test_what_the_desk_holds_back(desk: DeskState, held_by: str, because: str, not_before: str | None) -> None:
    found = explained(LATE, "tue 09:00", desk=desk)
    still = rule(found, "still")
    until = None if not_before is None else at(not_before)
    assert (still.outcome, still.held_by, still.because, still.not_before_at) == ("hold", held_by, because, until)
    assert found.next.look_at == at("tue 13:00"), "the deadline's first rung comes before tomorrow"


def test_a_hold_that_ends_first_is_the_next_look() -> None:
    found = explained(LATE, "mon 23:00")
    assert found.next == judge_look(LATE, "mon 23:00")
    late = explained(LATE, "tue 20:00")
    assert (late.next.look_at, late.next.because) == (
        at("wed 08:00"),
        "what is held back may be said then (quiet hours)",
    )


def judge_look(seen: Ticket, now: str) -> object:
    wishes = judge(seen, plain_book(), at(now))
    return type(explained(seen, now).next)(wishes.look_again_at, wishes.because)


@pytest.mark.parametrize(
    ("state", "outcome", "because"),
    [
        ("said", "done", "it was said already"),
        ("intended", "done", "it is just being said"),
        ("doubtful", "done", "it may have been said: the answer to its writing was lost"),
        ("observed", "done", "it was recorded already, on observe"),
        ("adopted", "done", "it counts as done, as it was due before the rule went live"),
        ("batched", "hold", "it is in a batch over the ceiling, which waits for its release"),
        ("released", "say", "it is due, and nothing holds it back"),
        ("held", "say", "it is due, and nothing holds it back"),
        ("withdrawn", "say", "it is due, and nothing holds it back"),
    ],
)
def test_what_the_ledger_makes_of_a_step(state: str, outcome: str, because: str) -> None:
    known = row(wished(LATE, "tue 09:00", "still"), state, "tue 09:00", because="so it was")
    still = rule(explained(LATE, "tue 09:00", None, known), "still")
    assert (still.outcome, still.because) == (outcome, because)
    assert still.held_by == ("ceiling" if state == "batched" else None)
    assert still.step is not None
    assert still.step.told is not None
    assert (still.step.told.state, still.step.told.state_at) == (state, at("tue 09:00"))


def test_a_step_that_waits_and_is_no_longer_wished_is_withdrawn() -> None:
    waiting = row(wished(LATE, "tue 09:00", "still"), "held", "tue 09:00")
    moved = ticket(PLACED, ON, "tue 09:30 bob says")
    found = explained(moved, "tue 10:00", None, waiting)
    assert found.withdrawn == (waiting.key,)
    assert [told.key for told in rule(found, "still").earlier] == [waiting.key]


def test_only_the_highest_rung_is_due_and_those_never_said_are_passed_over() -> None:
    late = rule(explained(LATE, "thu 09:00"), "still")
    assert [(rung.rung, rung.repeat, rung.reach) for rung in late.rungs] == [
        ("ask", 0, "passed over"),
        ("tell", 0, "due"),
        ("tell", 1, "next"),
        ("tell", 2, "later"),
    ]
    assert [rung.reached_at for rung in late.rungs] == [
        at("tue 09:00"),
        at("thu 09:00"),
        at("fri 09:00"),
        at("2 mon 09:00"),
    ]
    said = row(wished(LATE, "tue 09:00", "still"), "said", "tue 09:05")
    assert rule(explained(LATE, "thu 09:00", None, said), "still").rungs[0].reach == "reached"


def test_nobody_found_falls_to_the_coordinator_and_says_so() -> None:
    nobodys = ticket(SOLVED, reporter=None)
    closure = rule(explained(nobodys, "mon 12:00"), "closure")
    assert closure.step is not None
    assert [(each.word, each.person, each.note) for each in closure.step.to] == [
        ("forwarder", None, "nobody"),
        ("coordinator", "cid", "in place of nobody"),
    ]
    still = rule(explained(LATE, "tue 09:00"), "still")
    assert still.step is not None
    assert [(each.word, each.person, each.note) for each in still.step.to] == [
        ("owner", "dan", "it has no owner, so who coordinates its queue")
    ]


def test_strangers_are_told_by_their_roles_everywhere() -> None:
    acts = ["mon 09:00 ~x forwarder ~y", ON, "mon 09:30 ~x owner ~z", "tue 09:00 ~z says"]
    seen = ticket(*acts, reporter="~x", forwarder="~y", owner="~z")
    known = row(wished(ticket(PLACED, ON), "tue 09:00", "still"), "said", to=("~z",), because="x; owner: ~z, bob")
    rules = book(ladders=[each | {"when": {"forwarder": "ann"}} for each in SECTIONS["ladders"]])
    told = msgspec.json.encode(explained(seen, "thu 15:00", rules, known)).decode()
    assert "~" not in told.replace("~ ", "")


def test_conditions_nest_with_what_was_found() -> None:
    when = {
        "any": [{"priority": "high"}, {"category": "LAW", "tier": 2}],
        "not": {"label": "vip"},
        "delivered": False,
    }
    ladders = [{**SECTIONS["ladders"][2], "when": when}]
    found = rule(
        explained(ticket(SOLVED, category="LAW", labels=frozenset(["vip"])), "mon 12:00", book(ladders=ladders)),
        "closure",
    )
    tree = [(one.word, one.wanted, one.found, one.holds, len(one.among)) for one in found.conditions]
    assert tree == [
        ("any", (), "", False, 2),
        ("not", (), "", False, 1),
        ("delivered", ("false",), "false", True, 0),
    ]
    high, law = found.conditions[0].among
    assert (high.word, high.found, high.holds) == ("priority", "-", False)
    assert (law.word, [(one.word, one.found, one.holds) for one in law.among]) == (
        "all",
        [("category", "LAW", True), ("tier", "-", False)],
    )
    assert found.because == "none of these holds: priority is -, wanted high; tier is -, wanted 2"


@pytest.mark.parametrize(
    ("when", "found", "wanted", "changes_at"),
    [
        ({"age": {"over": "1wd"}}, "60 working minutes", "over 1wd", "tue 08:00"),
        ({"age": {"over": "1h", "under": "2wd"}}, "60 working minutes", "over 1h and under 2wd", "mon 09:00"),
        ({"clock": {"solution": ["at risk", "met"]}}, "solution on track", "solution at risk or met", "tue 12:00"),
        ({"bounces": {"over": 1}}, "0", "over 1", None),
        ({"open": "office"}, "office", "office", "mon 16:00"),
        ({"filled": ["queue", "category"]}, "queue", "queue or category", None),
    ],
)  # fmt: skip
def test_what_conditions_measure_is_told_with_when_it_changes(
    when: dict[str, object], found: str, wanted: str, changes_at: str | None
) -> None:
    rules = book(ladders=[{**SECTIONS["ladders"][1], "when": when}])
    seen = ticket("mon 08:00 ann queue it", "mon 08:00 ann state handed-on")
    (one,) = rule(explained(seen, "mon 09:00", rules), "still").conditions
    assert (one.found, " or ".join(one.wanted)) == (found, wanted)
    in_that_minute = one.changes_at is not None and 0 <= one.changes_at - at(changes_at or "mon 08:00") < 60
    assert in_that_minute if changes_at else one.changes_at is None


def test_the_clock_is_told_stretch_by_stretch() -> None:
    seen = ticket(PLACED, ON, ASKING, "mon 12:00 ann state handed-on", "mon 14:00 bob state solved")
    (run,) = next(each for each in explained(seen, "tue 12:00").clocks if each.policy == "solution").runs
    assert [(each.from_at, each.to_at, each.runs, each.worked_s) for each in run.segments] == [
        (at("mon 09:00"), at("mon 10:00"), True, 3600),
        (at("mon 10:00"), at("mon 12:00"), False, 7200),
        (at("mon 12:00"), at("mon 14:00"), True, 7200),
    ]
    assert (run.elapsed_s, run.paused_s, run.standing, run.stopped_at) == (10800, 7200, "met", at("mon 14:00"))
    (waits,) = next(
        each for each in explained(ticket(PLACED, ON, ASKING), "mon 13:00").clocks if each.policy == "solution"
    ).runs
    assert [(each.to_at, each.runs, each.worked_s) for each in waits.segments] == [
        (at("mon 10:00"), True, 3600),
        (None, False, 3 * 3600),
    ]
    assert (waits.standing, waits.due_at) == ("paused", None)


def test_the_timeline_tells_who_did_what_to_which_clock() -> None:
    said = row(wished(LATE, "tue 09:00", "still"), "said", "tue 09:05", comment_id="3", because="so")
    seen = ticket(PLACED, ON, ASKING, "tue 09:05 robot says")
    events = explained(seen, "tue 12:00", None, said).timeline
    assert [(event.what, event.by, event.person) for event in events] == [
        ("created", "forwarder", "ann"),
        ("queue", "forwarder", "ann"),
        ("state", "forwarder", "ann"),
        ("state", "somebody", "bob"),
        ("message", "the bot", None),
    ]
    handed, asked, wrote = events[2:]
    assert [(value.word, value.was, value.now) for value in handed.values] == [
        ("state", "new", "handed-on"),
        ("tier", "1", "2"),
        ("ball", "tier 1", "tier 2"),
    ]
    assert [(act.clock, act.did) for act in handed.clocks] == [
        ("answer", "starts"),
        ("solution", "starts"),
        ("since movement", "starts anew"),
    ]
    assert ("solution", "pauses") in [(act.clock, act.did) for act in asked.clocks]
    assert [(told.rule, told.rung, told.commented) for told in wrote.steps] == [("still", "ask", True)]


def test_a_clock_that_ends_a_run_and_begins_the_next_starts_anew() -> None:
    policies = [SECTIONS["policies"][1] | {"restarts": ["answered"], "pauses": []}]
    found = explained(ticket(PLACED, ON, "mon 10:00 bob says"), "mon 12:00", book(policies=policies))
    acts = [(act.clock, act.did) for act in found.timeline[-1].clocks]
    assert acts == [("solution", "starts anew"), ("since movement", "starts anew")]
    assert [run.cycle for run in found.clocks[0].runs] == [1, 2]


def test_what_only_the_ledger_tells_stands_in_the_timeline_too() -> None:
    held = row(wished(LATE, "tue 09:00", "still"), "held", "tue 09:05")
    assert [event.what for event in explained(LATE, "tue 12:00", None, held).timeline][-1] == "step"


GAPS = [
    {"name": "basics", "why": "Nobody can start without these.", "requires": ["category", "priority"]},
    {"name": "law", "why": "The law wants to know it.", "when": {"queue": "law"}, "requires": ["due"], "to": "owner"},
]


@pytest.mark.parametrize(
    ("acts", "facts", "name", "outcome", "because", "missing"),
    [
        ([], {}, "basics", "not handed over", "the ticket is at tier 1", ("category", "priority")),
        ([PLACED, ON, SOLVED], {}, "basics", "not handed over", "the ticket is solved", ("category", "priority")),
        ([PLACED, ON], {}, "law", "conditions", "queue is it, wanted law", ()),
        ([PLACED, ON], {"priority": "low"}, "basics", "say", DUE, ("category",)),
        (
            [PLACED, ON],
            {"priority": "low", "category": "IT"},
            "basics",
            "complete",
            "nothing that it requires is missing",
            (),
        ),
    ],
)
def test_why_a_completeness_rule_speaks_or_not(
    acts: list[str], facts: dict[str, object], name: str, outcome: str, because: str, missing: tuple[str, ...]
) -> None:
    found = rule(explained(ticket(*acts, **facts), "mon 12:00", book(completeness=GAPS)), name)
    assert (found.kind, found.outcome, found.because, found.missing) == ("completeness", outcome, because, missing)


def test_rules_that_speak_in_one_comment_tell_of_the_same_step() -> None:
    seen = ticket("mon 09:00 ann queue law", ON)
    found = explained(seen, "mon 12:00", book(completeness=GAPS))
    basics, law = rule(found, "basics"), rule(found, "law")
    assert basics.step is not None
    assert basics.step == law.step
    assert [each.word for each in basics.step.to] == ["forwarder", "owner"]
    assert [each.rule for each in only(found, "law").rules] == ["law"]


def test_what_rules_recorded_by_themselves_is_done_when_they_speak_together() -> None:
    seen = ticket("mon 09:00 ann queue law", ON)
    watching = book(completeness=[gap | {"observe": True} for gap in GAPS])
    recorded = [row(wished(seen, "mon 12:00", name, watching), "observed") for name in ("basics", "law")]
    found = explained(seen, "mon 13:00", book(completeness=GAPS), *recorded)
    because = "each rule that speaks in it recorded it already by itself, or counts as done"
    assert [(rule(found, name).outcome, rule(found, name).because) for name in ("basics", "law")] == [
        ("done", because)
    ] * 2


def test_what_became_due_while_the_desk_was_closed_waited_for_its_hours() -> None:
    said = row(wished(LATE, "tue 09:00", "still"), "said", "wed 08:05", due_at=at("tue 16:30"))
    (told,) = explained(LATE, "wed 12:00", None, said).timeline[-1].steps
    assert told.quiet_until_at == at("wed 08:00")


def test_a_shift_of_a_date_stands_beside_the_turn_that_made_it() -> None:
    rules = deadline_book(counts_from="answered_on", met_by=None)
    written = Change(at("tue 10:00"), "answered_on", None, "2026-11-17", "bob")
    seen = ticket(category="LAW", fields={"answered_on": "2026-11-17"}, changes=(written,))
    found = explained(seen, "tue 12:00", rules)
    (shift,) = found.dates.shifts
    assert (shift.kind, shift.because, shift.was_at, shift.now_at) == (
        "statutory", "answered_on", at("thu 00:00"), at("fri 00:00"),
    )  # fmt: skip
    assert [event.shifts for event in found.timeline] == [(), (shift,)]
    assert [(value.word, value.now) for value in found.timeline[1].values] == [("answered_on", "2026-11-17")]


def test_a_field_that_holds_more_than_a_word_is_not_quoted() -> None:
    rules = book(fields=SECTIONS["fields"] | {"note": "n"})
    written = Change(at("tue 10:00"), "note", None, "Jaan", "bob")
    seen = ticket(fields={"note": "Jaan"}, changes=(written,))
    value = explained(seen, "tue 12:00", rules).timeline[1].values[0]
    assert (value.word, value.now, value.told) == ("note", "…", False)


def test_one_rule_is_told_with_all_that_it_stands_on_and_nothing_else() -> None:
    found = only(explained(LATE, "tue 13:00"), "deadline")
    assert [each.rule for each in found.rules] == ["deadline"]
    assert [each.policy for each in found.clocks] == ["solution"]
    assert [[act.clock for act in event.clocks] for event in found.timeline] == [[], ["solution"]]
    policy = only(explained(LATE, "tue 13:00"), "solution")
    assert [each.rule for each in policy.rules] == ["deadline"], "who stands on the clock"
    assert set(names_of(plain_book())) >= {"legal", "deadline", "solution"}


# Laws


def same_story(seen: Ticket, rules: Rulebook, ledger: dict[str, Entry], desk: DeskState, now: Moment) -> None:
    """What is explained is what judge and arrange give at that moment."""
    found = explain(seen, rules, ledger, desk, now)
    wishes = judge(seen, rules, now)
    arranged = arrange([wishes], ledger, rules, desk, now)
    told = {each.step.key: each for each in found.rules if each.step is not None}
    told |= {each.notice.step.key: each.notice for each in found.rules if each.notice is not None}
    assert set(told) == {step.key for step in wishes.steps}
    by_outcome = {
        "say": {step.key for steps in arranged.say for step in steps},
        "observe": {step.key for step in arranged.observe},
        "adopt": {step.key for step in arranged.adopt},
        "hold": {held.step.key for held in arranged.hold},
    }
    for outcome, keys in by_outcome.items():
        assert {key for key, each in told.items() if each.outcome == outcome} == keys
    assert {(held.step.key, held.not_before) for held in arranged.hold} == {
        (key, each.not_before_at) for key, each in told.items() if each.outcome == "hold"
    }
    done = {key for key, each in told.items() if each.outcome == "done"}
    assert all(ledger[key].state in DONE for key in done)
    assert set(found.withdrawn) == set(arranged.withdraw)
    looks = [held.not_before for held in arranged.hold if held.not_before is not None]
    if wishes.look_again_at is not None:
        looks.append(wishes.look_again_at)
    assert found.next.look_at == min(looks, default=None)
    for each in found.rules:
        assert (each.outcome == "conditions") <= (not all(one.holds for one in each.conditions))
        due = [rung for rung in each.rungs if rung.reach == "due"]
        speaking = [one.step for one in (each.notice, each) if one and one.step]
        if each.outcome == "hushed":
            assert len(due) == 1, "the rung of which a command says that nothing is to be said"
        else:
            assert [(rung.rung, rung.repeat) for rung in due] == (
                [(one.rung, one.repeat) for one in speaking] if each.kind == "ladder" else []
            )
        ahead = {rung.reached_at for rung in each.rungs if rung.reach == "next"}
        assert ahead == ({each.next_at} if each.next_at is not None else set())
    assert msgspec.json.decode(msgspec.json.encode(found), type=Explanation) == found


STATES = st.sampled_from([*sorted(DONE | WAITING), "withdrawn", None])


@given(tickets(), NOWS, st.lists(STATES, min_size=4, max_size=4), st.sampled_from(["", "ABC", "*"]))
def test_the_story_is_judges_and_arranges_own(
    seen: Ticket, now: int, states: list[str | None], silenced: str
) -> None:
    steps = judge(seen, plain_book(), now).steps
    rows = [row(step, state) for step, state in zip(steps, states, strict=False) if state is not None]
    same_story(seen, plain_book(), {each.key: each for each in rows}, DeskState(silenced=frozenset([silenced])), now)


DESKS = sorted(path.parent.name for path in rules_folder().glob("*/desk.yaml"))
LATER = ((3_600, "said"), (86_400, "observed"), (40 * 86_400, "batched"))
"""How much later a case is asked about again, and what had become by then of all that is wished then."""

IN_SOAK = settings().max_examples > 1000
"""Whether each case is asked about at both moments; in the suite neighbours, which are much alike, take turns."""


@cache
def shipped_cases(desk: str) -> list[tuple[Rulebook, Ticket, Moment]]:
    """Every ticket of a shipped rulebook's tests, at every moment that they ask about."""
    found = []
    folder = rules_folder() / desk
    rules = read_desk(folder, "test").book
    for written in read_tests(files_of(folder), rules):
        for time in written.case.asked:
            now = moment(time, rules)
            found.append((rules, ticket_at(written.case, rules, now), now))
    return found


@pytest.mark.parametrize("turn", range(len(LATER)))
@pytest.mark.parametrize("desk", DESKS)
def test_the_story_of_every_shipped_test_is_that_of_judge_and_arrange(desk: str, turn: int) -> None:
    later_s, state = LATER[turn]
    cases = shipped_cases(desk)[turn :: len(LATER)]
    assert len(cases) > 10
    for n, (rules, seen, now) in enumerate(cases):
        if IN_SOAK or n % 2:
            same_story(seen, rules, {}, DeskState(), now)
        if IN_SOAK or not n % 2:
            later = now + later_s
            ledger = {step.key: row(step, state) for step in judge(seen, rules, later).steps}
            same_story(seen, rules, ledger, DeskState(), later)


def test_a_rule_that_is_called_as_a_part_of_keys_is_done_too_when_it_recorded_by_itself() -> None:
    gaps = GAPS[0] | {"name": "gaps"}
    watching, speaking = (book(completeness=[gaps | {"observe": watches}]) for watches in (True, False))
    recorded = row(wished(LATE, "mon 12:00", "gaps", watching), "observed")
    assert rule(explained(LATE, "mon 13:00", speaking, recorded), "gaps").outcome == "done"
