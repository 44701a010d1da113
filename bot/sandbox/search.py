"""Searching: `search/jql`, `approximate-count` and `issue/bulkfetch` of Cloud, `search` of Data Center.

Source: the OpenAPI files of Cloud (v3) and Data Center 10.3; the 410 and the unbounded query as sites answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.sandbox import render
from bot.sandbox.calls import Answer, Call, Refusal, row
from bot.sandbox.view import bounded, found
from bot.sandbox.world import Issue, Json

GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
    "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
LEAN = frozenset({"id", "key", "updated"})
LEAN_PAGE = 5000
PAGE = 100
DC_PAGE = 1000


def gone(call: Call) -> Answer:
    """Answer the old search of Cloud: 410."""
    raise Refusal(410, GONE)


def search_jql(call: Call) -> Answer:
    """Search on Cloud: a page and perhaps `nextPageToken`, by default nothing but ids, never a total."""
    if call.request.method == "POST":
        asked = call.json()
        fields, properties = _names(asked.get("fields")), _names(asked.get("properties"))
        expand = _names((asked.get("expand") or "").split(",") if isinstance(asked.get("expand"), str) else [])
        text, token, size = asked.get("jql") or "", asked.get("nextPageToken"), asked.get("maxResults", 50)
    else:
        fields, properties, expand = call.many("fields"), call.many("properties"), call.many("expand")
        text, token, size = call.one("jql", "") or "", call.one("nextPageToken"), call.number("maxResults", 50)
    if not isinstance(text, str) or not isinstance(size, int) or not 0 <= size <= LEAN_PAGE:
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    if len(properties) > 5:
        raise Refusal(400, "At most 5 properties may be asked for.")
    _restricted(text)
    rows = found(call, text)
    start = call.start(token, text)
    fields = fields or ["id"]
    cap = LEAN_PAGE if LEAN.issuperset(fields) and not expand else PAGE
    cap = min(cap, call.page_cap or cap)
    page = rows[start : start + min(max(size, 1), cap)]
    after = start + len(page)
    shape = _shaper(call, fields, expand, properties)
    listed = call.page([shape(each) for each in page])
    body: dict[str, Json] = {"issues": listed, "isLast": after >= len(rows)}
    if after < len(rows):
        body["nextPageToken"] = call.token(after, text)
    return call.answer(body)


def approximate_count(call: Call) -> Answer:
    """Count on Cloud; the index lags here too."""
    text = call.json().get("jql") or ""
    if not isinstance(text, str):
        raise Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    _restricted(text)
    return call.answer({"count": len(found(call, text))})


def search(call: Call) -> Answer:
    """Search on Data Center: startAt, maxResults (capped and echoed) and total."""
    if call.request.method == "POST":
        asked = call.json()
        fields, expand = _names(asked.get("fields")), _names(asked.get("expand"))
        text, start, size = asked.get("jql") or "", asked.get("startAt", 0), asked.get("maxResults", 50)
        if not isinstance(text, str) or not isinstance(start, int) or not isinstance(size, int):
            raise Refusal(400, "There was an error parsing JSON. Check that your request body is valid.")
    else:
        fields, expand = call.many("fields"), call.many("expand")
        text, start, size = call.one("jql", "") or "", call.number("startAt", 0), call.number("maxResults", 50)
    rows = found(call, text)
    cap = min(DC_PAGE if size < 0 else max(size, 0), DC_PAGE, call.page_cap or DC_PAGE)
    shape = _shaper(call, fields or ["*navigable"], expand, [])
    listed = call.page([shape(each) for each in rows[start : start + cap]])
    head: dict[str, Json] = {"expand": "schema,names", "startAt": start, "maxResults": cap}
    return call.answer({**head, "total": len(rows), "issues": listed})


def bulkfetch(call: Call) -> Answer:
    """Fetch up to 100 issues on Cloud by id or key, also a former key; what is not seen is left out in silence."""
    asked = call.json()
    refs = row(asked, "issueIdsOrKeys")
    if not 1 <= len(refs) <= 100:
        raise Refusal(400, "issueIdsOrKeys: between 1 and 100 issue ids or keys are required.")
    fields = _names(asked.get("fields")) or ["*navigable"]
    expand, properties = _names(asked.get("expand")), _names(asked.get("properties"))
    seen = {each.id: each for each in map(call.world.find, map(str, refs)) if each is not None and call.sees(each)}
    shape = _shaper(call, fields, expand, properties)
    return call.answer({"issues": [shape(seen[number]) for number in sorted(seen)], "issueErrors": []})


def _shaper(call: Call, fields: list[str], expand: Iterable[str], properties: list[str]) -> Callable[[Issue], Json]:
    wanted = render.wanted(fields)

    def shape(issue: Issue) -> Json:
        if call.cloud and fields == ["id"]:
            shown: dict[str, Json] = {"id": str(issue.id)}
        else:
            shown = render.issue(call, issue, wanted)
        if "changelog" in expand:
            shown["changelog"] = render.changelog(call, issue, render.SEARCHED_HISTORIES)
        if properties:
            shown["properties"] = {name: issue.properties[name] for name in properties if name in issue.properties}
        return shown

    return shape


def _restricted(text: str) -> None:
    if not text.strip() or not bounded(text):
        raise Refusal(400, UNBOUNDED)


def _names(given: Json) -> list[str]:
    return [each for each in given if isinstance(each, str) and each] if isinstance(given, list) else []
