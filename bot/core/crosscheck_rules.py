"""Whether routes, policies and ladders fit the rest of their rulebook, and say something that can happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, pairwise

from bot.core.clocks import SINCE
from bot.core.conditions import WORDS
from bot.core.conditions import problems as condition_problems
from bot.core.duration import Duration
from bot.core.entries import Entries, Ladder, Policy, Rung
from bot.core.findings import KEY, Finding, Path, known, nearest, once
from bot.core.history import moment_problem, while_problem
from bot.core.people import ROLES

Messages = Mapping[str, frozenset[str]] | None
"""The texts that may be said, each with the names of the values it cannot do without; None: not known."""

_KINDS = ("after", "share", "before_due", "past_due")
_ALWAYS = frozenset(("state", "last", "date", "n"))
_ROUTED = frozenset(("state", "last", "queue", "reason"))
_ASKED = frozenset(("state", "last", "queues", "reason"))


def rule_names(entries: Entries) -> Iterator[Finding]:
    """Routes and ladders share their names with no other rule, since a step's key names the rule alone."""
    routes = ((("routes", i, "route"), route.route) for i, route in enumerate(entries.routes))
    ladders = ((("ladders", i, "name"), ladder.name) for i, ladder in enumerate(entries.ladders))
    yield from once("rule", chain(routes, ladders))


def routes(entries: Entries, messages: Messages) -> Iterator[Finding]:
    """What is wrong with the routes."""
    named = [(("routes", i), route) for i, route in enumerate(entries.routes)]
    queues = [queue.queue for queue in entries.queues]
    for path, route in named:
        yield from _when((*path, "when"), route.when, entries)
        is_last = path[1] == len(named) - 1
        if is_last and route.when:
            yield Finding((*path, "when"), "the last route must match everything; leave its `when` out")
        if not is_last and not route.when:
            yield Finding(path, "this route matches everything, so those after it never match; give it a `when`")
        if (route.queue is None) == (not route.ask):
            yield Finding(path, "a route has either a `queue` or several to `ask` about")
        yield from known((*path, "queue"), "queue", route.queue, queues)
        for k, queue in enumerate(route.ask):
            yield from known((*path, "ask", k), "queue", queue, queues)
        if route.queue is not None:
            yield from _mapped((*path, "queue"), "queue", entries)
            yield from _said(path, "routed", _ROUTED, messages)
        elif route.ask:
            yield from _said(path, "route_unsure", _ASKED, messages)


