"""Searching: what each flavour gives by default, how it pages, what it refuses, and an index that lags."""

from __future__ import annotations

import pytest

from bot.sandbox import acts

MINUTE = 60_000


def test_the_old_search_of_cloud_is_gone(cloud):
    for version in ("2", "3"):
        for method, body in (("GET", None), ("POST", {"jql": "project = KKA"})):
            answer = cloud.as_("piletibot", version=version)(method, "/search", body)
            assert answer.status_code == 410
            assert answer.json()["errorMessages"][0].startswith("The requested API has been removed.")


def test_cloud_gives_nothing_but_ids_unless_told(cloud):
    cloud.open()
    assert cloud.get("/search/jql", jql="project = KKA") == {"issues": [{"id": "10000"}], "isLast": True}
    found = cloud("POST", "/search/jql", {"jql": "project = KKA", "fields": ["key"]}).json()
    assert found["issues"][0]["key"] == "KKA-1"


@pytest.mark.parametrize("jql", ["", "  ", "ORDER BY updated", "order by key desc"])
def test_cloud_refuses_to_search_everything(cloud, jql):
    for answer in (
        cloud("GET", "/search/jql", jql=jql),
        cloud("POST", "/search/jql", {"jql": jql}),
        cloud("POST", "/search/approximate-count", {"jql": jql}),
    ):
        assert answer.status_code == 400
        assert answer.json()["errorMessages"][0].startswith("Unbounded JQL queries are not allowed here.")


def test_data_center_searches_everything(dc):
    dc.open()
    assert dc.get("/search")["total"] == 1


def test_cloud_pages_by_token_and_tells_no_total(cloud):
    keys = [cloud.open() for _ in range(5)]
    seen, token = [], {}
    for size in (2, 2, 1):
        page = cloud.search("project = KKA ORDER BY key", "key", maxResults=2, **token)
        assert len(page["issues"]) == size
        assert "total" not in page
        seen += [each["key"] for each in page["issues"]]
        token = {"nextPageToken": page.get("nextPageToken")}
        assert page["isLast"] == (token["nextPageToken"] is None)
    assert seen == keys


def test_a_token_is_good_for_its_own_query_only(cloud):
    for _ in range(2):
        cloud.open()
    token = cloud.search("project = KKA", "key", maxResults=1)["nextPageToken"]
    for jql, given in (("project = ARH", token), ("project = KKA", "x"), ("project = KKA", "W10=")):
        assert cloud("GET", "/search/jql", jql=jql, nextPageToken=given).status_code == 400


def test_cloud_pages_are_short_unless_only_ids_and_stamps_are_asked(cloud):
    person = cloud.world.person("it1")
    for _ in range(130):
        acts.create(cloud.world, person, cloud.world.projects["KKA"], {"summary": "x"})
    jql = "project = KKA"
    assert len(cloud.search(jql, "summary", maxResults=5000)["issues"]) == 100
    assert len(cloud.search(jql, "key", "updated", maxResults=5000)["issues"]) == 130
    assert len(cloud.search(jql, "key")["issues"]) == 50
    assert cloud("GET", "/search/jql", jql=jql, maxResults=5001).status_code == 400
    assert cloud("POST", "/search/approximate-count", {"jql": jql}).json() == {"count": 130}


def test_data_center_pages_by_offset_with_a_total_and_caps_what_it_echoes(dc):
    person = dc.world.person("it1")
    for _ in range(1005):
        acts.create(dc.world, person, dc.world.projects["KKA"], {"summary": "x"})
    first = dc.search("project = KKA ORDER BY key", "key", maxResults=5000)
    assert (first["startAt"], first["maxResults"], first["total"], len(first["issues"])) == (0, 1000, 1005, 1000)
    rest = dc.search("project = KKA ORDER BY key", "key", startAt=1000)
    assert (rest["startAt"], rest["maxResults"], len(rest["issues"])) == (1000, 50, 5)
    assert dc.search("project = KKA", "key", maxResults=0)["issues"] == []
    posted = dc(
        "POST", "/search", {"jql": "project = KKA", "fields": ["key"], "startAt": 1004, "maxResults": 9}
    ).json()
    assert len(posted["issues"]) == 1


