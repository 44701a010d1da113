"""A digest's mail shows its charts as parts of itself, and goes without them where it must."""

from __future__ import annotations

import pytest
from digest_desk import LEAD, Sent

from bot.report.drawing import NotDrawn
from bot.report.pictures import Drawn

CHART = Drawn("backlog", "Backlog", "0–9 days: 1", "<svg><title>x</title></svg>", b"\x89PNG" + b"x" * 100_000, 400)
NONE_DRAWN = "The charts could not be drawn; the same numbers are in the tables."


def sent(drawn, limit: int = 10_000_000, **told) -> Sent:
    """A desk whose digest went on Tuesday morning, with what was drawn for it; None where that failed."""

    def draw(charts):
        if drawn is None:
            raise NotDrawn("no")
        return drawn

    desk = Sent(told=({**LEAD, **told},), limit=limit, draw=draw)
    desk.at("tue 08:00")
    return desk


def test_a_mail_brings_its_charts_and_a_file_has_them_in_itself():
    (mail,) = sent((CHART,), formats=["html"]).mailer.arrived
    assert [(image.name, image.type, image.data[:4]) for image in mail.images] == [
        ("backlog", "image/png", b"\x89PNG")
    ]
    assert 'src="cid:backlog" alt="0–9 days: 1" width="400"' in mail.html
    assert "<svg" not in mail.html
    assert b"<svg><title>x</title></svg>" in mail.files[0].data


@pytest.mark.parametrize(("files", "images"), [(1, 1), (0, 1), (0, 0)])
def test_the_files_are_left_out_first_then_the_charts(files, images):
    (whole,) = sent((CHART,), formats=["json"]).mailer.arrived
    size = len((whole.plain + whole.html).encode()) + files * len(whole.files[0].data) + images * len(CHART.png)
    (mail,) = sent((CHART,), size * 4 // 3 + 6000, formats=["json"]).mailer.arrived
    assert (len(mail.files), len(mail.images)) == (files, images)
    assert ("Attachments left out" in mail.plain) is not bool(files)
    assert ("The charts are left out" in mail.plain) is not bool(images)
    assert ("cid:" in mail.html) is bool(images)


def test_a_digest_goes_without_the_charts_that_could_not_be_drawn():
    (mail,) = sent(None).mailer.arrived
    assert mail.images == ()
    assert NONE_DRAWN in mail.plain
    assert NONE_DRAWN in mail.html
