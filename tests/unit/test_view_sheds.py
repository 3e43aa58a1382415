"""View sheds against analytic cases, an independent exact library, and properties that hold for any town."""

import math

import numpy as np
import pysovist
import pytest
import shapely
from helsinki import footprints, random_points
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidGeometryError, InvalidInputError
from grid_coverage import ShedFlag, ViewSheds, Walls, prepare_walls, snap_out, view_sheds
from grid_coverage.view_sheds import _polygons

OPEN = prepare_walls([])


@pytest.fixture(scope="module")
def helsinki() -> Walls:
    return prepare_walls(footprints())


def area_of(walls: Walls, xy: tuple[float, float], azimuth: float, hfov: float, reach: float) -> float:
    return float(view_sheds([xy], walls, azimuth=azimuth, hfov=hfov, max_range=reach).area[0])


def oracle_area(walls: Walls, xy: np.ndarray, azimuth: float, hfov: float, reach: float) -> float:
    segments = np.stack([walls.index.start, walls.index.end], axis=1)
    lines = shapely.linestrings(segments)
    near = shapely.dwithin(lines, shapely.Point(xy), reach + 1)
    if not near.any():
        return math.radians(hfov) / 2 * reach**2
    view = pysovist.isovist(
        segments[near],
        xy,
        max_distance=reach,
        fov=math.radians(hfov),
        direction=math.radians((90 - azimuth) % 360),
    )
    return float(view.area)


# --- known answers ---------------------------------------------------------------------------------------------


@pytest.mark.kernel
@pytest.mark.parametrize(("hfov", "reach"), [(360, 50), (90, 80), (180, 10), (270, 30), (1, 100), (359.9, 5)])
def test_area_in_the_open_is_the_sector(hfov: float, reach: float) -> None:
    assert area_of(OPEN, (385000.0, 6672000.0), 33, hfov, reach) == pytest.approx(
        math.radians(hfov) / 2 * reach**2, rel=1e-12
    )


@pytest.mark.kernel
@pytest.mark.parametrize("azimuth", [0, 90, 180, 270, 359.999, -90, 450])
def test_heading_is_clockwise_from_north(azimuth: float) -> None:
    shed = view_sheds([[0, 0]], OPEN, azimuth=azimuth, hfov=20, max_range=10).polygon[0]
    angle = math.radians(azimuth)
    assert shed.contains(shapely.Point(9 * math.sin(angle), 9 * math.cos(angle)))
    assert not shed.intersects(shapely.Point(-math.sin(angle), -math.cos(angle)))


@pytest.mark.kernel
def test_single_wall_cuts_a_triangle_out_of_the_disk() -> None:
    # A wall 10 m away whose ends are seen under 45 degrees either side: a right triangle instead of a quarter disk.
    walls = prepare_walls([shapely.box(10, -10, 11, 10)])
    assert area_of(walls, (0, 0), 0, 360, 50) == pytest.approx(math.pi * 2500 * 3 / 4 + 100, rel=1e-12)


@pytest.mark.kernel
def test_wall_beyond_range_hides_nothing() -> None:
    walls = prepare_walls([shapely.box(10, -10, 11, 10)])
    assert area_of(walls, (0, 0), 90, 90, 9.999) == pytest.approx(math.pi / 4 * 9.999**2, rel=1e-12)


@pytest.mark.kernel
def test_wall_that_bulges_into_range_cuts_a_segment() -> None:
    walls = prepare_walls([shapely.box(8, -100, 9, 100)])
    half = math.acos(0.8)
    assert area_of(walls, (0, 0), 0, 360, 10) == pytest.approx(100 * (math.pi - half) + 64 * math.tan(half), rel=1e-12)


@pytest.mark.kernel
def test_courtyard_bounds_the_view() -> None:
    block = shapely.box(0, 0, 100, 100) - shapely.box(20, 30, 70, 90)
    walls = prepare_walls([block])
    assert area_of(walls, (40, 40), 0, 360, 500) == pytest.approx(50 * 60, rel=1e-12)


@pytest.mark.kernel
def test_nearer_of_two_walls_wins() -> None:
    walls = prepare_walls([shapely.box(10, -50, 11, 50), shapely.box(20, -50, 21, 50)])
    assert area_of(walls, (0, 0), 90, 90, 200) == pytest.approx(100, rel=1e-9)


