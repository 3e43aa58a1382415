"""Residential compounds in household plans of central Helsinki."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.crs import to_lonlat, to_metric
from store.database import partition as sql
from store.database import plan_inputs
from store.database.engine import Database
from store.database.models import Compound

SRID = 32635


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


def test_compound_that_fits_a_grid_is_never_cut(database: Database, helsinki: UUID) -> None:
    with database.work(SYSTEM) as work:  # those of the extract would only blur what is counted
        work.session.execute(sa.delete(Compound))
    plain = propose(database, seed=1)
    with database.work(SYSTEM) as work:
        dwellings = sql.read_dwellings(work.session, helsinki)
        grids = plan_inputs.kept_grids(work.session, plain)
        points = to_metric(dwellings["point"], SRID)
        made = estates_across_borders(to_metric(grids["geom"], SRID), points, dwellings["households"])
        for shape in made:
            multi = shapely.MultiPolygon([to_lonlat(shape, SRID)])
            work.session.execute(sa.insert(Compound).values(territory_id=helsinki, name="estate", geom=multi))
    after = propose(database, seed=1)
    assert after != plain
    # the estates were cut before they were known, and none is after
    assert all(len(counts) > 1 for counts in grids_of_estates(database, plain))
    assert all(len(counts) == 1 for counts in grids_of_estates(database, after))


def estates_across_borders(grids: np.ndarray, points: np.ndarray, households: np.ndarray) -> list[shapely.Polygon]:
    """Draw squares around places where households of two grids are near, with fewer households than a grid."""
    tree, of_grid = shapely.STRtree(points), np.full(len(points), -1)
    row, grid = shapely.STRtree(grids).query(points, predicate="intersects")
    of_grid[row] = grid
    found: list[shapely.Polygon] = []
    for point in points:
        square = shapely.box(point.x - 40, point.y - 40, point.x + 40, point.y + 40)
        inside = tree.query(square, predicate="contains")
        crossing = len(set(of_grid[inside][households[inside] > 0].tolist())) > 1
        near = any(shapely.dwithin(square, other, 150.0) for other in found)
        if crossing and not near and 0 < households[inside].sum() <= 200:
            found.append(square)
        if len(found) == 4:
            break
    assert len(found) >= 2
    return found


def grids_of_estates(database: Database, plan: UUID) -> list[list[int]]:
    """Households of each estate by grid, counted by the server."""
    inside = sa.text(
        "select c.id, v.grid_id, sum(d.households)::int as households from compound c"
        " join dwelling d on st_contains(c.geom, d.point) and d.households > 0"
        " join grid_version v on v.plan_id = :plan and st_intersects(v.geom, d.point)"
        " group by c.id, v.grid_id order by c.id"
    )
    found: dict[UUID, list[int]] = {}
    with database.work(SYSTEM) as work:
        for row in work.session.execute(inside, {"plan": plan}):
            found.setdefault(row.id, []).append(row.households)
    return list(found.values())
