"""SQL of proving a stored plan: what it should cover, and whom it should hold."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import Area, Atom, Dwelling, Grid, GridVersion, Plan


def read_doors(session: Session, territory_id: UUID) -> Columns:
    """Return every dwelling's fid, households and ``lonlat`` (n, 2), in a fixed order."""
    # a county has a hundred thousand doors: four arrays, all in one order, are read in the time of a few rows
    columns = (Dwelling.fid, Dwelling.households, sa.func.ST_X(Dwelling.point), sa.func.ST_Y(Dwelling.point))
    found = session.execute(
        sa.select(*(sa.func.array_agg(column) for column in columns)).where(Dwelling.territory_id == territory_id)
    ).one()
    fid, households, lon, lat = (np.array([] if values is None else values) for values in found)
    order = np.argsort(fid)
    return {
        "fid": fid[order].astype(np.int64),
        "households": households[order].astype(np.float64),
        "lonlat": np.stack([lon[order], lat[order]], axis=1).astype(np.float64),
    }


def atom_blocks(session: Session, plan_id: UUID) -> Columns:
    """Return area, grid, demand and shape (MultiPolygon) of a plan's atoms, together for each pair of area and grid."""
    statement = (
        sa.select(
            Atom.area_id,
            Atom.grid_id,
            sa.func.sum(Atom.demand).label("demand"),
            wkb(sa.func.ST_Collect(Atom.geom, type_=sa.LargeBinary)).label("geom"),
        )
        .where(Atom.plan_id == plan_id)
        .group_by(Atom.area_id, Atom.grid_id)
        .order_by(Atom.area_id, Atom.grid_id)
    )
    return read_columns(session, statement, geometry=["geom"])


def door_names(session: Session, fids: list[int]) -> dict[int, str]:
    """Return door code or address of some dwellings, by fid; empty where there is neither."""
    name = sa.func.coalesce(Dwelling.door_code, sa.func.nullif(Dwelling.address, ""), "").label("name")
    statement = sa.select(Dwelling.fid, name).where(Dwelling.fid.in_(fids))
    return {row.fid: row.name for row in session.execute(statement)}


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
