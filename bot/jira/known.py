"""The accounts of the rulebook's people that were found once: who of those that Jira no longer shows has left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import msgspec

from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.engine.accounts import Accounts
from bot.jira.binding import Binding, lapsed_text
from bot.jira.catalogue import Catalogue, User, accounts, look_up
from bot.jira.client import Client

Known = Mapping[str, str]
"""Jira's ids of accounts, by a hash of what the rulebook calls them."""


def read_known(noted: str | None) -> Known:
    """Read what was noted; one that is not there, or not to be read, knows nobody."""
    try:
        return msgspec.json.decode(noted or "{}", type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def recall(client: Client, catalogue: Catalogue, entries: Entries, known: Callable[[], Known]) -> Catalogue:
    """Add to the catalogue, as `lapsed`, the accounts that it lacks and that were `known`: renamed, or gone.

    Data Center knows who was renamed by the key; who is not found by that either is given as known and not active.
    Where none of the rulebook's accounts is found, the bot may only not see them: then none is added. Raises what
    `look_up` raises.
    """
    missing = [account for account in accounts(entries, catalogue.flavour) if _is_missing(catalogue, account)]
    before = known() if missing else {}
    lapsed: dict[str, User] = {}
    for account in missing:
        id_ = before.get(_hashed(account))
        if id_ is not None and catalogue.flavour == "cloud":
            lapsed[account] = User(account_id=id_, active=False)
        elif id_ is not None:
            lapsed[account] = look_up(client, {"key": id_}) or User(key=id_, name=account, active=False)
    sees = len(missing) < len(entries.people) or any(user.active for user in lapsed.values())
    return replace(catalogue, lapsed=lapsed) if sees else catalogue


def with_lapsed(catalogue: Catalogue) -> Catalogue:
    """The catalogue with the accounts that lapsed among its people, so that a rulebook can be tied to it."""
    return replace(catalogue, people={**catalogue.people, **catalogue.lapsed})


def heeded(entries: Entries, catalogue: Catalogue, binding: Binding, told: Callable[[Finding], str]) -> Accounts:
    """What a tie found out about accounts: what is to be noted, who has left, and what a person is told."""
    called = zip(entries.people, accounts(entries, catalogue.flavour), strict=True)
    ids = {_hashed(account): binding.accounts[person.person].id or "" for person, account in called}
    lapsed = list(_lapsed(entries, catalogue))
    return Accounts(
        msgspec.json.encode(ids, order="sorted").decode(),
        tuple(person for person, user, _ in lapsed if not user.active),
        tuple(told(finding) for _, _, finding in lapsed),
    )


def _lapsed(entries: Entries, catalogue: Catalogue) -> Iterator[tuple[str, User, Finding]]:
    for i, (person, account) in enumerate(zip(entries.people, accounts(entries, catalogue.flavour), strict=True)):
        user = catalogue.lapsed.get(account)
        if user is not None:
            # A log and a database name people by their words alone.
            text = lapsed_text(f"account of {person.person!r}", user)
            yield person.person, user, Finding(("people", i, "account"), text)


def _is_missing(catalogue: Catalogue, account: str) -> bool:
    user = catalogue.people.get(account)
    return user is None or user.id is None


def _hashed(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()[:32]
