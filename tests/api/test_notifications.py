"""From a late clock to a notice, an escalation and a webhook; notices are read by whom they concern."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
import sqlalchemy as sa

from services import clock_sweep, ingest
from services.deliveries import words
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def late(client, database, town):
    """A report whose intake clock ran out; returns its number."""
    lon, lat = lonlat(100, 100)
    body = {"lon": lon, "lat": lat, "item": "Pothole"}
    made = client.post("/api/v1/incidents", json=body, headers={"Idempotency-Key": "late-1"})
    no = made.json()["incident"]["no"]
    now = datetime.now(UTC)
    assert clock_sweep.sweep(database, now=now) == 0
    clock_sweep.sweep(database, now=now + timedelta(minutes=29))
    clock_sweep.sweep(database, now=now + timedelta(minutes=31))
    return no


def test_a_late_case_goes_up_one_level_once(client, database, late):
    before = client.get(f"/api/v1/incidents/{late}").json()["incident"]
    assert before["handling_level"] == "grid"
    then = datetime.now(UTC) + timedelta(minutes=32)
    assert clock_sweep.see_to(database, now=then) == 1
    assert clock_sweep.see_to(database, now=then) == 0
    after = client.get(f"/api/v1/incidents/{late}").json()["incident"]
    assert after["handling_level"] == "village"
    steps = client.get(f"/api/v1/incidents/{late}/transitions").json()
    assert [step["action"] for step in steps] == ["register", "escalate"]
    clock_sweep.sweep(database, now=then + timedelta(minutes=60))
    assert clock_sweep.see_to(database, now=then + timedelta(minutes=60)) == 1
    again = client.get(f"/api/v1/incidents/{late}").json()["incident"]
    assert again["handling_level"] == "town"
    with database.work(SYSTEM) as work:
        found = work.session.execute(sa.text("select percent, outcome from clock_event order by id")).all()
    assert [tuple(row) for row in found] == [(80, "told"), (100, "escalate"), (150, "escalate")]


def test_notices_are_for_the_role_that_owes_and_are_read_once(app, client, make_account, late):
    with Client(app, headers={"Authorization": f"Bearer {make_account('intake_officer')}"}) as mine:
        found = mine.get("/api/v1/notifications").json()
        facts = found["notices"][-1]["facts"]
        assert (facts["no"], facts["state"], facts["percent"]) == (late, "REPORTED", 80)
        unread = found["unread"]
        assert unread == len(found["notices"]) >= 2
        assert mine.post("/api/v1/notifications/read", json={"ids": [found["notices"][0]["id"]]}).json() == {"read": 1}
        assert mine.get("/api/v1/notifications?unread=true").json()["unread"] == unread - 1
        page = mine.get("/api/v1/notifications?limit=1").json()
        assert page["next"] == page["notices"][0]["id"]
        assert page["notices"][0]["read_at"] is not None
        rest = mine.get(f"/api/v1/notifications?before={page['next']}").json()
        assert len(rest["notices"]) == unread - 1
        newest = found["notices"][0]["id"]
        assert mine.post("/api/v1/notifications/read", json={"through": newest}).json() == {"read": unread - 1}
        assert mine.post("/api/v1/notifications/read", json={"through": newest}).json() == {"read": 0}
        assert mine.post("/api/v1/notifications/read", json={}).status_code == 422
    with Client(app, headers={"Authorization": f"Bearer {make_account('inspector')}"}) as other:
        assert other.get("/api/v1/notifications").json() == {"notices": [], "unread": 0, "next": None}


def test_webhooks_belong_to_the_system_administrator(app, client, make_account, town):
    path = "/api/v1/operations/webhooks"
    assert client.get(path).status_code == 403
    with Client(app, headers={"Authorization": f"Bearer {make_account('system_administrator')}"}) as admin:
        bad = admin.post(path, json={"target": "https://10.0.0.1/"})
        assert (bad.status_code, bad.json()["field"]) == (422, "target")
        made = admin.post(path, json={"target": "https://example.org/hook", "kinds": ["clock"]})
        assert made.status_code == 201
        assert len(made.json()["secret"]) > 30
        shown = admin.get(path).json()["webhooks"]
        assert (len(shown), "secret" in shown[0], shown[0]["queued"]) == (1, False, 0)
        one = f"{path}/{shown[0]['id']}"
        assert admin.get(f"{one}/deliveries").json() == {"deliveries": []}
        tried = admin.post(f"{one}/test")
        assert tried.status_code == 202, tried.text
        ledger = admin.get(f"{one}/deliveries").json()["deliveries"]
        assert [(row["id"], row["kind"], row["state"]) for row in ledger] == [
            (tried.json()["delivery_id"], "test", "queued")
        ]
        again = admin.post(f"{one}/again")
        assert (again.status_code, again.json()) == (202, {"queued": 0}), "what is on its way needs no asking"
        assert client.post(f"{one}/again").status_code == 403
        assert admin.delete(one).status_code == 204
        assert admin.delete(one).status_code == 404
        assert admin.post(f"{one}/test").status_code == 404
        assert admin.post(f"{one}/again").status_code == 404


def test_notices_and_repeats_name_the_item_as_the_catalogue_does(app, client, make_account, database, town, late):
    with (
        database.owner_work(SYSTEM) as work,
        resources.as_file(resources.files("casework") / "open_catalogue.csv") as path,
    ):
        ingest.load_catalogue(work, path, territory=town.territory)
    item = client.get("/api/v1/catalogue/items?q=pothole").json()["items"][0]
    lon, lat = lonlat(300, 100)
    numbers = []
    for key in ("named-1", "named-2"):
        body = {"lon": lon, "lat": lat, "item": "Loch", "item_code": item["code"]}
        made = client.post("/api/v1/incidents", json=body, headers={"Idempotency-Key": key})
        numbers.append(made.json()["incident"]["no"])
    clock_sweep.sweep(database, now=datetime.now(UTC) + timedelta(minutes=31))
    with Client(app, headers={"Authorization": f"Bearer {make_account('intake_officer')}"}) as mine:
        notices = mine.get("/api/v1/notifications").json()["notices"]
    facts = next(one["facts"] for one in notices if one["facts"]["no"] == numbers[0])
    assert (facts["item"], facts["item_en"], facts["item_zh"]) == ("Loch", item["name_en"], item["name_zh"])
    assert words("clock", facts)[1].startswith(f"{item['name_en']} {item['name_zh']}\n")
    other = next(one["facts"] for one in notices if one["facts"]["no"] == late)
    assert "item_en" not in other
    (repeat,) = client.get(f"/api/v1/incidents/{numbers[0]}").json()["proposed"]
    assert (repeat["no"], repeat["item_code"]) == (numbers[1], item["code"])
