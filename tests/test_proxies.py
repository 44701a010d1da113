"""A real proxy on the loopback between the bot and what it asks, in a house that issues its own certificates."""

from __future__ import annotations

import base64
import os
import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from command_line import piletibot

from bot.engine.tracker import Unreachable
from bot.heartbeat import Ping
from bot.jira.catalogue import User
from bot.jira.client import Client
from bot.proxies import proxy_of
from bot.settings import load_settings
from bot.start import client_of, site_client
from bot.working_copy import pull

HOST = "jira.asutus.example"
"""A name that only the proxy knows: whoever asked the house's own resolver would find nobody."""

WORDS = "robot:s%40lajane"
TOKEN = "a-token-that-no-proxy-may-see"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass
class Proxy:
    """A proxy: what it was asked to connect to and by whom, and all that went through it."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    words: set[str | None] = field(default_factory=set)
    passed: bytearray = field(default_factory=bytearray)

    @property
    def url(self) -> str:
        return f"http://{WORDS}@127.0.0.1:{self.port}"


@contextmanager
def proxying(refuses: int | None = None) -> Iterator[Proxy]:
    """A proxy that connects to the port asked for on this machine, whatever the host is called."""
    here = Proxy()

    class Connect(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            here.asked.append(self.path)
            here.words.add(self.headers.get("Proxy-Authorization"))
            here.passed += str(self.headers).encode()
            if refuses is not None:
                self.send_error(refuses)
                return
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", int(self.path.rpartition(":")[2]))) as beyond:
                self.carry(self.connection, beyond)

        def carry(self, *ends: socket.socket) -> None:
            while True:
                for each in select.select(ends, (), ())[0]:
                    data = each.recv(1 << 16)
                    if not data:
                        return
                    here.passed += data
                    ends[1 - ends.index(each)].sendall(data)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Connect)) as here.port:
        yield here


@contextmanager
def served(server: ThreadingHTTPServer, context: ssl.SSLContext | None = None) -> Iterator[int]:
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class House:
    """A server that only certificates of the house vouch for: `files` are what it serves besides an account."""

    port: int
    bundle: Path
    heard: list[str]
    files: Path

    def url(self, path: str = "") -> str:
        return f"https://{HOST}:{self.port}{path}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    heard: list[str] = []

    class Answers(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"{self.path} {self.headers.get('Authorization')}")
            if self.path.startswith("/rules.git"):
                super().do_GET()
                return
            body = b'{"accountId": "acc-bot"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """Whoever does not trust it hangs up."""

    server = Quiet(("127.0.0.1", 0), partial(Answers, directory=str(folder)))
    with served(server, context) as port:
        yield House(port, folder / "ca.pem", heard, folder)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


CONFIG = """
site = "x"
[jira]
url = "{url}"
token_file = "token"
ca_bundle = "{bundle}"
[sites.other]
url = "{url}"
token_file = "token"
ca_bundle = "{bundle}"
[heartbeat]
url = "{url}/beat/4c6e-secret"
[rules]
folder = "rules"
"""


def written(folder: Path, house: House) -> Path:
    (folder / "token").write_text(TOKEN)
    (folder / "token").chmod(0o600)
    config = folder / "config.toml"
    config.write_text(CONFIG.format(url=house.url(), bundle=house.bundle))
    return config


def clients(config: Path) -> Iterator[Client]:
    """The connections to Jira and to the other site, as the bot makes them."""
    settings = load_settings(config)
    for made in (client_of(settings.jira), site_client(settings.sites["other"], "other")):
        yield made
        made.close()


def test_jira_the_other_site_and_the_heartbeat_are_asked_by_way_of_it(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for client in clients(written(tmp_path, house)):
            assert client.read("2/myself", User, attempts=1).account_id == "acc-bot"
        ping = Ping(house.url("/beat"), 5.0, str(house.bundle))
        ping.send()
        ping.close()
        assert proxy.asked == [f"{HOST}:{house.port}"] * 3
        assert proxy.words == {"Basic " + base64.b64encode(b"robot:s@lajane").decode()}
        assert TOKEN.encode() not in proxy.passed
    assert [each.partition(" ")[0] for each in house.heard[-3:]] == ["/rest/api/2/myself"] * 2 + ["/beat"]
    assert f"Bearer {TOKEN}" in house.heard[-2]


@pytest.mark.parametrize("spared", [HOST, "localhost,.asutus.example", "*"])
def test_what_is_spared_is_asked_directly(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch, spared: str
) -> None:
    with proxying() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", spared)
        for client in clients(written(tmp_path, house)):
            with pytest.raises(Unreachable, match="no connection; check the address"):
                client.read("2/myself", User, attempts=1)
        assert proxy.asked == []


REFUSED = [
    (403, r"the proxy does not let it through \(403\)"),
    (407, r"the proxy wants a user and a password \(407\); write them into HTTPS_PROXY"),
    (502, r"the proxy does not reach it \(502\)"),
]


@pytest.mark.parametrize(("status", "said"), REFUSED)
def test_what_the_proxy_refuses_is_said_without_its_password(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    with proxying(refuses=status) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for client in clients(written(tmp_path, house)):
            with pytest.raises(Unreachable, match=said) as refused:
                client.read("2/myself", User, attempts=1)
            assert "lajane" not in str(refused.value)


def test_a_house_with_its_certificates_in_the_environment_needs_no_setting(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = written(tmp_path, house)
    config.write_text(config.read_text().replace(f'ca_bundle = "{house.bundle}"\n', ""))
    with proxying() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        for client in clients(config):
            with pytest.raises(Unreachable, match="the certificate is not trusted"):
                client.read("2/myself", User, attempts=1)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(house.bundle))
        for client in clients(config):
            assert client.read("2/myself", User, attempts=1).account_id == "acc-bot"


def git(*words: str, folder: Path) -> None:
    named = {
        f"GIT_{who}_{what}": "rule@asutus.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env={**os.environ, **named})


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_pulls_the_rulebook_by_way_of_it(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bare, ours = house.files / "rules.git", tmp_path / "ours"
    git("init", "--quiet", "--bare", "--initial-branch=main", str(bare), folder=tmp_path)
    git("clone", "--quiet", str(bare), str(ours), folder=tmp_path)
    git("checkout", "--quiet", "-b", "main", folder=ours)

    def change(text: str) -> None:
        (ours / "desk.yaml").write_text(text)
        git("add", ".", folder=ours)
        git("commit", "--quiet", "-m", text, folder=ours)
        git("push", "--quiet", "origin", "main", folder=ours)
        git("update-server-info", folder=bare)

    change("one")
    with proxying() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("GIT_SSL_CAINFO", str(house.bundle))
        git("clone", "--quiet", house.url("/rules.git"), "theirs", folder=tmp_path)
        change("two")
        before = len(proxy.asked)
        assert pull(tmp_path / "theirs", lambda: False) is None
        assert len(proxy.asked) > before
    assert (tmp_path / "theirs" / "desk.yaml").read_text() == "two"


NAMED = [
    ({"HTTPS_PROXY": "http://robot:s%40lajane@proxy.example:3128"}, "http://proxy.example:3128"),
    ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
    ({"https_proxy": "https://[2001:db8::1]:3128/"}, "https://[2001:db8::1]:3128"),
    ({"ALL_PROXY": "http://proxy.example"}, "http://proxy.example"),
    ({"HTTP_PROXY": "http://proxy.example"}, None),
    ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "example,asutus.example"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("variables", "named"), NAMED)
def test_which_it_is_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str | None
) -> None:
    for name, said in variables.items():
        monkeypatch.setenv(name, said)
    assert proxy_of(f"https://{HOST}/") == named


@pytest.mark.usefixtures("fresh_logs")
@pytest.mark.parametrize(
    ("proxy", "out", "err"),
    [
        (
            "http://robot:s%40lajane@proxy.example:3128",
            [
                f"ok  {what} is asked by way of the proxy http://proxy.example:3128, which the environment names"
                for what in ("Jira", "the other site other", "the heartbeat's address")
            ],
            "",
        ),
        ("socks5://robot:s%40lajane@proxy.example", [], "Jira is socks5://proxy.example: only http:// and https://"),
        ("http://robot:s%40lajane@proxy.example:31x8", [], "the proxy for Jira is not an address; write http://HOST"),
    ],
)
def test_check_tells_by_which_others_are_asked(
    tmp_path: Path,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    proxy: str,
    out: list[str],
    err: str,
) -> None:
    config = written(tmp_path, house)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert piletibot("check", "--offline", "--config", config) == 2  # there are no rules
    told = capsys.readouterr()
    assert [line for line in told.out.splitlines() if "proxy" in line] == out
    assert err in told.err
    assert "lajane" not in told.out + told.err
    assert "4c6e" not in told.out + told.err
