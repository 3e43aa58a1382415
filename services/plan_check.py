"""Prove a stored plan again, from what is in the database: every fault by its kind and place.

A plan is proved before it is saved; this is for what happened to it since, by whatever hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import STORAGE_SRID, snap_cm, to_lonlat, to_metric, transform_xy
from gis.index import first_holding
from gis.measure import group_sums
from grid_partition.invariants import crossings, uncovered, units_astray
from grid_partition.model import TilingFault
from grid_partition.nesting import check_nesting
from services.partition.net_check import HEADED_ELSEWHERE, net_problems
from services.partition.water_check import water_problems
from services.plan_check_blocks import Blocks
from services.plan_check_words import fault_problem, problem
from services.plan_codes import code_problems
from store.database import plan_check as sql
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.grid_shapes import TILING_KINDS
from store.database.models import Plan, Territory
from store.database.nets import NET_KINDS
from store.database.partition import read_leaf_areas
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]

#: Faults of one kind that are told one by one; the rest are counted.
MOST = 20
#: Kinds whose doors may be shared out over several grids: only the sum is compared.
SHARED_DOORS = ("micro", "ten_household", "dedicated")


@dataclass(slots=True)
class PlanCheck:
    """What stands between a plan and publishing.

    Attributes
    ----------
    tiling_valid, contiguous : bool
    households_in_grids, households : int
        Must be equal.
    without_head : list of str
        Grid codes that nobody heads.
    problems : list of dict
        As `services.plan_check_words.problem` makes them: `place` is [lon, lat] (a grid's code where only that is
        known), `grids` the codes concerned, and `blocks` tells what must be mended before publishing.
    """

    tiling_valid: bool
    contiguous: bool
    households: int
    households_in_grids: int
    without_head: list[str]
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether nothing is open that has to be mended."""
        return not any(problem["blocks"] for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A plan as it is stored, in the territory's metric CRS."""

    plan: Plan
    territory: Territory
    grids: Columns
    shapes: npt.NDArray[np.object_]
    blocks: Blocks
    areas: npt.NDArray[np.object_]

    def codes(self, rows: tuple[int, ...]) -> list[str]:
        """Return the codes of grids."""
        return [str(self.grids["code"][row]) for row in rows]


def check_plan(work: UnitOfWork, plan_id: UUID) -> PlanCheck:
    """Prove a stored plan: tiling, nesting, plots, pieces, households, doors and heads."""
    stored = _read(work, plan_sql.get_plan(work.session, plan_id))
    faults: list[tuple[TilingFault, str]] = []
    # nets from files and footprints leave ground free; nets merged from grids have plots and tile as plans do
    is_net = stored.plan.kind in NET_KINDS
    tiles = bool(len(stored.blocks)) if is_net else stored.plan.kind in TILING_KINDS
    if tiles:
        faults += _tiling(stored)
        faults += _nested(work, stored)
    faults += _pieces(stored, {row for fault, kind in faults if kind == "stray piece" for row in fault.children})
    problems = _described(faults, stored)
    problems += _counts(stored)
    if tiles:
        problems += _doors(work, stored)
    if stored.plan.kind == "water":
        problems += water_problems(work, plan_id, stored.territory.metric_srid)
    if is_net:
        problems += net_problems(work, stored.plan)
    problems += code_problems(work, stored.plan)
    headed = stored.plan.kind not in HEADED_ELSEWHERE
    vacant = plan_sql.grids_without_head(work.session, plan_id) if headed else []
    problems += [problem("no-head", code, [code]) for code in vacant]
    kinds = {fault.kind for fault, _ in faults}
    return PlanCheck(
        tiling_valid=not (kinds - {"stray piece", "unassigned", "misplaced"}),
        contiguous="stray piece" not in kinds,
        households=int(np.sum(stored.blocks.demand if len(stored.blocks) else stored.grids["households"])),
        households_in_grids=int(np.sum(stored.grids["households"])),
        without_head=vacant,
        problems=problems,
    )


def _read(work: UnitOfWork, plan: Plan) -> _Stored:
    territory = work.session.get_one(Territory, plan.territory_id)
    grids = plan_sql.grid_shapes(work.session, plan.id)
    atoms = sql.atom_blocks(work.session, plan.id)
    row_of = {grid: row for row, grid in enumerate(grids["id"])}
    within = (plan.spec or {}).get("within")
    areas = read_leaf_areas(work.session, territory.id, within)["geom"]
    shapes = _metric(grids["geom"], territory)
    blocks = Blocks.of(
        atoms["area_id"],
        np.array([row_of.get(grid, -1) for grid in atoms["grid_id"]], dtype=np.int64),
        np.asarray(atoms["demand"], dtype=np.float64),
        _metric(atoms["geom"], territory),
        shapes,
    )
    return _Stored(plan, territory, grids, shapes, blocks, _metric(areas, territory))


def _metric(geometry: npt.NDArray[Any], territory: Territory) -> npt.NDArray[np.object_]:
    if not len(geometry):
        return np.array([], dtype=object)
    return np.asarray(to_metric(geometry, territory.metric_srid), dtype=object)


def _tiling(stored: _Stored) -> list[tuple[TilingFault, str]]:
    """Check grids against the plots of their areas, plots against the areas, and plots against their grids."""
    number = {area: place for place, area in enumerate(dict.fromkeys(stored.grids["area_id"]))}
    faults: list[TilingFault] = []
    units, _ = stored.blocks.units()
    if len(units) and len(stored.shapes):
        of_grid = [number[area] for area in stored.grids["area_id"]]
        held = stored.blocks.area_numbers(number)
        faults += check_nesting(units, held, stored.shapes, of_grid, areas=stored.areas).faults
    plots = shapely.STRtree(units)
    named = [(fault, _kind_of(fault, plots)) for fault in faults]
    # what neither plots nor grids cover is unknown to the check above; what plots cover was told there
    if len(stored.areas):
        # grids that tile are asked as one
        grids = stored.shapes if faults else np.array([shapely.coverage_union_all(stored.shapes)], dtype=object)
        named += [(fault, "gap") for fault in uncovered(stored.areas, grids, units)]
    loose, grid = stored.blocks.loose()
    named += [(fault, fault.kind) for fault in units_astray(loose, grid, stored.shapes)]
    return named


def _kind_of(fault: TilingFault, plots: shapely.STRtree) -> str:
    """Tell a grid that reaches into another area from one that reaches over ground without plots."""
    if fault.kind != "outside":
        return fault.kind
    return "crossing" if len(plots.query(shapely.point_on_surface(fault.place), "intersects")) else "without plots"


def _nested(work: UnitOfWork, stored: _Stored) -> list[tuple[TilingFault, str]]:
    """Check grids inside grids against their parent grid."""
    if stored.plan.based_on_id is None or stored.plan.kind not in SHARED_DOORS:
        return []
    above = sql.read_parent_grids(work.session, stored.plan)
    shape_of = dict(zip(above["grid_id"], _metric(above["geom"], stored.territory), strict=True))
    parents = np.empty(len(stored.shapes), dtype=object)
    parents[:] = [shape_of.get(grid) for grid in stored.grids["id"]]
    return [(fault, "crossing") for fault in crossings(stored.shapes, parents)]


def _pieces(stored: _Stored, told: set[int]) -> list[tuple[TilingFault, str]]:
    """Find further grids in several pieces that are not flagged as having an exclave; the largest piece is theirs."""
    flagged = np.asarray(stored.grids["exclave"], dtype=bool)
    torn = np.flatnonzero((shapely.get_num_geometries(stored.shapes) > 1) & ~flagged).tolist()
    found: list[tuple[TilingFault, str]] = []
    for row in (row for row in torn if row not in told):
        pieces = shapely.get_parts(stored.shapes[row])
        strays = pieces[np.argsort(-shapely.area(pieces), kind="stable")][1:]
        found += [(TilingFault("stray piece", piece, float(piece.area), (row,)), "stray piece") for piece in strays]
    return found


def _described(faults: list[tuple[TilingFault, str]], stored: _Stored) -> list[dict[str, Any]]:
    problems: list[dict[str, Any]] = []
    for kind in dict.fromkeys(kind for _, kind in faults):
        mine = [fault for fault, named in faults if named == kind]
        points = np.array([shapely.point_on_surface(fault.place) for fault in mine[:MOST]], dtype=object)
        places = to_lonlat(points, stored.territory.metric_srid)
        problems += [
            fault_problem(kind, fault.amount, [place.x, place.y], stored.codes(fault.children))
            for fault, place in zip(mine, places, strict=False)
        ]
        if len(mine) > MOST:
            problems.append(problem(kind.replace(" ", "-"), None, sentence="more-places", count=len(mine) - MOST))
    return problems


def _counts(stored: _Stored) -> list[dict[str, Any]]:
    """Compare what a grid says it holds with the sum of its plots."""
    if not len(stored.blocks):
        return []
    k, held = len(stored.shapes), stored.blocks.grid >= 0
    told = np.asarray(stored.grids["households"], dtype=np.float64)
    counted = group_sums(stored.blocks.grid[held], stored.blocks.demand[held], k)
    return [
        problem(
            "miscounted",
            _place_of(stored, row),
            [str(stored.grids["code"][row])],
            told=int(told[row]),
            counted=int(counted[row]),
        )
        for row in np.flatnonzero(told != counted).tolist()
    ]


def _doors(work: UnitOfWork, stored: _Stored) -> list[dict[str, Any]]:
    """Find doors in no grid, and grids whose doors changed since the plan was made."""
    doors = sql.read_doors(work.session, stored.territory.id)
    if not len(doors["fid"]) or not len(stored.shapes):
        return []
    xy = transform_xy(doors["lonlat"], STORAGE_SRID, stored.territory.metric_srid)
    points = np.asarray(shapely.points(snap_cm(xy)), dtype=object)
    households = doors["households"]
    at = first_holding(stored.shapes, points)
    apart = np.flatnonzero((at < 0) & (households > 0))
    lost = apart[first_holding(stored.areas, points[apart]) >= 0]
    problems = _lost(work, doors, lost)
    if stored.plan.kind in SHARED_DOORS:
        return problems
    now = group_sums(at[at >= 0], households[at >= 0], len(stored.shapes))
    told = np.asarray(stored.grids["households"], dtype=np.float64)
    # a door on the border of two grids is in one of them either way
    problems += [
        problem(
            "recount",
            _place_of(stored, row),
            [str(stored.grids["code"][row])],
            blocks=False,
            told=int(told[row]),
            counted=int(now[row]),
        )
        for row in np.flatnonzero(told != now).tolist()
    ]
    return problems


def _lost(work: UnitOfWork, doors: Columns, lost: Ints) -> list[dict[str, Any]]:
    """Tell the first doors in no grid one by one, and the others together."""
    if not len(lost):
        return []
    names = sql.door_names(work.session, doors["fid"][lost[:MOST]].tolist())
    problems = []
    for row in lost[:MOST].tolist():
        count, name = int(doors["households"][row]), names[int(doors["fid"][row])]
        place = doors["lonlat"][row].tolist()
        if name:
            problems.append(problem("lost-households", place, households=count, door=name))
        else:
            problems.append(problem("lost-households", place, sentence="lost-households-unnamed", households=count))
    if len(lost) > MOST:
        rest = int(doors["households"][lost[MOST:]].sum())
        problems.append(
            problem("lost-households", None, sentence="lost-households-more", households=rest, doors=len(lost) - MOST)
        )
    return problems


def _place_of(stored: _Stored, row: int) -> list[float]:
    point = to_lonlat(shapely.point_on_surface(stored.shapes[row]), stored.territory.metric_srid)
    return [point.x, point.y]
