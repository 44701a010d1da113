"""A digest's charts drawn with Altair. Imported only in the child process that draws: the libraries stay there."""

from __future__ import annotations

import re
import sys
import zlib
from functools import cache
from textwrap import wrap
from typing import Any

import altair as alt
import msgspec

from bot.charting import ACCENT, INK, PAPER, SERIES, SOFT, chart_of, coloured, in_page, svg_of
from bot.core.rounding import rounded
from bot.report.pictures import Bars, Chart, Drawn, Line, Trend

FONT = "Liberation Sans, Arial, sans-serif"
"""The font that the library carries, and the one that is as wide."""

WIDTH = 400
"""About how many pixels wide a chart is: on a phone it is shown a fifth smaller, and can still be read."""

_PNG = b"\x89PNG\r\n\x1a\n"
_WIDTH = re.compile(r'<svg [^>]*?\bwidth="([\d.]+)"')
_PLOT = 246
_ROW, _BAR = 50, 20
_SIZE, _SMALL = 15, 13

_TEXTURES = (
    '<rect width="8" height="8" fill="{colour}"/>',
    '<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" stroke="{colour}" stroke-width="1.6"/>',
    '<circle cx="2" cy="2" r="1.3" fill="{colour}"/><circle cx="6" cy="6" r="1.3" fill="{colour}"/>',
    '<rect width="8" height="2.4" fill="{colour}"/>',
    '<path d="M0 0l8 8M0 8l8-8" stroke="{colour}" stroke-width="1.2"/>',
    "",
)
"""What fills the parts of a bar, each a square of eight: solid, diagonals, dots, lines, crosses, nothing."""

_PAGE = {
    INK: "currentColor",
    SOFT: "var(--line, #d5dbe1)",
    ACCENT: "var(--accent, #174a8b)",
    PAPER: "var(--paper, #fff)",
}
_MAIL = {INK: "#1b2530", SOFT: "#c3cad1", ACCENT: "#174a8b", PAPER: "#ffffff"}


def main() -> None:
    """Read charts from standard input and write them drawn to standard output."""
    charts = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Chart, ...])
    found = []
    for each in charts:
        page = svg(each)
        found.append(Drawn(each.name, each.title, each.alt, page, png(each), width_of(page)))
    sys.stdout.buffer.write(msgspec.json.encode(found))


def svg(chart: Chart) -> str:
    """Draw a chart as a part of a page, in the page's own colours."""
    return in_page(_textured(chart, _PAGE), chart.title)


def png(chart: Chart) -> bytes:
    """Draw a chart as a picture for a mail, twice as fine as it is shown, on white."""
    import vl_convert

    drawn = _textured(chart, _MAIL)
    start = drawn.index(">") + 1
    drawn = f'{drawn[:start]}<rect width="100%" height="100%" fill="#ffffff"/>{drawn[start:]}'
    return _packed(vl_convert.svg_to_png(drawn, scale=2))


def _packed(png: bytes) -> bytes:
    """The same picture in a quarter of the bytes: the library packs quickly, and a mail is to be small."""
    at, pixels, kept = len(_PNG), b"", []
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        pixels += data if kind == b"IDAT" else b""
        kept += [(kind, data)] if kind in (b"IHDR", b"pHYs") else []
        at += size + 12
    kept += [(b"IDAT", zlib.compress(zlib.decompress(pixels), 9)), (b"IEND", b"")]
    return _PNG + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in kept
    )


def width_of(svg: str) -> int:
    """How many pixels wide a drawing is."""
    found = _WIDTH.search(svg)
    return round(float(found[1])) if found else WIDTH


def _textured(chart: Chart, colours: dict[str, str]) -> str:
    drawn = _marked(chart)
    names = {mark: f"{chart.name}-{n}" for n, mark in enumerate(SERIES) if mark in drawn}
    patterns = "".join(
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f"{_TEXTURES[SERIES.index(mark)].format(colour=colours[ACCENT])}</pattern>"
        for mark, name in names.items()
    )
    drawn = coloured(drawn, {**colours, **{mark: f"url(#{name})" for mark, name in names.items()}})
    start = drawn.index(">") + 1
    return f"{drawn[:start]}<defs>{patterns}</defs>{drawn[start:]}" if patterns else drawn


@cache
def _marked(chart: Chart) -> str:
    """The drawing with marks for its colours, which is the same for a page and for a mail."""
    return svg_of(_DRAWN[type(chart)](chart), FONT, _SMALL)


def _trend(chart: Trend) -> Any:
    rows = [_line(line, chart, is_last=line is chart.lines[-1]) for line in chart.lines]
    rows += [_key(chart)] if any(line.target is not None for line in chart.lines) else []
    return alt.vconcat(*rows, spacing=6).resolve_scale(x="independent", y="independent")


