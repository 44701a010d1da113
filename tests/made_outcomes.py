"""Outcomes made by hand, of the small desk's rules."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from small_desk import at

from bot.core.outcome import ClockOutcome, DeadlineOutcome, HeldOutcome, Outcome, StepOutcome

RUNGS = (("still", "ask"), ("still", "tell"), ("deadline", "late"), ("to-law", "routed"))
PEOPLE = ("bob", "dan", "cid", "~712020:mari", "~712020:jaan")


def step(
    when: str | int, *to: str, rule: str = "still", rung: str = "ask", action: str = "say", **more: Any
) -> StepOutcome:
    moment = at(when) if isinstance(when, str) else when
    given: dict[str, Any] = {
        "key": f"t/1/{rule}/{moment}/{rung}",
        "repeat": 0,
        "say": "x",
        "sets": {},
        "queue": "it",
        "due_at": moment,
        "said_at": moment if action == "say" else None,
        "because": "so it is",
    }
    return StepOutcome(rule=rule, rung=rung, action=action, to=to, at=moment, **(given | more))  # type: ignore[arg-type]


def clock(standing: str, started: str = "mon 09:00", stopped: str | None = None, **more: Any) -> ClockOutcome:
    late = standing in ("breached", "missed")
    due_at = at("tue 09:00")
    given: dict[str, Any] = {"policy": "answer", "cycle": 1, "paused_s": 0, "elapsed_s": 3600, "due_at": due_at}
    given |= {"breached_at": due_at if late else None}
    return ClockOutcome(
        started_at=at(started),
        stopped_at=at(stopped) if stopped else None,
        standing=standing,  # type: ignore[arg-type]
        **(given | more),
    )


def outcome(*steps: StepOutcome, number: int = 1, **more: Any) -> Outcome:
    given: dict[str, Any] = {
        "project": "ABC",
        "created_at": at("mon 08:00"),
        "state": "new",
        "queue": "it",
        "category": None,
    }
    return Outcome(id=str(number), key=f"ABC-{number}", steps=steps, **(given | more))


MOMENTS = st.integers(at("mon 08:00"), at("2 fri 17:00"))


@st.composite
def steps(draw: st.DrawFn) -> StepOutcome:
    rule, rung = draw(st.sampled_from(RUNGS))
    to = tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True)))
    action = draw(st.sampled_from(["say", "observe", "hold", "adopt", "withdraw"]))
    held = tuple(
        HeldOutcome(draw(MOMENTS), draw(st.sampled_from(["budget", "quiet hours"])), "so", None)
        for _ in range(draw(st.integers(0, 2)))
    )
    queue = draw(st.sampled_from(["it", "law", None]))
    return step(draw(MOMENTS), *to, rule=rule, rung=rung, action=action, held=held, queue=queue)


@st.composite
def clocks(draw: st.DrawFn) -> ClockOutcome:
    standing = draw(st.sampled_from(["on track", "at risk", "breached", "met", "missed", "paused"]))
    stopped_at = draw(MOMENTS) if standing in ("met", "missed") else None
    late_at = draw(MOMENTS) if standing in ("breached", "missed") else None
    return ClockOutcome(
        policy=draw(st.sampled_from(["answer", "solution"])),
        cycle=1,
        started_at=draw(MOMENTS),
        stopped_at=stopped_at,
        paused_s=draw(st.integers(0, 10)),
        elapsed_s=draw(st.integers(0, 100)),
        due_at=late_at,
        breached_at=late_at,
        standing=standing,
    )


@st.composite
def deadlines(draw: st.DrawFn) -> DeadlineOutcome:
    standing = draw(st.sampled_from(["on track", "breached", "met", "missed"]))
    due_at = draw(MOMENTS)
    return DeadlineOutcome(
        name="law.answer",
        basis="LAW § 1",
        starts_at=draw(MOMENTS),
        due_at=due_at,
        provisional=False,
        extended=False,
        ended_at=draw(MOMENTS) if standing in ("met", "missed") else None,
        breached_at=due_at if standing in ("breached", "missed") else None,
        standing=standing,
    )


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    return outcome(
        *draw(st.lists(steps(), max_size=5)),
        number=draw(st.integers(1, 10_000)),
        queue=draw(st.sampled_from(["it", "law", None])),
        clocks=tuple(draw(st.lists(clocks(), max_size=3))),
        deadlines=tuple(draw(st.lists(deadlines(), max_size=2))),
        trouble=draw(st.sampled_from([None, None, "could not be read"])),
    )
