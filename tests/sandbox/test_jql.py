from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.jql import JqlError, search

TALLINN, UTC = ZoneInfo("Europe/Tallinn"), ZoneInfo("UTC")


def ms(text: str, zone: ZoneInfo = TALLINN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


NOW = ms("2026-11-18 10:00:30")  # a Wednesday


@dataclass
class Line:
    id: str
    key: str
    created_ms: int
    updated_ms: int
    fields: dict[str, Any]
    resolved_ms: int | None = None
    former_keys: Sequence[str] = ()


@dataclass
class Field:
    id: str
    name: str
    type: str


PROJECTS = [{"id": "1", "key": "KKA", "name": "Keskkonnaamet"}, {"id": "2", "key": "VLD", "name": "Viimsi vald"}]
STATUSES = [
    {"id": "11", "name": "Uus", "category": "new"},
    {"id": "12", "name": "Töös", "category": "indeterminate"},
    {"id": "13", "name": "Lahendatud", "category": "done"},
    {"id": "14", "name": "11", "category": "new"},  # a status named as another's id
]
PRIORITIES = [{"id": "1", "name": "Highest"}, {"id": "3", "name": "Medium"}, {"id": "5", "name": "Low"}]
TYPES = [{"id": "21", "name": "Küsimus"}, {"id": "22", "name": "Viga"}]
MARI = {
    "id": "mari",
    "name": "mari",
    "key": "JIRAUSER1",
    "displayName": "Mari Mets",
    "emailAddress": "mari@example.org",
}
JUHAN = {"id": "juhan", "name": "juhan", "displayName": "Juhan Juurikas"}
FIELDS = [
    Field("summary", "Kokkuvõte", "string"),
    Field("customfield_10201", "Kategooria", "option"),
    Field("customfield_10202", "Kordusi", "number"),
    Field("customfield_10203", "Viide", "string"),
    Field("customfield_10204", "Kooskõlastaja", "user"),
    Field("customfield_10205", "Vastus antud", "datetime"),
    Field("customfield_10206", "Seadusega antud", "date"),
    Field("customfield_10207", "Kanalid", "array"),
]


def row(number: int, key: str, status: int, created: str, updated: str, **fields: Any) -> Line:
    state = STATUSES[status]
    project = next(each for each in PROJECTS if each["key"] == key.split("-")[0])
    given = {
        "project": project,
        "status": {"id": state["id"], "name": state["name"], "statusCategory": {"key": state["category"]}},
        "issuetype": TYPES[0],
        "summary": f"Pilet {key}",
        **fields,
    }
    resolved = given.pop("resolved", None)
    former = given.pop("former", ())
    return Line(str(number), key, ms(created), ms(updated), given, ms(resolved) if resolved else None, former)


@dataclass
class World:
    lines: list[Line] = field(default_factory=list)
    flavour: str = "dc"

    def rows(self) -> Sequence[Line]:
        return self.lines

    def fields(self) -> Sequence[Field]:
        return FIELDS

    def projects(self) -> Sequence[Mapping[str, str]]:
        return PROJECTS

    def statuses(self) -> Sequence[Mapping[str, str]]:
        return STATUSES

    def priorities(self) -> Sequence[Mapping[str, str]]:
        return PRIORITIES

    def issue_types(self) -> Sequence[Mapping[str, str]]:
        return TYPES

    def user_exists(self, ref: str) -> bool:
        return ref.lower() in ("mari", "juhan", "mari@example.org", "42")


WORLD = World(
    [
        row(
            101, "KKA-1", 0, "2026-11-02 09:00", "2026-11-18 09:50:20",
            priority=PRIORITIES[0], assignee=MARI, reporter=JUHAN, labels=["kiire", "Telefon"],
            components=[{"id": "31", "name": "DEKL"}], duedate="2026-11-20", description="Vorm ei avane e-teenuses",
            customfield_10201={"id": "41", "value": "Tier 2"}, customfield_10202=3, customfield_10203="A-77 b",
        ),
        row(
            102, "KKA-2", 1, "2026-11-16 23:30", "2026-11-17 12:00",
            priority=PRIORITIES[1], assignee=JUHAN, reporter=MARI, labels=["kiire"], duedate="2026-11-18",
            components=[{"id": "31", "name": "DEKL"}, {"id": "32", "name": "LOA"}], issuetype=TYPES[1],
            customfield_10202=10.5, customfield_10204=MARI, customfield_10207=["e-post", "telefon"],
            comment=["Helistasin kliendile", "Ootame vastust"],
        ),
        row(
            103, "KKA-10", 2, "2026-10-01 08:00", "2026-11-10 16:00", resolved="2026-11-10 15:59",
            priority=PRIORITIES[2], assignee=MARI, reporter=MARI, resolution={"id": "51", "name": "Fixed"},
            summary="Parool ei kehti \"enam\"", former=["VLD-7"],
            customfield_10205="2026-11-10T15:30:00.000+0200", customfield_10206="2026-12-01",
        ),
        row(104, "VLD-1", 3, "2026-11-18 00:10", "2026-11-18 00:10", reporter=JUHAN, labels=[]),
        row(99, "VLD-2", 2, "2026-09-01 08:00", "2026-09-02 08:00", resolved="2026-09-02 08:00", reporter=MARI),
    ]
)  # fmt: skip
EVERY = "KKA-1 KKA-2 KKA-10 VLD-1 VLD-2"


def ask(text: str, *, zone: ZoneInfo = TALLINN, me: str | None = "mari", now: int = NOW) -> list[str]:
    return [line.key for line in search(text, WORLD, now_ms=now, zone=zone, me=me)]


def keys(text: str, **more: Any) -> str:
    found = set(ask(text, **more))
    return " ".join(key for key in EVERY.split() if key in found)


def refusal(text: str) -> list[str]:
    with pytest.raises(JqlError) as caught:
        ask(text)
    return caught.value.messages


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("", EVERY),
        # projects, statuses, types: by key, name or id, in any case
        ("project = KKA", "KKA-1 KKA-2 KKA-10"),
        ("PROJECT = kka", "KKA-1 KKA-2 KKA-10"),
        ('project = "Viimsi vald"', "VLD-1 VLD-2"),
        ("project = 2", "VLD-1 VLD-2"),
        ("project != KKA", "VLD-1 VLD-2"),
        ("project in (KKA, VLD)", EVERY),
        ("project not in (KKA, VLD)", ""),
        ("project is EMPTY", ""),
        ("status = Uus", "KKA-1"),
        ('status = "tÖÖS"', "KKA-2"),
        ("status = 12", "KKA-2"),
        ("status = 11", "KKA-1"),  # a bare number is an id first
        ('status = "11"', "VLD-1"),  # a text is a name first
        ('status = "13"', "KKA-10 VLD-2"),
        ("status in (Uus, 13)", "KKA-1 KKA-10 VLD-2"),
        ("status not in (Uus, 13)", "KKA-2 VLD-1"),
        ("statusCategory = Done", "KKA-10 VLD-2"),
        ("statusCategory = done", "KKA-10 VLD-2"),
        ('statusCategory = "To Do"', "KKA-1 VLD-1"),
        ("statusCategory = new", "KKA-1 VLD-1"),
        ("statusCategory = 4", "KKA-2"),
        ("statusCategory != Done", "KKA-1 KKA-2 VLD-1"),
        ('statuscategory in ("In Progress", "To Do")', "KKA-1 KKA-2 VLD-1"),
        ("issuetype = Viga", "KKA-2"),
        ("type != Viga", "KKA-1 KKA-10 VLD-1 VLD-2"),
        # priorities have an order, the most urgent first
        ("priority = Medium", "KKA-2"),
        ("priority > Low", "KKA-1 KKA-2"),
        ("priority >= Medium", "KKA-1 KKA-2"),
        ("priority < Highest", "KKA-2 KKA-10"),
        ("NOT priority < Highest", "KKA-1"),
        ("priority is EMPTY", "VLD-1 VLD-2"),
        # keys and ids
        ("key = KKA-2", "KKA-2"),
        ("issuekey = kka-2", "KKA-2"),
        ("issue = 102", "KKA-2"),
        ("id = 104", "VLD-1"),
        ("id in (104, 99)", "VLD-1 VLD-2"),
        ("key in (KKA-1, VLD-2)", "KKA-1 VLD-2"),
        ("key != KKA-1", "KKA-2 KKA-10 VLD-1 VLD-2"),
        ("key not in (KKA-1, VLD-2)", "KKA-2 KKA-10 VLD-1"),
        ("key > KKA-1", "KKA-2 KKA-10"),  # numbers, and of this project only
        ("key <= KKA-2", "KKA-1 KKA-2"),
        ("NOT key > KKA-1", "KKA-1"),
        ("key = VLD-7", "KKA-10"),  # moved: found by its former key
        ("key in (VLD-7, VLD-1)", "KKA-10 VLD-1"),
        # persons
        ("assignee = mari", "KKA-1 KKA-10"),
        ('assignee = "MARI@example.org"', "KKA-1 KKA-10"),
        ("assignee != mari", "KKA-2"),
        ("assignee is EMPTY", "VLD-1 VLD-2"),
        ("assignee = EMPTY", "VLD-1 VLD-2"),
        ("assignee is not null", "KKA-1 KKA-2 KKA-10"),
        ("assignee != EMPTY", "KKA-1 KKA-2 KKA-10"),
        ("assignee != mari OR assignee is EMPTY", "KKA-2 VLD-1 VLD-2"),
        ("assignee in (mari, EMPTY)", "KKA-1 KKA-10 VLD-1 VLD-2"),
        ("assignee not in (mari, EMPTY)", "KKA-2"),
        ("assignee = currentUser()", "KKA-1 KKA-10"),
        ("reporter in (currentUser())", "KKA-2 KKA-10 VLD-2"),
        ("reporter = 42", ""),
        ("creator is EMPTY", EVERY),
        # labels, components, resolutions
        ("labels = kiire", "KKA-1 KKA-2"),
        ("labels = telefon", "KKA-1"),
        ("labels in (telefon, muu)", "KKA-1"),
        ("labels != telefon", "KKA-2"),
        ("labels not in (kiire)", ""),
        ("labels is EMPTY", "KKA-10 VLD-1 VLD-2"),
        ("component = LOA", "KKA-2"),
        ("component = 31", "KKA-1 KKA-2"),
        ("component != LOA", "KKA-1"),
        ("resolution = Unresolved", "KKA-1 KKA-2 VLD-1 VLD-2"),
        ("resolution != Unresolved", "KKA-10"),
        ("resolution in (unresolved, Fixed)", EVERY),
        ("resolution = fixed", "KKA-10"),
        ("resolution is EMPTY", "KKA-1 KKA-2 VLD-1 VLD-2"),
        # moments
        (f"updated >= {ms('2026-11-18 09:50:20')}", "KKA-1"),
        (f"updated > {ms('2026-11-18 09:50:20')}", ""),
        (f"updated = {ms('2026-11-18 09:50:20')}", "KKA-1"),
        ('updated = "2026-11-18 09:50"', "KKA-1"),  # all of the minute
        ('updated > "2026-11-18 09:50"', "KKA-1"),  # from its first second
        ('updated <= "2026-11-18 09:50"', "KKA-2 KKA-10 VLD-1 VLD-2"),
        ("updated >= 2026-11-17", "KKA-1 KKA-2 VLD-1"),
        ('updated >= "2026/11/17 12:00"', "KKA-1 KKA-2 VLD-1"),
        ('created = "2026-11-16"', "KKA-2"),
        ('created != "2026-11-16"', "KKA-1 KKA-10 VLD-1 VLD-2"),
        ('created in ("2026-11-16", 2026-11-18)', "KKA-2 VLD-1"),
        ("updated >= -15m", "KKA-1"),
        ("updated >= -10m", ""),
        ('updated >= "-11m"', "KKA-1"),
        ("updated >= -1d", "KKA-1 KKA-2 VLD-1"),
        ('updated > "-1w 2d"', "KKA-1 KKA-2 KKA-10 VLD-1"),
        ('updated > "-10weeks, 3minutes"', "KKA-1 KKA-2 KKA-10 VLD-1"),
        ('updated < "4h"', EVERY),
        ("created = -1d", ""),
        ("created = -2d", "KKA-2"),  # all of that day
        ("updated > startOfDay()", "KKA-1 VLD-1"),
        ('updated >= startOfDay("-1d")', "KKA-1 KKA-2 VLD-1"),
        ("updated >= startOfDay(-1)", "KKA-1 KKA-2 VLD-1"),
        ("updated <= endOfDay(-1d)", "KKA-2 KKA-10 VLD-2"),
        ("created >= startOfWeek()", "KKA-2 VLD-1"),
        ("created < endOfWeek(-1w)", "KKA-1 KKA-10 VLD-2"),
        ("created >= startOfMonth()", "KKA-1 KKA-2 VLD-1"),
        ('created < startOfMonth("-1M")', "VLD-2"),
        ("created <= endOfMonth(-1)", "KKA-10 VLD-2"),
        ("created >= startOfYear()", EVERY),
        ("created > endOfYear()", ""),
        ("updated < now()", EVERY),
        ("NOT updated < now()", ""),
        ("resolved is EMPTY", "KKA-1 KKA-2 VLD-1"),
        ("resolutiondate >= 2026-11-01", "KKA-10"),
        ("resolved < 2026-11-01", "VLD-2"),
        ("NOT resolved < 2026-11-01", "KKA-10"),
        # days
        ("due = 2026-11-20", "KKA-1"),
        ("duedate <= now()", "KKA-2"),
        ("duedate < endOfDay()", ""),
        ("due > 0d AND due <= 3d", "KKA-1"),
        ("due is EMPTY", "KKA-10 VLD-1 VLD-2"),
        (f"due = {ms('2026-11-20 23:00')}", "KKA-1"),
        # texts: whole words, all of them, in any order
        ("summary ~ parool", "KKA-10"),
        ('summary ~ "kehti parool"', "KKA-10"),
        ("summary ~ paroo", ""),
        ('summary ~ "paroo*"', "KKA-10"),
        ('summary ~ "p?rool"', "KKA-10"),
        ('summary ~ "\\"ei kehti\\""', "KKA-10"),
        ('summary ~ "\\"kehti ei\\""', ""),
        ('summary ~ "parool OR pilet -vld"', "KKA-1 KKA-2 KKA-10"),
        ("summary !~ pilet", "KKA-10"),
        ("description ~ vorm", "KKA-1"),
        ("description !~ vorm", ""),
        ("description is EMPTY", "KKA-2 KKA-10 VLD-1 VLD-2"),
        ('text ~ "e-teenuses"', "KKA-1"),
        ('text ~ "A-77"', "KKA-1"),
        ("text ~ helistasin", "KKA-2"),
        ("comment ~ ootame", "KKA-2"),
        # custom fields
        ('Kategooria = "Tier 2"', "KKA-1"),
        ("cf[10201] = 41", "KKA-1"),
        ('"Kategooria[Dropdown]" = "tier 2"', "KKA-1"),
        ("kategooria is EMPTY", "KKA-2 KKA-10 VLD-1 VLD-2"),
        ('Kategooria in ("Tier 2", EMPTY)', EVERY),
        ("Kordusi = 3", "KKA-1"),
        ("Kordusi > 3", "KKA-2"),
        ('Kordusi <= "10.5"', "KKA-1 KKA-2"),
        ("Kordusi != 3", "KKA-2"),
        ("Viide ~ b", "KKA-1"),
        ("Kooskõlastaja = currentUser()", "KKA-2"),
        ('"Vastus antud" > 2026-11-10', "KKA-10"),
        ('"Vastus antud" = "2026-11-10 15:30"', "KKA-10"),
        ('"Seadusega antud" = 2026-12-01', "KKA-10"),
        ('Kanalid = "E-post"', "KKA-2"),
        # how clauses are put together
        ("project = KKA AND status = Uus", "KKA-1"),
        ("project = KKA && status = Uus || status = 14", "KKA-1 VLD-1"),
        ("status = Uus OR status = 12 AND project = VLD", "KKA-1"),
        ("(status = Uus OR status = 12) and project = VLD", ""),
        ("not project = KKA", "VLD-1 VLD-2"),
        ("! project = KKA", "VLD-1 VLD-2"),
        ("NOT NOT project = KKA", "KKA-1 KKA-2 KKA-10"),
        ("NOT assignee = mari", "KKA-2"),  # as !=, not the complement
        ("NOT (assignee = mari OR project = VLD)", "KKA-2"),
        ("NOT (assignee = mari AND status = Uus)", "KKA-2 KKA-10 VLD-1 VLD-2"),
        ("NOT assignee is EMPTY", "KKA-1 KKA-2 KKA-10"),
        ("'project'='KKA'and'status'='Uus'", "KKA-1"),
        ("summary ~ 'enam' AND summary ~ \"\\u0065nam\"", "KKA-10"),
        ("labels in ((kiire), (telefon))", "KKA-1 KKA-2"),
        ("project\n=\tKKA\r\norder by key", "KKA-1 KKA-2 KKA-10"),
    ],
)
def test_a_query_finds(jql: str, expected: str) -> None:
    assert keys(jql) == expected


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("", "VLD-1 KKA-2 KKA-1 KKA-10 VLD-2"),
        ("project = KKA", "KKA-2 KKA-1 KKA-10"),
        ("order by key", "KKA-1 KKA-2 KKA-10 VLD-1 VLD-2"),
        ("order by key desc", "VLD-2 VLD-1 KKA-10 KKA-2 KKA-1"),
        ("order by id", "VLD-2 KKA-1 KKA-2 KKA-10 VLD-1"),
        ("order by updated asc", "VLD-2 KKA-10 KKA-2 VLD-1 KKA-1"),
        ("order by duedate", "KKA-2 KKA-1 VLD-2 KKA-10 VLD-1"),  # the empty ones last
        ("order by due desc, key desc", "VLD-2 VLD-1 KKA-10 KKA-1 KKA-2"),  # the empty ones first
        ("order by priority desc, key", "VLD-1 VLD-2 KKA-1 KKA-2 KKA-10"),
        ("priority is not empty order by priority desc", "KKA-1 KKA-2 KKA-10"),
        ("order by status, created", "KKA-1 KKA-2 VLD-2 KKA-10 VLD-1"),
        ("order by statusCategory, key", "KKA-1 VLD-1 KKA-2 KKA-10 VLD-2"),
        ("order by assignee ASC, key ASC", "KKA-2 KKA-1 KKA-10 VLD-1 VLD-2"),
        ("order by project desc, resolved asc", "VLD-2 VLD-1 KKA-10 KKA-1 KKA-2"),
        ("order by cf[10202] desc, id", "VLD-2 KKA-10 VLD-1 KKA-2 KKA-1"),
        ("order by Kategooria, issuetype, labels, id", "KKA-1 VLD-2 KKA-10 VLD-1 KKA-2"),
        ("order by summary desc", "VLD-2 VLD-1 KKA-2 KKA-1 KKA-10"),
    ],
)
def test_a_query_orders(jql: str, expected: str) -> None:
    assert " ".join(ask(jql)) == expected


