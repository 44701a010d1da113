"""The whole process description, in Markdown; other forms are rendered from that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from babel import Locale

from bot.core.entries import Completeness, Incident, Ladder, Route
from bot.core.people import ROLES
from bot.core.phrases import clause
from bot.core.rulebook import Rulebook
from bot.core.words import WORDS
from bot.describe import amounts, rules
from bot.describe.hours import calendars, seasons
from bot.describe.rules import items
from bot.describe.voice import Voice, code, plain_text
from bot.describe.words import words_of
from bot.report.words import headings
from bot.texts import Messages, plain


def describe(book: Rulebook, messages: Messages, language: str, on: date | None = None) -> str:
    """Tell a rulebook in sentences, in Estonian or English (`et`, `en`), as Markdown; `on` is a date to print."""
    voice = Voice(book, messages, language)
    return "\n".join(_tidy(_lines(voice, on)))


def _tidy(lines: Iterator[str]) -> Iterator[str]:
    """Leave out an empty line after another."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line


def _lines(voice: Voice, on: date | None) -> Iterator[str]:
    entries = voice.book.entries
    yield f"# {voice.say('title', desk=plain_text(entries.desk))}"
    yield ""
    facts = [voice.say("version", version=f"`{voice.book.version}`")]
    facts += [voice.say("date", date=amounts.day(on, voice.language))] if on else []
    facts += [voice.say("projects", projects=", ".join(map(plain_text, entries.projects)))]
    yield " · ".join(facts)
    yield ""
    yield voice.say("intro")
    yield ""
    if entries.manners.observe:
        yield f"**{voice.say('observed_all')}**"
        yield ""
    yield from _section(voice, "who", _who(voice))
    yield from _section(voice, "states", items(list(_states(voice))), intro=True)
    hours = voice.say("calendars_intro", calendar=voice.quoted(entries.manners.calendar))
    yield from _section(voice, "calendars", iter([hours, "", *items(list(calendars(voice)))]))
    yield from _section(voice, "seasons", items(list(seasons(voice))))
    yield from _section(voice, "patterns", items(list(_patterns(voice))), intro=True)
    yield from _section(voice, "routes", _numbered(rules.routes(voice)), intro=True)
    yield from _section(voice, "completeness", rules.completeness(voice), intro=True)
    yield from _section(voice, "links", items(list(rules.links(voice))), intro=True)
    yield from _section(voice, "incidents", rules.incidents(voice), intro=True)
    yield from _section(voice, "policies", rules.policies(voice), intro=True)
    yield from _section(voice, "deadlines", rules.deadlines(voice), intro=True)
    yield from _section(voice, "ladders", rules.ladders(voice), intro=True)
    yield from _section(voice, "excludes", rules.exclusions(voice))
    yield from _section(voice, "manners", items(list(_manners(voice))))
    yield from _section(voice, "digest", items(list(_digest(voice))))
    yield from _section(voice, "live", items(list(_live(voice))))
    yield from _section(voice, "texts", _texts(voice), intro=True)
    yield from ("---", "")
    yield f"{voice.say('approved')}: {'.' * 60}"
    yield ""
    yield f"({voice.say('approved_by')}, {voice.say('approved_on')})"
    yield ""


def _section(voice: Voice, name: str, lines: Iterator[str], *, intro: bool = False) -> Iterator[str]:
    """A section with its heading; nothing where it holds nothing."""
    first = next(lines, None)
    if first is None:
        return
    yield f"## {voice.say(name)}"
    yield ""
    if intro:
        yield voice.say(f"{name}_intro")
        yield ""
    yield first
    yield from lines
    yield ""


def _numbered(lines: Iterator[str]) -> Iterator[str]:
    yield from (f"{n}. {line}" for n, line in enumerate(lines, 1))


def _who(voice: Voice) -> Iterator[str]:
    held = voice.book.entries.roles.model_dump()
    yield f"### {voice.say('roles')}"
    yield ""
    queues = voice.book.entries.queues
    rostered = any(queue.duty for queue in queues)
    for word, role in ROLES.items():
        if word == "duty" and not rostered:
            continue
        name, who = rules.capital(role.name[voice.language]), role.who[voice.language]
        if word in held:
            yield f"- {voice.say('role_held', name=name, who=who, person=plain_text(held[word]))}"
        else:
            yield f"- {voice.say('role', name=name, who=who)}"
    yield ""
    managed = [person for person in voice.book.entries.people if person.manager]
    if managed:
        yield f"### {voice.say('managers')}"
        yield ""
        for each in managed:
            person, manager = plain_text(each.person), plain_text(each.manager or "")
            yield f"- {voice.say('manager_of', person=person, manager=manager)}"
        yield ""
    queues = voice.book.entries.queues
    if deputies := voice.book.deputies:
        yield f"### {voice.say('deputies')}"
        yield ""
        yield voice.say("deputies_intro")
        yield ""
        for person, those in deputies.items():
            yield f"- {voice.say('deputy', person=plain_text(person), deputies=voice.people(those))}"
        yield ""
    if not queues:
        return
    yield f"### {voice.say('queues')}"
    yield ""
    for queue in queues:
        rest = [voice.say("members", people=voice.people(queue.members))] if queue.members else []
        coordinator = queue.coordinator or voice.book.entries.roles.coordinator
        rest.append(voice.say("queue_coordinator", person=plain_text(coordinator)))
        if queue.manager:
            rest.append(voice.say("queue_manager", person=plain_text(queue.manager)))
        if queue.duty:
            rest.append(voice.say("queue_duty", roster=voice.quoted(plain_text(queue.duty))))
        if queue.calendar:
            rest.append(voice.say("queue_calendar", calendar=voice.quoted(queue.calendar)))
        name = plain_text(voice.book.name("queue", queue.queue, voice.language))
        tier = voice.say(f"tier_{queue.tier}")
        shown = "queue_tier" if tier not in name else "queue"
        yield f"- {voice.say(shown, name=name, tier=tier, rest=' '.join(rest))}"


