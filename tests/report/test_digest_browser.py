"""The digest in a real browser, as a page and as a mail: it fits a phone, and axe finds nothing, light or dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from desks import rulebook
from playwright.sync_api import Page, sync_playwright
from reported import BROWSE, FORWARDED, LETTER, NOW, SOLVED, VERDICTS, at, digested, reported, said, ticket

from bot.core.laid_aside import LaidAside
from bot.report.pictures import Picture
from bot.report.render import render

PHONE = 360
CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")

DESK = [ticket(3, FORWARDED, owner=None, queue=None), ticket(7, FORWARDED, SOLVED), ticket(4, **LETTER)]
PICTURE = Picture("load", "Koormus", "IT-tugi: 3; load: 5", '<svg role="img" aria-label="Koormus"></svg>', "cid:load")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize(("form", "scheme"), [("html", "dark"), ("mail", "light")])
def test_everybody_can_read_it(page: Page, form: str, scheme: Literal["dark", "light"]) -> None:
    """A mail is looked at as with images off: its picture is not to be had, and its numbers stand in its place."""
    report = reported(
        *DESK,
        verdicts=VERDICTS,
        ledger=[said("a", "3", "2026-12-16 10:00")],
        troubles={"3": LaidAside("3", "refused: 403", at(NOW))},
    )
    written = render(digested(report), form, "et", rulebook(), BROWSE, [PICTURE])
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.set_content(written.decode())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    shown = page.get_by_alt_text(PICTURE.alt) if form == "mail" else page.get_by_text(PICTURE.alt)
    assert shown.is_visible()
