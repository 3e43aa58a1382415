"""Which plan is in use."""

from __future__ import annotations

from uuid import UUID

from gis.errors import NotFoundError
from store.database import plans as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork


def current_plan_id(work: UnitOfWork, territory: str | UUID | None = None, kind: str = "household") -> UUID:
    """Return the plan in use: the published one, else the newest draft.

    Raises
    ------
    NotFoundError
        No territory, or no plan of this kind yet.
    """
    place = find_territory(work.session, territory)
    plan = sql.current_plan(work.session, place.id, kind)
    if plan is None:
        raise NotFoundError(f"{place.name} has no plan yet; make one with `gridward partition {kind}`.")
    return plan.id
