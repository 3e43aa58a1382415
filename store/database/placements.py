"""SQL of proposals: where cameras could hang, what is kept of a proposal, and reading it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gis.errors import NotFoundError
from store.database.bulk import Columns, copy_rows, read_columns
from store.database.models import Placement, PlacementCamera

CAMERA_COLUMNS = (
    "placement_id", "rank", "point", "azimuth", "hfov", "max_range", "sensor_px", "ptz", "dome", "mount", "gain",
    "cost", "grid_id", "geom",
)  # fmt: skip

# poles that carry something already: lamps and masts of the component register, and cameras that are up
_POLES = sa.text("""
select st_asbinary(point) as point from component
where territory_id = :territory and kind ~* '(lamp|light|pole|mast|灯|杆)'
union all
select st_asbinary(point) from camera
where territory_id = :territory and not indoor and mount ~* '(pole|mast|lamp|street|杆)'
""")
_PROHIBITED = sa.text("""
select st_asbinary(geom) as geom from building where territory_id = :territory and kind = any(:kinds)
union all select st_asbinary(point) from key_place where territory_id = :territory and kind = any(:kinds)
union all select st_asbinary(point) from facility where territory_id = :territory and kind = any(:kinds)
""")
_KINDS = sa.text("""
select kind from building where territory_id = :territory and kind <> ''
union select kind from key_place where territory_id = :territory
union select kind from facility where territory_id = :territory
order by 1
""")
_LIVED_IN = """(
    b.kind in ('apartments', 'residential', 'house', 'detached', 'semidetached_house', 'terrace', 'bungalow', 'villa',
               'dormitory', 'farm', 'cabin', 'houseboat', 'static_caravan')
    or exists (select from dwelling d
               where d.territory_id = b.territory_id and d.point && b.geom and st_intersects(d.point, b.geom))
)"""
_HOMES = sa.text(f"""
select b.id, st_asbinary(b.geom) as geom from building b where b.territory_id = :territory and {_LIVED_IN}
order by b.fid
""")  # noqa: S608 - our own words
_BUILDINGS_IN = sa.text(f"""
select b.id, st_asbinary(b.geom) as geom, {_LIVED_IN} as home from building b
where b.territory_id = :territory and b.geom && st_makeenvelope(:west, :south, :east, :north, 4326)
order by b.fid
""")  # noqa: S608 - our own words
_NAMES = sa.text("""
select b.id, b.kind, (
    select coalesce(nullif(d.address, ''), d.door_code) from dwelling d
    where d.territory_id = b.territory_id and d.point && b.geom and st_intersects(d.point, b.geom)
    order by nullif(d.address, ''), d.door_code limit 1
) as address
from building b where b.id = any(cast(:ids as uuid[]))
""")
_CAMERAS = sa.text("""
select p.rank, st_x(p.point) as lon, st_y(p.point) as lat, p.azimuth, p.hfov, p.max_range, p.sensor_px, p.ptz, p.dome,
       p.mount, p.gain, p.cost, p.grid_id, g.code as grid_code, a.code as area_code, st_asbinary(p.geom) as geom
from placement_camera p
join placement m on m.id = p.placement_id
left join grid g on g.id = p.grid_id
left join grid_version v on v.grid_id = p.grid_id and v.plan_id = m.plan_id
left join area a on a.id = v.area_id
where p.placement_id = :placement order by p.rank
""")
_LISTED = sa.text("""
select m.id, m.plan_id, m.name, m.spec, m.summary, m.edited, m.created_at, m.revision, a.display as author
from placement m left join account a on a.id = m.author_id
where (cast(:plan as uuid) is null or m.plan_id = :plan) and (cast(:placement as uuid) is null or m.id = :placement)
order by m.created_at desc, m.id
""")


def read_poles(session: Session, territory_id: UUID) -> Columns:
    """Return the poles that a camera could hang on."""
    return read_columns(session, _POLES.bindparams(territory=territory_id), geometry=["point"])


def read_prohibited(session: Session, territory_id: UUID, kinds: Sequence[str]) -> Columns:
    """Return buildings and places of kinds that no camera may hang at."""
    return read_columns(session, _PROHIBITED.bindparams(territory=territory_id, kinds=list(kinds)), geometry=["geom"])


def kinds_of_places(session: Session, territory_id: UUID) -> list[str]:
    """Return the kinds that buildings, key places and facilities are of."""
    return list(session.scalars(_KINDS, {"territory": territory_id}))


def read_homes(session: Session, territory_id: UUID) -> Columns:
    """Return the buildings that people live in, by their kind or by a dwelling inside."""
    return read_columns(session, _HOMES.bindparams(territory=territory_id), geometry=["geom"])


def read_buildings(session: Session, territory_id: UUID, box: tuple[float, ...]) -> Columns:
    """Return the buildings that meet west, south, east, north (EPSG:4326) and whether people live there (``home``)."""
    sides = dict(zip(("west", "south", "east", "north"), box, strict=True))
    return read_columns(session, _BUILDINGS_IN.bindparams(territory=territory_id, **sides), geometry=["geom"])


def name_homes(session: Session, buildings: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return ``building_id``, ``kind`` and ``address`` (that of one of its doors, or None) of buildings."""
    rows = session.execute(_NAMES, {"ids": list(buildings)})
    return {row.id: {"building_id": row.id, "kind": row.kind, "address": row.address} for row in rows}


def find_equal(session: Session, plan_id: UUID, digest: str) -> Placement | None:
    """Return a proposal of equal inputs that nobody changed."""
    return session.scalars(
        sa.select(Placement)
        .where(Placement.plan_id == plan_id, Placement.digest == digest, ~Placement.edited)
        .order_by(Placement.created_at)
    ).first()


def add_placement(session: Session, placement: Placement) -> None:
    """Insert a proposal."""
    session.add(placement)
    session.flush()


def replace_cameras(session: Session, placement_id: UUID, rows: Iterable[Sequence[Any]]) -> None:
    """Put cameras in the place of those that a proposal had."""
    session.execute(sa.delete(PlacementCamera).where(PlacementCamera.placement_id == placement_id))
    copy_rows(session, "placement_camera", CAMERA_COLUMNS, rows)


def get_placement(session: Session, placement_id: UUID, *, lock: bool = False) -> Placement:
    """Return a proposal.

    Raises
    ------
    NotFoundError
        There is none.
    """
    statement = sa.select(Placement).where(Placement.id == placement_id)
    found = session.scalars(statement.with_for_update() if lock else statement).first()
    if found is None:
        raise NotFoundError("There is no such proposal.", placement=str(placement_id))
    return found


def list_placements(
    session: Session, *, plan_id: UUID | None = None, placement_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return the proposals of a plan (or one of them), newest first, without their cameras."""
    rows = session.execute(_LISTED, {"plan": plan_id, "placement": placement_id}).mappings()
    return [dict(row) for row in rows]


def read_cameras(session: Session, placement_id: UUID) -> list[dict[str, Any]]:
    """Return the cameras of a proposal in their order; `geom` is WKB."""
    return [dict(row) for row in session.execute(_CAMERAS, {"placement": placement_id}).mappings()]
