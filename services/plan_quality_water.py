"""Measure what the quality report says of wardens' grids, from the reaches of a water plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.measure import group_sums
from grid_partition.quality import beyond_band
from services.partition.water_check import metres_outside
from store.database import water as sql
from store.database.bulk import Columns
from store.database.models import Plan
from store.database.work import UnitOfWork

Floats = npt.NDArray[np.float64]

#: Square metres that two strips may share: borders are stored in degrees.
TOUCH_M2 = 0.01
#: Of waters that no number of reaches of the wanted length makes up.
TOO_SHORT = ("short-water", "uneven-water")
_REASONS = {
    "short-water": ("the whole water between borders is short", "界线之间的水体本身较短"),
    "uneven-water": ("the water's length is no multiple of the target", "水体长度不是目标的整数倍"),
    "unbalanced": ("the water's branches leave no better cut, or none was found", "支流分布使其无法或未能更均衡地划分"),
}


@dataclass(frozen=True, slots=True)
class Waters:
    """What was measured of the reaches of a plan's grids.

    Attributes
    ----------
    length, low, high, missed : (k,) float64
        Metres: of the reach, of its band, and beyond it (negative below).
    reason : list of dict or None
        Why a reach misses its band, ``{"en", "zh"}``.
    per_grid : dict of str to (k,) float64
    totals : dict of str to float
    """

    length: Floats
    low: Floats
    high: Floats
    missed: Floats
    reason: list[dict[str, str] | None]
    per_grid: dict[str, Floats]
    totals: dict[str, float]


def measure_waters(work: UnitOfWork, plan: Plan, grids: Columns, shapes: npt.NDArray[np.object_], srid: int) -> Waters:
    """Measure lengths, tiling and land grids of a water plan.

    Parameters
    ----------
    work : UnitOfWork
    plan : Plan
        Of water grids.
    grids : dict of str to (k,) array
        As stored, with ``code``.
    shapes : (k,) array of Polygon or MultiPolygon
        Of the grids, metric CRS.
    srid : int
        That CRS.

    Returns
    -------
    Waters
        nan for a grid without a reach.
    """
    rows = sql.reach_shapes(work.session, plan.id)
    at = {code: row for row, code in enumerate(rows["code"].tolist())}
    row = np.array([at.get(code, -1) for code in grids["code"].tolist()], dtype=np.int64)
    known = row >= 0
    k, target = len(row), float(plan.spec.get("target") or 1)
    tolerance = float(plan.spec.get("tolerance", 0.2))

    def column(name: str, missing: float = np.nan) -> Floats:
        found = np.full(k, missing)
        found[known] = np.asarray(rows[name], dtype=np.float64)[row[known]]
        return found

    length = column("length_m")
    why = [str(rows["unfit_reason"][each]) if each >= 0 else "" for each in row.tolist()]
    short = np.array([each in TOO_SHORT for each in why], dtype=bool) | ~known
    fits = np.where(short, np.nan, column("fits"))
    outside = np.zeros(k)
    if known.any():
        lines = np.asarray(to_metric(rows["geom"][row[known]], srid), dtype=object)
        outside[known] = metres_outside(lines, shapes[known])
    land = sql.land_of_reaches(work.session, plan.id)
    mapped = np.array([land.get(code, (0, 0.0)) for code in grids["code"].tolist()], dtype=np.float64).reshape(-1, 2)
    per_grid = {
        "length_m": length,
        "length_off": np.abs(column("deviation")),
        "long_fit": fits,
        "overlap_m2": _shared_ground(shapes),
        "outside_m": outside,
        "land_grids": mapped[:, 0],
        # nobody was mapped to when there was no household plan
        "land_share": np.minimum(1.0, mapped[:, 1]) if land else np.full(k, np.nan),
    }
    low, high = np.full(k, target * (1 - tolerance)), np.full(k, target * (1 + tolerance))
    missed = np.where(known, beyond_band(np.where(known, length, target), low, high), 0.0)
    reason = [_why(each, float(missed[k])) if missed[k] else None for k, each in enumerate(why)]
    return Waters(length, low, high, missed, reason, per_grid, _totals(per_grid))


def _totals(per_grid: dict[str, Floats]) -> dict[str, float]:
    """Return means of shares (of the land share by length), and sums of the rest."""
    length = np.nan_to_num(per_grid["length_m"])
    mapped = per_grid["land_share"]
    totals = {name: float(np.nansum(per_grid[name])) for name in ("length_m", "overlap_m2", "outside_m", "land_grids")}
    for name in ("length_off", "long_fit"):
        values = per_grid[name][np.isfinite(per_grid[name])]
        totals[name] = float(values.mean()) if len(values) else np.nan
    # ground in two grids is in both of them
    totals["overlap_m2"] /= 2.0
    weighed = np.isfinite(mapped).any() and length.sum() > 0
    totals["land_share"] = float((np.nan_to_num(mapped) * length).sum() / length.sum()) if weighed else np.nan
    return totals


def _shared_ground(shapes: npt.NDArray[np.object_]) -> Floats:
    """Measure how much of each grid other grids hold too."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    apart = first != second
    first, second = first[apart], second[apart]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    total = group_sums(first.astype(np.int64), shared, len(shapes))
    return np.where(total > TOUCH_M2, total, 0.0)


def _why(reason: str, missed: float) -> dict[str, str]:
    en, zh = _REASONS.get(reason, ("", ""))
    beyond = f"{abs(missed):,.0f} m {'over' if missed > 0 else 'under'}"
    beyond_zh = f"{'超出' if missed > 0 else '不足'} {abs(missed):,.0f} 米"
    return {"en": f"{beyond}: {en}" if en else beyond, "zh": f"{beyond_zh}：{zh}" if zh else beyond_zh}
