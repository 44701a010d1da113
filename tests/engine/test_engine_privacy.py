"""What people write in a ticket goes nowhere: not into the database, not into the log, not into the digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import DAY, HOUR, MONDAY, Desk, shipped
from fake_mailer import FakeMailer

from bot import logs
from bot.core.kpi.period import period_of
from bot.engine.engine import Post
from bot.report.render import render
from bot.report.write import digest_now
from bot.sandbox import acts
from bot.sandbox.faults import Fault

PLANTED = {
    "personal code": "37605030299",
    "phone": "+372 5123 4567",
    "e-mail": "mari.maasikas@kodu.example",
    "IBAN": "EE382200221020145685",
    "name": "Mari-Liis Maasikas",
    "address": "Narva mnt 7a-12",
}
TEXT = "Tere! " + ", ".join(PLANTED.values())


def people_at_work(desk: Desk) -> None:
    """Tickets whose every text holds somebody's data, and everything that can be said about them."""
    texts = {each.id: TEXT for each in desk.world.fields.values() if each.type == "string" and each.custom}
    for person in desk.world.people:
        person.display_name = f"{PLANTED['name']} {person.name}"
    for category in ("DEKL_TEHNILINE", "KAEBUS", "ARUANNE_SISU"):
        ticket = desk.forwarded(category=category, summary=TEXT, description=TEXT, **texts)
        comment = desk.write(ticket, "spetsialist1", TEXT)
        desk.write(ticket, "it1", TEXT)
        acts.attach(desk.world, desk.issue(ticket), comment.author, f"{PLANTED['name']}.pdf", 9, "text/plain")
        acts.unsay(desk.world, desk.issue(ticket), comment, comment.author)
        desk.edit(ticket, "it1", summary=TEXT + "!")
    odd = desk.open(summary=TEXT)
    desk.edit(odd, "it1", labels={"not": TEXT})


@pytest.mark.parametrize("form", ["text", "json"])
def test_personal_data_stays_in_the_ticket(
    desk: Desk, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str], fresh_logs: None
) -> None:
    logs.configure("debug", form)
    people_at_work(desk)
    mailer = FakeMailer(["later", "never"])
    addresses = {person.person: f"{person.person}@desk.example" for person in shipped().book.entries.people}
    post = Post(mailer, addresses, "https://jira.example/browse/")
    with desk.bot(f"sqlite:///{tmp_path / 'bot.db'}", post=post) as bot:
        desk.site.faults.faults = [
            Fault("answer", "POST", r"/comment$", status=403),
            Fault("drop after", "POST", r"/comment$", skip=1),
            Fault("answer", "GET", r"/comment$", status=404, skip=3),
        ]
        bot.cycles(MONDAY + 3 * DAY, every=4 * HOUR)
        store, book = bot.engine.store, bot.engine.book
        assert len(desk.said()) >= 3
        assert len(store.troubles()) >= 1
        week = period_of("week", book.calendar.day_of(desk.now), book.calendar)
        digest = digest_now(store, book, week, desk.now)
        page = render(digest, "html", "et", book, "https://jira.example/browse/").decode()
        found = {"digest": page.encode(), "log": "".join(capsys.readouterr()).encode()}
        found |= {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    letters = [f"{mail.subject}\n{mail.plain}\n{mail.html}" for mail in mailer.arrived]
    assert "KKA-1" in page
    assert any("KKA-1" in text for text in letters)
    assert not any(
        "KKA" in mail.subject or "desk.example" in text for mail, text in zip(mailer.arrived, letters, strict=True)
    )
    assert not any(b"desk.example" in content for content in found.values())
    found["letters"] = "".join(letters).encode()
    assert b"KKA-1" in found["log"]
    assert b"KKA-1" in b"".join(found[name] for name in found if name.startswith("bot.db"))
    for where, content in found.items():
        for kind, value in PLANTED.items():
            for part in {value, value.replace(" ", ""), value.partition(" ")[2] or value}:
                assert part.encode() not in content, f"{kind} in the {where}"
