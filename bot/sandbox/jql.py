"""JQL as a poller and an administrator use it: a query compiled once, then run over the rows.

Source: Atlassian, "Advanced search reference: JQL fields, operators, functions"; the wordings of the errors
are those that sites answer with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.sandbox.jql_clauses import Compiler
from bot.sandbox.jql_fields import Read
from bot.sandbox.jql_parse import parse
from bot.sandbox.jql_world import FieldDef, JqlError, JqlWorld, Row

__all__ = ["FieldDef", "JqlError", "JqlWorld", "Row", "bounded", "search"]

R = TypeVar("R", bound=Row)


def search(text: str, world: JqlWorld[R], *, now_ms: int, zone: ZoneInfo, me: str | None) -> list[R]:
    """Return the rows that `text` asks for, in its order, newest first when it names none.

    `zone` is the searching user's, in which dates are read; `me` is their id, None for an anonymous caller.
    Raises JqlError with everything that is wrong, in Jira's wording.
    """
    query = parse(text)
    rows = list(world.rows())
    compiler = Compiler(world, rows, now_ms, zone, me)
    tests = [compiler.test(node) for node in query.restrictions()]
    order = [(key, sort.descending) for sort in query.order if (key := compiler.sort_key(sort)) is not None]
    if compiler.errors:
        raise JqlError(*compiler.errors)
    for test in tests:
        rows = list(filter(test, rows))
    rows.sort(key=lambda row: int(row.id), reverse=not order)
    if not order:
        rows.sort(key=lambda row: row.created_ms, reverse=True)
    for key, descending in reversed(order):
        rows.sort(key=_empty_last(key), reverse=descending)
    return rows


def bounded(text: str) -> bool:
    """Tell whether the query has a restricting clause at all. Raises JqlError when it cannot be parsed."""
    return parse(text).where is not None


def _empty_last(key: Read) -> Callable[[Row], tuple[bool, Any]]:
    def place(row: Row) -> tuple[bool, Any]:
        value = key(row)
        return value is None, value

    return place
