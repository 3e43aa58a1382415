"""Plans and grids as a planner reads them, and the two things about a grid that change without moving a border."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, NotFoundError
from services.plan_figures import quality_now
from services.revisions import check_expected
from store.database import grids as grid_sql
from store.database import plans as sql
from store.database.models import GridVersion, Plan
from store.database.work import Box, UnitOfWork

NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with what its quality report says."""

    id: UUID
    territory_id: UUID
    kind: str
    name: str
    status: str
    created_at: datetime
    households: int | None
    grids: int | None
    quality: dict[str, Any]
    spec: dict[str, Any]
    revision: int
    author: str | None
    basis: str
    effective_on: date | None
    published_at: datetime | None
    based_on: UUID | None
    approver: str | None
    submitted_at: datetime | None
    approved_at: datetime | None
    effective_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class GridView:
    """A grid of a plan with its figures; `bbox` and `centre` in EPSG:4326, areas in m²."""

    id: UUID
    fid: int
    code: str
    name: str
    area_code: str
    area_name: str
    households: int
    dwellings: int
    deviation: float
    area_m2: float
    compactness: float
    exclave: bool
    locked: bool
    head: dict[str, str] | None
    bbox: Box
    centre: tuple[float, float]
    revision: int
    floor_low: int | None
    floor_high: int | None
    zone: str | None
    load: float | None


@dataclass(frozen=True, slots=True)
class PlanGrids:
    """A plan with its grids, in code order."""

    plan: PlanView
    mean_households: float
    tolerance: float
    grids: list[GridView]


def list_plans(work: UnitOfWork, territory_id: UUID | None = None) -> list[PlanView]:
    """Return plans, newest first."""
    rows = sql.list_plans(work.session, territory_id)
    quality = quality_now(work, [row.Plan for row in rows])
    return [_plan_view(row.Plan, row.author, row.approver, quality[row.Plan.id]) for row in rows]


def get_plan(work: UnitOfWork, plan_id: UUID) -> PlanView:
    """Return one plan.

    Raises
    ------
    NotFoundError
        No such plan.
    """
    plan = sql.get_plan(work.session, plan_id)
    return _plan_view(plan, *sql.plan_people(work.session, plan_id), quality_now(work, [plan])[plan.id])


def plan_grids(work: UnitOfWork, plan_id: UUID) -> PlanGrids:
    """Return a plan with the figures of all its grids."""
    plan = get_plan(work, plan_id)
    grids = [grid_view(row) for row in sql.plan_grids(work.session, plan_id)]
    mean = sum(grid.households for grid in grids) / len(grids) if grids else 0.0
    return PlanGrids(plan, mean, float(plan.spec.get("tolerance", 0.1)), grids)


def change_grid(
    work: UnitOfWork,
    grid_id: UUID,
    *,
    expected: dict[UUID, int] | None,
    name: str | None = None,
    locked: bool | None = None,
) -> GridView:
    """Rename a grid, or lock it against moves of its border.

    Parameters
    ----------
    work : UnitOfWork
    grid_id : UUID
    expected : dict of UUID to int, or None
        Revision of the grid that the caller saw.
    name : str or None
        New name; None leaves it.
    locked : bool or None

    Returns
    -------
    GridView
        As it stands now.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    NotFoundError
        No such grid in a plan.
    ConflictError
        Its plan is retired.
    """
    work.actor.require("planner")
    version = grid_sql.find_version(work.session, grid_id, lock=True)
    if version is None:
        raise NotFoundError(f"There is no grid {grid_id}.", grid=str(grid_id))
    plan = sql.get_plan(work.session, version.plan_id)
    if plan.status == "retired":
        raise ConflictError("The plan of this grid is retired; it is history now.", plan=str(plan.id))
    if name is not None and len(name.strip()) > NAME_LENGTH:
        raise InvalidInputError(f"A grid's name has at most {NAME_LENGTH} characters.", field="name")
    if plan.status == "draft":
        _log_change(work, version, expected, name=name, locked=locked)
        return _one_grid(work, plan.id, grid_id)
    check_expected(expected, {grid_id: version.revision}, lambda: _one_grid(work, plan.id, grid_id))
    changed = False
    if name is not None and name.strip() != version.name:
        version.name, changed = name.strip(), True
    if locked is not None and locked != version.locked:
        version.locked, changed = locked, True
    if changed:
        version.revision += 1
        work.session.flush()
        box = grid_sql.box_of(work.session, version.id)
        work.touch("grids", plan.territory_id, box)
        work.touch("grid_labels", plan.territory_id, box)
    return _one_grid(work, plan.id, grid_id)


def _log_change(
    work: UnitOfWork, version: GridVersion, expected: dict[UUID, int] | None, *, name: str | None, locked: bool | None
) -> None:
    """Change a grid of a draft by way of its log, so that it can be undone and the log stays whole."""
    from services import plan_edits  # noqa: PLC0415 - brings in the engines, and itself shows grids by this module

    plan_id, grid_id, seen = version.plan_id, version.grid_id, expected
    check_expected(seen, {grid_id: version.revision}, lambda: _one_grid(work, plan_id, grid_id))
    if name is not None and name.strip() != version.name:
        answer = plan_edits.rename_grid(work, plan_id, grid_id, plan_edits.Wish(seen), name=name)
        seen = {grid_id: answer.grids[0].revision}
    if locked is not None and locked != version.locked:
        plan_edits.lock_grid(work, plan_id, grid_id, plan_edits.Wish(seen), locked=locked)


def _one_grid(work: UnitOfWork, plan_id: UUID, grid_id: UUID) -> GridView:
    rows = sql.plan_grids(work.session, plan_id, grid_ids=[grid_id])
    return grid_view(rows[0])


def _plan_view(plan: Plan, author: str | None, approver: str | None, quality: dict[str, Any]) -> PlanView:
    return PlanView(
        plan.id,
        plan.territory_id,
        plan.kind,
        plan.name,
        plan.status,
        plan.created_at,
        quality.get("households"),
        quality.get("grids"),
        quality,
        plan.spec or {},
        plan.revision,
        author,
        plan.basis,
        plan.effective_on,
        plan.published_at,
        plan.based_on_id,
        approver,
        plan.submitted_at,
        plan.approved_at,
        plan.effective_at,
        plan.retired_at,
    )


def grid_view(row: Any) -> GridView:  # noqa: ANN401 - a database row
    """Return a row of `plan_grids` as a grid with its figures."""
    return GridView(
        row.id,
        row.fid,
        row.code,
        row.name,
        row.area_code,
        row.area_name,
        row.households,
        row.dwellings,
        row.deviation,
        row.area_m2,
        row.compactness,
        row.exclave,
        row.locked,
        {"work_no": row.work_no, "name": row.staff_name} if row.work_no else None,
        (row.west, row.south, row.east, row.north),
        (row.lon, row.lat),
        row.revision,
        row.floor_low,
        row.floor_high,
        row.zone,
        row.load,
    )
