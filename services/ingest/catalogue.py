"""Load a catalogue, who leads for its items, and how busy areas are; a file goes in whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from casework.catalogue import AREA_CLASSES, Phase, read_list, read_phases, search_terms
from casework.routing import ALL
from gis.errors import InvalidInputError
from services.access import record
from services.catalogue import items_of, version_id
from services.ingest.fields import AREA_WORDS, Field, area_word, code_text, short_text, text, whole, yes_no
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, open_load, parse_cells, start_load
from services.ingest.save import look_up, refuse_repeats, save
from store.database import catalogue as sql
from store.database import ingest as ingest_sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.files.limits import readable_file
from store.files.tables import Table

LOADERS = ("system_administrator", "shift_leader", "planner")
_SEVERITY = {
    "minor": "minor",
    "major": "major",
    "critical": "critical",
    "小事": "minor",
    "大事": "major",
    "重大": "critical",
}
_KIND = {"event": "event", "component": "component", "事件": "event", "部件": "component"}


def _one_of(words: dict[str, str], remedy: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        found = words.get(cell.strip().lower())
        if found is None:
            raise InvalidInputError("is not known", reason="is not known", remedy=remedy)
        return found

    return parse


def _sentence(cell: str) -> str:
    value = text(cell)
    if len(value) > 1000:
        raise InvalidInputError("is too long", reason=f"is {len(value)} characters long", remedy="give at most 1000")
    return value


def _limit(area_class: int) -> Callable[[str], tuple[Phase, ...]]:
    def parse(cell: str) -> tuple[Phase, ...]:
        try:
            return read_phases(cell, area_class)
        except InvalidInputError as error:
            remedy = "write such as '4 工作时' or '抢险 3 紧急工作时; 修复 5 工作日'"
            raise InvalidInputError(error.message, reason=error.message.rstrip("."), remedy=remedy) from error

    return parse


def _words(cell: str) -> tuple[str, ...]:
    found = read_list(text(cell))
    if len(found) > 50 or any(len(word) > 100 for word in found):
        raise InvalidInputError("is too much", reason="is too much", remedy="give at most 50 words of 100 characters")
    return found


CATALOGUE_FIELDS = (
    Field("code", code_text, ("item_code", "小类代码", "事项编码", "编码", "代码"), required=True, unique=True),
    Field("kind", _one_of(_KIND, "give event or component (事件/部件)"), ("类型", "类别")),
    Field("class_code", code_text, ("大类代码", "类代码"), required=True),
    Field("class_zh", short_text, ("大类名称", "大类")),
    Field("class_en", short_text, ("class",)),
    Field("name_zh", short_text, ("小类名称", "事项名称", "小类", "名称"), required=True),
    Field("name_en", short_text, ("name",)),
    Field("filing_zh", _sentence, ("立案条件",)),
    Field("filing_en", _sentence, ("filing",)),
    Field("closing_zh", _sentence, ("结案条件",)),
    Field("closing_en", _sentence, ("closing",)),
    Field("severity", _one_of(_SEVERITY, "give minor, major or critical (小事/大事/重大)"), ("严重程度", "事件等级")),
    Field("difficulty", whole(1, 5), ("难度", "难易程度")),
    Field("urgent", yes_no, ("紧急", "是否紧急")),
    Field("self_handling", yes_no, ("自处置", "可自处置")),
    Field("public", yes_no, ("公众可报", "对外")),
    Field("synonyms", _words, ("同义词", "别名")),
    Field("limit_1", _limit(1), ("limit", "处置时限", "时限", "一类区域"), required=True),
    Field("limit_2", _limit(2), ("二类区域",)),
    Field("limit_3", _limit(3), ("三类区域",)),
    Field("limit_4", _limit(4), ("四类区域",)),
)
_TEXTS = ("class_zh", "class_en", "name_en", "filing_zh", "filing_en", "closing_zh", "closing_en")
_USUAL: dict[str, Any] = {
    **dict.fromkeys(_TEXTS, ""), "kind": "event", "severity": "minor", "difficulty": 1, "urgent": False,
    "self_handling": False, "public": True, "synonyms": (),
}  # fmt: skip


def load_catalogue(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load a catalogue as a new version; cases that are open keep the limits that they were opened with.

    Parameters
    ----------
    work : UnitOfWork
        Of the owner; the caller commits.
    path : Path or str
        CSV, XLSX, or JSON: a list of items with the same fields, alone or under ``items``.
    **options
        See `LoadOptions`.

    Raises
    ------
    RejectedRowsError, InvalidInputError
        Every row that was refused is in the report; nothing is half loaded.
    """
    work.actor.require(*LOADERS)
    load = _open(work, Path(path), options)
    _check_classes(load)
    known = sql.newest(work.session, load.territory.id)
    digest = hashlib.sha256(repr(_rows(load)).encode()).hexdigest()
    if known is not None and known.digest == digest and not load.report.rejected:
        load.report.unchanged, load.report.accepted = True, len(load.kept)
        load.report.warnings.append(f"This is the catalogue that holds already (version {known.version}).")
        return load.report
    return save(load, lambda: _save(load, digest), layer=None)