MOMENT = (
    "Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', "
    "or a period format e.g. '-5d', '4w 2d'."
)
DAY = "Valid formats include: 'YYYY/MM/DD', 'YYYY-MM-DD', or a period format e.g. '-5d', '4w 2d'."


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        # fields, functions and values that are not there
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("cf[99999] = 1", "Field 'cf[99999]' does not exist or you do not have permission to view it."),
        (
            "customfield_10201 = 1",
            "Field 'customfield_10201' does not exist or you do not have permission to view it.",
        ),
        ("order by colour", "Not able to sort using field 'colour'."),
        ("order by text", "Field 'text' does not support sorting."),
        ("project = XYZ", "The value 'XYZ' does not exist for the field 'project'."),
        ("project = 666", "A value with ID '666' does not exist for the field 'project'."),
        ("Status = Tundmatu", "The value 'Tundmatu' does not exist for the field 'Status'."),
        ("statusCategory = Ready", "The value 'Ready' does not exist for the field 'statusCategory'."),
        ("type in (Viga, Feature)", "The value 'Feature' does not exist for the field 'type'."),
        ("priority > Urgent", "The value 'Urgent' does not exist for the field 'priority'."),
        ("assignee = kadunud", "The value 'kadunud' does not exist for the field 'assignee'."),
        ("assignee in membersOf(tier2)", "Unable to find JQL function 'membersOf(tier2)'."),
        ("status = f(a, b)", "Unable to find JQL function 'f(a, b)'."),
        (
            "status = currentUser()",
            "A value provided by the function 'currentUser' is invalid for the field 'status'.",
        ),
        ("assignee = now()", "A value provided by the function 'now' is invalid for the field 'assignee'."),
        (
            "updated > currentUser()",
            "A date for the field 'updated' provided by the function 'currentUser' is not valid.",
        ),
        ("assignee = currentUser(1)", "Function 'currentUser' expected '0' arguments but received '1'."),
        ("updated > now('-1d')", "Function 'now' expected '0' arguments but received '1'."),
        ("updated > endOfDay(1, 2)", "Function 'endOfDay' expected between '0' and '1' arguments but received '2'."),
        (
            "updated > startOfDay(homme)",
            "Duration for function 'startOfDay' should have the format (+/-)n(yMwdm), e.g -1M for 1 month earlier.",
        ),
        # keys
        ("key = KKA-99", "An issue with key 'KKA-99' does not exist for field 'key'."),
        ("key > KKA-99", "An issue with key 'KKA-99' does not exist for field 'key'."),
        ("key = nodash", "The issue key 'nodash' for field 'key' is invalid."),
        ("issue = '102'", "The issue key '102' for field 'issue' is invalid."),
        ("id = 666", "A value with ID '666' does not exist for the field 'id'."),
        ("key > VLD-7", "Operator '>' cannot be applied to moved issue key 'VLD-7'."),
        # operators and values that do not go together
        ("status ~ Uus", "The operator '~' is not supported by the 'status' field."),
        ("status > Uus", "The operator '>' is not supported by the 'status' field."),
        ("summary = Pilet", "The operator '=' is not supported by the 'summary' field."),
        ("text !~ Pilet", "The operator '!~' is not supported by the 'text' field."),
        ("Viide in (a)", "The operator 'in' is not supported by the 'Viide' field."),
        ("created ~ a", "The operator '~' is not supported by the 'created' field."),
        ("status in Uus", "Operator 'in' does not support the non-list value '\"Uus\"' for field 'status'."),
        ("status not in 11", "Operator 'not in' does not support the non-list value '11' for field 'status'."),
        ("status = (Uus, 12)", "Operator '=' does not support the list value '(\"Uus\", 12)' for field 'status'."),
        ("status is Uus", "Operator 'is' does not support searching for non-empty values for field 'status'."),
        (
            "updated > EMPTY",
            "Operator '>' does not support the empty value representation 'EMPTY' for field 'updated'.",
        ),
        (
            "status in EMPTY",
            "Operator 'in' does not support the empty value representation 'EMPTY' for field 'status'.",
        ),
        ("text ~ EMPTY", "The field 'text' does not support searching for EMPTY values."),
        ("text ~ ''", "The field 'text' does not support searching for an empty string."),
        ("text ~ 'AND'", "Unable to parse the text 'AND' for field 'text'."),
        ("text ~ 'a OR'", "Unable to parse the text 'a OR' for field 'text'."),
        ("Kordusi > palju", "The value 'palju' for field 'Kordusi' is invalid - please specify a number."),
        # dates
        ("updated > homme", f"Date value 'homme' for field 'updated' is invalid. {MOMENT}"),
        ("updated > ''", f"Date value '' for field 'updated' is invalid. {MOMENT}"),
        ("updated > '14/May/09'", f"Date value '14/May/09' for field 'updated' is invalid. {MOMENT}"),
        ("updated > '2026-02-30'", f"Date value '2026-02-30' for field 'updated' is invalid. {MOMENT}"),
        ("updated > '2026-02-03 24:00'", f"Date value '2026-02-03 24:00' for field 'updated' is invalid. {MOMENT}"),
        (
            "updated > '2026-02-03 10:00:00'",
            f"Date value '2026-02-03 10:00:00' for field 'updated' is invalid. {MOMENT}",
        ),
        ("updated > '2026-02/03'", f"Date value '2026-02/03' for field 'updated' is invalid. {MOMENT}"),
        ("created < -4dummies", f"Date value '-4dummies' for field 'created' is invalid. {MOMENT}"),
        ("created < 999999999w", f"Date value '999999999w' for field 'created' is invalid. {MOMENT}"),
        ("due < dd", f"Date value 'dd' for field 'due' is invalid. {DAY}"),
        ("due < 9223372036854775807", f"Date value '9223372036854775807' for field 'due' is invalid. {DAY}"),
        # history is another matter
        ("status was Uus", "History searches do not support the 'status' field."),
        ("status changed", "History searches do not support the 'status' field."),
        ("a = " + "(" * 60, "The JQL query is too complex. Please simplify your query."),
        ("not " * 60 + "a = b", "The JQL query is too complex. Please simplify your query."),
    ],
)
def test_what_is_wrong_is_said_in_jiras_words(jql: str, message: str) -> None:
    assert refusal(jql) == [message]


