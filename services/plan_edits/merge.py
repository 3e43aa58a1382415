"""Merge grids that touch."""

from __future__ import annotations

from uuid import UUID

import numpy as np

from grid_partition import merge as pure
from grid_partition.edits import Edited
from services.plan_edits.answer import EditAnswer
from services.plan_edits.run import Order, Wish, run_edit
from services.plan_edits.scene import Scene
from store.database.work import UnitOfWork


def merge_grids(work: UnitOfWork, plan_id: UUID, grid_ids: list[UUID], wish: Wish) -> EditAnswer:
    """Put grids of one parent together; the one with most households keeps identity, code and name."""

    def compute(scene: Scene) -> Edited:
        return pure.merge_grids(scene.patch, np.array([scene.number(grid) for grid in set(grid_ids)], dtype=np.int64))

    request = {"grids": [str(grid) for grid in grid_ids]}
    return run_edit(work, plan_id, Order("merge", grid_ids, grid_ids, request, compute, around=False), wish)
