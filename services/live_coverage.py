"""Coverage that follows the cameras: what a change touches is measured again, and nothing else.

Nobody keeps figures in memory: the sheds of the cameras around, streets and key places of the touched grids are read,
measured by the engine of a whole run, and written. Who can't have the turn at once (a whole run is being computed, or
another change) leaves it to a short job, so that no request waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from grid_coverage import view_sheds
from grid_coverage.snap import SNAP_REACH
from services import coverage_rows as rows
from services.coverage_scene import CameraTimes, Cast, Scene, camera_views, metric
from services.jobs import start_job
from services.live_flags import follow_flags, is_of_this_version
from services.live_scene import flags_of, read_around, spec_of, walls_around
from store.database import coverage as coverage_sql
from store.database import live_coverage as sql
from store.database.bulk import Columns
from store.database.models import CoverageRun, Territory
from store.database.work import UnitOfWork

AT_ONCE: Final = 25  # cameras that a request measures itself; more are a job's
ALL_ANEW: Final = 200  # cameras from which a whole computation is quicker
MARGIN: Final = 5.0  # metres round what a camera may reach
LAYERS: Final = ("view_sheds", "gaps", "key_places", "grids", "grid_labels")
JOB: Final = "live-coverage"


@dataclass(slots=True)
class Change:
    """What happened to cameras of a territory.

    Attributes
    ----------
    cameras : list of UUID
        Whose state or view is another.
    views : list of UUID
        Those of them whose view has to be cast again.
    places : list of (lon, lat)
        Where moved cameras stood before.
    """

    cameras: list[UUID]
    views: list[UUID] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the change as a job's argument."""
        return {
            "cameras": [str(each) for each in self.cameras],
            "views": [str(each) for each in self.views],
            "places": [list(place) for place in self.places],
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Change:
        """Read a job's argument."""
        return cls(
            [UUID(each) for each in told.get("cameras", [])],
            [UUID(each) for each in told.get("views", [])],
            [(float(x), float(y)) for x, y in told.get("places", [])],
        )


def follow(work: UnitOfWork, territory_id: UUID, change: Change, *, now: datetime) -> bool:
    """Let the figures of the plans in use follow a change, in the transaction of the change where that is quick.

    Returns
    -------
    bool
        False when a job was queued to do it.
    """
    plans = sql.followed_plans(work.session, territory_id) if change.cameras else []
    if not plans:
        return True
    if len(change.cameras) <= AT_ONCE and sql.try_hold(work.session, territory_id):
        return measure_change(work, territory_id, change, now=now, plans=plans)
    leave_to_job(work, {"territory": str(territory_id), "change": change.to_json()})
    return False


def measure_change(
    work: UnitOfWork, territory_id: UUID, change: Change, *, now: datetime, plans: Sequence[UUID] | None = None
) -> bool:
    """Cast and measure again what a change touches; who calls it has the turn.

    Parameters
    ----------
    work : UnitOfWork
    territory_id : UUID
    change : Change
    now : datetime
    plans : sequence of UUID, optional
        The plans in use, where they are known already: then the change is one at once, not one that was left to a job.

    Returns
    -------
    bool
        False when the figures of a plan are of an older version: a job measures all of it anew.
    """
    session = work.session
    session.flush()
    territory = session.get_one(Territory, territory_id)
    live, complete = followed_runs(work, territory_id, plans)
    shapes = cast_again(work, territory, live, change.views) if change.views and live else []
    if change.places:
        shapes += sql.hex_shapes(shapely.points(change.places))
    # counting all cameras is for what the grids don't tell: a camera between them, and whatever waited for its turn
    follows = plans is not None and len(change.cameras) == 1
    for run in live:
        standing: set[UUID] = set()
        for grids in neighbourhoods(work, run, shapes, change.cameras):
            standing |= remeasure(work, territory, run, grids, count_cameras=follows)
        sql.renew_summary(
            session, run, territory_id, now=now, count=not (follows and standing.issuperset(change.cameras))
        )
    return complete


def followed_runs(
    work: UnitOfWork, territory_id: UUID, plans: Sequence[UUID] | None = None
) -> tuple[list[CoverageRun], bool]:
    """Return the live runs of the plans in use, and whether all have one.

    Figures of an older version are not exact enough to go on from: a job measures them anew.
    """
    followed = sql.followed_plans(work.session, territory_id) if plans is None else plans
    runs = {plan: _live_run(work, plan) for plan in followed}
    for plan in (plan for plan, run in runs.items() if run is None):
        leave_to_job(work, {"plan": str(plan)})
    live = [run for run in runs.values() if run is not None]
    return live, len(live) == len(runs)


def neighbourhoods(
    work: UnitOfWork, run: CoverageRun, shapes: Sequence[str], cameras: Sequence[UUID]
) -> list[dict[UUID, sql.Box]]:
    """Return the grids that shapes and cameras' sheds touch; those far apart apart, so that less is read for each."""
    groups: list[dict[UUID, sql.Box]] = []
    for touched in sql.touched_grids(work.session, run.plan_id, shapes, cameras):
        mine = dict(touched)
        apart = [group for group in groups if not group.keys() & mine.keys()]
        for group in groups:
            if group.keys() & mine.keys():
                mine |= group
        groups = [*apart, mine]
    return groups


def remeasure(
    work: UnitOfWork,
    territory: Territory,
    run: CoverageRun,
    grids: dict[UUID, sql.Box],
    *,
    ground: bool = False,
    count_cameras: bool = False,
) -> set[UUID]:
    """Measure some grids of a live run again and tell who looks at them.

    Parameters
    ----------
    work : UnitOfWork
    territory : Territory
    run : CoverageRun
        A live one.
    grids : dict
        Grid to its box, EPSG:4326.
    ground : bool
        Whether open ground is another too (a building came or went).
    count_cameras : bool
        Whether the run's sums of cameras follow what the grids hold.

    Returns
    -------
    set of UUID
        Cameras that stand in the grids.
    """
    session = work.session
    low, high = np.array(list(grids.values()))[:, :2].min(axis=0), np.array(list(grids.values()))[:, 2:].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    wanted = set(grids)
    scene, view, kept = read_around(work, territory, run, box, wanted=wanted, ground=ground)
    spec = spec_of(run)
    found = rows.measure(scene, spec, view)
    mine = np.array([grid in wanted for grid in scene.grids["id"]], dtype=bool)
    if not ground:
        found.ground.open_m2[:] = kept
    changed = _changed_places(scene, run, found, view, mine, ground=ground)
    sql.replace_rows(
        session,
        run,
        grids=list(grids),
        places=[row[1] for row in changed],
        rows={
            "grids": [row for row in rows.grid_rows(scene, run.id, found, view, spec) if row[1] in wanted],
            "gaps": [row for row in rows.gap_rows(scene, run.id, found, spec) if row[1] in wanted],
            "places": changed,
        },
        count_cameras=count_cameras,
    )
    for layer in LAYERS:
        work.touch(layer, territory.id, box)
    told = {"plan": str(run.plan_id), "run": str(run.id), "grids": [str(grid) for grid in grids]}
    work.announce("coverage", told, territory.id)
    home = rows.camera_homes(scene)
    return set(scene.cameras["id"][(home >= 0) & mine[home]])


def _changed_places(
    scene: Scene, run: CoverageRun, found: rows.Measured, view: Cast, mine: npt.NDArray[np.bool_], *, ground: bool
) -> list[tuple[Any, ...]]:
    """Return the rows of key places in some grids that are not as they are stored; all of them with new ground."""
    held = found.table.points.grid
    stored = zip(*(scene.places[name] for name in ("seen", "cameras", "share")), strict=True)
    before = dict(zip(scene.places["id"], stored, strict=True))
    inside = {scene.places["id"][i] for i in np.flatnonzero((held >= 0) & mine[held])}
    return [
        row
        for row in rows.place_rows(scene, run.id, found, view)
        if row[1] in inside and (ground or row[2:5] != before[row[1]])
    ]


def cast_again(work: UnitOfWork, territory: Territory, live: Sequence[CoverageRun], views: Sequence[UUID]) -> list[str]:
    """Cast the sheds of some cameras, each with the buildings around it, and store them.

    Parameters
    ----------
    work : UnitOfWork
    territory : Territory
    live : sequence of CoverageRun
        The live runs, at least one; their counts of flags follow.
    views : sequence of UUID

    Returns
    -------
    list of str
        The sheds as they were, EWKB in hexadecimal digits.
    """
    stored, spec = sql.sheds_of(work.session, views), spec_of(live[0])
    cameras = sql.cameras_of(work.session, views)
    saved: list[tuple[Any, ...]] = []
    cast: dict[UUID, tuple[int, bool]] = {}
    for row in range(len(cameras["id"])):
        one = {name: column[[row]] for name, column in cameras.items()}
        eye = shapely.get_coordinates(metric(one["point"], territory.metric_srid))
        view = camera_views(one, territory.metric_srid, spec)
        near = float(view.reach[0]) + SNAP_REACH + MARGIN
        walls = walls_around(work, territory, shapely.Point(eye[0]).buffer(near).bounds)
        shed = view_sheds(eye, walls, azimuth=view.azimuth, hfov=view.hfov, max_range=view.reach)
        cast[one["id"][0]] = int(shed.flag[0]), not shapely.is_empty(shed.polygon[0])
        saved += rows.shed_rows(_only_cameras(territory, one, eye), shed, sql.LIVE_DIGEST)
    sql.save_sheds(work.session, views, saved)
    flags = {camera: flags_of(text) for camera, (text, _) in stored.items()}
    for run in live:
        follow_flags(run, list(views), flags, cast)
    return [shape for _, shape in stored.values()]


def _only_cameras(territory: Territory, cameras: Columns, eyes: npt.NDArray[np.float64]) -> Scene:
    nothing, nowhere = np.array([], dtype=object), np.empty((0, 2))
    return Scene(
        territory, {}, nothing, nothing, cameras, eyes, {}, nothing, {}, nowhere, np.empty(0), CameraTimes({}), None
    )


def _live_run(work: UnitOfWork, plan_id: UUID) -> CoverageRun | None:
    """Return the live run of a plan, begun from its newest run if need be; None when that says too little."""
    newest = coverage_sql.newest_run(work.session, plan_id)
    if newest is None or (newest.live and is_of_this_version(newest)):
        return newest
    if not is_of_this_version(newest) or sql.is_inexact(work.session, newest.id):
        return None
    return sql.begin_live(work.session, newest)


def leave_to_job(work: UnitOfWork, args: dict[str, Any]) -> None:
    """Queue a job that follows what happened, unless the same one waits already."""
    if not sql.is_queued(work.session, JOB, args):
        start_job(work, JOB, args)
