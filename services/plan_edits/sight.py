"""What an account of some areas edits: grids that it sees, and of a neighbour beyond only the vertex it is given.

Grids never cross the area that they are in, so an edit is proved within one area, and whoever sees it whole can be
shown why it is refused. A border on the rim of the account's areas is shared with a grid beyond: that grid is read with
whole eyes, so that both sides stay one line, and never shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import shapely

from gis.crs import to_metric
from store.database import plan_edits as sql
from store.database.actor import AreaLimitedError
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

__all__ = ["beyond_of", "only_got_a_vertex", "require_ground", "require_sight"]

#: Square metres that a border may seem to move by when it only gets a vertex on the 1 cm grid.
ROUNDING = 1.0
#: What a grid that only gets a vertex keeps, beside its ground; figures are counted anew with its shape.
_KEPT = ("area_id", "parent_grid_id", "name", "locked")


def require_sight(work: UnitOfWork, plan_id: UUID, grid_ids: Iterable[UUID]) -> None:
    """Refuse an account of some areas that names other grids; whether there are such is not told.

    Raises
    ------
    AreaLimitedError
        ``grids`` names those that the account may not edit.
    """
    outside = beyond_of(work, grid_ids)
    if outside:
        raise AreaLimitedError(
            "These grids do not lie in the areas of your account; only grids wholly inside them can be edited.",
            plan=str(plan_id),
            grids=sorted(str(grid) for grid in outside),
            area=work.actor.area_path,
        )


def require_ground(work: UnitOfWork, plan_id: UUID, drawn: shapely.Polygon) -> None:
    """Refuse an account of some areas that draws over the ground of grids out of its sight."""
    if not work.actor.is_limited:
        return
    with work.everywhere():
        under = sql.grids_under(work.session, plan_id, drawn)
    if beyond_of(work, under):
        place = shapely.point_on_surface(drawn)
        raise AreaLimitedError(
            "Part of the polygon lies outside the areas of your account; draw inside them, or ask for a repair.",
            plan=str(plan_id),
            place=[round(float(place.x), 9), round(float(place.y), 9)],
            area=work.actor.area_path,
        )


def beyond_of(work: UnitOfWork, grid_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of some grids that the account does not see; none for one of the whole territory."""
    asked = set(grid_ids)
    if not work.actor.is_limited or not asked:
        return frozenset()
    return frozenset(asked.difference(sql.grids_in_sight(work.session, asked)))


def only_got_a_vertex(
    before: Mapping[UUID, Image], after: Mapping[UUID, Image], beyond: Collection[UUID], srid: int
) -> bool:
    """Whether all that grids beyond got from an edit are vertices: neither ground nor a mark of theirs changed.

    Parameters
    ----------
    before, after : dict of UUID to dict
        States of the touched grids, shapes in EPSG:4326.
    beyond : collection of UUID
    srid : int
        Metric CRS to measure in.
    """
    for grid in beyond:
        old, new = before.get(grid), after.get(grid)
        if old is None or new is None or any(old.get(name) != new.get(name) for name in _KEPT):
            return False
        was, now = (to_metric(shapely.from_wkb(str(each["geom"])), srid) for each in (old, new))
        if float(shapely.area(shapely.symmetric_difference(was, now))) > ROUNDING:
            return False
    return True