def test_everything_that_is_wrong_is_said_once() -> None:
    assert refusal("key in (KKA-98, KKA-99) AND colour = 1 AND (colour = 2 OR x = y) ORDER BY z") == [
        "An issue with key 'KKA-98' does not exist for field 'key'.",
        "An issue with key 'KKA-99' does not exist for field 'key'.",
        "Field 'colour' does not exist or you do not have permission to view it.",
        "Field 'x' does not exist or you do not have permission to view it.",
        "Not able to sort using field 'z'.",
    ]


def test_nobody_is_the_current_user() -> None:
    assert keys("assignee = currentUser()", me=None) == ""


@pytest.mark.parametrize(
    ("jql", "in_tallinn", "in_utc"),
    [
        ('updated >= "2026-11-18 00:00"', "KKA-1 VLD-1", "KKA-1"),  # VLD-1: 00:10 in Tallinn, 22:10 the day before
        ("created = 2026-11-17", "", "VLD-1"),
        ("updated >= startOfDay()", "KKA-1 VLD-1", "KKA-1"),
        (f"updated >= {ms('2026-11-18 00:10')}", "KKA-1 VLD-1", "KKA-1 VLD-1"),  # epoch milliseconds have no zone
        ("updated >= -10h", "KKA-1 VLD-1", "KKA-1 VLD-1"),
        ('updated > "2026-11-18 08:00"', "KKA-1", ""),
    ],
)
def test_dates_are_read_in_the_searchers_zone(jql: str, in_tallinn: str, in_utc: str) -> None:
    assert (keys(jql, zone=TALLINN), keys(jql, zone=UTC)) == (in_tallinn, in_utc)


