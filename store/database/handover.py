"""SQL of handover sheets: what lies in one grid and around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns, wkb
from store.database.cameras import name_sql
from store.database.models import Building, Grid, GridVersion, Street


def find_grid(session: Session, plan_id: UUID, grid: str) -> sa.Row[Any] | None:
    """Return a grid of a plan by id or code, with its figures and shape (WKB)."""
    statement = sa.text("""
        select v.grid_id, g.code, v.name, st_asbinary(v.geom) as shape, v.households, v.dwellings,
               v.area_m2, a.name as area_name, a.code as area_code
        from grid_version v join grid g on g.id = v.grid_id join area a on a.id = v.area_id
        where v.plan_id = :plan and (g.code = :grid or g.id::text = lower(:grid))
    """)
    return session.execute(statement, {"plan": plan_id, "grid": grid}).first()


def grid_codes(session: Session, plan_id: UUID) -> list[str]:
    """Return the codes of a plan's grids, in order."""
    statement = (
        sa.select(Grid.code)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )
    return list(session.scalars(statement))


_BOX = """
select st_setsrid(st_expand(box2d(v.geom), (st_xmax(v.geom) - st_xmin(v.geom)) * 0.6 + 0.0005,
                            (st_ymax(v.geom) - st_ymin(v.geom)) * 0.6 + 0.0005)::geometry, 4326) as box
from grid_version v where v.plan_id = :plan and v.grid_id = :grid
"""


def around(session: Session, plan_id: UUID, grid_id: UUID, territory_id: UUID) -> tuple[Columns, Columns, Columns]:
    """Return neighbours (code, geom), streets (name, geom) and buildings (geom) around a grid, EPSG:4326."""
    here = sa.text(_BOX).bindparams(plan=plan_id, grid=grid_id)
    box = here.columns(sa.column("box")).scalar_subquery()
    statements = (
        sa.select(Grid.code, wkb(GridVersion.geom).label("geom"))
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == plan_id, GridVersion.grid_id != grid_id, GridVersion.geom.op("&&")(box))
        .order_by(Grid.code),
        sa.select(Street.name, wkb(Street.geom).label("geom"))
        .where(Street.territory_id == territory_id, Street.geom.op("&&")(box))
        .order_by(Street.fid),
        sa.select(wkb(Building.geom).label("geom"))
        .where(Building.territory_id == territory_id, Building.geom.op("&&")(box))
        .order_by(Building.fid),
    )
    near, streets, buildings = (read_columns(session, statement, geometry=["geom"]) for statement in statements)
    return near, streets, buildings


_INSIDE = {
    "doors": "select d.address, coalesce(d.door_code, '') as code, d.households from dwelling d"
    " where d.territory_id = :territory and d.point && v.geom and st_covers(v.geom, d.point)"
    " order by d.address, d.door_code",
    "cameras": "select {camera} as code, c.owner as owner from camera c"
    " where c.territory_id = :territory and c.point && v.geom and st_covers(v.geom, c.point) order by 1",
    "places": "select k.kind, k.name from key_place k"
    " where k.territory_id = :territory and k.point && v.geom and st_covers(v.geom, k.point) order by k.kind, k.name",
    "cases": "select i.no, i.item from incident i where i.territory_id = :territory and i.state = any(:states)"
    " and i.point && v.geom and st_covers(v.geom, i.point) order by i.no",
}


def inside(session: Session, what: str, plan_id: UUID, grid_id: UUID, values: dict[str, Any]) -> Sequence[sa.Row[Any]]:
    """Return the doors, cameras, key places or open cases in a grid.

    Parameters
    ----------
    session : Session
    what : {"doors", "cameras", "places", "cases"}
    plan_id, grid_id : UUID
    values : dict
        ``territory``, and ``states`` for cases.
    """
    inside = _INSIDE[what].replace("{camera}", name_sql(session))
    statement = f"select x.* from grid_version v, lateral ({inside}) x where v.plan_id = :plan and v.grid_id = :grid"  # noqa: S608 - constants only
    return session.execute(sa.text(statement), {"plan": plan_id, "grid": grid_id, **values}).all()
