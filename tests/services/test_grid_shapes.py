"""Simpler grids for low zooms: kept with the plan, drawn in tiles, forgotten when a border changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import geopandas
import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.crs import to_metric, transform
from gis.errors import InvalidInputError
from services import housekeeping, plan_files
from services.grid_shapes import renew_shapes
from store.database import plans as plan_sql
from store.database import tiles
from store.database.engine import Database
from store.database.grid_shapes import LEVELS
from store.database.models import GridShape, GridVersion, Plan, Territory
from tests.api.mvt import polygons_of, read_tile

# one unit of a tile: what its own whole numbers may move a vertex by, on either side of a border
UNIT = 1.0


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


@pytest.fixture(scope="module")
def plan(database: Database, helsinki: UUID) -> UUID:
    return propose(database, grids=24)


def tile_holding(database: Database, territory: UUID, z: int) -> tuple[int, int]:
    with database.work(SYSTEM) as work:
        outline = transform(work.session.get_one(Territory, territory).outline, 4326, 3857)
    middle = outline.centroid
    width = tiles.WORLD_M / 2**z
    return int((middle.x + tiles.WORLD_M / 2) // width), int((tiles.WORLD_M / 2 - middle.y) // width)


def decoded(database: Database, territory: UUID, plan: UUID, z: int) -> dict[str, shapely.Geometry]:
    x, y = tile_holding(database, territory, z)
    with database.work(SYSTEM) as work:
        body = tiles.read_tile(work.session, "grids", tiles.read_view(work.session, plan=plan), z, x, y)
    features = read_tile(body)["grids"]["features"]
    return {feature["properties"]["code"]: polygons_of(feature["commands"]) for feature in features}


def stored(database: Database, plan: UUID) -> dict[int, np.ndarray]:
    with database.work(SYSTEM) as work:
        rows = work.session.execute(
            sa.select(GridShape.max_zoom, GridShape.geom_3857)
            .where(GridShape.plan_id == plan)
            .order_by(GridShape.max_zoom, GridShape.grid_id)
        ).all()
    levels = sorted({row[0] for row in rows})
    return {level: np.array([row[1] for row in rows if row[0] == level], dtype=object) for level in levels}


def test_a_saved_plan_has_simpler_shapes_that_tile(database: Database, plan: UUID) -> None:
    by_level = stored(database, plan)
    assert tuple(by_level) == LEVELS
    counts = []
    for shapes in by_level.values():
        assert len(shapes) == 24
        assert shapely.coverage_is_valid(shapes)
        assert shapely.area(shapes).sum() == pytest.approx(shapely.union_all(shapes).area)
        counts.append(int(shapely.get_num_coordinates(shapes).sum()))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@pytest.mark.parametrize("z", [11, 12, 13])
def test_decoded_tiles_have_no_gap_or_overlap_beyond_their_grid(
    database: Database, helsinki: UUID, plan: UUID, z: int
) -> None:
    grids = decoded(database, helsinki, plan, z)
    assert len(grids) >= 20  # a tile may cut the town
    shapes = np.array(list(grids.values()), dtype=object)
    assert shapely.is_valid(shapes).all()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    overlap = shapely.intersection(shapes[i[i < j]], shapes[j[i < j]])
    assert shapely.is_empty(shapely.buffer(overlap, -UNIT)).all()
    covered = shapely.union_all(shapes)
    gaps = shapely.difference(shapely.buffer(shapely.buffer(covered, 4 * UNIT), -4 * UNIT), covered)
    assert shapely.buffer(gaps, -UNIT).is_empty


def test_low_zooms_are_lighter_than_the_exact_shapes(database: Database, helsinki: UUID, plan: UUID) -> None:
    light = decoded(database, helsinki, plan, 13)
    with pytest.raises(ZeroDivisionError), database.work(SYSTEM) as work:
        work.session.execute(sa.delete(GridShape))
        x, y = tile_holding(database, helsinki, 13)
        body = tiles.read_tile(work.session, "grids", tiles.read_view(work.session, plan=plan), 13, x, y)
        exact = [polygons_of(feature["commands"]) for feature in read_tile(body)["grids"]["features"]]
        assert len(exact) == len(light)
        assert shapely.get_num_coordinates(list(light.values())).sum() < shapely.get_num_coordinates(exact).sum()
        raise ZeroDivisionError  # leave nothing behind


def test_a_moved_border_forgets_the_shapes_and_upkeep_draws_them_again(database: Database, helsinki: UUID) -> None:
    mine, other = propose(database, grids=5), propose(database, grids=6)
    one = sa.select(GridVersion).where(GridVersion.plan_id == mine).order_by(GridVersion.grid_id).limit(1)
    with database.work(SYSTEM) as work:
        version = work.session.scalars(one).one()
        version.name, before = "renamed", version.geom
    assert tuple(stored(database, mine)) == LEVELS
    with database.work(SYSTEM) as work:
        work.session.scalars(one).one().geom = shapely.MultiPolygon([before.geoms[0].buffer(-1e-5)])
    assert stored(database, mine) == {}
    assert tuple(stored(database, other)) == LEVELS
    with database.work(SYSTEM) as work:
        work.session.scalars(one).one().geom = before
    assert housekeeping.clear_away(database, now=datetime.now(UTC))["shapes"] == 1
    assert tuple(stored(database, mine)) == LEVELS


def test_grids_that_lie_over_each_other_are_drawn_exactly(database: Database, helsinki: UUID) -> None:
    plan = propose(database, grids=4)
    with pytest.raises(ZeroDivisionError), database.work(SYSTEM) as work:
        versions = work.session.scalars(sa.select(GridVersion).where(GridVersion.plan_id == plan)).all()
        versions[0].geom = versions[1].geom
        work.session.flush()
        assert not renew_shapes(work, plan)
        assert work.session.scalar(sa.select(sa.func.count()).where(GridShape.plan_id == plan)) == 0
        raise ZeroDivisionError


def test_export_may_be_simplified_and_still_tiles(
    database: Database, helsinki: UUID, plan: UUID, tmp_path: Path
) -> None:
    with database.work(SYSTEM) as work:
        srid = work.session.get_one(Territory, helsinki).metric_srid
        exact = to_metric(plan_sql.grid_shapes(work.session, plan)["geom"], srid)
        assert plan_files.export(work, plan, tmp_path / "grids.gpkg", simplify=20) == 24
        with pytest.raises(InvalidInputError, match="tolerance"):
            plan_files.export(work, plan, tmp_path / "no.gpkg", simplify=-1)
    read = geopandas.read_file(tmp_path / "grids.gpkg")
    shapes = to_metric(read.geometry.to_numpy(), srid)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.get_num_coordinates(shapes).sum() < shapely.get_num_coordinates(exact).sum()


def test_a_removed_plan_takes_its_shapes_along(database: Database, helsinki: UUID) -> None:
    plan = propose(database, grids=3)
    with database.owner_work(SYSTEM) as work:
        work.session.execute(sa.text("delete from atom where plan_id = :plan"), {"plan": plan})
        work.session.execute(sa.delete(Plan).where(Plan.id == plan))
    assert stored(database, plan) == {}
