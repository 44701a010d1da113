"""The parts put together: from the configuration to an engine that can run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom

from bot import rulefiles
from bot.core.entries import Entries
from bot.core.findings import KEY, Finding, nearest
from bot.core.rulebook import Rulebook
from bot.digest_folder import DigestFolder
from bot.engine.accounts import ACCOUNTS
from bot.engine.difference import Ready
from bot.engine.engine import Engine, Pace, Post, Spent
from bot.engine.restraint import RESTRAINT
from bot.engine.schedule import offset_s
from bot.engine.tracker import Denied, Throttled, Unreachable
from bot.imports import sources_of
from bot.jira import access
from bot.jira.access import speaks
from bot.jira.binding import Binding, bind
from bot.jira.catalogue import Catalogue, read_catalogue
from bot.jira.client import Client
from bot.jira.gate import Gate, Heard
from bot.jira.known import Known, heeded, read_known, recall, with_lapsed
from bot.jira.tracker import JiraTracker
from bot.mail import PORTS, Server, SmtpMailer
from bot.rule_errors import SoundPart
from bot.rulefiles import RulebookError, load_rulebook
from bot.settings import Jira, Mail, Misconfigured, OtherJira, Settings, addresses_of, password_of, token_of
from bot.shipped import rules_folder
from bot.store.errors import Damaged
from bot.store.scratch import looking, scratch
from bot.store.store import Store, StoreError
from bot.texts import Messages, MessagesError, load_messages
from bot.yaml_positions import Node, Spot, problem_at

_DRAWING_S = 20.0
"""How long a digest that goes by itself waits for its charts, in seconds."""

_uniform = SystemRandom().uniform
JIRA = "jira"
"""What requests to the desk's own Jira are counted under; other sites have a word of the configuration."""


Hear = Callable[[str, str, str, float], None]
"""Told of every request that was sent: the site asked, and what `bot.jira.gate` tells of it."""


def unheard(site: str, kind: str, outcome: str, seconds: float) -> None:
    """Nobody counts requests."""


@dataclass(frozen=True)
class Desk:
    """What a desk's files say: its rules and its texts."""

    book: Rulebook
    messages: Messages


class BrokenRulebook(Misconfigured):
    """A rulebook that cannot be used; `sound` is what of it is well formed, to be looked at further."""

    def __init__(self, *problems: str, sound: SoundPart | None) -> None:
        super().__init__(*problems)
        self.sound = sound


def read_desk(folder: Path, site: str) -> Desk:
    """Read a desk's rulebook and texts, the common ones under its own.

    Raises Misconfigured with every mistake; where the rules are broken, that is BrokenRulebook.
    """
    common = rules_folder() / "common"
    own = folder / rulefiles.MESSAGES
    problems: list[str] = []
    messages = None
    try:
        messages = load_messages([common / rulefiles.MESSAGES, *([own] if own.is_dir() else [])])
    except MessagesError as error:
        problems += error.errors
    needed = None if messages is None else {name: messages.required_values(name) for name in messages.names()}
    try:
        book = load_rulebook(folder, site=site, common=common, messages=needed)
    except RulebookError as error:
        raise BrokenRulebook(*problems, *map(str, error.problems), sound=error.sound) from None
    if messages is None:
        raise Misconfigured(*problems)
    return Desk(book, messages)


def client_of(
    jira: Jira,
    *,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[float, float], float] = _uniform,
    gate: Gate | None = None,
) -> Client:
    """Make a connection; `jitter` stretches the waits between its tries. Raises Misconfigured without a token.

    The connections of one process share a `gate`.
    """
    return Client(
        jira.url,
        token=token_of(jira),
        user=jira.user,
        ca_bundle=str(jira.ca_bundle) if jira.ca_bundle else None,
        timeout_s=jira.timeout_s,
        sleep=sleep,
        jitter=jitter,
        gate=gate or gate_of(jira, sleep=sleep),
    )


def gate_of(
    jira: Jira,
    *,
    sleep: Callable[[float], None] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
    breaks: bool = False,
    heard: Heard = lambda kind, outcome, seconds: None,
) -> Gate:
    """Make the gate of an account's requests; with `breaks` a Jira that is away is asked ever more rarely."""
    return Gate(
        clock=time.time,
        sleep=sleep,
        jitter=_uniform,
        per_minute=jira.requests_per_minute,
        breaks=breaks,
        stopping=stopping,
        heard=heard,
    )


