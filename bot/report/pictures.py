"""Charts as data, drawn and not: all that the process that draws has to know of a digest. It imports nothing else."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Line(msgspec.Struct, frozen=True):
    """A share over the periods, the present one last; `told` is its last value in words, `low` and `high` its axis.

    `low_told` and `high_told` are the words for both.
    """

    title: str
    told: str
    points: tuple[float | None, ...]
    low: float
    high: float
    low_told: str
    high_told: str
    target: float | None = None
    at_least: bool = True


class Trend(msgspec.Struct, frozen=True, tag=True):
    """Shares over the periods, each in a line of its own, against its target."""

    name: str
    title: str
    alt: str
    periods: tuple[str, ...]
    lines: tuple[Line, ...]
    target: str
    met: str
    missed: str


class Bar(msgspec.Struct, frozen=True):
    """A bar, with its title above it; `parts` are by the parts of its chart."""

    title: str
    parts: tuple[int, ...]


class Bars(msgspec.Struct, frozen=True, tag=True):
    """Bars, each of parts that are told apart by texture; of one part they have none to be told.

    Where they are `whole` all are of one length, and their parts shares of it.
    """

    name: str
    title: str
    alt: str
    parts: tuple[str, ...]
    bars: tuple[Bar, ...]
    whole: bool = False


Chart = Trend | Bars


class Picture(NamedTuple):
    """A chart: its title, what it shows in numbers for who does not see it, and how it stands in a page.

    `svg` is put into a page as it is. A mail shows what is at `source`, such as `cid:` and the name of a part of it,
    so many pixels wide.
    """

    name: str
    title: str
    alt: str
    svg: str = ""
    source: str = ""
    width: int = 600


class Drawn(msgspec.Struct, frozen=True):
    """A chart, drawn: `svg` for a page, `png` for a mail, twice as fine as it is `width` pixels wide."""

    name: str
    title: str
    alt: str
    svg: str
    png: bytes
    width: int

    def in_page(self) -> Picture:
        """The picture as it stands in a page."""
        return Picture(self.name, self.title, self.alt, svg=self.svg, width=self.width)

    def in_mail(self) -> Picture:
        """The picture as it stands in a mail that has `png` as its part of this name."""
        return Picture(self.name, self.title, self.alt, source=f"cid:{self.name}", width=self.width)
