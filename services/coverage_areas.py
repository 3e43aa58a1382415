"""Coverage by area: grids rolled up to villages, towns and the county, official counts, rates and costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from gis.errors import InvalidInputError
from services.coverage_spec import TARGETS
from store.database import coverage_areas as area_sql
from store.database.models import CoverageGrid, CoverageRun, Plan
from store.database.partition import find_territory
from store.database.work import UnitOfWork

SUMS: Final = (
    "street_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper", "places",
    "places_seen", "places_seen_upper", "cameras", "networked", "online", "serviceable", "incidents", "gap_score",
    "k2_m_upper", "k3_m_upper", "gap_score_least",
)  # fmt: skip
DEFINITIONS: Final = {
    "official_en": "Official coverage: the share of units (grids, groups, villages, towns) in which at least one "
    "camera stands, whatever it sees.",
    "official_zh": "官方口径：至少设有一台摄像机的单元（网格、村小组、村、镇）占比，不论其可见范围。",
    "geometric_en": "Geometric coverage: metres of street, key places and open ground inside the view sheds of the "
    "cameras that count, with buildings in the way. Cameras of unknown heading only raise the upper figure.",
    "geometric_zh": "几何口径：计入建筑遮挡后，处于计入摄像机视域内的街道米数、重点部位和露天面积。"
    "方位未知的摄像机只计入上限。",
}


def rates(figures: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Compare how many cameras are networked, online and serviceable with the targets.

    Examples
    --------
    >>> rates({"cameras": 50, "networked": 50, "online": 49, "serviceable": 49})["serviceable"]
    {'rate': 0.98, 'target': 0.98, 'met': True, 'cameras': 49, 'of': 50}
    """
    of = figures["cameras"]
    found: dict[str, dict[str, Any]] = {}
    for name, target in TARGETS.items():
        rate = figures[name] / of if of else None
        met = None if rate is None else rate >= target - 1e-9
        found[name] = {"rate": rate, "target": target, "met": met, "cameras": figures[name], "of": of}
    return found


def by_area(work: UnitOfWork, run: CoverageRun) -> dict[str, Any]:
    """Roll the figures of a run's grids up the tree of areas.

    Returns
    -------
    dict
        ``areas`` (parents before children), ``costs`` and ``targets``.
    """
    plan = work.session.get_one(Plan, run.plan_id)
    # the areas above one's own are named elsewhere, but what lies in them is not seen: they would show too little
    tree = [row for row in area_sql.area_tree(work.session, plan.territory_id) if work.actor.covers(row.area_code)]
    prices = {cost.kind: cost for cost in area_sql.read_costs(work.session, plan.territory_id)}
    sums = _sums_up(tree, area_sql.figures_with_area(work.session, run.id))
    kept = [row for row in tree if sums[row.id]["grids"]]
    standing = _kinds_up(tree, area_sql.kinds_in_areas(work.session, plan.id))
    return {
        "targets": dict(TARGETS),
        "areas": [{**_area(row, sums, tree), "cost": area_cost(standing[row.id], prices)} for row in kept],
        "costs": _costs(area_sql.cameras_by_kind(work.session, plan.territory_id), prices),
    }


def _sums_up(tree: Sequence[Any], grids: Sequence[Any]) -> dict[UUID, dict[str, float]]:
    """Add up grids in their areas and in all areas above."""
    parent = {row.id: row.parent_id for row in tree}
    sums: dict[UUID, dict[str, float]] = {
        row.id: dict.fromkeys((*SUMS, "grids", "grids_with_camera"), 0.0) for row in tree
    }
    for row in grids:
        figures: CoverageGrid = row.CoverageGrid
        area: UUID | None = row.area_id
        while area is not None and area in sums:
            mine = sums[area]
            for name in SUMS:
                mine[name] += getattr(figures, name)
            mine["grids"] += 1
            mine["grids_with_camera"] += figures.cameras > 0
            area = parent[area]
    return sums


