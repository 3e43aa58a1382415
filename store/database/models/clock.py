"""Clocks of cases, what they were reckoned to, and what they have said."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.types import At, MaybeAt, UuidKey

CLOCK_KINDS = ("stage", "total", "phase", "review")
REASONS = ("start", "resume", "extension", "calendar", "rule")
_RUNNING = "ended_at is null and next_at is not null"


def _of_incident() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["month", "incident_id"], ["incident.month", "incident.id"], ondelete="CASCADE")


class CaseLimit(Base):
    """The limits that a case was opened with, frozen with the version of the catalogue they are from."""

    __tablename__ = "case_limit"

    month: Mapped[date] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    cycle: Mapped[int] = mapped_column(primary_key=True)
    # newer rules that were applied on purpose come after the first; the newest holds
    seq: Mapped[int] = mapped_column(primary_key=True)
    catalogue_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("catalogue.id"))
    item_code: Mapped[str | None]
    area_class: Mapped[int]
    # [[phase, amount, unit], …]
    limits: Mapped[Any] = mapped_column(pg.JSONB)
    frozen_at: Mapped[At]

    __table_args__ = (_of_incident(),)


class CaseClock(Base):
    """A clock of a case. `since` is null while it rests; `next_at` is when it speaks up next."""

    __tablename__ = "clock"

    id: Mapped[UuidKey]
    month: Mapped[date]
    incident_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    # which phase of the item's limits; 0 for all but phases
    seq: Mapped[int] = mapped_column(server_default=sa.text("0"))
    state: Mapped[str]
    cycle: Mapped[int] = mapped_column(server_default=sa.text("1"))
    # the role that owes the next step
    owes: Mapped[str]
    limits: Mapped[Any] = mapped_column(pg.JSONB)
    calendar_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("calendar.id"))
    measure: Mapped[str]
    total_us: Mapped[int] = mapped_column(sa.BigInteger)
    spent_us: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))
    started_at: Mapped[At]
    since: Mapped[MaybeAt]
    soon_at: Mapped[MaybeAt]
    due_at: Mapped[MaybeAt]
    far_at: Mapped[MaybeAt]
    provisional: Mapped[bool] = mapped_column(server_default=sa.false())
    # [["pause", at], ["resume", at], ["extend", at, amount, unit], …]: gone through again by a later reckoning
    history: Mapped[Any] = mapped_column(pg.JSONB, server_default=sa.text("'[]'::jsonb"))
    fired: Mapped[int] = mapped_column(server_default=sa.text("0"))
    round: Mapped[int] = mapped_column(server_default=sa.text("1"))
    next_at: Mapped[MaybeAt]
    ended_at: Mapped[MaybeAt]

    __table_args__ = (
        _of_incident(),
        one_of("kind", *CLOCK_KINDS),
        one_of("measure", "wall", "work"),
        sa.Index("ix_clock_next_at", "next_at", postgresql_where=sa.text(_RUNNING)),
        sa.Index("ix_clock_incident", "month", "incident_id"),
        sa.Index(
            "uq_clock_open", "month", "incident_id", "kind", "seq", unique=True,
            postgresql_where=sa.text("ended_at is null"),
        ),
    )  # fmt: skip


class ClockReckoning(Base):
    """What a clock was reckoned to, each time anew: the first result stays beside every later one."""

    __tablename__ = "clock_reckoning"

    clock_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clock.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    calendar_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("calendar.id"))
    limits: Mapped[Any] = mapped_column(pg.JSONB)
    total_us: Mapped[int] = mapped_column(sa.BigInteger)
    due_at: Mapped[MaybeAt]
    provisional: Mapped[bool] = mapped_column(server_default=sa.false())
    at: Mapped[At]

    __table_args__ = (one_of("reason", *REASONS),)


class ClockEvent(Base):
    """A clock reached a share of its limit; once per share and round, whoever sweeps. A new limit begins a round."""

    __tablename__ = "clock_event"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    clock_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clock.id", ondelete="CASCADE"))
    round: Mapped[int]
    percent: Mapped[int]
    reached_at: Mapped[At]
    fired_at: Mapped[At]
    # what came of it: null until somebody saw to it
    acted_at: Mapped[MaybeAt]
    outcome: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.UniqueConstraint("clock_id", "round", "percent"),
        sa.CheckConstraint("percent in (80, 100, 150)", name="percent_known"),
        sa.Index("ix_clock_event_open", "id", postgresql_where=sa.text("acted_at is null")),
    )
