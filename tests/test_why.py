"""`piletibot why`: from a desk that the bot worked on to the page and the JSON that a person is shown."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from command_line import piletibot
from desks import DAY, HOUR, MINUTE, MONDAY, SITE, desk_over
from rich.console import Console
from small_desk import SECTIONS, at, book, row, ticket

from bot.commands.why import as_object, show
from bot.core.arrange import DeskState, HoldingBack
from bot.core.explain import explain
from bot.core.explained import only
from bot.core.explanation import Explanation, Outcome, Reach
from bot.core.judge import judge
from bot.core.ledger import Entry
from bot.core.silence import Silence
from bot.report.why import page
from bot.shipped import rules_folder
from bot.store.store import open_store

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden" / "why"
UPDATE = bool(os.environ.get("PILETIBOT_UPDATE_GOLDEN"))

NOW = MONDAY + DAY + 7 * HOUR
"""Tuesday at 17:00, as the desk's hours end."""

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

_ENTRY = {
    "name": "law.answer",
    "why": "The law gives some working days.",
    "basis": "LAW § 1",
    "source": "the book",
    "when": {"category": "LAW"},
    "counts_from": "registered",
    "within": "2wd",
}
_LADDER = {
    "name": "law",
    "why": "The law's days run out.",
    "clock": "deadline law.answer",
    "rungs": [{"rung": "warn", "before_due": "1wd", "say": "w", "to": "owner"}],
}
RULES = book(
    fields=SECTIONS["fields"] | {"registered": "r"}, deadlines=[_ENTRY], ladders=[*SECTIONS["ladders"], _LADDER]
)


def told() -> Explanation:
    """A ticket to which everything has happened once: held, said, paused, a date that moved."""
    acts = (
        "mon 09:00 ann queue law",
        "mon 09:00 ann state handed-on",
        "mon 10:00 ~x owner ~x",
        "mon 11:00 ~x state asking",
        "mon 14:00 ann state handed-on",
        "tue 14:05 robot says",
    )
    seen = ticket(*acts, category="LAW")
    registered = msgspec.structs.replace(seen.changes[0], at=at("mon 13:00"), field="registered", now="2026-11-16")
    changes = tuple(sorted((*seen.changes, registered), key=lambda change: change.at))
    seen = msgspec.structs.replace(seen, changes=changes, fields={"registered": "2026-11-16"})
    rows: dict[str, Entry] = {}
    for step in judge(seen, RULES, at("tue 14:05")).steps:
        state = "said" if step.rule == "still" else "held"
        because, comment = ("so it was", "5") if state == "said" else (f"{step.to[0]} has had enough", None)
        rows[step.key] = row(step, state, "tue 14:05", because=because, comment_id=comment, version="0")
    return explain(seen, RULES, rows, DeskState(), at("wed 09:30"))


def printed(found: Explanation, rule: str | None = None, *, width: int = 80, polled_at: str = "wed 09:30") -> str:
    console = Console(file=io.StringIO(), width=width)
    show(page(found, RULES, at(polled_at), ["Mind this."], rule), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("name", "rule", "width"),
    [("whole", None, 80), ("one rule", "still", 80), ("a deadline", "law.answer", 80), ("narrow", "solution", 50)],
)
def test_the_page_is_as_it_was(name: str, rule: str | None, width: int) -> None:
    found = told() if rule is None else only(told(), rule)
    shown = printed(found, rule, width=width)
    assert max(map(len, shown.splitlines())) <= width
    file = GOLDEN / f"{name}.txt"
    if UPDATE:
        file.write_text(shown, "utf-8")
    assert shown == file.read_text("utf-8")


def test_colour_adds_nothing_that_words_do_not_say() -> None:
    plain = printed(told())
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor")
    show(page(told(), RULES, at("wed 09:30"), ["Mind this."]), console)
    assert isinstance(console.file, io.StringIO)
    coloured = console.file.getvalue()
    assert "\x1b[" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_what_a_ticket_holds_never_drives_the_terminal() -> None:
    seen = ticket("mon 10:00 ann category \x1b[31mLAW", category="\x1b[31mLAW", labels=frozenset(["[red]x"]))
    shown = printed(explain(seen, RULES, {}, DeskState(), at("mon 12:00")))
    assert "\x1b" not in shown
    assert "[31mLAW" in shown


