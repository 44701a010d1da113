"""Whether what stands in a field looks as it is to look, or says that nobody knows. Pure; the value is let go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stdnum.ee import registrikood

from bot.core.entries import Entries, FormatEntry
from bot.core.entry import Names
from bot.core.findings import KEY, Finding, known
from bot.core.patterns import found_whole, plain, wrong
from bot.core.ticket import Moment

LONGEST = 200
"""Characters of a value that are looked at; a longer one is no code, number or date."""

_NOT_KNOWN = re.compile(
    r"(?:(?:see |seda |kahjuks |klient |kliendil |ta |hetkel |praegu )*"
    r"(?:ei ole (?:teada|tead|võimalik öelda|olemas|antud)|pole teada|ei tea|ei oska öelda|ei mäleta|teadmata"
    r"|puudub|ei kohaldu|ei ole|pole)"
    r"|(?:it is |is |the customer |customer )*"
    r"(?:not known|unknown|not available|does ?n[o']t know|do ?n[o']t know|n/?a|not applicable|none)"
    r"|(?:это |клиенту |клиент |пока )*"
    r"(?:неизвестно|не известно|неизвестен|неизвестна|не знает|не знаю|не помнит|нет данных"
    r"|отсутствует|не применимо))"
    r"(?: (?:klient|kliendil|kliendile|veel|hetkel|praegu|yet|to the customer|клиенту|пока))*"
)
_LEFT_OUT = re.compile(r"[\s.,!?„“”\"'«»()\-–]+")


class Kind(NamedTuple):
    """What a value of a kind looks like: its test, an example, and what is said of it beside the field's title."""

    looks: Callable[[str], bool]
    says: str
    example: Names


def _quarter(value: str) -> bool:
    found = _QUARTER.fullmatch(value)
    return found is not None and 1990 <= int(found[1] or found[2] or found[3]) <= 2100


_QUARTER = re.compile(
    r"(?i)([0-9]{4})(?:\.? ?a?\.?)? ?[-–/. ]? ?(?:IV|I{1,3}|Q?[1-4])\.?(?: ?(?:kv|kvartal|квартал|quarter)\.?)?"
    r"|(?:IV|I{1,3}|Q[1-4])\.? ?(?:kv\.?|kvartal|квартал|quarter)?[-–/. ]? ?([0-9]{4})"
    r"|Q[1-4] ?/? ?([0-9]{4})"
)
_YEAR = re.compile(r"([0-9]{4})(?:\. ?a(?:asta)?\.?| ?aasta| ?г(?:од)?\.?)?")
_LOCAL = re.compile(
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})\.?"
    r"(?:,? ?(?:kell|kl\.?|at|в)? ?([0-9]{1,2})[.:]([0-9]{2})(?:[.:][0-9]{2})?)?"
)
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


def _year(value: str) -> bool:
    found = _YEAR.fullmatch(value)
    return found is not None and 1990 <= int(found[1]) <= 2100


def _read(value: str) -> tuple[date, bool] | None:
    """The local date that a value begins with, and whether a time of day goes with it; None for no date."""
    if found := _LOCAL.fullmatch(value):
        day, month, year, hour, minute = found.groups()
    elif found := _ISO.fullmatch(value):
        year, month, day, hour, minute = found.groups()
    else:
        return None
    try:
        written = date(int(year), int(month), int(day))
        if hour is not None:
            datetime(2000, 1, 1, int(hour), int(minute))
    except ValueError:
        return None
    return written, hour is not None


def _date(value: str) -> bool:
    return _read(value) is not None


def _date_and_time(value: str) -> bool:
    found = _read(value)
    return found is not None and found[1]


def _registry_code(value: str) -> bool:
    return bool(registrikood.is_valid(value.replace(" ", "")))


KINDS: Mapping[str, Kind] = {
    "registry code": Kind(
        _registry_code,
        "eight figures of which the last is the right check digit",
        {
            "et": "kaheksa numbrit, viimane on kontrollnumber",
            "en": "eight figures, the last a check digit",
            "ru": "восемь цифр, последняя контрольная",
        },
    ),
    "quarter": Kind(
        _quarter, "a year and a quarter, such as `2026-III`", {"et": "2026-III", "en": "2026-III", "ru": "2026-III"}
    ),
    "year": Kind(_year, "a year, such as `2026`", {"et": "2026", "en": "2026", "ru": "2026"}),
    "date": Kind(
        _date,
        "a date, as `16.11.2026` or `2026-11-16`, with or without a time of day",
        {"et": "16.11.2026", "en": "16.11.2026", "ru": "16.11.2026"},
    ),
    "date and time": Kind(
        _date_and_time,
        "a date and a time of day, as `16.11.2026 kell 9.05` or `2026-11-16 09:05`",
        {"et": "16.11.2026 kell 9.05", "en": "16.11.2026 9:05", "ru": "16.11.2026 9:05"},
    ),
}
"""The kinds that a field's value may be of."""


def says_not_known(value: str) -> bool:
    """Whether a value says that it is not known, in Estonian, English or Russian: an answer for any field."""
    return len(value) <= LONGEST and bool(_NOT_KNOWN.fullmatch(_LEFT_OUT.sub(" ", plain(value)).strip().casefold()))


def fits(entry: FormatEntry, value: str, entered_at: Moment | None = None) -> bool:
    """Whether a value looks as it is to look, or says that it is not known.

    `entered_at` is when it was entered, so that a date that lay in the future then can be told; a day's grace
    covers the zones of the world. Several values, parted by commas or semicolons, must all fit.
    """
    if says_not_known(value):
        return True
    if _fits(entry, value.strip(), entered_at):
        return True
    parts = [part.strip() for part in re.split("[,;\n]", value[: LONGEST * 5]) if part.strip()]
    return len(parts) > 1 and all(_fits(entry, part, entered_at) for part in parts)


def _fits(entry: FormatEntry, value: str, entered_at: Moment | None) -> bool:
    if len(value) > LONGEST:
        return False
    shown = plain(value)
    looks = any(KINDS[kind].looks(shown) for kind in entry.kind)
    if not looks and not any(found_whole(pattern, shown) for pattern in entry.patterns):
        return False
    found = _read(shown) if entry.past and entered_at is not None else None
    return found is None or found[0] <= _day(entered_at or 0) + timedelta(days=1)


def _day(at: Moment) -> date:
    return date(1970, 1, 1) + timedelta(days=at // 86_400)


def example(entry: FormatEntry, language: str) -> str:
    """What a person is shown of how a field is to look; nothing where nothing can be shown."""
    shown = [entry.example] if entry.example else []
    shown += [KINDS[kind].example[language] for kind in entry.kind if not entry.example]  # type: ignore[index]
    return " / ".join(shown)


def problems(entries: Entries) -> Iterator[Finding]:
    """What is wrong with a rulebook's formats."""
    for word, entry in entries.formats.items():
        path = ("formats", word)
        yield from known((*path, KEY), "field word", word, entries.fields)
        if not entry.kind and not entry.patterns:
            yield Finding(path, "a format has a `kind`, or `patterns`")
        for i, pattern in enumerate(entry.patterns):
            if text := wrong(pattern):
                yield Finding((*path, "patterns", i), text)
        if entry.patterns and entry.example is None:
            yield Finding(path, "people need an `example` of what fits these patterns")
        elif entry.example is not None and not fits(entry, entry.example):
            yield Finding((*path, "example"), "this example does not have the format itself")
        if entry.past and not {"date", "date and time"} & set(entry.kind):
            yield Finding((*path, "past", KEY), "only a date can lie in the past; write `kind: date`")
