"""`piletibot check` against the sandbox: all that does not fit, at once, with its place, the notes apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from command_line import open_sandbox, piletibot, user_of, write_desk, written

from bot.sandbox import acts
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

Change = tuple[str, str, str]
"""A file of the rulebook, what stands there, and what is put in its place."""

FORMS = {"cloud": ("account id", "712020:fb5c", "712020:9b5c"), "dc": ("user name", "spetsialist1", "spetsialist9")}
"""What an account is called by, how that of spetsialist1 begins, and how one that is not there does."""


@pytest.fixture(params=["cloud", "dc"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with open_sandbox(request.param) as running:
        opened(running.world)
        yield running


def opened(world: World, kind: str = "10100") -> None:
    """An open ticket, by which Jira tells what can be set."""
    values = {"summary": "Ei saa sisse", "issuetype": world.issue_types[kind]}
    opener = world.person("spetsialist1")
    assert opener is not None
    acts.create(world, opener, world.projects["KKA"], values)


def checked(
    home: Path,
    sandbox: Sandbox,
    changes: Sequence[Change],
    capsys: pytest.CaptureFixture[str],
    *,
    solved: bool = True,
) -> tuple[int, list[str], list[str]]:
    """The exit code, the notes, and the mistakes; paths are relative to the rulebook.

    That there is no solved ticket to ask about is left out, unless `solved` is False.
    """
    config = write_desk(home, sandbox.url, user=user_of(sandbox.world.flavour))
    for name, was, now in changes:
        file = home / "rules" / name
        assert was in file.read_text("utf-8"), f"{name} does not hold {was!r}"
        file.write_text(file.read_text("utf-8").replace(was, now, 1), "utf-8")
    code = piletibot("check", "--config", config)
    shown = capsys.readouterr()
    assert written(sandbox) == []
    assert "Traceback" not in shown.out + shown.err
    notes = [line.removeprefix("--  ") for line in shown.out.splitlines() if line.startswith("--")]
    return (
        code,
        [
            note
            for note in notes
            if "control ticket" not in note
            and "commands in comments" not in note
            and "digests" not in note
            and not ONLOOKERS.search(note)
            and "also sees projects" not in note
            and not (solved and "the ways out of" in note)
        ],
        shown.err.replace(f"{home}/rules/", "").splitlines(),
    )


ONLOOKERS = re.compile("^in KKA |who sees the bot's comments|whom Jira mails")
"""Notes that a test of their own is about, as those on digests are in `test_check_letters`."""

MAILED = "in KKA Jira itself mails of a new comment: CurrentAssignee, Reporter, AllWatchers"


@pytest.mark.parametrize(
    ("comments", "kind", "role", "notes"),
    [
        ("", "service_desk", None, [MAILED]),
        (
            "",
            "software",
            None,
            [
                "in KKA everybody who sees a ticket sees the bot's comments, so nothing is said on one that "
                "somebody from outside the rulebook created: name a role or a group under `comments:`, "
                "or say `everybody: true`",
                MAILED,
            ],
        ),
        ("comments: {everybody: true}\n", "software", None, [MAILED]),
        ("comments: {role: Teenindus}\n", "software", "all", [f"{MAILED}, as far as they may see it"]),
        (
            "comments: {role: Teenindus}\n",
            "software",
            "some",
            [
                "in KKA nothing is written that addresses them, as they do not see the comments: aks1, it1",
                f"{MAILED}, as far as they may see it",
            ],
        ),
    ],
)
def test_it_says_who_sees_the_comments_and_whom_jira_mails(
    tmp_path: Path,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    comments: str,
    kind: str,
    role: str | None,
    notes: list[str],
) -> None:
    project = sandbox.world.projects["KKA"]
    project.kind = kind
    if role is not None:
        staff = [person.name for person in sandbox.world.people]
        project.roles["Teenindus"] = [name for name in staff if role == "all" or name not in ("aks1", "it1")]
    config = write_desk(tmp_path, sandbox.url, user=user_of(sandbox.world.flavour))
    desk = tmp_path / "rules" / "desk.yaml"
    desk.write_text(desk.read_text("utf-8").replace("desk: ", f"{comments}desk: ", 1), "utf-8")
    assert piletibot("check", "--config", config) == 0
    shown = [line.removeprefix("--  ") for line in capsys.readouterr().out.splitlines() if line.startswith("--")]
    assert [note for note in shown if ONLOOKERS.search(note)] == notes


def placed(home: Path, *mistakes: str) -> list[str]:
    """Mistakes whose places are given by what stands there, `file «text»`, with line and column instead."""

    def place(found: re.Match[str]) -> str:
        text = (home / "rules" / found[1]).read_text("utf-8")
        before = text[: text.index(found[2])]
        return f"{found[1]}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}:"

    return [re.sub(r"^(\S+) «(.+?)»:", place, mistake, flags=re.DOTALL) for mistake in mistakes]


def deny(world: World, *permissions: str) -> None:
    bot = world.person("piletibot")
    assert bot is not None
    bot.denied |= set(permissions)


def retire(world: World, name: str) -> None:
    person = world.person(name)
    assert person is not None
    person.active = False


NO_WAY = "not looked up: the ways out of 'Lahendatud' in project 'KKA'; no ticket is there"
GROUP: Change = ("desk.yaml", "projects: [KKA]\n", "projects: [KKA]\ncomments: {group: %s}\n")
ROLE: Change = ("desk.yaml", "projects: [KKA]\n", "projects: [KKA]\ncomments: {role: %s}\n")
OBSERVE: Change = ("desk.yaml", "observe: false", "observe: true")


def seen_by(change: Change, name: str) -> Change:
    return change[0], change[1], change[2] % name


def test_a_desk_that_fits_passes_without_a_word(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [seen_by(GROUP, "klienditugi")]
    assert checked(tmp_path, sandbox, changes, capsys) == (0, [], [])


def test_where_commands_would_be_refused_is_noted(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_desk(tmp_path, sandbox.url, user=user_of(sandbox.world.flavour))
    told = "--  commands in comments are refused in KKA: asking Jira who may what takes Administer Projects\n"
    piletibot("check", "--config", config)
    assert told not in capsys.readouterr().out
    deny(sandbox.world, "ADMINISTER_PROJECTS")
    piletibot("check", "--config", config)
    assert told in capsys.readouterr().out


def test_everything_that_does_not_fit_is_told_at_once(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, written_as, other = FORMS[sandbox.world.flavour]
    of = 'cloud: "' if sandbox.world.flavour == "cloud" else "dc: "
    deny(sandbox.world, "EDIT_OWN_COMMENTS")
    retire(sandbox.world, "it1")
    inactive = sandbox.world.person("it1")
    assert inactive is not None
    there = inactive.ident(sandbox.world.flavour)
    or_hidden = "or the account may not look people up"
    cloud = "9b5c" if sandbox.world.flavour == "cloud" else "fb5c"
    meant = other + ("2f1e-cd12-54a1-a2a4-4bd24f71660f" if sandbox.world.flavour == "cloud" else "")
    changes = [
        ("desk.yaml", "projects: [KKA]", "projects: [KKA, ARX]"),
        ("desk.yaml", "  ceiling:", "  control: KKA-99\n  ceiling:"),
        seen_by(("desk.yaml", "language: et\n", "language: et\ncomments: {group: %s}\n"), "klienditug"),
        ("jira.yaml", "forwarder: Edastaja", "forwarder: Edastja"),
        ("jira.yaml", "high: Kõrge", "high: Korge"),
        ("jira.yaml", "status: Lahendatud", "status: [Lahenenud, '10008']"),
        ("people.yaml", f"{of}{written_as}", f"{of}{other}"),
    ]
    code, notes, mistakes = checked(tmp_path, sandbox, changes, capsys)
    assert (code, notes) == (2, [])
    assert mistakes == placed(
        tmp_path,
        "desk.yaml «klienditug}»: this Jira has no group 'klienditug'; did you mean 'klienditugi'?",
        "desk.yaml «KKA,»: in project 'KKA' the account lacks the permission EDIT_OWN_COMMENTS",
        "desk.yaml «ARX»: this Jira has no project 'ARX', or the account may not see it; did you mean 'ARH'?",
        "desk.yaml «KKA-99»: there is no ticket 'KKA-99' that the account can see",
        "jira.yaml «Edastja»: this Jira has no field 'Edastja'; did you mean 'Edastaja'?",
        "jira.yaml «Korge»: this Jira has no priority 'Korge'; did you mean 'Kõrge'?",
        "jira.yaml «Lahenenud»: this Jira has no status 'Lahenenud'; did you mean 'Lahendatud'?",
        "jira.yaml «Suletud\n    category»: the status 'Suletud' is already that of the state 'solved'",
        f'people.yaml «account: {{cloud: "712020:{cloud}»: this Jira has no {kind} {meant!r}, {or_hidden}',
        f'people.yaml «account: {{cloud: "712020:19cc»: the account {there!r} is not active',
    )


def test_mistakes_of_the_files_and_of_the_jira_come_together(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is well formed is held against the Jira though something else is not."""
    changes = [
        ("jira.yaml", "forwarder: Edastaja", "forwarder: Edastja"),
        ("jira.yaml", "    tier: 1\n", "    teir: 1\n"),
        ("jira.yaml", "status: Suletud", "status: Suletd"),
        ("ladders.yaml", "say: no_movement", "say: no_movment"),
    ]
    code, notes, mistakes = checked(tmp_path, sandbox, changes, capsys)
    assert (code, notes) == (2, [])
    assert [mistake for mistake in mistakes if not mistake.startswith("ladders")] == placed(
        tmp_path,
        "jira.yaml «Edastja»: this Jira has no field 'Edastja'; did you mean 'Edastaja'?",
        "jira.yaml «teir»: unknown key 'teir'; did you mean 'tier'?",
        "jira.yaml «Suletd»: this Jira has no status 'Suletd'; did you mean 'Suletud'?",
    )
    assert [mistake.partition(": ")[2] for mistake in mistakes if mistake.startswith("ladders")] == [
        "there is no message 'no_movment'; did you mean 'no_movement'?"
    ]


