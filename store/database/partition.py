"""SQL of the partition: what a plan is made from, and how a finished one is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gis.errors import NotFoundError
from store.database import grid_codes
from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import Area, Barrier, Dwelling, Grid, Plan, Street, Territory, Waterway


def find_territory(session: Session, name_or_id: str | UUID | None) -> Territory:
    """Return the named territory; None means the only one.

    Raises
    ------
    NotFoundError
        No such territory, none at all, or several where none was named.
    """
    statement = sa.select(Territory).order_by(Territory.name)
    if isinstance(name_or_id, UUID):
        statement = statement.where(Territory.id == name_or_id)
    elif name_or_id is not None:
        statement = statement.where(Territory.name == name_or_id)
    found = session.scalars(statement).all()
    if len(found) == 1:
        return found[0]
    if not found:
        known = session.scalars(sa.select(Territory.name).order_by(Territory.name)).all()
        hint = f"known: {', '.join(known)}" if known else "load one first with `gridward load osm FILE` or `load areas`"
        called = "" if name_or_id is None else f" {name_or_id}"
        raise NotFoundError(f"There is no territory{called}; {hint}.", known=known)
    names = [territory.name for territory in found]
    raise NotFoundError(f"Several territories are loaded; name one of: {', '.join(names)}.", known=names)


def read_leaf_areas(session: Session, territory_id: UUID, within: str | None) -> Columns:
    """Return the areas without children (the parents of grids), those below code `within` when it is given."""
    child = aliased(Area)
    statement = (
        sa.select(Area.id, Area.code, Area.kind, Area.name, Area.parent_id, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.valid.contains(sa.func.current_date()))
        .where(~sa.exists().where(child.parent_id == Area.id, child.valid.contains(sa.func.current_date())))
        .order_by(Area.code)
    )
    if within is not None:
        path = session.scalar(sa.select(Area.path).where(Area.territory_id == territory_id, Area.code == within))
        if path is None:
            raise NotFoundError(f"There is no area with code {within} in this territory.", area=within)
        statement = statement.where(Area.path.startswith(path, autoescape=True))
    return read_columns(session, statement, geometry=["geom"])


def read_dwellings(session: Session, territory_id: UUID) -> Columns:
    """Return every dwelling's id, households and point, in a fixed order."""
    statement = (
        sa.select(Dwelling.id, Dwelling.households, wkb(Dwelling.point).label("point"))
        .where(Dwelling.territory_id == territory_id)
        .order_by(Dwelling.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def read_border_lines(session: Session, territory_id: UUID) -> Columns:
    """Return the lines that grid borders may follow: streets, waterways and barriers, with their kind."""
    streets = sa.select(Street.kind, sa.literal("street").label("source"), wkb(Street.geom).label("geom")).where(
        Street.territory_id == territory_id
    )
    waters = sa.select(Waterway.kind, sa.literal("waterway"), wkb(Waterway.geom)).where(
        Waterway.territory_id == territory_id
    )
    barriers = sa.select(Barrier.kind, sa.literal("barrier"), wkb(Barrier.geom)).where(
        Barrier.territory_id == territory_id
    )
    lines = sa.union_all(streets, waters, barriers).subquery()
    # the order decides the noding's last bits, so it must not depend on the heap
    ordered = sa.select(lines).order_by(lines.c.source, lines.c.kind, lines.c.geom)
    return read_columns(session, ordered, geometry=["geom"])


def find_plan_by_digest(session: Session, territory_id: UUID, kind: str, digest: str) -> Plan | None:
    """Return the newest live plan that was made from exactly these inputs."""
    return session.scalars(
        sa.select(Plan)
        .where(
            Plan.territory_id == territory_id, Plan.kind == kind, Plan.spec_digest == digest, Plan.status != "retired"
        )
        .order_by(Plan.created_at.desc())
        .limit(1)
    ).first()


def grid_codes_starting(session: Session, prefixes: Sequence[str]) -> list[str]:
    """Return every grid code below `prefixes` that is given for good: such a code never comes back."""
    if not prefixes:
        return []
    grid_codes.take_turn(session)
    return list(
        session.scalars(sa.select(Grid.code).where(Grid.code_given_at.is_not(None), grid_codes.below(prefixes)))
    )


def save_plan(session: Session, plan: Plan) -> None:
    """Insert the plan row."""
    session.add(plan)
    session.flush()


GRID_COLUMNS = ("id", "territory_id", "kind", "code")
VERSION_COLUMNS = (
    "grid_id", "plan_id", "area_id", "geom", "label_point", "exclave", "households", "dwellings", "deviation",
    "area_m2", "compactness", "name", "parent_grid_id",
)  # fmt: skip
ATOM_COLUMNS = ("plan_id", "label", "grid_id", "area_id", "demand", "dwellings", "geom")


def copy_versions(session: Session, rows: Iterable[Sequence[Any]]) -> None:
    """Append grid versions by COPY, with the check for codes used twice pinned to indexes.

    The check runs once over all rows, before anybody could count them: the planner took thousands of cells for a few
    rows and compared each with each, for a minute.
    """
    session.execute(sa.text("set local join_collapse_limit = 1; set local enable_seqscan = off"))
    copy_rows(session, "grid_version", VERSION_COLUMNS, rows)
    session.execute(sa.text("set local join_collapse_limit to default; set local enable_seqscan to default"))
