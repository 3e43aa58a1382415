"""SQL of reports: registers of cameras and facilities, and the files that were finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.cameras import may_name
from store.database.models import Report

# a camera or facility on a border stands in the grid of the lower code
_CAMERAS = sa.text("""
select c.id, case when :named then coalesce(c.gb28181_id, '') else '' end as gb28181_id,
       case when :named then coalesce(c.source_ref, '') else '' end as ref, c.owner, c.purpose, c.mount,
       c.azimuth, c.hfov, c.max_range, c.height_m, c.sensor_px, c.ptz, c.dome, c.indoor, c.networked, c.online,
       c.serviceable, h.at as heard, s.area_m2, s.assumed, g.code as grid_code, g.area_name,
       st_x(c.point) as lon, st_y(c.point) as lat
from camera c
left join camera_heard h on h.camera_id = c.id
left join view_shed s on s.camera_id = c.id
left join lateral (
    select grid.code, a.name as area_name from grid_version v
    join grid on grid.id = v.grid_id join area a on a.id = v.area_id
    where v.plan_id = :plan and v.geom && c.point and st_intersects(v.geom, c.point)
    order by grid.code limit 1
) g on true
where c.territory_id = :territory
order by c.fid
""")
_FACILITIES = sa.text("""
select f.id, f.kind, f.name, g.code as grid_code, g.area_name, st_x(f.point) as lon, st_y(f.point) as lat
from facility f
left join lateral (
    select grid.code, a.name as area_name from grid_version v
    join grid on grid.id = v.grid_id join area a on a.id = v.area_id
    where v.plan_id = :plan and v.geom && f.point and st_intersects(v.geom, f.point)
    order by grid.code limit 1
) g on true
where f.territory_id = :territory
order by f.kind, f.name, f.fid
""")


def camera_register(session: Session, territory_id: UUID, plan_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return every camera with its state, its view and its grid."""
    return session.execute(_CAMERAS, {"territory": territory_id, "plan": plan_id, "named": may_name(session)}).all()


def facility_register(session: Session, territory_id: UUID, plan_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return every facility with its grid."""
    return session.execute(_FACILITIES, {"territory": territory_id, "plan": plan_id}).all()


def save_report(session: Session, values: dict[str, Any]) -> UUID:
    """Keep a finished file; a second save of equal inputs returns the first."""
    session.execute(pg.insert(Report).values(**values).on_conflict_do_nothing())
    same = sa.select(Report.id).where(*same_file(*(values[name] for name in ("name", "format", "digest", "made_for"))))
    return session.scalars(same).one()


def find_report(session: Session, name: str, file_format: str, digest: str, made_for: str) -> tuple[UUID, bytes] | None:
    """Return the finished file of equal inputs for the same eyes."""
    statement = sa.select(Report.id, Report.content).where(*same_file(name, file_format, digest, made_for))
    row = session.execute(statement).first()
    return None if row is None else (row.id, row.content)


def same_file(name: str, file_format: str, digest: str, made_for: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Equal inputs are equal files only to the same eyes."""
    return Report.name == name, Report.format == file_format, Report.digest == digest, Report.made_for == made_for
