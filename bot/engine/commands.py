"""Commands in comments: each is carried out once, if its author may, and answered once on its ticket.

Intent and decision are kept in the store; the answer's key holds the comment's id, so that what was answered is
known from the ticket itself where the store is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

import structlog

from bot.core.commands import ORDERS, UNKNOWN_WORD, as_told, with_decisions
from bot.core.effects import Effect, Reason, effect_of, is_for_coordinators, last_day, may_decide, yet_to_do
from bot.core.hush import acknowledged_until, snoozed_until
from bot.core.judge import look, status_values
from bot.core.ledger import COMMAND, decided, row, turned
from bot.core.people import language_of
from bot.core.steps import At, Because, Day, Lines, Name, Occasion, Step, Value, key_of
from bot.core.ticket import Command, Message, Moment, Ticket
from bot.engine.aside import lay_by_doubtful, lay_by_refused
from bot.engine.control import is_silenced, may_let_go, silences, silent_now, why_silent
from bot.engine.deliver import onlookers
from bot.engine.desk import absence_problem, absent
from bot.engine.engine import Engine, Report
from bot.engine.fence import is_unsure, state_of_sent, writing_of
from bot.engine.ledger import row_read_back
from bot.engine.tracker import Ailing, Doubtful, Refused, Said, TrackerError
from bot.engine.twins import read_back
from bot.store.store import CommandRow, StoreError
from bot.texts import text_hash

log = structlog.get_logger()

SINCE = "commands since"
"""The note of since when the bot hears commands: what was written before is none of its business.

It is empty while the desk is on observe.
"""

STALE_S = 7 * 24 * 3600
"""The age from which a command is no longer carried out, in seconds."""

_GRANTED, _REFUSED, _ANSWERED = "granted", "refused", "answered"


def heed_commands(engine: Engine, now: Moment, report: Report) -> None:
    """Carry out and answer the commands that are yet to be settled, ticket by ticket in the order they were written.

    One ticket's trouble does not stop the others. Raises `Unreachable`, upon which all that is left waits. So it does
    as long as the answers of a process that ended may still arrive.
    """
    if is_unsure(engine, now):
        return
    since = engine.store.note(SINCE)
    if engine.book.entries.manners.observe:
        _observe(engine, since, now)
        return
    if not since:
        engine.store.set_note(SINCE, str(now))
    rows = [each for each in engine.store.unsettled_commands() if each.not_before is None or each.not_before <= now]
    if rows and silences(engine.store):
        rows = list(_heard(engine, rows))
    by_ticket = sorted(rows, key=lambda each: (each.ticket_id, each.at))
    for ticket_id, found in groupby(by_ticket, key=lambda each: each.ticket_id):
        if engine.stopping():
            return
        pending = list(found)
        try:
            _heed(engine, ticket_id, pending, int(since or now), now, report)
        except Refused as error:
            _leave(engine, ticket_id, pending, error, now, report)
        except Doubtful:
            _put_off(engine, ticket_id, pending, lay_by_doubtful(engine, ticket_id, now))
            report.doubtful += 1
        except (TrackerError, StoreError):
            raise
        except Exception as error:  # one bad ticket never stops the rest; what it was is reported by type
            failed = Ailing(f"a command could not be carried out ({type(error).__name__})", why="unwritten")
            _leave(engine, ticket_id, pending, failed, now, report)


def _heard(engine: Engine, rows: Sequence[CommandRow]) -> Iterator[CommandRow]:
    """The commands that are heard in silence: those of other projects, and on the control ticket to let go."""
    tickets = {each.id: each for each in engine.store.tickets(sorted({row.ticket_id for row in rows}))}
    for each in rows:
        ticket = tickets.get(each.ticket_id)
        if ticket is None:
            if not is_silenced(engine):
                yield each
            continue
        command = next((said.command for said in ticket.messages if said.id == each.comment_id), None)
        if not why_silent(engine, ticket.project) or _lets_go(engine, ticket, command):
            yield each


def _lets_go(engine: Engine, ticket: Ticket, command: Command | None) -> bool:
    return command is not None and command.word == "unhold" and may_let_go(engine, ticket)


def _observe(engine: Engine, since: str | None, now: Moment) -> None:
    """Settle the commands that nothing was begun for, so that they are not carried out once the desk is live.

    Those read only after that were written before the bot began to hear.
    """
    if since != "":
        engine.store.set_note(SINCE, "")
    fresh = [each for each in engine.store.unsettled_commands() if each.granted is None and each.not_before is None]
    if fresh:
        _settle(engine, fresh, None, "the desk is on observe", now)


def _leave(
    engine: Engine, ticket_id: str, rows: Sequence[CommandRow], error: Refused, now: Moment, report: Report
) -> None:
    """Leave a ticket's commands until it had its peace."""
    _put_off(engine, ticket_id, rows, lay_by_refused(engine, ticket_id, error, now))
    report.troubles.append(f"{ticket_id}: {error}")
    log.warning("command refused", ticket_id=ticket_id, reason=str(error))


