"""Several desks in one installation: what names them, and what would have one in another's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.installation import load_desk, load_installation
from bot.settings import Misconfigured, load_settings

STORE = '[store]\nurl = "postgresql://bot@db/piletibot"\n'
DESKS = '[desks]\none = "one/config.toml"\ntwo = "two.toml"\n'


def desk(file: Path, site: str, namespace: str, url: str = "https://jira.example.ee") -> Path:
    file.parent.mkdir(exist_ok=True)
    named = f'namespace = "{namespace}"\n' if namespace else ""
    file.write_text(f'site = "{site}"\n{STORE}{named}[jira]\nurl = "{url}"\n[rules]\nfolder = "rules"\n', "utf-8")
    return file


def test_a_file_names_several_desks_beside_itself(tmp_path: Path, at_home: None) -> None:
    file = tmp_path / "all.toml"
    file.write_text(f"{DESKS}{STORE}[engine]\nworkers = 3\n", "utf-8")
    found = load_installation(file)
    assert found is not None
    assert found.desks == {"one": tmp_path / "one/config.toml", "two": tmp_path / "two.toml"}
    assert found.engine.workers == 3
    with pytest.raises(Misconfigured, match="names several desks; name the configuration of one of them"):
        load_settings(file)


def test_the_configuration_of_one_desk_is_no_installation(tmp_path: Path, at_home: None) -> None:
    assert load_installation(desk(tmp_path / "one.toml", "one", "one")) is None
    assert load_installation(tmp_path / "missing.toml") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[desks]\n{STORE}", "names no desk"),
        (f'{DESKS}[store]\nurl = "sqlite:///a.db"\n', "the jobs of several workers are in a PostgreSQL"),
        (f"{DESKS}{STORE}[engine]\nworkers = 0\n", "engine.workers: input should be greater"),
        (f"{DESKS}{STORE}[jira]\n", "jira: extra inputs"),
        (DESKS, "store: field required"),
        (f'{DESKS}{STORE}[metrics]\ntoken_file = "t"\n', "have an address of their own; write `listen`"),
        (f'{DESKS}{STORE}[metrics]\nlisten = "127.0.0.1:1"\ntoken = "{"x" * 20}"\n', "does not belong in here"),
    ],
    ids=["no desk", "a file", "no workers", "a Jira", "no database", "figures nowhere", "a secret"],
)
def test_what_is_wrong_with_it_is_told(tmp_path: Path, at_home: None, text: str, said: str) -> None:
    file = tmp_path / "all.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured, match=said):
        load_installation(file)


def test_no_token_of_the_environment_goes_to_every_desk(
    tmp_path: Path, at_home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.toml"
    file.write_text(DESKS + STORE, "utf-8")
    monkeypatch.setenv("PILETIBOT_JIRA__TOKEN", "secret")
    with pytest.raises(Misconfigured, match="PILETIBOT_JIRA__TOKEN: with several desks") as wrong:
        load_installation(file)
    assert "secret" not in str(wrong.value)


def test_figures_are_those_of_the_process(tmp_path: Path, at_home: None) -> None:
    file = tmp_path / "all.toml"
    figures = '[metrics]\nlisten = "127.0.0.1:9464"\ntoken_file = "metrics-token"\n'
    file.write_text(DESKS + STORE + figures, "utf-8")
    found = load_installation(file)
    assert found is not None
    assert found.metrics is not None
    assert found.metrics.token_file == tmp_path / "metrics-token"
    one = desk(tmp_path / "one.toml", "one", "one")
    one.write_text(one.read_text("utf-8") + figures, "utf-8")
    with pytest.raises(Misconfigured, match="with several desks these are the process's"):
        load_desk(one, {})


@pytest.mark.parametrize(
    ("site", "namespace", "url", "said"),
    [
        ("two", "one", "https://other.example.ee", "the desk one has the same; give each a `namespace`"),
        ("one", "two", "https://jira.example.ee", "the desk one has the same on the same Jira"),
        ("one", "two", "https://other.example.ee", None),
        ("two", "two", "https://jira.example.ee", None),
    ],
    ids=["tables", "marks", "another Jira", "another site"],
)
def test_no_desk_is_in_another_ones_way(
    tmp_path: Path, at_home: None, site: str, namespace: str, url: str, said: str | None
) -> None:
    one = load_desk(desk(tmp_path / "one.toml", "one", "one"), {})
    file = desk(tmp_path / "two.toml", site, namespace, url)
    if said is None:
        assert load_desk(file, {"one": one}).site == site
        return
    with pytest.raises(Misconfigured, match=said):
        load_desk(file, {"one": one})


def test_what_systemd_hands_over_goes_to_one_jira_alone(
    tmp_path: Path, at_home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = tmp_path / "credentials"
    loaded.mkdir()
    (loaded / "token").write_text("secret", "utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(loaded))
    files = [tmp_path / "one/config.toml", tmp_path / "two/config.toml", tmp_path / "three/config.toml"]
    for file, jira in zip(files, ("a", "b", "a"), strict=True):
        name = file.parent.name
        desk(file, name, name, f"https://{jira}.example.ee")
        file.write_text(file.read_text("utf-8").replace("[rules]", 'token_file = "token"\n[rules]'), "utf-8")
    one = load_desk(files[0], {})
    with pytest.raises(Misconfigured, match="the desk one has the same for another Jira"):
        load_desk(files[1], {"one": one})
    assert load_desk(files[2], {"one": one}).jira.token_file == loaded / "token"
