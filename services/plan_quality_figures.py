"""Measure what the quality report says of each grid, from the ground as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError
from gis.index import first_holding
from gis.measure import group_sums
from gis.network import StreetGraph, nearest_distances
from grid_partition.barriers import barrier_factor
from grid_partition.quality import beyond_band, border_on_barriers, covered_shares, group_quantiles
from grid_partition.walking import PACE
from grid_partition.walks import walks_in_groups
from services.nearest_staff import StreetGraphs
from services.partition.kinds import usual_band
from services.plan_misfits import told_reasons
from services.plan_quality_water import measure_waters
from store.database import locate as locate_sql
from store.database import partition as partition_sql
from store.database import plan_quality as sql
from store.database.bulk import Columns
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DETOUR: Final = 4.0
"""Walks are looked for up to so many times the farthest straight line of a grid, and `MARGIN_M`."""
MARGIN_M: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a plan.

    Attributes
    ----------
    grids : dict of str to (k,) array
        As stored.
    low, high, missed : (k,) float64
        Band of each grid's size, and how much its size is below (negative) or beyond it.
    reason : list of dict or None
        Why a grid misses its band, ``{"en", "zh"}``.
    walk_from : list of str
        ``head`` or ``staff`` (the place of duty), ``households`` (their middle) or ``label``.
    per_grid : dict of str to (k,) float64
        By figure; nan where there is none.
    totals : dict of str to float
        Of the whole plan.
    no_run : bool
        There is no coverage run, so nobody knows which key places are seen.
    measure : str
        What `size`, `low`, `high` and `missed` are in: ``households``, or ``metres`` of a reach.
    size : (k,) float64
    """

    grids: Columns
    low: Floats
    high: Floats
    missed: Floats
    reason: list[dict[str, str] | None]
    walk_from: list[str]
    per_grid: dict[str, Floats]
    totals: dict[str, float]
    no_run: bool
    measure: str
    size: Floats


