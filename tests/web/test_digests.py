"""The archive of digests: what is kept is listed, and opens as what its reader may see of it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256

import pytest
from msgspec.structs import replace
from small_desk import SECTIONS, book
from web_desk import (
    COORDINATOR,
    LEAD,
    NOW,
    OUTSIDER,
    QUEUE_HEAD,
    TICKETS,
    TIER_1,
    TIER_2,
    TestClient,
    as_,
    client,
    filled,
)

from bot.core.kpi.period import period_of
from bot.core.letters import LetterRow
from bot.core.recipients import digest_key
from bot.core.ticket import Ticket
from bot.report.words import words_of
from bot.report.write import digest_now

WEEK = "/digests/week/2026-11-16"
LATER = NOW + 7 * 86_400
QUEUES = [
    {**SECTIONS["queues"][0], "members": ["ann"]},
    {**SECTIONS["queues"][1], "members": ["bob"]},
    SECTIONS["queues"][2],
]
RECIPIENT = {"name": "unit", "to": QUEUE_HEAD, "period": "week", "approved_by": "coordinator"}


@contextmanager
def kept(
    recipients: Sequence[object] = (), state: str = "", tickets: Sequence[Ticket] = TICKETS, **sections: object
) -> Iterator[TestClient]:
    """A desk a week later, with the week before kept, and what became of its mail to the head of a queue."""
    rules = book(queues=QUEUES, digest={"recipients": list(recipients)}, **sections)
    week = period_of("week", rules.calendar.day_of(NOW), rules.calendar)
    with filled(tickets) as store:
        store.set_mark(0, LATER)
        digest_now(store, rules, week, LATER)
        if state:
            key = digest_key("small", "unit", week, "mail")
            store.write_letters([LetterRow(key, "digest", "week", QUEUE_HEAD, state, "", NOW, NOW, way="mail")])
        yield client(store, rules, now=lambda: LATER)


def test_what_is_kept_is_listed() -> None:
    with kept() as desk:
        listed = desk.get("/digests", headers=as_(LEAD)).text
        assert re.findall(r'<th scope="row"><a href="([^"]+)">', listed) == [WEEK, "/digests/week/2026-11-09"]
        assert WEEK not in desk.get("/digests?kind=day", headers=as_(LEAD)).text
    with filled() as store:
        assert "No period is kept yet." in client(store).get("/digests", headers=as_(LEAD)).text


@pytest.mark.parametrize(
    ("person", "keys"),
    [(LEAD, {"ABC-1", "ABC-2", "ABC-4"}), (QUEUE_HEAD, {"ABC-1", "ABC-4"})],
)
def test_it_opens_as_what_its_reader_may_see(person: str, keys: set[str]) -> None:
    with kept() as desk:
        shown = desk.get(f"{WEEK}?form=json", headers=as_(person))
        assert shown.status_code == 200
        assert set(re.findall(r"ABC-\d", shown.text)) == keys


def test_a_ticket_about_its_reader_is_not_in_it() -> None:
    about = replace(TICKETS[0], fields={"about": COORDINATOR, **TICKETS[0].fields})
    excludes = [{"name": "own", "why": "It is about them.", "when": {"tier": 2}, "fields": ["about"]}]
    with kept(tickets=(about, *TICKETS[1:]), excludes=excludes, fields={**SECTIONS["fields"], "about": "a"}) as desk:
        for person, there in ((LEAD, True), (COORDINATOR, False)):
            shown = desk.get(f"{WEEK}?form=text", headers=as_(person)).text
            assert "ABC-2" in shown
            assert ("ABC-1" in shown) == there


def test_it_is_written_in_the_language_asked_for() -> None:
    with kept() as desk:
        for language in ("et", "en", "ru"):
            written = desk.get(f"{WEEK}?form=text&lang={language}", headers=as_(LEAD)).text
            assert words_of(language)["title_week"] in written


def test_its_policy_lets_its_own_styles_and_nothing_else() -> None:
    with kept() as desk:
        shown = desk.get(WEEK, headers=as_(LEAD))
    style = shown.text.partition("<style>")[2].partition("</style>")[0]
    policy = shown.headers["content-security-policy"]
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert shown.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("form", "type_", "part"),
    [
        ("text", "text/plain", b"ABC-1"),
        ("json", "application/json", b'"ABC-1"'),
        ("xlsx", "application/vnd.openxmlformats", b"PK"),
        ("csv", "text/csv", b"denominator"),
    ],
)
def test_it_can_be_had_as_a_file(form: str, type_: str, part: bytes) -> None:
    with kept() as desk:
        shown = desk.get(f"{WEEK}?form={form}", headers=as_(LEAD))
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith(type_)
    assert part in shown.content
    assert shown.headers["content-disposition"].startswith('attachment; filename="digest-week-2026-11-16.')


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{WEEK}?form=mail", 404),
        (f"{WEEK}?form=../x", 404),
        ("/digests/week/2026-11-23", 404),
        ("/digests/week/x", 404),
        ("/digests/hour/2026-11-16", 404),
    ],
)
def test_what_is_not_kept(path: str, status: int) -> None:
    with kept() as desk:
        assert desk.get(path, headers=as_(LEAD)).status_code == status


@pytest.mark.parametrize(
    ("state", "person", "status"),
    [
        ("", QUEUE_HEAD, 404),
        ("drafted", QUEUE_HEAD, 404),
        ("withdrawn", QUEUE_HEAD, 404),
        ("released", QUEUE_HEAD, 200),
        ("said", QUEUE_HEAD, 200),
        ("drafted", COORDINATOR, 200),
        ("drafted", LEAD, 200),
    ],
)
def test_what_somebody_has_yet_to_approve_is_not_open(state: str, person: str, status: int) -> None:
    with kept([RECIPIENT], state) as desk:
        assert desk.get(f"{WEEK}?form=text", headers=as_(person)).status_code == status
        assert (WEEK in desk.get("/digests", headers=as_(person)).text) == (status == 200)


@pytest.mark.parametrize("person", [TIER_1, TIER_2, OUTSIDER])
def test_it_is_for_those_who_answer_for_others(person: str) -> None:
    with kept() as desk:
        assert desk.get("/digests", headers=as_(person)).status_code == 403
        assert desk.get(WEEK, headers=as_(person)).status_code == 403
