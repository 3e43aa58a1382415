"""Propose household grids: atoms from the ground, balanced grids from the atoms."""

from __future__ import annotations

from concurrent.futures import Executor
from uuid import UUID

import numpy as np
import shapely

from grid_partition import Atoms, PartitionOptions, build_atoms, partition_units
from services.partition.drawing import draw
from services.partition.ground import Ground, digest_of, read_ground
from services.partition.saving import plan_row, save_draft
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from store.database import partition as sql
from store.database.work import UnitOfWork


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
    digest = digest_of(spec, ground)
    known = sql.find_plan_by_digest(work.session, ground.territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(known.id, True, known.quality, known.quality.get("infeasible", []))
    tell(0.1, "building atoms")
    atoms = _build(ground, spec)
    tell(0.3, "dividing into grids")
    partition = partition_units(
        atoms.geometry,
        atoms.demand,
        grids=spec.grids,
        target=spec.target,
        within=atoms.parent,
        seed=spec.seed,
        options=PartitionOptions(tolerance=spec.tolerance, barriers=ground.lines, barrier_cost=ground.factors),
        executor=executor,
        progress=lambda done, note: tell(0.3 + 0.5 * done, note),
    )
    tell(0.85, "proving the tiling")
    drawn = draw(ground, atoms, partition)
    tell(0.92, "saving the draft")
    title = name or _title(ground.territory.name, spec)
    plan = plan_row(work, spec, ground.territory, title, drawn.quality, digest)
    save_draft(work, plan, ground, atoms, drawn)
    tell(1.0, "draft saved")
    return ProposedPlan(plan.id, False, plan.quality, drawn.infeasible)


def _build(ground: Ground, spec: PlanSpec) -> Atoms:
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)
    target = spec.target if spec.target is not None else households.sum() / max(spec.grids or 1, 1)
    return build_atoms(
        shapely.union_all(ground.parents, grid_size=0.01),
        ground.points,
        demand=households,
        barriers=ground.lines,
        barrier_cost=ground.factors,
        parents=ground.parents,
        max_demand=max(1.0, 0.25 * float(target)),
    )


def _title(territory: str, spec: PlanSpec) -> str:
    if spec.target is not None:
        return f"{territory}, about {spec.target} households a grid"
    return f"{territory}, {spec.grids} grids"
