"""Plans: list, check and publish."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.plan_check import PlanCheck, check_plan
from services.plan_figures import quality_now
from services.plan_life.review import NotReadyError
from store.database import plans as sql
from store.database.models import Plan
from store.database.work import UnitOfWork

__all__ = ["NotReadyError", "PlanCheck", "check_plan", "list_facts", "plan_facts", "publish"]


def list_facts(work: UnitOfWork, territory_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return what there is to say of each plan, newest first."""
    rows = sql.list_plans(work.session, territory_id)
    quality = quality_now(work, [row.Plan for row in rows])
    return [
        {**_facts(row.Plan), "quality": quality[row.Plan.id], "author": row.author, "territory": row.territory}
        for row in rows
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
    return {**_facts(plan), "quality": quality_now(work, [plan])[plan.id], "grids": grids}


def _facts(plan: Plan) -> dict[str, Any]:
    return {
        "id": str(plan.id),
        "kind": plan.kind,
        "name": plan.name,
        "status": plan.status,
        "created_at": plan.created_at.isoformat(),
        "spec": plan.spec,
        "revision": plan.revision,
    }


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
