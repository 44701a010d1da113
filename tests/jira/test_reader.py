"""Reading: every oddity that real Jiras are known for, on invented tickets."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import requests
from jira_worlds import entries

from bot.core.ticket import UNKNOWN, Change, Command, Message, Ticket
from bot.jira.answers import decode
from bot.jira.binding import Binding, bind
from bot.jira.catalogue import Catalogue, Field, Flavour, Named, Status, User
from bot.jira.reader import Unreadable, decode_issue, identify, moment_ms, read_ticket, texts_of

AT = 1_794_816_000  # 2026-11-16T08:00:00Z
Json = Any


def binding(flavour: Flavour = "cloud", **sections: Any) -> Binding:
    users = {
        word: User(account_id=f"acc-{word}") if flavour == "cloud" else User(key=f"KEY-{word}", name=word)
        for word in ("piletibot", "spetsialist1", "it1")
    }
    catalogue = Catalogue(
        flavour=flavour,
        me=users["piletibot"],
        fields=(
            Field("customfield_10201", "Kategooria", True, "option"),
            Field("customfield_10202", "Järjekord", True, "option"),
            Field("customfield_10203", "Edastaja", True, "user"),
            Field("customfield_10204", "Lahendus kliendile edastatud", True, "date"),
            Field("customfield_10205", "Registrikood", True, "string"),
            Field("customfield_10206", "Kaasatud", True, "array", "user"),
            Field("customfield_10207", "Maht", True, "number"),
            Field("status", "status", True, "string"),  # a field of an administrator with a name of the system's
            Field("components", "Komponendid", False, "array", "component"),
            Field("labels", "Sildid", False, "array", "string"),
            Field("attachment", "Manus", False, "array", "attachment"),
        ),
        statuses=(
            Status("10001", "Uus", "new"),
            Status("10002", "II tasemel", "indeterminate"),
            Status("10007", "Lahendatud", "indeterminate"),
            Status("10008", "Suletud", "done"),
            Status("10009", "Tühistatud", "done"),
            Status("10010", "Poolel", "indeterminate"),
        ),
        priorities=(Named("2", "Kõrge"), Named("3", "Keskmine")),
        projects=(Named("KKA"),),
        people=users,
    )
    people = [{"person": word, "account": word} for word in users if word != "piletibot"]
    found = bind(entries(str, people=people, **sections), catalogue)
    assert isinstance(found, Binding), found
    return found


def user(word: str, flavour: str = "cloud") -> Json:
    shown = {"displayName": "Mari Mets", "active": True}
    return shown | ({"accountId": f"acc-{word}"} if flavour == "cloud" else {"key": f"KEY-{word}", "name": word})


def issue(changelog: list[Json] | None = None, comments: list[Json] | None = None, **fields: Json) -> Json:
    shown = {
        "id": "10000",
        "key": "KKA-1",
        "fields": {
            "summary": "Mari Mets ei saa sisse",
            "created": "2026-11-16T10:00:00.000+0200",
            "updated": "2026-11-16T10:00:00.250+0200",
            "status": {"id": "10001", "name": "Uus"},
            "project": {"id": "1", "key": "KKA"},
            "comment": {"comments": comments or [], "total": len(comments or [])},
        },
    }
    shown["fields"] |= {name: value for name, value in fields.items() if value is not ...}  # type: ignore[operator]
    for name in [name for name, value in fields.items() if value is ...]:
        shown["fields"].pop(name, None)  # type: ignore[attr-defined]
    if changelog is not None:
        shown["changelog"] = {"histories": changelog}
    return shown


def read(shown: Json, bound: Binding | None = None) -> Ticket:
    found = decode_issue(json.dumps(shown).encode())
    return read_ticket(found, found.histories, found.comments.comments, bound or binding())


def entry(at: str, *items: Json, id_: str = "1", who: Json = ...) -> Json:
    author = {"author": user("it1")} if who is ... else {"author": who} if who else {}
    return {"id": id_, "created": at if "T" in at else f"2026-11-16T{at}+0200", "items": list(items), **author}


def status(was: str | None, now: str | None, field_id: str | None = "status") -> Json:
    item = {"field": "status", "fieldtype": "jira", "from": was, "fromString": "…", "to": now, "toString": "…"}
    return item | ({"fieldId": field_id} if field_id else {})


def custom(name: str, number: int | None, was: str | None, now: str | None, ref: str | None = "7") -> Json:
    item = {"field": name, "fieldtype": "custom", "from": ref, "fromString": was, "to": ref, "toString": now}
    return item | ({"fieldId": f"customfield_{number}"} if number else {})


def moved(ticket: Ticket) -> list[tuple[int, str, str | None, str | None]]:
    return [(change.at - AT, change.field, change.was, change.now) for change in ticket.changes]


BARE = Ticket(id="10000", key="KKA-1", project="KKA", created_at=AT, updated_ms=AT * 1000 + 250, state="new")

FIELDS: list[tuple[str, Json, dict[str, Any]]] = [
    ("nothing but what must be", issue(), {}),
    ("an id that is a number", issue() | {"id": 10000}, {}),
    ("priority missing", issue(priority=...), {"priority": None}),
    ("priority null", issue(priority=None), {"priority": None}),
    ("priority known", issue(priority={"id": "2", "name": "High"}), {"priority": "high"}),
    ("priority unknown", issue(priority={"id": "77", "name": "High"}), {"priority": None}),
    ("nobody", issue(assignee=None, reporter=None, creator=None), {}),
    ("people of the rulebook", issue(assignee=user("it1"), reporter=user("spetsialist1")),
     {"owner": "it1", "reporter": "spetsialist1"}),
    ("people of elsewhere", issue(assignee=user("keegi")), {"owner": "~acc-keegi"}),
    ("resolved though not done", issue(resolutiondate="2026-11-16T10:00:00.000+0200"), {}),
    ("done though not resolved", issue(status={"id": "10008"}, resolutiondate=None), {"state": "closed"}),
    ("a status by category", issue(status={"id": "10009"}), {"state": "closed"}),
    ("a status of no state", issue(status={"id": "10010"}), {"state": UNKNOWN}),
    ("a status that was deleted", issue(status={"id": "66"}), {"state": UNKNOWN}),
    ("no status", issue(status=...), {"state": UNKNOWN}),
    ("no summary, no description", issue(summary=..., description=...), {}),
    ("odd characters", issue(summary="a\x00b\x1f\ufffd\u200b", description="\u2028"), {}),
    ("labels", issue(labels=["bot-hold", "vpn"]), {"labels": frozenset({"bot-hold", "vpn"})}),
    ("labels that are somebody's", issue(labels=["mari@asutus.example", "37605030299", "2026-11", "vpn"]),
     {"labels": frozenset({"2026-11", "vpn"})}),
    ("labels null", issue(labels=None), {}),
    ("no project", issue(project=...), {"project": "KKA"}),
    ("never updated", issue(updated=None), {"updated_ms": AT * 1000}),
    ("moments as milliseconds", issue(created=AT * 1000, updated=AT * 1000 + 7), {"updated_ms": AT * 1000 + 7}),
    ("due", issue(duedate="2026-11-20"), {"due_at": 1_795_132_800}),
    ("due before creation", issue(duedate="1999-12-31"), {"due_at": 946_598_400}),
    ("due on no day", issue(duedate="soon"), {"due_at": None}),
    ("secured", issue(security={"id": "1", "name": "Ainult tuumik"}), {"secured": True}),
    ("not secured", issue(security=None), {"secured": False}),
    ("a queue", issue(customfield_10202={"id": "1", "value": "L2_IT"}), {"queue": "it"}),
    ("a queue of no word", issue(customfield_10202={"id": "1", "value": "VALINE"}), {"queue": UNKNOWN}),
    ("a category", issue(customfield_10201={"id": "1", "value": " LIGIPAAS "}), {"category": "LIGIPAAS"}),
    ("a forwarder", issue(customfield_10203=user("spetsialist1")), {"forwarder": "spetsialist1"}),
    ("no forwarder", issue(customfield_10203=None), {"forwarder": None}),
    ("a forwarder in an odd form", issue(customfield_10203="Mari Mets"), {"forwarder": None}),
    ("delivered with the ticket", issue(customfield_10204="2026-11-30"), {"delivered_at": AT}),
    ("an empty text", issue(customfield_10204=""), {"delivered_at": None}),
    *(
        (f"not delivered: {no}", issue(customfield_10204={"value": no} if option else no), {"delivered_at": None})
        for option, no in ((True, "Ei"), (True, "No"), (True, "нет"), (False, False), (False, "-"), (False, 0))
    ),
    ("delivered by a choice", issue(customfield_10204={"value": "Jah"}), {"delivered_at": AT}),
]  # fmt: skip


@pytest.mark.parametrize(("shown", "facts"), [row[1:] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_fields(shown: Json, facts: dict[str, Any]) -> None:
    assert read(shown) == msgspec.structs.replace(BARE, **facts)


MAPPED = {"kood": "Registrikood", "kaasatud": "Kaasatud", "maht": "Maht", "osa": "components", "siht": "Kategooria",
          "pilt": "attachment"}  # fmt: skip


def document(*content: Json) -> Json:
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*texts: str) -> Json:
    return {"type": "paragraph", "content": [{"type": "text", "text": text} for text in texts]}


FILE = {"self": "https://jira.example/1", "id": "1", "filename": "Mari Mets.png", "mimeType": "image/png"}


@pytest.mark.parametrize(
    ("shown", "fields"),
    [
        (issue(), {}),
        (issue(customfield_10205="39001010000 Mari"), {"kood": "set"}),  # a free text is never kept
        (issue(customfield_10205="ei ole teada"), {"kood": "set"}),
        (issue(customfield_10205="?"), {}),  # nothing is said so
        (issue(customfield_10205=" – … "), {}),
        (issue(customfield_10205={"type": "doc", "content": []}), {}),
        (issue(customfield_10205=document(paragraph())), {}),
        (issue(customfield_10205=document(paragraph("-", " "))), {}),
        (issue(customfield_10205=document(paragraph("Mari"))), {"kood": "set"}),
        (
            issue(
                customfield_10205=document(
                    {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph("Mari")]}]}
                )
            ),
            {"kood": "set"},
        ),
        (
            issue(
                customfield_10205=document(
                    {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "1", "type": "file"}}]}
                )
            ),
            {"kood": "set"},
        ),
        (issue(attachment=[FILE]), {"pilt": "set"}),  # a file's name is never kept
        (issue(attachment=[]), {}),
        (issue(customfield_10206=[user("it1"), user("keegi")]), {"kaasatud": "it1"}),
        (issue(customfield_10206=[]), {}),
        (issue(customfield_10207=2.5), {"maht": "2.5"}),
        (issue(customfield_10207={"rating": 4, "comment": "Mari"}), {"maht": "4"}),
        (issue(components=[{"id": "1", "name": "KOTKAS"}, {"id": "2", "name": "VPN"}]), {"osa": "KOTKAS, VPN"}),
        (issue(customfield_10201={"value": "A", "child": {"value": "B"}}), {"siht": "A"}),
    ],
)
def test_other_fields_of_the_rulebook_keep_choices_and_no_texts(shown: Json, fields: dict[str, str]) -> None:
    ticket = read(shown, binding(fields=MAPPED))
    assert ticket.fields == fields
    assert "Mari" not in repr(ticket)


def test_that_a_text_or_a_file_came_is_known_and_no_more() -> None:
    file = {"field": "Attachment", "fieldtype": "jira", "fieldId": "attachment"}
    came = file | {"from": None, "fromString": None, "to": "1", "toString": "Mari Mets.png"}
    went = file | {"from": "1", "fromString": "Mari Mets.png", "to": None, "toString": None}
    said = custom("Registrikood", 10205, "-", "Mari", None)
    history = [entry("10:01:00.000", came, said), entry("10:02:00.000", went, id_="2")]
    ticket = read(issue(history), binding(fields=MAPPED))
    assert moved(ticket) == [(60, "pilt", None, "set"), (60, "kood", None, "set"), (120, "pilt", "set", None)]
    assert "Mari" not in repr(ticket)


def test_a_category_has_the_rulebooks_word() -> None:
    bound = binding(categories={"ACCESS": "ligipaas"})
    ticket = read(issue([entry("10:01:00.000", custom("Kategooria", 10201, "MUU", "LIGIPAAS"))],
                        customfield_10201={"value": "LIGIPAAS"}), bound)  # fmt: skip
    assert ticket.category == "ACCESS"
    assert moved(ticket) == [(60, "category", "MUU", "ACCESS")]


CHANGES: list[tuple[str, list[Json], list[tuple[int, str, str | None, str | None]]]] = [
    ("no history", [], []),
    ("no items", [entry("10:01:00.000"), {"id": "2", "created": "2026-11-16T10:01:00.000+0200"},
                  {"id": "3", "created": "2026-11-16T10:01:00.000+0200", "items": None}], []),
    ("newest first", [entry("10:02:00.000", status("10002", "10007"), id_="12"),
                      entry("10:01:00.000", status("10001", "10002"), id_="11")],
     [(60, "state", "new", "at-tier-2"), (120, "state", "at-tier-2", "solved")]),
    ("one second, by milliseconds", [entry("10:01:00.900", status("10002", "10007"), id_="11"),
                                     entry("10:01:00.100", status("10001", "10002"), id_="12")],
     [(60, "state", "new", "at-tier-2"), (60, "state", "at-tier-2", "solved")]),
    ("one millisecond, by number", [entry("10:01:00.000", status("10002", "10007"), id_="100"),
                                    entry("10:01:00.000", status("10001", "10002"), id_="99")],
     [(60, "state", "new", "at-tier-2"), (60, "state", "at-tier-2", "solved")]),
    ("twice across pages", [entry("10:01:00.000", status("10001", "10002"))] * 2,
     [(60, "state", "new", "at-tier-2")]),
    ("across the end of summer time", [entry("2026-10-25T03:30:00.000+0300", status("10001", "10002"), id_="1"),
                                       entry("2026-10-25T03:10:00.000+0200", status("10002", "10007"), id_="2")],
     [(-1_927_800, "state", "new", "at-tier-2"), (-1_925_400, "state", "at-tier-2", "solved")]),
    ("a chain that does not join up", [entry("10:01:00.000", status("10007", "10008"), id_="1"),
                                       entry("10:02:00.000", status("10001", "10002"), id_="2")],
     [(60, "state", "solved", "closed"), (120, "state", "new", "at-tier-2")]),
    ("reopened", [entry("10:01:00.000", status("10001", "10008"), id_="1"),
                  entry("10:02:00.000", status("10008", "10001"), id_="2")],
     [(60, "state", "new", "closed"), (120, "state", "closed", "new")]),
    ("no fieldId", [entry("10:01:00.000", status("10001", "10002", None))], [(60, "state", "new", "at-tier-2")]),
    ("statuses that are gone", [entry("10:01:00.000", status("66", None))], [(60, "state", UNKNOWN, UNKNOWN)]),
    ("an epoch number", [entry("10:01:00.000", status("10001", "10002")) | {"created": AT * 1000 + 60_500}],
     [(60, "state", "new", "at-tier-2")]),
    ("an epoch number in seconds", [entry("10:01:00.000", status("10001", "10002")) | {"created": AT + 60}],
     [(60, "state", "new", "at-tier-2")]),
    ("no moment", [entry("10:01:00.000", status("10001", "10002")) | {"created": None}], []),
    ("other fields", [entry("10:01:00.000", custom("Rank", None, None, "Ranked higher"),
                            {"field": "Workflow", "fieldtype": "jira", "from": "1", "to": "2"},
                            {"field": "RemoteIssueLink", "toString": "…"}, custom("Muu", 10999, "a", "b"))], []),
    ("a field that is only called status", [entry("10:01:00.000", custom("status", None, "10001", "10002"))], []),
    ("due moved", [entry("10:01:00.000", {"field": "duedate", "fieldtype": "jira", "from": "2026-11-20",
                                          "fromString": "2026-11-20 00:00:00.0", "to": None, "toString": None})],
     [(60, "due", "2026-11-20", None)]),
    ("due with nothing told", [entry("10:01:00.000", {"field": "duedate", "from": None, "to": None})],
     [(60, "due", None, None)]),
    ("labels", [entry("10:01:00.000", {"field": "labels", "fieldtype": "jira", "fieldId": "labels", "from": None,
                                       "fromString": "", "to": None, "toString": "bot-hold vpn"})],
     [(60, "labels", None, "bot-hold vpn")]),
    ("labels that are somebody's", [entry("10:01:00.000", {"field": "labels", "fieldtype": "jira", "from": None,
                                                           "fromString": "37605030299", "to": None,
                                                           "toString": "37605030299 vpn"})],
     [(60, "labels", None, "vpn")]),
    ("priority", [entry("10:01:00.000", {"field": "priority", "fieldtype": "jira", "from": "2", "to": "77"})],
     [(60, "priority", "high", None)]),
    ("owner", [entry("10:01:00.000", {"field": "assignee", "fieldtype": "jira", "from": "acc-it1",
                                      "to": "acc-keegi"})],
     [(60, "owner", "it1", "~acc-keegi")]),
    ("owner without an account", [entry("10:01:00.000", {"field": "assignee", "fieldtype": "jira",
                                                         "fromString": "Mari Mets", "toString": None})],
     [(60, "owner", "~unknown", None)]),
    ("queue", [entry("10:01:00.000", custom("Järjekord", 10202, None, "L2_IT", None),
                     custom("järjekord", None, "L2_IT", "X"), custom("Järjekord", 10202, "X", "", "[]"))],
     [(60, "queue", None, "it"), (60, "queue", "it", UNKNOWN), (60, "queue", UNKNOWN, None)]),
    ("delivered", [entry("10:01:00.000", custom("Lahendus kliendile edastatud", 10204, "Ei", "Jah")),
                   entry("10:02:00.000", custom("Lahendus kliendile edastatud", 10204, "Jah", "ei"), id_="2")],
     [(60, "delivered", None, "yes"), (120, "delivered", "yes", None)]),
    ("forwarder", [entry("10:01:00.000", custom("Edastaja", 10203, None, "Mari Mets", "acc-spetsialist1"))],
     [(60, "forwarder", "spetsialist1", "spetsialist1")]),
]  # fmt: skip


@pytest.mark.parametrize(("histories", "changes"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_changes(histories: list[Json], changes: list[tuple[int, str, str | None, str | None]]) -> None:
    ticket = read(issue(histories))
    assert moved(ticket) == changes
    assert "Mari" not in repr(ticket)


@pytest.mark.parametrize(
    ("who", "word", "bot"),
    [
        (user("it1"), "it1", False),
        (user("piletibot"), "~acc-piletibot", True),
        (user("keegi"), "~acc-keegi", False),
        (None, None, False),
        ({"displayName": "Anonymous"}, None, False),
    ],
)
def test_who_did_it(who: Json, word: str | None, bot: bool) -> None:
    said = {"id": "5", "created": "2026-11-16T10:01:00.000+0200"} | ({"author": who} if who else {})
    ticket = read(issue([entry("10:01:00.000", status("10001", "10002"), who=who)], [said]))
    assert ticket.changes == (Change(AT + 60, "state", "new", "at-tier-2", word, bot),)
    assert ticket.messages == (Message(AT + 60, "5", word, bot),)


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        ({"name": "it1", "key": "KEY-it1"}, "it1"),
        ({"name": "it1-renamed", "key": "KEY-it1"}, "it1"),
        ({"name": "keegi", "key": "JIRAUSER10200"}, "~JIRAUSER10200"),
        ({"name": "lahkunud"}, "~lahkunud"),  # deleted: no key is left
    ],
)
def test_people_on_data_center(shown: Json, word: str) -> None:
    items = [{"field": "assignee", "fieldtype": "jira", "from": "KEY-it1", "to": "it1"}]
    ticket = read(issue([entry("10:01:00.000", *items, who=shown)], assignee=shown), binding("dc"))
    assert ticket.owner == word
    assert ticket.changes == (Change(AT + 60, "owner", "it1", "it1", word),)


MESSAGES = [
    ("none", [], []),
    ("no body, no author", [{"id": "5", "created": "2026-11-16T10:01:00.000+0200"}], [("5", 60)]),
    ("older than the ticket", [{"id": "5", "created": "2020-01-01T00:00:00.000+0200"}], [("5", -216_986_400)]),
    ("newest first", [{"id": "6", "created": "2026-11-16T10:01:00.000+0200"},
                      {"id": "5", "created": "2026-11-16T10:00:00.000+0200"}], [("5", 0), ("6", 60)]),
    ("twice", [{"id": "5", "created": "2026-11-16T10:01:00.000+0200"}] * 2, [("5", 60)]),
    ("no moment", [{"id": "5"}], []),
    ("seventy", [{"id": str(i), "created": "2026-11-16T10:01:00.000+0200"} for i in range(1, 71)],
     [(str(i), 60) for i in range(1, 71)]),
]  # fmt: skip


@pytest.mark.parametrize(("comments", "messages"), [row[1:] for row in MESSAGES], ids=[row[0] for row in MESSAGES])
def test_messages(comments: list[Json], messages: list[tuple[str, int]]) -> None:
    ticket = read(issue(comments=comments))
    assert [(message.id, message.at - AT) for message in ticket.messages] == messages


DELIVERED = [
    ([custom("Lahendus kliendile edastatud", 10204, None, "16.11.2026")], "2026-11-16", 60),
    ([custom("Lahendus kliendile edastatud", 10204, "16.11.2026", None, None)], None, None),
    ([custom("Lahendus kliendile edastatud", 10204, "16.11.2026", "17.11.2026")], "2026-11-17", 60),
    ([], "2026-11-16", 0),
]


@pytest.mark.parametrize(("items", "value", "at"), DELIVERED)
def test_delivered_is_when_the_field_was_last_set(items: list[Json], value: str | None, at: int | None) -> None:
    ticket = read(issue([entry("10:01:00.000", *items)], customfield_10204=value))
    assert ticket.delivered_at == (None if at is None else AT + at)
    assert {change.now for change in ticket.changes} <= {"yes", None}


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (issue(created=...), "no moment of creation"),
        (issue(created="yesterday"), "no moment of creation"),
        (issue(created="2026-11-16T10:00:00.000"), "no moment of creation"),  # in whose zone?
        (issue(created={"at": "Mari Mets"}), "the field created"),
        (issue(labels="Mari Mets"), "the field labels"),
        (issue(assignee="Mari Mets"), "the field assignee"),
        (issue(comments=["Mari Mets"]), "the field comment"),
        (issue(["Mari Mets"]), "does not have Jira's form"),
        ({"id": "10000", "key": "Mari Mets"}, "does not have Jira's form"),
        ("Mari Mets", "does not have Jira's form"),
    ],
)
def test_what_cannot_be_read_is_told_without_its_data(shown: Json, told: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(shown)
    assert told in str(raised.value)
    assert "Mari" not in str(raised.value)


@pytest.mark.parametrize(("raw", "id_"), [(b'{"id": 7}', "7"), (b'{"id": "7", "fields": 3}', "7"), (b'"x"', None)])
def test_a_ticket_is_told_apart_by_its_id_whatever_else_is_odd(raw: bytes, id_: str | None) -> None:
    assert identify(raw) == id_


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        ("2026-11-16T10:00:00.000+0200", AT * 1000),
        ("2026-11-16T10:00:00.001+0200", AT * 1000 + 1),
        ("2026-11-16T08:00:00.999Z", AT * 1000 + 999),
        ("2026-11-16T08:00:00+00:00", AT * 1000),
        ("2026-11-16T13:30:00.123+0530", AT * 1000 + 123),
        ("1969-12-31T23:59:59.999+0000", -1),
        (AT * 1000 + 5, AT * 1000 + 5),
        (AT, AT * 1000),
        (AT + 0.25, AT * 1000 + 250),
        ("9999-12-31T23:59:59.000+0000", None),
        ("0001-01-01T00:00:00.000+2359", None),
        (2**62, None),
        (-1e300, None),
        ("2026-11-16T08:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(written: str | float | None, ms: int | None) -> None:
    assert moment_ms(written) == ms


def test_an_answer_with_half_a_surrogate_pair_loses_that_character_only() -> None:
    answer = requests.Response()
    answer._content = b'{"issues": [{"id": "1", "summary": "\\ud83d"}, {"id": "2", "summary": "\\ud83d\\ude00"}]}'
    assert decode(answer, dict[str, list[dict[str, str]]]) == {
        "issues": [{"id": "1", "summary": "?"}, {"id": "2", "summary": "\U0001f600"}]
    }


def document(*nodes: Json) -> Json:
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": list(nodes)}]}


def words(said: str) -> Json:
    return {"type": "text", "text": said}


MENTION = {"type": "mention", "attrs": {"id": "acc-it1", "text": "@Mari Mets"}}
BODIES: list[tuple[Json, bool]] = [
    ("Aitäh!", True),
    ("[~it1] aitäh", True),
    ("Aitäh, tehtud.", False),
    (document(words("Tere! Suur tänu!")), True),
    (document(MENTION, words(" aitäh "), {"type": "emoji", "attrs": {"shortName": ":smile:"}}), True),
    (document(words("Aitäh!"), {"type": "hardBreak"}, words("Mari Mets")), True),
    (document(words("Aitäh"), {"type": "inlineCard", "attrs": {"url": "https://example.ee"}}), False),
    (document(words("Aitäh, õigused lisatud.")), False),
    (document(words("Aitäh"), 5), False),
    (document(words("Aitäh"), {"type": "text", "text": 5}), False),
    (document(words("Aitäh"), {"type": ["text"]}), False),
    ({"type": "doc", "content": 5}, False),
    ({"type": "doc"}, False),
    (document(words("Aitäh " + 6000 * " ")), False),
    (None, False),
    (5, False),
    (..., False),
]


@pytest.mark.parametrize(("body", "thanks"), BODIES)
def test_thanks_are_told_from_answers(body: Json, thanks: bool) -> None:
    comment = {"id": "5", "created": "2026-11-16T10:05:00.000+0200", "author": user("it1")}
    ticket = read(issue(comments=[comment | ({} if body is ... else {"body": body})]))
    assert ticket.messages == (Message(AT + 300, "5", "it1", False, thanks),)
    assert "itäh" not in msgspec.json.encode(ticket).decode()


PATTERNS = {
    "outage": {"pattern": "ei (avane|lae)", "matches": "Leht ei avane"},
    "title": {"pattern": "sisse", "where": "title"},
    "said": {"pattern": "ootan vastust", "where": "comments"},
    "block": {"pattern": "(?m)^kood 500$", "where": ["description", "comments"]},
}


def nested(deep: int, inner: Json) -> Json:
    return {"type": "doc", "content": [nested(deep - 1, inner)] if deep else [inner]}


LIST = {
    "type": "bulletList",
    "content": [
        {"type": "listItem", "content": [{"type": "paragraph", "content": [words("Leht "), words("ei lae")]}]},
        {"type": "listItem", "content": [{"type": "codeBlock", "content": [words("kood 500")]}]},
        {"type": "listItem", "content": [{"type": "paragraph", "content": [words("veel")]}]},
    ],
}
TEXTS: list[tuple[dict[str, Json], set[str]]] = [
    ({}, {"title"}),
    ({"summary": "Leht EI AVANE"}, {"outage"}),
    ({"summary": None, "description": None}, set()),
    ({"summary": ..., "description": ...}, set()),
    ({"summary": "", "description": "Leht ei\r\navane"}, set()),
    ({"summary": "", "description": "h1. Viga\r\nkood 500\r\nLeht *ei avane*"}, {"outage", "block"}),
    ({"summary": "", "description": "[~ei avane] viga"}, set()),
    ({"summary": "", "description": {"type": "doc", "content": [LIST]}}, {"outage", "block"}),
    ({"summary": "", "description": document(words("ei"), MENTION, words(" avane"))}, set()),
    ({"summary": "", "description": document(words("ei "), words("avane"))}, {"outage"}),
    ({"summary": "", "description": document({"type": "inlineCard", "attrs": {"url": "x/ei lae"}})}, {"outage"}),
    ({"summary": "", "description": nested(300, words("ei avane"))}, {"outage"}),
    (
        {"summary": "", "description": document(5, {"text": 5}, {"type": 7, "content": 8}, words("ei avane"))},
        {"outage"},
    ),
    ({"summary": "", "description": ["ei avane"]}, set()),
    ({"summary": "", "description": 5}, set()),
    ({"summary": "", "description": document(*[words("pikk ")] * 20_000, words("ei avane"))}, set()),
]


@pytest.mark.parametrize(("texts", "expected"), TEXTS)
def test_patterns_are_found_in_texts_that_are_not_kept(texts: dict[str, Json], expected: set[str]) -> None:
    ticket = read(issue(**texts), binding(patterns=PATTERNS))
    assert ticket.patterns == expected
    assert not {"avane", "sisse", "lae"} & set(msgspec.json.encode(ticket).decode().split())


def test_patterns_are_found_in_what_people_write() -> None:
    comment = {"created": "2026-11-16T10:05:00.000+0200", "body": document(words("Ootan vastust, ei avane"))}
    comments = [comment | {"id": str(number), "author": user(who)} for number, who in enumerate(("it1", "piletibot"))]
    ticket = read(issue(comments=comments), binding(patterns=PATTERNS))
    assert [(message.bot, set(message.patterns)) for message in ticket.messages] == [(False, {"said"}), (True, set())]


DATES = {"fields": {"known": "Registrikood", "registered": "Lahendus kliendile edastatud", "code": "Registrikood"}}
LAW = [
    {"name": word, "why": "The law counts from it.", "basis": "§ 1", "source": "the law", "counts_from": word}
    | {"within": "72h clock"}
    for word in ("known", "registered")
]


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2026-11-18T14:15+02:00", "2026-11-18T14:15:00+02:00"),
        ("2026-11-18T14:15:30.250+0200", "2026-11-18T14:15:30+02:00"),
        ("2026-11-18 14:15", "2026-11-18T14:15:00"),
        (" 18.11.2026 kell 9.05 ", "2026-11-18T09:05:00"),
        ("18.11.2026, kell 14.15", "2026-11-18T14:15:00"),
        ("8.1.2026 14:15", "2026-01-08T14:15:00"),
        ("18.11.2026", "2026-11-18"),
        ("2026-11-18", "2026-11-18"),
        ("31.02.2026", "set"),
        ("Mari Mets helistas 18.11.2026", "set"),
        ("60001019906", "set"),
        ("eile", "set"),
    ],
)
def test_a_text_from_which_a_deadline_counts_is_read_when_it_is_nothing_but_a_moment(
    written: str, known: str
) -> None:
    bound = binding(deadlines=LAW, **DATES)
    ticket = read(issue(customfield_10205=written), bound)
    assert ticket.fields == {"known": known, "code": "set"}
    assert read(issue(customfield_10205=written), binding(**DATES)).fields == {"known": "set", "code": "set"}


def test_a_changed_date_is_read_from_its_value_and_not_from_what_people_see() -> None:
    bound = binding(deadlines=LAW, **DATES)
    item = custom("Lahendus kliendile edastatud", 10204, "18/Nov/26", "19/Nov/26")
    item |= {"from": "2026-11-18", "to": "2026-11-19"}
    text = custom("Registrikood", 10205, None, "18.11.2026 kell 14.15", ref=None)
    ticket = read(issue([entry("10:00:00", item, text)], customfield_10204="2026-11-19"), bound)
    assert [(change.field, change.was, change.now) for change in ticket.changes if change.field != "code"] == [
        ("registered", "2026-11-18", "2026-11-19"),
        ("known", None, "2026-11-18T14:15:00"),
    ]
    assert ticket.fields == {"registered": "2026-11-19"}


def paragraphs(*blocks: list[Json]) -> Json:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": list(block)} for block in blocks],
    }


def comment(body: Json, by: str) -> Json:
    return {"id": "1", "created": "2026-11-16T11:00:00.000+0200", "author": user(by), "body": body}


ME: Json = {"type": "mention", "attrs": {"id": "acc-piletibot", "text": "@Piletibot"}}
SAYS = {"type": "text", "text": "piletibot sulge"}


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("piletibot sulge", Command("close")),
        ("[~piletibot] sulge\r\n\r\nKlient on rahul.", Command("close", more=True)),
        ("\n  Piletibot: oota kuni 18.11", Command("snooze", "2026-11-18")),
        ("piletibot suuna L2_IT", Command("route", "it")),
        ("{quote}piletibot sulge{quote}", None),
        ("{quote}\npiletibot sulge\n{quote}\nJah.", None),
        ("> piletibot sulge", None),
        ("bq. piletibot sulge", None),
        ("Klient on rahul.\npiletibot sulge", None),
        ("", None),
        (paragraphs([SAYS]), Command("close")),
        (paragraphs([ME, {"type": "text", "text": " sulge"}]), Command("close")),
        (paragraphs([], [ME, {"type": "text", "text": " sulge"}], [{"type": "text", "text": "."}]), Command("close")),
        (
            paragraphs([SAYS, {"type": "hardBreak"}, {"type": "text", "text": "Ja veel."}]),
            Command("close", more=True),
        ),
        (paragraphs([SAYS], [{"type": "text", "text": "Ja veel."}]), Command("close", more=True)),
        (
            paragraphs(
                [ME, {"type": "text", "text": " oota "}, {"type": "date", "attrs": {"timestamp": "1795132800000"}}]
            ),
            Command("snooze", "2026-11-20"),
        ),
        (paragraphs([{"type": "mention", "attrs": {"id": "acc-it1"}}, {"type": "text", "text": " sulge"}]), None),
        (paragraphs([{"type": "text", "text": "Tere!"}], [SAYS]), None),
        ({"type": "doc", "content": [{"type": "blockquote", "content": paragraphs([SAYS])["content"]}]}, None),
        ({"type": "doc", "content": "piletibot sulge"}, None),
        ({"piletibot": []}, None),
    ],
)
def test_what_a_comment_tells_the_bot(body: Json, command: Command | None) -> None:
    assert read(issue(comments=[comment(body, by="it1")])).messages[0].command == command


def test_only_their_own_words_count_as_a_persons_command() -> None:
    mine = comment("piletibot sulge", by="it1")
    edited = mine | {"id": "2", "updateAuthor": user("it1")}
    others = mine | {"id": "3", "updateAuthor": user("spetsialist1")}
    bots = comment("piletibot sulge", by="piletibot") | {"id": "4"}
    read_back = read(issue(comments=[mine, edited, others, bots])).messages
    assert [message.command for message in read_back] == [Command("close"), Command("close"), None, None]


ASKING: dict[str, Any] = {
    "fields": {"code": "Registrikood"},
    "titles": {"code": {"en": "registry code", "et": "registrikood"}},
    "formats": {"code": {"kind": "registry code"}},
    "privacy": {"allow": "@amet.example", "leave": ["ip"]},
    "completeness": [
        {
            "name": "words",
            "why": "Tier 2 must understand it.",
            "requires": ["code"],
            "asks": [
                "vague-title",
                "short-description",
                "several-problems",
                "other-language",
                "personal",
                "duplicate",
            ],
        }
    ],
}
CLEAR = {"summary": "Deklaratsiooni nupp ei reageeri", "description": "Klient vajutas nupule Esita, leht jäi seisma."}
PERSONAL = "Klient (60001019906, tel +372 00000766) kirjutas aadressilt mari@naidis.example, masin 192.0.2.1"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (CLEAR, set()),
        (CLEAR | {"customfield_10205": "19900019"}, set()),
        (CLEAR | {"customfield_10205": "19900038"}, {"format:code"}),
        (CLEAR | {"customfield_10205": "ei ole teada"}, set()),
        (CLEAR | {"customfield_10205": "-"}, set()),
        ({"summary": "Ei tööta"}, {"vague-title", "short-description"}),
        (CLEAR | {"description": PERSONAL}, {"personal:isikukood", "personal:phone", "personal:email"}),
        (CLEAR | {"description": "Palun vastata, leht jäi seisma: info@amet.example"}, set()),
        (CLEAR | {"reporter": "keegi", "description": "Mari Mets vajutas nupule."}, {"personal:name"}),
        (CLEAR | {"reporter": "it1", "description": "Mari Mets vajutas nupule."}, set()),
        ({"summary": None, "description": None}, {"vague-title", "short-description"}),
    ],
)
@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_what_is_found_in_texts_and_fields_is_kept_by_word_alone(
    fields: dict[str, Json], found: set[str], flavour: Flavour
) -> None:
    shown = fields | (
        {"description": document(words(fields["description"]))}
        if flavour == "cloud" and fields.get("description")
        else {}
    )
    if "reporter" in fields:
        shown["reporter"] = user(fields["reporter"], flavour)
    ticket = read(issue(**shown), binding(flavour, **ASKING))
    assert ticket.findings == found
    kept = msgspec.json.encode(ticket).decode()
    assert not [text for text in ("6000101", "00000766", "naidis", "1990003", "seisma") if text in kept]


def test_personal_data_are_found_in_what_people_write_and_not_in_what_the_bot_does() -> None:
    comment = {"created": "2026-11-16T10:05:00.000+0200", "body": document(words(PERSONAL))}
    comments = [comment | {"id": str(number), "author": user(who)} for number, who in enumerate(("it1", "piletibot"))]
    ticket = read(issue(comments=comments, **CLEAR), binding(**ASKING))
    assert [set(message.findings) for message in ticket.messages] == [
        {"personal:isikukood", "personal:phone", "personal:email"},
        set(),
    ]


@pytest.mark.parametrize("field_id", ["description", None])
def test_of_a_changed_text_only_the_moment_is_kept(field_id: str | None) -> None:
    item = {"field": "description", "fieldtype": "jira", "from": None, "fromString": PERSONAL, "to": None}
    item |= {"toString": "Puhas tekst"} | ({"fieldId": field_id} if field_id else {})
    ticket = read(issue([entry("10:07:00.000", item)], **CLEAR), binding(**ASKING))
    assert [(change.at - AT, change.field, change.was, change.now) for change in ticket.changes] == [
        (420, "text", None, None)
    ]


def test_a_rulebook_that_asks_nothing_of_texts_does_not_have_them_read() -> None:
    bound = binding()
    assert texts_of(bound) == ()
    ticket = read(issue(**CLEAR | {"description": PERSONAL}), bound)
    assert (ticket.findings, ticket.sketch) == (frozenset(), ())


def test_other_rules_for_texts_have_the_tickets_read_again() -> None:
    first, *others = [
        binding(**ASKING),
        binding(**ASKING | {"privacy": {"suspected": False}}),
        binding(**ASKING | {"formats": {}}),
        binding(**ASKING | {"language": "en"}),
        binding(**ASKING | {"completeness": [ASKING["completeness"][0] | {"asks": ["duplicate"]}]}),
    ]
    assert len({first.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert binding(**ASKING).fingerprint == first.fingerprint
