"""Two plans side by side: which grids stayed, what ground and how many households moved from where to where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import snap_cm, to_lonlat, to_metric, transform_xy
from gis.errors import ConflictError
from grid_partition.lineage import Lineage, lineage
from store.database import plan_life as sql
from store.database import plans as plan_sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork
from store.types import STORAGE_SRID

Geometries = npt.NDArray[np.object_]
#: Share of its area by which a grid may differ through rounded corners.
SAME_GROUND = 1e-4


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a grid that came from, or went to, another grid."""

    id: UUID
    code: str
    kind: str
    households: int
    area_m2: float
    area_share: float
    household_share: float


@dataclass(slots=True)
class GridDiff:
    """A grid in two plans; `status` is kept, changed, split, merged, renumbered, new or gone."""

    id: UUID
    code: str
    name: str
    status: str
    households_before: int | None
    households_after: int | None
    area_before_m2: float | None
    area_after_m2: float | None
    renamed: bool = False
    came_from: list[Share] = field(default_factory=list)
    went_to: list[Share] = field(default_factory=list)


@dataclass(slots=True)
class Compared:
    """The grids of two plans in code order, and what moved.

    Attributes
    ----------
    old, new : Plan
    territory : Territory
    grids : list of GridDiff
    old_ids, new_ids : list of UUID
        Grids that differ; rows of `found`.
    old_shapes, new_shapes : (n,), (m,) array of geometry
        Of those, metric CRS.
    found : Lineage
    summary : dict
        Counts by status, ``households_moved``, ``area_moved_m2``, ``households_lost``, ``area_lost_m2``.
    """

    old: Plan
    new: Plan
    territory: Territory
    grids: list[GridDiff]
    old_ids: list[UUID]
    new_ids: list[UUID]
    old_shapes: Geometries
    new_shapes: Geometries
    found: Lineage
    summary: dict[str, Any]


def compare(work: UnitOfWork, old_id: UUID, new_id: UUID) -> Compared:
    """Compare two plans of one territory and kind.

    Only grids whose shape differs are overlaid; doors are counted on their ground, so figures are exact.

    Raises
    ------
    ConflictError
        They are of different territories.
    """
    old, new = plan_sql.get_plan(work.session, old_id), plan_sql.get_plan(work.session, new_id)
    if old.territory_id != new.territory_id:
        raise ConflictError("These plans are of different territories.", plans=[str(old_id), str(new_id)])
    territory = work.session.get_one(Territory, new.territory_id)
    rows = sql.side_by_side(work.session, old_id, new_id)
    before = [row for row in rows if row.shape_before is not None]
    after = [row for row in rows if row.shape_after is not None]
    old_shapes, new_shapes, box = _shapes(before, after, territory.metric_srid)
    place = {row.id: at for at, row in enumerate(after)}
    points, households = _doors(work, territory, box if before and after else None)
    found = lineage(
        old_shapes,
        new_shapes,
        same=[place.get(row.id, -1) for row in before],
        renamed=[bool(row.after) and row.name_before != row.name_after for row in before],
        points=points,
        weight=households,
    )
    grids = _diffs(rows, before, after, found)
    return Compared(
        old, new, territory, grids, [row.id for row in before], [row.id for row in after], old_shapes, new_shapes,
        found, _summary(grids, found),
    )  # fmt: skip


