"""What can go wrong with a Jira, as knobs: a lagging index, patience asked, broken answers, lost connections."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from bot.sandbox.calls import Answer, Request, said
from bot.sandbox.limits import refusal
from bot.sandbox.world import MAX_LAG_MS, Flavour

Json = Any

WEEK_MS = 7 * 24 * 3600 * 1000
"""How long the token of a page is good on Cloud."""

Kind = Literal["answer", "page", "slow", "truncate", "drop before", "drop after"]

_MOST: dict[Flavour, int] = {"cloud": 350, "dc": 5}
_PAGE = "<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>"


@dataclass
class Fault:
    """What happens to the next `times` matching requests (for ever when None), after `skip` that go well.

    `do`: `answer` instead with `status` (`html` or JSON, `retry_after` and `reason` as headers, the request is not
    carried out) · `page`: a proxy's HTML with 200 · `slow`: `seconds` late · `truncate`: half the body ·
    `drop before` or `drop after` the request took effect. `method` and `path` are regular expressions, found
    anywhere in the method and in the path.
    """

    do: Kind = "answer"
    method: str = ""
    path: str = ""
    times: int | None = 1
    skip: int = 0
    status: int = 503
    html: bool = False
    retry_after: str | None = None
    reason: str | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.do not in get_args(Kind):
            raise ValueError(f"do: one of {', '.join(get_args(Kind))}")
        try:
            re.compile(self.method), re.compile(self.path)
        except re.error as error:
            raise ValueError(f"method, path: not a regular expression: {error}") from error

    def met_by(self, request: Request) -> bool:
        """Tell whether the request is one of those meant."""
        return bool(re.search(self.method, request.method) and re.search(self.path, request.path))


@dataclass
class Faults:
    """All knobs of one sandbox; as made, nothing is wrong.

    `lag_ms`: how far search and count lag behind · `uneven`: some issues lag less than others · `read_only`: every
    write answers 503 · `down`: nothing is answered · `forbidden`: ids not seen in search, 404 on read, 403 on write ·
    `page_cap`: pages no longer than this ·
    `doubled`: the first row of each page comes twice · `shuffled`: the rows of each page come in another order ·
    `tokens_last_ms`: how old a page's token may be (Cloud), below 0 every one has expired · `burst`: requests to one
    endpoint in a second (Cloud) · `quota`: points in an hour (Cloud) · `bucket`: requests of an account in a second
    (Data Center) · `issue_writes`: whether Cloud counts the writes to each issue · `faults`: what happens to the
    next requests.
    """

    lag_ms: int = 0
    uneven: bool = False
    read_only: bool = False
    down: bool = False
    forbidden: list[str] = field(default_factory=list)
    page_cap: int | None = None
    doubled: bool = False
    shuffled: bool = False
    tokens_last_ms: int = WEEK_MS
    burst: int | None = None
    quota: int | None = None
    bucket: int | None = None
    issue_writes: bool = True
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not 0 <= self.lag_ms <= MAX_LAG_MS:
            raise ValueError(f"lag_ms: between 0 and {MAX_LAG_MS}")
        if any(most is not None and most < 1 for most in (self.page_cap, self.burst, self.quota, self.bucket)):
            raise ValueError("page_cap, burst, quota, bucket: at least 1")

    def take(self, request: Request) -> Fault | None:
        """Return what happens to this request, counting it; None when it goes well."""
        for fault in self.faults:
            if not fault.met_by(request) or fault.times == 0:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None


def read(given: Json, present: Faults) -> Faults:
    """Read knobs from JSON; those not given stay as they are. Raises ValueError with what is wrong."""
    if not isinstance(given, dict):
        raise ValueError("an object of knobs is expected")
    knobs = dict(given)
    try:
        if "faults" in knobs:
            knobs["faults"] = [Fault(**each) for each in knobs["faults"]]
        if "forbidden" in knobs:
            knobs["forbidden"] = [str(each) for each in knobs["forbidden"]]
        return replace(present, **knobs)
    except TypeError as error:
        raise ValueError(str(error)) from error


def shown(faults: Faults) -> Json:
    """Return the knobs as JSON."""
    return asdict(faults)


PATIENCE: dict[str, tuple[Flavour, Fault]] = {
    "burst": ("cloud", Fault(status=429, retry_after="1", reason="jira-burst-based")),
    "issue": (
        "cloud",
        Fault(status=429, retry_after="2", reason="jira-per-issue-on-write", method="POST|PUT|DELETE"),
    ),
    "quota of the site": ("cloud", Fault(status=429, retry_after="1847", reason="jira-quota-global-based")),
    "quota of the tenant": ("cloud", Fault(status=429, retry_after="600", reason="jira-quota-tenant-based")),
    "without a word": ("cloud", Fault(status=429)),
    "a date": ("cloud", Fault(status=429, retry_after="Mon, 16 Nov 2026 08:00:30 GMT")),
    "bucket": ("dc", Fault(status=429, retry_after="1", html=True)),
    "bucket without a word": ("dc", Fault(status=429, html=True)),
}
"""The ways in which Jira asks for patience, by what they are called, each with the flavour that does."""


def instead(fault: Fault, flavour: Flavour, now_ms: int) -> Answer | None:
    """Return what is answered instead of carrying the request out; None when it is carried out all the same."""
    match fault.do:
        case "drop before":
            return Answer(0, dropped=True)
        case "page":
            return Answer(200, _PAGE.encode(), {"Content-Type": "text/html;charset=UTF-8"})
        case "answer" if fault.status == 429:
            headers = _asked(fault)
            spent = refusal(flavour, fault.html, fault.reason, _MOST[flavour], now_ms, _wait_ms(fault))
            shown = {name: value for name, value in spent.headers.items() if name != "Retry-After"}
            return replace(spent, headers=shown | headers)
        case "answer" if fault.html:
            return Answer(fault.status, _PAGE.encode(), _asked(fault) | {"Content-Type": "text/html;charset=UTF-8"})
        case "answer":
            words = "Something went wrong on our side."
            return said(fault.status, {"errorMessages": [words], "errors": {}}, _asked(fault))
    return None


def _asked(fault: Fault) -> dict[str, str]:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return headers if fault.reason is None else headers | {"RateLimit-Reason": fault.reason}


def _wait_ms(fault: Fault) -> int:
    asked = fault.retry_after or ""
    return int(asked) * 1000 if asked.isascii() and asked.isdigit() else 1000


def spoilt(fault: Fault, answer: Answer) -> Answer:
    """Return what becomes of a sound answer on its way."""
    match fault.do:
        case "slow":
            return replace(answer, delay_s=fault.seconds)
        case "truncate":
            return replace(answer, cut=len(answer.body) // 2)
        case "drop after":
            return replace(answer, dropped=True)
    return answer
