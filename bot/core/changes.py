"""Two rulebooks side by side: which rules came, went, changed, or are there under another name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel

from bot.core.entries import Entries, Ladder

WHY = "why"
"""The key that makes an entry a rule: every rule has its reason, and nothing else has."""

_SAYS_NOTHING = frozenset((WHY, "observe", "since"))


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed, by rules' names; `renamed` are pairs of an old name and the new one, of rules and of rungs.

    `sections` are the sections besides rules that differ.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    sections: tuple[str, ...] = ()


def changes(before: Entries, after: Entries) -> Changes:
    """Compare two rulebooks. A rule that is as one that is gone, but for its name and reason, counts as renamed."""
    added: list[str] = []
    removed: list[str] = []
    altered: list[str] = []
    renamed: list[tuple[str, str]] = []
    for section in rule_sections():
        was, now = (_by_name(getattr(entries, section)) for entries in (before, after))
        added += [name for name in now if name not in was]
        removed += [name for name in was if name not in now]
        altered += [name for name in now if name in was and now[name] != was[name]]
        renamed += _renamed(was, now)
    others = [name for name in Entries.model_fields if name not in rule_sections()]
    return Changes(
        added=tuple(added),
        removed=tuple(removed),
        altered=tuple(altered),
        renamed=tuple(renamed),
        sections=tuple(name for name in others if getattr(before, name) != getattr(after, name)),
    )


def rule_sections() -> Mapping[str, str]:
    """The sections that hold rules, each with the key that names a rule in it."""
    found: dict[str, str] = {}
    for section, field in Entries.model_fields.items():
        kind = next(iter(get_args(field.annotation)), None)
        if isinstance(kind, type) and issubclass(kind, BaseModel) and WHY in kind.model_fields:
            found[section] = next(iter(kind.model_fields))
    return found


def _by_name(rules: tuple[BaseModel, ...]) -> dict[str, tuple[BaseModel, ...]]:
    """The rules by name: several deadlines may share one."""
    named: dict[str, tuple[BaseModel, ...]] = {}
    for rule in rules:
        name = _name(rule)
        named[name] = (*named.get(name, ()), rule)
    return named


def _name(rule: BaseModel) -> str:
    return str(getattr(rule, next(iter(type(rule).model_fields))))


def _renamed(
    was: Mapping[str, tuple[BaseModel, ...]], now: Mapping[str, tuple[BaseModel, ...]]
) -> Iterator[tuple[str, str]]:
    new = [name for name in now if name not in was]
    for old in (name for name in was if name not in now):
        for name in new:
            if list(map(_likeness, was[old])) == list(map(_likeness, now[name])):
                new.remove(name)
                yield old, name
                break
    for name in (name for name in was if name in now):
        for before, after in zip(was[name], now[name], strict=False):
            if isinstance(before, Ladder) and isinstance(after, Ladder):
                yield from _renamed_rungs(name, before, after)


def _likeness(rule: BaseModel) -> dict[str, object]:
    """What a rule is, whatever it is called: a ladder is its clock and rungs, to whomever they apply."""
    ignored = (
        _SAYS_NOTHING | {next(iter(type(rule).model_fields))} | ({"when"} if isinstance(rule, Ladder) else set())
    )
    return {key: getattr(rule, key) for key in type(rule).model_fields if key not in ignored}


def _renamed_rungs(ladder: str, before: Ladder, after: Ladder) -> Iterator[tuple[str, str]]:
    was, now = ({rung.rung: rung for rung in each.rungs} for each in (before, after))
    for old in (name for name in was if name not in now):
        for new in (name for name in now if name not in was):
            if now[new].model_copy(update={"rung": old}) == was[old]:
                yield f"{ladder}, {old}", f"{ladder}, {new}"
