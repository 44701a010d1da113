"""The archive of digests: which periods are kept, each to be opened as its digest for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from bot.core.kpi.period import KINDS, period_of
from bot.report.render import FORMATS
from bot.report.tell import Tell
from bot.web.kept import kept
from bot.web.page import Asked, Page
from bot.web.reader import HEADS

LISTED = 200
"""How many are listed at most, the newest first; a year has 250 working days."""

FORMS = tuple(form for form in FORMATS if form not in ("html", "mail"))
"""The forms in which one can have a digest beside the page."""


def show(asked: Asked) -> Mapping[str, Any]:
    """Give the periods that are kept, of one kind where it is asked for."""
    named = asked.query.get("kind")
    kind = next((each for each in KINDS if each == named), None)
    heads = [head for head in kept(asked) if kind in (None, head.kind)]
    tell, calendar = Tell(asked.language, asked.book, asked.source.browse), asked.book.calendar
    return {
        "kinds": KINDS,
        "kind": kind,
        "heads": [(head, tell.period(period_of(head.kind, head.first, calendar))) for head in islice(heads, LISTED)],
        "more": max(0, len(heads) - LISTED),
        "forms": FORMS,
    }


PAGE = Page("digests", "/digests", HEADS, show, place=40)
