"""Whether a comment says no more than thank you: an answer taken for thanks is the worse mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.remarks import INTERIM, LONGEST, QUESTION, is_thanks, kinds_of


@pytest.mark.parametrize(
    "text",
    [
        "Aitäh!",
        "aitäh",
        "AITÄH!!!",
        "Suur tänu!",
        "Suur aitäh teile kiire vastuse eest!",
        "Tere! Tänan abi eest. 🙂",
        "Tere, Mari! Aitäh!",
        "Aitäh, Mari!",
        "Ok, aitäh",
        "Selge, tänan.",
        "Tänan!\n\nLugupidamisega\nMari Mets\n662 5999\nmari.mets@example.ee",
        "Aitäh!\nMari Mets",
        "[~accountid:712020:aa-bb] aitäh :)",
        "{quote}Lisasin õigused.{quote}\nAitäh!",
        "> Lisasin õigused.\nAitäh!",
        "Thanks!",
        "thx",
        "Thank you very much for your quick reply 👍🏽",
        "Hi John, thanks!",
        "Great, thanks a lot!\n--\nJohn Smith",
        "Thanks\nKind regards,\nJohn",
        "Спасибо!",
        "Большое спасибо за помощь)",
        "Здравствуйте, Анна! Благодарю за быстрый ответ.",
        "Спасибо, Анна",
        "Спасибо!\nС уважением\nАнна Иванова",
        "Tänan ❤️",
    ],
)
def test_thanks(text):
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tere!",
        "Ok",
        "👍",
        "Aitäh, lahendatud.",
        "Aitäh! Lahendatud.",
        "Aitäh, Lahendatud",
        "Aitäh! Õigused on lisatud.",
        "Aitäh. Kas saaksite saata kuvatõmmise?",
        "Aitäh?",
        "Aitäh, proovige uuesti",
        "Aitäh, 15:30 sobib",
        "Aitäh!\nTehtud",
        "Aitäh!\nLugupidamisega\nMari\nPS parool on vahetatud",
        "Tänan, pilet suletud",
        "Ei aitäh",
        "Aitäh, töötab!",
        "!kuva.png! aitäh",
        "Aitäh https://example.ee/abi",
        "Thanks, fixed",
        "Thanks, Done",
        "Thanks! Please restart the browser.",
        "No, thanks",
        "Thanks for the screenshot",
        "Thank you, we will look into it",
        "Спасибо, исправлено",
        "Спасибо! Проверьте, пожалуйста.",
        "Спасибо, не работает",
        "Tere, Mari! Lisasin õigused. Aitäh!",
        "aitäh " * 200,
    ],
)
def test_more_than_thanks_or_less(text):
    assert not is_thanks(text)


@given(text=st.text(max_size=40), word=st.from_regex(r"\A[a-zõäöü]{9,14}\Z"))
def test_any_text_can_be_asked_about_and_a_strange_word_is_never_thanks(text, word):
    is_thanks(text)
    assert not is_thanks(f"Aitäh! {word}x {text}"[:LONGEST])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kas klient kasutas ID-kaarti või Mobiil-ID-d?", {QUESTION}),
        ("Palun täpsustage: mis brauser? Siis vaatan edasi.", {QUESTION, INTERIM}),
        ("Какой браузер использует клиент?", {QUESTION}),
        ("Uurin, annan varsti teada.", {INTERIM}),
        ("Tere! Võtsime töösse, anname homme teada.", {INTERIM}),
        ("We are looking into it.", {INTERIM}),
        ("Проверяем, сообщим завтра.", {INTERIM}),
        ("Kas kiire on? Uurin.", {QUESTION, INTERIM}),
        ("Põhjus on leitud ja kõrvaldatud, kontrollin veel üle.", set()),
        ("Viga on parandatud, palun proovida uuesti.", set()),
        ("Klient peab sertifikaadi uuendama, juhend: https://example.ee/abi?lk=3", set()),
        ("bq. Kas see töötab?\n\n> Kas see töötab?\nJah, töötab.", set()),
        ("Seaded on nüüd õiged. " * 20 + "Uurin edasi.", set()),
        ("", set()),
    ],
)
def test_what_a_comment_plainly_is(text: str, expected: set[str]) -> None:
    assert kinds_of(text) == expected
