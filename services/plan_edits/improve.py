"""Balance a neighbourhood again."""

from __future__ import annotations

from uuid import UUID

import numpy as np

from gis.errors import InvalidInputError
from grid_partition.edits import Edited
from grid_partition.improve import improve_grids
from services.plan_edits.answer import EditAnswer
from services.plan_edits.run import Order, Wish, run_edit
from services.plan_edits.scene import Scene
from store.database.work import UnitOfWork

#: Grids that are balanced while somebody waits; a whole town is a new proposal.
MOST_GRIDS = 60


def improve(
    work: UnitOfWork, plan_id: UUID, grids: list[UUID], wish: Wish, *, tolerance: float = 0.1, seed: int = 0
) -> EditAnswer:
    """Run the partitioner again on some grids, from how they are now; locked ones among them stay."""
    if not 2 <= len(set(grids)) <= MOST_GRIDS:
        raise InvalidInputError(f"Name 2 to {MOST_GRIDS} grids to balance among each other.", field="grids")

    def compute(scene: Scene) -> Edited:
        numbers = np.array([scene.number(grid) for grid in set(grids)], dtype=np.int64)
        return improve_grids(scene.patch, numbers, tolerance=tolerance, seed=seed)

    request = {"grids": [str(grid) for grid in grids], "tolerance": tolerance, "seed": seed}
    return run_edit(work, plan_id, Order("improve", grids, grids, request, compute, around=False), wish)
