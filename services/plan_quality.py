"""The quality report of a plan: each grid and the whole by the four principles of a good grid.

Population of a fit size, service within easy reach, resources that are there and work, functions close by. What is
counted comes from the ground as it is now; what is good comes from limits that a user may set.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np

from gis.errors import InvalidInputError
from grid_partition.principles import PRINCIPLES, Figure, figures_for, judge, with_limits, worst
from services.nearest_staff import StreetGraphs
from services.plan_quality_figures import Measured, measure_plan
from store.database import plan_quality as sql
from store.database import plans as plan_sql
from store.database.models import Plan
from store.database.work import UnitOfWork

Limits = Mapping[str, tuple[float, float]]
KEPT: Final = 8
# principles that make up the verdict of a grid; the ground is only described
JUDGED = tuple(name for name in PRINCIPLES if name != "ground")
_BINS: Final = 20


class QualityCache:
    """Reports as they were measured, by plan, whose eyes and the revisions they rest on; the oldest goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Measured] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> Measured | None:
        """Return what was measured, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], measured: Measured) -> None:
        """Keep what was measured."""
        with self._lock:
            self._kept[key] = measured
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the report keeps in the process between two questions."""

    graphs: StreetGraphs
    cache: QualityCache


def report_quality(
    work: UnitOfWork, plan_id: UUID, *, limits: Limits | None = None, parts: Parts | None = None
) -> dict[str, Any]:
    """Measure and judge a plan; for an account of some areas, the grids there.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    limits : mapping of str to (ok, watch), optional
        Limits for this question only; they win over the territory's own, and those over the usual ones.
    parts : Parts, optional
        Street graphs and reports kept by a server.

    Returns
    -------
    dict
        ``plan``, ``measure`` (households, or metres of a reach), ``figures`` (with limits), ``histogram``,
        ``outside``, ``totals``, ``verdicts`` and ``grids``.

    Raises
    ------
    InvalidInputError
        The plan has no grids, or a limit can't be meant.
    """
    plan = plan_sql.get_plan(work.session, plan_id)
    own = sql.read_limits(work.session, plan.territory_id, plan.kind)
    figures = with_limits(with_limits(figures_for(plan.kind), own), limits or {})
    measured = _measured(work, plan, parts or Parts(StreetGraphs(), QualityCache()))
    return _report(plan, figures, measured, {figure: list(pair) for figure, pair in own.items()})


def set_limits(work: UnitOfWork, plan_id: UUID, limits: Limits) -> None:
    """Make limits the territory's own for grids of the plan's kind; figures not named get the usual limits again.

    Raises
    ------
    InvalidInputError
        A limit can't be meant.
    """
    work.actor.require("planner", "reviewer")
    plan = plan_sql.get_plan(work.session, plan_id)
    with_limits(figures_for(plan.kind), limits)
    sql.replace_limits(work.session, plan.territory_id, plan.kind, limits)


def parse_limit(text: str) -> tuple[str, tuple[float, float]]:
    """Read a limit such as ``cameras=4:2`` (good from 4, to be watched from 2); one number is both.

    Examples
    --------
    >>> parse_limit("walk_p95_min=15:30")
    ('walk_p95_min', (15.0, 30.0))
    """
    name, _, numbers = text.partition("=")
    ok, _, watch = numbers.partition(":")
    try:
        return name.strip(), (float(ok), float(watch or ok))
    except ValueError:
        raise InvalidInputError(
            f"A limit is written FIGURE=OK:WATCH, such as cameras=4:2, not {text}.", field="limit"
        ) from None


def _measured(work: UnitOfWork, plan: Plan, parts: Parts) -> Measured:
    key = (plan.id, plan.revision, work.actor.scope_key, sql.read_revisions(work.session))
    found = parts.cache.get(key)
    if found is None:
        found = measure_plan(work, plan, parts.graphs)
        parts.cache.put(key, found)
    return found


