"""`piletibot run` as one of several processes that work together, on one machine or many, for one desk or several."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.commands.page import Place
from bot.commands.running import heartbeat_of
from bot.commands.station import Station
from bot.core.ticket import Moment
from bot.engine.cluster import Cluster
from bot.engine.cluster import Station as Workable
from bot.engine.daemon import Stop
from bot.engine.engine import Report
from bot.engine.tally import Tally
from bot.heartbeat import Heartbeat
from bot.installation import Installation, load_desk
from bot.reconfigure import changed
from bot.settings import Misconfigured, Settings, load_settings
from bot.store.connect import parse
from bot.store.errors import StoreError
from bot.store.scratch import looking
from bot.web.settings import Metrics

if TYPE_CHECKING:
    from bot.web.metrics import Watched

_LOOK_S = 5.0
_LAST_S = 1.0
"""How often pages and figures that are not served yet are tried, and how long a try is waited for at the end."""

log = structlog.get_logger()


def work_together(config: Path, settings: Settings, tally: Tally) -> int:
    """Work on the desk with all others that have the same database, until SIGTERM or SIGINT; return 0."""
    at_start = [settings]

    def load(others: Mapping[str, Settings]) -> Settings:
        return at_start.pop() if at_start else load_settings(config)

    desks = {settings.site: load}
    return _work(desks, settings.store.url.get_secret_value(), settings.engine.workers, settings.metrics, tally)


def work_on_all(installation: Installation, tally: Tally) -> int:
    """Work on all desks of an installation with all others that do, until SIGTERM or SIGINT; return 0.

    What is wrong with one desk stops no other: it is told of, and looked at again now and then.
    """

    def loading(file: Path) -> _Load:
        return lambda others: load_desk(file, others)

    desks = {name: loading(file) for name, file in installation.desks.items()}
    url = installation.store.url.get_secret_value()
    return _work(desks, url, installation.engine.workers, installation.metrics, tally)


_Load = Callable[[Mapping[str, Settings]], Settings]
"""Reads the configuration of a desk, given those of the others."""


def _work(desks: Mapping[str, _Load], url: str, workers: int, metrics: Metrics | None, tally: Tally) -> int:
    stop, own, known, ended = Stop(), Heartbeat(), dict[str, Settings](), threading.Event()
    with ExitStack() as held:
        pages: dict[str, _Page] = {}
        figures = None if metrics is None else held.enter_context(closing(_Figures(metrics, tally, len(desks))))

        def alive() -> None:
            tally.alive()
            own.after(Report(int(time.time())))

        def asked() -> None:
            for station in list(cluster.stations.values()):
                if isinstance(station, Station):
                    station.sign_in_anew()
            _tell_of_changes(desks, known)

        def look() -> None:
            while not ended.wait(_LOOK_S):
                for page in list(pages.values()):
                    page.serve()
                if figures is not None:
                    figures.look()

        cluster = Cluster(parse(url), list(desks), stop, workers, alive, asked)

        def made(name: str, load: _Load) -> Station:
            settings = load({other: each for other, each in known.items() if other != name})
            known[name] = settings
            beat = heartbeat_of(settings, {})
            held.callback(beat.close)
            counted = Tally()
            station = Station(name, settings, stop, cluster.hand_out(name), beat, counted)
            held.callback(station.close)
            if figures is not None:
                figures.tell_of(station, settings, counted)
            if settings.web is not None:
                pages[name] = held.enter_context(closing(_Page(settings, station)))
            return station

        making = threading.Lock()
        for name, load in desks.items():
            cluster.stations[name] = _Unmade(name, partial(made, name, load), cluster, making)
        own.started(0)
        held.callback(own.stopping)
        log.info("worker started", desks=list(desks), workers=workers, process=os.getpid())
        # In a thread of its own: a database that is away is waited for, and jobs and signals are not to wait with it.
        looking_on = threading.Thread(target=look, name="look", daemon=True)
        looking_on.start()
        try:
            cluster.run()
        finally:
            ended.set()
            looking_on.join(_LAST_S)
    log.info("stopped")
    return 0


def _tell_of_changes(desks: Mapping[str, _Load], known: Mapping[str, Settings]) -> None:
    """Log what of the desks' configurations is another than at the start: it counts from the next start alone."""
    for name, settings in list(known.items()):
        with structlog.contextvars.bound_contextvars(desk=name):
            try:
                written = desks[name]({other: each for other, each in known.items() if other != name})
            except Misconfigured as error:
                log.error("configuration refused, the one in force stays", errors=list(error.problems))
                continue
            if keys := changed(written, settings):
                log.warning("configuration changed that counts after a restart alone", keys=keys)


