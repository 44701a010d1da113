"""Whether letters reach their people: the mail server, the addresses, and the ticket that stands in for mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.core.entries import Entries
from bot.core.findings import Finding, Path, nearest
from bot.core.readers import person_of
from bot.engine.mailer import Unsent
from bot.engine.tracker import Denied, Refused, Unreachable
from bot.jira.access import watched
from bot.jira.binding import Binding
from bot.jira.catalogue import Catalogue, key_now
from bot.jira.tracker import JiraTracker
from bot.mail import greet
from bot.settings import Misconfigured, Settings, addresses_of
from bot.start import client_of, mail_server

_LISTED = 8


def mail_mistakes(settings: Settings, entries: Entries | None, *, offline: bool) -> Iterator[str]:
    """What is wrong with the mail: its configuration, addresses of people unknown, and a server that does not let in.

    The server is greeted, and asked to encrypt and to let the bot in; nothing is sent. Raises Misconfigured.
    """
    addresses, server = addresses_of(settings.mail), mail_server(settings.mail)
    people = [person.person for person in entries.people] if entries else []
    people += [entry.to for entry in entries.digest.recipients if not entry.team] if entries else []
    for person in addresses if entries else ():
        if person not in people:
            near = nearest(person, people)
            meant = f"; did you mean '{near}'?" if near else ""
            yield f"mail.addresses: '{person}' is nobody of the rulebook{meant}"
    if server is not None and not offline:
        try:
            greet(server).quit()
        except Unsent as error:
            yield f"mail.host {settings.mail.host}: {error}"


def unreached(settings: Settings, entries: Entries) -> tuple[str, ...]:
    """The people of the rulebook to whom no mail can go, in its order. Raises Misconfigured."""
    addresses = addresses_of(settings.mail) if settings.mail.host else {}
    return tuple(person.person for person in entries.people if person.person not in addresses)


def letter_notes(settings: Settings, entries: Entries) -> Iterator[str]:
    """What is to be known of letters, without a word to Jira. Raises Misconfigured."""
    without = unreached(settings, entries)
    ticket = entries.manners.desk_ticket or entries.manners.control
    if not without:
        return
    if ticket is None:
        lacking = "no mail address" if settings.mail.host else "no mail"
        yield f"{lacking} and no control ticket: letters, such as morning summaries, do not reach {_some(without)}"
    elif settings.mail.host:
        yield f"no mail address, so that letters are comments on {ticket}: {_some(without)}"


def digest_mistakes(settings: Settings, entries: Entries) -> Iterator[Finding]:
    """Find the digest's recipients whom a way that the rulebook names does not reach. Raises Misconfigured.

    Without a mail server there are none by mail, as digests begin to go with one.
    """
    addresses, people = addresses_of(settings.mail), {each.person for each in entries.people}
    for i, entry in enumerate(entries.digest.recipients):
        if entry.observe:
            continue
        path: Path = ("digest", "recipients", i)
        approver = (entry.approved_by, "approved_by")
        for word, key in ((entry.to if "mail" in entry.by else None, "to"), approver):
            person = None if word is None else person_of(word, entries)
            known = person in people or not entry.team
            if settings.mail.host and person is not None and known and person not in addresses:
                yield Finding((*path, key), f"'{person}' has no address under [mail]", nearest(person, addresses))
        if "folder" in entry.by and settings.digest.folder is None:
            text = "the configuration names no folder: write `folder` under [digest]"
            yield Finding((*path, "by", entry.by.index("folder")), text)


def digest_notes(settings: Settings, entries: Entries) -> Iterator[str]:
    """What is to be known of the digests that go by themselves."""
    if settings.mail.host is None:
        waiting = [each.name for each in entries.digest.recipients if "mail" in each.by and not each.observe]
        if waiting:
            yield f"no mail server: these digests do not go by mail: {_some(waiting)}"
    if watching := [each.name for each in entries.digest.recipients if each.observe]:
        yield f"digests on observe, which are not sent: {_some(watching)}"


def who_cannot_see(
    settings: Settings, catalogue: Catalogue, binding: Binding, entries: Entries
) -> Iterator[Finding | str]:
    """What is wrong with the desk's ticket and the digest's; and as texts who has no mail and may not see it.

    Raises Misconfigured where Jira does not answer.
    """
    named, without = entries.manners.desk_ticket, unreached(settings, entries)
    digests = entries.digest.ticket
    client = client_of(settings.jira, jitter=lambda low, high: 0.0)
    try:
        if named is not None:
            yield from watched(named, key_now(client, named), ("manners", "desk_ticket"), entries)
        if digests is not None:
            yield from watched(digests, key_now(client, digests), ("digest", "ticket"), entries)
        ticket = named or entries.manners.control
        if ticket is not None:
            tracker = JiraTracker(client, catalogue, binding, entries)
            project = ticket.rpartition("-")[0]
            yield from _unseen(ticket, {person: tracker.may(person, ("see",), ticket) for person in without})
            yield from _unread(ticket, {person: tracker.sees(person, project) for person in without})
    except (Denied, Refused, Unreachable) as error:
        raise Misconfigured(f"jira.url {settings.jira.url}: {error}") from None
    finally:
        client.close()


def _unseen(ticket: str, sees: Mapping[str, bool | None]) -> Iterator[str]:
    if hidden := [person for person in sees if sees[person] is False]:
        yield f"their letters are not written, as they do not see {ticket}: {_some(hidden)}"
    if unknown := [person for person in sees if sees[person] is None]:
        yield (
            f"their letters are not written, as the account may not ask who sees {ticket}, which needs the "
            f"permission to administer its project: {_some(unknown)}"
        )


def _unread(ticket: str, reads: Mapping[str, bool | None]) -> Iterator[str]:
    if hidden := [person for person in reads if reads[person] is False]:
        yield f"their letters are not written, as they do not see the bot's comments on {ticket}: {_some(hidden)}"
    if unknown := [person for person in reads if reads[person] is None]:
        yield (
            "their letters are not written, as the account may not ask who is in the role or group that sees the "
            f"bot's comments on {ticket}: {_some(unknown)}"
        )


def _some(people: Sequence[str]) -> str:
    more = f" and {len(people) - _LISTED} more" if len(people) > _LISTED else ""
    return f"{', '.join(people[:_LISTED])}{more}"