def _states(voice: Voice) -> Iterator[str]:
    for state in voice.book.entries.states:
        name = plain_text(voice.book.name("state", state.state, voice.language))
        standing, ball = (
            clause(WORDS[word].phrase, voice.language, value, "")
            for word, value in (("standing", state.standing), ("ball", state.ball))
        )
        yield voice.say("state", name=name, standing=standing, ball=ball)


def _patterns(voice: Voice) -> Iterator[str]:
    for name, entry in voice.book.entries.patterns.items():
        places = amounts.both([voice.say(f"in_{place}") for place in entry.where], voice.language)
        said = voice.say("pattern", name=plain_text(name), pattern=code(entry.pattern), places=places)
        hint = plain_text(voice.book.said(entry.hint)) if entry.hint else ""
        yield f"{said} {voice.say('hinted', hint=hint)}" if hint else said


def _manners(voice: Voice) -> Iterator[str]:
    entries = voice.book.entries
    manners, comments = entries.manners, entries.comments
    yield voice.say("quiet", calendar=voice.quoted(manners.calendar))
    yield voice.say("one_a_day")
    yield voice.say("budget", n=manners.budget)
    yield voice.say("ticket_budget", n=manners.ticket_budget)
    yield voice.say("ceiling", n=manners.ceiling)
    yield voice.say("hold", label=voice.quoted(manners.hold))
    yield voice.say("control", ticket=plain_text(manners.control)) if manners.control else voice.say("no_control")
    if comments.role or comments.group:
        kind = "seen_by_role" if comments.role else "seen_by_group"
        yield voice.say(kind, name=voice.quoted(comments.role or comments.group or ""))
    else:
        yield voice.say("seen_by_all")
    language = Locale.parse(voice.language).languages[entries.language]
    yield voice.say("language", language=language)


def _digest(voice: Voice) -> Iterator[str]:
    digest, language = voice.book.entries.digest, voice.language
    said = headings(language, digest)
    spoken = Locale.parse(language).languages[digest.language or voice.book.entries.language]
    yield voice.say("digest_is", title=voice.quoted(said["title"]), language=spoken)
    parts = [voice.quoted(said[part]) for part in digest.parts]
    yield voice.say("digest_parts", parts=amounts.both(parts, language))
    yield voice.say("digest_still", amount=amounts.during(digest.still, language))
    ages = amounts.both([amounts.amount(age, language) for age in digest.ages], language)
    yield voice.say("digest_ages", ages=ages)


def _live(voice: Voice) -> Iterator[str]:
    entries = voice.book.entries
    named: list[tuple[str, Route | Completeness | Incident | Ladder]] = [
        *((route.route, route) for route in entries.routes),
        *((rule.name, rule) for rule in entries.completeness),
        *((rule.name, rule) for rule in entries.incidents),
        *((ladder.name, ladder) for ladder in entries.ladders),
    ]
    told = [(name, rule) for name, rule in named if rule.observe or rule.since]
    for name, rule in told:
        why = voice.why(rule.why).removesuffix(".")
        if rule.since:
            date = amounts.day(rule.since, voice.language)
            yield voice.say("live_since", why=why, name=code(name), date=date)
        if rule.observe:
            yield voice.say("live_observed", why=why, name=code(name))
    if entries.manners.observe:
        yield voice.say("observed_all")
    elif len(told) < len(named):
        yield voice.say("live_others" if told else "live_all")


def _texts(voice: Voice) -> Iterator[str]:
    """Every message that a rule may send, once, in the order in which the rules name them."""
    entries = voice.book.entries
    said = [("routed" if route.queue else "route_unsure") for route in entries.routes]
    said += [rule.say for rule in entries.completeness]
    said += [say for rule in entries.incidents for say in (rule.say, rule.solved) if say is not None]
    said += [rung.say for ladder in entries.ladders for rung in ladder.rungs]
    shown = words_of(voice.language, "values")
    for message in dict.fromkeys(said):
        gist = voice.messages.gist(message, voice.language)
        yield f"### {rules.capital(plain_text(gist)) if gist else code(message)}"
        yield ""
        if gist:
            yield code(message)
            yield ""
        doc = voice.messages.sample(message, voice.language, lambda value: f"[{shown.get(value, value)}]")
        for line in plain(doc, lambda person: person).split("\n"):
            yield f"> {plain_text(line)}" if line else ">"
        yield ""