@dataclass(frozen=True, slots=True)
class _Scene:
    """The ground in the territory's metric CRS."""

    plan: Plan
    territory: Territory
    grids: Columns
    shapes: npt.NDArray[np.object_]
    homes: Floats
    load: Floats
    grid_of_home: Ints
    graph: StreetGraph | None

    @property
    def k(self) -> int:
        """Number of grids."""
        return len(self.shapes)

    def metric(self, geometry: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
        """Bring stored geometry into the metric CRS."""
        if not len(geometry):
            return np.array([], dtype=object)
        return np.asarray(to_metric(geometry, self.territory.metric_srid), dtype=object)

    def grid_of(self, points: npt.NDArray[np.object_]) -> Ints:
        """Return the grid that holds each point, -1 for none."""
        return first_holding(self.shapes, points) if len(points) else np.array([], dtype=np.int64)


def measure_plan(work: UnitOfWork, plan: Plan, graphs: StreetGraphs) -> Measured:
    """Measure every figure of every grid of a plan.

    Raises
    ------
    InvalidInputError
        The plan has no grids.
    """
    scene = _read_scene(work, plan, graphs)
    if plan.kind == "water":
        return _measure_water(work, scene)
    low, high, missed, reason = _band(scene)
    mean = float(np.mean(np.asarray(scene.grids["households"], dtype=np.float64))) or 1.0
    per_grid: dict[str, Floats] = {"off_band": np.abs(missed) / mean}
    totals: dict[str, float] = {"off_band": float(np.abs(missed).sum()) / max(1.0, float(scene.load.sum()))}
    walk_from = _service(work, scene, per_grid, totals)
    no_run = _resources(work, scene, per_grid, totals)
    _functions(work, scene, per_grid, totals)
    _ground(work, scene, per_grid, totals)
    size = np.asarray(scene.grids["households"], dtype=np.float64)
    return Measured(scene.grids, low, high, missed, reason, walk_from, per_grid, totals, no_run, "households", size)


def _measure_water(work: UnitOfWork, scene: _Scene) -> Measured:
    """Measure wardens' grids by their reaches."""
    waters = measure_waters(work, scene.plan, scene.grids, scene.shapes, scene.territory.metric_srid)
    per_grid, totals = waters.per_grid, waters.totals
    no_run = _resources(work, scene, per_grid, totals)
    _facilities(work, scene, per_grid, totals)
    _ground(work, scene, per_grid, totals)
    _pieces(scene, per_grid, totals)
    return Measured(
        scene.grids, waters.low, waters.high, waters.missed, waters.reason, ["label"] * scene.k, per_grid, totals,
        no_run, "metres", waters.length,
    )  # fmt: skip


def _read_scene(work: UnitOfWork, plan: Plan, graphs: StreetGraphs) -> _Scene:
    territory = work.session.get_one(Territory, plan.territory_id)
    grids = sql.read_grids(work.session, plan.id)
    if not len(grids["id"]):
        raise InvalidInputError("The plan has no grids to report on.", plan=str(plan.id), kind=plan.kind)
    shapes = np.asarray(to_metric(grids["geom"], territory.metric_srid), dtype=object)
    dwellings = partition_sql.read_dwellings(work.session, territory.id)
    points = np.asarray(to_metric(dwellings["point"], territory.metric_srid), dtype=object).reshape(-1)
    inside = first_holding(shapes, points) if len(points) else np.array([], dtype=np.int64)
    kept = inside >= 0
    grounds = {ground.id: ground for ground in locate_sql.walked_grounds(work.session)}
    graph = graphs.get(work, territory.id, territory.metric_srid, grounds[territory.id].revision)
    load = np.asarray(dwellings["households"], dtype=np.float64)[kept] if len(points) else np.array([])
    homes = shapely.get_coordinates(points[kept]) if len(points) else np.zeros((0, 2))
    return _Scene(plan, territory, grids, shapes, homes, load, inside[kept], graph)


def _band(scene: _Scene) -> tuple[Floats, Floats, Floats, list[dict[str, str] | None]]:
    """Return the band of each grid: the plan's own, its kind's, or the tolerance about the mean of the parent."""
    households = np.asarray(scene.grids["households"], dtype=np.float64)
    band = scene.plan.spec.get("band") or usual_band(scene.plan.kind, scene.plan.spec.get("target"))
    if band:
        low, high = np.full(scene.k, float(band[0])), np.full(scene.k, float(band[1]))
    elif scene.plan.kind == "cell":
        low, high = np.zeros(scene.k), np.full(scene.k, np.inf)
    else:
        tolerance = float(scene.plan.spec.get("tolerance", 0.1))
        parent = _parents(scene.grids)
        mean = group_sums(parent, households, scene.k) / np.maximum(1, np.bincount(parent, minlength=scene.k))
        low, high = mean[parent] * (1 - tolerance), mean[parent] * (1 + tolerance)
    missed = beyond_band(households, low, high)
    told = told_reasons(scene.plan.quality)
    reasons = [
        _why(float(missed[k]), float(low[k]), float(high[k]), scene, k, told) if missed[k] else None
        for k in range(scene.k)
    ]
    return low, high, missed, reasons


def _parents(grids: Columns) -> Ints:
    keys = [f"{area}/{grid}" for area, grid in zip(grids["area_id"], grids["parent_grid_id"], strict=True)]
    return np.unique(keys, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _why(
    missed: float, low: float, high: float, scene: _Scene, k: int, told: dict[tuple[str, int], dict[str, str]]
) -> dict[str, str]:
    beyond, edge = round(abs(missed)), high if missed > 0 else low
    mine = scene.grid_of_home == k
    largest = float(scene.load[mine].max()) if mine.any() else 0.0
    if missed > 0 and largest > high:
        return {
            "en": f"one door alone has {largest:,.0f} households, more than the {edge:,.0f} allowed",
            "zh": f"单个门牌即有 {largest:,.0f} 户，超过上限 {edge:,.0f} 户",
        }
    reason = told.get((str(scene.grids["area_name"][k]), int(scene.grids["households"][k])))
    return {
        "en": f"{beyond:,} households {'over' if missed > 0 else 'under'} {edge:,.0f}"
        + (f": {reason['en']}" if reason else ""),
        "zh": f"{'超出' if missed > 0 else '不足'} {beyond:,} 户（界限 {edge:,.0f}）"
        + (f"：{reason['zh']}" if reason else ""),
    }


def _service(work: UnitOfWork, scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]) -> list[str]:
    origins, walk_from = _origins(work, scene)
    metres = np.full(len(scene.homes), np.inf)
    if scene.graph is not None:
        away = np.zeros(scene.k)
        np.maximum.at(away, scene.grid_of_home, np.hypot(*(scene.homes - origins[scene.grid_of_home]).T))
        limit = DETOUR * away + MARGIN_M
        metres = walks_in_groups(scene.graph, origins, scene.homes, scene.grid_of_home, limit)
    minutes = metres / PACE
    quantiles = group_quantiles(minutes, scene.load, scene.grid_of_home, scene.k, (0.5, 0.95, 1.0))
    whole = group_quantiles(minutes, scene.load, np.zeros(len(minutes), dtype=np.int64), 1, (0.5, 0.95, 1.0))[0]
    for place, name in enumerate(("walk_median_min", "walk_p95_min", "walk_max_min")):
        per_grid[name], totals[name] = quantiles[:, place], float(whole[place])
    lost = ~np.isfinite(minutes)
    per_grid["unreached"] = _ratio(
        group_sums(scene.grid_of_home, scene.load * lost, scene.k), group_sums(scene.grid_of_home, scene.load, scene.k)
    )
    totals["unreached"] = float(scene.load[lost].sum() / scene.load.sum()) if scene.load.sum() else np.nan
    _form(work, scene, per_grid, totals)
    return walk_from


def _form(work: UnitOfWork, scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]) -> None:
    """Measure borders, compactness and pieces."""
    lines = partition_sql.read_border_lines(work.session, scene.territory.id)
    followed = np.isfinite(barrier_factor(lines["source"], lines["kind"])) if len(lines["geom"]) else np.array([], bool)
    length, on = border_on_barriers(scene.shapes, _parents(scene.grids), scene.metric(lines["geom"][followed]))
    per_grid["border_on_barrier"] = _ratio(on, length)
    totals["border_on_barrier"] = float(on.sum() / length.sum()) if length.sum() else np.nan
    per_grid["compactness"] = np.asarray(scene.grids["compactness"], dtype=np.float64)
    totals["compactness"] = float(per_grid["compactness"].mean())
    _pieces(scene, per_grid, totals)


