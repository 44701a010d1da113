"""What the reasons for leaving something out of the statute's indicators are called, and the marks beside them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.entry import Names

REASONS: Mapping[str, Names] = {
    "test": {
        "et": "proov",
        "en": "test",
        "ru": "проверка",
    },
    "spam": {
        "et": "rämpspost",
        "en": "spam",
        "ru": "спам",
    },
    "duplicate": {
        "et": "duplikaat",
        "en": "duplicate",
        "ru": "дубликат",
    },
    "cancelled": {
        "et": "tühistatud",
        "en": "cancelled",
        "ru": "отменено",
    },
    "justified rejection": {
        "et": "põhjendatult tagasi lükatud",
        "en": "justified rejection",
        "ru": "обоснованно отклонено",
    },
    "monitoring event": {
        "et": "seiresündmus",
        "en": "monitoring event",
        "ru": "событие мониторинга",
    },
    "sub-task": {
        "et": "alamülesanne",
        "en": "sub-task",
        "ru": "подзадача",
    },
    "missing history": {
        "et": "ajalugu puudub",
        "en": "missing history",
        "ru": "нет истории",
    },
    "unknown state": {
        "et": "olek teadmata",
        "en": "unknown state",
        "ru": "состояние неизвестно",
    },
    "not over yet": {
        "et": "aeg ei ole veel läbi",
        "en": "not over yet",
        "ru": "срок ещё не истёк",
    },
    "not mature": {
        "et": "üleandmisest on vähe aega",
        "en": "handed over too lately",
        "ru": "передано недавно",
    },
    "still open": {
        "et": "veel avatud",
        "en": "still open",
        "ru": "ещё открыто",
    },
    "tier not known": {
        "et": "tase teadmata",
        "en": "tier not known",
        "ru": "уровень неизвестен",
    },
    "unreadable rating": {
        "et": "hinne ei ole loetav",
        "en": "unreadable rating",
        "ru": "оценка не читается",
    },
    "other line": {
        "et": "liin ei kuulu leppesse",
        "en": "line not agreed",
        "ru": "линия вне соглашения",
    },
    "short abandoned": {
        "et": "lühike katkestatud kõne",
        "en": "short abandoned call",
        "ru": "короткий прерванный",
    },
    "callback": {
        "et": "tagasihelistamine",
        "en": "call back",
        "ru": "обратный звонок",
    },
    "internal call": {
        "et": "sisemine kõne",
        "en": "internal call",
        "ru": "внутренний звонок",
    },
}
"""What the reasons for leaving something out are called; others are words of the rulebook's `uncounted`."""

REASON, NO_REASON = "reason ", "no reason"
"""What the mark of a return's reason begins with, before a value of the desk's own; and where none is known."""

MARKS: Mapping[str, Names] = {
    REASON: {"et": "põhjus ", "en": "reason ", "ru": "причина "},
    NO_REASON: {"et": "põhjus märkimata", "en": "reason not given", "ru": "причина не указана"},
    "extended": {
        "et": "pikendatud",
        "en": "extended",
        "ru": "продлено",
    },
    "met extended": {
        "et": "pikendatud tähtajaks täidetud",
        "en": "done by the extended date",
        "ru": "выполнено к продлённому сроку",
    },
    "assessed": {
        "et": "hinnatud",
        "en": "assessed",
        "ru": "оценено",
    },
    "reopened": {
        "et": "uuesti avatud",
        "en": "reopened",
        "ru": "открыто повторно",
    },
    "another matter": {
        "et": "avatud uue küsimusega",
        "en": "reopened with another matter",
        "ru": "другой вопрос",
    },
    "undelivered": {
        "et": "suletud lahendust edastamata",
        "en": "closed undelivered",
        "ru": "закрыто без передачи решения",
    },
    "repeated": {
        "et": "korduv pöördumine",
        "en": "repeated inquiry",
        "ru": "повторное обращение",
    },
    "complaint": {
        "et": "kinnitatud kaebus",
        "en": "confirmed complaint",
        "ru": "подтверждённая жалоба",
    },
    "unconfirmed complaint": {
        "et": "kinnitamata kaebus",
        "en": "unconfirmed complaint",
        "ru": "неподтверждённая жалоба",
    },
    "low rating": {
        "et": "hinne alla 3",
        "en": "rating below 3",
        "ru": "оценка ниже 3",
    },
    "returned": {
        "et": "tagasi suunatud, I tasemel lahendatud",
        "en": "returned, solved at tier I",
        "ru": "возвращено, решено на I уровне",
    },
    "no answer": {
        "et": "kliendi vastuseta suletud",
        "en": "closed without an answer",
        "ru": "закрыто без ответа",
    },
    "unsolved": {
        "et": "lahenduseta suletud",
        "en": "closed unsolved",
        "ru": "закрыто без решения",
    },
    "by bot": {
        "et": "boti suunatud",
        "en": "routed by the bot",
        "ru": "направлено ботом",
    },
    "pending": {
        "et": "kinnitamata tagasilükkamine",
        "en": "rejection to be confirmed",
        "ru": "возврат не подтверждён",
    },
    "silent": {
        "et": "vaikne ümbersuunamine",
        "en": "silent re-route",
        "ru": "перенаправлено без причины",
    },
    "abandoned": {
        "et": "katkestatud",
        "en": "abandoned",
        "ru": "прервано",
    },
}
"""What the marks beside figures are called; what stands behind `reason ` is a value of the desk's own."""
