"""`piletibot monitoring`: the alarms for Prometheus and the dashboard for Grafana, written as files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ALARMS = "piletibot-alarms.yaml"
DASHBOARD = "piletibot-dashboard.json"

_FOLDER = Path(__file__).parents[1] / "monitoring"
_OF = 'job=~"$job",instance=~"$instance"'
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH, _WIDE, _HIGH, _LOW = 24, 8, 8, 4


def monitoring(out: Path, language: str) -> int:
    """Write both files into a folder, their texts in a language, and say where; return 0."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in ((ALARMS, alarms_text(language)), (DASHBOARD, dashboard_text(language))):
        (out / name).write_text(text, "utf-8")
        print(out / name)
    return 0


def alarms() -> Sequence[Mapping[str, Any]]:
    """The alarms as they are written: name, query, how long it must hold, severity, and texts by language."""
    found: list[Mapping[str, Any]] = tomllib.loads((_FOLDER / "alarms.toml").read_text("utf-8"))["alarm"]
    return found


def rows() -> Sequence[Mapping[str, Any]]:
    """The rows of the dashboard as they are written, each with its panels."""
    found: list[Mapping[str, Any]] = tomllib.loads((_FOLDER / "panels.toml").read_text("utf-8"))["row"]
    return found


def alarms_text(language: str) -> str:
    """A file of rules for Prometheus."""
    rules = [
        {
            "alert": each["name"],
            "expr": each["expr"],
            "for": each["for"],
            "labels": {"severity": each["severity"]},
            "annotations": {"summary": each[language]["means"], "description": each[language]["do"]},
        }
        for each in alarms()
    ]
    written = {"groups": [{"name": "piletibot", "rules": rules}]}
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=118)


def dashboard_text(language: str) -> str:
    """A dashboard for Grafana, to be imported; it asks which Prometheus to take."""
    board = {
        "uid": "piletibot",
        "title": "Piletibot",
        "tags": ["piletibot"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_source(), _choice("job"), _choice("instance")]},
        "panels": list(_panels(language)),
    }
    return json.dumps(board, ensure_ascii=False, indent=2) + "\n"


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _choice(label: str) -> dict[str, Any]:
    return {
        "name": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": f"label_values(piletibot_build_info, {label})",
        "includeAll": True,
        "multi": True,
        "refresh": 2,
        "current": {"text": "All", "value": "$__all"},
    }


def _panels(language: str) -> Iterator[dict[str, Any]]:
    """The panels, each in its place from left to right; a row begins a line of its own."""
    number, y = 0, 0
    for row in rows():
        number += 1
        place = {"x": 0, "y": y, "w": _WIDTH, "h": 1}
        yield {
            "id": number,
            "type": "row",
            "title": row[language],
            "gridPos": place,
            "collapsed": False,
            "panels": [],
        }
        x, y, line = 0, y + 1, 0
        for panel in row["panel"]:
            number += 1
            wide, high = panel.get("wide", _WIDE), _LOW if panel.get("kind") == "stat" else _HIGH
            if x + wide > _WIDTH:
                x, y, line = 0, y + line, 0
            yield _panel(panel, number, language, {"x": x, "y": y, "w": wide, "h": high})
            x, line = x + wide, max(line, high)
        y += line


def _panel(panel: Mapping[str, Any], number: int, language: str, place: Mapping[str, int]) -> dict[str, Any]:
    kind = panel.get("kind", "timeseries")
    defaults: dict[str, Any] = {"unit": panel["unit"], "min": 0}
    if bounds := panel.get("thresholds"):
        steps = [(None, "green"), *zip(bounds, ("orange", "red"), strict=True)]
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in steps],
        }
    if panel.get("stacked"):
        defaults["custom"] = {"stacking": {"mode": "normal"}, "fillOpacity": 20}
    targets = [
        {
            "refId": chr(ord("A") + i),
            "datasource": _SOURCE,
            "expr": query.replace("$of", _OF),
            "legendFormat": legend or "__auto",
            **({"format": "table", "instant": True} if kind == "table" else {}),
        }
        for i, (query, legend) in enumerate(panel["queries"])
    ]
    return {
        "id": number,
        "type": kind,
        "title": panel[language],
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": targets,
    }
