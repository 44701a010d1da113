"""`piletibot once` and `piletibot run`: one cycle, and the daemon."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from bot import logs
from bot.commands.check_letters import digest_mistakes
from bot.commands.failures import UNREACHABLE
from bot.core.ticket import Moment
from bot.engine import daemon
from bot.engine.begun_anew import note_beginning
from bot.engine.costs import keep
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Post, Report
from bot.engine.sent_once import OnceMailer
from bot.engine.tally import Tally
from bot.heartbeat import Heartbeat
from bot.installation import load_installation
from bot.jira.client import Client
from bot.reconfigure import Reconfigure, parts_of
from bot.reload import Reload
from bot.rulefiles import look
from bot.settings import Settings, load_settings
from bot.shipped import rules_folder
from bot.start import JIRA, Hear, client_of, gate_of, read_desk, ready_for, start, unheard
from bot.store.damage import open_sound
from bot.store.errors import Damaged
from bot.store.force import JOURNAL
from bot.store.holder import this_process
from bot.store.journal import Journal
from bot.store.lease import Fenced, Lease, lengths
from bot.store.lock import alone
from bot.store.scratch import looking
from bot.store.store import Store, StoreError

_LOOK_S = 5
"""How often a single cycle that waits looks whether it may begin, in seconds."""


def once(config: Path) -> int:
    """Run one cycle and say in one line what it did; return 0, or 3 when Jira went away meanwhile.

    Raises as `start` and `cycle` do.
    """
    settings = _settings(config, Tally())
    with ExitStack() as held:
        engine = _started(settings, held)
        report = cycled(engine)
        keep(engine)
        beat = heartbeat_of(settings)
        beat.after(report)
        beat.stopping()
    print(summary(report))
    if report.unreachable is None:
        return 0
    print(f"Jira went away: {report.unreachable}; the next cycle takes up what was left", file=sys.stderr)
    return UNREACHABLE


def run(config: Path) -> int:
    """Run cycles until SIGTERM or SIGINT; return 0. Raises as `start` does.

    From its first cycle on, an unreachable Jira or database is waited for, as is an account that is not let in any
    more, and a changed rulebook is taken over. A SQLite database that turns out to be damaged is moved aside, and the
    bot starts anew with an empty one.
    """
    tally = Tally()
    installation = load_installation(config)
    if installation is not None:
        from bot.commands.cluster import work_on_all

        logs.configure(installation.log.level, installation.log.format, tally.line)
        return work_on_all(installation, tally)
    settings = _settings(config, tally)
    if settings.engine.workers:
        from bot.commands.cluster import work_together

        return work_together(config, settings, tally)
    stop = daemon.Stop()
    stop.listen()
    log = structlog.get_logger()
    reconfigure = Reconfigure(config, settings)
    damage = _live(reconfigure, stop, tally)
    while damage is not None:
        log.error("database damaged", reason=str(damage))
        damage = _live(reconfigure, stop, tally, damage)
    log.info("stopped")
    return 0


def _live(reconfigure: Reconfigure, stop: daemon.Stop, tally: Tally, damage: Damaged | None = None) -> Damaged | None:
    """Run cycles until told to stop, or until the database turns out to be damaged, which is returned.

    With the `damage` found before the database is moved aside first. Raises as `start` does, and that where it cannot
    be moved aside.
    """
    log, settings = structlog.get_logger(), reconfigure.settings
    with ExitStack() as held:
        place = lookout = None
        if settings.web is not None:
            from bot.commands.page import Place

            place = held.enter_context(closing(Place(settings.web)))
        if settings.metrics is not None:
            from bot.commands.watch import Lookout, watched

            lookout = held.enter_context(closing(Lookout(settings.metrics)))
        folders = (rules_folder() / "common", settings.rules.folder)
        seen = look(folders)
        gate = gate_of(
            settings.jira, sleep=stop.sleep, stopping=stop, breaks=True, heard=partial(tally.request, JIRA)
        )
        client = client_of(settings.jira, sleep=stop.sleep, gate=gate)
        engine = _started(
            settings, held, sleep=stop.sleep, stopping=stop, client=client, hear=tally.request, damage=damage
        )
        for finding in digest_mistakes(settings, engine.book.entries):
            log.warning("a digest does not reach its recipient", reason=finding.text)
        reload = Reload(
            engine,
            folders,
            read=lambda: read_desk(settings.rules.folder, settings.site),
            tie=lambda desk: ready_for(reconfigure.settings, desk, client, sleep=stop.sleep, hear=tally.request),
            seen=seen,
            notice_s=settings.rules.notice_s,
            pull_s=settings.rules.pull_s,
        )
        beat = Beating(heartbeat_of(settings))
        held.callback(lambda: beat.now.stopping() if stop() else beat.now.close())
        reconfigure.parts = [
            *parts_of(engine, client, reload, partial(with_journal, engine)),
            beat.prepare,
            lambda coming: _logged(coming, tally),
            *([lambda coming: place.prepare(engine.book)] if place else []),
            *([lambda coming: lookout.prepare()] if lookout else []),
        ]
        url, now = settings.store.url.get_secret_value(), lambda: int(time.time())
        watch = None
        if lookout is not None:
            refused = {"rulebook": lambda: reload.is_refusing, "configuration": lambda: reconfigure.is_refusing}
            looked = watched(engine, held.enter_context(looking(url)), tally, refused)
            watch, server = held.enter_context(lookout.watching([looked], tally))
            if server is not None:
                log.info("metrics", url=server.url)
        if place is not None:
            page = place.serving(engine, url, now, f"{settings.jira.url}/browse/", watch)
            log.info("page", url=held.enter_context(page).url)
        beat.now.started(settings.engine.poll_s)
        log.info("started", site=settings.site, rulebook=engine.book.version, poll_s=settings.engine.poll_s)

        def before(at: Moment, asked: bool) -> None:
            if not asked:
                reload(at)
                return
            beat.now.reloading()
            try:
                reconfigure()
                reload(at, True)
            finally:
                beat.now.reloaded()

        try:
            daemon.run(
                engine,
                stop,
                poll_s=settings.engine.poll_s,
                before=before,
                after=lambda report: _ended(report, beat.now),
                tally=tally,
            )
        except Damaged as error:
            return error
        with suppress(StoreError):
            keep(engine)
    return None


def _logged(settings: Settings, tally: Tally) -> Callable[[], None]:
    """What has the log be of the level and the form of a configuration."""
    return lambda: logs.configure(settings.log.level, settings.log.format, tally.line)


def _ended(report: Report, beat: Heartbeat) -> None:
    beat.after(report)
    log_cycle(report)


def log_cycle(report: Report) -> None:
    """Log what a cycle did that came through."""
    if report.unreachable is None:
        structlog.get_logger().info(
            "cycle",
            changed=report.changed,
            judged=report.judged,
            comments=len(report.said),
            summary=summary(report),
        )


class Beating:
    """The dead man's signal of now, in the place of which a reload puts another."""

    def __init__(self, now: Heartbeat) -> None:
        self.now = now

    def prepare(self, settings: Settings) -> Callable[[], None]:
        """Give what puts that of a configuration in force."""

        def put_in_force() -> None:
            self.now.close()
            self.now = heartbeat_of(settings)

        return put_in_force


