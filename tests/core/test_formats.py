"""What a field is to look like, and what says that nobody knows."""

from __future__ import annotations

import pytest

from bot.core.entries import FormatEntry
from bot.core.formats import KINDS, example, fits, says_not_known

AT = 1_794_816_000  # 2026-11-16T08:00:00Z
CODE, QUARTER = FormatEntry(kind=("registry code",)), FormatEntry(kind=("quarter",))
PERIOD, DATE = FormatEntry(kind=("quarter", "year")), FormatEntry(kind=("date",), past=True)
TIME = FormatEntry(kind=("date and time",), past=True)
PERMIT = FormatEntry(patterns=(r"L\.[A-Z]{1,3}/[0-9]{5,6}", "KL-[0-9]{6}"), example="L.VV/999001")


@pytest.mark.parametrize(
    ("entry", "value", "fit"),
    [
        (CODE, "19900019", True),
        (CODE, "19900025; 70008658", True),
        (CODE, "19900038", False),
        (CODE, "1990001", False),
        (CODE, "60001019906", False),
        (CODE, "AS Näidis", False),
        (PERMIT, "L.VV/999001", True),
        (PERMIT, " l.vv/999001 ", True),
        (PERMIT, "KL-999002, L.VV/999003", True),
        (PERMIT, "999004", False),
        (PERMIT, "luba KL-999002", False),
        (QUARTER, "2026-III", True),
        (QUARTER, "2026 IV", True),
        (QUARTER, "2026. a III kvartal", True),
        (QUARTER, "III kvartal 2026", True),
        (QUARTER, "Q3 2026", True),
        (QUARTER, "2026", False),
        (QUARTER, "2026-V", False),
        (QUARTER, "III", False),
        (PERIOD, "2026", True),
        (PERIOD, "2025. aasta", True),
        (PERIOD, "26", False),
        (DATE, "16.11.2026", True),
        (DATE, "2026-11-16", True),
        (DATE, "17.11.2026", True),
        (DATE, "18.11.2026", False),
        (DATE, "31.02.2026", False),
        (DATE, "eile", False),
        (TIME, "16.11.2026 kell 9.05", True),
        (TIME, "2026-11-16T08:34+02:00", True),
        (TIME, "16.11.2026", False),
        (TIME, "kell 9.05", False),
        (TIME, "16.11.2026 kell 25.05", False),
        (TIME, "2027-11-16 08:34", False),
        (TIME, "x" * 100_000, False),
    ],
)
def test_what_fits(entry: FormatEntry, value: str, fit: bool) -> None:
    assert fits(entry, value, AT) is fit


@pytest.mark.parametrize("entry", [CODE, PERMIT, QUARTER, PERIOD, DATE, TIME])
@pytest.mark.parametrize(
    "value",
    ["ei ole teada", "Ei ole teada.", "„ei ole teada“", "pole teada", "Teadmata", "klient ei tea", "not known",
     "Unknown", "the customer does not know", "n/a", "неизвестно", "клиент не знает", "ei ole teada (klient)"],
)  # fmt: skip
def test_that_it_is_not_known_is_an_answer_to_any(entry: FormatEntry, value: str) -> None:
    assert says_not_known(value)
    assert fits(entry, value)


@pytest.mark.parametrize("value", ["teada", "ei", "19900038", "ei ole teada, kas 19900038", "", "known"])
def test_anything_else_is_not(value: str) -> None:
    assert not says_not_known(value)


@pytest.mark.parametrize("kind", KINDS)
def test_people_are_shown_an_example_in_their_language(kind: str) -> None:
    entry = FormatEntry(kind=(kind,))
    assert all(example(entry, language) for language in ("et", "en", "ru"))
    assert example(PERMIT, "et") == "L.VV/999001"
