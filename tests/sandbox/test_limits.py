"""Jira's own limits as the sandbox counts them, and the ways in which it asks for patience."""

from __future__ import annotations

import pytest

from bot.sandbox.faults import PATIENCE
from bot.sandbox.limits import ISSUE_WRITES

START_S = 1_772_434_800


def statuses(jira, times, method="POST", path="/issue/10000/comment", body=None):
    body = {"body": jira.text("Tere")} if method == "POST" else body
    return [jira(method, path, body).status_code for _ in range(times)]


@pytest.fixture
def opened(jira):
    jira.open()
    jira.open()
    return jira


@pytest.fixture
def opened_cloud(cloud):
    cloud.open()
    cloud.open()
    return cloud


@pytest.mark.parametrize(("window_ms", "most"), ISSUE_WRITES)
def test_cloud_counts_the_writes_to_one_issue_and_lets_others_be_written_to(opened_cloud, clock, window_ms, most):
    every_ms = 0 if window_ms == ISSUE_WRITES[0][0] else 250
    for _ in range(most):
        assert opened_cloud("POST", "/issue/10000/comment", {"body": opened_cloud.text("a")}).status_code == 201
        clock.advance(every_ms)
    answer = opened_cloud("POST", "/issue/KKA-1/comment", {"body": opened_cloud.text("a")})
    wait_s = -(-(window_ms - most * every_ms) // 1000)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(wait_s))
    assert answer.headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert statuses(opened_cloud, 1, path="/issue/10001/comment") == [201]
    assert statuses(opened_cloud, 1, "PUT", "/issue/10000", {"fields": {"summary": "b"}}) == [429]
    assert opened_cloud("GET", "/issue/10000").status_code == 200
    assert opened_cloud.site.limits.busiest[window_ms] == most
    clock.advance(wait_s * 1000)
    assert statuses(opened_cloud, 1) == [201]


def test_data_center_counts_no_writes_to_one_issue(dc):
    dc.open()
    assert set(statuses(dc, 30)) == {201}


def test_a_clock_set_back_leaves_no_writes_in_the_future_to_be_counted(opened_cloud, clock):
    assert statuses(opened_cloud, 21)[-1] == 429
    clock.advance(-3_600_000)
    assert statuses(opened_cloud, 1) == [201]


def test_cloud_counts_bursts_by_endpoint_and_method(opened_cloud, clock):
    opened_cloud.site.faults.burst = 3
    assert statuses(opened_cloud, 4, "GET", "/field") == [200, 200, 200, 429]
    answer = opened_cloud("GET", "/field")
    assert (answer.headers["RateLimit-Reason"], answer.headers["Retry-After"]) == ("jira-burst-based", "1")
    assert statuses(opened_cloud, 1, "GET", "/status") == [200]
    clock.advance(1000)
    assert statuses(opened_cloud, 1, "GET", "/field") == [200]


def test_an_hours_quota_is_spent_by_requests_and_the_objects_they_give_and_comes_back_on_the_hour(cloud, clock):
    for _ in range(3):
        cloud.open()
    cloud.site.faults.quota = 10
    first = cloud("GET", "/search/jql", jql="project = KKA", fields="key")
    assert (first.headers["X-RateLimit-Remaining"], "X-RateLimit-NearLimit" in first.headers) == ("6", False)
    second = cloud("GET", "/search/jql", jql="project = KKA", fields="key")
    assert (second.headers["X-RateLimit-Remaining"], "X-RateLimit-NearLimit" in second.headers) == ("2", False)
    assert cloud("GET", "/myself").headers["X-RateLimit-NearLimit"] == "true"
    cloud("GET", "/myself")
    clock.advance(60_000)
    answer = cloud("GET", "/myself")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3540")
    assert answer.headers["RateLimit-Reason"] == "jira-quota-tenant-based"
    assert answer.headers["X-RateLimit-Reset"] == "2026-03-02T08:00:00Z"
    clock.advance(3_540_000)
    assert cloud("GET", "/myself").status_code == 200


def test_data_center_has_a_bucket_for_each_account_and_a_page_for_an_empty_one(dc, clock):
    dc.site.faults.bucket = 2
    assert dc("GET", "/myself").headers["X-RateLimit-Remaining"] == "1"
    assert dc("GET", "/myself").headers["X-RateLimit-Remaining"] == "0"
    answer = dc("GET", "/myself")
    assert (answer.status_code, answer.text[:9], answer.headers["Retry-After"]) == (429, "<!doctype", "1")
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-FillRate"]) == ("2", "2")
    assert dc.as_("juht1")("GET", "/myself").status_code == 200
    clock.advance(500)
    assert dc("GET", "/myself").status_code == 200


@pytest.mark.parametrize("kind", PATIENCE)
def test_each_way_of_asking_for_patience_is_as_that_flavour_has_it(make, kind):
    flavour, fault = PATIENCE[kind]
    jira = make(flavour)
    jira.open()
    jira.site.faults.faults = [fault.__class__(**vars(fault))]
    answer = jira("POST", "/issue/10000/comment", {"body": jira.text("a")})
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == fault.retry_after
    assert answer.headers.get("RateLimit-Reason") == fault.reason
    assert ("X-RateLimit-Reset" in answer.headers) == (fault.reason is not None)
    assert ("X-RateLimit-FillRate" in answer.headers) == (flavour == "dc")
    assert answer.text.startswith("<!doctype" if fault.html else "{")


def test_requests_are_counted_by_the_minute(opened, clock):
    opened.site.limits.minutes.clear()
    statuses(opened, 3, "GET", "/field")
    clock.advance(60_000)
    statuses(opened, 1, "GET", "/field")
    assert opened.site.limits.minutes == {START_S // 60: 3, START_S // 60 + 1: 1}
