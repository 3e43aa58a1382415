"""A small made-up town with one of everything, laid out on metres so that every distance is known.

Six grids of 200 m by 200 m in two rows; the west four belong to one village, the east two to another::

    g4 g5 g6      north row
    g1 g2 g3      south row

Metres are counted from the town's south-west corner; `lonlat` turns them into degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import shapely
from sqlalchemy.dialects.postgresql import Range

from gis.crs import to_lonlat
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import (
    Area,
    Assignment,
    Atom,
    Building,
    Camera,
    Component,
    CoverageGrid,
    CoverageRun,
    Dwelling,
    Gap,
    Grid,
    GridVersion,
    KeyPlace,
    KeyPlaceCoverage,
    Landcover,
    Plan,
    Shift,
    Staff,
    Street,
    Territory,
    Unit,
    ViewShed,
    Waterway,
)

SRID = 32635
EAST, NORTH = 385000.0, 6671000.0
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)


def placed(shape: Any) -> Any:
    """Move a shape in the town's metres to EPSG:4326."""
    moved = shapely.transform(shape, lambda xy: np.add(xy, (EAST, NORTH)))
    return to_lonlat(moved, SRID)


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a point in the town's metres."""
    point = placed(shapely.Point(x, y))
    return point.x, point.y


def many(shape: Any) -> Any:
    """Return a polygon as a multipolygon in EPSG:4326."""
    return placed(shapely.MultiPolygon([shape]))


@dataclass
class Town:
    """Ids of what was built."""

    territory: UUID
    plan: UUID
    run: UUID
    grids: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)
    cameras: dict[str, UUID] = field(default_factory=dict)


def build_town(database: Database, name: str = "Testby", prefix: str = "990101001") -> Town:
    """Write the town in one transaction, as the system."""
    with database.work(Actor.system()) as work:
        session = work.session
        town = Town(uuid4(), uuid4(), uuid4())
        outline = shapely.box(0, 0, 600, 400)
        session.add(
            Territory(id=town.territory, name=name, outline=many(outline), metric_srid=SRID, attribution="© nobody")
        )
        session.flush()
        areas = _areas(session, town, prefix)
        _grids(session, town, areas, prefix)
        _ground(session, town, areas, prefix)
        _cameras(session, town, prefix)
        _people(session, town, prefix)
        _coverage(session, town)
        for layer in ("grids", "cameras", "streets", "incidents", "dwellings"):
            work.touch(layer, town.territory)
    return town


def _areas(session: Any, town: Town, prefix: str) -> list[UUID]:
    ids = []
    for k, (west, east, called) in enumerate(((0, 400, "West Village 西村"), (400, 600, "East Village 东村")), start=1):
        code = int(f"{prefix}{k:03d}")
        area = Area(
            id=uuid4(), territory_id=town.territory, code=str(code), kind="village", name=called,
            path=f"{prefix}.{code}", area_code=code, town_code=int(prefix), county_code=int(prefix[:6]),
            geom=many(shapely.box(west, 0, east, 400)),
        )  # fmt: skip
        session.add(area)
        ids.append(area.id)
    session.flush()
    return ids


def _grids(session: Any, town: Town, areas: list[UUID], prefix: str) -> None:
    session.add(
        Plan(
            id=town.plan, territory_id=town.territory, kind="household", name="Six grids", status="published",
            spec={"tolerance": 0.1}, spec_digest="x", quality={"mean_households": 50.0}, basis="test",
            published_at=LONG_AGO,
        )
    )  # fmt: skip
    session.flush()
    for k in range(6):
        column, row = k % 3, k // 3
        square = shapely.box(column * 200, row * 200, column * 200 + 200, row * 200 + 200)
        area = 1 if column == 2 else 0
        code = f"{prefix}{area + 1:03d}{k + 1:03d}"
        grid = Grid(id=uuid4(), territory_id=town.territory, kind="household", code=code)
        town.grids[f"g{k + 1}"] = grid.id
        session.add(grid)
        session.flush()
        session.add(
            GridVersion(
                grid_id=grid.id, plan_id=town.plan, area_id=areas[area], name=f"Grid {k + 1}", geom=many(square),
                label_point=placed(square.centroid), households=48 + k, dwellings=5, deviation=(k - 2) / 50,
                area_m2=40000.0, compactness=0.785, valid=Range(LONG_AGO, None),
            )
        )  # fmt: skip
        for half in range(2):
            west = column * 200 + half * 100
            plot = shapely.box(west, row * 200, west + 100, row * 200 + 200)
            session.add(
                Atom(
                    plan_id=town.plan, label=k * 2 + half, grid_id=grid.id, area_id=areas[area], demand=24 + half * k,
                    geom=placed(plot),
                )
            )  # fmt: skip
    session.flush()


