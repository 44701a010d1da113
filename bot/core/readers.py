"""What of the desk its people may see, by what they are in the rulebook. Pure."""

from __future__ import annotations

from bot.core.audience import Audience
from bot.core.entries import Entries

WHOLE_DESK = frozenset({"lead", "coordinator"})
"""Those who see the whole desk."""


def person_of(word: str, entries: Entries) -> str:
    """The person behind `lead` or `coordinator`; any other word is somebody's own."""
    roles = entries.roles
    return {"lead": roles.lead, "coordinator": roles.coordinator}.get(word, word)


def audience_of(person: str, entries: Entries) -> Audience | None:
    """What somebody may see by what they are in the rulebook; None where that names nobody so, or gives no part.

    Who leads or coordinates the desk sees all of it, others the queues that they coordinate, manage or work in;
    tier 1 forwards to every queue, and sees how all of them stand. Tickets with a security level are listed to the
    roles that the digest names for them.
    """
    if person not in (each.person for each in entries.people):
        return None
    roles, queues = set(), set[str]()
    if person == entries.roles.lead:
        roles.add("lead")
    if person == entries.roles.coordinator:
        roles.add("coordinator")
    for queue in entries.queues:
        held = {
            "queue": person == queue.coordinator,
            "manager": person == queue.manager,
            f"tier {queue.tier}": person in queue.members,
        }
        if any(held.values()):
            roles.update(role for role, holds in held.items() if holds)
            queues.add(queue.queue)
    if not roles:
        return None
    everything = bool(roles & (WHOLE_DESK | {"tier 1"}))
    secured = not roles.isdisjoint(entries.digest.secured)
    return Audience(person, frozenset(roles), None if everything else frozenset(queues), secured=secured)
