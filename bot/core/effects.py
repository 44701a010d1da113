"""What a command does to a ticket as it stands, or by which kind of reason it cannot be done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from bot.core.commands import ORDERS
from bot.core.history import is_bounce, turns
from bot.core.people import ROLES, addressees
from bot.core.rulebook import Rulebook
from bot.core.silence import is_switch
from bot.core.ticket import Change, Command, Moment, Ticket
from bot.core.view import View

Reason = Literal["permission", "doubt", "role", "date", "state", "field", "person"]
"""Why a command is not carried out; `by_permission` and its like tell it in messages."""

_DECIDE = ("coordinator", "queue", "lead")

LONGEST_ABSENCE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Effect:
    """What is to be set on the ticket, by words; fields that hold it already are not among them.

    `into` are the states of which the ticket is to come into the first that a way leads to: none to stay where it is.
    `already` tells whether the ticket stands so that the command asks for nothing new.
    """

    sets: Mapping[str, str] = field(default_factory=dict)
    into: tuple[str, ...] = ()
    already: bool = False


def effect_of(command: Command, ticket: Ticket, book: Rulebook, told_at: Moment, now: Moment) -> Effect | Reason:
    """What a command that its author may give does now; `told_at` is when it was written."""
    today = book.calendar.day_of(told_at)
    match command.word:
        case "delivered":
            return _delivered(command.value, ticket, book, today)
        case "close":
            into = _closed(book)
            if not into:
                return "state"
            return Effect(already=True) if ticket.state in into else Effect(into=into)
        case "route":
            return Effect(already=True) if ticket.queue == command.value else Effect({"queue": command.value or ""})
        case "hold" | "unhold":
            hold, on = book.entries.manners.hold, command.word == "hold"
            if on:
                return Effect(already=True) if hold in ticket.labels else Effect({"labels": f"+{hold}"})
            is_control = ticket.key == book.entries.manners.control
            off = [each for each in sorted(ticket.labels) if each == hold or (is_control and is_switch(each, hold))]
            return Effect({"labels": " ".join(f"-{each}" for each in off)}) if off else Effect(already=True)
        case "snooze":
            day = date.fromisoformat(command.value or "")
            fits = today < day <= last_day(book, today) and book.calendar.start_of_day(day) > now
            return Effect() if fits else "date"
        case "justified" | "not justified":
            return Effect() if any(map(is_bounce, turns(ticket, book))) else "state"
        case "absent":
            first, last = (date.fromisoformat(day) for day in (command.value or "").split("/"))
            return Effect() if book.calendar.day_of(now) <= last <= first + LONGEST_ABSENCE else "date"
    return Effect()


def yet_to_do(effect: Effect, ticket: Ticket, told_at: Moment) -> Effect:
    """What of an effect that was begun is still to be done: all that the ticket never came to since the command.

    What it came to and is no longer so was undone by a person since, and stays undone.
    """
    since = [change for change in ticket.changes if change.at >= told_at]
    sets = {}
    for word, value in effect.sets.items():
        left = value
        if word == "labels":
            left = " ".join(each for each in value.split() if not any(_is_labelled(each, change) for change in since))
        elif any(change.field == word and _is_set(change, value) for change in since):
            left = ""
        if left:
            sets[word] = left
    was_there = any(change.field == "state" and change.now in effect.into for change in since)
    return Effect(sets, () if was_there else effect.into, effect.already)


def _is_set(change: Change, value: str) -> bool:
    """Whether a change set a field to a value; of what is no word of the rulebook only is known that it was set."""
    return change.now is not None and (change.now == value or change.field == "delivered" or change.now == "set")


def _is_labelled(sign: str, change: Change) -> bool:
    """Whether a change put a label on, by `+label`, or took it off, by `-label`."""
    if change.field != "labels":
        return False
    was, now, label = (change.was or "").split(), (change.now or "").split(), sign[1:]
    return label in now and label not in was if sign[0] == "+" else label in was and label not in now


def last_day(book: Rulebook, today: date) -> date:
    """The last day until which a ticket may be snoozed on a day."""
    return today + timedelta(days=book.entries.manners.snooze.amount)


def may_decide(person: str, view: View) -> bool:
    """Whether somebody coordinates the desk or the ticket's queue, or leads, or stands in today for one who does."""
    held = {ROLES[role].person(view) for role in _DECIDE}
    return person in held or person in addressees(_DECIDE, view)


def is_for_coordinators(command: Command) -> bool:
    """Whether only those who coordinate or lead may give a command."""
    return ORDERS[command.word].of_coordinator


def _delivered(channel: str | None, ticket: Ticket, book: Rulebook, today: date) -> Effect | Reason:
    entries, sets = book.entries, {}
    if "delivered" in entries.fields and ticket.delivered_at is None:
        sets["delivered"] = today.isoformat()
    if channel is not None and "channel" in entries.fields:
        shown = next((value for word, value in entries.channels.items() if word == channel), channel)
        if ticket.fields.get("channel") != shown:
            sets["channel"] = shown
    into = _closed(book)
    if ticket.state in into:
        return Effect(sets, already=not sets)
    if not sets and not into:
        return "field"
    return Effect(sets, into)


def _closed(book: Rulebook) -> tuple[str, ...]:
    return tuple(state.state for state in book.entries.states if state.standing == "closed")
