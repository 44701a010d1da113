"""Erasing what Jira no longer has: tickets that were deleted there, and accounts that were deleted or anonymised."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.core.retention import FORMER
from bot.core.ticket import Moment
from bot.store.database import PAGE, pages
from bot.store.purge import PURGED, Purge
from bot.store.tables import (
    archive,
    commands,
    leavers,
    ledger,
    letters,
    linked,
    links,
    notes,
    tickets,
    troubles,
    verdicts,
)

_QUOTED = re.compile(r'"~(?:[^"\\]|\\.)+"')
_LISTS = (tickets.c.body, linked.c.body, ledger.c.to, ledger.c.left, ledger.c.part)
"""The columns in JSON in which people stand."""

_SENTENCES = (ledger.c.because, letters.c.because, commands.c.because, troubles.c.what, notes.c.value)
"""The columns in whose texts people may stand."""

_PRESENT = tickets.c.gone_at.is_(None)


class Erase(Purge):
    """The part of a store that follows what Jira erases."""

    def gone_since(self, before: Moment) -> list[tuple[str, str, Moment]]:
        """Return the tickets that were gone before a moment: id, project, and since when, by id."""
        rows = sa.select(tickets.c.id, tickets.c.project, tickets.c.gone_at).where(tickets.c.gone_at < before)
        return [(row.id, row.project, row.gone_at) for row in self.rows(rows.order_by(tickets.c.id))]

    def projects_seen(self) -> set[str]:
        """Return the projects of which some ticket is on the desk."""
        return {row.project for row in self.rows(sa.select(tickets.c.project).where(_PRESENT).distinct())}

    def erase(self, ids: Sequence[str]) -> int:
        """Forget all about those of these tickets that are gone, in one transaction; hashes of their keys stay.

        In the reports that are kept they count on, under no name.
        """
        with self.transaction():
            rows = self.rows(
                sa.select(tickets.c.id, tickets.c.key).where(tickets.c.id.in_(ids), tickets.c.gone_at.is_not(None))
            )
            erased = [row.id for row in rows]
            if not erased:
                return 0
            said = self.rows(sa.select(ledger.c.key, ledger.c.state).where(ledger.c.ticket_id.in_(erased)))
            self.spend({row.key: row.state for row in said})
            for table in (ledger, verdicts, commands, troubles, links):
                self.write(sa.delete(table).where(table.c.ticket_id.in_(erased)))
            self.write(sa.delete(linked).where(linked.c.id.in_(erased)))
            self.write(sa.delete(tickets).where(tickets.c.id.in_(erased)))
            self._reword_reports({row.key: nameless(row.key) for row in rows})
        return len(erased)

    def strangers(self) -> set[str]:
        """Return the words of all people that stand here under their account, as the rulebook does not name them."""
        found = {row.person for row in self.rows(sa.select(leavers.c.person))}
        found |= {row.to for row in self.rows(sa.select(letters.c.to).distinct())}
        for column in _LISTS:
            for _, text in self._texts(column):
                found |= {msgspec.json.decode(word) for word in _QUOTED.findall(text)}
        return {word for word in found if word.startswith("~")} - {FORMER}

    def naming(self, words: Collection[str]) -> list[str]:
        """Return the tickets on the desk, kept whole, on which any of these people stands."""
        here = {row.id for row in self.rows(sa.select(tickets.c.id).where(_PRESENT, tickets.c.shape != PURGED))}
        one_of = _pattern(words)
        return [id_ for (id_,), text in self._texts(tickets.c.body) if id_ in here and one_of.search(text)]

    def erase_accounts(self, words: Collection[str], but: Collection[str]) -> int:
        """Put `FORMER` in place of these words everywhere but on the tickets `but`; returns in how many rows.

        Each page of rows is a transaction of its own; what a letter's key says of them stays as a hash.
        """
        one_of, changed = _pattern(words), 0
        self.counted = {}
        for column in (*_LISTS, *_SENTENCES):
            table, keys = column.table, list(column.table.primary_key.columns)
            this = sa.and_(*(key == sa.bindparam(f"k{n}") for n, key in enumerate(keys)))
            change = sa.update(table).where(this).values({column.name: sa.bindparam("text")})
            rows = [
                {**{f"k{n}": value for n, value in enumerate(key)}, "text": one_of.sub(FORMER, text)}
                for key, text in self._texts(column)
                if one_of.search(text) and not (table is tickets and key[0] in but)
            ]
            for page in pages(rows):
                self.write(change, page)
            changed += len(rows)
        with self.transaction():
            self.write(sa.delete(leavers).where(leavers.c.person.in_(sorted(words))))
            sent = self.rows(sa.select(letters.c.key, letters.c.state).where(letters.c.to.in_(sorted(words))))
            self.spend({row.key: row.state for row in sent})
            self.write(sa.delete(letters).where(letters.c.to.in_(sorted(words))))
            self._reword_reports(dict.fromkeys(words, FORMER))
        return changed + len(sent)

    def _texts(self, column: sa.Column[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        """The values of a column in which a `~` stands, each after its row's key, fetched page by page."""
        keys = list(column.table.primary_key.columns)
        after: sa.ColumnElement[bool] = sa.true()
        while True:
            rows = self.rows(sa.select(*keys, column).where(column.like("%~%"), after).order_by(*keys).limit(PAGE))
            yield from ((tuple(row[:-1]), row[-1]) for row in rows)
            if len(rows) < PAGE:
                return
            after = sa.tuple_(*keys) > sa.tuple_(*rows[-1][:-1])

    def _reword_reports(self, words: Mapping[str, str]) -> None:
        """Put other words in place of these wherever one stands alone in a report that is kept."""
        for head in self.rows(sa.select(archive.c.kind, archive.c.first)):
            this = sa.and_(archive.c.kind == head.kind, archive.c.first == head.first)
            before = zlib.decompress(self.value(sa.select(archive.c.body).where(this)))
            if any(word.encode() in before for word in words):
                after = msgspec.json.encode(_reworded(msgspec.json.decode(before), words))
                self.write(sa.update(archive).where(this).values(body=zlib.compress(after)))


def nameless(key: str) -> str:
    """What stands in reports in place of the key of a ticket that was erased: one that no ticket ever has."""
    return f"{key.rpartition('-')[0]}-0"


def _pattern(words: Collection[str]) -> re.Pattern[str]:
    """Any of these words as a whole, also as JSON writes it."""
    forms = {form for word in words for form in (word, msgspec.json.encode(word).decode()[1:-1])}
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(forms, reverse=True)))})(?![\w@:.+-]*[\w@])")


def _reworded(value: Any, words: Mapping[str, str]) -> Any:
    match value:
        case str():
            return words.get(value, value)
        case dict():
            return {words.get(name, name): _reworded(each, words) for name, each in value.items()}
        case list():
            return [_reworded(each, words) for each in value]
        case _:
            return value
