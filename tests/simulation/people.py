"""What people do at the desk. Each kind of act is one function here, with how often it happens in a week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from canaries import PERSONAL, PROSE

from bot.core.commands import CHANNELS, ORDERS, as_told
from bot.sandbox import acts
from simulation.events import Event, Scene, Value, kind
from simulation.wire import keys_in

if TYPE_CHECKING:
    from simulation.sim import Simulation

WORDS = (
    "Uurin, annan varsti teada.",
    "Vajan kliendilt täpsustust, palun küsige: mis kell viga tekkis?",
    "Klient saatis veel ühe ekraanipildi, viga tuleb ette ka teises brauseris.",
    "Põhjus on leitud ja kõrvaldatud.",
    "Aitäh!",
    "Tegelen.",
    "Kas klient on kättesaadav?",
    "Täpsustan: tellija on üks ja seesama, andmed on parandatud ja kontrollitud.",
)


_UNKNOWN = "kuidas läheb"
"""What no bot understands; whom it is about is told with it."""

_NOT_KNOWN = "ei ole teada"
"""What stands in a field when the customer could not tell."""


def _a_ticket(scene: Scene) -> Mapping[str, Value] | None:
    if not scene.tickets:
        return None
    return {"ticket": scene.chance.choice(scene.tickets), "who": scene.somebody()}


def _with(**values: Value):  # type: ignore[no-untyped-def]
    def make(scene: Scene) -> Mapping[str, Value] | None:
        found = _a_ticket(scene)
        return None if found is None else {**found, **values}

    return make


# The life of a ticket, which the schedule writes (`simulation.schedules`).


@kind("open")
def open_(sim: Simulation, event: Event) -> None:
    sim.open_ticket(event.ticket or 0, event.who or "", event.n or 0, event.what or "")


@kind("into")
def into(sim: Simulation, event: Event) -> None:
    """Bring a ticket into a state."""
    sim.act(event.ticket, event.who or "", f"into {event.what}")


@kind("take")
def take(sim: Simulation, event: Event) -> None:
    sim.act(event.ticket, event.who or "", "take")


@kind("deliver")
def deliver(sim: Simulation, event: Event) -> None:
    sim.act(event.ticket, event.who or "", "deliver")


def _anything(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    return None if found is None else {**found, "n": scene.chance.randrange(len(WORDS))}


@kind("comment", 25, _anything, working=True)
def comment(sim: Simulation, event: Event) -> None:
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    if issue is not None and person is not None:
        more = f"\n\n{PROSE}" if event.at % 4 == 0 else ""
        acts.comment(sim.world, issue, person, WORDS[(event.n or 0) % len(WORDS)] + more)


def _a_queue(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    queue = scene.chance.choice([each.values[0] for each in scene.book.entries.queues if each.values])
    return None if found is None else {**found, "what": queue}


@kind("queue", 6, _a_queue, working=True)
def queue(sim: Simulation, event: Event) -> None:
    """Put a ticket into a queue, or hand it on to another."""
    sim.act(event.ticket, event.who or "", "queue", event.what or "")


@kind("no queue", 1, _with(), working=True)
def no_queue(sim: Simulation, event: Event) -> None:
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    field = sim.field("queue")
    if issue is not None and person is not None and field is not None:
        acts.edit(sim.world, issue, person, {field: None})


def _a_gap(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    what = scene.chance.choice((_NOT_KNOWN, _NOT_KNOWN, None))
    return None if found is None else {**found, "what": what, "n": scene.chance.randrange(100)}


@kind("fill", 12, _a_gap, working=True)
def fill(sim: Simulation, event: Event) -> None:
    """Fill in, or empty, one of the fields of free text that a ticket of the desk has."""
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    names = [field.name for field in sim.story.fields.values() if field.type == "string"]
    found = next(
        (each for each in sim.world.fields.values() if each.name == names[(event.n or 0) % len(names)]), None
    )
    if issue is not None and person is not None and found is not None:
        acts.edit(sim.world, issue, person, {found.id: event.what})


def _somebody_else(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    return None if found is None else {**found, "what": scene.chance.choice([*scene.people, None])}


@kind("hand on", 8, _somebody_else, working=True)
def hand_on(sim: Simulation, event: Event) -> None:
    """Assign a ticket to somebody, or to nobody."""
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    if issue is not None and person is not None:
        acts.edit(sim.world, issue, person, {"assignee": sim.person(event.what or "")})


def _any_state(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    return None if found is None else {**found, "what": scene.chance.choice(scene.book.entries.states).state}


@kind("any state", 6, _any_state, working=True)
def any_state(sim: Simulation, event: Event) -> None:
    into(sim, event)


def _a_priority(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    return None if found is None else {**found, "what": scene.chance.choice(list(scene.book.entries.priorities))}


@kind("priority", 2, _a_priority, working=True)
def priority(sim: Simulation, event: Event) -> None:
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    name = sim.book.entries.priorities.get(event.what or "")
    found = next((each for each in sim.world.priorities.values() if each["name"] == name), None)
    if issue is not None and person is not None and found is not None:
        acts.edit(sim.world, issue, person, {"priority": found})


@kind("hold", 3, _with(), working=True)
def hold(sim: Simulation, event: Event) -> None:
    """Put the hold label on a ticket."""
    _label(sim, event, sim.book.entries.manners.hold, on=True)


@kind("unhold", 3, _with(), working=True)
def unhold(sim: Simulation, event: Event) -> None:
    _label(sim, event, sim.book.entries.manners.hold, on=False)


@kind("label", 2, _with(what="kiire"), working=True)
def label(sim: Simulation, event: Event) -> None:
    """Put a label on a ticket; some are somebody's address."""
    _label(sim, event, PERSONAL["customer's address"] if event.at % 2 else event.what or "kiire", on=True)


