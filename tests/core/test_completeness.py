"""Completeness: what counts as a gap, when one is asked about, and that one comment tells of all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from small_desk import SECTIONS, at, book, row, ticket, view

from bot.core.arrange import DeskState, arrange
from bot.core.completeness import gaps, handed_over_at, missing_in
from bot.core.crosscheck import problems
from bot.core.entries import Entries
from bot.core.findings import KEY
from bot.core.judge import judge
from bot.core.steps import Name, Step, is_key, rules_of

ON = "mon 09:00 ann state handed-on"
BACK = "mon 11:00 bob state new"
AGAIN = "mon 12:00 ann state handed-on"
SOLVED = "tue 10:00 bob state solved"

FIELDS = {"category": "c", "queue": "q", "forwarder": "f", "delivered": "d", "code": "Code", "term": "T", "shot": "S"}
CODE = {"name": "code", "why": "Who the customer is matters.", "requires": ["code"]}
MORE = {"name": "more", "why": "IT cannot look without it.", "when": {"category": "IT"}, "requires": ["code", "term"]}


def rules(*completeness: dict[str, Any], **sections: Any):
    titles = {word: {"en": word.title()} for word in ("code", "term", "shot")}
    more = {"fields": FIELDS, "titles": titles, "routes": [], "policies": [], "ladders": []}
    return book(completeness=list(completeness), **(more | sections))


def said(
    *acts: str, now: str = "mon 09:00", by: tuple[dict[str, Any], ...] = (CODE, MORE), **facts: Any
) -> list[Step]:
    return list(judge(ticket(*acts, **facts), rules(*by), at(now)).steps)


@pytest.mark.parametrize(
    ("acts", "facts", "came"),
    [
        ([], {}, None),
        ([ON], {}, "mon 09:00"),
        ([], {"state": "handed-on"}, "mon 08:00"),  # created there
        ([ON, BACK], {}, None),
        ([ON, BACK, AGAIN], {}, "mon 12:00"),
        ([ON, SOLVED], {}, None),
        ([ON, SOLVED, "wed 09:00 ann state handed-on"], {}, "mon 09:00"),  # reopened: it has been there all the time
        ([ON, SOLVED, "wed 09:00 ann state new", "wed 10:00 ann state handed-on"], {}, "wed 10:00"),
        ([ON, "mon 10:00 bob state asking"], {}, "mon 09:00"),
        ([ON, "mon 10:00 bob state drifting", "mon 11:00 bob state handed-on"], {}, "mon 09:00"),
        (["mon 09:00 ann queue it", "mon 10:00 ann state drifting"], {}, "mon 10:00"),  # its queue's tier
    ],
)
def test_since_when_it_is_at_tier_2(acts: list[str], facts: dict[str, Any], came: str | None) -> None:
    assert handed_over_at(view(ticket(*acts, **facts))) == (came and at(came))


@pytest.mark.parametrize(
    ("requires", "facts", "missing"),
    [
        (["code"], {}, ["code"]),
        (["code"], {"fields": {"code": "set"}}, []),
        (["code"], {"fields": {"code": ""}}, ["code"]),
        (["code", "shot"], {"fields": {"term": "set", "shot": "set"}}, ["code"]),
        (["term", "code"], {}, ["term", "code"]),  # in the rule's order
        (["category", "queue", "priority"], {}, ["category", "queue", "priority"]),
        (["category", "queue"], {"category": "unknown", "queue": "unknown"}, []),  # filled in with something else
        (["category", "queue", "priority"], {"category": "IT", "queue": "it", "priority": "low"}, []),
        (["forwarder"], {}, ["forwarder"]),  # who it is can be told from the history, the field is empty all the same
        (["forwarder"], {"forwarder": "~somebody"}, []),
        (["owner", "due"], {}, ["owner", "due"]),
        (["owner", "due"], {"owner": "bob", "due_at": 0 + 86_400}, []),
    ],
)
def test_what_is_missing(requires: list[str], facts: dict[str, Any], missing: list[str]) -> None:
    found = list(gaps(view(ticket(ON, **facts), rules=rules(CODE | {"requires": requires}))))
    assert [word for each in found for word in each.missing] == missing
    assert bool(found) == bool(missing)


def test_one_comment_lists_all_gaps_of_all_rules_that_hold() -> None:
    (step,) = said(ON, category="IT")
    assert (step.rule, step.also, rules_of(step)) == ("code", ("more",), ("code", "more"))
    assert (step.say, step.to, step.due_at, step.urgency) == ("incomplete", ("ann",), at("mon 09:00"), 0)
    assert missing_in(step) == ("code", "term")
    assert step.values["missing"].names == (Name("title", "code"), Name("title", "term"))
    assert step.because.why == "Who the customer is matters."
    assert step.because.values == (("category", "IT"), ("missing", "code, term"))


def test_a_rule_without_gaps_says_nothing_in_it() -> None:
    (step,) = said(ON, category="IT", fields={"code": "set"})
    assert (rules_of(step), missing_in(step)) == (("more",), ("term",))
    assert said(ON, category="IT", fields={"code": "set", "term": "set"}) == []
    assert said(ON, category="LAW", fields={"code": "set"}) == [], "the condition does not hold"


def test_everybody_is_addressed_whom_a_rule_with_gaps_addresses() -> None:
    by = (CODE | {"to": ["lead", "forwarder"]}, MORE | {"to": ["forwarder", "dan"], "say": "other"})
    (step,) = said(ON, category="IT", by=by)
    assert (step.to, step.say) == (("lea", "ann", "dan"), "incomplete")


@pytest.mark.parametrize(
    "acts",
    [[], [ON, BACK], [ON, SOLVED], [ON, "mon 10:00 bob state closed"]],
)
def test_it_is_wished_only_while_the_ticket_is_at_tier_2(acts: list[str]) -> None:
    assert said(*acts, now="thu 10:00") == []


def test_the_key_is_that_of_the_hand_off_whichever_gaps_there_are() -> None:
    first = said(ON, category="IT")[0].key
    assert is_key(first, "small", "7")
    assert first == said(ON, category="LAW")[0].key == said(ON, category="IT", fields={"code": "set"})[0].key
    assert first == said(ON, "mon 10:00 ann category IT", now="fri 10:00")[0].key
    assert first == said(ON, SOLVED, "wed 09:00 ann state handed-on", now="fri 10:00")[0].key
    assert first != said(ON, BACK, AGAIN, now="fri 10:00")[0].key


def spoken(step: Step, state: str, *, wished: list[Step]):
    """What is arranged for the ticket when the ledger has this row."""
    judged = judge(ticket(), rules(), at("mon 10:00"))
    wish = type(judged)("7", "ABC", tuple(wished), None, "never, as this is a test")
    return arrange([wish], {step.key: row(step, state)}, rules(), DeskState(), at("mon 10:00"))


def test_another_gap_on_the_same_hand_off_makes_no_second_comment() -> None:
    (first,) = said(ON, category="LAW")
    assert spoken(first, "said", wished=said(ON, category="IT")).say == []
    assert [list(steps) for steps in spoken(first, "held", wished=said(ON, category="IT")).say] == [
        said(ON, category="IT")
    ]


def test_what_waits_is_withdrawn_once_no_gap_is_left() -> None:
    (first,) = said(ON)
    left = said(ON, fields={"code": "set"})
    assert spoken(first, "held", wished=left).withdraw == [first.key]
    assert spoken(first, "said", wished=left).withdraw == []


def test_a_rule_on_observe_records_by_itself_and_adds_nothing_to_the_comment() -> None:
    live, watched = said(ON, category="IT", by=(CODE | {"observe": True}, MORE))[::-1]
    assert (rules_of(watched), missing_in(watched), watched.observe) == (("code",), ("code",), True)
    assert (rules_of(live), missing_in(live), live.observe) == (("more",), ("code", "term"), False)
    assert live.key == said(ON)[0].key != watched.key
    arranged = spoken(live, "said", wished=[watched, live])
    assert (arranged.observe, arranged.say) == ([watched], [])


def test_a_desk_on_observe_records_the_one_comment() -> None:
    seen = rules(CODE, MORE, manners={"observe": True})
    (step,) = judge(ticket(ON, category="IT"), seen, at("mon 09:00")).steps
    assert (step.observe, rules_of(step), step.key) == (True, ("code", "more"), said(ON)[0].key)


def test_a_rule_that_was_not_yet_live_at_the_hand_off_counts_as_done() -> None:
    by = (CODE | {"since": date(2026, 11, 17)}, MORE)
    live, late = said(ON, category="IT", by=by)[::-1]
    assert (rules_of(live), rules_of(late)) == (("more",), ("code",))
    arranged = spoken(live, "said", wished=[late, live])
    assert (arranged.adopt, arranged.say) == ([late], [])
    (after,) = said("tue 09:00 ann state handed-on", category="IT", by=by, now="tue 09:00")
    assert rules_of(after) == ("code", "more")


def test_nothing_is_asked_of_a_ticket_whose_state_is_not_known() -> None:
    assert said("mon 09:00 ann state mystery") == []


def found(*completeness: dict[str, Any], messages: Any = None, **sections: Any):
    more = {"fields": FIELDS, "titles": {"code": {"en": "code"}}} | sections
    entries = Entries.model_validate(SECTIONS | more | {"completeness": list(completeness)})
    return [
        (finding.path, finding.text, finding.suggestion)
        for finding in problems(entries, messages, lambda code: True)
        if finding.path[0] in ("completeness", "titles")
    ]


ALL = {"incomplete": frozenset(("missing", "date")), "w": frozenset(), "due_only": frozenset(("due",))}


@pytest.mark.parametrize(
    ("rule", "path", "text", "suggestion"),
    [
        ({"requires": ["cude"]}, ("requires", 0), "there is no field word 'cude'", "code"),
        ({"requires": ["prioriti"]}, ("requires", 0), "there is no field word 'prioriti'", "priority"),
        ({"requires": ["code", "code"]}, ("requires", 1), "there is already a requirement 'code'", None),
        (
            {"requires": ["term"]},
            ("requires", 0),
            "'term' has no title for people to read; give it one under `titles:`",
            None,
        ),
        (
            {"requires": ["delivered"]},
            ("requires", 0),
            "a solution is delivered only once tier 2 has found it, so it cannot be required here",
            None,
        ),
        ({"when": {"categry": "IT"}}, ("when", "categry", KEY), "unknown condition 'categry'", "category"),
        ({"to": ["forwader"]}, ("to", 0), "there is no role or person 'forwader'", "forwarder"),
        ({"say": "incomplet"}, ("say",), "there is no message 'incomplet'", "incomplete"),
        (
            {"say": "due_only"},
            ("say",),
            "the message 'due_only' needs the value 'due', which is not always there",
            None,
        ),
        ({"name": "still"}, None, "", None),  # a ladder is called so: told at the ladder, which comes later
        (
            {"name": "completeness"},
            ("name",),
            "'completeness' is the bot's own word; give the rule another name",
            None,
        ),
    ],
)
def test_a_rule_that_does_not_fit(
    rule: dict[str, Any], path: tuple[object, ...] | None, text: str, suggestion: str | None
) -> None:
    expected = [] if path is None else [(("completeness", 0, *path), text, suggestion)]
    assert found(CODE | rule, messages=ALL) == expected


def test_a_name_is_that_of_one_rule() -> None:
    entries = Entries.model_validate(
        SECTIONS | {"completeness": [CODE | {"name": "still", "requires": ["priority"]}]}
    )
    texts = [(finding.path, finding.text) for finding in problems(entries, None, lambda code: True)]
    assert texts == [(("ladders", 1, "name"), "there is already a rule 'still'")]


def test_what_is_required_must_be_mapped() -> None:
    fields = {"queue": "q", "delivered": "d"}
    entries = found(CODE | {"requires": ["category", "forwarder", "queue"]}, fields=fields, titles={})
    assert [(path[-1], text.partition(";")[0]) for path, text, _ in entries] == [
        (0, "the field `category` is not mapped"),
        (1, "the field `forwarder` is not mapped"),
    ]


@pytest.mark.parametrize(
    ("titles", "findings"),
    [
        ({"cude": {"en": "code"}}, [(("titles", "cude", KEY), "there is no field word 'cude'", "code")]),
        ({"code": {"ru": "код"}}, [(("titles", "code"), "a title in the desk's language 'en' is missing", None)]),
        ({"priority": {"en": "urgency"}}, []),  # in place of the word's own
    ],
)
def test_titles_that_do_not_fit(titles: dict[str, Any], findings: list[object]) -> None:
    assert found(titles=titles) == findings


@pytest.mark.parametrize(
    ("word", "language", "shown"),
    [
        ("code", "en", "Code"),
        ("code", "et", "Code"),  # the desk's language where it is not said in this one
        ("priority", "et", "prioriteet"),
        ("priority", "ru", "приоритет"),
        ("nothing", "en", "nothing"),
    ],
)
def test_what_people_read(word: str, language: str, shown: str) -> None:
    assert rules(CODE).name("title", word, language) == shown


HELD = CODE | {"holds_back": "2h"}
ROUTES = [{"route": "all", "why": "Everything is for the IT people.", "queue": "it"}]


def wished(now: str, *acts: str, by: tuple[dict[str, Any], ...] = (HELD,), **facts: Any) -> list[str]:
    """What is wished, by the rules that speak, and when to look again where that is for holding back."""
    wishes = judge(ticket(ON, *acts, **facts), rules(*by, routes=ROUTES), at(now))
    return [f"{step.rule}{' (held back)' if 'held_until' in step.values else ''}" for step in wishes.steps]


@pytest.mark.parametrize(
    ("now", "facts", "by", "found"),
    [
        ("mon 09:00", {}, (CODE,), ["all", "code"]),  # it only advises
        ("mon 09:00", {}, (HELD,), ["code (held back)"]),
        ("mon 10:59", {}, (HELD,), ["code (held back)"]),
        ("mon 11:00", {}, (HELD,), ["all", "code"]),  # not for ever
        ("mon 09:00", {"fields": {"code": "set"}}, (HELD,), ["all"]),  # "ei ole teada" is an answer too
        ("mon 09:00", {}, (HELD | {"observe": True},), ["all", "code"]),
        ("mon 09:00", {}, (HELD | {"since": date(2026, 11, 17)},), ["all", "code"]),
        ("mon 09:00", {"category": "IT"}, (HELD, MORE), ["code (held back)"]),
        ("mon 09:00", {"category": "IT", "fields": {"code": "set"}}, (HELD, MORE), ["all", "more"]),
        ("mon 09:00", {}, (HELD | {"when": {"category": "LAW"}}, CODE | {"name": "soft"}), ["all", "soft"]),
    ],
)
def test_a_ticket_that_lacks_something_is_held_back_for_a_while(
    now: str, facts: dict[str, Any], by: tuple[dict[str, Any], ...], found: list[str]
) -> None:
    assert sorted(wished(now, by=by, **facts)) == sorted(found)


def test_a_ticket_held_back_is_looked_at_when_that_is_over() -> None:
    wishes = judge(ticket(ON), rules(HELD, routes=ROUTES), at("mon 09:00"))
    assert wishes.look_again_at == at("mon 11:00")


@pytest.mark.parametrize(
    ("said", "now", "facts", "amended"),
    [
        ("missing: code, term", "mon 10:00", {}, None),
        ("missing: code, term", "mon 10:00", {"fields": {"code": "set"}}, "missing: term"),
        ("missing: code, term", "mon 10:00", {"fields": {"code": "set", "term": "set"}}, ""),
        ("missing: term", "mon 10:00", {}, "missing: code, term"),
        ("", "mon 10:00", {"fields": {"code": "set", "term": "set"}}, None),
        (None, "mon 10:00", {}, "missing: code, term"),  # said by a bot that kept no edition, or read back
    ],
)
def test_what_was_said_is_edited_when_something_else_is_missing(
    said: str | None, now: str, facts: dict[str, Any], amended: str | None
) -> None:
    by = rules(MORE)
    before = judge(ticket(ON, category="IT"), by, at("mon 09:00")).steps[0]
    ledger = {before.key: row(before, "said", edition=said)}
    arranged = arrange([judge(ticket(ON, category="IT", **facts), by, at(now))], ledger, by, DeskState(), at(now))
    say = "incomplete" if amended else "complete"
    assert [(each.edition, each.say) for each, _ in arranged.amend] == ([] if amended is None else [(amended, say)])
    assert arranged.say == []


def test_where_nothing_was_said_nothing_is_edited() -> None:
    whole = ticket(ON, category="IT", fields={"code": "set", "term": "set"})
    wishes = judge(whole, rules(MORE), at("mon 10:00"))
    assert len(wishes.amends) == 1
    arranged = arrange([wishes], {}, rules(MORE), DeskState(), at("mon 10:00"))
    assert (arranged.say, arranged.amend, arranged.hold) == ([], [], [])
