"""Letters are sent once, in their people's hours, by mail or else on the desk's ticket; doubt never sends twice."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import msgspec
import pytest
from fake_mailer import FakeMailer, Fate
from fake_tracker import FakeTracker
from small_desk import at, book

from bot.commands.plan import in_order, letter_lines, page
from bot.core.letters import Letter
from bot.core.rulebook import Rulebook
from bot.core.steps import Because, Count
from bot.engine.batch import batches, release
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Post, Report
from bot.engine.notices import can_tell, notice, told_at
from bot.engine.plan import plan
from bot.engine.sending import send
from bot.shipped import rules_folder
from bot.store.store import open_store
from bot.texts import Messages, load_messages, plain

PEOPLE = ("ann", "bob", "cid", "dan", "lea", "rus")
TUE = at("tue 08:30")
STATES = frozenset(("new", "handed-on", "asking", "drifting", "solved", "closed"))


@cache
def messages() -> Messages:
    return load_messages([rules_folder() / "common" / "messages"])


def quiet_book(**manners: Any) -> Rulebook:
    """The small desk without rules that speak on tickets."""
    return book(routes=[], ladders=[], manners=manners)


@dataclass
class Small:
    """A bot at the small desk, with a tracker and a mail server in memory; ann has one solved ticket to deliver."""

    rules: Rulebook = field(default_factory=quiet_book)
    addresses: tuple[str, ...] = PEOPLE
    url: str = "sqlite://"
    now: int = at("mon 08:00")
    mailer: FakeMailer = field(default_factory=FakeMailer)

    def __post_init__(self) -> None:
        self.tracker = FakeTracker(lambda: self.now * 1000, project="ABC", states=STATES)
        self.solved = self.tracker.open("ann")
        for who, state in (("ann", "handed-on"), ("bob", "solved")):
            self.tracker.change(self.solved, who, state=state)
        self.store = open_store(self.url)
        self.engine = self.bot()

    def bot(self, **facts: Any) -> Engine:
        addresses = {person: f"{person}@desk.example" for person in self.addresses}
        post = Post(self.mailer, addresses, "https://jira.example/browse/")
        return Engine(self.tracker, self.store, self.rules, messages(), "facts", **({"post": post} | facts))

    def at(self, moment: int) -> Report:
        self.now = moment
        return cycle(self.engine, moment)

    @property
    def sent(self) -> list[str]:
        return [mail.to.partition("@")[0] for mail in self.mailer.arrived]

    @property
    def states(self) -> dict[str, str]:
        """What became of each letter, by person and day."""
        rows = self.store.letters_since(0)
        return {"/".join(row.key.split("/")[3:]): f"{row.way} {row.state}".strip() for row in rows}


@pytest.fixture
def small() -> Iterator[Small]:
    """A small desk whose bot has run since Monday morning."""
    desk = Small()
    desk.at(at("mon 08:00"))
    yield desk
    desk.store.close()


def restarted(small: Small, **facts: Any) -> None:
    small.engine = small.bot(**facts)


def test_a_summary_comes_once_on_each_working_day_of_its_person(small: Small) -> None:
    assert small.at(TUE - 60).letters == []
    assert sorted(letter.to for letter in small.at(TUE).letters) == ["ann", "cid"]
    for moment in ("tue 08:31", "tue 15:59", "tue 16:00", "tue 23:00", "wed 08:29"):
        assert small.at(at(moment)).letters == []
    restarted(small)
    assert small.at(at("tue 09:00")).letters == []
    small.at(at("wed 12:00"))
    assert small.at(at("sat 12:00")).letters == []
    assert small.sent == ["ann", "cid", "ann", "cid"]
    assert small.states == dict.fromkeys(
        [f"{who}/2026-11-{day}" for day in (17, 18) for who in ("ann", "cid")], "mail said"
    )


def test_what_is_sent_has_a_stable_id_and_nothing_but_keys_states_and_times(small: Small) -> None:
    small.at(TUE)
    mail = small.mailer.arrived[0]
    assert mail.subject == "Piletibot: morning summary, 17 November 2026"
    assert mail.plain.splitlines()[:7] == [
        "Hello! As of 17 November 2026 at 08:30. Needs attention today: 1 ticket.",
        "",
        "Tickets I forwarded",
        "",
        "Solved, not yet delivered: 1",
        "",
        "- ABC-1 (https://jira.example/browse/ABC-1) – state: Solved; since: 16 November 2026 at 08:00",
    ]
    assert (mail.id, mail.at) == (small.mailer.arrived[0].id, TUE)
    assert small.mailer.arrived[1].id != mail.id
    again = Small()
    again.at(at("mon 08:00"))
    again.at(TUE)
    assert again.mailer.arrived[0] == mail


def listed(small: Small) -> set[str]:
    """The persons whose summary names the ticket."""
    return {mail.to.partition("@")[0] for mail in small.mailer.arrived if "ABC-1 " in mail.plain}


def test_a_ticket_that_takes_no_comment_stands_in_the_summary_all_the_same() -> None:
    small = Small(rules=book(routes=[]))
    small.at(at("mon 08:00"))
    small.tracker.blind.add("ann")
    assert [trouble.partition(":")[0] for trouble in small.at(at("mon 09:30")).troubles] == ["ABC-1"]
    small.at(TUE)
    assert listed(small) == {"ann", "cid"}


@pytest.mark.parametrize("swept", [True, False])
def test_a_ticket_that_cannot_be_read_is_not_told_of_as_it_was_before(small: Small, swept: bool) -> None:
    small.now = at("mon 08:10")
    small.tracker.change(small.solved, "bob", owner="bob")
    small.tracker.unreadable.add(small.solved)
    small.at(at("mon 08:20"))
    if swept:
        small.now = at("mon 11:00")
        small.tracker.open("bob")
        small.at(at("mon 11:01"))
        restarted(small)
        small.at(at("mon 12:00"))
    small.at(TUE)
    assert listed(small) == set()


def test_a_cycle_without_letters_writes_nothing_and_asks_no_tickets(small: Small) -> None:
    small.at(TUE)
    writes, tried = small.store.writes, small.mailer.tried
    asked: list[Any] = []
    whole = small.store.open_tickets
    small.store.open_tickets = lambda *args: asked.append(args) or whole(*args)  # type: ignore[method-assign]
    for minute in range(31, 59):
        small.at(at(f"tue 08:{minute}"))
    assert (small.store.writes - writes, small.mailer.tried, asked) == (28, tried, [])  # the mark alone


RETRIED: list[tuple[str, list[Fate], list[str], dict[str, str]]] = [
    ("nobody answers, then somebody does", ["away"], ["08:30", "08:34", "08:35"], {"ann": "said", "cid": "said"}),
    ("not now, then taken", ["later"], ["08:30", "08:35"], {"ann": "said", "cid": "said"}),
    ("away for long", ["away"] * 3, ["08:30", "08:35", "08:44"], {"ann": "held", "cid": "held"}),
    ("never taken", ["never"], ["08:30", "09:00", "12:00"], {"ann": "refused", "cid": "said"}),
    ("the answer lost", ["lost"], ["08:30", "09:00", "12:00"], {"ann": "doubtful", "cid": "said"}),
    ("lost before it arrived", ["lost before"], ["08:30", "12:00"], {"ann": "doubtful", "cid": "said"}),
]


@pytest.mark.parametrize(("fates", "times", "became"), [row[1:] for row in RETRIED], ids=[row[0] for row in RETRIED])
def test_only_what_was_not_sent_is_tried_again(
    small: Small, fates: list[Fate], times: list[str], became: dict[str, str]
) -> None:
    small.mailer.fates = list(fates)
    for time in times:
        small.at(at(f"tue {time}"))
    assert small.states == {f"{who}/2026-11-17": f"mail {state}" for who, state in became.items()}
    assert len(small.sent) == len(set(small.sent))


def test_a_server_that_is_away_is_not_asked_for_every_letter(small: Small) -> None:
    small.mailer.fates = ["away"]
    small.at(TUE)
    assert small.mailer.tried == 1


def test_a_summary_whose_day_is_over_is_not_sent_any_more(small: Small) -> None:
    small.mailer.fates = ["away"] * 99
    for moment in ("tue 08:30", "tue 12:00", "tue 15:50"):
        small.at(at(moment))
    small.mailer.fates = []
    small.at(at("wed 08:30"))
    assert small.sent == ["ann", "cid"]
    assert small.states["ann/2026-11-17"] == "mail withdrawn"


def test_the_next_summary_tells_of_a_letter_that_may_have_been_lost(small: Small) -> None:
    small.mailer.fates = ["lost"]
    small.at(TUE)
    small.at(at("wed 08:30"))
    small.at(at("thu 08:30"))
    told = ["It is not known whether an earlier letter arrived" in mail.plain for mail in small.mailer.arrived]
    assert list(zip(small.sent, told, strict=True)) == [
        ("ann", False), ("cid", False), ("ann", True), ("cid", False), ("ann", False), ("cid", False),
    ]  # fmt: skip


@pytest.mark.parametrize(("seam", "arrived"), [("before mail", 0), ("after mail", 1)])
def test_a_bot_killed_while_it_mails_never_mails_that_again(small: Small, seam: str, arrived: int) -> None:
    def die(name: str) -> None:
        if name == seam:
            raise KeyboardInterrupt

    restarted(small, seam=die)
    with pytest.raises(KeyboardInterrupt):
        small.at(TUE)
    assert len(small.sent) == arrived
    restarted(small)
    small.at(TUE + 60)
    small.at(TUE + 600)
    assert small.sent.count("ann") == arrived
    assert small.sent.count("cid") == 1
    assert small.states["ann/2026-11-17"] == "mail doubtful"


def test_a_bot_told_to_stop_sends_its_letters_later(small: Small) -> None:
    restarted(small, stopping=lambda: True)
    small.at(TUE)
    assert small.sent == []
    restarted(small)
    small.at(TUE + 60)
    assert small.sent == ["ann", "cid"]


def test_nothing_of_before_the_database_began_is_sent() -> None:
    small = Small(now=at("tue 12:00"))
    small.at(at("tue 12:00"))
    assert (small.sent, set(small.states.values())) == ([], {"adopted"})
    small.at(at("wed 08:30"))
    assert small.sent == ["ann", "cid"]
    small.store.close()


def test_a_silenced_desk_and_one_on_observe_send_nothing(small: Small) -> None:
    small.now, small.engine.book = at("mon 09:00"), quiet_book(control="ABC-1")
    small.tracker.label(small.solved, "lea", "hush")
    small.at(TUE)
    assert (small.sent, small.states) == ([], {})
    small.now, small.engine.book = TUE + 300, quiet_book(observe=True)
    small.tracker.label(small.solved, "lea")
    small.at(TUE + 600)
    assert (small.sent, set(small.states.values())) == ([], {"observed"})


def test_without_summary_at_there_is_none(small: Small) -> None:
    small.engine.book = quiet_book(summary_at=None)
    small.at(TUE)
    assert small.sent == []


def test_a_time_that_the_clocks_leave_out_comes_as_the_day_begins() -> None:
    always = {"timezone": "Europe/Tallinn", "hours": "24x7"}
    rules = book(routes=[], ladders=[], policies=[], calendars={"office": always}, manners={"summary_at": "03:30"})
    small = Small(rules=rules)
    spring = at("mon 08:00") + 132 * 24 * 3600  # 2027-03-28, when 03:00 is 04:00
    for moment in (spring - 12 * 3600, spring - 3 * 3600, spring):
        small.at(moment)
    assert {key.rpartition("/")[2] for key in small.states} == {"2027-03-27", "2027-03-28"}


# Without mail


def desk_without_mail(**manners: Any) -> Small:
    """Nobody but cid has mail; ABC-2 is the desk's ticket."""
    small = Small(addresses=("cid",), rules=quiet_book(desk_ticket="ABC-2", **manners))
    small.tracker.open("lea")
    small.at(at("mon 08:00"))
    return small


