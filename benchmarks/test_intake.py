"""Figures of locating, dispatching and searching over a county, by the clock over HTTP; bulk location of points."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
import orjson
import pytest
import shapely

from benchmarks.intake_county import SIDE, SOUTH, SRID, WEST, account, county_home, served
from benchmarks.open_loop import Ask, Told, p50_p95, run
from gis.bulk_locate import rows_holding
from gis.crs import parse_declared_crs, xy_to_wgs84

# names and addresses, one sign that half the county bears, sounds and initials, codes, what nobody is called
WORDS = (
    "胜利村", "slc", "shengli", "新村", "昭阳镇", "营安巷131号", "垛千街 67 号", "zhaoyang", "村", "号", "大", "1号",
    "中学", "竹泓镇 新村 31", "荻", "321281105203", "D1234", "没有这个地方",
)  # fmt: skip
ROUNDS = 20
LOCATES_PER_S, SEARCHES_PER_S = 60.0, 20.0


@dataclass(frozen=True)
class Server:
    port: int
    county: str
    town: str


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with county_home() as home:
        county, town = account(home), account(home, area_path="321281105")
        with served(home) as port:
            for token in (county, town):
                run(port, token, [Ask(f"/api/v1/search?q={quote(word)}") for word in WORDS], per_s=5)
            yield Server(port, county, town)


def _told(what: str, told: Sequence[Told]) -> float:
    assert {each.status for each in told} == {200}
    middle, late = p50_p95(told)
    print(f"\n{what}: p50 {middle:.1f} ms, p95 {late:.1f} ms ({len(told)} answers)")
    return late


@pytest.mark.parametrize("who", ["county", "town"])
def test_locate_by_the_clock(server: Server, who: str) -> None:
    """Grid, head, deputies, staff with walks, cameras and component of random points, 60 a second."""
    low, side = ((WEST, SOUTH), SIDE) if who == "county" else ((WEST + 5_000, SOUTH + 4_000), 4_000)
    xy = np.random.default_rng(3).uniform(0, side, (1_800, 2)) + low
    points = xy_to_wgs84(xy, parse_declared_crs(f"EPSG:{SRID}"))
    asks = [
        Ask("/api/v1/locate", orjson.dumps({"lon": float(lon), "lat": float(lat), "accuracy_m": 10}))
        for lon, lat in points
    ]
    late = _told(f"locate, account of the {who}", run(server.port, getattr(server, who), asks, per_s=LOCATES_PER_S))
    assert late <= 50


def _numbers_of_cases(server: Server, who: str, many: int) -> list[str]:
    """Give the numbers of cases as an account lists them, from all over what it sees."""
    numbers: list[str] = []
    cursor = ""
    while len(numbers) < many and cursor is not None:
        path = f"/api/v1/incidents?limit=200{f'&cursor={quote(cursor)}' if cursor else ''}"
        (told,) = run(server.port, getattr(server, who), [Ask(path)], per_s=100, clients=1)
        page = orjson.loads(told.content)
        numbers += [each["no"] for each in page["incidents"]]
        cursor = page.get("next")
    return numbers[:many]


@pytest.mark.parametrize("who", ["county", "town"])
def test_dispatch_answers_by_the_clock(server: Server, who: str) -> None:
    """A case with all that a dispatcher needs of it: actions, grid, people, cameras, lead unit, 60 a second."""
    numbers = _numbers_of_cases(server, who, 1_800)
    assert len(numbers) > 500
    asks = [Ask(f"/api/v1/incidents/{number}/answer") for number in numbers]
    late = _told(f"dispatch, account of the {who}", run(server.port, getattr(server, who), asks, per_s=LOCATES_PER_S))
    assert late <= 50


@pytest.mark.parametrize("who", ["county", "town"])
def test_search_by_the_clock(server: Server, who: str) -> None:
    """A name or address among 480,000 addresses, 20 a second."""
    asks = [Ask(f"/api/v1/search?q={quote(word)}") for _ in range(ROUNDS) for word in WORDS]
    told = run(server.port, getattr(server, who), asks, per_s=SEARCHES_PER_S)
    took = {word: statistics.median(each.took for each in told[k :: len(WORDS)]) for k, word in enumerate(WORDS)}
    print(f"\nthe slowest text is {max(WORDS, key=lambda word: took[word])}")
    assert _told(f"search, account of the {who}", told) <= 50


def test_bulk_location() -> None:
    """Points in 1,600 grids."""
    side = np.arange(40)
    squares = np.array([shapely.box(x, y, x + 1, y + 1) for x in side for y in side])
    xy = np.random.default_rng(1).uniform(0, 40, (400_000, 2))
    begun = time.perf_counter()
    found = rows_holding(squares, xy)
    rate = len(xy) / (time.perf_counter() - begun)
    print(f"\n{rate:,.0f} points a second")
    assert (found >= 0).all()
    assert rate >= 200_000
