"""Water plans: reaches of the network, and how much of each lies in which land grid and area."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist, one_of
from store.database.models.territory import territory_key
from store.types import FeatureId, ShapelyGeometry, UuidKey, tile_geometry

UNFIT_REASONS = ("", "short-water", "uneven-water", "unbalanced")


class RiverReach(Base):
    """A connected piece of water that one warden answers for, in the warden's grid of a water plan."""

    __tablename__ = "river_reach"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id"), index=True)
    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id"), index=True)
    # that of its grid; a trigger keeps it so
    code: Mapped[str]
    river: Mapped[str] = mapped_column(server_default="")
    length_m: Mapped[float]
    deviation: Mapped[float]
    stub: Mapped[bool] = mapped_column(server_default=sa.false())
    fits: Mapped[bool]
    unfit_reason: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTILINESTRING"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "MULTILINESTRING")
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        one_of("unfit_reason", *UNFIT_REASONS),
        gist("river_reach", "geom"),
        gist("river_reach", "geom_3857"),
    )


class ReachGrid(Base):
    """How much of a reach lies in a land grid of the household plan that was in use when the water plan was made."""

    __tablename__ = "reach_grid"

    reach_id: Mapped[UUID] = mapped_column(sa.ForeignKey("river_reach.id", ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), primary_key=True, index=True)
    length_m: Mapped[float]
    share: Mapped[float]


class ReachArea(Base):
    """How much of a reach lies in an area of a level."""

    __tablename__ = "reach_area"

    reach_id: Mapped[UUID] = mapped_column(sa.ForeignKey("river_reach.id", ondelete="CASCADE"), primary_key=True)
    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, index=True)
    length_m: Mapped[float]
    share: Mapped[float]


class RiverArea(Base):
    """How much of a named river, by name and not by reach, lies in an area of a level: a river chief's piece."""

    __tablename__ = "river_area"

    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    river: Mapped[str] = mapped_column(primary_key=True)
    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, index=True)
    length_m: Mapped[float]
    share: Mapped[float]
