"""The words under `when:`, one entry in `WORDS` each: how it is read off a ticket, and what it is compared with.

Any other word that is mapped under `fields:` is a condition too: what the field holds, as people see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zlib import crc32

from bot.core.clock import Cycle, Standing, at_risk_s, next_change, standing
from bot.core.entries import Entries
from bot.core.flaws import found_on, is_meant, known_words
from bot.core.forms import AnyOf, ByName, Elapsed, Number, OneOf, Word
from bot.core.history import is_bounce
from bot.core.hush import acknowledged_until, snoozed_until
from bot.core.kpi.first_tier import first_contact, inquiry_since
from bot.core.kpi.right_team import right_team_first
from bot.core.linked import applies
from bot.core.moments import MOMENTS, bare, moment
from bot.core.noted import asked_again, attempts, is_explained, is_latest, is_waived, latest
from bot.core.phrases import PHRASED, Phrase, turn_of
from bot.core.returns import how_returned, rejections
from bot.core.roles import HELD, WHOM, holds_role, roles_of
from bot.core.seasons import is_in, next_turn
from bot.core.ticket import Moment
from bot.core.view import View


def _people(entries: Entries) -> list[object]:
    return [person.person for person in entries.people]


def _bounces(view: View) -> int:
    return len(view.known("/bounces", lambda turns: ((i, i) for i, turn in enumerate(turns) if is_bounce(turn))))


_reopened, _solved = moment("reopened"), moment("solved")


def _reopenings(view: View) -> int:
    return len(view.known("/reopenings", lambda turns: ((i, i) for i, turn in enumerate(turns) if _reopened(turn))))


def _is_filled(view: View, word: str) -> bool:
    ticket = view.ticket
    match word:
        case "category":
            return ticket.category is not None
        case "queue":
            return ticket.queue is not None
        case "forwarder":
            return ticket.forwarder is not None
        case _:
            return word in ticket.fields


def _ties(view: View) -> list[str]:
    entries = view.book.entries
    return [link.type for link in view.ticket.links if applies(link, entries)]


def _can_be_filled(entries: Entries) -> list[object]:
    return [word for word in entries.fields if word != "delivered"]


def _is_found(view: View, pattern: str) -> bool:
    ticket = view.ticket
    return pattern in ticket.patterns or any(pattern in message.patterns for message in ticket.messages)


def _closing_or_opening(view: View, wanted: Any) -> Moment | None:
    calendars = (view.book.calendars[name] for name in (wanted if isinstance(wanted, list) else [wanted]))
    changes = (
        each.closes_at(view.now) if each.is_open(view.now) else each.next_opening(view.now) for each in calendars
    )
    return min((at for at in changes if at is not None), default=None)


def _season_turn(view: View, wanted: Any) -> Moment | None:
    calendar, seasons = view.book.calendar, view.book.entries.seasons
    today = calendar.day_of(view.now)
    turns = (next_turn(seasons[name], today) for name in (wanted if isinstance(wanted, list) else [wanted]))
    return min((calendar.start_of_day(turn) for turn in turns if turn is not None), default=None)


def _last(view: View, policy: str) -> tuple[Cycle, int] | None:
    """The last cycle of a policy's clock, and what of it is at risk; raises KeyError before `judge.look`."""
    cycles = view.clocks[policy]
    return (cycles[-1], at_risk_s(view.book.policies[policy].at_risk, cycles[-1])) if cycles else None


def _standing(view: View, policy: str) -> Standing | None:
    last = _last(view, policy)
    return None if last is None else standing(last[0], view.now, last[1])


def _clock_change(view: View, wanted: Mapping[str, Any]) -> Moment | None:
    lasts = (last for policy in wanted if (last := _last(view, policy)))
    changes = (next_change(cycle, view.now, risk_s) for cycle, risk_s in lasts)
    return min((at for at in changes if at is not None), default=None)


