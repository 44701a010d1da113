from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest
from sla_material import cases_file, oracle_module

from bot import hours_cases
from bot.core.calendar import Calendar


@pytest.fixture(scope="session")
def sla_cases() -> list[dict[str, Any]]:
    """The working-time and clock cases of the shared material."""
    return json.loads(cases_file().read_text())


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The brute-force minute-stepping oracle of the shared material."""
    return oracle_module()


@pytest.fixture(scope="session")
def calendar_of() -> Callable[[dict[str, Any]], Calendar]:
    """Turns a calendar in the cases' format into one of ours."""
    return lambda spec: hours_cases.calendar_of(msgspec.convert(spec, hours_cases.Spec, str_keys=True))