def heartbeat_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> Heartbeat:
    """Make the dead man's signal of a configuration."""
    beat = settings.heartbeat
    return Heartbeat(
        file=beat.file,
        url=beat.url.get_secret_value() if beat.url else None,
        timeout_s=beat.timeout_s,
        ca_bundle=str(beat.ca_bundle) if beat.ca_bundle else None,
        away_s=beat.away_s,
        environ=environ,
    )


def summary(report: Report) -> str:
    """Say in one line what a cycle did."""
    counts = (
        ("changed", report.changed),
        ("judged", report.judged),
        ("comments written", len(report.said)),
        ("digests sent", len(report.digests)),
        ("steps only recorded", report.observed),
        ("held", report.held),
        ("withdrawn", report.withdrawn),
        ("counted as done", report.adopted),
        ("over the ceiling", report.batched),
        ("in doubt", report.doubtful),
        ("second comments removed", report.removed),
        ("gone", report.gone),
        ("tickets in trouble", len(report.troubles)),
        ("kinds of requests that are to wait", len(set(report.slowed))),
    )
    always = 3
    return ", ".join(f"{n} {what}" for i, (what, n) in enumerate(counts) if n or i < always)


def _settings(config: Path, tally: Tally) -> Settings:
    settings = load_settings(config)
    logs.configure(settings.log.level, settings.log.format, tally.line)
    return settings


