"""Publishing: one transaction in which a plan takes over from the one before it, today or on a day to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from casework.machine import machine
from gis.errors import ConflictError, InvalidInputError
from services import jobs
from services.grid_shapes import lacks_shapes
from services.partition.net_shares import renew_nets
from services.plan_codes import settle_codes
from services.plan_life.comparing import Compared, compare, lineage_rows
from services.plan_life.readiness import proved_problems, without_responsibilities
from services.plan_life.review import NotReadyError, required_reason
from services.plan_life.states import WrongStateError, locked, note_step, require_second_person
from store.database import plan_life as sql
from store.database import plans as plan_sql
from store.database.models import Plan, PlanStep
from store.database.work import UnitOfWork

BASIS_LENGTH = 500
OPEN_POINTS = 50


@dataclass(frozen=True, slots=True)
class Publication:
    """What a plan is published on.

    Attributes
    ----------
    basis : str
        The decision that the plan rests on; may not be empty.
    effective_on : datetime.date or None
        Day it takes effect, past, present or to come; None is now.
    single_person : bool
        Let the author publish too (small offices, the demo); otherwise a second person must.
    time_zone : str
        Where the day begins.
    expected : int or None
        Revision of the plan that the caller saw.
    """

    basis: str
    effective_on: date | None = None
    single_person: bool = False
    time_zone: str = "UTC"
    expected: int | None = None


class TooEarlyError(ConflictError):
    """A plan can't take effect before the one that it follows."""

    code = "effective-too-early"


def open_states() -> list[str]:
    """Return the states of an incident that still needs somebody."""
    return [name for name, facts in machine().states.items() if facts.get("open")]


def publish(work: UnitOfWork, plan_id: UUID, asked: Publication, *, now: datetime | None = None) -> Plan:
    """Publish a plan: its grids become valid, the plan of this kind until now ends, posts and open cases go along.

    From now on its codes are given for good. Where a grid's code was given to another one since the draft was made, it
    gets the next free one, and the step on record says so (``renumbered``).

    A plan of a day to come is scheduled: its grids are valid from that day and the present ones until then, and
    `settle` (or whoever looks next) finishes the change of plans when the day has come.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    asked : Publication
    now : datetime or None

    Raises
    ------
    NotReadyError
        The plan fails its check, or its author is the one who publishes.
    WrongStateError
        It was not sent to review, or is published already.
    TooEarlyError
        It would take effect before the plan that it follows.
    """
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    basis = asked.basis.strip()
    if not basis or len(basis) > BASIS_LENGTH:
        raise InvalidInputError("Say what the plan rests on (the decision, minutes or order).", field="basis")
    settle(work, now=moment)
    plan = locked(work, plan_id, asked.expected, "draft", "review")
    require_second_person(work, plan, "publishes", single_person=asked.single_person)
    # the machine's owner and offices of one planner may skip the review, for there is nobody to review
    if plan.status == "draft" and not asked.single_person and work.actor.account_id is not None:
        raise WrongStateError("The plan is a draft; send it for review first.", plan=str(plan_id), status=plan.status)
    effective_at = _effective_at(asked, moment)
    before = _predecessor(work, plan, effective_at)
    compared = None if before is None else compare(work, before.id, plan.id)
    _require_ready(work, plan, compared, moment)
    plan.published_at, plan.effective_at, plan.basis = moment, effective_at, basis
    plan.effective_on = asked.effective_on or moment.astimezone(ZoneInfo(asked.time_zone)).date()
    plan.approver_id = work.actor.account_id
    facts = _hand_over(work, compared, plan, effective_at, moment)
    if effective_at > moment:
        plan.status = "scheduled"
        note_step(work, plan, "schedule", basis, at=moment, facts=facts)
        _touch(work, plan)
    else:
        _take_effect(work, plan, before, moment, actor=work.actor.account_id, note=basis, facts=facts)
    # everybody looks at it now, and its edits would leave the low zooms heavy until the next upkeep
    if lacks_shapes(work, plan):
        jobs.start_job(work, "grid-shapes", {"plan": str(plan.id)})
    return plan


def renumbered(work: UnitOfWork, plan: Plan) -> list[dict[str, str]]:
    """Return the grids that got another code when a plan was published or scheduled: ``{"from", "to"}``."""
    steps = sql.list_steps(work.session, plan.id)
    taken = [step.facts for step in steps if step.action in ("publish", "schedule")]
    return list(taken[-1].get("renumbered", [])) if taken else []


def settle(work: UnitOfWork, *, now: datetime) -> int:
    """Let scheduled plans take effect whose day has come; return how many."""
    due = sql.due_plans(work.session, now)
    for plan in due:
        before = plan_sql.published_of(work.session, plan.territory_id, plan.kind)
        _take_effect(work, plan, before, now, actor=None, note="", facts={})
    return len(due)


def withdraw(work: UnitOfWork, plan_id: UUID, *, expected: int, reason: str, now: datetime | None = None) -> Plan:
    """Take back a plan that waits for its day: it is in review again, and the present plan goes on."""
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    told = required_reason(reason)
    settle(work, now=moment)
    plan = locked(work, plan_id, expected, "scheduled")
    before = plan_sql.published_of(work.session, plan.territory_id, plan.kind)
    sql.forget_validity(work.session, plan_id)
    if before is not None and plan.effective_at is not None:
        sql.resume_assignments(work.session, before.id, plan_id, plan.effective_at)
        sql.reopen_versions(work.session, before.id)
        before.retired_at = None
    sql.forget_lineage(work.session, plan_id)
    plan.status = "review"
    plan.effective_at = plan.effective_on = plan.published_at = None
    note_step(work, plan, "withdraw", told, at=moment)
    _touch(work, plan)
    return plan


