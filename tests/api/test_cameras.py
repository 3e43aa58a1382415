"""One camera over HTTP."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from store.database.actor import Actor
from store.database.models import CameraStatus
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_camera_is_found_by_id_code_and_reference(client, town):
    url = f"/api/v1/cameras/{town.cameras['fixed']}"
    answer = client.get(url)
    camera = answer.json()["camera"]
    assert answer.headers["etag"].startswith('"1-')
    assert (camera["kind"], camera["azimuth"], camera["ref"]) == ("fixed", 90.0, "node/fixed")
    assert (camera["lon"], camera["lat"]) == pytest.approx(lonlat(100, 100), abs=1e-9)
    for named in (camera["gb28181_id"], "node/fixed"):
        assert client.get(f"/api/v1/cameras/{named}").json()["camera"] == camera
    assert client.get("/api/v1/cameras/nothing").status_code == 404


def test_heading_is_set_once_per_revision(client, town):
    url = f"/api/v1/cameras/{town.cameras['unknown']}"
    assert client.patch(url, json={"azimuth": 10}).status_code == 428
    changed = client.patch(url, json={"azimuth": 10}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert changed.json()["camera"]["kind"] == "fixed"
    assert changed.headers["etag"].startswith('"2-')
    stale = client.patch(url, json={"azimuth": 20}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["current"]["azimuth"] == 10.0
    unknown = client.patch(url, json={"azimuth": None}, headers={"If-Match": '"2"'})
    assert unknown.json()["camera"]["kind"] == "unknown"


@pytest.mark.parametrize(
    "body",
    [{"azimuth": 360}, {"azimuth": -1}, {"hfov": 0}, {"hfov": 361}, {"max_range": -1}, {"online": None}, {"colour": 1},
     {"max_range": 1e9}],
)  # fmt: skip
def test_values_out_of_range_are_refused(client, town, body):
    url = f"/api/v1/cameras/{town.cameras['far']}"
    assert client.patch(url, json=body, headers={"If-Match": '"1"'}).status_code == 422


def test_going_offline_is_kept_as_a_period(client, database, town):
    url = f"/api/v1/cameras/{town.cameras['turned']}"
    before = client.get("/ogc/collections/cameras/items").headers["etag"]
    assert client.patch(url, json={"online": False}, headers={"If-Match": '"1"'}).status_code == 200
    assert client.patch(url, json={"online": True}, headers={"If-Match": '"2"'}).status_code == 200
    assert client.get("/ogc/collections/cameras/items").headers["etag"] != before
    with database.work(Actor.system()) as work:
        rows = work.session.scalars(
            sa.select(CameraStatus)
            .where(CameraStatus.camera_id == town.cameras["turned"])
            .order_by(CameraStatus.period)
        ).all()
        assert [row.online for row in rows] == [False, True]
        assert rows[0].period.upper == rows[1].period.lower


def test_changing_needs_the_role(app, make_account, town):
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        url = f"/api/v1/cameras/{town.cameras['far']}"
        assert analyst.get(url).status_code == 200
        assert analyst.patch(url, json={"azimuth": 1}, headers={"If-Match": '"1"'}).status_code == 403
