"""Cloud's changelogs: paged for one issue, in bulk for many; oldest first in both."""

from __future__ import annotations

from bot.sandbox import render
from bot.sandbox.calls import Answer, Call, Refusal, row
from bot.sandbox.world import Json

PAGE = 100


def paged(call: Call) -> Answer:
    """List an issue's changelog, oldest first, 100 at a time."""
    issue = call.issue()
    start = call.number("startAt", 0)
    size = min(call.number("maxResults", PAGE), PAGE, call.page_cap or PAGE)
    page = [render.history(call, each) for each in issue.histories[start : start + size]]
    after = start + len(page)
    total = len(issue.histories)
    here = f"{call.url}/rest/api/{call.version}/issue/{issue.id}/changelog"
    body: dict[str, Json] = {
        "self": f"{here}?maxResults={size}&startAt={start}",
        "maxResults": size,
        "startAt": start,
        "total": total,
        "isLast": after >= total,
        "values": page,
    }
    if after < total:
        body["nextPage"] = f"{here}?maxResults={size}&startAt={after}"
    return call.answer(body)


def bulk(call: Call) -> Answer:
    """List many issues' changelogs by issue, oldest first, moments as UTC milliseconds."""
    asked = call.json()
    refs = row(asked, "issueIdsOrKeys")
    fields = set(map(str, row(asked, "fieldIds")))
    size = asked.get("maxResults", 1000)
    if not 1 <= len(refs) <= 1000 or len(fields) > 10:
        raise Refusal(400, "Between 1 and 1000 issues and at most 10 field ids can be given.")
    if not isinstance(size, int) or not 1 <= size <= 10_000:
        raise Refusal(400, "maxResults must be between 1 and 10000.")
    seen = {each.id: each for each in map(call.world.find, map(str, refs)) if each is not None and call.sees(each)}
    rows = [
        (number, entry)
        for number in sorted(seen)
        for entry in seen[number].histories
        if not fields or any(item.get("fieldId") in fields for item in entry.items)
    ]
    what = f"{refs} {sorted(fields)}"
    start = call.start(asked.get("nextPageToken"), what)
    page = rows[start : start + min(size, call.page_cap or size)]
    after = start + len(page)
    logs: dict[int, list[Json]] = {}
    for number, entry in page:
        logs.setdefault(number, []).append(render.history(call, entry, epoch=True))
    logs = {number: call.page(each) for number, each in logs.items()}
    body: dict[str, Json] = {
        "issueChangeLogs": [{"issueId": str(number), "changeHistories": each} for number, each in logs.items()]
    }
    if after < len(rows):
        body["nextPageToken"] = call.token(after, what)
    return call.answer(body)
