"""Coverage runs: figures per grid and the gaps as places on the map."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, gist, one_of
from store.types import At, FeatureId, Json, ShapelyGeometry, UuidKey, tile_geometry


class CoverageRun(Base):
    """One finished computation; equal inputs (`digest`) are computed once."""

    __tablename__ = "coverage_run"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]
    spec: Mapped[Json]
    summary: Mapped[Json]
    seconds: Mapped[float]
    created_at: Mapped[At]

    __table_args__ = (sa.UniqueConstraint("plan_id", "digest"),)


class CoverageGrid(Base):
    """What is seen and missed in one grid; lengths in metres, `_upper` with unknown headings as full circles."""

    __tablename__ = "coverage_grid"

    run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("coverage_run.id", ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id"), primary_key=True)
    street_m: Mapped[float]
    seen_m: Mapped[float]
    seen_m_upper: Mapped[float]
    k2_m: Mapped[float]
    places: Mapped[int]
    places_seen: Mapped[int]
    places_seen_upper: Mapped[int]
    cameras: Mapped[int]
    online: Mapped[int]
    incidents: Mapped[int]
    gap_score: Mapped[float]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(pg.JSONB)


class Gap(Base):
    """A place that no serviceable camera sees: a stretch of street or a key place."""

    __tablename__ = "gap"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("coverage_run.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id"), index=True)
    key_place_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("key_place.id", ondelete="CASCADE"))
    kind: Mapped[str]
    score: Mapped[float]
    reason: Mapped[Json]
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("GEOMETRY"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "GEOMETRY")

    __table_args__ = (one_of("kind", "street", "key_place"), gist("gap", "geom"), gist("gap", "geom_3857"))


class KeyPlaceCoverage(Base):
    """Whether a key place is seen in one run: yes, no, or maybe (only by a camera of unknown heading)."""

    __tablename__ = "key_place_coverage"

    run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("coverage_run.id", ondelete="CASCADE"), primary_key=True)
    key_place_id: Mapped[UUID] = mapped_column(sa.ForeignKey("key_place.id", ondelete="CASCADE"), primary_key=True)
    seen: Mapped[str]
    cameras: Mapped[int]

    __table_args__ = (one_of("seen", "yes", "no", "maybe"),)
