"""Said once: the outbox. Intents are committed before writes, and a ticket is read back before every comment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from math import ceil

import structlog

from bot.core.arrange import told_in, without
from bot.core.doc import Doc
from bot.core.judge import judge
from bot.core.ledger import COMMAND, NOTICES, RULEBOOK, SPOKEN, Entry, rows_of_comment, turned
from bot.core.people import calendar_of, language_of, named
from bot.core.rulebook import Rulebook
from bot.core.sets import yet_to_set
from bot.core.steps import Part, Step, part
from bot.core.ticket import Moment, Ticket
from bot.engine import given
from bot.engine.aside import DOUBTS, lay_by, lay_by_doubtful, lay_by_refused, mended
from bot.engine.beyond import look_beyond, newly_tied
from bot.engine.control import heed_refusal, silent_now
from bot.engine.engine import Engine, Report
from bot.engine.fence import is_lost, state_of_sent, writing_of
from bot.engine.ledger import unknown_rows
from bot.engine.together import by_ticket, send_together, settle_together
from bot.engine.tracker import Ailing, Doubtful, Refused, Said, Throttled, TrackerError, Unreachable
from bot.engine.twins import read_back
from bot.store.errors import StoreError
from bot.store.tied import with_others
from bot.texts import text_hash

log = structlog.get_logger()


def settle(engine: Engine, now: Moment, report: Report) -> None:
    """Find out what became of steps whose write was begun and not confirmed, by a crash or a lost answer.

    Found on the ticket, or in a letter that has left: said. Not found after `settle_s`: held and the ticket judged
    again, so that what is still wished is said, and what is not is withdrawn. After `DOUBTS` in a row the ticket has
    a day's peace first.
    """
    for ticket_id, pending in _by_ticket(settle_together(engine, engine.store.pending(), now, report)).items():
        try:
            found = _found(read_back(engine, ticket_id, now, report))
        except Refused as error:
            _refuse(engine, pending, error, now, report)
            continue
        entries = [_confirmed(entry, found[entry.key], now) for entry in pending if entry.key in found]
        lost = [entry for entry in pending if entry.key not in found and is_lost(engine, entry.at, now)]
        engine.seam("before settle")
        with engine.store.transaction():
            engine.store.write_entries(entries)
            if entries:
                engine.doubts.pop(ticket_id, None)
                mended(engine, ticket_id)
            if lost and engine.doubts[ticket_id] >= DOUBTS:
                del engine.doubts[ticket_id]
                _refuse(engine, lost, Refused(f"{DOUBTS} writes to it did not take effect", "lost"), now, report)
            elif lost:
                because = "its write did not take effect"
                engine.store.write_entries([turned(entry, "held", because, now, not_before=now) for entry in lost])
                engine.store.judged({ticket_id: now})
        engine.seam("after settle")
        report.doubtful += len(pending) - len(entries) - len(lost)


def deliver(engine: Engine, comments: Sequence[Sequence[Step]], now: Moment, report: Report) -> None:
    """Write each comment whose intents are already committed. One refused ticket does not stop the others.

    A tracker that goes away stops the rest: their intents are taken back and stay due. Raises `Unreachable` then.
    A bot told to stop takes the rest back too, and what it was to ask of somebody whose day has ended meanwhile.
    """
    comments = [*_alone(comments), *_without_letters(engine, comments, now, report)]
    for i, steps in enumerate(comments):
        if engine.stopping():
            _take_back(engine, comments[i:], now, "the bot was told to stop")
            return
        late = now if engine.clock is None else engine.clock()
        try:
            if because := silent_now(engine, project_of(steps[0]), now, report):
                _take_back(engine, [steps], now, because)
                continue
            if timely := _in_hours(engine, steps, late, now):
                _deliver_one(engine, timely, now, report)
        except Refused as error:
            _refuse(engine, _intended(engine, steps), error, now, report)
            heed_refused(engine, steps[0], error, now, report)
        except Doubtful:
            _doubt(engine, _begun(engine, steps), now, report)
        except Unreachable as error:
            _take_back(engine, comments[i:], now, *_away(error))
            raise
        except (TrackerError, StoreError):
            raise
        except Exception as error:  # a message that cannot be written is this ticket's trouble, not the others'
            unwritten = Refused(f"the message could not be written ({type(error).__name__})", "unwritten")
            _refuse(engine, _intended(engine, steps), unwritten, now, report)


def _alone(comments: Sequence[Sequence[Step]]) -> Iterator[Sequence[Step]]:
    return (steps for steps in comments if len(by_ticket(steps)) == 1)


def _without_letters(
    engine: Engine, comments: Sequence[Sequence[Step]], now: Moment, report: Report
) -> list[tuple[Step, ...]]:
    """Send as letters what is said together, and give what of it is to be said as comments after all.

    One ticket that cannot be read does not stop the others. Raises `Unreachable`, with all intents taken back.
    """
    steps = [step for entry in comments if len(by_ticket(entry)) > 1 for step in entry]
    if not steps or engine.stopping():
        return by_ticket(steps)
    wanted: list[Step] = []
    try:
        for each in by_ticket(_in_hours(engine, steps, now if engine.clock is None else engine.clock(), now)):
            rows = {entry.key: entry for entry in _intended(engine, each)}
            try:
                if because := silent_now(engine, project_of(each[0]), now, report):
                    _take_back(engine, [each], now, because)
                    continue
                ours = [step for step in each if step.key in rows]
                unsaid = _unsaid(engine, ours, rows, read_back(engine, each[0].ticket_id, now, report), now)
                wanted += _still_wished(engine, unsaid, rows, now, report)[0] if unsaid else []
            except Refused as error:
                _refuse(engine, _intended(engine, each), error, now, report)
            except (TrackerError, StoreError):
                raise
            except Exception as error:  # as where a ticket's steps are said alone
                unread = Refused(f"the message could not be written ({type(error).__name__})", "unwritten")
                _refuse(engine, _intended(engine, each), unread, now, report)
        left, waits = send_together(engine, wanted, now, report)
    except Unreachable as error:
        _take_back(engine, comments, now, *_away(error))
        raise
    for step in wanted:
        if step.key in waits:
            _take_back(engine, [(step,)], now, *waits[step.key])
    return _within_budgets(engine, by_ticket(left), now)


def _unsaid(
    engine: Engine, steps: Sequence[Step], rows: Mapping[str, Entry], before: Sequence[Said], now: Moment
) -> list[Step]:
    """Those of a ticket's steps that none of the bot's comments there says; the others are kept as said.

    What the ledger did not know of these comments, as it was put back from an older copy, is kept as well; then the
    steps are arranged anew with the next cycle.
    """
    found = _found(before)
    engine.store.write_entries([_confirmed(rows[key], found[key], now) for key in rows if key in found])
    unsaid = [step for step in steps if step.key not in found]
    missing = unknown_rows(engine.store, engine.book.site, steps[0].ticket_id, before)
    let_go = engine.store.spent([row.key for row in missing]) if missing else {}
    unknown = [row for row in missing if row.rule != COMMAND and row.key not in let_go]
    engine.store.write_entries(unknown)
    if not unknown or steps[0].rule in NOTICES:
        return unsaid
    _take_back(engine, [unsaid], now, "the ledger did not know all that was said here")
    return []


def _within_budgets(engine: Engine, comments: Sequence[tuple[Step, ...]], now: Moment) -> list[tuple[Step, ...]]:
    """What was to be one letter and is to be several comments, as far as people's budgets go; the rest tomorrow."""
    budget = engine.book.entries.manners.budget
    told = _told_today(engine, {step.key for steps in comments for step in steps}, now)
    kept: list[tuple[Step, ...]] = []
    for steps in comments:
        within = tuple(step for step in steps if told[step.to[0]] < budget)
        for step in steps:
            if step not in within:
                _leave_until_tomorrow(engine, step, now)
        asked = {step.to[0] for step in within}
        full = {person for step in within for person in step.to if person not in asked and told[person] >= budget}
        if within:
            kept.append(tuple(without(step, full) for step in within))
            told.update({person for step in kept[-1] for person in step.to})
    return kept


