"""SQL of names that grids get from their streets."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import GridVersion, Street

Box = tuple[float, float, float, float]

#: Signs of a street's name that still leave room for a direction in a grid's.
LONGEST = 100


def named_streets(session: Session, territory_id: UUID, box: Box | None = None) -> Columns:
    """Return name and course of the streets that have a name, those in a box where one is given."""
    statement = sa.select(Street.name, wkb(Street.geom).label("geom")).where(
        Street.territory_id == territory_id, Street.name != "", sa.func.length(Street.name) <= LONGEST
    )
    if box is not None:
        statement = statement.where(Street.geom.op("&&")(sa.func.ST_MakeEnvelope(*box, 4326)))
    return read_columns(session, statement.order_by(Street.name, Street.geom), geometry=["geom"])


def names_in_areas(session: Session, plan_id: UUID, area_ids: list[UUID]) -> dict[UUID, set[str]]:
    """Return the names that the grids of some areas have in a plan."""
    found: dict[UUID, set[str]] = {area: set() for area in area_ids}
    rows = session.execute(
        sa.select(GridVersion.area_id, GridVersion.name).where(
            GridVersion.plan_id == plan_id, GridVersion.area_id.in_(area_ids), GridVersion.name != ""
        )
    )
    for area, name in rows:
        found[area].add(name)
    return found
