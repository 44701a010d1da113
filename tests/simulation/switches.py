"""People silence the desk's project by its property, for a while, in words that the bot understands or not."""

from __future__ import annotations

import json
from collections.abc import Mapping

from canaries import PROSE

from simulation.events import Event, Scene, Value, kind
from simulation.sim import Simulation

_VALUES = (
    '{"silent": true}',
    '{"silent": true}',
    json.dumps({"silent": PROSE}),
    json.dumps([PROSE]),
    '{"silent": false}',
)


def _for_a_while(scene: Scene) -> Mapping[str, Value]:
    return {"what": scene.chance.choice(_VALUES), "for_s": scene.seconds(900, 2 * 24 * 3600)}


@kind("property", 1, _for_a_while, working=True)
def set_property(sim: Simulation, event: Event) -> None:
    """Set the project's property, and take it away again."""
    properties = sim.world.projects[sim.book.entries.projects[0]].properties
    value = json.loads(event.what or "null")
    properties["piletibot"] = value
    if value == {"silent": False}:
        sim.silent_since = None
    elif sim.silent_since is None:
        sim.silent_since = sim.now

    def take_away() -> None:
        properties.pop("piletibot", None)
        sim.silent_since = None

    sim.lasting(event.for_s or 3600, take_away)
