"""SQL of single buildings, and of what stands near one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns
from store.database.models import Building

Box = tuple[float, float, float, float]

_LONGEST = sa.text("select coalesce(max(max_range), 0) from camera where territory_id = :territory and not indoor")
_CAMERAS = sa.text("""
select id, max_range, st_asbinary(point) as point from camera
where territory_id = :territory and not indoor and point && st_makeenvelope(:west, :south, :east, :north, 4326)
order by fid
""")
_PLACES = sa.text("""
select k.id, st_asbinary(k.point) as point, st_asbinary(c.front) as front
from key_place k left join key_place_coverage c on c.key_place_id = k.id and c.run_id = :run
where k.territory_id = :territory and k.point && st_makeenvelope(:west, :south, :east, :north, 4326)
order by k.fid
""")
_SET_FRONT = sa.text("""
insert into key_place_coverage (run_id, key_place_id, seen, cameras, share, front)
values (:run, :place, 'no', 0, 0, cast(:front as geometry))
on conflict (run_id, key_place_id) do update set front = excluded.front
""")

_DROP_OUTSIDE = sa.text("""
delete from key_place_coverage c using coverage_run r
where c.run_id = :run and r.id = c.run_id and not exists (
    select from grid_version v where v.plan_id = r.plan_id and v.geom && c.front and st_intersects(v.geom, c.front)
)
""")


def add(session: Session, building: Building) -> None:
    """Insert a building; its number is known afterwards."""
    session.add(building)
    session.flush()
    session.refresh(building)


def find(session: Session, fid: int) -> Building | None:
    """Return a building by its number, locked."""
    return session.scalars(sa.select(Building).where(Building.fid == fid).with_for_update()).first()


def remove(session: Session, building: Building) -> None:
    """Delete a building."""
    session.delete(building)
    session.flush()


def longest_range(session: Session, territory_id: UUID) -> float:
    """Return how far the cameras of a territory reach at most, metres."""
    return float(session.scalar(_LONGEST, {"territory": territory_id}) or 0.0)


def cameras_in(session: Session, territory_id: UUID, box: Box) -> Columns:
    """Return the outdoor cameras that stand in a box."""
    values = {"territory": territory_id, **_sides(box)}
    return read_columns(session, _CAMERAS.bindparams(**values), geometry=["point"])


def places_in(session: Session, territory_id: UUID, run_id: UUID, box: Box) -> Columns:
    """Return the key places in a box, and where a run looked for them (None: outside its grids)."""
    values = {"territory": territory_id, "run": run_id, **_sides(box)}
    return read_columns(session, _PLACES.bindparams(**values), geometry=["point", "front"])


def set_fronts(session: Session, run_id: UUID, places: Sequence[UUID], fronts: Sequence[str]) -> None:
    """Note where key places are looked for from now on (EWKB in hexadecimal digits)."""
    values: list[dict[str, Any]] = [
        {"run": run_id, "place": place, "front": front} for place, front in zip(places, fronts, strict=True)
    ]
    if values:
        session.execute(_SET_FRONT, values)


def drop_outside(session: Session, run_id: UUID) -> None:
    """Forget key places that a run looks for outside all grids of its plan."""
    session.execute(_DROP_OUTSIDE, {"run": run_id})


def _sides(box: Box) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), box, strict=True))
