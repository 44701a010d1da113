"""The sandbox's pages: what a person sees, and that a ticket's text is shown as text."""

from __future__ import annotations

import pytest

from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.calls import Request
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet


@pytest.fixture(params=["cloud", "dc"])
def site(request):
    world = keskkonnaamet(request.param, Clock(1_790_000_000_000))
    person = world.person("it1")
    values = {"summary": "<script>alert(1)</script>", "issuetype": world.issue_types["10100"], "description": "a < b"}
    issue = acts.create(world, person, world.projects["KKA"], values)
    issue = acts.transition(world, issue, person, "10003", {})
    ref = person.ident(request.param)
    body = f"[~accountid:{ref}] vaata" if request.param == "cloud" else f"[~{ref}] vaata"
    acts.comment(world, issue, world.person("piletibot"), body, properties={"piletibot.step": {"keys": ["k"]}})
    return Site(world)


@pytest.mark.parametrize(
    ("path", "status", "shown"),
    [
        ("/", 200, ['href="/browse/KKA-1"', "Töös", "1 tickets"]),
        ("/browse/KKA-1", 200, ["a &lt; b", "@IT-tugi Üks vaata", "said bot", "Uus → Töös"]),
        ("/browse/KKA-9", 404, ["No such ticket"]),
    ],
)
def test_pages(site, path, status, shown):
    answer = site.handle(Request("GET", path))
    text = answer.body.decode()
    assert answer.status == status
    assert [part for part in shown if part not in text] == []
    assert "<script>" not in text


def test_pages_do_not_hide_the_rest_and_are_not_counted(site):
    assert site.handle(Request("POST", "/")).status == 404
    site.requests.clear()
    site.handle(Request("GET", "/"))
    assert site.requests.total() == 0
