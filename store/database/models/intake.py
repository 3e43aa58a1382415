"""Photos of reports, QR codes in the street, alarm devices, and the gazetteer of names that places go by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist, one_of
from store.database.models.territory import territory_key
from store.types import At, MaybeAt, ShapelyGeometry, UuidKey


class Media(Base):
    """A photo: first its uploader's, then its report's, whose area it follows; the picture itself is `MediaContent`."""

    __tablename__ = "media"

    id: Mapped[UuidKey]
    month: Mapped[date | None]
    incident_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    stage: Mapped[str] = mapped_column(server_default="other")
    width: Mapped[int]
    height: Mapped[int]
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id", ondelete="SET NULL"))
    # until it belongs to a report, only those of the same scope may meet it
    made_for: Mapped[str] = mapped_column(
        server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')")
    )
    created_at: Mapped[At]
    blurred_at: Mapped[MaybeAt]

    __table_args__ = (
        one_of("stage", "before", "after", "other"),
        sa.CheckConstraint("(month is null) = (incident_id is null)", name="whole_key"),
        sa.ForeignKeyConstraint(["month", "incident_id"], ["incident.month", "incident.id"], ondelete="CASCADE"),
        sa.Index("ix_media_incident", "month", "incident_id"),
        sa.Index("ix_media_loose", "created_at", postgresql_where=sa.text("incident_id is null")),
    )


class MediaContent(Base):
    """The picture of a photo in one size, as JPEG; apart, so that lists of photos never read pictures."""

    __tablename__ = "media_content"

    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    size: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(pg.BYTEA, deferred=True)

    __table_args__ = (one_of("size", "full", "thumb"),)


class QrCode(Base):
    """A code on a plate in the street, for a grid, a camera or a key place; withdrawn ones are never used again."""

    __tablename__ = "qr_code"

    code: Mapped[str] = mapped_column(primary_key=True)
    territory_id: Mapped[UUID] = territory_key()
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    camera_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("camera.id", ondelete="CASCADE"), index=True)
    key_place_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("key_place.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[At]
    withdrawn_at: Mapped[MaybeAt]

    __table_args__ = (sa.CheckConstraint("num_nonnulls(grid_id, camera_id, key_place_id) = 1", name="one_target"),)


class Device(Base):
    """Something that raises alarms by itself: where it stands and what its alarm is taken for."""

    __tablename__ = "device"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    code: Mapped[str]
    kind: Mapped[str]
    item: Mapped[str]
    item_code: Mapped[str | None]
    severity: Mapped[str] = mapped_column(server_default="minor")
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    created_at: Mapped[At]

    __table_args__ = (sa.UniqueConstraint("territory_id", "code"), one_of("severity", "minor", "major", "critical"))


class IntakeQuota(Base):
    """How often an open door was used within a quarter of an hour; the bucket is a digest, not an address."""

    __tablename__ = "intake_quota"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True), primary_key=True)
    taken: Mapped[int]

    __table_args__ = (sa.Index("ix_intake_quota_since", "since"),)


class Gazetteer(Base):
    """One name of one place: official, alias or landmark, with its sounds and n-grams; several rows may name a place.

    `reach_m` is the radius of what is named: a village is no point, and a report that only names it is as unsure.
    """

    __tablename__ = "gazetteer"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    source: Mapped[str]
    ref_id: Mapped[UUID | None]
    name: Mapped[str]
    official: Mapped[str]
    within: Mapped[str] = mapped_column(server_default="")
    sounds: Mapped[str] = mapped_column(server_default="")
    initials: Mapped[str] = mapped_column(server_default="")
    grams: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.Text))
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    reach_m: Mapped[float] = mapped_column(server_default=sa.text("0"))
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        one_of("source", "derived", "osm", "file"),
        gist("gazetteer", "point"),
        sa.Index("ix_gazetteer_grams", "grams", postgresql_using="gin"),
    )


class GazetteerState(Base):
    """What the derived names of a territory were made from, so that they are made anew only after a change."""

    __tablename__ = "gazetteer_state"

    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str]
    at: Mapped[At]
