"""Plans: list, check and publish."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_metric
from grid_partition.nesting import check_nesting
from services.partition.drawing import describe_faults
from services.plan_life.states import NotReadyError
from store.database import plans as sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

__all__ = ["NotReadyError", "PlanCheck", "check_plan", "list_facts", "plan_facts", "publish"]


@dataclass(slots=True)
class PlanCheck:
    """What stands between a plan and publishing.

    Attributes
    ----------
    tiling_valid, contiguous : bool
    households_in_grids, households : int
        Must be equal.
    without_head : list of str
        Grid codes that nobody heads.
    problems : list of dict
        ``{"kind", "message", "place"}`` for everything that has to be mended.
    """

    tiling_valid: bool
    contiguous: bool
    households: int
    households_in_grids: int
    without_head: list[str]
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether nothing is open."""
        return not self.problems


def list_facts(work: UnitOfWork, territory_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return what there is to say of each plan, newest first."""
    return [
        {**_facts(row.Plan), "author": row.author, "territory": row.territory}
        for row in sql.list_plans(work.session, territory_id)
    ]


def plan_facts(work: UnitOfWork, plan_id: UUID) -> dict[str, Any]:
    """Return one plan with its grids."""
    plan = sql.get_plan(work.session, plan_id)
    grids = [
        {
            "id": str(row.id),
            "code": row.code,
            "name": row.name,
            "area": row.area_name,
            "households": row.households,
            "deviation": row.deviation,
            "head": row.work_no,
        }
        for row in sql.plan_grids(work.session, plan_id)
    ]
    return {**_facts(plan), "grids": grids}


def _facts(plan: Plan) -> dict[str, Any]:
    return {
        "id": str(plan.id),
        "kind": plan.kind,
        "name": plan.name,
        "status": plan.status,
        "created_at": plan.created_at.isoformat(),
        "quality": plan.quality,
        "spec": plan.spec,
        "revision": plan.revision,
    }


def check_plan(work: UnitOfWork, plan_id: UUID) -> PlanCheck:
    """Prove a stored plan again from what is in the database: tiling, contiguity, households, heads."""
    plan = sql.get_plan(work.session, plan_id)
    territory = work.session.get_one(Territory, plan.territory_id)
    grids = sql.grid_shapes(work.session, plan_id)
    atoms = sql.atom_shapes(work.session, plan_id)
    srid = territory.metric_srid
    shapes = np.asarray(to_metric(grids["geom"], srid), dtype=object)
    units = np.asarray(to_metric(atoms["geom"], srid), dtype=object)
    number = {area: place for place, area in enumerate(dict.fromkeys(grids["area_id"]))}
    report = check_nesting(
        units,
        [number.get(area, -1) for area in atoms["area_id"]],
        shapes,
        [number[area] for area in grids["area_id"]],
    )
    strays = [code for code, parts, flagged in _parts(grids, shapes) if parts > 1 and not flagged]
    vacant = sql.grids_without_head(work.session, plan_id)
    in_grids = int(np.sum(grids["households"]))
    expected = int(np.sum(atoms["demand"]))
    problems: list[dict[str, Any]] = []
    problems += [
        {"kind": "tiling", "message": f"The grids don't tile their area: {fault['kind']}.", "place": fault["place"]}
        for fault in describe_faults(report, srid)
    ]
    problems += [
        {"kind": "stray-piece", "message": f"Grid {code} is in several pieces.", "place": code} for code in strays
    ]
    if in_grids != expected:
        problems.append(
            {"kind": "households", "message": f"{expected - in_grids} households are in no grid.", "place": None}
        )
    problems += [{"kind": "no-head", "message": f"Grid {code} has no head.", "place": code} for code in vacant]
    return PlanCheck(bool(report.valid), not strays, expected, in_grids, vacant, problems)


def publish(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    basis: str,
    effective_on: date | None = None,
    single_person: bool = False,
    now: datetime | None = None,
) -> Plan:
    """Publish a plan; see `services.plan_life.publishing.publish`."""
    from services.plan_life import publishing  # noqa: PLC0415 - which checks the plan with what is above

    asked = publishing.Publication(basis, effective_on, single_person)
    return publishing.publish(work, plan_id, asked, now=now)


def _parts(grids: dict[str, Any], shapes: Any) -> list[tuple[str, int, bool]]:  # noqa: ANN401 - array of geometry
    counts = shapely.get_num_geometries(shapes)
    return [
        (str(code), int(count), bool(flagged))
        for code, count, flagged in zip(grids["code"], counts, grids["exclave"], strict=True)
    ]