def comments(small: Small) -> list[str]:
    return [plain(spoken.doc, lambda person: f"@{person}").splitlines()[0] for spoken in small.tracker.spoken]


def test_who_has_no_mail_finds_one_comment_a_day_on_the_desks_ticket() -> None:
    small = desk_without_mail()
    for moment in ("tue 08:30", "tue 08:40", "wed 08:30", "wed 15:00"):
        small.at(at(moment))
    assert (comments(small), small.sent) == (["@ann", "@ann"], ["cid", "cid"])
    assert {spoken.ticket_id for spoken in small.tracker.spoken} == {"10001"}
    assert small.states["ann/2026-11-18"] == "comment said"


@pytest.mark.parametrize(
    ("spoil", "because"),
    [
        (lambda small: small.tracker.forbidden.add(("ann", "see")), "they may not see ABC-2"),
        (lambda small: setattr(small.tracker, "may_ask", False), "they may not see ABC-2"),
        (lambda small: small.tracker.blind.add("ann"), "they may not see ABC-2 or the comments there"),
        (lambda small: small.tracker.unsure.add("ann"), "they may not see ABC-2 or the comments there"),
        (lambda small: small.tracker.label("10001", "lea", "hush"), "no mail for them"),
        (lambda small: setattr(small.engine, "book", quiet_book(desk_ticket="ABC-9")), "no mail for them"),
        (lambda small: small.tracker.refused.add("10001"), "may not be written to"),
    ],
    ids=["not to be seen", "not to be asked", "blind", "unsure", "silenced", "not there", "refused"],
)
def test_what_cannot_be_written_for_its_person_is_not_written(spoil: Any, because: str) -> None:
    small = desk_without_mail()
    small.now = at("mon 09:00")
    spoil(small)
    for moment in ("tue 08:30", "tue 08:40", "tue 15:00"):
        small.at(at(moment))
    row = next(row for row in small.store.letters_since(0) if row.to == "ann")
    assert (comments(small), row.state) == ([], "held")
    assert because in row.because


