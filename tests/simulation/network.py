"""What goes wrong between the bot and Jira, and in Jira itself; what becomes of the bot's process and its clock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from purging import purge_all

from bot.core.entries import Ladder
from bot.engine.seams import NAMES
from bot.engine.tracker import TrackerError
from bot.sandbox.faults import Fault
from bot.store.store import StoreError
from simulation.events import Event, Scene, Value, kind
from simulation.office import book_of
from simulation.output import TOKEN

if TYPE_CHECKING:
    from simulation.sim import Simulation

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600

SEAMS = (*(name for name in NAMES if "migration" not in name), "request")
"""Where the process may die, and where others may act while it works: also before each request."""

_QUOTAS = (
    *("jira-quota-global-based", "jira-quota-tenant-based", "jira-burst-based", "jira-per-issue-on-write"),
    *("jira-cost-based", None),
)
_PLACES = ("", "search", "issue", "comment", "changelog|issue/\\d+$", "bulkfetch|search", "transitions", "permission")


def lasts(low: int, high: int):  # type: ignore[no-untyped-def]
    """Events of a kind that last between so many seconds."""
    return lambda scene: {"for_s": scene.seconds(low, high)}


@kind("lag", 3, lambda scene: {"n": scene.seconds(5, 2400), "for_s": scene.seconds(600, DAY)})
def lag(sim: Simulation, event: Event) -> None:
    """The search index lags `n` seconds behind."""
    sim.site.faults.lag_ms = (event.n or 60) * 1000

    def end() -> None:
        sim.site.faults.lag_ms = 0

    sim.lasting(event.for_s or HOUR, end)


@kind("down", 1.5, lambda scene: {"for_s": scene.chance.choice((MINUTE, MINUTE, 10 * MINUTE, HOUR, 3 * HOUR))})
def down(sim: Simulation, event: Event) -> None:
    """Nothing is answered."""
    sim.site.faults.down = True

    def end() -> None:
        sim.site.faults.down = False

    sim.lasting(event.for_s or HOUR, end)


@kind("down for days", 0.05, lasts(DAY, 3 * DAY))
def down_for_days(sim: Simulation, event: Event) -> None:
    down(sim, event)


@kind("read only", 0.5, lasts(10 * MINUTE, DAY))
def read_only(sim: Simulation, event: Event) -> None:
    """Jira is in read-only mode."""
    sim.site.faults.read_only = True

    def end() -> None:
        sim.site.faults.read_only = False

    sim.lasting(event.for_s or HOUR, end)


@kind("short pages", 1, lambda scene: {"n": scene.chance.randrange(1, 12), "for_s": scene.seconds(HOUR, 2 * DAY)})
def short_pages(sim: Simulation, event: Event) -> None:
    """Pages are no longer than `n` rows."""
    sim.site.faults.page_cap = event.n or 1

    def end() -> None:
        sim.site.faults.page_cap = None

    sim.lasting(event.for_s or HOUR, end)


@kind("doubled rows", 1, lasts(HOUR, 2 * DAY))
def doubled_rows(sim: Simulation, event: Event) -> None:
    """The first row of each page comes twice."""
    sim.site.faults.doubled = True

    def end() -> None:
        sim.site.faults.doubled = False

    sim.lasting(event.for_s or HOUR, end)


@kind(
    "hidden",
    0.7,
    lambda scene: (
        {"ticket": scene.chance.choice(scene.tickets), "for_s": scene.seconds(MINUTE, 2 * DAY)}
        if scene.tickets
        else None
    ),
)
def hidden(sim: Simulation, event: Event) -> None:
    """A ticket may not be seen by the bot, for a while."""
    issue = sim.issue(event.ticket)
    if issue is None:
        return
    name = str(issue.id)
    sim.site.faults.forbidden.append(name)

    def end() -> None:
        if name in sim.site.faults.forbidden:
            sim.site.faults.forbidden.remove(name)

    sim.lasting(event.for_s or HOUR, end)


def _failing(scene: Scene) -> Mapping[str, Value]:
    chance = scene.chance
    do = chance.choice(("answer", "answer", "answer", "page", "slow", "truncate", "drop before", "drop after"))
    status = chance.choice((429, 429, 429, 500, 502, 503, 504, 403, 400, 401)) if do == "answer" else 0
    words = [do, str(status), chance.choice(_PLACES), chance.choice(("", "GET", "POST", "PUT"))]
    if status == 429:
        words.append(chance.choice(("", "1", "30", "90", "3600", "90000", "soon")))
        words.append(chance.choice(_QUOTAS) or "")
    else:
        words += ["html" if chance.random() < 0.3 else "", ""]
    return {"what": ";".join(words), "n": chance.choice((1, 1, 1, 2, 3, 5, 6, 12, 40)), "for_s": HOUR}


@kind("failing", 20, _failing)
def failing(sim: Simulation, event: Event) -> None:
    """The next `n` requests of some kind fail in one way; what nobody meets within an hour is past."""
    do, status, path, method, extra, reason = (event.what or "answer;503;;;;").split(";")
    fault = Fault(
        do=do,  # type: ignore[arg-type]
        method=method,
        path=path,
        times=event.n or 1,
        status=int(status) or 503,
        html=extra == "html",
        retry_after=extra if extra and extra != "html" else None,
        reason=reason or None,
        seconds=45.0 if do == "slow" else 0.0,
    )
    sim.site.faults.faults.append(fault)

    def end() -> None:
        sim.site.faults.faults = [each for each in sim.site.faults.faults if each is not fault]

    sim.lasting(event.for_s or HOUR, end)


@kind("forbidden to write", 0.4, lasts(10 * MINUTE, 2 * DAY))
def forbidden_to_write(sim: Simulation, event: Event) -> None:
    """The bot's account loses its permission to comment, for a while."""
    bot = sim.person("piletibot")
    if bot is None:
        return
    bot.denied.add("ADD_COMMENTS")
    sim.lasting(event.for_s or HOUR, lambda: bot.denied.discard("ADD_COMMENTS"))