HOUR = 3_600_000
AUTUMN, SPRING = ms("2026-10-24 22:00", UTC), ms("2026-03-28 23:00", UTC)  # 01:00 in Tallinn before the change


@pytest.mark.parametrize(
    ("jql", "start", "hours"),
    [
        # on 25 October 2026 the hour from 03:00 comes twice: at 0:00 and 1:00 UTC
        ('updated >= "2026-10-25 02:59"', AUTUMN, "2 3 4 5"),
        ('updated >= "2026-10-25 03:00"', AUTUMN, "3 4 5"),  # the second time
        ('updated >= "2026-10-25 04:00"', AUTUMN, "4 5"),
        ("updated = 2026-10-25", AUTUMN, "0 1 2 3 4 5"),
        ("updated >= startOfDay()", AUTUMN, "0 1 2 3 4 5"),
        # on 29 March 2026 the hour from 03:00 does not come: it is 04:00 by the new time
        ('updated >= "2026-03-29 03:30"', SPRING, "3 4 5"),
        ('updated >= "2026-03-29 04:00"', SPRING, "2 3 4 5"),
    ],
)
def test_the_nights_when_the_clocks_change(jql: str, start: int, hours: str) -> None:
    lines = [Line(str(hour), f"KKA-{hour + 1}", start, start + hour * HOUR, {}) for hour in range(6)]
    found = search(jql + " order by id", World(lines), now_ms=start + 8 * HOUR, zone=TALLINN, me=None)
    assert " ".join(line.id for line in found) == hours


