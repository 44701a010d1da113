"""Jira's answers written by hand, for `responses`: the fake tracker's tickets in the JSON of either flavour.

The forms are those of Atlassian's API descriptions; nothing of the sandbox is used, so that a misunderstanding
there is not shared here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses
from fake_tracker import FakeTracker
from requests import PreparedRequest

from bot.core.commands import Permission
from bot.core.doc import Doc
from bot.core.ticket import Change, Message, Ticket
from bot.engine.tracker import Doubtful, Refused

URL = "https://jira.example"
STATUSES = {"new": "10001", "at-tier-2": "10002", "solved": "10007", "closed": "10008"}
NAMES = {"new": "Uus", "at-tier-2": "II tasemel", "solved": "Lahendatud", "closed": "Suletud"}
CATEGORIES = {"new": "new", "at-tier-2": "indeterminate", "solved": "indeterminate", "closed": "done"}
PRIORITIES = {"high": ("2", "Kõrge"), "medium": ("3", "Keskmine")}
FIELDS = {
    "category": ("customfield_10201", "Kategooria", "option"),
    "queue": ("customfield_10202", "Järjekord", "option"),
    "forwarder": ("customfield_10203", "Edastaja", "user"),
    "delivered": ("customfield_10204", "Lahendus kliendile edastatud", "date"),
}
LINK_TYPES = {"duplicate": ("10001", "Duplicate"), "works_in": ("10002", "Relates")}
SYSTEM = {"state": "status", "owner": "assignee", "priority": "priority", "labels": "labels"}
NOT_THERE = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}

Answer = tuple[int, dict[str, str], str]
Json = Any


def account(flavour: str, word: str) -> Json:
    shown = {"displayName": f"Nimi {word}", "active": True}
    if flavour == "cloud":
        return shown | {"accountId": f"acc-{word}", "accountType": "atlassian"}
    return shown | {"name": word, "key": f"KEY-{word}"}


class Canned:
    """Answers for one fake tracker; `install` puts them into a `responses` mock."""

    def __init__(self, fake: FakeTracker) -> None:
        self.fake = fake
        self.cloud = fake.flavour == "cloud"

    def install(self, mock: responses.RequestsMock) -> None:
        """Answer whatever is asked below the address."""
        for method in (responses.GET, responses.POST, responses.PUT):
            mock.add_callback(method, re.compile(re.escape(URL) + "/rest/api/.*"), callback=self._answer)

    def _answer(self, request: PreparedRequest) -> Answer | Exception:
        if self.fake.down:
            return requests.ConnectionError("nobody is there")
        parts = urlsplit(request.url or "")
        path = re.sub(r"^/rest/api/[23]/", "", parts.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = json.loads(request.body) if request.body else None
        for method, pattern, answer in self._routes():
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                try:
                    status, shown = answer(found, query, body)
                except Refused:
                    status, shown = 403, NOT_THERE
                except Doubtful:
                    return requests.ConnectionError("the connection was lost")
                return status, {"Content-Type": "application/json"}, "" if shown is None else json.dumps(shown)
        return 404, {"Content-Type": "text/html"}, "<html>no such page</html>"

    def _routes(self) -> list[tuple[str, str, Callable[[re.Match[str], dict[str, str], Json], tuple[int, Json]]]]:
        own: list[Any] = [
            ("POST", "search/jql", self._search),
            ("POST", "issue/bulkfetch", lambda _, q, body: (200, {"issues": self._found(body["issueIdsOrKeys"])})),
            ("POST", "changelog/bulkfetch", self._logs),
            ("GET", "project/search", lambda *_: (200, {"values": self._projects(), "isLast": True})),
        ]
        if not self.cloud:
            own = [
                ("POST", "search", self._search_or_find),
                ("GET", r"issue/(\d+)", self._one),
                ("GET", "project", lambda *_: (200, self._projects())),
            ]
        return [
            *own,
            ("GET", "serverInfo", lambda *_: (200, self._server())),
            ("GET", "myself", lambda *_: (200, account(self.fake.flavour, self.fake.bot))),
            ("GET", "user", self._user),
            ("GET", "field", lambda *_: (200, self._fields())),
            ("GET", "status", lambda *_: (200, self._statuses())),
            ("GET", "priority", lambda *_: (200, [{"id": id_, "name": name} for id_, name in PRIORITIES.values()])),
            ("GET", "issueLinkType", lambda *_: (200, {"issueLinkTypes": [_type(word) for word in LINK_TYPES]})),
            (
                "GET",
                "mypermissions",
                lambda *_: (200, {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}}),
            ),
            ("GET", "user/permission/search", self._permitted),
            ("GET", r"issue/(\d+)/comment", self._listed),
            ("POST", r"issue/(\d+)/comment", self._said),
            ("PUT", r"issue/(\d+)/comment/(\d+)", self._reworded),
            ("PUT", r"issue/(\d+)", self._edited),
            ("GET", r"issue/(\d+)/transitions", self._transitions),
            ("POST", r"issue/(\d+)/transitions", self._moved),
        ]

    def _server(self) -> Json:
        return {"baseUrl": URL, "deploymentType": "Cloud" if self.cloud else "Server", "version": "1001.0.0"}

    def _projects(self) -> Json:
        return [{"id": "10000", "key": self.fake.project, "name": "Klienditugi"}]

    def _fields(self) -> Json:
        custom = [
            {"id": id_, "name": name, "custom": True, "schema": {"type": kind}, "clauseNames": [name]}
            for id_, name, kind in FIELDS.values()
        ]
        return [*custom, {"id": "status", "name": "Olek", "custom": False, "schema": {"type": "status"}}]

    def _statuses(self) -> Json:
        return [
            {"id": id_, "name": NAMES[word], "statusCategory": {"key": CATEGORIES[word], "name": "…"}}
            for word, id_ in STATUSES.items()
        ]

    def _user(self, _: Json, query: dict[str, str], __: Json) -> tuple[int, Json]:
        (ref,) = query.values()
        word = ref.removeprefix("acc-").removeprefix("KEY-")
        return (
            (404, {"errorMessages": [], "errors": {}})
            if word == "nobody"
            else (200, account(self.fake.flavour, word) | {"active": word not in self.fake.left})
        )

    def _permitted(self, _: Json, query: dict[str, str], __: Json) -> tuple[int, Json]:
        words: dict[str, Permission] = {
            "BROWSE_PROJECTS": "see", "EDIT_ISSUES": "edit", "TRANSITION_ISSUES": "move", "CLOSE_ISSUES": "close"
        }  # fmt: skip
        asked = query["accountId"].removeprefix("acc-") if self.cloud else query["username"]
        permissions = [words[each] for each in query["permissions"].split(",")]
        may = self.fake.may(asked, permissions, query["issueKey"])
        if may is None:
            return 403, {"errorMessages": ["No."], "errors": {}}
        # Data Center finds whoever's name begins so.
        near = [] if self.cloud else [account(self.fake.flavour, f"{asked}0")]
        if asked in self.fake.left:
            near.append(account(self.fake.flavour, asked) | {"active": False})
        return 200, [*near, *([account(self.fake.flavour, asked)] if may else [])]

    def _search(self, _: Json, __: Json, body: Json) -> tuple[int, Json]:
        found = re.fullmatch(
            r'project in \("KKA"\)(?: AND updated >= (\d+))?(?: AND NOT \((.*)\))? ORDER BY updated ASC, key ASC',
            body["jql"],
        )
        assert found is not None, body["jql"]
        left_out = {
            id_: int(before)
            for before, ids in re.findall(r"\(updated < (\d+) AND id in \((.*?)\)\)", found[2] or "")
            for id_ in ids.split(", ")
        }
        if not left_out.keys() <= self.fake.tickets.keys():
            return 400, NOT_THERE
        stamps = [
            stamp
            for stamp in self.fake.changed(int(found[1]) if found[1] else None)
            if stamp.updated_ms >= left_out.get(stamp.id, 0)
        ]
        if body.get("expand"):
            assert body["expand"] == ("changelog" if self.cloud else ["changelog"])
            rows = [row for stamp in stamps for row in self._found([stamp.id])]
        else:
            rows = [
                {"id": stamp.id, "key": stamp.key, "fields": {"updated": _written(stamp.updated_ms)}}
                for stamp in stamps
            ]
        return 200, {"issues": rows, "isLast": True} if self.cloud else {
            "issues": rows[body["startAt"] :], "total": len(rows), "startAt": body["startAt"], "maxResults": 1000
        }  # fmt: skip

    def _search_or_find(self, found: Json, query: Json, body: Json) -> tuple[int, Json]:
        ids = re.match(r"id in \((.*?)\)", body["jql"])
        if ids is None:
            return self._search(found, query, body)
        assert body["expand"] == ["changelog"]
        issues = self._found(ids[1].split(", "))
        return 200, {"issues": issues, "total": len(issues), "startAt": 0, "maxResults": 1000}

    def _one(self, found: re.Match[str], _: Json, __: Json) -> tuple[int, Json]:
        issues = self._found([found[1]])
        return (200, issues[0]) if issues else (404, NOT_THERE)

    def _found(self, ids: list[str]) -> list[Json]:
        return [self._issue(ticket) for ticket in self.fake.read(ids).tickets]

    def _issue(self, ticket: Ticket) -> Json:
        flavour = self.fake.flavour
        person = {word: account(flavour, word) for word in (ticket.owner, ticket.reporter, ticket.forwarder) if word}
        priority = PRIORITIES.get(ticket.priority or "")
        comments = [self._comment(message) for message in ticket.messages]
        shown = {
            "id": ticket.id,
            "key": ticket.key,
            "fields": {
                "status": {"id": STATUSES[ticket.state], "name": "…"},
                "priority": {"id": priority[0], "name": "…"} if priority else None,
                "assignee": person.get(ticket.owner or ""),
                "reporter": person.get(ticket.reporter or ""),
                "created": _written(ticket.created_at * 1000),
                "updated": _written(ticket.updated_ms),
                "labels": sorted(ticket.labels),
                "duedate": None,
                "project": {"id": "10000", "key": ticket.project},
                "issuelinks": [
                    {
                        "id": "1",
                        "type": _type(link.type),
                        "outwardIssue" if link.outward else "inwardIssue": {"id": link.ticket_id, "key": link.key},
                    }
                    for link in ticket.links
                ],
                "comment": {"comments": comments[:20], "total": len(comments), "maxResults": 20, "startAt": 0},
                FIELDS["category"][0]: {"id": "1", "value": ticket.category} if ticket.category else None,
                FIELDS["queue"][0]: {"id": "2", "value": ticket.queue} if ticket.queue else None,
                FIELDS["forwarder"][0]: person.get(ticket.forwarder or ""),
                FIELDS["delivered"][0]: "2026-11-16" if ticket.delivered_at is not None else None,
            },
        }
        if not self.cloud:
            shown["changelog"] = {"histories": self._histories(ticket)}
        return shown

    def _logs(self, _: Json, __: Json, body: Json) -> tuple[int, Json]:
        tickets = self.fake.read(body["issueIdsOrKeys"]).tickets
        logs = [{"issueId": each.id, "changeHistories": self._histories(each)} for each in tickets]
        return 200, {"issueChangeLogs": logs}

    def _histories(self, ticket: Ticket) -> Json:
        return [
            {
                "id": str(20000 + i),
                "author": account(self.fake.flavour, change.who) if change.who else None,
                "created": change.at * 1000 if self.cloud else _written(change.at * 1000),
                "items": [self._item(change), {"field": "Rank", "fieldtype": "custom", "toString": "Ranked higher"}],
            }
            for i, change in enumerate(ticket.changes)
        ]

    def _item(self, change: Change) -> Json:
        word = change.field
        if word == "link":
            sides = {"from": change.was, "fromString": None, "to": change.now, "toString": f"… {change.now}"}
            return {"field": "Link", "fieldtype": "jira", **sides}
        was, now = (self._ref(word, value) for value in (change.was, change.now))
        if word in SYSTEM:
            item = {"field": SYSTEM[word], "fieldtype": "jira", "fieldId": SYSTEM[word]}
        else:
            item = {"field": FIELDS[word][1], "fieldtype": "custom", "fieldId": FIELDS[word][0]}
        if not self.cloud:
            del item["fieldId"]
        return item | {"from": was, "fromString": change.was, "to": now, "toString": change.now}

    def _ref(self, word: str, value: str | None) -> str | None:
        if value is None or word == "labels":
            return None
        if word == "owner":
            who = account(self.fake.flavour, value)
            return str(who["accountId"] if self.cloud else who["key"])
        return {"state": STATUSES.get(value), "priority": PRIORITIES.get(value, ("",))[0]}.get(word, "7")

    def _comment(self, message: Message) -> Json:
        shown = {"id": message.id, "created": _written(message.at * 1000), "body": "…"}
        return shown | ({"author": account(self.fake.flavour, message.who)} if message.who else {})

    def _listed(self, found: re.Match[str], query: dict[str, str], _: Json) -> tuple[int, Json]:
        reading = self.fake.read([found[1]])
        if not reading.tickets:
            return 404, NOT_THERE
        marks = {said.comment_id: said for said in self.fake.said(found[1])}
        rows = [self._comment(message) for message in reading.tickets[0].messages]
        for row in rows if query.get("expand") == "properties" else ():
            said = marks.get(row["id"])
            value = {"keys": list(said.keys), "hash": said.text_hash} if said else None
            row["properties"] = [{"key": "piletibot.step", "value": value}] if value else []
        rows = rows[::-1] if query["orderBy"].startswith("-") else rows
        start = int(query["startAt"])
        page = rows[start : start + min(int(query["maxResults"]), 50)]
        return 200, {"comments": page, "total": len(rows), "startAt": start, "maxResults": 50}

    def _spoken(self, body: Json) -> tuple[Doc, list[str], str]:
        assert isinstance(body["body"], dict if self.cloud else str)
        properties = {each["key"]: each["value"] for each in body["properties"]}
        assert properties["sd.public.comment"] == {"internal": True}
        return Doc(()), properties["piletibot.step"]["keys"], properties["piletibot.step"]["hash"]

    def _said(self, found: re.Match[str], _: Json, body: Json) -> tuple[int, Json]:
        return 201, {"id": self.fake.say(found[1], *self._spoken(body))}

    def _reworded(self, found: re.Match[str], _: Json, body: Json) -> tuple[int, Json]:
        self.fake.reword(found[1], found[2], *self._spoken(body))
        return 200, {"id": found[2]}

    def _edited(self, found: re.Match[str], _: Json, body: Json) -> tuple[int, Json]:
        sets = {}
        if labels := body.get("update", {}).get("labels"):
            signs = {"add": "+", "remove": "-"}
            sets["labels"] = " ".join(signs[verb] + label for each in labels for verb, label in each.items())
        for id_, value in body.get("fields", {}).items():
            if id_ == "assignee":
                (who,) = value.values()
                sets["owner"] = who.removeprefix("acc-")
            else:
                sets["queue"] = value["value"]
        self.fake.put(found[1], sets)
        return 204, None

    def _transitions(self, found: re.Match[str], _: Json, __: Json) -> tuple[int, Json]:
        if not self.fake.read([found[1]]).tickets:
            return 404, NOT_THERE
        ways = [{"id": "1" + id_, "name": "…", "to": {"id": id_, "name": "…"}} for id_ in STATUSES.values()]
        return 200, {"transitions": ways}

    def _moved(self, found: re.Match[str], _: Json, body: Json) -> tuple[int, Json]:
        assert isinstance(body["transition"]["id"], str)
        (state,) = (word for word, id_ in STATUSES.items() if "1" + id_ == body["transition"]["id"])
        self.fake.put(found[1], {"state": state})
        return 204, None


def _type(word: str) -> Json:
    id_, name = LINK_TYPES[word]
    return {"id": id_, "name": name, "inward": "…", "outward": "…"}


def _written(ms: int) -> str:
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}+0000"
