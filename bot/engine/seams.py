"""The named points at which the process may die, or the machine lose its power, without anything lost or said twice.

The engine passes them by `engine.seam(name)`, the store by the seam given to `open_store`; tests kill it there.
"""

from __future__ import annotations

from typing import NamedTuple


class Seam(NamedTuple):
    """A point by its name, with what has happened when it is passed."""

    name: str
    by_then: str


SEAMS = (
    Seam("before migration", "the migrations are about to begin, in a copy of a SQLite file or a transaction"),
    Seam("after migration", "the migration is done, in a copy or a transaction; the database is as it was"),
    Seam("before replacement", "the migrated copy of a SQLite file is checked; the file is as it was"),
    Seam("after replacement", "the migrated copy has taken the file's place; the file as it was stays beside it"),
    Seam("before swap", "a changed rulebook is read, bound and told; the one before is in force"),
    Seam("after swap", "the changed rulebook is in force in this process"),
    Seam("before mark", "what changed is mirrored and due; the mark still stands before it"),
    Seam("after mark", "the mark stands behind what is mirrored"),
    Seam("before rules", "tickets read by other rules are mirrored anew; nothing is noted of the rules in force"),
    Seam("after rules", "every ticket is due under the rules in force, and these are noted"),
    Seam("before settle", "a ticket with steps begun and not confirmed is read back; nothing of it is kept"),
    Seam("after settle", "what became of those steps is kept"),
    Seam("before command", "the command counts as granted; what it asks for is not set"),
    Seam("after command", "the tracker has set it; the command is neither answered nor settled"),
    Seam("before answer", "the command is decided; its answer is not written"),
    Seam("after answer", "the tracker answered that the answer is written; the command is not settled"),
    Seam("after settled", "the command is kept as settled, its answer as said"),
    Seam("after page", "of very many tickets due some are judged, and what each of them alone decides is kept"),
    Seam("before intent", "all that is due is judged and arranged; nothing is kept but what was with pages"),
    Seam("after intent", "intents, holds, verdicts and next looks are kept together; nothing is written"),
    Seam("before amend", "the comment still says what it said"),
    Seam("after amend", "the tracker has edited the comment; the row still tells of the one before"),
    Seam("before fields", "the ticket was read once more; its fields are not set"),
    Seam("after fields", "the tracker has set the fields; the step is still an intent"),
    Seam("before write", "the ticket was read back; the comment is not written"),
    Seam("after write", "the tracker answered that the comment is written; its step is still an intent"),
    Seam("after commit", "the step is kept as said"),
    Seam("before letters", "the letters that are due are known; nothing of them is kept"),
    Seam("before mail", "the mail is kept as begun; nothing went to the mail server"),
    Seam("after mail", "the mail server has taken the mail; it is still kept as begun"),
    Seam("after letters", "what became of each letter is kept; that the morning is over is not"),
    Seam("before digest", "the digest is composed, its figures are archived; nothing is kept of its sending"),
    Seam("before file", "the digest is kept as begun; its file is not written"),
    Seam("after file", "the file is whole in its folder; the digest is still kept as begun"),
    Seam("after digest", "what became of the digest is kept"),
    Seam("within purge", "some of what is over is removed; that the day's purge is done is not noted"),
    Seam("after purge", "all that is over is removed, and that is noted"),
)
"""In the order in which a start and a cycle first pass them; `tests/engine/test_seams.py` holds it to the code."""

NAMES = tuple(seam.name for seam in SEAMS)
"""The names alone."""
