"""Coverage runs: figures per grid and the gaps as places on the map."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist, one_of
from store.types import At, FeatureId, Json, MaybeAt, ShapelyGeometry, UuidKey, tile_geometry


def _zero() -> Any:  # noqa: ANN401 - mapped_column's own return type is opaque
    return mapped_column(server_default=sa.text("0"))


class CoverageRun(Base):
    """One finished computation; equal inputs (`digest`) are computed once.

    The `live` run of a plan is a copy that follows the cameras; finished runs never change. Those that are `present`
    answer the standing question (one camera that is online, as things stand) and are what maps show; others answer
    what somebody asked: other needs, a day or a month (`begins_at` to `ends_at`, equal for a moment).
    """

    __tablename__ = "coverage_run"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]
    spec: Mapped[Json]
    summary: Mapped[Json]
    seconds: Mapped[float]
    live: Mapped[bool] = mapped_column(server_default=sa.false())
    present: Mapped[bool] = mapped_column(server_default=sa.true())
    begins_at: Mapped[MaybeAt]
    ends_at: Mapped[MaybeAt]
    created_at: Mapped[At]

    __table_args__ = (
        sa.UniqueConstraint("plan_id", "digest"),
        sa.Index("uq_coverage_run_live", "plan_id", unique=True, postgresql_where=sa.text("live")),
    )


class CoverageGrid(Base):
    """What is seen and missed in one grid; metres and m², `_upper` with unknown headings as full circles.

    `gap_score` rests on what is known to be seen, `gap_score_least` is what it would be with those circles.

    Figures of a month are averages over its time.
    """

    __tablename__ = "coverage_grid"

    run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("coverage_run.id", ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id"), primary_key=True)
    street_m: Mapped[float]
    seen_m: Mapped[float]
    seen_m_upper: Mapped[float]
    k2_m: Mapped[float]
    places: Mapped[int]
    places_seen: Mapped[float]
    places_seen_upper: Mapped[float]
    cameras: Mapped[int]
    online: Mapped[float]
    incidents: Mapped[int]
    gap_score: Mapped[float]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(pg.JSONB)
    k3_m: Mapped[float] = _zero()
    k2_m_upper: Mapped[float] = _zero()
    k3_m_upper: Mapped[float] = _zero()
    gap_score_least: Mapped[float] = _zero()
    open_m2: Mapped[float] = _zero()
    seen_m2: Mapped[float] = _zero()
    seen_m2_upper: Mapped[float] = _zero()
    networked: Mapped[float] = _zero()
    serviceable: Mapped[float] = _zero()
    area_code: Mapped[int] = area_key()


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
    area_code: Mapped[int] = area_key()

    __table_args__ = (one_of("kind", "street", "key_place"), gist("gap", "geom"), gist("gap", "geom_3857"))


class KeyPlaceCoverage(Base):
    """Whether a key place is seen in one run: yes, no, or maybe (only by a camera of unknown heading).

    `front` is where the place was looked for: before the building that its point lies in.
    """

    __tablename__ = "key_place_coverage"

    run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("coverage_run.id", ondelete="CASCADE"), primary_key=True)
    key_place_id: Mapped[UUID] = mapped_column(sa.ForeignKey("key_place.id", ondelete="CASCADE"), primary_key=True)
    seen: Mapped[str]
    cameras: Mapped[int]
    share: Mapped[float] = _zero()
    front: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"), nullable=True)

    __table_args__ = (one_of("seen", "yes", "no", "maybe"), gist("key_place_coverage", "front"))


class CoverageCheck(Base):
    """Live figures beside a full computation, night by night."""

    __tablename__ = "coverage_check"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    at: Mapped[At]
    equal: Mapped[bool]
    seconds: Mapped[float]
    differences: Mapped[list[dict[str, Any]]] = mapped_column(pg.JSONB, server_default=sa.text("'[]'::jsonb"))

    __table_args__ = (sa.Index("ix_coverage_check_plan_id_at", "plan_id", "at"),)
