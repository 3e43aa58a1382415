"""SQL of incidents: taking a report in once, lists, changes and the rows of their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from store.database.together import PLANNED_ONCE, Question, read_together

_NUMBERS = sa.text("""
select nextval('incident_id_seq') as id, nextval('incident_no_seq') as serial, ensure_incident_month(:month)
""")

# one statement: the key decides whether there is anything to insert, so a repeat can't leave half a report
_REGISTER = sa.text("""
with k as (
    insert into intake_key (channel, channel_key, body_sha256, month, incident_id, no)
    values (:channel, :channel_key, :body_sha256, :month, :id, :no)
    on conflict (channel, channel_key) do nothing
    returning month, incident_id, no
), i as (
    insert into incident (month, id, territory_id, no, channel, item, description, severity, reported_at, occurred_at,
                          point, accuracy_m, locate_method, grid_version_id, alt_grid_version_id, component_id,
                          area_code, town_code, county_code, item_code, urgent, state_at, registered_by)
    select k.month, k.incident_id, :territory_id, k.no, :channel, :item, :description, :severity, :reported_at,
           :occurred_at, st_setsrid(st_makepoint(:lon, :lat), 4326), :accuracy_m, :locate_method, :grid_version_id,
           :alt_grid_version_id, :component_id, :area_code, :town_code, :county_code, :item_code, :urgent, :reported_at,
           :actor_id
    from k
    returning month, id, no
), h as (
    insert into transition (month, incident_id, seq, action, from_state, to_state, actor_id, facts, at, prev, digest)
    select i.month, i.id, 1, 'register', null, 'REPORTED', :actor_id, :facts, :reported_at, '', :digest from i
)
select true as fresh, i.no, :body_sha256 as body_sha256, i.month, i.id from i
union all
select false, no, body_sha256, month, incident_id from intake_key
where channel = :channel and channel_key = :channel_key
""").bindparams(sa.bindparam("facts", type_=JSONB))


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a report: `fresh`, or known already with the digest of its body; month and id are its key."""

    fresh: bool
    no: str
    body_sha256: str
    month: date
    id: int


def area_at(session: Session, point: tuple[float, float], territory_id: UUID) -> int:
    """Return the 12-digit code of the area that a point lies in today, whoever asks; 0 outside every area."""
    statement = sa.text("select area_code_at(st_setsrid(st_makepoint(:lon, :lat), 4326), :territory)")
    return int(session.scalar(statement, {"lon": point[0], "lat": point[1], "territory": territory_id}) or 0)


def goes_on(session: Session, version_id: UUID, at: datetime) -> bool:
    """Tell whether the grid of a version is there at a moment, be it with another border; drafts' grids always are."""
    statement = sa.text(
        "select v.valid is null or exists (select from grid_version w where w.grid_id = v.grid_id"
        " and w.valid @> cast(:at as timestamptz)) from grid_version v where v.id = :version"
    )
    return bool(session.scalar(statement, {"version": version_id, "at": at}))


def next_numbers(session: Session, month: date) -> tuple[int, int]:
    """Return an incident id and a serial number, and make sure that the month has its partition."""
    row = session.execute(_NUMBERS, {"month": month}).one()
    return int(row.id), int(row.serial)


def find_key(session: Session, channel: str, channel_key: str) -> Taken | None:
    """Return what an intake key stands for, or None."""
    row = session.execute(
        sa.text(
            "select no, body_sha256, month, incident_id from intake_key where channel = :channel and channel_key = :key"
        ),
        {"channel": channel, "key": channel_key},
    ).first()
    return None if row is None else Taken(False, row.no, row.body_sha256, row.month, row.incident_id)


def register(session: Session, values: dict[str, Any]) -> Taken:
    """Insert key, incident and first transition, or return what the key stands for already.

    Parameters
    ----------
    session : Session
    values : dict
        One value for each parameter of the statement.
    """
    row = session.execute(_REGISTER, values).first()
    if row is None:
        # a twin committed between our snapshot and our insert: the next snapshot sees it
        known = find_key(session, values["channel"], values["channel_key"])
        if known is None:
            row = session.execute(_REGISTER, values).one()
        else:
            return known
    return Taken(row.fresh, row.no, row.body_sha256, row.month, row.id)


