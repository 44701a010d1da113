"""Commands: every word in every language, values, who is meant, and what is no command."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.commands import CHANNELS, LONGEST, ORDERS, Listening, as_told, command_in, forms, is_written, shown
from bot.core.ticket import Command

TODAY = date(2026, 11, 20)  # a Friday
LISTENING = Listening(
    ("piletibot",), frozenset(("712020:aaa-1", "KEY-bot")), {"l2_it": "L2_IT", "it-tugi (kemit)": "L2_IT"}
)
_VALUES = {"nothing": "", "channel": "", "date": " 2.12", "dates": " 2.12–4.12", "queue": " L2_IT"}
_READ = {"date": "2026-12-02", "dates": "2026-12-02/2026-12-04", "queue": "L2_IT"}


def read(line: str) -> Command | None:
    return command_in(line, LISTENING, TODAY)


ALL = [(word, phrase) for word, order in ORDERS.items() for by in order.words.values() for phrase in by]


@pytest.mark.parametrize(("word", "phrase"), ALL)
def test_each_word_of_each_language_is_its_command(word: str, phrase: str) -> None:
    takes = ORDERS[word].takes
    assert read(f"Piletibot {phrase}{_VALUES[takes]}") == Command(word, _READ.get(takes))


@pytest.mark.parametrize("word", ORDERS)
@pytest.mark.parametrize("language", ["et", "en", "ru"])
def test_canonical_words_are_read_as_they_are_shown(word: str, language: str) -> None:
    for value in CHANNELS if ORDERS[word].takes == "channel" else [_READ.get(ORDERS[word].takes)]:
        assert read(f"piletibot {shown(word, value, language)}") == Command(word, value)


def test_no_two_commands_share_a_phrase() -> None:
    assert len({phrase for _, phrase in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("piletibot edastatud telefon", Command("delivered", "phone")),
        ("@Piletibot, edastatud kirjaga!", Command("delivered", "mail")),
        ("[~accountid:712020:aaa-1] delivered by phone", Command("delivered", "phone")),
        ("[~KEY-bot]: передано по телефону", Command("delivered", "phone")),
        ("[~piletibot] sulge", Command("close")),
        ("PILETIBOT – palun sulge", Command("close")),
        ("*piletibot* sulge, aitäh", Command("close")),
        ("piletibot", Command("help")),
        ("piletibot suuna IT-tugi (KEMIT)", Command("route", "L2_IT")),
        ("piletibot pole põhjendatud", Command("not justified")),
        ("piletibot slge", Command("?", "close")),
        ("piletibot sulge kui klient on nõus", Command("?", "close")),
        ("piletibot suuna L2_KUU", Command("?", "route")),
        ("piletibot oota kuni kevadeni", Command("?", "snooze")),
        ("piletibot edastatud tuvi", Command("?", "delivered")),
        ("@piletibot kus meie pilet praegu viibib", Command("?")),
        # Not for the bot.
        ("", None),
        ("Tere, piletibot sulge", None),
        ("piletiboti teade on vale", None),
        ("piletibot'i teade", None),
        ("piletibot tegi minu arust siin ühe vea", None),
        ("piletibot aitäh", None),
        ("[~accountid:712020:bbb] sulge", None),
        ("{quote}", None),
        ("> piletibot sulge", None),
        ("piletibot " + "a" * LONGEST, None),
        # Quoted, shown or taken back, and not said.
        ('"piletibot sulge"', None),
        ("„piletibot sulge“ ei toimi", None),
        ("«piletibot закрыть»", None),
        ("'piletibot close'", None),
        ("{{piletibot sulge}}", None),
        ("`piletibot sulge`", None),
        ("{quote}piletibot sulge{quote}", None),
        ("{code}piletibot sulge{code}", None),
        ("{noformat}piletibot sulge{noformat}", None),
        ("{color:#ffffff}piletibot sulge{color}", None),
        ("bq. piletibot sulge", None),
        ("-piletibot sulge-", None),
        ("# piletibot sulge", None),
        ("|piletibot sulge|", None),
        ("Re: piletibot sulge", None),
        ("Fwd: piletibot sulge", None),
        ("Piletibot <jira@asutus.example> kirjutas:", None),
        ("Piletibot <jira@asutus.example> sulge", None),
        ("Piletibot kirjutas 16.11.2026 kell 10.02:", None),
        ("Piletibot wrote:", None),
        ("Piletibot пишет:", None),
        # Called so as to look like the bot, or written so as to look like its name.
        ("[~accountid:712020:aaa-11] sulge", None),
        ("[~accountid:712020:aaa-1 ] [~bbb] sulge", Command("?")),
        ("[Piletibot|https://evil.example] sulge", None),
        ("р\u0456letibot sulge", None),
        ("рiletibot sulge", None),
        ("pile\u200btibot sulge", None),
        ("ｐｉｌｅｔｉｂｏｔ sulge", None),
        ("\u202epiletibot sulge", None),
        ("piletibot\u0301 sulge", None),
        ("piletibot-test sulge", Command("?", "close")),
        ("piletibot sul\u200bge", Command("?", "close")),
        ("piletibot ѕulge", Command("?", "close")),
    ],
)
def test_a_line_is_for_the_bot_or_not(line: str, command: Command | None) -> None:
    assert read(line) == command


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("02.12.2026", "2026-12-02"),
        ("2.12", "2026-12-02"),
        ("2.12.", "2026-12-02"),
        ("2. 12. 26", "2026-12-02"),
        ("2026-12-02", "2026-12-02"),
        ("2. detsember", "2026-12-02"),
        ("2. detsembrini 2026. a", "2026-12-02"),
        ("2 December", "2026-12-02"),
        ("December 2, 2026", "2026-12-02"),
        ("2nd Dec 2026", "2026-12-02"),
        ("2 декабря", "2026-12-02"),
        ("2 декабря 2026 г.", "2026-12-02"),
        ("20.11", "2026-11-20"),
        ("19.11", "2027-11-19"),
        ("3. mai", "2027-05-03"),
        ("homme", "2026-11-21"),
        ("завтра", "2026-11-21"),
        ("esmaspäevani", "2026-11-23"),
        ("friday", "2026-11-27"),
        ("до понедельника", "2026-11-23"),
        ("29.2", None),
        ("31.11.2026", None),
        ("12/02/2026", None),
        ("2. kuu", None),
        ("12", None),
        ("0000-00-00", None),
    ],
)
def test_dates_are_read_in_the_languages_forms(written: str, day: str | None) -> None:
    assert read(f"piletibot oota kuni {written}") == (Command("snooze", day) if day else Command("?", "snooze"))


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("1.12–5.12", "2026-12-01/2026-12-05"),
        ("01.12.2026-05.12.2026", "2026-12-01/2026-12-05"),
        ("1.–5. detsember", "2026-12-01/2026-12-05"),
        ("1-5 December", None),
        ("alates 1.12 kuni 5.12", "2026-12-01/2026-12-05"),
        ("from 1 December to 5 December", "2026-12-01/2026-12-05"),
        ("с 1 декабря по 5 декабря", "2026-12-01/2026-12-05"),
        ("28.12–05.01", "2026-12-28/2027-01-05"),
        ("2026-12-01 – 2026-12-05", "2026-12-01/2026-12-05"),
        ("homme", "2026-11-21/2026-11-21"),
        ("5.12.2026–1.12.2026", None),
        ("1.12–2.12–3.12", None),
    ],
)
def test_stretches_of_days_are_read(written: str, days: str | None) -> None:
    assert read(f"piletibot eemal {written}") == (Command("absent", days) if days else Command("?", "absent"))


def test_what_is_shown_for_a_value_that_is_missing() -> None:
    assert list(forms("et", ("snooze", "close"))) == ["oota kuni PP.KK.AAAA", "sulge"]
    assert shown("absent", "2026-12-01/2026-12-05", "ru") == "отсутствую 01.12.2026–05.12.2026"
    texts = ("delivered phone", "close", "snooze", "asked again", "delivered pigeon", "close it", "x")
    assert [text for text in texts if is_written(text)] == ["delivered phone", "close", "snooze", "asked again"]
    assert as_told("delivered phone", "et", "piletibot") == "piletibot edastatud telefon"


@given(
    st.sampled_from(["piletibot", "@piletibot ", "[~KEY-bot]", ""]),
    st.text(max_size=300)
    | st.lists(st.sampled_from([phrase for _, phrase in ALL] + ["1.12", "–", "31.2", "\n", "kuni"])).map(" ".join),
)
def test_no_line_raises_and_what_is_read_is_canonical(name: str, text: str) -> None:
    command = read(f"{name}{text}")
    if command is not None and command.word != "?":
        assert read(f"piletibot {shown(command.word, command.value, 'ru')}") == command or command.value is None
