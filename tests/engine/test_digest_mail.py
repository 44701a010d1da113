"""A digest over a real mail server on loopback: what arrives, and what becomes of it when the talk goes wrong."""

from __future__ import annotations

import os
import re
import socket
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from digest_desk import LEAD, Sent, sketched
from small_desk import at
from test_mail import HELLO, SECRET, Inbox, breaking, mailer, serving

from bot.mail import Server, SmtpMailer

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "digest-mail.txt"
KEY = "lead/day-2026-11-16-mail"


def gone(desk: Sent, *moments: str) -> list[tuple[str, str]]:
    """What became of Monday's digest after each cycle: its state, and the word of why."""
    became = []
    for moment in moments:
        desk.at(moment)
        row = next(row for row in desk.store.letters_since(0) if row.key.endswith(KEY))
        became.append((row.state, row.because.partition(":")[0]))
    return became


def shape(part: EmailMessage, depth: int = 0) -> list[str]:
    """A mail's parts, each with its type, and how it is shown."""
    facts = [part.get_content_type(), part.get_content_disposition() or "", part.get_filename() or ""]
    lines = [f"{'  ' * depth}{' '.join(fact for fact in facts if fact)}"]
    for child in part.iter_parts() if part.is_multipart() else ():
        assert isinstance(child, EmailMessage)
        lines += shape(child, depth + 1)
    return lines


def test_what_arrives_has_texts_files_and_nothing_to_load() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        desk = Sent(told=({**LEAD, "formats": ["xlsx", "csv"]},), server=mailer(port), draw=sketched)
        assert gone(desk, "tue 08:00") == [("said", "due")]
    (got,) = inbox.arrived
    html = got.get_body(("html",))
    assert isinstance(html, EmailMessage)
    page = html.get_content()
    assert "<script" not in page
    assert 'src="http' not in page
    assert "style=" in page
    named = [part["Content-ID"].strip("<>") for part in got.walk() if part["Content-ID"]]
    assert named == re.findall(r'<img src="cid:([^"]+)"', page)
    assert len(named) == len(re.findall(r'<img [^>]*alt="[^"]{20,}"', page)) > 0
    written = "\n".join([f"Subject: {got['Subject']}", f"To: {got['To']}", *shape(got)]) + "\n"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        GOLDEN.write_text(written, "utf-8")
    assert written == GOLDEN.read_text("utf-8")


def test_it_goes_encrypted_to_who_lets_the_bot_in_and_a_wrong_login_is_tried_again() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    inbox = Inbox()
    how: dict[str, Any] = {"tls_context": context, "authenticator": inbox.login, "auth_required": True}
    with serving(inbox, **how) as port, authority.cert_pem.tempfile() as file:
        facts: dict[str, Any] = {"host": "127.0.0.1", "port": port, "ca_bundle": file, "user": "bot"}
        wrong, right = (
            SmtpMailer(Server(**facts, password=password), "bot@desk.example") for password in ("no", SECRET)
        )
        desk = Sent(server=wrong)
        assert gone(desk, "tue 08:00", "tue 08:04") == [("held", "unreachable")] * 2
        desk.server = right
        desk.restart()
        assert gone(desk, "tue 08:05") == [("said", "due")]
    assert (len(inbox.arrived), set(inbox.logins)) == (1, {"bot"})


def test_nobody_at_the_address_keeps_no_file_back(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    desk = Sent(told=({**LEAD, "by": ["mail", "folder"]},), server=mailer(port), folder=tmp_path)
    assert gone(desk, "tue 08:00", "tue 23:59", "wed 07:00") == [
        ("held", "unreachable"),
        ("held", "unreachable"),
        ("failed", "unreachable"),
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["small_day-2026-11-16_lead.html"]
    rows = [row for row in desk.store.letters_since(0) if "desk.example" in row.because]
    assert rows == []


TALKS: list[tuple[str, list[str | None], tuple[str, str]]] = [
    ("busy", ["421 busy", "421 busy"], ("held", "unreachable")),
    ("the sender refused", [*HELLO, "550 no"], ("held", "unreachable")),
    ("the recipient refused for now", [*HELLO, "250 ok", "450 later"], ("held", "later")),
    ("the recipient refused for ever", [*HELLO, "250 ok", "550 no"], ("refused", "refused")),
    ("hung up before the data", [*HELLO, "250 ok", "250 ok", None], ("held", "unreachable")),
    ("hung up after the data", [*HELLO, "250 ok", "250 ok", "354 go"], ("doubtful", "lost")),
]


@pytest.mark.parametrize(("says", "became"), [row[1:] for row in TALKS], ids=[row[0] for row in TALKS])
def test_only_what_was_not_sent_goes_again(says: list[str | None], became: tuple[str, str]) -> None:
    ports: list[int] = []
    thread = breaking(says, ports.append)
    desk = Sent(server=mailer(ports[0]))
    assert gone(desk, "tue 08:00") == [became]
    thread.join(5)
    inbox = Inbox()
    with serving(inbox) as port:
        desk.server = mailer(port)
        desk.restart()
        gone(desk, "tue 08:05", "tue 08:06", "tue 12:00")
    assert len(inbox.arrived) == (became[0] == "held")


def test_the_next_digest_goes_and_tells_of_the_one_that_may_be_lost() -> None:
    ports: list[int] = []
    thread = breaking([*HELLO, "250 ok", "250 ok", "354 go"], ports.append)
    desk = Sent(server=mailer(ports[0]))
    desk.at("tue 08:00")
    thread.join(5)
    inbox = Inbox()
    with serving(inbox) as port:
        desk.server = mailer(port)
        desk.restart()
        desk.at("wed 08:00")
    body = inbox.arrived[0].get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert "Not sent: e-mail, 17 November 2026 at 08:00" in body.get_content()
    assert inbox.arrived[0]["Date"].datetime.timestamp() == at("wed 08:00")
