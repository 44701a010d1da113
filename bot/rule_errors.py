"""What is wrong with a rulebook, in plain words and with its place: pydantic's errors and cross-check findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.closed_days import ByCalendar, closed_by_calendar
from bot.core.crosscheck import problems
from bot.core.entries import Entries
from bot.core.findings import KEY, Finding, Path, nearest
from bot.people_files import read_people_files
from bot.public_holidays import is_country
from bot.yaml_positions import Node, Problem, Spot, problem_at

_MUST_BE: Mapping[str, str] = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "tuple_type": "a list",
}
_SENTENCES: Mapping[str, str] = {
    "string_pattern_mismatch": "'{value}' is not a name: at most 80 characters, no '/' or '@', no '~' in front",
    "string_too_short": "write at least {min_length} characters",
    "string_too_long": "write at most {max_length} characters",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
    "too_short": "it must not be empty",
}
_TRUTHS = dict.fromkeys(("yes", "on", "y", "true"), "true") | dict.fromkeys(("no", "off", "n", "false"), "false")
_MOST = 1_000
_INSIDE_AN_ENTRY = 3
_NAMING = ("state", "queue", "person", "route", "name", "rung")


def _walk(root: Node, loc: Path) -> tuple[Node, Path]:
    """The deepest node on the way to `loc`, and the parts that led there, passing over the branches of unions."""
    node, taken = root, []
    for part in loc:
        child = node.child(part)
        if child is not None:
            node = child
            taken.append(part)
    return node, tuple(taken)


def _place(root: Node, loc: Path) -> tuple[Spot, str | None]:
    """Where `loc` stands and what is written there: a mapping's key when `loc` ends in `[key]`."""
    if loc and loc[-1] == KEY:
        parent, _ = _walk(root, loc[:-2])
        key = str(loc[-2])
        return (parent.keys[key], key) if key in parent.keys else (parent.spot, None)
    node, _ = _walk(root, loc)
    return node.spot, node.written


def cross_problems(
    entries: Entries, root: Node, messages: Mapping[str, frozenset[str]] | None, closed: ByCalendar
) -> list[Problem]:
    """What does not fit together in entries that are well formed."""
    return [placed(finding, root) for finding in problems(entries, messages, is_country, closed)]


def placed(finding: Finding, root: Node) -> Problem:
    """A finding with the place that its path has under `root`."""
    spot, written = _place(root, finding.path)
    return problem_at(spot, finding.text, written, finding.suggestion)


@dataclass(frozen=True, slots=True)
class SoundPart:
    """A rulebook without its malformed parts, so that the rest is cross-checked in the same run.

    `broken` holds the names of entries that were left out whole, and of the sections from which they were; `cut` are
    the paths of single keys that were.
    """

    root: Node
    entries: Entries
    broken: frozenset[str]
    cut: frozenset[Path] = frozenset()

    def problems(self, messages: Mapping[str, frozenset[str]] | None) -> list[Problem]:
        """What does not fit together, but for findings that what was left out may have caused."""
        closed, unread = closed_by_calendar(self.entries, self.root)
        unread += read_people_files(self.entries, self.root).problems
        findings = problems(self.entries, messages, is_country, closed)
        return unread + [placed(finding, self.root) for finding in findings if not self._caused_by_broken(finding)]

    def _caused_by_broken(self, finding: Finding) -> bool:
        path = finding.path[:-1] if finding.path[-1:] == (KEY,) else finding.path
        for cut in self.cut:
            around, beside = path == cut[: len(path)], path[:-1] == cut[:-1]
            if around or (beside and str(cut[-1]) in finding.text):
                return True
        section, *inner = finding.path
        about_the_section = not inner or section == "routes"
        if about_the_section and section in self.broken:
            return True
        about_moments = section == "policies" and inner[-1:] in (["starts"], ["stops"])
        if about_moments and not self.broken.isdisjoint(("states", "queues")):
            return True
        _, written = _place(self.root, finding.path)
        return any(name in inner or name in (written or "") for name in self.broken)


