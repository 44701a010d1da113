"""The real tickets beside the checkout, as Jira gave them and as the bot reads them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.jira.binding import Binding, bind
from bot.jira.catalogue import Catalogue, Field, Named, Status, User
from bot.jira.reader import decode_issue, moment_ms, read_ticket

EXPORT = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "jira-issues.jsonl.gz"
RULES = Path(__file__).resolve().parent / "data" / "realdata_rulebook"
NOW = 1_767_000_000
"""After the last of them was updated."""

Json = Any


@cache
def exported() -> list[Json]:
    if not EXPORT.is_file():
        pytest.skip("../shared is not beside the checkout, and with it the real tickets")
    with gzip.open(EXPORT, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def binding(book: Rulebook, fields: tuple[Field, ...] = ()) -> Binding:
    """Bind a rulebook for them to the statuses that they are in, and to these fields."""
    statuses = {each["fields"]["status"]["id"]: each["fields"]["status"] for each in exported()}
    catalogue = Catalogue(
        flavour="cloud",
        me=User(account_id="nobody"),
        statuses=tuple(Status(id_, "", each["statusCategory"]["key"]) for id_, each in statuses.items()),
        projects=tuple(map(Named, book.entries.projects)),
        fields=fields,
    )
    bound = bind(book.entries, catalogue)
    assert isinstance(bound, Binding), bound
    return bound


def read(raw: Json, bound: Binding, *, newest_first: bool = False) -> Ticket:
    """A ticket as the bot reads it, whose entries may come in either order."""
    found = decode_issue(json.dumps(raw).encode())

    def order(entries: Any) -> list[Any]:
        return sorted(entries, key=lambda entry: moment_ms(entry.created) or 0, reverse=newest_first)

    return read_ticket(found, order(found.histories), order(found.comments.comments), bound)
