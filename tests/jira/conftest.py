from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    """Canned answers in place of the network."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked
