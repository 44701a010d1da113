"""What tiers, teams and clocks come to, worked out a second time straight from Jira's JSON: loops over entries.

Nothing of the bot is used. A team of tier 2 is a status of its own here, and working time is that of `naive_field`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from naive import TALLINN, TEN_MINUTES, Told, stamp
from naive_field import hours

Json = Any


class Act(NamedTuple):
    """Something that somebody did. `was` and `now` are ids of statuses or people, or what a field held."""

    at: datetime
    what: str
    who: str | None
    was: str | None
    now: str | None


class Course(NamedTuple):
    """A ticket: its creation, its statuses in turn, and all that was done with it, the moves among it."""

    created: datetime
    reporter: str | None
    first: str
    owner: str | None
    acts: tuple[Act, ...]
    places: Mapping[str, str]
    waits: Collection[str]

    def place(self, status: str | None) -> str | None:
        return self.places.get(status or "")

    @property
    def moves(self) -> list[Act]:
        return [act for act in self.acts if act.what == "status"]

    @property
    def standings(self) -> list[tuple[datetime, str]]:
        return [(self.created, self.first), *((move.at, move.now or "") for move in self.moves)]


class Stay(NamedTuple):
    """A team had the ticket from then on; whether it sent it away, and what was said of that: yes, no, nothing."""

    team: str
    at: datetime
    sent: bool
    said: str | None


_ORDER = {"status": 1, "assignee": 2, "comment": 3}


def course(raw: Json, known: Mapping[str, str], waits: Collection[str]) -> Course:
    fields = raw["fields"]
    created = stamp(fields["created"])
    acts = []
    for history in (raw.get("changelog") or {}).get("histories") or []:
        for item in history["items"]:
            was, now = item.get("from"), item.get("to")
            if item["field"] == "justified":
                was, now = item.get("fromString"), item.get("toString")
            at = max(stamp(history["created"]), created)
            acts.append(Act(at, item["field"], _who(history, "author"), was, now))
    for comment in (fields.get("comment") or {}).get("comments") or []:
        acts.append(Act(max(stamp(comment["created"]), created), "comment", _who(comment, "author"), None, None))
    acts.sort(key=lambda act: (act.at, _ORDER.get(act.what, 0)))
    moves = [i for i, act in enumerate(acts) if act.what == "status"]
    given = [act for act in acts if act.what == "assignee"]
    status, owner = fields["status"]["id"], _who(fields, "assignee")
    first = acts[moves[0]].was if moves else status
    if moves:
        was = first
        for i in moves:
            acts[i], was = acts[i]._replace(was=was), acts[i].now
        acts[moves[-1]] = acts[moves[-1]]._replace(now=status)
    owned = given[0].was if given else owner
    return Course(created, _who(fields, "reporter"), first or "", owned, tuple(acts), known, waits)


def _who(of: Json, role: str) -> str | None:
    user = of.get(role) or {}
    found: str | None = user.get("accountId") or user.get("key") or user.get("name")
    return found


def asks(each: Course) -> set[str | None]:
    """Who asks tier 2: the reporter, and whoever first handed it there."""
    to = (move.who for move in each.moves if _comes(each, move) and move.who)
    return {each.reporter, next(to, None)} - {None}


def _comes(each: Course, move: Act) -> bool:
    return each.place(move.now) == "tier 2" != each.place(move.was)


def undone(each: Course) -> set[Act]:
    """Moves between tiers or teams that the same person took back within ten minutes, and what took them back."""
    found: set[Act] = set()
    moves = [move for move in each.moves if _stand(each, move.was) != _stand(each, move.now)]
    for i, move in enumerate(moves):
        for later in moves[i + 1 :]:
            soon = later.at - move.at <= TEN_MINUTES and later.who == move.who is not None and move not in found
            if soon and (_stand(each, later.was), _stand(each, later.now)) == (
                _stand(each, move.now),
                _stand(each, move.was),
            ):
                found |= {move, later}
    return found


def _stand(each: Course, status: str | None) -> tuple[str | None, str | None]:
    """The tier of a status and its team; a done one has no tier, and no more has one that nobody knows."""
    place = each.place(status)
    return (place if place in ("tier 1", "tier 2") else None), (status if place == "tier 2" else None)


def stays(each: Course) -> list[Stay]:
    """The teams that had the ticket. What is done, or where nobody knows, is still with the team that had it last."""
    back, own = undone(each), asks(each)
    moves = [move for move in each.moves if move not in back]
    aways = [move for move in moves if _sends_away(each, move, own)]
    has: list[tuple[str, datetime]] = []
    found: list[Stay] = []
    for at, status, move in [(each.created, each.first, None), *((move.at, move.now, move) for move in moves)]:
        tier, team = _stand(each, status)
        if tier is None or (has and team == has[0][0]):
            continue
        if has and move is not None:
            found.append(Stay(*has[0], move in aways, _said(each, move, aways)))
        has = [(team, at)] if team else []
    return found + [Stay(*each, False, None) for each in has]


def _sends_away(each: Course, move: Act, own: set[str | None]) -> bool:
    """Tier 2 sent it to tier 1, or on to another team; nobody of these wrote anything, so that it did no part."""
    open_ = each.place(move.was) == "tier 2" and each.place(move.now) in ("tier 1", "tier 2")
    return open_ and move.who not in own and _stand(each, move.was) != _stand(each, move.now)


def _said(each: Course, away: Act, aways: list[Act]) -> str | None:
    """What was last said of a return, before the next one."""
    ends = next((later.at for later in aways if later.at > away.at), None)
    said = [act.now for act in each.acts if act.what == "justified" and act.at >= away.at]
    times = [act.at for act in each.acts if act.what == "justified" and act.at >= away.at]
    heard = [word for word, at in zip(said, times, strict=True) if ends is None or at < ends]
    return heard[-1] if heard else None


def bounces(courses: list[Course], first: date, last: date) -> dict[str, int]:
    """Of the stays that began in the period, how many were sent away, and whether with reason."""
    those = [stay for each in courses for stay in stays(each) if first <= stay.at.date() <= last]
    sent = [stay.said for stay in those if stay.sent]
    counts = {"all": len(those), "justified": sent.count("yes"), "not justified": sent.count("no")}
    return counts | {"pending": sent.count(None)}


def right_team(tickets: list[tuple[Told, Course]], first: date, last: date) -> dict[str, int]:
    """2.3.6: the tickets first handed over in the period, by what came of their first team."""
    found = {"yes": 0, "no": 0, "pending": 0}
    for told, each in tickets:
        back, own = undone(each), asks(each)
        come = next((move for move in each.moves if _comes(each, move) and move not in back), None)
        if come is None or told.is_odd or not first <= come.at.date() <= last:
            continue
        aways = [move for move in each.moves if move not in back and _sends_away(each, move, own)]
        again = next((left for _, left in told.spells() if left and left > come.at), None)
        said = [
            _said(each, away, aways)
            for away in aways
            if away.was == come.now and away.at >= come.at and (again is None or away.at <= again)
        ]
        found["no" if "yes" in said else "pending" if None in said else "yes"] += 1
    return found


def waits(courses: list[Course], first: date, last: date) -> tuple[list[float], int, int]:
    """The working hours from hand-overs to tier 2's first act, of those that ended in the period; sorted.

    Beside it how many were taken back by whoever asks, and how many still waited as the period ended.
    """
    ended, taken_back, waiting = [], 0, 0
    for each in courses:
        for at, end, by_tier_2 in _hand_overs(each):
            if at.date() > last or (end and end.date() < first):
                continue
            if end is None or end.date() > last:
                waiting += 1
            elif by_tier_2:
                ended.append(round(hours(at, end), 4))
            else:
                taken_back += 1
    return sorted(ended), taken_back, waiting


def _hand_overs(each: Course) -> list[tuple[datetime, datetime | None, bool]]:
    """When it came to tier 2 from tier 1 or was created there, when that wait ended, and whether tier 2 ended it."""
    back, own = undone(each), asks(each)
    found = []
    tier = None
    beginnings = [(None, each.created, each.first), *((move, move.at, move.now or "") for move in each.moves)]
    for move, at, status in beginnings:
        now = _stand(each, status)[0]
        if now == "tier 2" != tier and move not in back:
            later = each.acts[each.acts.index(move) + 1 :] if move else each.acts
            found.append((at, *_first_act(each, status, [act for act in later if act not in back], own)))
        tier = now or tier
    return found


def _first_act(each: Course, stands: str, later: list[Act], own: set[str | None]) -> tuple[datetime | None, bool]:
    for act in later:
        theirs = act.who not in own
        if act.what == "status":
            stands = act.now or ""
            if each.place(stands) != "tier 2" or theirs:
                return act.at, theirs
        elif theirs and (act.what == "comment" or (act.what == "assignee" and act.now)):
            return act.at, True
    return None, False


def complete(tickets: list[tuple[Told, Course]], first: date, last: date) -> tuple[int, int]:
    """Of those first handed over in the period, the ones that somebody had as that second ended."""
    good = meant = 0
    for told, each in tickets:
        came = [at for at, _, _ in _hand_overs(each)][:1]
        if not came or told.is_odd or not first <= came[0].date() <= last:
            continue
        owner = each.owner
        for act in each.acts:
            owner = act.now if act.what == "assignee" and act.at <= came[0] else owner
        meant += 1
        good += owner is not None
    return good, meant


def still(courses: list[Course], last: date) -> int:
    """The tickets on tier 2's turn as a day ends with which nobody did anything for two working days, 16 hours."""
    over = datetime.combine(last + timedelta(days=1), time.min, TALLINN)
    count = 0
    for each in courses:
        if each.created >= over:
            continue
        own = asks(each)
        status = [now for at, now in each.standings if at < over][-1]
        if each.place(status) not in ("tier 1", "tier 2") or status in each.waits:
            continue
        moved = each.created
        for act in each.acts:
            moves = act.what in ("status", "assignee") or (act.what == "comment" and act.who not in own)
            moved = act.at if moves and act.at < over else moved
        count += hours(moved, over) >= 16
    return count


