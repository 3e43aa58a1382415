"""A camera goes offline or is turned in a city of 5,000: how long figures and desks take to follow.

The city (central Helsinki mirrored 7 by 6, 1,600 grids, 20,000 key places) is made once, in a minute;
GRIDWARD_BENCH_CITY may name a home that keeps it from run to run.
"""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import orjson
import pytest
import shapely
import sqlalchemy as sa
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy.orm import Session

from benchmarks.mirrored_town import METRIC, Town, town
from gis.crs import to_lonlat
from services import access, cameras, coverage_rows, live_check, live_coverage
from services.coverage import run_coverage
from services.coverage_warm import settle_heap
from services.settings import Settings
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.bulk import copy_rows, ewkb_hex
from store.database.engine import Database
from store.database.models import Area, Plan, Territory
from store.database.models.access import BUSINESS, RIGHTS
from store.database.schema import upgrade
from tests.api.conftest import serving

CAMERAS, PLACES, COLUMNS, ROWS = 5_000, 20_000, 40, 40
CHANGES = 500
REQUESTS = 150
P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    named = os.environ.get("GRIDWARD_BENCH_CITY")
    path = Path(named) if named else Path(tempfile.mkdtemp(prefix="gridward-city-"))
    path.mkdir(exist_ok=True)
    path.chmod(0o711)
    yield path
    PrivateCluster(path).stop(force=True)
    if not named:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def database(home: Path) -> Iterator[Database]:
    urls = PrivateCluster(home).ensure()
    upgrade(urls.owner)
    database = Database(urls.app, urls.owner)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    with database.work(Actor.system()) as work:
        known = work.session.scalars(sa.select(Plan.id)).first()
    made = known or build_city(database)
    with database.work(Actor.system()) as work:
        run_coverage(work, made)
    return made


def build_city(database: Database) -> UUID:
    city = town()
    plan = uuid4()
    with database.owner_work(Actor.system()) as work:
        session = work.session
        outline = shapely.box(*city.corner, city.corner[0] + city.width, city.corner[1] + city.height)
        territory, area = uuid4(), uuid4()
        whole = to_lonlat(shapely.MultiPolygon([outline]), METRIC)
        session.add(Territory(id=territory, name="Mirrored", outline=whole, metric_srid=METRIC, attribution=""))
        session.flush()
        code = 990101001001
        session.add(
            Area(
                id=area, territory_id=territory, code=str(code), kind="village", name="City", path=str(code),
                area_code=code, town_code=code // 1000, county_code=code // 1_000_000, geom=whole,
            )
        )  # fmt: skip
        session.add(Plan(id=plan, territory_id=territory, kind="household", name="City", spec={}, spec_digest="x"))
        session.flush()
        grids = city.grids(COLUMNS, ROWS)
        ids = [uuid4() for _ in grids]
        copy_rows(
            session, "grid", ("id", "territory_id", "kind", "code"),
            ((each, territory, "household", f"{code}{k % 1000:03d}{k // 1000}") for k, each in enumerate(ids)),
        )  # fmt: skip
        shapes = hexed(shapely.multipolygons([[grid] for grid in grids]))
        middles = hexed(shapely.centroid(grids))
        copy_rows(
            session, "grid_version",
            ("grid_id", "plan_id", "area_id", "geom", "label_point", "households", "dwellings", "deviation", "area_m2",
             "compactness"),
            (
                (each, plan, area, shape, middle, 300, 30, 0.0, grid.area, 0.78)
                for each, shape, middle, grid in zip(ids, shapes, middles, grids, strict=True)
            ),
        )  # fmt: skip
        put_things(session, city, territory)
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("analyze"))
    return plan


