"""A small made-up polder: two villages of a town, a named canal through both, drains, a bridge, a weir, a lake."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_lonlat
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Area, Dwelling, Facility, Landcover, Staff, Street, Territory, Waterway

SYSTEM = Actor.system()
SRID = 32650
EAST, NORTH = 600_000.0, 3_600_000.0
COUNTY, TOWN, VILLAGES = "321281", "321281100", ("321281100001", "321281100002")
CANAL_M = 6000.0
WEIR = shapely.Point(4000, 2000)


def place(geometry: shapely.Geometry) -> shapely.Geometry:
    """Move metres from the polder's corner into longitude and latitude."""
    return to_lonlat(shapely.transform(geometry, lambda xy: np.add(xy, (EAST, NORTH))), SRID)


def _area(territory: UUID, code: str, kind: str, box: shapely.Geometry, parent: Area | None) -> Area:
    path = code if parent is None else f"{parent.path}.{code}"
    return Area(
        territory_id=territory, code=code, kind=kind, name=f"{kind} {code[-3:]}", names={},
        parent_id=parent.id if parent else None, path=path, area_code=int(code.ljust(12, "0")),
        town_code=int(code[:9].ljust(12, "0")), county_code=int(code[:6].ljust(12, "0")),
        geom=shapely.MultiPolygon([place(box)]),
    )  # fmt: skip


def load_polder(database: Database, *, waters: bool = True) -> UUID:
    """Write the polder; return its territory."""
    with database.owner_work(SYSTEM) as work:
        session = work.session
        whole = shapely.box(0, 0, 6000, 3000)
        territory = Territory(name="Polder", outline=shapely.MultiPolygon([place(whole)]), metric_srid=SRID)
        session.add(territory)
        session.flush()
        county = _area(territory.id, COUNTY, "county", whole, None)
        session.add(county)
        session.flush()
        town = _area(territory.id, TOWN, "town", whole, county)
        session.add(town)
        session.flush()
        for code, box in zip(VILLAGES, (shapely.box(0, 0, 3200, 3000), shapely.box(3200, 0, 6000, 3000)), strict=True):
            session.add(_area(territory.id, code, "village", box, town))
        if waters:
            session.add_all(_waters(territory.id))
        session.add(
            Street(
                territory_id=territory.id, kind="primary", geom=place(shapely.LineString([(940, 1000), (940, 2000)]))
            )
        )
        session.add_all(
            Dwelling(territory_id=territory.id, households=3, point=place(shapely.Point(x, y)))
            for x in range(100, 6000, 400)
            for y in (200, 1490, 2600)
        )
        work.session.flush()
        return territory.id


def _waters(territory: UUID) -> list[object]:
    lines = [
        ("canal", "长河", [(0, 1500), (CANAL_M, 1500)]),
        ("drain", "", [(1600, 1500), (1600, 400)]),
        ("drain", "", [(4000, 400), (4000, 2600)]),
        ("ditch", "", [(200, 2800), (320, 2800)]),
    ]
    rows: list[object] = [
        Waterway(territory_id=territory, kind=kind, name=name, geom=place(shapely.LineString(xy)))
        for kind, name, xy in lines
    ]
    rows.append(
        Landcover(
            territory_id=territory,
            kind="water",
            geom=shapely.MultiPolygon([place(shapely.box(4900, 1450, 5300, 1700))]),
        )
    )
    rows.append(Facility(territory_id=territory, kind="weir", name="", point=place(WEIR)))
    return rows


def add_wardens(database: Database, territory: UUID) -> None:
    """Add a warden and a village river chief."""
    with database.work(SYSTEM) as work:
        area = work.session.query(Area).where(Area.code == VILLAGES[0]).one()
        for n, (post, where) in enumerate((("巡河员", None), ("village river chief", area.id)), start=1):
            work.session.add(
                Staff(territory_id=territory, work_no=f"R-{n}", name=f"Name {n}", post=post, area_id=where)
            )
