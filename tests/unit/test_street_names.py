"""Names that grids get from their streets."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grid_partition.street_names import name_beside, name_grids


def squares(columns: int, rows: int = 1) -> list[shapely.Polygon]:
    """Squares of 100 m, row by row from the south-west."""
    return [shapely.box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for y in range(rows) for x in range(columns)]


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(places)


def test_longest_street_within_names_a_grid():
    streets = [line((50, 0), (50, 100)), line((0, 20), (80, 20)), line((10, 90), (30, 90))]
    assert name_grids(squares(1), [0], streets=streets, names=["Mill Lane", "Low Road", "Court"]) == ["Mill Lane"]


def test_pieces_of_a_street_add_up_and_nameless_ones_do_not_count():
    streets = [line((0, 50), (100, 50)), line((20, 0), (20, 60)), line((20, 60), (20, 100)), line((70, 0), (70, 90))]
    assert name_grids(squares(1), [0], streets=streets, names=["", "Mill Lane", "Mill Lane ", "Low Road"]) == [
        "Mill Lane"
    ]


def test_street_on_a_border_counts_less_than_one_through_the_middle():
    streets = [line((100, 0), (100, 100)), line((50, 0), (50, 60)), line((150, 0), (150, 60))]
    names = name_grids(squares(2), [0, 0], streets=streets, names=["Border Street", "Mill Lane", "Low Road"])
    assert names == ["Mill Lane", "Low Road"]


def test_grids_of_one_street_are_told_apart_by_where_they_lie():
    west_east = line((0, 50), (300, 50))
    assert name_grids(squares(2), [0, 0], streets=[west_east], names=["High Street"]) == [
        "High Street west",
        "High Street east",
    ]
    assert name_grids(squares(3), [0] * 3, streets=[west_east], names=["中山路"]) == [
        "中山路西段",
        "中山路中段",
        "中山路东段",
    ]
    south_north = line((50, 0), (50, 500))
    assert name_grids(squares(1, 2), [0, 0], streets=[south_north], names=["中山路"]) == ["中山路南段", "中山路北段"]
    assert name_grids(squares(1, 5), [0] * 5, streets=[south_north], names=["High Street"]) == [
        f"High Street {n}" for n in (5, 4, 3, 2, 1)
    ]
    assert name_grids(squares(1, 4), [0] * 4, streets=[south_north], names=["中山路"])[0] == "中山路（4）"


def test_a_grid_takes_another_clear_street_before_it_shares_one():
    streets = [line((0, 50), (200, 50)), line((150, 0), (150, 80))]
    assert name_grids(squares(2), [0, 0], streets=streets, names=["High Street", "Mill Lane"]) == [
        "High Street",
        "Mill Lane",
    ]


def test_names_repeat_in_other_areas_only():
    street = line((0, 50), (200, 50))
    assert name_grids(squares(2), [0, 1], streets=[street], names=["High Street"]) == ["High Street"] * 2


def test_names_given_stay_and_are_not_given_again():
    street = line((0, 50), (300, 50))
    names = name_grids(squares(3), [0] * 3, streets=[street], names=["High Street"], given=["", "High Street", ""])
    assert names == ["High Street west", "High Street", "High Street east"]


def test_without_named_streets_there_are_no_names():
    assert name_grids(squares(2), [0, 0], streets=[], names=[]) == ["", ""]
    assert name_grids(squares(1), [0], streets=[line((0, 50), (100, 50))], names=[" "]) == [""]
    assert name_grids(squares(1), [0], streets=[line((500, 50), (700, 50))], names=["Far Away"]) == [""]
    assert name_grids([], [], streets=[line((0, 50), (100, 50))], names=["High Street"]) == []


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        (set(), "High Street"),
        ({"High Street"}, "Mill Lane"),
        ({"High Street", "Mill Lane"}, "High Street east"),
        ({"High Street", "Mill Lane", "High Street east"}, "High Street 1"),
    ],
)
def test_new_grid_gets_a_name_that_nobody_has(taken, name):
    west, east = squares(2)
    streets = [line((100, 50), (200, 50)), line((150, 0), (150, 80)), line((190, 0), (190, 35))]
    assert name_beside(east, west, streets=streets, names=["High Street", "Mill Lane", "Alley"], taken=taken) == name


def test_new_grid_without_a_street_has_no_name():
    assert name_beside(*squares(2), streets=[], names=[], taken=[]) == ""


def test_directions_of_a_new_grid():
    low, high = squares(1, 2)
    street = {"streets": [line((50, 0), (50, 200))], "names": ["中山路"], "taken": {"中山路"}}
    assert name_beside(low, high, **street) == "中山路南段"
    assert name_beside(high, low, **street) == "中山路北段"
    one, two = squares(2)
    street = {"streets": [line((0, 50), (200, 50))], "names": ["中山路"], "taken": {"中山路"}}
    assert name_beside(one, two, **street) == "中山路西段"


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans(), st.sampled_from("ABCD中")), max_size=12
    ),
    st.randoms(use_true_random=False),
)
def test_names_are_unique_in_an_area_and_do_not_depend_on_order(columns, rows, drawn, random):
    shapes = squares(columns, rows)
    area = [k % 2 for k in range(len(shapes))]
    streets = [line((x, 0), (x, y + 20)) if up else line((0, y), (x + 20, y)) for x, y, up, _ in drawn]
    called = [name for *_, name in drawn]
    names = name_grids(shapes, area, streets=streets, names=called)
    for each in (0, 1):
        mine = [name for name, of in zip(names, area, strict=True) if of == each and name]
        assert len(mine) == len(set(mine))
    order = list(range(len(streets)))
    random.shuffle(order)
    again = name_grids(shapes, area, streets=[streets[k] for k in order], names=[called[k] for k in order])
    assert again == names
    moved = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + 1000.0)
    ways = [shapely.transform(street, lambda xy: xy + 1000.0) for street in streets]
    assert name_grids(moved, area, streets=ways, names=called) == names
