"""A case as it stands for whoever acts on it: its row, its tasks, and the answers to guards about other tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.case import Actor, Case
from casework.machine import machine
from casework.tasks import all_done, all_settled
from services import catalogue, incident_views
from store.database import case_tasks as task_sql
from store.database import cases as sql
from store.database import incidents as incident_sql
from store.database.cases import Key, Post
from store.database.together import Question, read_together
from store.database.work import UnitOfWork

_ROLES = frozenset(machine().roles)


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that one action on a case may ask about.

    Attributes
    ----------
    row : Row
        Of `store.database.incidents`.
    case : Case
        The same for the state machine.
    actor : casework.case.Actor
    post : Post
        The unit and member of staff that the account acts as.
    tasks : list of Row
    now : datetime
    """

    row: Any
    case: Case
    actor: Actor
    post: Post
    tasks: list[Any]
    now: datetime

    @property
    def key(self) -> Key:
        """Month and id."""
        return self.row.month, self.row.id

    def own_unit(self, unit_id: UUID | None) -> bool:
        """Whether a unit is the one that the account acts for."""
        return unit_id is not None and unit_id == self.post.unit_id


def standing_of(
    work: UnitOfWork, no: str, *, now: datetime, lock: bool = False, actor: Actor | None = None
) -> Standing:
    """Read a case for whoever acts, or for `actor` where that is nobody with an account.

    Raises
    ------
    NotFoundError
        No incident of this number, or none that the actor sees.
    """
    row = incident_views.read_row(work, no, lock=lock)
    standing, _ = standing_and(work, row, [], now=now, actor=actor)
    return standing


def standing_and(
    work: UnitOfWork,
    row: Any,  # noqa: ANN401 - a database row
    more: Sequence[Question],
    *,
    now: datetime,
    actor: Actor | None = None,
) -> tuple[Standing, list[list[Any]]]:
    """Return how a case whose row is read stands, and the answers to more questions asked in the same round trip."""
    who = actor or Actor(work.actor.account_id, work.actor.roles & _ROLES)
    key = (row.month, row.id)
    posts, tasks, last, *answers = read_together(
        work.session,
        [sql.post_question(who.id), task_sql.tasks_question(key), incident_sql.last_step_question(*key), *more],
    )
    case = _case_of(row, *incident_sql.last_step_from(last))
    return Standing(row, case, who, sql.post_from(posts), tasks, now), answers


def _case_of(row: Any, seq: int, prev: str) -> Case:  # noqa: ANN401 - a database row
    return Case(
        state=row.state, since=row.state_at, severity=row.severity, urgent=row.urgent, item_set=bool(row.item),
        place_set=row.lon is not None, handling_level=row.handling_level, pending=row.pending,
        requested_by=row.requested_by, openers=frozenset(row.openers), dispatchers=frozenset(row.dispatchers),
        handlers=frozenset(row.handlers), checkers=frozenset(row.checkers), rejecters=frozenset(row.rejecters),
        unit=str(row.unit_id) if row.unit_id else None,
        returned_from=str(row.returned_unit_id) if row.returned_unit_id else None,
        wrong_dispatches=row.wrong_dispatches, supervised=row.supervised, self_handled=row.self_handled,
        cycle=row.cycle, rated_cycle=row.rated_cycle, rework_count=row.rework_count, extensions=row.extensions,
        appeals=row.appeals, seq=seq, prev=prev,
    )  # fmt: skip


def columns_of(case: Case) -> dict[str, Any]:
    """Return the columns of an incident that hold a case."""
    return {
        "state": case.state, "state_at": case.since, "severity": case.severity, "urgent": case.urgent,
        "handling_level": case.handling_level, "pending": case.pending, "requested_by": case.requested_by,
        "openers": sorted(case.openers), "dispatchers": sorted(case.dispatchers), "handlers": sorted(case.handlers),
        "checkers": sorted(case.checkers), "rejecters": sorted(case.rejecters),
        "unit_id": UUID(case.unit) if case.unit else None,
        "returned_unit_id": UUID(case.returned_from) if case.returned_from else None,
        "wrong_dispatches": case.wrong_dispatches, "supervised": case.supervised, "self_handled": case.self_handled,
        "cycle": case.cycle, "rated_cycle": case.rated_cycle, "rework_count": case.rework_count,
        "extensions": case.extensions, "appeals": case.appeals,
    }  # fmt: skip


def guard_facts(work: UnitOfWork, at: Standing) -> dict[str, Any]:
    """Answer the guards that the case itself can't: about units, grids, tasks and the catalogue."""
    states = {task.id: (task.kind, task.state) for task in at.tasks}
    item = catalogue.find_item(work, at.row.item_code, at.row.territory_id)
    # where a catalogue holds, a case is filed under one of its items
    classified = item is not None or catalogue.version_id(work, at.row.territory_id) is None
    return {
        "own_grid": _own_grid(work, at),
        "item_allows_self_handling": item is not None and item.self_handling,
        "filing_condition_met": classified and at.case.item_set and at.case.place_set,
        "own_task": at.own_unit(at.row.unit_id),
        "lead_unit": at.own_unit(at.row.unit_id),
        "all_child_tasks_done": all_done(states),
        "closing_condition_met": all_settled(states) and at.case.pending is None,
    }


def _own_grid(work: UnitOfWork, at: Standing) -> bool:
    if at.post.staff_id is None or "grid_staff" not in at.actor.roles:
        return False
    versions = (at.row.grid_version_id, at.row.alt_grid_version_id)
    return sql.answers_here(work.session, at.post.staff_id, versions=versions, area_code=at.row.area_code, now=at.now)
