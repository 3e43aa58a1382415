"""Units, staff in office, and who answers for which grid and when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist
from store.database.models.territory import territory_key
from store.types import Revision, ShapelyGeometry, UuidKey


class Unit(Base):
    """A department, centre or team; a tree of any depth with valid time. A trigger refuses a cycle."""

    __tablename__ = "unit"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id"))
    area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="SET NULL"))
    valid: Mapped[pg.Range[date]] = mapped_column(pg.DATERANGE, server_default=sa.text("'[,)'"))
    revision: Mapped[Revision]


class Staff(Base):
    """A member of staff in office: work number, name, post. Never age, party or track."""

    __tablename__ = "staff"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    work_no: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    post: Mapped[str]
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="SET NULL"), index=True)
    # the office or post where the person is on duty, not where the person is
    duty_point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"), nullable=True)
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    # what a rule may ask for ("law", "first aid"), and how many posts at most; None is what the rule says
    skills: Mapped[list[str]] = mapped_column(
        pg.ARRAY(sa.String()), server_default=sa.text("'{}'::character varying[]")
    )
    max_posts: Mapped[int | None]
    full_time: Mapped[bool] = mapped_column(server_default=sa.true())
    revision: Mapped[Revision]
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        sa.CheckConstraint("max_posts between 0 and 1000", name="max_posts_counted"),
        gist("staff", "duty_point"),
    )


class Role(Base):
    """A role that an assignment gives (grid head, deputy, assistant)."""

    __tablename__ = "role"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]


class Assignment(Base):
    """Who holds which role for which grid or area, over which time; one head per grid at any time."""

    __tablename__ = "assignment"

    id: Mapped[UuidKey]
    staff_id: Mapped[UUID] = mapped_column(sa.ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(sa.ForeignKey("role.code"))
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), index=True)
    share: Mapped[float] = mapped_column(server_default=sa.text("1"))
    ex_officio: Mapped[bool] = mapped_column(server_default=sa.false())
    is_head: Mapped[bool] = mapped_column(server_default=sa.false())
    valid: Mapped[pg.Range[datetime]] = mapped_column(pg.TSTZRANGE)
    revision: Mapped[Revision]

    __table_args__ = (
        sa.CheckConstraint("share > 0 and share <= 1", name="share_of_one"),
        sa.CheckConstraint("num_nonnulls(grid_id, area_id) = 1", name="one_target"),
        pg.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            (sa.column("valid"), "&&"),
            where=sa.text("is_head"),
            using="gist",
            name="ex_assignment_one_head",
        ),
    )


class Shift(Base):
    """A time on duty, by itself or from a pattern."""

    __tablename__ = "shift"

    id: Mapped[UuidKey]
    staff_id: Mapped[UUID] = mapped_column(sa.ForeignKey("staff.id", ondelete="CASCADE"))
    period: Mapped[pg.Range[datetime]] = mapped_column(pg.TSTZRANGE)
    pattern_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("shift_pattern.id", ondelete="CASCADE"), index=True)

    __table_args__ = (
        sa.Index("ix_shift_staff_id_period", "staff_id", "period", postgresql_using="gist"),
        sa.Index("ix_shift_period", "period", postgresql_using="gist"),
    )
