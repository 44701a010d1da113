"""The wire to Jira: whose certificate is believed, and where the token goes. Real TLS on the loopback."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from jira_worlds import client_of

from bot.engine.tracker import Unreachable
from bot.jira.catalogue import User
from bot.settings import load_settings
from bot.start import client_of as client_for
from bot.start import site_client
from bot.store.lease import Fenced

TOKEN = "a-token-that-nobody-else-may-see"
FOREVER = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass
class Listening:
    """A server: where it is, and what it was asked with."""

    port: int
    heard: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def listening(context: ssl.SSLContext | None = None, location: str = "") -> Iterator[Listening]:
    """A server that answers with an account, or leads on to another place."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.heard.append({name.lower(): value for name, value in self.headers.items()})
            body = b'{"accountId": "acc-bot"}'
            self.send_response(302 if location else 200)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as the standard library calls it

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that does not trust it hangs up, which is meant."""

    server = Server(("127.0.0.1", 0), Answers)
    here = Listening(server.server_port)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def context_of(authority: trustme.CA, host: str, until: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, not_after=until or FOREVER).configure_cert(context)
    return context


def by_itself(folder: Path) -> ssl.SSLContext:
    """What serves with a certificate that nobody else signed."""
    own = trustme.CA()
    own.cert_pem.write_to_path(str(folder / "own.pem"))
    own.private_key_pem.write_to_path(str(folder / "own.key"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem", folder / "own.key")
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of who issued the certificates."""
    file = tmp_path_factory.mktemp("issuer") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def ask(port: int, bundle: str | None, scheme: str = "https") -> User:
    client = client_of(f"{scheme}://127.0.0.1:{port}", "dc", token=TOKEN, ca_bundle=bundle, attempts=2)
    try:
        return client.read("2/myself", User)
    finally:
        client.close()


def test_a_certificate_of_an_own_issuer_is_trusted_by_its_file_alone(authority: trustme.CA, bundle: str) -> None:
    with listening(context_of(authority, "127.0.0.1")) as here:
        assert ask(here.port, bundle).account_id == "acc-bot"
        assert [each["authorization"] for each in here.heard] == [f"Bearer {TOKEN}"]
        with pytest.raises(Unreachable, match="the certificate is not trusted; give `ca_bundle`"):
            ask(here.port, None)
        assert len(here.heard) == 1


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize("kind", ["another host's", "expired", "another issuer's", "signed by itself"])
def test_any_other_certificate_is_refused_before_the_token_is_sent(
    kind: str, authority: trustme.CA, bundle: str, tmp_path: Path
) -> None:
    context = {
        "another host's": lambda: context_of(authority, "jira.other.example"),
        "expired": lambda: context_of(authority, "127.0.0.1", YESTERDAY),
        "another issuer's": lambda: context_of(trustme.CA(), "127.0.0.1"),
        "signed by itself": lambda: by_itself(tmp_path),
    }[kind]()
    with listening(context) as here:
        with pytest.raises(Unreachable, match="the certificate is not trusted") as refused:
            ask(here.port, bundle)
        assert here.heard == []
        assert TOKEN not in str(refused.value)


def test_a_connection_that_encrypts_nothing_is_refused(authority: trustme.CA, bundle: str) -> None:
    context = context_of(authority, "127.0.0.1")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("NULL:@SECLEVEL=0")
    with listening(context) as here:
        with pytest.raises(Unreachable):
            ask(here.port, bundle)
        assert here.heard == []


@pytest.mark.parametrize("way", ["plain", "tls", "by a proxy"])
def test_who_is_fenced_off_while_a_connection_is_made_sends_nothing_over_it(
    way: str, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def fence(writes: bool) -> None:
        asked.append(writes)
        if len(asked) == 2:
            raise Fenced("another piletibot has taken over this database")

    with listening(context_of(authority, "127.0.0.1") if way == "tls" else None) as here:
        url = f"{'https' if way == 'tls' else 'http'}://127.0.0.1:{here.port}"
        if way == "by a proxy":
            monkeypatch.setenv("HTTP_PROXY", url)
            url = "http://jira.example"
        client = client_of(url, "dc", token=TOKEN, ca_bundle=bundle)
        client.fence = fence
        write = partial(client.write, "POST", "2/myself", {}, User)
        with pytest.raises(Fenced):
            write()
        assert (asked, here.heard) == ([True, True], [])
        write()
        assert (asked, len(here.heard)) == ([True] * 4, 1)
        client.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed_so_that_the_token_goes_nowhere_else(method: str) -> None:
    with listening() as elsewhere, listening(location=f"http://127.0.0.1:{elsewhere.port}/rest/api/2/myself") as here:
        client = client_of(f"http://127.0.0.1:{here.port}", "dc", token=TOKEN, attempts=2)
        ask = partial(client.write, "POST", "2/myself", {}) if method == "POST" else partial(client.read, "2/myself")
        with pytest.raises(Unreachable, match="a redirect"):
            ask(User)
        client.close()
        assert len(here.heard) == 1
        assert elsewhere.heard == []


def test_no_password_of_the_users_own_files_takes_the_tokens_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with listening() as here:
        ask(here.port, None, "http")
    assert [each["authorization"] for each in here.heard] == [f"Bearer {TOKEN}"]


CONFIG = """
site = "x"
[jira]
url = "https://127.0.0.1:{port}"
token_file = "token"
{bundle}
[sites.other]
url = "https://127.0.0.1:{port}"
token_file = "token"
{bundle}
[rules]
folder = "rules"
"""


@pytest.mark.parametrize("trusts", [True, False])
def test_the_configured_bundle_is_that_of_the_wire_to_every_site(
    trusts: bool, authority: trustme.CA, bundle: str, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    with listening(context_of(authority, "127.0.0.1")) as here:
        said = f'ca_bundle = "{bundle}"' if trusts else ""
        (tmp_path / "config.toml").write_text(CONFIG.format(port=here.port, bundle=said))
        settings = load_settings(tmp_path / "config.toml")
        for client in (
            client_for(settings.jira, sleep=lambda _: None),
            site_client(settings.sites["other"], "other", sleep=lambda _: None),
        ):
            with nullcontext() if trusts else pytest.raises(Unreachable, match="the certificate is not trusted"):
                client.read("2/myself", User, attempts=1)
            client.close()
        assert len(here.heard) == (2 if trusts else 0)