def policies(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the policies."""
    yield from once("policy", ((("policies", i, "name"), policy.name) for i, policy in enumerate(entries.policies)))
    for i, policy in enumerate(entries.policies):
        path: Path = ("policies", i)
        if policy.name.startswith(SINCE):
            yield Finding((*path, "name"), f"a policy's name cannot begin with '{SINCE.strip()}'")
        yield from _moment((*path, "starts"), policy.starts, entries)
        for k, text in enumerate(policy.stops):
            yield from _moment((*path, "stops", k), text, entries)
        for k, text in enumerate(policy.pauses):
            if wrong := while_problem(text, entries):
                yield Finding((*path, "pauses", k), wrong[0], nearest(text, wrong[1]))
            elif text.startswith("queue is "):
                yield from _mapped((*path, "pauses", k), "queue", entries)
        yield from known((*path, "calendar"), "calendar", policy.calendar, entries.calendars)
        yield from _targets((*path, "targets"), policy, entries)


def _targets(path: Path, policy: Policy, entries: Entries) -> Iterator[Finding]:
    for i, target in enumerate(policy.targets):
        yield from _when((*path, i, "when"), target.when, entries)
        yield from _on_a_clock((*path, i, "within"), target.within, least=1)
        is_last = i == len(policy.targets) - 1
        if is_last and target.when:
            text = "the last target must hold for every ticket; add one without `when`"
            yield Finding((*path, i, "when"), text)
        if not is_last and not target.when:
            text = "this target holds for every ticket, so those after it never count; give it a `when`"
            yield Finding((*path, i), text)


def ladders(entries: Entries, messages: Messages, day_s: Mapping[str, int | None]) -> Iterator[Finding]:
    """What is wrong with the ladders. `day_s` is what a working day amounts to in each calendar, where known."""
    for i, ladder in enumerate(entries.ladders):
        path: Path = ("ladders", i)
        yield from _when((*path, "when"), ladder.when, entries)
        policy = next((policy for policy in entries.policies if policy.name == ladder.clock), None)
        since = ladder.clock.startswith(SINCE)
        if since:
            yield from _moment((*path, "clock"), ladder.clock.removeprefix(SINCE), entries, SINCE)
        elif policy is None:
            clocks = [*(policy.name for policy in entries.policies), "since solved"]
            yield from known((*path, "clock"), "policy", ladder.clock, clocks)
        calendar = (policy.calendar if policy else None) or entries.manners.calendar
        rungs = ((*path, "rungs", k, "rung") for k in range(len(ladder.rungs)))
        yield from once("rung", zip(rungs, (rung.rung for rung in ladder.rungs), strict=True))
        for k, rung in enumerate(ladder.rungs):
            is_last = k == len(ladder.rungs) - 1
            yield from _rung((*path, "rungs", k), rung, entries, since=since, is_last=is_last)
            brought = _brought(rung, since=since, is_last=is_last)
            yield from _said((*path, "rungs", k, "say"), rung.say, brought, messages)
        yield from _order((*path, "rungs"), ladder, day_s.get(calendar))


def _rung(path: Path, rung: Rung, entries: Entries, *, since: bool, is_last: bool) -> Iterator[Finding]:
    kinds = [kind for kind in _KINDS if getattr(rung, kind) is not None]
    if len(kinds) != 1:
        yield Finding(path, f"a rung has exactly one of {', '.join(_KINDS)}")
    for kind in kinds:
        if since and kind != "after":
            text = f"`{kind}` needs a policy's clock; on `{SINCE}…` write `after`"
            yield Finding((*path, kind, KEY), text)
        if kind != "share":
            yield from _on_a_clock((*path, kind), getattr(rung, kind), least=1 if kind == "before_due" else 0)
    people = [*ROLES, *(person.person for person in entries.people)]
    for i, word in enumerate(rung.to):
        yield from known((*path, "to", i), "role or person", word, people)
        if word == "queue":
            yield from _mapped((*path, "to", i), "queue", entries)
    if rung.every is not None:
        yield from _on_a_clock((*path, "every"), rung.every, least=1)
        if rung.times == 1:
            yield Finding((*path, "every", KEY), "`every` needs `times`, 2 or more")
        if not is_last:
            yield Finding((*path, "every", KEY), "only the last rung of a ladder can repeat")
    elif rung.times > 1:
        yield Finding((*path, "times", KEY), "`times` needs `every`")


def _said(path: Path, name: str, brought: frozenset[str], messages: Messages) -> Iterator[Finding]:
    if messages is None:
        return
    yield from known(path, "message", name, messages)
    for value in sorted(messages.get(name, frozenset()) - brought):
        yield Finding(path, f"the message '{name}' needs the value '{value}', which is not always there")


def _brought(rung: Rung, *, since: bool, is_last: bool) -> frozenset[str]:
    """The values that a rung's message can rely on."""
    due = ("due",) if not since else () if is_last else ("answer_by",)
    over = () if rung.past_due is None else ("over",)
    return _ALWAYS.union(due, over)


def _order(path: Path, ladder: Ladder, day_s: int | None) -> Iterator[Finding]:
    """Rungs of one kind must come one after the other, and none before the deadline after one beyond it."""
    if day_s is None:
        return
    for kind in _KINDS:
        amounts = [
            (i, _amount(getattr(rung, kind), day_s))
            for i, rung in enumerate(ladder.rungs)
            if getattr(rung, kind) is not None
        ]
        for (_, earlier), (i, later) in pairwise(amounts):
            if (
                earlier is not None
                and later is not None
                and (earlier <= later if kind == "before_due" else later <= earlier)
            ):
                yield Finding((*path, i, kind), "this rung is not reached after the one before it")
    first_beyond = next((i for i, rung in enumerate(ladder.rungs) if rung.past_due is not None), len(ladder.rungs))
    for i, rung in enumerate(ladder.rungs[first_beyond:], first_beyond):
        if rung.share is not None or rung.before_due is not None:
            yield Finding((*path, i), "this rung comes before the deadline, the one above it after it")


def _amount(written: Duration | int, day_s: int) -> int | None:
    if isinstance(written, int):
        return written
    return written.working_s(day_s) if written.kind in ("working", "days") else None


def _on_a_clock(path: Path, length: Duration, *, least: int) -> Iterator[Finding]:
    if length.kind not in ("working", "days"):
        yield Finding(path, "a clock counts working time: write m, h or wd")
    elif length.amount < least:
        yield Finding(path, "it must be more than nothing")


def _moment(path: Path, text: str, entries: Entries, prefix: str = "") -> Iterator[Finding]:
    if wrong := moment_problem(text, entries):
        meant = nearest(text, wrong[1])
        yield Finding(path, wrong[0], prefix + meant if meant else None)
    elif text == "delivered":
        yield from _mapped(path, "delivered", entries)
    elif text.startswith(("enters queue ", "leaves queue ")):
        yield from _mapped(path, "queue", entries)


def _mapped(path: Path, word: str, entries: Entries) -> Iterator[Finding]:
    if word not in entries.fields:
        yield Finding(path, f"'{word}' is not mapped; name the tracker's field under `fields:`")


def _when(path: Path, when: Mapping[str, object], entries: Entries) -> Iterator[Finding]:
    for inner, text, allowed in condition_problems(when, entries):
        last = inner[-1] if inner else None
        if last in WORDS:
            about_the_word = WORDS[str(last)].needs not in (None, *entries.fields)
        else:
            about_the_word = isinstance(last, str) and bool(allowed)
        written = last if about_the_word else _value(when, inner)
        meant = nearest(str(written), allowed)
        if meant == str(written):
            quotes = "leave out the quotes" if isinstance(written, str) else "put it in quotes"
            text, meant = f"{text}; {quotes}", None
        yield Finding((*path, *inner, *((KEY,) if about_the_word else ())), text, meant)


def _value(when: object, inner: Path) -> object:
    for part in inner:
        when = when[part]  # type: ignore[index]
    return when
