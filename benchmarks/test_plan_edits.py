"""What a planner waits for: edits of a county of 1,600 grids over HTTP, its check, and 500 edits taken back.

The county is made once (two minutes); GRIDWARD_BENCH_COUNTY may name a home that keeps it from run to run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from benchmarks.hsinchu_county import SRID, build_county
from gis.crs import to_lonlat, to_metric
from services import access
from services.plan_edits import make_draft
from services.settings import Settings
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Plan
from store.database.models.access import BUSINESS, RIGHTS
from store.database.schema import upgrade
from tests.api.conftest import Client

EDITS = 500
TOOLS = ("split", "merge", "border", "reassign")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    named = os.environ.get("GRIDWARD_BENCH_COUNTY")
    path = Path(named) if named else Path(tempfile.mkdtemp(prefix="gridward-county-"))
    path.mkdir(exist_ok=True)
    yield path
    PrivateCluster(path).stop(force=True)
    if not named:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def database(home: Path) -> Iterator[Database]:
    urls = PrivateCluster(home).ensure()
    upgrade(urls.owner)
    database = Database(urls.app, urls.owner)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def county(database: Database) -> UUID:
    """The proposal that drafts are copied from."""
    data = os.environ.get("GRIDWARD_TEST_DATA")
    if not data:
        pytest.skip("GRIDWARD_TEST_DATA does not name a folder of real data")
    with database.work(Actor.system()) as work:
        known = work.session.scalars(sa.select(Plan.id).where(Plan.based_on_id.is_(None))).first()
    return known or build_county(database, Path(data))


@dataclass
class Planner:
    """Sends edits and keeps the time that each took."""

    client: Client
    plan: UUID
    rng: np.random.Generator
    took: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    grids: dict[str, dict[str, Any]] = field(default_factory=dict)
    shapes: dict[str, shapely.Geometry] = field(default_factory=dict)

    def look(self, database: Database) -> None:
        body = self.client.get(f"/api/v1/plans/{self.plan}/grids").json()
        self.grids = {grid["id"]: grid for grid in body["grids"]}
        with database.work(Actor.system()) as work:
            rows = work.session.execute(
                sa.text("select grid_id, st_asbinary(geom) from grid_version where plan_id = :plan"),
                {"plan": self.plan},
            ).all()
        shapes = to_metric(shapely.from_wkb([row[1] for row in rows]), SRID)
        self.shapes = {str(row[0]): shape for row, shape in zip(rows, shapes, strict=True)}

    def send(self, tool: str, path: str, seen: list[str], **body: object) -> bool:
        body["expected"] = {key: self.grids[key]["revision"] for key in seen}
        started = time.perf_counter()
        answer = self.client.post(
            f"/api/v1/plans/{self.plan}/{path}", json=body, headers={"Idempotency-Key": str(uuid4())}
        )
        seconds = time.perf_counter() - started
        if answer.status_code != 200:
            assert answer.status_code == 422, answer.text
            self.refused[answer.json()["code"]] = self.refused.get(answer.json()["code"], 0) + 1
            return False
        self.took.setdefault(tool, []).append(seconds)
        self.take(answer.json())
        return True

    def take(self, body: dict[str, Any]) -> None:
        for gone in body["removed"]:
            del self.grids[gone], self.shapes[gone]
        metric = to_metric(shapely.from_geojson([_text(grid["geometry"]) for grid in body["grids"]]), SRID)
        for grid, shape in zip(body["grids"], metric, strict=True):
            self.grids[grid["id"]], self.shapes[grid["id"]] = grid, shape

    def edit(self, tool: str) -> bool:
        grid = str(self.rng.choice(list(self.grids)))
        shape = self.shapes[grid]
        if tool == "split":
            angle, reach = self.rng.uniform(0, np.pi), np.hypot(*np.ptp(np.reshape(shape.bounds, (2, 2)), axis=0))
            step = np.array([np.cos(angle), np.sin(angle)]) * reach
            middle = shapely.get_coordinates(shape.centroid)[0]
            return self.send(tool, f"grids/{grid}/split", seen=[grid], line=_line([middle - step, middle + step]))
        pair = self.neighbour(grid)
        if pair is None:
            return False
        other, arc = pair
        if tool == "merge":
            return self.send(tool, "grids/merge", seen=[grid, other], grids=[grid, other])
        if tool == "border":
            places = [shapely.get_coordinates(arc.interpolate(at, normalized=True))[0] for at in (0.25, 0.5, 0.75)]
            places[1] = places[1] + self.rng.uniform(-15, 15, 2)
            return self.send(tool, "borders/move", seen=[grid, other], grids=[grid, other], line=_line(places))
        atoms = self.client.get(f"/api/v1/plans/{self.plan}/atoms?grids={grid}").json()
        vertices = np.reshape(atoms["vertices"], (-1, 2))
        shapes = to_metric(
            shapely.polygons([shapely.linearrings(vertices[atom[5][0]]) for atom in atoms["atoms"]]), SRID
        )
        near = np.flatnonzero(shapely.length(shapely.intersection(shapes, arc)) > 5)
        if not len(near):
            return False
        label = atoms["atoms"][int(near[0])][0]
        return self.send(tool, "reassign", seen=[grid, other], atoms=[label], to=other)

    def neighbour(self, grid: str) -> tuple[str, shapely.LineString] | None:
        """Return a grid of the same village beside one, with the border that they share."""
        beside = [key for key, each in self.grids.items() if each["area_code"] == self.grids[grid]["area_code"]]
        shapes = np.array([self.shapes[key] for key in beside], dtype=object)
        common = shapely.intersection(shapely.boundary(shapes), shapely.boundary(self.shapes[grid]))
        length = shapely.length(common) * np.array([key != grid for key in beside])
        if not len(length) or length.max() < 20:
            return None
        best = int(np.argmax(length))
        arcs = shapely.get_parts(shapely.line_merge(common[best]))
        return beside[best], arcs[np.argmax(shapely.length(arcs))]


def _line(places: object) -> dict[str, Any]:
    return {
        "type": "LineString",
        "coordinates": shapely.get_coordinates(to_lonlat(shapely.LineString(places), SRID)).tolist(),
    }


def _text(geometry: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(geometry).decode()


def _content(database: Database, plan: UUID) -> tuple[Any, ...]:
    """Return digests of all that a plan is, to the last bit of every shape."""
    with database.work(Actor.system()) as work:
        grids = work.session.execute(
            sa.text(
                "select count(*), md5(string_agg(concat_ws('|', grid_id, name, locked, households, dwellings,"
                " deviation, area_m2, compactness, exclave, encode(st_asewkb(geom), 'hex'),"
                " encode(st_asewkb(label_point), 'hex')), ';' order by grid_id))"
                " from grid_version where plan_id = :plan"
            ),
            {"plan": plan},
        ).one()
        atoms = work.session.execute(
            sa.text(
                "select count(*), md5(string_agg(concat_ws('|', label, grid_id, area_id, demand, dwellings,"
                " encode(st_asewkb(geom), 'hex')), ';' order by label)) from atom where plan_id = :plan"
            ),
            {"plan": plan},
        ).one()
    return (*grids, *atoms)


def test_edits_check_and_undo_of_a_county(
    database: Database, county: UUID, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from api.app import create_app

    urls = PrivateCluster(home).ensure()
    name = f"planner-{uuid4()}"
    with database.work(Actor.system()) as work:
        account = access.create_account(work, name, roles=(*BUSINESS, *RIGHTS))
        token = access.issue_token(work, name, label="bench", now=datetime.now(UTC))
        assert account.id
    started = time.perf_counter()
    with database.work(Actor.system()) as work:
        plan = make_draft(work, county)
    copied = time.perf_counter() - started
    before = _content(database, plan)
    app = create_app(
        Settings.read(home=tmp_path, database_url=urls.app, database_owner_url=urls.owner, jobs_in_server=False)
    )
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        planner = Planner(client, plan, np.random.default_rng(1))
        planner.look(database)
        while sum(map(len, planner.took.values())) < EDITS:
            planner.edit(TOOLS[sum(map(len, planner.took.values())) % len(TOOLS)])
        started = time.perf_counter()
        found = client.get(f"/api/v1/plans/{plan}/check").json()
        checked = time.perf_counter() - started
        assert found["tiling_valid"], found["problems"][:3]
        assert found["contiguous"]
        assert found["households"] == found["households_in_grids"] == 480_000
        undone = []
        for _ in range(EDITS):
            started = time.perf_counter()
            answer = client.post(f"/api/v1/plans/{plan}/undo", headers={"Idempotency-Key": str(uuid4())})
            undone.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.text
    assert _content(database, plan) == before
    with capsys.disabled():
        print(f"\ncopy of the plan as a draft {copied:.1f} s, check of all grids {checked:.1f} s")
        for tool, seconds in {**planner.took, "undo": undone}.items():
            p50, p95 = np.percentile(np.array(seconds) * 1e3, (50, 95))
            print(
                f"{tool:9} {len(seconds):4} edits  p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  max {1e3 * max(seconds):.0f}"
            )
        print("refused:", planner.refused)
