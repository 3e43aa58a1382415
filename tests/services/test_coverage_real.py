"""Real ground and real cameras, to the figure: Helsinki, Baltimore with its 311 reports, Hsinchu with bearings.

Totals hang on ground and cameras alone, not on where grids end; a change of them is a change of the engine.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from coverage_by_hand import assert_by_hand
from loaded_helsinki import SYSTEM, load_helsinki, propose

from services import ingest
from services.coverage import run_coverage
from services.coverage_spec import CoverageSpec
from services.partition import PlanSpec, propose_plan
from store.database import coverage as sql
from store.database.engine import Database

HELSINKI = {
    "cameras": 221, "cameras_unknown_heading": 181, "cameras_moved_out": 51, "cameras_inside_buildings": 3,
    "cameras_serviceable": 218, "streets_m": 22505.39061932, "seen_m": 2944.6516249, "seen_m_upper": 9109.69598907,
    "k2_m": 875.25880853, "k3_m": 276.32069579, "k2_m_upper": 4768.66742911, "k3_m_upper": 2476.62039462, "open_m2": 1167748.21629206, "seen_m2": 72371.69608514,
    "seen_m2_upper": 224619.15958332, "key_places": 155, "key_places_seen": 34, "key_places_seen_upper": 75,
}  # fmt: skip
BALTIMORE = {
    "cameras": 145, "cameras_unknown_heading": 145, "streets_m": 363061.33363789, "seen_m": 0.0,
    "seen_m_upper": 16468.68905721, "open_m2": 33867884.51928, "seen_m2_upper": 584832.15232969, "key_places": 1964,
    "key_places_seen": 0, "key_places_seen_upper": 90,
}  # fmt: skip
HSINCHU = {
    "cameras": 16, "cameras_unknown_heading": 8, "streets_m": 60492.89349307, "seen_m": 272.22858266,
    "seen_m_upper": 351.91057693, "open_m2": 5403735.61375778, "seen_m2": 6702.00988604,
    "seen_m2_upper": 46197.01736002, "key_places": 186, "key_places_seen": 1, "key_places_seen_upper": 1,
}  # fmt: skip


def load(database: Database, extract: Path, cameras: Path, mapping: dict[str, str], *, rows: int) -> UUID:
    """Load ground and the cameras on it, a file of so many rows; return a plan."""
    with database.owner_work(SYSTEM) as work:
        loaded = ingest.load_osm(work, extract, territory=extract.name)
    with database.work(SYSTEM) as work:
        found = ingest.load_cameras(
            work, cameras, territory=extract.name, crs="wgs84", mapping=mapping, skip_rejected=True
        )
        # those that stand outside the extract are refused row by row, none is lost in silence
        assert found.accepted + len(found.rejected) == rows
    with database.work(SYSTEM) as work:
        return propose_plan(work, PlanSpec(target=300), territory=loaded.territory_id).plan_id


def assert_figures(database: Database, plan: UUID, expected: dict[str, float]) -> None:
    with database.work(SYSTEM) as work:
        run, _ = run_coverage(work, plan)
        found = {name: run.summary[name] for name in expected}
        assert_by_hand(work, plan)
    assert found == pytest.approx(expected, rel=1e-6)


def test_helsinki(database: Database) -> None:
    load_helsinki(database)
    assert_figures(database, propose(database), HELSINKI)


def test_baltimore_with_its_reports(database: Database, test_data: Path) -> None:
    folder, name = test_data / "osm", "baltimore-inner-2015-02.osm.pbf"
    columns = {"ref": "ID", "lon": "Longitude", "lat": "Latitude"}
    plan = load(database, folder / name, test_data / "cameras" / "baltimore_cctv_locations_2014.csv", columns, rows=614)
    assert_figures(database, plan, BALTIMORE)
    told = {"item": "SRType", "key": "ServiceRequestNum", "reported_at": "CreatedDate", **columns}
    del told["ref"]
    with database.work(SYSTEM) as work:
        ingest.load_incidents(
            work, test_data / "incidents" / "baltimore_311_sample_2014_2019.csv.gz", territory=name, crs="wgs84",
            mapping=told, skip_rejected=True, timezone="America/New_York",
        )  # fmt: skip
    with database.work(SYSTEM) as work:
        run, _ = run_coverage(work, plan, CoverageSpec(on="2018-06-30", time_zone="America/New_York"))
        rows = sql.coverage_rows(work.session, run.id)
        assert sum(row.CoverageGrid.incidents for row in rows) == 243
        worst = rows[0].CoverageGrid
        assert {reason["kind"] for reason in worst.reasons} == {"street", "key_place", "incident"}


def test_hsinchu_with_bearings(database: Database, test_data: Path) -> None:
    cameras = test_data / "cameras" / "hsinchu_speed_cameras_bearing_2026-08.geojson"
    extract = test_data / "osm" / "hsinchu-nctu-tw-2022.osm.pbf"
    assert_figures(database, load(database, extract, cameras, {"ref": "id", "azimuth": "bearing"}, rows=132), HSINCHU)
