"""What indicators can see: a ticket, what became of its promises, what the bot said, and the desk's records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.core.desk import QUIET, Desk
from bot.core.entry import Names
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import Measure
from bot.core.kpi.period import Period
from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.core.verdict import Verdict
from bot.core.view import View


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket as of the moment at which the figures are worked out: its history up to then, whole.

    `view.now` is that moment; the view's clocks have not been run. `verdicts` are those on clocks of the ticket that
    stopped within the period; `said` what the ledger holds of it since the period began, oldest first.
    `rating` is what the customer gave, where ratings come from a file.
    """

    view: View
    period: Period
    verdicts: Sequence[Verdict] = ()
    said: Sequence[Entry] = ()
    rating: tuple[Moment, float] | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """What is known of the desk beside its tickets, for indicators that are no ticket's.

    `calls` are what the telephone exchange tells, each a fact of the indicator `calls` already; `costs` what the bot
    itself used within the period, by the words of its cycles' record.
    """

    book: Rulebook
    period: Period
    as_of: Moment
    desk: Desk = QUIET
    calls: Sequence[Fact] | None = None
    costs: Mapping[str, float] = field(default_factory=dict)


class Indicator(NamedTuple):
    """How an indicator is counted, and what it is called and defined as, by language.

    `facts` gives what one ticket adds, `desk_facts` what no ticket adds. `by` is the kind of its groups' words
    (`queue`, `category`, `policy`, `deadline`, `rule`, `unit`, `person`, `service`, `line`, `age`, `cost`), empty
    where it has none; `whole` tells whether the sum over its groups means something. `personal` are figures about
    single people.
    `definition` is a text for readers: numerator, denominator, what is left out; `source` the clause.
    `version` grows when its definition changes.
    """

    name: str
    measure: Measure
    title: Names
    definition: Names
    facts: Callable[[Case], Iterator[Fact]] | None = None
    desk_facts: Callable[[Records], Iterator[Fact]] | None = None
    by: str = ""
    whole: bool = True
    personal: bool = False
    more_is_better: bool | None = None
    source: str = ""
    version: int = 1
