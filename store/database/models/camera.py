"""Cameras, their status over time, and what each can see."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist
from store.database.models.territory import territory_key
from store.types import At, FeatureId, Revision, ShapelyGeometry, UuidKey, tile_geometry


class Camera(Base):
    """A camera as a map object: position and view, never what it records or recognises."""

    __tablename__ = "camera"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    gb28181_id: Mapped[str | None] = mapped_column(unique=True)
    source_ref: Mapped[str | None]
    owner: Mapped[str] = mapped_column(server_default="")
    ownership: Mapped[str] = mapped_column(server_default="own")
    purpose: Mapped[str] = mapped_column(server_default="")
    mount: Mapped[str] = mapped_column(server_default="")
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    geom_3857: Mapped[Any] = tile_geometry("point", "POINT")
    source_crs: Mapped[str] = mapped_column(server_default="wgs84")
    height_m: Mapped[float | None]
    azimuth: Mapped[float | None] = mapped_column(
        sa.CheckConstraint("azimuth >= 0 and azimuth < 360", name="azimuth_in_circle")
    )
    hfov: Mapped[float | None] = mapped_column(sa.CheckConstraint("hfov > 0 and hfov <= 360", name="hfov_in_circle"))
    max_range: Mapped[float] = mapped_column(sa.CheckConstraint("max_range >= 0", name="max_range_positive"))
    ptz: Mapped[bool] = mapped_column(server_default=sa.false())
    dome: Mapped[bool] = mapped_column(server_default=sa.false())
    indoor: Mapped[bool] = mapped_column(server_default=sa.false())
    networked: Mapped[bool] = mapped_column(server_default=sa.true())
    online: Mapped[bool] = mapped_column(server_default=sa.true())
    serviceable: Mapped[bool] = mapped_column(server_default=sa.true())
    sensor_px: Mapped[int | None]
    sign: Mapped[bool | None]
    filing_no: Mapped[str | None]
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    revision: Mapped[Revision]
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        sa.UniqueConstraint("territory_id", "source_ref"),
        gist("camera", "point"),
        gist("camera", "geom_3857"),
    )


class CameraStatus(Base):
    """State over time; periods of one camera never overlap, and what nobody said of a period is null."""

    __tablename__ = "camera_status"

    id: Mapped[UuidKey]
    camera_id: Mapped[UUID] = mapped_column(sa.ForeignKey("camera.id", ondelete="CASCADE"))
    online: Mapped[bool]
    networked: Mapped[bool | None]
    serviceable: Mapped[bool | None]
    period: Mapped[pg.Range[datetime]] = mapped_column(pg.TSTZRANGE)
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        pg.ExcludeConstraint(
            (sa.column("camera_id"), "="),
            (sa.column("period"), "&&"),
            using="gist",
            name="ex_camera_status_period",
        ),
    )


class CameraHeard(Base):
    """When a camera's state was last told; apart from the camera, since every batch writes thousands of them."""

    __tablename__ = "camera_heard"

    camera_id: Mapped[UUID] = mapped_column(sa.ForeignKey("camera.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))


class ViewShed(Base):
    """What one camera sees of the open ground; `assumed` for an unknown heading (upper bound, never shown as seen).

    `metric_wkb` is the very shape that was swept, in the territory's metric CRS: a street may run along the edge of a
    shed, and the way through degrees would put it inside or outside by chance.
    """

    __tablename__ = "view_shed"

    camera_id: Mapped[UUID] = mapped_column(sa.ForeignKey("camera.id", ondelete="CASCADE"), primary_key=True)
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    assumed: Mapped[bool]
    area_m2: Mapped[float]
    flag: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "MULTIPOLYGON")
    metric_wkb: Mapped[bytes | None] = mapped_column(pg.BYTEA, deferred=True)
    inputs_digest: Mapped[str]
    computed_at: Mapped[At]
    area_code: Mapped[int] = area_key()

    __table_args__ = (gist("view_shed", "geom"), gist("view_shed", "geom_3857"))
