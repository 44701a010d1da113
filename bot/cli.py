"""The command line. Every command imports what it needs when it runs, so that `--help` answers at once."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__

app = typer.Typer(
    name="piletibot",
    help="Remembers every ticket a service desk has forwarded, until the solution has reached the customer.",
    epilog="Exit codes: 0 fine, 1 findings, 2 mistake in configuration or arguments, 3 Jira or database unreachable.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SANDBOX_PORT = 8085


class Flavor(StrEnum):
    """Which kind of Jira."""

    cloud = "cloud"
    dc = "dc"


class Span(StrEnum):
    """The periods that a digest can be of."""

    day = "day"
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"


class Form(StrEnum):
    """The forms that a digest can be written in."""

    html = "html"
    text = "text"
    json = "json"
    xlsx = "xlsx"
    csv = "csv"


class Language(StrEnum):
    """The languages the bot's messages are written in."""

    et = "et"
    en = "en"
    ru = "ru"


class DescribedIn(StrEnum):
    """The languages a rulebook can be described in."""

    et = "et"
    en = "en"


Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="PILETIBOT_CONFIG", help="The configuration's file."),
]
FlavorOption = Annotated[Flavor, typer.Option("--flavor", help="Jira Cloud or Data Center.")]
CONFIG = Path("config.toml")


def main(args: Sequence[str] | None = None) -> None:
    """Run a command and exit; a mistake or an outage ends in words for a person, not in a traceback."""
    _leave_no_core()
    try:
        _commands()(args, prog_name="piletibot")
    except Exception as error:
        from bot.commands.failures import explain

        explained = explain(error)
        if explained is None:
            raise
        from bot.visible import visible

        print(visible(explained[0]), file=sys.stderr)
        raise SystemExit(explained[1]) from None


def _leave_no_core() -> None:
    """See to it that a crash writes no memory to the disk, in which the token would stand."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Look for no garbage while code is imported, nor ever in what it makes: that takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@cache
def _commands() -> Callable[..., None]:
    return typer.main.get_command(app)


def _version(asked: bool) -> None:
    if asked:
        print(f"piletibot {__version__}")
        raise typer.Exit


@app.callback()
def _piletibot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    flavor: FlavorOption = Flavor.cloud,
    desk: Annotated[str, typer.Option(help="The shipped rulebook to play.")] = "keskkonnaamet",
    days: Annotated[int, typer.Option(min=1, max=60, help="How many working days.")] = 20,
    out: Annotated[Path, typer.Option(help="The folder for the digest and the database.")] = Path("out"),
    serve: Annotated[bool, typer.Option("--serve", help="Keep the sandbox and the bot up, to look around.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The sandbox's port on 127.0.0.1; 0 for any.")] = 0,
    page_port: Annotated[
        int, typer.Option(min=0, max=65535, help="The lead's page's port on 127.0.0.1, with --serve; 0 for any.")
    ] = 0,
) -> None:
    """The whole bot on a sandbox Jira with a clock of its own: weeks of a desk in seconds."""
    from rich.console import Console

    from bot.commands.demo import demo as play

    play(flavor.value, desk, days, out, serve=serve, port=port, page_port=page_port, console=Console())


@app.command()
def sandbox(
    flavor: FlavorOption = Flavor.cloud,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 for any.")] = SANDBOX_PORT,
    load: Annotated[
        Path | None, typer.Option(help="Jira issues in REST form, one a line; may be gzipped.", exists=True)
    ] = None,
) -> None:
    """A Jira of your own to try things on, until Ctrl-C."""
    from bot.commands.sandbox import sandbox as serve

    raise typer.Exit(serve(flavor.value, port, load))


@app.command()
def init(
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path(),
    url: Annotated[str | None, typer.Option(help="Your Jira's address.")] = None,
    user: Annotated[str | None, typer.Option(help="The bot's e-mail address (Jira Cloud only).")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="PILETIBOT_JIRA__TOKEN", help="The bot's token, to be kept in the file token."),
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="A file that holds the token, used where it is.")] = None,
    project: Annotated[list[str] | None, typer.Option(help="A project of the desk; may be repeated.")] = None,
    coordinator: Annotated[str | None, typer.Option(help="The account of who coordinates the desk.")] = None,
    lead: Annotated[str | None, typer.Option(help="The account of who leads the desk.")] = None,
    desk: Annotated[str | None, typer.Option(help="A permanent short name for the desk.")] = None,
    language: Annotated[Language, typer.Option(help="The desk's language.")] = Language.et,
    timezone: Annotated[str, typer.Option(help="The desk's time zone.")] = "Europe/Tallinn",
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MEANING",
            help="What a status means: tier 1, tier 2, question, customer, third party, solved or closed.",
        ),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=FIELD", help="Which field is category, queue, forwarder or delivered."),
    ] = None,
    allow_http: Annotated[bool, typer.Option("--allow-http", help="Send the token over plain http.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take what is given or guessed.")] = False,
) -> None:
    """Look at your Jira and write a configuration and a rulebook on observe; writes nothing in Jira."""
    from bot.commands.init import Given
    from bot.commands.init import init as set_up

    given = Given(
        url=url,
        user=user,
        token=token,
        token_file=token_file,
        allow_http=allow_http,
        projects=project or [],
        coordinator=coordinator,
        lead=lead,
        desk=desk,
        language=language.value,
        timezone=timezone,
        statuses=status or [],
        fields=field or [],
        yes=yes,
    )
    raise typer.Exit(set_up(out, given, force=force))


@app.command()
def check(
    config: Config = CONFIG,
    offline: Annotated[bool, typer.Option("--offline", help="Only the files; ask no Jira.")] = False,
) -> None:
    """Check the configuration, the rules and the Jira; writes nothing."""
    from bot.commands.check import check as run_check

    raise typer.Exit(run_check(config, offline=offline))


@app.command()
def doctor(
    config: Config = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say whether all is well, and what to do: configuration, Jira, database, the bot itself; writes nothing."""
    from bot.commands.doctor import doctor as run_doctor

    raise typer.Exit(run_doctor(config, as_json=as_json))


