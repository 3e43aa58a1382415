"""The one road of every edit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import to_lonlat
from gis.errors import ConflictError, GridwardError, NotFoundError
from grid_partition.edits import Edited, GridLockedError
from grid_partition.settle import Fault, Settled, settle
from services.plan_edits.answer import EditAnswer, current_grids, totals_of
from services.plan_edits.meeting import changed_by, takes_back
from services.plan_edits.places import placed
from services.plan_edits.save import Change, LogLine, announce, areas_of, change_of, write_change
from services.plan_edits.scene import OpenPlan, Scene, open_plan, read_scene
from services.plan_edits.sight import require_sight
from services.revisions import check_expected
from store.database import edit_log as log_sql
from store.database import plan_edits as sql
from store.database.actor import AreaLimitedError
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

__all__ = ["BusyError", "Order", "Wish", "finish", "lock_unchanged", "run_edit", "see", "told"]

#: Times that an edit is computed anew because a grid beside it changed meanwhile.
TRIES = 4


class BusyError(ConflictError):
    """The grids around kept changing while the edit was computed; nothing was saved."""

    code = "busy-place"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants beside the edit itself.

    Attributes
    ----------
    expected : dict of UUID to int, or None
        Revision of each grid that the caller saw.
    repair : bool
        Hand stray pieces and slivers to a neighbour instead of refusing.
    preview : bool
        Answer what would be, and change nothing.
    since : dict of UUID to int, or None
        With `preview`: revisions that the edit was drawn on, before others saved theirs; the answer says whether both
        can be kept.
    """

    expected: dict[UUID, int] | None
    repair: bool = False
    preview: bool = False
    since: dict[UUID, int] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An edit to be run.

    Attributes
    ----------
    kind : str
    grids : collection of UUID
        Grids to read.
    named : collection of UUID
        Those among them that the caller named, and so must have seen.
    request : dict
        What was asked for, for the log.
    compute : callable
        From the scene to the atoms after the edit.
    around : bool
        Read the touching grids too: the new border may end on theirs.
    name : str
        Of a new grid.
    """

    kind: str
    grids: Collection[UUID]
    named: Collection[UUID]
    request: dict[str, Any]
    compute: Callable[[Scene], Edited]
    around: bool = True
    name: str = ""


def run_edit(work: UnitOfWork, plan_id: UUID, order: Order, wish: Wish, *, plan: OpenPlan | None = None) -> EditAnswer:
    """Compute, prove and save an edit.

    Raises
    ------
    EditRefusedError, GridLockedError, PlanClosedError
        With ``place`` in lon/lat.
    StaleRevisionError, RevisionRequiredError
    AreaLimitedError
        The account is limited to some areas, and a grid named or one that would give or get ground lies beyond.
    BusyError
    """
    work.actor.require("planner")
    require_sight(work, plan_id, {*order.named, *(wish.expected or {})})
    with placed(work, plan_id, order.named or order.grids):
        return _run(work, plan or open_plan(work, plan_id), order, wish)


def _run(work: UnitOfWork, draft: OpenPlan, order: Order, wish: Wish) -> EditAnswer:
    """Compute on what is read; start over when the grids around changed meanwhile."""
    plan_id = draft.id
    for _ in range(TRIES):
        scene = read_scene(work, draft, order.grids, around=order.around)
        present = scene.present()
        see(work, plan_id, present, order.named, wish.expected)
        with told(draft, scene.shown):
            edited = order.compute(scene)
            settled = settle(scene.patch, edited, scene.ground_of, repair=wish.repair)
        givers = _givers(scene, settled)
        if scene.beyond.intersection(givers):
            raise AreaLimitedError(
                "The edit would move ground of grids outside the areas of your account.",
                plan=str(plan_id),
                area=work.actor.area_path,
            )
        see(work, plan_id, present, givers, wish.expected)
        touched = {
            scene.ids[grid]: int(scene.images[grid]["revision"]) for grid in settled.touched if grid < len(scene.ids)
        }
        answer = _save(work, scene, settled, order, wish, touched)
        if answer is not None:
            return answer
    raise BusyError("The grids around are being edited by somebody else; try again.", plan=str(plan_id))


def see(
    work: UnitOfWork,
    plan_id: UUID,
    present: Mapping[UUID, Image],
    named: Iterable[UUID],
    expected: dict[UUID, int] | None,
) -> None:
    """Check that the caller saw the present state of the grids named, and of any other in `expected`.

    Raises
    ------
    NotFoundError
        A named grid never was in the plan.
    StaleRevisionError
        ``current`` holds the present ``grids`` with shapes, ``removed``, and who changed them last in ``by``.
    """
    revision = {grid: int(image["revision"]) for grid, image in present.items()}
    seen = expected or {}
    away = [grid for grid in {*named, *seen} if grid not in revision]
    gone = sql.grids_gone(work.session, plan_id, away) if away else []
    strange = sorted(str(grid) for grid in set(named).difference(revision, gone))
    if strange:
        raise NotFoundError("The plan has no such grid.", plan=str(plan_id), grids=strange)
    current = {grid: revision.get(grid, 0) for grid in {*named, *seen} if grid in revision or grid in gone}

    def state() -> dict[str, Any]:
        stale = [grid for grid in current if grid in revision and seen.get(grid) != revision[grid]]
        images = {grid: present[grid] for grid in stale}
        last = changed_by(work, plan_id, [*stale, *gone])
        return {"grids": current_grids(work, plan_id, images), "removed": sorted(gone), "by": last}

    check_expected(expected, current, state)


def lock_unchanged(work: UnitOfWork, plan_id: UUID, revisions: dict[UUID, int]) -> bool:
    """Lock some grids; return False, with none locked, when one has changed since it was read."""
    with work.everywhere(), work.session.begin_nested() as hold:
        same = sql.lock_versions(work.session, plan_id, revisions) == revisions
        if not same:
            hold.rollback()
    return same


def finish(work: UnitOfWork, plan: OpenPlan, change: Change, line: LogLine) -> EditAnswer:
    """Write a change and answer it."""
    seq, at = write_change(work, plan, change, line)
    if line.undoes is None:
        with work.everywhere():
            log_sql.drop_undone(work.session, plan.id, work.actor.account_id)
    return EditAnswer(
        seq=seq,
        kind=line.kind,
        at=at,
        undoes=line.undoes,
        grids=current_grids(work, plan.id, change.after),
        removed=change.removed,
        totals=totals_of(work, plan, areas_of(change)),
    )


def _save(
    work: UnitOfWork, scene: Scene, settled: Settled, order: Order, wish: Wish, touched: dict[UUID, int]
) -> EditAnswer | None:
    """Save while nothing changed since it was read; None when something did."""
    if not lock_unchanged(work, scene.plan.id, touched):
        return None
    line = LogLine(order.kind, order.request)
    if wish.preview:
        with work.session.begin_nested() as trial:
            answer = finish(work, scene.plan, change_of(scene, settled, order.name), line)
            trial.rollback()
        back = None if wish.since is None else takes_back(scene, settled, order.kind, wish.since)
        answer = replace(answer, seq=None, at=None, takes_back=back)
    else:
        change = change_of(scene, settled, order.name)
        answer = finish(work, scene.plan, change, line)
        announce(work, scene.plan, change)
    answer.skipped.update(settled.edited.skipped)
    answer.repaired.extend(describe(scene.plan, scene.shown, settled.repaired))
    return answer


def _givers(scene: Scene, settled: Settled) -> list[UUID]:
    """Return the grids whose ground changed hands; others only got a vertex."""
    edited = settled.edited
    before = scene.patch.grid[edited.source]
    moved = before != edited.grid
    numbers = np.unique(np.r_[before[moved], edited.grid[moved]])
    return [scene.ids[grid] for grid in numbers.tolist() if grid < len(scene.ids)]


@contextmanager
def told(plan: OpenPlan, ids: list[UUID | None]) -> Iterator[None]:
    """Turn the places of a refusal into lon/lat, and its grid numbers into ids."""
    try:
        yield
    except GridwardError as error:
        fields = error.fields
        place, faults, grids = fields.get("place"), fields.get("faults"), fields.get("grids")
        if isinstance(place, BaseGeometry):
            fields["place"] = place_of(plan, place)
        if isinstance(error, GridLockedError) and isinstance(grids, list):
            fields["grids"] = [str(ids[grid]) for grid in grids if grid < len(ids) and ids[grid]]
        if isinstance(faults, list):
            fields["faults"] = describe(plan, ids, faults)
        raise


def describe(plan: OpenPlan, ids: list[UUID | None], faults: list[Fault]) -> list[dict[str, Any]]:
    """Return faults as a map can show them."""
    return [
        {
            "kind": fault.kind,
            "amount": fault.amount,
            "place": place_of(plan, fault.place),
            "grid": str(ids[fault.grid]) if fault.grid < len(ids) and ids[fault.grid] else None,
        }
        for fault in faults
    ]


def place_of(plan: OpenPlan, shape: shapely.Geometry) -> list[float] | None:
    """Return a point of a metric shape in lon/lat."""
    if shapely.is_empty(shape):
        return None
    point = to_lonlat(shapely.point_on_surface(shape), plan.srid)
    return [round(float(point.x), 9), round(float(point.y), 9)]
