"""Shape and count the grids of a proposal, and prove them before anything is saved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat
from gis.errors import GridwardError
from gis.index import first_holding, locate
from grid_partition import Atoms, Partition, TilingReport
from grid_partition.invariants import SLIVER
from grid_partition.nesting import check_nesting
from grid_partition.walking import walk_metres, walking_minutes
from services.partition.ground import Ground


class BrokenTilingError(GridwardError):
    """The computed grids would leave a gap, an overlap or a stray piece; nothing was saved."""

    code = "broken-tiling"


@dataclass(slots=True)
class Drawn:
    """The grids as they will be stored: shapes in lon/lat, figures in metres."""

    label: npt.NDArray[np.int64]
    of_dwelling: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.object_]
    parent: npt.NDArray[np.int64]
    households: npt.NDArray[np.int64]
    dwellings: npt.NDArray[np.int64]
    deviation: npt.NDArray[np.float64]
    exclave: npt.NDArray[np.bool_]
    quality: dict[str, Any]
    infeasible: list[dict[str, Any]]


def draw(ground: Ground, atoms: Atoms, partition: Partition, *, sliver_width: float = SLIVER) -> Drawn:
    """Shape and count the grids, and prove them; raise BrokenTilingError when the proof fails.

    Long pieces narrower than `sliver_width` metres are slivers, see `grid_partition.check_tiling`.
    """
    label = np.asarray(partition.labels, dtype=np.int64)
    shapes = np.asarray(partition.dissolve(), dtype=object)
    parent = np.asarray(partition.parent_of_grid, dtype=np.int64)
    households = np.bincount(label, weights=atoms.demand, minlength=len(shapes)).round().astype(np.int64)
    dwellings = np.bincount(label[atoms.atom_of_point], minlength=len(shapes))
    outline = shapely.coverage_union_all(atoms.geometry)
    report = check_nesting(
        atoms.geometry, atoms.parent, shapes, parent, sliver_width=sliver_width, areas=ground.parents
    )
    expected = int(np.sum(ground.dwellings["households"]))
    if not report.valid or int(households.sum()) != expected:
        raise BrokenTilingError(
            "The grids don't tile their areas exactly, so nothing was saved.",
            households=expected,
            households_in_grids=int(households.sum()),
            faults=describe_faults(report, ground.territory.metric_srid),
            lost=_lost_doors(ground, shapes),
        )
    mean = np.array([households[parent == p].mean() for p in parent])
    deviation = np.divide(households - mean, mean, out=np.zeros(len(shapes)), where=mean > 0)
    # where large doors were shared out, the atoms' points are not the dwellings
    same = len(atoms.atom_of_point) == len(ground.points)
    at = atoms.atom_of_point if same else locate(atoms.geometry, np.asarray(shapely.points(ground.points), object))
    of_dwelling = label[at]
    walk, _ = walk_metres(ground.points, ground.dwellings["households"], of_dwelling, len(shapes))
    infeasible = [
        {"area": str(ground.areas["name"][p]), "grids": int(k), "households_a_grid": float(each)}
        for p, k, each in partition.infeasible
    ]
    quality = {
        **_plain(asdict(partition.quality)),
        "grids": len(shapes),
        "households": expected,
        "tiling_valid": True,
        "exclaves": int(np.sum(shapely.get_num_geometries(shapes) > 1)),
        # the outline noded like the atoms: new nodes on a slanting border are rounded to the 1 cm grid too
        "territory_area_m2": float(outline.area),
        "area_error_m2": float(abs(shapely.area(shapes).sum() - outline.area)),
        "outline_rounding_m2": float(abs(outline.area - shapely.area(shapely.union_all(ground.parents)))),
        "infeasible": infeasible,
        "misfits": told_misfits(
            partition, [str(ground.areas["name"][misfit.parent]) for misfit in partition.misfits], households
        ),
        "oversized": _oversized(ground, atoms, partition),
        "walk_minutes": float(np.average(walking_minutes(walk), weights=np.maximum(households, 1e-9))),
    }
    exclave = shapely.get_num_geometries(shapes) > 1
    return Drawn(label, of_dwelling, shapes, parent, households, dwellings, deviation, exclave, quality, infeasible)


def _lost_doors(ground: Ground, shapes: npt.NDArray[np.object_], limit: int = 20) -> list[dict[str, Any]]:
    """Return the first doors that lie in no grid, so that nobody need look for them."""
    points = np.asarray(shapely.points(ground.points), dtype=object)
    rows = np.flatnonzero(first_holding(shapes, points) < 0)[:limit] if len(shapes) else np.arange(0)
    if not len(rows):
        return []
    places = np.atleast_1d(to_lonlat(points[rows], ground.territory.metric_srid))
    return [
        {
            "door": str(ground.dwellings["id"][row]),
            "households": int(ground.dwellings["households"][row]),
            "place": [place.x, place.y],
        }
        for row, place in zip(rows.tolist(), places, strict=True)
    ]


def _oversized(ground: Ground, atoms: Atoms, partition: Partition, limit: int = 50) -> list[dict[str, Any]]:
    """Return the atoms that hold more households than one grid may: nobody can cut a building in two."""
    rows = partition.oversized[np.argsort(-atoms.demand[partition.oversized], kind="stable")][:limit]
    if not len(rows):
        return []
    places = to_lonlat(shapely.point_on_surface(atoms.geometry[rows]), ground.territory.metric_srid)
    return [
        {
            "area": str(ground.areas["name"][atoms.parent[row]]),
            "households": int(atoms.demand[row]),
            "place": [place.x, place.y],
        }
        for row, place in zip(rows.tolist(), places, strict=True)
    ]


def told_misfits(partition: Partition, areas: list[str], households: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return the reasons of grids outside the tolerance or the band, each in its area, as a plan keeps them.

    Grids are told by their households.
    """
    return [
        {
            "area": area,
            "kind": misfit.kind,
            "grids": len(misfit.grids),
            "households": sorted(households[list(misfit.grids)].tolist()),
            "low": misfit.low,
            "high": misfit.high,
            "text": misfit.text,
        }
        for misfit, area in zip(partition.misfits, areas, strict=True)
    ]


