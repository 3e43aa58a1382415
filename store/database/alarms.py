"""SQL of alarms: devices and cameras that raise them, and cases that an alarm only repeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

_SOURCES = sa.text("""
select d.code, 'device' as source, d.item, d.item_code, d.severity, d.active, st_x(d.point) as lon, st_y(d.point) as lat
from device d where d.territory_id = :territory and d.code = any(:codes)
union all
select k.code, 'camera', null, null, 'minor', true, st_x(c.point), st_y(c.point)
from unnest(cast(:codes as text[])) as k(code)
join camera c on c.territory_id = :territory and k.code in (c.gb28181_id, c.source_ref, c.id::text)
""")
_OPEN = sa.text("""
select i.no from incident i
where i.channel = 'alarm' and i.territory_id = :territory and i.item = :item and i.state = any(:states)
  and i.reported_at >= :since and i.month >= date_trunc('month', cast(:since as timestamptz) - interval '1 day')::date
  and i.point && st_expand(st_setsrid(st_makepoint(:lon, :lat), 4326), 0.000001)
order by i.reported_at desc limit 1
""")
_SAVE = sa.text("""
insert into device (territory_id, code, kind, item, item_code, severity, active, point)
values (:territory, :code, :kind, :item, :item_code, :severity, :active,
        st_setsrid(st_makepoint(:lon, :lat), 4326))
on conflict (territory_id, code) do update set kind = excluded.kind, item = excluded.item,
    item_code = excluded.item_code, severity = excluded.severity, active = excluded.active, point = excluded.point
""")


def sources(session: Session, territory_id: UUID, codes: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Return devices and cameras by what they call themselves; a device goes before a camera of the same code."""
    rows = session.execute(_SOURCES, {"territory": territory_id, "codes": list(codes)}).all()
    return {row.code: row for row in sorted(rows, key=lambda row: row.source == "device")}


def open_alarm(
    session: Session,
    territory_id: UUID,
    *,
    item: str,
    place: tuple[float, float],
    since: datetime,
    states: Sequence[str],
) -> str | None:
    """Return the number of an open case of the same alarm at the same place, or None."""
    values = {
        "territory": territory_id, "item": item, "lon": place[0], "lat": place[1], "since": since,
        "states": list(states),
    }  # fmt: skip
    found: str | None = session.scalar(_OPEN, values)
    return found


def save_devices(session: Session, territory_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Insert devices, or change those of the same code."""
    session.execute(_SAVE, [{"territory": territory_id, **row} for row in rows])


def list_devices(session: Session, territory_id: UUID) -> list[sa.Row[Any]]:
    """Return the devices of a territory by code."""
    statement = sa.text(
        "select code, kind, item, item_code, severity, active, st_x(point) as lon, st_y(point) as lat from device"
        " where territory_id = :territory order by code"
    )
    return list(session.execute(statement, {"territory": territory_id}))


def is_known(session: Session, channel: str, channel_key: str) -> bool:
    """Tell whether an intake key came before."""
    statement = sa.text("select exists (select from intake_key where channel = :channel and channel_key = :key)")
    return bool(session.scalar(statement, {"channel": channel, "key": channel_key}))
