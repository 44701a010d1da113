"""The rulebook's folder is edited while the bot runs: what is broken stays out, what is sound is told and comes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Desk, at_seam, one_flavour
from living import NOTICE_S, Living, copied, edit, living

from bot.engine.accounts import ACCOUNTS
from bot.engine.tracker import Denied
from bot.sandbox.faults import Fault
from bot.start import Desk as Read
from bot.working_copy import pull

ASK_LATER = (
    "ladders.yaml",
    "{rung: ask,  after: 2wd, say: no_movement,",
    "{rung: ask,  after: 3wd, say: no_movement,",
)
BROKEN = ("ladders.yaml", "  - name: no-movement", "  - nam: no-movement")
UNKNOWN_STATUS = ("jira.yaml", "status: Lahendatud", "status: Lahenenud")


SELDOM = 5 * MINUTE
"""How often a bot polls while a test waits for what takes long; where minutes count, each of them is polled."""


@pytest.fixture
def control(desk: Desk) -> str:
    return desk.open("juht1")


@pytest.fixture
def live(desk: Desk, control: str, tmp_path: Path) -> Iterator[Living]:
    """A bot that has looked around, with a control ticket."""
    with living(desk, copied(tmp_path, desk.issue(control).key)) as opened:
        opened.tick()
        opened.tick()
        yield opened


@one_flavour
def test_a_folder_that_nobody_touches_asks_for_nothing(live: Living) -> None:
    before = live.bot.counts()
    live.ticks(live.desk.now + HOUR // 4)
    requests, writes = live.bot.since(before)
    assert requests == 15, "one poll a cycle, and the files are looked at only from outside"
    assert writes == 15


def test_a_change_is_told_and_takes_effect_when_the_lead_had_time_to_put_it_back(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.tick()
    assert live.told(control) == [], "one look is not enough: somebody may still be writing"
    live.tick()
    (told,) = live.told(control)
    assert "Muudetud reeglid: no-movement" in told
    assert "hakkab kehtima 16.11.2026 kell 10.19" in told
    live.ticks(MONDAY + 18 * MINUTE)
    assert live.version == first
    live.tick()
    assert live.version != first, "at 10:19"
    live.ticks(live.desk.now + HOUR)
    assert len(live.told(control)) == 1, "once"
    assert (live.bot.engine.store.note("rulebook") or "").startswith(f"{live.version} ")
    assert live.bot.engine.store.note("in force since") == str(MONDAY + 19 * MINUTE)


@one_flavour
def test_any_further_change_starts_over(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.ticks(live.desk.now + 10 * MINUTE)
    live.edit("ladders.yaml", "times: 4", "times: 5")
    live.ticks(live.desk.now + 2 * MINUTE)
    assert len(live.told(control)) == 2
    live.ticks(live.desk.now + NOTICE_S - MINUTE)
    assert live.version == first
    live.tick()
    assert live.version != first
    ladders = live.bot.engine.book.entries.ladders
    tell = next(each for each in ladders if each.name == "no-movement").rungs[1]
    assert tell.times == 5
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert len(live.told(control)) == 2


@one_flavour
def test_a_change_put_back_in_time_never_counts(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.ticks(live.desk.now + 10 * MINUTE)
    name, old, new = ASK_LATER
    live.edit(name, new, old)
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert live.version == first
    assert f"nagu kehtivas reeglistikus {first}. Midagi ei muutu." in live.told(control)[1]


@pytest.mark.parametrize(
    ("flavour", "edited"),
    [("dc", BROKEN), ("cloud", UNKNOWN_STATUS), ("dc", UNKNOWN_STATUS)],
    ids=["dc-unknown key", "cloud-unknown status", "dc-unknown status"],
)
def test_a_broken_rulebook_stays_out_and_says_so_once(
    live: Living, control: str, edited: tuple[str, str, str]
) -> None:
    first, (name, old, new) = live.version, edited
    live.edit(name, old, new)
    live.ticks(live.desk.now + 2 * HOUR, SELDOM)
    (told,) = live.told(control)
    assert f"senine reeglistik {first}" in told
    assert f"{name}:" in told
    assert str(live.folder) not in told, "the lead knows the file by its name"
    assert live.version == first
    ticket = live.desk.forwarded()
    live.tick()
    assert live.desk.rungs(ticket) == ["it-support/routed"], "the running one goes on"
    live.edit(name, new, old)
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert f"nagu kehtivas reeglistikus {first}" in live.told(control)[1]
    assert (len(live.told(control)), live.version) == (2, first)


@one_flavour
def test_a_broken_rulebook_mended_otherwise_takes_effect(live: Living, control: str) -> None:
    first = live.version
    live.edit(*BROKEN)
    live.ticks(live.desk.now + 5 * MINUTE)
    live.edit("ladders.yaml", "- nam: no-movement", "- name: stands-still")
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert live.version != first
    _, told = live.told(control)
    assert "nimi on muutunud (no-movement → stands-still)" in told
    assert "Lisatud reeglid: stands-still" in told
    assert "Eemaldatud reeglid: no-movement" in told


def test_what_the_tracker_lacked_is_tried_again(live: Living, control: str) -> None:
    first = live.version
    live.edit(*UNKNOWN_STATUS)
    live.edit("links.yaml", "Lahendatud", "Lahenenud")
    live.ticks(live.desk.now + 5 * MINUTE)
    status = next(each for each in live.desk.world.statuses.values() if each["name"] == "Lahendatud")
    status["name"] = "Lahenenud"
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert live.version != first
    assert len(live.told(control)) == 2


@one_flavour
def test_more_mistakes_than_a_comment_should_hold(live: Living, control: str) -> None:
    text = (live.folder / "ladders.yaml").read_text("utf-8")
    live.edit("ladders.yaml", text, text.replace("rung: ", "rang: "))
    live.ticks(live.desk.now + 5 * MINUTE)
    (told,) = live.told(control)
    assert told.count("ladders.yaml:") == 20
    assert "Lisaks veel " in told


@one_flavour
def test_a_folder_that_vanishes_and_comes_back(live: Living, control: str) -> None:
    first, away = live.version, live.folder.with_name("away")
    shutil.move(live.folder, away)
    live.ticks(live.desk.now + 5 * MINUTE)
    assert live.version == first
    (told,) = live.told(control)
    assert "no such folder" in told
    shutil.move(away, live.folder)
    live.ticks(live.desk.now + 5 * MINUTE)
    assert live.version == first
    assert "Midagi ei muutu" in live.told(control)[1]


@one_flavour
def test_while_somebody_writes_nothing_is_read(live: Living, control: str) -> None:
    first = live.version
    for i in range(30):  # saved halfway, again and again
        live.edit("ladders.yaml", "ladders:", f"ladders: # {i}\n  - nothing yet")
        live.tick()
        text = (live.folder / "ladders.yaml").read_text("utf-8")
        live.edit("ladders.yaml", text, text.replace(f"ladders: # {i}\n  - nothing yet", "ladders:"))
        live.edit("ladders.yaml", "ladders:", "ladders:")
    assert live.told(control) == []
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert (live.told(control), live.version) == ([], first)


@one_flavour
def test_what_is_written_while_it_is_read_is_not_believed(live: Living, control: str) -> None:
    first, read, times = live.version, live.reload.read, iter(range(9))

    def reading() -> Read:
        found = read()
        live.edit("ladders.yaml", "ladders:", f"ladders: # {next(times)}")
        return found

    live.edit(*ASK_LATER)
    live.reload.read = reading
    live.ticks(live.desk.now + 12 * MINUTE)
    assert (live.told(control), live.version) == ([], first)
    live.reload.read = read
    live.ticks(live.desk.now + 2 * MINUTE)
    assert len(live.told(control)) == 1


@one_flavour
def test_the_desk_keeps_its_name(live: Living, control: str) -> None:
    live.edit("desk.yaml", "desk: keskkonnaamet", "desk: teine")
    live.ticks(live.desk.now + HOUR, SELDOM)
    (told,) = live.told(control)
    assert re.search(r"desk.yaml:\d+:7: 'teine': the desk's name is permanent; it is 'keskkonnaamet'", told)


def test_an_account_is_not_named(live: Living, control: str) -> None:
    dc = live.desk.world.flavour == "dc"
    account = "dc: spetsialist1" if dc else "712020:fb5c2f1e"
    live.edit("people.yaml", account, "dc: jaan.tamm" if dc else "712020:00000000")
    live.ticks(live.desk.now + 5 * MINUTE)
    (told,) = live.told(control)
    assert "people.yaml:" in told
    assert "~spetsialist1" in told
    assert "jaan.tamm" not in told
    assert "00000000" not in told


def test_an_account_given_twice_is_not_named(live: Living, control: str) -> None:
    dc = live.desk.world.flavour == "dc"
    twice = "dc: jaan.tamm" if dc else "712020:00000000"
    for account in ("dc: spetsialist1", "dc: spetsialist2") if dc else ("712020:fb5c2f1e", "712020:b330aed8"):
        rest = "" if dc else ("-cd12-54a1-a2a4-4bd24f71660f" if "fb5c" in account else "-5c69-504b-95dc-b4d1bd835525")
        live.edit("people.yaml", account + rest, twice)
    live.ticks(live.desk.now + 5 * MINUTE)
    (told,) = live.told(control)
    assert "people.yaml:" in told
    assert "there is already a person with the account '~spetsialist" in told
    assert twice.removeprefix("dc: ") not in told


# What would be said


def test_the_report_counts_what_would_be_said_otherwise(live: Living, control: str) -> None:
    desk = live.desk
    late = [desk.taken() for _ in range(3)]
    desk.until(MONDAY + DAY + 5 * HOUR)
    live.tick()
    live.tick()
    assert [rung for rung in desk.rungs() if not rung.startswith("summary")] == []
    live.edit(
        "ladders.yaml", "{rung: ask,  after: 2wd, say: no_movement,", "{rung: ask,  after: 1wd, say: no_movement,"
    )
    live.edit("desk.yaml", "ceiling: 40", "ceiling: 2")
    live.ticks(desk.now + 3 * MINUTE)
    (told,) = [each for each in live.told(control) if "Reeglistik" in each]  # beside the summaries of the morning
    assert "Lisanduks: no-movement (3)" in told
    assert "kokku 3 kommentaari" in told
    assert "seda on rohkem kui lubatud 2" in told
    assert "Muudetud osad: manners" in told
    live.ticks(desk.now + 14 * MINUTE)
    assert [desk.rungs(ticket) for ticket in late] == [[]] * 3
    live.tick()
    assert [state for ticket in late for _, state in live.bot.states(ticket)] == ["batched"] * 3, "as was told"


@one_flavour
def test_the_report_counts_what_is_no_longer_said_and_what_no_longer_waits(live: Living, control: str) -> None:
    desk = live.desk
    desk.until(MONDAY + 7 * HOUR)  # 17:00: the desk is closed, and what comes now waits
    tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
    live.tick()
    assert [state for ticket in tickets for _, state in live.bot.states(ticket)] == ["held", "held"]
    live.edit("routes.yaml", "  - route: it-support", "  - route: it-help")
    live.ticks(desk.now + HOUR, SELDOM)
    assert live.told(control) == [], "quiet hours hold the report back, and the change waits for it"
    desk.until(MONDAY + 22 * HOUR)
    live.tick()
    (told,) = live.told(control)
    for line in (
        "Lisanduks: it-help (2)",
        "Jääks ära: it-support (2)",
        "Ootel sammudest võetaks tagasi: it-support (2)",
        "nimi on muutunud (it-support → it-help)",
    ):
        assert line in told
    assert "hakkab kehtima 17.11.2026 kell 08.16" in told


def test_a_mapping_that_reads_otherwise_is_judged_as_it_would_be_read(live: Living, control: str) -> None:
    desk = live.desk
    ticket = desk.taken()
    live.edit("jira.yaml", "queue: Järjekord", "queue: Kategooria")
    live.ticks(desk.now + 5 * MINUTE)
    (told,) = live.told(control)
    assert "Muudetud osad: fields" in told, told
    assert desk.rungs(ticket) == []


# When it cannot be told


@one_flavour
def test_without_a_control_ticket_the_log_is_enough(desk: Desk, tmp_path: Path) -> None:
    with living(desk, copied(tmp_path, None)) as live:
        live.tick()
        first = live.version
        live.edit(*ASK_LATER)
        live.ticks(desk.now + NOTICE_S + MINUTE)
        assert live.version == first
        live.tick()
        assert live.version != first
        assert desk.said() == []


def test_a_control_ticket_that_refuses_leaves_it_to_the_log(live: Living, control: str) -> None:
    first = live.version
    live.desk.site.faults.faults = [Fault("answer", "POST", rf"/issue/{control}/comment$", status=403, times=None)]
    live.edit(*ASK_LATER)
    live.ticks(live.desk.now + NOTICE_S + 2 * MINUTE)
    assert (live.version, live.told(control)) == (first, [])
    live.tick()
    assert live.version != first


@pytest.mark.parametrize("hiccup", ["drop before", "drop after"])
def test_a_lost_answer_tells_it_once(live: Living, control: str, hiccup: str) -> None:
    first = live.version
    live.desk.site.faults.faults = [Fault(hiccup, "POST", r"/comment$")]
    live.edit(*ASK_LATER)
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert len(live.told(control)) == 1
    assert live.version != first


@one_flavour
def test_silenced_the_change_comes_and_is_told_afterwards(live: Living, control: str) -> None:
    first = live.version
    live.desk.edit(control, "juht1", labels=["bot-vait"])
    live.tick()
    live.edit(*ASK_LATER)
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert live.version != first, "who silences the bot to mend its rules wants the mended ones afterwards"
    assert live.told(control) == []
    live.desk.edit(control, "juht1", labels=[])
    live.tick()
    (told,) = live.told(control)
    assert "kehtib nüüd" in told


@one_flavour
def test_during_an_outage_the_change_waits(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.desk.site.faults.down = True
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert live.version == first
    live.desk.site.faults.down = False
    live.ticks(live.desk.now + NOTICE_S + 2 * MINUTE)
    assert live.version != first
    assert len(live.told(control)) == 1


def test_the_outage_comes_while_the_report_is_made(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.tick()
    live.desk.site.faults.faults = [Fault("answer", "POST", r"/comment$", status=503, times=3)]
    live.ticks(live.desk.now + 2 * HOUR, SELDOM)
    assert live.version != first
    assert len(live.told(control)) == 1


@one_flavour
def test_a_desk_that_only_watches_is_told_all_the_same(desk: Desk, control: str, tmp_path: Path) -> None:
    """Who writes rules that are to watch first needs to hear of mistakes as much as anybody."""
    folder = copied(tmp_path, desk.issue(control).key)
    edit(folder, "desk.yaml", "observe: false", "observe: true")
    ticket = desk.forwarded()
    with living(desk, folder) as live:
        live.tick()
        live.edit(*BROKEN)
        live.ticks(desk.now + 5 * MINUTE)
        assert len(live.told(control)) == 1
        assert desk.said(ticket) == []


def test_a_locked_out_account_ends_it_as_ever(live: Living) -> None:
    live.edit(*ASK_LATER)
    live.desk.world.person("piletibot").token = "another"
    with pytest.raises(Denied):
        live.ticks(live.desk.now + HOUR, SELDOM)


# SIGHUP


@one_flavour
def test_a_hangup_takes_it_over_at_once_and_says_so(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.hangup()
    live.tick()
    assert live.version != first
    (told,) = live.told(control)
    assert "kehtib nüüd" in told
    assert "Muudetud reeglid: no-movement" in told


@one_flavour
def test_a_hangup_at_night_does_not_wait_for_the_morning(live: Living, control: str) -> None:
    first = live.version
    live.desk.until(MONDAY + 10 * HOUR)
    live.edit(*ASK_LATER)
    live.hangup()
    live.tick()
    assert (live.version != first, live.told(control)) == (True, [])
    live.desk.until(MONDAY + 22 * HOUR)
    live.tick()
    assert len(live.told(control)) == 1


@one_flavour
def test_a_hangup_takes_over_a_change_that_waits(live: Living, control: str) -> None:
    first = live.version
    live.edit(*ASK_LATER)
    live.ticks(live.desk.now + 3 * MINUTE)
    live.hangup()
    live.tick()
    assert live.version != first
    live.ticks(live.desk.now + HOUR, SELDOM)
    assert ["kehtib nüüd" in told for told in live.told(control)] == [False, True]


def test_a_hangup_reads_what_the_tracker_has_anew(live: Living) -> None:
    """A status made while the bot runs belongs to the state that takes its category."""
    desk, facts = live.desk, live.bot.engine.facts
    made = dict(next(each for each in desk.world.statuses.values() if each["name"] == "Suletud"))
    desk.world.statuses["10999"] = {**made, "id": "10999", "name": "Arhiivis"}
    live.tick()
    assert live.bot.engine.facts == facts
    live.hangup()
    live.tick()
    assert live.bot.engine.facts != facts
    assert live.bot.engine.store.note(ACCOUNTS), "a start after it knows who is gone from who never was there"
    live.bot.engine.store.set_note(ACCOUNTS, "")
    facts, tracker = live.bot.engine.facts, live.bot.engine.tracker
    live.hangup()
    live.tick()
    assert live.bot.engine.facts == facts
    assert live.bot.engine.store.note(ACCOUNTS)
    assert live.bot.engine.tracker is not tracker, "it asks as the configuration says now"


@one_flavour
def test_a_broken_rulebook_is_refused_by_a_hangup_too(live: Living, control: str) -> None:
    first = live.version
    live.edit(*BROKEN)
    for _ in range(2):
        live.hangup()
        live.tick()
    assert (live.version, len(live.told(control))) == (first, 1)


# Nothing is lost, nothing is said twice


@one_flavour
def test_what_was_said_stays_said_and_what_waited_is_said_once(live: Living) -> None:
    desk = live.desk
    said = desk.forwarded()
    live.tick()
    desk.until(MONDAY + 7 * HOUR)
    waits = desk.forwarded("spetsialist2")
    live.tick()
    live.edit(*ASK_LATER)
    live.hangup()
    live.tick()
    desk.until(MONDAY + 22 * HOUR)
    live.ticks(desk.now + HOUR, SELDOM)
    assert desk.rungs(said) == desk.rungs(waits) == ["it-support/routed"]


@pytest.mark.parametrize(
    ("flavour", "seam"),
    [
        ("dc", "before swap"),
        ("dc", "after swap"),
        ("dc", "after intent"),
        ("cloud", "after write"),
        ("dc", "after write"),
    ],
)
def test_killed_around_the_change_and_started_again(desk: Desk, control: str, tmp_path: Path, seam: str) -> None:
    """The process ends there; the next start takes what the folder says, and nothing is repeated."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    folder, store = copied(tmp_path, desk.issue(control).key), f"sqlite:///{tmp_path / 'bot.db'}"
    ticket = desk.forwarded()
    with living(desk, folder, store, notice_s=0) as live:
        live.tick()
        live.tick()
        first = live.version
        edit(folder, *ASK_LATER)
        live.bot.engine.seam = at_seam(seam, die)
        other = desk.forwarded("spetsialist2")
        with pytest.raises(Killed):
            live.ticks(desk.now + HOUR, SELDOM)
    with living(desk, folder, store) as live:
        live.ticks(desk.now + HOUR, SELDOM)
        assert live.version != first
        assert desk.rungs(ticket) == desk.rungs(other) == ["it-support/routed"]
        assert len(live.told(control)) <= 1
        assert live.bot.engine.store.pending() == []
        live.bot.settled()