def put_things(session: Session, city: Town, territory: UUID) -> None:
    parts = shapely.get_parts(shapely.get_parts(city.footprints))
    houses = parts[shapely.area(parts) > 0]
    many = shapely.multipolygons(houses, indices=np.arange(len(houses)))
    copy_rows(
        session, "building", ("territory_id", "kind", "geom"), ((territory, "yes", shape) for shape in hexed(many))
    )
    copy_rows(
        session, "street", ("territory_id", "kind", "geom"),
        ((territory, "residential", line) for line in hexed(city.streets)),
    )  # fmt: skip
    xy, azimuth, hfov = city.cameras(CAMERAS)
    rng = np.random.default_rng(3)
    copy_rows(
        session, "camera",
        ("territory_id", "source_ref", "point", "azimuth", "hfov", "max_range", "dome", "online"),
        (
            (territory, f"c{k}", point, azimuth[k] % 360, hfov[k], 80.0, hfov[k] >= 360, bool(rng.random() > 0.06))
            for k, point in enumerate(hexed(shapely.points(xy)))
        ),
    )  # fmt: skip
    copy_rows(
        session, "key_place", ("territory_id", "kind", "point"),
        ((territory, "school", point) for point in hexed(shapely.points(city.points(PLACES)))),
    )  # fmt: skip


def hexed(shapes: npt.ArrayLike) -> list[str]:
    return ewkb_hex(to_lonlat(np.asarray(shapes, dtype=object), METRIC))


@contextmanager
def timed_engine(took: list[float], busy: list[float]) -> Iterator[None]:
    """Add up what the engine computes within each change, the sweep and the measuring: by the clock, and of a core."""
    measure, sweep = coverage_rows.measure, live_coverage.view_sheds

    def clocked(function: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **options: P.kwargs) -> T:
            started, before = time.perf_counter(), time.process_time()
            result = function(*args, **options)
            took[-1] += time.perf_counter() - started
            busy[-1] += time.process_time() - before
            return result

        return call

    coverage_rows.measure, live_coverage.view_sheds = clocked(measure), clocked(sweep)
    try:
        yield
    finally:
        coverage_rows.measure, live_coverage.view_sheds = measure, sweep


def test_500_changes_and_a_whole_computation(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], database: Database, plan: UUID
) -> None:
    rng = np.random.default_rng(7)
    took: list[float] = []
    busy: list[float] = []
    python: list[float] = []
    whole: dict[str, list[float]] = {"on or off": [], "turned": []}

    def change(number: int) -> None:
        with database.work(Actor.system()) as work:
            view = cameras.get_camera(work, f"c{rng.integers(CAMERAS)}")
        kind = "turned" if number % 2 else "on or off"
        wanted = {"azimuth": float(rng.uniform(0, 359.9))} if number % 2 else {"online": not view.online}
        took.append(0.0), busy.append(0.0)
        started, before = time.perf_counter(), time.process_time()
        with database.work(Actor.system()) as work:
            cameras.change_camera(work, str(view.id), wanted, revision=view.revision, now=datetime.now(UTC))
        whole[kind].append(time.perf_counter() - started)
        python.append(time.process_time() - before)

    change(0), change(1)  # the first begins the live figures
    settle_heap()  # as a server does when it starts
    [times.clear() for times in (took, busy, python, *whole.values())]
    with timed_engine(took, busy):
        numbers = iter(range(2, CHANGES + 2))
        benchmark.pedantic(lambda: change(next(numbers)), rounds=CHANGES)
    with database.work(Actor.system()) as work:
        found = live_check.check(work, plan, now=datetime.now(UTC))
    with capsys.disabled():
        print(f"\nengine: p50 {quantile(took, 50):.1f}, p99 {quantile(took, 99):.1f} ms", end="; ")
        print(f"of a core: p50 {quantile(busy, 50):.1f}, p99 {quantile(busy, 99):.1f} ms")
        print(f"our process, of a core: p50 {quantile(python, 50):.1f}, p95 {quantile(python, 95):.1f} ms")
        for kind, times in whole.items():
            print(f"{kind}, committed: p50 {quantile(times, 50):.1f}, p95 {quantile(times, 95):.1f} ms")
        print(f"equal to a whole computation ({found.seconds:.1f} s): {found.equal}")
    assert found.equal, found.differences


