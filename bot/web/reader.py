"""Who looks at a page: a person of the rulebook, and what of the desk they may see. Pure."""

from __future__ import annotations

from collections.abc import Collection

from bot.core import readers
from bot.core.audience import Audience
from bot.core.people import ANYBODY
from bot.core.readers import WHOLE_DESK
from bot.core.rulebook import Rulebook

HEADS = WHOLE_DESK | {"queue", "manager"}
"""Those who answer for others' work: of the desk, or of queues."""

STAFF = HEADS | {"tier 1", "tier 2"}
"""Everybody who works at the desk."""


def audience_of(person: str, book: Rulebook) -> Audience | None:
    """What somebody may see by what they are in the rulebook; None where that names nobody so, or gives no part."""
    return readers.audience_of(person, book.entries)


def person_in(role: str, book: Rulebook) -> str | None:
    """The person whom a word means: `lead`, `coordinator`, or their own; None where it is nobody's."""
    roles = book.entries.roles
    person = {"lead": roles.lead, "coordinator": roles.coordinator}.get(role, role)
    return person if person in book.languages else None


def may_know(audience: Audience, *, secured: bool, spared: Collection[str], book: Rulebook) -> bool:
    """Whether a ticket may be known of at all: its security level lets them, and it is not about them."""
    lead = book.entries.roles.lead
    about = audience.person in spared or (ANYBODY in spared and audience.person != lead)
    return not about and (audience.secured or not secured)


def may_open(audience: Audience, people: Collection[str | None], queue: str | None, book: Rulebook) -> bool:
    """Whether a ticket's timeline is theirs to read, which names people: their queues' to heads, to others their own.

    `people` are those whose ticket it is: who owns, forwarded or created it.
    """
    person = audience.person
    if audience.roles & WHOLE_DESK or (person is not None and person in people):
        return True
    held = book.queues.get(queue or "")
    return held is not None and person is not None and person in (held.coordinator, held.manager)
