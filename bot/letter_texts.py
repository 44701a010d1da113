"""Letters written out: as mail in plain text and HTML, and as a comment on the desk's ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from bot.core.doc import Block, Bullets, Doc, Inline, Link, Mention, Paragraph, Text
from bot.core.entry import Names
from bot.core.letter_kinds import LETTERS
from bot.core.letters import LABELS, SECTIONS, Letter, Line, Section
from bot.core.rulebook import Rulebook
from bot.texts import Messages, plain
from bot.wording import clean, plural, show

_TEMPLATE = Path(__file__).with_name("letter.html")
_TICKETS = {
    "et": ("{n} pilet", "{n} piletit"),
    "en": ("{n} ticket", "{n} tickets"),
    "ru": ("{n} заявка", "{n} заявки", "{n} заявок"),
}
_MORE = {
    "et": ("ja veel {n} pilet", "ja veel {n} piletit"),
    "en": ("and {n} more ticket", "and {n} more tickets"),
    "ru": ("и ещё {n} заявка", "и ещё {n} заявки", "и ещё {n} заявок"),
}


@dataclass(frozen=True)
class Writing:
    """One letter with all that it is written with. `browse` is the address before a key that opens a ticket.

    It is in the language of its recipient. Where its `say` has no subject of its own, that of `notice` is taken.
    """

    letter: Letter
    messages: Messages
    book: Rulebook
    browse: str
    bot_name: str = "Piletibot"

    @property
    def language(self) -> str:
        """The language that the letter is in."""
        return self.book.languages.get(self.letter.to, self.book.entries.language)

    @property
    def subject(self) -> str:
        """The subject of the mail: one line, with nothing of a ticket in it."""
        own = f"{self.letter.say}_subject"
        name = own if own in self.messages.names() else "notice_subject"
        return clean(plain(self._doc(name), lambda person: "")).strip()

    @property
    def plain(self) -> str:
        """The letter as plain text, the address of each ticket behind its key."""
        return plain(Doc((*self.body, *self._closing.blocks)), lambda person: "") + "\n"

    @property
    def html(self) -> str:
        """The letter as a page of HTML with all style in its tags, as mail programs want it."""
        import css_inline

        page = _template().render(
            subject=self.subject,
            language=self.language,
            opening=self._opening.blocks,
            closing=self._closing.blocks,
            parts=[
                (self._called(SECTIONS, part) if part else "", list(sections)) for part, sections in self._parts()
            ],
            title=lambda section: self._called(SECTIONS, section.title),
            word=lambda section: section.title,
            size=_size,
            values=lambda line: list(self._values(line)),
            href=self._href,
            more=self._more,
            kind=lambda node: type(node).__name__,
        )
        return css_inline.inline(page, keep_style_tags=False, load_remote_stylesheets=False)

    @cached_property
    def _opening(self) -> Doc:
        return self._doc(self.letter.say)

    @property
    def body(self) -> tuple[Block, ...]:
        """What the letter says and lists, as blocks of a message."""
        return (*self._opening.blocks, *self._listed())

    @property
    def why(self) -> str:
        """Why the letter comes."""
        kind = LETTERS.get(self.letter.rule)
        return self._called({self.letter.rule: kind.why}, self.letter.rule) if kind else self.letter.because.why

    @cached_property
    def _closing(self) -> Doc:
        return closing((self,))

    def _doc(self, name: str) -> Doc:
        zone = self.book.calendar.timezone
        values = self.letter.values
        return self.messages.doc(name, self.language, values, to=(), names=self.book.name, zone=zone)

    def _parts(self) -> Iterator[tuple[str, Iterator[Section]]]:
        yield from groupby(self.letter.sections, key=lambda section: section.part)

    def _listed(self) -> Iterator[Block]:
        """The sections as blocks of a message: their titles in strong type, and a bullet for each ticket."""
        for part, sections in self._parts():
            if part:
                yield Paragraph((Text(self._called(SECTIONS, part), strong=True),))
            for section in sections:
                yield Paragraph((Text(f"{self._called(SECTIONS, section.title)}: {_size(section)}"),))
                if section.lines:
                    more = [(Text(self._more(section)),)] if section.more else []
                    yield Bullets((*(tuple(self._bullet(line)) for line in section.lines), *more))

    def _bullet(self, line: Line) -> Iterator[Inline]:
        yield Link(line.ticket_key, self._href(line.ticket_key)) if self.browse else Text(line.ticket_key)
        for i, (label, value) in enumerate(self._values(line)):
            yield Text(f"{'; ' if i else ' – '}{label}: {value}")

    def _values(self, line: Line) -> Iterator[tuple[str, str]]:
        zone = self.book.calendar.timezone
        for word, value in line.values.items():
            yield self._called(LABELS, word), show(value, self.language, self.book.name, zone)

    def _href(self, key: str) -> str:
        return f"{self.browse}{key}"

    def _more(self, section: Section) -> str:
        forms = (_MORE if section.lines else _TICKETS)[self.language]
        return plural(section.more, forms, self.language).format(n=section.more)

    def _called(self, names: Mapping[str, Names], word: str) -> str:
        return next(text for language, text in names[word].items() if language == self.language)


def comment(writings: Sequence[Writing]) -> Doc:
    """Write some letters to one person as one comment that mentions them."""
    mention: list[Block] = [Paragraph((Mention(writings[0].letter.to),))]
    return Doc((*mention, *(block for each in writings for block in each.body), *closing(writings).blocks))


def closing(writings: Sequence[Writing]) -> Doc:
    """Write what some letters to one person end with: why they come, and the signature."""
    first = writings[0]
    return first.messages.comment(
        [],
        first.language,
        to=(),
        why=[(each.letter.rule, each.why) for each in writings],
        names=first.book.name,
        zone=first.book.calendar.timezone,
        bot_name=first.bot_name,
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_TEMPLATE.read_text("utf-8"))


def _size(section: Section) -> int:
    return len(section.lines) + section.more
