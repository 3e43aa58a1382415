"""Why grids are outside their band, one by one and counted."""

from __future__ import annotations

import numpy as np
import pytest

from grid_partition.model import Misfit
from services.partition.outside import Cause, causes_of, outside_band, outside_lines, village_cause


def rows_of(households, parent, largest=None, **more):
    codes = [f"{number:03d}" for number in range(len(households))]
    most = np.zeros(len(households)) if largest is None else np.array(largest, dtype=float)
    return outside_band(np.array(households), (8, 12), codes, parent=np.array(parent), largest=most, **more)


@pytest.mark.parametrize(
    ("households", "parent", "largest", "cause"),
    [
        ([5], [0], [2], Cause("few", 5)),
        ([0], [0], [0], Cause("empty", 0)),
        ([23], [0], [23], Cause("door", 23)),
        ([14], [0], [3], Cause("count", 14)),
        ([7, 10, 10], [0, 0, 0], [3, 3, 3], Cause("doors", 27)),
    ],
)
def test_each_grid_outside_has_its_cause(households, parent, largest, cause):
    row = rows_of(households, parent, largest)[0]
    assert (row["cause"], row["explained_by"]) == cause
    assert str(cause.households) in row["reason"]["en"] + row["reason"]["zh"] or cause.kind == "empty"
    assert row["grid"] == "000"


def test_what_a_longer_search_might_mend_does_not_count_as_proven():
    row = rows_of([7, 10, 10], [0, 0, 0], searched={0})[0]
    assert row["cause"] == "search"
    assert "was found" in row["reason"]["en"]


def test_makers_know_better():
    assert village_cause(70.0, 500.0, cut=True) == Cause("village", 500)
    assert village_cause(70.0, 70.0, cut=False) == Cause("alone", 70)
    row = rows_of([5], [0], known={0: Cause("alone", 5)})[0]
    assert row["reason"]["en"] == "no neighbour in its parent has room for its 5 households"


def test_counts_of_the_engine_are_taken_over():
    misfits = [
        Misfit(7, "count", (0, 1), 8.0, 12.0, "k=1: 14, k=2: 7", counts=((1, 14.0), (2, 7.0))),
        Misfit(7, "count", (4,), 8.0, 12.0, "k=1: 5", counts=((1, 5.0),)),
        Misfit(7, "search", (3,), 8.0, 12.0, "no better"),
    ]
    assert causes_of(misfits) == {0: Cause("count", 14), 1: Cause("count", 14), 4: Cause("few", 5)}


def test_table_counts_grids_by_their_cause():
    rows = rows_of([5, 3, 23, 10, 7, 10, 10], [0, 1, 2, 3, 4, 4, 4], [1, 1, 23, 1, 1, 1, 1])
    lines = outside_lines("ten_household", {"outside_band": rows, "grids": 7})
    assert lines == [
        "  outside the band      4 of 7 grids",
        "    2 groups under 8: the grid around each has 3 or 5 households only (000, 001)",
        "    1 group over 12: one place that can't be divided has 23 households (002)",
        (
            "    1 group under 8: the doors of the grid around it, 27 households, do not add up to 8 to 12 in one piece each"
            " (004)"
        ),
    ]


def test_many_numbers_become_a_range_and_old_plans_have_counts_only():
    rows = rows_of([*list(range(1, 8)), 5], list(range(8)))
    (_, line) = outside_lines("micro", {"outside_band": rows, "grids": 8})
    assert line == "    8 micro grids under 8: the grid around each has 1 to 7 households only (000, 001, 002, …)"
    old = [{"grid": None, "households": 5, "low": 8, "high": 12}]
    assert outside_lines("micro", {"outside_band": old, "grids": 8})[1] == "    a grid: 5 households"
