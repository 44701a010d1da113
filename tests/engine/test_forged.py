"""What somebody does so that the bot does something, or leaves it: over the sandbox, in both flavours."""

from __future__ import annotations

from pathlib import Path

from desks import HOUR, MINUTE, Desk

from bot.sandbox import acts
from bot.sandbox.texts import plain


def solved(desk: Desk) -> str:
    ticket = desk.taken()
    desk.go(ticket, "it1", "Lahendatud")
    return ticket


def state(desk: Desk, ticket: str) -> str:
    return str(desk.issue(ticket).fields["status"]["name"])


def test_a_comment_that_somebody_marks_as_the_bots_silences_nothing(desk: Desk, tmp_path: Path) -> None:
    """The mark says what was said; anybody may set one on a comment of their own."""
    ticket = solved(desk)
    with desk.bot(f"sqlite:///{tmp_path / 'first.db'}") as bot:
        bot.cycle(2 * HOUR)
    (said,) = desk.said(ticket)
    issue = desk.issue(ticket)
    acts.unsay(desk.world, issue, said, desk.world.person("juht1"))
    issue = desk.issue(ticket)
    stranger = desk.world.person("vaatleja")
    stranger.display_name = desk.world.person("piletibot").display_name
    acts.comment(desk.world, issue, stranger, said.body, properties=said.properties)
    with desk.bot(f"sqlite:///{tmp_path / 'second.db'}") as bot:
        bot.cycle(MINUTE)
    assert [each.properties for each in desk.said(ticket)] == [said.properties]


def test_an_account_that_was_switched_off_tells_nothing(desk: Desk) -> None:
    ticket = solved(desk)
    with desk.bot() as bot:
        bot.cycle()
        desk.later(MINUTE)
        desk.write(ticket, "spetsialist1", "piletibot sulge")
        desk.world.person("spetsialist1").active = False
        bot.cycle(MINUTE)
        assert state(desk, ticket) == "Lahendatud"
        bot.settled()


def test_a_command_counts_only_with_what_its_author_may_when_it_is_carried_out(desk: Desk) -> None:
    ticket = solved(desk)
    with desk.bot() as bot:
        bot.cycle()
        desk.later(MINUTE)
        desk.write(ticket, "spetsialist1", "piletibot sulge")
        desk.world.person("spetsialist1").denied.add("TRANSITION_ISSUES")
        bot.cycle(MINUTE)
        assert state(desk, ticket) == "Lahendatud"
        (answer,) = [plain(each.body) for each in desk.said(ticket)]
        assert "ei ole Jiras selleks õigust" in answer
