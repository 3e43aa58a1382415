"""Whoever asks first waits for no compiler: set-up has compiled every kernel for the types that are really used."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grid_coverage import ShedFlag

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "compile_kernels.py"

# run in a process of its own: which kernels were compiled, taken from the disk or never asked for; and the seconds
WATCHED = """
import json, pathlib, runpy, sys, time
from numba.core.dispatcher import Dispatcher
WORK
found = {}
for module in [m for m in list(sys.modules) if m.split(".")[0] in ("grid_partition", "grid_coverage", "gis", "layers")]:
    for name, value in vars(sys.modules[module]).items():
        if isinstance(value, Dispatcher) and value.py_func.__module__ == module:
            missed = [str(key) for key in value.stats.cache_misses]
            stem = pathlib.Path(sys.modules[module].__file__).stem
            kept = len(list(pathlib.Path(value.stats.cache_path).glob(f"{stem}.{name}-*.nbi")))
            found[f"{module}.{name}"] = {"kept": kept, "missed": missed}
print(json.dumps({"kernels": found, "seconds": seconds}))
"""

COMPILE = """
    before = time.process_time()
    runpy.run_path(sys.argv[1])["main"]()
    seconds = time.process_time() - before
"""

FIRST = """
    import numpy as np, shapely
    from grid_coverage import prepare_walls, view_sheds
    from grid_partition import PartitionOptions, group_dwellings, partition_network, partition_units
    side = np.arange(30) * 10.0
    x, y = (axis.ravel() for axis in np.meshgrid(side, side))
    board, ones = shapely.box(x, y, x + 10, y + 10), np.ones(900)
    start = (x // 100 + 3 * (y // 100)).astype(int)
    fixed = np.where(start == 0, 0, -1)
    far = shapely.box(x * 5, y * 5, x * 5 + 9, y * 5 + 9)[:40]
    seconds = {}
    def timed(name, call):
        before = time.process_time()
        call()
        seconds[name] = time.process_time() - before
    def wish(**wishes):
        return lambda: partition_units(board, ones, grids=9, options=PartitionOptions(**wishes))
    timed("plain", wish())
    timed("walk", wish(walk_price=1.0))
    timed("soft", wish(soft_demand=x))
    timed("churn", wish(start=start, churn_price=1.0))
    timed("fixed", wish(fixed=fixed, closed=True))
    timed("islands", lambda: partition_units(far, np.ones(40), target=5))
    timed("groups", lambda: group_dwellings(np.column_stack([x, y]), households=1 + np.arange(900) % 3))
    lines = [shapely.LineString([(0, v), (4000, v + 9)]) for v in range(0, 4000, 400)]
    timed("water", lambda: partition_network(lines, target_length=900.0))
    walls = prepare_walls(shapely.box([0.0, 40.0], 0.0, [10.0, 50.0], 9.0))
    views = {"azimuth": [0.0, np.nan], "hfov": [90, 360], "max_range": 50}
    timed("view sheds", lambda: view_sheds([[25, 5], [30, 8]], walls, **views))
"""


def run(work: str) -> dict:
    code = WATCHED.replace("WORK", textwrap.dedent(work))
    done = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT)], capture_output=True, text=True, cwd=ROOT, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def compiled():
    return run(COMPILE)


def test_setup_compiles_every_kernel_there_is(compiled):
    never = [name for name, each in compiled["kernels"].items() if not each["kept"]]
    assert len(compiled["kernels"]) >= 50
    assert not never


def test_first_calls_of_a_fresh_process_compile_nothing(compiled):
    first = run(FIRST)
    assert {name: each["missed"] for name, each in first["kernels"].items() if each["missed"]} == {}
    assert max(first["seconds"].values()) <= 3.0, first["seconds"]


WARMED = """
import json, sys, time
import numpy as np, shapely
from numba.core.dispatcher import Dispatcher
from services.coverage_warm import warm
def loaded():
    return {
        f"{name}.{each}": len(value.signatures)
        for name in [m for m in list(sys.modules) if m.startswith("grid_coverage")]
        for each, value in vars(sys.modules[name]).items() if isinstance(value, Dispatcher)
    }
warm()
before = loaded()
from grid_coverage import KeyPoints, Needs, Streets, gaps_by_grid, ground_by_grid, prepare_walls, view_sheds
started = time.process_time()
walls = prepare_walls(shapely.box([0.0, 40.0], 0.0, [10.0, 50.0], 9.0))
sheds = view_sheds([[5.0, 8.9]], walls, azimuth=[0.0], hfov=[90.0], max_range=[50.0])
grids = np.array([shapely.box(-50, -50, 50, 50)])
lines = np.array([shapely.LineString([(-40, 20), (40, 20)])])
gaps_by_grid(
    grids, sheds, streets=Streets.of(lines, np.ones(1)), key_points=KeyPoints.of(np.zeros((1, 2)), np.ones(1), 1),
    needs=Needs(street_folds=2, incidents=np.zeros(1)),
)
ground_by_grid(grids, sheds, walls)
seconds = time.process_time() - started
print(json.dumps({"late": [name for name, many in loaded().items() if many != before[name]], "seconds": seconds,
                  "flag": int(sheds.flag[0]), "warm": sum(map(bool, before.values()))}))
"""


def test_the_first_camera_of_a_warm_server_loads_no_kernel(compiled):
    """Loading one from disk costs a camera that is brought out of a wall 30 ms, of the 80 it may take in all."""
    done = subprocess.run(
        [sys.executable, "-c", WARMED], capture_output=True, text=True, cwd=ROOT, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["late"] == []
    assert (found["flag"], found["warm"] > 5) == (int(ShedFlag.SNAPPED), True)
    assert found["seconds"] < 0.1
