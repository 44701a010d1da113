"""How a rulebook's words are said in a language: names, conditions, moments and people, as clauses in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.duration import parse_duration
from bot.core.entry import Why
from bot.core.forms import ByName, Elapsed, Number, Word
from bot.core.moments import MOMENTS, WHILES, MomentWord, WhileWord, split
from bot.core.people import DUTY, ROLES
from bot.core.phrases import clause
from bot.core.rulebook import Rulebook
from bot.core.words import NESTING, WORDS, field_word
from bot.describe import amounts
from bot.describe.words import words_of
from bot.texts import Messages
from bot.wording import clean

_MARKUP = re.compile(r"[\\`*\[\]<>&]|(?<![^\W_])_|_(?![^\W_])")
_ID = re.compile(r"customfield_[0-9]+|[0-9]+")
_EXCEPT = {"et": "välja arvatud juhul, kui", "en": "except when"}
_NOT = {"et": "ei ole nii, et", "en": "it is not so that"}
_ALWAYS = {"et": "alati", "en": "always"}
_COMPARED = {
    "et": {"over": "rohkem kui {bound}", "under": "vähem kui {bound}"},
    "en": {"over": "more than {bound}", "under": "less than {bound}"},
}
_ON_DUTY = {"et": "sellele, kes on graafiku {roster} järgi valves", "en": "whoever is on duty by the roster {roster}"}
_PERSON = {"et": "isikule {person}", "en": "{person}"}


def plain_text(text: str) -> str:
    """Make of any text a text on one line that Markdown does not take for markup."""
    return _MARKUP.sub(r"\\\g<0>", clean(text))


def code(text: str) -> str:
    """A word of the rulebook as it is written there, such as a rule's permanent name."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{fence}{space}{clean(text)}{space}{fence}"


