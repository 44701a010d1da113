"""What a desk's settings make of the statute's indicators, told beside their definitions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.core.entries_report import Indicators
from bot.core.entry import Names
from bot.core.rulebook import Rulebook

_GRACE: Names = {
    "et": "Esmase tähtaja parandamise aeg enne täitja määramist, tööminutites: {n}",
    "en": "Working minutes in which the first date may be put right before anybody has the task: {n}",
    "ru": "Рабочих минут, за которые первый срок можно исправить до назначения исполнителя: {n}",
}
_WINDOW: Names = {
    "et": "Vaatlusaeg tööpäevades: {n}",
    "en": "Working days of observation: {n}",
    "ru": "Рабочих дней наблюдения: {n}",
}
_SCALE: Names = {
    "et": "Hinnete skaala: {low}–{high}",
    "en": "Scale of the ratings: {low}–{high}",
    "ru": "Шкала оценок: {low}–{high}",
}
_MAPPED: Names = {
    "et": ", teisendatud ühtlaselt skaalale 1–5",
    "en": ", mapped evenly onto 1–5",
    "ru": ", равномерно пересчитана на 1–5",
}
_RECEIVED: Names = {
    "et": "Hinde saabumise aeg pärast perioodi lõppu, päevades: {n}",
    "en": "Days after the period in which a rating still counts: {n}",
    "ru": "Дней после периода, в течение которых оценка ещё учитывается: {n}",
}
_RETURNED: Mapping[bool, Names] = {
    True: {
        "et": "Tagasi suunatud ja I tasemel lahendatud pöördumine läheb arvesse esmatasandil lahendatuna",
        "en": "What was returned and solved at tier I counts as solved at the first level",
        "ru": "Возвращённое и решённое на I уровне считается решённым на первом уровне",
    },
    False: {
        "et": "Tagasi suunatud ja I tasemel lahendatud pöördumine ei lähe arvesse esmatasandil lahendatuna",
        "en": "What was returned and solved at tier I does not count as solved at the first level",
        "ru": "Возвращённое и решённое на I уровне не считается решённым на первом уровне",
    },
}
_NO_ANSWER: Mapping[bool, Names] = {
    True: {
        "et": "I tasemel kliendi vastuseta suletud pöördumine läheb arvesse esmatasandil lahendatuna",
        "en": "What was closed at tier I without the customer's answer counts as solved at the first level",
        "ru": "Закрытое на I уровне без ответа клиента считается решённым на первом уровне",
    },
    False: {
        "et": "Kliendi vastuseta suletud pöördumine ei lähe arvesse esmatasandil lahendatuna",
        "en": "What was closed without the customer's answer does not count as solved at the first level",
        "ru": "Закрытое без ответа клиента не считается решённым на первом уровне",
    },
}
_LINES: Names = {
    "et": "Kokkulepitud aeg sekundites: {lines}",
    "en": "Agreed time in seconds: {lines}",
    "ru": "Согласованное время в секундах: {lines}",
}
_SHORT: Names = {
    "et": "Välja jäetud katkestatud kõned on lühemad kui (sekundites): {n}",
    "en": "Left out are calls given up in less than so many seconds: {n}",
    "ru": "Не учтены звонки, прерванные менее чем за столько секунд: {n}",
}
_ALL: Names = {
    "et": "Arvestatud on ka lühikesed katkestatud kõned",
    "en": "Calls given up soon are counted too",
    "ru": "Короткие прерванные звонки тоже учтены",
}
_MATURE: Names = {
    "et": "Aeg üleandmisest, mille järel avatud pöördumine arvesse läheb, tööpäevades: {n}",
    "en": "Working days after its hand-over from which on an open inquiry counts: {n}",
    "ru": "Рабочих дней после передачи, по истечении которых открытое обращение учитывается: {n}",
}

Told = Iterator[tuple[Names, Mapping[str, object]]]


def notes(indicator: str, book: Rulebook, language: str) -> Iterator[str]:
    """Give what the rulebook sets for an indicator of the statute, a sentence each; nothing for any other."""
    for names, values in _NOTES.get(indicator, _nothing)(book):
        said = {str(spoken): text for spoken, text in names.items()}
        yield said[language].format(**values)


def _settings(book: Rulebook) -> Indicators:
    return book.entries.indicators


def _nothing(_: Rulebook) -> Told:
    yield from ()


def _first_deadline(book: Rulebook) -> Told:
    yield _GRACE, {"n": _settings(book).grace.working_s(book.calendar.day_s) // 60}


def _quality(book: Rulebook) -> Told:
    yield _WINDOW, {"n": _settings(book).quality.window.amount}


def _rated(book: Rulebook) -> Told:
    said = _settings(book).ratings
    is_mapped = (said.lowest, said.highest) != (1, 5)
    scale: Names = {each: text + (_MAPPED[each] if is_mapped else "") for each, text in _SCALE.items()}
    yield scale, {"low": said.lowest, "high": said.highest}
    yield _RECEIVED, {"n": said.within.amount}


def _first_tier(book: Rulebook) -> Told:
    said = _settings(book).first_tier
    yield _RETURNED[said.returned], {}
    yield _NO_ANSWER[said.no_answer], {}


def _calls(book: Rulebook) -> Told:
    said = _settings(book).calls
    if said.lines:
        yield _LINES, {"lines": "; ".join(f"{line} {seconds}" for line, seconds in said.lines.items())}
        yield (_ALL, {}) if said.short is None else (_SHORT, {"n": said.short})


def _right_team(book: Rulebook) -> Told:
    yield _MATURE, {"n": _settings(book).mature.amount}


_NOTES: Mapping[str, Callable[[Rulebook], Told]] = {
    "first_deadline": _first_deadline,
    "quality": _quality,
    "satisfaction": _rated,
    "satisfied": _rated,
    "response": _rated,
    "first_tier": _first_tier,
    "first_tier_created": _first_tier,
    "calls": _calls,
    "right_team": _right_team,
    "bot_routing": _right_team,
    "rejected": _right_team,
}
