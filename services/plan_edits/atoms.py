"""The atoms of some grids, for figures that change while a border is dragged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.errors import InvalidInputError
from services.plan_edits.answer import DECIMALS
from store.database import plan_edits as sql
from store.database import plans as plan_sql
from store.database.work import UnitOfWork

#: Grids that one request may ask for.
MOST_GRIDS = 200


@dataclass(frozen=True, slots=True)
class AtomsView:
    """Atoms in columns, with every vertex listed once.

    Attributes
    ----------
    grids : list of UUID
    vertices : list of float
        Longitude and latitude in turn, 9 decimals.
    atoms : list of list
        ``[id, grid, area, households, dwellings, rings]`` of each: `grid` is a position in `grids`, `rings` are lists
        of positions in `vertices` (the outline, then holes), closed without repeating the first.
    """

    grids: list[UUID]
    vertices: list[float]
    atoms: list[list[Any]]


def plan_atoms(work: UnitOfWork, plan_id: UUID, grids: list[UUID] | None) -> AtomsView:
    """Return the atoms of some grids of a plan, or of all of a small plan.

    Raises
    ------
    NotFoundError
        No such plan.
    InvalidInputError
        More grids than a page can edit at a time.
    """
    plan_sql.get_plan(work.session, plan_id)
    wanted = list(dict.fromkeys(grids)) if grids is not None else sql.grid_ids(work.session, plan_id)
    if len(wanted) > MOST_GRIDS:
        raise InvalidInputError(f"Name at most {MOST_GRIDS} grids in `grids`.", field="grids", count=len(wanted))
    found = sql.read_atoms(work.session, plan_id, wanted)
    shapes = np.atleast_1d(found["geom"])
    rings, atom_of_ring = shapely.get_rings(shapes, return_index=True)
    xy, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
    vertices, index = np.unique(np.round(xy, DECIMALS), axis=0, return_inverse=True)
    ends = np.searchsorted(ring_of_vertex, np.arange(len(rings) + 1))
    index = index.ravel()
    listed: list[list[list[int]]] = [[] for _ in shapes]
    for ring, atom in enumerate(atom_of_ring.tolist()):
        listed[atom].append(index[ends[ring] : ends[ring + 1] - 1].tolist())
    place = {grid: number for number, grid in enumerate(wanted)}
    atoms = [
        [int(label), place[grid], str(area), int(demand), int(dwellings), listed[row]]
        for row, (label, grid, area, demand, dwellings) in enumerate(
            zip(found["label"], found["grid_id"], found["area_id"], found["demand"], found["dwellings"], strict=True)
        )
    ]
    return AtomsView(wanted, vertices.ravel().tolist(), atoms)
