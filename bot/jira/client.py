"""One connection to a Jira: who asks, how long to wait, what to repeat, and what went wrong.

The `jira` package supplies the session and its authentication. Its own `request` is passed over: it repeats
POSTs, sleeps where nobody can stop it, reads `Retry-After` as an int only, and its errors hold headers and
bodies.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from random import SystemRandom
from typing import Any, TypeVar
from urllib.parse import quote

import jira
import requests
import structlog
import tenacity
from requests.adapters import BaseAdapter
from urllib3.exceptions import NewConnectionError, SSLError

from bot.engine.tracker import Denied, Doubtful, Refused, Throttled, Unreachable
from bot.jira.answers import Answered, Failing, Garbled, NotJira, decode, named, patience, refusal, says_html
from bot.jira.connecting import Connecting
from bot.jira.gate import PATIENCE_S, Gate, about_of, throttled
from bot.jira.pacing import Call

T = TypeVar("T")
Params = Mapping[str, str | int | Sequence[str]]

ATTEMPTS = 5
"""How often a read is tried, the first time included (Atlassian advises at most four retries)."""

_BACKOFF_S = 1.0
_uniform = SystemRandom().uniform
_PASSING = frozenset({500, 502, 503, 504})
_log = structlog.get_logger(__name__)


LARGEST_ANSWER = 100_000_000
"""Bytes of an answer, unpacked; a larger one is not read on."""

LONGEST_ANSWER_S = 300.0
"""Seconds from the question to the last byte of its answer."""

_PART = 1 << 16

_REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: (\d{3})")
_PROXY_SAYS = {
    "403": "the proxy does not let it through (403)",
    "407": "the proxy wants a user and a password (407); write them into HTTPS_PROXY",
    "502": "the proxy does not reach it (502)",
    "503": "the proxy does not reach it (503)",
    "504": "the proxy does not reach it (504)",
}


class TooMuch(requests.RequestException):
    """An answer that is too large, or does not come to an end."""


class _Again(Exception):
    """A read that failed in passing: what to raise when patience ends, and the least wait in seconds."""

    def __init__(self, error: Unreachable, wait_s: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


class Client:
    """A Jira's REST API seen from one account; one per thread, as its session is.

    `user` with a token means basic authentication (Cloud: e-mail and API token), a token alone a personal
    access token. `timeout_s` bounds connecting and every wait for bytes. `ca_bundle` is a file of trusted
    certificates. With `read_only` nothing but GET is ever sent, and what else is asked for raises Refused; a read is
    tried `attempts` times. Waiting is done with `sleep` and `jitter(low, high)`, time read from `clock` in UTC
    seconds. Every request goes through the `gate`, which the connections of one account share; without one it keeps
    what Jira itself asks for.

    `fence` is called immediately before each request is sent, with whether it changes anything, and once more where
    a connection had to be made for it; what it raises is raised, and nothing is sent. `date` is what the last
    answer's header of that name said.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str,
        user: str | None = None,
        ca_bundle: str | None = None,
        timeout_s: float = 30.0,
        read_only: bool = False,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = _uniform,
        transport: BaseAdapter | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.gate = gate or Gate(clock=clock, sleep=sleep, jitter=jitter)
        self.url = url.rstrip("/")
        self.requests = 0
        self.date = ""
        self.fence: Callable[[bool], None] = lambda writes: None
        self._writes = False
        self.read_only = read_only
        self._attempts = attempts
        self.timeout_s = timeout_s
        self._sleep, self._clock, self._jitter = sleep, clock, jitter
        self._transport = transport
        self.sign_in(token=token, user=user, ca_bundle=ca_bundle)

    def sign_in(self, *, token: str, user: str | None, ca_bundle: str | None) -> None:
        """Ask by this account and trust these certificates from now on; connections are made anew."""
        self._jira = jira.JIRA(
            server=self.url,
            options={"verify": ca_bundle or True},
            basic_auth=(user, token) if user else None,
            token_auth=None if user else token,
            get_server_info=False,
            max_retries=0,
            timeout=self.timeout_s,
            logging=False,
        )
        self._session: requests.Session = self._jira._session
        # What the environment says of proxies and certificates, once: `requests` would ask it for each request.
        said = self._session.merge_environment_settings(self.url, {}, None, self._session.verify, None)
        self._session.proxies, self._session.verify = said["proxies"], said["verify"]
        self._session.trust_env = False
        transport = self._transport or Connecting(lambda: self.fence(self._writes))
        self._session.mount("http://", transport)
        self._session.mount("https://", transport)

    @property
    def now_s(self) -> float:
        """The time by this client's clock, in UTC seconds."""
        return self._clock()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def read(
        self,
        path: str,
        into: type[T],
        *,
        at: Mapping[str, str] | None = None,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        attempts: int | None = None,
    ) -> T:
        """Ask for something and decode it: a GET, or a POST that changes nothing when a body is given.

        `path` is what follows `/rest/api/`, with the names of `at` in braces. Repeated while the failure is a
        passing one, bounded in attempts and seconds. Raises Unreachable, which is Failing where an answer came,
        Throttled, Denied, Refused.
        """

        def stop(state: tenacity.RetryCallState) -> bool:
            late = self._clock() - started_at + state.upcoming_sleep > PATIENCE_S
            in_vain = self.gate.is_shut or self.gate.stopping()
            return late or in_vain or state.attempt_number >= (attempts or self._attempts)

        def wait(state: tenacity.RetryCallState) -> float:
            failed = state.outcome.exception() if state.outcome else None
            least_s = failed.wait_s if isinstance(failed, _Again) else 0.0
            return least_s + _BACKOFF_S * 2.0 ** (state.attempt_number - 1) * self._jitter(0.7, 1.3)

        started_at = self._clock()
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            sleep=self._sleep,
            wait=wait,
            stop=stop,
            reraise=True,
        )
        try:
            found: T = retrying(self._ask, "GET" if body is None else "POST", path, into, at, params, body)
        except _Again as again:
            raise again.error from None
        return found

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        into: type[T],
        *,
        at: Mapping[str, str] | None = None,
    ) -> T:
        """Change something, sent once and never repeated; `into` is `type(None)` where no answer is read.

        Raises Doubtful when it may have taken effect, Unreachable when it never left, Throttled, Denied,
        Refused.
        """
        what = f"{method} {path}"
        call = Call(method, path, writes=True, ticket=_ticket_of(path, at))
        try:
            answer = self._send(call, at, None, body)
        except requests.RequestException as error:
            if _never_left(error):
                raise Unreachable(f"{what}: {_cause(error)}") from None
            raise Doubtful(f"{what}: the answer was lost ({_cause(error)})") from None
        if answer.status_code >= 500:
            raise Doubtful(f"{what}: answered {answer.status_code}")
        if answer.status_code == 429:
            raise self._throttled(call, answer)
        _refuse(what, answer)
        try:
            return decode(answer, into)
        except (Garbled, NotJira) as error:
            raise Doubtful(f"{what}: {error}") from None

    def _ask(
        self,
        method: str,
        path: str,
        into: type[T],
        at: Mapping[str, str] | None,
        params: Params | None,
        body: Mapping[str, Any] | None,
    ) -> T:
        what, call = f"{method} {path}", Call(method, path)
        try:
            answer = self._send(call, at, params, body)
        except TooMuch as error:
            raise Failing(f"{what}: {error}") from None
        except requests.RequestException as error:
            unreachable = Unreachable(f"{what}: {_cause(error)}")
            if _is_passing(error):
                raise _Again(unreachable) from None
            raise unreachable from None
        if answer.status_code == 429:
            asked = self._throttled(call, answer)
            # Waiting in place for a quota of the whole site or app helps nobody.
            if asked.retry_after_s > PATIENCE_S or "quota" in (_reason_of(answer) or ""):
                raise asked
            raise _Again(asked, asked.retry_after_s)
        if answer.status_code in _PASSING:
            least_s = patience(answer.headers, self._clock())
            if least_s > PATIENCE_S:
                raise self._throttled(call, answer)
            raise _Again(Failing(f"{what}: answered {answer.status_code}"), least_s)
        _refuse(what, answer)
        try:
            return decode(answer, into)
        except Garbled as error:
            raise _Again(Failing(f"{what}: {error}")) from None
        except NotJira as error:
            raise Failing(f"{what}: {error}") from None

    def _send(
        self, call: Call, at: Mapping[str, str] | None, params: Params | None, body: Mapping[str, Any] | None
    ) -> requests.Response:
        if self.read_only and call.method != "GET":
            raise Refused(f"{call.kind}: nothing but GET is sent to {self.url}")
        self.gate.enter(call)
        places = {name: quote(value, safe="") for name, value in (at or {}).items()}
        self.requests += 1
        started_at = self._clock()
        status: int | None = None
        try:
            # No Content-Type where there is no content; no redirect is followed, since a POST would come out of
            # it as a GET.
            asked = requests.Request(
                call.method,
                f"{self.url}/rest/api/{call.path.format(**places)}",
                headers={} if body is not None else {"Content-Type": None},
                params=params,
                json=body,
            )
            prepared = self._session.prepare_request(asked)
            self._writes = call.writes
            self.fence(call.writes)
            answer = self._session.send(prepared, timeout=self.timeout_s, allow_redirects=False, stream=True)
            status = answer.status_code
            self.date = answer.headers.get("Date", "")
            self._fetch(answer, started_at)
        except TooMuch:
            self.gate.answered(call, answer)
            raise
        except requests.RequestException as error:
            self.gate.unanswered(call, _cause(error), self._clock() - started_at)
            raise
        except ValueError:  # of the standard library's HTTP, which looks at headers last
            raise Denied("the user or the token has a character that cannot be sent") from None
        finally:
            ms = int((self._clock() - started_at) * 1000)
            _log.debug("request", method=call.method, path=call.path, status=status, ms=ms)
        self.gate.answered(call, answer)
        return answer

    def _fetch(self, answer: requests.Response, started_at: float) -> None:
        """Read the body, unpacked as it comes. Raises TooMuch for one that is too large, or comes for too long."""
        body = bytearray()
        for part in answer.iter_content(_PART):
            body += part
            took_s = self._clock() - started_at
            if len(body) > LARGEST_ANSWER or took_s > LONGEST_ANSWER_S:
                answer.close()
                size = f"answered with more than {LARGEST_ANSWER // 1_000_000} MB"
                raise TooMuch(size if len(body) > LARGEST_ANSWER else f"was still answering after {took_s:.0f} s")
        answer._content = bytes(body)

    def _throttled(self, call: Call, answer: requests.Response) -> Throttled:
        retry_after_s, reason = patience(answer.headers, self._clock()), _reason_of(answer)
        text = f"{call.kind}: answered {answer.status_code}, asks for {retry_after_s:.0f} s of patience"
        return throttled(call, about_of(call, answer), text + (f" ({reason})" if reason else ""), retry_after_s)


