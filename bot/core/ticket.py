"""What the bot knows of a ticket: facts, frozen, in UTC seconds.

Texts are not among them: a title, a description or a comment never gets further than the reader.
Persons are *person words*: the name a rulebook gives them under `people:`, or `~` and the
account's id in the tracker for anybody the rulebook does not name.
"""

from __future__ import annotations

import msgspec

Moment = int
"""UTC seconds since 1970-01-01."""

UNKNOWN = "unknown"
"""The state of a ticket whose status the rulebook does not place, and a queue or category it does not name."""


class Change(msgspec.Struct, frozen=True):
    """One field of one ticket set by one person.

    `field` is a word of this project (`state`, `owner`, `priority`, `labels`, `due`, or a word under the
    rulebook's `fields:` such as `queue`, `category`, `forwarder`, `delivered`); changes of any other
    field are not kept. `was` and `now` are words too: a state's, a queue's, a person's. Of the word `link` they are
    a ticket that it was tied to, or is no longer, as `Link.told` calls it.
    """

    at: Moment
    field: str
    was: str | None = None
    now: str | None = None
    who: str | None = None
    bot: bool = False


class Link(msgspec.Struct, frozen=True):
    """A tie to another ticket. `type` is a word of the rulebook's `links`.

    `outward` tells whether this ticket stands on the side that the tracker's outward words are about, as in "this
    ticket duplicates the other". `ticket_id` is the other's permanent id, or `SITE:KEY` where it is of another site;
    `key` is its present name.
    """

    type: str
    ticket_id: str
    key: str
    outward: bool

    @property
    def told(self) -> str:
        """What changes of the word `link` call the other: its key, or its id where it is of another site."""
        return self.key if site_of(self.ticket_id) is None else self.ticket_id


def site_of(ticket_id: str) -> str | None:
    """The word of the site that a ticket is of, whose id is then `SITE:KEY`; None for the desk's own."""
    site, found, _ = ticket_id.partition(":")
    return site if found else None


class Command(msgspec.Struct, frozen=True):
    """What a person told the bot on the first line of a comment, in the canonical words of `bot.core.commands`.

    `word` is a command's, or `?` for what was not understood, with the command that was perhaps meant as its
    `value`. Otherwise `value` is what the command takes: a channel, an ISO date, two of them as `FROM/TO`, a queue's
    word. `granted` tells whether its author may do so, and it was done; None as long as nobody has decided that.
    `more` tells whether the comment says anything else besides.
    """

    word: str
    value: str | None = None
    granted: bool | None = None
    more: bool = False


class Message(msgspec.Struct, frozen=True):
    """One comment on a ticket, without its text.

    `thanks` tells whether that said no more than thank you, `patterns` which of the rulebook's are found in it,
    `findings` what the bot itself found in it, by the words of `bot.core.flaws`, `command` what it tells the bot to
    do.
    """

    at: Moment
    id: str
    who: str | None = None
    bot: bool = False
    thanks: bool = False
    patterns: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
    command: Command | None = None


class Ticket(msgspec.Struct, frozen=True):
    """A ticket as it stands, with its history oldest first.

    `id` is the tracker's permanent id, `key` its present name; `updated_ms` is the tracker's own stamp in
    milliseconds, which together with `id` tells whether this version has been seen before. `patterns` are those
    of the rulebook that are found in its title or description, as these are today, and `findings` what the bot
    itself found there and in its fields, by the words of `bot.core.flaws`. `sketch` are keyed hashes of the words in
    these texts, to compare tickets by (`bot.core.likeness`).
    """

    id: str
    key: str
    project: str
    created_at: Moment
    updated_ms: int
    state: str
    priority: str | None = None
    owner: str | None = None
    reporter: str | None = None
    forwarder: str | None = None
    category: str | None = None
    queue: str | None = None
    delivered_at: Moment | None = None
    due_at: Moment | None = None
    labels: frozenset[str] = frozenset()
    secured: bool = False
    fields: dict[str, str] = {}
    changes: tuple[Change, ...] = ()
    messages: tuple[Message, ...] = ()
    patterns: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
    links: tuple[Link, ...] = ()
    sketch: tuple[int, ...] = ()
