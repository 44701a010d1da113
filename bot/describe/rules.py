"""The rules in words: where tickets go, what must be known of them, what is promised, what is asked of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.clocks import SINCE, since_moments
from bot.core.deadlines import CREATED, DEADLINE
from bot.core.duration import Duration
from bot.core.entries import Completeness, DeadlineEntry, Ladder, Policy, Rung
from bot.core.entry import Why
from bot.core.flaws import FAMILIES, FORMAT, is_meant, known_words
from bot.core.rulebook import QUEUE
from bot.describe import amounts
from bot.describe.voice import Voice, code, plain_text


def routes(voice: Voice) -> Iterator[str]:
    """The routes in order, each a list item."""
    for route in voice.book.entries.routes:
        how = "when" if route.when else "else"
        when = voice.conditions(route.when)
        if route.queue is not None:
            said = voice.say(f"route_{how}", when=when, queue=voice.name("queue", route.queue))
        else:
            queues = amounts.either([voice.name("queue", queue) for queue in route.ask], voice.language)
            said = voice.say(f"ask_{how}", when=when, queues=queues)
        yield f"{said} *{voice.why(route.why)}* {code(route.route)}"


def completeness(voice: Voice) -> Iterator[str]:
    """What is required, each rule a section."""
    for rule in voice.book.entries.completeness:
        yield from _heading(voice, rule.why, rule.name)
        yield from items(
            [
                voice.say("applies", when=voice.conditions(rule.when)) if rule.when else voice.say("applies_all"),
                *_wanted(voice, rule),
                capital(voice.say("requires_said", **_sent(voice, rule.to, rule.say))),
            ]
        )


def _wanted(voice: Voice, rule: Completeness) -> Iterator[str]:
    """What a rule requires, how that is to look, and what it asks about."""
    entries, language = voice.book.entries, voice.language
    if rule.requires:
        yield voice.say("requires", fields=amounts.both([voice.field(word) for word in rule.requires], language))
    if shaped := [word for word in rule.requires if word in entries.formats]:
        shown = [plain_text(voice.book.name("finding", f"{FORMAT}:{word}", language)) for word in shaped]
        yield voice.say("asks_formats", fields=amounts.both(shown, language))
    if rule.asks:
        words = (word for word in known_words(entries) if any(is_meant(asked, word) for asked in rule.asks))
        asked = [voice.book.name("finding", word, language) for word in words if word not in FAMILIES]
        yield voice.say("asks", questions=" ".join(map(plain_text, asked)))


def links(voice: Voice) -> Iterator[str]:
    """What each kind of link means, each a list item; those that mean nothing to the bot are left out."""
    for entry in voice.book.entries.links.values():
        kind = voice.quoted(entry.type or entry.site or voice.book.entries.fields[entry.field or ""])
        if entry.follows:
            yield voice.say("link_follows", kind=kind)
        if entry.silences:
            yield voice.say("link_silences", kind=kind)


def incidents(voice: Voice) -> Iterator[str]:
    """The mass incidents, each a section."""
    for rule in voice.book.entries.incidents:
        yield from _heading(voice, rule.why, rule.name)
        counted = [
            voice.say(
                "burst_when" if each.when else "burst",
                n=str(each.count),
                minutes=str(each.minutes),
                when=voice.conditions(each.when) if each.when else "",
            )
            for each in rule.thresholds
        ]
        said = [capital(voice.say("burst_said", **_sent(voice, rule.to, rule.say)))]
        if rule.solved is not None:
            said.append(capital(voice.say("solved_said", **_sent(voice, ["forwarder"], rule.solved))))
        applies = voice.say("applies", when=voice.conditions(rule.when)) if rule.when else voice.say("applies_all")
        yield from items([applies, *counted, *said])


def policies(voice: Voice) -> Iterator[str]:
    """The promises, each a section."""
    for policy in voice.book.entries.policies:
        yield from _heading(voice, policy.why, policy.name)
        yield from items(list(_policy(voice, policy)))


def _policy(voice: Voice, policy: Policy) -> Iterator[str]:
    yield voice.say("starts", when=voice.moments([policy.starts]))
    if policy.pauses:
        yield voice.say("pauses", when=voice.whiles(policy.pauses))
    yield voice.say("stops", when=voice.moments(policy.stops))
    if policy.restarts:
        yield voice.say("restarts", when=voice.moments(policy.restarts))
    targets = [
        voice.say(
            "target_when" if target.when else "target_else" if len(policy.targets) > 1 else "target_only",
            amount=f"**{amounts.amount(target.within, voice.language)}**",
            when=voice.conditions(target.when),
        )
        for target in policy.targets
    ]
    yield " ".join(targets)
    if isinstance(policy.at_risk, Duration):
        yield voice.say("at_risk_left", amount=amounts.amount(policy.at_risk, voice.language))
    else:
        yield voice.say("at_risk_share", share=policy.at_risk)
    if policy.calendar == QUEUE:
        yield voice.say("counted_in_queues")
    else:
        yield _counted_in(voice, policy.calendar)


def _counted_in(voice: Voice, calendar: str | None) -> str:
    return voice.say("counted_in", calendar=voice.quoted(calendar or voice.book.entries.manners.calendar))


def deadlines(voice: Voice) -> Iterator[str]:
    """The statutory and seasonal deadlines, each entry a section."""
    for entry in voice.book.entries.deadlines:
        yield from _heading(voice, entry.why, entry.name)
        yield from items(list(_deadline(voice, entry)))


def _deadline(voice: Voice, entry: DeadlineEntry) -> Iterator[str]:
    language = voice.language
    valid = list(_valid(voice, entry))
    when = voice.say("applies", when=voice.conditions(entry.when)) if entry.when else voice.say("applies_all")
    yield " ".join([when, *valid])
    if entry.within is not None:
        amount = f"**{amounts.amount(entry.within, language)}**"
        how = voice.say("within_clock" if entry.within.kind == "clock" else "within", amount=amount)
        created = entry.counts_from == CREATED
        start = (
            voice.say("from_created") if created else voice.say("from_field", field=voice.field(entry.counts_from))
        )
        yield f"{how} {start}"
    elif entry.ends_on is not None:
        yield voice.say("ends_on", field=voice.field(entry.ends_on))
    else:
        dash = "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}"
        days = (f"{plain_text(period)}{dash}{amounts.day(day, language)}" for period, day in entry.dates.items())
        yield voice.say("dates", dates="; ".join(days))
    if _moves(entry):
        yield voice.say("moves")
    if entry.extension is not None:
        told = entry.extension.notice_within
        notice = voice.say("notice_within", amount=amounts.during(told, language)) if told else voice.say("notice")
        to, field = amounts.amount(entry.extension.to, language), voice.field(entry.extension.field)
        yield voice.say("extension", amount=f"**{to}**", notice=notice, field=field)
    if entry.met_by is not None:
        yield voice.say("met_by", field=voice.field(entry.met_by))
    if entry.raises:
        each = [
            voice.say("raises_before", amount=amounts.amount(length, language))
            for length in entry.raises
            if length.amount
        ]
        each += [voice.say("raises_day")] if len(each) < len(entry.raises) else []
        yield voice.say("raises", amounts=amounts.both(each, language))
    if entry.within is None or entry.within.kind != "clock":
        yield voice.say("days_in", calendar=voice.quoted(entry.calendar or voice.book.entries.manners.calendar))
    confirmed = voice.say("confirmed", who=plain_text(entry.confirmed_by)) if entry.confirmed_by else None
    basis, source = plain_text(entry.basis), plain_text(entry.source)
    yield " ".join(
        [
            voice.say("basis", basis=f"**{basis}**"),
            voice.say("source", source=source),
            confirmed or voice.say("unconfirmed"),
        ]
    )


def _moves(entry: DeadlineEntry) -> bool:
    by_default = entry.within is None or entry.within.kind in ("calendar days", "months")
    return by_default if entry.moves is None else entry.moves


def _valid(voice: Voice, entry: DeadlineEntry) -> Iterator[str]:
    first, last = (day and amounts.day(day, voice.language) for day in (entry.valid_from, entry.valid_to))
    if first and last:
        yield voice.say("valid_between", first=first, last=last)
    elif first:
        yield voice.say("valid_from", date=first)
    elif last:
        yield voice.say("valid_to", date=last)


def ladders(voice: Voice) -> Iterator[str]:
    """What is said on each ladder, each a section with its steps numbered."""
    for ladder in voice.book.entries.ladders:
        yield from _heading(voice, ladder.why, ladder.name)
        when = voice.say("applies", when=voice.conditions(ladder.when)) if ladder.when else ""
        yield f"{when} {_clock(voice, ladder)}".strip()
        yield ""
        for n, rung in enumerate(ladder.rungs, 1):
            yield f"{n}. {_rung(voice, rung, since=ladder.clock.startswith(SINCE))}"
        yield ""
        if ladder.together:
            yield voice.say("together")
            yield ""
        if ladder.urgent:
            yield voice.say("urgent")
            yield ""
        if ladder.lapses is not None:
            yield voice.say("lapses", amount=amounts.amount(ladder.lapses, voice.language))
            yield ""


def exclusions(voice: Voice) -> Iterator[str]:
    """Who is never addressed about which tickets, each rule a section."""
    for rule in voice.book.entries.excludes:
        yield from _heading(voice, rule.why, rule.name)
        whom = [voice.say("excluded_field", field=voice.field(word)) for word in rule.fields]
        if rule.link is not None:
            roles = amounts.both([voice.say(f"excluded_{role}") for role in rule.linked], voice.language)
            whom.append(voice.say("excluded_linked", roles=roles))
        told = amounts.both(whom, voice.language)
        when = voice.conditions(rule.when)
        said = voice.say("excluded", when=when, whom=told) if rule.when else voice.say("excluded_all", whom=told)
        yield from items([said, voice.say("excluded_instead")])


def _clock(voice: Voice, ladder: Ladder) -> str:
    if ladder.clock.startswith(SINCE):
        counted, after = since_moments(ladder.clock.removeprefix(SINCE))
        if after is not None:
            return voice.say("since_first", when=voice.moments([counted]), after=voice.moments([after]))
        return voice.say("since", when=voice.moments([counted]))
    if ladder.clock.startswith(DEADLINE):
        name = ladder.clock.removeprefix(DEADLINE)
        bases = [plain_text(entry.basis) for entry in voice.book.entries.deadlines if entry.name == name]
        return voice.say("on_deadline", deadline=code(name), basis="; ".join(bases))
    why = next(policy.why for policy in voice.book.entries.policies if policy.name == ladder.clock)
    return voice.say("on_policy", policy=code(ladder.clock), why=voice.why(why))


def _rung(voice: Voice, rung: Rung, *, since: bool) -> str:
    said = voice.say("sent", when=_when(voice, rung, since=since), **_sent(voice, rung.to, rung.say))
    if rung.sets:
        what = "; ".join(
            f"{_set_word(voice, word)} – {_set_value(voice, word, to)}" for word, to in rung.sets.items()
        )
        said += " " + voice.say("sets", what=what)
    if rung.every is None:
        return said
    again = voice.say("every", amount=amounts.every(rung.every, voice.language), times=rung.times)
    return f"{said} {again}"


def _set_word(voice: Voice, word: str) -> str:
    """What is set, as people call it."""
    return voice.field(word) if word in voice.book.entries.fields else voice.say(f"sets_{word}")


def _set_value(voice: Voice, word: str, value: str) -> str:
    return voice.name(word, value) if word in ("state", "queue") else voice.quoted(value)


def _when(voice: Voice, rung: Rung, *, since: bool) -> str:
    if rung.share is not None:
        return voice.say("share_all" if rung.share == 100 else "share", share=rung.share)
    for key in ("after", "before_due", "past_due"):
        length: Duration | None = getattr(rung, key)
        if length is not None and length.amount:
            sentence = "after_start" if key == "after" and not since else key
            return voice.say(sentence, amount=amounts.amount(length, voice.language))
    if rung.past_due is not None:
        return voice.say("breach")
    return voice.say("at_once" if rung.after is not None else "due_day")


def _sent(voice: Voice, to: Sequence[str], message: str) -> dict[str, str]:
    """Who is sent which message, as the sentence needs it."""
    gist, name = voice.messages.gist(message, voice.language), code(message)
    what = voice.say("message", gist=plain_text(gist), name=name) if gist else voice.say("message_only", name=name)
    return {"whom": voice.told(to), "message": what, "sent": "is sent" if len(to) == 1 else "are sent"}


def _heading(voice: Voice, why: Why, name: str) -> Iterator[str]:
    yield f"### {voice.why(why).removesuffix('.')}"
    yield ""
    yield voice.say("rule", name=code(name))
    yield ""


def items(lines: Sequence[str]) -> Iterator[str]:
    """A list, an item a line; nothing of nothing."""
    if lines:
        yield from (f"- {line}" for line in lines)
        yield ""


def capital(text: str) -> str:
    """The same with a capital letter in front."""
    return text[:1].upper() + text[1:]
