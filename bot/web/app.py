"""The pages put together: who asks is found, what they may see is shown in their language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from anyio import to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.core.audience import Audience
from bot.core.rulebook import Rulebook
from bot.core.silence import EVERYTHING, Silence
from bot.engine.control import silences
from bot.store.errors import StoreError
from bot.web.guard import Guard
from bot.web.page import FOLDER, Asked, NotShown, Page
from bot.web.pages import all_pages
from bot.web.reader import audience_of
from bot.web.settings import Web, address, is_loopback
from bot.web.sign_in import SignIn
from bot.web.snapshot import Snapshot
from bot.web.source import Source
from bot.web.watch import Watch
from bot.web.words import COMMON, LANGUAGES, language_of, words_of

NAMES = {"et": "Eesti", "en": "English", "ru": "Русский"}
"""What each language calls itself."""

_HERE = Path(__file__).parent
_LANGUAGE_COOKIE = "piletibot-language"
_LATE_S = 900
_AT_ONCE = 2
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Site:
    """Answers requests for pages, by what the configuration says and the store knows."""

    web: Web
    source: Source
    snapshot: Snapshot
    sign_in: SignIn
    pages: tuple[Page, ...]
    watch: Watch | None = None

    @cached_property
    def style(self) -> bytes:
        """The style sheet."""
        return (_HERE / "style.css").read_bytes()

    @cached_property
    def style_path(self) -> str:
        """The style sheet's path, another one for each edition of it."""
        return f"/style-{sha256(self.style).hexdigest()[:12]}.css"

    @cached_property
    def templates(self) -> Environment:
        """The templates, in which every value is text and never markup."""
        return Environment(
            loader=FileSystemLoader([_HERE / "templates", FOLDER]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def name(self) -> str:
        """What its listener is called."""
        return "web"

    def app(self) -> ASGIApp:
        """Make the application that a server runs."""
        routes = [
            Route("/login", self._log_in, methods=["GET", "POST"]),
            Route("/logout", self._log_out, methods=["POST"]),
            Route("/find", self._find),
            Route(self.style_path, self._style),
            Route("/favicon.svg", self._icon),
            *(self.watch.routes() if self.watch and self.watch.metrics.listen is None else ()),
            *(Route(page.path, self._endpoint(page), name=page.name) for page in self.pages),
        ]
        inner = ExceptionMiddleware(Router(routes, default=self._nothing), handlers={HTTPException: self._http_error})
        return Guard(inner, self._hosts(), frozenset({"/login", "/logout"}), self.message)

    def stop(self) -> None:
        """Judge no more tickets for pages."""
        self.snapshot.stopping = True

    def close(self) -> None:
        """Wait a moment for what was judged."""
        self.snapshot.close()

    def _hosts(self) -> frozenset[str]:
        host, _ = address(self.web.listen)
        own = {"127.0.0.1", "localhost", "::1"} if is_loopback(host) else {host}
        return frozenset(own | {name.lower() for name in self.web.hosts})

    # Pages

    def _endpoint(self, page: Page) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
            return await run_in_threadpool(self._page, page, request)

        return answer

    def _page(self, page: Page, request: Request) -> Response:
        book = self.source.book()
        person = self.sign_in.person(request, book)
        if person is None:
            if not self.sign_in.by_token:
                return self.message(request, 403)
            return RedirectResponse(f"/login?{urlencode({'next': _asked_for(request)})}", 303)
        audience = audience_of(person, book)
        if audience is None or not audience.roles & page.roles:
            return self.message(request, 403, audience)
        try:
            asked = self._asked(page, request, audience, book)
            shown = page.show(asked)
            if isinstance(shown, Response):
                return shown
            return self._answer(request, f"{page.name}.html", asked, {**shown, "page": page}, 200)
        except NotShown:
            return self.message(request, 404, audience)
        except StoreError:
            return self.message(request, 503, audience)

    def _asked(self, page: Page, request: Request, audience: Audience, book: Rulebook) -> Asked:
        language = self._language(request)
        return Asked(
            audience=audience,
            source=self.source,
            snapshot=self.snapshot,
            book=book,
            now=self.source.now(),
            language=language,
            words=words_of(page.words, language),
            query=request.query_params,
            given=request.path_params,
        )

    def _answer(
        self, request: Request, template: str, asked: Asked, shown: Mapping[str, Any], status: int
    ) -> Response:
        polled_at = asked.source.store.polled_at() if asked.now else None
        common = {
            "asked": asked,
            "w": asked.words,
            "language": asked.language,
            "menu": [
                (page, words_of(page.words, asked.language)["title"])
                for page in self.pages
                if page.in_menu and asked.audience.roles & page.roles
            ],
            "languages": [(each, NAMES[each], _with(request, lang=each)) for each in LANGUAGES],
            "style": self.style_path,
            "polled_at": polled_at,
            "silences": [_told(each, asked) for each in silences(asked.source.store)] if asked.now else [],
            "late": polled_at is not None and asked.now - polled_at > _LATE_S,
            "version": asked.book.version,
            "can_log_out": self.sign_in.by_token and "piletibot" in request.cookies,
            "example": f"{asked.book.entries.projects[0]}-1",
            "page": None,
        }
        return self._html(request, self.templates.get_template(template).render({**common, **shown}), status)

    def _html(self, request: Request, text: str, status: int = 200) -> Response:
        response = Response(text, status, media_type="text/html")
        asked = request.query_params.get("lang")
        if asked in LANGUAGES:
            response.set_cookie(
                _LANGUAGE_COOKIE, asked, max_age=365 * 86_400, secure=self.web.https, httponly=True, samesite="strict"
            )
        return response

    def _language(self, request: Request) -> str:
        return language_of(
            request.query_params.get("lang"),
            request.cookies.get(_LANGUAGE_COOKIE),
            request.headers.get("accept-language", ""),
            self.source.book().entries.language,
        )

    def message(self, request: Request, status: int, audience: Audience | None = None) -> Response:
        """Say in the reader's language why something else is not shown."""
        asked = self._plain(request, audience or Audience())
        said = str(status) if f"error_{status}" in asked.words else "400"
        return self._answer(request, "message.html", asked, {"said": said}, status)

    def _plain(self, request: Request, audience: Audience) -> Asked:
        """What a page is answered with that shows nothing of the desk, at no moment."""
        language = self._language(request)
        return Asked(
            audience=audience,
            source=self.source,
            snapshot=self.snapshot,
            book=self.source.book(),
            now=0,
            language=language,
            words=words_of(COMMON, language),
        )

    async def _http_error(self, request: Request, error: Exception) -> Response:
        return self.message(request, error.status_code if isinstance(error, HTTPException) else 500)

    # Other paths

    async def _nothing(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.message(Request(scope, receive), 404)(scope, receive, send)

    async def _style(self, request: Request) -> Response:
        return Response(self.style, media_type="text/css", headers={"Cache-Control": "max-age=31536000, immutable"})

    async def _icon(self, request: Request) -> Response:
        icon = (_HERE / "favicon.svg").read_bytes()
        return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    async def _find(self, request: Request) -> Response:
        key = request.query_params.get("key", "").strip()[:80]
        return RedirectResponse(request.url_for("ticket", key=key).path if _is_key(key) else "/", 303)

    async def _log_in(self, request: Request) -> Response:
        if not self.sign_in.by_token:
            return self.message(request, 404)
        next_path = _own_path(request.query_params.get("next", "/"))
        if request.method != "POST":
            return self._form(request, next_path, None, 200)
        if not self.sign_in.is_own(request):
            return self.message(request, 403)
        token = await _token(request)
        found = self.sign_in.log_in(token, request) if token else 0
        if isinstance(found, str):
            let_in = RedirectResponse(next_path, 303)
            self.sign_in.remember(found, let_in)
            return let_in
        if found:
            later = self.message(request, 429)
            later.headers["Retry-After"] = str(found)
            return later
        return self._form(request, next_path, "token_wrong", 403)

    def _form(self, request: Request, next_path: str, wrong: str | None, status: int) -> Response:
        shown = {"next": urlencode({"next": next_path}), "next_path": next_path, "wrong": wrong}
        asked = self._plain(request, Audience())
        return self._answer(request, "login.html", asked, shown, status)

    async def _log_out(self, request: Request) -> Response:
        if not self.sign_in.is_own(request):
            return self.message(request, 403)
        response = RedirectResponse("/login" if self.sign_in.by_token else "/", 303)
        self.sign_in.forget(response)
        return response


def _told(silence: Silence, asked: Asked) -> str:
    """What is silenced, since when and by what, in the reader's language."""
    words = asked.words
    what = words["silent_everything"] if silence.what == EVERYTHING else silence.what
    return words["bot_silent"].format(what=what, by=words[f"silent_{silence.by}"], at=asked.at(silence.since_at))


def site_of(web: Web, source: Source, site: str, tokens: Mapping[str, str], watch: Watch | None = None) -> Site:
    """Make the pages of a desk; with `watch` the probes stand beside them, and the figures if they have a token."""
    return Site(web, source, Snapshot(source), SignIn(web, site, tokens), all_pages(), watch)


async def _token(request: Request) -> str:
    """The token of a login form; empty where there is none, or too much."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return ""
    found = parse_qs(body.decode("utf-8", "replace")).get("token", [""])
    return found[0].strip()


def _asked_for(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _own_path(path: str) -> str:
    """The path to go on to, if it is one of ours: nothing that leads to another site."""
    is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_own else "/"


def _with(request: Request, **query: str) -> str:
    """The same page with something else asked of it."""
    return "?" + urlencode({**request.query_params, **query})


def _is_key(key: str) -> bool:
    project, dash, number = key.rpartition("-")
    return bool(project and dash and number.isascii() and number.isdigit() and project.replace("_", "").isalnum())