def quantile(seconds: list[float], percent: float) -> float:
    return float(np.percentile(seconds, percent)) * 1000


class Desk(threading.Thread):
    """Listens to the event stream and notes when word of a plan's figures comes."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        self.connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        self.stream = self.connection.getresponse()
        self.heard = threading.Semaphore(0)
        self.at = 0.0

    def run(self) -> None:
        for line in self.stream:
            if line == b"event: coverage\n":
                self.at = time.perf_counter()
                self.heard.release()


@contextmanager
def served(database: Database, home: Path) -> Iterator[tuple[str, str]]:
    """Serve the city; yield the address and a token."""
    from api.app import create_app

    with database.work(Actor.system()) as work:
        name = f"bench-{uuid4()}"
        access.create_account(work, name, roles=(*BUSINESS, *RIGHTS))
        token = access.issue_token(work, name, label="bench", now=datetime.now(UTC))
    settings = Settings.read(
        home=home, database_url=database.app_url.replace("+psycopg", ""), jobs_in_server=False,
        database_owner_url=database.owner_url.replace("+psycopg", ""),
    )  # fmt: skip
    with serving(create_app(settings)) as address:
        yield address, token


def test_what_if_of_a_dragged_camera(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], database: Database, home: Path, plan: UUID
) -> None:
    """The hand moves a proposed camera: asked over HTTP, one question after the other."""
    city = town()
    xy, azimuth, _ = city.cameras(REQUESTS // 10, seed=21)
    lonlat = shapely.get_coordinates(to_lonlat(shapely.points(xy), METRIC))
    took: list[float] = []
    asked: list[float] = []
    with served(database, home) as (address, token):
        client = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

        def drag(step: int) -> None:
            place, moved = divmod(step, 10)  # ten steps of one drag, then the next camera
            lon, lat = lonlat[place % len(lonlat)] + moved * 2e-6
            camera = {"lon": lon, "lat": lat, "azimuth": azimuth[place % len(lonlat)] % 360, "sensor_px": 8000}
            body = orjson.dumps({"plan": str(plan), "cameras": [camera]}, option=orjson.OPT_SERIALIZE_NUMPY)
            started = time.perf_counter()
            client.request("POST", "/api/v1/coverage/what-if", body, headers)
            answer = client.getresponse()
            told = orjson.loads(answer.read())
            asked.append(time.perf_counter() - started)
            assert answer.status == 200, told
            took.append(told["ms"] / 1000)

        drag(0), drag(10)
        [times.clear() for times in (took, asked)]
        steps = iter(range(REQUESTS))
        benchmark.pedantic(lambda: drag(next(steps)), rounds=REQUESTS)
    with capsys.disabled():
        for name, times in (("in the server", took), ("asked and answered", asked)):
            p50, p95 = quantile(times, 50), quantile(times, 95)
            print(f"\nwhat-if, {name}: p50 {p50:.1f}, p95 {p95:.1f} ms", end="")
        print()


@pytest.mark.usefixtures("plan")
def test_request_to_desk(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], database: Database, home: Path
) -> None:
    rng = np.random.default_rng(11)
    took: list[float] = []
    with served(database, home) as (address, token):
        desk = Desk(address, token)
        desk.start()
        client = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

        def change() -> None:
            path = f"/api/v1/cameras/c{rng.integers(CAMERAS)}"
            client.request("GET", path, headers=headers)
            answer = client.getresponse()
            camera, etag = orjson.loads(answer.read())["camera"], answer.headers["etag"]
            body = orjson.dumps({"online": not camera["online"]})
            started = time.perf_counter()
            client.request("PATCH", path, body, {**headers, "If-Match": etag})
            assert client.getresponse().read()
            assert desk.heard.acquire(timeout=20)
            took.append(desk.at - started)

        for _ in range(5):
            change()
        took.clear()
        benchmark.pedantic(change, rounds=REQUESTS)
    with capsys.disabled():
        print(f"\nrequest to desk: p50 {quantile(took, 50):.0f}, p95 {quantile(took, 95):.0f} ms")