def solving(each: Course) -> list[tuple[datetime, float]]:
    """When it was solved and in how many working hours, but for those in which it stood new; anew when reopened."""
    found = []
    ran: float | None = 0.0
    before, was = each.created, each.first
    if each.place(was) == "done":
        found, ran = [(each.created, 0.0)], None
    for at, now in each.standings[1:]:
        if ran is not None and was not in each.waits:
            ran += hours(before, at)
        if ran is not None and each.place(now) == "done":
            found.append((at, ran))
            ran = None
        if each.place(was) == "done" and each.place(now) in ("tier 1", "tier 2"):
            ran = 0.0
        before, was = at, now
    return found


def handling(each: Course) -> list[tuple[datetime, float]]:
    """When tier 2 ceased to have it, and after how many working hours."""
    found = []
    since = each.created if each.place(each.first) == "tier 2" else None
    for at, now in each.standings[1:]:
        is_there = each.place(now) == "tier 2"
        if since is not None and not is_there:
            found.append((at, hours(since, at)))
        since = (since or at) if is_there else None
    return found


def delivered(tickets: list[tuple[Told, Course]], first: date, last: date) -> tuple[int, int, list[float]]:
    """Of those solved in the period and not reopened in it, last time counted, the ones of which it was then noted
    that the customer knows; and the working hours that took, of those noted in the period."""
    reached = meant = 0
    took = []
    for told, each in tickets:
        noted = [act.at for act in each.acts if act.what == "delivered"]
        spans = [(begin, end, next((at for at in noted if at >= begin and (not end or at < end)), None))
                 for begin, end in told.spells()]  # fmt: skip
        took += [round(hours(begin, at), 4) for begin, _, at in spans if at and first <= at.date() <= last]
        those = [span for span in spans if first <= span[0].date() <= last]
        if those and not told.is_odd and not (those[-1][1] and those[-1][1].date() <= last):
            meant += 1
            reached += those[-1][2] is not None
    return reached, meant, sorted(took)
