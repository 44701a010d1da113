"""What a run of `make fuzz` counted, as the table that it prints and docs/security.md shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from fuzz.readers import READERS


class Counted(TypedDict):
    """What one reader was given, its seconds of the processor, and in how many places something was found."""

    inputs: int
    s: float
    findings: int


def table(counted: Mapping[str, Counted | None]) -> str:
    """Give the table of what was counted, by the readers' names; None for one whose run did not come to its end."""
    rows = ["| reads | inputs | processor, s | places of findings |", "|---|--:|--:|--:|"]
    for reader in READERS:
        got = counted[reader.name]
        cells = f"{got['inputs']:,} | {got['s']:.0f} | {got['findings']}" if got else "– | – | –"
        rows.append(f"| {reader.reads} | {cells} |")
    ended = [got for got in counted.values() if got]
    inputs, findings = sum(got["inputs"] for got in ended), sum(got["findings"] for got in ended)
    return "\n".join([*rows, f"| together | {inputs:,} | {sum(got['s'] for got in ended):.0f} | {findings} |"])