def _started(
    settings: Settings,
    held: ExitStack,
    *,
    sleep: Callable[[float], None] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
    client: Client | None = None,
    hear: Hear = unheard,
    damage: Damaged | None = None,
) -> Engine:
    """Make the engine, its store open for this process alone, until `held` is let go.

    Raises as `start` does, StoreError where another bot has the store's lock.
    """
    lock = ""

    def opened() -> Store:
        nonlocal lock
        url = settings.store.url.get_secret_value()
        lock = held.enter_context(alone(url))
        store, aside = open_sound(url, damage)
        held.callback(store.close)
        if aside is not None:
            structlog.get_logger().error("database damaged, moved aside and begun anew", file=aside)
            note_beginning(store, int(time.time()))
        return store

    engine = start(settings, opened, sleep=sleep, stopping=stopping, client=client, hear=hear)
    engine.post = with_journal(engine, engine.post, settings.store.journal)
    length_s, grace_s = lengths(settings.engine.poll_s, max(settings.jira.timeout_s, settings.mail.timeout_s))
    engine.lease = Lease(engine.store, this_process(lock), length_s=length_s, grace_s=grace_s)
    held.callback(_give_back, engine.lease)
    return engine


def with_journal(engine: Engine, post: Post, file: Path | None) -> Post:
    """Have a journal of letters kept in a file, where there is mail; the same way of letters, with that."""
    if post.mailer is None or file is None:
        return post
    now = int(time.time()) if engine.clock is None else engine.clock()
    try:
        engine.journal = engine.journal or Journal(file, now)
    except OSError as error:
        structlog.get_logger().warning("no journal of letters can be kept", file=str(file), reason=error.strerror)
        return post
    _take_over(engine.store, engine.journal)
    return replace(post, mailer=OnceMailer(post.mailer, engine.journal))


def _take_over(store: Store, journal: Journal) -> None:
    """Have the journal know what that of the database knew of which this one is a copy."""
    noted = store.note(JOURNAL)
    if noted is None:
        return
    try:
        if not journal.path.samefile(noted):
            journal.take_over(Path(noted))
    except OSError as error:
        log = structlog.get_logger()
        log.warning("a journal of letters cannot be taken over", file=noted, reason=error.strerror)
        return
    store.drop_note(JOURNAL)


def _give_back(lease: Lease) -> None:
    with suppress(StoreError):  # else the next one waits for its end
        lease.give_back()


def cycled(
    engine: Engine,
    *,
    now: Callable[[], Moment] = lambda: int(time.time()),
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Run one cycle, once the lease can be taken over from a bot that ended without giving it back; says so.

    Raises Fenced where another bot turns out to be at work.
    """
    renewed_at: int | None = None
    while True:
        try:
            return cycle(engine, now())
        except Fenced as error:
            if error.wait_s is None or renewed_at not in (None, error.renewed_at):
                raise
            if renewed_at is None:
                print(f"Waiting: {error}", file=sys.stderr)
            renewed_at = error.renewed_at
            sleep(min(error.wait_s, _LOOK_S))
