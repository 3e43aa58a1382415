"""Change sets of areas over HTTP, with two real accounts: review, publishing, days to come, refusals, old figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa

from store.database.actor import Actor
from store.database.models import Area
from tests.api.conftest import Client
from tests.api.town import build_town, many

URL = "/api/v1/area-changes"
TODAY = datetime.now(UTC).date()
HALVES = {"001": (0, 0, 400, 200), "003": (0, 200, 400, 400), "004": (400, 0, 600, 400)}
NAMES = {"001": "West Village 西村", "003": "North Village 北村", "004": "East Village 东村"}


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def author(app, make_account):
    with Client(app, headers={"Authorization": f"Bearer {make_account('planner', name='author')}"}) as client:
        yield client


@pytest.fixture(scope="module")
def second(app, make_account):
    with Client(app, headers={"Authorization": f"Bearer {make_account('reviewer', name='second')}"}) as client:
        yield client


def layer(boxes) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"990101001{code}", "name": NAMES.get(code, code), "kind": "village"},
            "geometry": shapely.geometry.mapping(many(shapely.box(*box))),
        }
        for code, box in boxes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def post(client, boxes=HALVES, *, url=URL, method="POST", revision=None, **fields):
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    files = {"file": ("areas.geojson", layer(boxes))}
    return client.request(method, url, files=files, data={"crs": "wgs84", **fields}, headers=headers)


def step(client, change, action, revision, **body):
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    return client.post(f"{URL}/{change}/{action}", json=body, headers=headers)


def codes(client, town, day):
    areas = client.get(f"/api/v1/areas?territory={town.territory}&at={day}").json()["areas"]
    return [area["code"][-3:] for area in areas]


def problem(answer):
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


def test_refused_before_anything_is_kept(author, second, town):
    part = post(author, {"001": HALVES["001"]}, name="half")
    assert problem(part) == (409, "open-ground")
    assert len(part.json()["place"]) == 2
    assert problem(post(author, name="odd", replaces="planet")) == (422, "invalid-input")
    assert problem(post(author, name=" ")) == (422, "invalid-input")
    assert problem(post(second, name="not mine")) == (403, "not-allowed")
    assert problem(author.post(URL, data={"name": "x"})) == (422, "invalid-input")
    dry = post(author, name="dry", dry_run="true")
    assert (dry.status_code, dry.json()["id"], dry.json()["counts"]["areas_new"]) == (200, None, 3)
    assert author.get(URL).json()["changes"] == []


def test_a_draft_may_replace_other_kinds_when_it_is_drawn_anew(author, town):
    made = post(author, name="kinds", replaces="村，社区").json()
    assert author.get(f"{URL}/{made['id']}").json()["change"]["replaces"] == "village"
    # without the villages among what ends, they would stay beside the new ones
    twice = post(author, url=f"{URL}/{made['id']}/areas", method="PUT", revision=1, replaces="town")
    assert problem(twice) == (409, "areas-remain")
    told = twice.json()
    assert (told["areas"], told["replaces"]) == (["990101001001", "990101001002"], ["town", "village"])
    assert len(told["place"]) == 2
    both = post(author, url=f"{URL}/{made['id']}/areas", method="PUT", revision=1, replaces="town,village")
    assert (both.status_code, both.json()["counts"]["areas_ended"]) == (200, 2)
    same = post(author, url=f"{URL}/{made['id']}/areas", method="PUT", revision=2, replaces="same")
    assert same.status_code == 200
    change = author.get(f"{URL}/{made['id']}").json()["change"]
    assert (change["replaces"], change["revision"]) == (None, 3)
    assert author.delete(f"{URL}/{made['id']}", headers={"If-Match": '"3"'}).status_code == 204


def test_a_change_goes_from_draft_to_force_and_back_in_time(author, second, town):
    made = post(author, name="decision 9")
    assert made.status_code == 201, made.text
    change, revision = made.json()["id"], made.json()["revision"]
    assert problem(post(author, name="decision 9")) == (409, "conflict")
    assert codes(author, town, TODAY) == ["001", "002"]
    whole = author.get(f"{URL}/{change}").json()
    assert (whole["change"]["status"], whole["change"]["author"], whole["on"]) == ("draft", "author", str(TODAY))
    assert [area["code"][-3:] for area in whole["ended"]] == ["001", "002"]
    assert step(author, change, "submit", None).status_code == 428
    assert problem(step(author, change, "submit", revision + 5)) == (412, "stale-revision")
    assert problem(step(second, change, "publish", None, basis="council")) == (409, "wrong-change-state")
    sent = step(author, change, "submit", revision, note="please").json()["change"]
    assert (sent["status"], sent["revision"]) == ("review", 2)
    assert problem(post(author, url=f"{URL}/{change}/areas", method="PUT", revision=2)) == (409, "wrong-change-state")
    said = second.post(f"{URL}/{change}/comments", json={"text": "Name?", "area_code": "990101001003"})
    assert said.status_code == 201
    assert [one["text"] for one in author.get(f"{URL}/{change}/comments").json()["comments"]] == ["Name?"]
    assert problem(second.post(f"{URL}/{change}/comments", json={"text": "?", "area_code": "7"})) == (404, "not-found")
    back = step(second, change, "send-back", 2, reason="the name").json()["change"]
    assert (back["status"], back["revision"]) == ("draft", 3)
    again = post(author, url=f"{URL}/{change}/areas", method="PUT", revision=3)
    assert (again.status_code, again.json()["revision"]) == (200, 4)
    assert step(author, change, "submit", 4).json()["change"]["status"] == "review"
    assert step(author, change, "recall", 5).json()["change"]["status"] == "draft"
    assert step(author, change, "submit", 6).json()["change"]["status"] == "review"
    assert problem(step(author, change, "approve", 7)) == (409, "second-person")
    assert problem(step(author, change, "publish", 7, basis="mine")) == (409, "second-person")
    assert step(second, change, "approve", 7).json()["change"]["approver"] == "second"
    assert problem(step(second, change, "publish", 8)) == (422, "invalid-input")
    done = step(second, change, "publish", 8, basis="council 9").json()["change"]
    assert (done["status"], done["effective_on"], done["settled"]) == ("published", str(TODAY), True)
    assert problem(step(second, change, "publish", None, basis="twice")) == (409, "wrong-change-state")
    steps = [one["action"] for one in author.get(f"{URL}/{change}/history").json()["steps"]]
    assert steps == [
        "draft", "submit", "send_back", "redraw", "submit", "recall", "submit", "approve", "publish",
    ]  # fmt: skip
    yesterday = TODAY - timedelta(days=1)
    assert codes(author, town, TODAY) == ["001", "003", "004"]
    assert codes(author, town, yesterday) == ["001", "002"]
    lineage = author.get(f"{URL}/{change}").json()["lineage"]
    assert {(row["from_code"][-3:], row["to_code"][-3:], row["kind"]) for row in lineage} == {
        ("001", "001", "keep"), ("001", "003", "split"), ("002", "004", "renumber"),
    }  # fmt: skip
    given = {
        "of": "areas:village", "of_at": str(yesterday), "on": "areas:village",
        "totals": {"990101001001": 201, "990101001002": 101},
    }  # fmt: skip
    carried = author.post("/api/v1/statistics/restate", json=given).json()
    assert {row["code"][-3:]: row["value"] for row in carried["rows"]} == pytest.approx(
        {row["to_code"][-3:]: row["households"] for row in lineage}
    )


def test_an_account_of_a_new_area_reads_the_grids_drawn_for_the_old_one(
    app, database, make_account, author, second, town
):
    if "004" not in codes(author, town, TODAY):
        change = post(author, name="decision 10").json()
        step(author, change["id"], "submit", change["revision"])
        step(second, change["id"], "publish", None, basis="council 10")
    with database.work(Actor.system()) as work:
        path = work.session.scalar(sa.select(Area.path).where(Area.code == "990101001004", Area.valid.contains(TODAY)))
    token = make_account("planner", name="of-the-east", area_path=path)
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        grids = client.get(f"/api/v1/plans/{town.plan}/grids").json()["grids"]
        assert {grid["id"] for grid in grids} == {str(town.grids[name]) for name in ("g3", "g6")}
        file = client.get(f"/api/v1/plans/{town.plan}/export?format=geojson").json()
        assert len(file["features"]) == 2
        # what went elsewhere stays unknown
        named = client.get(f"/api/v1/areas?territory={town.territory}&at={TODAY - timedelta(days=1)}").json()["areas"]
        assert [area["code"][-3:] for area in named] == ["002"]


def test_a_change_to_come_is_scheduled_and_withdrawn(author, second, town):
    day = TODAY + timedelta(days=30)
    boxes = {"004": HALVES["004"]}
    change = post(author, boxes, name="decision 10", effective_on=str(day), basis="minutes").json()["id"]
    assert step(author, change, "submit", 1).status_code == 200
    done = step(second, change, "publish", 2, effective_on=str(day)).json()["change"]
    assert (done["status"], done["basis"], done["settled"]) == ("scheduled", "minutes", False)
    rival = post(author, boxes, name="rival", effective_on=str(TODAY + timedelta(days=9)))
    assert problem(rival) == (409, "area-ends-already")
    assert problem(step(second, change, "withdraw", 3, reason="")) == (422, "invalid-input")
    back = step(second, change, "withdraw", 3, reason="not yet").json()["change"]
    assert (back["status"], back["published_at"]) == ("review", None)
    assert problem(step(second, change, "withdraw", 4, reason="twice")) == (409, "wrong-change-state")
    step(second, change, "send-back", 4, reason="never")
    gone = author.delete(f"{URL}/{change}", headers={"If-Match": '"5"'})
    assert gone.status_code == 204
    assert problem(author.get(f"{URL}/{change}")) == (404, "not-found")


def test_unknown_change_sets_are_not_found(author):
    for action in ("submit", "approve", "recall"):
        assert problem(step(author, uuid4(), action, 1)) == (404, "not-found")
    assert problem(author.get(f"{URL}/{uuid4()}/history")) == (404, "not-found")


def test_a_set_is_drawn_by_actions_and_shown_before_and_after(author, second, town):
    body = {"name": "by actions", "territory": str(town.territory), "effective_on": str(TODAY + timedelta(days=900))}
    known = {area["code"]: area for area in author.get(f"/api/v1/areas?at={body['effective_on']}").json()["areas"]}
    code = min(code for code, area in known.items() if area["kind"] == "village")
    actions = [{"kind": "rename", "areas": [code], "name": "Morning"}]
    dry = author.post(f"{URL}/drawn", json={**body, "actions": actions, "dry_run": True})
    assert (dry.status_code, dry.json()["id"], dry.json()["counts"]["rename"]) == (200, None, 1)
    made = author.post(f"{URL}/drawn", json={**body, "actions": actions})
    assert made.status_code == 201, made.text
    change = made.json()["id"]
    shapes = author.get(f"{URL}/{change}/shapes").json()["features"]
    assert {(one["properties"]["role"], one["properties"]["name"]) for one in shapes} == {
        ("before", known[code]["name"]), ("after", "Morning"),
    }  # fmt: skip
    assert all(one["geometry"]["type"] == "MultiPolygon" for one in shapes)
    again = [{"kind": "rename", "areas": [code], "name": "Evening"}]
    url = f"{URL}/{change}/actions"
    assert author.put(url, json={"actions": again}).status_code == 428
    redrawn = author.put(url, json={"actions": again}, headers={"If-Match": '"1"'})
    assert (redrawn.status_code, redrawn.json()["revision"]) == (200, 2)
    whole = author.get(f"{URL}/{change}").json()
    assert [each["name"] for each in whole["actions"]] == ["Evening"]
    assert problem(second.post(f"{URL}/drawn", json={**body, "actions": actions})) == (403, "not-allowed")
    assert problem(author.post(f"{URL}/drawn", json={**body, "name": "x", "actions": []})) == (422, "invalid-input")
    lost = [{"kind": "rename", "areas": ["990101001777"], "name": "x"}]
    refused = author.post(f"{URL}/drawn", json={**body, "name": "x", "actions": lost})
    assert problem(refused) == (404, "not-found")
    assert refused.json()["action"] == 0
    cut = [
        {
            "kind": "split",
            "areas": [code],
            "code": "990101001055",
            "name": "x",
            "drawn": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]},
        }
    ]
    missed = author.post(f"{URL}/drawn", json={**body, "name": "x", "actions": cut})
    assert problem(missed) == (422, "line-misses-grid")
    assert len(missed.json()["place"]) == 2
    assert author.delete(f"{URL}/{change}", headers={"If-Match": '"2"'}).status_code == 204