def _told_today(engine: Engine, ours: Set[str], now: Moment) -> Counter[str]:
    """How many messages today's others were, by whom they address: all but the steps of these keys."""
    today = engine.book.calendar.start_of_day(engine.book.calendar.day_of(now))
    others = [each for each in engine.store.spoken_since(today) if each.key not in ours]
    return Counter(told_in(others, engine.book))


def _leave_until_tomorrow(engine: Engine, step: Step, now: Moment) -> None:
    calendar = engine.book.calendar
    tomorrow = calendar.next_opening(calendar.end_of_day(calendar.day_of(now)))
    because = f"today's budget of messages is spent for {step.to[0]}"
    _take_back(engine, [(step,)], now, because, tomorrow - now)


def _for_others(engine: Engine, wished: Sequence[tuple[Step, Step]], now: Moment, report: Report) -> list[Step]:
    """The steps as they may be said now, each given as it was arranged and as it is wished since.

    For whom it was not arranged, nobody asked whether they are at work and have not heard enough today: whom a step
    asks anew may have it wait, and who is only told of it hears of it from their summary.
    """
    known = {arranged.key: set(arranged.to) for arranged, _ in wished}
    late = now if engine.clock is None else engine.clock()
    told: Counter[str] | None = None
    kept: list[Step] = []
    for arranged, step in wished:
        anew = () if step.urgent else tuple(person for person in step.to if person not in known[step.key])
        if anew and told is None and not engine.part:
            told = _told_today(engine, known.keys(), now)
        full = {person for person in anew if told and told[person] >= engine.book.entries.manners.budget}
        theirs = calendar_of(step.to[0], engine.book)
        if anew and engine.part:  # what others are asked meanwhile is not known here: it is arranged anew
            _take_back(engine, [(step,)], now, "whom it addresses has changed")
            report.held += 1
        elif step.to[0] in anew and not theirs.is_open(late):
            _take_back(engine, [(step,)], now, "quiet hours", theirs.next_opening(late) - now)
            report.held += 1
        elif step.to[0] in full:
            _leave_until_tomorrow(engine, step, now)
            report.held += 1
        else:
            away = {person for person in anew if not calendar_of(person, engine.book).is_open(late)}
            kept.append(without(step, {*arranged.left, *full, *away}))
    return kept


