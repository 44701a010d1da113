"""What is told of a text without understanding it: where it is a guess, that it is one on what it should be alone."""

from __future__ import annotations

import time

import pytest

from bot.core.prose import has_several_problems, is_foreign, is_vague, says_little

LOG = "java.lang.NullPointerException: Cannot invoke method on null object\n  at example.Form.submit(Form.java:42)"


@pytest.mark.parametrize(
    ("title", "vague"),
    [
        ("Ei tööta", True),
        ("Viga!!!", True),
        ("Probleem", True),
        ("Palun abi, klient ei saa sisse", True),
        ("Deklaratsioon", True),
        ("Does not work", True),
        ("Не работает", True),
        ("", True),
        ("Parooli lähtestamine", False),
        ("Viga 503", False),
        ("Prügiauto ei käinud", False),
        ("Printer ei prindi värviliselt", False),
        ("Login page shows error 500", False),
        ("Не могу подать декларацию", False),
    ],
)
def test_a_title_that_says_nothing(title: str, vague: bool) -> None:
    assert is_vague(title) is vague


@pytest.mark.parametrize(
    ("title", "description", "little"),
    [
        ("Ei tööta", "Klient helistas, deklaratsioon ei lähe läbi. Palun vaadata.", True),
        ("Deklaratsiooni ei saa esitada", "", True),
        ("Deklaratsiooni ei saa esitada", "Klient ei saa deklaratsiooni esitada.", True),
        ("Veeluba L.VV/999001: seiresagedus on vale", "Palun parandada.", True),
        ("KOTKASe iseteenindus annab vea 503", "Klient ei saa sisse, viga 503.", False),
        ("Teabenõue: istungi protokolli lisa", "Soovitakse olemasolevat dokumenti.", False),
        ("Prügiauto ei käinud", "Klient kurdab, et jäätmevedaja ei tühjendanud konteinerit.", False),
    ],
)
def test_a_description_that_says_little(title: str, description: str, little: bool) -> None:
    assert says_little(title, description) is little


@pytest.mark.parametrize(
    ("title", "description", "several"),
    [
        ("Volitus ei tööta, tasumäär on vale ja arve puudub", "", True),
        ("Volitus ei tööta ja arve puudub", "Lisaks on tasumäär vale.", True),
        ("Volitus", "Volitust ei ole näha. Lisaks ei tulnud eelmise kvartali arvet.", True),
        ("Mitu asja", "1. volitus ei tööta\n2. tasumäär on vale\n3. arve puudub", True),
        ("KOTKAS ei avane: veateade 503, mitu klienti korraga", "Viis kõnet kümne minutiga.", False),
        ("Volitus on lisatud, kuid volitatud isik ei näe ettevõtet", "Lisaks on proovitud teist brauserit.", False),
        ("Deklaratsiooni ei saa esitada", "Lisan ekraanipildi ja veateate „Puudub kehtiv luba, viga 17“.", False),
        ("Proovitud", "- teine brauser\n- vahemälu tühjendatud\n- uus sisselogimine", False),
    ],
)
def test_several_problems_in_one(title: str, description: str, several: bool) -> None:
    assert has_several_problems(title, description) is several


@pytest.mark.parametrize(
    ("text", "language", "foreign"),
    [
        ("Не могу подать декларацию за третий квартал, система пишет „Puudub kehtiv luba“.", "et", True),
        ("The customer can not log in because the system shows an empty page after the second code.", "et", True),
        ("Klient ei saa sisse, sest pärast teist koodi on leht tühi ja midagi ei juhtu.", "en", True),
        ("Klient ei saa sisse, sest pärast teist koodi on leht tühi ja midagi ei juhtu.", "ru", True),
        ("Klient ei saa sisse, sest pärast teist koodi on leht tühi ja midagi ei juhtu.", "et", False),
        ("Не могу подать декларацию за третий квартал.", "ru", False),
        (f"Klient näeb sellist viga:\n{{code}}{LOG}{{code}}", "et", False),
        (f"Vea logi on all, palun vaadata.\n{LOG}", "et", False),
        ("Veateade on „The request could not be completed because of an error on the server“, kordub.", "et", False),
        ('Leht ütleb "You are not allowed to view this page, please log in again with your card".', "et", False),
        ("John Smith & Partners OÜ", "et", False),
        ("Login failed", "et", False),
        ("Chrome 141, Windows 11, Safari 26, macOS, Edge 142", "et", False),
        ("", "et", False),
    ],
)
def test_another_language(text: str, language: str, foreign: bool) -> None:
    assert is_foreign(text, language) is foreign


@pytest.mark.parametrize("piece", ["ei tööta, ", "„", "{code}"])
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    before = time.process_time()
    is_vague(text)
    says_little(text, text)
    has_several_problems(text, text)
    is_foreign(text, "et")
    assert time.process_time() - before < 5
