"""SQL of areas drawn simpler for low zooms."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import Area, AreaShape
from store.types import TILE_SRID

_VALID = Area.valid.op("@>")(sa.func.current_date())


def kinds_without_shapes(session: Session, limit: int) -> list[tuple[UUID, str]]:
    """Return territories and kinds of areas whose simpler shapes are missing."""
    statement = (
        sa.select(Area.territory_id, Area.kind)
        .where(_VALID)
        .group_by(Area.territory_id, Area.kind)
        .having(~sa.func.bool_or(sa.exists().where(AreaShape.area_id == Area.id)))
        .order_by(Area.territory_id, Area.kind)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def shapes_of(session: Session, territory_id: UUID, kind: str) -> Columns:
    """Return ``id``, ``area_code`` and ``geom`` of the areas of a kind that are valid today."""
    statement = (
        sa.select(Area.id, Area.area_code, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.kind == kind, _VALID)
        .order_by(Area.area_code, Area.id)
    )
    return read_columns(session, statement, geometry=["geom"])


def replace_shapes(session: Session, areas: Columns, by_level: dict[int, npt.NDArray[np.object_]]) -> None:
    """Put simpler shapes in the place of those that areas had.

    Parameters
    ----------
    session : Session
    areas : dict of str to ndarray
        ``id`` and ``area_code``, as `shapes_of` returns them.
    by_level : dict of int to (n,) array of MultiPolygon
        Shapes in EPSG:3857 by the largest zoom that they serve.
    """
    ids: Sequence[UUID] = areas["id"].tolist()
    session.execute(sa.delete(AreaShape).where(AreaShape.area_id.in_(ids)))
    for level, shapes in by_level.items():
        texts = shapely.to_wkb(shapely.set_srid(shapes, TILE_SRID), hex=True, include_srid=True)
        copy_rows(
            session,
            AreaShape.__tablename__,
            ("area_id", "max_zoom", "geom_3857", "area_code"),
            (
                (area, level, str(text), int(code))
                for area, text, code in zip(ids, texts, areas["area_code"], strict=True)
            ),
        )
