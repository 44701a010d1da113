"""Every word of the registries can be said to people, in every language of the process description."""

from __future__ import annotations

import pytest

from bot.core.moments import MOMENTS, WHILES, forms
from bot.core.people import ROLES
from bot.core.phrases import PHRASED, clause, turn_of
from bot.core.words import WORDS


def said(phrase, language, values):
    return [clause(phrase, language, str(value).lower(), f"“{value}”") for value in values or ["a name"]]


@pytest.mark.parametrize("language", PHRASED)
@pytest.mark.parametrize("word", WORDS)
def test_a_condition_is_said_with_every_value(word, language):
    values = WORDS[word].values
    closed = not isinstance(WORDS[word].phrase[language], str)
    clauses = said(WORDS[word].phrase, language, values if closed else None)
    assert len(set(clauses)) == (len(values) if closed else 1)
    assert closed or "a name" in clauses[0]


@pytest.mark.parametrize("language", PHRASED)
@pytest.mark.parametrize(
    ("word", "arguments", "phrase"),
    [(word, arguments, words[word].phrase) for words in (MOMENTS, WHILES) for word, arguments in forms(words)],
)
def test_a_moment_is_said_with_whatever_follows_it(word, arguments, phrase, language):
    if arguments:
        assert len(set(said(phrase, language, arguments))) == len(arguments)
    else:
        assert ("“a name”" in said(phrase, language, None)[0]) == (arguments is None)


@pytest.mark.parametrize("language", PHRASED)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_named_told_and_explained(role, language):
    assert all(phrase[language] for phrase in (ROLES[role].name, ROLES[role].told, ROLES[role].who))


def test_the_ball_has_a_clause_for_everybody():
    assert turn_of("en", "it is {whose} turn", "nobody's") == {
        "tier 1": "it is tier I's turn",
        "tier 2": "it is tier II's turn",
        "customer": "it is the customer's turn",
        "third party": "it is a third party's turn",
        "nobody": "nobody's",
    }
