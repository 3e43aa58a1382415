"""What an edit reads: the touched grids, those around them and their atoms, in the metric CRS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat, to_metric
from gis.errors import NotFoundError
from grid_partition.edits import Doors, Patch
from services.plan_edits.refusals import PlanClosedError
from services.plan_edits.sight import beyond_of
from store.database import plan_edits as sql
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

__all__ = ["OpenPlan", "Scene", "open_plan", "read_images", "read_scene"]

#: Kinds whose grids are polygons that tile the ground.
TILED = frozenset({"household", "natural_village", "micro", "ten_household", "dedicated", "police", "safety", "cell"})

#: How a status is said in a sentence.
STATUS_WORDS = {"review": "in review"}


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A draft that stays one until the transaction ends."""

    id: UUID
    kind: str
    territory_id: UUID
    srid: int
    tolerance: float
    code_pattern: str | None = None

    @property
    def balanced(self) -> bool:
        """Whether households are measured from a mean; cells are of a size instead."""
        return self.kind != "cell"


@dataclass(slots=True)
class Scene:
    """Some grids of a plan.

    Attributes
    ----------
    plan : OpenPlan
    ids : list of UUID
        Grid ids; positions are the numbers in `patch`.
    images : list of dict
        State of each grid as the log keeps it.
    labels : (n,) int64
        Labels of the atoms in `patch`.
    areas : list of UUID
        Area of each atom.
    patch : Patch
    beyond : frozenset of UUID
        Neighbours out of the account's sight.
    """

    work: UnitOfWork
    plan: OpenPlan
    ids: list[UUID]
    images: list[Image]
    labels: npt.NDArray[np.int64]
    areas: list[UUID]
    patch: Patch
    beyond: frozenset[UUID] = frozenset()

    @property
    def shown(self) -> list[UUID | None]:
        """Ids as they may be told: None for grids out of the account's sight."""
        return [None if grid in self.beyond else grid for grid in self.ids]

    def number(self, grid_id: UUID) -> int:
        """Return a grid's number in the patch."""
        return self.ids.index(grid_id)

    def present(self) -> dict[UUID, Image]:
        """Return the state of each grid by its id."""
        return dict(zip(self.ids, self.images, strict=True))

    def doors_of(self, atoms: npt.NDArray[np.object_]) -> Doors:
        """Return the dwellings in the box of some atoms."""
        box = shapely.total_bounds(
            to_lonlat(shapely.buffer(shapely.box(*shapely.total_bounds(atoms)), 1), self.plan.srid)
        )
        west, south, east, north = box.tolist()
        found = sql.read_doors(self.work.session, self.plan.territory_id, (west, south, east, north))
        points = to_metric(found["point"], self.plan.srid) if len(found["point"]) else found["point"]
        return Doors(shapely.get_coordinates(points), np.asarray(found["households"], dtype=np.int64))

    def ground_of(self, parent: int) -> shapely.Geometry:
        """Return all the ground of a parent."""
        image = self.images[int(np.argmax(self.patch.parent == parent))]
        above = image["parent_grid_id"]
        # a neighbour beyond the account's areas that gets a vertex is proved, too
        with self.work.everywhere():
            found = sql.parent_ground(
                self.work.session, self.plan.id, UUID(image["area_id"]), None if above is None else UUID(above)
            )
        return shapely.union_all(to_metric(found["geom"], self.plan.srid))


def open_plan(work: UnitOfWork, plan_id: UUID) -> OpenPlan:
    """Return a plan that may be edited, and keep it so until the transaction ends.

    Raises
    ------
    NotFoundError, PlanClosedError
    """
    row = sql.open_for_edit(work.session, plan_id)
    if row is None:
        raise NotFoundError(f"There is no plan {plan_id}.", plan=str(plan_id))
    if row.status != "draft":
        raise PlanClosedError(
            f"The plan is {STATUS_WORDS.get(row.status, row.status)}; only a draft can be edited."
            " Make a draft of it first.",
            plan=str(plan_id),
            plan_status=row.status,
        )
    if row.kind not in TILED:
        raise PlanClosedError(
            f"Plans of the kind {row.kind} have no borders to edit.", plan=str(plan_id), kind=row.kind
        )
    spec = row.spec or {}
    return OpenPlan(
        row.id,
        row.kind,
        row.territory_id,
        row.metric_srid,
        float(spec.get("tolerance", 0.1)),
        spec.get("code_pattern"),
    )


def read_images(work: UnitOfWork, plan_id: UUID, grid_ids: Iterable[UUID]) -> dict[UUID, Image]:
    """Return the state of some grids, with the labels of their atoms, by grid id."""
    wanted = list(grid_ids)
    images = {UUID(image["grid_id"]): image for image in sql.read_versions(work.session, plan_id, wanted)}
    for image in images.values():
        image["atoms"] = []
    for label, grid in sql.labels_of(work.session, plan_id, list(images)):
        images[grid]["atoms"].append(label)
    return images


def read_scene(work: UnitOfWork, plan: OpenPlan, grid_ids: Iterable[UUID], *, around: bool) -> Scene:
    """Read some grids, as far as they are in the plan, and with `around` all that touch them.

    The neighbours of an account of some areas may lie beyond those: they are read, and never shown.
    """
    with work.everywhere():
        scene = _read_scene(work, plan, set(grid_ids), around=around)
    scene.beyond = beyond_of(work, scene.ids)
    return scene


def _read_scene(work: UnitOfWork, plan: OpenPlan, wanted: set[UUID], *, around: bool) -> Scene:
    session = work.session
    chosen = wanted | set(sql.neighbours_of(session, plan.id, wanted)) if around else wanted
    images = sql.read_versions(session, plan.id, chosen)
    ids = [UUID(image["grid_id"]) for image in images]
    atoms = sql.read_atoms(session, plan.id, ids)
    number = {grid: place for place, grid in enumerate(ids)}
    grid = np.array([number[each] for each in atoms["grid_id"]], dtype=np.int64)
    labels = np.asarray(atoms["label"], dtype=np.int64)
    for place, image in enumerate(images):
        image["atoms"] = labels[grid == place].tolist()
    patch = Patch(
        np.atleast_1d(np.asarray(to_metric(atoms["geom"], plan.srid), dtype=object)),
        grid,
        np.asarray(atoms["demand"], dtype=np.int64),
        np.asarray(atoms["dwellings"], dtype=np.int64),
        _parents(images),
        np.array([image["locked"] for image in images], dtype=bool),
    )
    return Scene(work, plan, ids, images, labels, list(atoms["area_id"]), patch)


def _parents(images: list[dict[str, Any]]) -> npt.NDArray[np.int64]:
    """Give a number to each thing that grids may not cross: their area, and the grid they lie in."""
    numbers: dict[tuple[Any, ...], int] = {}
    keys = [tuple(image.get(name) for name in ("area_id", "parent_grid_id", "floor_low", "zone")) for image in images]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
