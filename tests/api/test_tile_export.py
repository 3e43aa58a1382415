"""Tiles in a file: the same as those that are served, and readable by others."""

from __future__ import annotations

import gzip
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyogrio
import pytest
import sqlalchemy as sa
from pmtiles.reader import MemorySource, Reader, all_tiles

from gis.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import access, tile_export
from services.layers import Look
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.mvt import read_tile
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def tiles_of(content):
    return {address: gzip.decompress(body) for address, body in all_tiles(MemorySource(content))}


def served(client, layer, address, query=""):
    z, x, y = address
    answer = client.get(f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}{query}")
    return read_tile(answer.content)[layer] if answer.status_code == 200 else None


def test_a_plan_as_tiles_is_what_the_server_sends(client, town):
    answer = client.get(f"/api/v1/plans/{town.plan}/export?format=pmtiles")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.pmtiles"
    assert answer.headers["content-disposition"].endswith('grids.pmtiles"')
    reader = Reader(MemorySource(answer.content))
    header, metadata = reader.header(), reader.metadata()
    assert (header["min_zoom"], header["max_zoom"]) == (9, 16)
    assert header["min_lon_e7"] / 1e7 == pytest.approx(lonlat(0, 0)[0], abs=1e-3)
    assert [each["id"] for each in metadata["vector_layers"]] == ["atoms", "grids", "grid_labels"]
    assert metadata["vector_layers"][1]["fields"]["households"] == "Number"
    found = tiles_of(answer.content)
    assert {z for z, _, _ in found} == set(range(9, 17))
    seen = 0
    for address, body in found.items():
        for layer, content in read_tile(body).items():
            assert content == served(client, layer, address, f"?plan={town.plan}"), (layer, address)
            seen += len(content["features"])
    assert seen > 50


def test_gdal_opens_the_file(database, town, tmp_path):
    file = tmp_path / "town.pmtiles"
    with database.work(SYSTEM) as work:
        written = tile_export.export_layers(work, file, collections=["grids", "streets"], max_zoom=14)
    assert written.size == file.stat().st_size
    if "PMTiles" not in pyogrio.list_drivers():
        pytest.skip("this GDAL reads no PMTiles")
    assert {name for name, _ in pyogrio.list_layers(file)} == {"grids", "streets"}
    grids = pyogrio.read_dataframe(file, layer="grids")
    assert {"1", "2", "3", "4", "5", "6"} == set(grids["number"])
    assert grids.crs.to_epsg() == 3857
    west, south, _, _ = grids.to_crs(4326).total_bounds
    assert (west, south) == pytest.approx(lonlat(0, 0), abs=1e-3)


