"""Move a border, or a vertex of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError
from grid_partition import border_move as pure
from grid_partition.edits import Edited
from services.plan_edits.answer import EditAnswer
from services.plan_edits.drawn import read_line, read_point
from services.plan_edits.places import placed
from services.plan_edits.run import Order, Wish, run_edit
from services.plan_edits.scene import Scene
from store.database.work import UnitOfWork


def move_border(work: UnitOfWork, plan_id: UUID, grids: Sequence[UUID], line: list[Any], wish: Wish) -> EditAnswer:
    """Replace the border that two grids share, or a stretch of it, by a line; it moves once, for both."""
    with placed(work, plan_id, grids):
        if len(grids) != 2 or grids[0] == grids[1]:
            raise InvalidInputError("A line moves the border of two grids.", field="grids")
        drawn = read_line(line)
    pair = (grids[0], grids[1])

    def compute(scene: Scene) -> Edited:
        metric: shapely.LineString = to_metric(drawn, scene.plan.srid)
        one, other = (scene.number(grid) for grid in pair)
        return pure.move_border(scene.patch, one, other, metric, scene.doors_of)

    request = {"grids": [str(grid) for grid in pair], "line": line, "repair": wish.repair}
    return run_edit(work, plan_id, Order("border", pair, pair, request, compute), wish)


def move_vertex(
    work: UnitOfWork, plan_id: UUID, grids: list[UUID], start: list[float], end: list[float], wish: Wish
) -> EditAnswer:
    """Move a vertex of the border of some grids, such as the node in which three of them meet."""

    def compute(scene: Scene) -> Edited:
        numbers = np.array([scene.number(grid) for grid in grids], dtype=np.int64)
        here, there = (read_point(place, scene.plan.srid) for place in (start, end))
        return pure.move_vertex(scene.patch, numbers, here, there, scene.doors_of)

    request = {"grids": [str(grid) for grid in grids], "vertex": {"from": start, "to": end}, "repair": wish.repair}
    return run_edit(work, plan_id, Order("border", grids, grids, request, compute), wish)
