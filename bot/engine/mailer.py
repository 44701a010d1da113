"""What the engine asks of a mail server: `SmtpMailer` keeps it for SMTP, the tests' fake in memory.

Every call may raise the errors below and no others; none of their texts holds an address or anything of a letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from bot.core.ticket import Moment


class MailError(Exception):
    """Something went wrong between the bot and the mail server."""


class Unsent(MailError):
    """Nothing of the letter was sent, or the server said that it does not keep it: it may be tried again later.

    `every` tells whether that is so of any letter, as the server is not there or does not let the bot in.
    """

    def __init__(self, text: str, *, every: bool) -> None:
        super().__init__(text)
        self.every = every


class NotTaken(MailError):
    """The server takes no mail for this recipient, or not this letter, now and later (5xx)."""


class Lost(MailError):
    """The letter was sent and the answer lost: it may have arrived. It is never to be sent again."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that goes with a letter: its name, its type such as `image/png`, and what is in it."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter as it leaves: to one address, at a moment by the engine's clock, under an id made of its key.

    The HTML shows each of the `images` as `cid:` and its name; the `files` are attached.
    """

    to: str
    subject: str
    plain: str
    html: str
    id: str
    at: Moment
    language: str
    images: tuple[Part, ...] = ()
    files: tuple[Part, ...] = ()


class Mailer(Protocol):
    """A mail server as the engine needs it."""

    def send(self, mail: Mail) -> None:
        """Send one letter once. Raises `Unsent`, `NotTaken` or `Lost`."""
        ...

    def close(self) -> None:
        """Take leave of the server after the last letter of a cycle; the next `send` greets it anew."""
        ...


def mail_id(key: str) -> str:
    """Make a letter's id of its key: the same for ever, and nobody reads in it to whom it goes."""
    return sha256(key.encode()).hexdigest()[:32]