def test_a_file_that_cannot_be_read_hides_no_mistake_of_others(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = [("jira.yaml", "Edastaja", "Edastja"), ("ladders.yaml", "ladders:", "ladders: [")]
    code, _, mistakes = checked(tmp_path, sandbox, changes, capsys)
    assert code == 2
    assert mistakes[:1] == placed(
        tmp_path, "jira.yaml «Edastja»: this Jira has no field 'Edastja'; did you mean 'Edastaja'?"
    )
    assert mistakes[1].startswith("ladders.yaml:")
    assert len(mistakes) == 2


def out_of_the_group(world: World) -> None:
    bot = world.person("piletibot")
    assert bot is not None
    bot.groups.remove("ii-tase")


def may_not_list_groups(world: World) -> None:
    deny(world, "USER_PICKER")


def may_not_administer(world: World) -> None:
    deny(world, "ADMINISTER_PROJECTS")


def in_the_role_itself(world: World) -> None:
    world.projects["KKA"].roles["Administrators"].append("piletibot")


def nothing(world: World) -> None:
    pass


NEITHER = "it could neither write the comments nor see them"
ONCE_LIVE = "it could not write the comments once rules are live"
AUDIENCES: dict[str, tuple[Sequence[Change], Callable[[World], None], Sequence[str], Sequence[str]]] = {
    "its own group": ([seen_by(GROUP, "ii-tase")], nothing, [], []),
    "its own group, of which it may list none": ([seen_by(GROUP, "ii-tase")], may_not_list_groups, [], []),
    "no group": (
        [seen_by(GROUP, "ii-tas")],
        nothing,
        [],
        ["desk.yaml «ii-tas}»: this Jira has no group 'ii-tas'; did you mean 'ii-tase'?"],
    ),
    "a group that it is not in": (
        [seen_by(GROUP, "ii-tase")],
        out_of_the_group,
        [],
        [f"desk.yaml «ii-tase}}»: the account is not in the group 'ii-tase': {NEITHER}"],
    ),
    "a group that it is not in, nothing being live": (
        [seen_by(GROUP, "ii-tase"), OBSERVE],
        out_of_the_group,
        [f"the account is not in the group 'ii-tase': {ONCE_LIVE}"],
        [],
    ),
    "no group that it knows of": (
        [seen_by(GROUP, "klienditoad")],
        may_not_list_groups,
        [],
        [
            "desk.yaml «klienditoad»: the account is in no group 'klienditoad', and may not list those that "
            "it is not in; did you mean 'klienditugi'?"
        ],
    ),
    "its role by a group": ([seen_by(ROLE, "Teenindus")], nothing, [], []),
    "its role by itself": ([seen_by(ROLE, "Administrators")], in_the_role_itself, [], []),
    "no role": (
        [seen_by(ROLE, "Agents")],
        nothing,
        [],
        ["desk.yaml «Agents»: project 'KKA' has no role 'Agents'"],
    ),
    "nearly a role": (
        [seen_by(ROLE, "Tenindus")],
        nothing,
        [],
        ["desk.yaml «Tenindus»: project 'KKA' has no role 'Tenindus'; did you mean 'Teenindus'?"],
    ),
    "a role that it is not in": (
        [seen_by(ROLE, "Administrators")],
        nothing,
        [],
        [f"desk.yaml «Administrators»: the account is not in the role 'Administrators' of project 'KKA': {NEITHER}"],
    ),
    "a role that it is not in, nothing being live": (
        [seen_by(ROLE, "Administrators"), OBSERVE],
        nothing,
        [f"the account is not in the role 'Administrators' of project 'KKA': {ONCE_LIVE}"],
        [],
    ),
}


@pytest.mark.parametrize("case", AUDIENCES)
def test_who_sees_the_comments_is_looked_up(
    case: str, sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, change_world, notes, mistakes = AUDIENCES[case]
    change_world(sandbox.world)
    code, noted, told = checked(tmp_path, sandbox, changes, capsys)
    assert (code, noted, told) == (2 if mistakes else 0, notes, placed(tmp_path, *mistakes))


def test_a_role_that_may_not_be_looked_up_is_a_note(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    may_not_administer(sandbox.world)
    code, notes, mistakes = checked(tmp_path, sandbox, [seen_by(ROLE, "Agents")], capsys)
    if sandbox.world.flavour == "dc":  # where all who see a project see its roles
        assert (code, notes, mistakes) == (
            2,
            [],
            placed(tmp_path, "desk.yaml «Agents»: project 'KKA' has no role 'Agents'"),
        )
    else:
        unseen = "the account may not see the roles of project 'KKA'"
        assert (code, notes, mistakes) == (0, [f"not looked up: the role 'Agents'; {unseen}"], [])


def test_a_queue_that_cannot_be_set_is_told(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.world.projects["KKA"].off_screen.add("customfield_10202")
    opened(sandbox.world, "10101")
    text = "'Järjekord' cannot be set: it is not on the edit screen of"
    expected = [
        f"jira.yaml «Järjekord»: {text} KKA-1 (Pöördumine)",
        f"jira.yaml «Järjekord»: {text} KKA-2 (Ülesanne)",
    ]
    code, _, mistakes = checked(tmp_path / "live", sandbox, [], capsys)
    assert (code, mistakes) == (2, placed(tmp_path / "live", *expected))
    assert checked(tmp_path / "observed", sandbox, [OBSERVE], capsys)[::2] == (0, [])


def test_a_state_that_no_transition_leads_to_is_told(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert NO_WAY in checked(tmp_path / "none there", sandbox, [], capsys, solved=False)[1]
    issue, solver = sandbox.world.find("KKA-1"), sandbox.world.person("it1")
    assert issue is not None
    assert solver is not None
    acts.transition(sandbox.world, issue, solver, "10007", {})
    assert checked(tmp_path / "a way", sandbox, [], capsys, solved=False) == (0, [], [])
    sandbox.world.projects["KKA"].statuses.remove("10008")
    text = "no transition leads from 'Lahendatud' to the state 'closed', as seen on KKA-1"
    code, _, mistakes = checked(tmp_path / "no way", sandbox, [], capsys)
    assert (code, mistakes) == (2, placed(tmp_path / "no way", f"closing.yaml «closed, resolution»: {text}"))
    assert checked(tmp_path / "observed", sandbox, [OBSERVE], capsys)[::2] == (0, [])


def test_a_project_without_an_open_ticket_is_a_note(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issue, closer = sandbox.world.find("KKA-1"), sandbox.world.person("it1")
    assert issue is not None
    assert closer is not None
    acts.transition(sandbox.world, issue, closer, "10008", {})
    note = "not looked up: what can be set in project 'KKA'; it has no open ticket to ask about"
    assert checked(tmp_path, sandbox, [], capsys) == (0, [note], [])


@pytest.mark.parametrize("open_ticket", [True, False], ids=["by a ticket", "by creating one"])
def test_words_that_are_no_choice_of_their_field_are_told(
    open_ticket: bool, sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not open_ticket:
        found = sandbox.world.find("KKA-1")
        assert found is not None
        acts.delete(sandbox.world, found)
    changes = [
        ("queues.yaml", "queues:\n", "queues:\n  - {queue: uus, tier: 2, name: {et: U}, value: L2_VESII}\n"),
        ("queues.yaml", "queues:\n", "queues:\n  - {queue: L9, tier: 2, name: {et: X}}\n"),
        ("desk.yaml", "projects: [KKA]\n", "projects: [KKA]\ncategories: {ALLKIRI: ALLKIRI, MAKS: MAKSMIN}\n"),
        ("desk.yaml", "projects: [KKA]\n", "projects: [KKA]\n"),
    ]
    code, _, mistakes = checked(tmp_path, sandbox, changes, capsys)
    live = [mistake for mistake in mistakes if "has no choice" in mistake]
    assert code == 2
    assert live == placed(
        tmp_path,
        "desk.yaml «MAKSMIN»: the field 'Kategooria' has no choice 'MAKSMIN'; did you mean 'MAKSMINE'?",
        "queues.yaml «L9»: the field 'Järjekord' has no choice 'L9'",
        "queues.yaml «L2_VESII»: the field 'Järjekord' has no choice 'L2_VESII'; did you mean 'L2_VESI'?",
    )


def test_an_account_that_may_not_edit_is_asked_for_no_screen(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deny(sandbox.world, "EDIT_ISSUES")
    code, notes, mistakes = checked(tmp_path, sandbox, [], capsys)
    lacking = "in project 'KKA' the account lacks the permission EDIT_ISSUES"
    assert (code, notes, mistakes) == (2, [], placed(tmp_path, f"desk.yaml «KKA]»: {lacking}"))


def test_choices_that_no_screen_tells_are_a_note(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.world.projects["KKA"].off_screen.add("customfield_10201")
    note = "not looked up: the choices of the field 'Kategooria'; no screen that was seen has it"
    assert checked(tmp_path, sandbox, [], capsys) == (0, [note], [])
