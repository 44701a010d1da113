"""What tier 2 sent back, or on to another team: why, and whether it had reason to. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.core.history import Situation, Turn
from bot.core.ticket import Moment
from bot.core.view import View

REASON, JUSTIFIED = "return_reason", "justified"
"""The words of `fields` that hold the reason of a return, and whether there was one: picked from a list by people."""

UNDO_S = 600
"""What the same person takes back within this time did not happen, in seconds."""

_NO_WORK = frozenset(
    ("state", "queue", "owner", "labels", "priority", "category", "forwarder", "due", REASON, JUSTIFIED)
)

_YES = frozenset(("jah", "yes", "да", "true", "1"))
_NO = frozenset(("ei", "no", "нет", "false", "0"))


class Return(NamedTuple):
    """A return: `left` is the queue that sent it, `to` the team that got it, None for tier 1.

    It is `silent` where another team got it though nobody had worked on it. `reason` is what was picked, `explained`
    tells whether there is one: where no field is mapped for it, a comment of theirs is. `next_stage` says that the
    team did its part. `justified` is what was confirmed; None while it is not.
    """

    at: Moment
    who: str | None
    left: str | None
    to: str | None
    silent: bool
    reason: str | None = None
    explained: bool = False
    next_stage: bool = False
    justified: bool | None = None


def returns_of(view: View) -> tuple[Return, ...]:
    """All returns of a ticket, oldest first: by people, while it was open, but for what was undone at once.

    Not those of the forwarder and the reporter, who take back what is theirs. To another team it is one where a
    reason was given for it, or nobody had worked on it: else the team did its part and handed it on. Where who
    coordinates or leads the desk moves what is not in their own queue, they decide, and no team sends it back.
    """
    return view.once(_returns)


def _returns(view: View) -> tuple[Return, ...]:
    happened, taken_back = view.happened, undone(view)
    found = [i for i, turn in enumerate(happened) if i not in taken_back and _sends_it_away(turn)]
    ends = [happened[i].at for i in found[1:]]
    returns: list[Return] = []
    for n, i in enumerate(found):
        since = happened[found[n - 1]].at if n else 0
        one = _told(_return(happened, i), since, ends[n] if n < len(ends) else None, view)
        if (one.to is None or one.silent or one.reason is not None) and not _is_decided(one, view):
            returns.append(one)
    return tuple(returns)


def _is_decided(one: Return, view: View) -> bool:
    roles, left = view.book.entries.roles, view.book.queues.get(one.left or "")
    return one.who in (roles.coordinator, roles.lead) and (left is None or one.who not in left.members)


def undone(view: View) -> frozenset[int]:
    """What `undone_in` finds in a ticket's turns."""
    return view.once(_undone)


def _undone(view: View) -> frozenset[int]:
    return undone_in(view.happened)


def undone_in(happened: Sequence[Turn]) -> frozenset[int]:
    """The numbers of moves between tiers and queues that the same person took back at once, and of what took back."""
    moves = [(i, turn) for i, turn in enumerate(happened) if turn.before is not None and _moves(turn)]
    found: set[int] = set()
    for n, (i, turn) in enumerate(moves):
        for j, later in moves[n + 1 :]:
            if i in found or later.at - turn.at > UNDO_S:
                break
            if later.who is not None and later.who == turn.who and _takes_back(later, turn):
                found |= {i, j}
    return frozenset(found)


def last_return(view: View) -> Return | None:
    """The last return of a ticket."""
    return next(reversed(returns_of(view)), None)


def how_returned(view: View) -> str | None:
    """What is to be done about the last return: what the condition `returned` holds; None where there is none."""
    last = last_return(view)
    if last is None:
        return None
    if last.next_stage:
        return "next stage"
    if last.justified is not None:
        return "justified" if last.justified else "not justified"
    return "unjudged" if last.explained else "unexplained"


def rejections(view: View) -> int:
    """How often tier 2 returned it, but where it had done its part."""
    return sum(not each.next_stage for each in returns_of(view))


def is_return(turn: Turn) -> bool:
    """Whether a person of the desk sent an open ticket from tier 2 to tier 1, or from one of its teams to another."""
    return _sends_it_away(turn)


def _sends_it_away(turn: Turn) -> bool:
    before, after = turn.before, turn.after
    if (
        before is None
        or turn.bot
        or turn.asker
        or before.tier != 2
        or not before.standing == after.standing == "open"
    ):
        return False
    if turn.what != "queue" or after.tier != 2:
        return after.tier == 1
    return None not in (before.queue, after.queue) and before.queue != after.queue