@kind("unlabel", 2, _with(), working=True)
def unlabel(sim: Simulation, event: Event) -> None:
    """Take off all labels of a ticket, whoever put them on; but that which silences it."""
    issue = sim.issue(event.ticket)
    for name in () if issue is None else [*issue.fields["labels"]]:
        if name != sim.book.entries.manners.hold:
            _label(sim, event, name, on=False)


def _label(sim: Simulation, event: Event, name: str, *, on: bool) -> None:
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    if issue is not None and person is not None:
        others = [each for each in issue.fields["labels"] if each != name]
        acts.edit(sim.world, issue, person, {"labels": [*others, name] if on else others})


def _for_a_while(low: int, high: int):  # type: ignore[no-untyped-def]
    def make(scene: Scene) -> Mapping[str, Value] | None:
        return {"who": scene.book.entries.roles.lead, "for_s": scene.seconds(low, high)}

    return make


@kind("silence", 0.5, _for_a_while(900, 2 * 24 * 3600), working=True)
def silence(sim: Simulation, event: Event) -> None:
    """Silence everything by the control ticket, for a while."""
    if not sim.setting.control:
        return
    on = Event(event.at, "hold", ticket=0, who=event.who)
    hold(sim, on)
    sim.lasting(event.for_s or 3600, lambda: unhold(sim, on))


@kind("delete comment", 2, _with(), working=True)
def delete_comment(sim: Simulation, event: Event) -> None:
    """Delete the bot's last comment on a ticket."""
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    own = [] if issue is None else [each for each in issue.comments if keys_in(each)]
    if issue is not None and person is not None and own:
        sim.unproven |= {key for key in keys_in(own[-1]) if not sim.is_proven(key)}
        acts.unsay(sim.world, issue, own[-1], person)


@kind("edit comment", 2, _with(), working=True)
def edit_comment(sim: Simulation, event: Event) -> None:
    """Write something else over the bot's last comment on a ticket."""
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    own = [] if issue is None else [each for each in issue.comments if keys_in(each)]
    if issue is not None and person is not None and own:
        acts.reword(sim.world, issue, own[-1], person, "Kustutatud.")


@kind("delete", 0.4, _with(), working=True)
def delete(sim: Simulation, event: Event) -> None:
    """Delete a ticket."""
    issue = sim.issue(event.ticket)
    if issue is not None:
        acts.delete(sim.world, issue)


