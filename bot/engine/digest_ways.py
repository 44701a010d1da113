"""The ways by which digests go: one function each, in `WAYS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.core.doc import Doc, Inline, Mention, Paragraph, Text
from bot.core.letters import LetterRow
from bot.core.recipients import DRAFT, UNDELIVERED, Due
from bot.core.ticket import Moment, Ticket
from bot.engine.aside import mended, reaches_nothing
from bot.engine.control import silent_now
from bot.engine.digesting import Composed, Unwritten
from bot.engine.engine import Engine, Report
from bot.engine.mailer import Mail, NotTaken, Unsent, mail_id
from bot.engine.sending import fence_letter
from bot.engine.tracker import Doubtful, TrackerError
from bot.texts import text_hash


class Unsendable(Exception):
    """A digest cannot go by a way, and nothing of it did.

    `word` is why, one of `UNDELIVERED`; `again` tells whether it is tried again, and `state` what it is otherwise;
    `every` that no other needs to be tried by this way now.
    """

    def __init__(
        self, word: str, text: str, *, again: bool = True, every: bool = False, state: str = "failed"
    ) -> None:
        super().__init__(text)
        self.word = word
        self.again = again
        self.every = every
        self.state = state


def _mail(engine: Engine, due: Due, row: LetterRow, composed: Composed, now: Moment) -> None:
    """Mail it to its recipient, or the draft to who approves it. Raises Unsendable, Lost."""
    address, mailer = engine.post.addresses.get(row.to), engine.post.mailer
    if address is None or mailer is None:
        raise Unsendable("no_address", UNDELIVERED["no_address"], again=False)
    mail = Mail(
        to=address,
        subject=composed.subject,
        plain=composed.plain,
        html=composed.html,
        id=mail_id(row.key),
        at=now,
        language=composed.language,
        images=composed.images,
        files=composed.attached,
    )
    engine.seam("before mail")
    fence_letter(engine, row)
    try:
        mailer.send(mail)
    except Unsent as error:
        raise Unsendable("unreachable" if error.every else "later", str(error), every=error.every) from None
    except NotTaken as error:
        raise Unsendable("refused", str(error), again=False, state="refused") from None
    engine.seam("after mail")


def _folder(engine: Engine, due: Due, row: LetterRow, composed: Composed, now: Moment) -> None:
    """Write its files, each whole or not at all, over those of an earlier try. Raises Unsendable."""
    folder = engine.post.folder
    if folder is None:
        raise Unsendable("no_folder", UNDELIVERED["no_folder"], again=False)
    engine.seam("before file")
    try:
        for file in composed.files or (composed.page,):
            folder.put(file.name, file.data)
    except Unwritten as error:
        raise Unsendable("folder", str(error)) from None
    engine.seam("after file")


def _page(engine: Engine, due: Due, row: LetterRow, composed: Composed, now: Moment) -> None:
    """Nothing more is to be done: the page shows every report that was made."""


def _ticket(engine: Engine, due: Due, row: LetterRow, composed: Composed, now: Moment) -> None:
    """Say it in a comment on the digest's ticket, unless it stands there. Raises Unsendable, Doubtful."""
    ticket = ticket_of_digests(engine)
    if ticket is None:
        raise Unsendable("ticket", f"{engine.book.entries.digest.ticket} is not there")
    if engine.book.entries.manners.hold in ticket.labels:
        raise Unsendable("ticket", f"{ticket.key} has the label that silences the bot")
    if reaches_nothing(engine, ticket.id, now) is not None:
        raise Unsendable("ticket", f"what is written does not reach {ticket.key}")
    try:
        if because := silent_now(engine, ticket.project, now, Report(now)):
            raise Unsendable("ticket", because)
        if any(row.key in said.keys for said in engine.tracker.said(ticket.id)):
            return
        sees = engine.tracker.may(row.to, ("see",), ticket.key) is True
        if not sees or engine.tracker.sees(row.to, ticket.project) is not True:
            raise Unsendable("ticket", f"they may not see {ticket.key} or the comments there, or nobody can tell")
        doc = _doc(row.to, composed.brief)
        engine.seam("before write")
        engine.tracker.say(ticket.id, doc, [row.key], text_hash(doc))
        engine.seam("after write")
        engine.doubts.pop(ticket.id, None)
        mended(engine, ticket.id)
    except (Unsendable, Doubtful):
        raise
    except TrackerError as error:
        raise Unsendable("ticket", str(error)) from None


def ticket_of_digests(engine: Engine) -> Ticket | None:
    """The ticket on which digests are said, None where none is named or it is not there. Raises StoreError."""
    key = engine.book.entries.digest.ticket
    return None if key is None else engine.store.ticket_of(key)


def _doc(person: str, lines: tuple[str, ...]) -> Doc:
    first: tuple[Inline, ...] = (Mention(person),)
    return Doc((Paragraph(first), *(Paragraph((Text(line),)) for line in lines)))


WAYS: Mapping[str, Callable[[Engine, Due, LetterRow, Composed, Moment], None]] = {
    "mail": _mail,
    "folder": _folder,
    "page": _page,
    "ticket": _ticket,
    DRAFT: _mail,
}
"""How a digest goes by each way; adding one costs one place, and its word in `bot.core.entries_report.Way`."""
