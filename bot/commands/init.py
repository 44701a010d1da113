"""`piletibot init`: asks about somebody's Jira and writes a configuration and a rulebook that pass `check`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zoneinfo import available_timezones

import typer
from pydantic import ValidationError

from bot import logs
from bot.commands.check import check
from bot.core.findings import nearest
from bot.jira.binding import fold
from bot.jira.catalogue import Catalogue, Field, Status
from bot.jira.client import Client
from bot.jira.survey import account_of, dead_ends, find_people, statuses_of
from bot.secret import Secret
from bot.settings import Jira, Misconfigured
from bot.setup_desk import (
    FIELDS,
    MEANINGS,
    Answers,
    guess,
    guess_field,
    write,
)
from bot.start import client_of, look_at

T = TypeVar("T")

_LISTED = 10
_QUESTIONS = {
    "category": "the ticket's category",
    "queue": "the queue that has it",
    "forwarder": "who forwarded it and answers to the customer",
    "delivered": "that the solution has reached the customer",
}


@dataclass(frozen=True)
class Given:
    """What the options said. What they did not is asked, or with `yes` taken as guessed."""

    url: str | None
    user: str | None
    token: str | None
    token_file: Path | None
    allow_http: bool
    projects: Sequence[str]
    coordinator: str | None
    lead: str | None
    desk: str | None
    language: str
    timezone: str
    statuses: Sequence[str]
    fields: Sequence[str]
    yes: bool


def init(out: Path, given: Given, *, force: bool) -> int:
    """Ask what was not given, write the files into `out`, and return what `check` says of them.

    Writes nothing in Jira. Raises Misconfigured for an answer that cannot be, with no file written.
    """
    config = out / "config.toml"
    if config.exists() and not force:
        raise Misconfigured(f"{config}: it is there already; --force writes over it, --out writes elsewhere")
    if given.timezone not in available_timezones():
        meant = nearest(given.timezone, available_timezones()) or "Europe/Tallinn"
        raise Misconfigured(f"--timezone: there is no time zone '{given.timezone}'; did you mean '{meant}'?")
    logs.configure("error", "text")
    jira = _jira(given)
    catalogue = look_at(jira, None)
    with closing(client_of(jira)) as client:
        answers = _answers(given, jira, client, catalogue)
        names = {status.id: status.name for status in answers.statuses}
        for status in dead_ends(client, catalogue.flavour, answers.projects, answers.meanings):
            print(
                f"Note: the bot's account sees no way from '{names[status]}' to a closed status; people may see one."
            )
    write(out, answers, force=force)
    print(f"\nWritten: {config} and {out / 'rules' / answers.desk}. Checking them:")
    passed = check(config, offline=False)
    if passed == 0:
        print(f"\nIt passes. Next: piletibot plan --config {config}")
    return passed


def _jira(given: Given) -> Jira:
    url = _ask(given, given.url, "--url", "Address of your Jira")
    user = given.user
    if user is None and not given.yes:
        user = typer.prompt("E-mail of the bot's account (Jira Cloud; leave empty for Data Center)", default="")
    token = given.token
    if given.token_file is None:
        token = _ask(given, token, "--token or --token-file", "The account's token", hide_input=True)
    try:
        return Jira(
            allow_http=given.allow_http,
            url=url,
            user=user or None,
            token=Secret(token) if token and not given.token_file else None,
            token_file=given.token_file.absolute() if given.token_file else None,
        )
    except ValidationError as error:
        problems = (f"--{detail['loc'][0]}: {detail['msg']}" for detail in error.errors(include_url=False))
        raise Misconfigured(*(problem.replace("Value error, ", "") for problem in problems)) from None


def _answers(given: Given, jira: Jira, client: Client, catalogue: Catalogue) -> Answers:
    projects = _projects(given, catalogue)
    desk = _ask(given, given.desk, "--desk", "A permanent short name for the desk", projects[0].casefold())
    if not re.fullmatch(r"[\w-]{1,40}", desk):
        raise Misconfigured(f"--desk: '{desk}': letters, digits, - and _ only, since a folder is called so")
    coordinator = _person(given, client, catalogue, given.coordinator, "--coordinator", "coordinates the desk")
    lead = _person(given, client, catalogue, given.lead, "--lead", "leads it")
    statuses = statuses_of(client, catalogue, projects)
    return Answers(
        jira=jira,
        desk=desk,
        language=given.language,
        timezone=given.timezone,
        projects=projects,
        coordinator=coordinator,
        lead=lead,
        statuses=statuses,
        meanings=_meanings(given, statuses),
        fields=_fields(given, catalogue.fields),
    )


def _ask(
    given: Given,
    value: str | None,
    option: str,
    question: str,
    default: str | None = None,
    *,
    hide_input: bool = False,
) -> str:
    if value is not None:
        return value
    if not given.yes:
        return str(typer.prompt(question, default=default, hide_input=hide_input)).strip()
    if default is None:
        raise Misconfigured(f"{option} is needed, since --yes asks nothing")
    return default


def _until_known(given: Given, value: str | None, ask: Callable[[], str], find: Callable[[str], T]) -> T:
    """Ask until `find` knows what was meant; an option has one try. `find` raises Misconfigured to say why not."""
    while True:
        try:
            return find(ask() if value is None else value)
        except Misconfigured as error:
            if value is not None or given.yes:
                raise
            print(error)


def _projects(given: Given, catalogue: Catalogue) -> list[str]:
    known = {project.id: project.name for project in catalogue.projects}
    if not known:
        raise Misconfigured("this account sees no project; give it the permission to browse the desk's projects")

    def ask() -> str:
        listed = ", ".join(f"{key} ({name})" for key, name in list(known.items())[:_LISTED])
        print(f"The account sees: {listed}" + (" and more" if len(known) > _LISTED else ""))
        only = next(iter(known)) if len(known) == 1 else None
        return _ask(given, None, "--project", "Keys of the desk's projects, separated by commas", only)

    def find(text: str) -> list[str]:
        keys = [key.strip() for key in text.split(",") if key.strip()]
        unknown = [key for key in keys if key not in known]
        if unknown or not keys:
            said = (f"the account sees no project '{key}'{_meant(key, known)}" for key in unknown)
            raise Misconfigured(*said or ("name at least one project",))
        return keys

    return _until_known(given, ",".join(given.projects) or None, ask, find)


def _person(given: Given, client: Client, catalogue: Catalogue, value: str | None, option: str, duty: str) -> str:
    what = "account id, or the beginning of a name or e-mail" if catalogue.flavour == "cloud" else "user name"

    def find(text: str) -> str:
        users = find_people(client, catalogue.flavour, text)
        if len(users) == 1:
            return account_of(users[0], catalogue.flavour)
        if not users:
            raise Misconfigured(f"{option}: this Jira has no active account '{text}', or the bot may not look it up")
        listed = (f"  {user.display or ''}  {account_of(user, catalogue.flavour)}" for user in users[:_LISTED])
        raise Misconfigured(f"{option}: '{text}' are several:", *listed)

    return _until_known(given, value, lambda: _ask(given, None, option, f"Who {duty} ({what})"), find)


def _meanings(given: Given, statuses: Sequence[Status]) -> dict[str, str]:
    meanings = {status.id: guess(status) for status in statuses}
    names = [status.name for status in statuses]
    for name, meaning in _pairs(given.statuses, "--status"):
        found = [status.id for status in statuses if name == status.id or fold(name) == fold(status.name)]
        if not found:
            raise Misconfigured(f"--status: these projects have no status '{name}'{_meant(name, names)}")
        meanings |= dict.fromkeys(found, _meaning(meaning))
    print("\nWhat the statuses mean:")
    for status in statuses:
        print(f"  {status.name:30} {meanings[status.id]}")
    if given.yes or typer.confirm("Is this right?", default=True):
        return meanings
    print(f"For each, one of: {', '.join(MEANINGS)}")
    for status in statuses:

        def ask(status: Status = status) -> str:
            return str(typer.prompt(f"  {status.name}", default=meanings[status.id]))

        meanings[status.id] = _until_known(given, None, ask, _meaning)
    return meanings


def _meaning(text: str) -> str:
    if text not in MEANINGS:
        raise Misconfigured(f"--status: '{text}' is no meaning{_meant(text, MEANINGS)}")
    return text


def _fields(given: Given, fields: Sequence[Field]) -> dict[str, Field]:
    chosen = dict(_pairs(given.fields, "--field"))
    unknown = [word for word in chosen if word not in FIELDS]
    if unknown:
        raise Misconfigured(
            *(f"--field: '{word}' is no field of the rules{_meant(word, FIELDS)}" for word in unknown)
        )
    names = [name for field in fields for name in (field.id, field.name)]

    def find(text: str) -> Field | None:
        if text in ("", "-"):
            return None
        found = [field for field in fields if text == field.id or fold(text) == fold(field.name)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(field.id for field in found[:_LISTED])
            raise Misconfigured(f"--field: {len(found)} fields are called '{text}'; write an id: {ids}")
        raise Misconfigured(f"--field: this Jira has no field '{text}'{_meant(text, names)}")

    if not given.yes:
        print("\nWhich field tells (its name or id, - for none):")
    mapped: dict[str, Field] = {}
    for word in FIELDS:
        guessed = guess_field(word, fields)

        def ask(word: str = word, guessed: Field | None = guessed) -> str:
            default = guessed.name if guessed else ""
            return _ask(given, None, "--field", f"  {_QUESTIONS[word]}", default).strip()

        found = _until_known(given, chosen.get(word), ask, find)
        if found is not None:
            mapped[word] = found
    return mapped


def _pairs(texts: Iterable[str], option: str) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        name, _, value = (part.strip() for part in text.rpartition("="))
        if not name:
            raise Misconfigured(f"{option}: '{text}': write it as NAME=VALUE")
        pairs.append((name, value))
    return pairs


def _meant(word: str, known: Iterable[str]) -> str:
    listed = list(known)
    meant = nearest(word, listed)
    return f"; did you mean '{meant}'?" if meant else f"; there are {', '.join(listed[:_LISTED])}"
