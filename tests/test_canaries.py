"""What people write and who they are stays in Jira, and secrets stay where they are kept: searched for as bytes.

Canaries are planted into all that Jira answers, and into every secret; then everything that the bot makes is looked
through: comments, letters on a real mail server, digests in all forms, pages, the database with its journal, the log
at its most talkative, what commands print, and what an unforeseen error would show.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
import os
import pickle
import quopri
import re
import sys
import traceback
import zlib
from collections.abc import Iterator
from contextlib import closing, redirect_stderr
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from canaries import PERSONAL, PROSE, SECRETS, STAFF, Tainting, found_in, leaks, opened, tainted
from command_line import piletibot, write_desk
from desks import DAY, HOUR, MONDAY, Bot, Desk, desk_over, rulebook, shipped
from prometheus_client import generate_latest
from rich.console import Console
from simulation.schedules import schedule
from simulation.sim import Laws, Simulation
from test_mail import Inbox, mailer, serving
from web_desk import client

from bot import logs
from bot.commands.demo import demo
from bot.core.entries_report import RecipientEntry
from bot.core.kpi.period import period_of
from bot.core.retention import Retention
from bot.digest_folder import DigestFolder
from bot.engine.engine import Engine, Post
from bot.engine.tally import Tally
from bot.heartbeat import Ping
from bot.report.compose import DigestComposer
from bot.report.drawing import NotDrawn, draw
from bot.report.render import FORMATS, render
from bot.report.write import digest_now
from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.settings import Settings, load_settings, metrics_token_of, token_of
from bot.shipped import rules_folder
from bot.store.store import Store, open_store
from bot.web.metrics import Watched, registry_of
from bot.web.watch import Token
from bot.working_copy import pull

ALL = PERSONAL | SECRETS
KIND = "customer's name"
NAME = PERSONAL[KIND]


@pytest.mark.parametrize("kind", ALL)
def test_a_canary_is_found_however_it_is_written(kind: str) -> None:
    value = ALL[kind]
    written = {
        "as is": value.encode(),
        "lower": value.lower().encode(),
        "json": json.dumps({"a": f"x{value}y"}).encode(),
        "repr": ascii(f"b{value}c").encode("ascii") if "&" not in value else value.encode(),
        "base64": base64.b64encode(f"so {value} is".encode()),
        "mime": base64.encodebytes(f"{'x' * 40} so {value} is".encode()),
        "quoted printable": quopri.encodestring(f"{'ä' * 30} {value} is".encode()),
    }
    for how, content in written.items():
        assert found_in(b"before " + content + b" after", ALL) == [kind], how
    assert found_in(b"nothing of that kind; kanaar", ALL) == []


def test_jiras_answers_are_full_of_canaries() -> None:
    fields = {"summary": "s", "description": "d", "x": [{"displayName": "n"}], "customfield_1": "ei ole teada"}
    text = json.dumps(tainted({"fields": fields}), ensure_ascii=False).encode()
    assert set(found_in(text, PERSONAL)) == PERSONAL.keys() - {"what Jira says of its errors"}


# A desk at work: everything that it makes.


def planted(desk: Desk) -> None:
    """Tickets in whose every text, name and file there are canaries, and people who go by them."""
    for person in desk.world.people:
        if person.name == "piletibot":
            continue
        person.display_name = f"{PERSONAL[STAFF[0]]} {person.name}"
        person.email = PERSONAL["customer's address"]
    texts = {each.id: PROSE for each in desk.world.fields.values() if each.type == "string" and each.custom}
    for category in ("DEKL_TEHNILINE", "KAEBUS", "ARUANNE_SISU"):
        ticket = desk.forwarded(category=category, summary=PERSONAL["title"], description=PROSE, **texts)
        comment = desk.write(ticket, "spetsialist1", PROSE)
        desk.write(ticket, "spetsialist1", f"piletibot {PROSE}")
        desk.write(ticket, "it1", f"piletibot edasi {PERSONAL['title']}")
        acts.attach(desk.world, desk.issue(ticket), comment.author, PERSONAL["file"], 9, "text/plain")
        desk.edit(ticket, "it1", summary=f"{PERSONAL['title']}!")
    desk.edit(desk.open(summary=PROSE), "it1", labels={"not": PROSE})


FAULTS = (
    ("answer", "POST", r"/comment$", {"status": 403}),
    ("drop after", "POST", r"/comment$", {"skip": 1}),
    ("answer", "GET", r"/comment$", {"status": 404, "skip": 3}),
    ("answer", "POST", r"search", {"status": 500, "skip": 6, "times": 9}),
    ("answer", "PUT", r"/issue/", {"status": 400, "skip": 1}),
)


LEAD = RecipientEntry.model_validate(
    {"name": "lead", "to": "lead", "by": ["mail", "folder", "page"], "formats": ["html", "xlsx", "csv", "json"]}
)


FLAVOURS = [("cloud", "text"), ("dc", "json")][: 2 if os.environ.get("PILETIBOT_SOAK") else 1]


@dataclass
class Made:
    """All that a bot made, by what it is; what it wrote into Jira stands apart."""

    things: dict[str, bytes]
    comments: bytes
    report: str


def _dumped(store: Store) -> bytes:
    """Every value of every table, and what is compressed as it is."""
    with store.reading() as connection:
        names = sa.inspect(connection).get_table_names()
        rows = [row for name in names for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]
    values = [value for row in rows for value in row]
    assert len(values) > 500
    packed = [zlib.decompress(value) for value in values if isinstance(value, bytes)]
    return b"\n".join([*(str(value).encode() for value in values), *packed])


def _pages(bot: Bot) -> bytes:
    """Every page that the lead finds by following links."""
    engine, found = bot.engine, b""
    browser = client(engine.store, engine.book, now=lambda: bot.desk.now, open_to="lead")
    left, seen = ["/"], set[str]()
    while left and len(seen) < 25:
        path = left.pop()
        seen.add(path)
        answer = browser.get(path, headers={"Accept-Language": "en"})
        found += answer.content + repr(answer.headers).encode()
        links = re.findall(r'href="(/[^"#]*)"', answer.text)
        left += [link for link in links if link not in {*seen, *left}]
    assert len(seen) > 8
    assert b"KKA-1" in found
    return found


def _figures(bot: Bot) -> bytes:
    """What monitoring is told of the bot."""
    engine, tally = bot.engine, Tally()
    found = Watched("prove", engine.store, tally, lambda: bot.desk.now, lambda: engine, lambda: engine.store.turned)
    told = generate_latest(registry_of([found], tally))
    assert b"piletibot_open_tickets" in told
    return told


def _digest(bot: Bot, form: str) -> bytes:
    engine, now = bot.engine, bot.desk.now
    week = period_of("week", engine.book.calendar.day_of(now), engine.book.calendar)
    digest = digest_now(engine.store, engine.book, week, now)
    return render(digest, form, "et", engine.book, "https://jira.example/browse/")


def _mail(mail: EmailMessage) -> bytes:
    """A mail as it went over the wire, and each of its parts as it reads."""
    parts = [part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart()]
    assert "KKA" not in mail["Subject"]
    return b"\n".join([mail.as_bytes(), *map(opened, parts)])


@pytest.fixture(scope="module", params=FLAVOURS, ids=lambda each: each[0])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    flavour, form = request.param
    folder = tmp_path_factory.mktemp(flavour)
    before = structlog.get_config()
    log, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    inbox = Inbox()
    with redirect_stderr(log), desk_over(flavour) as desk, serving(inbox) as port:
        logs.configure("debug", form)
        logging.getLogger("requests").setLevel("DEBUG")
        planted(desk)
        post = Post(
            mailer(port, user=None),
            {person: f"{person}@desk.example" for person in shipped().book.languages},
            "https://jira.example/browse/",
            DigestComposer("https://jira.example/browse/", 10 << 20),
            DigestFolder(folder / "digests", "prove"),
        )
        digest = shipped().book.entries.digest.model_copy(update={"recipients": (LEAD,)})
        with desk.bot(f"sqlite:///{folder / 'bot.db'}", post=post, book=rulebook(digest=digest)) as bot:
            bot.engine.retention = Retention()
            tainting = Tainting(desk.transport)
            bot.engine.tracker.client._session.mount("http://", tainting)
            desk.site.faults.faults = [Fault(kind, method, path, **how) for kind, method, path, how in FAULTS]
            reports = [repr(report) for report in bot.cycles(MONDAY + 2 * DAY, every=5 * HOUR)]
            things = {f"file {file.name}": file.read_bytes() for file in folder.rglob("*") if file.is_file()}
            things |= {"database": _dumped(bot.engine.store), "pages": _pages(bot), "figures": _figures(bot)}
            things |= {f"digest as {each}": _digest(bot, each) for each in FORMATS}
            things["what an engine shows of itself"] = repr(bot.engine).encode()
        assert tainting.tainted > 50
    structlog.configure(**before)
    root.handlers[:], _ = handlers, root.setLevel(level)
    things["letters"] = b"".join(_mail(each) for each in inbox.arrived)
    things["log"] = log.getvalue().encode()
    things["reports"] = "".join(reports).encode()
    assert len(inbox.arrived) >= 2
    assert b"KKA-1" in things["log"]
    comments = json.dumps([[each.body, each.properties] for each in desk.said()], ensure_ascii=False)
    assert len(desk.said()) >= 3
    return Made(things, comments.encode(), "".join(reports))


def test_nothing_of_people_is_in_anything_that_is_made(made: Made) -> None:
    assert list(leaks(made.things, PERSONAL)) == []


def test_comments_hold_no_more_than_the_name_of_whom_they_call(made: Made) -> None:
    assert list(leaks({"comments": made.comments}, PERSONAL, but=STAFF)) == []


# The simulation.


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(int(os.environ.get("PILETIBOT_CANARIES", "20"))))
@pytest.mark.timeout(0)
def test_nothing_of_people_gets_out_of_the_simulation(seed: int) -> None:
    """People act, everything fails, and every answer of Jira's is full of canaries, not only what people write."""
    log, before = io.StringIO(), structlog.get_config()
    handled: list[Tainting] = []

    def tainting(engine: Engine) -> Engine:
        session = engine.tracker.client._session  # type: ignore[attr-defined]
        handled.append(Tainting(session.get_adapter("http://jira.test")))
        session.mount("http://", handled[-1])
        return replace(engine, retention=Retention(tickets_days=8, ledger_days=8, gone_days=8))

    simulation = Simulation(schedule(seed, 20), Laws(), tainting)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(log),
        wrapper_class=structlog.make_filtering_bound_logger("debug"),
        cache_logger_on_first_use=False,
    )
    try:
        simulation.run()
    finally:
        structlog.configure(**before)
    assert sum(each.tainted for each in handled) > 100
    comments = [each.body for issue in simulation.world.issues.values() for each in issue.comments if each.properties]
    assert comments
    assert simulation.written
    letters = "".join(map(repr, simulation.post.arrived))
    things = {"log": log.getvalue(), "letters": letters, "trace": "\n".join(simulation.lines)}
    made = {name: text.encode() for name, text in things.items()} | {"database": _dumped(simulation.store)}
    assert list(leaks(made, PERSONAL)) == []
    said = json.dumps(comments, ensure_ascii=False).encode()
    assert list(leaks({"comments": said}, PERSONAL, but=STAFF)) == []


