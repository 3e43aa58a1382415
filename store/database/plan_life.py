"""SQL of the life of plans: steps, comments, which plan was in force when, and what changes hands on publishing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from gis.errors import NotFoundError
from store.database.bulk import Columns, copy_rows
from store.database.cameras import name_sql
from store.database.grid_codes import take_back_codes
from store.database.models import Account, Comment, Grid, Lineage, Plan, PlanStep

Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]


def add_step(session: Session, step: PlanStep) -> None:
    """Put one step of a plan on record."""
    session.add(step)
    session.flush()


def list_steps(session: Session, plan_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the steps of a plan, first to last, with who took them."""
    statement = (
        sa.select(PlanStep.id, PlanStep.action, PlanStep.at, PlanStep.note, PlanStep.facts, Account.name.label("actor"))
        .outerjoin(Account, Account.id == PlanStep.actor_id)
        .where(PlanStep.plan_id == plan_id)
        .order_by(PlanStep.at, PlanStep.id)
    )
    return session.execute(statement).all()


def list_comments(
    session: Session, plan_id: UUID, comment_id: UUID | None = None
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the comments on a plan (or one of them), oldest first, replies among them."""
    author, resolver = aliased(Account), aliased(Account)
    statement = (
        sa.select(
            Comment.id, Comment.plan_id, Comment.grid_id, Grid.code.label("grid_code"), Comment.reply_to_id,
            Comment.text, Comment.created_at, Comment.resolved_at, Comment.revision,
            sa.func.ST_X(Comment.point).label("lon"), sa.func.ST_Y(Comment.point).label("lat"),
            author.name.label("author"), resolver.name.label("resolved_by"),
        )
        .outerjoin(Grid, Grid.id == Comment.grid_id)
        .outerjoin(author, author.id == Comment.author_id)
        .outerjoin(resolver, resolver.id == Comment.resolved_by_id)
        .where(Comment.plan_id == plan_id)
        .order_by(Comment.created_at, Comment.id)
    )  # fmt: skip
    if comment_id is not None:
        statement = statement.where(Comment.id == comment_id)
    return session.execute(statement).all()


def get_comment(session: Session, plan_id: UUID, comment_id: UUID, *, lock: bool = False) -> Comment:
    """Return one comment of a plan.

    Raises
    ------
    NotFoundError
        No such comment on this plan.
    """
    found = session.get(Comment, comment_id, with_for_update=lock)
    if found is None or found.plan_id != plan_id:
        raise NotFoundError("There is no such comment on this plan.", comment=str(comment_id), plan=str(plan_id))
    return found


def open_threads(session: Session, plan_id: UUID) -> int:
    """Count the threads of a plan that nobody has resolved."""
    statement = sa.select(sa.func.count()).where(
        Comment.plan_id == plan_id, Comment.reply_to_id.is_(None), Comment.resolved_at.is_(None)
    )
    return int(session.scalar(statement) or 0)


def started(plan: type[Plan] = Plan) -> sa.ColumnElement[datetime]:
    """Select the moment from which a plan is in force."""
    return sa.func.coalesce(plan.effective_at, plan.published_at)


def plan_at(session: Session, territory_id: UUID, kind: str, at: datetime) -> Plan | None:
    """Return the plan that was (or will be) in force at a moment."""
    statement = (
        sa.select(Plan)
        .where(
            Plan.territory_id == territory_id,
            Plan.kind == kind,
            Plan.status.in_(("published", "scheduled", "retired")),
            started() <= at,
            sa.or_(Plan.retired_at.is_(None), Plan.retired_at > at),
        )
        .order_by(started().desc())
        .limit(1)
    )
    return session.scalars(statement).first()


def plan_in_force(session: Session, territory_id: UUID, kind: str) -> UUID | None:
    """Return the id of the published plan of a kind."""
    statement = sa.select(Plan.id).where(
        Plan.territory_id == territory_id, Plan.kind == kind, Plan.status == "published"
    )
    return session.scalar(statement)


def followed_plan(session: Session, plan_id: UUID) -> UUID | None:
    """Return the plan whose grids a published plan took over."""
    return session.scalar(sa.select(Lineage.from_plan_id).where(Lineage.plan_id == plan_id).limit(1))


def plan_size(session: Session, plan_id: UUID) -> tuple[int, int]:
    """Return the number of grids and of households of a plan."""
    row = session.execute(
        sa.text("select count(*), coalesce(sum(households), 0) from grid_version where plan_id = :plan"),
        {"plan": plan_id},
    ).one()
    return int(row[0]), int(row[1])


def scheduled_plan(session: Session, territory_id: UUID, kind: str) -> Plan | None:
    """Return the plan that waits for its day, locked until the transaction ends."""
    return session.scalars(
        sa.select(Plan)
        .where(Plan.territory_id == territory_id, Plan.kind == kind, Plan.status == "scheduled")
        .with_for_update()
    ).first()


def due_plans(session: Session, now: datetime) -> Sequence[Plan]:
    """Return plans whose day has come, locked; those that somebody else is at are left to them."""
    return session.scalars(
        sa.select(Plan)
        .where(Plan.status == "scheduled", Plan.effective_at <= now)
        .order_by(Plan.effective_at)
        .with_for_update(skip_locked=True)
    ).all()


def forget_validity(session: Session, plan_id: UUID) -> None:
    """Take back that a plan's grid versions will be valid, and that its codes are given."""
    session.execute(sa.text("update grid_version set valid = null where plan_id = :plan"), {"plan": plan_id})
    take_back_codes(session, plan_id)


def reopen_versions(session: Session, plan_id: UUID) -> None:
    """Make a plan's grid versions valid without an end again."""
    session.execute(
        sa.text("update grid_version set valid = tstzrange(lower(valid), null, '[)') where plan_id = :plan"),
        {"plan": plan_id},
    )


# a lock on one row of a draft's grids is not needed: the plan row is locked before
_VANISHED = """
select o.grid_id from grid_version o where o.plan_id = :old
   and not exists (select from grid_version n where n.plan_id = :new and n.grid_id = o.grid_id)
"""
_CARRY_OVER = sa.text(f"""
insert into assignment (staff_id, role, grid_id, share, ex_officio, is_head, valid)
select a.staff_id, a.role, l.to_grid_id, a.share, a.ex_officio, a.is_head, tstzrange(:at, null, '[)')
from lineage l join assignment a on a.grid_id = l.from_grid_id and upper_inf(a.valid)
where l.plan_id = :new and l.kind = 'renumber' and l.from_grid_id in ({_VANISHED})
  and not exists (select from assignment b where b.grid_id = l.to_grid_id and b.role = a.role and upper_inf(b.valid))
""")  # noqa: S608 - one constant inside another
_END = sa.text(f"""
update assignment set valid = tstzrange(lower(valid), greatest(:at, lower(valid) + interval '1 microsecond'), '[)')
where upper_inf(valid) and grid_id in ({_VANISHED})
""")  # noqa: S608 - as above
_RESUME = sa.text(f"""
update assignment set valid = tstzrange(lower(valid), null, '[)')
where upper(valid) = :at and grid_id in ({_VANISHED})
""")  # noqa: S608 - as above


def carry_assignments(session: Session, old: UUID, new: UUID, at: datetime) -> tuple[int, int]:
    """Hand posts over: of the same ground under a new number to the new grid, of vanished grids to nobody.

    Assignments to grids that go on stay as they are: they belong to the grid, not to its version.

    Returns
    -------
    carried, ended : int
    """
    values = {"old": old, "new": new, "at": at}
    carried = _count(session.execute(_CARRY_OVER, values))
    return carried, _count(session.execute(_END, values))


def resume_assignments(session: Session, old: UUID, new: UUID, at: datetime) -> None:
    """Take back that posts of vanished grids end at `at`, and that others begin then."""
    session.execute(
        sa.text(
            "delete from assignment where lower(valid) = :at and grid_id in"
            " (select to_grid_id from lineage where plan_id = :new and kind = 'renumber')"
        ),
        {"new": new, "at": at},
    )
    session.execute(_RESUME, {"old": old, "new": new, "at": at})


def end_all_assignments(session: Session, plan_id: UUID, at: datetime) -> int:
    """End every post in the grids of a plan that retires without a successor."""
    statement = sa.text("""
        update assignment set valid = tstzrange(lower(valid), greatest(:at, lower(valid) + interval '1 microsecond'))
        where upper_inf(valid) and grid_id in (select grid_id from grid_version where plan_id = :plan)
    """)
    return _count(session.execute(statement, {"plan": plan_id, "at": at}))


# by the place of the report; without one by the grid's own identity, else by where most of its households went
_REHOME = sa.text("""
with open as (
    select i.month, i.id, i.point, o.grid_id, ao.grid_id as alt_grid_id
    from incident i
    join grid_version o on o.id = i.grid_version_id and o.plan_id = :old
    left join grid_version ao on ao.id = i.alt_grid_version_id
    where i.state = any(:states)
), homes as (
    select open.month, open.id, coalesce(
        (select v.id from grid_version v where v.plan_id = :new and v.geom && open.point
            and st_covers(v.geom, open.point) order by v.fid limit 1),
        (select v.id from grid_version v where v.plan_id = :new and v.grid_id = open.grid_id and open.point is null),
        (select v.id from lineage l join grid_version v on v.plan_id = :new and v.grid_id = l.to_grid_id
            where l.plan_id = :new and l.from_grid_id = open.grid_id and open.point is null
            order by l.household_share desc, l.area_share desc limit 1)) as home,
        (select v.id from grid_version v where v.plan_id = :new and v.grid_id = open.alt_grid_id) as other
    from open
)
update incident i set grid_version_id = h.home, alt_grid_version_id = nullif(h.other, h.home), revision = revision + 1
from homes h where i.month = h.month and i.id = h.id and h.home is not null
""")


def rehome_incidents(session: Session, old: UUID, new: UUID, open_states: Sequence[str]) -> int:
    """Give the open incidents of an old plan's grids to the new plan's grids; return how many."""
    return _count(session.execute(_REHOME, {"old": old, "new": new, "states": list(open_states)}))


LINEAGE_COLUMNS = (
    "kind", "from_grid_id", "to_grid_id", "from_area_id", "to_area_id", "from_plan_id", "plan_id", "change_set_id",
    "area_share", "household_share", "area_m2", "households", "effective_at",
)  # fmt: skip


def save_lineage(session: Session, rows: Sequence[Sequence[Any]]) -> int:
    """Write lineage rows in the order of `LINEAGE_COLUMNS`."""
    return copy_rows(session, "lineage", LINEAGE_COLUMNS, rows)


def forget_lineage(session: Session, plan_id: UUID) -> None:
    """Delete the lineage that a plan brought."""
    session.execute(sa.delete(Lineage).where(Lineage.plan_id == plan_id))


_LINEAGE = """
select l.kind, f.id as from_id, f.code as from_code, t.id as to_id, t.code as to_code, l.area_share, l.household_share,
       l.area_m2, l.households, l.effective_at, l.from_plan_id, l.plan_id, l.change_set_id
from lineage l join {table} f on f.id = l.from_{table}_id join {table} t on t.id = l.to_{table}_id
where {where} order by f.code, t.code, l.effective_at
"""


def plan_lineage(session: Session, plan_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return what became of the grids before a plan."""
    return session.execute(sa.text(_LINEAGE.format(table="grid", where="l.plan_id = :id")), {"id": plan_id}).all()


def change_set_lineage(session: Session, change_set_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return what became of the areas before a change set."""
    statement = _LINEAGE.format(table="area", where="l.change_set_id = :id")
    return session.execute(sa.text(statement), {"id": change_set_id}).all()


# grids of either plan, side by side by identity; shapes come along only where they differ
_SIDE_BY_SIDE = sa.text("""
select coalesce(a.grid_id, b.grid_id) as id, g.code, a.grid_id is not null as before, b.grid_id is not null as after,
       a.name as name_before, b.name as name_after, a.households as households_before,
       b.households as households_after, a.area_m2 as area_before, b.area_m2 as area_after,
       b.fid as fid_after, a.fid as fid_before,
       case when a.geom is not null and b.geom is not null and st_asbinary(a.geom) = st_asbinary(b.geom) then null
            else st_asbinary(a.geom) end as shape_before,
       case when a.geom is not null and b.geom is not null and st_asbinary(a.geom) = st_asbinary(b.geom) then null
            else st_asbinary(b.geom) end as shape_after
from (select * from grid_version where plan_id = :old) a
full join (select * from grid_version where plan_id = :new) b on b.grid_id = a.grid_id
join grid g on g.id = coalesce(a.grid_id, b.grid_id)
order by g.code
""")


def side_by_side(session: Session, old: UUID, new: UUID) -> Sequence[sa.Row[Any]]:
    """Return the grids of two plans by identity, with the shapes (WKB) of those that differ."""
    return session.execute(_SIDE_BY_SIDE, {"old": old, "new": new}).all()


# one value instead of a row each: half a million doors come over in a fraction of a second
_DOORS = """
select string_agg(float8send(st_x(point)) || float8send(st_y(point)) || int4send(households), ''::bytea
                  order by fid) from dwelling
where territory_id = :territory {within}
"""
_DOOR = np.dtype([("lon", ">f8"), ("lat", ">f8"), ("households", ">i4")])


def doors(session: Session, territory_id: UUID, box: Box | None = None) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return place (n, 2; EPSG:4326) and households (n,) of the dwellings of a territory, or of those in a box."""
    values: dict[str, Any] = {"territory": territory_id}
    within = ""
    if box is not None:
        within = "and point && st_makeenvelope(:w, :s, :e, :n, 4326)"
        values |= dict(zip("wsen", box, strict=True))
    data = session.execute(sa.text(_DOORS.format(within=within)), values).scalar()
    found = np.frombuffer(data or b"", dtype=_DOOR)
    xy = np.column_stack([found["lon"], found["lat"]]).astype(np.float64)
    return xy, found["households"].astype(np.int64)


def open_cases(session: Session, plan_id: UUID, open_states: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """Return the open incidents of a plan's grids: number, place, grid."""
    statement = sa.text("""
        select i.no, i.item, i.severity, st_x(i.point) as lon, st_y(i.point) as lat, v.grid_id
        from incident i join grid_version v on v.id = i.grid_version_id
        where v.plan_id = :plan and i.state = any(:states) order by i.no
    """)
    return session.execute(statement, {"plan": plan_id, "states": list(open_states)}).all()


def camera_places(session: Session, territory_id: UUID) -> Columns:
    """Return the cameras of a territory: id, name and place in EPSG:4326."""
    statement = sa.text(
        f"select id, {name_sql(session, '')} as name, st_x(point) as lon, st_y(point) as lat"  # noqa: S608 - constants
        " from camera where territory_id = :territory order by name, id"
    )
    rows = session.execute(statement, {"territory": territory_id}).all()
    columns = {name: np.empty(len(rows), dtype=object) for name in ("id", "name")}
    for place, row in enumerate(rows):
        columns["id"][place], columns["name"][place] = row.id, row.name
    columns["lon"] = np.array([row.lon for row in rows], dtype=np.float64)
    columns["lat"] = np.array([row.lat for row in rows], dtype=np.float64)
    return columns


def people_of(session: Session, plan_id: UUID, at: datetime) -> Sequence[sa.Row[Any]]:
    """Return who holds which role in the grids of a plan at a moment."""
    statement = sa.text("""
        select v.grid_id, m.role, m.is_head, s.id as staff_id, s.work_no, s.name, s.post, lower(m.valid) as since,
               upper(m.valid) as until
        from grid_version v join assignment m on m.grid_id = v.grid_id and m.valid @> cast(:at as timestamptz)
        join staff s on s.id = m.staff_id
        where v.plan_id = :plan order by m.is_head desc, m.role <> 'deputy', s.work_no
    """)
    return session.execute(statement, {"plan": plan_id, "at": at}).all()


def cases_of(session: Session, plan_id: UUID) -> int:
    """Count the incidents that were reported in the grids of a plan."""
    statement = sa.text(
        "select count(*) from incident i join grid_version v on v.id in (i.grid_version_id, i.alt_grid_version_id)"
        " where v.plan_id = :plan"
    )
    return int(session.scalar(statement, {"plan": plan_id}) or 0)


def delete_draft(session: Session, plan_id: UUID) -> None:
    """Delete a draft with its versions and atoms, and the grids that no other plan knows."""
    unknown_elsewhere = sa.text("""
        select g.grid_id from (
            select grid_id from grid_version where plan_id = :plan
            union select unnest(grids) from edit where plan_id = :plan
        ) g
        where not exists (select from grid_version o where o.grid_id = g.grid_id and o.plan_id <> :plan)
          and not exists (select from grid_version i where i.parent_grid_id = g.grid_id)
          and g.grid_id not in (select unnest(grids) from edit where plan_id <> :plan)
          and g.grid_id not in (select id from grid where code_given_at is not null)
    """)
    gone = list(session.scalars(unknown_elsewhere, {"plan": plan_id}))
    session.execute(sa.text("update plan set based_on_id = null where based_on_id = :plan"), {"plan": plan_id})
    session.execute(sa.text("delete from plan where id = :plan"), {"plan": plan_id})
    session.execute(sa.text("delete from grid where id = any(:gone)"), {"gone": gone})


def _count(result: Any) -> int:  # noqa: ANN401 - a cursor result
    return max(int(getattr(result, "rowcount", 0)), 0)
