"""Draw a new grid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np

from gis.crs import to_metric
from grid_partition import draw_grid as pure
from grid_partition.edits import Edited, NothingChangesError
from services.plan_edits.answer import EditAnswer
from services.plan_edits.drawn import read_polygon
from services.plan_edits.places import placed
from services.plan_edits.run import Order, Wish, run_edit
from services.plan_edits.scene import Scene
from services.plan_edits.sight import require_ground
from store.database import plan_edits as sql
from store.database.work import UnitOfWork


def draw_grid(work: UnitOfWork, plan_id: UUID, polygon: list[Any], wish: Wish, *, name: str = "") -> EditAnswer:
    """Make a grid of the ground under a polygon.

    It must lie in one parent; with `repair` what lies in others is left out. Locked grids keep their ground.
    """
    with placed(work, plan_id):
        drawn = read_polygon(polygon)
    if not wish.repair:
        require_ground(work, plan_id, drawn)
    grids = sql.grids_under(work.session, plan_id, drawn)
    if not grids:
        place = list(drawn.exterior.coords[0][:2])
        raise NothingChangesError("The polygon lies outside of the plan.", place=place)

    def compute(scene: Scene) -> Edited:
        beyond = np.array([grid in scene.beyond for grid in scene.ids], bool)
        shape = to_metric(drawn, scene.plan.srid)
        return pure.draw_grid(scene.patch, shape, scene.doors_of, clip=wish.repair, beyond=beyond)

    request = {"polygon": polygon, "name": name, "repair": wish.repair}
    return run_edit(work, plan_id, Order("draw", grids, [], request, compute, name=name), wish)
