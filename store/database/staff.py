"""SQL of staffing: who can hold a post, who holds one now, and the change from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns
from store.database.models import Area, Assignment, Grid, GridVersion, Role, Staff


def read_staff(session: Session, territory_id: UUID, posts: Sequence[str]) -> Columns:
    """Return active staff whose post is one of `posts`, with duty point (lon/lat, nan when unknown) and area path."""
    statement = (
        sa.select(
            Staff.id, Staff.work_no, Staff.name, Staff.post, Area.path.label("area_path"),
            sa.func.ST_X(Staff.duty_point).label("lon"), sa.func.ST_Y(Staff.duty_point).label("lat"),
        )
        .outerjoin(Area, Area.id == Staff.area_id)
        .where(Staff.territory_id == territory_id, Staff.active, sa.func.lower(Staff.post).in_(posts))
        .order_by(Staff.work_no)
    )  # fmt: skip
    return read_columns(session, statement)


def read_posts(session: Session, plan_id: UUID) -> Columns:
    """Return one post per grid of a plan: grid, code, households, middle and area path."""
    statement = (
        sa.select(
            Grid.id, Grid.code, GridVersion.households, Area.path.label("area_path"), Area.code.label("area_code"),
            sa.func.ST_X(GridVersion.label_point).label("lon"), sa.func.ST_Y(GridVersion.label_point).label("lat"),
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .join(Area, Area.id == GridVersion.area_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )  # fmt: skip
    return read_columns(session, statement)


def holders_now(session: Session, plan_id: UUID, role: str) -> dict[UUID, UUID]:
    """Return the staff member who holds `role` in each grid of a plan now."""
    statement = (
        sa.select(Assignment.grid_id, Assignment.staff_id)
        .join(GridVersion, GridVersion.grid_id == Assignment.grid_id)
        .where(GridVersion.plan_id == plan_id, Assignment.role == role, Assignment.valid.contains(sa.func.now()))
    )
    return {grid: staff for grid, staff in session.execute(statement).all() if grid is not None}


def end_assignments(session: Session, grids: Sequence[UUID], role: str, at: datetime) -> None:
    """End `role` in the given grids at `at`; one that began at that very moment never was and goes."""
    here = sa.and_(Assignment.grid_id.in_(grids), Assignment.role == role, sa.func.upper_inf(Assignment.valid))
    session.execute(sa.delete(Assignment).where(here, sa.func.lower(Assignment.valid) >= at))
    session.execute(
        sa.update(Assignment).where(here).values(valid=sa.func.tstzrange(sa.func.lower(Assignment.valid), at, "[)"))
    )


def begin_assignments(
    session: Session, pairs: Sequence[tuple[UUID, UUID]], role: str, at: datetime, *, is_head: bool
) -> None:
    """Give `role` in each grid to a staff member from `at` on; `pairs` are (grid, staff)."""
    if not pairs:
        return
    valid = pg.Range(at, None, bounds="[)")
    rows = [
        {"grid_id": grid, "staff_id": staff, "role": role, "is_head": is_head, "valid": valid} for grid, staff in pairs
    ]
    session.execute(sa.insert(Assignment), rows)


def role_names(session: Session) -> dict[str, tuple[str, str]]:
    """Return the English and Chinese name of every role."""
    return {code: (en, zh) for code, en, zh in session.execute(sa.select(Role.code, Role.name_en, Role.name_zh))}
