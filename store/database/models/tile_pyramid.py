"""What low zooms are drawn from: areas with fewer vertices, and incidents counted by cell."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key
from store.types import TILE_SRID, ShapelyGeometry


class AreaShape(Base):
    """An area with fewer vertices, for zooms up to `max_zoom`.

    A trigger on ``area`` removes the shapes of a kind when an area of that kind changes: tiles then show the exact
    shapes until upkeep draws new ones.
    """

    __tablename__ = "area_shape"

    area_id: Mapped[UUID] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)
    max_zoom: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    geom_3857: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON", TILE_SRID))
    area_code: Mapped[int] = area_key()


class IncidentCell(Base):
    """Something added to the incidents of one area in one cell, an eighth of a tile at zoom 12; sums are what counts.

    Triggers on ``incident`` only add rows, so that reports in one cell never wait for each other; upkeep adds them
    up. `ids` and `months` (days since 2000) are those of the one incident where there is but one.
    """

    __tablename__ = "incident_cell"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    territory_id: Mapped[UUID] = mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"))
    area_code: Mapped[int] = area_key()
    cell_x: Mapped[int]
    cell_y: Mapped[int]
    incidents: Mapped[int]
    open: Mapped[int]
    critical: Mapped[int]
    major: Mapped[int]
    ids: Mapped[int] = mapped_column(sa.BigInteger)
    months: Mapped[int]
    x_dm: Mapped[int] = mapped_column(sa.BigInteger)
    y_dm: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.Index("ix_incident_cell_place", "territory_id", "cell_x", "cell_y"),)
