"""SQL of coverage by area: the tree, units with a camera, and what cameras of a kind cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.models import (
    Area,
    Camera,
    CameraCost,
    CoverageGrid,
    CoverageRun,
    Gap,
    Grid,
    GridVersion,
    Plan,
    ViewShed,
)

_UNITS = sa.text("""
select a.kind, count(*) as units,
       count(*) filter (where exists (
           select from camera c
           where c.point && a.geom and st_intersects(a.geom, c.point) and c.id = any(cast(:cameras as uuid[]))
       )) as with_camera
from area a
where a.territory_id = :territory and a.valid @> current_date
group by a.kind
""")


# a camera whose view shed is not stored sees nothing, and is not serviceable
_COUNTED = """
not c.indoor and (cast(:status as text) = 'all' or c.networked and (
    cast(:status as text) = 'networked' or c.online and (
        cast(:status as text) = 'online'
        or c.serviceable and exists (select from view_shed s where s.camera_id = c.id))))
"""
_UNITS_BY_STATUS = sa.text(f"""
select a.kind, count(*) as units,
       count(*) filter (where exists (
           select from camera c
           where c.point && a.geom and c.territory_id = a.territory_id and st_intersects(a.geom, c.point) and {_COUNTED}
       )) as with_camera
from area a
where a.territory_id = :territory and a.valid @> current_date
group by a.kind
""")  # noqa: S608 - our own words
_GRIDS_BY_STATUS = sa.text("""
select count(*) as units, count(*) filter (
    where case cast(:status as text) when 'all' then cameras when 'networked' then networked
                                     when 'online' then online else serviceable end > 0) as with_camera
from coverage_grid where run_id = :run
""")


def units_with_status(session: Session, territory_id: UUID, status: str) -> dict[str, tuple[int, int]]:
    """Return how many areas of each kind there are, and in how many a camera of a status stands now."""
    rows = session.execute(_UNITS_BY_STATUS, {"territory": territory_id, "status": status})
    return {row.kind: (int(row.units), int(row.with_camera)) for row in rows}


def count_indoors(session: Session, plan_id: UUID) -> int:
    """Return how many cameras of a plan's territory hang indoors now."""
    territory = sa.select(Plan.territory_id).where(Plan.id == plan_id).scalar_subquery()
    statement = sa.select(sa.func.count()).where(Camera.territory_id == territory, Camera.indoor)
    return int(session.scalar(statement) or 0)


def grids_with_camera(session: Session, run_id: UUID, status: str) -> tuple[int, int]:
    """Return how many grids a run has, and in how many a camera of a status stands."""
    row = session.execute(_GRIDS_BY_STATUS, {"run": run_id, "status": status}).one()
    return int(row.units), int(row.with_camera)


def figures_in_sight(session: Session, run_id: UUID, names: Sequence[str]) -> Any:  # noqa: ANN401 - a database row
    """Return sums of a run's figures over the grids that the session sees, its gaps, and headings unknown there."""
    grids = sa.select(CoverageGrid).where(CoverageGrid.run_id == run_id).subquery()
    gaps = sa.select(sa.func.count()).where(Gap.run_id == run_id).scalar_subquery()
    territory = sa.select(Plan.territory_id).join(CoverageRun, CoverageRun.plan_id == Plan.id)
    unknown = (
        sa.select(sa.func.count())
        .where(
            ViewShed.territory_id == territory.where(CoverageRun.id == run_id).scalar_subquery(),
            ViewShed.flag.contains("unknown_heading"),
        )
        .scalar_subquery()
    )
    sums = (sa.func.coalesce(sa.func.sum(grids.c[name]), 0).label(name) for name in names)
    statement = sa.select(*sums, gaps.label("gaps"), unknown.label("unknown_heading")).select_from(grids)
    return session.execute(statement).one()


def units_with_camera(session: Session, territory_id: UUID, cameras: Sequence[UUID]) -> dict[str, tuple[int, int]]:
    """Return how many areas of each kind there are, and in how many of them one of the cameras stands."""
    rows = session.execute(_UNITS, {"territory": territory_id, "cameras": list(cameras)})
    return {row.kind: (int(row.units), int(row.with_camera)) for row in rows}


def area_tree(session: Session, territory_id: UUID) -> list[sa.Row[Any]]:
    """Return the areas in force with their parents, parents before children."""
    statement = (
        sa.select(Area.id, Area.code, Area.kind, Area.name, Area.parent_id, Area.path, Area.area_code)
        .where(Area.territory_id == territory_id, Area.valid.op("@>")(sa.func.current_date()))
        .order_by(sa.func.length(Area.path), Area.path)
    )
    rows: Any = session.execute(statement).all()
    return list(rows)


def figures_with_area(session: Session, run_id: UUID) -> Sequence[sa.Row[CoverageGrid, UUID]]:
    """Return the figures of each grid of a run with the area that the grid is in."""
    statement = (
        sa.select(CoverageGrid, GridVersion.area_id)
        .join(CoverageRun, CoverageRun.id == CoverageGrid.run_id)
        .join(
            GridVersion,
            sa.and_(GridVersion.grid_id == CoverageGrid.grid_id, GridVersion.plan_id == CoverageRun.plan_id),
        )
        .where(CoverageGrid.run_id == run_id)
    )
    return session.execute(statement).all()


KIND = sa.case(
    (Camera.ptz, "ptz"),
    (sa.or_(Camera.dome, Camera.hfov >= 360), "dome"),
    (Camera.azimuth.is_(None), "unknown"),
    else_="fixed",
)
"""Kind of a camera as it is priced and shown."""


def cameras_by_kind(session: Session, territory_id: UUID) -> dict[str, int]:
    """Return how many cameras of each kind there are."""
    statement = sa.select(KIND, sa.func.count()).where(Camera.territory_id == territory_id).group_by(KIND)
    return {str(kind): int(count) for kind, count in session.execute(statement).all()}


def kinds_in_areas(session: Session, plan_id: UUID) -> list[tuple[UUID, str, int]]:
    """Return how many cameras of each kind stand in the grids of each area; on a border the first grid has them."""
    standing = (
        sa.select(Camera.id, GridVersion.area_id, KIND.label("kind"))
        .ext(pg.distinct_on(Camera.id))
        .join(GridVersion, sa.func.ST_Intersects(GridVersion.geom, Camera.point))
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Camera.id, Grid.code)
        .subquery()
    )
    columns = (standing.c.area_id, standing.c.kind)
    rows = session.execute(sa.select(*columns, sa.func.count()).group_by(*columns)).all()
    return [(area, str(kind), int(count)) for area, kind, count in rows]


def read_costs(session: Session, territory_id: UUID) -> list[CameraCost]:
    """Return what cameras cost here, by kind."""
    statement = sa.select(CameraCost).where(CameraCost.territory_id == territory_id).order_by(CameraCost.kind)
    return list(session.scalars(statement).all())


def replace_costs(session: Session, territory_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Put other prices in the place of those that hold."""
    session.execute(sa.delete(CameraCost).where(CameraCost.territory_id == territory_id))
    if rows:
        session.execute(sa.insert(CameraCost), [{"territory_id": territory_id, **row} for row in rows])