def _area(row: Any, sums: dict[UUID, dict[str, float]], tree: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401 - a database row
    mine = sums[row.id]
    below = [sums[each.id] for each in tree if each.parent_id == row.id and sums[each.id]["grids"]]
    units = below or None
    return {
        "id": row.id,
        "code": row.code,
        "kind": row.kind,
        "name": row.name,
        "parent_id": row.parent_id if row.parent_id in sums else None,
        "depth": row.path.count("."),
        **{name: mine[name] for name in SUMS},
        **{name: int(mine[name]) for name in ("grids", "grids_with_camera", "places", "cameras", "incidents")},
        "rates": rates(mine),
        "units": {
            "unit": "area" if units else "grid",
            "units": len(units) if units else int(mine["grids"]),
            "with_camera": sum(each["cameras"] > 0 for each in units) if units else int(mine["grids_with_camera"]),
        },
    }


def _kinds_up(tree: Sequence[Any], standing: Sequence[tuple[UUID, str, int]]) -> dict[UUID, dict[str, int]]:
    """Add up the cameras of each kind in their areas and in all areas above."""
    parent = {row.id: row.parent_id for row in tree}
    found: dict[UUID, dict[str, int]] = {row.id: {} for row in tree}
    for home, kind, count in standing:
        area: UUID | None = home
        while area is not None and area in found:
            found[area][kind] = found[area].get(kind, 0) + count
            area = parent[area]
    return found


def area_cost(cameras: dict[str, int], prices: Mapping[str, Any]) -> dict[str, Any] | None:
    """Add up what the cameras of an area cost, at present prices.

    Parameters
    ----------
    cameras : dict of str to int
        How many there are of each kind.
    prices : mapping of str to CameraCost
        By kind.

    Returns
    -------
    dict or None
        ``purchase``, ``yearly``, ``currency`` and how many cameras are ``unpriced``; None where none of the cameras
        has a price, or prices are in several currencies and can't be added.

    Examples
    --------
    >>> area_cost({"unknown": 3}, {}) is None
    True
    """
    priced = {kind: count for kind, count in cameras.items() if kind in prices}
    currencies = {prices[kind].currency for kind in priced}
    if len(currencies) != 1:
        return None
    return {
        "purchase": sum(prices[kind].purchase * count for kind, count in priced.items()),
        "yearly": sum(prices[kind].yearly * count for kind, count in priced.items()),
        "currency": currencies.pop(),
        "unpriced": sum(cameras.values()) - sum(priced.values()),
    }


def _costs(cameras: dict[str, int], prices: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for kind in sorted(cameras.keys() | prices.keys()):
        price, count = prices.get(kind), cameras.get(kind, 0)
        found.append(
            {
                "kind": kind,
                "cameras": count,
                "purchase": price.purchase if price else None,
                "yearly": price.yearly if price else None,
                "currency": price.currency if price else "",
                "source": price.source if price else "",
                "total": price.purchase * count if price else None,
            }
        )
    return found


def read_costs(work: UnitOfWork, territory: UUID | str | None = None) -> list[dict[str, Any]]:
    """Return what a camera of each kind costs here."""
    place = find_territory(work.session, territory)
    names = ("kind", "purchase", "yearly", "currency", "source")
    return [{name: getattr(cost, name) for name in names} for cost in area_sql.read_costs(work.session, place.id)]


def set_costs(
    work: UnitOfWork, costs: Sequence[dict[str, Any]], territory: UUID | str | None = None
) -> list[dict[str, Any]]:
    """Put other prices in the place of those that hold.

    Raises
    ------
    InvalidInputError
        A kind is named twice or has no name, or a price is out of range.
    """
    work.actor.require("planner", "camera_administrator", "analyst")
    place = find_territory(work.session, territory)
    kinds = [str(cost["kind"]).strip() for cost in costs]
    for row, (kind, cost) in enumerate(zip(kinds, costs, strict=True)):
        if not kind or kinds.index(kind) != row:
            raise InvalidInputError("Every kind of camera is priced once.", field="kind", row=row)
        if not (math.isfinite(cost["purchase"]) and cost["purchase"] > 0):
            raise InvalidInputError("A camera costs more than nothing.", field="purchase", row=row)
        if not (math.isfinite(cost["yearly"]) and cost["yearly"] >= 0):
            raise InvalidInputError("Yearly costs are 0 or more.", field="yearly", row=row)
    rows = [{**cost, "kind": kind} for kind, cost in zip(kinds, costs, strict=True)]
    area_sql.replace_costs(work.session, place.id, rows)
    return read_costs(work, place.id)


def read_prices(told: Sequence[str]) -> list[dict[str, Any]]:
    """Read prices written as KIND=PURCHASE[,YEARLY[,CURRENCY]].

    Raises
    ------
    InvalidInputError
        One is written otherwise.

    Examples
    --------
    >>> read_prices(["fixed=29800,1200,CNY"])
    [{'kind': 'fixed', 'purchase': 29800.0, 'yearly': 1200.0, 'currency': 'CNY', 'source': ''}]
    """
    found = []
    for text in told:
        kind, equals, rest = text.partition("=")
        purchase, _, more = rest.partition(",")
        yearly, _, currency = more.partition(",")
        try:
            price = {"kind": kind.strip(), "purchase": float(purchase), "yearly": float(yearly or 0)}
        except ValueError:
            equals = ""
        if not equals:
            raise InvalidInputError("A price is written KIND=PURCHASE,YEARLY,CURRENCY.", field="set", given=text[:40])
        found.append({**price, "currency": currency.strip(), "source": ""})
    return found