@pytest.mark.parametrize(
    ("jql", "now", "last_before"),
    [
        ("updated <= endOfDay()", "2026-10-25 12:00", "2026-10-25 23:59:59"),  # a day of 25 hours
        ("updated <= endOfWeek()", "2026-10-25 12:00", "2026-10-25 23:59:59"),
        ("updated <= endOfMonth('+1M')", "2026-01-31 12:00", "2026-02-28 23:59:59"),
        ("updated <= endOfMonth(-1y)", "2025-02-10 12:00", "2024-02-29 23:59:59"),
        ("updated <= endOfYear()", "2024-02-10 12:00", "2024-12-31 23:59:59"),
        ("updated < startOfMonth(24h)", "2026-01-31 12:00", "2026-01-31 23:59:59"),
        ("updated < startOfDay('+90m')", "2026-01-31 23:00", "2026-01-31 23:59:59"),
        ("updated < startOfWeek(1)", "2026-11-18 12:00", "2026-11-22 23:59:59"),
        ("updated < startOfYear(-1)", "2026-11-18 12:00", "2024-12-31 23:59:59"),
    ],
)
def test_functions_reach_to_the_edge(jql: str, now: str, last_before: str) -> None:
    last = ms(last_before)
    lines = [Line(str(i), f"KKA-{i}", 0, at, {}) for i, at in enumerate((last, last + 999, last + 1000), start=1)]
    found = search(jql + " order by id", World(lines), now_ms=ms(now), zone=TALLINN, me=None)
    assert [line.id for line in found] == ["1", "2"]


