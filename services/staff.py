"""Staffing: posts filled by the rules of the territory, looked at before it is put in force; vacancies named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, NotFoundError, StaleRevisionError
from services.plan_life.states import WrongStateError
from services.staff_problem import Filled, fill, read_ground
from services.staff_rules import Rule, active_for, changed, rules_of
from store.database import organisation_rules as rule_sql
from store.database import plans as plan_sql
from store.database import staff as sql
from store.database.models import Plan, StaffingProposal, Territory
from store.database.work import UnitOfWork

HEADS, DEPUTIES = "grid_head", "deputy"


class StaffingChangedError(ConflictError):
    """Somebody else was given a post since the proposal was made."""

    code = "staffing-changed"


@dataclass(slots=True)
class StaffingReport:
    """Who was assigned, and what is missing.

    Attributes
    ----------
    grids : int
    heads : int
        Staff who head at least one grid.
    deputies : int
        Grids with a deputy.
    kept : int
        Grids whose head stayed.
    vacancies : list of str
        Codes of grids without a head.
    violations : list of dict
        ``{"rule", "lacking", "grids"}`` for each rule that could not be kept.
    most_grids : int
        Grids of the busiest head.
    unplaced : list of str
        Work numbers of those who got no grid because a distance is set and they have no duty point.
    """

    grids: int
    heads: int
    deputies: int
    kept: int
    vacancies: list[str]
    violations: list[dict[str, Any]]
    most_grids: int
    unplaced: list[str]


def assign_heads(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    max_grids: int = 4,
    max_distance_m: float | None = None,
    now: datetime | None = None,
) -> StaffingReport:
    """Give each grid of a plan one head and, where there is one to spare, one deputy.

    Heads serve in their own village (the area of the roster); those of a town serve in it, and staff without an area
    everywhere. Whoever already heads a grid and still may is not preferred: the result depends on roster and plan
    alone.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    max_grids : int
        Grids that one head may hold.
    max_distance_m : float or None
        Longest way from duty point to the middle of the grid; None: that of the rule, if it sets one.
    now : datetime or None

    Raises
    ------
    InvalidInputError
        `max_grids` is below 1.
    WrongStateError
        The plan is retired.
    """
    work.actor.require("planner", "shift_leader")
    if max_grids < 1:
        raise InvalidInputError("A head must be allowed at least one grid.", field="max_grids")
    moment = now or datetime.now(UTC)
    plan = _staffed_plan(work, plan_id)
    most = {HEADS: max_grids, DEPUTIES: 2 * max_grids}
    rules = [
        replace(rule, max_posts=most[rule.role], max_distance_m=max_distance_m or rule.max_distance_m)
        for rule in active_for(rules_of(work, plan.territory_id), plan.kind)
        if rule.role in most and not rule.counts_only
    ]
    filled = {one.role: one for one in _fill_roles(work, plan, rules, lambda _share, _note: None)}
    kept = {role: _put(work, plan, one, moment) for role, one in filled.items()}
    _announce(work, plan)
    heads, deputies = filled.get(HEADS), filled.get(DEPUTIES)
    return StaffingReport(
        grids=sql.count_grids(work.session, plan_id),
        heads=int((heads.found.held > 0).sum()) if heads else 0,
        deputies=len(deputies.holders(grids=True)) if deputies else 0,
        kept=kept.get(HEADS, 0),
        vacancies=heads.vacancies if heads else plan_sql.grids_without_head(work.session, plan_id),
        violations=[
            {"rule": each["reason"], "lacking": each["lacking"], "grids": each["places"]}
            for each in (heads.violations if heads else [])
        ],
        most_grids=int(heads.found.held.max(initial=0)) if heads else 0,
        unplaced=heads.unplaced if heads else [],
    )


def vacancies(work: UnitOfWork, plan_id: UUID) -> list[str]:
    """Return codes of grids of a plan that nobody heads now."""
    plan_sql.get_plan(work.session, plan_id)
    return plan_sql.grids_without_head(work.session, plan_id)


def propose(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    changes: dict[str, dict[str, Any]] | None = None,
    now: datetime,
    progress: Callable[[float, str], None] = lambda _share, _note: None,
) -> StaffingProposal:
    """Work out who would hold which post by the active rules, and keep it for a look; nothing is assigned yet.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    changes : dict, optional
        Rule → fields that hold for this proposal only, such as ``{"one-head-per-grid": {"max_posts": 1}}``.
    now : datetime
    progress : callable

    Raises
    ------
    InvalidInputError
        No rule is active, or a change makes no sense.
    WrongStateError
        The plan is retired.
    """
    work.actor.require("planner", "shift_leader")
    work.actor.require_everywhere()
    # nothing is assigned yet, so nobody has to wait for the solver; `apply` looks again
    plan = _staffed_plan(work, plan_id, lock=False)
    known = changed(rules_of(work, plan.territory_id), changes or {})
    active = active_for(known, plan.kind)
    rules = [rule for rule in active if not rule.counts_only]
    if not rules:
        raise InvalidInputError("No rule that assigns people is active.", field="rules")
    based_on = rule_sql.holders_digest(work.session, plan.id, now)
    roles = [_role_told(work, plan, one, now) for one in _fill_roles(work, plan, rules, progress)]
    result = {
        "plan": {"id": str(plan.id), "name": plan.name, "kind": plan.kind, "status": plan.status},
        "roles": roles,
        "grids": sql.count_grids(work.session, plan.id),
        "counted": [rule.title_en for rule in active if rule.counts_only],
    }
    proposal = StaffingProposal(
        plan_id=plan.id, based_on=based_on, result=result, asked_by=work.actor.account_id, made_at=now
    )
    work.session.add(proposal)
    work.session.flush()
    return proposal


def get_proposal(work: UnitOfWork, proposal_id: UUID) -> StaffingProposal:
    """Return a proposal.

    Raises
    ------
    NotFoundError
        There is no such proposal.
    """
    work.actor.require_everywhere()
    found = rule_sql.find_proposal(work.session, proposal_id)
    if found is None:
        raise NotFoundError("There is no such staffing proposal.", proposal=str(proposal_id))
    return found


def apply(work: UnitOfWork, proposal_id: UUID, *, revision: int | None, now: datetime) -> StaffingProposal:
    """Put a proposal in force from now on.

    Raises
    ------
    StaleRevisionError
        It was put in force already, by somebody who was faster.
    StaffingChangedError
        Posts were given or ended since it was made; make it anew.
    """
    work.actor.require("planner", "shift_leader")
    work.actor.require_everywhere()
    found = rule_sql.find_proposal(work.session, proposal_id, lock=True)
    if found is None:
        raise NotFoundError("There is no such staffing proposal.", proposal=str(proposal_id))
    if (revision is not None and found.revision != revision) or found.status == "applied":
        raise StaleRevisionError(
            "This proposal was put in force already.", current={"status": found.status, "revision": found.revision}
        )
    plan = _staffed_plan(work, found.plan_id)
    if rule_sql.holders_digest(work.session, plan.id, now) != found.based_on:
        raise StaffingChangedError("Posts changed hands since this was worked out; work it out again.")
    for told in found.result["roles"]:
        holders = told["holders"]
        if told["by_grid"]:
            after = {UUID(target): UUID(staff) for kind, target, staff in holders if kind == "grid"}
            _change(work, plan.id, told["role"], after, now)
        if told["areas"]:
            pairs = [(UUID(target), UUID(staff)) for kind, target, staff in holders if kind != "grid"]
            areas = [UUID(area) for area in told["areas"]]
            rule_sql.change_area_posts(work.session, told["role"], areas, pairs, now)
    found.status, found.applied_at, found.revision = "applied", now, found.revision + 1
    work.session.flush()
    _announce(work, plan)
    return found


def _staffed_plan(work: UnitOfWork, plan_id: UUID, *, lock: bool = True) -> Plan:
    plan = plan_sql.get_plan(work.session, plan_id, lock=lock)
    if plan.status == "retired":
        raise WrongStateError(
            "The plan is retired; nobody is on duty in its grids.", plan=str(plan_id), status="retired"
        )
    return plan


def _fill_roles(
    work: UnitOfWork, plan: Plan, rules: list[Rule], progress: Callable[[float, str], None]
) -> list[Filled]:
    territory = work.session.get_one(Territory, plan.territory_id)
    ground = read_ground(work.session, plan, territory.metric_srid)
    roles = list(dict.fromkeys(rule.role for rule in rules))
    found = []
    for number, role in enumerate(roles):
        progress(number / len(roles), f"filling posts: {role}")
        own = [rule for rule in rules if rule.role == role]
        found.append(fill(work.session, ground, own, territory_id=territory.id, kind=plan.kind))
    return found


def _role_told(work: UnitOfWork, plan: Plan, one: Filled, moment: datetime) -> dict[str, Any]:
    """Tell how one role would be filled, beside who holds its posts today."""
    names = dict(zip(one.staff["id"], one.staff["work_no"], strict=True))
    by_grid = any(rule.per_grid for rule in one.rules)
    before = _grids_before(work, plan, one.role, moment) if by_grid else {}
    after = {target.id: (target, staff) for target, staff in one.holders(grids=True)}
    places = [target for target in one.targets if target.kind == "grid"]
    was = {grid: holder for grid, holder in before.items() if holder is not None}
    called = _work_numbers(work, plan, {*was.values()} - names.keys(), moment) | names
    moves = []
    for target in places:
        new = after[target.id][1] if target.id in after else None
        old = was.get(target.id)
        if new != old:
            moves.append(
                {"kind": "grid", "code": target.code, "staff": _called(called, new), "was": _called(called, old)}
            )
    area_moves, areas, kept = _area_moves(work, plan, one, moment, called)
    moves += area_moves
    changes = [(move["staff"] is not None, move["was"] is not None) for move in moves]
    optional = all(rule.optional for rule in one.rules)
    return {
        "role": one.role,
        "rules": [rule.code for rule in one.rules],
        "by_grid": by_grid,
        "areas": areas,
        "people": int((one.found.held > 0).sum()),
        "eligible": len(one.staff["id"]),
        "most_posts": int(one.found.held.max(initial=0)),
        "gap": one.found.gap,
        "kept": kept + sum(1 for grid, (_, staff) in after.items() if was.get(grid) == staff),
        "new": changes.count((True, False)),
        "changed": changes.count((True, True)),
        "ended": changes.count((False, True)),
        "optional": optional,
        "vacancies": one.vacancies,
        "unplaced": one.unplaced,
        "violations": [] if optional else one.violations,
        "moves": moves,
        "holders": [
            [target.kind, str(target.id), str(staff)]
            for target, staff in (*one.holders(grids=True), *one.holders(grids=False))
        ],
    }


def _grids_before(work: UnitOfWork, plan: Plan, role: str, moment: datetime) -> dict[UUID, UUID | None]:
    terms = sql.tenures(work.session, plan.id, role, moment, is_head=role == HEADS)
    return {grid: term.holder for grid, term in terms.items()}


def _area_moves(
    work: UnitOfWork, plan: Plan, one: Filled, moment: datetime, called: dict[UUID, str]
) -> tuple[list[dict[str, Any]], list[str], int]:
    """Return who would begin or end in villages and towns, the areas that the rules look at, and how many stay."""
    if all(rule.per_grid for rule in one.rules):
        return [], [], 0
    targets = {target.id: target for target in one.targets if target.kind != "grid"}
    after = {(target.id, staff) for target, staff in one.holders(grids=False)}
    held = {
        (row.area_id, row.staff_id): row.work_no
        for row in rule_sql.held_at(work.session, plan.territory_id, moment)
        if row.role == one.role and row.area_id in targets
    }
    begun = [
        {"kind": targets[area].kind, "code": targets[area].code, "staff": called[staff], "was": None}
        for area, staff in sorted(after - held.keys(), key=str)
    ]
    ended = [
        {"kind": targets[area].kind, "code": targets[area].code, "staff": None, "was": held[area, staff]}
        for area, staff in sorted(held.keys() - after, key=str)
    ]
    return begun + ended, sorted(str(area) for area in targets), len(after & held.keys())


def _work_numbers(work: UnitOfWork, plan: Plan, staff: set[UUID], moment: datetime) -> dict[UUID, str]:
    """Return the work numbers of holders whom the rules would not choose from."""
    if not staff:
        return {}
    rows = rule_sql.held_at(work.session, plan.territory_id, moment)
    known = {row.staff_id: row.work_no for row in rows}
    return {who: known.get(who, str(who)) for who in staff}


def _called(numbers: dict[UUID, str], staff: UUID | None) -> str | None:
    return None if staff is None else numbers[staff]


def _put(work: UnitOfWork, plan: Plan, one: Filled, moment: datetime) -> int:
    """Write the holders of a role by grid; return how many stay."""
    return _change(work, plan.id, one.role, {target.id: staff for target, staff in one.holders(grids=True)}, moment)


def _change(work: UnitOfWork, plan_id: UUID, role: str, after: dict[UUID, UUID], moment: datetime) -> int:
    """Write the difference between `after` (grid → staff) and those who hold the role; return how many stay.

    A plan that waits for its day is respected: a post in a grid that ends then ends with it, and one in a grid that
    begins then begins with it.
    """
    head = role == HEADS
    terms = sql.tenures(work.session, plan_id, role, moment, is_head=head)
    ended = {grid: term.start for grid, term in terms.items() if term.holder and after.get(grid) != term.holder}
    begun = {grid: who for grid, who in after.items() if terms[grid].holder != who}
    sql.end_assignments(work.session, ended, role, is_head=head)
    sql.begin_assignments(work.session, begun, terms, role, is_head=head)
    return len(after) - len(begun)


def _announce(work: UnitOfWork, plan: Plan) -> None:
    for layer in ("grids", "grid_labels"):
        work.touch(layer, plan.territory_id)
