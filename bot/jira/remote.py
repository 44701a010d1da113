"""Jira's own links to tickets of other sites: its remote issue links."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from bot.jira.answers import Answered
from bot.jira.client import Client

JIRA = "com.atlassian.jira"
"""The type of application by which a link was made with a ticket of a Jira that this one is connected to."""

_BROWSED = re.compile(r"((?i:https?)://.+?)/browse/([A-Za-z][A-Za-z0-9_]*-[1-9][0-9]*)/?(?:[?#].*)?", re.ASCII)


class _Application(msgspec.Struct):
    type: str | None = None


class _Object(msgspec.Struct):
    url: str | None = None


class _RemoteLink(msgspec.Struct):
    id: int | str
    application: _Application | None = None
    object: _Object | None = None


def remote_links(
    client: Client, version: str, ticket_id: str, sites: Mapping[str, str], addresses: Mapping[str, str]
) -> dict[str, str]:
    """Ask which tickets of other sites a ticket is linked to: their ids as `SITE:KEY`, by the ids of the links.

    `sites` gives the site of a project, `addresses` where each site is. A web link counts where it leads to a ticket
    at that very address; one made between connected Jiras, whichever address they know each other by. None where
    links between tickets are switched off. Raises what `Client.read` raises.
    """
    try:
        links = client.read(f"{version}/issue/{{id}}/remotelink", list[_RemoteLink], at={"id": ticket_id})
    except Answered as error:
        if error.status == 404:
            return {}
        raise
    told = ((str(link.id), _told(link, sites, addresses)) for link in links)
    return {id_: there for id_, there in told if there is not None}


def _told(link: _RemoteLink, sites: Mapping[str, str], addresses: Mapping[str, str]) -> str | None:
    found = _BROWSED.fullmatch((link.object.url if link.object else None) or "")
    if found is None:
        return None
    key = found[2].upper()
    site = sites.get(key.rpartition("-")[0])
    if site is None:
        return None
    is_of_jira = link.application is not None and link.application.type == JIRA
    is_there = found[1].casefold() == addresses.get(site, "").casefold()
    return f"{site}:{key}" if is_of_jira or is_there else None