def _open(work: UnitOfWork, path: Path, options: LoadOptions) -> RowLoad:
    if path.suffix.lower() != ".json":
        return open_load(work, "catalogue", path, CATALOGUE_FIELDS, options)
    table = _json_table(path)
    load = start_load(work, "catalogue", table, options, find_territory(work.session, options.get("territory")))
    parse_cells(load, CATALOGUE_FIELDS)
    return load


def _json_table(path: Path) -> Table:
    """Read a JSON list of items as the table that it is."""
    path = readable_file(path, what="a catalogue (.csv, .xlsx, .json)", remedy="Split it.")
    try:
        body = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path.name} is no JSON: {error}.", file=path.name) from error
    items = body.get("items") if isinstance(body, dict) else body
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise InvalidInputError(f"{path.name} holds no list of items.", file=path.name, place="$.items")
    columns = tuple(dict.fromkeys(str(name) for one in items for name in one))
    cells = {name: [_cell(one.get(name)) for one in items] for name in columns}
    return Table(path.name, columns, cells, np.arange(1, len(items) + 1), counted="item")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_classes(load: RowLoad) -> None:
    """Refuse a class that is called by two names, and an item that is called like its class's code."""
    names: dict[str, tuple[str, int]] = {}
    for row in load.kept.tolist():
        code, called = load.values["class_code"][row], load.values["class_zh"][row]
        if called is None:
            continue
        first, line = names.setdefault(code, (called, row))
        if first != called:
            load.reject(
                row,
                load.column_of("class_zh"),
                called,
                reason=f"names class {code}, which {load.table.named(line)} calls '{first}'",
                remedy="call a class by one name",
            )
    for row in load.kept.tolist():
        if load.values["code"][row] in names:
            load.reject(
                row,
                load.column_of("code"),
                load.values["code"][row],
                reason="is the code of a class, too",
                remedy="give items and classes codes of their own",
            )


def _rows(load: RowLoad) -> list[tuple[dict[str, Any], list[tuple[Any, ...]]]]:
    found = []
    for row in load.kept.tolist():
        given = {name: values[row] for name, values in load.values.items()}
        values = {name: usual if given[name] is None else given[name] for name, usual in _USUAL.items()}
        values |= {"code": given["code"], "class_code": given["class_code"]}
        values["title_zh"], values["title_en"] = given["name_zh"], values.pop("name_en")
        words = (values["title_zh"], values["title_en"], given["code"], *values["synonyms"])
        values["terms"] = search_terms(words)
        phases = [phase for number in AREA_CLASSES for phase in given[f"limit_{number}"] or ()]
        limits = [
            (phase.area_class, phase.seq, phase.name, phase.limit.amount, phase.limit.unit.value) for phase in phases
        ]
        found.append((values, limits))
    return found


