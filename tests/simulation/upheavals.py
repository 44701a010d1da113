"""What befalls Jira itself: its limits, its pages, its tickets and names, and what the bot may do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from bot.sandbox.faults import PATIENCE
from bot.sandbox.fitted import BOT
from bot.sandbox.upheavals import befall
from simulation.events import Event, Scene, Value, kind
from simulation.network import DAY, HOUR, MINUTE, lasts

if TYPE_CHECKING:
    from simulation.sim import Simulation


def _turned(sim: Simulation, event: Event, **knobs: Any) -> None:
    """Turn knobs of Jira's faults for a while, and back to what they are when all is well."""
    faults = sim.site.faults
    well = {name: getattr(type(faults)(), name) for name in knobs}
    for name, value in knobs.items():
        setattr(faults, name, value)

    def end() -> None:
        for name, value in well.items():
            setattr(sim.site.faults, name, value)

    sim.lasting(event.for_s or HOUR, end)


@kind("shuffled rows", 1, lasts(HOUR, 2 * DAY))
def shuffled_rows(sim: Simulation, event: Event) -> None:
    """The rows of each page come in another order."""
    _turned(sim, event, shuffled=True)


@kind("uneven lag", 2, lambda scene: {"n": scene.seconds(20, 280), "for_s": scene.seconds(HOUR, 2 * DAY)})
def uneven_lag(sim: Simulation, event: Event) -> None:
    """The search index lags `n` seconds behind with some tickets, and less or not at all with others."""
    _turned(sim, event, lag_ms=(event.n or 60) * 1000, uneven=True)


@kind("expired pages", 1, lambda scene: {"n": scene.chance.randrange(1, 5), "for_s": scene.seconds(HOUR, DAY)})
def expired_pages(sim: Simulation, event: Event) -> None:
    """Pages have no more than `n` rows, and the token of the next one expires as soon as it is given."""
    _turned(sim, event, page_cap=event.n or 1, tokens_last_ms=-1)


def _so_many(low: int, high: int, longest_s: int) -> Callable[[Scene], Mapping[str, Value]]:
    return lambda scene: {"n": scene.chance.randrange(low, high), "for_s": scene.seconds(MINUTE, longest_s)}


@kind("burst", 0.5, _so_many(2, 10, HOUR))
def burst(sim: Simulation, event: Event) -> None:
    """Cloud takes no more than `n` requests to one endpoint in a second."""
    _turned(sim, event, burst=event.n or 2)


@kind("quota", 0.5, _so_many(20, 200, 6 * HOUR))
def quota(sim: Simulation, event: Event) -> None:
    """Cloud gives no more than `n` points in an hour."""
    _turned(sim, event, quota=event.n or 20)


@kind("bucket", 0.5, _so_many(2, 10, HOUR))
def bucket(sim: Simulation, event: Event) -> None:
    """Data Center takes no more than `n` requests of the bot in a second."""
    _turned(sim, event, bucket=event.n or 2)


@kind("patience", 3, lambda scene: {"what": scene.chance.choice(list(PATIENCE)), "n": scene.chance.randrange(1, 8)})
def patience(sim: Simulation, event: Event) -> None:
    """The next `n` requests are asked for patience, in one of the ways of this kind of Jira."""
    flavour, fault = PATIENCE[event.what or "burst"]
    if flavour == sim.setting.flavour:
        times = event.n or 1
        asked = replace(fault, times=times)
        if event.what == "a date":
            until = datetime.fromtimestamp(sim.now + times * 5 * MINUTE, UTC)
            asked = replace(asked, retry_after=format_datetime(until, usegmt=True))
        sim.site.faults.faults.append(asked)

        def end() -> None:
            sim.site.faults.faults = [each for each in sim.site.faults.faults if each is not asked]

        sim.lasting(HOUR, end)


RIGHTS = ("BROWSE_PROJECTS", "EDIT_ISSUES", "ASSIGN_ISSUES", "TRANSITION_ISSUES", "EDIT_OWN_COMMENTS")


