from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from bot.settings import Misconfigured, load_settings, token_of

ROOT = Path(__file__).resolve().parents[1]
GOOD = 'site = "kka"\n[jira]\nurl = "https://jira.example.ee"\n[rules]\nfolder = "rules"\n'

pytestmark = pytest.mark.usefixtures("at_home")


def write(home: Path, text: str) -> Path:
    path = home / "config.toml"
    path.write_text(text, "utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(Misconfigured) as error:
        load_settings(path)
    return [problem.replace(f"{path.parent}/", "") for problem in error.value.problems]


def test_defaults_and_paths_beside_the_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    assert settings.rules.folder == tmp_path / "rules"
    assert settings.store.url.get_secret_value() == f"sqlite:///{tmp_path}/piletibot.db"
    assert (settings.jira.timeout_s, settings.jira.requests_per_minute) == (30, 300)
    assert (settings.engine.poll_s, settings.engine.overlap_s) == (60, 300)
    assert (settings.engine.reconcile_s, settings.log.level, settings.log.format) == (1800, "info", "text")


def test_the_example_loads_and_names_every_key() -> None:
    path = ROOT / "config.example.toml"
    settings = load_settings(path)
    text = path.read_text("utf-8")
    keys = {
        key
        for name, field in type(settings).model_fields.items()
        for kind in get_args(field.annotation)[:1] or (field.annotation,)
        for key in getattr(kind, "model_fields", {name: field})
    }
    secret = {"token", "password", "tokens"}
    assert [key for key in keys - secret if f"{key} = " not in text and f"[{key}." not in text] == []


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("sqlite:////var/lib/piletibot.db", "sqlite:////var/lib/piletibot.db"),
        ("sqlite://", "sqlite://"),
        ("postgresql://bot:s3cret@db.example/bot", "postgresql://bot:s3cret@db.example/bot"),
    ],
)
def test_addresses_of_databases(url: str, kept: str, tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, f'{GOOD}[store]\nurl = "{url}"\n'))
    assert settings.store.url.get_secret_value() == kept
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('site = "kka"', "", "config.toml: 'site' is missing"),
        (
            'site = "kka"',
            'site = "a/b"',
            "config.toml:1: site: a name of at most 80 characters, with no '/' or '@' in it",
        ),
        ("[rules]", "[rulez]", "config.toml:4: unknown key 'rulez'; did you mean 'rules'?"),
        ("[rules]", "[rulez]", "config.toml: the section [rules] is missing"),
        ("url", "urll", "config.toml:3: unknown key 'jira.urll'; did you mean 'url'?"),
        ("url", "urll", "config.toml: 'jira.url' is missing"),
        (
            "https://jira.example.ee",
            "jira.example.ee",
            "config.toml:3: jira.url: write the address of the Jira, such as https://jira.example.ee",
        ),
        (
            "https://jira.example.ee",
            "http://jira.example.ee",
            "config.toml:3: jira.url: http sends the token unencrypted; write https, or set allow_http = true",
        ),
        (
            "https://jira",
            "https://bot:hunter2@jira",
            "config.toml:3: jira.url: no name and no password belong in the address; see `user` and `token_file`",
        ),
        (
            "[rules]",
            'token = "hunter2"\n[rules]',
            "config.toml:4: the token does not belong in here; set PILETIBOT_JIRA__TOKEN, or put it into a file "
            "named by `token_file`",
        ),
        ("[rules]", 'ca_bundle = "ca.pem"\n[rules]', "config.toml:4: there is no such file"),
        (
            "[rules]",
            "[engine]\npoll_s = 1\n[rules]",
            "config.toml:5: engine.poll_s: input should be greater than or equal to 5",
        ),
        (
            "[rules]",
            "requests_per_minute = 29\n[rules]",
            "config.toml:4: jira.requests_per_minute: input should be greater than or equal to 30",
        ),
        (
            "[rules]",
            '[log]\nlevel = "loud"\n[rules]',
            "config.toml:5: log.level: input should be 'debug', 'info', 'warning' or 'error'",
        ),
        (
            "[rules]",
            '[store]\nurl = "mysql://bot:hunter2@db/bot"\n[rules]',
            "config.toml:5: store.url: write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE",
        ),
        *(
            ("[rules]", f'[heartbeat]\nurl = "{url}"\n[rules]', f"config.toml:5: heartbeat.url: {wrong}")
            for url, wrong in (
                ("http://hc.example/hunter2", "write https: http is only for this machine"),
                ("ftp://hc.example/hunter2", "write an address, such as https://hc-ping.example/UUID"),
            )
        ),
        *(
            ("[rules]", f"[metrics]\n{written}\n[rules]", f"config.toml:{line}: metrics{wrong}")
            for written, line, wrong in (
                (
                    'listen = "9464"',
                    5,
                    ".listen: write an address of this machine with a port, such as 127.0.0.1:8090",
                ),
                ('token_file = "t"', 4, ": there is no page under [web] to be reached at; write `listen`"),
                (
                    "live_s = 60",
                    4,
                    ": without `listen` figures are at /metrics of the page, which others reach: "
                    'name a `token_file`, or say listen = "127.0.0.1:9464"',
                ),
                (
                    'listen = "127.0.0.1:9464"\nallow = ["10.0.0.1/8"]',
                    6,
                    ".allow: '10.0.0.1/8' is no address or network; write 10.0.0.5 or 10.0.0.0/24",
                ),
                (
                    'token_file = "t"\nallow = ["10.0.0.0/8"]',
                    4,
                    ": at the page a proxy may ask for anybody: `allow` counts only with `listen`",
                ),
            )
        ),
        (
            "[rules]",
            '[engine]\nworkers = 1\n[store]\nurl = "postgresql://db/bot"\n[metrics]\ntoken_file = "t"\n[rules]',
            "config.toml:8: metrics: of several processes each has its own figures; write `listen`",
        ),
        (
            "[rules]",
            '[metrics]\ntoken = "hunter2"\n[rules]',
            "config.toml:5: the token does not belong in here; set PILETIBOT_METRICS__TOKEN, or put it into a file "
            "named by `token_file`",
        ),
        (
            "[rules]",
            "[rules",
            "config.toml: this is not TOML: Expected ']' at the end of a table declaration (at line 4, column 7)",
        ),
    ],
)
def test_every_mistake_has_its_place_and_shows_no_secret(old: str, new: str, problem: str, tmp_path: Path) -> None:
    found = problems_of(write(tmp_path, GOOD.replace(old, new)))
    assert problem in found
    assert "hunter2" not in " ".join(found)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = 'site = "kka"\nsit = 1\n[jira]\nurll = "x"\n[engine]\npoll_s = "often"\n'
    assert problems_of(write(tmp_path, text)) == [
        "config.toml: 'jira.url' is missing",
        "config.toml:4: unknown key 'jira.urll'; did you mean 'url'?",
        "config.toml: the section [rules] is missing",
        "config.toml:6: engine.poll_s: input should be a valid integer, unable to parse string as an integer",
        "config.toml:2: unknown key 'sit'; did you mean 'site'?",
    ]


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("http://localhost:8080", ""),
        ("http://127.0.0.1:8080/jira", ""),
        ("http://[::1]:8080", ""),
        ("http://jira.intranet", "allow_http = true\n"),
    ],
)
def test_http_where_nobody_listens_in(url: str, more: str, tmp_path: Path) -> None:
    text = GOOD.replace("https://jira.example.ee", url).replace("[rules]", f"{more}[rules]")
    assert load_settings(write(tmp_path, text)).jira.url == url


