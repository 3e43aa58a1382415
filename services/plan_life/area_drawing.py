"""New boundaries made of the present ones: merge, split, move ground, rename, renumber."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from gis import crs
from gis.codes import AreaCode, parse_area_code
from gis.errors import ConflictError, GridwardError, InvalidInputError, NotFoundError
from gis.validity import find_faults
from grid_partition.area_cuts import cut_in_two, joined, moved_ground, place_in
from services.days import local_day
from services.ingest.report import LoadReport
from services.plan_life.area_changes import NAME_LENGTH, Decision, checked_decision, keep_drawn, new_set, tell
from services.plan_life.area_reckoning import Drawn, reckon
from services.plan_life.area_states import locked, note_step
from store.database import area_changes as sql
from store.database.models import Territory
from store.database.models.territory import AREA_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork

MOST_ACTIONS = 500
MOST_VERTICES = 10_000
Kind = Literal["merge", "split", "transfer", "rename", "renumber"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that happens to areas.

    Attributes
    ----------
    kind : str
        ``merge`` (all `areas` into one of the code and name), ``split`` (the one of `areas` along `drawn`: its larger
        part keeps code and name, the smaller gets those given), ``transfer`` (of the first of `areas` to the second,
        `drawn` is the new border or the ground), ``rename`` (to `name`) or ``renumber`` (to `code`).
    areas : tuple of str
        Codes, as they are after the actions before.
    code, name : str
        Of what comes out; may be empty where they stay.
    drawn : dict or None
        GeoJSON LineString or Polygon, EPSG:4326.
    """

    kind: Kind
    areas: tuple[str, ...]
    code: str = ""
    name: str = ""
    drawn: dict[str, Any] | None = None


@dataclass(slots=True)
class _Area:
    """An area in the course of the actions; metric."""

    code: str
    name: str
    kind: str
    shape: BaseGeometry
    touched: bool = False


@dataclass(slots=True)
class _Table:
    """The areas of a territory by code, and what refuses an action that does not fit them."""

    territory: Territory
    areas: dict[str, _Area]
    at: int = 0
    _gone: set[str] = field(default_factory=set)

    def find(self, code: str) -> _Area:
        """Return an area by its code."""
        found = self.areas.get(code)
        if found is None:
            ended = " any more" if code in self._gone else ""
            raise NotFoundError(f"There is no area {code}{ended}.", area=code, action=self.at)
        return found

    def remove(self, code: str) -> None:
        """Take an area off."""
        self._gone.add(code)
        del self.areas[code]

    def put(self, area: _Area) -> None:
        """Set an area under its code, which nobody else may hold."""
        if area.code in self.areas and self.areas[area.code] is not area:
            holder = self.areas[area.code].name
            raise ConflictError(f"The code {area.code} belongs to {holder}.", code_taken=area.code, action=self.at)
        area.touched = True
        self.areas[area.code] = area


def draft_actions(
    work: UnitOfWork,
    actions: Sequence[Action],
    decision: Decision,
    *,
    territory: UUID | str | None = None,
    dry_run: bool = False,
    time_zone: str = "UTC",
    now: datetime | None = None,
) -> tuple[LoadReport, UUID | None]:
    """Keep what actions on the present areas come to as a draft, and tell what it would do.

    Parameters
    ----------
    work : UnitOfWork
        The caller commits.
    actions : sequence of Action
        One after the other.
    decision : Decision
    territory : UUID or str or None
    dry_run : bool
        Report only.
    time_zone : str
        Of the territory: where its days begin.
    now : datetime or None

    Returns
    -------
    report : LoadReport
    change_set : UUID or None
        None after a dry run.

    Raises
    ------
    NotFoundError, ConflictError, InvalidInputError
        An action does not fit the areas; ``action`` counts from 0, ``place`` is longitude and latitude.
    """
    work.actor.require("planner", "system_administrator")
    decision = checked_decision(decision)
    place = find_territory(work.session, territory)
    moment = now or datetime.now(UTC)
    day = decision.effective_on or local_day(moment, time_zone)
    report = _report(place, dry_run=dry_run)
    drawn = _drawn(work, place, actions, day)
    found = reckon(work, place, drawn, decision.replaces, day)
    tell(report, found)
    if dry_run:
        return report, None
    change = new_set(work, place, decision)
    keep_drawn(work, change, place, found, warnings=report.warnings, actions=[asdict(each) for each in actions])
    note_step(work, change, "draft", at=moment, facts={"actions": len(actions), "areas": len(drawn.ids)})
    return report, change.id


