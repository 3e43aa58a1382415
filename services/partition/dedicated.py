"""Dedicated grids (专属网格): floors and buildings of offices joined to grids in their zones, with their footprints."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Unpack
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.codes import reading_order
from gis.crs import to_metric
from gis.errors import InvalidInputError
from gis.grid_patterns import Numbered, next_codes, pattern_for
from gis.index import first_holding
from gis.measure import group_sums
from gis.overlay import snap_to_grid
from grid_partition.dedicated import DedicatedGrid, DedicatedGrids, dedicated_grids, floor_conflicts
from services.ingest.rows import LoadOptions
from services.partition.drawing import BrokenTilingError
from services.partition.floors import Floors, floors_of_buildings, load_floors
from services.partition.net_files import LoadedNet
from services.partition.net_saving import NetGrids, save_net_grids, spread
from services.partition.net_shares import map_where_possible
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from store.database import dedicated as sql
from store.database import nets as net_sql
from store.database import partition as partition_sql
from store.database.bulk import Columns
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

#: Load that a grid may have, as shares of the target.
BAND = (2 / 3, 1.5)
#: Square metres that footprints of neighbouring buildings may share: maps are drawn by hand.
TOUCH_M2 = 1.0


@dataclass(slots=True)
class _Placed:
    """Floors with the area and zone of their building.

    Attributes
    ----------
    area : (n,) int64
        Row of `areas`.
    zone : (n,) int64
        Row of `zones`.
    zones : list of str
        Names.
    """

    floors: Floors
    area: Ints
    zone: Ints
    zones: list[str]
    areas: Columns


def propose_dedicated(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,  # noqa: ARG001 - as every proposer
    progress: Progress | None = None,
) -> ProposedPlan:
    """Propose dedicated grids from loaded office buildings; see `services.partition.propose_plan`."""
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading buildings")
    place = partition_sql.find_territory(work.session, territory)
    return _propose(work, spec, place, floors_of_buildings(work, place), name=name, tell=tell)


def propose_floors(
    work: UnitOfWork, path: Path | str, spec: PlanSpec, *, name: str | None = None, **options: Unpack[LoadOptions]
) -> LoadedNet:
    """Propose dedicated grids from a table of floors.

    Parameters
    ----------
    work : UnitOfWork
    path : Path or str
        CSV or XLSX, see `services.partition.floors.load_floors`.
    spec : PlanSpec
        Of the kind dedicated.
    name : str or None
        Name of the plan.
    **options
        See `LoadOptions`.

    Raises
    ------
    RejectedRowsError, InvalidInputError
        Nothing is saved.
    """
    work.actor.require("planner")
    if spec.kind != "dedicated":
        raise InvalidInputError(f"Floors make dedicated grids, not {spec.kind} ones.", field="kind")
    spec.check()
    load, floors = load_floors(work, path, **options)
    if load.report.dry_run:
        return LoadedNet(None, False, load.report, {})
    made = _propose(work, spec, load.territory, floors, name=name, tell=lambda _done, _note: None)
    load.report.unchanged, load.report.plan_id = made.reused, made.plan_id
    load.report.warnings += floors.left_out
    load.report.counts = {"grids": int(made.quality["grids"]), "floors": len(floors.floor)}
    return LoadedNet(made.plan_id, made.reused, load.report, made.quality)


def _propose(
    work: UnitOfWork, spec: PlanSpec, territory: Territory, floors: Floors, *, name: str | None, tell: Progress
) -> ProposedPlan:
    placed = _place(work, territory, floors, spec.within)
    digest = _digest(spec, placed)
    known = partition_sql.find_plan_by_digest(work.session, territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(known.id, True, known.quality)
    tell(0.3, "grouping floors")
    used = placed.floors
    target = float(spec.target or 0)
    band = (round(BAND[0] * target, 6), round(BAND[1] * target, 6))
    centre = shapely.get_coordinates(shapely.centroid(used.footprints))[used.building]
    found = dedicated_grids(used.building, used.floor, used.load, xy=centre, zone=placed.zone, target=target, band=band)
    tell(0.7, "saving the draft")
    plan = _save(work, spec, territory, placed, found, name=name, digest=digest)
    map_where_possible(work, plan)
    tell(1.0, "draft saved")
    return ProposedPlan(plan.id, False, plan.quality)


def _place(work: UnitOfWork, territory: Territory, floors: Floors, within: str | None) -> _Placed:
    """Find area and zone of each floor's building; buildings outside the areas asked for are left out, and told."""
    srid = territory.metric_srid
    areas = partition_sql.read_leaf_areas(work.session, territory.id, within)
    inner = np.asarray(shapely.point_on_surface(floors.footprints), dtype=object)
    area = first_holding(np.asarray(to_metric(areas["geom"], srid), dtype=object), inner)[floors.building]
    inside = area >= 0
    lost = len(np.unique(floors.building[~inside]))
    if lost:
        floors.left_out.append(f"{lost} buildings lie outside the chosen area and were left out.")
    if not inside.any():
        raise InvalidInputError("No building with floors lies in the chosen area.", within=within or territory.name)
    kept = replace(
        floors,
        building=floors.building[inside],
        floor=floors.floor[inside],
        load=floors.load[inside],
        zone=[zone for zone, keep in zip(floors.zone, inside.tolist(), strict=True) if keep],
    )
    drawn = sql.read_zones(work.session, territory.id)
    shapes = np.asarray(to_metric(drawn["geom"], srid), dtype=object) if len(drawn["geom"]) else np.empty(0, object)
    at = first_holding(shapes, inner)[kept.building] if len(shapes) else np.full(len(kept.floor), -1)
    called = [
        said or (str(drawn["name"][zone]) if zone >= 0 else str(areas["name"][row]))
        for said, zone, row in zip(kept.zone, at.tolist(), area[inside].tolist(), strict=True)
    ]
    zones, zone = np.unique(called, return_inverse=True)
    return _Placed(kept, area[inside], zone.ravel().astype(np.int64), [str(each) for each in zones], areas)


