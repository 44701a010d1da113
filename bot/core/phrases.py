"""How words of the rule language are said to people: whole clauses, so that no name need be inflected."""

from __future__ import annotations

from collections.abc import Mapping

PHRASED = ("et", "en")
"""The languages in which every word of the registries has its phrase."""

Phrase = Mapping[str, str | Mapping[str, str]]
"""By language: a clause with `{value}`, or a clause for each of its values (`true` and `false` for yes and no).

`{of}` stands for what is named, where a word asks something of each of several things."""


def clause(phrase: Phrase, language: str, value: str, name: str, of: str = "") -> str:
    """Say a word in a language with a value, which `name` shows, of a thing that `of` shows where one is named.

    Raises KeyError for a value without its clause.
    """
    said = phrase[language]
    return (said if isinstance(said, str) else said[value]).format(value=name, of=of)


def turn_of(language: str, whose: str, nobodys: str) -> Mapping[str, str]:
    """Make a clause for each holder of the ball, who stands in place of `{whose}`, and the one for nobody."""
    return {ball: whose.format(whose=name) for ball, name in _WHOSE[language].items()} | {"nobody": nobodys}


_WHOSE: Mapping[str, Mapping[str, str]] = {
    "et": {
        "tier 1": "I taseme",
        "tier 2": "II taseme",
        "customer": "kliendi",
        "third party": "kolmanda osapoole",
    },
    "en": {
        "tier 1": "tier I's",
        "tier 2": "tier II's",
        "customer": "the customer's",
        "third party": "a third party's",
    },
}
