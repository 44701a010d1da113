"""What is kept of the desk between requests is what judging all of it anew would give."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from small_desk import SECTIONS, at, book, ticket
from web_desk import HANDED, NOW, RULES, TEXTS, TICKETS, filled

from bot.core.judge import look
from bot.core.ticket import Ticket
from bot.store.store import Store
from bot.web.snapshot import Snapshot, judgement_of, line_of
from bot.web.source import Source

LAW = {
    "name": "law.answer",
    "why": "The law gives some working days.",
    "basis": "LAW § 1",
    "source": "the book",
    "when": {"category": "LAW"},
    "counts_from": "registered",
    "within": "2wd",
}
WITH_LAW = book(fields=SECTIONS["fields"] | {"registered": "r"}, deadlines=[LAW])
CASES = (
    *TICKETS,
    ticket(*HANDED, "mon 09:30 bob state asking", id="11"),
    ticket(*HANDED, "mon 09:30 bob says", "tue 14:00 bob state asking", id="12"),
    ticket(*HANDED, priority="high", id="13"),
    ticket(id="14", category="LAW", fields={"registered": "2026-11-16"}),
)
MOMENTS = ("mon 09:00", "mon 12:00", "mon 13:00", "mon 13:01", "tue 09:00", "tue 17:00", "thu 00:00", "2 mon 12:00")


@pytest.mark.parametrize("told", CASES, ids=lambda told: told.id)
@pytest.mark.parametrize("judged", ["mon 10:00", "tue 15:00"])
def test_how_it_stands_later_is_as_though_it_were_judged_then(told: Ticket, judged: str) -> None:
    kept = judgement_of(look(told, WITH_LAW, at(judged)))
    for when in (moment for moment in MOMENTS if at(moment) >= at(judged)):
        anew = judgement_of(look(told, WITH_LAW, at(when)))
        assert (kept is None) == (anew is None)
        if kept is not None and anew is not None:
            lines = [line_of(each, WITH_LAW, at(when)) for each in (kept, anew)]
            facts = [(line.stands, line.promise and (line.promise.name, line.promise.due_at)) for line in lines]
            assert facts[0] == facts[1], when
            assert lines[0].since <= at(when) < lines[0].until


def test_every_standing_comes() -> None:
    judged = [judgement_of(look(told, WITH_LAW, at("tue 09:00"))) for told in CASES]
    stands = Counter(line_of(each, WITH_LAW, at("tue 09:00")).stands for each in judged if each is not None)
    assert set(stands) == {"breached", "at risk", "paused", "on track", "none", "solved"}


def snapshot(store: Store) -> tuple[Snapshot, list[float]]:
    """A snapshot that asks what changed at every reading, and its rests."""
    rests: list[float] = []
    source = Source(store, lambda: RULES, lambda: TEXTS, lambda: NOW)
    return Snapshot(source, rest=rests.append, fresh_s=0.0), rests


def keys(kept: Snapshot) -> list[str]:
    return [line.ticket.key for line in kept.read(NOW).lines]


def test_only_what_changed_is_judged_again() -> None:
    with filled() as store:
        kept, rests = snapshot(store)
        before = {line.ticket.id: line for line in kept.read(NOW).lines}
        assert sorted(before) == ["1", "2", "3", "4", "6"]
        store.put_tickets([ticket(*HANDED, id="2", key="ABC-2", updated_ms=5)], "facts", NOW)
        store.gone(["1"], NOW)
        store.judged({"3": NOW + 60})
        after = {line.ticket.id: line for line in kept.read(NOW).lines}
        assert sorted(after) == ["2", "3", "4", "6"]
        assert sorted(each for each in after if after[each] is not before[each]) == ["2", "3"]
        assert rests == []


def test_many_are_judged_beside_requests_with_rests() -> None:
    tickets = [ticket(*HANDED, id=str(n), key=f"ABC-{n}") for n in range(1000, 1260)]
    with filled(tickets) as store:
        kept, rests = snapshot(store)
        read = threading.Event()
        kept.rest = lambda seconds: (rests.append(seconds), read.wait(10.0))
        first = kept.read(NOW, wait_s=0.0)
        read.set()
        assert first.done <= 50 < first.total == 260
        for _ in range(100):
            if (reading := kept.read(NOW, wait_s=0.1)).whole:
                break
        assert (reading.done, len(reading.lines), len(rests)) == (260, 260, 6)
        kept.close()
