"""All wishes, what was said before, and now: what is spoken, held, withdrawn or only recorded. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple

import msgspec
from msgspec import structs

from bot.core.announced import unannounced
from bot.core.ladder import BREACH, urgency
from bot.core.ledger import COMMAND, DONE, NOTICES, SPOKEN, WAITING, Entry
from bot.core.people import calendar_of
from bot.core.rulebook import Rulebook
from bot.core.silence import silent
from bot.core.steps import Step, Wishes, key_of, rules_of
from bot.core.ticket import Moment


class DeskState(msgspec.Struct, frozen=True):
    """What crosses tickets: what was spoken today, and which projects a person silenced (`*` for all).

    `barred` are the projects in which the account may no longer do what the rules ask.
    `told` is in how many comments each person was addressed today; where it is not given it is counted in `spoken`,
    which otherwise need hold no more than what was spoken on the tickets that are arranged. `letters` tells whether
    letters can leave, without which nothing is said together; `grouped` are the people who were asked today by rules
    that speak together, counted in `spoken` like `told`.
    """

    spoken: tuple[Entry, ...] = ()
    silenced: frozenset[str] = frozenset()
    told: Mapping[str, int] | None = None
    letters: bool = True
    grouped: Set[str] | None = None
    barred: frozenset[str] = frozenset()

    def silent(self, project: str) -> str | None:
        """Why nothing is said in a project; None where something may be."""
        return silent(project, self.silenced, self.barred)


HoldingBack = Literal[
    "silence",
    "label",
    "ceiling",
    "quiet hours",
    "one request a day",
    "one message a day",
    "ticket budget",
    "budget",
    "link",
    "notice",
]
"""What holds a step back: people, in the project or on the ticket, a ticket tied to it, or a manner of the desk."""

_UNTOLD = frozenset(("quiet hours", "one request a day", "one message a day", "ticket budget", "budget"))
"""What holds back a message, but not the fields that are set with it; the state goes with its message."""


class Held(NamedTuple):
    """A step not spoken now, why, and the moment before which it will not be (None: until something changes).

    `by` is what holds it back.
    """

    step: Step
    because: str
    not_before: Moment | None
    by: HoldingBack


@dataclass(slots=True)
class Arrangement:
    """What to do now. `say` holds one comment's steps per entry: the steps due on one ticket are grouped.

    An entry with steps on several tickets is what is said together to the one whom all of them ask. `put` are those
    of the steps held whose fields are set although nothing is said yet; `amend` are steps said before whose comment
    now says something else, each with its row. `unset` are tickets whose fields are left, as so much sets nothing,
    with when they are looked at again for that.
    """

    say: list[tuple[Step, ...]] = field(default_factory=list)
    put: list[Step] = field(default_factory=list)
    unset: dict[str, Moment] = field(default_factory=dict)
    amend: list[tuple[Step, Entry]] = field(default_factory=list)
    hold: list[Held] = field(default_factory=list)
    withdraw: list[str] = field(default_factory=list)
    observe: list[Step] = field(default_factory=list)
    adopt: list[Step] = field(default_factory=list)
    batch: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class Apart:
    """What is decided of each ticket alone, and the steps, ticket by ticket, of which the rest of the desk decides.

    `released` are the keys of those among them that a person let go from a batch.
    """

    arranged: Arrangement = field(default_factory=Arrangement)
    speaking: list[tuple[Step, ...]] = field(default_factory=list)
    released: set[str] = field(default_factory=set)


Unset = Callable[[Sequence[Step]], Sequence[Step]]
"""Which of some steps have fields yet to be set."""


def arrange(
    wishes: Sequence[Wishes],
    ledger: Mapping[str, Entry],
    book: Rulebook,
    desk: DeskState,
    now: Moment,
    unset: Unset = list,
) -> Arrangement:
    """Decide for every wished step whether it is spoken now.

    `ledger` holds the rows of the tickets judged, by key. In this order: what was said is done, but for what of it
    is to be edited, and so is what was recorded, but for fields that nobody has set; a rule's `since`
    adopts; silence and hold labels, the hours of whom the step asks and of its own clock, one open request a ticket
    a day (but for an escalation of that request), the ticket's budget, a notice that must come first, and people's
    budgets hold back, and what is urgent only silence, labels and a notice; `observe` records; and more comments than
    the ceiling allows send nothing at all. Who is told for information only hears of it in working hours and within
    the budget, and otherwise from the summary. Fields of what is held are set if they are `unset`, and no more than
    the ceiling.
    """
    return weigh(apart(wishes, ledger, book, desk, now), book, desk, now, unset)


def apart(
    wishes: Sequence[Wishes], ledger: Mapping[str, Entry], book: Rulebook, desk: DeskState, now: Moment
) -> Apart:
    """The first part of `arrange`, for which tickets may be taken some at a time.

    Of what was spoken no more is asked than that on these tickets, where `desk` gives who is `grouped`.
    """
    found = Apart()
    arranged = found.arranged
    written = _comments_by_ticket(ledger.values())
    grouped = grouped_today(desk, book, now)
    spoken: defaultdict[str, list[Entry]] = defaultdict(list)
    for told in desk.spoken:
        spoken[told.ticket_id].append(told)
    for wish in wishes:
        arranged.amend += _amended(wish, ledger, desk)
        speakable: list[Step] = []
        for step in wish.steps:
            known, told_here = ledger.get(step.key), spoken.get(step.ticket_id, ())
            if (known is not None and is_done(step, known)) or _each_is_done(step, ledger, book):
                continue
            if step.due_at < step.since_at:
                arranged.adopt.append(step)
            elif held := _held(step, wish, known, book, desk, now, told_here, written[step.ticket_id]):
                arranged.hold.append(held)
            elif _is_shared(step) and step.to[0] in grouped and not step.observe:
                because = "today's message about several tickets has gone to whom it asks"
                arranged.hold.append(Held(step, because, _tomorrow(book, now), "one message a day"))
            elif waits := unannounced(step, ledger, book, now):
                arranged.hold.append(Held(step, waits.because, waits.not_before, "notice"))
            else:
                speakable.append(step)
        arranged.observe += [step for step in speakable if step.observe]
        if said := tuple(sorted((step for step in speakable if not step.observe), key=_most_urgent_first)):
            found.speaking.append(said)
            found.released.update(step.key for step in said if _state(ledger, step) == "released")
    arranged.withdraw += _withdrawn(wishes, ledger)
    return found


def weigh(found: Apart, book: Rulebook, desk: DeskState, now: Moment, unset: Unset = list) -> Arrangement:
    """The second part of `arrange`: what is said together, everybody's budget, and the ceiling."""
    arranged, speaking = found.arranged, found.speaking
    if desk.letters and any(map(_is_shared, chain.from_iterable(speaking))):
        speaking = list(_together(speaking))
    if len(speaking) > 1:
        speaking = sorted(speaking, key=lambda steps: (*_most_urgent_first(steps[0]), _number(steps[0].ticket_id)))
    within = _within_budgets(speaking, arranged, book, desk, now)
    released: list[tuple[Step, ...]] = []
    fresh: list[tuple[Step, ...]] = []
    for steps in within:
        let_go = all(step.key in found.released for step in steps)
        (released if let_go else fresh).append(steps)
    put = unset([held.step for held in arranged.hold if may_be_put(held)])
    if len(fresh) > book.entries.manners.ceiling:
        arranged.batch += [step for steps in fresh for step in steps]
        arranged.say += released
        arranged.unset = {step.ticket_id: now for step in put}
    else:
        arranged.say += within
        if len(put) <= book.entries.manners.ceiling:
            arranged.put += put
        else:
            arranged.unset = {step.ticket_id: _tomorrow(book, now) for step in put}
    return arranged


