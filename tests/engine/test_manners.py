"""Nobody is told more in a day than their budget, outside their hours, or the same twice, whatever people do.

Desks on which everybody acts at random are lived through: 1,000 working days in the suite, of which 30 by the whole
bot under the shipped rulebooks and 970 by its judging and arranging alone, under the small one; 10,000 by the whole
bot in `make soak`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from fake_tracker import FakeTracker
from small_desk import SECTIONS
from small_desk import book as small_book

from bot.core.arrange import DeskState, arrange
from bot.core.judge import judge
from bot.core.ledger import Entry, row, turned
from bot.core.people import calendar_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine
from bot.shipped import rules_folder
from bot.start import read_desk
from bot.store.store import open_store

HOUR = 3600
TALLINN = ZoneInfo("Europe/Tallinn")
BEGINS = int(datetime(2026, 10, 5, 6, tzinfo=TALLINN).timestamp())
"""A Monday; the clocks go back after three weeks."""

REPEATED = "the bot's last comment says the same"
NAMES = ("keskkonnaamet", "viimsi", "smit")
EVENINGS = {"timezone": "Europe/Tallinn", "hours": {"mon-sat": "14:00-21:00"}}


class People:
    """Everybody acts at random on the tickets of a tracker."""

    def __init__(self, book: Rulebook, seed: int) -> None:
        self.book, self.chance, self.now = book, Random(seed), BEGINS
        entries = book.entries
        self.tracker = FakeTracker(
            lambda: self.now * 1000,
            project=entries.projects[0],
            states=frozenset(state.state for state in entries.states),
            fields=frozenset(entries.fields),
        )
        self.people = [person.person for person in entries.people]
        self.queues = [queue.queue for queue in entries.queues]

    def act(self) -> str:
        """Somebody does something to some ticket, or opens one; returns its id."""
        chance, tracker, entries = self.chance, self.tracker, self.book.entries
        open_ = [ticket.id for ticket in tracker.tickets.values() if ticket.state != "closed"]
        who = chance.choice(self.people)
        if len(open_) < 12 or chance.random() < 0.15:
            priority = chance.choice([*entries.priorities, None])
            return tracker.open(who, category=chance.choice([*entries.categories]), priority=priority)
        ticket = chance.choice(open_)
        match chance.randrange(8):
            case 0 | 1 | 2:
                tracker.change(ticket, who, state=chance.choice(entries.states).state)
            case 3:
                tracker.change(ticket, who, owner=chance.choice([*self.people, None]))
            case 4:
                tracker.change(ticket, who, queue=chance.choice([*self.queues, None]))
            case 5:
                tracker.change(ticket, who, delivered=chance.choice(["yes", None]))
            case 6:
                tracker.label(ticket, who, *chance.choice([(), (), (entries.manners.hold,)]))
            case _:
                tracker.write(ticket, who)
        return ticket

    def days(self, days: int) -> Iterator[set[str]]:
        """Live so many working days, with nights and weekends; gives what was touched before each cycle."""
        chance, until = self.chance, BEGINS + days * 7 * 24 * HOUR // 5
        while self.now < until:
            busy = 7 <= datetime.fromtimestamp(self.now, TALLINN).hour < 19
            yield {self.act() for _ in range(chance.randrange(5) if busy else chance.random() < 0.1)}
            self.now += chance.randrange(HOUR, 4 * HOUR) if busy else chance.randrange(3 * HOUR, 8 * HOUR)


def unmannerly(said: Iterable[Entry], book: Rulebook) -> Iterator[str]:
    """Everything that was said as it should not have been; what is urgent may be said at any time."""
    calm = [
        entry for entry in said if not any(entry.rule == each.name and each.urgent for each in book.entries.ladders)
    ]
    told: defaultdict[tuple[str, str], set[tuple[str, Moment]]] = defaultdict(set)
    comments: defaultdict[str, set[Moment]] = defaultdict(set)
    for entry in calm:
        comments[entry.ticket_id].add(entry.at)
        for person in entry.to:
            if not calendar_of(person, book).is_open(entry.at):
                yield f"{entry.key} to {person} outside their hours"
            told[person, str(book.calendar.day_of(entry.at))].add((entry.ticket_id, entry.at))
    manners = book.entries.manners
    for (person, day), found in told.items():
        if len(found) > manners.budget:
            yield f"{len(found)} to {person} on {day}"
    for ticket, moments in comments.items():
        if len(moments) > manners.ticket_budget:
            yield f"{len(moments)} comments on {ticket}"


def lived(name: str, seed: int, days: int) -> tuple[Rulebook, list[Entry], FakeTracker]:
    """A shipped desk lived through by the whole bot, in a database."""
    desk = read_desk(rules_folder() / name, "manners")
    people = People(desk.book, seed)
    engine = Engine(people.tracker, open_store("sqlite://"), desk.book, desk.messages, "facts")
    for _ in people.days(days):
        cycle(engine, people.now)
    rows = [entry for entry in engine.store.ledger() if entry.state == "said" and entry.because != REPEATED]
    return desk.book, rows, people.tracker


def check(book: Rulebook, rows: list[Entry], tracker: FakeTracker) -> None:
    assert len(rows) > 30, "the desk has much to hear"
    assert list(unmannerly(rows, book)) == []
    keys = Counter(key for spoken in tracker.spoken for key in spoken.said.keys)
    assert [key for key, times in keys.items() if times > 1] == []
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for spoken in tracker.spoken:
        texts[spoken.ticket_id].append(spoken.said.text_hash)
    assert [ticket for ticket, told in texts.items() if any(one == other for one, other in pairwise(told))] == []


@pytest.mark.parametrize("name", NAMES)
def test_nobody_hears_too_much_or_too_late_or_the_same_again(name: str) -> None:
    check(*lived(name, 1, 10))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_ten_thousand_days(seed: int) -> None:
    check(*lived(NAMES[seed % 3], 100 + seed, 50))


def judged(seed: int, days: int) -> tuple[Rulebook, list[Entry]]:
    """A small desk lived through by judging and arranging; ann and dan work in the evenings, Saturdays too."""
    people_ = [{"person": name, "account": name} for name in ("bob", "cid", "lea", "rus")]
    people_ += [{"person": name, "account": name, "calendar": "evenings"} for name in ("ann", "dan")]
    calendars = SECTIONS["calendars"] | {"evenings": EVENINGS}
    book = small_book(people=people_, calendars=calendars, manners={"budget": 2, "ticket_budget": 3, "ceiling": 99})
    people, ledger, spoken, again = People(book, seed), dict[str, Entry](), list[Entry](), dict[str, Moment]()
    for touched in people.days(days):
        now = people.now
        due = touched | {ticket for ticket, at in again.items() if at <= now}
        wishes = [judge(people.tracker.tickets[ticket], book, now) for ticket in sorted(due)]
        today = book.calendar.start_of_day(book.calendar.day_of(now))
        spoken = [entry for entry in spoken if entry.at >= today]
        mine = {key: entry for key, entry in ledger.items() if entry.ticket_id in due}
        arranged = arrange(wishes, mine, book, DeskState(tuple(spoken)), now)
        again |= {wish.ticket_id: wish.look_again_at or now + 10**9 for wish in wishes}
        for held in arranged.hold:
            ledger[held.step.key] = row(held.step, "held", held.because, now, "1", held.not_before)
            again[held.step.ticket_id] = min(again[held.step.ticket_id], held.not_before or now + 10**9)
        ledger |= {key: turned(ledger[key], "withdrawn", "", now) for key in arranged.withdraw}
        rows = [row(step, "said", "", now, "1") for steps in arranged.say for step in steps]
        assert not [entry.key for entry in rows if entry.key in ledger and ledger[entry.key].state == "said"]
        ledger |= {entry.key: entry for entry in rows}
        spoken += rows
    return book, [entry for entry in ledger.values() if entry.state == "said"]


@pytest.mark.parametrize("seed", [n if n < 4 else pytest.param(n, marks=pytest.mark.soak) for n in range(10)])
def test_a_small_desk_is_mannerly_too(seed: int) -> None:
    book, rows = judged(seed, 97)
    assert len(rows) > 30
    assert list(unmannerly(rows, book)) == []
