"""Coverage over time: means equal those of every state one by one, outages at once are not independent."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from grid_coverage import (
    KeyPoints,
    Needs,
    Outages,
    Streets,
    ViewSheds,
    gaps_by_grid,
    gaps_over_time,
    ground_by_grid,
    ground_over_time,
    prepare_walls,
    view_sheds,
)

WALLS = prepare_walls([shapely.box(40, 10, 60, 30), shapely.box(100, -40, 110, -5)])
GRIDS = [shapely.box(-50, -80, 75, 80), shapely.box(75, -80, 250, 80)]


def scene(seed: int) -> tuple[ViewSheds, Streets, KeyPoints]:
    rng = np.random.default_rng(seed)
    xy = np.column_stack([rng.uniform(0, 200, 7), rng.uniform(-5, 5, 7)])
    azimuth = np.where(rng.random(7) < 0.3, np.nan, rng.uniform(0, 360, 7))
    sheds = view_sheds(xy, WALLS, azimuth=azimuth, hfov=120, max_range=60)
    lines = [shapely.LineString([(-60, 0), (90, 2), (260, 0)]), shapely.LineString([(70, -90), (70, 90)])]
    points = KeyPoints.of(rng.uniform((-20, -40), (200, 40), (30, 2)), need=rng.integers(0, 3, 30))
    return sheds, Streets.of(lines, [1.0, 2.0]), points


def some_outages(seed: int, cameras: int) -> Outages:
    rng = np.random.default_rng(seed)
    camera = rng.integers(0, cameras, 6)
    cuts = np.sort(rng.integers(0, 9, (6, 2)) / 8, axis=1)
    return Outages.of(camera, cuts[:, 0], cuts[:, 1], count=cameras)


def states(outages: Outages) -> list[tuple[float, np.ndarray]]:
    """Every eighth of the period with who is up."""
    found = []
    for eighth in range(8):
        middle = (eighth + 0.5) / 8
        down = (outages.start < middle) & (outages.end > middle)
        camera = np.repeat(np.arange(len(outages.offsets) - 1), np.diff(outages.offsets))
        found.append((1 / 8, ~np.isin(np.arange(len(outages.offsets) - 1), camera[down])))
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_means_equal_those_of_every_state(seed: int, folds: int) -> None:
    sheds, streets, places = scene(seed)
    outages = some_outages(seed, len(sheds))
    needs = Needs(street_folds=folds, incidents=np.array([3.0, 1.0]))
    found = gaps_over_time(GRIDS, sheds, outages, streets=streets, key_points=places, needs=needs)
    ground = ground_over_time(GRIDS, sheds, outages, WALLS)
    one_by_one = [
        (part, gaps_by_grid(GRIDS, sheds.take(up), streets=streets, key_points=places, needs=needs))
        for part, up in states(outages)
    ]
    for name in (
        "street_m",
        "seen_m",
        "seen_m_upper",
        "places_seen",
        "places_seen_upper",
        "score",
        "score_least",
        "parts",
    ):
        expected = sum(part * getattr(table, name) for part, table in one_by_one)
        np.testing.assert_allclose(getattr(found.table, name), expected, rtol=1e-9, atol=1e-9, err_msg=name)
    seen = sum(part * ground_by_grid(GRIDS, sheds.take(up), WALLS).seen_m2 for part, up in states(outages))
    np.testing.assert_allclose(ground.seen_m2, seen, rtol=1e-9)
    met = sum(part * (table.points.seen == "yes") for part, table in one_by_one)
    np.testing.assert_allclose(found.met, met, atol=1e-9)


@pytest.mark.kernel
def test_without_outages_it_is_the_table_of_a_moment() -> None:
    sheds, streets, places = scene(4)
    none = Outages.of([], [], [], count=len(sheds))
    found = gaps_over_time(GRIDS, sheds, none, streets=streets, key_points=places, needs=Needs())
    moment = gaps_by_grid(GRIDS, sheds, streets=streets, key_points=places, needs=Needs())
    np.testing.assert_allclose(found.table.score, moment.score, rtol=1e-12)
    assert found.seen.tolist() == moment.points.seen.tolist()
    assert len(found.table.gaps) == len(moment.gaps)
    np.testing.assert_allclose(found.table.gaps.length, moment.gaps.length, rtol=1e-9)
    np.testing.assert_allclose(
        ground_over_time(GRIDS, sheds, none, WALLS).seen_m2, ground_by_grid(GRIDS, sheds, WALLS).seen_m2, rtol=1e-12
    )


@pytest.mark.kernel
def test_outages_at_once_leave_a_street_unseen_that_outages_in_turn_do_not() -> None:
    sheds = view_sheds([[0, 0], [0, 0]], WALLS, azimuth=0, hfov=360, max_range=20)
    street = Streets.of([shapely.LineString([(-10, 0), (10, 0)])])
    none = KeyPoints.of(np.empty((0, 2)))
    for second, seen in ((0.0, 10.0), (0.5, 20.0)):
        outages = Outages.of([0, 1], [0.0, second], [0.5, second + 0.5], count=2)
        assert outages.availability.tolist() == [0.5, 0.5]
        found = gaps_over_time(GRIDS[:1], sheds, outages, streets=street, key_points=none, needs=Needs())
        assert found.table.seen_m[0, 0] == pytest.approx(seen)


def test_outages_are_cut_to_the_period_and_united() -> None:
    found = Outages.of([1, 1, 1, 0], [-1, 0.1, 0.5, 0.9], [0.2, 0.3, 0.5, 3], count=3)
    assert found.offsets.tolist() == [0, 1, 2, 2]
    assert list(zip(found.start, found.end, strict=True)) == [(0.9, 1.0), (0.0, 0.3)]
    assert found.take([1, 1]).end.tolist() == [0.3, 0.3]
    assert found.take(np.array([False, False, True])).offsets.tolist() == [0, 0]


def test_outage_of_no_camera_or_backwards_is_refused() -> None:
    for camera, start, end in ((2, 0, 1), (0, 0.5, 0.2), (0, np.nan, 1)):
        with pytest.raises(InvalidInputError, match="Outage 0"):
            Outages.of([camera], [start], [end], count=2)
    sheds, streets, places = scene(1)
    with pytest.raises(InvalidInputError, match="outages of 1"):
        gaps_over_time(GRIDS, sheds, Outages.of([], [], [], count=1), streets=streets, key_points=places, needs=Needs())
