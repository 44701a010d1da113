"""What a comment amounts to: thanks, a question, word that work goes on. Pure; the text is looked at and let go."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 600
"""Characters; a longer comment is never only thanks."""

LONGEST_READ = 8_000
"""Characters of a comment that are looked at for a question."""

QUESTION, INTERIM = "question", "interim"
"""What a comment plainly is besides thanks: it asks something; it says no more than that work goes on."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THANKS = _words(
    """
    aitäh aitähh aitähhh aitah tänan täname tänud tänu tänx tänks
    thanks thanx thx thank thankyou ty
    спасибо спс благодарю благодарим
    """
)
_TRACES = tuple(word for word in _THANKS if not any(other != word and other in word for other in _THANKS))
"""Of which one stands in any text that thanks: the words that have no other one inside."""

_WITH_THANKS = _words(
    """
    tere tervist hei hommikust päevast õhtust suur suured suuri väga palju sulle teile kõigile südamest veel kord
    veelkord ka sinu teie kiire kiiret abi vastuse info selgituse selgituste toe eest ja juba ette kena ilusat head
    meeldivat päeva päevajätku nädalavahetust nädalat õhtut jõudu ok okei selge super
    hi hello hey dear all everyone team you very many so much a lot for your the this that and help quick fast prompt
    reply response answer info information support explanation again in advance great super perfect ok okay have nice
    good day weekend cheers
    здравствуйте привет добрый доброе день утро вечер большое огромное очень вам тебе вас тебя за и помощь ответ
    быстрый оперативный быструю оперативную информацию разъяснение пояснение ещё еще раз всем заранее понятно ок
    хорошего доброго дня вечера выходных
    """
)
_GREETING = _words("tere tervist hei hi hello hey dear здравствуйте привет")
_NO_NAME = _words(
    """
    tehtud korras lahendatud parandatud töötab toimib olemas antud lisatud saadetud suletud uurin vaatan ei jah
    done fixed solved resolved works working closed sent added yes no checking looking
    готово сделано решено исправлено работает закрыто да нет смотрю проверяю
    """
)
_TELEPHONE, _NAMES = 5, 4
_CLOSING = re.compile(
    r"(?im)^[ \t]*(?:lugupidamisega|parimate soovidega|parimat|tervitades|tervitustega|heade soovidega"
    r"|best regards|kind regards|regards|best wishes|sincerely|br|с уважением|всего доброго|--)[ \t]*[,.!]?"
)
_LEFT_OUT = re.compile(r"(?is)\{quote\}.*?\{quote\}|\[~[^\]\n]{1,80}\]|^[ \t]*(?:>|bq\.)[^\n]*$", re.MULTILINE)
_EMOJI = re.compile(
    "[\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff\U000e0020-\U000e007f\u2764]|[:;=]-?[)D(]+|\\(y\\)|<3"
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_PLAIN = re.compile(r"[\w\s.,!:;'’()\-–]*")


def is_thanks(text: str) -> bool:
    """Whether a comment says no more than thank you, in Estonian, English or Russian.

    Greetings, mentions, emoji, a name and a signature may stand beside it; one word of anything else, a figure or a
    question makes it an answer: one that is taken for thanks would be worse than thanks taken for an answer.
    """
    if len(text) > LONGEST:
        return False
    folded = text.casefold()
    if not any(trace in folded for trace in _TRACES):
        return False
    said, signature = _apart(_EMOJI.sub(" ", _LEFT_OUT.sub(" ", text)))
    if not _PLAIN.fullmatch(said) or re.search(r"[\d_]", said) or not all(map(_is_signature, signature)):
        return False
    return any(word.casefold() in _THANKS for word in _WORD.findall(said)) and not any(_others(said))


_ASKS = re.compile(r"\?(?=[\s\"”“»)!?.*_}]|$)")
_URL = re.compile(r"(?i)\b(?:https?://|www\.)\S+")
_BRIEF = 240
_GOES_ON = re.compile(
    r"(?i)\b(?:uurin|uurime|uuritakse|vaatan|vaatame|tegelen|tegeleme|kontrollin|kontrollime|täpsustan|täpsustame"
    r"|selgitan välja|selgitame välja|võtan töösse|võtame töösse|võtsin töösse|on töös|on lahendamisel|on uurimisel"
    r"|an(?:nan|name)(?: (?:teile|sulle|varsti|peagi|homme|täna|sellest))* teada"
    r"|looking into|checking|will check|investigating|working on|under investigation|let you know|get back to you"
    r"|уточняю|уточняем|уточню|уточним|проверяю|проверяем|проверю|проверим|разбираюсь|разбираемся|занимаюсь"
    r"|занимаемся|сообщу|сообщим|дам знать|дадим знать)\b"
)
_IS_DONE = re.compile(
    r"(?i)\b(?:lahenda(?:tud|sin|sime)|paranda(?:tud|sin|sime)|korras|tehtud|põhjus\w*|lisa(?:tud|sin|sime)|taasta\w*"
    r"|muut(?:sin|sime|is)|muudetud|eemalda\w*|fixed|solved|resolved|done|the cause|because|restored|changed|removed"
    r"|исправлен\w*|решен\w*|решён\w*|готово|сделано|причин\w*|восстановлен\w*|изменен\w*|изменён\w*)\b"
)


def kinds_of(text: str) -> frozenset[str]:
    """What a comment plainly is: `QUESTION`, `INTERIM`, both or neither, in Estonian, English or Russian.

    Quoted lines and addresses of pages are left out. Only a brief comment that tells of nothing done counts as word
    that work goes on.
    """
    said = _LEFT_OUT.sub(" ", text[:LONGEST_READ])
    if "://" in said or "www." in said.lower():
        said = _URL.sub(" ", said)
    found = {QUESTION} if _ASKS.search(said) else set()
    if len(said.strip()) <= _BRIEF and _GOES_ON.search(said) and not _IS_DONE.search(said):
        found.add(INTERIM)
    return frozenset(found)


def _apart(text: str) -> tuple[str, list[str]]:
    """What is said, and the lines of the signature: those after a closing phrase, or a full name on the last line."""
    closing = _CLOSING.search(text)
    if closing is not None:
        return text[: closing.start()], [line for line in text[closing.end() :].splitlines() if line.strip()]
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and len(lines[-1].split()) > 1 and _is_name(lines[-1]):
        return "\n".join(lines[:-1]), []
    return text, []


def _is_signature(line: str) -> bool:
    return _is_name(line) or "@" in line or len(re.findall(r"\d", line)) >= _TELEPHONE


def _is_name(line: str) -> bool:
    words = line.replace(",", " ").split()
    return len(words) <= _NAMES and all(
        _WORD.fullmatch(word) and word[0].isupper() and word.casefold() not in _WITH_THANKS | _THANKS | _NO_NAME
        for word in words
    )


def _others(said: str) -> Iterator[str]:
    """The words that neither thank nor go with it; a name may follow a greeting, or thanks in the same sentence."""
    for sentence in re.split(r"[.!\n]+", said):
        words = _WORD.findall(sentence)
        for before, word in zip(["", *words], words, strict=False):
            folded = word.casefold()
            if folded in _THANKS or folded in _WITH_THANKS:
                continue
            after_thanks = before.casefold() in _THANKS and word == words[-1]
            addressed = after_thanks or before.casefold() in _GREETING
            if not (addressed and word[0].isupper() and not word.isupper() and folded not in _NO_NAME):
                yield word
