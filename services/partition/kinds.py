"""Propose plans of the further kinds: natural villages, cells, and the nets inside household grids.

Micro grids and ten-household groups divide the grids of the household plan in use; villages and cells divide areas.
What is proved and saved is the same for all kinds: see `services.partition.drawing`.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.index import locate
from gis.measure import group_sums
from gis.overlay import snap_to_grid
from grid_partition import Atoms, Partition, PartitionOptions, build_atoms, group_dwellings, partition_units
from grid_partition.cells import cut_cells
from grid_partition.labelled import partition_of
from grid_partition.micro import BAND as MICRO_BAND
from grid_partition.micro import micro_grids
from grid_partition.shares import share_doors
from grid_partition.villages import village_grids
from services.current_plan import current_plan_id
from services.partition.drawing import Drawn, draw
from services.partition.ground import Ground, digest_of, read_ground
from services.partition.outside import Cause, causes_of, outside_band, village_cause
from services.partition.saving import number_grids, plan_row, save_draft
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from services.street_names import Streets, read_streets
from store.database import partition as sql
from store.database import plans as plans_sql
from store.database.bulk import Columns
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]

# share of the target by which a village, a micro grid and a ten-household group may be off, below and above
_BANDS = {"natural_village": (0.4, 1.5), "micro": (MICRO_BAND[0] / 65, MICRO_BAND[1] / 65), "ten_household": (0.8, 1.2)}


@dataclass(slots=True)
class _Made:
    """Grids of a kind before they are drawn.

    Attributes
    ----------
    atoms : Atoms
    partition : Partition
        Its parents are rows of the ground's areas.
    names : list of str, optional
    causes : dict of Cause, optional
        Why grids are outside the band, where their maker knows.
    """

    atoms: Atoms
    partition: Partition
    names: list[str] | None = None
    causes: dict[int, Cause] | None = None


def propose_kind(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ProposedPlan:
    """Propose a plan of a kind other than household; see `services.partition.propose_plan`."""
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the ground")
    ground = read_ground(work, spec, territory)
    nested = spec.kind in ("micro", "ten_household")
    parents = None
    based_on = None
    if nested:
        based_on = current_plan_id(work, ground.territory.id)
        parents = _grids_of(work, based_on, ground)
        ground = _inside_grids(ground, parents)
    # groups of ten households are too many to have names
    streets = read_streets(work, ground.territory) if spec.kind == "micro" else None
    digest = digest_of(spec, ground, *([] if streets is None else [streets.digest_part()]))
    known = sql.find_plan_by_digest(work.session, ground.territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(known.id, True, known.quality, known.quality.get("infeasible", []))
    tell(0.1, "dividing")
    made = _MAKERS[spec.kind](ground, spec, executor)
    tell(0.85, "proving the tiling")
    drawn = draw(ground, made.atoms, made.partition, sliver_width=spec.sliver_width)
    codes = number_grids(work, ground, drawn, spec)
    if spec.kind == "cell":  # cells are of a size; nobody balances their households
        drawn.deviation[:] = 0.0
        drawn.quality |= {"max_deviation": 0.0, "mean_deviation": 0.0}
    if spec.kind in _BANDS:
        drawn.quality["outside_band"] = _outside(spec, made, drawn, codes)
    tell(0.92, "saving the draft")
    unit = "m cells" if spec.kind == "cell" else "households"
    title = name or f"{ground.territory.name}, {spec.kind.replace('_', ' ')}, {spec.target} {unit}"
    plan = plan_row(work, spec, ground.territory, title, drawn.quality, digest)
    plan.based_on_id = based_on
    save_draft(
        work,
        plan,
        ground,
        made.atoms,
        drawn,
        codes=codes,
        names=made.names if streets is None else _names(streets, parents, drawn),
        parent_grids=None if parents is None else [parents["id"][p] for p in drawn.parent],
    )
    tell(1.0, "draft saved")
    return ProposedPlan(plan.id, False, plan.quality, drawn.infeasible)


def _names(streets: Streets, parents: Columns | None, drawn: Drawn) -> list[str]:
    """Call grids by their streets, each name once in the area that the grids above lie in."""
    areas = [drawn.parent[grid] if parents is None else parents["area_id"][p] for grid, p in enumerate(drawn.parent)]
    return streets.name(drawn.shapes, areas, [""] * len(areas))


def _grids_of(work: UnitOfWork, plan_id: UUID, ground: Ground) -> Columns:
    """Return the grids of the household plan that lie in the areas asked for."""
    grids = plans_sql.grid_shapes(work.session, plan_id)
    mine = np.isin(np.asarray(grids["area_id"], dtype=object).astype(str), [str(area) for area in ground.areas["id"]])
    return {key: np.asarray(values)[mine] for key, values in grids.items()}


def _inside_grids(ground: Ground, grids: Columns) -> Ground:
    """Return the ground with grids in the place of areas."""
    shapes = np.asarray(to_metric(grids["geom"], ground.territory.metric_srid), dtype=object)
    areas = {"id": grids["area_id"], "code": grids["code"], "name": grids["code"], "geom": grids["geom"]}
    return replace(ground, areas=areas, parents=np.asarray(shapely.transform(shapes, snap_to_grid), dtype=object))


def usual_band(kind: str, target: float | None) -> tuple[float, float] | None:
    """Return the households that a grid of a kind may have where no band was asked for; None goes by the tolerance."""
    if kind not in _BANDS:
        return None
    low, high = _BANDS[kind]
    return round(low * float(target or 0), 6), round(high * float(target or 0), 6)


def _band(spec: PlanSpec) -> tuple[float, float]:
    band = spec.band or usual_band(spec.kind, spec.target)
    assert band is not None  # noqa: S101 - only kinds with a band of their own come here
    return band


def _outside(spec: PlanSpec, made: _Made, drawn: Drawn, codes: list[str]) -> list[dict[str, Any]]:
    largest = np.zeros(len(drawn.shapes))
    np.maximum.at(largest, drawn.label, made.atoms.demand)
    return outside_band(
        drawn.households,
        _band(spec),
        codes,
        parent=drawn.parent,
        largest=largest,
        known=(made.causes or {}) | causes_of(made.partition.misfits),
        searched={grid for misfit in made.partition.misfits if misfit.kind == "search" for grid in misfit.grids},
    )


def _atoms(ground: Ground, points: npt.NDArray[np.float64], households: Ints, most: float, *, lines: bool) -> Atoms:
    return build_atoms(
        shapely.union_all(ground.parents, grid_size=0.01),
        points,
        demand=households,
        barriers=ground.lines if lines else None,
        barrier_cost=ground.factors if lines else None,
        parents=ground.parents,
        max_demand=max(1.0, most),
    )


def _households(ground: Ground) -> Ints:
    return np.asarray(ground.dwellings["households"], dtype=np.int64)


def _micro(ground: Ground, spec: PlanSpec, executor: Executor | None) -> _Made:
    """Divide grids along streets; a tower with many households is shared out first."""
    target = float(spec.target or 0)
    home = locate(ground.parents, np.asarray(shapely.points(ground.points), dtype=object))
    doors = share_doors(ground.points, _households(ground), home, ground.parents, most=max(1, int(target / 4)))
    atoms = _atoms(ground, doors.xy, doors.households, target / 4, lines=True)
    found = micro_grids(
        atoms.geometry, atoms.demand, atoms.parent, band=_band(spec), target=target, seed=spec.seed, executor=executor
    )
    return _Made(atoms, found)


def _ten_household(ground: Ground, spec: PlanSpec, executor: Executor | None) -> _Made:
    """Join near doors, then let the engine make each group one piece of ground."""
    size = int(spec.target or 0)
    low, high = (round(limit) for limit in _band(spec))
    home = locate(ground.parents, np.asarray(shapely.points(ground.points), dtype=object))
    doors = share_doors(ground.points, _households(ground), home, ground.parents, most=high, share=max(1, low // 2))
    atoms = _atoms(ground, doors.xy, doors.households, size, lines=False)
    sums = [group_sums(atoms.atom_of_point, axis, len(atoms)) for axis in doors.xy.T]
    centre = np.column_stack(sums) / np.maximum(atoms.points, 1)[:, None]
    empty = atoms.points == 0
    centre[empty] = shapely.get_coordinates(shapely.centroid(atoms.geometry[empty]))
    near = group_dwellings(
        centre, size, households=atoms.demand.astype(np.int64), low=low, high=high, within=atoms.parent
    )
    found = partition_units(
        atoms.geometry,
        atoms.demand,
        target=size,
        within=atoms.parent,
        seed=spec.seed,
        options=PartitionOptions(band=(low, high), start=near.labels, churn_price=0.5),
        executor=executor,
    )
    return _Made(atoms, found)


def _natural_village(ground: Ground, spec: PlanSpec, executor: Executor | None) -> _Made:
    """Keep villages whole: join small neighbours of one parent area, cut large ones."""
    target = float(spec.target or 0)
    atoms = _atoms(ground, ground.points, _households(ground), target / 4, lines=True)
    above = np.unique([str(parent) for parent in ground.areas["parent_id"]], return_inverse=True)[1].ravel()
    found = village_grids(
        atoms.geometry,
        atoms.demand,
        atoms.parent,
        within=above[atoms.parent],
        band=_band(spec),
        target=target,
        seed=spec.seed,
        executor=executor,
    )
    # a grid of several villages is kept under the one with the most households
    load = np.bincount(atoms.parent, weights=atoms.demand, minlength=len(ground.parents))
    lead = np.arange(len(ground.parents))
    for villages in found.villages:
        lead[villages] = max(villages, key=lambda village: (load[village], -village))
    atoms = replace(atoms, parent=lead[atoms.parent])
    partition = partition_of(atoms.geometry, atoms.demand, found.labels, atoms.parent, band=_band(spec))
    names = [" + ".join(str(ground.areas["name"][v]) for v in villages) for villages in found.villages]
    causes = {
        grid: village_cause(held, load[found.villages[grid][0]], cut=bool(found.cut[grid]))
        for grid, held, _ in found.unfit
    }
    return _Made(atoms, partition, names, causes)


def _cell(ground: Ground, spec: PlanSpec, _executor: Executor | None) -> _Made:
    """Cut squares; each is an atom of its own."""
    cells = cut_cells(ground.parents, size=float(spec.target or 0))
    at = locate(cells.geometry, np.asarray(shapely.points(ground.points), dtype=object))
    k = len(cells.geometry)
    atoms = Atoms(
        geometry=cells.geometry,
        demand=group_sums(at, _households(ground), k),
        parent=cells.area,
        atom_of_point=at,
        points=np.bincount(at, minlength=k),
    )
    return _Made(atoms, partition_of(atoms.geometry, atoms.demand, np.arange(k), cells.area, band=(0.0, np.inf)))


_MAKERS = {"micro": _micro, "ten_household": _ten_household, "natural_village": _natural_village, "cell": _cell}
