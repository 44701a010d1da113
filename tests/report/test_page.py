"""The digest in words: every language, every form, and what stands in its tables."""

from __future__ import annotations

import re
from html import unescape

import pytest
from desks import rulebook
from msgspec.structs import replace
from reported import (
    BROWSE,
    FORWARDED,
    LETTER,
    NOW,
    REQUEST,
    SOLVED,
    VERDICTS,
    at,
    digested,
    html,
    paged,
    reported,
    said,
    ticket,
    with_digest,
)

from bot.core.audience import Audience
from bot.core.entries_report import DigestEntry
from bot.core.laid_aside import LaidAside
from bot.core.overview import Row
from bot.core.silence import Silence
from bot.core.soundness import Unsound
from bot.core.steps import Amount
from bot.core.ticket import Change
from bot.report.page import Page
from bot.report.page_tickets import MOST
from bot.report.pictures import Picture
from bot.report.plain import WIDTH, plain
from bot.report.render import render
from bot.report.report import Failure
from bot.report.tell import Table
from bot.report.words import words_of

GIVEN = dict.fromkeys(("registry_code", "permit", "declaration_period"), "set")
DESK = [
    ticket(3, FORWARDED, owner=None, queue=None),
    ticket(2, ("2026-12-16 11:00", "at-tier-2"), category="DEKL_SISU"),
    ticket(7, FORWARDED, SOLVED),
    ticket(4, **LETTER),
]
LEDGER = [said("a", "3", "2026-12-16 10:00")]


READ = ("html", "mail", "text")
"""The forms that are read; the others are for programs."""


def full():
    return digested(reported(*DESK, verdicts=VERDICTS, ledger=LEDGER))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_language_has_the_same_words_with_the_same_places(language):
    words, own = words_of(language), words_of("et")
    assert list(words) == list(own)
    places = re.compile(r"\{\w+\}")
    optional = {"promises"}  # where the number has a word of its own behind it
    for word in own.keys() - optional:
        assert set(places.findall(words[word])) == set(places.findall(own[word])), word


@pytest.mark.parametrize("language", ["et", "en", "ru"])
@pytest.mark.parametrize("form", READ)
def test_every_form_in_every_language(language, form):
    written = html(full(), language, form=form)
    words = words_of(language)
    for word in ("group_burns", "do_unrouted", "unrouted", "bot", "quality"):
        assert words[word] in unescape(written).replace("\n", " "), word
    assert "KKA-3" in written
    assert not re.search(r"it1|spetsialist1|\{\w+\}", re.sub(r"<style>.*?</style>", "", written, flags=re.S))
    quiet = html(digested(reported()), language, form=form)
    assert words["nothing"] in unescape(quiet)


def test_nothing_is_written_as_markup_but_what_is_ours():
    odd = digested(replace(reported(), version='<b>"&'))
    assert "<b>&#34;" not in html(odd)
    assert "&lt;b&gt;&#34;&amp;" in html(odd)


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing():
    for form in ("html", "mail"):
        written = html(full(), form=form)
        assert not re.search(r"<script|<link|@import|url\(|\son\w+=", written)
        assert {link.partition("browse/")[0] for link in re.findall(r'(?:href|src)="(http[^"]*)"', written)} == {
            BROWSE.partition("browse/")[0]
        }


def table(page: Page, word: str) -> Table:
    return next(each for each in page.tables if each.word == word)


def words_shown(page: Page) -> list[str]:
    return [each.word for each in page.tables]


def test_the_parts_by_default_and_their_order():
    assert words_shown(paged(full())) == [
        *("statutory", "overdue", "due_soon", "unrouted", "solved", "incomplete", "still"),
        *("backlog", "promises", "bot"),
    ]


def test_a_long_table_lists_the_first_and_counts_the_others():
    rows = tuple(Row(f"KKA-{n}", "L2_IT", "in-work", n, Amount(n, None), act="owner") for n in range(MOST + 2))
    found = table(paged(digested(replace(reported(), sections={"overdue": rows})), "en"), "overdue")
    assert (len(found.rows), found.n, found.note) == (MOST, str(MOST + 2), "and 2 more tickets")
    found = table(paged(digested(replace(reported(), sections={"overdue": rows[:MOST]})), "en"), "overdue")
    assert (len(found.rows), found.note) == (MOST, "")


