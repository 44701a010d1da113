"""Another Jira site, in whose tickets tier 2 works: looked at with GETs alone, and never waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import structlog

from bot.core.entries import Entries
from bot.core.ticket import Ticket
from bot.engine.tracker import AWAY, LATE, LOCKED, Denied, Refused, Stamp, Throttled, Trouble, Unreachable
from bot.jira import fetch, search
from bot.jira.ailing import about_a_ticket
from bot.jira.answers import Answered
from bot.jira.binding import Binding, outside_bindings, unknown_elsewhere
from bot.jira.catalogue import Catalogue, read_elsewhere
from bot.jira.client import Client
from bot.jira.reader import LEAN, Unreadable, read_ticket

_log = structlog.get_logger()

_KNOWN_S = 3600
"""How long what the site has is believed before it is asked for again, in seconds."""

_PEACE_S = 30
"""How long a site that did not answer is not asked again, in seconds."""

_PATIENCE = 3
"""How many times the timeout all tickets asked for at once may take together, before the others wait."""


class OtherSite:
    """The tickets of one other site, by `SITE:KEY`; one per thread, as its client is.

    Nothing is asked of it before a ticket is. After it did not answer, it is left in peace for a while.
    """

    def __init__(self, name: str, client: Client, entries: Entries, binding: Binding) -> None:
        self.name = name
        self._client = client
        self._entries = entries
        self._binding = binding
        self._known: tuple[float, Catalogue, dict[str, Binding]] | None = None
        self._away: Unreachable | Denied | None = None
        self._away_until = 0.0
        self._late_until = 0.0

    def changed(self, since_ms: int) -> Iterator[Stamp]:
        """Give the tickets of the rulebook's projects there that changed at or after `since_ms`.

        Raises Unreachable and Denied.
        """
        try:
            catalogue, _ = self._look()
            seen = {project.id for project in catalogue.projects}
            named = [key for each in self._entries.outside if each.site == self.name for key in each.projects]
            projects = [key for key in named if key in seen]
            closed: dict[str, str] = {}
            for stamp in (
                search.changed(self._client, catalogue.flavour, projects, since_ms, closed) if projects else ()
            ):
                yield Stamp(f"{self.name}:{stamp.key}", stamp.key, stamp.updated_ms)
        except (Unreachable, Denied) as error:
            self._leave(error)
            raise

    def read(self, ids: Sequence[str]) -> tuple[list[Ticket], list[Trouble]]:
        """Read these tickets; each that cannot be read, or not in time, is a trouble with its reason."""
        tickets: list[Ticket] = []
        troubles: list[Trouble] = []
        began = self._client.now_s
        for id_ in ids:
            now = self._client.now_s
            if now - began > _PATIENCE * self._client.timeout_s:
                self._late_until = now + _PEACE_S
            if now < self._late_until:
                troubles.append(Trouble(id_, LATE))
                continue
            try:
                tickets.append(self._read(id_))
            except Answered as error:
                gone = "it is not there, or the account may not see it"
                troubles.append(Trouble(id_, gone if error.status in (403, 404) else str(error)))
            except (Refused, Unreadable) as error:
                troubles.append(Trouble(id_, str(error)))
            except (Unreachable, Denied) as error:
                self._leave(error)
                troubles.append(Trouble(id_, LOCKED if isinstance(error, Denied) else AWAY))
        return tickets, troubles

    def _read(self, id_: str) -> Ticket:
        catalogue, bindings = self._look()
        asked = id_.partition(":")[2]
        with about_a_ticket(self._client):
            issue, histories = fetch.one(self._client, catalogue.flavour, asked, LEAN)
        binding = bindings.get(issue.key.rpartition("-")[0])
        if binding is None:
            raise Refused("it was moved to a project that is not named under `outside`")
        listed = issue.comments
        version = "3" if catalogue.flavour == "cloud" else "2"
        cut_off = listed.total > len(listed.comments)
        with about_a_ticket(self._client):
            comments = fetch.comments(self._client, version, str(issue.id)) if cut_off else listed.comments
        # Whatever it is called there by now, here it is known by the key that the tie holds.
        return msgspec.structs.replace(read_ticket(issue, histories, comments, binding), id=id_)

    def _look(self) -> tuple[Catalogue, dict[str, Binding]]:
        """What the site has; asked for anew every hour. Raises what it last failed with while it is left in peace."""
        now = self._client.now_s
        if self._away is not None and now < self._away_until:
            raise self._away
        if self._known is None or self._known[0] < now:
            try:
                catalogue = read_elsewhere(self._client)
            except Refused as error:
                raise Unreachable(str(error)) from None
            for finding in unknown_elsewhere(self._entries, catalogue, self.name):
                _log.warning("another site lacks what the rulebook names", other_site=self.name, reason=finding.text)
            bindings = outside_bindings(self._entries, catalogue, self._binding, self.name)
            self._known = now + _KNOWN_S, catalogue, bindings
        self._away = None
        return self._known[1], self._known[2]

    def _leave(self, error: Unreachable | Denied) -> None:
        """Leave the site in peace for a while, and ask it anew then what it has."""
        if error is self._away:
            return
        least_s = error.retry_after_s if isinstance(error, Throttled) else 0.0
        self._away, self._away_until, self._known = error, self._client.now_s + max(least_s, _PEACE_S), None
        _log.warning("another site cannot be asked", other_site=self.name, reason=str(error))
