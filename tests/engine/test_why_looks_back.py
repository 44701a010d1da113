"""Looking back tells the daemon's own story: what it said then is what is explained of that moment afterwards."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

from desks import desk_over, rulebook

from bot.core.arrange import DeskState
from bot.core.explain import explain
from bot.core.ledger import COMMAND
from bot.core.past import as_of
from bot.demo import Demo, play
from bot.engine.desk import desk_of
from bot.sandbox.story import Stage, read_story
from bot.shipped import rules_folder
from bot.store.tied import as_it_was, with_others

DAYS = 5


def test_of_the_moment_of_each_comment_it_is_explained_that_it_would_be_said() -> None:
    book = rulebook(manners={"budget": 3})
    story = read_story(rules_folder() / "keskkonnaamet" / "demo", book, DAYS)
    with desk_over("cloud", at=story.starts_at) as desk, desk.bot(book=book) as bot:
        sandbox = SimpleNamespace(site=desk.site, world=desk.world)
        demo = Demo(story, Stage(desk.world, story, book), sandbox, desk.clock, bot.engine.tracker.client, bot.engine)
        play(demo, busy_s=1800)
        tickets = {ticket.id: ticket for ticket in bot.engine.store.open_tickets()}
        ledger = [row for row in bot.engine.store.ledger() if row.rule != COMMAND]
        people = desk_of(bot.engine.store, book)
        around = {
            row.key: as_it_was(with_others(people, [tickets[row.ticket_id]], bot.engine.store, book, row.at), row.at)
            for row in ledger
        }
    calendar, found = book.calendar, Counter[str]()
    for row in ledger:
        if row.state != "said":
            continue
        now = row.at
        then = as_of(tickets[row.ticket_id], now, now - 1)
        assert then is not None
        known = {each.key: each for each in ledger if each.ticket_id == row.ticket_id and each.at < now}
        today = calendar.start_of_day(calendar.day_of(now))
        spoken = tuple(each for each in ledger if each.state == "said" and today <= each.at < now)
        story_of_it = explain(then, book, known, DeskState(spoken), now, around[row.key])
        if any(rule.outcome == "hold" and rule.step is not None and rule.step.sets for rule in story_of_it.rules):
            # What a step sets whose message is held is set before anything is said, and the ticket read again before
            # its comment: an extract from the archive is routed, and its term is told to whom the new queue means.
            then = as_of(tickets[row.ticket_id], now)
            assert then is not None
            story_of_it = explain(then, book, known, DeskState(spoken), now, around[row.key])
        # In one comment for all that is missing several completeness rules speak, each with that step.
        speaking = [rule for rule in story_of_it.rules if rule.step is not None and rule.step.key == row.key]
        assert row.rule in {rule.rule for rule in speaking}
        for rule in speaking:
            assert rule.outcome == "say", rule.because
            assert rule.step is not None
            meant = dict.fromkeys(each.person for each in rule.step.to if each.person)
            assert [person for person in meant if person not in row.left] == list(row.to), row.rule
        found[row.rule] += 1
    assert found.total() > 30
    assert {"no-movement", "solution-reached-customer", "tier2-deadline", "it-support"} <= found.keys()
