"""What the engine asks of who writes digests, and of the folder that they are put into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.core.recipients import Due
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.mailer import Part
from bot.store.store import Store


class Unwritten(Exception):
    """A file cannot be written; the text says why, without its path."""


class NoRights(Exception):
    """Nobody knows what a recipient may see."""


class TooBig(Exception):
    """A digest is larger than a mail may be, whatever is left out of it."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest as one recipient gets it.

    The HTML is for a mail and shows `images`; `page` is the same as a file of its own. `files` are those that the
    rulebook asks for, `attached` those of them that a mail has room for. `brief` is what a comment says of it.
    """

    language: str
    subject: str
    plain: str
    html: str
    page: Part
    images: tuple[Part, ...] = ()
    files: tuple[Part, ...] = ()
    attached: tuple[Part, ...] = ()
    brief: tuple[str, ...] = ()


class Composer(Protocol):
    """Who writes digests from what the store holds."""

    def compose(self, store: Store, book: Rulebook, due: Due, as_of: Moment, *, draft: bool) -> Composed:
        """Write a recipient's digest, with the desk as it stands or stood at `as_of`; `draft` says that it is one.

        Raises TooBig, NoRights, StoreError.
        """
        ...

    def forget(self) -> None:
        """Let go of what is shared by the digests of one moment, once all of them are written."""
        ...


class Folder(Protocol):
    """A folder for digests."""

    def put(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, over an earlier one of that name. Raises Unwritten."""
        ...

    def purge(self, before: Moment) -> int:
        """Remove the digests written before a moment, and what was left of writing them; returns how many files."""
        ...
