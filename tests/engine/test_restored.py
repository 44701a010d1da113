"""A database that is put back from a backup, or lost: what was said since is not said again, by comment or mail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from desks import DATA, DAY, HOUR, MINUTE, Desk
from digest_desk import Sent
from fake_mailer import FakeMailer, Fate
from small_desk import at, book
from test_mail import MAIL
from together_desk import WHY, Small

from bot.engine.mailer import Lost, MailError, Unsent
from bot.engine.sent_once import OnceMailer
from bot.store.journal import KEPT_S, Journal
from bot.store.store import open_store


def backed_up(file: Path) -> None:
    """A copy taken while the bot runs."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(file.with_suffix(".bak"))) as target:
        source.backup(target)


def put_back(file: Path) -> None:
    for end in ("-wal", "-shm"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
    file.write_bytes(file.with_suffix(".bak").read_bytes())


def lost(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


def again(small: Any, journal: Journal | None) -> None:
    """The bot is started again on what lies there now."""
    small.store.close()
    small.store = open_store(small.url)
    post = small.engine.post
    mailer = post.mailer if not isinstance(post.mailer, OnceMailer) else post.mailer.mailer
    post = replace(post, mailer=mailer if journal is None else OnceMailer(mailer, journal))
    small.engine = replace(small.engine, store=small.store, post=post, journal=journal)


def copy_of(url: str) -> str:
    """The address of a copy of a server's database, made as it is now."""
    name = sa.make_url(url).database
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}".encode())
    return sa.make_url(url).set(database=f"{name}_copy").render_as_string(hide_password=False)


@pytest.mark.parametrize(("kind", "flavour"), [("sqlite", "cloud"), ("postgresql", "dc")])
def test_comments_fields_and_answers_are_not_made_again(
    desk: Desk, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "bot.db"
    url = f"sqlite:///{file}" if kind == "sqlite" else str(request.getfixturevalue("postgres")())
    asked = desk.forwarded(complete=False)
    with desk.bot(url) as bot:
        bot.cycle(MINUTE)
        if kind == "sqlite":
            backed_up(file)
    yesterday = url if kind == "sqlite" else copy_of(url)
    solved = desk.forwarded("spetsialist2")
    with desk.bot(url) as bot:
        bot.cycle(DAY)
        desk.go(solved, "it1", "Lahendatud")
        desk.write(solved, "spetsialist2", "Piletibot, proovitud")
        desk.edit(asked, "spetsialist1", **{desk.field(name): "ei ole teada" for name in DATA})
        bot.cycles(desk.now + 3 * HOUR, every=HOUR)
    said = {comment.id: comment.body for comment in desk.said()}
    changes = {issue.key: len(issue.histories) for issue in desk.world.issues.values()}
    assert len(said) == 3
    if kind == "sqlite":
        put_back(file)
    with desk.bot(yesterday) as bot:
        bot.cycles(desk.now + 2 * HOUR, every=HOUR)
        assert {comment.id: comment.body for comment in desk.said()} == said
        assert {issue.key: len(issue.histories) for issue in desk.world.issues.values()} == changes
        bot.settled()


AFTER = [put_back, lost]


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("kept", [True, False])
def test_letters_and_the_steps_in_them_are_not_sent_again(
    tmp_path: Path, after: Callable[[Path], None], kept: bool
) -> None:
    file, kept_in = tmp_path / "bot.db", tmp_path / "letters"
    small = Small(url=f"sqlite:///{file}")
    again(small, Journal(kept_in, at("mon 08:00")) if kept else None)
    small.at("mon 08:00")
    backed_up(file)
    for moment in ("tue 08:00", "tue 08:30", "tue 09:00"):
        small.at(moment)
    sent, said = [(mail.to, mail.subject) for mail in small.mailer.arrived], small.said()
    small.store.close()
    after(file)
    again(small, Journal(kept_in, at("tue 10:00")) if kept else None)
    for moment in ("tue 10:00", "tue 11:00", "tue 15:00"):
        small.at(moment)
    for_tuesday = [(mail.to, mail.subject) for mail in small.mailer.arrived]
    assert (for_tuesday == sent) == kept
    assert small.said() == said
    if kept and after is put_back:
        doubtful = {row.to for row in small.store.letters_since(0) if row.state == "doubtful"}
        assert doubtful == {"cid"}, "the summary is told of; of what bob was reminded, the journal knows more"
    small.store.close()


def test_a_step_that_waited_when_the_backup_was_made_is_not_sent_in_another_days_letter(tmp_path: Path) -> None:
    file, kept_in = tmp_path / "bot.db", tmp_path / "letters"
    small = Small(url=f"sqlite:///{file}")
    again(small, Journal(kept_in, at("mon 08:00")))
    for moment in ("mon 08:00", "tue 03:00"):
        small.at(moment)
    backed_up(file)
    assert {state for _, state in small.steps()} == {"held"}
    small.at("tue 08:10")
    assert (small.told("bob"), small.said()) == (["R"], [0, 0, 0, 1])
    small.store.close()
    put_back(file)
    again(small, Journal(kept_in, at("wed 08:00")))
    for moment in ("wed 08:10", "wed 15:00"):
        small.at(moment)
    assert (small.told("bob"), small.said()) == (["R"], [0, 0, 0, 1])
    assert small.store.held_since(0) == []
    small.store.close()


def test_a_step_that_a_comment_said_since_the_backup_is_not_asked_in_a_letter(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    small = Small(url=f"sqlite:///{file}")
    again(small, None)
    for moment in ("mon 08:00", "tue 03:00"):
        small.at(moment)
    backed_up(file)
    small.now = at("tue 04:00")
    for ticket in small.tickets[1:]:
        small.tracker.label(ticket, "ann", "hush")
    small.at("tue 08:10")
    assert (small.told("bob"), small.said()) == ([], [1, 0, 0, 0]), "one step alone is a comment"
    small.store.close()
    put_back(file)
    small.now = at("tue 09:00")
    for ticket in small.tickets[1:]:
        small.tracker.label(ticket, "ann")
    again(small, None)
    small.at("tue 09:10")
    assert (small.told("bob"), small.said()) == (["R"], [1, 0, 0, 1])
    asked = [entry.ticket_id for entry in small.store.ledger() if entry.letter is not None]
    assert sorted(asked) == sorted(small.tickets[1:3])
    small.store.close()


TRIES: list[tuple[list[str], bool, list[str]]] = [
    (["a", "b"], True, ["a"]),
    (["a", "b"], False, ["a"]),
    (["a"], True, ["a"]),
]


def test_what_was_said_on_a_ticket_since_the_backup_counts_towards_its_budget(tmp_path: Path) -> None:
    rungs = [
        {"rung": rung, "after": after, "say": "waiting_customer", "to": to}
        for rung, after, to in (("ask", "1wd", ["owner"]), ("remind", "3wd", ["owner", "lead"]))
    ]
    ladder = {"name": "reminder", "why": WHY, "clock": "since enters tier 2", "rungs": rungs}
    file = tmp_path / "bot.db"
    rules = book(routes=[], ladders=[ladder], manners={"ticket_budget": 2})
    small = Small(rules, mail=False, url=f"sqlite:///{file}")
    one = small.tickets[0]
    small.at("mon 08:00")
    small.at("tue 08:00")
    backed_up(file)
    small.at("fri 08:00")
    assert len(small.tracker.said(one)) == 2
    for moment, state in (("fri 09:00", "new"), ("fri 12:00", "handed-on")):
        small.now = at(moment)
        small.tracker.change(one, "ann", state=state)
    small.store.close()
    put_back(file)
    again(small, None)
    for moment in ("fri 13:00", "2 tue 10:00", "2 tue 11:00", "2 fri 10:00"):
        small.at(moment)
    assert len(small.tracker.said(one)) == 2
    assert [row.state for row in small.store.ledger() if row.ticket_id == one] == [
        "said",
        "said",
        "withdrawn",
        "held",
    ]


@pytest.mark.parametrize(("first", "begun", "second"), TRIES)
def test_a_mail_says_what_its_last_try_was_to_say(
    tmp_path: Path, first: list[str], begun: bool, second: list[str]
) -> None:
    file, mail = tmp_path / "letters", "a" * 32
    journal = Journal(file, 0)
    journal.carry(first, mail, 1)
    if begun:
        journal.begin(mail, 1)
        journal.undo(mail, 1)
    journal.carry(second, mail, 2)
    journal.begin(mail, 2)
    assert journal.said(["a", "b"]) == Journal(file, 3).said(["a", "b"]) == set(second)


@pytest.mark.parametrize("kept", [True, False])
def test_a_digest_is_not_sent_again(tmp_path: Path, kept: bool) -> None:
    file = tmp_path / "bot.db"
    desk = Sent(url=f"sqlite:///{file}")
    again(desk, Journal(tmp_path / "letters", at("mon 09:00")) if kept else None)
    backed_up(file)
    assert desk.at("tue 08:00").digests == ["lead"]
    desk.store.close()
    put_back(file)
    again(desk, Journal(tmp_path / "letters", at("tue 09:00")) if kept else None)
    assert desk.at("tue 09:00").digests == ([] if kept else ["lead"])
    assert desk.at("wed 08:00").digests == ["lead"]
    assert ("it is not sent again" in " ".join(desk.mailer.arrived[-1].plain.split())) == kept
    desk.store.close()


ENDS: list[tuple[Fate, bool]] = [
    (None, True),
    ("lost", True),
    ("lost before", True),
    ("away", False),
    ("never", False),
]


@pytest.mark.parametrize(("fate", "begun"), ENDS)
def test_the_journal_knows_what_may_have_left(tmp_path: Path, fate: Fate, begun: bool) -> None:
    mailer, journal = FakeMailer([fate]), Journal(tmp_path / "letters", 0)
    with suppress(MailError):
        OnceMailer(mailer, journal).send(MAIL)
    assert Journal(tmp_path / "letters", 0).is_begun(MAIL.id) == begun
    if begun:
        with pytest.raises(Lost, match="it may have left before"):
            OnceMailer(mailer, Journal(tmp_path / "letters", 0)).send(MAIL)
    else:
        OnceMailer(mailer, journal).send(MAIL)
    assert mailer.tried == (1 if begun else 2)


def test_the_journal_forgets_what_is_long_past_and_survives_a_line_that_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "letters"
    old, new = "a" * 32, "b" * 32
    journal = Journal(file, 0)
    journal.carry(["site/1/rule/ask@5/x/0"], old, 5)
    journal.begin(old, 5)
    with file.open("a") as opened:
        opened.write("17 + bbbb")
    journal.begin(new, KEPT_S)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "site" not in file.read_text()
    again_at = Journal(file, KEPT_S + 5)
    assert (again_at.is_begun(old), again_at.is_begun(new)) == (True, True)
    assert again_at.said(["site/1/rule/ask@5/x/0", "site/1/rule/ask@6/x/0"]) == {"site/1/rule/ask@5/x/0"}
    later = Journal(file, KEPT_S + 6)
    assert (later.is_begun(old), later.is_begun(new), later.said(["site/1/rule/ask@5/x/0"])) == (False, True, set())
    assert file.read_text() == f"{KEPT_S} + {new}\n"


def test_nothing_is_mailed_that_the_journal_cannot_keep(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    mailer, journal = FakeMailer(), Journal(folder / "letters", 0)
    (folder / "letters").unlink()
    folder.rmdir()
    with pytest.raises(Unsent, match="the journal of letters cannot be written: No such file or directory"):
        OnceMailer(mailer, journal).send(MAIL)
    assert mailer.tried == 0