@pytest.mark.parametrize(("drop", "written"), [("before", 1), ("after", 1)])
def test_a_comment_whose_answer_was_lost_is_looked_for_before_it_is_said_again(drop: Any, written: int) -> None:
    small = desk_without_mail()
    small.tracker.drops = [drop]
    for moment in ("tue 08:30", "tue 08:31", "tue 08:40", "tue 09:00"):
        small.at(at(moment))
    assert (len(comments(small)), small.states["ann/2026-11-17"]) == (written, "comment said")


@pytest.mark.parametrize("spoil", ["hidden", "no longer named"])
def test_what_can_no_longer_be_looked_for_does_not_stay_begun(spoil: str) -> None:
    small = desk_without_mail()
    small.tracker.drops = ["before"]
    small.at(TUE)
    assert small.states["ann/2026-11-17"] == "comment doubtful"
    if spoil == "hidden":
        small.tracker.hidden.add("10001")
    else:
        small.engine.book = quiet_book()
    failing = [small.at(TUE + minutes * 60).failing for minutes in (1, 15, 40)]
    assert (failing, small.states["ann/2026-11-17"]) == ([[], [], []], "comment held")
    assert small.at(at("wed 08:30")).failing == []
    assert (comments(small), small.states["ann/2026-11-17"]) == ([], "comment withdrawn")


