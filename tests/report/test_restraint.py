"""What keeps the bot from asking Jira is told to the team in the digest, where the bot tells of itself."""

from __future__ import annotations

import pytest
from desks import rulebook
from reported import BROWSE, at, digested, reported

from bot.core.audience import Audience
from bot.engine.restraint import Circuit, Pause, Restraint
from bot.report.page_today import alarms
from bot.report.records import record
from bot.report.tell import Tell

AWAY = Restraint(Circuit("open", at("2026-12-16 09:00"), "no connection", at("2026-12-16 12:05"), 9))
PAUSED = Restraint(pauses=(Pause("", at("2026-12-16 11:00"), at("2026-12-16 15:00"), "jira-quota-tenant-based"),))
SLOWED = Restraint(pauses=(Pause("ticket 7", at("2026-12-16 11:00"), at("2026-12-16 15:00"), "asked"),))

TOLD = [
    (
        AWAY,
        "et",
        ["Jira ei vasta. Alates: 16.12.2026 kell 09.00. Järgmine katse: 16.12.2026 kell 12.05."],
    ),
    (PAUSED, "et", ["Jira palus botil oodata. Kuni: 16.12.2026 kell 15.00."]),
    (AWAY, "ru", ["Jira не отвечает."]),
    (PAUSED, "ru", ["Jira попросила бота подождать."]),
    (AWAY, "en", ["Jira does not answer."]),
    (PAUSED, "en", ["Jira asked the bot to wait."]),
    (SLOWED, "en", []),
    (Restraint(), "en", []),
]


@pytest.mark.parametrize(("held", "language", "told"), TOLD)
def test_the_team_is_told(held: Restraint, language: str, told: list[str]) -> None:
    digest = digested(reported(restraint=held))
    said = list(alarms(digest, Tell(language, rulebook(), BROWSE)))
    assert [each[: len(told[i])] for i, each in enumerate(said)] == told
    assert digest.is_quiet is not bool(told)


def test_readers_outside_the_team_are_not_told() -> None:
    digest = digested(reported(restraint=AWAY), audience=Audience(team=False))
    assert list(alarms(digest, Tell("et", rulebook(), BROWSE))) == []


def test_the_record_tells_since_when_why_and_until_when() -> None:
    tell = Tell("et", rulebook(), BROWSE)
    away, slowed = (record(digested(reported(restraint=held)), "", tell).quality for held in (AWAY, SLOWED))
    assert away.away == ("2026-12-16T07:00:00Z", "no connection", "2026-12-16T10:05:00Z")
    assert (slowed.away, slowed.pauses) == (None, (("2026-12-16T13:00:00Z", "ticket 7", "asked"),))


def test_a_report_as_of_a_moment_gone_by_does_not_tell_of_now() -> None:
    assert reported(restraint=AWAY, is_past=True).restraint == Restraint()
