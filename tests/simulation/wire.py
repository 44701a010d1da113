"""The network between bot and Jira, and what really happened at its other end: a record that no bot can falsify."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from canaries import PERSONAL
from fake_mailer import FakeMailer
from requests.adapters import BaseAdapter

from bot.core.ticket import Moment
from bot.engine.mailer import Mail
from bot.jira.tracker import STEP
from bot.sandbox.api import Site
from bot.sandbox.inprocess import InProcess
from bot.sandbox.texts import plain
from bot.sandbox.world import Comment, Issue, World
from simulation.output import Output, told_of

ISSUE = re.compile(r"/rest/api/[^/]+/issue/([A-Z0-9-]+)(/.*)?$")
_MENTION = re.compile(r"\[~(?:accountid:)?([^\]\s]+)\]")
_LATENCY_MS = 20


@dataclass(frozen=True)
class Shown:
    """A ticket as Jira last showed it to the bot by itself: whole, and in the list of its comments."""

    issue: Issue | None = None
    comments: Issue | None = None
    comments_at: Moment = 0
    issue_at: Moment = 0


@dataclass(frozen=True)
class Written:
    """A write of the bot's that took effect: the ticket before and after it, and as it was last shown to the bot.

    `at` is true time, `bot_at` what the bot took for now when it last asked, `cycle_at` when its cycle began, both by
    its own clock. `seam` is the one passed last, by the
    second process where that wrote; `silenced` tells whether the bot knew that it is to say nothing.
    """

    at: Moment
    bot_at: Moment
    cycle_at: Moment
    number: int
    seam: str
    second: bool
    silenced: bool
    before: Issue
    after: Issue
    shown: Shown

    @property
    def ticket_id(self) -> str:
        return str(self.after.id)

    @property
    def comment(self) -> Comment | None:
        """The comment that is new, if one is."""
        known = {each.id for each in self.before.comments}
        return next((each for each in self.after.comments if each.id not in known), None)

    @property
    def edited(self) -> Comment | None:
        """The comment that says something else now, if one does."""
        known = {each.id: each.body for each in self.before.comments}
        return next((each for each in self.after.comments if known.get(each.id, each.body) != each.body), None)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of what the new comment says."""
        made = self.comment
        return () if made is None else keys_in(made)

    @property
    def items(self) -> list[dict[str, Any]]:
        """What of the ticket's fields it changed, as the changelog has it."""
        return [item for entry in self.after.histories[len(self.before.histories) :] for item in entry.items]


def keys_in(comment: Comment) -> tuple[str, ...]:
    """The keys that a comment carries."""
    mark = comment.properties.get(STEP)
    return tuple(mark.get("keys", ())) if isinstance(mark, dict) else ()


def mentioned(world: World, comment: Comment) -> list[str]:
    """The names of the accounts that a comment calls, in its order; also of those that are no longer active."""
    found = (world.person(ref) for ref in _MENTION.findall(plain(comment.body)))
    return list(dict.fromkeys(person.name for person in found if person is not None))


@dataclass
class Post(FakeMailer):
    """A mail server whose mails are a part of the output, whatever happens to them.

    `asked` gives the steps that ask their person in the mail of an id, by its sender's database; `asking` are those
    of each mail when it was sent.
    """

    output: Output = field(default_factory=Output)
    asked: Callable[[str], Sequence[str]] = lambda id_: ()
    asking: dict[str, Sequence[str]] = field(default_factory=dict)

    def send(self, mail: Mail) -> None:
        self.output.mailed(mail)
        self.asking[mail.id] = self.asked(mail.id)
        super().send(mail)


@dataclass
class Clocks:
    """What the wire asks of time: `request` is called before each request, `passed` with milliseconds after it."""

    request: Callable[[], None]
    passed: Callable[[int], None]
    now: Callable[[], Moment]
    bot: Callable[[], tuple[Moment, Moment]]
    seam: Callable[[], str]
    silenced: Callable[[], bool]
    output: Output
    skew_s: Callable[[], int]
    second: bool = False