def sites_of(
    settings: Settings,
    entries: Entries,
    *,
    sleep: Callable[[float], None] = time.sleep,
    hear: Hear = unheard,
) -> dict[str, Client]:
    """Make the connections to the other sites that the rules name, which are only looked at and never waited for.

    Raises Misconfigured for those without a token, and for those that the configuration does not name.
    """
    unknown = list(unconfigured(settings, entries))
    if unknown:
        raise Misconfigured(*placed(unknown, settings.rules.folder))
    named = dict.fromkeys(each.site for each in entries.outside if each.site is not None)
    return {name: site_client(settings.sites[name], name, sleep=sleep, hear=hear) for name in named}


def site_client(
    site: OtherJira, name: str, *, sleep: Callable[[float], None] = time.sleep, hear: Hear = unheard
) -> Client:
    """Make a connection to another site. Raises Misconfigured without a token."""
    return Client(
        site.url,
        token=token_of(site, name),
        user=site.user,
        ca_bundle=str(site.ca_bundle) if site.ca_bundle else None,
        timeout_s=site.timeout_s,
        read_only=True,
        attempts=1,
        sleep=sleep,
        gate=gate_of(site, sleep=sleep, heard=partial(hear, name)),
    )


def unconfigured(settings: Settings, entries: Entries) -> Iterator[Finding]:
    """Find the other sites of the rules that the configuration does not name."""
    for i, entry in enumerate(entries.outside):
        if entry.site is not None and entry.site not in settings.sites:
            text = f"the configuration has no section [sites.{entry.site}]"
            yield Finding(("outside", i, "site"), text, nearest(entry.site, settings.sites))


def look_at(
    jira: Jira,
    entries: Entries | None,
    reached: Callable[[], bool] = lambda: False,
    *,
    sleep: Callable[[float], None] = time.sleep,
    gate: Gate | None = None,
    known: Callable[[], Known] = dict,
) -> Catalogue:
    """Ask the Jira what it has. Raises Misconfigured when nothing there answers as a Jira does, Throttled.

    Accounts that were `known` and are no longer found are told apart from those that never were there.

    A Jira that does not answer is a mistake in the configured address until it was once `reached`; from then on it
    raises Unreachable.
    """
    # Somebody waits for the answer: tries follow one another at once.
    client = client_of(jira, sleep=sleep, jitter=lambda low, high: 0.0, gate=gate)
    try:
        catalogue = read_catalogue(client, entries)
        return recall(client, catalogue, entries, known) if entries else catalogue
    except Throttled:
        raise
    except (Denied, Unreachable) as error:
        if isinstance(error, Unreachable) and reached():
            raise
        raise Misconfigured(f"jira.url {jira.url}: {error}") from None
    finally:
        client.close()


def tie(catalogue: Catalogue, book: Rulebook, folder: Path, secret: str = "") -> Binding:
    """Tie the rules to the Jira, `secret` being what only this bot knows.

    Raises Misconfigured for all that it lacks or its account may not do.
    """
    binding = bind(book.entries, catalogue, secret)
    findings = binding if isinstance(binding, list) else []
    findings = [*findings, *access.findings(catalogue, book.entries, speaks(book.entries))]
    if findings or isinstance(binding, list):
        raise Misconfigured(*placed(findings, folder))
    return binding


def start(
    settings: Settings,
    store: Callable[[], Store],
    *,
    sleep: Callable[[float], None] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
    client: Client | None = None,
    hear: Hear = unheard,
) -> Engine:
    """Make the engine of a configuration; the store is opened last, when all else is well.

    It speaks through `client`, or through a connection of its own, and `hear` is told of its requests to other sites.
    Patience that Jira asked an earlier process for is kept. Raises Misconfigured, Throttled while it lasts,
    Unreachable for a Jira from which this database was once filled, and what `store` raises.
    """
    folder = settings.rules.folder
    desk = read_desk(folder, settings.site)
    if client is None:
        client = client_of(settings.jira, sleep=sleep, gate=gate_of(settings.jira, sleep=sleep, stopping=stopping))
    client.gate.recall(_noted(settings, RESTRAINT))
    try:
        ready = ready_for(settings, desk, client, lambda: _was_reached(settings), sleep=sleep, hear=hear)
    except Throttled:
        _leave_noted(settings, client, store)
        raise
    opened = store()
    client.gate.remember_in(partial(opened.set_note, RESTRAINT))
    engine = Engine(
        tracker=ready.tracker,
        store=opened,
        book=ready.book,
        messages=ready.messages,
        facts=ready.facts,
        pace=pace_of(settings),
        stopping=stopping,
        clock=lambda: int(time.time()),
        post=post_of(settings),
        spent=Spent(lambda: client.requests),
        retention=settings.retention,
        accounts=ready.accounts,
    )
    client.fence = engine.fence
    return engine


def pace_of(settings: Settings) -> Pace:
    """How often and how much, by the configuration; sweeps have a place of the site's own within their stretch."""
    every_s = settings.engine.reconcile_s
    offset = int(offset_s(settings.site, every_s))
    return Pace(overlap_s=settings.engine.overlap_s, reconcile_s=every_s, reconcile_offset_s=offset)


