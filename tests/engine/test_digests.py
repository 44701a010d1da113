"""Digests go once to each recipient by each way; what fails is told in the next, and stops no other."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from digest_desk import LEAD, Sent, sketched
from fake_mailer import Fate
from small_desk import at

from bot.core.doc import Paragraph
from bot.digest_folder import DigestFolder
from bot.engine.cycle import cycle
from bot.engine.digesting import Unwritten
from bot.engine.digests import approve, drafts
from bot.engine.mailer import Mail
from bot.mail import message
from bot.report.compose import DigestComposer
from bot.report.drawing import NotDrawn
from bot.report.pictures import Chart, Drawn
from bot.store.store import open_store
from bot.texts import plain


@pytest.fixture
def desk() -> Iterator[Sent]:
    made = Sent()
    yield made
    made.store.close()


def test_the_lead_gets_it_once_on_each_working_morning(desk: Sent) -> None:
    assert desk.at("tue 07:59").digests == []
    assert desk.at("tue 08:00").digests == ["lead"]
    for moment in ("tue 08:01", "tue 15:00", "wed 07:59"):
        assert desk.at(moment).digests == []
    desk.restart()
    assert desk.at("tue 16:00").digests == []
    for moment in ("wed 08:00", "sat 09:00", "2 mon 09:00"):
        desk.at(moment)
    assert desk.sent == [("lea", f"Coordinator's morning overview: {day} November 2026") for day in (17, 18, 23)]
    assert desk.states == {
        "lead/day-2026-11-13-mail": "adopted",
        "lead/day-2026-11-16-mail": "said",
        "lead/day-2026-11-17-mail": "said",
        "lead/day-2026-11-20-mail": "said",
    }


def test_what_was_missed_is_caught_up_on_once_and_only_the_last() -> None:
    desk = Sent(told=(LEAD, {"name": "week", "to": "coordinator", "period": "week"}))
    desk.at("3 wed 12:00")
    desk.at("3 wed 12:01")
    assert [key for key, state in desk.states.items() if state == "said"] == [
        "lead/day-2026-12-01-mail",
        "week/week-2026-11-23-mail",
    ]


def test_a_cycle_in_which_all_was_sent_writes_nothing_more(desk: Sent) -> None:
    desk.at("tue 08:00")
    writes = desk.store.writes
    for minute in range(10, 20):
        desk.at(f"tue 08:{minute}")
    assert desk.store.writes - writes == 10  # the mark alone


RETRIED: list[tuple[str, list[Fate], list[str], str, int]] = [
    ("nobody answers, then somebody does", ["away"], ["08:00", "08:04", "08:05"], "said", 1),
    ("further apart each time", ["away"] * 2, ["08:00", "08:05", "08:14", "08:15"], "said", 1),
    ("not now, then taken", ["later"], ["08:00", "08:05"], "said", 1),
    ("never taken", ["never"], ["08:00", "12:00"], "refused", 0),
    ("the answer lost", ["lost"], ["08:00", "12:00"], "doubtful", 1),
    ("lost before it arrived", ["lost before"], ["08:00", "12:00"], "doubtful", 0),
    ("away all day", ["away"] * 99, ["08:00", "12:00", "23:59"], "held", 0),
]


@pytest.mark.parametrize(
    ("fates", "times", "state", "arrived"), [row[1:] for row in RETRIED], ids=[row[0] for row in RETRIED]
)
def test_only_what_was_not_sent_is_tried_again(
    desk: Sent, fates: list[Fate], times: list[str], state: str, arrived: int
) -> None:
    desk.mailer.fates = list(fates)
    for time in times:
        desk.at(f"tue {time}")
    assert (desk.states["lead/day-2026-11-16-mail"], len(desk.sent)) == (state, arrived)


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        ("away", "Not sent: e-mail, 17 November 2026 at 08:00, the mail server could not be reached."),
        ("lost", "Not sent: e-mail, 17 November 2026 at 08:00, the server did not confirm that it has it; it is not "
         "sent again."),
        ("never", "Not sent: e-mail, 17 November 2026 at 08:00, the server takes no mail for this recipient."),
    ],
)  # fmt: skip
def test_what_did_not_arrive_is_given_up_with_its_day_and_told_once_in_the_next(
    desk: Sent, fate: Fate, told: str
) -> None:
    desk.mailer.fates = [fate]
    desk.at("tue 08:00")
    for moment in ("wed 08:00", "thu 08:00"):
        desk.at(moment)
    texts = [" ".join(mail.plain.split()) for mail in desk.mailer.arrived if mail.at > at("tue 12:00")]
    assert [told in text for text in texts] == [True, False]
    assert "desk.example" not in texts[0]


def test_a_server_that_is_away_is_asked_once_in_a_cycle() -> None:
    desk = Sent(told=(LEAD, {"name": "other", "to": "coordinator"}))
    desk.mailer.fates = ["away"]
    desk.at("tue 08:00")
    assert (desk.mailer.tried, set(desk.states.values())) == (1, {"adopted", "held"})
    desk.at("tue 08:05")
    assert [who for who, _ in desk.sent] == ["lea", "cid"]


@pytest.mark.parametrize(("seam", "arrived"), [("before mail", 0), ("after mail", 1)])
def test_a_bot_killed_while_it_mails_never_mails_that_again(tmp_path: Path, seam: str, arrived: int) -> None:
    def die(name: str) -> None:
        if name == seam:
            raise KeyboardInterrupt

    url = f"sqlite:///{tmp_path / 'bot.db'}"
    desk = Sent(told=({**LEAD, "by": ["mail", "folder"]},), folder=tmp_path / "out", url=url)
    desk.restart(seam=die)
    with pytest.raises(KeyboardInterrupt):
        desk.at("tue 08:00")
    desk.store.close()
    desk.store = open_store(url)
    desk.restart()
    for moment in ("tue 08:01", "tue 09:00"):
        desk.at(moment)
    assert len(desk.sent) == arrived
    became = desk.states
    desk.at("wed 08:00")
    assert "the server did not confirm that it has it" in " ".join(desk.mailer.arrived[-1].plain.split())
    assert became == {
        "lead/day-2026-11-13-mail": "adopted",
        "lead/day-2026-11-13-folder": "adopted",
        "lead/day-2026-11-16-mail": "doubtful",
        "lead/day-2026-11-16-folder": "said",
    }


def test_only_the_lead_hears_while_the_bot_is_silenced_and_nobody_while_it_observes() -> None:
    desk = Sent(told=(LEAD, {**LEAD, "name": "other", "to": "coordinator"}), manners={"control": "ABC-3"})
    desk.now = at("mon 09:00")
    desk.tracker.label(desk.desk, "lea", "hush")
    desk.at("tue 08:00")
    assert [who for who, _ in desk.sent] == ["lea"]
    assert "The bot is silent: all projects. Since:" in " ".join(desk.mailer.arrived[-1].plain.split())
    for facts in ({"manners": {"observe": True}}, {"told": ({**LEAD, "observe": True},)}):
        watching = Sent(**facts)  # type: ignore[arg-type]
        watching.at("tue 08:00")
        assert (watching.sent, watching.states["lead/day-2026-11-16-mail"]) == ([], "observed")


def test_without_a_mail_server_nothing_is_owed_and_it_begins_with_one(desk: Sent) -> None:
    post = desk.engine.post
    desk.engine.post = replace(post, mailer=None)
    desk.at("tue 08:00")
    assert "lead/day-2026-11-16-mail" not in desk.states
    desk.engine.post = post
    desk.at("tue 09:00")
    assert [who for who, _ in desk.sent] == ["lea"]


def test_a_tracker_that_is_away_keeps_no_digest_from_going(desk: Sent) -> None:
    desk.tracker.down = True
    assert desk.at("tue 08:00").digests == ["lead"]


# Ways


def test_files_are_written_for_their_owner_alone_under_desk_period_and_recipient(tmp_path: Path) -> None:
    told = {"name": "a b/../c".replace("/", "_"), "to": "lead", "by": ["folder"], "formats": ["html", "text"]}
    desk = Sent(told=(told,), folder=tmp_path / "out")
    desk.at("tue 08:00")
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [
        "small_day-2026-11-16_a-b_.._c.html",
        "small_day-2026-11-16_a-b_.._c.txt",
    ]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert files[1].read_text().startswith("\nCoordinator's morning overview")


def test_a_folder_that_cannot_be_written_keeps_no_mail_back_and_is_told_next_day(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    desk = Sent(told=({**LEAD, "by": ["folder", "mail"]},), folder=tmp_path / "out")
    troubles = desk.at("tue 08:00").troubles
    assert ([who for who, _ in desk.sent], desk.states["lead/day-2026-11-16-folder"]) == (["lea"], "held")
    assert troubles == ["the digest lead by folder: a file cannot be written: File exists"]
    (tmp_path / "out").unlink()
    desk.at("wed 08:00")
    assert desk.states["lead/day-2026-11-16-folder"] == "failed"
    assert "Not sent: folder, 17 November 2026 at 08:00, a file could not be written" in desk.mailer.arrived[-1].plain
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["small_day-2026-11-17_lead.html"]


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    folder = DigestFolder(tmp_path, "desk")
    with pytest.raises(Unwritten, match="a file cannot be written: Is a directory"):
        folder.put("taken", b"half")
    folder.put("free", b"first")
    folder.put("free", b"second")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["free", "taken"]
    assert (tmp_path / "free").read_bytes() == b"second"


def test_a_comment_on_the_digests_ticket_is_for_who_may_see_it() -> None:
    desk = Sent(told=({**LEAD, "by": ["ticket"]},), digest={"ticket": "ABC-3"})
    for moment in ("tue 08:00", "tue 08:10"):
        desk.at(moment)
    (said,) = desk.tracker.spoken
    assert said.ticket_id == desk.desk
    assert all(isinstance(block, Paragraph) for block in said.doc.blocks)
    assert plain(said.doc, lambda person: f"@{person}").splitlines()[:3] == [
        "@lea",
        "",
        "Coordinator's morning overview: working day 16 November 2026. As of: 17 November 2026 at 08:00.",
    ]
    for spoil in (desk.tracker.blind, desk.tracker.unsure):
        spoil.add("lea")
        desk.at("wed 08:00")
        desk.at("wed 15:00")
        spoil.clear()
    desk.tracker.forbidden.add(("lea", "see"))
    desk.at("thu 08:00")
    assert len(desk.tracker.spoken) == 1
    assert [desk.states[f"lead/day-2026-11-{day}-ticket"] for day in (17, 18)] == ["failed", "held"]


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_comment_whose_answer_was_lost_is_looked_for_before_it_is_said_again(drop: Any) -> None:
    desk = Sent(told=({**LEAD, "by": ["ticket"]},), digest={"ticket": "ABC-3"})
    desk.tracker.drops = [drop]
    for moment in ("tue 08:00", "tue 08:01", "tue 08:02"):
        desk.at(moment)
    assert (len(desk.tracker.spoken), desk.states["lead/day-2026-11-16-ticket"]) == (1, "said")


def test_a_ticket_on_which_nothing_arrives_is_tried_ever_more_seldom() -> None:
    desk = Sent(told=({**LEAD, "by": ["ticket"]},), digest={"ticket": "ABC-3"})
    desk.tracker.drops = ["before"] * 60
    for minute in range(120):
        desk.at(f"tue {8 + minute // 60:02}:{minute % 60:02}")
    assert 60 - len(desk.tracker.drops) == 6, "three at once, and after 15, 30 and 60 minutes"
    desk.tracker.drops = []
    for minute in range(0, 240, 5):
        desk.at(f"tue {10 + minute // 60:02}:{minute % 60:02}")
    assert (len(desk.tracker.spoken), desk.states["lead/day-2026-11-16-ticket"]) == (1, "said")


@pytest.mark.parametrize("seam", ["before write", "after write"])
def test_a_bot_killed_while_it_comments_comments_once(seam: str) -> None:
    def die(name: str) -> None:
        if name == seam:
            raise KeyboardInterrupt

    desk = Sent(told=({**LEAD, "by": ["ticket"]},), digest={"ticket": "ABC-3"})
    desk.restart(seam=die)
    with pytest.raises(KeyboardInterrupt):
        desk.at("tue 08:00")
    desk.restart()
    for moment in ("tue 08:01", "tue 08:10", "tue 09:00"):
        desk.at(moment)
    assert (len(desk.tracker.spoken), desk.states["lead/day-2026-11-16-ticket"]) == (1, "said")


@pytest.mark.parametrize("seed", range(30 if os.environ.get("PILETIBOT_SOAK") else 1))
def test_nothing_goes_twice_nor_on_a_day_off_whatever_happens(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    told = ({**LEAD, "by": ["mail", "folder", "ticket"]}, UNIT, {"name": "other", "to": "coordinator"})
    desk = Sent(told=told, digest={"ticket": "ABC-3"}, folder=tmp_path)
    fates: list[Fate] = ["away", "later", "never", "lost", "lost before"]
    moment, calendar = at("mon 09:00"), desk.engine.book.calendar
    while moment < at("2 wed 12:00"):
        desk.mailer.fates = [chance.choice(fates) for _ in range(chance.randrange(3))]
        if chance.random() < 0.1:
            desk.tracker.drops = [chance.choice(("before", "after"))]
        if chance.random() < 0.1:
            desk.restart()
        if chance.random() < 0.1:
            approve(desk.store, "out")
        desk.tracker.down = chance.random() < 0.1
        desk.now = moment
        cycle(desk.engine, moment)
        moment += chance.choice((600, 1800, 3600, 4 * 3600))
    sent = [mail.id for mail in desk.mailer.arrived]
    keys = [key for spoken in desk.tracker.spoken for key in spoken.said.keys]
    assert len(sent) == len(set(sent)) > 3
    assert len(keys) == len(set(keys)) > 1
    wall = [calendar.local(mail.at) for mail in desk.mailer.arrived]
    assert all(calendar.is_working_day(when.date()) and when.hour >= 8 for when in wall)
    assert not [row for row in desk.store.letters_since(0) if row.state == "intended"]


# What each may see


def test_tickets_with_a_security_level_are_listed_to_the_roles_named_for_them_alone() -> None:
    told = (LEAD, {"name": "other", "to": "coordinator"}, {"name": "out", "to": "director", "team": False})
    desk = Sent(told=told, digest={"secured": ["lead"], "parts": ["unrouted", "solved", "unassigned"]})
    desk.now = at("mon 09:00")
    for number in range(2):
        desk.tracker.change(desk.secured, "ann", state=("handed-on", "solved")[number])
    desk.at("tue 08:00")
    shown = {mail.to.partition("@")[0]: mail.plain + mail.html for mail in desk.mailer.arrived}
    assert {who: [key for key in ("ABC-1", "ABC-2") if key in text] for who, text in shown.items()} == {
        "lea": ["ABC-1", "ABC-2"],
        "cid": ["ABC-1"],
        "director": [],
    }


def test_a_recipient_without_an_address_stops_nobody_and_is_told() -> None:
    desk = Sent(told=({"name": "out", "to": "director", "team": False}, LEAD), addresses=("lea",))
    desk.at("tue 08:00")
    desk.at("wed 08:00")
    assert [who for who, _ in desk.sent] == ["lea", "lea"]
    assert "has no mail address of the recipient" in " ".join(desk.mailer.arrived[1].plain.split())
    assert desk.states["out/day-2026-11-16-mail"] == "failed"


def test_one_that_cannot_be_written_stops_no_other() -> None:
    class Broken(DigestComposer):
        def compose(self, store: Any, book: Any, due: Any, as_of: int, *, draft: bool) -> Any:
            if due.entry.name == "broken":
                raise ZeroDivisionError
            return super().compose(store, book, due, as_of, draft=draft)

    desk = Sent(told=({"name": "broken", "to": "cid"}, LEAD))
    desk.engine.post = replace(desk.engine.post, composer=Broken("", 10_000_000))
    report = desk.at("tue 08:00")
    assert (report.digests, report.troubles) == (
        ["lead"],
        ["the digest broken by mail: it could not be written (ZeroDivisionError)"],
    )


NOTES = {
    "files": "Вложения не приложены, так как письмо было бы слишком большим: 2.",
    "pictures": "Диаграммы не приложены, так как письмо было бы слишком большим",
}
ROOM: list[tuple[str, int, int, tuple[str, ...]]] = [
    ("all", 2, 2, ()),
    ("pictures", 0, 2, ("files",)),
    ("texts", 0, 0, ("files", "pictures")),
]


@pytest.mark.parametrize(("room", "files", "pictures", "notes"), ROOM, ids=[row[0] for row in ROOM])
def test_what_a_mail_has_no_room_for_is_left_out_and_told(
    room: str, files: int, pictures: int, notes: tuple[str, ...]
) -> None:
    told = ({**LEAD, "language": "ru", "formats": ["html", "text"]},)
    desk = Sent(told=told, draw=sketched)
    desk.at("tue 08:00")
    (whole,) = desk.mailer.arrived
    leaves = {"all": {}, "pictures": {"files": ()}, "texts": {"files": (), "images": ()}}[room]
    limit = len(written(replace(whole, **leaves))) + 8000
    desk = Sent(told=told, limit=limit, draw=sketched)
    desk.at("tue 08:00")
    (mail,) = desk.mailer.arrived
    assert [file.name for file in mail.files] == [
        "small_day-2026-11-16_lead.html",
        "small_day-2026-11-16_lead.txt",
    ][:files]
    assert len(mail.images) == pictures
    for text in (" ".join(mail.plain.split()), mail.html):
        assert [name for name, note in NOTES.items() if note in text] == list(notes)
    assert len(written(mail)) <= limit


def written(mail: Mail) -> bytes:
    return message(mail, "bot@desk.example", None, "small").as_bytes()


def test_a_mail_whose_texts_alone_are_too_large_is_not_sent_and_told() -> None:
    desk = Sent(limit=1000)
    desk.at("tue 08:00")
    assert (desk.sent, desk.states["lead/day-2026-11-16-mail"]) == ([], "failed")


def test_charts_that_cannot_be_drawn_keep_no_digest_and_are_tried_once_a_cycle() -> None:
    tried = []

    def fails(charts: Sequence[Chart]) -> tuple[Drawn, ...]:
        tried.append(charts)
        raise NotDrawn("no")

    told = (LEAD, {"name": "other", "to": "coordinator", "language": "et"})
    desk = Sent(told=told, draw=fails)
    desk.at("tue 08:00")
    assert [len(tried), [who for who, _ in desk.sent]] == [1, ["lea", "cid"]]
    assert "Jooniseid ei saanud teha" in desk.mailer.arrived[1].plain
    desk.at("wed 08:00")
    assert len(tried) == 2


# Approval

UNIT = {"name": "out", "to": "director", "team": False, "period": "week", "approved_by": "coordinator"}


def test_a_draft_goes_to_who_approves_it_and_what_they_let_go_is_what_they_read() -> None:
    desk = Sent(told=(UNIT,))
    desk.at("2 mon 08:00")
    assert [who for who, _ in desk.sent] == ["cid"]
    assert "piletibot approve out" in desk.mailer.arrived[0].plain
    assert [list(drafts(desk.store)), approve(desk.store, "lead")] == [["out"], 0]
    desk.now = at("2 mon 10:00")
    desk.tracker.open("ann")
    desk.at("2 mon 12:00")
    assert len(desk.sent) == 1
    assert approve(desk.store, "out") == 1
    desk.restart()
    for moment in ("2 tue 09:00", "2 tue 09:01"):
        desk.at(moment)
    draft, final = desk.mailer.arrived
    assert final.to == "director@desk.example"
    note = "A draft for approval."
    assert (note in draft.plain, note in final.plain) == (True, False)
    assert final.plain.splitlines()[3] == draft.plain.splitlines()[3] == "As of: 23 November 2026 at 08:00"
    assert final.plain[final.plain.index("To do") :] == draft.plain[draft.plain.index("To do") :]


def test_what_nobody_approves_is_withdrawn_by_the_next_draft_and_told() -> None:
    desk = Sent(told=(UNIT, LEAD))
    for moment in ("2 mon 08:00", "2 fri 12:00", "3 mon 08:00", "3 tue 08:00"):
        desk.at(moment)
    assert {key: state for key, state in desk.states.items() if key.startswith("out/week-2026-11-16")} == {
        "out/week-2026-11-16-draft": "said",
        "out/week-2026-11-16-mail": "withdrawn",
    }
    assert desk.states["out/week-2026-11-23-mail"] == "drafted"
    assert [who for who, _ in desk.sent].count("cid") == 2
    assert "director" not in [who for who, _ in desk.sent]
    told = ["nobody approved it" in " ".join(mail.plain.split()) for mail in desk.mailer.arrived if "lea" in mail.to]
    assert told[-1] is True
