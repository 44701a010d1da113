"""The pages of the small desk, in this process: who asks is told by the proxy's header."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from small_desk import SECTIONS, at, book, row, step, ticket

from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.rulefiles import MESSAGES
from bot.shipped import rules_folder
from bot.store.store import Store, open_store
from bot.texts import load_messages
from bot.web.app import site_of
from bot.web.settings import Web
from bot.web.source import Source

with warnings.catch_warnings():
    # It wishes for another package in place of httpx, which works and which everything else uses.
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from starlette.testclient import TestClient

PERSONAL_CODE = "38001085718"
"""An official test identity: wherever it is planted, no page may show it."""

HEADER = "X-Forwarded-User"
NOW = at("fri 15:00")
TEXTS = load_messages([rules_folder() / "common" / MESSAGES])
LEAD, COORDINATOR, QUEUE_HEAD, TIER_1, TIER_2, OUTSIDER = "lea", "cid", "dan", "ann", "bob", "rus"

RULES = book(
    fields=SECTIONS["fields"] | {"about": "a"},
    excludes=[{"name": "whom-it-is-about", "why": "Nobody reads of themselves.", "fields": ["about"]}],
    queues=[
        {**SECTIONS["queues"][0], "members": ["ann"]},
        {**SECTIONS["queues"][1], "members": ["bob"]},
        SECTIONS["queues"][2],
    ],
)

HANDED = ("mon 09:00 ann state handed-on", "mon 09:00 ann queue it")
TICKETS = (
    ticket(*HANDED, "mon 09:30 cid owner bob", id="1", key="ABC-1"),
    ticket("fri 14:30 ann state handed-on", "fri 14:30 ann queue law", id="2", key="ABC-2", reporter=None),
    ticket(*HANDED, id="3", key="ABC-3", secured=True, reporter="cid"),
    ticket(*HANDED, "tue 09:00 bob state solved", id="4", key="ABC-4", owner="bob"),
    ticket("mon 09:00 ann state handed-on", "tue 09:00 ann state closed", id="5", key="ABC-5"),
    ticket(id="6", key="ABC-6", reporter=f"~{PERSONAL_CODE}", fields={"note": PERSONAL_CODE}),
)
LEDGER = (row(step("1"), "said", "tue 09:00", because=f"because of {PERSONAL_CODE}"),)


@contextmanager
def filled(tickets: Iterable[Ticket] = TICKETS, rows: Iterable[Entry] = LEDGER) -> Iterator[Store]:
    """A store that holds tickets and what was said on them."""
    with closing(open_store("sqlite://")) as store:
        store.put_tickets(tuple(tickets), "facts", NOW)
        store.write_entries(tuple(rows))
        store.set_mark(0, NOW)
        yield store


def client(
    store: Store,
    rules: Rulebook = RULES,
    *,
    peer: str = "127.0.0.1",
    now: Callable[[], Moment] = lambda: NOW,
    own: Mapping[str, str] | None = None,
    **settings: Any,
) -> TestClient:
    """A browser at `peer` that is not led on by itself; `own` are people's tokens, `settings` those of `[web]`."""
    web = Web(**(settings or {"user_header": HEADER, "people": {}}))
    site = site_of(
        web,
        Source(store, lambda: rules, lambda: TEXTS, now, "https://jira.example/browse/"),
        "small",
        own or {},
    )
    return TestClient(site.app(), base_url="http://127.0.0.1:8090", client=(peer, 50_000), follow_redirects=False)


def as_(person: str) -> dict[str, str]:
    """The header by which the proxy says who asks."""
    return {HEADER: person, "Accept-Language": "en"}
