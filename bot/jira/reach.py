"""Whether a Jira answers, which one it is, and how far its clock is from this one."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import NamedTuple

import msgspec

from bot.jira.client import Client


class _ServerInfo(msgspec.Struct):
    version: str = ""
    deployment_type: str = msgspec.field(name="deploymentType", default="")


class Reached(NamedTuple):
    """A Jira that answered; `ahead_s` is how far its clock is ahead of this one, None where it does not tell."""

    version: str
    ahead_s: float | None


def reach(client: Client) -> Reached:
    """Ask a Jira for its version. Raises what `Client.read` raises."""
    asked_at = client.now_s
    info = client.read("2/serverInfo", _ServerInfo)
    try:
        told_at = parsedate_to_datetime(client.date).timestamp()
    except ValueError:
        return Reached(info.version, None)
    # The header tells whole seconds: its moment is somewhere within that second, and within the time of the answer.
    if asked_at - 1 <= told_at <= client.now_s:
        return Reached(info.version, 0.0)
    return Reached(info.version, told_at - asked_at)
