"""Any date: which plan was in force, its grids, who held which post, and what became of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from gis.errors import InvalidInputError, NotFoundError
from services import plan_views
from services.plan_views import GridView, PlanView, grid_view
from store.database import asof as sql
from store.database import plan_life as life_sql
from store.database import plans as plan_sql
from store.database.models.plan import GRID_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class DatedGrid(GridView):
    """A grid as it was at a moment, with who headed it then."""

    plan_id: UUID
    valid_from: datetime | None
    valid_to: datetime | None


def moment_of(words: str | None, *, time_zone: str = "UTC", now: datetime | None = None) -> datetime:
    """Read "as of": a day (its end in the zone; today is now) or a time with offset; nothing is now.

    A day's end, so that what began on that day counts.

    Examples
    --------
    >>> moment_of("2026-05-01T08:00:00+08:00").isoformat()
    '2026-05-01T00:00:00+00:00'
    """
    present = now or datetime.now(UTC)
    if words is None or not words.strip():
        return present
    text = words.strip().replace(" ", "+")  # a plus sign in an address arrives as a blank
    zone = ZoneInfo(time_zone)
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            if day == present.astimezone(zone).date():
                return present
            return datetime.combine(day, time.max, zone).astimezone(UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(
            "'at' is a day such as 2026-05-01 or a time such as 2026-05-01T08:00:00+08:00.", field="at"
        ) from error
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError("'at' lies beyond the calendar.", field="at") from error


def day_start(words: str, *, field: str, time_zone: str = "UTC") -> datetime:
    """Read the beginning of a period: a day begins at midnight of the zone."""
    try:
        found = datetime.fromisoformat(words.strip().replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(f"'{field}' is a day such as 2026-05-01, or a time.", field=field) from error


def current_plan(work: UnitOfWork, territory: UUID | str | None, kind: str, at: datetime) -> PlanView:
    """Return the plan that was (or will be) in force at a moment.

    Raises
    ------
    NotFoundError
        None was.
    """
    if kind not in GRID_KINDS:
        raise InvalidInputError(f"There is no grid kind '{kind}'; known: {', '.join(GRID_KINDS)}.", field="kind")
    place = find_territory(work.session, territory)
    plan = life_sql.plan_at(work.session, place.id, kind, at)
    if plan is None:
        raise NotFoundError(
            f"{place.name} had no plan of {kind} grids in force on {at.date()}.", territory=str(place.id), at=str(at)
        )
    return plan_views.get_plan(work, plan.id)


def grids_at(work: UnitOfWork, territory_id: UUID | None, kind: str, at: datetime) -> list[DatedGrid]:
    """Return the grids in force at a moment."""
    if kind not in GRID_KINDS:
        raise InvalidInputError(f"There is no grid kind '{kind}'; known: {', '.join(GRID_KINDS)}.", field="kind")
    names = [each.name for each in fields(GridView)]
    found = []
    for row in sql.grids_at(work.session, territory_id, kind, at):
        view = grid_view(row)
        facts = {name: getattr(view, name) for name in names}
        found.append(DatedGrid(**facts, plan_id=row.plan_id, valid_from=row.valid_from, valid_to=row.valid_to))
    return found


def posts_at(work: UnitOfWork, territory_id: UUID | None, grid: str | None, at: datetime) -> list[dict[str, Any]]:
    """Return who held which post at a moment: of one grid (id or code) or everywhere."""
    return [row._asdict() for row in sql.posts_at(work.session, territory_id, grid, at)]


def plan_lineage(work: UnitOfWork, plan_id: UUID) -> Sequence[Any]:
    """Return what became of the grids before a plan."""
    plan_sql.get_plan(work.session, plan_id)
    return life_sql.plan_lineage(work.session, plan_id)
