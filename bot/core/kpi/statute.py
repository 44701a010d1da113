"""The indicators of the statute, 2.3.1 to 2.3.6, by the formulas of domain 1.4: what each ticket adds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.core.conditions import holds
from bot.core.kpi.agreed import agreed
from bot.core.kpi.case import Case, Indicator, Records
from bot.core.kpi.counted import fact, left_out
from bot.core.kpi.done import closed_at, done_at
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import Measure
from bot.core.kpi.first_tier import first_tier, inquiry_since
from bot.core.kpi.quality import quality, window_end
from bot.core.kpi.ratings import CONTENT, UnreadableRatingError, rating_by, received_until
from bot.core.kpi.right_team import Escalation, escalations, is_mature
from bot.core.kpi.statute_texts import DEFINITIONS, TITLES
from bot.core.kpi.statute_words import NO_REASON, REASON
from bot.core.ticket import UNKNOWN, Moment

NOT_YET, NOT_MATURE, STILL_OPEN = "not over yet", "not mature", "still open"
NO_TIER, ODD_RATING = "tier not known", "unreadable rating"
"""Words of reasons, beside those of `bot.core.kpi.counted` and the rulebook's `uncounted`."""

PENDING = "pending"
"""The mark of a hand-over whose rejection nobody has judged yet."""

RATED = ("satisfaction", "satisfied")
"""The indicators on what customers gave: none that rests on fewer than five ratings is shown to anybody."""

UNTIL_JUDGED = ("right_team", "bot_routing")
"""The indicators whose figure is provisional as long as such rejections are among what it counts."""


def _is_within(case: Case) -> bool:
    """Whether anything happened to the ticket in the period, or may have."""
    return case.view.happened[-1].at >= case.period.from_at and case.view.ticket.created_at < case.period.until_at


def _first_deadline(case: Case) -> Iterator[Fact]:
    """A ticket whose first agreed date is in the period, done or not."""
    dates, view = agreed(case.view), case.view
    if dates is None or not case.period.holds(dates.first_at):
        return
    done, extended = done_at(view), dates.last_at > dates.first_at
    in_time, in_longer_time = (done is not None and done <= at for at in dates)
    marks = ("extended",) * extended + ("met extended",) * (extended and in_longer_time)
    excluded = left_out(view, "first_deadline") or (NOT_YET if dates.first_at >= view.now else "")
    yield fact(case, "first_deadline", dates.first_at, in_time, excluded=excluded, marks=marks)


def _date_agreed(case: Case) -> Iterator[Fact]:
    """A ticket that was done in the period: whether a date had ever been agreed."""
    done = done_at(case.view) if _is_within(case) else None
    if done is not None and case.period.holds(done):
        has_date = agreed(case.view) is not None
        yield fact(case, "date_agreed", done, has_date, excluded=left_out(case.view, "date_agreed"))


def _quality(case: Case) -> Iterator[Fact]:
    """A ticket whose days after it was first done ended in the period."""
    until = window_end(case.view)
    if until is None or not case.period.holds(until - 1):
        return
    found = quality(case, until)
    excluded = left_out(case.view, "quality") or (NOT_YET if until > case.view.now else "")
    yield fact(case, "quality", until - 1, found.good, excluded=excluded, marks=found.marks)


def _rated(case: Case) -> tuple[Moment, float | None, str] | None:
    """When a ticket of the period was closed, what its customer gave, and whether that cannot be read."""
    closed = closed_at(case.view) if _is_within(case) else None
    if closed is None or not case.period.holds(closed):
        return None
    try:
        return closed, rating_by(case, received_until(case)), ""
    except UnreadableRatingError:
        return closed, None, ODD_RATING


def _satisfaction(case: Case) -> Iterator[Fact]:
    rated = _rated(case)
    if rated is not None and (rated[1] is not None or rated[2]):
        at, given, odd = rated
        yield fact(case, "satisfaction", at, given or 0, excluded=left_out(case.view, "satisfaction") or odd)


def _satisfied(case: Case) -> Iterator[Fact]:
    for each in _satisfaction(case):
        excluded = left_out(case.view, "satisfied") or each.excluded
        yield fact(case, "satisfied", each.at, each.value >= CONTENT, excluded=excluded)


def _response(case: Case) -> Iterator[Fact]:
    """A ticket closed in the period whose customer was asked: whether a rating came."""
    rated = _rated(case)
    if rated is None:
        return
    at, given, odd = rated
    surveyed = case.view.book.entries.indicators.ratings.surveyed
    if given is not None or odd or holds(surveyed, case.view):
        excluded = left_out(case.view, "response")
        yield fact(case, "response", at, given is not None or bool(odd), excluded=excluded)


def _first_tier(case: Case) -> Iterator[Fact]:
    """An inquiry that was done in the period, by whomever."""
    done = done_at(case.view) if _is_within(case) else None
    if done is not None and case.period.holds(done):
        yield _outcome(case, "first_tier", done)


