"""Who is meant: the words under `to:` turned into person words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.core.calendar import Calendar
from bot.core.deputies import meant, on_duty
from bot.core.history import forwarder
from bot.core.returns import last_return
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.core.view import View


class Role(NamedTuple):
    """Who holds a role on a ticket; `says` is its row in the reference.

    For people: `name` is what it is called, `told` stands where somebody is told something, `who` explains it.
    """

    person: Callable[[View], str | None]
    says: str
    name: Mapping[str, str]
    told: Mapping[str, str]
    who: Mapping[str, str]


def _queue_coordinator(view: View) -> str:
    queue = view.book.queues.get(view.ticket.queue or "")
    return (queue.coordinator if queue else None) or view.book.entries.roles.coordinator


def _on_duty_in_queue(view: View, changes: list[Moment] | None = None) -> str:
    queue = view.book.queues.get(view.ticket.queue or "")
    found = None
    if queue is not None and queue.duty is not None:
        found = on_duty(queue.duty, view.desk, view.book, view.now, changes)
    return found or _queue_coordinator(view)


def _forwarder(view: View) -> str | None:
    return forwarder(view.ticket, view.happened, view.book)


def _manager(view: View) -> str:
    owner, entries = view.ticket.owner, view.book.entries
    own = next((person.manager for person in entries.people if person.person == owner), None)
    queue = view.book.queues.get(view.ticket.queue or "")
    manager = own or (queue.manager if queue else None)
    return entries.roles.lead if manager is None or manager == owner else manager


def _reporter(view: View) -> str | None:
    return view.ticket.reporter if view.ticket.reporter in view.book.languages else None


def _returner(view: View) -> str | None:
    last = last_return(view)
    return last.who if last is not None and last.who in view.book.languages else None


ROLES: Mapping[str, Role] = {
    "forwarder": Role(
        _forwarder,
        "who answers to the customer: the field, else who first handed it to tier 2, else the reporter if `people` "
        "names them; where it is nobody, the coordinator",
        {"et": "edastaja", "en": "forwarder"},
        {"et": "edastajale", "en": "the forwarder"},
        {
            "et": "kes pileti I tasemelt edastas ja kliendi ees vastutab; kui teda pole teada, siis koordinaator",
            "en": "the tier I specialist who handed the ticket on and answers to the customer; where nobody is "
            "known, the coordinator",
        },
    ),
    "owner": Role(
        lambda view: view.ticket.owner or _queue_coordinator(view),
        "whom the ticket is assigned to; where it is nobody, the queue's coordinator",
        {"et": "täitja", "en": "owner"},
        {"et": "täitjale", "en": "the owner"},
        {
            "et": "kellele pilet on määratud; kui mitte kellelegi, siis järjekorra koordinaator",
            "en": "whom the ticket is assigned to; where it is nobody, the queue's coordinator",
        },
    ),
    "queue": Role(
        _queue_coordinator,
        "the coordinator of the ticket's queue; where it has none, the desk's",
        {"et": "järjekorra koordinaator", "en": "queue's coordinator"},
        {"et": "järjekorra koordinaatorile", "en": "the queue's coordinator"},
        {
            "et": "kes juhib selle järjekorra tööd, kus pilet on; kui teda ei ole, siis koordinaator",
            "en": "who coordinates the queue that the ticket is in; where there is nobody, the coordinator",
        },
    ),
    "coordinator": Role(
        lambda view: view.book.entries.roles.coordinator,
        "who coordinates the desk day by day",
        {"et": "koordinaator", "en": "coordinator"},
        {"et": "koordinaatorile", "en": "the coordinator"},
        {"et": "kes juhib klienditeeninduse igapäevatööd", "en": "who coordinates the desk day by day"},
    ),
    "lead": Role(
        lambda view: view.book.entries.roles.lead,
        "who leads the desk",
        {"et": "juht", "en": "lead"},
        {"et": "juhile", "en": "the lead"},
        {"et": "kes juhib klienditeenindust", "en": "who leads the desk"},
    ),
    "manager": Role(
        _manager,
        "whom the owner answers to: their `manager` under `people`, else that of the ticket's queue; the lead where "
        "there is none, and where it is the owner",
        {"et": "vahetu juht", "en": "direct manager"},
        {"et": "täitja vahetule juhile", "en": "the owner's direct manager"},
        {
            "et": "kelle alluvuses täitja töötab; kui seda pole kirjas, siis juht",
            "en": "whom the owner answers to; where that is not written, the lead",
        },
    ),
    "reporter": Role(
        _reporter,
        "who created it, if `people` names them: who gave a task; a customer is never addressed",
        {"et": "pileti looja", "en": "reporter"},
        {"et": "pileti loojale", "en": "the one who created the ticket"},
        {
            "et": "kes pileti lõi, kui ta on teeninduslaua inimene; ülesande puhul selle andja",
            "en": "who created the ticket, if they are of the desk; of a task, who gave it",
        },
    ),
    "returner": Role(
        _returner,
        "who of tier 2 returned it last, if `people` names them; nobody where it was not returned",
        {"et": "tagastaja", "en": "returner"},
        {"et": "tagastajale", "en": "who returned it"},
        {
            "et": "kes pileti II tasemelt viimati tagasi või teisele meeskonnale saatis",
            "en": "who last sent the ticket back from tier II, or on to another of its teams",
        },
    ),
    "duty": Role(
        _on_duty_in_queue,
        "who is on duty now by the roster of the ticket's queue; in a gap, or where it has none, the queue's "
        "coordinator",
        {"et": "valvesolija", "en": "person on duty"},
        {"et": "valvesolijale", "en": "the person on duty"},
        {
            "et": "kes on praegu valvegraafiku järgi selle järjekorra valves, kus pilet on; kui graafikut ei ole või "
            "kedagi ei ole valves, siis järjekorra koordinaator",
            "en": "who is on duty now by the roster of the queue that the ticket is in; where there is no roster or "
            "nobody is on duty, the queue's coordinator",
        },
    ),
}
"""Words under `to:` besides people's own names. A ticket without an owner is its queue's coordinator's to assign."""


