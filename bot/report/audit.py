"""What the bot did: what it said, set, held, withdrew or recorded, when, to whom, by which rulebook and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter

import msgspec

from bot.core.ledger import COMMAND
from bot.core.recipients import DIGEST
from bot.core.ticket import Message, Moment, Ticket
from bot.store.store import Entry, Store


class Record(msgspec.Struct, frozen=True):
    """One thing that the bot did, or decided not to do, at the moment at which it came to be so.

    `kind` is `step`, `answer` (to a command), `letter`, `digest`, `command` (what a person told the bot) or `set` (a
    field of a ticket that the bot set). `state` is a step's, a letter's, `granted`, `refused`, `waiting` or `settled`
    of a command, or `set`. `to` are those addressed, `left` those whom only their summary told; `who` wrote the
    command. `rulebook` is the version that decided, `due_at` when it became due.
    """

    at: Moment
    kind: str
    state: str
    ticket: str = ""
    rule: str = ""
    rung: str = ""
    say: str = ""
    to: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    because: str = ""
    rulebook: str = ""
    due_at: Moment | None = None
    not_before: Moment | None = None
    key: str = ""
    comment: str = ""
    letter: str = ""
    way: str = ""
    who: str = ""
    command: str = ""
    field: str = ""
    was: str | None = None
    now: str | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody concerned."""
        return (*self.to, *self.left, *((self.who,) if self.who else ()))


class Sought(msgspec.Struct, frozen=True):
    """Which records are asked for; both moments are within. `ticket` is a ticket's id."""

    since: Moment | None = None
    until: Moment | None = None
    ticket: str | None = None
    rule: str | None = None
    person: str | None = None

    def __call__(self, record: Record) -> bool:
        """Whether a record is asked for, its ticket aside."""
        return (
            (self.since is None or record.at >= self.since)
            and (self.until is None or record.at <= self.until)
            and (self.rule is None or record.rule == self.rule)
            and (self.person is None or self.person in record.people)
        )


def records(store: Store, sought: Sought) -> list[Record]:
    """Give the records that are asked for, oldest first. Raises StoreError.

    Of a step or a letter the ledger keeps the last state alone, with the moment at which it got there.
    """
    found = [*_steps(store, sought), *_by_people(store, sought)]
    if sought.ticket is None:
        found += _letters(store, sought)
    return sorted(filter(sought, found), key=attrgetter("at", "ticket", "key"))


def _steps(store: Store, sought: Sought) -> Iterator[Record]:
    if sought.ticket is None:
        rows: Iterator[Entry] = store.ledger(sought.since)
    else:
        rows = iter(store.entries([sought.ticket])[sought.ticket].values())
    keys = store.keys_of_ids()
    for row in rows:
        yield Record(
            at=row.at,
            kind="answer" if row.rule == COMMAND else "step",
            state=row.state,
            ticket=row.ticket_key or keys.get(row.ticket_id, ""),
            rule=row.rule,
            rung=row.rung,
            say=row.say,
            to=row.to,
            left=row.left,
            because=row.because,
            rulebook=row.version,
            due_at=row.due_at,
            not_before=row.not_before,
            key=row.key,
            comment=row.comment_id or "",
            letter=row.letter or "",
        )


def _letters(store: Store, sought: Sought) -> Iterator[Record]:
    for row in store.letters_since(sought.since or 0):
        yield Record(
            at=row.at,
            kind="digest" if row.rule == DIGEST else "letter",
            state=row.state,
            rule=row.rule,
            say=row.say,
            to=(row.to,),
            because=row.because,
            rulebook=row.version,
            due_at=row.due_at,
            not_before=row.not_before,
            key=row.key,
            way=row.way,
        )


def _by_people(store: Store, sought: Sought) -> Iterator[Record]:
    """What people told the bot, and what the bot set: as the mirror shows it, of tickets that are not purged."""
    if sought.rule is not None and sought.rule != COMMAND:
        return
    tickets = store.open_tickets() if sought.ticket is None else iter(store.tickets([sought.ticket]))
    for ticket in tickets:
        yield from _set(ticket)
        told = {message.id: message for message in ticket.messages if message.command is not None}
        if told:
            yield from _told(store, ticket, told)


def _set(ticket: Ticket) -> Iterator[Record]:
    for change in ticket.changes:
        if change.bot:
            yield Record(change.at, "set", "set", ticket.key, field=change.field, was=change.was, now=change.now)


def _told(store: Store, ticket: Ticket, told: Mapping[str, Message]) -> Iterator[Record]:
    for row in store.commands([ticket.id]):
        message = told.get(row.comment_id)
        if message is None or message.command is None:
            continue
        command = message.command
        if row.settled_at is None and row.granted is None:
            state = "waiting"
        else:
            state = {True: "granted", False: "refused", None: "settled"}[row.granted]
        yield Record(
            at=row.settled_at or row.at,
            kind="command",
            state=state,
            ticket=ticket.key,
            rule=COMMAND,
            because=row.because,
            not_before=row.not_before,
            comment=row.comment_id,
            who=message.who or "",
            command=" ".join(filter(None, (command.word, command.value))),
        )
