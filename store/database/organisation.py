"""SQL of the organisation: the tree of areas with what each has, units, staff, who holds which post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.database.models import Absence, Area, Assignment, Grid, Responsibility, Role, Staff, Unit

Rows = Sequence[sa.Row[Any]]
Record = dict[str, Any]

_AREAS = sa.text("""
with recursive g as (
    select v.area_id, count(*) as grids, sum(v.households) as households,
           count(*) filter (where not exists (
               select from assignment m join staff s on s.id = m.staff_id and s.active
               where m.grid_id = v.grid_id and m.is_head and m.valid @> cast(:at as timestamptz))) as vacant
    from grid_version v join grid d on d.id = v.grid_id
    where v.valid @> cast(:at as timestamptz) and d.kind = :kind and d.territory_id = :territory group by v.area_id
)
select a.id, a.code, a.kind, a.name, a.parent_id, coalesce(g.grids, 0) as grids, coalesce(g.vacant, 0) as vacant,
       coalesce(g.households, 0) as households,
       (select count(*) from staff s where s.area_id = a.id and s.active) as staff,
       lower(a.valid) as valid_from, upper(a.valid) as valid_to
from area a left join g on g.area_id = a.id
where a.territory_id = :territory and a.valid @> cast(:day as date) order by a.path, a.code
""")
# a unit whose parent is closed stands below the nearest one above it that is there on the day
_UNITS = sa.text("""
with recursive climb(unit_id, id, parent_id, there) as (
    select u.id, p.id, p.parent_id, coalesce(p.valid @> cast(:day as date), true)
    from unit u join unit p on p.id = u.parent_id where u.territory_id = :territory
    union
    select c.unit_id, p.id, p.parent_id, p.valid @> cast(:day as date)
    from climb c join unit p on p.id = c.parent_id where not c.there
)
select u.id, u.code, u.kind, u.name, u.parent_id, c.id as above_id, u.area_id, a.code as area_code,
       a.name as area_name,
       lower(u.valid) as valid_from, upper(u.valid) as valid_to, u.revision,
       (select count(*) from staff s where s.unit_id = u.id and s.active) as staff
from unit u left join climb c on c.unit_id = u.id and c.there left join area a on a.id = u.area_id
where u.territory_id = :territory and (cast(:day as date) is null or u.valid @> cast(:day as date))
  and (cast(:unit as uuid) is null or u.id = :unit)
order by u.code
""")


def _records(session: Session, statement: sa.TextClause, values: Record) -> list[Record]:
    return [dict(row) for row in session.execute(statement, values).mappings()]


def area_tree(session: Session, territory_id: UUID, kind: str, at: datetime, day: date) -> list[Record]:
    """Return the areas of a territory on a day, parents first, each with its own grids, vacancies and staff."""
    return _records(session, _AREAS, {"territory": territory_id, "kind": kind, "at": at, "day": day})


def list_units(session: Session, territory_id: UUID, day: date | None, unit_id: UUID | None = None) -> list[Record]:
    """Return the units of a territory on a day (None: of any day), with how many staff each has."""
    return _records(session, _UNITS, {"territory": territory_id, "day": day, "unit": unit_id})


def find_unit(session: Session, unit_id: UUID, *, lock: bool = False) -> Unit | None:
    """Return a unit by its id."""
    statement = sa.select(Unit).where(Unit.id == unit_id)
    return session.scalars(statement.with_for_update() if lock else statement).first()


def units_above(session: Session, unit_id: UUID) -> Rows:
    """Return id, code and name of a unit and of those above it, upwards."""
    statement = sa.text(
        "with recursive up as (select id, parent_id, code, name, 0 as step from unit where id = :unit union all"
        " select u.id, u.parent_id, u.code, u.name, up.step + 1 from unit u join up on u.id = up.parent_id)"
        " cycle id set ring using trail"
        " select id, code, name from up where not ring order by step"
    )
    return session.execute(statement, {"unit": unit_id}).all()


def place_unit(session: Session, unit: Unit, parent: UUID | None) -> bool:
    """Have a unit stand below another; False where the database saw somebody else close the ring at the same time."""
    try:
        with session.begin_nested():
            unit.parent_id = parent
            session.flush()
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != "unit_tree":
            raise
        return False
    return True


def unit_coded(session: Session, code: str) -> UUID | None:
    """Return the id of the unit with a code."""
    return session.scalar(sa.select(Unit.id).where(Unit.code == code))


def area_of(session: Session, territory_id: UUID, area_id: UUID) -> UUID | None:
    """Return an area's id if it is of this territory and may be seen."""
    return session.scalar(sa.select(Area.id).where(Area.id == area_id, Area.territory_id == territory_id))


