"""The `jira` package as a client, over real HTTP, in both flavours."""

from __future__ import annotations

import threading

import pytest
import requests
from jira import JIRA, JIRAError

from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.server import Sandbox, run, serve

SETTLED = {"max_retries": 0, "timeout": 5, "get_server_info": True}


@pytest.fixture(params=["cloud", "dc"])
def sandbox(request, clock):
    with serve(keskkonnaamet(request.param, clock)) as running:
        yield running


def connect(sandbox, **options):
    if sandbox.world.flavour == "cloud":
        credentials = {"basic_auth": ("piletibot@sandbox.example", "sandbox-token")}
    else:
        credentials = {"token_auth": "sandbox-token"}
    return JIRA(server=sandbox.url, options=options, **credentials, **SETTLED)


@pytest.fixture
def jira(sandbox):
    client = connect(sandbox)
    yield client
    client.close()


def opened(jira, summary="Tere"):
    return jira.create_issue(project="KKA", summary=summary, issuetype={"id": "10100"})


def test_the_client_knows_the_flavour_and_itself(sandbox, jira):
    assert jira._is_cloud == (sandbox.world.flavour == "cloud")
    assert jira.myself()["displayName"] == "Piletibot"
    assert {each["id"] for each in jira.fields()} >= {"summary", "customfield_10201"}
    assert [each.id for each in jira.statuses()] == [f"1000{number}" for number in range(1, 9)]
    assert [each.key for each in jira.projects()] == ["KKA", "ARH", "KEMIT"]
    held = jira.my_permissions(projectKey="KKA", permissions="ADD_COMMENTS")["permissions"]
    assert held["ADD_COMMENTS"]["havePermission"] is True


def test_the_life_of_an_issue(sandbox, jira):
    issue = opened(jira)
    issue.update(fields={"summary": "Uus", "labels": ["a"]})
    ways = {each["to"]["id"]: each["id"] for each in jira.transitions(issue)}
    jira.transition_issue(issue, ways["10007"])
    said = jira.add_comment(issue, "Kas lahendus jõudis kliendini?", visibility={"type": "group", "value": "ii-tase"})
    said.update(body="Kas lahendus jõudis **kliendini**?")
    jira.add_issue_property(issue, "bot.state", {"n": 1})
    who = sandbox.world.person("it1")
    jira.assign_issue(issue, who.account_id if sandbox.world.flavour == "cloud" else who.name)
    again = jira.issue(issue.key, expand="changelog")
    assert (again.fields.summary, again.fields.status.id) == ("Uus", "10007")
    assert again.fields.assignee.displayName == "IT-tugi Üks"
    assert again.changelog.total == 3
    assert [each.body for each in jira.comments(issue)] == ["Kas lahendus jõudis **kliendini**?"]
    assert jira.issue_property(issue, "bot.state").value.n == 1
    said.delete()
    assert jira.comments(issue) == []


def test_searching_gives_every_page(sandbox, jira):
    keys = [opened(jira, f"Pilet {number}").key for number in range(7)]
    jql = "project = KKA ORDER BY key"
    sandbox.site.faults.page_cap = 3
    assert [each.key for each in jira.search_issues(jql, maxResults=False, fields="summary")] == keys
    if sandbox.world.flavour == "cloud":
        assert jira.approximate_issue_count(jql) == 7
        page = jira.enhanced_search_issues(jql, maxResults=2, fields=["summary"], json_result=True, use_post=False)
        assert [each["key"] for each in page["issues"]] == keys[:2]


def test_errors_come_with_jira_s_status_and_text(jira):
    with pytest.raises(JIRAError) as refused:
        jira.issue("KKA-404")
    assert (refused.value.status_code, refused.value.text) == (
        404,
        "Issue does not exist or you do not have permission to see it.",
    )
    with pytest.raises(JIRAError) as wrong:
        jira.search_issues("project = POLE")
    assert wrong.value.status_code == 400


def test_v3_speaks_documents(clock):
    with serve(keskkonnaamet("cloud", clock)) as sandbox:
        jira = connect(sandbox, rest_api_version="3")
        issue = opened(jira)
        with pytest.raises(JIRAError, match="Comment body is not valid!"):
            jira.add_comment(issue, "tekst")
        text = {"type": "text", "text": "Tere"}
        body = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [text]}]}
        jira.add_comment(issue, body)
        assert jira.comments(issue)[0].raw["body"] == body
        jira.close()


def test_one_connection_serves_many_requests_and_is_cut_on_close(clock):
    sandbox = Sandbox(keskkonnaamet("dc", clock))
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(3):
            assert session.get(f"{sandbox.url}/rest/api/2/serverInfo", timeout=5).status_code == 200
        assert len(sandbox._server._open) == 1
        sandbox.close()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{sandbox.url}/rest/api/2/serverInfo", timeout=5)


def test_many_threads_write_at_once_and_nothing_is_lost(clock):
    with serve(keskkonnaamet("dc", clock)) as sandbox:

        def write():
            with requests.Session() as session:
                session.trust_env = False
                session.headers["Authorization"] = "Bearer sandbox-token"
                given = {"project": {"key": "KKA"}, "summary": "x", "issuetype": {"id": "10100"}}
                for _ in range(10):
                    session.post(f"{sandbox.url}/rest/api/2/issue", json={"fields": given}, timeout=5)

        threads = [threading.Thread(target=write) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(each.key for each in sandbox.world.issues.values()) == sorted(f"KKA-{n}" for n in range(1, 81))


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_the_desk_runs_in_real_time_on_the_port_asked_for(flavour):
    with run(flavour, 0) as first:
        assert list(first.world.projects) == ["KKA", "ARH", "KEMIT"]
        assert first.url.endswith(str(first.port))
        with pytest.raises(OSError, match="in use"):
            run(flavour, first.port)