def explain(infeasible: list[dict[str, Any]], quality: dict[str, Any] | None = None) -> list[str]:
    """Say in words why grids miss the band or the tolerance.

    One line for each area that no number of grids fits, then one for each further reason in the plan's quality; kinds
    that list their grids outside the band tell the reasons there.

    Examples
    --------
    >>> explain([{"area": "A", "grids": 1, "households_a_grid": 430.0},
    ...          {"area": "A", "grids": 2, "households_a_grid": 215.0}],
    ...         {"misfits": [{"area": "B", "kind": "whole units", "text": "units of 30: sums 60 or 90"}]})
    ['A: k=1: 430, k=2: 215', 'B: units of 30: sums 60 or 90']
    """
    told = quality or {}
    misfits = [] if "outside_band" in told else told.get("misfits", [])
    by_count = {item["area"] for item in misfits if item["kind"] == "count"}
    lines: dict[str, list[str]] = {}
    for item in infeasible:
        if item["area"] not in by_count:
            lines.setdefault(item["area"], []).append(f"k={item['grids']}: {item['households_a_grid']:.0f}")
    said = [f"{area}: {', '.join(counts)}" for area, counts in lines.items()]
    return said + [f"{item['area']}: {item['text']}" for item in misfits]


def describe_faults(report: TilingReport, metric_srid: int, limit: int = 20) -> list[dict[str, Any]]:
    """Return the first faults of a tiling with a point in lon/lat that a map can show."""
    faults = report.faults[:limit]
    if not faults:
        return []
    places = to_lonlat(np.array([shapely.point_on_surface(fault.place) for fault in faults]), metric_srid)
    return [
        {"kind": fault.kind, "amount": fault.amount, "place": [point.x, point.y]}
        for fault, point in zip(faults, places, strict=True)
    ]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.item() if isinstance(value, np.generic) else value for key, value in values.items()}
