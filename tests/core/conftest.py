from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.core.calendar import Calendar, build_calendar

SLA = Path(__file__).resolve().parents[2] / ".." / "shared" / "sla"


@pytest.fixture(scope="session")
def sla_cases() -> list[dict[str, Any]]:
    """The working-time and clock cases of the shared material."""
    return json.loads(_shared("cases_ee.json").read_text())


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The brute-force minute-stepping oracle of the shared material."""
    spec = importlib.util.spec_from_file_location("sla_oracle", _shared("oracle.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _shared(name: str) -> Path:
    if not (SLA / name).exists():
        pytest.skip(f"../shared/sla/{name} is not beside this checkout")
    return SLA / name


@pytest.fixture(scope="session")
def calendar_of() -> Callable[[dict[str, Any]], Calendar]:
    """Turns a calendar in the cases' format into one of ours; what is left out is empty."""

    def made(spec: dict[str, Any]) -> Calendar:
        closed = {date.fromisoformat(day): "closed" for day in spec.get("holidays", [])}
        special = {
            date.fromisoformat(day): ", ".join(map("-".join, hours)) or "closed"
            for day, hours in spec.get("special_days", {}).items()
        }
        return build_calendar(
            "case",
            timezone=spec["tz"],
            hours={day: ["-".join(interval) for interval in hours] for day, hours in spec["weekly"].items()},
            day_s=None,
            closed=lambda year: frozenset(),
            shortened=lambda year: frozenset(),
            exceptions=closed | special,
        )

    return made
