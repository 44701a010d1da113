"""A ticket as it stood at a moment, with nothing known of what came later. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from bot.core.ticket import UNKNOWN, Change, Message, Moment, Ticket

_EPOCH = date(1970, 1, 1).toordinal()

_OWN = {
    "state": "state",
    "owner": "owner",
    "queue": "queue",
    "category": "category",
    "forwarder": "forwarder",
    "priority": "priority",
}
"""Words of changes with the ticket's own attribute that holds their present value."""


def as_of(ticket: Ticket, at: Moment, bot_until: Moment | None = None) -> Ticket | None:
    """Give the ticket as it stood at the end of the second `at`; None for one that was not yet created.

    The bot's own acts are known up to `bot_until` (`at` by default, inclusive): a cycle at that very second does not
    know yet what will come of it. What no history is kept of is taken as it is today: the reporter, the project,
    the security level, what texts amount to, and mapped fields that were never changed.
    """
    if ticket.created_at > at:
        return None
    bots = at if bot_until is None else bot_until
    kept: list[Change] = []
    values: dict[str, str | None] = {}
    later: dict[str, str | None] = {}
    for change in ticket.changes:
        if change.at <= (bots if change.bot else at):
            kept.append(change)
            values[change.field] = change.now
        else:
            later.setdefault(change.field, change.was)
    messages = tuple(message for message in ticket.messages if message.at <= (bots if message.bot else at))
    if not later:
        if len(messages) == len(ticket.messages):
            return ticket
        return msgspec.structs.replace(ticket, updated_ms=_updated_ms(ticket, kept, messages), messages=messages)
    then = {word: values.get(word, later[word]) for word in later}
    changed: dict[str, object] = {_OWN[word]: value for word, value in then.items() if word in _OWN}
    if "state" in then:
        changed["state"] = then["state"] or UNKNOWN
    if "labels" in then:
        changed["labels"] = frozenset((then["labels"] or "").split())
    if "due" in then:
        changed["due_at"] = _first_second(then["due"])
    if "delivered" in then:
        set_at = [change.at for change in kept if change.field == "delivered" and change.now is not None]
        changed["delivered_at"] = (set_at[-1] if set_at else ticket.created_at) if then["delivered"] else None
    if "link" in then:
        tied = {change.now for change in ticket.changes if change.field == "link" and change not in kept}
        changed["links"] = tuple(link for link in ticket.links if link.told not in tied)
    if mapped := then.keys() - _OWN.keys() - {"labels", "due", "delivered", "link"}:
        fields = {word: value for word, value in ticket.fields.items() if word not in mapped}
        fields |= {word: value for word in mapped if (value := then[word]) is not None}
        changed["fields"] = fields
    updated_ms = _updated_ms(ticket, kept, messages)
    return msgspec.structs.replace(ticket, updated_ms=updated_ms, changes=tuple(kept), messages=messages, **changed)


def _updated_ms(ticket: Ticket, changes: Sequence[Change], messages: Sequence[Message]) -> int:
    """When it was last touched, as far as its history tells: in whole seconds."""
    last = [*(change.at for change in changes[-1:]), *(message.at for message in messages[-1:])]
    return max([ticket.created_at, *last]) * 1000


def _first_second(day: str | None) -> Moment | None:
    return None if day is None else (date.fromisoformat(day).toordinal() - _EPOCH) * 86_400
