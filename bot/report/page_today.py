"""The first screen of a digest: what must be done today, by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from bot.core.kpi.burden import uneven
from bot.core.silence import EVERYTHING
from bot.core.steps import Amount
from bot.core.ticket import Moment
from bot.report.digest import GROUPS, Digest, Group, Task, Wait, part_of
from bot.report.report import Failure, Owed
from bot.report.tell import NOTHING, Row, Table, Tell


class Line(NamedTuple):
    """A ticket on the first screen: what is the matter with it, who is to act, and what they are to do."""

    key: str
    href: str
    what: str
    queue: str
    who: str
    do: str


@dataclass(frozen=True, slots=True)
class Block:
    """A group of the first screen.

    `n` is how many tickets it holds, `some` tells whether it holds any; `none` is what is said where it does not.
    `anchor` is the place in the page where more of them are listed.
    """

    name: str
    title: str
    n: str
    some: bool
    lines: tuple[Line, ...]
    more: str
    none: str
    anchor: str = ""


def blocks(digest: Digest, tell: Tell) -> Iterator[Block]:
    """The groups of single tickets."""
    parts = tell.book.entries.digest.parts
    for group in digest.groups:
        if any(part_of(section) in parts for section in GROUPS[group.name]):
            yield _block(group, tell)


def _block(group: Group, tell: Tell) -> Block:
    words = tell.words
    more = ""
    if group.more != 0:
        more = words["few_more"] if group.more is None else tell.some("more", group.more)
        if not group.tasks and not group.above:
            more = words["not_listed"]
    if group.above:
        more = "; ".join(filter(None, (words["above"].format(n=tell.n(group.above)), more)))
    return Block(
        name=group.name,
        title=words[f"group_{group.name}"],
        n=tell.n(group.n),
        some=group.n != 0,
        lines=tuple(_line(task, tell) for task in group.tasks),
        more=more,
        none=words[f"none_{group.name}"],
        anchor=f"part-{part_of(group.tasks[-1].section)}" if group.tasks else "",
    )


def _line(task: Task, tell: Tell) -> Line:
    row, words = task.row, tell.words
    return Line(
        key=row.key,
        href=tell.href(row.key),
        what=_what(task, tell),
        queue=tell.name("queue", row.queue),
        who=words[f"role_{_who(task)}"],
        do=words[f"do_{task.do}"],
    )


def _who(task: Task) -> str:
    """The role of who is to act: of what has to be decided, who decides that."""
    deciders = {"unrouted": "coordinator", "unassigned": "queue", "to_confirm": "coordinator", "absent": "queue"}
    return deciders.get(task.do, task.row.act)


def _what(task: Task, tell: Tell) -> str:
    row, words = task.row, tell.words
    if isinstance(row, Owed) and row.by_day and not row.over and row.distance.day_s is None:
        return f"{row.basis}: {words['last_day']} {tell.due(row.due_at, by_day=True)}"
    if isinstance(row, Owed):
        how = words["over_by" if row.over else "left_to"].format(amount=tell.brief(row.distance))
        return f"{row.basis}: {how}, {words['due']} {tell.due(row.due_at, by_day=row.by_day)}"
    if task.section in ("overdue", "due_soon") and row.amount is not None:
        how = words["over_by" if task.section == "overdue" else "left_to"].format(amount=tell.brief(row.amount))
        return f"{how}, {words['due']} {_when(row.at, row.amount, tell)}"
    return f"{words[f'is_{task.section}']}, {words['since']} {tell.at(row.at)}"


def _when(at: Moment, amount: Amount, tell: Tell) -> str:
    """A moment, or its day alone where it is days away."""
    if amount.day_s is None or amount.seconds < 2 * amount.day_s:
        return tell.at(at)
    return tell.day(tell.book.calendar.day_of(at))


def waits_table(digest: Digest, tell: Tell) -> Table | None:
    """Who waits for whom, as one row of each thing that is waited for; None where nobody does."""
    words = tell.words
    if not digest.waits:
        return None
    head = (words["who"], words["what"], words["how_many"], words["longest"], words["do"])
    rows = tuple(Row(_waiting(wait, tell)) for wait in digest.waits)
    return Table("waits", words["group_waits"], head, rows, numeric=frozenset((2,)))


def _waiting(wait: Wait, tell: Tell) -> tuple[str, ...]:
    words, longest = tell.words, NOTHING
    if wait.longest is not None:
        since = tell.brief(wait.longest.amount) or f"{words['since']} {tell.at(wait.longest.at)}"
        longest = f"{wait.longest.key}: {since}"
    return (words[f"waits_{wait.who}"], words[wait.section], tell.n(wait.n), longest, words[f"do_{wait.section}"])


def alarms(digest: Digest, tell: Tell) -> Iterator[str]:
    """What keeps the bot from its work, and somebody should see to."""
    report, words = digest.report, tell.words
    for silence in report.silences:
        what = words["silent_everything"] if silence.what == EVERYTHING else silence.what
        by = words[f"silent_{silence.by}"]
        yield words["bot_silent"].format(what=what, by=by, at=tell.at(silence.since_at))
    for each in report.audit:
        what = words[f"audit_{each.check}"].format(n=each.n)
        yield words["bot_audit_mended" if each.mended else "bot_audit"].format(what=what)
    circuit, pause = report.restraint.circuit, report.restraint.everything
    if circuit.state != "closed":
        yield words["bot_away"].format(at=tell.at(circuit.since_at), again=tell.at(circuit.again_at))
    if pause is not None:
        yield words["bot_paused"].format(until=tell.at(pause.until_at))
    if report.batches:
        yield words["bot_batches"].format(n=sum(report.batches.values()))
    for failure in report.failures[-_FAILURES:]:
        yield _failed(failure, tell)
    if len(report.failures) > _FAILURES:
        yield words["bot_failures_more"].format(n=len(report.failures) - _FAILURES)
    if report.troubles:
        yield words["bot_troubles"].format(n=len(report.troubles))
    if report.findings:
        yield words["bot_findings"].format(n=len(report.findings))


def load(digest: Digest, tell: Tell) -> Iterator[str]:
    """Who has many more open tickets than others; told to the team."""
    reader = digest.report.reader
    if reader is not None and not reader.team:
        return
    found = uneven((compared.figure for compared in digest.figures), tell.book)
    for each in islice(found, _UNEVEN):
        word = f"uneven_{each.indicator}" if each.value is not None else "uneven_nobody"
        yield tell.words[word].format(
            group=tell.name("queue", each.group) if each.indicator == "workload" else each.group,
            value=tell.measured(each.value, "mean"),
            average=tell.measured(each.average, "mean"),
        )


_FAILURES = 3
_UNEVEN = 3


def _failed(failure: Failure, tell: Tell) -> str:
    words = tell.words
    way, why = words.get(f"way_{failure.way}", failure.way), words.get(f"because_{failure.because}", failure.because)
    return words["bot_failure"].format(way=way, at=tell.at(failure.at), because=why)


def glance(digest: Digest, tell: Tell) -> Iterator[tuple[str, str, str]]:
    """The first screen in numbers: the word of each group, what it is called, and how many tickets it holds."""
    for block in blocks(digest, tell):
        yield block.name, block.title, block.n
    waiting = [wait.n for wait in digest.waits]
    known = [n for n in waiting if n is not None]
    yield "waits", tell.words["group_waits"], tell.n(sum(known) if len(known) == len(waiting) else None)