def _reason_of(answer: requests.Response) -> str | None:
    return named(answer.headers.get("RateLimit-Reason"))


def _ticket_of(path: str, at: Mapping[str, str] | None) -> str | None:
    """The ticket that a request writes to, by its id."""
    return (at or {}).get("id") if "/issue/{id}" in path else None


def _refuse(what: str, answer: requests.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        if "AUTHENTICATED_FAILED" in answer.headers.get("X-Seraph-LoginReason", ""):
            raise Denied(f"{what}: answered as to a stranger, the log-in failed; check the user and the token")
        return
    if status == 401:
        raise Denied(f"{what}: 401, the account is not let in; check the user and the token")
    if status == 403 and _locked_out(answer.headers):
        raise Denied(f"{what}: 403, the account must first log in with a browser (CAPTCHA after failed log-ins)")
    if 300 <= status < 400:
        raise Unreachable(
            f"{what}: answered {status}, a redirect; check the address, or a proxy's login is in the way"
        )
    if status == 407:
        raise Unreachable(f"{what}: the proxy asks for a log-in of its own")
    if status in (404, 405) and says_html(answer):
        raise Unreachable(f"{what}: answered {status} with {NotJira.HTML}")
    raise Answered(f"{what}: {status}{refusal(answer)}", status)


def _locked_out(headers: Mapping[str, str]) -> bool:
    return (
        "CAPTCHA" in headers.get("X-Authentication-Denied-Reason", "").upper()
        or "AUTHENTICATION_DENIED" in headers.get("X-Seraph-LoginReason", "").upper()
    )


def _reason(error: requests.RequestException) -> object:
    inner = error.args[0] if error.args else None
    return getattr(inner, "reason", inner)


def _never_left(error: requests.RequestException) -> bool:
    """Whether the request surely was not sent: no connection, trusted certificate, proxy or valid address."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError | ValueError):
        return True
    reason = _reason(error)
    return isinstance(reason, NewConnectionError) or (
        isinstance(reason, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason)
    )


def _is_passing(error: requests.RequestException) -> bool:
    """Whether trying again may help: not with a broken address or certificate."""
    return not isinstance(error, ValueError) and not isinstance(_reason(error), SSLError)


def _answer_of_proxy(error: requests.RequestException) -> str:
    """With which status a proxy refused to connect; nothing where it did not answer."""
    found = _REFUSED_BY_PROXY.search(str(error))
    return found[1] if found else ""


def _cause(error: requests.RequestException) -> str:
    """Say what happened in words that hold no address and no content."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.ReadTimeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return _PROXY_SAYS.get(_answer_of_proxy(error), "the proxy does not connect")
    if isinstance(_reason(error), SSLError) or isinstance(error, requests.exceptions.SSLError):
        return "the certificate is not trusted; give `ca_bundle` the issuer's certificate"
    if isinstance(_reason(error), NewConnectionError):
        return "no connection; check the address"
    if isinstance(error, ValueError):
        return "not a valid address"
    return "the connection was lost"
