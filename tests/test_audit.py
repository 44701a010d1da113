"""`piletibot audit`: what the bot did on a desk, asked for in every way, as a person and a script read it."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from command_line import piletibot, user_of, write_desk

from bot.commands.audit import as_object
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.ticket import Change, Command, Message, Ticket
from bot.report.audit import Record
from bot.store.commands import CommandRow
from bot.store.store import open_store

GOLDEN = Path(__file__).parent / "golden" / "audit"
UPDATE = bool(os.environ.get("PILETIBOT_UPDATE_GOLDEN"))
MONDAY, HOUR = 1_794_816_000, 3600

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


def entry(n: int, rule: str, rung: str, state: str, to: tuple[str, ...], because: str, **more: object) -> Entry:
    key = f"test/{n}/{rule}/clock@1/{rung}/0"
    at = MONDAY + n * HOUR
    rows = {
        "ticket_id": f"{n}",
        "ticket_key": f"KKA-{n}",
        "say": "m",
        "due_at": at - 60,
        "at": at,
        "version": "a1b2c3",
    }
    return Entry(key=key, rule=rule, rung=rung, state=state, to=to, because=because, **rows | more)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A desk that has done one thing of each kind, by a rulebook that had a rule more than today's."""
    path = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
        message = Message(MONDAY, "c9", "spetsialist1", command=Command("snooze", "2026-11-20"))
        bots = Change(MONDAY + HOUR, "queue", None, "L2_IT", "~robot", True)
        tickets = [
            Ticket("1", "KKA-1", "KKA", MONDAY, 1, "closed", changes=(bots,), messages=(message,)),
            Ticket("2", "KKA-20", "KKA", MONDAY, 1, "closed"),
        ]
        store.put_tickets(tickets, "f", MONDAY)
        store.put_commands([CommandRow("1", "c9", MONDAY, True, "", None, MONDAY + 60)])
        said = {"comment_id": "77", "left": ("juht1",)}
        store.write_entries(
            [
                entry(1, "tier2-deadline", "warn", "said", ("it1",), "Tier 2 promised it; within: 3wd", **said),
                entry(2, "no-movement", "ask", "held", ("it1",), "quiet hours", not_before=MONDAY + 60 * HOUR),
                entry(3, "rule-of-old", "ask", "observed", ("~712020:x",), "It was so once.", version="000000"),
                entry(4, "command", "granted", "said", ("spetsialist1",), "a command"),
            ]
        )
        digest = "test/letter/digest/lead/week-2026-11-09-mail"
        store.write_letters(
            [
                LetterRow(
                    digest, "digest", "week", "juht1", "said", "due", MONDAY, MONDAY + 2, None, "mail", 0, "a1b2c3"
                ),
                LetterRow("test/letter/morning/it1/x", "morning", "m", "it1", "doubtful", "lost", MONDAY, MONDAY + 1),
            ]
        )
    return path


ASKED = {
    "all": (),
    "ticket": ("--ticket", "kka-1"),
    "since": ("--since", "2026-11-16 13:00"),
    "until": ("--until", "2026-11-16T10:00:02+02:00"),
    "rule": ("--rule", "rule-of-old"),
    "person": ("--person", "spetsialist1"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_was_done_is_told(name: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("audit", *ASKED[name], "--config", config, "--json") == 0
    told = capsys.readouterr()
    assert told.err == ""
    golden = GOLDEN / f"{name}.jsonl"
    if UPDATE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(told.out, "utf-8")
    assert told.out == golden.read_text("utf-8")


@pytest.mark.parametrize(("columns", "name"), [("150", "all.txt"), ("80", "narrow.txt")])
def test_a_person_reads_it_as_a_table_or_a_list(
    columns: str, name: str, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert piletibot("audit", "--config", config) == 0
    told = capsys.readouterr().out
    golden = GOLDEN / name
    if UPDATE:
        golden.write_text(told, "utf-8")
    assert told == golden.read_text("utf-8")


MISTAKES = {
    ("--ticket", "KKA-3000"): "--ticket KKA-3000: nothing is kept of such a ticket; did you mean 'KKA-3'?",
    ("--rule", "no-movment"): "no such rule, nor was there ever one; did you mean 'no-movement'?",
    ("--person", "it11"): "no such person, nor was one ever addressed; did you mean 'it1'?",
    ("--since", "monday"): "--since 'monday' is not a moment; write for example",
    ("--since", "2026-11-16", "--until", "2026-11-15"): "--until is before --since",
}


@pytest.mark.parametrize("args", MISTAKES, ids=" ".join)
def test_what_cannot_be_is_said(args: tuple[str, ...], config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("audit", *args, "--config", config) == 2
    assert MISTAKES[args] in capsys.readouterr().err


def test_all_mistakes_come_at_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("audit", "--since", "x", "--ticket", "A-1", "--rule", "y", "--config", config) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_nothing_is_an_answer_and_what_was_purged_is_owned_to(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_store(f"sqlite:///{config.parent / 'piletibot.db'}")) as store:
        assert store.purge_ledger(MONDAY + 9 * HOUR) == 2  # of tickets that are nowhere
    assert piletibot("audit", "--until", "2020-01-01", "--config", config) == 0
    told = capsys.readouterr()
    assert told.out == "Nothing of that is known.\n"
    assert told.err == "What was purged is not told: of it only hashes are kept.\n"


def test_without_a_database_it_is_another_matter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    assert piletibot("audit", "--config", config) == 3
    assert "there is no such file" in capsys.readouterr().err


def test_each_field_of_a_record_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8")
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert documented == {"v", *Record.__struct_fields__}
    assert as_object(Record(MONDAY, "step", "said")) == {
        "v": 1,
        "at": "2026-11-16T08:00:00Z",
        "kind": "step",
        "state": "said",
    }
    assert date.fromtimestamp(MONDAY).year == 2026
