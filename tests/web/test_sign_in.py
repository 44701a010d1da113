"""Who asks: the proxy's header from the proxy alone, a login token, or nobody where it is open to one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web_desk import HEADER, LEAD, RULES, TIER_2, client, filled

from bot.settings import Misconfigured
from bot.store.store import Store
from bot.web.settings import Web
from bot.web.sign_in import TRIES, WITHIN_S, Guesses, strangers, tokens_of

TOKENS = {LEAD: "a-token-of-lea-0123456789", TIER_2: "a-token-of-bob-0123456789"}
BY_TOKEN = {"tokens": TOKENS}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled() as store:
        yield store


@pytest.mark.parametrize(
    ("settings", "peer", "headers", "status"),
    [
        ({}, "127.0.0.1", {HEADER: LEAD}, 200),
        ({}, "10.0.0.9", {HEADER: LEAD}, 403),
        ({}, "testclient", {HEADER: LEAD}, 403),
        ({"trusted": ["10.0.0.0/24"]}, "10.0.0.9", {HEADER: LEAD}, 200),
        ({"trusted": ["10.0.0.0/24"]}, "127.0.0.1", {HEADER: LEAD}, 403),
        ({}, "127.0.0.1", {}, 403),
        ({}, "127.0.0.1", {HEADER: ""}, 403),
        ({}, "127.0.0.1", {"X-Remote-User": LEAD}, 403),
        ({"people": {"lea.kask": LEAD}}, "127.0.0.1", {HEADER: "lea.kask"}, 200),
        ({"people": {"lea": "rus"}}, "127.0.0.1", {HEADER: LEAD}, 403),
        ({}, "127.0.0.1", {HEADER: "LEA"}, 403),
    ],
)
def test_by_the_proxys_header(
    store: Store, settings: dict[str, Any], peer: str, headers: dict[str, str], status: int
) -> None:
    assert client(store, peer=peer, user_header=HEADER, **settings).get("/", headers=headers).status_code == status


def test_a_header_written_twice_names_nobody(store: Store) -> None:
    browser = client(store, user_header=HEADER)
    assert browser.get("/", headers=[(HEADER, LEAD), (HEADER, "ann")]).status_code == 403


@pytest.mark.parametrize(
    ("role", "headers", "status"),
    [
        ("lead", {}, 200),
        ("bob", {}, 200),
        ("nobody", {}, 403),
        ("lead", {"X-Forwarded-For": "10.0.0.1"}, 403),
        ("lead", {"Forwarded": "for=10.0.0.1"}, 403),
        ("lead", {"Via": "1.1 proxy"}, 403),
        ("bob", {HEADER: LEAD}, 200),
    ],
)
def test_open_to_somebody_on_this_machine(store: Store, role: str, headers: dict[str, str], status: int) -> None:
    answer = client(store, open_to=role).get("/", headers=headers)
    assert answer.status_code == status
    assert ("ABC-2" in answer.text) == (status == 200 and role == "lead")


def test_of_whom_the_rulebook_knows_nothing() -> None:
    web = Web(user_header=HEADER, people={"x": "lea", "y": "leo"})
    assert list(strangers(web, {"bob": "", "~bot": ""}, RULES)) == [
        "web.people: the rulebook names nobody 'leo'; did you mean 'lea'?",
        "web.tokens: the rulebook names nobody '~bot'",
    ]
    assert list(strangers(Web(open_to="lead"), {}, RULES)) == []
    assert len(list(strangers(Web(open_to="boss"), {}, RULES))) == 1


def log_in(browser: Any, token: str, **headers: str) -> Any:
    return browser.post("/login?next=/tickets/ABC-1", data={"token": token}, headers=headers)


def test_by_a_token(store: Store) -> None:
    browser = client(store, own=TOKENS, **BY_TOKEN)
    answer = browser.get("/tickets/ABC-1?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Ftickets%2FABC-1%3Fx%3D1")
    form = browser.get(answer.headers["location"])
    assert (form.status_code, 'type="password"' in form.text) == (200, True)
    answer = log_in(browser, TOKENS[LEAD])
    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets/ABC-1")
    cookie = answer.headers["set-cookie"].lower()
    assert re.findall("httponly|samesite=strict|secure", cookie) == ["httponly", "samesite=strict"]
    assert TOKENS[LEAD] not in cookie
    assert browser.get("/tickets/ABC-2").status_code == 200
    answer = browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert browser.get("/").status_code == 303


def test_behind_https_cookies_are_sent_by_that_alone(store: Store) -> None:
    browser = client(store, own=TOKENS, https=True, **BY_TOKEN)
    assert "; secure" in log_in(browser, TOKENS[LEAD]).headers["set-cookie"].lower()
    assert "; secure" in browser.get("/login?lang=ru").headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 403),
        ("a-token-of-lea-012345678", {}, 403),
        ("x" * 5000, {}, 403),
        (TOKENS[LEAD], {"Origin": "https://evil.example"}, 403),
        (TOKENS[LEAD], {"Origin": "null"}, 403),
        (TOKENS[LEAD], {"Sec-Fetch-Site": "cross-site"}, 403),
        (TOKENS[LEAD], {"Origin": "http://127.0.0.1:8090", "Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
def test_what_does_not_let_in(store: Store, token: str, headers: dict[str, str], status: int) -> None:
    answer = log_in(client(store, own=TOKENS, **BY_TOKEN), token, **headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) == (status == 303)


def test_a_cookie_counts_while_its_token_does(store: Store) -> None:
    first = client(store, own=TOKENS, **BY_TOKEN)
    log_in(first, TOKENS[LEAD])
    cookie = first.cookies["piletibot"]
    signed, dot, signature = cookie.rpartition(".")
    changed = {**TOKENS, LEAD: "another-token-of-lea-0123"}
    for own, cookie_, status in (
        (TOKENS, cookie, 200),
        (changed, cookie, 303),
        (TOKENS, signed + dot + ("A" if signature[0] != "A" else "B") + signature[1:], 303),
        (TOKENS, "lea", 303),
        ({TIER_2: TOKENS[TIER_2]}, cookie, 303),
    ):
        browser = client(store, own=own, **BY_TOKEN)
        browser.cookies.set("piletibot", cookie_)
        assert browser.get("/").status_code == status


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\r\nb"])
def test_it_leads_on_to_nothing_foreign(store: Store, path: str) -> None:
    browser = client(store, own=TOKENS, **BY_TOKEN)
    answer = browser.post("/login", params={"next": path}, data={"token": TOKENS[LEAD]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_guesses_are_few(store: Store) -> None:
    browser = client(store, own=TOKENS, **BY_TOKEN)
    answers = [log_in(browser, "x" * 20) for _ in range(TRIES + 1)]
    assert [answer.status_code for answer in answers] == [403] * TRIES + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= WITHIN_S + 1
    assert log_in(browser, TOKENS[LEAD]).status_code == 429, "what is right is not told from what is wrong"
    other = {"X-Forwarded-For": "10.0.0.1, 10.0.0.2"}
    assert log_in(browser, TOKENS[LEAD], **other).status_code == 303, "another one's, by the proxy's word"


def test_guesses_are_forgotten() -> None:
    now = 0.0
    guesses = Guesses(lambda: now)
    for now in range(TRIES):  # noqa: B007 - the clock reads it
        assert guesses.wait_s("a") == 0
        guesses.wrong("a")
    assert guesses.wait_s("a") == WITHIN_S - TRIES + 2
    assert guesses.wait_s("b") == 0
    now = WITHIN_S
    assert guesses.wait_s("a") == 0


@pytest.mark.parametrize(
    ("written", "mode", "said"),
    [
        ('lea = "a-token-of-lea-0123456789"', 0o600, None),
        ('lea = "a-token-of-lea-0123456789"', 0o644, "everybody may read the tokens"),
        ('lea = "short"', 0o600, "at least 20 characters; too short is that of lea"),
        ("lea = 5", 0o600, "the token of lea is no text"),
        ("lea: x", 0o600, 'with lines such as person = "token"'),
        ('lea = "a-token-of-lea-0123456789"\nbob = "a-token-of-lea-0123456789"', 0o600, "two are the same"),
    ],
)
def test_the_file_of_tokens(tmp_path: Path, written: str, mode: int, said: str | None) -> None:
    file = tmp_path / "tokens.toml"
    file.write_text(written)
    file.chmod(mode)
    web = Web(tokens_file=file)
    if said is None:
        assert tokens_of(web) == {"lea": "a-token-of-lea-0123456789"}
    else:
        with pytest.raises(Misconfigured, match=re.escape(said)) as told:
            tokens_of(web)
        assert "0123456789" not in str(told.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "nobody could sign in"),
        ({"open_to": "lead", "user_header": "X-User"}, "leave it out"),
        ({"open_to": "lead", "listen": "0.0.0.0:80"}, "listen on 127.0.0.1 alone"),
        ({"tokens": TOKENS, "listen": "10.0.0.1:80"}, "unencrypted"),
        ({"tokens": TOKENS, "listen": "10.0.0.1:80", "https": True}, None),
        ({"user_header": "X-User", "listen": "10.0.0.1:80"}, None),
        ({"user_header": "X-User", "listen": "[::]:80"}, None),
        ({"open_to": "lead", "listen": "localhost:8090"}, None),
        ({"open_to": "lead", "listen": "8090"}, "such as 127.0.0.1:8090"),
        ({"open_to": "lead", "listen": "::1:8090"}, "such as 127.0.0.1:8090"),
        ({"open_to": "lead", "listen": "127.0.0.1:99999"}, "such as 127.0.0.1:8090"),
        ({"open_to": "lead", "listen": "asutus.ee:80"}, "such as 127.0.0.1:8090"),
        ({"user_header": "X User"}, "pattern"),
        ({"user_header": "X-User", "trusted": ["proxy"]}, "'proxy' is no address or network"),
        ({"tokens": {"lea": "short"}}, "too short is that of lea"),
    ],
)
def test_what_the_configuration_may_say(settings: dict[str, Any], said: str | None) -> None:
    if said is None:
        Web(**settings)
        return
    with pytest.raises(ValueError, match=re.escape(said)):
        Web(**settings)
