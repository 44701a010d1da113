"""What the engine relies on of a mail server, held against a real one on loopback and against the tests' fake."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from fake_mailer import FakeMailer

from bot.engine.mailer import Lost, Mail, Mailer, NotTaken, Unsent, mail_id
from bot.mail import Server, SmtpMailer, is_address, message

MAIL = Mail(
    to="ann@desk.example",
    subject="Piletibot: hommikune kokkuvõte, 17.11.2026",
    plain="Tere!\n\n.\n.. lõpp\n",
    html="<p>Tere! õäöü</p>\n",
    id=mail_id("small/letter/summary/ann/2026-11-17"),
    at=1_794_897_000,
    language="et",
)
SECRET = "correct horse"
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the tests' mail server talks of its own deprecations


class Inbox:
    """A mail server's mind: what arrived, and what is refused. `never` and `later` are addresses."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.logins: list[str] = []
        self.after_data: str | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("never"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "450 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        if self.after_data is None:
            self.arrived.append(email.message_from_bytes(content, policy=email.policy.default))
        return self.after_data or "250 OK"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password == SECRET.encode(), handled=False)


@contextmanager
def serving(inbox: Inbox, *, over: ssl.SSLContext | None = None, **how: Any) -> Iterator[int]:
    """The mail server on a port of its own; `over` encrypts it from the first byte."""
    loop = asyncio.new_event_loop()
    made = loop.create_server(lambda: SMTP(inbox, hostname="here", loop=loop, **how), "127.0.0.1", 0, ssl=over)
    server = loop.run_until_complete(made)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_left(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _left(server: asyncio.Server) -> None:
    """Let those who still talk go."""
    server.close()
    talking = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """The certificate of 127.0.0.1, and the file of who issued it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path_factory.mktemp("issuer") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, str(file)


def mailer(port: int, **facts: Any) -> SmtpMailer:
    whole: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_s": 5.0}
    return SmtpMailer(Server(**(whole | facts)), "Piletibot õ <piletibot@desk.example>", "desk@desk.example", "kka")


def to(person: str) -> Mail:
    return Mail(f"{person}@desk.example", MAIL.subject, MAIL.plain, MAIL.html, MAIL.id, MAIL.at, MAIL.language)


# The contract, which the fake keeps too


@contextmanager
def real() -> Iterator[tuple[Mailer, Callable[[], list[str]]]]:
    inbox = Inbox()
    with serving(inbox) as port:
        talking = mailer(port)
        yield talking, lambda: [each["To"] for each in inbox.arrived]
        talking.close()


@contextmanager
def faked() -> Iterator[tuple[Mailer, Callable[[], list[str]]]]:
    fake = FakeMailer(["later", "never"])
    yield fake, lambda: [mail.to for mail in fake.arrived]


@pytest.mark.parametrize("server", [real, faked])
def test_a_letter_arrives_unless_its_recipient_is_refused(server: Any) -> None:
    with server() as (sends, arrived):
        with pytest.raises(Unsent) as later:
            sends.send(to("later"))
        assert not later.value.every
        with pytest.raises(NotTaken):
            sends.send(to("never"))
        sends.send(to("ann"))
        sends.send(to("bob"))
        sends.close()
        sends.send(to("cid"))
        assert arrived() == [f"{who}@desk.example" for who in ("ann", "bob", "cid")]


# What arrives


def test_what_arrives_is_marked_as_a_machines_and_reads_as_it_was_written() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        talking = mailer(port)
        talking.send(MAIL)
        talking.close()
    (got,) = inbox.arrived
    assert {name: got[name] for name in got if name not in ("Content-Type", "MIME-Version", "X-Peer")} == {
        "From": "Piletibot õ <piletibot@desk.example>",
        "To": "ann@desk.example",
        "Reply-To": "desk@desk.example",
        "Subject": "Piletibot: hommikune kokkuvõte, 17.11.2026",
        "Date": "Tue, 17 Nov 2026 06:30:00 +0000",
        "Message-ID": f"<{MAIL.id}@desk.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
        "List-Id": "<kka.piletibot.desk.example>",
        "Content-Language": "et",
    } | {name: got[name] for name in ("X-MailFrom", "X-RcptTo") if name in got}
    bodies = {kind: got.get_body((kind,)) for kind in ("plain", "html")}
    texts = {
        kind: body.get_content().replace("\r", "") for kind, body in bodies.items() if isinstance(body, EmailMessage)
    }
    assert texts == {"plain": MAIL.plain, "html": MAIL.html}


def test_the_same_letter_is_the_same_message() -> None:
    made = [message(MAIL, "piletibot@desk.example", None, "kka").as_bytes() for _ in range(2)]
    assert made[0] == made[1]


def test_no_line_of_a_letter_ends_it_or_makes_a_header() -> None:
    nasty = Mail(MAIL.to, "one", "a\r\n.\r\nMAIL FROM:<x@y>\r\n", "<p>.</p>", MAIL.id, MAIL.at, "et")
    inbox = Inbox()
    with serving(inbox) as port:
        talking = mailer(port)
        talking.send(nasty)
        talking.close()
    (got,) = inbox.arrived
    body = got.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert body.get_content().splitlines() == ["a", ".", "MAIL FROM:<x@y>"]
    with pytest.raises(ValueError, match="linefeed"):
        message(Mail(MAIL.to, "one\r\nBcc: x@y", "", "", MAIL.id, MAIL.at, "et"), "a@b.example", None, "kka")


# Encryption and login


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_an_encrypted_server_is_asked_for_its_certificate(tls: str, issuer: tuple[ssl.SSLContext, str]) -> None:
    context, file = issuer
    how = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {"over": context}
    inbox = Inbox()
    with serving(inbox, **how) as port:
        with pytest.raises(Unsent, match="a certificate that is not trusted") as wrong:
            mailer(port, tls=tls).send(MAIL)
        assert wrong.value.every
        talking = mailer(port, tls=tls, ca_bundle=file)
        talking.send(MAIL)
        talking.close()
    assert len(inbox.arrived) == 1


def test_a_server_without_encryption_is_not_spoken_to_in_the_clear() -> None:
    inbox = Inbox()
    with serving(inbox) as port, pytest.raises(Unsent, match="offers no such encryption"):
        mailer(port, tls="starttls").send(MAIL)
    assert inbox.arrived == []


def test_the_bot_logs_in_and_a_wrong_password_is_told_without_it(issuer: tuple[ssl.SSLContext, str]) -> None:
    context, file = issuer
    inbox = Inbox()
    with serving(inbox, tls_context=context, authenticator=inbox.login, auth_required=True) as port:
        talking = mailer(port, tls="starttls", ca_bundle=file, user="bot", password=SECRET)
        talking.send(MAIL)
        talking.close()
        with pytest.raises(Unsent, match=r"does not let the bot in \(SMTP 535\)") as wrong:
            mailer(port, tls="starttls", ca_bundle=file, user="bot", password="wr0ng-word").send(MAIL)
    assert (len(inbox.arrived), inbox.logins, wrong.value.every) == (1, ["bot"] * len(inbox.logins), True)
    assert "wr0ng-word" not in str(wrong.value) + repr(mailer(1, user="bot", password="wr0ng-word"))


# Talks that break off


def breaking(says: list[str | None], port_taken: Callable[[int], None]) -> threading.Thread:
    """A server that says these lines in answer, one for each of the client's, and hangs up at None."""
    listening = socket.create_server(("127.0.0.1", 0))
    port_taken(listening.getsockname()[1])

    def talk() -> None:
        with listening, listening.accept()[0] as peer, suppress(OSError):
            peer.settimeout(5)
            file = peer.makefile("rb")
            peer.sendall(b"220 here\r\n")
            for say in says:
                line = file.readline()
                if line == b"DATA\r\n" and say == "354 go":
                    peer.sendall(b"354 go\r\n")
                    while file.readline() not in (b".\r\n", b""):
                        pass
                    continue
                if say is None:
                    return
                peer.sendall(f"{say}\r\n".encode())

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    return thread


HELLO = ["250 hello"]
BROKEN: list[tuple[str, list[str | None], type[Exception], bool]] = [
    ("hung up at the greeting", [None], Unsent, True),
    ("hung up at the sender", [*HELLO, None], Unsent, True),
    ("the sender refused", [*HELLO, "550 no"], Unsent, True),
    ("hung up at the recipient", [*HELLO, "250 ok", None], Unsent, True),
    ("hung up at DATA", [*HELLO, "250 ok", "250 ok", None], Unsent, True),
    ("DATA refused for now", [*HELLO, "250 ok", "250 ok", "451 later"], Unsent, False),
    ("DATA refused for ever", [*HELLO, "250 ok", "250 ok", "554 no"], NotTaken, False),
    ("busy at the greeting", ["421 busy", "421 busy"], Unsent, True),
]


@pytest.mark.parametrize(("says", "error", "every"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_until_the_data_nothing_was_sent(says: list[str | None], error: type[Exception], every: bool) -> None:
    ports: list[int] = []
    thread = breaking(says, ports.append)
    with pytest.raises(error) as raised:
        mailer(ports[0]).send(MAIL)
    thread.join(5)
    assert getattr(raised.value, "every", False) is every
    assert MAIL.to not in str(raised.value)


def test_an_answer_lost_after_the_data_leaves_doubt() -> None:
    ports: list[int] = []
    thread = breaking([*HELLO, "250 ok", "250 ok", "354 go"], ports.append)
    with pytest.raises(Lost):
        mailer(ports[0]).send(MAIL)
    thread.join(5)


@pytest.mark.parametrize(("answer", "error"), [("451 full", Unsent), ("554 spam", NotTaken)])
def test_a_letter_that_the_server_says_it_does_not_keep_was_not_sent(answer: str, error: type[Exception]) -> None:
    inbox = Inbox()
    inbox.after_data = answer
    with serving(inbox) as port, pytest.raises(error):
        mailer(port).send(MAIL)


def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unsent, match="cannot be reached") as raised:
        mailer(port).send(MAIL)
    assert raised.value.every


@pytest.mark.parametrize(("took_s", "sent"), [(9.9, 1), (10.1, 0)])
def test_a_server_that_is_long_in_coming_to_the_letter_is_given_none(took_s: float, sent: int) -> None:
    inbox, passed = Inbox(), iter((100.0, 100.0 + took_s))
    with serving(inbox) as port:
        talking = replace(mailer(port), clock=lambda: next(passed))
        with nullcontext() if sent else pytest.raises(Unsent, match="not ready for the letter within 10 s") as told:
            talking.send(to("lea"))
        talking.close()
    assert (len(inbox.arrived), told is None or told.value.every) == (sent, True)


def test_a_connection_that_went_away_meanwhile_is_made_anew() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        talking = mailer(port)
        talking.send(MAIL)
        assert talking._talk is not None
        assert talking._talk.sock is not None
        talking._talk.sock.shutdown(socket.SHUT_RDWR)
        talking.send(MAIL)
        talking.close()
    assert len(inbox.arrived) == 2


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("ann@desk.example", True), ("a.b+c@x.y.example", True), ("ann", False), ("a@b\r\nBcc: c", False),
     ("ann@desk.example, bob@desk.example", False), ("õ@desk.example", False), ("<ann@desk.example>", False),
     ("a" * 65 + "@desk.example", False)],
)  # fmt: skip
def test_addresses(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one
