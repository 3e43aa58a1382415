"""Siting: where cameras could hang, thinning, prohibited places, and turning the chosen ones."""

import numpy as np
import pytest
import shapely
from helsinki import footprints, streets
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_coverage import Candidates, Demand, candidate_views, covered_points, place, prepare_walls, view_sheds
from grid_coverage.candidates import Private
from grid_coverage.siting import Lens, clear_of, junctions, refine_headings, thin_out, wall_places

LENS = Lens(75.0, 60.0)


def test_junctions_are_where_three_pieces_meet() -> None:
    lines = [
        shapely.LineString([(0, 0), (50, 0), (100, 0)]),
        shapely.LineString([(50, 0), (50, 50)]),
        shapely.LineString([(50, 50), (50, 90)]),
        # drawn twice: still no junction
        shapely.LineString([(100, 0), (50, 0)]),
    ]
    assert junctions(lines).tolist() == [[50.0, 0.0]]
    assert len(junctions([])) == 0


def test_wall_places_lie_on_walls_along_streets() -> None:
    walls = prepare_walls([shapely.box(0, 10, 40, 20), shapely.box(0, 200, 40, 220)])
    found = wall_places(walls, [shapely.LineString([(-10, 0), (60, 0)])], spacing=10)
    assert (shapely.distance(shapely.points(found), shapely.box(0, 10, 40, 20).exterior) < 1e-9).all()
    assert found[:, 1].max() <= 15
    assert len(wall_places(walls, [])) == 0
    with pytest.raises(InvalidInputError, match="spacing"):
        wall_places(walls, [shapely.LineString([(0, 0), (1, 0)])], spacing=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_thinning_keeps_few_places_and_the_first_of_each_cell(seed: int, most: int) -> None:
    xy = np.random.default_rng(seed).uniform(0, 300, (80, 2))
    kept = thin_out(xy, most)
    assert 1 <= len(kept) <= most
    assert kept[0] == 0
    assert (np.diff(kept) > 0).all()
    with pytest.raises(InvalidInputError, match="most"):
        thin_out(xy, 0)


def test_prohibited_places_keep_their_distance() -> None:
    xy = [[0, 0], [9, 0], [11, 0]]
    assert clear_of(xy, [shapely.Point(0, 0)], distance=10).tolist() == [False, False, True]
    assert clear_of(xy, [], distance=10).all()


@pytest.mark.kernel
def test_a_camera_turns_to_the_street_between_two_headings() -> None:
    line = shapely.LineString([(0, 0), (40, 40 * np.tan(np.radians(67.5)))])
    points = shapely.get_coordinates(shapely.line_interpolate_point(line, np.arange(2.0, 60, 4)))
    lens, walls = Lens(10.0, 60.0), prepare_walls([])
    xy, azimuth, _ = candidate_views([[0, 0]], headings=8)
    sheds = view_sheds(xy, walls, azimuth=azimuth, hfov=lens.hfov, max_range=lens.max_range)
    demand = Demand.of(np.ones(len(points)))
    assert place(Candidates.of(covered_points(sheds, points)), demand, budget=1).covered == 0
    found = refine_headings(xy[:1], azimuth[:1], lens, walls, points=points, demand=demand)
    assert found.azimuth.tolist() == [22.5]
    assert found.covered == len(points)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_turning_never_loses_and_never_looks_into_a_zone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walls = prepare_walls([shapely.box(30, 30, 60, 60)])
    points = rng.uniform(0, 120, (200, 2))
    demand = Demand.of(rng.integers(1, 4, 200), need=rng.integers(0, 3, 200))
    xy, azimuth = rng.uniform(0, 25, (5, 2)), rng.integers(0, 8, 5) * 45.0
    zone = shapely.box(80, 0, 100, 20)
    before = view_sheds(xy, walls, azimuth=azimuth, hfov=LENS.hfov, max_range=LENS.max_range)
    count = covered_points(before, points).toarray().sum(axis=0)
    had = (demand.weight * np.minimum(count, demand.need)).sum()
    found = refine_headings(xy, azimuth, LENS, walls, points=points, demand=demand, private=Private([zone]))
    count = covered_points(found.sheds, points).toarray().sum(axis=0)
    assert found.covered == pytest.approx((demand.weight * np.minimum(count, demand.need)).sum())
    assert found.covered >= had - 1e-9
    turned = np.flatnonzero(found.azimuth != azimuth)
    assert (shapely.area(shapely.intersection(found.sheds.polygon[turned], zone)) <= 0.5).all()
    none = refine_headings(xy[:0], azimuth[:0], LENS, walls, points=points, demand=demand)
    assert (len(none.azimuth), none.covered) == (0, 0.0)


def test_places_of_a_real_town_can_be_hung_on() -> None:
    walls = prepare_walls(footprints())
    lines = streets()
    spots = np.vstack([junctions(lines), wall_places(walls, lines)])
    kept = spots[thin_out(spots, 500)]
    xy, azimuth, _ = candidate_views(kept, headings=8)
    sheds = view_sheds(xy, walls, azimuth=azimuth, hfov=75, max_range=20)
    assert len(kept) > 300
    # a camera on a wall may not look into it: those headings see next to nothing, the others do
    assert (sheds.area > 1).mean() > 0.5
