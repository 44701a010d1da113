from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from desks import FLAVOURS, Desk, desk_over


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(flavour: str) -> Iterator[Desk]:
    """The desk of each flavour, reached in this process."""
    with desk_over(flavour) as opened:
        yield opened


@pytest.fixture
def wired(flavour: str) -> Iterator[Desk]:
    """The desk of each flavour, reached over HTTP."""
    with desk_over(flavour, http=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of cycles log nothing here; what is logged has tests of its own."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    yield
    structlog.configure(**before)
