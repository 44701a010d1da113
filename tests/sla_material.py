"""The shared working-time cases and their oracle; a test that asks for them is skipped where they are not."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

_SLA = Path(__file__).resolve().parents[1] / ".." / "shared" / "sla"


def cases_file() -> Path:
    """The 600 cases."""
    return _there("cases_ee.json")


@cache
def oracle_module() -> ModuleType:
    """The brute-force minute-stepping oracle."""
    spec = importlib.util.spec_from_file_location("sla_oracle", _there("oracle.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _there(name: str) -> Path:
    if not (_SLA / name).exists():
        pytest.skip(f"../shared/sla/{name} is not beside this checkout")
    return _SLA / name
