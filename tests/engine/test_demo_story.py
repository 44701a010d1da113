"""The demo's outcome: the same on every run and in both flavours, and what a lead should see in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from desks import SITE, desk_over, shipped
from told_days import NEWS, TALLINN, table, told

from bot.demo import Demo, Played, Spoken, open_demo, play
from bot.sandbox.story import Stage, read_story
from bot.shipped import rules_folder

pytestmark = pytest.mark.timeout(300)  # the first test plays the weeks for all

JIRA_AWAY_ON = 3
"""The day of the story on which Jira is away for an hour."""

TOLD = rules_folder() / "keskkonnaamet" / "demo" / "tickets.jsonl"
TICKETS = {ticket["id"]: ticket for ticket in map(json.loads, TOLD.read_text("utf-8").splitlines())}


class Outcome(NamedTuple):
    """A demo that was played, and by ticket what was said on it and what it lacks; by rule what was recorded of."""

    demo: Demo
    played: Played
    said: dict[str, list[Spoken]]
    lacks: dict[str, set[str]]
    recorded: dict[str, set[str]]


def local(at: int) -> datetime:
    return datetime.fromtimestamp(at, TALLINN)


def at(text: str) -> datetime:
    return datetime.strptime(f"{text} +0200", "%Y-%m-%d %H:%M %z")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo of a Cloud desk leaves its letters."""
    return tmp_path_factory.mktemp("letters")


@pytest.fixture(scope="module")
def weeks(letters: Path) -> Outcome:
    """What the demo of a Cloud desk comes to, what was said on each ticket, what each lacks and what was recorded."""
    with open_demo("cloud", "keskkonnaamet", NEWS, letters=letters, inside=True) as demo:
        played = play(demo)
        names = {demo.sandbox.world.issues[number].key: name for name, number in demo.stage.ids.items()}
        lacks: dict[str, set[str]] = {name: set() for name in names.values()}
        recorded: dict[str, set[str]] = {}
        for row in demo.engine.store.ledger():
            if row.state == "observed":
                recorded.setdefault(row.rule, set()).add(names[row.ticket_key])
            if row.rung == "gaps":
                missing = re.search("missing: ([^;]*)", row.because)
                lacks[names[row.ticket_key]].update(missing[1].split(", ") if missing else ())
    said: dict[str, list[Spoken]] = {name: [] for name in names.values()}
    for spoken in played.spoken:
        said[names[spoken.ticket]].append(spoken)
    return Outcome(demo, played, said, lacks, recorded)


def test_what_people_do_and_the_bot_says_is_as_it_was_read(weeks: Outcome) -> None:
    assert told(weeks.demo, weeks.played) == table("keskkonnaamet", weeks.demo.story.ends_at)


def over_http(days: int) -> tuple[Played, int]:
    """The demo of a Cloud desk with the network between the bot and the sandbox, and when it ends."""
    with open_demo("cloud", "keskkonnaamet", days) as demo:
        return play(demo), demo.story.ends_at


def of_another_site(days: int) -> tuple[Played, int]:
    """The same on a Data Center desk that has another name."""
    assert SITE != "demo", "not even the site's name changes what is said"
    book = shipped().book
    story = read_story(rules_folder() / "keskkonnaamet" / "demo", book, days)
    with desk_over("dc", at=story.starts_at) as desk, desk.bot() as bot:
        sandbox = SimpleNamespace(site=desk.site, world=desk.world)
        client = bot.engine.tracker.client
        return play(
            Demo(story, Stage(desk.world, story, book), sandbox, desk.clock, client, bot.engine)
        ), story.ends_at


@pytest.mark.parametrize(("days", "another"), [(2, over_http), (4, of_another_site)])
def test_the_outcome_is_the_same_on_every_run_and_in_both_flavours(
    weeks: Outcome, days: int, another: Callable[[int], tuple[Played, int]]
) -> None:
    again, ends_at = another(days)
    assert again.spoken == [spoken for spoken in weeks.played.spoken if spoken.at < ends_at]
    assert again.away == (weeks.played.away if days > JIRA_AWAY_ON else 0)


def test_so_much_is_said(weeks: Outcome) -> None:
    _, played, said, _, _ = weeks
    assert len(said) >= 30, "something is said on every ticket"
    assert len(played.spoken) == sum(map(len, said.values())) >= 90
    talk = said.values()
    unasked = [
        [each for each in spoken if each.rules != ("command",) and each.rungs != ("close",)] for spoken in talk
    ]
    assert max(map(len, unasked)) == 5, "the budget of a ticket"
    assert played.away == 4, "the four quarters of the hour in which Jira is away"