def _digest(spec: PlanSpec, placed: _Placed) -> str:
    floors = placed.floors
    parts = hashlib.sha256(
        orjson.dumps([asdict(spec), floors.unit, placed.zones, [str(each) for each in placed.areas["id"]]])
    )
    for values in (floors.building, floors.floor, floors.load, placed.zone, placed.area):
        parts.update(np.ascontiguousarray(values).tobytes())
    for row in np.unique(floors.building).tolist():
        parts.update(floors.buildings["id"][row].bytes)
        parts.update(shapely.to_wkb(floors.footprints[row]))
    return parts.hexdigest()


def _save(
    work: UnitOfWork,
    spec: PlanSpec,
    territory: Territory,
    placed: _Placed,
    found: DedicatedGrids,
    *,
    name: str | None,
    digest: str,
) -> Plan:
    shapes = _shapes(placed, found)
    proven = _prove(placed, found, shapes)
    loads = np.array([grid.load for grid in found.grids])
    deviation = _deviation(found, loads)
    codes, area_ids = _codes(work, spec, placed, found, shapes)
    households, dwellings = _households(work, territory, placed, found)
    plan = Plan(
        id=uuid4(),
        territory_id=territory.id,
        kind=spec.kind,
        name=name or f"{territory.name}, dedicated grids, about {spec.target} {placed.floors.unit} each",
        spec=asdict(spec),
        spec_digest=digest,
        quality=_quality(placed, found, codes, deviation, households) | proven,
        author_id=work.actor.account_id,
    )
    partition_sql.save_plan(work.session, plan)
    made = NetGrids(
        ids=[uuid4() for _ in codes],
        fresh=[True] * len(codes),
        codes=codes,
        names=[""] * len(codes),
        area_ids=area_ids,
        shapes=shapes,
        households=households,
        dwellings=dwellings,
        deviation=deviation,
        floors=[grid.floors for grid in found.grids],
        zones=[placed.zones[grid.zone] for grid in found.grids],
        loads=[float(grid.load) for grid in found.grids],
    )
    save_net_grids(work, plan, territory, made)
    sql.save_floors(work.session, _floor_rows(plan.id, made.ids, placed, found))
    return plan


