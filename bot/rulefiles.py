"""Reading a rulebook from its folder: every mistake of every file at once, each with its place."""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bot import closed_days, people_files, public_holidays, rule_errors
from bot.core.crosscheck_absences import ENDINGS
from bot.core.entries import Entries
from bot.core.rulebook import Rulebook, build
from bot.yaml_positions import Node, Problem, Spot, problem_at, read_yaml, spot_in

LARGEST_FILE = 1_000_000
"""Bytes; a rulebook's file larger than this is refused."""

MOST_FILES = 300
"""How many files of rules there may be in a folder."""

LARGEST_FOLDER = 10_000_000
"""Bytes; files of rules that are larger together are refused."""

MESSAGES = "messages"
"""The subfolder with a rulebook's message texts."""


JOINED = frozenset(("indicators", "digest"))
"""The sections whose keys may stand in several files, each key in one of them, though they are no lists."""

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)

Look = tuple[tuple[str, int, int], ...]
"""The files of a rulebook as they are seen from outside: names, sizes, and times of change in nanoseconds."""


class RulebookError(Exception):
    """A rulebook that cannot be used; `problems` holds everything wrong with it, by file and line.

    `sound` is what of it is well formed, so that this can be looked at further; None where nothing is.
    """

    def __init__(self, problems: tuple[Problem, ...], sound: rule_errors.SoundPart | None = None) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
        self.sound = sound


def load_rulebook(
    folder: Path,
    *,
    site: str,
    common: Path | None = None,
    messages: Mapping[str, frozenset[str]] | None = None,
) -> Rulebook:
    """Read the `*.yaml` files of a folder, and of `common` before it, as one rulebook.

    `site` begins every step's key. `messages` are the texts that rules may `say`, each with the names of the values
    it cannot do without; None leaves that unchecked. Raises `RulebookError` with every mistake found.
    """
    folders = [folder] if common is None else [common, folder]
    problems = [_whole(each, "no such folder") for each in folders if not each.is_dir()]
    problems = problems or [problem for each in folders for problem in _too_much(each)]
    if problems:
        raise RulebookError(tuple(problems))
    problems = [problem for each in folders for problem in otherwise_named(each)]
    roots = []
    for path in (path for each in folders for path in yaml_files(each)):
        root, unread = read_file(path)
        problems += unread
        if root is not None:
            roots.append(root)
    if not roots and not problems:
        raise RulebookError((_whole(folder, "there is no rulebook here: no *.yaml file says anything"),))
    merged, wrong = merge(roots, str(folder))
    entries, closed, people, found, sound = check(merged, messages, whole=not problems and not wrong)
    problems = joined(problems + wrong, found)
    if problems or entries is None:
        raise RulebookError(tuple(sorted(set(problems))), sound)
    return build(
        entries,
        site=site,
        version=version_of(folders),
        holidays=public_holidays.holidays_in,
        shortened=public_holidays.shortened_days,
        closed=closed,
        absences=people.absences,
        shifts=people.shifts,
    )


def version_of(folders: Sequence[Path]) -> str:
    """Twelve hex digits of the SHA-256 of the names and contents of rule, calendar, table and message files."""
    digest = hashlib.sha256()
    for name, path in files_of(folders):
        named, content = os.fsencode(name), Path(path).read_bytes()
        digest.update(b"%d %d " % (len(named), len(content)) + named + content)
    return digest.hexdigest()[:12]


def files_of(folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Every file that a rulebook is made of: its name within the folders and its path, in a fixed order."""
    for number, folder in enumerate(folders):
        found = [entry for entry in _entries(folder) if _is_rules(entry) or _is_beside(entry)]
        texts = folder / MESSAGES
        found += [entry for entry in _beneath(texts) if entry.is_file() and entry.name[0] != "."]
        within = len(str(folder).rstrip(os.sep)) + 1
        for parts, path in sorted((entry.path[within:].split(os.sep), entry.path) for entry in found):
            yield f"{number}/{'/'.join(parts)}", path


def _is_rules(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".yaml") and entry.name[0] != "."


def _is_beside(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(ENDINGS) and entry.is_file()


def _beneath(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """All that a folder and those in it hold; a link to another folder is not followed."""
    for entry in _entries(folder):
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _beneath(entry.path)


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    """What stands in a folder; nothing where it is none, or may not be looked into."""
    try:
        with os.scandir(os.fspath(folder)) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def look(folders: Sequence[Path]) -> Look:
    """Look at a rulebook's files without reading them; what is not there or cannot be seen has the size -1."""
    try:
        return tuple(_seen(name, path) for name, path in files_of(folders))
    except OSError:  # a folder that vanishes while it is looked at
        return (("", -1, 0),)


def _seen(name: str, path: str) -> tuple[str, int, int]:
    try:
        stat = os.stat(path)
    except OSError:
        return name, -1, 0
    return name, stat.st_size, stat.st_mtime_ns


def yaml_files(folder: Path) -> list[Path]:
    """All that is called `*.yaml` in a folder, in order; a hidden one is an editor's."""
    return sorted(path for path in folder.glob("*.yaml") if path.name[0] != ".")


def _too_much(folder: Path) -> Iterator[Problem]:
    """Whether there are more rules than anybody wrote, before any is read."""
    files = yaml_files(folder)
    if len(files) > MOST_FILES:
        yield _whole(folder, f"there are more than {MOST_FILES} files of rules")
    elif sum(path.stat().st_size for path in files if path.is_file()) > LARGEST_FOLDER:
        yield _whole(folder, f"the files of rules are larger than {LARGEST_FOLDER // 1_000_000} MB together")


def otherwise_named(folder: Path) -> Iterator[Problem]:
    """Files that somebody meant to be read and that are not, for their names."""
    for path in sorted(folder.iterdir()):
        if path.suffix.casefold() in (".yaml", ".yml") and path.suffix != ".yaml" and path.name[0] != ".":
            yield _whole(path, f"this is not read; call it {path.stem}.yaml")


def _whole(path: Path, text: str) -> Problem:
    return problem_at(Spot(str(path)), text)


def read_file(path: Path) -> tuple[Node | None, tuple[Problem, ...]]:
    """One file's document, or None, and what is wrong with the file. Never raises."""
    if path.exists() and not path.is_file():
        return None, (_whole(path, "this is not a file"),)
    if leads_out(path):
        return None, (_whole(path, "this leads to a file outside the rulebook; put the file itself here"),)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return None, (_whole(path, f"it cannot be read: {error.strerror}"),)
    if len(content) > LARGEST_FILE:
        return None, (_whole(path, f"it is larger than {LARGEST_FILE // 1_000_000} MB"),)
    if content.startswith(_WIDE) or 0 in content[:2]:
        return None, (problem_at(Spot(str(path), 1, 1), "this is UTF-16 or UTF-32; save the file in UTF-8"),)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        spot = spot_in(before, len(before), str(path))
        return None, (problem_at(spot, "this is not UTF-8; save the file in UTF-8"),)
    return read_yaml(text, str(path))


def leads_out(path: Path) -> bool:
    """Whether a file is a link to one that is not in its folder or below: rules are to read no other files."""
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(path.parent))


