"""Plans and grids: a grid is an identity, a grid version is its shape in one plan over some time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist, one_of
from store.database.models.territory import territory_key
from store.types import At, FeatureId, Json, MaybeAt, Revision, ShapelyGeometry, UuidKey, tile_geometry

GRID_KINDS = (
    "household", "natural_village", "water", "micro", "ten_household", "dedicated", "police", "safety", "cell",
)  # fmt: skip
PLAN_STATES = ("draft", "review", "scheduled", "published", "retired")


class Plan(Base):
    """A versioned partition of a territory by one grid kind."""

    __tablename__ = "plan"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    based_on_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("plan.id"))
    spec: Mapped[Json]
    spec_digest: Mapped[str] = mapped_column(index=True)
    quality: Mapped[Json]
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    approver_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    basis: Mapped[str] = mapped_column(server_default="")
    effective_on: Mapped[date | None]
    created_at: Mapped[At]
    submitted_at: Mapped[MaybeAt]
    approved_at: Mapped[MaybeAt]
    published_at: Mapped[MaybeAt]
    # from when to when its grids are in force; `published_at` is when somebody decided so
    effective_at: Mapped[MaybeAt]
    retired_at: Mapped[MaybeAt]
    revision: Mapped[Revision]

    __table_args__ = (
        one_of("kind", *GRID_KINDS),
        one_of("status", *PLAN_STATES),
        # at most one published plan per territory and kind: locate must have one answer
        sa.Index(
            "uq_plan_published",
            "territory_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("status = 'published'"),
        ),
        # nor more than one that waits for its day
        sa.Index(
            "uq_plan_scheduled",
            "territory_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("status = 'scheduled'"),
        ),
    )


class Atom(Base):
    """The smallest polygon that a plan moves, with its demand (households).

    Plan, grid and area are held by triggers once for each statement (ADR 0011): a county's copy has 100,000 atoms.
    """

    __tablename__ = "atom"

    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[int] = mapped_column(primary_key=True)
    fid: Mapped[FeatureId]
    grid_id: Mapped[UUID | None]
    area_id: Mapped[UUID]
    demand: Mapped[int]
    dwellings: Mapped[int] = mapped_column(server_default=sa.text("0"))
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("POLYGON"))
    area_code: Mapped[int] = area_key()

    __table_args__ = (gist("atom", "geom"), sa.Index(None, "grid_id", "plan_id"))


class Grid(Base):
    """The identity of a grid: its code lives as long as the grid, through every version, and is never reused.

    Until the grid comes into force (`code_given_at`), its code is a draft's: unique within each plan, which a trigger
    sees to, and free for other drafts.
    """

    __tablename__ = "grid"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    code: Mapped[str]
    code_given_at: Mapped[MaybeAt]
    created_at: Mapped[At]
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        one_of("kind", *GRID_KINDS),
        sa.Index("ix_grid_code", "code", postgresql_ops={"code": "text_pattern_ops"}),
        sa.Index("uq_grid_code_given", "code", unique=True, postgresql_where=sa.text("code_given_at is not null")),
    )


class GridVersion(Base):
    """A grid's shape and figures in one plan; `valid` is empty-bounded until the plan is published."""

    __tablename__ = "grid_version"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id"), index=True)
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id"), index=True)
    parent_grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id"))
    name: Mapped[str] = mapped_column(server_default="")
    # the grid's, written by triggers: a tile shows a thousand of them
    code: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "MULTIPOLYGON")
    label_point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    exclave: Mapped[bool] = mapped_column(server_default=sa.false())
    households: Mapped[int]
    dwellings: Mapped[int]
    deviation: Mapped[float]
    area_m2: Mapped[float]
    compactness: Mapped[float]
    floor_low: Mapped[int | None]
    floor_high: Mapped[int | None]
    zone: Mapped[str | None]
    load: Mapped[float | None]
    locked: Mapped[bool] = mapped_column(server_default=sa.false())
    revision: Mapped[Revision]
    valid: Mapped[pg.Range[datetime] | None] = mapped_column(pg.TSTZRANGE)
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        sa.UniqueConstraint("plan_id", "grid_id"),
        sa.CheckConstraint(
            "(floor_low is null) = (floor_high is null) and (floor_low is null or floor_low <= floor_high)",
            name="floors_in_order",
        ),
        pg.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_grid_version_valid",
        ),
        gist("grid_version", "geom"),
        gist("grid_version", "geom_3857"),
    )
