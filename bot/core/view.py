"""What the rules can see of a ticket at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from bot.core.clock import Cycle
from bot.core.desk import QUIET, Desk
from bot.core.history import Turn, Whole
from bot.core.linked import Work
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN, Moment, Ticket

T = TypeVar("T")


class View(msgspec.Struct, frozen=True, eq=False):
    """What a rule can see: the ticket, its turns and the rulebook, at a moment.

    `whole` is the ticket's history of which `happened` are the first turns. `clocks` are the cycles of each policy's
    clock by its name, once `judge.look` has run them. `lasting` is what the rules make of the ticket until something
    happens to it, however late it becomes. Looks at the same ticket at later moments may share both. `spared` are
    those who are never addressed about the ticket, `dues` the last instants of its deadlines by their names,
    `statutory` the names of those that the law sets, met or not: all once `judge.look` has found them.
    `work` is how it stands in the tickets in which tier 2 works on it, and
    `silent` why nothing is said on it because of one that it is tied to. `lacks` are the words that completeness
    rules require of it and that are missing, `lacks_until` the moments at which they may be others: `judge.look`
    finds both. `told` tells whether anybody will read the messages: steps have no values for them where nobody does.
    """

    ticket: Ticket
    happened: tuple[Turn, ...]
    book: Rulebook
    now: Moment
    whole: Whole | None = None
    clocks: dict[str, tuple[Cycle, ...]] = msgspec.field(default_factory=dict)
    lasting: dict[object, Any] = msgspec.field(default_factory=dict)
    desk: Desk = QUIET
    spared: set[str] = msgspec.field(default_factory=set)
    dues: dict[str, Moment] = msgspec.field(default_factory=dict)
    work: Work | None = None
    silent: str | None = None
    statutory: set[str] = msgspec.field(default_factory=set)
    lacks: list[str] = msgspec.field(default_factory=list)
    lacks_until: list[Moment] = msgspec.field(default_factory=list)
    told: bool = True

    @property
    def is_unseen(self) -> bool:
        """Whether nobody knows how it stands, as a ticket in which tier 2 works on it cannot be read."""
        return self.work is not None and self.work.because is not None

    @property
    def state(self) -> str:
        """The state to show: `unknown` where nobody knows how it stands."""
        return UNKNOWN if self.is_unseen else self.happened[-1].after.state

    @property
    def at_creation(self) -> View:
        """The same with the moment of the ticket's creation for now: a promise does not change as time goes by."""
        return _at_creation(self) if self.spared else self.once(_at_creation)

    def once(self, find: Callable[[View], T]) -> T:
        """What `find` makes of the ticket: worked out once until something happens to it, however late it becomes."""
        found: T | None = self.lasting.get(find)
        if found is None:
            found = self.lasting[find] = find(self)
        return found

    def known(self, name: str, find: Callable[[tuple[Turn, ...]], Iterable[tuple[int, T]]]) -> list[T]:
        """What `find` finds in the turns that the view knows, each with its turn's number.

        It is worked out once a history, and kept there by its name.
        """
        if self.whole is None:
            return [thing for _, thing in find(self.happened)]
        found = self.whole.found.get(name)
        if found is None:
            found = self.whole.found[name] = list(find(self.whole.turns))
        known = len(self.happened)
        return [thing for i, thing in found if i < known]


def _at_creation(view: View) -> View:
    at, desk, spared = view.ticket.created_at, view.desk, view.spared
    return View(view.ticket, view.happened, view.book, at, view.whole, desk=desk, spared=spared)
