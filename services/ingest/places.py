"""Where the rows of a table lie: declared CRS, doubts, points in EPSG:4326, the check for a hidden GCJ-02 shift."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.crs import Box, DeclaredCrs
from gis.crs_doubts import doubt_coordinates
from gis.errors import InvalidInputError, UnknownCrsError
from services.ingest.fields import LAT, LON
from services.ingest.rows import RowLoad
from store.database import ingest as sql

Geometries = npt.NDArray[Any]

#: Enough points for a stable median.
_SAMPLE = 3000
_STREETS = 60_000
#: Wider than any GCJ-02 shift, in degrees.
_MARGIN_DEG = 0.02
#: A shift that is there moves things by hundreds of metres; below this the median says nothing.
_MIN_SHIFT_M = 20.0
#: Columns that files of Chinese map services carry.
_MAP_SERVICE_COLUMNS = frozenset(("adcode", "acroutes", "subfeatureindex", "childrennum", "citycode"))


def declared_crs(load: RowLoad) -> DeclaredCrs:
    """Tell in which system the coordinates are: what the user says wins over what the file says.

    Parameters
    ----------
    load : RowLoad

    Returns
    -------
    DeclaredCrs

    Raises
    ------
    UnknownCrsError
        Neither says anything.
    """
    said, stated = load.options.get("crs"), load.table.crs
    if said is None and stated is None:
        raise UnknownCrsError(
            f"{load.table.file} does not say in which reference system its coordinates are. Say it with --crs wgs84,"
            " cgcs2000, gcj02, bd09 or EPSG:<number>. Ask whoever made the file; do not guess.",
            file=load.table.file,
        )
    if said is not None:
        declared = crs.parse_declared_crs(said)
        _warn_of_contradiction(load, declared)
    else:
        srid = crs.identify_srid(str(stated))
        if srid is None:
            raise UnknownCrsError(
                f"{load.table.file} states a reference system that EPSG does not know. Say it with --crs.",
                file=load.table.file,
            )
        declared = crs.parse_declared_crs(f"EPSG:{srid}")
    load.report.crs = declared.name
    return declared


def _warn_of_contradiction(load: RowLoad, declared: DeclaredCrs) -> None:
    """Say that the file states another system; GCJ-02 files call themselves WGS-84 as a rule, which is no news."""
    stated = crs.identify_srid(load.table.crs) if load.table.crs is not None else None
    if stated is None or declared.srid is None or stated == declared.srid:
        return
    if {stated, declared.srid} <= {crs.STORAGE_SRID, crs.CGCS2000_SRID}:
        return
    load.report.warnings.append(
        f"{load.table.file} states EPSG:{stated}, but was read as {declared.name}, as you said."
    )


def locate_rows(load: RowLoad, *, required: bool = True) -> Geometries:
    """Give each row its point in EPSG:4326, from geometry or from lon/lat columns.

    Parameters
    ----------
    load : RowLoad
        Parsed with the fields `LON` and `LAT`.
    required : bool
        Refuse rows without a place.

    Returns
    -------
    (n,) array of Point or None

    Raises
    ------
    UnknownCrsError
        No CRS, or one that cannot be right.
    """
    if required:
        _require_columns(load)
    xy = _given_xy(load)
    placed = np.isfinite(xy).all(axis=1) & load.good
    if required:
        for row in np.flatnonzero(load.good & ~np.isfinite(xy).all(axis=1)):
            reason, remedy = "has no coordinates", "give longitude and latitude, or leave the row out"
            load.reject(int(row), load.column_of("lon"), "", reason=reason, remedy=remedy)
    points: Geometries = np.full(len(xy), None, dtype=object)
    if not placed.any():
        return points
    declared = declared_crs(load)
    if load.options.get("swap_axes"):
        xy = xy[:, ::-1]
    near = tuple(shapely.bounds(load.territory.outline))
    raise_doubt(load.table.file, xy[placed], declared, near=near)
    warn_unshifted(load, xy[placed], declared)
    rows = np.flatnonzero(placed)
    if declared.is_lonlat:
        rows = rows[_on_earth(load, xy, rows)]
    lonlat = crs.xy_to_wgs84(xy[rows], declared)
    known = np.isfinite(lonlat).all(axis=1)
    for row in rows[~known]:
        given = f"{xy[row, 0]:.10g}, {xy[row, 1]:.10g}"
        reason, remedy = f"cannot be a coordinate of {declared.name}", "correct the coordinates, or the --crs"
        load.reject(int(row), load.column_of("lon"), given, reason=reason, remedy=remedy)
    points[rows[known]] = shapely.points(lonlat[known])
    return points


def _require_columns(load: RowLoad) -> None:
    missing = [wanted.name for wanted in (LON, LAT) if wanted.name not in load.columns]
    if load.table.geometry is None and missing:
        raise InvalidInputError(
            f"{load.table.file} has no column for: {', '.join(missing)}. Its columns are:"
            f" {', '.join(load.table.columns)}. Say which one it is: --map {missing[0]}=COLUMN.",
            file=load.table.file,
            missing=missing,
        )


def warn_unshifted(load: RowLoad, xy: npt.NDArray[np.float64], declared: DeclaredCrs) -> None:
    """Warn of a shifted datum that shifts nothing here: the coordinates are taken as they are.

    Parameters
    ----------
    load : RowLoad
    xy : (n, 2) array
        As the file holds them.
    declared : DeclaredCrs
    """
    points = xy[np.isfinite(xy).all(axis=1)]
    if declared.srid is None and len(points) and not crs.in_mainland_china(points).any():
        load.report.warnings.append(
            f"{load.table.file} was read as {declared.name}, as you said, but none of it lies in mainland China, the"
            " only place where that datum shifts: its coordinates were taken as WGS-84."
        )


def raise_doubt(file: str, xy: npt.NDArray[np.float64], declared: DeclaredCrs, *, near: Any = None) -> None:  # noqa: ANN401
    """Stop when the coordinates cannot be in the declared system.

    Parameters
    ----------
    file : str
    xy : (n, 2) array
    declared : DeclaredCrs
    near : tuple of float, optional
        Box of the territory.

    Raises
    ------
    UnknownCrsError
        With the suggestion in its fields.
    """
    doubt = doubt_coordinates(xy, declared, near=near)
    if doubt is not None:
        raise UnknownCrsError(
            f"{file}: {doubt.sentence} Nothing was saved.", file=file, doubt=doubt.code, suggestion=doubt.suggestion
        )


def _given_xy(load: RowLoad) -> npt.NDArray[np.float64]:
    count = len(load.table)
    if load.table.geometry is not None and LON.name not in (load.options.get("mapping") or {}):
        geometry = load.table.geometry
        xy = np.full((count, 2), np.nan)
        usable = np.array([item is not None and not item.is_empty for item in geometry], dtype=bool)
        if usable.any():
            inner = shapely.point_on_surface(geometry[usable])
            single = shapely.get_type_id(geometry[usable]) == shapely.GeometryType.POINT
            xy[usable] = shapely.get_coordinates(np.where(single, geometry[usable], inner))
        return xy
    for wanted in (LON, LAT):
        if load.columns.get(wanted.name) is None:
            return np.full((count, 2), np.nan)
    pairs = zip(load.values["lon"], load.values["lat"], strict=True)
    return np.array([(np.nan, np.nan) if None in pair else pair for pair in pairs], dtype=float).reshape(-1, 2)


def _on_earth(load: RowLoad, xy: npt.NDArray[np.float64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    ok = (np.abs(xy[rows, 0]) <= 180) & (np.abs(xy[rows, 1]) <= 90)
    for row in rows[~ok]:
        lon, lat = xy[row]
        reason = "lies outside the earth (|longitude| > 180 or |latitude| > 90)"
        load.reject(
            int(row), load.column_of("lat"), f"{lon:g}, {lat:g}", reason=reason, remedy="correct the coordinates"
        )
    return np.asarray(ok)


def refuse_outside(load: RowLoad, points: Geometries, area: npt.NDArray[np.int64]) -> None:
    """Refuse rows whose point lies in no area of the territory.

    Parameters
    ----------
    load : RowLoad
    points : (n,) array of Point or None
    area : (n,) int array
        Row of the area, -1 outside.
    """
    for row in np.flatnonzero(load.good & (area < 0)):
        point = points[row]
        place = f"{point.x:.6f}, {point.y:.6f}" if point is not None else ""
        load.reject(
            int(row),
            load.column_of("lat"),
            place,
            reason=f"lies outside the territory {load.territory.name}",
            remedy="correct the coordinates, or leave the row out",
        )


def sample_box(lonlat: npt.NDArray[np.float64]) -> Box:
    """Return the box around points, with room for a datum shift."""
    west, south = lonlat.min(axis=0) - _MARGIN_DEG
    east, north = lonlat.max(axis=0) + _MARGIN_DEG
    return float(west), float(south), float(east), float(north)


def shift_warning(load: RowLoad, lonlat: npt.NDArray[np.float64], references: Geometries, *, what: str) -> str | None:
    """Tell whether undoing a GCJ-02 shift would bring points much closer to what is known.

    Parameters
    ----------
    load : RowLoad
        Its report says which CRS was declared.
    lonlat : (n, 2) array
        EPSG:4326, as declared.
    references : (m,) array of LineString
        Known streets or borders, EPSG:4326.
    what : str
        What the references are, for the sentence.

    Returns
    -------
    str or None
        A warning when the median distance would at least halve.
    """
    if load.report.crs not in ("wgs84", "cgcs2000") or not len(lonlat) or not len(references):
        return None
    step = max(1, len(lonlat) // _SAMPLE)
    lonlat = lonlat[::step]
    lonlat = lonlat[crs.in_mainland_china(lonlat)]
    if not len(lonlat):
        return None
    srid = crs.suggest_metric_srid(sample_box(lonlat))
    tree = shapely.STRtree(crs.to_metric(references, srid))
    as_is, undone = (_median_distance(tree, points, srid) for points in (lonlat, crs.gcj02_to_wgs84(lonlat)))
    if as_is < _MIN_SHIFT_M or undone > as_is / 2:
        return None
    return (
        f"{load.table.file} was declared {load.report.crs}, but looks like GCJ-02: the median distance to {what} is"
        f" {as_is:.0f} m as it is and {undone:.0f} m after undoing the GCJ-02 shift. If the coordinates come from a"
        " Chinese map service, load the file again with --crs gcj02."
    )


def _median_distance(tree: shapely.STRtree, lonlat: npt.NDArray[np.float64], srid: int) -> float:
    points = shapely.points(crs.transform_xy(lonlat, crs.STORAGE_SRID, srid))
    _, distance = tree.query_nearest(points, all_matches=False, return_distance=True)
    return float(np.median(distance))


def warn_of_shift_to_streets(load: RowLoad, points: Geometries) -> None:
    """Add the warning about a hidden GCJ-02 shift, measured against the streets in the database."""
    placed = points[load.good & np.array([point is not None for point in points], dtype=bool)]
    if not len(placed) or load.report.crs not in ("wgs84", "cgcs2000"):
        return
    lonlat = shapely.get_coordinates(placed)
    if not crs.in_mainland_china(lonlat).any():
        return
    streets = sql.street_sample(load.work.session, sample_box(lonlat), _STREETS)["geom"]
    found = shift_warning(load, lonlat, streets, what="known streets")
    if found is None and not len(streets):
        found = unproven_datum(load)
    if found is not None:
        load.report.warnings.append(found)


def unproven_datum(load: RowLoad) -> str:
    """Say what can be said of a mainland file declared WGS-84 when nothing known lies nearby."""
    signs = [name for name in load.table.columns if name.lower() in _MAP_SERVICE_COLUMNS]
    start = f"{load.table.file} lies in mainland China and was declared {load.report.crs}; nothing known lies nearby to"
    if signs:
        return (
            f"{start} check that against. Its column {signs[0]} is typical of Chinese map services (DataV, Amap), whose"
            " coordinates are GCJ-02 and lie 50-700 m off. If it comes from one, load it again with --crs gcj02."
        )
    return f"{start} check that against. If it was drawn on a Chinese web map, load it again with --crs gcj02."
