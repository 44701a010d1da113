"""An installation of several desks: a file that names the configuration of each, and who works on all of them."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.entries import SiteWord
from bot.settings import NOT_SETTINGS, PREFIX, Engine, Log, Misconfigured, Settings, Store, load_settings, read_toml
from bot.web.settings import Metrics


class Workers(Engine):
    """How many parts of cycles this process has in hand at once; how often is polled, each desk says itself."""

    workers: int = Field(1, ge=1, le=64)


class Installation(BaseModel):
    """Several desks, each with a configuration of its own; `store` is where the jobs of all workers are."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    desks: dict[SiteWord, Path]
    store: Store
    engine: Workers = Workers()
    log: Log = Log()
    metrics: Metrics | None = None


def load_installation(path: Path) -> Installation | None:
    """Read what names several desks; None where a file is the configuration of one. Raises Misconfigured.

    All settings come from the files: one of the environment would be every desk's, and a token go to another's Jira.
    """
    try:
        written = read_toml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None  # `load_settings` says what is wrong
    if "desks" not in written:
        return None
    own = [name for name in sorted(os.environ) if name.startswith(PREFIX) and name not in NOT_SETTINGS]
    nothing = "with several desks nothing is set in the environment, as it would be every desk's"
    problems = [f"{name}: {nothing}" for name in own]
    try:
        installation = Installation(**written)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            problems.append(f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg'][:1].lower()}{each['msg'][1:]}")
        raise Misconfigured(*problems) from None
    if not installation.desks:
        problems.append(f'{path}: [desks] names no desk, such as keskkonnaamet = "keskkonnaamet.toml"')
    if installation.metrics is not None and installation.metrics.token is not None:
        problems.append(
            f"{path}: metrics: the token does not belong in here; put it into a file named by `token_file`"
        )
    if installation.metrics is not None and installation.metrics.listen is None:
        problems.append(f"{path}: metrics: with several desks they have an address of their own; write `listen`")
    if not installation.store.url.get_secret_value().startswith("postgres"):
        problems.append(f"{path}: store.url: the jobs of several workers are in a PostgreSQL")
    if problems:
        raise Misconfigured(*problems)
    home = path.resolve().parent
    desks = {name: home / file.expanduser() for name, file in installation.desks.items()}
    metrics = installation.metrics
    if metrics is not None and metrics.token_file is not None:
        metrics = metrics.model_copy(update={"token_file": home / metrics.token_file.expanduser()})
    return installation.model_copy(update={"desks": desks, "metrics": metrics})


def load_desk(file: Path, others: Mapping[str, Settings]) -> Settings:
    """Read the configuration of one desk of several. Raises Misconfigured, where it would be in another's way too."""
    settings = load_settings(file)
    problems = [text for name, other in others.items() for text in _clashes(settings, other, name)]
    if not settings.store.url.get_secret_value().startswith("postgres"):
        problems.append("store.url: a desk of several is in a PostgreSQL")
    if settings.metrics is not None:
        problems.append("metrics: with several desks these are the process's: write them where the desks are named")
    if problems:
        raise Misconfigured(*(f"{file}: {problem}" for problem in problems))
    return settings


def _clashes(one: Settings, other: Settings, name: str) -> Sequence[str]:
    found = []
    if one.store.url.get_secret_value() == other.store.url.get_secret_value():
        found.append(f"store: the desk {name} has the same; give each a `namespace` of its own")
    if (one.site, one.jira.url) == (other.site, other.jira.url):
        found.append(f"site: the desk {name} has the same on the same Jira")
    if one.jira.url != other.jira.url and one.jira.token_file == other.jira.token_file is not None:
        file = one.jira.token_file
        found.append(f"jira.token_file: the desk {name} has the same for another Jira, {file}; name one of its own")
    return found