def _line(line: Line, chart: Trend, *, is_last: bool) -> Any:
    """A line with its points: round ones reach the target, hollow diamonds do not; the last value beside it."""
    n = len(line.points)
    values = [
        {"i": i, "v": value, "met": value is not None and _is_met(value, line), "known": value is not None}
        for i, value in enumerate(line.points)
    ]
    shown = sorted({0, n - 1, *(range(0, n, -(-n // 5)) if n > 6 else range(n))})
    if n > 6 and n - 1 - shown[-2] < 2:
        shown.pop(-2)
    names = list(chart.periods[-n:])
    axis = alt.Axis(values=shown, labelExpr=f"{names}[datum.value]", grid=False, ticks=False, labelPadding=6)
    x = alt.X(
        "i:Q",
        title=None,
        scale=alt.Scale(domain=[0, max(n - 1, 1)], range=[10, _PLOT]),
        axis=axis if is_last else None,
    )
    ends = [line.low, line.high]
    expr = f"datum.value < {sum(ends) / 2} ? '{line.low_told}' : '{line.high_told}'"
    y = alt.Y(
        "v:Q",
        title=None,
        scale=alt.Scale(domain=ends, zero=False, nice=False),
        axis=alt.Axis(
            values=ends, labelExpr=expr, minExtent=50, maxExtent=50, domain=False, ticks=False, gridDash=[1, 3]
        ),
    )
    base = chart_of(values).encode(x=x, y=y)
    layers = []
    if line.target is not None:
        rule = chart_of([{"v": line.target}]).mark_rule(stroke=INK, strokeDash=[6, 4], strokeWidth=1.4)
        layers.append(rule.encode(y=y))
    layers.append(base.mark_line(stroke=ACCENT, strokeWidth=2))
    met, missed = "datum.known && datum.met", "datum.known && !datum.met"
    size = 18 if line.target is None else 50
    layers.append(base.transform_filter(met).mark_point(filled=True, fill=ACCENT, size=size, opacity=1))
    layers.append(
        base.transform_filter(missed).mark_point(
            shape="diamond", fill=PAPER, stroke=ACCENT, strokeWidth=1.8, size=62, opacity=1
        )
    )
    last = base.transform_filter(alt.datum.i == n - 1)
    layers.append(
        last.mark_text(align="left", dx=9, fontSize=_SIZE, fontWeight="bold", fill=INK).encode(
            text=alt.value(line.told)
        )
    )
    title = alt.Title(
        line.title, anchor="start", frame="bounds", fontSize=_SIZE, fontWeight="normal", color=INK, offset=4
    )
    return alt.layer(*layers).properties(width=_PLOT, height=44, title=_wrapped(title))


def _is_met(value: float, line: Line) -> bool:
    if line.target is None:
        return True
    told = rounded(value, 3)
    return told >= line.target if line.at_least else told <= line.target


def _wrapped(title: Any) -> Any:
    """A title in lines of as many letters as there is room for."""
    title.text = wrap(title.text, 48)
    return title


def _key(chart: Trend) -> Any:
    """What the points and the dashes mean."""
    at = (8, 118, 250)
    values = [{"x": x, "word": word} for x, word in zip(at, (chart.met, chart.missed, chart.target), strict=True)]
    wide = _PLOT + 66
    base = chart_of(values).encode(x=alt.X("x:Q", scale=alt.Scale(domain=[0, wide], range=[0, wide]), axis=None))
    met = base.transform_filter(alt.datum.x == at[0]).mark_point(filled=True, fill=ACCENT, size=46, opacity=1)
    missed = base.transform_filter(alt.datum.x == at[1]).mark_point(
        shape="diamond", fill=PAPER, stroke=ACCENT, strokeWidth=1.8, size=62, opacity=1
    )
    target = base.transform_filter(alt.datum.x == at[2])
    dashes = target.mark_text(text="– –", fill=INK, fontWeight="bold", fontSize=_SIZE)
    words = base.mark_text(align="left", dx=14, fontSize=_SMALL, fill=INK).encode(text="word:N")
    return alt.layer(met, missed, dashes, words).properties(width=wide, height=18)


def _bars(chart: Bars) -> Any:
    """Bars below their titles, so that these may be long; each part with its number, where there is room for it."""
    most = max((sum(bar.parts) for bar in chart.bars), default=0) or 1
    wide = WIDTH - 20
    titles = [{"y": n, "title": bar.title} for n, bar in enumerate(chart.bars)]
    parts = []
    for n, bar in enumerate(chart.bars):
        length = (sum(bar.parts) or 1) if chart.whole else most
        from_ = 0.0
        for k, count in enumerate(bar.parts):
            to = from_ + count / length
            if count:
                at, half = (from_ + to) / 2, (5 + 4 * len(str(count))) / wide
                room = to - from_ >= 2.4 * half
                where = {"y": n, "from": from_, "to": to, "at": at, "left": at - half, "right": at + half}
                parts.append({**where, "n": str(count), "part": chart.parts[k], "room": room})
            from_ = to
    y = alt.Y("y:O", axis=None, scale=alt.Scale(domain=list(range(len(chart.bars))), paddingInner=0, paddingOuter=0))
    x = alt.X("from:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    named = chart_of(titles).mark_text(align="left", x=0, yOffset=-13, fontSize=_SIZE, fill=INK, limit=wide)
    layers = [named.encode(y=y, text="title:N")]
    many = len(chart.parts) > 1
    legend = alt.Legend(
        title=None,
        orient="top",
        direction="horizontal",
        labelLimit=160,
        columnPadding=22,
        symbolType="square",
        offset=2,
    )
    texture = alt.Color(
        "part:N",
        scale=alt.Scale(domain=list(chart.parts), range=list(SERIES[: len(chart.parts)])),
        legend=legend if many else None,
    )
    base = chart_of(parts).encode(y=y)
    layers.append(
        base.mark_bar(size=_BAR, yOffset=9, stroke=ACCENT, strokeWidth=1).encode(x=x, x2="to:Q", color=texture)
    )
    if many:
        told = base.transform_filter(alt.datum.room)
        behind = told.mark_bar(size=_BAR - 4, yOffset=9, fill=PAPER, cornerRadius=3)
        layers.append(behind.encode(x=alt.X("left:Q", axis=None), x2="right:Q"))
        numbers = told.mark_text(yOffset=9, fontSize=_SMALL, fontWeight="bold", fill=INK)
        layers.append(numbers.encode(x=alt.X("at:Q", axis=None), text="n:N"))
    return alt.layer(*layers).properties(width=wide, height=_ROW * len(chart.bars))


_DRAWN: dict[type, Any] = {Trend: _trend, Bars: _bars}


if __name__ == "__main__":
    main()
