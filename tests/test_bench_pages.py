"""What the bench measures has a place in the pages, and is written there and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
HERE = Path(__file__).parent / "bench"


@pytest.fixture(autouse=True)
def bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


def test_every_part_has_its_place_and_every_place_its_part() -> None:
    parts = re.findall(r'^    "([\w-]+)": Part\(', (HERE / "parts.py").read_text("utf-8"), re.MULTILINE)
    written = "".join((DOCS / name).read_text("utf-8") for name in ("performance.md", "scale.md"))
    assert sorted(re.findall(r"^<!-- (\w[\w-]*) -->$", written, re.MULTILINE)) == sorted(
        [*parts, "machine", "a-thousand-desks"]
    )


def test_blocks_are_written_where_their_places_are(tmp_path: Path) -> None:
    from pages import block, blocks, fill

    told = f"{block('one', '### A')}\nnoise\n{block('other', '| b |')}\n<!-- broken -->\nhalf"
    assert list(blocks(told)) == [("one", "### A"), ("other", "| b |")]
    page = tmp_path / "page.md"
    page.write_text("a\n\n<!-- one -->\n<!-- /one -->\n\nb\n<!-- other -->\nwas\n<!-- /other -->\n", "utf-8")
    assert [fill(tmp_path, name, text) for name, text in [*blocks(told), ("none", "c")]] == [True, True, False]
    assert page.read_text("utf-8") == f"a\n\n{block('one', '### A')}\n\nb\n{block('other', '| b |')}\n"
