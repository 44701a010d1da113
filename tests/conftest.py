"""Property tests search the same examples on every run; `make soak` has them search many more, at random."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("soak" if os.environ.get("PILETIBOT_SOAK") else "steady")


@pytest.fixture
def fresh_logs() -> Iterator[None]:
    """A command sets up the log of its process; the next test is to find it as it was."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    root.handlers[:] = handlers