def _report(plan: Plan, figures: tuple[Figure, ...], measured: Measured, own: dict[str, list[float]]) -> dict[str, Any]:
    verdict = {figure.id: judge(measured.per_grid[figure.id], figure) for figure in figures}
    by_principle = {
        name: [figure.id for figure in figures if figure.principle == name and figure.better is not None]
        for name in JUDGED
    }
    of_grid = [
        {name: worst([str(verdict[figure][k]) for figure in ids]) for name, ids in by_principle.items()}
        for k in range(len(measured.grids["id"]))
    ]
    totals = _totals(figures, measured, verdict)
    return {
        "plan": {"id": str(plan.id), "name": plan.name, "kind": plan.kind, "revision": plan.revision},
        "measure": measured.measure,
        "figures": [_figure_out(figure, own) for figure in figures],
        "principles": [_principle_out(name, ids, totals, of_grid) for name, ids in by_principle.items()],
        "totals": totals,
        "histogram": _histogram(measured),
        "outside": _outside(measured),
        "grids": [_grid_out(measured, k, verdict, of_grid[k]) for k in range(len(of_grid))],
        "without_coverage_run": measured.no_run,
    }


def _figure_out(figure: Figure, own: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "id": figure.id,
        "principle": figure.principle,
        "unit": figure.unit,
        "better": figure.better,
        "ok": figure.ok,
        "watch": figure.watch,
        "own": figure.id in own,
        "title": dict(figure.title),
        "note": dict(figure.note),
    }


def _principle_out(
    name: str, ids: list[str], totals: dict[str, dict[str, Any]], of_grid: list[dict[str, str]]
) -> dict[str, Any]:
    counts = {verdict: sum(1 for each in of_grid if each[name] == verdict) for verdict in ("ok", "watch", "bad")}
    return {"id": name, "verdict": worst([totals[figure]["verdict"] for figure in ids]), **counts}


def _totals(figures: tuple[Figure, ...], measured: Measured, verdict: dict[str, Any]) -> dict[str, dict[str, Any]]:
    totals = {}
    for figure in figures:
        value = measured.totals[figure.id]
        # these are limits for one grid: the plan is judged by what its grids have on the average
        judged = value / max(1, len(measured.grids["id"])) if figure.unit in ("count", "m", "m2") else value
        found = {name: int(np.sum(verdict[figure.id] == name)) for name in ("ok", "watch", "bad")}
        totals[figure.id] = {"value": _number(value), "verdict": str(judge([judged], figure)[0]), **found}
    return totals


def _histogram(measured: Measured) -> dict[str, Any]:
    counts, edges = np.histogram(measured.size, bins=min(_BINS, max(1, len(np.unique(measured.size)))))
    return {"edges": [round(float(edge), 3) for edge in edges], "counts": counts.tolist()}


def _outside(measured: Measured) -> list[dict[str, Any]]:
    rows = np.flatnonzero(measured.missed != 0.0)
    order = rows[np.argsort(-np.abs(measured.missed[rows]), kind="stable")]
    return [
        {
            "code": str(measured.grids["code"][k]),
            "households": int(measured.grids["households"][k]),
            "size": _number(measured.size[k]),
            "low": _number(measured.low[k]),
            "high": _number(measured.high[k]),
            "beyond": _number(measured.missed[k]),
            "reason": measured.reason[k],
        }
        for k in order.tolist()
    ]


def _grid_out(measured: Measured, k: int, verdict: dict[str, Any], principles: dict[str, str]) -> dict[str, Any]:
    grids = measured.grids
    return {
        "id": str(grids["id"][k]),
        "fid": int(grids["fid"][k]),
        "code": str(grids["code"][k]),
        "name": str(grids["name"][k]),
        "area_name": str(grids["area_name"][k]),
        "households": int(grids["households"][k]),
        "size": _number(measured.size[k]),
        "low": _number(measured.low[k]),
        "high": _number(measured.high[k]),
        "walk_from": measured.walk_from[k],
        "values": {figure: _number(values[k]) for figure, values in measured.per_grid.items()},
        "verdicts": {figure: str(found[k]) for figure, found in verdict.items()},
        "principles": principles,
        "verdict": worst(list(principles.values())),
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
