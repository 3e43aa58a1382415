"""Files that leave: nothing of another area and nothing masked is in them, unpacked and looked through byte by byte."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pmtiles.reader import MemorySource, all_tiles

from services import access
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.test_area_scope import EAST, PATHS, WEST, ground, leaks, read, run_jobs  # noqa: F401 - a fixture

CONTACT = "13900001234"


@pytest.fixture(scope="module")
def taker(app, database) -> Iterator[Client]:
    """An account of the west that may take files out, and knows neither cameras' names nor reporters' contacts."""
    with database.work(Actor.system()) as work:
        access.create_account(
            work, "taker", roles=["analyst", "planner", "camera_administrator", "export"], area_path=PATHS[WEST]
        )
        token = access.issue_token(work, "taker", label="t", now=datetime.now(UTC))
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def unpacked(body: bytes) -> list[bytes]:
    """Return what is in a file: parts of a workbook, tiles, or the file itself (SQLite keeps text as it is)."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return [book.read(part) for part in book.namelist()]
    if body.startswith(b"PMTiles"):
        return [gzip.decompress(tile) for _, tile in all_tiles(MemorySource(body))]
    return [body]


def test_files_hold_nothing_of_another_area_and_nothing_masked(ground, taker, client, database):  # noqa: F811 - a fixture
    cameras = {
        str(value) for row in read(database, "select gb28181_id, source_ref from camera") for value in row if value
    }
    assert cameras
    no = f"case-number-{WEST}"
    assert client.put(f"/api/v1/incidents/{no}/contact", json={"contact": CONTACT}).status_code == 204
    plan, run = ground.town.plan, ground.town.run
    asked = [
        *(f"/api/v1/reports/{name}?format={form}&plan={plan}" + (f"&run={run}" if name == "coverage" else "")
          for name in ("coverage", "cameras", "facilities") for form in ("html", "csv", "xlsx", "gpkg")),
        *(f"/api/v1/plans/{plan}/export?format={form}" for form in ("geojson", "gpkg", "csv", "shp", "pmtiles")),
        *(f"/ogc/collections/{name}/items?limit=1000" for name in ("cameras", "view_sheds", "incidents")),
        "/api/v1/vacancies.geojson", f"/api/v1/incidents/{no}", "/api/v1/incidents", "/api/v1/events/poll",
        f"/api/v1/incidents/{no}/transitions", "/api/v1/search?q=1390000",
    ]  # fmt: skip
    started = taker.post("/api/v1/layers/export", json={"max_zoom": 14})
    assert started.status_code == 202, started.text
    run_jobs(database)
    asked.append(f"/api/v1/jobs/{started.json()['job']['id']}/file")
    for address in asked:
        answer = taker.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text[:300])
        for part in unpacked(answer.content):
            # what was asked for may be said back
            found = leaks(part, ground.marks[EAST] | cameras | {CONTACT})
            assert found == [], (address, found)
    refused = taker.get(f"/api/v1/incidents/{no}/contact")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
