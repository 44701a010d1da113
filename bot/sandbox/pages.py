"""The sandbox's pages for a person: all tickets at `/`, one with its comments and history at `/browse/KEY`."""

from __future__ import annotations

import html
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.calls import Answer, Request
from bot.sandbox.texts import plain
from bot.sandbox.world import Comment, History, Issue, Person, World

_MENTION = re.compile(r"\[~(?:accountid:)?([^\]\n]+)\]")
_STYLE = """
body{margin:0;background:#f4f6f8;color:#1c2733;font:16px/1.5 "Segoe UI",system-ui,"Noto Sans",sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}h1{font-size:1.4rem;margin:.2rem 0 1rem}
h2{font-size:1.1rem}
table{border-collapse:collapse;width:100%;background:#fff;font-size:.925rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem;border-bottom:1px solid #d9dfe5}th{color:#5b6875}
a{color:inherit;font-weight:600}.soft{color:#5b6875}.said{background:#fff;border:1px solid #d9dfe5;
border-radius:.5rem;padding:.6rem 1rem;margin:0 0 .75rem;white-space:pre-line}.bot{border-left:.35rem solid #1f5f4a}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#5b6875}dd{margin:0}
"""


def page(world: World, request: Request) -> Answer | None:
    """Answer a browser's request for a page; None when the path is no page's."""
    if request.method != "GET":
        return None
    if request.path == "/":
        return _html("Tickets", _listing(world))
    if not request.path.startswith("/browse/"):
        return None
    issue = world.find(request.path.removeprefix("/browse/"))
    if issue is None:
        return _html("No such ticket", '<p><a href="/">All tickets</a></p>', 404)
    return _html(f"{issue.key} {issue.fields.get('summary') or ''}", _ticket(world, issue))


def _listing(world: World) -> str:
    newest_first = sorted(world.issues.values(), key=lambda issue: -issue.updated_ms)
    rows = "".join(
        f'<tr><td><a href="/browse/{issue.key}">{issue.key}</a></td><td>{_shown(issue.fields.get("status"))}</td>'
        f"<td>{_shown(issue.fields.get('priority'))}</td><td>{_shown(issue.fields.get('assignee'))}</td>"
        f"<td>{_shown(issue.fields.get('summary'))}</td><td>{len(issue.comments)}</td>"
        f'<td class="soft">{_at(world, issue.updated_ms)}</td></tr>'
        for issue in newest_first
    )
    head = "".join(
        f"<th>{name}</th>" for name in ("Key", "Status", "Priority", "Assignee", "Summary", "Comments", "Updated")
    )
    return f'<p class="soft">{len(newest_first)} tickets</p><table><tr>{head}</tr>{rows}</table>'


def _ticket(world: World, issue: Issue) -> str:
    names = [(name, world.fields[name].name) for name in issue.fields if name in world.fields]
    fields = "".join(
        f"<dt>{html.escape(label)}</dt><dd>{shown}</dd>"
        for name, label in names
        if name not in ("summary", "description") and (shown := _shown(issue.fields[name]))
    )
    said = "".join(_comment(world, comment) for comment in issue.comments)
    done = "".join(_history(world, history) for history in issue.histories)
    return (
        f'<p><a href="/">All tickets</a></p><p class="said">{html.escape(plain(issue.fields.get("description")))}</p>'
        f"<dl>{fields}</dl><h2>Comments</h2>{said or '<p>None.</p>'}"
        f"<h2>History</h2><table>{done}</table>"
    )


def _comment(world: World, comment: Comment) -> str:
    own = any(name.startswith("piletibot") for name in comment.properties)
    text = _MENTION.sub(lambda found: f"@{_called(world, found[1])}", html.unescape(plain(comment.body)))
    return (
        f'<div class="said{" bot" if own else ""}"><span class="soft">{_shown(comment.author)} · '
        f"{_at(world, comment.created_ms)}</span>\n{html.escape(text)}</div>"
    )


def _history(world: World, history: History) -> str:
    return "".join(
        f'<tr><td class="soft">{_at(world, history.at_ms)}</td><td>{_shown(history.author)}</td>'
        f"<td>{html.escape(str(item.get('field')))}</td><td>{_shown(item.get('fromString'))} → "
        f"{_shown(item.get('toString'))}</td></tr>"
        for item in history.items
    )


def _called(world: World, ref: str) -> str:
    person = world.person(ref)
    return person.display_name if person else ref


def _shown(value: object) -> str:
    match value:
        case None | "" | []:
            return ""
        case Person():
            return html.escape(value.display_name)
        case {"name": name} | {"value": name}:
            return html.escape(str(name))
        case list():
            return ", ".join(_shown(each) for each in value)
        case _:
            return html.escape(str(value))


def _at(world: World, ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, ZoneInfo(world.zone)):%d.%m.%Y %H:%M}"


def _html(title: str, body: str, status: int = 200) -> Answer:
    text = (
        f'<!doctype html><html lang="et"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )
    return Answer(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})
