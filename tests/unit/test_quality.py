"""The figures of the quality report and how they are judged."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tilings import board, voronoi

from gis.errors import InvalidInputError
from grid_partition.principles import PRINCIPLES, figures_for, judge, with_limits, worst
from grid_partition.quality import beyond_band, border_on_barriers, covered_shares, group_quantiles

KINDS = ("household", "natural_village", "micro", "ten_household", "cell", "dedicated")


def figure(name, kind="household"):
    return next(each for each in figures_for(kind) if each.id == name)


@pytest.mark.parametrize("kind", KINDS)
def test_catalogue_is_whole(kind):
    figures = figures_for(kind)
    assert len({each.id for each in figures}) == len(figures)
    assert {each.principle for each in figures} == set(PRINCIPLES)
    for each in figures:
        assert each.title["en"]
        assert each.title["zh"]
        assert (each.better is None) == (each.ok is None) == (each.watch is None)
        assert with_limits(figures, {each.id: (each.ok, each.watch)} if each.better else {}) == figures


def test_grids_without_staff_of_their_own_are_not_judged_by_staff():
    assert figure("heads", "ten_household").better is None
    assert figure("heads").better == "more"


@settings(max_examples=50, deadline=None)
@given(
    value=st.floats(0, 1000),
    name=st.sampled_from(["walk_p95_min", "cameras", "compactness", "facility_walk_min"]),
    step=st.floats(0, 100),
)
def test_better_values_never_get_worse_verdicts(value, name, step):
    asked = figure(name)
    order = {"ok": 0, "watch": 1, "bad": 2}
    here, there = judge([value, value + step], asked).tolist()
    if asked.better == "less":
        assert order[here] <= order[there]
    else:
        assert order[here] >= order[there]


def test_limits_that_are_just_reached_count():
    [cameras] = [each for each in with_limits(figures_for("household"), {"cameras": (3, 1)}) if each.id == "cameras"]
    assert judge([3, 2.9, 1, 0.9, np.nan], cameras).tolist() == ["ok", "watch", "watch", "bad", "none"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"beauty": (1, 1)}, "has no limit"),
        ({"water_share": (0.1, 0.2)}, "has no limit"),
        ({"cameras": (1, 2)}, "at least 1"),
        ({"walk_p95_min": (20, 10)}, "at most 20"),
        ({"cameras": (float("nan"), 0)}, "numbers from 0"),
        ({"cameras": (-1, -2)}, "numbers from 0"),
    ],
)
def test_limits_that_can_not_be_meant_are_refused(limits, words):
    with pytest.raises(InvalidInputError, match=words) as raised:
        with_limits(figures_for("household"), limits)
    assert raised.value.fields["field"] in limits


def test_worst_of_verdicts():
    assert worst(["ok", "bad", "watch"]) == "bad"
    assert worst(["none"]) == "none"


def test_band_has_a_hair_of_slack():
    assert beyond_band([330.0, 269.9], [270, 270], [300 * 1.1, 330]).tolist() == [0.0, pytest.approx(-0.1)]


def test_border_between_areas_is_not_inner():
    squares = board(2, 1)
    length, on = border_on_barriers(squares, [0, 1], [shapely.LineString([(10, 0), (10, 10)])])
    assert length.tolist() == [0.0, 0.0]
    assert on.tolist() == [0.0, 0.0]


def test_border_along_half_of_a_street():
    squares = board(1, 2, side=400.0)
    street = shapely.LineString([(0, 400), (200, 400)])
    length, on = border_on_barriers(squares, [7, 7], [street])
    assert length.tolist() == [400.0, 400.0]
    assert on == pytest.approx([200.0, 200.0], abs=2.0)
    # a street that merely crosses the border is none that it follows
    across = shapely.LineString([(100, 0), (100, 800)])
    assert border_on_barriers(squares, [7, 7], [across])[1] == pytest.approx([0, 0], abs=5.0)
    assert border_on_barriers(squares, [7, 7], [])[1].tolist() == [0.0, 0.0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 20))
def test_border_is_counted_once_for_each_side(seed, n):
    cells = voronoi(n, np.random.default_rng(seed))
    inner = (shapely.length(cells).sum() - shapely.length(shapely.union_all(cells))) / 2
    length, on = border_on_barriers(cells, np.zeros(len(cells), dtype=int), shapely.boundary(cells))
    assert length.sum() / 2 == pytest.approx(inner, rel=1e-6)
    assert on == pytest.approx(length)


def test_water_that_overlaps_counts_once():
    squares = board(2, 1)
    lakes = [shapely.box(5, 0, 15, 5), shapely.box(8, 0, 12, 5)]
    assert covered_shares(squares, lakes) == pytest.approx([0.25, 0.25])
    assert covered_shares(squares, []).tolist() == [0.0, 0.0]


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(0, 100), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=30),
    share=st.sampled_from([0.5, 0.95, 1.0]),
)
def test_weighted_quantiles_equal_those_of_repeated_values(rows, share):
    value, weight, group = (np.array(column) for column in zip(*rows, strict=True))
    found = group_quantiles(value, weight, group, 4, (share,))[:, 0]
    for each in range(4):
        repeated = np.sort(np.repeat(value[group == each], weight[group == each]))
        if not len(repeated):
            assert np.isnan(found[each])
        else:
            assert found[each] == repeated[int(np.ceil(share * len(repeated) - 1e-9)) - 1]


def test_quantiles_leave_out_what_is_not_reached():
    found = group_quantiles([1.0, np.inf, 3.0], [1, 1, 0], [0, 0, 0], 1, (0.5, 1.0))
    assert found.tolist() == [[1.0, 1.0]]