def _schema() -> dict[str, Any]:
    """What `--json` prints, by the data that it is made of: moments become texts."""
    schema = msgspec.json.schema(Explanation)
    moment = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
    for struct in schema["$defs"].values():
        struct["additionalProperties"] = False
        for name, kind in struct.get("properties", {}).items():
            if name.endswith("_at"):
                struct["properties"][name] = (
                    moment if kind == {"type": "integer"} else {"anyOf": [moment, {"type": "null"}]}
                )
    top = schema["$defs"]["Explanation"]
    top["properties"] |= {
        "v": {"const": 1},
        "polled_at": moment,
        "remarks": {"type": "array", "items": {"type": "string"}},
    }
    top["required"] += ["v", "polled_at", "remarks"]
    return schema


def test_the_json_is_of_one_shape_and_its_moments_are_utc() -> None:
    built = as_object(told(), at("wed 09:30"), ["Mind this."])
    jsonschema.validate(built, _schema())
    assert built["asked_at"] == "2026-11-18T07:30:00Z"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**built, "asked_at": at("wed 09:30")}, _schema())


def test_the_documentation_names_every_key_and_every_word() -> None:
    documented = set(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "why.md").read_text("utf-8")))
    schema = msgspec.json.schema(Explanation)
    keys = {name for struct in schema["$defs"].values() for name in struct["properties"]}
    assert keys - documented == set()
    assert {*get_args(Outcome), *get_args(Reach), *get_args(HoldingBack)} - documented == set()


