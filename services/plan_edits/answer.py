"""What an edit answers: the touched grids as they are now, and the totals, so that a page need not ask again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import shapely

from services.plan_edits.scene import OpenPlan
from services.plan_views import GridView, grid_view
from store.database import plan_totals
from store.database import plans as plan_sql
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

__all__ = ["EditAnswer", "EditedGrid", "ParentTotals", "Totals", "current_grids", "geojson", "totals_of"]

#: Decimals of longitude and latitude in answers: a tenth of a millimetre, so that a border comes back as it went out.
DECIMALS = 9


@dataclass(frozen=True, slots=True)
class EditedGrid(GridView):
    """A grid with its figures and its shape (GeoJSON, EPSG:4326, 9 decimals)."""

    area_id: UUID
    parent_grid_id: UUID | None
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ParentTotals:
    """The grids of one area (or of one grid of the plan above): what the deviation of each is measured from."""

    area_id: UUID
    area_code: str
    parent_grid_id: UUID | None
    grids: int
    households: int
    mean_households: float


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of the whole plan, and of the parents that an edit touched."""

    grids: int
    households: int
    mean_households: float
    tolerance: float
    max_deviation: float
    mean_deviation: float
    share_within: float
    compactness: float
    exclaves: int
    edits: int
    can_undo: int
    can_redo: int
    parents: list[ParentTotals]


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """The outcome of an edit.

    Attributes
    ----------
    seq : int or None
        Number in the log; None for a preview, which changes nothing.
    kind : str
    at : datetime or None
    undoes : int or None
        The edit that an undo took back or a redo did again.
    grids : list of EditedGrid
        All touched grids that are still there, in code order.
    removed : list of UUID
        Grids that the plan has no more.
    totals : Totals
    skipped : dict of str to int
        Atoms that a lasso left alone: of locked grids, of other parents.
    repaired : list of dict
        What was mended: kind, place, amount.
    takes_back : bool or None
        Of a preview that was drawn on earlier revisions: whether it moves ground again that others moved since.
    """

    seq: int | None
    kind: str
    at: datetime | None
    undoes: int | None
    grids: list[EditedGrid]
    removed: list[UUID]
    totals: Totals
    skipped: dict[str, int] = field(default_factory=dict)
    repaired: list[dict[str, Any]] = field(default_factory=list)
    takes_back: bool | None = None

    def body(self) -> dict[str, Any]:
        """Return the answer as the JSON that a request gets, for a job's result."""
        edit = {"seq": self.seq, "kind": self.kind, "at": self.at, "undoes": self.undoes}
        rest = {
            name: getattr(self, name) for name in ("grids", "removed", "totals", "skipped", "repaired", "takes_back")
        }
        found: dict[str, Any] = orjson.loads(orjson.dumps({"edit": edit, **rest}, option=orjson.OPT_UTC_Z))
        return found


def current_grids(work: UnitOfWork, plan_id: UUID, images: Mapping[UUID, Image]) -> list[EditedGrid]:
    """Return grids with figures and shapes, in code order."""
    if not images:
        return []
    rows = plan_sql.plan_grids(work.session, plan_id, grid_ids=list(images))
    names = [each.name for each in fields(GridView)]
    found = []
    for row in rows:
        image, view = images[row.id], grid_view(row)
        above = image["parent_grid_id"]
        found.append(
            EditedGrid(
                **{name: getattr(view, name) for name in names},
                area_id=UUID(image["area_id"]),
                parent_grid_id=None if above is None else UUID(above),
                geometry=geojson(shapely.from_wkb(str(image["geom"]))),
            )
        )
    return found


def geojson(shape: shapely.Geometry) -> dict[str, Any]:
    """Return a shape as GeoJSON with 9 decimals."""
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    found: dict[str, Any] = orjson.loads(shapely.to_geojson(rounded))
    return found


def totals_of(work: UnitOfWork, plan: OpenPlan, areas: Iterable[UUID]) -> Totals:
    """Return the figures of a plan as it stands, with the parents in some areas."""
    row = plan_totals.plan_totals(work.session, plan.id, plan.tolerance, work.actor.account_id)
    parents = [
        ParentTotals(
            each.area_id,
            each.area_code,
            each.parent_grid_id,
            each.grids,
            int(each.households),
            int(each.households) / each.grids,
        )
        for each in plan_totals.parent_means(work.session, plan.id, list(areas))
    ]
    households = int(row.households)
    can_undo, can_redo = row.can_undo, row.can_redo
    if work.actor.is_limited:
        # one's own edits count though a neighbour beyond one's areas got a vertex by them
        with work.everywhere():
            can_undo, can_redo = plan_totals.own_steps(work.session, plan.id, work.actor.account_id)
    return Totals(
        row.grids,
        households,
        households / row.grids if row.grids else 0.0,
        plan.tolerance,
        float(row.max_deviation) if plan.balanced else 0.0,
        float(row.mean_deviation) if plan.balanced else 0.0,
        float(row.share_within) if plan.balanced else 1.0,
        float(row.compactness),
        row.exclaves,
        row.edits,
        can_undo,
        can_redo,
        parents,
    )
