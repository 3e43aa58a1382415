"""SQL of proving a stored plan: what it should cover, and whom it should hold."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import Area, Dwelling, Grid, GridVersion, Plan


def read_doors(session: Session, territory_id: UUID) -> Columns:
    """Return every dwelling with its name for people, households and point, in a fixed order."""
    statement = (
        sa.select(
            sa.func.coalesce(Dwelling.door_code, sa.func.nullif(Dwelling.address, ""), "").label("name"),
            Dwelling.households,
            wkb(Dwelling.point).label("point"),
        )
        .where(Dwelling.territory_id == territory_id)
        .order_by(Dwelling.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def read_areas(session: Session, ids: list[UUID]) -> Columns:
    """Return the outlines of some areas."""
    statement = sa.select(Area.id, wkb(Area.geom).label("geom")).where(Area.id.in_(ids)).order_by(Area.code)
    return read_columns(session, statement, geometry=["geom"])


def read_parent_grids(session: Session, plan: Plan) -> Columns:
    """Return id of each grid of a nested plan with its parent grid as it is in the plan that this one is based on."""
    own, above = aliased(GridVersion), aliased(GridVersion)
    statement = (
        sa.select(own.grid_id, Grid.code, wkb(above.geom).label("geom"))
        .join(above, sa.and_(above.grid_id == own.parent_grid_id, above.plan_id == plan.based_on_id))
        .join(Grid, Grid.id == above.grid_id)
        .where(own.plan_id == plan.id)
        .order_by(own.grid_id)
    )
    return read_columns(session, statement, geometry=["geom"])
