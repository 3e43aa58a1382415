"""SQL of staffing: who can hold a post, who holds one now, and the change from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns
from store.database.models import Area, Assignment, Grid, GridVersion, Role, Staff


def read_staff(session: Session, territory_id: UUID, posts: Sequence[str], skill: str | None = None) -> Columns:
    """Return active staff whose post is one of `posts` (none given: any) and who have a skill, in work number order.

    Columns: id, work_no, name, post, max_posts, area_path, and the duty point as lon and lat, None when unknown.
    """
    statement = (
        sa.select(
            Staff.id, Staff.work_no, Staff.name, Staff.post, Staff.max_posts, Area.path.label("area_path"),
            sa.func.ST_X(Staff.duty_point).label("lon"), sa.func.ST_Y(Staff.duty_point).label("lat"),
        )
        .outerjoin(Area, Area.id == Staff.area_id)
        .where(Staff.territory_id == territory_id, Staff.active)
        .order_by(Staff.work_no)
    )  # fmt: skip
    if posts:
        statement = statement.where(sa.func.lower(Staff.post).in_(posts))
    if skill is not None:
        statement = statement.where(Staff.skills.contains([skill]))
    return read_columns(session, statement)


def read_posts(session: Session, plan_id: UUID) -> Columns:
    """Return one post per grid of a plan: grid, code, households, middle, and the area's id, code and path."""
    statement = (
        sa.select(
            Grid.id, Grid.code, GridVersion.households, Area.path.label("area_path"), Area.code.label("area_code"),
            Area.id.label("area_id"), sa.func.ST_X(GridVersion.label_point).label("lon"),
            sa.func.ST_Y(GridVersion.label_point).label("lat"),
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .join(Area, Area.id == GridVersion.area_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )  # fmt: skip
    return read_columns(session, statement)


def count_grids(session: Session, plan_id: UUID) -> int:
    """Return how many grids a plan has."""
    statement = sa.select(sa.func.count()).select_from(GridVersion).where(GridVersion.plan_id == plan_id)
    return int(session.scalar(statement) or 0)


def grid_ids(session: Session, plan_id: UUID) -> dict[str, UUID]:
    """Return the ids of a plan's grids by code."""
    statement = sa.select(Grid.code, Grid.id).join(GridVersion, GridVersion.grid_id == Grid.id)
    return {str(code): grid for code, grid in session.execute(statement.where(GridVersion.plan_id == plan_id))}


def areas_of_paths(session: Session, territory_id: UUID, paths: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """Return the id and code of the areas of today with the given paths."""
    statement = sa.select(Area.path, Area.id, Area.code).where(
        Area.territory_id == territory_id, Area.path.in_(paths), Area.valid.contains(sa.func.current_date())
    )
    return {path: (area_id, code) for path, area_id, code in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class Tenure:
    """When a change of who holds a role in a grid takes hold, and until when.

    Attributes
    ----------
    start : datetime
        The moment of the change; for a grid of a plan that waits for its day, that day.
    until : datetime or None
        When the next holder begins, or the grid ends because a plan that waits has no such grid; None is open.
    holder : UUID or None
        Who holds the role at `start`.
    """

    start: datetime
    until: datetime | None
    holder: UUID | None


_TENURES = sa.text("""
with place as (
    select v.grid_id, case
        when v.valid is null or v.valid @> cast(:at as timestamptz) then cast(:at as timestamptz)
        when exists (select from grid_version w where w.grid_id = v.grid_id and w.valid @> cast(:at as timestamptz))
            then cast(:at as timestamptz)
        else greatest(cast(:at as timestamptz), lower(v.valid)) end as start
    from grid_version v where v.plan_id = :plan
)
select p.grid_id, p.start,
    (select a.staff_id from assignment a
        where a.grid_id = p.grid_id and (a.role = :role or a.is_head and :head) and a.valid @> p.start
        limit 1) as holder,
    nullif(least(
        (select min(lower(a.valid)) from assignment a
            where a.grid_id = p.grid_id and (a.role = :role or a.is_head and :head) and lower(a.valid) > p.start),
        (select max(coalesce(upper(w.valid), 'infinity')) from grid_version w
            where w.grid_id = p.grid_id and w.valid is not null and coalesce(upper(w.valid), 'infinity') > p.start)
    ), 'infinity') as until
from place p
""")
_END = sa.text("""
with change as (
    select * from unnest(cast(:grids as uuid[]), cast(:starts as timestamptz[])) c(grid_id, start)
), never as (
    delete from assignment a using change c
    where a.grid_id = c.grid_id and (a.role = :role or a.is_head and :head) and lower(a.valid) = c.start
)
update assignment a set valid = tstzrange(lower(a.valid), c.start, '[)') from change c
where a.grid_id = c.grid_id and (a.role = :role or a.is_head and :head)
    and a.valid @> c.start and lower(a.valid) < c.start
""")


def tenures(session: Session, plan_id: UUID, role: str, at: datetime, *, is_head: bool) -> dict[UUID, Tenure]:
    """Return when a change of who holds `role` in each grid of a plan, decided at `at`, takes hold, and until when."""
    values = {"plan": plan_id, "role": role, "at": at, "head": is_head}
    return {row.grid_id: Tenure(row.start, row.until, row.holder) for row in session.execute(_TENURES, values)}


def end_assignments(session: Session, starts: Mapping[UUID, datetime], role: str, *, is_head: bool) -> None:
    """End `role` in the given grids, each at its moment; one that began at that very moment never was and goes."""
    if starts:
        values = {"grids": list(starts), "starts": list(starts.values()), "role": role, "head": is_head}
        session.execute(_END, values)


def begin_assignments(
    session: Session, holders: Mapping[UUID, UUID], terms: Mapping[UUID, Tenure], role: str, *, is_head: bool
) -> None:
    """Give `role` in each grid to a staff member for a term; `holders` are grid → staff."""
    rows = [
        {
            "grid_id": grid, "staff_id": staff, "role": role, "is_head": is_head,
            "valid": pg.Range(terms[grid].start, terms[grid].until, bounds="[)"),
        }
        for grid, staff in holders.items()
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(Assignment), rows)


def role_names(session: Session) -> dict[str, tuple[str, str]]:
    """Return the English and Chinese name of every role."""
    return {code: (en, zh) for code, en, zh in session.execute(sa.select(Role.code, Role.name_en, Role.name_zh))}