def _pieces(scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]) -> None:
    more = shapely.get_num_geometries(scene.shapes).astype(np.float64) - 1.0
    flagged = np.asarray(scene.grids["exclave"], dtype=bool)
    for name, values in (("stray_pieces", np.where(flagged, 0.0, more)), ("exclaves", np.where(flagged, more, 0.0))):
        per_grid[name], totals[name] = values, float(values.sum())


def _origins(work: UnitOfWork, scene: _Scene) -> tuple[Floats, list[str]]:
    """Return where the walks of each grid begin: the head's post, another's, or the middle of the households."""
    origins = shapely.get_coordinates(scene.metric(scene.grids["label_point"]))
    walk_from = ["label"] * scene.k
    load = group_sums(scene.grid_of_home, scene.load, scene.k)
    for k in np.flatnonzero(load > 0).tolist():
        mine = np.flatnonzero(scene.grid_of_home == k)
        middle = np.average(scene.homes[mine], axis=0, weights=np.maximum(scene.load[mine], 1e-9))
        # the door nearest to the middle: the middle itself may lie in a lake
        origins[k] = scene.homes[mine[np.argmin(np.hypot(*(scene.homes[mine] - middle).T))]]
        walk_from[k] = "households"
    people, row_of = _people(work, scene)
    # the last one to write wins: heads come first in the table, so it is read backwards
    for at in range(len(people["grid_id"]) - 1, -1, -1):
        lon, lat = people["lon"][at], people["lat"][at]
        if lon is None or lat is None:
            continue
        k = row_of[people["grid_id"][at]]
        origins[k] = shapely.get_coordinates(to_metric(shapely.Point(lon, lat), scene.territory.metric_srid))[0]
        walk_from[k] = "head" if people["is_head"][at] else "staff"
    return origins, walk_from