@kind("token expired", 0.2, lasts(10 * MINUTE, DAY))
def token_expired(sim: Simulation, event: Event) -> None:
    """The bot's account is not let in, for a while."""
    bot = sim.person("piletibot")
    if bot is None or bot.token != TOKEN:
        return
    bot.token = "another-token"

    def end() -> None:
        bot.token = TOKEN

    sim.lasting(event.for_s or HOUR, end)


@kind(
    "mail fails",
    2,
    lambda scene: {
        "what": scene.chance.choice(("away", "later", "never", "lost", "lost before")),
        "n": scene.chance.randrange(1, 6),
    },
)
def mail_fails(sim: Simulation, event: Event) -> None:
    """The mail server fails the next `n` mails in one way."""
    sim.post.fates += [event.what or "away"] * (event.n or 1)


@kind("kill", 6, lambda scene: {"during": scene.chance.choice(SEAMS), "skip": int(scene.chance.paretovariate(1)) - 1})
def kill(sim: Simulation, event: Event) -> None:
    """The process is killed, and started again."""
    sim.die(event.for_s or 30)


@kind(
    "clock jumps",
    0.4,
    lambda scene: {
        "n": scene.chance.choice((-1, 1)) * scene.seconds(5, 6 * HOUR),
        "for_s": scene.seconds(5 * MINUTE, DAY),
    },
)
def clock_jumps(sim: Simulation, event: Event) -> None:
    """The bot's clock is `n` seconds ahead of true time, until somebody sets it right."""
    sim.skew_s = event.n or 0
    sim.trace(f"skew {sim.skew_s}")

    def end() -> None:
        sim.skew_s = 0

    sim.lasting(event.for_s or HOUR, end)


@kind("rules change", 0.4, lambda scene: {"n": scene.chance.randrange(1, 13)})
def rules_change(sim: Simulation, event: Event) -> None:
    """The rulebook is another one from the bot's next cycle on, of another version.

    Up to 3 `n` is for another budget; beyond, one of the first three ladders goes, is put on observe, or comes back.
    """
    n, entries = event.n or 1, sim.book.entries
    changed: dict[str, Any] = {"manners": entries.manners.model_copy(update={"budget": 2 + n})}
    if n > 3:
        ladders = book_of(sim.setting).entries.ladders
        what, name = n % 3, ladders[(n - 4) // 3 % len(ladders)].name
        there = {each.name: each for each in entries.ladders}
        others = [there.get(each.name) if each.name != name else _changed(each, what) for each in ladders]
        changed = {"ladders": tuple(each for each in others if each is not None)}
    version = f"{sim.book.version[:8]}-{sim.now}"
    sim.take_over(replace(sim.book, entries=entries.model_copy(update=changed), version=version))


def _changed(ladder: Ladder, what: int) -> Ladder | None:
    """A ladder that comes back as it was, is on observe, or is gone."""
    return (ladder, ladder.model_copy(update={"observe": True}), None)[what]


@kind("purge", 0.5)
def purge(sim: Simulation, event: Event) -> None:
    """All that the bot keeps of the days before goes, as by the strictest of configurations."""
    if sim.engine is not None and not sim.in_cycle:
        with suppress(TrackerError, StoreError):
            purge_all(sim.engine, sim.bot_now)