PIECES = re.findall(
    r"\S+",
    """project status key updated due text summary labels assignee cf[10202] Kategooria KKA VLD-7 Uus mari 11 -15m
    2026-11-16 'a_b' "c" EMPTY null = != < <= > >= ~ !~ in not is and or && || ! ( ) , order by asc desc
    now() currentUser() startOfDay(-1d) (KKA,VLD) [ ] was changed \\u0041 \\ ' 99999999999999999999""",
)


def answer(jql: str) -> list[str]:
    try:
        return ["found", *ask(jql)]
    except JqlError as error:
        return error.messages


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)))
def test_any_text_is_answered_or_refused(jql: str) -> None:
    said = answer(jql)
    assert said
    assert all(said)


CLAUSES = st.sampled_from(
    [
        *("project=KKA", "status in (Uus,12)", "assignee=mari", "assignee!=juhan", "assignee in (mari,EMPTY)"),
        *("labels=kiire", "labels not in (telefon)", "component!=LOA", "resolution=Unresolved", "Kordusi>3"),
        *("due<=3d", "due is EMPTY", "updated>=-1d", "created=2026-11-16", "resolved is not EMPTY"),
        *("key>KKA-1", "priority>=Medium", "summary~pilet"),
    ]
)
QUERIES = st.recursive(
    CLAUSES,
    lambda inner: st.one_of(
        inner.map("NOT ({})".format),
        st.tuples(inner, inner).map(lambda two: "({}) AND ({})".format(*two)),
        st.tuples(inner, inner).map(lambda two: "({}) OR ({})".format(*two)),
    ),
    max_leaves=6,
)


