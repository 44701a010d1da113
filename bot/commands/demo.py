"""`piletibot demo`: play the desk, show what was said to whom and why, write the digest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot import logs
from bot.core.kpi.period import last_ended, period_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.demo import ADDRESS, SITE, Demo, Played, Spoken, moments, open_demo, play
from bot.engine.daemon import Stop, run
from bot.engine.engine import Report
from bot.imports import Sources
from bot.letter_texts import Writing
from bot.report.write import write
from bot.settings import Misconfigured
from bot.shipped import rules_folder
from bot.web.settings import Web

if TYPE_CHECKING:
    from bot.commands.page import Place

SERVED_POLL_S = 5


def demo(
    flavour: Literal["cloud", "dc"],
    desk: str,
    days: int,
    out: Path,
    *,
    serve: bool,
    port: int,
    console: Console,
    page_port: int = 0,
) -> None:
    """Play `days` working days of a desk; write `digest.html`, the database, and a `demo.toml` for it into `out`.

    What an earlier demo left there is written over. With `serve` the sandbox, the bot and the lead's page stay up
    until the process is told to stop. Raises Misconfigured for the folder of a desk and for a page's port that is
    taken, OSError.
    """
    logs.configure("error", "text")
    if (out / "config.toml").exists():
        raise Misconfigured(f"{out}: a desk lives there, see its config.toml; name another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    database = out / "demo.db"
    for old in (database, out / "demo.db-wal", out / "demo.db-shm"):
        old.unlink(missing_ok=True)
    letters = out / "letters"
    for stale in letters.glob("*.eml"):
        stale.unlink()
    with ExitStack() as held:
        place = held.enter_context(closing(_place(page_port))) if serve else None
        opened = held.enter_context(
            open_demo(flavour, desk, days, f"sqlite:///{database}", port, letters, digests=True)
        )
        _introduce(opened, flavour, days, console)
        began = time.monotonic()
        played = _played(opened, console)
        _tell(played.spoken, opened.engine.book, console)
        _legend(played.spoken, console)
        _example(opened, console)
        page = _digest(opened, played.last_at, out / "digest.html")
        config = _config(opened, desk, out / "demo.toml")
        console.print(
            f"\n[bold]{len(played.spoken)} comments[/] in {played.cycles} cycles, "
            f"{played.requests} requests, {time.monotonic() - began:.0f} s; "
            f"{played.away} cycles found Jira away, {played.withdrawn} steps were withdrawn unsaid."
        )
        console.print(f"The lead's digest: [bold]{page}[/]")
        _show_letters(opened, played, letters, console)
        if played.spoken:
            ask = f"piletibot why {played.spoken[-1].ticket} --config {config}"
            console.print(f"Ask why, of this ticket or any other: [bold]{ask}[/]", soft_wrap=True)
        if place is not None:
            _serve(opened, page, database, place, console)


def _place(port: int) -> Place:
    """Where the lead's page is to be, which on a demo's data is everybody's on this machine."""
    from bot.commands.page import Place

    return Place(Web(listen=f"127.0.0.1:{port}", open_to="lead"))


def _digest(opened: Demo, now: Moment, path: Path) -> Path:
    book = opened.engine.book
    period = last_ended("week", now, book.calendar)
    if period.until_at <= opened.story.starts_at:
        period = period_of("week", book.calendar.day_of(now), book.calendar)
    sources = Sources(rules_folder() / book.entries.desk)
    write(opened.engine.store, book, now, path, None, f"{opened.sandbox.url}/browse/", period, sources=sources)
    return path


def _config(opened: Demo, desk: str, path: Path) -> Path:
    """Write a configuration by which commands that ask no Jira look at what the demo left."""
    path.write_text(
        f'site = "{SITE}"\n\n[jira]\nurl = "{opened.sandbox.url}"\n\n'
        f'[rules]\nfolder = "{(rules_folder() / desk).as_posix()}"\n\n[store]\nurl = "sqlite:///demo.db"\n',
        "utf-8",
    )
    return path


def _introduce(opened: Demo, flavour: str, days: int, console: Console) -> None:
    kind = "Jira Cloud" if flavour == "cloud" else "Jira Data Center"
    console.print(
        f"A sandbox {kind} is up at [bold]{opened.sandbox.url}[/], and the bot watches it over HTTP. "
        f"{days} working days of {len(opened.story.tickets)} tickets: people open, answer, forget, bounce and solve; "
        "once Jira is away for an hour."
    )