def test_a_lost_database_repeats_no_comment(tmp_path: Any) -> None:
    small = desk_without_mail()
    small.at(TUE)
    small.store.close()
    small.store = open_store("sqlite://")
    restarted(small)
    small.at(TUE + 60)
    assert (len(comments(small)), small.sent) == (1, ["cid"])


@pytest.mark.parametrize("seam", ["before write", "after write"])
def test_a_bot_killed_while_it_comments_comments_once(seam: str) -> None:
    def die(name: str) -> None:
        if name == seam:
            raise KeyboardInterrupt

    small = desk_without_mail()
    restarted(small, seam=die)
    with pytest.raises(KeyboardInterrupt):
        small.at(TUE)
    restarted(small)
    for moment in (TUE + 60, TUE + 120, TUE + 600):
        small.at(moment)
    assert (len(comments(small)), small.states["ann/2026-11-17"]) == (1, "comment said")


def test_the_letters_of_one_morning_are_one_comment() -> None:
    small = desk_without_mail()
    small.now = TUE
    report = Report(TUE)
    both = [letter(1, "ann"), letter(2, "ann"), letter(3, "bob")]
    send(small.engine, both, TUE, report)
    assert (comments(small), [each.to for each in report.letters]) == (["@ann", "@bob"], ["ann", "ann", "bob"])
    assert [len(spoken.said.keys) for spoken in small.tracker.spoken] == [2, 1]
    send(small.engine, both, TUE + 60, Report(TUE))
    assert len(comments(small)) == 2


