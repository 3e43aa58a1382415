"""SQL of water plans: what reaches are cut from, the reaches and their shares, rivers by area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from gis.errors import NotFoundError
from store.database.bulk import Columns, read_columns, wkb
from store.database.models import (
    Area,
    Barrier,
    Facility,
    Grid,
    GridVersion,
    Landcover,
    Plan,
    ReachArea,
    ReachGrid,
    RiverArea,
    RiverReach,
    Staff,
    Street,
    Waterway,
)
from store.database.plans import head_now

#: Levels of areas that have a river chief, the highest first.
LEVELS = ("county", "town", "village")
#: Structures in the water where a reach had best end.
STRUCTURES = ("weir", "sluice_gate", "lock_gate", "dam")
_ON_FOOT = ("footway", "path", "steps", "corridor", "platform", "cycleway", "bridleway")
_RAILS = ("rail", "light_rail", "tram", "subway", "narrow_gauge", "monorail", "funicular")

REACH_COLUMNS = (
    "id", "territory_id", "plan_id", "grid_id", "area_id", "code", "river", "length_m", "deviation", "stub", "fits",
    "unfit_reason", "geom",
)  # fmt: skip
REACH_GRID_COLUMNS = ("reach_id", "grid_id", "length_m", "share")
REACH_AREA_COLUMNS = ("reach_id", "area_id", "length_m", "share")
RIVER_AREA_COLUMNS = ("plan_id", "river", "area_id", "length_m", "share")


def read_waterways(session: Session, territory_id: UUID) -> Columns:
    """Return kind, name and line of every waterway, in a fixed order."""
    statement = (
        sa.select(Waterway.kind, Waterway.name, wkb(Waterway.geom).label("geom"))
        .where(Waterway.territory_id == territory_id)
        .order_by(Waterway.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_water_surfaces(session: Session, territory_id: UUID) -> Columns:
    """Return every water surface."""
    statement = (
        sa.select(wkb(Landcover.geom).label("geom"))
        .where(Landcover.territory_id == territory_id, Landcover.kind == "water")
        .order_by(Landcover.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_roads(session: Session, territory_id: UUID) -> Columns:
    """Return the lines whose bridges part reaches: streets for vehicles, and rails."""
    streets = sa.select(wkb(Street.geom).label("geom")).where(
        Street.territory_id == territory_id, Street.kind.not_in(_ON_FOOT)
    )
    rails = sa.select(wkb(Barrier.geom)).where(Barrier.territory_id == territory_id, Barrier.kind.in_(_RAILS))
    lines = sa.union_all(streets, rails).subquery()
    return read_columns(session, sa.select(lines).order_by(lines.c.geom), geometry=["geom"])


def read_structures(session: Session, territory_id: UUID) -> Columns:
    """Return the points of weirs, sluices, locks and dams."""
    statement = (
        sa.select(Facility.kind, wkb(Facility.point).label("geom"))
        .where(Facility.territory_id == territory_id, Facility.kind.in_(STRUCTURES))
        .order_by(Facility.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_levels(session: Session, territory_id: UUID) -> Columns:
    """Return id, kind and shape of every area that is valid now, whatever its level."""
    statement = (
        sa.select(Area.id, Area.kind, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.valid.contains(sa.func.current_date()), Area.kind != "zone")
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def grid_ids(session: Session, plan_id: UUID) -> dict[str, UUID]:
    """Return the ids of a plan's grids by code."""
    statement = sa.select(Grid.code, Grid.id).join(GridVersion, GridVersion.grid_id == Grid.id)
    rows = session.execute(statement.where(GridVersion.plan_id == plan_id))
    return {row.code: row.id for row in rows}