def _save(load: RowLoad, digest: str) -> dict[str, int]:
    about = {
        "territory_id": load.territory.id,
        "title": Path(load.table.file).stem,
        "file": load.table.file,
        "digest": digest,
        "demo": bool(load.options.get("demo")),
        "loaded_by": load.work.actor.account_id,
    }
    catalogue_id, version = sql.add_catalogue(load.work.session, about)
    rows = _rows(load)
    items = sql.add_items(load.work.session, catalogue_id, rows)
    record(load.work, "catalogue.load", target=load.table.file, details={"version": version, "items": items})
    return {"items": items, "classes": len({values["class_code"] for values, _ in rows}), "version": version}


LEAD_FIELDS = (
    Field("item", code_text, ("item_code", "事项编码", "小类代码", "编码", "事项")),
    Field("area", area_word, AREA_WORDS),
    Field("unit", code_text, ("unit_code", "主办单位编码", "责任单位编码", "单位编码", "主办单位"), required=True),
)


def load_lead_units(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load who leads: item (or class, or empty for all), area (empty for everywhere), unit; the list before goes.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require(*LOADERS)
    load = open_load(work, "lead-units", path, LEAD_FIELDS, options)
    _, units = ingest_sql.ids_by_code(work.session, load.territory.id)
    _bring_areas_to_codes(load)
    items = items_of(work, version_id(work, load.territory.id))
    known = {ALL, *items, *(one.class_code for one in items.values())}
    unit = look_up(load, "unit", units, what="unit", remedy="load units first")
    rows: dict[tuple[str, str, str], None] = {}
    for row in load.kept.tolist():
        item, area = load.values["item"][row] or ALL, load.values["area"][row] or ALL
        if item not in known:
            load.reject(
                row, load.column_of("item"), item, reason="names no known item", remedy="load a catalogue first"
            )
        else:
            rows[item, area, str(unit[row])] = None

    def write() -> dict[str, int]:
        count = sql.replace_lead_units(work.session, load.territory.id, rows)  # type: ignore[arg-type]  # COPY reads text
        record(work, "lead-units.load", target=load.table.file, details={"rules": count})
        return {"rules": count}

    return save(load, write, layer=None)


def _bring_areas_to_codes(load: RowLoad) -> None:
    """Write each area as the code that rules are found by; a name, or twelve digits, would match nothing later."""
    known = ingest_sql.areas_by_word(load.work.session, load.territory.id)
    values = load.values["area"]
    for row in load.kept.tolist():
        if values[row] not in (None, ALL) and values[row] not in known:
            load.reject(
                row, load.column_of("area"), values[row], reason="names no known area", remedy="give an area's code"
            )
        elif values[row] in known:
            values[row] = known[values[row]][0]


CLASS_FIELDS = (
    Field("area", area_word, AREA_WORDS, required=True),
    Field("area_class", whole(1, 4), ("class", "区域类别", "类别"), required=True),
)


def load_area_classes(work: UnitOfWork, path: Path | str, **options: Unpack[LoadOptions]) -> LoadReport:
    """Load how busy areas are (1 is the busiest), which decides their limits; the list before goes.

    Raises
    ------
    RejectedRowsError, InvalidInputError
    """
    work.actor.require(*LOADERS)
    load = open_load(work, "area-classes", path, CLASS_FIELDS, options)
    _bring_areas_to_codes(load)
    refuse_repeats(load, "area", load.values["area"])

    def write() -> dict[str, int]:
        kept = [(load.values["area"][row], load.values["area_class"][row]) for row in load.kept.tolist()]
        return {"areas": sql.replace_area_classes(work.session, load.territory.id, kept)}

    return save(load, write, layer=None)
