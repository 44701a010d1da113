"""Personal data in a text: found by kind, never quoted. Pure; the text is looked at and let go.

The patterns and their checks are those of the project's domain notes, each kind blanked out before the next is
looked for, so that a registry code is no telephone number. They are fixed and bounded: the work grows with the text
and no faster. Names are not guessed; those that are known can be given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from stdnum import iban, luhn
from stdnum.ee import ik, kmkr, registrikood
from stdnum.exceptions import ValidationError

from bot.core.entry import Names
from bot.core.patterns import plain


class Personal(NamedTuple):
    """Something personal in a text, from `start` to `end`; `sure` tells definite from merely suspected."""

    kind: str
    sure: bool
    start: int
    end: int


TITLES: Mapping[str, Names] = {
    "email": {"et": "e-posti aadress", "en": "e-mail address", "ru": "адрес электронной почты"},
    "iban": {"et": "pangakonto number", "en": "bank account number", "ru": "номер банковского счёта"},
    "isikukood": {"et": "isikukood", "en": "personal code", "ru": "личный код"},
    "phone": {"et": "telefoninumber", "en": "telephone number", "ru": "номер телефона"},
    "document": {
        "et": "isikut tõendava dokumendi number",
        "en": "number of an identity document",
        "ru": "номер удостоверения личности",
    },
    "card": {"et": "pangakaardi number", "en": "bank card number", "ru": "номер банковской карты"},
    "cadastre": {"et": "katastritunnus", "en": "cadastral number", "ru": "кадастровый номер"},
    "ip": {"et": "IP-aadress", "en": "IP address", "ru": "IP-адрес"},
    "vehicle": {
        "et": "sõiduki registreerimismärk",
        "en": "vehicle registration number",
        "ru": "регистрационный знак автомобиля",
    },
    "birth": {"et": "sünniaeg", "en": "date of birth", "ru": "дата рождения"},
    "name": {"et": "inimese nimi", "en": "a person's name", "ru": "имя человека"},
}
"""What each kind is called."""

_BLANK = "\x1f"
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
_THREE_FIGURES = re.compile(r"[0-9][^0-9]*[0-9][^0-9]*[0-9]")
_DIGIT = re.compile(r"(?![0-9])\d")
_READ_OTHERWISE = re.compile(rf"(?![0-9])\d|[{''.join(map(chr, _DASHES))}]")
_NO_MORE = r"(?![0-9/]|[.,][0-9])"
_ALONE = r"(?<![\w/.,:+-])"
_SHORTEST_NAME = 5


def _checked(valid: Callable[[str], bool], otherwise: bool | None) -> Callable[[re.Match[str]], bool | None]:
    return lambda found: True if valid(_bare(found[0])) else otherwise


def _always(sure: bool) -> Callable[[re.Match[str]], bool | None]:
    return lambda found: sure


def _bare(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _isikukood(found: re.Match[str]) -> bool | None:
    """Definite with the right check digit; suspected with a possible date, as a slip is personal too."""
    code = "".join(found.groups())
    try:
        ik.get_birth_date(code)
    except (ValidationError, ValueError):
        return None
    return bool(ik.is_valid(code))


def _foreign_iban(found: re.Match[str]) -> bool | None:
    """The account of another country: of what stands together there, as much as is one."""
    text = _bare(found[0]).upper()
    wanted = (size for size in range(len(text), 14, -1) if _mod_97(text[:size]) == 1)
    return True if any(iban.is_valid(text[:size]) for size in wanted) else None


def _mod_97(number: str) -> int:
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97


def _is_plate(found: re.Match[str]) -> bool | None:
    return None if found[1].upper() in _NO_PLATE else False


_NO_PLATE = frozenset(("EUR", "USD", "SEK", "NOK", "DKK", "GBP", "RUB", "PLN", "KWH", "MWH", "GWH", "PPM", "MHZ"))
_KEYWORD = (
    r"(?i:\b(?:telefon|telefoni|tel|mobiil|mob|gsm|phone|телефон|тел)(?:[ -]?(?:nr|number|no))?[.:]{0,2}\s{0,3})"
)

_ORDER: tuple[tuple[str | None, re.Pattern[str], Callable[[re.Match[str]], bool | None]], ...] = (
    ("email", re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), _always(sure=True)),
    (
        "iban",
        re.compile(r"(?i)(?<![A-Z0-9])EE[0-9]{2}(?:[ -]?[0-9]{4}){4}(?![0-9])"),
        _checked(iban.is_valid, otherwise=False),
    ),
    (
        "iban",
        re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"),
        _foreign_iban,
    ),
    (
        "isikukood",
        re.compile(
            r"(?<![0-9])([1-8])[ -]?([0-9]{2})[ -]?(0[1-9]|1[0-2])[ -]?(0[1-9]|[12][0-9]|3[01])[ -]?([0-9]{3})"
            r"[ -]?([0-9])(?![0-9])"
        ),
        _isikukood,
    ),
    ("phone", re.compile(r"(?<![0-9+])(?:\+|00) ?372[ -]?(?:[0-9][ -]?){6,9}[0-9](?![0-9])"), _always(sure=True)),
    (
        "phone",
        re.compile(r"(?<![0-9+])\+[1-9][0-9]{0,2}[ -]?(?:[0-9][ -]?){6,11}[0-9](?![0-9])"),
        _always(sure=False),
    ),
    (None, re.compile(r"(?<![0-9])[1789][0-9]{7}(?![0-9])"), _checked(registrikood.is_valid, otherwise=None)),
    ("phone", re.compile(_KEYWORD + r"[0-9][0-9 -]{5,10}[0-9]"), _always(sure=True)),
    ("phone", re.compile(_ALONE + r"5[0-9]{2,3}[ -]?[0-9]{4}" + _NO_MORE), _always(sure=False)),
    (
        "phone",
        re.compile(_ALONE + r"(?:3[23589]|4[3-8]|6[0-9]|7[1-9]|88)[0-9][ -]?[0-9]{4}" + _NO_MORE),
        _always(sure=False),
    ),
    (None, re.compile(r"(?i)(?<![A-Z0-9])EE ?[0-9]{9}(?![0-9])"), _checked(kmkr.is_valid, otherwise=None)),
    ("document", re.compile(r"(?<![\w/.-])[A-Z]{1,2}[0-9]{7}(?![0-9])"), _always(sure=False)),
    (
        "card",
        re.compile(r"(?<![0-9])(?:4|5[1-5]|2[2-7]|3[47]|6)(?:[ -]?[0-9]){11,18}(?![0-9])"),
        _checked(luhn.is_valid, otherwise=None),
    ),
    ("cadastre", re.compile(r"(?<![0-9])[0-9]{5}:[0-9]{3}:[0-9]{4}(?![0-9])"), _always(sure=False)),
    (
        "ip",
        re.compile(
            r"(?<![\w.])(?<!ersioon )(?<!ersion )(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}"
            r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?!\w|\.[0-9])"
        ),
        _always(sure=False),
    ),
    ("vehicle", re.compile(r"(?<![\w/.,:+-])[0-9]{3}([A-Z]{3})(?!\w)"), _is_plate),
    (
        "vehicle",
        re.compile(
            r"(?i:\b(?:reg|auto|sõiduk|numbrimär|номер авто|машин)[^0-9\n]{0,25})(?<![\w/.,:+-])"
            r"[0-9]{3} ?([A-Z]{3})(?!\w)"
        ),
        _is_plate,
    ),
    (
        "birth",
        re.compile(
            r"(?i)\b(?:sünd(?:inud|is|\b)|sünniaeg|sünniaja|sünnikuupäev|snd\b|born\b|birth|рожд|родил)[^0-9\n]{0,25}"
            r"(?:[0-9]{1,2}[./-] ?[0-9]{1,2}[./-] ?[0-9]{2,4}|[0-9]{4}-[0-9]{2}-[0-9]{2})"
        ),
        _always(sure=False),
    ),
)
"""The kinds in the order in which they are looked for; None for what may stand in a text. The check says whether it
is definite (True), suspected (False) or nothing personal (None)."""


def personal_data(text: str, allowed: Iterable[str] = (), names: Iterable[str] = ()) -> tuple[Personal, ...]:
    """What of a text is personal, in the order in which it stands there, by its places in `plain(text)`.

    `allowed` are the agency's own addresses and numbers: an address, the end of some (`@agency.example`), or a
    telephone number, however it is spaced. `names` are those of people who are known to have to do with it.
    """
    return tuple(sorted(_found(_read(plain(text)), _told(tuple(allowed)), names), key=lambda one: one[2:]))


@lru_cache(maxsize=8)
def _told(allowed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_telling, allowed))


def _read(text: str) -> str:
    """The text with one kind of dash and one kind of digits, each character in its place."""
    if text.isascii() or not _READ_OTHERWISE.search(text):
        return text
    return _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text.translate(_DASHES))


def _found(text: str, allowed: frozenset[str], names: Iterable[str]) -> Iterator[Personal]:
    for name in names:
        known = plain(name).strip()
        if len(known) < _SHORTEST_NAME or " " not in known:
            continue
        for found in re.finditer(rf"(?<!\w){re.escape(known)}(?!\w)", text, re.IGNORECASE):
            yield Personal("name", True, *found.span())
    if "@" not in text and _THREE_FIGURES.search(text) is None:  # no kind has fewer
        return
    for kind, pattern, check in _ORDER:
        if kind == "email" and "@" not in text:
            continue
        kept: list[str] = []
        at = 0
        for found in pattern.finditer(text):
            sure = check(found)
            if sure is None:
                continue
            kept += (text[at : found.start()], _BLANK * (found.end() - found.start()))
            at = found.end()
            if kind is not None and not _is_allowed(kind, found[0], allowed):
                yield Personal(kind, sure, *found.span())
        text = "".join((*kept, text[at:])) if kept else text


def _telling(written: str) -> str:
    """An address in small letters, or the figures of a telephone number without those of the country."""
    return written.strip().casefold() if "@" in written else _figures(written)


def _figures(number: str) -> str:
    figures = "".join(c for c in number if c.isdigit()).removeprefix("00")
    return figures.removeprefix("372") if len(figures) > len("372") + 6 else figures


def _is_allowed(kind: str, written: str, allowed: frozenset[str]) -> bool:
    if kind == "email":
        address = written.casefold()
        return address in allowed or f"@{address.rpartition('@')[2]}" in allowed
    return kind == "phone" and _figures(written) in allowed