def list_reaches(session: Session, plan_id: UUID, reach_id: UUID | None = None) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the reaches of a plan (or one of them) with area, warden, land grids and box, in code order."""
    head = head_now()
    box = sa.func.box2d(RiverReach.geom)
    land = (
        sa.select(
            sa.func.json_agg(
                pg.aggregate_order_by(
                    sa.func.json_build_object(
                        "id", Grid.id, "code", Grid.code, "length_m", ReachGrid.length_m, "share", ReachGrid.share
                    ),
                    ReachGrid.share.desc(),
                    Grid.code,
                )
            )
        )
        .select_from(ReachGrid)
        .join(Grid, Grid.id == ReachGrid.grid_id)
        .where(ReachGrid.reach_id == RiverReach.id)
        .scalar_subquery()
    )
    statement = (
        sa.select(
            RiverReach.id, RiverReach.fid, RiverReach.plan_id, RiverReach.grid_id, RiverReach.code, RiverReach.river,
            RiverReach.length_m, RiverReach.deviation, RiverReach.stub, RiverReach.fits, RiverReach.unfit_reason,
            Area.code.label("area_code"), Area.name.label("area_name"), head.c.work_no, head.c.staff_name,
            GridVersion.area_m2, GridVersion.exclave, land.label("land_grids"),
            sa.func.ST_XMin(box).label("west"), sa.func.ST_YMin(box).label("south"),
            sa.func.ST_XMax(box).label("east"), sa.func.ST_YMax(box).label("north"),
        )
        .join(Area, Area.id == RiverReach.area_id)
        .join(
            GridVersion,
            sa.and_(GridVersion.grid_id == RiverReach.grid_id, GridVersion.plan_id == RiverReach.plan_id),
        )
        .outerjoin(head, head.c.grid_id == RiverReach.grid_id)
        .order_by(RiverReach.code)
    )  # fmt: skip
    wanted = RiverReach.plan_id == plan_id if reach_id is None else RiverReach.id == reach_id
    return session.execute(statement.where(wanted)).all()


def plan_of_reach(session: Session, reach_id: UUID) -> UUID:
    """Return the plan of a reach.

    Raises
    ------
    NotFoundError
        No such reach.
    """
    plan = session.scalar(sa.select(RiverReach.plan_id).where(RiverReach.id == reach_id))
    if plan is None:
        raise NotFoundError(f"There is no reach {reach_id}.", reach=str(reach_id))
    return plan


def reach_areas(session: Session, reach_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the areas of every level that a reach passes, the largest share of each level first."""
    statement = (
        sa.select(Area.id, Area.code, Area.kind, Area.name, ReachArea.length_m, ReachArea.share)
        .join(Area, Area.id == ReachArea.area_id)
        .where(ReachArea.reach_id == reach_id)
        .order_by(Area.kind, ReachArea.share.desc(), Area.code)
    )
    return session.execute(statement).all()


