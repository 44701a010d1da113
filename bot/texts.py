"""Messages: Markdown with Jinja values, a file per language, read and checked once, filled in as trees.

A value can never be markup or a mention: Jinja puts only a placeholder into the Markdown, two private-use
characters around a number, and the value takes its place after the Markdown has been parsed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache, partial
from itertools import chain
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from bot import markdown
from bot.core.commands import ORDERS, as_told, is_written
from bot.core.doc import Block, Break, Doc, Inline, Link, Mention, Paragraph, Text
from bot.core.steps import Count, Name, Value
from bot.markdown import placeholder
from bot.wording import WORDINGS, Names, clean, plural, show

VALUES = frozenset(
    {"work", "tickets", "minutes", "category"}
    | {"to", "person", "queue", "queues", "reason", "first_due", "due", "answer_by", "left", "over"}
    | {"state", "last", "n", "date", "answer_by", "why", "missing"}
    | {"malformed", "questions", "others", "types"}
    | {"given", "nobody", "returned_from", "return_reason"}
    | {"held_until", "rule", "unowned"}
    | {"attempts", "asked_again", "reason_at", "waived_field"}
    | {"basis", "reg", "at", "provisional", "unconfirmed", "extend_by"}
    | {"version", "commit", "effective", "errors", "more", "added", "removed", "altered", "renamed", "sections"}
    | {"unsure", "manager"}
    | {"absent", "deputy", "from_day", "until_day", "forwards", "owns"}
    | {"gained", "lost", "recorded", "withdrawn", "comments", "limit", "period"}
    | {"command", "meant", "words", "until", "already", "undone", "unclosed"}
    | {"by_permission", "by_doubt", "by_role", "by_date", "by_state", "by_field", "by_person"}
)
"""The value names a message may use; `to`, the list of addressees, and `person` become mentions."""

_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_OUTPUT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_GIST = re.compile(r"\{#-?\s*([^\n]*?)\s*-?#\}")
_COUNTED = re.compile(r"\{\{-?\s*([a-z_]+)\s*\|\s*plural")
_PLAIN_WORD = re.compile(r"[a-z][a-z0-9_]*")
_ALLOWED = (
    'write only {{ value }}, {% if value is defined %}, {{ n | plural(...) }} and {{ "a command" | command }} here'
)


LARGEST_FILE = 64_000
"""Bytes; the file of a message larger than this is refused."""


DEEPEST = 20
"""How deeply conditions may stand in each other."""


class MessagesError(ValueError):
    """Message files that cannot be used; `errors` names every fault with its file and line."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = tuple(errors)


def _mentions(people: Sequence[str], said_of: Mapping[str, str] = {}) -> Iterator[Inline]:
    """The people, with a comma between them; `said_of` some of them stands in brackets behind."""
    for i, person in enumerate(dict.fromkeys(people)):
        if i:
            yield Text(", ")
        yield Mention(person)
        if person in said_of:
            yield Text(f" ({said_of[person]})")


# Filling in


@pass_context
def _slot(context: Context, value: object) -> str:
    """Jinja's `finalize`: keep what a template prints in the list of slots, and print its placeholder."""
    slots: list[object] = context["slots"]
    slots.append(value)
    return placeholder(len(slots) - 1)


def _environment(language: str) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(undefined=StrictUndefined, finalize=_slot)
    environment.filters = {"plural": partial(_plural_of, language), "command": partial(Name, "command")}
    return environment


def _plural_of(language: str, value: object, *forms: str) -> str:
    if not isinstance(value, Count):
        raise ValueError("plural goes with a count only")
    return plural(value.n, forms, language)


_ENVIRONMENTS = {language: _environment(language) for language in WORDINGS}


@dataclass(frozen=True)
class _Message:
    language: str
    parsed: nodes.Template
    needed: frozenset[str]
    source: str

    @cached_property
    def template(self) -> Template:
        """Compiled when it is first said: most commands say nothing, and compiling is most of the work."""
        return _ENVIRONMENTS[self.language].from_string(self.parsed)


