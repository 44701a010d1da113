"""`piletibot run` as one of several processes that work together, on one machine or on many."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack

import structlog

from bot.commands.running import heartbeat_of
from bot.commands.station import Station
from bot.engine.cluster import Cluster
from bot.engine.daemon import Stop
from bot.engine.engine import Report
from bot.engine.tally import Tally
from bot.heartbeat import Heartbeat
from bot.settings import Settings
from bot.store.connect import parse

log = structlog.get_logger()


def work_together(settings: Settings, tally: Tally) -> int:
    """Work on the desk with all others that have the same database, until SIGTERM or SIGINT; return 0."""
    stop = Stop()
    own = Heartbeat()
    with ExitStack() as held:
        url = parse(settings.store.url.get_secret_value())
        desks = {settings.site: settings}
        cluster = Cluster(
            url, list(desks), stop, settings.engine.workers, lambda: own.after(Report(int(time.time())))
        )
        for name, each in desks.items():
            beat = heartbeat_of(each, {})
            held.callback(beat.close)
            station = Station(name, each, stop, cluster.hand_out(name), beat, tally)
            held.callback(station.close)
            cluster.stations[name] = station
        own.started(settings.engine.poll_s)
        held.callback(own.stopping)
        log.info("worker started", desks=list(desks), workers=settings.engine.workers, process=os.getpid())
        cluster.run()
    log.info("stopped")
    return 0
