"""The pages in a real browser, on the data of a played demo: they open, work by keyboard, and can be read by all.

The browser is Debian's Chromium; where none is installed these tests are left out and say so.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from bot.core.kpi.period import last_ended
from bot.demo import SITE, open_demo, play
from bot.report.write import digest_now
from bot.store.scratch import looking
from bot.web.app import site_of
from bot.web.pages import all_pages
from bot.web.server import listening, serving
from bot.web.settings import Web
from bot.web.source import Source

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium")

DESK, DAYS = "keskkonnaamet", 3
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
TICKET = "/tickets/KKA-34"
"""A ticket of the story that was handed over, asked about and told of."""

DIGEST = "/digests/week/2026-12-07"
PATHS = [*(page.path for page in all_pages() if page.in_menu), TICKET, "/rules/no-movement", DIGEST]
"""Every page; each has its path here by being in the menu, or is named."""

UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = true)"
TOLD = {"resultTypes": ["violations"]}
ALL = {**TOLD, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = ((DESKTOP, "light"), (PHONE, "dark"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the pages of the demo's desk are served, to its lead."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    file = tmp_path_factory.mktemp("browser") / "demo.db"
    with open_demo("cloud", DESK, DAYS, f"sqlite:///{file}", inside=True) as demo:
        now = play(demo, busy_s=3600).last_at
        book, messages = demo.engine.book, demo.engine.messages
        digest_now(demo.engine.store, book, last_ended("week", now, book.calendar), now)
    with looking(f"sqlite:///{file}") as store:
        web = Web(listen="127.0.0.1:0", open_to="lead")
        source = Source(store, lambda: book, lambda: messages, lambda: now, "https://jira.example/browse/")
        with serving(site_of(web, source, SITE, {}), listening(web.listen)) as server:
            yield server.url
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def watched(browser: Browser, address: str, **options: Any) -> Iterator[tuple[BrowserContext, list[str]]]:
    """A context in English that notes what no page may do: ask another host, or complain in the console."""
    wrong: list[str] = []

    def route(asked: Route) -> None:
        if asked.request.url.startswith(f"{address}/"):
            asked.continue_()
        else:
            wrong.append(f"asks {asked.request.url}")
            asked.abort()

    with browser.new_context(base_url=address, locale="en-GB", viewport=DESKTOP, **options) as context:
        context.route("**/*", route)
        context.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        yield context, wrong


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page for all tests, which at the end did nothing wrong."""
    with watched(browser, address) as (context, wrong):
        yield context.new_page()
        assert wrong == []


@pytest.fixture(scope="module", params=PATHS)
def opened(request: pytest.FixtureRequest, page: Page) -> int:
    """Opens each page once for all tests that look at it; gives the answer's status."""
    answer = page.goto(request.param)
    assert answer is not None
    return answer.status


def test_every_page_opens(page: Page, opened: int) -> None:
    assert opened == 200
    assert page.locator("h1").count() == 1
    assert page.title()


def test_no_page_is_left_out() -> None:
    patterns = {re.sub(r"{\w+}", "[^/]+", page.path) for page in all_pages()}
    assert [each for each in patterns if not any(re.fullmatch(each, path) for path in PATHS)] == []


@pytest.mark.usefixtures("opened")
def test_axe_finds_nothing(page: Page) -> None:
    """At both widths, in both schemes: a width changes no colour, and a scheme nothing but colours.

    The script is evaluated by the debugger and not put into the page: the content security policy forbids scripts,
    and is to stay as it is while the page is looked at.
    """
    page.evaluate(UNFOLD)
    page.evaluate(AXE_SCRIPT)
    found = []
    for viewport, scheme in LOOKS:
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)
        found.append(AxeResults(page.evaluate("options => axe.run(options)", ALL)))
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    assert [each.generate_report() for each in found if each.violations_count] == []


WIDTHS = (320, 360, 700, 800, 1000, 1280)
OUTSIDE = """() => [...document.querySelectorAll("section > table")]
  .filter(table => table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right).length"""


@pytest.mark.usefixtures("opened")
def test_nothing_is_wider_than_the_window(page: Page) -> None:
    page.evaluate(UNFOLD)
    wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width or page.evaluate(OUTSIDE):
            wide.append(width)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    assert wide == []


def test_what_is_filtered_is_what_the_table_counted(page: Page) -> None:
    page.goto("/")
    cell = page.locator(".matrix tbody td.num a").first
    counted = int(cell.inner_text())
    cell.click()
    rows = page.locator(".list tbody tr")
    assert rows.count() == counted
    assert "queue=" in page.url
    assert "standing=" in page.url
    stands = page.locator("#standing option:checked").inner_text()
    assert set(page.locator(".list tbody td:nth-of-type(1)").all_inner_texts()) == {stands}


def test_the_form_filters_by_queue_and_standing(page: Page) -> None:
    page.goto("/")
    everything = page.locator(".list tbody tr").count()
    page.select_option("#standing", "solved")
    page.locator("form.filter button").press("Enter")
    solved = page.locator(".list tbody tr").count()
    assert 0 < solved < everything
    page.select_option("#queue", index=1)
    page.locator("form.filter button").click()
    assert page.locator(".list tbody tr").count() <= solved
    page.locator("form.filter a").click()
    assert page.locator(".list tbody tr").count() == everything


def test_the_language_stays_as_it_is_chosen(browser: Browser, address: str) -> None:
    with watched(browser, address) as (context, wrong):
        page = context.new_page()
        page.goto("/")
        titles = {page.locator("html").get_attribute("lang"): page.locator("h1").inner_text()}
        for name in ("Eesti", "Русский"):
            page.get_by_role("link", name=name).click()
            page.goto("/")
            titles[page.locator("html").get_attribute("lang")] = page.locator("h1").inner_text()
    assert titles == {"en": "Today's board", "et": "Tänane tahvel", "ru": "Доска на сегодня"}
    assert wrong == []


def test_the_keyboard_reaches_what_the_mouse_does(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0, "and can be seen there"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "the skip link leads past the menu"
    page.goto("/")
    reached = []
    last = page.locator(".list a").first.get_attribute("href")
    while last not in reached and len(reached) < 200:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("(e => e.id || e.getAttribute('href') || e.tagName)(document.activeElement)"))
    assert reached[0] == "#main"
    wanted = ["/", "find", "queue", "standing", "tier", "policy", last]
    assert [each for each in reached if each in wanted] == wanted
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "whatever is reached shows that it is"


def test_a_key_opens_its_ticket(page: Page) -> None:
    page.goto("/")
    page.locator("#find").fill(Path(TICKET).name.lower())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{TICKET.lower()}")
    assert page.locator("h1").inner_text().startswith(Path(TICKET).name)


def test_what_is_not_there_is_told(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, locale="en-GB") as context:
        page = context.new_page()
        answer = page.goto("/tickets/KKA-999")
        assert answer is not None
        assert answer.status == 404
        assert page.locator("h1").inner_text() == "There is no such page or ticket, or it is not for you to see."
