"""Staff in office and the posts they hold: lists, single ones, changes; exactly one head a grid at any time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import shapely

from casework.masking import holds_personal_number
from gis.errors import ConflictError, InvalidInputError, NotFoundError, StaleRevisionError
from services.post_rules import HEAD, check_order, check_target, refuse_held_twice, refuse_second_head
from services.units import get_unit
from store.database import duties
from store.database import organisation as sql
from store.database import organisation_shifts as shift_sql
from store.database.models import Assignment, Role, Staff
from store.database.organisation import PostQuery, StaffQuery
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.types import Range

_ROLES = ("planner", "shift_leader")
LARGEST_PAGE = 500
AHEAD = timedelta(days=14)


def list_staff(
    work: UnitOfWork,
    *,
    at: datetime,
    territory: UUID | str | None = None,
    area: UUID | None = None,
    unit: UUID | None = None,
    words: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Return a page of staff in the order of work numbers, with what each holds at a moment.

    Raises
    ------
    NotFoundError
        There is no such area.
    """
    place = find_territory(work.session, territory)
    path = None
    if area is not None:
        path = sql.area_path(work.session, place.id, area)
        if path is None:
            raise NotFoundError("There is no such area.", area=str(area))
    query = StaffQuery(place.id, at, path, unit, words, after, limit + 1)
    rows = sql.list_staff(work.session, query)
    more = len(rows) > limit
    return {"staff": rows[:limit], "next": rows[limit - 1]["work_no"] if more else None}


def get_staff(work: UnitOfWork, staff_id: UUID, *, at: datetime) -> dict[str, Any]:
    """Return a member of staff with posts, duties, shifts of the next two weeks, patterns and absences.

    Raises
    ------
    NotFoundError
        There is no such member of staff.
    """
    member = _member(work, staff_id)
    row = sql.list_staff(work.session, StaffQuery(member.territory_id, at, staff_id=staff_id))[0]
    posts = sql.list_assignments(work.session, PostQuery(member.territory_id, staff_id=staff_id))
    now = [post for post in posts if _holds(post, at)]
    held = sorted({post["role"] for post in now})
    kinds = {(post["role"], post["grid_kind"] or "household") for post in now}
    listed = sql.duties_of_roles(work.session, member.territory_id, held)
    shifts = shift_sql.list_shifts(work.session, member.territory_id, (at, at + AHEAD), staff_id)
    return {
        **row,
        "assignments": posts,
        "responsibilities": [
            {"role": duty.role, "duty_en": duty.duty_en, "duty_zh": duty.duty_zh}
            for duty in listed
            if (duty.role, duty.grid_kind) in kinds
        ],
        "shifts": shifts,
        "patterns": [_pattern(pattern) for pattern in shift_sql.patterns_of(work.session, staff_id)],
        "absences": [
            {"id": absence.id, "since": absence.period.lower, "until": absence.period.upper}
            for absence in sql.absences(work.session, staff_id, at)
        ],
    }


def add_staff(
    work: UnitOfWork, values: Mapping[str, Any], *, at: datetime, territory: UUID | str | None
) -> dict[str, Any]:
    """Add a member of staff: work number, name and post; nothing else of a person is ever kept.

    Raises
    ------
    ConflictError
        The work number is taken.
    """
    work.actor.require(*_ROLES)
    place = find_territory(work.session, territory)
    if values["work_no"] in sql.staff_by_work_no(work.session, place.id):
        raise ConflictError(
            f"Somebody has the work number {values['work_no']} already.", field="work_no", work_no=values["work_no"]
        )
    _refuse_personal_numbers(values)
    member = Staff(territory_id=place.id, work_no=values["work_no"], name=values["name"], post=values["post"])
    _set(work, member, {name: value for name, value in values.items() if name not in ("work_no", "name", "post")})
    work.session.add(member)
    work.session.flush()
    work.announce("organisation", {}, place.id)
    return get_staff(work, member.id, at=at)


