"""Walking along streets: known distances, agreement with brute force, service areas, and bad input."""

import math

import numpy as np
import pytest
import shapely
from helsinki import streets
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidGeometryError, InvalidInputError
from gis.network import (
    StreetGraph,
    build_street_graph,
    nearest_distances,
    service_area,
    street_access,
    walking_distances,
)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


@pytest.fixture(scope="module")
def cross() -> StreetGraph:
    """Four arms of 100 m that meet at the origin."""
    return build_street_graph([line((-100, 0), (0, 0), (100, 0)), line((0, -100), (0, 0)), line((0, 0), (0, 100))])


def test_walk_goes_round_the_corner_and_counts_both_legs(cross: StreetGraph) -> None:
    found = walking_distances(cross, [[-50, 3]], [[2, 70], [-80, -4], [100, 0], [-50, 3]])
    assert found.tolist() == [[3 + 50 + 70 + 2, 3 + 30 + 4, 150 + 3, 6]]


def test_limit_and_missing_streets_give_inf(cross: StreetGraph) -> None:
    assert walking_distances(cross, [[-50, 0]], [[0, 60], [0, 40]], limit=100).tolist() == [[math.inf, 90]]
    nowhere = build_street_graph([])
    assert walking_distances(nowhere, [[0, 0]], [[1, 1]]).tolist() == [[math.inf]]
    assert walking_distances(cross, np.empty((0, 2)), [[1, 1]]).shape == (0, 1)


def test_bridge_is_no_junction() -> None:
    graph = build_street_graph([line((-100, 0), (100, 0)), line((0, -100), (0, 100))])
    assert walking_distances(graph, [[-100, 0]], [[0, 100]]).tolist() == [[math.inf]]
    assert len(np.unique(graph.part)) == 2


def test_vertices_within_a_centimetre_are_one() -> None:
    graph = build_street_graph([line((0, 0), (100, 0)), line((100.004, 0.002), (100, 50))])
    assert walking_distances(graph, [[0, 0]], [[100, 50]])[0, 0] == pytest.approx(150, abs=0.01)


def test_parallel_streets_take_the_shorter_and_are_not_added_up() -> None:
    graph = build_street_graph([line((0, 0), (100, 0)), line((0, 0), (100, 0)), line((100, 0), (0, 0))])
    assert walking_distances(graph, [[0, 0]], [[100, 0]]).tolist() == [[100.0]]


def test_stray_parts_are_left_out() -> None:
    lines = [line((0, 0), (500, 0)), line((250, 5), (250, 25))]
    assert street_access(build_street_graph(lines), [[250, 10]]).leg.tolist() == [0]
    assert street_access(build_street_graph(lines, smallest_part=100), [[250, 10]]).leg.tolist() == [10]
    assert street_access(build_street_graph(lines, smallest_part=1e6), [[250, 10]]).edge.tolist() == [-1]


def test_parts_drawn_a_step_apart_are_joined() -> None:
    road = shapely.LineString([(0, 0), (100, 0)])
    aisle = shapely.LineString([(40, 1.3), (40, 30)])
    shop = shapely.LineString([(42, 30), (60, 30)])  # a step from the aisle alone
    apart = build_street_graph([road, aisle, shop])
    assert np.isinf(walking_distances(apart, [[0, 0]], [[60, 30]])).all()
    joined = build_street_graph([road, aisle, shop], join=3.0)
    np.testing.assert_allclose(walking_distances(joined, [[0, 0]], [[60, 30]]), [[40 + 30 + 2 + 18]])
    np.testing.assert_allclose(walking_distances(joined, [[0, 0]], [[100, 0]]), [[100]])
    assert len(np.unique(joined.part)) == 1
    far = build_street_graph([road, shapely.LineString([(40, 3.1), (40, 30)])], join=3.0)
    assert len(np.unique(far.part)) == 2


def test_steps_meet_ends_middles_and_each_other() -> None:
    road = shapely.LineString([(0, 0), (100, 0)])
    paths = [[(20, 1), (20, 9)], [(70, -1), (70, -9)], [(101, 0), (101, 9)], [(50, 0), (50, 9)]]
    graph = build_street_graph([road, *map(shapely.LineString, paths)], join=2.0)
    assert len(np.unique(graph.part)) == 1
    goals = [path[1] for path in paths]
    np.testing.assert_allclose(walking_distances(graph, [[0, 0]], goals), [[29, 79, 110, 59]])
    assert graph.length.sum() == pytest.approx(100 + 8 + 8 + 9 + 9 + 3)
    over = build_street_graph([road, shapely.LineString([(50, -50), (50, 50)])], join=2.0)
    assert len(np.unique(over.part)) == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_joined_parts_lie_far_from_each_other_and_no_walk_gets_longer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = [
        shapely.LineString(start + rng.normal(0, 12, (3, 2)).cumsum(axis=0)) for start in rng.uniform(0, 90, (9, 2))
    ]
    before, after = build_street_graph(lines), build_street_graph(lines, join=4.0)
    spots = np.concatenate([shapely.get_coordinates(line) for line in lines])[::4]
    assert (walking_distances(after, spots, spots) <= walking_distances(before, spots, spots) + 1e-6).all()
    segments = shapely.linestrings(np.stack([after.node[after.tail], after.node[after.head]], axis=1))
    part = after.part[after.tail]
    largest = np.argmax(np.bincount(part, weights=after.length))
    for other in set(part) - {largest}:
        corners = np.unique(np.concatenate([after.tail[part == other], after.head[part == other]]))
        assert (shapely.distance(shapely.points(after.node[corners])[:, None], segments[part == largest]) > 4.0).all()


