"""Clauses compiled to tests of a row, and Jira's own words for what they name wrongly.

A negation never matches an empty field, be it written `!=`, `NOT IN`, `!~` or NOT.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.jql_dates import Span, call_date, local_day, read_date
from bot.sandbox.jql_fields import OPERATORS, Column, Read, column_of, place_of, priority_ranks, reader, sorter
from bot.sandbox.jql_parse import Call, Clause, Empty, Many, Node, Not, Operand, Sort, Value
from bot.sandbox.jql_text import prose_test
from bot.sandbox.jql_world import JqlError, JqlWorld, Row

Test = Callable[[Row], bool]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NEGATIVE = ("!=", "not in", "is not", "!~")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_KEY = re.compile(r"[^\W\d_]\w*-[0-9]{1,18}")
_CATEGORIES = (
    {"id": "new", "name": "To Do", "key": "2"},
    {"id": "indeterminate", "name": "In Progress", "key": "4"},
    {"id": "done", "name": "Done", "key": "3"},
)
_MOMENT_FORMS = "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd'"
_DAY_FORMS = "'YYYY/MM/DD', 'YYYY-MM-DD'"


def _flat(operand: Operand) -> list[Value | Call | Empty]:
    if isinstance(operand, Many):
        return [single for item in operand.items for single in _flat(item)]
    return [operand]


def _never(row: Row) -> bool:
    return False


class Compiler:
    """Turns a tree into a test; what is wrong gathers in `errors`, each message once."""

    def __init__(
        self, world: JqlWorld[Row], rows: Sequence[Row], now_ms: int, zone: ZoneInfo, me: str | None
    ) -> None:
        self.world = world
        self.rows = rows
        self.now_ms = now_ms
        self.zone = zone
        self.me = me
        self.errors: dict[str, None] = {}

    def _wrong(self, message: str) -> None:
        self.errors[message] = None

    def sort_key(self, sort: Sort) -> Read | None:
        """Give what to sort by, None with an error when the field is unknown or unsortable."""
        column = column_of(sort.field, self.world.fields())
        if column is None:
            self._wrong(f"Not able to sort using field '{sort.field}'.")
            return None
        if column.kind in ("text", "comment"):
            self._wrong(f"Field '{sort.field}' does not support sorting.")
            return None
        return sorter(column, self.world)

    def test(self, node: Node, *, negated: bool = False) -> Test:
        """Compile a tree; as in Jira, a negation is carried down to its clauses and leaves empty fields out."""
        if isinstance(node, Not):
            return self.test(node.node, negated=not negated)
        if isinstance(node, Clause):
            return self._clause(node, negated=negated)
        tests = [self.test(each, negated=negated) for each in node.nodes]
        return _all(tests) if (node.word == "and") != negated else _any(tests)

    def _clause(self, clause: Clause, *, negated: bool) -> Test:
        column = column_of(clause.field, self.world.fields())
        if column is None:
            self._wrong(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
            return _never
        called = clause.operand
        if (isinstance(called, Call) and not self._known(called)) or not self._allowed(clause, column):
            return _never
        read, matches = self._comparison(clause, column)
        takes_empty = any(isinstance(item, Empty) for item in _flat(clause.operand))
        if (clause.op in _NEGATIVE) != negated:
            return lambda row: (value := read(row)) is not None and not matches(value)
        return lambda row: takes_empty if (value := read(row)) is None else matches(value)

    def _allowed(self, clause: Clause, column: Column) -> bool:
        """Tell whether field, operator and operand go together at all."""
        op, operand, of = clause.op, clause.operand, f"for field '{clause.field}'"
        if op in ("in", "not in") and not isinstance(operand, Many):
            what = "empty value representation" if isinstance(operand, Empty) else "non-list value"
            self._wrong(f"Operator '{op}' does not support the {what} '{operand}' {of}.")
        elif isinstance(operand, Many) and op not in ("in", "not in"):
            self._wrong(f"Operator '{op}' does not support the list value '{operand}' {of}.")
        elif op in ("is", "is not") and not isinstance(operand, Empty):
            self._wrong(f"Operator '{op}' does not support searching for non-empty values {of}.")
        elif isinstance(operand, Empty) and op in _COMPARE:
            self._wrong(f"Operator '{op}' does not support the empty value representation 'EMPTY' {of}.")
        elif op not in OPERATORS[column.kind]:
            self._wrong(f"The operator '{op}' is not supported by the '{clause.field}' field.")
        elif isinstance(operand, Empty) and column.kind in ("text", "comment"):
            self._wrong(f"The field '{clause.field}' does not support searching for EMPTY values.")
        else:
            return True
        return False

    def _comparison(self, clause: Clause, column: Column) -> tuple[Read, Callable[[Any], bool]]:
        """Give how to read a row, and the test of what is read, which is never asked about an empty field."""
        read = reader(column, self.world)
        match column.kind:
            case "key":
                return self._keys(clause, read)
            case "moment" | "day" | "number":
                return read, self._scale(clause, column.kind)
            case "prose" | "comment" | "text":
                return read, self._prose(clause)
            case "priority" if clause.op in _COMPARE:
                ranks = priority_ranks(self.world)
                limits = [ranks[id_] for id_ in self._ids(clause, self.world.priorities())]
                compare = _COMPARE[clause.op]
                return lambda row: ranks.get(read(row)), lambda rank: any(compare(rank, at) for at in limits)
            case "user":
                wanted = frozenset(self._users(clause))
            case "words":
                wanted = frozenset(value.text.lower() for value in self._values(clause))
                if column.id == "resolution" and "unresolved" in wanted:  # Jira's other word for EMPTY
                    unresolved = frozenset(("unresolved",))
                    return lambda row: read(row) or unresolved, lambda words: not wanted.isdisjoint(words)
            case _:
                wanted = frozenset(self._ids(clause, self._entries(column.kind)))
                return read, wanted.__contains__
        return read, lambda words: not wanted.isdisjoint(words)

    def _entries(self, kind: str) -> Sequence[Mapping[str, str]]:
        match kind:
            case "project":
                return self.world.projects()
            case "status":
                return self.world.statuses()
            case "issuetype":
                return self.world.issue_types()
            case "priority":
                return self.world.priorities()
            case _:
                return _CATEGORIES

    def _ids(self, clause: Clause, entries: Sequence[Mapping[str, str]]) -> list[str]:
        """Find what the values name: a bare number is an id first, a text a name or key first."""
        found: list[str] = []
        for value in self._values(clause):
            text = value.text.lower()
            named = [
                entry["id"] for entry in entries if text in (entry["name"].lower(), entry.get("key", "").lower())
            ]
            numbered = [entry["id"] for entry in entries if entry["id"].lower() == text]
            if not named and not numbered:
                what = f"The value '{value.text}'" if value.number is None else f"A value with ID '{value.text}'"
                self._wrong(f"{what} does not exist for the field '{clause.field}'.")
            found += (named or numbered) if value.number is None else (numbered or named)
        return found

    def _values(self, clause: Clause) -> Iterator[Value]:
        """Give the plain values; a function makes none that a name could be."""
        for item in _flat(clause.operand):
            if isinstance(item, Value):
                yield item
            elif isinstance(item, Call) and self._known(item):
                place = f"for the field '{clause.field}'"
                self._wrong(f"A value provided by the function '{item.name}' is invalid {place}.")

    def _known(self, call: Call) -> bool:
        if call.name.lower() == "currentuser":
            if not call.args:
                return True
            self._wrong(f"Function '{call.name}' expected '0' arguments but received '{len(call.args)}'.")
            return False
        try:
            if call_date(call, self.now_ms, self.zone) is not None:
                return True
            self._wrong(f"Unable to find JQL function '{call}'.")
        except JqlError as error:
            self._wrong(error.messages[0])
        return False

    def _users(self, clause: Clause) -> Iterator[str]:
        for item in _flat(clause.operand):
            if isinstance(item, Call) and item.name.lower() == "currentuser" and self._known(item):
                if self.me is not None:
                    yield self.me.lower()
            elif isinstance(item, Value) and self.world.user_exists(item.text):
                yield item.text.lower()
            elif isinstance(item, Value):
                self._wrong(f"The value '{item.text}' does not exist for the field '{clause.field}'.")
            elif isinstance(item, Call) and item.name.lower() != "currentuser":
                list(self._values(Clause(clause.field, clause.op, item)))

    def _keys(self, clause: Clause, read: Read) -> tuple[Read, Callable[[Any], bool]]:
        found = [row for value in self._values(clause) if (row := self._row(clause, value)) is not None]
        if clause.op not in _COMPARE or not found:
            return read, frozenset(row.id for row in found).__contains__
        project, limit = place_of(found[0].key)
        compare = _COMPARE[clause.op]

        def number(row: Row) -> int | None:
            its_project, its_number = place_of(row.key)
            return its_number if its_project == project else None

        return number, lambda place: compare(place, limit)

    def _row(self, clause: Clause, value: Value) -> Row | None:
        """Find the issue a value names; a moved one is found by a former key, which cannot be a limit."""
        text = value.text.upper()
        if value.number is not None:
            if text not in self._by_id:
                self._wrong(f"A value with ID '{value.text}' does not exist for the field '{clause.field}'.")
            return self._by_id.get(text)
        if _KEY.fullmatch(text) is None:
            self._wrong(f"The issue key '{value.text}' for field '{clause.field}' is invalid.")
            return None
        if text not in self._by_key:
            self._wrong(f"An issue with key '{value.text}' does not exist for field '{clause.field}'.")
            return None
        row = self._by_key[text]
        if clause.op in _COMPARE and row.key.upper() != text:
            self._wrong(f"Operator '{clause.op}' cannot be applied to moved issue key '{value.text}'.")
        return row

    @cached_property
    def _by_id(self) -> Mapping[str, Row]:
        return {row.id: row for row in self.rows}

    @cached_property
    def _by_key(self) -> Mapping[str, Row]:
        former = {key.upper(): row for row in self.rows for key in row.former_keys}
        return former | {row.key.upper(): row for row in self.rows}

    def _scale(self, clause: Clause, kind: str) -> Callable[[Any], bool]:
        """Test numbers, days (their ordinals) and moments (UTC milliseconds)."""
        items = [item for item in _flat(clause.operand) if not isinstance(item, Empty)]
        spans = [span for item in items if (span := self._span(clause, item, kind)) is not None]
        if clause.op in _COMPARE:
            compare, limit = _COMPARE[clause.op], spans[0].at if spans else 0
            return lambda number: compare(number, limit)
        return lambda number: any(first <= number <= last for _, first, last in spans)

    def _span(self, clause: Clause, item: Value | Call, kind: str) -> Span | None:
        if kind == "number":
            return self._amount(clause, item)
        span = self._called(clause, item) if isinstance(item, Call) else self._dated(item)
        if span is not None and kind == "day":
            span = self._day(span)
        if span is None and isinstance(item, Value):
            forms = _DAY_FORMS if kind == "day" else _MOMENT_FORMS
            valid = f"Valid formats include: {forms}, or a period format e.g. '-5d', '4w 2d'."
            self._wrong(f"Date value '{item.text}' for field '{clause.field}' is invalid. {valid}")
        return span

    def _day(self, span: Span) -> Span | None:
        try:
            ordinal = local_day(span.at, self.zone).toordinal()
        except OverflowError:
            return None
        return Span(ordinal, ordinal, ordinal)

    def _dated(self, value: Value) -> Span | None:
        if value.number is None:
            return read_date(value.text, self.now_ms, self.zone)
        return Span(value.number, value.number, value.number)

    def _called(self, clause: Clause, call: Call) -> Span | None:
        if not self._known(call):
            return None
        at = call_date(call, self.now_ms, self.zone)
        if at is None:
            place = f"for the field '{clause.field}' provided by the function '{call.name}'"
            self._wrong(f"A date {place} is not valid.")
            return None
        return Span(at, at, at)

    def _amount(self, clause: Clause, item: Value | Call) -> Span | None:
        for value in self._values(Clause(clause.field, clause.op, item)):
            if _AMOUNT.fullmatch(value.text.strip()):
                amount = float(value.text)
                return Span(amount, amount, amount)
            invalid = f"for field '{clause.field}' is invalid - please specify a number."
            self._wrong(f"The value '{value.text}' {invalid}")
        return None

    def _prose(self, clause: Clause) -> Callable[[Any], bool]:
        tests: list[Callable[[str], bool]] = []
        for value in self._values(clause):
            test = prose_test(value.text)
            if not value.text.strip():
                self._wrong(f"The field '{clause.field}' does not support searching for an empty string.")
            elif test is None:
                self._wrong(f"Unable to parse the text '{value.text}' for field '{clause.field}'.")
            else:
                tests.append(test)
        return lambda texts: any(test(text) for test in tests for text in texts)


def _all(tests: Sequence[Test]) -> Test:
    return lambda row: all(test(row) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)
