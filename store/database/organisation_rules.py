"""SQL of ratio rules, of what they are measured on at a date, and of staffing proposals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import PostCount, RatioRule, StaffingProposal

Rows = Sequence[sa.Row[Any]]


def list_rules(session: Session, territory_id: UUID, *, code: str | None = None, lock: bool = False) -> list[RatioRule]:
    """Return the rules of a territory in order: its own, and those Gridward starts with where it has none."""
    own = sa.select(RatioRule.code).where(RatioRule.territory_id == territory_id)
    statement = (
        sa.select(RatioRule)
        .where(
            sa.or_(
                RatioRule.territory_id == territory_id,
                sa.and_(RatioRule.territory_id.is_(None), RatioRule.code.not_in(own)),
            )
        )
        .order_by(RatioRule.seq, RatioRule.code)
    )
    if code is not None:
        statement = statement.where(RatioRule.code == code)
    return list(session.scalars(statement.with_for_update() if lock else statement))


_GRIDS = sa.text("""
select g.id, g.code, v.name, v.households, a.id as area_id, a.code as area_code, a.name as area_name, a.path,
       st_x(v.label_point) as lon, st_y(v.label_point) as lat
from grid_version v join grid g on g.id = v.grid_id join area a on a.id = v.area_id
where v.valid @> cast(:at as timestamptz) and g.kind = :kind and g.territory_id = :territory
order by g.code
""")
_HELD = sa.text("""
select m.grid_id, m.area_id, m.role, m.is_head, m.staff_id, s.work_no, s.name,
       (select min(upper(b.period)) from absence b
        where b.staff_id = s.id and b.period @> cast(:at as timestamptz)) as absent_until,
       exists (select from absence b where b.staff_id = s.id and b.period @> cast(:at as timestamptz)) as absent
from assignment m join staff s on s.id = m.staff_id
where m.valid @> cast(:at as timestamptz) and s.active and s.territory_id = :territory
order by s.work_no
""")
_SHAPES = sa.text("""
select v.grid_id, st_asgeojson(v.geom, 7)::json as geometry from grid_version v
where v.grid_id = any(:grids) and v.valid @> cast(:at as timestamptz)
""")


def grids_at(session: Session, territory_id: UUID, kind: str, at: datetime) -> Rows:
    """Return the grids in force at a moment with their areas, households and middles, in code order."""
    return session.execute(_GRIDS, {"territory": territory_id, "kind": kind, "at": at}).all()


def held_at(session: Session, territory_id: UUID, at: datetime) -> Rows:
    """Return every post held at a moment and whether its holder is absent then."""
    return session.execute(_HELD, {"territory": territory_id, "at": at}).all()


def shapes_at(session: Session, grids: Sequence[UUID], at: datetime) -> Mapping[UUID, dict[str, Any]]:
    """Return the shapes of grids at a moment as GeoJSON geometries."""
    rows = session.execute(_SHAPES, {"grids": list(grids), "at": at})
    return {row.grid_id: row.geometry for row in rows}


def groups_below(session: Session, territory_id: UUID) -> dict[UUID, int]:
    """Return how many groups lie directly below each area today."""
    statement = sa.text(
        "select parent_id, count(*) as n from area where territory_id = :territory and kind = 'group'"
        " and parent_id is not null and valid @> current_date group by parent_id"
    )
    return {row.parent_id: int(row.n) for row in session.execute(statement, {"territory": territory_id})}


def counts_of_role(session: Session, territory_id: UUID) -> dict[tuple[str, UUID], int]:
    """Return how many holders of a role each area has where only the number is known, by (role, area)."""
    rows = session.execute(
        sa.select(PostCount.role, PostCount.area_id, PostCount.count).where(PostCount.territory_id == territory_id)
    )
    return {(role, area): int(count) for role, area, count in rows}


def holders_digest(session: Session, plan_id: UUID, at: datetime) -> str:
    """Return a digest of who holds which post in a plan's grids and areas at a moment or later."""
    statement = sa.text("""
        select m.role, m.staff_id, m.grid_id, m.area_id, m.valid from assignment m
        where (upper(m.valid) is null or upper(m.valid) > cast(:at as timestamptz))
          and (m.grid_id in (select grid_id from grid_version where plan_id = :plan)
               or m.area_id in (select a.id from area a join plan p on p.territory_id = a.territory_id
                                where p.id = :plan))
        order by m.id
    """)
    digest = hashlib.sha256()
    for row in session.execute(statement, {"plan": plan_id, "at": at}):
        digest.update(repr(tuple(str(value) for value in row)).encode())
    return digest.hexdigest()


# posts in areas that are open at the moment of a change, and those that are wanted from then on
_OPEN = """
with wanted as (
    select * from unnest(cast(:area as uuid[]), cast(:staff as uuid[])) w(area_id, staff_id)
), standing as (
    select a.id, a.area_id, a.staff_id, lower(a.valid) as since from assignment a
    where a.role = cast(:role as varchar) and a.area_id = any(cast(:areas as uuid[]))
      and (upper(a.valid) is null or upper(a.valid) > cast(:at as timestamptz))
), gone as (
    select s.id, s.since from standing s
    where (s.area_id, s.staff_id) not in (select w.area_id, w.staff_id from wanted w)
)
"""
_NEVER = sa.text(
    f"{_OPEN} delete from assignment a using gone g where a.id = g.id and g.since >= cast(:at as timestamptz)"  # noqa: S608
)
_ENDED = sa.text(
    f"{_OPEN} update assignment a set valid = tstzrange(g.since, cast(:at as timestamptz), '[)'),"  # noqa: S608
    " revision = revision + 1 from gone g where a.id = g.id"
)
_BEGUN = sa.text(
    f"{_OPEN} insert into assignment (staff_id, role, area_id, valid)"  # noqa: S608
    " select w.staff_id, cast(:role as varchar), w.area_id, tstzrange(cast(:at as timestamptz), null, '[)')"
    " from wanted w where (w.area_id, w.staff_id) not in (select s.area_id, s.staff_id from standing s)"
)


def change_area_posts(
    session: Session, role: str, areas: Sequence[UUID], after: Sequence[tuple[UUID, UUID]], at: datetime
) -> None:
    """Have just the (area, staff) pairs of `after` hold a role in some areas from a moment on."""
    values = {
        "role": role, "areas": list(areas), "at": at, "area": [pair[0] for pair in after],
        "staff": [pair[1] for pair in after],
    }  # fmt: skip
    for statement in (_NEVER, _ENDED, _BEGUN):
        session.execute(statement, values)


def find_proposal(session: Session, proposal_id: UUID, *, lock: bool = False) -> StaffingProposal | None:
    """Return a staffing proposal by id."""
    statement = sa.select(StaffingProposal).where(StaffingProposal.id == proposal_id)
    return session.scalars(statement.with_for_update() if lock else statement).first()
