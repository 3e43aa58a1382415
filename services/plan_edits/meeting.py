"""Whether an edit can be kept beside what others saved since it was drawn, or would take their change back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_metric
from grid_partition.settle import Settled
from services.plan_edits.scene import Scene
from store.database import edit_log as log_sql
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

__all__ = ["changed_by", "takes_back", "takes_back_marks"]

#: Square metres that two edits may share: where new borders meet, corners are rounded.
COMMON = 0.5


def takes_back(scene: Scene, settled: Settled, kind: str, since: Mapping[UUID, int]) -> bool:
    """Whether an edit moves ground again that others have moved since the given revisions of its grids.

    Ground that a split or a drawing gives to a new grid, or that a merge joins, is no step back: both changes are
    there afterwards.
    """
    if kind == "merge":
        return False
    edited, count = settled.edited, len(scene.ids)
    before = scene.patch.grid[edited.source]
    moved = (before != edited.grid) & (edited.grid < count)
    if not moved.any():
        return False
    mine = shapely.union_all(edited.geometry[moved])
    theirs = []
    for grid, image in log_sql.images_at(scene.work.session, scene.plan.id, since).items():
        if grid in scene.ids:
            then = to_metric(shapely.from_wkb(str(image["geom"])), scene.plan.srid)
            now = shapely.union_all(scene.patch.geometry[scene.patch.members(scene.number(grid))])
            theirs.append(shapely.difference(now, then))
    common = shapely.area(shapely.intersection(mine, np.array(theirs, dtype=object)))
    return bool(np.sum(common) > COMMON)


def takes_back_marks(
    work: UnitOfWork, plan_id: UUID, now: Image, values: Mapping[str, Any], since: Mapping[UUID, int]
) -> bool:
    """Whether others have given a grid another name or lock since the given revision than the one it would get."""
    grid = UUID(str(now["grid_id"]))
    then = log_sql.images_at(work.session, plan_id, since).get(grid, now)
    return any(now.get(name) not in (then.get(name), value) for name, value in values.items())


def changed_by(work: UnitOfWork, plan_id: UUID, grids: list[UUID]) -> dict[str, Any] | None:
    """Return who changed some grids last, and when: what the other side of a conflict wants to know."""
    row = log_sql.latest_edit(work.session, plan_id, grids)
    return None if row is None else {"author": row.author, "at": row.at, "kind": row.kind}
