"""Statements of the loaders: bulk inserts by COPY, look-ups by code, removal before a reload."""

from __future__ import annotations

from collections import Counter
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
    Compound,
    Dwelling,
    Facility,
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
GROUND = (Dwelling, Building, Street, Barrier, Waterway, Landcover, Compound, KeyPlace, Facility)
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
        .where(Area.territory_id == territory_id, Area.valid.contains(sa.func.current_date()))
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
        .where(Area.geom.op("&&")(envelope), Area.valid.contains(sa.func.current_date()))
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
    """Return area ids by what a file may call them (see `areas_by_word`), and unit ids by code."""
    areas = {word: area_id for word, (_, area_id) in areas_by_word(session, territory_id).items()}
    unit_rows = session.execute(sa.select(Unit.code, Unit.id).where(Unit.territory_id == territory_id))
    return areas, {str(code): unit_id for code, unit_id in unit_rows}


def areas_by_word(session: Session, territory_id: UUID) -> dict[str, tuple[str, UUID]]:
    """Return code and id of today's areas by code, by its twelve digits, and by name where that is unique."""
    statement = sa.select(Area.code, Area.name, Area.id).where(
        Area.territory_id == territory_id, Area.valid.contains(sa.func.current_date())
    )
    rows = [(code, name, (code, area_id)) for code, name, area_id in session.execute(statement)]
    names = Counter(name for _, name, _ in rows)
    # later ones win: a name that is another area's code means that code
    return (
        {name: area for _, name, area in rows if names[name] == 1}
        | {code.ljust(12, "0"): area for code, _, area in rows if code.isdigit() and len(code) in {6, 9}}
        | {code: area for code, _, area in rows}
    )


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
        Area.code == sa.any_(sa.cast(list(codes), sa.ARRAY(sa.Text))), Area.valid.contains(sa.func.current_date())
    )
    return {str(code): (area_id, territory_id) for code, area_id, territory_id in session.execute(statement)}


def area_ids_of(session: Session, territory_id: UUID) -> dict[str, UUID]:
    """Return the ids of a territory's present areas by code."""
    statement = sa.select(Area.code, Area.id)
    rows = session.execute(
        statement.where(Area.territory_id == territory_id, Area.valid.contains(sa.func.current_date()))
    )
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
            select st_union(geom) as geom from area where territory_id = :territory and valid @> current_date
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


def territory_meeting(session: Session, box: Box) -> Territory | None:
    """Return the one territory whose outline meets the box; None for none or several."""
    envelope = sa.func.ST_MakeEnvelope(*box, 4326)
    meets = sa.and_(Territory.outline.op("&&")(envelope), sa.func.ST_Intersects(Territory.outline, envelope))
    found = session.scalars(sa.select(Territory).where(meets).limit(2)).all()
    return found[0] if len(found) == 1 else None


# an extract without closed boundaries is one area with a local number, until real areas come
_PLACEHOLDERS = """
update area a set valid = daterange(lower(a.valid), greatest(current_date, lower(a.valid))), revision = revision + 1
where a.territory_id = :territory and a.kind = 'zone' and a.code like '99%' and a.valid @> current_date
  and exists (select from area o where o.territory_id = :territory and o.valid @> current_date
              and o.code not like '99%')
"""
_ASSIGN = """
with leaf as (
    select a.id, a.code, a.geom from area a where a.territory_id = :territory and a.valid @> current_date
      and not exists (select from area c where c.parent_id = a.id and c.valid @> current_date)
), found as (
    select d.id, (select l.id from leaf l where l.geom && d.point and st_intersects(l.geom, d.point)
                  order by l.code limit 1) as area_id
    from dwelling d where d.territory_id = :territory
)
update dwelling d set area_id = f.area_id from found f where f.id = d.id and d.area_id is distinct from f.area_id
"""


def close_placeholders(session: Session, territory_id: UUID) -> int:
    """End the validity of an extract's placeholder area once the territory has real areas."""
    result = session.execute(sa.text(_PLACEHOLDERS), {"territory": territory_id})
    return int(getattr(result, "rowcount", 0))


def assign_dwellings(session: Session, territory_id: UUID) -> int:
    """Put each dwelling of a territory into the finest present area that holds it."""
    result = session.execute(sa.text(_ASSIGN), {"territory": territory_id})
    return int(getattr(result, "rowcount", 0))