def _amended(wish: Wishes, ledger: Mapping[str, Entry], desk: DeskState) -> Iterator[tuple[Step, Entry]]:
    """The steps said before whose comment is to say something else now; people's silence holds for edits too."""
    if wish.on_hold or desk.silent(wish.project):
        return
    for step in (*wish.steps, *wish.amends):
        known = ledger.get(step.key) if step.edition is not None else None
        if known is not None and known.state == "said" and known.edition != step.edition:
            yield step, known


def _together(speaking: Sequence[tuple[Step, ...]]) -> Iterator[tuple[Step, ...]]:
    """The comments, and one entry for each person who is asked about several tickets by rules that speak together."""
    asked: dict[str, list[Step]] = {}
    for each in speaking:
        for step in filter(_is_shared, each):
            asked.setdefault(step.to[0], []).append(step)
    several = {person for person, steps in asked.items() if len({step.ticket_id for step in steps}) > 1}
    for steps in speaking:
        alone = tuple(step for step in steps if not (_is_shared(step) and step.to[0] in several))
        if alone:
            yield alone
    for person, found in asked.items():
        if person in several:
            yield tuple(sorted(found, key=_most_urgent_first))


def _is_shared(step: Step) -> bool:
    return step.together and not step.urgent and not step.sets


def grouped_today(desk: DeskState, book: Rulebook, now: Moment) -> Set[str]:
    """Who was asked today by a rule that speaks together; nobody where nothing is said together."""
    if not desk.letters:
        return frozenset()
    if desk.grouped is not None:
        return desk.grouped
    rules = {ladder.name for ladder in book.entries.ladders if ladder.together}
    if not rules:
        return frozenset()
    today = book.calendar.start_of_day(book.calendar.day_of(now))
    return {told.to[0] for told in desk.spoken if told.rule in rules and told.at >= today and told.to}


