"""How the organisation is meant to be staffed: patterns of shifts, absences, ratio rules, counts, proposals."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.database.models.plan import GRID_KINDS
from store.database.models.territory import territory_key
from store.types import At, Revision, UuidKey


class ShiftPattern(Base):
    """A rhythm of duty: on which days of a cycle, from when to when; its periods are written out as shifts."""

    __tablename__ = "shift_pattern"

    id: Mapped[UuidKey]
    staff_id: Mapped[UUID] = mapped_column(sa.ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    cycle_days: Mapped[int]
    # days of the cycle on duty, 0 is the first day
    on_days: Mapped[list[int]] = mapped_column(pg.ARRAY(sa.Integer()))
    starts: Mapped[time]
    ends: Mapped[time]

    __table_args__ = (
        sa.CheckConstraint("last_day >= first_day", name="days_in_order"),
        sa.CheckConstraint("cycle_days between 1 and 366", name="cycle_counted"),
    )


class Absence(Base):
    """A time in which a member of staff is not there and deputies stand in; why is not kept."""

    __tablename__ = "absence"

    id: Mapped[UuidKey]
    staff_id: Mapped[UUID] = mapped_column(sa.ForeignKey("staff.id", ondelete="CASCADE"))
    period: Mapped[pg.Range[datetime]] = mapped_column(pg.TSTZRANGE)

    __table_args__ = (sa.Index("ix_absence_staff_id_period", "staff_id", "period", postgresql_using="gist"),)


class RatioRule(Base):
    """How many holders of a role there have to be: by grid, village, town, households or group, with OR between ways.

    Rows without a territory are the rules that Gridward starts with; a territory's own of the same code comes first.
    """

    __tablename__ = "ratio_rule"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), index=True)
    code: Mapped[str]
    seq: Mapped[int]
    title_en: Mapped[str]
    title_zh: Mapped[str]
    role: Mapped[str] = mapped_column(sa.ForeignKey("role.code"))
    grid_kind: Mapped[str] = mapped_column(server_default="household")
    # [{"per": "village", "count": 1}, {"per": "household", "every": 20}]: kept when one of them is
    ways: Mapped[list[dict[str, Any]]] = mapped_column(pg.JSONB)
    # posts of the roster whose holders count, lower case
    posts: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.String()))
    skill: Mapped[str | None]
    # posts that one may hold; 1 is exclusive
    max_posts: Mapped[int] = mapped_column(server_default=sa.text("1"))
    within: Mapped[str] = mapped_column(server_default="village")
    max_distance_m: Mapped[float | None]
    max_households: Mapped[int | None]
    # known as a number for each area only, never by assignments
    counts_only: Mapped[bool] = mapped_column(server_default=sa.false())
    # filled where there is somebody to spare; nothing is missed when vacant
    optional: Mapped[bool] = mapped_column(server_default=sa.false())
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    revision: Mapped[Revision]

    __table_args__ = (
        sa.UniqueConstraint("territory_id", "code"),
        one_of("grid_kind", *GRID_KINDS),
        one_of("within", "village", "town", "anywhere"),
        sa.CheckConstraint("max_posts between 1 and 1000", name="max_posts_counted"),
    )


class PostCount(Base):
    """How many holders of a role an area has where only their number is known."""

    __tablename__ = "post_count"

    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.ForeignKey("role.code"), primary_key=True)
    territory_id: Mapped[UUID] = territory_key()
    count: Mapped[int] = mapped_column(sa.CheckConstraint("count >= 0", name="count_of_posts"))


class StaffingProposal(Base):
    """Who would hold which post by the rules, for a look before it is put in force."""

    __tablename__ = "staffing_proposal"

    id: Mapped[UuidKey]
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(server_default="proposed")
    # digest of who held the posts when it was made
    based_on: Mapped[str]
    result: Mapped[dict[str, Any]] = mapped_column(pg.JSONB)
    asked_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    made_at: Mapped[At]
    applied_at: Mapped[datetime | None] = mapped_column(sa.TIMESTAMP(timezone=True))
    revision: Mapped[Revision]

    __table_args__ = (one_of("status", "proposed", "applied"),)
