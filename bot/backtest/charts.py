"""The charts of a backtest's report, as SVG that stands in a page, follows its colours and reads without any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from bot.charting import ACCENT, INK, SERIES, SOFT, chart_of, coloured, in_page, svg_of

WIDE, NARROW = 840, 310
"""Pixels of the plot on a screen or on paper, and on a phone, where each chart is drawn anew."""

_MARKS = {INK: "currentColor", SOFT: "var(--rule)", ACCENT: "var(--accent)"}
_FONT = "system-ui, sans-serif"
_LINE = 20
_FULL = 0.62

PATTERNS = """\
<svg class="patterns" aria-hidden="true" width="0" height="0"><defs>
<pattern id="s1" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" class="f1"/></pattern>
<pattern id="s2" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" \
height="7" class="b2"/><rect width="3" height="7" class="f2"/></pattern>
<pattern id="s3" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="b3"/><circle \
cx="3" cy="3" r="1.5" class="f3"/></pattern>
<pattern id="s4" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="b4"/><rect \
width="6" height="2" class="f4"/></pattern>
<pattern id="s5" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="7" \
height="7" class="b5"/><rect width="1.6" height="7" class="f5"/><rect width="7" height="1.6" class="f5"/></pattern>
<pattern id="s6" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" class="b6"/></pattern>
</defs></svg>"""
"""What fills the series, once in a page: by texture as well as by the page's colours."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart drawn for a wide page and for a phone."""

    wide: str
    narrow: str


