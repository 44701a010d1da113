"""What machines ask of the bot: whether it lives, whether it is ready, and its figures; nobody signs in for that."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from fake_tracker import FakeTracker
from prometheus_client.parser import text_string_to_metric_families
from small_desk import book
from web_desk import HEADER, NOW, PERSONAL_CODE, RULES, TEXTS, filled

from bot.core.letters import LetterRow
from bot.core.silence import BY, Silence
from bot.core.soundness import CHECKS, Unsound
from bot.engine.audit import AUDIT
from bot.engine.control import SILENCED
from bot.engine.cycle import RULEBOOK
from bot.engine.engine import Engine, Report
from bot.engine.poll import RECONCILED
from bot.engine.restraint import RESTRAINT, Circuit, Pause, Restraint
from bot.engine.tally import OUTCOMES, Tally
from bot.secret import Secret
from bot.store.errors import StoreError
from bot.store.holder import this_process
from bot.store.lease import Lease
from bot.web.app import site_of
from bot.web.metrics import METRICS, ProcessRow, Watched
from bot.web.settings import Metrics, Web
from bot.web.source import Source
from bot.web.watch import Token, Watch

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from starlette.testclient import TestClient

import msgspec

TOKEN = "a-token-of-prometheus-1"
JIRA_READ = ("jira", "GET 2/search", "ok", 0.12)


def encoded(what: object) -> str:
    return msgspec.json.encode(what).decode()


@contextmanager
def watched(**facts: Any) -> Iterator[Watched]:
    """A bot that was well at `NOW`: it read Jira a minute ago, by its rulebook, and has the lease."""
    with filled() as store:
        engine = Engine(FakeTracker(lambda: NOW * 1000), store, RULES, TEXTS, "facts")
        engine.lease = Lease(store, this_process(), length_s=180, grace_s=60)
        engine.lease.take()
        store.set_note(RULEBOOK, f"{RULES.version} facts shape")
        store.set_note(RECONCILED, str(NOW - 600))
        store.set_mark(0, NOW - 60)
        clock = SimpleNamespace(s=0.0)
        tally = Tally(lambda: clock.s)
        found = Watched("small", store, tally, lambda: NOW, lambda: engine, lambda: engine.store.turned, **facts)
        found.works = engine  # type: ignore[attr-defined]
        found.clock = clock  # type: ignore[attr-defined]
        yield found


def browser(
    watched: Watched, *, token: str | None = None, peer: str = "127.0.0.1", host: str = "127.0.0.1", **metrics: Any
) -> TestClient:
    """Somebody at an address who asks the listener of its own."""
    watch = Watch(
        Metrics(**({"listen": "127.0.0.1:9464"} | metrics)),
        [watched],
        watched.tally,
        Token(Secret(token) if token else None),
    )
    return TestClient(watch.app(), base_url=f"http://{host}:9464", client=(peer, 50_000))


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float | None:
    own = {} if name in OF_PROCESS else {"desk": "small"}
    return samples(text).get((name, tuple(sorted({**own, **labels}.items()))))


OF_PROCESS = {each.name for each in METRICS if isinstance(each, ProcessRow)}
READY = {"ready": True, "database": True, "jira": True, "lease": True, "rulebook": True}


def without_lease(found: Watched) -> None:
    assert found.works.lease is not None
    found.works.lease.give_back()


NOT_READY = [
    ("jira", lambda found: found.store.set_mark(0, NOW - 901)),
    ("lease", without_lease),
    ("rulebook", lambda found: found.store.set_note(RULEBOOK, "another facts shape")),
]


def test_a_bot_that_is_well_is_ready_and_tells_nothing_else() -> None:
    with watched() as found:
        asked = browser(found)
        answer = asked.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, READY)
        assert answer.headers["Cache-Control"] == "no-store"
        assert asked.head("/readyz").status_code == 200


@pytest.mark.parametrize(("what", "spoil"), NOT_READY, ids=[each[0] for each in NOT_READY])
def test_what_is_not_as_it_should_be_is_named_by_a_word(what: str, spoil: Any) -> None:
    with watched() as found:
        asked = browser(found)
        spoil(found)
        answer = asked.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, READY | {"ready": False, what: False})


def test_a_desk_that_was_never_reached_is_not_ready() -> None:
    with watched() as found:
        desks = [found]
        given = Metrics(listen="127.0.0.1:9464"), desks, found.tally
        asked = TestClient(Watch(*given, waiting=lambda: len(desks) < 2).app(), base_url="http://127.0.0.1:9464")
        answer = asked.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, dict.fromkeys(READY, False))
        desks.append(found)
        assert asked.get("/readyz").json() == READY


def test_a_database_that_is_away() -> None:
    with watched() as found:
        found.store = Away()  # type: ignore[assignment]
        asked = browser(found)
        answer = asked.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == READY | {"ready": False, "database": False, "jira": False, "rulebook": False}
        text = asked.get("/metrics").text
        assert value(text, "piletibot_database_up") == 0
        assert value(text, "piletibot_due_tickets") is None, "what is not known is not told"
        assert value(text, "piletibot_cycles_total", outcome="database") == 0


class Away:
    """A database that cannot be asked."""

    def __getattr__(self, name: str) -> Any:
        def fail(*given: Any) -> None:
            raise StoreError(f"away {PERSONAL_CODE}")

        return fail


def test_it_lives_as_long_as_cycles_end_however_they_do() -> None:
    with watched() as found:
        asked = browser(found, live_s=60)
        answers = []
        for second in (60, 61):
            found.clock.s = second  # type: ignore[attr-defined]
            answers.append((asked.get("/livez").status_code, asked.get("/livez").json()))
        found.tally.cycle("unreachable", NOW, 0.1)
        answers.append((asked.get("/livez").status_code, asked.get("/livez").json()))
    assert answers == [(200, {"live": True}), (503, {"live": False}), (200, {"live": True})]


WHO = [
    ("this machine", {}, {}, 200),
    ("another machine", {"peer": "10.0.0.7"}, {}, 403),
    ("a machine that is allowed", {"peer": "10.0.0.7", "allow": ["10.0.0.0/24"]}, {}, 200),
    ("the same by IPv6", {"peer": "::ffff:10.0.0.7", "allow": ["10.0.0.0/24"]}, {}, 200),
    ("nobody knows which", {"peer": "?"}, {}, 403),
    ("one that is not", {"peer": "10.0.1.7", "allow": ["10.0.0.0/24"]}, {}, 403),
    ("this machine, of which nothing is said", {"allow": ["10.0.0.0/24"]}, {}, 403),
    ("without the token", {"token": TOKEN}, {}, 401),
    ("with another", {"token": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}, 401),
    ("by another scheme", {"token": TOKEN}, {"Authorization": f"Basic {TOKEN}"}, 401),
    ("with the token", {"token": TOKEN, "peer": "10.0.0.7"}, {"Authorization": f"bearer {TOKEN}"}, 200),
    ("with the token, from elsewhere", {"token": TOKEN, "peer": "10.0.1.7", "allow": ["10.0.0.0/24"]},
     {"Authorization": f"Bearer {TOKEN}"}, 403),
    ("by the name of another site", {"host": "evil.example"}, {}, 421),
    ("at an address for others, by any name",
     {"listen": "0.0.0.0:9464", "host": "bot.example", "allow": ["127.0.0.1"]}, {}, 200),
]  # fmt: skip


@pytest.mark.parametrize(("who", "headers", "status"), [each[1:] for each in WHO], ids=[each[0] for each in WHO])
def test_who_is_told_figures(who: dict[str, Any], headers: dict[str, str], status: int) -> None:
    with watched() as found:
        asked = browser(found, **who)
        answer = asked.get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ("piletibot_" in answer.text) is (status == 200)
        probe = asked.get("/livez").status_code
        assert probe == (421 if status == 421 else 200), "a probe needs no leave"


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/metrics", 405), ("GET", "/", 404)])
def test_what_is_not_there(method: str, path: str, status: int) -> None:
    with watched() as found:
        asked = browser(found)
        assert asked.request(method, path).status_code == status


@pytest.mark.parametrize("token", [None, TOKEN])
def test_beside_the_pages_figures_are_for_who_has_the_token(token: str | None) -> None:
    with watched() as found:
        web = Web(user_header=HEADER)
        watch = Watch(Metrics(token=TOKEN), [found], found.tally, Token(Secret(token) if token else None))
        site = site_of(web, Source(found.store, lambda: RULES, lambda: TEXTS, lambda: NOW), "small", {}, watch)
        asked = TestClient(site.app(), base_url="http://127.0.0.1:8090", client=("127.0.0.1", 1))
        bearing = {"Authorization": f"Bearer {TOKEN}"}
        statuses = [asked.get(path).status_code for path in ("/livez", "/readyz", "/metrics")]
        assert statuses == [200, 200, 401 if token else 404]
        assert asked.get("/metrics", headers=bearing).status_code == (200 if token else 404)


def test_figures_with_an_address_of_their_own_are_not_at_the_page() -> None:
    with watched() as found:
        watch = Watch(Metrics(listen="127.0.0.1:9464"), [found], found.tally)
        web = Web(user_header=HEADER)
        site = site_of(web, Source(found.store, lambda: RULES, lambda: TEXTS, lambda: NOW), "small", {}, watch)
        proxy = TestClient(site.app(), base_url="http://127.0.0.1:8090", client=("127.0.0.1", 1))
        assert [proxy.get(path).status_code for path in ("/livez", "/readyz", "/metrics")] == [404, 404, 404]


# The figures.


def busy(found: Watched) -> None:
    """Something for every metric to tell, with ticket keys and persons in all that it is told of."""
    tally, store = found.tally, found.store
    report = Report(NOW, changed=3, judged=5, gone=1, removed=1)
    report.digests.append("lea")
    tally.cycle("through", NOW - 5, 0.2, report)
    for outcome in OUTCOMES:
        tally.cycle(outcome, NOW - 3, 40.0)
    tally.request(*JIRA_READ)
    tally.request("smit", "GET 2/search", "unanswered", 31.0)
    tally.line("warning")
    letter = LetterRow("small/letter/summary/ann/2026-11-20", "summary", "s", "ann", "held", "ABC-1", 0, NOW)
    store.write_letters([letter])
    store.trouble("1", "unread: ABC-1", NOW)
    store.trouble("2", f"of an earlier version, {PERSONAL_CODE}", NOW)
    store.set_note(AUDIT, encoded([Unsound("outbox", 2, NOW), Unsound("twins", 1, NOW, mended=True)]))
    store.set_note(SILENCED, encoded([Silence("ABC", "label", NOW)]))
    pauses = (Pause("", NOW, NOW + 60, "429"), Pause("ticket 1", NOW, NOW + 60, "429"))
    store.set_note(RESTRAINT, encoded(Restraint(Circuit("open", NOW, "away", NOW + 60), pauses)))


TOLD = [
    ("piletibot_cycles_total", {"outcome": "through"}, 2),
    ("piletibot_cycles_total", {"outcome": "denied"}, 1),
    ("piletibot_cycle_seconds_bucket", {"le": "0.25"}, 1),
    ("piletibot_cycle_seconds_bucket", {"le": "60.0"}, 8),
    ("piletibot_cycle_seconds_count", {}, 8),
    ("piletibot_last_cycle_timestamp_seconds", {}, NOW - 3),
    ("piletibot_last_poll_timestamp_seconds", {}, NOW - 60),
    ("piletibot_last_sweep_timestamp_seconds", {}, NOW - 600),
    ("piletibot_lease_held", {}, 1),
    ("piletibot_requests_total", {"site": "jira", "kind": "GET 2/search", "outcome": "ok"}, 1),
    ("piletibot_request_seconds_sum", {"site": "smit"}, 31),
    ("piletibot_breaker_state", {"state": "open"}, 1),
    ("piletibot_breaker_state", {"state": "closed"}, 0),
    ("piletibot_pauses", {"about": "everything"}, 1),
    ("piletibot_pauses", {"about": "ticket"}, 1),
    ("piletibot_tickets_read_total", {}, 3),
    ("piletibot_tickets_judged_total", {}, 5),
    ("piletibot_tickets_gone_total", {}, 1),
    ("piletibot_open_tickets", {"state": "handed-on"}, 3),
    ("piletibot_open_tickets", {"state": "solved"}, 1),
    ("piletibot_open_tickets", {"state": "asking"}, 0),
    ("piletibot_open_tickets", {"state": "closed"}, None),
    ("piletibot_due_tickets", {}, 6),
    ("piletibot_troubles", {"why": "unread"}, 1),
    ("piletibot_troubles", {"why": "other"}, 1),
    ("piletibot_steps_total", {"kind": "ladder", "state": "said"}, 1),
    ("piletibot_steps_total", {"kind": "route", "state": "said"}, 0),
    ("piletibot_letters_total", {"kind": "summary", "state": "held"}, 1),
    ("piletibot_outbox_letters", {"state": "held"}, 1),
    ("piletibot_outbox_steps", {"kind": "ladder", "state": "held"}, 0),
    ("piletibot_digests_total", {}, 1),
    ("piletibot_second_comments_removed_total", {}, 1),
    ("piletibot_silences", {"by": "label"}, 1),
    ("piletibot_audit_failing", {"check": "outbox"}, 1),
    ("piletibot_audit_failing", {"check": "twins"}, 0),
    ("piletibot_log_lines_total", {"level": "warning"}, 1),
    ("piletibot_refused", {"what": "rulebook"}, 1),
    ("piletibot_database_up", {}, 1),
    ("piletibot_database_errors_total", {}, 1),
    ("piletibot_rulebook_info", {"version": RULES.version}, 1),
]


@pytest.fixture(scope="module")
def figures() -> Iterator[str]:
    with watched(refused={"rulebook": lambda: True}) as found:
        busy(found)
        yield browser(found).get("/metrics").text


@pytest.mark.parametrize(("name", "labels", "told"), TOLD)
def test_a_figure(name: str, labels: dict[str, str], told: float | None, figures: str) -> None:
    assert value(figures, name, **labels) == told


def test_every_metric_is_told_once_with_its_help_and_kind(figures: str) -> None:
    families = {family.name: family for family in text_string_to_metric_families(figures)}
    for each in METRICS:
        family = families[each.name.removesuffix("_total")]
        kind = getattr(each, "kind", "histogram")
        assert (family.documentation, family.type) == (each.help, kind)
        assert {label for sample in family.samples for label in sample.labels} - {"le"} <= set(each.labels)
    assert figures.count("# HELP ") == len({*families})
    assert {"process_cpu_seconds", "process_resident_memory_bytes"} <= families.keys()


def test_names_are_by_the_conventions() -> None:
    names = [each.name for each in METRICS]
    assert len(names) == len(set(names))
    for each in METRICS:
        is_counter = getattr(each, "kind", "histogram") == "counter"
        assert each.name.startswith("piletibot_")
        assert each.name.endswith("_total") is is_counter
        assert each.help.endswith(".")


def test_no_label_holds_a_ticket_a_person_or_what_has_no_end(figures: str) -> None:
    words = {word for _, labels in samples(figures) for _, word in labels}
    bounded = {*OUTCOMES, *CHECKS, *BY}
    assert bounded <= words
    assert not any("ABC" in word or PERSONAL_CODE in word for word in words)
    assert words.isdisjoint(RULES.languages)
    assert PERSONAL_CODE not in figures


def test_the_database_is_not_asked_by_every_scrape() -> None:
    with watched() as found:
        asked = browser(found)
        first = value(asked.get("/metrics").text, "piletibot_due_tickets")
        found.store.judged({"1": NOW + 1000})
        assert value(asked.get("/metrics").text, "piletibot_due_tickets") == first


def test_a_machine_that_speaks_openmetrics_is_answered_so(figures: str) -> None:
    with watched() as found:
        asked = browser(found)
        answer = asked.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")


def test_a_rule_that_is_no_more_still_counts() -> None:
    with watched() as found:
        asked = browser(found)
        found.works.book = book(ladders=[])
        text = asked.get("/metrics").text
        assert value(text, "piletibot_steps_total", kind="other", state="said") == 1


def test_one_of_several_processes_that_does_not_keep_the_desk() -> None:
    with watched(together=True) as found:
        found.engine = lambda: None
        asked = browser(found)
        assert asked.get("/readyz").json() == READY, "another has the lease, and works by a rulebook"
        text = asked.get("/metrics").text
        assert value(text, "piletibot_lease_held") == 0
        assert value(text, "piletibot_open_tickets", state="solved") is None
        assert value(text, "piletibot_due_tickets") == 6
        without_lease(found)
        assert asked.get("/readyz").json() == READY | {"ready": False, "lease": False}


def test_a_process_of_several_desks_tells_of_each_and_is_ready_where_all_are() -> None:
    with watched() as one, watched() as other:
        other.desk = "other"
        other.tally.cycle("through", NOW, 0.1)
        asked = TestClient(
            Watch(Metrics(listen="127.0.0.1:9464"), [one, other], one.tally).app(),
            base_url="http://127.0.0.1:9464",
            client=("127.0.0.1", 1),
        )
        text = asked.get("/metrics").text
        told = [value(text, "piletibot_cycles_total", desk=desk, outcome="through") for desk in ("small", "other")]
        assert told == [0, 1]
        assert text.count("\npiletibot_build_info{") == 1
        assert asked.get("/readyz").json() == READY
        without_lease(other)
        assert asked.get("/readyz").json() == READY | {"ready": False, "lease": False}
