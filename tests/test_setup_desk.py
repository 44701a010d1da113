from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from command_line import open_sandbox, piletibot, solved_issue, user_of, written
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rich.console import Console

from bot.jira.catalogue import Field, Status
from bot.ruletests import run
from bot.sandbox.desk import status
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from bot.settings import Jira
from bot.setup_desk import MEANINGS, Answers, files_of, guess, guess_field
from bot.start import read_desk
from bot.yaml_positions import read_yaml

UPDATE = bool(os.environ.get("PILETIBOT_UPDATE_GOLDEN"))  # read here: a test at home has no such settings

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


@pytest.fixture(params=["cloud", "dc"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with open_sandbox(request.param) as running:
        yield running


def init(sandbox: Sandbox, *more: str) -> int:
    user = user_of(sandbox.world.flavour)
    account = "Koordinaator" if user else "koordinaator1"
    given = {"--url": sandbox.url, "--token": "sandbox-token", "--project": "KKA", "--coordinator": account}
    lead = {"--lead": "juht1@sandbox.example" if user else "juht1", **({"--user": user} if user else {})}
    given = {name: value for name, value in {**given, **lead}.items() if name not in more}
    return piletibot("init", "--yes", *(part for pair in given.items() for part in pair), *more)


@pytest.mark.parametrize(
    ("name", "category", "meaning"),
    [
        ("Uus", "new", "tier 1"),
        ("Open", "new", "tier 1"),
        ("II tasemel", "indeterminate", "tier 2"),
        ("In Progress", "indeterminate", "tier 2"),
        ("В работе", "indeterminate", "tier 2"),
        ("Küsimus I tasemele", "indeterminate", "question"),
        ("Ootel", "indeterminate", "customer"),
        ("Ootab klienti", "indeterminate", "customer"),
        ("Waiting for customer", "indeterminate", "customer"),
        ("Ожидает ответа", "indeterminate", "customer"),
        ("Waiting for third party", "indeterminate", "third party"),
        ("Ootab kolmandat osapoolt", "indeterminate", "third party"),
        ("Lahendatud", "indeterminate", "solved"),
        ("Resolved", "done", "solved"),
        ("Решена", "done", "solved"),
        ("Lahendamisel", "indeterminate", "tier 2"),
        ("Done", "done", "closed"),
        ("Suletud", "done", "closed"),
        ("Customer withdrew", "done", "closed"),
        ("Elsewhere", "undefined", "tier 2"),
    ],
)
def test_what_a_status_probably_means(name: str, category: str, meaning: str) -> None:
    assert guess(Status("1", name, category)) == meaning


@pytest.mark.parametrize(
    ("word", "name", "found"),
    [
        ("forwarder", "Edastaja", True),
        ("queue", "ОЧЕРЕДЬ", True),
        ("category", "Category", True),
        ("delivered", "Lahendus kliendile edastatud", True),
        ("delivered", "Delivery address", False),
        ("queue", "Queue length", False),
    ],
)
def test_which_field_is_probably_meant(word: str, name: str, found: bool) -> None:
    field = Field("customfield_1", name, custom=True)
    assert guess_field(word, [Field("category", name), field]) == (field if found else None)


def test_what_it_writes_passes_check_and_plan_writes_nothing(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solved_issue(sandbox, hours_ago=100)
    assert init(sandbox) == 0
    shown = capsys.readouterr()
    assert "everything on observe" in shown.out
    assert shown.err == ""
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "rules", "token"]
    assert piletibot("check") == 0
    assert piletibot("test", tmp_path / "rules" / "kka") == 0
    capsys.readouterr()
    assert piletibot("plan", "--json") == 0
    (step,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (step["rule"], step["action"] in ("observe", "hold")) == ("solution-reached-customer", True)
    assert not (tmp_path / "piletibot.db").exists()
    assert piletibot("once") == 0
    assert written(sandbox) == []


def test_its_files_name_the_schema_beside_them(sandbox: Sandbox, tmp_path: Path) -> None:
    assert init(sandbox) == 0
    for file in (tmp_path / "rules" / "kka").rglob("*.yaml"):
        line = file.read_text("utf-8").splitlines()[0]
        name = line.removeprefix("# yaml-language-server: $schema=")
        schema = json.loads((file.parent / name).read_text("utf-8"))
        mistakes = Draft202012Validator(schema).iter_errors(read_yaml(file.read_text("utf-8"), "")[0].plain())
        assert list(mistakes) == []


def answers(meanings: Sequence[str], *, names: Sequence[str] = (), **more: Any) -> Answers:
    """What a person might have said of a Jira whose statuses mean this, in this order."""
    named = [*names, *(f"S{i}" for i in range(len(names), len(meanings)))]
    statuses = [
        Status(str(20001 + i), named[i], "done" if meaning == "closed" else "indeterminate")
        for i, meaning in enumerate(meanings)
    ]
    said: dict[str, Any] = {
        "jira": Jira(url="https://jira.example.ee", token=Secret("t")),
        "desk": "abi",
        "language": "et",
        "timezone": "Europe/Tallinn",
        "projects": ["ABI"],
        "coordinator": "mari",
        "lead": "jaan",
        "statuses": statuses,
        "meanings": {status.id: meaning for status, meaning in zip(statuses, meanings, strict=True)},
        "fields": {},
    }
    return Answers(**(said | more))


def own_tests(folder: Path, given: Answers) -> tuple[int, str]:
    """Write the rulebook and run its own tests; gives the exit code and what is told."""
    for path, text in files_of(given).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    console = Console(file=io.StringIO(), width=200)
    return run([folder / "rules" / "abi"], console), console.file.getvalue()


DELIVERED = {"delivered": Field("customfield_1", "Delivered", custom=True)}


@pytest.mark.parametrize(
    ("meanings", "fields", "ladders"),
    [
        (["tier 1", "tier 2", "customer", "solved", "closed"], DELIVERED, 3),
        (["tier 1", "tier 2", "solved", "closed"], {}, 3),
        (["tier 1", "tier 2", "closed"], DELIVERED, 2),  # To Do, In Progress, Done
        (["tier 1", "closed"], {}, 1),
        (["tier 1", "solved"], DELIVERED, 2),
        (["tier 2"], {}, 2),
        (["question", "closed"], {}, 1),
        (["customer", "third party"], {}, 1),
    ],
)
def test_a_fresh_rulebook_tests_all_that_it_can_say(
    meanings: list[str], fields: dict[str, Field], ladders: int, tmp_path: Path
) -> None:
    passed, told = own_tests(tmp_path, answers(meanings, fields=fields))
    assert passed == 0, told
    book = read_desk(tmp_path / "rules" / "abi", "abi").book
    assert len(book.entries.ladders) == ladders


def test_the_files_a_new_lead_reads(tmp_path: Path) -> None:
    """Ladders and rule tests as they are written for a usual desk."""
    names = ["Uus", "Töös", "Lahendatud", "Suletud"]
    files = files_of(answers(["tier 1", "tier 2", "solved", "closed"], names=names, fields=DELIVERED))
    text = "\n".join(f"=== {path}\n{files[path]}" for path in files if path.suffix == ".yaml")
    golden = Path(__file__).parent / "golden" / "init.txt"
    if UPDATE:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@settings(deadline=None, max_examples=12)
@given(
    meanings=st.lists(st.sampled_from(sorted(MEANINGS)), min_size=1, max_size=7),
    names=st.lists(st.text(min_size=1, max_size=12), max_size=7),
    delivered=st.booleans(),
    language=st.sampled_from(["et", "en", "ru"]),
    timezone=st.sampled_from(["Europe/Tallinn", "America/New_York", "Asia/Tokyo"]),
)
def test_whatever_it_writes_loads_and_passes_its_own_tests(
    meanings: list[str], names: list[str], delivered: bool, language: str, timezone: str
) -> None:
    assume(any(MEANINGS[meaning].standing == "open" for meaning in meanings))
    fields = DELIVERED if delivered else {}
    written = answers(meanings, names=names, fields=fields, language=language, timezone=timezone)
    with TemporaryDirectory() as folder:
        passed, told = own_tests(Path(folder), written)
        assert passed == 0, told


def test_what_it_finds_in_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    assert init(sandbox, "--status", "Töös=tier 1", "--field", "category=", "--language", "ru", "--desk", "abi") == 0
    entries = read_desk(tmp_path / "rules" / "abi", "abi").book.entries
    assert {state.state: (state.standing, state.ball, state.tier) for state in entries.states} == {
        "uus": ("open", "tier 1", 1),
        "ii-tasemel": ("open", "tier 2", 2),
        "töös": ("open", "tier 1", 1),
        "küsimus-i-tasemele": ("open", "tier 1", 2),
        "ootab-klienti": ("open", "customer", 2),
        "ootab-kolmandat-osapoolt": ("open", "third party", 2),
        "lahendatud": ("solved", "tier 1", None),
        "suletud": ("closed", "nobody", None),
    }
    assert entries.fields == {
        "queue": "customfield_10202",
        "forwarder": "customfield_10203",
        "delivered": "customfield_10204",
    }
    assert (entries.language, entries.manners.observe, entries.projects) == ("ru", True, ("KKA",))


def test_a_workflow_unlike_any_other(sandbox: Sandbox, tmp_path: Path) -> None:
    """No closed status, two of one name, and a name that could break out of YAML."""
    odd = {"20001": "unknown", "20002": "unknown", "20003": "a: [b # 'c\" {d}\n\\", "20004": "-", "20005": "Resolved"}
    for id_, name in odd.items():
        sandbox.world.statuses[id_] = status(id_, name, "new" if id_ == "20004" else "indeterminate")
    sandbox.world.projects["KKA"].statuses[:] = odd
    assert init(sandbox) == 0
    states = read_desk(tmp_path / "rules" / "kka", "kka").book.entries.states
    assert [(state.state, state.status) for state in states] == [
        ("status-unknown", ("20001",)),
        ("status-unknown-2", ("20002",)),
        ("a-b-c-d", ("20003",)),
        ("state", ("20004",)),
        ("resolved", ("20005",)),
        ("closed", ()),
    ]


def test_it_notes_where_nothing_leads_to_closed(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    solved_issue(sandbox, hours_ago=1)
    assert init(sandbox, "--status", "Suletud=tier 2") == 0
    assert "sees no way from 'Lahendatud' to a closed status" in capsys.readouterr().out


def test_one_person_in_both_roles_and_a_token_kept_elsewhere(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secrets" / "jira"
    secret.parent.mkdir()
    secret.write_text("sandbox-token\n")
    secret.chmod(0o600)
    lead = "Koordinaator" if sandbox.world.flavour == "cloud" else "koordinaator1"
    assert init(sandbox, "--lead", lead, "--token", "", "--token-file", str(secret), "--out", "desk") == 0
    assert not (tmp_path / "desk" / "token").exists()
    assert len(read_desk(tmp_path / "desk" / "rules" / "kka", "kka").book.entries.people) == 1


def test_answers_typed_one_after_the_other(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = sandbox.world.flavour == "cloud"
    typed = [
        *(sandbox.url, user_of("cloud") if cloud else ""),
        *("KKB", "KKA", "abi"),
        *(["Nobody", "Koordinaator", "juht1@sandbox.example"] if cloud else ["nobody", "koordinaator1", "juht1"]),
        *("n", "", "closed", "tier 3", "tier 2", "", "", "", "", ""),
        *("Kategoria", "-", "", "", ""),
    ]
    stdin = io.StringIO("\n".join([*typed, ""]))
    monkeypatch.setattr("sys.stdin", stdin)
    assert piletibot("init", "--token", "sandbox-token") == 0
    shown = capsys.readouterr().out
    assert "the account sees no project 'KKB'; did you mean 'KKA'?" in shown
    assert "this Jira has no active account" in shown
    assert "'tier 3' is no meaning" in shown
    assert "did you mean 'Kategooria'?" in shown
    assert "sandbox-token" not in shown
    assert stdin.read() == ""
    entries = read_desk(tmp_path / "rules" / "abi", "abi").book.entries
    assert {state.state: state.standing for state in entries.states}["ii-tasemel"] == "closed"
    assert sorted(entries.fields) == ["delivered", "forwarder", "queue"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--project", "KKB"), "the account sees no project 'KKB'; did you mean 'KKA'?"),
        (("--coordinator", "nobody"), "--coordinator: this Jira has no active account 'nobody'"),
        (("--status", "Lahendatut=solved"), "no status 'Lahendatut'; did you mean 'Lahendatud'?"),
        (("--status", "Lahendatud=finished"), "'finished' is no meaning"),
        (("--status", "Lahendatud"), "--status: 'Lahendatud': write it as NAME=VALUE"),
        (("--field", "forwarder=Edastja"), "this Jira has no field 'Edastja'; did you mean 'Edastaja'?"),
        (("--field", "forwarded=Edastaja"), "'forwarded' is no field of the rules; did you mean 'forwarder'?"),
        (("--desk", "a/b"), "--desk: 'a/b'"),
        (
            ("--timezone", "Europe/Talin"),
            "--timezone: there is no time zone 'Europe/Talin'; did you mean 'Europe/Tallinn'?",
        ),
        (("--timezone", "Mars/Base"), "--timezone: there is no time zone 'Mars/Base'"),
        (("--url", "http://jira.example.ee"), "--url: http sends the token unencrypted"),
        (("--token", "wrong"), "check the user and the token"),
    ],
)
def test_an_answer_that_cannot_be_writes_nothing(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_sandbox("cloud") as sandbox:
        assert init(sandbox, *more) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_needed_is_not_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("init", "--yes") == 2
    assert capsys.readouterr().err == "--url is needed, since --yes asks nothing\n"


@pytest.mark.parametrize("there", ["config.toml", "token", "rules/kka/jira.yaml"])
def test_nothing_is_written_over(there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / there
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("mine")
    with open_sandbox("dc") as sandbox:
        assert init(sandbox) == 2
        assert f"{there}: it is there already" in capsys.readouterr().err
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]
        assert file.read_text() == "mine"
        assert init(sandbox, "--force") == 0
        assert file.read_text() != "mine"