@app.command()
def plan(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Only these tickets.")] = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a step.")] = False,
) -> None:
    """What would be done now; writes nothing."""
    from bot.commands.plan import plan as run_plan

    raise typer.Exit(run_plan(config, keys or [], as_json=as_json))


@app.command()
def why(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The ticket.")],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Such as '2026-11-16 11:05' by the desk's clock, or with an offset."
        ),
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="NAME", help="Why this rule, policy or deadline speaks or not.")
    ] = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What happened to a ticket, what each rule makes of it, and why; from what the bot knows, asks no Jira."""
    from bot.commands.why import why as run_why

    raise typer.Exit(run_why(config, key, at, rule, as_json=as_json))


@app.command()
def once(config: Config = CONFIG) -> None:
    """One cycle: read what changed, judge, say what is due."""
    from bot.commands.running import once as run_once

    raise typer.Exit(run_once(config))


@app.command()
def run(config: Config = CONFIG) -> None:
    """The daemon: a cycle every minute or as configured, until SIGTERM."""
    with _nothing_to_collect():
        from bot.commands.running import run as run_daemon

    raise typer.Exit(run_daemon(config))


@app.command()
def release(
    batch: Annotated[str | None, typer.Argument(metavar="[BATCH]", help="As the list names it; none: list.")] = None,
    config: Config = CONFIG,
) -> None:
    """Let a batch over the ceiling go: the next cycle says what of it is still wished."""
    from bot.commands.release import release as run_release

    raise typer.Exit(run_release(config, batch))


@app.command()
def approve(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The recipient's name in the rulebook; none: list.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Let a digest go of which somebody got the draft: the next cycle sends it to its recipient."""
    from bot.commands.approve import approve as run_approve

    raise typer.Exit(run_approve(config, name))


@app.command()
def adopt(
    rules: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE]...", help="By their names; none: list those on observe.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every rule on observe.")] = False,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="The first day; tomorrow when not given.")] = None,
    config: Config = CONFIG,
) -> None:
    """Let rules on observe speak from a day on: what is due before counts as done. Changes the rulebook's files."""
    from bot.commands.adopt import adopt as run_adopt

    raise typer.Exit(run_adopt(config, rules or [], every=every, on=on))


@app.command()
def digest(
    period: Annotated[Span, typer.Option(help="The last one that is over.")] = Span.day,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="As it was reported then, or as the desk stood when that day ended; now."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="What to write; docs/digest.md has the fields.")] = Form.html,
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The file to write, - for standard output; digest.html.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Work out the figures kept of the period again, and keep those.")
    ] = False,
    language: Annotated[Language | None, typer.Option(help="The desk's own when not given.")] = None,
    config: Config = CONFIG,
) -> None:
    """The lead's digest, from what the bot knows; asks no Jira."""
    from bot.commands.digest import Asked
    from bot.commands.digest import digest as write_digest

    asked = Asked(period.value, as_of, form.value, out, language.value if language else None, anew=anew)
    raise typer.Exit(write_digest(config, asked))