def sound_part(error: ValidationError, root: Node) -> SoundPart | None:
    """What is left of a rulebook without what is malformed in it; None when that is not a rulebook.

    Only the malformed key is left out where the entry can do without it, so that the rest of it is looked at too.
    """
    cut: set[Path] = set()
    whole: set[Path] = set()
    for detail in error.errors(include_url=False):
        path = _walk(root, detail["loc"])[1]
        if detail["type"] == "missing" or len(path) < _INSIDE_AN_ENTRY or not isinstance(path[-1], str):
            whole.add(detail["loc"][:2])
        else:
            cut.add(path)
    keys_cut = _without_keys(root, cut)
    try:
        Entries.model_validate(_left(keys_cut, whole)[0].plain())
    except ValidationError as again:
        whole |= {detail["loc"][:2] for detail in again.errors(include_url=False)}
    left, broken = _left(keys_cut, whole)
    try:
        return SoundPart(left, Entries.model_validate(left.plain()), broken, frozenset(cut))
    except ValidationError:
        return None


def _without_keys(node: Node, paths: set[Path]) -> Node:
    """The node without the keys that stand at these paths."""
    if not paths:
        return node
    under: dict[str | int, set[Path]] = {}
    for part, *rest in paths:
        under.setdefault(part, set()).add(tuple(rest))
    match node.value:
        case dict() as have:
            there = {key: under.get(key, set()) for key in have}
            kept = {key: _without_keys(child, there[key]) for key, child in have.items() if () not in there[key]}
            return replace(node, value=kept)
        case list() as have:
            return replace(node, value=[_without_keys(child, under.get(i, set())) for i, child in enumerate(have)])
        case _:
            return node


def _left(root: Node, malformed: set[Path]) -> tuple[Node, frozenset[str]]:
    """The root without these entries, and the names that are gone with them."""
    assert isinstance(root.value, dict)  # noqa: S101 - for mypy
    sections = dict(root.value)
    broken: set[str] = set()
    for section in {str(loc[0]) for loc in malformed} & sections.keys():
        parts = {part for loc in malformed if loc[0] == section for part in loc[1:]}
        node = sections.pop(section)
        broken.add(section)
        if (section,) in malformed:
            broken.update(_names(node))
        else:
            sections[section] = _without(node, parts)
            broken.update(str(part) for part in parts if isinstance(part, str))
            broken.update(name for part in parts if (child := node.child(part)) for name in _names(child))
    return replace(root, value=sections), frozenset(broken)


def _without(node: Node, parts: set[str | int]) -> Node:
    match node.value:
        case dict() as have:
            return replace(node, value={key: child for key, child in have.items() if key not in parts})
        case list() as have:
            return replace(node, value=[child for i, child in enumerate(have) if i not in parts])
        case _:
            return node


def _names(node: Node) -> Iterator[str]:
    """Every permanent name that is given inside a node."""
    match node.value:
        case dict() as have:
            yield from (have[key].written or "" for key in _NAMING if key in have and have[key].written)
            for child in have.values():
                yield from _names(child)
        case list() as have:
            for child in have:
                yield from _names(child)


def schema_problems(error: ValidationError, root: Node, whole: Any = Entries) -> list[Problem]:
    """Pydantic's errors as problems; of a union's branches only those that were meant.

    `whole` is the type that `root` was read as.
    """
    by_union: dict[Path, list[ErrorDetails]] = {}
    found: list[Problem] = []
    all_of_them = error.errors(include_url=False)
    if len(all_of_them) > _MOST:
        found.append(problem_at(root.spot, f"{len(all_of_them)} mistakes; told are the first {_MOST}"))
    for detail in all_of_them[:_MOST]:
        if detail["type"] == "too_short" and _walk(root, detail["loc"])[0].value:
            continue  # pydantic counts the entries in which it finds no fault
        union = _union(detail, root)
        if union is None:
            found.append(_problem(detail, root, whole))
        else:
            by_union.setdefault(union, []).append(detail)
    for loc, details in by_union.items():
        meant = [
            detail
            for detail in details
            if len(detail["loc"]) > len(loc) + 1 or detail["type"] not in (*_MUST_BE, "literal_error")
        ]
        found += [_problem(detail, root, whole) for detail in meant]
        if not meant:
            spot, written = _place(root, loc)
            text = " or ".join(_expected(detail) for detail in details)
            found.append(problem_at(spot, f"it must be {text}", written))
    return found


