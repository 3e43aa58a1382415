"""The plan in use beside a new one: where a proposal starts, which grids persist, and who would move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.errors import InvalidInputError, NotFoundError
from gis.index import first_holding
from gis.overlay import snap_to_grid
from grid_partition import Atoms
from services.partition.drawing import Drawn
from services.partition.ground import Ground
from services.partition.spec import PlanSpec
from store.database import plan_inputs as inputs
from store.database import plans as plans_sql
from store.database.bulk import Columns
from store.database.models import Plan
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]

# rows of moved households that are kept with the plan; the answer of the proposal holds all
KEPT_ROWS = 50


@dataclass(slots=True)
class Today:
    """Grids of the plan in use, as far as they lie in the areas that are divided.

    Attributes
    ----------
    plan : Plan
    grids : Columns
        ``id code name area_id locked revision``.
    shapes : (g,) array of Polygon or MultiPolygon, metric CRS
    of_dwelling : (n,) int64
        Row of the grid of each dwelling of the ground, -1 for none.
    """

    plan: Plan
    grids: Columns
    shapes: npt.NDArray[np.object_]
    of_dwelling: Ints


def read_today(work: UnitOfWork, spec: PlanSpec, ground: Ground) -> Today | None:
    """Read the plan that the spec keeps, or else the one in use to compare with; None where there is none."""
    plan = _plan(work, spec, ground)
    if plan is None:
        return None
    grids = inputs.kept_grids(work.session, plan.id)
    ours = {str(area) for area in ground.areas["id"]}
    mine = np.array([str(area) in ours for area in grids["area_id"]], dtype=bool)
    if not mine.any():
        return None
    grids = {key: np.asarray(values)[mine] for key, values in grids.items()}
    shapes = np.asarray(to_metric(grids["geom"], ground.territory.metric_srid), dtype=object)
    shapes = np.asarray(shapely.transform(shapes, snap_to_grid), dtype=object)
    return Today(plan, grids, shapes, first_holding(shapes, np.asarray(shapely.points(ground.points), dtype=object)))


def _plan(work: UnitOfWork, spec: PlanSpec, ground: Ground) -> Plan | None:
    current = plans_sql.current_plan(work.session, ground.territory.id, spec.kind)
    if spec.keep in (None, "current"):
        if current is None and spec.keep:
            raise NotFoundError(f"{ground.territory.name} has no plan of {spec.kind} grids to keep yet.")
        return current
    try:
        plan = plans_sql.get_plan(work.session, UUID(spec.keep))
    except ValueError:
        raise InvalidInputError(f"{spec.keep} is no plan's id; name one, or: current.", field="keep") from None
    if plan.territory_id != ground.territory.id or plan.kind != spec.kind:
        raise InvalidInputError(
            f"The plan {plan.name} is of another territory or kind, so nothing of it can be kept.", field="keep"
        )
    return plan


def locked_shapes(today: Today) -> npt.NDArray[np.object_]:
    """Return the ground of locked grids: atoms are cut along it, so that those grids stay as they are."""
    return np.asarray(today.shapes[np.asarray(today.grids["locked"], dtype=bool)], dtype=object)


def start_of_atoms(today: Today, ground: Ground, atoms: Atoms) -> tuple[Ints, Ints]:
    """Return today's grid of each atom, and that grid where it is locked; -1 for none.

    An atom belongs to the grid that most of its households are in; ground without households, and ground of locked
    grids, to the grid that covers it.
    """
    covered = first_holding(today.shapes, shapely.point_on_surface(atoms.geometry))
    locked = np.append(np.asarray(today.grids["locked"], dtype=bool), False)
    households = np.asarray(ground.dwellings["households"], dtype=np.float64)
    known = today.of_dwelling >= 0
    pairs, inverse = np.unique(
        np.stack([atoms.atom_of_point[known], today.of_dwelling[known]]), axis=1, return_inverse=True
    )
    load = np.bincount(inverse.ravel(), weights=households[known], minlength=pairs.shape[1])
    start = covered.copy()
    light_first = np.argsort(load, kind="stable")
    start[pairs[0][light_first]] = pairs[1][light_first]  # the last one written stays
    # a locked grid is exactly its ground
    by_ground = locked[covered] | locked[start]
    start[by_ground] = covered[by_ground]
    return start, np.where(locked[start], start, -1)


def successors(today: Today, ground: Ground, drawn: Drawn) -> Ints:
    """Return, for each new grid, the row of today's grid that lives on in it, -1 for a new one.

    A grid lives on in the one that takes over most of its households, if that is more than half of its own or of the
    new one's; each at most once, and only inside its area, which its code names.
    """
    households = np.asarray(ground.dwellings["households"], dtype=np.float64) + 1e-6  # so that empty doors tell, too
    known = today.of_dwelling >= 0
    k = len(drawn.shapes)
    pairs, inverse = np.unique(
        np.stack([today.of_dwelling[known], drawn.of_dwelling[known]]), axis=1, return_inverse=True
    )
    shared = np.bincount(inverse.ravel(), weights=households[known], minlength=pairs.shape[1])
    old_load = np.bincount(today.of_dwelling[known], weights=households[known], minlength=len(today.shapes))
    new_load = np.bincount(drawn.of_dwelling, weights=households, minlength=k)
    found, taken = np.full(k, -1, dtype=np.int64), np.zeros(len(today.shapes), dtype=bool)
    for c in np.lexsort((pairs[1], pairs[0], -shared)).tolist():
        old, new = int(pairs[0, c]), int(pairs[1, c])
        half = shared[c] > 0.5 * min(old_load[old], new_load[new])
        same_area = today.grids["area_id"][old] == ground.areas["id"][drawn.parent[new]]
        if half and same_area and found[new] < 0 and not taken[old]:
            found[new], taken[old] = old, True
    return found


def moved_households(today: Today, ground: Ground, drawn: Drawn, heir: Ints, codes: list[str]) -> dict[str, Any]:
    """Count the households that get another grid than today's.

    Returns
    -------
    dict
        ``plan`` (its name), ``households``, ``share``, ``added`` (in no grid today), ``kept``, ``retired`` and ``new``
        grids, and ``grids``: those that gain or lose households, most first.
    """
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)
    k, old_count = len(drawn.shapes), len(today.shapes)
    was, now = today.of_dwelling, drawn.of_dwelling
    known = was >= 0
    moves = known & (heir[now] != was)
    gained = np.bincount(now[moves], weights=households[moves], minlength=k).astype(int)
    lost = np.bincount(was[moves], weights=households[moves], minlength=old_count).astype(int)
    before = np.bincount(was[known], weights=households[known], minlength=old_count).astype(int)
    rows = [
        {
            "grid": codes[new],
            "was": str(today.grids["code"][heir[new]]) if heir[new] >= 0 else None,
            "before": int(before[heir[new]]) if heir[new] >= 0 else 0,
            "after": int(drawn.households[new]),
            "gained": int(gained[new]),
            "lost": int(lost[heir[new]]) if heir[new] >= 0 else 0,
        }
        for new in range(k)
    ]
    gone = np.setdiff1d(np.arange(old_count), heir)
    rows += [
        {
            "grid": None,
            "was": str(today.grids["code"][old]),
            "before": int(before[old]),
            "after": 0,
            "gained": 0,
            "lost": int(lost[old]),
        }
        for old in gone.tolist()
    ]
    moved, total = int(households[moves].sum()), int(households[known].sum())
    return {
        "plan": today.plan.name,
        "plan_id": str(today.plan.id),
        "households": moved,
        "share": moved / total if total else 0.0,
        "added": int(households[~known].sum()),
        "kept": int((heir >= 0).sum()),
        "retired": len(gone),
        "new": int((heir < 0).sum()),
        "grids": sorted(
            (row for row in rows if row["gained"] or row["lost"]), key=lambda row: -(row["gained"] + row["lost"])
        ),
    }
