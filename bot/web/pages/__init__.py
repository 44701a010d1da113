"""The pages: a module each, with a template and a file of words of the same name beside it.

A module here is a page as soon as it is there: its `PAGE` says at which path, for whom, and what is shown.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.web.page import Page


@cache
def all_pages() -> tuple[Page, ...]:
    """Every page, in the order of the menu."""
    names = (each.name for each in iter_modules(__path__))
    pages = (import_module(f"{__name__}.{name}").PAGE for name in names)
    return tuple(sorted(pages, key=lambda page: page.place))
