"""What the bot itself finds in a ticket's texts and fields: a permanent word for each, and how people are asked.

A finding is a bare word, or one of a family, `personal:phone`. What only looks like a flaw is asked about and never
told: whoever wrote the ticket knows better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.core import formats, privacy
from bot.core.entries import Entries, FormatEntry, PrivacyEntry
from bot.core.entry import Names
from bot.core.prose import has_several_problems, is_foreign, is_vague, says_little

if TYPE_CHECKING:
    from bot.core.view import View

PERSONAL, FORMAT, TIER1 = "personal", "format", "tier1"
VAGUE, SHORT, SEVERAL, FOREIGN = "vague-title", "short-description", "several-problems", "other-language"
DUPLICATE = "duplicate"
PERSONAL_DATA = "personal data"
"""The moment at which personal data came to stand in a ticket."""


class Flaw(NamedTuple):
    """A finding: `says` is its row in the reference, `asks` what is asked of whoever wrote the ticket."""

    says: str
    asks: Names


FLAWS: Mapping[str, Flaw] = {
    VAGUE: Flaw(
        "the title is a single word, or has only words that tell nothing, such as `Ei tööta`",
        {
            "et": "Kas pealkiri võiks öelda, mis täpselt ei toimi ja kus?",
            "en": "Could the title say what exactly does not work, and where?",
            "ru": "Можно ли указать в заголовке, что именно не работает и где?",
        },
    ),
    SHORT: Flaw(
        "the description adds nothing, or tells hardly anything together with the title",
        {
            "et": "Kas kirjeldusse saab lisada, mida klient tegi ja mis siis juhtus?",
            "en": "Could the description say what the customer did, and what happened then?",
            "ru": "Можно ли добавить в описание, что делал клиент и что после этого произошло?",
        },
    ),
    SEVERAL: Flaw(
        "it seems to tell of several faults that have little to do with one another",
        {
            "et": "Kas piletis on mitu eri probleemi, mille saab jagada eraldi piletiteks?",
            "en": "Are there several problems in this ticket that could be tickets of their own?",
            "ru": "Есть ли в заявке несколько разных проблем, которые можно разделить на отдельные заявки?",
        },
    ),
    FOREIGN: Flaw(
        "the title or the description is in another language than the desk's, what is quoted left out",
        {
            "et": "Kas piletile saab lisada lühikokkuvõtte {tongue} keeles?",
            "en": "Could a short summary in {tongue} be added to the ticket?",
            "ru": "Можно ли добавить к заявке краткое изложение на {tongue} языке?",
        },
    ),
    DUPLICATE: Flaw(
        "an earlier open ticket of its category tells of the same; which one the message says",
        {
            "et": "Kas sarnane pilet on juba töös? Palun kontrollige ja siduge piletid.",
            "en": "Is a similar ticket already in progress? Please check and link the tickets.",
            "ru": "Похожая заявка уже в работе? Пожалуйста, проверьте и свяжите заявки.",
        },
    ),
}
"""The findings that are a bare word."""

FAMILIES: Mapping[str, str] = {
    PERSONAL: "personal data of this kind stand in its title, its description or a person's comment: "
    + ", ".join(f"`{PERSONAL}:{kind}`" for kind in privacy.TITLES),
    FORMAT: "what stands in the field of this word does not look as it is to look under `formats`; asked about "
    "without being named wherever the field is required",
    TIER1: "a pattern with a `hint` is found in its texts: tier 1 could perhaps solve it",
}
"""The findings of which there are several, each with a word after a colon; the family alone means any of them."""

_TONGUES: Mapping[str, Mapping[str, str]] = {
    "et": {"et": "eesti", "en": "inglise", "ru": "vene"},
    "en": {"et": "Estonian", "en": "English", "ru": "Russian"},
    "ru": {"et": "эстонском", "en": "английском", "ru": "русском"},
}
_HINTED: Names = {
    "et": "Kas I tase saab selle ise lahendada? Palun kontrollige: {hint}.",
    "en": "Can tier I solve this itself? Please check: {hint}.",
    "ru": "Может ли I уровень решить это сам? Пожалуйста, проверьте: {hint}.",
}
_SUCH_AS: Names = {"et": "näiteks {example}", "en": "for example {example}", "ru": "например, {example}"}
_NOT_LATER: Names = {"et": "mitte tulevikus", "en": "not in the future", "ru": "не в будущем"}


@dataclass(frozen=True)
class Sought:
    """What is looked for in the texts and fields of a desk's tickets: only what its rules ask about.

    `words` are findings and families, `formats` those of the fields to be looked at.
    """

    words: frozenset[str] = frozenset()
    formats: Mapping[str, FormatEntry] = field(default_factory=dict)
    privacy: PrivacyEntry = field(default_factory=PrivacyEntry)
    language: str = "et"

    @property
    def in_texts(self) -> bool:
        """Whether titles and descriptions have to be read."""
        return bool(self.words & {PERSONAL, *FLAWS})

    @property
    def told(self) -> object:
        """All that decides what is found, to be hashed."""
        entries = {word: entry.model_dump(mode="json") for word, entry in sorted(self.formats.items())}
        return (sorted(self.words), entries, self.privacy.model_dump(mode="json"), self.language)


def sought_by(entries: Entries) -> Sought:
    """What the rules of a rulebook ask about."""
    named = {word for rule in entries.completeness for word in rule.asks}
    named |= set(_conditioned(_whens(entries)))
    if any(ladder.clock == f"since {PERSONAL_DATA}" for ladder in entries.ladders):
        named.add(PERSONAL)
    asked = {word.removeprefix(f"{FORMAT}:") for word in named if word.startswith(f"{FORMAT}:")}
    asked |= {word for rule in entries.completeness for word in rule.requires}
    formats_of = entries.formats if FORMAT in named else {w: f for w, f in entries.formats.items() if w in asked}
    words = frozenset(word.partition(":")[0] for word in named)
    return Sought(words - {FORMAT, TIER1}, formats_of, entries.privacy, entries.language)


def _whens(entries: Entries) -> Iterator[Mapping[str, Any]]:
    yield from (route.when for route in entries.routes)
    yield from (rule.when for rule in entries.completeness)
    yield from (deadline.when for deadline in entries.deadlines)
    yield from (ladder.when for ladder in entries.ladders)
    yield from (target.when for policy in entries.policies for target in policy.targets)


def _conditioned(whens: Iterable[Any]) -> Iterator[str]:
    """The findings that conditions name, however deep they nest; what is not well formed names none."""
    for when in whens:
        if not isinstance(when, Mapping):
            continue
        for word, wanted in when.items():
            if word == "finding":
                yield from (one for one in (wanted if isinstance(wanted, list) else [wanted]) if isinstance(one, str))
            elif word in ("any", "all") and isinstance(wanted, list):
                yield from _conditioned(wanted)
            elif word == "not":
                yield from _conditioned([wanted])


def in_texts(sought: Sought, title: str, description: str, names: Iterable[str] = ()) -> frozenset[str]:
    """The findings in a ticket's title and description; `names` are people's who are known to have to do with it."""
    found = set(_personal(sought, f"{title}\n{description}", names))
    own = sought.language
    tests: tuple[tuple[str, Callable[[], bool]], ...] = (
        (VAGUE, lambda: is_vague(title)),
        (SHORT, lambda: says_little(title, description)),
        (SEVERAL, lambda: has_several_problems(title, description)),
        (FOREIGN, lambda: is_foreign(title, own) or is_foreign(description, own)),
    )
    return frozenset(found | {word for word, test in tests if word in sought.words and test()})


def in_comment(sought: Sought, text: str, names: Iterable[str] = ()) -> frozenset[str]:
    """The findings in what a person wrote in a comment: personal data alone."""
    return frozenset(_personal(sought, text, names))


def _personal(sought: Sought, text: str, names: Iterable[str]) -> Iterator[str]:
    if PERSONAL not in sought.words:
        return
    for found in privacy.personal_data(text, sought.privacy.allow, names):
        if (found.sure or sought.privacy.suspected) and found.kind not in sought.privacy.leave:
            yield f"{PERSONAL}:{found.kind}"


def found_on(view: View) -> frozenset[str]:
    """All findings on a ticket: in its texts, its fields and people's comments, and across the desk."""
    ticket, hinted = view.ticket, view.book.entries.patterns
    texts = ticket.patterns.union(*(message.patterns for message in ticket.messages))
    hints = {f"{TIER1}:{name}" for name in texts if name in hinted and hinted[name].hint}
    alike = {DUPLICATE} if alike_on(view) else set()
    written = {word for message in ticket.messages for word in message.findings if is_meant(PERSONAL, word)}
    return ticket.findings.union(hints, alike, written)


