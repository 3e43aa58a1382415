"""Long work of planners over HTTP: followed as a job, with the answer that a quick one would have got at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import orjson
import pytest
import shapely
import shapely.affinity
import sqlalchemy as sa
from pyproj import Transformer

from gis.errors import CancelledError
from services import housekeeping, jobs
from services.plan_life import import_jobs
from store.database.actor import Actor
from store.database.models import JobProgress
from tests.api.conftest import Client
from tests.api.test_plan_edits import Desk
from tests.api.town import build_town, lonlat

JOB = {"Prefer": "respond-async, wait=10"}


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def desk(client, town):
    made = client.post(f"/api/v1/plans/{town.plan}/draft", json={"name": "Next year"})
    return Desk(client, made.json()["plan"]["id"])


@pytest.fixture
def skewed(desk, town, database):
    """A draft in which one grid gave most of its ground to its neighbour."""
    with database.work(Actor.system()) as work:
        labels = work.session.scalars(
            sa.text("select label from atom where plan_id = :plan and grid_id = :grid order by label"),
            {"plan": desk.plan, "grid": town.grids["g1"]},
        ).all()
    answer = desk.edit("reassign", atoms=labels[1:], to=str(town.grids["g2"]))
    assert answer.status_code == 200, answer.text
    return desk


def run(database: Any, client: Client, answer: Any) -> dict[str, Any]:
    """Run the job that an answer names, as a worker would; return how it ended."""
    assert answer.status_code == 202, answer.text
    job = answer.json()["job"]
    assert (job["state"], job["result"]) == ("queued", None)
    jobs.run_job(database, UUID(job["id"]), 0, threading.Event())
    ended: dict[str, Any] = client.get(f"/api/v1/jobs/{job['id']}").json()["job"]
    return ended


def improve(desk: Desk, town: Any, *, key: str | None = None, **body: Any) -> Any:
    grids = [str(town.grids[name]) for name in ("g1", "g2", "g4", "g5")]
    headers = {"Idempotency-Key": key or str(uuid4()), **JOB}
    asked = {"grids": grids, "expected": desk.seen(), **body}
    return desk.client.post(f"/api/v1/plans/{desk.plan}/improve", json=asked, headers=headers)


def test_improvement_as_a_job_ends_with_the_answer_of_an_edit(skewed, town, database, client):
    trial = run(database, client, improve(skewed, town, preview=True))
    assert (trial["state"], trial["result"]["edit"]["seq"]) == ("succeeded", None)
    before = skewed.seen()
    direct = skewed.edit("improve", grids=[str(town.grids[name]) for name in ("g1", "g2", "g4", "g5")], preview=True)
    assert direct.json() == trial["result"]
    assert skewed.seen() == before

    ended = run(database, client, improve(skewed, town))
    assert (ended["kind"], ended["state"], ended["done"]) == ("improve", "succeeded", 1.0)
    body = ended["result"]
    assert body["edit"]["kind"] == "improve"
    shown = skewed.grids()
    for grid in body["grids"]:
        assert shown[grid["id"]] == {key: grid[key] for key in shown[grid["id"]]}
    assert skewed.post("undo").status_code == 200


def test_repeated_request_follows_the_same_job(skewed, town):
    key, seen = str(uuid4()), skewed.seen()
    first, second = (improve(skewed, town, key=key, expected=seen) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert second.headers["idempotent-replay"] == "true"


def test_job_finds_grids_that_changed_while_it_waited(skewed, town, database, client):
    asked = improve(skewed, town)
    other = skewed.edit(f"grids/{town.grids['g1']}/rename", name="Renamed meanwhile")
    assert other.status_code == 200, other.text
    ended = run(database, client, asked)
    assert (ended["state"], ended["result"]) == ("failed", None)
    problem = ended["problem"]
    assert (problem["code"], problem["status"], problem["stale"]) == (
        "stale-revision",
        412,
        [str(town.grids["g1"])],
    )
    assert [grid["name"] for grid in problem["current"]["grids"]] == ["Renamed meanwhile"]
    assert "family" not in problem


def test_what_can_be_told_at_once_is_not_left_to_the_job(skewed, town, client):
    stale = improve(skewed, town, expected=dict.fromkeys(skewed.seen(), 99))
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-revision")
    assert stale.json()["current"]["grids"]
    unseen = improve(skewed, town, expected=None)
    assert unseen.status_code == 428
    strange = improve(skewed, town, grids=[str(uuid4()), str(uuid4())])
    assert (strange.status_code, strange.json()["code"]) == (404, "not-found")
    for name in ("g1", "g2"):
        assert skewed.edit(f"grids/{town.grids[name]}/lock").status_code == 200
    held = improve(skewed, town, grids=[str(town.grids["g1"]), str(town.grids["g2"])])
    assert (held.status_code, held.json()["code"]) == (409, "grid-locked")
    twice = improve(skewed, town, grids=[str(town.grids["g4"])] * 2)
    assert (twice.status_code, twice.json()["field"]) == (422, "grids")
    closed = client.post(
        f"/api/v1/plans/{town.plan}/improve",
        json={"grids": [str(town.grids["g1"]), str(town.grids["g2"])], "expected": {}},
        headers={"Idempotency-Key": str(uuid4()), **JOB},
    )
    assert (closed.status_code, closed.json()["code"]) == (409, "plan-not-draft")


def test_stopped_improvement_saves_nothing(skewed, town, database, client):
    before = skewed.grids()
    asked = improve(skewed, town)
    stopped = client.delete(f"/api/v1/jobs/{asked.json()['job']['id']}")
    assert (stopped.status_code, stopped.json()["job"]["state"]) == (202, "cancelled")
    assert skewed.grids() == before


def send(client: Client, content: bytes, file: str = "grids.geojson", **fields: str) -> Any:
    return client.post(
        "/api/v1/plans/import", files={"file": (file, content)}, data={"crs": "wgs84", **fields}, headers=JOB
    )


def test_import_as_a_job_ends_with_the_report(client, town, database):
    content = client.get(f"/api/v1/plans/{town.plan}/export?format=geojson").content
    dry = run(database, client, send(client, content, dry_run="true"))
    assert (dry["kind"], dry["state"]) == ("plan-import", "succeeded")
    assert (dry["result"]["plan_id"], dry["result"]["dry_run"], dry["result"]["grids"]) == (None, True, 6)
    direct = client.post(
        "/api/v1/plans/import", files={"file": ("grids.geojson", content)}, data={"crs": "wgs84", "dry_run": "true"}
    )
    assert (direct.status_code, direct.json()) == (200, dry["result"])

    made = run(database, client, send(client, content, name="by a job"))
    plan = client.get(f"/api/v1/plans/{made['result']['plan_id']}").json()["plan"]
    assert (plan["name"], plan["status"], plan["grids"]) == ("by a job", "draft", 6)
    with database.work(Actor.system()) as work:
        clear_spent_files(work)
        assert work.session.scalar(sa.text("select count(*) from job_file")) == 0


def clear_spent_files(work: Any) -> None:
    housekeeping.forget_old_jobs(work, now=datetime.now(UTC))


def test_import_job_ends_with_the_places_that_are_wrong(client, town, database):
    content = client.get(f"/api/v1/plans/{town.plan}/export?format=geojson").content
    document = orjson.loads(content)
    west = document["features"][0]["geometry"]
    west["coordinates"] = shapely.affinity.scale(shapely.geometry.shape(west), 1.01, 1.01).__geo_interface__[
        "coordinates"
    ]
    ended = run(database, client, send(client, orjson.dumps(document)))
    assert (ended["state"], ended["result"]) == ("failed", None)
    problem = ended["problem"]
    assert (problem["code"], problem["status"]) == ("grids-need-repair", 422)
    assert len(problem["place"]) == 2
    assert problem["faults"]


def test_what_is_no_file_of_grids_is_refused_before_any_job(client, town):
    assert send(client, b"{}", "grids.txt").status_code == 422
    assert send(client, b"PK", "grids.zip").status_code == 422
    assert send(client, b"{}", territory=str(uuid4())).status_code == 404
    assert send(client, b"x" * (50 * 2**20 + 1)).status_code == 413


def test_large_import_is_a_job_unasked_and_stops_where_it_is(client, town, database):
    content = client.get(f"/api/v1/plans/{town.plan}/export?format=geojson").content + b" " * 2**20
    asked = client.post("/api/v1/plans/import", files={"file": ("grids.geojson", content)}, data={"crs": "wgs84"})
    assert asked.status_code == 202
    job = UUID(asked.json()["job"]["id"])
    plans = len(client.get("/api/v1/plans").json()["plans"])
    with database.work(Actor.system()) as work:
        args = work.session.scalars(sa.select(JobProgress.args).where(JobProgress.id == job)).one()

        def stop(done: float, note: str) -> None:
            if note == "building atoms":
                raise CancelledError("stopped")

        with pytest.raises(CancelledError):
            import_jobs.run_import(work, args, stop)
    assert client.delete(f"/api/v1/jobs/{job}").json()["job"]["state"] == "cancelled"
    assert len(client.get("/api/v1/plans").json()["plans"]) == plans


@pytest.mark.parametrize(("crs", "epsg"), [("wgs84", 4326), ("EPSG:3067", 3067)])
def test_outline_of_a_million_corners_is_refused_with_its_place(client, town, database, crs, epsg):
    angle = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    x, y = lonlat(100, 100)
    corners = np.column_stack([x + 1e-3 * np.cos(angle), y + 1e-3 * np.sin(angle)])
    of_file = Transformer.from_crs(4326, epsg, always_xy=True).transform(*corners.T)
    ring = np.column_stack(of_file).round(7).tolist()
    outline = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": outline}
    content = orjson.dumps({"type": "FeatureCollection", "features": [feature]})
    problem = run(database, client, send(client, content, crs=crs))["problem"]
    assert (problem["code"], problem["status"], problem["row"]) == ("too-many-vertices", 422, 1)
    # where it is on the map, whatever system the file is in
    assert problem["place"] == pytest.approx([x + 1e-3, y])
