"""Two daemons on one database by mistake, one of them stopped and continued: one comment in the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace as replace_post
from pathlib import Path
from typing import Any

import pytest
import requests
from desks import (
    DATA,
    DAY,
    GRACE_S,
    LENGTH_S,
    MINUTE,
    MONDAY,
    SITE,
    Bot,
    Desk,
    at_seam,
    one_flavour,
    rulebook,
    shipped,
)
from digest_desk import Sent
from fake_mailer import FakeMailer
from msgspec.structs import replace
from requests.adapters import BaseAdapter

from bot.commands.running import cycled
from bot.engine.cycle import cycle
from bot.engine.engine import Post, Report
from bot.engine.mailer import mail_id
from bot.engine.twins import read_back
from bot.jira.tracker import STEP
from bot.sandbox import acts
from bot.sandbox.texts import plain
from bot.store.holder import Holder, this_process
from bot.store.lease import Fenced, Lease

ONE, OTHER = (Holder(id=id_, host="here", process=n) for n, id_ in enumerate("ab"))
OVER_S = LENGTH_S + GRACE_S + MINUTE


class Gap(BaseAdapter):
    """Carries requests on, and before the first that is meant lets something happen: a process that stood still."""

    def __init__(self, bot: Bot, method: str, path: str, act: Callable[[], None], body: Any = None) -> None:
        super().__init__()
        self.session = bot.engine.tracker.client._session
        self.further = self.session.get_adapter("http://")
        self.meant, self.left, self.body = (method, path), [act], body
        self.session.mount("http://", self)

    def send(self, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        method, path = self.meant
        if request.method == method and (request.url or "").endswith(path) and self.left:
            if self.body is not None:
                self.body.append(request.body)
            self.left.pop()()
        return self.further.send(request, **given)

    def close(self) -> None:
        """Nothing is held open."""


@contextmanager
def two(desk: Desk, tmp_path: Path, **given: Any) -> Iterator[tuple[Bot, Bot]]:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store, holder=ONE, **given) as one, desk.bot(store, holder=OTHER, **given) as other:
        yield one, other


def went_on(desk: Desk, other: Bot) -> Callable[[], None]:
    """A process stands still until another has taken over and done all there is to do."""

    def stand_still() -> None:
        desk.later(OVER_S)
        other.cycles(desk.now + 3 * MINUTE, every=MINUTE)

    return stand_still


@one_flavour
def test_the_second_asks_jira_nothing_while_the_first_is_at_work(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    with two(desk, tmp_path) as (one, other):
        one.cycle()
        before = other.counts()
        for _ in range(5):
            with pytest.raises(Fenced, match="another piletibot works on this database"):
                other.cycle(MINUTE)
            one.cycle()
        assert other.since(before) == (0, 0)
        assert desk.rungs(ticket) == ["it-support/routed"]
        assert one.engine.lease is not None
        one.engine.lease.give_back()
        assert other.cycle(MINUTE).said == [], "given back, it is the other's at once"


AT = {
    "before intent": "none",
    "after intent": "none",
    "before fields": "none",
    "after fields": "queue",
    "before write": "queue",
}


@pytest.mark.parametrize("seam", AT)
@one_flavour
def test_one_that_stood_still_sends_nothing_more(desk: Desk, tmp_path: Path, seam: str) -> None:
    tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
    with two(desk, tmp_path) as (slow, other):
        slow.engine.seam = at_seam(seam, went_on(desk, other))
        with pytest.raises(Fenced):
            slow.cycle()
        said = [comment.id for comment in desk.said()]
        assert [desk.rungs(ticket) for ticket in tickets] == [["it-support/routed"]] * 2
        assert slow.engine.lease is not None
        with pytest.raises(Fenced, match="another piletibot works on this database"):
            slow.cycle(1)
        other.cycles(desk.now + 10 * MINUTE, every=MINUTE)
        assert [comment.id for comment in desk.said()] == said
        assert [state for _, state in other.states()] == ["said", "said"]
        other.settled()


def test_what_left_late_is_removed(desk: Desk, tmp_path: Path) -> None:
    ticket, second = desk.forwarded(), desk.forwarded("spetsialist2")
    with two(desk, tmp_path) as (slow, other):
        Gap(slow, "POST", "/comment", went_on(desk, other))
        with suppress(Fenced):
            slow.cycle()
        with pytest.raises(Fenced):
            slow.cycle()
        by_ticket = [len(desk.said(each)) for each in (ticket, second)]
        assert sorted(by_ticket) == [1, 2], "it was checked, stood still, and was sent: the residual window"
        twice = (ticket, second)[by_ticket.index(2)]
        first = desk.said(twice)[0].id
        assert other.cycle(MINUTE).removed == 1
        assert [comment.id for comment in desk.said(twice)] == [first]
        rows = {row.ticket_id: row for row in other.engine.store.ledger()}
        assert (rows[twice].state, rows[twice].comment_id) == ("said", str(first))
        other.settled()
        assert [len(desk.said(each)) for each in (ticket, second)] == [1, 1]


@contextmanager
def twice(desk: Desk, tmp_path: Path, ticket: str, **given: Any) -> Iterator[Bot]:
    """A bot that is yet to find that a second comment stands on a ticket."""
    with two(desk, tmp_path, **given) as (slow, other):
        Gap(slow, "POST", "/comment", went_on(desk, other))
        with suppress(Fenced):
            slow.cycle()
        assert len(desk.said(ticket)) == 2
        yield other


def test_without_the_right_to_delete_the_second_says_that_it_is_one_too_many(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    desk.world.person("piletibot").denied |= {"DELETE_OWN_COMMENTS", "DELETE_ALL_COMMENTS"}
    with twice(desk, tmp_path, ticket) as bot:
        assert bot.cycle(MINUTE).removed == 1
        first, second = desk.said(ticket)
        assert (len(first.properties[STEP]["keys"]), second.properties[STEP]["keys"]) == (1, [])
        assert "juba olemas" in plain(second.body)
        bot.settled()
        assert len(desk.said(ticket)) == 2


@one_flavour
def test_without_any_right_to_it_somebody_is_told(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    verbs = ("DELETE_OWN_COMMENTS", "DELETE_ALL_COMMENTS", "EDIT_OWN_COMMENTS", "EDIT_ALL_COMMENTS")
    desk.world.person("piletibot").denied |= set(verbs)
    with twice(desk, tmp_path, ticket) as bot:
        report = bot.cycle(MINUTE)
        assert (report.removed, len(report.troubles)) == (0, 1)
        assert [row[0] for row in bot.engine.store.troubles()] == [ticket]
        assert bot.states(ticket) == [("it-support/routed", "said")]


@one_flavour
def test_while_the_bot_is_silenced_it_removes_nothing(desk: Desk, tmp_path: Path) -> None:
    ticket, control = desk.forwarded(), desk.open("juht1")
    book = rulebook(manners={"control": desk.issue(control).key})
    with twice(desk, tmp_path, ticket, book=book) as bot:
        desk.edit(control, "juht1", labels=[book.entries.manners.hold])
        bot.cycle(MINUTE)
        assert len(desk.said(ticket)) == 2


def test_a_comment_of_others_with_the_bots_mark_stays_and_proves_nothing(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        bot.cycle()
        (own,) = desk.said(ticket)
        for _ in range(2):
            desk.later(1)
            acts.comment(desk.world, desk.issue(ticket), desk.world.person("it1"), "?", properties=own.properties)
        early = dataclasses.replace(desk.issue(ticket).comments[-1], id=1, created_ms=own.created_ms - 1)
        world = desk.world
        world.issues[int(ticket)] = dataclasses.replace(
            desk.issue(ticket), comments=(early, *desk.issue(ticket).comments)
        )
        report = Report(desk.now)
        read_back(bot.engine, ticket, desk.now, report)
        assert (report.removed, report.troubles) == (0, [])
        assert len(desk.issue(ticket).comments) == 4


def test_one_that_says_more_than_the_first_stays_and_is_told(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        bot.cycle()
        (own,) = desk.said(ticket)
        more = {STEP: {**own.properties[STEP], "keys": [*own.properties[STEP]["keys"], f"{SITE}/{ticket}/x/y@1/z/0"]}}
        acts.comment(desk.world, desk.issue(ticket), own.author, "?", properties=more)
        report = Report(desk.now)
        read_back(bot.engine, ticket, desk.now, report)
        assert (report.removed, len(report.troubles)) == (0, 1)
        assert len(desk.said(ticket)) == 2


@one_flavour
def test_the_comments_of_another_bot_by_the_same_account_are_its_own(desk: Desk) -> None:
    ticket = desk.forwarded()
    for _ in range(2):
        mark = {STEP: {"keys": [f"elsewhere/{ticket}/a/b@1/c/0"], "hash": ""}}
        acts.comment(desk.world, desk.issue(ticket), desk.world.person("piletibot"), "?", properties=mark)
    with desk.bot() as bot:
        report = Report(desk.now)
        assert len(read_back(bot.engine, ticket, desk.now, report)) == 2
        assert (report.removed, report.troubles) == (0, [])


@one_flavour
def test_what_was_under_way_when_a_process_was_killed_may_still_arrive(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    dead = replace(this_process(), process=2**22 + 1)
    body: list[bytes] = []

    def killed() -> None:
        raise KeyboardInterrupt

    with desk.bot(store, holder=dead) as bot:
        Gap(bot, "POST", "/comment", killed, body)
        with pytest.raises(KeyboardInterrupt):
            bot.cycle()
    desk.later(1)
    other = desk.forwarded("spetsialist2")
    with desk.bot(store, holder=this_process()) as bot:
        bot.cycle()
        assert desk.rungs(other) == ["it-support/routed"], "all else begins at once"
        bot.cycles(desk.now + GRACE_S - 10, every=10)
        assert desk.said(ticket) == []
        bot.engine.tracker.client._session.post(f"{desk.url}/rest/api/2/issue/{ticket}/comment", data=body[0],
            headers={"Content-Type": "application/json"})  # fmt: skip
        bot.cycles(desk.now + 10 * MINUTE, every=MINUTE)
        assert desk.rungs(ticket) == ["it-support/routed"]


@one_flavour
def test_what_never_arrived_is_said_once_the_grace_is_over(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    store = f"sqlite:///{tmp_path / 'bot.db'}"

    def killed() -> None:
        raise KeyboardInterrupt

    with desk.bot(store, holder=replace(this_process(), process=2**22 + 1)) as bot:
        bot.engine.seam = at_seam("before write", killed)
        with pytest.raises(KeyboardInterrupt):
            bot.cycle()
    with desk.bot(store, holder=this_process()) as bot:
        bot.cycles(desk.now + GRACE_S, every=20)
        assert desk.said() == []
        bot.cycle(20)
        assert desk.rungs(ticket) == ["it-support/routed"]


def commanded(desk: Desk, bot: Bot) -> Any:
    ticket = desk.taken()
    bot.cycle()
    desk.later(MINUTE)
    desk.write(ticket, "spetsialist1", "piletibot vaiki")
    return lambda: len(desk.said(ticket))


def edited(desk: Desk, bot: Bot) -> Any:
    ticket = desk.forwarded(complete=False)
    bot.cycle()
    desk.later(MINUTE)
    desk.edit(ticket, "spetsialist1", **{desk.field(name): "ei ole teada" for name in DATA})
    acts.attach(desk.world, desk.issue(ticket), desk.world.person("spetsialist1"), "pilt.png", 20_000, "image/png")
    return lambda: sum(each.updated_ms > each.created_ms for each in desk.said(ticket))


@pytest.mark.parametrize(
    ("make", "seam"),
    [(commanded, "before answer"), (commanded, "before command"), (edited, "before amend")],
)
@one_flavour
def test_no_answer_or_edit_is_sent_either(desk: Desk, tmp_path: Path, make: Any, seam: str) -> None:
    with two(desk, tmp_path) as (slow, other):
        count = make(desk, slow)
        passed: list[str] = []
        stand_still = went_on(desk, other)
        slow.engine.seam = at_seam(seam, lambda: (passed.append(seam), stand_still())[0])
        with pytest.raises(Fenced):
            slow.cycle()
        assert passed == [seam]
        assert count() == 1
        other.cycles(desk.now + 5 * MINUTE, every=MINUTE)
        assert count() == 1


@one_flavour
def test_a_mail_that_a_fenced_one_did_not_send_is_sent_by_the_other(desk: Desk, tmp_path: Path) -> None:
    mailer = FakeMailer()
    post = Post(mailer, {who: f"{who}@example.ee" for who in shipped().book.languages})
    with two(desk, tmp_path, post=post) as (slow, other):
        slow.cycle()
        desk.forwarded()
        desk.until(MONDAY + DAY)
        slow.engine.post = Post(mine := FakeMailer(), post.addresses)
        slow.engine.seam = at_seam("before mail", went_on(desk, other))
        with pytest.raises(Fenced):
            slow.cycle()
        store = other.engine.store
        (left,) = store.letters_in({"held"})
        assert (mine.tried, left.because) == (0, "the bot stood still before it was sent")
        other.cycles(desk.now + 5 * MINUTE, every=MINUTE)
        assert store.letters([left.key])[left.key].state == "said"
        assert sum(mail.id == mail_id(left.key) for mail in mailer.arrived) == 1
        assert len({mail.id for mail in mailer.arrived}) == len(mailer.arrived) > 1


@one_flavour
def test_a_cycle_that_runs_long_keeps_its_lease(desk: Desk, tmp_path: Path) -> None:
    for n in range(8):
        desk.forwarded(f"spetsialist{n % 2 + 1}")
    with two(desk, tmp_path, book=rulebook(manners={"ceiling": 50, "budget": 50})) as (slow, other):
        slow.engine.seam = lambda name: name == "after write" and desk.later(LENGTH_S - 10) and None
        slow.cycle()
        assert len(desk.said()) == 8
        with pytest.raises(Fenced):
            other.cycle()


@one_flavour
def test_one_that_nobody_replaced_goes_on_with_its_next_cycle(desk: Desk, tmp_path: Path) -> None:
    ticket = desk.forwarded()
    with desk.bot(f"sqlite:///{tmp_path / 'bot.db'}", holder=ONE) as bot:
        bot.engine.seam = at_seam("before write", lambda: desk.later(OVER_S))
        with pytest.raises(Fenced, match="the lease ended 120 s ago, while this process stood still"):
            bot.cycle()
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == ["it-support/routed"]


@one_flavour
def test_a_single_cycle_waits_for_a_silent_one_and_says_so(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket = desk.forwarded()
    with two(desk, tmp_path) as (silent, once):
        silent.engine.lease.take()
        began = desk.now
        report = cycled(once.engine, now=lambda: desk.now, sleep=lambda seconds: void(desk.later(int(seconds))))
        assert (report.at - began, len(desk.said(ticket))) == (LENGTH_S + GRACE_S + 1, 1)
        waiting = "Waiting: another piletibot works on this database (process 0 on here); what it does not renew"
        assert capsys.readouterr().err.count(waiting) == 1


@one_flavour
def test_a_single_cycle_is_refused_beside_one_that_renews(desk: Desk, tmp_path: Path) -> None:
    with two(desk, tmp_path) as (at_work, once):
        at_work.engine.lease.take()

        def sleep(seconds: float) -> None:
            desk.later(int(seconds))
            at_work.engine.lease.renew(after_s=LENGTH_S / 4)

        began = desk.now
        with pytest.raises(Fenced, match="another piletibot works on this database"):
            cycled(once.engine, now=lambda: desk.now, sleep=sleep)
        assert desk.now - began < LENGTH_S / 2
        assert desk.said() == []


def void(_: object) -> None:
    """Do nothing more."""


@pytest.mark.parametrize("seam", ["before digest", "before mail"])
def test_a_digest_that_a_fenced_one_did_not_send_is_sent_by_the_other(tmp_path: Path, seam: str) -> None:
    first = Sent(url=f"sqlite:///{tmp_path / 'bot.db'}")
    clock = [0]
    for engine in (first.engine, other := first.bot()):
        engine.lease = Lease(
            first.store, ONE if engine is other else OTHER, length_s=LENGTH_S, grace_s=GRACE_S, clock=lambda: clock[0]
        )
    with closing(first.store):

        def stand_still() -> None:
            clock[0] += OVER_S
            other.post = replace_post(other.post, mailer=FakeMailer())
            cycle(other, first.now + OVER_S)

        first.engine.seam = at_seam(seam, stand_still)
        with pytest.raises(Fenced):
            first.at("tue 08:00")
        assert first.sent == []
        cycle(other, first.now + 2 * OVER_S)
        assert len(other.post.mailer.arrived) == 1
        assert [state for key, state in first.states.items() if key == "lead/day-2026-11-16-mail"] == ["said"]


@one_flavour
def test_one_that_stood_still_keeps_no_intents(desk: Desk, tmp_path: Path) -> None:
    desk.forwarded()
    with two(desk, tmp_path) as (slow, other):
        lease = other.engine.lease
        assert lease is not None

        def take_over() -> None:
            desk.later(OVER_S)
            lease.take()

        slow.engine.seam = at_seam("before intent", take_over)
        with pytest.raises(Fenced):
            slow.cycle()
        assert other.rows() == {}
