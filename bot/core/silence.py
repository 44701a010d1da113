"""The off-switch: what people say on the control ticket and in a project's property, and what it silences. Pure.

What cannot be understood counts as silence, since silence is better than a doubtful message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from bot.core.ticket import Moment

EVERYTHING = "*"
"""The word for all projects."""

By = Literal["label", "unclear label", "property", "unclear property", "permission"]
"""What silences: the control ticket's label or one that names no project, a project's property or one that is not
understood, or a permission that the rules need and the account no longer has."""

BY: Mapping[By, str] = {
    "label": "a label on the control ticket",
    "unclear label": "a label on the control ticket that names no project of the rulebook",
    "property": "the project's property piletibot",
    "unclear property": "the project's property piletibot, whose value is not understood",
    "permission": "a permission that the rules need and the account lacks",
}
"""What silences, in words for whoever runs the bot."""

UNCLEAR: Mapping[By, str] = {
    "unclear label": "a label of the control ticket names no project of the rulebook, and so silences everything",
    "unclear property": 'its property `piletibot` is not {"silent": true} or {"silent": false}, or cannot be read',
    "permission": "the account may no longer do there what the rules ask",
}
"""What is wrong where nobody meant exactly this silence."""


class Silence(msgspec.Struct, frozen=True):
    """Nothing is said in the project `what`, or anywhere for `*`; by what, and since when the bot knows of it."""

    what: str
    by: By
    since_at: Moment


class _Switch(msgspec.Struct):
    silent: bool


def is_switch(label: str, hold: str) -> bool:
    """Whether a label silences something where it is on the control ticket."""
    return label == hold or label.startswith(f"{hold}-")


def of_labels(labels: Iterable[str], hold: str, projects: Collection[str]) -> dict[str, By]:
    """What the control ticket's labels silence: the hold label everything, with a project's key behind it that one.

    A key that is no project of the rulebook silences everything.
    """
    found: dict[str, By] = {}
    keys = {key.casefold(): key for key in projects}
    for label in sorted(labels):
        if label == hold:
            found[EVERYTHING] = "label"
        elif is_switch(label, hold):
            key = keys.get(label.removeprefix(f"{hold}-").casefold())
            if key is None:
                found.setdefault(EVERYTHING, "unclear label")
            else:
                found[key] = "label"
    return found


def of_property(value: bytes | None) -> By | None:
    """What a project's property, as JSON, makes of the project; None where it silences nothing."""
    if value is None:
        return None
    try:
        return "property" if msgspec.json.decode(value, type=_Switch).silent else None
    except msgspec.MsgspecError:
        return "unclear property"


def merged(found: Iterable[tuple[str, By]], before: Iterable[Silence], now: Moment) -> tuple[Silence, ...]:
    """The silences there are, each once; one that was there before is as old as it was."""
    since = {(each.what, each.by): each.since_at for each in before}
    return tuple(Silence(what, by, since.get((what, by), now)) for what, by in sorted(set(found)))


def words(silences: Iterable[Silence]) -> frozenset[str]:
    """The projects that people silenced, and `*` for all; not those in which the account lacks a permission."""
    return frozenset(each.what for each in silences if each.by != "permission")


def barred(silences: Iterable[Silence]) -> frozenset[str]:
    """The projects in which the account lacks a permission that the rules need."""
    return frozenset(each.what for each in silences if each.by == "permission")


def is_everything(silences: Iterable[Silence], projects: Collection[str]) -> bool:
    """Whether nothing is to be said anywhere."""
    silent = {each.what for each in silences}
    return EVERYTHING in silent or silent.issuperset(projects)


def silent(project: str, people: Collection[str], barred_in: Collection[str]) -> str | None:
    """Why nothing is said in a project: people silenced it, or the account lacks a permission; None for neither."""
    if EVERYTHING in people or project in people:
        return "a person silenced the bot"
    return "the account may no longer do in the project what the rules ask" if project in barred_in else None
