"""Schedules made of a seed: the lives of the tickets, and all that happens besides by the rates of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from bot.core.retention import LEAST_DAYS
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from simulation import network, people, switches, troubles, upheavals  # noqa: F401 - they enter their kinds
from simulation.events import KINDS, Event, Scene, Schedule, Setting
from simulation.office import book_of

DESKS = ("keskkonnaamet", "keskkonnaamet", "viimsi", "smit")
FLAVOURS = ("cloud", "dc")
LIVE = 20
"""About how many tickets are open at a time."""

_DAY, _HOUR, _MINUTE = 24 * 3600, 3600, 60
_ZONE = ZoneInfo("Europe/Tallinn")
_STARTS = (
    datetime(2026, 11, 16),  # an ordinary month
    datetime(2026, 10, 22),  # the clocks go back
    datetime(2026, 12, 14),  # Christmas and the New Year
    datetime(2027, 3, 24),  # the clocks go forward, and Easter
    datetime(2027, 6, 14),  # Midsummer
)
_STORMS = (0.0, 0.5, 1.0, 1.0, 3.0, 8.0)
"""How much more often than by its rate everything fails in a run; in some nothing does."""

_MANNERS: tuple[dict[str, int], ...] = (
    {},
    {},
    {"budget": 3},
    {"budget": 1, "ticket_budget": 3},
    {"ceiling": 3},
    {"budget": 2, "ticket_budget": 50},
)


def schedule(seed: int, days: int) -> Schedule:
    """Everything that happens in a run of so many days: the same for the same seed in every process."""
    chance = Random(f"piletibot {seed}")
    setting = Setting(
        desk=DESKS[seed // 2 % len(DESKS)],
        flavour=FLAVOURS[seed % 2],
        starts_at=int(chance.choice(_STARTS).replace(tzinfo=_ZONE, hour=7).timestamp()),
        days=days,
        manners=dict(chance.choice(_MANNERS)),
        control=chance.random() < 0.7,
        mail=chance.random() < 0.7,
        together=Random(f"piletibot {seed} together").random() < 0.25,
        digest=Random(f"piletibot {seed} digest").random() < 0.25,
        page=Random(f"piletibot {seed} page").choice((1000, 7, 3, 1)),
        keeps_days=Random(f"piletibot {seed} retention").choice((1, 2, LEAST_DAYS, 400)),
        poll_s=chance.choice((300, 1800, 3600, 3600)),
    )
    return Schedule(setting, tuple(events(setting, seed)))


@cache
def _book(desk: str) -> Rulebook:
    return book_of(Setting(desk, "cloud", 0, 0))


def events(setting: Setting, seed: int) -> list[Event]:
    """All events of a run, in order of time; each kind has its own chance, so that another kind changes none."""
    book = _book(setting.desk)
    lives = list(_lives(setting, book, Random(f"piletibot {seed} lives")))
    made = [event for life in lives for event in life]
    ends_at = setting.starts_at + setting.days * _DAY
    storm = Random(f"piletibot {seed} storm").choice(_STORMS)
    for name, kind in KINDS.items():
        per_week = kind.per_week * (1.0 if kind.working else storm)
        if not per_week:
            continue
        chance, at = Random(f"piletibot {seed} {name}"), float(setting.starts_at)
        while (at := at + chance.expovariate(per_week / (7 * _DAY))) < ends_at:
            moment = _in_hours(int(at), setting, book, chance) if kind.working else int(at)
            there = [life[0].ticket for life in lives if life[0].at <= moment <= life[-1].at + _DAY]
            scene = Scene(chance, setting, book, moment, [each for each in there if each is not None])
            held = kind.make(scene)
            if held is not None:
                during = _during(kind.working, chance)
                made.append(Event(at=moment, do=name, **{**during, **held}))  # type: ignore[arg-type]
    return sorted((each for each in made if each.at < ends_at), key=lambda each: each.at)


def _during(working: bool, chance: Random) -> dict[str, str | int]:
    """Some acts of people come while the bot is at work on just that."""
    if not working or chance.random() > 0.15:
        return {}
    return {"during": chance.choice(network.SEAMS), "skip": int(chance.paretovariate(1)) - 1}


def _in_hours(at: Moment, setting: Setting, book: Rulebook, chance: Random) -> Moment:
    """A moment of the same day at which people are at work, as a rule."""
    if chance.random() < 0.1:
        return at
    local = datetime.fromtimestamp(at, _ZONE)
    minutes = int(chance.triangular(7 * 60, 18 * 60, 11 * 60))
    moved = local.replace(hour=minutes // 60, minute=minutes % 60, second=chance.randrange(60))
    return max(int(moved.timestamp()), setting.starts_at)


def _lives(setting: Setting, book: Rulebook, chance: Random) -> Iterator[list[Event]]:
    """The tickets of a run, each as what is done to it from its opening to its end."""
    number = 1
    for _ in range(LIVE * 3 // 4):
        yield _life(number, setting.starts_at + chance.randrange(_DAY // 2), setting, book, chance)
        number += 1
    for day in range(setting.days):
        for _ in range(chance.choice((1, 2, 3, 3, 4, 5))):
            at = _in_hours(setting.starts_at + day * _DAY + chance.randrange(_DAY), setting, book, chance)
            yield _life(number, at, setting, book, chance)
            number += 1


def _life(number: int, at: Moment, setting: Setting, book: Rulebook, chance: Random) -> list[Event]:
    """What is done to a ticket by those whose work it is; much comes late, and some of it never."""
    entries = book.entries
    names = [person.person for person in entries.people]
    forwarder = chance.choice(names)
    owner = chance.choice(names)
    life = [Event(at=at, do="open", ticket=number, who=forwarder, n=chance.randrange(1000))]

    def then(do: str, who: str, what: str | None = None, low: float = 5 * _MINUTE, high: float = 3 * _DAY) -> None:
        nonlocal at
        at = _in_hours(at + int(low * (high / low) ** chance.random()), setting, book, chance)
        at = max(at, life[-1].at + 1)
        extra = {"n": chance.randrange(8)} if do == "comment" else {}
        life.append(Event(at=at, do=do, ticket=number, who=who, what=what, **extra))

    def state(standing: str, tier: int | None, ball: str | None, place: int = 0) -> str | None:
        found = [
            each.state
            for each in entries.states
            if each.standing == standing and each.tier == tier and (ball is None or each.ball == ball)
        ]
        return found[min(place, len(found) - 1)] if found else None

    def go(word: str | None, who: str, high: float = 3 * _DAY) -> None:
        if word is not None:
            then("into", who, word, high=high)

    solved, closed = state("solved", None, None), state("closed", None, None)
    if chance.random() < 0.1:
        go(solved, forwarder)
    else:
        go(state("open", 2, "tier 2"), forwarder, high=_DAY)
        if chance.random() < 0.75:
            then("take", owner)
            go(state("open", 2, "tier 2", 9), owner, high=_HOUR)
        for _ in range(int(chance.paretovariate(1.2)) - 1):
            what = chance.random()
            if what < 0.4:
                then("comment", owner, high=4 * _DAY)
            elif what < 0.7:
                go(state("open", 2, "tier 1"), owner)
                go(state("open", 2, "customer"), forwarder)
                go(state("open", 2, "tier 2", 9), forwarder, high=10 * _DAY)
            elif what < 0.85:
                go(state("open", 2, "third party"), owner)
                go(state("open", 2, "tier 2", 9), owner, high=10 * _DAY)
            else:
                go(state("open", 1, "tier 1"), owner)
                go(state("open", 2, "tier 2"), forwarder)
            if len(life) > 30:
                break
        go(solved, owner, high=8 * _DAY)
    if chance.random() < 0.7:
        then("deliver", forwarder, low=10 * _MINUTE, high=6 * _DAY)
    if chance.random() < 0.1:
        go(state("open", 2, "tier 2"), forwarder)
        go(solved, owner)
    if chance.random() < 0.85:
        go(closed, forwarder, high=5 * _DAY)
    return life
