"""Comments edited in place, as what they say is no longer so: a repeatable write, by which nobody is called anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from msgspec import structs

from bot.core.ledger import Entry, decided, part_of, written
from bot.core.steps import Part, Step, part, started_at
from bot.core.ticket import Moment
from bot.engine.aside import lay_by_doubtful, lay_by_refused, mended
from bot.engine.control import silent_now
from bot.engine.deliver import composed, heed_refused, project_of
from bot.engine.engine import Engine, Report
from bot.engine.tracker import Ailing, Doubtful, Refused, TrackerError
from bot.store.store import StoreError
from bot.texts import text_hash

log = structlog.get_logger()


def amend(engine: Engine, steps: Sequence[tuple[Step, Entry]], now: Moment, report: Report) -> None:
    """Edit the comments of steps that now say something else, each given with its row.

    A comment that a person deleted, or whose other parts are not known any more, stays as it is and counts as
    edited, and so does what a later step says with the same comment. An edit that was refused is tried again when
    the ticket had its peace, one whose answer was lost before that. Raises `Unreachable`.
    """
    for step, entry in steps:
        if engine.stopping():
            return
        try:
            if silent_now(engine, project_of(step), now, report):
                continue
            edited = _edit(engine, step, entry)
        except Doubtful:
            engine.store.judged({step.ticket_id: lay_by_doubtful(engine, step.ticket_id, now)})
            report.doubtful += 1
            continue
        except Refused as error:
            if not _is_gone(engine, entry, error):
                engine.store.judged({step.ticket_id: lay_by_refused(engine, step.ticket_id, error, now)})
                report.troubles.append(f"{step.ticket_key}: {error}")
                log.warning("refused", ticket=step.ticket_key, reason=str(error))
                heed_refused(engine, step, error, now, report)
                continue
            edited = None
            log.info("a comment that was to be edited is gone", ticket=step.ticket_key)
        except (TrackerError, StoreError):
            raise
        except Exception as error:  # a comment that cannot be written anew is this ticket's trouble, not the others'
            edited = None
            what = f"its comment could not be edited ({type(error).__name__})"
            report.troubles.append(f"{step.ticket_key}: {what}")
            log.error("comment could not be edited", ticket=step.ticket_key, error=type(error).__name__)
        said = entry if edited is None else structs.replace(entry, say=edited.say, part=written(edited))
        engine.store.write_entries([structs.replace(said, edition=step.edition, because=decided(step))])
        if edited is not None:
            mended(engine, step.ticket_id)
            report.amended.append(step)
            log.info("edited", ticket=step.ticket_key, rules=[step.rule])


def _is_gone(engine: Engine, entry: Entry, error: Refused) -> bool:
    """Whether an edit was refused as there is no such comment any more."""
    if isinstance(error, Ailing):
        return False
    try:
        return all(said.comment_id != entry.comment_id for said in engine.tracker.said(entry.ticket_id))
    except Refused:
        return False


def _edit(engine: Engine, step: Step, entry: Entry) -> Part | None:
    """Write the whole comment anew, and return what the step says in it.

    None where other parts are not known, or a later step says just this with the same comment. Of steps that do, each
    part is said once, as the latest has it.
    """
    comment_id = entry.comment_id
    ledger = engine.store.entries([step.ticket_id])[step.ticket_id].values()
    rows = sorted((row for row in ledger if row.comment_id == comment_id), key=lambda row: started_at(row.key))
    parts = {row.key: part_of(row) for row in rows}
    known = {row.key: said for row in rows if (said := parts[row.key])}
    if comment_id is None or entry.key not in parts or parts.keys() - known.keys() - {entry.key}:
        return None
    own = part(step, known[entry.key].place if entry.key in known else _place(entry, rows, known))
    known[entry.key] = own
    placed = {known[row.key].place: row for row in rows}
    if placed[own.place].key != entry.key:
        return None
    standing = [row for _, row in sorted(placed.items())]
    to = tuple(dict.fromkeys(person for row in standing for person in row.to)) or step.to
    doc = composed(engine, [known[row.key] for row in standing], to)
    engine.seam("before amend")
    engine.tracker.reword(step.ticket_id, comment_id, doc, [row.key for row in rows], text_hash(doc))
    engine.seam("after amend")
    return own


def _place(entry: Entry, rows: Sequence[Entry], known: Mapping[str, Part]) -> int:
    """The place in a comment of a step read back from it: that of its rule and rung, else one that none has."""
    alike = [row.key for row in rows if row.key in known and _about(row.key) == _about(entry.key)]
    if alike:
        return known[alike[-1]].place
    return min(set(range(len(rows))).difference(said.place for said in known.values()))


def _about(key: str) -> tuple[str, str]:
    """The rule and the rung of a key."""
    _, _, rule, _, rung, _ = key.split("/")
    return rule, rung
