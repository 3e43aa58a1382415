"""Keep grids drawn simpler for low zooms: all grids of a plan in one go, so that neighbours still match."""

from __future__ import annotations

import logging
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat, to_metric, transform
from gis.errors import InvalidGeometryError
from grid_partition.simplify import simplify_tiling
from store.database import grid_shapes as sql
from store.database import plans as plan_sql
from store.database.models import Plan, Territory
from store.database.tiles import WORLD_M
from store.database.work import UnitOfWork
from store.types import TILE_SRID

TILE_PX = 512
#: Share of a pixel that a border may be off: less than anybody can see.
FINENESS = 0.5
_log = logging.getLogger(__name__)


def tolerance_at(zoom: int, latitude: float) -> float:
    """Return the metres on the ground that half a pixel covers at a zoom and latitude.

    Examples
    --------
    >>> round(tolerance_at(13, 0.0), 2)
    4.78
    """
    return float(FINENESS * WORLD_M / 2**zoom / TILE_PX * np.cos(np.radians(latitude)))


def renew_shapes(work: UnitOfWork, plan_id: UUID) -> bool:
    """Draw the grids of a plan simpler for low zooms; call it after borders were saved.

    Returns
    -------
    bool
        False for a plan whose grids are no tiling (several over one footprint): its tiles show the exact shapes.
    """
    plan = plan_sql.get_plan(work.session, plan_id)
    territory = work.session.get_one(Territory, plan.territory_id)
    grids = plan_sql.grid_shapes(work.session, plan_id)
    if not len(grids["id"]):
        return False
    metric = np.asarray(to_metric(grids["geom"], territory.metric_srid), dtype=object)
    south, north = shapely.total_bounds(grids["geom"])[[1, 3]].tolist()
    by_level = {}
    try:
        for level in sql.LEVELS:
            found = simplify_tiling(metric, tolerance_at(level, (south + north) / 2))
            by_level[level] = as_multipolygons(transform(found.geometry, territory.metric_srid, TILE_SRID))
    except InvalidGeometryError as error:
        _log.info("grids are no tiling, so they are drawn exactly: %s", error, extra={"plan_id": str(plan_id)})
        return False
    sql.replace_shapes(work.session, plan_id, grids["id"], by_level)
    return True


def lacks_shapes(work: UnitOfWork, plan: Plan) -> bool:
    """Whether edits left a plan without the simpler shapes that low zooms show."""
    return plan.kind in sql.TILING_KINDS and not sql.has_shapes(work.session, plan.id)


def draw_if_forgotten(work: UnitOfWork, plan_id: UUID) -> bool:
    """Draw the simpler shapes of a plan that lacks them; return whether there was something to draw."""
    plan = plan_sql.get_plan(work.session, plan_id)
    if not lacks_shapes(work, plan) or not renew_shapes(work, plan_id):
        return False
    for layer in ("grids", "grid_labels"):
        work.touch(layer, plan.territory_id)
    return True


def simplified(geometry: npt.NDArray[np.object_], tolerance: float, metric_srid: int) -> npt.NDArray[np.object_]:
    """Simplify stored grids for an export.

    Parameters
    ----------
    geometry : (n,) array of MultiPolygon, EPSG:4326
    tolerance : float
        Metres.
    metric_srid : int

    Returns
    -------
    (n,) array of MultiPolygon, EPSG:4326

    Raises
    ------
    InvalidGeometryError
        The grids are no tiling.
    """
    metric = np.asarray(to_metric(geometry, metric_srid), dtype=object)
    return as_multipolygons(to_lonlat(simplify_tiling(metric, tolerance).geometry, metric_srid))


def as_multipolygons(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return polygons and multipolygons as multipolygons, the one type that the database keeps."""
    return np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes], dtype=object)
