"""Grids as features: name and code can be changed; a border is shared, so it moves in the planner's edits only."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gis.errors import ConflictError
from services import plan_edits
from services.features.bodies import FeatureBody
from services.plan_edits.run import Wish
from store.database import feature_edits as sql
from store.database.models import GridVersion
from store.database.work import UnitOfWork

ROLES: Final = ("planner",)


class BordersElsewhereError(ConflictError):
    """The geometry of a grid is changed by edits of its plan; ``edit`` is where."""

    code = "borders-elsewhere"


def change(work: UnitOfWork, fid: int, body: FeatureBody, revision: int, _now: datetime) -> int:
    """Change name or code of a grid in a draft; returns its feature number, another one after a new code.

    Raises
    ------
    BordersElsewhereError
        A geometry was sent.
    """
    grid = sql.row_of(work.session, GridVersion, fid)
    plan = grid.plan_id
    if body.geometry is not None:
        raise BordersElsewhereError(
            "A grid shares its border with others: move it with the edits of its plan.",
            edit=f"/api/v1/plans/{plan}/borders/move",
            plan=str(plan),
            grid=str(grid.grid_id),
        )
    changes = body.properties
    if "name" in changes:
        wish = Wish({grid.grid_id: revision})
        plan_edits.rename_grid(work, plan, grid.grid_id, wish, name=changes["name"] or "")
        revision += 1
    if "code" in changes:
        code = str(changes["code"] or "").strip()
        plan_edits.recode_grid(work, plan, grid.grid_id, Wish({grid.grid_id: revision}), code=code)
        return sql.version_with_code(work.session, plan, code)
    return fid
