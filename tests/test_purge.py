"""`piletibot purge`: what would be removed, what is, and what is said of it; digests in their folder, and copies."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from command_line import OBSERVE, open_sandbox, piletibot, user_of, write_desk
from sqlalchemy.engine import make_url

from bot.core.ledger import Entry
from bot.core.retention import SINCE
from bot.core.ticket import Ticket
from bot.digest_folder import DigestFolder
from bot.store.copies import old_copies, remove_copies
from bot.store.store import open_store

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

DAY, NOW = 86_400, int(time.time())


def aged(path: Path, days: int) -> None:
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))


def filled(home: Path) -> None:
    """A database with something of a few kinds that is over."""
    long_ago = NOW - 3000 * DAY
    with closing(open_store(f"sqlite:///{home / 'piletibot.db'}")) as store:
        store.put_tickets([Ticket("1", "KKA-1", "KKA", long_ago, long_ago * 1000, "closed", owner="it1")], "f", 1)
        store.judged({"1": None})
        key = "test/1/r/clock@1/ask/0"
        store.write_entries([Entry(key, "1", "KKA-1", "r", "ask", "m", ("it1",), "said", "", long_ago, long_ago)])
        store.trouble("9", "could not be read", long_ago)


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["v"] for line in lines} == {1}
    assert [line["kind"] for line in lines] == [*SINCE, "linked"]
    return {line["kind"]: line["removed"] for line in lines if line["removed"]}


def test_a_dry_run_says_what_a_run_then_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    for args in (("--dry-run",), ()):
        assert piletibot("purge", *args, "--config", config) == 3
        assert "there is no such file" in capsys.readouterr().err
    filled(tmp_path)
    what = {"tickets": 1, "ledger": 1, "troubles": 1}
    for args, found in ((("--dry-run",), what), (("--dry-run",), what), ((), what), ((), {})):
        assert piletibot("purge", *args, "--json", "--config", config) == 0
        assert printed(capsys) == found
    assert piletibot("purge", "--dry-run", "--config", config) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["kind", "days", "kept", "since", "would", "be", "removed"]
    assert {line[0] for line in lines[1:]} == {*SINCE, "linked"}


def test_a_ticket_that_jira_deleted_is_asked_for_and_erased(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_sandbox("cloud") as sandbox:
        config = write_desk(tmp_path, sandbox.url, OBSERVE, user=user_of("cloud"))
        with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
            tickets = [Ticket(f"{n}", f"KKA-{n}", "KKA", 1, 1, "new") for n in (1, 2, 3)]
            store.put_tickets(tickets, "f", 1)
            store.gone(["1"], NOW - 40 * DAY)
            store.gone(["2"], NOW - 20 * DAY)
        assert piletibot("purge", "--json", "--config", config) == 0
    assert printed(capsys) == {"gone": 1}
    with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
        assert set(store.keys()) == {"KKA-2", "KKA-3"}


def test_without_jira_all_else_is_purged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    filled(tmp_path)
    with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
        store.put_tickets(
            [Ticket("2", "KKA-2", "KKA", 1, 1, "new"), Ticket("3", "KKA-3", "KKA", 1, 1, "new")], "f", 1
        )
        store.gone(["2"], NOW - 40 * DAY)
    assert piletibot("purge", "--json", "--config", config) == 3
    assert printed(capsys) == {"tickets": 1, "ledger": 1, "troubles": 1}


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("tickets_days = 3", "config.toml:15: retention.tickets_days: input should be greater than or equal to 8"),
        ("ticket_days = 30", "config.toml:15: unknown key 'retention.ticket_days'; did you mean 'tickets_days'?"),
    ],
)
def test_a_wrong_setting_is_said_with_its_place(
    written: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    config.write_text(config.read_text() + f"\n[retention]\n{written}\n")
    assert piletibot("purge", "--config", config) == 2
    told = capsys.readouterr().err
    assert wrong.partition(": ")[2] in told
    assert "config.toml:" in told


def test_only_old_digests_of_this_desk_leave_its_folder(tmp_path: Path) -> None:
    names = {
        "kka_week-2026-01-05_lead.html": 900,
        ".kka_week-2026-01-05_lead.html.x1y2": 900,
        "kka_week-2026-11-09_lead.html": 3,
        "other_week-2026-01-05_lead.html": 900,
        "kka_notes.html": 900,
        "kka_week-2026_lead.html": 900,
    }
    for name, days in names.items():
        (tmp_path / name).write_bytes(b"")
        aged(tmp_path / name, days)
    folder = DigestFolder(tmp_path, "kka")
    assert folder.purge(NOW - 800 * DAY) == 2
    assert {file.name for file in tmp_path.iterdir()} == set(list(names)[2:])
    assert DigestFolder(tmp_path / "nowhere", "kka").purge(NOW) == 0


def test_only_old_copies_of_this_database_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch, home = tmp_path / "tmp", tmp_path / "home"
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    for name in ("piletibot-ab12", "piletibot-new", "others"):
        (scratch / name).mkdir(parents=True)
        (scratch / name / "scratch.db").write_bytes(b"a copy")
        aged(scratch / name, 1 if name.endswith("new") else 40)
    home.mkdir()
    old = ["bot.db.before-0011-20260101T000000", "bot.db.damaged-20260101T000000", "bot.db.damaged-1-wal"]
    stays = ["bot.db", "bot.db-wal", "bot.db.lock", "bot.db.backup", "other.db.damaged-20260101T000000"]
    for name in [*old, *stays]:
        (home / name).write_bytes(b"")
        aged(home / name, 40)
    (home / "bot.db.before-0012-now").write_bytes(b"")
    found = old_copies(make_url(f"sqlite:///{home / 'bot.db'}"), NOW - 30 * DAY)
    assert sorted(each.name for each in found) == sorted([*old, "piletibot-ab12"])
    assert remove_copies(found) == 4
    assert {each.name for each in home.iterdir()} == {*stays, "bot.db.before-0012-now"}
    assert [each.name for each in old_copies(make_url("postgresql://h/d"), NOW)] == ["piletibot-new"]


def test_why_tells_of_a_ticket_that_was_purged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    filled(tmp_path)
    assert piletibot("purge", "--config", config) == 0
    with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
        store.set_mark(1, NOW)
    capsys.readouterr()
    assert piletibot("why", "KKA-1", "--config", config) == 2
    assert "KKA-1: it is closed, and what the bot kept of it is purged" in capsys.readouterr().err
