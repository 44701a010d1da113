"""`piletibot check`: configuration, rules, texts, and then the Jira itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bot import logs
from bot.commands.check_letters import (
    digest_mistakes,
    digest_notes,
    letter_notes,
    mail_mistakes,
    unreached,
    who_cannot_see,
)
from bot.commands.failures import MISTAKE
from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.core.ticket import UNKNOWN
from bot.engine.tracker import Denied, Refused, Throttled, Unreachable
from bot.jira import access
from bot.jira.access import speaks
from bot.jira.audience import audience, onlookers
from bot.jira.binding import Binding, bind, deactivated, unknown_elsewhere
from bot.jira.catalogue import Catalogue, read_elsewhere
from bot.jira.privileges import excess
from bot.jira.screens import screens
from bot.jira.ways import ways
from bot.proxies import is_spoken, proxy_of
from bot.rule_errors import SoundPart
from bot.rulefiles import yaml_files
from bot.settings import Misconfigured, Settings, load_settings, metrics_token_of
from bot.start import (
    BrokenRulebook,
    Desk,
    client_of,
    known_accounts,
    look_at,
    placed_in,
    read_desk,
    root_of,
    site_client,
    unconfigured,
)
from bot.visible import visible

_FLAVOURS = {"cloud": "Cloud", "dc": "Data Center"}
_LISTED = 5
_PLACED = re.compile(r"(.+?):([0-9]+):([0-9]+): ")


def check(config: Path, *, offline: bool) -> int:
    """Say what is fine and what is to be known, and then on standard error every mistake at once; return 0 or 2.

    Writes nothing anywhere. Of a broken rulebook what is well formed is held against the Jira all the same. Raises
    Misconfigured for a configuration that cannot be read, Throttled.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    _ok(f"{config}: site {settings.site}")
    folder, mistakes = settings.rules.folder, list(_say_proxies(settings))
    _say_open(config, folder, *yaml_files(folder))
    sound: SoundPart | None = None
    desk: Desk | None = None
    try:
        desk = read_desk(folder, settings.site)
        sound = SoundPart(root_of(folder), desk.book.entries, frozenset())
        _say_desk(settings, desk)
        _say_letters(settings, desk.book.entries)
    except Misconfigured as error:
        mistakes += error.problems
        sound = error.sound if isinstance(error, BrokenRulebook) else None
    try:
        mistakes += _page_mistakes(settings, desk)
    except Misconfigured as error:
        mistakes += error.problems
    try:
        _say_figures(settings)
    except Misconfigured as error:
        mistakes += error.problems
    try:
        mistakes += mail_mistakes(settings, sound.entries if sound else None, offline=offline)
    except Misconfigured as error:
        mistakes += error.problems
    if not offline:
        try:
            mistakes += _look(settings, sound)
        except Misconfigured as error:
            mistakes += error.problems
        mistakes += _look_elsewhere(settings, sound)
    if sound and sound.entries:
        mistakes += placed_in(unconfigured(settings, sound.entries), sound.root)
        try:
            mistakes += placed_in(digest_mistakes(settings, sound.entries), sound.root)
        except Misconfigured as error:
            mistakes += error.problems
    for mistake in sorted(dict.fromkeys(mistakes), key=_place):
        print(visible(mistake), file=sys.stderr)
    return MISTAKE if mistakes else 0


def _say_proxies(settings: Settings) -> Iterator[str]:
    """Say by way of which proxies others are asked, and give those that the bot cannot speak with."""
    asked = {"Jira": settings.jira.url}
    asked |= {f"the other site {name}": site.url for name, site in settings.sites.items()}
    if settings.heartbeat.url is not None:
        asked["the heartbeat's address"] = settings.heartbeat.url.get_secret_value()
    for what, url in asked.items():
        try:
            proxy = proxy_of(url)
        except ValueError:
            yield f"environment: the proxy for {what} is not an address; write http://HOST:PORT into HTTPS_PROXY"
            continue
        if proxy is not None and not is_spoken(proxy):
            yield f"environment: the proxy for {what} is {proxy}: only http:// and https:// proxies can be used"
        elif proxy is not None:
            _ok(f"{what} is asked by way of the proxy {proxy}, which the environment names")


def _say_open(*paths: Path) -> None:
    """Say which of these files and folders everybody on this machine may change, and so what the bot says."""
    for path in paths:
        if path.exists() and path.stat().st_mode & 0o002:
            _note(f"everybody on this machine may change {path}, and so what the bot does; do: chmod o-w {path}")


def _say_desk(settings: Settings, desk: Desk) -> None:
    entries = desk.book.entries
    rules = ((entries.routes, "routes"), (entries.completeness, "completeness rules"), (entries.policies, "policies"))
    counts = (*rules, (entries.ladders, "ladders"))
    amounts = ", ".join(f"{len(those)} {name}" for those, name in counts if those)
    how = "live" if speaks(entries) else "everything on observe"
    _ok(f"{settings.rules.folder}: {amounts}; {how}")
    _ok(f"{len(desk.messages.names())} messages")
    if entries.manners.control is None:
        _note("no control ticket: name one as `control:` under `manners:`, to silence the bot from inside Jira")


def _say_letters(settings: Settings, entries: Entries) -> None:
    if settings.mail.host is not None:
        reached = len(entries.people) - len(unreached(settings, entries))
        _ok(f"letters go by mail over {settings.mail.host} to {reached} people")
    for note in (*letter_notes(settings, entries), *digest_notes(settings, entries)):
        _note(note)


