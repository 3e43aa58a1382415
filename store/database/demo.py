"""SQL of the demo: what is there already, and the figures of its summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import read_columns, wkb
from store.database.coverage import newest_run
from store.database.models import (
    Account,
    Area,
    Assignment,
    Camera,
    Dwelling,
    GridVersion,
    Incident,
    Plan,
    Staff,
    Street,
    Territory,
    Unit,
)


def is_published(session: Session, plan_id: UUID) -> bool:
    """Tell whether a plan is published."""
    return session.scalar(sa.select(Plan.status).where(Plan.id == plan_id)) == "published"


def has_demo_staff(session: Session, territory_id: UUID) -> bool:
    """Tell whether the demo's roster is loaded."""
    return bool(session.scalar(sa.select(sa.exists().where(Staff.territory_id == territory_id, Staff.demo))))


def has_demo_incidents(session: Session, territory_id: UUID) -> bool:
    """Tell whether the demo's incidents are loaded."""
    return bool(session.scalar(sa.select(sa.exists().where(Incident.territory_id == territory_id, Incident.demo))))


def street_lines(session: Session, territory_id: UUID) -> Any:  # noqa: ANN401 - array of geometry
    """Return the walkable streets of a territory, in a fixed order."""
    statement = (
        sa.select(wkb(Street.geom).label("geom"))
        .where(Street.territory_id == territory_id, Street.walkable)
        .order_by(Street.fid)
    )
    return read_columns(session, statement, geometry=["geom"])["geom"]


def outline(session: Session, territory_id: UUID) -> tuple[Any, str]:
    """Return the outline of a territory, and the code of its topmost area as a label."""
    place = session.get_one(Territory, territory_id)
    code = session.scalar(sa.select(sa.func.min(Area.code)).where(Area.territory_id == territory_id))
    return place.outline, str(code)


def counts(session: Session, plan_id: UUID) -> dict[str, Any]:
    """Return the figures of a plan's territory, counted in the database."""
    plan = session.get_one(Plan, plan_id)
    place = plan.territory_id
    run = newest_run(session, plan_id)
    summary = run.summary if run else {}

    def number(statement: sa.Select[Any]) -> int:
        return int(session.scalar(statement) or 0)

    count = sa.func.count()
    here = Camera.territory_id == place
    heads = (
        sa.select(sa.func.count(sa.distinct(Assignment.staff_id)))
        .join(GridVersion, GridVersion.grid_id == Assignment.grid_id)
        .where(GridVersion.plan_id == plan_id, Assignment.is_head, Assignment.valid.contains(sa.func.now()))
    )
    return {
        "quality": plan.quality,
        "dwellings": number(sa.select(count).select_from(Dwelling).where(Dwelling.territory_id == place)),
        "households": number(sa.select(sa.func.sum(Dwelling.households)).where(Dwelling.territory_id == place)),
        "grids": number(sa.select(count).select_from(GridVersion).where(GridVersion.plan_id == plan_id)),
        "staff": number(sa.select(count).select_from(Staff).where(Staff.territory_id == place)),
        "heads": number(heads),
        "cameras": number(sa.select(count).select_from(Camera).where(here)),
        "cameras_without_direction": int(summary.get("cameras_unknown_heading", 0)),
        "key_places": int(summary.get("key_places", 0)),
        "key_places_covered": int(summary.get("key_places_seen", 0)),
        "key_places_covered_at_most": int(summary.get("key_places_seen_upper", 0)),
        "gaps": int(summary.get("gaps", 0)),
        "incidents": number(sa.select(count).select_from(Incident).where(Incident.territory_id == place)),
    }


def renew_demo_shifts(session: Session, territory_id: UUID, start: datetime, end: datetime) -> int:
    """Put two of three of the demo's staff on shift from `start` to `end` instead of any shift they had."""
    values = {"territory": territory_id, "start": start, "end": end}
    theirs = "staff.territory_id = :territory and staff.demo"
    session.execute(sa.text(f"delete from shift using staff where staff.id = shift.staff_id and {theirs}"), values)  # noqa: S608
    added = session.execute(
        sa.text(
            "insert into shift (staff_id, period) select id, tstzrange(:start, :end, '[)') from"  # noqa: S608
            f" (select id, row_number() over (order by work_no) as place from staff where {theirs}) s"
            " where place % 3 <> 0"
        ),
        values,
    )
    return int(getattr(added, "rowcount", 0))


def known_accounts(session: Session, names: list[str]) -> set[str]:
    """Return which of some accounts there are."""
    return set(session.scalars(sa.select(Account.name).where(Account.name.in_(names))))


def demo_posts(session: Session, territory_id: UUID) -> tuple[list[str], str | None]:
    """Return the codes of a territory's units, and the work number of a demo head."""
    units = session.scalars(sa.select(Unit.code).where(Unit.territory_id == territory_id).order_by(Unit.code)).all()
    head = (
        sa.select(Staff.work_no)
        .join(Assignment, Assignment.staff_id == Staff.id)
        .where(Staff.territory_id == territory_id, Staff.demo, Assignment.is_head)
        .order_by(Staff.work_no)
    )
    return list(units), session.scalar(head.limit(1))


def untouched_cases(session: Session, territory_id: UUID, most: int) -> list[str]:
    """Return the newest demo incidents that nothing was done to; none where something was done to any."""
    here = sa.and_(Incident.territory_id == territory_id, Incident.demo)
    if session.scalar(sa.select(sa.exists().where(here, Incident.state != "REPORTED"))):
        return []
    # without an item of the catalogue a case can't be opened
    statement = sa.select(Incident.no).where(here, Incident.item_code.is_not(None))
    return list(session.scalars(statement.order_by(Incident.reported_at.desc(), Incident.id.desc()).limit(most)))


def revision_of(session: Session, no: str) -> int:
    """Return the revision of an incident."""
    return int(session.execute(sa.select(Incident.revision).where(Incident.no == no)).scalar_one())
