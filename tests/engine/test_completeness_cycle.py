"""What tier 2 needs to know is asked for once on the ticket itself, and no more when people have answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import DATA, DAY, HOUR, MINUTE, MONDAY, Desk, on, shipped

from bot.sandbox import acts
from bot.sandbox.texts import plain


def test_one_comment_lists_what_is_missing_and_why_it_is_asked(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        (comment,) = desk.said(ticket)
        said = plain(comment.body)
        asked = "ettevõtte registrikood, loa number, deklareerimisperiood, kliendi roll KOTKASes"
        assert f"Puudub: {asked}, vea tekkimise kuupäev" in said
        assert [said.count(desk_why(rule)) for rule in ("declaration-data", "fault-data")] == [1, 1]
        assert desk.rungs(ticket) == ["completeness/gaps", "it-support/routed"]
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        desk.edit(ticket, "it1", **{desk.field("Periood"): None})
        bot.cycles(MONDAY + 4 * HOUR, every=HOUR)
        assert desk.rungs(ticket).count("completeness/gaps") == 1


def text_of(desk: Desk, ticket: str) -> str:
    (comment,) = desk.said(ticket)
    return plain(comment.body)


def test_the_comment_is_edited_as_gaps_close_and_says_so_when_all_are(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        before = text_of(desk, ticket)
        assert "Puudub: ettevõtte registrikood, loa number" in before
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        assert [step.rule for step in bot.cycle(MINUTE).amended] == ["declaration-data"]
        fewer = text_of(desk, ticket)
        assert fewer == before.replace("ettevõtte registrikood, ", ""), "the route's part and the reasons stay"
        desk.edit(ticket, "it1", **{desk.field(name): "teada" for name in DATA})
        desk.edit(ticket, "it1", assignee=desk.world.person("it1"))  # the route is wished no more, and its part stays
        bot.cycle(MINUTE)
        done = text_of(desk, ticket)
        assert "Puudub" not in done
        assert "Kõik vajalikud andmed on piletil olemas" in done
        assert "Pilet on suunatud II tasemele" in done
        assert desk.rungs(ticket) == ["completeness/gaps", "it-support/routed"], "its marks stay"
        assert not any(report.amended for report in bot.cycles(MONDAY + 2 * HOUR, every=HOUR))
        desk.edit(ticket, "spetsialist1", **{desk.field("Periood"): None})
        bot.cycle(MINUTE)
        assert "Puudub: deklareerimisperiood" in text_of(desk, ticket), "what goes missing again stands there again"


def test_a_comment_that_a_person_deleted_is_neither_edited_nor_said_again(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        (comment,) = desk.said(ticket)
        acts.unsay(desk.world, desk.issue(ticket), comment, desk.world.person("koordinaator1"))
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        assert len(bot.cycle(MINUTE).troubles) == 1
        assert bot.cycle(MINUTE).troubles == []
        assert desk.said(ticket) == []


def test_a_label_silences_edits_too(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        before = text_of(desk, ticket)
        desk.edit(ticket, "spetsialist1", labels=["bot-vait"], **{desk.field("Registrikood"): "ei ole teada"})
        bot.cycle(MINUTE)
        assert text_of(desk, ticket) == before


def desk_why(rule: str) -> str:
    return shipped().book.name("why", rule, "et")


def test_what_was_given_before_it_was_said_is_not_asked_for(desk: Desk) -> None:
    book = on(shipped().book, "it-support", observe=True)
    with desk.bot(book=book) as bot:
        desk.later(9 * HOUR)  # past closing time: the comment waits for the morning
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        assert bot.rows()[f"prove/{ticket}/completeness/tier 2@{desk.now - MINUTE}/gaps/0"] == "held"
        desk.edit(ticket, "spetsialist1", **{desk.field(name): "teada" for name in DATA})
        bot.cycles(MONDAY + DAY, every=HOUR)
        assert desk.said(ticket) == []
        assert [state for key, state in bot.rows().items() if "/completeness/" in key] == ["withdrawn"]


@pytest.mark.parametrize("forgets", [False, True])
def test_it_is_said_once_though_the_database_is_lost(desk: Desk, tmp_path: Path, forgets: bool) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store) as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
    if forgets:
        for file in tmp_path.iterdir():
            file.unlink()
    with desk.bot(store) as bot:
        bot.cycles(MONDAY + 3 * HOUR, every=HOUR)
        assert desk.rungs(ticket).count("completeness/gaps") == 1
        (row,) = [row for row in bot.engine.store.ledger() if "/completeness/" in row.key]
        assert (row.rule, row.state) == ("declaration-data", "said"), "the row is that of the first rule with a gap"
