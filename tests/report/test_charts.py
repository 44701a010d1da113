"""The charts: what they show, in words as well; drawn in a process of their own, told apart without any colour."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from desks import rulebook
from msgspec.structs import replace
from reported import BROWSE, FORWARDED, SOLVED, VERDICTS, digested, reported, ticket

from bot.core.audience import Audience
from bot.core.kpi.fact import Fact
from bot.core.kpi.period import period_before
from bot.report.charts import charts_of
from bot.report.digest import Digest, Target
from bot.report.drawing import NotDrawn, draw, drawn
from bot.report.pictures import Bar, Bars, Drawn, Line, Trend
from bot.report.render import render
from bot.report.tell import Tell
from bot.report.words import words_of

ROOT = Path(__file__).resolve().parents[2]
TICKETS = [ticket(n, FORWARDED) for n in (1, 2)] + [ticket(3, FORWARDED, SOLVED)]


def solved(n: int, of: int) -> tuple[Fact, ...]:
    return tuple(Fact("first_deadline", f"KKA-{k}", int(k < n), queue="L2_IT") for k in range(of))


def shown(*shares: tuple[int, int], audience: Audience | None = None) -> Digest:
    """A digest with the share of solved in time of each of these days, the present one last."""
    report = replace(reported(*TICKETS, verdicts=VERDICTS), facts=solved(*shares[-1]))
    previous, period = [], report.period
    for n, of in reversed(shares[:-1]):
        period = period_before(period, rulebook().calendar)
        previous.insert(0, replace(report, period=period, facts=solved(n, of)))
    found = digested(report, previous, *([] if audience is None else [audience]))
    target = Target("at least", 0.85)
    return replace(
        found,
        figures=tuple(
            replace(each, target=target, met=False) if each.figure.indicator == "first_deadline" else each
            for each in found.figures
        ),
    )


def charts(digest: Digest, language: str = "et") -> dict[str, Trend | Bars]:
    return {chart.name: chart for chart in charts_of(digest, Tell(language, rulebook(), BROWSE))}


def test_shares_are_shown_over_the_periods_against_their_target():
    trend = charts(shown((9, 10), (8, 10), (7, 8)))["trend"]
    assert isinstance(trend, Trend)
    assert trend.periods == ("14.12", "15.12", "16.12")
    assert charts(shown((0, 0), (9, 10), (8, 10)))["trend"].periods == ("15.12", "16.12"), "since anything is known"
    (line,) = trend.lines
    assert (line.points, line.target, line.at_least) == ((0.9, 0.8, 0.875), 0.85, True)
    assert (line.low_told, line.high_told, line.told) == ("80%", "90%", "87,5%")
    assert line.title.endswith("(siht ≥ 85%)")
    assert trend.alt.endswith(": 80,0% → 87,5%.")


@pytest.mark.parametrize(
    ("shares", "has_trend"),
    [([(9, 10)], False), ([(0, 0), (9, 10)], False), ([(9, 10), (0, 0)], False), ([(9, 10), (10, 10)], True)],
)
def test_a_trend_is_of_two_periods_at_least(shares, has_trend):
    assert ("trend" in charts(shown(*shares))) is has_trend


def test_the_other_charts_say_in_words_what_they_show():
    found = charts(shown((9, 10)), "en")
    backlog, promises, waits = found["backlog"], found["promises"], found["waits"]
    assert backlog.bars[0] == Bar("0–9 days: 2", (2,))
    assert backlog.alt == "0–9 days: 2 (At tier II 2); 10–30 days: 0; over 30 days: 0."
    assert promises.parts == ("Met", "Missed")
    assert Bar("Solution by tier II: 33.3%", (1, 2)) in promises.bars
    assert promises.alt.startswith("First answer of tier II: 100.0% (Met 1, Missed 0); ")
    assert [bar.parts for bar in waits.bars] == [(1,), (2,)]


def test_a_chart_of_few_is_not_drawn_outside_the_team():
    assert charts(shown((9, 10), (8, 10), audience=Audience(team=False))).keys() == {"trend"}
    assert charts(shown((3, 4), (2, 4), audience=Audience(team=False))) == {}


PARENT = """
import sys, msgspec
from bot.report.pictures import Chart
from bot.report.drawing import draw
import bot.commands.digest
def size():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1])
charts = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Chart, ...])
before = size()
drawn = draw(charts)
there = sorted({"altair", "vl_convert", "pandas", "narwhals"} & set(sys.modules))
sys.stdout.buffer.write(msgspec.json.encode((drawn, there, before, size())))
"""


@pytest.fixture(scope="module")
def parent() -> tuple[dict[str, Drawn], list[str], int, int]:
    """What a process has drawn by its child, which modules it then holds, and its kilobytes before and after."""
    given = (
        *charts(shown((9, 10), (8, 10), (7, 8))).values(),
        Bars("tiers", '<&">', "alt", ("I", "II"), (Bar("Заявки õä: 30", (12, 18)), Bar("б: 0", (0, 0)))),
    )
    done = subprocess.run(
        [sys.executable, "-c", PARENT], input=msgspec.json.encode(given), capture_output=True, cwd=ROOT, check=True
    )
    found, there, before, after = msgspec.json.decode(done.stdout, type=tuple[tuple[Drawn, ...], list[str], int, int])
    return {each.name: each for each in found}, there, before, after


def test_what_draws_is_never_in_the_process_that_asks_for_it(parent):
    found, there, before, after = parent
    assert list(found) == ["trend", "waits", "backlog", "promises", "tiers"]
    assert there == []
    assert after - before < 5_000, "kilobytes"


def test_a_page_has_a_chart_in_its_own_colours_and_with_no_colour_at_all(parent):
    for each in parent[0].values():
        root = ElementTree.fromstring(each.svg)
        assert root.get("role") == "img"
        assert root.get("aria-label") == each.title
        colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]+)"', each.svg)) - {"#fff"}
        assert colours == set(), each.name
    tiers = parent[0]["tiers"].svg
    assert {"url(#tiers-0)", "url(#tiers-1)"} <= set(re.findall(r"url\(#[\w-]+\)", tiers))
    assert all(text in tiers for text in (">12<", ">18<", "Заявки õä: 30"))
    trend = parent[0]["trend"].svg
    assert all(text in trend for text in ("87,5%", "80%", "14.12", "siht ≥ 85%", "täitmata"))
    assert "stroke-dasharray" in trend


def test_a_mail_has_it_twice_as_fine_as_it_is_shown(parent):
    for each in parent[0].values():
        assert each.png.startswith(b"\x89PNG")
        width = struct.unpack(">I", each.png[16:20])[0]
        assert (width, width <= 900) == (2 * each.width, True)
        assert each.in_mail().source == f"cid:{each.name}"
        assert len(each.png) < 60_000, "four charts are no burden to a mail"


@pytest.mark.parametrize(
    ("given", "timeout_s", "why"),
    [
        ((Bars("b", "t", "a", ("",), (Bar("x", (1,)),)),), 0.001, "drawing took longer than 0.001 s"),
        ((Line("no chart", "", (), 0, 1, "", ""),), 60, "the program that draws ended with 1"),
    ],
)
def test_what_cannot_be_drawn_is_told(given, timeout_s, why):
    with pytest.raises(NotDrawn, match=re.escape(why)):
        draw(given, timeout_s)


def test_a_digest_goes_without_charts_where_they_cannot_be_drawn(capsys):
    digest = shown((9, 10), (8, 10))
    found, notes = drawn(digest, Tell("et", rulebook(), BROWSE), timeout_s=0.001)
    assert (found, notes) == ((), (words_of("et")["no_charts"],))
    written = render(digest, "html", "et", rulebook(), BROWSE, notes=notes).decode()
    assert notes[0] in written
    assert "<svg" not in written


def test_nothing_is_started_for_no_chart():
    assert draw((), timeout_s=0) == ()
