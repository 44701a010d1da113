"""Tickets that are no longer on the desk: not judged, and what waited on them waits no longer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Desk, rulebook

from bot.engine.batch import batches
from bot.engine.tracker import Denied
from bot.sandbox import acts
from bot.sandbox.upheavals import befall


def test_a_project_that_the_rules_drop_is_judged_no_longer(desk: Desk, tmp_path: Path) -> None:
    dropped, kept = desk.taken(), desk.taken()
    acts.move(desk.world, desk.issue(kept), desk.world.person("juht1"), desk.world.projects["ARH"])
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(store, replace(rulebook(projects=("KKA", "ARH")), version="both")) as bot:
        bot.settled()
        assert bot.engine.store.all_seen().keys() == {dropped, kept}
    desk.until(MONDAY + 2 * DAY)
    with desk.bot(store, replace(rulebook(projects=("ARH",)), version="one")) as bot:
        report = bot.cycle()
        assert (report.gone, report.troubles) == (1, [])
        assert {steps[0].ticket_id for steps in report.said} == {kept}
        assert [row.ticket_id for row in bot.engine.store.ledger()] == [kept]
    with desk.bot(store, replace(rulebook(projects=("KKA", "ARH")), version="both again")) as bot:
        bot.cycles(desk.now + HOUR)
        assert desk.rungs(dropped) == ["no-movement/ask"], "named again, the sweep finds it"


def test_a_batch_on_tickets_that_are_gone_waits_no_longer(desk: Desk) -> None:
    with desk.bot(book=rulebook(manners={"ceiling": 1})) as bot:
        tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
        assert bot.cycle(MINUTE).batched == 2
        for ticket in tickets:
            acts.delete(desk.world, desk.issue(ticket))
        report = bot.cycle(30 * MINUTE)
        assert (report.gone, report.withdrawn) == (2, 2)
        assert batches(bot.engine.store) == {}
        assert set(bot.rows().values()) == {"withdrawn"}


def test_a_project_that_can_no_longer_be_searched_stops_no_other(desk: Desk) -> None:
    lost, kept = desk.taken(), desk.taken()
    acts.move(desk.world, desk.issue(lost), desk.world.person("juht1"), desk.world.projects["ARH"])
    with desk.bot(book=rulebook(projects=("KKA", "ARH"))) as bot:
        bot.settled()
        archived = desk.world.projects.pop("ARH")
        desk.site.faults.forbidden = [lost]
        routed = desk.forwarded("spetsialist2")
        report = bot.cycle(MINUTE)
        assert desk.rungs(routed) == ["it-support/routed"]
        assert [trouble.partition(":")[0] for trouble in report.troubles] == ["ARH"]
        bot.settled()  # with one request a cycle: it is asked for again by the sweep alone
        assert len(bot.cycle(MINUTE).troubles) == 1
        assert bot.cycle(30 * MINUTE).gone == 0, "its tickets are left in peace by the sweep"
        bot.cycles(MONDAY + 2 * DAY + 3 * HOUR, every=3 * HOUR)
        assert (desk.said(lost), desk.rungs(kept)) == ([], ["no-movement/ask"])
        desk.world.projects["ARH"] = archived
        desk.site.faults.forbidden = []
        bot.cycle(30 * MINUTE)
        assert bot.cycle(MINUTE).troubles == []
        bot.cycles(desk.now + 2 * DAY, every=3 * HOUR)
        assert len(desk.said(lost)) > 0


def test_a_desk_none_of_whose_projects_can_be_searched_is_the_administrators_affair(desk: Desk) -> None:
    with desk.bot(book=rulebook(projects=("KKA", "ARH"))) as bot:
        bot.settled()
        desk.world.projects.clear()
        with pytest.raises(Denied, match="can the account see KKA, ARH"):
            bot.cycle(MINUTE)


def test_an_archived_ticket_is_written_to_in_vain_once_a_day_and_not_after_each_sweep(desk: Desk) -> None:
    archived, other = desk.forwarded(), desk.forwarded("spetsialist2")
    with desk.bot() as bot:
        bot.cycle(MINUTE)
        befall(desk.world, {"act": "archive", "issue": archived})
        bot.cycles(MONDAY + 3 * DAY, every=2 * HOUR)
        refused = sum(many for (method, _, status), many in desk.site.requests.items() if status == 403)
        assert 1 <= refused <= 2, "it is found by no sweep, though it can be read: nothing about it is new"
        assert (len(desk.said(archived)), len(desk.said(other)) > 1) == (1, True)
        befall(desk.world, {"act": "restore", "issue": archived})
        bot.cycles(desk.now + 6 * DAY, every=4 * HOUR)
        assert len(desk.said(archived)) > 1
