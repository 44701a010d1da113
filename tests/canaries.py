"""Canaries: made-up personal data and secrets, each unlike anything else, and how to find them as bytes.

Planted into all that Jira answers, none of them may be in anything that the bot makes.
"""

from __future__ import annotations

import base64
import html
import io
import json
import quopri
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus

import re2
import requests
from requests.adapters import BaseAdapter

PERSONAL = {
    "customer's name": "Õie-Triinu Kanarbikšön",
    "customer's phone": "+372 5199 8273",
    "customer's address": "kanaar.õie@postkast.example",
    "customer's home": "Kanaarilinnu põik 77-913",
    "personal code": "37605030299",
    "account": "EE382200221020145685",
    "file": "Kanarbikšön avaldus №7.pdf",
    "staff member's name": "Žanna Kanaarik-Ülejõe",
    "staff member's address": "zanna.kanaarik@asutus.example",
    "text": "Kanaarilind laulab kell seitse aknal",
    "title": "Kanaaripuuri pealkiri üheksa",
    "what Jira says of its errors": "kanaari-viga sisemine-tabel jiraissue",
}
"""What people write into tickets, and what Jira knows of people. Synthetic, but for the official test identity."""

STAFF = ("staff member's name",)
"""What a mention on Cloud may show, in a comment in Jira alone."""

SECRETS = {
    "Jira's token": "ATATT3kanaar-Wq7/Zz+9=Lk",
    "mail server's password": "kanaar&posti<parool>8%2",
    "page's token of juht1": "kanaar-leht-3f9c1a7be0d24c55",
    "token of the figures": "kanaar-arvud-9b2f6a1d47c3e805",
    "database's password": "kanaar-andmebaas-55xQ",
    "proxy's password": "kanaar-vahendaja-77pT",
    "address of the heartbeat": "kanaar-pulss-6f1e2d3c",
}

PROSE = "\n\n".join(
    value for kind, value in PERSONAL.items() if kind not in ("title", "what Jira says of its errors")
)
"""A text of a ticket with everything in it."""


@cache
def forms(value: str) -> frozenset[bytes]:
    """A value in every writing in which it might get out: cases, normal forms, encodings, gaps."""
    plain = {value, value.lower(), value.upper(), value.replace(" ", ""), value.replace("-", "")}
    plain |= {unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in set(plain)}
    found: set[bytes] = set()
    for each in plain:
        raw = each.encode()
        found |= {raw, each.encode("utf-16-le"), quopri.encodestring(raw), quopri.encodestring(raw, header=True)}
        found |= {each.encode("latin-1", "ignore") if each.isascii() else raw}
        found |= {quote(each).encode(), quote_plus(each).encode(), quote(each, safe="").encode()}
        found |= {json.dumps(each)[1:-1].encode(), html.escape(each).encode()}
        found |= {each.encode("ascii", "xmlcharrefreplace"), each.encode("unicode_escape"), raw.hex().encode()}
        found |= {_inner(base64.b64encode(bytes(n) + raw), n) for n in range(3)}
        found |= {_inner(base64.urlsafe_b64encode(bytes(n) + raw), n) for n in range(3)}
    return frozenset(each.removesuffix(b"=\n") for each in found if len(each) > 6)


def _inner(encoded: bytes, before: int) -> bytes:
    """The characters of base64 that are of the value alone, whatever stands around it."""
    first = (before * 8 + 5) // 6
    return encoded.rstrip(b"=")[first:-1]


def found_in(content: bytes, kinds: Mapping[str, str], but: Iterable[str] = ()) -> list[str]:
    """The kinds of canaries in these bytes; a line that was folded in a mail or a log is put together first."""
    unfolded = re.sub(rb"=\r?\n|\r?\n[ \t]|\\\n", b"", content)
    joined = re.sub(rb"\r?\n", b"", content)
    asked = {kind: value for kind, value in kinds.items() if kind not in but}
    whole = [each for each in {content, unfolded, joined} if _any_of(tuple(asked.values())).search(each)]
    return sorted(
        kind for kind, value in asked.items() if any(form in each for each in whole for form in forms(value))
    )


@cache
def _any_of(values: tuple[str, ...]) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 1 << 28
    return re2.compile(b"|".join(re2.escape(form) for value in values for form in sorted(forms(value))), options)


def opened(content: bytes) -> bytes:
    """Bytes with what is packed in them: a workbook's sheets."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return content + b"".join(name.encode() + packed.read(name) for name in packed.namelist())


NO_PROSE = re.compile(r"[\d:.,TZ+\-/ ]*|[\w.-]{1,30}")
"""What is no text of a person's: a number, a moment, a word of a list."""


def tainted(value: Any, name: str = "") -> Any:
    """The same JSON with canaries wherever people write, and wherever Jira tells of people."""
    match value:
        case dict():
            return {key: tainted(each, key) for key, each in value.items()}
        case list():
            return [tainted(each, name) for each in value]
        case str():
            return _tainted(value, name)
        case _:
            return value


def _tainted(text: str, name: str) -> str:
    if name == "displayName":
        return PERSONAL["staff member's name"]
    if name == "emailAddress":
        return PERSONAL["staff member's address"]
    if name == "filename":
        return PERSONAL["file"]
    if name == "summary":
        return f"{text} {PERSONAL['title']}"
    if name in ("description", "body", "text") or (name.startswith("customfield_") and not NO_PROSE.fullmatch(text)):
        return f"{text}\n\n{PROSE}"
    return text


class Tainting(BaseAdapter):
    """A line to a Jira in all of whose answers there are canaries, those in which it refuses included."""

    def __init__(self, line: BaseAdapter) -> None:
        super().__init__()
        self._line = line
        self.tainted = 0

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            answer = self._line.send(*args, **kwargs)
        except requests.RequestException as error:
            error.args = (*error.args, PERSONAL["what Jira says of its errors"])
            raise
        answer.headers["X-AUSERNAME"] = PERSONAL["customer's address"]
        answer.headers["X-Seraph-LoginReason"] = PERSONAL["customer's name"]
        if answer.status_code >= 400:
            told = [PERSONAL["what Jira says of its errors"], PROSE]
            answer._content = json.dumps({"errorMessages": told, "errors": {PROSE: PROSE}}).encode()
            answer.reason = PERSONAL["what Jira says of its errors"]
        else:
            try:
                answer._content = json.dumps(tainted(json.loads(answer.content))).encode()
            except ValueError:
                return answer
        self.tainted += 1
        return answer

    def close(self) -> None:
        self._line.close()


def leaks(made: Mapping[str, bytes], kinds: Mapping[str, str], but: Iterable[str] = ()) -> Iterator[str]:
    """What is in what."""
    for where, content in made.items():
        for kind in found_in(opened(content), kinds, but):
            yield f"{kind} in {where}"
