"""Whether completeness rules and the titles of what they require fit the rest of their rulebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.core.completeness import FACTS, TOGETHER
from bot.core.crosscheck_rules import Messages, addressed, conditions, mapped, said
from bot.core.entries import Entries
from bot.core.findings import KEY, Finding, Path, known, once
from bot.core.flaws import known_words
from bot.core.rulebook import TITLES

_BROUGHT = frozenset(("state", "last", "date"))


def completeness(entries: Entries, messages: Messages) -> Iterator[Finding]:
    """What is wrong with the completeness rules."""
    for i, rule in enumerate(entries.completeness):
        path: Path = ("completeness", i)
        if rule.name == TOGETHER:
            yield Finding((*path, "name"), f"'{TOGETHER}' is the bot's own word; give the rule another name")
        yield from conditions((*path, "when"), rule.when, entries)
        if _is_asked("incomplete", rule.when):
            yield Finding((*path, "when"), "`incomplete` cannot stand here: it is what these rules find")
        yield from once("requirement", (((*path, "requires", k), word) for k, word in enumerate(rule.requires)))
        for k, word in enumerate(rule.requires):
            yield from _required((*path, "requires", k), word, entries)
        if not rule.requires and not rule.asks:
            yield Finding(path, "a completeness rule needs something that it `requires`, or that it `asks` about")
        yield from once("finding", (((*path, "asks", k), word) for k, word in enumerate(rule.asks)))
        for k, word in enumerate(rule.asks):
            yield from known((*path, "asks", k), "finding", word, known_words(entries))
        yield from addressed((*path, "to"), rule.to, entries)
        brought = _BROUGHT | ({"missing"} if rule.requires and not rule.asks and not entries.formats else set())
        yield from said((*path, "say"), rule.say, brought, messages)


def _is_asked(word: str, when: object) -> bool:
    """Whether a condition's word stands under `when`, however deep."""
    if isinstance(when, list):
        return any(_is_asked(word, one) for one in when)
    return isinstance(when, Mapping) and (word in when or any(_is_asked(word, one) for one in when.values()))


def titles(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the titles."""
    for word, names in entries.titles.items():
        yield from known(("titles", word, KEY), "field word", word, [*entries.fields, *FACTS])
        if entries.language not in names:
            text = f"a title in the desk's language '{entries.language}' is missing"
            yield Finding(("titles", word), text)


def _required(path: Path, word: str, entries: Entries) -> Iterator[Finding]:
    fact = FACTS.get(word)
    if word == "delivered":
        yield Finding(path, "a solution is delivered only once tier 2 has found it, so it cannot be required here")
        return
    if fact is None:
        allowed = [*entries.fields, *FACTS]
        yield from known(path, "field word", word, [one for one in allowed if one != "delivered"])
    elif fact.needs is not None:
        yield from mapped(path, fact.needs, entries)
    if word in entries.fields and word not in (*entries.titles, *TITLES):
        yield Finding(path, f"'{word}' has no title for people to read; give it one under `titles:`")
