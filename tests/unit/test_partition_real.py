"""Real ground: Hsinchu's statistical areas with their true households."""

import os
from pathlib import Path

import numpy as np
import pytest
import shapely
from tilings import pieces_by_brute_force

from grid_partition import PartitionOptions, check_tiling, partition_units

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
