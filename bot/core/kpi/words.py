"""The words that facts bring along: why something is not counted, and what is counted beside a figure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.entry import Names

UNMAPPED = "-"
"""The group of what belongs to none, such as a category that no unit has."""

FIELD_WORDS: Mapping[str, Names] = {
    UNMAPPED: {"et": "Üksusega sidumata", "en": "Of no unit", "ru": "Не отнесено к подразделению"},
    "rejudged": {
        "et": "hinnatud hilisema reeglistiku järgi",
        "en": "judged by a later rulebook",
        "ru": "оценено по более поздним правилам",
    },
    "still waiting": {"et": "ootab veel", "en": "still waiting", "ru": "ещё ожидает"},
    "taken back": {"et": "edastaja võttis tagasi", "en": "taken back by tier I", "ru": "отозвано I уровнем"},
    "no executor": {"et": "täitjata", "en": "without assignee", "ru": "без исполнителя"},
    "justified": {"et": "põhjendatud", "en": "justified", "ru": "обоснованно"},
    "not justified": {"et": "põhjendamata", "en": "not justified", "ru": "необоснованно"},
    "nothing required": {
        "et": "reeglid andmeid ei nõua",
        "en": "no rule requires anything",
        "ru": "правила ничего не требуют",
    },
    "waived": {
        "et": "lubatud sulgeda edastamata",
        "en": "allowed to be closed undelivered",
        "ru": "разрешено закрыть без передачи",
    },
    "not due yet": {"et": "tähtaeg ei ole käes", "en": "not due yet", "ru": "срок не наступил"},
    "closed by the bot": {
        "et": "suletud automaatselt ja uuesti avatud",
        "en": "closed by the bot and reopened",
        "ru": "закрыто автоматически и открыто повторно",
    },
    "asked again": {"et": "klient küsis uuesti", "en": "the customer asked again", "ru": "клиент обратился снова"},
    "thanks": {"et": "avatud tänu peale", "en": "reopened for a thank-you", "ru": "открыто из-за благодарности"},
    "not delivered": {
        "et": "lahendus ei olnud kliendini jõudnud",
        "en": "the solution had not reached the customer",
        "ru": "решение не дошло до клиента",
    },
    "other reason": {"et": "muu põhjus", "en": "another reason", "ru": "другая причина"},
    "provisional": {
        "et": "algus täpselt teadmata",
        "en": "its start is not known exactly",
        "ru": "начало точно не известно",
    },
    "overdue": {"et": "vastamata ja üle tähtaja", "en": "open and overdue", "ru": "без ответа и просрочено"},
    "tier 1": {"et": "I tase", "en": "tier I", "ru": "I уровень"},
    "tier 2": {"et": "II tase", "en": "tier II", "ru": "II уровень"},
    "no tier": {"et": "tase teadmata", "en": "tier not known", "ru": "уровень не известен"},
    "down": {"et": "kestab veel", "en": "still down", "ru": "ещё продолжается"},
    "security level": {"et": "turvatasemega", "en": "with a security level", "ru": "с уровнем защиты"},
    "requests": {"et": "päringud Jirasse", "en": "requests to Jira", "ru": "запросы к Jira"},
    "comments": {"et": "kommentaarid", "en": "comments", "ru": "комментарии"},
    "letters": {"et": "kirjad", "en": "letters", "ru": "письма"},
    "cycles": {"et": "ringid", "en": "cycles", "ru": "циклы"},
}
"""What these words are called, by language: reasons for which something is left out, marks, and kinds of cost."""
