"""A digest of the archive, as it is for whoever asks: the page itself, or a file."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from threading import Lock

import structlog
from starlette.responses import Response

from bot.core.kpi.period import KINDS, period_of
from bot.report import archive
from bot.report.charts import charts_of
from bot.report.cut import cut
from bot.report.digest import digest_of
from bot.report.drawing import NotDrawn, draw
from bot.report.pictures import Chart, Drawn
from bot.report.render import FORMATS, render
from bot.report.tell import Tell
from bot.web.kept import kept
from bot.web.page import Asked, NotShown, Page
from bot.web.pages.digests import FORMS
from bot.web.reader import HEADS

DRAW_S = 20.0
"""How long the charts of a page may take; it is shown without them where that is too short."""

log = structlog.get_logger()

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def show(asked: Asked) -> Response:
    """Write the digest of a period that is kept, from the report as it was kept. Raises NotShown, StoreError."""
    store, book = asked.source.store, asked.book
    form = asked.query.get("form") or "html"
    head = next((each for each in kept(asked) if (each.kind, each.first) == _named(asked)), None)
    if head is None or form not in ("html", *FORMS):
        raise NotShown(form)
    report = archive.kept(store, period_of(head.kind, head.first, book.calendar))
    if report is None:
        raise NotShown(form)
    before = [cut(each, asked.audience) for each in archive.earlier(store, report.period)]
    digest = digest_of(cut(report, asked.audience), before, book)
    tell = Tell(asked.language, book, asked.source.browse)
    charts, notes = _drawn(charts_of(digest, tell), tell) if form == "html" else ((), ())
    pictures = [each.in_page() for each in charts]
    written = render(digest, form, asked.language, book, asked.source.browse, pictures, notes)
    if form == "html":
        return Response(written, media_type="text/html", headers={"Content-Security-Policy": _policy(written)})
    name = f"digest-{head.kind}-{head.first}.{FORMATS[form].suffix}"
    shown_as = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, media_type=FORMATS[form].type, headers=shown_as)


_lock = Lock()


def _drawn(charts: tuple[Chart, ...], tell: Tell) -> tuple[Sequence[Drawn], Sequence[str]]:
    """Charts as they are drawn, and a note where they cannot be: by one child process at a time, each once."""
    try:
        with _lock:
            return _kept_drawn(charts), ()
    except NotDrawn as error:
        log.warning("charts not drawn", reason=str(error))
        return (), (tell.words["no_charts"],)


@lru_cache(maxsize=32)
def _kept_drawn(charts: tuple[Chart, ...]) -> tuple[Drawn, ...]:
    return draw(charts, DRAW_S)


def _named(asked: Asked) -> tuple[str, date]:
    """The kind of period and its first day in the path. Raises NotShown for anything else."""
    kind, first = asked.given["kind"], asked.given["first"]
    try:
        if kind in KINDS:
            return kind, date.fromisoformat(first)
    except ValueError:
        pass
    raise NotShown(first)


def _policy(page: bytes) -> str:
    """What the page may do: show itself, by the styles that are written in it and no others."""
    styles = (b64encode(sha256(style).digest()).decode() for style in _STYLE.findall(page))
    own = " ".join(f"'sha256-{each}'" for each in styles)
    return f"default-src 'none'; style-src {own}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


PAGE = Page("digest", "/digests/{kind}/{first}", HEADS, show, in_menu=False)
