"""Telling a Jira that is away from a ticket that Jira stumbles over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.engine.tracker import Ailing
from bot.jira.answers import Failing
from bot.jira.catalogue import myself
from bot.jira.client import Client
from bot.jira.gate import TicketSlowed


@contextmanager
def about_a_ticket(client: Client) -> Iterator[None]:
    """Raise Ailing where requests inside fail though Jira answers, or where patience is asked for one ticket alone.

    Whether it answers is found out by asking who the account is. Raises Unreachable where that fails too.
    """
    try:
        yield
    except Failing as error:
        myself(client)
        raise Ailing(f"{error}, though Jira answers") from None
    except TicketSlowed as error:
        raise Ailing(str(error), error.retry_after_s) from None