def test_a_box_and_a_zoom_bound_what_is_written(database, town, tmp_path):
    corner, other = lonlat(0, 0), lonlat(150, 150)
    with database.work(SYSTEM) as work:
        whole = tile_export.export_layers(work, tmp_path / "a.pmtiles", look=Look(plan=town.plan), max_zoom=16)
        part = tile_export.export_layers(work, tmp_path / "b.pmtiles", box=(*corner, *other), max_zoom=16)
        low = tile_export.export_layers(work, tmp_path / "c.pmtiles", max_zoom=12)
    assert whole.tiles > part.tiles > 0
    assert whole.tiles > low.tiles > 0
    assert max(z for z, _, _ in tiles_of((tmp_path / "c.pmtiles").read_bytes())) == 12


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"box": (25.0, 60.0, 24.0, 61.0)}, "the smaller first"),
        ({"box": (float("nan"), 0.0, 1.0, 1.0)}, "the smaller first"),
        ({"box": (-200.0, 0.0, 1.0, 1.0)}, "outside the earth"),
        ({"box": (-170.0, -80.0, 170.0, 80.0)}, "more than"),
        ({"box": (1.0, 1.0, 1.001, 1.001)}, "nothing of these layers"),
        ({"max_zoom": 17}, "deepest zoom"),
        ({"max_zoom": 3}, "deepest zoom"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_file(database, town, tmp_path, wrong, words):
    file = tmp_path / "no.pmtiles"
    with database.work(SYSTEM) as work, pytest.raises(InvalidInputError, match=words):
        tile_export.export_layers(work, file, collections=["grids"], **wrong)
    assert list(tmp_path.iterdir()) == []


def test_words_of_a_command_are_read_or_refused():
    assert tile_export.require_collections("grids, streets,grids") == ["grids", "streets", "grids"]
    with pytest.raises(NotFoundError, match="nothing"):
        tile_export.require_collections("grids,nothing")
    with pytest.raises(NotFoundError, match="Name the layers"):
        tile_export.require_collections(" ,")
    with pytest.raises(InvalidInputError, match="four numbers"):
        tile_export.parse_box("1,2,3")


def test_taking_tiles_out_needs_the_right_to_export(database, town, tmp_path):
    mei = Actor(None, "mei", frozenset({"planner"}))
    with database.work(mei) as work, pytest.raises(NotAllowedError, match="export"):
        tile_export.export_plan(work, town.plan, tmp_path / "no.pmtiles")


def _run_jobs(database):
    from services.jobs import run_job

    with database.work(SYSTEM) as work:
        waiting = list(work.session.scalars(sa.text("select id from job_progress where state = 'queued'")))
    for job in waiting:
        run_job(database, job, 0, threading.Event())


def test_a_file_of_tiles_is_asked_for_as_a_job_and_taken_away_by_whoever_asked(
    app, client, database, town, make_account
):
    asked = {"collections": ["grids", "cameras"], "max_zoom": 14}
    started = client.post("/api/v1/layers/export", json=asked)
    assert started.status_code == 202, started.text
    job = started.json()["job"]
    assert client.get(f"/api/v1/jobs/{job['id']}/file").status_code == 404
    _run_jobs(database)
    done = client.get(f"/api/v1/jobs/{job['id']}").json()["job"]
    assert (done["state"], done["result"]["file"]) == ("succeeded", f"/api/v1/jobs/{job['id']}/file"), done
    answer = client.get(done["result"]["file"])
    assert answer.headers["content-type"] == "application/vnd.pmtiles"
    described = app.openapi()["paths"]["/api/v1/jobs/{job_id}/file"]["get"]["responses"]["200"]
    assert list(described["content"]) == ["application/vnd.pmtiles"]
    assert len(answer.content) == done["result"]["bytes"]
    found = tiles_of(answer.content)
    assert len(found) == done["result"]["tiles"]
    assert {layer for body in found.values() for layer in read_tile(body)} == {"grids", "cameras"}
    # nobody else takes it away, and nobody without the right begins
    for token in (make_account("planner"), make_account("analyst", area_path="990101001.990101001001")):
        with Client(app, headers={"Authorization": f"Bearer {token}"}) as other:
            assert other.get(done["result"]["file"]).status_code == 404
    with database.work(SYSTEM) as work:
        access.create_account(work, "no-export", roles=["planner"])
        bare = access.issue_token(work, "no-export", label="t", now=datetime.now(UTC))
    with Client(app, headers={"Authorization": f"Bearer {bare}"}) as other:
        assert other.post("/api/v1/layers/export", json=asked).status_code == 403
        assert other.get(done["result"]["file"]).status_code == 403
    with database.work(SYSTEM) as work:
        lines = work.session.execute(
            sa.text("select action, target, details from audit where action like 'export%' order by id")
        ).all()
    assert ("export.tiles", "layers", {"collections": ["grids", "cameras"], "max_zoom": 14}) in [
        tuple(line) for line in lines
    ]
    # each try of somebody who holds the right leaves a line: before it was there, with it, and two strangers'
    assert [line.target for line in lines if line.action == "export"].count(done["result"]["file"]) == 4
    # a day later it is gone
    from services.housekeeping import forget_old_jobs

    with database.work(SYSTEM) as work:
        forget_old_jobs(work, now=datetime.now(UTC) + timedelta(days=1, minutes=1))
    assert client.get(done["result"]["file"]).status_code == 404


def test_an_account_of_an_area_takes_out_its_own_area(app, database, town, make_account):
    token = make_account("planner", area_path="990101001.990101001002")
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as east:
        job = east.post("/api/v1/layers/export", json={"collections": ["grids"], "max_zoom": 13}).json()["job"]["id"]
        _run_jobs(database)
        found = tiles_of(east.get(f"/api/v1/jobs/{job}/file").content)
    names = {each["properties"]["number"] for body in found.values() for each in read_tile(body)["grids"]["features"]}
    assert names == {"3", "6"}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"collections": ["nothing"]}, 404), ({"bbox": [1, 2, 3]}, 422), ({"bbox": [25, 60, 24, 61]}, 422),
        ({"bbox": [-170, -80, 170, 80]}, 422), ({"max_zoom": 17}, 422), ({"collections": ["facilities"]}, 404),
        ({"plan": str(uuid4())}, 404), ({"surprise": 1}, 422),
    ],
)  # fmt: skip
def test_an_export_that_makes_no_sense_is_refused_at_once(client, town, asked, status):
    answer = client.post("/api/v1/layers/export", json=asked)
    assert answer.status_code == status, answer.text
