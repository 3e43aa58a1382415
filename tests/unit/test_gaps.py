"""Gaps by grid: exact street intervals, counts of key places, intervals of unknown headings, scores and places."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from helsinki import footprints, random_points, streets
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gis.errors import InvalidGeometryError, InvalidInputError
from grid_coverage import GapTable, KeyPoints, Needs, Streets, ViewSheds, gaps_by_grid, prepare_walls, view_sheds

NO_PLACES = KeyPoints.of(np.empty((0, 2)))
NO_STREETS = Streets.of([])
WIDE = [shapely.box(-1000, -1000, 1000, 1000)]


def cameras(
    xy: object, *, azimuth: object = 0.0, hfov: object = 360.0, reach: object = 40.0, arc_step: float = 0.01
) -> ViewSheds:
    return view_sheds(xy, prepare_walls([]), azimuth=azimuth, hfov=hfov, max_range=reach, arc_step=arc_step)


def table(grids: object, sheds: ViewSheds, *lines: list[tuple[float, float]], **needs: float) -> GapTable:
    street = Streets.of([shapely.LineString(line) for line in lines])
    return gaps_by_grid(grids, sheds, streets=street, key_points=NO_PLACES, needs=Needs(**needs))


@pytest.fixture(scope="module")
def town() -> tuple[NDArray[np.object_], ViewSheds, Streets, KeyPoints]:
    """Central Helsinki with 400 cameras, a tenth of unknown heading, on 10 x 10 grids."""
    rng = np.random.default_rng(4)
    x0, y0, x1, y1 = shapely.total_bounds(footprints())
    x, y = np.linspace(x0, x1, 11), np.linspace(y0, y1, 11)
    grids = shapely.box(*np.meshgrid(x[:-1], y[:-1]), *np.meshgrid(x[1:], y[1:])).ravel()
    azimuth = np.where(rng.random(400) < 0.1, math.nan, rng.uniform(0, 360, 400))
    sheds = view_sheds(random_points(400, 4), prepare_walls(footprints()), azimuth=azimuth, hfov=80, max_range=80)
    return grids, sheds, Streets.of(streets()), KeyPoints.of(random_points(3000, 5))


# --- streets ---------------------------------------------------------------------------------------------------


def test_street_metres_equal_clip_by_union_and_not_the_union_of_clips(
    town: tuple[NDArray[np.object_], ViewSheds, Streets, KeyPoints],
) -> None:
    grids, sheds, lines, _ = town
    found = gaps_by_grid(grids, sheds, streets=lines, key_points=NO_PLACES, needs=Needs())
    cover = shapely.union_all(sheds.polygon[sheds.known])
    by_union = shapely.length(shapely.intersection(lines.line, cover)).sum()
    assert found.seen_m[:, 0].sum() == pytest.approx(by_union, rel=5e-4)
    # The usual recipe cuts each street by each shed and unites the pieces: cut points that should be one differ
    # in the last digit, so pieces that overlap don't dissolve and are counted twice.
    line, shed = shapely.STRtree(sheds.polygon[sheds.known]).query(lines.line, predicate="intersects")
    pieces = shapely.intersection(lines.line[line], sheds.polygon[sheds.known][shed])
    recipe = sum(shapely.union_all(pieces[line == one]).length for one in np.unique(line))
    assert recipe > by_union * 1.005


def test_street_metres_add_up_to_the_streets(
    town: tuple[NDArray[np.object_], ViewSheds, Streets, KeyPoints],
) -> None:
    grids, sheds, lines, _ = town
    found = gaps_by_grid(grids, sheds, streets=lines, key_points=NO_PLACES, needs=Needs(shortest=0))
    assert found.street_m.sum() == pytest.approx(shapely.length(lines.line).sum(), rel=1e-9)
    by_clip = [shapely.length(shapely.intersection(lines.line, grid)).sum() for grid in grids]
    np.testing.assert_allclose(found.street_m, by_clip, rtol=1e-9, atol=1e-6)
    assert (np.diff(found.seen_m, axis=1) <= 1e-9).all()
    assert (found.seen_m <= found.seen_m_upper + 1e-9).all()
    assert (found.seen_m_upper[:, 0] <= found.street_m + 1e-9).all()
    # What is drawn as a gap is what is not seen, to the metre.
    assert found.gaps.length.sum() == pytest.approx(found.unseen_m.sum(), rel=1e-9)
    np.testing.assert_allclose(shapely.length(found.gaps.geometry), found.gaps.length, rtol=1e-9, atol=1e-6)
    assert not shapely.intersects(shapely.union_all(found.gaps.geometry[~found.gaps.maybe]).buffer(-1e-9), grids).any()


@pytest.mark.kernel
def test_depths_are_counted_per_metre() -> None:
    sheds = cameras([[0, 0], [30, 0], [50, 0]])
    found = table(WIDE, sheds, [(-100, 0), (100, 0)])
    # Seen from -40 to 40, -10 to 70 and 10 to 90.
    np.testing.assert_allclose(found.street_m, [200])
    np.testing.assert_allclose(found.seen_m, [[130, 80, 30]], atol=1e-3)


@pytest.mark.kernel
def test_unknown_heading_widens_the_interval() -> None:
    sheds = cameras([[0, 0], [100, 0]], azimuth=[math.nan, 90], hfov=90)
    found = table(WIDE, sheds, [(-50, 0), (150, 0)], shortest=5)
    np.testing.assert_allclose(found.seen_m[0, 0], 40, atol=1e-3)
    np.testing.assert_allclose(found.seen_m_upper[0, 0], 120, atol=1e-3)
    assert sorted(zip(found.gaps.length.round().tolist(), found.gaps.maybe.tolist(), strict=True)) == [
        (10.0, False),
        (10.0, False),
        (60.0, False),
        (80.0, True),
    ]
    assert found.cameras.tolist() == [2]
    assert found.cameras_unknown.tolist() == [1]


@pytest.mark.kernel
def test_street_along_a_border_counts_once() -> None:
    # A slanted border with a kink, and the same street drawn the other way round.
    border = [(0, 0), (33.33, 91.17), (12.01, 200)]
    left = shapely.Polygon([*border, (-100, 200), (-100, 0)])
    right = shapely.Polygon([*border, (100, 200), (100, 0)])
    for line in (border, border[::-1]):
        found = table([left, right], cameras(np.empty((0, 2))), line)
        assert found.street_m.sum() == pytest.approx(shapely.LineString(line).length)


@pytest.mark.kernel
def test_street_outside_all_grids_is_left_out() -> None:
    found = table([shapely.box(0, 0, 10, 10)], cameras([[5, 5]]), [(-20, 5), (5, 5)], [(50, 50), (60, 60)])
    assert found.street_m == pytest.approx([5])


@pytest.mark.kernel
def test_gap_runs_on_through_the_bends_of_a_street_but_not_across_a_border() -> None:
    grids = [shapely.box(0, -100, 100, 100), shapely.box(100, -100, 200, 100)]
    found = table(grids, cameras(np.empty((0, 2))), [(10, 0), (50, 30), (50, 30), (90, 0), (190, 0)])
    drawn = {(grid, line.wkt) for grid, line in zip(found.gaps.grid.tolist(), found.gaps.geometry, strict=True)}
    assert drawn == {(0, "LINESTRING (10 0, 50 30, 90 0, 100 0)"), (1, "LINESTRING (100 0, 190 0)")}
    assert found.gaps.source.tolist() == [0, 0]


@pytest.mark.kernel
def test_short_gaps_count_but_are_not_listed() -> None:
    found = table(WIDE, cameras([[0, 0], [85, 0]]), [(-40, 0), (125, 0)], shortest=6)
    np.testing.assert_allclose(found.unseen_m, [5], atol=1e-3)
    assert len(found.gaps) == 0


@pytest.mark.kernel
def test_need_for_two_cameras_makes_single_cover_a_gap() -> None:
    sheds = cameras([[0, 0]])
    found = table(WIDE, sheds, [(-40, 0), (40, 0)], street_folds=2, street_score=1)
    np.testing.assert_allclose(found.score, [80], atol=1e-2)
    assert len(found.gaps) > 0


@pytest.mark.kernel
def test_grid_with_a_hole_leaves_the_street_in_it_to_the_inner_grid() -> None:
    inner = shapely.box(40, -10, 60, 10)
    found = table([shapely.box(0, -50, 100, 50) - inner, inner], cameras(np.empty((0, 2))), [(0, 0), (100, 0)])
    assert found.street_m == pytest.approx([80, 20])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_random_towns_match_shapely(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 300, (12, 2))
    sheds = cameras(
        points, azimuth=rng.uniform(0, 360, 12), hfov=rng.uniform(20, 360, 12), reach=rng.uniform(5, 90, 12), arc_step=1
    )
    lines = [shapely.LineString(rng.uniform(0, 300, (rng.integers(2, 6), 2))) for _ in range(6)]
    grids = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(rng.uniform(0, 300, (7, 2)))))
    found = gaps_by_grid(grids, sheds, streets=Streets.of(lines), key_points=NO_PLACES, needs=Needs())
    cover = shapely.union_all(sheds.polygon)
    for row, grid in enumerate(grids):
        inside = shapely.intersection(np.array(lines), grid)
        assert found.street_m[row] == pytest.approx(shapely.length(inside).sum(), abs=1e-6)
        assert found.seen_m[row, 0] == pytest.approx(
            shapely.length(shapely.intersection(inside, cover)).sum(), abs=1e-3
        )


# --- key places ------------------------------------------------------------------------------------------------


def test_key_places_equal_shapely(town: tuple[NDArray[np.object_], ViewSheds, Streets, KeyPoints]) -> None:
    grids, sheds, _, places = town
    found = gaps_by_grid(grids, sheds, streets=NO_STREETS, key_points=places, needs=Needs())
    points = shapely.points(places.xy)
    point, shed = shapely.STRtree(sheds.polygon).query(points, predicate="within")
    np.testing.assert_array_equal(found.points.cameras_upper, np.bincount(point, minlength=len(points)))
    np.testing.assert_array_equal(found.points.cameras, np.bincount(point[sheds.known[shed]], minlength=len(points)))
    assert found.places.sum() == len(points)
    assert (found.places_seen <= found.places_seen_upper).all()
    assert found.places_seen.sum() == (found.points.seen == "yes").sum()


@pytest.mark.kernel
def test_key_place_is_seen_maybe_or_not() -> None:
    sheds = cameras([[0, 0], [100, 0]], azimuth=[math.nan, 90], hfov=90)
    places = KeyPoints.of(
        [[10, 0], [110, 0], [60, 0], [110, 0], [9999, 0]], weight=[1, 1, 2, 1, 1], need=[1, 1, 1, 2, 1]
    )
    found = gaps_by_grid(WIDE, sheds, streets=NO_STREETS, key_points=places, needs=Needs())
    assert found.points.seen.tolist() == ["maybe", "yes", "no", "no", "no"]
    assert found.points.grid.tolist() == [0, 0, 0, 0, -1]
    assert (found.places[0], found.places_seen[0], found.places_seen_upper[0]) == (4, 1, 2)
    # 1 (maybe) + 2 (weight) + 1 (one of two cameras lacks); the one outside all grids is nobody's gap.
    assert found.score.tolist() == [4.0]
    assert found.gaps.kind.tolist() == ["key_place"] * 3
    assert found.gaps.score.tolist() == [2.0, 1.0, 1.0]
    assert found.gaps.source[0] == 2


@pytest.mark.kernel
def test_key_place_on_a_border_or_corner_is_in_one_grid() -> None:
    grids = [shapely.box(x, y, x + 10, y + 10) for x in (0, 10) for y in (0, 10)]
    places = KeyPoints.of([[10, 10], [10, 5], [5, 10]])
    found = gaps_by_grid(grids, cameras(np.empty((0, 2))), streets=NO_STREETS, key_points=places, needs=Needs())
    assert found.places.sum() == 3


@pytest.mark.kernel
def test_key_place_that_needs_no_camera_is_not_counted() -> None:
    found = gaps_by_grid(
        WIDE, cameras([[0, 0]]), streets=NO_STREETS, key_points=KeyPoints.of([[500, 0]], need=0), needs=Needs()
    )
    assert found.places.tolist() == [0]
    assert len(found.gaps) == 0


# --- scores ----------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_score_keeps_its_reasons() -> None:
    grids = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]
    street = Streets.of([shapely.LineString([(0, 50), (200, 50)])], weight=2)
    needs = Needs(street_score=0.01, place_score=5, incident_score=0.5, incidents=np.array([0.0, 8.0]))
    found = gaps_by_grid(
        grids,
        cameras([[150, 50]], reach=50),
        streets=street,
        key_points=KeyPoints.of([[20, 20]], weight=3),
        needs=needs,
    )
    assert found.ranking.tolist() == [0, 1]
    assert [(reason.kind, round(reason.amount, 3), round(reason.score, 3)) for reason in found.reasons(0)] == [
        ("key_place", 1.0, 15.0),
        ("street", 100.0, 2.0),
    ]
    np.testing.assert_allclose(found.score, [17, 0], atol=1e-3)
    np.testing.assert_allclose(found.score, found.parts.sum(axis=1))


@pytest.mark.parametrize("folds", [1, 2])
def test_least_score_is_the_score_if_unknown_headings_were_full_circles(
    town: tuple[NDArray[np.object_], ViewSheds, Streets, KeyPoints], folds: int
) -> None:
    grids, sheds, lines, points = town
    needs = Needs(street_folds=folds, incidents=np.arange(len(grids), dtype=np.float64))
    found = gaps_by_grid(grids, sheds, streets=lines, key_points=points, needs=needs)
    every = replace(sheds, known=np.ones(len(sheds), dtype=bool))
    best = gaps_by_grid(grids, every, streets=lines, key_points=points, needs=needs)
    np.testing.assert_allclose(found.score_least, best.score, rtol=1e-12)
    assert (found.score_least <= found.score + 1e-12).all()
    assert (found.score_least < found.score).any()
    np.testing.assert_array_equal(best.score_least, best.score)


def test_another_camera_never_raises_a_score(
    town: tuple[NDArray[np.object_], ViewSheds, Streets, KeyPoints],
) -> None:
    grids, sheds, lines, places = town
    fewer = gaps_by_grid(grids, sheds.take(range(300)), streets=lines, key_points=places, needs=Needs())
    more = gaps_by_grid(grids, sheds, streets=lines, key_points=places, needs=Needs())
    assert (more.score <= fewer.score + 1e-9).all()
    assert (np.diff(more.gaps.score) <= 0).all()


@pytest.mark.kernel
def test_no_grids_streets_places_or_cameras_are_answered() -> None:
    nothing = cameras(np.empty((0, 2)))
    assert len(gaps_by_grid([], nothing, streets=NO_STREETS, key_points=NO_PLACES, needs=Needs())) == 0
    found = gaps_by_grid(
        WIDE, nothing, streets=NO_STREETS, key_points=NO_PLACES, needs=Needs(incidents=np.array([3.0]))
    )
    assert found.street_m.tolist() == [0.0]
    assert [reason.kind for reason in found.reasons(0)] == ["incident"]
    assert np.isfinite(found.parts).all()


# --- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.kernel
def test_bad_demand_is_refused_by_row() -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    with pytest.raises(InvalidGeometryError, match="Street 1 is MultiLineString"):
        Streets.of([line, shapely.MultiLineString([line])])
    with pytest.raises(InvalidGeometryError, match="Street 0 is missing"):
        Streets.of([None])
    with pytest.raises(InvalidGeometryError, match="finite"):
        Streets.of([shapely.LineString([(0, 0), (math.inf, 1)])])
    with pytest.raises(InvalidInputError, match="weight"):
        Streets.of([line], weight=-1)
    with pytest.raises(InvalidInputError, match="shape"):
        Streets.of([line], weight=[1, 2])
    with pytest.raises(InvalidGeometryError, match="Key place 0"):
        KeyPoints.of([[math.nan, 0]])
    with pytest.raises(InvalidInputError, match="needs"):
        KeyPoints.of([[0, 0]], need=4)


@pytest.mark.kernel
def test_bad_needs_and_grids_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="street_folds"):
        Needs(street_folds=4)
    with pytest.raises(InvalidInputError, match="place_score"):
        Needs(place_score=math.nan)
    with pytest.raises(InvalidGeometryError, match="Grid 0"):
        table([shapely.Point(0, 0)], cameras([[0, 0]]))
    with pytest.raises(InvalidInputError, match="grid"):
        gaps_by_grid(
            WIDE, cameras([[0, 0]]), streets=NO_STREETS, key_points=NO_PLACES, needs=Needs(incidents=np.zeros(3))
        )
