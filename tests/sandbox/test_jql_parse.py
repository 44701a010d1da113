from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.jql import JqlError, bounded
from bot.sandbox.jql_parse import Call, Clause, Empty, Joined, Many, Node, Not, Query, Sort, Value, parse

OPERATORS = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
ESCAPES = r"""The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX."""
SURROUND = "You must surround '{0}' in quotation marks to use it as"


def refusal(text: str) -> list[str]:
    with pytest.raises(JqlError) as caught:
        parse(text)
    return caught.value.messages


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("summary ~ 'test", "The quoted string 'test' has not been completed. (line 1, character 11)"),
        ('priority="test\nword', "The quoted string 'test word' has not been completed. (line 1, character 10)"),
        ("summary ~ '", "The quoted string has not been completed. (line 1, character 11)"),
        (r"comme\unt ~ 'a'", rf"'\un' is an illegal JQL escape sequence. {ESCAPES} (line 1, character 6)"),
        ("status =\n\n \\csss", rf"'\c' is an illegal JQL escape sequence. {ESCAPES} (line 3, character 2)"),
        ("status =\n\\", f"The escape sequence has not been completed. {ESCAPES} (line 2, character 1)"),
        (
            "mine{www = q",
            "The character '{' is a reserved JQL character. You must enclose it in a string "
            r"or use the escape '\u007b' instead. (line 1, character 5)",
        ),
        (
            "assignee = a@b",
            "The character '@' is a reserved JQL character. You must enclose it in a string "
            r"or use the escape '\u0040' instead. (line 1, character 13)",
        ),
        (
            'a="\x7f"',
            "The character 'U+007F' on line 1 at position 4 must be escaped. "
            r"Use the escape '\u007f' instead. (line 1, character 4)",
        ),
        (
            "a=-3482094382084092840932809482",
            "'-3482094382084092840932809482' is not a valid number. Numbers must be between "
            "-9,223,372,036,854,775,808 and 9,223,372,036,854,775,807. (line 1, character 3)",
        ),
        (
            "summary ~ for",
            "'for' is a reserved JQL word. You must surround it in quotation marks to use it in a query. "
            "(line 1, character 11)",
        ),
        ("a =b order", "Expecting 'by' before the end of the query."),
        ("a =b order summary", "Expecting 'by' but got 'summary'. (line 1, character 12)"),
        ("a =b order by", "Expecting a field name at the end of the query."),
        (
            "a =b order by asc",
            f"Expecting a field name but got 'asc'. {SURROUND.format('asc')} a field name. (line 1, character 15)",
        ),
        ("a =b order by a blah", "Expecting either 'ASC' or 'DESC' but got 'blah'. (line 1, character 17)"),
        ("order by a desc d", "Expecting ',' but got 'd'. (line 1, character 17)"),
        ("'' = c", "A field name cannot be empty. (line 1, character 1)"),
        ("a = ''()", "A function name cannot be empty. (line 1, character 5)"),
        ("a", f"Expecting operator before the end of the query. {OPERATORS}"),
        ("a blah >", f"Expecting operator but got 'blah'. {OPERATORS} (line 1, character 3)"),
        ("a not is empty", "Expecting 'IN' but got 'is'. (line 1, character 7)"),
        ("a is ! empty", "Expecting 'NOT' but got '!'. (line 1, character 6)"),
        ("cf", "Expecting '[' before the end of the query."),
        ("cf[] = 1", "Expecting a custom field id (a positive number) but got ']'. (line 1, character 4)"),
        ("cf[-29829] = ", "Expecting a custom field id (a positive number) but got '-29829'. (line 1, character 4)"),
        ("cf[29829", "Expecting ']' before the end of the query."),
        ("[brenden] = a", "Expecting a field name but got '['. Did you mean 'cf['? (line 1, character 1)"),
        (
            ", a = b",
            f"Expecting a field name but got ','. {SURROUND.format(',')} a field name. (line 1, character 1)",
        ),
        ("a = func(", "Expecting ')' before the end of the query."),
        ("a = func(, b", "Expecting ')' but got ','. (line 1, character 10)"),
        ("a = func(b,)", "Function argument must be specified. (line 1, character 12)"),
        ("a = func(b,,", "Function argument must be specified. (line 1, character 12)"),
        ("a = func(b,", "Expecting a function argument at the end of the query."),
        (
            "a = func(!",
            f"Expecting a function argument but got '!'. {SURROUND.format('!')} an argument. (line 1, character 10)",
        ),
        ("a = func(b, c!)", "Expecting ')' or ',' but got '!'. (line 1, character 14)"),
        ("(a=b and c = d", "Expecting ')' before the end of the query."),
        ("b in ((12, (288)", "Expecting ')' before the end of the query."),
        ("b in (c d)", "Expecting ',' or ')' but got 'd'. (line 1, character 9)"),
        ("abc IN ((foo) abc = a", "Expecting ')' but got 'abc'. (line 1, character 15)"),
        ("a=b c=d", "Expecting either 'OR' or 'AND' but got 'c'. (line 1, character 5)"),
        ("a=b !c=d", "Expecting either 'OR' or 'AND' but got '!'. (line 1, character 5)"),
        ("updated > 2026-11-16 10:00", "Expecting either 'OR' or 'AND' but got '10:00'. (line 1, character 22)"),
        ("a=b and", "Expecting a field name at the end of the query."),
        ("a=b)", "Expecting either 'OR' or 'AND' but got ')'. (line 1, character 4)"),
    ],
)
def test_what_cannot_be_read_is_said_in_jiras_words(jql: str, message: str) -> None:
    assert refusal(jql) == [f"Error in the JQL Query: {message}"]


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("a=", "Expecting either a value, list or function before the end of the query."),
        (
            "a=!",
            f"Expecting either a value, list or function but got '!'. {SURROUND.format('!')} a value. "
            "(line 1, character 3)",
        ),
        (
            "project = OR",
            f"Expecting either a value, list or function but got 'OR'. {SURROUND.format('OR')} a value. "
            "(line 1, character 11)",
        ),
    ],
)
def test_a_missing_value_is_said_without_the_article(jql: str, message: str) -> None:
    assert refusal(jql) == [f"Error in JQL Query: {message}"]