def _in_hours(engine: Engine, steps: Sequence[Step], late: Moment, now: Moment) -> list[Step]:
    """Those of a comment's steps that may be said as late as it has become; the others are taken back."""
    timely: list[Step] = []
    for step in steps:
        calendar = calendar_of(step.to[0], engine.book)
        if step.urgent or calendar.is_open(late):
            timely.append(step)
        else:
            _take_back(engine, [(step,)], now, "quiet hours", calendar.next_opening(late) - now)
    return timely


def yet_to_put(engine: Engine, steps: Sequence[Step], later: Collection[str] = ()) -> list[Step]:
    """Those of the steps of which the mirror does not show all fields as set, but for those on tickets of `later`."""
    those = [step for step in steps if step.ticket_id not in later]
    mirrored = {ticket.id: ticket for ticket in engine.store.tickets([step.ticket_id for step in those])}
    there = (step for step in those if step.ticket_id in mirrored)
    return [step for step in there if yet_to_set(mirrored[step.ticket_id], [step])]


def put_fields(engine: Engine, steps: Sequence[Step], now: Moment, report: Report) -> None:
    """Set the fields of steps that are still wished and whose message is held: nobody is disturbed by them.

    One refused ticket does not stop the others, and one whose answer was lost is judged again. Raises `Unreachable`.
    """
    for step in steps:
        if engine.stopping():
            return
        try:
            if silent_now(engine, project_of(step), now, report):
                continue
            _, sets = _still_wished(engine, [step], {}, now, report)
            if sets:
                engine.seam("before fields")
                engine.tracker.put(step.ticket_id, sets)
                engine.doubts.pop(step.ticket_id, None)
                _remember_given(engine, step.ticket_id, sets)
                engine.seam("after fields")
                log.info("set", ticket=step.ticket_key, rules=[step.rule], fields=sorted(sets))
        except Refused as error:
            lay_by_refused(engine, step.ticket_id, error, now)
            report.troubles.append(f"{step.ticket_key}: {error}")
            heed_refused(engine, step, error, now, report)
        except Doubtful:
            engine.store.judged({step.ticket_id: lay_by_doubtful(engine, step.ticket_id, now)})
            report.doubtful += 1
        except (TrackerError, StoreError):
            raise
        except Exception as error:  # one bad ticket never stops the rest; what it was is reported by type
            what = f"its fields could not be set ({type(error).__name__})"
            lay_by(engine, step.ticket_id, "unset", type(error).__name__, now)
            report.troubles.append(f"{step.ticket_key}: {what}")
            log.error("fields could not be set", ticket=step.ticket_key, error=type(error).__name__)


