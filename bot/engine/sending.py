"""Letters said once: by which way each reaches its person, and what became of it.

The intent is committed before each sending. What the mail server may have taken is never sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from bot.core.ledger import NOTICES
from bot.core.letter_kinds import LETTERS
from bot.core.letters import Letter, LetterRow
from bot.core.people import calendar_of
from bot.core.recipients import DIGEST
from bot.core.ticket import Moment, Ticket
from bot.engine.aside import lay_by_doubtful, lay_by_refused, mended, reaches_nothing
from bot.engine.control import all_silent_now, control_ticket, silent_now
from bot.engine.engine import Engine, Report
from bot.engine.fence import is_lost, state_of_sent, writing_of
from bot.engine.mailer import Lost, Mail, NotTaken, Unsent, mail_id
from bot.engine.tracker import Doubtful, Refused, TrackerError, Unreachable
from bot.engine.twins import read_back
from bot.letter_texts import Writing, comment
from bot.store.lease import Fenced
from bot.store.store import StoreError
from bot.texts import text_hash

log = structlog.get_logger()

SINCE = "letters since"
ASKED = "letters asked"
"""The note of until when each person is not asked about letters of the morning."""

SETTLED = frozenset(("said", "doubtful", "refused", "observed", "adopted"))
"""States of a letter that is not sent any more."""

WAITING = frozenset(("held", "batched", "released"))
"""States of a letter not yet sent."""

_DAY_S = 24 * 3600
_AGAIN_S = 300
_LATEST_AGAIN_S = 3600


class _Sent(NamedTuple):
    """A letter on its way, with its row."""

    letter: Letter
    row: LetterRow


def has_way(engine: Engine) -> bool:
    """Whether letters can reach anybody: by mail, or on the desk's ticket."""
    return (engine.post.mailer is not None and bool(engine.post.addresses)) or desk_ticket(engine) is not None


def desk_ticket(engine: Engine) -> Ticket | None:
    """The ticket on which letters are comments, as it is in the mirror: the control ticket, or another named."""
    key = engine.book.entries.manners.desk_ticket
    return control_ticket(engine) if key is None else engine.store.ticket_of(key)


def send(engine: Engine, wanted: Sequence[Letter], now: Moment, report: Report) -> dict[str, LetterRow]:
    """Send those of the letters that are not settled, and give what has become of all of them by their keys.

    More letters than the ceiling, those of the morning and notices not counted, are kept as a batch until a person
    releases it.
    """
    known = engine.store.letters([letter.key for letter in wanted])
    rows: dict[str, LetterRow] = {}
    ready: list[Letter] = []
    for letter in wanted:
        row = known.get(letter.key)
        if row is not None and (row.state in SETTLED or row.state == "batched" or (row.not_before or 0) > now):
            continue
        kept = _kept_back(engine, letter, now)
        if kept is None:
            ready.append(letter)
        else:
            rows[letter.key] = _row(letter, *kept, engine, now, row)
    crowd = [each for each in ready if _may_be_too_many(each) and _state(known, each) != "released"]
    if len(crowd) > engine.book.entries.manners.ceiling:
        because = "more letters than the ceiling allows"
        rows |= {each.key: _row(each, "batched", because, None, engine, now, known.get(each.key)) for each in crowd}
        report.batched += len(crowd)
        ready = [each for each in ready if each not in crowd]
        log.warning("ceiling reached, no letter of the batch is sent", letters=len(crowd))
    engine.store.write_letters(list(rows.values()))
    _send_each(engine, ready, known | rows, now, report)
    return engine.store.letters([letter.key for letter in wanted])


def _kept_back(engine: Engine, letter: Letter, now: Moment) -> tuple[str, str, Moment | None] | None:
    """The state, the reason, and until when, of a letter that is not to be sent now; None for one that is."""
    calendar = calendar_of(letter.to, engine.book)
    if letter.due_at < int(engine.store.note(SINCE) or 0):
        return "adopted", "due before this database began", None
    if engine.book.entries.manners.observe:
        return "observed", letter.because.why, None
    if not calendar.is_open(now):
        return "held", "quiet hours", calendar.next_opening(now)
    return None