class Messages:
    """The messages of a desk in its languages, as made by `load_messages`."""

    def __init__(self, found: Mapping[tuple[str, str], _Message]) -> None:
        self._found = dict(found)

    def names(self) -> frozenset[str]:
        """Give the names of all messages, in whatever language they are."""
        return frozenset(name for name, _ in self._found)

    def languages(self, name: str) -> tuple[str, ...]:
        """Give the languages a message is written in. Raises KeyError for an unknown message."""
        written = tuple(language for language in WORDINGS if (name, language) in self._found)
        if not written:
            raise KeyError(name)
        return written

    def required_values(self, name: str) -> frozenset[str]:
        """Give the values without which a message cannot be said. Raises KeyError for an unknown message."""
        return frozenset().union(*(self._found[name, language].needed for language in self.languages(name)))

    def gist(self, name: str, language: str) -> str | None:
        """Give what a message is, in a few words: the comment in the first line of its file; None without one."""
        message = self._found.get((name, language))
        found = _GIST.match(message.source) if message else None
        return found[1] if found else None

    def sample(self, name: str, language: str, shown: Callable[[str], str]) -> Doc:
        """Fill in a message with all the values it may have, each as `shown` names it; counts are 3."""
        counted = set(_COUNTED.findall(self._found[name, self._language(name, language)].source))
        values = {value: Count(3) if value in counted else shown(value) for value in VALUES - {"to", "person"}}
        return self.doc(name, language, values, to=(), names=_as_written, zone="UTC")

    def _language(self, name: str, language: str) -> str:
        """The language in which a message is said to those who read this one. Raises KeyError."""
        written = self.languages(name)
        return language if language in written else written[0]

    def differing(self, others: Messages) -> frozenset[str]:
        """Give the names of the messages whose text is another in `others`, or missing in one of the two."""
        mine, theirs = ({key: found.source for key, found in each._found.items()} for each in (self, others))
        return frozenset(key[0] for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))

    def doc(
        self,
        name: str,
        language: str,
        values: Mapping[str, Value],
        *,
        to: Sequence[str],
        names: Names,
        zone: str,
    ) -> Doc:
        """Fill in one message; values it does not use are left aside.

        A message not written in `language` is said in the first of et, en, ru that it is written in.
        Raises KeyError for an unknown message and ValueError when a value it needs is missing.
        """
        language = self._language(name, language)
        message = self._found[name, language]
        missing = message.needed - values.keys()
        if missing:
            raise ValueError(f"message {name!r} needs a value for {', '.join(sorted(missing))}")
        printed: list[Value | Mention | tuple[str, ...]] = []
        known: dict[str, object] = {word: value for word, value in values.items() if word in VALUES}
        if isinstance(person := values.get("person"), str):
            known["person"] = Mention(person)
        source = message.template.render(known | {"to": tuple(to), "slots": printed})
        slots = [_shown(value, language, names, zone) for value in printed]
        return Doc(tuple(markdown.blocks(source, slots)))

    def comment(
        self,
        parts: Sequence[tuple[str, Mapping[str, Value]]],
        language: str,
        *,
        to: Sequence[str],
        why: Sequence[tuple[str, str]],
        names: Names,
        zone: str,
        bot_name: str = "Piletibot",
        also: Sequence[str] = (),
        instead: Sequence[tuple[str, str]] = (),
        repeat: int = 0,
    ) -> Doc:
        """Compose a comment: addressees, the messages of `parts`, who else is told, why, and the signature.

        `also` are person words told for information; `why` are the rules that speak with their reasons, said through
        the message `because`; `repeat` counts the times that the same was said before.
        `instead` are pairs of one of `to` and an absent person in whose place they are told, who is named and not
        mentioned. Raises as `doc` does.
        """
        wording = WORDINGS[language]
        informed = [person for person in also if person not in to]
        blocks: list[Block] = []
        if to:
            away = {who: [person for deputy, person in instead if deputy == who] for who, _ in instead}
            said_of = {who: wording.instead + ", ".join(map(clean, those)) for who, those in away.items()}
            blocks.append(Paragraph(tuple(_mentions(to, said_of))))
        if repeat:
            blocks.append(Paragraph((Text(wording.reminder.format(n=repeat)),)))
        for name, values in parts:
            blocks += self.doc(name, language, values, to=to, names=names, zone=zone).blocks
        if informed:
            blocks.append(Paragraph((Text(wording.informed), *_mentions(informed))))
        for rule, reason in dict.fromkeys(why):
            values = {"why": reason, "rule": rule}
            blocks += self.doc("because", language, values, to=to, names=names, zone=zone).blocks
        blocks.append(Paragraph((Text(f"{wording.signature} · {clean(bot_name)}"),)))
        return Doc(tuple(blocks))


