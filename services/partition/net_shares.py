"""Map professional nets onto household grids: shares of ground, households and objects, kept beside the net's plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_metric
from gis.errors import ConflictError, InvalidInputError
from gis.overlay import snap_to_grid
from grid_partition.overlays import Overlay, map_overlay
from store.database import nets as sql
from store.database import plans as plan_sql
from store.database import water as water_sql
from store.database.bulk import Columns
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork
from store.files.shares import write_shares

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What came of mapping a net.

    Attributes
    ----------
    plan_id, base_plan_id : UUID
        The net, and the household plan it lies on.
    rows : int
        Pairs of a grid of the net and a household grid, and what lies outside either.
    households_outside_net, households_outside_grids : int
    ground_outside_grids_m2 : float
        Ground of the net outside every household grid.
    grids_without : int
        Household grids that the net leaves out wholly.
    """

    plan_id: UUID
    base_plan_id: UUID
    rows: int
    households_outside_net: int
    households_outside_grids: int
    ground_outside_grids_m2: float
    grids_without: int

    def facts(self) -> dict[str, Any]:
        """Return plain data, as the plan's quality keeps it."""
        return {
            "plan": str(self.base_plan_id),
            "rows": self.rows,
            "households_outside_net": self.households_outside_net,
            "households_outside_grids": self.households_outside_grids,
            "ground_outside_grids_m2": round(self.ground_outside_grids_m2, 2),
            "grids_without": self.grids_without,
        }


def map_plan(work: UnitOfWork, plan_id: UUID, *, now: datetime | None = None) -> Mapped:
    """Map a net's plan onto the household plan in use, in the place of what was mapped before.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
        Plan of police, safety or dedicated grids.
    now : datetime or None

    Raises
    ------
    InvalidInputError
        The plan is of a kind that tiles the ground itself.
    ConflictError
        There is no household plan to map onto.
    """
    work.actor.require("planner", "reviewer")
    plan = plan_sql.get_plan(work.session, plan_id, lock=True)
    if plan.kind not in sql.NET_KINDS:
        known = ", ".join(sql.NET_KINDS)
        raise InvalidInputError(f"Plans of the kind {plan.kind} are not mapped; nets are: {known}.", field="plan")
    base = plan_sql.current_plan(work.session, plan.territory_id)
    if base is None:
        raise ConflictError(
            "There is no household plan to map the net onto; make one with `gridward partition household`, then"
            " `gridward plan map`.",
            plan=str(plan_id),
        )
    return _map(work, plan, base.id, now or datetime.now(UTC))


def map_where_possible(work: UnitOfWork, plan: Plan) -> Mapped | None:
    """Map a net that was just saved; None while there is no household plan."""
    base = plan_sql.current_plan(work.session, plan.territory_id)
    return None if base is None else _map(work, plan, base.id, datetime.now(UTC))


def renew_nets(work: UnitOfWork, territory_id: UUID, base_plan_id: UUID, *, now: datetime) -> list[Mapped]:
    """Map every live net of a territory onto a household plan that was just published."""
    plans = [plan_sql.get_plan(work.session, each) for each in sql.live_net_plans(work.session, territory_id)]
    return [_map(work, plan, base_plan_id, now) for plan in plans]


def _map(work: UnitOfWork, plan: Plan, base_plan_id: UUID, now: datetime) -> Mapped:
    session = work.session
    srid = work.session.get_one(Territory, plan.territory_id).metric_srid
    net, grids = sql.net_shapes(session, plan.id), plan_sql.grid_shapes(session, base_plan_id)
    shapes, stack = _grounds(_on_grid(net["geom"], srid))
    squares = _on_grid(grids["geom"], srid)
    doors, things = sql.read_doors(session, plan.territory_id), sql.read_objects(session, plan.territory_id)
    kinds, kind = np.unique(np.asarray(things["kind"], dtype=str), return_inverse=True)
    overlay = map_overlay(
        shapes,
        squares,
        dwellings=_xy(doors["point"], srid),
        households=np.asarray(doors["households"], dtype=np.float64),
        objects=_xy(things["point"], srid),
        object_kinds=kind.ravel(),
    )
    rows = list(_rows(overlay, net, grids, stack, [str(each) for each in kinds], covers=plan.kind != "dedicated"))
    sql.replace_shares(session, plan.id, ((plan.id, base_plan_id, *row) for row in rows))
    mapped = _summary(plan, base_plan_id, overlay, len(rows), len(squares))
    plan.quality = {**plan.quality, "mapped": {**mapped.facts(), "at": now.isoformat()}}
    session.flush()
    return mapped


def _on_grid(geometry: npt.NDArray[Any], srid: int) -> npt.NDArray[np.object_]:
    """Return shapes in the metric CRS on the 1 cm grid, as they were drawn: shared borders are the same line."""
    return np.asarray(shapely.transform(to_metric(geometry, srid), snap_to_grid), dtype=object)


def _xy(points: npt.NDArray[Any], srid: int) -> npt.NDArray[np.float64]:
    if not len(points):
        return np.empty((0, 2))
    return shapely.get_coordinates(np.asarray(to_metric(points, srid), dtype=object))


def _grounds(shapes: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], list[list[int]]]:
    """Return each ground once, with the grids that stand on it: floors of one tower share theirs."""
    stack: dict[bytes, list[int]] = {}
    for row, data in enumerate(shapely.to_wkb(shapely.normalize(shapes)).tolist()):
        stack.setdefault(data, []).append(row)
    return shapes[[rows[0] for rows in stack.values()]], list(stack.values())


