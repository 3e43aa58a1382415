"""Territories, plans, grids and coverage over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from store.database.actor import Actor
from store.database.models import Account, Assignment, Outbox, Plan
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_territories_and_areas(client, town):
    (found,) = client.get("/api/v1/territories").json()["territories"]
    west, south = lonlat(0, 0)
    assert found["bbox"][:2] == pytest.approx([west, south], abs=1e-3)
    assert found | {"bbox": 0} == {
        "id": str(town.territory), "name": "Testby", "bbox": 0, "metric_srid": 32635, "attribution": "© nobody",
        "plan_id": str(town.plan), "demo": False,
    }  # fmt: skip
    areas = client.get(f"/api/v1/areas?territory={town.territory}").json()["areas"]
    assert [area["name"] for area in areas] == ["West Village 西村", "East Village 东村"]
    assert client.get(f"/api/v1/areas?territory={uuid4()}").json() == {"areas": []}


def test_plans_and_their_grids(client, town):
    (plan,) = client.get("/api/v1/plans").json()["plans"]
    assert (plan["id"], plan["status"], plan["author"]) == (str(town.plan), "published", None)
    assert client.get(f"/api/v1/plans/{town.plan}").json()["plan"] == plan
    assert client.get(f"/api/v1/plans?territory={uuid4()}").json() == {"plans": []}
    body = client.get(f"/api/v1/plans/{town.plan}/grids").json()
    assert body["mean_households"] == pytest.approx(50.5)
    assert body["tolerance"] == 0.1
    first = body["grids"][0]
    assert first["head"] == {"work_no": "990101001W0", "name": "Head1 员"}
    assert first["area_name"] == "West Village 西村"
    assert first["centre"] == pytest.approx(lonlat(100, 100), abs=1e-7)
    features = client.get("/ogc/collections/grids/items").json()["features"]
    assert [grid["fid"] for grid in body["grids"]] == [
        feature["id"] for feature in sorted(features, key=lambda each: each["properties"]["code"])
    ]
    assert client.get(f"/api/v1/plans/{uuid4()}").status_code == 404
    assert client.get(f"/api/v1/plans/{uuid4()}/grids").status_code == 404


def test_grid_is_renamed_once_per_revision(client, database, town):
    url = f"/api/v1/grids/{town.grids['g2']}"
    key = str(town.grids["g2"])
    before = client.get("/ogc/collections/grids/items").headers["etag"]
    renamed = client.patch(url, json={"name": " Market Side 市场边 ", "expected": {key: 1}})
    assert renamed.status_code == 200, renamed.text
    grid = renamed.json()["grid"]
    assert (grid["name"], grid["revision"], grid["locked"]) == ("Market Side 市场边", 2, False)
    assert client.get("/ogc/collections/grids/items").headers["etag"] != before
    stale = client.patch(url, json={"locked": True, "expected": {key: 1}})
    assert stale.status_code == 412
    assert stale.json()["current"]["revision"] == 2
    assert stale.json()["current"]["name"] == "Market Side 市场边"
    locked = client.patch(url, json={"locked": True, "expected": {key: 2}}).json()["grid"]
    assert (locked["locked"], locked["revision"]) == (True, 3)
    same = client.patch(url, json={"locked": True, "expected": {key: 3}}).json()["grid"]
    assert same["revision"] == 3
    with database.work(Actor.system()) as work:
        events = work.session.query(Outbox).filter(Outbox.kind == "layer").all()
        assert "grid_labels" in {event.payload["layer"] for event in events}


def test_grid_change_says_what_is_wrong(client, town, app, make_account):
    url, key = f"/api/v1/grids/{town.grids['g3']}", str(town.grids["g3"])
    assert client.patch(url, json={"name": "x"}).status_code == 428
    assert client.patch(url, json={"name": "x", "expected": {}}).status_code == 428
    assert client.patch(url, json={"name": "x" * 200, "expected": {key: 1}}).status_code == 422
    assert client.patch(url, json={"colour": "red", "expected": {key: 1}}).status_code == 422
    strange = uuid4()
    assert client.patch(f"/api/v1/grids/{strange}", json={"expected": {str(strange): 1}}).status_code == 404
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        assert analyst.patch(url, json={"name": "x", "expected": {key: 1}}).status_code == 403


def test_coverage_lists_worst_grids_first(client, town):
    body = client.get(f"/api/v1/coverage?plan={town.plan}").json()
    assert body["run"]["id"] == str(town.run)
    assert body["summary"]["gaps"] == 2
    assert [row["code"][-1] for row in body["grids"]] == list("123456")
    assert body["grids"][1]["unseen_m"] == 270.0
    assert body["grids"][0]["reasons"][0]["text_zh"] == "甲"
    assert client.get("/api/v1/coverage").json() == body
    assert client.get(f"/api/v1/coverage?plan={uuid4()}").status_code == 404
    draft = client.post(f"/api/v1/plans/{town.plan}/draft").json()["plan"]
    none_yet = client.get(f"/api/v1/coverage?plan={draft['id']}")
    assert (none_yet.status_code, none_yet.json()) == (200, {"run": None, "summary": {}, "grids": []})
    gone = client.delete(f"/api/v1/plans/{draft['id']}", headers={"If-Match": str(draft["revision"])})
    assert gone.status_code == 204


def test_long_work_is_queued(client, town):
    answer = client.post("/api/v1/plans", json={"territory": str(town.territory), "target": 100})
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]
    assert (job["kind"], job["state"]) == ("partition", "queued")
    assert client.get(f"/api/v1/jobs/{job['id']}").json()["job"]["state"] == "queued"
    run = client.post("/api/v1/coverage/runs", json={"plan": str(town.plan)})
    assert run.status_code == 202
    assert run.json()["job"]["kind"] == "coverage"
    assert client.post("/api/v1/plans", json={"target": 0}).status_code == 422
    assert client.post("/api/v1/plans", json={"kind": "castle"}).status_code == 422


def test_proposal_takes_every_wish_and_refuses_what_cannot_be_meant(client, town):
    wishes = {
        "target": 300,
        "band": [240, 360],
        "rules": "urban_rural",
        "even": ["incidents", "walk"],
        "barrier_cost": 0.2,
        "keep": "current",
        "churn": 3,
    }
    answer = client.post("/api/v1/plans", json={"territory": str(town.territory), **wishes})
    assert answer.status_code == 202, answer.text
    own_rules = [{"divide": "natural_village", "name": "*村", "band": [50, 400]}, {"target": 250}]
    answer = client.post("/api/v1/plans", json={"territory": str(town.territory), "rules": own_rules})
    assert answer.status_code == 202, answer.text
    for bad in [
        {"band": [360, 240]},
        {"target": 300, "band": [400, 500]},
        {"band": [240]},
        {"even": ["weather"]},
        {"barrier_cost": 0},
        {"keep": "yesterday"},
        {"churn": -1},
        {"rules": "rural"},
        {"rules": [{"divide": "cell"}]},
        {"rules": [{"band": [400, 500]}]},
        {"rules": "urban_rural", "grids": 5},
        {"kind": "cell", "band": [1, 200]},
        {"kind": "micro", "even": ["area"]},
    ]:
        refused = client.post("/api/v1/plans", json=bad)
        assert refused.status_code == 422, bad


def test_publishing_needs_a_draft(client, town):
    answer = client.post(f"/api/v1/plans/{town.plan}/publish", json={"basis": "minutes 7"})
    assert answer.status_code == 409
    assert client.post(f"/api/v1/plans/{town.plan}/publish", json={}).status_code == 422


def test_author_may_not_publish_alone_and_open_points_are_listed(client, app, database, make_account, town):
    with database.work(Actor.system()) as work:
        author = work.session.scalars(sa.select(Account).where(Account.name == "all-rounder")).one()
        plan = work.session.get(Plan, town.plan)
        plan.status, plan.author_id = "review", author.id
    url, body = f"/api/v1/plans/{town.plan}/publish", {"basis": "minutes 7"}
    alone = client.post(url, json=body)
    assert (alone.status_code, [line["kind"] for line in alone.json()["open"]]) == (409, ["second-person"])
    with Client(app, headers={"Authorization": f"Bearer {make_account('reviewer')}"}) as second:
        answer = second.post(url, json=body)
        assert answer.status_code == 409
        # three grids have no head; that the squares tile their villages is not among the open points
        assert [point["kind"] for point in answer.json()["open"]] == ["no-head"] * 3
        assert second.post(url, json={"basis": " "}).status_code == 422
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        assert analyst.post(url, json=body).status_code == 403
    assert client.get(f"/api/v1/plans/{town.plan}").json()["plan"]["status"] == "review"


def test_head_for_every_grid_makes_it_ready(client, app, database, make_account, town):
    with database.work(Actor.system()) as work:
        for name in ("g3", "g4", "g6"):
            work.session.add(
                Assignment(
                    staff_id=town.staff["walker"], role="grid_head", grid_id=town.grids[name], is_head=True,
                    valid=Range(datetime.now(UTC) - timedelta(minutes=1), None),
                )
            )  # fmt: skip
    before = client.get("/api/v1/layers").json()["layers"]
    with Client(app, headers={"Authorization": f"Bearer {make_account('reviewer')}"}) as second:
        answer = second.post(f"/api/v1/plans/{town.plan}/publish", json={"basis": "minutes 8"})
    assert answer.status_code == 200, answer.text
    plan = answer.json()["plan"]
    assert (plan["status"], plan["basis"], plan["author"]) == ("published", "minutes 8", "all-rounder")
    after = client.get("/api/v1/layers").json()["layers"]
    changed = {new["id"] for old, new in zip(before, after, strict=True) if old["tag"] != new["tag"]}
    assert {"grids", "grid_labels", "atoms"} <= changed
    assert "streets" not in changed


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"kind": "water", "grids": 4}, "water"),
        ({"target": 300, "grids": 4}, "either"),
        ({"kind": "cell", "grids": 3}, "cell"),
    ],
)
def test_plan_that_cannot_be_meant_is_refused_at_once(client, town, wrong, word):
    answer = client.post("/api/v1/plans", json={"territory": str(town.territory), **wrong})
    assert answer.status_code == 422
    assert word in answer.json()["detail"]
