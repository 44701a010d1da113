"""The exchange's calls (2.3.5) and customers' ratings (2.3.3) from files, good ones and bad ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hand_counted import rules
from small_desk import at

from bot.core.kpi.case import Records
from bot.core.kpi.figure import Figure
from bot.core.kpi.period import period_of
from bot.core.kpi.registry import desk_facts, figures
from bot.core.rulebook import Rulebook
from bot.imports import Imported, Sources, read_imports

COLUMNS = {"id": "Kõne", "at": "Algus", "line": "Liin", "wait": "Ooteaeg", "answered": "Vastatud"}
CALLS: dict[str, Any] = {"file": "calls.csv", "columns": COLUMNS, "lines": {"1247": 30, "1900": 20}}
HEADER = "Kõne;Algus;Liin;Ooteaeg;Vastatud"
GOOD = [
    "1;2026-11-16 09:00:00;1247;30;jah",     # in the last second
    "2;2026-11-16 09:01:00;1247;31;jah",     # too late
    "3;2026-11-16 09:02:00;1247;0:12;Jah",
    "4;16.11.2026 09:03:00;1247;5;ei",       # given up: counted, however short
    "5;16.11.2026 09:04;1900;00:00:20;jah",
    "6;2026-11-22 23:59:59;1900;21;jah",
    "7;2026-11-23 00:00:00;1900;1;jah",      # the next week's
    "8;2026-11-15 23:59:59;1900;1;jah",      # the week's before
]  # fmt: skip

Read = Callable[..., Imported]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(
        rows: list[str], *, header: str = HEADER, encoding: str = "utf-8", book: Rulebook | None = None, **calls: Any
    ) -> Imported:
        (tmp_path / "calls.csv").write_bytes("\r\n".join((header, *rows)).encode(encoding))
        book = book or rules(calls=CALLS | calls)
        return read_imports(book, Sources(tmp_path), period_of("week", date(2026, 11, 18), book.calendar))

    return read


def figure(read: Imported, group: str = "") -> Figure:
    book = rules()
    records = Records(book, period_of("week", date(2026, 11, 18), book.calendar), at("2 tue 08:00"), calls=read.calls)
    return next(each for each in figures(desk_facts(records)) if (each.indicator, each.group) == ("calls", group))


def counted(read: Imported) -> tuple[float | None, int | None]:
    found = figure(read)
    return found.numerator, found.denominator


def test_lines_add_up_by_their_calls_and_not_by_their_shares(read: Read) -> None:
    found = read(GOOD)
    assert found.findings == ()
    assert [(figure(found, line).numerator, figure(found, line).denominator) for line in ("1247", "1900")] == [
        (2, 4), (1, 2),
    ]  # fmt: skip
    whole = figure(found)
    assert (whole.numerator, whole.denominator, whole.value) == (3, 6, 0.5)
    assert whole.marks == {"abandoned": 1}


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ";"), ("utf-8-sig", ";"), ("cp1257", ";"), ("utf-8", ","), ("cp1257", "\t")]
)
def test_encodings_and_delimiters(read: Read, encoding: str, delimiter: str) -> None:
    rows = [row.replace(";", delimiter) for row in GOOD]
    found = read(rows, header=HEADER.replace(";", delimiter), encoding=encoding)
    assert (counted(found), found.findings) == ((3, 6), ())


KIND = {"columns": COLUMNS | {"kind": "Liik"}}
OF_KINDS = [f"{i};2026-11-16 09:00:00;1247;1;jah;{kind}" for i, kind in enumerate(
    ("sissetulev", "väljuv", "tagasihelistamine", "Sisemine")
)]  # fmt: skip
COUNTED: list[tuple[str, list[str], dict[str, Any], tuple[int, int], dict[str, int]]] = [
    ("short ones stay", ["1;2026-11-16 09:00:00;1247;2;ei"], {}, (0, 1), {}),
    ("unless the desk says otherwise", ["1;2026-11-16 09:00:00;1247;2;ei"], {"short": 3}, (0, 0),
     {"short abandoned": 1}),
    ("not those that waited as long", ["1;2026-11-16 09:00:00;1247;3;ei"], {"short": 3}, (0, 1), {}),
    ("nor those answered soon", ["1;2026-11-16 09:00:00;1247;2;jah"], {"short": 3}, (1, 1), {}),
    ("a line of no agreement", ["1;2026-11-16 09:00:00;999;2;jah"], {}, (0, 0), {"other line": 1}),
    ("passed on: one call", ["1;2026-11-16 09:00:00;1247;10;jah", "1;2026-11-16 09:05:00;1900;300;jah"], {}, (1, 1),
     {}),
    ("taken over by another line in time", ["1;2026-11-16 09:00:00;1247;15;ei", "1;2026-11-16 09:00:15;1900;15;jah"],
     {}, (1, 1), {}),
    ("taken over too late", ["1;2026-11-16 09:00:15;1900;16;jah", "1;2026-11-16 09:00:00;1247;15;ei"], {},
     (0, 1), {}),
    ("only what came in", OF_KINDS, KIND, (1, 1), {"callback": 1, "internal call": 1}),
    ("calls back by setting", OF_KINDS, KIND | {"callbacks": True}, (2, 2), {"internal call": 1}),
    ("internal ones by setting", OF_KINDS, KIND | {"internals": True}, (2, 2), {"callback": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "calls", "share", "excluded"), COUNTED, ids=[row[0] for row in COUNTED])
def test_which_calls_count(
    read: Read, what: str, rows: list[str], calls: dict[str, Any], share: tuple[int, int], excluded: dict[str, int]
) -> None:
    found = read(rows, header=f"{HEADER};Liik" if "columns" in calls else HEADER, **calls)
    assert found.findings == ()
    assert (counted(found), figure(found).excluded) == (share, excluded)
    assert figure(found).value == (None if share[1] == 0 else share[0] / share[1])


ROW = "9;2026-11-16 10:00:00;1247;5;jah"
BAD: list[tuple[str, list[str], tuple[int, int], list[str]]] = [
    ("a doubled row counts once", [ROW, ROW, ROW], (1, 1), ["calls.csv:3: korduvaid ridu on 2; iga kõne on "]),
    ("a broken date", [ROW, "2;16/11/26;1247;5;jah"], (1, 1), ["calls.csv:3:2: veerus „Algus“ ei ole kuupäeva"]),
    ("no date", ["2;;1247;5;jah"], (0, 0), ["calls.csv:2:2: veerg „Algus“ on tühi"]),
    ("no number", [";2026-11-16 10:00:00;1247;5;jah"], (0, 0), ["calls.csv:2:1: veerg „Kõne“ on tühi"]),
    ("a negative wait", ["2;2026-11-16 10:00:00;1247;-5;jah"], (0, 0), ["calls.csv:2:4: veerus „Ooteaeg“ ei ole k"]),
    ("no minutes", ["2;2026-11-16 10:00:00;1247;1:75;jah"], (0, 0), ["calls.csv:2:4: veerus „Ooteaeg“ ei ole k"]),
    ("no wait at all", ["2;2026-11-16 10:00:00;1247;kaua;jah"], (0, 0), ["calls.csv:2:4: veerus „Ooteaeg“ ei ole k"]),
    ("not said whether it was answered", ["2;2026-11-16 10:00:00;1247;5;võib-olla"], (0, 0),
     ["calls.csv:2:5: veerg „Vastatud“ ei ütle"]),
    ("a short row", [ROW, "2;2026-11-16 10:00:00"], (1, 1),
     ["calls.csv:3:3: veerg „Liin“ on tühi", "calls.csv:3:4: veerg „Ooteaeg“ on tühi"]),
    ("all of a row at once", ["2;homme;1247;kaua;?"], (0, 0),
     ["calls.csv:2:2:", "calls.csv:2:5:", "calls.csv:2:4:"]),
    ("empty rows are none", ["", ";;;;", ROW], (1, 1), []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "share", "findings"), BAD, ids=[row[0] for row in BAD])
def test_bad_rows_are_told_with_their_place_and_left_out(
    read: Read, what: str, rows: list[str], share: tuple[int, int], findings: list[str]
) -> None:
    found = read(rows, book=estonian())
    assert counted(found) == share
    assert len(found.findings) >= len(findings)
    for begins, told in zip(findings, found.findings, strict=False):
        assert told.startswith(begins)
    assert bool(findings) == bool(found.findings)
    assert "võib-olla" not in str(found.findings), "what stands in a cell is quoted nowhere"


def estonian() -> Rulebook:
    return rules(calls=CALLS, language="et")


def test_wrong_columns_are_told_all_at_once_and_there_are_no_data(read: Read) -> None:
    found = read(GOOD, header="Kone;Aeg;Liin;Ooteaeg;Liin", book=estonian())
    assert found.calls is None
    assert figure(found).value is None
    assert found.findings == (
        "calls.csv:1: puudub veerg „Kõne“; kas see on „Kone“?",
        "calls.csv:1: puudub veerg „Algus“; olemas on: Kone, Aeg, Liin, Ooteaeg, Liin",
        "calls.csv:1:5: veerge nimega „Liin“ on mitu",
        "calls.csv:1: puudub veerg „Vastatud“; olemas on: Kone, Aeg, Liin, Ooteaeg, Liin",
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "calls.csv:1: the column 'Kõne' is missing; there are: "),
        ("Kõne;Algus".encode("utf-16"), "calls.csv: this is no text; save the table as CSV (UTF-8 or Windows-1257)"),
        (b"PK\x03\x04\0\0", "calls.csv: this is no text; save the table as CSV (UTF-8 or Windows-1257)"),
        (b'"Algus', "calls.csv:1: this is no row of a table; check its quotes"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "calls.csv").write_bytes(content)
    book = rules(calls=CALLS)
    found = read_imports(book, Sources(tmp_path), period_of("week", date(2026, 11, 18), book.calendar))
    assert found.calls is None
    assert found.findings[0] == told


def test_a_table_that_breaks_off_gives_no_figure_of_half_of_it(read: Read) -> None:
    found = read([ROW, '2;2026-11-16 10:00:00;1247;5;"ja'])
    assert found.calls is None
    assert found.findings == ("calls.csv:3: this is no row of a table; check its quotes",)


def test_a_file_that_is_not_there_is_told_and_one_that_nobody_named_is_not(tmp_path: Path) -> None:
    period = period_of("week", date(2026, 11, 18), rules().calendar)
    found = read_imports(rules(calls=CALLS), Sources(tmp_path), period)
    assert (found.calls, found.findings) == (None, ("calls.csv: there is no such file, or it cannot be read",))
    assert read_imports(rules(), Sources(tmp_path), period) == Imported()


def test_the_configuration_may_name_another_file(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere.csv"
    other.write_text("\n".join((HEADER, ROW)), "utf-8")
    book = rules(calls=CALLS)
    period = period_of("week", date(2026, 11, 18), book.calendar)
    assert counted(read_imports(book, Sources(tmp_path / "nowhere", calls=other), period)) == (1, 1)


def test_times_around_a_change_of_the_clocks(tmp_path: Path) -> None:
    rows = [
        "1;2026-10-25 03:30:00;1247;1;jah",
        "2;2026-10-25 03:40:00;1247;1;jah",
        "3;2026-03-29 03:30:00;1247;1;jah",
    ]
    rows += ["4;2026-10-25T03:30:00+02:00;1247;1;jah"]
    (tmp_path / "calls.csv").write_text("\n".join((HEADER, *rows)), "utf-8")
    book = rules(calls=CALLS)
    found = read_imports(book, Sources(tmp_path), period_of("week", date(2026, 10, 20), book.calendar))
    assert sum(fact.weight for fact in found.calls or ()) == 3
    assert found.findings == (
        "calls.csv:4:2: the time in the column 'Algus' does not exist on that day: the clocks go forward then",
        "calls.csv:2: times that come twice on that day: 2; the first is taken",
    )


def test_of_many_bad_rows_the_rest_is_counted(read: Read) -> None:
    found = read([f"{i};homme;1247;1;jah" for i in range(50)])
    assert len(found.findings) == 21
    assert found.findings[-1] == "calls.csv: further rows that could not be read: 30"


RATINGS = {"file": "ratings.csv", "columns": {"ticket": "Pilet", "at": "Aeg", "rating": "Hinne"}}


@pytest.mark.parametrize(
    ("rows", "ratings", "findings"),
    [
        (["ABC-1;2026-11-18;4"], {"ABC-1": 4.0}, 0),
        (["ABC-1;2026-11-19 10:00;2", "ABC-1;2026-11-18 10:00;5"], {"ABC-1": 2.0}, 0),
        (["ABC-1;2026-12-06 23:59;4,5"], {"ABC-1": 4.5}, 0),
        (["ABC-1;2026-11-18;4", "ABC-1;2026-12-07 00:00;1"], {"ABC-1": 4.0}, 0),
        (["ABC-1;2026-11-18;"], {}, 0),
        (["ABC-1;2026-11-18;hea", "ABC-2;18.11;3", ";2026-11-18;3"], {}, 3),
    ],
)
def test_ratings(tmp_path: Path, rows: list[str], ratings: dict[str, float], findings: int) -> None:
    (tmp_path / "ratings.csv").write_text("\n".join(("Pilet;Aeg;Hinne", *rows)), "utf-8")
    book = rules(ratings=RATINGS)
    found = read_imports(book, Sources(tmp_path), period_of("week", date(2026, 11, 18), book.calendar))
    assert {ticket: rating for ticket, (_, rating) in found.ratings.items()} == ratings
    assert len(found.findings) == findings
