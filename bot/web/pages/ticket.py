"""A ticket's timeline: what happened, its clocks drawn, what the bot said and would say next, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from bot.core.explanation import (
    ClockAct,
    ClockFacts,
    Condition,
    Event,
    RuleFacts,
    Run,
    RungFacts,
    Told,
    Value,
)
from bot.core.history import forwarder
from bot.core.judge import look
from bot.core.phrases import PHRASED
from bot.core.steps import Day
from bot.describe.voice import Voice
from bot.report.asking import explained, known_of
from bot.web.drawing import draw
from bot.web.page import Asked, NotShown, Page
from bot.web.reader import STAFF, may_know, may_open

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ESCAPED = re.compile(r"\\(.)|`")

SPEAKS = frozenset({"say", "observe", "hold", "adopt", "hushed", "paused", "not yet"})
"""The outcomes of rules that say something now, or will."""


def show(asked: Asked) -> Mapping[str, Any]:
    """Explain a ticket that the reader may open. Raises NotShown."""
    store, book = asked.source.store, asked.book
    key = asked.given["key"]
    if not key.isprintable():  # a database may refuse to look for it
        raise NotShown(key)
    ticket = store.ticket_of(key) or store.ticket_of(key.upper())
    if ticket is None:
        raise NotShown(key)
    try:
        view = look(ticket, book, asked.now, known_of(store, book, ticket, asked.now)).view
        found = explained(store, book, ticket, asked.now)
    except ValueError:  # an amount of time that takes more than 50 years: the cycle reports it
        raise NotShown(key) from None
    people = (ticket.owner, ticket.reporter, forwarder(ticket, view.happened, book))
    known = may_know(asked.audience, secured=ticket.secured, spared=view.spared, book=book)
    if not known or not may_open(asked.audience, people, ticket.queue, book):
        raise NotShown(key)
    only_bot = asked.query.get("only") == "bot"
    return {
        "ticket": found.ticket,
        "trouble_at": None if (trouble := store.laid_aside(ticket.id)) is None else trouble.at,
        "browse": asked.source.browse,
        "found": found,
        "drawing": draw(found, partial(asked.name, "policy")),
        "clocks": [clock for clock in found.clocks if clock.runs],
        "deadlines": [each for each in found.deadlines if each.due_at is not None],
        "events": [event for event in found.timeline if event.steps or not only_bot],
        "only_bot": only_bot,
        "ahead": [rule for rule in found.rules if rule.outcome in SPEAKS],
        "silent": [rule for rule in found.rules if rule.outcome not in SPEAKS],
        "tell": _Telling(asked, ticket.queue),
    }


class _Telling:
    """What the template says of an explanation, in the reader's words."""

    def __init__(self, asked: Asked, queue: str | None) -> None:
        self._asked = asked
        self._queue = queue
        self._words = asked.words
        entries = asked.book.entries
        self._languages = (asked.language, entries.language)
        self._when = {rule.name: rule.when for rule in entries.ladders}
        self._when |= {rule.name: rule.when for rule in entries.completeness}
        self._when |= {route.route: route.when for route in entries.routes}

    def word(self, kind: str, word: str) -> str:
        """A word of the bot's in the reader's language: an outcome, a state of the ledger, a role."""
        return self._words.get(f"{kind}_{word}", word)

    def value(self, word: str, value: str | None) -> str:
        """The value of a field, or of what follows from one."""
        asked = self._asked
        if value is None:
            return "–"
        match word:
            case "state" | "queue":
                return asked.name(word, value)
            case "tier":
                return {"1": "I", "2": "II"}.get(value, value)
            case "ball" | "stands":
                return self.word(word, value)
            case "category" | "priority":
                return asked.choice(word, value)
            case "owner" | "forwarder":
                return asked.who(value)
            case "command":
                order, _, decided = value.rpartition(", ")
                return ", ".join(filter(None, (self._order(order), self.word("decided", decided))))
            case "work":
                return self._words.get(f"work_{value}") or asked.title(value)
            case _ if _DAY.fullmatch(value):
                return asked.shown(Day(date.fromisoformat(value)))
            case _:
                return self.word("is", value)

    def _order(self, order: str) -> str:
        """A command in the reader's language; as it was kept where it is none any more."""
        try:
            return self._asked.name("order", order) if order else ""
        except (KeyError, ValueError):
            return order

    def changed(self, value: Value) -> str:
        """What a field was and became, as far as it is told."""
        title = self._words.get(f"field_{value.word}") or self._asked.title(value.word)
        if not value.told:
            did = "emptied" if value.now is None else "filled" if value.was is None else "changed"
            return f"{title}: {self._words[did]}"
        word = "stands" if value.word == "standing" else value.word
        now = self.value(word, value.now)
        return f"{title}: {now}" if value.was is None else f"{title}: {self.value(word, value.was)} → {now}"

    def who(self, event: Event) -> str:
        """Who did something: what they are to the ticket, and the person where the rulebook names them."""
        role = self.word("role", event.by)
        return f"{role} ({event.person})" if event.person else role

    def to(self, step: Told) -> str:
        """Whom a step was for."""
        return ", ".join(self.word("role", each) for each in step.to) or "–"

    def why(self, rule: str) -> str:
        """The rule's own reason, in the reader's language where it has one."""
        return self._asked.name("why", rule)

    def next_rung(self, rule: RuleFacts) -> RungFacts | None:
        """The next rung of a ladder that is not reached yet."""
        return next((rung for rung in rule.rungs if rung.reach == "next" and rung.reached_at is not None), None)

    def target(self, clock: ClockFacts) -> str:
        """The target that applies."""
        return next((target.within for target in clock.targets if target.applies), "–")

    def day_s(self, run: Run) -> int:
        """How long a working day is on a clock, in seconds."""
        policy = self._asked.book.policies[run.clock]
        return self._asked.book.calendar_of(policy.calendar, self._queue).day_s

    def acts(self, event: Event) -> Sequence[ClockAct]:
        """What an event did to the clocks of policies; those that ladders count by are named in their rules."""
        return [act for act in event.clocks if act.clock in self._asked.book.policies]

    def clauses(self, rule: RuleFacts) -> Sequence[tuple[Condition, str, str]]:
        """The conditions of a rule, each with the clause that says it and its language; else with its bare word."""
        when = self._when.get(rule.rule, {})
        language = next(each for each in (*self._languages, "en") if each in PHRASED)
        voice = Voice(self._asked.book, self._asked.source.messages(), language)
        return [
            (one, _bare(voice.conditions({one.word: when[one.word]})) if one.word in when else "", language)
            for one in rule.conditions
        ]


def _bare(text: str) -> str:
    """A clause without the marks of Markdown."""
    return _ESCAPED.sub(lambda found: found[1] or "", text)


PAGE = Page("ticket", "/tickets/{key}", STAFF, show, in_menu=False)
