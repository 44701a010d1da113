"""What people do to issues: every act replaces the issue, writes its changelog and moves `updated`.

None of them asks who may do what; the requests do. Values are neutral ones (`bot.sandbox.world`), already read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.sandbox.texts import plain
from bot.sandbox.world import Comment, History, Issue, Json, Link, Person, Project, World

Item = dict[str, Json]


def create(world: World, by: Person, project: Project, values: Mapping[str, Json]) -> Issue:
    """Open an issue in the project's first status. `values` holds at least `summary` and `issuetype`."""
    project.last_number += 1
    now = world.now()
    fields: dict[str, Json] = {id_: None for id_, field in world.fields.items() if field.custom}
    fields |= {
        "summary": None,
        "description": None,
        "environment": None,
        "issuetype": None,
        "project": {"id": project.id, "key": project.key, "name": project.name},
        "status": world.statuses[project.statuses[0]],
        "priority": next((p for p in world.priorities.values() if p.get("default")), None),
        "resolution": None,
        "security": None,
        "assignee": None,
        "reporter": by,
        "creator": by,
        "duedate": None,
        "labels": [],
        "components": [],
    }
    fields |= values
    issue = Issue(world.new_id("issue"), f"{project.key}-{project.last_number}", fields, now, now, now)
    return world.put(issue)


def edit(world: World, issue: Issue, by: Person | None, values: Mapping[str, Json]) -> Issue:
    """Set fields; what stays as it was leaves no trace, and nothing changed leaves `updated` alone."""
    items: list[Item] = []
    for name, value in values.items():
        items += changed(world, name, issue.fields.get(name), value)
    return _write(world, issue, by, items, fields={**issue.fields, **values}) if items else issue


def transition(world: World, issue: Issue, by: Person | None, status_id: str, values: Mapping[str, Json]) -> Issue:
    """Move the issue to another status; a resolution is set on entering a done one and cleared on leaving it."""
    status = world.statuses[status_id]
    sets: dict[str, Json] = {**values, "status": status}
    resolved_ms = issue.resolved_ms
    if status["statusCategory"]["key"] == "done":
        if sets.get("resolution", issue.fields.get("resolution")) is None:
            sets["resolution"] = next(iter(world.resolutions.values()), None)
        resolved_ms = world.now() if resolved_ms is None else resolved_ms
    else:
        sets["resolution"] = None
        resolved_ms = None
    return edit(world, replace(issue, resolved_ms=resolved_ms), by, sets)


def comment(
    world: World,
    issue: Issue,
    by: Person,
    body: Json,
    *,
    properties: Mapping[str, Json] | None = None,
    visibility: dict[str, str] | None = None,
) -> Comment:
    """Add a comment; `updated` moves, the changelog says nothing of it."""
    now = world.now()
    said = Comment(
        world.new_id("comment"), by, body, now, now, by, visibility=visibility, properties=dict(properties or {})
    )
    world.put(replace(issue, comments=(*issue.comments, said), updated_ms=now))
    return said


def reword(world: World, issue: Issue, said: Comment, by: Person, body: Json, **changes: Json) -> Comment:
    """Edit a comment: new text, perhaps other `visibility` and `properties`."""
    now = world.now()
    after = replace(said, body=body, update_author=by, updated_ms=now, **changes)
    put_comment(world, issue, after, touch=True)
    return after


def put_comment(world: World, issue: Issue, said: Comment, *, touch: bool) -> None:
    """Keep the comment as it stands now; `touch` says whether that moves the issue's `updated`."""
    comments = tuple(said if each.id == said.id else each for each in issue.comments)
    updated_ms = world.now() if touch else issue.updated_ms
    world.put(replace(issue, comments=comments, updated_ms=updated_ms))


def unsay(world: World, issue: Issue, said: Comment, by: Person) -> None:
    """Delete a comment; the changelog notes that, with the text that went."""
    item: Item = {
        "field": "Comment",
        "fieldtype": "jira",
        "from": str(said.id),
        "fromString": plain(said.body),
        "to": None,
        "toString": None,
    }
    kept = tuple(each for each in issue.comments if each.id != said.id)
    _write(world, replace(issue, comments=kept), by, [item])


