"""Lines of JSON from a file: compressed or not, whatever ends them, and what is cut short."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bot.jsonlines import CutShort, lines

TEXT = b'\xef\xbb\xbf{"a": 1}\r\n\r\n  \n{"b": "\xc3\xb5"}\n{"c": 3}'
FOUND = [(1, b'{"a": 1}'), (4, '{"b": "õ"}'.encode()), (5, b'{"c": 3}')]


def written(folder: Path, content: bytes, name: str = "export.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("export.jsonl", TEXT),
        ("export.jsonl.gz", gzip.compress(TEXT, mtime=0)),
        ("compressed.jsonl", gzip.compress(TEXT, mtime=0)),
        ("plain.gz", TEXT),
        ("two-members.gz", gzip.compress(TEXT[:20], mtime=0) + gzip.compress(TEXT[20:], mtime=0)),
    ],
)
def test_each_line_with_its_number_whatever_the_file_is_called(tmp_path: Path, name: str, content: bytes) -> None:
    assert list(lines(written(tmp_path, content, name))) == FOUND


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert list(lines(written(tmp_path, b""))) == []


def test_what_is_cut_short_gives_its_whole_lines_first(tmp_path: Path) -> None:
    rows = [b'{"n": %d, "x": "%s"}\n' % (n, str(hash(n) * 7919).encode() * 40) for n in range(3000)]
    found = []
    with pytest.raises(CutShort) as cut:  # noqa: PT012
        for number, _ in lines(written(tmp_path, gzip.compress(b"".join(rows), mtime=0)[:-20_000])):
            found.append(number)
    assert 0 < len(found) < len(rows)
    assert found == list(range(1, cut.value.line + 1))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_in_words(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff".encode(encoding)
    with pytest.raises(ValueError, match="UTF-16"):
        list(lines(written(tmp_path, mark + '{"a": 1}'.encode(encoding))))
