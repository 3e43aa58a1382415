"""Statements of the loaders for what happened: past incidents with their first step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import copy_rows
from store.database.models import IntakeKey

_INCIDENT_STAGE = """
create temp table incident_stage (
    id bigint, no text, channel_key text, body_sha256 text, month date, reported_at timestamptz,
    occurred_at timestamptz, item text, description text, severity text, accuracy_m double precision,
    point geometry(Point, 4326), demo boolean, facts jsonb, digest text, area_code bigint, town_code bigint,
    county_code bigint
) on commit drop
"""
INCIDENT_COLUMNS = (
    "id", "no", "channel_key", "body_sha256", "month", "reported_at", "occurred_at", "item", "description", "severity",
    "accuracy_m", "point", "demo", "facts", "digest", "area_code", "town_code", "county_code",
)  # fmt: skip

# the keys come first: a key that another load took meanwhile makes its row vanish from the rest of the statement
_INCIDENT_INSERT = """
with fresh as (
    insert into intake_key (channel, channel_key, body_sha256, month, incident_id, no)
    select :channel, channel_key, body_sha256, month, id, no from incident_stage
    on conflict (channel, channel_key) do nothing
    returning month, incident_id
), added as (
    insert into incident (month, id, territory_id, no, channel, item, description, severity, reported_at, occurred_at,
                          point, accuracy_m, locate_method, grid_version_id, area_code, town_code, county_code, demo)
    select s.month, s.id, :territory, s.no, :channel, s.item, s.description, s.severity, s.reported_at, s.occurred_at,
           s.point, s.accuracy_m, 'point', g.id, s.area_code, s.town_code, s.county_code, s.demo
    from fresh f join incident_stage s on s.id = f.incident_id
    left join lateral (
        select v.id from grid_version v join plan p on p.id = v.plan_id
        where p.territory_id = :territory and p.status = 'published' and v.geom && s.point
          and st_intersects(v.geom, s.point)
        order by p.published_at desc, v.fid limit 1
    ) g on true
    returning id
)
insert into transition (month, incident_id, seq, action, from_state, to_state, actor_id, facts, at, prev, digest)
select s.month, s.id, 1, 'register', null, 'REPORTED', cast(:actor as uuid), s.facts, s.reported_at, '', s.digest
from added a join incident_stage s on s.id = a.id
"""


def known_intake_keys(session: Session, channel: str, keys: Sequence[str]) -> set[str]:
    """Return which of a channel's keys were taken in before."""
    wanted = sa.cast(list(keys), sa.ARRAY(sa.Text))
    statement = sa.select(IntakeKey.channel_key).where(
        IntakeKey.channel == channel, IntakeKey.channel_key == sa.any_(wanted)
    )
    return {str(key) for key in session.scalars(statement)}


def reserve_incident_numbers(session: Session, count: int) -> list[tuple[int, int]]:
    """Return `count` new incident ids, each with a serial number."""
    statement = "select nextval('incident_id_seq'), nextval('incident_no_seq') from generate_series(1, :count)"
    return [(int(row[0]), int(row[1])) for row in session.execute(sa.text(statement), {"count": count})]


def insert_incidents(
    session: Session, territory_id: UUID, channel: str, rows: Sequence[Sequence[Any]], *, actor_id: UUID | None
) -> int:
    """Insert incidents with their keys and first transitions.

    Parameters
    ----------
    session : Session
    territory_id : UUID
    channel : str
    rows : sequence of sequence
        In the order of `INCIDENT_COLUMNS`.
    actor_id : UUID or None
        Account that loads them.

    Returns
    -------
    int
        Rows inserted; the others were known.
    """
    session.execute(sa.text("drop table if exists incident_stage"))
    session.execute(sa.text(_INCIDENT_STAGE))
    copy_rows(session, "incident_stage", INCIDENT_COLUMNS, rows)
    month = INCIDENT_COLUMNS.index("month")
    for first in sorted({row[month] for row in rows}):
        session.execute(sa.text("select ensure_incident_month(:month)"), {"month": first})
    values = {"channel": channel, "territory": territory_id, "actor": actor_id}
    result = session.execute(sa.text(_INCIDENT_INSERT), values)
    session.execute(sa.text("drop table incident_stage"))
    return int(getattr(result, "rowcount", 0))
