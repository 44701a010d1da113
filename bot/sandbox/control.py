"""The sandbox's own switches over HTTP, below `/sandbox/`: faults, clock, requests counted, and acts REST has not.

- `GET|PUT|DELETE /sandbox/faults`: the knobs of `bot.sandbox.faults.Faults`; PUT sets those given
- `GET|PUT /sandbox/clock`: `{"now_ms": 1790000000000}`, `{"advance_ms": 60000}` or `{"real": true}`
- `GET|DELETE /sandbox/requests`: `{"total": n, "requests": [{"method", "path", "status", "count"}]}`, 0 for dropped
- `GET /sandbox/mentions`: `{"mentions": [{"issue", "comment", "user"}]}`: whom the comments' mentions reach
- `POST /sandbox/acts`: `{"act": "move", "issue", "project", "by"}`, `{"act": "deactivate", "user"}`,
  `{"act": "rename", "user", "name", "display_name"}`, `{"act": "forbid"|"allow", "user", "permission"}`,
  `{"act": "attach", "issue", "filename", "size", "mime_type", "by"}`
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.sandbox import acts, faults
from bot.sandbox.calls import Answer, Request, said
from bot.sandbox.clock import Clock
from bot.sandbox.world import Issue, Person, World

if TYPE_CHECKING:
    from bot.sandbox.api import Site

Json = Any


def handle(site: Site, request: Request) -> Answer:
    """Answer a request below `/sandbox/`; 400 with `error` for what cannot be done, 404 for what is not there."""
    try:
        given = json.loads(request.body) if request.body else {}
        match request.method, request.path.removeprefix("/sandbox/"):
            case "GET" | "PUT" | "DELETE", "faults":
                if request.method == "PUT":
                    site.faults = faults.read(given, site.faults)
                elif request.method == "DELETE":
                    site.faults = faults.Faults()
                return said(200, faults.shown(site.faults))
            case "GET" | "PUT", "clock":
                if request.method == "PUT":
                    _wind(site.world, given)
                clock = site.world.clock
                return said(200, {"now_ms": site.world.now(), "real": isinstance(clock, Clock) and clock.real})
            case "GET" | "DELETE", "requests":
                if request.method == "DELETE":
                    site.requests.clear()
                return said(200, _counted(site))
            case "GET", "mentions":
                return said(200, {"mentions": _mentions(site.world)})
            case "POST", "acts":
                _act(site.world, given)
                return said(200, {})
    except (ValueError, KeyError, AttributeError) as error:
        return said(400, {"error": str(error)})
    return said(404, {"error": f"nothing at {request.path}"})


def _wind(world: World, given: Json) -> None:
    clock = world.clock
    if not isinstance(clock, Clock):
        clock = world.clock = Clock(world.now())
    if given.get("real"):
        clock.set(None)
    elif "advance_ms" in given:
        clock.advance(int(given["advance_ms"]))
    else:
        clock.set(int(given["now_ms"]))


def _counted(site: Site) -> Json:
    rows = [
        {"method": method, "path": path, "status": status, "count": count}
        for (method, path, status), count in sorted(site.requests.items())
    ]
    return {"total": site.requests.total(), "requests": rows}


def _mentions(world: World) -> Json:
    return [
        {"issue": issue.key, "comment": str(comment.id), "user": person.name}
        for issue in world.issues.values()
        for comment in issue.comments
        for person in acts.mentioned(world, comment.body)
    ]


def _act(world: World, given: Json) -> None:
    match given["act"]:
        case "move":
            project = world.projects[given["project"]]
            acts.move(world, _issue(world, given), _person(world, given["by"]), project)
        case "attach":
            size, kind = int(given["size"]), given["mime_type"]
            acts.attach(world, _issue(world, given), _person(world, given["by"]), given["filename"], size, kind)
        case "deactivate":
            _person(world, given["user"]).active = False
        case "rename":
            acts.rename(world, _person(world, given["user"]), given["name"], given["display_name"])
        case "forbid":
            _person(world, given["user"]).denied.add(given["permission"])
        case "allow":
            _person(world, given["user"]).denied.discard(given["permission"])
        case unknown:
            raise ValueError(f"unknown act {unknown!r}")


def _issue(world: World, given: Json) -> Issue:
    found = world.find(given["issue"])
    if found is None:
        raise ValueError(f"no issue {given['issue']!r}")
    return found


def _person(world: World, ref: str) -> Person:
    found = world.person(ref)
    if found is None:
        raise ValueError(f"no user {ref!r}")
    return found
