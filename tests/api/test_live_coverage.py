"""Coverage that follows cameras and buildings, as desks see it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely

from services import live_check
from services.coverage import run_coverage
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town, placed


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database, name="Liveby", prefix="990105001")
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    return town


@pytest.fixture
def check(database, town):
    def equal() -> bool:
        with database.work(Actor.system()) as work:
            found = live_check.check(work, town.plan, now=datetime.now(UTC))
            assert found.differences == []
            return found.equal

    return equal


def coverage(client, town):
    return client.get("/api/v1/coverage", params={"plan": town.plan}).json()


def by_code(body):
    return {grid["code"]: grid for grid in body["grids"]}


def events_since(client, last):
    return client.get("/api/v1/events/poll", params={"after": last}).json()["events"]


def change(client, camera, **changes):
    url = f"/api/v1/cameras/{camera}"
    etag = client.get(url).headers["etag"]
    answer = client.patch(url, json=changes, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


def test_a_camera_goes_and_desks_hear_which_grids_changed(client, town, check):
    before = coverage(client, town)
    last = client.get("/api/v1/events/poll").json()["last"]
    change(client, town.cameras["fixed"], online=False)
    after = coverage(client, town)
    assert after["run"]["live"]
    assert (
        after["summary"]["seen_m"] < before["summary"]["seen_m"]
        or after["summary"]["seen_m2"] < before["summary"]["seen_m2"]
    )
    told = [event["data"] for event in events_since(client, last) if event["event"] == "coverage"]
    assert told[0]["plan"] == str(town.plan)
    changed = {
        grid["grid_id"] for code, grid in by_code(after).items() if grid["online"] != by_code(before)[code]["online"]
    }
    assert changed <= set(told[0]["grids"])
    assert str(town.grids["g6"]) not in told[0]["grids"]
    layers = {event["data"].get("layer") for event in events_since(client, last)}
    assert {"cameras", "view_sheds", "gaps", "grids"} <= layers
    assert check()


@pytest.mark.parametrize(
    "changes",
    [{"azimuth": 200.0}, {"azimuth": None}, {"max_range": 0.0}, {"dome": True}, {"indoor": True}, {"indoor": False},
     {"owner": "somebody else"}],
)  # fmt: skip
def test_whatever_a_camera_does_figures_stay_true(client, town, check, changes):
    change(client, town.cameras["turned"], **changes)
    assert check()
    indoors = changes.get("indoor", False)
    if "indoor" in changes:
        assert coverage(client, town)["summary"]["cameras_indoor"] == int(indoors)


def test_a_camera_moves_to_another_grid(client, town, check):
    spot = placed(shapely.Point(450, 250))
    change(client, town.cameras["far"], lon=spot.x, lat=spot.y)
    grids = by_code(coverage(client, town))
    standing = {grid["grid_id"]: grid["cameras"] for grid in grids.values()}
    assert standing[str(town.grids["g6"])] == 1
    assert check()


def test_a_building_hides_and_shows_again(client, town, check):
    before = by_code(coverage(client, town))
    wall = placed(shapely.box(452, 200, 456, 249))
    answer = client.post("/api/v1/buildings", json={"geometry": shapely.geometry.mapping(wall), "height_m": 9})
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        body = {"geometry": shapely.geometry.mapping(wall), "height_m": 9, "territory": str(town.territory)}
        answer = client.post("/api/v1/buildings", json=body)
    assert answer.status_code == 201, answer.text
    with_wall = by_code(coverage(client, town))
    open_before = {code: grid["open_m2"] for code, grid in before.items()}
    assert sum(open_before.values()) - sum(grid["open_m2"] for grid in with_wall.values()) == pytest.approx(196, abs=1)
    assert check()
    fid = answer.json()["building"]["fid"]
    assert client.delete(f"/api/v1/buildings/{fid}").status_code == 204
    assert client.delete(f"/api/v1/buildings/{fid}").status_code == 404
    again = by_code(coverage(client, town))
    assert {code: grid["seen_m"] for code, grid in again.items()} == pytest.approx(
        {code: grid["seen_m"] for code, grid in before.items()}
    )
    assert check()


def test_a_building_over_a_key_place_moves_where_it_is_looked_for(client, town, check):
    school = placed(shapely.box(140, 90, 170, 110))
    body = {"geometry": shapely.geometry.mapping(school), "territory": str(town.territory)}
    answer = client.post("/api/v1/buildings", json=body)
    assert answer.status_code == 201, answer.text
    assert check()
    client.delete(f"/api/v1/buildings/{answer.json()['building']['fid']}")
    assert check()


@pytest.mark.parametrize(
    "body",
    [
        {"geometry": {"type": "Point", "coordinates": [24.9, 60.1]}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}},
        {"geometry": {"type": "Polygon"}},
        {"geometry": {}},
        {"geometry": {"type": "Polygon", "coordinates": [[[24.9, 60.1], [24.91, 60.1], [24.91, 60.11], [24.9, 60.1]]]},
         "height_m": -3},
    ],
)  # fmt: skip
def test_a_footprint_that_is_none_is_refused(client, town, body):
    assert client.post("/api/v1/buildings", json={**body, "territory": str(town.territory)}).status_code == 422


def test_how_live_figures_stand_and_checking_them(client, town):
    change(client, town.cameras["fixed"], azimuth=10.0)
    state = client.get("/api/v1/coverage/live", params={"plan": town.plan}).json()
    assert state["run"] == coverage(client, town)["run"]["id"]
    assert state["checked"]["equal"] is True
    started = client.post("/api/v1/coverage/live/check", json={"plan": str(town.plan)})
    assert started.status_code == 202
    assert started.json()["job"]["kind"] == "check-coverage"
    assert client.get(f"/api/v1/coverage/live?plan={town.territory}").status_code == 404


def test_buildings_need_the_role(app, make_account, town):
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        assert analyst.delete("/api/v1/buildings/1").status_code == 403


def test_a_change_while_a_run_is_computed_is_left_to_a_job(client, database, town, check):
    import sqlalchemy as sa

    from services import live_coverage
    from store.database import live_coverage as sql
    from store.database.models import JobProgress

    with database.work(Actor.system()) as work:
        sql.hold(work.session, town.territory)
        change(client, town.cameras["offline"], online=True)
    with database.work(Actor.system()) as work:
        job = work.session.scalars(sa.select(JobProgress).where(JobProgress.kind == live_coverage.JOB)).one()
        live_check.run_live_job(work, job.args, now=datetime.now(UTC))
    assert check()