def test_who_is_refused_by_the_mail_server_is_told_on_the_desks_ticket() -> None:
    small = desk_without_mail()
    small.mailer.fates = ["never"]
    small.at(TUE)
    assert (comments(small), small.sent) == (["@ann", "@cid"], [])


# What a plan tells


def test_a_plan_lists_the_letters_that_would_go_and_sends_none(small: Small) -> None:
    small.now = TUE
    before, tried = small.store.writes, small.mailer.tried
    scratch = open_store("sqlite://")
    report, rows = plan(replace(small.engine, store=scratch), TUE)
    letters = in_order(report.letters)
    assert (small.sent, small.mailer.tried, small.store.writes) == ([], tried, before)
    assert list(page(report, rows, 1, small.rules, letters)) == [
        "2026-11-17 08:30: 1 tickets, 0 steps, 2 letters. Nothing is written.",
        "\n2 letters would go",
        "\n  summary: 2",
        "    to ann: 1 tickets",
        "    to cid: 1 tickets",
    ]
    first, _ = letter_lines(letters)
    assert first == {
        "v": 1,
        "action": "letter",
        "ticket": None,
        "rule": "summary",
        "say": "summary",
        "to": ["ann"],
        "tickets": 1,
        "more": 0,
        "due_at": "2026-11-17T06:30:00Z",
        "key": "small/letter/summary/ann/2026-11-17",
    }
    assert "@desk.example" not in str([*page(report, rows, 1, small.rules, letters), *letter_lines(letters)])


# Letters of other kinds


def letter(number: int, to: str = "cid") -> Letter:
    return Letter(
        f"small/letter/list/{to}/{number}", "list", "ceiling_reached", to, TUE, Because("a list"), {"n": Count(1)}
    )


def test_more_letters_than_the_ceiling_wait_until_they_are_released(small: Small) -> None:
    report, many = Report(TUE), [letter(number) for number in range(5)]
    send(small.engine, many, TUE, report)
    assert (small.sent, report.batched, batches(small.store)) == ([], 5, {TUE: 5})
    send(small.engine, many, TUE + 60, Report(TUE))
    assert small.sent == []
    assert release(small.store, TUE, TUE + 120) == 5
    send(small.engine, many, TUE + 180, Report(TUE))
    assert len(small.sent) == 5
    send(small.engine, [letter(number) for number in range(10, 14)], TUE + 240, Report(TUE))
    assert len(small.sent) == 9


def test_a_letter_without_a_subject_of_its_own_has_that_of_notices(small: Small) -> None:
    send(small.engine, [letter(1)], TUE, Report(TUE))
    assert small.mailer.arrived[0].subject == "Piletibot: a notice to the lead"
    assert "You receive this message because: a list" in small.mailer.arrived[0].plain