def _moves(turn: Turn) -> bool:
    before = turn.before
    return before is not None and (before.tier, before.queue) != (turn.after.tier, turn.after.queue)


def _takes_back(later: Turn, turn: Turn) -> bool:
    was, became = turn.before, later.after
    if was is None or later.before is None:
        return False
    if was.tier != turn.after.tier:
        return later.before.tier == turn.after.tier and became.tier == was.tier
    return later.before.queue == turn.after.queue and became.queue == was.queue


def _is_untouched(happened: Sequence[Turn], i: int) -> bool:
    """Whether nobody worked on the ticket in the queue that it leaves with this turn: no answer, no other state.

    The state that whoever brought it there gave it in that second is none of the queue's work.
    """
    before = happened[i].before
    queue = before.queue if before else None
    came = next(
        (turn for turn in reversed(happened[:i]) if turn.before is None or _stood(turn.before) != (2, queue)), None
    )
    for turn in reversed(happened[:i]):
        if _stood(turn.after) != (2, queue) or turn.before is None:
            return True
        if turn.at == happened[i].at or turn.bot or turn.asker:
            continue
        came_so = came is not None and (turn.at, turn.who) == (came.at, came.who)
        moved = turn.what == "state" and turn.before.tier == 2 and not came_so
        if turn.what == "message" or moved or _fills_in(turn):
            return False
    return True


def _stood(situation: Situation) -> tuple[int | None, str | None]:
    return situation.tier, situation.queue


def _fills_in(turn: Turn) -> bool:
    """Whether a field was filled in that tells of the matter."""
    return turn.what in turn.sets and turn.what not in _NO_WORK


def _return(happened: Sequence[Turn], i: int) -> Return:
    turn = happened[i]
    to = turn.after.queue if turn.after.tier == 2 else None
    return Return(turn.at, turn.who, _left(happened, i), to, to is not None and _is_untouched(happened, i))


def _left(happened: Sequence[Turn], i: int) -> str | None:
    """The queue that sends the ticket away; where who does so emptied the queue first, the one that it was in."""
    for turn in reversed(happened[: i + 1]):
        before = turn.before
        if before is None or before.tier != 2:
            return None
        if before.queue is not None:
            return before.queue if turn.who == happened[i].who else None
    return None


def _told(one: Return, since: Moment, until: Moment | None, view: View) -> Return:
    """The return with what was said of it, before the next one."""
    book = view.book
    reason = next(_values(REASON, max(since + 1, one.at - UNDO_S), until, view), None)
    said = next((told for told in _verdicts(one.at, until, view)), None)
    explained = reason is not None or (REASON not in book.entries.fields and _commented(one, until, view))
    next_stage = reason is not None and fold(reason) in map(fold, book.entries.indicators.next_stage)
    return one._replace(reason=reason, explained=explained, next_stage=next_stage, justified=said)


def _values(word: str, since: Moment, until: Moment | None, view: View) -> Iterator[str]:
    """The values that people gave a field in this time, the last first."""
    for change in reversed(view.ticket.changes):
        in_time = change.at >= since and (until is None or change.at < until)
        if change.field == word and change.now is not None and in_time:
            yield change.now


def _verdicts(since: Moment, until: Moment | None, view: View) -> Iterator[bool | None]:
    """What was confirmed in this time, the last first: None where it was left open again."""
    told = [(change.at, change.now) for change in view.ticket.changes if change.field == JUSTIFIED]
    words = {"justified": "yes", "not justified": "no"}
    for turn in view.happened:
        if turn.command is not None and turn.command.word in words:
            told.append((turn.at, words[turn.command.word]))
    for at, value in sorted(told, key=lambda each: each[0], reverse=True):
        if at >= since and (until is None or at < until):
            yield True if is_yes(value or "") else False if fold(value or "") in _NO else None


def _commented(one: Return, until: Moment | None, view: View) -> bool:
    """Whether who returned it said something about it."""
    return any(
        turn.what == "message" and turn.who == one.who and turn.at >= one.at - UNDO_S
        for turn in view.happened
        if one.who is not None and (until is None or turn.at < until)
    )


def is_yes(text: str) -> bool:
    """Whether a picked word says yes."""
    return fold(text) in _YES


def fold(text: str) -> str:
    """Make picked words comparable: capital letters, underscores and spaces do not tell them apart."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace("_", " ").split())
