"""Run the engines once on a made-up town, so that numba's compiled kernels lie on disk before anybody waits for them.

Compiling takes up to a minute on a small machine; set-up does it once for each version of the kernels.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import shapely

# set-up runs this file by its name, before the project itself need be importable
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from grid_coverage import KeyPoints, Needs, Streets, gaps_by_grid, prepare_walls, snap_out, view_sheds
from grid_partition import build_atoms, check_tiling, partition_units

BLOCKS = 6
BLOCK_M = 80.0


def main() -> int:
    """Divide the town, look at it through a camera at each crossing, and find the gaps."""
    rng = np.random.default_rng(1)
    side = BLOCKS * BLOCK_M
    town = shapely.box(0, 0, side, side)
    lines = np.arange(1, BLOCKS) * BLOCK_M
    streets = [shapely.LineString([(0, at), (side, at)]) for at in lines]
    streets += [shapely.LineString([(at, 0), (at, side)]) for at in lines]
    corners = np.stack(np.meshgrid(np.arange(BLOCKS), np.arange(BLOCKS)), axis=-1).reshape(-1, 2) * BLOCK_M
    houses = shapely.box(*(corners + 10.0).T, *(corners + BLOCK_M - 10.0).T)

    doors = rng.uniform(1.0, side - 1.0, (400, 2))
    atoms = build_atoms(
        town, doors, demand=np.full(len(doors), 2), barriers=np.array(streets), parents=np.array([town])
    )
    plan = partition_units(atoms.geometry, atoms.demand, target=100, within=atoms.parent, seed=1)
    grids = plan.dissolve()
    check_tiling(town, grids)

    walls = prepare_walls(houses)
    eyes = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(-1, 2)
    azimuth = np.where(np.arange(len(eyes)) % 2, np.nan, 45.0)
    sheds = view_sheds(eyes, walls, azimuth=azimuth, hfov=np.full(len(eyes), 90.0), max_range=np.full(len(eyes), 80.0))
    places = snap_out(np.asarray(corners + 40.0, dtype=np.float64), walls, azimuth=np.full(len(corners), np.nan))[0]
    gaps_by_grid(grids, sheds, streets=Streets.of(np.array(streets)), key_points=KeyPoints.of(places), needs=Needs())
    return 0


if __name__ == "__main__":
    sys.exit(main())
