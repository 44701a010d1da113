"""The sandbox's own switches over HTTP, below `/sandbox/`: faults, clock, requests counted, and acts REST has not.

- `GET|PUT|DELETE /sandbox/faults`: the knobs of `bot.sandbox.faults.Faults`; PUT sets those given
- `GET|PUT /sandbox/clock`: `{"now_ms": 1790000000000}`, `{"advance_ms": 60000}` or `{"real": true}`
- `GET|DELETE /sandbox/requests`: `{"total": n, "requests": [{"method", "path", "status", "count"}], "minutes":
  [{"minute", "count"}], "busiest": {"2000": n, "30000": n}}`: status 0 for dropped; minutes since 1970; the most
  writes to one issue within so many milliseconds (Cloud)
- `GET /sandbox/mentions`: `{"mentions": [{"issue", "comment", "user"}]}`: whom the comments' mentions reach
- `POST /sandbox/acts`: `{"act": NAME, ...}`, one of `bot.sandbox.upheavals.ACTS`
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.sandbox import acts, faults
from bot.sandbox.calls import Answer, Request, said
from bot.sandbox.clock import Clock
from bot.sandbox.limits import Limits
from bot.sandbox.upheavals import befall
from bot.sandbox.world import World

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
                    site.limits = Limits()
                return said(200, _counted(site))
            case "GET", "mentions":
                return said(200, {"mentions": _mentions(site.world)})
            case "POST", "acts":
                befall(site.world, given)
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
    minutes = [{"minute": minute, "count": count} for minute, count in sorted(site.limits.minutes.items())]
    busiest = {str(window_ms): most for window_ms, most in sorted(site.limits.busiest.items())}
    return {"total": site.requests.total(), "requests": rows, "minutes": minutes, "busiest": busiest}


def _mentions(world: World) -> Json:
    return [
        {"issue": issue.key, "comment": str(comment.id), "user": person.name}
        for issue in world.issues.values()
        for comment in issue.comments
        for person in acts.mentioned(world, comment.body)
    ]
