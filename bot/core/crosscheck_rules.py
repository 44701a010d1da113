"""Whether routes, policies and ladders fit the rest of their rulebook, and say something that can happen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, pairwise

from bot.core.clocks import FIRST, SINCE, since_moments
from bot.core.conditions import problems as condition_problems
from bot.core.crosscheck_calendars import day_lengths
from bot.core.deadlines import CREATED, DEADLINE
from bot.core.duration import LONGEST, Duration
from bot.core.entries import DeadlineEntry, Entries, Ladder, Policy, Rung
from bot.core.findings import KEY, Finding, Path, known, nearest, once
from bot.core.flaws import PERSONAL_DATA
from bot.core.ledger import NOTICES
from bot.core.moments import moment_problem, while_problem
from bot.core.people import DUTY, ROLES
from bot.core.rulebook import QUEUE

Messages = Mapping[str, frozenset[str]] | None
"""The texts that may be said, each with the names of the values it cannot do without; None: not known."""

_KINDS = ("after", "share", "before_due", "past_due")
_ON = {"since": ("after",), "deadline": ("before_due", "past_due"), "policy": _KINDS}
"""What a rung may be reached by, on each kind of clock."""

_MAY_BE_UNMAPPED = ("registered", "known", "extended")
"""Words of deadlines without which a desk can do: the deadline is then provisional, or cannot be extended."""

_LISTED = 10
_NO_START = ("category", "queue", "forwarder", "delivered")
_ALWAYS = frozenset(("state", "last", "date", "n"))
_ROUTED = frozenset(("state", "last", "queue", "reason"))
_ASKED = frozenset(("state", "last", "queues", "reason"))


def rule_names(entries: Entries) -> Iterator[Finding]:
    """What speaks shares its name with no other rule, since a step's key names the rule alone."""
    routes = ((("routes", i, "route"), route.route) for i, route in enumerate(entries.routes))
    complete = ((("completeness", i, "name"), rule.name) for i, rule in enumerate(entries.completeness))
    ladders = ((("ladders", i, "name"), ladder.name) for i, ladder in enumerate(entries.ladders))
    incidents = ((("incidents", i, "name"), rule.name) for i, rule in enumerate(entries.incidents))
    named = [*routes, *complete, *incidents, *ladders]
    yield from once("rule", named)
    for path, name in named:
        if name in NOTICES:
            yield Finding(path, f"'{name}' is the bot's own word; give the rule another name")


def routes(entries: Entries, messages: Messages) -> Iterator[Finding]:
    """What is wrong with the routes."""
    named = [(("routes", i), route) for i, route in enumerate(entries.routes)]
    queues = [queue.queue for queue in entries.queues]
    for path, route in named:
        yield from conditions((*path, "when"), route.when, entries)
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
            yield from mapped((*path, "queue"), "queue", entries)
            yield from said(path, "routed", _ROUTED, messages)
        elif route.ask:
            yield from said(path, "route_unsure", _ASKED, messages)