def stacked(rows: Sequence[tuple[str, str, int]], periods: Sequence[str], series: Sequence[str], label: str) -> Drawn:
    """Bars of a number by period, stacked by series: rows of period, series, number; at most as many as SERIES."""
    values = [{"period": period, "series": name, "n": n, "order": series.index(name)} for period, name, n in rows]

    def chart(width: int) -> Any:
        shown = _some(periods, 14 if width == WIDE else 5)
        legend = alt.Legend(
            title=None, orient="top", columns=3 if width == WIDE else 1, columnPadding=28, labelLimit=width - 40
        )
        return (
            chart_of(values)
            .mark_bar(stroke=INK, strokeWidth=0.4)
            .encode(
                x=alt.X("period:O", title=None, scale=_band(periods), axis=alt.Axis(values=shown, labelAngle=0)),
                y=alt.Y("n:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1, tickCount=5)),
                color=alt.Color(
                    "series:N",
                    scale=alt.Scale(domain=list(series), range=list(SERIES[: len(series)])),
                    legend=legend,
                ),
                order=alt.Order("order:Q"),
            )
            .properties(width=width, height=220)
        )

    return _drawn(chart, label)


def heat(rows: Sequence[tuple[str, str, int]], people: Sequence[str], periods: Sequence[str], label: str) -> Drawn:
    """A field of numbers by person and period, darker the larger: rows of person, period, number."""
    values = [{"person": person, "period": period, "n": n} for person, period, n in rows]
    most = max((n for _, _, n in rows), default=1)

    def chart(width: int) -> Any:
        shown = _some(periods, 10 if width == WIDE else 3)
        base = chart_of(values).encode(
            x=alt.X("period:O", title=None, scale=_band(periods), axis=alt.Axis(values=shown, labelAngle=0)),
            y=alt.Y("person:N", title=None, sort=list(people), axis=_names(width)),
        )
        opacity = alt.Opacity("n:Q", scale=alt.Scale(domain=[0, most], range=[0.06, _FULL]), legend=None)
        cells = base.mark_rect(fill=ACCENT, stroke=SOFT, strokeWidth=0.5).encode(opacity=opacity)
        room = (width - _room(width)) / max(1, len(periods)) >= 8 + 7 * len(str(most))
        numbers = base.mark_text(fill=INK, fontSize=11, font=_FONT).encode(text="n:Q")
        layers = alt.layer(cells, numbers) if room else alt.layer(cells)
        return layers.properties(width=width - _room(width), height=_LINE * len(people))

    return _drawn(chart, label)


def shares(rows: Sequence[tuple[str, str, int]], names: Sequence[str], parts: Mapping[str, int], label: str) -> Drawn:
    """Lines of parts that make a whole: rows of name, part, number. `parts` have the number of their texture."""
    order = list(parts)
    textures = alt.Scale(domain=order, range=[SERIES[n - 1] for n in parts.values()])
    values = [{"name": name, "part": part, "n": n, "order": order.index(part)} for name, part, n in rows if n]

    def chart(width: int) -> Any:
        legend = alt.Legend(
            title=None, orient="top", columns=4 if width == WIDE else 2, columnPadding=28, labelLimit=width - 40
        )
        base = chart_of(values).encode(
            y=alt.Y("name:N", title=None, sort=list(names), axis=_names(width)),
            x=alt.X("n:Q", title=None, stack="zero", axis=alt.Axis(format="d", tickMinStep=1, tickCount=5)),
            order=alt.Order("order:Q"),
        )
        bars = base.mark_bar(stroke=INK, strokeWidth=0.4, size=_LINE - 4).encode(
            color=alt.Color("part:N", scale=textures, legend=legend)
        )
        return bars.properties(width=width - _room(width), height=(_LINE + 4) * len(names))

    return _drawn(chart, label)


def bars(rows: Sequence[tuple[str, int]], label: str) -> Drawn:
    """Lines of one number each, the number at its end: rows of name, number, in order."""
    values = [{"name": name, "n": n} for name, n in rows]

    def chart(width: int) -> Any:
        base = chart_of(values).encode(
            y=alt.Y("name:N", title=None, sort=[name for name, _ in rows], axis=_names(width)),
            x=alt.X("n:Q", title=None, axis=None),
        )
        lines = base.mark_bar(fill=ACCENT, opacity=_FULL, size=_LINE - 4)
        numbers = base.mark_text(fill=INK, align="left", dx=4, fontSize=12, font=_FONT).encode(text="n:Q")
        return alt.layer(lines, numbers).properties(width=width - _room(width), height=(_LINE + 4) * len(rows))

    return _drawn(chart, label)


def _drawn(chart: Any, label: str) -> Drawn:
    return Drawn(_svg(chart(WIDE), label), _svg(chart(NARROW), label))


def _svg(chart: Any, label: str) -> str:
    """Draw a chart, with the marks for colours that only the page knows replaced by those."""
    textures = {mark: f"url(#s{n})" for n, mark in enumerate(SERIES, 1)}
    return in_page(coloured(svg_of(chart, _FONT), {**_MARKS, **textures}), label)


def _band(periods: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(periods), paddingInner=0.12)


def _legend(width: int, columns: int) -> alt.Legend:
    return alt.Legend(title=None, orient="top", columns=columns, columnPadding=28, labelLimit=width - 40)


def _names(width: int) -> alt.Axis:
    # What is drawn in another font than it was measured in must not be cut off.
    return alt.Axis(labelLimit=0.85 * _room(width), minExtent=_room(width), ticks=False, domain=False, grid=False)


def _room(width: int) -> int:
    return 240 if width == WIDE else 140


def _some(periods: Sequence[str], most: int) -> list[str]:
    """Give at most so many of the periods, evenly, the first among them."""
    step = -(-len(periods) // most) if periods else 1
    return list(periods[::step])


def folded(found: Mapping[str, int], rest: str) -> tuple[dict[str, str], list[str]]:
    """Give to each name the series it belongs to, and the series: the largest by themselves, all others as `rest`."""
    ordered = sorted(found, key=lambda name: (-found[name], name))
    own = ordered if len(ordered) <= len(SERIES) else ordered[: len(SERIES) - 1]
    series = [*own, *([rest] if len(ordered) > len(own) else [])]
    return {name: name if name in own else rest for name in ordered}, series