def alike_on(view: View) -> tuple[str, ...]:
    """The keys of earlier open tickets that tell of the same as this one and are not yet tied to it by a link."""
    tied = {link.key for link in view.ticket.links}
    return tuple(key for key in view.desk.alike.get(view.ticket.id, ()) if key not in tied)


def is_meant(word: str, finding: str) -> bool:
    """Whether a word of a rule, perhaps a family's, means a finding."""
    return finding == word or finding.startswith(f"{word}:")


def known_words(entries: Entries) -> list[str]:
    """All that a rule of this rulebook may write for a finding."""
    members = [f"{PERSONAL}:{kind}" for kind in privacy.TITLES]
    members += [f"{FORMAT}:{word}" for word in entries.formats]
    members += [f"{TIER1}:{name}" for name, pattern in entries.patterns.items() if pattern.hint]
    return [*FLAWS, *FAMILIES, *members]


def asked(word: str, language: str, entries: Entries, titles: Mapping[str, Names]) -> str:
    """What a finding is called to people, or what they are asked about it; in the desk's language if not in this."""
    family, _, member = word.partition(":")
    if family == PERSONAL and member in privacy.TITLES:
        return _in(privacy.TITLES[member], language, entries)
    if family == TIER1 and member in entries.patterns:
        return _in(_HINTED, language, entries).format(hint=_in(entries.patterns[member].hint, language, entries))
    if family == FORMAT and member in entries.formats:
        entry = entries.formats[member]
        example = formats.example(entry, language)
        more = [_in(_SUCH_AS, language, entries).format(example=example)] if example else []
        more += [_in(_NOT_LATER, language, entries)] if entry.past else []
        title = _in(titles.get(member, {}), language, entries) or member
        return f"{title} ({', '.join(more)})" if more else title
    if word in FLAWS:
        said = _in(FLAWS[word].asks, language, entries)
        return said.format(tongue=_TONGUES.get(language, _TONGUES["et"])[entries.language])
    return word


def _in(names: Names, language: str, entries: Entries) -> str:
    by_language = {str(spoken): text for spoken, text in names.items()}
    return by_language.get(language) or by_language.get(entries.language) or next(iter(by_language.values()), "")