def merge(roots: list[Node], folder: str) -> tuple[Node, list[Problem]]:
    """One root of many: lists of entries are joined, mappings too, and everything else may be said only once."""
    merged = Node(Spot(folder), {})
    problems: list[Problem] = []
    for root in roots:
        if root.value is None:
            continue
        if not isinstance(root.value, dict):
            problems.append(problem_at(root.spot, "a rulebook's file holds sections, such as `ladders:`"))
            continue
        for section, node in root.value.items():
            problems += _add(merged, section, root.keys[section], node)
    return merged, problems


def _add(merged: Node, section: str, key: Spot, node: Node) -> list[Problem]:
    sections = merged.value
    assert isinstance(sections, dict)  # noqa: S101 - for mypy
    before = sections.get(section)
    if before is None:
        sections[section] = replace(node, keys=dict(node.keys))
        merged.keys[section] = key
        return []
    match before.value, node.value, _kind(section):
        case list(first), list(more), "list":
            before.value = [*first, *more]
        case dict(have), dict(more), "mapping":
            twice = [
                problem_at(node.keys[name], f"'{name}' is said twice, first at {before.keys[name]}", name)
                for name in more
                if name in have
            ]
            before.value = more | have
            before.keys = node.keys | before.keys
            return twice
        case _:
            return [problem_at(key, f"'{section}' is said twice, first at {merged.keys[section]}", section)]
    return []


def _kind(section: str) -> str:
    """Whether a section's parts may stand in several files: `list`, `mapping`, or `single` when they may not."""
    field = Entries.model_fields.get(section)
    arguments = get_args(field.annotation) if field else ()
    if section in JOINED:
        return "mapping"
    if field is None or not arguments:
        return "single"
    if get_origin(field.annotation) is dict:
        return "mapping"
    is_entries = isinstance(arguments[0], type) and issubclass(arguments[0], BaseModel)
    return "list" if is_entries else "single"


class Checked(NamedTuple):
    """The entries of a rulebook, what the files beside them say, and everything wrong with them.

    `closed` are the days that their calendars' files close, `people` who is away and who on duty by theirs. `sound`
    is what of the entries is well formed: all of them where `entries` are there.
    """

    entries: Entries | None
    closed: closed_days.ByCalendar
    people: people_files.Found
    problems: list[Problem]
    sound: rule_errors.SoundPart | None


def check(root: Node, messages: Mapping[str, frozenset[str]] | None, *, whole: bool) -> Checked:
    """Read the entries under a root and tell what is wrong with them.

    Where the files are not `whole`, what is missing is not held against them, and nothing is cross-checked.
    """
    nothing = list(left_out(root))
    none = people_files.Found()
    try:
        entries = Entries.model_validate(root.plain())
    except ValidationError as error:
        found = rule_errors.schema_problems(error, root)
        sound = rule_errors.sound_part(error, root)
        if not whole:
            return Checked(None, {}, none, joined(nothing, [problem for problem in found if problem.line]), sound)
        problems = joined(nothing, found + (sound.problems(messages) if sound else []))
        return Checked(None, {}, none, problems, sound)
    sound = rule_errors.SoundPart(root, entries, frozenset())
    if not whole:
        return Checked(entries, {}, none, nothing, sound)
    closed, unread = closed_days.closed_by_calendar(entries, root)
    people = people_files.read_people_files(entries, root)
    unread += people.problems
    problems = joined(nothing, unread + rule_errors.cross_problems(entries, root, messages, closed))
    return Checked(entries, closed, people, problems, sound)


def left_out(node: Node) -> Iterator[Problem]:
    """Every value that is nothing: a key whose value was forgotten is not the same as no key."""
    match node.value:
        case None:
            yield problem_at(node.spot, "a value is missing here", node.written)
        case dict() as inside:
            for child in inside.values():
                yield from left_out(child)
        case list() as items:
            for child in items:
                yield from left_out(child)


def joined(first: list[Problem], others: list[Problem]) -> list[Problem]:
    """The first problems, and of the others those that stand elsewhere."""
    places = {(problem.file, problem.line, problem.column) for problem in first}
    return first + [problem for problem in others if (problem.file, problem.line, problem.column) not in places]
