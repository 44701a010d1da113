"""Personal data: what is found, what is none, and that no text takes long. Official test identities."""

from __future__ import annotations

import time
from typing import get_args

import pytest

from bot.core.entries import KindOfPersonalData
from bot.core.privacy import TITLES, personal_data, plain

FOUND = [
    ("60001019906", "isikukood", True),
    ("6 00 01 01 990 6", "isikukood", True),
    ("6\u00a000\u00a001\u00a001\u00a0990\u00a06", "isikukood", True),
    ("6-00-01-01-990-6", "isikukood", True),
    ("６０００１０１９９０６", "isikukood", True),
    ("PNOEE-60001019906", "isikukood", True),
    ("EE60001019906", "isikukood", True),
    ("6000\u200b1019906", "isikukood", True),
    ("60001019907", "isikukood", False),
    ("60001019906@eesti.ee", "email", True),
    ("Aadress on info@naidisettevote.example, rämpspostis ei ole.", "email", True),
    ("JUKU.JUURIKAS+arve@posti.naidis.example", "email", True),
    ("EE64 9999 9900 0000 0000", "iban", True),
    ("ee649999990000000000", "iban", True),
    ("EE65 9999 9900 0000 0000", "iban", False),
    ("LV80 BANK 0000 4351 9500 1", "iban", True),
    ("+372 00000766", "phone", True),
    ("+37200000766", "phone", True),
    ("00372 0000 0766", "phone", True),
    ("+358 40 0000000", "phone", False),
    ("tel 662 5999", "phone", True),
    ("Telefon: 662 5999", "phone", True),
    ("тел. 662 5999", "phone", True),
    ("5123 4567", "phone", False),
    ("Helistada 5123 4567.", "phone", False),
    ("662 5999", "phone", False),
    ("AB1234567", "document", False),
    ("4111 1111 1111 1111", "card", True),
    ("12345:678:9012", "cadastre", False),
    ("192.0.2.17", "ip", False),
    ("123ABC", "vehicle", False),
    ("auto reg. nr 123 ABC", "vehicle", False),
    ("sündinud 01.01.2000", "birth", False),
    ("дата рождения: 01.01.2000", "birth", False),
]

NONE = [
    "19900019, 70008658",
    "L.VV/999001, KL-999002",
    "DEMO-6-8/26/101",
    "T-KL/9990001",
    "16.11.2026, kell 9.05",
    "20 02 01",
    "PROJ-5123456",
    "5 123 456,00",
    "5123456.00 eurot",
    "2026-11-16T10:42+02:00",
    "12345678901",
    "EE100931558 on käibemaksukohustuslase number",
    "Chrome 141, Windows 11; versioon 10.0.19045.1",
    "Sündmus toimus 16.11.2026",
    "4111 1111 1111 1112",
    "200 EUR, 503 KOTKAS",
    "@mainimine, kasutaja@arvuti",
    "2025-III, 2026. a III kvartal, 12,4 t",
    "",
]


def without(text: str) -> str:
    """The text with a star in place of all that is found in it."""
    shown = plain(text)
    for found in reversed(personal_data(text)):
        shown = f"{shown[: found.start]}*{shown[found.end :]}"
    return shown


@pytest.mark.parametrize(("text", "kind", "sure"), FOUND, ids=[text for text, _, _ in FOUND])
@pytest.mark.parametrize("around", ["{}", "Klient ({}) ootab.", "enne\n{}\npärast"], ids=["alone", "inside", "lines"])
def test_it_is_found_whole(text: str, kind: str, sure: bool, around: str) -> None:
    written = around.format(text)
    assert [(found.kind, found.sure) for found in personal_data(written)] == [(kind, sure)]
    left = without(written)
    assert personal_data(left) == ()
    assert not any(figure.isdigit() for figure in left) or kind in ("vehicle",), left


@pytest.mark.parametrize("text", NONE)
def test_it_is_none(text: str) -> None:
    assert personal_data(text) == ()


def test_all_of_a_text_is_found_each_by_its_kind() -> None:
    text = "Klient (isikukood 60001019906, tel +372 00000766), konto EE649999990000000000, kiri info@naidis.example"
    assert [found.kind for found in personal_data(text)] == ["isikukood", "phone", "iban", "email"]
    assert without(text) == "Klient (isikukood *, tel *), konto *, kiri *"


@pytest.mark.parametrize(
    ("allowed", "text", "kinds"),
    [
        ("klienditugi@amet.example", "Kiri: Klienditugi@Amet.example", []),
        ("@amet.example", "kiri@amet.example ja keegi@mujal.example", ["email"]),
        ("@amet.example", "kiri@muuamet.example", ["email"]),
        ("+372 6625999", "tel 662 5999, +372 662 5999, 6625999", []),
        ("662 5999", "tel 662 5998", ["phone"]),
        ("60001019906", "60001019906", ["isikukood"]),
    ],
)
def test_the_offices_own_addresses_and_numbers_may_stand_there(allowed: str, text: str, kinds: list[str]) -> None:
    assert [found.kind for found in personal_data(text, [allowed])] == kinds


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Mari Näidis", "Klient MARI NÄIDIS helistas", True),
        ("Mari Näidis", "Mari Näidisega räägitud", False),
        ("Mari", "Mari helistas", False),
        ("Jira (Haldus)", "Jira (Haldus) helistas", True),
    ],
)
def test_a_name_is_found_where_it_is_known_as_a_whole(name: str, text: str, found: bool) -> None:
    assert bool(personal_data(text, names=[name])) is found


def test_each_kind_has_its_name() -> None:
    assert set(TITLES) == set(get_args(KindOfPersonalData))
    assert {kind for _, kind, _ in FOUND} | {"name"} == set(TITLES)


@pytest.mark.parametrize(
    "piece",
    ["a", "%", "a.a@a.", "1 ", "AA11 AAAA ", "sünd "],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    before = time.process_time()
    personal_data(text)
    assert time.process_time() - before < 5, "the work grows with the text and no faster"
