"""The process is killed at every point and started again on the same database: nothing is lost, nothing done twice.

Here one morning's bot is killed at point after point until all is done: on SQLite at every second and at those that
it alone has, on PostgreSQL at the others. The full matrix, a morning of its own for each point on each database and
Jira, makes the table of `docs/safety.md` (`make kills`).
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
from crashes import POINTS, Bots, Point, Scene, bots, scene_of, step_back
from desks import FLAVOURS, HOUR, MINUTE
from made_parts import write_part

from bot.core.ledger import RULEBOOK
from bot.engine.seams import SEAMS

KILLED = -signal.SIGKILL
DATABASES = ("sqlite", "postgresql")
SAFETY = Path(__file__).resolve().parents[2] / "docs" / "safety.md"
COLUMNS = [*product(DATABASES, FLAVOURS)]
Column = dict[str, tuple[int, int, int]]
"""For each point, on one database and Jira: what was done twice, what was lost, and the mails left in doubt."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bots]:
    with bots(tmp_path_factory.mktemp("rules")) as server:
        yield server


@pytest.fixture(scope="module")
def wanted(started: Bots, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """What a bot does on that morning that nobody kills: the same on both flavours of Jira."""
    home = tmp_path_factory.mktemp("unharmed")
    with scene_of("cloud", home, f"sqlite:///{home / 'bot.db'}", started) as scene:
        assert started.live(scene, cycles=2) == 0
        assert scene.doubtful() == set()
        return scene.effects()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the address of an empty database of a kind."""
    return lambda kind: (
        f"sqlite:///{tmp_path / 'bot.db'}" if kind == "sqlite" else str(request.getfixturevalue("postgres")())
    )


def differs(done: Counter[str], wanted: Counter[str], doubtful: set[str]) -> tuple[dict[str, int], dict[str, int]]:
    """What was done too often, and what was not done and is not known as doubtful.

    That the rulebook changed is told at most once: the log has it too.
    """
    told = Counter({key: 1 for key in done if f"/{RULEBOOK}/" in key})
    lost = {key: n for key, n in (wanted - done).items() if key not in doubtful}
    return dict(done - wanted - told), lost


def passes(point: Point, kind: str) -> bool:
    """Whether there is such a point: PostgreSQL replaces no file."""
    return kind == "sqlite" or "replacement" not in point.name


COMMON = [point for point in POINTS if passes(point, "postgresql")]
SHARES = {"postgresql": COMMON[1::2], "sqlite": [point for point in POINTS if point not in COMMON[1::2]]}


def at_rest(scene: Scene, bots: Bots) -> Counter[str]:
    """What was done once the bot was started again, until it had nothing more to do."""
    scene.desk.later(2 * MINUTE)
    assert bots.live(scene, cycles=3) == 0
    done = scene.effects()
    scene.desk.later(HOUR)
    assert bots.live(scene) == 0
    assert scene.effects() == done
    return done


@pytest.mark.parametrize(("kind", "flavour"), [*zip(DATABASES, FLAVOURS, strict=True)])
def test_killed_at_point_after_point(
    kind: str,
    flavour: str,
    database: Callable[[str], str],
    started: Bots,
    wanted: Counter[str],
    tmp_path: Path,
) -> None:
    with scene_of(flavour, tmp_path, database(kind), started, earlier=True) as scene:
        for point in SHARES[kind]:
            assert started.live(scene, at=point) == KILLED, point.name
            scene.desk.later(MINUTE)
        done = at_rest(scene, started)
        doubtful = scene.doubtful()
        assert differs(done, wanted, doubtful) == ({}, {})
        assert len(doubtful) == sum("mail" in point.name for point in SHARES[kind])


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("kind", "flavour"), COLUMNS)
def test_killed_at_each_point_of_a_morning_of_its_own(
    kind: str,
    flavour: str,
    database: Callable[[str], str],
    started: Bots,
    wanted: Counter[str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    runs: Column = {}
    with scene_of(flavour, tmp_path, database(kind), started) as scene:
        saved = scene.saved()
        scene.put_back(saved, "earlier")
        step_back(scene.store)
        stepped_back = saved._replace(store=scene.store)
        for n, point in enumerate(point for point in POINTS if passes(point, kind)):
            migrates = point.name.endswith(("migration", "migrations", "replacement"))
            scene.put_back(stepped_back if migrates else saved, f"n{n}")
            assert started.live(scene, at=point, cycles=3, whole=True) == KILLED, point.name
            done = at_rest(scene, started)
            doubtful = scene.doubtful()
            twice, lost = differs(done, wanted, doubtful)
            runs[point.name] = (sum(twice.values()), sum(lost.values()), len(doubtful))
            print(point.name, kind, flavour, runs[point.name], flush=True)
    cache = request.config.cache
    assert cache is not None
    cache.set(f"kills/{kind}-{flavour}", runs)
    columns = [cache.get(f"kills/{kind}-{flavour}", {}) for kind, flavour in COLUMNS]
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN") and all(columns):
        assert write_part(SAFETY, "kills", table(columns))
    assert {name: run for name, run in runs.items() if run[:2] != (0, 0)} == {}


def table(columns: Sequence[Column]) -> str:
    """The matrix as a table: duplicates and lost on each database and Jira, and the mails left in doubt."""
    by_then = {point.name: "it took effect there, and its answer was not read" for point in POINTS}
    by_then |= {point.name: "all of it is written, and nothing of it kept" for point in POINTS if point.commit}
    by_then |= {seam.name: seam.by_then for seam in SEAMS}
    named = [f"{kind} {flavour}" for kind, flavour in product(("SQLite", "PostgreSQL"), ("Cloud", "DC"))]
    lines = [f"| killed | by then | {' | '.join(named)} | mails in doubt |", "|---" * (len(named) + 3) + "|"]
    for name in (point.name for point in POINTS):
        runs = [column.get(name) for column in columns]
        cells = ["–" if run is None else f"{run[0]} · {run[1]}" for run in runs]
        doubts = "/".join(sorted({str(run[2]) for run in runs if run is not None}))
        lines.append(f"| {name} | {by_then[name]} | {' | '.join(cells)} | {doubts} |")
    return "\n".join(lines)
