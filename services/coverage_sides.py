"""What a person names when two runs are compared: a run, a plan, a day, a month, or now."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from gis.errors import InvalidInputError, NotFoundError
from services.coverage import run_coverage
from services.coverage_spec import CoverageSpec
from store.database import coverage as sql
from store.database.work import UnitOfWork


def run_of_side(
    work: UnitOfWork,
    named: str,
    plan_id: UUID,
    spec: CoverageSpec,
    *,
    progress: Callable[[float, str], None] | None = None,
) -> UUID:
    """Return the run that is meant, computed when there is none yet.

    Parameters
    ----------
    work : UnitOfWork
    named : str
        Id of a run or of a plan, a day (YYYY-MM-DD), a month (YYYY-MM), or ``now``.
    plan_id : UUID
        Plan of days, months and now.
    spec : CoverageSpec
        What is asked beside the time.
    progress : callable, optional

    Raises
    ------
    InvalidInputError
        The words are nothing of these.
    NotFoundError
        There is no such run or plan.
    """
    if named == "now":
        return run_coverage(work, plan_id, spec, progress=progress)[0].id
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", named):
        return run_coverage(work, plan_id, replace(spec, on=named), progress=progress)[0].id
    if re.fullmatch(r"\d{4}-\d{2}", named):
        return run_coverage(work, plan_id, replace(spec, month=named), progress=progress)[0].id
    try:
        key = UUID(named)
    except ValueError:
        raise InvalidInputError(
            "Name a run, a plan, a day (2025-11-03), a month (2025-11) or now.", field="side", given=named[:40]
        ) from None
    try:
        return sql.get_run(work.session, key).id
    except NotFoundError:
        return run_coverage(work, key, spec, progress=progress)[0].id
