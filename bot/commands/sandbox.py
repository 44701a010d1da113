"""`piletibot sandbox`: a Jira of one's own to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from bot.engine.daemon import Stop
from bot.sandbox import server
from bot.settings import Misconfigured


def sandbox(flavour: Literal["cloud", "dc"], port: int, load: Path | None) -> int:
    """Serve the sandbox Jira until SIGTERM or SIGINT; return 0.

    Raises OSError for a port that is taken or a file that cannot be read, Misconfigured for one of no use.
    """
    stop = Stop()
    stop.listen()
    try:
        running = server.run(flavour, port, load)
    except ValueError as error:
        raise Misconfigured(f"{load}: {error}") from None
    with running:
        projects = ", ".join(running.world.projects)
        print(f"Sandbox Jira ({flavour}) at {running.url}, projects {projects}", flush=True)
        user = "user piletibot@sandbox.example, " if flavour == "cloud" else ""
        print(f"The bot's account: {user}token sandbox-token. Ctrl-C ends it.", flush=True)
        while not stop():
            stop.sleep(3600.0)
    return 0