def _put_off(engine: Engine, ticket_id: str, rows: Sequence[CommandRow], again: Moment) -> None:
    """Leave alone until then those of these commands that are not settled meanwhile."""
    if left := _left_of(engine, ticket_id, rows):
        engine.store.put_commands([each._replace(not_before=again) for each in left])


def _left_of(engine: Engine, ticket_id: str, rows: Sequence[CommandRow]) -> list[CommandRow]:
    """Those of these commands that are not settled meanwhile, as they are kept now."""
    ids = {each.comment_id for each in rows}
    known = [each for each in engine.store.commands([ticket_id]) if each.comment_id in ids]
    return [each for each in known if each.settled_at is None]


def _heed(
    engine: Engine, ticket_id: str, rows: Sequence[CommandRow], since: Moment, now: Moment, report: Report
) -> None:
    mirrored = engine.store.tickets([ticket_id])
    if not mirrored:
        if ticket_id not in engine.store.seen([ticket_id]):
            _settle(engine, rows, None, "the ticket is not there", now)
        return
    standing = engine.book.states[mirrored[0].state].standing if mirrored[0].state in engine.book.states else None
    old = [each for each in rows if each.at < since or now - each.at > STALE_S]
    if len(old) == len(rows) and standing == "closed":
        _settle(engine, old, None, "it was written before the bot came", now)
        return
    answered = _answers(engine, ticket_id, read_back(engine, ticket_id, now, report))
    for each in rows:
        if each.comment_id in answered:
            key, said = answered[each.comment_id]
            with engine.store.transaction():
                _settle(engine, [each], key.split("/")[4] == _GRANTED, "read back from its answer", now)
                engine.store.write_entries([row_read_back(key, ticket_id, said, None)])
        elif (granted := _settled_once(engine, each)) is not None:
            _settle(engine, [each], granted, "it was settled, and purged since", now)
        elif each in old:
            _settle(engine, [each], each.granted, "it was written before the bot came, or too long ago", now)
        else:
            _carry_out(engine, each, now, report)