def policies(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the policies."""
    yield from once("policy", ((("policies", i, "name"), policy.name) for i, policy in enumerate(entries.policies)))
    for i, policy in enumerate(entries.policies):
        path: Path = ("policies", i)
        for word in (SINCE, DEADLINE):
            if policy.name.startswith(word):
                yield Finding((*path, "name"), f"a policy's name cannot begin with '{word.strip()}'")
        yield from _moment((*path, "starts"), policy.starts, entries)
        for k, text in enumerate(policy.stops):
            yield from _moment((*path, "stops", k), text, entries)
        for k, text in enumerate(policy.restarts):
            yield from _moment((*path, "restarts", k), text, entries)
            if text in policy.stops:
                yield Finding((*path, "restarts", k), "this stops the clock too; a clock either stops or begins anew")
        if isinstance(policy.at_risk, Duration):
            yield from _on_a_clock((*path, "at_risk"), policy.at_risk, least=1)
        for k, text in enumerate(policy.pauses):
            if wrong := while_problem(text, entries):
                yield _misspelt((*path, "pauses", k), wrong[0], nearest(text, wrong[1]), wrong[1][0])
            elif text.startswith("queue is "):
                yield from mapped((*path, "pauses", k), "queue", entries)
        if policy.calendar == QUEUE:
            yield from mapped((*path, "calendar"), "queue", entries)
        else:
            yield from known((*path, "calendar"), "calendar", policy.calendar, entries.calendars)
        yield from _targets((*path, "targets"), policy, entries)


def _targets(path: Path, policy: Policy, entries: Entries) -> Iterator[Finding]:
    for i, target in enumerate(policy.targets):
        yield from conditions((*path, i, "when"), target.when, entries, in_promise=True)
        yield from _on_a_clock((*path, i, "within"), target.within, least=1)
        is_last = i == len(policy.targets) - 1
        if is_last and target.when:
            text = "the last target must hold for every ticket; add one without `when`"
            yield Finding((*path, i, "when"), text)
        if not is_last and not target.when:
            text = "this target holds for every ticket, so those after it never count; give it a `when`"
            yield Finding((*path, i), text)


def ladders(entries: Entries, messages: Messages) -> Iterator[Finding]:
    """What is wrong with the ladders."""
    for i, ladder in enumerate(entries.ladders):
        path: Path = ("ladders", i)
        yield from conditions((*path, "when"), ladder.when, entries)
        policy = next((policy for policy in entries.policies if policy.name == ladder.clock), None)
        on = "policy"
        if ladder.clock.startswith(SINCE):
            on = "since"
            counted, after = since_moments(ladder.clock.removeprefix(SINCE))
            yield from _moment((*path, "clock"), counted, entries, SINCE if after is None else f"{SINCE}{FIRST}")
            if after is not None:
                yield from _moment((*path, "clock"), after, entries)
        elif ladder.clock.startswith(DEADLINE):
            on = "deadline"
            clocks = [f"{DEADLINE}{entry.name}" for entry in entries.deadlines]
            yield from known((*path, "clock"), "clock", ladder.clock, clocks)
        elif policy is None:
            clocks = [*(policy.name for policy in entries.policies), "since solved"]
            yield from known((*path, "clock"), "policy", ladder.clock, clocks)
        yield from _lapses(path, ladder, on, entries)
        rungs = ((*path, "rungs", k, "rung") for k in range(len(ladder.rungs)))
        yield from once("rung", zip(rungs, (rung.rung for rung in ladder.rungs), strict=True))
        for k, rung in enumerate(ladder.rungs):
            is_last = k == len(ladder.rungs) - 1
            yield from _rung((*path, "rungs", k), rung, entries, on=on, is_last=is_last)
            brought = _brought(rung, on=on, is_last=is_last)
            if ladder.clock == f"{SINCE}{PERSONAL_DATA}":
                brought |= {"types"}
            yield from said((*path, "rungs", k, "say"), rung.say, brought, messages)
        lengths = day_lengths(entries, policy.calendar if policy else None)
        yield from dict.fromkeys(chain.from_iterable(_order((*path, "rungs"), ladder, day_s) for day_s in lengths))


def _lapses(path: Path, ladder: Ladder, on: str, entries: Entries) -> Iterator[Finding]:
    if ladder.lapses is None:
        return
    if on != "since":
        yield Finding((*path, "lapses", KEY), "only what runs `since …` a moment can lapse")
        return
    yield from _on_a_clock((*path, "lapses"), ladder.lapses, least=1)
    last = ladder.rungs[-1].after
    for day_s in day_lengths(entries, None):
        amounts = [_amount(length, day_s) for length in (last, ladder.lapses) if length is not None]
        if len(amounts) == 2 and None not in amounts and amounts[1] <= amounts[0]:  # type: ignore[operator]
            yield Finding((*path, "lapses"), "it lapses before its last rung is reached")
            return


def exclusions(entries: Entries) -> Iterator[Finding]:
    """What is wrong with who is never addressed."""
    yield from once("exclusion", ((("excludes", i, "name"), rule.name) for i, rule in enumerate(entries.excludes)))
    for i, rule in enumerate(entries.excludes):
        path: Path = ("excludes", i)
        yield from conditions((*path, "when"), rule.when, entries, in_promise=True)
        for k, word in enumerate(rule.fields):
            others = [other for other in entries.fields if other not in _NO_START]
            yield from known((*path, "fields", k), "field word", word, others)
        yield from known((*path, "link"), "link", rule.link, entries.links)
        if not rule.fields and rule.link is None:
            yield Finding(path, "an exclusion needs `fields` that hold people, a `link`, or both")


def _rung(path: Path, rung: Rung, entries: Entries, *, on: str, is_last: bool) -> Iterator[Finding]:
    kinds = [kind for kind in _KINDS if getattr(rung, kind) is not None]
    if len(kinds) != 1:
        yield Finding(path, f"a rung has exactly one of {', '.join(_KINDS)}")
    for kind in kinds:
        if kind not in _ON[on]:
            needs = "a policy's clock" if on == "since" or kind == "share" else "a clock that runs"
            text = f"`{kind}` needs {needs}; on `{on} …` write `{'` or `'.join(_ON[on])}`"
            yield Finding((*path, kind, KEY), text)
        if kind != "share":
            least = 1 if kind == "before_due" else 0
            yield from _length((*path, kind), getattr(rung, kind), on, least=least)
    yield from addressed((*path, "to"), rung.to, entries)
    if rung.every is not None:
        yield from _length((*path, "every"), rung.every, on, least=1)
        if rung.times == 1:
            yield Finding((*path, "every", KEY), "`every` needs `times`, 2 or more")
        if not is_last:
            yield Finding((*path, "every", KEY), "only the last rung of a ladder can repeat")
    elif rung.times > 1:
        yield Finding((*path, "times", KEY), "`times` needs `every`")


def addressed(path: Path, words: Iterable[str], entries: Entries) -> Iterator[Finding]:
    """What is wrong with whom a rule addresses."""
    rosters = [f"{DUTY}{roster.roster}" for roster in entries.rosters]
    rostered = any(queue.duty is not None for queue in entries.queues)
    roles = [role for role in ROLES if role != "duty" or rostered]
    people = [*roles, *(person.person for person in entries.people), *rosters]
    for i, word in enumerate(words):
        if word != "duty":
            yield from known((*path, i), "role or person", word, people)
        elif not rostered:
            text = "no queue has a roster; give one its `duty`, or write `duty` and a roster's name"
            yield Finding((*path, i), text)
        if word in ("queue", "duty"):
            yield from mapped((*path, i), "queue", entries)


def said(path: Path, name: str, brought: frozenset[str], messages: Messages) -> Iterator[Finding]:
    """What is wrong with the message a rule says, given the values that it brings."""
    if messages is None:
        return
    yield from known(path, "message", name, messages)
    for value in sorted(messages.get(name, frozenset()) - brought):
        yield Finding(path, f"the message '{name}' needs the value '{value}', which is not always there")


def _brought(rung: Rung, *, on: str, is_last: bool) -> frozenset[str]:
    """The values that a rung's message can rely on."""
    due = {"policy": ("due",), "deadline": ("due", "basis")}.get(on, () if is_last else ("answer_by",))
    over = () if rung.past_due is None else ("over",)
    return _ALWAYS.union(due, over)


def deadlines(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the deadlines."""
    for i, entry in enumerate(entries.deadlines):
        path: Path = ("deadlines", i)
        yield from conditions((*path, "when"), entry.when, entries, in_promise=True)
        yield from known((*path, "calendar"), "calendar", entry.calendar, entries.calendars)
        yield from _dated((*path, "counts_from"), entry.counts_from, entries, CREATED)
        if entry.met_by is not None:
            yield from mapped((*path, "met_by"), entry.met_by, entries)
        if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
            yield Finding((*path, "valid_to"), "it ends before it begins, at `valid_from`")
        yield from _amounts(path, entry, entries)
        if any(_hides(above, entry) for above in entries.deadlines[:i]):
            yield Finding(path, f"an entry of '{entry.name}' above this one counts instead on every day of this one")


def _dated(path: Path, word: str, entries: Entries, *others: str) -> Iterator[Finding]:
    allowed = [*others, *_MAY_BE_UNMAPPED, *entries.fields]
    yield from known(path, "field word", word, [known for known in allowed if known not in _NO_START])


def _amounts(path: Path, entry: DeadlineEntry, entries: Entries) -> Iterator[Finding]:
    if [entry.within is not None, bool(entry.dates), entry.ends_on is not None].count(True) != 1:
        yield Finding(path, "a deadline has exactly one of `within`, `dates` and `ends_on`")
        return
    if entry.ends_on is not None:
        dated = [word for word in entries.fields if word not in _NO_START]
        yield from known((*path, "ends_on"), "field word", entry.ends_on, dated)
        if entry.counts_from != CREATED:
            yield Finding((*path, "counts_from", KEY), "`ends_on` holds the last day, so nothing is counted")
    if entry.within is not None:
        yield from _span((*path, "within"), entry.within)
    if entry.moves is not None and entry.within is not None and entry.within.kind in ("days", "clock"):
        yield Finding((*path, "moves", KEY), "only what is counted in cd or mo, and `dates`, can end on a day off")
    if entry.control is not None and not entry.dates:
        yield Finding((*path, "control", KEY), "only a deadline with `dates` has periods to control")
    for k, length in enumerate(entry.raises):
        if length.kind != "days":
            yield Finding((*path, "raises", k), "write whole working days, for example 3wd")
        elif k and length.amount >= entry.raises[k - 1].amount:
            yield Finding((*path, "raises", k), "this comes no later than the one before it; write the largest first")
    if entry.extension is None:
        return
    there = (*path, "extension")
    if entry.within is None:
        yield Finding((*path, "extension", KEY), "only a deadline with `within` can be extended")
        return
    yield from _span((*there, "to"), entry.extension.to)
    yield from _dated((*there, "field"), entry.extension.field, entries)
    by_clock = entry.within.kind == "clock"
    if by_clock != (entry.extension.to.kind == "clock"):
        yield Finding((*there, "to"), "count it as `within` is: both in days, or both by the clock")
    elif entry.extension.to.kind == entry.within.kind and entry.extension.to.amount <= entry.within.amount:
        yield Finding(
            (*there, "to"), "an extension must be longer than `within`, since it counts from the same start"
        )
    if entry.extension.notice_within is not None:
        yield from _span((*there, "notice_within"), entry.extension.notice_within)


def _span(path: Path, length: Duration) -> Iterator[Finding]:
    if length.kind == "working":
        yield Finding(path, "a deadline counts dates: write wd, cd or mo, or hours of the `clock`, as 72h clock")
    elif length.amount < 1:
        yield Finding(path, "it must be more than nothing")
    elif length.amount > LONGEST[length.kind]:
        yield Finding(path, "this is more than ten years")


def _hides(above: DeadlineEntry, entry: DeadlineEntry) -> bool:
    """Whether `above` counts wherever `entry` would."""
    if above.name != entry.name or (above.when and above.when != entry.when):
        return False
    if above.ends_on is not None and above.ends_on != entry.ends_on:
        return False
    from_day = above.valid_from is None or (entry.valid_from is not None and above.valid_from <= entry.valid_from)
    to_day = above.valid_to is None or (entry.valid_to is not None and entry.valid_to <= above.valid_to)
    return from_day and to_day


def _order(path: Path, ladder: Ladder, day_s: int) -> Iterator[Finding]:
    """Rungs of one kind must come one after the other, and none before the deadline after one beyond it."""
    for kind in _KINDS:
        amounts = [(i, getattr(rung, kind)) for i, rung in enumerate(ladder.rungs) if getattr(rung, kind) is not None]
        for (_, before), (i, after) in pairwise(amounts):
            alike = isinstance(before, Duration) and before.kind == after.kind
            earlier, later = (before.amount, after.amount) if alike else (_amount(a, day_s) for a in (before, after))
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


def _length(path: Path, length: Duration, on: str, *, least: int) -> Iterator[Finding]:
    """What is wrong with a rung's amount. Beside a deadline days are dates, of which there may be none between."""
    if on != "deadline":
        yield from _on_a_clock(path, length, least=least)
    elif length.kind == "months":
        yield Finding(path, "write wd, cd or h here")
    elif length.amount < least and (length.kind in ("working", "clock") or path[-1] == "every"):
        yield Finding(path, "it must be more than nothing")


def _on_a_clock(path: Path, length: Duration, *, least: int) -> Iterator[Finding]:
    if length.kind not in ("working", "days"):
        yield Finding(path, "a clock counts working time: write m, h or wd")
    elif length.amount < least:
        yield Finding(path, "it must be more than nothing")


def _moment(path: Path, text: str, entries: Entries, prefix: str = "") -> Iterator[Finding]:
    if wrong := moment_problem(text, entries):
        meant = nearest(text, wrong[1])
        said = f"'{prefix}{text}' is not a clock" if prefix else wrong[0]
        yield _misspelt(path, said, prefix + meant if meant else None, prefix + wrong[1][0])
    elif text == "delivered":
        yield from mapped(path, "delivered", entries)
    elif text.startswith(("enters queue ", "leaves queue ")):
        yield from mapped(path, "queue", entries)


def _misspelt(path: Path, text: str, meant: str | None, example: str) -> Finding:
    return Finding(path, text if meant else f"{text}; write for example '{example}'", meant)


def mapped(path: Path, word: str, entries: Entries) -> Iterator[Finding]:
    """A finding when no field is mapped to a word."""
    if word not in entries.fields:
        yield Finding(path, f"the field `{word}` is not mapped; name the tracker's field under `fields:`")


def conditions(
    path: Path, when: Mapping[str, object], entries: Entries, *, in_promise: bool = False
) -> Iterator[Finding]:
    """What is wrong with a rule's conditions; `in_promise` for those of a target or a deadline."""
    for inner, text, allowed in condition_problems(when, entries, in_promise=in_promise):
        written = inner[-2] if inner[-1:] == (KEY,) else _value(when, inner)
        meant = nearest(str(written), allowed)
        if meant == str(written):
            quotes = "leave out the quotes" if isinstance(written, str) else "put it in quotes"
            text, meant = f"{text}; {quotes}", None
        elif allowed and not meant and len(allowed) <= _LISTED:
            text += f"; known: {', '.join(allowed)}"
        yield Finding((*path, *inner), text, meant)


def _value(when: object, inner: Path) -> object:
    for part in inner:
        when = when[part]  # type: ignore[index]
    return when
