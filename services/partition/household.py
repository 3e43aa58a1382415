"""Propose household grids: atoms from the ground, balanced grids from the atoms."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.index import locate
from gis.measure import group_sums
from grid_partition import Atoms, PartitionOptions, build_atoms
from services.partition.classes import divide
from services.partition.drawing import Drawn, draw
from services.partition.even import Evenly, read_evenly, told_even
from services.partition.ground import Ground, digest_of, read_ground
from services.partition.saving import number_grids, plan_row, save_draft
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from services.partition.today import (
    KEPT_ROWS,
    Today,
    locked_shapes,
    moved_households,
    read_today,
    start_of_atoms,
    successors,
)
from services.street_names import Streets, read_streets
from store.database import partition as sql
from store.database import plan_inputs as inputs
from store.database.work import UnitOfWork

Floats = npt.NDArray[np.float64]

# price of a street in the barrier table; a spec that names another bends the whole table
STREET_COST = 0.3
# price of short walks for the head where they are asked for, in units of one grid's compactness
WALK_PRICE = 1.0


def propose_household(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ProposedPlan:
    """Propose a plan of household grids; see `services.partition.propose_plan`."""
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the ground")
    ground = read_ground(work, spec, territory)
    today = read_today(work, spec, ground)
    kept = today if spec.keep else None
    evenly = read_evenly(work, spec, ground)
    streets = read_streets(work, ground.territory)
    digest = digest_of(
        spec, ground, *_kept_bytes(kept), *(xy.tobytes() for xy in evenly.points.values()), streets.digest_part()
    )
    known = sql.find_plan_by_digest(work.session, ground.territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(
            known.id, True, known.quality, known.quality.get("infeasible", []), known.quality.get("moved")
        )
    tell(0.1, "building atoms")
    atoms = _build(ground, spec, kept)
    tell(0.3, "dividing into grids")
    soft = evenly.of_atoms(atoms)
    with _threads(executor, len(np.unique(atoms.parent))) as pool:
        divided = divide(
            ground,
            spec,
            atoms,
            _options(spec, ground, atoms, kept, soft),
            executor=pool,
            tell=lambda done, note: tell(0.3 + 0.4 * done, note),
        )
        tell(0.7, "proving the tiling")
        drawn = draw(ground, divided.atoms, divided.partition, sliver_width=spec.sliver_width)
        if spec.even:
            tell(0.8, "comparing with the state before")
            now = evenly.now(soft, drawn.label, drawn.of_dwelling)
            drawn.quality["even"] = _compared(evenly, atoms, today, now, pool)
    tell(0.92, "saving the draft")
    if spec.rules:
        drawn.quality["areas_by_class"] = divided.classes
    plan_id, moved = _save(work, spec, ground, today, (divided.atoms, drawn), (name, digest, divided.names, streets))
    tell(1.0, "draft saved")
    return ProposedPlan(plan_id, False, drawn.quality, drawn.infeasible, moved)


@contextmanager
def _threads(executor: Executor | None, parents: int) -> Iterator[Executor | None]:
    """Yield the executor given, or threads where there is work for several: the kernels release the GIL."""
    cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(os.sched_getaffinity(0))
    if executor is not None or (cores or 1) < 2 or parents < 2:
        yield executor
        return
    with ThreadPoolExecutor(min(cores or 1, parents)) as pool:
        yield pool


def _save(
    work: UnitOfWork,
    spec: PlanSpec,
    ground: Ground,
    today: Today | None,
    made: tuple[Atoms, Drawn],
    said: tuple[str | None, str, list[str], Streets],
) -> tuple[UUID, dict[str, Any] | None]:
    """Write the draft, with the identities of grids that persist; return its id and who would move."""
    (atoms, drawn), (name, digest, names, streets) = made, said
    heir = np.full(len(drawn.shapes), -1) if today is None else successors(today, ground, drawn)
    lives_on = heir >= 0 if spec.keep else np.zeros(len(heir), dtype=bool)
    kept = [] if today is None else [str(today.grids["code"][old]) for old in heir[lives_on].tolist()]
    codes = number_grids(work, ground, drawn, spec, fresh=~lives_on, kept=kept)
    grid_ids: list[UUID | None] = [None] * len(codes)
    moved = None
    if today is not None:
        for new in np.flatnonzero(lives_on).tolist():
            grid_ids[new] = today.grids["id"][heir[new]]
            codes[new] = str(today.grids["code"][heir[new]])
            names[new] = str(today.grids["name"][heir[new]]) or names[new]
        moved = moved_households(today, ground, drawn, heir, codes)
        drawn.quality["moved"] = {**moved, "grids": moved["grids"][:KEPT_ROWS]}
    names = streets.name(drawn.shapes, drawn.parent.tolist(), names)
    title = name or _title(ground.territory.name, spec)
    plan = plan_row(work, spec, ground.territory, title, drawn.quality, digest)
    if spec.keep and today is not None:
        plan.based_on_id = today.plan.id
    save_draft(work, plan, ground, atoms, drawn, codes=codes, names=names, grid_ids=grid_ids)
    if spec.keep and today is not None:
        locked = [today.grids["id"][old] for old in heir[lives_on].tolist() if today.grids["locked"][old]]
        inputs.lock_grids(work.session, plan.id, locked)
    return plan.id, moved


def _compared(
    evenly: Evenly, atoms: Atoms, today: Today | None, now: dict[str, Any], pool: Executor | None
) -> dict[str, Any]:
    """Tell how even the grids are, beside the plan in use, or beside the same proposal without the wish."""
    if today is not None:
        return told_even(now, evenly.today(today), of="plan in use")
    ground, plain = evenly.ground, replace(evenly.spec, even=())
    options = _options(plain, ground, atoms, None, {})
    divided = divide(ground, plain, atoms, options, executor=pool, tell=lambda _done, _note: None)
    label = np.asarray(divided.partition.labels, dtype=np.int64)
    before = evenly.now(evenly.of_atoms(atoms), label, label[atoms.atom_of_point])
    return told_even(now, before, of="without the wish")


def _build(ground: Ground, spec: PlanSpec, kept: Today | None) -> Atoms:
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)
    target = spec.target if spec.target is not None else households.sum() / max(spec.grids or 1, 1)
    most = spec.band[1] if spec.band else float(target) * (1.0 + spec.tolerance)
    # locked grids come first, as parents of their own: no atom crosses their borders, be it a compound or a strip
    locked = np.empty(0, dtype=object) if kept is None else locked_shapes(kept)
    atoms = build_atoms(
        shapely.union_all(ground.parents, grid_size=0.01),
        ground.points,
        demand=households,
        barriers=ground.lines,
        barrier_cost=ground.factors,
        parents=np.r_[locked, ground.parents],
        compounds=ground.compounds,
        max_demand=max(1.0, most),
    )
    area = np.r_[locate(ground.parents, shapely.point_on_surface(locked)), np.arange(len(ground.parents))]
    return replace(atoms, parent=area[atoms.parent])


def _options(
    spec: PlanSpec, ground: Ground, atoms: Atoms, kept: Today | None, soft: dict[str, Floats]
) -> PartitionOptions:
    """Return the wishes of the spec, atom by atom."""
    start, fixed = (None, None) if kept is None else start_of_atoms(kept, ground, atoms)
    cost = STREET_COST if spec.barrier_cost is None else spec.barrier_cost
    return PartitionOptions(
        tolerance=spec.tolerance,
        band=spec.band,
        barriers=ground.lines,
        # the table's proportions stay: at 1 no line draws borders, at the table's own price nothing changes
        barrier_cost=ground.factors ** (np.log(cost) / np.log(STREET_COST)),
        fixed=fixed,
        start=start,
        churn_price=spec.churn if kept is not None else 0.0,
        soft_demand=np.column_stack(list(soft.values())) if soft else None,
        walk_price=WALK_PRICE if "walk" in spec.even else 0.0,
        places=_household_places(ground, atoms),
        closed=kept is not None,
    )


def _household_places(ground: Ground, atoms: Atoms) -> Floats:
    """Return where the households of each atom live, on average; its middle where nobody does."""
    weight = np.asarray(ground.dwellings["households"], dtype=np.float64)
    load = group_sums(atoms.atom_of_point, weight, len(atoms))
    sums = [group_sums(atoms.atom_of_point, weight * axis, len(atoms)) for axis in ground.points.T]
    middle = shapely.get_coordinates(shapely.centroid(atoms.geometry))
    return np.where(load[:, None] > 0, np.column_stack(sums) / np.maximum(load, 1e-9)[:, None], middle)


def _kept_bytes(kept: Today | None) -> list[bytes]:
    """Return what the answer depends on when a plan is kept."""
    if kept is None:
        return []
    state = "".join(
        f"{grid}{locked}{revision};"
        for grid, locked, revision in zip(kept.grids["id"], kept.grids["locked"], kept.grids["revision"], strict=True)
    )
    return [state.encode(), *shapely.to_wkb(kept.shapes)]


def _title(territory: str, spec: PlanSpec) -> str:
    if spec.band is not None:
        return f"{territory}, {spec.band[0]:g}-{spec.band[1]:g} households a grid"
    if spec.target is not None:
        return f"{territory}, about {spec.target} households a grid"
    return f"{territory}, {spec.grids} grids"