class Wire(BaseAdapter):
    """Carries one process's requests, and keeps a record of what it was shown and of what it wrote."""

    def __init__(self, site: Site, clocks: Clocks, written: list[Written]) -> None:
        super().__init__()
        self._line, self._site, self._clocks = InProcess(site), site, clocks
        self.written = written
        self.shown: dict[int, Shown] = {}
        self.faults: dict[str, int] = {}
        self.writing = False
        self.asked_for: tuple[Moment, int] = (0, 0)
        self.hurried: list[str] = []
        self.in_vain: Counter[tuple[int, int]] = Counter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        met = ISSUE.search((request.url or "").partition("?")[0])
        self.writing = met is not None and request.method != "GET"
        self._hurries(request)
        self._clocks.output.asked(request, met is not None and "/comment" in (met[2] or ""))
        self._clocks.request()
        world = self._site.world
        before = world.find(met[1]) if met else None
        failed: requests.RequestException | None = None
        try:
            response = self._line.send(request, stream, timeout, verify, cert, proxies)
        except requests.RequestException as error:
            failed = error
        if failed is not None:  # while time passes others act, whose own errors do not come of this one
            failed.args = (*failed.args, PERSONAL["what Jira says of its errors"])
            self._met(type(failed).__name__)
            self._failed(before)
            self._note(request, met, before, None)
            limit = timeout[1] if isinstance(timeout, tuple) else timeout
            self._clocks.passed(int((limit or 0) * 1000) if isinstance(failed, requests.ReadTimeout) else _LATENCY_MS)
            raise failed
        if response.status_code >= 400 and response.status_code not in (404,):
            self._met(str(response.status_code))
            self._asks_for_patience(response)
            if response.status_code >= 500:
                self._failed(before)
        self._note(request, met, before, response)
        told_of(response)
        self._clocks.passed(_LATENCY_MS)
        return response

    def close(self) -> None: ...

    def _asks_for_patience(self, response: requests.Response) -> None:
        """Note until when nothing at all is to be asked, as Jira wants it and so long as the bot's clock goes on."""
        wait, reason = response.headers.get("Retry-After", ""), response.headers.get("RateLimit-Reason", "")
        if response.status_code == 429 and wait.isdigit() and (not reason or "quota" in reason):
            until, skew_s = self._clocks.now() + int(wait), self._clocks.skew_s()
            self.asked_for = max((until, skew_s), self.asked_for)

    def _failed(self, before: Issue | None) -> None:
        """Count the writes in vain to a ticket that nobody changed."""
        if self.writing and before is not None:
            self.in_vain[before.id, before.updated_ms] += 1

    def _hurries(self, request: requests.PreparedRequest) -> None:
        until, skew_s = self.asked_for
        early_s = until - self._clocks.now()
        if early_s > 1 and skew_s == self._clocks.skew_s():
            self.hurried.append(f"{request.method} {early_s} s before the patience is over that Jira asked for")

    def _met(self, what: str) -> None:
        self.faults[what] = self.faults.get(what, 0) + 1

    def _note(
        self,
        request: requests.PreparedRequest,
        met: re.Match[str] | None,
        before: Issue | None,
        response: requests.Response | None,
    ) -> None:
        world = self._site.world
        if request.method != "GET" and before is not None:
            after = world.issues.get(before.id)
            if after is not None and after is not before:
                self._wrote(before, after)
        if response is None or response.status_code != 200 or b"<!doctype" in response.content[:20]:
            return
        now = self._clocks.now()
        if request.method == "GET" and met is not None and before is not None:
            known = self.shown.get(before.id, Shown())
            if met[2] is None:
                self.shown[before.id] = Shown(before, known.comments, known.comments_at, now)
            elif met[2] == "/comment":
                self.shown[before.id] = Shown(known.issue, before, now, known.issue_at)
        elif (request.url or "").endswith("/issue/bulkfetch"):
            for ref in json.loads(request.body or b"{}").get("issueIdsOrKeys", ()):
                found = world.find(str(ref))
                if found is not None and str(found.id) not in self._site.faults.forbidden:
                    known = self.shown.get(found.id, Shown())
                    self.shown[found.id] = Shown(found, known.comments, known.comments_at, now)

    def _wrote(self, before: Issue, after: Issue) -> None:
        bot_at, cycle_at = self._clocks.bot()
        self.written.append(
            Written(
                at=self._clocks.now(),
                bot_at=bot_at,
                cycle_at=cycle_at,
                number=len(self.written),
                seam=self._clocks.seam(),
                second=self._clocks.second,
                silenced=self._clocks.silenced(),
                before=before,
                after=after,
                shown=self.shown.get(after.id, Shown()),
            )
        )


def texts(comments: Sequence[Comment]) -> list[str]:
    """What comments say, as plain text."""
    return [plain(each.body) for each in comments]
