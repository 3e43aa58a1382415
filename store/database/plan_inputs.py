"""SQL of what a proposal takes into account besides the ground: the plan in use, incidents, cameras."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import Camera, Compound, Dwelling, Grid, GridVersion, Incident


def kept_grids(session: Session, plan_id: UUID) -> Columns:
    """Return id, code, name, area, lock and shape of a plan's grids, in code order."""
    statement = (
        sa.select(
            Grid.id, Grid.code, GridVersion.name, GridVersion.area_id, GridVersion.locked, GridVersion.revision,
            wkb(GridVersion.geom).label("geom"),
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["geom"])


def lock_grids(session: Session, plan_id: UUID, grid_ids: Sequence[UUID]) -> None:
    """Lock grids of a plan against editing."""
    if grid_ids:
        session.execute(
            sa.update(GridVersion)
            .where(GridVersion.plan_id == plan_id, GridVersion.grid_id.in_(grid_ids))
            .values(locked=True)
        )


def incident_points(session: Session, territory_id: UUID) -> Columns:
    """Return the places of the last year's incidents."""
    statement = (
        sa.select(wkb(Incident.point).label("point"))
        .where(Incident.territory_id == territory_id, Incident.point.is_not(None))
        # the month lets the server skip partitions
        .where(Incident.month >= sa.text("current_date - interval '13 months'"))
        .where(Incident.reported_at >= sa.text("now() - interval '1 year'"))
        .order_by(Incident.reported_at, Incident.id)
    )
    return read_columns(session, statement, geometry=["point"])


def camera_points(session: Session, territory_id: UUID) -> Columns:
    """Return the places of all cameras."""
    statement = sa.select(wkb(Camera.point).label("point")).where(Camera.territory_id == territory_id)
    return read_columns(session, statement.order_by(Camera.fid), geometry=["point"])


def compound_shapes(session: Session, territory_id: UUID) -> Columns:
    """Return the residential compounds, small ones first: where two overlap the smaller one counts."""
    area = sa.func.ST_Area(Compound.geom)
    statement = sa.select(wkb(Compound.geom).label("geom")).where(Compound.territory_id == territory_id)
    return read_columns(session, statement.order_by(area, Compound.geom), geometry=["geom"])


def count_doors(session: Session, territory_id: UUID) -> int:
    """Return how many doors a territory has."""
    return session.scalars(sa.select(sa.func.count()).where(Dwelling.territory_id == territory_id)).one()
