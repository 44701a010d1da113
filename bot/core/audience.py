"""Who reads a report or a page, and what of the desk they may see. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.kpi.fact import Fact


@dataclass(frozen=True, slots=True)
class Audience:
    """What a reader may see.

    `person` is their word in the rulebook, None where they are somebody outside it, and `roles` what they are at the
    desk (`coordinator`, `lead`, …). `queues` and `categories` are those that they read of, None for all. `team`
    tells whether they belong to the desk: others see no figure that rests on fewer than five. `secured` tells
    whether tickets with a security level are listed to them; otherwise these are counted only.
    """

    person: str | None = None
    roles: frozenset[str] = frozenset()
    queues: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    team: bool = True
    secured: bool = False

    def reads_of(self, queue: str | None, category: str | None) -> bool:
        """Whether tickets of a queue and category are within what they read of."""
        return (self.queues is None or queue in self.queues) and (
            self.categories is None or category in self.categories
        )

    def is_told(self, fact: Fact) -> bool:
        """Whether a fact of no ticket is within what they read of; what is of no queue is of the whole desk.

        What a queue's people come to goes with all of its tickets, so that who reads of some categories has none.
        """
        return not fact.queue or (self.categories is None and (self.queues is None or fact.queue in self.queues))