def redraw_actions(
    work: UnitOfWork,
    change_set_id: UUID,
    actions: Sequence[Action],
    *,
    expected: int | None = None,
    dry_run: bool = False,
    time_zone: str = "UTC",
    now: datetime | None = None,
) -> LoadReport:
    """Draw a draft anew: what other actions on the present areas come to."""
    work.actor.require("planner", "system_administrator")
    moment = now or datetime.now(UTC)
    change = locked(work, change_set_id, expected, "draft")
    place = work.session.get_one(Territory, change.territory_id)
    day = change.effective_on or local_day(moment, time_zone)
    report = _report(place, dry_run=dry_run)
    drawn = _drawn(work, place, actions, day)
    # actions redraw areas of one kind, whatever a file before them replaced
    found = reckon(work, place, drawn, None, day)
    tell(report, found)
    if not dry_run:
        change.replaces = None
        keep_drawn(work, change, place, found, warnings=report.warnings, actions=[asdict(each) for each in actions])
        note_step(work, change, "redraw", at=moment, facts={"actions": len(actions), "areas": len(drawn.ids)})
    return report


def _report(place: Territory, *, dry_run: bool) -> LoadReport:
    return LoadReport("areas", "", place.name, place.id, dry_run=dry_run)


def _drawn(work: UnitOfWork, place: Territory, actions: Sequence[Action], day: date) -> Drawn:
    """Return the areas that actions leave behind, other than those they never touch."""
    if not 0 < len(actions) <= MOST_ACTIONS:
        raise InvalidInputError(f"Give 1 to {MOST_ACTIONS} actions.", field="actions")
    kept = sql.areas_on(work.session, place.id, AREA_KINDS, day)
    shapes = np.asarray(crs.to_metric(kept["geom"], place.metric_srid), dtype=object).reshape(-1)
    rows = zip(kept["code"], kept["name"], kept["kind"], shapes, strict=True)
    table = _Table(place, {str(c): _Area(str(c), str(n), str(k), shape) for c, n, k, shape in rows})
    for at, action in enumerate(actions):
        table.at = at
        try:
            _STEPS[action.kind](table, action)
        except GridwardError as error:
            spot = place_in(error)
            if spot is not None:
                point = crs.to_lonlat(shapely.point_on_surface(spot), place.metric_srid)
                error.fields["place"] = [point.x, point.y]
            error.fields.setdefault("action", at)
            raise
    touched = [area for area in table.areas.values() if area.touched]
    kinds = sorted({area.kind for area in touched})
    if len(kinds) > 1:
        raise InvalidInputError("A change set redraws areas of one kind; make another for others.", kinds=kinds)
    faults = find_faults(np.array([area.shape for area in touched], dtype=object))
    if faults:
        raise InvalidInputError(f"{touched[faults[0].row].name}: {faults[0].reason}", area=touched[faults[0].row].code)
    return Drawn(
        [parse_area_code(area.code) for area in touched],
        [area.name for area in touched],
        [area.kind for area in touched],
        list(range(1, len(touched) + 1)),
        np.array([area.shape for area in touched], dtype=object),
        [uuid4() for _ in touched],
    )