@pytest.mark.parametrize(
    ("jql", "is_bounded"),
    [("", False), ("order by key", False), ("key = A-1", True), ("a is empty order by b", True)],
)
def test_a_query_is_bounded_when_it_has_a_clause(jql: str, is_bounded: bool) -> None:
    assert bounded(jql) is is_bounded


def test_a_query_that_cannot_be_read_is_neither_bounded_nor_unbounded() -> None:
    with pytest.raises(JqlError):
        bounded("a b")


WORDS = st.text(max_size=8)
NAMES = WORDS.filter(lambda word: word.strip() != "")
VALUES = st.one_of(
    WORDS.map(Value),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: Value(str(number), number)),
    st.just(Empty()),
)
OPERANDS = st.recursive(
    VALUES, lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda all_: Many(tuple(all_)))
)
TERMS = st.builds(
    Clause,
    NAMES,
    st.sampled_from(["=", "!=", "<", ">", "<=", ">=", "~", "!~", "in", "not in", "is", "is not"]),
    OPERANDS,
)
NODES: st.SearchStrategy[Node] = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Joined, st.sampled_from(["and", "or"]), st.tuples(inner, inner)),
    ),
    max_leaves=8,
)
SORTS = st.lists(st.builds(Sort, NAMES, st.booleans()), max_size=3).map(tuple)


@given(st.builds(Query, st.none() | NODES, SORTS))
def test_a_printed_query_reads_back_as_itself(query: Query) -> None:
    assert parse(str(query)) == query


def test_a_function_is_read_with_its_arguments() -> None:
    assert parse('a in f("b c", 1, d)').where == Clause("a", "in", Call("f", ("b c", "1", "d")))
