"""The last steps that every load of rows shares: areas, saving, telling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from services.ingest.report import LoadReport
from services.ingest.rows import RowLoad, require_rows
from services.ingest.shapes import leaf_area_rows
from store.database import ingest as sql
from store.database.bulk import Columns, ewkb_hex

Geometries = npt.NDArray[Any]


def areas_of_points(load: RowLoad, points: Geometries) -> tuple[Columns, npt.NDArray[np.int64]]:
    """Find the finest area of each row's point.

    Parameters
    ----------
    load : RowLoad
    points : (n,) array of Point or None

    Returns
    -------
    areas : dict of str to ndarray
        From `store.database.ingest.read_areas`.
    row : (n,) int array
        Row of `areas`, -1 outside or without a point.
    """
    areas = sql.read_areas(load.work.session, load.territory.id)
    found = np.full(len(points), -1, dtype=np.int64)
    placed = np.flatnonzero([point is not None for point in points])
    found[placed] = leaf_area_rows(points[placed], areas)
    return areas, found


def hex_points(points: Geometries) -> list[str | None]:
    """Encode points for COPY, None staying None."""
    out: list[str | None] = [None] * len(points)
    placed = [row for row, point in enumerate(points) if point is not None]
    for row, text in zip(placed, ewkb_hex(points[placed]) if placed else [], strict=True):
        out[row] = text
    return out


def save_rows(
    load: RowLoad,
    table: str,
    columns: Sequence[str],
    key: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    layer: str | None,
    points: Geometries | None = None,
) -> LoadReport:
    """Insert or update the good rows and announce the layer.

    Parameters
    ----------
    load : RowLoad
    table : str
    columns, key : sequence of str
    rows : iterable of sequence
        In the order of `load.kept`; only read when no row stops the load.
    layer : str or None
        Layer to announce.
    points : (n,) array of Point, optional
        Where the change is.

    Returns
    -------
    LoadReport
    """
    return save(
        load,
        lambda: _counts(*sql.upsert_rows(load.work.session, table, columns, key, rows)),
        layer=layer,
        points=points,
    )


def _counts(inserted: int, updated: int) -> dict[str, int]:
    return {"inserted": inserted, "updated": updated}


def save(
    load: RowLoad, action: Callable[[], dict[str, int]], *, layer: str | None, points: Geometries | None = None
) -> LoadReport:
    """Run `action` in a savepoint that a dry run takes back.

    Parameters
    ----------
    load : RowLoad
    action : callable
        Writes, and returns counts.
    layer : str or None
    points : (n,) array of Point, optional

    Returns
    -------
    LoadReport

    Raises
    ------
    RejectedRowsError
        Rows were refused and the good ones alone are not wanted.
    """
    require_rows(load)
    nested = load.work.session.begin_nested()
    load.report.counts.update(action())
    load.report.accepted = len(load.kept)
    if load.report.dry_run:
        nested.rollback()
        return load.report
    nested.commit()
    if layer is not None:
        load.work.touch(layer, load.territory.id, _box(load, points))
    return load.report


def _box(load: RowLoad, points: Geometries | None) -> tuple[float, float, float, float] | None:
    if points is None:
        return None
    placed = [points[row] for row in load.kept if points[row] is not None]
    if not placed:
        return None
    west, south, east, north = (float(value) for value in shapely.total_bounds(np.array(placed, dtype=object)))
    return west, south, east, north


def refuse_repeats(load: RowLoad, name: str, keys: Sequence[Any]) -> None:
    """Refuse rows that mean what an earlier row means, in however many words.

    Parameters
    ----------
    load : RowLoad
    name : str
        Field that a refusal points at.
    keys : sequence
        What each row means.
    """
    first: dict[Any, int] = {}
    for row in load.kept.tolist():
        before = first.setdefault(keys[row], row)
        if before != row:
            reason = f"repeats {load.table.named(before)}"
            value = str(load.values[name][row])
            load.reject(row, load.column_of(name), value, reason=reason, remedy="keep one of the two rows")


def look_up(load: RowLoad, name: str, known: dict[str, UUID], *, what: str, remedy: str) -> list[UUID | None]:
    """Replace codes or names by ids; unknown ones refuse their row.

    Parameters
    ----------
    load : RowLoad
    name : str
        Field.
    known : dict
        Code or name -> id.
    what, remedy : str
        For the refusal.

    Returns
    -------
    list of UUID or None
    """
    found: list[UUID | None] = []
    for row, value in enumerate(load.values[name]):
        row_id = known.get(str(value)) if value is not None else None
        if value is not None and row_id is None:
            load.reject(row, load.column_of(name), str(value), reason=f"names no known {what}", remedy=remedy)
        found.append(row_id)
    return found
