"""Nothing is written that somebody addressed could not see, or that a customer could."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from desks import DAY, MINUTE, MONDAY, Bot, Desk, shipped

from bot.core.entries import Comments
from bot.core.rulebook import Rulebook

PLAIN, SERVICE = "software", "service_desk"


def seen_by(**comments: object) -> Rulebook:
    book = shipped().book
    return replace(book, entries=book.entries.model_copy(update={"comments": Comments.model_validate(comments)}))


@contextmanager
def a_bot(desk: Desk, kind: str, book: Rulebook) -> Iterator[Bot]:
    desk.world.projects["KKA"].kind = kind
    with desk.bot(book=book) as bot:
        yield bot


def of_a_customer(desk: Desk) -> str:
    """A ticket that somebody created who is none of the desk's people, forwarded by a specialist."""
    ticket = desk.open("piletibot")
    customer = desk.world.person("klient1") or desk.world.people[-1]
    desk.issue(ticket).fields["reporter"] = customer
    desk.go(ticket, "spetsialist1", "II tasemel")
    return ticket


@pytest.mark.parametrize(
    ("kind", "comments", "said"),
    [
        (SERVICE, {}, True),  # marked as internal, which customers never see
        (PLAIN, {}, False),
        (PLAIN, {"everybody": True}, True),
        (PLAIN, {"role": "Teenindus"}, True),
    ],
)
def test_a_customer_never_sees_a_comment_by_chance(
    desk: Desk, kind: str, comments: dict[str, object], said: bool
) -> None:
    desk.world.projects["KKA"].roles["Teenindus"] = [person.name for person in desk.world.people]
    ticket, own = of_a_customer(desk), desk.forwarded()
    with a_bot(desk, kind, seen_by(**comments)) as bot:
        report = bot.cycle(MINUTE)
        assert bool(desk.said(ticket)) is said
        assert desk.queue(ticket) == "L2_IT", "what disturbs nobody is done"
        assert len(desk.said(own)) == 1, "a specialist's own ticket shows comments to the desk's people"
        assert len(report.troubles) == (not said)
        assert all("see `comments`" in each for each in report.troubles)
        bot.cycle(MINUTE)  # the queue that the bot set is a change
        assert bot.cycle(MINUTE).troubles == [], "it is not tried again every cycle"


@pytest.mark.parametrize(("seeing", "said"), [(["spetsialist1"], True), (["it1"], False), ([], False)])
def test_who_could_not_see_a_comment_is_not_written_to(desk: Desk, seeing: list[str], said: bool) -> None:
    desk.world.projects["KKA"].roles["Teenindus"] = [*seeing, "piletibot"]
    ticket = desk.forwarded()
    with a_bot(desk, PLAIN, seen_by(role="Teenindus")) as bot:
        report = bot.cycle(MINUTE)
        assert len(desk.said(ticket)) == said
        if not said:
            assert report.troubles[0].endswith("it could not be seen by spetsialist1")
            desk.world.projects["KKA"].roles["Teenindus"].append("spetsialist1")
            bot.engine.tracker._onlookers.clear()  # type: ignore[attr-defined]  # an hour later
            bot.cycles(MONDAY + 2 * DAY, every=DAY // 4)
        assert all(each.visibility == {"type": "role", "value": "Teenindus"} for each in desk.said(ticket))


@pytest.mark.parametrize(("kind", "answered"), [(SERVICE, True), (PLAIN, False)])
def test_a_command_is_carried_out_and_not_answered_where_a_customer_would_read_it(
    desk: Desk, kind: str, answered: bool
) -> None:
    with a_bot(desk, kind, seen_by()) as bot:
        bot.cycle(MINUTE)
        ticket = of_a_customer(desk)
        desk.later(MINUTE)
        desk.write(ticket, "spetsialist1", "piletibot vaiki")
        bot.cycle(MINUTE)
        bot.cycle(MINUTE)
        assert "bot-vait" in desk.issue(ticket).fields["labels"]
        assert desk.rungs(ticket) == ["command/granted"] * answered
        assert [row.granted for row in bot.engine.store.commands([ticket])] == [True]
        assert bot.cycle(MINUTE).troubles == []


@pytest.mark.parametrize("seeing", [True, False])
def test_nothing_is_closed_without_a_word(desk: Desk, seeing: bool) -> None:
    """The state goes with its message: where that cannot be written, the queue alone is set."""
    desk.world.projects["KKA"].roles["Teenindus"] = ["piletibot", *(["spetsialist1"] if seeing else [])]
    ticket, book = desk.forwarded(), seen_by(role="Teenindus")
    moved = {
        word: queue.model_copy(update={"sets": {"state": "in-work"}} if word == "L2_IT" else {})
        for word, queue in book.queues.items()
    }
    entries = book.entries.model_copy(update={"queues": tuple(moved.values())})
    with a_bot(desk, PLAIN, replace(book, entries=entries, queues=moved)) as bot:
        bot.cycle(MINUTE)
    assert (desk.queue(ticket), len(desk.said(ticket))) == ("L2_IT", seeing)
    assert (desk.issue(ticket).fields["status"]["name"] == "Töös") is seeing


def test_a_role_that_is_missing_writes_nothing(desk: Desk) -> None:
    ticket = desk.forwarded()
    with a_bot(desk, PLAIN, seen_by(role="Sisemised")) as bot:
        assert len(bot.cycle(MINUTE).troubles) == 1
    assert desk.said(ticket) == []


def test_comments_are_internal_on_service_management(desk: Desk) -> None:
    ticket = desk.forwarded()
    with a_bot(desk, SERVICE, seen_by()) as bot:
        bot.cycle(MINUTE)
    (comment,) = desk.said(ticket)
    assert comment.properties["sd.public.comment"] == {"internal": True}
