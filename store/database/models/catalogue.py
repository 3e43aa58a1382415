"""The catalogue in its versions, who leads for its items, and the calendars that limits are counted on."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.database.models.territory import territory_key
from store.types import At, UuidKey

SEVERITIES = ("minor", "major", "critical")
LIMIT_UNITS = ("minute", "emergency_hour", "emergency_day", "work_hour", "work_day", "day")


class Catalogue(Base):
    """One version of a territory's catalogue; a new list is a new version, the newest holds."""

    __tablename__ = "catalogue"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    version: Mapped[int]
    title: Mapped[str]
    file: Mapped[str] = mapped_column(server_default="")
    digest: Mapped[str]
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    loaded_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    loaded_at: Mapped[At]

    __table_args__ = (sa.UniqueConstraint("territory_id", "version"),)


class CatalogueItem(Base):
    """What may be reported: conditions, severity, and the words that it is found by."""

    __tablename__ = "catalogue_item"

    id: Mapped[UuidKey]
    catalogue_id: Mapped[UUID] = mapped_column(sa.ForeignKey("catalogue.id", ondelete="CASCADE"))
    seq: Mapped[int]
    code: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="event")
    class_code: Mapped[str]
    class_en: Mapped[str]
    class_zh: Mapped[str]
    title_en: Mapped[str]
    title_zh: Mapped[str]
    filing_en: Mapped[str] = mapped_column(server_default="")
    filing_zh: Mapped[str] = mapped_column(server_default="")
    closing_en: Mapped[str] = mapped_column(server_default="")
    closing_zh: Mapped[str] = mapped_column(server_default="")
    severity: Mapped[str] = mapped_column(server_default="minor")
    difficulty: Mapped[int] = mapped_column(server_default=sa.text("1"))
    urgent: Mapped[bool] = mapped_column(server_default=sa.false())
    self_handling: Mapped[bool] = mapped_column(server_default=sa.false())
    public: Mapped[bool] = mapped_column(server_default=sa.true())
    synonyms: Mapped[list[str]] = mapped_column(
        pg.ARRAY(sa.String), server_default=sa.text("'{}'::character varying[]")
    )
    terms: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.String), server_default=sa.text("'{}'::character varying[]"))

    __table_args__ = (
        one_of("kind", "event", "component"),
        one_of("severity", *SEVERITIES),
        sa.CheckConstraint("difficulty between 1 and 5", name="difficulty_known"),
        sa.UniqueConstraint("catalogue_id", "code"),
    )


class TimeLimit(Base):
    """A limit of an item for a class of areas; several phases follow each other."""

    __tablename__ = "time_limit"

    item_id: Mapped[UUID] = mapped_column(sa.ForeignKey("catalogue_item.id", ondelete="CASCADE"), primary_key=True)
    area_class: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    phase: Mapped[str] = mapped_column(server_default="")
    amount: Mapped[float]
    unit: Mapped[str]

    __table_args__ = (
        one_of("unit", *LIMIT_UNITS),
        sa.CheckConstraint("area_class between 1 and 4", name="area_class_known"),
    )


class AreaClass(Base):
    """How busy an area is, which decides its limits; it holds for all within. Areas without a row are of class 1."""

    __tablename__ = "area_class"

    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    area_class: Mapped[int]

    __table_args__ = (sa.CheckConstraint("area_class between 1 and 4", name="area_class_known"),)


class LeadUnit(Base):
    """A unit leads for an item, a class of items or all (``*``) in an area and what lies in it, or everywhere (``*``).

    Two units for one pair may be written down; they are listed as a double and none of them leads.
    """

    __tablename__ = "lead_unit"

    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(sa.ForeignKey("unit.id", ondelete="CASCADE"), primary_key=True, index=True)


class Calendar(Base):
    """One version of a territory's work calendar; the newest holds."""

    __tablename__ = "calendar"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    version: Mapped[int]
    code: Mapped[str]
    title_en: Mapped[str] = mapped_column(server_default="")
    title_zh: Mapped[str] = mapped_column(server_default="")
    zone: Mapped[str]
    hours: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.String))
    week: Mapped[list[int]] = mapped_column(pg.ARRAY(sa.Integer))
    # null: nothing is announced year by year, so nothing is provisional
    announced: Mapped[list[int] | None] = mapped_column(pg.ARRAY(sa.Integer))
    loaded_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    loaded_at: Mapped[At]

    __table_args__ = (sa.UniqueConstraint("territory_id", "version"),)


class CalendarDay(Base):
    """A day that differs from its weekday: a holiday, or a day worked instead of another."""

    __tablename__ = "calendar_day"

    calendar_id: Mapped[UUID] = mapped_column(sa.ForeignKey("calendar.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool]
    title: Mapped[str] = mapped_column(server_default="")
    hours: Mapped[Any] = mapped_column(pg.ARRAY(sa.String), nullable=True)
