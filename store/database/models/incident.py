"""Incidents by month, the intake key that makes a repeat harmless, and their transitions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, gist
from store.types import At, Json, MaybeAt, Revision, ShapelyGeometry, tile_geometry

Accounts = Annotated[list[UUID], mapped_column(pg.ARRAY(pg.UUID(as_uuid=True)), server_default=sa.text("'{}'::uuid[]"))]


OPEN = (
    "state in ('REPORTED', 'VERIFYING', 'ACCEPTED', 'OPENED', 'DISPATCHED', 'IN_PROGRESS', 'SUSPENDED', 'RESOLVED',"
    " 'CHECKING', 'CHECKED')"
)
"""What the queue's indexes hold; a query that says the same words may use them."""
_IS_OPEN = sa.text(OPEN)


class Incident(Base):
    """A report about a place; partitioned by the local month in which it was reported."""

    __tablename__ = "incident"

    month: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id"))
    no: Mapped[str]
    channel: Mapped[str]
    item: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="REPORTED")
    severity: Mapped[str] = mapped_column(server_default="minor")
    handling_level: Mapped[str] = mapped_column(server_default="grid")
    reported_at: Mapped[At]
    occurred_at: Mapped[MaybeAt]
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"), nullable=True)
    geom_3857: Mapped[Any] = tile_geometry("point", "POINT")
    accuracy_m: Mapped[float | None]
    locate_method: Mapped[str]
    grid_version_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid_version.id"))
    alt_grid_version_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid_version.id"))
    component_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("component.id"))
    area_code: Mapped[int] = mapped_column(sa.BigInteger)
    town_code: Mapped[int] = mapped_column(sa.BigInteger)
    county_code: Mapped[int] = mapped_column(sa.BigInteger)
    master_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    cycle: Mapped[int] = mapped_column(server_default=sa.text("1"))
    item_code: Mapped[str | None]
    urgent: Mapped[bool] = mapped_column(server_default=sa.false())
    state_at: Mapped[At]
    # an open request and who made it
    pending: Mapped[str | None]
    requested_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    review_on: Mapped[date | None]
    self_handled: Mapped[bool] = mapped_column(server_default=sa.false())
    supervised: Mapped[bool] = mapped_column(server_default=sa.false())
    rework_count: Mapped[int] = mapped_column(server_default=sa.text("0"))
    extensions: Mapped[int] = mapped_column(server_default=sa.text("0"))
    appeals: Mapped[int] = mapped_column(server_default=sa.text("0"))
    rated_cycle: Mapped[int] = mapped_column(server_default=sa.text("0"))
    wrong_dispatches: Mapped[int] = mapped_column(server_default=sa.text("0"))
    # the unit that leads now, and the one that gave the case back last
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id"))
    returned_unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id"))
    referred_to: Mapped[str | None]
    registered_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    # accounts that ever did so, over all cycles: they are kept apart
    openers: Mapped[Accounts]
    dispatchers: Mapped[Accounts]
    handlers: Mapped[Accounts]
    rejecters: Mapped[Accounts]
    checkers: Mapped[Accounts]
    # the earliest limit that runs, and when four fifths of it are over; none while the clocks stand
    due_at: Mapped[MaybeAt]
    soon_at: Mapped[MaybeAt]
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    revision: Mapped[Revision]

    __table_args__ = (
        gist("incident", "point"),
        gist("incident", "geom_3857"),
        sa.Index("ix_incident_time", "reported_at", "id"),
        sa.Index("ix_incident_town_time", "town_code", "reported_at", "id"),
        sa.Index("ix_incident_county_time", "county_code", "reported_at", "id"),
        sa.Index("ix_incident_area_time", "area_code", "reported_at", "id"),
        sa.Index("ix_incident_grid_version_id", "grid_version_id"),
        # what came through the public doors is shown at them
        sa.Index(
            "ix_incident_public_time",
            "reported_at",
            "id",
            postgresql_where=sa.text("channel in ('open311', 'plate')"),
        ),
        sa.Index("ix_incident_due", "due_at", "id", postgresql_where=sa.text("due_at is not null")),
        sa.Index("ix_incident_town_due", "town_code", "due_at", "id", postgresql_where=sa.text("due_at is not null")),
        sa.Index(
            "ix_incident_county_due", "county_code", "due_at", "id", postgresql_where=sa.text("due_at is not null")
        ),
        # of five years of cases some tens of thousands are open: the queue reads these
        sa.Index("ix_incident_open", "reported_at", "id", postgresql_where=_IS_OPEN),
        sa.Index("ix_incident_area_open", "area_code", "reported_at", "id", postgresql_where=_IS_OPEN),
        sa.Index("ix_incident_town_open", "town_code", "reported_at", "id", postgresql_where=_IS_OPEN),
        sa.Index("ix_incident_county_open", "county_code", "reported_at", "id", postgresql_where=_IS_OPEN),
        # everything that counts ask, so that they read no row
        sa.Index(
            "ix_incident_live",
            "county_code",
            "town_code",
            "area_code",
            "state",
            "due_at",
            "soon_at",
            postgresql_where=sa.text("state <> 'ARCHIVED'"),
        ),
        sa.Index("ix_incident_unit", "unit_id", "reported_at", "id", postgresql_where=sa.text("unit_id is not null")),
        sa.Index("ix_incident_master", "master_id", postgresql_where=sa.text("master_id is not null")),
        sa.Index(
            "ix_incident_registered_by",
            "registered_by",
            "reported_at",
            postgresql_where=sa.text("registered_by is not null"),
        ),
        # states that few cases are in, and those that wait for the archive
        sa.Index("ix_incident_state", "state", "state_at", postgresql_where=sa.text("state <> 'ARCHIVED'")),
        sa.CheckConstraint("pending in ('return', 'suspension', 'extension', 'void')", name="pending_known"),
        {"postgresql_partition_by": "RANGE (month)"},
    )


class IntakeKey(Base):
    """One row per report ever taken in: channel and the channel's own key; also the id → month look-up."""

    __tablename__ = "intake_key"

    channel: Mapped[str] = mapped_column(primary_key=True)
    channel_key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[str]
    month: Mapped[date]
    incident_id: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    no: Mapped[str] = mapped_column(unique=True)

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
    )


class IncidentTransition(Base):
    """One step of a case; rows are only ever added, each carrying the digest of the one before."""

    __tablename__ = "transition"

    month: Mapped[date] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    facts: Mapped[Json]
    at: Mapped[At]
    prev: Mapped[str]
    digest: Mapped[str]

    __table_args__ = (
        sa.ForeignKeyConstraint(["month", "incident_id"], ["incident.month", "incident.id"], ondelete="CASCADE"),
    )
