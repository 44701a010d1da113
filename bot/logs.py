"""The log on standard error: one line an event, as text or JSON, without texts of tickets or personal data.

Every event that the bot logs is a fixed text, told of in docs/log.md; a line with `logger` is one of its libraries'.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.visible import on_one_line


def configure(level: str, form: Literal["text", "json"], heard: Callable[[str], None] = lambda level: None) -> None:
    """Send the bot's log, and what its libraries warn of, to standard error; `heard` is told the level of each line.

    A traceback shows no values of variables. Libraries are heard from `warning` on, since below it they log
    whole requests.
    """

    def count(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        heard(str(event["level"]))
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _without_nothing,
        _written_out,
        structlog.processors.add_log_level,
        count,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[Processor]
    if form == "json":
        shown = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        plain = structlog.dev.plain_traceback
        shown = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[*shared, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # A cycle that waits out a Jira that is away skips the ones due meanwhile, as it should.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _without_nothing(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """A field without a value is left out."""
    return {key: value for key, value in event.items() if value is not None}


def _written_out(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """What a tracker or a library said stays in its line and its value: nothing makes a line of its own."""
    return {key: on_one_line(value) if isinstance(value, str) else value for key, value in event.items()}