@pytest.mark.kernel
def test_heading_across_the_seam_of_angles_sees_both_sides() -> None:
    walls = prepare_walls([shapely.box(10, -20, 11, 20)])
    for azimuth in (0, 45, 90, 135, 180):
        shed = view_sheds([[0, 0]], walls, azimuth=azimuth, hfov=360, max_range=50)
        assert shed.area[0] == pytest.approx(area_of(walls, (0, 0), 0, 360, 50), rel=1e-12)


# --- the oracle ------------------------------------------------------------------------------------------------


def test_areas_equal_pysovist_in_helsinki(helsinki: Walls) -> None:
    rng = np.random.default_rng(11)
    points = random_points(500, 11)
    points = points[~shapely.intersects_xy(shapely.union_all(helsinki.solid).buffer(0.3), *points.T)][:200]
    azimuth = rng.uniform(0, 360, len(points))
    hfov = np.where(rng.random(len(points)) < 0.15, 360.0, rng.uniform(40, 110, len(points)))
    sheds = view_sheds(points, helsinki, azimuth=azimuth, hfov=hfov, max_range=80)
    expected = [oracle_area(helsinki, *row, 80.0) for row in zip(points, azimuth, hfov, strict=True)]
    assert len(points) == 200
    assert shapely.is_valid(sheds.polygon).all()
    # Asked: 0.001 %; what is left is rounding.
    np.testing.assert_allclose(sheds.area, expected, rtol=1e-9)


def test_polygons_differ_from_true_areas_by_their_arcs_only(helsinki: Walls) -> None:
    points = random_points(300, 5)
    coarse = view_sheds(points, helsinki, azimuth=0, hfov=360, max_range=80)
    fine = view_sheds(points, helsinki, azimuth=0, hfov=360, max_range=80, arc_step=0.01)
    np.testing.assert_array_equal(coarse.area, fine.area)
    np.testing.assert_allclose(shapely.area(fine.polygon), fine.area, rtol=1e-7, atol=1e-6)
    lost = 1 - shapely.area(coarse.polygon).sum() / coarse.area.sum()
    assert 0 < lost < 1.5e-5


def test_fine_arcs_never_overflow_the_output() -> None:
    sheds = view_sheds(np.zeros((3, 2)), OPEN, azimuth=0, hfov=360, max_range=80, arc_step=0.001)
    assert (shapely.get_num_coordinates(sheds.polygon) >= 360_000).all()


def test_dense_walls_never_overflow_the_span_table() -> None:
    x, y = np.meshgrid(np.arange(25.0), np.arange(25.0))
    walls = prepare_walls(shapely.box(x, y, x + 0.1, y + 0.1).ravel())
    shed = view_sheds([[12.5, 12.5]], walls, azimuth=0, hfov=360, max_range=40)
    assert shed.area[0] == pytest.approx(oracle_area(walls, np.array([12.5, 12.5]), 0, 360, 40), rel=1e-9)


# --- properties ------------------------------------------------------------------------------------------------

coordinate = st.floats(-60, 60).map(lambda value: round(value, 2))
size = st.floats(0.5, 30).map(lambda value: round(value, 2))
building = st.tuples(coordinate, coordinate, size, size, st.integers(0, 89)).map(
    lambda b: shapely.affinity.rotate(shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3]), b[4])
)
town = st.lists(building, max_size=8)
camera = st.tuples(st.floats(0, 360), st.floats(1, 360), st.floats(1, 120))


def shed_of(buildings: list[shapely.Polygon], view: tuple[float, float, float], xy: object = (0, 0)) -> ViewSheds:
    azimuth, hfov, reach = view
    return view_sheds([xy], prepare_walls(buildings), azimuth=azimuth, hfov=hfov, max_range=reach)


def in_the_open(buildings: list[shapely.Polygon]) -> list[shapely.Polygon]:
    return [shape for shape in buildings if shape.distance(shapely.Point(0, 0)) > 0.01]


