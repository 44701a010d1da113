"""Messages: what they say in each language, what they refuse, and that a value stays text."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from bot.core.commands import as_told, parted, shown
from bot.core.doc import Break, Bullets, Doc, Inline, Link, Mention, Paragraph, Text
from bot.core.entries import Entries, FormatEntry
from bot.core.entry import Names
from bot.core.flaws import asked
from bot.core.steps import Amount, At, Count, Day, Lines, Name, Several, Value
from bot.jira.markup import adf, wiki
from bot.texts import VALUES, Messages, MessagesError, load_messages, plain, text_hash
from bot.wording import WORDINGS, plural, show

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "rules" / "common" / "messages"
GOLDEN = ROOT / "tests" / "golden" / "messages"
TALLINN = "Europe/Tallinn"
LANGUAGES = ("et", "en", "ru")
NAMES = {
    ("queue", "L2_IT", "et"): "IT-tugi (KEMIT)",
    ("queue", "L2_IT", "en"): "IT support (KEMIT)",
    ("queue", "L2_IT", "ru"): "ИТ-поддержка (KEMIT)",
    ("title", "registry_code", "et"): "ettevõtte registrikood",
    ("title", "registry_code", "en"): "company registry code",
    ("title", "registry_code", "ru"): "регистрационный код предприятия",
    ("title", "period", "et"): "deklareerimisperiood",
    ("title", "period", "en"): "declaration period",
    ("title", "period", "ru"): "период декларирования",
    ("title", "waived", "et"): "Võib sulgeda edastamata",
    ("title", "waived", "en"): "May be closed undelivered",
    ("title", "waived", "ru"): "Можно закрыть без передачи",
    ("state", "in_work", "et"): "töös",
    ("state", "in_work", "en"): "in progress",
    ("state", "in_work", "ru"): "в работе",
}
FOUND = Entries.model_construct(formats={"permit": FormatEntry(kind=("year",), example="L.VV/999001")}, language="et")
PERMIT: Names = {"et": "loa number", "en": "permit number", "ru": "номер разрешения"}
PEOPLE = {"spetsialist1": "Mari Mets", "koordinaator": "Jaan Tamm", "juhataja": "Anne Saar"}


def names(kind: str, word: str, language: str) -> str:
    if kind == "finding":
        return asked(
            word, language, FOUND, {"permit": {"et": "loa number", "en": "permit number", "ru": "номер разрешения"}}
        )
    if kind == "command":
        return as_told(word, language, "piletibot")
    return shown(*parted(word), language) if kind == "order" else NAMES[kind, word, language]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


EVERYTHING: Mapping[str, Value] = {
    "queue": Name("queue", "L2_IT"),
    "queues": "IT-tugi, Keskkonnalubade haldurid",
    "reason": "Tehniline viga deklaratsiooni esitamisel.",
    "first_due": At(at("2026-11-16 14:00")),
    "due": At(at("2026-11-19 12:30")),
    "answer_by": At(at("2026-11-18 06:00")),
    "attempts": Count(3),
    "asked_again": Count(2),
    "reason_at": At(at("2026-11-16 10:42")),
    "waived_field": Name("title", "waived"),
    "left": Amount(2 * 28800 + 3 * 3600, 28800),
    "over": Amount(5 * 28800 + 60, 28800),
    "state": Name("state", "in_work"),
    "last": At(at("2026-11-13 07:05")),
    "n": Count(2),
    "date": At(at("2026-11-12 08:00")),
    "why": "Nii on kokku lepitud.",
    "rule": "solution-reached-customer",
    "unowned": Count(1),
    "held_until": At(at("2026-11-17 08:00")),
    "basis": "AvTS § 18 lg 1",
    "reg": Day(date(2026, 11, 12)),
    "at": At(at("2026-11-18 12:15")),
    "provisional": Day(date(2026, 11, 12)),
    "unconfirmed": "viimsivald.ee",
    "extend_by": Day(date(2026, 11, 19)),
    "given": Count(1),
    "nobody": Count(1),
    "returned_from": Name("queue", "L2_IT"),
    "return_reason": "VALE_MEESKOND",
    "missing": Several((Name("title", "registry_code"), Name("title", "period"))),
    "malformed": Several((Name("finding", "format:permit"),)),
    "questions": Several((Name("finding", "vague-title"), Name("finding", "several-problems")), apart=True),
    "others": "KKA-12, KKA-15",
    "types": Several((Name("finding", "personal:isikukood"), Name("finding", "personal:phone"))),
    "version": "0f3c5e7a9b1d",
    "commit": "4be91c2",
    "effective": At(at("2026-11-16 12:15")),
    "errors": Lines(("desk.yaml:9:12: there is no queue *L2_IT*", "ladders.yaml:4:3: unknown key 'afer'")),
    "more": Count(2),
    "added": "info-unregistered",
    "removed": "no-movement",
    "altered": "it-support, breach-72h",
    "renamed": "no-movement → info-unregistered",
    "sections": "calendars, messages (routed)",
    "gained": "it-support (3), breach-72h (1)",
    "lost": "no-movement (2)",
    "recorded": "info-unregistered (5)",
    "withdrawn": "no-movement (1)",
    "comments": Count(41),
    "limit": Count(40),
    "period": "2026-IV",
    "work": "KEMIT-5",
    "tickets": "KKA-41, KKA-42, KKA-43",
    "category": "KATKESTUS",
    "minutes": Count(30),
    "person": "spetsialist1",
    "manager": "juhataja",
    "absent": "spetsialist1",
    "deputy": "spetsialist2",
    "from_day": Day(date(2026, 12, 21)),
    "until_day": Day(date(2026, 12, 31)),
    "owns": Count(2),
    "command": Name("order", "snooze 2026-12-02"),
    "meant": Name("command", "close"),
    "words": Lines(tuple(as_told(word, "en", "piletibot") for word in ("close", "status"))),
    "until": At(at("2026-12-02 06:00")),
    "already": "yes",
    "undone": "yes",
    "unclosed": "yes",
    "by_permission": "yes",
    "by_doubt": "yes",
    "by_role": "yes",
    "by_date": "yes",
    "by_state": "yes",
    "by_field": "yes",
    "by_person": "yes",
}


@pytest.fixture(scope="module")
def shipped() -> Messages:
    return load_messages([SHIPPED])


def written(tmp_path: Path, source: str, name: str = "teade", language: str = "et", folder: str = "a") -> Path:
    path = tmp_path / folder / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, "utf-8")
    return path


def filled(tmp_path: Path, source: str, language: str = "et", **values: Value) -> Doc:
    written(tmp_path, source, language=language)
    messages = load_messages([tmp_path / "a"])
    return messages.doc("teade", language, values, to=("a", "b"), names=names, zone=TALLINN)


def line(*inlines: Inline) -> Doc:
    return Doc((Paragraph(inlines),))


# What is shipped


def test_every_shipped_message_is_written_in_every_language(shipped: Messages) -> None:
    assert len(shipped.names()) > 20
    assert {shipped.languages(name) for name in shipped.names()} == {("et", "en", "ru")}
    assert {name: shipped.languages(name) for name in shipped.names()} == dict.fromkeys(
        {
            "access_unmarked",
            "asked_again",
            "asked_often",
            "attempt_again",
            "attempts_spent",
            "autoclose_notice",
            "autoclosed",
            "because",
            "belongs_in_dhs",
            "breach_72h",
            "ceiling_reached",
            "challenge_due",
            "challenge_fix",
            "challenge_forward",
            "clarify_request",
            "close_prompt",
            "closed_not_delivered",
            "closed_undelivered",
            "closure_prompt",
            "closure_reminder",
            "command_done",
            "command_help",
            "command_refused",
            "command_status",
            "command_unclear",
            "complaint_due",
            "complaint_owner",
            "complaint_unlinked",
            "complete",
            "concerned_not_told",
            "customer_deadline",
            "database_rebuilt",
            "cyber_incident",
            "delay_notice",
            "document_due",
            "extension_needed",
            "follow_up",
            "follow_up_subject",
            "handover_back",
            "handover_back_subject",
            "incomplete",
            "incomplete_repeat",
            "info_added",
            "info_after_solving",
            "info_request",
            "info_unregistered",
            "interim_due",
            "is_solution",
            "leaver",
            "leaver_subject",
            "letter_due",
            "letter_unregistered",
            "mass_incident",
            "mass_solved",
            "may_close",
            "no_deputy",
            "no_deputy_subject",
            "no_executor",
            "no_movement",
            "not_published",
            "notice_subject",
            "pass_on",
            "pii_remains",
            "pii_warning",
            "published_unmarked",
            "question_asked",
            "question_open",
            "reminders",
            "reminders_subject",
            "reopen_reason",
            "reopened",
            "return_unexplained",
            "returned",
            "route_undecided",
            "route_unsure",
            "routed",
            "rulebook_changed",
            "rulebook_refused",
            "rulebook_restored",
            "said_before",
            "signing_at_customer",
            "signing_no_stage",
            "signing_stuck",
            "signing_tell_customer",
            "sla_breach",
            "sla_breach_head",
            "sla_warning",
            "state_unknown",
            "status_followup",
            "substitution",
            "substitution_subject",
            "summary",
            "summary_subject",
            "survey_reminder",
            "task_done",
            "task_done_late",
            "task_late",
            "task_reminder",
            "tier2_answered",
            "waiting_customer",
        },
        LANGUAGES,
    )


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("routed", {"queue"}),
        ("incomplete", set()),
        ("pii_warning", {"types"}),
        ("pii_remains", {"types", "date"}),
        ("sla_warning", {"due"}),
        ("sla_breach", {"due"}),
        ("sla_breach_head", {"due"}),
        ("status_followup", {"state"}),
        ("no_movement", {"n"}),
        ("because", {"why", "rule"}),
        ("info_request", {"due", "basis"}),
        ("letter_due", {"due", "basis"}),
        ("breach_72h", {"due", "basis"}),
        ("customer_deadline", {"due"}),
        ("info_unregistered", set()),
        ("closure_prompt", set()),
        ("closure_reminder", set()),
        ("command_done", {"command"}),
        ("command_refused", {"command"}),
        ("command_unclear", {"words"}),
        ("command_help", {"words"}),
        ("command_status", {"state"}),
        ("rulebook_changed", {"version"}),
        ("rulebook_refused", {"errors"}),
        ("rulebook_restored", {"version"}),
        ("database_rebuilt", set()),
    ],
)
def test_what_a_shipped_message_cannot_do_without(shipped: Messages, name: str, needed: set[str]) -> None:
    assert shipped.required_values(name) == needed


def whole(shipped: Messages, name: str, language: str) -> Doc:
    """A comment with all values, an addressee, somebody told besides, and a reason."""
    return shipped.comment(
        [(name, EVERYTHING)],
        language,
        to=["spetsialist1", "koordinaator"],
        also=["juhataja"],
        why=[("solution-reached-customer", "Edastaja vastutab, et lahendus jõuab kliendini (ametijuhend 3.1.8).")],
        names=names,
        zone=TALLINN,
    )


def bare(shipped: Messages, name: str, language: str) -> Doc:
    """The message alone, with no more values than it needs."""
    values = {word: EVERYTHING[word] for word in shipped.required_values(name)}
    return shipped.doc(name, language, values, to=["spetsialist1"], names=names, zone=TALLINN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["txt", "wiki", "adf.json"])
def test_every_message_reads_as_reviewed(shipped: Messages, language: str, kind: str) -> None:
    docs = {
        f"{name}, {part}": make(shipped, name, language)
        for name in sorted(shipped.names())
        for part, make in (("with everything", whole), ("with the least", bare))
    }
    if kind == "adf.json":
        trees = {title: adf(doc, lambda p: (f"id-{p}", f"@{PEOPLE[p]}")) for title, doc in docs.items()}
        text = json.dumps(trees, ensure_ascii=False, indent=1) + "\n"
    else:
        shown = {
            title: wiki(doc, str) if kind == "wiki" else plain(doc, lambda p: f"@{PEOPLE[p]}")
            for title, doc in docs.items()
        }
        text = "\n\n".join(f"=== {title}\n{body}" for title, body in shown.items()) + "\n"
    golden = GOLDEN / f"{language}.{kind}"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


# Values


@pytest.mark.parametrize(
    ("moment", "et", "en", "ru"),
    [
        ("2026-11-16 12:30:00", "16.11.2026 kell 14.30", "16 November 2026 at 14:30", "16.11.2026 в 14:30"),
        ("2026-01-31 22:05:59", "01.02.2026 kell 00.05", "1 February 2026 at 00:05", "01.02.2026 в 00:05"),
        ("2026-03-29 00:59:59", "29.03.2026 kell 02.59", "29 March 2026 at 02:59", "29.03.2026 в 02:59"),
        ("2026-03-29 01:00:00", "29.03.2026 kell 04.00", "29 March 2026 at 04:00", "29.03.2026 в 04:00"),
        ("2026-10-25 00:59:59", "25.10.2026 kell 03.59", "25 October 2026 at 03:59", "25.10.2026 в 03:59"),
        ("2026-10-25 01:00:00", "25.10.2026 kell 03.00", "25 October 2026 at 03:00", "25.10.2026 в 03:00"),
        ("2026-06-24 09:00:00", "24.06.2026 kell 12.00", "24 June 2026 at 12:00", "24.06.2026 в 12:00"),
    ],
)
def test_moments_in_the_desk_zone(moment: str, et: str, en: str, ru: str) -> None:
    assert [show(At(at(moment)), language, names, TALLINN) for language in LANGUAGES] == [et, en, ru]


def test_moments_follow_the_zone() -> None:
    assert show(At(at("2026-11-16 12:30")), "et", names, "UTC") == "16.11.2026 kell 12.30"


@pytest.mark.parametrize(
    ("seconds", "day_s", "et", "en", "ru"),
    [
        (0, 28800, "0 minutit", "0 minutes", "0 минут"),
        (1, 28800, "alla 1 minuti", "less than 1 minute", "менее 1 минуты"),
        (60, 28800, "1 minut", "1 minute", "1 минута"),
        (119, 28800, "1 minut", "1 minute", "1 минута"),
        (21 * 60, 28800, "21 minutit", "21 minutes", "21 минута"),
        (3600, 28800, "1 tund", "1 hour", "1 час"),
        (2 * 3600 + 300, 28800, "2 tundi 5 minutit", "2 hours 5 minutes", "2 часа 5 минут"),
        (28800, 28800, "1 tööpäev", "1 working day", "1 рабочий день"),
        (28800, 27000, "1 tööpäev 30 minutit", "1 working day 30 minutes", "1 рабочий день 30 минут"),
        (2 * 28800 + 10800, 28800, "2 tööpäeva 3 tundi", "2 working days 3 hours", "2 рабочих дня 3 часа"),
        (11 * 28800, 28800, "11 tööpäeva", "11 working days", "11 рабочих дней"),
        # a calendar of day and night has no working days
        (86400, 86400, "1 ööpäev", "1 day", "1 сутки"),
        (3 * 86400 + 3600, 86400, "3 ööpäeva 1 tund", "3 days 1 hour", "3 суток 1 час"),
    ],
)
def test_amounts_of_working_time(seconds: int, day_s: int, et: str, en: str, ru: str) -> None:
    shown = [show(Amount(seconds, day_s), language, names, TALLINN) for language in LANGUAGES]
    assert shown == [et, en, ru]


@pytest.mark.parametrize(
    ("seconds", "et", "en", "ru"),
    [
        (0, "0 minutit", "0 minutes", "0 минут"),
        (72 * 3600, "72 tundi", "72 hours", "72 часа"),
        (21 * 3600 + 60, "21 tundi 1 minut", "21 hours 1 minute", "21 час 1 минута"),
    ],
)
def test_amounts_of_the_wall_clock_are_told_in_hours(seconds: int, et: str, en: str, ru: str) -> None:
    assert [show(Amount(seconds, None), language, names, TALLINN) for language in LANGUAGES] == [et, en, ru]


def test_a_date_has_no_time_of_day() -> None:
    shown = [show(Day(date(2026, 6, 9)), language, names, TALLINN) for language in LANGUAGES]
    assert shown == ["09.06.2026", "9 June 2026", "09.06.2026"]


def test_an_amount_is_not_negative() -> None:
    with pytest.raises(ValueError, match="not negative"):
        show(Amount(-1, 28800), "et", names, TALLINN)


@pytest.mark.parametrize(
    ("n", "et", "en", "ru"),
    [
        (0, "piletit", "tickets", "заявок"),
        (1, "pilet", "ticket", "заявка"),
        (2, "piletit", "tickets", "заявки"),
        (4, "piletit", "tickets", "заявки"),
        (5, "piletit", "tickets", "заявок"),
        (11, "piletit", "tickets", "заявок"),
        (12, "piletit", "tickets", "заявок"),
        (21, "piletit", "tickets", "заявка"),
        (22, "piletit", "tickets", "заявки"),
        (101, "piletit", "tickets", "заявка"),
        (111, "piletit", "tickets", "заявок"),
    ],
)
def test_plurals(n: int, et: str, en: str, ru: str, tmp_path: Path) -> None:
    forms = {"et": ("pilet", "piletit"), "en": ("ticket", "tickets"), "ru": ("заявка", "заявки", "заявок")}
    assert [plural(n, forms[language], language) for language in LANGUAGES] == [et, en, ru]
    for language, expected in zip(LANGUAGES, (et, en, ru), strict=True):
        words = ", ".join(f'"{form}"' for form in forms[language])
        doc = filled(tmp_path, f"{{{{ n }}}} {{{{ n | plural({words}) }}}}", language, n=Count(n))
        assert doc == line(Text(f"{n} {expected}"))


def test_plural_goes_with_a_count_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="count"):
        filled(tmp_path, '{{ n | plural("pilet", "piletit") }}', n="2")


def test_every_wording_has_as_many_words_as_its_language_has_plurals() -> None:
    for wording in WORDINGS.values():
        assert {len(wording.day), len(wording.whole_day), len(wording.hour), len(wording.minute)} == {
            len(wording.forms)
        }


# Markdown


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Tere!", line(Text("Tere!"))),
        ("Üks\nkaks", line(Text("Üks kaks"))),
        ("Üks\\\nkaks", line(Text("Üks"), Break(), Text("kaks"))),
        ("Üks\n\nkaks", Doc((Paragraph((Text("Üks"),)), Paragraph((Text("kaks"),))))),
        ("a **b** *c* `d`.", line(*(Text("a "), Text("b", strong=True), Text(" "), Text("c", em=True), Text(" "),
                                    Text("d", code=True), Text(".")))),
        ("***b***", line(Text("b", strong=True, em=True))),
        ("vt [juhend](https://e.ee/a?b=1)", line(Text("vt "), Link("juhend", "https://e.ee/a?b=1"))),
        ("<https://e.ee/>", line(Link("https://e.ee/", "https://e.ee/"))),
        ("- üks\n- *kaks*", Doc((Bullets(((Text("üks"),), (Text("kaks", em=True),))),))),
        ("Read:\n\n- üks\n\nlõpp", Doc((Paragraph((Text("Read:"),)), Bullets(((Text("üks"),),)),
                                        Paragraph((Text("lõpp"),))))),
        ("a < b &amp; c", line(Text("a < b &amp; c"))),
        ("&#xE000;0&#xE001; {{ reason }}", line(Text("&#xE000;0&#xE001; R"))),
        (r"\*täht\*", line(Text("*täht*"))),
        ("{# märkus #}Tere", line(Text("Tere"))),
        ("**{{ reason }}**.", line(Text("R", strong=True), Text("."))),
        ("`{{ reason }}`", line(Text("R", code=True))),
        ("{{ reason }}{{ reason }}1", line(Text("RR1"))),
        ("1{% if due is defined %} {{ due }}{% else %}!{% endif %}", line(Text("1!"))),
        ("A.\n{%- if reason is defined %}\nB {{ reason }}.\n{%- endif %}", line(Text("A. B R."))),
        ("A.\n{%- if due is defined %}\nB {{ due }}.\n{%- endif %}", line(Text("A."))),
        ("A{% if due is defined or reason is defined %}B{% endif %}", line(Text("AB"))),
        ("A{% if due is not defined and reason is defined %}B{% endif %}", line(Text("AB"))),
    ],
)  # fmt: skip
def test_markdown_to_blocks(source: str, expected: Doc, tmp_path: Path) -> None:
    assert filled(tmp_path, source, reason="R") == expected


def test_addressees_and_a_person_become_mentions(tmp_path: Path) -> None:
    doc = filled(tmp_path, "{{ to }}: küsige {{ person }}.", person="~712020:ab")
    expected = (Mention("a"), Text(", "), Mention("b"), Text(": küsige "), Mention("~712020:ab"), Text("."))
    assert doc == line(*expected)


NASTY = [
    "*paks* _kald_ **x** __y__",
    "[x](http://evil.example)",
    "<http://evil.example>",
    "![pilt](http://evil.example/x.png)",
    "<script>alert(1)</script>",
    "{code}rm{code} {{x}} {% if x %}",
    "[~admin] @admin [~accountid:1]",
    "# pealkiri",
    "- loend",
    "`kood`",
    "a\\",
    "&lt;b&gt; &#42;",
    "h1. x",
    "| a | b |",
    "||a||b||",
    "http://evil.example mailto:a@b.ee",
    "!pilt.png!",
    ":) (y) (x) :D ;)",
    "---- -- ---",
    "{color:red}x{color}",
    "{{ due }} {{ to }}",
]


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("source", ["A: {{ reason }}", "{{ reason }}", "**{{ reason }}**", "- {{ reason }}"])
def test_a_value_is_never_markup_nor_a_mention(source: str, value: str, tmp_path: Path) -> None:
    doc = filled(tmp_path, source, reason=value)
    [block] = doc.blocks
    [inlines] = [block.inlines] if isinstance(block, Paragraph) else block.items
    assert all(isinstance(inline, Text) for inline in inlines)
    assert "".join(inline.text for inline in inlines if isinstance(inline, Text)).removeprefix("A: ") == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb\r\n\n- c", "a b   - c"),
        ("a\x00b\x1bc\x7f\x85d", "a b c  d"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\u202eb\u200bc\ufeff", "abc"),
        ("\ue0000\ue001 \ue001\uf8ff", "0 "),
        ("\ud800x\uffff\ufffe\ufffc", "x"),
        ("õ€😀漢", "õ€😀漢"),
    ],
)
def test_what_is_left_out_of_values(value: str, shown: str, tmp_path: Path) -> None:
    assert filled(tmp_path, "[{{ reason }}]", reason=value) == line(Text(f"[{shown}]"))
    written(tmp_path, "[{{ queue }}]")
    given = load_messages([tmp_path / "a"]).doc(
        "teade", "et", {"queue": Name("queue", "q")}, to=(), names=lambda *_: value, zone=TALLINN
    )
    assert given == line(Text(f"[{shown}]"))


# Faults


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("Tere {{ duo }}", ["1: no value is called 'duo'; did you mean 'due'?"]),
        ("Tere\n\n{{ zzz }}", [f"3: no value is called 'zzz'; there are {', '.join(sorted(VALUES))}"]),
        ("A\n{% if duo is defined %}B{% endif %}", ["2: no value is called 'duo'; did you mean 'due'?"]),
        ("A\n{% if due %}B{% endif %}", ["2: write only"]),
        ("A\n{% if due is defined %}B", ["2: Unexpected end of template."]),
        ("A\n\n{{ due", ["3: unexpected end of template"]),
        ("{{ due | upper }}", ["1: write only {{ value }}"]),
        ("{{ due.at }}", ["1: write only"]),
        ("{{ 'x' }}", ["1: write only"]),
        ("{{ n | plural('a') }}", ["1: plural takes 2 words here: one, other"]),
        ("{{ n | plural(due, 'b') }}", ["1: plural takes 2 words here: one, other"]),
        ("{% for x in to %}{{ x }}{% endfor %}", ["1: write only"]),
        ("{% set n = due %}", ["1: the message is empty", "1: write only"]),
        ("{% include 'routed.md' %}x", ["1: write only"]),
        ("a\n<b>b</b>", ["2: html inline: a message holds"]),
        ("<div>\n</div>", ["1: html block: a message holds"]),
        ("a\n\nb ![x](http://e.ee/x.png)", ["3: image: a message holds"]),
        ("# Pealkiri", ["1: heading: a message holds"]),
        ("a\n\nTere\n---", ["3: heading: a message holds"]),
        ("a\n\n---", ["3: hr: a message holds"]),
        ("1. üks", ["1: ordered list: a message holds"]),
        ("- üks\n  - kaks", ["2: bullet list: a message holds"]),
        ("- üks\n\n  kaks", ["3: paragraph: a message holds"]),
        ("> tsitaat", ["1: blockquote: a message holds"]),
        ("```\nkood\n```", ["1: fence: a message holds"]),
        ("a\n\n    kood", ["3: code block: a message holds"]),
        ("a\nb [x](javascript:alert(1))", ["2: a link leads to a fixed http or https address"]),
        ("[x](mailto:a@b.ee)", ["1: a link leads to a fixed http or https address"]),
        ("[x](http://{{ queue }}/)", ["1: a link leads to a fixed http or https address"]),
        ("[x](http://e.ee/{{ queue }})", ["1: a link leads to a fixed http or https address"]),
        ("[{{ queue }}](http://e.ee/)", ["1: a link's text is fixed and plain"]),
        ("[**x**](http://e.ee/)", ["1: a link's text is fixed and plain"]),
        ("a\nb\ue000c", ["2: a private-use character"]),
        ("", ["1: the message is empty"]),
        ("{# ainult märkus #}", ["1: the message is empty"]),
    ],
)
def test_faults_name_file_and_line(source: str, faults: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, source)
    with pytest.raises(MessagesError) as raised:
        load_messages([tmp_path / "a"])
    found = [error.removeprefix(f"{path}:") for error in raised.value.errors]
    assert len(found) == len(faults)
    assert all(text.startswith(fault) for text, fault in zip(found, faults, strict=True))


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    first = written(tmp_path, "{{ duo }}\n\n# x", "yks")
    second = written(tmp_path, "{% if %}", "kaks", "ru")
    third = written(tmp_path, "x", "Kolm")
    fourth = written(tmp_path, "x", "neli", "fi")
    fifth = written(tmp_path, "x", "viis")
    fifth.write_bytes(b"a\n\xff")
    with pytest.raises(MessagesError) as raised:
        load_messages([tmp_path / "a", tmp_path / "puudub"])
    assert sorted(error.split(": ")[0] for error in raised.value.errors) == sorted(
        [
            f"{first}:1",
            f"{first}:3",
            f"{second}:1",
            f"{fifth}:2",
            str(third),
            str(fourth.parent),
            str(tmp_path / "puudub"),
        ]
    )


# Languages, folders, comments


def test_a_later_folder_overrides_an_earlier_one(tmp_path: Path) -> None:
    written(tmp_path, "tavaline", "teade", "et", "common")
    written(tmp_path, "usual", "teade", "en", "common")
    written(tmp_path, "muu", "muu", "et", "common")
    written(tmp_path, "oma", "teade", "et", "desk")
    messages = load_messages([tmp_path / "common", tmp_path / "desk"])
    said = {
        (name, language): plain(messages.doc(name, language, {}, to=(), names=names, zone=TALLINN), str)
        for name in messages.names()
        for language in LANGUAGES
    }
    assert said == {
        ("teade", "et"): "oma",
        ("teade", "en"): "usual",
        ("teade", "ru"): "oma",
        ("muu", "et"): "muu",
        ("muu", "en"): "muu",
        ("muu", "ru"): "muu",
    }


def test_a_missing_value_and_an_unknown_message(shipped: Messages) -> None:
    with pytest.raises(ValueError, match="'sla_warning' needs a value for due"):
        shipped.doc("sla_warning", "et", {}, to=(), names=names, zone=TALLINN)
    with pytest.raises(KeyError):
        shipped.doc("olematu", "et", {}, to=(), names=names, zone=TALLINN)
    with pytest.raises(KeyError):
        shipped.required_values("olematu")


def test_a_comment_of_several_parts(shipped: Messages) -> None:
    doc = shipped.comment(
        [("no_movement", {"n": Count(1)}), ("waiting_customer", {})],
        "en",
        to=["a", "b", "a"],
        also=["b", "c"],
        why=[("a", "First."), ("b", "Second."), ("a", "First.")],
        names=names,
        zone=TALLINN,
        bot_name="Abi",
    )
    assert plain(doc, lambda person: f"@{person}") == (
        "@a, @b\n\n"
        "There has been no substantive action on this ticket for 1 working day. "
        "Please add a short status: what is done, what is awaited and when the next step is.\n\n"
        "To answer, write on the first line of a comment: "
        "piletibot acknowledge · piletibot snooze until DD.MM.YYYY · piletibot route to QUEUE\n\n"
        "The ticket has been waiting for the customer. "
        "Please contact the customer again or note why waiting continues.\n\n"
        "To answer, write on the first line of a comment: piletibot attempted · piletibot snooze until DD.MM.YYYY\n\n"
        "For information: @c\n\n"
        "You receive this message because: First. (Rule: a.)\n\n"
        "You receive this message because: Second. (Rule: b.)\n\n"
        "Automatic message · Abi"
    )


def test_a_comment_to_nobody_begins_with_its_text(shipped: Messages) -> None:
    doc = shipped.comment([("closure_prompt", {})], "et", to=(), why=(), names=names, zone=TALLINN)
    assert plain(doc, str).startswith("II tase on märkinud")


def test_plain_text_and_its_hash() -> None:
    doc = Doc(
        (
            Paragraph((Mention("a"), Text(": vt", strong=True), Break(), Link("siit", "https://e.ee"))),
            Bullets(((Text("üks"),), (Text("kaks"),))),
        )
    )
    assert plain(doc, lambda person: f"@{person.upper()}") == "@A: vt\nsiit (https://e.ee)\n\n- üks\n- kaks"
    assert text_hash(doc) == sha256("@a: vt\nsiit (https://e.ee)\n\n- üks\n- kaks".encode()).hexdigest()
    other = Doc((Paragraph((Mention("b"), *doc.blocks[0].inlines[1:])), doc.blocks[1]))  # type: ignore[union-attr]
    assert text_hash(other) != text_hash(doc)
