"""JQL from text to a tree, and Jira's own words for what cannot be read.

Grammar and wordings are those of Jira's parser as its functional tests show them: a query is an optional
clause and an optional ORDER BY; OR binds weaker than AND, AND weaker than NOT. History searches
(WAS, CHANGED) are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from bot.sandbox.jql_tokens import Token, fail, quoted, tokens
from bot.sandbox.jql_world import JqlError


@dataclass(frozen=True, slots=True)
class Value:
    """One value; `number` is set when it was written as a bare number."""

    text: str
    number: int | None = None

    def __str__(self) -> str:
        return quoted(self.text) if self.number is None else self.text


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    args: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.args)})"


@dataclass(frozen=True, slots=True)
class Empty:
    """The word EMPTY or NULL."""

    def __str__(self) -> str:
        return "EMPTY"


@dataclass(frozen=True, slots=True)
class Many:
    """A list in parentheses."""

    items: tuple[Operand, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


Operand = Value | Call | Empty | Many


@dataclass(frozen=True, slots=True)
class Clause:
    """A field, an operator in lower case, and what it is compared with."""

    field: str
    op: str
    operand: Operand

    def __str__(self) -> str:
        return f"{quoted(self.field)} {self.op} {self.operand}"


@dataclass(frozen=True, slots=True)
class Not:
    """A negated node."""

    node: Node

    def __str__(self) -> str:
        return f"not ({self.node})"


@dataclass(frozen=True, slots=True)
class Joined:
    """Two or more nodes joined by `and` or by `or`."""

    word: str
    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({node})" for node in self.nodes)


Node = Clause | Not | Joined


@dataclass(frozen=True, slots=True)
class Sort:
    """One field of ORDER BY."""

    field: str
    descending: bool

    def __str__(self) -> str:
        return f"{quoted(self.field)} {'desc' if self.descending else 'asc'}"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; `where` is None when nothing restricts it."""

    where: Node | None
    order: tuple[Sort, ...]

    def restrictions(self) -> tuple[Node, ...]:
        """Give the nodes that must all hold."""
        if isinstance(self.where, Joined) and self.where.word == "and":
            return self.where.nodes
        return () if self.where is None else (self.where,)

    def __str__(self) -> str:
        order = f"order by {', '.join(map(str, self.order))}" if self.order else ""
        return f"{self.where or ''} {order}".strip()


_DEEPEST = 50
"""Levels of parentheses and NOT above which a query is refused, so that it cannot exhaust the stack."""

_OPERATORS = frozenset(("=", "!=", "<", ">", "<=", ">=", "~", "!~"))
_VALID_OPERATORS = (
    "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
)


@lru_cache(1000)
def parse(text: str) -> Query:
    """Read a query. Raises JqlError with the one message Jira has for it."""
    return _Parser(tokens(text), text).query()


