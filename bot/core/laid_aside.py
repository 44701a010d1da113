"""Tickets that are laid aside since something with them went wrong: why, in words for people, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.core.ticket import Moment

FIRST_S = 900
"""After how many seconds a ticket that failed is tried again first; each further time it is twice as long."""

LAST_S = 24 * 3600
"""The longest that a ticket which fails waits to be tried again, in seconds."""

WHY: Mapping[str, Mapping[str, str]] = {
    "unread": {
        "et": "piletit ei õnnestu lugeda",
        "en": "the ticket cannot be read",
        "ru": "заявку не удаётся прочитать",
    },
    "unjudged": {
        "et": "piletit ei õnnestu reeglite järgi hinnata",
        "en": "the ticket cannot be judged by the rules",
        "ru": "заявку не удаётся оценить по правилам",
    },
    "unwritten": {
        "et": "teate teksti ei õnnestu koostada",
        "en": "the text of the message cannot be made",
        "ru": "текст сообщения не удаётся составить",
    },
    "refused": {
        "et": "Jira keeldub",
        "en": "Jira refuses",
        "ru": "Jira отказывает",
    },
    "failing": {
        "et": "Jira ei saa selle piletiga hakkama",
        "en": "Jira stumbles over this ticket",
        "ru": "Jira не справляется с этой заявкой",
    },
    "unseen": {
        "et": "teadet ei näeks adressaat või näeks seda kõrvaline isik",
        "en": "the message would not be seen by whom it is for, or by others too",
        "ru": "сообщение не увидел бы адресат или увидел бы посторонний",
    },
    "lost": {
        "et": "kirjutatu ei jõua piletile",
        "en": "what is written does not reach the ticket",
        "ru": "написанное не попадает в заявку",
    },
    "gone": {
        "et": "piletit ei ole enam",
        "en": "the ticket is no longer there",
        "ru": "заявки больше нет",
    },
    "unset": {
        "et": "välju ei õnnestu täita",
        "en": "its fields cannot be set",
        "ru": "поля не удаётся заполнить",
    },
    "twice": {
        "et": "sama teade on piletil kaks korda",
        "en": "the same message stands there twice",
        "ru": "одно и то же сообщение стоит дважды",
    },
}
"""Why a ticket can be laid aside: a short word for each reason, with what a person reads, by language.

Adding one costs this place and where it happens.
"""

OTHER = "other"
"""The word of a reason noted by an earlier version, which told it in a sentence alone."""


class LaidAside(NamedTuple):
    """A ticket laid aside since `at`: `what` is the word of its reason and the place of it, as `worded` writes them.

    It was tried `tries` times, and is tried again at `again_at`, or when it changes; None is only when it changes.
    """

    ticket_id: str
    what: str
    at: Moment
    tries: int = 1
    again_at: Moment | None = None

    @property
    def why(self) -> str:
        """The word of the reason."""
        return parted(self.what)[0]


def worded(why: str, place: object) -> str:
    """Write a reason's word and its place, which is technical, English and holds nothing of the ticket."""
    return f"{why}: {place}"


def parted(what: str) -> tuple[str, str]:
    """Take apart what `worded` wrote: the reason's word, `OTHER` where there is none, and the place."""
    why, colon, place = what.partition(": ")
    return (why, place) if colon and why in WHY else (OTHER, what)


def told(what: str, language: str) -> tuple[str, str]:
    """Tell a reason to a person: in their language, empty for `OTHER`; and its place."""
    why, place = parted(what)
    return (WHY[why].get(language, WHY[why]["en"]) if why in WHY else ""), place


def distance_s(tries: int) -> int:
    """Give for how long a ticket waits that was tried so often, in seconds."""
    return int(min(LAST_S, FIRST_S * 2 ** min(tries - 1, 10)))