COLUMNS = """
select i.month, i.id, i.no, i.item, i.item_code, i.description, i.channel, i.state, i.severity, i.handling_level,
       i.reported_at, i.occurred_at, st_x(i.point) as lon, st_y(i.point) as lat, i.accuracy_m, i.locate_method,
       i.revision, i.demo, i.territory_id, i.grid_version_id, i.alt_grid_version_id, i.area_code, i.urgent, i.state_at,
       i.pending, i.requested_by, i.review_on, i.self_handled, i.supervised, i.rework_count, i.extensions, i.appeals,
       i.rated_cycle, i.wrong_dispatches, i.cycle, i.unit_id, u.code as unit_code, u.name as unit_name,
       i.returned_unit_id, i.referred_to, i.registered_by,
       i.openers, i.dispatchers, i.handlers, i.checkers, i.rejecters, i.due_at, i.soon_at, i.master_id,
       m.no as master_no, g.id as grid_id, g.code as grid_code, v.name as grid_name,
       ag.id as alt_grid_id, ag.code as alt_grid_code, av.name as alt_grid_name
from incident i
left join grid_version v on v.id = i.grid_version_id left join grid g on g.id = v.grid_id
left join grid_version av on av.id = i.alt_grid_version_id left join grid ag on ag.id = av.grid_id
left join unit u on u.id = i.unit_id left join intake_key m on m.incident_id = i.master_id
"""


# of one case: joined to every list it would be planned over every month once more
_MASTER = "(select o.state from incident o where o.month = m.month and o.id = m.incident_id) as master_state"
# the key's row leads to the month, so one partition is read
_WHERE = (
    "where i.no = :no and (i.month, i.id) = (select month, incident_id from intake_key where no = :no)"
    " and i.month = (select month from intake_key where no = :no)"
)
_READ = sa.text(COLUMNS.replace("from incident i\n", f", {_MASTER}\nfrom incident i\n") + _WHERE)
_LOCKED = sa.text(f"{_READ.text} for update of i")


def get_incident(session: Session, no: str, *, lock: bool = False) -> Any:  # noqa: ANN401 - a row, or None
    """Return one incident by its number."""
    _, rows = read_together(session, [PLANNED_ONCE, (_LOCKED if lock else _READ, {"no": no})])
    return rows[0] if rows else None


_LAST_STEP = sa.text(
    "select seq, digest from transition where month = :month and incident_id = :id order by seq desc limit 1"
)


def last_step_question(month: date, incident_id: int) -> Question:
    """Return the question for the newest transition of a case; `last_step_from` reads its answer."""
    return _LAST_STEP, {"month": month, "id": incident_id}


def last_step_from(rows: Sequence[Any]) -> tuple[int, str]:
    """Return sequence number and digest of the newest transition; 0 and empty without any."""
    return (int(rows[0].seq), str(rows[0].digest)) if rows else (0, "")


def last_step(session: Session, month: date, incident_id: int) -> tuple[int, str]:
    """Return sequence number and digest of the newest transition of a case; 0 and empty without any."""
    return last_step_from(session.execute(*last_step_question(month, incident_id)).all())


_STEP = sa.text("""
insert into transition (month, incident_id, seq, action, from_state, to_state, actor_id, facts, at, prev, digest)
values (:month, :id, :seq, :action, :state, :state, :actor_id, :facts, :at, :prev, :digest)
""").bindparams(sa.bindparam("facts", type_=JSONB))


def add_step(session: Session, values: dict[str, Any]) -> None:
    """Add a transition that leaves the state as it is."""
    session.execute(_STEP, values)


def history(session: Session, month: date, incident_id: int) -> list[sa.Row[Any]]:
    """Return every transition of a case, first to last."""
    return list(
        session.execute(
            sa.text(
                "select seq, action, from_state, to_state, actor_id, facts, at, prev, digest from transition"
                " where month = :month and incident_id = :id order by seq"
            ),
            {"month": month, "id": incident_id},
        )
    )