def _union(detail: ErrorDetails, root: Node) -> Path | None:
    """The place of the union in which an error stands; None when it stands in none."""
    for i, part in enumerate(detail["loc"]):
        at_end = i == len(detail["loc"]) - 1
        node, taken = _walk(root, detail["loc"][:i])
        if part == KEY or (at_end and detail["type"] in ("missing", "extra_forbidden")):
            return None
        if node.child(part) is None:
            return taken
    return None


def _problem(detail: ErrorDetails, root: Node, whole: Any) -> Problem:
    loc = detail["loc"]
    last = str(loc[-1])
    node, _ = _walk(root, loc[:-1])
    match detail["type"]:
        case "missing":
            text = f"no file has the section '{last}'" if node is root else f"the key '{last}' is missing"
            return problem_at(node.spot, text, None)
        case "extra_forbidden":
            kind = "section" if node is root else "key"
            known = [name for model in _models(loc[:-1], whole) for name in model.model_fields]
            meant = nearest(last, known)
            listed = "" if meant else f"; known: {', '.join(known)}"
            return problem_at(node.keys[last], f"unknown {kind} '{last}'{listed}", last, meant)
    spot, written = _place(root, loc)
    if loc[-1] != KEY and (valued := _walk(root, loc)[0]).value is None:
        return problem_at(spot, "a value is missing here", valued.written)
    text, meant = _sentence(detail, written or "")
    return problem_at(spot, text, written, meant)


def _sentence(detail: ErrorDetails, written: str) -> tuple[str, str | None]:
    """What is wrong with a value, and what was probably meant."""
    context = detail.get("ctx", {})
    kind = detail["type"]
    if kind == "literal_error":
        allowed = [word.strip("' ") for word in re.split(", | or ", context["expected"])]
        return f"'{written}' is none of {', '.join(allowed)}", nearest(written, allowed)
    if kind in _MUST_BE:
        hint = f"; put it in quotes: '{written}'" if kind == "string_type" and written else ""
        if kind in ("int_type", "bool_type") and re.fullmatch("0|[1-9][0-9]{0,14}|true|false", written):
            hint = "; leave out the quotes"
        elif kind == "int_type" and re.fullmatch("0[0-9]+", written):
            hint = "; leave out the 0 in front"
        meant = _TRUTHS.get(written.casefold()) if kind == "bool_type" and not hint else None
        return f"it must be {_MUST_BE[kind]}{hint}", meant
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(value=written, **context), None
    if kind.startswith("date_"):
        return f"'{written}' is not a date; write for example 2026-12-30", None
    return str(context.get("error", detail["msg"])), None


def _expected(detail: ErrorDetails) -> str:
    if detail["type"] == "literal_error":
        return str(detail["ctx"]["expected"]).replace("'", "")
    return _MUST_BE.get(detail["type"], detail["msg"])


def _models(loc: Path, whole: Any) -> list[type[BaseModel]]:
    """The models that pydantic may have been reading at a place of `whole`."""
    kinds: list[Any] = [whole]
    for part in loc:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return [kind for outer in kinds for kind in _branches(outer) if _is_model(kind)]


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    for branch in _branches(kind):
        if _is_model(branch):
            if part in branch.model_fields:
                yield branch.model_fields[str(part)].annotation
            elif part == branch.__name__:
                yield branch
        elif get_origin(branch) in (tuple, dict):
            yield get_args(branch)[0 if get_origin(branch) is tuple else 1]


def _branches(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, UnionType):
        for branch in get_args(kind):
            yield from _branches(branch)
    elif get_origin(kind) is Annotated:
        yield from _branches(get_args(kind)[0])
    else:
        yield kind


def _is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
