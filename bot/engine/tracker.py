"""What the engine asks of a ticket system: `JiraTracker` keeps it for Jira, the tests' fake in memory.

Every call may raise the errors below and no others; none of their texts holds anything of a ticket but its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.commands import Permission
from bot.core.doc import Doc
from bot.core.ticket import Moment, Ticket

AWAY = "another site does not answer"
LOCKED = "another site does not let the account in"
"""Why none of the tickets of another site can be read."""

LATE = "another site answers too slowly"
"""Why some of the tickets of another site were not asked for now: they are where they were last seen."""


class TrackerError(Exception):
    """Something went wrong between the bot and the tracker."""


class Unreachable(TrackerError):
    """The tracker does not answer, answers with 5xx or with something that is not its own: try again later."""


class Throttled(Unreachable):
    """The tracker asks for patience (429); `retry_after_s` is its own minimum, in seconds."""

    def __init__(self, text: str, retry_after_s: float) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Slowed(Throttled):
    """Patience is asked for one kind of request alone: what needs none of that kind goes on."""


class Denied(TrackerError):
    """The account is not let in at all (401), or may not do this anywhere: a matter for the administrator."""


class Refused(TrackerError):
    """The tracker refuses this for this one ticket (400, 403, 404, 409, 413): the others go on.

    `why` is the word of `bot.core.laid_aside.WHY` for it.
    """

    def __init__(self, text: str, why: str = "refused") -> None:
        super().__init__(text)
        self.why = why


class Ailing(Refused):
    """The tracker answers, but this one ticket fails it (5xx for ever, patience asked for it alone): others go on.

    `wait_s` is how long to leave the ticket in peace at least, in seconds: 0 where the tracker did not say.
    """

    def __init__(self, text: str, wait_s: float = 0.0, why: str = "failing") -> None:
        super().__init__(text, why)
        self.wait_s = wait_s


class Doubtful(TrackerError):
    """A write was sent and its answer lost: it may or may not have taken effect. Read back before repeating."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A ticket's version: enough to know whether it must be read again.

    `came` is what came of the ticket itself with the same answer, for the tracker to read; None where nothing did.
    """

    id: str
    key: str
    updated_ms: int
    came: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One ticket that could not be read; `what` names the cause and the place, never a value."""

    ticket_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What came back for the ids asked: tickets, ids not found or not visible, and those that were unreadable."""

    tickets: tuple[Ticket, ...]
    missing: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One of the bot's own comments, as read back: the step keys in its property and the hash of its text."""

    comment_id: str
    at: Moment
    keys: tuple[str, ...]
    text_hash: str


class Tracker(Protocol):
    """A ticket system as the engine needs it."""

    flavour: str
    """`cloud` or `dc`."""

    @property
    def closed(self) -> Mapping[str, str]:
        """The projects that the last `changed` could not search, each with what was said; never all of them."""
        ...

    def changed(self, since_ms: int | None, known: dict[str, int] | None = None) -> Iterator[Stamp]:
        """Every visible ticket of the rulebook's projects updated at or after `since_ms` (all when None).

        With `since_ms` those of the projects outside the desk come too, of which the engine knows who is meant.
        With `known`, the stamps that are known already by the tickets' ids, those that are still so may be left out,
        and the others may have what `read` needs of them. What changed again within the second of a known stamp may
        be left out too. `known` is emptied where nothing could be left out.

        Oldest change first; a ticket may come twice when it changes meanwhile. One request when nothing changed.
        A project that cannot be searched, among others that can, is `closed` once all have come.
        """
        ...

    def read(self, ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        """The tickets with these ids, whole: histories and message lists fetched to the end.

        What `came` with their stamps, by their ids, is not asked for again.
        """
        ...

    @property
    def sites(self) -> Sequence[str]:
        """The words of the other sites whose tickets `read_outside` gives, by ids as `SITE:KEY`."""
        ...

    def changed_elsewhere(self, site: str, since_ms: int) -> Iterator[Stamp]:
        """The tickets of another site that changed at or after `since_ms`, in the projects under `outside`.

        Raises Unreachable and Denied about that site alone.
        """
        ...

    def read_outside(self, ids: Sequence[str]) -> Reading:
        """Tickets outside the desk's projects, whole, their states in the words of `bot.core.linked.OUTSIDE`.

        Where another site is away or lets nobody in, its tickets are `troubles` with `AWAY` or `LOCKED`.

        Those of a project that the rulebook does not name under `outside` are `troubles`. Where nothing but a key is
        known of a ticket, that stands for its id, and for nothing once the ticket has another. Whatever is told of a
        ticket is told by what was asked for.
        """
        ...

    def said(self, ticket_id: str) -> tuple[Said, ...]:
        """The bot's own comments on the ticket that carry step keys, newest first; one GET where they fit a page."""
        ...

    def say(self, ticket_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> str:
        """Write one comment carrying `keys`, once; returns its id. Raises `Doubtful` when the answer was lost."""
        ...

    def reword(self, ticket_id: str, comment_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> None:
        """Replace the text of an own comment: a repeatable PUT."""
        ...

    def unsay(self, ticket_id: str, comment_id: str) -> None:
        """Delete an own comment; one that is not there any more is deleted."""
        ...

    @property
    def exposed(self) -> frozenset[str]:
        """The projects in which everybody who sees a ticket sees the bot's comments, though nobody said so."""
        ...

    def sees(self, person: str, project: str) -> bool | None:
        """Whether a person may see the bot's comments in a project; None where the tracker does not tell."""
        ...

    def may(self, person: str, permissions: Sequence[Permission], ticket_key: str) -> bool | None:
        """Whether a person may do all of this with a ticket, by the tracker itself, now; None where it does not say.

        `person` is a person word. What cannot be asked, or is not answered clearly, is None, and no permission.
        """
        ...

    def active(self, people: Sequence[str]) -> Mapping[str, bool | None]:
        """Whether the account of each of these people, by person words, may still log in; None where nobody can say.

        An account that is not found is None: it may only be hidden from the bot.
        """
        ...

    def labels(self, ticket_id: str) -> frozenset[str]:
        """The labels of a ticket as they are now: one GET. Raises `Refused` where it is not to be seen."""
        ...

    def off_switch(self, project: str) -> bytes | None:
        """The value of a project's property `piletibot`, as JSON, now: one GET; None where it has none.

        Raises `Refused` where it cannot be read.
        """
        ...

    def lacks(self, project: str) -> Sequence[str]:
        """What the account lacks now in a project of what the rules ask, in the tracker's words: one GET."""
        ...

    def vanished(self, people: Sequence[str]) -> frozenset[str]:
        """Those of these people, by person words, whose accounts the tracker no longer knows: deleted, anonymised.

        None of them where the bot may not look up accounts.
        """
        ...

    def put(self, ticket_id: str, sets: Mapping[str, str]) -> None:
        """Set words of `fields`, the `owner`, `labels` (`+one -other`), the `state`: all but that in one edit.

        A date is written as ISO 8601. Raises `Refused` before anything is set where one of them cannot be.
        """
        ...
