"""Real ground: Hsinchu's statistical areas with their true households."""

import os
from pathlib import Path

import numpy as np
import pytest
import shapely
from tilings import pieces_by_brute_force

from gis.index import locate
from gis.overlay import snap_to_grid
from grid_partition import PartitionOptions, build_atoms, check_tiling, partition_units
from grid_partition.nesting import check_nesting

DATA = os.environ.get("GRIDWARD_TEST_DATA")

pytestmark = pytest.mark.skipif(not DATA, reason="GRIDWARD_TEST_DATA names no folder of real data")


@pytest.fixture(scope="module")
def hsinchu():
    """Areas and households; an area in several parts counts its households once."""
    geopandas = pytest.importorskip("geopandas")
    path = Path(DATA) / "taiwan-hsinchu" / "hsinchu_basic_statistical_areas_households.geojson"
    areas = geopandas.read_file(path).to_crs(3826).explode(index_parts=False)
    first = ~areas.duplicated("codebase")
    return areas.geometry.to_numpy(), np.where(first, areas["households"].fillna(0).astype(float), 0.0)


@pytest.mark.parametrize(("k", "within", "compactness"), [(537, 0.88, 0.46), (107, 1.0, 0.57)])
def test_hsinchu_is_whole_balanced_and_compact(hsinchu, k, within, compactness):
    geometry, households = hsinchu
    result = partition_units(geometry, households, grids=k, seed=1)
    assert np.array_equal(np.unique(result.labels), np.arange(k))
    assert pieces_by_brute_force(geometry, result.labels) == k
    assert result.quality.share_within >= within
    assert result.quality.compactness >= compactness
    grids = result.dissolve()
    assert (shapely.get_type_id(grids) == shapely.GeometryType.POLYGON).all()
    assert shapely.coverage_is_valid(grids)
    # the published areas have slivers of their own between them, as a whole the grids must not add any
    before = check_tiling(shapely.union_all(geometry), geometry)
    assert len(check_tiling(shapely.union_all(geometry), grids).faults) <= len(before.faults)


@pytest.mark.parametrize("wish", ["walk", "soft"])
def test_hsinchu_further_wishes_yield_to_the_tolerance(hsinchu, wish):
    geometry, households = hsinchu
    rng = np.random.default_rng(0)
    incidents = np.where(rng.random(len(households)) < 0.1, rng.integers(1, 50, len(households)), 0).astype(float)
    options = PartitionOptions(walk_price=2.0) if wish == "walk" else PartitionOptions(soft_demand=incidents)
    result = partition_units(geometry, households, grids=107, seed=1, options=options)
    assert result.quality.share_within >= 0.98
    assert result.quality.max_deviation < 0.15
    if wish == "soft":
        free = partition_units(geometry, households, grids=107, seed=1)
        spread, without = (np.bincount(found.labels, weights=incidents).std() for found in (result, free))
        assert spread < 0.8 * without


def test_hsinchu_warm_start_moves_few_households(hsinchu):
    geometry, households = hsinchu
    today = partition_units(geometry, households, grids=107, seed=1)
    grown = np.round(households * np.random.default_rng(5).uniform(0.8, 1.3, len(households)))
    options = PartitionOptions(start=today.labels, churn_price=10.0)
    renewed = partition_units(geometry, grown, grids=107, seed=1, options=options)
    moved = grown[renewed.labels != today.labels].sum() / grown.sum()
    assert renewed.quality.share_within >= 0.95
    assert moved < 0.05
    afresh = partition_units(geometry, grown, grids=107, seed=1, options=PartitionOptions(start=today.labels))
    assert moved < 0.5 * grown[afresh.labels != today.labels].sum() / grown.sum()


@pytest.mark.parametrize("k", [537, 107])
def test_hsinchu_without_metis_is_as_good(hsinchu, monkeypatch, k):
    geometry, households = hsinchu
    with_metis = partition_units(geometry, households, grids=k, seed=2).quality
    monkeypatch.setattr("grid_partition.seed.pymetis", None)
    without = partition_units(geometry, households, grids=k, seed=2).quality
    assert without.contiguous
    assert without.compactness >= 0.95 * with_metis.compactness
    assert without.share_within >= 0.95 * with_metis.share_within
    assert without.cut_length <= 1.05 * with_metis.cut_length


def test_hsinchu_areas_are_cut_inside_their_villages(hsinchu):
    geopandas = pytest.importorskip("geopandas")
    geometry, households = hsinchu
    path = Path(DATA) / "taiwan-hsinchu" / "hsinchu_villages_2021_households.geojson"
    villages = geopandas.read_file(path).to_crs(3826).geometry.to_numpy()
    within = locate(villages, shapely.point_on_surface(geometry))
    result = partition_units(geometry, households, target=300, within=within, seed=1)
    assert result.quality.contiguous
    assert np.array_equal(result.parent_of_grid[result.labels], within)
    assert result.demand.sum() == households.sum()
    # what misses ±10 % is coarse: every such grid is explained by its village's mean or holds a large area
    explained = {parent for parent, _, _ in result.infeasible}
    assert explained <= set(within.tolist())
    assert result.quality.share_within >= 0.6


def test_chinese_counties_hold_their_synthetic_dwellings():
    geopandas = pytest.importorskip("geopandas")
    path = Path(DATA) / "china" / "counties_wgs84_amap_2025.geojson"
    counties = geopandas.read_file(path).to_crs(4524)
    counties = counties[counties["adcode"].astype(str).isin(["520115", "520102"])]  # neighbours in Guiyang
    parents = shapely.transform(shapely.make_valid(counties.geometry.to_numpy()), snap_to_grid)
    rng = np.random.default_rng(8)
    points = np.concatenate([_dwellings_in(parent, 400, rng) for parent in parents])
    demand = rng.integers(1, 6, len(points))
    atoms = build_atoms(shapely.union_all(parents, grid_size=0.01), points, demand=demand, parents=parents)
    result = partition_units(atoms.geometry, atoms.demand, target=100, within=atoms.parent, seed=1)
    assert atoms.demand.sum() == result.demand.sum() == demand.sum()
    assert result.quality.contiguous
    report = check_nesting(atoms.geometry, atoms.parent, result.dissolve(), result.parent_of_grid)
    assert report.valid, report.faults[:3]


def _dwellings_in(parent, count, rng):
    """Draw points inside a county."""
    west, south, east, north = parent.bounds
    xy = np.round(rng.uniform((west, south), (east, north), (12 * count, 2)), 2)
    return xy[shapely.contains_xy(shapely.buffer(parent, -5.0), *xy.T)][:count]
