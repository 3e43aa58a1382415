"""SQL of territories and their areas."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

_TERRITORIES = sa.text("""
select t.id, t.name, t.metric_srid, t.attribution, t.demo,
       st_xmin(t.outline) as west, st_ymin(t.outline) as south, st_xmax(t.outline) as east, st_ymax(t.outline) as north,
       (select id from plan where territory_id = t.id and kind = 'household' and status <> 'retired'
        order by (status = 'scheduled' and effective_at <= now()) desc, status = 'published' desc,
                 created_at desc, id limit 1) as plan_id
from territory t order by t.name, t.id
""")

_AREAS = sa.text("""
select a.id, a.code, a.kind, a.name, a.parent_id,
       st_xmin(a.geom) as west, st_ymin(a.geom) as south, st_xmax(a.geom) as east, st_ymax(a.geom) as north
from area a
where a.valid @> coalesce(cast(:on as date), current_date)
  and (cast(:territory as uuid) is null or a.territory_id = :territory)
order by a.path, a.code
""")


def list_territories(session: Session) -> list[sa.Row[Any]]:
    """Return every territory with its box in EPSG:4326 and the plan in use."""
    return list(session.execute(_TERRITORIES).all())


def list_areas(session: Session, territory_id: UUID | None = None, on: date | None = None) -> list[sa.Row[Any]]:
    """Return the areas valid on a day (today), parents before children."""
    return list(session.execute(_AREAS, {"territory": territory_id, "on": on}).all())