def may_be_put(held: Held) -> bool:
    """Whether what a step that is held sets may be set before its message is said; the state never is."""
    step = held.step
    return held.by in _UNTOLD and bool(step.sets) and not step.observe and "state" not in step.sets


def is_done(step: Step, known: Entry) -> bool:
    """Whether a step needs no more; a message only recorded is past, a queue only recorded is still to be set."""
    return known.state in DONE and not (known.state == "observed" and step.sets and not step.observe)


def _each_is_done(step: Step, ledger: Mapping[str, Entry], book: Rulebook) -> bool:
    """Whether a step in which rules speak together was recorded, or adopted, by each of them on its own."""
    if not step.also and step.key.startswith(f"{book.site}/{step.ticket_id}/{step.rule}/"):
        return False
    alone = [key_of(book.site, step.ticket_id, rule, step.occasion) for rule in rules_of(step)]
    return step.key not in alone and all(key in ledger and is_done(step, ledger[key]) for key in alone)


def _held(
    step: Step,
    wish: Wishes,
    known: Entry | None,
    book: Rulebook,
    desk: DeskState,
    now: Moment,
    spoken: Sequence[Entry],
    written: int,
) -> Held | None:
    calendar = book.calendar
    if because := desk.silent(wish.project):
        return Held(step, because, None, "silence")
    if wish.on_hold:
        return Held(step, f"a person put the label {wish.on_hold} on the ticket", None, "label")
    if step.withheld is not None:
        return Held(step, step.withheld, None, "link")
    if known is not None and known.state == "batched" and not step.observe:
        return Held(step, "it is in a batch over the ceiling, which waits for its release", None, "ceiling")
    if step.urgent:
        return None
    theirs = calendar_of(step.to[0], book)
    if not theirs.is_open(now):
        return Held(step, "quiet hours", theirs.next_opening(now), "quiet hours")
    hours = book.calendars[step.hours] if step.hours else theirs
    if not hours.is_open(now):
        return Held(step, f"quiet hours of {step.hours}", hours.next_opening(now), "quiet hours")
    today = calendar.start_of_day(calendar.day_of(now)) if spoken else now
    for told in spoken:
        if _climbs_on(step, told):
            continue
        if told.at >= today and _urgency(told, book) >= step.urgency > 0:
            because = f"{told.rule} asked about this ticket today"
            return Held(step, because, _tomorrow(book, now), "one request a day")
    over = written >= book.entries.manners.ticket_budget and step.rule not in NOTICES
    if over and "state" not in step.sets:  # nothing is closed without a word
        return Held(step, f"the bot has written {written} comments on this ticket", None, "ticket budget")
    return None


def _comments_by_ticket(entries: Iterable[Entry]) -> Counter[str]:
    """How many comments the bot has written on each ticket: what it said there at one moment stands in one.

    Answers to commands are none of them.
    """
    comments = {(each.ticket_id, each.at) for each in entries if each.state in SPOKEN and each.rule != COMMAND}
    return Counter(ticket_id for ticket_id, _ in comments)


def _climbs_on(step: Step, told: Entry) -> bool:
    """Whether a step is a ladder's next rung beyond its target: the request made today going up, not another one."""
    return told.rule == step.rule and told.rung != step.occasion.rung and step.urgency == BREACH


