"""Statements of the loaders: bulk inserts by COPY, look-ups by code, removal before a reload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import (
    Area,
    Barrier,
    Base,
    Building,
    Camera,
    Component,
    Dwelling,
    Facility,
    IntakeKey,
    KeyPlace,
    Landcover,
    Staff,
    Street,
    Territory,
    Unit,
    Waterway,
)

Box = tuple[float, float, float, float]

#: Tables that a reload of an extract replaces, children first.
GROUND = (Dwelling, Building, Street, Barrier, Waterway, Landcover, KeyPlace, Facility)
#: Cameras of OpenStreetMap carry the object's name; others are left alone by a reload.
OSM_CAMERA = r"^(node|way|relation)/"


def territory_by_name(session: Session, name: str) -> Territory | None:
    """Return the territory of that name."""
    return session.scalars(sa.select(Territory).where(Territory.name == name)).one_or_none()


def territories(session: Session) -> list[Territory]:
    """Return all territories by name."""
    return list(session.scalars(sa.select(Territory).order_by(Territory.name)))


def add(session: Session, row: object) -> None:
    """Insert one row at once."""
    session.add(row)
    session.flush()


def remove_ground(session: Session, territory_id: UUID) -> None:
    """Delete what an extract gave a territory: ground, estimated dwellings and cameras of OpenStreetMap."""
    for table in GROUND:
        statement = sa.delete(table).where(table.territory_id == territory_id)
        if table is Dwelling:
            statement = statement.where(Dwelling.estimated)
        session.execute(statement)
    session.execute(
        sa.delete(Camera).where(Camera.territory_id == territory_id, Camera.source_ref.regexp_match(OSM_CAMERA))
    )


def remove_estimates(session: Session, territory_id: UUID) -> int:
    """Delete the estimated dwellings of a territory."""
    result = session.execute(sa.delete(Dwelling).where(Dwelling.territory_id == territory_id, Dwelling.estimated))
    return int(getattr(result, "rowcount", 0))


def lock_codes(session: Session) -> None:
    """Let one load number areas at a time."""
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('area codes'))"))


def area_codes(session: Session) -> list[str]:
    """Return every area code ever given."""
    return list(session.scalars(sa.select(Area.code).distinct()))


def read_areas(session: Session, territory_id: UUID) -> Columns:
    """Return id, code, kind, name, path and geometry of a territory's present areas, by code."""
    statement = (
        sa.select(Area.id, Area.code, Area.kind, Area.name, Area.path, wkb(Area.geom).label("geom"))
        .where(Area.territory_id == territory_id, sa.func.upper_inf(Area.valid))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_buildings(session: Session, territory_id: UUID) -> Columns:
    """Return id and geometry of a territory's buildings."""
    statement = (
        sa.select(Building.id, wkb(Building.geom).label("geom"))
        .where(Building.territory_id == territory_id)
        .order_by(Building.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def street_sample(session: Session, box: Box, limit: int) -> Columns:
    """Return streets of any territory that touch the box."""
    envelope = sa.func.ST_MakeEnvelope(*box, 4326)
    statement = sa.select(wkb(Street.geom).label("geom")).where(Street.geom.op("&&")(envelope)).limit(limit)
    return read_columns(session, statement, geometry=["geom"])


def area_outlines_near(session: Session, box: Box) -> Columns:
    """Return code, name and geometry of known areas that touch the box."""
    envelope = sa.func.ST_MakeEnvelope(*box, 4326)
    statement = (
        sa.select(Area.code, Area.name, wkb(Area.geom).label("geom"))
        .where(Area.geom.op("&&")(envelope), sa.func.upper_inf(Area.valid))
        .order_by(Area.code)
    )
    return read_columns(session, statement, geometry=["geom"])


def camera_references(session: Session, codes: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """Return which territory and reference hold each GB/T 28181 code."""
    wanted = sa.cast(list(codes), sa.ARRAY(sa.Text))
    statement = sa.select(Camera.gb28181_id, Camera.territory_id, Camera.source_ref)
    rows = session.execute(statement.where(Camera.gb28181_id == sa.any_(wanted)))
    return {str(code): (territory_id, str(ref)) for code, territory_id, ref in rows}


def ids_by_code(session: Session, territory_id: UUID) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Return area ids by code (and by name where a name is unique), and unit ids by code."""
    areas: dict[str, UUID] = {}
    names: dict[str, list[UUID]] = {}
    rows = session.execute(
        sa.select(Area.code, Area.name, Area.id).where(Area.territory_id == territory_id, sa.func.upper_inf(Area.valid))
    )
    for code, name, area_id in rows:
        areas[code] = area_id
        names.setdefault(name, []).append(area_id)
    areas.update({name: found[0] for name, found in names.items() if len(found) == 1 and name not in areas})
    unit_rows = session.execute(sa.select(Unit.code, Unit.id).where(Unit.territory_id == territory_id))
    return areas, {str(code): unit_id for code, unit_id in unit_rows}


def count_rows(session: Session, territory_id: UUID) -> dict[str, int]:
    """Count a territory's rows, table by table."""
    tables = (Area, *GROUND, Camera, Component, Staff)
    return {
        str(table.__tablename__): int(
            session.scalar(sa.select(sa.func.count()).select_from(table).where(table.territory_id == territory_id)) or 0
        )
        for table in tables
    }


def households(session: Session, territory_id: UUID) -> int:
    """Sum the households of a territory's dwellings."""
    statement = sa.select(sa.func.coalesce(sa.func.sum(Dwelling.households), 0))
    return int(session.scalar(statement.where(Dwelling.territory_id == territory_id)) or 0)


def evidence(session: Session, territory_id: UUID) -> dict[str, int]:
    """Sum the estimated households of a territory by what the estimates rest on."""
    statement = (
        sa.select(Dwelling.evidence, sa.func.sum(Dwelling.households))
        .where(Dwelling.territory_id == territory_id, Dwelling.estimated, Dwelling.evidence.is_not(None))
        .group_by(Dwelling.evidence)
    )
    return {str(name): int(total) for name, total in session.execute(statement)}


def upsert_rows(
    session: Session, table: str, columns: Sequence[str], key: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[int, int]:
    """Insert rows by COPY; rows whose key is there already are brought up to date.

    Parameters
    ----------
    session : Session
        Of the owner: COPY is refused under row security.
    table : str
    columns : sequence of str
        What each row gives, the key included.
    key : sequence of str
        Columns of a unique constraint.
    rows : iterable of sequence

    Returns
    -------
    inserted, updated : int
        Rows that already held just these values count as neither.
    """
    names = ", ".join(columns)
    session.execute(sa.text("drop table if exists load_stage"))
    session.execute(sa.text(f"create temp table load_stage on commit drop as select {names} from {table} with no data"))  # noqa: S608
    copy_rows(session, "load_stage", columns, rows)
    others = [name for name in columns if name not in key]
    changes = [f"{name} = excluded.{name}" for name in others]
    if "revision" in Base.metadata.tables[table].columns:
        changes.append(f"revision = {table}.revision + 1")
    differs = " or ".join(f"{table}.{name} is distinct from excluded.{name}" for name in others) or "false"
    action = f"do update set {', '.join(changes)} where {differs}" if others else "do nothing"
    statement = sa.text(
        f"with done as (insert into {table} ({names}) select {names} from load_stage"  # noqa: S608 - names, no values
        f" on conflict ({', '.join(key)}) {action} returning (xmax = 0) as fresh)"
        " select count(*) filter (where fresh), count(*) filter (where not fresh) from done"
    )
    inserted, updated = session.execute(statement).one()
    session.execute(sa.text("drop table load_stage"))
    return int(inserted), int(updated)


def area_numbers(session: Session, territory_id: UUID) -> dict[str, tuple[int, int, int]]:
    """Return the village, town and county number of each area by its code."""
    statement = sa.select(Area.code, Area.area_code, Area.town_code, Area.county_code)
    rows = session.execute(statement.where(Area.territory_id == territory_id))
    return {str(code): (int(area), int(town), int(county)) for code, area, town, county in rows}


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


_STATUS_STAGE = "create temp table status_stage (camera_id uuid, online boolean, at timestamptz) on commit drop"

# only what differs from the open period closes it; a status older than the open period tells nothing new
_STATUS_CLOSE = """
update camera_status c set period = tstzrange(lower(c.period), s.at)
from status_stage s
where c.camera_id = s.camera_id and upper_inf(c.period) and lower(c.period) < s.at and c.online <> s.online
"""
_STATUS_OPEN = """
insert into camera_status (camera_id, online, period)
select s.camera_id, s.online, tstzrange(s.at, null) from status_stage s
where not exists (
    select from camera_status c where c.camera_id = s.camera_id and c.period && tstzrange(s.at, null)
)
"""
_STATUS_NOW = """
update camera c set online = s.online, revision = c.revision + 1 from status_stage s
where c.id = s.camera_id and c.online <> s.online
"""


def update_camera_status(session: Session, rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Take the latest status of cameras; a change closes the open period and opens the next.

    Parameters
    ----------
    session : Session
    rows : sequence of (camera id, online, at)
        One a camera.

    Returns
    -------
    opened, changed : int
        Periods opened; cameras whose present status changed.
    """
    session.execute(sa.text("drop table if exists status_stage"))
    session.execute(sa.text(_STATUS_STAGE))
    copy_rows(session, "status_stage", ("camera_id", "online", "at"), rows)
    session.execute(sa.text(_STATUS_CLOSE))
    opened = session.execute(sa.text(_STATUS_OPEN))
    changed = session.execute(sa.text(_STATUS_NOW))
    session.execute(sa.text("drop table status_stage"))
    return int(getattr(opened, "rowcount", 0)), int(getattr(changed, "rowcount", 0))


def camera_ids(session: Session, territory_id: UUID) -> dict[str, UUID]:
    """Return camera ids by GB/T 28181 code and by reference."""
    statement = sa.select(Camera.gb28181_id, Camera.source_ref, Camera.id).where(Camera.territory_id == territory_id)
    found: dict[str, UUID] = {}
    for code, ref, camera_id in session.execute(statement):
        found.update({str(name): camera_id for name in (ref, code) if name})
    return found


def area_ids(session: Session, codes: Sequence[str]) -> dict[str, tuple[UUID, UUID]]:
    """Return id and territory of the present areas with these codes."""
    statement = sa.select(Area.code, Area.id, Area.territory_id).where(
        Area.code == sa.any_(sa.cast(list(codes), sa.ARRAY(sa.Text))), sa.func.upper_inf(Area.valid)
    )
    return {str(code): (area_id, territory_id) for code, area_id, territory_id in session.execute(statement)}


def area_ids_of(session: Session, territory_id: UUID) -> dict[str, UUID]:
    """Return the ids of a territory's present areas by code."""
    statement = sa.select(Area.code, Area.id)
    rows = session.execute(statement.where(Area.territory_id == territory_id, sa.func.upper_inf(Area.valid)))
    return {str(code): area_id for code, area_id in rows}


AREA_COLUMNS = (
    "id", "territory_id", "code", "kind", "name", "parent_id", "path", "area_code", "town_code", "county_code", "geom",
)  # fmt: skip


def save_areas(session: Session, rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Insert areas; those whose id is there already get the new name, parent and outline.

    Parameters
    ----------
    session : Session
    rows : sequence of sequence
        In the order of `AREA_COLUMNS`.

    Returns
    -------
    inserted, updated : int
    """
    return upsert_rows(session, "area", AREA_COLUMNS, ("id",), rows)


def widen_outline(session: Session, territory_id: UUID) -> None:
    """Let the territory's outline hold all its areas."""
    statement = """
        update territory t set outline = st_multi(st_union(t.outline, a.geom)) from (
            select st_union(geom) as geom from area where territory_id = :territory and upper_inf(valid)
        ) a where t.id = :territory and not st_covers(t.outline, a.geom)
    """
    session.execute(sa.text(statement), {"territory": territory_id})


def territory_of_areas(session: Session, texts: Sequence[str]) -> Territory | None:
    """Return the one territory whose areas carry codes among `texts`; None for none or several."""
    owners = (
        sa.select(Area.territory_id).where(Area.code == sa.any_(sa.cast(list(texts), sa.ARRAY(sa.Text)))).distinct()
    )
    found = session.scalars(sa.select(Territory).where(Territory.id.in_(owners))).all()
    return found[0] if len(found) == 1 else None
