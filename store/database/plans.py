"""SQL of plans: lists, grids with their heads, publishing, and the shapes to check or export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session, aliased

from gis.errors import NotFoundError
from store.database.bulk import Columns, read_columns, wkb
from store.database.grid_codes import give_codes
from store.database.models import Account, Area, Assignment, Atom, Grid, GridVersion, Plan, Staff, Territory

Box = tuple[float, float, float, float]


def list_plans(session: Session, territory_id: UUID | None = None) -> Sequence[sa.Row[Plan, str, str | None, str]]:
    """Return plans, newest first, with the names of the author and of who approved."""
    approver = aliased(Account)
    statement = (
        sa.select(
            Plan, Account.name.label("author"), approver.name.label("approver"), Territory.name.label("territory")
        )
        .join(Territory, Territory.id == Plan.territory_id)
        .outerjoin(Account, Account.id == Plan.author_id)
        .outerjoin(approver, approver.id == Plan.approver_id)
        .order_by(Plan.created_at.desc(), Plan.id)
    )
    if territory_id is not None:
        statement = statement.where(Plan.territory_id == territory_id)
    return session.execute(statement).all()


def get_plan(session: Session, plan_id: UUID, *, lock: bool = False) -> Plan:
    """Return one plan; `lock` keeps others from changing it until the transaction ends.

    Raises
    ------
    NotFoundError
        No such plan.
    """
    plan = session.get(Plan, plan_id, with_for_update=lock)
    if plan is None:
        raise NotFoundError(f"There is no plan {plan_id}; `gridward plan list` shows what there is.", plan=str(plan_id))
    return plan


def current_plan(session: Session, territory_id: UUID, kind: str = "household") -> Plan | None:
    """Return the plan that maps and answers use: the published one, else the newest draft."""
    statement = (
        sa.select(Plan)
        .where(Plan.territory_id == territory_id, Plan.kind == kind, Plan.status != "retired")
        .order_by(
            # one whose day has come counts as published before anybody noted it
            sa.and_(Plan.status == "scheduled", Plan.effective_at <= sa.func.now()).desc(),
            (Plan.status == "published").desc(),
            Plan.created_at.desc(),
        )
        .limit(1)
    )
    return session.scalars(statement).first()


def head_now() -> sa.Subquery:
    """Select grid_id, staff id, work number and name of everyone who heads a grid now."""
    return (
        sa.select(Assignment.grid_id, Staff.id.label("staff_id"), Staff.work_no, Staff.name.label("staff_name"))
        .join(Staff, Staff.id == Assignment.staff_id)
        .where(Assignment.is_head, Assignment.valid.contains(sa.func.now()), Assignment.grid_id.is_not(None))
        .subquery("head")
    )


def plan_people(session: Session, plan_id: UUID) -> tuple[str | None, str | None]:
    """Return the account names of a plan's author and of who approved or published it."""
    author, approver = aliased(Account), aliased(Account)
    statement = (
        sa.select(author.name, approver.name)
        .select_from(Plan)
        .outerjoin(author, author.id == Plan.author_id)
        .outerjoin(approver, approver.id == Plan.approver_id)
        .where(Plan.id == plan_id)
    )
    row = session.execute(statement).one()
    return row[0], row[1]


