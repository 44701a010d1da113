"""Who is asking: by the proxy's header, by a signed cookie after a login token, or whom the page is open to."""

from __future__ import annotations

import hmac
import time
import tomllib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from bot.core.entries import Account
from bot.core.findings import nearest
from bot.core.rulebook import Rulebook
from bot.settings import Misconfigured, read_toml, secret_text
from bot.web.guard import host_of
from bot.web.reader import person_in
from bot.web.settings import Web, token_problem

COOKIE = "piletibot"
TRIES, ALL_TRIES, WITHIN_S = 5, 100, 300.0
"""How many wrong tokens are answered from one address and from all, in how many seconds."""

_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def tokens_of(web: Web) -> dict[str, str]:
    """Give everybody's login token, those of `tokens_file` (TOML: `person = "token"`) under those of the environment.

    Raises Misconfigured for a file that everybody may read, that cannot be read or holds anything else; it quotes no
    token.
    """
    given = {person: token.get_secret_value() for person, token in web.tokens.items()}
    if web.tokens_file is None:
        return given
    file = web.tokens_file
    try:
        written = read_toml(secret_text(file, "tokens"))
    except tomllib.TOMLDecodeError:
        raise Misconfigured(f'{file}: this is not TOML, with lines such as person = "token"') from None
    wrong = [person for person, token in written.items() if not isinstance(token, str)]
    if wrong:
        raise Misconfigured(f"{file}: the token of {', '.join(wrong)} is no text")
    tokens = {**written, **given}
    if problem := token_problem(tokens):
        raise Misconfigured(f"{file}: {problem}")
    return tokens


def strangers(web: Web, tokens: Mapping[str, str], book: Rulebook) -> Iterator[str]:
    """Say of whom the configuration speaks that the rulebook does not name."""
    words = {"people": web.people.values(), "tokens": tokens, "open_to": [web.open_to] if web.open_to else []}
    for key, named in words.items():
        for word in named:
            if (person_in(word, book) if key == "open_to" else word) not in book.languages:
                meant = nearest(word, book.languages)
                hint = f"; did you mean '{meant}'?" if meant else ""
                yield f"web.{key}: the rulebook names nobody '{word}'{hint}"


@dataclass
class Guesses:
    """The wrong tokens of late, by whence they came."""

    clock: Callable[[], float] = time.monotonic
    _wrong: dict[str, deque[float]] = field(default_factory=dict)

    def wait_s(self, address: str) -> int:
        """How many seconds must pass before this address may guess again; 0 for now."""
        since = self.clock() - WITHIN_S
        for each, moments in list(self._wrong.items()):
            while moments and moments[0] <= since:
                moments.popleft()
            if not moments:
                del self._wrong[each]
        own = self._wrong.get(address, ())
        if len(own) >= TRIES:
            return int(own[-TRIES] - since) + 1
        every = sorted(at for moments in self._wrong.values() for at in moments)
        return int(every[-ALL_TRIES] - since) + 1 if len(every) >= ALL_TRIES else 0

    def wrong(self, address: str) -> None:
        """Note a wrong token."""
        self._wrong.setdefault(address, deque()).append(self.clock())


@dataclass
class SignIn:
    """How the page knows who is asking, by the configuration."""

    web: Web
    site: str
    tokens: Mapping[str, str]
    guesses: Guesses = field(default_factory=Guesses)

    @property
    def by_token(self) -> bool:
        """Whether one can log in with a token."""
        return bool(self.tokens)

    def person(self, request: Request, book: Rulebook) -> str | None:
        """The word of who is asking; None where nobody is known to. Whether the rulebook names them is not asked."""
        if self.web.open_to is not None:
            # Behind a proxy everybody would come from this machine.
            is_passed_on = any(name in request.headers for name in _PASSED_ON)
            return None if is_passed_on else person_in(self.web.open_to, book)
        if self.web.user_header is not None and self._from_proxy(request):
            named = request.headers.getlist(self.web.user_header)
            if len(named) == 1 and named[0].strip():
                return self._meant(named[0].strip(), book)
        return self._remembered(request.cookies.get(COOKIE, ""))

    def from_address(self, request: Request) -> str:
        """Whence a guess comes: the address that a proxy tells last, else that of the connection."""
        told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if told and self._from_proxy(request):
            return told[:64]
        return request.client.host if request.client else "?"

    def log_in(self, token: str, request: Request) -> str | int:
        """The person whose token it is, or how many seconds until another guess: 0 for a wrong one that was the last.

        Every token is compared with, and in a time that does not tell how far it agrees.
        """
        address = self.from_address(request)
        if wait_s := self.guesses.wait_s(address):
            return wait_s
        found = None
        for person, own in self.tokens.items():
            if hmac.compare_digest(sha256(own.encode()).digest(), sha256(token.encode()).digest()):
                found = person
        if found is None:
            self.guesses.wrong(address)
            return 0
        return found

    def remember(self, person: str, response: Response) -> None:
        """Set the cookie by which somebody who logged in is known."""
        response.set_cookie(
            COOKIE,
            self._signer(self.tokens[person]).dumps(person),
            max_age=self.web.session_s,
            secure=self.web.https,
            httponly=True,
            samesite="strict",
        )

    def forget(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(COOKIE, secure=self.web.https, httponly=True, samesite="strict")

    def is_own(self, request: Request) -> bool:
        """Whether a post comes from a page of ours."""
        site = request.headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        return origin is None or host_of([origin.partition("://")[2]]) == host_of(request.headers.getlist("host"))

    def _remembered(self, cookie: str) -> str | None:
        for person, token in self.tokens.items():
            try:
                if self._signer(token).loads(cookie, max_age=self.web.session_s) == person:
                    return person
            except BadData:
                continue
        return None

    def _signer(self, token: str) -> URLSafeTimedSerializer:
        """What signs a person's cookie: with a key of their token, so that another token ends what the old began."""
        return URLSafeTimedSerializer(token, salt=f"piletibot/{self.site}/session")

    def _from_proxy(self, request: Request) -> bool:
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(peer in network for network in self.web.networks)

    def _meant(self, name: str, book: Rulebook) -> str | None:
        """Whom a proxy's name means: by `people` of the configuration, else the person who has that account."""
        if name in self.web.people:
            return self.web.people[name]
        return next((each.person for each in book.entries.people if name in _accounts(each.account)), None)


def _accounts(account: str | Account) -> tuple[str, ...]:
    """The accounts of a person, of either kind of Jira."""
    return (account,) if isinstance(account, str) else (account.cloud, account.dc)