def _carry_out(engine: Engine, told: CommandRow, now: Moment, report: Report) -> None:
    """Decide on one command on the ticket as it is now, do it, and answer it."""
    reading = engine.tracker.read([told.ticket_id])
    if reading.troubles:
        raise Ailing(reading.troubles[0].what, why="unread")
    if not reading.tickets or reading.tickets[0].project not in engine.book.entries.projects:
        _settle(engine, [told], None, "the ticket is not there", now)
        return
    ticket = engine.store.decided(reading.tickets)[0]
    message = next((each for each in ticket.messages if each.id == told.comment_id), None)
    if message is None or message.command is None:
        _settle(engine, [told], None, "the comment tells nothing any more", now)
        return
    if silent_now(engine, ticket.project, now, report) and not _lets_go(engine, ticket, message.command):
        return
    command = message.command
    if command.word == UNKNOWN_WORD:
        values: dict[str, Value] = {"words": _words(message, engine)}
        values |= {} if command.value is None else {"meant": Name("command", command.value)}
        _answer(engine, told, message, ticket, "command_unclear", _ANSWERED, values, now, report)
        return
    values = {"command": Name("order", _written(command))}
    effect = _allowed(engine, told, message, ticket, now)
    if isinstance(effect, Effect) and told.granted:
        left = yet_to_do(effect, ticket, message.at)
        values |= {"undone": "yes"} if (left.sets, left.into) != (effect.sets, effect.into) else {}
        effect = left
    if isinstance(effect, Effect) and (effect.sets or effect.into):
        engine.store.put_commands([told._replace(granted=True)])
        engine.seam("before command")
        effect = _put(engine, effect, ticket, command, message.at, now, values)
        engine.seam("after command")
    if not isinstance(effect, Effect):
        engine.store.put_commands([told._replace(granted=False)])
        values[f"by_{effect}"] = "yes"
        if effect == "date" and command.word == "snooze":
            values["until"] = Day(last_day(engine.book, engine.book.calendar.day_of(message.at)))
        _answer(engine, told, message, ticket, "command_refused", _REFUSED, values, now, report)
        return
    granted = with_decisions(ticket, {message.id: True})
    if command.word == "status":
        say, rung, values = "command_status", _ANSWERED, dict(_status(granted, engine, now))
    elif command.word == "help":
        say, rung, values = "command_help", _ANSWERED, {"words": _words(message, engine)}
    else:
        say, rung = "command_done", _GRANTED
        values |= {"already": "yes"} if effect.already and not told.granted else {}  # else it was the bot itself
        values |= _until(command, granted, engine, now)
    _answer(engine, told, message, ticket, say, rung, values, now, report)


def _allowed(engine: Engine, told: CommandRow, message: Message, ticket: Ticket, now: Moment) -> Effect | Reason:
    """What a command does, if its author may do that: by their role in the rulebook, and by Jira at this moment.

    An absence is kept at once.
    """
    who, command, book = message.who, message.command, engine.book
    if who is None or command is None:
        return "doubt"
    if is_for_coordinators(command):
        view = look(ticket, book, now, engine.desk(now)).view
        if not may_decide(who, view):
            return "role"
    may = engine.tracker.may(who, ORDERS[command.word].permissions, ticket.key)
    if may is None:
        return "doubt"
    if not may:
        return "permission"
    effect = effect_of(command, ticket, book, message.at, now)
    if command.word != "absent" or not isinstance(effect, Effect):
        return effect
    if who not in book.languages:
        return "person"
    first, last = (date.fromisoformat(day) for day in (command.value or "").split("/"))
    if absence_problem(who, first, last, (), book) is not None:
        return "date"
    if not told.granted:  # else it is kept, or was taken back since
        with engine.store.transaction():
            absent(engine.store, who, first, last, (), now)
            engine.store.put_commands([told._replace(granted=True)])
    return effect


def _put(
    engine: Engine,
    effect: Effect,
    ticket: Ticket,
    command: Command,
    told_at: Moment,
    now: Moment,
    values: dict[str, Value],
) -> Effect | Reason:
    """Set what the command asks for in one go; where no way leads to a closed state, the fields at least."""
    for state in effect.into:
        try:
            engine.tracker.put(ticket.id, {**effect.sets, "state": state})
            return effect
        except Ailing:
            raise
        except Refused as error:
            log.info("state not reached", ticket=ticket.key, reason=str(error))
    if effect.into:
        values["unclosed"] = "yes"
    if not effect.sets:
        return "state"
    try:
        engine.tracker.put(ticket.id, effect.sets)
    except Ailing:
        raise
    except Refused as error:
        log.info("command not possible", ticket=ticket.key, reason=str(error))
        return "state"
    return effect


