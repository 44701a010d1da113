"""Said once: whatever happens to a comment on its way, to the database, or to the wish meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Desk, at_seam, in_turn, one_flavour, rulebook, shipped

from bot.core.entries import Ladder
from bot.core.rulebook import Rulebook
from bot.engine.batch import batches, release
from bot.jira.tracker import STEP
from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.sandbox.texts import plain

SILENT = MONDAY + 2 * DAY
COMMENT = r"/issue/\d+/comment$"

TROUBLES = {
    "dropped before it was taken": Fault("drop before", "POST", COMMENT),
    "dropped after it was taken": Fault("drop after", "POST", COMMENT),
    "answered 500": Fault("answer", "POST", COMMENT, status=500),
    "answered 503": Fault("answer", "POST", COMMENT, status=503, retry_after="30"),
    "answered 429": Fault("answer", "POST", COMMENT, status=429, retry_after="60"),
    "answered 429 with a page": Fault("answer", "POST", COMMENT, status=429, html=True),
    "answered with a proxy's page": Fault("page", "POST", COMMENT),
    "the answer cut short": Fault("truncate", "POST", COMMENT),
    "too slow": Fault("slow", "POST", COMMENT, seconds=0.6),
    "the queue dropped before it was set": Fault("drop before", "PUT", r"/issue/\d+$"),
    "the queue dropped after it was set": Fault("drop after", "PUT", r"/issue/\d+$"),
    "the reading back dropped": Fault("drop before", "GET", COMMENT, times=12),
}


@pytest.mark.parametrize(("what", "times", "flavour"), in_turn(TROUBLES, [1, 3]))
def test_one_comment_in_the_end(wired: Desk, what: str, times: int) -> None:
    fault = TROUBLES[what]
    tickets = [wired.forwarded(), wired.forwarded("spetsialist2")]
    with wired.bot() as bot:
        bot.engine.tracker.client._timeout_s = 0.3  # the sandbox's slow answer is slower than that
        wired.site.faults.faults = [Fault(**(vars(fault) | {"times": times * (fault.times or 1)}))]
        bot.cycles(MONDAY + 8 * MINUTE, every=MINUTE)
        for ticket in tickets:
            assert wired.rungs(ticket) == ["it-support/routed"]
            assert wired.queue(ticket) == "L2_IT"
            assert bot.states(ticket) == [("it-support/routed", "said")]
        bot.settled()


def test_a_doubtful_comment_is_looked_for_before_anything_is_repeated(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("drop after", "POST", COMMENT)]
        report = bot.cycle()
        assert (report.said, report.doubtful) == ([], 1)
        assert list(bot.rows().values()) == ["doubtful"]
        bot.cycle(1)
        (row,) = bot.engine.store.ledger()
        assert (row.state, row.comment_id) == ("said", str(desk.said()[0].id))


def test_nothing_is_said_twice_in_a_row(desk: Desk) -> None:
    ladder = {"name": "nag", "why": "Sama tekst ilma ühegi väärtuseta.", "clock": "since created"}
    rungs = [{"rung": name, "after": after, "say": "closure_prompt", "to": "lead"} for name, after in RUNGS]
    book = with_ladders(shipped().book, ladder | {"rungs": rungs})
    ticket = desk.taken()
    with desk.bot(book=book) as bot:
        bot.cycles(MONDAY + 3 * DAY, every=2 * HOUR)
        assert desk.rungs(ticket) == ["nag/one"]
        rows = {row.rung: row for row in bot.engine.store.ledger() if row.rule == "nag"}
        assert {rung: row.state for rung, row in rows.items()} == {"one": "said", "two": "said"}
        assert rows["two"].because == "the bot's last comment says the same"
        assert rows["two"].comment_id == rows["one"].comment_id


def test_what_is_asked_again_says_how_often_it_was_asked(desk: Desk) -> None:
    rung = {"rung": "ask", "after": "1h", "say": "closure_prompt", "to": "lead", "every": "1wd", "times": 3}
    ladder = {"name": "nag", "why": "Sama tekst ilma ühegi väärtuseta.", "clock": "since created", "rungs": [rung]}
    ticket = desk.taken()
    with desk.bot(book=with_ladders(shipped().book, ladder)) as bot:
        bot.cycles(MONDAY + 4 * DAY, every=6 * HOUR)
        texts = [plain(comment.body) for comment in desk.said(ticket)]
        assert [re.findall(r"Meeldetuletus nr \d", text) for text in texts] == [
            [],
            ["Meeldetuletus nr 1"],
            ["Meeldetuletus nr 2"],
        ]


RUNGS = [("one", "1h"), ("two", "1wd")]


def with_ladders(book: Rulebook, *ladders: Mapping[str, Any]) -> Rulebook:
    """The same rulebook with these ladders in place of its own."""
    made = tuple(Ladder.model_validate(ladder) for ladder in ladders)
    whys = {**book.whys, **{ladder.name: ladder.why for ladder in made}}
    return replace(book, entries=book.entries.model_copy(update={"ladders": made}), whys=whys)


def test_a_comment_that_may_still_be_on_its_way_is_waited_for(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("drop before", "POST", COMMENT)]
        bot.cycle()
        assert bot.cycle(bot.engine.pace.settle_s - 1).doubtful == 1
        assert desk.said() == []
        bot.cycle(1)
        assert len(desk.said()) == 1


def test_a_comment_that_comes_after_it_was_given_up_is_seen_before_another_is_made(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("drop before", "POST", COMMENT)]
        bot.cycle()
        (key,) = bot.rows()
        me = desk.world.person("piletibot")
        mark = {STEP: {"keys": [key], "hash": ""}}

        def arrive() -> None:
            acts.comment(desk.world, desk.issue(ticket), me, "late", properties=mark)

        bot.engine.seam = at_seam("after intent", arrive)
        assert bot.cycle(MINUTE).said == []
        assert len(desk.said(ticket)) == 1
        assert bot.rows() == {key: "said"}


def test_patience_asked_for_a_comment_is_kept(desk: Desk) -> None:
    desk.forwarded(), desk.forwarded("spetsialist2")
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", "POST", COMMENT, status=429, retry_after="600")]
        report = bot.cycle()
        assert (report.said, report.retry_after_s) == ([], 600.0), "the second is not even tried"
        assert set(bot.rows().values()) == {"held"}
        assert bot.cycle(9 * MINUTE).said == []
        assert len(bot.cycle(2 * MINUTE).said) == 2


# The database is lost


def test_losing_the_database_repeats_nothing(desk: Desk, tmp_path: Path) -> None:
    tickets = [desk.forwarded(), desk.taken(), desk.forwarded("spetsialist2", category="MAKSMINE")]
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store) as bot:
        bot.cycles(MONDAY + 4 * DAY, every=4 * HOUR)
        keys, rows = desk.keys(), bot.rows()
        assert len(keys) >= 6
    for file in tmp_path.iterdir():
        file.unlink()
    with desk.bot(store) as bot:
        report = bot.cycle(MINUTE)
        assert report.said == []
        assert desk.keys() == keys
        rebuilt = {row.key: row for row in bot.engine.store.ledger()}
        assert rebuilt.keys() <= {key for key, state in rows.items() if state == "said"}
        assert {row.ticket_id for row in rebuilt.values()} == set(tickets)
        assert {(row.state, row.because) for row in rebuilt.values()} == {
            ("said", "read back from the ticket's comments")
        }
        told = {str(comment.id): comment.created_ms // 1000 for comment in desk.said()}
        assert {row.comment_id: row.at for row in rebuilt.values()}.items() <= told.items()
        bot.settled()
        bot.cycles(MONDAY + 8 * DAY, every=4 * HOUR)
        assert len(desk.keys()) > len(keys), "life goes on"
        assert len(set(desk.keys())) == len(desk.keys())


def test_a_comment_that_a_person_deleted_counts_as_said(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        bot.cycle()
        acts.unsay(desk.world, desk.issue(ticket), desk.said(ticket)[0], desk.world.person("juht1"))
        bot.cycles(MONDAY + 5 * HOUR)
        assert desk.said(ticket) == []
        assert bot.states(ticket) == [("it-support/routed", "said")]


@pytest.mark.parametrize("mark", ["text", {"keys": "x"}, {"keys": ["a/b"]}, {"keys": ["prove/10000/x"]}, None])
def test_a_mark_that_is_not_the_bots_stops_nothing(desk: Desk, mark: object) -> None:
    ticket = desk.forwarded()
    comment = desk.write(ticket, "spetsialist1")
    foreign = {STEP: {"keys": mark["keys"], "hash": ""} if isinstance(mark, dict) else mark}
    acts.reword(desk.world, desk.issue(ticket), comment, comment.author, comment.body, properties=foreign)
    with desk.bot() as bot:
        assert len(bot.cycle().said) == 1


# Intent is recomputed


def solve(desk: Desk, ticket: str) -> None:
    desk.go(ticket, "it1", "Lahendatud")


def answer(desk: Desk, ticket: str) -> None:
    desk.write(ticket, "it1")


def hand_on(desk: Desk, ticket: str) -> None:
    desk.edit(ticket, "it1", assignee=desk.world.person("it2"))


def customer_asked(desk: Desk, ticket: str) -> None:
    desk.go(ticket, "it1", "Ootab klienti")


MEANWHILE = ("in the lag", "after intent", "while the answer was lost", "while Jira was away")


@pytest.mark.parametrize(("do", "when", "flavour"), in_turn([solve, answer, hand_on, customer_asked], MEANWHILE))
def test_what_people_did_meanwhile_withdraws_the_step(desk: Desk, do: object, when: str) -> None:
    assert callable(do)
    ticket = desk.taken()
    with desk.bot() as bot:
        bot.settled()
        desk.until(SILENT - 2 * MINUTE)
        match when:
            case "in the lag":
                do(desk, ticket)
                desk.site.faults.lag_ms = 5 * MINUTE * 1000
            case "after intent":
                bot.engine.seam = at_seam("after intent", lambda: do(desk, ticket))
            case "while the answer was lost":
                desk.site.faults.faults = [Fault("drop before", "POST", COMMENT)]
                bot.cycle()
                do(desk, ticket)
            case "while Jira was away":
                desk.site.faults.faults = [Fault("drop before", "GET", COMMENT, skip=1, times=5)]
                assert bot.cycle().unreachable
                do(desk, ticket)
        report = bot.cycle(2 * MINUTE)
        assert (report.said, report.withdrawn) == ([], 1)
        bot.cycles(SILENT + 30 * MINUTE)
        assert desk.said() == []
        assert bot.states(ticket) == [("no-movement/ask", "withdrawn")]


@one_flavour
def test_a_held_step_that_is_no_longer_wished_is_withdrawn(desk: Desk) -> None:
    with desk.bot() as bot:
        desk.until(MONDAY + 8 * HOUR)  # six in the evening
        ticket = desk.forwarded()
        assert bot.cycle().held == 1
        assert bot.states(ticket) == [("it-support/routed", "held")]
        desk.later(1)
        desk.set(ticket, "koordinaator1", {"Järjekord": "L2_VESI"})
        assert bot.cycle(MINUTE).withdrawn == 1
        bot.cycles(MONDAY + DAY)
        assert bot.states(ticket)[0] == ("it-support/routed", "withdrawn")
        assert desk.rungs() == []


@one_flavour
def test_a_withdrawn_step_may_come_back_and_is_then_said_once(desk: Desk) -> None:
    with desk.bot() as bot:
        desk.until(MONDAY + 8 * HOUR)
        ticket = desk.forwarded()
        bot.cycle()
        desk.later(1)
        desk.set(ticket, "koordinaator1", {"Kategooria": "LOA_ANDMED"})
        bot.cycle(MINUTE)
        assert dict(bot.states(ticket))["it-support/routed"] == "withdrawn"
        desk.set(ticket, "koordinaator1", {"Kategooria": "DEKL_TEHNILINE"})
        bot.cycle(MINUTE)
        assert dict(bot.states(ticket))["it-support/routed"] == "held"
        bot.cycles(MONDAY + DAY)
        assert dict(bot.states(ticket))["it-support/routed"] == "said"
        assert desk.rungs(ticket).count("it-support/routed") == 1


# Many at once


def test_a_day_with_more_to_say_than_the_ceiling_says_nothing_until_released(desk: Desk) -> None:
    control = desk.open("juht1")
    tickets = [desk.forwarded(f"spetsialist{1 + number % 4}") for number in range(7)]
    book = rulebook(manners={"ceiling": 5, "control": desk.issue(control).key})
    with desk.bot(book=book) as bot:
        report = bot.cycle()
        assert report.batched == 7
        assert [desk.queue(ticket) for ticket in tickets] == [None] * 7
        assert desk.rungs() == ["ceiling/tell"], "the lead is told, on the control ticket"
        bot.cycles(MONDAY + 2 * HOUR)
        assert desk.rungs() == ["ceiling/tell"], "once"
        desk.go(tickets[0], "spetsialist1", "Uus")
        bot.cycle(MINUTE)
        assert bot.states(tickets[0]) == [("it-support/routed", "withdrawn")]
        ((batch, waiting),) = batches(bot.engine.store).items()
        assert (batch, waiting) == (MONDAY, 6)
        assert release(bot.engine.store, batch, desk.now) == 6
        bot.cycle(MINUTE)
        assert sorted(desk.rungs()) == ["ceiling/tell", *["it-support/routed"] * 6]
        assert desk.queue(tickets[0]) is None


@one_flavour
def test_the_ceiling_is_the_cycles_however_many_tickets_are_due(desk: Desk) -> None:
    for number in range(1006):
        desk.forwarded(f"spetsialist{1 + number % 4}") if number < 3 or number > 1002 else desk.open()
    with desk.bot(book=rulebook(manners={"ceiling": 5}, incidents=())) as bot:
        report = bot.cycle()
        assert (report.judged, report.batched, report.said) == (1006, 6, [])


@one_flavour
def test_a_bot_told_to_stop_takes_back_what_it_did_not_say(desk: Desk) -> None:
    for _ in range(4):
        desk.forwarded()
    with desk.bot() as bot:
        bot.engine.stopping = lambda: len(desk.said()) >= 2
        assert len(bot.cycle().said) == 2
        assert sorted(state for _, state in bot.states()) == ["held", "held", "said", "said"]
        bot.engine.stopping = lambda: False
        assert len(bot.cycle(MINUTE).said) == 2
        assert len(desk.said()) == 4
