"""The field's own figures in a digest: their names in each language, the sample, and who has too much to do."""

from __future__ import annotations

import pytest
from desks import rulebook
from reported import FORWARDED, SOLVED, digested, paged, reported, ticket

from bot.core.audience import Audience
from bot.core.kpi.counted import EVENT, NO_HISTORY, SUB_TASK, UNKNOWN_STATE
from bot.core.kpi.registry import WORDS
from bot.core.kpi.statute import NO_TIER, NOT_MATURE, NOT_YET, ODD_RATING, STILL_OPEN
from bot.report.page_figures import group_name
from bot.report.tell import Table, Tell

CROWDED = [ticket(n, FORWARDED, category="LIGIPAAS") for n in range(1, 13)]
DONE = [ticket(n, FORWARDED, SOLVED, category="MAKSMINE") for n in range(21, 30)]
UNMAPPED = ticket(40, FORWARDED, category="ANDMEKAITSE", queue="AKS")
DESK = [*CROWDED, *DONE, UNMAPPED, ticket(41, FORWARDED, SOLVED, secured=True)]
OUTSIDE = Audience(team=False)
EXAMPLES = {
    "et": ("Infosüsteemide büroo", "Üksusega sidumata", "ootab veel", "Töökoormus on ebaühtlane. IT-tugi (KEMIT)"),
    "en": ("Information systems bureau", "Of no unit", "still waiting", "The workload is uneven. IT support (KEMIT)"),
    "ru": ("Бюро информационных систем", "Не отнесено к подразделению", "ещё ожидает", "Нагрузка неравномерна."),
}


def figures(language: str = "et", audience: Audience | None = None) -> dict[str, Table]:
    digest = digested(reported(*DESK, kind="week"), **({} if audience is None else {"audience": audience}))
    return {each.word: each for each in paged(digest, language).figures}


@pytest.mark.parametrize("language", list(EXAMPLES))
def test_units_ages_and_reasons_have_names_in_every_language(language):
    unit, unmapped, waiting, uneven = EXAMPLES[language]
    page = paged(digested(reported(*DESK, kind="week")), language)
    found = {each.word: each for each in page.figures}
    rows = {row.cells[0]: row.cells[1] for row in found["by-inquiries"].rows}
    assert (rows[unit], rows[unmapped]) == ("12", "2")  # one has no category
    assert [row.cells[0].partition(" ")[0] for row in found["by-backlog"].rows] == ["0–9"]
    notes = next(each.notes for each in page.definitions if each.name == "handoff_wait")
    assert any(waiting in note for note in notes)
    assert [line for line in page.load if line.startswith(uneven)]


def test_every_word_that_facts_bring_along_is_told_in_every_language():
    constants = [EVENT, NO_HISTORY, SUB_TASK, UNKNOWN_STATE, NO_TIER, NOT_MATURE, NOT_YET, ODD_RATING, STILL_OPEN]
    assert not [word for word in constants if word not in WORDS]
    assert {tuple(names) for names in WORDS.values()} == {("et", "en", "ru")}


def test_a_sample_is_drawn_of_what_was_solved_and_nothing_secured():
    table = figures()["sample"]
    assert table.title == "Kvaliteedivalim"
    keys = [row.cells[0] for row in table.rows]
    assert (len(keys), set(keys) <= {each.key for each in DONE}) == (5, True)
    assert keys == [row.cells[0] for row in figures("ru")["sample"].rows]
    assert "sample" not in figures(audience=OUTSIDE)


def test_an_imbalance_is_told_to_the_team_alone():
    assert paged(digested(reported(*DESK, kind="week"))).load
    assert not paged(digested(reported(*DESK, kind="week"), audience=OUTSIDE)).load
    assert not paged(digested(reported(kind="week"))).load


def test_a_rule_that_is_called_like_a_unit_keeps_its_own_name():
    tell = Tell("et", rulebook())
    assert (group_name("unit", "charges", tell), group_name("rule", "charges", tell)) == (
        "Keskkonnatasu büroo",
        "charges",
    )
    assert group_name("category", "unknown", tell) == "?"


def test_of_people_who_did_not_agree_no_row_is_shown():
    shown = [row.cells[0] for row in figures()["figures"].rows]
    assert "Avatud pileteid täitja kohta" not in shown