def test_access_too_far_away_is_none(cross: StreetGraph) -> None:
    access = street_access(cross, [[50, 30], [50, 31]], farthest=30)
    assert access.edge[1] == -1
    assert access.leg.tolist() == [30, math.inf]


def test_nearest_of_many_is_the_least_of_all_walks() -> None:
    graph = build_street_graph(streets(), smallest_part=500)
    rng = np.random.default_rng(3)
    x0, y0, x1, y1 = shapely.total_bounds(streets())
    origins, targets = rng.uniform([x0, y0], [x1, y1], (6, 2)), rng.uniform([x0, y0], [x1, y1], (300, 2))
    each = walking_distances(graph, origins, targets)
    np.testing.assert_allclose(nearest_distances(graph, origins, targets), each.min(axis=0), rtol=1e-12)
    straight = np.hypot(*(origins[:, None] - targets[None]).transpose(2, 0, 1))
    assert (each >= straight - 1e-9).all()
    np.testing.assert_allclose(walking_distances(graph, targets[:6], origins), each[:, :6].T, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_distances_match_relaxation_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 30, (6, 2)).round(2)
    pairs = [(a, b) for a in range(6) for b in range(a) if rng.random() < 0.5] or [(1, 0)]
    lines = [line(tuple(corners[a]), tuple(corners[b])) for a, b in pairs]
    points = rng.uniform(0, 30, (2, 2))
    start, goal = (int(np.argmin(shapely.distance(lines, shapely.Point(point)))) for point in points)
    foot = [lines[k].project(shapely.Point(point)) for k, point in zip((start, goal), points, strict=True)]
    leg = [lines[k].distance(shapely.Point(point)) for k, point in zip((start, goal), points, strict=True)]
    away = np.full(6, np.inf)
    away[pairs[start][0]], away[pairs[start][1]] = foot[0], lines[start].length - foot[0]
    for _ in range(6):
        for (a, b), street in zip(pairs, lines, strict=True):
            away[a], away[b] = min(away[a], away[b] + street.length), min(away[b], away[a] + street.length)
    best = min(away[pairs[goal][0]] + foot[1], away[pairs[goal][1]] + lines[goal].length - foot[1])
    if start == goal:
        best = min(best, abs(foot[0] - foot[1]))
    found = walking_distances(build_street_graph(lines), points[:1], points[1:])[0, 0]
    assert found == pytest.approx(best + sum(leg), rel=1e-9)


def test_service_area_is_every_stretch_within_the_walk(cross: StreetGraph) -> None:
    assert service_area(cross, [[0, 0]], reach=30).length == pytest.approx(120)
    assert service_area(cross, [[40, 0]], reach=30).hausdorff_distance(line((10, 0), (70, 0))) < 1e-9
    assert service_area(cross, [[40, 5]], reach=50).length == pytest.approx(45 + 40 + 3 * 5)
    assert service_area(cross, [[-90, 0], [90, 0], [80, 0]], reach=5).length == pytest.approx(30)
    assert service_area(cross, [[0, 0], [50, 0]], reach=1000).length == pytest.approx(400)
    assert service_area(cross, [[40, 60]], reach=10).is_empty
    assert service_area(cross, np.empty((0, 2)), reach=10).is_empty


def test_service_area_agrees_with_distances() -> None:
    graph = build_street_graph(streets(), smallest_part=500)
    origin = [graph.node[len(graph.node) // 2]]
    area = service_area(graph, origin, reach=400)
    rng = np.random.default_rng(8)
    edge = rng.integers(0, len(graph.length), 400)
    points = graph.node[graph.tail[edge]] + rng.random((400, 1)) * (
        graph.node[graph.head[edge]] - graph.node[graph.tail[edge]]
    )
    away = walking_distances(graph, origin, points)[0]
    near = shapely.distance(area, shapely.points(points)) < 1e-6
    clear = np.abs(away - 400) > 1e-6
    assert near.any()
    np.testing.assert_array_equal(near[clear], (away <= 400)[clear])


def test_bad_input_is_refused_by_row(cross: StreetGraph) -> None:
    with pytest.raises(InvalidGeometryError, match="Street 1 is Point"):
        build_street_graph([line((0, 0), (1, 1)), shapely.Point(0, 0)])
    with pytest.raises(InvalidGeometryError, match="finite"):
        build_street_graph([line((0, 0), (math.inf, 1))])
    with pytest.raises(InvalidInputError, match="Point 0"):
        walking_distances(cross, [[math.nan, 0]], [[0, 0]])
    with pytest.raises(InvalidInputError, match="reach"):
        service_area(cross, [[0, 0]], reach=-1)
