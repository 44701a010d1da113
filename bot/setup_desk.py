"""A first configuration and rulebook for somebody's Jira: what its statuses and fields may mean, and the files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bot import schema, setup_rules
from bot.core.ticket import UNKNOWN
from bot.jira.binding import fold, tells_delivery
from bot.jira.catalogue import Field, Status
from bot.settings import Jira, Misconfigured
from bot.start import look_at, read_desk, tie


class Meaning(NamedTuple):
    """What a status means to the rules: `tier` is None where a ticket is nobody's work any more."""

    standing: str
    ball: str
    tier: int | None


MEANINGS: Mapping[str, Meaning] = {
    "tier 1": Meaning("open", "tier 1", 1),
    "tier 2": Meaning("open", "tier 2", 2),
    "question": Meaning("open", "tier 1", 2),
    "customer": Meaning("open", "customer", 2),
    "third party": Meaning("open", "third party", 2),
    "solved": Meaning("solved", "tier 1", None),
    "closed": Meaning("closed", "nobody", None),
}
"""What a person may say of a status: whose turn it is (`question`: tier 2 asks tier 1), or how far the ticket is."""

_WORDS: Sequence[tuple[str, str]] = (
    ("solved", r"lahenda(tud|nud)|resolved|solved|решен|решён|выполнен"),
    ("third party", r"kolmanda|third|vendor|supplier|hankija|partner|треть|поставщик|подрядчик"),
    ("customer", r"klien|customer|client|reporter|клиент|заявител"),
    ("question", r"küsimus|täpsusta|question|clarif|more info|вопрос|уточн"),
    ("customer", r"ootel|ootab|waiting|pending|on hold|ожид"),
)
"""Words in a status's name that tell its meaning; the first that is found counts."""

FIELDS: Mapping[str, Sequence[str]] = {
    "category": ("kategooria", "category", "категория"),
    "queue": ("järjekord", "queue", "очередь"),
    "forwarder": ("edastaja", "forwarder", "forwarded by", "передал"),
    "delivered": ("lahendus kliendile edastatud", "solution delivered", "delivered to customer", "delivered"),
}
"""Names that fields with these words for the rules probably have."""


@dataclass(frozen=True)
class Answers:
    """What a person said, or agreed to. `meanings` go by a status's id, `fields` by the rules' word."""

    jira: Jira
    desk: str
    language: str
    timezone: str
    projects: Sequence[str]
    coordinator: str
    lead: str
    statuses: Sequence[Status]
    meanings: Mapping[str, str]
    fields: Mapping[str, Field]


def guess(status: Status) -> str:
    """Give what a status probably means, by the words in its name and by its category."""
    names = " ".join((status.name, *status.names)).casefold()
    found = next((meaning for meaning, words in _WORDS if re.search(words, names)), None)
    if status.category == "done" and found != "solved":
        return "closed"
    return found or ("tier 1" if status.category == "new" else "tier 2")


def guess_field(word: str, fields: Iterable[Field]) -> Field | None:
    """Give the field that probably holds what the rules call `word`; None when no name is like it."""
    custom = [field for field in fields if field.custom and (word != "delivered" or tells_delivery(field))]
    for name in FIELDS[word]:
        for field in custom:
            if name in {fold(known) for known in (field.name, *field.names)}:
                return field
    return None


