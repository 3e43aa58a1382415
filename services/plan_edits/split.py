"""Split a grid by a line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import shapely

from gis.crs import to_metric
from grid_partition import split as pure
from grid_partition.edits import Edited
from services.plan_edits.answer import EditAnswer
from services.plan_edits.drawn import read_line
from services.plan_edits.places import placed
from services.plan_edits.run import Order, Wish, run_edit
from services.plan_edits.scene import Scene
from store.database.work import UnitOfWork


def split_grid(
    work: UnitOfWork, plan_id: UUID, grid_id: UUID, line: list[Any], wish: Wish, *, many: bool = False, name: str = ""
) -> EditAnswer:
    """Split a grid along a line.

    Parameters
    ----------
    work : UnitOfWork
    plan_id, grid_id : UUID
    line : list of [lon, lat]
    wish : Wish
    many : bool
        Allow more than two pieces.
    name : str
        Name of the new grid.

    Returns
    -------
    EditAnswer
        The piece with most households keeps identity and code.
    """
    with placed(work, plan_id, [grid_id]):
        drawn = read_line(line)

    def compute(scene: Scene) -> Edited:
        metric: shapely.LineString = to_metric(drawn, scene.plan.srid)
        return pure.split_grid(scene.patch, scene.number(grid_id), metric, scene.doors_of, many=many)

    request = {"grid": str(grid_id), "line": line, "many": many, "repair": wish.repair}
    return run_edit(work, plan_id, Order("split", [grid_id], [grid_id], request, compute, name=name), wish)
