"""Validity, measures, adjacency, overlay and look-ups."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, voronoi

from gis.adjacency import border_segments, components, rook_adjacency
from gis.errors import InvalidGeometryError
from gis.index import LiveIndex, first_holding, locate
from gis.measure import azimuth, compactness, group_sums, mean_width
from gis.overlay import dissolve, snap_to_grid
from gis.validity import GeometryFault, accept, find_faults

BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def test_faults_name_row_reason_and_place():
    given_rows = [
        shapely.box(0, 0, 1, 1),
        None,
        "POINT (0 0)",
        shapely.Point(1, 2),
        shapely.Polygon(),
        shapely.polygons(np.array([[3, 0], [np.nan, 1], [1, 1], [3, 0]])),
        BOW_TIE,
        shapely.box(90, 0, 190, 1),
    ]
    assert find_faults(given_rows, bounds=(-180, -90, 180, 90)) == [
        GeometryFault(1, "no geometry", None),
        GeometryFault(2, "no geometry", None),
        GeometryFault(3, "not a Polygon or MultiPolygon", (1.0, 2.0)),
        GeometryFault(4, "empty", None),
        GeometryFault(5, "a coordinate that is not a number", (3.0, 0.0)),
        GeometryFault(6, "Self-intersection", (1.0, 1.0)),
        GeometryFault(7, "outside of -180, -90, 180, 90", (190.0, 0.0)),
    ]


def test_accept_refuses_with_all_faults():
    with pytest.raises(InvalidGeometryError, match="areas: row 0: Self-intersection") as refusal:
        accept([BOW_TIE, None, None, None, None], field="areas")
    assert len(refusal.value.fields["faults"]) == 5
    assert refusal.value.fields["place"] == (1.0, 1.0)
    assert "and 2 more" in refusal.value.message


def test_accept_takes_other_kinds_and_degrees():
    line = shapely.LineString([(0.001, 0.001), (1, 1)])
    assert accept([line], kinds=("LineString",), metric=False)[0].equals(line)
    assert accept([line], kinds=("LineString",))[0].coords[0] == (0.0, 0.0)


def test_accept_refuses_what_vanishes_on_the_grid():
    with pytest.raises(InvalidGeometryError, match="vanishes"):
        accept([shapely.box(0, 0, 0.002, 0.002)])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-1e6, 1e6))
def test_accepted_tilings_keep_their_shared_borders(seed, shift):
    cells = shapely.transform(voronoi(20, np.random.default_rng(seed)), lambda xy: xy * 1.00001 + shift)
    gridded = accept(cells)
    xy = shapely.get_coordinates(gridded)
    assert np.array_equal(xy, snap_to_grid(xy))
    assert shapely.is_valid(gridded).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 60))
def test_exact_adjacency_agrees_with_intersections(seed, n):
    cells = voronoi(n, np.random.default_rng(seed))
    found = rook_adjacency(cells, min_length=0.0)
    i, j = shapely.STRtree(cells).query(cells, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared = shapely.length(shapely.intersection(cells[i], cells[j]))
    expected = {(a, b): length for a, b, length in zip(i, j, shared, strict=True) if length > 0}
    assert {(a, b) for a, b in zip(found.first, found.second, strict=True)} == set(expected)
    assert found.length == pytest.approx([expected[a, b] for a, b in zip(found.first, found.second, strict=True)])


def test_dirty_borders_are_found_by_overlay():
    long_one, small = shapely.box(0, 10, 30, 20), board(3, 1)
    border = border_segments([long_one, *small])
    inner = border.right >= 0
    assert border.length[inner].sum() == pytest.approx(50)
    assert border.length[~inner].sum() == pytest.approx(2 * (30 + 20))
    found = rook_adjacency([long_one, *small])
    assert found.length.tolist() == [10, 10, 10, 10, 10]
    assert (border_segments([long_one, *small], exact=True).right >= 0).sum() == 2


def test_crossing_and_touching_polygons_are_not_neighbours():
    assert len(rook_adjacency([shapely.box(0, 0, 2, 2), shapely.box(2, 2, 3, 3)]).first) == 0
    assert len(rook_adjacency([shapely.box(0, 0, 2, 2), shapely.box(1, -1, 1.5, 3)]).first) == 0


def test_a_short_border_counts_only_where_nothing_else_ties():
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 9.7, 20, 20)
    assert rook_adjacency([left, right]).length == pytest.approx([0.3])
    bridge = shapely.union(shapely.box(0, 10, 10, 20), shapely.box(0, 19, 10, 20))
    around = rook_adjacency([left, right, bridge])
    assert {(a, b) for a, b in zip(around.first, around.second, strict=True)} == {(0, 2), (1, 2)}


def test_equal_polygons_are_neighbours_of_each_other():
    found = rook_adjacency([shapely.box(0, 0, 1, 1)] * 3)
    assert list(zip(found.first, found.second, strict=True)) == [(0, 1), (0, 2), (1, 2)]


def test_components_are_numbered_by_first_appearance():
    assert components(5, np.array([0, 3]), np.array([4, 2])).tolist() == [0, 1, 2, 2, 0]


def test_dissolve_is_exact_and_unwraps_single_parts():
    cells = board(4, 2)
    grids = dissolve(cells, [0, 0, 1, 1, 0, 0, 1, 1], 2)
    assert shapely.equals(grids, shapely.box([0, 20], 0, [20, 40], 20)).all()
    assert shapely.coverage_is_valid(grids)
    apart = dissolve(cells, [0, 1, 1, 0, 1, 1, 1, 1], 2)
    assert shapely.get_type_id(apart).tolist() == [shapely.GeometryType.MULTIPOLYGON, shapely.GeometryType.POLYGON]


def test_dissolve_of_overlapping_polygons_falls_back_to_the_full_union():
    merged = dissolve([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)], [0, 0], 1)
    assert merged[0].area == 3.0


def test_measures():
    circle = shapely.Point(0, 0).buffer(100, quad_segs=64)
    assert compactness([circle, shapely.Polygon()]).round(3).tolist() == [1.0, 0.0]
    assert mean_width([shapely.box(0, 0, 1000, 2), shapely.Polygon()]).round(2).tolist() == [2.0, 0.0]
    assert azimuth([[0, 0], [0, 0]], [[1, 1], [0, -5]]).tolist() == [45.0, 180.0]
    assert group_sums(np.array([1, 1, 0]), np.ones(3), 3).tolist() == [1, 2, 0]


def test_points_are_located_in_the_first_polygon_or_the_nearest():
    cells = board(2, 1)
    points = shapely.points([[10, 5], [15, 5], [50, 5]])
    assert first_holding(cells, points).tolist() == [0, 1, -1]
    assert locate(cells, points).tolist() == [0, 1, 1]


def test_live_index_follows_edits():
    live = LiveIndex(enumerate(board(3, 1)))
    assert len(live) == 3
    assert 2 in live
    live.remove(2)
    live.remove(2)
    live.replace(0, shapely.box(100, 0, 110, 10))
    assert live.query(shapely.box(0, 0, 200, 1)) == [0, 1]
    assert live.query(shapely.box(0, 0, 5, 1)) == []
    assert live.nearest(shapely.Point(90, 0)) == [0]
    assert len(LiveIndex()) == 0