def move(world: World, issue: Issue, by: Person, project: Project) -> Issue:
    """Move the issue to another project: same id, new key; the old key still finds it."""
    old = world.projects[issue.project_key]
    project.last_number += 1
    key = f"{project.key}-{project.last_number}"
    items: list[Item] = [
        item("project", "project", old.id, old.name, project.id, project.name),
        {"field": "Key", "fieldtype": "jira", "from": None, "fromString": issue.key, "to": None, "toString": key},
    ]
    sets: dict[str, Json] = {"project": {"id": project.id, "key": project.key, "name": project.name}}
    if issue.fields["status"]["id"] not in project.statuses:
        sets["status"] = world.statuses[project.statuses[0]]
        items += changed(world, "status", issue.fields["status"], sets["status"])
    moved = replace(issue, key=key, former_keys=(*issue.former_keys, issue.key))
    return _write(world, moved, by, items, fields={**issue.fields, **sets})


def merge(world: World, issue: Issue, by: Person, into: Issue) -> Issue:
    """Close the issue as a duplicate of another one, to which it is linked; Jira has no other way to merge."""
    duplicate = next(id_ for id_, words in world.link_types.items() if words["outward"] == "duplicates")
    link(world, by, duplicate, issue, into)
    project = world.projects[issue.project_key]
    done = next(each for each in project.statuses if world.statuses[each]["statusCategory"]["key"] == "done")
    resolutions = (each for each in world.resolutions.values() if each["name"] in ("Dublett", "Duplicate"))
    found = next(resolutions, None)
    return transition(world, world.issues[issue.id], by, done, {} if found is None else {"resolution": found})


def rename_status(world: World, status_id: str, name: str) -> None:
    """Give a status another name: every issue in it shows that at once, the changelogs keep the old one."""
    world.statuses[status_id]["name"] = name


def delete(world: World, issue: Issue) -> None:
    """Delete the issue and the links to it."""
    for link in issue.links:
        other = world.issues.get(link.other)
        if other is not None:
            world.put(replace(other, links=tuple(each for each in other.links if each.id != link.id)))
    world.remove(issue)


def link(world: World, by: Person, type_id: str, inward: Issue, outward: Issue) -> int:
    """Link two issues; both changelogs say so. Returns the link's id."""
    number = world.new_id("link")
    words = world.link_types[type_id]
    for near, far, is_outward in ((inward, outward, True), (outward, inward, False)):
        text = f"This issue {words['outward' if is_outward else 'inward']} {far.key}"
        side = Link(number, type_id, is_outward, far.id)
        entry: Item = {
            "field": "Link",
            "fieldtype": "jira",
            "from": None,
            "fromString": None,
            "to": far.key,
            "toString": text,
        }
        near = world.issues[near.id]
        _write(world, replace(near, links=(*near.links, side)), by, [entry])
    return number


def unlink(world: World, by: Person, number: int) -> bool:
    """Take a link away on both sides; False when there is none of that id."""
    sides = [issue for issue in world.issues.values() if any(each.id == number for each in issue.links)]
    for near in sides:
        gone = next(each for each in near.links if each.id == number)
        far = world.issues[gone.other]
        entry: Item = {
            "field": "Link",
            "fieldtype": "jira",
            "from": far.key,
            "fromString": f"This issue {world.link_types[gone.type_id]['outward' if gone.outward else 'inward']} "
            + far.key,
            "to": None,
            "toString": None,
        }
        kept = tuple(each for each in near.links if each.id != number)
        _write(world, replace(near, links=kept), by, [entry])
    return bool(sides)


def link_remotely(world: World, issue: Issue, by: Person, link: dict[str, Json]) -> int:
    """Link the issue to something elsewhere: `application`, `globalId`, `relationship` and `object` as Jira has them.

    One of a global id that is there already takes its place. Returns the link's id.
    """
    known = next((each for each in issue.remote_links if each["globalId"] == link["globalId"] is not None), None)
    number = int(known["id"]) if known else world.new_id("remote link")
    kept = tuple(each for each in issue.remote_links if each is not known)
    entry = _remote_item(known, {**link, "id": number})
    _write(world, replace(issue, remote_links=(*kept, {**link, "id": number})), by, [entry])
    return number


def unlink_remotely(world: World, issue: Issue, by: Person, number: int) -> bool:
    """Take a link to something elsewhere away; False when there is none of that id."""
    gone = next((each for each in issue.remote_links if each["id"] == number), None)
    if gone is not None:
        kept = tuple(each for each in issue.remote_links if each is not gone)
        _write(world, replace(issue, remote_links=kept), by, [_remote_item(gone, None)])
    return gone is not None


