"""Outlines on their way in: checked as given, brought into EPSG:4326, snapped to the 1 cm grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from gis.errors import InvalidInputError
from gis.validity import find_faults
from services.ingest.places import declared_crs, raise_doubt, warn_unshifted
from services.ingest.rows import RowLoad

Geometries = npt.NDArray[Any]

#: Share of its area that mending may change before an outline is refused.
_SPIKE_SHARE = 1e-9


def read_outlines(load: RowLoad, near: crs.Box | None) -> Geometries:
    """Check every outline as given, then bring it into EPSG:4326; faulty ones are refused with their place.

    Parameters
    ----------
    load : RowLoad
        Of a layer, its field ``name`` parsed.
    near : tuple of float or None
        Box where the outlines ought to lie, EPSG:4326.

    Returns
    -------
    (n,) array of Polygon, MultiPolygon or None

    Raises
    ------
    UnknownCrsError, InvalidInputError
    """
    given = load.table.geometry
    if given is None:
        raise InvalidInputError(
            f"{load.table.file} has no outlines. Give polygons: GeoJSON, GeoPackage or Shapefile.",
            file=load.table.file,
        )
    if load.options.get("swap_axes"):
        given = np.asarray(shapely.transform(given, lambda xy: xy[:, ::-1]), dtype=object)
    declared = declared_crs(load)
    corners = shapely.get_coordinates(given[load.good])
    raise_doubt(load.table.file, corners, declared, near=near)
    warn_unshifted(load, corners, declared)
    given = _without_spikes(load, given)
    bounds = (-180.0, -90.0, 180.0, 90.0) if declared.is_lonlat else None
    for fault in find_faults(given, bounds=bounds):
        place = "" if fault.place is None else f"{fault.place[0]:.7g}, {fault.place[1]:.7g}"
        remedy = f"repair the outline at {place}" if place else "give one outline as polygon"
        load.reject(fault.row, "geometry", place, reason=fault.reason, remedy=remedy)
    out: Geometries = np.full(len(given), None, dtype=object)
    kept = load.kept
    if len(kept):
        out[kept] = crs.to_wgs84(given[kept], declared)
    for row in kept:
        if not np.isfinite(shapely.get_coordinates(out[row])).all():
            reason, remedy = f"has coordinates that cannot be in {declared.name}", "correct the outline, or the --crs"
            load.reject(int(row), "geometry", _called(load, int(row)), reason=reason, remedy=remedy)
    return out


def _without_spikes(load: RowLoad, given: Geometries) -> Geometries:
    """Mend outlines that touch or retrace themselves without enclosing anything; real crossings stay as they are."""
    out = np.array(given, dtype=object)
    names = []
    for row in load.kept:
        shape = given[row]
        if shape is None or shapely.is_valid(shape) or shape.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        # the area of a crossed ring counts its loops with opposite signs, so it differs once a loop encloses anything
        if abs(mended.area - shape.area) <= _SPIKE_SHARE * mended.area and "Polygon" in mended.geom_type:
            out[row] = mended
            names.append(_called(load, int(row)))
    if names:
        load.report.warnings.append(
            f"{len(names)} outlines retrace themselves without enclosing anything; mended: {', '.join(names[:5])}."
        )
    return out


def snap_outlines(load: RowLoad, geom: Geometries, srid: int) -> Geometries:
    """Bring outlines onto the 1 cm grid; one that breaks there is refused.

    Parameters
    ----------
    load : RowLoad
    geom : (n,) array of Polygon, MultiPolygon or None
        EPSG:4326.
    srid : int
        Metric CRS.

    Returns
    -------
    (n,) array of Polygon, MultiPolygon or None
        Metric CRS.
    """
    metric: Geometries = np.full(len(geom), None, dtype=object)
    kept = load.kept
    if not len(kept):
        return metric
    metric[kept] = crs.to_metric(geom[kept], srid)
    for fault in find_faults(metric[kept]):
        row = int(kept[fault.row])
        remedy = "repair the outline there: it folds back on itself within a centimetre"
        load.reject(row, "geometry", _called(load, int(row)), reason=fault.reason, remedy=remedy)
    return metric


def _called(load: RowLoad, row: int) -> str:
    return str(load.values["name"][row] or "")
