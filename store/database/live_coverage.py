"""SQL of live coverage: which plans follow the cameras, what a change touches, and writing only that anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database import coverage as coverage_sql
from store.database.bulk import Columns, copy_rows, ewkb_hex, read_columns
from store.database.cameras import name_sql
from store.database.models import CoverageRun, Gap, KeyPlaceCoverage

Box = tuple[float, float, float, float]
LIVE_DIGEST = "live"  # no computation has such a digest: a run that changes is never taken for a finished one
_TURN = "hashtext('live coverage ' || cast(:territory as text))"

# of each kind the plan in use, as `current_plan` chooses it
_FOLLOWED = sa.text("""
select distinct on (p.kind) p.id from plan p
where p.territory_id = :territory and p.status <> 'retired'
  and exists (select from coverage_run r where r.plan_id = p.id and r.present)
order by p.kind, (p.status = 'scheduled' and p.effective_at <= now()) desc, (p.status = 'published') desc,
    p.created_at desc
""")
_FORGET_LIVE = sa.text("delete from coverage_run where plan_id = :plan and live")
_COPY_GRIDS = """
insert into coverage_grid (run_id, {columns}) select :live, {columns} from coverage_grid where run_id = :run
"""
_COPY_GAPS = sa.text("""
insert into gap (run_id, grid_id, key_place_id, kind, score, reason, geom)
select :live, grid_id, key_place_id, kind, score, reason, geom from gap where run_id = :run order by fid
""")
_COPY_PLACES = sa.text("""
insert into key_place_coverage (run_id, key_place_id, seen, cameras, share, front)
select :live, key_place_id, seen, cameras, share, front from key_place_coverage where run_id = :run
""")
_TOUCHED = sa.text("""
select s.place, v.grid_id, st_xmin(v.geom) as west, st_ymin(v.geom) as south, st_xmax(v.geom) as east,
       st_ymax(v.geom) as north
from (
    select cast(t.shape as geometry) as shape, t.place
    from unnest(cast(:shapes as text[])) with ordinality as t(shape, place)
    union all select geom, -1 from view_shed where camera_id = any(cast(:cameras as uuid[]))
    union all select point, -2 from camera where id = any(cast(:cameras as uuid[]))
) s join grid_version v on v.geom && s.shape and st_intersects(v.geom, s.shape)
where v.plan_id = :plan
order by s.place, v.grid_id
""")
# neighbours come along: a camera on a border stands in the grid of the lower code
_GRIDS = sa.text("""
select g.id, g.code, v.area_id, coalesce(c.incidents, 0) as incidents, coalesce(c.open_m2, 0) as open_m2,
       st_asbinary(v.geom) as geom
from grid_version v join grid g on g.id = v.grid_id
left join coverage_grid c on c.grid_id = v.grid_id and c.run_id = :run
where v.plan_id = :plan and v.geom && st_makeenvelope(:west, :south, :east, :north, 4326)
order by g.code
""")
# a camera whose shed reaches the box, or that stands in it without seeing anything
_CAMERAS = """
with near as (
    select camera_id as id from view_shed
    where territory_id = :territory and geom && st_makeenvelope(:west, :south, :east, :north, 4326)
    union
    select id from camera
    where territory_id = :territory and point && st_makeenvelope(:west, :south, :east, :north, 4326)
)
select c.id, c.azimuth, c.hfov, c.max_range, c.ptz, c.dome, c.online, c.networked, c.serviceable as sound, c.sensor_px,
       {name} as name, st_asbinary(c.point) as point,
       s.assumed, s.area_m2, s.flag, s.metric_wkb as shed
from near join camera c on c.id = near.id left join view_shed s on s.camera_id = c.id
where not c.indoor
order by c.fid
"""
_STREETS = sa.text("""
select id, kind, name, st_asbinary(geom) as geom from street
where territory_id = :territory and geom && st_makeenvelope(:west, :south, :east, :north, 4326)
  and kind = any(cast(:kinds as text[]))
order by fid
""")
_PLACES = sa.text("""
select k.id, k.kind, k.name, k.weight, c.seen, c.cameras, c.share, st_asbinary(k.point) as point,
       st_asbinary(c.front) as front
