"""Writing the digest of one recipient: what is theirs to see, as a mail, as files, and in a few lines."""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.core.kpi.period import Period
from bot.core.recipients import Due, audience_for, language_for
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.digest_folder import as_file_name
from bot.engine.desk import desk_of
from bot.engine.digesting import Composed, NoRights, TooBig
from bot.engine.mailer import Part
from bot.imports import Sources
from bot.report.archive import report_on
from bot.report.charts import charts_of
from bot.report.cut import cut
from bot.report.digest import Digest, digest_of
from bot.report.drawing import NotDrawn
from bot.report.page import Page, page
from bot.report.pictures import Chart, Drawn
from bot.report.render import FORMATS, Shown
from bot.report.report import Report
from bot.report.tell import Tell
from bot.report.write import beside, previous
from bot.store.store import Store

log = structlog.get_logger()


@dataclass(slots=True)
class DigestComposer:
    """Who writes digests: `browse` is the address before a key, `limit` how many bytes a mail may have.

    The reports of one moment are gathered once for all its recipients, and a chart that several see is drawn once.
    Without `draw`, which raises NotDrawn, there are no charts.
    """

    browse: str
    limit: int
    sources: Sources | None = None
    draw: Callable[[Sequence[Chart]], tuple[Drawn, ...]] | None = None
    _gathered: dict[Period, tuple[Report, ...]] = field(default_factory=dict)
    _as_of: tuple[Moment, str] | None = None
    _pictures: dict[tuple[Chart, ...], tuple[Drawn, ...] | None] = field(default_factory=dict)
    _is_blind: bool = False

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
        drawn, notes = self._drawn(digest, tell)
        if draft:
            notes = (tell.words["note_draft"].format(name=due.entry.name), *notes)
        shown = Shown(digest, page(digest, tell), tell, [each.in_page() for each in drawn], notes)
        stem = _stem(due, book.site)
        files = tuple(_file(form, shown, stem) for form in due.entry.formats)
        plain, html, images, attached = self._fitting(shown, drawn, files)
        return Composed(
            language=language,
            subject=" ".join(f"{shown.page.title}: {_named(shown.page, due, as_of, tell)}".split()),
            plain=plain,
            html=html,
            page=_file("html", shown, stem),
            images=images,
            files=files,
            attached=attached,
            brief=tuple(_brief(shown.page)),
        )

    def _drawn(self, digest: Digest, tell: Tell) -> tuple[tuple[Drawn, ...], tuple[str, ...]]:
        """A digest's charts, and a note where they cannot be drawn; then those of others are not tried either."""
        charts = charts_of(digest, tell) if self.draw is not None else ()
        if self.draw is None or not charts:
            return (), ()
        if charts not in self._pictures:
            try:
                self._pictures[charts] = None if self._is_blind else self.draw(charts)
            except NotDrawn as error:
                log.warning("charts not drawn", reason=str(error))
                self._pictures[charts] = None
                self._is_blind = True
        found = self._pictures[charts]
        return ((), (tell.words["no_charts"],)) if found is None else (found, ())

    def forget(self) -> None:
        """Let go of the reports, and of what was drawn."""
        self._gathered, self._as_of = {}, None
        self._pictures, self._is_blind = {}, False

    def _reports(self, store: Store, book: Rulebook, period: Period, as_of: Moment) -> tuple[Report, ...]:
        """The reports on the periods before, as they ended, and on the period."""
        if self._as_of != (as_of, book.version):
            self._gathered, self._as_of = {}, (as_of, book.version)
        if period not in self._gathered:
            told = beside(book, period, self.sources)
            before = previous(period, store, book, as_of, self.sources)  # first, as the whole report is large
            self._gathered[period] = (*before, report_on(store, book, desk_of(store, book), period, as_of, told))
        return self._gathered[period]

    def _fitting(
        self, shown: Shown, drawn: Sequence[Drawn], files: tuple[Part, ...]
    ) -> tuple[str, str, tuple[Part, ...], tuple[Part, ...]]:
        """A mail's two texts, its pictures and its files: all of them, or else without the files, or both."""
        words = shown.page.words
        pictures = [each.in_mail() for each in drawn]
        images = tuple(Part(each.name, "image/png", each.png) for each in drawn)
        told = (*shown.notes, words["note_files_left"].format(n=len(files))) if files else shown.notes
        tries = [(shown.notes, pictures, images, files)]
        tries += [(told, pictures, images, ())] if files else []
        tries += [((*told, words["note_images_left"]), [], (), ())] if images else []
        for notes, seen, parts, attached in tries:
            written = replace(shown, notes=notes, pictures=seen)
            html, plain = FORMATS["mail"].write(written), FORMATS["text"].write(replace(written, pictures=()))
            if _size((plain, html), (*parts, *attached)) <= self.limit:
                return plain.decode(), html.decode(), parts, attached
        raise TooBig


def _named(page: Page, due: Due, as_of: Moment, tell: Tell) -> str:
    """What tells a digest's mail from the others: of a day's the day on which it is read, else its period."""
    return tell.day(tell.book.calendar.day_of(as_of)) if due.entry.period == "day" else page.period


def _size(texts: Sequence[bytes], parts: Sequence[Part]) -> int:
    """About how many bytes texts and files take in a mail, where other letters than English ones take three each."""
    return sum(len(b2a_qp(text)) for text in texts) + sum(len(part.data) * 11 // 8 + 512 for part in parts) + 4096


def _file(form: str, shown: Shown, stem: str) -> Part:
    how = FORMATS[form]
    return Part(f"{stem}.{how.suffix}", how.type, how.write(shown))


def _stem(due: Due, site: str) -> str:
    """The name of a digest's files without what says of which form they are: desk, period, recipient."""
    words = (site, f"{due.period.kind}-{due.period.first}", due.entry.name)
    return "_".join(map(as_file_name, words))


def _brief(page: Page) -> list[str]:
    """What a comment says: of what, as of when, how much is to be done, and what keeps the bot from its work."""
    words = page.words
    counts = "; ".join(f"{title}: {n}" for _, title, n in page.glance)
    return [
        f"{page.title}: {page.period}. {words['as_of']}: {page.as_of}.",
        words["nothing"] if page.is_quiet else f"{counts}.",
        *page.alarms,
    ]