@given(QUERIES, QUERIES)
def test_and_is_both_or_is_either_and_not_changes_places(a: str, b: str) -> None:
    one, two = set(ask(a)), set(ask(b))
    assert set(ask(f"({a}) AND ({b})")) == one & two
    assert set(ask(f"({a}) OR ({b})")) == one | two
    assert set(ask(f"NOT NOT ({a})")) == one
    assert set(ask(f"NOT ({a})")).isdisjoint(one)
    assert ask(f"NOT (({a}) AND ({b}))") == ask(f"NOT ({a}) OR NOT ({b})")


@pytest.mark.parametrize(
    ("field", "value"),
    [("assignee", "mari"), ("labels", "telefon"), ("component", "LOA"), ("due", "2026-11-18"), ("Kordusi", "3")],
)
def test_not_is_the_complement_among_what_is_not_empty(field: str, value: str) -> None:
    equal, filled = set(ask(f"{field} = {value}")), set(ask(f"{field} is not EMPTY"))
    assert equal < filled < set(ask(""))
    for negated in ("{} != {}", "{} not in ({})", "NOT {} = {}", "NOT {} in ({})"):
        assert set(ask(negated.format(field, value))) == filled - equal
    assert set(ask(f"{field} is EMPTY")) == set(ask("")) - filled
