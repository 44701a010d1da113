"""What facts come to where they are stretches of time, or ages."""

from __future__ import annotations

import pytest

from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import figure

SPANS = [
    ("none", [], 0),
    ("one", [(100, 60)], 60),
    ("apart", [(300, 60), (100, 60)], 120),
    ("one within another", [(100, 300), (150, 60)], 300),
    ("they overlap", [(100, 60), (130, 60)], 90),
    ("end to end", [(100, 60), (160, 60)], 120),
    ("a short one after a long one that covers a third", [(100, 300), (110, 10), (300, 200)], 400),
    ("no time at all", [(100, 0), (100, 0)], 0),
]


@pytest.mark.parametrize(("what", "spans", "seconds"), SPANS, ids=[each[0] for each in SPANS])
def test_each_second_of_stretches_counts_once(what, spans, seconds):
    found = figure("spans", "outage", "", [Fact("outage", value=length, at=at) for at, length in spans])
    assert (found.value, found.denominator) == (seconds, len(spans))


def test_days_come_to_their_median_and_their_90th_percentile():
    found = figure("days", "age", "", [Fact("age", value=days) for days in (1, 2, 3, 40)])
    assert (found.value, found.p90) == (2.5, 40)
    assert figure("days", "age", "", []).value is None