def _send_each(
    engine: Engine, ready: Sequence[Letter], known: Mapping[str, LetterRow], now: Moment, report: Report
) -> None:
    away: str | None = None
    comments: dict[str, list[_Sent]] = {}
    try:
        for letter in ready:
            row = _row(letter, "intended", letter.because.why, None, engine, now, known.get(letter.key))
            late = now if engine.clock is None else engine.clock()
            calendar = calendar_of(letter.to, engine.book)
            if engine.stopping():
                _hold(engine, row, "the bot was told to stop", now, now)
            elif all_silent_now(engine, now, report):
                _hold(engine, row, "a person silenced the bot", now, now)
            elif not calendar.is_open(late):
                _hold(engine, row, "quiet hours", now, calendar.next_opening(late))
            elif not engine.post.reaches(letter.to):
                comments.setdefault(letter.to, []).append(_Sent(letter, row))
            elif away is not None:
                _hold(engine, row, away, now, now + _AGAIN_S)
            else:
                try:
                    away = _mail(engine, letter, row, now, report)
                except NotTaken:
                    comments.setdefault(letter.to, []).append(_Sent(letter, row))
    finally:
        if engine.post.mailer is not None:
            engine.post.mailer.close()
    for person, sent in comments.items():
        _say(engine, person, sent, now, report)


def _mail(engine: Engine, letter: Letter, row: LetterRow, now: Moment, report: Report) -> str | None:
    """Mail a letter; gives what is wrong where no other letter needs to be tried either.

    Raises `NotTaken` where it can be said on the desk's ticket instead.
    """
    assert engine.post.mailer is not None  # noqa: S101 - asked before
    mail = _made(engine, letter, row, now, report)
    if mail is None:
        return None
    row = msgspec.structs.replace(row, way="mail")
    engine.fence(True)
    engine.store.write_letters([row])
    engine.seam("before mail")
    fence_letter(engine, row)
    try:
        engine.post.mailer.send(mail)
    except Unsent as error:
        tries = row.tries + 1
        again = now + min(_LATEST_AGAIN_S, _AGAIN_S * 2 ** min(tries - 1, 10))
        _hold(engine, msgspec.structs.replace(row, tries=tries), str(error), now, again)
        report.troubles.append(f"a letter of the kind {letter.rule} could not be sent: {error}")
        log.warning("letter not sent", letter=letter.rule, reason=str(error))
        return str(error) if error.every else None
    except NotTaken as error:
        report.troubles.append(f"the letter of the kind {letter.rule} to {letter.to}: {error}")
        log.warning("letter not taken", letter=letter.rule, reason=str(error))
        engine.store.write_letters([turned(row, "refused", str(error), now)])
        if desk_ticket(engine) is not None:
            raise
    except Lost as error:
        engine.store.write_letters([turned(row, "doubtful", str(error), now)])
        report.doubtful += 1
        log.warning("letter doubtful", letter=letter.rule)
    else:
        engine.seam("after mail")
        _said(engine, letter, row, now, report)
    return None


def fence_letter(engine: Engine, row: LetterRow) -> None:
    """Ask whether a letter whose intent is kept may be sent. Raises Fenced, as `Engine.fence` does.

    Another process takes what was begun for sent, perhaps; that it was not is kept then, so that it goes after all.
    """
    try:
        engine.fence(True)
    except Fenced:
        with engine.store.guarded(None), engine.store.transaction():
            known = engine.store.letters([row.key]).get(row.key)
            if known is not None and known.state in ("intended", "doubtful"):
                because = "the bot stood still before it was sent"
                engine.store.write_letters([msgspec.structs.replace(known, state="held", because=because)])
                asked = json.loads(engine.store.note(ASKED) or "{}")
                asked.pop(row.to, None)
                engine.store.set_note(ASKED, json.dumps(asked, sort_keys=True))
        raise


