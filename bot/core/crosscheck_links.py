"""Whether what is said of ties between tickets, and of mass incidents, fits the rest of the rulebook."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.crosscheck_rules import Messages, addressed, conditions, said
from bot.core.entries import Entries, LinkEntry
from bot.core.findings import Finding, Path, known, once

NAMED = frozenset(("category", "queue", "forwarder", "delivered"))
"""The words of `fields` that do not hold mere texts."""

_ALWAYS = frozenset(("state", "last", "n", "tickets"))
_BURST = _ALWAYS | {"minutes", "category"}
_SOLVED = _ALWAYS | {"person"}


def links(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the kinds of links, and with the projects outside."""
    for word, entry in entries.links.items():
        yield from _told_by(("links", word), entry, entries)
        if entry.silences and entry.outward is None and entry.type is not None:
            text = "say with `outward` which of the two tickets it is that stays silent, or both would"
            yield Finding(("links", word, "silences"), text)
        if entry.silences and entry.follows:
            yield Finding(("links", word, "silences"), "a ticket in which tier 2 works cannot keep this one silent")
    here, elsewhere = _projects(entries, here=True), _projects(entries, here=False)
    yield from once("project outside", here)
    # A key tells no site: of two that have the same project nobody could say which is meant.
    yield from once("project of another site", elsewhere)
    for path, key in here:
        if key in entries.projects:
            yield Finding(path, f"'{key}' is a project of the desk itself")
    for i, outside in enumerate(entries.outside):
        states = [(("outside", i, "states", k), state) for k, state in enumerate(outside.states)]
        yield from once(
            "entry for the category",
            (((*path, "category"), state.category) for path, state in states if state.category),
        )
        yield from once(
            "entry for the status",
            (
                ((*path, "status", k), name.casefold())
                for path, state in states
                for k, name in enumerate(state.status)
            ),
        )
        for path, state in states:
            if not state.status and not state.category:
                yield Finding(path, "an entry needs a `status`, or a `category` that it catches")


def _projects(entries: Entries, *, here: bool) -> list[tuple[Path, str]]:
    """The projects outside the desk's own, each with its place: those of its Jira, or those of other sites."""
    return [
        (("outside", i, "projects", k), key)
        for i, outside in enumerate(entries.outside)
        if (outside.site is None) == here
        for k, key in enumerate(outside.projects)
    ]


def _told_by(path: Path, entry: LinkEntry, entries: Entries) -> Iterator[Finding]:
    """What is wrong with that by which a tie is known: a type of link, a field, or links to another site."""
    by = [word for word in ("type", "field", "site") if getattr(entry, word) is not None]
    if len(by) != 1:
        text = "say by which `type` of link, or else by which `field` or links to which `site`, the tie is known"
        yield Finding(path, text)
    if entry.outward is not None and by and "type" not in by:
        text = f"only links between tickets of one Jira have two sides; leave it out beside `{by[0]}`"
        yield Finding((*path, "outward"), text)
    if entry.site is not None:
        sites = dict.fromkeys(outside.site for outside in entries.outside if outside.site is not None)
        yield from known((*path, "site"), "site under `outside`", entry.site, sites)
    if entry.field is None:
        return
    yield from known((*path, "field"), "field word", entry.field, entries.fields)
    if entry.field in NAMED:
        yield Finding((*path, "field"), f"'{entry.field}' has a meaning of its own; take a field that holds a text")
    if all(outside.site is None for outside in entries.outside):
        text = "such keys are those of another site: name one with `site` and its projects under `outside`"
        yield Finding((*path, "field"), text)


def outages(entries: Entries) -> Iterator[Finding]:
    """What is wrong with what tells of outages."""
    rule = entries.outages
    if rule is None:
        return
    yield from conditions(("outages", "when"), rule.when, entries, in_promise=True)
    yield from known(("outages", "begins"), "field word", rule.begins, entries.fields)
    yield from known(("outages", "service"), "field word", rule.service, entries.fields)


def incidents(entries: Entries, messages: Messages) -> Iterator[Finding]:
    """What is wrong with the rules on mass incidents."""
    for i, rule in enumerate(entries.incidents):
        path: Path = ("incidents", i)
        yield from conditions((*path, "when"), rule.when, entries, in_promise=True)
        for k, threshold in enumerate(rule.thresholds):
            yield from conditions((*path, "thresholds", k, "when"), threshold.when, entries, in_promise=True)
            is_last = k == len(rule.thresholds) - 1
            if is_last and threshold.when:
                text = "the last threshold must hold for every ticket; add one without `when`"
                yield Finding((*path, "thresholds", k, "when"), text)
            if not is_last and not threshold.when:
                text = "this threshold holds for every ticket, so those after it never count; give it a `when`"
                yield Finding((*path, "thresholds", k), text)
        yield from known((*path, "link"), "word under `links`", rule.link, entries.links)
        yield from addressed((*path, "to"), rule.to, entries)
        yield from said((*path, "say"), rule.say, _BURST, messages)
        if rule.solved is not None:
            yield from said((*path, "solved"), rule.solved, _SOLVED, messages)
