"""SQL of "what is here": one statement for a point, one to turn words into a point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.models import Street
from store.database.together import PLANNED_ONCE, read_together

Box = tuple[float, float, float, float]

COMPONENT_WITHIN_M: Final = 30.0
MANY_ON_SHIFT: Final = 400
"""From so many people on shift on, the nearest are found by going outward instead of by measuring to each."""

# the nearest spot of a border is found with longitudes squeezed to the local scale, where degrees are alike both ways;
# the metres to that one spot are geodesic. Geodesic distance to every segment of a border costs ten times as much.
# The first CTEs are materialized: each is a row or a handful that everything below hangs on
# An index answers "the nearest ten" only for a point that is no column of another table, so it is written out
_POINT: Final = "st_setsrid(st_makepoint(:lon, :lat), 4326)"
_HERE = sa.text(
    """
with q as materialized (
    select st_setsrid(st_makepoint(:lon, :lat), 4326) as p,
           st_setsrid(st_makepoint(:lon, :lat), 4326)::geography as g,
           st_scale(st_setsrid(st_makepoint(:lon, :lat), 4326), :squeeze, 1) as local
), t as materialized (
    select t.id, t.name, t.metric_srid, st_covers(t.outline, q.p) as inside
    from territory t, q
    where cast(:territory as uuid) is null or t.id = :territory
    order by t.outline <-> q.p limit 1
), pl as materialized (
    select p.id, p.status from plan p join t on t.id = p.territory_id
    where p.kind = :kind
    order by case when coalesce(p.effective_at, p.published_at) <= :at
                       and (p.retired_at is null or p.retired_at > :at) then 0
                  when p.status = 'published' then 1 when p.status <> 'retired' then 2 else 3 end,
             coalesce(p.effective_at, p.published_at) desc nulls last, p.created_at desc
    limit 1
), close as materialized (
    select v.id, v.grid_id, v.area_id, v.name, v.revision, v.fid, v.floor_low, v.floor_high, v.zone,
           st_covers(v.geom, q.p) as contains,
           st_distance(st_scale(st_closestpoint(st_scale(st_boundary(v.geom), :squeeze, 1), q.local),
                                cast(1 as float8) / :squeeze, 1)::geography, q.g) as border_m
    from q, pl join grid_version v on v.plan_id = pl.id
    where v.geom && st_makeenvelope(:w, :s, :e, :n, 4326)
      and (cast(:floor as int) is null or v.floor_low is null or :floor between v.floor_low and v.floor_high)
), near as materialized (
    select * from close where contains or border_m <= :radius
), found as materialized (
    select * from near
    union all
    select n.id, n.grid_id, n.area_id, n.name, n.revision, n.fid, n.floor_low, n.floor_high, n.zone, false,
           st_distance(st_scale(st_closestpoint(st_scale(n.geom, :squeeze, 1), q.local),
                                cast(1 as float8) / :squeeze, 1)::geography, q.g)
    from q, (
        select v.* from grid_version v
        where v.plan_id = (select id from pl) and not exists (select from near)
          and (cast(:floor as int) is null or v.floor_low is null or :floor between v.floor_low and v.floor_high)
        order by v.geom <-> {p} limit 1
    ) n
), shifts as materialized (
    select on_shift(cast(:at as timestamptz), :many) as staff_id
), few as materialized (
    select count(*) < :many as on_shift from shifts
), duty as materialized (
    -- of few on shift each is measured; where there are many, posts are gone through from the nearest on
    (select s.id, s.work_no, s.name, s.post, s.duty_point, true as on_duty
     from (select distinct staff_id from shifts) h join staff s on s.id = h.staff_id
     where (select on_shift from few) and s.territory_id = (select id from t) and s.active and s.duty_point is not null
       and not exists (select from absence b where b.staff_id = s.id and b.period @> cast(:at as timestamptz))
     order by s.duty_point <-> {p} limit :staff)
    union all
    (select s.id, s.work_no, s.name, s.post, s.duty_point, true
     from staff s
     where not (select on_shift from few) and s.territory_id = (select id from t) and s.active
       and s.duty_point is not null
       and is_on_shift(s.id, cast(:at as timestamptz))
       -- written as conditions that a planner takes to hold for many, or it measures to all of them after all
       and not coalesce(
           (select true from absence b where b.staff_id = s.id and b.period @> cast(:at as timestamptz) limit 1), false)
     order by s.duty_point <-> {p} limit :staff)
), people as (
    select * from duty
    union all
    select n.* from (
        select s.id, s.work_no, s.name, s.post, s.duty_point, false
        from staff s
        where s.territory_id = (select id from t) and s.active and s.duty_point is not null
          and not exists (select from duty)
        order by s.duty_point <-> {p} limit :staff
    ) n
), lit as materialized (
    select s.camera_id, s.assumed from q join view_shed s on s.geom && q.p and st_intersects(s.geom, q.p)
), eyes as (
    select c.id, c.gb28181_id, c.source_ref, c.point, c.online, c.max_range, c.azimuth, c.hfov, c.ptz, c.dome,
           l.assumed, l.camera_id is not null as covers
    from lit l join camera c on c.id = l.camera_id
    union
    select n.*, l.assumed, l.camera_id is not null from (
        select c.id, c.gb28181_id, c.source_ref, c.point, c.online, c.max_range, c.azimuth, c.hfov, c.ptz, c.dome
        from camera c
        where c.territory_id = (select id from t) and not c.indoor
        order by c.point <-> {p} limit :cameras
    ) n left join lit l on l.camera_id = n.id
)
select
  (select row_to_json(t) from t) as territory,
  (select status from pl) as plan_status,
  (select id from pl) as plan_id,
  (select rev from layer_revision where layer = 'streets') as streets,
  case when not coalesce((select inside from t), false) then (
      select name from territory where outline && st_setsrid(st_makepoint(:lat, :lon), 4326)
         and st_covers(outline, st_setsrid(st_makepoint(:lat, :lon), 4326)) limit 1) end as turned,
  (select json_agg(json_build_object(
       'id', g.id, 'code', g.code, 'kind', g.kind, 'version', f.id, 'name', f.name, 'fid', f.fid,
       'contains', f.contains, 'distance_m', f.border_m, 'area', a.name,
       'floor_low', f.floor_low, 'floor_high', f.floor_high, 'zone', f.zone,
       'area_code', a.area_code, 'town_code', a.town_code, 'county_code', a.county_code,
       'people', (select coalesce(json_agg(json_build_object(
             'id', s.id, 'work_no', s.work_no, 'staff', s.name, 'role', m.role, 'is_head', m.is_head, 'away',
             exists (select from absence b where b.staff_id = s.id and b.period @> cast(:at as timestamptz)))
             order by m.is_head desc, m.role <> 'deputy', s.work_no), '[]')
           from assignment m join staff s on s.id = m.staff_id
           where m.grid_id = f.grid_id and m.valid @> cast(:at as timestamptz) and s.active))
     order by f.contains desc, f.border_m, f.floor_low nulls first, g.code)
   from found f join grid g on g.id = f.grid_id join area a on a.id = f.area_id) as grids,
  (select json_agg(json_build_object(
       'id', id, 'work_no', work_no, 'name', name, 'post', post, 'on_duty', on_duty,
       'lon', st_x(duty_point), 'lat', st_y(duty_point),
       'straight_m', st_distance(duty_point::geography, q.g))
     order by st_distance(duty_point::geography, q.g), work_no) from people, q) as staff,
  (select json_agg(json_build_object(
       'id', id, 'gb28181_id', gb28181_id, 'ref', source_ref, 'lon', st_x(point), 'lat', st_y(point),
       'online', online, 'max_range', max_range, 'azimuth', azimuth, 'hfov', hfov, 'ptz', ptz, 'dome', dome,
       'covers', covers, 'assumed', assumed, 'distance_m', st_distance(point::geography, q.g),
       'bearing', degrees(st_azimuth(point::geography, q.g)),
       'shed', exists (select from view_shed where camera_id = eyes.id))
     order by st_distance(point::geography, q.g), id) from eyes, q) as cameras,
  (select json_build_object('id', c.id, 'code16', c.code16, 'kind', c.kind, 'distance_m', c.distance_m,
       'lon', st_x(c.point), 'lat', st_y(c.point),
       'owner_unit', u.name, 'owner_unit_id', u.id)
   from (select c.*, st_distance(c.point::geography, q.g) as distance_m
         from (select * from component where territory_id = (select id from t) order by point <-> {p} limit 1) c, q) c
   left join unit u on u.id = c.owner_unit_id where c.distance_m <= :component_within) as component