@pytest.mark.parametrize(
    ("ticket", "when", "rule", "rung", "to"),
    [
        ("D01", "2026-12-14 09:15", "it-support", "routed", ["spetsialist1"]),
        ("D13", "2026-12-15 14:15", "waste", "routed", ["spetsialist3"]),
        ("D30", "2026-12-17 15:15", "wrong-addressee", "unsure", ["koordinaator1", "juht1"]),
        # solved on Tuesday at 16:20; one working hour later is 8:20 on Wednesday
        # spetsialist1 is away, and so is the first deputy; that one is back on Thursday
        ("D07", "2026-12-16 08:30", "solution-reached-customer", "ask", ["spetsialist3"]),
        ("D07", "2026-12-17 14:30", "solution-reached-customer", "remind", ["spetsialist2"]),
        # load2 is away, load1 stands in; ohk1 is away, and there is nobody but the coordinator
        ("D21", "2026-12-17 14:30", "tier2-deadline", "warn", ["load1"]),
        ("D16", "2026-12-22 16:15", "no-movement", "ask", ["koordinaator1"]),
        ("D07", "2026-12-21 12:30", "solution-reached-customer", "tell", ["spetsialist1", "koordinaator1"]),
        ("D05", "2026-12-16 09:00", "no-movement", "ask", ["load1"]),
        ("D02", "2026-12-17 15:30", "waiting-for-customer", "ask", ["spetsialist4"]),
        # a critical one: four working hours from 9:06
        ("D19", "2026-12-16 12:15", "critical-deadline", "warn", ["it1"]),
        ("D19", "2026-12-16 13:15", "critical-deadline", "breach", ["it1"]),
        # an information request registered on Wednesday the 16th: five working days end on the 23rd
        ("D26", "2026-12-21 08:00", "info-request", "warn", ["dok1"]),
        # a letter registered on Monday the 14th: fifteen days end on Tuesday the 29th, after Christmas
        ("D27", "2026-12-22 08:00", "letter", "warn", ["jaatmed1"]),
        # what the forwarder left out is asked for as it is handed over, in one comment with the route
        ("D02", "2026-12-14 09:45", "declaration-data", "gaps", ["spetsialist4"]),
        ("D10", "2026-12-15 14:00", "sign-in-data", "gaps", ["spetsialist4"]),
        ("D16", "2026-12-18 10:45", "report-data", "gaps", ["spetsialist4"]),
        # what does not look right is asked about there too, and personal data are to be removed
        ("D05", "2026-12-14 11:00", "permit-data", "gaps", ["spetsialist2"]),
        ("D24", "2026-12-22 09:30", "clear-words", "gaps", ["spetsialist1"]),
        ("D22", "2026-12-15 10:15", "personal-data", "ask", ["spetsialist3"]),
        # KEMIT solved its own ticket on Friday at 10:05; who cannot be read is told of once, and the burst as well
        ("N07", "2026-12-18 11:15", "solution-reached-customer", "ask", ["spetsialist4"]),
        # its forwarder, spetsialist2, is away that day
        ("N09", "2026-12-16 11:00", "linked-unseen", "tell", ["spetsialist4"]),
        ("N01", "2026-12-21 13:15", "mass-outage", "burst", ["koordinaator1"]),
        # known on Friday at 14:15, as a free text says
        ("D29", "2026-12-18 14:30", "data-breach", "know", ["aks1", "spetsialist3"]),
    ],
)
def test_this_is_said_then(weeks: Outcome, ticket: str, when: str, rule: str, rung: str, to: list[str]) -> None:
    found = [spoken for spoken in weeks.said[ticket] if (rule, rung) in zip(spoken.rules, spoken.rungs, strict=True)]
    assert [(local(spoken.at), list(spoken.to)) for spoken in found] == [(at(when), to)]


def test_tickets_tied_to_an_incident_wait_for_it_and_each_forwarder_gets_one_list(weeks: Outcome) -> None:
    said = weeks.said
    solved = [each for each in said["N06"] if each.rules[0] == "mass-outage"]
    assert [(local(each.at), sorted(each.to)) for each in solved] == [
        (at("2026-12-22 11:30"), ["spetsialist1", "spetsialist2", "spetsialist3"])
    ]
    for ticket in ("N02", "N03", "N04", "N05"):
        assert min(local(each.at) for each in said[ticket]) == at("2026-12-22 11:30"), "forwarded the day before"
    assert all("no-movement" not in each.rules for ticket in ("N07", "N09") for each in said[ticket])


FLAW = "PUUDUB:"
WORDS = {
    "registrikood": "registry_code",
    "loa_nr": "permit",
    "kotkas_roll": "kotkas_role",
    "vea_aeg": "error_time",
    "brauser": "browser",
    "veateade": "error_text",
    "ekraanipilt": "screenshot",
    "dhs_viit": "dhs_ref",
    "registreeritud": "registered",
    "oige_vaartus": "correct_value",
}


def test_what_a_ticket_lacks_is_found_and_nothing_else(weeks: Outcome) -> None:
    """Each ticket of the story says in its own words what it lacks; the rest is for people, or for later rules."""
    for name, gaps in weeks.lacks.items():
        ticket = TICKETS[name]
        period = "declaration_period" if (ticket["category"] or "").startswith("DEKL") else "period"
        flaws = [flaw.removeprefix(FLAW) for flaw in ticket["flaws"] if flaw.startswith(FLAW)]
        assert gaps == {period if flaw == "periood" else WORDS[flaw] for flaw in flaws}, name
    assert sum(map(bool, weeks.lacks.values())) == 7


