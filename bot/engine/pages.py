"""A cycle in which very many tickets are due: it judges them page by page, so that it need not hold them all at once.

What concerns each ticket alone is kept with its page. Of steps that may be said only what budgets, the ceiling and
letters about several tickets ask is carried from page to page; those that are left then are judged once more, all
together, as if only they were due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from msgspec import structs

from bot.core.arrange import Apart, Arrangement, DeskState, Held, apart, grouped_today, may_be_put, weigh
from bot.core.ledger import COMMAND, SPOKEN
from bot.core.steps import Because, Step
from bot.core.ticket import Moment
from bot.engine.batch import late
from bot.engine.deliver import yet_to_put
from bot.engine.engine import Engine, Report
from bot.engine.keeping import Known, desk_state, keep, known_of, look_sooner, rows_of

_NOTHING = Because("")


@dataclass(slots=True)
class _Carried:
    """What is carried from page to page of the tickets on which something may be done, by their ids.

    `speaking` are steps that may be said and `put` those whose fields may be set, without what only their texts need;
    `released` the keys of those that a person let go, `anyway` the tickets with a comment to edit, or of which the
    lead is yet to be told something, `looks` when each is looked at again. `held` counts the steps that are held.
    """

    speaking: dict[str, list[tuple[Step, ...]]] = field(default_factory=dict)
    put: dict[str, list[Held]] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    anyway: set[str] = field(default_factory=set)
    looks: dict[str, Moment | None] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)


def concerned(
    engine: Engine, ids: Sequence[str], now: Moment, report: Report
) -> tuple[list[str], Mapping[str, Moment]]:
    """Judge the tickets that are due, and give those of them on which something is to be said, set or edited now.

    With them come those of them whose fields are left unset, and when they are looked at again for that. Where they
    are no more than a page nothing is done, as all of them can be arranged at once. Else all that is decided of the
    others is kept, page by page, and they are no longer due. Told to stop, it gives none: what is left is due again.
    Raises `Unreachable`.
    """
    size = engine.pace.page_size
    if len(ids) <= size:
        return list(ids), {}
    desk = desk_state(engine, now)
    desk = structs.replace(desk, grouped=grouped_today(desk, engine.book, now))
    carried = _Carried()
    for start in range(0, len(ids), size):
        if engine.stopping():
            return [], {}
        _judge_page(engine, ids[start : start + size], carried, desk, now, report)
        engine.seam("after page")
    arranged = _weighed(engine, carried, now)
    left = _left(arranged, carried)
    waiting = [id_ for id_ in carried.looks if id_ not in left]
    for start in range(0, len(waiting), size):
        _keep_waiting(engine, waiting[start : start + size], arranged, carried, now, report)
    later = {id_: at for id_, at in arranged.unset.items() if id_ in left}
    return [id_ for id_ in carried.looks if id_ in left], {} if arranged.batch else later


def _judge_page(
    engine: Engine, ids: Sequence[str], carried: _Carried, desk: DeskState, now: Moment, report: Report
) -> None:
    """Judge a page, keep what is decided of each ticket alone, and carry what the rest of the desk decides of."""
    known = known_of(engine, ids, now, report)
    found = apart(known.wishes, known.ledger, engine.book, _on_these(desk, known, engine, now), now)
    arranged = found.arranged
    look_sooner(known.looks, arranged.hold)
    held = {each.step.key: each for each in arranged.hold if may_be_put(each)}
    put = [held[step.key] for step in yet_to_put(engine, [each.step for each in held.values()])]
    anyway = {step.ticket_id for step, _ in arranged.amend} | {row.ticket_id for row in late(known.ledger)}
    waiting = {steps[0].ticket_id for steps in found.speaking} | {held.step.ticket_id for held in put} | anyway
    _carry(carried, found, put, anyway, {id_: look for id_, look in known.looks.items() if id_ in waiting})
    kept = Arrangement(hold=arranged.hold, withdraw=arranged.withdraw, observe=arranged.observe, adopt=arranged.adopt)
    looks = {id_: look for id_, look in known.looks.items() if id_ not in waiting}
    came = dict.fromkeys(sorted(waiting.difference(ids)), now)
    keep(engine, kept, known.ledger, {**looks, **came}, known.verdicts, now)
    report.judged += len(looks)
    report.held += sum(held.step.ticket_id not in waiting for held in arranged.hold)
    report.withdrawn += len(arranged.withdraw)
    report.adopted += len(arranged.adopt)
    report.record(arranged.observe)


def _on_these(desk: DeskState, known: Known, engine: Engine, now: Moment) -> DeskState:
    """The desk with what was spoken today on the tickets of a page alone."""
    today = engine.book.calendar.start_of_day(engine.book.calendar.day_of(now))
    rows = [each for each in known.ledger.values() if each.state in SPOKEN and each.at >= today]
    spoken = sorted((each for each in rows if each.rule != COMMAND), key=lambda each: (each.at, each.key))
    return structs.replace(desk, spoken=tuple(spoken))


def _carry(
    carried: _Carried, found: Apart, put: Sequence[Held], anyway: set[str], looks: dict[str, Moment | None]
) -> None:
    """Carry these on, in place of what was carried of the same tickets: one of a burst may be judged twice."""
    for id_ in looks:
        carried.speaking.pop(id_, None)
        carried.put.pop(id_, None)
        carried.held.pop(id_, None)
    for steps in found.speaking:
        carried.speaking.setdefault(steps[0].ticket_id, []).append(tuple(map(_bare, steps)))
    for held in put:
        carried.put.setdefault(held.step.ticket_id, []).append(held._replace(step=_bare(held.step)))
    carried.released |= found.released
    carried.anyway |= anyway
    carried.looks |= looks
    carried.held |= Counter(held.step.ticket_id for held in found.arranged.hold if held.step.ticket_id in looks)


def _bare(step: Step) -> Step:
    """A step without what only its text and its row need."""
    return structs.replace(step, values={}, because=_NOTHING, announced=None)


def _weighed(engine: Engine, carried: _Carried, now: Moment) -> Arrangement:
    """What would be said, set or batched of all that is carried, and what is held for somebody's budget."""
    held = list(chain.from_iterable(carried.put.values()))
    found = Apart(Arrangement(hold=held), list(chain.from_iterable(carried.speaking.values())), carried.released)
    return weigh(found, engine.book, desk_state(engine, now), now, partial(yet_to_put, engine))


