"""Writing the digest of one recipient: what is theirs to see, as a mail, as files, and in a few lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.core.kpi.period import Period
from bot.core.recipients import Due, audience_for, language_for
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.desk import desk_of
from bot.engine.digesting import Composed, NoRights, TooBig
from bot.engine.mailer import Part
from bot.imports import Sources
from bot.report.archive import report_on
from bot.report.cut import cut
from bot.report.digest import Digest, digest_of
from bot.report.drawing import Drawn
from bot.report.page import Page, page
from bot.report.render import FORMATS, Form, Shown
from bot.report.report import Report
from bot.report.tell import Tell
from bot.report.write import beside, previous
from bot.store.store import Store

Draw = Callable[[Digest, Tell], tuple[Sequence[Drawn], Sequence[str]]]

_NOT_A_FILE_NAME = re.compile(r"[^\w.-]+")


@dataclass(slots=True)
class DigestComposer:
    """Who writes digests: `browse` is the address before a key, `limit` how many bytes a mail may have.

    The reports of one moment are gathered once for all its recipients. `draw` gives a digest's charts with notes on
    them; without it there are none.
    """

    browse: str
    limit: int
    sources: Sources | None = None
    draw: Draw | None = None
    _gathered: dict[Period, tuple[Report, ...]] = field(default_factory=dict)
    _as_of: tuple[Moment, str] | None = None

    def compose(self, store: Store, book: Rulebook, due: Due, as_of: Moment, *, draft: bool) -> Composed:
        """Write a recipient's digest, with the desk as it stands or stood at `as_of`.

        What a mail has no room for is left out, the attachments first, and a note says so. Raises TooBig,
        NoRights, StoreError.
        """
        audience = audience_for(due.entry, book.entries)
        if audience is None:
            raise NoRights
        language = language_for(due.entry, book)
        tell = Tell(language, book, self.browse)
        *then, today = (cut(report, audience) for report in self._reports(store, book, due.period, as_of))
        digest = digest_of(today, then, book)
        charts, undrawn = ((), ()) if self.draw is None else self.draw(digest, tell)
        shown = Shown(digest, page(digest, tell), tell, [each.in_page() for each in charts])
        notes = [tell.words["note_draft"].format(name=due.entry.name)] if draft else []
        notes += undrawn
        stem = _stem(due, book.site)
        files = tuple(_file(form, shown, notes, stem) for form in due.entry.formats)
        plain, html, images, attached = self._fitting(shown, notes, files, charts)
        return Composed(
            language=language,
            subject=f"{shown.page.title}: {_named(shown.page, due, as_of, tell)}",
            plain=plain,
            html=html,
            page=_file("html", shown, notes, stem),
            images=images,
            files=files,
            attached=attached,
            brief=tuple(_brief(shown.page)),
        )

    def forget(self) -> None:
        """Let go of the reports."""
        self._gathered, self._as_of = {}, None

    def _reports(self, store: Store, book: Rulebook, period: Period, as_of: Moment) -> tuple[Report, ...]:
        """The reports on the periods before, as they ended, and on the period."""
        if self._as_of != (as_of, book.version):
            self._gathered, self._as_of = {}, (as_of, book.version)
        if period not in self._gathered:
            told = beside(book, period, self.sources)
            report = report_on(store, book, desk_of(store, book), period, as_of, told)
            self._gathered[period] = (*previous(report, store, book, as_of, self.sources), report)
        return self._gathered[period]

    def _fitting(
        self, shown: Shown, notes: Sequence[str], files: tuple[Part, ...], charts: Sequence[Drawn]
    ) -> tuple[str, str, tuple[Part, ...], tuple[Part, ...]]:
        """The two texts of a mail, the charts that it shows, and what may be attached to it."""
        words, told = shown.tell.words, tuple(notes)
        tries = [(told, files, charts)]
        if files:
            told = (*told, words["note_files_left"].format(n=len(files)))
            tries.append((told, (), charts))
        if charts:
            tries.append(((*told, words["note_images_left"]), (), ()))
        for told, attached, drawn in tries:
            written = replace(shown, notes=told, pictures=[each.in_mail() for each in drawn])
            html, plain = FORMATS["mail"].write(written), FORMATS["text"].write(replace(written, pictures=()))
            images = tuple(Part(each.name, "image/png", each.png) for each in drawn)
            if _size(plain, html, *(part.data for part in (*images, *attached))) <= self.limit:
                return plain.decode(), html.decode(), images, attached
        raise TooBig


def _named(page: Page, due: Due, as_of: Moment, tell: Tell) -> str:
    """What tells a digest's mail from the others: of a day's the day on which it is read, else its period."""
    return tell.day(tell.book.calendar.day_of(as_of)) if due.entry.period == "day" else page.period


def _size(*parts: bytes) -> int:
    """About how many bytes parts have in a mail, where three become four."""
    return sum(len(part) for part in parts) * 4 // 3 + 4096


def _file(form: str, shown: Shown, notes: Sequence[str], stem: str) -> Part:
    how: Form = FORMATS[form]
    written = how.write(replace(shown, notes=notes))
    return Part(f"{stem}.{how.suffix}", how.type, written)


def _stem(due: Due, site: str) -> str:
    """The name of a digest's files without what says of which form they are: desk, period, recipient."""
    words = (site, f"{due.period.kind}-{due.period.first}", due.entry.name)
    return "_".join(_NOT_A_FILE_NAME.sub("-", word).strip(".-") or "-" for word in words)


def _brief(page: Page) -> list[str]:
    """What a comment says: of what, as of when, how much is to be done, and what keeps the bot from its work."""
    words = page.words
    counts = "; ".join(f"{title}: {n}" for _, title, n in page.glance)
    return [
        f"{page.title}: {page.period}. {words['as_of']}: {page.as_of}.",
        words["nothing"] if page.is_quiet else f"{counts}.",
        *page.alarms,
    ]