class _Parser:
    """Recursive descent over the tokens; every refusal names the token it stopped at."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.place = 0
        self.depth = 0

    @property
    def peek(self) -> Token:
        return self.tokens[self.place]

    def take(self, *kinds: str) -> Token | None:
        token = self.peek
        if token.kind not in kinds:
            return None
        self.place += 1
        return token

    def refuse(
        self, expecting: str, hint: str = "", *, end: str = "before", after: str = "", the: str = "the "
    ) -> NoReturn:
        """Refuse the next token: `hint` follows when there is one, `after` in either case."""
        token = self.peek
        if token.kind == "end":
            raise JqlError(f"Error in {the}JQL Query: Expecting {expecting} {end} the end of the query.{after}")
        shown = hint.replace("{}", token.text)
        fail(f"Expecting {expecting} but got '{token.text}'.{shown}{after}", self.text, token.at, the)

    def expect(self, kind: str, shown: str) -> None:
        if self.take(kind) is None:
            self.refuse(f"'{shown}'")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise JqlError("The JQL query is too complex. Please simplify your query.")

    def query(self) -> Query:
        where = None if self.peek.kind in ("order", "end") else self.either()
        order = self.order()
        if self.peek.kind != "end":
            self.refuse("','" if order else "either 'OR' or 'AND'")
        return Query(where, order)

    def either(self) -> Node:
        nodes = [self.both()]
        while self.take("or"):
            nodes.append(self.both())
        return nodes[0] if len(nodes) == 1 else Joined("or", tuple(nodes))

    def both(self) -> Node:
        nodes = [self.negated()]
        while self.take("and"):
            nodes.append(self.negated())
        return nodes[0] if len(nodes) == 1 else Joined("and", tuple(nodes))

    def negated(self) -> Node:
        if not self.take("not", "!"):
            return self.enclosed()
        self.deeper()
        node = Not(self.negated())
        self.depth -= 1
        return node

    def enclosed(self) -> Node:
        if not self.take("("):
            return self.clause()
        self.deeper()
        node = self.either()
        self.expect(")", ")")
        self.depth -= 1
        return node

    def clause(self) -> Clause:
        field = self.field()
        op = self.operator(field)
        operand = self.operand()
        if self.peek.kind not in ("end", "or", "and", ")", ",", "order"):
            self.refuse("either 'OR' or 'AND'")
        return Clause(field, op, operand)

    def field(self) -> str:
        if self.take("cf"):
            return self.numbered_field()
        token = self.take("word", "string", "number")
        if token is None:
            if self.peek.kind == "[":
                fail("Expecting a field name but got '['. Did you mean 'cf['?", self.text, self.peek.at)
            self.refuse(
                "a field name",
                " You must surround '{}' in quotation marks to use it as a field name.",
                end="at",
            )
        if not token.text.strip():
            fail("A field name cannot be empty.", self.text, token.at)
        return token.text

    def numbered_field(self) -> str:
        self.expect("[", "[")
        token = self.peek
        if token.kind != "number" or token.text.startswith("-"):
            self.refuse("a custom field id (a positive number)")
        self.place += 1
        self.expect("]", "]")
        return f"cf[{self.number(token)}]"

    def number(self, token: Token) -> int:
        if len(token.text) > 20 or not -(2**63) <= int(token.text) < 2**63:
            limits = f"{-(2**63):,} and {2**63 - 1:,}"
            fail(
                f"'{token.text}' is not a valid number. Numbers must be between {limits}.",
                self.text,
                token.at,
            )
        return int(token.text)

    def operator(self, field: str) -> str:
        if self.peek.kind in ("was", "changed"):
            raise JqlError(f"History searches do not support the '{field}' field.")
        if self.take("in"):
            return "in"
        if self.take("not"):
            self.expect("in", "IN")
            return "not in"
        if self.take("is"):
            if self.take("not"):
                return "is not"
            if self.peek.kind not in ("word", "string", "number", "empty", "("):
                self.refuse("'NOT'")
            return "is"
        token = self.take(*_OPERATORS)
        if token is None:
            self.refuse("operator", after=f" {_VALID_OPERATORS}")
        return token.kind

    def operand(self) -> Operand:
        if self.take("empty"):
            return Empty()
        if self.peek.kind == "(":
            return self.many()
        token = self.take("word", "string", "number")
        if token is None:
            hint = " You must surround '{}' in quotation marks to use it as a value."
            self.refuse("either a value, list or function", hint, the="")
        if self.peek.kind == "(":
            return self.call(token)
        return Value(token.text, self.number(token) if token.kind == "number" else None)

    def many(self) -> Many:
        self.deeper()
        self.take("(")
        items = [self.operand()]
        while self.take(","):
            items.append(self.operand())
        if not self.take(")"):
            end = isinstance(items[-1], Value) and self.peek.kind != "end"
            self.refuse("',' or ')'" if end else "')'")
        self.depth -= 1
        return Many(tuple(items))

    def call(self, name: Token) -> Call:
        if not name.text.strip():
            fail("A function name cannot be empty.", self.text, name.at)
        self.take("(")
        args: list[str] = []
        while self.peek.kind != ")":
            token = self.take("word", "string", "number")
            if token is None:
                self.bad_argument(first=not args)
            args.append(token.text)
            if not self.take(","):
                break
            if self.peek.kind == ")":
                fail("Function argument must be specified.", self.text, self.peek.at)
        if not self.take(")"):
            self.refuse("')'" if self.peek.kind == "end" else "')' or ','")
        return Call(name.text, tuple(args))

    def bad_argument(self, *, first: bool) -> NoReturn:
        if first and self.peek.kind in (",", "end"):
            self.refuse("')'")
        if self.peek.kind == ",":
            fail("Function argument must be specified.", self.text, self.peek.at)
        hint = " You must surround '{}' in quotation marks to use it as an argument."
        self.refuse("a function argument", hint, end="at")

    def order(self) -> tuple[Sort, ...]:
        if not self.take("order"):
            return ()
        self.expect("by", "by")
        sorts = [self.sort()]
        while self.take(","):
            sorts.append(self.sort())
        return tuple(sorts)

    def sort(self) -> Sort:
        field = self.field()
        direction = self.take("asc", "desc")
        if direction is None and self.peek.kind not in (",", "end"):
            self.refuse("either 'ASC' or 'DESC'")
        return Sort(field, direction is not None and direction.kind == "desc")
