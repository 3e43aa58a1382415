"""Tiles and features beside TiPg: the same rows, the same minute, one worker each, four requests at a time.

Rounds take turns, and the ratio is the median of the rounds' ratios: a busy machine slows both alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import psycopg
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy.dialects import postgresql

from benchmarks.serving import ground, load, servers
from benchmarks.serving.ground import tiles_over
from store.database import tiles
from store.database.engine import libpq_url

pytest.importorskip("tipg", reason="TiPg is in requirements-bench.lock")

ROUNDS = 3
LIMIT = 500 * 1024
DIALECT = postgresql.dialect(paramstyle="pyformat")


class Both:
    def __init__(self, made: servers.Ground, ours: int, cached: int, theirs: int) -> None:
        self.ground, self.ours, self.cached, self.theirs = made, ours, cached, theirs
        self.headers = {"Authorization": f"Bearer {made.token}"}


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with (
        servers.made_ground() as made,
        servers.serving(made, GRIDWARD_TILE_CACHE_MB="0") as ours,
        servers.serving(made) as cached,
        servers.peer(made) as theirs,
    ):
        yield Both(made, ours, cached, theirs)


def our_tile(layer: str, z: int, x: int, y: int) -> str:
    return f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}"


def note(benchmark: BenchmarkFixture, **figures: float) -> None:
    benchmark.extra_info.update({name: round(value, 3) for name, value in figures.items()})
    benchmark.pedantic(time.sleep, args=(0.001,), rounds=1, iterations=1)


def bare(made: servers.Ground, layer: str, z: int, chosen: Sequence[tuple[int, int]]) -> list[float]:
    """Return the seconds of the bare statements, four at a time on four connections."""
    seconds: list[float] = []
    todo = iter(chosen)
    guard = threading.Lock()

    def work() -> None:
        with psycopg.connect(libpq_url(made.urls.app), autocommit=True) as connection:
            connection.execute("set role gridward_all")
            connection.execute("set jit = off")
            cursor = connection.cursor(binary=True)
            while True:
                with guard:
                    tile = next(todo, None)
                if tile is None:
                    return
                text, values = tiles.tile_statement(layer, made.view, z, *tile)
                started = time.perf_counter()
                cursor.execute(str(text.compile(dialect=DIALECT)), values, prepare=True).fetchone()
                seconds.append(time.perf_counter() - started)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return seconds


@pytest.mark.parametrize("layer", ["cells", "grids", "incidents"])
@pytest.mark.parametrize("z", [13, 14, 15])
def test_tiles(benchmark: BenchmarkFixture, both: Both, layer: str, z: int) -> None:
    chosen = tiles_over(z)
    ours = [our_tile(layer, z, x, y) for x, y in chosen]
    forms = {
        "EPSG:4326": [f"/collections/peer.{layer}/tiles/WebMercatorQuad/{z}/{x}/{y}" for x, y in chosen],
        "EPSG:3857": [f"/collections/peer.{layer}_3857/tiles/WebMercatorQuad/{z}/{x}/{y}" for x, y in chosen],
    }
    load.run(both.ours, ours[:12], **both.headers)
    runs: dict[str, list[load.Run]] = {"ours": [], **{name: [] for name in forms}}
    for _ in range(ROUNDS):
        runs["ours"].append(load.run(both.ours, ours, **both.headers))
        for name, paths in forms.items():
            runs[name].append(load.run(both.theirs, paths))
    ratios = {
        name: float(np.median([a.per_second / b.per_second for a, b in zip(runs["ours"], runs[name], strict=True)]))
        for name in forms
    }
    middle = {name: sorted(each, key=lambda run: run.per_second)[ROUNDS // 2] for name, each in runs.items()}
    floor = np.array(bare(both.ground, layer, z, chosen)) * 1000
    print(f"\n{layer} z{z}, {len(chosen)} tiles: ours {middle['ours'].told()}")
    for name in forms:
        print(f"    TiPg on {name} {middle[name].told()}; ours x{ratios[name]:.2f}")
    print(f"    bare SQL p50 {np.median(floor):.1f} ms, p95 {np.percentile(floor, 95):.1f} ms")
    assert set(middle["ours"].statuses) <= {200, 204}
    assert set(middle["EPSG:4326"].statuses) == {200}
    note(
        benchmark, ours_rps=middle["ours"].per_second, tipg_rps=middle["EPSG:4326"].per_second,
        ratio=ratios["EPSG:4326"], ratio_3857=ratios["EPSG:3857"], p50_ms=middle["ours"].p50_ms,
        p95_ms=middle["ours"].p95_ms, bare_p50_ms=float(np.median(floor)),
    )  # fmt: skip


def test_a_thousand_features(benchmark: BenchmarkFixture, both: Both) -> None:
    side = np.sqrt(1000 / ground.CELLS_A_SIDE**2)
    corners = np.random.default_rng(7).uniform(0.05, 0.8, (12, 2))
    boxes = [
        (ground.WEST + x * ground.DEGREES_LON, ground.SOUTH + y * ground.DEGREES_LAT,
         ground.WEST + (x + side) * ground.DEGREES_LON, ground.SOUTH + (y + side) * ground.DEGREES_LAT)
        for x, y in corners
    ]  # fmt: skip
    words = [",".join(f"{value:.6f}" for value in box) for box in boxes]
    ours = [f"/ogc/collections/cells/items?limit=2000&bbox={word}" for word in words]
    theirs = [f"/collections/peer.cells/items?limit=2000&bbox={word}&f=geojson" for word in words]
    load.run(both.ours, ours[:2], **both.headers)
    ratios, kept = [], []
    for _ in range(3):
        one, other = load.run(both.ours, ours, **both.headers), load.run(both.theirs, theirs)
        ratios.append(one.per_second / other.per_second)
        kept.append((one, other))
    one, other = kept[int(np.argsort(ratios)[1])]
    ratio = float(np.median(ratios))
    print(f"\n~1,000 features as GeoJSON: ours {one.told()}\n    TiPg {other.told()}; ours x{ratio:.1f}")
    assert set(one.statuses) == {200} == set(other.statuses)
    note(benchmark, ours_rps=one.per_second, tipg_rps=other.per_second, ratio=ratio, p50_ms=one.p50_ms)


def test_what_is_there_already(benchmark: BenchmarkFixture, both: Both) -> None:
    path = our_tile("cells", 14, *tiles_over(14)[0])
    [first] = load.run(both.cached, [path], keep=True, **both.headers).answers
    again = load.run(both.cached, [path] * 3000, **both.headers)
    unchanged = load.run(both.cached, [path] * 3000, **both.headers, **{"If-None-Match": first.headers["etag"]})
    alive = load.run(both.cached, ["/health/live"] * 2000)
    print(f"\ncached tile {again.told()}\n304 {unchanged.told()}\n/health/live {alive.told()}")
    assert set(unchanged.statuses) == {304}
    note(benchmark, cached_rps=again.per_second, unchanged_rps=unchanged.per_second, alive_rps=alive.per_second)


def test_the_largest_tiles(benchmark: BenchmarkFixture, both: Both) -> None:
    """No tile of any layer at any zoom is too large or too slow; sizes are of the tile, not of its packed form."""
    asked = [
        (layer, z, x, y)
        for layer, first in (("cells", 13), ("grids", 9), ("grid_labels", 13), ("incidents", 10), ("areas", 5))
        for z in range(first, 17)
        for x, y in tiles_over(z, 60)
    ]
    run = load.run(both.ours, [our_tile(*each) for each in asked], **both.headers, **{"Accept-Encoding": "identity"})
    worst = int(np.argmax(run.sizes))
    slow = int(np.argmax(run.seconds))
    print(
        f"\n{len(asked)} tiles: {run.told()}; largest {run.sizes[worst] / 1024:.0f} KiB {asked[worst]}; "
        f"slowest {run.seconds[slow] * 1000:.0f} ms {asked[slow]}"
    )
    by_kind: dict[tuple[str, int], list[float]] = {}
    for each, seconds in zip(asked, run.seconds, strict=True):
        by_kind.setdefault(each[:2], []).append(seconds * 1000)
    p95 = {kind: float(np.percentile(each, 95)) for kind, each in by_kind.items()}
    kind = max(p95, key=lambda name: p95[name])
    print(f"    largest p95 of a layer and zoom: {p95[kind]:.0f} ms {kind}")
    assert max(run.sizes) <= LIMIT
    note(benchmark, largest_kib=run.sizes[worst] / 1024, p95_ms=run.p95_ms, worst_p95_ms=p95[kind])
