"""Comments with properties and visibility: list, read, write, edit, delete.

Source: the OpenAPI files; `expand=properties` on the list as Atlassian's own github-for-jira uses it.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox import acts, render, values
from bot.sandbox.calls import Answer, Call, Refusal, part, row
from bot.sandbox.properties import check
from bot.sandbox.world import Comment, Issue, Json, Person

PAGES = {"cloud": 100, "dc": 50}
LONGEST_PAGE = 5000


def listed(call: Call) -> Answer:
    """List an issue's comments: 100 on Cloud and 50 on Data Center unless told; oldest first unless told."""
    issue = call.issue()
    seen = render.visible(call, issue)
    order = call.one("orderBy", "created") or ""
    if order.lstrip("+-") != "created":
        raise Refusal(400, f"'{order}' is not a valid value for orderBy.")
    if order.startswith("-"):
        seen = seen[::-1]
    start = call.number("startAt", 0)
    size = min(call.number("maxResults", PAGES[call.flavour]), LONGEST_PAGE, call.page_cap or LONGEST_PAGE)
    properties = "properties" in call.many("expand")
    page = call.page(
        [render.comment(call, issue, each, properties=properties) for each in seen[start : start + size]]
    )
    return call.answer({"startAt": start, "maxResults": size, "total": len(seen), "comments": page})


def read(call: Call) -> Answer:
    """Answer with one comment."""
    issue, said = _found(call)
    properties = "properties" in call.many("expand")
    return call.answer(render.comment(call, issue, said, properties=properties))


def write(call: Call) -> Answer:
    """Add a comment, with its properties at once."""
    issue = call.issue()
    said = _said(call, issue, call.json())
    return call.answer(render.comment(call, issue, said), 201)


def edit(call: Call) -> Answer:
    """Replace a comment's text; visibility and properties only where given."""
    issue, said = _found(call)
    _own(call, issue, said, "EDIT")
    asked = call.json()
    changes: dict[str, Json] = {}
    if "visibility" in asked:
        changes["visibility"] = _visibility(call, asked["visibility"], issue)
    if "properties" in asked:
        changes["properties"] = {**said.properties, **_properties(asked["properties"])}
    text = values.body(call, asked.get("body"))
    said = acts.reword(call.world, issue, said, call.asker(), text, **changes)
    return call.answer(render.comment(call, call.issue(), said))


def delete(call: Call) -> Answer:
    """Delete a comment."""
    issue, said = _found(call)
    _own(call, issue, said, "DELETE")
    acts.unsay(call.world, issue, said, call.asker())
    return call.nothing()


def by_ids(call: Call) -> Answer:
    """List comments by their ids, whichever issue they are on (Cloud)."""
    ids = set(map(str, row(call.json(), "ids")))
    expand = call.many("expand")
    found = [
        render.comment(call, issue, each, properties="properties" in expand)
        for issue in call.world.issues.values()
        if call.sees(issue)
        for each in render.visible(call, issue)
        if str(each.id) in ids
    ]
    return call.answer({"startAt": 0, "maxResults": 1000, "total": len(found), "isLast": True, "values": found})


def from_update(call: Call, issue: Issue, verbs: Json) -> Callable[[Issue], None]:
    """Check the comments of an edit's or a transition's `update`; what is returned adds them."""
    verbs = row({"comment": verbs}, "comment")
    bodies = [part(verb, "add") for verb in verbs if isinstance(verb, dict) and "add" in verb]
    if bodies:
        call.needs("ADD_COMMENTS", issue.project_key)
    for each in bodies:
        values.body(call, each.get("body"))

    def add(after: Issue) -> None:
        for each in bodies:
            _said(call, call.world.issues[after.id], each)

    return add


def _said(call: Call, issue: Issue, asked: dict[str, Json]) -> Comment:
    call.needs("ADD_COMMENTS", issue.project_key)
    if call.cloud and len(issue.comments) >= call.world.most_comments:
        raise Refusal(413, "The number of comments on this issue has reached the limit.")
    text = values.body(call, asked.get("body"))
    properties = _properties(asked.get("properties"))
    visibility = _visibility(call, asked.get("visibility"), issue)
    return acts.comment(call.world, issue, call.asker(), text, properties=properties, visibility=visibility)


def _found(call: Call) -> tuple[Issue, Comment]:
    issue = call.issue()
    for each in render.visible(call, issue):
        if str(each.id) == call.args["id"]:
            return issue, each
    raise Refusal(404, f"Can not find a comment for the id: {call.args['id']}.")


def _own(call: Call, issue: Issue, said: Comment, verb: str) -> None:
    """Raise Refusal with 403 unless who asks may do that to this comment, their own or anybody's."""
    me: Person = call.asker()
    if said.author is not me:
        call.needs(f"{verb}_ALL_COMMENTS", issue.project_key)
    elif not call.world.may(me, f"{verb}_ALL_COMMENTS", issue.project_key):
        call.needs(f"{verb}_OWN_COMMENTS", issue.project_key)


def _properties(given: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for each in row({"properties": given}, "properties"):
        if not isinstance(each, dict) or not isinstance(each.get("key"), str):
            raise Refusal(400, "Every property needs a key and a value.")
        check(each["key"], each.get("value"))
        found[each["key"]] = each.get("value")
    return found


def _visibility(call: Call, given: Json, issue: Issue) -> dict[str, str] | None:
    given = part({"visibility": given}, "visibility")
    if not given:
        return None
    kind, name = given.get("type"), given.get("value") or given.get("identifier")
    if kind not in ("group", "role") or not isinstance(name, str):
        raise Refusal(400, errors={"commentLevel": "Comment visibility is not valid."})
    if not call.world.reaches({"type": kind, "value": name}, call.asker(), issue.project_key):
        words = "project role" if kind == "role" else "group"
        raise Refusal(400, errors={"commentLevel": f"You are currently not a member of the {words}: {name}."})
    return {"type": kind, "value": name}