@settings(max_examples=60, deadline=None)
@given(town, camera)
def test_shed_is_valid_within_its_sector_and_off_the_buildings(
    buildings: list[shapely.Polygon], view: tuple[float, float, float]
) -> None:
    buildings = in_the_open(buildings)
    sheds = shed_of(buildings, view)
    assert 0 <= sheds.area[0] <= math.radians(view[1]) / 2 * view[2] ** 2 * (1 + 1e-12)
    shed = sheds.polygon[0]
    assert shed.is_valid
    assert shapely.area(shed) <= sheds.area[0] * (1 + 1e-9) + 1e-6
    # Chords cut off at most reach * (1 - cos(step / 2)) of the depth of an arc, nothing of a wall.
    # Snapped to a micrometre: unsnapped, GEOS now and then answers the whole shed where both share an edge.
    assert shapely.intersection(shed, shapely.union_all(buildings), grid_size=1e-6).area < 1e-3


@settings(max_examples=60, deadline=None)
@given(town, camera)
def test_area_equals_pysovist_in_any_town(buildings: list[shapely.Polygon], view: tuple[float, float, float]) -> None:
    buildings = in_the_open(buildings)
    walls = prepare_walls(buildings)
    expected = oracle_area(walls, np.zeros(2), *view)
    assert shed_of(buildings, view).area[0] == pytest.approx(expected, rel=1e-7, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(town, camera, st.floats(1, 50))
def test_area_grows_with_range(buildings: list[shapely.Polygon], view: tuple[float, float, float], more: float) -> None:
    buildings = in_the_open(buildings)
    azimuth, hfov, reach = view
    farther = shed_of(buildings, (azimuth, hfov, reach + more)).area[0]
    assert farther >= shed_of(buildings, view).area[0] * (1 - 1e-9)


@settings(max_examples=40, deadline=None)
@given(town, building, camera)
def test_another_building_never_shows_more(
    buildings: list[shapely.Polygon], another: shapely.Polygon, view: tuple[float, float, float]
) -> None:
    buildings = in_the_open(buildings)
    if another.distance(shapely.Point(0, 0)) > 0.01:
        with_it = shed_of([*buildings, another], view).area[0]
        assert with_it <= shed_of(buildings, view).area[0] * (1 + 1e-9) + 1e-9


@settings(max_examples=40, deadline=None)
@given(town, camera, st.integers(-3_000_000, 3_000_000), st.integers(0, 7_000_000))
def test_shifting_the_town_changes_nothing(
    buildings: list[shapely.Polygon], view: tuple[float, float, float], dx: int, dy: int
) -> None:
    buildings = in_the_open(buildings)
    moved = [shapely.affinity.translate(shape, dx, dy) for shape in buildings]
    assert shed_of(moved, view, (dx, dy)).area[0] == pytest.approx(shed_of(buildings, view).area[0], rel=1e-6, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(town, camera, st.floats(0, 360))
def test_turning_town_and_camera_changes_nothing(
    buildings: list[shapely.Polygon], view: tuple[float, float, float], turn: float
) -> None:
    buildings = in_the_open(buildings)
    turned = [shapely.affinity.rotate(shape, -turn, origin=(0, 0)) for shape in buildings]
    azimuth, hfov, reach = view
    assert shed_of(turned, (azimuth + turn, hfov, reach)).area[0] == pytest.approx(
        shed_of(buildings, view).area[0], rel=1e-6, abs=1e-5
    )


def test_order_of_cameras_and_batches_changes_nothing(helsinki: Walls) -> None:
    points = random_points(200, 3)
    whole = view_sheds(points, helsinki, azimuth=45, hfov=90, max_range=60)
    back = view_sheds(points[::-1], helsinki, azimuth=45, hfov=90, max_range=60)
    single = view_sheds(points[7:8], helsinki, azimuth=45, hfov=90, max_range=60)
    np.testing.assert_array_equal(whole.area, back.area[::-1])
    assert shapely.equals_exact(whole.polygon, back.polygon[::-1], 0).all()
    assert single.area[0] == whole.area[7]


# --- cameras in the way, and bad input -------------------------------------------------------------------------


@pytest.mark.kernel
def test_camera_in_a_building_is_snapped_out_through_the_wall_it_looks_through() -> None:
    walls = prepare_walls([shapely.box(0, 0, 10, 10)])
    sheds = view_sheds([[5, 2], [5, 2]], walls, azimuth=[0, 180], hfov=90, max_range=20)
    assert (sheds.flag & ShedFlag.SNAPPED).all()
    np.testing.assert_allclose(sheds.xy, [[5, 10.05], [5, -0.05]])
    np.testing.assert_allclose(sheds.moved, [8.05, 2.05])
    np.testing.assert_allclose(sheds.area, math.pi / 4 * 400)


@pytest.mark.kernel
def test_camera_on_a_wall_or_corner_does_not_see_through_it() -> None:
    walls = prepare_walls([shapely.box(0, 0, 10, 10)])
    sheds = view_sheds([[5, 0], [0, 0], [10, 5], [5, -0.0005]], walls, azimuth=0, hfov=360, max_range=5)
    assert (sheds.flag == ShedFlag.SNAPPED).all()
    assert shapely.area(shapely.intersection(sheds.polygon, shapely.box(0, 0, 10, 10))).max() < 1e-9
    assert (sheds.area < 0.8 * math.pi * 25).all()


@pytest.mark.kernel
def test_camera_on_a_wall_stays_at_its_wall_whatever_its_heading() -> None:
    walls = prepare_walls([shapely.box(0, 0, 20, 20)])
    # Along the wall, out of it, into it, and round the corner.
    sheds = view_sheds([[10, 0], [10, 0], [10, 0], [0, 0.3]], walls, azimuth=[90, 180, 0, 180], hfov=90, max_range=10)
    np.testing.assert_allclose(sheds.xy, [[10, -0.05], [10, -0.05], [10, -0.05], [-0.05, 0.3]])
    sector = math.pi / 4 * 100
    assert sheds.area[1] == pytest.approx(sector)
    assert sheds.area[0] < 0.51 * sector
    assert sheds.area[2] < 0.1


@pytest.mark.kernel
def test_camera_deep_in_a_building_sees_no_ground_and_says_so() -> None:
    walls = prepare_walls([shapely.box(0, 0, 200, 200)])
    sheds = view_sheds([[100, 100]], walls, azimuth=0, hfov=90, max_range=80)
    assert sheds.flag.tolist() == [ShedFlag.BURIED]
    assert sheds.area.tolist() == [0.0]
    assert sheds.polygon[0].is_empty


@pytest.mark.kernel
def test_place_deep_in_a_hall_is_brought_to_its_nearest_front_when_asked() -> None:
    walls = prepare_walls([shapely.box(0, 0, 200, 200)])
    xy, moved, buried = snap_out(np.array([[100.0, 60.0]]), walls, azimuth=np.array([math.nan]), within=500)
    np.testing.assert_allclose(xy, [[100, -0.05]])
    assert (moved.tolist(), buried.tolist()) == ([60.05], [False])


@pytest.mark.kernel
def test_gap_between_houses_too_narrow_to_stand_in_is_not_a_way_out() -> None:
    # Two halls a millimetre apart: the nearest wall faces the gap, and there is no other within reach.
    walls = prepare_walls([shapely.box(0, 0, 100, 100), shapely.box(100.001, 0, 200, 100)])
    sheds = view_sheds([[95, 50]], walls, azimuth=90, hfov=90, max_range=50)
    assert sheds.flag.tolist() == [ShedFlag.BURIED]


def test_ring_that_touches_itself_is_mended() -> None:
    ring = np.array([[0, 0], [10, 0], [10, 10], [10, 12], [10, 10], [0, 10], [0, 0]], dtype=np.float64)
    doubtful = np.array([False])
    assert _polygons(ring, np.array([0, 7]), doubtful)[0].equals(shapely.box(0, 0, 10, 10))


@pytest.mark.kernel
def test_unknown_heading_is_none_to_full_circle() -> None:
    sheds = view_sheds(np.zeros((3, 2)), OPEN, azimuth=[math.nan, 10, math.nan], hfov=[90, math.nan, 360], max_range=10)
    np.testing.assert_allclose(sheds.area, math.pi * 100)
    assert sheds.known.tolist() == [False, False, True]
    np.testing.assert_allclose(sheds.area_known, [0, 0, math.pi * 100])
    assert sheds.flag.tolist() == [ShedFlag.UNKNOWN_HEADING, ShedFlag.UNKNOWN_HEADING, ShedFlag.OK]


@pytest.mark.kernel
def test_zero_range_sees_nothing() -> None:
    sheds = view_sheds([[0, 0]], OPEN, azimuth=0, hfov=90, max_range=0)
    assert sheds.flag.tolist() == [ShedFlag.NO_RANGE]
    assert sheds.polygon[0].is_empty
    assert sheds.area.tolist() == [0.0]


def test_camera_far_out_at_sea_sees_its_disk(helsinki: Walls) -> None:
    assert area_of(helsinki, (1e12, -1e12), 0, 360, 50) == pytest.approx(math.pi * 2500)


def test_duplicates_get_equal_answers(helsinki: Walls) -> None:
    xy = np.repeat(random_points(1, 2), 7000, axis=0)
    sheds = view_sheds(xy, helsinki, azimuth=12, hfov=80, max_range=80)
    assert len(np.unique(sheds.area)) == 1
    assert np.isfinite(sheds.area).all()


@pytest.mark.kernel
def test_no_cameras_give_no_sheds() -> None:
    sheds = view_sheds(np.empty((0, 2)), OPEN, azimuth=[], hfov=[], max_range=[])
    assert len(sheds) == 0


@pytest.mark.kernel
def test_take_keeps_chosen_rows() -> None:
    sheds = view_sheds([[0, 0], [9, 9]], OPEN, azimuth=0, hfov=[90, 360], max_range=10)
    assert sheds.take([False, True]).xy.tolist() == [[9.0, 9.0]]


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("field", "value"),
    [("hfov", 0), ("hfov", 361), ("hfov", -5), ("max_range", -1), ("max_range", math.nan), ("azimuth", math.inf)],
)
def test_impossible_views_are_refused_by_row(field: str, value: float) -> None:
    view = {"azimuth": [0.0, 0.0], "hfov": [90.0, 90.0], "max_range": [80.0, 80.0]}
    view[field][1] = value
    with pytest.raises(InvalidInputError) as caught:
        view_sheds([[0, 0], [1, 1]], OPEN, **view)
    assert caught.value.fields == {"row": 1, "field": field}


@pytest.mark.kernel
def test_other_bad_input_is_refused() -> None:
    with pytest.raises(InvalidGeometryError) as caught:
        view_sheds([[0, 0], [math.nan, 1]], OPEN, azimuth=0, hfov=90, max_range=80)
    assert caught.value.fields == {"row": 1}
    with pytest.raises(InvalidInputError, match="shape"):
        view_sheds([[0, 0]], OPEN, azimuth=[0, 1], hfov=90, max_range=80)
    with pytest.raises(InvalidInputError, match="arc_step"):
        view_sheds([[0, 0]], OPEN, azimuth=0, hfov=90, max_range=80, arc_step=0)


# --- walls -----------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_party_walls_and_crossings_vanish() -> None:
    walls = prepare_walls([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(5, 5, 15, 15)])
    assert len(walls.solid) == 1
    lines = shapely.linestrings(np.stack([walls.index.start, walls.index.end], axis=1))
    a, b = shapely.STRtree(lines).query(lines, predicate="crosses")
    assert len(a) == len(b) == 0
    assert shapely.length(lines).sum() == pytest.approx(shapely.union_all(walls.solid).length)


@pytest.mark.kernel
def test_broken_missing_and_flat_footprints_are_reported() -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    walls = prepare_walls(
        [bow, None, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]), shapely.box(20, 0, 30, 10)],
        heights=[math.nan, 5, 5, 5, 0.4],
    )
    assert walls.repaired.tolist() == [0]
    assert walls.left_out.tolist() == [1, 2, 3, 4]
    assert shapely.area(walls.solid).sum() == pytest.approx(50)


@pytest.mark.kernel
def test_bad_footprints_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="heights"):
        prepare_walls([shapely.box(0, 0, 1, 1)], heights=[1, 2])
    ring = shapely.linearrings([(0, 0), (1, 0), (math.nan, 1), (0, 0)])
    with pytest.raises(InvalidGeometryError) as caught:
        prepare_walls([shapely.box(0, 0, 1, 1), shapely.Polygon(ring)])
    assert caught.value.fields == {"row": 1}


def test_footprints_very_far_apart_keep_the_index_small() -> None:
    walls = prepare_walls([shapely.box(0, 0, 10, 10), shapely.box(5e6, 5e6, 5e6 + 10, 5e6 + 10)])
    assert walls.index.columns * walls.index.rows <= 4_100_000
    assert area_of(walls, (-5, 5), 90, 2, 100) == pytest.approx(25 * math.tan(math.radians(1)), rel=1e-9)
