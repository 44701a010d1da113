"""JQL as a poller and an administrator use it: a query compiled once, then run over the rows.

Source: Atlassian, "Advanced search reference: JQL fields, operators, functions"; the wordings of the errors
are those that sites answer with.
"""

from __future__ import annotations

from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.sandbox.jql_world import FieldDef, JqlError, JqlWorld, Row

__all__ = ["FieldDef", "JqlError", "JqlWorld", "Row", "bounded", "search"]

R = TypeVar("R", bound=Row)


def search(text: str, world: JqlWorld[R], *, now_ms: int, zone: ZoneInfo, me: str | None) -> list[R]:
    """Return the rows that `text` asks for, in its order. Raises JqlError with Jira's wording.

    `zone` is the searching user's, in which dates are read; `me` is their id, None for an anonymous caller.
    """
    raise JqlError("Not written yet.")


def bounded(text: str) -> bool:
    """Tell whether the query has a restricting clause at all. Raises JqlError when it cannot be parsed."""
    raise JqlError("Not written yet.")