def _deliver_one(engine: Engine, steps: Sequence[Step], now: Moment, report: Report) -> None:
    ticket_id = steps[0].ticket_id
    rows = {entry.key: entry for entry in _intended(engine, steps)}
    before = read_back(engine, ticket_id, now, report)
    wanted = _unsaid(engine, steps, rows, before, now)
    sets: Mapping[str, str] = {}
    if wanted and wanted[0].rule not in NOTICES:
        wanted, sets = _still_wished(engine, wanted, rows, now, report)
    if not wanted:
        return
    to = tuple(dict.fromkeys(person for step in wanted for person in step.to))
    instead = dict.fromkeys(pair for step in wanted for pair in step.instead if pair[1] in engine.book.languages)
    doc = composed(engine, [part(step, place) for place, step in enumerate(wanted)], to, tuple(instead))
    unwritten = None if wanted[0].rule in NOTICES else onlookers(engine, wanted[0], to)
    if unwritten is not None:  # nothing is closed without a word; what disturbs nobody is set
        sets = {word: value for word, value in sets.items() if word != "state"}
    if sets:
        engine.seam("before fields")
        engine.tracker.put(ticket_id, sets)
        _remember_given(engine, ticket_id, sets)
        engine.seam("after fields")
    if unwritten is not None:
        raise unwritten
    if before and before[0].text_hash == text_hash(doc):
        _leave_said(engine, wanted, before[0], now)
        return
    engine.seam("before write")
    keys = [step.key for step in wanted]
    if {entry.key for entry in _intended(engine, wanted) if entry.at == now} != {*keys} or not engine.claim(
        keys, now
    ):
        log.warning("another process works on this database", ticket=wanted[0].ticket_key)
        return
    comment_id = engine.tracker.say(ticket_id, doc, keys, text_hash(doc))
    engine.seam("after write")
    state = state_of_sent(engine)
    said = rows_of_comment(wanted, state, now, engine.book.version)
    with writing_of(engine, state):
        engine.store.write_entries(
            [turned(entry, state, entry.because, now, comment_id=comment_id) for entry in said]
        )
    engine.doubts.pop(ticket_id, None)
    engine.seam("after commit")
    report.said.append(tuple(wanted))
    log.info("said", ticket=wanted[0].ticket_key, rules=[step.rule for step in wanted])


def onlookers(engine: Engine, step: Step, to: Sequence[str]) -> Refused | None:
    """Why the comment is not to be written: somebody addressed could not see it, or somebody from outside could."""
    project = project_of(step)
    if unseeing := [person for person in to if engine.tracker.sees(person, project) is False]:
        people = ", ".join(named(person, engine.book) or "" for person in unseeing)
        return Refused(f"the comment was not written, as it could not be seen by {people}", "unseen")
    if project in engine.tracker.exposed:
        [ticket] = engine.store.tickets([step.ticket_id])
        if ticket.reporter not in engine.book.languages:
            return Refused(
                "the comment was not written, as whoever created the ticket is none of the rulebook's people "
                "and would see it; see `comments`",
                "unseen",
            )
    return None


