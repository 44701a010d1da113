"""The tables of a digest that list tickets, and those that count them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.core.overview import SECTIONS
from bot.report.digest import Digest, count_in
from bot.report.report import Band, Cell, Kept, Owed, Report
from bot.report.tell import Row, Table, Tell

MOST = 200
"""How many tickets a table lists; of the others it tells how many they are. The forms for programs list all."""


def tables(digest: Digest, tell: Tell) -> Iterator[Table]:
    """The tables of the parts that the rulebook shows, in its order, but for the figures; empty ones left out."""
    for part in tell.book.entries.digest.parts:
        found = _TABLES[part](digest.report, tell) if part in _TABLES else None
        if part in SECTIONS:
            found = _section(part, digest.report, tell)
        if found is not None and (found.rows or found.note):
            yield found


def _section(name: str, report: Report, tell: Tell) -> Table | None:
    words, rows = tell.words, report.sections.get(name, ())
    head = [words["ticket"], words["queue"], words["state"], words[f"{name}_at"]]
    amount, policy, missing = (
        f"{name}_amount" in words,
        name in ("overdue", "due_soon"),
        name == "incomplete",
    )
    head += [words.get(f"{name}_amount", "")] * amount + [words["policy"]] * policy + [words["missing"]] * missing
    head += [words["who"]]
    listed = []
    for row in rows[:MOST]:
        cells = [row.key, tell.name("queue", row.queue), tell.name("state", row.state), tell.at(row.at)]
        cells += (
            [tell.value(row.amount)] * amount
            + [tell.name("policy", row.policy)] * policy
            + [tell.titles(row.missing)] * missing
        )
        listed.append(Row((*cells, words[f"role_{row.act}"]), tell.href(row.key)))
    note, n = _note(name, len(rows), report, tell), tell.n(count_in(report, name))
    return Table(name, words[name], tuple(head), tuple(listed), n=n, note=note)


def _note(name: str, many: int, report: Report, tell: Tell) -> str:
    """How many tickets a table of so many leaves out as they are too many, and how many its reader is not shown."""
    unlisted = report.unlisted.get(name, 0)
    more = tell.some("more", many - MOST) if many > MOST else ""
    return ". ".join(filter(None, (more, "" if unlisted == 0 else tell.words["unlisted"].format(n=tell.n(unlisted)))))


def _statutory(report: Report, tell: Tell) -> Table | None:
    words = tell.words
    head = [
        words[word] for word in ("ticket", "queue", "basis", "overdue_at", "distance", "promised", "marks", "who")
    ]
    rows = [Row(tuple(_owed(owed, tell)), tell.href(owed.key)) for owed in report.statutory[:MOST]]
    unlisted, note = report.unlisted.get("statutory", 0), _note("statutory", len(report.statutory), report, tell)
    n = tell.n(None if unlisted is None else len(report.statutory) + unlisted)
    return Table("statutory", words["statutory"], tuple(head), tuple(rows), n=n, note=note)


def _owed(owed: Owed, tell: Tell) -> Iterator[str]:
    words = tell.words
    yield owed.key
    yield tell.name("queue", owed.queue)
    yield owed.basis
    yield tell.due(owed.due_at, by_day=owed.by_day)
    yield words["over_by" if owed.over else "left_to"].format(amount=tell.value(owed.distance))
    promised = "" if owed.promised is None else tell.day(owed.promised)
    promised += f" – {words['rules']}" if owed.promise_rules else ""
    yield promised + ("" if owed.first is None else f" ({words['first']} {tell.day(owed.first)})")
    marks = {"extended": owed.extended, "provisional": owed.provisional, "unconfirmed": not owed.confirmed}
    yield ", ".join(words[word] for word, is_so in marks.items() if is_so)
    yield words[f"role_{owed.act}"]


def _backlog(report: Report, tell: Tell) -> Table | None:
    words, bands = tell.words, report.counts.backlog
    if report.counts.open == 0:
        return None
    tiers = sorted({tier for band in bands for tier in band.by_tier})
    head = (words["age"], *(words.get(f"at_tier_{tier}", words["tier_unknown"]) for tier in tiers), words["total"])
    rows = tuple(
        Row((ages(band, tell), *(tell.n(band.by_tier.get(tier, 0)) for tier in tiers), tell.n(_sum(band))))
        for band in bands
    )
    numeric = frozenset(range(1, len(head)))
    return Table("backlog", words["backlog"], head, rows, numeric=numeric, n=tell.n(report.counts.open))


def _sum(band: Band) -> Cell:
    counts = list(band.by_tier.values())
    known = [n for n in counts if n is not None]
    return sum(known) if len(known) == len(counts) else None


def ages(band: Band, tell: Tell) -> str:
    """The ages of a band in words."""
    if band.high is None:
        return tell.words["older"].format(n=band.low - 1)
    return tell.words["between"].format(low=band.low, high=band.high)


def _promises(report: Report, tell: Tell) -> Table | None:
    words = tell.words
    head = (words["policy"], words["met"], words["missed"], words["share_met"], words["rejudged"])
    rows = tuple(
        Row(
            (
                tell.name("policy", policy),
                tell.n(kept.met),
                tell.n(kept.missed),
                _share(kept, tell),
                tell.n(kept.rejudged),
            )
        )
        for policy, kept in report.counts.promises.items()
    )
    title = words["promises" if report.period.kind == "day" else "promises_period"]
    return Table("promises", title, head, rows, numeric=frozenset((1, 2, 3, 4)))


def _share(kept: Kept, tell: Tell) -> str:
    if kept.met is None or kept.missed is None:
        return tell.words["few"]
    return tell.measured(kept.met / total if (total := kept.met + kept.missed) else None, "share")


def _said(report: Report, tell: Tell) -> Table | None:
    words = tell.words
    rows = tuple(Row((each.rule, each.rung, tell.n(each.n))) for each in report.counts.said)
    return Table("bot", words["bot"], (words["rule"], words["rung"], words["count"]), rows, numeric=frozenset((2,)))


_TABLES: Mapping[str, Callable[[Report, Tell], Table | None]] = {
    "statutory": _statutory,
    "backlog": _backlog,
    "promises": _promises,
    "bot": _said,
}