def _remote_item(was: dict[str, Json] | None, now: dict[str, Json] | None) -> Item:
    def told(link: dict[str, Json] | None) -> str | None:
        if link is None:
            return None
        shown = (link["application"] or {}).get("name") or "Web Link"
        return f'This issue {link["relationship"] or "links to"} "{link["object"]["title"]} ({shown})"'

    return {
        "field": "RemoteIssueLink",
        "fieldtype": "jira",
        "from": None if was is None else str(was["id"]),
        "fromString": told(was),
        "to": None if now is None else str(now["id"]),
        "toString": told(now),
    }


def attach(world: World, issue: Issue, by: Person, filename: str, size: int, mime_type: str) -> Issue:
    """Attach a file, of which only the metadata is kept; `size` in bytes."""
    number = world.new_id("attachment")
    file: dict[str, Json] = {
        "id": str(number),
        "filename": filename,
        "author": by,
        "created_ms": world.now(),
        "size": size,
        "mimeType": mime_type,
    }
    entry: Item = {
        "field": "Attachment",
        "fieldtype": "jira",
        "fieldId": "attachment",
        "from": None,
        "fromString": None,
        "to": str(number),
        "toString": filename,
    }
    return _write(world, replace(issue, attachments=(*issue.attachments, file)), by, [entry])


def mentioned(world: World, body: Json) -> list[Person]:
    """Return whom a text's mentions reach: by accountId on Cloud, by name on Data Center; others reach nobody."""
    pattern = r"\[~accountid:([^\]\s]+)\]" if world.flavour == "cloud" else r"\[~([^\]\s]+)\]"
    found = (world.person(ref) for ref in re.findall(pattern, plain(body)))
    return [each for each in found if each is not None and each.active]


def rename(world: World, person: Person, name: str, display_name: str) -> None:
    """Give an account another name; accountId and key stay, and everything shows the new name at once."""
    for project in world.projects.values():
        for inside in project.roles.values():
            inside[:] = [name if each == person.name else each for each in inside]
    person.name, person.display_name = name, display_name
    world.index(person)


def erase_account(world: World, person: Person) -> None:
    """Delete an account on Cloud, anonymise it on Data Center: it is found by nothing that it was known by.

    What it did stays, done by a former user: on Cloud by the same accountId, on Data Center by another name and key.
    """
    number = world.new_id("erased account")
    person.email, person.token, person.active = None, None, False
    person.display_name = "Former user" if world.flavour == "cloud" else f"user-{number:05x}"
    person.name = f"jirauser{number}"
    person.key = None if world.flavour == "cloud" else f"JIRAUSER{number}"
    person.erased = True
    world.index(person)


def changed(world: World, name: str, was: Json, now: Json) -> list[Item]:
    """Return the changelog items of setting a field from `was` to `now`: none when it is the same."""
    if was == now or (not was and not now):
        return []
    if name == "components":
        before, after = {c["id"]: c for c in was or ()}, {c["id"]: c for c in now or ()}
        gone = [before[each] for each in before if each not in after]
        new = [after[each] for each in after if each not in before]
        return [
            *(item("Component", name, each["id"], each["name"], None, None) for each in gone),
            *(item("Component", name, None, None, each["id"], each["name"]) for each in new),
        ]
    field = world.fields.get(name)
    label = field.name if field is not None and field.custom else name
    (old_id, old_text), (new_id, new_text) = _told(name, was), _told(name, now)
    return [item(label, name, old_id, old_text, new_id, new_text)]


def item(label: str, name: str, old: Json, old_text: str | None, new: Json, new_text: str | None) -> Item:
    """Make one changelog item in Jira's form."""
    kind = "custom" if name.startswith("customfield_") else "jira"
    return {
        "field": label,
        "fieldtype": kind,
        "fieldId": name,
        "from": old,
        "fromString": old_text,
        "to": new,
        "toString": new_text,
    }


def _told(name: str, value: Json) -> tuple[Json, str | None]:
    """How the changelog tells a value: its id, if it has one, and its words."""
    if value is None:
        return None, None
    if isinstance(value, Person):
        return value, value.display_name
    if name == "labels":
        return "", " ".join(value)
    if isinstance(value, list):
        return None, ", ".join(_told("", each)[1] or "" for each in value)
    if isinstance(value, dict) and "type" not in value:
        return value.get("id"), str(value.get("value") or value.get("name") or "")
    if name == "duedate":
        return value, f"{value} 00:00:00.0"
    return None, plain(value)


def _write(
    world: World, issue: Issue, by: Person | None, items: list[Item], *, fields: dict[str, Json] | None = None
) -> Issue:
    now = world.now()
    entry = History(world.new_id("history"), now, by, tuple(items))
    return world.put(
        replace(issue, fields=fields or issue.fields, histories=(*issue.histories, entry), updated_ms=now)
    )