def _remember_given(engine: Engine, ticket_id: str, sets: Mapping[str, str]) -> None:
    if "owner" in sets:
        engine.given[ticket_id] = sets["owner"]
        given.note(engine.store, sets)


def _leave_said(engine: Engine, steps: Sequence[Step], last: Said, now: Moment) -> None:
    """Nothing is said twice in a row: steps that the bot's last comment says word for word count as said in it."""
    because = "the bot's last comment says the same"
    said = rows_of_comment(steps, "said", now, engine.book.version)
    engine.store.write_entries([turned(row, "said", because, now, comment_id=last.comment_id) for row in said])
    log.info("said before", ticket=steps[0].ticket_key, rules=[step.rule for step in steps])


def _still_wished(
    engine: Engine, steps: Sequence[Step], rows: Mapping[str, Entry], now: Moment, report: Report
) -> tuple[list[Step], Mapping[str, str]]:
    """Those of the steps that are wished on the ticket as it is now, and the fields yet to be set that go with them.

    `rows` are those of steps that are to be said.

    The mirror may be behind what people did, as far as the search index lags; what they did wins.
    """
    reading = engine.tracker.read([steps[0].ticket_id])
    if reading.troubles:
        raise Ailing(reading.troubles[0].what, why="unread")
    if not reading.tickets or reading.tickets[0].project not in engine.book.entries.projects:
        raise Refused("it is no longer there to be commented on", "gone")
    _mirror_ties(engine, reading.tickets[0], now)
    (ticket,) = engine.store.decided(reading.tickets[:1])
    look_beyond(engine, newly_tied(engine, [ticket]), now)
    desk = with_others(engine.desk(now), [ticket], engine.store, engine.book, now)
    wishes = judge(ticket, engine.book, now, desk)
    if wishes.on_hold:
        because = f"a person put the label {wishes.on_hold} on the ticket"
        held = [turned(rows[step.key], "held", because, now) for step in steps if step.key in rows]
        engine.store.write_entries(held)
        report.held += len(held)
        return [], {}
    now_wished = {step.key: step for step in wishes.steps}
    stale = [rows[step.key] for step in steps if step.key not in now_wished and step.key in rows]
    engine.store.write_entries([turned(entry, "withdrawn", "a person acted meanwhile", now) for entry in stale])
    report.withdrawn += len(stale)
    silent = {key: step.withheld for key, step in now_wished.items() if step.withheld is not None}
    held = [turned(rows[key], "held", because, now) for key, because in silent.items() if key in rows]
    engine.store.write_entries(held)
    report.held += len(held)
    wished = [(step, now_wished[step.key]) for step in steps if step.key in now_wished and step.key not in silent]
    wanted = _for_others(engine, wished, now, report) if rows else [step for _, step in wished]
    return wanted, yet_to_set(ticket, wanted)


def _mirror_ties(engine: Engine, ticket: Ticket, now: Moment) -> None:
    """Have the mirror know what a ticket is tied to now, which may change with others and leave it as it is.

    One that was in another project when the ticket was read last is known by its former key alone.
    """
    for known in engine.store.tickets([ticket.id]):
        if known.updated_ms == ticket.updated_ms and known.links != ticket.links:
            engine.store.put_tickets([ticket], engine.facts, now)


def composed(
    engine: Engine, parts: Sequence[Part], to: Sequence[str], instead: Sequence[tuple[str, str]] = ()
) -> Doc:
    """The comment that has these parts, in the order of their places, in the language of the first addressed.

    `instead` are pairs of one of them and an absent person in whose place they are told.
    """
    language, book = language_of(to, engine.book), engine.book
    return engine.messages.comment(
        [(each.say, each.values) for each in parts],
        language,
        to=to,
        why=[why for each in parts if _says_not_why(each) for why in _whys(each, language, book)],
        names=book.name,
        zone=book.calendar.timezone,
        bot_name=book.entries.manners.name.capitalize(),
        repeat=max(each.repeat for each in parts),
        instead=instead,
    )


def _says_not_why(said: Part) -> bool:
    """Whether a message leaves the reason to be told beside it; what the rulebook's notices are about is plain."""
    return "reason" not in said.values and said.rules != (RULEBOOK,)


