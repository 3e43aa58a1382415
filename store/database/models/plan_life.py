"""The life of a plan: its steps, comments on it, what became of old grids and areas, and who answers for what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, gist, one_of
from store.database.models.plan import GRID_KINDS
from store.types import At, Json, MaybeAt, Revision, ShapelyGeometry, UuidKey

LINEAGE_KINDS = ("keep", "rename", "renumber", "merge", "split", "transfer")


class PlanStep(Base):
    """One step in the life of a plan, with who took it and why; rows are only ever added."""

    __tablename__ = "plan_step"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    action: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(server_default="")
    facts: Mapped[Json]
    at: Mapped[At]


class Comment(Base):
    """A remark on a plan, pinned to a grid, a place or both; a reply hangs on the first remark of its thread."""

    __tablename__ = "comment"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id"))
    reply_to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    text: Mapped[str]
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"), nullable=True)
    created_at: Mapped[At]
    resolved_at: Mapped[MaybeAt]
    resolved_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    revision: Mapped[Revision]
    area_code: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (gist("comment", "point"),)


class Lineage(Base):
    """Which part of an old grid or area went where; the shares of one source add up to the ground that went on."""

    __tablename__ = "lineage"

    id: Mapped[UuidKey]
    kind: Mapped[str]
    from_grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    to_grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    from_area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), index=True)
    to_area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), index=True)
    from_plan_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    plan_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    change_set_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("change_set.id", ondelete="CASCADE"), index=True)
    area_share: Mapped[float]
    household_share: Mapped[float]
    area_m2: Mapped[float]
    households: Mapped[int]
    effective_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))

    __table_args__ = (
        one_of("kind", *LINEAGE_KINDS),
        sa.CheckConstraint(
            "num_nonnulls(from_grid_id, to_grid_id) = 2 and num_nonnulls(from_area_id, to_area_id) = 0"
            " or num_nonnulls(from_grid_id, to_grid_id) = 0 and num_nonnulls(from_area_id, to_area_id) = 2",
            name="one_pair",
        ),
        sa.CheckConstraint("num_nonnulls(plan_id, change_set_id) = 1", name="one_cause"),
    )


class Responsibility(Base):
    """A duty that a role carries in every grid of a kind, or in one grid.

    Rows without a territory are the list that Gridward starts with; a territory's own list takes its place.
    """

    __tablename__ = "responsibility"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), index=True)
    grid_kind: Mapped[str]
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(sa.ForeignKey("role.code"))
    seq: Mapped[int]
    duty_en: Mapped[str]
    duty_zh: Mapped[str]
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"))

    __table_args__ = (one_of("grid_kind", *GRID_KINDS),)
