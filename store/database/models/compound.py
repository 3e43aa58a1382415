"""Residential compounds (estates behind one gate): what a plan keeps in one grid where it can."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, gist
from store.database.models.territory import territory_key
from store.types import ShapelyGeometry, UuidKey


class Compound(Base):
    """The ground of a residential compound."""

    __tablename__ = "compound"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    name: Mapped[str] = mapped_column(server_default=sa.text("''"))
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))

    __table_args__ = (gist("compound", "geom"),)
