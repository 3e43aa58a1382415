"""What is still open before a plan can be published: what its check finds, and grids without responsibilities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from services import plans
from services.plan_check_words import problem
from services.plan_life import duties
from services.plan_life.comparing import Compared
from store.database import plan_life as sql
from store.database.models import Plan
from store.database.work import UnitOfWork


def proved_problems(work: UnitOfWork, plan: Plan, compared: Compared | None, at: datetime) -> list[dict[str, Any]]:
    """Return what the check of a plan finds, but for grids that get the head of the grid they are under a new code."""
    heirs = set() if compared is None else _heir_codes(work, compared, at)
    found = plans.check_plan(work, plan.id).problems
    return [each for each in found if each["kind"] != "no-head" or each["place"] not in heirs]


def without_responsibilities(work: UnitOfWork, plan: Plan) -> list[dict[str, Any]]:
    """Return the grids that nobody has any duty in."""
    return [problem("no-responsibilities", code, [code]) for code in duties.grids_without(work, plan)]


def _heir_codes(work: UnitOfWork, compared: Compared, at: datetime) -> set[str]:
    """Return codes of new grids that are old ones under a new number: publishing carries their posts over."""
    found = compared.found
    headed = {row.grid_id for row in sql.people_of(work.session, compared.old.id, at) if row.is_head}
    codes = {grid.id: grid.code for grid in compared.grids}
    return {
        codes[compared.new_ids[found.target[row]]]
        for row in np.flatnonzero(found.kind == "renumber")
        if compared.old_ids[found.source[row]] in headed
    }
