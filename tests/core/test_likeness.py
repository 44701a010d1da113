"""Tickets that tell of the same are known by keyed numbers, without their texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.likeness import ALIKE, MOST, WITHIN_S, Alike, Sketched, sketch

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
    assert Alike([mine, *others[:3]])["9"] == ()
    assert Alike([told("8", "Ei tööta", 30), told("7", "Ei tööta")])["8"] == ()


def likeness(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Which share of what the shorter tells the other tells too, from 0 to 1; a figure weighs as three words."""

    def weight(numbers: set[int]) -> int:
        return sum(3 if number % 2 else 1 for number in numbers)

    least = min(weight(set(one)), weight(set(other)))
    return weight(set(one) & set(other)) / least if least else 0.0


def naive(tickets: dict[str, Sketched], mine: Sketched) -> list[str]:
    """Those alike, found by comparing with each of the others."""
    found = [
        other
        for other in tickets.values()
        if (other.created_at, other.ticket_id) < (mine.created_at, mine.ticket_id)
        and other.category == mine.category
        and mine.created_at - other.created_at <= WITHIN_S
        and len(set(mine.sketch) & set(other.sketch)) >= 3
        and likeness(mine.sketch, other.sketch) >= ALIKE
    ]
    return [each.key for each in sorted(found, key=lambda each: (each.created_at, each.ticket_id))]


SKETCHED = st.builds(
    lambda number, category, days, words: Sketched(
        str(number), f"KKA-{number}", category, days * 86_400, tuple(sorted(words))
    ),
    st.integers(1, 12),
    st.sampled_from(["KATKESTUS", None]),
    st.integers(0, 20),
    st.frozensets(st.sampled_from([*range(8), 4096, 4097, 4099, 8193]), max_size=8),
)


@given(st.lists(st.tuples(SKETCHED, st.booleans()), max_size=30))
def test_tickets_that_come_change_and_go_are_compared_as_if_each_were_held_against_all(
    acts: list[tuple[Sketched, bool]],
) -> None:
    found, known = Alike(), dict[str, Sketched]()
    for ticket, goes in acts:
        if goes:
            found.forget(ticket.ticket_id)
            known.pop(ticket.ticket_id, None)
        else:
            found.put(ticket)
            known[ticket.ticket_id] = ticket
        assert {id_: list(found[id_]) for id_ in found} == {id_: naive(known, each) for id_, each in known.items()}


def test_what_many_tickets_leave_behind_is_let_go() -> None:
    found = Alike()
    for number in range(1000):
        found.put(told(str(number), f"{OUTAGE} {number}", number))
        found.forget(str(number - 10))
    assert len(found) == 10
    assert len(found["999"]) == 9
    assert sum(len(group.places) for group in found._standing.values()) < 100


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
