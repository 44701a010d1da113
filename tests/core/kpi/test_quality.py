"""Indicators 2.3.2 and 2.3.3 against tickets counted by hand, with every edge of domain 1.4."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import added, case, facts, opened, rules
from msgspec import structs
from small_desk import at, ticket

from bot.core.desk import Desk, Linked
from bot.core.kpi.figure import figure
from bot.core.ticket import Link

DONE = "mon 10:00 bob state solved"
"""Ten working days after it end with Monday of the third week."""

SHUT = "mon 11:00 ann state closed"
AGAIN = "wed 09:00 ann state new"
ONCE_MORE = "thu 09:00 bob state solved"
BOT_SHUT = "mon 11:00 robot state closed"

QUALITY: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("done, and nothing more", [DONE], {}, "1"),
    ("never done", [], {}, ""),
    ("done in another week", ["2 mon 10:00 bob state solved"], {}, ""),
    ("assessed as good", [DONE, "tue 09:00 cid quality Vastab"], {}, "1 'assessed'"),
    ("assessed as bad", [DONE, "tue 09:00 cid quality Ei_vasta"], {}, "0 'assessed'"),
    ("good by assessment, though reopened", [DONE, AGAIN, ONCE_MORE, "thu 10:00 cid quality vastab"], {},
     "1 'assessed' 'reopened'"),
    ("assessment pending: its history decides", [DONE, AGAIN, "thu 10:00 cid quality hindamata"], {}, "0 'reopened'"),
    ("reopened", [DONE, AGAIN], {}, "0 'reopened'"),
    ("reopened and done again", [DONE, AGAIN, ONCE_MORE], {}, "0 'reopened'"),
    ("done again in another week: it fails in that of its first solution",
     [DONE, AGAIN, "2 wed 09:00 bob state solved"], {}, "0 'reopened'"),
    ("reopened twice fails once", [DONE, AGAIN, ONCE_MORE, "fri 09:00 ann state new"], {}, "0 'reopened'"),
    ("reopened on the last day", [DONE, "3 mon 23:59 ann state new"], {}, "0 'reopened'"),
    ("reopened after it", [DONE, "3 tue 00:00 ann state new"], {}, "1"),
    ("reopened with another matter", [DONE, AGAIN, "wed 09:01 ann reopen_reason uus_küsimus"], {},
     "1 'another matter'"),
    ("that said a little before", [DONE, "wed 08:55 ann reopen_reason Teine_probleem", AGAIN], {},
     "1 'another matter'"),
    ("a reason of long before is another's", [DONE, "tue 08:55 ann reopen_reason uus_küsimus", AGAIN], {},
     "0 'reopened'"),
    ("another matter, then bad work",
     [DONE, AGAIN, "wed 09:01 ann reopen_reason uus_küsimus", ONCE_MORE, "fri 09:00 ann state new"], {},
     "0 'another matter' 'reopened'"),
    ("bad work, then another matter",
     [DONE, AGAIN, ONCE_MORE, "fri 09:00 ann state new", "fri 09:01 ann reopen_reason uus_küsimus"], {},
     "0 'reopened' 'another matter'"),
    ("closed by the bot undelivered, and reopened", [DONE, BOT_SHUT, AGAIN], {}, "0 'undelivered'"),
    ("closed by the bot delivered, and reopened", [DONE, "mon 10:30 ann delivered yes", BOT_SHUT, AGAIN], {},
     "0 'reopened'"),
    ("closed by a person undelivered, and reopened", [DONE, SHUT, AGAIN], {}, "0 'reopened'"),
    ("a reopening undone at once", [DONE, AGAIN, "wed 09:10 ann state solved"], {}, "1"),
    ("rated badly", [DONE, "tue 09:00 ~x rating 2"], {}, "0 'low rating'"),
    ("rated in the middle", [DONE, "tue 09:00 ~x rating 3"], {}, "1"),
    ("rated badly at first", [DONE, "tue 09:00 ~x rating 2", "wed 09:00 ~x rating 5"], {}, "1"),
    ("rated badly too late", [DONE, "3 wed 09:00 ~x rating 1"], {}, "1"),
    ("a rating nobody can read", [DONE, "tue 09:00 ~x rating halb"], {}, "1"),
    ("a duplicate", [DONE, "tue 09:00 bob resolution Duplicate"], {}, "out: duplicate"),
    ("an event", [DONE], {"category": "EVENT"}, "out: monitoring event"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "told"), QUALITY, ids=[row[0] for row in QUALITY])
def test_quality(what: str, acts: list[str], first: dict[str, Any], told: str) -> None:
    assert added("quality", case(opened(acts, **first), in_week="3 wed 08:00")) == told


def test_a_window_that_is_not_over_tells_nothing() -> None:
    assert added("quality", case(opened([DONE]), "3 mon 12:00", in_week="3 wed 08:00")) == "out: not over yet"
    assert added("quality", case(opened([DONE]), "3 tue 00:00", in_week="3 wed 08:00")) == "1"


LINKED: list[tuple[str, str, list[str], str]] = [
    ("a confirmed complaint", "complained of", ["thu 09:00 cid justified jah"], "0 'complaint'"),
    ("one that was denied", "complained of", ["thu 09:00 cid justified ei"], "1 'unconfirmed complaint'"),
    ("one nobody judged", "complained of", [], "1 'unconfirmed complaint'"),
    ("a repeated inquiry", "asked again", [], "0 'repeated'"),
    ("a link of another type", "related", [], "1"),
]


@pytest.mark.parametrize(("what", "link", "acts", "told"), LINKED, ids=[row[0] for row in LINKED])
def test_what_is_tied_to_it(what: str, link: str, acts: list[str], told: str) -> None:
    other = structs.replace(opened(acts), id="8", key="ABC-8", created_at=at("wed 09:00"))
    desk = Desk(linked={"8": Linked("ABC-8", other)})
    tie = Link(link, "8", "ABC-8", outward=False)
    assert added("quality", case(opened([DONE], links=(tie,)), in_week="3 wed 08:00", desk=desk)) == told
    wrong_way = structs.replace(tie, outward=True)
    assert added("quality", case(opened([DONE], links=(wrong_way,)), in_week="3 wed 08:00", desk=desk)) == "1"


@pytest.mark.parametrize(
    ("made", "told"),
    [("mon 09:00", "1"), ("mon 10:01", "0 'repeated'"), ("3 mon 23:00", "0 'repeated'"), ("3 tue 00:00", "1")],
)
def test_a_repeated_inquiry_counts_by_when_it_was_tied(made: str, told: str) -> None:
    tie = Link("asked again", "8", "ABC-8", outward=False)
    acts = sorted((DONE, f"{made} ann link ABC-8"), key=lambda act: at(" ".join(act.split()[:-3])))
    assert added("quality", case(opened(acts, links=(tie,)), in_week="3 wed 08:00")) == told


RATED: list[tuple[str, list[str], dict[str, Any], str, str]] = [
    ("not closed", [DONE, "mon 10:30 ~x rating 5"], {}, "", ""),
    ("not rated", [DONE, SHUT], {}, "", ""),
    ("rated", [DONE, SHUT, "tue 09:00 ~x rating 4"], {}, "4", "1"),
    ("rated by an option's text", [DONE, SHUT, "tue 09:00 ~x rating 3–rahuldav"], {}, "3", "0"),
    ("the last one counts", [DONE, SHUT, "tue 09:00 ~x rating 5", "wed 09:00 ~x rating 2"], {}, "2", "0"),
    ("taken back, the last given counts", [DONE, SHUT, "tue 09:00 ~x rating 5", "wed 09:00 ~x rating -"], {}, "5",
     "1"),
    ("rated two weeks after the period", [DONE, SHUT, "3 sun 23:59 ~x rating 5"], {}, "5", "1"),
    ("rated later", [DONE, SHUT, "4 mon 00:00 ~x rating 5"], {}, "", ""),
    ("the last in time counts", [DONE, SHUT, "tue 09:00 ~x rating 2", "4 mon 09:00 ~x rating 5"], {}, "2", "0"),
    ("rated, it is not told when", [DONE, SHUT], {"rating": "5"}, "5", "1"),
    ("off the scale", [DONE, SHUT, "tue 09:00 ~x rating 6"], {}, "out: unreadable rating", "out: unreadable rating"),
    ("no number", [DONE, SHUT, "tue 09:00 ~x rating hea"], {}, "out: unreadable rating", "out: unreadable rating"),
    ("a test", [DONE, SHUT, "tue 09:00 ~x rating 1"], {"labels": frozenset(("test",))}, "out: test", "out: test"),
    ("closed in another week", [DONE, "2 mon 09:00 ann state closed", "2 tue 09:00 ~x rating 5"], {}, "", ""),
    ("reopened since", [DONE, SHUT, "tue 09:00 ~x rating 5", AGAIN], {}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "mean", "share"), RATED, ids=[row[0] for row in RATED])
def test_satisfaction(what: str, acts: list[str], first: dict[str, Any], mean: str, share: str) -> None:
    seen = case(opened(acts, **first))
    assert (added("satisfaction", seen), added("satisfied", seen)) == (mean, share)


@pytest.mark.parametrize(
    ("given", "lowest", "highest", "mean", "share"),
    [
        ("1", 1, 5, "1", "0"),
        ("10", 1, 10, "5", "1"),
        ("7.75", 1, 10, "4", "1"),
        ("7,7", 1, 10, "3.97778", "0"),
        ("50", 0, 100, "3", "0"),
        ("0", 0, 100, "1", "0"),
        ("-1", -2, 2, "2", "0"),
    ],
)
def test_another_scale_is_mapped_evenly(given: str, lowest: int, highest: int, mean: str, share: str) -> None:
    scale = rules(ratings={"lowest": lowest, "highest": highest})
    seen = case(opened([DONE, SHUT, f"tue 09:00 ~x rating {given}"]), book=scale)
    assert (added("satisfaction", seen), added("satisfied", seen)) == (mean, share)


def test_a_rating_from_a_file_counts_if_it_came_in_time() -> None:
    shut = opened([DONE, SHUT])
    assert added("satisfied", case(shut, rating=(at("3 sun 23:59"), 4.0))) == "1"
    assert added("satisfied", case(shut, rating=(at("4 mon 00:00"), 4.0))) == ""
    assert added("satisfied", case(shut, rating=(at("tue 09:00"), 9.0))) == "out: unreadable rating"


def test_no_answer_is_not_a_neutral_one_and_the_response_is_told() -> None:
    rated, silent = (opened([DONE, SHUT, *more]) for more in (["tue 09:00 ~x rating 5"], []))
    assert [added("response", case(one)) for one in (rated, silent)] == ["1", "0"]
    found = [fact for one in (rated, silent) for fact in facts("satisfaction", case(one))]
    assert figure("mean", "satisfaction", "", found).value == 5.0
    asked = rules(ratings={"surveyed": {"category": "LAW"}})
    assert [added("response", case(one, book=asked)) for one in (rated, silent)] == ["1", ""], "who was not asked"
    assert added("response", case(ticket("mon 10:00 bob state closed"), book=rules())) == "0"