def _reach(view: View, deadline: str) -> str | None:
    due_at = view.dues.get(deadline)
    if due_at is None:
        return None
    return "over" if (_done_at(view) or view.now) > due_at else "ahead"


def _done_at(view: View) -> Moment | None:
    """When the ticket was last solved; None while it is open."""
    if view.happened[-1].after.standing == "open":
        return None
    return next((turn.at for turn in reversed(view.happened) if _solved(turn)), None)


def _deadline_end(view: View, wanted: Mapping[str, Any]) -> Moment | None:
    if _done_at(view) is not None:
        return None
    ends = (view.dues[name] + 1 for name in wanted if name in view.dues)
    return min((at for at in ends if at > view.now), default=None)


SHARES = (2, 3, 4, 5, 10, 20, 50, 100)
"""Of how many tickets one can be chosen."""


def _is_chosen(ticket_id: str, share: int) -> bool:
    return crc32(ticket_id.encode()) % share == 0


def _last_done() -> Phrase:
    said = {"et": "viimane sündmus on see, et {done}", "en": "the last thing that happened is that {done}"}
    return {
        language: {word: form.format(done=MOMENTS[word].phrase[language]) for word in bare()}
        for language, form in said.items()
    }


WORDS: Mapping[str, Word] = {
    "category": OneOf(
        "what the ticket is about",
        {"et": "kategooria on {value}", "en": "the category is {value}"},
        lambda view: view.ticket.category,
        lambda entries: list(entries.categories) or None,
        needs="category",
    ),
    "queue": OneOf(
        "the queue it is in",
        {"et": "pilet on järjekorras {value}", "en": "the ticket is in the queue {value}"},
        lambda view: view.ticket.queue,
        lambda entries: [queue.queue for queue in entries.queues],
        needs="queue",
    ),
    "priority": OneOf(
        "how pressing it is",
        {"et": "prioriteet on {value}", "en": "the priority is {value}"},
        lambda view: view.ticket.priority,
        lambda entries: list(entries.priorities),
    ),
    "label": AnyOf(
        "a label on it",
        {"et": "piletil on silt {value}", "en": "the ticket has the label {value}"},
        lambda view, label: label in view.ticket.labels,
        lambda view: view.ticket.labels,
    ),
    "project": OneOf(
        "the project it is in",
        {"et": "pilet on projektis {value}", "en": "the ticket is in the project {value}"},
        lambda view: view.ticket.project,
        lambda entries: list(entries.projects),
    ),
    "state": OneOf(
        "the state it is in",
        {"et": "pilet on olekus {value}", "en": "the ticket is in the state {value}"},
        lambda view: view.happened[-1].after.state,
        lambda entries: [state.state for state in entries.states],
    ),
    "standing": OneOf(
        "whether work on it goes on",
        {
            "et": {"open": "pilet on avatud", "solved": "pilet on lahendatud", "closed": "pilet on suletud"},
            "en": {"open": "the ticket is open", "solved": "the ticket is solved", "closed": "the ticket is closed"},
        },
        lambda view: view.happened[-1].after.standing,
        ("open", "solved", "closed"),
    ),
    "tier": OneOf(
        "the tier it is at",
        {
            "et": {"1": "pilet on I tasemel", "2": "pilet on II tasemel"},
            "en": {"1": "the ticket is at tier I", "2": "the ticket is at tier II"},
        },
        lambda view: view.happened[-1].after.tier,
        (1, 2),
    ),
    "ball": OneOf(
        "whose turn it is",
        {
            "et": turn_of("et", "järg on {whose} käes", "järg ei ole kellegi käes"),
            "en": turn_of("en", "it is {whose} turn", "it is nobody's turn"),
        },
        lambda view: view.happened[-1].after.ball,
        ("tier 1", "tier 2", "customer", "third party", "nobody"),
    ),
    "delivered": OneOf(
        "whether a person noted that the solution has reached the customer: the field is filled in, and not with a "
        "no (`ei`, `no`, `нет`, `false`, `0`, `-`)",
        {
            "et": {
                "true": "on märgitud, et lahendus on kliendini jõudnud",
                "false": "ei ole märgitud, et lahendus on kliendini jõudnud",
            },
            "en": {
                "true": "it is noted that the solution has reached the customer",
                "false": "it is not noted that the solution has reached the customer",
            },
        },
        lambda view: view.happened[-1].after.delivered,
        (True, False),
        needs="delivered",
    ),
    "work": OneOf(
        "how it stands in a ticket tied to it in which tier 2 works, while this one waits for tier 2; nothing where "
        "there is no such ticket",
        {
            "et": {
                "open": "II tase töötab seotud piletis",
                "solved": "seotud pilet, milles II tase töötab, on lahendatud",
                "unknown": "seotud piletit, milles II tase töötab, ei saa lugeda",
            },
            "en": {
                "open": "tier II works in a ticket tied to it",
                "solved": "the ticket tied to it, in which tier II works, is solved",
                "unknown": "the ticket tied to it, in which tier II works, cannot be read",
            },
        },
        lambda view: None if view.work is None else view.work.standing,
        ("open", "solved", "unknown"),
    ),
    "assigned": OneOf(
        "whether it has an owner",
        {
            "et": {"true": "piletil on täitja", "false": "piletil ei ole täitjat"},
            "en": {"true": "the ticket has an owner", "false": "the ticket has no owner"},
        },
        lambda view: view.ticket.owner is not None,
        (True, False),
    ),
    "owner": OneOf(
        "whom it is assigned to",
        {"et": "täitja on {value}", "en": "the owner is {value}"},
        lambda view: view.ticket.owner,
        _people,
    ),
    "reporter": OneOf(
        "who created it",
        {"et": "pileti looja on {value}", "en": "the ticket was created by {value}"},
        lambda view: view.ticket.reporter,
        _people,
    ),
    "forwarder": OneOf(
        "who is entered as its forwarder",
        {"et": "edastajaks on märgitud {value}", "en": "the forwarder entered is {value}"},
        lambda view: view.ticket.forwarder,
        _people,
        needs="forwarder",
    ),
    "role": ByName(
        "what somebody is to it: its owner, its reporter, its forwarder (as under `to`, but nobody where there is "
        "none), or the speaker, who wrote the last comment that is more than thanks and not the bot's",
        {language: {role: held.phrase[language] for role, held in HELD.items()} for language in PHRASED},
        holds_role,
        roles_of,
        tuple(WHOM),
        "person of a ticket",
        WHOM,
        tuple(HELD),
    ),
    "filled": AnyOf(
        "a field that is filled in, by its word under `fields`",
        {"et": "väli {value} on täidetud", "en": "the field {value} is filled in"},
        _is_filled,
        lambda view: filter(lambda word: _is_filled(view, word), view.book.entries.fields),
        _can_be_filled,
    ),
    "tied": AnyOf(
        "a tie to another ticket, by its word under `links`",
        {"et": "piletil on seos {value}", "en": "the ticket has the tie {value}"},
        lambda view, word: word in _ties(view),
        lambda view: _ties(view),
        lambda entries: list(entries.links),
    ),
    "text": AnyOf(
        "a pattern that is found in one of its texts, by its name under `patterns`",
        {
            "et": "pileti tekstist on leitud muster {value}",
            "en": "the pattern {value} is found in its texts",
        },
        _is_found,
        lambda view: filter(lambda pattern: _is_found(view, pattern), view.book.entries.patterns),
        lambda entries: list(entries.patterns),
    ),
    "finding": AnyOf(
        "what the bot found in its texts and fields: a finding's word, or a family's for any of it",
        {"et": "leitud on {value}", "en": "the finding {value} is made"},
        lambda view, word: any(is_meant(word, finding) for finding in found_on(view)),
        found_on,
        known_words,
    ),
    "incomplete": OneOf(
        "whether something is missing, at tier 2, that a completeness rule requires which is not on `observe`",
        {
            "et": {"true": "piletil on nõutavaid andmeid puudu", "false": "piletil on nõutavad andmed olemas"},
            "en": {"true": "required data are missing", "false": "no required data are missing"},
        },
        lambda view: bool(view.lacks),
        (True, False),
        changes=lambda view, _: min((at for at in view.lacks_until if at > view.now), default=None),
    ),
    "acknowledged": OneOf(
        "whether a person acknowledged what was said of it, and that counts still",
        {
            "et": {"true": "teade on teadmiseks võetud", "false": "teade ei ole teadmiseks võetud"},
            "en": {"true": "it is acknowledged", "false": "it is not acknowledged"},
        },
        lambda view: acknowledged_until(view) is not None,
        (True, False),
        changes=lambda view, _: acknowledged_until(view),
    ),
    "snoozed": OneOf(
        "whether a person snoozed it until a day that is yet to come",
        {
            "et": {"true": "pilet on ootele pandud", "false": "pilet ei ole ootele pandud"},
            "en": {"true": "the ticket is snoozed", "false": "the ticket is not snoozed"},
        },
        lambda view: snoozed_until(view) is not None,
        (True, False),
        changes=lambda view, _: snoozed_until(view),
    ),
    "bounces": Number(
        "how often a person sent it back from tier 2 to tier 1 while it was open",
        {"et": "I tasemele tagasi saatmisi on {value}", "en": "the number of returns to tier I is {value}"},
        _bounces,
    ),
    "returns": Number(
        "how often tier 2 returned it: sent it to tier 1, or on to another team with a reason or without having "
        "worked on it; not what the same person took back within ten minutes, nor where the reason is that its part "
        "is done",
        {"et": "II tase on pileti tagastanud {value} korda", "en": "the number of returns by tier II is {value}"},
        rejections,
    ),
    "returned": OneOf(
        "how it stands with the last return: no reason given, not yet judged, judged, or no rejection at all",
        {
            "et": {
                "unexplained": "tagastamise põhjust ei ole märgitud",
                "unjudged": "ei ole otsustatud, kas tagastamine oli põhjendatud",
                "justified": "tagastamine oli põhjendatud",
                "not justified": "tagastamine ei olnud põhjendatud",
                "next stage": "meeskond andis pileti järgmisele etapile",
            },
            "en": {
                "unexplained": "no reason is given for the return",
                "unjudged": "it is not decided whether the return was justified",
                "justified": "the return was justified",
                "not justified": "the return was not justified",
                "next stage": "the team handed it on to the next stage",
            },
        },
        how_returned,
        ("unexplained", "unjudged", "justified", "not justified", "next stage"),
    ),
    "first_contact": OneOf(
        "whether tier 1 solved it by itself (`returned`: in the end, after tier 2 had it; `no answer`: it was closed "
        "waiting for the customer); nothing while it is open, and for events",
        {
            "et": {
                "yes": "pilet on lahendatud esmatasandil",
                "returned": "pilet on tagasi suunatud ja lahendatud I tasemel",
                "no answer": "pilet on suletud kliendi vastuseta",
                "no": "pilet on lahendatud II tasemel",
            },
            "en": {
                "yes": "the ticket was solved at the first contact",
                "returned": "the ticket was returned and solved at tier I",
                "no answer": "the ticket was closed without the customer's answer",
                "no": "the ticket was solved at tier II",
            },
        },
        first_contact,
        ("yes", "returned", "no answer", "no"),
    ),
    "right_team": OneOf(
        "whether the team that first got it was the right one: not where a return of it was confirmed as justified, "
        "`pending` where that is not decided yet; nothing where no team ever got it, and for events",
        {
            "et": {
                "yes": "pilet jõudis kohe õigele meeskonnale",
                "no": "pilet ei jõudnud kohe õigele meeskonnale",
                "pending": "ei ole otsustatud, kas pilet jõudis kohe õigele meeskonnale",
            },
            "en": {
                "yes": "the ticket came to the right team at once",
                "no": "the ticket did not come to the right team at once",
                "pending": "it is not decided whether the ticket came to the right team at once",
            },
        },
        lambda view: found.mark if (found := right_team_first(view)) else None,
        ("yes", "no", "pending"),
    ),
    "inquiry": OneOf(
        "whether it is an inquiry: of a category that is not among the `events` of `indicators`",
        {
            "et": {"true": "pilet on pöördumine", "false": "pilet on sündmus, mitte pöördumine"},
            "en": {"true": "the ticket is an inquiry", "false": "the ticket is an event and no inquiry"},
        },
        lambda view: inquiry_since(view) is not None,
        (True, False),
    ),
    "reopenings": Number(
        "how often it was reopened",
        {"et": "uuesti avamisi on {value}", "en": "the number of reopenings is {value}"},
        _reopenings,
    ),
    "statutory": OneOf(
        "whether the law sets a date for it: a deadline that counts an amount of time (`within`), be it met or not",
        {
            "et": {
                "true": "piletil on seadusest tulenev tähtaeg",
                "false": "piletil ei ole seadusest tulenevat tähtaega",
            },
            "en": {
                "true": "the law sets a date for the ticket",
                "false": "the law sets no date for the ticket",
            },
        },
        lambda view: bool(view.statutory),
        (True, False),
    ),
    "attempts": Number(
        "how often it was noted, since it was last solved, that the customer was not reached with the solution",
        {
            "et": "edastamise katseid, mis ei õnnestunud, on {value}",
            "en": "the number of failed attempts to reach the customer is {value}",
        },
        attempts,
    ),
    "asked_again": Number(
        "how often it was noted that the customer asked again",
        {
            "et": "kliendi korduvaid küsimisi on {value}",
            "en": "the number of times the customer asked again is {value}",
        },
        asked_again,
    ),
    "waived": OneOf(
        "whether the coordinator, the queue's coordinator or the lead noted, since it was last solved, that it may "
        "be closed though the solution did not reach the customer",
        {
            "et": {
                "true": "koordinaator või juht on lubanud sulgeda pileti lahendust edastamata",
                "false": "luba sulgeda pilet lahendust edastamata ei ole",
            },
            "en": {
                "true": "the coordinator or the lead allowed closing it undelivered",
                "false": "nobody allowed closing it undelivered",
            },
        },
        is_waived,
        (True, False),
    ),
    "explained": OneOf(
        "whether somebody wrote why it was last reopened: who reopened it in the half hour before, or anybody since",
        {
            "et": {
                "true": "uuesti avamise põhjus on kirjas",
                "false": "uuesti avamise põhjust ei ole kirjas",
            },
            "en": {
                "true": "it is written why it was reopened",
                "false": "it is not written why it was reopened",
            },
        },
        is_explained,
        (True, False),
    ),
    "latest": AnyOf(
        "what a person last did with it, by a moment that nothing follows; thanks, and fields that tell nothing of "
        "the matter, count for nothing",
        _last_done(),
        is_latest,
        lambda view: latest(view, bare()),
        bare(),
    ),
    "clock": ByName(
        "how the last run of a policy's clock stands, by the policy's name; none of these where it never started",
        {
            "et": {
                "on track": "lubaduse {of} kell käib ja aega on küllalt",
                "at risk": "lubaduse {of} tähtaeg on lähedal",
                "breached": "lubaduse {of} tähtaeg on möödas ja kell käib edasi",
                "met": "lubadus {of} on täidetud õigel ajal",
                "missed": "lubadus {of} on täidetud hilinemisega",
                "paused": "lubaduse {of} kell seisab",
            },
            "en": {
                "on track": "the clock of {of} is on track",
                "at risk": "the clock of {of} is at risk",
                "breached": "the clock of {of} is breached and runs on",
                "met": "the promise {of} was met",
                "missed": "the promise {of} was missed",
                "paused": "the clock of {of} is paused",
            },
        },
        lambda view, policy, wanted: _standing(view, policy) == wanted,
        lambda view, policy: filter(None, (_standing(view, policy),)),
        lambda entries: [policy.name for policy in entries.policies],
        "policy",
        values=("on track", "at risk", "breached", "met", "missed", "paused"),
        changes=_clock_change,
    ),
    "deadline": ByName(
        "whether one of its deadlines has passed, by its name: as of now, or as of when the ticket was last solved; "
        "neither where it has no such deadline",
        {
            "et": {
                "ahead": "tähtaeg {of} ei ole möödas või peeti sellest kinni",
                "over": "tähtaeg {of} on möödas või ületati",
            },
            "en": {
                "ahead": "the deadline {of} is still ahead or was kept",
                "over": "the deadline {of} has passed or was missed",
            },
        },
        lambda view, name, wanted: _reach(view, name) == wanted,
        lambda view, name: filter(None, (_reach(view, name),)),
        lambda entries: list(dict.fromkeys(entry.name for entry in entries.deadlines)),
        "deadline",
        values=("ahead", "over"),
        changes=_deadline_end,
    ),
    "sample": AnyOf(
        "one ticket in so many, chosen by its permanent number and never otherwise",
        {"et": "pilet on valimis, kuhu kuulub üks {value} piletist", "en": "the ticket is the one of {value} chosen"},
        lambda view, share: _is_chosen(view.ticket.id, share),
        lambda view: (share for share in SHARES if _is_chosen(view.ticket.id, share)),
        SHARES,
    ),
    "age": Elapsed(
        "how long ago it was created",
        {"et": "pilet on loodud {value} tagasi", "en": "the ticket was created {value} ago"},
        lambda view: view.ticket.created_at,
    ),
    "open": AnyOf(
        "a calendar in whose hours it is now, by its name",
        {"et": "kalendri {value} järgi on tööaeg", "en": "it is working time by the calendar {value}"},
        lambda view, name: view.book.calendars[name].is_open(view.now),
        lambda view: (name for name, each in view.book.calendars.items() if each.is_open(view.now)),
        lambda entries: list(entries.calendars),
        changes=_closing_or_opening,
    ),
    "season": AnyOf(
        "a season in which it is now, by its name under `seasons` and by the date of the desk's calendar",
        {"et": "on hooaeg {value}", "en": "it is the season {value}"},
        lambda view, name: is_in(view.book.entries.seasons[name], view.book.calendar.day_of(view.now)),
        lambda view: (
            name
            for name, season in view.book.entries.seasons.items()
            if is_in(season, view.book.calendar.day_of(view.now))
        ),
        lambda entries: list(entries.seasons),
        changes=_season_turn,
    ),
}

PLAIN: Mapping[str, OneOf] = {
    word: entry
    for word in ("standing", "tier", "ball", "state", "delivered", "category", "queue", "priority")
    if isinstance(entry := WORDS[word], OneOf)
}
"""The words that most rules ask for: one value each, which time does not change."""
"""The conditions. What a word reads must not depend on the time unless it has `changes`."""

NESTING = ("any", "all", "not")
"""The words that conditions nest under: `any` and `all` take lists of them, `not` one."""

NOT_IN_PROMISES = ("age", "clock", "deadline", "incomplete", "statutory", "work")
"""Words that say nothing of a ticket that comes into being: no target or deadline can rest on them."""


@lru_cache(1024)
def field_word(word: str) -> Word:
    """The condition that a word under `fields:` is which `WORDS` does not know."""
    phrase = {"et": "väljal {of} on {value}", "en": "the field {of} holds {value}"}
    return OneOf("what the field holds, as people see it", phrase, lambda view: view.ticket.fields.get(word))
