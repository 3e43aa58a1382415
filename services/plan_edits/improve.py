"""Balance neighbourhoods again: at once where that is quick, else as a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.errors import InvalidInputError
from grid_partition.edits import Edited, GridLockedError
from grid_partition.improve import improve_grids
from services.plan_edits.answer import EditAnswer
from services.plan_edits.places import placed
from services.plan_edits.run import Order, Wish, run_edit, see
from services.plan_edits.scene import Scene, open_plan
from services.plan_edits.sight import require_sight
from store.database import plan_edits as sql
from store.database.work import UnitOfWork

#: A larger part of a plan is a new proposal.
MOST_GRIDS = 400
#: What is balanced while somebody waits: grids, and the atoms that they consist of.
AT_ONCE_GRIDS = 12
AT_ONCE_ATOMS = 2500


def improve(
    work: UnitOfWork,
    plan_id: UUID,
    grids: list[UUID],
    wish: Wish,
    *,
    tolerance: float = 0.1,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> EditAnswer:
    """Run the partitioner again on some grids, from how they are now; locked ones among them stay.

    Each neighbourhood of grids that touch is balanced by itself.
    """
    _refuse_count(grids)
    tell = progress or (lambda _done, _note: None)

    def compute(scene: Scene) -> Edited:
        numbers = np.array([scene.number(grid) for grid in set(grids)], dtype=np.int64)

        def report(done: float, _note: str) -> None:
            tell(0.05 + 0.85 * done, "balancing the grids")

        found = improve_grids(scene.patch, numbers, tolerance=tolerance, seed=seed, progress=report)
        tell(0.9, "checking and saving")
        return found

    request = {"grids": [str(grid) for grid in grids], "tolerance": tolerance, "seed": seed}
    tell(0.0, "reading the grids")
    return run_edit(work, plan_id, Order("improve", grids, grids, request, compute, around=False), wish)


def takes_long(work: UnitOfWork, plan_id: UUID, grids: list[UUID]) -> bool:
    """Whether balancing some grids keeps a person waiting."""
    return len(set(grids)) > AT_ONCE_GRIDS or sql.count_atoms(work.session, plan_id, grids) > AT_ONCE_ATOMS


def improvement_job(
    work: UnitOfWork, plan_id: UUID, grids: list[UUID], wish: Wish, *, tolerance: float, seed: int
) -> dict[str, Any]:
    """Refuse at once what can be told before any work, and return the arguments of the job that does the rest.

    Raises
    ------
    InvalidInputError, NotFoundError, PlanClosedError, GridLockedError
    StaleRevisionError, RevisionRequiredError
        As the edit itself would; what changes while the job waits is its own to find.
    """
    work.actor.require("planner")
    _refuse_count(grids)
    require_sight(work, plan_id, {*grids, *(wish.expected or {})})
    with placed(work, plan_id, grids):
        plan = open_plan(work, plan_id)
        images = sql.read_versions(work.session, plan.id, grids)
        see(work, plan.id, {UUID(image["grid_id"]): image for image in images}, grids, wish.expected)
    held = [image for image in images if image["locked"]]
    if held and len(images) - len(held) < 2:
        point = shapely.get_coordinates(shapely.from_wkb(str(held[0]["label_point"])))[0]
        raise GridLockedError(
            "Too few of these grids are unlocked: balancing takes two.",
            grids=[str(image["grid_id"]) for image in held],
            place=[round(float(each), 9) for each in point],
        )
    return {
        "plan": str(plan_id),
        "grids": [str(grid) for grid in grids],
        "expected": {str(grid): revision for grid, revision in (wish.expected or {}).items()},
        "repair": wish.repair,
        "preview": wish.preview,
        "tolerance": tolerance,
        "seed": seed,
    }


def run_improvement(work: UnitOfWork, args: Mapping[str, Any], progress: Callable[[float, str], None]) -> EditAnswer:
    """Do what `improvement_job` took down."""
    expected = {UUID(grid): int(revision) for grid, revision in args["expected"].items()}
    return improve(
        work,
        UUID(args["plan"]),
        [UUID(grid) for grid in args["grids"]],
        Wish(expected, bool(args["repair"]), bool(args["preview"])),
        tolerance=float(args["tolerance"]),
        seed=int(args["seed"]),
        progress=progress,
    )


def _refuse_count(grids: list[UUID]) -> None:
    if not 2 <= len(set(grids)) <= MOST_GRIDS:
        raise InvalidInputError(f"Name 2 to {MOST_GRIDS} grids to balance among each other.", field="grids")
