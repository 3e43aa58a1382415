"""SQL of area change sets: which areas end, which begin, who takes over their children, and the steps until then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from gis.errors import ConflictError, NotFoundError
from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import Account, Area, AreaDraft, ChangeComment, ChangeSet, ChangeStep


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


def get_set(session: Session, change_set_id: UUID, *, lock: bool = False) -> ChangeSet:
    """Return a change set.

    Raises
    ------
    NotFoundError
        No such change set.
    """
    found = session.get(ChangeSet, change_set_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFoundError("There is no such change set.", change_set=str(change_set_id))
    return found


def sets_named(session: Session, name: str, territory_id: UUID | None = None) -> Sequence[UUID]:
    """Return the ids of the change sets of a name."""
    statement = sa.select(ChangeSet.id).where(ChangeSet.name == name)
    if territory_id is not None:
        statement = statement.where(ChangeSet.territory_id == territory_id)
    return session.scalars(statement).all()


def list_sets(
    session: Session, territory_id: UUID | None = None, change_set_id: UUID | None = None
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return change sets (or one of them) with author and approver, newest first."""
    author, approver = aliased(Account), aliased(Account)
    statement = (
        sa.select(
            ChangeSet.id, ChangeSet.territory_id, ChangeSet.name, ChangeSet.basis, ChangeSet.status,
            ChangeSet.replaces, ChangeSet.file, ChangeSet.effective_on, author.name.label("author"),
            approver.name.label("approver"), ChangeSet.created_at, ChangeSet.submitted_at, ChangeSet.approved_at,
            ChangeSet.published_at, ChangeSet.retired_at, ChangeSet.settled_at, ChangeSet.figures, ChangeSet.revision,
        )
        .outerjoin(author, author.id == ChangeSet.author_id)
        .outerjoin(approver, approver.id == ChangeSet.approver_id)
        .order_by(ChangeSet.effective_on.desc().nulls_first(), ChangeSet.created_at.desc())
    )  # fmt: skip
    if territory_id is not None:
        statement = statement.where(ChangeSet.territory_id == territory_id)
    if change_set_id is not None:
        statement = statement.where(ChangeSet.id == change_set_id)
    return session.execute(statement).all()


def due_sets(session: Session, today: date) -> Sequence[ChangeSet]:
    """Return change sets that wait for a day that has come, locked."""
    return session.scalars(
        sa.select(ChangeSet)
        .where(ChangeSet.status == "scheduled", ChangeSet.effective_on <= today)
        .order_by(ChangeSet.effective_on)
        .with_for_update(skip_locked=True)
    ).all()


DRAFTED = ("id", "change_set_id", "line", "code", "kind", "name", "geom")


def save_drafted(session: Session, change_set_id: UUID, rows: Sequence[Sequence[Any]]) -> None:
    """Keep the areas drawn for a change set, in the order of `DRAFTED`, in the place of those before."""
    session.execute(sa.delete(AreaDraft).where(AreaDraft.change_set_id == change_set_id))
    copy_rows(session, "area_draft", DRAFTED, rows)


def read_drafted(session: Session, change_set_id: UUID) -> Columns:
    """Return the areas drawn for a change set: id, line, code, kind, name, geom (EPSG:4326)."""
    statement = (
        sa.select(AreaDraft.id, AreaDraft.line, AreaDraft.code, AreaDraft.kind, AreaDraft.name,
                  wkb(AreaDraft.geom).label("geom"))
        .where(AreaDraft.change_set_id == change_set_id)
        .order_by(AreaDraft.line, AreaDraft.code)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["geom"])