def _merge(table: _Table, action: Action) -> None:
    parts = _sources(table, action, least=2)
    code, name = action.code or parts[0].code, action.name or parts[0].name
    whole = joined(np.array([part.shape for part in parts], dtype=object))
    for part in parts:
        table.remove(part.code)
    table.put(_Area(_code(code, parts[0]), _name(name), parts[0].kind, whole))


def _split(table: _Table, action: Action) -> None:
    whole = _sources(table, action, least=1, most=1)[0]
    line = _drawing(table, action, shapely.LineString)
    larger, smaller = cut_in_two(whole.shape, line)
    part = _Area(_code(action.code, whole), _name(action.name), whole.kind, smaller)
    whole.shape = larger
    table.put(whole)
    table.put(part)


def _transfer(table: _Table, action: Action) -> None:
    giver, taker = _sources(table, action, least=2, most=2)
    drawn = _drawing(table, action, shapely.LineString, shapely.Polygon)
    giver.shape, taker.shape = moved_ground(giver.shape, taker.shape, drawn)
    table.put(giver)
    table.put(taker)


def _rename(table: _Table, action: Action) -> None:
    area = _sources(table, action, least=1, most=1)[0]
    name = _name(action.name)
    if name == area.name:
        raise InvalidInputError(f"{area.code} is called {name} already.", field="name")
    area.name = name
    table.put(area)


def _renumber(table: _Table, action: Action) -> None:
    area = _sources(table, action, least=1, most=1)[0]
    code = _code(action.code, area)
    if code == area.code:
        raise InvalidInputError(f"{area.name} has the code {code} already.", field="code")
    old, area.code = area.code, code
    table.remove(old)
    table.put(area)


_STEPS = {"merge": _merge, "split": _split, "transfer": _transfer, "rename": _rename, "renumber": _renumber}


def _sources(table: _Table, action: Action, *, least: int, most: int = 200) -> list[_Area]:
    """Return the areas that an action names: of one kind, each once."""
    wanted = list(dict.fromkeys(action.areas))
    if not least <= len(wanted) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        raise InvalidInputError(f"To {action.kind} takes {count} areas.", field="areas")
    found = [table.find(code) for code in wanted]
    if len({area.kind for area in found}) > 1:
        raise InvalidInputError("Choose areas of one kind.", field="areas", kinds=sorted({a.kind for a in found}))
    return found


def _code(text: str, like: _Area) -> str:
    """Return a code of the level of the area that it is given to, or that is cut."""
    code: AreaCode = parse_area_code(text)
    if len(code.code) != len(like.code):
        raise InvalidInputError(
            f"A code of {len(like.code)} digits is needed here, such as {like.code}.", field="code", value=text
        )
    return code.code


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > NAME_LENGTH:
        raise InvalidInputError(f"Name the area in 1 to {NAME_LENGTH} characters.", field="name")
    return name


def _drawing(table: _Table, action: Action, *kinds: type[BaseGeometry]) -> Any:  # noqa: ANN401 - one of kinds
    """Return what an action draws, metric."""
    wanted = " or ".join(kind.__name__ for kind in kinds)
    try:
        shape = shapely.geometry.shape(action.drawn or {})
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise InvalidInputError(f"Draw a {wanted} as GeoJSON.", field="drawn") from error
    if not isinstance(shape, kinds) or shape.is_empty:
        raise InvalidInputError(f"Draw a {wanted} as GeoJSON.", field="drawn")
    count = int(shapely.get_num_coordinates(shape))
    if count > MOST_VERTICES:
        raise InvalidInputError(f"At most {MOST_VERTICES:,} vertices.", field="drawn", vertices=count)
    xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all() or (np.abs(xy) > (180, 90)).any():
        raise InvalidInputError("Longitude and latitude lie beyond the earth.", field="drawn")
    if isinstance(shape, shapely.Polygon) and not shape.is_valid:
        raise InvalidInputError("The outline crosses itself.", field="drawn")
    return crs.to_metric(shape, table.territory.metric_srid)
