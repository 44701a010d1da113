"""Why a rule that a test expects to speak says nothing, in one line."""

from __future__ import annotations

from bot.core.arrange import DeskState
from bot.core.desk import QUIET, Desk
from bot.core.explain import explain
from bot.core.explanation import RuleFacts
from bot.core.rulebook import Rulebook
from bot.core.ruletest_words import Expected
from bot.core.ticket import Moment, Ticket


def why_not(one: Expected | str, ticket: Ticket, book: Rulebook, now: Moment, desk: Desk = QUIET) -> str | None:
    """Why what is expected is not said of a ticket; None where that cannot be told in a line.

    A message alone is asked about where one rule only says it.
    """
    entries = book.entries
    if isinstance(one, str):
        saying = [ladder.name for ladder in entries.ladders if any(rung.say == one for rung in ladder.rungs)]
        saying += [rule.name for rule in entries.completeness if rule.say == one]
        if len(saying) != 1:
            return None
        one = Expected(rule=saying[0])
    found = next(rule for rule in explain(ticket, book, {}, DeskState(), now, desk).rules if rule.rule == one.rule)
    return _later(found, one, book, now) or (found.because if found.step is None else None)


def _later(found: RuleFacts, one: Expected, book: Rulebook, now: Moment) -> str | None:
    """When the rung that is meant will be reached, if it will."""
    for rung in found.rungs if found.outcome != "conditions" else ():
        meant = one.rung in (None, rung.rung) and one.repeat in (None, rung.repeat)
        if meant and rung.reached_at is not None and rung.reached_at > now:
            at = book.calendar.local(rung.reached_at)
            written = f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"
            return f"its rung '{rung.rung}' is not reached before {written}"
    return None
