"""Keep areas drawn simpler for low zooms: all areas of a kind in one go, so that neighbours still match."""

from __future__ import annotations

import logging
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_metric, transform
from gis.errors import InvalidGeometryError
from grid_partition.simplify import simplify_tiling
from services.grid_shapes import as_multipolygons, tolerance_at
from store.database import area_shapes as sql
from store.database.grid_shapes import LEVELS
from store.database.jobs import take_turn
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.types import TILE_SRID

KINDS_A_ROUND = 8
_log = logging.getLogger(__name__)


def renew_shapes(work: UnitOfWork, territory_id: UUID, kind: str) -> bool:
    """Draw the areas of a kind simpler for low zooms.

    Returns
    -------
    bool
        False where they are no tiling (areas of some sources overlap): tiles then show the exact shapes.
    """
    territory = work.session.get_one(Territory, territory_id)
    areas = sql.shapes_of(work.session, territory_id, kind)
    if not len(areas["id"]):
        return False
    metric = np.asarray(to_metric(areas["geom"], territory.metric_srid), dtype=object)
    south, north = shapely.total_bounds(areas["geom"])[[1, 3]].tolist()
    by_level = {}
    try:
        for level in LEVELS:
            found = simplify_tiling(metric, tolerance_at(level, (south + north) / 2))
            by_level[level] = as_multipolygons(transform(found.geometry, territory.metric_srid, TILE_SRID))
    except InvalidGeometryError as error:
        _log.info("areas are no tiling, so they are drawn exactly: %s", error, extra={"kind": kind})
        return False
    sql.replace_shapes(work.session, areas, by_level)
    work.touch("areas", territory_id)
    return True


def draw_missing(work: UnitOfWork, limit: int = KINDS_A_ROUND) -> int:
    """Draw the areas whose simpler shapes are missing; return how many kinds were drawn."""
    take_turn(work.session, "area shapes")
    return sum(renew_shapes(work, *each) for each in sql.kinds_without_shapes(work.session, limit))