def _left(arranged: Arrangement, carried: _Carried) -> set[str]:
    """The tickets on which something is done, and those without which something else would be said on these.

    That is so for all tickets of a letter that waits, on one of which something else is said: alone it would be no
    letter.
    """
    done = (*(step for steps in arranged.say for step in steps), *arranged.put, *arranged.batch)
    left = {step.ticket_id for step in done} | carried.anyway
    letters: dict[str, set[str]] = {}
    for step, _, _, by in arranged.hold:
        if by == "budget" and step.together:
            letters.setdefault(step.to[0], set()).add(step.ticket_id)
    while more := [those for those in letters.values() if not left.isdisjoint(those) and not those <= left]:
        left.update(*more)
    return left


def _keep_waiting(
    engine: Engine, ids: Sequence[str], arranged: Arrangement, carried: _Carried, now: Moment, report: Report
) -> None:
    """Keep that what may be said on these tickets waits, for somebody's budget or for another day's fields."""
    those = set(ids)
    held = [each for each in arranged.hold if each.by == "budget" and each.step.ticket_id in those]
    looks = {id_: carried.looks[id_] for id_ in ids}
    look_sooner(looks, held, {id_: at for id_, at in arranged.unset.items() if id_ in those})
    keep(engine, Arrangement(hold=held), rows_of(engine, ids), looks, ([], []), now)
    report.judged += len(ids)
    report.held += len(held) + sum(carried.held.get(id_, 0) for id_ in ids)
