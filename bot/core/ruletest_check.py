"""What is wrong with rule tests that are well formed: words, people and moments that the rulebook does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from bot.core.crosscheck_absences import deputy_problem
from bot.core.findings import KEY, Finding, Path, known, once
from bot.core.flaws import FAMILIES, known_words
from bot.core.remarks import INTERIM, QUESTION
from bot.core.rulebook import Rulebook
from bot.core.ruletest_ticket import BOT, created_at, moment, ticket_at
from bot.core.ruletest_words import Case, Expectations, Expected, Happening, TicketWords
from bot.core.ticket import UNKNOWN, Moment

_NAMED = ("category", "queue", "forwarder", "delivered")
_ROUTE_SAYS = ("routed", "route_unsure")


def problems(cases: Sequence[Case], book: Rulebook) -> list[Finding]:
    """Everything wrong with the tests of a file, by their places in it; an empty list when they can be run."""
    found = list(once("test", (((i, "it"), case.it) for i, case in enumerate(cases))))
    for i, case in enumerate(cases):
        found += (Finding((i, *path), text, meant) for path, text, meant in _case(case, book))
    return found


def _case(case: Case, book: Rulebook) -> Iterator[Finding]:
    if (case.now is None) != (case.expect is None) or (case.now is None) == (case.expect_at is None):
        yield Finding((), "a test has either `now` and `expect`, or `expect_at`")
        return
    words = [*_ticket(case.ticket, book), *_others(case, book), *_desk(case, book), *_expected(case, book)]
    yield from words
    late = list(_moments(case, book))
    yield from late
    if not words and not late:
        yield from _story(case, book)


def _others(case: Case, book: Rulebook) -> Iterator[Finding]:
    """What is wrong with the other tickets, and with what ties them."""
    for i, other in enumerate(case.others):
        path: Path = ("others", i)
        for place, text, meant in _ticket(other.ticket, book):
            yield Finding((*path, *place), text, meant)
        yield from known((*path, "tied"), "word under `links`", other.tied, book.entries.links)
        yield from known((*path, "ties"), "word under `links`", other.ties, book.entries.links)
        if other.unreadable and other.tied is None:
            yield Finding((*path, "unreadable"), "only a ticket that this one is tied to is looked at; add `tied`")
        if other.at is not None and other.tied is None and other.ties is None:
            yield Finding((*path, "at"), "nothing ties the two; add `tied` or `ties`")
        if other.at is not None and (wrong := _skipped(other.at, book)):
            yield Finding((*path, "at"), wrong)


def _desk(case: Case, book: Rulebook) -> Iterator[Finding]:
    for person, deputies in case.absent.items():
        yield from known(("absent", person, KEY), "person", person, book.languages)
        for i, deputy in enumerate(deputies):
            yield from known(("absent", person, i), "person", deputy, book.languages)
            if wrong := deputy_problem(deputy, person, book.entries):
                yield Finding(("absent", person, i), wrong)
    rosters = [roster.roster for roster in book.entries.rosters]
    for roster, person in case.on_duty.items():
        yield from known(("on_duty", roster, KEY), "roster", roster, rosters)
        yield from known(("on_duty", roster), "person", person, book.languages)


def _ticket(ticket: TicketWords, book: Rulebook) -> Iterator[Finding]:
    yield from _fields(("ticket",), ticket, book)
    yield from known(("ticket", "project"), "project", ticket.project, book.entries.projects)
    yield from _person(("ticket", "reporter"), ticket.reporter, book)
    for i, happening in enumerate(ticket.history):
        path: Path = ("ticket", "history", i)
        yield from _fields(path, happening, book)
        if happening.delivered and "delivered" not in book.entries.fields:
            yield Finding((*path, "delivered", KEY), "'delivered' is not mapped under `fields:`")
        yield from _person((*path, "by"), happening.by, book, BOT)
        yield from _person((*path, "message"), happening.message, book, BOT)
        happens = happening.model_fields_set - {"at", "by", "text", "findings", "kind"}
        if not happens:
            yield Finding(path, "nothing happens here; write for example `solved: true` or `state:`")
        elif happening.kind is not None and happening.message in (None, BOT):
            yield Finding((*path, "kind", KEY), "this says what a person writes; add `message`")
        elif happening.command is not None and happening.by in (None, BOT):
            yield Finding((*path, "command", KEY), "a person tells the bot something; add `by`")
        elif (happening.text or happening.findings) and happening.message in (None, BOT):
            word = "text" if happening.text else "findings"
            yield Finding((*path, word, KEY), "only what a person writes is looked at; add `message`")
        elif happens == {"message"} and happening.by is not None:
            yield Finding((*path, "by", KEY), "`message` says who writes; leave `by` out")


def _fields(path: Path, words: TicketWords | Happening, book: Rulebook) -> Iterator[Finding]:
    """What is wrong with the fields that a ticket has and that something can happen to."""
    entries = book.entries
    yield from known((*path, "state"), "state", words.state, [*book.states, UNKNOWN])
    yield from known((*path, "queue"), "queue", words.queue, book.queues)
    yield from known((*path, "priority"), "priority", words.priority, entries.priorities)
    if entries.categories:
        yield from known((*path, "category"), "category", words.category, entries.categories)
    for word in ("owner", "forwarder"):
        yield from _person((*path, word), getattr(words, word), book)
    for word in words.fields:
        others = [other for other in entries.fields if other not in _NAMED]
        yield from known((*path, "fields", word, KEY), "mapped field", word, others)
    for i, pattern in enumerate(words.text):
        yield from known((*path, "text", i), "pattern", pattern, entries.patterns)
    for i, finding in enumerate(words.findings):
        single = [word for word in known_words(entries) if word not in FAMILIES]
        single += (QUESTION, INTERIM) if isinstance(words, Happening) else ()
        yield from known((*path, "findings", i), "finding", finding, single)
    for word in ("category", "queue", "forwarder"):
        if getattr(words, word) is not None and word not in entries.fields:
            yield Finding((*path, word, KEY), f"'{word}' is not mapped under `fields:`")


def _person(path: Path, person: str | None, book: Rulebook, *others: str) -> Iterator[Finding]:
    if person is None or not person.startswith("~"):
        yield from known(path, "person", person, [*(one.person for one in book.entries.people), *others])


def _expected(case: Case, book: Rulebook) -> Iterator[Finding]:
    at: Iterable[tuple[Path, Expectations]] = (((("expect_at", time)), said) for time, said in case.asked.items())
    for path, expectations in at if case.expect_at else [(("expect",), case.expect or ())]:
        yield from once("rule", (((*path, i, "rule"), one.rule) for i, one in _by_rule(expectations)))
        for i, one in enumerate(expectations):
            if isinstance(one, str):
                yield from known((*path, i), "message in the rules called", one, _messages(book))
        for i, one in _by_rule(expectations):
            yield from _one((*path, i), one, book)


def _by_rule(expectations: Expectations) -> list[tuple[int, Expected]]:
    return [(i, one) for i, one in enumerate(expectations) if isinstance(one, Expected)]


def _one(path: Path, one: Expected, book: Rulebook) -> Iterator[Finding]:
    ladders = {ladder.name: ladder for ladder in book.entries.ladders}
    routes = [route.route for route in book.entries.routes]
    complete = {rule.name: rule for rule in book.entries.completeness}
    incidents = {rule.name: rule for rule in book.entries.incidents}
    yield from known((*path, "rule"), "rule", one.rule, [*routes, *complete, *incidents, *ladders])
    for i, person in enumerate(one.to or ()):
        yield from _person((*path, "to", i), person, book)
    yield from known((*path, "queue"), "queue", one.queue, book.queues)
    if one.rule in ladders:
        rungs = ladders[one.rule].rungs
        yield from known((*path, "rung"), f"rung in '{one.rule}' called", one.rung, [rung.rung for rung in rungs])
        yield from known((*path, "say"), f"message in '{one.rule}' called", one.say, [rung.say for rung in rungs])
    elif one.rule in complete:
        required = [word for rule in complete.values() for word in rule.requires]
        yield from known((*path, "say"), "message of a completeness rule called", one.say, _gaps_say(book))
        for i, word in enumerate(one.missing or ()):
            yield from known((*path, "missing", i), "required word", word, required)
        for i, word in enumerate(one.asked or ()):
            single = [word for word in known_words(book.entries) if word not in FAMILIES]
            yield from known((*path, "asked", i), "finding", word, single)
    elif one.rule in incidents:
        rule = incidents[one.rule]
        yield from known(
            (*path, "say"), f"message in '{one.rule}' called", one.say, [rule.say, rule.solved or rule.say]
        )
    elif one.rule in routes:
        yield from known((*path, "say"), f"message in '{one.rule}' called", one.say, _ROUTE_SAYS)


def _messages(book: Rulebook) -> list[str]:
    return [
        *(rung.say for ladder in book.entries.ladders for rung in ladder.rungs),
        *_ROUTE_SAYS,
        *_gaps_say(book),
        *_incidents_say(book),
    ]


def _incidents_say(book: Rulebook) -> list[str]:
    return [said for rule in book.entries.incidents for said in (rule.say, rule.solved) if said is not None]


def _gaps_say(book: Rulebook) -> list[str]:
    return [rule.say for rule in book.entries.completeness]


def _moments(case: Case, book: Rulebook) -> Iterator[Finding]:
    """Moments that the clock leaves out, and such as are not in order."""
    created: Path = ("ticket", "created")
    places: list[tuple[Path, str | None]] = [(("now",), case.now), (created, case.ticket.created)]
    places += [(("expect_at", time, KEY), time) for time in case.expect_at or ()]
    places += [(("ticket", "history", i, "at"), one.at) for i, one in enumerate(case.ticket.history)]
    skipped = [Finding(path, wrong) for path, time in places if time and (wrong := _skipped(time, book))]
    yield from skipped
    if skipped:
        return
    first, last = created_at(case, book), max(moment(time, book) for time in case.asked)
    for path, time in places:
        if time and moment(time, book) < first:
            yield Finding(path, "the ticket was not yet created then")
        elif time and path != created and moment(time, book) > last:
            yield Finding(path, "this is later than every moment asked about")
    for i, (before, after) in enumerate(pairwise(case.ticket.history), 1):
        if moment(after.at, book) < moment(before.at, book):
            yield Finding(("ticket", "history", i, "at"), "this is earlier than what stands before it")


def _skipped(time: str, book: Rulebook) -> str | None:
    try:
        moment(time, book)
    except ValueError as error:
        return str(error)
    return None


def _story(case: Case, book: Rulebook) -> Iterator[Finding]:
    """The first thing in the history that cannot happen."""
    happened = case.ticket.history
    for i in range(len(happened)):
        told: Moment = moment(happened[i].at, book)
        ticket = case.ticket.model_copy(update={"history": happened[: i + 1]})
        try:
            ticket_at(case.model_copy(update={"ticket": ticket}), book, told)
        except ValueError as error:
            yield Finding(("ticket", "history", i), str(error))
            return
