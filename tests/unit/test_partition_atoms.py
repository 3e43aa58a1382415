"""build_atoms: exact tiling of every parent, and nobody lost."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely.testing import assert_geometries_equal
from tilings import voronoi

from gis.adjacency import BorderSegments, border_segments
from gis.errors import InvalidGeometryError, InvalidInputError
from grid_partition import build_atoms, check_tiling
from grid_partition.noding import take_over_vertices

SQUARE = shapely.box(0, 0, 1000, 1000)


def assert_tiles(atoms, territory, parents=None):
    """One polygon each, exact tiling of the territory and of each parent."""
    assert (shapely.get_type_id(atoms.geometry) == shapely.GeometryType.POLYGON).all()
    assert shapely.coverage_is_valid(atoms.geometry)
    faults = check_tiling(territory, atoms.geometry).faults
    # a dwelling in the angle of two lines has a sliver for an atom, and a parent may be one
    assert [fault for fault in faults if fault.kind != "sliver"] == []
    for p, parent in enumerate([] if parents is None else parents):
        own = shapely.coverage_union_all(atoms.geometry[atoms.parent == p])
        assert shapely.area(shapely.symmetric_difference(own, parent)) < 1e-6 * parent.area


def assert_nobody_lost(atoms, points, demand):
    """Each point lies in its atom; demand adds up."""
    assert shapely.dwithin(atoms.geometry[atoms.atom_of_point], shapely.points(points), 0.02).all()
    assert np.array_equal(np.bincount(atoms.atom_of_point, weights=demand, minlength=len(atoms)), atoms.demand)
    assert atoms.points.sum() == len(points)


@settings(max_examples=25, deadline=None)
@example(seed=306, n=50, roads=4, decimals=2, shift=0.0)  # rounding tears a crumb off its face
@example(seed=304, n=52, roads=3, decimals=-2, shift=0.0)  # three lines enclose 66 cm²
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(0, 60),
    roads=st.integers(0, 6),
    decimals=st.sampled_from([-2, -1, 0, 2, 9]),
    shift=st.sampled_from([0.0, 1e6, 4_100_000.0]),
)
def test_atoms_tile_and_keep_all_points(seed, n, roads, decimals, shift):
    rng = np.random.default_rng(seed)
    points = np.clip(rng.uniform(0, 1000, (n, 2)).round(decimals), 0, 1000) + shift
    demand = rng.integers(0, 9, n).astype(float)
    lines = [shapely.LineString(rng.uniform(-100, 1100, (3, 2)).round(2) + shift) for _ in range(roads)]
    parents = voronoi(4, rng, origin=(shift, shift))
    territory = shapely.box(shift, shift, shift + 1000, shift + 1000)
    atoms = build_atoms(territory, points, demand=demand, barriers=lines, parents=parents)
    outline = shapely.coverage_union_all(atoms.geometry)
    assert abs(outline.area - territory.area) < 1.0  # vertices put into a slanted edge move by up to half a grid step
    assert_tiles(atoms, outline)
    assert set(np.unique(atoms.parent)) == set(range(len(parents)))
    if n:
        assert_nobody_lost(atoms, points, demand)


def test_atoms_do_not_depend_on_the_order_of_points():
    rng = np.random.default_rng(3)
    points, demand = rng.uniform(0, 1000, (50, 2)), rng.integers(1, 9, 50)
    order = rng.permutation(50)
    one = build_atoms(SQUARE, points, demand=demand)
    other = build_atoms(SQUARE, points[order], demand=demand[order])
    assert_geometries_equal(one.geometry, other.geometry)
    assert np.array_equal(one.atom_of_point[order], other.atom_of_point)


def test_no_points_leave_the_enclosures():
    road = shapely.LineString([(-10, 400), (1010, 400)])
    atoms = build_atoms(SQUARE, np.empty((0, 2)), demand=[], barriers=[road])
    assert sorted(shapely.area(atoms.geometry)) == [400_000, 600_000]
    assert atoms.demand.tolist() == [0, 0]


def test_one_point_is_one_atom_of_its_enclosure():
    road = shapely.LineString([(-10, 400), (1010, 400)])
    atoms = build_atoms(SQUARE, [[500, 500]], demand=[7], barriers=[road])
    assert sorted(zip(shapely.area(atoms.geometry), atoms.demand, strict=True)) == [(400_000, 0), (600_000, 7)]


def test_points_of_one_place_share_an_atom():
    points = [[100, 100]] * 5 + [[900, 900]] * 3 + [[100.1, 100.1]]
    atoms = build_atoms(SQUARE, points, demand=np.ones(9))
    assert len(atoms) == 2
    assert sorted(atoms.demand) == [3, 6]
    assert sorted(atoms.points) == [3, 6]


def test_points_in_a_row_are_parted_by_straight_lines():
    atoms = build_atoms(SQUARE, [[250, 500], [500, 500], [750, 500]], demand=[1, 2, 3])
    assert sorted(shapely.area(atoms.geometry)) == [250_000, 375_000, 375_000]
    assert_tiles(atoms, SQUARE)


def test_dangling_barriers_do_not_cut():
    spur = shapely.LineString([(0, 500), (600, 500)])
    atoms = build_atoms(SQUARE, [[200, 600]], demand=[1], barriers=[spur])
    assert_tiles(atoms, SQUARE)
    assert len(atoms) == 1


def test_point_on_a_barrier_is_counted_once():
    road = shapely.LineString([(500, -10), (500, 1010)])
    points = [[500, 200], [500, 800], [100, 100]]
    atoms = build_atoms(SQUARE, points, demand=[1, 2, 4], barriers=[road])
    assert atoms.demand.sum() == 7
    assert_nobody_lost(atoms, points, [1, 2, 4])
    assert_tiles(atoms, SQUARE)


def test_barriers_that_cost_too_much_or_nothing_known_do_not_enclose():
    roads = [shapely.LineString([(-10, y), (1010, y)]) for y in (250, 500, 750)]
    atoms = build_atoms(SQUARE, np.empty((0, 2)), demand=[], barriers=roads, barrier_cost=[0.3, 1.0, np.nan])
    assert len(atoms) == 2


def test_parents_with_exclave_and_hole():
    hole = shapely.box(400, 400, 600, 600)
    outer = shapely.difference(shapely.box(0, 0, 900, 1000), hole)
    parents = [shapely.union(outer, shapely.box(950, 0, 1000, 50)), hole]
    rest = shapely.difference(SQUARE, shapely.union_all(parents))
    rng = np.random.default_rng(8)
    points = rng.uniform(0, 1000, (80, 2))
    atoms = build_atoms(SQUARE, points, demand=np.ones(80), parents=parents)
    assert_tiles(atoms, SQUARE, parents)
    assert_nobody_lost(atoms, points, np.ones(80))
    assert shapely.area(atoms.geometry[atoms.parent == -1]).sum() == pytest.approx(rest.area)


def test_compound_stays_whole_while_its_demand_allows():
    walled = shapely.box(200, 200, 600, 600)
    lane = shapely.LineString([(400, 0), (400, 1000)])
    points = np.array([[250, 250], [550, 250], [300, 500], [900, 900], [100, 900]])
    demand = np.array([4, 5, 6, 1, 1])
    whole = build_atoms(SQUARE, points, demand=demand, barriers=[lane], compounds=[walled], max_demand=15)
    inside = whole.atom_of_point[:3]
    assert len(set(inside.tolist())) == 1
    assert_geometries_equal(shapely.normalize(whole.geometry[inside[0]]).envelope, walled.envelope)
    assert whole.demand[inside[0]] == 15
    split = build_atoms(SQUARE, points, demand=demand, barriers=[lane], compounds=[walled], max_demand=14)
    assert len(set(split.atom_of_point[:3].tolist())) == 3
    assert_tiles(whole, SQUARE)
    assert_tiles(split, SQUARE)


def test_territory_of_several_parts():
    territory = shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(300, 0, 400, 100)])
    points = [[50, 50], [350, 50], [360, 60]]
    atoms = build_atoms(territory, points, demand=[1, 2, 3])
    assert_tiles(atoms, territory)
    assert_nobody_lost(atoms, points, [1, 2, 3])


def test_points_a_little_outside_go_to_the_nearest_atom():
    atoms = build_atoms(SQUARE, [[1000.4, 500], [200, 500]], demand=[1, 2])
    assert sorted(atoms.demand) == [1, 2]


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"points": [[5, 5], [5000, 5]]}, InvalidInputError, "row 1"),
        ({"points": [[5, 5], [np.nan, 5]]}, InvalidGeometryError, "row 1"),
        ({"demand": [1]}, InvalidInputError, "2 values"),
        ({"demand": [1, -1]}, InvalidInputError, "negative"),
        ({"territory": shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 5)])}, InvalidGeometryError, "Self-inter"),
        ({"territory": shapely.Point(0, 0)}, InvalidGeometryError, "not a polygon"),
        ({"barriers": [shapely.Point(0, 0)]}, InvalidGeometryError, "not a line"),
        ({"parents": [shapely.LineString([(0, 0), (1, 1)])]}, InvalidGeometryError, "not a polygon"),
    ],
)
def test_bad_input_is_refused(change, error, match):
    asked = {"territory": SQUARE, "points": [[5, 5], [9, 9]], "demand": [1, 1]} | change
    with pytest.raises(error, match=match):
        build_atoms(asked.pop("territory"), asked.pop("points"), **asked)


def test_a_kept_cell_takes_over_the_vertices_of_its_neighbour():
    kept = shapely.box(0, 0, 10, 10)
    # noding put a vertex into the common edge, and bent it by a grid step
    strip = shapely.Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10.01, 4)])
    polygons = np.array([kept, strip])
    border = border_segments(polygons, exact=True)
    # the outer edges of the kept cell have their twins elsewhere
    asked = (border.left == 1) | ((border.start[:, 0] == 10) & (border.end[:, 0] == 10))
    faults = BorderSegments(border.left[asked], border.right[asked], border.start[asked], border.end[asked])
    assert len(take_over_vertices(polygons, faults, 1)) == 0
    assert shapely.coverage_is_valid(polygons)


def test_a_kept_cell_without_a_matching_neighbour_is_reported():
    polygons = np.array([shapely.box(0, 0, 10, 10)])
    assert take_over_vertices(polygons, border_segments(polygons, exact=True), 1).tolist() == [0]
