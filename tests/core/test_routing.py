from __future__ import annotations

import pytest
from small_desk import at, ticket, view

from bot.core.forms import Tested
from bot.core.routing import route_for, to_be_routed_since

ON = "mon 09:00 ann state handed-on"


@pytest.mark.parametrize(
    ("acts", "facts", "since"),
    [
        ([], {}, None),
        ([ON], {}, "mon 09:00"),
        ([ON], {"queue": "it"}, None),  # chosen when it was opened
        ([ON], {"queue": "unknown"}, None),  # the rulebook does not name it, and yet a person chose it
        ([ON, "mon 10:00 cid queue unknown"], {}, None),
        (["mon 08:30 ann queue it", ON], {}, None),
        ([ON, "mon 10:00 cid queue it"], {}, None),
        ([ON, "mon 10:00 robot queue it"], {}, "mon 09:00"),  # what the bot did changes no wish
        ([ON, "mon 10:00 robot queue it", "mon 11:00 cid queue law"], {}, None),
        # emptied by a person: the coordinator decides, the bot does not try again in this stay
        ([ON, "mon 10:00 cid queue it", "mon 11:00 cid queue -"], {}, None),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 cid queue -"], {}, None),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 cid queue -", "mon 12:00 robot queue law"], {}, None),
        (
            [
                ON,
                "mon 10:00 bob queue it",
                "mon 11:00 bob queue -",
                "mon 11:00 bob state new",
                "tue 09:00 ann state handed-on",
            ],
            {},
            "tue 09:00",
        ),
        # a queue of tier 1 that it had before is no choice for tier 2; set on the way there it is one
        (["mon 08:30 ann queue first", ON], {}, "mon 09:00"),
        (["mon 09:00 ann queue first", ON], {}, None),
        # somebody has taken up the ticket where the bot put it: it stays there
        ([ON, "mon 10:00 robot queue it", "mon 11:00 bob owner bob"], {}, None),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 bob state asking"], {}, None),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 bob says"], {}, None),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 - owner bob"], {}, None),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 bob says", "mon 12:00 bob category LAW"], {}, None),
        # nobody has: what tier 1 corrects or adds may still lead elsewhere
        ([ON, "mon 10:00 robot queue it", "mon 11:00 ann says", "mon 12:00 ann category LAW"], {}, "mon 09:00"),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 bob priority high"], {}, "mon 09:00"),
        ([ON, "mon 10:00 robot queue it", "mon 11:00 robot says"], {}, "mon 09:00"),
        ([ON, "mon 09:30 bob owner bob", "mon 10:00 robot queue it"], {}, "mon 09:00"),
        # sent back and forwarded again: a new stay, and nobody has taken it up yet
        (
            [ON, "mon 10:00 robot queue it", "mon 11:00 bob state new", "mon 12:00 ann state handed-on"],
            {},
            "mon 12:00",
        ),
        ([ON, "mon 10:00 bob state new", "mon 11:00 ann state handed-on"], {}, "mon 11:00"),
        # opened again where it was solved: it is there, and those concerned hear of the reopening
        (
            [ON, "mon 10:00 robot queue it", "mon 11:00 bob state solved", "mon 12:00 ann state handed-on"],
            {},
            None,
        ),
        (
            [
                ON,
                "mon 10:00 robot queue it",
                "mon 11:00 bob state solved",
                "mon 11:30 ann queue -",
                "mon 12:00 ann state handed-on",
            ],
            {},
            "mon 12:00",
        ),
        ([ON, "mon 10:00 bob state new"], {}, None),
        ([ON, "mon 10:00 bob state solved"], {}, None),
        ([], {"state": "handed-on"}, "mon 08:00"),
        ([], {"state": "unknown"}, None),
    ],
)
def test_since_when_a_ticket_waits_for_a_queue(acts: list[str], facts: dict[str, str], since: str | None) -> None:
    assert to_be_routed_since(view(ticket(*acts, **facts))) == (None if since is None else at(since))


@pytest.mark.parametrize(("category", "route"), [("LAW", "legal"), ("IT", "others"), (None, "others")])
def test_the_first_route_that_matches_wins(category: str | None, route: str) -> None:
    tested: Tested = []
    found = route_for(view(ticket(ON, category=category)), tested)
    assert found is not None
    assert found.route == route
    assert tested == [("category", category or "-")]