def test_data_center_gives_the_navigable_fields_unless_told(dc):
    dc.open()
    fields = dc.get("/search", jql="project = KKA")["issues"][0]["fields"]
    assert "summary" in fields
    assert "comment" not in fields


@pytest.mark.parametrize("jql", ["project = POLE", "pole = 1", "project ==", "key = POLE"])
def test_a_wrong_query_is_answered_400_with_jira_s_words(jira, jql):
    answer = jira("GET", "/search/jql" if jira.flavour == "cloud" else "/search", jql=jql)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"]
    assert answer.json()["errors"] == {}


def test_a_query_is_asked_as_a_poller_does(jira, clock):
    old = jira.open()
    clock.advance(10 * MINUTE)
    new, newer = jira.open(), jira.open()
    mark = clock() - 5 * MINUTE
    assert jira.keys(f"project = KKA AND updated >= {mark} ORDER BY updated ASC, key ASC") == [new, newer]
    jira.say(old, "Liigub")
    assert jira.keys(f"project in (KKA) AND updated >= {mark} ORDER BY updated, key") == [old, new, newer]
    assert jira.keys("assignee is EMPTY AND statusCategory != Done AND updated >= -5m ORDER BY key DESC")[0] == newer


def test_dates_are_read_in_the_searching_person_s_zone(jira):
    key = jira.open()
    quoted = 'updated >= "2026-03-02 08:30"'
    assert jira.keys(f"project = KKA AND {quoted}") == [key]
    jira.world.person("piletibot").zone = "America/New_York"
    assert jira.keys(f"project = KKA AND {quoted}") == []


def test_bulkfetch_follows_moved_keys_and_leaves_out_what_is_not_there(cloud):
    keys = [cloud.open() for _ in range(3)]
    acts.move(cloud.world, cloud.world.find(keys[0]), cloud.world.person("it1"), cloud.world.projects["ARH"])
    asked = {"issueIdsOrKeys": ["KKA-3", "KKA-1", "10000", "KKA-99", "10001"], "fields": ["status"]}
    found = cloud("POST", "/issue/bulkfetch", asked).json()
    assert [(each["id"], each["key"]) for each in found["issues"]] == [
        ("10000", "ARH-1"),
        ("10001", "KKA-2"),
        ("10002", "KKA-3"),
    ]
    assert found["issueErrors"] == []
    assert list(found["issues"][0]["fields"]) == ["status"]
    for wrong in ([], [str(number) for number in range(101)], "KKA-1"):
        assert cloud("POST", "/issue/bulkfetch", {"issueIdsOrKeys": wrong}).status_code == 400


def test_properties_come_with_a_search_on_cloud(cloud):
    key = cloud.open()
    cloud("PUT", f"/issue/{key}/properties/bot.state", {"n": 1})
    (found,) = cloud.search("project = KKA", "key", properties="bot.state,none")["issues"]
    assert found["properties"] == {"bot.state": {"n": 1}}
    assert cloud("GET", "/search/jql", jql="project = KKA", properties="a,b,c,d,e,f").status_code == 400


def test_an_index_that_lags_shows_what_was_and_reading_shows_what_is(jira, clock):
    old = jira.open("Enne")
    clock.advance(10 * MINUTE)
    jira.site.faults.lag_ms = 2 * MINUTE
    jira("PUT", f"/issue/{old}", {"fields": {"summary": "Vahepeal"}})
    clock.advance(MINUTE)
    jira("PUT", f"/issue/{old}", {"fields": {"summary": "Pärast"}})
    new = jira.open("Uus")

    def seen():
        found = jira.search("project = KKA ORDER BY key", "summary")["issues"]
        return [each["fields"]["summary"] for each in found]

    assert jira.get(f"/issue/{old}")["fields"]["summary"] == "Pärast"
    assert seen() == ["Enne"]
    if jira.flavour == "cloud":
        assert jira("POST", "/search/approximate-count", {"jql": "project = KKA"}).json() == {"count": 1}
    clock.advance(MINUTE)
    assert seen() == ["Vahepeal"]
    jira.world.person("piletibot").denied.discard("DELETE_ISSUES")
    jira("DELETE", f"/issue/{new}")
    clock.advance(MINUTE)
    assert seen() == ["Pärast", "Uus"]
    clock.advance(MINUTE)
    assert seen() == ["Pärast"]