@kind("right lost", 1, lambda scene: {"what": scene.chance.choice(RIGHTS), "for_s": scene.seconds(MINUTE, 2 * DAY)})
def right_lost(sim: Simulation, event: Event) -> None:
    """The bot's account loses a right in the desk's project, and regains it."""
    right = {"user": BOT, "permission": f"{event.what}:{sim.book.entries.projects[0]}"}
    befall(sim.world, {"act": "forbid", **right})
    sim.lasting(event.for_s or HOUR, lambda: befall(sim.world, {"act": "allow", **right}))


@kind("account off", 0.1, lasts(10 * MINUTE, DAY))
def account_off(sim: Simulation, event: Event) -> None:
    """The bot's account is switched off, and on again."""
    befall(sim.world, {"act": "deactivate", "user": BOT})
    sim.lasting(event.for_s or HOUR, lambda: befall(sim.world, {"act": "activate", "user": BOT}))


def _one(scene: Scene) -> Mapping[str, Value] | None:
    if not scene.tickets:
        return None
    return {"ticket": scene.chance.choice(scene.tickets), "who": scene.somebody()}


def _for_a_while(scene: Scene) -> Mapping[str, Value] | None:
    found = _one(scene)
    return None if found is None else {**found, "for_s": scene.seconds(10 * MINUTE, 5 * DAY)}


def _into_another(scene: Scene) -> Mapping[str, Value] | None:
    found = _one(scene)
    return None if found is None else {**found, "n": scene.chance.choice(scene.tickets)}


@kind("archive", 0.5, _for_a_while, working=True)
def archive(sim: Simulation, event: Event) -> None:
    """A ticket is archived: read by its id, never found, not to be written to; and brought back after a while."""
    issue = sim.issue(event.ticket)
    if issue is not None:
        befall(sim.world, {"act": "archive", "issue": issue.id})

        def back() -> None:
            if issue.id in sim.world.issues:
                befall(sim.world, {"act": "restore", "issue": issue.id})

        sim.lasting(event.for_s or HOUR, back)


@kind("merge", 1, _into_another, working=True)
def merge(sim: Simulation, event: Event) -> None:
    """A ticket is closed as a duplicate of another."""
    issue, into = sim.issue(event.ticket), sim.issue(event.n)
    if issue is not None and into is not None and issue is not into and sim.person(event.who or "") is not None:
        befall(sim.world, {"act": "merge", "issue": issue.id, "into": into.id, "by": event.who})


@kind(
    "rename status",
    0.2,
    lambda scene: {"n": scene.chance.randrange(100), "for_s": scene.seconds(HOUR, 3 * DAY)},
    working=True,
)
def rename_status(sim: Simulation, event: Event) -> None:
    """A status is called otherwise, until somebody tells the administrator what that did."""
    statuses = list(sim.world.statuses.values())
    status = statuses[(event.n or 0) % len(statuses)]
    name = status["name"]
    befall(sim.world, {"act": "rename status", "status": status["id"], "name": f"{name} II"})
    back = {"act": "rename status", "status": status["id"], "name": name}
    sim.lasting(event.for_s or HOUR, lambda: befall(sim.world, back))


@kind(
    "rename account",
    0.2,
    lambda scene: {"who": scene.somebody(), "for_s": scene.seconds(HOUR, 3 * DAY)},
    working=True,
)
def rename_account(sim: Simulation, event: Event) -> None:
    """Somebody gets another user name, and back: the account and its key stay. On Cloud there are no such names."""
    person = sim.person(event.who or "")
    if person is None or sim.setting.flavour != "dc":
        return
    name, shown = person.name, person.display_name
    befall(sim.world, {"act": "rename", "user": name, "name": f"{name}x", "display_name": f"{shown} III"})
    back = {"act": "rename", "user": person.key, "name": name, "display_name": shown}
    sim.once_called[f"{name}x"], sim.renamed_at[name] = name, sim.now

    def end() -> None:
        befall(sim.world, back)
        sim.renamed_at[name] = sim.now

    sim.lasting(event.for_s or HOUR, end)
