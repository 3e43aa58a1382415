"""SQL of the catalogue: versions, items with their limits, lead units, classes of areas, calendars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import copy_rows
from store.database.models import (
    AreaClass,
    Calendar,
    CalendarDay,
    Catalogue,
    CatalogueItem,
    LeadUnit,
)
from store.database.together import read_together

ITEM_COLUMNS = (
    "code", "kind", "class_code", "class_en", "class_zh", "title_en", "title_zh", "filing_en", "filing_zh",
    "closing_en", "closing_zh", "severity", "difficulty", "urgent", "self_handling", "public", "synonyms", "terms",
)  # fmt: skip

_ITEMS = sa.text("""
select i.id, i.code, i.kind, i.class_code, i.class_en, i.class_zh, i.title_en, i.title_zh, i.filing_en, i.filing_zh,
       i.closing_en, i.closing_zh, i.severity, i.difficulty, i.urgent, i.self_handling, i.public, i.synonyms, i.terms,
       coalesce(l.limits, '[]'::json) as limits
from catalogue_item i
left join (
    select t.item_id, json_agg(json_build_array(t.area_class, t.seq, t.phase, t.amount, t.unit)
                               order by t.area_class, t.seq) as limits
    from time_limit t join catalogue_item c on c.id = t.item_id where c.catalogue_id = :catalogue group by t.item_id
) l on l.item_id = i.id
where i.catalogue_id = :catalogue order by i.seq
""")
_PATH = sa.text("""
select path from area where area_code = :code and territory_id = :territory and valid @> current_date
order by length(path) desc limit 1
""")


_NEWEST = sa.text("""
select id, version, title, file, digest, loaded_at from catalogue
where territory_id = :territory order by version desc limit 1
""")
_ZONE = sa.text("select current_setting('TimeZone') as zone")


def newest(session: Session, territory_id: UUID) -> Any:  # noqa: ANN401 - a row, or None
    """Return the catalogue that holds in a territory, or None."""
    (rows,) = read_together(session, [(_NEWEST, {"territory": territory_id})])
    return rows[0] if rows else None


def versions(session: Session, territory_id: UUID) -> Sequence[Any]:
    """Return the versions of a territory's catalogue, newest first, with their counts."""
    classes = sa.func.count(sa.distinct(CatalogueItem.class_code))
    statement = (
        sa.select(
            Catalogue.id, Catalogue.version, Catalogue.title, Catalogue.file, Catalogue.loaded_at,
            sa.func.count(CatalogueItem.id).label("items"), classes.label("classes"),
        )
        .join(CatalogueItem, CatalogueItem.catalogue_id == Catalogue.id, isouter=True)
        .where(Catalogue.territory_id == territory_id)
        .group_by(Catalogue.id)
        .order_by(Catalogue.version.desc())
    )  # fmt: skip
    return session.execute(statement).all()


def read_items(session: Session, catalogue_id: UUID) -> Sequence[Any]:
    """Return the items of a catalogue in order, each with its limits as [class, seq, phase, amount, unit]."""
    return session.execute(_ITEMS, {"catalogue": catalogue_id}).all()


def lock_versions(session: Session, territory_id: UUID) -> None:
    """Wait until nobody else makes a version of a territory's catalogue: two at once get two numbers."""
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('catalogue'), hashtext(:place))"), {
        "place": str(territory_id)})  # fmt: skip


def add_catalogue(session: Session, values: Mapping[str, Any]) -> tuple[UUID, int]:
    """Add the next version of a territory's catalogue; return its id and number."""
    here = Catalogue.territory_id == values["territory_id"]
    lock_versions(session, values["territory_id"])
    version = 1 + int(session.scalar(sa.select(sa.func.max(Catalogue.version)).where(here)) or 0)
    row = Catalogue(id=uuid4(), version=version, **values)
    session.add(row)
    session.flush()
    return row.id, version


def add_items(session: Session, catalogue_id: UUID, items: Iterable[tuple[Mapping[str, Any], Sequence[Any]]]) -> int:
    """Add items with their limits by COPY.

    Parameters
    ----------
    session : Session
    catalogue_id : UUID
    items : iterable of (mapping, sequence)
        Values by column of `ITEM_COLUMNS`, and limits as (class, seq, phase, amount, unit).

    Returns
    -------
    int
        Items added.
    """
    rows, limits = [], []
    for seq, (values, phases) in enumerate(items):
        item_id = uuid4()
        rows.append((item_id, catalogue_id, seq, *(_array(values[name]) for name in ITEM_COLUMNS)))
        limits += [(item_id, *phase) for phase in phases]
    copy_rows(session, "catalogue_item", ("id", "catalogue_id", "seq", *ITEM_COLUMNS), rows)
    copy_rows(session, "time_limit", ("item_id", "area_class", "seq", "phase", "amount", "unit"), limits)
    return len(rows)


def _array(value: Any) -> Any:  # noqa: ANN401 - a cell
    """Write a tuple of words as PostgreSQL reads an array: COPY would take a list for JSON."""
    if not isinstance(value, tuple):
        return value
    quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in value)
    return "{" + ",".join(quoted) + "}"


def area_path(session: Session, territory_id: UUID, area_code: int) -> list[str]:
    """Return the codes of an area and of those above it, the topmost first; empty outside every area."""
    found = session.scalar(_PATH, {"code": area_code, "territory": territory_id})
    return str(found).split(".") if found else []


def areas_with_parents(session: Session, territory_id: UUID) -> dict[str, str | None]:
    """Return the areas of today, each with the code of the one above it."""
    rows = session.execute(
        sa.text(
            "select a.code, p.code as above from area a left join area p on p.id = a.parent_id"
            " where a.territory_id = :territory and a.valid @> current_date order by a.path"
        ),
        {"territory": territory_id},
    )
    return {row.code: row.above for row in rows}


