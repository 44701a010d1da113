"""Tickets that tell of the same are known by keyed numbers, without their texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.likeness import MOST, WITHIN_S, Alike, Sketched, alike, likeness, sketch

KEY = b"only this site knows"
OUTAGE = "KOTKAS ei avane: veateade 503, mitu klienti korraga. Iseteenindus ei avane, avalik vaade avaneb."
SAME = "KOTKASe iseteenindus annab vea 503. Klient ei saa sisse, viga 503."
OTHER = "Jäätmearuande faili import katkeb: rida 214, tundmatu käitluskoht"


def told(id_: str, text: str, at: int = 0, category: str | None = "KATKESTUS", key: bytes = KEY) -> Sketched:
    return Sketched(id_, f"KKA-{id_}", category, at, sketch(text, key))


def test_the_earlier_ticket_that_tells_of_the_same_is_named() -> None:
    tickets = [told("1", OUTAGE), told("2", OTHER, 10), told("3", SAME, 20), told("4", SAME, 30)]
    found = Alike(tickets)
    assert {id_: found[id_] for id_ in found} == {"1": (), "2": (), "3": ("KKA-1",), "4": ("KKA-1", "KKA-3")}
    assert found.get("nobody") is None


def test_another_category_an_old_ticket_and_one_that_tells_little_are_not_alike() -> None:
    mine = told("9", SAME, WITHIN_S + 1)
    others = [told("1", OUTAGE), told("2", OUTAGE, 20, "MAKSMINE"), told("3", "viga 503", 20), told("9", OUTAGE, 20)]
    assert list(alike(mine, others)) == []
    assert list(alike(told("8", "Ei tööta", 30), [told("7", "Ei tööta")])) == []


def test_numbers_of_another_key_do_not_compare_and_tell_no_words() -> None:
    assert likeness(sketch(OUTAGE, KEY), sketch(OUTAGE, b"another")) == 0
    assert sketch(OUTAGE, KEY) == sketch(OUTAGE.upper(), KEY)
    assert all(0 <= number < 1 << 48 for number in sketch(OUTAGE, KEY))


@given(st.text(max_size=300), st.text(max_size=300))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    mine, theirs = sketch(one, KEY), sketch(other, KEY)
    assert 0 <= likeness(mine, theirs) == likeness(theirs, mine) <= 1
    assert likeness(mine, mine) == (1 if mine else 0)
    assert len(mine) <= MOST