@app.command("test")
def rule_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Rulebooks or test files; none: the configured one."),
    ] = None,
    config: Config = CONFIG,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the outcome as JUnit XML as well.")
    ] = None,
    only: Annotated[str, typer.Option("-k", metavar="TEXT", help="Only tests whose sentence holds this.")] = "",
) -> None:
    """Rule tests: what the rules would say of described tickets, with a virtual now; exit 1 when anything differs."""
    from rich.console import Console

    from bot.ruletests import run as run_tests
    from bot.settings import load_settings

    where = paths or [load_settings(config).rules.folder]
    raise typer.Exit(run_tests(where, Console(soft_wrap=True), junit=junit, only=only))


@app.command()
def backtest(
    rules: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The rulebook to try; the configured one when not given.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A rulebook to hold it against: what differs, by ticket.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Jira issues in REST form, one a line; may be gzipped.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day, or a moment by the desk's clock.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The last day, or the moment at which it ends.")
    ] = None,
    poll_s: Annotated[
        int | None, typer.Option("--poll", min=1, max=86_400, metavar="SECONDS", help="A cycle every so often.")
    ] = None,
    lag_s: Annotated[
        int, typer.Option("--lag", min=0, max=86_400, metavar="SECONDS", help="How late the bot sees a change.")
    ] = 0,
    bot: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="The account in the export that was the bot's.")
    ] = None,
    as_if_live: Annotated[
        bool, typer.Option("--as-if-live", help="Take all rules as live, despite observe and since.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a ticket.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report to write; backtest.html, but none with --json.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="How many processes; one for each core.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """What the rules would have said of past tickets, and which promises would have been broken; writes no ticket."""
    from bot.commands.backtest import Asked
    from bot.commands.backtest import run as run_backtest

    asked = Asked(
        config=config,
        rules=rules,
        against=against,
        export=export,
        start=start,
        end=end,
        poll_s=poll_s,
        lag_s=lag_s,
        bot=bot,
        as_if_live=as_if_live,
        as_json=as_json,
        out=out if out or as_json else Path("backtest.html"),
        workers=workers,
    )
    raise typer.Exit(run_backtest(asked))


@app.command()
def describe(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A rulebook; none: the configured one.")
    ] = None,
    language: Annotated[DescribedIn | None, typer.Option(help="The desk's own when not given.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="A .md or .html file; none: the terminal.")] = None,
    date: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="A date to print on it.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """The rulebook as a process description in sentences: what is asked of whom, when and why."""
    from rich.console import Console

    from bot.commands.describe import describe as tell
    from bot.settings import load_settings

    where = folder or load_settings(config).rules.folder
    on = date.date() if date else None
    raise typer.Exit(tell(where, language.value if language else None, out, on, Console()))


@app.command()
def schema(
    tests: Annotated[bool, typer.Option("--tests", help="That of a file of rule tests.")] = False,
) -> None:
    """The JSON Schema of a rulebook's files, by which editors complete and check them."""
    from bot.schema import rulebook_schema, tests_schema, text_of

    print(text_of(tests_schema() if tests else rulebook_schema()), end="")


@app.command()
def monitoring(
    out: Annotated[Path, typer.Option("--out", help="The folder to write them into.")] = Path(),
    language: Annotated[
        DescribedIn, typer.Option("--language", help="The language of their texts.")
    ] = DescribedIn.en,
) -> None:
    """The alarms for Prometheus and the dashboard for Grafana, as two files."""
    from bot.commands.monitoring import monitoring as write

    raise typer.Exit(write(out, language.value))


absence = typer.Typer(help="Who is away, and who stands in.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(absence, name="absence")

PersonWord = Annotated[str, typer.Argument(metavar="PERSON", help="The person's name in the rulebook.")]
FirstDay = Annotated[str, typer.Argument(metavar="FROM", help="The first day, such as 2026-12-21.")]
LastDay = Annotated[str, typer.Argument(metavar="TO", help="The last day.")]


@absence.command("add")
def absence_add(
    person: PersonWord,
    first: FirstDay,
    last: LastDay,
    deputy: Annotated[
        list[str] | None, typer.Option("--deputy", metavar="PERSON", help="Who stands in; several, most fit first.")
    ] = None,
    config: Config = CONFIG,
) -> None:
    """Keep that somebody is away. Why is never asked or kept."""
    from bot.commands.absence import add

    raise typer.Exit(add(config, person, first, last, deputy or []))


@absence.command("list")
def absence_list(
    config: Config = CONFIG,
    over: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
) -> None:
    """Who is away by the rulebook and by command, and who has left."""
    from bot.commands.absence import show

    raise typer.Exit(show(config, over=over))


@absence.command("remove")
def absence_remove(person: PersonWord, first: FirstDay, last: LastDay, config: Config = CONFIG) -> None:
    """Take back an absence that was told by command for these days."""
    from bot.commands.absence import remove

    raise typer.Exit(remove(config, person, first, last))


@app.command()
def audit(
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Such as 2026-11-16 or '2026-11-16 11:05' by the desk's clock.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Written as --since is; that moment included.")
    ] = None,
    ticket: Annotated[str | None, typer.Option(metavar="KEY", help="Only what was done on this ticket.")] = None,
    rule: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only by this rule, which may be gone since.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(metavar="PERSON", help="Only what was for this person, or told by them.")
    ] = None,
    config: Config = CONFIG,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line; docs/audit.md has the fields.")
    ] = False,
) -> None:
    """What the bot said, set, held or left, when, to whom, by which rulebook and why; asks no Jira."""
    from bot.commands.audit import Asked
    from bot.commands.audit import audit as run_audit

    raise typer.Exit(run_audit(config, Asked(since, until, ticket, rule, person), as_json=as_json))


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    config: Config = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a kind.")] = False,
) -> None:
    """Remove what the configuration keeps no longer, and erase what Jira has deleted; the daemon does it daily."""
    from bot.commands.purge import run as run_purge

    raise typer.Exit(run_purge(config, dry_run=dry_run, as_json=as_json))


store = typer.Typer(help="The database itself.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(store, name="store")


@store.command("copy")
def store_copy(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="An empty database: sqlite:///FILE or postgresql://...; - reads it from stdin.",
        ),
    ],
    namespace: Annotated[
        str | None, typer.Option(metavar="NAME", help="The schema of PostgreSQL's, as `namespace` under [store].")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be copied.")] = False,
    config: Config = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a table, and one on the whole.")] = False,
) -> None:
    """Move the bot to another database: all of it is copied and compared, and the present one is left."""
    from bot.commands.store import copy

    raise typer.Exit(copy(config, url, namespace, dry_run=dry_run, as_json=as_json))


@app.command()
def handover(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="Whose open tickets; ~ACCOUNT where the rulebook names them not.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="Who takes them.")],
    yes: Annotated[bool, typer.Option("--yes", help="Write it; without this it is only listed.")] = False,
    config: Config = CONFIG,
) -> None:
    """Give the open tickets of somebody who has left, owned and forwarded, to somebody else."""
    from bot.commands.handover import handover as run_handover

    raise typer.Exit(run_handover(config, person, to, yes=yes))


hours = typer.Typer(help="Working time at the prompt.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(hours, name="hours")

CalendarName = Annotated[str, typer.Argument(metavar="CALENDAR", help="A calendar of the rulebook.")]
Start = Annotated[
    str,
    typer.Argument(metavar="START", help="Such as '2026-11-16 11:05' by the calendar's clock, or with an offset."),
]
Rules = Annotated[Path | None, typer.Option("--rules", metavar="DIR", help="A rulebook; else the configured one.")]
# Without the short options: -15cd and -4h are amounts.
LongConfig = Annotated[Path, typer.Option("--config", envvar="PILETIBOT_CONFIG", help="The configuration's file.")]


@hours.command("add", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
def hours_add(
    calendar: CalendarName,
    start: Start,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Such as 4h, -30m, 2wd, 15cd, 2mo, '72h clock'.")],
    rules: Rules = None,
    config: LongConfig = CONFIG,
) -> None:
    """When an amount of working time has passed."""
    from bot.commands.hours import add, calendar_of

    raise typer.Exit(add(calendar_of(calendar, config, rules), start, amount))


@hours.command("between")
def hours_between(
    calendar: CalendarName,
    start: Start,
    end: Annotated[str, typer.Argument(metavar="END", help="Written as START is.")],
    rules: Rules = None,
    config: LongConfig = CONFIG,
) -> None:
    """How much working time lies between two moments."""
    from bot.commands.hours import between, calendar_of

    raise typer.Exit(between(calendar_of(calendar, config, rules), start, end))


@hours.command("next")
def hours_next(calendar: CalendarName, start: Start, rules: Rules = None, config: LongConfig = CONFIG) -> None:
    """The first working moment at or after a moment."""
    from bot.commands.hours import calendar_of, next_opening

    raise typer.Exit(next_opening(calendar_of(calendar, config, rules), start))


@hours.command("verify")
def hours_verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases in JSON.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a case.")] = False,
) -> None:
    """Hold a file of working-time cases against the engine; exit 1 when any differs, 2 when any cannot be read."""
    from bot.commands.hours import verify

    raise typer.Exit(verify(file, as_json=as_json))