def test_parts_are_shown_in_the_order_given_and_no_others():
    book = with_digest(parts=["bot", "backlog", "unrouted", "overdue"])
    digest = digested(reported(*DESK, verdicts=VERDICTS, ledger=LEDGER, book=book), book=book)
    page = paged(digest, book=book)
    assert words_shown(page) == ["bot", "backlog", "unrouted", "overdue"]
    assert [block.name for block in page.blocks] == ["burns", "decide"]
    assert page.figures == ()


@pytest.mark.parametrize(
    ("soon", "heading"),
    [
        ("1wd", "Tähtaeg täna"),
        ("2wd", "Tähtaeg täna / homme"),
        ("5wd", "Tähtaeg 5 tööpäeva jooksul"),
    ],
)
def test_what_is_due_soon_is_called_by_how_soon(soon, heading):
    book = with_digest(soon=soon)
    page = paged(digested(reported(ticket(2, ("2026-12-16 11:00", "at-tier-2")), book=book), book=book), book=book)
    assert table(page, "due_soon").title == heading
    assert [block.title for block in page.blocks][1] == heading


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
    book = with_digest(promises=promises)
    digest = digested(reported(verdicts=VERDICTS[1:2], book=book), book=book)
    assert table(paged(digest, language, book), "promises").title == heading


@pytest.mark.parametrize(
    ("kind", "title", "period"),
    [
        ("day", "Koordinaatori hommikune ülevaade", "tööpäev 16.12.2026, kestab veel"),
        ("week", "Klienditeeninduse nädala ülevaade", "nädal 14.12.2026 – 20.12.2026, kestab veel"),
        ("month", "Klienditeeninduse kuu ülevaade", "kuu detsember 2026, kestab veel"),
        ("quarter", "Klienditeeninduse kvartali ülevaade", "kvartal IV kvartal 2026, kestab veel"),
        ("year", "Klienditeeninduse aasta ülevaade", "aasta 2026, kestab veel"),
    ],
)
def test_the_title_by_the_kind_of_period(kind, title, period):
    page = paged(digested(reported(kind=kind)))
    assert (page.title, page.period) == (title, period)


@pytest.mark.parametrize(
    ("audience", "title"),
    [
        (Audience(queues=frozenset(("L2_IT",))), "Ülevaade: IT-tugi (KEMIT)"),
        (Audience(queues=frozenset(("L2_IT",)), team=False), "Kliendipöördumiste statistika: IT-tugi (KEMIT)"),
        (Audience(team=False), "Kliendipöördumiste statistika"),
    ],
)
def test_the_title_by_its_reader(audience, title):
    assert paged(digested(reported(), audience=audience)).title == title


def test_the_title_is_the_desks_own_in_the_languages_in_which_it_is_given():
    book = with_digest(title={"et": "Klienditoe\nhommik\n"})  # as YAML has a block: a mail's subject is one line
    digest = digested(reported(book=book), book=book)
    assert paged(digest, book=book).title == "Klienditoe hommik"
    assert paged(digest, "ru", book).title == words_of("ru")["title_day"]