def test_letters_outside_their_persons_hours_wait_for_these(small: Small) -> None:
    evening = msgspec.structs.replace(letter(1), due_at=at("tue 17:00"))
    send(small.engine, [evening], at("tue 17:00"), Report(TUE))
    assert small.sent == []
    send(small.engine, [evening], at("wed 07:59"), Report(TUE))
    assert small.sent == []
    send(small.engine, [evening], at("wed 08:00"), Report(TUE))
    assert small.sent == ["cid"]


@pytest.mark.parametrize("seed", range(30 if os.environ.get("PILETIBOT_SOAK") else 1))
def test_nobody_gets_two_summaries_a_day_nor_one_outside_their_hours(seed: int) -> None:
    """Whatever becomes of mails, restarts and tickets; what is doubtful is never sent again."""
    chance = random.Random(seed)
    small = Small(rules=quiet_book(desk_ticket="ABC-1"), addresses=PEOPLE[: chance.randrange(2, 6)])
    fates: list[Fate] = ["away", "later", "never", "lost", "lost before"]
    moment, calendar = at("mon 08:00"), small.rules.calendar
    while moment < at("fri 16:00"):
        small.mailer.fates = [chance.choice(fates) for _ in range(chance.randrange(2))]
        if chance.random() < 0.1:
            small.tracker.drops = [chance.choice(("before", "after"))]
        if chance.random() < 0.05:
            restarted(small)
        if chance.random() < 0.1:
            ticket = small.tracker.open(chance.choice(PEOPLE))
            small.tracker.change(ticket, chance.choice(PEOPLE), state=chance.choice(sorted(STATES)))
        small.at(moment)
        moment += chance.choice((300, 900, 3600)) if calendar.is_open(moment) else 2 * 3600
    days = [(mail.to.partition("@")[0], calendar.day_of(mail.at)) for mail in small.mailer.arrived]
    written = [(said.said.at, plain(said.doc, str).splitlines()[0]) for said in small.tracker.spoken]
    days += [(who, calendar.day_of(when)) for when, who in written]
    assert len(days) == len(set(days)) > 5
    assert all(calendar.is_open(mail.at) for mail in small.mailer.arrived)
    assert all(calendar.is_open(when) for when, _ in written)
    small.store.close()


# What the lead is told without a control ticket


def test_the_lead_is_mailed_of_a_batch_once_also_after_a_restart(small: Small) -> None:
    many = [letter(number) for number in range(5)]
    send(small.engine, many, TUE, Report(TUE))
    restarted(small)
    small.at(TUE + 60)
    small.at(TUE + 120)
    told = [mail for mail in small.mailer.arrived if mail.to == "lea@desk.example"]
    assert [mail.subject for mail in told] == ["Piletibot: a notice to the lead"]
    assert "5" in told[0].plain


@pytest.mark.parametrize(("control", "addresses", "ways"), [(None, PEOPLE, 1), (None, (), 0), ("ABC-1", PEOPLE, 0)])
def test_a_notice_of_the_rulebook_goes_by_mail_where_no_control_ticket_is_named(
    control: str | None, addresses: tuple[str, ...], ways: int
) -> None:
    small = Small(rules=quiet_book(control=control), addresses=addresses)
    small.now = at("mon 09:00")
    small.at(at("mon 09:00"))
    step = notice(small.engine, "rulebook_restored", "the files changed", {"version": "abc"}, at("mon 10:00"))
    assert can_tell(small.engine) is (control is not None or ways > 0)
    if step is None:
        assert ways == 0
        return
    small.engine.notices.append(step)
    small.mailer.fates = ["away"]
    for moment in ("mon 10:00", "mon 10:01", "mon 10:06", "mon 10:07"):
        small.at(at(moment))
    assert ([mail.to for mail in small.mailer.arrived], small.engine.notices) == (["lea@desk.example"] * ways, [])
    assert (told_at(small.engine, step) is not None) is True
    small.store.close()
