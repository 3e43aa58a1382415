"""Change sets of areas: the decision, the areas drawn for it, its steps and what was said of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, gist, one_of
from store.database.models.territory import territory_key
from store.types import At, Json, MaybeAt, Revision, ShapelyGeometry, UuidKey

CHANGE_STATES = ("draft", "review", "scheduled", "published", "retired")


class ChangeSet(Base):
    """A decision that changes administrative areas on a day: merged, split, renamed or renumbered."""

    __tablename__ = "change_set"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    name: Mapped[str]
    basis: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(server_default="draft")
    # kind of the areas that end; that of the new ones without it
    replaces: Mapped[str | None]
    file: Mapped[str] = mapped_column(server_default="")
    # only wished for until it is published
    effective_on: Mapped[date | None]
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    approver_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[At]
    submitted_at: Mapped[MaybeAt]
    approved_at: Mapped[MaybeAt]
    published_at: Mapped[MaybeAt]
    # when the doors were counted into the new areas; empty while the day lies ahead
    settled_at: Mapped[MaybeAt]
    retired_at: Mapped[MaybeAt]
    figures: Mapped[Json]
    # what it does, as reckoned last: day, areas that end, warnings, lineage by code
    report: Mapped[Json]
    revision: Mapped[Revision]

    __table_args__ = (sa.UniqueConstraint("territory_id", "name"), one_of("status", *CHANGE_STATES))


class AreaDraft(Base):
    """An area as drawn for a change set; `area_id` is what it became."""

    __tablename__ = "area_draft"

    id: Mapped[UuidKey]
    change_set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("change_set.id", ondelete="CASCADE"))
    # line or feature of the file
    line: Mapped[int]
    code: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="SET NULL"), index=True)

    __table_args__ = (sa.UniqueConstraint("change_set_id", "code"), gist("area_draft", "geom"))


class ChangeStep(Base):
    """One step in the life of a change set, with who took it and why; rows are only ever added."""

    __tablename__ = "change_step"

    id: Mapped[UuidKey]
    change_set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("change_set.id", ondelete="CASCADE"), index=True)
    action: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(server_default="")
    facts: Mapped[Json]
    at: Mapped[At]


class ChangeComment(Base):
    """A remark on a change set, pinned to one of its areas, a place or both."""

    __tablename__ = "change_comment"

    id: Mapped[UuidKey]
    change_set_id: Mapped[UUID] = mapped_column(sa.ForeignKey("change_set.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    text: Mapped[str]
    area_code: Mapped[str | None]
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"), nullable=True)
    created_at: Mapped[At]

    __table_args__ = (gist("change_comment", "point"),)
