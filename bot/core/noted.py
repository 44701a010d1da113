"""What people last did with a ticket, and what they noted on it: how often, and who."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from bot.core.history import Turn
from bot.core.moments import is_substantive, moment
from bot.core.people import ROLES
from bot.core.steps import At, Count, Name, Value
from bot.core.ticket import Moment
from bot.core.view import View

_solved, _reopened = moment("solved"), moment("reopened")
_attempted, _asked_again, _waived = moment("attempted"), moment("asked again"), moment("waived")

_BEFORE_S = 1800
"""A reason may be written this many seconds before the ticket is reopened."""

_MAY_WAIVE = ("coordinator", "lead", "queue")


def is_latest(view: View, word: str) -> bool:
    """Whether what a person last did with the ticket was this moment."""
    last = _latest(view)
    return last is not None and moment(word)(last)


def latest(view: View, words: tuple[str, ...]) -> Iterator[str]:
    """Which of these moments what a person last did with the ticket was."""
    return (word for word in words if is_latest(view, word))


def attempts(view: View) -> int:
    """How often it was noted, since it was last solved, that the customer was not reached with the solution."""
    return sum(map(_attempted, _since_solved(view)))


def asked_again(view: View) -> int:
    """How often it was noted that the customer asked again."""
    return sum(map(_asked_again, view.happened))


def is_waived(view: View) -> bool:
    """Whether who may noted, since it was last solved, that it may be closed undelivered."""
    may = {ROLES[role].person(view) for role in _MAY_WAIVE}
    return any(_waived(turn) and turn.who in may for turn in _since_solved(view))


def explained_at(view: View) -> Moment | None:
    """When somebody wrote why it was last reopened: who did so shortly before, or anybody since; None for never."""
    reopened = next((turn for turn in reversed(view.happened) if _reopened(turn)), None)
    if reopened is None:
        return None
    at: Moment = reopened.at
    written = (
        turn for turn in view.happened if turn.what == "message" and not turn.bot and turn.at >= at - _BEFORE_S
    )
    return next((turn.at for turn in written if turn.at >= at or turn.who == reopened.who), None)


def is_explained(view: View) -> bool:
    """Whether somebody wrote why it was last reopened."""
    return explained_at(view) is not None


def values_of(view: View) -> Iterator[tuple[str, Value]]:
    """What messages can say of what was noted; only what there is."""
    counts = {"attempts": attempts(view), "asked_again": asked_again(view)}
    yield from ((word, Count(n)) for word, n in counts.items() if n)
    if (at := explained_at(view)) is not None:
        yield "reason_at", At(at)
    if "waived" in view.book.entries.fields:
        yield "waived_field", Name("title", "waived")


def _latest(view: View) -> Turn | None:
    return next((turn for turn in reversed(view.happened) if is_substantive(turn)), None)


def _since_solved(view: View) -> Iterator[Turn]:
    """The turns since the ticket was last solved, newest first; all of them where it never was."""
    return takewhile(lambda turn: not _solved(turn), reversed(view.happened))
