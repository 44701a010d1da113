"""The alarms and the dashboard speak of metrics that there are, show all of them, and the page tells the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import piletibot
from made_parts import hold

from bot.commands.monitoring import ALARMS, DASHBOARD, alarms, rows
from bot.web.metrics import METRICS, Histogram

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operating.md"
OF_THE_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes", "up"}
OF_PROMETHEUS = {"job", "instance", "pod", "le"}
LABELS = {each.name: {*each.labels} for each in METRICS}
LANGUAGES = ("en", "et")


def metrics_in(query: str) -> Iterator[tuple[str, str]]:
    """The metrics that a query names, each with what stands in its braces."""
    for name, braces in re.findall(r"\b(piletibot_\w+|process_\w+|up\b)(?:\{([^}]*)\})?", query):
        histogram = re.sub(r"_(bucket|sum|count)$", "", name)
        is_of_one = any(isinstance(each, Histogram) and each.name == histogram for each in METRICS)
        yield histogram if is_of_one else name, braces


def labels_in(query: str) -> set[str]:
    """The labels that a query selects and groups by."""
    selected = {label for _, braces in metrics_in(query) for label in re.findall(r"(\w+)\s*=~?", braces)}
    grouped = re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", query)
    return selected | {label.strip() for group in grouped for label in group.split(",")}


QUERIES = [
    *((each["name"], each["expr"]) for each in alarms()),
    *(
        (f"{panel['en']} {i}", query)
        for row in rows()
        for panel in row["panel"]
        for i, (query, _) in enumerate(panel["queries"])
    ),
]


@pytest.mark.parametrize("query", [query for _, query in QUERIES], ids=[name for name, _ in QUERIES])
def test_a_query_names_metrics_and_labels_that_there_are(query: str) -> None:
    names = {name for name, _ in metrics_in(query)}
    assert names
    assert names <= LABELS.keys() | OF_THE_PROCESS
    known = {label for name in names for label in LABELS.get(name, ())}
    assert labels_in(query) <= known | OF_PROMETHEUS


def test_the_dashboard_shows_every_metric() -> None:
    shown = {name for row in rows() for panel in row["panel"] for query, _ in panel["queries"]
             for name, _ in metrics_in(query)}  # fmt: skip
    assert sorted(LABELS.keys() - shown) == []


def test_legends_name_labels_that_there_are() -> None:
    for row in rows():
        for panel in row["panel"]:
            for query, legend in panel["queries"]:
                known = {label for name, _ in metrics_in(query) for label in LABELS.get(name, ())}
                assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= known | {"instance"}
                assert "$of" in query


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_that_are_written(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("monitoring", "--out", tmp_path / "new", "--language", language) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "new" / name) for name in (ALARMS, DASHBOARD)]
    (group,) = yaml.safe_load((tmp_path / "new" / ALARMS).read_text("utf-8"))["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [each["name"] for each in alarms()]
    for rule in group["rules"]:
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert all(text.endswith(".") and "{{" not in text for text in rule["annotations"].values())
    board = json.loads((tmp_path / "new" / DASHBOARD).read_text("utf-8"))
    panels: list[dict[str, Any]] = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not cells & taken, "two panels do not lie on each other"
        assert max(x for x, _ in cells) < 24
        taken |= cells
    queries = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    assert all('{job=~"$job",instance=~"$instance"}' in query and "$of" not in query for query in queries)


def test_every_text_is_there_in_both_languages() -> None:
    for language in LANGUAGES:
        assert all(each[language]["means"] and each[language]["do"] for each in alarms())
        titles = [panel[language] for row in rows() for panel in (row, *row["panel"])]
        assert len(set(titles)) == len(titles)
    assert not {each["en"]["means"] for each in alarms()} & {each["et"]["means"] for each in alarms()}


def alarms_table() -> str:
    lines = ["| alarm | severity | what it means | what to do |", "|---|---|---|---|"]
    for each in alarms():
        said = each["en"]
        lines.append(f"| `{each['name']}` | {each['severity']} | {said['means']} | {said['do']} |")
    return "\n".join(lines)


def metrics_table() -> str:
    lines = ["| metric | kind | labels | |", "|---|---|---|---|"]
    for each in METRICS:
        kind = "histogram" if isinstance(each, Histogram) else each.kind
        lines.append(f"| `{each.name}` | {kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.help} |")
    return "\n".join(lines)


@pytest.mark.parametrize("name", ["alarms", "metrics"])
def test_the_page_tells_the_same(name: str) -> None:
    hold(PAGE, name, {"alarms": alarms_table, "metrics": metrics_table}[name]())