def _as_written(kind: str, word: str, language: str) -> str:
    """What a word is called where there is no rulebook to ask: itself, and a command by its words."""
    return as_told(word, language, "piletibot") if kind == "command" else word


def plain(doc: Doc, mention: Callable[[str], str]) -> str:
    """Render as bare text: an empty line between blocks, `- ` before items, addresses after links."""

    def line(inlines: Iterable[Inline]) -> str:
        return "".join(map(shown, inlines))

    def shown(inline: Inline) -> str:
        match inline:
            case Text(text=text):
                return text
            case Link(text, href):
                return f"{text} ({href})"
            case Mention(person):
                return mention(person)
            case Break():
                return "\n"

    return "\n\n".join(
        line(block.inlines) if isinstance(block, Paragraph) else "\n".join(f"- {line(item)}" for item in block.items)
        for block in doc.blocks
    )


def text_hash(doc: Doc) -> str:
    """Hash (SHA-256) the message as bare text with person words for mentions: the same in every tracker."""
    return hashlib.sha256(plain(doc, lambda person: f"@{person}").encode()).hexdigest()


def _shown(printed: Value | Mention | tuple[str, ...], language: str, names: Names, zone: str) -> tuple[Inline, ...]:
    match printed:
        case Mention():
            return (printed,)
        case tuple():
            return tuple(_mentions(printed))
        case _:
            first, *others = show(printed, language, names, zone).split("\n")
            return (Text(first), *(inline for line in others for inline in (Break(), Text(line))))


# Reading the files


def load_messages(folders: Sequence[Path]) -> Messages:
    """Read `<folder>/<language>/<name>.md`; a later folder's message takes the place of an earlier one's.

    Raises MessagesError with every fault of every file, and for a folder that is not there.
    """
    errors: list[str] = []
    found: dict[tuple[str, str], _Message] = {}
    for path in chain.from_iterable(_files(folder, errors) for folder in folders):
        message = _read(path, path.parent.name, errors)
        if message is not None:
            found[path.stem, path.parent.name] = message
    if errors:
        raise MessagesError(errors)
    return Messages(found)


def _files(folder: Path, errors: list[str]) -> Iterator[Path]:
    if not folder.is_dir():
        errors.append(f"{folder}: there is no such folder of messages")
        return
    for sub in sorted(folder.iterdir()):
        if sub.name not in WORDINGS:
            errors.append(f"{sub}: messages stand in folders named {', '.join(WORDINGS)}")
            continue
        for path in sorted(sub.iterdir()):
            if path.suffix == ".md" and _PLAIN_WORD.fullmatch(path.stem):
                yield path
            else:
                errors.append(f"{path}: a message file is named with small letters, digits and _, and ends in .md")


def _read(path: Path, language: str, errors: list[str]) -> _Message | None:
    message: _Message | None = None
    faults: tuple[tuple[int, str], ...] = ((1, f"a message is no larger than {LARGEST_FILE // 1000} kB"),)
    if path.is_symlink() and not path.resolve().is_relative_to(path.parents[1].resolve()):
        errors.append(f"{path}: this leads to a file outside the messages; put the file itself here")
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) <= LARGEST_FILE:
            message, faults = _parsed(content.decode().replace("\r\n", "\n"), language)
    except OSError as error:
        faults = ((1, f"it cannot be read: {error.strerror}"),)
    except UnicodeDecodeError as error:
        faults = ((error.object[: error.start].count(b"\n") + 1, "not UTF-8 text"),)
    errors.extend(f"{path}:{line}: {text}" for line, text in faults)
    return message