def _first_tier_created(case: Case) -> Iterator[Fact]:
    """An inquiry that came in the period."""
    since = inquiry_since(case.view) or case.view.ticket.created_at
    if not case.period.holds(since):
        return
    if done_at(case.view) is None:
        excluded = left_out(case.view, "first_tier_created") or STILL_OPEN
        group = case.view.ticket.category or UNKNOWN
        yield fact(case, "first_tier_created", since, 0, group=group, excluded=excluded)
    else:
        yield _outcome(case, "first_tier_created", since)


def _outcome(case: Case, indicator: str, at: Moment) -> Fact:
    view, settings = case.view, case.view.book.entries.indicators.first_tier
    found, category = first_tier(view), view.ticket.category or UNKNOWN
    excluded = left_out(view, indicator) or (NO_TIER if found is None else "")
    marks: tuple[str, ...] = ()
    if settings.unsolved and holds(settings.unsolved, view):
        counts, marks = False, ("unsolved",)
    elif found is None or found.outcome in ("yes", "no"):
        counts = found is not None and found.outcome == "yes"
    elif found.outcome == "returned":
        counts, marks = settings.returned, ("returned",)
    else:
        counts, marks = settings.no_answer and not found.was_at_tier_2, ("no answer",)
    return fact(case, indicator, at, counts, group=category, excluded=excluded, marks=marks)


def _right_team(case: Case) -> Iterator[Fact]:
    """Each hand-over of the period that counts."""
    yield from _hand_overs(case, "right_team")


def _bot_routing(case: Case) -> Iterator[Fact]:
    """The same of hand-overs whose team the bot chose."""
    yield from (each for each in _hand_overs(case, "bot_routing") if "by bot" in each.marks)


def _rejected(case: Case) -> Iterator[Fact]:
    """An inquiry that its first team sent back with reason: counted once, however often it did."""
    for each in _hand_overs(case, "rejected"):
        if not each.value and not each.excluded:
            yield fact(case, "rejected", each.at, 1, group=each.group, marks=each.marks)


def _hand_overs(case: Case, indicator: str) -> Iterator[Fact]:
    for found in escalations(case.view) if _is_within(case) else ():
        if case.period.holds(found.at):
            excluded = left_out(case.view, "right_team") or ("" if is_mature(found, case.view) else NOT_MATURE)
            yield fact(
                case,
                indicator,
                found.at,
                found.mark != "no",
                group=found.team,
                excluded=excluded,
                marks=tuple(_marks_of(found)),
            )


def _marks_of(found: Escalation) -> Iterator[str]:
    """What is told beside a hand-over; of reasons only those of returns that were justified."""
    if found.by_bot:
        yield "by bot"
    if any(each.justified is None for each in found.returns):
        yield PENDING
    if any(each.justified is None and each.silent and each.reason is None for each in found.returns):
        yield "silent"
    reasons = dict.fromkeys(each.reason for each in found.returns if each.justified)
    yield from (NO_REASON if reason is None else f"{REASON}{reason}" for reason in reasons)


def _calls(records: Records) -> Iterator[Fact]:
    """The calls of the period, as the telephone exchange tells them."""
    yield from records.calls or ()


def _called(
    name: str,
    facts: Callable[[Case], Iterator[Fact]] | None,
    *,
    source: str,
    measure: Measure = "share",
    by: str = "queue",
    calls: Callable[[Records], Iterator[Fact]] | None = None,
    more: bool | None = True,
) -> Indicator:
    told = TITLES[name], DEFINITIONS[name]
    return Indicator(name, measure, *told, facts, calls, by=by, more_is_better=more, source=f"SM {source}")


STATUTE: tuple[Indicator, ...] = (
    _called("first_deadline", _first_deadline, source="2.3.1"),
    _called("date_agreed", _date_agreed, source="2.3.1", more=None),
    _called("quality", _quality, source="2.3.2"),
    _called("satisfaction", _satisfaction, source="2.3.3", measure="mean"),
    _called("satisfied", _satisfied, source="2.3.3"),
    _called("response", _response, source="2.3.3"),
    _called("first_tier", _first_tier, source="2.3.4", by="category"),
    _called("first_tier_created", _first_tier_created, source="2.3.4", by="category"),
    _called("calls", None, source="2.3.5", by="line", calls=_calls),
    _called("right_team", _right_team, source="2.3.6"),
    _called("bot_routing", _bot_routing, source="2.3.6"),
    _called("rejected", _rejected, source="2.3.6", measure="count", more=False),
)
"""The indicators, each with what stands beside it: for how many tasks 2.3.1 can be told, how many answered (2.3.3),
2.3.4 of what came in the period as a cross-check, and 2.3.6 of the bot's own routing, and turned round."""