@dataclass(frozen=True, slots=True)
class Voice:
    """A rulebook and its messages, and the language in which they are told."""

    book: Rulebook
    messages: Messages
    language: str

    def say(self, sentence: str, /, **values: object) -> str:
        """Fill in one of the fixed sentences; values are Markdown."""
        return words_of(self.language)[sentence].format(**values)

    def quoted(self, text: str) -> str:
        """Put a name into the language's quotation marks."""
        before, after = amounts.QUOTES[self.language]
        return f"{before}{plain_text(text)}{after}"

    def name(self, kind: str, word: str) -> str:
        """What a `queue` or `state` is called, in quotation marks."""
        return self.quoted(self.book.name(kind, word, self.language))

    def field(self, word: str) -> str:
        """What a field is called: its title, else what it is called in Jira, else its word."""
        mapped = self.book.entries.fields.get(word, word)
        title = self.book.name("title", word, self.language)
        shown = mapped if title == word and not _ID.fullmatch(mapped) else title
        return self.quoted(shown)

    def why(self, why: Why) -> str:
        """A rule's reason in this language, else in the desk's, else in any."""
        if isinstance(why, str):
            return plain_text(why)
        said = {str(language): text for language, text in why.items()}
        return plain_text(
            said.get(self.language) or said.get(self.book.entries.language) or next(iter(said.values()))
        )

    # Conditions

    def conditions(self, when: Mapping[str, Any]) -> str:
        """All conditions as clauses that follow "when"; exceptions come last."""
        said = [
            f"({text})" if word == "any" and len(when) > 1 else text
            for word, wanted in when.items()
            if word != "not" and (text := self._condition(word, wanted))
        ]
        exceptions = [self.conditions(wanted) for word, wanted in when.items() if word == "not"]
        if not said:
            said, exceptions = [f"{_NOT[self.language]} {one}" for one in exceptions], []
        whole = amounts.all_clauses(said, self.language) if said else _ALWAYS[self.language]
        return whole + "".join(f", {_EXCEPT[self.language]} {one}" for one in exceptions)

    def _condition(self, word: str, wanted: Any) -> str:
        if word in ("any", "all"):
            each = [self._nested(one) for one in wanted]
            return (amounts.any_clause if word == "any" else amounts.all_clauses)(each, self.language)
        entry = WORDS.get(word) or field_word(word)
        match entry:
            case ByName():
                named = (self._clauses(word, entry, values, name) for name, values in wanted.items())
                return amounts.both(list(named), self.language)
            case Number() | Elapsed():
                return clause(entry.phrase, self.language, "", self._compared(wanted))
            case _:
                return self._clauses(word, entry, wanted, word)

    def _nested(self, when: Mapping[str, Any]) -> str:
        """Conditions in a list of such, in brackets where they are more than one clause."""
        said = self.conditions(when)
        return f"({said})" if len(when) > 1 or not when.keys().isdisjoint(NESTING) else said

    def _clauses(self, word: str, entry: Word, wanted: Any, name: str) -> str:
        """One clause for all values where they stand in it, else one for each."""
        values = wanted if isinstance(wanted, list) else [wanted]
        of = self._called(entry, name)
        if isinstance(entry.phrase[self.language], str):
            shown = amounts.either([self._value(word, value) for value in values], self.language)
            return clause(entry.phrase, self.language, "", shown, of)
        return amounts.any_clause(
            [clause(entry.phrase, self.language, str(value).lower(), "", of) for value in values], self.language
        )

    def _called(self, entry: Word, name: str) -> str:
        if isinstance(entry, ByName):
            return entry.called[name][self.language] if name in entry.called else self.quoted(name)
        return self.field(name)

    def _value(self, word: str, value: object) -> str:
        entries, text = self.book.entries, str(value)
        match word:
            case "queue" | "state":
                return self.name(word, text)
            case "category" | "priority":
                shown = (entries.categories if word == "category" else entries.priorities).get(text, text)
                return self.quoted(text if _ID.fullmatch(shown) else shown)
            case "filled":
                return self.field(text)
            case _:
                return self.quoted(text)

    def _compared(self, wanted: Any) -> str:
        """A number, one of several, or what lies between bounds."""
        if not isinstance(wanted, Mapping):
            values = wanted if isinstance(wanted, list) else [wanted]
            return amounts.either([str(value) for value in values], self.language)
        bounds = (_COMPARED[self.language][word].format(bound=self._bound(bound)) for word, bound in wanted.items())
        return amounts.both(list(bounds), self.language)

    def _bound(self, bound: object) -> str:
        return amounts.amount(parse_duration(bound), self.language) if isinstance(bound, str) else str(bound)

    # Moments and stretches of time

    def moments(self, texts: Sequence[str]) -> str:
        """Any of these moments, as clauses that follow "when"."""
        return amounts.any_clause([self._timed(text, MOMENTS) for text in texts], self.language)

    def whiles(self, texts: Sequence[str]) -> str:
        """Any of these stretches of time, as clauses that follow "while"."""
        return amounts.any_clause([self._timed(text, WHILES) for text in texts], self.language)

    def _timed(self, text: str, words: Mapping[str, MomentWord] | Mapping[str, WhileWord]) -> str:
        found = split(text, words)
        if found is None:
            return self.quoted(text)
        word, argument = found
        kind = word.split(" ")[1 if word.startswith(("enters", "leaves")) else 0]
        shown = self.field(argument) if word == "sets" else self._value(kind, argument)
        return clause(words[word].phrase, self.language, argument, shown)

    # People

    def told(self, words: Sequence[str]) -> str:
        """Those who are told something, by their roles or as persons."""
        return amounts.both(list(self._each_told(words)), self.language)

    def _each_told(self, words: Sequence[str]) -> Iterator[str]:
        for word in words:
            role = ROLES.get(word)
            if role is None and word.startswith(DUTY):
                roster = self.quoted(plain_text(word.removeprefix(DUTY)))
                yield _ON_DUTY[self.language].format(roster=roster)
            else:
                yield role.told[self.language] if role else _PERSON[self.language].format(person=plain_text(word))

    def people(self, words: Sequence[str]) -> str:
        """Several persons, by their words."""
        return amounts.both(list(map(plain_text, words)), self.language)
