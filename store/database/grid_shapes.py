"""SQL of grids drawn simpler for low zooms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import copy_rows
from store.database.models import GridShape, GridVersion, Plan
from store.types import TILE_SRID

LEVELS: Final = (9, 11, 13)
"""Each set of simpler shapes serves the zooms up to this one that the set before does not; above, shapes are exact."""
TILING_KINDS: Final = ("household", "natural_village", "micro", "ten_household", "cell")
"""Kinds whose grids tile the ground; others may lie over each other and are drawn exactly."""
_COLUMNS = ("plan_id", "grid_id", "max_zoom", "geom_3857")


def level_for(zoom: int) -> int | None:
    """Return the set of shapes that a zoom is drawn from; None for the exact ones.

    Examples
    --------
    >>> [level_for(zoom) for zoom in (0, 10, 13, 14)]
    [9, 11, 13, None]
    """
    return next((level for level in LEVELS if zoom <= level), None)


def replace_shapes(
    session: Session, plan_id: UUID, grid_ids: Iterable[UUID], by_level: dict[int, npt.NDArray[np.object_]]
) -> None:
    """Put simpler shapes in the place of those that a plan had.

    Parameters
    ----------
    session : Session
    plan_id : UUID
    grid_ids : iterable of UUID
        In the order of the shapes.
    by_level : dict of int to (n,) array of MultiPolygon
        Shapes in EPSG:3857 by the largest zoom that they serve.
    """
    session.execute(sa.delete(GridShape).where(GridShape.plan_id == plan_id))
    ids = list(grid_ids)
    for level, shapes in by_level.items():
        texts = shapely.to_wkb(shapely.set_srid(shapes, TILE_SRID), hex=True, include_srid=True)
        copy_rows(
            session,
            GridShape.__tablename__,
            _COLUMNS,
            ((plan_id, grid, level, str(text)) for grid, text in zip(ids, texts, strict=True)),
        )


def has_shapes(session: Session, plan_id: UUID) -> bool:
    """Return whether a plan has simpler shapes; edits leave it without any, never with some."""
    return bool(session.scalar(sa.select(sa.exists().where(GridShape.plan_id == plan_id))))


def plans_without_shapes(session: Session, limit: int) -> list[UUID]:
    """Return live plans whose simpler shapes are missing, newest first."""
    statement = (
        sa.select(Plan.id)
        .where(
            Plan.status != "retired",
            Plan.kind.in_(TILING_KINDS),
            sa.exists().where(GridVersion.plan_id == Plan.id),
            ~sa.exists().where(GridShape.plan_id == Plan.id),
        )
        .order_by(Plan.created_at.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))
