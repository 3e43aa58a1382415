"""Refuse what cannot be partitioned, with the reason and the places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidGeometryError, InvalidInputError
from gis.validity import fault_place
from grid_partition.model import PartitionOptions

__all__ = ["Units", "accept_units"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)
#: Faulty rows named in a message; more would hide the sentence.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Units:
    """Checked input of a partition, in canonical order.

    Attributes
    ----------
    order : (n,) int64
        Caller's position of each unit: north to south, then west to east, so that results do not depend on
        the order of the input.
    geometry : (n,) array of Polygon or MultiPolygon
    demand, area : (n,) float64
    parent : (n,) int64
        Position in ``parents``.
    parents : (p,) int64
        Distinct values of ``within``.
    fixed, start : (n,) int64
        -1 for none.
    soft : (n, s) float64
    places : (n, 2) float64
        Of the demand; on the 1 cm grid, from the south-west corner of all.
    """

    order: Ints
    geometry: Geometries
    demand: Floats
    area: Floats
    parent: Ints
    parents: Ints
    fixed: Ints
    start: Ints
    soft: Floats
    places: Floats


def accept_units(
    geometry: npt.ArrayLike, demand: npt.ArrayLike, within: npt.ArrayLike | None, options: PartitionOptions
) -> Units:
    """Check and order the input of `partition_units`.

    Parameters
    ----------
    geometry, demand, within, options
        As in `partition_units`.

    Returns
    -------
    Units

    Raises
    ------
    InvalidInputError, InvalidGeometryError
    """
    polygons = accept_polygons(geometry, "geometry")
    n = len(polygons)
    if n == 0:
        raise InvalidInputError("There are no units to partition.", field="geometry")
    _accept_options(options)
    load = accept_numbers(demand, "demand", n)
    parent = _whole_numbers(within, "within", n, default=0)
    soft = np.zeros((n, 0)) if options.soft_demand is None else _soft(options.soft_demand, n)
    order = _canonical_order(polygons, load)
    parents, position = np.unique(parent, return_inverse=True)
    return Units(
        order=order,
        geometry=polygons[order],
        demand=load[order],
        area=np.round(shapely.area(polygons[order]), 4),
        parent=position[order].astype(np.int64),
        parents=parents,
        fixed=np.maximum(_whole_numbers(options.fixed, "fixed", n, default=-1), -1)[order],
        start=np.maximum(_whole_numbers(options.start, "start", n, default=-1), -1)[order],
        soft=soft[order],
        places=_places(options.places, polygons)[order],
    )


def accept_polygons(geometry: npt.ArrayLike, field: str) -> Geometries:
    """Check that all are finite polygons with an area.

    Parameters
    ----------
    geometry : (n,) array of Polygon or MultiPolygon
    field : str
        Name used in messages.

    Returns
    -------
    (n,) array of object
    """
    polygons = np.asarray(geometry, dtype=object)
    if polygons.ndim != 1:
        raise InvalidInputError(f"{field} must be a flat array of polygons.", field=field)
    areal = np.isin(shapely.get_type_id(polygons), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    _refuse(~areal, f"{field}: not a polygon", field)
    empty = np.asarray(~(shapely.area(polygons) > 0.0))
    _refuse_crossing(polygons, np.flatnonzero(empty), field)
    _refuse(empty, f"{field}: no area, or a coordinate that is not a number", field)
    _refuse(~np.isfinite(shapely.bounds(polygons)).all(axis=1), f"{field}: a coordinate is not finite", field)
    return polygons


def accept_numbers(values: npt.ArrayLike, field: str, n: int) -> Floats:
    """Check for one finite number, zero or more, for each of ``n`` things.

    Parameters
    ----------
    values : (n,) array
    field : str
        Name used in messages.
    n : int

    Returns
    -------
    (n,) float64
    """
    numbers = _floats(values, field)
    if numbers.shape != (n,):
        raise InvalidInputError(f"{field} has shape {numbers.shape}, {n} values are needed.", field=field)
    _refuse(~(np.isfinite(numbers) & (numbers >= 0.0)), f"{field}: negative or not a number", field)
    return numbers


def accept_number(value: float, field: str) -> float:
    """Check for one number.

    Parameters
    ----------
    value : float
    field : str
        Name used in messages.

    Returns
    -------
    float
    """
    number = _floats(value, field)
    if number.ndim:
        raise InvalidInputError(f"{field} must be one number.", field=field)
    return float(number)


def accept_places(values: npt.ArrayLike, field: str) -> Floats:
    """Check for pairs of finite numbers.

    Parameters
    ----------
    values : (n, 2) array
    field : str
        Name used in messages.

    Returns
    -------
    (n, 2) float64
    """
    places = _floats(values, field)
    if places.size == 0:
        return np.empty((0, 2))
    if places.ndim != 2 or places.shape[1] != 2:
        raise InvalidInputError(f"{field} has shape {places.shape}; pairs of x and y are needed.", field=field)
    _refuse(~np.isfinite(places).all(axis=1), f"{field}: not a number", field)
    return places


def accept_barriers(lines: npt.ArrayLike, cost: float | npt.ArrayLike | None) -> tuple[Geometries, Floats]:
    """Check lines that borders may follow, and what a metre of border on each costs.

    Parameters
    ----------
    lines : (b,) array of LineString or MultiLineString
    cost : float or (b,) array, optional

    Returns
    -------
    The lines, and their (b,) prices; 1, as on open ground, for a line of price nan, and nan for all without `cost`.
    """
    given = np.asarray(lines, dtype=object)
    if given.ndim != 1:
        raise InvalidInputError("barriers must be a flat array of lines.", field="barriers")
    coordinates, row_of = shapely.get_coordinates(given, return_index=True)
    for sentence, bad in (
        ("not a line", np.flatnonzero(~np.isin(shapely.get_type_id(given), LINES))),
        ("a coordinate is not finite", np.unique(row_of[~np.isfinite(coordinates).all(axis=1)])),
    ):
        if len(bad):
            raise InvalidGeometryError(f"barriers: {sentence} (row {bad[0]}).", field="barriers", rows=bad.tolist())
    if cost is None:
        return given, np.full(len(given), np.nan)
    price = _floats(cost, "barrier_cost")
    if price.shape not in ((), given.shape):
        raise InvalidInputError(
            f"barrier_cost has shape {price.shape}, one price or {len(given)} are needed.", field="barrier_cost"
        )
    if ((price < 0.0) | np.isinf(price)).any():
        raise InvalidInputError("barrier_cost: a price is zero or more, and finite.", field="barrier_cost")
    return given, np.broadcast_to(np.where(np.isnan(price), 1.0, price), given.shape)


def _refuse_crossing(polygons: Geometries, rows: Ints, field: str) -> None:
    """Refuse outlines that cross themselves so that their halves cancel out: they have no area, but that is no help."""
    for row in rows.tolist():
        reason = str(shapely.is_valid_reason(polygons[row]))
        place = fault_place(reason)
        if reason.startswith("Self-intersection") and place is not None:
            raise InvalidGeometryError(
                f"{field}: the outline crosses itself at {place[0]:.2f}, {place[1]:.2f} (row {row}).",
                field=field,
                rows=[row],
                place=list(place),
            )


def _floats(values: npt.ArrayLike, field: str) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{field} must hold numbers: {error}.", field=field) from error


def _refuse(bad: npt.ArrayLike, sentence: str, field: str) -> None:
    rows = np.flatnonzero(np.asarray(bad))
    if len(rows):
        shown = ", ".join(map(str, rows[:NAMED].tolist())) + (", …" if len(rows) > NAMED else "")
        error = InvalidGeometryError if field != "demand" else InvalidInputError
        raise error(f"{sentence} (row {shown}; {len(rows)} in all).", field=field, rows=rows.tolist())


def _whole_numbers(values: npt.ArrayLike | None, field: str, n: int, *, default: int) -> Ints:
    if values is None:
        return np.full(n, default, dtype=np.int64)
    numbers = np.asarray(values)
    if numbers.shape != (n,):
        raise InvalidInputError(f"{field} has shape {numbers.shape}, {n} values are needed.", field=field)
    whole = numbers.astype(np.int64) if numbers.dtype.kind in "iub" else None
    if whole is None:
        floats = _floats(numbers, field)
        bad = ~np.isfinite(floats) | (floats != np.rint(floats))
        if bad.any():
            rows = np.flatnonzero(bad).tolist()
            raise InvalidInputError(f"{field} must hold whole numbers (row {rows[0]}).", field=field, rows=rows)
        whole = floats.astype(np.int64)
    return whole


def _soft(values: npt.ArrayLike, n: int) -> Floats:
    numbers = _floats(values, "soft_demand")
    columns = numbers.reshape(len(numbers), -1) if numbers.ndim in (1, 2) else numbers
    if columns.ndim != 2 or len(columns) != n:
        raise InvalidInputError(f"soft_demand has shape {numbers.shape}, {n} rows are needed.", field="soft_demand")
    if not (np.isfinite(columns) & (columns >= 0.0)).all():
        raise InvalidInputError("soft_demand: negative or not a number.", field="soft_demand")
    return columns


def _accept_options(options: PartitionOptions) -> None:
    if not 0.0 < accept_number(options.tolerance, "tolerance") <= 1.0:
        raise InvalidInputError(f"The tolerance must lie between 0 and 1, not {options.tolerance}.", field="tolerance")
    if options.band is not None:
        band = _floats(options.band, "band")
        if band.shape != (2,) or not 0.0 <= band[0] < band[1] < np.inf:
            shown = "-".join(map(str, options.band))
            raise InvalidInputError(f"The band {shown} is not a range of demand.", field="band")
    if not 0.0 <= options.churn_price < np.inf:
        raise InvalidInputError("The churn price must be zero or more.", field="churn_price")
    if not 0.0 <= options.walk_price < np.inf:
        raise InvalidInputError("The price of walks must be zero or more.", field="walk_price")


def _places(places: npt.ArrayLike | None, polygons: Geometries) -> Floats:
    if places is None:
        found = shapely.get_coordinates(shapely.centroid(polygons))
    else:
        found = _floats(places, "places")
        if found.shape != (len(polygons), 2) or not np.isfinite(found).all():
            raise InvalidInputError(f"places needs {len(polygons)} points, as numbers.", field="places")
    # measured from the corner and rounded, as the order is
    return np.asarray(np.round(found - np.floor(found.min(axis=0)), 2))


def _canonical_order(polygons: Geometries, demand: Floats) -> Ints:
    centre = shapely.get_coordinates(shapely.centroid(polygons))
    # measured from the corner and rounded: a map shifted by whole metres, or cut into blocks, sorts the same
    x, y = np.round(centre - np.floor(centre.min(axis=0)), 2).T
    return np.lexsort((demand, shapely.area(polygons).round(2), x, -y))
