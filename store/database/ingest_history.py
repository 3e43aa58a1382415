"""Statements of the loaders for what happened: past incidents with their first step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, copy_rows, read_columns
from store.database.models import IntakeKey

_INCIDENT_STAGE = """
create temp table incident_stage (
    id bigint, no text, channel_key text, body_sha256 text, month date, reported_at timestamptz,
    occurred_at timestamptz, item text, item_code text, description text, severity text, accuracy_m double precision,
    point geometry(Point, 4326), grid_version_id uuid, demo boolean, facts jsonb, area_code bigint,
    town_code bigint, county_code bigint, digest text
) on commit drop
"""
INCIDENT_COLUMNS = (
    "id", "no", "channel_key", "body_sha256", "month", "reported_at", "occurred_at", "item", "item_code",
    "description", "severity", "accuracy_m", "point", "grid_version_id", "demo", "facts", "area_code",
    "town_code", "county_code", "digest",
)  # fmt: skip

# the keys come first: a key that another load took meanwhile makes its row vanish from the rest of the statement
_INCIDENT_INSERT = """
with fresh as (
    insert into intake_key (channel, channel_key, body_sha256, month, incident_id, no)
    select :channel, channel_key, body_sha256, month, id, no from incident_stage
    on conflict (channel, channel_key) do nothing
    returning month, incident_id
), added as (
    insert into incident (month, id, territory_id, no, channel, item, item_code, description, severity, reported_at,
                          state_at, occurred_at, point, accuracy_m, locate_method, grid_version_id, area_code,
                          town_code, county_code, demo, registered_by)
    select s.month, s.id, :territory, s.no, :channel, s.item, s.item_code, s.description, s.severity, s.reported_at,
           s.reported_at, s.occurred_at, s.point, s.accuracy_m,
           case when s.point is null then 'none' else 'point' end, s.grid_version_id, s.area_code, s.town_code,
           s.county_code, s.demo, cast(:actor as uuid)
    from fresh f join incident_stage s on s.id = f.incident_id
    returning id
)
insert into transition (month, incident_id, seq, action, from_state, to_state, actor_id, facts, at, prev, digest)
select s.month, s.id, 1, 'register', null, 'REPORTED', cast(:actor as uuid), s.facts, s.reported_at, '', s.digest
from added a join incident_stage s on s.id = a.id
"""


# in the order in which a later one takes the place of an earlier one
_PLANS = sa.text("""
select id, coalesce(effective_at, published_at) as since, retired_at as until, status = 'published' as in_force
from plan
where territory_id = :territory and kind = 'household' and coalesce(effective_at, published_at) is not null
  and status in ('published', 'retired')
order by since, created_at
""")
_GRIDS = sa.text("""
select v.id, st_asbinary(v.geom) as geom,
       exists (select from grid_version w where w.grid_id = v.grid_id and w.valid @> cast(:now as timestamptz))
           as goes_on
from grid_version v where v.plan_id = :plan order by v.fid
""")


def plans_of_time(session: Session, territory_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the household plans a territory has or had, oldest first: ``id``, ``since``, ``until``, ``in_force``."""
    return session.execute(_PLANS, {"territory": territory_id}).all()


def grids_of_plan(session: Session, plan_id: UUID, now: datetime) -> Columns:
    """Return the grids of a plan in a fixed order: ``id``, ``geom`` (EPSG:4326), ``goes_on`` (it is there now)."""
    return read_columns(session, _GRIDS.bindparams(plan=plan_id, now=now), geometry=["geom"])


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
    # each row's keys into the table of months are checked by a plan of its own otherwise: three times the whole insert
    session.execute(sa.text("set local plan_cache_mode = force_generic_plan"))
    copy_rows(session, "incident_stage", INCIDENT_COLUMNS, rows)
    month = INCIDENT_COLUMNS.index("month")
    for first in sorted({row[month] for row in rows}):
        session.execute(sa.text("select ensure_incident_month(:month)"), {"month": first})
    values = {"channel": channel, "territory": territory_id, "actor": actor_id}
    result = session.execute(sa.text(_INCIDENT_INSERT), values)
    session.execute(sa.text("drop table incident_stage"))
    return int(getattr(result, "rowcount", 0))