def _rows(
    overlay: Overlay, net: Columns, grids: Columns, stack: list[list[int]], kinds: list[str], *, covers: bool
) -> Any:  # noqa: ANN401 - rows of mixed columns
    """Yield net grid, household grid, area, both shares, households and objects by kind."""
    for row in range(len(overlay.net)):
        ground, square = int(overlay.net[row]), int(overlay.grid[row])
        if ground < 0 and not covers:
            continue  # dedicated grids are not meant to cover the rest
        counts = dict(zip(kinds, overlay.objects_of_kind[row].tolist(), strict=True))
        objects = {kind: count for kind, count in counts.items() if count}
        area = float(overlay.area_m2[row])
        shares = [None if np.isnan(value[row]) else min(1.0, round(float(value[row]), 9)) for value in _both(overlay)]
        grid_id = grids["id"][square] if square >= 0 else None
        households = int(overlay.households[row])
        if ground < 0:
            yield None, grid_id, area, *shares, households, objects
            continue
        members = stack[ground]
        for member, part in zip(members, _split(households, net, members), strict=True):
            # cameras and hydrants stand at the door: the lowest floors' grid has them
            yield net["id"][member], grid_id, area, *shares, part, objects if member == _lowest(net, members) else {}


def _both(overlay: Overlay) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return overlay.share_of_net, overlay.share_of_grid


def _lowest(net: Columns, members: list[int]) -> int:
    return min(members, key=lambda row: (net["floor_low"][row] or 0, row))


def _split(households: int, net: Columns, members: list[int]) -> list[int]:
    """Share out the households of one ground over the grids on it by their load; the sum stays."""
    if len(members) == 1:
        return [households]
    load = np.array([float(net["load"][row] or 0.0) for row in members])
    weight = load / load.sum() if load.sum() > 0 else np.full(len(members), 1 / len(members))
    ends = np.round(np.cumsum(weight) * households).astype(np.int64)
    return [int(count) for count in np.diff(ends, prepend=0)]


def _summary(plan: Plan, base_plan_id: UUID, overlay: Overlay, rows: int, grids: int) -> Mapped:
    outside_net, outside_grids = overlay.net < 0, overlay.grid < 0
    touched = np.unique(overlay.grid[~outside_net & ~outside_grids])
    return Mapped(
        plan.id,
        base_plan_id,
        rows,
        int(overlay.households[outside_net].sum()),
        int(overlay.households[outside_grids].sum()),
        float(overlay.area_m2[outside_grids & ~outside_net].sum()),
        grids - len(touched),
    )


@dataclass(frozen=True, slots=True)
class ShareView:
    """What a grid of a net and a household grid have in common; either side is None for what lies outside it."""

    net_grid_id: UUID | None
    net_code: str | None
    net_name: str | None
    grid_id: UUID | None
    grid_code: str | None
    grid_name: str | None
    area_m2: float
    share_of_net: float | None
    share_of_grid: float | None
    households: int
    objects: dict[str, int]


@dataclass(frozen=True, slots=True)
class GridNet:
    """A grid of a net in use that shares a household grid.

    Attributes
    ----------
    share_of_net : float or None
        Of the net's ground; of the metres of a reach for water grids.
    objects : dict of str to int
        Not counted for water grids.
    length_m : float or None
        Metres of the reach in the household grid; of water grids only.
    """

    kind: str
    plan_id: UUID
    plan_name: str
    id: UUID
    code: str
    name: str
    floor_low: int | None
    floor_high: int | None
    zone: str | None
    area_m2: float
    share_of_grid: float | None
    share_of_net: float | None
    households: int
    objects: dict[str, int]
    length_m: float | None = None


def list_shares(work: UnitOfWork, plan_id: UUID, grid_id: UUID | None = None) -> list[ShareView]:
    """Return what a net's plan shares with household grids; of one grid of either side when it is named."""
    plan = plan_sql.get_plan(work.session, plan_id)
    if plan.kind not in sql.NET_KINDS:
        raise InvalidInputError(
            f"A plan of {plan.kind} grids tiles the ground; shares are kept of: {', '.join(sql.NET_KINDS)}.",
            field="plan",
        )
    return [ShareView(**row._asdict()) for row in sql.read_shares(work.session, plan_id, grid_id)]


def export_shares(work: UnitOfWork, plan_id: UUID, path: Path, *, code: str | None = None) -> int:
    """Write what a net's plan shares with household grids as CSV or XLSX; return how many rows."""
    rows = shares_about(list_shares(work, plan_id), code)
    write_shares([asdict(row) for row in rows], path)
    return len(rows)


def shares_about(rows: list[ShareView], code: str | None) -> list[ShareView]:
    """Return the rows about the grid with a code, of either side; all of them without one."""
    return [row for row in rows if code is None or code in (row.net_code, row.grid_code)]


def list_nets(work: UnitOfWork, grid_id: UUID) -> list[GridNet]:
    """Return the grids of the nets in use that share a household grid, by kind, the largest share first."""
    rows = [*sql.nets_of_grid(work.session, grid_id), *water_sql.waters_of_grid(work.session, grid_id)]
    return [GridNet(**row._asdict()) for row in rows]
