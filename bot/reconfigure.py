"""The configuration read anew while the bot runs: what can change then does, and what cannot is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel

from bot.engine.engine import Engine, Post
from bot.jira.client import Client
from bot.reload import Reload
from bot.settings import Misconfigured, Settings, load_settings, token_of
from bot.start import pace_of, post_of

log = structlog.get_logger()

KEPT = (
    "site",
    "jira.url",
    "jira.timeout_s",
    "rules.folder",
    "store",
    "mail.timeout_s",
    "engine.poll_s",
    "engine.workers",
    "engine.lease_s",
    "web",
    "metrics",
)
"""What stays as it was at the start until the bot is started anew: what it is known by, where its memory is, where it
listens, whether it is alone, and what the length of its lease follows from. The tokens in files that `web` and
`metrics` name are read."""

Prepare = Callable[[Settings], Callable[[], None]]
"""Makes ready what follows from a configuration, raising Misconfigured, and gives what puts that in force."""


@dataclass
class Reconfigure:
    """Keeps `settings` those of a file, as far as they can change in a running bot, and all that follows from them.

    All `parts` are made ready before any is put in force: a configuration with a mistake changes nothing.
    """

    file: Path
    settings: Settings
    parts: Sequence[Prepare] = ()
    is_refusing: bool = False

    def __call__(self) -> None:
        """Read the file and the secrets that it names, and put in force what they say; mistakes are logged."""
        try:
            written = load_settings(self.file)
            coming = with_kept(written, self.settings)
            ready = list(self._ready(coming))
        except Misconfigured as error:
            self.is_refusing = True
            log.error("configuration refused, the one in force stays", errors=list(error.problems))
            return
        waiting = [key for key in KEPT if _at(written, key) != _at(self.settings, key)]
        for put_in_force in ready:
            put_in_force()
        self.settings, self.is_refusing = coming, False
        log.info("configuration in force")
        if waiting:
            log.warning("configuration changed that counts after a restart alone", keys=waiting)

    def _ready(self, coming: Settings) -> Iterable[Callable[[], None]]:
        """What puts each part in force. Raises Misconfigured with the mistakes of all."""
        problems: list[str] = []
        for prepare in self.parts:
            try:
                yield prepare(coming)
            except Misconfigured as error:
                problems += error.problems
        if problems:
            raise Misconfigured(*dict.fromkeys(problems))


def parts_of(
    engine: Engine, client: Client, reload: Reload, with_journal: Callable[[Post, Path | None], Post]
) -> Sequence[Prepare]:
    """What of an engine, its connection and its reload follows from a configuration.

    The other sites that it only looks at are asked by the new one from the next reload of the rulebook on, which is
    at once. `with_journal` has a way of letters keep which it sent.
    """

    def asking(coming: Settings) -> Callable[[], None]:
        jira, token = coming.jira, token_of(coming.jira)
        for name, site in coming.sites.items():
            token_of(site, name)

        def put_in_force() -> None:
            client.close()
            client.sign_in(token=token, user=jira.user, ca_bundle=str(jira.ca_bundle) if jira.ca_bundle else None)
            if client.gate.pacing.per_minute != jira.requests_per_minute:
                client.gate.pacing.bound(jira.requests_per_minute)

        return put_in_force

    def sending(coming: Settings) -> Callable[[], None]:
        post = post_of(coming)

        def put_in_force() -> None:
            engine.post = with_journal(post, coming.store.journal)

        return put_in_force

    def pacing(coming: Settings) -> Callable[[], None]:
        def put_in_force() -> None:
            engine.pace, engine.retention = pace_of(coming), coming.retention
            reload.notice_s, reload.pull_s = coming.rules.notice_s, coming.rules.pull_s

        return put_in_force

    return [asking, sending, pacing]


def changed(written: BaseModel, before: BaseModel) -> list[str]:
    """The keys of a configuration that say something else than before, such as `jira.timeout_s`."""
    found: list[str] = []
    for key in type(before).model_fields:
        one, other = getattr(written, key), getattr(before, key)
        if isinstance(one, BaseModel) and type(one) is type(other):
            found += (f"{key}.{each}" for each in changed(one, other))
        elif one != other:
            found.append(key)
    return found


def with_kept(written: Settings, before: Settings) -> Settings:
    """Give the configuration as written, but for what is kept of the one before."""
    for key in KEPT:
        written = _with(written, key.split("."), _at(before, key))
    return written


def _at(settings: Settings, key: str) -> Any:
    found: Any = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


def _with(model: Any, path: Sequence[str], value: Any) -> Any:
    if not isinstance(model, BaseModel):
        raise TypeError(path)
    first, *rest = path
    return model.model_copy(update={first: _with(getattr(model, first), rest, value) if rest else value})