def _answer(
    engine: Engine,
    told: CommandRow,
    message: Message,
    ticket: Ticket,
    say: str,
    rung: str,
    values: Mapping[str, Value],
    now: Moment,
    report: Report,
) -> None:
    """Write the answer as a comment, and settle the command with it."""
    occasion = Occasion(message.id, message.at, rung)
    step = Step(
        key=key_of(engine.book.site, ticket.id, COMMAND, occasion),
        ticket_id=ticket.id,
        ticket_key=ticket.key,
        rule=COMMAND,
        occasion=occasion,
        say=say,
        to=(message.who,) if message.who else (),
        due_at=message.at,
        because=Because("a person told the bot so in a comment"),
        values=values,
    )
    doc = engine.messages.comment(
        [(say, values)],
        language_of(step.to, engine.book),
        to=step.to,
        why=[],
        names=engine.book.name,
        zone=engine.book.calendar.timezone,
        bot_name=engine.book.entries.manners.name.capitalize(),
    )
    unwritten = onlookers(engine, step, step.to)
    if unwritten is not None:
        _settle(engine, [told], rung == _GRANTED, f"{rung}, not answered: {unwritten}", now)
        engine.store.judged({ticket.id: now})
        lay_by_refused(engine, ticket.id, unwritten, now)
        report.troubles.append(f"{ticket.key}: {unwritten}")
        log.warning("command not answered", ticket=ticket.key, reason=str(unwritten))
        return
    intended = row(step, "intended", decided(step), now, engine.book.version)
    engine.seam("before answer")
    try:
        comment_id = engine.tracker.say(ticket.id, doc, [step.key], text_hash(doc))
    except Doubtful:
        if state_of_sent(engine) == "doubtful":  # else the command is not settled, and the answer is looked for
            with writing_of(engine, "doubtful"):
                engine.store.write_entries([turned(intended, "doubtful", "the answer was lost", now)])
        raise
    engine.seam("after answer")
    engine.doubts.pop(ticket.id, None)
    state = state_of_sent(engine)
    with writing_of(engine, state), engine.store.transaction():
        if left := [told] if state == "said" else _left_of(engine, ticket.id, [told]):  # what another decided stands
            _settle(engine, left, rung == _GRANTED, f"{rung}: {say}", now)
        engine.store.write_entries([turned(intended, state, intended.because, now, comment_id=comment_id)])
        engine.store.judged({ticket.id: now})
    engine.seam("after settled")
    report.said.append((step,))
    log.info("command", ticket=ticket.key, word=message.command.word if message.command else "", outcome=rung)


def _settle(engine: Engine, rows: Sequence[CommandRow], granted: bool | None, because: str, now: Moment) -> None:
    engine.store.put_commands([each._replace(granted=granted, because=because, settled_at=now) for each in rows])


def _answers(engine: Engine, ticket_id: str, said: Sequence[Said]) -> dict[str, tuple[str, Said]]:
    """The answers found on the ticket, with their keys, by the ids of the comments that they answer."""
    ours = f"{engine.book.site}/{ticket_id}/{COMMAND}/"
    return {
        key.removeprefix(ours).partition("@")[0]: (key, comment)
        for comment in said
        for key in comment.keys
        if key.startswith(ours)
    }


def _settled_once(engine: Engine, told: CommandRow) -> bool | None:
    """Whether a command was granted of which only the hash of its answer's key is kept; None where none is."""
    occasions = (Occasion(told.comment_id, told.at, rung) for rung in (_GRANTED, _REFUSED, _ANSWERED))
    keys = {key_of(engine.book.site, told.ticket_id, COMMAND, each): each.rung == _GRANTED for each in occasions}
    return next((keys[key] for key in engine.store.spent(keys)), None)


def _written(command: Command) -> str:
    return command.word if command.value is None else f"{command.word} {command.value}"


def _words(message: Message, engine: Engine) -> Lines:
    """All commands with what they do, in the language of whom it answers."""
    language = language_of((message.who,) if message.who else (), engine.book)
    name = engine.book.entries.manners.name
    lines = (f"{as_told(word, language, name)} – {order.tells[language]}" for word, order in ORDERS.items())
    return Lines(tuple(lines))


def _until(command: Command, ticket: Ticket, engine: Engine, now: Moment) -> dict[str, Value]:
    if command.word not in ("acknowledge", "snooze"):
        return {}
    view = look(ticket, engine.book, now, engine.desk(now)).view
    until = snoozed_until(view) if command.word == "snooze" else acknowledged_until(view)
    return {} if until is None else {"until": At(until)}


def _status(ticket: Ticket, engine: Engine, now: Moment) -> Mapping[str, Value]:
    judged = look(ticket, engine.book, now, engine.desk(now))
    values = dict(status_values(judged))
    if (until := snoozed_until(judged.view)) is not None:
        values["until"] = At(until)
    return values
