"""The protections of the bot, each with how it is switched off from outside: nothing in the product knows of this."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import time
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import yaml
from msgspec.structs import replace as replaced

from bot.core.calendar import Calendar
from bot.core.letters import LetterRow
from bot.core.ticket import Moment
from bot.engine.control import HEED_S, SILENCED
from bot.engine.engine import Engine
from bot.engine.restraint import RESTRAINT
from bot.engine.sent_once import OnceMailer
from bot.engine.tracker import Reading, Refused, Said
from bot.jira.tracker import JiraTracker
from bot.store.store import Store
from simulation.events import KINDS, Event, Schedule
from simulation.laws import Invariants
from simulation.office import book_of
from simulation.runs import Outcome, read, run, shrunk, written
from simulation.schedules import schedule

_TICKETS, _DAY = 10, 24 * 3600
_KEPT = Path(__file__).with_suffix(".yaml")


class Protection(NamedTuple):
    """A protection: what it promises, the words of the law that notices its lack, and what takes it from an engine.

    `provokes` are events that need it, with how many come in a day and what they hold; `manners` those of a rulebook
    in which it matters more than in the shipped one. `unasked` are laws that ask for the
    protection itself, where others are to notice what comes of its lack. Without `mail` letters are comments.
    """

    promises: str
    law: str
    off: Callable[[Engine], Engine]
    provokes: tuple[tuple[str, float, dict[str, Any]], ...] = ()
    manners: Mapping[str, int] = {}
    unasked: frozenset[str] = frozenset()
    mail: bool = True


class Without:
    """A store, some of whose answers or writes are other ones."""

    def __init__(self, store: Store, **instead: Any) -> None:
        self._store, self._instead = store, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead[name] if name in self._instead else getattr(self._store, name)


def _tracker(engine: Engine) -> JiraTracker:
    assert isinstance(engine.tracker, JiraTracker)
    return engine.tracker


def _without(engine: Engine, **instead: Any) -> Engine:
    engine.store = Without(engine.store, **instead)  # type: ignore[assignment]
    return engine


def _manners(engine: Engine, **manners: Any) -> Engine:
    entries = engine.book.entries
    changed = entries.manners.model_copy(update=manners)
    engine.book = replace(engine.book, entries=entries.model_copy(update={"manners": changed}))
    return engine


def _no_read_back(engine: Engine) -> Engine:
    """No comment of the bot's own is ever found."""
    tracker = _tracker(engine)
    tracker.said = lambda ticket_id: ()  # type: ignore[method-assign]
    return engine


def _no_journal(engine: Engine) -> Engine:
    """Which letters were begun is in the database alone."""
    if isinstance(engine.post.mailer, OnceMailer):
        engine.post = replace(engine.post, mailer=engine.post.mailer.mailer)
    engine.journal = None
    return engine


def _no_intent(engine: Engine) -> Engine:
    """The intent of a letter is in memory only, and lost with the process, and no journal is kept."""
    _no_journal(engine)
    store, unwritten = engine.store, dict[str, LetterRow]()

    def write_letters(rows: Sequence[LetterRow]) -> None:
        unwritten.update((row.key, row) for row in rows if row.state == "intended")
        kept = [row for row in rows if row.state != "intended"]
        for row in kept:
            unwritten.pop(row.key, None)
        if kept:
            store.write_letters(kept)

    def letters(keys: Sequence[str]) -> Mapping[str, LetterRow]:
        return {**store.letters(keys), **{key: row for key, row in unwritten.items() if key in keys}}

    return _without(engine, write_letters=write_letters, letters=letters)


def _no_overlap(engine: Engine) -> Engine:
    """A poll looks back no further than the mark, while some tickets are indexed later than others."""
    engine.pace = replace(engine.pace, overlap_s=0)
    return engine


def _no_ceiling(engine: Engine) -> Engine:
    """Any number of comments goes out in a cycle, where one is allowed."""
    return _manners(engine, ceiling=1_000_000)


def _no_budget(engine: Engine) -> Engine:
    """Anybody gets any number of messages, where one a day is allowed."""
    return _manners(engine, budget=1_000_000)


