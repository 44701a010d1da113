"""The shipped desk, all on observe, and tied to a sandbox: what the measurements read, judge and poll by."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from account import TOKEN, USER
from tickets import NOW

from bot.jira.binding import Binding, bind
from bot.jira.catalogue import read_catalogue
from bot.jira.client import Client
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess
from bot.sandbox.loading import load
from bot.sandbox.world import Flavour, World
from bot.shipped import rules_folder
from bot.start import Desk, read_desk

Json = Any

NOW_S = int(NOW.timestamp())


def loaded(raw: Iterable[Json], flavour: Flavour = "cloud") -> World:
    """Make a Jira of the desk that holds these issues, its clock standing still."""
    world = keskkonnaamet(flavour, Clock(NOW_S * 1000))
    load(world, (json.dumps(each) for each in raw))
    return world


def observing(folder: Path) -> Path:
    """Copy the shipped rulebook to `folder`, everything on observe as in a pilot, so that no comment is written."""
    rules = shutil.copytree(rules_folder() / "keskkonnaamet", folder / "rules")
    desk = rules / "desk.yaml"
    written = desk.read_text("utf-8")
    if "observe: false" not in written:
        raise SystemExit(f"{desk}: no `observe: false` to turn on")
    desk.write_text(written.replace("observe: false", "observe: true"), "utf-8")
    return rules


def configure(url: str, flavour: str, folder: Path) -> Path:
    """Write the configuration of a bot on a rulebook that is all on observe, to `folder`; where it is."""
    if not (folder / "rules").is_dir():
        observing(folder)
    (folder / "token").write_text(TOKEN)
    (folder / "token").chmod(0o600)
    user = f'user = "{USER}"\n' if flavour == "cloud" else ""
    (folder / "config.toml").write_text(
        f'site = "bench"\n[jira]\nurl = "{url}"\n{user}token_file = "token"\nrequests_per_minute = 6000\n'
        '[rules]\nfolder = "rules"\n[store]\nurl = "sqlite:///bench.db"\n'
        "[engine]\nreconcile_s = 86400\n"  # the sweep is measured by itself
    )
    return folder / "config.toml"


def bound(rules: Path, world: World) -> tuple[Desk, Binding]:
    """Read a rulebook and tie it to a sandbox in this process."""
    desk = read_desk(rules, "bench")
    client = Client("https://sandbox.example", token=TOKEN, user=USER, transport=InProcess(Site(world)))
    binding = bind(desk.book.entries, read_catalogue(client, desk.book.entries))
    if isinstance(binding, list):
        raise SystemExit("\n".join(finding.text for finding in binding))
    return desk, binding
