"""SQL of dedicated grids: buildings with levels, which building words mean, and the floors that a grid holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import Area, Building, Dwelling, GridFloor

FLOOR_COLUMNS = ("plan_id", "grid_id", "building_id", "floors", "load")


def read_buildings(session: Session, territory_id: UUID) -> Columns:
    """Return id, reference, kind, levels and footprint of a territory's buildings, in a fixed order."""
    statement = (
        sa.select(Building.id, Building.source_ref, Building.kind, Building.levels, wkb(Building.geom).label("geom"))
        .where(Building.territory_id == territory_id)
        .order_by(Building.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_zones(session: Session, territory_id: UUID) -> Columns:
    """Return name and outline of the areas of the kind zone."""
    statement = (
        sa.select(Area.name, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.kind == "zone", Area.valid.contains(sa.func.current_date()))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def doors_called(session: Session, territory_id: UUID, words: Sequence[str]) -> list[sa.Row[Any]]:
    """Return word, building and place of the doors whose code or address is one of `words` (lower case)."""
    listed = sa.func.unnest(sa.cast(list(words), sa.ARRAY(sa.Text)))
    wanted = listed.table_valued("word", name="wanted").render_derived()
    statement = sa.select(
        wanted.c.word, Dwelling.building_id, wkb(Dwelling.point).label("point"),
        (sa.func.lower(Dwelling.door_code) == wanted.c.word).label("by_code"),
    ).join(
        Dwelling,
        sa.or_(sa.func.lower(Dwelling.door_code) == wanted.c.word, sa.func.lower(Dwelling.address) == wanted.c.word),
    ).where(Dwelling.territory_id == territory_id).order_by(wanted.c.word, Dwelling.fid)  # fmt: skip
    return list(session.execute(statement))


def save_floors(session: Session, rows: Iterable[Sequence[Any]]) -> int:
    """Write which floors of which building each grid holds; return how many rows."""
    return copy_rows(session, "grid_floor", FLOOR_COLUMNS, rows)


def grids_without_building(session: Session, plan_id: UUID) -> list[UUID]:
    """Return the grids of a plan of which a building is gone."""
    statement = sa.select(GridFloor.grid_id).where(GridFloor.plan_id == plan_id, GridFloor.building_id.is_(None))
    return list(session.scalars(statement.distinct()))