def test_the_past_is_kept_only_as_long_as_an_index_may_lag(jira, clock):
    key = jira.open("0")
    for number in range(1, 40):
        clock.advance(60 * MINUTE)
        jira("PUT", f"/issue/{key}", {"fields": {"summary": str(number)}})
    jira.site.faults.lag_ms = 24 * 60 * MINUTE
    (found,) = jira.search("project = KKA", "summary")["issues"]
    assert found["fields"]["summary"] == "15"
    assert len(jira.world._past[10000]) == 24


def test_short_pages_and_rows_that_come_twice(jira):
    keys = [jira.open() for _ in range(3)]
    jira.site.faults.page_cap, jira.site.faults.doubled = 2, True
    found = [each["key"] for each in jira.search("project = KKA ORDER BY key", "key")["issues"]]
    assert found == [keys[0], keys[1], keys[0]]


def test_a_pages_rows_come_shuffled_and_twice_on_a_bad_day(jira):
    for number in range(5):
        jira.open(f"Pilet {number}")
    jira.site.faults.shuffled = jira.site.faults.doubled = True
    keys = jira.keys("project = KKA ORDER BY key")
    assert set(keys) == {f"KKA-{number}" for number in range(1, 6)}
    assert len(keys) == 6
    assert keys[-1] == keys[0]
    assert keys[:5] != sorted(keys[:5])


@pytest.mark.parametrize("how", ["old", "expired at once"])
def test_the_token_of_a_page_expires_after_seven_days(cloud, clock, how):
    for number in range(3):
        cloud.open(f"Pilet {number}")
    cloud.site.faults.page_cap = 2
    token = cloud.search("project = KKA", "key")["nextPageToken"]
    week_ms = 7 * 24 * 3600 * 1000
    clock.advance(week_ms)
    assert len(cloud.search("project = KKA", "key", nextPageToken=token)["issues"]) == 1
    if how == "old":
        clock.advance(1)
    else:
        cloud.site.faults.tokens_last_ms = -1
    answer = cloud("GET", "/search/jql", jql="project = KKA", nextPageToken=token)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == ["The provided next page token is invalid or expired."]


def test_a_ticket_that_moves_between_pages_is_missed_by_who_counts_rows_on_data_center(dc):
    for number in range(3):
        dc.open(f"Pilet {number}")
    first = dc.search("project = KKA ORDER BY updated, key", "key", maxResults=1)
    dc.world.clock.advance(1000)
    dc("PUT", "/issue/KKA-1", {"fields": {"summary": "Muudetud"}})
    second = dc.search("project = KKA ORDER BY updated, key", "key", startAt=1, maxResults=2)
    assert [each["key"] for page in (first, second) for each in page["issues"]] == ["KKA-1", "KKA-3", "KKA-1"]


def test_an_uneven_index_shows_a_later_change_before_an_earlier_one(jira, clock):
    for number in range(4):
        jira.open(f"Pilet {number}")
    jira.site.faults.lag_ms, jira.site.faults.uneven = 60_000, True
    clock.advance(60_000)
    for key in ("KKA-4", "KKA-1"):
        jira("PUT", f"/issue/{key}", {"fields": {"labels": ["uus"]}})
        clock.advance(1000)
    assert jira.keys("labels = uus") == ["KKA-1"]
    clock.advance(60_000)
    assert sorted(jira.keys("labels = uus")) == ["KKA-1", "KKA-4"]