class _Unmade:
    """A desk whose configuration is still to be read; one that cannot be is tried again with each job.

    Jobs come in several threads: one desk at a time is `making`, so that each is made once and knows of the others.
    """

    def __init__(
        self, name: str, make: Callable[[], Station], cluster: Cluster, making: AbstractContextManager[object]
    ) -> None:
        self.name, self._make, self._cluster, self._making = name, make, cluster, making
        self._told = ""

    @property
    def is_kept(self) -> bool:
        return False

    def _made(self) -> Workable | None:
        with self._making:
            known = self._cluster.stations[self.name]
            if known is not self:
                return known
            try:
                station = self._make()
            except Misconfigured as error:
                if self._told != str(error):
                    self._told = str(error)
                    with structlog.contextvars.bound_contextvars(desk=self.name):
                        log.error("the desk cannot be worked on", errors=error.problems)
                return None
            self._cluster.stations[self.name] = station
            return station

    def cycle(self, asked: bool) -> Moment | None:
        station = self._made()
        return None if station is None else station.cycle(asked)

    def work(self, part: str) -> bool:
        station = self._made()
        return station is not None and station.work(part)

    def leave(self) -> None:
        """Nothing is kept here."""

    def may_leave(self) -> bool:
        return True

    def share(self, processes: int) -> None:
        """Nothing is asked for here."""


class _Figures:
    """What machines ask of this process and its `many` desks, at its own address.

    Raises Misconfigured where that cannot be had.
    """

    def __init__(self, metrics: Metrics, process: Tally, many: int) -> None:
        from bot.commands.watch import Lookout

        self._held = ExitStack()
        self._watched: list[Watched] = []
        self._waiting: list[tuple[Station, Settings, Tally]] = []
        lookout = self._held.enter_context(closing(Lookout(metrics)))
        watching = lookout.watching(self._watched, process, lambda: len(self._watched) < many)
        _, server = self._held.enter_context(watching)
        if server is not None:
            log.info("metrics", url=server.url)

    def tell_of(self, station: Station, settings: Settings, tally: Tally) -> None:
        """Tell of a desk too, as soon as its database can be looked into."""
        self._waiting.append((station, settings, tally))

    def look(self) -> None:
        """Look into the databases of those that are not told of yet."""
        from bot.commands.watch import watched_together

        for each in list(self._waiting):
            station, settings, tally = each
            with suppress(StoreError):
                store = self._held.enter_context(looking(settings.store.url.get_secret_value()))
                self._watched.append(watched_together(station, store, tally))
                self._waiting.remove(each)

    def close(self) -> None:
        """Answer no more."""
        self._held.close()


class _Page:
    """The page of a desk, served by whichever of a machine's processes has its address."""

    def __init__(self, settings: Settings, station: Station) -> None:
        self._settings, self._station = settings, station
        self._held = ExitStack()
        self._served = False

    def close(self) -> None:
        """Let the address go."""
        self._held.close()

    def serve(self) -> None:
        """Serve it from now on, if that is to be had."""
        web = self._settings.web
        if self._served or web is None:
            return
        url, browse = self._settings.store.url.get_secret_value(), f"{self._settings.jira.url}/browse/"
        with suppress(Misconfigured, StoreError), ExitStack() as tried:  # another of this machine may serve it
            place = tried.enter_context(closing(Place(web)))
            server = tried.enter_context(place.serving(self._station, url, lambda: int(time.time()), browse))
            self._served = True
            self._held.push(tried.pop_all())
            log.info("page", url=server.url)