@dataclass(frozen=True, slots=True)
class StaffQuery:
    """Which staff a list shows.

    Attributes
    ----------
    area_path : str or None
        Of this area and those below.
    unit_id : UUID or None
    words : str or None
        Part of the work number, name or post.
    after : str or None
        Work number that the page begins after.
    """

    territory_id: UUID
    at: datetime
    area_path: str | None = None
    unit_id: UUID | None = None
    words: str | None = None
    after: str | None = None
    limit: int = 100
    staff_id: UUID | None = None


_STAFF = """
select s.id, s.work_no, s.name, s.post, s.unit_id, u.name as unit_name, s.area_id, a.code as area_code,
       a.name as area_name, s.skills, s.max_posts, s.full_time, s.active, s.revision,
       st_x(s.duty_point) as lon, st_y(s.duty_point) as lat,
       is_on_shift(s.id, cast(:at as timestamptz)) as on_duty,
       exists (select from absence b where b.staff_id = s.id and b.period @> cast(:at as timestamptz)) as absent,
       coalesce((select array_agg(m.role || ' ' || coalesce(g.code, t.code, '')
                                  order by m.is_head desc, m.role, g.code, t.code)
                 from assignment m left join grid g on g.id = m.grid_id left join area t on t.id = m.area_id
                 where m.staff_id = s.id and m.valid @> cast(:at as timestamptz)), '{}') as posts_held
from staff s left join unit u on u.id = s.unit_id left join area a on a.id = s.area_id
where s.territory_id = :territory
"""


def list_staff(session: Session, query: StaffQuery) -> list[Record]:
    """Return staff in the order of their work numbers, with what each holds at the moment."""
    clauses, values = [], {"territory": query.territory_id, "at": query.at, "limit": query.limit}
    if query.staff_id is not None:
        clauses.append("s.id = :staff")
        values["staff"] = query.staff_id
    if query.area_path is not None:
        clauses.append("(a.path = :path or a.path like :below)")
        values |= {"path": query.area_path, "below": f"{query.area_path}.%"}
    if query.unit_id is not None:
        clauses.append("s.unit_id = :unit")
        values["unit"] = query.unit_id
    if query.words:
        clauses.append("(s.work_no ilike :words or s.name ilike :words or s.post ilike :words)")
        escaped = query.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values["words"] = f"%{escaped}%"
    if query.after is not None:
        clauses.append("s.work_no > :after")
        values["after"] = query.after
    text = _STAFF + "".join(f" and {clause}" for clause in clauses) + " order by s.work_no limit :limit"
    return _records(session, sa.text(text), values)


def find_staff(session: Session, staff_id: UUID, *, lock: bool = False) -> Staff | None:
    """Return a member of staff by id."""
    statement = sa.select(Staff).where(Staff.id == staff_id)
    return session.scalars(statement.with_for_update() if lock else statement).first()


def staff_by_work_no(session: Session, territory_id: UUID) -> dict[str, UUID]:
    """Return the ids of a territory's staff by work number."""
    rows = session.execute(sa.select(Staff.work_no, Staff.id).where(Staff.territory_id == territory_id))
    return {str(work_no): staff_id for work_no, staff_id in rows}


def absences(session: Session, staff_id: UUID, since: datetime) -> list[Absence]:
    """Return the absences of one member of staff that end after a moment, in order."""
    statement = (
        sa.select(Absence)
        .where(
            Absence.staff_id == staff_id, sa.func.coalesce(sa.func.upper(Absence.period), sa.text("'infinity'")) > since
        )
        .order_by(sa.func.lower(Absence.period))
    )
    return list(session.scalars(statement))


def duties_of_roles(session: Session, territory_id: UUID, roles: Sequence[str]) -> Sequence[sa.Row[str, str, str, str]]:
    """Return what roles answer for: the territory's own list for a kind of grid, else the one Gridward starts with."""
    own = sa.select(Responsibility.grid_kind).where(
        Responsibility.territory_id == territory_id, Responsibility.grid_id.is_(None)
    )
    statement = (
        sa.select(Responsibility.role, Responsibility.grid_kind, Responsibility.duty_en, Responsibility.duty_zh)
        .where(
            Responsibility.role.in_(roles),
            Responsibility.grid_id.is_(None),
            sa.or_(
                Responsibility.territory_id == territory_id,
                sa.and_(Responsibility.territory_id.is_(None), Responsibility.grid_kind.not_in(own)),
            ),
        )
        .order_by(Responsibility.grid_kind, Responsibility.role, Responsibility.seq)
    )
    return session.execute(statement).all()