def _people(work: UnitOfWork, scene: _Scene) -> tuple[Columns, dict[Any, int]]:
    """Return who works in the grids, wherever their own post may be, and the row of each grid."""
    row_of = {grid: k for k, grid in enumerate(scene.grids["id"])}
    with work.everywhere():
        people = sql.read_people(work.session, scene.plan.id)
    known = np.array([grid in row_of for grid in people["grid_id"]], dtype=bool)
    return {name: values[known] for name, values in people.items()}, row_of


def _resources(work: UnitOfWork, scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]) -> bool:
    people, row_of = _people(work, scene)
    rows = np.array([row_of[grid] for grid in people["grid_id"]], dtype=np.int64)
    heads = np.asarray(people["is_head"], dtype=np.float64)
    per_grid["heads"] = group_sums(rows, heads, scene.k)
    pairs = {(int(row), staff) for row, staff in zip(rows, people["staff_id"], strict=True)}
    per_grid["staff"] = np.bincount([row for row, _ in pairs], minlength=scene.k).astype(np.float64)
    totals["heads"], totals["staff"] = float(per_grid["heads"].sum()), float(per_grid["staff"].sum())
    cameras = sql.read_cameras(work.session, scene.territory.id)
    at = scene.grid_of(scene.metric(cameras["point"]))
    online = np.asarray(cameras["online"], dtype=np.float64)
    for name, weight in (("cameras", np.ones(len(at))), ("cameras_online", online)):
        per_grid[name] = group_sums(at[at >= 0], weight[at >= 0], scene.k)
        totals[name] = float(per_grid[name].sum())
    places = sql.read_key_places(work.session, scene.territory.id, scene.plan.id)
    at = scene.grid_of(scene.metric(places["point"]))
    inside = at >= 0
    known = np.array([seen is not None for seen in places["seen"]], dtype=bool)
    seen = np.array([seen == "yes" for seen in places["seen"]], dtype=np.float64)
    per_grid["key_places"] = group_sums(at[inside], np.ones(int(inside.sum())), scene.k)
    totals["key_places"] = float(inside.sum())
    asked = group_sums(at[inside & known], np.ones(int((inside & known).sum())), scene.k)
    per_grid["places_seen"] = _ratio(group_sums(at[inside & known], seen[inside & known], scene.k), asked)
    totals["places_seen"] = float(seen[inside & known].sum() / asked.sum()) if asked.sum() else np.nan
    return bool(len(known)) and not known.any()


def _facilities(
    work: UnitOfWork, scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]
) -> npt.NDArray[np.object_]:
    """Count the facilities of each grid; return where all are that can be walked to, over the border of an area too."""
    own = scene.metric(sql.read_facilities(work.session, scene.territory.id)["point"])
    at = scene.grid_of(own)
    per_grid["facilities"] = group_sums(at[at >= 0], np.ones(int((at >= 0).sum())), scene.k)
    totals["facilities"] = float(per_grid["facilities"].sum())
    if not work.actor.is_limited:
        return own
    with work.everywhere():
        everywhere = sql.read_facilities(work.session, scene.territory.id)["point"]
    return scene.metric(everywhere)


def _functions(work: UnitOfWork, scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]) -> None:
    points = _facilities(work, scene, per_grid, totals)
    minutes = np.full(len(scene.homes), np.inf)
    if scene.graph is not None and len(points):
        minutes = nearest_distances(scene.graph, shapely.get_coordinates(points), scene.homes) / PACE
    per_grid["facility_walk_min"] = group_quantiles(minutes, scene.load, scene.grid_of_home, scene.k, (0.5,))[:, 0]
    everywhere = np.zeros(len(minutes), dtype=np.int64)
    totals["facility_walk_min"] = float(group_quantiles(minutes, scene.load, everywhere, 1, (0.5,))[0, 0])


def _ground(work: UnitOfWork, scene: _Scene, per_grid: dict[str, Floats], totals: dict[str, float]) -> None:
    area = shapely.area(scene.shapes)
    share = covered_shares(scene.shapes, scene.metric(sql.read_water(work.session, scene.territory.id)["geom"]))
    per_grid["water_share"], per_grid["area_km2"] = share, area / 1e6
    totals["water_share"], totals["area_km2"] = float((share * area).sum() / area.sum()), float(area.sum() / 1e6)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))
