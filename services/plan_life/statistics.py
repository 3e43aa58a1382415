"""Statistics restated on any boundary set: points counted again by place, stored totals carried over by shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from gis.crs import to_metric
from gis.errors import ConflictError, InvalidInputError, NotFoundError
from gis.index import first_holding
from gis.measure import group_sums
from grid_partition.lineage import lineage, restate
from services.plan_life.comparing import metric_points
from store.database import asof as sql
from store.database import plan_life as life_sql
from store.database import plans as plan_sql
from store.database.models import Territory
from store.database.partition import find_territory
from store.database.work import UnitOfWork

MEASURES: Final = ("households", "incidents", "cameras")
Floats = npt.NDArray[np.float64]
MOST_TOTALS = 100_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes
    ----------
    on : str
        Boundary set that answers: ``plan:ID`` or ``areas:KIND``.
    at : datetime
        Moment at which the areas of `on` are taken.
    measure : str
        ``households``, ``incidents`` or ``cameras``; anything when `totals` are given.
    since, until : datetime or None
        Period of incidents: from, up to but without.
    of : str or None
        Where totals come from: ``plan:ID`` (its households as decided then) or ``areas:KIND`` with `totals`.
    of_at : datetime or None
        Moment at which the areas of `of` are taken; `at` without it.
    totals : dict or None
        A figure by code of `of`.
    by : str
        Shares that carry totals: ``household`` or ``area``.
    time_zone : str
        Where a day begins, for areas.
    """

    on: str
    at: datetime
    measure: str = "households"
    since: datetime | None = None
    until: datetime | None = None
    of: str | None = None
    of_at: datetime | None = None
    totals: dict[str, float] | None = None
    by: str = "household"
    time_zone: str = "UTC"


@dataclass(slots=True)
class Restated:
    """A figure on each unit of a boundary set.

    Attributes
    ----------
    measure, on : str
    at : datetime
    rows : list of dict
        ``id``, ``code``, ``name``, ``value``, ``counted``, ``apportioned``, ``method`` (exact, apportioned, mixed).
    outside : float
        What lies in none of them; the rows and it add up to the whole.
    total : float
    """

    measure: str
    on: str
    at: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    outside: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class _Boundaries:
    """A boundary set in metric CRS, by code."""

    ids: list[UUID]
    codes: list[str]
    names: list[str]
    shapes: npt.NDArray[np.object_]
    households: Floats | None


def restated(work: UnitOfWork, territory: UUID | str | None, asked: Question) -> Restated:
    """Answer a question for a figure on a boundary set.

    Points (dwellings, incidents, cameras) are counted where they lie: exact. Totals that are stored by other
    boundaries only are carried over by the shares of households (or ground) that went where: apportioned. An account
    of some areas gets what lies there on the boundaries there, and nothing of the rest.

    Raises
    ------
    InvalidInputError
        An unknown measure, boundary set or code.
    NotFoundError
        No areas of that kind on that day.
    """
    if asked.totals is None and asked.measure not in MEASURES:
        raise InvalidInputError(f"The measure is one of {', '.join(MEASURES)}.", field="measure")
    if asked.by not in ("household", "area"):
        raise InvalidInputError("Shares go by household or area.", field="by")
    place = _territory(work, territory, asked)
    target = _boundaries(work, place, asked.on, asked.at, asked.time_zone, "on")
    size = len(target.codes)
    counted, outside = np.zeros(size), 0.0
    apportioned = np.zeros(size)
    if asked.totals is not None or asked.of is not None:
        apportioned, outside = _carried(work, place, asked, target)
    elif asked.measure == "incidents":
        counted, outside = _incidents(work, place, asked, target)
        apportioned, lost = _placeless(work, place, asked, target)
        outside += lost
    else:
        counted, outside = _points(work, place, asked, target)
    rows = [
        {
            "id": target.ids[at], "code": target.codes[at], "name": target.names[at],
            "value": float(counted[at] + apportioned[at]), "counted": float(counted[at]),
            "apportioned": float(apportioned[at]),
            "method": _method(asked, counted[at], apportioned[at]),
        }
        for at in range(size)
    ]  # fmt: skip
    total = float(counted.sum() + apportioned.sum() + outside)
    return Restated(asked.measure, asked.on, asked.at, rows, float(outside), total)


def _method(asked: Question, counted: float, apportioned: float) -> str:
    if asked.totals is not None or asked.of is not None:
        return "apportioned"
    return "exact" if not apportioned else "mixed" if counted else "apportioned"


def _territory(work: UnitOfWork, territory: UUID | str | None, asked: Question) -> Territory:
    """Return the territory that is meant: named, or that of the plan."""
    if territory is None and asked.on.startswith("plan:"):
        plan = plan_sql.get_plan(work.session, _plan_id(asked.on, "on"))
        return work.session.get_one(Territory, plan.territory_id)
    return find_territory(work.session, territory)


def _plan_id(words: str, named: str) -> UUID:
    try:
        return UUID(words.removeprefix("plan:"))
    except ValueError as error:
        raise InvalidInputError(f"'{named}' is plan:ID or areas:KIND.", field=named) from error