def moved_ground(compared: Compared) -> dict[str, Any]:
    """Return the ground that changed its grid as GeoJSON, one feature for each pair of grids."""
    found = compared.found
    codes = {grid.id: grid.code for grid in compared.grids}
    rows = [
        row
        for row in range(len(found.source))
        if compared.old_ids[found.source[row]] != compared.new_ids[found.target[row]]
    ]
    source, target = found.source[rows], found.target[rows]
    ground = shapely.intersection(compared.old_shapes[source], compared.new_shapes[target])
    shapes = to_lonlat(np.asarray(ground, dtype=object), compared.territory.metric_srid) if rows else []
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shape),
            "properties": {
                "from": codes[compared.old_ids[found.source[row]]],
                "to": codes[compared.new_ids[found.target[row]]],
                "kind": str(found.kind[row]),
                "households": int(found.households[row]),
                "area_m2": float(found.area[row]),
            },
        }
        for row, shape in zip(rows, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def metric_points(lonlat: npt.NDArray[np.float64], metric_srid: int) -> Geometries:
    """Bring places into a metric CRS, on the 1 cm grid as the partition counts them."""
    if not len(lonlat):
        return np.empty(0, dtype=object)
    return np.asarray(shapely.points(snap_cm(transform_xy(lonlat, STORAGE_SRID, metric_srid))), dtype=object)


def lineage_rows(compared: Compared, at: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - datetime of COPY
    """Return one row for each pair of old and new grids, in the order of `store.database.plan_life.LINEAGE_COLUMNS`."""
    found = compared.found
    old, new = compared.old.id, compared.new.id
    rows = [
        (
            str(found.kind[row]), compared.old_ids[found.source[row]], compared.new_ids[found.target[row]], None, None,
            old, new, None, float(found.area_share[row]), float(found.household_share[row]), float(found.area[row]),
            int(found.households[row]), at,
        )
        for row in range(len(found.source))
    ]  # fmt: skip
    known = set(compared.old_ids)
    rows += [
        (
            "rename" if grid.renamed else "keep", grid.id, grid.id, None, None, old, new, None, 1.0, 1.0,
            float(grid.area_after_m2 or 0.0), int(grid.households_after or 0), at,
        )
        for grid in compared.grids
        if grid.status == "kept" and grid.id not in known
    ]  # fmt: skip
    return rows


def _shapes(
    before: list[Any], after: list[Any], srid: int
) -> tuple[Geometries, Geometries, tuple[float, float, float, float] | None]:
    lonlat = shapely.from_wkb(
        np.array([row.shape_before for row in before] + [row.shape_after for row in after], dtype=object)
    )
    lonlat = np.asarray(lonlat, dtype=object).reshape(-1)
    if not len(lonlat):
        return lonlat, lonlat, None
    metric = np.asarray(to_metric(lonlat, srid), dtype=object)
    west, south, east, north = (float(value) for value in shapely.total_bounds(lonlat))
    return metric[: len(before)], metric[len(before) :], (west, south, east, north)


def _doors(
    work: UnitOfWork, territory: Territory, box: tuple[float, float, float, float] | None
) -> tuple[Geometries, npt.NDArray[np.int64]]:
    if box is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    lonlat, households = sql.doors(work.session, territory.id, box)
    return metric_points(lonlat, territory.metric_srid), households


def _diffs(rows: Any, before: list[Any], after: list[Any], found: Lineage) -> list[GridDiff]:  # noqa: ANN401 - rows
    outgoing: dict[UUID, list[Share]] = defaultdict(list)
    incoming: dict[UUID, list[Share]] = defaultdict(list)
    for row in range(len(found.source)):
        one, other = before[found.source[row]], after[found.target[row]]
        figures = (
            str(found.kind[row]), int(found.households[row]), float(found.area[row]), float(found.area_share[row]),
            float(found.household_share[row]),
        )  # fmt: skip
        outgoing[one.id].append(Share(other.id, other.code, *figures))
        incoming[other.id].append(Share(one.id, one.code, *figures))
    return [
        GridDiff(
            row.id, row.code, row.name_after if row.after else row.name_before,
            _status(row, outgoing[row.id], incoming[row.id]),
            row.households_before, row.households_after, row.area_before, row.area_after,
            bool(row.before and row.after and row.name_before != row.name_after),
            incoming[row.id], outgoing[row.id],
        )
        for row in rows
    ]  # fmt: skip


def _status(row: Any, outgoing: list[Share], incoming: list[Share]) -> str:  # noqa: ANN401 - a database row
    if row.before and row.after:
        # a neighbour's new corner on the common border is no change of ground
        alone = {share.id for share in outgoing} | {share.id for share in incoming} == {row.id}
        same = alone and abs(row.area_before - row.area_after) <= SAME_GROUND * max(row.area_before, 1.0)
        return "kept" if row.shape_before is None or same else "changed"
    kinds = {share.kind for share in (outgoing if row.before else incoming)}
    if kinds == {"renumber"}:
        return "renumbered"
    if row.before:
        return "split" if kinds == {"split"} else "merged" if kinds == {"merge"} else "gone"
    return "merged" if "merge" in kinds else "new"


def _summary(grids: list[GridDiff], found: Lineage) -> dict[str, Any]:
    counts = dict.fromkeys(("kept", "changed", "split", "merged", "renumbered", "new", "gone"), 0)
    for grid in grids:
        counts[grid.status] += 1
    moved = ~np.isin(found.kind, ("keep", "rename", "renumber"))
    return {
        **counts,
        "households_moved": int(found.households[moved].sum()),
        "area_moved_m2": float(found.area[moved].sum()),
        "households_lost": int(found.lost_households.sum()),
        "area_lost_m2": float(found.lost_area.sum()),
    }
