"""Statements of the loaders: bulk inserts by COPY, look-ups by code, removal before a reload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import (
    Area,
    Barrier,
    Building,
    Camera,
    Component,
    Dwelling,
    Facility,
    KeyPlace,
    Landcover,
    Staff,
    Street,
    Territory,
    Unit,
    Waterway,
)

Box = tuple[float, float, float, float]

#: Tables that a reload of an extract replaces, children first.
GROUND = (Dwelling, Building, Street, Barrier, Waterway, Landcover, KeyPlace, Facility)
#: Cameras of OpenStreetMap carry the object's name; others are left alone by a reload.
OSM_CAMERA = r"^(node|way|relation)/"


def territory_by_name(session: Session, name: str) -> Territory | None:
    """Return the territory of that name."""
    return session.scalars(sa.select(Territory).where(Territory.name == name)).one_or_none()


def territories(session: Session) -> list[Territory]:
    """Return all territories by name."""
    return list(session.scalars(sa.select(Territory).order_by(Territory.name)))


def add(session: Session, row: object) -> None:
    """Insert one row at once."""
    session.add(row)
    session.flush()


def remove_ground(session: Session, territory_id: UUID) -> None:
    """Delete what an extract gave a territory: ground, estimated dwellings and cameras of OpenStreetMap."""
    for table in GROUND:
        statement = sa.delete(table).where(table.territory_id == territory_id)
        if table is Dwelling:
            statement = statement.where(Dwelling.estimated)
        session.execute(statement)
    session.execute(
        sa.delete(Camera).where(Camera.territory_id == territory_id, Camera.source_ref.regexp_match(OSM_CAMERA))
    )


def lock_codes(session: Session) -> None:
    """Let one load number areas at a time."""
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('area codes'))"))


def area_codes(session: Session) -> list[str]:
    """Return every area code ever given."""
    return list(session.scalars(sa.select(Area.code).distinct()))


def read_areas(session: Session, territory_id: UUID) -> Columns:
    """Return id, code, kind, name, path and geometry of a territory's present areas, by code."""
    statement = (
        sa.select(Area.id, Area.code, Area.kind, Area.name, Area.path, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, sa.func.upper_inf(Area.valid))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_buildings(session: Session, territory_id: UUID) -> Columns:
    """Return id and geometry of a territory's buildings."""
    statement = (
        sa.select(Building.id, wkb(Building.geom).label("geom"))
        .where(Building.territory_id == territory_id)
        .order_by(Building.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def street_sample(session: Session, box: Box, limit: int) -> Columns:
    """Return streets of any territory that touch the box."""
    envelope = sa.func.ST_MakeEnvelope(*box, 4326)
    statement = sa.select(wkb(Street.geom).label("geom")).where(Street.geom.op("&&")(envelope)).limit(limit)
    return read_columns(session, statement, geometry=["geom"])


def area_outlines_near(session: Session, box: Box) -> Columns:
    """Return code, name and geometry of known areas that touch the box."""
    envelope = sa.func.ST_MakeEnvelope(*box, 4326)
    statement = (
        sa.select(Area.code, Area.name, wkb(Area.geom).label("geom"))
        .where(Area.geom.op("&&")(envelope), sa.func.upper_inf(Area.valid))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def known(session: Session, column: Any, values: Sequence[str]) -> dict[str, Any]:  # noqa: ANN401 - a mapped column
    """Return which of `values` a text column holds already, with the rows' ids."""
    table = column.class_
    statement = sa.select(column, table.id).where(column == sa.any_(sa.cast(list(values), sa.ARRAY(sa.Text))))
    return {str(value): row_id for value, row_id in session.execute(statement)}


def known_door_codes(session: Session, territory_id: UUID, values: Sequence[str]) -> set[str]:
    """Return which door codes a territory has already."""
    wanted = sa.cast(list(values), sa.ARRAY(sa.Text))
    statement = sa.select(Dwelling.door_code).where(
        Dwelling.territory_id == territory_id, Dwelling.door_code == sa.any_(wanted)
    )
    return {str(code) for code in session.scalars(statement)}


def ids_by_code(session: Session, territory_id: UUID) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Return area ids by code (and by name where a name is unique), and unit ids by code."""
    areas: dict[str, UUID] = {}
    names: dict[str, list[UUID]] = {}
    rows = session.execute(
        sa.select(Area.code, Area.name, Area.id).where(Area.territory_id == territory_id, sa.func.upper_inf(Area.valid))
    )
    for code, name, area_id in rows:
        areas[code] = area_id
        names.setdefault(name, []).append(area_id)
    areas.update({name: found[0] for name, found in names.items() if len(found) == 1 and name not in areas})
    units = dict(session.execute(sa.select(Unit.code, Unit.id).where(Unit.territory_id == territory_id)).tuples())
    return areas, units


def count_rows(session: Session, territory_id: UUID) -> dict[str, int]:
    """Count a territory's rows, table by table."""
    tables = (Area, *GROUND, Camera, Component, Staff)
    return {
        str(table.__tablename__): int(
            session.scalar(sa.select(sa.func.count()).select_from(table).where(table.territory_id == territory_id)) or 0
        )
        for table in tables
    }


def households(session: Session, territory_id: UUID) -> int:
    """Sum the households of a territory's dwellings."""
    statement = sa.select(sa.func.coalesce(sa.func.sum(Dwelling.households), 0))
    return int(session.scalar(statement.where(Dwelling.territory_id == territory_id)) or 0)


def evidence(session: Session, territory_id: UUID) -> dict[str, int]:
    """Sum the estimated households of a territory by what the estimates rest on."""
    statement = (
        sa.select(Dwelling.evidence, sa.func.sum(Dwelling.households))
        .where(Dwelling.territory_id == territory_id, Dwelling.estimated, Dwelling.evidence.is_not(None))
        .group_by(Dwelling.evidence)
    )
    return {str(name): int(total) for name, total in session.execute(statement)}