def _page_mistakes(settings: Settings, desk: Desk | None) -> list[str]:
    """Say where the lead's page is to be, and give those of whom it speaks and the rulebook does not."""
    if settings.web is None:
        return []
    from bot.web.sign_in import strangers, tokens_of

    tokens = tokens_of(settings.web)
    way = f"open to {settings.web.open_to}" if settings.web.open_to else f"{len(tokens)} people with a token"
    _ok(f"the lead's page at {settings.web.listen}: {settings.web.user_header or way}")
    return list(strangers(settings.web, tokens, desk.book)) if desk else []


def _say_figures(settings: Settings) -> None:
    """Say where machines are told figures. Raises Misconfigured for a token that cannot be read."""
    metrics = settings.metrics
    if metrics is not None:
        whom = "who bears the token" if metrics_token_of(metrics) else ", ".join(metrics.allow) or "this machine"
        _ok(f"figures for monitoring at {metrics.listen or 'the page'}, told to {whom}")


def _look(settings: Settings, sound: SoundPart | None) -> list[str]:
    """Hold the rules against the Jira, and give what does not fit."""
    entries = sound.entries if sound else None
    catalogue = look_at(settings.jira, entries, known=partial(known_accounts, settings))
    me = catalogue.me
    _ok(f"Jira {_FLAVOURS[catalogue.flavour]} at {settings.jira.url}, account {me.display or me.id}")
    if sound is None or entries is None:
        return []
    binding = bind(entries, catalogue)
    unfit = [*(binding if isinstance(binding, list) else []), *deactivated(entries, catalogue)]
    forbidden = access.findings(catalogue, entries, speaks(entries))
    further = _ask_further(settings, catalogue, entries)
    further += access.notes(catalogue, entries) if speaks(entries) else ()
    if not forbidden:
        _ok(f"the account may do what the rules ask in {', '.join(entries.projects)}")
    if isinstance(binding, Binding):
        _ok(f"{len(entries.fields)} fields, {len(entries.states)} states, {len(entries.people)} people found")
        _say_unplaced(catalogue, binding)
        further += who_cannot_see(settings, catalogue, binding, entries)
    for note in further:
        if isinstance(note, str):
            _note(note)
    found = [finding for finding in further if isinstance(finding, Finding)]
    return placed_in([*unfit, *forbidden, *found], sound.root)


def _look_elsewhere(settings: Settings, sound: SoundPart | None) -> Iterator[str]:
    """Say whom the other sites let in and what they show, and give what does not fit."""
    for name in settings.sites:
        yield from _look_at_site(settings, name, sound)


def _look_at_site(settings: Settings, name: str, sound: SoundPart | None) -> Iterator[str]:
    site = settings.sites[name]
    named = [each for each in sound.entries.outside if each.site == name] if sound and sound.entries else []
    if sound and not named:
        _note(f"sites.{name}: no entry under `outside` names it as its `site`, so nothing is asked of it")
    try:
        client = site_client(site, name)
    except Misconfigured as error:
        yield from error.problems
        return
    try:
        catalogue = read_elsewhere(client)
    except (Denied, Refused, Unreachable) as error:
        yield f"sites.{name}.url {site.url}: {error}"
        return
    finally:
        client.close()
    me, keys = catalogue.me, [project.id for project in catalogue.projects]
    seen = [key for each in named for key in each.projects if key in keys] if named else keys
    more = f" and {len(seen) - _LISTED} more" if len(seen) > _LISTED else ""
    listed = f"{', '.join(seen[:_LISTED])}{more}" if seen else "none"
    _ok(
        f"another site, {name}: Jira {_FLAVOURS[catalogue.flavour]} at {site.url}, account {me.display or me.id}, "
        f"projects it sees: {listed}"
    )
    if sound and sound.entries:
        yield from placed_in(unknown_elsewhere(sound.entries, catalogue, name), sound.root)


def _ask_further(settings: Settings, catalogue: Catalogue, entries: Entries) -> list[Finding | str]:
    """What only `check` asks: who sees the comments, what can be set, and which choices there are."""
    client = client_of(settings.jira, jitter=lambda low, high: 0.0)
    try:
        return [
            *audience(client, catalogue, entries, speaks=speaks(entries)),
            *onlookers(client, catalogue, entries),
            *screens(client, catalogue, entries, speaks=speaks(entries)),
            *ways(client, catalogue, entries, speaks=speaks(entries)),
            *excess(client, catalogue, entries),
        ]
    except Throttled:
        raise
    except (Denied, Refused, Unreachable) as error:
        raise Misconfigured(f"jira.url {settings.jira.url}: {error}") from None
    finally:
        client.close()


def _say_unplaced(catalogue: Catalogue, binding: Binding) -> None:
    unplaced = [status.name for status in catalogue.statuses if binding.states[status.id] == UNKNOWN]
    if unplaced:
        more = f" and {len(unplaced) - _LISTED} more" if len(unplaced) > _LISTED else ""
        _note(f"tickets with a status that no state names are left alone: {', '.join(unplaced[:_LISTED])}{more}")


def _place(said: str) -> tuple[str, int, int, str]:
    """Where a mistake is, to sort by."""
    found = _PLACED.match(said)
    return (found[1], int(found[2]), int(found[3]), said) if found else (said.partition(": ")[0], 0, 0, said)


def _ok(line: str) -> None:
    print(visible(f"ok  {line}"), flush=True)


def _note(line: str) -> None:
    print(visible(f"--  {line}"))