def test_surveys_and_guesses_are_recorded_and_not_said(weeks: Outcome) -> None:
    recorded = weeks.recorded
    assert recorded["survey"] == {"D08", "D09", "L04"}
    assert {"D06", "D12", "D18"} <= recorded["tier1-first"]
    assert not {rule for spoken in weeks.played.spoken for rule in spoken.rules} & {"survey", "tier1-first"}


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-12-16 10:00", "2026-12-16 11:00"),  # Jira is away
        ("2026-12-18 17:00", "2026-12-21 08:00"),  # a weekend
        ("2026-12-23 14:00", "2026-12-28 08:00"),  # the eve's afternoon, Christmas and a weekend
    ],
)
def test_nothing_is_said_then(weeks: Outcome, since: str, until: str) -> None:
    assert [spoken for spoken in weeks.played.spoken if at(since) <= local(spoken.at) < at(until)] == []


def test_nothing_is_said_on_the_held_ticket_until_a_person_lets_it(weeks: Outcome) -> None:
    held, freed = at("2026-12-16 12:00"), at("2026-12-23 09:00")
    moments = [local(spoken.at) for spoken in weeks.said["D10"]]
    assert not [moment for moment in moments if held <= moment < freed]
    assert freed in moments, "then what is due by now, in one comment"


def test_tickets_handled_in_good_time_are_left_in_peace(weeks: Outcome) -> None:
    for ticket in ("D04", "D09", "D14"):
        assert [spoken.rungs for spoken in weeks.said[ticket]] == [("routed",)]
    assert [spoken.rungs for spoken in weeks.said["D06"]] == [("routed",), ("tell",)], "tier 2 returned it"


def test_nobody_hears_twice_of_one_thing_and_everybody_within_the_desks_hours(
    weeks: Outcome,
) -> None:
    calendar = shipped().book.calendar
    assert all(calendar.is_open(spoken.at) for spoken in weeks.played.spoken)
    assert {local(spoken.at).date() for spoken in weeks.played.spoken} >= {date(2026, 12, 14), date(2026, 12, 31)}


def test_each_morning_everybody_has_one_summary_of_what_is_theirs(weeks: Outcome, letters: Path) -> None:
    sent = weeks.played.letters
    summaries = [(letter.to, local(letter.due_at)) for letter in sent if letter.rule == "summary"]
    assert len(summaries) == len(set(summaries)) >= 100
    assert {(due.hour, due.minute) for _, due in summaries} == {(8, 30)}
    days = {due.date() for _, due in summaries}
    assert {due.date() for who, due in summaries if who == "koordinaator1"} == days
    titles = {section.title for letter in sent for section in letter.sections}
    assert titles >= {"undelivered", "overdue", "at_risk", "incomplete", "unassigned", "moved", "rest"}
    assert len(list(letters.glob("*.eml"))) == len(sent)


def test_what_people_tell_the_bot_is_done_or_refused_and_answered(weeks: Outcome) -> None:
    said = weeks.said
    assert [
        (f"{local(spoken.at):%d. %H:%M}", spoken.rungs, spoken.to)
        for ticket in ("K01", "K02")
        for spoken in said[ticket]
        if spoken.rules == ("command",)
    ] == [
        ("18. 11:30", ("refused",), ("it1",)),
        ("18. 13:15", ("granted",), ("spetsialist1",)),
        ("17. 08:45", ("granted",), ("it2",)),
        ("21. 09:15", ("answered",), ("spetsialist2",)),
        ("21. 09:30", ("granted",), ("spetsialist2",)),
    ]
    snoozed = [local(spoken.at) for spoken in said["K02"] if spoken.rules != ("command",)]
    assert not [moment for moment in snoozed if at("2026-12-17 08:45") <= moment < at("2026-12-21 08:00")]
    assert at("2026-12-21 08:00") in snoozed


def test_what_is_solved_is_followed_until_it_is_delivered_and_closed(weeks: Outcome) -> None:
    said = {
        name: [rule for spoken in weeks.said[name] for rule in spoken.rules]
        for name in ("L01", "L02", "L03", "L04", "L05", "L06", "L07")
    }
    attempts = ["delivery-attempted", "delivery-attempted", "delivery-failed", "undelivered-closed"]
    assert said["L01"][-len(attempts) :] == attempts
    assert "delivered-not-closed" in said["L02"]
    assert "closed-by-itself" not in said["L02"], "the rule only records"
    assert [rule for rule in said["L03"] if rule.startswith("reopened")] == ["reopened"], "with its reason"
    assert [rule for rule in said["L07"] if rule.startswith("reopened")] == ["reopened", "reopened-why"]
    assert [spoken.rungs for spoken in weeks.said["L04"] if "tier2-replied" in spoken.rules] == [
        ("tell",),
        ("ask",),
    ]
    assert [
        said["L05"].count(each) for each in ("information-added", "customer-asked-again", "customer-asked-often")
    ] == [1, 1, 1]
    assert said["L06"][-1] == "closed-not-delivered"
