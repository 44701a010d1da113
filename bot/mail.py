"""Mail over SMTP: a letter is sent at most once, and what became of it is told by how far the talk had come.

Until the server asks for the letter's data nothing was sent; once they are on their way and its answer is lost,
nobody knows.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Literal

from bot.engine.mailer import Lost, Mail, NotTaken, Unsent

Tls = Literal["starttls", "tls", "none"]
PORTS = {"starttls": 587, "tls": 465, "none": 25}

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_LINE_OF_A_DOT = re.compile(rb"(?m)^\.")


def is_address(text: str) -> bool:
    """Whether a text is one mail address and nothing else."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def address_of(sender: str) -> str:
    """Give the mail address in a sender such as `Piletibot <bot@example.ee>`."""
    return parseaddr(sender)[1]


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: where it is, how it is spoken to, and who the bot is there. Seconds."""

    host: str
    port: int
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None
    timeout_s: float = 30.0


def message(mail: Mail, sender: str, reply_to: str | None, site: str) -> EmailMessage:
    """Make the message of a letter: plain text and HTML, marked as written by a machine so that none answers it."""
    domain = address_of(sender).rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    made["From"] = Address(name, addr_spec=address)
    made["To"] = Address(addr_spec=mail.to)
    if reply_to:
        made["Reply-To"] = Address(addr_spec=reply_to)
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(datetime.fromtimestamp(mail.at, UTC))
    made["Message-ID"] = f"<{mail.id}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made["Precedence"] = "bulk"
    made["List-Id"] = f"<{re.sub(r'[^A-Za-z0-9-]+', '-', site)}.piletibot.{domain}>"
    made.set_content(mail.plain, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    page = next(part for part in made.iter_parts() if part.get_content_type() == "text/html")
    for image in mail.images:
        kind, _, subtype = image.type.partition("/")
        name = f"{image.name}.{subtype}"
        page.add_related(image.data, kind, subtype, cid=f"<{image.name}>", filename=name, disposition="inline")
    for file in mail.files:
        kind, _, subtype = file.type.partition("/")
        made.add_attachment(file.data, kind, subtype, filename=file.name)
    made["Content-Language"] = mail.language
    # The parts are told apart by lines that are the same whenever the letter is made.
    for n, part in enumerate(part for part in made.walk() if part.is_multipart()):
        part.set_boundary(f"={mail.id}{f'.{n}' if n else ''}=")
    return made


@dataclass(slots=True)
class SmtpMailer:
    """Letters over one connection to a mail server, made at the first letter and kept until `close`.

    A letter is handed over within twice the server's `timeout_s` of being asked for, or not at all; `clock` tells.
    """

    server: Server
    sender: str
    reply_to: str | None = None
    site: str = "piletibot"
    clock: Callable[[], float] = time.monotonic
    _talk: smtplib.SMTP | None = None

    def send(self, mail: Mail) -> None:
        """Send one letter once. Raises `Unsent`, `NotTaken` or `Lost`."""
        data = message(mail, self.sender, self.reply_to, self.site).as_bytes(policy=SMTP)
        began = self.clock()
        talk = self._greeted()
        try:
            self._offer(talk, mail.to)
            if self.clock() - began > (most_s := 2 * self.server.timeout_s):
                raise Unsent(f"the mail server was not ready for the letter within {most_s:g} s", every=True)
        except BaseException:
            self._drop()
            raise
        try:
            code = self._hand_over(talk, data)
        except (OSError, smtplib.SMTPException):
            self._drop()
            raise Lost("the answer of the mail server was lost") from None
        if code >= 400:
            self._drop()
            raise _answer("the mail server does not keep the letter", code)

    def close(self) -> None:
        """Take leave of the server."""
        talk, self._talk = self._talk, None
        if talk is not None:
            with suppress(OSError, smtplib.SMTPException):
                talk.quit()

    def _greeted(self) -> smtplib.SMTP:
        """Give a connection that is open for the next letter."""
        if self._talk is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._talk.rset()[0] == 250:
                    return self._talk
            self._drop()
        self._talk = greet(self.server)
        return self._talk

    def _offer(self, talk: smtplib.SMTP, to: str) -> None:
        """Say from whom and to whom, up to the server's word that it waits for the letter."""
        with _before_data():
            code, _ = talk.mail(address_of(self.sender))
            if code >= 400:
                raise Unsent(f"the mail server does not take the sender (SMTP {code})", every=True)
            code, _ = talk.rcpt(to)
            if code >= 400:
                raise _answer("the mail server does not take the recipient", code)
            code, _ = talk.docmd("DATA")
            if code != 354:
                raise _answer("the mail server does not take the letter", code)

    @staticmethod
    def _hand_over(talk: smtplib.SMTP, data: bytes) -> int:
        """Send the letter, and give the code of the answer."""
        whole = _LINE_OF_A_DOT.sub(b"..", data)
        talk.send(whole + (b"" if whole.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return talk.getreply()[0]

    def _drop(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.close()


def greet(server: Server) -> smtplib.SMTP:
    """Open a connection: greeting, encryption and login, as the server is to be spoken to. Raises `Unsent`."""
    where = f"{server.host}:{server.port}"
    talk: smtplib.SMTP | None = None
    try:
        with _before_data(where):
            context = ssl.create_default_context(cafile=server.ca_bundle) if server.tls != "none" else None
            if server.tls == "tls":
                talk = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
            else:
                talk = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
            if server.tls == "starttls":
                talk.starttls(context=context)
            talk.ehlo_or_helo_if_needed()
            if server.user is not None:
                talk.login(server.user, server.password or "")
            return talk
    except BaseException:
        if talk is not None:
            talk.close()
        raise


@contextmanager
def _before_data(where: str = "the mail server") -> Iterator[None]:
    """Turn what goes wrong while nothing of a letter was sent into `Unsent`, without what the server said."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise Unsent(f"{where} does not let the bot in (SMTP {error.smtp_code})", every=True) from None
    except smtplib.SMTPNotSupportedError:
        raise Unsent(f"{where} offers no such encryption or login", every=True) from None
    except smtplib.SMTPResponseException as error:
        raise Unsent(f"{where} does not want to talk (SMTP {error.smtp_code})", every=True) from None
    except ssl.SSLCertVerificationError as error:
        raise Unsent(f"{where} shows a certificate that is not trusted: {error.verify_message}", every=True) from None
    except (OSError, smtplib.SMTPException) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise Unsent(f"{where} cannot be reached: {what}", every=True) from None


def _answer(what: str, code: int) -> Unsent | NotTaken:
    """What an answer of the server means: 4xx is for now, 5xx for ever."""
    text = f"{what} (SMTP {code})"
    return NotTaken(text) if code >= 500 else Unsent(text, every=False)


@dataclass(slots=True)
class FolderMailer:
    """Letters as `.eml` files in a folder, for the demo; `sent` counts them."""

    folder: Path
    sender: str
    site: str
    name: Callable[[Mail], str]
    sent: int = 0

    def send(self, mail: Mail) -> None:
        """Write one letter."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made, name = message(mail, self.sender, None, self.site), self.name(mail)
        same = len(list(self.folder.glob(f"{name}*.eml")))
        (self.folder / f"{name}{f'-{same + 1}' if same else ''}.eml").write_bytes(made.as_bytes(policy=SMTP))
        self.sent += 1

    def close(self) -> None:
        """Do nothing: a folder needs no leave taken."""