ANYBODY = "*"
"""In place of those who are spared: they cannot be known, so that the lead alone is told."""

DUTY = "duty "
"""Before a roster's name under `to:`: who is on duty by it."""


class Addressed(NamedTuple):
    """Whom a message is for: people, each once; `instead` are pairs of a deputy among them and who is away."""

    to: tuple[str, ...]
    instead: tuple[tuple[str, str], ...] = ()


def addressed(words: Sequence[str], view: View, changes: list[Moment] | None = None) -> Addressed:
    """The people meant today by `words`, in order: those who are away by their deputies (`deputies.meant`).

    The coordinator where nobody is found. In place of those who are spared the lead is meant, or else the
    coordinator; nobody where both are spared. To `changes` are appended the moments at which that may be otherwise,
    if nothing happens to the ticket.
    """
    name = (addressed, *words)
    if not view.spared and (known := view.lasting.get(name)) is not None:
        found: Addressed = known
        return found
    to: dict[str, None] = {}
    instead: dict[tuple[str, str], None] = {}
    others_at: list[Moment] = []
    for held in _each(words, view, others_at):
        person = instead_of(held, view) if view.spared else held
        if person is not None:
            today = present(person, view, others_at)
            to[today] = None
            if today != person:
                instead[today, person] = None
    found = Addressed(tuple(to), tuple(instead))
    if not view.spared and not others_at:
        view.lasting[name] = found
    if changes is not None:
        changes += others_at
    return found


def addressees(words: Sequence[str], view: View) -> tuple[str, ...]:
    """The people meant today by `words`, each once, in order, as `addressed` finds them."""
    return addressed(words, view).to


