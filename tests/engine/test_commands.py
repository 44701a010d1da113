"""Commands in comments over the sandbox, both flavours: who may, what is done, once, and what is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import DAY, GRACE_S, HOUR, MINUTE, MONDAY, Desk, at_seam, one_flavour, rulebook

from bot.engine.desk import present
from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.sandbox.texts import plain
from bot.sandbox.world import Comment
from bot.store.holder import Holder

ANSWERS = ("command/granted", "command/refused", "command/answered")


def solved(desk: Desk) -> str:
    ticket = desk.taken()
    desk.go(ticket, "it1", "Lahendatud")
    return ticket


def tell(desk: Desk, ticket: str, who: str, text: str) -> Comment:
    """Write a comment a minute later."""
    desk.later(MINUTE)
    return desk.write(ticket, who, text)


def status(desk: Desk, ticket: str) -> str:
    return str(desk.issue(ticket).fields["status"]["name"])


def answers(desk: Desk, ticket: str) -> list[str]:
    """What the bot answered to commands, as plain texts."""
    told = zip(desk.rungs(ticket), desk.said(ticket), strict=True)
    return [plain(comment.body) for rung, comment in told if rung in ANSWERS]


def test_delivered_sets_date_and_channel_and_closes_in_one_go(desk: Desk) -> None:
    ticket = solved(desk)
    with desk.bot() as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", "Piletibot, edastatud telefon\nKlient oli rahul.")
        bot.cycle(MINUTE)
        fields = desk.issue(ticket).fields
        assert fields[desk.field("Lahendus kliendile edastatud")] == "2026-11-16"
        assert fields[desk.field("Lahenduse kanal")]["value"] == "telefon"
        assert status(desk, ticket) == "Suletud"
        (answer,) = answers(desk, ticket)
        assert "Tehtud: edastatud telefon." in answer
        assert "rahul" not in answer
        bot.settled()
        assert len(answers(desk, ticket)) == 1


@pytest.mark.parametrize(
    ("unsure_s", "waits"), [(MINUTE + GRACE_S, True), (DAY, False)], ids=["", "a clock set back"]
)
@one_flavour
def test_who_told_in_a_command_that_waits_is_not_asked_meanwhile(desk: Desk, unsure_s: int, waits: bool) -> None:
    ticket = solved(desk)
    with desk.bot(holder=Holder(id="a", host="x", boot="", process=1)) as bot:
        bot.cycle()
        before = desk.rungs(ticket)
        desk.later(HOUR)
        tell(desk, ticket, "spetsialist1", "piletibot edastatud telefon")
        assert bot.engine.lease is not None
        bot.engine.lease.hold()
        bot.engine.unsure_until = desk.now + unsure_s
        bot.cycle(MINUTE)
        assert (desk.rungs(ticket) == before) == waits
        bot.cycle(2 * MINUTE)
        assert desk.rungs(ticket) == ["command/granted", *before]


KINDS = [
    ("vaatleja", "piletibot sulge", "refused", "ei ole Jiras selleks õigust"),
    ("spetsialist1", "piletibot põhjendatud", "refused", "otsustab koordinaator"),
    ("koordinaator1", "piletibot põhjendatud", "refused", "praegune seis"),
    ("spetsialist1", "piletibot oota kuni 24.12.2027", "refused", "Viimane võimalik päev: 16.12.2026"),
    ("spetsialist1", "piletibot oota kuni täna", "refused", "kuupäev ei sobi"),
    ("it3", "@piletibot route to L2_VESI", "granted", "Done: route to L2_VESI."),
    ("it3", "piletibot route to L2_IT", "granted", "It was so already: route to L2_IT."),
    ("spetsialist1", "piletibot slge", "answered", "Võib-olla mõtlesite: piletibot sulge"),
    ("spetsialist1", "piletibot seis", "answered", "Olek: Lahendatud."),
    ("spetsialist1", "piletibot abi", "answered", "piletibot edastatud telefon / e-kiri – "),
    ("spetsialist1", "[~piletibot] küsis uuesti", "granted", "Tehtud: küsis uuesti."),
    ("spetsialist1", "piletibot vaiki", "granted", "Tehtud: vaiki."),
    ("spetsialist2", "piletibot eemal 1.12–5.12", "granted", "Tehtud: eemal 01.12.2026–05.12.2026."),
    ("vaatleja", "piletibot eemal homme", "refused", "ei ole reeglistikus nimetatud"),
]


def test_each_command_is_answered_once_by_its_kind(desk: Desk) -> None:
    tickets = [solved(desk) for _ in KINDS]
    with desk.bot() as bot:
        bot.cycle()
        desk.later(MINUTE)
        for ticket, (who, text, _, _) in zip(tickets, KINDS, strict=True):
            desk.write(ticket, who, text)
        bot.cycle(MINUTE)
        bot.cycle(MINUTE)
        for ticket, (_, text, rung, says) in zip(tickets, KINDS, strict=True):
            (answer,) = answers(desk, ticket)
            assert f"command/{rung}" in desk.rungs(ticket), text
            assert says in answer, text
            assert status(desk, ticket) == "Lahendatud", text
        away = [(each.person, str(each.first), str(each.last)) for each in bot.engine.store.absences()]
        assert away == [("spetsialist2", "2026-12-01", "2026-12-05")]
        bot.settled()


def test_who_may_not_ask_jira_refuses(desk: Desk) -> None:
    ticket = solved(desk)
    desk.world.person("piletibot").denied.add("ADMINISTER_PROJECTS")
    with desk.bot() as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", "piletibot sulge")
        bot.cycle(MINUTE)
        (answer,) = answers(desk, ticket)
        assert "Kahtluse korral ei tehta midagi" in answer
        assert status(desk, ticket) == "Lahendatud"


def test_quoted_edited_and_old_comments_do_nothing(desk: Desk) -> None:
    ticket = solved(desk)
    tell(desk, ticket, "spetsialist1", "piletibot sulge")
    desk.later(MINUTE)
    with desk.bot() as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", "> piletibot sulge")
        tell(desk, ticket, "spetsialist1", "Kirjutasin:\npiletibot sulge")
        theirs = tell(desk, ticket, "spetsialist1", "Sulgeme.")
        acts.reword(desk.world, desk.issue(ticket), theirs, desk.world.person("it1"), "piletibot sulge")
        bot.cycle(MINUTE)
        assert (answers(desk, ticket), status(desk, ticket)) == ([], "Lahendatud")
        mine = tell(desk, ticket, "spetsialist1", "piletibot proovitud")
        bot.cycle(MINUTE)
        acts.reword(desk.world, desk.issue(ticket), mine, mine.author, "piletibot sulge")
        bot.cycle(MINUTE)
        assert (len(answers(desk, ticket)), status(desk, ticket)) == (1, "Lahendatud")


def test_a_lost_database_repeats_nothing_and_knows_what_was_granted(desk: Desk, tmp_path: Path) -> None:
    ticket = solved(desk)
    with desk.bot(f"sqlite:///{tmp_path / 'first.db'}") as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", "piletibot oota kuni 20.11")
        tell(desk, ticket, "vaatleja", "piletibot sulge")
        bot.cycle(MINUTE)
    said = desk.rungs(ticket)
    assert sorted(said) == ["command/granted", "command/refused"]
    desk.later(HOUR)
    with desk.bot(f"sqlite:///{tmp_path / 'second.db'}") as bot:
        bot.cycles(desk.now + 3 * HOUR, every=HOUR)
        assert desk.rungs(ticket) == said
        (kept,) = bot.engine.store.tickets([ticket])
        assert [message.command.granted for message in kept.messages if message.command] == [True, False]
        desk.until(MONDAY + 4 * DAY + MINUTE)
        bot.cycle()
        assert desk.rungs(ticket)[2:] == ["solution-reached-customer/tell"]


def test_a_bot_killed_in_the_middle_does_it_once(desk: Desk, tmp_path: Path) -> None:
    store, seams = (
        f"sqlite:///{tmp_path / 'bot.db'}",
        ("before command", "after command", "before answer", "after answer"),
    )
    with desk.bot(store) as bot:
        bot.cycle()

    def killed() -> None:
        raise KeyboardInterrupt

    for seam in seams:
        ticket = solved(desk)
        tell(desk, ticket, "spetsialist1", "piletibot edastatud e-kiri")
        with desk.bot(store, seam=at_seam(seam, killed)) as bot, pytest.raises(KeyboardInterrupt):
            bot.cycle(MINUTE)
        with desk.bot(store) as bot:
            bot.cycle(MINUTE)
            assert desk.rungs(ticket).count("command/granted") == 1, seam
            assert status(desk, ticket) == "Suletud"
            moves = [
                item for each in desk.issue(ticket).histories for item in each.items if item["field"] == "status"
            ]
            assert [item["toString"] for item in moves].count("Suletud") == 1, seam


def test_an_answer_lost_on_its_way_is_looked_for_before_it_is_repeated(desk: Desk) -> None:
    with desk.bot() as bot:
        for when in ("drop before", "drop after"):
            ticket = solved(desk)
            bot.cycle(MINUTE)
            tell(desk, ticket, "spetsialist1", "piletibot proovitud")
            desk.site.faults.faults = [Fault(when, "POST", r"/issue/\d+/comment$")]
            assert bot.cycle(MINUTE).doubtful == 1, when
            bot.cycle(MINUTE)
            assert desk.rungs(ticket).count("command/granted") == 1, when
        bot.settled()


def test_a_held_ticket_hears_and_the_silenced_desk_hears_nothing_but_to_speak(desk: Desk) -> None:
    control, ticket = desk.open(), solved(desk)
    book = rulebook(manners={"control": desk.issue(control).key})
    with desk.bot(book=book) as bot:
        bot.cycle()
        desk.later(MINUTE)
        desk.edit(ticket, "it1", labels=["bot-vait"])
        desk.edit(control, "juht1", labels=["bot-vait"])
        tell(desk, ticket, "spetsialist1", "piletibot räägi")
        bot.cycle(MINUTE)
        assert answers(desk, ticket) == []
        tell(desk, control, "juht1", "piletibot räägi")
        bot.cycle(MINUTE)
        bot.cycle(MINUTE)
        assert [desk.issue(each).fields["labels"] for each in (control, ticket)] == [[], []]
        assert (len(answers(desk, control)), len(answers(desk, ticket))) == (1, 1)


def test_a_desk_on_observe_carries_out_nothing(desk: Desk) -> None:
    ticket = solved(desk)
    with desk.bot(book=rulebook(manners={"observe": True})) as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", "piletibot sulge")
        bot.cycle(MINUTE)
        assert (desk.said(ticket), status(desk, ticket)) == ([], "Lahendatud")


def test_what_was_told_while_all_was_observed_is_not_carried_out_when_the_desk_goes_live(
    desk: Desk, tmp_path: Path
) -> None:
    ticket, other, store = solved(desk), solved(desk), f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store) as bot:
        bot.cycle()
    with desk.bot(store, book=rulebook(manners={"observe": True})) as bot:
        bot.cycle(MINUTE)
        tell(desk, ticket, "spetsialist1", "piletibot sulge")
        bot.cycle(MINUTE)
        tell(desk, other, "spetsialist1", "piletibot sulge")  # read only when the desk is live
    with desk.bot(store) as bot:
        bot.cycle(MINUTE)
        tell(desk, ticket, "spetsialist1", "piletibot küsis uuesti")
        bot.cycle(MINUTE)
        assert [status(desk, each) for each in (ticket, other)] == ["Lahendatud", "Lahendatud"]
        assert (len(answers(desk, ticket)), answers(desk, other)) == (1, [])
        first = min(bot.engine.store.commands([ticket]), key=lambda row: row.at)
        assert (first.granted, first.because) == (None, "the desk is on observe")
        bot.settled()


def undone(desk: Desk, ticket: str, text: str) -> tuple[str, list[str]]:
    """How a ticket stands, and what is answered, where the answer is lost and a person undoes the command."""
    with desk.bot() as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", text)
        desk.site.faults.faults = [Fault("drop before", "POST", r"/issue/\d+/comment$")]
        assert bot.cycle(MINUTE).doubtful == 1
        if text.endswith("sulge"):
            desk.go(ticket, "it1", "Lahendatud")
        else:
            desk.edit(ticket, "it1", labels=[])
        bot.cycle(MINUTE)
        bot.cycle(MINUTE)
    return status(desk, ticket), answers(desk, ticket)


@pytest.mark.parametrize("text", ["piletibot sulge", "piletibot vaiki"])
def test_what_a_person_undid_before_the_answer_came_is_not_done_again(desk: Desk, text: str) -> None:
    ticket = solved(desk)
    stands, (answer,) = undone(desk, ticket, text)
    assert (stands, desk.issue(ticket).fields["labels"]) == ("Lahendatud", [])
    assert "Korraldus täideti: " in answer


def test_an_absence_taken_back_before_the_answer_came_is_not_kept_again(desk: Desk) -> None:
    ticket = solved(desk)
    with desk.bot() as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist2", "piletibot eemal 1.12–5.12")
        desk.site.faults.faults = [Fault("drop before", "POST", r"/issue/\d+/comment$")]
        bot.cycle(MINUTE)
        (away,) = bot.engine.store.absences()
        assert present(bot.engine.store, away.person, away.first, away.last, desk.now)
        bot.cycle(MINUTE)
        assert (bot.engine.store.absences(), len(answers(desk, ticket))) == ([], 1)


def test_what_the_bot_did_before_its_answer_was_lost_is_told_as_done(desk: Desk) -> None:
    ticket = solved(desk)
    with desk.bot() as bot:
        bot.cycle()
        tell(desk, ticket, "spetsialist1", "piletibot sulge")
        desk.site.faults.faults = [Fault("drop before", "POST", r"/issue/\d+/comment$")]
        assert bot.cycle(MINUTE).doubtful == 1
        assert status(desk, ticket) == "Suletud"
        bot.cycle(MINUTE)
        assert ["Tehtud: sulge." in answer for answer in answers(desk, ticket)] == [True]


def test_commands_that_wait_while_all_is_silenced_cost_nothing(desk: Desk) -> None:
    control = desk.open("juht1")
    with desk.bot(book=rulebook(manners={"control": desk.issue(control).key})) as bot:
        bot.settled()
        desk.edit(control, "juht1", labels=["bot-vait"])
        tell(desk, control, "juht1", "piletibot seis")
        bot.cycle(MINUTE)
        before = bot.counts()
        bot.cycle(MINUTE)
        assert bot.since(before) == (1, 1)
        tell(desk, control, "juht1", "piletibot räägi")
        bot.cycle(MINUTE)
        bot.cycle(MINUTE)
        assert sorted(rung for rung in desk.rungs(control) if rung in ANSWERS) == [
            "command/answered",
            "command/granted",
        ]