def _whys(said: Part, language: str, book: Rulebook) -> list[tuple[str, str]]:
    if said.rules[0] not in book.whys:
        return [(said.rules[0], said.why)]
    return [(rule, book.name("why", rule, language)) for rule in said.rules]


def _intended(engine: Engine, steps: Sequence[Step]) -> list[Entry]:
    """The rows of those steps whose intent still stands: neither found said meanwhile nor withdrawn."""
    ledger = engine.store.entries(list(dict.fromkeys(step.ticket_id for step in steps)))
    rows = (ledger[step.ticket_id].get(step.key) for step in steps)
    return [entry for entry in rows if entry is not None and entry.state == "intended"]


def _begun(engine: Engine, steps: Sequence[Step]) -> list[Entry]:
    """The rows of steps whose answer was lost; where another process took over meanwhile, also those it said."""
    if state_of_sent(engine) == "said":
        return _intended(engine, steps)
    ledger = engine.store.entries(list(dict.fromkeys(step.ticket_id for step in steps)))
    rows = (ledger[step.ticket_id].get(step.key) for step in steps)
    return [entry for entry in rows if entry is not None and entry.state in SPOKEN]


def _found(said: Sequence[Said]) -> dict[str, Said]:
    return {key: comment for comment in said for key in comment.keys}


def _confirmed(entry: Entry, said: Said, now: Moment) -> Entry:
    return turned(entry, "said", entry.because, said.at or now, comment_id=said.comment_id)


def _by_ticket(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.ticket_id, []).append(entry)
    return grouped


def project_of(step: Step) -> str:
    """The project of a step's ticket."""
    return step.ticket_key.rpartition("-")[0]


def heed_refused(engine: Engine, step: Step, error: Refused, now: Moment, report: Report) -> None:
    """A refusal that is no stumbling over one ticket may tell of a permission taken away."""
    if not isinstance(error, Ailing):
        with suppress(TrackerError):  # what comes next finds out what is wrong with the tracker
            heed_refusal(engine, project_of(step), now, report)


def _refuse(engine: Engine, rows: Sequence[Entry], error: Refused, now: Moment, report: Report) -> None:
    """A refusal means quiet: the step is tried again when the ticket had its peace, not every cycle."""
    if not rows:
        return
    what = str(error)
    with engine.store.transaction():
        again = lay_by_refused(engine, rows[0].ticket_id, error, now)
        engine.store.write_entries([turned(entry, "held", what, now, not_before=again) for entry in rows])
        engine.store.judged({rows[0].ticket_id: again})
    report.troubles.append(f"{rows[0].ticket_key}: {what}")
    log.warning("refused", ticket=rows[0].ticket_key, reason=what)


def _doubt(engine: Engine, rows: Sequence[Entry], now: Moment, report: Report) -> None:
    """The answer to a write was lost. Nothing is repeated; `settle` looks for the comment in the next cycle."""
    if not rows:
        return
    with writing_of(engine, "doubtful"):
        engine.store.write_entries([turned(entry, "doubtful", "the answer was lost", now) for entry in rows])
    engine.doubts[rows[0].ticket_id] += 1
    report.doubtful += len(rows)
    log.warning("doubtful", ticket=rows[0].ticket_key)


def _away(error: Unreachable) -> tuple[str, int]:
    """Why nothing can be sent now, and for how many seconds at least."""
    if isinstance(error, Throttled):
        return "the tracker asked for patience", ceil(error.retry_after_s)
    return "the tracker is unreachable", 0


def _take_back(
    engine: Engine, comments: Sequence[Sequence[Step]], now: Moment, because: str, wait_s: int = 0
) -> None:
    """Nothing was sent for these comments: their steps are held, and their tickets due again."""
    again = now + wait_s
    rows = _intended(engine, [step for steps in comments for step in steps])
    with engine.store.transaction():
        engine.store.write_entries([turned(entry, "held", because, now, not_before=again) for entry in rows])
        engine.store.judged(dict.fromkeys((entry.ticket_id for entry in rows), again))
