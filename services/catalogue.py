"""The catalogue: what may be reported, found by any of its names, with its limits and who leads for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final
from uuid import UUID

from casework.catalogue import Phase, phases_of, plain, recognise, search
from casework.limits import Limit, Unit
from casework.routing import ALL, NOBODY, SEVERAL, LeadRule, lead_table
from gis.errors import InvalidInputError, NotFoundError
from services.access import record
from store.database import catalogue as sql
from store.database import organisation as unit_sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

KEPT: Final = 8
LISTED: Final = 200
"""Holes and doubles that a list shows; all of them are counted."""
_known: OrderedDict[UUID, dict[str, ItemView]] = OrderedDict()
_called: OrderedDict[UUID, dict[str, str | None]] = OrderedDict()
_lock = Lock()
_HOLDING: Final = "catalogue that holds"


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of the catalogue."""

    code: str
    kind: str
    class_code: str
    class_en: str
    class_zh: str
    name_en: str
    name_zh: str
    filing_en: str
    filing_zh: str
    closing_en: str
    closing_zh: str
    severity: str
    difficulty: int
    urgent: bool
    self_handling: bool
    public: bool
    synonyms: tuple[str, ...]
    terms: tuple[str, ...]
    limits: tuple[Phase, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names and synonyms that free text may call it by."""
        return tuple(word for word in (self.name_zh, self.name_en, *self.synonyms) if word)


@dataclass(frozen=True, slots=True)
class CatalogueView:
    """A version of a territory's catalogue."""

    id: UUID
    version: int
    title: str
    file: str
    loaded_at: datetime
    items: int
    classes: int


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit by its names."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class LeadReport:
    """Whether every item has one lead unit in every area: counts, and the first pairs of (item, area) that don't."""

    items: int
    areas: int
    holes: int
    doubles: int
    first_holes: list[tuple[str, str]]
    first_doubles: list[tuple[str, str]]


def version_id(work: UnitOfWork, territory_id: UUID) -> UUID | None:
    """Return the id of the catalogue that holds in a territory, or None; a question looks it up once."""
    known = work.session.info.setdefault(_HOLDING, {}) if work.doing is not None and work.doing.asks else {}
    if territory_id not in known:
        found = sql.newest(work.session, territory_id)
        known[territory_id] = None if found is None else found.id
    held: UUID | None = known[territory_id]
    return held


def list_versions(work: UnitOfWork, territory: UUID | str | None = None) -> list[CatalogueView]:
    """Return the versions of a territory's catalogue, newest first."""
    rows = sql.versions(work.session, find_territory(work.session, territory).id)
    return [
        CatalogueView(row.id, row.version, row.title, row.file, row.loaded_at, row.items, row.classes) for row in rows
    ]


def items_of(work: UnitOfWork, catalogue_id: UUID | None) -> dict[str, ItemView]:
    """Return the items of a version by code; versions never change, so a process reads each once."""
    if catalogue_id is None:
        return {}
    with _lock:
        if catalogue_id in _known:
            _known.move_to_end(catalogue_id)
            return _known[catalogue_id]
    read = {row.code: _view(row) for row in sql.read_items(work.session, catalogue_id)}
    with _lock:
        _known[catalogue_id] = read
        if len(_known) > KEPT:
            _known.popitem(last=False)
    return read


def list_items(
    work: UnitOfWork,
    q: str | None = None,
    *,
    territory: UUID | str | None = None,
    class_code: str | None = None,
    public: bool = False,
    limit: int = 2000,
) -> list[ItemView]:
    """Return items in the order of the catalogue, or those that fit words, best first.

    Parameters
    ----------
    work : UnitOfWork
    q : str or None
        Chinese, pinyin, initials, Latin or a code.
    territory : UUID, str or None
        The only one when None.
    class_code : str or None
    public : bool
        Only what anybody may report.
    limit : int
    """
    place = find_territory(work.session, territory).id
    items = items_of(work, version_id(work, place))
    codes: Sequence[str] = list(items) if not q else search({code: item.terms for code, item in items.items()}, q)
    chosen = (items[code] for code in codes)
    fitting = (item for item in chosen if class_code in (None, item.class_code) and (item.public or not public))
    return [item for item, _ in zip(fitting, range(limit), strict=False)]


def item(work: UnitOfWork, code: str, territory: UUID | str | None = None) -> ItemView:
    """Return one item of the catalogue that holds.

    Raises
    ------
    NotFoundError
        It has no such item.
    """
    found = find_item(work, code, find_territory(work.session, territory).id)
    if found is None:
        raise NotFoundError(f"The catalogue has no item {code[:40]}.", item=code[:40])
    return found


def find_item(work: UnitOfWork, code: str | None, territory_id: UUID) -> ItemView | None:
    """Return one item, None where there is none."""
    return None if code is None else items_of(work, version_id(work, territory_id)).get(code)


def item_names(work: UnitOfWork, words: str, code: str | None, territory_id: UUID) -> tuple[str, str]:
    """Return what a report is about in English and in Chinese: as the catalogue calls it, else in its own words."""
    found = find_item(work, code, territory_id)
    return (words, words) if found is None else (found.name_en or words, found.name_zh or words)


def code_of(work: UnitOfWork, texts: Sequence[str], territory_id: UUID) -> list[str | None]:
    """Return the item that each free text names; None where that is not plain.

    Parameters
    ----------
    work : UnitOfWork
    texts : sequence of str
        Names, synonyms, codes or sentences.
    territory_id : UUID
    """
    items = items_of(work, version_id(work, territory_id))
    names = {code: one.names for code, one in items.items()}
    known: dict[str, str | None] = {}
    for text in texts:
        if text not in known:
            known[text] = text.strip() if text.strip() in items else recognise(names, text) if plain(text) else None
    return [known[text] for text in texts]


def item_called(work: UnitOfWork, text: str, territory_id: UUID) -> str | None:
    """Return the one item that has this code, name or synonym, whole; None where several or none have."""
    catalogue_id = version_id(work, territory_id)
    if catalogue_id is None:
        return None
    with _lock:
        called = _called.get(catalogue_id)
    if called is None:
        called = _by_name(items_of(work, catalogue_id))
        with _lock:
            _called[catalogue_id] = called
            if len(_called) > KEPT:
                _called.popitem(last=False)
    return called.get(plain(text))


def _by_name(items: Mapping[str, ItemView]) -> dict[str, str | None]:
    """Return the code of the item that each code, name and synonym means, None where several items have it."""
    found: dict[str, str | None] = {}
    for code, one in items.items():
        for name in {plain(code), *map(plain, one.names)}:
            found[name] = None if name in found else code
    return found


def recognise_item(work: UnitOfWork, text: str, territory_id: UUID) -> str | None:
    """Return the item that a free text names, or None."""
    return code_of(work, [text], territory_id)[0]


def limits_of(found: ItemView, area_class: int) -> tuple[Phase, ...]:
    """Return the limits of an item in areas of a class."""
    return phases_of(found.limits, area_class)


def class_of(work: UnitOfWork, territory_id: UUID, area_code: int) -> int:
    """Return the class of the area with a 12-digit code; 1 where nothing else is written down."""
    return sql.class_of(work.session, territory_id, sql.area_path(work.session, territory_id, area_code))


def lead_unit(work: UnitOfWork, code: str, area_code: int, territory_id: UUID) -> UnitName | None:
    """Return the unit that leads for an item in an area; None where nobody does, or where several would."""
    found = find_item(work, code, territory_id)
    if found is None:
        return None
    items = [code, found.class_code, ALL]
    path, rows = sql.lead_rules_around(work.session, territory_id, area_code, items=items, always=ALL)
    here = path[-1] if path else ALL
    above: dict[str, str | None] = dict(zip(path, [None, *path[:-1]], strict=True)) if path else {ALL: None}
    units = {row.unit_code: UnitName(row.unit_id, row.unit_code, row.unit_name) for row in rows}
    rules = [LeadRule(row.item, row.area, row.unit_code) for row in rows]
    leader = lead_table({code: found.class_code}, above, rules).unit(code, here)
    return None if leader is None else units[leader]


def lead_report(work: UnitOfWork, territory: UUID | str | None = None) -> LeadReport:
    """Check that every item has exactly one lead unit in every area."""
    place = find_territory(work.session, territory).id
    items = items_of(work, version_id(work, place))
    areas = sql.areas_with_parents(work.session, place)
    rules = [LeadRule(row.item, row.area, row.unit_code) for row in sql.lead_rules(work.session, place)]
    table = lead_table({code: one.class_code for code, one in items.items()}, areas, rules)
    return LeadReport(
        len(items),
        len(areas),
        table.count(NOBODY),
        table.count(SEVERAL),
        table.places(NOBODY, LISTED),
        table.places(SEVERAL, LISTED),
    )


def lead_rules(work: UnitOfWork, territory: UUID | str | None = None) -> list[tuple[str, str, UnitName]]:
    """Return who is written down to lead: item, area, unit."""
    rows = sql.lead_rules(work.session, find_territory(work.session, territory).id)
    return [(row.item, row.area, UnitName(row.unit_id, row.unit_code, row.unit_name)) for row in rows]


def set_lead_unit(
    work: UnitOfWork, item: str, area: str, unit: UUID | None, *, territory: UUID | str | None = None
) -> None:
    """Have one unit alone lead for an item in an area, or nobody be written down for just these.

    Parameters
    ----------
    work : UnitOfWork
    item : str
        Code of an item or of a class, or ``*`` for all.
    area : str
        Code of an area, or ``*`` for everywhere.
    unit : UUID or None
    territory : UUID, str or None

    Raises
    ------
    InvalidInputError
        There is no such item, area or unit.
    """
    work.actor.require("system_administrator", "shift_leader", "planner")
    work.actor.require_everywhere()
    place = find_territory(work.session, territory).id
    # what a retired item or an area that is gone leaves behind may still be taken away
    if unit is not None or not sql.lead_rules(work.session, place, items=[item], areas=[area]):
        _check_pair(work, place, item, area)
    known = None if unit is None else unit_sql.find_unit(work.session, unit)
    if unit is not None and (known is None or known.territory_id != place):
        raise InvalidInputError("There is no such unit.", field="unit")
    sql.set_lead_unit(work.session, place, item, area, unit)
    record(work, "lead-unit.set", target=item, details={"area": area, "unit": known and known.code})
    work.announce("organisation", {}, place)


def _check_pair(work: UnitOfWork, place: UUID, item: str, area: str) -> None:
    items = items_of(work, version_id(work, place))
    if item not in {ALL, *items, *(one.class_code for one in items.values())}:
        raise InvalidInputError(f"The catalogue has no item or class '{item[:40]}'.", field="item")
    if area != ALL and area not in sql.areas_with_parents(work.session, place):
        raise InvalidInputError(f"There is no area '{area[:40]}'.", field="area")


def _view(row: Any) -> ItemView:  # noqa: ANN401 - a database row
    return ItemView(
        row.code,
        row.kind,
        row.class_code,
        row.class_en,
        row.class_zh,
        row.title_en,
        row.title_zh,
        row.filing_en,
        row.filing_zh,
        row.closing_en,
        row.closing_zh,
        row.severity,
        row.difficulty,
        row.urgent,
        row.self_handling,
        row.public,
        tuple(row.synonyms),
        tuple(row.terms),
        tuple(Phase(one[0], one[1], one[2], Limit(one[3], Unit(one[4]))) for one in row.limits),
    )
