"""Cases that make partitioners hang, recurse or tear: run as a program, one line of JSON for each finished case.

A hang can't be tested from inside, so `test_partition_robust` runs this in a process of its own with a time limit.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import shapely
from tilings import board, pieces_by_brute_force

from gis.errors import GridwardError
from grid_partition import PartitionOptions, partition_units

Cells = list[tuple[int, int]]


def squares(cells: Cells, offset: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    x, y = 10.0 * np.asarray(cells, dtype=float).T + np.reshape(offset, (2, 1))
    return shapely.box(x, y, x + 10.0, y + 10.0)


COMB = [(x, 0) for x in range(60)] + [(x, y) for x in range(0, 60, 2) for y in range(1, 25)]
RING = [(x, y) for x in range(40) for y in range(40) if not (3 <= x < 37 and 3 <= y < 37)]
DUMBBELL = (
    [(x, y) for x in range(12) for y in range(12)] + [(12, 6)] + [(x + 13, y) for x in range(12) for y in range(12)]
)
SPIRAL_NECKS = [(x, y) for x in range(41) for y in range(41) if x % 4 != 3 or y == (0 if x % 8 == 3 else 40)]
DIAGONAL = [(x, y) for x in range(30) for y in range(30) if (x + y) % 2 == 0]


def ask(cells: np.ndarray, demand: np.ndarray, **asked: object) -> dict[str, object]:
    found = partition_units(cells, demand, **asked)  # type: ignore[arg-type]
    k = len(found.demand)
    return {
        "k": k,
        "contiguous": found.quality.contiguous,
        "pieces": pieces_by_brute_force(cells, found.labels) if len(cells) <= 2500 else k,
        "kept": bool(np.isclose(found.demand.sum(), demand.sum())),
        "within": found.quality.share_within,
        "exclaves": int(found.exclave.sum()),
        "infeasible": len(found.infeasible),
        "labels": sorted(set(found.labels.tolist())) == list(range(k)),
    }


def cases() -> Iterator[tuple[str, Callable[[], dict[str, object]]]]:
    ones = np.ones
    for name, cells in {"comb": COMB, "ring": RING, "dumbbell": DUMBBELL, "necks": SPIRAL_NECKS}.items():
        tiles = squares(cells)
        for k in (2, 7, 40):
            yield f"{name}-{k}", lambda tiles=tiles, k=k: ask(tiles, ones(len(tiles)), grids=k)
        far = squares(cells, (5e6, -3e6))
        yield f"{name}-far", lambda far=far: ask(far, ones(len(far)), grids=7)
    line = board(4000, 1)
    yield "line-2", lambda: ask(line, ones(4000), grids=2)
    yield "line-400", lambda: ask(line, ones(4000), grids=400)
    diagonal = squares(DIAGONAL)
    yield "touching-at-points", lambda: ask(diagonal, ones(len(diagonal)), grids=50)
    corners = [(4 * (i % 25), 4 * (i // 25)) for i in range(500)]
    yield "pieces-500-in-100", lambda: ask(squares(corners), ones(500), grids=100)
    yield "pieces-500-target", lambda: ask(squares(corners), ones(500), target=5)
    yield "every-unit-a-grid", lambda: ask(board(50, 40), ones(2000), grids=2000)
    yield "one-grid-fewer", lambda: ask(board(50, 40), ones(2000), grids=1999)
    yield "no-demand", lambda: ask(board(100, 100), np.zeros(10_000), grids=60)
    lone = np.zeros(900)
    lone[450] = 1e12
    yield "one-giant", lambda: ask(board(30, 30), lone, grids=9)
    yield "tiny-demand", lambda: ask(board(30, 30), np.full(900, 1e-9), grids=9)
    mixed = 10.0 ** np.random.default_rng(0).uniform(-6, 6, 900)
    yield "twelve-orders", lambda: ask(board(30, 30), mixed, grids=9)
    tight = PartitionOptions(tolerance=1e-12)
    yield "no-tolerance", lambda: ask(board(31, 29), ones(899), grids=8, options=tight)
    yield "band-too-low", lambda: ask(board(20, 20), ones(400), target=50, options=PartitionOptions(band=(1, 2)))
    yield "band-too-high", lambda: ask(board(20, 20), ones(400), target=50, options=PartitionOptions(band=(900, 999)))
    yield "grids-beyond-units", lambda: ask(board(5, 5), ones(25), grids=26)
    torn = np.full(25, -1)
    torn[[0, 24]], torn[[4, 8, 12, 16, 20]] = 0, 1
    yield "fixed-torn", lambda: ask(board(5, 5), ones(25), grids=3, options=PartitionOptions(fixed=torn))
    yield (
        "fixed-all-alike",
        lambda: ask(board(5, 5), ones(25), grids=3, options=PartitionOptions(fixed=np.zeros(25, dtype=int))),
    )
    yield "fixed-too-many", lambda: ask(board(5, 5), ones(25), grids=3, options=PartitionOptions(fixed=np.arange(25)))
    closed = np.full(25, -1)
    closed[10:15] = 0
    yield (
        "closed-wall",
        lambda: ask(board(5, 5), ones(25), grids=3, options=PartitionOptions(fixed=closed, closed=True)),
    )
    yield "endless-demand", lambda: ask(board(2, 2), np.array([1.0, np.inf, 1, 1]), grids=2)
    overlapping = np.r_[board(10, 10), [shapely.box(33, 33, 57, 57)]]
    yield "overlap", lambda: ask(overlapping, ones(101), grids=4)
    gappy = squares([(x, y) for x in range(20) for y in range(20) if (x * 7 + y * 3) % 11])
    yield "gaps", lambda: ask(gappy, ones(len(gappy)), grids=9)


def main() -> None:
    for name, run in cases():
        started = time.perf_counter()
        try:
            told: dict[str, object] = run()
        except GridwardError as error:
            told = {"error": type(error).__name__, "message": str(error), "fields": sorted(error.fields)}
        row = {"case": name, "seconds": round(time.perf_counter() - started, 2), **told}
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
