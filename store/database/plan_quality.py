"""SQL of the quality report: grids with what lies and who works in them, and the limits it is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import (
    Area,
    Assignment,
    Camera,
    CoverageRun,
    Facility,
    Grid,
    GridVersion,
    KeyPlace,
    KeyPlaceCoverage,
    Landcover,
    QualityLimit,
    Staff,
)

#: Layers whose change makes a computed report stale.
LAYERS = ("areas", "grids", "staff", "cameras", "key_places", "gaps", "streets", "dwellings", "landcover", "waterways")


def read_grids(session: Session, plan_id: UUID) -> Columns:
    """Return the grids of a plan with their figures, shapes and label points, in code order."""
    columns: list[Any] = [
        Grid.id, GridVersion.fid, Grid.code, GridVersion.name, GridVersion.area_id, Area.name.label("area_name"),
        GridVersion.households, GridVersion.deviation, GridVersion.exclave, GridVersion.area_m2,
        GridVersion.compactness, GridVersion.parent_grid_id, wkb(GridVersion.label_point).label("label_point"),
        wkb(GridVersion.geom).label("geom"),
    ]  # fmt: skip
    statement = (
        sa.select(*columns)
        .join(Grid, Grid.id == GridVersion.grid_id)
        .join(Area, Area.id == GridVersion.area_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )
    return read_columns(session, statement, geometry=["label_point", "geom"])


def read_people(session: Session, plan_id: UUID) -> Columns:
    """Return who is assigned to each grid of a plan now, heads first, with the place of duty where it is known."""
    statement = (
        sa.select(
            Assignment.grid_id, Assignment.staff_id, Assignment.is_head, Staff.work_no,
            sa.func.ST_X(Staff.duty_point).label("lon"), sa.func.ST_Y(Staff.duty_point).label("lat"),
        )
        .join(Staff, Staff.id == Assignment.staff_id)
        .join(GridVersion, sa.and_(GridVersion.grid_id == Assignment.grid_id, GridVersion.plan_id == plan_id))
        .where(Assignment.valid.contains(sa.func.now()), Staff.active)
        .order_by(Assignment.is_head.desc(), Staff.work_no)
    )  # fmt: skip
    return read_columns(session, statement)


def read_cameras(session: Session, territory_id: UUID) -> Columns:
    """Return whether each camera is online, and where it is."""
    statement = (
        sa.select(Camera.online, wkb(Camera.point).label("point"))
        .where(Camera.territory_id == territory_id)
        .order_by(Camera.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def read_facilities(session: Session, territory_id: UUID) -> Columns:
    """Return kind and place of each facility."""
    statement = (
        sa.select(Facility.kind, wkb(Facility.point).label("point"))
        .where(Facility.territory_id == territory_id)
        .order_by(Facility.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def read_key_places(session: Session, territory_id: UUID, plan_id: UUID) -> Columns:
    """Return each key place with whether the newest coverage run of the plan saw it; None without a run."""
    run = (
        sa.select(CoverageRun.id)
        .where(CoverageRun.plan_id == plan_id, CoverageRun.present)
        .order_by(CoverageRun.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        sa.select(KeyPlaceCoverage.seen, wkb(KeyPlace.point).label("point"))
        .select_from(KeyPlace)
        .outerjoin(
            KeyPlaceCoverage, sa.and_(KeyPlaceCoverage.key_place_id == KeyPlace.id, KeyPlaceCoverage.run_id == run)
        )
        .where(KeyPlace.territory_id == territory_id)
        .order_by(KeyPlace.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def read_water(session: Session, territory_id: UUID) -> Columns:
    """Return the water surfaces."""
    statement = (
        sa.select(wkb(Landcover.geom).label("geom"))
        .where(Landcover.territory_id == territory_id, Landcover.kind == "water")
        .order_by(Landcover.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_revisions(session: Session) -> tuple[int, ...]:
    """Return the revisions of everything that the report reads; equal revisions mean an equal report."""
    statement = sa.text("select layer, rev from layer_revision where layer = any(:layers)")
    found = {row.layer: int(row.rev) for row in session.execute(statement, {"layers": list(LAYERS)})}
    return tuple(found.get(layer, 0) for layer in LAYERS)


def read_limits(session: Session, territory_id: UUID, kind: str) -> dict[str, tuple[float, float]]:
    """Return the limits that a territory has of its own for grids of a kind."""
    statement = sa.select(QualityLimit.figure, QualityLimit.ok, QualityLimit.watch).where(
        QualityLimit.territory_id == territory_id, QualityLimit.kind == kind
    )
    return {row.figure: (row.ok, row.watch) for row in session.execute(statement)}


def replace_limits(session: Session, territory_id: UUID, kind: str, limits: Mapping[str, tuple[float, float]]) -> None:
    """Put limits in the place of those that a territory had."""
    session.execute(sa.delete(QualityLimit).where(QualityLimit.territory_id == territory_id, QualityLimit.kind == kind))
    if limits:
        rows = [
            {"territory_id": territory_id, "kind": kind, "figure": figure, "ok": ok, "watch": watch}
            for figure, (ok, watch) in limits.items()
        ]
        session.execute(pg.insert(QualityLimit), rows)
