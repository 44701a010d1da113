"""Who may send: the lease taken at a cycle's start, kept by its end, and what a late answer is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import structlog

from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.overlap import Overlap
from bot.engine.sketches import Sketches

log = structlog.get_logger()


def hold_lease(engine: Engine, now: Moment) -> None:
    """Begin a cycle: the lease on the desk is this process's. Raises Fenced where it is another's.

    Where its holder ended without giving it back, what that one was sending may still arrive for a while: until then
    nothing that it had begun counts as lost. What was known here of the mirror is learnt anew, as another may have
    written to it.
    """
    if engine.lease is None:
        return
    how = engine.lease.hold()
    if how is not None:
        engine.unsure_until = now + engine.lease.grace_s if how == "gone" else now
        engine.overlap, engine.sketches, engine.store.counted = Overlap(), Sketches(), {}
        log.info("lease taken", epoch=engine.lease.epoch, how=how)


def renew_lease(engine: Engine) -> None:
    """Renew the lease with what is written anyway, in the transaction under way; most cycles do. Raises Fenced."""
    if engine.lease is not None:
        engine.lease.renew(after_s=engine.lease.length_s / 4)


def is_lost(engine: Engine, begun_at: Moment, now: Moment) -> bool:
    """Whether what was begun and is not found counts as not sent: it had its time, and so had what others began."""
    return now - begun_at >= engine.pace.settle_s and not is_unsure(engine, now)


def is_unsure(engine: Engine, now: Moment) -> bool:
    """Whether what a process that is gone was sending may still arrive: no longer than the grace, by any clock."""
    return engine.lease is not None and 0 < engine.unsure_until - now <= engine.lease.grace_s


def state_of_sent(engine: Engine) -> str:
    """The state of what was sent just now: `said`; or `doubtful` where another took over while it was on its way.

    Then that one may have sent the same, and looks.
    """
    return "said" if engine.lease is None or engine.lease.is_sure() else "doubtful"


@contextmanager
def writing_of(engine: Engine, state: str) -> Iterator[None]:
    """Let it be kept that what was sent is in doubt although another has taken over, who else would not look for it.

    Nothing else that a process does which was taken over from is kept where several work together.
    """
    with engine.store.guarded(None) if state == "doubtful" else nullcontext():
        yield
