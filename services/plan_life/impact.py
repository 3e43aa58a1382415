"""What publishing a plan would change: households, heads, open cases and cameras, and what is still open."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np

from gis.index import first_holding
from services.plan_check_words import problem
from services.plan_life.comparing import Compared, compare, metric_points
from services.plan_life.publishing import open_states
from services.plan_life.readiness import proved_problems, without_responsibilities
from store.database import plan_life as sql
from store.database import plans as plan_sql
from store.database.models import Plan
from store.database.work import UnitOfWork

SHOWN = 200
_CHECKS: dict[str, tuple[str, str, bool]] = {
    "boundary": ("Every grid has its border: one piece, no gap, no overlap", "定格：边界完整，无缝无重叠", True),
    "head": ("Every grid has a head", "定人：每格有网格长", True),
    "responsibilities": ("Every grid has its responsibilities", "定责：每格有职责清单", True),
    "review": ("Reviewed by a second person", "已由第二人审核", True),
    "ground": ("No household loses its grid", "没有住户失去网格", False),
    "comments": ("Every comment is settled", "意见均已处理", False),
    "notes": ("Nothing else to look at", "无其他提示", False),
}


def impact(work: UnitOfWork, plan_id: UUID, *, now: datetime | None = None) -> dict[str, Any]:
    """Return the impact sheet of a plan against the one that it follows.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    now : datetime or None

    Returns
    -------
    dict
        ``plan``, ``before``, ``totals``, ``moves`` (one for each pair of grids between which ground moves), ``heads``,
        ``cases``, ``cameras``, ``checklist`` and ``ready``.
    """
    moment = now or datetime.now(UTC)
    plan = plan_sql.get_plan(work.session, plan_id)
    before = predecessor(work, plan)
    compared = None if before is None else compare(work, before.id, plan.id)
    people = {
        "before": {} if before is None else heads_of(work, before.id, moment),
        "after": heads_of(work, plan.id, moment),
    }
    if compared is not None:
        _inherit(compared, people)
    moved = {"cases": [], "cameras": []} if compared is None else _moved_things(work, compared)
    checklist = check_list(work, plan, compared, moment)
    return {
        "plan": _named(plan),
        "before": None if before is None else _named(before),
        "totals": _totals(work, plan, compared, people, moved),
        "moves": [] if compared is None else _moves(compared, people, moved),
        "heads": _heads(compared, people),
        "cases": moved["cases"],
        "cameras": moved["cameras"],
        "checklist": checklist,
        "ready": all(line["ok"] or not line["blocking"] for line in checklist),
    }


def predecessor(work: UnitOfWork, plan: Plan) -> Plan | None:
    """Return the plan that this one follows, or would follow: by its lineage, the published one, else `based_on`."""
    followed = sql.followed_plan(work.session, plan.id)
    if followed is None and plan.status in ("draft", "review"):
        current = sql.plan_in_force(work.session, plan.territory_id, plan.kind)
        followed = plan.based_on_id if current is None or current == plan.id else current
    return None if followed is None else work.session.get(Plan, followed)


def heads_of(work: UnitOfWork, plan_id: UUID, at: datetime) -> dict[UUID, dict[str, str]]:
    """Return who heads each grid of a plan at a moment."""
    return {
        row.grid_id: {"work_no": row.work_no, "name": row.name}
        for row in sql.people_of(work.session, plan_id, at)
        if row.is_head
    }


def check_list(work: UnitOfWork, plan: Plan, compared: Compared | None, moment: datetime) -> list[dict[str, Any]]:
    """Return the lines that stand between a plan and publishing, and two that only warn."""
    open_points: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in proved_problems(work, plan, compared, moment):
        group = "head" if each["kind"] == "no-head" else "boundary" if each["blocks"] else "notes"
        open_points[group].append(each)
    open_points["responsibilities"] = without_responsibilities(work, plan)
    if plan.status == "draft":
        open_points["review"] = [problem("not-in-review", None)]
    lost = 0 if compared is None else int(compared.summary["households_lost"])
    if lost:
        open_points["ground"] = [problem("ground-lost", None, blocks=False, households=lost)]
    threads = sql.open_threads(work.session, plan.id)
    if threads:
        open_points["comments"] = [problem("open-comments", None, blocks=False, count=threads)]
    return [
        {
            "kind": kind,
            "ok": not open_points[kind],
            "blocking": blocking,
            "text_en": english,
            "text_zh": chinese,
            "count": len(open_points[kind]),
            "open": open_points[kind][:SHOWN],
        }
        for kind, (english, chinese, blocking) in _CHECKS.items()
    ]


def _inherit(compared: Compared, people: dict[str, dict[UUID, dict[str, str]]]) -> None:
    """Give new numbers of old ground the head that publishing carries over."""
    found = compared.found
    for row in np.flatnonzero(found.kind == "renumber"):
        old = people["before"].get(compared.old_ids[found.source[row]])
        if old is not None:
            people["after"].setdefault(compared.new_ids[found.target[row]], old)


def _moved_things(work: UnitOfWork, compared: Compared) -> dict[str, list[dict[str, Any]]]:
    """Find open cases and cameras whose grid becomes another one."""
    codes = {grid.id: grid.code for grid in compared.grids}
    srid = compared.territory.metric_srid
    cases = sql.open_cases(work.session, compared.old.id, open_states())
    placed = [case for case in cases if case.lon is not None]
    cameras = sql.camera_places(work.session, compared.territory.id)

    def homes(lonlat: Any) -> list[tuple[UUID | None, UUID | None]]:  # noqa: ANN401 - (n, 2) numbers
        points = metric_points(np.asarray(lonlat, dtype=np.float64).reshape(-1, 2), srid)
        if not len(points):
            return []
        old = first_holding(compared.old_shapes, points) if compared.old_ids else np.full(len(points), -1)
        new = first_holding(compared.new_shapes, points) if compared.new_ids else np.full(len(points), -1)
        return [
            (None if one < 0 else compared.old_ids[one], None if other < 0 else compared.new_ids[other])
            for one, other in zip(old.tolist(), new.tolist(), strict=True)
        ]

    def pair(one: UUID | None, other: UUID | None) -> dict[str, Any]:
        return {
            "from": None if one is None else {"id": one, "code": codes[one]},
            "to": None if other is None else {"id": other, "code": codes[other]},
        }

    case_homes = homes([(case.lon, case.lat) for case in placed])
    camera_homes = homes(np.column_stack([cameras["lon"], cameras["lat"]]))
    return {
        "cases": [
            {"no": case.no, "item": case.item, "severity": case.severity, **pair(*home)}
            for case, home in zip(placed, case_homes, strict=True)
            if home[0] != home[1]
        ],
        "cameras": [
            {"id": identity, "name": str(name), **pair(*home)}
            for identity, name, home in zip(cameras["id"], cameras["name"], camera_homes, strict=True)
            if home[0] != home[1]
        ],
    }


def _moves(
    compared: Compared, people: dict[str, dict[UUID, dict[str, str]]], moved: dict[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """List the pairs of grids between which ground moves, largest first."""
    counts = {
        kind: Counter((each["from"]["id"], each["to"]["id"]) for each in things if each["from"] and each["to"])
        for kind, things in moved.items()
    }
    names = {grid.id: (grid.code, grid.name) for grid in compared.grids}
    found = compared.found
    moves = []
    for row in range(len(found.source)):
        one, other = compared.old_ids[found.source[row]], compared.new_ids[found.target[row]]
        if one == other:
            continue
        before, after = people["before"].get(one), people["after"].get(other)
        moves.append(
            {
                "from": {"id": one, "code": names[one][0], "name": names[one][1], "head": before},
                "to": {"id": other, "code": names[other][0], "name": names[other][1], "head": after},
                "kind": str(found.kind[row]),
                "households": int(found.households[row]),
                "area_m2": float(found.area[row]),
                "cases": counts["cases"][one, other],
                "cameras": counts["cameras"][one, other],
                "head_changes": (before or {}).get("work_no") != (after or {}).get("work_no"),
            }
        )
    return sorted(moves, key=lambda move: (-move["households"], -move["area_m2"], move["from"]["code"]))


def _heads(compared: Compared | None, people: dict[str, dict[UUID, dict[str, str]]]) -> list[dict[str, Any]]:
    """List the grids whose head becomes another, with both."""
    if compared is None:
        return []
    return [
        {
            "grid": {"id": grid.id, "code": grid.code, "name": grid.name},
            "status": grid.status,
            "before": people["before"].get(grid.id),
            "after": people["after"].get(grid.id) if grid.households_after is not None else None,
        }
        for grid in compared.grids
        if people["before"].get(grid.id)
        != (people["after"].get(grid.id) if grid.households_after is not None else None)
    ]


def _totals(
    work: UnitOfWork,
    plan: Plan,
    compared: Compared | None,
    people: dict[str, dict[UUID, dict[str, str]]],
    moved: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    grids, households = sql.plan_size(work.session, plan.id)
    totals: dict[str, Any] = {
        "grids": grids,
        "households": households,
        "households_moved": 0,
        "households_lost": 0,
        "area_moved_m2": 0.0,
        "heads_changed": len(_heads(compared, people)),
        "cases_moved": len(moved["cases"]),
        "cameras_moved": len(moved["cameras"]),
        "households_with_another_head": 0,
    }
    if compared is not None:
        totals |= compared.summary
        totals["households_with_another_head"] = sum(
            move["households"] for move in _moves(compared, people, moved) if move["head_changes"]
        )
    return totals


def _named(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "name": plan.name,
        "status": plan.status,
        "revision": plan.revision,
        "effective_on": plan.effective_on,
    }
