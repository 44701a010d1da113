"""May the account do what the rules ask of it? A live rule needs more than a rule on `observe`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bot.core.commands import Permission
from bot.core.entries import Entries
from bot.core.findings import Finding, Path
from bot.jira.binding import unknown_projects
from bot.jira.catalogue import Catalogue
from bot.jira.privileges import NEEDS

PERMISSIONS: Mapping[Permission, str] = {
    "see": "BROWSE_PROJECTS",
    "edit": "EDIT_ISSUES",
    "move": "TRANSITION_ISSUES",
    "close": "CLOSE_ISSUES",
}
"""What somebody may do with a ticket, in Jira's own words."""


def findings(
    catalogue: Catalogue, entries: Entries, speaks: bool, sets: Collection[str] | None = None
) -> list[Finding]:
    """Give what the account lacks in each project of the rulebook.

    To look on it must browse; only where a live rule `speaks` must it also comment, and edit, assign or
    transition what live rules set: `sets` are their words, those of the rulebook's routes and rungs when not given.
    """
    problems = list(unknown_projects(entries, catalogue))
    unknown = {problem.path for problem in problems}
    asked = needed(entries, speaks, sets)
    for i, project in enumerate(entries.projects):
        if ("projects", i) in unknown:
            continue
        missing = lacking(catalogue.permissions.get(project, frozenset()), asked)
        if missing:
            text = f"in project {project!r} the account lacks the permission {', '.join(missing)}"
            problems.append(Finding(("projects", i), text))
    problems.extend(_control_problems(catalogue, entries))
    return problems


def needed(entries: Entries, speaks: bool, sets: Collection[str] | None = None) -> list[str]:
    """What the account must be allowed in each project, in Jira's words; the arguments are those of `findings`."""
    words = frozenset(_sets(entries) if sets is None else sets)
    used = [need for need in NEEDS if need.lacking == "error" and need.used(speaks, words)]
    return [permission for need in used for permission in need.permissions]


def lacking(held: Collection[str], asked: Collection[str]) -> list[str]:
    """Those of the permissions asked for that the account does not hold."""
    return [permission for permission in asked if permission not in held]


def speaks(entries: Entries) -> bool:
    """Whether any rule is live, so that the account must be able to write."""
    observed = [
        *(route.observe for route in entries.routes),
        *(rule.observe for rule in entries.completeness),
        *(ladder.observe for ladder in entries.ladders),
    ]
    return not entries.manners.observe and not all(observed)


def notes(catalogue: Catalogue, entries: Entries) -> Iterator[str]:
    """Tell of the projects in which commands in comments are refused, as the account may not ask who may what."""
    unseen = {problem.path for problem in unknown_projects(entries, catalogue)}
    deaf = [
        project
        for i, project in enumerate(entries.projects)
        if ("projects", i) not in unseen and "ADMINISTER_PROJECTS" not in catalogue.permissions.get(project, ())
    ]
    if deaf:
        where = ", ".join(deaf)
        yield f"commands in comments are refused in {where}: asking Jira who may what takes Administer Projects"


def _control_problems(catalogue: Catalogue, entries: Entries) -> Iterator[Finding]:
    """A control ticket that is not there, or not among the tickets watched, would silence nothing."""
    control = entries.manners.control
    if control is not None:
        yield from watched(control, catalogue.control, ("manners", "control"), entries)


def watched(key: str, key_now: str | None, path: Path, entries: Entries) -> Iterator[Finding]:
    """What is wrong with a ticket that the rulebook names: not there, moved, or in no project that is watched."""
    if key_now is None:
        yield Finding(path, f"there is no ticket {key!r} that the account can see")
    elif key_now != key:
        yield Finding(path, f"the ticket {key!r} is now {key_now!r}", key_now)
    elif key.rpartition("-")[0] not in entries.projects:
        yield Finding(path, f"the ticket {key!r} is in no project of the rulebook")


def _sets(entries: Entries) -> frozenset[str]:
    routed = any(route.queue is not None and not route.observe for route in entries.routes)
    rungs = (rung for ladder in entries.ladders if not ladder.observe for rung in ladder.rungs)
    return frozenset({"queue"} if routed else ()).union(*(rung.sets for rung in rungs))