@lru_cache(maxsize=2048)
def _parsed(source: str, language: str) -> tuple[_Message | None, tuple[tuple[int, str], ...]]:
    """Parse a message, and find its faults by line. A text known already is not parsed again: few change at once."""
    faults: list[tuple[int, str]] = []
    try:
        parsed = _ENVIRONMENTS[language].parse(source)
        needed = frozenset(_needed(parsed, frozenset({"to"}), language, faults))
        faults += _markdown_faults(source)
    except TemplateSyntaxError as error:
        faults.append((error.lineno, error.message or "a mistake in the Jinja part"))
    except RecursionError:
        faults.append((1, "it is nested too deeply"))
    if faults:
        return None, tuple(sorted(set(faults)))
    return _Message(language, parsed, needed, source), ()


Faults = list[tuple[int, str]]


def _needed(node: nodes.Node, given: frozenset[str], language: str, faults: Faults, depth: int = 0) -> Iterator[str]:
    """Find the values printed where they are not known to be there; `faults` takes what is not allowed."""
    match node:
        case nodes.Template() | nodes.Output() | nodes.TemplateData():
            for child in node.iter_child_nodes():
                yield from _needed(child, given, language, faults, depth)
        case nodes.Name():
            _check_value(node, faults)
            if node.name not in given:
                yield node.name
        case nodes.Filter(name="plural", node=nodes.Name() as counted):
            forms = WORDINGS[language].forms
            if len(node.args) != len(forms) or not all(isinstance(arg, nodes.Const) for arg in node.args):
                faults.append((node.lineno, f"plural takes {len(forms)} words here: {', '.join(forms)}"))
            yield from _needed(counted, given, language, faults)
        case nodes.Filter(name="command", node=nodes.Const(value=str(told)), args=[]):
            if not is_written(told):
                faults.append((node.lineno, f"{told!r} is no command; there are {', '.join(sorted(ORDERS))}"))
        case nodes.If() if depth >= DEEPEST:
            faults.append((node.lineno, f"conditions stand in each other deeper than {DEEPEST} levels"))
        case nodes.If():
            sure = given | _sure(node.test, faults)
            for child in node.body:
                yield from _needed(child, sure, language, faults, depth + 1)
            for child in [*node.elif_, *node.else_]:
                yield from _needed(child, given, language, faults, depth + 1)
        case _:
            faults.append((node.lineno, _ALLOWED))


def _sure(test: nodes.Node, faults: Faults) -> frozenset[str]:
    """Find the values that are there when the test holds."""
    match test:
        case nodes.Test(
            name="defined", node=nodes.Name() as tested, args=[], kwargs=[], dyn_args=None, dyn_kwargs=None
        ):
            _check_value(tested, faults)
            return frozenset({tested.name})
        case nodes.And(left=left, right=right):
            return _sure(left, faults) | _sure(right, faults)
        case nodes.Or(left=left, right=right):
            return _sure(left, faults) & _sure(right, faults)
        case nodes.Not(node=inner):
            _sure(inner, faults)
        case _:
            faults.append((test.lineno, _ALLOWED))
    return frozenset()


def _check_value(name: nodes.Name, faults: Faults) -> None:
    if name.name not in VALUES:
        near = get_close_matches(name.name, VALUES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(VALUES))}"
        faults.append((name.lineno, f"no value is called {name.name!r}{hint}"))


def _markdown_faults(source: str) -> Iterator[tuple[int, str]]:
    """Find what a message may not hold, seen with every `if` true and a placeholder for every value."""
    for c in {placeholder(0)[0], placeholder(0)[-1]} & set(source):
        yield source[: source.index(c)].count("\n") + 1, "a private-use character"
    lines = _TAG.sub(lambda tag: "\n" * tag[0].count("\n"), source)
    yield from markdown.faults(_OUTPUT.sub(lambda output: placeholder(0) + "\n" * output[0].count("\n"), lines))
