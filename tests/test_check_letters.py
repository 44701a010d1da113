"""`piletibot check` on letters: the mail server is greeted, and nobody finds out later that they are not reached."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from command_line import open_sandbox, piletibot, user_of, write_desk
from test_check_live import opened
from test_mail import SECRET, Inbox, serving

from bot.shipped import rules_folder
from bot.start import read_desk

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

PEOPLE = [person.person for person in read_desk(rules_folder() / "keskkonnaamet", "x").book.entries.people]


def checked(
    home: Path,
    mail: str,
    capsys: pytest.CaptureFixture[str],
    *how: str,
    control: str = "",
    url: str = "http://127.0.0.1:1",
) -> tuple[int, list[str], list[str]]:
    """The exit code, what is said of letters, and the mistakes."""
    config = write_desk(home, url, user=user_of("cloud"))
    config.write_text(f"{config.read_text('utf-8')}\n[mail]\n{mail}", "utf-8")
    if control:
        desk = home / "rules" / "desk.yaml"
        desk.write_text(desk.read_text("utf-8").replace("  # control: KKA-1 ", f"  control: {control} "), "utf-8")
    code = piletibot("check", "--config", config, *how)
    shown = capsys.readouterr()
    said = [line[4:] for line in shown.out.splitlines() if "letter" in line]
    return code, said, shown.err.replace(f"{home}/", "").splitlines()


def with_mail(port: int, *more: str, people: list[str] = PEOPLE) -> str:
    addresses = ", ".join(f'{person} = "{person}@desk.example"' for person in people)
    lines = ['host = "127.0.0.1"', f"port = {port}", 'tls = "none"', 'sender = "bot@desk.example"', *more]
    return "\n".join([*lines, f"addresses = {{{addresses}}}"])


def test_everybody_is_reached_by_a_server_that_lets_the_bot_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILETIBOT_MAIL__PASSWORD", SECRET)
    inbox = Inbox()
    with (
        open_sandbox("cloud") as sandbox,
        serving(inbox, authenticator=inbox.login, auth_require_tls=False) as port,
    ):
        code, said, wrong = checked(tmp_path, with_mail(port, 'user = "bot"'), capsys, url=sandbox.url)
    assert (code, said, wrong) == (0, [f"letters go by mail over 127.0.0.1 to {len(PEOPLE)} people"], [])
    assert (inbox.logins[:1], inbox.arrived) == (["bot"], [])


def test_a_server_that_is_not_there_is_a_mistake_and_people_unknown_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with open_sandbox("cloud") as sandbox:
        code, _, wrong = checked(tmp_path, with_mail(port, people=[*PEOPLE[1:], "juht2"]), capsys, url=sandbox.url)
    assert (code, wrong) == (
        2,
        [
            "mail.addresses: 'juht2' is nobody of the rulebook; did you mean 'juht1'?",
            f"mail.host 127.0.0.1: 127.0.0.1:{port} cannot be reached: Connection refused",
        ],
    )


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("", f"no mail address and no control ticket: letters, such as morning summaries, do not reach {PEOPLE[0]}"),
        ("KKA-1", f"no mail address, so that letters are comments on KKA-1: {PEOPLE[0]}"),
    ],
)
def test_who_has_no_address_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], control: str, said: str
) -> None:
    mail = with_mail(25, people=PEOPLE[1:])
    code, notes, wrong = checked(tmp_path, mail, capsys, "--offline", control=control)
    assert (code, notes[1:], wrong) == (0, [said], [])


@pytest.mark.parametrize(
    ("mail", "wrong"),
    [
        ('host = "smtp.example.ee"', "mail: 'sender' is missing: write the address that letters come from"),
        (
            'host = "smtp.example.ee"\nsender = "bot"',
            "mail.sender: write a mail address, such as piletibot@example.ee",
        ),
        (
            'host = "smtp.example.ee"\nsender = "b@x.ee"\ntls = "none"',
            "mail: tls = 'none' shows letters to the network",
        ),
        ('addresses = {juht1 = "juht1"}', "mail.addresses: no mail address is written for juht1"),
        ('password = "s3cret"', "the password does not belong in here"),
        ('hots = "smtp.example.ee"', "unknown key 'mail.hots'; did you mean 'host'?"),
        ('addresses_file = "people.toml"', "people.toml: the addresses cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mail: str, wrong: str
) -> None:
    code, _, said = checked(tmp_path, mail, capsys, "--offline")
    assert code == 2
    assert any(wrong in line for line in said)
    assert "s3cret" not in "".join(said)


def test_who_does_not_see_the_desks_ticket_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_sandbox("cloud") as sandbox:
        opened(sandbox.world)
        person = sandbox.world.person(PEOPLE[0])
        assert person is not None
        person.denied |= {"BROWSE_PROJECTS"}
        sandbox.world.projects["KKA"].roles["Teenindus"] = [*PEOPLE[:2], "piletibot"]
        config = write_desk(tmp_path, sandbox.url, user=user_of("cloud"))
        desk = tmp_path / "rules" / "desk.yaml"
        whole = desk.read_text("utf-8")
        answers = []
        for named, seen_by in (("KKA-1", ""), ("KKA-99", ""), ("KKA-1", "\ncomments: {role: Teenindus}\n")):
            manners = whole.replace("manners:\n", f"manners:\n  desk_ticket: {named}\n", 1)
            desk.write_text(manners + seen_by, "utf-8")
            code = piletibot("check", "--config", config)
            shown = capsys.readouterr()
            unwritten = [line for line in shown.out.splitlines() if "their letters are not written" in line]
            answers.append((code, unwritten, shown.err))
    assert answers[0] == (0, [f"--  their letters are not written, as they do not see KKA-1: {PEOPLE[0]}"], "")
    assert answers[1][0] == 2
    assert "there is no ticket 'KKA-99' that the account can see" in answers[1][2]
    shown_to = "--  their letters are not written, as they do not see the bot's comments on KKA-1: "
    assert any(line.startswith(shown_to + PEOPLE[2]) for line in answers[2][1])
    assert not any(PEOPLE[1] in line for line in answers[2][1] if line.startswith(shown_to))


def with_digest(home: Path, recipients: str) -> None:
    """Let digests go to these in place of those that the shipped desk names."""
    (home / "rules" / "digest.yaml").write_text(f"digest:\n  recipients:\n{recipients}\n", "utf-8")


NO_ADDRESS = "'{}' has no address under [mail]"
DIGESTS = [
    ("{name: a, to: lead}", ["juht1"], []),
    ("{name: a, to: lead}", ["koordinaator1"], [NO_ADDRESS.format("juht1")]),
    ("{name: a, to: lead, observe: true}", ["koordinaator1"], []),
    ("{name: a, to: lead, approved_by: coordinator}", ["juht1"], [NO_ADDRESS.format("koordinaator1")]),
    ("{name: a, to: boss, team: false}", ["juht1", "boss"], []),
    ("{name: a, to: bos, team: false}", ["juht1"], [NO_ADDRESS.format("bos")]),
    ("{name: a, to: lead, by: [folder]}", ["juht1"], ["the configuration names no folder: write `folder` "]),
    ("{name: a, to: laed}", ["juht1"], ["there is nobody 'laed' at the desk; "]),
]  # fmt: skip


@pytest.mark.parametrize(("recipient", "addresses", "wrong"), DIGESTS, ids=[row[0] for row in DIGESTS])
def test_who_gets_no_digest_is_named_with_the_place(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    recipient: str,
    addresses: list[str],
    wrong: list[str],
) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    config.write_text(f"{config.read_text('utf-8')}\n[mail]\n{with_mail(25, people=addresses)}", "utf-8")
    with_digest(tmp_path, f"    - {recipient}")
    code = piletibot("check", "--config", config, "--offline")
    lines = capsys.readouterr().err.splitlines()
    assert code == (2 if wrong else 0)
    assert len(lines) == len(wrong)
    for line, text in zip(lines, wrong, strict=True):
        assert f"{tmp_path}/rules/digest.yaml:3:" in line
        assert text in line


def test_digests_that_do_not_go_yet_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    assert piletibot("check", "--config", config, "--offline") == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if "digests" in line and line.startswith("--")]
    assert notes == [
        "--  no mail server: these digests do not go by mail: lead-morning",
        "--  digests on observe, which are not sent: lead-week, director-month",
    ]
