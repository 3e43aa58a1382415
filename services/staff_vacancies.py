"""Vacancies at any date: grids without a head, places that a ratio rule finds short of people, heads who are away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from grid_coverage.staffing_ratios import people_needed
from services.staff_rules import Rule, active_for, rules_of
from store.database import organisation_rules as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.types import Row


@dataclass(frozen=True, slots=True)
class Place:
    """A grid, village or town where people are counted.

    Attributes
    ----------
    kind : {"grid", "village", "town"}
    grids : tuple of UUID
        Its grids.
    areas : tuple of UUID
        Areas whose own holders count.
    """

    kind: str
    id: UUID | None
    code: str
    name: str
    grids: tuple[UUID, ...]
    areas: tuple[UUID, ...]
    households: int
    lon: float
    lat: float


@dataclass(slots=True)
class Scene:
    """The places of a date, and who holds what in them.

    Attributes
    ----------
    places : dict
        Places by kind, in code order.
    holders : dict
        (role, grid or area) → ids of staff.
    towns : dict
        Village → its town.
    """

    places: dict[str, list[Place]]
    holders: dict[tuple[str, UUID], set[UUID]]
    towns: dict[UUID, Place]
    groups: dict[UUID, int] = field(default_factory=dict)
    counts: dict[tuple[str, UUID], int] = field(default_factory=dict)


def vacancies(
    work: UnitOfWork, *, at: datetime, territory: UUID | str | None = None, kind: str = "household"
) -> dict[str, Any]:
    """Return what is vacant at a moment, rule by rule, and which heads are away with who stands in.

    Parameters
    ----------
    work : UnitOfWork
    at : datetime
        Past or to come: grids, posts and absences are those of that moment. Ratio rules are those of today.
    territory : UUID or str, optional
    kind : str
        Kind of grid.

    Returns
    -------
    dict
        ``at``, ``kind``, ``grids`` (how many), ``vacancies`` (a line for each place and rule), ``absent`` and
        ``rules`` (how many people each lacks).
    """
    place = find_territory(work.session, territory)
    grids = sql.grids_at(work.session, place.id, kind, at)
    held = sql.held_at(work.session, place.id, at)
    scene = _scene(grids, held)
    rules = [rule for rule in active_for(rules_of(work, place.id), kind) if not rule.optional]
    if work.actor.is_limited:
        # of a town they may see a part, and a part would always be short
        rules = [rule for rule in rules if all(way.per != "town" for way in rule.ways)]
    scene.groups = sql.groups_below(work.session, place.id)
    scene.counts = sql.counts_of_role(work.session, place.id)
    found = [line for rule in rules for line in _lacking(rule, scene)]
    short: dict[str, int] = dict.fromkeys((rule.code for rule in rules), 0)
    for line in found:
        short[line["rule"]] += line["lacking"]
    return {
        "at": at,
        "kind": kind,
        "territory": place.id,
        "grids": len(grids),
        "vacancies": found,
        "absent": _absent(grids, held),
        "rules": [
            {"rule": rule.code, "title_en": rule.title_en, "title_zh": rule.title_zh, "role": rule.role,
             "lacking": short[rule.code]}
            for rule in rules
        ],
    }  # fmt: skip


def as_geojson(work: UnitOfWork, found: dict[str, Any]) -> dict[str, Any]:
    """Return vacancies as a FeatureCollection: shapes of grids, middles of villages and towns; EPSG:4326."""
    grids = [line["grid_id"] for line in found["vacancies"] if line["grid_id"] is not None]
    shapes = sql.shapes_at(work.session, grids, found["at"])
    features = []
    for line in found["vacancies"]:
        point = {"type": "Point", "coordinates": [line["lon"], line["lat"]]}
        told = {name: line[name] for name in ("rule", "role", "place", "code", "name", "lacking", "households")}
        geometry = shapes.get(line["grid_id"], point)
        features.append({"type": "Feature", "geometry": geometry, "properties": told})
    return {"type": "FeatureCollection", "features": features}


def _scene(grids: Iterable[Row], held: Iterable[Row]) -> Scene:
    """Put grids into villages and villages into towns, by the paths of their areas."""
    single, villages, towns = [], defaultdict(list), defaultdict(list)
    for row in grids:
        single.append(Place("grid", row.id, row.code, row.name, (row.id,), (), row.households or 0, row.lon, row.lat))
        villages[row.area_id].append(row)
        towns[row.path.rpartition(".")[0] or row.path].append(row)
    holders: dict[tuple[str, UUID], set[UUID]] = defaultdict(set)
    for row in held:
        target = row.grid_id or row.area_id
        holders[row.role, target].add(row.staff_id)
        if row.is_head:
            holders["grid_head", target].add(row.staff_id)
    town_of: dict[UUID, Place] = {}
    town_places = []
    for path, rows in sorted(towns.items()):
        areas = tuple(dict.fromkeys(row.area_id for row in rows))
        place = _joined("town", None, path.rpartition(".")[2], "", rows, areas)
        town_places.append(place)
        town_of.update(dict.fromkeys(areas, place))
    village_places = [
        _joined("village", area, rows[0].area_code, rows[0].area_name, rows, (area,)) for area, rows in villages.items()
    ]
    village_places.sort(key=lambda place: place.code)
    return Scene({"grid": single, "village": village_places, "town": town_places}, holders, town_of)


def _joined(kind: str, area: UUID | None, code: str, name: str, rows: list[Row], areas: tuple[UUID, ...]) -> Place:
    count = len(rows)
    return Place(
        kind, area, code, name or code, tuple(row.id for row in rows), areas, sum(row.households or 0 for row in rows),
        sum(row.lon for row in rows) / count, sum(row.lat for row in rows) / count,
    )  # fmt: skip


def _lacking(rule: Rule, scene: Scene) -> list[dict[str, Any]]:
    """Return the places that a rule finds short of people."""
    found = []
    kind = "town" if all(way.per == "town" for way in rule.ways) else "grid" if rule.per_grid else "village"
    for place in scene.places[kind]:
        there = _present(rule, place, scene)
        asked = [way.count - there for way in rule.ways if way.per == kind and kind != "village"]
        local = tuple(way for way in rule.ways if way.per not in ("grid", "town"))
        groups = scene.groups.get(place.areas[0], 0) if place.areas else 0
        if kind == "village":
            asked = [people_needed([way], households=place.households, groups=groups) - there for way in local
                     if way.per != "group" or groups]  # fmt: skip
            town = scene.towns[place.areas[0]]
            asked += [way.count - _present(rule, town, scene) for way in rule.ways if way.per == "town"]
        lacking = min(asked, default=0)
        if lacking > 0:
            found.append(
                {"rule": rule.code, "role": rule.role, "place": place.kind, "code": place.code, "name": place.name,
                 "grid_id": place.id if place.kind == "grid" else None, "area_id": place.id if kind != "grid" else None,
                 "lacking": lacking, "households": place.households, "lon": place.lon, "lat": place.lat}
            )  # fmt: skip
    return found


def _present(rule: Rule, place: Place, scene: Scene) -> int:
    """Return how many people hold the rule's role in a place, each counted once, or the number that is known."""
    if rule.counts_only:
        return sum(scene.counts.get((rule.role, area), 0) for area in place.areas)
    people: set[UUID] = set()
    for target in (*place.grids, *place.areas):
        people |= scene.holders.get((rule.role, target), set())
    return len(people)


def _absent(grids: Iterable[Row], held: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the grids whose head is away, with the deputies who are there."""
    rows = list(held)
    deputies: dict[UUID, list[str]] = defaultdict(list)
    heads: dict[UUID, Row] = {}
    for row in rows:
        if row.grid_id is None:
            continue
        if row.is_head:
            heads[row.grid_id] = row
        elif row.role == "deputy" and not row.absent:
            deputies[row.grid_id].append(row.work_no)
    return [
        {"grid_id": grid.id, "code": grid.code, "name": grid.name, "head": heads[grid.id].work_no,
         "until": heads[grid.id].absent_until, "deputies": deputies[grid.id], "lon": grid.lon, "lat": grid.lat}
        for grid in grids
        if grid.id in heads and heads[grid.id].absent
    ]  # fmt: skip
