"""What was said and purged since: the steps of which only a hash is kept count as done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bot.core.ledger import Entry, row
from bot.core.rulebook import Rulebook
from bot.core.steps import Step, Wishes, key_of, rules_of
from bot.core.ticket import Moment
from bot.store.store import Store


def recalled(
    store: Store, book: Rulebook, wishes: Sequence[Wishes], ledger: Mapping[str, Entry], now: Moment
) -> dict[str, Entry]:
    """Rows, to be kept nowhere, for those of the wished steps of whose keys only hashes are kept."""
    asked: dict[str, Step] = {}
    for step in (step for wish in wishes for step in wish.steps):
        alone = (key_of(book.site, step.ticket_id, rule, step.occasion) for rule in rules_of(step))
        asked |= {key: step for key in (step.key, *alone) if key not in ledger}
    states = store.spent(list(asked))
    return {
        key: replace(row(asked[key], state, "it was done, and purged since", now, ""), key=key)
        for key, state in states.items()
    }
