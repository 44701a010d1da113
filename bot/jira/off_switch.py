"""The project property by which whoever administers a project silences the bot in it."""

from __future__ import annotations

import msgspec

from bot.jira.answers import Answered
from bot.jira.client import Client

OFF_SWITCH = "piletibot"
"""The property's key; its value is `{"silent": true}` or `{"silent": false}`."""


class _Property(msgspec.Struct):
    value: msgspec.Raw = msgspec.Raw(b"null")


def off_switch(client: Client, project: str) -> bytes | None:
    """Read the value, as JSON; None where there is none, or no such project. Raises as `Client.read`."""
    try:
        at = {"project": project, "key": OFF_SWITCH}
        return bytes(client.read("2/project/{project}/properties/{key}", _Property, at=at).value)
    except Answered as error:
        if error.status != 404:
            raise
        return None