def test_a_mistake_in_the_environment_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILETIBOT_ENGINE__POLL_S", "1")
    assert problems_of(write(tmp_path, GOOD + "[engine]\npoll_s = 30\n")) == [
        "PILETIBOT_ENGINE__POLL_S: engine.poll_s: input should be greater than or equal to 5"
    ]


def test_an_address_ends_without_a_slash(tmp_path: Path) -> None:
    text = GOOD.replace("https://jira.example.ee", "https://jira.example.ee/jira/")
    assert load_settings(write(tmp_path, text)).jira.url == "https://jira.example.ee/jira"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILETIBOT_SITE", "other")
    monkeypatch.setenv("PILETIBOT_JIRA__TOKEN", "t0ken")
    monkeypatch.setenv("PILETIBOT_ENGINE__POLL_S", "15")
    monkeypatch.setenv("PILETIBOT_CONFIG", "elsewhere.toml")
    settings = load_settings(write(tmp_path, GOOD + "[engine]\npoll_s = 30\noverlap_s = 100\n"))
    assert (settings.site, settings.engine.poll_s, settings.engine.overlap_s) == ("other", 15, 100)
    assert token_of(settings.jira) == "t0ken"
    assert "t0ken" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "PILETIBOT_ENGIN__POLL_S",
            "5",
            "PILETIBOT_ENGIN__POLL_S: this environment variable sets nothing; did you mean 'engine'?",
        ),
        (
            "PILETIBOT_ENGINE__POL_S",
            "5",
            "PILETIBOT_ENGINE__POL_S: unknown key 'engine.pol_s'; did you mean 'poll_s'?",
        ),
        (
            "PILETIBOT_ENGINE__POLL_S",
            "1",
            "PILETIBOT_ENGINE__POLL_S: engine.poll_s: input should be greater than or equal to 5",
        ),
        (
            "PILETIBOT_JIRA",
            "hunter2",
            'environment: error parsing value for field "jira" from source "EnvSettingsSource"',
        ),
    ],
)
def test_a_mistake_in_the_environment(
    name: str, value: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert problems_of(write(tmp_path, GOOD)) == [problem]


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        ("t0ken\n", 0o600, None),
        ("t0ken", 0o640, None),
        ("t0ken", 0o644, "token: everybody may read the token; do: chmod 600 token"),
        ("t0ken", 0o602, "token: everybody may read the token; do: chmod 600 token"),
        ("t0ken", 0o660, "token: its group may change the token; do: chmod g-w token"),
        (" \n", 0o600, "token: the file of the token is empty"),
        (None, 0, "token: the token cannot be read: No such file or directory"),
    ],
)
def test_the_token_in_a_file(text: str | None, mode: int, problem: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "token").write_text(text)
        (tmp_path / "token").chmod(mode)
    settings = load_settings(write(tmp_path, GOOD.replace("[rules]", 'token_file = "token"\n[rules]')))
    if problem is None:
        assert token_of(settings.jira) == "t0ken"
    else:
        with pytest.raises(Misconfigured) as error:
            token_of(settings.jira)
        assert str(error.value).replace(f"{tmp_path}/", "") == problem


