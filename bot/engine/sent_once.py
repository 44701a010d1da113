"""Letters that a database put back from a backup does not know of: what may have left is not mailed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.ledger import DONE, Entry, row
from bot.core.steps import Wishes
from bot.core.ticket import Moment
from bot.engine.mailer import Lost, Mail, Mailer, NotTaken, Unsent
from bot.store.journal import Journal


@dataclass(frozen=True, slots=True)
class OnceMailer:
    """A mail server that gets no mail twice which the journal knows, whatever the database says; see `Mailer`."""

    mailer: Mailer
    journal: Journal

    def send(self, mail: Mail) -> None:
        """Send one letter once. Raises `Unsent`, `NotTaken` or `Lost`: also where it may have left before."""
        if self.journal.is_begun(mail.id):
            raise Lost("it may have left before: the database is older than the letters that were sent")
        _keep(lambda: self.journal.begin(mail.id, mail.at))
        try:
            self.mailer.send(mail)
        except (Unsent, NotTaken):
            _keep(lambda: self.journal.undo(mail.id, mail.at))
            raise

    def close(self) -> None:
        """Take leave of the server."""
        self.mailer.close()


def carry(journal: Journal | None, keys: Sequence[str], mail_id: str, now: Moment) -> None:
    """Keep that a letter says these steps, before it is sent. Raises Unsent."""
    if journal is not None:
        _keep(lambda: journal.carry(keys, mail_id, now))


def said_before(
    journal: Journal | None, wishes: Sequence[Wishes], ledger: Mapping[str, Entry], now: Moment
) -> dict[str, Entry]:
    """Rows for those of the wished steps that letters said, though the ledger does not know, or has them waiting.

    Only the rows of those that wait are to be kept.
    """
    if journal is None:
        return {}
    wished = (step for wish in wishes for step in wish.steps)
    asked = {step.key: step for step in wished if step.key not in ledger or ledger[step.key].state not in DONE}
    because = "it was said in a letter, before the database was put back"
    return {key: row(asked[key], "adopted", because, now, "") for key in journal.said(asked)}


def _keep(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise Unsent(f"the journal of letters cannot be written: {error.strerror}", every=True) from None
