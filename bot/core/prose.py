"""What can be told of a text without understanding it: whether it says something, of how much, and in which language.

These are guesses, so whoever wrote the text is asked and never told. Pure; the texts are looked at and let go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.core.patterns import plain

LONGEST = 20_000
"""Characters of a text that are looked at: what is not clear from these is not clear."""

STEM = 5
"""Letters by which words are told apart, as their endings do not matter: `deklaratsiooni` and `deklaratsioon`."""

_LEAST_SAID = 4
_LEAST_WORDS_OF_A_LANGUAGE = 6
_FOREIGN_SHARE = 0.5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAYS_NOTHING = _words(
    """
    ei ja on oli see seda selle sellel ta tema me mul mu meie teil teie kas kui kuid aga ka veel siis et ning
    või nii mis mida kus miks kuidas millal palun palume tere tänan aitäh klient kliendi klienti kliendil
    kliendile klienditugi kasutaja kasutajal inimene isik helistas helistab kirjutas kirjutab kurdab ütleb ütles
    väidab teatas küsib küsis soovib soovis tahab vajab abi appi probleem probleemi probleemid viga vea vead
    veateade tõrge mure asi asja küsimus küsimuse tööta töötab töötanud toimi toimi toimib lähe läheb läinud
    läbi saa saab saanud õnnestu õnnestunud tule tuleb korda korras katki vale vaadata vaadake vaatake
    kontrollida kontrollige uurida uurige teha tehke lahendada lahendage parandada parandage kiire kiiresti
    kiireloomuline urgent oluline tähtis midagi mitte miski keegi kuidagi enam jälle alati hästi üldse praegu
    täna eile hommikul ole pole olla nüüd väga palju süsteem süsteemi süsteemis programm leht lehel sisse välja
    peale all ees taga pilet pileti saada anda andke teada info the and is are was be it this that not does
    doesn't don't didn't can can't cannot work works working worked working please help hello hi thanks customer
    client user problem error bug something anything nothing somebody someone called calls says said asks asked
    wants needs need wrong broken fails failed system page program check look fix again asap with for from has
    have had in on at of to a an i we you he she they there here what why how when where but or so if no yes не
    и в на с у к по из за от до для это этот эта что как где когда почему но или да нет мы вы он она они я
    клиент клиента клиенту пользователь работает работают работать получается может могу можно нельзя пожалуйста
    помогите помощь проблема проблемы ошибка ошибки вопрос здравствуйте добрый день звонил звонит говорит сказал
    просит хочет система системе страница проверить посмотрите посмотреть исправить срочно опять снова ничего
    что-то сломалось
    """
)
"""Words that tell nothing of what is wrong where, in Estonian, English and Russian."""

_TONGUES: Mapping[str, frozenset[str]] = {
    "et": _words(
        """
        ja ei on oli see seda selle et kui ka aga kuid või ning mis mida kus kes siis nii oma ole pole olla ta tema me
        meie teie mul tal neil nad üks kaks kõik veel juba ainult pärast enne kuni alates kohta järgi vastu läbi saa
        saab saaks tuleb peab palun palume klient kliendi kasutaja ütles küsib soovib väga praegu täna eile kas miks
        kuidas sellel selles sellest mille millal iga uus vana tehtud olnud olid olema seal siin neid ise nagu sest
        """
    ),
    "en": _words(
        """
        the and is are was were be been it its this that these those not does do did can cannot could would should has
        have had will with for from to of in on at by as an a or but if when where what which who how why there here
        we you he she they i our your their my me us them please after before only also because no any some all than
        then
        """
    ),
}
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LETTER = re.compile(r"[^\W\d_]")
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_QUOTED = re.compile(
    r"„[^“”\"\n]{0,300}[“”\"]|“[^“”\n]{0,300}”|«[^«»\n]{0,300}»|\"[^\"\n]{0,300}\"|(?<!\w)'[^'\n]{0,300}'(?!\w)"
    r"|`[^`\n]{0,300}`|\{\{[^{}\n]{0,300}\}\}"
)
_QUOTE = re.compile(r"[„“«\"'`{]")
_BLOCK = re.compile(r"\{(code|noformat|quote)(?::[^}\n]{0,40})?\}")
_CITED = re.compile(r"(?m)^[ \t]*(?:>|at [\w.$]{3,}\(|[\w.]{3,}(?:Exception|Error)\b|[\[{<]).*$")
_LINK = re.compile(r"https?://\S{1,2000}|\S{1,64}@\S{1,200}")

_FAULT = re.compile(
    r"(?i)(?<!\w)(?:ei (?!ole (?:vaja|teada))\w{3,}|pole\b|puudu\w*|vale|valesti|valed|katki|viga\w*|tõrge|tõrked"
    r"|aegunud|topelt|can(?:no|')t|does(?: not|n't)|did(?: not|n't)|is not|isn't|fails?|failed|missing|wrong|broken"
    r"|errors?|не \w{4,}|нет\b|отсутствует|неверн\w*|неправильн\w*|ошибк\w*|сломал\w*)"
)
_CLAUSE = re.compile(r"(?i)[,;.:!?\n]+| (?:ja|ning|ega|and|и|а также) ")
_DEPENDENT = re.compile(
    r"(?i)(?:kuid|aga|sest|kuna|et|kui|mis|kus|siis|ka|but|because|when|that|which|as|но|потому|что|когда)\b"
)
_BESIDES = re.compile(
    r"(?i)(?<!\w)(?:lisaks(?! sellele on klient)|samuti|peale selle|teiseks|kolmandaks|teine probleem"
    r"|veel üks|additionally|in addition|secondly|besides that|another problem|кроме того|также|во-вторых|ещё одна)\b"
)
_BESIDES_BEGIN = (
    *("lisaks", "samuti", "peale selle", "teiseks", "kolmandaks", "teine probleem", "veel üks", "additionally"),
    *("in addition", "secondly", "besides that", "another problem", "кроме того", "также", "во-вторых", "ещё одна"),
)
"""One of these is in whatever `_BESIDES` finds; to look for them takes a tenth of the time."""

_LISTED = re.compile(r"(?m)^[ \t]*(?:[1-9][.)]|[-*•])[ \t]+(.{0,400})$")


def is_vague(title: str) -> bool:
    """Whether a title says nothing of what is wrong where: a single word, or only words that tell nothing."""
    words = _tokens(title)
    return len(words) < 2 or not any(_tells(word) for word in words)


def says_little(title: str, description: str) -> bool:
    """Whether a description adds nothing, or title and description together hardly say what has happened."""
    if not any(_tells(word) for word in _each(description)):
        return True
    said: set[str] = set()
    for word in _each(f"{title}\n{description}"):
        if _tells(word):
            said.add(_stem(word))
            if len(said) >= _LEAST_SAID:
                return False
    return True


def stems(text: str) -> frozenset[str]:
    """The beginnings of the words that tell something, and the figures, in small letters."""
    return frozenset(map(_stem, filter(_tells, set(_tokens(text)))))


def _stem(word: str) -> str:
    return word if word[0].isdigit() else word[:STEM]


def has_several_problems(title: str, description: str) -> bool:
    """Whether a ticket seems to tell of several faults that have little to do with one another.

    A title that counts up three, or two where the description adds another; or a description that adds one to one
    already told, or lists three.
    """
    in_title = len(list(_faults(title[:LONGEST])))
    text = _unquoted(description)
    folded = text.casefold().replace("i\u0307", "i").replace("\u0131", "i")
    added = _BESIDES.search(text) if any(word in folded for word in _BESIDES_BEGIN) else None
    if in_title > 2 or (in_title == 2 and added):
        return True
    if sum(1 for item in _LISTED.finditer(text) if _FAULT.search(item[1])) > 2:
        return True
    if added is None:
        return False
    return bool(_FAULT.search(text[: added.start()])) and bool(list(_faults(text[added.end() :])))


def is_foreign(text: str, language: str) -> bool:
    """Whether a text is in another of the languages Estonian, English and Russian than this one.

    What is quoted, cited, code or an address does not count, nor do names and single words.
    """
    said = _unquoted(text)
    cyrillic = len(_CYRILLIC.findall(said))
    letters = len(_LETTER.findall(said)) if cyrillic else 0
    words = _tokens(said)
    if len(words) < _LEAST_WORDS_OF_A_LANGUAGE:
        return False
    if language != "ru" and cyrillic > letters * _FOREIGN_SHARE:
        return True
    if language == "ru" and cyrillic > letters * (1 - _FOREIGN_SHARE):
        return False
    counts = {tongue: sum(map(common.__contains__, words)) for tongue, common in _TONGUES.items()}
    other = max((count for tongue, count in counts.items() if tongue != language), default=0)
    return other >= max(3, len(words) // 5) and other > 2 * counts.get(language, 0)


def _faults(text: str) -> Iterator[str]:
    """The clauses that tell of a fault of their own, those that only depend on another left out."""
    for clause in _CLAUSE.split(_QUOTED.sub(" ", text)):
        said = clause.strip()
        if said and not _DEPENDENT.match(said) and (found := _FAULT.search(said)) and _has_subject(said, found):
            yield said


def _has_subject(clause: str, fault: re.Match[str]) -> bool:
    """Whether a clause says what is at fault: a word beside the fault itself that tells something."""
    rest = f"{clause[: fault.start()]} {clause[fault.end() :]}"
    return any(_tells(word) for word in _tokens(rest))


def _tokens(text: str) -> list[str]:
    found = _TOKEN.findall(plain(text[:LONGEST]))
    return "\n".join(found).casefold().split("\n") if found else []


def _each(text: str) -> Iterator[str]:
    """As `_tokens`, but no further than one looks."""
    return (found[0].casefold() for found in _TOKEN.finditer(plain(text[:LONGEST])))


def _tells(word: str) -> bool:
    return word not in _SAYS_NOTHING and (len(word) > 2 or word[0].isdigit())


def _unquoted(text: str) -> str:
    """The text without what is quoted, cited, code or an address."""
    said = plain(text[:LONGEST])
    parts = _BLOCK.split(said) if "{" in said else [said]
    kept = []
    inside: str | None = None
    for i, part in enumerate(parts):
        if i % 2:
            inside = None if inside == part else inside or part
        elif inside is None:
            kept.append(part)
    said = " ".join(kept)
    if "@" in said or "http" in said:
        said = _LINK.sub(" ", said)
    said = _CITED.sub(" ", said)
    return _QUOTED.sub(" ", said) if _QUOTE.search(said) else said
