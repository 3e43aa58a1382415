"""Foreign nets and whole countries: Hsinchu's 2,217 statistical areas on household grids, nets of Liechtenstein."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, propose

from services import ingest
from services.partition import PlanSpec
from services.partition.net_files import load_net
from services.partition.net_shares import list_shares
from services.plan_check import check_plan
from store.cluster import ClusterUrls
from store.database import nets as sql
from store.database import plans as plan_sql
from store.database.engine import Database
from store.database.models import Area, Dwelling, GridVersion, Plan


@pytest.fixture
def opened(fresh_database_urls: ClusterUrls) -> Iterator[Database]:
    database = Database(fresh_database_urls.app, fresh_database_urls.owner)
    yield database
    database.dispose()


def _villages(data: Path, folder: Path) -> Path:
    """Write the villages with codes of 12 digits, and their districts above them."""
    layer = json.loads((data / "taiwan-hsinchu" / "hsinchu_villages_2021_households.geojson").read_text())
    shapes: dict[str, list[Any]] = {}
    for feature in layer["features"]:
        told = feature["properties"]
        town = f"100180{told['VILLCODE'][5:8]}"
        shapes.setdefault(town, []).append(shapely.geometry.shape(feature["geometry"]))
        feature["properties"] = {"code": town + told["VILLCODE"][8:], "name": told["VILLNAME"], "kind": "village"}
    layer["features"] += [
        {
            "type": "Feature",
            "properties": {"code": town, "name": town, "kind": "town"},
            "geometry": shapely.geometry.mapping(shapely.union_all(parts)),
        }
        for town, parts in shapes.items()
    ]
    path = folder / "villages.geojson"
    path.write_text(json.dumps(layer))
    return path


def test_statistical_areas_of_hsinchu_map_onto_household_grids(
    opened: Database, test_data: Path, tmp_path: Path
) -> None:
    areas = test_data / "taiwan-hsinchu" / "hsinchu_basic_statistical_areas_households.geojson"
    with opened.owner_work(SYSTEM) as work:
        ingest.load_areas(work, _villages(test_data, tmp_path), territory="Hsinchu", crs="wgs84", skip_rejected=True)
        ingest.load_dwellings(work, areas, territory="Hsinchu", crs="wgs84", skip_rejected=True)
    base = propose(opened, target=1500)
    with opened.work(SYSTEM) as work:
        made = load_net(work, areas, PlanSpec(kind="safety", target=1000), crs="wgs84", skip_rejected=True)
        shares = list_shares(work, made.plan_id) if made.plan_id else []
        total = int(work.session.scalar(sa.select(sa.func.sum(Dwelling.households))) or 0)
        grids = {row.id for row in plan_sql.plan_grids(work.session, base)}
        found = check_plan(work, made.plan_id) if made.plan_id else None
        codes = set(sql.net_shapes(work.session, made.plan_id)["code"].tolist()) if made.plan_id else set()
    assert made.report.accepted >= 2200
    assert len(codes) == made.report.accepted
    assert "A1801-0018-00" in codes
    assert total > 150_000
    assert sum(row.households for row in shares) == total
    assert {row.grid_id for row in shares if row.grid_id is not None} == grids
    by_net: dict[Any, float] = {}
    for row in shares:
        if row.net_grid_id is not None:
            by_net[row.net_grid_id] = by_net.get(row.net_grid_id, 0.0) + (row.share_of_net or 0.0)
    assert np.allclose(list(by_net.values()), 1.0, atol=1e-6)
    assert found is not None
    assert found.problems == []
    police = propose(opened, kind="police", target=8000)
    with opened.work(SYSTEM) as work:
        checked = check_plan(work, police)
        town_of = dict(work.session.execute(sa.select(Area.id, Area.parent_id)).tuples().all())
        towns: dict[Any, set[Any]] = {}
        homes = dict(
            work.session.execute(
                sa.select(GridVersion.grid_id, GridVersion.area_id).where(GridVersion.plan_id == base)
            ).tuples().all()
        )  # fmt: skip
        for row in list_shares(work, police):
            towns.setdefault(row.net_grid_id, set()).add(town_of[homes[row.grid_id]])
        merged = [row.code for row in plan_sql.plan_grids(work.session, police)]
    assert [problem for problem in checked.problems if problem["blocks"]] == []
    assert all(len(each) == 1 for each in towns.values())
    # communities that were merged take a block from 601
    assert any(int(code[15:18]) >= 601 for code in merged)


def test_nets_and_dedicated_grids_of_liechtenstein(opened: Database, test_data: Path) -> None:
    with opened.owner_work(SYSTEM) as work:
        ingest.load_osm(work, test_data / "osm" / "liechtenstein-2025-09.osm.pbf", territory="Liechtenstein")
    propose(opened)
    police, dedicated = propose(opened, kind="police", target=3000), propose(opened, kind="dedicated", target=60)
    with opened.work(SYSTEM) as work:
        total = int(work.session.scalar(sa.select(sa.func.sum(Dwelling.households))) or 0)
        shares = list_shares(work, police)
        problems = [problem for problem in check_plan(work, police).problems if problem["blocks"]]
        of_floors = check_plan(work, dedicated).problems
        quality = work.session.get_one(Plan, dedicated).quality
    assert problems == []
    assert sum(row.households for row in shares) == total
    assert {row.share_of_grid for row in shares if row.grid_id} == {1.0}
    assert {problem["kind"] for problem in of_floors} <= {"no-head"}
    assert quality["grids"] >= 5