def _made(engine: Engine, letter: Letter, row: LetterRow, now: Moment, report: Report) -> Mail | None:
    try:
        writing = _writing(engine, letter)
        return Mail(
            to=engine.post.addresses[letter.to],
            subject=writing.subject,
            plain=writing.plain,
            html=writing.html,
            id=mail_id(letter.key),
            at=now,
            language=writing.language,
        )
    except Exception as error:  # a letter that cannot be written does not stop the others
        _unwritten(engine, letter, row, error, now, report)
        return None


def _say(engine: Engine, person: str, sent: Sequence[_Sent], now: Moment, report: Report) -> None:
    """Say a person's letters in one comment on the desk's ticket, but for those that stand there already."""
    sent = [_Sent(letter, msgspec.structs.replace(row, way="comment")) for letter, row in sent]
    tomorrow = today_of(engine, person, now) + _DAY_S
    ticket = desk_ticket(engine)

    def hold(because: str, not_before: Moment) -> None:
        for _, row in sent:
            _hold(engine, row, because, now, not_before)

    if ticket is None or engine.book.entries.manners.hold in ticket.labels:
        hold("no mail for them, and no ticket of the desk's to write on", tomorrow)
        return
    if (again := reaches_nothing(engine, ticket.id, now)) is not None:
        hold("what is written does not reach the desk's ticket", again)
        return
    try:
        if because := silent_now(engine, ticket.project, now, report):
            hold(because, now)
            return
        if not _may_see(engine, person, ticket):
            hold(f"they may not see {ticket.key} or the comments there, or nobody can tell", tomorrow)
            return
        before = read_back(engine, ticket.id, now, report)
        keys = {key for said in before for key in said.keys}
        wanted = [each for each in sent if each.letter.key not in keys]
        doc = comment([_writing(engine, letter) for letter, _ in wanted]) if wanted else None
        if doc is not None and before and before[0].text_hash == text_hash(doc):
            wanted, doc = [], None  # the last comment there says the same
        engine.store.write_letters([row for _, row in sent])
        if doc is not None:
            engine.seam("before write")
            engine.tracker.say(ticket.id, doc, [letter.key for letter, _ in wanted], text_hash(doc))
            engine.seam("after write")
            engine.doubts.pop(ticket.id, None)
        state = state_of_sent(engine) if wanted else "said"
        with writing_of(engine, state):
            for letter, row in sent:
                _said(engine, letter, row, now, report, state)
        if wanted:
            mended(engine, ticket.id)
    except Refused as error:
        hold(str(error), lay_by_refused(engine, ticket.id, error, now))
        report.troubles.append(f"{ticket.key}: {error}")
    except Doubtful:
        with writing_of(engine, "doubtful"):
            again = lay_by_doubtful(engine, ticket.id, now)
            doubtful = [turned(row, "doubtful", "the answer was lost", now, again) for _, row in sent]
            engine.store.write_letters(doubtful)
        report.doubtful += len(sent)
    except Unreachable:
        hold("the tracker is unreachable", now)
        raise
    except (TrackerError, StoreError):
        raise
    except Exception as error:  # letters that cannot be written do not stop the others'
        for letter, row in sent:
            _unwritten(engine, letter, row, error, now, report)


def settle_letters(engine: Engine, now: Moment, report: Report) -> None:
    """Find out what became of letters whose sending was begun and not confirmed.

    A mail may have gone out: it is doubtful for ever. A comment is looked for, and where it is not, said again.
    Digests are settled where they are sent.
    """
    begun = [row for row in engine.store.letters_in({"intended", "doubtful"}) if row.rule != DIGEST]
    mails = [row for row in begun if row.way == "mail" and row.state == "intended"]
    engine.store.write_letters([turned(row, "doubtful", "the bot stopped while it was sent", now) for row in mails])
    report.doubtful += len(mails)
    if comments := [row for row in begun if row.way == "comment"]:
        _look_for(engine, comments, now, report)