def holder(word: str, view: View, changes: list[Moment] | None = None) -> str | None:
    """The person behind a word under `to:`, there or not; None where it is nobody."""
    if word.startswith(DUTY):
        roster = word.removeprefix(DUTY)
        return on_duty(roster, view.desk, view.book, view.now, changes) or _in_a_gap(roster, view)
    if word == "duty":
        return _on_duty_in_queue(view, changes)
    return ROLES[word].person(view) if word in ROLES else word


def present(person: str, view: View, changes: list[Moment] | None = None) -> str:
    """Who is told today what is meant for a person: they, or who stands in for them and is not spared.

    Where nobody else may know of the ticket, they read it when they are back. `changes` is filled as `addressed`
    does.
    """
    if not view.desk.absences or ANYBODY in view.spared:
        return person
    today = meant(person, view.desk, view.book, view.now, view.ticket.queue, changes, view.spared)
    return person if today in view.spared else today


def instead_of(person: str, view: View) -> str | None:
    """Who is told what was meant for a person: they themselves unless they are spared; None for nobody."""
    roles = view.book.entries.roles
    if ANYBODY in view.spared:
        return roles.lead if roles.lead not in view.spared else None
    if person not in view.spared:
        return person
    return next((other for other in (roles.lead, roles.coordinator) if other not in view.spared), None)


def _in_a_gap(roster: str, view: View) -> str:
    """Who coordinates the queue of a roster; the ticket's where none has it."""
    own = (queue.coordinator for queue in view.book.entries.queues if queue.duty == roster)
    return next(own, None) or _queue_coordinator(view)


def _each(words: Sequence[str], view: View, changes: list[Moment] | None) -> Iterator[str]:
    found = [person for word in words if (person := holder(word, view, changes))]
    yield from found or [view.book.entries.roles.coordinator]


def language_of(people: Sequence[str], book: Rulebook) -> str:
    """The language a message to these people is written in: the first one's, else the desk's."""
    return book.languages.get(people[0], book.entries.language) if people else book.entries.language


def calendar_of(person: str, book: Rulebook) -> Calendar:
    """When a person works: their own calendar, else that of the first queue they are a member of, else the desk's."""
    return book.calendars_of_people.get(person) or book.calendar


_NOT_TOLD_APART = ("owner", "manager", "reporter", "duty", "returner")
"""Roles that say less of somebody than what else they are."""


def role_of(person: str | None, view: View, *, bot: bool = False) -> str:
    """What somebody is to a ticket today: a role, else the tier they work in; never who they are."""
    if bot:
        return "the bot"
    if person is None:
        return "somebody"
    if person == view.ticket.owner:
        return "owner"
    for word, role in ROLES.items():
        if word not in _NOT_TOLD_APART and role.person(view) == person:
            return word
    tiers = (queue.tier for queue in view.book.entries.queues if person in queue.members)
    tier = next(tiers, None)
    if tier is not None:
        return f"tier {tier}"
    return "reporter" if person == view.ticket.reporter else "somebody"


_STRANGER = re.compile(r"(?<!\w)~[^\s,;)]+")


def shown(person: str, view: View) -> str:
    """The word of a person whom the rulebook names; what anybody else is to the ticket."""
    return person if person in view.book.languages else role_of(person, view)


def named(person: str | None, book: Rulebook) -> str | None:
    """The word of a person whom the rulebook names, `somebody` for anybody else; None for nobody."""
    return person if person is None or person in book.languages else "somebody"


def without_strangers(text: str, view: View) -> str:
    """The text with their role in place of everybody on the ticket whom the rulebook does not name."""
    if "~" not in text:
        return text
    for person in sorted(_strangers(view.ticket), key=len, reverse=True):
        text = text.replace(person, role_of(person, view))
    return _STRANGER.sub("somebody", text)


def _strangers(ticket: Ticket) -> set[str]:
    people = {ticket.owner, ticket.reporter, ticket.forwarder}
    people |= {who for each in ticket.changes for who in (each.who, each.was, each.now)}
    people |= {message.who for message in ticket.messages}
    return {person for person in people if person is not None and person.startswith("~")}
