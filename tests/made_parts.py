"""The parts of a page that are made, each between `<!-- NAME -->` and `<!-- /NAME -->` on lines of their own."""

from __future__ import annotations

import os
from pathlib import Path

UPDATE = bool(os.environ.get("PILETIBOT_UPDATE_GOLDEN"))


def write_part(page: Path, name: str, text: str) -> bool:
    """Write a part anew; False where the page has no such part."""
    found = _parted(page, name)
    if found is not None:
        before, _, after = found
        page.write_text(before + text.strip("\n") + after, "utf-8")
    return found is not None


def hold(page: Path, name: str, text: str) -> None:
    """Have a part be this text: asserted, or written where the suite is told to write what it compares with."""
    if UPDATE:
        assert write_part(page, name, text), f"{page.name} has no part {name}"
    found = _parted(page, name)
    assert found is not None
    assert found[1] == text.strip("\n"), "make it anew with PILETIBOT_UPDATE_GOLDEN=1"


def _parted(page: Path, name: str) -> tuple[str, str, str] | None:
    """What is before a part, the part, and what is after it, markers with their line ends left out of the part."""
    begins, ends = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, found, rest = page.read_text("utf-8").partition(begins)
    if not found:
        return None
    part, found, after = ("\n" + rest).partition(ends)
    return (before + begins, part[1:], ends + after) if found else None