def retire(
    work: UnitOfWork,
    plan_id: UUID,
    *,
    expected: int,
    reason: str,
    single_person: bool = False,
    now: datetime | None = None,
) -> Plan:
    """End a published plan without a successor: its grids and the posts in them end now."""
    work.actor.require("planner", "reviewer")
    moment = now or datetime.now(UTC)
    told = required_reason(reason)
    plan = locked(work, plan_id, expected, "published")
    require_second_person(work, plan, "retires it", single_person=single_person)
    waiting = sql.scheduled_plan(work.session, plan.territory_id, plan.kind)
    if waiting is not None:
        raise ConflictError(f"'{waiting.name}' follows it already; withdraw that one first.", plan=str(waiting.id))
    plan_sql.close_versions(work.session, plan_id, moment)
    ended = sql.end_all_assignments(work.session, plan_id, moment)
    plan.status, plan.retired_at = "retired", moment
    note_step(work, plan, "retire", told, at=moment, facts={"assignments_ended": ended})
    _touch(work, plan)
    return plan


def _require_ready(work: UnitOfWork, plan: Plan, compared: Compared | None, moment: datetime) -> None:
    problems = [each for each in proved_problems(work, plan, compared, moment) if each["blocks"]]
    problems += without_responsibilities(work, plan)
    if problems:
        raise NotReadyError(
            f"The plan is not ready; open points: {len(problems)}, first: {problems[0]['message']}",
            open=problems[:OPEN_POINTS],
        )


def _effective_at(asked: Publication, moment: datetime) -> datetime:
    zone = ZoneInfo(asked.time_zone)
    if asked.effective_on is None or asked.effective_on == moment.astimezone(zone).date():
        return moment
    return datetime.combine(asked.effective_on, time(), zone).astimezone(UTC)


def _predecessor(work: UnitOfWork, plan: Plan, effective_at: datetime) -> Plan | None:
    """Return the plan that ends when this one begins."""
    waiting = sql.scheduled_plan(work.session, plan.territory_id, plan.kind)
    if waiting is not None:
        raise ConflictError(
            f"'{waiting.name}' waits for its day already ({waiting.effective_on}); withdraw it first.",
            plan=str(waiting.id),
            effective_on=str(waiting.effective_on),
        )
    before = plan_sql.published_of(work.session, plan.territory_id, plan.kind)
    begun = None if before is None else before.effective_at or before.published_at
    if before is not None and begun is not None and effective_at <= begun:
        raise TooEarlyError(
            f"The present plan took effect on {before.effective_on or begun.date()}; this one must begin after it.",
            field="effective_on",
            plan=str(before.id),
        )
    return before


def _hand_over(
    work: UnitOfWork, compared: Compared | None, plan: Plan, effective_at: datetime, moment: datetime
) -> dict[str, object]:
    """Move validity, lineage, posts and codes from one plan to the next; return what there is to say of it."""
    facts: dict[str, object] = {"effective_at": effective_at.isoformat()}
    if compared is not None:
        before = compared.old
        sql.save_lineage(work.session, lineage_rows(compared, effective_at))
        plan_sql.close_versions(work.session, before.id, effective_at)
        before.retired_at = effective_at
        # posts were really held until now, whatever day a decision is dated back to
        carried, ended = sql.carry_assignments(work.session, before.id, plan.id, max(effective_at, moment))
        facts |= {"before": str(before.id), "assignments_carried": carried, "assignments_ended": ended}
        facts |= compared.summary
    renumbered = settle_codes(work, plan)
    if renumbered:
        facts["renumbered"] = renumbered
    plan_sql.open_versions(work.session, plan.id, effective_at)
    return facts


def _take_effect(
    work: UnitOfWork,
    plan: Plan,
    before: Plan | None,
    moment: datetime,
    *,
    actor: UUID | None,
    note: str,
    facts: dict[str, object],
) -> None:
    """Change the states of both plans and give the open cases to the new grids."""
    if before is not None:
        before.status, before.retired_at = "retired", plan.effective_at
        before.revision += 1
        work.session.flush()
        step = PlanStep(
            plan_id=before.id, action="retire", actor_id=actor, facts={"successor": str(plan.id)}, at=moment
        )
        sql.add_step(work.session, step)
        facts["cases_rehomed"] = sql.rehome_incidents(work.session, before.id, plan.id, open_states())
    plan.status = "published"
    plan.revision += 1
    action = "publish" if note else "take_effect"
    sql.add_step(
        work.session,
        PlanStep(plan_id=plan.id, action=action, actor_id=actor, note=note, facts=facts, at=moment),
    )
    work.announce("plan", {"plan": str(plan.id), "action": action, "status": plan.status}, plan.territory_id)
    _touch(work, plan)
    if facts.get("cases_rehomed"):
        work.touch("incidents", plan.territory_id)
    if plan.kind == "household":
        renew_nets(work, plan.territory_id, plan.id, now=moment)


def _touch(work: UnitOfWork, plan: Plan) -> None:
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, plan.territory_id)
