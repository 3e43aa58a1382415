"""SQL of coverage: what a run reads, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gis.errors import NotFoundError
from store.database.bulk import Columns, read_columns, wkb
from store.database.cameras import name_of
from store.database.models import (
    Area,
    Building,
    Camera,
    CoverageGrid,
    CoverageRun,
    Gap,
    Grid,
    GridVersion,
    KeyPlace,
    KeyPlaceCoverage,
    Landcover,
    Street,
    ViewShed,
)

SHED_COLUMNS = ("camera_id", "territory_id", "assumed", "area_m2", "flag", "geom", "inputs_digest", "metric_wkb")
GAP_COLUMNS = ("run_id", "grid_id", "key_place_id", "kind", "score", "reason", "geom")
PLACE_COLUMNS = ("run_id", "key_place_id", "seen", "cameras", "share", "front")
GRID_COLUMNS = (
    "run_id", "grid_id", "street_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper",
    "places", "places_seen", "places_seen_upper", "cameras", "networked", "online", "serviceable", "incidents",
    "gap_score", "reasons", "k2_m_upper", "k3_m_upper", "gap_score_least",
)  # fmt: skip

_INCIDENTS = sa.text("""
select grid_id, count(*) from (
    select distinct on (i.month, i.id) v.grid_id
    from incident i join grid_version v on v.geom && i.point and st_intersects(v.geom, i.point)
    where v.plan_id = :plan and i.territory_id = (select territory_id from plan where id = :plan)
      and i.reported_at > coalesce(cast(:until as timestamptz), now()) - interval '365 days'
      and i.reported_at <= coalesce(cast(:until as timestamptz), now())
    order by i.month, i.id, v.grid_id
) placed group by grid_id
""")


def read_footprints(session: Session, territory_id: UUID) -> Columns:
    """Return the footprints that block sight, in a fixed order."""
    statement = (
        sa.select(Building.height_m, wkb(Building.geom).label("geom"))
        .where(Building.territory_id == territory_id)
        .order_by(Building.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_cameras(session: Session, territory_id: UUID) -> Columns:
    """Return what decides the view of each camera; indoor cameras see no street and are left out."""
    statement = (
        sa.select(
            Camera.id, Camera.azimuth, Camera.hfov, Camera.max_range, Camera.ptz, Camera.dome, Camera.online,
            Camera.networked, Camera.serviceable.label("sound"), Camera.sensor_px,
            name_of(session).label("name"),
            wkb(Camera.point).label("point"),
        )
        .where(Camera.territory_id == territory_id, ~Camera.indoor)
        .order_by(Camera.fid)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["point"])


def read_streets(session: Session, territory_id: UUID, kinds: list[str]) -> Columns:
    """Return the streets of the given classes that ought to be seen."""
    statement = (
        sa.select(Street.id, Street.kind, Street.name, wkb(Street.geom).label("geom"))
        .where(Street.territory_id == territory_id, Street.kind.in_(kinds))
        .order_by(Street.fid)
    )
    return read_columns(session, statement, geometry=["geom"])


def read_key_places(session: Session, territory_id: UUID) -> Columns:
    """Return the key places."""
    statement = (
        sa.select(KeyPlace.id, KeyPlace.kind, KeyPlace.name, KeyPlace.weight, wkb(KeyPlace.point).label("point"))
        .where(KeyPlace.territory_id == territory_id)
        .order_by(KeyPlace.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def incidents_of_year(session: Session, plan_id: UUID, *, until: datetime | None = None) -> dict[UUID, int]:
    """Return how many incidents of the 365 days before a moment (now) lie in each grid of a plan, by their place.

    A plan that never came into force has them too; a place on a border counts in one grid.
    """
    rows = session.execute(_INCIDENTS, {"plan": plan_id, "until": until})
    return {grid: int(count) for grid, count in rows}


def find_run(session: Session, plan_id: UUID, digest: str) -> CoverageRun | None:
    """Return the finished run with equal inputs."""
    return session.scalars(
        sa.select(CoverageRun).where(CoverageRun.plan_id == plan_id, CoverageRun.digest == digest)
    ).first()


def newest_run(session: Session, plan_id: UUID) -> CoverageRun | None:
    """Return the newest run of a plan that answers the standing question: the usual needs, as things stand now."""
    return session.scalars(
        sa.select(CoverageRun)
        .where(CoverageRun.plan_id == plan_id, CoverageRun.present)
        .order_by(CoverageRun.created_at.desc(), CoverageRun.id)
        .limit(1)
    ).first()


def replaced_by(session: Session, run: CoverageRun) -> CoverageRun | None:
    """Return the newer run that is shown as the answer to the standing question instead of a run, if there is one.

    A live copy that was asked the same is none: it follows what changes, and says the same.
    """
    newest = newest_run(session, run.plan_id) if run.present else None
    if newest is None or newest.id == run.id or (newest.live and _asks(newest) == _asks(run)):
        return None
    return newest


def _asks(run: CoverageRun) -> bytes:
    """Return what a run was asked; a list in it is a tuple until it is read back."""
    return orjson.dumps(run.spec, option=orjson.OPT_SORT_KEYS)


def list_runs(session: Session, plan_id: UUID, limit: int) -> list[CoverageRun]:
    """Return the runs of a plan, newest first."""
    statement = (
        sa.select(CoverageRun)
        .where(CoverageRun.plan_id == plan_id)
        .order_by(CoverageRun.created_at.desc(), CoverageRun.id)
        .limit(limit)
    )
    return list(session.scalars(statement).all())


def get_run(session: Session, run_id: UUID) -> CoverageRun:
    """Return one run.

    Raises
    ------
    NotFoundError
        No such run.
    """
    run = session.get(CoverageRun, run_id)
    if run is None:
        raise NotFoundError(f"There is no coverage run {run_id}.", run=str(run_id))
    return run


def add_run(session: Session, run: CoverageRun) -> None:
    """Insert the run row."""
    session.add(run)
    session.flush()


def forget_sheds(session: Session, territory_id: UUID) -> None:
    """Remove the view sheds that the new run replaces."""
    session.execute(sa.delete(ViewShed).where(ViewShed.territory_id == territory_id))


def shed_digest(session: Session, territory_id: UUID) -> str | None:
    """Return what the stored view sheds were computed from."""
    statement = sa.select(ViewShed.inputs_digest).where(ViewShed.territory_id == territory_id).limit(1)
    return session.scalar(statement)


def coverage_rows(session: Session, run_id: UUID) -> list[sa.Row[Any]]:
    """Return the figures of each grid of a run with its code, name and area, highest score first."""
    statement = (
        sa.select(
            CoverageGrid, Grid.code, GridVersion.fid, GridVersion.name, GridVersion.area_id,
            Area.code.label("area_code"), Area.name.label("area_name"),
        )
        .join(Grid, Grid.id == CoverageGrid.grid_id)
        .join(CoverageRun, CoverageRun.id == CoverageGrid.run_id)
        .join(
            GridVersion,
            sa.and_(GridVersion.grid_id == CoverageGrid.grid_id, GridVersion.plan_id == CoverageRun.plan_id),
        )
        .join(Area, Area.id == GridVersion.area_id)
        .where(CoverageGrid.run_id == run_id)
        .order_by(CoverageGrid.gap_score.desc(), Grid.code)
    )  # fmt: skip
    rows: Any = session.execute(statement).all()
    return list(rows)


def gap_rows(
    session: Session, run_id: UUID, limit: int | None = None, *, grid: UUID | None = None, kind: str | None = None
) -> list[sa.Row[Any]]:
    """Return the gaps of a run (in one grid, of one kind), highest score first, with grid, key place and shape.

    Of equal scores that one comes first in whose grid more happened within a year.
    """
    statement = (
        sa.select(
            Gap.id, Gap.kind, Gap.score, Gap.reason, Gap.grid_id, Grid.code, KeyPlace.name.label("place"),
            KeyPlace.kind.label("place_kind"), wkb(Gap.geom).label("geom"),
        )
        .outerjoin(Grid, Grid.id == Gap.grid_id)
        .outerjoin(KeyPlace, KeyPlace.id == Gap.key_place_id)
        .where(
            Gap.run_id == run_id,
            *([Gap.grid_id == grid] if grid is not None else []),
            *([Gap.kind == kind] if kind is not None else []),
        )
        .order_by(Gap.score.desc(), Gap.reason["incidents"].as_integer().desc().nulls_last(), Gap.id)
        .limit(limit)
    )  # fmt: skip
    return list(session.execute(statement).all())


def place_rows(session: Session, run_id: UUID) -> Columns:
    """Return key places with whether they are seen, and the grid in which they were looked for."""
    looked_for = sa.func.coalesce(KeyPlaceCoverage.front, KeyPlace.point)
    home = (
        sa.select(GridVersion.grid_id)
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == CoverageRun.plan_id, sa.func.ST_Intersects(GridVersion.geom, looked_for))
        .order_by(Grid.code)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        sa.select(
            KeyPlace.id, KeyPlace.kind, KeyPlace.name, KeyPlaceCoverage.seen, KeyPlaceCoverage.cameras,
            KeyPlaceCoverage.share, home.label("grid_id"), wkb(KeyPlace.point).label("point"),
        )
        .join(KeyPlace, KeyPlace.id == KeyPlaceCoverage.key_place_id)
        .join(CoverageRun, CoverageRun.id == KeyPlaceCoverage.run_id)
        .where(KeyPlaceCoverage.run_id == run_id)
        .order_by(KeyPlace.fid)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["point"])


def read_ground(session: Session, territory_id: UUID, *, most: int) -> Columns:
    """Return the largest surfaces to draw below a map: water and green first, then buildings."""
    surfaces = sa.union_all(
        sa.select(Landcover.kind, sa.literal(0).label("above"), Landcover.geom).where(
            Landcover.territory_id == territory_id, Landcover.kind.in_(["water", "green"])
        ),
        sa.select(sa.literal("building"), sa.literal(1), Building.geom).where(Building.territory_id == territory_id),
    ).subquery()
    largest = (
        sa.select(surfaces.c.kind, surfaces.c.above, wkb(surfaces.c.geom).label("geom"))
        .order_by(surfaces.c.above, sa.func.ST_Area(surfaces.c.geom).desc())
        .limit(most)
    )
    return read_columns(session, largest, geometry=["geom"])


def shed_rows(session: Session, territory_id: UUID) -> Columns:
    """Return the view sheds with the camera's identity and state; ``counted`` where it is networked and online."""
    statement = (
        sa.select(
            name_of(session).label("camera"), Camera.online, sa.and_(Camera.networked, Camera.online).label("counted"),
            ViewShed.assumed, ViewShed.area_m2, Camera.azimuth,
            wkb(Camera.point).label("point"), wkb(ViewShed.geom).label("geom"),
        )
        .join(Camera, Camera.id == ViewShed.camera_id)
        .where(ViewShed.territory_id == territory_id)
        .order_by(Camera.fid)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["point", "geom"])