def _within_budgets(
    speaking: Iterable[tuple[Step, ...]],
    arranged: Arrangement,
    book: Rulebook,
    desk: DeskState,
    now: Moment,
) -> list[tuple[Step, ...]]:
    """The comments that keep everybody's budget, most urgent first; the others are held until tomorrow.

    A comment need not wait for those that are only told of it.
    """
    told = _told_today(desk, book, now) if desk.told is None else desk.told
    more: Counter[str] = Counter()
    by_letter: set[str] = set()
    budget = book.entries.manners.budget
    kept: list[tuple[Step, ...]] = []

    for steps in speaking:
        known = by_letter if _is_letter(steps) else frozenset[str]()  # of all letters one alone is a message
        full = {
            person
            for step in steps
            for person in step.to
            if person not in known and told.get(person, 0) + more[person] >= budget
        }
        within = tuple(step for step in steps if step.urgent or step.to[0] not in full)
        for step in steps:
            if step not in within:
                because = f"today's budget of messages is spent for {step.to[0]}"
                arranged.hold.append(Held(step, because, _tomorrow(book, now), "budget"))
        if within:
            asked = {step.to[0] for step in within}
            away = {
                person
                for step in within
                for person in step.to
                if not (step.urgent or person in asked)
                and (person in full or not calendar_of(person, book).is_open(now))
            }
            kept.append(tuple(without(step, away) for step in within))
            hear = {person for step in within for person in step.to if step.urgent or person not in away}
            more.update(hear - known)
            if _is_letter(steps):
                by_letter |= hear
    return kept


def _is_letter(steps: Sequence[Step]) -> bool:
    """Whether this is said together, of several tickets."""
    return any(step.ticket_id != steps[0].ticket_id for step in steps)


def without(step: Step, away: Set[str]) -> Step:
    """The same step without those who are not told of it now; one that is urgent is told to all."""
    left = () if step.urgent else tuple(person for person in step.to[1:] if person in away)
    if not left:
        return step
    return structs.replace(step, to=tuple(person for person in step.to if person not in left), left=left)


def _told_today(desk: DeskState, book: Rulebook, now: Moment) -> Mapping[str, int]:
    calendar = book.calendar
    today = calendar.start_of_day(calendar.day_of(now)) if desk.spoken else now
    return Counter(told_in((told for told in desk.spoken if told.at >= today), book))


def told_in(spoken: Iterable[Entry], book: Rulebook) -> Iterator[str]:
    """Who was addressed in what was spoken, once for each comment, and for each letter about several tickets."""
    together = {ladder.name for ladder in book.entries.ladders if ladder.together}

    def message(told: Entry) -> tuple[Moment, str | None, str]:
        by_letter = told.rule in together and told.state == "said" and told.comment_id is None
        return told.at, told.comment_id, "" if by_letter else told.ticket_id

    yield from (who for _, who in {(message(told), who) for told in spoken for who in told.to})


def _withdrawn(wishes: Sequence[Wishes], ledger: Mapping[str, Entry]) -> list[str]:
    waiting = [(key, told) for key, told in ledger.items() if told.state in WAITING]
    if not waiting:
        return []
    judged = {wish.ticket_id for wish in wishes}
    wished = {step.key for wish in wishes for step in wish.steps}
    return [key for key, told in waiting if told.ticket_id in judged and key not in wished]


def _most_urgent_first(step: Step) -> tuple[int, int, Moment, str]:
    return (-step.raised, -step.urgency, step.due_at, step.rule)


def _number(ticket_id: str) -> tuple[int, str]:
    return (int(ticket_id) if ticket_id.isdecimal() else 0, ticket_id)


def _state(ledger: Mapping[str, Entry], step: Step) -> str | None:
    known = ledger.get(step.key)
    return known.state if known else None


def _urgency(told: Entry, book: Rulebook) -> int:
    for ladder in book.entries.ladders:
        if ladder.name == told.rule:
            return max((urgency(rung) for rung in ladder.rungs if rung.rung == told.rung), default=0)
    return 0


def _tomorrow(book: Rulebook, now: Moment) -> Moment:
    calendar = book.calendar
    tomorrow = calendar.start_of_day(calendar.day_of(calendar.start_of_day(calendar.day_of(now)) + 36 * 3600))
    return calendar.next_opening(tomorrow)
