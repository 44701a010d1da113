"""What the rulebook wants of an indicator stands beside its figure, and words of facts are told in each language."""

from __future__ import annotations

from typing import Any

import pytest
from desks import rulebook
from reported import CLOSED, FORWARDED, digested, reported, ticket

from bot.core.entries_report import Indicators
from bot.core.kpi.fact import Fact
from bot.report.gather import Beside
from bot.report.tell import Tell

CALLS = (Fact("calls", value=8, weight=10, group="abi", marks=("abandoned",) * 2, at=1_797_300_000),)
OF_OLD = {"indicator": "calls", "at_least": "99%", "valid_to": "2026-11-30"}


@pytest.mark.parametrize(
    ("targets", "target", "met"),
    [
        ([], None, None),
        ([{"indicator": "calls", "at_least": "80%"}], ("at least", 0.8), True),
        ([{"indicator": "calls", "at_least": "80.1%"}], ("at least", 0.801), False),
        ([{"indicator": "calls", "at_most": "79%"}], ("at most", 0.79), False),
        ([OF_OLD, {"indicator": "calls", "at_least": "70%", "valid_from": "2026-12-01"}], ("at least", 0.7), True),
        ([OF_OLD], None, None),
        ([{"indicator": "first_tier", "at_least": "80%"}], None, None),
    ],
)
def test_the_first_valid_target_counts(
    targets: list[dict[str, Any]], target: tuple[str, float] | None, met: bool | None
) -> None:
    book = rulebook(indicators=Indicators.model_validate({"targets": targets}))
    report = reported(ticket(1, FORWARDED, CLOSED), book=book, kind="week", beside=Beside(calls=CALLS))
    [figure] = (
        each
        for each in digested(report, book=book).figures
        if (each.figure.indicator, each.figure.group) == ("calls", "")
    )
    assert figure.figure.value == 0.8
    assert (None if figure.target is None else (figure.target.how, figure.target.value)) == target
    assert figure.met is met


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("et", ["ajalugu puudub", "põhjus VALE_MEESKOND", "põhjus märkimata", "katkestatud", "proovid"]),
        ("en", ["missing history", "reason VALE_MEESKOND", "reason not given", "abandoned", "proovid"]),
        ("ru", ["нет истории", "причина VALE_MEESKOND", "причина не указана", "прервано", "proovid"]),
    ],
)
def test_reasons_and_marks_are_told_in_the_readers_language(language: str, told: list[str]) -> None:
    words = ["missing history", "reason VALE_MEESKOND", "no reason", "abandoned", "proovid"]
    assert [Tell(language, rulebook()).reason(word) for word in words] == told
