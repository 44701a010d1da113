"""The bench's cycle in small: the prepared Jira brings the bot what it brings the floor, and no more is asked."""

from __future__ import annotations

from contextlib import ExitStack, closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "bench"))
    return import_module


@pytest.mark.usefixtures("fresh_logs")
@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_a_cycle_takes_one_search_and_brings_what_changed(bench: Any, tmp_path: Path, flavour: str) -> None:
    prepared, contender, cycling, desk = map(bench, ("prepared", "contender", "cycling", "desk"))
    with ExitStack() as opened:
        server = opened.enter_context(closing(prepared.Server(prepared.Jira(flavour, 130))))
        jira = opened.enter_context(closing(cycling.Jira(server.url)))
        desk.configure(server.url, flavour, tmp_path)
        ours = opened.enter_context(closing(contender.ours(server.url, flavour, tmp_path)))
        floor = opened.enter_context(closing(contender.floor(server.url, flavour, tmp_path)))
        assert (ours.cycle(jira.now), floor.cycle(jira.now)) == (130, 0)
        for _ in range(3):
            jira.later(20)
            assert (floor.cycle(jira.now), ours.cycle(jira.now)) == (20, 20)
        jira.later(20)
        jira.tell("count")
        assert ours.cycle(jira.now) == 20
        assert jira.tell("count")["requests"] <= 2, "a search, and one for all histories that are cut off"
        jira.later(0)
        assert (ours.cycle(jira.now), jira.tell("count")["requests"]) == (0, 1)
        assert (ours.sweep(jira.now), jira.tell("count")["requests"]) == (0, 1)
