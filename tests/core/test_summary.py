"""The morning summary: who is told of which ticket, under which title, and that nothing else stands in it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from small_desk import SECTIONS as RULES
from small_desk import at, book, plain_book, row, step, ticket, wish

from bot.core.arrange import DeskState, arrange
from bot.core.desk import QUIET, Absence, Desk
from bot.core.ledger import Entry, is_untold
from bot.core.ledger import row as row_of
from bot.core.letters import LABELS, SECTIONS, Told
from bot.core.steps import At, Count, Name
from bot.core.summary import LISTED, PARTS, summary_letters
from bot.core.ticket import Ticket

NOW = at("fri 08:30")
EVERYBODY = ("ann", "bob", "cid", "dan", "lea", "rus")
HANDED_ON, ANSWERED = "thu 14:00 ann state handed-on", "thu 14:30 bob says"
TAKEN, SOLVED = "thu 15:00 bob owner bob", "thu 15:00 bob state solved"


def judged_book() -> Any:
    """The small rulebook with the field in which a return is judged."""
    return book(fields=RULES["fields"] | {"justified": "j"})


def free_book() -> Any:
    """The small rulebook with nothing promised, and a state in which tier 2 asks something of tier 1."""
    asked = {
        "state": "asked",
        "name": {"en": "Asked"},
        "status": "7",
        "standing": "open",
        "ball": "tier 1",
        "tier": 2,
    }
    return book(policies=[], ladders=[], states=[*RULES["states"], asked])


def letters(
    *tickets: Ticket,
    now: int = NOW,
    desk: Desk = QUIET,
    held: tuple[Entry, ...] = (),
    closed: tuple[Ticket, ...] = (),
    rules: Any = None,
) -> dict[str, Any]:
    told = Told(dict.fromkeys(EVERYBODY, at("fri 08:30")), held, closed=closed)
    found = summary_letters(lambda: tickets, told, rules or plain_book(), desk, now)
    return {letter.to: letter for letter in found}


def places(*tickets: Ticket, **facts: Any) -> dict[str, list[str]]:
    """For each person, where the tickets stand: `part/section`, with the number of those that are only counted."""
    return {
        person: [
            f"{section.part}/{section.title}" + (f" +{section.more}" if section.more else "")
            for section in letter.sections
        ]
        for person, letter in letters(*tickets, **facts).items()
    }


PLACES: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("a new one of tier 1 is nobody's", [], {}, ""),
    ("not looked at", [HANDED_ON], {"queue": "it"}, "ann forwarded/at_risk cid desk/unassigned dan desk/unassigned"),
    ("not routed", [HANDED_ON], {}, "ann forwarded/at_risk cid desk/unrouted"),
    ("taken up, its first answer due today", [HANDED_ON, TAKEN], {"queue": "it"},
     "ann forwarded/at_risk bob owned/at_risk cid desk/at_risk dan desk/at_risk"),
    ("taken up, and nothing promised", [HANDED_ON, TAKEN], {"queue": "it", "rules": free_book()},
     "ann forwarded/moved"),
    ("its first answer is over time", ["wed 08:00 ann state handed-on", "wed 08:00 bob owner bob"], {"queue": "it"},
     "ann forwarded/overdue bob owned/overdue cid desk/overdue dan desk/overdue"),
    ("nothing was done for long", ["mon 09:00 ann state handed-on", "mon 10:00 bob owner bob"],
     {"queue": "it", "rules": free_book()}, "ann forwarded/still bob owned/still cid desk/still dan desk/still"),
    ("over time by a clock that only measures", ["wed 08:00 ann state handed-on", "wed 08:00 bob owner bob"],
     {"queue": "it", "rules": book(ladders=[])}, "ann forwarded/still bob owned/still cid desk/still dan desk/still"),
    ("solved", [HANDED_ON, SOLVED], {}, "ann forwarded/undelivered cid desk/undelivered"),
    ("delivered", [HANDED_ON, SOLVED, "thu 15:30 ann delivered yes"], {}, "ann forwarded/to_close"),
    ("closed", [HANDED_ON, "thu 15:00 bob state closed"], {}, ""),
    ("sent back to tier 1", [HANDED_ON, "thu 15:00 bob state new"], {},
     "ann forwarded/returned cid desk/to_confirm"),
    ("sent back, which is judged", [HANDED_ON, "thu 15:00 bob state new", "thu 15:20 cid justified ei"],
     {"rules": judged_book()}, "ann forwarded/returned cid desk/at_risk"),
    ("a question to pass on", [HANDED_ON, TAKEN, "thu 15:10 bob state asked"], {"queue": "it", "rules": free_book()},
     "ann forwarded/pass_on"),
    ("waits for the customer since yesterday", [HANDED_ON, ANSWERED, "thu 15:00 bob state asking"],
     {"owner": "bob", "queue": "it"}, "ann forwarded/moved"),
    ("waits for the customer too long", ["mon 08:00 ann state handed-on", "mon 08:30 bob says",
     "mon 09:00 bob state asking"], {"owner": "bob", "queue": "it", "now": at("2 tue 09:00")},
     "ann forwarded/customer cid desk/customer dan desk/customer"),
    ("silenced by a person", [HANDED_ON, SOLVED], {"labels": frozenset({"hush"})}, ""),
    ("of restricted access", [HANDED_ON, SOLVED], {"secured": True}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("acts", "facts", "told"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_where_a_ticket_stands(acts: list[str], facts: dict[str, Any], told: str) -> None:
    given = dict(facts)
    now, rules = given.pop("now", NOW), given.pop("rules", None)
    found = places(ticket(*acts, **given), now=now, rules=rules)
    assert " ".join(f"{person} {place}" for person in sorted(found) for place in found[person]) == told


def solved(number: int, **facts: Any) -> Ticket:
    return ticket(HANDED_ON, SOLVED, **({"id": str(number), "key": f"ABC-{number}"} | facts))


def test_a_line_tells_the_key_the_queue_the_state_and_moments_alone() -> None:
    (line,) = letters(solved(7, queue="it"))["ann"].sections[0].lines
    assert (line.ticket_key, line.values) == (
        "ABC-7",
        {"queue": Name("queue", "it"), "state": Name("state", "solved"), "since": At(at("thu 15:00"))},
    )


def test_tickets_are_counted_and_those_over_the_limit_not_listed() -> None:
    many = [solved(number) for number in range(1, LISTED + 4)]
    letter = letters(*many, solved(99, secured=True))["ann"]
    assert letter.values["n"] == Count(LISTED + 3)
    assert [(each.title, len(each.lines), each.more) for each in letter.sections] == [
        ("undelivered", LISTED, 3),
        ("rest", 0, 1),
    ]
    assert [line.ticket_key for line in letter.sections[0].lines[:3]] == ["ABC-1", "ABC-2", "ABC-3"]


def test_a_letter_is_known_by_its_person_and_day_for_ever() -> None:
    assert letters(solved(7))["ann"].key == "small/letter/summary/ann/2026-11-20"
    assert letters(solved(8), now=NOW + 3600)["ann"].key == "small/letter/summary/ann/2026-11-20"


def test_where_nothing_is_to_be_said_there_is_no_letter_unless_the_desk_wants_it() -> None:
    assert letters() == {}
    empty = letters(rules=book(manners={"summary_empty": True}))
    assert sorted(empty) == sorted(EVERYBODY)
    assert "n" not in empty["ann"].values


def away(person: str, *deputies: str) -> Desk:
    return Desk((Absence(person, date(2026, 11, 19), date(2026, 11, 23), deputies),))


def test_who_stands_in_has_the_tickets_of_who_is_away() -> None:
    assert places(solved(7), desk=away("ann", "lea"))["lea"] == ["stood_in/undelivered"]
    assert "ann" not in places(solved(7), desk=away("ann", "lea"))


@pytest.mark.parametrize(("desk", "title"), [(away("bob"), "absent"), (away("bob", "dan"), "overdue")])
def test_an_owner_away_without_a_deputy_is_the_coordinators(desk: Desk, title: str) -> None:
    late = ticket("wed 08:00 ann state handed-on", "wed 08:00 bob owner bob", queue="it")
    assert places(late, desk=desk)["cid"][-1] == f"desk/{title}"


HELD: list[tuple[str, dict[str, Any], str]] = [
    ("in quiet hours", {}, "mon 07:00"),
    ("when the budget is spent", {"manners": {"budget": 1}}, "mon 10:00"),
    ("when the ticket's is", {"manners": {"ticket_budget": 1}}, "mon 10:00"),
]


@pytest.mark.parametrize(("rules", "now"), [row[1:] for row in HELD], ids=[row[0] for row in HELD])
def test_what_is_held_back_for_somebodys_peace_is_told_in_the_summary(rules: dict[str, Any], now: str) -> None:
    said = row(step("1", rule="closure"), "said", "mon 08:30")
    wanted = step("1", urgency=5, to=("bob",))
    arranged = arrange(
        [wish(wanted)], {said.key: said}, book(**rules), DeskState((said,) if "budget" in str(rules) else ()), at(now)
    )
    (held,) = arranged.hold
    entry = row_of(held.step, "held", held.because, at(now), "1", held.not_before)
    assert is_untold(entry, "bob")
    assert not is_untold(entry, "cid")
    (section,) = letters(ticket(id="1"), held=(entry,))["bob"].sections
    assert (section.part, section.title) == ("untold", "held")
    assert section.lines[0].values == {"reason": Name("why", "still")}


def test_what_a_person_holds_back_is_not_told_in_the_summary() -> None:
    silenced = row(step(), "held", because="a person put the label hush on the ticket")
    assert letters(ticket(id="1"), held=(silenced,)) == {}


def test_who_was_left_to_hear_of_it_from_the_summary_does_though_it_is_closed_by_now() -> None:
    said = row(step(), "said", left=("lea",))
    assert list(letters(ticket(id="1"), held=(said,))) == ["lea"]
    assert list(letters(held=(said,), closed=(ticket("thu 15:00 bob state closed", id="1"),))) == ["lea"]
    assert letters(held=(said,)) == {}, "nobody knows whom a ticket that cannot be read is about"


EXCLUDES = {"name": "not-about-them", "why": "Nobody is asked about themselves.", "fields": ["about"]}


@pytest.mark.parametrize("held", [row(step(to=("bob",)), "held", because="quiet hours"),
                                  row(step(), "said", left=("bob",))], ids=["held", "left"])  # fmt: skip
@pytest.mark.parametrize(("about", "told"), [("bob", []), ("dan", ["bob"]), (None, ["bob"])])
def test_who_is_spared_a_ticket_meanwhile_is_not_told_of_it_in_the_summary(
    held: Entry, about: str | None, told: list[str]
) -> None:
    rules = book(excludes=[EXCLUDES], fields={**RULES["fields"], "about": "x"})
    seen = ticket(id="1", fields={"about": about} if about else {})
    assert list(letters(seen, held=(held,), rules=rules)) == told


def test_every_section_has_its_name_in_every_language() -> None:
    used = {*PARTS, *(title for titles in PARTS.values() for title in titles)}
    assert used <= set(SECTIONS)
    assert all(set(names) == {"et", "en", "ru"} for names in (*SECTIONS.values(), *LABELS.values()))
