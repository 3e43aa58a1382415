"""Notices to roles, units and accounts, who else is told by mail or webhook, and the ledger of every try."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.types import At, Json, MaybeAt, UuidKey

DELIVERY_STATES = ("queued", "sent", "given_up")


class Notification(Base):
    """A notice to whoever holds a role (of a unit, where one is named) or to one account."""

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    territory_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"))
    kind: Mapped[str]
    role: Mapped[str | None]
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="CASCADE"))
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"))
    month: Mapped[date | None]
    incident_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    facts: Mapped[Json]
    at: Mapped[At]

    __table_args__ = (
        sa.ForeignKeyConstraint(["month", "incident_id"], ["incident.month", "incident.id"], ondelete="CASCADE"),
        sa.CheckConstraint("num_nonnulls(role, account_id) > 0", name="somebody"),
        sa.Index("ix_notification_at", "at"),
        sa.Index("ix_notification_role", "role", "id"),
        sa.Index("ix_notification_account_id", "account_id", "id"),
        sa.Index("ix_notification_incident", "month", "incident_id"),
    )


class NotificationRead(Base):
    """An account has read a notice."""

    __tablename__ = "notification_read"

    notification_id: Mapped[int] = mapped_column(
        sa.ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[At]


class Webhook(Base):
    """Somewhere else that is told: a webhook, an office mailbox, or what a plug-in sends to."""

    __tablename__ = "webhook"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"))
    channel: Mapped[str]
    target: Mapped[str]
    # what it signs with; never shown again after it was made
    secret: Mapped[str] = mapped_column(server_default="")
    kinds: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.String), server_default=sa.text("'{}'::character varying[]"))
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="CASCADE"))
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    created_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[At]


class Delivery(Base):
    """One notice on its way to one place, and how it stands."""

    __tablename__ = "delivery"

    id: Mapped[UuidKey]
    webhook_id: Mapped[UUID] = mapped_column(sa.ForeignKey("webhook.id", ondelete="CASCADE"))
    notification_id: Mapped[int] = mapped_column(sa.ForeignKey("notification.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(server_default="queued")
    tries: Mapped[int] = mapped_column(server_default=sa.text("0"))
    next_at: Mapped[MaybeAt]
    created_at: Mapped[At]
    ended_at: Mapped[MaybeAt]

    __table_args__ = (
        one_of("state", *DELIVERY_STATES),
        sa.UniqueConstraint("webhook_id", "notification_id"),
        sa.Index("ix_delivery_next_at", "next_at", postgresql_where=sa.text("state = 'queued'")),
    )


class DeliveryTry(Base):
    """One try to deliver: when, what was answered, how long it took."""

    __tablename__ = "delivery_try"

    delivery_id: Mapped[UUID] = mapped_column(sa.ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[At]
    ok: Mapped[bool]
    status: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    took_ms: Mapped[int]
