"""What the rulebook says of the digest, each key by what it changes on the page."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from desks import rulebook
from msgspec.structs import replace
from test_digest import FORWARDED, LETTER, NOW, VERDICTS, at, ticket, verdict

from bot.core.entries_report import DigestEntry
from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Message
from bot.report.digest import PARTS, SECTIONS, gather, html, write
from bot.report.words import words_of
from bot.store.store import open_store

SAID = Entry("k", "4", "KKA-4", "no-movement", "ask", "no_movement", ("it1",), "said", "b", at(NOW), at(NOW))
GIVEN = dict.fromkeys(("registry_code", "permit", "declaration_period"), "set")


def with_digest(**said) -> Rulebook:
    return rulebook(digest=DigestEntry.model_validate(said))


def page(*tickets, language: str = "et", verdicts=(), **said) -> str:
    book = with_digest(**said)
    return html(gather(tickets, [SAID], (), book, at(NOW), verdicts), book, language)


def sections(written: str) -> list[str]:
    """The headings, in order, but for those that always stand first and last."""
    return [re.sub(r"<.*", "", title).strip() for title in re.findall(r"<h2>(.*?)</h2>", written)][1:-1]


DESK = [
    ticket(3, FORWARDED, owner=None, queue=None),
    ticket(2, ("2026-12-16 11:00", "at-tier-2"), category="DEKL_SISU"),
    ticket(7, FORWARDED, ("2026-12-14 10:00", "solved")),
    ticket(4, **LETTER),
]
BY_DEFAULT = [
    *("Tähtaja ületanud", "Tähtaeg täna / homme", "Liikumiseta", "Lahendatud, kuid kliendile edastamata"),
    *("Täiendamist ootavad", "Uued ja suunamata", "Teabenõuded ja vastamistähtajad", "Avatud piletite vanus"),
    *("Lubadused viimase 7 päeva jooksul", "Mida bot on kirjutanud"),
]


def test_the_parts_by_default_and_their_order():
    assert sections(page(*DESK, verdicts=VERDICTS)) == BY_DEFAULT
    assert tuple(PARTS) == DigestEntry().parts
    assert set(SECTIONS) < set(PARTS)


def test_parts_are_shown_in_the_order_given_and_no_others():
    parts = ["bot", "backlog", "unrouted", "overdue"]
    shown = page(*DESK, verdicts=VERDICTS, parts=parts)
    assert sections(shown) == [
        "Mida bot on kirjutanud",
        "Avatud piletite vanus",
        "Uued ja suunamata",
        "Tähtaja ületanud",
    ]
    todo = re.findall(r'<li><a href="#(\w+)"', shown)
    assert todo == ["unrouted", "overdue"], "what is not shown does not ask for attention either"


def test_a_ticket_with_a_security_level_counts_where_its_part_is_shown():
    secured = ticket(1, FORWARDED, secured=True)
    counted = [
        gather([secured], [], (), with_digest(parts=parts), at(NOW)).secured for parts in (["overdue"], ["solved"])
    ]
    assert counted == [1, 0]


@pytest.mark.parametrize(
    ("soon", "heading", "rows"),
    [
        ("1wd", "Tähtaeg täna", 0),
        ("2wd", "Tähtaeg täna / homme", 0),
        ("4wd", "Tähtaeg 4 tööpäeva jooksul", 0),
        ("5wd", "Tähtaeg 5 tööpäeva jooksul", 1),
    ],
)
def test_what_is_due_soon(soon, heading, rows):
    """Forwarded on Wednesday at 11 and answered at once: forty working hours end on Tuesday at 15, the fifth day."""
    answered = ticket(2, ("2026-12-16 11:00", "at-tier-2"), messages=(Message(at("2026-12-16 11:30"), "1", "it1"),))
    assert len(gather([answered], [], (), with_digest(soon=soon), at(NOW)).sections["due_soon"]) == rows
    assert f"<h2>{heading} <" in page(ticket(2, ("2026-12-16 11:00", "at-tier-2")), soon=soon)


@pytest.mark.parametrize(("still", "rows"), [("1wd", 1), ("20h", 1), ("21h", 0), ("2wd", 1), ("3wd", 0)])
def test_what_is_without_movement(still, rows):
    """Forwarded on Monday at 9:10: by Wednesday noon, twenty working hours and fifty minutes ago."""
    found = gather([ticket(3, FORWARDED)], [], (), with_digest(still=still), at(NOW))
    assert len(found.sections["still"]) == rows


def aged(number: int, day: str, *states, **more):
    return replace(ticket(number, *states, **more), created_at=at(f"{day} 09:00"))


@pytest.mark.parametrize(
    ("ages", "rows"),
    [
        (["10cd", "30cd"], [("0–9 päeva", 1, 1, 2), ("10–30 päeva", 1, 1, 2), ("üle 30 päeva", 1, 0, 1)]),
        (["11cd"], [("0–11 päeva", 1, 2, 3), ("üle 11 päeva", 2, 0, 2)]),
        (
            ["9cd", "10cd", "31cd"],
            [("0–8 päeva", 1, 0, 1), ("9–9 päeva", 0, 1, 1), ("10–31 päeva", 2, 1, 3), ("üle 31 päeva", 0, 0, 0)],
        ),
    ],
)
def test_the_ages_of_the_backlog(ages, rows):
    """Today, and 9, 10, 30 and 31 days ago; what is solved or closed is no backlog, what is secured is."""
    tickets = [
        aged(1, "2026-12-16"),
        aged(2, "2026-12-07", FORWARDED),
        aged(3, "2026-12-06", FORWARDED, secured=True),
        aged(4, "2026-11-16"),
        aged(5, "2026-11-15"),
        aged(6, "2026-11-15", FORWARDED, ("2026-12-14 10:00", "solved")),
        aged(7, "2026-11-15", FORWARDED, ("2026-12-14 10:00", "solved"), ("2026-12-14 11:00", "closed")),
    ]
    written = page(*tickets, ages=ages, parts=["backlog"]).partition('class="figures"')[2].partition("</table>")[0]
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in written.split("<tr>")[2:]]
    assert [(label, *map(int, counts)) for label, *counts in found] == rows


@pytest.mark.parametrize(("promises", "met"), [("7cd", 1), ("8cd", 2), ("6cd", 0), ("1cd", 0)])
def test_the_days_whose_promises_are_counted(promises, met):
    of = [verdict("tier2-resolution", "met", day) for day in ("2026-12-10 08:00", "2026-12-09 23:59")]
    found = gather([], [], (), with_digest(promises=promises), at(NOW), of)
    assert sum(kept.met for kept in found.promises.values()) == met


@pytest.mark.parametrize(
    ("language", "promises", "heading"),
    [
        ("et", "1cd", "Lubadused viimase 1 päeva jooksul"),
        ("en", "1cd", "Promises of the last 1 day"),
        ("en", "14cd", "Promises of the last 14 days"),
        ("ru", "3cd", "Обязательства за последние 3 дня"),
        ("ru", "30cd", "Обязательства за последние 30 дней"),
    ],
)
def test_the_numbers_stand_in_the_headings(language, promises, heading):
    assert heading in page(verdicts=VERDICTS[1:2], language=language, promises=promises)


def test_the_title_is_the_desks_own_in_the_languages_in_which_it_is_given():
    title = {"et": "Klienditoe hommik"}
    assert "<h1>Klienditoe hommik</h1>" in page(title=title)
    assert f"<title>{words_of('ru')['title']} · " in page(title=title, language="ru")


def test_what_is_missing_is_named_by_its_title():
    tickets = [
        ticket(1, ("2026-12-16 11:00", "at-tier-2"), category="DEKL_SISU", fields=GIVEN | {"permit": ""}),
        ticket(2, ("2026-12-16 11:00", "at-tier-2"), category="DEKL_SISU", fields=GIVEN),
        ticket(3, ("2026-12-16 11:00", "at-tier-2"), category="KAEBUS"),  # its rule is on observe
        ticket(4, category="DEKL_SISU"),  # still with tier 1
    ]
    written = page(*tickets, parts=["incomplete"])
    section = written.partition('id="incomplete"')[2].partition("</section>")[0]
    assert re.findall(r"<td[^>]*>(.*?)</td>", section.split("<tr>")[2])[1::3] == [
        "loa number",
        "16.12.2026 kell 11.00",
    ]
    assert section.count("<tr>") == 2


@pytest.mark.parametrize(
    ("said", "asked", "language"),
    [({}, None, "et"), ({"language": "ru"}, None, "ru"), ({"language": "ru"}, "en", "en")],
)
def test_the_language_is_the_digests_unless_another_is_asked_for(tmp_path, said, asked, language):
    with closing(open_store("sqlite://")) as store:
        write(store, with_digest(**said), at(NOW), tmp_path / "digest.html", asked, "https://jira.example/browse/")
    assert f'<html lang="{language}">' in (tmp_path / "digest.html").read_text("utf-8")
