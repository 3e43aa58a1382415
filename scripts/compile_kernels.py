"""Run the engines once on a made-up town, so that numba's compiled kernels lie on disk before anybody waits for them.

Compiling takes up to a minute on a small machine; set-up does it once for each version of the kernels. Every kind of
work that a user may ask for first is done here in small, with the argument types that the services really hand over: a
kernel called with other types is compiled again, which a test notices.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

# set-up runs this file by its name, before the project itself need be importable
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gis.network import build_street_graph
from grid_coverage import (
    Candidates,
    Demand,
    KeyPoints,
    Needs,
    Outages,
    Streets,
    candidate_views,
    covered_points,
    depth_by_grid,
    gaps_by_grid,
    gaps_over_time,
    ground_by_grid,
    ground_over_time,
    place,
    prepare_walls,
    snap_out,
    street_points,
    view_sheds,
)
from grid_partition import (
    Atoms,
    PartitionOptions,
    build_atoms,
    check_tiling,
    group_dwellings,
    partition_network,
    partition_units,
)
from grid_partition import seed as start_of_search
from grid_partition.walks import walks_in_groups
from layers.geojson_text import fill_geometries

BLOCKS = 6
BLOCK_M = 80.0
SIDE = BLOCKS * BLOCK_M

Geometries = npt.NDArray[np.object_]


def main() -> int:
    """Divide the town in every way, group its doors, cut its channels, look at it through cameras, and write it."""
    lines = np.arange(1, BLOCKS, dtype=np.float64) * np.float64(BLOCK_M)
    streets = [shapely.LineString([(0, at), (SIDE, at)]) for at in lines]
    streets += [shapely.LineString([(at, 0), (at, SIDE)]) for at in lines]
    doors = np.random.default_rng(1).uniform(1.0, SIDE - 1.0, (400, 2))
    town = shapely.box(0, 0, SIDE, SIDE)
    atoms = build_atoms(
        town, doors, demand=np.full(len(doors), 2), barriers=np.array(streets), parents=np.array([town])
    )
    grids = divide(atoms)
    check_tiling(town, grids)
    divide_islands()
    group(doors)
    cut_channels(lines, np.array([town]))
    watch(lines, np.array(streets), grids)
    fill_geometries(b"\x01", shapely.to_wkb(town, byte_order=1), 7)
    return 0


def divide(atoms: Atoms) -> Geometries:
    """Divide the town plainly, with every wish, from a plan of today, and as if METIS were missing."""
    plan = partition_units(atoms.geometry, atoms.demand, target=100, within=atoms.parent, seed=1)
    held = np.full(len(atoms), -1)
    held[0] = plan.labels[0]
    wishes = PartitionOptions(walk_price=1.0, soft_demand=np.ones((len(atoms), 2)))
    partition_units(atoms.geometry, atoms.demand, target=100, options=wishes)
    kept = replace(wishes, start=plan.labels, fixed=held, churn_price=0.5, closed=True)
    partition_units(atoms.geometry, atoms.demand, grids=len(plan.demand), options=kept)
    partition_units(atoms.geometry, atoms.demand, target=100, options=PartitionOptions(fixed=held))
    metis, start_of_search.pymetis = start_of_search.pymetis, None
    try:
        partition_units(atoms.geometry, atoms.demand, grids=3)
        # nobody lives there: area is balanced instead
        partition_units(atoms.geometry, np.zeros(len(atoms)), grids=3)
    finally:
        start_of_search.pymetis = metis
    # too coarse to balance: pairs of grids are cut anew
    comb = shapely.box(*np.array([(x, y, x + 1, y + 1) for x in range(20) for y in range(1 + 9 * (x % 2))]).T)
    partition_units(comb, np.ones(len(comb)), grids=7, options=PartitionOptions(tolerance=0.001))
    return plan.dissolve()


def divide_islands() -> None:
    """Group an archipelago."""
    x, y = np.divmod(np.arange(60.0), 8) * np.full((2, 1), 50.0)
    partition_units(shapely.box(x, y, x + 9, y + 9), np.ones(60), target=5)


def group(doors: npt.NDArray[np.float64]) -> None:
    """Join doors to ten-household groups, with and without doors shared by several."""
    within = (doors[:, 0] > SIDE / 2).astype(np.int64)
    households = np.random.default_rng(2).integers(0, 15, len(doors))
    group_dwellings(doors, within=within)
    group_dwellings(doors, households=households, within=within)


def cut_channels(lines: npt.NDArray[np.float64], land: Geometries) -> None:
    """Cut a lattice of channels into reaches, in one area and in several."""
    channels = [shapely.LineString([(0, 10 * at), (10 * SIDE, 10 * at + 40 * i)]) for i, at in enumerate(lines)]
    channels += [shapely.LineString([(10 * at, 0), (10 * at, 10 * SIDE)]) for at in lines]
    partition_network(np.array(channels), target_length=1000.0)
    partition_network(np.array(channels[:1]), target_length=1000.0)
    walks_in_groups(build_street_graph(np.array(channels)), [[0.0, 0.0]], [[5.0, 5.0]], [0], [1000.0])
    wide = shapely.affinity.scale(land[0], 10, 10, origin=(0, 0))
    west, east = shapely.box(0, 0, 2000, 10 * SIDE), shapely.box(2000, 0, 10 * SIDE, 10 * SIDE)
    partition_network(np.array(channels), target_length=1000.0, parents=shapely.intersection(wide, [west, east]))


def watch(lines: npt.NDArray[np.float64], streets: Geometries, grids: Geometries) -> None:
    """Look at the town through cameras, find what they miss, and look for places for more."""
    corners = np.stack(np.meshgrid(np.arange(BLOCKS), np.arange(BLOCKS)), axis=-1).reshape(-1, 2) * BLOCK_M
    walls = prepare_walls(shapely.box(*(corners + 10.0).T, *(corners + BLOCK_M - 10.0).T))
    eyes = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(-1, 2)
    azimuth = np.where(np.arange(len(eyes)) % 2, np.nan, 45.0)
    sheds = view_sheds(eyes, walls, azimuth=azimuth, hfov=np.full(len(eyes), 90.0), max_range=np.full(len(eyes), 80.0))
    places = snap_out(np.asarray(corners + 40.0, dtype=np.float64), walls, azimuth=np.full(len(corners), np.nan))[0]
    lit = Streets.of(streets)
    gaps_by_grid(grids, sheds, streets=lit, key_points=KeyPoints.of(places), needs=Needs())
    ground_by_grid(grids, sheds, walls)
    depth_by_grid(grids, sheds)
    outages = Outages.of([0, 1], [0.1, 0.2], [0.5, 1.0], count=len(sheds))
    gaps_over_time(grids, sheds, outages, streets=lit, key_points=KeyPoints.of(places), needs=Needs())
    ground_over_time(grids, sheds, outages, walls)
    poles, headings, of_pole = candidate_views(eyes, headings=4)
    seen = view_sheds(
        poles, walls, azimuth=headings, hfov=np.full(len(poles), 90.0), max_range=np.full(len(poles), 60.0)
    )
    points, worth = street_points(lit)
    covers = covered_points(seen, points)
    place(Candidates.of(covers, group=of_pole), Demand.of(worth), budget=3, certify=True)


if __name__ == "__main__":
    sys.exit(main())