def _look_for(engine: Engine, begun: Sequence[LetterRow], now: Moment, report: Report) -> None:
    """Look for letters on the desk's ticket; where it cannot be read, before they are said again."""
    lost = [row for row in begun if is_lost(engine, row.at, now)]
    ticket = desk_ticket(engine)
    if ticket is None:
        for row in lost:
            tomorrow = today_of(engine, row.to, now) + _DAY_S
            _hold(engine, row, "there is no ticket of the desk's to look for it on", now, tomorrow)
        return
    try:
        keys = {key for said in read_back(engine, ticket.id, now, report) for key in said.keys}
    except Refused as error:
        report.troubles.append(f"{ticket.key}: {error}")
        again = lay_by_refused(engine, ticket.id, error, now)
        for row in lost:
            _hold(engine, row, str(error), now, again)
        return
    for row in begun:
        if row.key in keys:
            engine.store.write_letters([turned(row, "said", row.because, now)])
        elif row in lost:
            _hold(engine, row, "its write did not take effect", now, max(now, row.not_before or 0))


def _may_see(engine: Engine, person: str, ticket: Ticket) -> bool:
    """Whether a person is known to see a ticket and the bot's comments there: what cannot be asked counts as no."""
    sees_it = engine.tracker.may(person, ("see",), ticket.key) is True
    return sees_it and engine.tracker.sees(person, ticket.project) is True


def _writing(engine: Engine, letter: Letter) -> Writing:
    return Writing(letter, engine.messages, engine.book, engine.post.browse)


def _said(engine: Engine, letter: Letter, row: LetterRow, now: Moment, report: Report, state: str = "said") -> None:
    engine.store.write_letters([turned(row, state, row.because, now)])
    report.letters.append(letter)
    log.info("letter sent", letter=letter.rule, way=row.way)


def _unwritten(engine: Engine, letter: Letter, row: LetterRow, error: Exception, now: Moment, report: Report) -> None:
    what = f"the letter could not be written ({type(error).__name__})"
    _hold(engine, row, what, now, today_of(engine, letter.to, now) + _DAY_S)
    report.troubles.append(f"{letter.rule}: {what}")
    log.error("letter could not be written", letter=letter.rule, error=type(error).__name__)


def _hold(engine: Engine, row: LetterRow, because: str, now: Moment, not_before: Moment) -> None:
    engine.store.write_letters([turned(row, "held", because, now, not_before)])


def _may_be_too_many(letter: Letter) -> bool:
    return not is_of_the_morning(letter) and letter.rule not in NOTICES


def is_of_the_morning(letter: Letter | LetterRow) -> bool:
    """Whether a letter is of a kind that comes in the morning."""
    return letter.rule in LETTERS and LETTERS[letter.rule].morning


def _state(known: Mapping[str, LetterRow], letter: Letter) -> str | None:
    row = known.get(letter.key)
    return row.state if row else None


def _row(
    letter: Letter,
    state: str,
    because: str,
    not_before: Moment | None,
    engine: Engine,
    now: Moment,
    known: LetterRow | None,
) -> LetterRow:
    """The row for a letter in a state; it goes on counting the tries of the row that there was."""
    return LetterRow(
        key=letter.key,
        rule=letter.rule,
        say=letter.say,
        to=letter.to,
        state=state,
        because=because,
        due_at=letter.due_at,
        at=now,
        not_before=not_before,
        tries=known.tries if known else 0,
        version=engine.book.version,
    )


def turned(row: LetterRow, state: str, because: str, now: Moment, not_before: Moment | None = None) -> LetterRow:
    """The same row in another state."""
    return msgspec.structs.replace(row, state=state, because=because, at=now, not_before=not_before)


def today_of(engine: Engine, person: str, now: Moment) -> Moment:
    """When the day began on which a person works."""
    calendar = calendar_of(person, engine.book)
    return calendar.start_of_day(calendar.day_of(now))