""".replace("{p}", _POINT)
)


@dataclass(frozen=True, slots=True)
class HereQuery:
    """A point in EPSG:4326 and what is asked about it.

    Attributes
    ----------
    radius : float
        Error circle in metres.
    box : tuple of float
        West, south, east, north around the circle, EPSG:4326: what the index is asked first.
    floor : int or None
        Floor of a building, where several grids lie over one footprint.
    """

    lon: float
    lat: float
    radius: float
    box: Box
    kind: str
    at: datetime
    territory: UUID | None
    staff: int = 10
    cameras: int = 8
    floor: int | None = None


def read_here(session: Session, query: HereQuery) -> dict[str, Any]:
    """Return territory, grids with their people, staff, cameras and component around a point."""
    west, south, east, north = query.box
    values = {
        "lon": query.lon, "lat": query.lat, "radius": query.radius, "w": west, "s": south, "e": east, "n": north,
        "kind": query.kind, "at": query.at, "territory": query.territory, "staff": query.staff,
        "cameras": query.cameras, "component_within": COMPONENT_WITHIN_M, "floor": query.floor, "many": MANY_ON_SHIFT,
        "squeeze": max(0.01, math.cos(math.radians(query.lat))),
    }  # fmt: skip
    # planning so many joins takes longer than running them, and the plan is the same for every point
    _, (here,) = read_together(session, [PLANNED_ONCE, (_HERE, values)])
    return dict(here._asdict())


_DOOR = """
select 'address' as kind, d.address as label, d.door_code as detail, d.id, st_x(d.point) as lon, st_y(d.point) as lat
from dwelling d where d.door_code = :text {territory} order by d.fid limit :limit
"""
_CAMERA = """
select 'camera' as kind, coalesce(c.gb28181_id, c.source_ref) as label, c.source_ref as detail, c.id,
       st_x(c.point) as lon, st_y(c.point) as lat