def plan_grids(
    session: Session, plan_id: UUID, grid_ids: Sequence[UUID] | None = None
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return one row per grid of a plan (or for some grids) with its figures, head, centre and box, in code order."""
    wanted = {} if grid_ids is None else {"grids": list(grid_ids)}
    return session.execute(_grids_statement(grid_ids is not None), {"plan": plan_id, **wanted}).all()


@cache
def _grids_statement(some: bool) -> sa.Select[*tuple[Any, ...]]:
    # built once: an edit asks for a handful of grids, and building this takes longer than running it
    head = head_now()
    box = sa.func.box2d(GridVersion.geom)
    statement = (
        sa.select(
            Grid.id, GridVersion.fid, Grid.code, GridVersion.name, Area.code.label("area_code"),
            Area.name.label("area_name"), GridVersion.households, GridVersion.dwellings, GridVersion.deviation,
            GridVersion.area_m2, GridVersion.compactness, GridVersion.exclave, GridVersion.locked, GridVersion.revision,
            GridVersion.floor_low, GridVersion.floor_high, GridVersion.zone, GridVersion.load,
            head.c.work_no, head.c.staff_name,
            sa.func.ST_X(GridVersion.label_point).label("lon"), sa.func.ST_Y(GridVersion.label_point).label("lat"),
            sa.func.ST_XMin(box).label("west"), sa.func.ST_YMin(box).label("south"),
            sa.func.ST_XMax(box).label("east"), sa.func.ST_YMax(box).label("north"),
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .join(Area, Area.id == GridVersion.area_id)
        .outerjoin(head, head.c.grid_id == Grid.id)
        .where(GridVersion.plan_id == sa.bindparam("plan"))
        .order_by(Grid.code)
    )  # fmt: skip
    if some:
        statement = statement.where(Grid.id == sa.any_(sa.bindparam("grids", type_=pg.ARRAY(pg.UUID(as_uuid=True)))))
    return statement


def grid_shapes(session: Session, plan_id: UUID) -> Columns:
    """Return id, code, area, households and shape of a plan's grids, in code order."""
    statement = (
        sa.select(
            Grid.id, Grid.fid, Grid.code, GridVersion.name, GridVersion.area_id, Area.code.label("area_code"),
            GridVersion.households, GridVersion.deviation, GridVersion.exclave, GridVersion.floor_low,
            GridVersion.floor_high, GridVersion.zone, GridVersion.load, wkb(GridVersion.geom).label("geom"),
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .join(Area, Area.id == GridVersion.area_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["geom"])


def atom_shapes(session: Session, plan_id: UUID) -> Columns:
    """Return label, area, grid, demand and shape of a plan's atoms, in order of their labels.

    ``block`` numbers the pairs of area and grid.
    """
    # one row for each grid: a county has a hundred thousand atoms, and rows cost more than shapes; aggregates of one
    # statement see the rows of a group in one order, so that none needs a sort of its own
    statement = (
        sa.select(
            Atom.area_id,
            Atom.grid_id,
            sa.func.array_agg(Atom.label).label("labels"),
            sa.func.array_agg(Atom.demand).label("demands"),
            wkb(sa.func.ST_Collect(Atom.geom, type_=sa.LargeBinary)).label("geom"),
        )
        .where(Atom.plan_id == plan_id)
        .group_by(Atom.area_id, Atom.grid_id)
    )
    blocks = read_columns(session, statement, geometry=["geom"])
    if not len(blocks["geom"]):
        return {name: np.array([], dtype=object) for name in ("label", "area_id", "grid_id", "demand", "block", "geom")}
    shapes, block = shapely.get_parts(blocks["geom"], return_index=True)
    label = np.concatenate([np.asarray(labels, dtype=np.int64) for labels in blocks["labels"]])
    order = np.argsort(label)
    return {
        "label": label[order],
        "area_id": blocks["area_id"][block][order],
        "grid_id": blocks["grid_id"][block][order],
        "demand": np.concatenate([np.asarray(demands, dtype=np.int64) for demands in blocks["demands"]])[order],
        "block": block[order],
        "geom": np.asarray(shapes[order], dtype=object),
    }


def published_of(session: Session, territory_id: UUID, kind: str) -> Plan | None:
    """Return the published plan of a kind, locked until the transaction ends."""
    return session.scalars(
        sa.select(Plan)
        .where(Plan.territory_id == territory_id, Plan.kind == kind, Plan.status == "published")
        .with_for_update()
    ).first()


def open_versions(session: Session, plan_id: UUID, since: datetime) -> None:
    """Make every grid version of a plan valid from `since`; its codes are given for good."""
    give_codes(session, plan_id)
    session.execute(
        sa.update(GridVersion)
        .where(GridVersion.plan_id == plan_id)
        .values(valid=sa.func.tstzrange(since, None, "[)"), revision=GridVersion.revision + 1)
    )


def close_versions(session: Session, plan_id: UUID, until: datetime) -> None:
    """End the validity of a retired plan's grid versions, and of the assignments to its grids."""
    session.execute(
        sa.update(GridVersion)
        .where(GridVersion.plan_id == plan_id, GridVersion.valid.is_not(None))
        .values(valid=sa.func.tstzrange(sa.func.lower(GridVersion.valid), until, "[)"))
    )


def grids_without_head(session: Session, plan_id: UUID) -> list[str]:
    """Return codes of grids that nobody heads now."""
    head = head_now()
    statement = (
        sa.select(Grid.code)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .outerjoin(head, head.c.grid_id == Grid.id)
        .where(GridVersion.plan_id == plan_id, head.c.grid_id.is_(None))
        .order_by(Grid.code)
    )
    return list(session.scalars(statement))


def count_rows(session: Session) -> None:
    """Have the rows of a plan counted that was just written.

    Statistics know plans by their share of all rows; one that they do not know is taken for one row, and an edit of it
    would walk the whole plan again and again. They are renewed by themselves only after a tenth of all rows changed.
    """
    session.execute(sa.text("select count_plan_rows()"))


def plan_box(session: Session, plan_id: UUID) -> Box:
    """Return west, south, east, north of a plan's grids."""
    extent = sa.text(
        "select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from "
        "(select st_extent(geom)::geometry e from grid_version where plan_id = :plan) s"
    )
    west, south, east, north = session.execute(extent, {"plan": plan_id}).one()
    return (west, south, east, north)
