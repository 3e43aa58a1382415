"""SQL of the codes on plates: what each stands on, and which grids, cameras and places still lack one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

# the grid of a plate is the one that its target lies in today; of a grid it is the grid itself
_PLATES = """
with plans as materialized (
    select distinct on (p.territory_id) p.id, p.territory_id from plan p
    where p.kind = 'household' and p.status <> 'retired'
    order by p.territory_id, (p.status = 'scheduled' and p.effective_at <= now()) desc,
             p.status = 'published' desc, p.created_at desc
)
select q.code, q.territory_id, q.issued_at, q.withdrawn_at,
       case when q.grid_id is not null then 'grid' when q.camera_id is not null then 'camera' else 'place' end as kind,
       coalesce(nullif(k.name, ''), k.kind, '') as label,
       st_x(s.p) as lon, st_y(s.p) as lat, g.id as grid_id, g.code as grid_code, g.name as grid_name, g.area
from qr_code q
left join camera c on c.id = q.camera_id
left join key_place k on k.id = q.key_place_id
left join lateral (
    select w.id, w.code, v.name, a.name as area, v.label_point
    from grid_version v join grid w on w.id = v.grid_id join area a on a.id = v.area_id
    join plans p on p.id = v.plan_id and p.territory_id = q.territory_id
    where case when q.grid_id is not null then v.grid_id = q.grid_id
               else v.geom && coalesce(c.point, k.point) and st_covers(v.geom, coalesce(c.point, k.point)) end
    order by v.fid limit 1
) g on true
left join lateral (select coalesce(c.point, k.point, g.label_point) as p) s on true
"""
_ONE = sa.text(f"{_PLATES} where q.code = :code")
_OF_GRID = sa.text(
    f"{_PLATES} where q.withdrawn_at is null and g.id = :grid"
    " order by case when q.grid_id is not null then 0 when q.key_place_id is not null then 1 else 2 end, label, q.code"
)

_LACKING = sa.text("""
with v as materialized (
    select v.grid_id, v.geom from grid_version v join plan p on p.id = v.plan_id
    where v.grid_id = :grid
    order by (p.status = 'scheduled' and p.effective_at <= now()) desc, p.status = 'published' desc, p.created_at desc
    limit 1
)
select 'grid' as kind, v.grid_id as id from v
where 'grid' = any(:kinds) and not exists (select from qr_code q where q.grid_id = v.grid_id and q.withdrawn_at is null)
union all
select 'camera', c.id from v join camera c on c.point && v.geom and st_covers(v.geom, c.point)
where 'camera' = any(:kinds) and not c.indoor
  and not exists (select from qr_code q where q.camera_id = c.id and q.withdrawn_at is null)
union all
select 'place', k.id from v join key_place k on k.point && v.geom and st_covers(v.geom, k.point)
where 'place' = any(:kinds)
  and not exists (select from qr_code q where q.key_place_id = k.id and q.withdrawn_at is null)
""")

_ADD = sa.text("""
insert into qr_code (code, territory_id, grid_id, camera_id, key_place_id)
select code, :territory, grid_id, camera_id, key_place_id
from unnest(cast(:codes as text[]), cast(:grids as uuid[]), cast(:cameras as uuid[]), cast(:places as uuid[]))
     as t(code, grid_id, camera_id, key_place_id)
""")

_GRID = sa.text("""
select g.id, g.code, g.territory_id from grid g where g.code = :grid or g.id::text = :grid
order by g.code_given_at is null, g.code limit 1
""")


def find_plate(session: Session, code: str) -> sa.Row[Any] | None:
    """Return a code with its place, withdrawn or not."""
    return session.execute(_ONE, {"code": code}).first()


def plates_of_grid(session: Session, grid_id: UUID) -> list[sa.Row[Any]]:
    """Return the codes in use in a grid: its own, then those of places, then those of cameras."""
    return list(session.execute(_OF_GRID, {"grid": grid_id}))


def find_grid(session: Session, grid: str) -> sa.Row[Any] | None:
    """Return id, code and territory of a grid by its code or id."""
    return session.execute(_GRID, {"grid": grid}).first()


def lacking(session: Session, grid_id: UUID, kinds: Sequence[str]) -> list[sa.Row[Any]]:
    """Return kind and id of what has no code in use in a grid."""
    return list(session.execute(_LACKING, {"grid": grid_id, "kinds": list(kinds)}))


def add_plates(session: Session, territory_id: UUID, rows: Sequence[tuple[str, str, UUID]]) -> None:
    """Add codes.

    Parameters
    ----------
    session : Session
    territory_id : UUID
    rows : sequence of (code, kind, id of the target)
    """
    values = {
        "territory": territory_id,
        "codes": [code for code, _, _ in rows],
        "grids": [target if kind == "grid" else None for _, kind, target in rows],
        "cameras": [target if kind == "camera" else None for _, kind, target in rows],
        "places": [target if kind == "place" else None for _, kind, target in rows],
    }
    session.execute(_ADD, values)


def withdraw(session: Session, code: str, *, at: datetime) -> None:
    """Mark a code as withdrawn."""
    session.execute(
        sa.text("update qr_code set withdrawn_at = :at where code = :code and withdrawn_at is null"),
        {"code": code, "at": at},
    )
