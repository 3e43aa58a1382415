"""Limits by which a plan's quality is judged, where a territory has its own."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.database.models.plan import GRID_KINDS


class QualityLimit(Base):
    """What one figure of one kind of grid should reach in a territory; figures without a row keep the usual limit."""

    __tablename__ = "quality_limit"

    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    ok: Mapped[float]
    watch: Mapped[float]

    __table_args__ = (one_of("kind", *GRID_KINDS),)
