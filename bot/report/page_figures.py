"""The figures of a digest: each beside the period before and its target, and what each rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.core.kpi.figure import Figure
from bot.core.kpi.inquiries import sampled
from bot.core.kpi.registry import INDICATORS
from bot.core.kpi.statute import PENDING, UNTIL_JUDGED
from bot.core.kpi.statute_notes import notes as settings
from bot.core.ticket import UNKNOWN
from bot.report.digest import Compared, Digest
from bot.report.report import Cell, Counts
from bot.report.tell import NOTHING, Row, Table, Tell


@dataclass(frozen=True, slots=True)
class Definition:
    """How an indicator is counted, by whose clause, and what was left out of it this time."""

    name: str
    title: str
    text: str
    notes: tuple[str, ...]


def counts_table(digest: Digest, tell: Tell) -> Table:
    """What became of tickets within the period, beside the period before."""
    words, counts = tell.words, digest.report.counts
    before = None if digest.before is None else digest.before.counts
    rows = tuple(_counted(word, counts, before, tell) for word in ("opened", "solved", "closed", "open", "said"))
    head = (words["counted"], words["value"], words["previous"], words["change"])
    return Table("counts", words["counts"], head, rows, numeric=frozenset((1, 2, 3)))


def _counted(word: str, counts: Counts, before: Counts | None, tell: Tell) -> Row:
    now, then = _count(counts, word), None if before is None else _count(before, word)
    known = before is not None and now is not None and then is not None
    change = tell.changed((now or 0) - (then or 0), "count") if known else NOTHING
    return Row((tell.words[f"count_{word}"], tell.n(now), NOTHING if before is None else tell.n(then), change))


def _count(counts: Counts, word: str) -> Cell:
    if word == "said":
        known = [each.n for each in counts.said if each.n is not None]
        return sum(known) if len(known) == len(counts.said) else None
    cells: dict[str, Cell] = {
        "open": counts.open, "opened": counts.opened, "solved": counts.solved, "closed": counts.closed
    }  # fmt: skip
    return cells[word]


def tables(digest: Digest, tell: Tell) -> Iterator[Table]:
    """The indicators as a whole in one table, then those that are divided, each in a table of its own."""
    words = tell.words
    head = tuple(words[word] for word in ("indicator", "value", "previous", "change", "target", "rests_on"))
    whole = [each for each in digest.figures if not each.figure.group]
    known = sorted((each for each in whole if _is_known(each)), key=_rank)
    if whole:
        rows = tuple(Row((_title(each.figure.indicator, tell), *_cells(each, tell))) for each in known)
        unknown = [_title(each.figure.indicator, tell) for each in whole if not _is_known(each)]
        notes = [] if digest.before is not None else [words["no_previous"]]
        notes += [words["no_data_of"].format(names="; ".join(unknown))] if unknown else []
        yield Table("figures", words["figures"], head, rows, numeric=frozenset((1, 2)), note=" ".join(notes))
    divided = (each for each in digest.figures if each.figure.group and _is_known(each))
    for name, grouped in groupby(divided, key=lambda each: each.figure.indicator):
        those, by = list(grouped), INDICATORS[name].by
        if len(those) == 1 and by == "queue" and INDICATORS[name].whole:
            continue  # it says what the whole says
        rows = tuple(Row((group_name(by, each.figure.group, tell), *_cells(each, tell))) for each in those)
        named = (words.get(f"by_{by}", by), *(each for i, each in enumerate(head[1:], 1) if i != _TARGET))
        without = tuple(Row(tuple(cell for i, cell in enumerate(row.cells) if i != _TARGET)) for row in rows)
        yield Table(f"by-{name}", _title(name, tell), named, without, numeric=frozenset((1, 2)))
    yield from _sample(digest, tell)


def _sample(digest: Digest, tell: Tell) -> Iterator[Table]:
    """The tickets whose quality is to be looked at; none where no ticket is named to the reader."""
    report, settings = digest.report, tell.book.entries.indicators
    keys = sampled(report.facts, report.desk, report.period, settings.sample)
    if keys and "figures" in tell.book.entries.digest.parts:
        rows = tuple(Row((key,), tell.href(key)) for key in keys)
        yield Table("sample", _title("sample", tell), (tell.words["ticket"],), rows, n=tell.n(len(rows)))


def _is_known(each: Compared) -> bool:
    """Whether anything is known of it, now or in the period before."""
    figures = (each.figure, each.before)
    return any(figure is not None and (figure.hidden or figure.value is not None) for figure in figures)


def _rank(each: Compared) -> int:
    """What missed its target stands first, then what met it, then what has one; last what nothing is known of now."""
    if each.target is None:
        return 4 if each.figure.value is None else 3
    return 2 if each.met is None else int(each.met)


_TARGET = 4


def _title(name: str, tell: Tell) -> str:
    return tell.said(INDICATORS[name].title)


def group_name(by: str, group: str, tell: Tell) -> str:
    """What a group of an indicator is called."""
    match by:
        case "queue" | "team":
            return tell.name("queue", group)
        case "policy":
            return tell.name("policy", group)
        case "unit":
            return tell.unit(group)
        case "rule" | "deadline" | "category" | "service" | "line" | "person":
            return "?" if group == UNKNOWN else group
        case "age":
            low, _, high = group.partition("-")
            words = tell.words
            return words["between"].format(low=low, high=high) if high else words["older"].format(n=int(low) - 1)
        case _:
            return tell.reason(group)


def _cells(each: Compared, tell: Tell) -> Iterator[str]:
    words, measure = tell.words, INDICATORS[each.figure.indicator].measure
    yield _value(each.figure, tell)
    yield NOTHING if each.before is None else _value(each.before, tell)
    if each.redefined:
        yield words["redefined"]
    elif each.change is None:
        yield NOTHING
    else:
        changed = tell.changed(each.change, measure)
        yield words["same"] if each.trend == "same" else _said(changed, words.get(f"trend_{each.trend}", ""))
    yield _target(each, tell)
    yield _rests_on(each.figure, tell)


def _said(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


def _value(figure: Figure, tell: Tell) -> str:
    if figure.hidden:
        return tell.words["hidden"]
    if figure.value is None:
        return f"{NOTHING} ({tell.words['no_data']})"
    value = tell.measured(figure.value, INDICATORS[figure.indicator].measure)
    is_provisional = figure.indicator in UNTIL_JUDGED and PENDING in figure.marks
    return f"{value} ({tell.words['until_judged']})" if is_provisional else value


def _target(each: Compared, tell: Tell) -> str:
    if each.target is None:
        return NOTHING
    measure = INDICATORS[each.figure.indicator].measure
    sign = "≥" if each.target.how == "at least" else "≤"
    verdict = "" if each.met is None else tell.words["target_met" if each.met else "target_missed"]
    return f"{sign} {tell.measured(each.target.value, measure)} {verdict}".strip()


def _rests_on(figure: Figure, tell: Tell) -> str:
    """What a figure rests on: of a share both of its sides, else how many, and the 90th percentile of a time."""
    if figure.hidden or figure.denominator is None:
        return NOTHING
    measure = INDICATORS[figure.indicator].measure
    n = tell.n(figure.denominator)
    if measure == "share":
        return f"{tell.measured(figure.numerator, 'count')} / {n}"
    if figure.p90 is None:
        return f"n = {n}"
    return _said(f"n = {n}", f"{tell.words['p90']} {tell.measured(figure.p90, measure)}")


def definitions(digest: Digest, tell: Tell) -> Iterator[Definition]:
    """How each indicator that is shown is counted, and what was left out by which reason."""
    for name, those in groupby(digest.figures, key=lambda each: each.figure.indicator):
        indicator, words = INDICATORS[name], tell.words
        first = next(iter(those)).figure
        notes = [words["version_n"].format(n=digest.report.definitions.get(name, indicator.version))]
        notes += [f"{words['source']}: {indicator.source}"] if indicator.source else []
        notes += settings(name, tell.book, tell.language) if tell.book.version == digest.report.version else ()
        if not first.group and not first.hidden:
            notes += _counted_by(words["excluded"], first.excluded, tell)
            notes += _counted_by(words["beside"], first.marks, tell)
        yield Definition(name, _title(name, tell), tell.said(indicator.definition), tuple(notes))


def _counted_by(title: str, counts: dict[str, int] | object, tell: Tell) -> Iterator[str]:
    if isinstance(counts, dict) and counts:
        yield f"{title}: " + "; ".join(f"{tell.reason(word)} {tell.n(n)}" for word, n in counts.items())
