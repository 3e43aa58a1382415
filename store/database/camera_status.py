"""SQL of camera states: who a message means, what is known of those cameras, and writing what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import copy_rows

PERIOD_COLUMNS = ("camera_id", "online", "networked", "serviceable", "period")

_BY_NAME = sa.text("""
with asked as (select unnest(cast(:names as text[])) as name)
select a.name, c.id from asked a join camera c on c.gb28181_id = a.name
union select a.name, c.id from asked a join camera c on c.source_ref = a.name
union select a.name, c.id from asked a join camera c
    on a.name ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' and c.id = cast(a.name as uuid)
""")
_PRESENT = sa.text("""
select c.id, c.territory_id, c.online, c.networked, c.serviceable, h.at as heard, lower(s.period) as since,
       s.online as held_online, s.networked as held_networked, s.serviceable as held_serviceable,
       st_x(c.point) as lon, st_y(c.point) as lat
from camera c
left join camera_heard h on h.camera_id = c.id
left join camera_status s on s.camera_id = c.id and upper_inf(s.period)
where c.id = any(cast(:ids as uuid[]))
""")
_PERIODS = sa.text("""
select s.camera_id, s.online, s.networked, s.serviceable, lower(s.period) as low, upper(s.period) as high
from camera_status s
join unnest(cast(:ids as uuid[]), cast(:since as timestamptz[])) as a(camera_id, since) on a.camera_id = s.camera_id
where s.period && tstzrange(a.since, null)
order by s.camera_id, lower(s.period)
""")
_FORGET = sa.text("""
delete from camera_status s
using unnest(cast(:ids as uuid[]), cast(:since as timestamptz[])) as a(camera_id, since)
where a.camera_id = s.camera_id and s.period && tstzrange(a.since, null)
""")
_HEARD = sa.text("""
insert into camera_heard (camera_id, at)
select * from unnest(cast(:ids as uuid[]), cast(:at as timestamptz[])) order by 1
on conflict (camera_id) do update set at = excluded.at where camera_heard.at < excluded.at
""")
_NOW = sa.text("""
update camera c set online = a.online, networked = a.networked, serviceable = a.serviceable, revision = c.revision + 1
from unnest(cast(:ids as uuid[]), cast(:online as bool[]), cast(:networked as bool[]), cast(:serviceable as bool[]))
    as a(id, online, networked, serviceable)
where c.id = a.id
""")


def take_turns(session: Session) -> None:
    """Let one transaction at a time write states: two batches must not fold into the same history at once."""
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('camera status'))"))


def cameras_by_name(session: Session, names: Sequence[str]) -> dict[str, list[UUID]]:
    """Return which cameras each code, reference or id names; more than one where territories share a reference."""
    found: dict[str, list[UUID]] = {}
    for name, camera in session.execute(_BY_NAME, {"names": list(names)}):
        found.setdefault(name, []).append(camera)
    return found


def present_states(session: Session, ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    """Return the present state of cameras, when they were last heard of, and since when the open period runs."""
    return session.execute(_PRESENT, {"ids": list(ids)}).all()


def periods_since(session: Session, since: dict[UUID, datetime]) -> Sequence[sa.Row[Any]]:
    """Return the periods of cameras that reach beyond a moment, in order of camera and time."""
    return session.execute(_PERIODS, _moments(since)).all()


def replace_periods(session: Session, since: dict[UUID, datetime], rows: Iterable[Sequence[Any]]) -> None:
    """Write the periods of cameras anew that reach beyond a moment.

    Parameters
    ----------
    session : Session
    since : dict
        Camera to moment, as `periods_since` was asked.
    rows : iterable of sequence
        In the order of `PERIOD_COLUMNS`.
    """
    session.execute(_FORGET, _moments(since))
    copy_rows(session, "camera_status", PERIOD_COLUMNS, rows)


def note_heard(session: Session, heard: dict[UUID, datetime]) -> None:
    """Note when cameras were last heard of; an earlier moment changes nothing."""
    if heard:
        session.execute(_HEARD, {"ids": list(heard), "at": list(heard.values())})


def set_present(session: Session, states: dict[UUID, tuple[bool, bool, bool]]) -> None:
    """Set online, networked and serviceable of cameras."""
    if not states:
        return
    online, networked, serviceable = zip(*states.values(), strict=True)
    session.execute(
        _NOW,
        {
            "ids": list(states),
            "online": list(online),
            "networked": list(networked),
            "serviceable": list(serviceable),
        },
    )


def _moments(since: dict[UUID, datetime]) -> dict[str, list[Any]]:
    return {"ids": list(since), "since": list(since.values())}
