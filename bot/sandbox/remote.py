"""Links from issues to things elsewhere: tickets of other Jiras, and web pages."""

from __future__ import annotations

from bot.sandbox import acts
from bot.sandbox.calls import Answer, Call, Refusal, part
from bot.sandbox.world import Json


def listed(call: Call) -> Answer:
    """List an issue's links to things elsewhere; the one of a global id where that is asked for."""
    issue, wanted = call.issue(), next(iter(call.request.query.get("globalId", ())), None)
    found = [_shown(call, each) for each in issue.remote_links if wanted in (None, each["globalId"])]
    if wanted is None:
        return call.answer(found)
    if not found:
        raise Refusal(404, f"No remote issue link with global id '{wanted}' exists.")
    return call.answer(found[0])


def link(call: Call) -> Answer:
    """Link an issue to something elsewhere, by its address and title: 201 when that is new, 200 when it was there."""
    issue, asked = call.issue(), call.json()
    call.needs("LINK_ISSUES", issue.project_key)
    there, application = part(asked, "object"), part(asked, "application")
    missing = {f"object.{each}": f"'{each}' is required." for each in ("title", "url") if not there.get(each)}
    if missing:
        raise Refusal(400, errors=missing)
    stored: dict[str, Json] = {
        "globalId": asked.get("globalId"),
        "application": application,
        "relationship": asked.get("relationship"),
        "object": there,
    }
    known = {each["id"] for each in issue.remote_links}
    number = acts.link_remotely(call.world, issue, call.asker(), stored)
    body = {"id": number, "self": f"{call.url}{call.request.path.rstrip('/')}/{number}"}
    return call.answer(body, 200 if number in known else 201)


def unlink(call: Call) -> Answer:
    """Take a link to something elsewhere away."""
    issue, number = call.issue(), call.args["id"]
    call.needs("LINK_ISSUES", issue.project_key)
    if not number.isdecimal() or not acts.unlink_remotely(call.world, issue, call.asker(), int(number)):
        raise Refusal(404, f"No remote issue link with id '{number}' exists.")
    return call.nothing()


def _shown(call: Call, link: dict[str, Json]) -> dict[str, Json]:
    """A link as Jira shows it, without what it does not hold."""
    at = f"{call.url}{call.request.path.rstrip('/')}/{link['id']}"
    shown = {"id": link["id"], "self": at, **{key: value for key, value in link.items() if value is not None}}
    return shown | {"application": link["application"] or {}}