def list_roles(session: Session) -> list[Role]:
    """Return every role in the order of codes."""
    return list(session.scalars(sa.select(Role).order_by(Role.code)))


@dataclass(frozen=True, slots=True)
class PostQuery:
    """Which assignments a list shows; each part may be left out.

    Attributes
    ----------
    at : datetime or None
        Those valid then; None: all that ever were or will be.
    """

    territory_id: UUID
    at: datetime | None = None
    staff_id: UUID | None = None
    grid_id: UUID | None = None
    area_id: UUID | None = None
    role: str | None = None
    assignment_id: UUID | None = None
    after: UUID | None = None
    limit: int = 1000


_POSTS = """
select m.id, m.staff_id, s.work_no, s.name, s.post, m.role, m.is_head, m.share, m.ex_officio, m.grid_id,
       g.code as grid_code, g.kind as grid_kind, m.area_id, a.code as area_code, a.name as area_name,
       lower(m.valid) as since, upper(m.valid) as until, m.revision
from assignment m join staff s on s.id = m.staff_id
left join grid g on g.id = m.grid_id left join area a on a.id = m.area_id
where s.territory_id = :territory
"""


def list_assignments(session: Session, query: PostQuery) -> list[Record]:
    """Return who holds, held or will hold which post, in the order of ids."""
    clauses, values = [], {"territory": query.territory_id, "limit": query.limit}
    if query.at is not None:
        clauses.append("m.valid @> cast(:at as timestamptz)")
        values["at"] = query.at
    for name, column in (
        ("staff_id", "m.staff_id"), ("grid_id", "m.grid_id"), ("area_id", "m.area_id"), ("role", "m.role"),
        ("assignment_id", "m.id"),
    ):  # fmt: skip
        value = getattr(query, name)
        if value is not None:
            clauses.append(f"{column} = :{name}")
            values[name] = value
    if query.after is not None:
        clauses.append("m.id > :after")
        values["after"] = query.after
    text = _POSTS + "".join(f" and {clause}" for clause in clauses) + " order by m.id limit :limit"
    return _records(session, sa.text(text), values)


def find_assignment(session: Session, assignment_id: UUID, *, lock: bool = False) -> Assignment | None:
    """Return an assignment by id."""
    statement = sa.select(Assignment).where(Assignment.id == assignment_id)
    return session.scalars(statement.with_for_update() if lock else statement).first()


def heads_within(
    session: Session, grid_id: UUID, since: datetime, until: datetime | None, *, but: UUID | None = None
) -> Rows:
    """Return the heads of a grid at any time within a period: assignment, work number, since and until."""
    statement = sa.text("""
        select m.id, s.work_no, lower(m.valid) as since, upper(m.valid) as until
        from assignment m join staff s on s.id = m.staff_id
        where m.grid_id = :grid and m.is_head and (cast(:but as uuid) is null or m.id <> :but)
          and m.valid && tstzrange(cast(:since as timestamptz), cast(:until as timestamptz), '[)')
        order by lower(m.valid)
    """)
    return session.execute(statement, {"grid": grid_id, "since": since, "until": until, "but": but}).all()


def held_within(session: Session, post: Assignment, *, but: UUID | None = None) -> Any:  # noqa: ANN401 - a row, or None
    """Return since and until of just this post of this member of staff at any time within its period, or None."""
    statement = sa.text("""
        select lower(m.valid) as since, upper(m.valid) as until from assignment m
        where m.staff_id = :staff and m.role = :role and m.grid_id is not distinct from cast(:grid as uuid)
          and m.area_id is not distinct from cast(:area as uuid) and (cast(:but as uuid) is null or m.id <> :but)
          and m.valid && tstzrange(cast(:since as timestamptz), cast(:until as timestamptz), '[)')
        order by lower(m.valid) limit 1
    """)
    values = {"staff": post.staff_id, "role": post.role, "grid": post.grid_id, "area": post.area_id, "but": but}
    return session.execute(statement, {**values, "since": post.valid.lower, "until": post.valid.upper}).first()


def grid_of(session: Session, territory_id: UUID, grid_id: UUID) -> Grid | None:
    """Return a grid of a territory."""
    return session.scalars(sa.select(Grid).where(Grid.id == grid_id, Grid.territory_id == territory_id)).first()


def area_path(session: Session, territory_id: UUID, area_id: UUID) -> str | None:
    """Return the path of an area of a territory."""
    return session.scalar(sa.select(Area.path).where(Area.id == area_id, Area.territory_id == territory_id))
