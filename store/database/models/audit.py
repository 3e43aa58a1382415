"""The audit trail: what was done by whom. Rows are only ever added, sealed into a chain, and retired when old."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base
from store.types import At, Json


class Audit(Base):
    """One thing done. `seq` and `digest` stay empty until a sealing job adds the row to the chain.

    The digest is SHA-256 of the digest before it and this row's own text, so no sealed row can be changed, left out
    or put in without every digest after it telling.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[At]
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    action: Mapped[str]
    target: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str] = mapped_column(server_default="")
    details: Mapped[Json]
    seq: Mapped[int | None] = mapped_column(sa.BigInteger, unique=True)
    digest: Mapped[bytes | None]

    __table_args__ = (
        sa.Index("ix_audit_at", "at"),
        sa.Index("ix_audit_account_id", "account_id", "id"),
        sa.Index("ix_audit_unsealed", "id", postgresql_where=sa.text("seq is null")),
        sa.Index("ix_audit_refused", "target", "at", postgresql_where=sa.text("action = 'sign-in.refused'")),
    )


class AuditRetired(Base):
    """Where the trail was cut off because it was old: the chain goes on from `digest`."""

    __tablename__ = "audit_retired"

    through_seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes]
    rows: Mapped[int] = mapped_column(sa.BigInteger)
    before: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    at: Mapped[At]
