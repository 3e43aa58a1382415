"""Reaches and wardens' grids: the waters of Liechtenstein, and a generated polder of 13,000 channels.

Each line printed is one run: seconds, processor seconds, reaches, share within ±20 % of the length asked for, strays.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import shapely
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.polder import polder
from gis.crs import to_metric
from gis.overlay import GRID
from grid_partition.invariants import check_tiling
from grid_partition.water import Reaches, partition_network
from grid_partition.water_strips import water_strips
from store.files.osm import read_osm

Array: TypeAlias = np.ndarray[Any, Any]

DATA = os.environ.get("GRIDWARD_TEST_DATA")
TARGET, BANK = 1000.0, 15.0
LEVEL_OF_TOWNS = 8

needs_data = pytest.mark.skipif(not DATA, reason="GRIDWARD_TEST_DATA names no folder of real data")


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Compile the kernels before any clock starts."""
    partition_network([shapely.LineString([(0, 0), (5000, 0)])], target_length=TARGET)


@cache
def liechtenstein() -> tuple[Array, Array, Array, Array]:
    """Return channels, what makes lines one channel, municipalities and water surfaces."""
    extract = read_osm(Path(DATA or "") / "osm" / "liechtenstein-2025-09.osm.pbf")
    srid = extract.metric_srid
    towns = to_metric(extract.boundaries.geom[extract.boundaries.admin_level == LEVEL_OF_TOWNS], srid)
    whole = shapely.union_all(towns, grid_size=GRID)
    lines = shapely.intersection(to_metric(extract.waterways.geom, srid), whole, grid_size=GRID)
    parts, source = shapely.get_parts(lines, return_index=True)
    real = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (shapely.length(parts) > 0)
    names = np.array([extract.waterways.names.name[row] or f"line {row}" for row in source[real]], dtype=object)
    surfaces = to_metric(extract.land_cover.geom[extract.land_cover.kind == "water"], srid)
    return parts[real], names, np.asarray(towns), np.asarray(surfaces)


def figures(found: Reaches, cpu: float) -> dict[str, float]:
    """Return the figures of one run; a stray is a piece of a reach apart from the rest of it."""
    strays = 0
    for geometry in found.geometry:
        touching = shapely.union_all(shapely.buffer(shapely.get_parts(geometry), 0.02))
        strays += len(shapely.get_parts(touching)) - 1
    return {
        "reaches": len(found.length),
        "within": round(float(found.fits.mean()), 4),
        "within_of_feasible": round(float(found.fits[found.feasible].mean()), 4),
        "stubs": int(found.stub.sum()),
        "strays": strays,
        "cpu_seconds": round(cpu, 2),
    }


def run(benchmark: BenchmarkFixture, lines: Array, options: dict[str, Array]) -> Reaches:
    """Time one division, and note its figures."""
    cpu = time.process_time()
    found = benchmark.pedantic(partition_network, (lines,), {"target_length": TARGET, **options}, rounds=1)
    benchmark.extra_info.update(figures(found, time.process_time() - cpu))
    return found


@needs_data
@pytest.mark.parametrize("nested", [False, True], ids=["whole", "cut at municipalities"])
def test_liechtenstein(benchmark: BenchmarkFixture, nested: bool) -> None:
    lines, names, towns, _ = liechtenstein()
    options = {"parents": towns, "names": names} if nested else {}
    found = run(benchmark, lines, options)
    print(f"\nLiechtenstein nested={nested}: {benchmark.stats['median']:.2f} s {benchmark.extra_info}")
    assert benchmark.extra_info["strays"] == 0
    assert found.length.sum() == pytest.approx(shapely.length(shapely.union_all(lines)), rel=1e-6)
    assert benchmark.extra_info["within_of_feasible"] >= 0.95


@needs_data
def test_wardens_grids_of_liechtenstein(benchmark: BenchmarkFixture) -> None:
    lines, names, towns, surfaces = liechtenstein()
    found = partition_network(lines, target_length=TARGET, parents=towns, names=names)
    whole = shapely.union_all(towns, grid_size=GRID)
    strips = benchmark.pedantic(water_strips, (found,), {"bank": BANK, "surfaces": surfaces, "within": whole}, rounds=1)
    parted = int((shapely.get_num_geometries(strips.geometry) > 1).sum())
    benchmark.extra_info.update(grids=len(strips.geometry), parted=parted, outside=float(strips.outside.max()))
    print(f"\nwardens' grids of Liechtenstein: {benchmark.stats['median']:.2f} s {benchmark.extra_info}")
    assert not [fault for fault in check_tiling(strips.corridor, strips.geometry).faults if fault.kind != "stray piece"]


def test_polder(benchmark: BenchmarkFixture) -> None:
    found = run(benchmark, polder(), {})
    print(f"\npolder of 13,000 channels: {benchmark.stats['median']:.2f} s {benchmark.extra_info}")
    assert benchmark.extra_info["strays"] == 0
    assert found.fits.mean() >= 0.95


def test_wardens_grids_of_the_polder(benchmark: BenchmarkFixture) -> None:
    found = partition_network(polder(), target_length=TARGET)
    cpu = time.process_time()
    strips = benchmark.pedantic(water_strips, (found,), {"bank": BANK}, rounds=1)
    parted = int((shapely.get_num_geometries(strips.geometry) > 1).sum())
    cpu = round(time.process_time() - cpu, 1)
    benchmark.extra_info.update(grids=len(strips.geometry), parted=parted, cpu_seconds=cpu)
    print(f"\nwardens' grids of the polder: {benchmark.stats['median']:.2f} s {benchmark.extra_info}")
    assert strips.outside.max() < 1.0
