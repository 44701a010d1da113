"""What a ticket, a call or a message of the bot adds to an indicator: the smallest piece that figures are made of.

A period's facts are kept with its digest, so that its figures can be worked out again and come out the same.
"""

from __future__ import annotations

import msgspec

from bot.core.ticket import Moment


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One thing that an indicator counts, or leaves out for a reason.

    `indicator` is a name of `bot.core.kpi.registry.INDICATORS`. Of a share `value` is how many of `weight` meet it,
    of a time it is in working seconds, of a count how many. `group` is the word of the queue, category, policy or
    rule by which the indicator is divided. `excluded` is the word of the reason for which it is not counted.
    `marks` are words counted beside the figure, whether the fact itself is counted or not. `ticket` is the key, empty
    for what is no ticket's; `secured` tells that it has a security level. `at` is when what it tells of happened.
    """

    indicator: str
    ticket: str = ""
    value: float = 0
    weight: int = 1
    group: str = ""
    excluded: str = ""
    marks: tuple[str, ...] = ()
    secured: bool = False
    queue: str = ""
    at: Moment = 0
    category: str = ""