def class_of(session: Session, territory_id: UUID, path: Sequence[str]) -> int:
    """Return the class of an area: its own or that of the nearest area above, else 1."""
    statement = sa.select(AreaClass.area, AreaClass.area_class).where(
        AreaClass.territory_id == territory_id, AreaClass.area.in_([*path, "*"])
    )
    known = {row.area: row.area_class for row in session.execute(statement)}
    return next((known[code] for code in (*reversed(path), "*") if code in known), 1)


def area_classes(session: Session, territory_id: UUID) -> Sequence[Any]:
    """Return the classes that are written down."""
    statement = sa.select(AreaClass.area, AreaClass.area_class).where(AreaClass.territory_id == territory_id)
    return session.execute(statement.order_by(AreaClass.area)).all()


def replace_area_classes(session: Session, territory_id: UUID, rows: Iterable[tuple[str, int]]) -> int:
    """Write down the classes of areas anew."""
    session.execute(sa.delete(AreaClass).where(AreaClass.territory_id == territory_id))
    values = [{"territory_id": territory_id, "area": area, "area_class": number} for area, number in rows]
    if values:
        session.execute(sa.insert(AreaClass), values)
    return len(values)


_RULES = """
select l.item, l.area, l.unit_id, u.code as unit_code, u.name as unit_name
from lead_unit l join unit u on u.id = l.unit_id where l.territory_id = :territory
"""


_ORDER = "order by l.item, l.area, u.code"
_RULES_AROUND = sa.text(f"""{_RULES} and l.item = any(:items)
  and (l.area = :always or l.area = any(string_to_array(({_PATH.text}), '.'))) {_ORDER}
""")


def lead_rules(
    session: Session, territory_id: UUID, *, items: Sequence[str] | None = None, areas: Sequence[str] | None = None
) -> Sequence[Any]:
    """Return who is written down to lead, for some items and areas only where these are given."""
    where, values = "", {"territory": territory_id}
    if items is not None and areas is not None:
        where = " and l.item = any(:items) and l.area = any(:areas)"
        values |= {"items": list(items), "areas": list(areas)}  # type: ignore[dict-item]
    return session.execute(sa.text(f"{_RULES}{where} {_ORDER}"), values).all()


def lead_rules_around(
    session: Session, territory_id: UUID, area_code: int, *, items: Sequence[str], always: str
) -> tuple[list[str], list[Any]]:
    """Return the path of an area as `area_path` does, and who is written down to lead there or above, in one trip.

    Parameters
    ----------
    session : Session
    territory_id : UUID
    area_code : int
    items : sequence of str
        Codes of items and classes.
    always : str
        What rules say that hold in every area.
    """
    values = {"code": area_code, "territory": territory_id}
    found, rows = read_together(
        session, [(_PATH, values), (_RULES_AROUND, values | {"items": list(items), "always": always})]
    )
    return (found[0].path.split(".") if found else []), rows


def replace_lead_units(session: Session, territory_id: UUID, rows: Iterable[tuple[str, str, UUID]]) -> int:
    """Write down anew who leads."""
    session.execute(sa.delete(LeadUnit).where(LeadUnit.territory_id == territory_id))
    return copy_rows(
        session, "lead_unit", ("territory_id", "item", "area", "unit_id"), ((territory_id, *row) for row in rows)
    )


def set_lead_unit(session: Session, territory_id: UUID, item: str, area: str, unit_id: UUID | None) -> None:
    """Have one unit alone lead for an item in an area; None has nobody written down for just these."""
    here = (LeadUnit.territory_id == territory_id, LeadUnit.item == item, LeadUnit.area == area)
    session.execute(sa.delete(LeadUnit).where(*here))
    if unit_id is not None:
        values = {"territory_id": territory_id, "item": item, "area": area, "unit_id": unit_id}
        session.execute(sa.insert(LeadUnit).values(**values))


def calendar_id(session: Session, territory_id: UUID) -> UUID | None:
    """Return the id of the calendar that holds in a territory, or None."""
    statement = sa.select(Calendar.id).where(Calendar.territory_id == territory_id)
    return session.scalar(statement.order_by(Calendar.version.desc()).limit(1))


def read_calendar(session: Session, calendar: UUID) -> tuple[Calendar, Sequence[CalendarDay]]:
    """Return a calendar and its special days in order."""
    days = sa.select(CalendarDay).where(CalendarDay.calendar_id == calendar).order_by(CalendarDay.day)
    return session.get_one(Calendar, calendar), session.scalars(days).all()


def add_calendar(session: Session, values: Mapping[str, Any], days: Iterable[Mapping[str, Any]]) -> tuple[UUID, int]:
    """Add the next version of a territory's calendar; return its id and number."""
    here = Calendar.territory_id == values["territory_id"]
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('calendar'), hashtext(:place))"), {
        "place": str(values["territory_id"])})  # fmt: skip
    version = 1 + int(session.scalar(sa.select(sa.func.max(Calendar.version)).where(here)) or 0)
    row = Calendar(id=uuid4(), version=version, **values)
    session.add(row)
    session.flush()
    rows = [{"calendar_id": row.id, **day} for day in days]
    if rows:
        session.execute(sa.insert(CalendarDay), rows)
    return row.id, version


def session_zone(session: Session) -> str:
    """Return the time zone of the installation, which every connection is opened with."""
    ((row,),) = read_together(session, [(_ZONE, {})])
    return str(row.zone)