from key_place k join key_place_coverage c on c.key_place_id = k.id and c.run_id = :run
where k.territory_id = :territory and c.front && st_makeenvelope(:west, :south, :east, :north, 4326)
order by k.fid
""")
_FOOTPRINTS = sa.text("""
select height_m, st_asbinary(geom) as geom from building
where territory_id = :territory and geom && st_makeenvelope(:west, :south, :east, :north, 4326)
order by fid
""")
_CAMERAS_OF = sa.text("""
select c.id, c.azimuth, c.hfov, c.max_range, c.ptz, c.dome, c.sensor_px, st_asbinary(c.point) as point
from camera c where c.id = any(cast(:ids as uuid[])) and not c.indoor order by c.fid
""")
_LACKS = sa.text("""
select exists (select from key_place_coverage where run_id = :run and front is null)
    or exists (
        select from view_shed s join plan p on p.territory_id = s.territory_id
        join coverage_run r on r.plan_id = p.id where r.id = :run and s.metric_wkb is null
    )
""")
_QUEUED = sa.text("""
select exists (select from job_progress where kind = :kind and state = 'queued' and args = cast(:args as jsonb))
""")
_SHEDS_OF = sa.text("""
select camera_id, flag, cast(geom as text) as shape from view_shed where camera_id = any(cast(:ids as uuid[]))
""")
_SAVE_SHED = sa.text("""
insert into view_shed (camera_id, territory_id, assumed, area_m2, flag, geom, inputs_digest, metric_wkb)
values (:camera_id, :territory_id, :assumed, :area_m2, :flag, :geom, :inputs_digest, :metric_wkb)
on conflict (camera_id) do update set assumed = excluded.assumed, area_m2 = excluded.area_m2, flag = excluded.flag,
    geom = excluded.geom, inputs_digest = excluded.inputs_digest, metric_wkb = excluded.metric_wkb, computed_at = now()
""")
_SUMMED = {
    "street_m": "streets_m", "seen_m": "seen_m", "seen_m_upper": "seen_m_upper", "k2_m": "k2_m", "k3_m": "k3_m",
    "open_m2": "open_m2", "seen_m2": "seen_m2", "seen_m2_upper": "seen_m2_upper", "places": "key_places",
    "places_seen": "key_places_seen", "places_seen_upper": "key_places_seen_upper", "k2_m_upper": "k2_m_upper",
    "k3_m_upper": "k3_m_upper",
}  # fmt: skip
_COUNTED = {
    "cameras": "cameras", "networked": "cameras_networked", "online": "cameras_online",
    "serviceable": "cameras_serviceable",
}  # fmt: skip
_GAPS_OF = sa.text("""
select id, grid_id, key_place_id, kind, score, cast(reason as text) as reason, cast(geom as text) as geom
from gap where run_id = :run and grid_id = any(cast(:grids as uuid[]))
""")
_FORGET = sa.text(f"""
with figures as (
    delete from coverage_grid where run_id = :run and grid_id = any(cast(:grids as uuid[])) returning *
), places as (
    delete from key_place_coverage where run_id = :run and key_place_id = any(cast(:places as uuid[]))
), gaps as (
    delete from gap where id = any(cast(:gaps as uuid[]))
)
select {", ".join(f"coalesce(sum({name}), 0) as {name}" for name in (*_SUMMED, *_COUNTED))} from figures
""")  # noqa: S608 - our own names
_CAMERA_SUMS = sa.text("""
select count(*) as cameras, count(*) filter (where c.networked) as cameras_networked,
       count(*) filter (where c.networked and c.online) as cameras_online,
       count(*) filter (where c.networked and c.online and c.serviceable and s.camera_id is not null)
           as cameras_serviceable