def river_areas(session: Session, plan_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return how much of each named river lies in each area, rivers by name, areas by level and length."""
    statement = (
        sa.select(
            RiverArea.river, Area.id, Area.code, Area.kind, Area.name, RiverArea.length_m, RiverArea.share
        )
        .join(Area, Area.id == RiverArea.area_id)
        .where(RiverArea.plan_id == plan_id)
        .order_by(RiverArea.river, Area.kind, RiverArea.length_m.desc(), Area.code)
    )  # fmt: skip
    return session.execute(statement).all()


def reaches_by_river(session: Session, plan_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the number and metres of the reaches of each river; the empty name stands for waters without one."""
    statement = (
        sa.select(RiverReach.river, sa.func.count().label("reaches"), sa.func.sum(RiverReach.length_m).label("metres"))
        .where(RiverReach.plan_id == plan_id)
        .group_by(RiverReach.river)
        .order_by(RiverReach.river)
    )
    return session.execute(statement).all()


def chiefs_in(session: Session, territory_id: UUID, posts: Sequence[str]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return active staff on the roster whose post is one of `posts` (lower case), with their area."""
    statement = (
        sa.select(Staff.area_id, Staff.work_no, Staff.name, sa.func.lower(Staff.post).label("post"))
        .where(Staff.territory_id == territory_id, Staff.active, sa.func.lower(Staff.post).in_(posts))
        .order_by(Staff.work_no)
    )
    return session.execute(statement).all()


def reach_shapes(session: Session, plan_id: UUID) -> Columns:
    """Return code, river, area, figures and line of a plan's reaches, and the shapes of their grids, in code order."""
    statement = (
        sa.select(
            RiverReach.code, RiverReach.river, Area.code.label("area_code"), RiverReach.length_m, RiverReach.deviation,
            RiverReach.stub, RiverReach.fits, RiverReach.unfit_reason, wkb(RiverReach.geom).label("geom"),
            wkb(GridVersion.geom).label("strip"),
        )
        .join(Area, Area.id == RiverReach.area_id)
        .join(
            GridVersion,
            sa.and_(GridVersion.grid_id == RiverReach.grid_id, GridVersion.plan_id == RiverReach.plan_id),
        )
        .where(RiverReach.plan_id == plan_id)
        .order_by(RiverReach.code)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["geom", "strip"])


def land_of_reaches(session: Session, plan_id: UUID) -> dict[str, tuple[int, float]]:
    """Return how many land grids each reach of a plan passes, and its share in them, by code."""
    statement = (
        sa.select(RiverReach.code, sa.func.count().label("grids"), sa.func.sum(ReachGrid.share).label("share"))
        .join(ReachGrid, ReachGrid.reach_id == RiverReach.id)
        .where(RiverReach.plan_id == plan_id)
        .group_by(RiverReach.code)
    )
    return {row.code: (row.grids, row.share) for row in session.execute(statement)}


_WATERS = sa.text("""
with plan_now as (
    select distinct on (territory_id) id, name from plan where kind = 'water' and status <> 'retired'
    order by territory_id, (status = 'published') desc, created_at desc
), here as (
    select v.geom from grid_version v join plan p on p.id = v.plan_id
    where v.grid_id = :grid order by (p.status = 'published') desc, p.created_at desc limit 1
)
select 'water' as kind, p.id as plan_id, p.name as plan_name, g.id, g.code, v.name, null::int as floor_low,
    null::int as floor_high, null::text as zone, st_area(part.geom::geography) as area_m2,
    st_area(part.geom::geography) / nullif(st_area(here.geom::geography), 0) as share_of_grid,
    m.share as share_of_net, coalesce(d.households, 0)::int as households, '{}'::jsonb as objects, m.length_m
from reach_grid m
join river_reach r on r.id = m.reach_id
join plan_now p on p.id = r.plan_id
join grid g on g.id = r.grid_id
join grid_version v on v.grid_id = r.grid_id and v.plan_id = r.plan_id
cross join here
cross join lateral (select st_intersection(v.geom, here.geom) as geom) part
left join lateral (
    select sum(w.households) as households from dwelling w
    where w.point && v.geom and w.territory_id = r.territory_id and st_intersects(w.point, v.geom)
        and st_intersects(w.point, here.geom)
) d on true
where m.grid_id = :grid
order by m.length_m desc, g.code
""")


def waters_of_grid(session: Session, grid_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the wardens' grids whose reaches pass a land grid, the longest stretch first.

    The published water plan counts, else the newest draft. Ground and households are those in both grids.
    """
    return session.execute(_WATERS, {"grid": grid_id}).all()


def water_plan(session: Session, plan_id: UUID) -> Plan:
    """Return a plan that must be of the kind water.

    Raises
    ------
    NotFoundError
        No such plan, or one of another kind.
    """
    plan = session.get(Plan, plan_id)
    if plan is None or plan.kind != "water":
        raise NotFoundError(
            f"There is no water plan {plan_id}; make one with `gridward partition water`.", plan=str(plan_id)
        )
    return plan
