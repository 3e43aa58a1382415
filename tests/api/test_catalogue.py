"""The catalogue, calendars and clocks over HTTP."""

from __future__ import annotations

from importlib import resources
from uuid import uuid4

import pytest

from services import ingest
from store.database.actor import Actor
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    built = build_town(database)
    with (
        database.owner_work(Actor.system()) as work,
        resources.as_file(resources.files("casework") / "open_catalogue.csv") as path,
    ):
        ingest.load_catalogue(work, path, territory=built.territory)
    return built


def test_items_are_found_and_unchanged_lists_cost_nothing(client, town):
    answer = client.get("/api/v1/catalogue/items")
    assert (answer.status_code, len(answer.json()["items"])) == (200, 113)
    item = answer.json()["items"][5]
    assert item["name_en"] == "Pothole"
    assert {"cxdkd", "pothole"} <= set(item["terms"])
    assert item["limits"][0] == {"area_class": 1, "seq": 1, "phase": "围护", "amount": 4.0, "unit": "emergency_hour"}
    again = client.get("/api/v1/catalogue/items", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/v1/catalogue/items?q=jgqs", headers={"If-None-Match": answer.headers["etag"]})
    assert [one["code"] for one in other.json()["items"]] == ["0101"]
    assert client.get("/api/v1/catalogue/items/0101").json()["urgent"] is True
    assert client.get("/api/v1/catalogue/items/0101").json() == other.json()["items"][0]
    assert client.get("/api/v1/catalogue/items/nope").status_code == 404
    current = client.get("/api/v1/catalogue").json()["current"]
    assert (current["items"], current["classes"], current["version"]) == (113, 4, 1)
    leads = client.get("/api/v1/catalogue/lead-units").json()
    assert (leads["holes"], leads["doubles"], len(leads["first_holes"])) == (226, 0, 200)


@pytest.mark.parametrize(
    ("said", "code"),
    [("Pothole", "0106"), ("坑", None), ("Pothole near the church", None), ("0101", "0101"), ("井盖 缺失", "0101")],
)
def test_whoever_reports_an_item_by_its_name_means_that_item(client, town, said, code):
    lon, lat = lonlat(100, 100)
    answer = client.post(
        "/api/v1/incidents", json={"item": said, "lon": lon, "lat": lat}, headers={"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 201, answer.text
    incident = answer.json()["incident"]
    assert (incident["item"], incident["item_code"]) == (said, code)


def test_who_leads_is_said_in_one_place_at_a_time(client, town):
    url = "/api/v1/catalogue/lead-units"
    unit = client.post("/api/v1/units", json={"code": "LEAD", "name": "Works"}).json()["unit"]["id"]
    assert client.put(url, json={"item": "*", "area": "*", "unit": unit}).status_code == 204
    found = client.get(url).json()
    assert (found["holes"], found["doubles"], found["rules"][0]["unit"]["code"]) == (0, 0, "LEAD")
    other = client.post("/api/v1/units", json={"code": "LEAD-2", "name": "Water"}).json()["unit"]["id"]
    assert client.put(url, json={"item": "0101", "area": "*", "unit": other}).status_code == 204
    assert client.put(url, json={"item": "0101", "area": "*", "unit": unit}).status_code == 204
    assert [rule["unit"]["code"] for rule in client.get(url).json()["rules"] if rule["item"] == "0101"] == ["LEAD"]
    for rule in (
        {"item": "nope", "area": "*"},
        {"item": "*", "area": "nope"},
        {"item": "*", "area": "*", "unit": town.plan},
    ):
        refused = client.put(url, json={name: str(value) for name, value in rule.items()})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-input")
    for item in ("*", "0101"):
        assert client.put(url, json={"item": item, "area": "*"}).status_code == 204
    assert client.get(url).json()["rules"] == []


CHINA = {
    "code": "test", "zone": "Asia/Shanghai", "hours": ["08:30-12:00", "14:00-17:30"],
    "years": {"2025": {"announced": True, "off": {"2025-10-01/2025-10-08": "国庆节、中秋节"},
                       "work": {"2025-09-28": "调休", "2025-10-11": "调休"}}},
}  # fmt: skip


def test_a_calendar_is_put_in_force_and_limits_are_reckoned_on_it(client, town, make_account):
    before = client.get("/api/v1/calendars").json()
    assert (before["id"], before["zone"], before["announced"]) == (None, "UTC", None)
    made = client.post(
        "/api/v1/incidents",
        json={"lon": lonlat(100, 100)[0], "lat": lonlat(100, 100)[1], "item": "Pothole"},
        headers={"Idempotency-Key": "calendar-1"},
    )
    no = made.json()["incident"]["no"]
    saved = client.put("/api/v1/calendars", json=CHINA)
    assert saved.status_code == 200
    assert saved.json()["calendar"]["version"] == 1
    shown = client.get("/api/v1/calendars").json()
    assert (shown["announced"], len(shown["days"])) == ([2025], 10)
    ask = {"start": "2025-09-26T16:00:00+08:00", "time_limit": "4 工作时"}
    assert client.get("/api/v1/calendars/due", params=ask).json() == {
        "due_at": "2025-09-28T03:00:00Z", "provisional": False}  # fmt: skip
    ask = {"start": "2025-09-30T10:00:00+08:00", "time_limit": "5 work days"}
    assert client.get("/api/v1/calendars/due", params=ask).json()["due_at"] == "2025-10-14T09:30:00Z"
    ask = {"start": "2025-12-31T10:00:00+08:00", "time_limit": "1 工作日"}
    assert client.get("/api/v1/calendars/due", params=ask).json()["provisional"] is True
    clocks = client.get(f"/api/v1/incidents/{no}/clocks").json()
    assert clocks["total"] is None
    assert clocks["phases"] == []
    assert client.get("/api/v1/incidents/none/clocks").status_code == 404
    bad = client.get("/api/v1/calendars/due", params={"start": "2025-12-31T10:00:00Z", "time_limit": "soon"})
    assert (bad.status_code, bad.json()["field"]) == (422, "limit")


def test_years_alone_change_those_years_and_leave_the_rest(client, town):
    assert client.put("/api/v1/calendars", json=CHINA).status_code == 200
    year = {"announced": True, "off": {"2026-10-01/2026-10-07": "国庆节"}, "work": {"2026-10-10": "调休"}}
    saved = client.put("/api/v1/calendars", json={"years": {"2026": year}})
    assert saved.status_code == 200, saved.text
    found = saved.json()["calendar"]
    assert (found["code"], found["hours"], found["announced"]) == ("test", CHINA["hours"], [2025, 2026])
    assert len(found["days"]) == 10 + 8
    again = client.put("/api/v1/calendars", json={"years": {"2025": {"announced": False}}}).json()["calendar"]
    assert (again["announced"], len(again["days"])) == ([2026], 8)
    for bad in ({"years": {}, "code": ""}, {"code": "new"}, {"years": {"20": {}}}, {}):
        assert client.put("/api/v1/calendars", json=bad).status_code == 422, bad


@pytest.mark.parametrize(
    "change",
    [
        {"hours": ["8-12"]},
        {"zone": "Mars/Olympus"},
        {"week": [9]},
        {"years": {"2025": {"off": {"x": "y"}}}},
        {"more": 1},
    ],
)
def test_a_calendar_of_the_wrong_form_is_refused(client, town, change):
    before = client.get("/api/v1/calendars").json()["version"]
    assert client.put("/api/v1/calendars", json=CHINA | change).status_code == 422
    assert client.get("/api/v1/calendars").json()["version"] == before


def test_only_shift_leaders_change_the_calendar(app, make_account, town):
    from tests.api.conftest import Client

    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as other:
        assert other.put("/api/v1/calendars", json=CHINA).status_code == 403


ITEM = {
    "class_code": "01", "name_zh": "共享单车乱停", "name_en": "Dumped hire bike", "synonyms": ["单车乱放", "hire bike"],
    "limit_1": "清理 2 工作时; 复查 1 work day", "severity": "minor", "self_handling": True,
}  # fmt: skip


def test_an_item_is_added_changed_and_retired_each_in_a_version_of_its_own(client, town):
    url = "/api/v1/catalogue/items/0199"
    before = client.get("/api/v1/catalogue/items").json()
    version = before["version"]
    assert client.put(url, json=ITEM).status_code == 428
    made = client.put(url, json=ITEM, headers={"If-Match": f'"{version}"'})
    assert (made.status_code, made.json()["version"]) == (200, version + 1)
    assert made.headers["etag"].startswith(f'"{version + 1}-')
    item = made.json()["item"]
    assert (item["class_zh"], item["class_en"]) == ("公共设施", "Public facilities")
    assert [(one["phase"], one["amount"], one["unit"]) for one in item["limits"]] == [
        ("清理", 2.0, "work_hour"), ("复查", 1.0, "work_day")]  # fmt: skip
    found = client.get("/api/v1/catalogue/items?q=gxdclt").json()
    assert ([one["code"] for one in found["items"]], found["version"]) == (["0199"], version + 1)
    stale = client.put(url, json=ITEM, headers={"If-Match": f'"{version}"'})
    assert (stale.status_code, stale.json()["current"]) == (412, {"version": version + 1})
    again = client.put(url, json=ITEM, headers={"If-Match": f'"{version + 1}"'})
    assert again.json()["version"] == version + 1, "what changes nothing makes no version"
    changed = client.put(url, json=ITEM | {"limit_3": "2 work days"}, headers={"If-Match": f'"{version + 1}"'}).json()
    assert (changed["version"], len(changed["item"]["limits"])) == (version + 2, 3)
    codes = [one["code"] for one in client.get("/api/v1/catalogue/items").json()["items"]]
    beside = [one["code"] for one in before["items"] if one["class_code"] == "01"]
    assert codes.index("0199") == codes.index(beside[-1]) + 1, "a new item stands at the end of its class"
    gone = client.delete(url, headers={"If-Match": f'"{version + 2}"'})
    assert (gone.status_code, gone.json()) == (200, {"version": version + 3})
    assert client.get(url).status_code == 404
    assert client.get("/api/v1/catalogue/items").json()["items"] == before["items"]
    assert client.delete(url, headers={"If-Match": f'"{version + 3}"'}).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limit_1": "soon"}, "limit_1"),
        ({"limit_1": "", "limit_2": ""}, "limit_1"),
        ({"limit_4": "0 work hours"}, "limit_4"),
        ({"name_zh": " ", "name_en": ""}, "name_zh"),
        ({"name_zh": "单车\u0007"}, "name_zh"),
        ({"class_code": "0101"}, "class_code"),
        ({"class_code": "0199"}, "class_code"),
        ({"class_zh": "别的名字"}, "class_zh"),
        ({"difficulty": 6}, "difficulty"),
        ({"severity": "huge"}, "severity"),
        ({"synonyms": ["x" * 101]}, "synonyms"),
    ],
)
def test_an_item_of_the_wrong_form_is_refused_by_its_field(client, town, change, field):
    version = client.get("/api/v1/catalogue/items").json()["version"]
    answer = client.put("/api/v1/catalogue/items/0199", json=ITEM | change, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 422
    assert field in str(answer.json())
    assert client.get("/api/v1/catalogue/items").json()["version"] == version


def test_only_who_keeps_the_catalogue_changes_items(app, make_account, town):
    from tests.api.conftest import Client

    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as other:
        refused = other.put("/api/v1/catalogue/items/0199", json=ITEM, headers={"If-Match": '"1"'})
        assert refused.status_code == 403
        assert other.delete("/api/v1/catalogue/items/0101", headers={"If-Match": '"1"'}).status_code == 403


def test_who_led_for_a_retired_item_may_be_taken_away(client, town):
    version = client.get("/api/v1/catalogue/items").json()["version"]
    client.put("/api/v1/catalogue/items/0199", json=ITEM, headers={"If-Match": f'"{version}"'})
    unit = client.post("/api/v1/units", json={"code": "LEAD-3", "name": "Bikes"}).json()["unit"]["id"]
    pair = {"item": "0199", "area": "*"}
    assert client.put("/api/v1/catalogue/lead-units", json=pair | {"unit": unit}).status_code == 204
    assert client.delete("/api/v1/catalogue/items/0199", headers={"If-Match": f'"{version + 1}"'}).status_code == 200
    assert client.put("/api/v1/catalogue/lead-units", json=pair | {"unit": unit}).status_code == 422
    assert client.put("/api/v1/catalogue/lead-units", json=pair).status_code == 204
    assert client.get("/api/v1/catalogue/lead-units").json()["rules"] == []
