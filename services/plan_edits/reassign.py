"""Hand ground over to another grid: brush, lasso, rectangle."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np

from gis.crs import to_metric
from gis.errors import InvalidInputError, NotFoundError
from grid_partition import reassign as pure
from grid_partition.edits import Edited
from services.plan_edits.answer import EditAnswer
from services.plan_edits.drawn import read_polygon
from services.plan_edits.places import placed
from services.plan_edits.run import Order, Wish, run_edit
from services.plan_edits.scene import Scene
from store.database import plan_edits as sql
from store.database.work import UnitOfWork

#: Atoms in one stroke; more is a lasso.
MOST_ATOMS = 5_000


def reassign(
    work: UnitOfWork,
    plan_id: UUID,
    to: UUID,
    wish: Wish,
    *,
    atoms: list[int] | None = None,
    polygon: list[Any] | None = None,
    cut: bool = False,
) -> EditAnswer:
    """Put atoms, or the ground under a polygon, under another grid of their parent.

    Parameters
    ----------
    work : UnitOfWork
    plan_id, to : UUID
    wish : Wish
    atoms : list of int, optional
        Ids as `plan_atoms` gives them; exactly one of `atoms` and `polygon`.
    polygon : list of rings, optional
        GeoJSON coordinates.
    cut : bool
        Cut atoms along the polygon; otherwise those with a point of theirs inside go whole.
    """
    if (atoms is None) == (polygon is None):
        with placed(work, plan_id, [to]):
            raise InvalidInputError("Name either atoms or a polygon.", field="atoms")
    if polygon is not None:
        return _ground(work, plan_id, to, wish, polygon, cut=cut)
    return _atoms(work, plan_id, to, wish, sorted(set(atoms or [])))


def _atoms(work: UnitOfWork, plan_id: UUID, to: UUID, wish: Wish, atoms: list[int]) -> EditAnswer:
    work.actor.require("planner")
    if len(atoms) > MOST_ATOMS:
        raise InvalidInputError(f"At most {MOST_ATOMS} atoms at a time; draw a polygon.", field="atoms")
    home = sql.grids_of_atoms(work.session, plan_id, atoms)
    lost = [atom for atom in atoms if atom not in home]
    if lost:
        raise NotFoundError(
            "These atoms are not in the plan (any more); read them again.", atoms=lost[:50], plan=str(plan_id)
        )
    grids = {to, *home.values()}

    def compute(scene: Scene) -> Edited:
        places = np.flatnonzero(np.isin(scene.labels, atoms))
        return pure.reassign_atoms(scene.patch, places, scene.number(to))

    request = {"atoms": atoms, "to": str(to), "repair": wish.repair}
    return run_edit(work, plan_id, Order("reassign", grids, grids, request, compute, around=wish.repair), wish)


def _ground(work: UnitOfWork, plan_id: UUID, to: UUID, wish: Wish, polygon: list[Any], *, cut: bool) -> EditAnswer:
    with placed(work, plan_id, [to]):
        drawn = read_polygon(polygon)
    grids = {to, *sql.grids_under(work.session, plan_id, drawn)}

    def compute(scene: Scene) -> Edited:
        shape = to_metric(drawn, scene.plan.srid)
        return pure.reassign_ground(scene.patch, shape, scene.number(to), scene.doors_of, cut=cut)

    request = {"polygon": polygon, "to": str(to), "cut": cut, "repair": wish.repair}
    return run_edit(work, plan_id, Order("reassign", grids, [to], request, compute, around=cut or wish.repair), wish)