def _elsewhere(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    return None if found is None else {**found, "for_s": scene.seconds(600, 3 * 24 * 3600)}


@kind("move", 0.6, _elsewhere, working=True)
def move(sim: Simulation, event: Event) -> None:
    """Move a ticket to a project that the bot does not see, and back after a while."""
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    if issue is None or person is None:
        return
    home = sim.world.projects[sim.book.entries.projects[0]]
    acts.move(sim.world, issue, person, sim.elsewhere)

    def back() -> None:
        there = sim.issue(event.ticket)
        if there is not None and there.project_key == sim.elsewhere.key:
            acts.move(sim.world, there, person, home)

    sim.lasting(event.for_s or 3600, back)


def _two_tickets(scene: Scene) -> Mapping[str, Value] | None:
    if len(scene.tickets) < 2:
        return None
    one, other = scene.chance.sample(scene.tickets, 2)
    return {"ticket": one, "n": other, "who": scene.somebody(), "what": str(scene.chance.randrange(8))}


@kind("link", 2, _two_tickets, working=True)
def link(sim: Simulation, event: Event) -> None:
    """Tie a ticket to another, in one of the ways that this Jira has."""
    issue, other, person = sim.issue(event.ticket), sim.issue(event.n), sim.person(event.who or "")
    if issue is not None and other is not None and issue is not other and person is not None:
        types = list(sim.world.link_types)
        acts.link(sim.world, person, types[int(event.what or 0) % len(types)], issue, other)


@kind("unlink", 1, _with(), working=True)
def unlink(sim: Simulation, event: Event) -> None:
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    if issue is not None and issue.links and person is not None:
        acts.unlink(sim.world, person, issue.links[-1].id)


def _a_command(scene: Scene) -> Mapping[str, Value] | None:
    found = _a_ticket(scene)
    if found is None:
        return None
    chance, language = scene.chance, scene.chance.choice(("et", "en", "ru"))
    word = chance.choice(list(ORDERS))
    today = scene.book.calendar.day_of(scene.at)
    first = today + timedelta(days=chance.randrange(1, 6))
    value = {
        "nothing": "",
        "channel": chance.choice(list(CHANNELS)),
        "date": first.isoformat(),
        "dates": f"{first.isoformat()}/{(first + timedelta(days=chance.randrange(1, 5))).isoformat()}",
        "queue": chance.choice([queue.queue for queue in scene.book.entries.queues]),
    }[ORDERS[word].takes]
    name = scene.book.entries.manners.name
    said = as_told(f"{word} {value}".strip(), language, name) if chance.random() < 0.9 else f"{name} {_UNKNOWN}"
    return {**found, "what": said}


@kind("command", 6, _a_command, working=True)
def command(sim: Simulation, event: Event) -> None:
    """Tell the bot something in a comment."""
    issue, person = sim.issue(event.ticket), sim.person(event.who or "")
    if issue is not None and person is not None:
        told = event.what or ""
        acts.comment(sim.world, issue, person, f"{told} {PROSE}" if told.endswith(_UNKNOWN) else told)


def _away(scene: Scene) -> Mapping[str, Value]:
    return {"who": scene.somebody(), "for_s": scene.seconds(24 * 3600, 14 * 24 * 3600)}


@kind("leave", 0.3, _away, working=True)
def leave(sim: Simulation, event: Event) -> None:
    """Deactivate somebody's account, for a while."""
    person = sim.person(event.who or "")
    if person is not None and person.active:
        person.active = False

        def back() -> None:
            person.active = True

        sim.lasting(event.for_s or 24 * 3600, back)


@kind("rename", 0.3, lambda scene: {"who": scene.somebody()}, working=True)
def rename(sim: Simulation, event: Event) -> None:
    """Give somebody another name to be shown by."""
    person = sim.person(event.who or "")
    if person is not None:
        acts.rename(sim.world, person, person.name, f"{person.display_name} II")


@kind("release", 2, working=True)
def release(sim: Simulation, event: Event) -> None:
    """Let go what is kept back over the ceiling."""
    sim.release()