from camera c left join view_shed s on s.camera_id = c.id
where c.territory_id = :territory and not c.indoor
""")


def hold(session: Session, territory_id: UUID) -> None:
    """Wait for the turn to write figures of a territory, and keep it until the transaction ends."""
    session.execute(sa.text(f"select pg_advisory_xact_lock({_TURN})"), {"territory": territory_id})


def try_hold(session: Session, territory_id: UUID) -> bool:
    """Take the turn to write figures of a territory unless somebody has it."""
    statement = sa.text(f"select pg_try_advisory_xact_lock({_TURN})")
    return bool(session.scalar(statement, {"territory": territory_id}))


def followed_plans(session: Session, territory_id: UUID) -> list[UUID]:
    """Return the plans in use, one of each kind, that have figures."""
    return list(session.scalars(_FOLLOWED, {"territory": territory_id}))


def empty_live(session: Session, source: CoverageRun) -> CoverageRun:
    """Begin a live run that is asked what another was, in the place of the live one that was; it has no rows yet."""
    run = CoverageRun(
        plan_id=source.plan_id,
        digest=LIVE_DIGEST,
        spec=dict(source.spec),
        summary=dict(source.summary),
        seconds=source.seconds,
        live=True,
        present=True,
        created_at=source.created_at + timedelta(milliseconds=1),  # it is the newest, whatever our clock says
    )
    session.execute(_FORGET_LIVE, {"plan": source.plan_id})
    session.expunge(source)
    session.add(run)
    session.flush()
    return run


def begin_live(session: Session, source: CoverageRun) -> CoverageRun:
    """Copy a finished run into the live one of its plan, in the place of the one that was."""
    run = empty_live(session, source)
    columns = ", ".join(name for name in coverage_sql.GRID_COLUMNS if name != "run_id")
    for statement in (sa.text(_COPY_GRIDS.format(columns=columns)), _COPY_GAPS, _COPY_PLACES):
        session.execute(statement, {"run": source.id, "live": run.id})
    return run


def is_inexact(session: Session, run_id: UUID) -> bool:
    """Tell whether places or sheds of a run are not known exactly enough to go on from: it is of an older version."""
    return bool(session.scalar(_LACKS, {"run": run_id}))


def touched_grids(
    session: Session, plan_id: UUID, shapes: Sequence[str], cameras: Sequence[UUID] = ()
) -> list[dict[UUID, Box]]:
    """Return for each of some shapes the grids of a plan that it meets, if any, each with its box.

    Parameters
    ----------
    session : Session
    plan_id : UUID
    shapes : sequence of str
        EWKB in hexadecimal digits.
    cameras : sequence of UUID
        Whose stored sheds and places are shapes, too.
    """
    found: dict[int, dict[UUID, Box]] = {}
    values = {"plan": plan_id, "shapes": list(shapes), "cameras": list(cameras)}
    for place, grid, *box in session.execute(_TOUCHED, values):
        found.setdefault(place, {})[grid] = (box[0], box[1], box[2], box[3])
    return list(found.values())


def read_grids(session: Session, run: CoverageRun, box: Box) -> Columns:
    """Return the grids that meet a box, in code order, with what a run holds that cameras don't change."""
    values = {"run": run.id, "plan": run.plan_id, **_sides(box)}
    return read_columns(session, _GRIDS.bindparams(**values), geometry=["geom"])


def read_cameras(session: Session, territory_id: UUID, box: Box) -> Columns:
    """Return the cameras that see into a box or stand there, with their sheds (None where they see nothing)."""
    values = {"territory": territory_id, **_sides(box)}
    statement = sa.text(_CAMERAS.format(name=name_sql(session))).bindparams(**values)
    return read_columns(session, statement, geometry=["point", "shed"])


def read_streets(session: Session, territory_id: UUID, kinds: Sequence[str], box: Box) -> Columns:
    """Return the streets of some classes that meet a box."""
    values = {"territory": territory_id, "kinds": list(kinds), **_sides(box)}
    return read_columns(session, _STREETS.bindparams(**values), geometry=["geom"])


def read_places(session: Session, run: CoverageRun, territory_id: UUID, box: Box) -> Columns:
    """Return the key places that a run looked for in a box; `front` is where."""
    values = {"run": run.id, "territory": territory_id, **_sides(box)}
    return read_columns(session, _PLACES.bindparams(**values), geometry=["point", "front"])


def read_footprints(session: Session, territory_id: UUID, box: Box) -> Columns:
    """Return the footprints that meet a box, in a fixed order."""
    values = {"territory": territory_id, **_sides(box)}
    return read_columns(session, _FOOTPRINTS.bindparams(**values), geometry=["geom"])