def test_what_is_missing_is_named_by_its_title():
    opened = ("2026-12-16 11:00", "at-tier-2")
    tickets = [
        ticket(1, opened, category="DEKL_SISU", fields=GIVEN | {"permit": ""}),
        ticket(2, opened, category="DEKL_SISU", fields=GIVEN),
        ticket(3, opened, category="KAEBUS"),  # its rule is on observe
        ticket(4, category="DEKL_SISU"),  # still with tier 1
    ]
    found = table(paged(digested(reported(*tickets))), "incomplete")
    at_head = dict(zip(found.head, found.rows[0].cells, strict=True))
    assert (at_head["Puudub"], at_head["II tasemel alates"]) == ("loa number", "16.12.2026 kell 11.00")
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("one", "rows"),
    [
        (ticket(1, FORWARDED), []),
        (ticket(2, FORWARDED, category="DEKL_SISU"), []),  # the customer's own date
        (
            ticket(3, **LETTER),
            [
                ("teabehalduse kord (näidis)", "15.12.2026", "ületatud 1 tööpäev", "kinnitamata"),
                ("MSVS § 6", "29.12.2026", "jäänud 7 tööpäeva", "esialgne, kinnitamata"),
            ],
        ),
        (
            ticket(4, **LETTER, fields={"registered": "2026-12-10"}),
            [("MSVS § 6", "28.12.2026", "jäänud 6 tööpäeva", "kinnitamata")],
        ),
        (
            ticket(5, **LETTER, fields={"registered": "2026-11-10", "extended": "2026-11-20"}),
            [("MSVS § 6", "11.01.2027", "jäänud 15 tööpäeva", "pikendatud, kinnitamata")],
        ),
        (
            ticket(6, **REQUEST, fields={"registered": "2026-12-04"}),
            [("AvTS § 18 lg 1", "11.12.2026", "ületatud 3 tööpäeva", "kinnitamata")],
        ),
        (
            ticket(8, category="ANDMEKAITSE", fields={"known": "2026-12-14T14:15:00+02:00"}),
            [("GDPR art 33", "17.12.2026 kell 14.15", "jäänud 26 tundi 15 minutit", "kinnitamata")],
        ),
        (ticket(9, FORWARDED, SOLVED, **LETTER), []),
        (ticket(10, secured=True, **LETTER), []),
    ],
)
def test_the_answers_owed(one, rows):
    found = [each for each in paged(digested(reported(one))).tables if each.word == "statutory"]
    shown = [(*row.cells[2:5], row.cells[6]) for each in found for row in each.rows]
    assert shown == rows


MOVED = Change(at("2026-12-14 10:00"), "due", "2026-12-18", "2026-12-23", "it1")


@pytest.mark.parametrize(
    ("given", "promised"),
    [
        ({}, ""),
        ({"due_at": at("2026-12-23 02:00")}, "23.12.2026 – on varasem"),
        ({"due_at": at("2027-01-04 02:00")}, "04.01.2027"),
        ({"due_at": at("2026-12-23 02:00"), "changes": (MOVED,)}, "23.12.2026 – on varasem (esmalt 18.12.2026)"),
        ({"changes": (replace(MOVED, now=None),)}, " (esmalt 18.12.2026)"),
    ],
)
def test_the_three_dates_of_an_answer_stand_side_by_side(given, promised):
    """Statutory on 29 December; the ticket's own due date, and the one first promised."""
    one = replace(ticket(3, **LETTER, fields={"registered": "2026-12-14"}), **given)
    (row,) = table(paged(digested(reported(one))), "statutory").rows
    assert (row.cells[3], row.cells[5]) == ("29.12.2026", promised)


def test_each_line_of_the_first_screen_says_who_does_what():
    page = paged(digested(reported(ticket(3, FORWARDED), ticket(5, FORWARDED, queue=None))))
    lines = [(line.key, line.what, line.queue, line.who, line.do) for line in page.blocks[0].lines]
    late = "ületatud 2 tööpäeva, tähtaeg 14.12.2026"
    assert lines == [
        ("KKA-3", late, "IT-tugi (KEMIT)", "täitja", "lahendada või teatada uus aeg"),
        ("KKA-5", late, "–", "koordinaator", "määrata järjekord"),
    ]
    assert [line.href for line in page.blocks[0].lines] == [f"{BROWSE}KKA-3", f"{BROWSE}KKA-5"]


def test_a_legal_deadline_on_its_last_day_is_told_by_that_day_and_before_it_by_what_is_left():
    today, tomorrow = (ticket(n, **REQUEST, fields={"registered": f"2026-12-{9 + n:02}"}) for n in (0, 1))
    soon = paged(digested(reported(today, tomorrow))).blocks[1]
    assert [line.what for line in soon.lines] == [
        "AvTS § 18 lg 1: viimane päev 16.12.2026",
        "AvTS § 18 lg 1: jäänud 1 tööpäev, tähtaeg 17.12.2026",
    ]


