"""What somebody is to a ticket: its owner, one of its queue, the desk's lead. The values of the condition `role`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from bot.core.entries import Queue
from bot.core.people import ROLES
from bot.core.rulebook import Rulebook
from bot.core.view import View


class Held(NamedTuple):
    """Whether a person is this to a ticket; `phrase` says so of the one whom `{of}` names."""

    test: Callable[[str, View], bool]
    phrase: Mapping[str, str]


HELD: Mapping[str, Held] = {
    "owner": Held(
        lambda person, view: person == view.ticket.owner,
        {"et": "{of} on ka täitja", "en": "{of} is also the owner"},
    ),
    "reporter": Held(
        lambda person, view: person == view.ticket.reporter,
        {"et": "{of} on ka pileti looja", "en": "{of} is also the one who created the ticket"},
    ),
    "forwarder": Held(
        lambda person, view: person == ROLES["forwarder"].person(view),
        {"et": "{of} on ka edastaja", "en": "{of} is also the forwarder"},
    ),
    "member": Held(
        lambda person, view: _works_in(person, view.book.queues.get(view.ticket.queue or "")),
        {"et": "{of} töötab pileti järjekorras", "en": "{of} works in the ticket's queue"},
    ),
    "queue": Held(
        lambda person, view: person == ROLES["queue"].person(view),
        {"et": "{of} koordineerib pileti järjekorda", "en": "{of} coordinates the ticket's queue"},
    ),
    "coordinator": Held(
        lambda person, view: person == view.book.entries.roles.coordinator,
        {"et": "{of} koordineerib kogu teeninduslauda", "en": "{of} coordinates the desk"},
    ),
    "lead": Held(
        lambda person, view: person == view.book.entries.roles.lead,
        {"et": "{of} juhib teeninduslauda", "en": "{of} leads the desk"},
    ),
    "tier 1": Held(
        lambda person, view: _works_at(person, 1, view.book),
        {"et": "{of} töötab I tasemel", "en": "{of} works at tier I"},
    ),
    "tier 2": Held(
        lambda person, view: _works_at(person, 2, view.book),
        {"et": "{of} töötab II tasemel", "en": "{of} works at tier II"},
    ),
    "spared": Held(
        lambda person, view: person in view.spared,
        {"et": "{of} on see, kelle kohta pilet käib", "en": "{of} is the one whom the ticket is about"},
    ),
    "somebody": Held(
        lambda person, view: person not in view.book.languages,
        {"et": "{of} ei ole teeninduslaua inimene", "en": "{of} is none of the desk's people"},
    ),
}
"""What a condition can ask whether somebody is to a ticket."""

WHOM: Mapping[str, Mapping[str, str]] = {
    "owner": {"et": "täitja", "en": "the owner"},
    "reporter": {"et": "pileti looja", "en": "the one who created the ticket"},
    "forwarder": {"et": "edastaja", "en": "the forwarder"},
    "speaker": {"et": "viimati kirjutanu", "en": "the one who wrote last"},
}
"""Of whom a condition can ask that, each with what they are called."""


def holds_role(view: View, whom: str, role: str) -> bool:
    """Whether one of `WHOM` is there and is one of `HELD` to the ticket."""
    person = _whom(view, whom)
    return person is not None and HELD[role].test(person, view)


def roles_of(view: View, whom: str) -> Iterator[str]:
    """All that one of `WHOM` is to the ticket."""
    person = _whom(view, whom)
    return (role for role, held in HELD.items() if person is not None and held.test(person, view))


def _whom(view: View, whom: str) -> str | None:
    match whom:
        case "owner":
            return view.ticket.owner
        case "reporter":
            return view.ticket.reporter
        case "forwarder":
            return ROLES["forwarder"].person(view)
        case _:
            spoken = (turn for turn in reversed(view.happened) if turn.what == "message" and not turn.bot)
            return next((turn.who for turn in spoken), None)


def _works_in(person: str, queue: Queue | None) -> bool:
    return queue is not None and person in queue.members


def _works_at(person: str, tier: int, book: Rulebook) -> bool:
    return any(queue.tier == tier and person in queue.members for queue in book.entries.queues)
