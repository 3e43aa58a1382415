"""Police and safety nets without a file: whole household grids merged into professional grids, so that they nest."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.codes import reading_order
from gis.crs import to_metric
from gis.errors import NotFoundError
from gis.grid_patterns import Numbered, next_codes, pattern_for
from gis.index import locate
from gis.measure import group_sums
from gis.overlay import snap_to_grid
from grid_partition import Atoms, Partition, PartitionOptions, partition_units
from grid_partition.labelled import partition_of
from services.partition.drawing import Drawn, draw, told_misfits
from services.partition.ground import Ground, digest_of, read_ground
from services.partition.net_shares import map_where_possible
from services.partition.saving import plan_row, save_draft
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from store.database import partition as sql
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]

#: Names of areas that a grid's name holds; more say nothing.
_NAMED = 4


@dataclass(slots=True)
class _Units:
    """Household grids as units of a net, and their pieces as atoms."""

    ids: list[UUID]
    shapes: npt.NDArray[np.object_]
    area: Ints
    atoms: Atoms
    grid_of_atom: Ints


def propose_net(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ProposedPlan:
    """Merge the household grids in use into professional grids; see `services.partition.propose_plan`."""
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the ground")
    ground = read_ground(work, spec, territory)
    base = plan_sql.current_plan(work.session, ground.territory.id)
    if base is None:
        raise NotFoundError(
            f"{ground.territory.name} has no household plan yet to merge grids of; make one with"
            " `gridward partition household`, or give the net as a file."
        )
    units = _units(work, base.id, ground)
    digest = digest_of(spec, ground, *(each.bytes for each in units.ids), *shapely.to_wkb(units.shapes))
    known = sql.find_plan_by_digest(work.session, ground.territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(known.id, True, known.quality, known.quality.get("infeasible", []))
    tell(0.1, "merging grids")
    found = _merge(units, ground, spec, executor)
    lead = _lead_areas(units, found)
    tell(0.85, "proving the tiling")
    drawn = _draw(ground, units, found, lead)
    codes, names = _called(work, ground, spec, units, found, lead)
    title = name or f"{ground.territory.name}, {spec.kind} net, about {spec.target} households a grid"
    plan = plan_row(work, spec, ground.territory, title, drawn.quality, digest)
    plan.based_on_id = base.id
    tell(0.92, "saving the draft")
    save_draft(work, plan, ground, _with_lead(units, found, lead), drawn, codes=codes, names=names)
    map_where_possible(work, plan)
    tell(1.0, "draft saved")
    return ProposedPlan(plan.id, False, plan.quality, drawn.infeasible)


def _units(work: UnitOfWork, plan_id: UUID, ground: Ground) -> _Units:
    """Read the household grids in the areas asked for, with the households of today in them."""
    grids: Columns = plan_sql.grid_shapes(work.session, plan_id)
    row_of = {area: row for row, area in enumerate(ground.areas["id"])}
    mine = [row for row, area in enumerate(grids["area_id"]) if area in row_of]
    if not mine:
        raise NotFoundError("The household plan in use has no grid in the chosen area.", plan=str(plan_id))
    metric = np.asarray(to_metric(grids["geom"][mine], ground.territory.metric_srid), dtype=object)
    shapes = np.asarray(shapely.transform(metric, snap_to_grid), dtype=object)
    pieces, of_grid = shapely.get_parts(shapes, return_index=True)
    at = locate(pieces, np.asarray(shapely.points(ground.points), dtype=object))
    households = np.asarray(ground.dwellings["households"], dtype=np.float64)
    area = np.array([row_of[grids["area_id"][row]] for row in mine], dtype=np.int64)
    atoms = Atoms(
        geometry=np.asarray(pieces, dtype=object),
        demand=group_sums(at, households, len(pieces)),
        parent=area[of_grid],
        atom_of_point=at,
        points=np.bincount(at, minlength=len(pieces)),
    )
    return _Units([grids["id"][row] for row in mine], shapes, area, atoms, np.asarray(of_grid, dtype=np.int64))


def _merge(units: _Units, ground: Ground, spec: PlanSpec, executor: Executor | None) -> Partition:
    """Balance whole grids within the area above theirs (the town of a village).

    Grids are neighbours by their main pieces: an exclave that a grid brings along ties nobody to it.
    """
    above = np.unique([str(parent) for parent in ground.areas["parent_id"]], return_inverse=True)[1].ravel()
    return partition_units(
        _main_pieces(units),
        group_sums(units.grid_of_atom, units.atoms.demand, len(units.ids)),
        target=spec.target,
        within=above[units.area],
        seed=spec.seed,
        options=PartitionOptions(tolerance=spec.tolerance),
        executor=executor,
    )


def _main_pieces(units: _Units) -> npt.NDArray[np.object_]:
    """Return the largest piece of each household grid."""
    pieces, of_grid = units.atoms.geometry, units.grid_of_atom
    order = np.lexsort((shapely.area(pieces), of_grid))
    return np.asarray(pieces[order[np.r_[np.diff(of_grid[order]) > 0, True]]], dtype=object)


def _lead_areas(units: _Units, found: Partition) -> Ints:
    """Return the area that each net's grid is kept under: the one with most of its households, then ground."""
    demand = group_sums(units.grid_of_atom, units.atoms.demand, len(units.ids))
    size = shapely.area(units.shapes)
    lead = np.empty(len(found.parent_of_grid), dtype=np.int64)
    for grid in range(len(lead)):
        rows = np.flatnonzero(found.labels == grid)
        areas = np.unique(units.area[rows])
        weight = [(demand[rows][units.area[rows] == a].sum(), size[rows][units.area[rows] == a].sum()) for a in areas]
        lead[grid] = areas[max(range(len(areas)), key=lambda place: (*weight[place], -place))]
    return lead


