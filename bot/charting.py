"""What all charts have in common: marks for colours that only a page knows, and how Altair's charts become SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import altair as alt
import vl_convert

INK, SOFT, ACCENT, PAPER = "#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04"
"""What stands for the colour of texts, of lines in the background, of what is drawn, and of the page."""

SERIES = tuple(f"#0b0b0{n}" for n in range(1, 7))
"""What stands for the textures by which series are told apart."""

_VL_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_ROLES = re.compile(r' (?:role="graphics-\w+"|aria-roledescription="[^"]*")')
_NAMESPACES = re.compile(r' (?:xmlns(?::\w+)?|version)="[^"]*"')


def chart_of(values: list[dict[str, Any]]) -> Any:
    """Begin a chart of these values."""
    return alt.Chart(alt.Data(values=values))  # type: ignore[no-untyped-call]


def svg_of(chart: Any, font: str, size: int = 12) -> str:
    """Draw a chart, with the marks in it; labels are of so many pixels."""
    whole = chart.configure(
        background="transparent",
        font=font,
        aria=False,
        padding=4,
        axis=alt.AxisConfig(
            labelColor=INK, titleColor=INK, gridColor=SOFT, domainColor=SOFT, tickColor=SOFT, labelFontSize=size
        ),
        legend=alt.LegendConfig(labelColor=INK, labelFontSize=size, symbolStrokeColor=INK, symbolSize=160),
        view=alt.ViewConfig(stroke=None),
    )
    return vl_convert.vegalite_to_svg(whole.to_json(), vl_version=_VL_VERSION)


def coloured(svg: str, colours: Mapping[str, str]) -> str:
    """Put colours, or what a page names so, in place of their marks."""
    for mark, colour in colours.items():
        svg = svg.replace(f'"{mark}"', f'"{colour}"')
    return svg


def in_page(svg: str, label: str) -> str:
    """Make a drawing a part of a page: one picture with one label, without what only files need."""
    plain = _ROLES.sub("", _NAMESPACES.sub("", svg))
    return plain.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
