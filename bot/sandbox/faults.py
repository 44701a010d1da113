"""What can go wrong with a Jira, as knobs: a lagging index, patience asked, broken answers, lost connections."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from bot.sandbox.calls import Answer, Request, said
from bot.sandbox.world import MAX_LAG_MS, Flavour

Json = Any

Kind = Literal["answer", "page", "slow", "truncate", "drop before", "drop after"]

_HTML_429 = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 429 - Too Many Requests</title></head><body>'
    "<h1>HTTP Status 429 - Too Many Requests</h1><p><b>Message</b> Rate limit exceeded.</p></body></html>"
)
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

    `lag_ms`: how far search and count lag behind · `read_only`: every write answers 503 · `down`: nothing is answered
    · `forbidden`: ids not seen in search, 404 on read, 403 on write · `page_cap`: pages no longer than this ·
    `doubled`: the first row of each page comes twice · `faults`: what happens to the next requests.
    """

    lag_ms: int = 0
    read_only: bool = False
    down: bool = False
    forbidden: list[str] = field(default_factory=list)
    page_cap: int | None = None
    doubled: bool = False
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not 0 <= self.lag_ms <= MAX_LAG_MS:
            raise ValueError(f"lag_ms: between 0 and {MAX_LAG_MS}")

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


_BUCKET = {
    "cloud": {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0"},
    "dc": {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-FillRate": "5",
        "X-RateLimit-Interval-Seconds": "1",
    },
}


def instead(fault: Fault, flavour: Flavour) -> Answer | None:
    """Return what is answered instead of carrying the request out; None when it is carried out all the same."""
    headers = dict(_BUCKET[flavour]) if fault.status == 429 else {}
    if fault.retry_after is not None:
        headers["Retry-After"] = fault.retry_after
    if fault.reason is not None:
        headers["RateLimit-Reason"] = fault.reason
    match fault.do:
        case "drop before":
            return Answer(0, dropped=True)
        case "page":
            return Answer(200, _PAGE.encode(), {"Content-Type": "text/html;charset=UTF-8"})
        case "answer" if fault.html:
            page = _HTML_429 if fault.status == 429 else _PAGE
            return Answer(fault.status, page.encode(), {**headers, "Content-Type": "text/html;charset=UTF-8"})
        case "answer" if fault.status == 429:
            words = "The request has been rate-limited. Please try again later."
            return said(429, {"errorMessages": [words], "errors": {}, "status": 429}, headers)
        case "answer":
            words = "Something went wrong on our side."
            return said(fault.status, {"errorMessages": [words], "errors": {}}, headers)
    return None


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
