"""Proposals of cameras, what cameras cost, and ground that no proposal may look at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist
from store.database.models.territory import territory_key
from store.types import At, FeatureId, Json, Revision, ShapelyGeometry, UuidKey


class PrivacyZone(Base):
    """Ground that no proposed camera may look at, with the reason; never who lives there."""

    __tablename__ = "privacy_zone"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    reason: Mapped[str]
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[At]
    revision: Mapped[Revision]
    area_code: Mapped[int] = area_key()

    __table_args__ = (gist("privacy_zone", "geom"),)


class CameraCost(Base):
    """What a camera of a kind costs here: to put up, and each year."""

    __tablename__ = "camera_cost"

    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    purchase: Mapped[float] = mapped_column(sa.CheckConstraint("purchase > 0", name="purchase_positive"))
    yearly: Mapped[float] = mapped_column(sa.CheckConstraint("yearly >= 0", name="yearly_positive"))
    currency: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str] = mapped_column(server_default="")


class Placement(Base):
    """A proposal: where further cameras would help most within a budget."""

    __tablename__ = "placement"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]
    name: Mapped[str]
    spec: Mapped[Json]
    summary: Mapped[Json]
    edited: Mapped[bool] = mapped_column(server_default=sa.false())
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[At]
    revision: Mapped[Revision]


class PlacementCamera(Base):
    """One camera of a proposal with the ground that it would see."""

    __tablename__ = "placement_camera"

    placement_id: Mapped[UUID] = mapped_column(sa.ForeignKey("placement.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    azimuth: Mapped[float | None]
    hfov: Mapped[float]
    max_range: Mapped[float]
    sensor_px: Mapped[int | None]
    ptz: Mapped[bool] = mapped_column(server_default=sa.false())
    dome: Mapped[bool] = mapped_column(server_default=sa.false())
    mount: Mapped[str]
    gain: Mapped[float]
    cost: Mapped[float]
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id"))
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))

    __table_args__ = (gist("placement_camera", "geom"), gist("placement_camera", "point"))