def _played(opened: Demo, console: Console) -> Played:
    total = sum(1 for _ in moments(opened.story, opened.engine.book.calendar))
    zone = _zone(opened.engine.book)
    columns = (TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.fields[said]} comments"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=total, said=0)

        def tell(now: Moment, report: Report) -> None:
            said = progress.tasks[0].fields["said"] + len(report.said)
            progress.update(task, advance=1, description=f"{_local(now, zone):%d.%m %H:%M}", said=said)

        return play(opened, tell)


def _tell(spoken: Sequence[Spoken], book: Rulebook, console: Console) -> None:
    zone = _zone(book)
    for day, comments in groupby(spoken, key=lambda comment: _local(comment.at, zone).date()):
        table = Table(title=f"{day:%A %d.%m.%Y}", title_justify="left", box=None, pad_edge=False, title_style="bold")
        for name in ("when", "ticket", "rule", "rung", "to"):
            table.add_column(name, no_wrap=name != "to", style="dim" if name == "rung" else "")
        for comment in comments:
            table.add_row(
                f"{_local(comment.at, zone):%H:%M}",
                comment.ticket,
                " + ".join(comment.rules),
                " + ".join(comment.rungs),
                ", ".join(comment.to),
            )
        console.print(table)
        console.print()


def _legend(spoken: Sequence[Spoken], console: Console) -> None:
    table = Table(title="Why", title_justify="left", box=None, pad_edge=False, show_header=False, title_style="bold")
    reasons = {rule: why for comment in spoken for rule, why in zip(comment.rules, comment.whys, strict=True)}
    for rule, why in reasons.items():
        table.add_row(rule, escape(why))
    console.print(table)


def _example(opened: Demo, console: Console) -> None:
    """Show one closure prompt as it stands in the sandbox."""
    text = opened.stage.last_comment_of("piletibot")
    if text:
        console.print("\n[bold]The last comment, as it stands on its ticket[/]\n")
        console.print(escape(text), highlight=False)


def _show_letters(opened: Demo, played: Played, folder: Path, console: Console) -> None:
    """Tell of the letters sent, and open the longest of them for a browser."""
    if not played.letters:
        return
    engine = opened.engine
    longest = max(played.letters, key=lambda letter: sum(len(section.lines) for section in letter.sections))
    page = folder / "longest.html"
    page.write_text(Writing(longest, engine.messages, engine.book, engine.post.browse).html, "utf-8")
    people = len({letter.to for letter in played.letters})
    console.print(
        f"{len(played.letters)} letters to {people} people, as mails in [bold]{folder}[/]; "
        f"the longest to look at: [bold]{page}[/]",
        soft_wrap=True,
    )
    if played.digests:
        console.print(f"{len(played.digests)} digests went to the lead's mailbox, as mails in the same folder.")


def _serve(opened: Demo, page: Path, database: Path, place: Place, console: Console) -> None:
    console.print(
        f"\nThe sandbox stays up at [bold]{opened.sandbox.url}[/] (user {ADDRESS}, token sandbox-token; "
        f"everybody else has the token <name>-token), and the bot looks every {SERVED_POLL_S} s. Stop with Ctrl-C."
    )
    stop = Stop()
    stop.listen()
    began, frozen = time.monotonic(), opened.clock()

    def now() -> Moment:
        opened.clock.set(frozen + int((time.monotonic() - began) * 1000))
        return opened.clock() // 1000

    def after(report: Report) -> None:
        if report.said:
            _tell([Spoken.of(steps, report.at) for steps in report.said], opened.engine.book, console)
            _digest(opened, report.at, page)

    url, browse = f"sqlite:///{database}", f"{opened.sandbox.url}/browse/"
    with place.serving(opened.engine, url, lambda: opened.clock() // 1000, browse) as server:
        console.print(f"The desk as it stands, on the lead's page: [bold]{server.url}[/]")
        run(opened.engine, stop, poll_s=SERVED_POLL_S, now=now, after=after)


def _zone(book: Rulebook) -> ZoneInfo:
    return ZoneInfo(book.calendar.timezone)


def _local(at: Moment, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone)
