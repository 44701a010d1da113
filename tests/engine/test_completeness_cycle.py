"""What tier 2 needs to know is asked for once on the ticket itself, and no more when people have answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desks import DATA, DAY, HOUR, MINUTE, MONDAY, Desk, at_seam, on, rulebook, shipped
from msgspec import structs

from bot.engine.ledger import row_read_back
from bot.sandbox import acts
from bot.sandbox.faults import Fault
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
        desk.edit(ticket, "it1", **{desk.field(name): "ei ole teada" for name in DATA})
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


def test_a_comment_that_two_forwardings_share_says_each_part_once_as_it_is_edited(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        before = text_of(desk, ticket)
        desk.go(ticket, "spetsialist1", "Uus")
        desk.set(ticket, "spetsialist1", {"Järjekord": None})
        desk.go(ticket, "spetsialist1", "II tasemel")
        bot.cycles(MONDAY + DAY + 4 * HOUR, every=HOUR)
        assert text_of(desk, ticket) == before, "the last comment says all that the second forwarding asks"
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        bot.cycle(MINUTE)
        assert text_of(desk, ticket) == before.replace("ettevõtte registrikood, ", "")
        assert desk.rungs(ticket) == ["completeness/gaps", "it-support/routed"] * 2, "it has the marks of both"


def test_a_part_that_is_known_from_its_comment_alone_takes_the_place_of_the_one_before_it(desk: Desk) -> None:
    """As where an older copy of the database was put back, in which a second forwarding was not."""
    with desk.bot() as bot:
        ticket = desk.taken(complete=False)
        bot.cycle(MINUTE)
        before = text_of(desk, ticket)
        (row,) = (each for each in bot.engine.store.ledger() if each.comment_id is not None)
        (said,) = bot.engine.tracker.said(ticket)
        former = structs.replace(row, key=row.key.replace(f"@{row.key.partition('@')[2][:10]}", "@1000000000"))
        bot.engine.store.write_entries([former, row_read_back(row.key, ticket, said, None)])
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        bot.cycle(MINUTE)
        assert text_of(desk, ticket) == before.replace("ettevõtte registrikood, ", "")
        assert desk.keys(ticket) == [former.key, row.key]


@pytest.mark.parametrize("ends", ["killed", "away"])
def test_an_edit_is_made_up_for_where_the_cycle_ends_before_it(desk: Desk, tmp_path: Path, ends: str) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    store = f"sqlite:///{tmp_path / 'bot.db'}"
    ticket = desk.forwarded(complete=False)
    with desk.bot(store) as bot:
        bot.cycle(MINUTE)
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        if ends == "away":
            desk.site.faults.faults = [Fault("drop before", path="/comment|/myself", times=None)]
            assert bot.cycle(MINUTE).amended == []
        else:
            bot.engine.seam = at_seam("after intent", killed)
            with pytest.raises(KeyboardInterrupt):
                bot.cycle(MINUTE)
        assert "ettevõtte registrikood" in text_of(desk, ticket)
    desk.site.faults.faults = []
    with desk.bot(store) as bot:
        bot.cycle(MINUTE)
        assert "ettevõtte registrikood" not in text_of(desk, ticket)
        bot.settled()


def test_a_comment_that_a_person_deleted_is_neither_edited_nor_said_again(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        (comment,) = desk.said(ticket)
        acts.unsay(desk.world, desk.issue(ticket), comment, desk.world.person("koordinaator1"))
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        assert [bot.cycle(MINUTE).troubles for _ in range(2)] == [[], []]
        assert desk.said(ticket) == []
        assert bot.engine.store.laid_aside(ticket) is None


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("patience asked for the ticket", {"status": 429, "retry_after": "2", "reason": "jira-per-issue-on-write"}, HOUR),
    ("refused", {"status": 400}, DAY),
    ("refused as if it was gone", {"status": 404}, DAY),
]


@pytest.mark.parametrize(("why", "answer", "within_s"), REFUSED, ids=[row[0] for row in REFUSED])
def test_an_edit_that_was_refused_is_made_when_the_ticket_had_its_peace(
    desk: Desk, why: str, answer: dict[str, Any], within_s: int
) -> None:
    with desk.bot() as bot:
        ticket = desk.forwarded(complete=False)
        bot.cycle(MINUTE)
        desk.site.faults.faults = [Fault("answer", "PUT", "/comment/", **answer)]
        desk.edit(ticket, "spetsialist1", **{desk.field("Registrikood"): "ei ole teada"})
        assert bot.cycle(MINUTE).amended == []
        assert desk.site.faults.faults[0].times == 0
        assert "registrikood" in text_of(desk, ticket)
        reports = bot.cycles(desk.now + within_s + 10 * MINUTE, every=10 * MINUTE)
        assert [len(report.amended) for report in reports if report.amended] == [1]
        assert "registrikood" not in text_of(desk, ticket)
        assert bot.engine.store.laid_aside(ticket) is None


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
        desk.edit(ticket, "spetsialist1", **{desk.field(name): "ei ole teada" for name in DATA})
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


CODE, PHONE = "60001019906", "+372 00000766"  # the published test identity of Estonia's certification service


def test_personal_data_are_asked_to_be_removed_by_kind_and_no_more_once_they_are(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.taken()
        desk.edit(ticket, "spetsialist1", description=f"Klient ({CODE}, {PHONE}) ei saa sisse, nupp ei reageeri.")
        bot.cycle(MINUTE)
        said = "\n".join(plain(comment.body) for comment in desk.said(ticket))
        assert "liik: isikukood, telefoninumber" in said
        assert not [value for value in (CODE, PHONE, "00000766") if value in said]
        assert [rung for rung in desk.rungs(ticket) if rung.startswith("personal")] == ["personal-data/ask"]
        desk.edit(ticket, "spetsialist1", description="Klient ei saa sisse, nupp ei reageeri.")
        bot.cycles(MONDAY + DAY, every=HOUR)
        assert [rung for rung in desk.rungs(ticket) if rung.startswith("personal")] == ["personal-data/ask"]


def test_the_coordinator_hears_of_personal_data_in_a_comment_that_stay(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = desk.taken()
        bot.cycle(MINUTE)
        desk.write(ticket, "it1", f"Helistasin kliendile {PHONE}.")
        bot.cycles(MONDAY + DAY + 2 * HOUR, every=HOUR)  # one request a day on a ticket: the next one in the morning
        assert [rung for rung in desk.rungs(ticket) if rung.startswith("personal")] == [
            "personal-data/ask",
            "personal-data/tell",
        ]
        assert PHONE not in "\n".join(plain(comment.body) for comment in desk.said(ticket))
        assert "00000766" not in "\n".join(bot.rows())


def test_a_ticket_that_tells_of_the_same_as_an_earlier_one_names_it(desk: Desk) -> None:
    entries = shipped().book.entries
    live = tuple(rule.model_copy(update={"observe": False}) for rule in entries.completeness)
    told = {
        "summary": "Mobiil-IDga sisselogimisel kuvatakse tühi leht",
        "description": "Pärast PIN1 kuvatakse viga 500.",
    }
    with desk.bot(book=rulebook(completeness=live)) as bot:
        first = desk.forwarded(category="SISSELOGIMINE", **told)
        bot.cycle(MINUTE)
        second = desk.forwarded(
            category="SISSELOGIMINE", **told | {"summary": "Mobiil-IDga sisselogimisel tühi leht"}
        )
        bot.cycle(MINUTE)
        key = desk.issue(first).key
        assert [f"Sarnased piletid: {key}" in plain(comment.body) for comment in desk.said(second)] == [True]
        assert key not in "".join(plain(comment.body) for comment in desk.said(first))