from camera c where (c.gb28181_id = :text or c.source_ref = :text or c.id::text = :text) {territory}
order by c.fid limit :limit
"""
_GRID = """
select distinct on (g.code) 'grid' as kind, g.code as label, v.name as detail, g.id,
       st_x(v.label_point) as lon, st_y(v.label_point) as lat
from grid g join grid_version v on v.grid_id = g.id join plan p on p.id = v.plan_id
where g.code = :text {territory}
order by g.code, g.code_given_at is null, (p.status = 'scheduled' and p.effective_at <= now()) desc,
         p.status = 'published' desc, p.created_at desc limit :limit
"""
_COMPONENT = """
select 'component' as kind, c.code16 as label, c.kind as detail, c.id, st_x(c.point) as lon, st_y(c.point) as lat
from component c where c.code16 = :text {territory} limit :limit
"""
_WORDS: Final = {
    "door_code": (_DOOR, "d"),
    "camera": (_CAMERA, "c"),
    "grid_code": (_GRID, "g"),
    "component": (_COMPONENT, "c"),
}


def find_by_words(
    session: Session, method: str, text: str, *, territory: UUID | None = None, limit: int = 11
) -> list[sa.Row[Any]]:
    """Return places that the code of a door, a camera, a grid or a component names, best first."""
    template, alias = _WORDS[method]
    values: dict[str, Any] = {"text": text, "limit": limit}
    narrowed = ""
    if territory is not None:
        narrowed, values["territory"] = f"and {alias}.territory_id = :territory", territory
    return list(session.execute(sa.text(template.format(territory=narrowed)), values))


@dataclass(frozen=True, slots=True)
class ReadWords:
    """What somebody typed, as names are compared, and the n-grams that a name with all of it has."""

    words: list[str]
    grams: list[str]


def read_words(session: Session, text: str) -> ReadWords:
    """Read a text as names are read.

    Single signs are asked for only where there is no pair: every address has 号, and a pair holds its signs.
    """
    row = session.execute(
        sa.text("select spaced_name(:text) as words, name_grams(:text) as grams"), {"text": text}
    ).one()
    pairs = [gram for gram in row.grams if len(gram) > 1]
    begun = {gram[1:] for gram in pairs if gram.startswith(" ")}
    covered = begun | {sign for gram in pairs if not gram.startswith(" ") for sign in gram}
    return ReadWords(row.words.split(), pairs + [gram for gram in row.grams if len(gram) == 1 and gram not in covered])


def escaped_like(text: str) -> str:
    r"""Return `text` with LIKE's own signs taken literally.

    Examples
    --------
    >>> escaped_like("50%_a")
    '50\\%\\_a'
    """
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def walkable_streets(session: Session, territory_id: UUID) -> Columns:
    """Return the streets of a territory that can be walked, EPSG:4326, in a fixed order."""
    statement = (
        sa.select(wkb(Street.geom).label("geom"))
        .where(Street.territory_id == territory_id, Street.walkable)
        .order_by(Street.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


@dataclass(frozen=True, slots=True)
class WalkedGround:
    """A territory as the street graphs know it: its metric CRS and the revision of the streets."""

    id: UUID
    metric_srid: int
    revision: int


def walked_grounds(session: Session) -> list[WalkedGround]:
    """Return every territory with the revision of the streets."""
    statement = sa.text(
        "select id, metric_srid, coalesce((select rev from layer_revision where layer = 'streets'), 0) as revision"
        " from territory order by created_at desc, id"
    )
    return [WalkedGround(row.id, row.metric_srid, row.revision) for row in session.execute(statement)]