def list_drafted(session: Session, change_set_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the areas drawn for a change set with their boxes, by code."""
    box = [getattr(sa.func, f"ST_{side}")(AreaDraft.geom).label(side.lower()) for side in ("XMin", "YMin")]
    box += [getattr(sa.func, f"ST_{side}")(AreaDraft.geom).label(side.lower()) for side in ("XMax", "YMax")]
    statement = (
        sa.select(AreaDraft.code, AreaDraft.kind, AreaDraft.name, AreaDraft.area_id, *box)
        .where(AreaDraft.change_set_id == change_set_id)
        .order_by(AreaDraft.code)
    )
    return session.execute(statement).all()


def name_areas(session: Session, change_set_id: UUID) -> None:
    """Note which area each drawn one became: of its code, from the day on."""
    session.execute(
        sa.text("""
        update area_draft d set area_id = a.id from change_set c, area a
        where d.change_set_id = :set and c.id = d.change_set_id and a.territory_id = c.territory_id
          and a.code = d.code and lower(a.valid) = c.effective_on
        """),
        {"set": change_set_id},
    )


def add_step(session: Session, step: ChangeStep) -> None:
    """Put one step of a change set on record."""
    session.add(step)
    session.flush()


def list_steps(session: Session, change_set_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the steps of a change set, first to last, with who took them."""
    statement = (
        sa.select(
            ChangeStep.id, ChangeStep.action, ChangeStep.at, ChangeStep.note, ChangeStep.facts,
            Account.name.label("actor"),
        )
        .outerjoin(Account, Account.id == ChangeStep.actor_id)
        .where(ChangeStep.change_set_id == change_set_id)
        .order_by(ChangeStep.at, ChangeStep.id)
    )  # fmt: skip
    return session.execute(statement).all()


def list_comments(session: Session, change_set_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the comments on a change set, oldest first."""
    statement = (
        sa.select(
            ChangeComment.id, ChangeComment.text, ChangeComment.area_code, ChangeComment.created_at,
            sa.func.ST_X(ChangeComment.point).label("lon"), sa.func.ST_Y(ChangeComment.point).label("lat"),
            Account.name.label("author"),
        )
        .outerjoin(Account, Account.id == ChangeComment.author_id)
        .where(ChangeComment.change_set_id == change_set_id)
        .order_by(ChangeComment.created_at, ChangeComment.id)
    )  # fmt: skip
    return session.execute(statement).all()


def replaced_sets(session: Session, territory_id: UUID, on: date) -> Sequence[ChangeSet]:
    """Return the published change sets none of whose areas goes on after a day."""
    drawn = sa.exists().where(AreaDraft.change_set_id == ChangeSet.id, AreaDraft.area_id.is_not(None))
    goes_on = sa.or_(sa.func.upper_inf(Area.valid), sa.func.upper(Area.valid) > on)
    alive = sa.exists().where(AreaDraft.change_set_id == ChangeSet.id, Area.id == AreaDraft.area_id, goes_on)
    statement = sa.select(ChangeSet).where(
        ChangeSet.territory_id == territory_id, ChangeSet.status == "published", drawn, ~alive
    )
    return session.scalars(statement.with_for_update(of=ChangeSet)).all()


def built_upon(session: Session, change_set_id: UUID) -> str | None:
    """Return the name of another change set that ends areas of this one."""
    statement = sa.text("""
        select c.name from area_draft d join lineage l on l.from_area_id = d.area_id
        join change_set c on c.id = l.change_set_id and c.id <> d.change_set_id
        where d.change_set_id = :set limit 1
    """)
    name = session.scalar(statement, {"set": change_set_id})
    return None if name is None else str(name)


def take_back(session: Session, change_set_id: UUID, ended: Sequence[UUID]) -> None:
    """Remove the areas and lineage of a change set that waits for its day; let the areas that it ends go on.

    Raises
    ------
    ConflictError
        Something hangs on the new areas already.
    """
    values = {"set": change_set_id, "ended": list(ended)}
    sources = "select from_area_id from lineage where change_set_id = :set"
    reopened = list(session.scalars(sa.text(f"{sources} union select unnest(cast(:ended as uuid[]))"), values))
    session.execute(sa.text("delete from lineage where change_set_id = :set"), values)
    try:
        with session.begin_nested():
            session.execute(
                sa.text("delete from area where id in (select area_id from area_draft where change_set_id = :set)"),
                values,
            )
    except IntegrityError as error:
        raise ConflictError(
            "Staff, units or grids hang on its new areas already; move them first.", change_set=str(change_set_id)
        ) from error
    session.execute(
        sa.text("""
        update area a set valid = daterange(lower(a.valid), null), revision = a.revision + 1 from change_set c
        where c.id = :set and a.id = any(:ids) and upper(a.valid) = c.effective_on
        """),
        {"set": change_set_id, "ids": reopened},
    )


def delete_set(session: Session, change_set_id: UUID) -> None:
    """Delete a change set that was never in force, with all that is kept of it."""
    session.execute(sa.delete(ChangeSet).where(ChangeSet.id == change_set_id))


def areas_on(session: Session, territory_id: UUID, kinds: Sequence[str], on: date) -> Columns:
    """Return the areas of some kinds valid on a day: id, code, kind, name, geom (EPSG:4326)."""
    statement = (
        sa.select(Area.id, Area.code, Area.kind, Area.name, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.kind.in_(kinds), Area.valid.contains(on))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def shapes_of_areas(session: Session, ids: Sequence[UUID]) -> Columns:
    """Return areas by id: code, kind, name, geom (EPSG:4326)."""
    statement = (
        sa.select(Area.code, Area.kind, Area.name, wkb(Area.geom).label("geom"))
        .where(Area.id.in_(ids))
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


def ending_already(session: Session, ids: Sequence[UUID]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return areas that end on a day anyway, each with the change set that ends it."""
    statement = sa.text("""
        select a.code, a.name, upper(a.valid) as until,
               (select c.name from lineage l join change_set c on c.id = l.change_set_id
                where l.from_area_id = a.id limit 1) as change_set
        from area a where a.id = any(:ids) and not upper_inf(a.valid) order by a.code
    """)
    return session.execute(statement, {"ids": list(ids)}).all()


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
