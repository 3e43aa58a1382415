"""Clean geometry once, at the boundary; inside, it is trusted.

A geometry is accepted when it is of the wanted type, finite, inside the bounds, not empty and valid, and is then
put on the 1 cm grid. What is refused is named by row, reason and place, so that a person can go and look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidGeometryError
from gis.overlay import GRID, snap_to_grid

__all__ = ["GeometryFault", "accept", "fault_place", "find_faults"]

Geometries = npt.NDArray[np.object_]

#: Faults told in one message; the rest ride along in the error's fields.
TOLD = 3


@dataclass(frozen=True, slots=True)
class GeometryFault:
    """Why one geometry is refused.

    Attributes
    ----------
    row : int
        Position in the input.
    reason : str
        In plain words.
    place : tuple of float or None
        x, y of the fault, where it has one.
    """

    row: int
    reason: str
    place: tuple[float, float] | None


def accept(
    geometry: npt.ArrayLike,
    *,
    kinds: Sequence[str] = ("Polygon", "MultiPolygon"),
    bounds: tuple[float, float, float, float] | None = None,
    metric: bool = True,
    field: str = "geometry",
) -> Geometries:
    """Return the geometries, checked and on the 1 cm grid, or refuse them with every reason.

    Parameters
    ----------
    geometry : (n,) array of Geometry
        Metric CRS, or degrees with ``metric=False``.
    kinds : sequence of str
        Wanted types, as in ``geom_type``.
    bounds : (west, south, east, north), optional
        Where all coordinates must lie.
    metric : bool
        Whether to move the vertices to the 1 cm grid.
    field : str
        What the geometries are called in messages.

    Returns
    -------
    (n,) array of Geometry

    Raises
    ------
    InvalidGeometryError
        With ``faults``, the list of `GeometryFault`.

    Examples
    --------
    >>> accept([shapely.box(0.001, 0, 2, 1)])[0].bounds
    (0.0, 0.0, 2.0, 1.0)
    """
    given = np.atleast_1d(np.asarray(geometry, dtype=object))
    faults = find_faults(given, kinds=kinds, bounds=bounds)
    gridded = given
    if metric and not faults:
        gridded = _on_grid(given)
        gone = shapely.is_empty(gridded)
        faults = [GeometryFault(row, "vanishes on the 1 cm grid", None) for row in np.flatnonzero(gone).tolist()]
    if faults:
        told = "; ".join(f"row {f.row}: {f.reason}" for f in faults[:TOLD])
        more = f"; and {len(faults) - TOLD} more" if len(faults) > TOLD else ""
        raise InvalidGeometryError(f"{field}: {told}{more}.", field=field, faults=faults, place=faults[0].place)
    return gridded


def find_faults(
    geometry: npt.ArrayLike,
    *,
    kinds: Sequence[str] = ("Polygon", "MultiPolygon"),
    bounds: tuple[float, float, float, float] | None = None,
) -> list[GeometryFault]:
    """List what is wrong with each geometry, the first reason of each row.

    Parameters
    ----------
    geometry, kinds, bounds
        As in `accept`.

    Returns
    -------
    list of GeometryFault, by row

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> find_faults([bow_tie])
    [GeometryFault(row=0, reason='Self-intersection', place=(1.0, 1.0))]
    """
    given = np.atleast_1d(np.asarray(geometry, dtype=object))
    reasons: dict[int, tuple[str, tuple[float, float] | None]] = {}

    def note(bad: npt.NDArray[np.bool_], reason: str) -> None:
        for row in np.flatnonzero(bad).tolist():
            reasons.setdefault(row, (reason, _somewhere(given[row])))

    real = shapely.is_geometry(given)
    given = given.copy()
    given[~real] = None
    for row in np.flatnonzero(~real).tolist():
        reasons[row] = ("no geometry", None)
    wanted = [shapely.GeometryType[kind.upper()].value for kind in kinds]
    note(real & ~np.isin(_type_ids(given, real), wanted), f"not a {' or '.join(kinds)}")
    note(real & shapely.is_empty(given), "empty")
    note(real & ~_finite(given), "a coordinate that is not a number")
    if bounds is not None:
        west, south, east, north = bounds
        box = shapely.bounds(given)
        inside = (box[:, 0] >= west) & (box[:, 1] >= south) & (box[:, 2] <= east) & (box[:, 3] <= north)
        note(real & ~inside, f"outside of {west:g}, {south:g}, {east:g}, {north:g}")
    rest = np.array([row for row in range(len(given)) if row not in reasons], dtype=np.int64)
    broken = rest[~shapely.is_valid(given[rest])]
    for row in broken.tolist():
        reason = str(shapely.is_valid_reason(given[row]))
        reasons[row] = (reason.split("[", 1)[0].strip(), fault_place(reason))
    return [GeometryFault(row, *reasons[row]) for row in sorted(reasons)]


def fault_place(reason: str) -> tuple[float, float] | None:
    """Read the place out of a sentence of GEOS.

    Parameters
    ----------
    reason : str

    Returns
    -------
    (x, y) or None

    Examples
    --------
    >>> fault_place("Self-intersection[1 2.5]")
    (1.0, 2.5)
    """
    _, bracket, rest = reason.partition("[")
    try:
        x, y = rest.rstrip("]").split()[:2]
        return (float(x), float(y)) if bracket else None
    except ValueError:
        return None


def _type_ids(given: Geometries, real: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    ids = np.full(len(given), -1, dtype=np.int64)
    ids[real] = shapely.get_type_id(given[real])
    return ids


def _finite(given: Geometries) -> npt.NDArray[np.bool_]:
    xy, of = shapely.get_coordinates(given, return_index=True)
    finite = np.ones(len(given), dtype=bool)
    finite[of[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _somewhere(geometry: shapely.Geometry) -> tuple[float, float] | None:
    """Return the first finite vertex."""
    xy = shapely.get_coordinates(geometry)
    xy = xy[np.isfinite(xy).all(axis=1)]
    return (float(xy[0, 0]), float(xy[0, 1])) if len(xy) else None


def _on_grid(given: Geometries) -> Geometries:
    """Round the vertices; only where that breaks a geometry is it rebuilt on the grid.

    Rounding alone treats a shared border alike on both sides; rebuilding may not.
    """
    rounded = np.asarray(shapely.transform(given, snap_to_grid))
    broken = ~shapely.is_valid(rounded)
    rounded[broken] = shapely.set_precision(given[broken], GRID)
    return rounded
