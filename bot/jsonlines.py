"""Files with one JSON object a line, plain or gzipped, read line by line and never whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 20
LONGEST_LINE = 64_000_000
"""Bytes; of a longer line only so many are given."""

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class CutShort(Exception):
    """The file ends in the middle of its compressed data, after the line of this number."""

    def __init__(self, line: int) -> None:
        super().__init__(f"the compressed data is cut short or broken after line {line}")
        self.line = line


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give each line that is not blank with its number from 1, without its end and without a byte order mark.

    Whether it is compressed is seen by its content. Raises OSError, CutShort after the last whole line, and
    ValueError for a file in UTF-16, as some shells write.
    """
    number = 0
    with path.open("rb") as file:
        start = file.peek(2)[:2]
        if start in _UTF_16:
            raise ValueError("the file is in UTF-16; write it in UTF-8")
        compressed = start == _GZIP
        read = gzip.GzipFile(fileobj=file).read1 if compressed else file.read
        try:
            for number, line in enumerate(_apart(read), 1):
                content = (line.removeprefix(_BOM) if number == 1 else line).strip()
                if content:
                    yield number, content
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise CutShort(number) from None


def _apart(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """The lines of what can be read; those that were whole before reading fails."""
    begun: list[bytes] = []
    length = 0
    while chunk := read(_BUFFER):
        first, *others = chunk.split(b"\n")
        if length < LONGEST_LINE:
            begun.append(first[: LONGEST_LINE - length])
            length += len(first)
        for line in others:
            yield b"".join(begun)
            begun, length = [line], len(line)
    if begun:
        yield b"".join(begun)