def _no_ticket_budget(engine: Engine) -> Engine:
    """A ticket gets any number of comments, where one is allowed."""
    return _manners(engine, ticket_budget=1_000_000)


def _no_hold(engine: Engine) -> Engine:
    """Another label is looked for."""
    return _manners(engine, hold="hoopis muu")


class _Always(Calendar):
    """A calendar by which somebody is at work day and night; its amounts and dates are those of the real one."""

    __slots__ = ()

    def is_open(self, at: Moment) -> bool:
        return True


def _no_quiet_hours(engine: Engine) -> Engine:
    """Everybody may be spoken to at any time; clocks and deadlines run as they did."""
    return _calendars(engine, _Always)


def _calendars(engine: Engine, kind: type[Calendar]) -> Engine:
    names = [field.name for field in fields(Calendar)]
    others = {
        name: kind(**{each: getattr(calendar, each) for each in names})
        for name, calendar in engine.book.calendars.items()
    }
    engine.book = replace(engine.book, calendars=others)
    return engine


def _no_morning(engine: Engine) -> Engine:
    """The letters of the morning are due as the day begins."""
    return _manners(engine, summary_at=time(0))


def _no_hands(engine: Engine) -> Engine:
    """The bot does not see that people put labels on and take them off."""
    tracker, read = _tracker(engine), _tracker(engine).read

    def unchanged(ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        found = read(ids, came)
        hidden = [
            replaced(each, changes=tuple(one for one in each.changes if one.bot or one.field != "labels"))
            for each in found.tickets
        ]
        return Reading(tuple(hidden), found.missing, found.troubles)

    tracker.read = unchanged  # type: ignore[method-assign]
    return engine


def _late_looks(engine: Engine) -> Engine:
    """Every ticket is looked at again an hour too late."""
    judged = engine.store.judged

    def late(looks: Mapping[str, Moment | None]) -> None:
        judged({id_: None if look is None else look + 3600 for id_, look in looks.items()})

    return _without(engine, judged=late)


def _no_settling(engine: Engine) -> Engine:
    """What became of a write whose answer was lost is never looked after."""
    return _without(engine, pending=list)


def _no_rereading(engine: Engine) -> Engine:
    """Before a comment or a field the ticket is looked up in the mirror, and not read again."""
    tracker, store, pass_seam = _tracker(engine), engine.store, engine.seam
    read, changed = tracker.read, tracker.changed
    delivering: list[bool] = []

    def seam(name: str) -> None:
        if name == "after intent":
            delivering.append(True)
        pass_seam(name)

    def polled(since_ms: int | None, known: dict[str, int] | None = None) -> Any:
        delivering.clear()
        return changed(since_ms, known)

    def mirrored(ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        return Reading(tuple(store.tickets(ids)), (), ()) if delivering else read(ids, came)

    engine.seam = seam
    tracker.read, tracker.changed = mirrored, polled  # type: ignore[method-assign]
    return engine


def _no_said_before(engine: Engine) -> Engine:
    """The bot does not see that its last comment says the same."""
    tracker = _tracker(engine)
    said = tracker.said
    tracker.said = lambda id_: tuple(replace(each, text_hash="") for each in said(id_))  # type: ignore[method-assign]
    return engine


def _no_sweep(engine: Engine) -> Engine:
    """The desk is never compared as a whole, and tickets are deleted."""
    engine.pace = replace(engine.pace, reconcile_s=10**9)
    return engine


def _no_silence(engine: Engine) -> Engine:
    """The bot never knows that it was silenced."""
    note = engine.store.note
    return _without(engine, note=lambda name: None if name == SILENCED else note(name))


def _no_lease(engine: Engine) -> Engine:
    """What stood still for an hour before a write goes on as if nothing had been."""
    engine.lease = None
    return engine


def _no_patience(engine: Engine) -> Engine:
    """Whatever Jira asks for, requests go at once."""
    _tracker(engine).client.gate.enter = lambda call: None  # type: ignore[method-assign]
    return engine


def _no_kept_patience(engine: Engine) -> Engine:
    """What Jira asked for is in memory only, and lost with the process."""
    engine.store.set_note(RESTRAINT, "")
    _tracker(engine).client.gate.remember_in(lambda note: None)
    return engine


class _Known(dict[str, Moment]):
    """Moments of questions, by which each was asked just now."""

    def get(self, asked: str, long_ago: Moment) -> Moment:  # type: ignore[override]
        return long_ago + HEED_S


def _no_fresh_question(engine: Engine) -> Engine:
    """The off-switch is asked for by the sweep alone."""
    engine.asked = _Known()
    return engine


def _no_label(engine: Engine) -> Engine:
    """The control ticket's labels are hidden from the bot."""
    tracker, read, control = _tracker(engine), _tracker(engine).read, engine.book.entries.manners.control
    tracker.labels = lambda ticket_id: frozenset()  # type: ignore[method-assign]

    def unlabelled(ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        found = read(ids, came)
        tickets = (replaced(each, labels=frozenset()) if each.key == control else each for each in found.tickets)
        return Reading(tuple(tickets), found.missing, found.troubles)

    tracker.read = unlabelled  # type: ignore[method-assign]
    return engine


class _NoDoubt(Counter[str]):
    """Counts, and forgets."""

    def __getitem__(self, ticket_id: str) -> int:
        return 0


def _no_peace(engine: Engine) -> Engine:
    """How many writes to a ticket were in vain is not counted."""
    engine.doubts = _NoDoubt()
    return engine


def _no_rebuilding(engine: Engine) -> Engine:
    """What was said before the database began anew is not read from the tickets, but for what is to be said again."""
    tracker, said = _tracker(engine), _tracker(engine).said

    def known(ticket_id: str) -> tuple[Said, ...]:
        rows = engine.store.entries([ticket_id])[ticket_id]
        return tuple(each for each in said(ticket_id) if not rows.keys().isdisjoint(each.keys))

    tracker.said = known  # type: ignore[method-assign]
    return _without(engine, rebuilt=frozenset)


def _mute(engine: Engine) -> Engine:
    """The bot refuses itself each comment, and goes on as where Jira had."""

    def say(*_: object) -> str:
        raise Refused("never")

    _tracker(engine).say = say  # type: ignore[method-assign]
    return engine


class _Never(Calendar):
    """A calendar by which nobody is ever at work; its amounts and dates are those of the real one."""

    __slots__ = ()

    def is_open(self, at: Moment) -> bool:
        return False


def _always_night(engine: Engine) -> Engine:
    """Nobody may ever be spoken to; clocks and deadlines run as they did."""
    return _calendars(engine, _Never)


def _no_fields(engine: Engine) -> Engine:
    """What is to be set counts as set."""
    _tracker(engine).put = lambda ticket_id, sets: None  # type: ignore[method-assign]
    return engine


def _no_edits(engine: Engine) -> Engine:
    """What is to be edited counts as edited."""
    _tracker(engine).reword = lambda *_: None  # type: ignore[method-assign]
    return engine


def _no_answers(engine: Engine) -> Engine:
    """No command is ever left to be settled."""
    return _without(engine, unsettled_commands=list)


_KILLED = ("kill", 8.0, {"during": "after write"})
_FILLED = {"what": "ei ole teada"}
_HELP = {"what": "piletibot aita"}

PROTECTIONS: Mapping[str, Protection] = {
    "read-back": Protection(
        "the bot's comments are read back before each",
        "was said . times",
        _no_read_back,
        (_KILLED,),
        unasked=frozenset({"_read_back"}),
    ),
    "intent first": Protection(
        "what is to be sent is committed before it is sent",
        "a letter arrived . times",
        _no_intent,
        (("kill", 8.0, {"during": "after mail"}),),
    ),
    "journal of letters": Protection(
        "what was mailed is known though the database is put back or lost",
        "a letter arrived . times",
        _no_journal,
        (("backup", 6.0, {}), ("restored", 2.0, {})),
    ),
    "overlap": Protection(
        "each poll looks back five minutes",
        "is mirrored as of",
        _no_overlap,
        (("uneven lag", 2.0, {"n": 280, "for_s": _DAY}), ("comment", 150.0, {"n": 0})),
    ),
    "sweep": Protection(
        "the whole desk is compared with the mirror from time to time",
        "is mirrored, and is not there",
        _no_sweep,
        (("delete", 2.0, {}),),
    ),
    "ceiling": Protection(
        "too many comments at once are not sent", "comments in one cycle", _no_ceiling, manners={"ceiling": 1}
    ),
    "quiet hours": Protection("nobody is written to outside their hours", "outside their hours", _no_quiet_hours),
    "budget": Protection("nobody gets more messages in a day", "comments to", _no_budget, manners={"budget": 1}),
    "ticket budget": Protection(
        "no ticket gets more comments", "comments on", _no_ticket_budget, manners={"ticket_budget": 1}
    ),
    "hold label": Protection(
        "nothing is said on a ticket that a person holds", "that is held", _no_hold, (("hold", 6.0, {}),)
    ),
    "silence": Protection(
        "nothing is said while a person silences the bot",
        "everything is silenced",
        _no_silence,
        (("silence", 2.0, {"for_s": _DAY}),),
    ),
    "settling": Protection(
        "what became of a lost answer is looked after", "audit fails|is intended", _no_settling, (_KILLED,)
    ),
    "reading again": Protection(
        "a ticket is read again before anything is done to it", "was last read", _no_rereading
    ),
    "said before": Protection("nothing is said twice in a row", "says the same again", _no_said_before),
    "lease": Protection(
        "what stood still asks whether it may still send",
        "after it was read",
        _no_lease,
        (("stopped", 12.0, {"during": "before write", "for_s": 3600}),),
    ),
    "patience": Protection(
        "Jira is not asked before the patience is over that it asked for",
        "asked too early",
        _no_patience,
        (("failing", 12.0, {"what": "answer;429;;;3600;", "n": 1, "for_s": 3600}),),
    ),
    "kept patience": Protection(
        "what Jira asked for holds for the next process, too",
        "asked too early",
        _no_kept_patience,
        (("failing", 12.0, {"what": "answer;429;;;3600;", "n": 1, "for_s": 3600}), ("kill", 24.0, {})),
    ),
    "fresh question": Protection(
        "before a send the off-switch is asked for afresh",
        "its project being silent since",
        _no_fresh_question,
        (("property", 3.0, {"what": '{"silent": true}', "for_s": _DAY // 4}),),
    ),
    "label": Protection(
        "the label on the control ticket silences everything",
        "everything being silent by a label",
        _no_label,
        (("silence", 2.0, {"for_s": _DAY}),),
    ),
    "peace": Protection(
        "a ticket is left in peace after writes in vain",
        "is written to in vain",
        _no_peace,
        (("read only", 1.5, {"for_s": _DAY}),),
    ),
    "rebuilding": Protection(
        "what was said before the database began anew is known by the tickets",
        "comments on",
        _no_rebuilding,
        (("database lost", 2.0, {}),),
        {"ticket_budget": 1},
    ),
    "speech": Protection("what is to be said is said in the end", "is wished since .* not said", _mute),
    "opening": Protection("who was not at work hears of it in the end", "is wished since .* not said", _always_night),
    "fields": Protection("what a rule sets is set in the end", "what it sets is not set", _no_fields),
    "edits": Protection(
        "a comment says what is so now", "what it does not say in Jira", _no_edits, (("fill", 60.0, _FILLED),)
    ),
    "answers": Protection(
        "a command is carried out and answered in the end", "is not settled", _no_answers, (("command", 8.0, _HELP),)
    ),
    "hands": Protection(
        "what people did since counts, and is not done again",
        "is set over a person's change",
        _no_hands,
        (("unlabel", 60.0, {}),),
        {"budget": 1},
    ),
    "next look": Protection(
        "a ticket is looked at again when something may be otherwise", "is looked at again at", _late_looks
    ),
    "morning": Protection(
        "letters of the morning come at the desk's time", "before its time", _no_morning, mail=False
    ),
}
"""What is switched off in turn, by its name."""


def small(name: str, seed: int, days: int) -> Schedule:
    """A seed's schedule at a desk of ten tickets, which is looked at each half an hour, with what needs a protection.

    Where nobody but the bot makes trouble: what fails in other ways is left out.
    """
    protection, told, chance = PROTECTIONS[name], schedule(seed, days), Random(f"{name} {seed}")
    quiet = frozenset(name for name, kind in KINDS.items() if kind.working or not kind.per_week)
    manners = {**told.setting.manners, **protection.manners}
    people = [person.person for person in book_of(told.setting).entries.people]
    setting = msgspec.structs.replace(told.setting, poll_s=1800, control=True, mail=protection.mail, manners=manners)
    events = [event for event in told.events if (event.ticket or 0) <= _TICKETS and event.do in quiet]
    for do, per_day, given in protection.provokes:
        at = float(setting.starts_at + 8 * 3600)
        while (at := at + chance.expovariate(per_day / _DAY)) < setting.starts_at + days * _DAY:
            one = {"ticket": chance.randrange(1, _TICKETS + 1), "who": chance.choice(people), **given}
            one |= {"n": chance.randrange(100)} if do == "fill" else {}
            events.append(Event(at=int(at), do=do, **one))
    return Schedule(setting, tuple(sorted(events, key=lambda event: event.at)))


def kept() -> dict[str, Schedule]:
    """The schedule by which the lack of each protection is caught, by its name."""
    told = yaml.safe_load(_KEPT.read_text("utf-8"))
    return {name: read({"setting": each["setting"], "events": each["events"]}) for name, each in told.items()}


def lived(name: str, schedule: Schedule) -> Outcome:
    """Live through a schedule without a protection."""
    protection = PROTECTIONS[name]
    return run(schedule, lambda: Invariants(off=protection.unasked), protection.off)


def table() -> str:
    """The protections as docs/simulation.md tells of them: the days are those lived through, from seed 1 on."""
    lines = ["| protection | it promises that | without it | a law says | caught in seed | after days |"]
    lines.append("|---|---|---|---|---|---|")
    for name, told in yaml.safe_load(_KEPT.read_text("utf-8")).items():
        protection, seed = PROTECTIONS[name], told["seed"]
        without = (protection.off.__doc__ or "").partition("\n")[0].rstrip(".")
        law = protection.law.replace(".*", "…").replace(" . ", " N ").replace("|", " / ")
        days = (seed - 1) * told["setting"]["days"] + told["day"]
        cells = (name, protection.promises, without[:1].lower() + without[1:], law, str(seed), str(days))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def search(names: Sequence[str], seeds: range, days: int, most_s: float) -> Iterator[tuple[str, int, Outcome | None]]:
    """For each protection the first seed by which its lack is caught, and the smallest schedule that shows it."""
    for name in names:
        for seed in seeds:
            found = lived(name, small(name, seed, days))
            if found.failed is not None:
                assert run(found.schedule).failed is None, f"{name}: seed {seed} fails with the protection, too"
                yield name, seed, shrunk(found, most_s, lambda told, name=name: lived(name, told))  # type: ignore[misc]
                break
        else:
            yield name, -1, None


def main(arguments: Sequence[str]) -> None:
    """`python -m simulation.protections FROM:TO DAYS [NAME...]`: what is kept in protections.yaml, found anew."""
    first, last = map(int, arguments[0].split(":"))
    days, names = int(arguments[1]), arguments[2:] or list(PROTECTIONS)
    for name, seed, found in search(names, range(first, last), days, 4.0):
        if found is None:
            print(f"# {name}: not caught", flush=True)
            continue
        event = int((found.failed or "event 0").split()[1].rstrip(":"))
        events, begins = found.schedule.events, found.schedule.setting.starts_at
        at = events[min(event, len(events) - 1)].at if events else begins
        told = "".join("  " + line for line in written(found.schedule).splitlines(keepends=True))
        caught = yaml.safe_dump({"caught": found.failed}, width=10_000, allow_unicode=True).strip()
        day = (at - begins) // 86400 + 1
        print(f"{name}:\n  seed: {seed}\n  day: {day}\n  {caught}\n{told}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