def change_staff(
    work: UnitOfWork, staff_id: UUID, changes: Mapping[str, Any], *, revision: int, at: datetime
) -> dict[str, Any]:
    """Change name, post, unit, area, skills, or whether the member is in office.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster.
    """
    work.actor.require(*_ROLES)
    member = _member(work, staff_id, lock=True)
    if member.revision != revision:
        raise StaleRevisionError(
            "This member of staff was changed since you read it; look at the present version first.",
            current=get_staff(work, staff_id, at=at),
        )
    _refuse_personal_numbers(changes)
    _set(work, member, changes)
    member.revision += 1
    work.session.flush()
    # whoever leaves office heads nothing any more, and a head's name stands on the map
    _announce(work, member)
    return get_staff(work, staff_id, at=at)


def _refuse_personal_numbers(values: Mapping[str, Any]) -> None:
    for name in ("name", "post"):
        if holds_personal_number(values.get(name) or ""):
            raise InvalidInputError(
                f"The {name} holds an identity or telephone number; of a person only the office is kept.", field=name
            )


def _set(work: UnitOfWork, member: Staff, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if name == "unit":
            if value is not None and get_unit(work, value).id != value:
                raise InvalidInputError("There is no such unit.", field="unit")
            member.unit_id = value
        elif name == "area":
            if value is not None and sql.area_of(work.session, member.territory_id, value) is None:
                raise InvalidInputError("There is no such area.", field="area")
            member.area_id = value
        elif name == "office":
            member.duty_point = None if value is None else shapely.Point(value)
        elif name == "skills":
            member.skills = sorted({" ".join(skill.split()).lower() for skill in value if skill.strip()})
        else:
            setattr(member, name, value)


def list_roles(work: UnitOfWork) -> list[Role]:
    """Return every role."""
    return sql.list_roles(work.session)


def add_role(work: UnitOfWork, code: str, *, name_en: str, name_zh: str) -> Role:
    """Add a role that assignments may give.

    Raises
    ------
    ConflictError
        There is one with this code.
    """
    work.actor.require("planner")
    work.actor.require_everywhere()
    if code in duties.role_codes(work.session):
        raise ConflictError(f"There is a role '{code}' already.", field="code", role=code)
    role = Role(code=code, name_en=name_en, name_zh=name_zh)
    work.session.add(role)
    work.session.flush()
    work.announce("organisation", {})
    return role


def list_assignments(work: UnitOfWork, query: Mapping[str, Any], *, territory: UUID | str | None) -> dict[str, Any]:
    """Return a page of assignments; `query` holds the fields of `PostQuery` but the territory."""
    place = find_territory(work.session, territory)
    limit = int(query.get("limit") or 1000)
    rows = sql.list_assignments(work.session, PostQuery(place.id, **{**query, "limit": limit + 1}))
    posts = rows[:limit]
    return {"assignments": posts, "next": posts[-1]["id"] if len(rows) > limit else None}


def assign(work: UnitOfWork, values: Mapping[str, Any], *, now: datetime, replace: bool = False) -> dict[str, Any]:
    """Give a member of staff a role for a grid or an area.

    Parameters
    ----------
    work : UnitOfWork
    values : mapping
        ``staff``, ``role``, ``grid`` or ``area``, and ``share``, ``ex_officio``, ``since`` and ``until`` where given.
    now : datetime
        When it begins if `values` don't say.
    replace : bool
        End who heads the grid at that moment instead of refusing a second head.

    Raises
    ------
    TwoHeadsError
        Somebody heads the grid in that time.
    HeldAlreadyError
        The member of staff holds just this post in that time.
    InvalidInputError
        There is no such role, grid or area, or it ends before it begins.
    """
    work.actor.require(*_ROLES)
    member = _member(work, values["staff"])
    role, grid, area = values["role"], values.get("grid"), values.get("area")
    if role not in duties.role_codes(work.session):
        raise InvalidInputError(f"There is no role '{role}'.", field="role")
    check_target(work, member, role, grid, area)
    since, until = values.get("since") or now, values.get("until")
    check_order(since, until)
    made = Assignment(
        staff_id=member.id, role=role, grid_id=grid, area_id=area, share=values.get("share") or 1.0,
        ex_officio=bool(values.get("ex_officio")), is_head=role == HEAD, valid=Range(since, until, bounds="[)"),
    )  # fmt: skip
    refuse_held_twice(work, member, made)
    if role == HEAD and grid is not None:
        if replace:
            _end_head(work, grid, since)
        refuse_second_head(work, grid, since, until)
    work.session.add(made)
    work.session.flush()
    _announce(work, member)
    return get_assignment(work, made.id)


def get_assignment(work: UnitOfWork, assignment_id: UUID) -> dict[str, Any]:
    """Return an assignment.

    Raises
    ------
    NotFoundError
        There is no such assignment.
    """
    found, member = _assignment(work, assignment_id)
    return sql.list_assignments(work.session, PostQuery(member.territory_id, assignment_id=found.id))[0]


def change_assignment(
    work: UnitOfWork, assignment_id: UUID, changes: Mapping[str, Any], *, revision: int
) -> dict[str, Any]:
    """Change share, ex-officio or the end of an assignment; whom and what for is a new assignment.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster.
    TwoHeadsError
        A later end would meet the next head.
    """
    work.actor.require(*_ROLES)
    found, member = _assignment(work, assignment_id, lock=True)
    if found.revision != revision:
        raise StaleRevisionError(
            "The assignment was changed since you read it; look at the present version first.",
            current=get_assignment(work, assignment_id),
        )
    if "until" in changes:
        since, until = found.valid.lower, changes["until"]
        if since is not None:
            check_order(since, until)
            if found.is_head and found.grid_id is not None:
                refuse_second_head(work, found.grid_id, since, until, but=found.id)
        found.valid = Range(since, until, bounds="[)")
        refuse_held_twice(work, member, found, but=found.id)
    for name in ("share", "ex_officio"):
        if name in changes:
            setattr(found, name, changes[name])
    found.revision += 1
    work.session.flush()
    _announce(work, member)
    return get_assignment(work, assignment_id)


def end_assignment(work: UnitOfWork, assignment_id: UUID, *, revision: int, now: datetime) -> None:
    """End an assignment now; one that has not begun goes."""
    work.actor.require(*_ROLES)
    found, member = _assignment(work, assignment_id, lock=True)
    if found.revision != revision:
        raise StaleRevisionError(
            "The assignment was changed since you read it; look at the present version first.",
            current=get_assignment(work, assignment_id),
        )
    begun = found.valid.lower is None or found.valid.lower < now
    if begun and (found.valid.upper is None or found.valid.upper > now):
        found.valid = Range(found.valid.lower, now, bounds="[)")
        found.revision += 1
    elif not begun:
        work.session.delete(found)
    work.session.flush()
    _announce(work, member)


def _end_head(work: UnitOfWork, grid: UUID, since: datetime) -> None:
    for other in sql.heads_within(work.session, grid, since, since + timedelta(microseconds=1)):
        before, _ = _assignment(work, other.id, lock=True)
        if before.valid.lower is not None and before.valid.lower >= since:
            work.session.delete(before)
        else:
            before.valid = Range(before.valid.lower, since, bounds="[)")
            before.revision += 1
    work.session.flush()


def _assignment(work: UnitOfWork, assignment_id: UUID, *, lock: bool = False) -> tuple[Assignment, Staff]:
    found = sql.find_assignment(work.session, assignment_id, lock=lock)
    member = None if found is None else sql.find_staff(work.session, found.staff_id)
    if found is None or member is None:
        raise NotFoundError("There is no such assignment.", assignment=str(assignment_id))
    return found, member


def _member(work: UnitOfWork, staff_id: UUID, *, lock: bool = False) -> Staff:
    member = sql.find_staff(work.session, staff_id, lock=lock)
    if member is None:
        raise NotFoundError("There is no such member of staff.", staff=str(staff_id))
    return member


def _holds(post: Mapping[str, Any], at: datetime) -> bool:
    since, until = post["since"], post["until"]
    return (since is None or since <= at) and (until is None or until > at)


def _pattern(pattern: Any) -> dict[str, Any]:  # noqa: ANN401 - a ShiftPattern
    names = ("id", "first_day", "last_day", "cycle_days", "on_days", "starts", "ends")
    return {name: getattr(pattern, name) for name in names}


def _announce(work: UnitOfWork, member: Staff) -> None:
    for layer in ("grids", "grid_labels"):
        work.touch(layer, member.territory_id)
    work.announce("organisation", {}, member.territory_id)
