"""What an edit can change about a grid without moving a border: lock, name, code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from gis.codes import InvalidCodeError
from gis.errors import InvalidInputError
from services.plan_edits.answer import EditAnswer
from services.plan_edits.meeting import takes_back_marks
from services.plan_edits.places import placed
from services.plan_edits.refusals import CodeTakenError
from services.plan_edits.run import TRIES, BusyError, Wish, finish, lock_unchanged, see
from services.plan_edits.save import Change, LogLine, announce
from services.plan_edits.scene import OpenPlan, open_plan, read_scene
from services.plan_edits.sight import require_sight
from services.plan_views import NAME_LENGTH
from store.database import plan_edits as sql
from store.database.grid_codes import code_is_taken
from store.database.plan_edits import Image
from store.database.work import UnitOfWork


def lock_grid(work: UnitOfWork, plan_id: UUID, grid_id: UUID, wish: Wish, *, locked: bool = True) -> EditAnswer:
    """Lock a grid against moves of its border, or unlock it."""
    return _mark(work, plan_id, grid_id, wish, "lock", {"locked": locked})


def rename_grid(work: UnitOfWork, plan_id: UUID, grid_id: UUID, wish: Wish, *, name: str) -> EditAnswer:
    """Give a grid another name."""
    if len(name.strip()) > NAME_LENGTH:
        raise InvalidInputError(f"A grid's name has at most {NAME_LENGTH} characters.", field="name")
    return _mark(work, plan_id, grid_id, wish, "rename", {"name": name.strip()})


def recode_grid(work: UnitOfWork, plan_id: UUID, grid_id: UUID, wish: Wish, *, code: str) -> EditAnswer:
    """Give a grid another code.

    The code is the grid's identity and lives through every plan, so the draft gets a new grid in the same place; the
    old one stays what it is in other plans, and a code that was in force is never given again.
    """
    return _mark(work, plan_id, grid_id, wish, "recode", {"code": code.strip()})


def _mark(work: UnitOfWork, plan_id: UUID, grid_id: UUID, wish: Wish, kind: str, values: dict[str, Any]) -> EditAnswer:
    work.actor.require("planner")
    require_sight(work, plan_id, {grid_id, *(wish.expected or {})})
    with placed(work, plan_id, [grid_id]):
        return _marked(work, open_plan(work, plan_id), grid_id, wish, LogLine(kind, {"grid": str(grid_id), **values}))


def _marked(work: UnitOfWork, plan: OpenPlan, grid_id: UUID, wish: Wish, line: LogLine) -> EditAnswer:
    plan_id, kind = plan.id, line.kind
    values = {name: value for name, value in line.request.items() if name != "grid"}
    for _ in range(TRIES):
        scene = read_scene(work, plan, [grid_id], around=False)
        see(work, plan_id, scene.present(), [grid_id], wish.expected)
        before = scene.images[scene.number(grid_id)]
        if not lock_unchanged(work, plan_id, {grid_id: int(before["revision"])}):
            continue
        after = {**before, **values, "revision": int(before["revision"]) + 1}
        if kind == "recode":
            after |= _new_identity(work, plan, before, values["code"])
        change = Change({grid_id: before}, {UUID(after["grid_id"]): after}, [])
        if wish.preview:
            return _tried(work, plan, change, line, values, wish)
        answer = finish(work, plan, change, line)
        announce(work, plan, change)
        return answer
    raise BusyError("The grid is being edited by somebody else; try again.", grid=str(grid_id))


def _tried(
    work: UnitOfWork, plan: OpenPlan, change: Change, line: LogLine, values: dict[str, Any], wish: Wish
) -> EditAnswer:
    """Answer what a mark would give, and take it back."""
    with work.session.begin_nested() as trial:
        answer = finish(work, plan, change, line)
        trial.rollback()
    (before,) = change.before.values()
    back = None if wish.since is None else takes_back_marks(work, plan.id, before, values, wish.since)
    return replace(answer, seq=None, at=None, takes_back=back)


def _new_identity(work: UnitOfWork, plan: OpenPlan, before: Image, code: str) -> dict[str, str]:
    old = str(before["_code"])
    # a code keeps the form of the kind: what the area gives stays, the serial is the planner's
    if len(code) != len(old) or not (code.isascii() and code.isalnum()) or code[:-3] != old[:-3]:
        raise InvalidCodeError(
            f"The code must have {len(old)} digits and begin with {old[:-3]}, like the one it replaces.",
            field="code",
            value=code,
        )
    if not code[-3:].isdigit():
        raise InvalidCodeError("The last three signs of a grid code are digits.", field="code", value=code)
    with work.everywhere():
        taken = code_is_taken(work.session, plan.id, code)
    if taken:
        raise CodeTakenError(
            f"The code {code} belongs to another grid, of this plan or of one that is or was in force; codes are never"
            " reused.",
            field="code",
            value=code,
        )
    fresh = uuid4()
    with work.everywhere():  # an identity lies in no area before its first shape
        sql.add_grids(work.session, [{"id": fresh, "territory_id": plan.territory_id, "kind": plan.kind, "code": code}])
    return {"id": str(uuid4()), "grid_id": str(fresh)}
