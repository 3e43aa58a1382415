"""SQL of any date: grids, areas and posts as they were (or will be) then, and points to count again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import Area, Grid, GridVersion

_GRIDS = sa.text("""
select g.id, v.fid, g.code, v.name, g.kind, a.code as area_code, a.name as area_name, v.households, v.dwellings,
       v.deviation, v.area_m2, v.compactness, v.exclave, v.locked, v.revision, v.plan_id,
       v.floor_low, v.floor_high, v.zone, v.load,
       lower(v.valid) as valid_from, upper(v.valid) as valid_to, h.work_no, h.staff_name,
       st_x(v.label_point) as lon, st_y(v.label_point) as lat,
       st_xmin(v.geom) as west, st_ymin(v.geom) as south, st_xmax(v.geom) as east, st_ymax(v.geom) as north
from grid_version v join grid g on g.id = v.grid_id join area a on a.id = v.area_id
left join lateral (
    select s.work_no, s.name as staff_name from assignment m join staff s on s.id = m.staff_id
    where m.grid_id = g.id and m.is_head and m.valid @> cast(:at as timestamptz) limit 1
) h on true
where v.valid @> cast(:at as timestamptz) and g.kind = :kind
  and (cast(:territory as uuid) is null or g.territory_id = :territory)
order by g.code
""")


def grids_at(session: Session, territory_id: UUID | None, kind: str, at: datetime) -> Sequence[sa.Row[Any]]:
    """Return the grids in force at a moment, with who headed them then, in code order."""
    return session.execute(_GRIDS, {"territory": territory_id, "kind": kind, "at": at}).all()


_POSTS = sa.text("""
select s.work_no, s.name, s.post, m.role, m.is_head, m.share, g.id as grid_id, g.code as grid_code,
       a.code as area_code, a.name as area_name, lower(m.valid) as since, upper(m.valid) as until
from assignment m join staff s on s.id = m.staff_id
left join grid g on g.id = m.grid_id left join area a on a.id = m.area_id
where m.valid @> cast(:at as timestamptz)
  and (cast(:territory as uuid) is null or s.territory_id = :territory)
  and (cast(:grid as text) is null or g.code = :grid or g.id::text = :grid)
order by coalesce(g.code, a.code), m.is_head desc, m.role, s.work_no
""")


def posts_at(session: Session, territory_id: UUID | None, grid: str | None, at: datetime) -> Sequence[sa.Row[Any]]:
    """Return who held which post at a moment."""
    return session.execute(_POSTS, {"territory": territory_id, "grid": grid, "at": at}).all()


def plan_shapes(session: Session, plan_id: UUID) -> Columns:
    """Return the grids of a plan as a boundary set: id, code, name, households, geom."""
    statement = (
        sa.select(Grid.id, Grid.code, GridVersion.name, GridVersion.households, wkb(GridVersion.geom).label("geom"))
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def area_shapes(session: Session, territory_id: UUID, kind: str, on: date) -> Columns:
    """Return the areas of a kind that were valid on a day: id, code, name, area_code, geom."""
    statement = (
        sa.select(Area.id, Area.code, Area.name, Area.area_code, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, Area.kind == kind, Area.valid.op("@>")(sa.cast(on, sa.Date)))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def area_kinds(session: Session, territory_id: UUID) -> list[str]:
    """Return the kinds of areas that a territory has or had."""
    return list(session.scalars(sa.select(Area.kind).where(Area.territory_id == territory_id).distinct()))


_PLACED = np.dtype([("lon", ">f8"), ("lat", ">f8")])


def incident_points(
    session: Session, territory_id: UUID, since: datetime | None, until: datetime | None
) -> npt.NDArray[np.float64]:
    """Return the places (n, 2; EPSG:4326) of the incidents reported in a period, those that have one."""
    statement = sa.text("""
        select string_agg(float8send(st_x(point)) || float8send(st_y(point)), ''::bytea) from incident
        where territory_id = :territory and point is not null
          and (cast(:since as timestamptz) is null or reported_at >= :since)
          and (cast(:until as timestamptz) is null or reported_at < :until)
    """)
    data = session.scalar(statement, {"territory": territory_id, "since": since, "until": until})
    found = np.frombuffer(data or b"", dtype=_PLACED)
    return np.column_stack([found["lon"], found["lat"]]).astype(np.float64)


def placeless_incidents(
    session: Session, territory_id: UUID, since: datetime | None, until: datetime | None
) -> dict[UUID, dict[UUID, int]]:
    """Count the incidents of a period that name a grid but no place, by plan and grid."""
    statement = sa.text("""
        select v.plan_id, v.grid_id, count(*) as n from incident i join grid_version v on v.id = i.grid_version_id
        where i.territory_id = :territory and i.point is null
          and (cast(:since as timestamptz) is null or i.reported_at >= :since)
          and (cast(:until as timestamptz) is null or i.reported_at < :until)
        group by 1, 2
    """)
    counts: dict[UUID, dict[UUID, int]] = {}
    for row in session.execute(statement, {"territory": territory_id, "since": since, "until": until}):
        counts.setdefault(row.plan_id, {})[row.grid_id] = int(row.n)
    return counts