def sheds_of(session: Session, cameras: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return flags and shape (EWKB in hexadecimal digits) of the stored view sheds of cameras."""
    return {row.camera_id: (row.flag, row.shape) for row in session.execute(_SHEDS_OF, {"ids": list(cameras)})}


def cameras_of(session: Session, cameras: Sequence[UUID]) -> Columns:
    """Return what decides the view of some cameras; indoor ones are left out."""
    return read_columns(session, _CAMERAS_OF.bindparams(ids=list(cameras)), geometry=["point"])


def is_queued(session: Session, kind: str, args: dict[str, Any]) -> bool:
    """Tell whether a job with these arguments waits already."""
    return bool(session.scalar(_QUEUED, {"kind": kind, "args": orjson.dumps(args).decode()}))


def save_sheds(session: Session, cameras: Sequence[UUID], rows: Iterable[Sequence[Any]]) -> None:
    """Put new view sheds in the place of the cameras' old ones; a camera without a row sees nothing.

    Parameters
    ----------
    session : Session
    cameras : sequence of UUID
    rows : iterable of sequence
        In the order of `store.database.coverage.SHED_COLUMNS`.
    """
    found = [dict(zip(coverage_sql.SHED_COLUMNS, row, strict=True)) for row in rows]
    kept = {row["camera_id"] for row in found}
    gone = [camera for camera in cameras if camera not in kept]
    if gone:
        session.execute(sa.text("delete from view_shed where camera_id = any(cast(:ids as uuid[]))"), {"ids": gone})
    if found:
        session.execute(_SAVE_SHED, [{name: _plain(value) for name, value in row.items()} for row in found])


def replace_rows(
    session: Session,
    run: CoverageRun,
    *,
    grids: Sequence[UUID],
    places: Sequence[UUID],
    rows: dict[str, Sequence[Sequence[Any]]],
    count_cameras: bool = False,
) -> None:
    """Write figures, gaps and key places of some grids of a run anew, and keep its sums.

    Gaps that are as they were stay: most are, and each one written costs more than reading all of them.

    Parameters
    ----------
    session : Session
    run : CoverageRun
    grids, places : sequence of UUID
        Whose rows go.
    rows : dict
        ``grids``, ``gaps`` and ``places``: rows that come, in the order of the columns in `store.database.coverage`.
    count_cameras : bool
        Whether the sums of cameras follow, too; only right when those that changed stand in the grids.
    """
    old_gaps, new_gaps = _other_gaps(session, run, grids, rows["gaps"])
    values = {"run": run.id, "grids": list(grids), "places": list(places), "gaps": old_gaps}
    gone = session.execute(_FORGET, values).mappings().one()
    copy_rows(session, "coverage_grid", coverage_sql.GRID_COLUMNS, rows["grids"])
    if new_gaps:
        copy_rows(session, "gap", coverage_sql.GAP_COLUMNS, new_gaps)
    if rows["places"]:
        copy_rows(session, "key_place_coverage", coverage_sql.PLACE_COLUMNS, rows["places"])
    # adding up all grids would cost more than all the rest
    sums = dict(run.summary)
    for column, name in (_SUMMED | _COUNTED if count_cameras else _SUMMED).items():
        place = coverage_sql.GRID_COLUMNS.index(column)
        come = sum(row[place] for row in rows["grids"])
        whole = isinstance(sums.get(name), int)
        sums[name] = sums.get(name, 0) + (round(come - gone[column]) if whole else come - float(gone[column]))
    sums["gaps"] = sums.get("gaps", 0) + len(new_gaps) - len(old_gaps)
    run.summary = sums


def _other_gaps(
    session: Session, run: CoverageRun, grids: Sequence[UUID], rows: Sequence[Sequence[Any]]
) -> tuple[list[UUID], list[Sequence[Any]]]:
    """Return the stored gaps that are none any more, and the rows that are not stored yet."""
    stored: dict[tuple[Any, ...], list[tuple[UUID, Any]]] = {}
    with session.no_autoflush:
        for gap, *key, reason, geom in session.execute(_GAPS_OF, {"run": run.id, "grids": list(grids)}):
            stored.setdefault((*key, geom), []).append((gap, orjson.loads(reason)))
    new: list[Sequence[Any]] = []
    for row in rows:
        _, *key, reason, geom = row
        alike = stored.get((*key, geom), [])
        place = next((i for i, (_, told) in enumerate(alike) if told == reason), None)
        if place is None:
            new.append(row)
        else:
            alike.pop(place)
    return [gap for left in stored.values() for gap, _ in left], new


def renew_summary(session: Session, run: CoverageRun, territory_id: UUID, *, now: datetime, count: bool = True) -> None:
    """Count a run's cameras again unless they were followed, and note when it was written."""
    if count:
        with session.no_autoflush:
            cameras = session.execute(_CAMERA_SUMS, {"territory": territory_id}).mappings().one()
        run.summary = {**run.summary, **cameras}
    run.created_at = max(now, run.created_at)
    session.flush()


def places_seen(session: Session, run_id: UUID) -> dict[UUID, str]:
    """Return whether each key place of a run is seen."""
    statement = sa.select(KeyPlaceCoverage.key_place_id, KeyPlaceCoverage.seen).where(KeyPlaceCoverage.run_id == run_id)
    return {row.key_place_id: row.seen for row in session.execute(statement)}


def count_gaps(session: Session, run_id: UUID) -> int:
    """Return how many gaps a run has."""
    return session.scalar(sa.select(sa.func.count()).select_from(Gap).where(Gap.run_id == run_id)) or 0


def hex_shapes(geometries: Any) -> list[str]:  # noqa: ANN401 - shapely objects, scalar or array
    """Encode shapes in EPSG:4326 for `touched_grids`."""
    return ewkb_hex(geometries)


def _sides(box: Box) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), box, strict=True))


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.item() if isinstance(value, np.generic) else value