def test_no_token_at_all(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no token: set PILETIBOT_JIRA__TOKEN, or name a file"):
        token_of(load_settings(write(tmp_path, GOOD)).jira)


SMIT = '[sites.smit]\nurl = "https://jira.smit.example"\n'


def test_another_site_with_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, f'{GOOD}{SMIT}token_file = "t"\n')
    site = load_settings(path).sites["smit"]
    assert (site.url, site.timeout_s, site.token_file) == ("https://jira.smit.example", 10, tmp_path / "t")
    monkeypatch.setenv("PILETIBOT_SITES__SMIT__TOKEN", "t0ken")
    settings = load_settings(path)
    assert token_of(settings.sites["smit"], "smit") == "t0ken"
    assert "t0ken" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{SMIT}token = "hunter2"\n', "config.toml:8: the token does not belong in here; set "
         "PILETIBOT_SITES__SMIT__TOKEN, or put it into a file named by `token_file`"),
        (f"{SMIT}timeout = 3\n", "config.toml:8: unknown key 'sites.smit.timeout'; did you mean 'timeout_s'?"),
        (SMIT.replace("https", "http"), "config.toml:7: sites.smit.url: http sends the token unencrypted; write "
         "https, or set allow_http = true"),
        ("[sites.smit]\n", "config.toml: 'sites.smit.url' is missing"),
        (f'{SMIT}ca_bundle = "no.pem"\n', "config.toml:8: there is no such file"),
    ],
    ids=["secret", "unknown", "unsafe", "without address", "no such file"],
)  # fmt: skip
def test_mistakes_about_another_site(text: str, problem: str, tmp_path: Path) -> None:
    assert problems_of(write(tmp_path, GOOD + text)) == [problem]


def test_a_site_has_a_plain_word(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, GOOD + SMIT.replace("smit]", "SMIT_2]")))
    assert problem.startswith("config.toml:6: sites.SMIT_2: the word for a site has small letters")


def test_another_site_without_a_token(tmp_path: Path) -> None:
    site = load_settings(write(tmp_path, GOOD + SMIT)).sites["smit"]
    with pytest.raises(Misconfigured, match=r"no token: set PILETIBOT_SITES__SMIT__TOKEN.* under \[sites.smit\]"):
        token_of(site, "smit")