def write(out: Path, answers: Answers, *, force: bool) -> None:
    """Write `config.toml`, the token's file and the rulebook into `out`: all of them, and only if they fit the Jira.

    Raises Misconfigured for a file that is there already, unless `force`, and for a rulebook that does not fit.
    """
    files = files_of(answers)
    there = [path for path in files if (out / path).exists()]
    if there and not force:
        raise Misconfigured(*(f"{out / path}: it is there already; --force writes over it" for path in there))
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".piletibot-") as name:
        new = Path(name)
        for path, text in files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            with open(new / path, "x", encoding="utf-8", opener=_private if path.name == "token" else None) as file:
                file.write(text)
        folder = new / "rules" / answers.desk
        book = read_desk(folder, answers.desk).book
        tie(look_at(answers.jira, book.entries), book, folder)
        for path in files:
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(new / path, out / path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def files_of(answers: Answers) -> dict[Path, str]:
    """Give every file's text by its path; the configuration last, as it is of no use without the others."""
    folder = Path("rules") / answers.desk
    states = _states(answers)
    meanings = {state.meaning for state in states}
    can = setup_rules.Kinds("tier 2" in meanings, "solved" in meanings, "delivered" in answers.fields)
    files = {
        folder / "desk.yaml": _desk(answers),
        folder / "jira.yaml": _jira(answers, states),
        folder / "sla.yaml": setup_rules.policies(can),
        folder / "ladders.yaml": setup_rules.ladders(can),
    }
    tests = {
        folder / "tests" / "first.yaml": schema.named(schema.TESTS, 2) + setup_rules.tests(can, answers.language)
    }
    files = (
        {path: schema.named(schema.RULEBOOK, 1) + text for path, text in files.items()}
        | tests
        | {
            folder.parent / schema.RULEBOOK: schema.text_of(schema.rulebook_schema()),
            folder.parent / schema.TESTS: schema.text_of(schema.tests_schema()),
        }
    )
    if answers.jira.token is not None:
        files[Path("token")] = f"{answers.jira.token.get_secret_value()}\n"
    return {**files, Path("config.toml"): _config(answers)}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _config(answers: Answers) -> str:
    jira = answers.jira
    lines = [
        "# Written by `piletibot init`. What else can stand here: config.example.toml of Piletibot.",
        "",
        "# Permanent: part of the mark on every comment, by which the bot knows what it has said.",
        f"site = {_quoted(answers.desk)}",
        "",
        "[jira]",
        f"url = {_quoted(jira.url)}",
        *([f"user = {_quoted(jira.user)}"] if jira.user else []),
        f"token_file = {_quoted(str(jira.token_file or 'token'))}",
        *(["allow_http = true"] if jira.allow_http else []),
        "",
        "[rules]",
        f"folder = {_quoted(f'rules/{answers.desk}')}",
    ]
    return "\n".join(lines) + "\n"


def _desk(answers: Answers) -> str:
    same = answers.coordinator == answers.lead
    people = [("coordinator1", answers.coordinator), *([] if same else [("lead1", answers.lead)])]
    return f"""\
# Written by `piletibot init`. The bot only observes: it records what it would say, and says nothing.
desk: {_quoted(answers.desk)}
language: {answers.language}
projects: {json.dumps(list(answers.projects), ensure_ascii=False)}

manners:                    # when the bot speaks, how much, and what silences it
  calendar: office          # outside these hours it says nothing
  observe: true             # false: the bot speaks. Look at `piletibot plan` first.
  budget: 12                # messages a person a day
  ceiling: 40               # comments a cycle above which nothing is sent at all
  hold: bot-hold            # put this label on a ticket, and the bot is silent there
  # control: KKA-1          # name a ticket, and this label on it silences the bot everywhere

calendars:                  # when the desk works: clocks count these hours
  office:                   # example hours, check yours
    timezone: {_quoted(answers.timezone)}
    hours: {{mon-fri: "08:00-17:00"}}
    day: 8h                 # what 1wd means on a clock
    holidays: EE
    shortened: EE           # three hours less on the four eves, when they are working days

people:                     # add your tier 1: of reporters, only those named here are asked to talk to a customer
{chr(10).join(f"  - {{person: {word}, account: {_quoted(account)}}}" for word, account in people)}
roles:                      # whom `coordinator` and `lead` mean in ladders
  coordinator: coordinator1
  lead: {"coordinator1" if same else "lead1"}
"""


class _State(NamedTuple):
    """A state of the new rulebook: `status` is the Jira status's id, `catches` whether it takes all others done."""

    word: str
    name: str
    meaning: str
    status: str | None
    catches: bool


def _states(answers: Answers) -> list[_State]:
    """The states for these statuses, and one for closed tickets if none of them means that."""
    taken: set[str] = set()
    states: list[_State] = []
    for status in answers.statuses:
        meaning = answers.meanings[status.id]
        catches = meaning == "closed" and not any(state.catches for state in states)
        states.append(_State(_word(status.name, taken), status.name, meaning, status.id, catches))
    if not any(state.catches for state in states):
        states.append(_State(_word("closed", taken), "closed", "closed", None, catches=True))
    return states


def _jira(answers: Answers, states: Sequence[_State]) -> str:
    mapped = "".join(f"  {word}: {field.id}   # {_comment(field.name)}\n" for word, field in answers.fields.items())
    fields = f"fields:                       # the rules' word, and the field's id\n{mapped}\n" if mapped else ""
    said = "".join(_state(state, answers.language) for state in states)
    return f"""\
# What the fields and statuses of this Jira mean, by their ids there. Rules speak of states only: `standing` tells how
# far a ticket is (open, solved, closed), `ball` whose turn it is, `tier` where it is.
{fields}states:
{said}"""


def _state(state: _State, language: str) -> str:
    standing, ball, tier = MEANINGS[state.meaning]
    lines = [
        f"  - state: {_quoted(state.word)}",
        f"    name: {{{language}: {_quoted(_comment(state.name))}}}",
        *([f"    status: {_quoted(state.status)}   # {_comment(state.name)}"] if state.status else []),
        *(["    category: done"] if state.catches else []),
        f"    standing: {standing}",
        f"    ball: {ball}",
        *([f"    tier: {tier}"] if tier else []),
    ]
    return "\n".join(lines) + "\n"


def _word(name: str, taken: set[str]) -> str:
    """Make a permanent word of a status's name, one that is not taken yet."""
    base = re.sub(r"[\W_]+", "-", name.casefold()).strip("-")[:60] or "state"
    base = f"status-{base}" if base == UNKNOWN else base
    word, n = base, 2
    while word in taken:
        word, n = f"{base}-{n}", n + 1
    taken.add(word)
    return word


def _comment(name: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", name).split()) or "-"
