"""Professional nets on household grids, and which floors of a building a dedicated grid holds."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base
from store.types import Json


class NetShare(Base):
    """What a grid of a professional net and a household grid have in common.

    Without a household grid: ground or households of the net outside all of them; without a net's grid: the rest of a
    household grid that the net leaves out.
    """

    __tablename__ = "net_share"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    base_plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    net_grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    area_m2: Mapped[float]
    share_of_net: Mapped[float | None]
    share_of_grid: Mapped[float | None]
    households: Mapped[int]
    objects: Mapped[Json]


class GridFloor(Base):
    """The floors of a building that a dedicated grid holds; unbounded for a whole building."""

    __tablename__ = "grid_floor"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    building_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("building.id", ondelete="SET NULL"), index=True)
    floors: Mapped[pg.Range[int]] = mapped_column(pg.INT4RANGE)
    load: Mapped[float]

    __table_args__ = (
        pg.ExcludeConstraint(
            (sa.column("plan_id"), "="),
            (sa.column("building_id"), "="),
            (sa.column("floors"), "&&"),
            using="gist",
            name="ex_grid_floor_once",
        ),
    )