# A Git working copy


def git(where: Path, *command: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.ee", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *command], cwd=where, check=True, capture_output=True)


@pytest.fixture
def cloned(tmp_path: Path, desk: Desk, control: str) -> tuple[Path, Path]:
    """The rulebook in a working copy, and another clone in which the lead edits."""
    source = copied(tmp_path, desk.issue(control).key)
    git(tmp_path, "init", "--bare", "shared.git")
    git(source, "init")
    git(source, "add", ".")
    git(source, "commit", "-m", "first")
    git(source, "push", str(tmp_path / "shared.git"), "HEAD:main")
    for name in ("ours", "theirs"):
        git(tmp_path, "clone", "-b", "main", str(tmp_path / "shared.git"), name)
    return tmp_path / "ours", tmp_path / "theirs"


@one_flavour
def test_what_is_pushed_is_pulled_and_told_with_its_commit(
    desk: Desk, control: str, cloned: tuple[Path, Path]
) -> None:
    ours, theirs = cloned
    with living(desk, ours, pull_s=5 * MINUTE) as live:
        live.tick()
        first = live.version
        edit(theirs, *ASK_LATER)
        git(theirs, "commit", "-am", "later")
        git(theirs, "push")
        live.ticks(desk.now + 8 * MINUTE)
        (told,) = live.told(control)
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=theirs,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        assert f"Giti sissekanne {commit})" in told
        live.ticks(desk.now + NOTICE_S)
        assert live.version != first


@one_flavour
def test_what_git_has_not_finished_is_not_read(desk: Desk, control: str, cloned: tuple[Path, Path]) -> None:
    ours, _ = cloned
    with living(desk, ours) as live:
        live.tick()
        lock = ours / ".git" / "index.lock"
        lock.touch()
        edit(ours, *ASK_LATER)
        live.hangup()
        live.ticks(desk.now + HOUR, SELDOM)
        assert live.told(control) == []
        lock.unlink()
        live.tick()
        (told,) = live.told(control)
        assert "-dirty" in told


@one_flavour
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://bot:s3cret@127.0.0.1:1/rules.git", "fatal: unable to access <address> "),
        ("/no/such/repository", "fatal: '/no/such/repository' does not appear to be a git repository"),
    ],
)
def test_what_git_says_shows_no_address(cloned: tuple[Path, Path], address: str, said: str) -> None:
    ours, _ = cloned
    git(ours, "remote", "set-url", "origin", address)
    failed = pull(ours, lambda: False)
    assert failed is not None
    assert failed.startswith(said)
    assert "s3cret" not in failed
    assert "\n" not in failed


@one_flavour
def test_a_pull_that_hangs_is_ended(cloned: tuple[Path, Path], tmp_path: Path) -> None:
    ours, _ = cloned
    git(ours, "config", "core.sshCommand", "sleep 60 #")
    git(ours, "remote", "set-url", "origin", "ssh://nowhere.invalid/rules")
    assert pull(ours, lambda: False, timeout_s=0.5) == "git did not end within 0.5 s"
    assert pull(ours, lambda: True) == "the bot was told to stop"


@one_flavour
def test_history_that_parted_is_left_as_it_is(desk: Desk, cloned: tuple[Path, Path]) -> None:
    ours, theirs = cloned
    for where, (name, old, new) in ((theirs, ASK_LATER), (ours, BROKEN)):
        edit(where, name, old, new)
        git(where, "commit", "-am", "mine")
    git(theirs, "push")
    before = (ours / "ladders.yaml").read_text("utf-8")
    assert (pull(ours, lambda: False) or "").startswith("fatal: Not possible to fast-forward")
    assert (ours / "ladders.yaml").read_text("utf-8") == before
    assert pull(ours.parent, lambda: False) == "it is not in a Git working copy"