# The demos.


def said_by_people(desk: str) -> dict[str, str]:
    """The texts of a demo's tickets that are unlike any word of the rulebook, by their tickets."""
    lines = (rules_folder() / desk / "demo" / "tickets.jsonl").read_text("utf-8").splitlines()
    tickets = [json.loads(line) for line in lines if line.strip()]
    return {
        f"{name} of {ticket['id']}": text
        for ticket in tickets
        for name in ("summary", "description")
        if len(text := ticket.get(name) or "") > 25
    }


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.usefixtures("fresh_logs")
@pytest.mark.parametrize("flavour", ["cloud", "dc"])
@pytest.mark.parametrize("desk", ["keskkonnaamet", "viimsi", "smit"])
def test_nothing_that_people_write_is_in_what_a_demo_leaves(
    desk: str, flavour: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = said_by_people(desk)
    assert len(told) > 10
    printed = io.StringIO()
    demo(flavour, desk, 6, tmp_path, serve=False, port=0, console=Console(file=printed, width=200))
    made = {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert "digest.html" in made
    with closing(open_store(f"sqlite:///{tmp_path / 'demo.db'}")) as store:
        made["database"] = _dumped(store)
    made |= {"terminal": printed.getvalue().encode(), "streams": "".join(capfd.readouterr()).encode()}
    for where, content in made.items():
        found = [name for name, text in told.items() if text.encode() in opened(content)]
        assert found == [], where


# Secrets.

_DATABASE, _PROXY = SECRETS["database's password"], SECRETS["proxy's password"]
VARIABLES = {
    "PILETIBOT_JIRA__TOKEN": SECRETS["Jira's token"],
    "PILETIBOT_MAIL__PASSWORD": SECRETS["mail server's password"],
    "PILETIBOT_WEB__TOKENS": json.dumps({"juht1": SECRETS["page's token of juht1"]}),
    "PILETIBOT_METRICS__TOKEN": SECRETS["token of the figures"],
    "PILETIBOT_STORE__URL": f"postgresql://bot:{_DATABASE}@127.0.0.1:1/bot",
    "PILETIBOT_HEARTBEAT__URL": f"https://puls.example/{SECRETS['address of the heartbeat']}",
    "HTTPS_PROXY": f"http://bot:{_PROXY}@127.0.0.1:1",
    "HTTP_PROXY": f"http://bot:{_PROXY}@127.0.0.1:1",
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_home: None) -> Path:
    """A desk whose every secret is a canary, and whose Jira, proxy, mail server and database are not there."""
    config = write_desk(tmp_path, "https://jira.asutus.example", user="piletibot@asutus.example")
    mail = '[mail]\nhost = "127.0.0.1"\nport = 1\ntls = "none"\nuser = "bot"\nsender = "bot@asutus.example"\n'
    config.write_text(config.read_text().replace('token_file = "token"\n', "") + mail)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    return config


def shown(settings: Settings) -> Iterator[object]:
    """All that somebody might make of a configuration to look at it, or to keep it."""
    sections = [settings, settings.jira, settings.mail, settings.store, settings.web, settings.heartbeat]
    sections += [settings.metrics, Token(None if settings.metrics is None else metrics_token_of(settings.metrics))]
    yield from (f"{each} {each!r} {vars(each)} {copy.deepcopy(each)!r}" for each in sections)
    yield settings.model_dump()
    yield settings.model_dump_json()
    yield json.dumps(settings.model_dump(), default=str)
    yield pickle.dumps(settings)
    yield repr(pickle.loads(pickle.dumps(settings)))
    try:
        raise RuntimeError(settings)
    except RuntimeError as error:
        yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def test_a_configuration_shows_none_of_its_secrets(config: Path) -> None:
    settings = load_settings(config)
    assert token_of(settings.jira) == SECRETS["Jira's token"]
    assert token_of(copy.deepcopy(settings).jira) == SECRETS["Jira's token"]
    assert SECRETS["database's password"] in settings.store.url.get_secret_value()
    for each in shown(settings):
        content = each if isinstance(each, bytes) else str(each).encode()
        assert found_in(content, SECRETS) == []


COMMANDS = (
    ("check",), ("check", "--offline"), ("plan",), ("plan", "--json"), ("once",), ("why", "KKA-1"), ("release",),
    ("approve",), ("digest",), ("audit",), ("purge", "--json"), ("purge", "--dry-run"), ("absence", "list"),
    ("doctor",), ("handover", "it1", "--to", "it2"),
    ("backtest", "--from", "2026-11-01", "--to", "2026-11-02", "--json"),
    ("init", "--out", "fresh", "--url", "https://jira.asutus.example", "--user", "a@b.example", "--yes"),
)  # fmt: skip
DATABASES = {"away": None, "here": "sqlite:///bot.db", "none of ours": f"mysql://bot:{_DATABASE}@h/x"}
ASKED = [(command, "away") for command in COMMANDS] + [
    (command, "here") for command in COMMANDS if command[0] in ("once", "plan", "check", "purge", "handover")
]
ASKED.append((("check",), "none of ours"))


@pytest.mark.usefixtures("fresh_logs")
@pytest.mark.parametrize(
    ("command", "database"), ASKED, ids=lambda each: " ".join(each) if type(each) is tuple else each
)
def test_no_command_prints_a_secret(
    command: tuple[str, ...],
    database: str,
    config: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if (url := DATABASES[database]) is not None:
        monkeypatch.setenv("PILETIBOT_STORE__URL", url)
    own = () if command[0] == "init" else ("--config", config)
    code = piletibot(*command, *own)
    told = "".join(capfd.readouterr()).encode()
    assert code in (0, 1, 2, 3)
    assert told
    assert found_in(told, SECRETS) == []
    files = {file.name: file.read_bytes() for file in config.parent.rglob("*") if file.is_file()}
    assert list(leaks({name: each for name, each in files.items() if name != "token"}, SECRETS)) == []


@pytest.mark.usefixtures("fresh_logs")
def test_a_heart_that_does_not_beat_tells_no_address(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url = load_settings(config).heartbeat.url
    assert url is not None
    logs.configure("debug", "text")
    ping = Ping(url.get_secret_value(), 1.0, None)
    ping.send()
    ping.close()
    told = "".join(capfd.readouterr()).encode()
    assert b"the heartbeat's address does not take it" in told
    assert found_in(told, SECRETS) == []


def test_children_know_no_secret(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git, and what a hook of a working copy makes of it, and the program that draws."""
    child = tmp_path / "bin" / "git"
    child.parent.mkdir()
    child.write_text(f"#!/bin/sh\nenv > {tmp_path}/known; exit 1\n")
    child.chmod(0o755)
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", f"{child.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("HTTP_PROXY")
    monkeypatch.delenv("HTTPS_PROXY")
    pull(tmp_path, lambda: False)
    known = (tmp_path / "known").read_bytes()
    assert b"GIT_TERMINAL_PROMPT" in known
    assert found_in(known, SECRETS) == []
    monkeypatch.setattr(sys, "executable", str(child))
    with pytest.raises(NotDrawn):
        draw(["a chart"])  # type: ignore[list-item]
    assert found_in((tmp_path / "known").read_bytes(), SECRETS) == []
    assert b"PYTHONPATH" in (tmp_path / "known").read_bytes()