def _ground(session: Any, town: Town, areas: list[UUID], prefix: str) -> None:
    territory = town.territory
    for x, called in ((100, "Main Street 解放路"), (300, "Second Street"), (500, "Third Street")):
        for south in (0, 200):
            line = shapely.LineString([(x, south), (x, south + 200)])
            session.add(Street(territory_id=territory, kind="residential", name=called, geom=placed(line)))
    for y, called in ((200, "Cross Road"),):
        for west in (0, 100, 300, 500):
            east = {0: 100, 100: 300, 300: 500, 500: 600}[west]
            line = shapely.LineString([(west, y), (east, y)])
            session.add(Street(territory_id=territory, kind="primary", name=called, geom=placed(line)))
    session.add(Street(territory_id=territory, kind="footway", geom=placed(shapely.LineString([(20, 20), (60, 60)]))))
    session.add(Building(territory_id=territory, kind="yes", geom=many(shapely.box(120, 40, 160, 80))))
    session.add(Building(territory_id=territory, kind="apartments", geom=many(shapely.box(320, 240, 360, 280))))
    session.add(Landcover(territory_id=territory, kind="green", geom=many(shapely.box(0, 300, 80, 400))))
    session.add(
        Waterway(
            territory_id=territory, kind="river", name="Brook", geom=placed(shapely.LineString([(0, 390), (600, 390)]))
        )
    )
    for k in range(6):
        for n in range(5):
            x, y = (k % 3) * 200 + 20 + n * 30, (k // 3) * 200 + 110
            street = ("Main Street", "Second Street", "Third Street")[k % 3]
            session.add(
                Dwelling(
                    territory_id=territory, area_id=areas[1 if k % 3 == 2 else 0], door_code=f"{prefix}D{k}{n}",
                    address=f"{street} {k // 3 * 5 + n + 1}", households=10, estimated=True,
                    point=placed(shapely.Point(x, y)),
                )
            )  # fmt: skip
    # the same address twice, 400 m apart
    for x in (50, 450):
        session.add(
            Dwelling(
                territory_id=territory, area_id=areas[0 if x < 400 else 1], address="解放路 9 号", households=1,
                point=placed(shapely.Point(x, 50)),
            )
        )  # fmt: skip
    unit = Unit(
        id=uuid4(), territory_id=territory, code=f"{prefix}U1", kind="department", name="Street lighting 路灯所"
    )
    session.add(unit)
    session.flush()
    session.add(
        Component(
            territory_id=territory, code16=f"{prefix}0000001", kind="lamp", owner_unit_id=unit.id,
            point=placed(shapely.Point(105, 105)),
        )
    )  # fmt: skip


CAMERAS: dict[str, dict[str, Any]] = {
    # looks east along y = 100 from x = 100
    "fixed": {"at": (100, 100), "azimuth": 90.0, "hfov": 60.0, "shed": shapely.box(100, 60, 180, 140)},
    "unknown": {"at": (120, 130), "azimuth": None, "shed": shapely.Point(120, 130).buffer(50), "assumed": True},
    "offline": {"at": (110, 70), "azimuth": 0.0, "hfov": 90.0, "online": False, "shed": shapely.box(100, 70, 150, 120)},
    "far": {"at": (550, 350), "azimuth": 180.0, "hfov": 60.0, "shed": shapely.box(530, 300, 570, 350)},
    "turned": {"at": (150, 40), "azimuth": 180.0, "hfov": 40.0, "shed": shapely.box(140, 0, 160, 40)},
}


def _cameras(session: Any, town: Town, prefix: str) -> None:
    for k, (name, facts) in enumerate(CAMERAS.items()):
        camera = Camera(
            id=uuid4(), territory_id=town.territory, gb28181_id=f"{prefix}{k:011d}" if k % 2 == 0 else None,
            source_ref=f"node/{name}", point=placed(shapely.Point(facts["at"])), azimuth=facts["azimuth"],
            hfov=facts.get("hfov"), max_range=80.0, online=facts.get("online", True),
        )  # fmt: skip
        session.add(camera)
        town.cameras[name] = camera.id
        session.flush()
        session.add(
            ViewShed(
                camera_id=camera.id, territory_id=town.territory, assumed=facts.get("assumed", False),
                area_m2=facts["shed"].area, geom=many(facts["shed"]), inputs_digest="x",
            )
        )  # fmt: skip


def _people(session: Any, town: Town, prefix: str) -> None:
    posts = {"head1": (50, 100), "head2": (300, 100), "deputy1": (80, 20), "walker": (100, 390), "resting": (110, 100)}
    for k, (name, at) in enumerate(posts.items()):
        person = Staff(
            id=uuid4(), territory_id=town.territory, work_no=f"{prefix}W{k}", name=f"{name.title()} 员",
            post="grid worker",
            duty_point=placed(shapely.Point(at)),
        )  # fmt: skip
        session.add(person)
        town.staff[name] = person.id
    session.flush()
    for name, grid, role in (("head1", "g1", "grid_head"), ("head2", "g2", "grid_head"), ("head2", "g5", "grid_head"),
                             ("deputy1", "g1", "deputy")):  # fmt: skip
        session.add(
            Assignment(
                staff_id=town.staff[name], role=role, grid_id=town.grids[grid], is_head=role == "grid_head",
                valid=Range(LONG_AGO, None),
            )
        )  # fmt: skip
    for name in ("head1", "head2", "deputy1", "walker"):
        session.add(Shift(staff_id=town.staff[name], period=Range(NOW - timedelta(hours=2), NOW + timedelta(days=2))))
    session.flush()


def _coverage(session: Any, town: Town) -> None:
    session.add(
        CoverageRun(
            id=town.run, plan_id=town.plan, digest="x", spec={"street_folds": 1}, seconds=1.0,
            summary={"streets_m": 1800.0, "seen_m": 400.0, "gaps": 2},
        )
    )  # fmt: skip
    session.flush()
    for k, grid in enumerate(town.grids.values()):
        session.add(
            CoverageGrid(
                run_id=town.run, grid_id=grid, street_m=300.0, seen_m=30.0 * k, seen_m_upper=200.0, k2_m=0.0, places=1,
                places_seen=k % 2, places_seen_upper=1, cameras=1, online=1, incidents=0, gap_score=1.0 - k / 10,
                reasons=[{"kind": "unseen-street", "text_en": "a", "text_zh": "甲", "amount": 100.0}],
            )
        )  # fmt: skip
    for x, y, called, kind, seen in ((150, 100, "School 小学", "school", "yes"), (550, 50, "Market", "market", "no"),
                                     (250, 250, "Alley", "alley", "maybe")):  # fmt: skip
        place = KeyPlace(
            id=uuid4(), territory_id=town.territory, kind=kind, name=called, point=placed(shapely.Point(x, y))
        )
        session.add(place)
        session.flush()
        session.add(KeyPlaceCoverage(run_id=town.run, key_place_id=place.id, seen=seen, cameras=int(seen == "yes")))
    for grid, shape in (("g3", shapely.LineString([(500, 0), (500, 150)])), ("g3", shapely.Point(550, 50))):
        kind = "key_place" if shape.geom_type == "Point" else "street"
        session.add(
            Gap(
                run_id=town.run, grid_id=town.grids[grid], kind=kind, score=0.7, reason={"kind": "no-camera"},
                geom=placed(shape),
            )
        )  # fmt: skip
