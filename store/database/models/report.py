"""Reports that people named and kept, and those that are written each month."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base
from store.database.models.territory import territory_key
from store.types import At, MaybeAt, UuidKey


class ReportSchedule(Base):
    """A report that is written each month, about the local month that is over.

    Without a plan it is about the one in use on that day. `last_month` (YYYY-MM) is the month it was written of last.
    """

    __tablename__ = "report_schedule"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    plan_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    name: Mapped[str]
    title: Mapped[str]
    format: Mapped[str]
    lang: Mapped[str]
    day: Mapped[int] = mapped_column(sa.SmallInteger)
    hour: Mapped[int] = mapped_column(sa.SmallInteger)
    time_zone: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    last_month: Mapped[str | None]
    last_at: Mapped[MaybeAt]
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[At]

    __table_args__ = (
        sa.CheckConstraint("day between 1 and 28", name="day_in_every_month"),
        sa.CheckConstraint("hour between 0 and 23", name="hour_of_day"),
    )


class KeptReport(Base):
    """A finished file under a title; two titles may share one file."""

    __tablename__ = "kept_report"

    id: Mapped[UuidKey]
    report_id: Mapped[UUID] = mapped_column(sa.ForeignKey("report.id"))
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    lang: Mapped[str]
    month: Mapped[str | None]
    schedule_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("report_schedule.id", ondelete="SET NULL"))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[At]

    __table_args__ = (sa.UniqueConstraint("report_id", "title"),)