# The command


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A desk on which the bot has worked for two days: its database, and a configuration without any Jira."""
    folder = tmp_path_factory.mktemp("desk")
    with desk_over("cloud") as desk, desk.bot(f"sqlite:///{folder / 'desk.db'}") as bot:
        desk.forwarded()
        desk.later(10 * MINUTE)
        bot.cycle()
        solved = desk.taken()
        desk.later(HOUR)
        desk.go(solved, "it1", "Lahendatud")
        bot.cycle()
        desk.until(MONDAY + DAY)
        bot.cycle()
        desk.until(NOW)
        bot.cycle()
        assert sorted({row.state for row in bot.engine.store.ledger()}) == ["held", "said"]
    (folder / "config.toml").write_text(
        f'site = "{SITE}"\n[jira]\nurl = "http://127.0.0.1:1"\n'
        f'[rules]\nfolder = "{rules_folder() / "keskkonnaamet"}"\n[store]\nurl = "sqlite:///desk.db"\n'
    )
    return folder


def why(home: Path, capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = piletibot("why", *args, "--config", home / "config.toml")
    said = capsys.readouterr()
    return code, said.out, said.err


def object_of(home: Path, capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    code, out, _ = why(home, capsys, *args, "--json")
    assert code == 0
    return json.loads(out)


def test_after_some_cycles_a_ticket_tells_its_story(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = why(home, capsys, "kka-1")
    assert (code, err) == (0, "")
    assert "as of the last cycle, Tue 2026-11-17 17:00" in out
    assert "the bot said: routed to spetsialist1, by it-support, rung routed" in " ".join(out.split())
    assert "\x1b" not in out


def test_the_next_look_is_the_one_that_the_daemon_noted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(open_store(f"sqlite:///{home / 'desk.db'}")) as store:
        tickets = list(store.open_tickets())
        noted = {each.key: store.seen([each.id])[each.id].look_again_at for each in tickets}
    assert len(noted) == 2
    for key, look_at in noted.items():
        found = object_of(home, capsys, key)
        jsonschema.validate(found, _schema())
        asked = found["next"]["look_at"]
        assert asked == as_object(told(), look_at, [])["polled_at"] if look_at else asked is None
        assert not any("another next look" in remark for remark in found["remarks"])


def test_the_past_is_told_without_what_came_later(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    then = object_of(home, capsys, "KKA-2", "--at", "2026-11-16 10:30")
    assert (then["ticket"]["standing"], then["asked_at"]) == ("open", "2026-11-16T08:30:00Z")
    assert {event["happened_at"] for event in then["timeline"]} == {"2026-11-16T08:10:00Z"}
    assert "by the rulebook of today" in then["remarks"][0]
    later = object_of(home, capsys, "KKA-2", "--at", "2026-11-17T12:05:00+02:00")
    closure = next(rule for rule in later["rules"] if rule["rule"] == "solution-reached-customer")
    assert closure["outcome"] == "done"
    ahead = object_of(home, capsys, "KKA-2", "--at", "2026-11-23 12:00")
    assert "after the last cycle, at 2026-11-17 17:00" in ahead["remarks"][0]
    assert next(rule for rule in ahead["rules"] if rule["rule"] == "solution-reached-customer")["outcome"] == "say"


def test_one_rule_answers_why_it_is_silent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = why(home, capsys, "KKA-2", "--rule", "no-movement")
    assert "✗ no-movement its conditions do not hold: standing is solved, wanted open" in " ".join(out.split())
    found = object_of(home, capsys, "KKA-2", "--rule", "tier2-resolution")
    assert [clock["policy"] for clock in found["clocks"]] == ["tier2-resolution"]
    assert [rule["rule"] for rule in found["rules"]] == ["critical-deadline", "tier2-deadline"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["KKA-20"], "KKA-20: there is no such ticket among the 2 that the bot knows in KKA; did you mean 'KKA-2'?"),
        (["X-1"], "X-1: there is no such ticket among the 2 that the bot knows in KKA"),
        (["KKA-1", "--rule", "no-movment"], "no-movment: the rulebook has no such rule; did you mean 'no-movement'?"),
        (["KKA-1", "--at", "2020-01-01"], "KKA-1 was not there yet: it was created at 2026-11-16 10:00"),
        (["KKA-1", "--at", "yesterday"], "'yesterday' is not a moment; write for example '2026-11-16 11:05'"),
    ],
)
def test_a_mistake_in_what_is_asked_is_told(
    home: Path, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    code, out, err = why(home, capsys, *args)
    assert (code, out) == (2, "")
    assert said in err


def test_a_bot_that_has_read_nothing_yet_knows_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text((home / "config.toml").read_text())
    assert piletibot("why", "KKA-1", "--config", config) == 3
    assert "there is no such file" in capsys.readouterr().err
    open_store(f"sqlite:///{tmp_path / 'desk.db'}").close()
    assert piletibot("why", "KKA-1", "--config", config) == 2
    assert "piletibot once" in capsys.readouterr().err


def test_a_ticket_that_left_the_desk_is_told_to_be_gone(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text((home / "config.toml").read_text())
    with (
        closing(open_store(f"sqlite:///{home / 'desk.db'}")) as store,
        closing(open_store(f"sqlite:///{tmp_path / 'desk.db'}")) as copy,
    ):
        (gone, *_) = store.open_tickets()
        copy.put_tickets([gone], "facts", NOW)
        copy.set_mark(NOW * 1000, NOW)
        copy.gone([gone.id], NOW)
    assert piletibot("why", gone.key, "--config", config) == 2
    assert f"{gone.key}: it is not on the desk since 2026-11-17 17:00" in capsys.readouterr().err


def test_a_verdict_kept_from_other_rules_is_told_beside_todays(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text((home / "config.toml").read_text())
    shutil.copy(home / "desk.db", tmp_path / "desk.db")
    with closing(open_store(f"sqlite:///{tmp_path / 'desk.db'}")) as store:
        solved = store.ticket_of("KKA-2")
        assert solved is not None
        kept = {each.policy: each for each in store.verdicts([solved.id])[solved.id]}["tier2-resolution"]
        assert kept.standing == "met"
        store.put_verdicts([msgspec.structs.replace(kept, standing="missed", version="older")])
    assert piletibot("why", "KKA-2", "--json", "--config", config) == 0
    *_, remark = json.loads(capsys.readouterr().out)["remarks"]
    assert remark.startswith("The verdict kept on tier2-resolution, which ran from 2026-11-16 10:10 to ")
    assert remark.endswith(" is missed, by rulebook older; today's rules make of it: met.")


def test_asking_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (home / "desk.db").read_bytes()
    assert why(home, capsys, "KKA-1")[0] == 0
    assert (home / "desk.db").read_bytes() == before


def test_silence_is_told_with_since_when_and_by_what(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_property = (Silence("KKA", "property", MONDAY), Silence("ARH", "label", MONDAY))
    with closing(open_store(f"sqlite:///{home / 'desk.db'}")) as store:
        store.set_note("silenced", msgspec.json.encode(by_property).decode())
        code, out, _ = why(home, capsys, "KKA-1")
        store.set_note("silenced", "")
    assert code == 0
    told = " ".join(out.split())
    assert "Silenced since 2026-11-16 10:00: KKA, by the project's property piletibot." in told
    assert "by a label on the control ticket" not in told