def _with_lead(units: _Units, found: Partition, lead: Ints) -> Atoms:
    atoms = units.atoms
    parent = lead[found.labels[units.grid_of_atom]]
    return Atoms(atoms.geometry, atoms.demand, parent, atoms.atom_of_point, atoms.points)


def _draw(ground: Ground, units: _Units, found: Partition, lead: Ints) -> Drawn:
    """Prove the net as every plan is proved; deviations are from the mean of the town, where grids were balanced."""
    atoms = _with_lead(units, found, lead)
    labels = found.labels[units.grid_of_atom]
    whole = partition_of(atoms.geometry, atoms.demand, labels, atoms.parent, band=(0.0, np.inf))
    drawn = draw(ground, atoms, whole)
    drawn.deviation[:] = found.deviation
    figures = {key: value for key, value in asdict(found.quality).items() if isinstance(value, (bool, int, float))}
    drawn.quality |= {key: value for key, value in figures.items() if value == value}  # noqa: PLR0124 - drops nan
    drawn.infeasible, misfits = _misses(ground, units, found, drawn.households)
    drawn.quality |= {"nested": True, "infeasible": drawn.infeasible, "misfits": misfits}
    return drawn


def _misses(
    ground: Ground, units: _Units, found: Partition, households: Ints
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what no number of grids fits, and every reason; towns are named by the areas that they hold."""
    town = found.parent_of_grid[found.labels]
    called = {
        int(parent): _short([str(ground.areas["name"][area]) for area in np.unique(units.area[town == parent])])
        for parent in np.unique(town)
    }
    infeasible = [
        {"area": called[int(parent)], "grids": int(k), "households_a_grid": float(each)}
        for parent, k, each in found.infeasible
    ]
    return infeasible, told_misfits(found, [called[int(misfit.parent)] for misfit in found.misfits], households)


def _short(names: list[str]) -> str:
    return " + ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _called(
    work: UnitOfWork, ground: Ground, spec: PlanSpec, units: _Units, found: Partition, lead: Ints
) -> tuple[list[str], list[str]]:
    """Return codes (in reading order within each area) and names of the net's grids."""
    codes_of = [str(code) for code in ground.areas["code"]]
    wishes: list[Numbered] = []
    names: list[str] = []
    for grid in range(len(lead)):
        covered = np.unique(units.area[found.labels == grid])
        whole = len(covered) == 1 and bool((found.labels[units.area == covered[0]] == grid).all())
        wishes.append(Numbered(codes_of[lead[grid]], merged=len(covered) > 1, whole=whole))
        called = [str(ground.areas["name"][area]) for area in covered[:_NAMED]]
        names.append((" + ".join(called) + (" …" if len(covered) > _NAMED else ""))[:120] if len(covered) > 1 else "")
    pattern = pattern_for(spec.kind, spec.code_pattern)
    centres = shapely.get_coordinates(shapely.centroid(found.dissolve()))
    order = reading_order(centres).tolist()
    used = sql.grid_codes_starting(work.session, [pattern.object_code] if pattern.object_code else codes_of)
    fresh = next_codes(pattern, [wishes[row] for row in order], used)
    codes = [""] * len(order)
    for row, code in zip(order, fresh, strict=True):
        codes[row] = code
    return codes, names