def _shapes(placed: _Placed, found: DedicatedGrids) -> Shapes:
    """Return the ground of each grid: the footprints of its buildings."""
    footprints = placed.floors.footprints
    shapes = np.empty(len(found.grids), dtype=object)
    for row, grid in enumerate(found.grids):
        ground = footprints[list(grid.buildings)]
        shapes[row] = ground[0] if len(ground) == 1 else shapely.union_all(ground)
    snapped = shapely.transform(shapes, snap_to_grid)
    return np.asarray(np.where(shapely.is_valid(snapped), snapped, shapes), dtype=object)


def _prove(placed: _Placed, found: DedicatedGrids, shapes: Shapes) -> dict[str, Any]:
    """Measure whether every floor is in one grid, and whether grids over part of a building hold floors in a row.

    Returns
    -------
    dict
        ``tiling_valid``, ``contiguous``, and ``apart``: grids of several buildings that do not touch.

    Raises
    ------
    BrokenTilingError
        Two grids would hold one floor; only of buildings that lie on top of each other in the map.
    """
    low, high = floor_bounds([grid.floors for grid in found.grids])
    for first, second in floor_conflicts(shapes, low, high, least=TOUCH_M2):
        one, other = found.grids[first], found.grids[second]
        if set(one.buildings) & set(other.buildings):
            raise BrokenTilingError("Two grids would hold the same floor, so nothing was saved.")
    return {
        "tiling_valid": bool((found.labels >= 0).all() and (found.labels < len(found.grids)).all()),
        "contiguous": not _broken_runs(placed.floors, found.labels),
        "apart": int((shapely.get_num_geometries(shapes) > 1).sum()),
    }


def _broken_runs(floors: Floors, labels: Ints) -> int:
    """Count changes of grid going up the buildings beyond those that a run for each grid needs."""
    order = np.lexsort((floors.floor, floors.building))
    building, grid = floors.building[order], labels[order]
    changes = int(((grid[1:] != grid[:-1]) & (building[1:] == building[:-1])).sum())
    runs = len(np.unique(np.stack([building, grid]), axis=1).T) - len(np.unique(building))
    return changes - runs


def floor_bounds(floors: Sequence[tuple[int, int] | None]) -> tuple[Floats, Floats]:
    """Return lowest and highest floor of each grid as arrays, nan for whole buildings."""
    low = np.array([span[0] if span else np.nan for span in floors], dtype=np.float64)
    high = np.array([span[1] if span else np.nan for span in floors], dtype=np.float64)
    return low, high


def _deviation(found: DedicatedGrids, loads: Floats) -> Floats:
    """Return how far each grid's load is from the mean of its zone."""
    zone = np.array([grid.zone for grid in found.grids])
    deviation = np.zeros(len(loads))
    for each in np.unique(zone):
        deviation[zone == each] = spread(loads[zone == each])
    return deviation


def _codes(
    work: UnitOfWork, spec: PlanSpec, placed: _Placed, found: DedicatedGrids, shapes: Shapes
) -> tuple[list[str], list[UUID]]:
    """Give codes in reading order, floors upwards; each grid is kept under the area with most of its load."""
    wishes, area_ids = [], []
    for row in range(len(found.grids)):
        mine = found.labels == row
        weight = np.bincount(placed.area[mine], weights=placed.floors.load[mine])
        lead = int(np.argmax(weight)) if weight.any() else int(placed.area[mine][0])
        wishes.append(Numbered(str(placed.areas["code"][lead]), merged=len(np.unique(placed.area[mine])) > 1))
        area_ids.append(placed.areas["id"][lead])
    pattern = pattern_for(spec.kind, spec.code_pattern)
    stems = [pattern.object_code] if pattern.object_code else sorted({wish.area for wish in wishes})
    used = partition_sql.grid_codes_starting(work.session, stems)
    order = reading_order(shapely.get_coordinates(shapely.centroid(shapes))).tolist()
    rank = {row: place for place, row in enumerate(order)}
    by_building: dict[tuple[int, ...], int] = {}
    for row in order:
        by_building.setdefault(found.grids[row].buildings, rank[row])
    order.sort(key=lambda row: (by_building[found.grids[row].buildings], (found.grids[row].floors or (0, 0))[0]))
    codes = [""] * len(order)
    for row, code in zip(order, next_codes(pattern, [wishes[row] for row in order], used), strict=True):
        codes[row] = code
    return codes, area_ids