def test_what_stands_above_already_is_counted_and_said_so():
    page = paged(digested(reported(ticket(5, FORWARDED, owner=None), ticket(6, FORWARDED, queue=None))))
    assert [(block.n, block.more) for block in page.blocks] == [("2", ""), ("0", ""), ("2", "eespool loetletud: 2")]


def test_what_keeps_the_bot_from_its_work_is_told_first():
    trouble = LaidAside("1", "refused: POST: 403", at(NOW), 3, at(NOW) + 3600)
    report = reported(troubles={"1": trouble}, batches={at(NOW): 50})
    report = replace(report, failures=(Failure(at(NOW), "mail", "refused"),), findings=("calls.csv:3: no date",))
    silent, unsound = Silence("KKA", "unclear property", at(NOW)), Unsound("twins", 2, at(NOW))
    report = replace(report, silences=(silent,), audit=(unsound, replace(unsound, check="next look", mended=True)))
    page = paged(digested(report))
    assert page.alarms == (
        "Bot vaikib: KKA. Alates: 16.12.2026 kell 12.00. "
        "Põhjus: projekti omadus piletibot, mille väärtusest ei saa aru.",
        "Boti enesekontroll. Kaks korda öeldud sammud: 2.",
        "Boti enesekontroll parandas ise. Avatud piletid, mille järgmine ülevaatus oli kadunud või liiga hilja: 2.",
        "Ülempiiri taga ootavad teated: 50. Vaadata üle ja vabastada (piletibot release).",
        "Saatmata jäi: e-post, 16.12.2026 kell 12.00, server ei võta selle saaja kirju vastu.",
        "Pileteid, mida ei saanud lugeda, hinnata või kuhu ei saanud kirjutada: 1.",
        "Märkusi imporditud failide kohta: 1.",
    )
    assert [row.cells for row in page.laid_aside.rows] == [
        ("1", "Jira keeldub: POST: 403", "16.12.2026 kell 12.00", "3", "16.12.2026 kell 13.00")
    ]


def test_counts_stand_beside_those_of_the_period_before():
    tickets = [ticket(1, FORWARDED), ticket(2, FORWARDED, SOLVED)]
    before = reported(*tickets, kind="week", day="2026-12-09 12:00")
    page = paged(digested(reported(*tickets, kind="week"), [before]))
    assert [row.cells[1:] for row in page.counts.rows] == [
        ("2", "0", "+2"),
        ("1", "0", "+1"),
        ("0", "0", "0"),
        ("1", "1", "0"),
        ("0", "0", "0"),
    ]
    alone = paged(digested(reported(*tickets, kind="week")))
    assert {row.cells[2:] for row in alone.counts.rows} == {("—", "—")}


def test_outside_the_team_few_are_told_as_few_and_no_ticket_is_listed():
    digest = digested(reported(*DESK), audience=Audience(team=False))
    page = paged(digest)
    assert "KKA-" not in html(digest)
    assert next((block.n, block.more) for block in page.blocks) == ("ei näidata", "Pileteid siin ei loetleta.")
    assert table(page, "overdue").note.endswith("ei näidata")
    assert [row.cells[1] for row in page.counts.rows][3] == "ei näidata"


def test_a_text_is_no_wider_than_a_mail_has_it_and_its_columns_are_aligned():
    written = plain(paged(full()))
    assert max(map(len, written.splitlines())) <= WIDTH
    lines = written.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  Mida loetakse"))
    ends = {len(line) for line in lines[start : start + 7]}
    assert len(ends) == 1


def test_pictures_stand_in_a_page_as_they_are_and_in_a_mail_by_their_source_with_their_numbers():
    picture = Picture("load", "Koormus", "IT-tugi 3, luba 5", "<svg><title>x</title></svg>", "cid:load")
    forms = {form: render(full(), form, "et", rulebook(), BROWSE, [picture]).decode() for form in READ}
    assert "<svg><title>x</title></svg>" in forms["html"]
    assert re.search(r'<img src="cid:load" alt="IT-tugi 3, luba 5" width="600"', forms["mail"])
    assert all("IT-tugi 3, luba 5" in written for written in forms.values())


def test_the_parts_by_default_are_all_there_are():
    from bot.report.digest import PARTS

    assert tuple(PARTS) == DigestEntry().parts
