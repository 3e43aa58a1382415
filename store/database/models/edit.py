"""The log of edits of a plan, and the atoms that edits have cut: both together rebuild every state of a draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.types import At, Json, ShapelyGeometry

EDIT_KINDS = (
    "split", "merge", "border", "reassign", "draw", "improve", "lock", "rename", "recode", "undo", "redo",
)  # fmt: skip
EDIT_STATES = ("live", "undone", "dropped")


class Edit(Base):
    """One edit: the grids that it touched as they were before and as they are after; rows are only ever added.

    `seq` comes from one sequence for all plans and is taken after the touched grids are locked: edits of a grid are in
    their true order, and edits that touch nothing in common wait for nobody. An undo is an edit of its own (`undoes`
    names what it took back), so replaying every row in order rebuilds the plan. Only `state` ever changes: undone
    edits are dropped from what can be redone when their author makes a new one.
    """

    __tablename__ = "edit"

    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    kind: Mapped[str]
    at: Mapped[At]
    # what was asked for
    request: Mapped[Json]
    # {grid id: its row of grid_version and the labels of its atoms}; a grid that was not there has no entry
    before: Mapped[Json]
    after: Mapped[Json]
    grids: Mapped[list[UUID]] = mapped_column(pg.ARRAY(pg.UUID(as_uuid=True)))
    state: Mapped[str] = mapped_column(server_default="live")
    undoes: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (
        one_of("kind", *EDIT_KINDS),
        one_of("state", *EDIT_STATES),
        sa.Index("ix_edit_plan_id_author_id", "plan_id", "author_id", "seq"),
    )


class AtomPast(Base):
    """An atom that an edit took out of a plan (it was cut, or got a vertex), kept for undo and for the history."""

    __tablename__ = "atom_past"

    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id"))
    demand: Mapped[int]
    dwellings: Mapped[int]
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("POLYGON"))