def _households(work: UnitOfWork, territory: Territory, placed: _Placed, found: DedicatedGrids) -> tuple[Ints, Ints]:
    """Count households in each grid's buildings; those of a tower are shared out over its grids by load."""
    doors = net_sql.read_doors(work.session, territory.id)
    k = len(found.grids)
    if not len(doors["point"]):
        return np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    used = np.unique(placed.floors.building)
    points = np.asarray(to_metric(doors["point"], territory.metric_srid), dtype=object)
    at = first_holding(placed.floors.footprints[used], points)
    held = at >= 0
    in_building = group_sums(at[held], np.asarray(doors["households"], dtype=np.float64)[held], len(used))
    doors_in = np.bincount(at[held], minlength=len(used))
    row_of = {int(building): row for row, building in enumerate(used)}
    load = group_sums(np.searchsorted(used, placed.floors.building), placed.floors.load, len(used))
    ahead = np.zeros(len(used))
    households, dwellings = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    for place, grid in enumerate(found.grids):
        rows = [row_of[building] for building in grid.buildings]
        if grid.floors is None:
            households[place] = round(float(in_building[rows].sum()))
            dwellings[place] = int(doors_in[rows].sum())
            continue
        row = rows[0]
        share = in_building[row] / load[row] if load[row] > 0 else 0.0
        before, ahead[row] = ahead[row], ahead[row] + grid.load * share
        households[place] = round(ahead[row]) - round(before)
        dwellings[place] = int(doors_in[row])
    return households, dwellings


def _quality(
    placed: _Placed, found: DedicatedGrids, codes: list[str], deviation: Floats, households: Ints
) -> dict[str, Any]:
    unfit = [
        {"grid": codes[row], "load": found.grids[row].load, "why": _why(placed, found.grids[row])}
        for row, _ in found.unfit
    ]
    return {
        "grids": len(found.grids),
        "households": int(households.sum()),
        "load": round(float(sum(grid.load for grid in found.grids)), 1),
        "load_unit": placed.floors.unit,
        "load_estimated": placed.floors.estimated,
        "buildings": len(np.unique(placed.floors.building)),
        "floors": len(placed.floors.floor),
        "zones": len(placed.zones),
        "share_within": 1.0 - len(unfit) / max(1, len(found.grids)),
        "max_deviation": float(np.abs(deviation).max(initial=0.0)),
        "mean_deviation": float(np.abs(deviation).mean()) if len(deviation) else 0.0,
        "outside_band": unfit,
        "left_out": placed.floors.left_out,
        "infeasible": [],
    }


def _why(placed: _Placed, grid: DedicatedGrid) -> str:
    """Say by name, where the engine knows but numbers, why a grid is outside the band."""
    load = f"{grid.load:g} {placed.floors.unit}"
    if grid.floors is None:
        return f"no other building of {placed.zones[grid.zone]} has room for its {load}"
    low, high = grid.floors
    floors = f"floor {low} holds" if low == high else f"floors {low} to {high} hold"
    return f"{floors} {load}; the floors of its building can't be shared out better"


def _floor_rows(plan_id: UUID, ids: list[UUID], placed: _Placed, found: DedicatedGrids) -> Any:  # noqa: ANN401
    """Yield which floors of which building each grid holds; a whole building is every floor."""
    floors = placed.floors
    for row, grid in enumerate(found.grids):
        for building in grid.buildings:
            mine = (found.labels == row) & (floors.building == building)
            held = f"[{grid.floors[0]},{grid.floors[1] + 1})" if grid.floors else "(,)"
            yield plan_id, ids[row], floors.buildings["id"][building], held, float(floors.load[mine].sum())
