"""States of cameras by the batch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from store.database.actor import Actor
from store.database.models import Camera, CameraStatus
from tests.api.conftest import Client
from tests.api.town import build_town, placed

URL = "/api/v1/cameras/status"
DAY = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def town(database):
    return build_town(database, name="Statusby", prefix="990103001")


def told(camera: str, day: float, **state: bool) -> dict[str, object]:
    return {"camera": str(camera), "at": (DAY + timedelta(days=day)).isoformat(), **state}


def send(client, *statuses):
    answer = client.post(URL, json={"statuses": list(statuses)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def periods(database, camera) -> list[tuple[bool, float, float | None]]:
    with database.work(Actor.system()) as work:
        rows = work.session.scalars(
            sa.select(CameraStatus).where(CameraStatus.camera_id == camera).order_by(CameraStatus.period)
        ).all()
    since = [(row.period.lower - DAY) / timedelta(days=1) for row in rows]
    until = [(row.period.upper - DAY) / timedelta(days=1) if row.period.upper else None for row in rows]
    return [(row.online, low, high) for row, low, high in zip(rows, since, until, strict=True)]


def test_a_batch_by_reference_code_and_id_moves_the_present(client, database, town):
    fixed = client.get(f"/api/v1/cameras/{town.cameras['fixed']}").json()["camera"]
    before = client.get("/api/v1/events/poll").json()["last"]
    answer = send(
        client,
        told(fixed["gb28181_id"], 0, online=True),
        told("node/fixed", 2, online=False, networked=True, serviceable=False),
        told(town.cameras["far"], 1, online=True),
    )
    assert answer == {"accepted": 3, "late": 0, "changed": 1, "unknown": [], "refused": []}
    now = client.get(f"/api/v1/cameras/{town.cameras['fixed']}").json()["camera"]
    assert (now["online"], now["networked"], now["serviceable"]) == (False, True, False)
    assert periods(database, town.cameras["fixed"]) == [(True, 0, 2), (False, 2, None)]
    events = client.get("/api/v1/events/poll", params={"after": before}).json()["events"]
    assert {"cameras", "view_sheds"} <= {event["data"].get("layer") for event in events}


def test_a_late_status_is_history_and_a_repeat_is_nothing(client, database, town):
    camera = town.cameras["turned"]
    send(client, told(camera, 0, online=True), told(camera, 3, online=True))
    late = send(client, told(camera, 1, online=False))
    assert (late["late"], late["changed"]) == (1, 0)
    assert client.get(f"/api/v1/cameras/{camera}").json()["camera"]["online"] is True
    expected = [(True, 0, 1), (False, 1, 3), (True, 3, None)]
    assert periods(database, camera) == expected
    again = send(client, told(camera, 1, online=False), told(camera, 3, online=True))
    assert (again["accepted"], again["changed"]) == (2, 0)
    assert periods(database, camera) == expected


def test_rows_that_nobody_can_take_are_listed_and_the_others_taken(client, database, town):
    with database.work(Actor.system()) as work:
        other = build_town(database, name="Doubleby", prefix="990104001")
        work.session.flush()
    future = {
        "camera": str(town.cameras["far"]),
        "at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "online": True,
    }
    answer = send(
        client,
        told("nobody", 1, online=True),
        told("node/fixed", 1, online=True),
        told(town.cameras["far"], 5),
        future,
        told(other.cameras["far"], 1, online=True),
    )
    assert answer["unknown"] == [{"row": 0, "camera": "nobody"}]
    assert [(row["row"], row["reason"]) for row in answer["refused"]] == [
        (1, "ambiguous"), (2, "says-nothing"), (3, "in-the-future"),
    ]  # fmt: skip
    assert answer["accepted"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"statuses": []},
        {"statuses": [{"camera": "x", "at": "2026-11-01T00:00:00", "online": True}]},
        {"statuses": [{"camera": "x", "at": "2026-11-01T00:00:00Z", "online": "perhaps"}]},
        {},
    ],
)
def test_a_batch_that_makes_no_sense_is_refused_whole(client, body):
    assert client.post(URL, json=body).status_code == 422


def test_states_need_the_role(app, make_account, town):
    with Client(app, headers={"Authorization": f"Bearer {make_account('planner')}"}) as planner:
        assert planner.post(URL, json={"statuses": [told("node/far", 1, online=True)]}).status_code == 403


def test_thousands_of_states_at_once(client, database, town):
    with database.work(Actor.system()) as work:
        import shapely

        work.session.add_all(
            Camera(
                territory_id=town.territory, source_ref=f"many/{k}", max_range=50.0, azimuth=0.0, hfov=60.0,
                point=placed(shapely.Point(k % 600, k // 600)),
            )
            for k in range(3000)
        )  # fmt: skip
    batch = [told(f"many/{k}", 1, online=k % 3 > 0) for k in range(3000)]
    assert send(client, *batch)["changed"] == 1000
    again = send(client, *batch)
    assert (again["changed"], again["accepted"], again["late"]) == (0, 3000, 0)


def test_a_camera_moves_inside_its_territory_only(client, town):
    url = f"/api/v1/cameras/{town.cameras['unknown']}"
    camera = client.get(url)
    lon, lat = camera.json()["camera"]["lon"], camera.json()["camera"]["lat"]
    etag = {"If-Match": camera.headers["etag"]}
    assert client.patch(url, json={"lon": lon + 1}, headers=etag).status_code == 422
    moved = client.patch(url, json={"lon": lon + 0.0001, "lat": lat}, headers=etag)
    assert moved.status_code == 200
    assert moved.json()["camera"]["lon"] == pytest.approx(lon + 0.0001, abs=1e-12)
