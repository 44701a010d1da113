"""The short version of `make fuzz`: each reader on what once was a finding, and on some inputs more."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fuzz.readers import RAW, READERS, Reader, TooSlow
from hypothesis import given, settings
from hypothesis import strategies as st

FOUND = Path(__file__).with_name("found")
BY_NAME = {reader.name: reader for reader in READERS}
SLOW = {"rules": 3, "page": 3, "events": 10, "export": 10, "rule tests": 10}
"""How few inputs the slow ones are given, while the others are given twenty-five; in soak all are given thousands."""


@pytest.mark.parametrize("reader", READERS, ids=lambda each: each.name)
def test_a_reader_raises_only_what_it_documents(reader: Reader) -> None:
    for seed in reader.seeds:
        reader(seed)

    @given(st.binary(max_size=120) | st.binary(max_size=120).map(lambda data: RAW + data))
    def on_any(data: bytes) -> None:
        reader(data)

    in_soak = settings().max_examples > 1000
    settings(max_examples=settings().max_examples if in_soak else SLOW.get(reader.name, 25))(on_any)()


@pytest.mark.parametrize("file", sorted(FOUND.glob("*/*.bin")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_was_found_once_is_mended(file: Path) -> None:
    BY_NAME[file.parent.name.replace("-", " ")](file.read_bytes())


def test_a_reader_that_waits_is_found_though_the_processor_rests() -> None:
    with pytest.raises(TooSlow, match=r"waits: .* of the processor, .* by the clock"):
        Reader("waits", "", lambda data: time.sleep(0.08), (b"",), longest_s=0.05)(b"")


def test_every_reader_is_called_by_a_name_of_its_own_and_is_given_inputs() -> None:
    assert len(BY_NAME) == len(READERS)
    assert sum(reader.share for reader in READERS) == 1000
    assert all(reader.seeds for reader in READERS)
