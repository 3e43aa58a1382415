"""SQL of area change sets: which areas end, which begin, and who takes over their children."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gis.errors import ConflictError, NotFoundError
from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import Account, Area, ChangeSet


def add_set(session: Session, change_set: ChangeSet) -> None:
    """Insert a change set.

    Raises
    ------
    ConflictError
        The territory has one of that name.
    """
    known = sa.select(ChangeSet.id).where(
        ChangeSet.territory_id == change_set.territory_id, ChangeSet.name == change_set.name
    )
    if session.scalar(known) is not None:
        raise ConflictError(f"There is a change set '{change_set.name}' already.", name=change_set.name)
    session.add(change_set)
    session.flush()


def get_set(session: Session, change_set_id: UUID) -> ChangeSet:
    """Return a change set.

    Raises
    ------
    NotFoundError
        No such change set.
    """
    found = session.get(ChangeSet, change_set_id)
    if found is None:
        raise NotFoundError("There is no such change set.", change_set=str(change_set_id))
    return found


def list_sets(session: Session, territory_id: UUID | None = None) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return change sets with their author, newest first."""
    statement = (
        sa.select(
            ChangeSet.id, ChangeSet.territory_id, ChangeSet.name, ChangeSet.basis, ChangeSet.effective_on,
            Account.name.label("author"), ChangeSet.created_at, ChangeSet.settled_at, ChangeSet.figures,
        )
        .outerjoin(Account, Account.id == ChangeSet.author_id)
        .order_by(ChangeSet.effective_on.desc(), ChangeSet.created_at.desc())
    )  # fmt: skip
    if territory_id is not None:
        statement = statement.where(ChangeSet.territory_id == territory_id)
    return session.execute(statement).all()


def due_sets(session: Session, today: date) -> Sequence[ChangeSet]:
    """Return change sets whose day has come and that were not settled, locked."""
    return session.scalars(
        sa.select(ChangeSet)
        .where(ChangeSet.settled_at.is_(None), ChangeSet.effective_on <= today)
        .order_by(ChangeSet.effective_on)
        .with_for_update(skip_locked=True)
    ).all()


def areas_on(session: Session, territory_id: UUID, kinds: Sequence[str], on: date) -> Columns:
    """Return the areas of some kinds valid on a day: id, code, name, geom (EPSG:4326)."""
    statement = (
        sa.select(Area.id, Area.code, Area.name, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.kind.in_(kinds), Area.valid.contains(on))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def ids_on(session: Session, territory_id: UUID, on: date) -> dict[str, UUID]:
    """Return the ids of a territory's areas valid on a day, by code."""
    statement = sa.select(Area.code, Area.id).where(Area.territory_id == territory_id, Area.valid.contains(on))
    return {str(code): area_id for code, area_id in session.execute(statement)}


def end_areas(session: Session, ids: Sequence[UUID], on: date) -> None:
    """End the validity of areas on a day."""
    session.execute(
        sa.text("update area set valid = daterange(lower(valid), :on), revision = revision + 1 where id = any(:ids)"),
        {"on": on, "ids": list(ids)},
    )


INSERTED = (
    "id", "territory_id", "code", "kind", "name", "parent_id", "path", "area_code", "town_code", "county_code", "geom",
    "valid",
)  # fmt: skip


def insert_areas(session: Session, rows: Sequence[Sequence[Any]]) -> None:
    """Insert areas in the order of `INSERTED`; parents before children."""
    # a row may name a parent of the same file: those above have shorter codes
    copy_rows(session, "area", INSERTED, sorted(rows, key=lambda row: (len(row[2]), row[2])))


def holders(session: Session, codes: Sequence[str], on: date, ending: Sequence[UUID]) -> Sequence[sa.Row[str, str]]:
    """Return areas that hold one of `codes` on or after a day and do not end."""
    statement = sa.select(Area.code, Area.name).where(
        Area.code.in_(codes), ~Area.id.in_(ending), sa.text("valid && daterange(:on, null)").bindparams(on=on)
    )
    return session.execute(statement).all()


def begun_on_or_after(session: Session, ids: Sequence[UUID], on: date) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return areas that begin on a day or later."""
    since = sa.func.lower(Area.valid)
    statement = sa.select(Area.code, Area.name, since.label("since")).where(Area.id.in_(ids), since >= on)
    return session.execute(statement).all()


# a child of an area that ended goes to the area of the change set that holds most of its ground
_ADOPT = sa.text("""
with orphan as (
    select distinct c.id, c.geom, c.path, c.code from lineage l join area c on c.parent_id = l.from_area_id
    where l.change_set_id = :set and c.valid @> current_date
), home as (
    select distinct on (o.id) o.id, o.path as old_path, n.id as parent_id, n.path || '.' || o.code as path
    from orphan o join lineage l on l.change_set_id = :set join area n on n.id = l.to_area_id
    where n.geom && o.geom and n.id <> o.id
    order by o.id, st_area(st_intersection(n.geom, o.geom)) desc
), below as (
    update area a set path = h.path || substr(a.path, length(h.old_path) + 1)
    from home h where a.path like h.old_path || '.%' and a.valid @> current_date returning a.id
)
update area a set parent_id = h.parent_id, path = h.path, revision = revision + 1 from home h where a.id = h.id
""")


def adopt_children(session: Session, change_set_id: UUID) -> None:
    """Hang the children of areas that ended below the new ones."""
    session.execute(_ADOPT, {"set": change_set_id})


def grids_of_areas(session: Session, ids: Sequence[UUID]) -> int:
    """Count the grids in force that belong to areas."""
    statement = sa.text("select count(*) from grid_version where area_id = any(:ids) and valid @> now()")
    return int(session.scalar(statement, {"ids": list(ids)}) or 0)
