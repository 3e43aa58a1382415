"""Staffing: one head per grid, in its own village, several grids allowed; vacancies named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from gis.crs import transform_xy
from gis.errors import InvalidInputError
from grid_coverage.staffing import ANYWHERE, Assignment, Posts, Rules, Staff, Violation, assign_staff
from services.plan_life.states import WrongStateError
from store.database import plans as plan_sql
from store.database import staff as sql
from store.database.bulk import Columns
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.types import STORAGE_SRID

# post names as rosters write them, lower case; a village secretary heads grids by office
HEAD_POSTS = ("grid head", "village secretary", "网格长", "村书记", "村党组织书记", "社区书记")
# who watches a water; heads of the grids of a water plan before anybody else
WARDEN_POSTS = ("river warden", "village river chief", "巡河员", "护河员", "河道管理员", "河段长", "村级河长")
DEPUTY_POSTS = ("deputy", "deputy grid head", "副网格长", "网格员", "grid assistant")


@dataclass(slots=True)
class StaffingReport:
    """Who was assigned, and what is missing.

    Attributes
    ----------
    grids : int
    heads : int
        Staff who head at least one grid.
    deputies : int
        Grids with a deputy.
    kept : int
        Grids whose head stayed.
    vacancies : list of str
        Codes of grids without a head.
    violations : list of dict
        ``{"rule", "lacking", "grids"}`` for each rule that could not be kept.
    most_grids : int
        Grids of the busiest head.
    """

    grids: int
    heads: int
    deputies: int
    kept: int
    vacancies: list[str]
    violations: list[dict[str, Any]]
    most_grids: int


def assign_heads(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    max_grids: int = 4,
    max_distance_m: float = float("inf"),
    now: datetime | None = None,
) -> StaffingReport:
    """Give each grid of a plan one head and, where there is one to spare, one deputy.

    Heads serve in their own village (the area of the roster); staff without an area serve everywhere. Whoever
    already heads a grid and still may is not preferred: the result depends on roster and plan alone.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    max_grids : int
        Grids that one head may hold.
    max_distance_m : float
        Longest way from duty point to the middle of the grid.
    now : datetime or None

    Raises
    ------
    InvalidInputError
        `max_grids` is below 1.
    WrongStateError
        The plan is retired.
    """
    work.actor.require("planner", "shift_leader")
    if max_grids < 1:
        raise InvalidInputError("A head must be allowed at least one grid.", field="max_grids")
    moment = now or datetime.now(UTC)
    plan = plan_sql.get_plan(work.session, plan_id, lock=True)
    if plan.status == "retired":
        raise WrongStateError(
            "The plan is retired; nobody is on duty in its grids.", plan=str(plan_id), status="retired"
        )
    territory = work.session.get_one(Territory, plan.territory_id)
    posts = sql.read_posts(work.session, plan_id)
    rules = Rules(max_distance=max_distance_m)
    head_staff = _head_staff(work, territory.id, plan.kind)
    found = assign_staff(*_problem(head_staff, posts, territory.metric_srid, capacity=max_grids), rules)
    kept = _change(work, plan_id, "grid_head", _pairs(posts, head_staff, found), moment)
    deputy_staff = sql.read_staff(work.session, territory.id, DEPUTY_POSTS)
    deputies = assign_staff(*_problem(deputy_staff, posts, territory.metric_srid, capacity=2 * max_grids), rules)
    _change(work, plan_id, "deputy", _pairs(posts, deputy_staff, deputies), moment)
    for layer in ("grids", "grid_labels"):
        work.touch(layer, territory.id)
    return StaffingReport(
        grids=len(posts["id"]),
        heads=int((found.held > 0).sum()),
        deputies=int((deputies.holder >= 0).sum()),
        kept=kept,
        vacancies=[str(posts["code"][row]) for row in found.vacancies],
        violations=[_named(violation, posts) for violation in found.violations],
        most_grids=int(found.held.max(initial=0)),
    )


def _head_staff(work: UnitOfWork, territory_id: UUID, kind: str) -> Columns:
    """Return who may head grids of a kind: wardens for waters, where the roster has any; else heads of land grids."""
    if kind == "water":
        wardens = sql.read_staff(work.session, territory_id, WARDEN_POSTS)
        if len(wardens["id"]):
            return wardens
    return sql.read_staff(work.session, territory_id, HEAD_POSTS)


def vacancies(work: UnitOfWork, plan_id: UUID) -> list[str]:
    """Return codes of grids of a plan that nobody heads now."""
    plan_sql.get_plan(work.session, plan_id)
    return plan_sql.grids_without_head(work.session, plan_id)


def _problem(staff: Columns, posts: Columns, srid: int, *, capacity: int) -> tuple[Staff, Posts]:
    paths = sorted({str(path) for path in posts["area_path"]})
    number = {path: place for place, path in enumerate(paths)}
    return (
        Staff.of(
            [_village(path, number) for path in staff["area_path"]], xy=_metric_xy(staff, srid), capacity=capacity
        ),
        Posts.of(
            [number[str(path)] for path in posts["area_path"]],
            xy=_metric_xy(posts, srid),
            load=np.asarray(posts["households"], dtype=np.float64),
        ),
    )


def _village(path: str | None, number: dict[str, int]) -> int:
    """Return the village of a roster row: its own area, or everywhere when it is of a wider area or of none."""
    if path is None:
        return ANYWHERE
    if path in number:
        return number[path]
    within = [known for known in number if known.startswith(path)]
    # an area with no grid of this plan: such staff can hold none of its posts
    return ANYWHERE if within else len(number)


def _metric_xy(columns: Columns, srid: int) -> npt.NDArray[np.float64]:
    lonlat = np.array(
        [
            (np.nan, np.nan) if lon is None else (float(lon), float(lat))
            for lon, lat in zip(columns["lon"], columns["lat"], strict=True)
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    known = np.isfinite(lonlat).all(axis=1)
    if known.any():
        lonlat[known] = transform_xy(lonlat[known], STORAGE_SRID, srid)
    return lonlat


def _pairs(posts: Columns, staff: Columns, found: Assignment) -> dict[UUID, UUID]:
    return {posts["id"][row]: staff["id"][held] for row, held in enumerate(found.holder) if held >= 0}


def _change(work: UnitOfWork, plan_id: UUID, role: str, after: dict[UUID, UUID], moment: datetime) -> int:
    """Write the difference between `after` (grid → staff) and those who hold the role; return how many stay.

    A plan that waits for its day is respected: a post in a grid that ends then ends with it, and one in a grid that
    begins then begins with it.
    """
    head = role == "grid_head"
    terms = sql.tenures(work.session, plan_id, role, moment, is_head=head)
    ended = {grid: term.start for grid, term in terms.items() if term.holder and after.get(grid) != term.holder}
    begun = {grid: who for grid, who in after.items() if terms[grid].holder != who}
    sql.end_assignments(work.session, ended, role, is_head=head)
    sql.begin_assignments(work.session, begun, terms, role, is_head=head)
    return len(after) - len(begun)


def _named(violation: Violation, posts: Columns) -> dict[str, Any]:
    return {
        "rule": violation.rule,
        "lacking": violation.lacking,
        "grids": [str(posts["code"][row]) for row in violation.posts],
    }
