"""Grids drawn simpler for the zooms where nobody could see the difference."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist
from store.types import TILE_SRID, ShapelyGeometry


class GridShape(Base):
    """A grid of a plan with fewer vertices, for zooms up to `max_zoom`; a plan has all of its grids here or none.

    A trigger on ``grid_version`` removes a plan's rows when a border changes: tiles then show the exact shapes until
    the next save writes new rows.
    """

    __tablename__ = "grid_shape"

    plan_id: Mapped[UUID] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[UUID] = mapped_column(sa.ForeignKey("grid.id", ondelete="CASCADE"), primary_key=True)
    max_zoom: Mapped[int] = mapped_column(primary_key=True)
    geom_3857: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON", TILE_SRID))
    area_code: Mapped[int] = area_key()

    __table_args__ = (gist("grid_shape", "geom_3857"),)