def _boundaries(work: UnitOfWork, place: Territory, words: str, at: datetime, zone: str, named: str) -> _Boundaries:
    kind, sign, name = words.partition(":")
    households = None
    if kind == "plan" and sign:
        plan = plan_sql.get_plan(work.session, _plan_id(words, named))
        if plan.territory_id != place.id:
            raise ConflictError("The plan is of another territory.", field=named, plan=str(plan.id))
        found = sql.plan_shapes(work.session, plan.id)
        households = np.asarray(found["households"], dtype=np.float64)
    elif kind == "areas" and sign:
        day = at.astimezone(ZoneInfo(zone)).date()
        found = sql.area_shapes(work.session, place.id, name, day)
        if work.actor.is_limited:
            # the areas above one's own may be named, but what lies in them is not seen: they would show too little
            own = np.array([work.actor.covers(int(code)) for code in found["area_code"]], dtype=bool)
            found = {column: values[own] for column, values in found.items()}
        if not len(found["code"]):
            known = ", ".join(sorted(sql.area_kinds(work.session, place.id)))
            raise NotFoundError(f"{place.name} had no areas '{name}' on {day}; kinds: {known}.", field=named)
    else:
        raise InvalidInputError(f"'{named}' is plan:ID or areas:KIND.", field=named)
    shapes = np.asarray(to_metric(found["geom"], place.metric_srid), dtype=object).reshape(-1)
    return _Boundaries(
        list(found["id"]), [str(code) for code in found["code"]], [str(name) for name in found["name"]], shapes,
        households,
    )  # fmt: skip


def _holding(target: _Boundaries, place: Territory, lonlat: Floats, weight: Floats) -> tuple[Floats, float]:
    """Sum the weights of points by the boundary that holds them."""
    size = len(target.codes)
    points = metric_points(lonlat, place.metric_srid)
    if not len(points) or not size:
        return np.zeros(size), float(weight.sum())
    home = first_holding(target.shapes, points)
    inside = home >= 0
    return group_sums(home[inside], weight[inside], size), float(weight[~inside].sum())


def _points(work: UnitOfWork, place: Territory, asked: Question, target: _Boundaries) -> tuple[Floats, float]:
    if asked.measure == "households":
        lonlat, households = life_sql.doors(work.session, place.id)
        return _holding(target, place, lonlat, households.astype(np.float64))
    cameras = life_sql.camera_places(work.session, place.id)
    lonlat = np.column_stack([cameras["lon"], cameras["lat"]]).astype(np.float64)
    return _holding(target, place, lonlat, np.ones(len(lonlat)))


def _incidents(work: UnitOfWork, place: Territory, asked: Question, target: _Boundaries) -> tuple[Floats, float]:
    lonlat = sql.incident_points(work.session, place.id, asked.since, asked.until)
    return _holding(target, place, lonlat, np.ones(len(lonlat)))


def _placeless(work: UnitOfWork, place: Territory, asked: Question, target: _Boundaries) -> tuple[Floats, float]:
    """Carry over incidents that name a grid but no place."""
    values, lost = np.zeros(len(target.codes)), 0.0
    for plan_id, counts in sql.placeless_incidents(work.session, place.id, asked.since, asked.until).items():
        source = _boundaries(work, place, f"plan:{plan_id}", asked.at, asked.time_zone, "of")
        figures = np.array([float(counts.get(grid, 0)) for grid in source.ids])
        more, missing = _carry(work, place, source, target, figures, "household")
        values, lost = values + more, lost + missing
    return values, lost


def _carried(work: UnitOfWork, place: Territory, asked: Question, target: _Boundaries) -> tuple[Floats, float]:
    """Carry stored or given totals over to the boundary set."""
    if asked.of is None:
        raise InvalidInputError("Say with 'of' which boundaries the totals belong to.", field="of")
    source = _boundaries(work, place, asked.of, asked.of_at or asked.at, asked.time_zone, "of")
    if asked.totals is None:
        if source.households is None or asked.measure != "households":
            raise InvalidInputError(
                "Only a plan stores totals of its own (households); give 'totals' for others.", field="of"
            )
        figures = source.households
    else:
        figures = _figures(asked.totals, source)
    return _carry(work, place, source, target, figures, asked.by)


def _figures(totals: dict[str, float], source: _Boundaries) -> Floats:
    if len(totals) > MOST_TOTALS:
        raise InvalidInputError(f"At most {MOST_TOTALS} totals.", field="totals")
    row = {code: at for at, code in enumerate(source.codes)}
    unknown = sorted(set(totals) - set(row))
    if unknown:
        raise InvalidInputError(
            f"{len(unknown)} codes are none of these boundaries, first {unknown[0]}.",
            field="totals",
            codes=unknown[:50],
        )
    figures = np.zeros(len(row))
    for code, value in totals.items():
        if not np.isfinite(value) or value < 0:
            raise InvalidInputError(f"The total of {code} must be a number of 0 or more.", field="totals", code=code)
        figures[row[code]] = value
    return figures


def _carry(
    work: UnitOfWork, place: Territory, source: _Boundaries, target: _Boundaries, figures: Floats, by: str
) -> tuple[Floats, float]:
    twin = {code: at for at, code in enumerate(target.codes)}
    lonlat, households = life_sql.doors(work.session, place.id)
    found = lineage(
        source.shapes,
        target.shapes,
        same=[twin.get(code, -1) for code in source.codes],
        points=metric_points(lonlat, place.metric_srid) if by == "household" else np.empty(0, dtype=object),
        weight=households if by == "household" else np.empty(0),
    )
    return restate(found, figures, len(target.codes), by=by)
