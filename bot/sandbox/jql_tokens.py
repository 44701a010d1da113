"""JQL cut into tokens, and Jira's own words for characters it cannot read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from bot.sandbox.jql_world import JqlError


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query; `kind` is word, string, number, end, or a keyword's or operator's own name."""

    kind: str
    text: str
    at: int


_WORDS = "in is and or not empty was changed before after from to on during order by asc desc cf"
_KEYWORDS = {word: word for word in re.findall("[a-z]+", _WORDS)} | {
    "null": "empty",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
}
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
    abort access add alias all alter any as audit avg begin between boolean break byte catch char
    character check checkpoint collate collation column commit connect continue count create current
    date decimal declare decrement default defaults define delete delimiter difference distinct
    divide do double drop else encoding end equals escape exclusive exec execute exists explain
    false fetch file field first float for function go goto grant greater group having identified if
    immediate increment index initial inner inout input insert int integer intersect intersection
    into isempty isnull join last left less like limit lock long max min minus mode modify modulo
    more multiply next noaudit notin nowait number object of option outer output power previous
    prior privileges public raise raw remainder rename resource return returns revoke right row
    rowid rownum rows select session set share size sqrt start strict string subtract sum synonym
    table then trans transaction trigger true uid union unique update user validate values view when
    whenever where while with
""",
    )
)
_CONTROL = r"\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
_ESCAPE = r"""\\(?:[tnr"'\\ ]|u[0-9a-fA-F]{4})"""
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\r\n]+)
    | (?P<symbol>!=|!~|<=|>=|&&|\|\||[=<>~!(),\[\]&|])
    | "(?P<double>(?:{_ESCAPE}|[^"\\{_CONTROL}])*)"
    | '(?P<single>(?:{_ESCAPE}|[^'\\{_CONTROL}])*)'
    | (?P<bare>(?:{_ESCAPE}|[^\\{_CONTROL}\ \r\n"'=!<>()~,\[\]|&{{}}*/%+^$\#@?;])+)""",
    re.VERBOSE,
)
_QUOTED_SO_FAR = re.compile(rf"(?s)[\"'](?:{_ESCAPE}|[^\\{_CONTROL}])*")
_BAD_ESCAPE = re.compile(r"(?s)\\(?:u[0-9a-fA-F]{0,3}.?|.)?")
_VALID_ESCAPES = r"""The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX."""
_SIMPLE = {"t": "\t", "n": "\n", "r": "\r"}


def quoted(text: str) -> str:
    """Write `text` as a quoted string that reads back as itself."""
    shown = re.sub(r'["\\]', r"\\\g<0>", text)
    return '"' + re.sub(f"[{_CONTROL}]", lambda found: f"\\u{ord(found[0]):04x}", shown) + '"'


def fail(message: str, text: str, at: int, the: str = "the ") -> NoReturn:
    """Refuse the query at a place, counted in lines and characters from 1."""
    line, character = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
    raise JqlError(f"Error in {the}JQL Query: {message} (line {line}, character {character})")


def _decoded(text: str) -> str:
    return re.sub(
        r"\\(u(?P<hex>[0-9a-fA-F]{4})|.)",
        lambda found: chr(int(found["hex"], 16)) if found["hex"] else _SIMPLE.get(found[1], found[1]),
        text,
    )


def tokens(text: str) -> list[Token]:
    """Cut a query into tokens, the last of which is its end. Raises JqlError."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            _unreadable(text, at)
        kind = match.lastgroup or ""
        written: str = match[kind]
        if kind == "symbol":
            found.append(Token(_KEYWORDS.get(written, written), written, at))
        elif kind in ("double", "single"):
            found.append(Token("string", _decoded(written), at))
        elif kind == "bare":
            found.append(_bare(written, text, at))
        at = match.end()
    found.append(Token("end", "", at))
    return found


def _bare(written: str, text: str, at: int) -> Token:
    if re.fullmatch(r"-?[0-9]+", written):
        return Token("number", written, at)
    keyword = _KEYWORDS.get(written.lower())
    if keyword is not None:
        return Token(keyword, written, at)
    word = _decoded(written)
    if word.lower() in _RESERVED:
        surround = "You must surround it in quotation marks to use it in a query."
        fail(f"'{word}' is a reserved JQL word. {surround}", text, at)
    return Token("word", word, at)


def _unreadable(text: str, at: int) -> NoReturn:
    """Say why no token begins at `at`."""
    begun = _QUOTED_SO_FAR.match(text, at)
    stop = begun.end() if begun is not None else at
    if stop == len(text):
        content = text[at + 1 :].replace("\n", " ")
        shown = f"'{content}' " if content else ""
        fail(f"The quoted string {shown}has not been completed.", text, at)
    character = text[stop]
    if character == "\\":
        escape = _BAD_ESCAPE.match(text, stop)
        shown = escape[0] if escape is not None else character
        if shown == "\\":
            fail(f"The escape sequence has not been completed. {_VALID_ESCAPES}", text, stop)
        fail(f"'{shown}' is an illegal JQL escape sequence. {_VALID_ESCAPES}", text, stop)
    code = f"\\u{ord(character):04x}"
    if character in "{}*/%+^$#@?;":
        instead = f"You must enclose it in a string or use the escape '{code}' instead."
        fail(f"The character '{character}' is a reserved JQL character. {instead}", text, stop)
    line, position = text.count("\n", 0, stop) + 1, stop - (text.rfind("\n", 0, stop) + 1) + 1
    place = f"on line {line} at position {position}"
    fail(
        f"The character 'U+{ord(character):04X}' {place} must be escaped. Use the escape '{code}' instead.",
        text,
        stop,
    )
