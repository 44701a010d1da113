"""What the off-switch says: labels of the control ticket, and a project's property."""

from __future__ import annotations

import pytest

from bot.core.silence import Silence, is_everything, merged, of_labels, of_property, silent

HOLD = "bot-hold"


@pytest.mark.parametrize(
    ("labels", "silenced"),
    [
        ((), {}),
        (("other", "bot-holder", "BOT-HOLD"), {}),
        ((HOLD,), {"*": "label"}),
        (("bot-hold-ABC",), {"ABC": "label"}),
        (("bot-hold-abc", "bot-hold-Two-Words"), {"ABC": "label", "TWO-WORDS": "label"}),
        (("bot-hold-ABX",), {"*": "unclear label"}),
        (("bot-hold-",), {"*": "unclear label"}),
        (("bot-hold-ABX", HOLD, "bot-hold-ABC"), {"*": "label", "ABC": "label"}),
    ],
)
def test_labels(labels: tuple[str, ...], silenced: dict[str, str]) -> None:
    assert of_labels(labels, HOLD, ("ABC", "TWO-WORDS")) == silenced


@pytest.mark.parametrize(
    ("value", "by"),
    [
        (None, None),
        (b'{"silent": false}', None),
        (b'{"silent": true}', "property"),
        (b'{"silent": true, "until": "spring"}', "property"),
        *((garbled, "unclear property") for garbled in (b"", b"null", b"{}", b"true", b'{"silent": "yes"}')),
        *(
            (garbled, "unclear property")
            for garbled in (b'{"silent": 1}', b'[{"silent": false}]', b'{"silent"', b"\xff")
        ),
    ],
)
def test_a_property_that_is_garbled_silences(value: bytes | None, by: str | None) -> None:
    assert of_property(value) == by


def test_a_silence_is_as_old_as_it_was() -> None:
    before = (Silence("ABC", "label", 10),)
    found = [("ABC", "label"), ("ABC", "property"), ("ABC", "label")]
    assert merged(found, before, 20) == (Silence("ABC", "label", 10), Silence("ABC", "property", 20))  # type: ignore[arg-type]
    assert merged((), before, 20) == ()


def test_what_is_silent() -> None:
    assert silent("ABC", {"*"}, ()) == silent("ABC", {"ABC"}, {"ABC"}) == "a person silenced the bot"
    assert "the account" in (silent("ABC", {"DEF"}, {"ABC"}) or "")
    assert silent("ABC", {"DEF"}, {"DEF"}) is None
    both = (Silence("ABC", "permission", 0), Silence("DEF", "property", 0))
    assert is_everything(both, ("ABC", "DEF"))
    assert not is_everything(both[:1], ("ABC", "DEF"))
    assert is_everything((Silence("*", "label", 0),), ("ABC",))
    assert not is_everything((), ("ABC",))
