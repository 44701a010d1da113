"""The digest's own words in each language (domain section 4.4): every language has the same ones."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.entries_report import DigestEntry
from bot.report.words.en import EN
from bot.report.words.et import ET
from bot.report.words.ru import RU
from bot.wording import plural

_WORDS: Mapping[str, Mapping[str, str]] = {"et": ET, "en": EN, "ru": RU}


def words_of(language: str) -> Mapping[str, str]:
    """The words of a language. Some have places for numbers; those with forms have them apart by `|`."""
    return _WORDS[language]


def headings(language: str, digest: DigestEntry) -> Mapping[str, str]:
    """The words of a language as this digest has them: with its own title for a day, and its numbers."""
    words = words_of(language)
    soon, days = digest.soon.amount, digest.promises.amount
    due = {1: words["soon_today"], 2: words["due_soon"]}.get(soon, words["soon_within"].format(n=soon))
    named = plural(days, words["days"].split("|"), language)
    titles = {str(spoken): title for spoken, title in digest.title.items()}
    return {
        **words,
        "title": titles.get(language, words["title_day"]),
        "due_soon": due,
        "group_soon": due,
        "promises": words["promises"].format(n=days, days=named),
    }