def post_of(settings: Settings) -> Post:
    """Make the ways that letters and digests leave by.

    Raises Misconfigured for a password or addresses that cannot be read.
    """
    from bot.report.compose import DigestComposer
    from bot.report.drawing import draw

    mail, browse = settings.mail, f"{settings.jira.url}/browse/"
    limit = int(mail.size_mb * 1024 * 1024)
    composer = DigestComposer(browse, limit, sources_of(settings), lambda charts: draw(charts, _DRAWING_S))
    folder = DigestFolder(settings.digest.folder, settings.site) if settings.digest.folder else None
    server = mail_server(mail)
    if server is None or mail.sender is None:
        return Post(browse=browse, composer=composer, folder=folder)
    mailer = SmtpMailer(server, mail.sender, mail.reply_to, settings.site)
    return Post(mailer, addresses_of(mail), browse, composer, folder)


def mail_server(mail: Mail) -> Server | None:
    """Give the mail server of a configuration; None where it names none. Raises as `password_of` does."""
    if mail.host is None:
        return None
    return Server(
        host=mail.host,
        port=mail.port or PORTS[mail.tls],
        tls=mail.tls,
        user=mail.user,
        password=password_of(mail),
        ca_bundle=str(mail.ca_bundle) if mail.ca_bundle else None,
        timeout_s=mail.timeout_s,
    )


def ready_for(
    settings: Settings,
    desk: Desk,
    client: Client,
    reached: Callable[[], bool] = lambda: True,
    *,
    sleep: Callable[[float], None] = time.sleep,
    hear: Hear = unheard,
) -> Ready:
    """Tie a desk to what its Jira has now; `client` is to speak for it. Raises as `look_at` and `tie` do.

    Whose account this database's bot knew, and Jira no longer finds, keeps it from nothing: they count as gone.
    """
    known = partial(known_accounts, settings)
    found = look_at(settings.jira, desk.book.entries, reached, sleep=sleep, gate=client.gate, known=known)
    catalogue = with_lapsed(found)
    binding = tie(catalogue, desk.book, settings.rules.folder, token_of(settings.jira))
    accounts = heeded(desk.book.entries, catalogue, binding, lambda each: placed([each], settings.rules.folder)[0])
    sites = sites_of(settings, desk.book.entries, sleep=sleep, hear=hear)
    tracker = JiraTracker(
        client, catalogue, binding, desk.book.entries, sites=sites, former=settings.jira.former_accounts
    )
    return Ready(desk.book, desk.messages, tracker, binding.fingerprint, accounts)


def known_accounts(settings: Settings) -> Known:
    """The accounts of people that the bot found when it last tied its rulebook; none where no database tells."""
    return read_known(_noted(settings, ACCOUNTS))


def _noted(settings: Settings, name: str) -> str | None:
    """What an earlier process noted; nothing where there is no database yet, or none that can be read."""
    try:
        with looking(settings.store.url.get_secret_value()) as store:
            return store.note(name)
    except StoreError:
        return None


def _leave_noted(settings: Settings, client: Client, store: Callable[[], Store]) -> None:
    """Have the next start keep to the patience that Jira asked this one for, where there is a database already."""
    with suppress(StoreError):
        with looking(settings.store.url.get_secret_value()):
            pass
        client.gate.remember_in(partial(store().set_note, RESTRAINT))


def _was_reached(settings: Settings) -> bool:
    try:
        with scratch(settings.store.url.get_secret_value()) as store:
            return store.mark_ms() is not None
    except Damaged:  # it is begun anew, and was filled once
        return True


def placed(findings: Iterable[Finding], folder: Path) -> list[str]:
    """Say each finding once, with the file and line that it is about."""
    return placed_in(findings, root_of(folder))


def placed_in(findings: Iterable[Finding], root: Node) -> list[str]:
    """Say each finding once, with its place under what a rulebook's files say."""
    return [str(_problem(finding, root)) for finding in dict.fromkeys(findings)]


def root_of(folder: Path) -> Node:
    """What the files of a rulebook that can be read say, as one."""
    roots = [rulefiles.read_file(path)[0] for path in rulefiles.yaml_files(folder)]
    merged, _ = rulefiles.merge([root for root in roots if root is not None], str(folder))
    return merged


def _problem(finding: Finding, root: Node) -> object:
    node, spot = root, root.spot
    for part in finding.path:
        key = node.keys.get(str(part))
        child = node.child(part)
        if part == KEY or child is None:
            break
        spot = key if key and isinstance(child.value, dict | list) else child.spot
        node = child
    return problem_at(Spot(spot.file, spot.line, spot.column), finding.text, node.written, finding.suggestion)
