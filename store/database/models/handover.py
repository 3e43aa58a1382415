"""Hand-overs between shifts of the desk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base
from store.types import At, Json, MaybeAt, UuidKey


class ShiftHandover(Base):
    """The sheet that one shift hands to the next: what was open, late and waiting, and what both noted."""

    __tablename__ = "shift_handover"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    given_at: Mapped[At]
    given_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(server_default="")
    sheet: Mapped[Json]
    taken_at: Mapped[MaybeAt]
    taken_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id", ondelete="SET NULL"))
    taken_note: Mapped[str | None]
    # a sheet lists what its writer saw: only the same eyes read it
    made_for: Mapped[str] = mapped_column(
        server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')")
    )

    __table_args__ = (
        sa.CheckConstraint("(taken_at is null) = (taken_note is null)", name="taken_whole"),
        sa.Index("ix_shift_handover_given_at", "territory_id", "given_at"),
    )
