"""SQL of Open311: reports that came through the public doors, at the precision of a grid or a block."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

# the point of a public answer is the grid's, or a block of a hundredth of a degree: never the reported one
_COLUMNS = """
select i.no, i.state, i.item_code, i.reported_at, i.state_at, t.due_at, g.code as grid_code, v.name as grid_name,
       a.name as area, st_x(p.at) as lon, st_y(p.at) as lat
from incident i
left join grid_version v on v.id = i.grid_version_id left join grid g on g.id = v.grid_id
left join area a on a.id = v.area_id
left join lateral (
    select coalesce(v.label_point, st_snaptogrid(i.point, 0.005, 0.005, 0.01, 0.01)) as at
) p on true
-- when it shall be done with: the desk's own limits until then are nobody else's business
left join lateral (
    select c.due_at from clock c
    where c.month = i.month and c.incident_id = i.id and c.kind = 'total' and c.ended_at is null limit 1
) t on true
"""
_LIST = """
where i.channel in ('open311', 'plate') and i.territory_id = :territory and i.reported_at between :since and :until
  and i.month between date_trunc('month', cast(:since as timestamptz) - interval '1 day')::date
                  and (cast(:until as timestamptz) + interval '1 day')::date
  and (cast(:states as text[]) is null or i.state = any(:states))
  and (cast(:items as text[]) is null or i.item_code = any(:items))
order by i.reported_at desc, i.id desc limit :limit
"""
_BY_NO = """
where (i.month, i.id) in (select month, incident_id from intake_key where no = any(:nos))
  and i.month in (select month from intake_key where no = any(:nos))
  and i.channel in ('open311', 'plate') and i.territory_id = :territory
order by i.reported_at desc, i.id desc
"""


def list_requests(
    session: Session,
    territory_id: UUID,
    *,
    span: tuple[datetime, datetime],
    states: Sequence[str] | None,
    items: Sequence[str] | None,
    limit: int,
) -> list[sa.Row[Any]]:
    """Return public reports of a time, newest first."""
    values = {
        "territory": territory_id, "since": span[0], "until": span[1], "limit": limit,
        "states": None if states is None else list(states), "items": None if items is None else list(items),
    }  # fmt: skip
    return list(session.execute(sa.text(_COLUMNS + _LIST), values))


def requests_by_no(session: Session, territory_id: UUID, nos: Sequence[str]) -> list[sa.Row[Any]]:
    """Return public reports by their numbers, newest first."""
    return list(session.execute(sa.text(_COLUMNS + _BY_NO), {"territory": territory_id, "nos": list(nos)}))
